#ifndef GATEWAY_STORE_VIEW_H
#define GATEWAY_STORE_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/store/store.h"

/**
 * The read-only view of the store for the uplink, the bridge, the LCD and the command line. Opened read-only,
 * also by a user who may not write the files: members of the group of state_dir (store.h). Each call is one
 * short read transaction, so no reader holds up the writer. The view opens the database lazily and reopens it
 * when it was replaced.
 *
 * Every call gives CN_E_GONE until concentratord has opened the store, and while it starts, repairs or
 * migrates: try again later. CN_E_UNSUPPORTED: the store was written by newer software than this process.
 * CN_E_IO: no permission, or the disk failed. CN_E_CORRUPT: this record is damaged; others may be good.
 * CN_E_NOMEM.
 *
 * Callbacks run inside the read transaction: they may call other functions of the view, not the one that
 * called them, and return soon.
 */
struct view;

/** @param dir state_dir. Never fails because the database is not there yet. @return 0, CN_E_NOMEM. */
int view_open(const char *dir, struct view **out);
void view_close(struct view *v);

/** As store_param_read / store_params_each. */
int view_param(struct view *v, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap);
int view_params_each(struct view *v, unsigned fn, store_param_fn cb, void *ctx);

/** Meter of a measuring point. @return 0, CN_E_NOTFOUND, CN_E_GONE. */
int view_meter(struct view *v, unsigned point, struct meter *out);
typedef int (*view_meter_fn)(void *ctx, const struct meter *m);
/** All meters by index. @return count, or what cb returned when negative; damaged rows as in
 * store_params_each. */
int view_meters(struct view *v, view_meter_fn cb, void *ctx);

/** Latest values of a quantity: set.at = when it was read; all tariffs. @return 0, CN_E_NOTFOUND, CN_E_GONE,
 * CN_E_CORRUPT. */
int view_latest(struct view *v, unsigned point, unsigned quantity, struct reading_set *out);
typedef int (*view_latest_fn)(void *ctx, unsigned point, const struct reading_set *set);
/** Every set of latest values of a point, newest first, one call per time of reading. @return sets, or what
 * cb returned when negative. */
int view_latest_all(struct view *v, unsigned point, view_latest_fn cb, void *ctx);

/** One frozen slot. @return 0, CN_E_NOTFOUND, CN_E_GONE, CN_E_CORRUPT. */
int view_freeze(struct view *v, unsigned kind, int64_t slot, unsigned point, struct freeze *out);

/**
 * What one sweep read of a point (store_put_curve), as view_latest_all gives it.
 * @param rec number of the record
 * @return sets, CN_E_NOTFOUND, CN_E_GONE, CN_E_CORRUPT, or what cb returned when negative
 */
int view_curve(struct view *v, int64_t slot, unsigned point, uint64_t *rec, view_latest_fn cb, void *ctx);

/** Record at an index of a ring. @return its length, CN_E_NOTFOUND, CN_E_NOSPACE, CN_E_GONE. */
int view_event(struct view *v, unsigned ring, uint8_t index, uint8_t *out, size_t cap, int64_t *at);
int view_event_state(struct view *v, struct event_state *out);

/** The journal: what was stored after a cursor, in order. */
enum journal_kind { JOURNAL_LATEST = 1, JOURNAL_FREEZE = 2, JOURNAL_EVENT = 3, JOURNAL_PARAM = 4 };
struct journal_entry {
    uint64_t rec;
    uint8_t kind;   /**< enum journal_kind */
    uint8_t sub;    /**< freeze kind, ring, fn */
    uint16_t point; /**< measuring point; event index; pn of a parameter */
    int64_t slot;   /**< slot of a freeze; sub of a parameter */
    int64_t at;     /**< UTC second: of the reading, of the event, of the parameter write */
};
/**
 * Fill up to cap entries with rec > after, in order. An entry says that something was stored, not what: read
 * it where it lies; a later entry may have overwritten it. Numbers are consecutive; where they jump, records
 * were lost.
 * @param oldest smallest rec still kept, or the next one to come when there is none: a reader has a gap when
 * it is above after + 1
 * @return count
 */
int view_journal(struct view *v, uint64_t after, struct journal_entry *out, unsigned cap, uint64_t *oldest);

/** As store_fact_get. */
int view_fact(struct view *v, const char *key, uint8_t *out, size_t cap);

#endif
