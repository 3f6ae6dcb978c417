#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "southbound/dlt645/dlt645_format.h"

/* bytes as the DL/T 645 reference part 1, section 5 and part 2 give them, low byte first */
static const struct {
    const char *format, *hex;
    const char *value; /* "-" = none */
    const char *text;
    bool put; /* the value encodes to the same bytes */
} rows[] = {
    {"XXXXXX.XX", "78563412", "123456.78", "123456.78", true},
    {"XXXXXX.XX", "26020000", "2.26", "000002.26", true},
    {"XXXXXX.XX", "FFFFFFFF", "-", "-", true},
    {"XXXXXX.XX", "EEEEEEEE", "-", "-", false},
    {"XXXXXX.XX", "7856341A", "-", "-", false},
    {"XXXXXX.XX", "78563492", "923456.78", "923456.78", true}, /* no sign in this item: 9 is a digit */
    {"SXXXXXX.XX", "78563492", "-123456.78", "-123456.78", true},
    {"SXX.XXXX", "452381", "-1.2345", "-01.2345", true},
    {"SXXX.XXX", "380280", "-0.238", "-000.238", true},
    {"SXXX.XXX", "000080", "0.000", "000.000", false}, /* a negative zero is zero */
    {"SXX.XXXX", "FFFFFF", "-", "-", true},
    {"SX.XXX", "0010", "1.000", "1.000", true},
    {"XXX.X", "5622", "225.6", "225.6", true},
    {"XXX.X", "0090", "900.0", "900.0", true},
    {"XX.XX", "0050", "50.00", "50.00", true},
    {"XXXXXX", "270000", "27", "000027", true},
    {"YYMMDDhhmmss", "515322110116", "20160111225351", "2016-01-11 22:53:51", true},
    {"YYMMDDhhmm", "3014160524", "20240516143000", "2024-05-16 14:30", true},
    {"YYMMDDhhmm", "0000000000", "-", "-", false}, /* a demand that was reset has no time */
    {"YYMMDDhhmm", "FFFFFFFFFF", "-", "-", true},
    {"YYMMDDhhmm", "0000300225", "-", "2025-02-30 00:00", false},
    {"YYMMDDWW", "01110116", "20160111000000", "2016-01-11 weekday 01", true},
    {"YYMMDDWW", "06291218", "20181229000000", "2018-12-29 weekday 06", true},
    {"YYMMDDWW", "00221126", "20261122000000", "2026-11-22 weekday 00", true}, /* a Sunday */
    {"hhmmss", "555321", "215355", "21:53:55", true},
    {"hhmmss", "55531A", "-", "1A:53:55", false},
    {"MMDDhhmm", "30141605", "5161430", "05-16 14:30", true},
    {"DDhh", "0001", "100", "01 00", true},
    {"hhmmNN", "023014", "143002", "14:30 no. 02", true},
    {"YYMMDDNN", "01010526", "26050101", "2026-05-01 no. 01", true},
    {"bits8", "FF", "255", "FF", true},
    {"bits16", "1100", "17", "0011", true},
    {"bits16", "FFFF", "-", "FFFF", true},
    {"ascii6", "562E30303232", "-", "2200.V", false},
    {"ascii6", "000041302E35", "-", "5.0A\\0\\0", false},
    {"digits6", "945321908855", "-", "558890215394", false},
    {"raw4", "01000000", "-", "01000000", false},
};

static void test_rows(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dlt645_format f;
        uint8_t bytes[32], back[32];
        char text[80];
        assert_int_equal(dlt645_format_parse(rows[i].format, &f), 0);
        assert_int_equal(hex_parse(rows[i].hex, bytes, sizeof bytes), f.len);
        struct value v = dlt645_value_get(&f, bytes);
        assert_string_equal(value_print(v, text, sizeof text), rows[i].value);
        assert_string_equal(dlt645_value_text(&f, bytes, text, sizeof text), rows[i].text);
        int rc = dlt645_value_put(&f, v, back);
        assert_int_equal(rc == 0 && memcmp(back, bytes, f.len) == 0, rows[i].put);
        for (size_t cap = 1; cap < 8; cap++)
            assert_true(strlen(dlt645_value_text(&f, bytes, text, cap)) < cap);
    }
}

static void test_put_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *format, *value;
    } bad[] = {
        {"XXXXXX.XX", "1000000.00"},
        {"XXXXXX.XX", "-1.00"},
        {"XXXXXX.XX", "1.234"},
        {"SXX.XXXX", "80.0000"},
        {"SXX.XXXX", "-80.0000"},
        {"YYMMDDhhmmss", "20260230000000"},
        {"YYMMDDhhmmss", "19991231235959"},
        {"YYMMDDhhmmss", "-1"},
        {"hhmmss", "1000000"},
        {"bits8", "256"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dlt645_format f;
        struct value v;
        uint8_t out[16] = {0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A};
        assert_int_equal(dlt645_format_parse(bad[i].format, &f), 0);
        assert_int_equal(value_parse(bad[i].value, &v), 0);
        assert_int_equal(dlt645_value_put(&f, v, out), CN_E_RANGE);
        assert_int_equal(out[0], 0x5A);
    }
    struct dlt645_format f;
    uint8_t out[16];
    assert_int_equal(dlt645_format_parse("ascii6", &f), 0);
    assert_int_equal(dlt645_value_put(&f, value_of(1, 0), out), CN_E_UNSUPPORTED);
}

static void test_bad_formats(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "X",
                                      "XXX",
                                      ".XX",
                                      "XX.X.X",
                                      "S",
                                      "XXXXXXXXXXXXXXXXXXXX",
                                      "YY M",
                                      "YYM",
                                      "QQ",
                                      "bits",
                                      "bits0",
                                      "bits7",
                                      "bits64",
                                      "ascii0",
                                      "raw256",
                                      "raw",
                                      "raw-1",
                                      "digits",
                                      "YM",
                                      "YYMMDDhhmmssWWNNYY",
                                      "bits8x",
                                      "ascii0000000000000001"};
    struct dlt645_format f = {.len = 77};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(dlt645_format_parse(bad[i], &f), CN_E_FORMAT);
    assert_int_equal(f.len, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_put_refuses),
        cmocka_unit_test(test_bad_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
