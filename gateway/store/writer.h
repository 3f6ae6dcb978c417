#ifndef GATEWAY_STORE_WRITER_H
#define GATEWAY_STORE_WRITER_H

#include "gateway/store/blob.h"
#include "gateway/store/db.h"
#include "gateway/store/repair.h"

/** The inside of struct store, shared by the files that implement store.h. Private to gateway/store. */
enum { KINDS = FREEZE_HOUR + 1 };

/** One kind of freeze: how many slots there are, how many there may be. */
struct ring {
    unsigned depth, count;
    bool counted; /**< `count` is right */
    bool known;   /**< `slot` is in the database: the common case costs no look-up */
    int64_t slot;
};

/** What follows from the rows and is kept in memory; a rolled back transaction takes it back. */
struct counters {
    uint64_t last_rec, oldest_rec;
    struct event_state events;
    struct ring rings[KINDS];
    struct ring curves;
};

struct store {
    struct db db;
    char dir[STORE_PATH];
    int lock_fd;
    struct store_opened opened;
    bool sweep;
    int sweep_err; /**< first failure of the present sweep: nothing of it will be committed */
    struct counters now, before;
    int changes; /**< SQLite's counter when the transaction began */
    uint32_t journal_depth;
    uint64_t row_first; /**< rec of the first entry of `row` */
    struct journal_row_writer row;
    uint8_t row_bytes[JOURNAL_ROW_BYTES];
    uint8_t old[LATEST_BYTES], blob[CURVE_BYTES];
    struct reading_set scratch[2];
    struct store_stats stats;
};

/**
 * Start a transaction, or join the open sweep. @param own true when a transaction was started: pass it to
 * tx_leave.
 * @return 0, CN_E_BUSY ..., or what broke the open sweep
 */
int tx_enter(struct store *s, bool *own);
/** Commit when ret >= 0 and roll back else, when own; a failure inside a sweep breaks the sweep. @return ret
 * or the failure of the commit. */
int tx_leave(struct store *s, bool own, int ret);

/** The rec that the next journal_add gives. */
uint64_t journal_next(const struct store *s);
/** Give the next rec to a record that was stored in this transaction. e->rec is set. */
int journal_add(struct store *s, struct journal_entry *e);
/** Write the entries of this transaction and trim the ring; before COMMIT. */
int journal_flush(struct store *s);
/** last_rec and oldest_rec from the rows. */
int journal_load(struct store *s);

/** Remove the curve points from slot `first` on, inside a transaction. CN_E_RANGE: none would be left. */
int curves_drop(struct store *s, int64_t first);
/** EC, RD, ACD from their fact; from the records when it is damaged. */
int events_load(struct store *s);

/** Write a fact inside a transaction. */
int fact_write(struct store *s, const char *key, const uint8_t *data, size_t len);
/** Count a row that was written. */
void count_row(struct store *s, size_t bytes);

#endif
