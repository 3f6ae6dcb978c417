#include <sqlite3.h>

#include "gateway/base/civil.h"
#include "tests/unit/gateway/store/fixture.h"

static void exec(const struct fix *f, const char *sql)
{
    char path[256];
    sqlite3 *db;

    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int put(struct store *s, struct freeze f)
{
    assert_int_equal(store_sweep_begin(s), 0);
    int ret = store_put_freeze(s, &f);
    assert_int_equal(store_sweep_commit(s), 0);
    return ret;
}

/* ---- latest ---- */

struct all {
    unsigned calls;
    int64_t at[16];
    int ret;
};

static int on_set(void *ctx, unsigned point, const struct reading_set *set)
{
    struct all *a = ctx;

    assert_int_equal(point, 9);
    a->at[a->calls++] = set->at;
    return a->ret;
}

static void latest_values_keep_their_own_time(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct reading_set a = fix_energy(Q_EP_IMP, 1000, 1), b = fix_energy(Q_EP_EXP, 2000, 2), got;
    struct all all = {0};

    assert_int_equal(view_latest(v, 9, Q_EP_IMP, &got), CN_E_NOTFOUND);
    assert_int_equal(view_latest_all(v, 9, on_set, &all), CN_E_NOTFOUND);
    fix_put_latest(s, 9, a);
    fix_put_latest(s, 9, b);
    assert_int_equal(view_latest(v, 9, Q_EP_IMP, &got), 0);
    fix_set_equal(&got, &a);
    assert_int_equal(view_latest(v, 9, Q_EP_EXP, &got), 0);
    fix_set_equal(&got, &b);
    assert_int_equal(view_latest(v, 9, Q_U_A, &got), CN_E_NOTFOUND);
    assert_int_equal(view_latest(v, 8, Q_EP_IMP, &got), CN_E_NOTFOUND);
    assert_int_equal(view_latest_all(v, 9, on_set, &all), 2);
    assert_true(all.calls == 2 && all.at[0] == 2000 && all.at[1] == 1000);
    all = (struct all){.ret = CN_E_CANCELLED};
    assert_int_equal(view_latest_all(v, 9, on_set, &all), CN_E_CANCELLED);
    assert_int_equal(all.calls, 1);
    /* a reading with a smaller time replaces too: what was read last is the latest */
    a = fix_energy(Q_EP_IMP, 500, 3);
    fix_put_latest(s, 9, a);
    assert_int_equal(view_latest(v, 9, Q_EP_IMP, &got), 0);
    fix_set_equal(&got, &a);
    store_close(s);
    s = fix_open(*state);
    assert_int_equal(view_latest(v, 9, Q_EP_EXP, &got), 0);
    fix_set_equal(&got, &b);
    view_close(v);
    store_close(s);
}

static void latest_refusals(void **state)
{
    struct store *s = fix_open(*state);
    struct reading_set set = fix_energy(Q_EP_IMP, 1, 1), none = {.at = 1};

    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_latest(s, 65536, &set), CN_E_RANGE);
    assert_int_equal(store_put_latest(s, 1, &none), CN_E_RANGE);
    set.r[1].value.exp10 = 100;
    assert_int_equal(store_put_latest(s, 1, &set), CN_E_RANGE);
    set.count = READINGS_MAX + 1;
    assert_int_equal(store_put_latest(s, 1, &set), CN_E_RANGE);
    /* refusals do not end the sweep */
    set = fix_energy(Q_EP_IMP, 1, 1);
    assert_int_equal(store_put_latest(s, 1, &set), 0);
    assert_int_equal(store_sweep_commit(s), 0);
    assert_int_equal(store_last_rec(s), 1);
    store_close(s);
}

static void damaged_latest_values(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct reading_set a = fix_energy(Q_EP_IMP, 1000, 1), b = fix_energy(Q_EP_EXP, 2000, 2), got;

    fix_put_latest(s, 9, a);
    fix_put_latest(s, 10, a);
    exec(*state, "UPDATE latest SET point = 11 WHERE point = 9");
    assert_int_equal(view_latest(v, 11, Q_EP_IMP, &got), CN_E_CORRUPT);
    assert_int_equal(view_latest(v, 10, Q_EP_IMP, &got), 0);
    fix_put_latest(s, 11, b);
    assert_int_equal(view_latest(v, 11, Q_EP_EXP, &got), 0);
    assert_int_equal(view_latest(v, 11, Q_EP_IMP, &got), CN_E_NOTFOUND);
    view_close(v);
    store_close(s);
}

/* ---- freezes ---- */

static void freezes_come_back_whole(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct freeze got, f = fix_freeze(FREEZE_MONTH, 640, 2040, 77);

    f.flags = FREEZE_METER | FREEZE_FILLED;
    reading_put(&f.set, Q_U_A, 0, value_none());
    reading_put(&f.set, Q_P, 0, (struct value){-238, -4, VALUE_DOUBTFUL});
    assert_int_equal(put(s, f), 0);
    assert_int_equal(view_freeze(v, FREEZE_MONTH, 640, 2040, &got), 0);
    assert_true(got.kind == FREEZE_MONTH && got.flags == f.flags && got.point == 2040 && got.slot == 640);
    assert_int_equal(got.frozen_at, f.frozen_at);
    assert_int_equal(got.rec, 1);
    fix_set_equal(&got.set, &f.set);
    assert_int_equal(view_freeze(v, FREEZE_DAY, 640, 2040, &got), CN_E_NOTFOUND);
    assert_int_equal(view_freeze(v, FREEZE_MONTH, 641, 2040, &got), CN_E_NOTFOUND);
    assert_int_equal(view_freeze(v, FREEZE_MONTH, 640, 2039, &got), CN_E_NOTFOUND);
    view_close(v);
    store_close(s);
}

static void the_first_writer_wins(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct freeze got;

    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 20000, 1, 1)), 0);
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 20000, 1, 2)), CN_E_EXISTS);
    assert_int_equal(put(s, fix_missing(FREEZE_DAY, 20000, 1, 5)), CN_E_EXISTS);
    assert_true(fix_has(v, FREEZE_DAY, 20000, 1, 1));
    assert_int_equal(store_last_rec(s), 1);
    /* a mark "missing" is replaced: by a later mark, then by values; each is a record */
    assert_int_equal(put(s, fix_missing(FREEZE_DAY, 20000, 2, 5)), 0);
    assert_int_equal(put(s, fix_missing(FREEZE_DAY, 20000, 2, 6)), 0);
    assert_int_equal(view_freeze(v, FREEZE_DAY, 20000, 2, &got), 0);
    assert_true(got.flags == FREEZE_MISSING && got.set.at == 6 && got.set.count == 0 && got.rec == 3);
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 20000, 2, 9)), 0);
    assert_true(fix_has(v, FREEZE_DAY, 20000, 2, 9));
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 20000, 2, 10)), CN_E_EXISTS);
    assert_int_equal(store_last_rec(s), 4);
    /* CN_E_EXISTS does not end a sweep */
    struct freeze again = fix_freeze(FREEZE_DAY, 20000, 1, 3), next = fix_freeze(FREEZE_DAY, 20000, 3, 3);
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_freeze(s, &again), CN_E_EXISTS);
    assert_int_equal(store_put_freeze(s, &next), 0);
    assert_int_equal(store_sweep_commit(s), 0);
    assert_true(fix_has(v, FREEZE_DAY, 20000, 3, 3));
    view_close(v);
    store_close(s);
}

/* fault 25, 26: the clock goes back over an hour, a day, a month and the periods come again */
static void a_clock_going_back_rewrites_nothing(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);

    for (unsigned kind = FREEZE_DAY; kind <= FREEZE_HOUR; kind++) {
        for (int64_t slot = 100; slot < 110; slot++)
            assert_int_equal(put(s, fix_freeze(kind, slot, 1, slot)), 0);
        uint64_t rec = store_last_rec(s);
        for (int64_t slot = 107; slot < 110; slot++)
            assert_int_equal(put(s, fix_freeze(kind, slot, 1, 999)), CN_E_EXISTS);
        assert_int_equal(store_last_rec(s), rec);
        assert_int_equal(put(s, fix_freeze(kind, 110, 1, 110)), 0);
        for (int64_t slot = 100; slot <= 110; slot++)
            assert_true(fix_has(v, kind, slot, 1, slot));
    }
    view_close(v);
    store_close(s);
}

static void freeze_refusals(void **state)
{
    struct store *s = fix_open(*state);
    struct freeze f = fix_freeze(FREEZE_DAY, 1, 1, 1);
    uint8_t have[64], missing[64];

    f.kind = 0;
    assert_int_equal(put(s, f), CN_E_RANGE);
    f.kind = 4;
    assert_int_equal(put(s, f), CN_E_RANGE);
    f = fix_freeze(FREEZE_DAY, 1, 1, 1);
    f.flags = 8;
    assert_int_equal(put(s, f), CN_E_RANGE);
    f.flags = FREEZE_MISSING; /* with values */
    assert_int_equal(put(s, f), CN_E_RANGE);
    f.flags = 0;
    f.set.count = 0; /* without values, but not marked */
    assert_int_equal(put(s, f), CN_E_RANGE);
    f = fix_freeze(FREEZE_DAY, 1, 1, 1);
    f.set.r[0].value.quality = 7;
    assert_int_equal(put(s, f), CN_E_RANGE);
    assert_int_equal(store_freeze_map(s, 0, 1, 0, 8, have, missing), CN_E_RANGE);
    assert_int_equal(store_freeze_map(s, FREEZE_DAY, 1, 0, 513, have, missing), CN_E_RANGE);
    assert_int_equal(store_last_rec(s), 0);
    store_close(s);
}

static void the_map_of_slots(void **state)
{
    struct store *s = fix_open(*state);
    uint8_t have[64], missing[64];

    for (int64_t slot = -3; slot < 509; slot += 7)
        assert_int_equal(
            put(s, slot % 2 ? fix_freeze(FREEZE_HOUR, slot, 5, 1) : fix_missing(FREEZE_HOUR, slot, 5, 1)), 0);
    assert_int_equal(put(s, fix_freeze(FREEZE_HOUR, 0, 6, 1)), 0); /* another point */
    memset(have, 0xFF, sizeof have);
    memset(missing, 0xFF, sizeof missing);
    assert_int_equal(store_freeze_map(s, FREEZE_HOUR, 5, -3, 512, have, missing), 0);
    for (int i = 0; i < 512; i++) {
        int64_t slot = -3 + i;
        bool there = i % 7 == 0;
        assert_int_equal(have[i / 8] >> i % 8 & 1, there && slot % 2);
        assert_int_equal(missing[i / 8] >> i % 8 & 1, there && slot % 2 == 0);
    }
    /* only the bytes that n needs are written */
    memset(have, 0xAA, sizeof have);
    assert_int_equal(store_freeze_map(s, FREEZE_HOUR, 5, 0, 9, have, missing), 0);
    assert_int_equal(have[2], 0xAA);
    assert_int_equal(have[1], 0);
    assert_int_equal(have[0], 0);
    store_close(s);
}

static void a_damaged_slot_is_filled_again(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct freeze got;
    uint8_t have[1], missing[1];

    for (unsigned point = 1; point <= 3; point++)
        assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 7, point, 1)), 0);
    exec(*state, "UPDATE freezes SET data = zeroblob(20) WHERE point = 2");
    exec(*state, "UPDATE freezes SET flags = 1 WHERE point = 3");
    assert_int_equal(view_freeze(v, FREEZE_DAY, 7, 2, &got), CN_E_CORRUPT);
    assert_int_equal(view_freeze(v, FREEZE_DAY, 7, 3, &got), CN_E_CORRUPT);
    assert_true(fix_has(v, FREEZE_DAY, 7, 1, 1));
    assert_int_equal(store_freeze_map(s, FREEZE_DAY, 2, 7, 1, have, missing), 0);
    assert_true(have[0] == 0 && missing[0] == 0);
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 7, 2, 5)), 0);
    assert_true(fix_has(v, FREEZE_DAY, 7, 2, 5));
    view_close(v);
    store_close(s);
}

/* ---- rings ---- */

static unsigned count_rows(struct view *v, unsigned kind, int64_t first, int64_t last, unsigned point)
{
    struct freeze got;
    unsigned n = 0;

    for (int64_t slot = first; slot <= last; slot++) {
        int ret = view_freeze(v, kind, slot, point, &got);
        assert_true(ret == 0 || ret == CN_E_NOTFOUND);
        n += ret == 0;
    }
    return n;
}

static void the_slot_after_the_last_replaces_the_oldest(void **state)
{
    static const struct {
        unsigned kind, depth;
    } rings[] = {{FREEZE_DAY, 62}, {FREEZE_MONTH, 13}, {FREEZE_HOUR, 300}};
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);

    for (unsigned k = 0; k < 3; k++) {
        unsigned kind = rings[k].kind, depth = rings[k].depth;
        for (unsigned i = 0; i < depth; i++) {
            assert_int_equal(put(s, fix_freeze(kind, 1000 + i, 1, i)), 0);
            assert_int_equal(put(s, fix_freeze(kind, 1000 + i, 2, i)), 0);
        }
        assert_true(fix_has(v, kind, 1000, 1, 0));
        assert_int_equal(put(s, fix_freeze(kind, 1000 + depth, 1, depth)), 0); /* the 63rd day */
        assert_false(fix_has(v, kind, 1000, 1, 0));
        assert_false(fix_has(v, kind, 1000, 2, 0));
        assert_true(fix_has(v, kind, 1001, 2, 1));
        assert_int_equal(count_rows(v, kind, 900, 1000 + depth, 1), depth);
        /* and after a restart */
        store_close(s);
        s = fix_open(*state);
        assert_int_equal(put(s, fix_freeze(kind, 1001 + depth, 1, depth)), 0);
        assert_int_equal(count_rows(v, kind, 900, 1001 + depth, 1), depth);
        assert_false(fix_has(v, kind, 1001, 2, 1));
    }
    view_close(v);
    store_close(s);
}

static void the_depth_can_be_changed(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);

    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(put(s, fix_freeze(FREEZE_DAY, i, 1, i)), 0);
    assert_int_equal(store_set_depth(s, (struct store_depth){5, 1, 1, 5}), 0);
    assert_int_equal(count_rows(v, FREEZE_DAY, 0, 30, 1), 20);
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 20, 1, 20)), 0);
    assert_int_equal(count_rows(v, FREEZE_DAY, 0, 30, 1), 5);
    assert_int_equal(count_rows(v, FREEZE_DAY, 16, 20, 1), 5);
    view_close(v);
    store_close(s);
}

/* What is too old for a full ring is not worth a newer slot; a slot inside the ring is. */
static void filling_older_slots(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);

    assert_int_equal(store_set_depth(s, (struct store_depth){5, 1, 1, 5}), 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 100 + i * 2, 1, i)), 0);
    struct freeze old = fix_freeze(FREEZE_DAY, 99, 1, 7), next = fix_freeze(FREEZE_DAY, 108, 2, 4);
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_freeze(s, &old), CN_E_STALE);
    assert_int_equal(store_put_freeze(s, &next), 0);
    assert_int_equal(store_sweep_commit(s), 0);
    assert_int_equal(count_rows(v, FREEZE_DAY, 90, 110, 1), 5);
    assert_true(fix_has(v, FREEZE_DAY, 108, 2, 4));
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 105, 1, 9)), 0);
    assert_true(fix_has(v, FREEZE_DAY, 105, 1, 9));
    assert_false(fix_has(v, FREEZE_DAY, 100, 1, 0));
    assert_int_equal(count_rows(v, FREEZE_DAY, 90, 110, 1), 5);
    view_close(v);
    store_close(s);
}

/* fault 21, 27: a clock in 2099, then the right one again, then one before the epoch */
static void slots_of_a_wrong_clock(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    int64_t today = 20000, far = 47482; /* 2099-12-31 */

    for (int64_t d = 0; d < 62; d++)
        assert_int_equal(put(s, fix_freeze(FREEZE_DAY, today - 61 + d, 1, d)), 0);
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, far, 1, 5)), 0);
    assert_true(fix_has(v, FREEZE_DAY, far, 1, 5));
    /* one place, not the whole ring */
    assert_int_equal(count_rows(v, FREEZE_DAY, today - 61, today, 1), 61);
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, today + 1, 1, 6)), 0);
    assert_int_equal(count_rows(v, FREEZE_DAY, today - 61, today + 1, 1), 61);
    /* the clock is right again: what it never reached is dropped */
    assert_int_equal(store_drop_freezes(s, FREEZE_DAY, today + 2), 0);
    assert_int_equal(store_drop_freezes(s, 9, 0), CN_E_RANGE);
    /* from a clock in 1970 everything looks like the future */
    assert_int_equal(store_drop_freezes(s, FREEZE_DAY, 2), CN_E_RANGE);
    assert_int_equal(store_drop_freezes(s, FREEZE_DAY, INT64_MIN), CN_E_RANGE);
    assert_int_equal(count_rows(v, FREEZE_DAY, today - 61, today + 1, 1), 61);
    assert_int_equal(store_drop_freezes(s, FREEZE_MONTH, 0), 0); /* an empty ring stays empty */
    assert_false(fix_has(v, FREEZE_DAY, far, 1, 5));
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, today + 2, 1, 6)), 0);
    assert_int_equal(count_rows(v, FREEZE_DAY, today - 61, today + 2, 1), 62);
    view_close(v);
    store_close(s);
}

static void dropping_is_part_of_the_sweep(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);

    assert_int_equal(store_set_depth(s, (struct store_depth){3, 1, 1, 5}), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(put(s, fix_freeze(FREEZE_DAY, i, 1, i)), 0);
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_drop_freezes(s, FREEZE_DAY, 1), 0);
    store_sweep_rollback(s);
    assert_int_equal(count_rows(v, FREEZE_DAY, 0, 3, 1), 3);
    /* the counters came back too */
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, 3, 1, 3)), 0);
    assert_int_equal(count_rows(v, FREEZE_DAY, 0, 3, 1), 3);
    assert_false(fix_has(v, FREEZE_DAY, 0, 1, 0));
    view_close(v);
    store_close(s);
}

/* fault 30: every day from 1960 to 2099 in its place, leap days and month ends included */
static void a_century_of_slots(void **state)
{
    struct zone z = {.offset_s = 8 * 3600};
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    int64_t first = -3653, last = 47482, previous = first - 1;
    struct freeze got;

    assert_int_equal(store_set_depth(s, (struct store_depth){65535, 65535, 65535, 5}), 0);
    assert_int_equal(store_sweep_begin(s), 0);
    for (int64_t d = first; d <= last; d++) {
        int64_t noon = slot_day_end(z, d) - 12 * 3600;
        assert_int_equal(slot_day(z, noon), d);
        struct freeze day = fix_freeze(FREEZE_DAY, d, 1, d),
                      month = fix_freeze(FREEZE_MONTH, slot_month(z, noon), 1, d);
        assert_int_equal(store_put_freeze(s, &day), 0);
        int ret = store_put_freeze(s, &month);
        assert_true(ret == 0 || ret == CN_E_EXISTS);
    }
    assert_int_equal(store_sweep_commit(s), 0);
    /* 140 years of months, 51136 days */
    assert_int_equal(count_rows(v, FREEZE_MONTH, -120, 1559, 1), 140 * 12);
    for (int64_t d = first; d <= last; d += 97)
        assert_true(fix_has(v, FREEZE_DAY, d, 1, d));
    /* the journal has them in the order of time */
    struct journal_entry e[512];
    uint64_t cursor = 0, oldest;
    int n;
    while ((n = view_journal(v, cursor, e, 512, &oldest)) > 0) {
        for (int i = 0; i < n; i++) {
            cursor = e[i].rec;
            if (e[i].sub == FREEZE_DAY)
                assert_int_equal(e[i].slot, ++previous);
        }
    }
    assert_int_equal(previous, last);
    /* the oldest in the table is the oldest in time, also below zero */
    store_close(s);
    s = fix_open(*state);
    assert_int_equal(store_set_depth(s, (struct store_depth){51136, 1, 1, 5}), 0);
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, last + 1, 1, 0)), 0);
    assert_int_equal(view_freeze(v, FREEZE_DAY, first, 1, &got), CN_E_NOTFOUND);
    assert_true(fix_has(v, FREEZE_DAY, first + 1, 1, first + 1));
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, INT64_MAX, 1, 0)), 0);
    assert_int_equal(put(s, fix_freeze(FREEZE_DAY, INT64_MIN, 1, 0)), CN_E_STALE);
    view_close(v);
    store_close(s);
}

/* After the wrap-around the file stays as large as it is. */
static void the_file_stops_growing(void **state)
{
    struct store *s = fix_open(*state);
    int64_t full = 0;

    assert_int_equal(store_set_depth(s, (struct store_depth){5, 5, 5, 5}), 0);
    assert_int_equal(store_set_journal(s, 300), 0);
    for (unsigned day = 0; day < 60; day++) {
        assert_int_equal(store_sweep_begin(s), 0);
        for (unsigned point = 1; point <= 40; point++) {
            struct freeze f = fix_freeze(FREEZE_DAY, day, point, day * 1000 + point);
            struct reading_set set = fix_energy(Q_EP_IMP, day, day * 1000 + point);
            assert_int_equal(store_put_freeze(s, &f), 0);
            assert_int_equal(store_put_latest(s, point, &set), 0);
        }
        assert_int_equal(store_sweep_commit(s), 0);
        if (day % 10 == 9) { /* closing writes everything back */
            store_close(s);
            s = fix_open(*state);
            assert_int_equal(store_set_depth(s, (struct store_depth){5, 5, 5, 5}), 0);
            assert_int_equal(store_set_journal(s, 300), 0);
            if (day == 29)
                full = fix_size(*state, "store.db");
        }
    }
    assert_true(full > 0);
    assert_in_range(fix_size(*state, "store.db"), 1, full + 2 * 2048);
    store_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(latest_values_keep_their_own_time),
        T(latest_refusals),
        T(damaged_latest_values),
        T(freezes_come_back_whole),
        T(the_first_writer_wins),
        T(a_clock_going_back_rewrites_nothing),
        T(freeze_refusals),
        T(the_map_of_slots),
        T(a_damaged_slot_is_filled_again),
        T(the_slot_after_the_last_replaces_the_oldest),
        T(the_depth_can_be_changed),
        T(filling_older_slots),
        T(slots_of_a_wrong_clock),
        T(dropping_is_part_of_the_sweep),
        T(a_century_of_slots),
        T(the_file_stops_growing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
