#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/core/calendar.h"

static const struct zone east8 = {.offset_s = 8 * 3600};

static int64_t utc(int year, int month, int day, int hour, int minute, int second)
{
    struct civil c = {.year = (int16_t)year,
                      .month = (uint8_t)month,
                      .day = (uint8_t)day,
                      .hour = (uint8_t)hour,
                      .minute = (uint8_t)minute,
                      .second = (uint8_t)second};

    return zone_to_utc(east8, &c);
}

static struct value digits(int year, int month, int day, int hour, int minute)
{
    return value_of(((((int64_t)year * 100 + month) * 100 + day) * 100 + hour) * 10000 + minute * 100, 0);
}

/* clause: reference part 7, section 7: the freeze of 00:00 of day X is the end of day X-1. Over 40 years of
 * days. */
static void every_day_of_forty_years_has_its_slot(void **state)
{
    (void)state;
    int64_t day = slot_day(east8, utc(2026, 1, 1, 12, 0, 0));
    int days = 0;

    for (int year = 2026; year < 2066; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int d = 1; d <= civil_days_in_month(year, month); d++, day++, days++) {
                int64_t slot;
                assert_int_equal(cal_slot_of(PERIOD_DAY, digits(year, month, d, 0, 0), &slot), 0);
                assert_int_equal(slot, day - 1);
                assert_int_equal(cal_end(PERIOD_DAY, east8, slot), utc(year, month, d, 0, 0, 0));
                assert_int_equal(cal_newest(PERIOD_DAY, east8, utc(year, month, d, 0, 0, 0)), slot);
                assert_int_equal(cal_newest(PERIOD_DAY, east8, utc(year, month, d, 23, 59, 59)), slot);
                assert_int_equal(cal_index(PERIOD_DAY, east8, slot, utc(year, month, d, 0, 0, 0)), 1);
                assert_int_equal(cal_index(PERIOD_DAY, east8, slot - 61, utc(year, month, d, 12, 0, 0)), 62);
                assert_int_equal(cal_index(PERIOD_DAY, east8, slot - 62, utc(year, month, d, 12, 0, 0)), 0);
                assert_int_equal(cal_index(PERIOD_DAY, east8, slot + 1, utc(year, month, d, 12, 0, 0)), 0);
            }
        }
    }
    assert_int_equal(days, 14610);
}

static void hours_are_counted_the_same_way(void **state)
{
    int64_t slot;

    (void)state;
    assert_int_equal(cal_slot_of(PERIOD_HOUR, digits(2028, 3, 1, 0, 0), &slot), 0);
    assert_int_equal(cal_end(PERIOD_HOUR, east8, slot), utc(2028, 3, 1, 0, 0, 0));
    assert_int_equal(cal_index(PERIOD_HOUR, east8, slot, utc(2028, 3, 1, 0, 59, 59)), 1);
    assert_int_equal(cal_index(PERIOD_HOUR, east8, slot, utc(2028, 3, 1, 1, 0, 0)), 2);
    assert_int_equal(cal_index(PERIOD_HOUR, east8, slot - 253, utc(2028, 3, 1, 0, 30, 0)), 254);
    assert_int_equal(cal_index(PERIOD_HOUR, east8, slot - 254, utc(2028, 3, 1, 0, 30, 0)), 0);
}

static void freeze_times_that_name_no_slot_are_refused(void **state)
{
    int64_t slot = 77;

    (void)state;
    assert_int_equal(cal_slot_of(PERIOD_DAY, value_none(), &slot), CN_E_FORMAT);
    assert_int_equal(cal_slot_of(PERIOD_DAY, value_of(0, 0), &slot), CN_E_FORMAT);
    assert_int_equal(cal_slot_of(PERIOD_DAY, digits(2026, 2, 29, 0, 0), &slot), CN_E_FORMAT);
    assert_int_equal(cal_slot_of(PERIOD_DAY, digits(2026, 13, 1, 0, 0), &slot), CN_E_FORMAT);
    assert_int_equal(cal_slot_of(PERIOD_DAY, digits(2026, 2, 28, 1, 0), &slot), CN_E_RANGE);
    assert_int_equal(cal_slot_of(PERIOD_DAY, digits(2026, 2, 28, 0, 1), &slot), CN_E_RANGE);
    assert_int_equal(cal_slot_of(PERIOD_HOUR, digits(2026, 2, 28, 7, 30), &slot), CN_E_RANGE);
    assert_int_equal(slot, 77);
}

/* clause: reference part 5, section 5: a value read later than 01:00 is not a day-end value */
static void plain_readings_count_until_their_limit(void **state)
{
    int64_t day = cal_newest(PERIOD_DAY, east8, utc(2026, 11, 22, 0, 0, 0));
    int64_t hour = cal_newest(PERIOD_HOUR, east8, utc(2026, 11, 22, 7, 0, 0));

    (void)state;
    assert_false(cal_plain_counts(PERIOD_DAY, east8, day, utc(2026, 11, 21, 23, 59, 59)));
    assert_true(cal_plain_counts(PERIOD_DAY, east8, day, utc(2026, 11, 22, 0, 0, 0)));
    assert_true(cal_plain_counts(PERIOD_DAY, east8, day, utc(2026, 11, 22, 0, 59, 59)));
    assert_false(cal_plain_counts(PERIOD_DAY, east8, day, utc(2026, 11, 22, 1, 0, 0)));
    assert_true(cal_plain_counts(PERIOD_HOUR, east8, hour, utc(2026, 11, 22, 7, 14, 59)));
    assert_false(cal_plain_counts(PERIOD_HOUR, east8, hour, utc(2026, 11, 22, 7, 15, 0)));
}

/* clause: reference part 3, F33: control D0, periods, an end before the start goes over midnight */
static void reading_is_allowed_by_rule(void **state)
{
    struct param_f33 rule = cal_default(1);

    (void)state;
    assert_true(cal_allowed(&rule, east8, utc(2026, 11, 22, 3, 0, 0)));
    rule.control = 1;
    assert_false(cal_allowed(&rule, east8, utc(2026, 11, 22, 3, 0, 0)));
    rule.control = 0;
    rule.period_count = 2;
    rule.periods[0].start_min = 8 * 60;
    rule.periods[0].end_min = 9 * 60;
    rule.periods[1].start_min = 22 * 60;
    rule.periods[1].end_min = 2 * 60;
    assert_true(cal_allowed(&rule, east8, utc(2026, 11, 22, 8, 0, 0)));
    assert_false(cal_allowed(&rule, east8, utc(2026, 11, 22, 9, 0, 0)));
    assert_true(cal_allowed(&rule, east8, utc(2026, 11, 22, 23, 59, 0)));
    assert_true(cal_allowed(&rule, east8, utc(2026, 11, 22, 1, 59, 59)));
    assert_false(cal_allowed(&rule, east8, utc(2026, 11, 22, 2, 0, 0)));
    assert_false(cal_allowed(&rule, east8, utc(2026, 11, 22, 21, 59, 59)));
}

static void intervals_start_at_midnight(void **state)
{
    struct param_f33 rule = cal_default(1);

    (void)state;
    int64_t midnight = cal_interval(&rule, east8, utc(2026, 11, 22, 0, 0, 0));
    assert_int_equal(cal_interval(&rule, east8, utc(2026, 11, 22, 0, 14, 59)), midnight);
    assert_int_equal(cal_interval(&rule, east8, utc(2026, 11, 22, 0, 15, 0)), midnight + 15);
    rule.interval_min = 7; /* does not divide the day: the last interval is short */
    assert_int_equal(cal_interval(&rule, east8, utc(2026, 11, 22, 23, 59, 0)), midnight + 1435);
    assert_int_equal(cal_interval(&rule, east8, utc(2026, 11, 23, 0, 0, 0)), midnight + 1440);
    rule.interval_min = 0;
    assert_int_equal(cal_interval_s(&rule), CAL_INTERVAL_MIN * 60);
}

static void broadcast_clock_is_due_for_ten_minutes(void **state)
{
    struct param_f33 rule = cal_default(1);

    (void)state;
    rule.clock_hour = 4;
    rule.clock_minute = 30;
    assert_int_equal(cal_clock_due(&rule, east8, utc(2026, 11, 22, 4, 30, 0)), -1);
    rule.control = 8;
    assert_int_equal(cal_clock_due(&rule, east8, utc(2026, 11, 22, 4, 29, 59)), -1);
    assert_int_equal(cal_clock_due(&rule, east8, utc(2026, 11, 22, 4, 30, 0)),
                     slot_day(east8, utc(2026, 11, 22, 12, 0, 0)));
    assert_int_equal(cal_clock_due(&rule, east8, utc(2026, 11, 22, 4, 40, 0)), -1);
    rule.clock_day = 21;
    assert_int_equal(cal_clock_due(&rule, east8, utc(2026, 11, 22, 4, 30, 0)), -1);
}

static void bits_survive_the_ring(void **state)
{
    struct cal_memory m = {0};
    int64_t newest = 20000;

    (void)state;
    for (int64_t s = newest - CAL_DAYS + 1; s <= newest; s++)
        cal_set(&m.have, PERIOD_DAY, s, true);
    for (int64_t s = newest - CAL_HOURS + 1; s <= newest; s++)
        cal_set(&m.have, PERIOD_HOUR, s, true);
    for (int step = 0; step < 1000; step++) {
        cal_roll(&m, PERIOD_DAY, newest, newest + 1);
        cal_roll(&m, PERIOD_HOUR, newest, newest + 1);
        newest++;
        assert_true(cal_newest_missing(&m, PERIOD_DAY, newest));
        assert_true(cal_newest_missing(&m, PERIOD_HOUR, newest));
        int64_t slot;
        assert_int_equal(cal_fill(&m, PERIOD_DAY, newest, &slot), 0);
        assert_int_equal(cal_fill(&m, PERIOD_HOUR, newest, &slot), 0);
        cal_set(&m.have, PERIOD_DAY, newest, true);
        cal_set(&m.have, PERIOD_HOUR, newest, true);
        assert_false(cal_newest_missing(&m, PERIOD_DAY, newest));
    }
}

/* A jump forward leaves exactly the days in between missing, oldest first (faults 24). */
static void a_gap_is_filled_oldest_first(void **state)
{
    struct cal_memory m = {0};
    int64_t newest = 20000, slot;

    (void)state;
    for (int64_t s = newest - CAL_DAYS + 1; s <= newest; s++)
        cal_set(&m.have, PERIOD_DAY, s, true);
    cal_roll(&m, PERIOD_DAY, newest, newest + 20);
    newest += 20;
    for (int64_t expected = newest - 19; expected < newest; expected++) {
        assert_int_equal(cal_fill(&m, PERIOD_DAY, newest, &slot), 1);
        assert_int_equal(slot, expected);
        cal_set(&m.have, PERIOD_DAY, slot, true);
    }
    assert_int_equal(cal_fill(&m, PERIOD_DAY, newest, &slot), 0);
    /* longer than all memory */
    cal_roll(&m, PERIOD_DAY, newest, newest + 5000);
    assert_int_equal(cal_fill(&m, PERIOD_DAY, newest + 5000, &slot), 1);
    assert_int_equal(slot, newest + 5000 - CAL_DAYS + 1);
}

/* A meter that keeps 10 days is not asked 52 times for what it does not have. */
static void depth_is_found_by_halving(void **state)
{
    struct cal_memory m = {0};
    int64_t newest = 20000, slot;
    int asked = 0, refused = 0, stored = 0;

    (void)state;
    cal_set(&m.have, PERIOD_DAY, newest, true);
    while (cal_fill(&m, PERIOD_DAY, newest, &slot)) {
        unsigned k = (unsigned)(newest - slot + 1);
        bool kept = k <= 10;
        assert_in_range(++asked, 1, 100);
        cal_learn(&m, PERIOD_DAY, k, kept);
        if (kept) {
            cal_set(&m.have, PERIOD_DAY, slot, true);
            stored++;
        } else {
            refused++;
        }
    }
    assert_int_equal(stored, 9);
    assert_in_range(refused, 1, 8);
    /* a new day: young meters keep one more */
    cal_forget_limits(&m);
    assert_int_equal(cal_fill(&m, PERIOD_DAY, newest, &slot), 1);
    assert_int_equal(slot, newest - CAL_DAYS + 1);
}

static void plain_meters_are_not_filled(void **state)
{
    struct cal_memory m = {.plain = {true, false}};
    int64_t slot;

    (void)state;
    assert_int_equal(cal_fill(&m, PERIOD_DAY, 20000, &slot), 0);
    assert_int_equal(cal_fill(&m, PERIOD_HOUR, 480000, &slot), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_forty_years_has_its_slot),
        cmocka_unit_test(hours_are_counted_the_same_way),
        cmocka_unit_test(freeze_times_that_name_no_slot_are_refused),
        cmocka_unit_test(plain_readings_count_until_their_limit),
        cmocka_unit_test(reading_is_allowed_by_rule),
        cmocka_unit_test(intervals_start_at_midnight),
        cmocka_unit_test(broadcast_clock_is_due_for_ten_minutes),
        cmocka_unit_test(bits_survive_the_ring),
        cmocka_unit_test(a_gap_is_filled_oldest_first),
        cmocka_unit_test(depth_is_found_by_halving),
        cmocka_unit_test(plain_meters_are_not_filled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
