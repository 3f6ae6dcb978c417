#ifndef HMI_LCD_RENDER_H
#define HMI_LCD_RENDER_H

#include "hmi/lcd/canvas.h"
#include "hmi/lcd/model.h"

/**
 * What is in sight in a step of LCD_STEP_S seconds. The pages go round: three steps main, three meters, one
 * failed meters; each goes on where it stood when it comes back. Every program that counts steps from the
 * same clock shows the same.
 * @param step  seconds / LCD_STEP_S, any origin
 * @param events, meters, failed  how many there are in all
 */
struct lcd_screen lcd_screen_at(uint64_t step, unsigned events, unsigned meters, unsigned failed);

/** Draw the model. Pure. */
void lcd_render(const struct lcd_model *m, struct canvas *c);

#endif
