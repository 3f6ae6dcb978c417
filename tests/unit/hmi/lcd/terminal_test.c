#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "hmi/lcd/terminal.h"

enum { PICTURE = BRAILLE_LINES * (BRAILLE_COLUMNS * 3 + 1) + 1 /* lines, and an empty one */ };

static struct canvas blank(void)
{
    struct canvas c;
    canvas_clear(&c);
    return c;
}

static void into_a_pipe(void **state)
{
    (void)state;
    static struct terminal t;
    static char text[PICTURE + 100];
    struct canvas c = blank();
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    terminal_open(&t, fds[1]);
    canvas_set(&c, 0, 0, true);
    assert_int_equal(terminal_show(&t, &c), 0);
    assert_int_equal(read(fds[0], text, sizeof text), PICTURE);
    assert_memory_equal(text, "⠁⠀", 6);
    assert_memory_equal(text + PICTURE - 5, "⠀\n\n", 5);
    assert_null(memchr(text, '\033', PICTURE));
    terminal_close(&t);
    close(fds[0]);
    close(fds[1]);
}

/** A reader that does not read never holds us up; when it reads again it finds whole pictures only. */
static void a_reader_that_stands_still(void **state)
{
    (void)state;
    static struct terminal t;
    static char text[1 << 20];
    struct canvas c = blank();
    int fds[2], passed_over = 0;
    assert_int_equal(pipe(fds), 0);
    terminal_open(&t, fds[1]);
    assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0); /* others' descriptor stays as it was */
    for (int i = 0; i < 50; i++)
        passed_over += terminal_show(&t, &c) == CN_E_BUSY;
    assert_true(passed_over > 0 && passed_over < 50);
    size_t got = 0;
    for (int i = 0; i < 3; i++) { /* take what is there, let it flush the rest */
        fcntl(fds[0], F_SETFL, O_NONBLOCK);
        for (ssize_t n; (n = read(fds[0], text + got, sizeof text - got)) > 0;)
            got += (size_t)n;
        assert_int_equal(terminal_show(&t, &c), 0);
    }
    assert_int_equal(got % PICTURE, 0);
    for (size_t i = 0; i < got; i += PICTURE)
        assert_memory_equal(text + i, text, PICTURE);
    terminal_close(&t);
    close(fds[0]);
    close(fds[1]);
}

static void a_reader_that_goes(void **state)
{
    (void)state;
    static struct terminal t;
    struct canvas c = blank();
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(fds), 0);
    terminal_open(&t, fds[1]);
    close(fds[0]);
    assert_int_equal(terminal_show(&t, &c), CN_E_GONE);
    terminal_close(&t);
    close(fds[1]);
}

static void on_a_terminal(void **state)
{
    (void)state;
    static struct terminal t;
    static char text[PICTURE * 2];
    struct canvas c = blank();
    size_t got = 0;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0)
        skip(); /* no ptys here, as in a user-mode emulator with a bare root */
    assert_true(grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    fcntl(master, F_SETFL, O_NONBLOCK);
    terminal_open(&t, slave);
    /* a pty takes less than a picture at once: the rest goes out with the next calls */
    for (int i = 0; i < 100 && got < PICTURE + 1000; i++) {
        terminal_show(&t, &c);
        for (ssize_t n; got < sizeof text - 1 && (n = read(master, text + got, sizeof text - 1 - got)) > 0;)
            got += (size_t)n;
    }
    text[got] = '\0';
    assert_memory_equal(text, "\033[2J\033[?25l\033[?7l\033[H⠀", strlen("\033[2J\033[?25l\033[?7l\033[H⠀"));
    unsigned lines = 0;
    const char *end = strstr(text + 20, "\033[H");
    assert_non_null(end); /* the first picture is whole, the second begins */
    for (const char *p = text; (p = strstr(p, "\033[K\r")) != NULL && p < end; p++)
        lines++;
    assert_int_equal(lines, BRAILLE_LINES - 1);
    terminal_close(&t);
    close(master);
    close(slave);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(into_a_pipe),
        cmocka_unit_test(a_reader_that_stands_still),
        cmocka_unit_test(a_reader_that_goes),
        cmocka_unit_test(on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
