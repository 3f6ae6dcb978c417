#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "hmi/lcd/event.h"

static const struct civil stored = {2026, 11, 22, 12, 0, 0, 7};

static int decode(const char *hex, struct lcd_event *e)
{
    uint8_t raw[EVENT_MAX];
    int n = hex_parse(hex, raw, sizeof raw);
    assert_true(n >= 0);
    return lcd_event_decode(raw, (size_t)n, &stored, e);
}

/** The record of the reference, part 6, section 8: ERC31, start at 2026-11-21 10:30, point 5. */
static void reading_failure(void **state)
{
    (void)state;
    struct lcd_event e;
    assert_int_equal(decode("1F 15 30 10 21 11 26 05 80 00 10 20 11 26 56 34 12 00 00 EE EE EE EE", &e), 0);
    assert_int_equal(e.erc, 31);
    assert_int_equal(e.point, 5);
    assert_false(e.over);
    assert_int_equal(e.local.year, 2026);
    assert_int_equal(e.local.month, 11);
    assert_int_equal(e.local.day, 21);
    assert_int_equal(e.local.hour, 10);
    assert_int_equal(e.local.minute, 30);
    assert_int_equal(decode("1F 15 30 10 21 11 26 F8 07 00 10 20 11 26 56 34 12 00 00 EE EE EE EE", &e), 0);
    assert_int_equal(e.point, 2040);
    assert_true(e.over);
}

static void point_without_a_start_flag_is_never_over(void **state)
{
    (void)state;
    struct lcd_event e;
    assert_int_equal(decode("08 08 30 10 21 11 26 05 00 04", &e), 0); /* ERC8, reading day */
    assert_int_equal(e.point, 5);
    assert_false(e.over);
}

/** ERC14: the power failure alone carries EE as its end. */
static void power_failure(void **state)
{
    (void)state;
    struct lcd_event e;
    assert_int_equal(decode("0E 0A 30 10 21 11 26 EE EE EE EE EE", &e), 0);
    assert_false(e.over);
    assert_int_equal(decode("0E 0A 30 10 21 11 26 35 10 21 11 26", &e), 0);
    assert_true(e.over);
    assert_int_equal(e.local.minute, 30);
    assert_int_equal(e.point, 0);
}

static void own_time_when_the_record_has_none(void **state)
{
    (void)state;
    struct lcd_event e;
    assert_int_equal(decode("15 06 EE EE EE EE EE 04", &e), 0);
    assert_memory_equal(&e.local, &stored, sizeof stored);
    assert_int_equal(decode("15 06 99 99 99 99 99 04", &e), 0);
    assert_memory_equal(&e.local, &stored, sizeof stored);
}

static void unknown_events_keep_their_number(void **state)
{
    (void)state;
    struct lcd_event e;
    assert_int_equal(decode("28 07 30 10 21 11 26 01 01", &e), 0);
    assert_int_equal(e.erc, 40);
    assert_int_equal(e.point, 0);
}

static void refused(void **state)
{
    (void)state;
    struct lcd_event e;
    assert_int_equal(decode("", &e), CN_E_SHORT);
    assert_int_equal(decode("1F", &e), CN_E_SHORT);
    assert_int_equal(decode("1F 15 30 10 21 11 26 05 80 00 10 20 11 26 56 34 12 00 00 EE EE EE", &e),
                     CN_E_SHORT);
    assert_int_equal(decode("1F 06 30 10 21 11 26 05", &e),
                     CN_E_SHORT); /* Le is right, the content too short */
}

/** Whatever this concentrator writes as ERC31 is read back. */
static void round_trip(void **state)
{
    (void)state;
    for (unsigned point = 1; point <= 2040; point += 7) {
        uint8_t content[64], record[EVENT_MAX];
        struct wbuf c = wbuf_of(content, sizeof content), w = wbuf_of(record, sizeof record);
        struct lcd_event e;
        event_put_erc31(&c, point, point % 2, NULL, value_none(), value_none());
        assert_true(event_build(31, &stored, content, c.len, &w) > 0);
        assert_int_equal(lcd_event_decode(record, w.len, &stored, &e), 0);
        assert_int_equal(e.point, point);
        assert_int_equal(e.over, point % 2 == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_failure),
        cmocka_unit_test(point_without_a_start_flag_is_never_over),
        cmocka_unit_test(power_failure),
        cmocka_unit_test(own_time_when_the_record_has_none),
        cmocka_unit_test(unknown_events_keep_their_number),
        cmocka_unit_test(refused),
        cmocka_unit_test(round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
