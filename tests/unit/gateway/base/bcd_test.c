#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"

static void get_low_byte_first(void **state)
{
    static const uint8_t a14[] = {0x91, 0x78, 0x56, 0x34, 0x12}; /* 123456.7891, reference part 2, A.14 */
    static const uint8_t nine[] = {0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99};
    uint64_t v = 7;

    (void)state;
    assert_int_equal(bcd_get(a14, 5, &v), 0);
    assert_true(v == 1234567891);
    assert_int_equal(bcd_get(nine, 9, &v), 0);
    assert_true(v == 999999999999999999U);
}

static void a_bad_digit_changes_nothing(void **state)
{
    static const uint8_t high[] = {0x12, 0xA4}, low[] = {0x1B, 0x34};
    uint64_t v = 7;

    (void)state;
    assert_int_equal(bcd_get(high, 2, &v), CN_E_FORMAT);
    assert_int_equal(bcd_get(low, 2, &v), CN_E_FORMAT);
    assert_true(v == 7);
    assert_int_equal(bcd_byte(0xA0), CN_E_FORMAT);
    assert_int_equal(bcd_byte(0x0A), CN_E_FORMAT);
    assert_int_equal(bcd_byte(0x99), 99);
}

static void put(void **state)
{
    uint8_t p[3] = {1, 2, 3};

    (void)state;
    assert_int_equal(bcd_put(p, 3, 123456), 0);
    assert_memory_equal(p, "\x56\x34\x12", 3);
    assert_int_equal(bcd_put(p, 3, 1000000), CN_E_RANGE);
    assert_memory_equal(p, "\x56\x34\x12", 3);
    assert_int_equal(bcd_put(p, 3, 0), 0);
    assert_memory_equal(p, "\0\0\0", 3);
    assert_int_equal(bcd_of(59), 0x59);
    assert_int_equal(bcd_of(7), 0x07);
}

static void round_trip(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(bcd_byte(bcd_of(i)), (int)i);
    for (uint64_t v = 1; v < 100000000; v = v * 3 + 1) {
        uint8_t p[4];
        uint64_t back;
        assert_int_equal(bcd_put(p, 4, v), 0);
        assert_int_equal(bcd_get(p, 4, &back), 0);
        assert_true(back == v);
    }
}

/* Reference part 2, 1: all EE, all FF or all EF. */
static void missing(void **state)
{
    (void)state;
    assert_true(bcd_missing((const uint8_t *)"\xEE\xEE", 2));
    assert_true(bcd_missing((const uint8_t *)"\xFF\xFF\xFF", 3));
    assert_true(bcd_missing((const uint8_t *)"\xEF", 1));
    assert_false(bcd_missing((const uint8_t *)"\xEE\xFF", 2));
    assert_false(bcd_missing((const uint8_t *)"\x00\xEE", 2)); /* bad digits, but not the filling */
    assert_false(bcd_missing((const uint8_t *)"\x99\x99", 2));
    assert_false(bcd_missing((const uint8_t *)"", 0));
}

static void addresses(void **state)
{
    static const uint8_t a12[ADDR_LEN] = {0x12, 0x90, 0x78, 0x56, 0x34, 0x12}; /* reference part 2, A.12 */
    uint8_t addr[ADDR_LEN];
    char text[ADDR_TEXT];

    (void)state;
    assert_string_equal(addr_print(a12, text), "123456789012");
    assert_int_equal(addr_parse("123456789012", addr), 0);
    assert_memory_equal(addr, a12, ADDR_LEN);
    assert_int_equal(addr_parse("42", addr), 0);
    assert_string_equal(addr_print(addr, text), "000000000042");
    assert_int_equal(addr_parse("aAaAaAaAaAaA", addr), 0);
    assert_memory_equal(addr, "\xAA\xAA\xAA\xAA\xAA\xAA", ADDR_LEN);
    memset(addr, 7, sizeof addr);
    assert_int_equal(addr_parse("", addr), CN_E_FORMAT);
    assert_int_equal(addr_parse("1234567890123", addr), CN_E_FORMAT);
    assert_int_equal(addr_parse("12 34", addr), CN_E_FORMAT);
    assert_int_equal(addr_parse("12G", addr), CN_E_FORMAT);
    assert_int_equal(addr[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_low_byte_first), cmocka_unit_test(a_bad_digit_changes_nothing),
        cmocka_unit_test(put),                cmocka_unit_test(round_trip),
        cmocka_unit_test(missing),            cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
