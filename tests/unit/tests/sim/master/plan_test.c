#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "tests/sim/master/plan.h"

static struct ms_plan *plan;

static int setup(void **state)
{
    (void)state;
    plan = calloc(1, sizeof *plan);
    return plan ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(plan);
    return 0;
}

static void test_numbers(void **state)
{
    struct ms_numbers n = {0};

    (void)state;
    assert_int_equal(ms_numbers_parse("p1..p3,p7,9", 'p', &n), 5);
    assert_int_equal(n.n[2], 3);
    assert_int_equal(n.n[4], 9);
    static const char *const wrong[] = {"",    "p",        "p1..", "p3..p1", "p1;2",
                                        "p1,", "1..99999", "x1",   "1..3..5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct ms_numbers w = {0};
        assert_true(ms_numbers_parse(wrong[i], 'p', &w) < 0);
    }
    struct ms_numbers full = {0};
    assert_int_equal(ms_numbers_parse("1..2049", 0, &full), CN_E_FULL);
}

static void test_time(void **state)
{
    char *two[] = {(char[]){"2026-11-22"}, (char[]){"10:30:15"}};
    struct civil c;

    (void)state;
    assert_int_equal(ms_time_parse(two, 2, &c), 2);
    assert_int_equal(c.second, 15);
    assert_int_equal(ms_time_parse(two, 1, &c), 1);
    assert_int_equal(c.hour, 0);
    char *month[] = {(char[]){"2026-11"}};
    assert_int_equal(ms_time_parse(month, 1, &c), 1);
    assert_int_equal(c.day, 1);
    char *bad[] = {(char[]){"2026-11-31"}};
    assert_int_equal(ms_time_parse(bad, 1, &c), CN_E_FORMAT);
    char *tail[] = {(char[]){"2026-11-21x"}};
    assert_int_equal(ms_time_parse(tail, 1, &c), CN_E_FORMAT);
}

/* Points of one group of eight share a DADT in class 1; class 2 has one DADT and Td each. */
static void test_read(void **state)
{
    struct ms_numbers fns = {0}, pns = {0};
    struct ms_mark none = {.kind = GDW_MARK_NONE};
    struct ms_mark day = {.kind = GDW_MARK_DAY, .time = {.year = 2018, .month = 8, .day = 27}};
    static const uint8_t class1[] = {0x80, 1, 1, 3, 0x03, 2, 1, 3};
    static const uint8_t class2[] = {0x80, 1, 1, 0, 0x27, 0x08, 0x18, 0x01, 2, 1, 0, 0x27, 0x08, 0x18};

    (void)state;
    ms_numbers_parse("p8..p10", 'p', &pns);
    ms_numbers_parse("F25", 'F', &fns);
    ms_plan_init(plan, 1024);
    assert_int_equal(ms_compose_read(plan, GDW_AFN_CLASS1, &fns, &pns, &none), 0);
    assert_int_equal(plan->count, 1);
    assert_int_equal(plan->step[0].len, sizeof class1);
    assert_memory_equal(plan->bytes, class1, sizeof class1);
    assert_int_equal(ms_compose_read(plan, GDW_AFN_CLASS1, &fns, &pns, &day), CN_E_FORMAT);
    fns.n[0] = 1;
    pns.count = 2;
    ms_plan_init(plan, 1024);
    assert_int_equal(ms_compose_read(plan, GDW_AFN_CLASS2, &fns, &pns, &day), 0);
    assert_int_equal(plan->step[0].len, sizeof class2);
    assert_memory_equal(plan->bytes, class2, sizeof class2);
}

/* Frames stay within the limit; 192 meters at L1 1024 are six of them, in the order of FIR and FIN. */
static void test_limits(void **state)
{
    static uint8_t entries[192 * F10_ENTRY];

    (void)state;
    ms_plan_init(plan, 1024);
    assert_int_equal(ms_compose_archive(plan, entries, 192), 0);
    assert_int_equal(plan->count, 6);
    for (unsigned i = 0; i < plan->count; i++) {
        assert_true(plan->step[i].len + 8 + 16 + 6 <= 1024);
        assert_int_equal(plan->step[i].fir, i == 0);
        assert_int_equal(plan->step[i].fin, i == 5);
    }
    assert_int_equal(plan->bytes[4], 36);
    assert_int_equal(ms_plan_unit(plan, 4, gdw_dadt_of(0, 1), entries, 1024), CN_E_NOSPACE);
    struct ms_numbers fns = {.count = 1, .n = {1}}, pns = {0};
    struct ms_mark day = {.kind = GDW_MARK_DAY, .time = {.year = 2018, .month = 8, .day = 27}};
    ms_numbers_parse("p1..p192", 'p', &pns);
    ms_plan_init(plan, 1024);
    assert_int_equal(ms_compose_read(plan, GDW_AFN_CLASS2, &fns, &pns, &day), 0);
    assert_int_equal(plan->count, 2);
    assert_int_equal(plan->step[0].len + plan->step[1].len, 192 * 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
