#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/civil.h"
#include "gateway/base/err.h"

static struct civil date(int y, int mo, int d, int h, int mi, int s)
{
    return (struct civil){.year = (int16_t)y,
                          .month = (uint8_t)mo,
                          .day = (uint8_t)d,
                          .hour = (uint8_t)h,
                          .minute = (uint8_t)mi,
                          .second = (uint8_t)s};
}

static void known_instants(void **state)
{
    struct civil c = date(2026, 11, 22, 10, 30, 15);

    (void)state;
    assert_int_equal(civil_to_s(&c), 1795343415);
    c = civil_from_s(1795343415);
    assert_int_equal(c.year, 2026);
    assert_int_equal(c.month, 11);
    assert_int_equal(c.day, 22);
    assert_int_equal(c.hour, 10);
    assert_int_equal(c.minute, 30);
    assert_int_equal(c.second, 15);
    assert_int_equal(c.weekday, 7); /* a Sunday */
    c = civil_from_s(0);
    assert_int_equal(c.weekday, 4);
    c = civil_from_s(4102444800); /* behind 2038 */
    assert_int_equal(c.year, 2100);
    c = civil_from_s(-1);
    assert_int_equal(c.year, 1969);
    assert_int_equal(c.second, 59);
}

/* Every day of the box's life against the C library. */
static void agrees_with_libc(void **state)
{
    (void)state;
    for (int64_t s = 0; s < (int64_t)230 * 366 * 86400; s += 86400 * 5 + 3607) {
        time_t t = (time_t)s;
        struct tm tm;
        gmtime_r(&t, &tm);
        struct civil c = civil_from_s(s);
        assert_int_equal(c.year, tm.tm_year + 1900);
        assert_int_equal(c.month, tm.tm_mon + 1);
        assert_int_equal(c.day, tm.tm_mday);
        assert_int_equal(c.hour, tm.tm_hour);
        assert_int_equal(c.weekday % 7, tm.tm_wday);
        assert_int_equal(civil_to_s(&c), s);
    }
}

static void validity(void **state)
{
    struct civil c = date(2028, 2, 29, 23, 59, 59);

    (void)state;
    assert_true(civil_valid(&c));
    c.year = 2026;
    assert_false(civil_valid(&c));
    c = date(2100, 2, 29, 0, 0, 0);
    assert_false(civil_valid(&c));
    c = date(2000, 2, 29, 0, 0, 0);
    assert_true(civil_valid(&c));
    c = date(2026, 13, 1, 0, 0, 0);
    assert_false(civil_valid(&c));
    c = date(2026, 4, 31, 0, 0, 0);
    assert_false(civil_valid(&c));
    c = date(2026, 4, 0, 0, 0, 0);
    assert_false(civil_valid(&c));
    c = date(2026, 4, 1, 24, 0, 0);
    assert_false(civil_valid(&c));
    c = date(2026, 4, 1, 0, 60, 0);
    assert_false(civil_valid(&c));
    c = date(1969, 4, 1, 0, 0, 0);
    assert_false(civil_valid(&c));
    c = date(2026, 4, 1, 0, 0, 0);
    c.weekday = 8;
    assert_false(civil_valid(&c));
    assert_int_equal(civil_days_in_month(2028, 2), 29);
    assert_int_equal(civil_days_in_month(2026, 0), 0);
    assert_int_equal(civil_days_in_month(2026, 12), 31);
}

static void zones(void **state)
{
    struct zone z = {8 * 3600};
    struct civil local = date(2026, 1, 1, 7, 59, 59);

    (void)state;
    assert_int_equal(zone_to_utc(z, &local), 1767225600 - 1);
    local = zone_to_local(z, 1767225600 - 1);
    assert_int_equal(local.year, 2026);
    assert_int_equal(local.hour, 7);
}

static void slots(void **state)
{
    struct zone z = {8 * 3600};
    struct civil midnight = date(2026, 11, 22, 0, 0, 0);
    int64_t t = zone_to_utc(z, &midnight);

    (void)state;
    /* the last second of a day belongs to it, the first of the next does not */
    assert_int_equal(slot_day(z, t) - slot_day(z, t - 1), 1);
    assert_int_equal(slot_day_end(z, slot_day(z, t - 1)), t);
    assert_int_equal(slot_hour_end(z, slot_hour(z, t)), t + 3600);
    assert_int_equal(slot_hour(z, t + 3599), slot_hour(z, t));
    assert_int_equal(slot_hour(z, t + 3600), slot_hour(z, t) + 1);

    assert_int_equal(slot_month(z, t), (2026 - 1970) * 12 + 10);
    struct civil next = date(2026, 12, 1, 0, 0, 0);
    assert_int_equal(slot_month_end(z, slot_month(z, t)), zone_to_utc(z, &next));
    struct civil december = date(2026, 12, 31, 23, 59, 59), january = date(2027, 1, 1, 0, 0, 0);
    assert_int_equal(slot_month_end(z, slot_month(z, zone_to_utc(z, &december))), zone_to_utc(z, &january));

    /* before 1970 and west of Greenwich */
    struct zone west = {-5 * 3600};
    assert_int_equal(slot_day(west, 0), -1);
    assert_int_equal(slot_day_end(west, -1), 5 * 3600);
    assert_int_equal(slot_month(west, 0), -1);
    assert_int_equal(slot_month_end(west, -1), 5 * 3600);
    assert_int_equal(slot_hour(west, 0), -5);
}

static void printing(void **state)
{
    struct civil c = date(2026, 1, 2, 3, 4, 5);
    char text[20];

    (void)state;
    assert_string_equal(civil_print(&c, text, sizeof text), "2026-01-02 03:04:05");
}

static void zone_names(void **state)
{
    struct zone z = {1};

    (void)state;
    assert_int_equal(zone_by_name("Asia/Shanghai", &z), 0);
    assert_int_equal(z.offset_s, 28800);
    assert_int_equal(zone_by_name("UTC", &z), 0);
    assert_int_equal(z.offset_s, 0);
    assert_int_equal(zone_by_name("+08:00", &z), 0);
    assert_int_equal(z.offset_s, 28800);
    assert_int_equal(zone_by_name("-03:30", &z), 0);
    assert_int_equal(z.offset_s, -12600);
    assert_int_equal(zone_by_name("+14:00", &z), 0);

    z.offset_s = 1;
    static const char *const bad[] = {"",        "Asia/Atlantis", "+8",          "+08:60", "+15:00",
                                      "+08:00x", "../etc/passwd", "/etc/passwd", "+-8:00", "+08:-1",
                                      "Asia",    "zone.tab"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(zone_by_name(bad[i], &z), CN_E_NOTFOUND);
    assert_int_equal(z.offset_s, 1);
}

/* Zones of the database: the process's own zone stays as it was. */
static void database_zones(void **state)
{
    struct zone z = {1};

    (void)state;
    if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0 ||
        access("/usr/share/zoneinfo/Asia/Tokyo", R_OK) != 0)
        skip();
    setenv("TZ", "Asia/Kolkata", 1);
    tzset();
    assert_int_equal(zone_by_name("Asia/Tokyo", &z), 0);
    assert_int_equal(z.offset_s, 9 * 3600);
    assert_int_equal(zone_by_name("Europe/Berlin", &z), CN_E_UNSUPPORTED);
    assert_int_equal(z.offset_s, 9 * 3600);
    assert_string_equal(getenv("TZ"), "Asia/Kolkata");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instants), cmocka_unit_test(agrees_with_libc), cmocka_unit_test(validity),
        cmocka_unit_test(zones),          cmocka_unit_test(slots),            cmocka_unit_test(printing),
        cmocka_unit_test(zone_names),     cmocka_unit_test(database_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
