#ifndef NORTHBOUND_GDW3761_APP_PARTS_H
#define NORTHBOUND_GDW3761_APP_PARTS_H

#include "northbound/gdw3761/app.h"

/** Inside the folder only: between the job engine (app.c) and the makers of answers (app_*.c). */

enum gdw_made {
    GDW_MADE = 1,  /**< the unit is in the frame, whole or its last part */
    GDW_MADE_PART, /**< a part is in the frame, the rest needs further ones */
    GDW_MISSING,   /**< not available: left out (reference part 1, section 10) */
    GDW_NO_ROOM,   /**< available, but not in what is left of the frame */
    GDW_MUST_WAIT, /**< parked */
};

/** Append DADT and data of j->unit to j->w, or nothing. Called again after GDW_MUST_WAIT and GDW_NO_ROOM. */
typedef enum gdw_made (*gdw_make_fn)(struct gdw_job *j, struct gdw_now now);

enum gdw_made gdw_make_param(struct gdw_job *j, struct gdw_now now);
enum gdw_made gdw_make_version(struct gdw_job *j, struct gdw_now now);
enum gdw_made gdw_make_clock(struct gdw_job *j, struct gdw_now now);
enum gdw_made gdw_make_counters(struct gdw_job *j, struct gdw_now now);
enum gdw_made gdw_make_latest(struct gdw_job *j, struct gdw_now now);
enum gdw_made gdw_make_day(struct gdw_job *j, struct gdw_now now);
enum gdw_made gdw_make_difference(struct gdw_job *j, struct gdw_now now);
enum gdw_made gdw_make_events(struct gdw_job *j, struct gdw_now now);
enum gdw_made gdw_make_forward(struct gdw_job *j, struct gdw_now now);

/** Records [from, to) of a ring behind a header, as many as fit w. @return records put; *next = index behind
 * the last. */
unsigned gdw_put_records(struct gdw_app *a, unsigned ring, uint8_t from, unsigned count, struct wbuf *w,
                         uint8_t *next, bool *more);

/** Append one encoded unit: DADT, the request's time mark if the item has one, layout. */
enum gdw_made gdw_put_unit(struct gdw_job *j, lay_source_fn source, void *ctx);
/** Set by the makers that park: the control request was handed over, or must be tried again. */
void gdw_op_start(struct gdw_job *j, enum gdw_op op, int sent, struct gdw_now now, int64_t wait_ms);

/** AFN 04 and 05. @return true when the request is through and its confirmation can be built. */
bool gdw_set_step(struct gdw_job *j, struct gdw_now now);
bool gdw_control_step(struct gdw_job *j, struct gdw_now now);

#endif
