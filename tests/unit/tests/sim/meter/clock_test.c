#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/meter/clock.h"

static void test_plain(void **state)
{
    struct sm_clock c;

    (void)state;
    sm_clock_init(&c, 1000000, 60, 0);
    assert_int_equal(sm_clock_at(&c, 1000000), 1000060);
    assert_int_equal(sm_clock_at(&c, 500), 560);
    assert_int_equal(sm_clock_when(&c, 560), 500);
    assert_int_equal(sm_clock_when(&c, 2000060), 2000000);
}

static void test_drift(void **state)
{
    struct sm_clock c;

    (void)state;
    sm_clock_init(&c, 0, 0, 100);
    assert_int_equal(sm_clock_at(&c, 1000000), 1000100);
    for (int64_t shown = 1; shown < 400000000; shown = shown * 3 + 7) {
        int64_t t = sm_clock_when(&c, shown);
        assert_true(sm_clock_at(&c, t) >= shown);
        assert_true(sm_clock_at(&c, t - 1) < shown);
    }
    sm_clock_set(&c, 1000000, 1000000);
    assert_int_equal(sm_clock_at(&c, 1000000), 1000000);
    assert_int_equal(sm_clock_at(&c, 2000000), 2000100);
}

/* What was frozen once stays: the first time a mark was passed counts, whatever is set later. */
static void test_setting(void **state)
{
    struct sm_clock c;

    (void)state;
    sm_clock_init(&c, 0, 0, 0);
    sm_clock_set(&c, 5000, 7000); /* forward over 6000 */
    assert_int_equal(sm_clock_when(&c, 6000), 5000);
    assert_int_equal(sm_clock_when(&c, 7001), 5001);
    sm_clock_set(&c, 6000, 6000); /* back to true time; the clock had shown 8000 already */
    assert_int_equal(sm_clock_when(&c, 6000), 5000);
    assert_int_equal(sm_clock_when(&c, 7500), 5500);
    assert_int_equal(sm_clock_when(&c, 9000), 9000);
    sm_clock_set(&c, 6000, 6001);
    assert_int_equal(sm_clock_at(&c, 6000), 6001);
    for (int i = 1; i <= 100; i++)
        sm_clock_set(&c, 10000 + i * 10, 10000 + i * 10 + 3);
    assert_int_equal(c.count, SM_CLOCK_SETS);
    assert_int_equal(sm_clock_at(&c, 20000), 20003);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_drift),
        cmocka_unit_test(test_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
