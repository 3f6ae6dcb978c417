#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "gateway/model/quantity.h"

static void rows_are_unique_and_sorted(void **state)
{
    size_t count;
    const struct quantity_info *q = quantity_all(&count);

    (void)state;
    assert_true(count > 30);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || q[i].number > q[i - 1].number); /* quantity_find searches by halves */
        assert_int_not_equal(q[i].number, Q_NONE);
        assert_ptr_equal(quantity_find(q[i].number), &q[i]);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(q[i].name, q[k].name);
            assert_string_not_equal(q[i].obis, q[k].obis);
        }
        assert_true(q[i].exp10 >= -9 && q[i].exp10 <= 0);
        /* a register has a unit of work and a tariff per row; "e" stands where the tariff goes */
        assert_int_equal(strstr(q[i].obis, ".e") != NULL, (q[i].flags & Q_TARIFFS) != 0);
        for (const char *c = q[i].name; *c; c++)
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '.');
    }
    assert_null(quantity_find(0));
    assert_null(quantity_find(19));
    assert_null(quantity_find(65535));
}

/* Numbers are stored: those given out never change. */
static void numbers_are_stable(void **state)
{
    (void)state;
    assert_int_equal(Q_EP_NET, 1);
    assert_int_equal(Q_EP_IMP, 2);
    assert_int_equal(Q_EP_EXP, 3);
    assert_int_equal(Q_EQ_Q4, 9);
    assert_int_equal(Q_MD_IMP_TIME, 21);
    assert_int_equal(Q_U_A, 40);
    assert_int_equal(Q_FREQUENCY, 63);
    assert_int_equal(Q_CLOCK, 80);
    assert_int_equal(Q_STATUS_WORDS, 81);
}

static void by_name_and_obis(void **state)
{
    (void)state;
    assert_int_equal(quantity_by_name("energy.active.import")->number, Q_EP_IMP);
    assert_int_equal(quantity_by_name("1-0:1.8.0")->number, Q_EP_IMP);
    assert_int_equal(quantity_by_name("1-0:1.8.12")->number, Q_EP_IMP);
    assert_int_equal(quantity_by_name("1-0:1.8.e")->number, Q_EP_IMP);
    assert_int_equal(quantity_by_name("1-0:16.8.1")->number, Q_EP_NET);
    assert_int_equal(quantity_by_name("1-0:32.7.0")->number, Q_U_A);
    assert_int_equal(quantity_by_name("1-0:1.6.2")->number, Q_MD_IMP);
    assert_int_equal(quantity_by_name("1-0:1.6.2*time")->number, Q_MD_IMP_TIME);
    assert_null(quantity_by_name(""));
    assert_null(quantity_by_name("energy.active"));
    assert_null(quantity_by_name("energy.active.import.x"));
    assert_null(quantity_by_name("1-0:1.8"));
    assert_null(quantity_by_name("1-0:1.8."));
    assert_null(quantity_by_name("1-0:1.8.x"));
    assert_null(quantity_by_name("1-0:1.8.1x"));
    assert_null(quantity_by_name("1-0:32.7.1"));
}

static void obis_text(void **state)
{
    char text[24];
    size_t count;
    const struct quantity_info *q = quantity_all(&count);

    (void)state;
    assert_string_equal(quantity_obis(quantity_find(Q_EP_IMP), 2, text, sizeof text), "1-0:1.8.2");
    assert_string_equal(quantity_obis(quantity_find(Q_MD_EXP_TIME), 12, text, sizeof text),
                        "1-0:2.6.12*time");
    assert_string_equal(quantity_obis(quantity_find(Q_U_A), 0, text, sizeof text), "1-0:32.7.0");
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(quantity_by_name(quantity_obis(&q[i], 0, text, sizeof text)), &q[i]);
    quantity_obis(quantity_find(Q_EP_IMP), 2, text, 5);
    assert_string_equal(text, "1-0:");
}

static void units(void **state)
{
    size_t count;
    const struct quantity_info *q = quantity_all(&count);

    (void)state;
    assert_string_equal(unit_name(UNIT_KWH), "kWh");
    assert_string_equal(unit_name(UNIT_KVARH), "kvarh");
    assert_string_equal(unit_name(UNIT_HZ), "Hz");
    assert_string_equal(unit_name(UNIT_NONE), "");
    assert_string_equal(unit_name((enum unit)99), "");
    for (size_t i = 0; i < count; i++)
        assert_non_null(unit_name(q[i].unit));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_unique_and_sorted), cmocka_unit_test(numbers_are_stable),
        cmocka_unit_test(by_name_and_obis),           cmocka_unit_test(obis_text),
        cmocka_unit_test(units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
