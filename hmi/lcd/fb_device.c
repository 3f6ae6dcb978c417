#include <fcntl.h>
#include <linux/fb.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "hmi/lcd/fb.h"

struct fb {
    int fd;
    struct fb_format format;
    uint8_t *mem;
    size_t size;
};

static uint32_t channel(const struct fb_bitfield *b)
{
    return b->length == 0 || b->offset > 31 ? 0 : (uint32_t)(((UINT64_C(1) << b->length) - 1) << b->offset);
}

/* Entry 0 becomes black, the last one white; a driver with a fixed palette has them so already. */
static void set_palette(int fd)
{
    uint16_t levels[2] = {0, 0xFFFF};
    for (uint32_t i = 0; i < 2; i++) {
        struct fb_cmap map = {
            .start = i * 255, .len = 1, .red = &levels[i], .green = &levels[i], .blue = &levels[i]};
        (void)ioctl(fd, FBIOPUTCMAP, &map);
    }
}

static int read_format(int fd, struct fb_format *f, size_t *size)
{
    struct fb_var_screeninfo var;
    struct fb_fix_screeninfo fix;

    if (ioctl(fd, FBIOGET_VSCREENINFO, &var) < 0 || ioctl(fd, FBIOGET_FSCREENINFO, &fix) < 0)
        return CN_E_IO;
    if (var.bits_per_pixel > 32)
        return CN_E_UNSUPPORTED;
    *size = fix.smem_len;
    *f = (struct fb_format){
        .width = var.xres,
        .height = var.yres,
        .line = fix.line_length,
        .start = var.yoffset * fix.line_length + var.xoffset * var.bits_per_pixel / 8,
        .bpp = (uint8_t)var.bits_per_pixel,
    };
    /* ink is dark: on a reflecting panel a dark point is a driven one, which the driver calls black */
    if (f->bpp == 1) {
        f->ink = fix.visual == FB_VISUAL_MONO01;
        f->paper = !f->ink;
    } else if (f->bpp == 8 && fix.visual != FB_VISUAL_TRUECOLOR) {
        set_palette(fd);
        f->paper = 0xFF;
    } else {
        f->ink = channel(&var.transp);
        f->paper = channel(&var.red) | channel(&var.green) | channel(&var.blue) | f->ink;
    }
    return fb_check(f);
}

int fb_open(const char *path, struct fb **out)
{
    struct fb *fb = calloc(1, sizeof *fb);
    if (!fb)
        return CN_E_NOMEM;
    fb->fd = open(path, O_RDWR | O_CLOEXEC);
    int rc = fb->fd < 0 ? CN_E_NOTFOUND : read_format(fb->fd, &fb->format, &fb->size);
    if (rc == 0) {
        void *mem = mmap(NULL, fb->size, PROT_READ | PROT_WRITE, MAP_SHARED, fb->fd, 0);
        fb->mem = mem == MAP_FAILED ? NULL : mem;
        rc = fb->mem ? 0 : CN_E_IO;
    }
    if (rc < 0) {
        fb_close(fb);
        return rc;
    }
    *out = fb;
    return 0;
}

void fb_show(struct fb *fb, const struct canvas *c)
{
    fb_draw(&fb->format, c, fb->mem, fb->size);
}

void fb_close(struct fb *fb)
{
    if (fb->mem)
        munmap(fb->mem, fb->size);
    if (fb->fd >= 0)
        close(fb->fd);
    free(fb);
}
