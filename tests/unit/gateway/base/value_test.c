#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/base/err.h"
#include "gateway/base/value.h"

static void rescale_is_exact(void **state)
{
    int64_t m = 77;

    (void)state;
    assert_int_equal(value_rescale(value_of(123450, -2), -4, &m), 0);
    assert_int_equal(m, 12345000);
    assert_int_equal(value_rescale(value_of(123450, -2), -1, &m), 0);
    assert_int_equal(m, 12345);
    assert_int_equal(value_rescale(value_of(123450, -2), 0, &m), CN_E_RANGE);
    assert_int_equal(value_rescale(value_of(-5, 3), 0, &m), 0);
    assert_int_equal(m, -5000);
    assert_int_equal(value_rescale(value_of(INT64_MAX, 0), -1, &m), CN_E_RANGE);
    assert_int_equal(value_rescale(value_of(INT64_MIN, 0), -1, &m), CN_E_RANGE);
    assert_int_equal(value_rescale(value_of(0, 9), -9, &m), 0);
    assert_int_equal(m, 0);
}

/* Surplus decimals are cut, not rounded, toward zero on both sides. */
static void cut_goes_toward_zero(void **state)
{
    int64_t m;

    (void)state;
    assert_int_equal(value_cut(value_of(123459, -4), -2, &m), 0);
    assert_int_equal(m, 1234);
    assert_int_equal(value_cut(value_of(-123459, -4), -2, &m), 0);
    assert_int_equal(m, -1234);
    assert_int_equal(value_cut(value_of(9, -9), 0, &m), 0);
    assert_int_equal(m, 0);
    assert_int_equal(value_cut(value_of(INT64_MAX / 10 + 1, 1), 0, &m), CN_E_RANGE);
}

static void comparison(void **state)
{
    (void)state;
    assert_int_equal(value_cmp(value_of(1000, -3), value_of(1, 0)), 0);
    assert_true(value_cmp(value_of(1001, -3), value_of(1, 0)) > 0);
    assert_true(value_cmp(value_of(1, 0), value_of(1001, -3)) < 0);
    assert_true(value_cmp(value_of(-1001, -3), value_of(-1, 0)) < 0);
    assert_true(value_cmp(value_of(-1, 0), value_of(1, -9)) < 0);
    assert_int_equal(value_cmp(value_of(0, 9), value_of(0, -9)), 0);
    /* scaling would overflow */
    assert_true(value_cmp(value_of(INT64_MAX, 9), value_of(INT64_MAX, -9)) > 0);
    assert_true(value_cmp(value_of(INT64_MIN, 9), value_of(INT64_MIN, -9)) < 0);
    assert_true(value_cmp(value_of(INT64_MAX, -9), value_of(INT64_MAX, 9)) < 0);
}

static const struct {
    int64_t m;
    int exp10;
    const char *text;
} printed[] = {
    {123450, -2, "1234.50"}, {-238, -3, "-0.238"}, {5, -4, "0.0005"},  {0, -2, "0.00"},
    {0, 0, "0"},             {42, 0, "42"},        {42, 3, "42000"},   {-1, 9, "-1000000000"},
    {0, 5, "0"},             {1, -9, "0.000000001"}, {INT64_MIN, 0, "-9223372036854775808"},
    {INT64_MAX, -9, "9223372036.854775807"},
};

static void printing(void **state)
{
    char text[40];

    (void)state;
    for (size_t i = 0; i < sizeof printed / sizeof printed[0]; i++)
        assert_string_equal(value_print(value_of(printed[i].m, printed[i].exp10), text, sizeof text),
                            printed[i].text);
    assert_string_equal(value_print(value_none(), text, sizeof text), "-");
    value_print(value_of(123450, -2), text, 5); /* cut, terminated */
    assert_string_equal(text, "1234");
}

static void parsing(void **state)
{
    struct value v;

    (void)state;
    assert_int_equal(value_parse("1234.50", &v), 0);
    assert_int_equal(v.mantissa, 123450);
    assert_int_equal(v.exp10, -2);
    assert_int_equal(v.quality, VALUE_GOOD);
    assert_int_equal(value_parse("-0.238", &v), 0);
    assert_int_equal(v.mantissa, -238);
    assert_int_equal(value_parse("-", &v), 0);
    assert_int_equal(v.quality, VALUE_NONE);
    assert_int_equal(value_parse("9223372036854775807", &v), 0);
    assert_true(v.mantissa == INT64_MAX);

    assert_int_equal(value_parse("", &v), CN_E_FORMAT);
    assert_int_equal(value_parse(".", &v), CN_E_FORMAT);
    assert_int_equal(value_parse("1.2.3", &v), CN_E_FORMAT);
    assert_int_equal(value_parse("1e5", &v), CN_E_FORMAT);
    assert_int_equal(value_parse(" 1", &v), CN_E_FORMAT);
    assert_int_equal(value_parse("--1", &v), CN_E_FORMAT);
    assert_int_equal(value_parse("9223372036854775808", &v), CN_E_RANGE);
    assert_int_equal(value_parse("0.1234567890", &v), CN_E_RANGE);
}

static void what_is_printed_parses_back(void **state)
{
    char text[40];
    struct value v;

    (void)state;
    for (size_t i = 0; i < sizeof printed / sizeof printed[0]; i++) {
        if (printed[i].exp10 > 0 || printed[i].m == INT64_MIN)
            continue; /* the zeros of a positive exponent become digits; INT64_MIN has no positive twin */
        value_print(value_of(printed[i].m, printed[i].exp10), text, sizeof text);
        assert_int_equal(value_parse(text, &v), 0);
        assert_true(v.mantissa == printed[i].m);
        assert_int_equal(v.exp10, printed[i].exp10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rescale_is_exact), cmocka_unit_test(cut_goes_toward_zero),
        cmocka_unit_test(comparison),       cmocka_unit_test(printing),
        cmocka_unit_test(parsing),          cmocka_unit_test(what_is_printed_parses_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
