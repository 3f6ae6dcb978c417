#ifndef HMI_LCD_FB_H
#define HMI_LCD_FB_H

#include <stddef.h>
#include <stdint.h>

#include "hmi/lcd/canvas.h"

/** The pixel layout of a frame buffer, as the kernel's fbdev interface tells it. */
struct fb_format {
    uint32_t width, height; /**< visible points */
    uint32_t line;          /**< bytes from a row to the next */
    uint32_t start;         /**< bytes in front of the first visible point */
    uint8_t bpp;            /**< 1, 8, 16 or 32 */
    uint32_t ink, paper;    /**< pixel values */
};

/** @return 0, CN_E_UNSUPPORTED (another depth, or rows shorter than their points). */
int fb_check(const struct fb_format *f);

/**
 * Draw the canvas into frame buffer memory, in the middle, enlarged by the largest whole factor that fits;
 * what does not fit is cut. Points around it become paper. 1 bit: the leftmost point is the lowest bit, as in
 * the kernel's own drawing on little-endian machines; 16 and 32 bits: native byte order.
 * @param mem, size  the mapped memory; nothing is written beyond it
 */
void fb_draw(const struct fb_format *f, const struct canvas *c, uint8_t *mem, size_t size);

/** An open frame buffer device. */
struct fb;
/** @return 0, CN_E_NOTFOUND, CN_E_IO (no frame buffer), CN_E_UNSUPPORTED (pixel format), CN_E_NOMEM. */
int fb_open(const char *path, struct fb **out);
void fb_show(struct fb *fb, const struct canvas *c);
void fb_close(struct fb *fb);

#endif
