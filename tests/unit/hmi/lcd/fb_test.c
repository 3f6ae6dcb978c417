#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/fb.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "hmi/lcd/fb.h"

enum { GUARD = 0x5A };

static struct canvas corners(void)
{
    struct canvas c;
    canvas_clear(&c);
    canvas_set(&c, 0, 0, true);
    canvas_set(&c, 159, 0, true);
    canvas_set(&c, 7, 80, true);
    canvas_set(&c, 159, 159, true);
    return c;
}

static uint32_t pixel(const struct fb_format *f, const uint8_t *mem, unsigned x, unsigned y)
{
    const uint8_t *row = mem + f->start + (size_t)y * f->line;
    uint16_t p16;
    uint32_t p32;
    switch (f->bpp) {
    case 1:
        return row[x / 8] >> (x % 8) & 1;
    case 8:
        return row[x];
    case 16:
        memcpy(&p16, row + 2 * x, 2);
        return p16;
    default:
        memcpy(&p32, row + 4 * x, 4);
        return p32;
    }
}

/** Draw and check each pixel against the canvas enlarged by factor at left, top. */
static void expect(const struct fb_format *f, unsigned factor, unsigned left, unsigned top)
{
    size_t size = f->start + (size_t)f->line * f->height;
    uint8_t *mem = malloc(size + 16);
    struct canvas c = corners();
    memset(mem, GUARD, size + 16);
    assert_int_equal(fb_check(f), 0);
    fb_draw(f, &c, mem, size);
    for (unsigned y = 0; y < f->height; y++) {
        for (unsigned x = 0; x < f->width; x++) {
            bool ink = x >= left && y >= top &&
                       canvas_get(&c, (int)((x - left) / factor), (int)((y - top) / factor));
            assert_int_equal(pixel(f, mem, x, y), ink ? f->ink : f->paper);
        }
    }
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(mem[size + i], GUARD);
    for (uint32_t i = 0; i < f->start; i++)
        assert_int_equal(mem[i], GUARD);
    free(mem);
}

static void depths(void **state)
{
    (void)state;
    expect(&(struct fb_format){.width = 160, .height = 160, .line = 20, .bpp = 1, .ink = 1, .paper = 0}, 1, 0,
           0);
    expect(&(struct fb_format){.width = 160, .height = 160, .line = 24, .bpp = 1, .ink = 0, .paper = 1}, 1, 0,
           0);
    expect(&(struct fb_format){.width = 320, .height = 200, .line = 320, .bpp = 8, .ink = 0, .paper = 255}, 1,
           80, 20);
    expect(
        &(struct fb_format){
            .width = 161, .height = 160, .line = 400, .start = 80, .bpp = 16, .ink = 0, .paper = 0xFFFF},
        1, 0, 0);
    expect(
        &(struct fb_format){
            .width = 330, .height = 325, .line = 1320, .bpp = 32, .ink = 0xFF000000, .paper = 0xFFFFFFFF},
        2, 5, 2);
}

static void too_small_is_cut(void **state)
{
    (void)state;
    expect(&(struct fb_format){.width = 128, .height = 64, .line = 16, .bpp = 1, .ink = 1, .paper = 0}, 1, 0,
           0);
    expect(&(struct fb_format){.width = 320, .height = 64, .line = 640, .bpp = 16, .ink = 0, .paper = 0xFFFF},
           1, 80, 0);
}

/** Less memory than the format promises: rows that do not fit whole are left alone. */
static void short_memory(void **state)
{
    (void)state;
    const struct fb_format f = {.width = 160, .height = 160, .line = 160, .bpp = 8, .ink = 0, .paper = 255};
    uint8_t mem[1000];
    struct canvas c = corners();
    memset(mem, GUARD, sizeof mem);
    fb_draw(&f, &c, mem, 479);
    assert_int_equal(mem[319], 255);
    assert_int_equal(mem[320], GUARD);
    assert_int_equal(mem[479], GUARD);
}

static void refused(void **state)
{
    (void)state;
    assert_int_equal(fb_check(&(struct fb_format){.width = 160, .height = 160, .line = 80, .bpp = 4}),
                     CN_E_UNSUPPORTED);
    assert_int_equal(fb_check(&(struct fb_format){.width = 160, .height = 160, .line = 480, .bpp = 24}),
                     CN_E_UNSUPPORTED);
    assert_int_equal(fb_check(&(struct fb_format){.width = 160, .height = 160, .line = 19, .bpp = 1}),
                     CN_E_UNSUPPORTED);
    assert_int_equal(fb_check(&(struct fb_format){.width = 160, .height = 160, .line = 20, .bpp = 1}), 0);
}

/* A frame buffer driver in the place of the system call: the memory is a file, the answers are these. */
static struct {
    bool present;
    struct fb_var_screeninfo var;
    struct fb_fix_screeninfo fix;
    uint16_t palette[256];
} driver;

int ioctl(int fd, unsigned long request, ...)
{
    va_list ap;
    va_start(ap, request);
    void *arg = va_arg(ap, void *);
    va_end(ap);
    (void)fd;
    if (driver.present && request == FBIOGET_VSCREENINFO) {
        *(struct fb_var_screeninfo *)arg = driver.var;
        return 0;
    }
    if (driver.present && request == FBIOGET_FSCREENINFO) {
        *(struct fb_fix_screeninfo *)arg = driver.fix;
        return 0;
    }
    if (driver.present && request == FBIOPUTCMAP) {
        const struct fb_cmap *map = arg;
        for (uint32_t i = 0; i < map->len; i++)
            driver.palette[map->start + i] = map->green[i];
        return 0;
    }
    errno = ENOTTY;
    return -1;
}

/** Show the corners through a device of the driver's format and give back its memory (to be freed). */
static uint8_t *show_on_device(size_t size)
{
    char path[] = "/tmp/lcd.XXXXXX";
    struct canvas c = corners();
    struct fb *fb;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    driver.present = true;
    driver.fix.smem_len = (uint32_t)size;
    assert_int_equal(fb_open(path, &fb), 0);
    fb_show(fb, &c);
    fb_close(fb);
    driver.present = false;
    uint8_t *mem = malloc(size);
    assert_int_equal(pread(fd, mem, size, 0), (ssize_t)size);
    close(fd);
    unlink(path);
    return mem;
}

static void device_of_one_bit(void **state)
{
    (void)state;
    for (int one_is_black = 0; one_is_black <= 1; one_is_black++) {
        memset(&driver, 0, sizeof driver);
        driver.var = (struct fb_var_screeninfo){.xres = 160, .yres = 160, .bits_per_pixel = 1};
        driver.fix.line_length = 20;
        driver.fix.visual = one_is_black ? FB_VISUAL_MONO01 : FB_VISUAL_MONO10;
        uint8_t *mem = show_on_device(160 * 20);
        assert_int_equal(mem[0] & 1, one_is_black); /* ink in the corner */
        assert_int_equal(mem[0] >> 1 & 1, !one_is_black);
        assert_int_equal(mem[80 * 20] >> 7, one_is_black);
        free(mem);
    }
}

static void device_with_a_palette(void **state)
{
    (void)state;
    memset(&driver, 0, sizeof driver);
    driver.palette[0] = 7;
    driver.var = (struct fb_var_screeninfo){.xres = 320, .yres = 200, .bits_per_pixel = 8};
    driver.fix.line_length = 320;
    driver.fix.visual = FB_VISUAL_PSEUDOCOLOR;
    uint8_t *mem = show_on_device(320 * 200);
    assert_int_equal(driver.palette[mem[20 * 320 + 80]], 0);
    assert_int_equal(driver.palette[mem[20 * 320 + 81]], 0xFFFF);
    assert_int_equal(driver.palette[mem[0]], 0xFFFF);
    free(mem);
}

static void device_of_true_colour(void **state)
{
    (void)state;
    memset(&driver, 0, sizeof driver);
    driver.var = (struct fb_var_screeninfo){.xres = 160,
                                            .yres = 160,
                                            .yoffset = 2,
                                            .bits_per_pixel = 16,
                                            .red = {.offset = 11, .length = 5},
                                            .green = {.offset = 5, .length = 6},
                                            .blue = {.length = 5}};
    driver.fix.line_length = 320;
    driver.fix.visual = FB_VISUAL_TRUECOLOR;
    uint8_t *mem = show_on_device(162 * 320);
    assert_memory_equal(mem, "\0\0\0", 4); /* in front of the visible part */
    assert_memory_equal(mem + 2 * 320, "\0\0\xFF\xFF", 4);
    free(mem);

    driver.var = (struct fb_var_screeninfo){.xres = 160,
                                            .yres = 160,
                                            .bits_per_pixel = 32,
                                            .red = {.offset = 16, .length = 8},
                                            .green = {.offset = 8, .length = 8},
                                            .blue = {.length = 8},
                                            .transp = {.offset = 24, .length = 8}};
    driver.fix.line_length = 640;
    mem = show_on_device(160 * 640);
    uint32_t pixels[2];
    memcpy(pixels, mem, sizeof pixels);
    assert_int_equal(pixels[0], 0xFF000000);
    assert_int_equal(pixels[1], 0xFFFFFFFF);
    free(mem);
}

static void device_of_a_strange_format(void **state)
{
    (void)state;
    struct fb *fb;
    memset(&driver, 0, sizeof driver);
    driver.present = true;
    driver.var = (struct fb_var_screeninfo){.xres = 160, .yres = 160, .bits_per_pixel = 24};
    driver.fix.line_length = 480;
    assert_int_equal(fb_open("/dev/null", &fb), CN_E_UNSUPPORTED);
    driver.present = false;
}

static void not_a_frame_buffer(void **state)
{
    (void)state;
    struct fb *fb;
    assert_int_equal(fb_open("/nonexistent/fb0", &fb), CN_E_NOTFOUND);
    assert_int_equal(fb_open("/dev/null", &fb), CN_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depths),
        cmocka_unit_test(too_small_is_cut),
        cmocka_unit_test(short_memory),
        cmocka_unit_test(refused),
        cmocka_unit_test(device_of_one_bit),
        cmocka_unit_test(device_with_a_palette),
        cmocka_unit_test(device_of_true_colour),
        cmocka_unit_test(device_of_a_strange_format),
        cmocka_unit_test(not_a_frame_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
