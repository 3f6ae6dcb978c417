#include "gateway/base/clock.h"
#include "gateway/model/event.h"
#include "northbound/gdw3761/uplink.h"

enum { CTL_RETRY_MS = 300 };

static void each_job(struct uplink *up, void (*fn)(struct gdw_job *j, void *arg), void *arg)
{
    if (up->has_session)
        fn(&up->session.link.job, arg);
    for (unsigned i = 0; i < UPLINK_LOCALS; i++)
        fn(&up->locals[i]->link.job, arg);
}

struct answer {
    uint32_t seq;
    int status;
    const void *message;
    size_t len;
};

static void give_values(struct gdw_job *j, void *arg)
{
    const struct answer *a = arg;

    gdw_job_values(j, a->seq, a->message);
}

static void give_bytes(struct gdw_job *j, void *arg)
{
    const struct answer *a = arg;

    gdw_job_bytes(j, a->seq, a->message, a->len);
}

static void give_results(struct gdw_job *j, void *arg)
{
    const struct answer *a = arg;

    gdw_job_results(j, a->seq, a->message);
}

static void give_done(struct gdw_job *j, void *arg)
{
    const struct answer *a = arg;

    gdw_job_op_done(j, a->seq, a->status);
}

static void give_lost(struct gdw_job *j, void *arg)
{
    gdw_job_ctl_lost(j, *(const struct gdw_now *)arg);
}

static void on_values(void *ctx, uint32_t seq, const struct ctl_values *v)
{
    struct answer a = {.seq = seq, .message = v};

    each_job(ctx, give_values, &a);
}

static void on_bytes(void *ctx, uint32_t seq, const uint8_t *p, size_t n)
{
    struct answer a = {.seq = seq, .message = p, .len = n};

    each_job(ctx, give_bytes, &a);
}

static void on_results(void *ctx, uint32_t seq, const struct ctl_results *r)
{
    struct answer a = {.seq = seq, .message = r};

    each_job(ctx, give_results, &a);
}

static void on_done(void *ctx, uint32_t seq, int status)
{
    struct uplink *up = ctx;
    struct answer a = {.seq = seq, .status = status};

    each_job(up, give_done, &a);
    if (up->has_session)
        gdw_report_done(&up->session.report, seq, status);
}

static void on_param(void *ctx, const struct ctl_n_param *n)
{
    struct uplink *up = ctx;

    if (n->fn == 1 || n->fn == 3 || n->fn == 6 || n->fn == 8)
        up->reload_at = clock_mono_ms() + GDW_RELOAD_MS;
    if (n->fn == 10) {
        gdw_box_meters_changed(&up->box);
        gdw_app_meters_changed(&up->app);
    }
}

static void on_event(void *ctx, const struct ctl_n_event *n)
{
    struct uplink *up = ctx;

    if (up->has_session && n->ring == RING_IMPORTANT)
        gdw_report_wake(&up->session.report);
}

const struct gdw_box_handler uplink_box_handler = {on_values, on_bytes, on_results,
                                                   on_done,   on_param, on_event};

static void connect_ctl(uv_timer_t *t);

static void unwatch(struct uplink *up)
{
    if (!up->ctl_polled)
        return;
    up->ctl_polled = false;
    uv_poll_stop(&up->ctl_poll);
    uv_close((uv_handle_t *)&up->ctl_poll, NULL);
    gdw_box_disconnect(&up->box);
}

static void lose(struct uplink *up)
{
    struct gdw_now now = uplink_now(up);

    unwatch(up);
    each_job(up, give_lost, &now);
    if (up->has_session)
        gdw_report_ctl_lost(&up->session.report);
    log_warning(&up->log, "concentratord is gone; waiting for it");
    uv_timer_start(&up->ctl_timer, connect_ctl, CTL_RETRY_MS, 0);
}

void uplink_ctl_stop(struct uplink *up)
{
    unwatch(up);
    if (!uv_is_closing((uv_handle_t *)&up->ctl_timer))
        uv_close((uv_handle_t *)&up->ctl_timer, NULL);
}

static void on_ctl(uv_poll_t *h, int status, int events)
{
    struct uplink *up = h->data;

    (void)events;
    if (status < 0 || gdw_box_receive(&up->box) < 0)
        lose(up);
    uplink_pump(up);
}

static void connect_ctl(uv_timer_t *t)
{
    struct uplink *up = t->data;

    if (gdw_box_connect(&up->box) < 0) {
        uv_timer_start(&up->ctl_timer, connect_ctl, CTL_RETRY_MS, 0);
        return;
    }
    /* what happened meanwhile is not told again */
    gdw_box_meters_changed(&up->box);
    up->told_state = UINT8_MAX;
    if (up->has_session) {
        up->reload_at = clock_mono_ms() + GDW_RELOAD_MS;
        gdw_report_wake(&up->session.report);
    }
    uv_poll_init(&up->loop, &up->ctl_poll, up->box.fd);
    up->ctl_poll.data = up;
    up->ctl_polled = true;
    uv_poll_start(&up->ctl_poll, UV_READABLE, on_ctl);
    uplink_pump(up);
}

void uplink_ctl_start(struct uplink *up)
{
    connect_ctl(&up->ctl_timer);
}
