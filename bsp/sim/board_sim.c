#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bsp/board_parts.h"

/* One line a LED, "port.2.tx 1\n", of fixed width: a change is one byte written in place. */
enum { LINE_WIDTH = 16, VALUE_AT = 14 };

struct board_sim {
    int fd;    /* -1 = no file */
    int lines; /* in the file; ports get theirs when they first light */
};

static void write_lines(struct board_sim *s, int upto)
{
    char line[LINE_WIDTH + 1], name[32];

    for (; s->lines <= upto; s->lines++) {
        snprintf(line, sizeof line, "%-14s0\n", board_led_name(s->lines, name, sizeof name));
        if (pwrite(s->fd, line, LINE_WIDTH, (off_t)s->lines * LINE_WIDTH) < 0)
            return;
    }
}

int board_sim_open(const char *run_dir, struct board_sim **out)
{
    struct board_sim *s = calloc(1, sizeof *s);
    char path[512];

    if (!s)
        return -ENOMEM;
    s->fd = -1;
    *out = s;
    if (!run_dir || !run_dir[0])
        return 0;
    snprintf(path, sizeof path, "%s/board.state", run_dir);
    s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (s->fd < 0) {
        int err = -errno;
        free(s);
        *out = NULL;
        return err;
    }
    write_lines(s, 2);
    return 0;
}

void board_sim_close(struct board_sim *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}

void board_sim_led(struct board_sim *s, int number, bool on)
{
    if (s->fd < 0)
        return;
    write_lines(s, number);
    if (pwrite(s->fd, on ? "1" : "0", 1, (off_t)number * LINE_WIDTH + VALUE_AT) < 0)
        return; /* a full disk must not stop the box */
}
