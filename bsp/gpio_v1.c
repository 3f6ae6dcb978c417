#include "bsp/gpio.h"

#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>

struct gpio_out {
    struct gpiod_chip *chip;
    struct gpiod_line *line;
};

int gpio_out_open(const char *chip, unsigned line, bool active_low, struct gpio_out **out)
{
    struct gpio_out *g = calloc(1, sizeof *g);
    int err = -ENOMEM;

    *out = NULL;
    if (!g)
        return err;
    g->chip = gpiod_chip_open_lookup(chip);
    if (g->chip)
        g->line = gpiod_chip_get_line(g->chip, line);
    if (!g->line ||
        gpiod_line_request_output_flags(g->line, "concentrator",
                                        active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0, 0) < 0) {
        err = errno ? -errno : -EIO;
        gpio_out_close(g);
        return err;
    }
    *out = g;
    return 0;
}

void gpio_out_close(struct gpio_out *g)
{
    if (!g)
        return;
    /* closing the chip releases its lines */
    if (g->chip)
        gpiod_chip_close(g->chip);
    free(g);
}

int gpio_out_set(struct gpio_out *g, bool on)
{
    return gpiod_line_set_value(g->line, on) == 0 ? 0 : -errno;
}
