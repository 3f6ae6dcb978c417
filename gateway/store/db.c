#include "gateway/store/db.h"

#include <string.h>

#include "gateway/base/err.h"
#include "gateway/store/blob.h"
#include "gateway/store/crc32.h"

static const char *const sql[ST_COUNT] = {
    [ST_READ_BEGIN] = "BEGIN",
    [ST_READ_END] = "COMMIT",
    [ST_PARAM] = "SELECT data, crc FROM params WHERE fn=?1 AND pn=?2 AND sub=?3",
    [ST_PARAMS] = "SELECT data, crc, pn, sub FROM params WHERE fn=?1 ORDER BY pn, sub",
    [ST_METER] = "SELECT data, crc, pn, sub FROM params WHERE fn=10 AND substr(data,3,2)=?1",
    [ST_LATEST] = "SELECT data, crc FROM latest WHERE point=?1",
    [ST_FREEZE] = "SELECT data, crc, flags FROM freezes WHERE kind=?1 AND slot=?2 AND point=?3",
    [ST_CURVE] = "SELECT data, crc FROM curves WHERE id=?1",
    [ST_EVENT] = "SELECT data, crc, at, rec FROM events WHERE ring=?1 AND idx=?2",
    [ST_FACT] = "SELECT data, crc FROM facts WHERE key=?1",
    [ST_JOURNAL_OLDEST] = "SELECT min(rec) FROM journal",
    /* from the row that holds ?1, or the next one when that is gone */
    [ST_JOURNAL] = "SELECT data, crc, rec FROM journal WHERE rec >= coalesce((SELECT max(rec) FROM journal "
                   "WHERE rec <= ?1), ?1) ORDER BY rec",

    [ST_BEGIN] = "BEGIN IMMEDIATE",
    [ST_COMMIT] = "COMMIT",
    [ST_ROLLBACK] = "ROLLBACK",
    [ST_PARAM_PUT] = "INSERT OR REPLACE INTO params(fn, pn, sub, data, crc) VALUES(?1, ?2, ?3, ?4, ?5)",
    [ST_PARAM_ERASE] = "DELETE FROM params WHERE fn=?1 AND pn=?2 AND sub=?3",
    [ST_PARAMS_ERASE] = "DELETE FROM params WHERE fn=?1 AND pn=?2",
    [ST_LATEST_PUT] = "INSERT OR REPLACE INTO latest(point, data, crc) VALUES(?1, ?2, ?3)",
    /* the first writer wins; only a mark "missing" (flag 4) gives way */
    [ST_FREEZE_PUT] =
        "INSERT INTO freezes(kind, slot, point, flags, data, crc) VALUES(?1, ?2, ?3, ?4, ?5, ?6) "
        "ON CONFLICT DO UPDATE SET flags=excluded.flags, data=excluded.data, crc=excluded.crc "
        "WHERE freezes.flags & 4",
    [ST_FREEZE_REPLACE] = "INSERT OR REPLACE INTO freezes(kind, slot, point, flags, data, crc) "
                          "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [ST_SLOT_NEXT] = "SELECT slot FROM freezes WHERE kind=?1 AND slot>?2 ORDER BY slot LIMIT 1",
    [ST_SLOT_HAS] = "SELECT 1 FROM freezes WHERE kind=?1 AND slot=?2 LIMIT 1",
    [ST_SLOT_ERASE] = "DELETE FROM freezes WHERE kind=?1 AND slot=?2",
    [ST_SLOTS_ERASE] = "DELETE FROM freezes WHERE kind=?1 AND slot>=?2",
    [ST_CURVE_PUT] = "INSERT OR REPLACE INTO curves(id, data, crc) VALUES(?1, ?2, ?3)",
    [ST_CURVE_NEXT] = "SELECT id FROM curves WHERE id>=?1 ORDER BY id LIMIT 1",
    [ST_CURVES_ERASE] = "DELETE FROM curves WHERE id>=?1 AND id<?2",
    [ST_EVENT_PUT] =
        "INSERT OR REPLACE INTO events(ring, idx, at, rec, data, crc) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [ST_EVENT_NEWEST] = "SELECT idx, count(*), max(rec) FROM events WHERE ring=?1",
    [ST_FACT_PUT] = "INSERT OR REPLACE INTO facts(key, data, crc) VALUES(?1, ?2, ?3)",
    [ST_JOURNAL_PUT] = "INSERT INTO journal(rec, data, crc) VALUES(?1, ?2, ?3)",
    [ST_JOURNAL_LAST] = "SELECT data, crc, rec FROM journal ORDER BY rec DESC LIMIT 1",
    /* a row goes when all of its entries are older than ?1: the next row starts at or before it */
    [ST_JOURNAL_TRIM] = "DELETE FROM journal WHERE rec < (SELECT max(rec) FROM journal WHERE rec <= ?1)",
};

int db_error(int rc)
{
    if (rc == SQLITE_IOERR_NOMEM)
        return CN_E_NOMEM;
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return CN_E_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return CN_E_BUSY;
    case SQLITE_NOMEM:
        return CN_E_NOMEM;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        return CN_E_STATE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR: /* the SQL is constant: it can only fail on tables that are not ours */
        return CN_E_CORRUPT;
    default:
        return CN_E_IO;
    }
}

int db_prepare(struct db *d, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int rc = sqlite3_prepare_v3(d->h, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &d->st[i], NULL);
        if (rc != SQLITE_OK)
            return db_error(rc);
    }
    return 0;
}

void db_close(struct db *d)
{
    for (unsigned i = 0; i < ST_COUNT; i++)
        sqlite3_finalize(d->st[i]);
    sqlite3_close(d->h);
    *d = (struct db){0};
}

int db_exec(struct db *d, const char *text)
{
    return db_error(sqlite3_exec(d->h, text, NULL, NULL, NULL));
}

int db_pragma(struct db *d, const char *text, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(d->h, text, -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    *out = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return db_error(rc);
}

void db_bind(struct db *d, enum st id, unsigned n, const int64_t *v)
{
    for (unsigned i = 0; i < n; i++)
        sqlite3_bind_int64(d->st[id], (int)i + 1, v[i]);
}

int db_row(struct db *d, enum st id)
{
    int rc = sqlite3_step(d->st[id]);

    if (rc == SQLITE_ROW)
        return 1;
    sqlite3_reset(d->st[id]);
    return db_error(rc);
}

int db_run(struct db *d, enum st id)
{
    int ret = db_row(d, id);

    if (ret > 0)
        db_done(d, id);
    return ret < 0 ? ret : 0;
}

void db_done(struct db *d, enum st id)
{
    sqlite3_reset(d->st[id]);
}

int db_blob(struct db *d, enum st id, int column, char table, int64_t k1, int64_t k2, int64_t k3,
            const uint8_t **p)
{
    sqlite3_stmt *st = d->st[id];
    const void *bytes = sqlite3_column_blob(st, column);
    int n = sqlite3_column_bytes(st, column);

    *p = bytes;
    if ((n && !bytes) || sqlite3_column_type(st, column) != SQLITE_BLOB)
        return CN_E_CORRUPT;
    uint32_t crc = crc32_record(table, k1, k2, k3, bytes, (size_t)n);
    return (uint32_t)sqlite3_column_int64(st, column + 1) == crc ? n : CN_E_CORRUPT;
}

int64_t db_fact_key(const char *key)
{
    return crc32_add(0, key, strlen(key));
}

int64_t db_freeze_key(unsigned kind, unsigned flags)
{
    return (int64_t)kind << 8 | (int64_t)flags;
}

int64_t db_event_key(unsigned ring, unsigned index)
{
    return (int64_t)ring << 8 | (int64_t)index;
}

void db_bind_blob(struct db *d, enum st id, int at, char table, int64_t k1, int64_t k2, int64_t k3,
                  const void *p, size_t n)
{
    uint32_t crc = crc32_record(table, k1, k2, k3, p, n);

    /* a NULL pointer would bind NULL instead of no bytes; a signed checksum takes 4 bytes in the row, not 6
     */
    sqlite3_bind_blob64(d->st[id], at, n ? p : "", n, SQLITE_STATIC);
    sqlite3_bind_int64(d->st[id], at + 1, (int32_t)crc);
}

/* Copy a checked blob of the present row out and end the statement. */
static int take(struct db *d, enum st id, int n, const uint8_t *p, uint8_t *out, size_t cap)
{
    if (n > 0 && (size_t)n > cap)
        n = CN_E_NOSPACE;
    else if (n > 0)
        memcpy(out, p, (size_t)n);
    db_done(d, id);
    return n;
}

int db_param(struct db *d, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap)
{
    const uint8_t *p;

    db_bind(d, ST_PARAM, 3, (int64_t[]){fn, pn, sub});
    int ret = db_row(d, ST_PARAM);
    if (ret <= 0)
        return ret ? ret : CN_E_NOTFOUND;
    int n = db_blob(d, ST_PARAM, 0, T_PARAM, fn, pn, sub, &p);
    return take(d, ST_PARAM, n, p, out, cap);
}

int db_params_each(struct db *d, unsigned fn, store_param_fn cb, void *ctx)
{
    sqlite3_stmt *st = d->st[ST_PARAMS];
    int count = 0, damaged = 0, ret;

    db_bind(d, ST_PARAMS, 1, (int64_t[]){fn});
    while ((ret = db_row(d, ST_PARAMS)) > 0) {
        const uint8_t *p;
        int64_t pn = sqlite3_column_int64(st, 2), sub = sqlite3_column_int64(st, 3);
        int n = db_blob(d, ST_PARAMS, 0, T_PARAM, fn, pn, sub, &p);
        if (n < 0) {
            damaged++;
            continue;
        }
        ret = cb(ctx, (unsigned)pn, (unsigned)sub, p, (size_t)n);
        if (ret < 0) {
            db_done(d, ST_PARAMS);
            return ret;
        }
        count++;
    }
    if (ret < 0)
        return ret;
    return damaged ? CN_E_CORRUPT : count;
}

int db_latest(struct db *d, unsigned point, uint8_t *buf, size_t cap)
{
    const uint8_t *p;

    db_bind(d, ST_LATEST, 1, (int64_t[]){point});
    int ret = db_row(d, ST_LATEST);
    if (ret <= 0)
        return ret ? ret : CN_E_NOTFOUND;
    int n = db_blob(d, ST_LATEST, 0, T_LATEST, point, 0, 0, &p);
    n = take(d, ST_LATEST, n, p, buf, cap);
    return n == CN_E_NOSPACE ? CN_E_CORRUPT : n;
}

int db_freeze(struct db *d, unsigned kind, int64_t slot, unsigned point, struct freeze *out)
{
    const uint8_t *p;

    db_bind(d, ST_FREEZE, 3, (int64_t[]){kind, slot, point});
    int ret = db_row(d, ST_FREEZE);
    if (ret <= 0)
        return ret ? ret : CN_E_NOTFOUND;
    unsigned flags = (unsigned)sqlite3_column_int(d->st[ST_FREEZE], 2);
    ret = db_blob(d, ST_FREEZE, 0, T_FREEZE, db_freeze_key(kind, flags), slot, point, &p);
    if (ret >= 0) {
        *out = (struct freeze){
            .kind = (uint8_t)kind, .flags = (uint8_t)flags, .point = (uint16_t)point, .slot = slot};
        ret = freeze_unpack(p, (size_t)ret, out);
    }
    db_done(d, ST_FREEZE);
    return ret;
}

int64_t db_curve_id(int64_t slot, unsigned point)
{
    return slot << CURVE_POINT_BITS | (int64_t)point;
}

int db_curve(struct db *d, int64_t slot, unsigned point, uint8_t *buf, size_t cap)
{
    int64_t id = db_curve_id(slot, point);
    const uint8_t *p;

    db_bind(d, ST_CURVE, 1, &id);
    int ret = db_row(d, ST_CURVE);
    if (ret <= 0)
        return ret ? ret : CN_E_NOTFOUND;
    int n = db_blob(d, ST_CURVE, 0, T_CURVE, id, 0, 0, &p);
    n = take(d, ST_CURVE, n, p, buf, cap);
    return n == CN_E_NOSPACE ? CN_E_CORRUPT : n;
}

int db_event(struct db *d, unsigned ring, uint8_t index, uint8_t *out, size_t cap, int64_t *at)
{
    const uint8_t *p;

    db_bind(d, ST_EVENT, 2, (int64_t[]){ring, index});
    int ret = db_row(d, ST_EVENT);
    if (ret <= 0)
        return ret ? ret : CN_E_NOTFOUND;
    *at = sqlite3_column_int64(d->st[ST_EVENT], 2);
    int64_t rec = sqlite3_column_int64(d->st[ST_EVENT], 3);
    int n = db_blob(d, ST_EVENT, 0, T_EVENT, db_event_key(ring, index), *at, rec, &p);
    return take(d, ST_EVENT, n, p, out, cap);
}

int db_fact(struct db *d, const char *key, uint8_t *out, size_t cap)
{
    const uint8_t *p;

    sqlite3_bind_text(d->st[ST_FACT], 1, key, -1, SQLITE_STATIC);
    int ret = db_row(d, ST_FACT);
    if (ret <= 0)
        return ret ? ret : CN_E_NOTFOUND;
    int n = db_blob(d, ST_FACT, 0, T_FACT, db_fact_key(key), 0, 0, &p);
    return take(d, ST_FACT, n, p, out, cap);
}

int db_event_state(struct db *d, struct event_state *out)
{
    uint8_t bytes[EVENT_STATE_BYTES];
    int n = db_fact(d, FACT_EVENTS, bytes, sizeof bytes);

    *out = (struct event_state){0};
    if (n == CN_E_NOTFOUND)
        return 0;
    if (n < 0)
        return n == CN_E_NOSPACE ? CN_E_CORRUPT : n;
    return event_state_unpack(bytes, (size_t)n, out);
}

int db_rec_base(struct db *d, uint64_t *base)
{
    uint8_t bytes[8];
    int n = db_fact(d, FACT_REC_BASE, bytes, sizeof bytes);

    *base = 0;
    if (n == CN_E_NOTFOUND)
        return 0;
    if (n < 0)
        return n;
    struct rbuf r = rbuf_of(bytes, (size_t)n);
    *base = rbuf_u64(&r);
    return r.err ? CN_E_CORRUPT : 0;
}
