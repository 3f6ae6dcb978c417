#include "hmi/lcd/braille.h"

#include <string.h>

void lcd_braille(const struct canvas *c, const char *between, struct wbuf *w)
{
    /* Unicode numbers the eight dots down the left column, then down the right; the lowest row came later */
    static const uint8_t dots[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

    for (int y = 0; y < LCD_H; y += 4) {
        for (int x = 0; x < LCD_W; x += 2) {
            unsigned cell = 0;
            for (int j = 0; j < 4; j++) {
                for (int i = 0; i < 2; i++)
                    cell |= canvas_get(c, x + i, y + j) ? dots[j][i] : 0U;
            }
            wbuf_u8(w, 0xE2);
            wbuf_u8(w, (uint8_t)(0xA0 | cell >> 6));
            wbuf_u8(w, (uint8_t)(0x80 | (cell & 0x3F)));
        }
        if (y + 4 < LCD_H)
            wbuf_bytes(w, between, strlen(between));
    }
}
