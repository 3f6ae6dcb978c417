#ifndef GATEWAY_CORE_EVENTS_H
#define GATEWAY_CORE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/civil.h"
#include "gateway/base/log.h"
#include "gateway/core/meters.h"
#include "gateway/model/ctl.h"
#include "gateway/model/event.h"
#include "gateway/store/store.h"

/**
 * The events of the box (reference part 6). Raising one only queues it, because it must not cost a commit
 * while a port waits; events_work stores it durably and then tells it. While the store refuses, events wait
 * in the queue; when that is full the newest is dropped and counted.
 *
 * Open events (start without end) are a durable fact, so that a restart neither repeats nor forgets one.
 */
enum {
    EVENTS_QUEUE = 32,
    EVENTS_RECENT = 10,
    EVENTS_TEXT = 96,
    EVENTS_CONTENT = 250,
    EVENTS_CLIENT_PER_MINUTE =
        12, /**< of events that clients raise: a flood of wrong passwords must not wear the flash */
};

struct events_entry {
    int64_t at; /**< UTC second */
    uint8_t erc;
    uint8_t length;
    uint8_t content[EVENTS_CONTENT]; /**< behind the time */
    char text[EVENTS_TEXT];
};

struct events_out {
    void *ctx;
    /** An event is on flash. */
    void (*stored)(void *ctx, const struct ctl_n_event *n);
};

struct events {
    struct store *store; /**< NULL while the store could not be opened */
    const struct log *log;
    struct zone zone;
    struct events_out out;
    uint64_t record, important; /**< masks of F9, bit n-1 = ERCn */
    struct event_state state;   /**< counters and ACD as stored */
    uint8_t open_points[POINT_MAX / 8 + 1];
    uint32_t open_ports;
    bool open_changed; /**< not yet on flash */
    uint8_t queued;
    struct events_entry queue[EVENTS_QUEUE];
    uint8_t recent_next;
    struct {
        int64_t at;
        char text[EVENTS_TEXT];
    } recent[EVENTS_RECENT];
    int64_t client_minute; /**< budget of events from clients */
    uint8_t client_count;
    uint32_t stored, dropped, refused;
};

/** The store is open for the first time: masks, counters and open events come from it; what waits stays. */
void events_take_store(struct events *e, struct store *store);
/** Masks, counters and open events from the store (may be NULL). */
void events_init(struct events *e, struct store *store, const struct log *log, struct zone zone,
                 struct events_out out);
/** F9 changed, or the store came back. Factory state: everything is recorded, nothing is important (part
 * 6, 1.1). */
void events_load_masks(struct events *e);
void events_load_state(struct events *e);

/** ERC31: a meter does not answer / answers. Only a change makes an event. */
void events_meter(struct events *e, const struct mstate *m, bool dead, int64_t now);
bool events_meter_open(const struct events *e, unsigned point);
/** A point was removed from the archive: its open event has nothing to end it any more. */
void events_point_removed(struct events *e, unsigned point);
/** ERC21 code 4, once until the port answers again. */
void events_port(struct events *e, unsigned port, bool dead, int64_t now);
/** ERC14: the box was off. */
void events_power(struct events *e, int64_t off, int64_t on);
/** ERC3: data units that were set; dadts is an array of n. */
void events_params(struct events *e, unsigned msa, const uint8_t (*dadts)[4], unsigned n, int64_t now);
/** An event that a client raises. @return 0, CN_E_DENIED (not his to raise), CN_E_FORMAT, CN_E_BUSY (too
 * many) */
int events_client(struct events *e, const struct ctl_event *m, int64_t now);

/** The master has received records. @return 0 or the store's error */
int events_seen(struct events *e, const struct ctl_seen *m);

/** Store what is queued. @return 0 when nothing is left, else the store's error. */
int events_work(struct events *e);
/** Something is open or an important event is unread: the alarm LED. */
bool events_alarm(const struct events *e);

#endif
