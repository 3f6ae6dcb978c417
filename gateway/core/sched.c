#include "gateway/core/sched.h"

#include <stddef.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/core/check.h"
#include "gateway/core/plan.h"
#include "gateway/core/sched_parts.h"

enum {
    CONFIRM_ATTEMPTS = 2,
    SILENT_RUN = 3,  /* meters in a row without an answer: it is probably the line */
    FILL_SHARE = 16, /* when sweeps overrun their interval one job in so many still fills */
};

void sched_init(struct sched *p, unsigned port, uint16_t *order, const struct meters *meters,
                struct zone zone)
{
    *p = (struct sched){
        .port = (uint8_t)port,
        .baud = 2400,
        .parity = 'E',
        .zone = zone,
        .rule = cal_default(port),
        .meters = meters,
        .order = order,
        .sweep.interval = -1,
        .newest = {INT64_MIN, INT64_MIN},
        .clock_day = -1,
    };
}

struct mstate *sched_meter_at(const struct sched *p, unsigned pos)
{
    return &p->meters->slots[p->order[pos]];
}

static bool sweep_wants(const struct sched *p, const struct mstate *m, const struct plan_group *g,
                        unsigned group)
{
    return m->state == METER_OK && !(m->denied_now >> group & 1) && !(m->got_now >> group & 1) &&
           (!g->only_with || (p->rule.control & g->only_with)) && (!g->spare || p->sweep.spare);
}

/* Exchanges that a sweep still needs. */
static uint32_t sweep_left(const struct sched *p)
{
    unsigned groups;
    const struct plan_group *g = plan_now(&groups);
    uint32_t left = 0;

    for (unsigned i = 0; i < p->count; i++) {
        for (unsigned k = 0; k < groups; k++)
            left += sweep_wants(p, sched_meter_at(p, i), &g[k], k);
    }
    return left;
}

void sched_meters(struct sched *p)
{
    unsigned count = 0;

    for (unsigned i = 1; i <= p->meters->top; i++) {
        const struct mstate *m = meters_by_index(p->meters, i);
        if (m && m->m.port == p->port && meter_readable(&m->m))
            p->order[count++] = (uint16_t)i;
    }
    p->count = (uint16_t)count;
    p->freeze_pos = 0;
    /* positions have moved: the round starts again and skips what it has */
    p->sweep.group = 0;
    p->sweep.pos = 0;
    if (p->sweep.active)
        p->sweep.total = p->sweep.done + sweep_left(p);
    health_count(p);
    lane_forget(p);
    p->redo_count = 0;
    if (p->count && !p->in_state[METER_OK] && !p->in_state[METER_CONFIRM])
        return;
    /* new meters, or none: the port must be judged anew; a sweep that could start now starts now */
    if (p->dead) {
        p->dead = false;
        p->out.port(p->out.ctx, p->port, false);
    }
    if (!p->sweep.active)
        p->sweep.interval = -1;
}

/* A sweep with all groups leaves time in the interval. One exchange: about 60 bytes and the meter's delay. */
static bool has_spare_time(const struct sched *p)
{
    enum { BITS = 11 * 60, DELAY_MS = 100 };
    unsigned groups;

    plan_now(&groups);
    int64_t baud = p->baud ? p->baud : 2400;
    int64_t exchange_ms = BITS * 1000 / baud + DELAY_MS;
    return exchange_ms * p->count * groups * 100 <= cal_interval_s(&p->rule) * 1000 * SCHED_SPARE_PERCENT;
}

void sched_rule(struct sched *p, const struct param_f33 *rule)
{
    p->rule = *rule;
    if (p->sweep.active && p->sweep.spare && !has_spare_time(p)) {
        p->sweep.spare = false;
        p->sweep.total = p->sweep.done + sweep_left(p);
    }
}

/* ---- time ---- */

static void new_day(struct sched *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        struct mstate *m = sched_meter_at(p, i);
        m->flags &= (uint8_t)~METER_DAY_MARKED;
        m->denied_now = 0;
        m->denied_day = 0;
        cal_forget_limits(&m->cal);
    }
}

bool sched_tick(struct sched *p, int64_t now)
{
    static const enum period periods[] = {PERIOD_DAY, PERIOD_HOUR};
    bool back = false;

    for (unsigned k = 0; k < 2; k++) {
        int64_t newest = cal_newest(periods[k], p->zone, now);
        int64_t before = p->newest[k];
        p->newest[k] = newest;
        if (before == newest)
            continue;
        if (before == INT64_MIN || newest < before) {
            back = true;
            continue;
        }
        for (unsigned i = 0; i < p->count; i++)
            cal_roll(&sched_meter_at(p, i)->cal, periods[k], before, newest);
        if (periods[k] == PERIOD_DAY)
            new_day(p);
    }
    if (!back && cal_allowed(&p->rule, p->zone, now))
        lane_expire(p, now);
    return back;
}

/* ---- making jobs ---- */

void sched_address(const struct sched *p, const struct mstate *m, struct bus_job *job)
{
    unsigned baud = meter_baud(m->m.baud_code);

    job->protocol = m->m.protocol;
    job->tariffs = (uint8_t)meter_tariffs(&m->m);
    job->point = m->m.point;
    job->response_ms = (uint16_t)meter_response_ms(m);
    job->line = (struct line_settings){
        .baud = baud ? baud : p->baud, .data_bits = 8, .parity = p->parity, .stop_bits = 1};
    memcpy(job->address, m->m.address, sizeof job->address);
    memcpy(job->password, m->m.password, sizeof job->password);
}

void sched_begin_job(struct sched *p, struct bus_job *job, const struct mstate *m, enum sched_flight what,
                     int64_t now_ms)
{
    job->kind = JOB_READ;
    job->attempts = (uint8_t)(p->silent_run >= SILENT_RUN ? 1 : 0);
    job->want_count = 0;
    job->length = 0;
    job->byte_ms = 0;
    job->profile[0] = 0;
    memset(&p->fly, 0, sizeof p->fly);
    p->fly.what = (uint8_t)what;
    p->fly.sent_ms = now_ms;
    if (m) {
        sched_address(p, m, job);
        p->fly.index = m->m.index;
        p->fly.generation = m->generation;
    }
}

struct mstate *sched_fly_meter(const struct sched *p)
{
    struct mstate *m = meters_by_index(p->meters, p->fly.index);

    return m && m->generation == p->fly.generation ? m : NULL;
}

static void want_now(struct sched *p, struct bus_job *job, const struct plan_group *g)
{
    for (unsigned i = 0; i < g->count; i++)
        job->wants[job->want_count++] = (struct want){.quantity = g->quantity[i], .period = PERIOD_NOW};
    p->fly.wants = job->want_count;
}

static void ask_first_group(struct sched *p, struct bus_job *job, struct mstate *m, enum sched_flight what,
                            unsigned attempts, int64_t now_ms)
{
    unsigned groups;

    sched_begin_job(p, job, m, what, now_ms);
    want_now(p, job, &plan_now(&groups)[0]);
    job->attempts = (uint8_t)attempts;
}

static bool next_redo(struct sched *p, int64_t now_ms, struct bus_job *job)
{
    while (p->redo_count > 0) {
        struct sched_redo r = p->redo[0];
        struct mstate *m = meters_by_index(p->meters, r.index);
        if (m && m->state == METER_OK) {
            sched_begin_job(p, job, m, FLY_REDO, now_ms);
            job->wants[job->want_count++] = r.want;
            p->fly.wants = 1;
            return true;
        }
        p->redo_count--;
        memmove(p->redo, p->redo + 1, sizeof *p->redo * p->redo_count);
    }
    return false;
}

/* ---- sweeps ---- */

static void sweep_begin(struct sched *p, int64_t interval, int64_t now, int64_t now_ms)
{
    struct sched_sweep *s = &p->sweep;

    s->active = true;
    s->interval = interval;
    s->round = s->group = 0;
    s->pos = 0;
    s->start = now;
    s->start_ms = now_ms;
    for (unsigned i = 0; i < p->count; i++)
        sched_meter_at(p, i)->got_now = 0;
    s->done = 0;
    s->spare = has_spare_time(p);
    s->total = sweep_left(p);
}

static void sweep_end(struct sched *p, int64_t now, int64_t now_ms)
{
    struct sched_sweep *s = &p->sweep;

    s->active = false;
    s->total = s->done; /* meters refuse groups on the way: what was planned is known now */
    s->count++;
    s->last_start = s->start;
    s->last_end = now;
    s->last_duration_ms = (uint32_t)(now_ms - s->start_ms);
    s->overrun = s->last_duration_ms / 1000 >= cal_interval_s(&p->rule);
    s->last_ok = 0;
    for (unsigned i = 0; i < p->count; i++)
        s->last_ok = (uint16_t)(s->last_ok + (sched_meter_at(p, i)->got_now != 0));
    s->last_failed = (uint16_t)(p->count - s->last_ok);
    p->freeze_turn = true;
    p->out.swept(p->out.ctx, p->port);
}

static bool sweep_next(struct sched *p, int64_t now, int64_t now_ms, struct bus_job *job)
{
    unsigned groups;
    const struct plan_group *g = plan_now(&groups);
    struct sched_sweep *s = &p->sweep;

    for (; s->round < 2; s->round++, s->group = 0) {
        for (; s->group < groups; s->group++, s->pos = 0) {
            while (s->pos < p->count) {
                unsigned pos = s->pos++;
                struct mstate *m = sched_meter_at(p, pos);
                if (!sweep_wants(p, m, &g[s->group], s->group))
                    continue;
                sched_begin_job(p, job, m, FLY_SWEEP, now_ms);
                want_now(p, job, &g[s->group]);
                p->fly.group = s->group;
                p->fly.row = (uint16_t)pos;
                s->done += s->round == 0;
                return true;
            }
        }
    }
    sweep_end(p, now, now_ms);
    return false;
}

/* The sweep has asked the groups that every sweep asks. */
static bool sweep_in_spare(const struct sched *p)
{
    unsigned groups;
    const struct plan_group *g = plan_now(&groups);

    return p->sweep.round > 0 || p->sweep.group >= groups || g[p->sweep.group].spare;
}

/* ---- choosing ---- */

static bool next_scheduled(struct sched *p, int64_t now, int64_t now_ms, struct bus_job *job)
{
    if (lane_next(p, LANE_SCHEDULED, true, now, now_ms, job))
        return true;
    /* registers, then the newest freezes, then what is for spare time */
    if (p->sweep.active && sweep_in_spare(p) && lane_next(p, LANE_SCHEDULED, false, now, now_ms, job))
        return true;
    if (p->sweep.active && sweep_next(p, now, now_ms, job))
        return true;
    if (p->sweep.active)
        return false;
    int64_t interval = cal_interval(&p->rule, p->zone, now);
    bool due = p->count > 0 && interval != p->sweep.interval;
    if ((p->freeze_turn || !due) && lane_next(p, LANE_SCHEDULED, false, now, now_ms, job)) {
        /* what has begun is finished before the next sweep */
        p->freeze_turn = true;
        return true;
    }
    p->freeze_turn = false;
    if (!due)
        return false;
    sweep_begin(p, interval, now, now_ms);
    return sweep_next(p, now, now_ms, job);
}

static int next_clock(struct sched *p, int64_t now, int64_t now_ms, struct bus_job *job)
{
    int64_t day = cal_clock_due(&p->rule, p->zone, now);

    if (day < 0 || day == p->clock_day || p->count == 0)
        return -1;
    p->clock_day = day;
    /* meters of one line share its settings: those of the first one count */
    sched_begin_job(p, job, sched_meter_at(p, 0), FLY_CLOCK, now_ms);
    p->fly.index = 0;
    job->kind = JOB_SET_TIME;
    job->point = 0;
    memset(job->address, 0x99, sizeof job->address);
    memset(job->password, 0, sizeof job->password);
    job->local_time = zone_to_local(p->zone, now);
    return CLASS_CONTROL;
}

int sched_next(struct sched *p, int64_t now, int64_t now_ms, struct bus_job *job)
{
    struct mstate *m;

    if (p->fault_until_ms > now_ms || !cal_allowed(&p->rule, p->zone, now) || p->newest[0] == INT64_MIN)
        return -1;
    if (next_clock(p, now, now_ms, job) >= 0)
        return CLASS_CONTROL;
    if (next_redo(p, now_ms, job))
        return CLASS_SCHEDULED;
    if ((m = health_confirm(p)) != NULL) {
        ask_first_group(p, job, m, FLY_CONFIRM, CONFIRM_ATTEMPTS, now_ms);
        return CLASS_SCHEDULED;
    }
    if ((m = health_probe(p, now_ms)) != NULL) {
        ask_first_group(p, job, m, FLY_PROBE, 1, now_ms);
        return CLASS_SCHEDULED;
    }
    if (p->sweep.overrun && ++p->fill_starved >= FILL_SHARE) {
        p->fill_starved = 0;
        if (lane_next(p, LANE_FILLING, false, now, now_ms, job))
            return CLASS_FILLING;
    }
    if (next_scheduled(p, now, now_ms, job))
        return CLASS_SCHEDULED;
    return lane_next(p, LANE_FILLING, false, now, now_ms, job) ? CLASS_FILLING : -1;
}

/* ---- outcomes ---- */

static bool redo_add(struct sched *p, const struct mstate *m, struct want want)
{
    if (p->redo_count == SCHED_REDO)
        return false;
    p->redo[p->redo_count++] = (struct sched_redo){.index = m->m.index, .want = want};
    return true;
}

static void gather_tell(struct sched *p)
{
    const struct mstate *m = meters_by_index(p->meters, p->gather.index);

    if (m && m->generation == p->gather.generation && p->gather.set.count > 0)
        p->out.latest(p->out.ctx, m, &p->gather.set);
    p->gather.index = 0;
    p->gather.set.count = 0;
}

static void gather(struct sched *p, const struct mstate *m, const struct reading_set *set, int64_t mono_ms)
{
    bool other = p->gather.index != m->m.index || p->gather.mono_ms != mono_ms;

    if (other || p->gather.set.count + set->count > READINGS_MAX)
        gather_tell(p);
    p->gather.index = m->m.index;
    p->gather.generation = m->generation;
    p->gather.mono_ms = mono_ms;
    p->gather.set.at = set->at;
    for (unsigned i = 0; i < set->count; i++)
        p->gather.set.r[p->gather.set.count++] = set->r[i];
}

/**
 * @param second  the reading was asked again because the first one was doubtful
 * @return false: doubtful
 */
static bool take_now(struct sched *p, struct mstate *m, const struct bus_values *v, int64_t at, bool second)
{
    struct reading_set set = {.at = at, .count = v->count};

    memcpy(set.r, v->r, sizeof *v->r * v->count);
    unsigned reasons = check_now(m, &set);
    if (reasons) {
        bool again = !second && redo_add(p, m, v->want);
        p->out.doubt(p->out.ctx, m, v->want.quantity, reasons, !again);
        if (again)
            return false;
        check_mark(&set);
    }
    check_learn(m, &set);
    gather(p, m, &set, v->mono_ms);
    return reasons == 0;
}

bool sched_meter_spoke(int status)
{
    return status >= 0 || status == CN_E_DENIED || status == CN_E_AUTH || status == CN_E_FORMAT;
}

void sched_values(struct sched *p, const struct bus_values *v, int64_t at)
{
    struct mstate *m = sched_fly_meter(p);

    if (p->fly.what == FLY_NONE || !m)
        return;
    p->fly.alive |= sched_meter_spoke(v->status);
    p->fly.answered = (uint8_t)(p->fly.answered + (v->status >= 0));
    p->fly.denied = (uint8_t)(p->fly.denied + (v->status == CN_E_DENIED || v->status == CN_E_AUTH));
    p->fly.unsupported = (uint8_t)(p->fly.unsupported + (v->status == CN_E_UNSUPPORTED));
    if (p->fly.what == FLY_LANE)
        lane_values(p, v, at);
    else if (v->status >= 0)
        take_now(p, m, v, at, p->fly.what == FLY_REDO);
}

static void count_stats(struct sched *p, const struct bus_done *d)
{
    const struct bus_stats *s = &d->stats;

    p->sum.jobs++;
    p->sum.requests += s->requests;
    p->sum.answers += s->answers;
    p->sum.timeouts += s->timeouts;
    p->sum.checksum += s->checksum;
    p->sum.parity += s->parity;
    p->sum.foreign += s->foreign;
    p->sum.echo += s->echo;
    p->sum.tx_bytes += s->tx_bytes;
    p->sum.rx_bytes += s->rx_bytes;
}

/* CN_E_GONE is not one: the job killed its bus process, so it must not come round at once. */
static bool device_fault(int status)
{
    return status == CN_E_IO || status == CN_E_BUSY;
}

static void judge(struct sched *p, struct mstate *m, const struct bus_done *d, bool alive, int64_t now,
                  int64_t now_ms)
{
    count_stats(p, d);
    if (alive || d->stats.answers > 0) {
        if (m)
            meter_learn_response(m, d->stats.response_ms);
        health_heard(p, m, now);
    } else if (device_fault(d->status)) {
        health_fault(p, now_ms);
    } else if (m && d->status < 0 && d->status != CN_E_UNSUPPORTED && d->status != CN_E_CANCELLED) {
        health_failed(p, m, d->status, now_ms);
    }
}

static void sweep_done(struct sched *p, struct mstate *m, const struct bus_done *d)
{
    struct sched_sweep *s = &p->sweep;

    if (device_fault(d->status) && !p->fly.alive) {
        /* the meter was not asked: it is its turn again, unless positions have changed */
        if (s->active && s->group == p->fly.group && s->pos == p->fly.row + 1)
            s->pos = p->fly.row;
        return;
    }
    if (p->fly.answered)
        m->got_now |= (uint32_t)1 << p->fly.group;
    if (p->fly.denied + p->fly.unsupported >= p->fly.wants)
        m->denied_now |= (uint32_t)1 << p->fly.group;
}

void sched_done(struct sched *p, const struct bus_done *d, int64_t now, int64_t now_ms)
{
    struct mstate *m = sched_fly_meter(p);
    enum sched_flight what = p->fly.what;
    bool probe = what == FLY_PROBE && m && m->state != METER_OK;

    if (what == FLY_NONE)
        return;
    gather_tell(p);
    judge(p, m, d, p->fly.alive, now, now_ms);
    if (probe)
        health_probed(p, m, p->fly.sent_ms, now_ms);
    if (what == FLY_REDO && p->redo_count > 0) {
        p->redo_count--;
        memmove(p->redo, p->redo + 1, sizeof *p->redo * p->redo_count);
    }
    if (what == FLY_LANE)
        lane_done(p, device_fault(d->status), now, now_ms);
    else if (m && (what == FLY_SWEEP || what == FLY_CONFIRM || what == FLY_PROBE))
        sweep_done(p, m, d);
    p->fly.what = FLY_NONE;
}

bool sched_requested_values(struct sched *p, struct mstate *m, const struct bus_values *v, int64_t at)
{
    return v->status < 0 || v->want.period != PERIOD_NOW || take_now(p, m, v, at, false);
}

void sched_requested_done(struct sched *p, struct mstate *m, const struct bus_done *d, bool alive,
                          int64_t now, int64_t now_ms)
{
    gather_tell(p);
    judge(p, m, d, alive, now, now_ms);
}

unsigned sched_dead_count(const struct sched *p)
{
    return p->in_state[METER_DEAD] + (p->dead ? p->in_state[METER_PENDING] : 0u);
}

unsigned sched_freezes_missing(const struct sched *p, enum period period)
{
    unsigned missing = 0;
    int64_t newest = p->newest[period == PERIOD_DAY ? 0 : 1];

    for (unsigned i = 0; i < p->count; i++)
        missing += cal_newest_missing(&sched_meter_at(p, i)->cal, period, newest);
    return missing;
}
