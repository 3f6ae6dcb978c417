#include "hmi/lcd/canvas.h"

#include <string.h>

#include "hmi/lcd/font.h"

void canvas_clear(struct canvas *c)
{
    memset(c->bits, 0, sizeof c->bits);
}

static bool inside(int x, int y)
{
    return x >= 0 && x < LCD_W && y >= 0 && y < LCD_H;
}

static uint8_t mask_of(int x)
{
    return (uint8_t)(0x80U >> (x % 8));
}

bool canvas_get(const struct canvas *c, int x, int y)
{
    return inside(x, y) && (c->bits[y * LCD_STRIDE + x / 8] & mask_of(x));
}

void canvas_set(struct canvas *c, int x, int y, bool ink)
{
    if (!inside(x, y))
        return;
    uint8_t *byte = &c->bits[y * LCD_STRIDE + x / 8];
    *byte = (uint8_t)(ink ? *byte | mask_of(x) : *byte & ~mask_of(x));
}

void canvas_fill(struct canvas *c, int x, int y, int w, int h, bool ink)
{
    for (int j = y; j < y + h; j++) {
        for (int i = x; i < x + w; i++)
            canvas_set(c, i, j, ink);
    }
}

void canvas_invert(struct canvas *c, int x, int y, int w, int h)
{
    for (int j = y; j < y + h; j++) {
        for (int i = x; i < x + w; i++)
            canvas_set(c, i, j, !canvas_get(c, i, j));
    }
}

void canvas_icon(struct canvas *c, int x, int y, int w, int h, const uint16_t *rows)
{
    for (int j = 0; j < h; j++) {
        for (int i = 0; i < w; i++) {
            if (rows[j] >> (w - 1 - i) & 1)
                canvas_set(c, x + i, y + j, true);
        }
    }
}

/** Next code point of UTF-8 text; 0 at its end, U+FFFD for a byte that belongs to no character. */
static uint32_t next_code(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    if (*p == 0)
        return 0;
    unsigned more = *p < 0x80                 ? 0
                    : *p >= 0xC2 && *p < 0xE0 ? 1
                    : *p >= 0xE0 && *p < 0xF0 ? 2
                    : *p >= 0xF0 && *p < 0xF5 ? 3
                                              : 4;
    uint32_t code = more == 0 ? *p : *p & (0x3FU >> more);
    unsigned used = 1;
    while (more < 4 && used <= more && (p[used] & 0xC0) == 0x80)
        code = code << 6 | (p[used++] & 0x3FU);
    *text += used;
    return more < 4 && used == more + 1 ? code : 0xFFFD;
}

/* In a cell of 8 points '.' and ':' are mostly air; an address with its port fits a line only without it. */
static bool narrow(uint32_t code)
{
    return code == '.' || code == ':';
}

static int advance(uint32_t code, const struct glyph *g)
{
    return narrow(code) ? 4 : g->width;
}

static void draw(struct canvas *c, int x, int y, uint32_t code, const struct glyph *g)
{
    int first = narrow(code) ? 2 : 0;
    int w = advance(code, g);
    for (int j = 0; j < GLYPH_HEIGHT; j++) {
        for (int i = 0; i < w; i++) {
            if (g->rows[j] >> (g->width - 1 - first - i) & 1)
                canvas_set(c, x + i, y + j, true);
        }
    }
}

int canvas_text(struct canvas *c, int x, int y, int limit, const char *text)
{
    for (uint32_t code; (code = next_code(&text)) != 0;) {
        const struct glyph *g = font_glyph(code);
        if (x + advance(code, g) > limit)
            break;
        draw(c, x, y, code, g);
        x += advance(code, g);
    }
    return x;
}

void canvas_text_right(struct canvas *c, int right, int y, const char *text)
{
    canvas_text(c, right - canvas_text_width(text), y, right, text);
}

int canvas_text_width(const char *text)
{
    int w = 0;
    for (uint32_t code; (code = next_code(&text)) != 0;)
        w += advance(code, font_glyph(code));
    return w;
}
