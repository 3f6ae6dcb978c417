#include <sqlite3.h>

#include "tests/unit/gateway/store/fixture.h"

enum { IMPORTANT = RING_IMPORTANT, GENERAL = RING_GENERAL };

/* An ERC12 record whose minute says its number. */
static void record(unsigned n, uint8_t out[9])
{
    const uint8_t r[9] = {12, 7, (uint8_t)(n & 255), (uint8_t)(n >> 8), 0x10, 0x21, 0x11, 0x05, 0x80};

    memcpy(out, r, sizeof r);
}

static uint8_t put(struct store *s, unsigned ring, unsigned n)
{
    uint8_t r[9], index = 0xAA;

    record(n, r);
    assert_int_equal(store_put_event(s, ring, r, sizeof r, 1700000000 + n, &index), 0);
    return index;
}

static struct event_state state_of(struct store *s)
{
    struct event_state e;

    assert_int_equal(store_event_state(s, &e), 0);
    return e;
}

static void expect_record(struct view *v, unsigned ring, uint8_t index, unsigned n)
{
    uint8_t want[9], got[EVENT_MAX];
    int64_t at;

    record(n, want);
    assert_int_equal(view_event(v, ring, index, got, sizeof got, &at), 9);
    assert_memory_equal(got, want, 9);
    assert_int_equal(at, 1700000000 + n);
}

/* clause: reference part 6, 1.2: stored at EC before the increment */
static void the_counter_is_the_write_pointer(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct event_state e = state_of(s);
    int64_t at;
    uint8_t out[EVENT_MAX];

    assert_true(e.ec1 == 0 && e.ec2 == 0 && e.rd1 == 0 && e.rd2 == 0 && !e.acd);
    assert_int_equal(view_event(v, IMPORTANT, 0, out, sizeof out, &at), CN_E_NOTFOUND);
    assert_int_equal(put(s, IMPORTANT, 1), 0);
    assert_int_equal(put(s, IMPORTANT, 2), 1);
    assert_int_equal(put(s, GENERAL, 3), 0);
    e = state_of(s);
    assert_true(e.ec1 == 2 && e.ec2 == 1 && e.rd1 == 0 && e.rd2 == 0 && e.acd);
    expect_record(v, IMPORTANT, 0, 1);
    expect_record(v, IMPORTANT, 1, 2);
    expect_record(v, GENERAL, 0, 3);
    assert_int_equal(view_event(v, GENERAL, 1, out, sizeof out, &at), CN_E_NOTFOUND);
    assert_int_equal(view_event(v, IMPORTANT, 0, out, 8, &at), CN_E_NOSPACE);
    view_close(v);
    store_close(s);
}

static void wrap(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct event_state e;
    unsigned n = 0;

    while (n < 255)
        put(s, IMPORTANT, n++);
    e = state_of(s);
    assert_true(e.ec1 == 255 && e.rd1 == 0);
    expect_record(v, IMPORTANT, 0, 0);
    /* the 256th makes EC equal RD: RD moves, 255 stay unread */
    assert_int_equal(put(s, IMPORTANT, n++), 255);
    e = state_of(s);
    assert_true(e.ec1 == 0 && e.rd1 == 1);
    expect_record(v, IMPORTANT, 0, 0);
    expect_record(v, IMPORTANT, 255, 255);
    /* the 257th overwrites the oldest */
    assert_int_equal(put(s, IMPORTANT, n++), 0);
    e = state_of(s);
    assert_true(e.ec1 == 1 && e.rd1 == 2);
    expect_record(v, IMPORTANT, 0, 256);
    expect_record(v, IMPORTANT, 1, 1);
    assert_int_equal(e.ec2, 0);
    /* once more around, across a restart */
    store_close(s);
    s = fix_open(*state);
    while (n < 513)
        put(s, IMPORTANT, n++);
    e = state_of(s);
    assert_true(e.ec1 == 1 && e.rd1 == 2 && e.acd);
    for (unsigned i = 0; i < 256; i++)
        expect_record(v, IMPORTANT, (uint8_t)(257 + i), 257 + i);
    view_close(v);
    store_close(s);
}

static void the_general_ring_wraps_alone(void **state)
{
    struct store *s = fix_open(*state);
    struct event_state e;

    assert_int_equal(store_sweep_begin(s), 0);
    for (unsigned n = 0; n < 300; n++)
        put(s, GENERAL, n);
    assert_int_equal(store_sweep_commit(s), 0);
    e = state_of(s);
    assert_true(e.ec2 == 44 && e.rd2 == 45 && e.ec1 == 0 && e.rd1 == 0 && !e.acd);
    store_close(s);
}

/* clause: reference part 6, 1.4: RD = k + 1 if (EC - k - 1) mod 256 < (EC - RD) mod 256, never back */
static void read_pointer_rule(void **state)
{
    struct store *s = fix_open(*state);
    unsigned n = 0;

    assert_int_equal(store_sweep_begin(s), 0);
    while (n < 250)
        put(s, IMPORTANT, n++);
    assert_int_equal(store_sweep_commit(s), 0);
    assert_int_equal(store_events_seen(s, IMPORTANT, 240, false), 0);
    assert_int_equal(state_of(s).rd1, 240);
    while (n < 260)
        put(s, IMPORTANT, n++);
    assert_int_equal(state_of(s).ec1, 4);
    /* every possible answer from every possible state of 20 unread: compare with the rule in words */
    for (unsigned rd = 240; rd != 260; rd++) {
        for (unsigned upto = 0; upto < 256; upto++) {
            unsigned unread = 260 - rd;
            unsigned left = (260 - upto) % 256; /* unread afterwards, if it moves */
            unsigned want = left < unread ? upto : rd % 256;
            if (want != rd % 256)
                continue; /* it would move: tried below, one by one */
            assert_int_equal(store_events_seen(s, IMPORTANT, (uint8_t)upto, false), 0);
            assert_int_equal(state_of(s).rd1, rd % 256);
        }
        assert_true(state_of(s).acd);
        assert_int_equal(store_events_seen(s, IMPORTANT, (uint8_t)(rd + 1), false), 0);
        assert_int_equal(state_of(s).rd1, (rd + 1) % 256);
    }
    /* nothing is unread: ACD went with the last one, and RD stands at EC */
    assert_int_equal(state_of(s).rd1, state_of(s).ec1);
    assert_false(state_of(s).acd);
    for (unsigned upto = 0; upto < 256; upto++)
        assert_int_equal(store_events_seen(s, IMPORTANT, (uint8_t)upto, false), 0);
    assert_int_equal(state_of(s).rd1, state_of(s).ec1);
    store_close(s);
}

/* clause: reference part 1, section 2 */
static void acd(void **state)
{
    struct store *s = fix_open(*state);

    put(s, GENERAL, 1);
    assert_false(state_of(s).acd);
    put(s, IMPORTANT, 2);
    put(s, IMPORTANT, 3);
    assert_true(state_of(s).acd);
    /* general events never touch it */
    assert_int_equal(store_events_seen(s, GENERAL, 1, true), 0);
    assert_int_equal(state_of(s).rd2, 1);
    assert_true(state_of(s).acd);
    /* a confirmed report of one of two */
    assert_int_equal(store_events_seen(s, IMPORTANT, 1, false), 0);
    assert_true(state_of(s).acd);
    /* an executed AFN 0E F1 that held no record */
    assert_int_equal(store_events_seen(s, IMPORTANT, 1, true), 0);
    assert_false(state_of(s).acd);
    assert_int_equal(state_of(s).rd1, 1);
    store_close(s);
    s = fix_open(*state);
    assert_false(state_of(s).acd);
    assert_int_equal(state_of(s).rd1, 1);
    put(s, IMPORTANT, 4);
    store_close(s);
    s = fix_open(*state);
    assert_true(state_of(s).acd);
    /* a confirmed report of the last unread one */
    assert_int_equal(store_events_seen(s, IMPORTANT, 3, false), 0);
    assert_false(state_of(s).acd);
    store_close(s);
}

static void nothing_seen_writes_nothing(void **state)
{
    struct store *s = fix_open(*state);
    struct store_stats a, b;

    put(s, IMPORTANT, 1);
    assert_int_equal(store_events_seen(s, IMPORTANT, 1, true), 0);
    store_stats(s, &a);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(store_events_seen(s, IMPORTANT, 1, true), 0);
    store_stats(s, &b);
    assert_int_equal(a.commits, b.commits);
    store_close(s);
}

static void refusals(void **state)
{
    struct store *s = fix_open(*state);
    uint8_t big[EVENT_MAX + 1] = {12}, got[EVENT_MAX], index;
    struct view *v = fix_view(*state);
    int64_t at;

    assert_int_equal(store_put_event(s, 0, big, 9, 0, &index), CN_E_RANGE);
    assert_int_equal(store_put_event(s, 3, big, 9, 0, &index), CN_E_RANGE);
    assert_int_equal(store_put_event(s, IMPORTANT, big, 0, 0, &index), CN_E_RANGE);
    assert_int_equal(store_put_event(s, IMPORTANT, big, EVENT_MAX + 1, 0, &index), CN_E_RANGE);
    assert_int_equal(store_events_seen(s, 0, 0, false), CN_E_RANGE);
    assert_int_equal(store_events_seen(s, 3, 0, false), CN_E_RANGE);
    assert_int_equal(state_of(s).ec1, 0);
    assert_int_equal(store_put_event(s, IMPORTANT, big, EVENT_MAX, 0, NULL), 0);
    assert_int_equal(view_event(v, IMPORTANT, 0, got, sizeof got, &at), EVENT_MAX);
    assert_memory_equal(big, got, EVENT_MAX);
    view_close(v);
    store_close(s);
}

static void a_sweep_takes_its_events_back(void **state)
{
    struct store *s = fix_open(*state);

    put(s, IMPORTANT, 1);
    assert_int_equal(store_sweep_begin(s), 0);
    put(s, IMPORTANT, 2);
    assert_int_equal(store_events_seen(s, IMPORTANT, 2, true), 0);
    assert_int_equal(state_of(s).ec1, 2);
    store_sweep_rollback(s);
    assert_int_equal(state_of(s).ec1, 1);
    assert_int_equal(state_of(s).rd1, 0);
    assert_true(state_of(s).acd);
    assert_int_equal(put(s, IMPORTANT, 3), 1);
    store_close(s);
}

/* The row with the counters is damaged: the records themselves say where the ring stands. */
static void damaged_counters(void **state)
{
    struct store *s = fix_open(*state);
    struct store_opened o;
    sqlite3 *db;
    char path[256];

    for (unsigned n = 0; n < 300; n++)
        put(s, IMPORTANT, n);
    for (unsigned n = 0; n < 7; n++)
        put(s, GENERAL, n);
    assert_int_equal(store_events_seen(s, GENERAL, 7, false), 0);
    store_close(s);
    assert_int_equal(sqlite3_open(fix_path(*state, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE facts SET data = x'01FFFFFFFF00' WHERE key='store.events'", 0, 0, 0), 0);
    assert_int_equal(sqlite3_changes(db), 1);
    sqlite3_close(db);
    s = fix_open(*state);
    store_opened(s, &o);
    assert_true(o.counters_guessed);
    struct event_state e = state_of(s);
    assert_true(e.ec1 == 44 && e.rd1 == 45 && e.ec2 == 7 && e.rd2 == 0 && e.acd);
    assert_int_equal(put(s, IMPORTANT, 300), 44);
    store_close(s);
    s = fix_open(*state);
    store_opened(s, &o);
    assert_false(o.counters_guessed);
    assert_int_equal(state_of(s).ec1, 45);
    store_close(s);
}

static void a_damaged_record_is_refused(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    sqlite3 *db;
    char path[256];
    uint8_t got[EVENT_MAX];
    int64_t at;

    put(s, IMPORTANT, 0);
    put(s, IMPORTANT, 1);
    assert_int_equal(sqlite3_open(fix_path(*state, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE events SET at = at + 1 WHERE idx = 0", 0, 0, 0), 0);
    sqlite3_close(db);
    assert_int_equal(view_event(v, IMPORTANT, 0, got, sizeof got, &at), CN_E_CORRUPT);
    assert_int_equal(view_event(v, IMPORTANT, 1, got, sizeof got, &at), 9);
    view_close(v);
    store_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(the_counter_is_the_write_pointer),
        T(wrap),
        T(the_general_ring_wraps_alone),
        T(read_pointer_rule),
        T(acd),
        T(nothing_seen_writes_nothing),
        T(refusals),
        T(a_sweep_takes_its_events_back),
        T(damaged_counters),
        T(a_damaged_record_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
