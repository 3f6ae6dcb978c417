#include <errno.h>
#include <grp.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "gateway/model/meter.h"
#include "gateway/store/schema.h"
#include "tests/unit/gateway/store/fixture.h"

enum { NOBODY = 65534 };

static void exec(const struct fix *f, const char *sql)
{
    char path[256];
    sqlite3 *db;

    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int nothing(void *ctx, unsigned pn, unsigned sub, const uint8_t *data, size_t len)
{
    (void)ctx, (void)pn, (void)sub, (void)data, (void)len;
    return 0;
}

static int no_meter(void *ctx, const struct meter *m)
{
    (void)ctx, (void)m;
    return 0;
}

static int no_set(void *ctx, unsigned point, const struct reading_set *set)
{
    (void)ctx, (void)point, (void)set;
    return 0;
}

static void gone_until_there(void **state)
{
    struct view *v = fix_view(*state);
    struct reading_set set;
    struct freeze f;
    struct meter m;
    struct event_state e;
    struct journal_entry j;
    uint64_t oldest;
    int64_t at;
    uint8_t b[8];

    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), CN_E_GONE);
        assert_int_equal(view_params_each(v, 1, nothing, NULL), CN_E_GONE);
        assert_int_equal(view_meter(v, 1, &m), CN_E_GONE);
        assert_int_equal(view_meters(v, no_meter, NULL), CN_E_GONE);
        assert_int_equal(view_latest(v, 1, Q_EP_IMP, &set), CN_E_GONE);
        assert_int_equal(view_latest_all(v, 1, no_set, NULL), CN_E_GONE);
        assert_int_equal(view_freeze(v, FREEZE_DAY, 1, 1, &f), CN_E_GONE);
        assert_int_equal(view_event(v, 1, 0, b, sizeof b, &at), CN_E_GONE);
        assert_int_equal(view_event_state(v, &e), CN_E_GONE);
        assert_int_equal(view_journal(v, 0, &j, 1, &oldest), CN_E_GONE);
        assert_int_equal(view_fact(v, "k", b, sizeof b), CN_E_GONE);
        /* an empty file: the power failed in the first start, concentratord has not come back yet */
        struct fix *fix = *state;
        char path[256];
        mkdir(fix->dir, 0750);
        close(open(fix_path(fix, "store.db", path), O_CREAT | O_WRONLY, 0640));
    }
    struct store *s = fix_open(*state);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), CN_E_NOTFOUND);
    assert_int_equal(fix_param(s, 1, 0, 0, "x", 1), 0);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), 1);
    store_close(s);
    view_close(v);
}

static void a_path_too_long(void **state)
{
    char path[400];
    struct view *v;

    (void)state;
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(view_open(path, &v), CN_E_NOSPACE);
    assert_null(v);
}

/* An entry of F10, written from the table in the reference (part 3, F10), not by meter_encode. */
static void f10(unsigned index, unsigned point, uint8_t out[F10_ENTRY])
{
    memset(out, 0, F10_ENTRY);
    out[0] = (uint8_t)index;
    out[1] = (uint8_t)(index >> 8);
    out[2] = (uint8_t)point;
    out[3] = (uint8_t)(point >> 8);
    out[4] = 3 << 5 | 2; /* 2400 on port 2 */
    out[5] = PROTO_DLT645_2007;
    out[6] = (uint8_t)index;
    out[18] = 4;
}

struct meters {
    unsigned count;
    unsigned index[2040];
    struct view *v;
};

static int on_meter(void *ctx, const struct meter *m)
{
    struct meters *w = ctx;
    struct meter again;

    w->index[w->count++] = m->index;
    /* a callback may ask the view for other things */
    assert_int_equal(view_meter(w->v, m->point, &again), 0);
    assert_int_equal(again.index, m->index);
    return w->count == 1000 ? CN_E_CANCELLED : 0;
}

static void the_archive(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    static struct meters w;
    struct param_write writes[40];
    uint8_t entries[40][F10_ENTRY];
    struct meter m;

    /* points run against the index, both above 255 too */
    for (unsigned i = 0; i < 40; i++) {
        f10(i * 20 + 1, 2040 - i * 20, entries[i]);
        writes[i] = (struct param_write){
            .fn = 10, .sub = (uint16_t)(i * 20 + 1), .data = entries[i], .length = F10_ENTRY};
    }
    assert_int_equal(store_params_write(s, writes, 40, 1), 0);
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(view_meter(v, 2040 - i * 20, &m), 0);
        assert_int_equal(m.index, i * 20 + 1);
        assert_int_equal(m.point, 2040 - i * 20);
        assert_int_equal(m.port, 2);
        assert_int_equal(m.protocol, PROTO_DLT645_2007);
    }
    assert_int_equal(view_meter(v, 2039, &m), CN_E_NOTFOUND);
    assert_int_equal(view_meter(v, 0, &m), CN_E_NOTFOUND);
    assert_int_equal(view_meter(v, 2041, &m), CN_E_NOTFOUND);
    w = (struct meters){.v = v};
    assert_int_equal(view_meters(v, on_meter, &w), 40);
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(w.index[i], i * 20 + 1);
    /* another parameter with the same bytes is no meter */
    assert_int_equal(fix_param(s, 11, 0, 1, entries[0], F10_ENTRY), 0);
    struct param_write erase = {.fn = 10, .sub = 1, .erase = true};
    assert_int_equal(store_params_write(s, &erase, 1, 2), 0);
    assert_int_equal(view_meter(v, 2040, &m), CN_E_NOTFOUND);
    /* damage of one entry: its meter is refused, the others are all seen */
    exec(*state, "UPDATE params SET crc = crc + 1 WHERE fn = 10 AND sub = 21");
    assert_int_equal(view_meter(v, 2020, &m), CN_E_CORRUPT);
    w = (struct meters){.v = v};
    assert_int_equal(view_meters(v, on_meter, &w), CN_E_CORRUPT);
    assert_int_equal(w.count, 38);
    w = (struct meters){.v = v, .count = 999};
    assert_int_equal(view_meters(v, on_meter, &w), CN_E_CANCELLED);
    view_close(v);
    store_close(s);
}

static void facts_and_parameters(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    uint8_t b[16];

    assert_int_equal(view_fact(v, "clock_offset_ms", b, sizeof b), CN_E_NOTFOUND);
    assert_int_equal(store_fact_put(s, "clock_offset_ms", (const uint8_t *)"12345678", 8), 0);
    assert_int_equal(view_fact(v, "clock_offset_ms", b, sizeof b), 8);
    assert_memory_equal(b, "12345678", 8);
    assert_int_equal(fix_param(s, 33, 0, 1, "one", 3), 0);
    assert_int_equal(fix_param(s, 33, 0, 2, "two", 3), 0);
    assert_int_equal(view_params_each(v, 33, nothing, NULL), 2);
    assert_int_equal(view_param(v, 33, 0, 2, b, sizeof b), 3);
    assert_memory_equal(b, "two", 3);
    assert_int_equal(view_param(v, 33, 0, 2, b, 2), CN_E_NOSPACE);
    view_close(v);
    store_close(s);
}

static void an_open_sweep_is_invisible(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct freeze f = fix_freeze(FREEZE_DAY, 1, 1, 1), g = fix_freeze(FREEZE_DAY, 1, 2, 2);

    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_freeze(s, &f), 0);
    assert_false(fix_has(v, FREEZE_DAY, 1, 1, 1));
    assert_int_equal(store_put_freeze(s, &g), 0);
    assert_int_equal(store_sweep_commit(s), 0);
    assert_true(fix_has(v, FREEZE_DAY, 1, 1, 1));
    assert_true(fix_has(v, FREEZE_DAY, 1, 2, 2));
    view_close(v);
    store_close(s);
}

static void a_restart_of_the_writer_is_not_seen(void **state)
{
    struct view *v = fix_view(*state);
    uint8_t b[8];

    for (unsigned i = 0; i < 5; i++) {
        struct store *s = fix_open(*state);
        uint8_t value = (uint8_t)i;
        assert_int_equal(fix_param(s, 1, 0, 0, &value, 1), 0);
        assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), 1);
        assert_int_equal(b[0], i);
        store_close(s);
        assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), 1);
        assert_int_equal(b[0], i);
    }
    view_close(v);
}

static void a_replaced_database_is_opened_again(void **state)
{
    struct fix *f = *state;
    struct store *s = fix_open(f);
    struct view *v = fix_view(f);
    char from[256], to[256];
    uint8_t b[8];

    assert_int_equal(fix_param(s, 1, 0, 0, "old", 3), 0);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), 3);
    store_close(s);
    assert_int_equal(rename(fix_path(f, "store.db", from), fix_path(f, "away", to)), 0);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), CN_E_GONE);
    s = fix_open(f);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), CN_E_NOTFOUND);
    assert_int_equal(fix_param(s, 1, 0, 0, "newer", 5), 0);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), 5);
    store_close(s);
    view_close(v);
}

static void another_version(void **state)
{
    struct fix *f = *state;
    struct view *v = fix_view(f);
    uint8_t b[8];
    char sql[64];

    store_close(fix_open(f));
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", SCHEMA_VERSION + 1);
    exec(f, sql);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), CN_E_UNSUPPORTED);
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", SCHEMA_VERSION - 1);
    exec(f, sql);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), CN_E_GONE); /* before the migration */
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", SCHEMA_VERSION);
    exec(f, sql);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), CN_E_NOTFOUND);
    view_close(v);
}

static void garbage_is_no_value(void **state)
{
    struct fix *f = *state;
    struct view *v = fix_view(f);
    char path[256], noise[8192];
    uint8_t b[8];

    mkdir(f->dir, 0750);
    memset(noise, 0x5A, sizeof noise);
    int fd = open(fix_path(f, "store.db", path), O_CREAT | O_WRONLY, 0640);
    assert_int_equal(write(fd, noise, sizeof noise), sizeof noise);
    close(fd);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), CN_E_CORRUPT);
    view_close(v);
}

/* Readers hold no lock between calls: the writer can empty the -wal with a view open. */
static void a_view_at_rest_holds_nothing(void **state)
{
    struct fix *f = *state;
    struct store *s = fix_open(f);
    struct view *v = fix_view(f);
    char path[256];
    sqlite3 *db;
    uint8_t b[8];
    int logged = -1, done = -1;

    assert_int_equal(fix_param(s, 1, 0, 0, "x", 1), 0);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), 1);
    assert_int_equal(view_params_each(v, 1, nothing, NULL), 1);
    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT count(*) FROM params", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &logged, &done),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(fix_size(f, "store.db-wal"), 0);
    assert_int_equal(view_param(v, 1, 0, 0, b, sizeof b), 1);
    view_close(v);
    store_close(s);
}

/* ---- another user ---- */

/* Steps of the parent and answers of the child, a byte each. */
struct talk {
    int to_child[2], to_parent[2];
    pid_t pid;
};

static int ask(struct talk *t, char what)
{
    int answer = 0;

    assert_int_equal(write(t->to_child[1], &what, 1), 1);
    assert_int_equal(read(t->to_parent[0], &answer, sizeof answer), sizeof answer);
    return answer;
}

static void child_main(const struct fix *f, struct talk *t, gid_t group)
{
    struct view *v = NULL;
    char what;

    if (setgroups(1, &group) < 0 || setgid(group) < 0 || setuid(NOBODY) < 0 || view_open(f->dir, &v) < 0)
        _exit(1);
    while (read(t->to_child[0], &what, 1) == 1) {
        uint8_t b[8] = {0};
        int ret = view_param(v, 1, 0, 0, b, sizeof b);
        if (ret == 1)
            ret = b[0];
        if (write(t->to_parent[1], &ret, sizeof ret) != sizeof ret)
            _exit(2);
    }
    view_close(v);
    _exit(0);
}

static void start(const struct fix *f, struct talk *t, gid_t group)
{
    assert_int_equal(pipe(t->to_child), 0);
    assert_int_equal(pipe(t->to_parent), 0);
    t->pid = fork();
    assert_true(t->pid >= 0);
    if (t->pid == 0) {
        close(t->to_child[1]);
        close(t->to_parent[0]);
        child_main(f, t, group);
    }
    close(t->to_child[0]);
    close(t->to_parent[1]);
}

static void end(struct talk *t)
{
    int status;

    close(t->to_child[1]);
    assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
    assert_int_equal(status, 0);
    close(t->to_parent[0]);
}

/* The writer in a process of its own, so that it can end without closing. */
static void writer(const struct fix *f, uint8_t value, bool close_it)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct store *s;
        if (store_open(f->dir, &s) < 0 || fix_param(s, 1, 0, 0, &value, 1) < 0)
            _exit(1);
        if (close_it)
            store_close(s);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void another_user_reads(void **state)
{
    struct fix *f = *state;
    struct talk t;
    struct stat st;

    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    assert_int_equal(mkdir(f->dir, 0750), 0);
    assert_int_equal(stat(f->dir, &st), 0);
    start(f, &t, st.st_gid); /* in the group of the folder, without write permission */
    assert_int_equal(ask(&t, '1'), CN_E_GONE);
    struct store *s = fix_open(f);
    assert_int_equal(ask(&t, '2'), CN_E_NOTFOUND);
    for (uint8_t i = 1; i < 50; i++) {
        assert_int_equal(fix_param(s, 1, 0, 0, &i, 1), 0);
        assert_int_equal(ask(&t, '3'), i);
    }
    /* after a clean end, after an end without closing, and while the writer comes back */
    store_close(s);
    assert_int_equal(ask(&t, '4'), 49);
    writer(f, 50, false);
    assert_int_equal(ask(&t, '5'), 50);
    writer(f, 51, true);
    assert_int_equal(ask(&t, '6'), 51);
    s = fix_open(f);
    uint8_t last = 52;
    assert_int_equal(fix_param(s, 1, 0, 0, &last, 1), 0);
    assert_int_equal(ask(&t, '7'), 52);
    end(&t);
    /* a reader that starts while the writer is down */
    store_close(s);
    start(f, &t, st.st_gid);
    assert_int_equal(ask(&t, '8'), 52);
    writer(f, 53, true);
    assert_int_equal(ask(&t, '9'), 53);
    end(&t);
    /* without -wal and -shm such a reader can do nothing but wait; the last close emptied the -wal */
    writer(f, 54, true);
    assert_int_equal(fix_size(f, "store.db-wal"), 0);
    char path[256];
    unlink(fix_path(f, "store.db-wal", path));
    unlink(fix_path(f, "store.db-shm", path));
    start(f, &t, st.st_gid);
    assert_int_equal(ask(&t, 'a'), CN_E_GONE);
    s = fix_open(f);
    assert_int_equal(ask(&t, 'b'), 54);
    store_close(s);
    end(&t);
}

static void a_stranger_reads_nothing(void **state)
{
    struct fix *f = *state;
    struct talk t;

    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    struct store *s = fix_open(f);
    assert_int_equal(fix_param(s, 1, 0, 0, "x", 1), 0);
    start(f, &t, NOBODY);
    assert_int_equal(ask(&t, '1'), CN_E_IO);
    end(&t);
    store_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(gone_until_there),
        T(a_path_too_long),
        T(the_archive),
        T(facts_and_parameters),
        T(an_open_sweep_is_invisible),
        T(a_restart_of_the_writer_is_not_seen),
        T(a_replaced_database_is_opened_again),
        T(another_version),
        T(garbage_is_no_value),
        T(a_view_at_rest_holds_nothing),
        T(another_user_reads),
        T(a_stranger_reads_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
