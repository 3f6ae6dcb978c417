#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "gateway/base/err.h"
#include "gateway/base/parent.h"
#include "northbound/gdw3761/uplink.h"

/*
 * concentrator-uplink: the 376.1 side of the concentrator. It holds no rights: it reads the store through the
 * read-only view and asks concentratord for everything else.
 */

enum {
    EXIT_CONFIG = 2,
    CONNECT_MS = 20000,
    KEEPALIVE_S = 60,
    LINK_REPORT_MS = 1000, /* the state of the link is told at most this often */
    STORE_WAIT_MS = 5000,  /* for the store at start: what a master set counts, not the configuration */
    STORE_TRY_MS = 50,
    OVERDUE_MS = 20, /* what is due but waits for a slow reader is looked at again */
};

struct gdw_now uplink_now(const struct uplink *up)
{
    return gdw_box_now(&up->box);
}

/* ---- state of the link, for concentratord ---- */

static void host_text(const struct gdw_session *s, char *out, size_t cap)
{
    const struct config_host *h = &s->comm.hosts[s->host];

    snprintf(out, cap, "%u.%u.%u.%u:%u", h->ip[0], h->ip[1], h->ip[2], h->ip[3], h->port);
}

static void log_state(struct uplink *up, uint8_t state)
{
    if (state == up->logged_state)
        return;
    if (state == LINK_LOGGED_IN)
        log_info(&up->log, "logged in to %s", up->peer);
    else if (state == LINK_CONNECTED && up->logged_state == LINK_CONNECTING)
        log_info(&up->log, "connected to %s", up->peer);
    up->logged_state = state;
}

static void tell_link(struct uplink *up, struct gdw_now now)
{
    const struct gdw_session *s = &up->session;
    uint8_t state = (uint8_t)gdw_session_link_state(s);
    struct ctl_link m = {
        .state = state,
        .frames_in = s->link.count.frames_in,
        .frames_out = s->link.count.frames_out,
    };

    if (!up->has_session)
        return;
    log_state(up, state);
    if (state == up->told_state &&
        (s->link.requests == up->told_requests || now.mono_ms < up->told_at + LINK_REPORT_MS))
        return;
    host_text(s, m.peer, sizeof m.peer);
    snprintf(m.last_request, sizeof m.last_request, "%s", s->link.last_request);
    up->told_state = state;
    up->told_requests = s->link.requests;
    up->told_at = now.mono_ms;
    gdw_box_link(&up->box, &m);
}

/* ---- the master ---- */

static void master_data(void *ctx, const uint8_t *p, size_t n)
{
    struct uplink *up = ctx;

    gdw_session_input(&up->session, p, n, uplink_now(up));
    uplink_pump(up);
}

static void master_ready(void *ctx)
{
    struct uplink *up = ctx;

    if (up->session.state == GDW_CONNECTING)
        gdw_session_connected(&up->session, uplink_now(up));
    uplink_pump(up);
}

static void master_closed(void *ctx, int status)
{
    struct uplink *up = ctx;

    if (up->session.state == GDW_CONNECTING)
        log_line(&up->log, up->told_unreachable ? LOG_DEBUG : LOG_WARNING, "no connection to %s: %s",
                 up->peer, cn_err_text(status));
    else if (status)
        log_warning(&up->log, "connection to %s ended: %s", up->peer, cn_err_text(status));
    else if (up->session.state != GDW_LOGOUT)
        log_warning(&up->log, "connection to %s given up: it does not answer or refused the login", up->peer);
    else
        log_info(&up->log, "logged out from %s", up->peer);
    /* once a series: the next line comes when there is a connection */
    up->told_unreachable = up->session.state == GDW_CONNECTING;
    gdw_session_closed(&up->session, uplink_now(up));
    uplink_pump(up);
}

static const struct stream_handler master_handler = {master_data, master_ready, master_closed};

static void session_work(struct uplink *up, struct gdw_now now)
{
    struct gdw_session *s = &up->session;
    const uint8_t *frame;
    size_t n;

    if (!up->has_session)
        return;
    if (up->reload_at && now.mono_ms >= up->reload_at) {
        struct gdw_comm comm;
        up->reload_at = 0;
        gdw_box_comm(&up->box, &comm);
        gdw_session_set_comm(s, &comm, now);
    }
    switch (gdw_session_step(s, now)) {
    case GDW_ACT_CONNECT:
        host_text(s, up->peer, sizeof up->peer);
        tcp_connect(&up->stream, &up->loop, s->comm.hosts[s->host].ip, s->comm.hosts[s->host].port,
                    CONNECT_MS, KEEPALIVE_S);
        break;
    case GDW_ACT_CLOSE:
        stream_close(&up->stream);
        break;
    case GDW_ACT_NONE:
        break;
    }
    while (stream_writable(&up->stream) && (n = gdw_session_output(s, now, &frame)) > 0)
        stream_send(&up->stream, frame, n);
    tell_link(up, now);
}

/* ---- the loop ---- */

static void close_handle(uv_handle_t *h)
{
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

/* The session has logged out: close what keeps the loop alive. */
static void finish(struct uplink *up)
{
    uplink_ctl_stop(up);
    uplink_local_stop(up);
    stream_close(&up->stream);
    close_handle((uv_handle_t *)&up->timer);
    close_handle((uv_handle_t *)&up->term);
    close_handle((uv_handle_t *)&up->interrupt);
}

static void on_timer(uv_timer_t *t)
{
    uplink_pump(t->data);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void uplink_pump(struct uplink *up)
{
    struct gdw_now now = uplink_now(up);

    session_work(up, now);
    int64_t at = uplink_local_work(up, now);
    if (up->stopping && (!up->has_session || up->session.state == GDW_END)) {
        finish(up);
        return;
    }
    if (up->has_session) {
        at = earliest(at, gdw_session_deadline(&up->session, now));
        if (up->reload_at)
            at = earliest(at, up->reload_at);
    }
    if (at == INT64_MAX || uv_is_closing((uv_handle_t *)&up->timer)) {
        uv_timer_stop(&up->timer);
        return;
    }
    int64_t wait = at > now.mono_ms ? at - now.mono_ms : OVERDUE_MS;
    uv_update_time(&up->loop);
    uv_timer_start(&up->timer, on_timer, (uint64_t)wait, 0);
}

static void on_signal(uv_signal_t *h, int signum)
{
    struct uplink *up = h->data;

    (void)signum;
    if (up->stopping)
        return;
    up->stopping = true;
    if (up->has_session)
        gdw_session_stop(&up->session, uplink_now(up));
    uplink_pump(up);
}

/* ---- start ---- */

/* What the configuration asks for and this program cannot do. @return a sentence, NULL = nothing. */
static const char *not_built(const struct config *c)
{
    if (!c->uplink.present)
        return NULL;
    if (c->uplink.transport == TRANSPORT_UDP)
        return "transport udp is not built yet";
    if (c->uplink.transport == TRANSPORT_SMS)
        return "transport sms is not built yet";
    if (c->uplink.role == ROLE_SERVER)
        return "role server is not built yet";
    if (c->uplink.role == ROLE_MIXED)
        return "role mixed is not built yet";
    return c->uplink.tls ? "tls is not built yet" : NULL;
}

/* The store may be a moment behind at the first start; without it the configuration counts. */
static void wait_for_store(struct uplink *up)
{
    uint8_t unit[64];

    for (int i = 0; i < STORE_WAIT_MS / STORE_TRY_MS; i++) {
        if (view_param(up->box.view, 3, 0, 0, unit, sizeof unit) != CN_E_GONE)
            return;
        usleep(STORE_TRY_MS * 1000);
    }
    log_warning(&up->log, "the store is not there; going on with the configuration");
}

static void identify(struct uplink *up)
{
    unsigned major = 0, minor = 0, patch = 0;

    /* four characters: "1.23" is version 1.2.3 */
    sscanf(CN_VERSION, "%u.%u.%u", &major, &minor, &patch);
    snprintf(up->software, sizeof up->software, "%u.%u%u", major % 10, minor % 10, patch % 10);
    snprintf(up->device, sizeof up->device, "%04X%04X", up->config.terminal.region,
             up->config.terminal.address);
    up->app.ident = (struct gdw_ident){
        .vendor = "OPEN",
        .device = up->device,
        .software = up->software,
        .capacity = "2040P64T",
        .protocol = "3761",
        .hardware = up->config.terminal.board,
    };
}

static int start(struct uplink *up)
{
    if (gdw_box_init(&up->box, &up->config, &uplink_box_handler, up) < 0)
        return CN_E_NOMEM;
    for (unsigned i = 0; i < UPLINK_LOCALS; i++) {
        if (!(up->locals[i] = calloc(1, sizeof *up->locals[i])))
            return CN_E_NOMEM;
    }
    gdw_app_init(&up->app, &up->box.seam);
    up->app.zone = up->config.terminal.zone;
    up->app.a1 = up->config.terminal.region;
    up->app.a2 = up->config.terminal.address;
    up->app.fresh_s = up->config.uplink.fresh_s;
    if (up->config.uplink.present)
        up->app.frame_max = (uint16_t)up->config.uplink.frame_max;
    identify(up);
    stream_init(&up->stream, &master_handler, up);
    uv_loop_init(&up->loop);
    uv_timer_init(&up->loop, &up->timer);
    uv_timer_init(&up->loop, &up->ctl_timer);
    uv_signal_init(&up->loop, &up->term);
    uv_signal_init(&up->loop, &up->interrupt);
    up->timer.data = up->ctl_timer.data = up->term.data = up->interrupt.data = up;
    uv_signal_start(&up->term, on_signal, SIGTERM);
    uv_signal_start(&up->interrupt, on_signal, SIGINT);
    wait_for_store(up);
    up->has_session = up->config.uplink.present;
    if (up->has_session) {
        struct gdw_comm comm;
        gdw_box_comm(&up->box, &comm);
        gdw_session_init(&up->session, &up->app, &up->memory, &comm, uplink_now(up));
        up->told_state = UINT8_MAX;
    }
    uplink_local_start(up);
    uplink_ctl_start(up);
    uplink_pump(up);
    return 0;
}

/* @return false: one line was said on stderr. */
static bool configure(struct uplink *up, const char *path)
{
    char error[CONFIG_ERROR];

    if (config_load(path, false, &up->config, error) < 0) {
        fprintf(stderr, "%s\n", error);
        return false;
    }
    const char *missing = not_built(&up->config);
    if (missing)
        fprintf(stderr, "uplink: %s\n", missing);
    return !missing;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    const char *path = NULL;
    int option;

    if (parent_guard(SIGTERM) < 0)
        return EXIT_FAILURE;
    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        if (option == 'c')
            path = optarg;
    }
    if (!path || optind != argc) {
        fprintf(stderr, "usage: concentrator-uplink --config FILE\n");
        return EXIT_CONFIG;
    }
    struct uplink *up = calloc(1, sizeof *up);
    if (!up)
        return EXIT_FAILURE;
    up->log = (struct log){.program = "concentrator-uplink", .level = LOG_INFO};
    if (!configure(up, path)) {
        free(up);
        return EXIT_CONFIG;
    }
    signal(SIGPIPE, SIG_IGN);
    if (start(up) < 0) {
        log_error(&up->log, "no memory at start");
        return EXIT_FAILURE;
    }
    uv_run(&up->loop, UV_RUN_DEFAULT);
    if (up->owns_path)
        unlink(up->listen_path);
    gdw_box_free(&up->box);
    uv_loop_close(&up->loop);
    for (unsigned i = 0; i < UPLINK_LOCALS; i++)
        free(up->locals[i]);
    free(up);
    return EXIT_SUCCESS;
}
