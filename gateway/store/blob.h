#ifndef GATEWAY_STORE_BLOB_H
#define GATEWAY_STORE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/model/reading.h"
#include "gateway/store/store.h"
#include "gateway/store/view.h"

/**
 * The byte forms of stored records. Pure codecs: no SQL, no clock, no allocation. Each starts with a version
 * byte of its own; integers are base 128, low group first (zigzag when signed). Decoders take any bytes and
 * give CN_E_CORRUPT for what the encoder cannot have written, CN_E_UNSUPPORTED for a version from the future.
 */

/* ---- latest: the sets of one point, newest first: version, then per set: at, length of the packed readings,
 * readings ---- */
enum {
    LATEST_SETS = 31,    /**< sets kept: a sweep makes 15; the oldest are dropped beyond it ... */
    LATEST_BYTES = 1900, /**< ... and beyond this size: with its row it fits one database page */
};

struct latest_iter {
    struct rbuf r;
    unsigned seen;
    int err;
};
void latest_begin(struct latest_iter *it, const uint8_t *p, size_t n);
/** @return 1 and the next set, 0 at the end, CN_E_CORRUPT, CN_E_UNSUPPORTED. */
int latest_next(struct latest_iter *it, struct reading_set *out);

/**
 * New form of a point's latest values: every quantity of `add` replaces what the point had of it; the other
 * quantities keep their values and times. Sets of the same second are joined.
 * @param old may be empty (n = 0); damaged bytes count as empty, the result is then `add` alone
 * @param scratch two sets of working space, owned by the caller
 * @return 0, CN_E_NOSPACE when `add` alone is too large for out
 */
int latest_merge(const uint8_t *old, size_t n, const struct reading_set *add, struct reading_set scratch[2],
                 struct wbuf *out);

/** The readings of one quantity with their own time. @return 0, CN_E_NOTFOUND, CN_E_CORRUPT,
 * CN_E_UNSUPPORTED. */
int latest_find(const uint8_t *p, size_t n, unsigned quantity, struct reading_set *out);

/* ---- freeze: version, frozen_at, read at - frozen_at, rec, packed readings; kind, slot, point, flags are
 * columns ---- */
enum { FREEZE_BYTES = 1600 };
/** @return bytes, CN_E_NOSPACE. */
int freeze_pack(struct wbuf *w, const struct freeze *f);
/** Fills frozen_at, rec and set. @return 0, CN_E_CORRUPT, CN_E_UNSUPPORTED. */
int freeze_unpack(const uint8_t *p, size_t n, struct freeze *f);

/* ---- curve: version, rec, then sets as in latest ---- */
enum { CURVE_BYTES = LATEST_BYTES + 16 };
/**
 * Pack those sets of a point's latest values that were read at `since` or later.
 * @param set working space, owned by the caller
 * @return number of sets, CN_E_CORRUPT, CN_E_UNSUPPORTED, CN_E_NOSPACE
 */
int curve_pack(const uint8_t *latest, size_t n, int64_t since, uint64_t rec, struct reading_set *set,
               struct wbuf *out);
/** Read the head; latest_next gives the sets. */
void curve_begin(struct latest_iter *it, const uint8_t *p, size_t n, uint64_t *rec);

/* ---- journal row: version, then entries as differences from the one before; rec counts up from the row's
 * key ---- */
enum { JOURNAL_ROW_BYTES = 1024, JOURNAL_ENTRY_BYTES = 28 /**< the longest entry */ };
struct journal_row_writer {
    struct wbuf w;
    struct journal_entry prev;
    unsigned count;
};
void journal_row_begin(struct journal_row_writer *jw, void *buf, size_t cap);
/** Append; e->rec is not written. @return 0, CN_E_NOSPACE (nothing was written). */
int journal_row_put(struct journal_row_writer *jw, const struct journal_entry *e);
struct journal_row_reader {
    struct rbuf r;
    struct journal_entry prev;
    int err;
};
void journal_row_open(struct journal_row_reader *jr, const uint8_t *p, size_t n, uint64_t first_rec);
/** @return 1 and the next entry, 0 at the end, CN_E_CORRUPT, CN_E_UNSUPPORTED. */
int journal_row_get(struct journal_row_reader *jr, struct journal_entry *out);

/* ---- event state: version, ec1, ec2, rd1, rd2, acd ---- */
enum { EVENT_STATE_BYTES = 6 };
void event_state_pack(const struct event_state *s, uint8_t out[EVENT_STATE_BYTES]);
/** @return 0, CN_E_CORRUPT, CN_E_UNSUPPORTED. */
int event_state_unpack(const uint8_t *p, size_t n, struct event_state *s);

/** True when readings_pack keeps every reading as it is (exponent and quality in range). */
bool readings_storable(const struct reading *r, unsigned count);

#endif
