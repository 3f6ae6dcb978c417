#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "gateway/model/reading.h"

static void get_and_put(void **state)
{
    struct reading_set s = {.count = 0};

    (void)state;
    assert_int_equal(reading_get(&s, Q_EP_IMP, 0).quality, VALUE_NONE);
    assert_int_equal(reading_put(&s, Q_EP_IMP, 0, value_of(1, 0)), 0);
    assert_int_equal(reading_put(&s, Q_EP_IMP, 1, value_of(2, 0)), 0);
    assert_int_equal(reading_put(&s, Q_EP_IMP, 0, value_of(3, -2)), 0);
    assert_int_equal(s.count, 2);
    assert_int_equal(reading_get(&s, Q_EP_IMP, 0).mantissa, 3);
    assert_int_equal(reading_get(&s, Q_EP_IMP, 0).exp10, -2);
    assert_int_equal(reading_get(&s, Q_EP_IMP, 2).quality, VALUE_NONE);
    assert_int_equal(reading_get(&s, Q_EP_EXP, 0).quality, VALUE_NONE);
}

static void a_full_set(void **state)
{
    struct reading_set s = {.count = 0};

    (void)state;
    for (unsigned i = 0; i < READINGS_MAX; i++)
        assert_int_equal(reading_put(&s, i + 1, 0, value_of(i, 0)), 0);
    assert_int_equal(reading_put(&s, 999, 0, value_of(1, 0)), CN_E_FULL);
    assert_int_equal(s.count, READINGS_MAX);
    assert_int_equal(reading_put(&s, READINGS_MAX, 0, value_of(7, 0)), 0); /* replacing still works */
    assert_int_equal(reading_get(&s, READINGS_MAX, 0).mantissa, 7);
}

/* The form on disk and on the wire, byte for byte: old stores must stay readable. */
static void the_packed_form(void **state)
{
    static const struct reading r[] = {
        {Q_EP_IMP, 0, {123450, -2, VALUE_GOOD}}, {Q_EP_IMP, 1, {-1, -2, VALUE_DOUBTFUL}},
        {Q_EP_IMP, 2, {0, -2, VALUE_NONE}},      {Q_U_A, 0, {2215, -1, VALUE_GOOD}},
    };
    static const uint8_t want[] = {
        1,                                                  /* version */
        2,    0,    0, 3, 0xFE, 0, 0xF4, 0x88, 0x0F, 2, 1, 1, /* 246900 = 2 * 123450; -1 -> 1; none */
        0x28, 0x00, 0, 1, 0xFF, 0, 0xCE, 0x22,
    };
    uint8_t raw[64];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)state;
    assert_int_equal(readings_pack(&w, r, 4), sizeof want);
    assert_memory_equal(raw, want, sizeof want);
}

static void round_trip(void **state)
{
    struct reading in[READINGS_MAX], out[READINGS_MAX];
    uint8_t raw[2048];

    (void)state;
    static const int64_t extremes[] = {INT64_MIN, INT64_MAX, 0, -1, 1, 63, 64, -64, -65, 8191, 8192};
    for (unsigned i = 0; i < READINGS_MAX; i++) {
        bool none = i % 7 == 3;
        memset(&in[i], 0, sizeof in[i]);
        in[i].quantity = (uint16_t)(i / 5);
        in[i].tariff = (uint8_t)(i % 5);
        in[i].value.quality = none ? VALUE_NONE : i % 3 == 0 ? VALUE_DOUBTFUL : VALUE_GOOD;
        in[i].value.mantissa = none ? 0 : extremes[i % 11];
        in[i].value.exp10 = (int8_t)((int)(i / 5) % 19 - 9);
    }
    for (unsigned n = 0; n <= READINGS_MAX; n++) {
        struct wbuf w = wbuf_of(raw, sizeof raw);
        int len = readings_pack(&w, in, n);
        assert_true(len > 0);
        struct rbuf r = rbuf_of(raw, (size_t)len);
        memset(out, 0, sizeof out);
        assert_int_equal(readings_unpack(&r, out, READINGS_MAX), n);
        for (unsigned i = 0; i < n; i++) {
            assert_int_equal(out[i].quantity, in[i].quantity);
            assert_int_equal(out[i].tariff, in[i].tariff);
            assert_int_equal(out[i].value.quality, in[i].value.quality);
            assert_int_equal(out[i].value.exp10, in[i].value.exp10);
            assert_true(out[i].value.mantissa == in[i].value.mantissa);
        }
        /* too small a destination, both ways */
        w = wbuf_of(raw, (size_t)len - 1);
        assert_int_equal(readings_pack(&w, in, n), CN_E_NOSPACE);
        w = wbuf_of(raw, sizeof raw);
        readings_pack(&w, in, n);
        r = rbuf_of(raw, (size_t)len);
        if (n > 0)
            assert_int_equal(readings_unpack(&r, out, n - 1), CN_E_NOSPACE);
    }
}

static void every_cut_is_noticed(void **state)
{
    struct reading in[6], out[READINGS_MAX];
    uint8_t raw[128];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        in[i] = (struct reading){Q_EP_IMP, (uint8_t)i, value_of(123456789, -2)};
    int len = readings_pack(&w, in, 6);
    for (int cut = 0; cut < len; cut++) {
        uint8_t *exact = malloc((size_t)cut + 1);
        assert_non_null(exact);
        memcpy(exact, raw, (size_t)cut);
        struct rbuf r = rbuf_of(exact, (size_t)cut);
        int n = readings_unpack(&r, out, READINGS_MAX);
        if (cut == 1)
            assert_int_equal(n, 0); /* the version alone is an empty set */
        else
            assert_int_equal(n, CN_E_CORRUPT);
        free(exact);
    }
}

static void bad_bytes(void **state)
{
    static const struct {
        const char *hex;
        int ret;
    } rows[] = {
        {"02", CN_E_UNSUPPORTED},                             /* a newer version */
        {"00", CN_E_UNSUPPORTED},
        {"01 0200 00 00 FE", CN_E_CORRUPT},                   /* a run of none */
        {"01 0200 00 01 0A 00 02", CN_E_CORRUPT},             /* exponent 10 */
        {"01 0200 00 01 F6 00 02", CN_E_CORRUPT},             /* exponent -10 */
        {"01 0200 00 01 FE 03 02", CN_E_CORRUPT},             /* unknown quality */
        {"01 0200 FF 02 FE 00 02 00 02", CN_E_CORRUPT},       /* tariff 256 */
        {"01 0200 00 01 FE 00 FFFFFFFFFFFFFFFFFF02", CN_E_CORRUPT}, /* more than 64 bits */
        {"01 0200 00 01 FE 00 FFFFFFFFFFFFFFFFFF01", 1},
        {"01 0200 00 01 FE 00 80808080808080808080", CN_E_CORRUPT},
    };
    struct reading out[READINGS_MAX];
    uint8_t raw[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int n = hex_parse(rows[i].hex, raw, sizeof raw);
        struct rbuf r = rbuf_of(raw, (size_t)n);
        assert_true(n > 0);
        assert_int_equal(readings_unpack(&r, out, READINGS_MAX), rows[i].ret);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_and_put),          cmocka_unit_test(a_full_set),
        cmocka_unit_test(the_packed_form),      cmocka_unit_test(round_trip),
        cmocka_unit_test(every_cut_is_noticed), cmocka_unit_test(bad_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
