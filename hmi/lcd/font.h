#ifndef HMI_LCD_FONT_H
#define HMI_LCD_FONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The bitmap font: ASCII and the Chinese characters that hmi/lcd/text.c uses, taken from GNU Unifont when the
 * program is built (font.awk; licence: hmi/lcd/README.md).
 */
enum { GLYPH_HEIGHT = 16 };

struct glyph {
    uint32_t code;               /**< Unicode code point */
    uint8_t width;               /**< 8 or 16 */
    uint16_t rows[GLYPH_HEIGHT]; /**< from the top, the leftmost point in bit width-1 */
};

/** The generated table, ascending by code. */
extern const struct glyph font_table[];
extern const size_t font_count;

/** Never NULL: a character the font lacks gives an empty box of 8 points. */
const struct glyph *font_glyph(uint32_t code);
bool font_has(uint32_t code);

#endif
