#include "hmi/lcd/font.h"

#include <stdlib.h>

static int by_code(const void *key, const void *row)
{
    uint32_t code = *(const uint32_t *)key;
    const struct glyph *g = row;
    return code < g->code ? -1 : code > g->code;
}

static const struct glyph *find(uint32_t code)
{
    return bsearch(&code, font_table, font_count, sizeof font_table[0], by_code);
}

const struct glyph *font_glyph(uint32_t code)
{
    static const struct glyph box = {
        .code = 0xFFFD,
        .width = 8,
        .rows = {0, 0, 0x7E, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x7E, 0, 0},
    };
    const struct glyph *g = find(code);
    return g ? g : &box;
}

bool font_has(uint32_t code)
{
    return find(code) != NULL;
}
