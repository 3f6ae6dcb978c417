#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"

static void integers_low_byte_first(void **state)
{
    static const uint8_t in[] = {0x01, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 8, 7, 6, 5, 4, 3, 2, 1};
    struct rbuf r = rbuf_of(in, sizeof in);

    (void)state;
    assert_int_equal(rbuf_left(&r), 15);
    assert_int_equal(rbuf_u8(&r), 1);
    assert_int_equal(rbuf_u16(&r), 0x1234);
    assert_int_equal(rbuf_u32(&r), 0x12345678);
    assert_true(rbuf_u64(&r) == 0x0102030405060708U);
    assert_int_equal(rbuf_left(&r), 0);
    assert_int_equal(r.err, 0);
}

static void reads_past_the_end_stick(void **state)
{
    static const uint8_t in[] = {1, 2, 3};
    struct rbuf r = rbuf_of(in, sizeof in);

    (void)state;
    assert_int_equal(rbuf_u16(&r), 0x0201);
    assert_int_equal(rbuf_u16(&r), 0);
    assert_int_equal(r.err, CN_E_SHORT);
    assert_int_equal(rbuf_u8(&r), 0); /* one byte would be there, but the cursor has failed */
    assert_int_equal(rbuf_left(&r), 0);
    assert_null(rbuf_take(&r, 0));
}

static void bytes_and_sub_cursors(void **state)
{
    static const uint8_t in[] = {1, 2, 3, 4, 5, 6};
    uint8_t out[4];
    struct rbuf r = rbuf_of(in, sizeof in);

    (void)state;
    rbuf_bytes(&r, out, 2);
    assert_memory_equal(out, in, 2);
    struct rbuf sub = rbuf_sub(&r, 3);
    assert_int_equal(rbuf_left(&sub), 3);
    assert_int_equal(rbuf_u8(&sub), 3);
    rbuf_u16(&sub);
    rbuf_u8(&sub); /* one too many: the sub-cursor fails, the outer one does not */
    assert_int_equal(sub.err, CN_E_SHORT);
    assert_int_equal(rbuf_u8(&r), 6);
    assert_int_equal(r.err, 0);
    sub = rbuf_sub(&r, 1);
    assert_int_equal(sub.err, CN_E_SHORT);
    assert_int_equal(r.err, CN_E_SHORT);
    memset(out, 9, sizeof out);
    rbuf_bytes(&r, out, 4);
    assert_int_equal(out[0] | out[1] | out[2] | out[3], 0);
}

static void signed_integers(void **state)
{
    uint8_t raw[16];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)state;
    wbuf_i64(&w, -2);
    wbuf_i64(&w, INT64_MIN);
    struct rbuf r = rbuf_of(raw, w.len);
    assert_true(rbuf_i64(&r) == -2);
    assert_true(rbuf_i64(&r) == INT64_MIN);
}

static void writes_match_reads(void **state)
{
    static const uint8_t want[] = {0xAB, 0x34, 0x12, 0xEF, 0xCD, 0xAB, 0x89, 8, 7, 6,
                                   5,    4,    3,    2,    1,    9,    9,    1, 2};
    uint8_t raw[19];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)state;
    wbuf_u8(&w, 0xAB);
    wbuf_u16(&w, 0x1234);
    wbuf_u32(&w, 0x89ABCDEF);
    wbuf_u64(&w, 0x0102030405060708U);
    wbuf_fill(&w, 9, 2);
    wbuf_bytes(&w, "\1\2", 2);
    assert_int_equal(w.err, 0);
    assert_int_equal(wbuf_left(&w), 0);
    assert_memory_equal(raw, want, sizeof want);
    wbuf_u8(&w, 1);
    assert_int_equal(w.err, CN_E_NOSPACE);
    assert_int_equal(w.len, 19);
}

static void a_write_that_does_not_fit_is_dropped_whole(void **state)
{
    uint8_t raw[4] = {0};
    struct wbuf w = wbuf_of(raw, 3);

    (void)state;
    wbuf_u16(&w, 0x0101);
    wbuf_u16(&w, 0x0202);
    wbuf_u8(&w, 3); /* would fit, but the cursor has failed */
    assert_int_equal(w.len, 2);
    assert_int_equal(w.err, CN_E_NOSPACE);
    assert_int_equal(raw[2], 0);
    assert_int_equal(raw[3], 0);
}

static void strings(void **state)
{
    char text[300], back[16];
    uint8_t raw[300];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)state;
    wbuf_str(&w, "concentrator");
    wbuf_str(&w, "");
    struct rbuf r = rbuf_of(raw, w.len);
    rbuf_str(&r, back, sizeof back);
    assert_string_equal(back, "concentrator");
    rbuf_str(&r, back, sizeof back);
    assert_string_equal(back, "");
    assert_int_equal(r.err, 0);
    rbuf_str(&r, back, sizeof back);
    assert_string_equal(back, "");
    assert_int_equal(r.err, CN_E_SHORT);

    memset(text, 'x', sizeof text);
    text[299] = '\0';
    w = wbuf_of(raw, sizeof raw);
    wbuf_str(&w, text);
    assert_int_equal(w.len, 256); /* length byte and 255 */
    r = rbuf_of(raw, w.len);
    rbuf_str(&r, back, sizeof back); /* cut, yet the cursor is behind the whole string */
    assert_int_equal(strlen(back), 15);
    assert_int_equal(rbuf_left(&r), 0);
}

static void hex(void **state)
{
    uint8_t out[4];
    char text[16];

    (void)state;
    assert_int_equal(hex_parse("68 32\t00 ff\n", out, 4), 4);
    assert_memory_equal(out, "\x68\x32\x00\xFF", 4);
    assert_int_equal(hex_parse("6832AbcD", out, 4), 4);
    assert_int_equal(hex_parse("", out, 4), 0);
    assert_int_equal(hex_parse("683", out, 4), CN_E_FORMAT);
    assert_int_equal(hex_parse("6 8", out, 4), CN_E_FORMAT);
    assert_int_equal(hex_parse("6G", out, 4), CN_E_FORMAT);
    assert_int_equal(hex_parse("0102030405", out, 4), CN_E_NOSPACE);
    assert_string_equal(hex_print((const uint8_t *)"\x68\x32", 2, text, sizeof text), "6832");
    assert_string_equal(hex_print((const uint8_t *)"\x0A\xF0", 2, text, 4), "0A"); /* cut at a whole byte */
    text[0] = 'x';
    hex_print(out, 1, text, 0);
    assert_int_equal(text[0], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_low_byte_first),
        cmocka_unit_test(reads_past_the_end_stick),
        cmocka_unit_test(bytes_and_sub_cursors),
        cmocka_unit_test(signed_integers),
        cmocka_unit_test(writes_match_reads),
        cmocka_unit_test(a_write_that_does_not_fit_is_dropped_whole),
        cmocka_unit_test(strings),
        cmocka_unit_test(hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
