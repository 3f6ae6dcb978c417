#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "gateway/base/log.h"

/* What a call writes to stderr; at most cap - 1 bytes, far less than a pipe holds. */
static size_t captured(char *out, size_t cap, const struct log *l, enum log_level level, const char *text)
{
    int fds[2];
    int saved = dup(STDERR_FILENO);

    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    log_line(l, level, "%s", text);
    dup2(saved, STDERR_FILENO); /* closes the writing end: reading ends at EOF */
    close(saved);
    size_t n = 0;
    for (ssize_t got; n < cap - 1 && (got = read(fds[0], out + n, cap - 1 - n)) > 0;)
        n += (size_t)got;
    close(fds[0]);
    out[n] = '\0';
    return n;
}

static void one_line_a_message(void **state)
{
    struct log l = {.program = "concentratord", .level = LOG_INFO};
    char out[2048];

    (void)state;
    captured(out, sizeof out, &l, LOG_WARNING, "port 2: no meter answers");
    assert_string_equal(out, "concentratord: warning: port 2: no meter answers\n");
    captured(out, sizeof out, &l, LOG_INFO, "ready");
    assert_string_equal(out, "concentratord: ready\n");
    captured(out, sizeof out, &l, LOG_ERROR, "disk");
    assert_string_equal(out, "concentratord: error: disk\n");
}

static void levels_above_are_dropped(void **state)
{
    struct log l = {.program = "p", .level = LOG_WARNING};
    char out[64];

    (void)state;
    assert_int_equal(captured(out, sizeof out, &l, LOG_INFO, "x"), 0);
    assert_int_equal(captured(out, sizeof out, &l, LOG_DEBUG, "x"), 0);
    assert_int_equal(captured(out, sizeof out, NULL, LOG_ERROR, "x"), 0);
}

static void long_messages_are_cut_and_still_lines(void **state)
{
    struct log l = {.program = "p", .level = LOG_DEBUG};
    char text[1000], out[2048];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    size_t n = captured(out, sizeof out, &l, LOG_DEBUG, text);
    assert_true(n > 256 && n < 600);
    assert_int_equal(out[n - 1], '\n');
    assert_memory_equal(out, "p: debug: xxx", 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_a_message),
        cmocka_unit_test(levels_above_are_dropped),
        cmocka_unit_test(long_messages_are_cut_and_still_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
