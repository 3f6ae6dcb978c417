#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hmi/lcd/collect.h"
#include "tests/unit/hmi/lcd/site.h"

enum { MAIN_STEP = 0, METERS_STEP = 3, FAILED_STEP = 6 };
static const int64_t now = 1795314600; /* 2026-11-22 10:30:00 local */

struct fixture {
    struct site site;
    struct view *view;
    struct lcd_collect *collect;
    int64_t ms;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    site_make(&f->site);
    assert_int_equal(view_open(f->site.state, &f->view), 0);
    f->collect = lcd_collect_new(f->view, &f->site.config);
    assert_non_null(f->collect);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    lcd_collect_free(f->collect);
    view_close(f->view);
    site_remove(&f->site);
    free(f);
    return 0;
}

/** The model a whole period later: everything is read anew. */
static struct lcd_model later(struct fixture *f, uint64_t step)
{
    struct lcd_model m = {0};
    f->ms += COLLECT_PERIOD_MS;
    lcd_collect_fill(f->collect, now, f->ms, step, &m);
    return m;
}

static void without_a_store(void **state)
{
    struct fixture *f = *state;
    struct lcd_model m = later(f, MAIN_STEP);
    assert_false(m.store);
    assert_int_equal(m.region, 0x4403);
    assert_int_equal(m.address, 1);
    /* the master may have set others than the site's configuration says */
    assert_int_equal(m.master_port, 0);
    assert_false(m.channel_known);
    m = later(f, METERS_STEP);
    assert_int_equal(m.row_count, 0);
    site_open(&f->site);
    m = later(f, MAIN_STEP);
    assert_true(m.store);
    assert_false(m.alarm);
    assert_int_equal(m.meters, 0);
    /* nothing set: the configuration counts */
    assert_memory_equal(m.master_ip, "\x0A\x01\x02\x03", 4);
    assert_int_equal(m.master_port, 9001);
    assert_true(m.channel_known);
    assert_int_equal(m.channel, TRANSPORT_TCP);
}

static void parameters_that_the_master_set(void **state)
{
    struct fixture *f = *state;
    site_open(&f->site);
    uint8_t f3[28] = {192, 168, 1, 2, 0x39, 0x30};
    uint8_t f8[8] = {0x80 | 0x11, 60, 0, 3, 5, 0, 0, 0};
    const struct param_write w[] = {{.fn = 3, .data = f3, .length = sizeof f3},
                                    {.fn = 8, .data = f8, .length = sizeof f8}};
    assert_int_equal(store_params_write(f->site.store, w, 2, 1), 0);
    struct lcd_model m = later(f, MAIN_STEP);
    assert_memory_equal(m.master_ip, "\xC0\xA8\x01\x02", 4);
    assert_int_equal(m.master_port, 12345);
    assert_int_equal(m.channel, TRANSPORT_UDP);
}

static void meters_by_point(void **state)
{
    struct fixture *f = *state;
    site_open(&f->site);
    site_meter(&f->site, 1, 12, PROTO_DLT645_2007);
    site_meter(&f->site, 2, 3, PROTO_DLT645_2007);
    site_meter(&f->site, 3, 5, PROTO_NONE); /* not to be read */
    site_meter(&f->site, 4, 7, PROTO_DLT645_2007);
    site_energy(&f->site, 12, now - 90, 123456);
    site_energy(&f->site, 3, now, 1);
    struct lcd_model m = later(f, METERS_STEP);
    assert_int_equal(m.screen.page, LCD_METERS);
    assert_int_equal(m.meters, 3);
    assert_int_equal(m.row_count, 3);
    assert_int_equal(m.rows[0].point, 3);
    assert_int_equal(m.rows[0].age_s, 0);
    assert_int_equal(m.rows[1].point, 7);
    assert_int_equal(m.rows[1].age_s, -1);
    assert_int_equal(m.rows[1].energy.quality, VALUE_NONE);
    assert_int_equal(m.rows[2].point, 12);
    assert_int_equal(m.rows[2].age_s, 90);
    assert_int_equal(m.rows[2].energy.mantissa, 123456);
    assert_int_equal(m.rows[2].energy.exp10, -2);
    /* values in sight are fresh at once, without waiting for the lists */
    site_energy(&f->site, 12, now - 1, 123457);
    m = (struct lcd_model){0};
    lcd_collect_fill(f->collect, now, f->ms + 1, METERS_STEP, &m);
    assert_int_equal(m.rows[2].energy.mantissa, 123457);
}

static void pages_of_many_meters(void **state)
{
    struct fixture *f = *state;
    site_open(&f->site);
    for (unsigned i = 1; i <= 16; i++)
        site_meter(&f->site, i, i, PROTO_DLT645_2007);
    struct lcd_model m = later(f, METERS_STEP + 2);
    assert_int_equal(m.screen.sheet, 3);
    assert_int_equal(m.row_count, 2);
    assert_int_equal(m.rows[0].point, 15);
    assert_int_equal(m.rows[1].point, 16);
    assert_int_equal(m.failed, 16);
}

static void failed_meters(void **state)
{
    struct fixture *f = *state;
    site_open(&f->site);
    for (unsigned point = 1; point <= 6; point++)
        site_meter(&f->site, point, point, PROTO_DLT645_2007);
    site_energy(&f->site, 1, now - 60, 100);                  /* good */
    site_energy(&f->site, 2, now - COLLECT_STALE_S + 1, 100); /* just good */
    site_energy(&f->site, 3, now - COLLECT_STALE_S, 100);     /* too old */
    site_energy(&f->site, 4, now - 60, 100);                  /* failure open */
    site_energy(&f->site, 5, now - 60, 100);                  /* failure over */
    site_event(&f->site, RING_GENERAL, 31, now - 30, 4, true);
    site_event(&f->site, RING_GENERAL, 31, now - 200, 5, true);
    site_event(&f->site, RING_IMPORTANT, 31, now - 100, 5, false); /* F9 changed in between */
    struct lcd_model m = later(f, FAILED_STEP);
    assert_int_equal(m.screen.page, LCD_FAILED);
    assert_int_equal(m.failed, 3);
    assert_int_equal(m.row_count, 3);
    assert_int_equal(m.rows[0].point, 3);
    assert_true(m.rows[0].age_s >= 0);
    assert_int_equal(m.rows[0].since.day, 21);
    assert_int_equal(m.rows[0].since.hour, 10);
    assert_int_equal(m.rows[0].since.minute, 30);
    assert_int_equal(m.rows[1].point, 4);
    assert_int_equal(m.rows[1].since.minute, 29);
    assert_int_equal(m.rows[2].point, 6);
    assert_int_equal(m.rows[2].age_s, -1); /* never read */
    assert_true(m.alarm);
    /* it answers again */
    site_event(&f->site, RING_GENERAL, 31, now - 1, 4, false);
    m = later(f, FAILED_STEP);
    assert_int_equal(m.failed, 2);
}

static void last_ten_events_of_both_rings(void **state)
{
    struct fixture *f = *state;
    site_open(&f->site);
    struct lcd_model m = later(f, MAIN_STEP);
    assert_int_equal(m.event_count, 0);
    for (unsigned i = 0; i < 300; i++) /* the ring turns over */
        site_event(&f->site, RING_GENERAL, 21, now - 10000 + i, 0, true);
    site_event(&f->site, RING_IMPORTANT, 31, now - 10000 + 295, 9, true);
    m = later(f, MAIN_STEP);
    assert_int_equal(m.event_count, LCD_EVENTS);
    assert_int_equal(m.events[0].erc, 21);
    struct civil newest = zone_to_local(f->site.config.terminal.zone, now - 10000 + 299);
    assert_int_equal(m.events[0].local.minute, newest.minute);
    assert_int_equal(m.events[4].erc, 31);
    assert_int_equal(m.events[4].point, 9);
    assert_int_equal(m.events[9].erc, 21);
    assert_true(m.alarm); /* an important one is unread */
    assert_int_equal(store_events_seen(f->site.store, RING_IMPORTANT, 1, true), 0);
    m = later(f, MAIN_STEP);
    assert_false(m.alarm);
}

static void lists_wait_for_their_time(void **state)
{
    struct fixture *f = *state;
    site_open(&f->site);
    later(f, MAIN_STEP);
    site_event(&f->site, RING_GENERAL, 21, now, 0, true);
    struct lcd_model m = {0};
    lcd_collect_fill(f->collect, now, f->ms + COLLECT_PERIOD_MS - 1, MAIN_STEP, &m);
    assert_int_equal(m.event_count, 0);
    lcd_collect_changed(f->collect); /* told: soon, but not at once after the last reading */
    lcd_collect_fill(f->collect, now, f->ms + COLLECT_PAUSE_MS - 1, MAIN_STEP, &m);
    assert_int_equal(m.event_count, 0);
    lcd_collect_fill(f->collect, now, f->ms + COLLECT_PAUSE_MS, MAIN_STEP, &m);
    assert_int_equal(m.event_count, 1);
}

/** The store is replaced under the reader (a damaged one set aside): it shows the new one. */
static void another_store(void **state)
{
    struct fixture *f = *state;
    site_open(&f->site);
    site_meter(&f->site, 1, 1, PROTO_DLT645_2007);
    site_event(&f->site, RING_GENERAL, 21, now, 0, true);
    assert_int_equal(later(f, MAIN_STEP).event_count, 1);
    site_close(&f->site);
    site_empty(f->site.state);
    assert_false(later(f, MAIN_STEP).store);
    site_open(&f->site);
    site_event(&f->site, RING_GENERAL, 31, now, 5, true);
    struct lcd_model m = later(f, MAIN_STEP);
    assert_int_equal(m.meters, 0);
    assert_int_equal(m.event_count, 1);
    assert_int_equal(m.events[0].erc, 31);
}

static void clock_offset(void **state)
{
    struct fixture *f = *state;
    int64_t offset = 0;
    assert_true(lcd_collect_clock(f->view, &offset) < 0);
    site_open(&f->site);
    uint8_t raw[8];
    struct wbuf w = wbuf_of(raw, sizeof raw);
    wbuf_i64(&w, -1234567);
    assert_int_equal(store_fact_put(f->site.store, "clock_offset_ms", raw, sizeof raw), 0);
    assert_int_equal(lcd_collect_clock(f->view, &offset), 0);
    assert_int_equal(offset, -1234567);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(without_a_store),
        TEST(parameters_that_the_master_set),
        TEST(meters_by_point),
        TEST(pages_of_many_meters),
        TEST(failed_meters),
        TEST(last_ten_events_of_both_rings),
        TEST(lists_wait_for_their_time),
        TEST(another_store),
        TEST(clock_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
