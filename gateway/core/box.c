#include "gateway/core/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/err.h"

#ifndef CN_INSTALL_SHARE
#define CN_INSTALL_SHARE "/usr/share/concentrator"
#endif

enum { TICK_MS = 1000, LEDS_MS = 100 };

int64_t box_now(const struct box *b)
{
    return box_clock_s(&b->clock);
}

struct box_port *box_port(struct box *b, unsigned number)
{
    for (unsigned i = 0; i < b->port_count; i++) {
        if (b->ports[i].config->number == number)
            return &b->ports[i];
    }
    return NULL;
}

/* ---- jobs ---- */

/* A requested job is made when it is asked for; the archive may have changed since: NULL then. */
static struct mstate *job_meter(const struct box *b, const struct job *job)
{
    struct mstate *m = meters_by_index(&b->meters, job->index);

    return m && m->generation == job->generation ? m : NULL;
}

static bool address_requested(struct box_port *p, struct job *job)
{
    const struct mstate *m = job_meter(p->box, job);

    if (job->index == 0)
        return true;
    if (!m || m->m.port != p->config->number || !meter_readable(&m->m))
        return false;
    sched_address(&p->sched, m, &job->bus);
    return true;
}

void box_dispatch(struct box_port *p)
{
    struct box *b = p->box;
    struct job *job;

    if (b->stopping || !busproc_ready(&p->bus))
        return;
    while ((job = jobs_next(&b->jobs, p->config->number)) != NULL) {
        if (address_requested(p, job)) {
            job->flying = true;
            p->flying = job;
            p->flying_alive = false;
            busproc_send(&p->bus, &job->bus);
            return;
        }
        requests_done(b, job->waiters, CN_E_NOTFOUND);
        jobs_free(&b->jobs, job);
    }
    if (sched_next(&p->sched, box_now(b), clock_mono_ms(), &p->next) >= 0)
        busproc_send(&p->bus, &p->next);
}

void box_dispatch_all(struct box *b)
{
    for (unsigned i = 0; i < b->port_count; i++)
        box_dispatch(&b->ports[i]);
}

static void on_ready(void *ctx)
{
    box_dispatch(ctx);
}

/* UTC second of a monotonic moment of another process of this box. */
static int64_t utc_of(const struct box *b, int64_t mono_ms)
{
    int64_t ms = box_clock_ms(&b->clock) - (clock_mono_ms() - mono_ms);

    return ms / 1000 - (ms % 1000 < 0);
}

static void on_values(void *ctx, const struct bus_values *v)
{
    struct box_port *p = ctx;
    struct box *b = p->box;
    int64_t at = utc_of(b, v->mono_ms);

    if (!p->flying) {
        sched_values(&p->sched, v, at);
        return;
    }
    struct mstate *m = job_meter(b, p->flying);
    p->flying_alive |= sched_meter_spoke(v->status);
    struct bus_values told = *v;
    if (m && !sched_requested_values(&p->sched, m, v, at)) {
        for (unsigned i = 0; i < told.count; i++)
            told.r[i].value.quality =
                told.r[i].value.quality == VALUE_GOOD ? VALUE_DOUBTFUL : told.r[i].value.quality;
    }
    requests_values(b, p->flying, &told, at);
}

static void on_bytes(void *ctx, const struct bus_bytes *bytes)
{
    struct box_port *p = ctx;

    p->flying_alive = true;
    if (p->flying)
        requests_bytes(p->box, p->flying, bytes);
}

static void on_frame(void *ctx, const struct bus_frame *f)
{
    struct box_port *p = ctx;
    struct box *b = p->box;
    int64_t now_ms = clock_mono_ms();
    int64_t at_ms = box_clock_ms(&b->clock) - (now_ms - f->mono_ms);
    const struct trace_entry *e = trace_add(&p->trace, at_ms, f->dir, f->point, f->bytes, f->length);

    if (f->dir == TRACE_TX)
        b->indicators.tx_ms[p->config->number] = now_ms;
    else if (f->dir == TRACE_RX)
        b->indicators.rx_ms[p->config->number] = now_ms;
    requests_trace(b, p->config->number, e);
}

static void on_done(void *ctx, const struct bus_done *d)
{
    struct box_port *p = ctx;
    struct box *b = p->box;
    struct job *job = p->flying;
    struct job_waiter waiters[JOB_WAITERS] = {0};
    int64_t now = box_now(b);
    int64_t now_ms = clock_mono_ms();

    if (job) {
        struct mstate *m = job_meter(b, job);
        sched_requested_done(&p->sched, m, d, p->flying_alive, now, now_ms);
        memcpy(waiters, job->waiters, sizeof waiters);
        p->flying = NULL;
        jobs_free(&b->jobs, job);
    } else {
        sched_done(&p->sched, d, now, now_ms);
    }
    box_dispatch(p);
    if (job)
        requests_done(b, waiters, d->status);
    box_work(b, false);
}

/* ---- time ---- */

static void plan_ports(struct box *b)
{
    int64_t now = box_now(b);

    for (unsigned i = 0; i < b->port_count; i++) {
        struct box_port *p = &b->ports[i];
        if (!sched_tick(&p->sched, now))
            continue;
        box_load_freezes(b, p);
        sched_tick(&p->sched, now);
    }
}

void box_clock_moved(struct box *b, int64_t step_ms)
{
    char text[24];
    struct civil local = zone_to_local(b->config->terminal.zone, box_now(b));

    log_warning(b->log, "the clock moved by %+.1f s to %s", (double)step_ms / 1000.0,
                civil_print(&local, text, sizeof text));
    requests_tell_clock(b);
    plan_ports(b);
    box_dispatch_all(b);
}

static void give_up_overdue(struct box *b, int64_t now_ms)
{
    struct job *job;

    while ((job = jobs_overdue(&b->jobs, now_ms)) != NULL) {
        requests_done(b, job->waiters, CN_E_TIMEOUT);
        jobs_free(&b->jobs, job);
    }
}

static void on_tick(uv_timer_t *t)
{
    struct box *b = t->data;
    int64_t now_ms = clock_mono_ms();
    int64_t step_ms = timekeep_watch(&b->timekeep, box_clock_ms(&b->clock), now_ms);

    if (!b->store)
        box_open_store(b, now_ms);
    if (step_ms) {
        box_clock_ahead(b, box_now(b) - step_ms / 1000);
        box_clock_moved(b, step_ms);
    } else {
        plan_ports(b);
    }
    box_dispatch_all(b);
    give_up_overdue(b, now_ms);
    box_work(b, false);
}

static void on_leds(uv_timer_t *t)
{
    struct box *b = t->data;

    b->indicators.alarm = events_alarm(&b->events) || b->store_error;
    b->indicators.link = b->link.state;
    indicators_show(b->board, &b->shown, indicators_eval(&b->indicators, clock_mono_ms()));
}

/* ---- start and end ---- */

/* A folder of data files: beside the program, then in the installed place. */
static void find_folder(const char *name, char out[BOX_PROFILES])
{
    char dir[PROC_PATH];

    if (proc_self_dir(dir) == 0 && snprintf(out, BOX_PROFILES, "%s/%s", dir, name) < BOX_PROFILES &&
        access(out, R_OK) == 0)
        return;
    snprintf(out, BOX_PROFILES, "%s/%s", CN_INSTALL_SHARE, name);
}

static int open_board(struct box *b, char error[CONFIG_ERROR])
{
    char folder[BOX_PROFILES];

    find_folder("boards", folder);
    int err = board_open(b->config->terminal.board, folder, b->config->terminal.run_dir, &b->board, error,
                         CONFIG_ERROR);
    return err < 0 ? CN_E_IO : 0;
}

static int start_port(struct box *b, struct box_port *p, char error[CONFIG_ERROR])
{
    struct busproc_hooks hooks = {.ctx = p,
                                  .ready = on_ready,
                                  .values = on_values,
                                  .bytes = on_bytes,
                                  .frame = on_frame,
                                  .done = on_done};
    int err = busproc_start(&p->bus, b->loop, b->log, p->config, b->profiles, hooks);

    if (err < 0)
        snprintf(error, CONFIG_ERROR, "concentrator-bus: %s", cn_err_text(err));
    return err;
}

static int allocate(struct box *b)
{
    b->ports = calloc(b->config->port_count ? b->config->port_count : 1, sizeof *b->ports);
    b->meters.slots = calloc(METER_INDEX_MAX + 1, sizeof *b->meters.slots);
    b->meters.of_point = calloc(POINT_MAX + 1, sizeof *b->meters.of_point);
    if (!b->ports || !b->meters.slots || !b->meters.of_point)
        return CN_E_NOMEM;
    for (unsigned i = 0; i < b->config->port_count; i++) {
        struct box_port *p = &b->ports[i];
        p->box = b;
        p->config = &b->config->ports[i];
        p->order = calloc(METER_INDEX_MAX, sizeof *p->order);
        if (!p->order)
            return CN_E_NOMEM;
        sched_init(&p->sched, p->config->number, p->order, &b->meters, b->config->terminal.zone);
        p->sched.baud = p->config->baud;
        p->sched.parity = p->config->parity;
        p->sched.out = box_sched_out(b);
        trace_init(&p->trace, p->frames, BOX_TRACE);
        b->port_count++;
    }
    return 0;
}

static int start_all(struct box *b, char error[CONFIG_ERROR])
{
    int err = open_board(b, error);

    if (err < 0)
        return err;
    if (b->config->terminal.profile_dir[0])
        snprintf(b->profiles, sizeof b->profiles, "%s", b->config->terminal.profile_dir);
    else
        find_folder("profiles", b->profiles);
    jobs_init(&b->jobs, b->pool);
    indicators_init(&b->indicators);
    box_data_init(b);
    box_open_store(b, clock_mono_ms());
    err = ctlserver_open(&b->ctl, b->loop, b->log, b->config->terminal.run_dir, requests_hooks(b));
    if (err < 0) {
        snprintf(error, CONFIG_ERROR, "control socket in %s: %s", b->config->terminal.run_dir,
                 cn_err_text(err));
        return err;
    }
    plan_ports(b);
    for (unsigned i = 0; i < b->port_count && err == 0; i++)
        err = start_port(b, &b->ports[i], error);
    return err;
}

int box_start(const struct config *config, const struct log *log, uv_loop_t *loop, struct box **out,
              char error[CONFIG_ERROR])
{
    struct box *b = calloc(1, sizeof *b);

    *out = NULL;
    snprintf(error, CONFIG_ERROR, "%s", cn_err_text(CN_E_NOMEM));
    if (!b)
        return CN_E_NOMEM;
    b->config = config;
    b->log = log;
    b->loop = loop;
    b->start_ms = clock_mono_ms();
    int err = allocate(b);
    if (err == 0)
        err = start_all(b, error);
    if (err < 0)
        return err; /* the program ends: what is open ends with it */
    children_start(&b->children, loop, log, config);
    uv_timer_init(loop, &b->tick);
    b->tick.data = b;
    uv_timer_start(&b->tick, on_tick, TICK_MS, TICK_MS);
    uv_timer_init(loop, &b->leds);
    b->leds.data = b;
    uv_timer_start(&b->leds, on_leds, 0, LEDS_MS);
    *out = b;
    return 0;
}

static void on_stop_tick(uv_timer_t *t)
{
    struct box *b = t->data;
    bool all = children_stopped(&b->children);

    for (unsigned i = 0; i < b->port_count; i++)
        all = all && busproc_stopped(&b->ports[i].bus);
    if (!all)
        return;
    uv_timer_stop(t);
    b->stopped(b->stopped_ctx);
}

void box_stop(struct box *b, void (*stopped)(void *ctx), void *ctx)
{
    if (b->stopping)
        return;
    b->stopping = true;
    b->stopped = stopped;
    b->stopped_ctx = ctx;
    children_stop(&b->children);
    for (unsigned i = 0; i < b->port_count; i++)
        busproc_stop(&b->ports[i].bus);
    box_work(b, true);
    ctlserver_close(&b->ctl);
    uv_timer_start(&b->tick, on_stop_tick, 0, 20);
}

void box_free(struct box *b)
{
    indicators_show(b->board, &b->shown, (struct indicator_states){0});
    board_close(b->board);
    store_close(b->store);
    for (unsigned i = 0; i < b->port_count; i++)
        free(b->ports[i].order);
    free(b->ports);
    free(b->meters.slots);
    free(b->meters.of_point);
    free(b);
}
