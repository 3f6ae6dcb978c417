#ifndef GATEWAY_STORE_STORE_H
#define GATEWAY_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/model/meter.h"
#include "gateway/model/reading.h"

/**
 * The store: one SQLite database state_dir/store.db in WAL mode with synchronous=FULL. concentratord is the
 * only writer (struct store); the other processes open the read-only view (gateway/store/view.h). Only this
 * folder knows SQL.
 *
 * Durability: a call that returns 0 outside a sweep is on flash. Between store_sweep_begin and
 * store_sweep_commit the calls marked [sweep] join one transaction and are on flash when commit returns 0. A
 * sweep is short: begin, put what was collected, commit; it is not held open while meters are read.
 *
 * Errors: CN_E_IO (disk, also read-only), CN_E_FULL (disk full), CN_E_BUSY (a foreign program locks the
 * database), CN_E_CORRUPT, CN_E_NOMEM, CN_E_STATE (misuse), CN_E_RANGE (arguments). After one of the first
 * five inside a sweep every further call of the sweep gives it again, and so does commit, which then rolls
 * back. After a failed commit the sweep's rows are gone: the caller still has them and tries again. After
 * CN_E_CORRUPT close the store and open it again: store_open then looks for damage and repairs. Damage of one
 * record (its checksum is wrong) costs this record only: reading it gives CN_E_CORRUPT, writing it anew heals
 * it.
 *
 * Every stored record gets a number `rec` from one counter that only grows and is never reused (the journal).
 * A database that replaces a damaged one goes on with much higher numbers.
 */
struct store;

/**
 * Files in state_dir: store.db, store.db-wal, store.db-shm (mode 0640), store.lock. Readers of other users
 * (view.h) belong to the group of state_dir; nobody but the writer needs write permission.
 *
 * @param dir state_dir, created 0750 if missing (its parent must exist). Creates or migrates store.db
 *            atomically. A damaged database is set aside as store.db.damaged.N (the last two are kept) and
 * replaced by a new one with every row that can still be read; store_opened tells.
 * @return 0, CN_E_BUSY (another process has the store open), CN_E_UNSUPPORTED (written by newer software;
 * nothing is changed), CN_E_IO, CN_E_FULL, CN_E_NOMEM, CN_E_NOSPACE (path too long)
 */
int store_open(const char *dir, struct store **out);
void store_close(struct store *s);

/** What store_open found, for the log and the events (ERC1, ERC2). */
struct store_opened {
    bool created;          /**< there was no database: first start */
    unsigned damaged;      /**< N of the database set aside as store.db.damaged.N; 0 = none */
    unsigned rows_kept;    /**< rows taken over from it */
    bool counters_guessed; /**< EC and RD were damaged and rebuilt from the records: unread events may be
                              reported again */
};
void store_opened(const struct store *s, struct store_opened *out);

/** Largest rec given out so far. */
uint64_t store_last_rec(const struct store *s);

/* ---- parameters: data units byte for byte under (fn, pn, sub) ---- */
struct param_write {
    uint8_t fn;
    uint16_t pn;
    uint16_t sub;   /**< 0 for plain items, the entry's key for list items */
    bool erase;     /**< remove the row */
    bool erase_all; /**< remove all rows of (fn, pn) first (a replaced list); data NULL = that is all */
    const uint8_t *data;
    uint16_t length;
};
/**
 * All writes or none, in their order, on flash when it returns 0. Rows that already hold the same bytes are
 * not written again. CN_E_STATE inside a sweep: a confirmation must not depend on it.
 */
int store_params_write(struct store *s, const struct param_write *w, unsigned count, int64_t now);
/** @return length, CN_E_NOTFOUND, CN_E_NOSPACE, CN_E_CORRUPT. */
int store_param_read(struct store *s, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap);
typedef int (*store_param_fn)(void *ctx, unsigned pn, unsigned sub, const uint8_t *data, size_t len);
/**
 * Rows of one Fn in (pn, sub) order; data live during the callback, which must not call this function again.
 * @return rows visited, or what cb returned when negative; CN_E_CORRUPT, after all good rows were visited,
 * when there were damaged ones among them
 */
int store_params_each(struct store *s, unsigned fn, store_param_fn cb, void *ctx);

/* ---- readings ---- */
int store_sweep_begin(struct store *s);
int store_sweep_commit(struct store *s);
void store_sweep_rollback(struct store *s);
bool store_in_sweep(const struct store *s);

/**
 * [sweep] Merge new values into the latest values of a point: each quantity of the set replaces what the
 * point had of it, the others keep their values and times. A point keeps 31 different times or 1900 bytes;
 * beyond that the values that were stored longest ago go.
 */
int store_put_latest(struct store *s, unsigned point, const struct reading_set *set);

enum freeze_kind {
    FREEZE_DAY = 1,
    FREEZE_MONTH = 2,
    FREEZE_HOUR = 3,
    FREEZE_CURVE = 4, /**< what a sweep read: store_put_curve, view_curve */
};
enum freeze_flags {
    FREEZE_METER = 1,   /**< the meter's own freeze */
    FREEZE_FILLED = 2,  /**< fetched later than its period allows a plain reading */
    FREEZE_MISSING = 4, /**< attempt finished without a value: no readings, read_at = last attempt */
};
struct freeze {
    uint8_t kind;
    uint8_t flags;
    uint16_t point;
    int64_t slot;           /**< gateway/base/civil.h: slot_day, slot_month, slot_hour */
    int64_t frozen_at;      /**< UTC second the values belong to */
    uint64_t rec;           /**< set by the store */
    struct reading_set set; /**< set.at = when it was read */
};
/**
 * [sweep] First writer wins: a slot that has values is not changed (CN_E_EXISTS); a FREEZE_MISSING one is
 * replaced, and so is a damaged one. CN_E_STALE: the ring is full and the slot is older than all of it.
 * Neither ends the sweep.
 */
int store_put_freeze(struct store *s, const struct freeze *f);
/**
 * Slots of one kind that a point already has with values or as missing, as a bit each: bit i = first + i, i <
 * n <= 512. have and missing hold (n + 7) / 8 bytes. A damaged slot is neither.
 */
int store_freeze_map(struct store *s, unsigned kind, unsigned point, int64_t first, unsigned n, uint8_t *have,
                     uint8_t *missing);

/**
 * [sweep] Keep what a sweep read of a point: its latest values that were read at `since` or later, each with
 * its own time, as one record. Later values replace the latest ones; this record stays as it is.
 * @param slot minutes since 1970-01-01 00:00 local at which the sweep's interval began, 0 .. 2^40
 * @param at   UTC second of the end of the sweep; the journal entry carries it
 * @return 0, CN_E_NOTFOUND (nothing was read), CN_E_EXISTS (first writer wins, as store_put_freeze),
 * CN_E_STALE
 */
int store_put_curve(struct store *s, unsigned point, int64_t slot, int64_t since, int64_t at);

/**
 * Remove every slot of a kind from `first` on: when a clock was found to have been ahead, these slots were
 * never reached. Call it only when the present time is known to be right. On flash when it returns 0; inside
 * a sweep it joins the sweep. CN_E_RANGE, and nothing is removed, when no slot would be left: then it is the
 * present clock that is wrong (1970 after a dead battery).
 */
int store_drop_freezes(struct store *s, unsigned kind, int64_t first);

/**
 * Rings: each kind keeps this many different slots. When a new slot comes, the oldest one goes, whatever lies
 * between them: after an off time the ring still holds as many days as before, and one slot written with a
 * clock far ahead costs one place, not all data. Default 62 days, 13 months, 300 hours, 960 curve points (ten
 * days of a sweep every 15 minutes); not stored, set it after each opening.
 */
struct store_depth {
    uint16_t days, months, hours, curves; /**< >= 1 */
};
int store_set_depth(struct store *s, struct store_depth d);

/**
 * The journal keeps at least the last `entries` records (and at most a quarter more). Default 4194304, some 8 MB:
 * as many days of 192 meters as the curves; not stored.
 */
int store_set_journal(struct store *s, uint32_t entries);

/* ---- events ---- */
struct event_state {
    uint8_t ec1, ec2; /**< counters = write pointers (reference part 6, 1.2) */
    uint8_t rd1, rd2; /**< oldest record the master has not yet received */
    bool acd;
};
/**
 * Store a record in a ring (1 important, 2 general) by reference part 6, 1.2; important ones set ACD (1.3).
 * On flash when it returns 0; inside a sweep it joins the sweep.
 * @param len 1..EVENT_MAX @param index where it was stored; may be NULL
 */
int store_put_event(struct store *s, unsigned ring, const uint8_t *record, size_t len, int64_t at,
                    uint8_t *index);
int store_event_state(struct store *s, struct event_state *out);
/**
 * Move RD of a ring to `upto` by the rule of reference part 6, 1.4 (never back, never beyond EC). ACD becomes
 * 0 when clear_acd is set or no important record is unread any more (part 1, section 2); ring 2 does not
 * touch it. On flash when it returns 0; inside a sweep it joins the sweep.
 */
int store_events_seen(struct store *s, unsigned ring, uint8_t upto, bool clear_acd);

/* ---- small durable facts of the box: "clock_offset_ms", "open_events", "running_since" ---- */
enum { FACT_KEY_MAX = 63, FACT_BYTES_MAX = 65536 };
/**
 * On flash when it returns 0; inside a sweep it joins the sweep. The same bytes again are not written. Keys
 * that start with "store." belong to the store (CN_E_RANGE).
 */
int store_fact_put(struct store *s, const char *key, const uint8_t *data, size_t len);
/** @return length, CN_E_NOTFOUND, CN_E_NOSPACE, CN_E_CORRUPT. */
int store_fact_get(struct store *s, const char *key, uint8_t *out, size_t cap);

/** Counters for concentratorctl status. */
struct store_stats {
    uint64_t commits, rows, bytes; /**< since open; bytes = payload */
    uint64_t db_bytes, wal_bytes;
};
void store_stats(struct store *s, struct store_stats *out);

#endif
