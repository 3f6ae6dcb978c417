#include <stddef.h>
#include <string.h>

#include "gateway/core/sched_parts.h"

enum {
    BUDGET_CAP_MS = 2000,
    DEAD_PORT_PROBE_MS = 1000, /* nothing else to do there, and it must be back within a cycle */
    FAULT_PAUSE_MS = 2000,
    FAULT_ALARM_MS = 10000,
};

void health_count(struct sched *p)
{
    memset(p->in_state, 0, sizeof p->in_state);
    for (unsigned i = 0; i < p->count; i++)
        p->in_state[sched_meter_at(p, i)->state]++;
}

static void set_state(struct sched *p, struct mstate *m, enum meter_state state)
{
    p->in_state[m->state]--;
    m->state = (uint8_t)state;
    p->in_state[state]++;
}

/* After an answer: the line works, so who failed meanwhile failed by himself, unless the whole line was down.
 */
static void release_pending(struct sched *p, enum meter_state to)
{
    for (unsigned i = 0; i < p->count && p->in_state[METER_PENDING]; i++) {
        struct mstate *m = sched_meter_at(p, i);
        if (m->state == METER_PENDING)
            set_state(p, m, to);
    }
}

void health_heard(struct sched *p, struct mstate *m, int64_t now)
{
    p->silent_run = 0;
    p->fault_since_ms = p->fault_until_ms = 0;
    if (m) {
        bool news = m->state == METER_DEAD || !(m->flags & METER_HEARD);
        set_state(p, m, METER_OK);
        m->flags |= METER_HEARD;
        m->last_error = 0;
        m->last_ok = now;
        m->reads++;
        if (news)
            p->out.meter(p->out.ctx, m, false);
    }
    bool news = p->dead || !p->heard; /* the alarm may be left from before a restart */
    release_pending(p, p->dead ? METER_OK : METER_CONFIRM);
    p->dead = false;
    p->heard = true;
    if (news)
        p->out.port(p->out.ctx, p->port, false);
}

static void port_dead(struct sched *p)
{
    if (p->dead)
        return;
    p->dead = true;
    p->out.port(p->out.ctx, p->port, true);
}

void health_failed(struct sched *p, struct mstate *m, int error, int64_t now_ms)
{
    m->fails++;
    m->last_error = (int16_t)error;
    m->probed_ms = now_ms;
    if (m->state == METER_OK) {
        p->silent_run++;
        set_state(p, m, METER_PENDING);
    } else if (m->state == METER_CONFIRM) {
        set_state(p, m, METER_DEAD);
        p->out.meter(p->out.ctx, m, true);
    }
    if (p->in_state[METER_OK] || p->in_state[METER_CONFIRM])
        return;
    /* the only meter of a port cannot be told from the port: both are reported */
    if (p->count == 1 && m->state == METER_PENDING) {
        set_state(p, m, METER_DEAD);
        p->out.meter(p->out.ctx, m, true);
    }
    port_dead(p);
}

void health_fault(struct sched *p, int64_t now_ms)
{
    if (!p->fault_since_ms)
        p->fault_since_ms = now_ms;
    p->fault_until_ms = now_ms + FAULT_PAUSE_MS;
    if (now_ms - p->fault_since_ms >= FAULT_ALARM_MS && p->count)
        port_dead(p);
}

struct mstate *health_confirm(const struct sched *p)
{
    for (unsigned i = 0; i < p->count && p->in_state[METER_CONFIRM]; i++) {
        struct mstate *m = sched_meter_at(p, i);
        if (m->state == METER_CONFIRM)
            return m;
    }
    return NULL;
}

struct mstate *health_probe(struct sched *p, int64_t now_ms)
{
    struct mstate *oldest = NULL;
    int64_t elapsed = now_ms - p->budget_at_ms;

    /* whole steps only, so that nothing is lost by rounding */
    if (elapsed >= 100 / SCHED_PROBE_PERCENT) {
        int64_t budget = p->probe_budget_ms + elapsed * SCHED_PROBE_PERCENT / 100;
        p->probe_budget_ms = (int32_t)(budget > BUDGET_CAP_MS ? BUDGET_CAP_MS : budget);
        p->budget_at_ms = now_ms - elapsed % (100 / SCHED_PROBE_PERCENT);
    }
    if (p->dead ? now_ms - p->probe_at_ms < DEAD_PORT_PROBE_MS
                : !p->in_state[METER_DEAD] || p->probe_budget_ms <= 0)
        return NULL;
    for (unsigned i = 0; i < p->count; i++) {
        struct mstate *m = sched_meter_at(p, i);
        if ((m->state == METER_DEAD || p->dead) && (!oldest || m->probed_ms < oldest->probed_ms))
            oldest = m;
    }
    return oldest;
}

void health_probed(struct sched *p, struct mstate *m, int64_t sent_ms, int64_t now_ms)
{
    m->probed_ms = now_ms;
    p->probe_at_ms = now_ms;
    if (!p->dead)
        p->probe_budget_ms -= (int32_t)(now_ms - sent_ms);
}
