#include "hmi/lcd/fb.h"

#include <string.h>

#include "gateway/base/err.h"

int fb_check(const struct fb_format *f)
{
    if (f->bpp != 1 && f->bpp != 8 && f->bpp != 16 && f->bpp != 32)
        return CN_E_UNSUPPORTED;
    return (uint64_t)f->line * 8 >= (uint64_t)f->width * f->bpp ? 0 : CN_E_UNSUPPORTED;
}

static void put_pixel(const struct fb_format *f, uint8_t *row, uint32_t x, uint32_t value)
{
    if (f->bpp == 1) {
        uint8_t mask = (uint8_t)(1U << (x % 8));
        row[x / 8] = (uint8_t)(value & 1 ? row[x / 8] | mask : row[x / 8] & ~mask);
    } else if (f->bpp == 8) {
        row[x] = (uint8_t)value;
    } else if (f->bpp == 16) {
        uint16_t pixel = (uint16_t)value;
        memcpy(row + (size_t)x * 2, &pixel, sizeof pixel);
    } else {
        memcpy(row + (size_t)x * 4, &value, sizeof value);
    }
}

void fb_draw(const struct fb_format *f, const struct canvas *c, uint8_t *mem, size_t size)
{
    int w = (int)f->width, h = (int)f->height;
    int factor = w / LCD_W < h / LCD_H ? w / LCD_W : h / LCD_H;
    if (factor < 1)
        factor = 1;
    int left = w > LCD_W * factor ? (w - LCD_W * factor) / 2 : 0;
    int top = h > LCD_H * factor ? (h - LCD_H * factor) / 2 : 0;

    for (int y = 0; y < h; y++) {
        uint64_t at = f->start + (uint64_t)y * f->line;
        if (at + f->line > size)
            return;
        int cy = y < top ? -1 : (y - top) / factor;
        for (int x = 0; x < w; x++) {
            int cx = x < left ? -1 : (x - left) / factor;
            put_pixel(f, mem + at, (uint32_t)x, canvas_get(c, cx, cy) ? f->ink : f->paper);
        }
    }
}
