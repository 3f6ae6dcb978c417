#include "hmi/lcd/png.h"

#include <png.h>
#include <string.h>

#include "gateway/base/err.h"

enum { SCALE_MAX = 8, ROW_MAX = LCD_STRIDE * SCALE_MAX };

static void scale_row(const struct canvas *c, int y, int scale, uint8_t row[ROW_MAX])
{
    memset(row, 0, ROW_MAX);
    for (int x = 0; x < LCD_W * scale; x++) {
        if (canvas_get(c, x / scale, y))
            row[x / 8] = (uint8_t)(row[x / 8] | 0x80U >> (x % 8));
    }
}

/* Everything between png_create and png_destroy: libpng comes back by longjmp when it fails. */
static int write_picture(png_structp png, png_infop info, FILE *out, const struct canvas *c, int scale)
{
    static const png_color colours[2] = {{0xC3, 0xD4, 0xA8}, {0x1A, 0x26, 0x20}};
    uint8_t row[ROW_MAX];

    if (setjmp(png_jmpbuf(png)))
        return CN_E_IO;
    png_init_io(png, out);
    png_set_IHDR(png, info, (png_uint_32)(LCD_W * scale), (png_uint_32)(LCD_H * scale), 1,
                 PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png, info, colours, 2);
    png_write_info(png, info);
    for (int y = 0; y < LCD_H * scale; y++) {
        scale_row(c, y / scale, scale, row);
        png_write_row(png, row);
    }
    png_write_end(png, info);
    return 0;
}

static void on_error(png_structp png, png_const_charp text)
{
    (void)text; /* the caller tells the user */
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

int lcd_png_write(FILE *out, const struct canvas *c, unsigned scale)
{
    if (scale < 1 || scale > SCALE_MAX)
        return CN_E_RANGE;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    int rc = info ? write_picture(png, info, out, c, (int)scale) : CN_E_NOMEM;
    png_destroy_write_struct(&png, &info);
    return rc == 0 && fflush(out) != 0 ? CN_E_IO : rc;
}
