#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <png.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "hmi/lcd/png.h"

static struct canvas pattern(void)
{
    struct canvas c;
    canvas_clear(&c);
    for (int y = 0; y < LCD_H; y++) {
        for (int x = 0; x < LCD_W; x++)
            canvas_set(&c, x, y, (x * 7 + y * 13 + x * y) % 5 == 0);
    }
    return c;
}

/** libpng reads back each point as scale x scale pixels of one of two colours, ink the darker. */
static void read_back(void **state)
{
    (void)state;
    for (unsigned scale = 1; scale <= 8; scale += 3) {
        struct canvas c = pattern();
        FILE *f = tmpfile();
        assert_non_null(f);
        assert_int_equal(lcd_png_write(f, &c, scale), 0);
        rewind(f);
        png_image image = {.version = PNG_IMAGE_VERSION};
        assert_true(png_image_begin_read_from_stdio(&image, f));
        assert_int_equal(image.width, LCD_W * scale);
        assert_int_equal(image.height, LCD_H * scale);
        image.format = PNG_FORMAT_GRAY;
        uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
        assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
        for (unsigned y = 0; y < image.height; y++) {
            for (unsigned x = 0; x < image.width; x++)
                assert_int_equal(pixels[y * image.width + x] < 100,
                                 canvas_get(&c, (int)(x / scale), (int)(y / scale)));
        }
        free(pixels);
        fclose(f);
    }
}

static void refused(void **state)
{
    (void)state;
    struct canvas c = pattern();
    FILE *f = tmpfile();
    assert_int_equal(lcd_png_write(f, &c, 0), CN_E_RANGE);
    assert_int_equal(lcd_png_write(f, &c, 9), CN_E_RANGE);
    assert_int_equal(ftell(f), 0);
    fclose(f);
    f = fopen("/dev/full", "wb");
    assert_non_null(f);
    assert_int_equal(lcd_png_write(f, &c, 8), CN_E_IO);
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(read_back), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
