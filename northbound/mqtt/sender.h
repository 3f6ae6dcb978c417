#ifndef NORTHBOUND_MQTT_SENDER_H
#define NORTHBOUND_MQTT_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "northbound/mqtt/cursor.h"
#include "northbound/mqtt/settings.h"

/**
 * What is on its way to the broker, pure; time is passed in (monotonic ms).
 *
 * Two lanes read the journal. LIVE follows what is stored now and is never held back. BACKLOG works off what
 * an outage left, oldest first, at most replay_rps messages a second. Each lane has a place `next`
 * (everything before it has been handed out) and what it handed out waits in `flights` for its
 * acknowledgement. A lane is acknowledged up to the record before its oldest flight, so a cursor never passes
 * a record that the broker has not confirmed. When the connection is lost, both lanes go back to there and
 * send again: duplicates carry the same rec.
 *
 *   begin     LIVE where it was when little waits, else BACKLOG takes all that waits and LIVE starts at the
 * newest sent      the flight waits; ack: it is gone; loss: all flights are gone, the lanes go back
 */
enum {
    SENDER_SMALL = 64,     /**< so many records are caught up without pacing */
    SENDER_ACK_MS = 60000, /**< a broker that has not confirmed for so long is dropped */
    SENDER_START_MAX_MS =
        60000, /**< the backlog starts at a random moment within this, or a tenth of the outage */
};

enum sender_lane {
    LANE_LIVE,
    LANE_BACKLOG,
    LANE_COUNT,
    LANE_NONE = LANE_COUNT /**< documents without a record */
};

struct flight {
    bool used;
    uint8_t lane;
    uint32_t id;  /**< never used twice within a connection */
    uint64_t rec; /**< LANE_NONE: whatever the sender of documents likes */
    int64_t sent_ms;
};

struct lane {
    uint64_t next;    /**< first record not handed out */
    uint64_t end;     /**< first record that is not the lane's; UINT64_MAX for LIVE */
    uint32_t waiting; /**< records to be sent from next on, an estimate: sender_found counts them */
};

/** A token bucket: up to `rate` messages at once, `rate` a second. rate 0 = no limit. */
struct bucket {
    uint32_t rate;
    int64_t credit_ms; /**< 1000 = one message */
    int64_t at_ms;
};
void bucket_init(struct bucket *b, uint32_t rate, int64_t now_ms);
/** @return ms until a message may go, 0 = now. */
int64_t bucket_wait(struct bucket *b, int64_t now_ms);
/** Pay for one message. */
void bucket_take(struct bucket *b);

struct sender {
    uint16_t window;
    struct flight flights[MQTT_WINDOW_MAX];
    uint16_t in_flight;
    uint32_t next_id;
    struct lane lanes[LANE_COUNT];
    struct bucket replay;
    int64_t replay_from_ms; /**< the backlog waits until then */
    uint64_t sent, acked;   /**< since start */
};

void sender_init(struct sender *s, const struct mqtt_settings *m, const struct cursor *c, int64_t now_ms);
/**
 * A connection is up.
 * @param newest newest record in the journal
 * @param outage_ms how long there was no connection
 * @param random any number
 */
void sender_begin(struct sender *s, uint64_t newest, int64_t outage_ms, uint32_t random, int64_t now_ms);
/** The connection is gone: the lanes go back to what is acknowledged. */
void sender_lost(struct sender *s);

bool sender_room(const struct sender *s);
/** @return ms until the lane may hand out a message, 0 = now, -1 = it is empty (BACKLOG only). */
int64_t sender_lane_wait(struct sender *s, enum sender_lane lane, int64_t now_ms);
/** A message goes out; the last one of its record moves the lane on. @return its id. */
uint32_t sender_sent(struct sender *s, enum sender_lane lane, uint64_t rec, bool last, int64_t now_ms);
/** A record to be sent was found in the journal, or one of the lane turned out to need no sending. */
void sender_found(struct sender *s, uint64_t rec);
void sender_dismiss(struct sender *s, enum sender_lane lane);
/** The lane has nothing to send before `next`. */
void sender_skip(struct sender *s, enum sender_lane lane, uint64_t next);
/** @param out what was acknowledged @return false: unknown id */
bool sender_acked(struct sender *s, uint32_t id, struct flight *out);
/** The oldest message waits too long for its acknowledgement. */
bool sender_stuck(const struct sender *s, int64_t now_ms);

/** What is acknowledged, to be kept. */
struct cursor sender_cursor(const struct sender *s);

#endif
