#ifndef GATEWAY_STORE_DB_H
#define GATEWAY_STORE_DB_H

#include <stdint.h>

#include <sqlite3.h>

#include "gateway/store/store.h"
#include "gateway/store/view.h"

/**
 * What the writer (store.c) and the readers (view.c) share: the statements, prepared once, the mapping of
 * SQLite's errors, and every function that only reads. Private to gateway/store.
 */
enum st {
    /* readers and writer */
    ST_READ_BEGIN,
    ST_READ_END,
    ST_PARAM,
    ST_PARAMS,
    ST_METER,
    ST_LATEST,
    ST_FREEZE,
    ST_CURVE,
    ST_EVENT,
    ST_FACT,
    ST_JOURNAL_OLDEST,
    ST_JOURNAL,
    ST_READERS, /**< how many of them the view prepares */
    /* writer only */
    ST_BEGIN = ST_READERS,
    ST_COMMIT,
    ST_ROLLBACK,
    ST_PARAM_PUT,
    ST_PARAM_ERASE,
    ST_PARAMS_ERASE,
    ST_LATEST_PUT,
    ST_FREEZE_PUT,
    ST_FREEZE_REPLACE,
    ST_SLOT_NEXT,
    ST_SLOT_HAS,
    ST_SLOT_ERASE,
    ST_SLOTS_ERASE,
    ST_CURVE_PUT,
    ST_CURVE_NEXT,
    ST_CURVES_ERASE,
    ST_EVENT_PUT,
    ST_EVENT_NEWEST,
    ST_FACT_PUT,
    ST_JOURNAL_PUT,
    ST_JOURNAL_LAST,
    ST_JOURNAL_TRIM,
    ST_COUNT
};

struct db {
    sqlite3 *h;
    sqlite3_stmt *st[ST_COUNT];
};

/** CN_E_... of an SQLite result, extended or not; 0 for OK, ROW and DONE. */
int db_error(int rc);
/** Prepare the first `count` statements. @return 0, CN_E_CORRUPT (a table is missing), CN_E_IO ... */
int db_prepare(struct db *d, unsigned count);
/** Finalize everything and close. */
void db_close(struct db *d);
int db_exec(struct db *d, const char *sql);
/** A pragma's integer. @return 0 or an error. */
int db_pragma(struct db *d, const char *sql, int64_t *out);

/** Bind integers to ?1, ?2 ... of a statement. */
void db_bind(struct db *d, enum st id, unsigned n, const int64_t *v);
/** Bind bytes to ?at and their checksum to the parameter behind; the bytes must live until the statement ran.
 */
void db_bind_blob(struct db *d, enum st id, int at, char table, int64_t k1, int64_t k2, int64_t k3,
                  const void *p, size_t n);
/** Run a statement that returns no row, and reset it. @return 0 or an error. */
int db_run(struct db *d, enum st id);
/** Step to a row. @return 1 (then db_done must follow), 0 without a row, or an error; the last two have reset
 * it. */
int db_row(struct db *d, enum st id);
void db_done(struct db *d, enum st id);
/** A blob column and the checksum in the column behind it. The bytes live until db_done. @return length,
 * CN_E_CORRUPT. */
int db_blob(struct db *d, enum st id, int column, char table, int64_t k1, int64_t k2, int64_t k3,
            const uint8_t **p);

/* Tables in checksums (crc32_record). */
enum { T_PARAM = 'p', T_LATEST = 'l', T_FREEZE = 'f', T_CURVE = 'c', T_EVENT = 'e', T_FACT = 'x', T_JOURNAL = 'j' };
/** Key of a fact in its checksum. */
int64_t db_fact_key(const char *key);
/** kind and flags of a freeze in its checksum. */
int64_t db_freeze_key(unsigned kind, unsigned flags);
/** ring and index of an event in its checksum. */
int64_t db_event_key(unsigned ring, unsigned index);

/* Facts that the store itself keeps. */
#define FACT_EVENTS   "store.events"   /* struct event_state */
#define FACT_REC_BASE "store.rec_base" /* 8 bytes: records start after it */

/* The contracts of these are in store.h and view.h. */
int db_param(struct db *d, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap);
int db_params_each(struct db *d, unsigned fn, store_param_fn cb, void *ctx);
int db_freeze(struct db *d, unsigned kind, int64_t slot, unsigned point, struct freeze *out);
int db_event(struct db *d, unsigned ring, uint8_t index, uint8_t *out, size_t cap, int64_t *at);
int db_event_state(struct db *d, struct event_state *out);
int db_fact(struct db *d, const char *key, uint8_t *out, size_t cap);
/** Bytes of a point's latest values into buf. @return length, CN_E_NOTFOUND, CN_E_CORRUPT. */
int db_latest(struct db *d, unsigned point, uint8_t *buf, size_t cap);
/** Key of a curve point; grows with the slot. */
enum { CURVE_POINT_BITS = 11 };
int64_t db_curve_id(int64_t slot, unsigned point);
/** Bytes of a curve point into buf. @return length, CN_E_NOTFOUND, CN_E_CORRUPT. */
int db_curve(struct db *d, int64_t slot, unsigned point, uint8_t *buf, size_t cap);
/** The value of FACT_REC_BASE; 0 when there is none. */
int db_rec_base(struct db *d, uint64_t *base);

#endif
