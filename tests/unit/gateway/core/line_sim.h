#ifndef TESTS_UNIT_GATEWAY_CORE_LINE_SIM_H
#define TESTS_UNIT_GATEWAY_CORE_LINE_SIM_H

/*
 * A line with meters in simulated time: it runs the jobs of a schedule, answers for the meters and keeps what
 * the schedule tells. Energy of a meter at UTC second t is t / 100 units of 0.01 kWh, so every stored value
 * shows the moment it belongs to.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/core/plan.h"
#include "gateway/core/sched.h"
#include "gateway/model/quantity.h"

enum { SIM_METERS = 128, SIM_FREEZES = 40000, SIM_ANSWER_MS = 300, SIM_ATTEMPTS = 3, SIM_RESPONSE_MS = 1500 };

struct sim_meter {
    bool silent;
    int drift_s;              /* its clock minus ours */
    int days, hours;          /* freezes it keeps, 0 = freezes nothing itself */
    int64_t off_from, off_to; /* day slots (of its own) that it did not freeze */
    uint64_t refuses;         /* bit per quantity below 64 */
    int64_t subtract;         /* from its registers, in 0.01 kWh */
    bool bad_sum;
};

struct sim_freeze {
    struct freeze f;
    int64_t stored_at;
};

struct line_sim {
    struct sched sched;
    struct meters meters;
    uint16_t order[METER_INDEX_MAX];
    struct sim_meter meter[SIM_METERS + 1]; /* by point */
    struct zone zone;
    int64_t wall_offset_ms; /* wall = mono + offset */
    int64_t mono_ms;
    bool device_broken, unsupported;
    /* what was told */
    unsigned latest[SIM_METERS + 1];
    unsigned doubtful_latest;
    struct reading_set last_ep[SIM_METERS + 1];
    unsigned dead[SIM_METERS + 1], alive[SIM_METERS + 1];
    unsigned port_dead, port_alive, swept, doubts;
    struct sim_freeze *freeze;
    unsigned freezes;
    bool refuse_freezes;
    unsigned reloads, again; /* freezes read that were there already */
    /* what happened on the line */
    unsigned jobs, same_in_a_row, denied, probes_ms;
    uint16_t last_point;
    int64_t busy_ms, silent_ms;
};

static int64_t sim_now_ms(const struct line_sim *s)
{
    return s->mono_ms + s->wall_offset_ms;
}

static int64_t sim_now(const struct line_sim *s)
{
    return sim_now_ms(s) / 1000;
}

static void sim_latest(void *ctx, const struct mstate *m, const struct reading_set *set)
{
    struct line_sim *s = ctx;

    s->latest[m->m.point]++;
    for (unsigned i = 0; i < set->count; i++) {
        if (set->r[i].value.quality == VALUE_DOUBTFUL)
            s->doubtful_latest++;
        if (set->r[i].quantity == Q_EP_IMP)
            s->last_ep[m->m.point] = *set;
    }
}

static int sim_store_freeze(void *ctx, const struct freeze *f)
{
    struct line_sim *s = ctx;

    if (s->refuse_freezes)
        return CN_E_FULL;
    /* first writer wins, as in the store */
    for (unsigned i = 0; i < s->freezes; i++) {
        const struct freeze *o = &s->freeze[i].f;
        if (o->kind == f->kind && o->slot == f->slot && o->point == f->point &&
            !(o->flags & FREEZE_MISSING)) {
            s->again++;
            return 0;
        }
    }
    assert(s->freezes < SIM_FREEZES);
    s->freeze[s->freezes++] = (struct sim_freeze){.f = *f, .stored_at = sim_now(s)};
    return 0;
}

static void sim_meter_event(void *ctx, struct mstate *m, bool dead)
{
    struct line_sim *s = ctx;

    if (dead)
        s->dead[m->m.point]++;
    else
        s->alive[m->m.point]++;
}

static void sim_port_event(void *ctx, unsigned port, bool dead)
{
    struct line_sim *s = ctx;

    (void)port;
    if (dead)
        s->port_dead++;
    else
        s->port_alive++;
}

static void sim_swept(void *ctx, unsigned port)
{
    struct line_sim *s = ctx;

    (void)port;
    s->swept++;
}

static void sim_doubt(void *ctx, const struct mstate *m, unsigned quantity, unsigned reasons, bool confirmed)
{
    struct line_sim *s = ctx;

    (void)m;
    (void)quantity;
    (void)reasons;
    (void)confirmed;
    s->doubts++;
}

static void sim_archive(struct line_sim *s, unsigned count)
{
    uint8_t seen[(METER_INDEX_MAX + 8) / 8];

    meters_begin(&s->meters, seen);
    for (unsigned i = 1; i <= count; i++) {
        struct meter m = {.index = (uint16_t)i,
                          .point = (uint16_t)i,
                          .port = 1,
                          .protocol = PROTO_DLT645_2007,
                          .tariffs = 4,
                          .int_digits = 6,
                          .dec_digits = 2,
                          .address = {(uint8_t)i}};
        meters_put(&s->meters, &m, seen);
    }
    meters_end(&s->meters, seen);
    sched_meters(&s->sched);
}

static struct line_sim *sim_new(unsigned count, int64_t utc)
{
    struct line_sim *s = calloc(1, sizeof *s);

    s->zone.offset_s = 8 * 3600;
    s->mono_ms = 1000;
    s->wall_offset_ms = utc * 1000 - s->mono_ms;
    s->freeze = calloc(SIM_FREEZES, sizeof *s->freeze);
    s->meters.slots = calloc(METER_INDEX_MAX + 1, sizeof *s->meters.slots);
    s->meters.of_point = calloc(POINT_MAX + 1, sizeof *s->meters.of_point);
    sched_init(&s->sched, 1, s->order, &s->meters, s->zone);
    s->sched.out = (struct sched_out){.ctx = s,
                                      .latest = sim_latest,
                                      .freeze = sim_store_freeze,
                                      .meter = sim_meter_event,
                                      .port = sim_port_event,
                                      .swept = sim_swept,
                                      .doubt = sim_doubt};
    for (unsigned i = 1; i <= SIM_METERS; i++)
        s->meter[i] = (struct sim_meter){.days = 62, .hours = 254, .off_from = 1, .off_to = 0};
    sim_archive(s, count);
    return s;
}

static void sim_free(struct line_sim *s)
{
    free(s->freeze);
    free(s->meters.slots);
    free(s->meters.of_point);
    free(s);
}

/* Every older freeze is there already: tests that are not about filling start with this. */
static void sim_nothing_to_fill(struct line_sim *s)
{
    for (unsigned i = 0; i < s->sched.count; i++) {
        struct mstate *m = &s->meters.slots[s->order[i]];
        for (int64_t k = 0; k < CAL_DAYS; k++)
            cal_set(&m->cal.have, PERIOD_DAY, cal_newest(PERIOD_DAY, s->zone, sim_now(s)) - k, true);
        for (int64_t k = 0; k < CAL_HOURS; k++)
            cal_set(&m->cal.have, PERIOD_HOUR, cal_newest(PERIOD_HOUR, s->zone, sim_now(s)) - k, true);
    }
}

static int64_t sim_energy(int64_t utc)
{
    return utc / 100;
}

static int64_t sim_digits(const struct line_sim *s, int64_t utc)
{
    struct civil c = zone_to_local(s->zone, utc);

    return (((((int64_t)c.year * 100 + c.month) * 100 + c.day) * 100 + c.hour) * 100 + c.minute) * 100 +
           c.second;
}

/* The slot that a meter's k-th freeze holds by its own clock; -1 = none. */
static int64_t sim_kept(const struct line_sim *s, const struct sim_meter *sm, enum period p, unsigned k)
{
    int64_t slot = cal_newest(p, s->zone, sim_now(s) + sm->drift_s);
    int keep = p == PERIOD_DAY ? sm->days : sm->hours;

    if ((int)k > keep)
        return -1;
    for (;; slot--) {
        bool off = p == PERIOD_DAY && slot >= sm->off_from && slot <= sm->off_to;
        if (!off && --k == 0)
            return slot;
    }
}

static void sim_put_register(const struct sim_meter *sm, struct bus_values *v, int64_t utc)
{
    int64_t total = sim_energy(utc) - sm->subtract;

    v->r[v->count++] = (struct reading){.quantity = v->want.quantity, .value = value_of(total, -2)};
    for (unsigned t = 1; t <= 4; t++)
        v->r[v->count++] =
            (struct reading){.quantity = v->want.quantity,
                             .tariff = (uint8_t)t,
                             .value = value_of(t == 1 ? total - 3 * (total / 4) : total / 4, -2)};
    if (sm->bad_sum)
        v->r[1].value.mantissa += 1000;
}

static void sim_answer(struct line_sim *s, const struct sim_meter *sm, struct bus_values *v)
{
    int64_t slot = v->want.period == PERIOD_NOW ? 0 : sim_kept(s, sm, v->want.period, v->want.index);
    int64_t utc = v->want.period == PERIOD_NOW ? sim_now(s) : cal_end(v->want.period, s->zone, slot);
    const struct quantity_info *q = quantity_find(v->want.quantity);

    v->mono_ms = s->mono_ms;
    v->count = 0;
    v->status = 0;
    if ((v->want.quantity < 64 && (sm->refuses >> v->want.quantity & 1)) || slot < 0) {
        v->status = CN_E_DENIED;
        s->denied++;
    } else if (v->want.quantity == Q_CLOCK) {
        v->r[v->count++] = (struct reading){.quantity = Q_CLOCK, .value = value_of(sim_digits(s, utc), 0)};
    } else if (q->flags & Q_TARIFFS) {
        sim_put_register(sm, v, utc);
    } else {
        v->r[v->count++] = (struct reading){.quantity = v->want.quantity, .value = value_of(1, q->exp10)};
    }
}

static void sim_run_job(struct line_sim *s, const struct bus_job *job)
{
    const struct sim_meter *sm = &s->meter[job->point];
    struct bus_values *v = calloc(1, sizeof *v);
    struct bus_done d = {.id = job->id};

    s->jobs++;
    s->same_in_a_row += job->point && job->point == s->last_point;
    s->last_point = job->point;
    if (s->device_broken) {
        d.status = CN_E_IO;
        s->mono_ms += 1;
    } else if (s->unsupported) {
        d.status = CN_E_UNSUPPORTED;
    } else if (job->kind == JOB_SET_TIME) {
        s->mono_ms += 600;
        d.stats.requests = 1;
    } else if (sm->silent) {
        unsigned attempts = job->attempts ? job->attempts : SIM_ATTEMPTS;
        int64_t ms = (int64_t)attempts * (70 + (job->response_ms ? job->response_ms : SIM_RESPONSE_MS));
        s->mono_ms += ms;
        s->silent_ms += ms;
        d.status = CN_E_TIMEOUT;
        d.stats.requests = d.stats.timeouts = (uint16_t)attempts;
    } else {
        s->mono_ms += SIM_ANSWER_MS;
        d.stats.requests = d.stats.answers = 1;
        d.stats.response_ms = 40;
        s->busy_ms += SIM_ANSWER_MS;
    }
    for (unsigned i = 0; i < job->want_count && !s->unsupported; i++) {
        *v = (struct bus_values){.id = job->id, .want = job->wants[i], .status = d.status};
        if (d.status == 0)
            sim_answer(s, sm, v);
        sched_values(&s->sched, v, sim_now(s));
    }
    sched_done(&s->sched, &d, sim_now(s), s->mono_ms);
    free(v);
}

static void sim_tick(struct line_sim *s)
{
    if (!sched_tick(&s->sched, sim_now(s)))
        return;
    s->reloads++;
    /* the owner's part: freeze memory from what is stored */
    for (unsigned i = 0; i < s->sched.count; i++) {
        struct mstate *m = &s->meters.slots[s->order[i]];
        memset(&m->cal.have, 0, sizeof m->cal.have);
        memset(&m->cal.gone, 0, sizeof m->cal.gone);
    }
    for (unsigned i = 0; i < s->freezes; i++) {
        const struct freeze *f = &s->freeze[i].f;
        struct mstate *m = meters_by_point(&s->meters, f->point);
        if (m && !(f->flags & FREEZE_MISSING))
            cal_set(&m->cal.have, f->kind == FREEZE_DAY ? PERIOD_DAY : PERIOD_HOUR, f->slot, true);
    }
}

/* Run for some simulated time. */
static void sim_run(struct line_sim *s, int64_t seconds)
{
    static struct bus_job job;
    int64_t end = s->mono_ms + seconds * 1000;

    while (s->mono_ms < end) {
        int64_t second = s->mono_ms / 1000;
        sim_tick(s);
        while (s->mono_ms < end && s->mono_ms / 1000 == second) {
            if (sched_next(&s->sched, sim_now(s), s->mono_ms, &job) >= 0)
                sim_run_job(s, &job);
            else
                s->mono_ms = (second + 1) * 1000;
        }
    }
}

static const struct freeze *sim_find(const struct line_sim *s, unsigned kind, unsigned point, int64_t slot)
{
    const struct freeze *found = NULL;

    for (unsigned i = 0; i < s->freezes; i++) {
        const struct freeze *f = &s->freeze[i].f;
        if (f->kind == kind && f->point == point && f->slot == slot &&
            (!found || (found->flags & FREEZE_MISSING)))
            found = f;
    }
    return found;
}

#endif
