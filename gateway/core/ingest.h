#ifndef GATEWAY_CORE_INGEST_H
#define GATEWAY_CORE_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/civil.h"
#include "gateway/store/store.h"

/**
 * Readings on their way to the store. They gather in a ring of packed rows in memory and go to flash in one
 * transaction, at the end of a sweep or INGEST_MAX_AGE_MS after the first of them. Rows stay in memory until
 * a commit succeeded, so a disk that refuses costs nothing but memory, and that is bounded: when the ring is
 * full of rows that are not on flash, current values are dropped and counted, and freezes are refused (they
 * are read from the meter again). Rows that are on flash stay as recent values until their place is needed.
 */
enum {
    INGEST_BYTES = 96 * 1024,
    INGEST_MAX_AGE_MS = 30000,
    INGEST_RETRY_MS = 5000,
    INGEST_RETRY_MAX_MS = 60000
};

/** The calls of the store that ingest makes, so that tests can refuse them. */
struct ingest_sink {
    void *ctx;
    int (*begin)(void *ctx);
    int (*latest)(void *ctx, unsigned point, const struct reading_set *set);
    int (*freeze)(void *ctx, const struct freeze *f);
    int (*curve)(void *ctx, unsigned point, int64_t slot, int64_t since, int64_t at);
    int (*commit)(void *ctx);
    void (*rollback)(void *ctx);
};

struct ingest {
    uint8_t *ring; /**< INGEST_BYTES, owned by the caller */
    struct ingest_sink sink;
    struct zone zone;
    uint32_t oldest, open, end; /**< first row kept, first row not on flash, end of rows: offsets */
    uint32_t pending;           /**< rows not on flash */
    int64_t open_since_ms;      /**< when the first of them came */
    int64_t retry_at_ms;        /**< after a failure; 0 = none */
    uint32_t failures;          /**< in a row */
    uint64_t committed, dropped, commits, errors; /**< counters since start */
    uint32_t last_commit_ms;                      /**< duration of the last commit */
    bool due;                                     /**< a sweep ended */
};

void ingest_init(struct ingest *in, uint8_t ring[INGEST_BYTES], struct ingest_sink sink, struct zone zone);
/** @return 0, CN_E_FULL (dropped and counted). */
int ingest_latest(struct ingest *in, unsigned point, const struct reading_set *set, int64_t now_ms);
/** The day freeze of a month's last day also stands for the month. @return 0, CN_E_FULL. */
int ingest_freeze(struct ingest *in, const struct freeze *f, int64_t now_ms);
/**
 * What the sweep of an interval read of a point becomes a point of its curves (store_put_curve).
 * @param slot name of the interval @param since, at UTC seconds of the begin and the end of the sweep
 * @return 0, CN_E_FULL
 */
int ingest_curve(struct ingest *in, unsigned point, int64_t slot, int64_t since, int64_t at, int64_t now_ms);
/** A sweep has ended: what is gathered goes out with the next ingest_work. */
void ingest_sweep_ended(struct ingest *in);
/**
 * Write when something is due. Call when the ports are busy: it may take as long as a commit takes.
 * @param force write now, also before a retry is due
 * @return rows written, 0 when nothing was due, or the store's error (rows are kept and tried again)
 */
int ingest_work(struct ingest *in, int64_t now_ms, bool force);
/**
 * The newest values of a quantity that are still in memory.
 * @return 0, CN_E_NOTFOUND (not there or read before `oldest`)
 */
int ingest_recent(const struct ingest *in, unsigned point, unsigned quantity, int64_t oldest,
                  struct reading_set *out);
/** Bytes of the ring that hold rows which are not on flash. */
uint32_t ingest_pending_bytes(const struct ingest *in);

#endif
