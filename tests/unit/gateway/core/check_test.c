#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/core/check.h"
#include "gateway/model/quantity.h"

static struct reading_set registers(unsigned quantity, int64_t at, int64_t total, int64_t t1, int64_t t2)
{
    struct reading_set s = {.at = at};

    reading_put(&s, quantity, 0, value_of(total, -2));
    reading_put(&s, quantity, 1, value_of(t1, -2));
    reading_put(&s, quantity, 2, value_of(t2, -2));
    return s;
}

static struct mstate meter(void)
{
    struct mstate m = {.m.int_digits = 6};

    for (int i = 0; i < METER_LAST; i++)
        m.last[i] = value_none();
    return m;
}

static void registers_may_not_fall(void **state)
{
    struct mstate m = meter();
    struct reading_set s = registers(Q_EP_IMP, 1000, 5000, 2000, 3000);

    (void)state;
    assert_int_equal(check_now(&m, &s), 0);
    check_learn(&m, &s);
    assert_int_equal(check_now(&m, &s), 0);
    s = registers(Q_EP_IMP, 1900, 4999, 1999, 3000);
    assert_int_equal(check_now(&m, &s), CHECK_FALL);
    /* other digits, same number */
    struct reading_set fine = {.at = 1900};
    reading_put(&fine, Q_EP_IMP, 0, value_of(500000, -4));
    assert_int_equal(check_now(&m, &fine), 0);
    /* another quantity has its own memory, and a net register may fall */
    s = registers(Q_EP_EXP, 1900, 1, 1, 0);
    assert_int_equal(check_now(&m, &s), 0);
    s = registers(Q_EP_NET, 1900, 1, 1, 0);
    check_learn(&m, &s);
    assert_int_equal(m.last[1].quality, VALUE_NONE);
}

static void a_full_register_starts_again_at_zero(void **state)
{
    struct mstate m = meter();
    struct reading_set s = registers(Q_EP_IMP, 0, 99999990, 99999990, 0);

    (void)state;
    check_learn(&m, &s);
    s = registers(Q_EP_IMP, 900, 12, 12, 0);
    assert_int_equal(check_now(&m, &s), 0);
    m.m.int_digits = 7; /* counts further: then it fell */
    assert_int_equal(check_now(&m, &s), CHECK_FALL);
}

static void registers_may_not_jump(void **state)
{
    struct mstate m = meter();
    struct reading_set s = registers(Q_EP_IMP, 1000, 5000, 2000, 3000);

    (void)state;
    check_learn(&m, &s);
    s = registers(Q_EP_IMP, 1900, 100005000, 100002000, 3000); /* a million kWh in a quarter of an hour */
    assert_int_equal(check_now(&m, &s), CHECK_JUMP);
    s = registers(Q_EP_IMP, 1900, 105000, 102000,
                  3000); /* a thousand: a meter that was off the bus for long */
    assert_int_equal(check_now(&m, &s), 0);
    s = registers(Q_EP_IMP, 1000 + 86400 * 60, 100005000, 100002000, 3000); /* in two months */
    assert_int_equal(check_now(&m, &s), 0);
}

static void tariffs_add_up_within_a_digit_each(void **state)
{
    struct mstate m = meter();
    struct reading_set s = registers(Q_EQ_Q1, 1000, 5002, 2000, 3000);

    (void)state;
    assert_int_equal(check_now(&m, &s), 0);
    s = registers(Q_EQ_Q1, 1000, 4997, 2000, 3000); /* more than the total: impossible */
    assert_int_equal(check_now(&m, &s), CHECK_SUM);
    assert_int_equal(check_freeze(&m, &s), CHECK_SUM);
    s = registers(Q_EQ_Q1, 1000, 9000, 2000, 3000); /* less: further tariffs that nobody reads */
    assert_int_equal(check_now(&m, &s), 0);
    s = registers(Q_EQ_Q1, 1000, 5000, 2000, 3000);
    check_learn(&m, &s);
    assert_true(m.flags & METER_SUM_KEPT);
    s = registers(Q_EQ_Q1, 1000, 9000, 2000, 3000); /* but this meter's sums have matched before */
    assert_int_equal(check_now(&m, &s), CHECK_SUM);
}

static void marks_are_for_registers_that_exist(void **state)
{
    struct reading_set s = {0};

    (void)state;
    reading_put(&s, Q_CLOCK, 0, value_of(20261122000000, 0));
    reading_put(&s, Q_EP_IMP, 0, value_of(1, -2));
    reading_put(&s, Q_EP_IMP, 1, value_none());
    check_mark(&s);
    assert_int_equal(s.r[0].value.quality, VALUE_GOOD);
    assert_int_equal(s.r[1].value.quality, VALUE_DOUBTFUL);
    assert_int_equal(s.r[2].value.quality, VALUE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_may_not_fall),
        cmocka_unit_test(a_full_register_starts_again_at_zero),
        cmocka_unit_test(registers_may_not_jump),
        cmocka_unit_test(tariffs_add_up_within_a_digit_each),
        cmocka_unit_test(marks_are_for_registers_that_exist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
