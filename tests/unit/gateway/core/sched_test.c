#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/gateway/core/line_sim.h"

static int64_t utc(int year, int month, int day, int hour, int minute)
{
    struct civil c = {.year = (int16_t)year,
                      .month = (uint8_t)month,
                      .day = (uint8_t)day,
                      .hour = (uint8_t)hour,
                      .minute = (uint8_t)minute};

    return zone_to_utc((struct zone){.offset_s = 8 * 3600}, &c);
}

/* Every stored freeze holds the energy of the end of its slot: nothing else may ever be stored as the meter's
 * own. */
static void assert_freezes_right(const struct line_sim *s)
{
    for (unsigned i = 0; i < s->freezes; i++) {
        const struct freeze *f = &s->freeze[i].f;
        enum period p = f->kind == FREEZE_DAY ? PERIOD_DAY : PERIOD_HOUR;
        if (f->flags & FREEZE_MISSING) {
            assert_int_equal(f->set.count, 0);
            continue;
        }
        int64_t end = cal_end(p, s->zone, f->slot);
        struct value v = reading_get(&f->set, Q_EP_IMP, 0);
        assert_int_equal(v.quality, VALUE_GOOD);
        if (f->flags & FREEZE_METER) {
            assert_int_equal(v.mantissa, sim_energy(end));
            assert_int_equal(f->frozen_at, end);
        } else {
            assert_true(cal_plain_counts(p, s->zone, f->slot, f->frozen_at));
            assert_int_equal(v.mantissa, sim_energy(f->frozen_at));
        }
    }
}

static void a_sweep_asks_every_meter_and_rarely_one_twice(void **state)
{
    struct line_sim *s = sim_new(64, utc(2026, 11, 22, 10, 1));
    unsigned groups;

    (void)state;
    plan_now(&groups);
    sim_tick(s);
    sim_nothing_to_fill(s);
    sim_run(s, 14 * 60);
    assert_int_equal(s->swept, 1);
    assert_int_equal(s->sched.sweep.last_ok, 64);
    assert_int_equal(s->sched.sweep.last_failed, 0);
    for (unsigned p = 1; p <= 64; p++)
        assert_int_equal(s->latest[p], groups - 1); /* status words only when F33 asks for them */
    assert_int_equal(s->sched.sweep.done, s->sched.sweep.total);
    assert_true(s->same_in_a_row <= 1);
    assert_int_equal(s->jobs, 64 * (groups - 1));
    /* the next one begins with the next interval, and there are four an hour */
    sim_run(s, 3600);
    assert_in_range(s->swept, 4, 5);
    sim_free(s);
}

static void refused_groups_are_asked_once_a_day(void **state)
{
    struct line_sim *s = sim_new(10, utc(2026, 11, 22, 10, 1));

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    for (unsigned p = 1; p <= 10; p++)
        s->meter[p].refuses = (uint64_t)1 << Q_EQ_COMB1 | (uint64_t)1 << Q_EQ_Q1;
    sim_run(s, 4 * 3600);
    assert_int_equal(s->denied, 20);
    assert_int_equal(s->sched.sweep.last_ok, 10);
    sim_run(s, 24 * 3600);
    /* the next day's sweep and day freeze ask once more each */
    assert_int_equal(s->denied, 60);
    assert_freezes_right(s);
    sim_free(s);
}

/* faults 42: dead meters cost at most 5 % of a cycle once they are known; faults 44 rules */
static void one_dead_meter_in_twenty_costs_little(void **state)
{
    struct line_sim *good = sim_new(60, utc(2026, 11, 22, 10, 1));
    struct line_sim *bad = sim_new(60, utc(2026, 11, 22, 10, 1));

    (void)state;
    for (unsigned p = 20; p <= 60; p += 20)
        bad->meter[p].silent = true;
    sim_tick(good);
    sim_tick(bad);
    sim_nothing_to_fill(good);
    sim_nothing_to_fill(bad);
    sim_run(good, 2 * 3600);
    sim_run(bad, 3600);
    for (unsigned p = 1; p <= 60; p++)
        assert_int_equal(bad->dead[p], p % 20 == 0);
    assert_int_equal(bad->port_dead, 0);
    int64_t silent = bad->silent_ms;
    sim_run(bad, 3600);
    assert_int_equal(bad->sched.sweep.last_failed, 3);
    double cycle = good->sched.sweep.last_duration_ms;
    double with_dead = bad->sched.sweep.last_duration_ms;
    assert_true(with_dead <= 1.05 * cycle);
    /* probes: at most 2 % of the hour */
    assert_true(bad->silent_ms - silent <= 3600 * 1000 * 21 / 1000);
    assert_true(bad->silent_ms > silent);
    /* back at the first good answer */
    bad->meter[40].silent = false;
    sim_run(bad, 900);
    assert_int_equal(bad->alive[40], 1);
    assert_int_equal(bad->dead[40], 1);
    sim_run(bad, 900);
    assert_int_equal(bad->sched.sweep.last_failed, 2);
    sim_free(good);
    sim_free(bad);
}

static void one_lost_round_is_no_alarm(void **state)
{
    struct line_sim *s = sim_new(20, utc(2026, 11, 22, 10, 1));

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    sim_run(s, 10);
    s->meter[15].silent = true;
    while (s->sched.in_state[METER_PENDING] == 0)
        sim_run(s, 1);
    s->meter[15].silent = false;
    sim_run(s, 300);
    assert_int_equal(s->dead[15], 0);
    assert_int_equal(s->swept, 1);
    /* what it missed is asked again in the same sweep */
    assert_int_equal(s->sched.sweep.last_ok, 20);
    assert_int_equal(s->latest[15], s->latest[14] + (s->latest[15] > s->latest[14]));
    sim_free(s);
}

/* faults 44: cable out and in: one alarm of the port, none of the meters, back within one cycle */
static void a_cut_cable_is_one_alarm(void **state)
{
    struct line_sim *s = sim_new(30, utc(2026, 11, 22, 10, 1));

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    sim_run(s, 1200);
    for (unsigned p = 1; p <= 30; p++)
        s->meter[p].silent = true;
    sim_run(s, 3600);
    assert_int_equal(s->port_dead, 1);
    assert_int_equal(sched_dead_count(&s->sched), 30);
    for (unsigned p = 1; p <= 30; p++) {
        assert_int_equal(s->dead[p], 0);
        s->meter[p].silent = false;
    }
    sim_run(s, 900);
    assert_int_equal(s->port_alive, 2); /* the first answer, and now */
    assert_int_equal(sched_dead_count(&s->sched), 0);
    assert_int_equal(s->sched.sweep.last_ok, 30);
    for (unsigned p = 1; p <= 30; p++)
        assert_int_equal(s->dead[p], 0);
    sim_free(s);
}

static void the_only_meter_is_an_alarm_of_its_own(void **state)
{
    struct line_sim *s = sim_new(1, utc(2026, 11, 22, 10, 1));

    (void)state;
    s->meter[1].silent = true;
    sim_run(s, 60);
    assert_int_equal(s->port_dead, 1);
    assert_int_equal(s->dead[1], 1);
    s->meter[1].silent = false;
    sim_run(s, 30);
    assert_int_equal(s->port_alive, 1);
    assert_int_equal(s->alive[1], 1);
    sim_free(s);
}

/* faults 45: the device reports errors: nobody is blamed, the sweep goes on where it stood */
static void a_broken_device_blames_no_meter(void **state)
{
    struct line_sim *s = sim_new(20, utc(2026, 11, 22, 10, 1));

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    sim_run(s, 10);
    s->device_broken = true;
    sim_run(s, 8);
    assert_int_equal(s->port_dead, 0);
    sim_run(s, 60);
    assert_int_equal(s->port_dead, 1);
    assert_in_range(s->jobs, 30, 90); /* tries go on, but not at full speed */
    s->device_broken = false;
    sim_run(s, 5);
    assert_int_equal(s->port_alive, 2); /* the first answer, and now */
    sim_run(s, 300);
    assert_int_equal(s->sched.sweep.last_ok, 20);
    assert_int_equal(s->sched.sweep.last_failed, 0);
    sim_free(s);
}

/* faults 23, 24: after an off time every freeze comes from the meters, newest first, the others oldest first
 */
static void missing_freezes_are_fetched_from_the_meter(void **state)
{
    struct line_sim *s = sim_new(4, utc(2026, 11, 22, 10, 20));
    int64_t yesterday = cal_newest(PERIOD_DAY, s->zone, utc(2026, 11, 22, 10, 20));
    int64_t hour = cal_newest(PERIOD_HOUR, s->zone, utc(2026, 11, 22, 10, 20));

    (void)state;
    sim_run(s, 600);
    for (unsigned p = 1; p <= 4; p++) {
        assert_non_null(sim_find(s, FREEZE_DAY, p, yesterday));
        assert_non_null(sim_find(s, FREEZE_HOUR, p, hour));
    }
    /* of the older days the oldest come first */
    assert_non_null(sim_find(s, FREEZE_DAY, 1, yesterday - CAL_DAYS + 1));
    sim_run(s, 3 * 3600);
    for (unsigned p = 1; p <= 4; p++) {
        for (int64_t k = 0; k < CAL_DAYS; k++)
            assert_non_null(sim_find(s, FREEZE_DAY, p, yesterday - k));
        for (int64_t k = 0; k < CAL_HOURS - 5; k++)
            assert_non_null(sim_find(s, FREEZE_HOUR, p, hour - k));
    }
    assert_true(sim_find(s, FREEZE_DAY, 1, yesterday - 5)->flags & FREEZE_FILLED);
    assert_freezes_right(s);
    assert_int_equal(s->again, 0);
    /* all registers of the plan are in it */
    const struct freeze *f = sim_find(s, FREEZE_DAY, 2, yesterday);
    assert_int_equal(reading_get(&f->set, Q_EQ_Q4, 4).quality, VALUE_GOOD);
    sim_free(s);
}

/* Clocks of meters that are slow or fast around midnight never put a value into the wrong day. */
static void meter_clocks_may_be_wrong(void **state)
{
    static const int drifts[] = {0, -90, -600, 90, 600, -7000, 7000, 30};
    struct line_sim *s = sim_new(8, utc(2026, 11, 22, 21, 50));

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    for (unsigned p = 1; p <= 8; p++)
        s->meter[p].drift_s = drifts[p - 1];
    sim_run(s, 36 * 3600);
    assert_freezes_right(s);
    int64_t day = cal_newest(PERIOD_DAY, s->zone, utc(2026, 11, 23, 0, 0));
    for (unsigned p = 1; p <= 8; p++)
        assert_non_null(sim_find(s, FREEZE_DAY, p, day));
    assert_int_equal(s->again, 0);
    sim_free(s);
}

/* Reading is under way for the whole time a fast meter's own midnight passes. */
static void a_fast_meter_freezes_while_it_is_read(void **state)
{
    for (int drift = 60; drift < 120; drift += 2) {
        struct line_sim *s = sim_new(2, utc(2026, 11, 22, 23, 57));
        (void)state;
        s->meter[1].drift_s = s->meter[2].drift_s = drift;
        sim_run(s, 1200);
        assert_freezes_right(s);
        assert_true(s->freezes > 10);
        sim_free(s);
    }
}

static void a_meter_that_was_off_at_midnight_has_a_gap(void **state)
{
    struct line_sim *s = sim_new(2, utc(2026, 11, 22, 10, 1));
    int64_t yesterday = cal_newest(PERIOD_DAY, s->zone, utc(2026, 11, 22, 10, 1));

    (void)state;
    s->meter[1].off_from = yesterday - 10;
    s->meter[1].off_to = yesterday - 8;
    sim_run(s, 5 * 3600);
    assert_freezes_right(s);
    for (int64_t k = 0; k < CAL_DAYS - 3; k++) {
        const struct freeze *f = sim_find(s, FREEZE_DAY, 1, yesterday - k);
        bool off = k >= 8 && k <= 10;
        assert_int_equal(f != NULL && !(f->flags & FREEZE_MISSING), !off);
    }
    /* the attempt is over and says so (reference part 5, section 2) */
    const struct freeze *gap = sim_find(s, FREEZE_DAY, 1, yesterday - 9);
    assert_non_null(gap);
    assert_int_equal(gap->flags, FREEZE_MISSING);
    sim_free(s);
}

static void a_shallow_meter_is_not_asked_for_ever(void **state)
{
    struct line_sim *s = sim_new(3, utc(2026, 11, 22, 10, 1));

    (void)state;
    for (unsigned p = 1; p <= 3; p++) {
        s->meter[p].days = 7;
        s->meter[p].hours = 24;
    }
    sim_run(s, 6 * 3600);
    assert_true(s->denied < 3 * 50);
    assert_non_null(sim_find(s, FREEZE_DAY, 3, cal_newest(PERIOD_DAY, s->zone, sim_now(s)) - 6));
    assert_freezes_right(s);
    sim_free(s);
}

/* reference part 5, section 5: without own freezes a reading soon after the end counts, with its real time */
static void meters_without_freezes_are_read_in_time(void **state)
{
    struct line_sim *s = sim_new(6, utc(2026, 11, 22, 23, 50));
    int64_t day = cal_newest(PERIOD_DAY, s->zone, utc(2026, 11, 23, 0, 0));

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    for (unsigned p = 1; p <= 6; p++)
        s->meter[p].days = s->meter[p].hours = 0;
    sim_run(s, 3 * 3600);
    assert_freezes_right(s);
    for (unsigned p = 1; p <= 6; p++) {
        const struct freeze *f = sim_find(s, FREEZE_DAY, p, day);
        assert_non_null(f);
        assert_int_equal(f->flags & FREEZE_METER, 0);
        f = sim_find(s, FREEZE_HOUR, p, cal_newest(PERIOD_HOUR, s->zone, utc(2026, 11, 23, 1, 0)));
        assert_non_null(f);
        assert_int_equal(f->flags, 0);
    }
    sim_free(s);
}

static void too_late_is_missing_not_wrong(void **state)
{
    struct line_sim *s = sim_new(2, utc(2026, 11, 22, 3, 30));
    int64_t day = cal_newest(PERIOD_DAY, s->zone, utc(2026, 11, 22, 3, 30));

    (void)state;
    s->meter[1].days = s->meter[1].hours = 0;
    sim_run(s, 600);
    const struct freeze *f = sim_find(s, FREEZE_DAY, 1, day);
    assert_non_null(f);
    assert_int_equal(f->flags, FREEZE_MISSING);
    assert_int_equal(sim_find(s, FREEZE_DAY, 2, day)->flags, FREEZE_METER | FREEZE_FILLED);
    sim_free(s);
}

static void a_dead_meters_day_is_marked_and_filled_later(void **state)
{
    struct line_sim *s = sim_new(20, utc(2026, 11, 22, 22, 0));
    int64_t day = cal_newest(PERIOD_DAY, s->zone, utc(2026, 11, 23, 0, 0));
    unsigned marks = 0;

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    s->meter[7].silent = true;
    sim_run(s, 6 * 3600);
    for (unsigned i = 0; i < s->freezes; i++)
        marks += (s->freeze[i].f.flags & FREEZE_MISSING) != 0;
    assert_int_equal(marks, 1);
    assert_int_equal(sim_find(s, FREEZE_DAY, 7, day)->flags, FREEZE_MISSING);
    s->meter[7].silent = false;
    sim_run(s, 3600);
    assert_int_equal(sim_find(s, FREEZE_DAY, 7, day)->flags, FREEZE_METER | FREEZE_FILLED);
    assert_freezes_right(s);
    sim_free(s);
}

/* faults 25, 26, 28: the clock steps and jitters; each slot is stored once */
static void clock_steps_store_each_slot_once(void **state)
{
    struct line_sim *s = sim_new(5, utc(2026, 11, 30, 23, 30));

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    for (int minute = 0; minute < 60; minute++) {
        s->wall_offset_ms += minute % 2 ? 5000 : -5000;
        sim_run(s, 60);
    }
    sim_run(s, 600);
    s->wall_offset_ms -= 2 * 3600 * 1000; /* over midnight and the end of the month, back */
    sim_run(s, 1800);
    assert_true(s->reloads > 0);
    s->wall_offset_ms += 2 * 3600 * 1000;
    sim_run(s, 1800);
    assert_freezes_right(s);
    int64_t day = cal_newest(PERIOD_DAY, s->zone, utc(2026, 12, 1, 0, 0));
    for (unsigned p = 1; p <= 5; p++)
        assert_non_null(sim_find(s, FREEZE_DAY, p, day));
    /* forward by three days: the meters' own freezes fill what the step skipped */
    s->wall_offset_ms += (int64_t)3 * 86400 * 1000;
    sim_run(s, 7200);
    for (int64_t k = 0; k <= 3; k++)
        assert_non_null(sim_find(s, FREEZE_DAY, 5, day + k));
    assert_freezes_right(s);
    sim_free(s);
}

/* faults 27: the clock runs ahead; the meters do not, so nothing is stored for days that were not reached */
static void a_clock_that_runs_ahead_stores_no_future(void **state)
{
    struct line_sim *s = sim_new(3, utc(2026, 11, 22, 10, 1));
    int64_t yesterday = cal_newest(PERIOD_DAY, s->zone, utc(2026, 11, 22, 10, 1));

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    s->wall_offset_ms += (int64_t)3 * 86400 * 1000;
    for (unsigned p = 1; p <= 3; p++)
        s->meter[p].drift_s = -3 * 86400;
    sim_run(s, 3 * 3600);
    for (unsigned i = 0; i < s->freezes; i++) {
        const struct freeze *f = &s->freeze[i].f;
        if (f->kind == FREEZE_DAY && f->slot > yesterday)
            assert_int_equal(f->flags, FREEZE_MISSING);
    }
    sim_free(s);
}

static void f33_rules_the_reading(void **state)
{
    struct line_sim *s = sim_new(5, utc(2026, 11, 22, 10, 1));
    struct param_f33 rule = cal_default(1);

    (void)state;
    rule.control = 1;
    sched_rule(&s->sched, &rule);
    sim_run(s, 3600);
    assert_int_equal(s->jobs, 0);
    rule.control = 1 << 5 | 8;
    rule.interval_min = 60;
    rule.clock_hour = 12;
    sched_rule(&s->sched, &rule);
    sim_tick(s);
    sim_nothing_to_fill(s);
    sim_run(s, 4 * 3600);
    assert_in_range(s->swept, 4, 5);
    unsigned groups;
    plan_now(&groups);
    assert_int_equal(s->latest[1] % groups, 0); /* status words too */
    assert_int_equal(s->sched.clock_day, cal_newest(PERIOD_DAY, s->zone, sim_now(s)) + 1);
    sim_free(s);
}

static void a_short_interval_reads_the_registers_only(void **state)
{
    struct line_sim *s = sim_new(60, utc(2026, 11, 22, 10, 1));
    struct param_f33 rule = cal_default(1);

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    rule.interval_min = 1;
    sched_rule(&s->sched, &rule);
    sim_run(s, 55);
    assert_int_equal(s->swept, 1);
    for (unsigned p = 1; p <= 60; p++)
        assert_int_equal(s->latest[p], 2);
    sim_run(s, 3600);
    assert_in_range(s->swept, 55, 62);
    sim_free(s);
}

/* faults 41: falling and impossible registers are read again, then stored as doubtful */
static void doubtful_registers_are_read_twice(void **state)
{
    struct line_sim *s = sim_new(3, utc(2026, 11, 22, 10, 1));

    (void)state;
    sim_tick(s);
    sim_nothing_to_fill(s);
    sim_run(s, 300);
    assert_int_equal(s->doubts, 0);
    s->meter[2].subtract = 100000;
    s->meter[3].bad_sum = true;
    sim_run(s, 900);
    assert_true(s->doubts >= 4);
    assert_true(s->doubtful_latest > 0);
    assert_int_equal(s->last_ep[2].r[0].value.quality, VALUE_DOUBTFUL);
    assert_int_equal(s->last_ep[1].r[0].value.quality, VALUE_GOOD);
    /* the fall was confirmed: from here on it is the register */
    sim_run(s, 900);
    assert_int_equal(s->last_ep[2].r[0].value.quality, VALUE_GOOD);
    assert_int_equal(s->last_ep[3].r[0].value.quality, VALUE_DOUBTFUL);
    sim_free(s);
}

static void freezes_that_find_no_room_come_again(void **state)
{
    struct line_sim *s = sim_new(2, utc(2026, 11, 22, 10, 20));
    int64_t yesterday = cal_newest(PERIOD_DAY, s->zone, sim_now(s));

    (void)state;
    s->refuse_freezes = true;
    sim_run(s, 600);
    assert_int_equal(s->freezes, 0);
    s->refuse_freezes = false;
    sim_run(s, 1200);
    assert_non_null(sim_find(s, FREEZE_DAY, 1, yesterday));
    assert_freezes_right(s);
    sim_free(s);
}

/* The archive changes while everything is under way. */
static void the_archive_may_change_at_any_time(void **state)
{
    struct line_sim *s = sim_new(40, utc(2026, 11, 22, 10, 20));

    (void)state;
    for (unsigned n = 0; n < 60; n++) {
        sim_run(s, 7);
        sim_archive(s, n % 3 == 0 ? 3 : n % 3 == 1 ? 40 : 20);
        for (unsigned p = 4; p <= 40; p++) {
            struct mstate *m = meters_by_point(&s->meters, p);
            if (!m)
                continue;
            for (unsigned i = 0; i < s->freezes; i++) {
                if (s->freeze[i].f.point == p)
                    cal_set(&m->cal.have, s->freeze[i].f.kind == FREEZE_DAY ? PERIOD_DAY : PERIOD_HOUR,
                            s->freeze[i].f.slot, true);
            }
        }
    }
    assert_freezes_right(s);
    sim_archive(s, 0);
    sim_run(s, 60);
    assert_int_equal(s->sched.count, 0);
    sim_free(s);
}

/* A bus without a driver for the meters ends every job at once: the schedule must not spin. */
static void jobs_that_cannot_run_do_not_spin(void **state)
{
    struct line_sim *s = sim_new(5, utc(2026, 11, 22, 10, 1));
    unsigned groups;

    (void)state;
    plan_now(&groups);
    s->unsupported = true;
    sim_run(s, 3600);
    assert_in_range(s->jobs, 1, 5 * (5 * 2 * groups + 2 * 20));
    assert_int_equal(s->dead[1], 0);
    sim_free(s);
}

static void nothing_is_asked_without_meters(void **state)
{
    struct line_sim *s = sim_new(0, utc(2026, 11, 22, 10, 1));

    (void)state;
    sim_run(s, 7200);
    assert_int_equal(s->jobs, 0);
    assert_int_equal(s->port_dead, 0);
    assert_int_equal(s->swept, 0);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sweep_asks_every_meter_and_rarely_one_twice),
        cmocka_unit_test(refused_groups_are_asked_once_a_day),
        cmocka_unit_test(one_dead_meter_in_twenty_costs_little),
        cmocka_unit_test(one_lost_round_is_no_alarm),
        cmocka_unit_test(a_cut_cable_is_one_alarm),
        cmocka_unit_test(the_only_meter_is_an_alarm_of_its_own),
        cmocka_unit_test(a_broken_device_blames_no_meter),
        cmocka_unit_test(missing_freezes_are_fetched_from_the_meter),
        cmocka_unit_test(meter_clocks_may_be_wrong),
        cmocka_unit_test(a_fast_meter_freezes_while_it_is_read),
        cmocka_unit_test(a_meter_that_was_off_at_midnight_has_a_gap),
        cmocka_unit_test(a_shallow_meter_is_not_asked_for_ever),
        cmocka_unit_test(meters_without_freezes_are_read_in_time),
        cmocka_unit_test(too_late_is_missing_not_wrong),
        cmocka_unit_test(a_dead_meters_day_is_marked_and_filled_later),
        cmocka_unit_test(clock_steps_store_each_slot_once),
        cmocka_unit_test(a_clock_that_runs_ahead_stores_no_future),
        cmocka_unit_test(f33_rules_the_reading),
        cmocka_unit_test(a_short_interval_reads_the_registers_only),
        cmocka_unit_test(doubtful_registers_are_read_twice),
        cmocka_unit_test(freezes_that_find_no_room_come_again),
        cmocka_unit_test(the_archive_may_change_at_any_time),
        cmocka_unit_test(jobs_that_cannot_run_do_not_spin),
        cmocka_unit_test(nothing_is_asked_without_meters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
