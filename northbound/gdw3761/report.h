#ifndef NORTHBOUND_GDW3761_REPORT_H
#define NORTHBOUND_GDW3761_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "northbound/gdw3761/app.h"

/**
 * Spontaneous reports of important events (reference part 1, 12; part 6, 7), one outstanding at a time. Pure.
 *
 *   state      event                     next       what happens
 *   REST       something may be unread   REST       look into the ring; report it
 *   REST       report sent, CON = 1      CONFIRM    wait F1.timeout
 *   REST       report sent, CON = 0      SEEN       counts as reported
 *   CONFIRM    time-out, repeats left    CONFIRM    the same frame again
 *   CONFIRM    time-out, none left       REST       again after login, a new event or a heartbeat period
 *   CONFIRM    AFN 00, also a denial     SEEN       RD moves in the store
 *   SEEN       on flash                  REST       look again
 */
enum gdw_report_state { GDW_REPORT_REST, GDW_REPORT_CONFIRM, GDW_REPORT_SEEN };

enum { GDW_SEEN_MS = 20000 /**< concentratord's answer; asked again then */ };

struct gdw_report {
    struct gdw_app *app;
    uint8_t state; /**< enum gdw_report_state */
    bool look;     /**< an event may be unread */
    bool send;     /**< the frame is to be sent (again) */
    uint8_t pseq;
    uint8_t tries; /**< repeats left */
    int64_t until; /**< monotonic ms: of the state; in REST of the next try after a failed one, 0 = none */
    uint8_t upto;  /**< index behind the last record reported */
    bool seen_sent;
    uint32_t seen_seq;
    size_t len;
    uint8_t frame[GDW_OUT_MIN];
    uint32_t sent, confirmed, given_up; /**< reports, for the log and the tests */
};

void gdw_report_init(struct gdw_report *r, struct gdw_app *a);
/** An important event was stored, or the link has logged in: look. */
void gdw_report_wake(struct gdw_report *r);
/** The connection is gone: an unconfirmed report is sent again after the next login. */
void gdw_report_link_lost(struct gdw_report *r);

/** Timing and CON of parameter F1. */
struct gdw_report_rules {
    int64_t timeout_ms, retry_ms;
    uint8_t repeats;
    bool con;
};
/**
 * Next frame to send while logged in and idle. @param pfc counter of the frames we start, advanced for a new
 * report
 * @return length, 0 = nothing now
 */
size_t gdw_report_output(struct gdw_report *r, const struct gdw_report_rules *rules, uint8_t *pfc,
                         struct gdw_now now, const uint8_t **frame);
/** @return true when the confirmation was for the report. */
bool gdw_report_confirmed(struct gdw_report *r, const struct gdw_frame *f, struct gdw_now now);
/** concentratord has moved RD (or not). */
void gdw_report_done(struct gdw_report *r, uint32_t seq, int status);
void gdw_report_ctl_lost(struct gdw_report *r);
/** Monotonic ms at which gdw_report_output has something to do; INT64_MAX = not by time. */
int64_t gdw_report_deadline(const struct gdw_report *r, struct gdw_now now);

#endif
