#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "gateway/model/layout.h"

/* The examples of the reference, part 2, section 2; they come from another codec than ours. */
static const struct {
    unsigned format;
    const char *hex;
    const char *text;
} examples[] = {
    {1, "373911106310", "2010-03-10 11:39:37 Wed"},
    {1, "15301022F126", "2026-11-22 10:30:15 Sun"},
    {2, "2381", "123"},
    {2, "2391", "-123"},
    {2, "2361", "1230"},
    {2, "23A1", "12.3"},
    {2, "23C1", "1.23"},
    {2, "23E1", "0.123"},
    {2, "9909", "9990000"},
    {3, "67452301", "1234567"},
    {3, "00050050", "-500000"}, /* -500 MWh */
    {4, "A5", "-25"},
    {4, "79", "79"},
    {5, "99F9", "-799.9"},
    {5, "8509", "98.5"},
    {6, "3492", "-12.34"},
    {7, "0522", "220.5"},
    {8, "3412", "1234"},
    {9, "563492", "-12.3456"},
    {10, "563412", "123456"},
    {11, "78563412", "123456.78"},
    {12, "129078563412", "123456789012"},
    {13, "78563412", "1234.5678"},
    {14, "9178563412", "123456.7891"},
    {15, "1816280818", "2018-08-28 16:18"},
    {16, "39191628", "day 28 16:19:39"},
    {17, "18162808", "08-28 16:18"},
    {18, "181628", "day 28 16:18"},
    {19, "1816", "16:18"},
    {20, "270818", "2018-08-27"},
    {21, "0718", "2018-07"},
    {22, "15", "1.5"},
    {23, "563412", "12.3456"},
    {24, "1628", "day 28 16 h"},
    {25, "563492", "-123.456"},
    {26, "3412", "1.234"},
    {27, "78563412", "12345678"},
};
enum { EXAMPLES = sizeof examples / sizeof examples[0] };

static void sizes(void **state)
{
    static const int want[] = {0, 6, 2, 4, 1, 2, 2, 2, 2, 3, 3, 4, 6, 4,
                               5, 5, 4, 4, 3, 2, 3, 2, 1, 3, 2, 3, 2, 4};

    (void)state;
    for (unsigned n = 0; n < 28; n++)
        assert_int_equal(fmt_size(n), want[n]);
    assert_int_equal(fmt_size(28), 0);
    assert_int_equal(fmt_size(1000), 0);
}

/* clause: reference part 2, 2: A.1 to A.27 */
static void examples_decode_and_encode(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        uint8_t raw[8], back[8];
        char text[40];
        struct lay_val v;
        unsigned n = examples[i].format;
        const struct lay field = LF_A((uint8_t)n, "x", NULL);

        assert_int_equal(hex_parse(examples[i].hex, raw, sizeof raw), fmt_size(n));
        assert_int_equal(fmt_decode(n, raw, &v), 0);
        assert_string_equal(lay_print(&field, &v, text, sizeof text), examples[i].text);
        assert_int_equal(fmt_encode(n, &v, back), 0);
        assert_memory_equal(back, raw, (size_t)fmt_size(n));
    }
}

static void every_format_has_an_example(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 27; n++) {
        size_t i = 0;
        while (i < EXAMPLES && examples[i].format != n)
            i++;
        assert_true(i < EXAMPLES);
    }
}

/* clause: reference part 2, 1: all EE, all FF and all EF are no value, whatever the format */
static void filling_is_no_value(void **state)
{
    static const uint8_t fills[] = {0xEE, 0xFF, 0xEF};

    (void)state;
    for (unsigned n = 1; n <= 27; n++) {
        uint8_t raw[8];
        for (size_t i = 0; i < sizeof fills; i++) {
            struct lay_val v = {.kind = LAYV_DEC};
            memset(raw, fills[i], sizeof raw);
            assert_int_equal(fmt_decode(n, raw, &v), 0);
            assert_int_equal(v.kind, LAYV_NONE);
        }
        struct lay_val none = {.kind = LAYV_NONE};
        memset(raw, 0, sizeof raw);
        assert_int_equal(fmt_encode(n, &none, raw), 0);
        for (int i = 0; i < fmt_size(n); i++)
            assert_int_equal(raw[i], 0xEE);
        assert_int_equal(raw[fmt_size(n)], 0);
    }
}

/* Every digit position of every format refuses A..F (an address does not: such meters exist). */
static void bad_digits_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        unsigned n = examples[i].format;
        if (n == 12)
            continue;
        for (int k = 0; k < 2 * fmt_size(n); k++) {
            uint8_t raw[8];
            struct lay_val v;
            int last = fmt_size(n) - 1;
            bool flags =
                (k == 2 * last + 1) && (n == 2 || n == 3 || n == 4 || n == 5 || n == 6 || n == 9 || n == 25);
            bool week = n == 1 && k == 9;
            if (flags || week)
                continue; /* the sign, exponent or weekday shares that digit */
            hex_parse(examples[i].hex, raw, sizeof raw);
            raw[k / 2] = (uint8_t)(k % 2 ? (raw[k / 2] & 0x0F) | 0xB0 : (raw[k / 2] & 0xF0) | 0x0B);
            assert_int_equal(fmt_decode(n, raw, &v), CN_E_FORMAT);
            assert_int_equal(v.kind, LAYV_NONE);
        }
    }
    /* the captured half filling: 00 EE EE EE EE */
    struct lay_val v;
    assert_int_equal(fmt_decode(14, (const uint8_t *)"\x00\xEE\xEE\xEE\xEE", &v), CN_E_FORMAT);
}

static void impossible_times_are_refused(void **state)
{
    static const struct {
        unsigned format;
        const char *hex;
    } bad[] = {
        {15, "6016280818"}, {15, "1824280818"}, {15, "1816320818"}, {15, "1816000818"}, {15, "1816281318"},
        {15, "1816280018"}, {15, "1816290226"}, {15, "1816310426"}, {16, "60191628"},   {17, "18163002"},
        {18, "181600"},     {18, "181632"},     {19, "0024"},       {19, "6023"},       {20, "290226"},
        {21, "1318"},       {24, "1600"},       {24, "2428"},       {1, "373911007310"}, {1, "373911311F10"},
    };
    struct lay_val v;
    uint8_t raw[8];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(hex_parse(bad[i].hex, raw, sizeof raw), fmt_size(bad[i].format));
        assert_int_equal(fmt_decode(bad[i].format, raw, &v), CN_E_FORMAT);
    }
    /* 29 February exists in a leap year and in a format without a year */
    hex_parse("1816290228", raw, sizeof raw);
    assert_int_equal(fmt_decode(15, raw, &v), 0);
    hex_parse("18162902", raw, sizeof raw);
    assert_int_equal(fmt_decode(17, raw, &v), 0);
}

static void weekday_of_a1(void **state)
{
    struct lay_val v;
    uint8_t raw[6], back[6];

    (void)state;
    hex_parse("15301022F126", raw, sizeof raw); /* 2026-11-22 10:30:15, Sunday: vector c0C-F2-ans */
    assert_int_equal(fmt_decode(1, raw, &v), 0);
    assert_int_equal(v.time.year, 2026);
    assert_int_equal(v.time.month, 11);
    assert_int_equal(v.time.day, 22);
    assert_int_equal(v.time.weekday, 7);
    assert_int_equal(fmt_encode(1, &v, back), 0);
    assert_memory_equal(raw, back, 6);
    v.time.weekday = 0;
    assert_int_equal(fmt_encode(1, &v, back), 0);
    assert_int_equal(back[4], 0x11);
}

static void put(unsigned n, int64_t m, int exp10, const char *hex, int ret)
{
    struct lay_val v = {.kind = LAYV_DEC, .dec = value_of(m, exp10)};
    uint8_t raw[8];
    char text[20];

    assert_int_equal(fmt_encode(n, &v, raw), ret);
    assert_string_equal(hex_print(raw, (size_t)fmt_size(n), text, sizeof text), hex);
}

/* clause: reference part 7, 8: surplus decimals are cut; what does not fit is EE */
static void values_are_cut_and_bounded(void **state)
{
    (void)state;
    put(14, 12345, -2, "0045230100", 0);     /* 123.45 kWh in four decimals */
    put(11, 123459, -4, "34120000", 0);      /* 12.3459 -> 12.34 */
    put(14, 9999999999, -4, "9999999999", 0);
    put(14, 10000000000, -4, "EEEEEEEEEE", CN_E_RANGE);
    put(14, -1, -4, "EEEEEEEEEE", CN_E_RANGE); /* no sign in A.14 */
    put(9, 799999, -4, "999979", 0);
    put(9, 800000, -4, "EEEEEE", CN_E_RANGE); /* the sign takes the top bit */
    put(9, -799999, -4, "9999F9", 0);
    put(23, 999999, -4, "999999", 0);
    put(25, -1, -3, "010080", 0);
    put(25, -1, -4, "000000", 0); /* -0 is not sent */
    put(5, 8000, -1, "EEEE", CN_E_RANGE);
    put(7, 9999, -1, "9999", 0);
    put(4, 80, 0, "EE", CN_E_RANGE);
    put(22, 100, -1, "EE", CN_E_RANGE);
    put(13, INT64_MAX, 0, "EEEEEEEE", CN_E_RANGE);
    put(13, 1, 9, "EEEEEEEE", CN_E_RANGE);
}

/* clause: reference part 2, A.2: the exponent that keeps the most digits */
static void exponent_of_a2(void **state)
{
    (void)state;
    put(2, 123456, -4, "23A1", 0); /* 12.3456 -> 12.3 */
    put(2, 1500, -3, "50C1", 0);   /* 1.500 -> 1.50 */
    put(2, 999, 4, "9909", 0);
    put(2, 9990, 4, "EEEE", CN_E_RANGE);
    put(2, 99, 5, "9009", 0); /* 99e5 = 990e4 */
    put(2, 1, 6, "0001", 0);
    put(2, 1, 7, "EEEE", CN_E_RANGE);
    put(2, 0, -9, "00E0", 0);
    put(2, 0, 9, "0000", 0);
    put(2, 5, -4, "00E0", 0); /* 0.0005 is below the smallest step */
    put(2, -7, 0, "0790", 0);
}

/* clause: reference part 2, A.3 */
static void unit_flag_of_a3(void **state)
{
    (void)state;
    put(3, 9999999, 0, "99999909", 0);
    put(3, 10000000, 0, "00000140", 0); /* 10 000 MWh */
    put(3, -12345678, 0, "45230150", 0);
    put(3, 12349, -2, "23010000", 0);
    put(3, 9999999, 3, "99999949", 0);
    put(3, 10000000, 3, "EEEEEEEE", CN_E_RANGE);
}

static void sources_may_give_other_kinds(void **state)
{
    struct lay_val v = {.kind = LAYV_INT, .number = 1234};
    uint8_t raw[8];

    (void)state;
    assert_int_equal(fmt_encode(8, &v, raw), 0);
    assert_memory_equal(raw, "\x34\x12", 2);
    assert_int_equal(fmt_encode(12, &v, raw), 0);
    assert_memory_equal(raw, "\x34\x12\0\0\0\0", 6);
    v.number = UINT64_MAX;
    assert_int_equal(fmt_encode(8, &v, raw), CN_E_RANGE);

    /* the meters' time quantities: digits YYYYMMDDhhmmss */
    v = (struct lay_val){.kind = LAYV_DEC, .dec = value_of(20261118194500, 0)};
    assert_int_equal(fmt_encode(17, &v, raw), 0);
    assert_memory_equal(raw, "\x45\x19\x18\x11", 4);
    assert_int_equal(fmt_encode(15, &v, raw), 0);
    assert_memory_equal(raw, "\x45\x19\x18\x11\x26", 5);
    v.dec = value_of(20261131194500, 0);
    assert_int_equal(fmt_encode(15, &v, raw), CN_E_RANGE);
    assert_int_equal(raw[0], 0xEE);
    v.dec = value_of(0, 0);
    assert_int_equal(fmt_encode(17, &v, raw), CN_E_RANGE);
    v = (struct lay_val){.kind = LAYV_DEC, .dec = value_none()};
    assert_int_equal(fmt_encode(14, &v, raw), 0);
    assert_int_equal(raw[4], 0xEE);

    /* a kind that cannot stand for the format */
    v = (struct lay_val){.kind = LAYV_INT, .number = 5};
    assert_int_equal(fmt_encode(19, &v, raw), CN_E_RANGE);
    v = (struct lay_val){.kind = LAYV_TIME, .time = {.year = 1999, .month = 1, .day = 1}};
    assert_int_equal(fmt_encode(20, &v, raw), CN_E_RANGE);
    v.time.year = 2100;
    assert_int_equal(fmt_encode(20, &v, raw), CN_E_RANGE);
    assert_int_equal(fmt_encode(8, &v, raw), CN_E_RANGE);
    v = (struct lay_val){.kind = LAYV_BYTES, .bytes = {(const uint8_t *)"12345", 5}};
    assert_int_equal(fmt_encode(12, &v, raw), CN_E_RANGE);
}

static void unknown_formats(void **state)
{
    struct lay_val v = {.kind = LAYV_NONE};
    uint8_t raw[8] = {0};

    (void)state;
    assert_int_equal(fmt_decode(0, raw, &v), CN_E_FORMAT);
    assert_int_equal(fmt_decode(28, raw, &v), CN_E_FORMAT);
    v = (struct lay_val){.kind = LAYV_INT, .number = 1};
    assert_int_equal(fmt_encode(28, &v, raw), CN_E_RANGE);
    assert_int_equal(raw[0], 0);
}

/* clause: reference part 2, 3 */
static void density(void **state)
{
    (void)state;
    assert_int_equal(fmt_density_points(0), 0);
    assert_int_equal(fmt_density_points(1), 4);
    assert_int_equal(fmt_density_points(2), 2);
    assert_int_equal(fmt_density_points(3), 1);
    assert_int_equal(fmt_density_points(4), 0);
    assert_int_equal(fmt_density_points(254), 12);
    assert_int_equal(fmt_density_points(255), 60);
}

static void parts_of_times(void **state)
{
    (void)state;
    assert_string_equal(fmt_time_parts(1), "smhdwy");
    assert_string_equal(fmt_time_parts(15), "mhdoy");
    assert_string_equal(fmt_time_parts(24), "hd");
    assert_null(fmt_time_parts(14));
    assert_null(fmt_time_parts(0));
    assert_null(fmt_time_parts(28));
    for (unsigned n = 1; n <= 27; n++) {
        if (fmt_time_parts(n))
            assert_int_equal(strlen(fmt_time_parts(n)), fmt_size(n)); /* one letter a byte */
    }
}

/* Every two-byte and one-byte pattern: what decodes encodes to the same bytes, apart from -0 and reserved
 * bits. */
static void short_formats_exhaustively(void **state)
{
    static const unsigned formats[] = {2, 4, 5, 6, 7, 8, 19, 21, 22, 24, 26};

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        unsigned n = formats[i];
        for (unsigned x = 0; x < (fmt_size(n) == 1 ? 0x100U : 0x10000U); x++) {
            uint8_t raw[2] = {(uint8_t)x, (uint8_t)(x >> 8)}, back[2];
            struct lay_val v;
            if (fmt_decode(n, raw, &v) < 0 || v.kind == LAYV_NONE)
                continue;
            if (v.kind == LAYV_DEC && v.dec.mantissa == 0)
                continue;
            assert_int_equal(fmt_encode(n, &v, back), 0);
            assert_memory_equal(raw, back, (size_t)fmt_size(n));
        }
    }
}

/* The fast digits of the decoder against plain BCD arithmetic. */
static void long_formats_against_plain_bcd(void **state)
{
    static const unsigned formats[] = {10, 11, 13, 14, 23, 27};
    uint64_t x = 88172645463325252U;

    (void)state;
    for (int round = 0; round < 200000; round++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        unsigned n = formats[x % 6];
        size_t size = (size_t)fmt_size(n);
        uint8_t raw[8];
        uint64_t plain = 0;
        struct lay_val v;
        for (size_t i = 0; i < size; i++)
            raw[i] = x >> 60 ? bcd_of((unsigned)(x >> (8 * i)) % 100) : (uint8_t)(x >> (8 * i));
        int good = bcd_missing(raw, size) ? CN_E_FORMAT : bcd_get(raw, size, &plain);
        int ret = fmt_decode(n, raw, &v);
        assert_int_equal(ret == 0 && v.kind == LAYV_DEC, good == 0);
        if (good == 0)
            assert_int_equal(v.dec.mantissa, (int64_t)plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(examples_decode_and_encode),
        cmocka_unit_test(every_format_has_an_example),
        cmocka_unit_test(filling_is_no_value),
        cmocka_unit_test(bad_digits_are_refused),
        cmocka_unit_test(impossible_times_are_refused),
        cmocka_unit_test(weekday_of_a1),
        cmocka_unit_test(values_are_cut_and_bounded),
        cmocka_unit_test(exponent_of_a2),
        cmocka_unit_test(unit_flag_of_a3),
        cmocka_unit_test(sources_may_give_other_kinds),
        cmocka_unit_test(unknown_formats),
        cmocka_unit_test(density),
        cmocka_unit_test(parts_of_times),
        cmocka_unit_test(short_formats_exhaustively),
        cmocka_unit_test(long_formats_against_plain_bcd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
