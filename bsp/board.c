#include "bsp/board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsp/board_parts.h"

struct board {
    struct board_sim *sim;                /* NULL on hardware */
    struct gpio_out *outputs[BOARD_LEDS]; /* NULL: the board has no such LED */
    bool on[BOARD_LEDS];
};

int board_led_number(enum board_led led, unsigned port)
{
    if (led == LED_POWER || led == LED_ALARM || led == LED_NET)
        return (int)led;
    if (port < 1 || port > BOARD_PORTS)
        return -1;
    return 3 + 2 * (int)(port - 1) + (led == LED_PORT_RX);
}

char *board_led_name(int number, char *out, size_t cap)
{
    static const char *const names[] = {"power", "alarm", "net"};

    if (number < 3)
        snprintf(out, cap, "%s", names[number]);
    else
        snprintf(out, cap, "port.%d.%s", (number - 3) / 2 + 1, (number - 3) % 2 ? "rx" : "tx");
    return out;
}

static int open_outputs(struct board *b, const char *path, char *error, size_t error_cap)
{
    struct board_line *lines = calloc(BOARD_LEDS, sizeof *lines);
    char name[32];
    int err = lines ? board_file_read(path, lines, error, error_cap) : -ENOMEM;

    for (int i = 0; i < BOARD_LEDS && err == 0; i++) {
        if (!lines[i].given)
            continue;
        err = gpio_out_open(lines[i].chip, (unsigned)lines[i].line, lines[i].active_low, &b->outputs[i]);
        if (err < 0)
            snprintf(error, error_cap, "%s: led.%s: line %d of %s: %s", path,
                     board_led_name(i, name, sizeof name), lines[i].line, lines[i].chip, strerror(-err));
    }
    free(lines);
    return err;
}

int board_open(const char *name, const char *dir, const char *run_dir, struct board **out, char *error,
               size_t error_cap)
{
    struct board *b = calloc(1, sizeof *b);
    char path[512];
    int err;

    *out = NULL;
    error[0] = '\0';
    if (!b)
        return -ENOMEM;
    if (strcmp(name, "sim") == 0) {
        err = board_sim_open(run_dir, &b->sim);
    } else if (strchr(name, '/') ||
               snprintf(path, sizeof path, "%s/%s.board", dir, name) >= (int)sizeof path) {
        err = -ENOENT;
    } else {
        err = open_outputs(b, path, error, error_cap);
    }
    if (err < 0) {
        if (!error[0])
            snprintf(error, error_cap, "board %s: %s", name,
                     err == -ENOENT ? "there is no such board" : strerror(-err));
        board_close(b);
        return err;
    }
    *out = b;
    return 0;
}

void board_close(struct board *b)
{
    if (!b)
        return;
    for (int i = 0; i < BOARD_LEDS; i++)
        gpio_out_close(b->outputs[i]);
    board_sim_close(b->sim);
    free(b);
}

void board_led(struct board *b, enum board_led led, unsigned port, bool on)
{
    int i = board_led_number(led, port);

    if (i < 0)
        return;
    b->on[i] = on;
    if (b->sim)
        board_sim_led(b->sim, i, on);
    else if (b->outputs[i])
        gpio_out_set(b->outputs[i], on);
}

bool board_led_get(const struct board *b, enum board_led led, unsigned port)
{
    int i = board_led_number(led, port);

    return i >= 0 && b->on[i];
}
