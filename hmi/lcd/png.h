#ifndef HMI_LCD_PNG_H
#define HMI_LCD_PNG_H

#include <stdio.h>

#include "hmi/lcd/canvas.h"

/**
 * Write the canvas as a PNG of two colours, dark ink on the green of an LCD. Uses libpng; not linked into the
 * LCD process, only into programs that make pictures.
 * @param scale  each point becomes scale x scale pixels, 1..8
 * @return 0, CN_E_RANGE (scale), CN_E_NOMEM, CN_E_IO (not written completely)
 */
int lcd_png_write(FILE *out, const struct canvas *c, unsigned scale);

#endif
