#include <stddef.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/core/check.h"
#include "gateway/core/plan.h"
#include "gateway/core/sched_parts.h"

/*
 * A freeze is read as: its time, its registers group by group, its time again. The time first shows that the
 * meter (whose clock may be slow) has frozen already; the time last shows that it (its clock may be fast) has
 * not frozen again meanwhile, which would have moved every index by one. One answer that holds time and
 * registers needs no second look.
 */
enum {
    RETRY_MS = 5 * 60 * 1000,
    GIVE_UP_S = 2 * 3600, /* after the end of a period: a meter that has not frozen by then will not */
    STEPS_MAX = 64,
};

static struct mstate *lane_meter(const struct sched *p, const struct sched_lane *lane)
{
    struct mstate *m = meters_by_index(p->meters, lane->index);

    return m && m->generation == lane->generation ? m : NULL;
}

static void lane_drop(const struct sched *p, struct sched_lane *lane)
{
    struct mstate *m = lane_meter(p, lane);

    if (m)
        m->flags &= (uint8_t)~METER_IN_LANE;
    lane->used = false;
}

void lane_forget(struct sched *p)
{
    for (unsigned c = 0; c < 2; c++) {
        for (unsigned i = 0; i < SCHED_LANES; i++) {
            struct sched_lane *lane = &p->lanes[c][i];
            if (lane->used && !lane_meter(p, lane))
                lane->used = false;
        }
    }
}

static bool older_known(const struct sched *p, const struct mstate *m, int64_t slot)
{
    int64_t newest = p->newest[0];

    for (int64_t s = newest - CAL_DAYS + 1; s < slot; s++) {
        if (cal_get(&m->cal.have, PERIOD_DAY, s))
            return true;
    }
    return false;
}

/* Days only: a master asks for them by name and must see that the attempt is over (reference part 5, section
 * 2). */
static void store_missing(struct sched *p, struct mstate *m, enum period period, int64_t slot, int64_t now)
{
    bool newest = slot == p->newest[0];

    if (period != PERIOD_DAY || (newest ? (m->flags & METER_DAY_MARKED) != 0 : !older_known(p, m, slot)))
        return;
    struct freeze f = {
        .kind = FREEZE_DAY,
        .flags = FREEZE_MISSING,
        .point = m->m.point,
        .slot = slot,
        .frozen_at = cal_end(period, p->zone, slot),
        .set.at = now,
    };
    if (p->out.freeze(p->out.ctx, &f) >= 0 && newest)
        m->flags |= METER_DAY_MARKED;
}

static void lane_gone(struct sched *p, struct sched_lane *lane, struct mstate *m, int64_t now)
{
    cal_set(&m->cal.gone, lane->period, lane->slot, true);
    store_missing(p, m, lane->period, lane->slot, now);
    lane_drop(p, lane);
}

void lane_expire(struct sched *p, int64_t now)
{
    static const enum period periods[] = {PERIOD_DAY, PERIOD_HOUR};

    for (unsigned i = 0; i < p->count; i++) {
        struct mstate *m = sched_meter_at(p, i);
        for (unsigned k = 0; k < 2; k++) {
            enum period period = periods[k];
            int64_t slot = p->newest[k];
            int64_t late = now - cal_end(period, p->zone, slot);
            if (!cal_newest_missing(&m->cal, period, slot) || (m->flags & METER_IN_LANE))
                continue;
            if (m->cal.plain[k] && !cal_plain_counts(period, p->zone, slot, now))
                cal_set(&m->cal.gone, period, slot, true);
            else if (m->state != METER_DEAD && !(p->dead && m->state == METER_PENDING))
                continue;
            if (late >= CAL_OWN_DELAY_S)
                store_missing(p, m, period, slot, now);
        }
    }
}

/* ---- choosing what to fetch ---- */

static void lane_open(const struct sched *p, struct sched_lane *lane, unsigned index, enum period period,
                      int64_t slot)
{
    struct mstate *m = meters_by_index(p->meters, index);

    *lane = (struct sched_lane){
        .used = true,
        .plain = m->cal.plain[period == PERIOD_DAY ? 0 : 1],
        .period = (uint8_t)period,
        .generation = m->generation,
        .index = (uint16_t)index,
        .slot = slot,
    };
    /* the first group of a day is its time alone, which a plain reading does not have */
    lane->stage = lane->plain && period == PERIOD_DAY;
    m->flags |= METER_IN_LANE;
}

static bool newest_due(const struct sched *p, const struct mstate *m, unsigned k, bool only_plain,
                       int64_t now)
{
    enum period period = k == 0 ? PERIOD_DAY : PERIOD_HOUR;
    int64_t slot = p->newest[k];

    if (!cal_newest_missing(&m->cal, period, slot))
        return false;
    if (m->cal.plain[k])
        return cal_plain_counts(period, p->zone, slot, now);
    return !only_plain && now - cal_end(period, p->zone, slot) >= CAL_OWN_DELAY_S;
}

static bool open_newest(struct sched *p, struct sched_lane *lane, bool only_plain, int64_t now,
                        int64_t now_ms)
{
    for (unsigned i = 0; i < p->count; i++) {
        unsigned pos = (p->freeze_pos + i) % p->count;
        struct mstate *m = sched_meter_at(p, pos);
        if (m->state != METER_OK || (m->flags & METER_IN_LANE) || m->freeze_wait_ms > now_ms)
            continue;
        for (unsigned k = 0; k < 2; k++) {
            if (!newest_due(p, m, k, only_plain, now))
                continue;
            lane_open(p, lane, m->m.index, k == 0 ? PERIOD_DAY : PERIOD_HOUR, p->newest[k]);
            p->freeze_pos = (uint16_t)((pos + 1) % p->count);
            return true;
        }
    }
    return false;
}

static bool open_filling(struct sched *p, struct sched_lane *lane, int64_t now_ms)
{
    for (unsigned k = 0; k < 2; k++) {
        enum period period = k == 0 ? PERIOD_DAY : PERIOD_HOUR;
        const struct mstate *best = NULL;
        int64_t oldest = 0;
        for (unsigned i = 0; i < p->count; i++) {
            const struct mstate *m = sched_meter_at(p, i);
            int64_t slot;
            if (m->state == METER_OK && !(m->flags & METER_IN_LANE) && m->freeze_wait_ms <= now_ms &&
                cal_fill(&m->cal, period, p->newest[k], &slot) && (!best || slot < oldest)) {
                best = m;
                oldest = slot;
            }
        }
        if (best) {
            lane_open(p, lane, best->m.index, period, oldest);
            return true;
        }
    }
    return false;
}

/* ---- asking ---- */

static void want_group(const struct sched_lane *lane, const struct plan_group *g, struct bus_job *job)
{
    for (unsigned i = 0; i < g->count; i++) {
        if (lane->plain && g->quantity[i] == Q_CLOCK)
            continue;
        job->wants[job->want_count++] = (struct want){
            .quantity = g->quantity[i],
            .period = lane->plain ? PERIOD_NOW : lane->period,
            .index = lane->plain ? 0 : lane->k,
        };
    }
}

static void restart(struct sched_lane *lane)
{
    lane->stage = 0;
    lane->set.count = 0;
    lane->moment_ms = 0;
    lane->asked = lane->retimed = false;
}

static bool lane_job(struct sched *p, struct sched_lane *lane, int64_t now, int64_t now_ms,
                     struct bus_job *job)
{
    struct mstate *m = lane_meter(p, lane);
    unsigned groups;
    const struct plan_group *group = plan_freeze(lane->period, &groups);

    if (!m || m->state != METER_OK) {
        lane_drop(p, lane);
        return false;
    }
    if (!lane->plain) {
        int expected = cal_index(lane->period, p->zone, lane->slot, now);
        /* a period ended while the lane ran: every index has moved */
        if (lane->stage > 0 && expected + lane->shift != lane->k) {
            restart(lane);
            lane->shift = 0;
        }
        int k = expected + lane->shift;
        if (expected == 0 || k < 1 || k > cal_depth(lane->period)) {
            lane_drop(p, lane);
            return false;
        }
        lane->k = (uint8_t)k;
    }
    sched_begin_job(p, job, m, FLY_LANE, now_ms);
    static const struct plan_group time_again = {.count = 1, .quantity = {Q_CLOCK}};
    want_group(lane, lane->stage < groups ? &group[lane->stage] : &time_again, job);
    p->fly.wants = job->want_count;
    return true;
}

bool lane_next(struct sched *p, enum lane_class class, bool only_plain, int64_t now, int64_t now_ms,
               struct bus_job *job)
{
    for (unsigned i = 0; i < SCHED_LANES; i++) {
        unsigned n = (p->lane_turn[class] + i) % SCHED_LANES;
        struct sched_lane *lane = &p->lanes[class][n];
        bool opened = lane->used || (class == LANE_FILLING ? open_filling(p, lane, now_ms)
                                                           : open_newest(p, lane, only_plain, now, now_ms));
        if (!opened || (only_plain && !lane->plain) || !lane_job(p, lane, now, now_ms, job))
            continue;
        p->fly.lane = (uint8_t)(class * SCHED_LANES + n);
        p->lane_turn[class] = (uint8_t)((n + 1) % SCHED_LANES);
        return true;
    }
    return false;
}

/* ---- answers ---- */

static struct sched_lane *fly_lane(struct sched *p)
{
    return &p->lanes[p->fly.lane / SCHED_LANES][p->fly.lane % SCHED_LANES];
}

void lane_values(struct sched *p, const struct bus_values *v, int64_t at)
{
    struct sched_lane *lane = fly_lane(p);
    struct mstate *m = lane_meter(p, lane);

    if (v->status < 0 || !m || !lane->used)
        return;
    if (lane->moment_ms == 0) {
        lane->moment_ms = v->mono_ms;
        lane->first_at = at;
    } else if (lane->moment_ms != v->mono_ms) {
        lane->retimed = true;
    }
    lane->set.at = at;
    if (v->want.quantity == Q_CLOCK) {
        p->fly.timed = v->count > 0;
        p->fly.time = v->count ? v->r[0].value : value_none();
        return;
    }
    struct reading_set part = {.at = at, .count = v->count};
    memcpy(part.r, v->r, sizeof *v->r * v->count);
    unsigned reasons = check_freeze(m, &part);
    if (reasons) {
        p->out.doubt(p->out.ctx, m, v->want.quantity, reasons, lane->asked);
        p->fly.doubtful = !lane->asked;
        check_mark(&part);
    }
    for (unsigned i = 0; i < part.count; i++)
        reading_put(&lane->set, part.r[i].quantity, part.r[i].tariff, part.r[i].value);
}

static void lane_finish(struct sched *p, struct sched_lane *lane, struct mstate *m, int64_t now,
                        int64_t now_ms)
{
    enum period period = lane->period;

    if (lane->set.count == 0) {
        lane_gone(p, lane, m, now);
        return;
    }
    bool in_time = cal_plain_counts(period, p->zone, lane->slot, lane->first_at);
    struct freeze f = {
        .kind = period == PERIOD_DAY ? FREEZE_DAY : FREEZE_HOUR,
        .flags = (uint8_t)((lane->plain ? 0 : FREEZE_METER) | (in_time ? 0 : FREEZE_FILLED)),
        .point = m->m.point,
        .slot = lane->slot,
        .frozen_at = lane->plain ? lane->first_at : cal_end(period, p->zone, lane->slot),
        .set = lane->set,
    };
    if (lane->plain && !in_time)
        cal_set(&m->cal.gone, period, lane->slot, true);
    else if (p->out.freeze(p->out.ctx, &f) >= 0)
        cal_set(&m->cal.have, period, lane->slot, true);
    else
        m->freeze_wait_ms = now_ms + RETRY_MS;
    lane_drop(p, lane);
}

static void lane_advance(struct sched *p, struct sched_lane *lane, struct mstate *m, int64_t now,
                         int64_t now_ms)
{
    unsigned groups;

    plan_freeze(lane->period, &groups);
    lane->asked = false;
    do {
        lane->stage++;
    } while (lane->stage < groups && lane->period == PERIOD_DAY && (m->denied_day >> lane->stage & 1));
    if (lane->stage > groups || (lane->stage == groups && (lane->plain || !lane->retimed)))
        lane_finish(p, lane, m, now, now_ms);
}

/* The meter has no freeze at this index. */
static void lane_refused(struct sched *p, struct sched_lane *lane, struct mstate *m, int64_t now)
{
    unsigned kind = lane->period == PERIOD_DAY ? 0 : 1;

    cal_learn(&m->cal, lane->period, lane->k, false);
    if (lane->k > 1) {
        lane_drop(p, lane);
        return;
    }
    m->cal.plain[kind] = true;
    if (cal_plain_counts(lane->period, p->zone, lane->slot, now)) {
        restart(lane);
        lane->plain = true;
        lane->stage = lane->period == PERIOD_DAY;
    } else {
        lane_gone(p, lane, m, now);
    }
}

/* The index holds another slot: the meter was off at the end of some period, or its clock is not ours. */
static void lane_search(struct sched *p, struct sched_lane *lane, struct mstate *m, int64_t found,
                        int64_t now, int64_t now_ms)
{
    int step = found < lane->slot ? -1 : 1;
    bool turned = (step < 0 && lane->shift > 0) || (step > 0 && lane->shift < 0);
    unsigned kind = lane->period == PERIOD_DAY ? 0 : 1;

    restart(lane);
    if (lane->k + step < 1 && lane->slot == p->newest[kind] &&
        now - cal_end(lane->period, p->zone, lane->slot) < GIVE_UP_S) {
        /* its clock is slow: it will freeze soon */
        m->freeze_wait_ms = now_ms + RETRY_MS;
        lane_drop(p, lane);
    } else if (turned || lane->k + step < 1 || lane->k + step > cal_depth(lane->period) ||
               ++lane->steps > STEPS_MAX) {
        lane_gone(p, lane, m, now);
    } else {
        lane->shift = (int8_t)(lane->shift + step);
    }
}

void lane_done(struct sched *p, bool fault, int64_t now, int64_t now_ms)
{
    struct sched_lane *lane = fly_lane(p);
    struct mstate *m = lane->used ? lane_meter(p, lane) : NULL;
    unsigned groups;
    int64_t found;

    plan_freeze(lane->period, &groups);
    bool refused = p->fly.denied + p->fly.unsupported >= p->fly.wants;
    if (!lane->used || (fault && !p->fly.alive))
        return; /* after a fault of the device the same stage is asked again */
    if (!m || m->state != METER_OK) {
        lane_drop(p, lane);
        return;
    }
    if (!p->fly.alive && !refused) {
        /* the bus could not ask at all: not at once again */
        m->freeze_wait_ms = now_ms + RETRY_MS;
        lane_drop(p, lane);
        return;
    }
    bool partly = p->fly.answered + p->fly.denied + p->fly.unsupported < p->fly.wants;
    bool time_stage = !lane->plain && (lane->stage == 0 || lane->stage == groups);
    if (time_stage && (refused || (p->fly.timed && cal_slot_of(lane->period, p->fly.time, &found) < 0))) {
        lane_refused(p, lane, m, now);
    } else if (refused) {
        if (lane->period == PERIOD_DAY)
            m->denied_day |= (uint16_t)(1u << lane->stage);
        lane_advance(p, lane, m, now, now_ms);
    } else if ((time_stage && !p->fly.timed) || partly) {
        /* half an answer: leave the line to the others for a while */
        m->freeze_wait_ms = now_ms + RETRY_MS;
        lane_drop(p, lane);
    } else if (time_stage && found != lane->slot) {
        cal_learn(&m->cal, lane->period, lane->k, true);
        lane_search(p, lane, m, found, now, now_ms);
    } else if (p->fly.doubtful) {
        lane->asked = true;
    } else {
        if (time_stage)
            cal_learn(&m->cal, lane->period, lane->k, true);
        lane_advance(p, lane, m, now, now_ms);
    }
}
