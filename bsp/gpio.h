#ifndef BSP_GPIO_H
#define BSP_GPIO_H

#include <stdbool.h>

/** One GPIO output line. gpio_v1.c speaks libgpiod 1.x; another version is another file with these functions.
 */
struct gpio_out;

/**
 * Request a line as output, at first off.
 * @param chip  "gpiochip0" or a path @param line  number on the chip @param active_low  on is the low level
 * @return 0, -errno
 */
int gpio_out_open(const char *chip, unsigned line, bool active_low, struct gpio_out **out);
/** NULL is allowed. */
void gpio_out_close(struct gpio_out *g);
/** @return 0, -errno */
int gpio_out_set(struct gpio_out *g, bool on);

#endif
