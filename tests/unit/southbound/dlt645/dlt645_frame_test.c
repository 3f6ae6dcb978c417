#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "southbound/dlt645/dlt645_frame.h"

enum { VECTORS_MAX = 128 };

struct vector {
    uint8_t bytes[300];
    size_t n, wake;
};

static struct vector vectors[VECTORS_MAX];
static size_t vector_count;

static int load_vectors(void **state)
{
    (void)state;
    static char line[4096];
    FILE *in = fopen(CN_SOURCE_DIR "/tests/vectors/dlt645-frames.tsv", "r");

    if (!in || !fgets(line, sizeof line, in))
        return -1;
    while (fgets(line, sizeof line, in) && vector_count < VECTORS_MAX) {
        struct vector *v = &vectors[vector_count];
        (void)strtok(line, "\t");
        (void)strtok(NULL, "\t");
        int n = hex_parse(strtok(NULL, "\t"), v->bytes, sizeof v->bytes);
        if (n <= 0)
            return -1;
        v->n = (size_t)n;
        while (v->bytes[v->wake] == DLT645_WAKE)
            v->wake++;
        vector_count++;
    }
    fclose(in);
    return vector_count == 110 ? 0 : -1;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct dlt645_frame f;
    uint8_t out[300];

    for (size_t i = 0; i < vector_count; i++) {
        const struct vector *v = &vectors[i];
        struct wbuf w = wbuf_of(out, sizeof out);
        assert_int_equal(dlt645_frame_decode(v->bytes, v->n, &f), v->n);
        assert_int_equal(dlt645_frame_encode(&w, (unsigned)v->wake, &f), v->n);
        assert_memory_equal(out, v->bytes, v->n);
        w = wbuf_of(out, v->n - 1);
        assert_int_equal(dlt645_frame_encode(&w, (unsigned)v->wake, &f), CN_E_NOSPACE);
        assert_int_equal(w.len, 0);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    struct dlt645_frame f;
    uint8_t bytes[301];

    for (size_t i = 0; i < vector_count; i++) {
        const struct vector *v = &vectors[i];
        for (size_t n = 0; n < v->n; n++)
            assert_int_equal(dlt645_frame_decode(v->bytes, n, &f), CN_E_SHORT);
        memcpy(bytes, v->bytes, v->n);
        bytes[v->n] = 0x16;
        assert_int_equal(dlt645_frame_decode(bytes, v->n + 1, &f), CN_E_FRAME);
        /* one bit wrong anywhere: never accepted */
        for (size_t at = v->wake; at < v->n; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                bytes[at] ^= (uint8_t)(1u << bit);
                int rc = dlt645_frame_decode(bytes, v->n, &f);
                assert_true(rc == CN_E_CHECKSUM || rc == CN_E_FRAME || rc == CN_E_SHORT);
                bytes[at] ^= (uint8_t)(1u << bit);
            }
        }
        bytes[v->n - 2]++;
        assert_int_equal(dlt645_frame_decode(bytes, v->n, &f), CN_E_CHECKSUM);
    }
    memset(bytes, DLT645_WAKE, sizeof bytes);
    assert_int_equal(dlt645_frame_decode(bytes, DLT645_WAKE_MAX, &f), CN_E_SHORT);
    assert_int_equal(dlt645_frame_decode(bytes, DLT645_WAKE_MAX + 1, &f), CN_E_FRAME);
    f = (struct dlt645_frame){.length = 0};
    struct wbuf w = wbuf_of(bytes, sizeof bytes);
    assert_int_equal(dlt645_frame_encode(&w, DLT645_WAKE_MAX + 1, &f), CN_E_RANGE);
}

/* every L, and bytes that look like marks in address, data and checksum (part 1, 2.1 rule 3) */
static void test_lengths(void **state)
{
    (void)state;
    struct dlt645_frame f = {.control = 0x91, .address = {0x68, 0x16, 0x68, 0x16, 0xFE, 0x68}}, back;
    uint8_t out[300];

    for (unsigned n = 0; n <= DLT645_DATA_MAX; n++) {
        f.length = (uint8_t)n;
        for (unsigned i = 0; i < n; i++)
            f.data[i] = (uint8_t)(i % 3 ? 0x68 - 0x33 : 0x16 - 0x33);
        struct wbuf w = wbuf_of(out, sizeof out);
        assert_int_equal(dlt645_frame_encode(&w, 4, &f), n + 16);
        assert_int_equal(dlt645_frame_decode(out, w.len, &back), n + 16);
        assert_memory_equal(back.data, f.data, n);
        struct dlt645_span s;
        for (size_t len = 0; len < w.len; len++)
            assert_int_equal(dlt645_scan(out, len, false, &s), 0);
        assert_int_equal(dlt645_scan(out, w.len, false, &s), 1);
        assert_int_equal(s.start, 4);
        assert_int_equal(s.length, n + 12);
    }
}

/* part 1, 2.1: whatever stands before a frame, it is found; at the latest when the line falls silent */
static void test_scan_behind_noise(void **state)
{
    (void)state;
    static const char *const noises[] = {"",
                                         "68",
                                         "6868686868686868",
                                         "0068FF16",
                                         "6801020304050668",
                                         "FEFEFE68",
                                         "68010203040506689104",
                                         "68010203040506680000CC16",
                                         "16161668681668"};
    uint8_t bytes[700];

    for (size_t k = 0; k < sizeof noises / sizeof *noises; k++) {
        for (size_t i = 0; i < vector_count; i++) {
            const struct vector *v = &vectors[i];
            struct dlt645_span s;
            size_t n = (size_t)hex_parse(noises[k], bytes, sizeof bytes);
            memcpy(bytes + n, v->bytes, v->n);
            int found = dlt645_scan(bytes, n + v->n, false, &s);
            if (!found)
                found = dlt645_scan(bytes, n + v->n, true, &s);
            assert_int_equal(found, 1);
            assert_int_equal(s.start, n + v->wake);
            assert_int_equal(s.length, v->n - v->wake);
        }
    }
}

static void test_scan_counts(void **state)
{
    (void)state;
    const struct vector *v = &vectors[0];
    struct dlt645_span s;
    uint8_t bytes[64];

    memcpy(bytes, v->bytes, v->n);
    bytes[v->n - 2]++;
    assert_int_equal(dlt645_scan(bytes, v->n, false, &s), 0);
    assert_int_equal(s.bad, 1);
    assert_int_equal(s.start, v->n); /* nothing in it is worth keeping */
    /* cut short: kept while more may come, given up with the gap */
    assert_int_equal(dlt645_scan(v->bytes, v->n - 1, false, &s), 0);
    assert_int_equal(s.start, 0);
    assert_int_equal(s.cut, 0);
    assert_int_equal(dlt645_scan(v->bytes, v->n - 1, true, &s), 0);
    assert_int_equal(s.start, v->n - 1);
    assert_int_equal(s.cut, 1);
    assert_int_equal(dlt645_scan(v->bytes, 5, true, &s), 0);
    assert_int_equal(s.cut, 0); /* five bytes are no head of a frame */
    assert_int_equal(dlt645_scan(NULL, 0, false, &s), 0);
}

static void test_addresses(void **state)
{
    (void)state;
    uint8_t own[ADDR_LEN], asked[ADDR_LEN];

    addr_parse("558890213594", own);
    addr_parse("558890213594", asked);
    assert_true(dlt645_addr_covers(asked, own));
    asked[5] = asked[4] = 0xAA; /* abbreviated: the high bytes are open */
    assert_true(dlt645_addr_covers(asked, own));
    asked[0] ^= 1;
    assert_false(dlt645_addr_covers(asked, own));
    memset(asked, 0xAA, sizeof asked);
    assert_true(dlt645_addr_covers(asked, own));
    assert_true(dlt645_addr_wildcard(asked));
    assert_false(dlt645_addr_broadcast(asked));
    assert_false(dlt645_addr_covers(own, asked));
    memset(asked, 0x99, sizeof asked);
    assert_true(dlt645_addr_broadcast(asked));
}

static void test_words(void **state)
{
    (void)state;
    struct dlt645_frame f = {.control = 0xD1};
    uint8_t di[4];

    assert_int_equal(dlt645_error_word(&f), DLT645_ERR_OTHER);
    f.length = 1;
    assert_int_equal(dlt645_error_word(&f), DLT645_ERR_OTHER);
    f.data[0] = 0x06;
    assert_int_equal(dlt645_error_word(&f), 0x06);
    assert_int_equal(dlt645_error_code(0x06), CN_E_AUTH);
    assert_int_equal(dlt645_error_code(0x02), CN_E_DENIED);
    dlt645_di_put(di, 0x00010000);
    assert_int_equal(di[2], 1);
    assert_int_equal(dlt645_di_get(di), 0x00010000);
    unsigned valid = 0;
    for (unsigned z = 0; z < 256; z++)
        valid += dlt645_z_baud((uint8_t)z) != 0;
    assert_int_equal(valid, 6);
    assert_int_equal(dlt645_z_baud(0x08), 2400);
    assert_int_equal(dlt645_z_baud(0x40), 19200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_lengths),     cmocka_unit_test(test_scan_behind_noise),
        cmocka_unit_test(test_scan_counts), cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, load_vectors, NULL);
}
