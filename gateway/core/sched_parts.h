#ifndef GATEWAY_CORE_SCHED_PARTS_H
#define GATEWAY_CORE_SCHED_PARTS_H

#include "gateway/core/sched.h"

/** Private to sched.c, sched_health.c and sched_lane.c. */

/* sched_health.c: what answers and silence say about meters and the port */
void health_count(struct sched *p);
void health_heard(struct sched *p, struct mstate *m, int64_t now);
void health_failed(struct sched *p, struct mstate *m, int error, int64_t now_ms);
void health_fault(struct sched *p, int64_t now_ms);
/** The meter to confirm, or to probe now; NULL: none. */
struct mstate *health_confirm(const struct sched *p);
struct mstate *health_probe(struct sched *p, int64_t now_ms);
/** A probe took that long. */
void health_probed(struct sched *p, struct mstate *m, int64_t sent_ms, int64_t now_ms);

enum lane_class { LANE_SCHEDULED, LANE_FILLING };

/* sched_lane.c: fetching freezes */
/** The next job of the lanes. @param only_plain start only plain readings whose time limit runs */
bool lane_next(struct sched *p, enum lane_class class, bool only_plain, int64_t now, int64_t now_ms,
               struct bus_job *job);
void lane_values(struct sched *p, const struct bus_values *v, int64_t at);
/** @param fault the device reported an error */
void lane_done(struct sched *p, bool fault, int64_t now, int64_t now_ms);
/** Drop the lanes of meters that changed. */
void lane_forget(struct sched *p);
/** Freezes whose time has passed without a value are stored as missing. */
void lane_expire(struct sched *p, int64_t now);

struct mstate *sched_meter_at(const struct sched *p, unsigned pos);
struct mstate *sched_fly_meter(const struct sched *p);
void sched_begin_job(struct sched *p, struct bus_job *job, const struct mstate *m, enum sched_flight what,
                     int64_t now_ms);

#endif
