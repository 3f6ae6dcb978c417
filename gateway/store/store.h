#ifndef GATEWAY_STORE_STORE_H
#define GATEWAY_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/model/meter.h"
#include "gateway/model/reading.h"

/**
 * The store: one SQLite database state_dir/store.db in WAL mode with synchronous=FULL. concentratord is the only
 * writer (struct store); the other processes open the read-only view (gateway/store/view.h). Only this
 * folder knows SQL.
 *
 * Durability: a call that returns 0 outside a sweep is on flash. Between store_sweep_begin and store_sweep_commit
 * the calls marked [sweep] join one transaction and are on flash when commit returns 0. Errors: CN_E_IO (disk),
 * CN_E_FULL (disk full), CN_E_CORRUPT, CN_E_STATE (misuse). After a failed commit the sweep's rows are gone:
 * the caller still has them and tries again.
 *
 * Every stored record gets a number `rec` from one counter that only grows and is never reused (the journal).
 */
struct store;

/** @param dir state_dir, created 0750 if missing. Creates or migrates store.db atomically. */
int store_open(const char *dir, struct store **out);
void store_close(struct store *s);

/** Largest rec given out so far. */
uint64_t store_last_rec(const struct store *s);

/* ---- parameters: data units byte for byte under (fn, pn, sub) ---- */
struct param_write {
    uint8_t fn;
    uint16_t pn;
    uint16_t sub;   /**< 0 for plain items, the entry's key for list items */
    bool erase;     /**< remove the row */
    bool erase_all; /**< remove all rows of (fn, pn) first (lists that are replaced) */
    const uint8_t *data;
    uint16_t length;
};
/** All writes or none, on flash when it returns 0. */
int store_params_write(struct store *s, const struct param_write *w, unsigned count, int64_t now);
/** @return length, CN_E_NOTFOUND, CN_E_NOSPACE. */
int store_param_read(struct store *s, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap);
typedef int (*store_param_fn)(void *ctx, unsigned pn, unsigned sub, const uint8_t *data, size_t len);
/** Rows of one Fn in (pn, sub) order. @return rows visited, or what fn returned when negative. */
int store_params_each(struct store *s, unsigned fn, store_param_fn cb, void *ctx);

/* ---- readings ---- */
int store_sweep_begin(struct store *s);
int store_sweep_commit(struct store *s);
void store_sweep_rollback(struct store *s);
bool store_in_sweep(const struct store *s);

/** [sweep] Merge new values into the latest values of a point (values of other quantities stay). */
int store_put_latest(struct store *s, unsigned point, const struct reading_set *set);

enum freeze_kind { FREEZE_DAY = 1, FREEZE_MONTH = 2, FREEZE_HOUR = 3 };
enum freeze_flags {
    FREEZE_METER = 1,   /**< the meter's own freeze */
    FREEZE_FILLED = 2,  /**< fetched later than its period allows a plain reading */
    FREEZE_MISSING = 4, /**< attempt finished without a value: no readings, read_at = last attempt */
};
struct freeze {
    uint8_t kind;
    uint8_t flags;
    uint16_t point;
    int64_t slot;      /**< gateway/base/civil.h: slot_day, slot_month, slot_hour */
    int64_t frozen_at; /**< UTC second the values belong to */
    uint64_t rec;      /**< set by the store */
    struct reading_set set; /**< set.at = when it was read */
};
/**
 * [sweep] First writer wins: a slot that has values is not changed (CN_E_EXISTS); a FREEZE_MISSING one is replaced.
 */
int store_put_freeze(struct store *s, const struct freeze *f);
/** Slots of one kind that a point already has with values or as missing, as a bit each: bit i = first + i, i < n <= 512. */
int store_freeze_map(struct store *s, unsigned kind, unsigned point, int64_t first, unsigned n, uint8_t *have, uint8_t *missing);

/** Rings: rows older than these many slots before the newest are removed as new ones come. */
struct store_depth {
    uint16_t days, months, hours;
};
int store_set_depth(struct store *s, struct store_depth d);

/* ---- events ---- */
struct event_state {
    uint8_t ec1, ec2; /**< counters = write pointers (reference part 6, 1.2) */
    uint8_t rd1, rd2; /**< oldest record the master has not yet received */
    bool acd;
};
/** Store a record in a ring (1 important, 2 general); important ones set ACD. On flash when it returns 0. */
int store_put_event(struct store *s, unsigned ring, const uint8_t *record, size_t len, int64_t at, uint8_t *index);
int store_event_state(struct store *s, struct event_state *out);
/** Move RD of a ring to `upto` by the rule of part 6, 1.4; optionally clear ACD. On flash when it returns 0. */
int store_events_seen(struct store *s, unsigned ring, uint8_t upto, bool clear_acd);

/* ---- small durable facts of the box: "clock_offset_ms", "open_events", "running_since" ---- */
int store_fact_put(struct store *s, const char *key, const uint8_t *data, size_t len);
int store_fact_get(struct store *s, const char *key, uint8_t *out, size_t cap);

/** Counters for concentratorctl status. */
struct store_stats {
    uint64_t commits, rows, bytes; /**< since open; bytes = payload */
    uint64_t db_bytes, wal_bytes;
};
void store_stats(struct store *s, struct store_stats *out);

#endif
