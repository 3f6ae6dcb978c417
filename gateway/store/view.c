#include "gateway/store/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "gateway/model/meter.h"
#include "gateway/store/blob.h"
#include "gateway/store/db.h"
#include "gateway/store/repair.h"
#include "gateway/store/schema.h"

enum { FN_METERS = 10 };

struct view {
    struct db db; /**< h is NULL while closed */
    char path[STORE_PATH];
    dev_t dev;
    ino_t ino;
    unsigned depth; /**< calls under way: a callback may call again */
    uint8_t blob[LATEST_BYTES];
};

int view_open(const char *dir, struct view **out)
{
    struct view *v = calloc(1, sizeof *v);

    *out = NULL;
    if (!v)
        return CN_E_NOMEM;
    int ret = store_path(v->path, dir, "store.db");
    if (ret < 0) {
        free(v);
        return ret;
    }
    *out = v;
    return 0;
}

void view_close(struct view *v)
{
    if (!v)
        return;
    db_close(&v->db);
    free(v);
}

/*
 * A reader without write permission gets SQLITE_READONLY while -wal or -shm is missing, and SQLITE_BUSY while
 * the writer recovers the -wal: both pass when the writer is up.
 */
static int translate(struct view *v, int ret)
{
    int rc = v->db.h ? sqlite3_errcode(v->db.h) & 0xFF : SQLITE_OK;

    if (ret == CN_E_BUSY)
        return CN_E_GONE;
    if (ret == CN_E_IO && (rc == SQLITE_READONLY || (rc == SQLITE_CANTOPEN && access(v->path, R_OK) == 0)))
        return CN_E_GONE;
    return ret;
}

static int open_db(struct view *v)
{
    int64_t version = 0;
    int ret = db_error(sqlite3_open_v2(v->path, &v->db.h, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL));

    if (ret == 0) {
        sqlite3_busy_timeout(v->db.h, 100);
        ret = db_exec(&v->db, "PRAGMA cache_size = -128; PRAGMA mmap_size = 0; PRAGMA cell_size_check = on;");
    }
    if (ret == 0)
        ret = db_pragma(&v->db, "PRAGMA user_version", &version);
    if (ret == 0 && version < SCHEMA_VERSION)
        ret = CN_E_GONE;
    if (ret == 0 && version > SCHEMA_VERSION)
        ret = CN_E_UNSUPPORTED;
    if (ret == 0)
        ret = db_prepare(&v->db, ST_READERS);
    if (ret < 0) {
        ret = translate(v, ret);
        db_close(&v->db);
    }
    return ret;
}

/* Every call is enter, work, leave. */
static int enter(struct view *v)
{
    struct stat st;
    int ret = 0;

    if (v->depth == 0) {
        bool there = stat(v->path, &st) == 0;
        if (v->db.h && (!there || st.st_dev != v->dev || st.st_ino != v->ino))
            db_close(&v->db);
        if (!there)
            return errno == ENOENT || errno == ENOTDIR ? CN_E_GONE : CN_E_IO;
        if (!v->db.h) {
            v->dev = st.st_dev;
            v->ino = st.st_ino;
            ret = open_db(v);
        }
    }
    if (ret == 0)
        v->depth++;
    return ret;
}

static int leave(struct view *v, int ret)
{
    v->depth--;
    if (ret != CN_E_BUSY && ret != CN_E_IO && ret != CN_E_NOMEM && ret != CN_E_CORRUPT)
        return ret;
    ret = translate(v, ret);
    if (v->depth == 0)
        db_close(&v->db); /* the next call starts afresh */
    return ret;
}

int view_param(struct view *v, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap)
{
    int ret = enter(v);

    return ret < 0 ? ret : leave(v, db_param(&v->db, fn, pn, sub, out, cap));
}

int view_params_each(struct view *v, unsigned fn, store_param_fn cb, void *ctx)
{
    int ret = enter(v);

    return ret < 0 ? ret : leave(v, db_params_each(&v->db, fn, cb, ctx));
}

static int find_meter(struct db *d, unsigned point, struct meter *out)
{
    const uint8_t key[2] = {(uint8_t)point, (uint8_t)(point >> 8)};
    sqlite3_stmt *st = d->st[ST_METER];
    const uint8_t *p;

    sqlite3_bind_blob(st, 1, key, sizeof key, SQLITE_STATIC);
    int ret = db_row(d, ST_METER);
    if (ret > 0) {
        int n = db_blob(d, ST_METER, 0, T_PARAM, FN_METERS, sqlite3_column_int64(st, 2),
                        sqlite3_column_int64(st, 3), &p);
        ret = n == F10_ENTRY && meter_decode(p, out) == 0 && out->point == point ? 0 : CN_E_CORRUPT;
        db_done(d, ST_METER);
    } else if (ret == 0) {
        ret = CN_E_NOTFOUND;
    }
    sqlite3_clear_bindings(st);
    return ret;
}

int view_meter(struct view *v, unsigned point, struct meter *out)
{
    int ret = enter(v);

    if (ret < 0)
        return ret;
    return leave(v, point == 0 || point > POINT_MAX ? CN_E_NOTFOUND : find_meter(&v->db, point, out));
}

struct meters_walk {
    view_meter_fn cb;
    void *ctx;
    int count, damaged;
};

static int on_meter(void *ctx, unsigned pn, unsigned sub, const uint8_t *data, size_t len)
{
    struct meters_walk *w = ctx;
    struct meter m;

    (void)sub;
    if (pn != 0 || len != F10_ENTRY || meter_decode(data, &m) < 0) {
        w->damaged++;
        return 0;
    }
    if (m.point == 0)
        return 0;
    w->count++;
    return w->cb(w->ctx, &m);
}

int view_meters(struct view *v, view_meter_fn cb, void *ctx)
{
    struct meters_walk w = {.cb = cb, .ctx = ctx};
    int ret = enter(v);

    if (ret < 0)
        return ret;
    ret = db_params_each(&v->db, FN_METERS, on_meter, &w);
    if (ret >= 0)
        ret = w.damaged ? CN_E_CORRUPT : w.count;
    return leave(v, ret);
}

int view_latest(struct view *v, unsigned point, unsigned quantity, struct reading_set *out)
{
    int ret = enter(v);

    if (ret < 0)
        return ret;
    ret = db_latest(&v->db, point, v->blob, sizeof v->blob);
    if (ret >= 0)
        ret = latest_find(v->blob, (size_t)ret, quantity, out);
    return leave(v, ret);
}

/* @return sets, or what cb returned when negative, or what is wrong with the bytes */
static int each_set(struct latest_iter *it, unsigned point, view_latest_fn cb, void *ctx)
{
    struct reading_set set;
    int count = 0, ret;

    while ((ret = latest_next(it, &set)) > 0) {
        ret = cb(ctx, point, &set);
        if (ret < 0)
            break;
        count++;
    }
    return ret < 0 ? ret : count;
}

int view_latest_all(struct view *v, unsigned point, view_latest_fn cb, void *ctx)
{
    uint8_t bytes[LATEST_BYTES]; /* not v->blob: the callback may ask for another point */
    struct latest_iter it;
    int ret = enter(v);

    if (ret < 0)
        return ret;
    ret = db_latest(&v->db, point, bytes, sizeof bytes);
    if (ret >= 0) {
        latest_begin(&it, bytes, (size_t)ret);
        ret = each_set(&it, point, cb, ctx);
    }
    return leave(v, ret);
}

int view_freeze(struct view *v, unsigned kind, int64_t slot, unsigned point, struct freeze *out)
{
    int ret = enter(v);

    return ret < 0 ? ret : leave(v, db_freeze(&v->db, kind, slot, point, out));
}

int view_curve(struct view *v, int64_t slot, unsigned point, uint64_t *rec, view_latest_fn cb, void *ctx)
{
    uint8_t bytes[CURVE_BYTES]; /* as in view_latest_all */
    struct latest_iter it;
    int ret = enter(v);

    if (ret < 0)
        return ret;
    ret = db_curve(&v->db, slot, point, bytes, sizeof bytes);
    if (ret >= 0) {
        curve_begin(&it, bytes, (size_t)ret, rec);
        ret = each_set(&it, point, cb, ctx);
    }
    return leave(v, ret);
}

int view_event(struct view *v, unsigned ring, uint8_t index, uint8_t *out, size_t cap, int64_t *at)
{
    int ret = enter(v);

    return ret < 0 ? ret : leave(v, db_event(&v->db, ring, index, out, cap, at));
}

int view_event_state(struct view *v, struct event_state *out)
{
    int ret = enter(v);

    return ret < 0 ? ret : leave(v, db_event_state(&v->db, out));
}

static int oldest_rec(struct db *d, uint64_t *oldest)
{
    uint64_t base;
    int ret = db_row(d, ST_JOURNAL_OLDEST);

    if (ret <= 0)
        return ret < 0 ? ret : CN_E_CORRUPT;
    bool empty = sqlite3_column_type(d->st[ST_JOURNAL_OLDEST], 0) != SQLITE_INTEGER;
    *oldest = (uint64_t)sqlite3_column_int64(d->st[ST_JOURNAL_OLDEST], 0);
    db_done(d, ST_JOURNAL_OLDEST);
    if (!empty)
        return 0;
    ret = db_rec_base(d, &base);
    *oldest = base + 1;
    return ret;
}

static int read_journal(struct db *d, uint64_t after, struct journal_entry *out, unsigned cap)
{
    sqlite3_stmt *st = d->st[ST_JOURNAL];
    unsigned count = 0;
    int ret = 0;

    db_bind(d, ST_JOURNAL, 1, (int64_t[]){(int64_t)(after + 1)});
    while (count < cap && (ret = db_row(d, ST_JOURNAL)) > 0) {
        struct journal_row_reader jr;
        struct journal_entry e;
        const uint8_t *p;
        int64_t first = sqlite3_column_int64(st, 2);
        int n = db_blob(d, ST_JOURNAL, 0, T_JOURNAL, first, 0, 0, &p);
        /* a damaged row is a jump in the numbers; the reader must come past it */
        if (n < 0)
            continue;
        journal_row_open(&jr, p, (size_t)n, (uint64_t)first);
        while (count < cap && journal_row_get(&jr, &e) > 0) {
            if (e.rec > after)
                out[count++] = e;
        }
    }
    db_done(d, ST_JOURNAL);
    return ret < 0 ? ret : (int)count;
}

int view_journal(struct view *v, uint64_t after, struct journal_entry *out, unsigned cap, uint64_t *oldest)
{
    int ret = enter(v);

    if (ret < 0)
        return ret;
    if (after >= INT64_MAX)
        return leave(v, CN_E_RANGE);
    /* one transaction: entries and oldest belong together */
    ret = db_run(&v->db, ST_READ_BEGIN);
    if (ret == 0) {
        ret = oldest_rec(&v->db, oldest);
        if (ret == 0)
            ret = read_journal(&v->db, after, out, cap);
        int end = db_run(&v->db, ST_READ_END);
        if (ret >= 0 && end < 0)
            ret = end;
    }
    return leave(v, ret);
}

int view_fact(struct view *v, const char *key, uint8_t *out, size_t cap)
{
    int ret = enter(v);

    return ret < 0 ? ret : leave(v, db_fact(&v->db, key, out, cap));
}
