#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/err.h"
#include "northbound/gdw3761/uplink.h"

static void work(struct local *l, struct gdw_now now)
{
    const uint8_t *frame;
    size_t n;

    while (stream_writable(&l->stream) && (n = gdw_link_output(&l->link, now, &frame)) > 0)
        stream_send(&l->stream, frame, n);
}

static void local_data(void *ctx, const uint8_t *p, size_t n)
{
    struct local *l = ctx;

    gdw_link_input(&l->link, p, n, uplink_now(l->up));
    uplink_pump(l->up);
}

static void local_ready(void *ctx)
{
    uplink_pump(((struct local *)ctx)->up);
}

static void local_closed(void *ctx, int status)
{
    (void)status;
    gdw_link_reset(&((struct local *)ctx)->link);
}

static const struct stream_handler local_handler = {local_data, local_ready, local_closed};

static void on_local(uv_stream_t *listener, int status)
{
    struct uplink *up = listener->data;

    if (status < 0)
        return;
    for (unsigned i = 0; i < UPLINK_LOCALS; i++) {
        if (up->locals[i]->stream.in_use)
            continue;
        gdw_link_reset(&up->locals[i]->link);
        local_accept(&up->locals[i]->stream, &up->loop, listener);
        return;
    }
    /* all places taken: the connection must still be accepted to be refused */
    uv_pipe_t *extra = malloc(sizeof *extra);
    if (!extra)
        return;
    uv_pipe_init(&up->loop, extra, 0);
    uv_accept(listener, (uv_stream_t *)extra);
    uv_close((uv_handle_t *)extra, (uv_close_cb)free);
}

void uplink_local_start(struct uplink *up)
{
    for (unsigned i = 0; i < UPLINK_LOCALS; i++) {
        struct local *l = up->locals[i];
        l->up = up;
        stream_init(&l->stream, &local_handler, l);
        gdw_link_init(&l->link, &up->app, SOURCE_MAINTENANCE, &l->memory);
    }
    snprintf(up->listen_path, sizeof up->listen_path, "%s/maintenance.sock", up->config.terminal.run_dir);
    up->listener.data = up;
    int ret = local_listen(&up->listener, &up->loop, up->listen_path, on_local);
    up->listening = up->owns_path = ret == 0;
    if (ret < 0)
        log_warning(&up->log, "%s: %s; programs on this box cannot ask the concentrator", up->listen_path,
                    cn_err_text(ret));
}

int64_t uplink_local_work(struct uplink *up, struct gdw_now now)
{
    int64_t next = INT64_MAX;

    for (unsigned i = 0; i < UPLINK_LOCALS; i++) {
        struct local *l = up->locals[i];
        if (!l->stream.in_use)
            continue;
        work(l, now);
        int64_t at = gdw_link_deadline(&l->link);
        if (at < next)
            next = at;
    }
    return next;
}

void uplink_local_stop(struct uplink *up)
{
    if (up->listening)
        uv_close((uv_handle_t *)&up->listener, NULL);
    up->listening = false;
    for (unsigned i = 0; i < UPLINK_LOCALS; i++)
        stream_close(&up->locals[i]->stream);
}
