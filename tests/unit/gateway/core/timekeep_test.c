#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/core/timekeep.h"

static const struct zone east8 = {.offset_s = 8 * 3600};

static struct store *open_store(char dir[64])
{
    struct store *s;

    assert_int_equal(store_open(dir, &s), 0);
    return s;
}

static void remove_dir(const char *dir)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

static void the_offset_is_durable(void **state)
{
    char dir[64] = "/tmp/timekeep_test.XXXXXX";
    struct civil local = {.year = 2031, .month = 2, .day = 28, .hour = 23, .minute = 59, .second = 58};
    struct box_clock clock;
    struct timekeep t;
    int64_t step = 0;

    (void)state;
    assert_non_null(mkdtemp(dir));
    struct store *s = open_store(dir);
    timekeep_init(&t, &clock, true, east8, s);
    assert_int_equal(clock.offset_ms, 0);
    int64_t before = box_clock_ms(&clock);
    assert_int_equal(timekeep_set(&t, s, &local, &step), 0);
    assert_in_range(box_clock_s(&clock) - zone_to_utc(east8, &local), 0, 1);
    assert_true(llabs(step - (zone_to_utc(east8, &local) * 1000 - before)) <= 1000);
    store_close(s);
    s = open_store(dir);
    struct box_clock again;
    timekeep_init(&t, &again, true, east8, s);
    assert_int_equal(again.offset_ms, clock.offset_ms);
    /* the other mode does not look at it */
    timekeep_init(&t, &again, false, east8, s);
    assert_int_equal(again.offset_ms, 0);
    store_close(s);
    remove_dir(dir);
}

static void bad_times_and_stores_change_nothing(void **state)
{
    struct civil bad = {.year = 2026, .month = 2, .day = 29};
    struct civil good = {.year = 2026, .month = 2, .day = 28};
    struct box_clock clock;
    struct timekeep t;
    int64_t step;

    (void)state;
    timekeep_init(&t, &clock, true, east8, NULL);
    assert_int_equal(timekeep_set(&t, NULL, &bad, &step), CN_E_RANGE);
    assert_int_equal(timekeep_set(&t, NULL, &good, &step), CN_E_IO);
    assert_int_equal(clock.offset_ms, 0);
}

static void steps_of_others_are_seen(void **state)
{
    struct box_clock clock;
    struct timekeep t;

    (void)state;
    timekeep_init(&t, &clock, false, east8, NULL);
    assert_int_equal(timekeep_watch(&t, 5000000, 1000), 0);
    assert_int_equal(timekeep_watch(&t, 5001000, 2000), 0);
    assert_int_equal(timekeep_watch(&t, 5001900, 3000), 0); /* slewed */
    assert_int_equal(timekeep_watch(&t, 5062900, 4000), 60000);
    assert_int_equal(timekeep_watch(&t, 5063900, 5000), 0);
    assert_int_equal(timekeep_watch(&t, 1064900, 6000), -4000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_offset_is_durable),
        cmocka_unit_test(bad_times_and_stores_change_nothing),
        cmocka_unit_test(steps_of_others_are_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
