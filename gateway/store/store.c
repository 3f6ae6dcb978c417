#include "gateway/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "gateway/store/writer.h"

enum { JOURNAL_DEFAULT = 4194304, CURVES_DEFAULT = 960 };

static int make_dir(const char *dir)
{
    if (mkdir(dir, 0750) == 0)
        return chmod(dir, 0750) == 0 ? 0 : CN_E_IO; /* whatever the umask says */
    return errno == EEXIST ? 0 : errno == ENOSPC ? CN_E_FULL : CN_E_IO;
}

/* A file of its own: SQLite's locks live on store.db, and closing any descriptor of that file would drop
 * them. */
static int lock(struct store *s)
{
    char path[STORE_PATH];
    int ret = store_path(path, s->dir, "store.lock");

    if (ret < 0)
        return ret;
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (s->lock_fd < 0)
        return errno == ENOSPC ? CN_E_FULL : CN_E_IO;
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? CN_E_BUSY : CN_E_IO;
    return 0;
}

static int load(struct store *s)
{
    int ret = journal_load(s);

    return ret < 0 ? ret : events_load(s);
}

int store_open(const char *dir, struct store **out)
{
    struct store *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s)
        return CN_E_NOMEM;
    s->lock_fd = -1;
    s->journal_depth = JOURNAL_DEFAULT;
    s->now.rings[FREEZE_DAY].depth = 62;
    s->now.rings[FREEZE_MONTH].depth = 13;
    s->now.rings[FREEZE_HOUR].depth = 300;
    s->now.curves.depth = CURVES_DEFAULT;
    int ret = snprintf(s->dir, sizeof s->dir, "%s", dir) < (int)sizeof s->dir ? make_dir(dir) : CN_E_NOSPACE;
    if (ret == 0)
        ret = lock(s);
    if (ret == 0)
        ret = repair_open(s->dir, false, &s->db, &s->opened);
    if (ret == 0)
        ret = load(s);
    if (ret == CN_E_CORRUPT && !s->opened.damaged) {
        db_close(&s->db);
        ret = repair_open(s->dir, true, &s->db, &s->opened);
        if (ret == 0)
            ret = load(s);
    }
    if (ret < 0)
        store_close(s);
    else
        *out = s;
    return ret;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->sweep)
        store_sweep_rollback(s);
    db_close(&s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s);
}

void store_opened(const struct store *s, struct store_opened *out)
{
    *out = s->opened;
}

uint64_t store_last_rec(const struct store *s)
{
    return s->now.last_rec;
}

/* ---- transactions ---- */

static int begin(struct store *s)
{
    int ret = db_run(&s->db, ST_BEGIN);

    if (ret == CN_E_CORRUPT)
        repair_suspect(s->dir);
    s->before = s->now;
    s->changes = sqlite3_total_changes(s->db.h);
    journal_row_begin(&s->row, s->row_bytes, sizeof s->row_bytes);
    return ret;
}

static void rollback(struct store *s)
{
    /* SQLite has already rolled back after some errors */
    if (!sqlite3_get_autocommit(s->db.h))
        db_run(&s->db, ST_ROLLBACK);
    s->now = s->before;
}

static int finish(struct store *s, int ret)
{
    if (ret >= 0) {
        int flushed = journal_flush(s);
        ret = flushed < 0 ? flushed : ret;
    }
    if (ret >= 0) {
        int committed = db_run(&s->db, ST_COMMIT);
        ret = committed < 0 ? committed : ret;
    }
    if (ret < 0)
        rollback(s);
    else if (sqlite3_total_changes(s->db.h) != s->changes)
        s->stats.commits++;
    if (ret == CN_E_CORRUPT)
        repair_suspect(s->dir);
    return ret;
}

/* Failures of the store itself, in contrast to answers such as CN_E_EXISTS. */
static bool broken(int ret)
{
    return ret == CN_E_IO || ret == CN_E_FULL || ret == CN_E_BUSY || ret == CN_E_CORRUPT || ret == CN_E_NOMEM;
}

int tx_enter(struct store *s, bool *own)
{
    *own = !s->sweep;
    return s->sweep ? s->sweep_err : begin(s);
}

int tx_leave(struct store *s, bool own, int ret)
{
    if (own)
        return finish(s, ret);
    if (broken(ret) && !s->sweep_err)
        s->sweep_err = ret;
    return ret;
}

int store_sweep_begin(struct store *s)
{
    if (s->sweep)
        return CN_E_STATE;
    int ret = begin(s);
    s->sweep = ret == 0;
    s->sweep_err = 0;
    return ret;
}

int store_sweep_commit(struct store *s)
{
    if (!s->sweep)
        return CN_E_STATE;
    s->sweep = false;
    return finish(s, s->sweep_err);
}

void store_sweep_rollback(struct store *s)
{
    if (!s->sweep)
        return;
    s->sweep = false;
    rollback(s);
}

bool store_in_sweep(const struct store *s)
{
    return s->sweep;
}

void count_row(struct store *s, size_t bytes)
{
    s->stats.rows++;
    s->stats.bytes += bytes;
}

/* ---- parameters ---- */

static bool same_param(struct store *s, const struct param_write *w)
{
    const uint8_t *p;

    db_bind(&s->db, ST_PARAM, 3, (int64_t[]){w->fn, w->pn, w->sub});
    if (db_row(&s->db, ST_PARAM) <= 0)
        return false;
    int n = db_blob(&s->db, ST_PARAM, 0, T_PARAM, w->fn, w->pn, w->sub, &p);
    bool same = n == w->length && (n == 0 || memcmp(p, w->data, (size_t)n) == 0);
    db_done(&s->db, ST_PARAM);
    return same;
}

static int write_param(struct store *s, const struct param_write *w, int64_t now)
{
    int64_t key[3] = {w->fn, w->pn, w->sub};
    struct journal_entry e = {.kind = JOURNAL_PARAM, .sub = w->fn, .point = w->pn, .slot = w->sub, .at = now};
    int ret = 0;

    if (w->erase_all) {
        db_bind(&s->db, ST_PARAMS_ERASE, 2, key);
        ret = db_run(&s->db, ST_PARAMS_ERASE);
    }
    if (ret == 0 && w->erase) {
        db_bind(&s->db, ST_PARAM_ERASE, 3, key);
        ret = db_run(&s->db, ST_PARAM_ERASE);
    } else if (ret == 0 && w->data) {
        if (same_param(s, w))
            return 0;
        db_bind(&s->db, ST_PARAM_PUT, 3, key);
        db_bind_blob(&s->db, ST_PARAM_PUT, 4, T_PARAM, w->fn, w->pn, w->sub, w->data, w->length);
        ret = db_run(&s->db, ST_PARAM_PUT);
        count_row(s, w->length);
    }
    return ret < 0 ? ret : journal_add(s, &e);
}

int store_params_write(struct store *s, const struct param_write *w, unsigned count, int64_t now)
{
    bool own;

    if (s->sweep)
        return CN_E_STATE;
    for (unsigned i = 0; i < count; i++) {
        if (!w[i].data && (w[i].length || (!w[i].erase && !w[i].erase_all)))
            return CN_E_RANGE;
    }
    int ret = tx_enter(s, &own);
    if (ret < 0)
        return ret;
    for (unsigned i = 0; i < count && ret == 0; i++)
        ret = write_param(s, &w[i], now);
    return tx_leave(s, own, ret);
}

int store_param_read(struct store *s, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap)
{
    return db_param(&s->db, fn, pn, sub, out, cap);
}

int store_params_each(struct store *s, unsigned fn, store_param_fn cb, void *ctx)
{
    return db_params_each(&s->db, fn, cb, ctx);
}

/* ---- facts ---- */

int fact_write(struct store *s, const char *key, const uint8_t *data, size_t len)
{
    const uint8_t *p;

    sqlite3_bind_text(s->db.st[ST_FACT], 1, key, -1, SQLITE_STATIC);
    if (db_row(&s->db, ST_FACT) > 0) {
        int n = db_blob(&s->db, ST_FACT, 0, T_FACT, db_fact_key(key), 0, 0, &p);
        bool same = n >= 0 && (size_t)n == len && (n == 0 || memcmp(p, data, len) == 0);
        db_done(&s->db, ST_FACT);
        if (same)
            return 0;
    }
    sqlite3_bind_text(s->db.st[ST_FACT_PUT], 1, key, -1, SQLITE_STATIC);
    db_bind_blob(&s->db, ST_FACT_PUT, 2, T_FACT, db_fact_key(key), 0, 0, data, len);
    int ret = db_run(&s->db, ST_FACT_PUT);
    count_row(s, len);
    return ret;
}

int store_fact_put(struct store *s, const char *key, const uint8_t *data, size_t len)
{
    size_t n = strlen(key);
    bool own;

    if (n == 0 || n > FACT_KEY_MAX || len > FACT_BYTES_MAX || (len && !data) ||
        strncmp(key, "store.", 6) == 0)
        return CN_E_RANGE;
    int ret = tx_enter(s, &own);
    return ret < 0 ? ret : tx_leave(s, own, fact_write(s, key, data, len));
}

int store_fact_get(struct store *s, const char *key, uint8_t *out, size_t cap)
{
    return db_fact(&s->db, key, out, cap);
}

/* ---- statistics ---- */

static uint64_t file_size(const struct store *s, const char *name)
{
    char path[STORE_PATH];
    struct stat st;

    return store_path(path, s->dir, name) == 0 && stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

void store_stats(struct store *s, struct store_stats *out)
{
    *out = s->stats;
    out->db_bytes = file_size(s, "store.db");
    out->wal_bytes = file_size(s, "store.db-wal");
}
