#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/base/trace.h"

enum { SLOTS = 4 };

static void numbers_start_at_one(void **state)
{
    struct trace_entry slots[SLOTS];
    struct trace_ring t;

    (void)state;
    trace_init(&t, slots, SLOTS);
    assert_null(trace_from(&t, 0));
    assert_null(trace_from(&t, 1));
    const struct trace_entry *e = trace_add(&t, 1000, TRACE_TX, 7, (const uint8_t *)"\x68\x16", 2);
    assert_int_equal(e->seq, 1);
    assert_int_equal(e->at_ms, 1000);
    assert_int_equal(e->point, 7);
    assert_int_equal(e->dir, TRACE_TX);
    assert_int_equal(e->len, 2);
    assert_int_equal(e->full, 2);
    assert_memory_equal(e->bytes, "\x68\x16", 2);
    assert_ptr_equal(trace_from(&t, 0), e);
    assert_ptr_equal(trace_from(&t, 1), e);
    assert_null(trace_from(&t, 2));
}

static void the_oldest_is_overwritten_and_readers_see_the_gap(void **state)
{
    struct trace_entry slots[SLOTS];
    struct trace_ring t;

    (void)state;
    trace_init(&t, slots, SLOTS);
    for (uint8_t i = 1; i <= 10; i++)
        trace_add(&t, i, TRACE_RX, 0, &i, 1);
    const struct trace_entry *e = trace_from(&t, 3);
    assert_int_equal(e->seq, 7);
    for (uint64_t want = 7; want <= 10; want++) {
        e = trace_from(&t, want);
        assert_int_equal(e->seq, want);
        assert_int_equal(e->bytes[0], want);
    }
    assert_null(trace_from(&t, 11));
}

static void long_frames_are_cut(void **state)
{
    static uint8_t big[70000];
    struct trace_entry slots[SLOTS];
    struct trace_ring t;

    (void)state;
    trace_init(&t, slots, SLOTS);
    memset(big, 0x5A, sizeof big);
    const struct trace_entry *e = trace_add(&t, 0, TRACE_RX, 0, big, 300);
    assert_int_equal(e->len, TRACE_BYTES);
    assert_int_equal(e->full, 300);
    assert_int_equal(e->bytes[TRACE_BYTES - 1], 0x5A);
    e = trace_add(&t, 0, TRACE_RX, 0, big, sizeof big);
    assert_int_equal(e->full, 65535);
    e = trace_add(&t, 0, TRACE_NOTE, 0, NULL, 0);
    assert_int_equal(e->len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_start_at_one),
        cmocka_unit_test(the_oldest_is_overwritten_and_readers_see_the_gap),
        cmocka_unit_test(long_frames_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
