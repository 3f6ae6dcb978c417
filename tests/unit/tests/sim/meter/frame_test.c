#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"
#include "tests/sim/meter/frame.h"

static int feed(struct sm_rx *rx, const uint8_t *p, size_t n, struct sm_frame *out)
{
    int got = 0;

    for (size_t i = 0; i < n; i++)
        sm_rx_add(rx, p[i]);
    got = sm_rx_take(rx, out);
    return got;
}

/* Every 2007 row of the vectors is a whole frame, and writing it again gives the same bytes. */
static void test_vectors(void **state)
{
    FILE *f = fopen(CN_SOURCE_DIR "/tests/vectors/dlt645-frames.tsv", "r");
    char line[4096];
    unsigned rows = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char *save = NULL, *id = strtok_r(line, "\t", &save), *standard = strtok_r(NULL, "\t", &save);
        char *hex = strtok_r(NULL, "\t", &save), *direction = strtok_r(NULL, "\t", &save);
        char *meaning = strtok_r(NULL, "\t", &save);
        uint8_t raw[300], again[300];
        struct sm_rx rx = {.len = 0};
        struct sm_frame frame;
        char addr[ADDR_TEXT];

        if (!meaning || !strstr(standard, "2007"))
            continue;
        int n = hex_parse(hex, raw, sizeof raw);
        assert_true(n > 0);
        int size = feed(&rx, raw, (size_t)n, &frame);
        if (size <= 0)
            fail_msg("%s: no frame", id);
        size_t lead = 0;
        while (raw[lead] == 0xFE)
            lead++;
        assert_int_equal(size, n - (int)lead);
        assert_int_equal(rx.len, 0);
        assert_int_equal(frame.c >> 7, direction[0] == 'S');
        /* the meaning names the address; wildcard and broadcast are given in words */
        addr_print(frame.addr, addr);
        if (!strstr(meaning, "addr broadcast") && !strstr(meaning, "addr wildcard"))
            assert_memory_equal(meaning + 5, addr, 12);
        struct wbuf w = wbuf_of(again, sizeof again);
        assert_int_equal(sm_frame_put(&w, &frame), size);
        assert_memory_equal(again, raw + lead, (size_t)size);
        rows++;
    }
    fclose(f);
    assert_int_equal(rows, 77);
}

static const uint8_t good[] = {0x68, 0x94, 0x35, 0x21, 0x90, 0x88, 0x55, 0x68,
                               0x11, 0x04, 0x33, 0x33, 0x34, 0x33, 0x09, 0x16};

static void test_refusals(void **state)
{
    struct sm_frame f;
    uint8_t bad[sizeof good];

    (void)state;
    for (size_t n = 0; n < sizeof good; n++) {
        struct sm_rx rx = {.len = 0};
        assert_int_equal(feed(&rx, good, n, &f), 0);
    }
    /* one byte changed: never a frame, except where the address or data change together with nothing else */
    for (size_t i = 0; i < sizeof good; i++) {
        struct sm_rx rx = {.len = 0};
        memcpy(bad, good, sizeof good);
        bad[i] ^= 0x01;
        assert_int_equal(feed(&rx, bad, sizeof bad, &f), 0);
    }
}

/* Noise, a false 68 and a cut frame in front must not cost the good frame behind them. */
static void test_resynchronise(void **state)
{
    struct sm_rx rx = {.len = 0};
    struct sm_frame f;
    const uint8_t noise[] = {0x00, 0x68, 0x16, 0xFF, 0x68};

    (void)state;
    assert_int_equal(feed(&rx, noise, sizeof noise, &f), 0);
    assert_int_equal(feed(&rx, good, 5, &f), 0);
    assert_int_equal(feed(&rx, good, sizeof good, &f), sizeof good);
    assert_int_equal(f.c, 0x11);
    assert_int_equal(f.len, 4);
    assert_memory_equal(f.data, ((uint8_t[]){0, 0, 1, 0}), 4);
    /* a false head that promises 255 bytes is given up after the pause */
    struct sm_rx wait = {.len = 0};
    const uint8_t head[] = {0x68, 1, 2, 3, 4, 5, 6, 0x68, 0x11, 0xFF};
    assert_int_equal(feed(&wait, head, sizeof head, &f), 0);
    assert_int_equal(feed(&wait, good, sizeof good, &f), 0);
    int got = 0;
    while (!got && sm_rx_gap(&wait))
        got = sm_rx_take(&wait, &f);
    assert_int_equal(got, sizeof good);
}

static void test_no_space(void **state)
{
    struct sm_frame f = {.c = 0x91, .len = 4};
    uint8_t small[15];
    struct wbuf w = wbuf_of(small, sizeof small);

    (void)state;
    assert_int_equal(sm_frame_put(&w, &f), CN_E_NOSPACE);
    assert_int_equal(w.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_resynchronise),
        cmocka_unit_test(test_no_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
