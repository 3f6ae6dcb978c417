#include <string.h>

#include "gateway/base/err.h"
#include "gateway/core/box.h"
#include "gateway/model/quantity.h"

/* Everything here comes from clients, who may be compromised: each field is checked again. */
enum { REQUEST_WAIT_MS = 120000, BAUD_MIN = 300, BAUD_MAX = 115200, FORWARD_WAIT_MAX_MS = 30000 };

/* ---- reading ---- */

static bool want_ok(const struct want *w)
{
    if (!quantity_find(w->quantity) || w->period > PERIOD_MONTH)
        return false;
    return w->period == PERIOD_NOW ? w->index == 0 : w->index >= 1;
}

/* Answer from memory: all wants or none. */
static bool read_from_memory(struct box *b, uint32_t client, uint32_t seq, const struct ctl_read *m)
{
    int64_t oldest = box_now(b) - m->max_age_s;
    struct reading_set set;

    if (m->max_age_s == 0)
        return false;
    for (unsigned i = 0; i < m->want_count; i++) {
        if (m->wants[i].period != PERIOD_NOW ||
            ingest_recent(&b->ingest, m->point, m->wants[i].quantity, oldest, &set) < 0)
            return false;
    }
    for (unsigned i = 0; i < m->want_count; i++) {
        struct ctl_values v = {.want = m->wants[i]};
        if (ingest_recent(&b->ingest, m->point, m->wants[i].quantity, oldest, &set) < 0)
            continue;
        v.at = set.at;
        v.count = set.count;
        memcpy(v.r, set.r, sizeof *v.r * set.count);
        ctl_put_values(ctlserver_begin(&b->ctl, CTL_R_VALUES, seq), &v);
        if (ctlserver_send(&b->ctl, client) < 0)
            return true;
    }
    ctlserver_done(&b->ctl, client, seq, 0);
    return true;
}

/* @return 0 (parked), or the reason why not */
static int park_read(struct box *b, uint32_t client, uint32_t seq, const struct ctl_read *m)
{
    const struct mstate *s = meters_by_point(&b->meters, m->point);
    struct box_port *p = s ? box_port(b, s->m.port) : NULL;

    if (!s || !p)
        return CN_E_NOTFOUND;
    if (!meter_readable(&s->m))
        return CN_E_UNSUPPORTED;
    struct job *job = jobs_same(&b->jobs, s->m.port, s->m.index, s->generation, m->wants, m->want_count);
    if (job)
        return job_add_waiter(job, client, seq);
    job = jobs_add(&b->jobs, CLASS_DEMAND, s->m.port);
    if (!job)
        return CN_E_FULL;
    job->index = s->m.index;
    job->generation = s->generation;
    job->deadline_ms = clock_mono_ms() + REQUEST_WAIT_MS;
    job->bus.kind = JOB_READ;
    job->bus.want_count = m->want_count;
    memcpy(job->bus.wants, m->wants, sizeof *m->wants * m->want_count);
    job_add_waiter(job, client, seq);
    box_dispatch(p);
    return 0;
}

static int do_read(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    struct ctl_read m;
    int err = ctl_get_read(body, &m);

    if (err < 0)
        return err;
    for (unsigned i = 0; i < m.want_count && err == 0; i++)
        err = want_ok(&m.wants[i]) ? 0 : CN_E_RANGE;
    if (m.want_count == 0)
        err = CN_E_RANGE;
    if (err == 0) {
        if (read_from_memory(b, c->id, seq, &m))
            return 0;
        err = park_read(b, c->id, seq, &m);
    }
    if (err < 0)
        ctlserver_done(&b->ctl, c->id, seq, err);
    return 0;
}

void requests_values(struct box *b, struct job *job, const struct bus_values *v, int64_t at)
{
    struct ctl_values out = {.status = v->status, .want = v->want, .at = at, .count = v->count};
    struct job_waiter waiters[JOB_WAITERS];

    memcpy(out.r, v->r, sizeof *v->r * v->count);
    for (unsigned i = 0; i < job->bus.want_count; i++) {
        const struct want *w = &job->bus.wants[i];
        if (w->quantity != v->want.quantity || w->period != v->want.period || w->index != v->want.index ||
            (job->answered >> i & 1))
            continue;
        job->answered |= (uint32_t)1 << i;
        /* a client that is dropped while it is told leaves the list, and the others move up in it */
        memcpy(waiters, job->waiters, sizeof waiters);
        for (unsigned k = 0; k < JOB_WAITERS; k++) {
            if (!waiters[k].client)
                continue;
            ctl_put_values(ctlserver_begin(&b->ctl, CTL_R_VALUES, waiters[k].seq), &out);
            ctlserver_send(&b->ctl, waiters[k].client);
        }
        return;
    }
}

void requests_done(struct box *b, const struct job_waiter waiters[JOB_WAITERS], int status)
{
    struct job_waiter w[JOB_WAITERS];

    /* a client that is dropped while it is told leaves the original list */
    memcpy(w, waiters, sizeof w);
    for (unsigned k = 0; k < JOB_WAITERS; k++) {
        if (w[k].client)
            ctlserver_done(&b->ctl, w[k].client, w[k].seq, status);
    }
}

/* ---- forwarding ---- */

static bool line_ok(const struct line_settings *l)
{
    return l->baud >= BAUD_MIN && l->baud <= BAUD_MAX && l->data_bits >= 5 && l->data_bits <= 8 &&
           (l->parity == 'N' || l->parity == 'E' || l->parity == 'O') &&
           (l->stop_bits == 1 || l->stop_bits == 2);
}

static int park_forward(struct box *b, uint32_t client, uint32_t seq, const struct ctl_forward *m)
{
    struct box_port *p = box_port(b, m->port);

    if (!p)
        return CN_E_NOTFOUND;
    if (!line_ok(&m->line) || m->length == 0 || m->response_ms > FORWARD_WAIT_MAX_MS)
        return CN_E_RANGE;
    struct job *job = jobs_add(&b->jobs, CLASS_FORWARD, m->port);
    if (!job)
        return CN_E_FULL;
    job->deadline_ms = clock_mono_ms() + REQUEST_WAIT_MS;
    job->bus.kind = JOB_FORWARD;
    job->bus.protocol = PROTO_DLT645_2007; /* whose driver forwards: bytes of any protocol */
    job->bus.attempts = 1;
    job->bus.line = m->line;
    job->bus.response_ms = m->response_ms;
    job->bus.byte_ms = m->byte_ms;
    job->bus.length = m->length;
    memcpy(job->bus.bytes, m->bytes, m->length);
    job_add_waiter(job, client, seq);
    box_dispatch(p);
    return 0;
}

static int do_forward(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    struct ctl_forward m;
    int err = ctl_get_forward(body, &m);

    if (err < 0)
        return err;
    err = park_forward(b, c->id, seq, &m);
    if (err < 0)
        ctlserver_done(&b->ctl, c->id, seq, err);
    return 0;
}

void requests_bytes(struct box *b, const struct job *job, const struct bus_bytes *bytes)
{
    for (unsigned k = 0; k < JOB_WAITERS; k++) {
        if (!job->waiters[k].client)
            continue;
        ctl_put_bytes(ctlserver_begin(&b->ctl, CTL_R_BYTES, job->waiters[k].seq), bytes->bytes,
                      bytes->length);
        ctlserver_send(&b->ctl, job->waiters[k].client);
    }
}

/* ---- setting ---- */

const char *requests_source_name(unsigned source)
{
    static const char *const names[] = {[SOURCE_MASTER] = "master",
                                        [SOURCE_MAINTENANCE] = "maintenance port",
                                        [SOURCE_SHELL] = "command line"};

    return source >= SOURCE_MASTER && source <= SOURCE_SHELL ? names[source] : "unknown source";
}

static int do_params(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    struct ctl_params m;
    struct ctl_results r = {0};
    int err = ctl_get_params(body, &m);

    if (err < 0)
        return err;
    box_set_params(b, &m, &r);
    ctl_put_results(ctlserver_begin(&b->ctl, CTL_R_RESULTS, seq), &r);
    ctlserver_send(&b->ctl, c->id);
    for (unsigned i = 0; i < m.count; i++) {
        struct ctl_n_param n = {.fn = m.units[i].fn, .pn = m.units[i].pn};
        if (r.status[i] != 0)
            continue;
        ctl_put_n_param(ctlserver_begin(&b->ctl, CTL_N_PARAM, 0), &n);
        ctlserver_tell(&b->ctl);
    }
    box_dispatch_all(b);
    return 0;
}

static int do_clock(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    struct ctl_clock m;
    int64_t step_ms = 0;
    int err = ctl_get_clock(body, &m);

    if (err < 0)
        return err;
    err = timekeep_set(&b->timekeep, b->store, &m.local, &step_ms);
    ctlserver_done(&b->ctl, c->id, seq, err);
    log_info(b->log, "%s (station %u) sets the clock: %s", requests_source_name(m.source), m.msa,
             cn_err_text(err));
    if (err == 0) {
        /* what waits in memory belongs to the old time and goes first */
        box_work(b, true);
        box_clock_ahead(b, box_now(b) - step_ms / 1000);
        box_drop_future(b, step_ms);
        box_clock_moved(b, step_ms);
    }
    return 0;
}

static int do_event(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    struct ctl_event m;
    int err = ctl_get_event(body, &m);

    if (err < 0)
        return err;
    err = events_client(&b->events, &m, box_now(b));
    if (err == 0)
        err = box_store_result(b, events_work(&b->events));
    ctlserver_done(&b->ctl, c->id, seq, err);
    return 0;
}

static int do_seen(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    struct ctl_seen m;
    int err = ctl_get_seen(body, &m);

    if (err < 0)
        return err;
    err = m.ring == RING_IMPORTANT || m.ring == RING_GENERAL
              ? box_store_result(b, events_seen(&b->events, &m))
              : CN_E_RANGE;
    ctlserver_done(&b->ctl, c->id, seq, err);
    return 0;
}

static int do_link(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    struct ctl_link m;
    int err = ctl_get_link(body, &m);

    (void)c;
    (void)seq;
    if (err == 0)
        b->link = m;
    return err;
}

/* ---- watching ---- */

static int send_status(struct box *b, struct ctl_client *c)
{
    while (c->status_next >= 0) {
        struct wbuf *w = ctlserver_begin(&b->ctl, CTL_R_KV, c->status_seq);
        size_t head = w->len;
        int next = status_section(b, c->status_next, w);
        if (w->len > head) {
            int err = ctlserver_send_page(&b->ctl, c);
            if (err == CN_E_BUSY)
                return 0; /* goes on when the client has taken some */
            if (err < 0)
                return err;
        }
        c->status_next = next;
    }
    ctlserver_done(&b->ctl, c->id, c->status_seq, 0);
    return 0;
}

static int do_status(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    if (rbuf_left(body))
        return CN_E_FRAME;
    if (c->status_next >= 0) {
        ctlserver_done(&b->ctl, c->id, seq, CN_E_BUSY);
        return 0;
    }
    c->status_next = 0;
    c->status_seq = seq;
    return send_status(b, c);
}

static void on_writable(void *ctx, struct ctl_client *c)
{
    if (send_status(ctx, c) < 0)
        c->status_next = -1;
}

static void put_trace(struct box *b, uint32_t seq, unsigned port, const struct trace_entry *e)
{
    struct ctl_trace_entry t = {
        .port = (uint8_t)port,
        .seq = e->seq,
        .at_ms = e->at_ms,
        .point = e->point,
        .dir = e->dir,
        .full = e->full,
        .length = e->len,
    };

    memcpy(t.bytes, e->bytes, e->len);
    ctl_put_trace_entry(ctlserver_begin(&b->ctl, CTL_R_TRACE, seq), &t);
}

static int do_trace(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    struct ctl_trace m;
    const struct trace_entry *e;
    int err = ctl_get_trace(body, &m);

    if (err < 0)
        return err;
    struct box_port *p = box_port(b, m.port);
    if (!p) {
        ctlserver_done(&b->ctl, c->id, seq, CN_E_NOTFOUND);
        return 0;
    }
    uint64_t from = m.from_seq;
    while (from && (e = trace_from(&p->trace, from)) != NULL) {
        put_trace(b, seq, m.port, e);
        if (ctlserver_send(&b->ctl, c->id) < 0)
            return 0;
        from = e->seq + 1;
    }
    c->trace_port = m.port;
    c->trace_seq = seq;
    return 0;
}

void requests_trace(struct box *b, unsigned port, const struct trace_entry *e)
{
    for (unsigned i = 0; i < CTL_CLIENTS; i++) {
        struct ctl_client *c = &b->ctl.clients[i];
        if (!c->id || c->closing || c->trace_port != port)
            continue;
        put_trace(b, c->trace_seq, port, e);
        ctlserver_send(&b->ctl, c->id);
    }
}

static void put_clock(struct box *b)
{
    struct ctl_n_clock n = {.offset_ms = b->clock.offset_ms};

    ctl_put_n_clock(ctlserver_begin(&b->ctl, CTL_N_CLOCK, 0), &n);
}

void requests_tell_clock(struct box *b)
{
    put_clock(b);
    ctlserver_tell(&b->ctl);
}

void requests_tell_event(struct box *b, const struct ctl_n_event *n)
{
    ctl_put_n_event(ctlserver_begin(&b->ctl, CTL_N_EVENT, 0), n);
    ctlserver_tell(&b->ctl);
}

static int do_subscribe(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body)
{
    (void)seq;
    if (rbuf_left(body))
        return CN_E_FRAME;
    c->subscribed = true;
    put_clock(b);
    ctlserver_send(&b->ctl, c->id);
    return 0;
}

static const struct request {
    uint8_t type;
    int (*run)(struct box *b, struct ctl_client *c, uint32_t seq, struct rbuf *body);
} table[] = {
    {CTL_STATUS, do_status},       {CTL_READ, do_read},       {CTL_FORWARD, do_forward},
    {CTL_PARAM_SET, do_params},    {CTL_CLOCK_SET, do_clock}, {CTL_EVENT, do_event},
    {CTL_EVENTS_SEEN, do_seen},    {CTL_LINK, do_link},       {CTL_TRACE, do_trace},
    {CTL_SUBSCRIBE, do_subscribe},
};

static int on_request(void *ctx, struct ctl_client *c, const struct ctl_head *h, struct rbuf *body)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].type == h->type)
            return table[i].run(ctx, c, h->seq, body);
    }
    return CN_E_UNSUPPORTED;
}

static void on_gone(void *ctx, uint32_t id)
{
    struct box *b = ctx;

    jobs_forget_client(&b->jobs, id);
}

struct ctlserver_hooks requests_hooks(struct box *b)
{
    return (struct ctlserver_hooks){
        .ctx = b, .request = on_request, .writable = on_writable, .gone = on_gone};
}
