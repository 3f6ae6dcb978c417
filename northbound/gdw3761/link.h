#ifndef NORTHBOUND_GDW3761_LINK_H
#define NORTHBOUND_GDW3761_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "northbound/gdw3761/app.h"

/**
 * One channel on which frames arrive: the connection to the master, or a program on the maintenance socket.
 * Finds frames, checks whom they are for and whether they are late or repeated, runs one request at a time,
 * keeps a small queue. Pure: bytes and time go in, frames come out.
 */
enum {
    GDW_REPEAT_MS = 60000, /**< a repeated command is answered again, not executed again (section 6) */
    GDW_REPEAT_FORWARD_MS = 10000, /**< the same for AFN 10: a master may poll with identical frames */
    GDW_QUIET_AFTER_SET_MS = 5000, /**< reports wait after AFN 04 (section 12) */
    GDW_GROUPS = 8,
};

/** What was done with the frames that arrived; for the log and the tests. */
struct gdw_link_counters {
    uint32_t frames_in, frames_out;
    uint32_t foreign;   /**< DIR = 1, other address, reading request to a group */
    uint32_t late;      /**< Tp too old */
    uint32_t repeated;  /**< answered again or dropped as a duplicate */
    uint32_t unmatched; /**< confirmations of nothing that was sent */
    uint32_t dropped;   /**< the queue was full */
};

/** A confirmation (AFN 00, PRM = 0) arrived. @return true when it belongs to a frame that was sent. */
typedef bool (*gdw_confirmed_fn)(void *ctx, const struct gdw_frame *f, struct gdw_now now);

struct gdw_link {
    struct gdw_app *app;
    struct gdw_rx rx;
    struct gdw_job job;
    gdw_confirmed_fn confirmed; /**< NULL: no confirmation is expected */
    void *confirmed_ctx;
    uint16_t groups[GDW_GROUPS]; /**< group addresses (parameter F6), 0 = unused */
    struct gdw_link_counters count;
    int64_t quiet_until;   /**< monotonic ms: no report before it */
    bool serving;          /**< the job in work came from this link's peer and is not through */
    char last_request[32]; /**< "0C F25 P3", for the status */
    uint32_t requests;     /**< started so far */

    uint8_t *queue; /**< GDW_FRAME_MAX bytes: frames with two bytes of length in front */
    size_t queue_len;
    uint8_t *last; /**< GDW_FRAME_MAX bytes: the last command */
    size_t last_len;
    int64_t last_at;        /**< monotonic ms of its answer */
    uint8_t *last_answer;   /**< GDW_OUT_MIN bytes */
    size_t last_answer_len; /**< 0: no answer that could be sent again */
    bool again;             /**< the stored answer is to be sent */
};

/** Memory of one link, allocated by its owner at start. Pages that are never used cost nothing. */
struct gdw_link_memory {
    uint8_t rx[GDW_FRAME_MAX], request[GDW_FRAME_MAX], queue[GDW_FRAME_MAX], last[GDW_FRAME_MAX];
    uint8_t last_answer[GDW_OUT_MIN];
    uint8_t out[GDW_FRAME_MAX];
};

void gdw_link_init(struct gdw_link *l, struct gdw_app *a, uint8_t source, struct gdw_link_memory *m);
/** New connection: forget bytes, requests and the job; the last command stays known, it may be repeated. */
void gdw_link_reset(struct gdw_link *l);
/**
 * Bytes from the channel. Every whole frame in them is looked at: a request is started, queued or dropped
 * (queue full, counted); nothing waits outside.
 */
void gdw_link_input(struct gdw_link *l, const uint8_t *p, size_t n, struct gdw_now now);
/**
 * Next frame to send, one at a time: call again when it was sent. @return length with *frame valid until the
 * next call of any function of the link; 0 = nothing now.
 */
size_t gdw_link_output(struct gdw_link *l, struct gdw_now now, const uint8_t **frame);
/** Monotonic ms at which gdw_link_output must be called even if nothing came. */
int64_t gdw_link_deadline(const struct gdw_link *l);
/** A request is being answered or waits. */
bool gdw_link_busy(const struct gdw_link *l);

/**
 * Is a time tag within its allowed delay? Month and year are not in it: the nearest date with that day number
 * counts (reference part 1, section 9).
 * @param local_s the box's local time as seconds read as UTC
 */
bool gdw_tp_in_time(const struct gdw_tp *tp, int64_t local_s);

#endif
