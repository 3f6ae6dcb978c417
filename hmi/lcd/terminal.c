#include "hmi/lcd/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/err.h"

/* Cursor and line wrap off and on; the cursor goes to the upper left corner before each picture. */
#define SCREEN_BEGIN "\033[2J\033[?25l\033[?7l"
#define SCREEN_HOME  "\033[H"
#define SCREEN_LINE  "\033[K\r\n"
#define SCREEN_END   "\033[?7h\033[?25h\r\n"

static void add(struct terminal *t, const char *text)
{
    size_t n = strlen(text);
    memcpy(t->text + t->len, text, n);
    t->len += n;
}

void terminal_open(struct terminal *t, int fd)
{
    struct stat st;

    *t = (struct terminal){.fd = fd, .tty = isatty(fd)};
    /* An open of our own does not wait, and leaves the flags of the others' alone. A file never makes us
     * wait. */
    if (fstat(fd, &st) == 0 && (t->tty || S_ISFIFO(st.st_mode))) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        t->own = own >= 0;
        if (t->own)
            t->fd = own;
    }
    if (t->tty)
        add(t, SCREEN_BEGIN);
}

/** @return 0, CN_E_BUSY, CN_E_GONE. */
static int flush(struct terminal *t)
{
    while (t->sent < t->len) {
        ssize_t n = write(t->fd, t->text + t->sent, t->len - t->sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? CN_E_BUSY : CN_E_GONE;
        t->sent += (size_t)n;
    }
    t->len = t->sent = 0;
    return 0;
}

int terminal_show(struct terminal *t, const struct canvas *c)
{
    int rc = flush(t);
    if (rc < 0)
        return rc;
    if (t->tty)
        add(t, SCREEN_HOME);
    struct wbuf w = wbuf_of(t->text + t->len, sizeof t->text - t->len);
    lcd_braille(c, t->tty ? SCREEN_LINE : "\n", &w);
    t->len += w.len;
    if (!t->tty)
        add(t, "\n\n");
    rc = flush(t);
    return rc == CN_E_BUSY ? 0 : rc;
}

void terminal_close(struct terminal *t)
{
    if (t->tty && flush(t) == 0) {
        add(t, SCREEN_END);
        (void)flush(t);
    }
    if (t->own)
        close(t->fd);
}
