#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bsp/board_parts.h"

/*
 * A board file:
 *
 *     [board]
 *     name = what it is
 *     [led.power]            ; also led.alarm, led.net, led.port.N.tx, led.port.N.rx
 *     chip = gpiochip0
 *     line = 12
 *     active = low           ; default high
 */
struct reader {
    struct board_line *lines;
    char reason[160];
};

static struct board_line *section_line(struct reader *r, const char *section)
{
    char name[32];

    if (strncmp(section, "led.", 4) != 0)
        return NULL;
    for (int i = 0; i < BOARD_LEDS; i++) {
        if (strcmp(section + 4, board_led_name(i, name, sizeof name)) == 0)
            return &r->lines[i];
    }
    return NULL;
}

static int refuse(struct reader *r, const char *what, const char *which)
{
    if (!r->reason[0])
        snprintf(r->reason, sizeof r->reason, "%s \"%s\"", what, which);
    return 0;
}

static int set_led(struct reader *r, struct board_line *l, const char *key, const char *value)
{
    char *end;

    l->given = true;
    if (strcmp(key, "chip") == 0) {
        if (!value[0] || snprintf(l->chip, sizeof l->chip, "%s", value) >= (int)sizeof l->chip)
            return refuse(r, "bad chip", value);
    } else if (strcmp(key, "line") == 0) {
        long n = strtol(value, &end, 10);
        if (end == value || *end || n < 0 || n > 1023)
            return refuse(r, "bad line number", value);
        l->line = (int)n;
    } else if (strcmp(key, "active") == 0) {
        if (strcmp(value, "low") != 0 && strcmp(value, "high") != 0)
            return refuse(r, "active is high or low, not", value);
        l->active_low = strcmp(value, "low") == 0;
    } else {
        return refuse(r, "unknown key", key);
    }
    return 1;
}

static int take(void *user, const char *section, const char *key, const char *value)
{
    struct reader *r = user;

    if (strcmp(section, "board") == 0)
        return strcmp(key, "name") == 0 ? 1 : refuse(r, "unknown key", key);
    struct board_line *l = section_line(r, section);
    return l ? set_led(r, l, key, value) : refuse(r, "unknown section", section);
}

int board_file_read(const char *path, struct board_line lines[BOARD_LEDS], char *error, size_t error_cap)
{
    struct reader r = {.lines = lines};
    char name[32];

    memset(lines, 0, sizeof *lines * BOARD_LEDS);
    for (int i = 0; i < BOARD_LEDS; i++)
        lines[i].line = -1;
    int line = ini_parse(path, take, &r);
    if (line < 0) {
        snprintf(error, error_cap, "%s: there is no such board file", path);
        return -ENOENT;
    }
    if (line > 0) {
        snprintf(error, error_cap, "%s:%d: %s", path, line, r.reason[0] ? r.reason : "not understood");
        return -EINVAL;
    }
    for (int i = 0; i < BOARD_LEDS; i++) {
        if (lines[i].given && (!lines[i].chip[0] || lines[i].line < 0)) {
            snprintf(error, error_cap, "%s: led.%s needs chip and line", path,
                     board_led_name(i, name, sizeof name));
            return -EINVAL;
        }
    }
    return 0;
}
