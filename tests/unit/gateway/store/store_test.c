#include <sqlite3.h>
#include <sys/wait.h>

#include "gateway/store/schema.h"
#include "tests/unit/gateway/store/fixture.h"

/* ---- opening ---- */

static void first_start_and_the_next(void **state)
{
    struct store *s = fix_open(*state);
    struct store_opened o;
    struct stat st;
    char path[256];

    store_opened(s, &o);
    assert_true(o.created && o.damaged == 0 && o.rows_kept == 0 && !o.counters_guessed);
    assert_int_equal(store_last_rec(s), 0);
    assert_int_equal(stat(((struct fix *)*state)->dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0750);
    assert_int_equal(fix_param(s, 1, 0, 0, "x", 1), 0);
    for (unsigned i = 0; i < 3; i++) {
        static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm"};
        assert_int_equal(stat(fix_path(*state, files[i], path), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0640);
    }
    store_close(s);
    s = fix_open(*state);
    store_opened(s, &o);
    assert_false(o.created);
    store_close(s);
}

static void the_umask_does_not_matter(void **state)
{
    mode_t before = umask(0077);
    struct store *s = fix_open(*state);
    struct stat st;
    char path[256];

    umask(before);
    assert_int_equal(stat(fix_path(*state, "store.db-wal", path), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(stat(((struct fix *)*state)->dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0750);
    store_close(s);
}

static int64_t pragma(const struct fix *f, const char *sql)
{
    char path[256];
    sqlite3 *db;
    sqlite3_stmt *st;

    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t v = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return v;
}

static void exec(const struct fix *f, const char *sql)
{
    char path[256];
    sqlite3 *db;

    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void settings_are_in_force(void **state)
{
    struct db d;
    struct store *s = fix_open(*state);
    char path[256];
    int64_t v;

    store_close(s);
    assert_int_equal(schema_open(fix_path(*state, "store.db", path), &d), 0);
    static const struct {
        const char *sql;
        int64_t want;
    } table[] = {
        {"PRAGMA page_size", SCHEMA_PAGE},   {"PRAGMA synchronous", 2},
        {"PRAGMA secure_delete", 0},         {"PRAGMA journal_size_limit", 4194304},
        {"PRAGMA wal_autocheckpoint", 1000}, {"PRAGMA user_version", SCHEMA_VERSION},
        {"PRAGMA auto_vacuum", 0},           {"PRAGMA mmap_size", 0},
    };
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(db_pragma(&d, table[i].sql, &v), 0);
        assert_int_equal(v, table[i].want);
    }
    db_close(&d);
}

static void the_second_writer_is_refused(void **state)
{
    struct store *s = fix_open(*state), *second;
    struct fix *f = *state;

    assert_int_equal(store_open(f->dir, &second), CN_E_BUSY);
    assert_null(second);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(store_open(f->dir, &second) == CN_E_BUSY ? 0 : 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(fix_param(s, 1, 0, 0, "x", 1), 0);
    store_close(s);
    store_close(fix_open(f));
}

static void a_newer_store_is_refused_and_kept(void **state)
{
    struct store *s = fix_open(*state);
    struct fix *f = *state;

    assert_int_equal(fix_param(s, 1, 0, 0, "x", 1), 0);
    store_close(s);
    exec(f, "PRAGMA user_version = 99");
    assert_int_equal(store_open(f->dir, &s), CN_E_UNSUPPORTED);
    assert_null(s);
    assert_false(fix_exists(f, "store.db.damaged.1"));
    char back[40];
    snprintf(back, sizeof back, "PRAGMA user_version = %d", SCHEMA_VERSION);
    exec(f, back);
    s = fix_open(f);
    uint8_t b[4];
    assert_int_equal(store_param_read(s, 1, 0, 0, b, sizeof b), 1);
    store_close(s);
}

static void bad_folders(void **state)
{
    struct fix *f = *state;
    struct store *s;
    char path[400];

    snprintf(path, sizeof path, "%s/no/such", f->root);
    assert_int_equal(store_open(path, &s), CN_E_IO);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(store_open(path, &s), CN_E_NOSPACE);
    snprintf(path, sizeof path, "%s/file", f->root);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(store_open(path, &s), CN_E_IO);
}

/* ---- migrations ---- */

static const char *const steps[] = {
    "CREATE TABLE a(x); INSERT INTO a VALUES(1);",
    "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1;",
    "CREATE TABLE b AS SELECT y AS z FROM a; DROP TABLE a;",
};

static void migrate_forward_from_every_version(void **state)
{
    struct fix *f = *state;
    char path[256];
    int64_t v;

    mkdir(f->dir, 0750);
    for (unsigned from = 0; from <= 3; from++) {
        struct db d = {0};
        unlink(fix_path(f, "m.db", path));
        assert_int_equal(sqlite3_open(path, &d.h), SQLITE_OK);
        assert_int_equal(schema_migrate(&d, steps, from), 0);
        assert_int_equal(db_pragma(&d, "PRAGMA user_version", &v), 0);
        assert_int_equal(v, from);
        assert_int_equal(schema_migrate(&d, steps, 3), 0);
        assert_int_equal(db_pragma(&d, "PRAGMA user_version", &v), 0);
        assert_int_equal(v, 3);
        assert_int_equal(db_pragma(&d, "SELECT z FROM b", &v), 0);
        assert_int_equal(v, 2);
        assert_int_equal(schema_migrate(&d, steps, 2), CN_E_UNSUPPORTED);
        db_close(&d);
    }
}

static void a_failing_step_leaves_the_version_before(void **state)
{
    const char *const broken[] = {steps[0], "CREATE TABLE c(x); INSERT INTO nowhere VALUES(1);"};
    struct fix *f = *state;
    struct db d = {0};
    char path[256];
    int64_t v;

    mkdir(f->dir, 0750);
    assert_int_equal(sqlite3_open(fix_path(f, "m.db", path), &d.h), SQLITE_OK);
    assert_true(schema_migrate(&d, broken, 2) < 0);
    assert_int_equal(db_pragma(&d, "PRAGMA user_version", &v), 0);
    assert_int_equal(v, 1);
    assert_int_equal(db_pragma(&d, "SELECT count(*) FROM sqlite_schema", &v), 0);
    assert_int_equal(v, 1);
    assert_int_equal(schema_migrate(&d, steps, 3), 0);
    db_close(&d);
}

/* ---- parameters ---- */

struct seen {
    char text[512];
    int stop_at;
    int count;
};

static int on_param(void *ctx, unsigned pn, unsigned sub, const uint8_t *data, size_t len)
{
    struct seen *s = ctx;
    size_t used = strlen(s->text);

    if (++s->count == s->stop_at)
        return CN_E_CANCELLED;
    snprintf(s->text + used, sizeof s->text - used, "%u/%u=%.*s ", pn, sub, (int)len, (const char *)data);
    return 0;
}

static void parameters_byte_for_byte(void **state)
{
    struct store *s = fix_open(*state);
    uint8_t big[16400], got[16400];

    for (unsigned i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 31);
    assert_int_equal(store_param_read(s, 5, 0, 0, got, sizeof got), CN_E_NOTFOUND);
    for (unsigned len = 0; len < 300; len++) {
        assert_int_equal(fix_param(s, 5, 3, len, big, len), 0);
        assert_int_equal(store_param_read(s, 5, 3, len, got, sizeof got), len);
        assert_memory_equal(got, big, len);
    }
    assert_int_equal(fix_param(s, 255, 65535, 65535, big, sizeof big), 0);
    store_close(s);
    s = fix_open(*state);
    assert_int_equal(store_param_read(s, 255, 65535, 65535, got, sizeof got), sizeof big);
    assert_memory_equal(got, big, sizeof big);
    assert_int_equal(store_param_read(s, 255, 65535, 65535, got, 100), CN_E_NOSPACE);
    assert_int_equal(store_param_read(s, 255, 65535, 65534, got, sizeof got), CN_E_NOTFOUND);
    store_close(s);
}

static void parameters_in_order(void **state)
{
    struct store *s = fix_open(*state);
    struct seen seen = {.text = ""};
    static const unsigned pn[] = {300, 2, 2, 1, 2}, sub[] = {0, 256, 1, 9, 300};

    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(fix_param(s, 33, pn[i], sub[i], "v", 1), 0);
    assert_int_equal(fix_param(s, 34, 0, 0, "other", 5), 0);
    assert_int_equal(store_params_each(s, 33, on_param, &seen), 5);
    assert_string_equal(seen.text, "1/9=v 2/1=v 2/256=v 2/300=v 300/0=v ");
    seen = (struct seen){.stop_at = 3};
    assert_int_equal(store_params_each(s, 33, on_param, &seen), CN_E_CANCELLED);
    assert_int_equal(seen.count, 3);
    assert_int_equal(store_params_each(s, 32, on_param, &seen), 0);
    store_close(s);
}

static void writes_in_one_transaction(void **state)
{
    struct store *s = fix_open(*state);
    struct seen seen = {.text = ""};
    struct param_write w[] = {
        {.fn = 2, .sub = 1, .data = (const uint8_t *)"a", .length = 1},
        {.fn = 2, .sub = 2, .data = (const uint8_t *)"b", .length = 1},
        {.fn = 3, .sub = 0, .data = (const uint8_t *)"c", .length = 1},
    };
    struct store_stats before, after;

    store_stats(s, &before);
    assert_int_equal(store_params_write(s, w, 3, 1), 0);
    store_stats(s, &after);
    assert_int_equal(after.commits - before.commits, 1);
    assert_int_equal(store_last_rec(s), 3);
    /* a list that is replaced: the old entries go, the new come, one transaction */
    struct param_write list[] = {
        {.fn = 2, .erase_all = true},
        {.fn = 2, .sub = 7, .data = (const uint8_t *)"x", .length = 1},
        {.fn = 3, .erase = true},
    };
    assert_int_equal(store_params_write(s, list, 3, 2), 0);
    assert_int_equal(store_params_each(s, 2, on_param, &seen), 1);
    assert_string_equal(seen.text, "0/7=x ");
    assert_int_equal(store_params_each(s, 3, on_param, &seen), 0);
    /* erase_all with data in one write */
    struct param_write both = {
        .fn = 2, .sub = 9, .erase_all = true, .data = (const uint8_t *)"y", .length = 1};
    assert_int_equal(store_params_write(s, &both, 1, 3), 0);
    seen = (struct seen){.text = ""};
    assert_int_equal(store_params_each(s, 2, on_param, &seen), 1);
    assert_string_equal(seen.text, "0/9=y ");
    store_close(s);
}

static void all_writes_or_none(void **state)
{
    struct store *s = fix_open(*state);
    uint8_t b[4];
    struct param_write w[] = {
        {.fn = 2, .sub = 1, .data = (const uint8_t *)"a", .length = 1},
        {.fn = 2, .sub = 2}, /* neither data nor erase */
    };

    assert_int_equal(store_params_write(s, w, 2, 1), CN_E_RANGE);
    assert_int_equal(store_param_read(s, 2, 0, 1, b, sizeof b), CN_E_NOTFOUND);
    w[1].length = 1;
    w[1].erase = true;
    assert_int_equal(store_params_write(s, w, 2, 1), CN_E_RANGE);
    assert_int_equal(store_last_rec(s), 0);
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_params_write(s, w, 1, 1), CN_E_STATE);
    store_sweep_rollback(s);
    store_close(s);
}

static void the_same_bytes_cost_nothing(void **state)
{
    struct store *s = fix_open(*state);
    struct store_stats a, b;

    assert_int_equal(fix_param(s, 1, 0, 0, "abc", 3), 0);
    store_stats(s, &a);
    assert_int_equal(fix_param(s, 1, 0, 0, "abc", 3), 0);
    store_stats(s, &b);
    assert_int_equal(a.commits, b.commits);
    assert_int_equal(a.wal_bytes, b.wal_bytes);
    assert_int_equal(store_last_rec(s), 1);
    assert_int_equal(fix_param(s, 1, 0, 0, "abd", 3), 0);
    assert_int_equal(fix_param(s, 1, 0, 0, "ab", 2), 0);
    assert_int_equal(store_last_rec(s), 3);
    store_close(s);
}

static void a_damaged_parameter(void **state)
{
    struct fix *f = *state;
    struct store *s = fix_open(f);
    struct seen seen = {.text = ""};
    uint8_t b[16];

    for (unsigned i = 1; i <= 3; i++)
        assert_int_equal(fix_param(s, 33, 0, i, "good", 4), 0);
    exec(f, "UPDATE params SET data = x'00' WHERE sub = 2");
    assert_int_equal(store_param_read(s, 33, 0, 2, b, sizeof b), CN_E_CORRUPT);
    assert_int_equal(store_param_read(s, 33, 0, 3, b, sizeof b), 4);
    assert_int_equal(store_params_each(s, 33, on_param, &seen), CN_E_CORRUPT);
    assert_string_equal(seen.text, "0/1=good 0/3=good ");
    /* a row under another key is as wrong as another row */
    exec(f, "UPDATE params SET sub = 4 WHERE sub = 3");
    assert_int_equal(store_param_read(s, 33, 0, 4, b, sizeof b), CN_E_CORRUPT);
    /* writing heals */
    assert_int_equal(fix_param(s, 33, 0, 2, "new", 3), 0);
    assert_int_equal(store_param_read(s, 33, 0, 2, b, sizeof b), 3);
    store_close(s);
}

/* ---- facts ---- */

static void facts(void **state)
{
    struct store *s = fix_open(*state);
    static uint8_t big[FACT_BYTES_MAX + 1], got[FACT_BYTES_MAX];
    char key[FACT_KEY_MAX + 2];

    assert_int_equal(store_fact_get(s, "running_since", got, sizeof got), CN_E_NOTFOUND);
    assert_int_equal(store_fact_put(s, "running_since", (const uint8_t *)"12345678", 8), 0);
    assert_int_equal(store_fact_put(s, "empty", NULL, 0), 0);
    memset(big, 7, sizeof big);
    assert_int_equal(store_fact_put(s, "open_events", big, FACT_BYTES_MAX), 0);
    assert_int_equal(store_fact_put(s, "open_events", big, sizeof big), CN_E_RANGE);
    assert_int_equal(store_fact_put(s, "store.events", big, 1), CN_E_RANGE);
    assert_int_equal(store_fact_put(s, "", big, 1), CN_E_RANGE);
    memset(key, 'k', sizeof key);
    key[sizeof key - 1] = '\0';
    assert_int_equal(store_fact_put(s, key, big, 1), CN_E_RANGE);
    key[FACT_KEY_MAX] = '\0';
    assert_int_equal(store_fact_put(s, key, big, 1), 0);
    store_close(s);
    s = fix_open(*state);
    assert_int_equal(store_fact_get(s, "running_since", got, sizeof got), 8);
    assert_memory_equal(got, "12345678", 8);
    assert_int_equal(store_fact_get(s, "running_since", got, 7), CN_E_NOSPACE);
    assert_int_equal(store_fact_get(s, "empty", got, sizeof got), 0);
    assert_int_equal(store_fact_get(s, "open_events", got, sizeof got), FACT_BYTES_MAX);
    assert_memory_equal(got, big, FACT_BYTES_MAX);
    exec(*state, "UPDATE facts SET crc = crc + 1 WHERE key = 'running_since'");
    assert_int_equal(store_fact_get(s, "running_since", got, sizeof got), CN_E_CORRUPT);
    assert_int_equal(store_last_rec(s), 0); /* facts are no records */
    store_close(s);
}

/* ---- sweeps ---- */

static void misuse(void **state)
{
    struct store *s = fix_open(*state);
    struct reading_set set = fix_energy(Q_EP_IMP, 1, 1);
    struct freeze f = fix_freeze(FREEZE_DAY, 1, 1, 1);

    assert_false(store_in_sweep(s));
    assert_int_equal(store_put_latest(s, 1, &set), CN_E_STATE);
    assert_int_equal(store_put_freeze(s, &f), CN_E_STATE);
    assert_int_equal(store_sweep_commit(s), CN_E_STATE);
    store_sweep_rollback(s);
    assert_int_equal(store_sweep_begin(s), 0);
    assert_true(store_in_sweep(s));
    assert_int_equal(store_sweep_begin(s), CN_E_STATE);
    assert_int_equal(store_set_depth(s, (struct store_depth){1, 1, 1, 5}), CN_E_STATE);
    assert_int_equal(store_sweep_commit(s), 0);
    assert_int_equal(store_set_depth(s, (struct store_depth){0, 1, 1, 5}), CN_E_RANGE);
    assert_int_equal(store_set_journal(s, 0), CN_E_RANGE);
    store_close(s);
}

static void closing_inside_a_sweep_drops_it(void **state)
{
    struct store *s = fix_open(*state);
    struct freeze f = fix_freeze(FREEZE_DAY, 1, 1, 1);
    struct view *v;

    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_freeze(s, &f), 0);
    store_close(s);
    s = fix_open(*state);
    v = fix_view(*state);
    assert_false(fix_has(v, FREEZE_DAY, 1, 1, 1));
    assert_int_equal(store_last_rec(s), 0);
    view_close(v);
    store_close(s);
}

static void a_foreign_lock_is_busy(void **state)
{
    struct fix *f = *state;
    struct store *s = fix_open(f);
    char path[256];
    sqlite3 *db;

    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(fix_param(s, 1, 0, 0, "x", 1), CN_E_BUSY);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(fix_param(s, 1, 0, 0, "x", 1), 0);
    store_close(s);
}

/* ---- the journal ---- */

static void numbers_only_grow(void **state)
{
    struct store *s = fix_open(*state);
    uint64_t last = 0;

    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 20; i++) {
            fix_put(s, fix_freeze(FREEZE_DAY, 100 * round + i, 1, 1));
            assert_int_equal(store_last_rec(s), last + 1);
            last++;
        }
        /* what is rolled back was never a record */
        struct freeze f = fix_freeze(FREEZE_DAY, 5000, 1, 1);
        assert_int_equal(store_sweep_begin(s), 0);
        assert_int_equal(store_put_freeze(s, &f), 0);
        store_sweep_rollback(s);
        assert_int_equal(store_last_rec(s), last);
        store_close(s);
        s = fix_open(*state);
        assert_int_equal(store_last_rec(s), last);
    }
    store_close(s);
}

static void a_damaged_last_row_skips_numbers(void **state)
{
    struct fix *f = *state;
    struct store *s = fix_open(f);
    struct view *v = fix_view(f);
    struct journal_entry e[8];
    uint64_t oldest;

    for (unsigned i = 0; i < 3; i++)
        fix_put(s, fix_freeze(FREEZE_DAY, i, 1, 1));
    store_close(s);
    exec(f, "UPDATE journal SET crc = crc + 1 WHERE rec = 3");
    s = fix_open(f);
    assert_true(store_last_rec(s) > 3);
    fix_put(s, fix_freeze(FREEZE_DAY, 10, 1, 1));
    /* the reader sees the jump and comes past it */
    assert_int_equal(view_journal(v, 0, e, 8, &oldest), 3);
    assert_int_equal(e[1].rec, 2);
    assert_int_equal(e[2].rec, store_last_rec(s));
    assert_int_equal(e[2].slot, 10);
    view_close(v);
    store_close(s);
}

static void the_journal_says_what_was_stored(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct journal_entry e[16];
    struct reading_set set = fix_energy(Q_EP_IMP, 1111, 1);
    struct freeze f = fix_freeze(FREEZE_HOUR, 490000, 7, 1);
    uint64_t oldest = 99;
    uint8_t index;

    assert_int_equal(view_journal(v, 0, e, 16, &oldest), 0);
    assert_int_equal(oldest, 1);
    assert_int_equal(fix_param(s, 33, 2, 5, "x", 1), 0);
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_latest(s, 7, &set), 0);
    assert_int_equal(store_put_freeze(s, &f), 0);
    assert_int_equal(store_sweep_commit(s), 0);
    assert_int_equal(store_put_event(s, RING_IMPORTANT, (const uint8_t *)"e", 1, 2222, &index), 0);
    assert_int_equal(store_put_event(s, RING_IMPORTANT, (const uint8_t *)"f", 1, 2223, &index), 0);
    assert_int_equal(view_journal(v, 0, e, 16, &oldest), 5);
    assert_int_equal(oldest, 1);
    const struct journal_entry want[5] = {
        {1, JOURNAL_PARAM, 33, 2, 5, 1700000000},
        {2, JOURNAL_LATEST, 0, 7, 0, 1111},
        {3, JOURNAL_FREEZE, FREEZE_HOUR, 7, 490000, f.set.at},
        {4, JOURNAL_EVENT, RING_IMPORTANT, 0, 0, 2222},
        {5, JOURNAL_EVENT, RING_IMPORTANT, 1, 0, 2223},
    };
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(e[i].rec, want[i].rec);
        assert_int_equal(e[i].kind, want[i].kind);
        assert_int_equal(e[i].sub, want[i].sub);
        assert_int_equal(e[i].point, want[i].point);
        assert_int_equal(e[i].slot, want[i].slot);
        assert_int_equal(e[i].at, want[i].at);
    }
    struct freeze got;
    assert_int_equal(view_freeze(v, FREEZE_HOUR, 490000, 7, &got), 0);
    assert_int_equal(got.rec, 3);
    view_close(v);
    store_close(s);
}

/* Read with a cursor and small steps, as a slow reader does. */
static void a_cursor_misses_nothing(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct journal_entry e[7];
    uint64_t cursor = 0, oldest;
    int n;

    assert_int_equal(store_sweep_begin(s), 0);
    for (unsigned point = 1; point <= 1000; point++) {
        struct freeze f = fix_freeze(FREEZE_DAY, 1 + point % 3, point, point);
        assert_int_equal(store_put_freeze(s, &f), 0);
    }
    assert_int_equal(store_sweep_commit(s), 0);
    while ((n = view_journal(v, cursor, e, 7, &oldest)) > 0) {
        for (int i = 0; i < n; i++) {
            assert_int_equal(e[i].rec, cursor + 1);
            assert_int_equal(e[i].point, e[i].rec);
            assert_int_equal(e[i].slot, 1 + e[i].rec % 3);
            cursor = e[i].rec;
        }
    }
    assert_int_equal(n, 0);
    assert_int_equal(cursor, 1000);
    assert_int_equal(view_journal(v, 5000, e, 7, &oldest), 0);
    assert_int_equal(view_journal(v, UINT64_MAX, e, 7, &oldest), CN_E_RANGE);
    view_close(v);
    store_close(s);
}

static void the_ring_is_trimmed_and_the_gap_shows(void **state)
{
    struct store *s = fix_open(*state);
    struct view *v = fix_view(*state);
    struct journal_entry e[512];
    uint64_t oldest;

    assert_int_equal(store_set_journal(s, 200), 0);
    for (unsigned i = 1; i <= 1000; i++) {
        fix_put(s, fix_freeze(FREEZE_DAY, 1, i, 1));
        int n = view_journal(v, 0, e, 512, &oldest);
        assert_int_equal(n, i - oldest + 1);
        assert_true((unsigned)n <= 250 && ((unsigned)n >= 200 || oldest == 1));
        assert_int_equal(e[0].rec, oldest);
        assert_int_equal(e[n - 1].rec, i);
    }
    assert_true(oldest > 1);
    uint64_t last = store_last_rec(s);
    store_close(s);
    s = fix_open(*state);
    assert_int_equal(store_last_rec(s), last);
    /* large sweeps fill rows with many entries: still bounded */
    assert_int_equal(store_set_journal(s, 200), 0);
    for (unsigned k = 2; k < 12; k++) {
        assert_int_equal(store_sweep_begin(s), 0);
        for (unsigned i = 1; i <= 300; i++) {
            struct freeze f = fix_freeze(FREEZE_DAY, k, i, 1);
            assert_int_equal(store_put_freeze(s, &f), 0);
        }
        assert_int_equal(store_sweep_commit(s), 0);
        int n = view_journal(v, 0, e, 512, &oldest);
        assert_true(n >= 200);
        assert_int_equal(e[0].rec, oldest);
    }
    view_close(v);
    store_close(s);
}

static void statistics(void **state)
{
    struct store *s = fix_open(*state);
    struct store_stats st;

    fix_put(s, fix_freeze(FREEZE_DAY, 1, 1, 1));
    assert_int_equal(fix_param(s, 1, 0, 0, "abc", 3), 0);
    store_stats(s, &st);
    assert_int_equal(st.commits, 2);
    assert_int_equal(st.rows, 2);
    assert_true(st.bytes > 3 && st.db_bytes > 0 && st.wal_bytes > 0);
    store_close(s);
}

/* The meter of a point is found by an index, not by decoding the archive. */
static void the_archive_index_is_used(void **state)
{
    struct fix *f = *state;
    char path[256];
    sqlite3 *db;
    sqlite3_stmt *st;

    store_close(fix_open(f));
    assert_int_equal(sqlite3_open(fix_path(f, "store.db", path), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "EXPLAIN QUERY PLAN SELECT data, crc, pn, sub FROM params WHERE fn=10 AND "
                           "substr(data,3,2)=?1",
                           -1, &st, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_non_null(strstr((const char *)sqlite3_column_text(st, 3), "params_point"));
    sqlite3_finalize(st);
    sqlite3_close(db);
    assert_int_equal(pragma(f, "PRAGMA application_id"), 0x434E5354);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(first_start_and_the_next),
        T(the_umask_does_not_matter),
        T(settings_are_in_force),
        T(the_second_writer_is_refused),
        T(a_newer_store_is_refused_and_kept),
        T(bad_folders),
        T(migrate_forward_from_every_version),
        T(a_failing_step_leaves_the_version_before),
        T(parameters_byte_for_byte),
        T(parameters_in_order),
        T(writes_in_one_transaction),
        T(all_writes_or_none),
        T(the_same_bytes_cost_nothing),
        T(a_damaged_parameter),
        T(facts),
        T(misuse),
        T(closing_inside_a_sweep_drops_it),
        T(a_foreign_lock_is_busy),
        T(numbers_only_grow),
        T(a_damaged_last_row_skips_numbers),
        T(the_journal_says_what_was_stored),
        T(a_cursor_misses_nothing),
        T(the_ring_is_trimmed_and_the_gap_shows),
        T(statistics),
        T(the_archive_index_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
