#ifndef HMI_LCD_BRAILLE_H
#define HMI_LCD_BRAILLE_H

#include "gateway/base/buf.h"
#include "hmi/lcd/canvas.h"

/** A character of U+2800..U+28FF shows 2 x 4 points: the canvas is 80 columns by 40 lines of text. */
enum {
    BRAILLE_COLUMNS = LCD_W / 2,
    BRAILLE_LINES = LCD_H / 4,
    BRAILLE_MAX = BRAILLE_LINES * (BRAILLE_COLUMNS * 3 + 8)
};

/**
 * Append the canvas as UTF-8 text.
 * @param between  between two lines, at most 8 bytes: "\n", or control sequences of a terminal
 *
 * Look at w->err; BRAILLE_MAX bytes always suffice.
 */
void lcd_braille(const struct canvas *c, const char *between, struct wbuf *w);

#endif
