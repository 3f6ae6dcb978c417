#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/core/backoff.h"

static void a_crash_loop_slows_down(void **state)
{
    struct backoff b = {0};
    uint32_t before = 0;

    (void)state;
    assert_true(backoff_next(&b, 0) <= 200);
    for (int i = 0; i < 300; i++) {
        uint32_t ms = backoff_next(&b, 50);
        assert_true(ms >= before && ms <= BACKOFF_MAX_MS);
        before = ms;
    }
    assert_int_equal(before, BACKOFF_MAX_MS);
}

static void a_good_run_is_forgiven(void **state)
{
    struct backoff b = {.max_ms = 5000};

    (void)state;
    for (int i = 0; i < 20; i++)
        backoff_next(&b, BACKOFF_GOOD_MS - 1);
    assert_int_equal(backoff_next(&b, 0), 5000);
    assert_int_equal(backoff_next(&b, BACKOFF_GOOD_MS), BACKOFF_FIRST_MS);
    assert_int_equal(backoff_next(&b, 0), 2 * BACKOFF_FIRST_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_loop_slows_down),
        cmocka_unit_test(a_good_run_is_forgiven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
