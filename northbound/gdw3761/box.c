#include "northbound/gdw3761/box.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/err.h"

enum { UNIT_MAX = 256, F6_LEN = 2 * GDW_GROUPS };

/* ---- reading ---- */

static int box_param(void *ctx, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap)
{
    struct gdw_box *b = ctx;
    int n = view_param(b->view, fn, pn, sub, out, cap);

    if (n != CN_E_NOTFOUND || pn != 0 || sub != 0)
        return n;
    return config_param(b->config, fn, out, cap);
}

static int box_meter(void *ctx, unsigned point, struct meter *out)
{
    return view_meter(((struct gdw_box *)ctx)->view, point, out);
}

static int mark_point(void *ctx, const struct meter *m)
{
    struct gdw_box *b = ctx;

    if (m->point >= 1 && m->point <= GDW_PN_MAX)
        b->points[m->point / 8] = (uint8_t)(b->points[m->point / 8] | 1U << m->point % 8);
    return 0;
}

static unsigned box_next_pn(void *ctx, unsigned pn_kind, unsigned after)
{
    struct gdw_box *b = ctx;

    if (pn_kind != PN_POINT)
        return 0;
    if (!b->points_known) {
        memset(b->points, 0, sizeof b->points);
        b->points_known = view_meters(b->view, mark_point, b) >= 0;
    }
    for (unsigned p = after + 1; p <= GDW_PN_MAX; p++) {
        if (b->points[p / 8] >> p % 8 & 1)
            return p;
    }
    return 0;
}

static int box_latest(void *ctx, unsigned point, unsigned quantity, struct reading_set *out)
{
    return view_latest(((struct gdw_box *)ctx)->view, point, quantity, out);
}

static int box_freeze(void *ctx, unsigned kind, int64_t slot, unsigned point, struct freeze *out)
{
    return view_freeze(((struct gdw_box *)ctx)->view, kind, slot, point, out);
}

static int box_event(void *ctx, unsigned ring, uint8_t index, uint8_t *out, size_t cap)
{
    int64_t at;

    return view_event(((struct gdw_box *)ctx)->view, ring, index, out, cap, &at);
}

static int box_event_state(void *ctx, struct event_state *out)
{
    return view_event_state(((struct gdw_box *)ctx)->view, out);
}

/* ---- asking ---- */

static struct wbuf begin(struct gdw_box *b, enum ctl_type type)
{
    struct wbuf w = wbuf_of(b->out, sizeof b->out);

    if (++b->seq == 0) /* 0 is what notifications carry */
        b->seq = 1;
    ctl_begin(&w, type, b->seq);
    return w;
}

static int transmit(struct gdw_box *b, const struct wbuf *w, uint32_t *seq)
{
    if (b->fd < 0)
        return CN_E_GONE;
    if (w->err)
        return w->err;
    if (seq)
        *seq = b->seq;
    if (send(b->fd, w->p, w->len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)w->len)
        return 0;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? CN_E_BUSY : CN_E_GONE;
}

static int box_read(void *ctx, const struct ctl_read *m, uint32_t *seq)
{
    struct wbuf w = begin(ctx, CTL_READ);

    ctl_put_read(&w, m);
    return transmit(ctx, &w, seq);
}

static int box_forward(void *ctx, const struct ctl_forward *m, uint32_t *seq)
{
    struct wbuf w = begin(ctx, CTL_FORWARD);

    ctl_put_forward(&w, m);
    return transmit(ctx, &w, seq);
}

static int box_set_params(void *ctx, const struct ctl_params *m, uint32_t *seq)
{
    struct wbuf w = begin(ctx, CTL_PARAM_SET);

    ctl_put_params(&w, m);
    return transmit(ctx, &w, seq);
}

static int box_set_clock(void *ctx, const struct ctl_clock *m, uint32_t *seq)
{
    struct wbuf w = begin(ctx, CTL_CLOCK_SET);

    ctl_put_clock(&w, m);
    return transmit(ctx, &w, seq);
}

static int box_raise(void *ctx, const struct ctl_event *m)
{
    struct wbuf w = begin(ctx, CTL_EVENT);

    ctl_put_event(&w, m);
    return transmit(ctx, &w, NULL);
}

static int box_seen(void *ctx, const struct ctl_seen *m, uint32_t *seq)
{
    struct wbuf w = begin(ctx, CTL_EVENTS_SEEN);

    ctl_put_seen(&w, m);
    return transmit(ctx, &w, seq);
}

void gdw_box_link(struct gdw_box *b, const struct ctl_link *m)
{
    struct wbuf w = begin(b, CTL_LINK);

    ctl_put_link(&w, m);
    transmit(b, &w, NULL);
}

/* ---- the control socket ---- */

int gdw_box_init(struct gdw_box *b, const struct config *config, const struct gdw_box_handler *h, void *ctx)
{
    memset(b, 0, sizeof *b);
    b->config = config;
    b->handler = h;
    b->ctx = ctx;
    b->fd = -1;
    b->seam = (struct gdw_seam){
        .ctx = b,
        .param = box_param,
        .meter = box_meter,
        .next_pn = box_next_pn,
        .latest = box_latest,
        .freeze = box_freeze,
        .event = box_event,
        .event_state = box_event_state,
        .read = box_read,
        .forward = box_forward,
        .set_params = box_set_params,
        .set_clock = box_set_clock,
        .raise = box_raise,
        .seen = box_seen,
    };
    return view_open(config->terminal.state_dir, &b->view);
}

void gdw_box_free(struct gdw_box *b)
{
    gdw_box_disconnect(b);
    if (b->view)
        view_close(b->view);
    b->view = NULL;
}

int gdw_box_connect(struct gdw_box *b)
{
    int fd = ctl_connect(b->config->terminal.run_dir);

    if (fd < 0)
        return fd;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    b->fd = fd;
    struct wbuf w = begin(b, CTL_SUBSCRIBE);
    int ret = transmit(b, &w, NULL);
    if (ret < 0)
        gdw_box_disconnect(b);
    return ret;
}

void gdw_box_disconnect(struct gdw_box *b)
{
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
}

void gdw_box_meters_changed(struct gdw_box *b)
{
    b->points_known = false;
}

struct gdw_now gdw_box_now(const struct gdw_box *b)
{
    return (struct gdw_now){.mono_ms = clock_mono_ms(), .utc_s = box_clock_s(&b->clock)};
}

static void take_answer(struct gdw_box *b, const struct ctl_head *h, struct rbuf *r)
{
    union {
        struct ctl_values values;
        struct ctl_results results;
        uint8_t bytes[BUS_BYTES_MAX];
    } m;
    int n;

    switch (h->type) {
    case CTL_R_VALUES:
        if (ctl_get_values(r, &m.values) == 0)
            b->handler->values(b->ctx, h->seq, &m.values);
        break;
    case CTL_R_BYTES:
        n = ctl_get_bytes(r, m.bytes, sizeof m.bytes);
        if (n >= 0)
            b->handler->bytes(b->ctx, h->seq, m.bytes, (size_t)n);
        break;
    case CTL_R_RESULTS:
        if (ctl_get_results(r, &m.results) == 0)
            b->handler->results(b->ctx, h->seq, &m.results);
        break;
    case CTL_R_DONE:
        if (ctl_get_done(r, &n) == 0)
            b->handler->done(b->ctx, h->seq, n);
        break;
    default:
        break;
    }
}

static void take_message(struct gdw_box *b, size_t len)
{
    struct rbuf r = rbuf_of(b->in, len);
    struct ctl_head h;
    struct ctl_n_clock clock;
    struct ctl_n_param param;
    struct ctl_n_event event;

    if (ctl_get_head(&r, &h) < 0)
        return;
    switch (h.type) {
    case CTL_N_CLOCK:
        if (ctl_get_n_clock(&r, &clock) == 0)
            b->clock.offset_ms = clock.offset_ms;
        break;
    case CTL_N_PARAM:
        if (ctl_get_n_param(&r, &param) == 0)
            b->handler->param(b->ctx, &param);
        break;
    case CTL_N_EVENT:
        if (ctl_get_n_event(&r, &event) == 0)
            b->handler->event(b->ctx, &event);
        break;
    default:
        take_answer(b, &h, &r);
        break;
    }
}

int gdw_box_receive(struct gdw_box *b)
{
    while (b->fd >= 0) {
        ssize_t n = recv(b->fd, b->in, sizeof b->in, MSG_DONTWAIT);
        if (n > 0) {
            take_message(b, (size_t)n);
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : CN_E_GONE;
    }
    return CN_E_GONE;
}

/* ---- communication parameters ---- */

static struct config_host host_of(const uint8_t ip[4], uint16_t port)
{
    static const uint8_t none[4];
    struct config_host h = {.port = port};

    memcpy(h.ip, ip, sizeof h.ip);
    h.set = port != 0 && memcmp(ip, none, sizeof none) != 0;
    return h;
}

/* A unit in force, or that of the configuration when the store's is damaged or the store is not there. */
static int unit_in_force(struct gdw_box *b, unsigned fn, uint8_t *out, size_t cap)
{
    int n = box_param(b, fn, 0, 0, out, cap);

    return n >= 0 ? n : config_param(b->config, fn, out, cap);
}

void gdw_box_comm(struct gdw_box *b, struct gdw_comm *out)
{
    uint8_t unit[UNIT_MAX];
    struct param_f3 f3;
    struct param_f8 f8;
    int n;

    memset(out, 0, sizeof *out);
    n = unit_in_force(b, 1, unit, sizeof unit);
    if (n < 0 || param_f1(unit, (size_t)n, &out->f1) < 0)
        out->f1 = (struct param_f1){.timeout_s = 30, .repeats = 3, .confirm = 7, .heartbeat_min = 5};
    n = unit_in_force(b, 3, unit, sizeof unit);
    if (n >= 0 && param_f3(unit, (size_t)n, &f3) == 0) {
        out->hosts[0] = host_of(f3.main_ip, f3.main_port);
        out->hosts[1] = host_of(f3.standby_ip, f3.standby_port);
    }
    n = unit_in_force(b, 8, unit, sizeof unit);
    if (n >= 0 && param_f8(unit, (size_t)n, &f8) == 0)
        out->redial_s = f8.redial_s;
    n = box_param(b, 6, 0, 0, unit, sizeof unit);
    for (unsigned i = 0; n == F6_LEN && i < GDW_GROUPS; i++)
        out->groups[i] = (uint16_t)(unit[2 * i] | unit[2 * i + 1] << 8);
}
