#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "southbound/dlt645/dlt645_plan.h"

static struct dlt645_spec spec_of(const char *text)
{
    struct dlt645_spec s;
    char why[160] = "";

    if (dlt645_spec_parse(text, &s, why, sizeof why) < 0)
        fail_msg("%s: %s", text, why);
    return s;
}

static void test_identifiers(void **state)
{
    (void)state;
    struct dlt645_spec s = spec_of("0001ttnn XXXXXX.XX tariffs block 0001FFnn");

    assert_int_equal(dlt645_pattern_di(&s.single, 3, 2), 0x00010302);
    assert_int_equal(dlt645_pattern_di(&s.block, 3, 12), 0x0001FF0C);
    assert_true(dlt645_pattern_same(&s.block, &s.block));
    assert_false(dlt645_pattern_same(&s.block, &s.single));
    assert_false(dlt645_pattern_same(&s.then, &s.then)); /* what is not there is not the same */
    s = spec_of("040005tt bits16 numbers 7 block 040005FF");
    assert_int_equal(dlt645_pattern_di(&s.single, 7, 0), 0x04000507);
    assert_int_equal(s.numbers, 7);
}

static void test_refused_texts(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0001FF0 XXXX",
        "0001GG00 XXXX",
        "00010000",
        "00010000 ascii6",
        "00010000 XXXXX",
        "0001tt00 XXXX",
        "0001tttt XXXX tariffs",
        "00010000 XXXX block 0001tt00",
        "00010000 XXXX at 4",
        "00010000 XXXX block 0001FF00 at",
        "00010000 XXXX block 0001FF00 at x",
        "00010000 XXXX block 0001FF00 at 256",
        "00010000 XXXX block 0001FF00 block 0001FF00",
        "00010000 XXXX block 0001FFnn",
        "00010000 XXXX skip 3 of 4",
        "00010000 XXXX skip 254 of 1",
        "00010000 XXXX numbers 7",
        "0001tt00 XXXX numbers 0",
        "0001tt00 XXXX numbers 64",
        "0001tt00 XXXX tariffs numbers 2",
        "00010000 XXXX then 00020000",
        "000100nn XXXX then 00020000 XXXX",
        "00010000 XXXX then 00020000 XXXX block 0001FF00",
        "00010000 XXXX quietly",
        "0001000000010000000100000001000000010000000100000001000000010000 XXXX",
    };
    struct dlt645_spec s = {.numbers = 77};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char why[160] = "";
        if (dlt645_spec_parse(bad[i], &s, why, sizeof why) != CN_E_FORMAT)
            fail_msg("taken: %s", bad[i]);
        assert_true(strlen(why) > 0);
    }
    assert_int_equal(s.numbers, 77);
}

static int readings(const struct dlt645_spec *s, bool block, const char *hex, struct reading *r)
{
    uint8_t data[256];
    int n = hex_parse(hex, data, sizeof data);

    assert_true(n >= 0);
    return block ? dlt645_spec_block(s, Q_EP_IMP, data, (size_t)n, r)
                 : dlt645_spec_single(s, Q_EP_IMP, data, (size_t)n, r);
}

static void test_lists(void **state)
{
    (void)state;
    struct dlt645_spec s = spec_of("0001tt00 XXXXXX.XX tariffs block 0001FF00");
    struct reading r[READINGS_MAX];

    /* the values of part 1, section 9, with and without the separator of 1997 */
    assert_int_equal(readings(&s, true, "5634120010000200200003001500050011340200", r), 5);
    assert_int_equal(r[4].tariff, 4);
    assert_int_equal(r[4].value.mantissa, 23411);
    assert_int_equal(r[4].quantity, Q_EP_IMP);
    assert_int_equal(readings(&s, true, "5634120010000200200003001500050011340200AA", r), 5);
    assert_int_equal(readings(&s, true, "5634120010000200200003001500050011340200AB", r), CN_E_FORMAT);
    assert_int_equal(readings(&s, true, "56341200100002002000030015000500113402", r), CN_E_FORMAT);
    assert_int_equal(readings(&s, true, "", r), CN_E_FORMAT);

    /* words are counted from 1 and there are only seven */
    s = spec_of("040005tt bits16 numbers 7 block 040005FF");
    assert_int_equal(readings(&s, true, "0100020003000400050006000700", r), 7);
    assert_int_equal(r[0].tariff, 1);
    assert_int_equal(r[6].tariff, 7);
    assert_int_equal(r[6].value.mantissa, 7);
    assert_int_equal(readings(&s, true, "01000200030004000500060007000800", r), CN_E_FORMAT);

    /* 3 bytes demand, 5 bytes time: each looks at its part of the element */
    struct dlt645_spec time = spec_of("0101tt00 YYMMDDhhmm skip 3 of 8 tariffs block 0101FF00");
    s = spec_of("0101tt00 XX.XXXX of 8 tariffs block 0101FF00");
    assert_int_equal(readings(&s, true, "303303301416052400000000000000000000", r), CN_E_FORMAT);
    assert_int_equal(readings(&s, true, "30330330141605240000000000000000", r), 2);
    assert_int_equal(r[0].value.mantissa, 33330);
    assert_int_equal(readings(&time, true, "30330330141605240000000000000000", r), 2);
    assert_true(r[0].value.mantissa == 20240516143000);
    assert_int_equal(r[1].value.quality, VALUE_NONE);
}

static void test_places(void **state)
{
    (void)state;
    struct dlt645_spec b = spec_of("02010200 XXX.X block 0201FF00 at 2");
    struct reading r[READINGS_MAX];

    b.block_size = 6;
    assert_int_equal(readings(&b, true, "562257225822", r), 1);
    assert_int_equal(r[0].value.mantissa, 2257);
    assert_int_equal(readings(&b, true, "562257225822AA", r), 1);
    assert_int_equal(readings(&b, true, "56225722582211", r), CN_E_FORMAT);
    assert_int_equal(readings(&b, true, "5622", r), CN_E_FORMAT);
    assert_int_equal(readings(&b, false, "5722", r), 1);
    assert_int_equal(readings(&b, false, "572200", r), CN_E_FORMAT); /* three bytes from an emulator */
    assert_int_equal(readings(&b, true, "5622FFFF5822", r), 1);
    assert_int_equal(r[0].value.quality, VALUE_NONE);
}

static void test_joined(void **state)
{
    (void)state;
    struct dlt645_spec s = spec_of("04000101 YYMMDDWW then 04000102 hhmmss");
    static const uint8_t date[] = {0x01, 0x11, 0x01, 0x16}, time[] = {0x55, 0x53, 0x21},
                         none[] = {0xFF, 0xFF, 0xFF};
    struct value v;

    assert_int_equal(dlt645_spec_joined(&s, date, 4, time, 3, &v), 0);
    assert_true(v.mantissa == 20160111215355);
    assert_int_equal(dlt645_spec_joined(&s, date, 4, none, 3, &v), 0);
    assert_int_equal(v.quality, VALUE_NONE);
    assert_int_equal(dlt645_spec_joined(&s, date, 3, time, 3, &v), CN_E_FORMAT);
    assert_int_equal(dlt645_spec_joined(&s, date, 4, time, 2, &v), CN_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifiers), cmocka_unit_test(test_refused_texts),
        cmocka_unit_test(test_lists),       cmocka_unit_test(test_places),
        cmocka_unit_test(test_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
