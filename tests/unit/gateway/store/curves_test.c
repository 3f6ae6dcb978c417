#include <sqlite3.h>

#include "tests/unit/gateway/store/fixture.h"

enum { POINT = 9, SLOT = 29000000 };

struct got {
    unsigned sets;
    int64_t at[8];
    struct reading_set set[8];
    int ret;
};

static int on_set(void *ctx, unsigned point, const struct reading_set *set)
{
    struct got *g = ctx;

    assert_int_equal(point, POINT);
    assert_true(g->sets < 8);
    g->at[g->sets] = set->at;
    g->set[g->sets++] = *set;
    return g->ret;
}

static int put(struct store *s, unsigned point, int64_t slot, int64_t since)
{
    assert_int_equal(store_sweep_begin(s), 0);
    int ret = store_put_curve(s, point, slot, since, since + 300);
    assert_int_equal(store_sweep_commit(s), 0);
    return ret;
}

static void exec(const struct fix *f, const char *sql)
{
    char path[256];
    sqlite3 *db;

    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static bool has(struct view *v, int64_t slot)
{
    struct got g = {0};
    uint64_t rec;
    int ret = view_curve(v, slot, POINT, &rec, on_set, &g);

    assert_true(ret > 0 || ret == CN_E_NOTFOUND);
    return ret > 0;
}

static void a_sweep_is_kept_as_it_was(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct reading_set old = fix_energy(Q_EQ_Q1, 900, 9), a = fix_energy(Q_EP_IMP, 1000, 1),
                       b = fix_energy(Q_EP_EXP, 1100, 2);
    struct journal_entry e[8];
    struct got g = {0};
    uint64_t rec = 0, oldest;

    fix_put_latest(s, POINT, old);
    fix_put_latest(s, POINT, a);
    fix_put_latest(s, POINT, b);
    assert_int_equal(put(s, POINT, SLOT, 1000), 0);
    /* what was read before the sweep is not in it; each set has its own time, the newest first */
    assert_int_equal(view_curve(v, SLOT, POINT, &rec, on_set, &g), 2);
    assert_true(g.sets == 2 && g.at[0] == 1100 && g.at[1] == 1000);
    fix_set_equal(&g.set[0], &b);
    fix_set_equal(&g.set[1], &a);
    assert_int_equal(view_journal(v, 0, e, 8, &oldest), 4);
    assert_int_equal(e[3].rec, rec);
    assert_int_equal(e[3].kind, JOURNAL_FREEZE);
    assert_int_equal(e[3].sub, FREEZE_CURVE);
    assert_int_equal(e[3].point, POINT);
    assert_int_equal(e[3].slot, SLOT);
    assert_int_equal(e[3].at, 1300);
    /* later values change the latest ones only */
    fix_put_latest(s, POINT, fix_energy(Q_EP_IMP, 2000, 5));
    g = (struct got){0};
    assert_int_equal(view_curve(v, SLOT, POINT, &rec, on_set, &g), 2);
    fix_set_equal(&g.set[1], &a);
    assert_int_equal(rec, e[3].rec);
    /* what the callback says counts */
    g = (struct got){.ret = CN_E_CANCELLED};
    assert_int_equal(view_curve(v, SLOT, POINT, &rec, on_set, &g), CN_E_CANCELLED);
    assert_int_equal(view_curve(v, SLOT, POINT + 1, &rec, on_set, &g), CN_E_NOTFOUND);
    assert_int_equal(view_curve(v, SLOT + 15, POINT, &rec, on_set, &g), CN_E_NOTFOUND);
    view_close(v);
    store_close(s);
}

static void the_first_writer_wins(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct got g = {0};
    uint64_t rec, last;

    fix_put_latest(s, POINT, fix_energy(Q_EP_IMP, 1000, 1));
    assert_int_equal(put(s, POINT, SLOT, 1000), 0);
    last = store_last_rec(s);
    fix_put_latest(s, POINT, fix_energy(Q_EP_IMP, 1500, 2));
    assert_int_equal(put(s, POINT, SLOT, 1000), CN_E_EXISTS);
    assert_int_equal(store_last_rec(s), last + 1);
    assert_int_equal(view_curve(v, SLOT, POINT, &rec, on_set, &g), 1);
    assert_int_equal(g.at[0], 1000);
    /* nothing was read: no record */
    assert_int_equal(put(s, POINT, SLOT + 15, 1501), CN_E_NOTFOUND);
    assert_int_equal(put(s, POINT + 1, SLOT + 15, 0), CN_E_NOTFOUND);
    assert_false(has(v, SLOT + 15));
    assert_int_equal(store_last_rec(s), last + 1);
    view_close(v);
    store_close(s);
}

static void refusals(void **state)
{
    struct store *s = fix_open(*state);

    assert_int_equal(store_put_curve(s, POINT, SLOT, 0, 0), CN_E_STATE);
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_curve(s, 2048, SLOT, 0, 0), CN_E_RANGE);
    assert_int_equal(store_put_curve(s, POINT, -1, 0, 0), CN_E_RANGE);
    assert_int_equal(store_put_curve(s, POINT, INT64_C(1) << 40, 0, 0), CN_E_RANGE);
    assert_int_equal(store_sweep_commit(s), 0);
    assert_int_equal(store_set_depth(s, (struct store_depth){1, 1, 1, 0}), CN_E_RANGE);
    struct freeze f = fix_freeze(FREEZE_CURVE, 1, 1, 1);
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_freeze(s, &f), CN_E_RANGE);
    assert_int_equal(store_sweep_commit(s), 0);
    store_close(s);
}

static void the_ring_keeps_its_slots(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);

    assert_int_equal(store_set_depth(s, (struct store_depth){1, 1, 1, 3}), 0);
    fix_put_latest(s, POINT, fix_energy(Q_EP_IMP, 1000, 1));
    for (int64_t i = 0; i < 5; i++)
        assert_int_equal(put(s, POINT, SLOT + 15 * i, 1000), 0);
    assert_true(!has(v, SLOT) && !has(v, SLOT + 15) && has(v, SLOT + 30) && has(v, SLOT + 60));
    assert_int_equal(put(s, POINT, SLOT + 15, 1000), CN_E_STALE);
    /* a slot far ahead costs one place, and the count is right after opening again */
    store_close(s);
    s = fix_open(*state);
    assert_int_equal(store_set_depth(s, (struct store_depth){1, 1, 1, 3}), 0);
    assert_int_equal(put(s, POINT, SLOT + 1000000, 1000), 0);
    assert_true(!has(v, SLOT + 30) && has(v, SLOT + 45) && has(v, SLOT + 60) && has(v, SLOT + 1000000));
    assert_int_equal(store_drop_freezes(s, FREEZE_CURVE, SLOT + 1000), 0);
    assert_false(has(v, SLOT + 1000000));
    assert_int_equal(put(s, POINT, SLOT + 75, 1000), 0);
    assert_true(has(v, SLOT + 45) && has(v, SLOT + 60) && has(v, SLOT + 75));
    /* it is the present that is wrong */
    assert_int_equal(store_drop_freezes(s, FREEZE_CURVE, 100), CN_E_RANGE);
    assert_true(has(v, SLOT + 45));
    view_close(v);
    store_close(s);
}

static void damage_costs_one_record_and_heals(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct got g = {0};
    uint64_t rec;

    fix_put_latest(s, POINT, fix_energy(Q_EP_IMP, 1000, 1));
    assert_int_equal(put(s, POINT, SLOT, 1000), 0);
    assert_int_equal(put(s, POINT, SLOT + 15, 1000), 0);
    store_close(s);
    exec(*state, "UPDATE curves SET data = zeroblob(length(data)) WHERE id = (SELECT min(id) FROM curves)");
    s = fix_open(*state);
    assert_int_equal(view_curve(v, SLOT, POINT, &rec, on_set, &g), CN_E_CORRUPT);
    assert_true(has(v, SLOT + 15));
    assert_int_equal(put(s, POINT, SLOT, 1000), 0);
    assert_true(has(v, SLOT));
    view_close(v);
    store_close(s);
}

static void a_repair_keeps_them(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct store_opened opened;

    fix_put_latest(s, POINT, fix_energy(Q_EP_IMP, 1000, 1));
    assert_int_equal(put(s, POINT, SLOT, 1000), 0);
    store_close(s);
    exec(*state, "DROP TABLE events");
    s = fix_open(*state);
    store_opened(s, &opened);
    assert_int_equal(opened.damaged, 1);
    assert_true(has(v, SLOT));
    view_close(v);
    store_close(s);
}

static void a_store_of_version_1_gets_the_table(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct reading_set got, a = fix_energy(Q_EP_IMP, 1000, 1);

    fix_put_latest(s, POINT, a);
    store_close(s);
    exec(*state, "DROP TABLE curves; PRAGMA user_version = 1");
    s = fix_open(*state);
    assert_int_equal(put(s, POINT, SLOT, 1000), 0);
    assert_true(has(v, SLOT));
    assert_int_equal(view_latest(v, POINT, Q_EP_IMP, &got), 0);
    fix_set_equal(&got, &a);
    view_close(v);
    store_close(s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_sweep_is_kept_as_it_was),
        T(the_first_writer_wins),
        T(refusals),
        T(the_ring_keeps_its_slots),
        T(damage_costs_one_record_and_heals),
        T(a_repair_keeps_them),
        T(a_store_of_version_1_gets_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
