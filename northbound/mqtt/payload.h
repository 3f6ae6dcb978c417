#ifndef NORTHBOUND_MQTT_PAYLOAD_H
#define NORTHBOUND_MQTT_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/civil.h"
#include "gateway/model/meter.h"
#include "gateway/model/reading.h"
#include "northbound/mqtt/keys.h"
#include "northbound/mqtt/topic.h"

/**
 * The documents of the JSON profile, version 1. Pure: values in, text out. Each function writes one document
 * of at most cap bytes, without an end mark, and returns its length or CN_E_NOSPACE.
 *
 * Common fields: v = 1; d, m = ids; rec = record number, the key for finding duplicates; ts = the time the
 * values belong to; rx = when they entered the store; times are UTC milliseconds. q = quality of the whole:
 * good, doubt (a value failed its plausibility check, err tells which), stale (older than it should be), bad
 * (no value), est (fetched later from the meter's own memory). hist = sent later than it happened. vals = the
 * values, null for none.
 */
enum { PAYLOAD_VERSION = 1, PAYLOAD_VALUES = 256, PAYLOAD_PARTS = 32 };

struct payload_entry {
    uint16_t quantity;
    uint8_t tariff;
    int64_t at;
    struct value v; /**< of the key, not of the reading */
};

/** Values of one meter, collected from sets that may have been read at different moments. */
struct payload_values {
    int64_t first_at, last_at; /**< 0 while it is empty */
    bool doubt;
    uint16_t count;
    struct payload_entry e[PAYLOAD_VALUES];
};

void payload_clear(struct payload_values *p);
/** Add a set; quantities without a key are left out. What does not fit any more is left out and CN_E_FULL
 * returned. */
int payload_add(struct payload_values *p, const struct reading_set *set, struct zone z);
/** Order by quantity and tariff: registers first. */
void payload_sort(struct payload_values *p);
/** Leave out what was read before `oldest`. */
void payload_drop_old(struct payload_values *p, int64_t oldest);

/** Head of a record: of a round (data) or of a frozen period (freeze). */
struct payload_record {
    const char *d, *m;
    uint64_t rec;
    int64_t ts_ms, rx_ms;
    bool hist;
    const char *q;
    /* freeze only, kind NULL = data */
    const char *kind; /**< "day", "month", "hour" */
    char at[24];      /**< local date, for hours with the time, of ts */
    char of[24];      /**< the local period that ended: "2025-11-21", "2025-10", "2025-11-21 23:00" */
    char tz[8];       /**< "+08:00" */
};

/**
 * One part of a record. A record that does not fit into cap is split by keys: each part is a whole document
 * with the same rec and part (1..) and parts. dt_s lists, by the key of the total, the quantities that were
 * read so many seconds after ts.
 * @param part  from 0
 * @param parts how many there are
 * @return length, CN_E_NOSPACE (not even one value fits)
 */
int payload_part(void *buf, size_t cap, const struct payload_record *h, const struct payload_values *p,
                 unsigned part, unsigned *parts);

/**
 * The newest values of a meter, for the retained state. Those that do not fit are left out, the last first.
 * @param rec 0 = not known
 */
int payload_state(void *buf, size_t cap, uint64_t rec, const char *q, const struct payload_values *p);

/** What the concentrator is. */
struct payload_box {
    const char *d;
    uint16_t region, address;
    struct zone zone;
    uint16_t meters;
    uint8_t port_count;
    struct {
        uint8_t number;
        uint16_t meters;
    } ports[31];
};
int payload_box_info(void *buf, size_t cap, const struct payload_box *b);

/** What a meter is, with a dictionary of its keys (taken from p); tariffs are left out of it when there is no
 * room. */
int payload_meter_info(void *buf, size_t cap, const char *d, const char *m, const struct meter *meter,
                       const struct payload_values *p);

/** An event record of AFN 0EH (gateway/model/event.h), in words. m NULL = the concentrator's own. */
struct payload_event {
    const char *d;
    uint64_t rec;
    int64_t ts_ms;
    bool hist;
    uint8_t ring; /**< 1 important, 2 general */
    const uint8_t *record;
    size_t length;
};
int payload_event(void *buf, size_t cap, const struct payload_event *e, const char *m);
/** Measuring point of an event record, 0 = none. */
unsigned payload_event_point(const uint8_t *record, size_t length);

/** Records that cannot be had any more; rec = the last of them. */
struct payload_gap {
    const char *d;
    uint64_t from, to;
    int64_t ts_ms;
    const char *reason;
};
int payload_gap(void *buf, size_t cap, const struct payload_gap *g);

/** How the bridge does. */
struct payload_health {
    int64_t ts_ms;
    uint64_t uptime_s;
    uint32_t rss_kb;
    const char *clock; /**< "ok", or what is wrong with it */
    uint32_t depth;    /**< records waiting to be sent */
    int64_t oldest_ms; /**< of the oldest of them, 0 = none */
    uint64_t sent, acked, lost, refused;
    uint32_t connects, fails; /**< since start */
    const char *last_fault;   /**< in words, "" = none */
    uint16_t meters, online;
};
int payload_health(void *buf, size_t cap, const struct payload_health *h);

/** "+08:00". @return out. */
char *payload_zone(struct zone z, char out[8]);

#endif
