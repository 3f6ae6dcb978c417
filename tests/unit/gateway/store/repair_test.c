#include <sqlite3.h>
#include <sys/wait.h>

#include "tests/unit/gateway/store/model.h"

/* A pristine store to damage copies of. */
struct base {
    struct fix pristine; /* closed: all in store.db */
    struct fix open;     /* ended without closing: much in the -wal */
    struct fix work;
};

static int group_setup(void **state)
{
    struct base *b = calloc(1, sizeof *b);
    int status;

    fix_make(&b->pristine);
    fix_make(&b->open);
    fix_make(&b->work);
    struct store *s = fix_open(&b->pristine);
    assert_int_equal(model_fill(s), 0);
    store_close(s);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (store_open(b->open.dir, &s) < 0 || model_fill(s) < 0)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    *state = b;
    return 0;
}

static int group_teardown(void **state)
{
    struct base *b = *state;

    fix_remove(&b->pristine);
    fix_remove(&b->open);
    fix_remove(&b->work);
    free(b);
    return 0;
}

static struct fix *fresh_copy(struct base *b, const struct fix *from)
{
    fix_clear(b->work.dir);
    fix_copy_dir(from->dir, b->work.dir);
    return &b->work;
}

static void overwrite(const struct fix *f, const char *name, int64_t at, const void *p, size_t n)
{
    char path[256];
    int fd = open(fix_path(f, name, path), O_WRONLY | O_CREAT, 0640);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, p, n, (off_t)at), n);
    close(fd);
}

static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static bool complete(const struct found *n)
{
    return n->params == MODEL_PARAMS && n->freezes == MODEL_DAYS * MODEL_POINTS && n->latest == MODEL_POINTS;
}

/*
 * What every damage must come to: the store opens, nothing wrong is read, and after at most one more opening
 * everything can be written again.
 */
static void recovers(const struct fix *f, struct found *first)
{
    struct store *s = fix_open(f);
    struct found n;

    model_check(f, first);
    int ret = model_fill(s);
    if (ret < 0) {
        assert_int_equal(ret, CN_E_CORRUPT);
        store_close(s);
        s = fix_open(f);
        model_check(f, first);
        assert_int_equal(model_fill(s), 0);
    }
    model_check(f, &n);
    if (!complete(&n)) {
        /* a changed key misleads searches without a sign of damage, until somebody checks the whole tree */
        store_close(s);
        overwrite(f, "store.db.suspect", 0, "", 0);
        s = fix_open(f);
        assert_int_equal(model_fill(s), 0);
        model_check(f, &n);
        assert_true(complete(&n));
    }
    store_close(s);
}

static void undamaged(void **state)
{
    struct base *b = *state;
    struct found n;
    struct store_opened o;

    for (unsigned i = 0; i < 2; i++) {
        const struct fix *f = fresh_copy(b, i ? &b->open : &b->pristine);
        struct store *s = fix_open(f);
        model_check(f, &n);
        assert_true(model_whole(&n));
        store_opened(s, &o);
        assert_true(!o.created && o.damaged == 0);
        store_close(s);
    }
}

/* fault 17 */
static void truncated_at_any_length(void **state)
{
    struct base *b = *state;
    int64_t size = fix_size(&b->pristine, "store.db");

    for (int64_t len = 0; len < size; len += len % 2048 ? 2047 : 1) {
        const struct fix *f = fresh_copy(b, &b->pristine);
        char path[256];
        struct found n;
        struct store_opened o;
        assert_int_equal(truncate(fix_path(f, "store.db", path), len), 0);
        struct store *s = fix_open(f);
        store_opened(s, &o);
        assert_true(o.created || o.damaged == 1); /* it is always said */
        store_close(s);
        recovers(f, &n);
    }
}

/* fault 16 */
static void every_page_in_turn(void **state)
{
    struct base *b = *state;
    int64_t pages = fix_size(&b->pristine, "store.db") / 2048;
    uint32_t seed = 16;
    unsigned small_loss = 0;

    for (int64_t page = 0; page < pages; page++) {
        const struct fix *f = fresh_copy(b, &b->pristine);
        uint8_t noise[2048];
        struct found n;
        for (unsigned i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)random_next(&seed);
        overwrite(f, "store.db", page * 2048, noise, sizeof noise);
        recovers(f, &n);
        unsigned kept = n.params + n.freezes + n.latest + n.events;
        small_loss +=
            kept >= (MODEL_PARAMS + MODEL_DAYS * MODEL_POINTS + MODEL_POINTS + MODEL_EVENTS) * 8 / 10;
    }
    /* only the first page, the roots and the schema cost more than their rows */
    assert_true(pages >= 20);
    assert_true(small_loss * 10 >= (unsigned)pages * 7);
}

static void single_bits(void **state)
{
    struct base *b = *state;
    int64_t size = fix_size(&b->pristine, "store.db");
    uint32_t seed = 4711;

    for (unsigned i = 0; i < 100; i++) {
        const struct fix *f = fresh_copy(b, &b->pristine);
        char path[256];
        uint8_t byte;
        struct found n;
        int64_t at = random_next(&seed) % size;
        int fd = open(fix_path(f, "store.db", path), O_RDWR);
        assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
        byte ^= (uint8_t)(1u << random_next(&seed) % 8);
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        close(fd);
        recovers(f, &n);
    }
}

static void a_damaged_wal(void **state)
{
    struct base *b = *state;
    int64_t size = fix_size(&b->open, "store.db-wal");
    uint32_t seed = 99;

    assert_true(size > 20000);
    for (unsigned i = 0; i < 60; i++) {
        const struct fix *f = fresh_copy(b, &b->open);
        char path[256];
        uint8_t noise[100];
        struct found n;
        int64_t at = random_next(&seed) % (size - 100);
        for (unsigned k = 0; k < sizeof noise; k++)
            noise[k] = (uint8_t)random_next(&seed);
        if (i == 0)
            unlink(fix_path(f, "store.db-wal", path));
        else if (i % 2)
            assert_int_equal(truncate(fix_path(f, "store.db-wal", path), at), 0);
        else
            overwrite(f, "store.db-wal", at, noise, sizeof noise);
        if (i % 3)
            unlink(fix_path(f, "store.db-shm", path));
        recovers(f, &n);
    }
}

/* The file of the -shm is rebuilt by every first opening. */
static void a_damaged_shm_does_not_matter(void **state)
{
    struct base *b = *state;
    const struct fix *f = fresh_copy(b, &b->open);
    uint8_t noise[4096];
    struct found n;

    memset(noise, 0xA5, sizeof noise);
    overwrite(f, "store.db-shm", 0, noise, sizeof noise);
    struct store *s = fix_open(f);
    model_check(f, &n);
    assert_true(model_whole(&n));
    store_close(s);
}

static void garbage(const struct fix *f)
{
    uint8_t noise[5000];

    memset(noise, 0x5A, sizeof noise);
    overwrite(f, "store.db", 0, noise, sizeof noise);
}

static void damaged_files_are_numbered_and_bounded(void **state)
{
    struct base *b = *state;
    const struct fix *f = fresh_copy(b, &b->pristine);
    struct store *s = fix_open(f);
    struct store_opened o;
    uint64_t last = store_last_rec(s);
    char name[40];

    store_close(s);
    for (unsigned n = 1; n <= 5; n++) {
        garbage(f);
        s = fix_open(f);
        store_opened(s, &o);
        assert_int_equal(o.damaged, n);
        assert_false(o.created);
        /* no number is given twice */
        fix_put(s, fix_freeze(FREEZE_DAY, 1, 1, 1));
        assert_true(store_last_rec(s) > last);
        last = store_last_rec(s);
        store_close(s);
        for (unsigned k = 1; k <= n; k++) {
            snprintf(name, sizeof name, "store.db.damaged.%u", k);
            assert_int_equal(fix_exists(f, name), k + 2 > n);
        }
    }
    /* the reader of the journal sees that it missed something, and goes on */
    struct view *v = fix_view(f);
    struct journal_entry e;
    uint64_t oldest;
    assert_int_equal(view_journal(v, 10, &e, 1, &oldest), 1);
    assert_true(oldest > 11 && e.rec == oldest && e.rec == last);
    view_close(v);
}

static void an_empty_new_store_says_where_its_numbers_start(void **state)
{
    struct base *b = *state;
    const struct fix *f = fresh_copy(b, &b->pristine);
    struct journal_entry e;
    uint64_t oldest;

    garbage(f);
    struct store *s = fix_open(f);
    struct view *v = fix_view(f);
    assert_int_equal(view_journal(v, 0, &e, 1, &oldest), 0);
    assert_int_equal(oldest, store_last_rec(s) + 1);
    view_close(v);
    store_close(s);
}

static void an_open_view_follows_the_replacement(void **state)
{
    struct base *b = *state;
    const struct fix *f = fresh_copy(b, &b->pristine);
    struct store *s = fix_open(f);
    struct view *v = fix_view(f);
    uint8_t got[32];

    assert_int_equal(view_param(v, 33, 0, 1, got, sizeof got), 27);
    store_close(s);
    garbage(f);
    s = fix_open(f);
    assert_int_equal(view_param(v, 33, 0, 1, got, sizeof got), CN_E_NOTFOUND);
    assert_int_equal(model_fill(s), 0);
    assert_int_equal(view_param(v, 33, 0, 1, got, sizeof got), 27);
    view_close(v);
    store_close(s);
}

/* An empty file is a first start, unless a -wal says that there was more. */
static void an_emptied_database(void **state)
{
    struct base *b = *state;
    struct store_opened o;
    char path[256];

    const struct fix *f = fresh_copy(b, &b->pristine);
    assert_int_equal(truncate(fix_path(f, "store.db", path), 0), 0);
    struct store *s = fix_open(f);
    store_opened(s, &o);
    assert_true(o.created && o.damaged == 0);
    store_close(s);

    f = fresh_copy(b, &b->open);
    assert_int_equal(truncate(fix_path(f, "store.db", path), 0), 0);
    s = fix_open(f);
    store_opened(s, &o);
    assert_true(!o.created && o.damaged == 1);
    store_close(s);
}

static void a_lone_wal_is_dropped(void **state)
{
    struct base *b = *state;
    const struct fix *f = fresh_copy(b, &b->open);
    struct store_opened o;
    struct found n;
    char path[256];

    unlink(fix_path(f, "store.db", path));
    struct store *s = fix_open(f);
    store_opened(s, &o);
    assert_true(o.created);
    model_check(f, &n);
    assert_true(n.params + n.freezes + n.latest + n.events + n.refused == 0);
    store_close(s);
}

static void a_foreign_database_is_set_aside(void **state)
{
    struct base *b = *state;
    struct fix *f = &b->work;
    struct store_opened o;
    char path[256];
    sqlite3 *db;

    for (unsigned i = 0; i < 2; i++) {
        fix_clear(f->dir);
        mkdir(f->dir, 0750);
        assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
        assert_int_equal(
            sqlite3_exec(db,
                         i ? "CREATE TABLE t(x); PRAGMA application_id = 7; PRAGMA user_version = 1"
                           : "CREATE TABLE t(x)",
                         0, 0, 0),
            SQLITE_OK);
        sqlite3_close(db);
        struct store *s = fix_open(f);
        store_opened(s, &o);
        assert_true(o.damaged == 1 && o.rows_kept == 0);
        store_close(s);
        assert_true(fix_exists(f, "store.db.damaged.1"));
    }
}

static void a_missing_table(void **state)
{
    struct base *b = *state;
    const struct fix *f = fresh_copy(b, &b->pristine);
    struct store_opened o;
    struct found n;
    char path[256];
    sqlite3 *db;

    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE freezes", 0, 0, 0), SQLITE_OK);
    sqlite3_close(db);
    struct store *s = fix_open(f);
    store_opened(s, &o);
    assert_int_equal(o.damaged, 1);
    assert_true(o.rows_kept >= MODEL_PARAMS + MODEL_POINTS + MODEL_EVENTS);
    model_check(f, &n);
    assert_true(n.params == MODEL_PARAMS && n.latest == MODEL_POINTS && n.events == MODEL_EVENTS &&
                n.freezes == 0);
    store_close(s);
}

/* The power failed between the two renames of a replacement. */
static void a_replacement_cut_short(void **state)
{
    struct base *b = *state;
    const struct fix *f = fresh_copy(b, &b->pristine);
    struct store_opened o;
    struct found n;
    char from[256], to[256];

    assert_int_equal(rename(fix_path(f, "store.db", from), fix_path(f, "store.db.new", to)), 0);
    overwrite(f, "store.db.damaged.3", 0, "x", 1);
    struct store *s = fix_open(f);
    store_opened(s, &o);
    assert_true(!o.created && o.damaged == 3);
    model_check(f, &n);
    assert_true(model_whole(&n));
    store_close(s);
    /* or before the first: the old database still counts, the half built one goes */
    f = fresh_copy(b, &b->pristine);
    overwrite(f, "store.db.new", 0, "half", 4);
    s = fix_open(f);
    store_opened(s, &o);
    assert_true(!o.created && o.damaged == 0);
    assert_false(fix_exists(f, "store.db.new"));
    model_check(f, &n);
    assert_true(model_whole(&n));
    store_close(s);
}

static void a_suspicion_without_cause(void **state)
{
    struct base *b = *state;
    const struct fix *f = fresh_copy(b, &b->pristine);
    struct store_opened o;

    overwrite(f, "store.db.suspect", 0, "", 0);
    struct store *s = fix_open(f);
    store_opened(s, &o);
    assert_int_equal(o.damaged, 0);
    assert_false(fix_exists(f, "store.db.suspect"));
    store_close(s);
}

/* Damage that a write meets is remembered: the next opening repairs it. */
static void damage_met_while_running(void **state)
{
    struct base *b = *state;
    const struct fix *f = fresh_copy(b, &b->pristine);
    struct store_opened o;
    struct found n;
    char path[256];
    sqlite3 *db;
    sqlite3_stmt *st;

    /* a page in the middle of the latest values: nothing looks at it before a sweep does */
    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT pageno FROM dbstat WHERE name='latest' AND pagetype='leaf' "
                                        "ORDER BY path LIMIT 1 OFFSET 1",
                                        -1, &st, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t page = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    uint8_t zero[2048] = {0};
    overwrite(f, "store.db", (page - 1) * 2048, zero, sizeof zero);
    struct store *s = fix_open(f);
    store_opened(s, &o);
    assert_int_equal(o.damaged, 0); /* the start does not scan the data */
    assert_int_equal(model_sweep(s, MODEL_DAYS + 1), CN_E_CORRUPT);
    assert_true(fix_exists(f, "store.db.suspect"));
    store_close(s);
    s = fix_open(f);
    store_opened(s, &o);
    assert_int_equal(o.damaged, 1);
    assert_false(fix_exists(f, "store.db.suspect"));
    model_check(f, &n);
    assert_true(n.params == MODEL_PARAMS && n.freezes == MODEL_DAYS * MODEL_POINTS &&
                n.events == MODEL_EVENTS);
    assert_true(n.latest >= MODEL_POINTS / 3 && n.latest < MODEL_POINTS && n.refused == 0);
    assert_int_equal(model_sweep(s, MODEL_DAYS + 1), 0);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undamaged),
        cmocka_unit_test(truncated_at_any_length),
        cmocka_unit_test(every_page_in_turn),
        cmocka_unit_test(single_bits),
        cmocka_unit_test(a_damaged_wal),
        cmocka_unit_test(a_damaged_shm_does_not_matter),
        cmocka_unit_test(damaged_files_are_numbered_and_bounded),
        cmocka_unit_test(an_empty_new_store_says_where_its_numbers_start),
        cmocka_unit_test(an_open_view_follows_the_replacement),
        cmocka_unit_test(an_emptied_database),
        cmocka_unit_test(a_lone_wal_is_dropped),
        cmocka_unit_test(a_foreign_database_is_set_aside),
        cmocka_unit_test(a_missing_table),
        cmocka_unit_test(a_replacement_cut_short),
        cmocka_unit_test(a_suspicion_without_cause),
        cmocka_unit_test(damage_met_while_running),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
