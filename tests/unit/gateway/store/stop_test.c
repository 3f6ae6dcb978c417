/*
 * Writing stops at the n-th change of a file, for every n of a script: a failing disk, a full one, a lost
 * power (whatever is written stays, nothing comes after). What was acknowledged is there afterwards, and
 * every transaction is whole or absent.
 */
#include "tests/unit/gateway/store/fixture.h"
#include "tests/unit/gateway/store/stop_vfs.h"

#include "gateway/store/schema.h"

enum { POINTS = 12, DAYS = 3, PARAMS = 4 };

static const struct mode {
    const char *name;
    int code;
    bool once, torn, only_sync;
    int err; /* what the caller may be told */
} modes[] = {
    {"power lost", SQLITE_IOERR, false, false, false, CN_E_IO},
    {"power lost inside a write", SQLITE_IOERR, false, true, false, CN_E_IO},
    {"one I/O error", SQLITE_IOERR, true, false, false, CN_E_IO},
    {"one torn write", SQLITE_IOERR, true, true, false, CN_E_IO},
    {"one failed sync", SQLITE_IOERR, true, false, true, CN_E_IO},
    {"full once", SQLITE_FULL, true, false, false, CN_E_FULL},
    {"full", SQLITE_FULL, false, true, false, CN_E_FULL},
    {"read-only", SQLITE_READONLY, false, false, false, CN_E_IO},
};

struct acked {
    bool open, sweep, param, event;
};

static int sweep(struct store *s, int64_t day)
{
    int ret = store_sweep_begin(s);

    for (unsigned p = 1; p <= POINTS && ret == 0; p++) {
        struct freeze f = fix_freeze(FREEZE_DAY, day, p, day * 100 + p);
        struct reading_set set = fix_energy(Q_EP_IMP, day, day * 100 + p);
        ret = store_put_freeze(s, &f);
        if (ret == 0)
            ret = store_put_latest(s, p, &set);
    }
    if (store_in_sweep(s)) {
        int end = store_sweep_commit(s);
        ret = ret < 0 ? ret : end;
    }
    return ret;
}

static int params(struct store *s, uint8_t value)
{
    struct param_write w[PARAMS];

    for (unsigned i = 0; i < PARAMS; i++)
        w[i] = (struct param_write){.fn = 33, .sub = (uint16_t)i, .data = &value, .length = 1};
    return store_params_write(s, w, PARAMS, 1);
}

static int event(struct store *s, uint8_t value)
{
    return store_put_event(s, RING_IMPORTANT, &value, 1, value, NULL);
}

/* What the script finds: DAYS days, parameters 1, one event. */
static void prepare(struct fix *f)
{
    struct store *s = fix_open(f);

    for (int64_t d = 1; d <= DAYS; d++)
        assert_int_equal(sweep(s, d), 0);
    assert_int_equal(params(s, 1), 0);
    assert_int_equal(event(s, 1), 0);
    store_close(s);
}

/* The script: open, one more of each, close (which writes the -wal back). */
static void act(const struct fix *f, const struct mode *m, int64_t day, struct acked *a)
{
    struct store *s;
    int ret[4] = {store_open(f->dir, &s), 0, 0, 0};

    if (ret[0] < 0 && m->once)
        ret[0] = store_open(f->dir, &s);
    a->open = ret[0] == 0;
    if (a->open) {
        ret[1] = sweep(s, day);
        if (ret[1] < 0 && m->once)
            assert_int_equal(sweep(s, day), 0); /* the caller still has the rows and tries again */
        ret[2] = params(s, 2);
        if (ret[2] < 0 && m->once)
            assert_int_equal(params(s, 2), 0);
        ret[3] = event(s, 2);
        if (ret[3] < 0 && m->once)
            assert_int_equal(event(s, 2), 0);
        a->sweep = ret[1] == 0 || m->once;
        a->param = ret[2] == 0 || m->once;
        a->event = ret[3] == 0 || m->once;
        store_close(s);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_true(ret[i] == 0 || ret[i] == m->err);
}

static unsigned count_day(struct view *v, int64_t day)
{
    unsigned n = 0;

    for (unsigned p = 1; p <= POINTS; p++)
        n += fix_has(v, FREEZE_DAY, day, p, day * 100 + p);
    return n;
}

static void check(const struct fix *f, int64_t day, bool old_data, const struct acked *a)
{
    struct store *s = fix_open(f);
    struct view *v = fix_view(f);
    struct store_opened o;
    struct event_state e;
    uint8_t b[4], first = 0;
    int64_t at;

    store_opened(s, &o);
    assert_int_equal(o.damaged, 0);
    for (int64_t d = 1; old_data && d <= DAYS; d++)
        assert_int_equal(count_day(v, d), POINTS);
    unsigned n = count_day(v, day);
    assert_true(n == POINTS || (n == 0 && !a->sweep));
    for (unsigned p = 1; p <= POINTS; p++) { /* latest values belong to the same sweep */
        struct reading_set set;
        int ret = view_latest(v, p, Q_EP_IMP, &set);
        if (n == 0 && !old_data) {
            assert_int_equal(ret, CN_E_NOTFOUND);
            continue;
        }
        assert_int_equal(ret, 0);
        assert_int_equal(set.at, n ? day : DAYS);
    }
    for (unsigned i = 0; i < PARAMS; i++) {
        int ret = view_param(v, 33, 0, i, b, sizeof b);
        if (ret == CN_E_NOTFOUND && !old_data && !a->param)
            b[0] = 0;
        else
            assert_int_equal(ret, 1);
        if (i == 0)
            first = b[0];
        assert_int_equal(b[0], first); /* all or none */
    }
    assert_true(first == 2 || !a->param);
    assert_int_equal(view_event_state(v, &e), 0);
    assert_int_equal(e.ec1, (old_data ? 1 : 0) + (a->event ? 1 : e.ec1 - (old_data ? 1 : 0)));
    assert_true(e.ec1 <= 2);
    for (unsigned i = 0; i < e.ec1; i++) {
        assert_int_equal(view_event(v, RING_IMPORTANT, (uint8_t)i, b, sizeof b, &at), 1);
        assert_int_equal(b[0], at);
    }
    /* and life goes on */
    assert_int_equal(sweep(s, day + 1), 0);
    assert_int_equal(count_day(v, day + 1), POINTS);
    view_close(v);
    store_close(s);
}

static void run(bool old_data)
{
    struct fix base, f;

    stop_clear();
    fix_make(&base);
    fix_make(&f);
    if (old_data)
        prepare(&base);
    for (unsigned m = 0; m < sizeof modes / sizeof modes[0]; m++) {
        long n = 1;
        for (bool fired = true; fired; n++) {
            struct acked a = {0};
            fix_clear(f.dir);
            if (old_data)
                fix_copy_dir(base.dir, f.dir);
            stop = (struct stop){.armed = true,
                                 .at = n,
                                 .code = modes[m].code,
                                 .once = modes[m].once,
                                 .torn = modes[m].torn,
                                 .only_sync = modes[m].only_sync};
            act(&f, &modes[m], DAYS + 1, &a);
            fired = stop.stopped > 0;
            if (!fired)
                assert_true(a.open && a.sweep && a.param && a.event);
            stop_clear();
            check(&f, DAYS + 1, old_data, &a);
        }
        print_message("%s: stopped at each of %ld changes\n", modes[m].name, n - 2);
        assert_true(n > 10);
    }
    fix_remove(&base);
    fix_remove(&f);
}

static void a_sweep_a_parameter_an_event(void **state)
{
    (void)state;
    run(true);
}

static void the_first_start(void **state)
{
    (void)state;
    run(false);
}

static void a_migration(void **state)
{
    static const char *const steps[] = {
        "CREATE TABLE a(x); INSERT INTO a VALUES(zeroblob(9000)), (1);",
        "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = 7;",
        "CREATE TABLE b AS SELECT y AS z FROM a; DROP TABLE a;",
    };
    struct fix *f = *state;
    char path[256];

    mkdir(f->dir, 0750);
    fix_path(f, "m.db", path);
    for (unsigned m = 0; m < sizeof modes / sizeof modes[0]; m++) {
        long n = 1;
        for (bool fired = true; fired; n++) {
            struct db d = {0};
            int64_t version, tables, sum;
            stop_clear();
            fix_clear(f->dir);
            mkdir(f->dir, 0750);
            assert_int_equal(sqlite3_open(path, &d.h), SQLITE_OK);
            assert_int_equal(db_exec(&d, "PRAGMA journal_mode = wal; PRAGMA synchronous = full"), 0);
            assert_int_equal(schema_migrate(&d, steps, 1), 0);
            stop = (struct stop){.armed = true,
                                 .at = n,
                                 .code = modes[m].code,
                                 .once = modes[m].once,
                                 .torn = modes[m].torn,
                                 .only_sync = modes[m].only_sync};
            int ret = schema_migrate(&d, steps, 3);
            db_close(&d);
            fired = stop.stopped > 0;
            assert_true(ret == 0 || (fired && ret == modes[m].err));
            stop_clear();
            /* one of the versions, whole; the next start goes on from there */
            assert_int_equal(sqlite3_open(path, &d.h), SQLITE_OK);
            assert_int_equal(db_pragma(&d, "PRAGMA user_version", &version), 0);
            assert_in_range(version, ret == 0 ? 3 : 1, 3);
            assert_int_equal(db_pragma(&d, "SELECT count(*) FROM sqlite_schema", &tables), 0);
            assert_int_equal(tables, 1);
            assert_int_equal(db_pragma(&d,
                                       version == 1   ? "SELECT count(*) FROM a WHERE length(x) IN (1, 9000)"
                                       : version == 2 ? "SELECT count(*) FROM a WHERE y = 7"
                                                      : "SELECT count(*) FROM b WHERE z = 7",
                                       &sum),
                             0);
            assert_int_equal(sum, 2);
            assert_int_equal(schema_migrate(&d, steps, 3), 0);
            db_close(&d);
        }
        assert_true(n > 6 || modes[m].only_sync);
    }
}

/* A replacement of a damaged database, stopped anywhere: the rows that can be read are never lost on the way.
 */
static void a_replacement(void **state)
{
    struct fix base, f;
    char path[256];

    (void)state;
    stop_clear();
    fix_make(&base);
    fix_make(&f);
    prepare(&base);
    /* the journal is what is lost: its root page is empty */
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(fix_path(&base, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name='journal'", -1, &st, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    long root = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    uint8_t zero[SCHEMA_PAGE] = {0};
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, zero, sizeof zero, (root - 1) * SCHEMA_PAGE), sizeof zero);
    close(fd);
    for (unsigned m = 0; m < sizeof modes / sizeof modes[0]; m++) {
        long n = 1;
        for (bool fired = true; fired; n++) {
            struct store *s;
            fix_clear(f.dir);
            fix_copy_dir(base.dir, f.dir);
            stop = (struct stop){.armed = true,
                                 .at = n,
                                 .code = modes[m].code,
                                 .once = modes[m].once,
                                 .torn = modes[m].torn,
                                 .only_sync = modes[m].only_sync};
            int ret = store_open(f.dir, &s);
            fired = stop.stopped > 0;
            assert_true(ret == 0 || (fired && ret == modes[m].err));
            if (ret == 0)
                store_close(s);
            stop_clear();
            s = fix_open(&f);
            struct view *v = fix_view(&f);
            struct event_state e;
            uint8_t b[4];
            for (int64_t d = 1; d <= DAYS; d++)
                assert_int_equal(count_day(v, d), POINTS);
            for (unsigned i = 0; i < PARAMS; i++)
                assert_true(view_param(v, 33, 0, i, b, sizeof b) == 1 && b[0] == 1);
            assert_int_equal(view_event_state(v, &e), 0);
            assert_int_equal(e.ec1, 1);
            assert_int_equal(sweep(s, DAYS + 1), 0);
            assert_int_equal(count_day(v, DAYS + 1), POINTS);
            view_close(v);
            store_close(s);
        }
        assert_true(n > 10);
    }
    fix_remove(&base);
    fix_remove(&f);
}

/* fault 15, 18: the store fails for a while under a running program; reading goes on, and writing as soon as
 * it can */
static void a_full_disk_for_a_while(void **state)
{
    static const struct {
        int code, err;
    } kinds[] = {{SQLITE_FULL, CN_E_FULL}, {SQLITE_IOERR, CN_E_IO}, {SQLITE_READONLY, CN_E_IO}};
    struct fix *f = *state;

    stop_clear();
    prepare(f);
    struct store *s = fix_open(f);
    struct view *v = fix_view(f);
    for (unsigned k = 0; k < 3; k++) {
        int64_t day = DAYS + 1 + k;
        uint64_t rec = store_last_rec(s);
        struct event_state before, after;
        store_event_state(s, &before);
        stop = (struct stop){.armed = true, .at = 1, .code = kinds[k].code};
        for (unsigned i = 0; i < 5; i++) {
            assert_int_equal(sweep(s, day), kinds[k].err);
            assert_int_equal(params(s, (uint8_t)(10 + k)), kinds[k].err);
            assert_int_equal(event(s, (uint8_t)(10 + k)), kinds[k].err);
            assert_int_equal(store_fact_put(s, "k", (const uint8_t *)"abc" + k, 1), kinds[k].err);
            assert_int_equal(count_day(v, DAYS), POINTS);
            assert_int_equal(count_day(v, day), 0);
        }
        assert_int_equal(store_last_rec(s), rec);
        store_event_state(s, &after);
        assert_memory_equal(&before, &after, sizeof after);
        stop_clear();
        assert_int_equal(sweep(s, day), 0);
        assert_int_equal(params(s, (uint8_t)(10 + k)), 0);
        assert_int_equal(event(s, (uint8_t)(10 + k)), 0);
        assert_int_equal(count_day(v, day), POINTS);
        assert_int_equal(store_last_rec(s), rec + 2 * POINTS + PARAMS + 1);
    }
    view_close(v);
    store_close(s);
}

/* Inside a sweep one failure is enough: nothing of it may be committed, also when later calls would work. */
static void a_broken_sweep_stays_broken(void **state)
{
    struct fix *f = *state;
    struct reading_set set = fix_energy(Q_EP_IMP, 9, 9);
    struct freeze one = fix_freeze(FREEZE_DAY, 9, 1, 1);
    int ret = 0;
    unsigned point;

    stop_clear();
    prepare(f);
    struct store *s = fix_open(f);
    struct view *v = fix_view(f);
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_freeze(s, &one), 0);
    stop = (struct stop){.armed = true, .at = 1, .code = SQLITE_FULL};
    for (point = 100; point < 60000 && ret == 0; point++) /* until the page cache spills */
        ret = store_put_latest(s, point, &set);
    stop_clear();
    assert_int_equal(ret, CN_E_FULL);
    assert_int_equal(store_put_latest(s, 1, &set), CN_E_FULL);
    assert_int_equal(store_put_freeze(s, &one), CN_E_FULL);
    assert_int_equal(event(s, 9), CN_E_FULL);
    assert_int_equal(store_sweep_commit(s), CN_E_FULL);
    assert_false(store_in_sweep(s));
    assert_int_equal(count_day(v, 9), 0);
    assert_int_equal(sweep(s, 9), 0);
    assert_int_equal(count_day(v, 9), POINTS);
    view_close(v);
    store_close(s);
}

static int install(void **state)
{
    (void)state;
    stop_install();
    return 0;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(a_full_disk_for_a_while),
        T(a_broken_sweep_stays_broken),
        T(a_migration),
        cmocka_unit_test(a_sweep_a_parameter_an_event),
        cmocka_unit_test(the_first_start),
        cmocka_unit_test(a_replacement),
    };
    return cmocka_run_group_tests(tests, install, NULL);
}
