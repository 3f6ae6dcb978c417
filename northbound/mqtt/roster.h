#ifndef NORTHBOUND_MQTT_ROSTER_H
#define NORTHBOUND_MQTT_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/model/meter.h"
#include "northbound/mqtt/topic.h"

/**
 * The meters as the broker knows them, by measuring point. Pure. A record in the journal names a point only,
 * so the roster remembers which meter was there before the last change of the archive: values that wait for a
 * broker are not given to the meter that came later. Meters that left are listed until their retained topics
 * are empty.
 */
enum { ROSTER_GONE = 256, ROSTER_BYTES = 192 * 1024 };

enum roster_due {
    DUE_STATUS = 1,
    DUE_STATE = 2, /**< a round has ended */
    DUE_INFO = 4,
    DUE_CONFIG = 8,   /**< Home Assistant */
    DUE_CHANGED = 16, /**< new values, a round is under way */
};

struct roster_meter {
    struct meter m;             /**< as archived; point 0 = none now */
    bool seen;                  /**< during an update */
    char id[MQTT_METER_ID];     /**< "" = none now */
    char before[MQTT_METER_ID]; /**< who was here before `since`, "" = nobody */
    uint64_t since;             /**< the first record that belongs to id */
    int64_t last_at;            /**< newest values, UTC second, 0 = none known */
    uint64_t last_rec;
    bool online;
    uint8_t due;      /**< enum roster_due */
    int64_t state_ms; /**< monotonic: last state document */
    uint16_t keys;    /**< values in it */
};

struct roster {
    struct roster_meter *at; /**< [POINT_MAX + 1], zero-filled at start, owned by the caller */
    uint16_t count;          /**< meters there are */
    uint16_t gone_count;
    char gone[ROSTER_GONE][MQTT_METER_ID];
    bool changed; /**< differs from the saved form; the owner clears it */
};

/** The archive is about to be given again. */
void roster_begin(struct roster *r);
/**
 * One meter. @param rec the first record that belongs to it, when it is new at its point
 * Its id is its address, with "-POINT" behind when another point has the same.
 */
void roster_take(struct roster *r, const struct meter *m, uint64_t rec);
/** Meters not given since roster_begin have left. */
void roster_end(struct roster *r, uint64_t rec);

/** Id of the meter that a record of a point belongs to. NULL: nobody was there. */
const char *roster_id(const struct roster *r, unsigned point, uint64_t rec);
struct roster_meter *roster_at(const struct roster *r, unsigned point);
/** Every document of every meter is due. */
void roster_refresh(struct roster *r, unsigned due);
/** The retained topics of a gone meter are empty. */
void roster_forget(struct roster *r, const char *id);

/** As text with a checksum, ids and their history only. Look at w->err. */
void roster_put(struct wbuf *w, const struct roster *r);
/** Fill an empty roster. @return 0, CN_E_CORRUPT (it is empty then). */
int roster_get(struct roster *r, const char *text, size_t len);

#endif
