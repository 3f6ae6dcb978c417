#include "gateway/core/busproc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"

enum { WATCH_MS = 250, MESSAGES_A_TURN = 32 };

static void close_child_end(struct busproc *b)
{
    if (b->child_fd >= 0)
        close(b->child_fd);
    b->child_fd = -1;
}

static void on_poll_closed(uv_handle_t *h)
{
    struct busproc *b = h->data;

    b->closing_poll = false;
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
}

/* The descriptor may only be closed when the loop has let go of it. */
static void close_our_end(struct busproc *b)
{
    if (!b->polling)
        return;
    b->polling = false;
    b->closing_poll = true;
    uv_close((uv_handle_t *)&b->poll, on_poll_closed);
}

static void end_job(struct busproc *b, const struct bus_done *d)
{
    b->busy = false;
    b->crashes = 0;
    b->hooks.done(b->hooks.ctx, d);
}

static void transmit(struct busproc *b)
{
    uint8_t raw[BUS_MSG_MAX];
    struct wbuf w = wbuf_of(raw, sizeof raw);
    int n = bus_put_job(&w, &b->job);

    if (n < 0) {
        struct bus_done d = {.id = b->job.id, .status = (int16_t)n};
        log_error(b->proc.log, "port %u: job could not be built: %s", b->port->number, cn_err_text(n));
        end_job(b, &d);
        return;
    }
    if (send(b->fd, raw, w.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        /* its queue is empty by contract: it is not well */
        log_warning(b->proc.log, "port %u: the bus process takes no job: %s", b->port->number,
                    strerror(errno));
        proc_kill(&b->proc);
    }
}

static void message(struct busproc *b, const uint8_t *raw, size_t n)
{
    struct rbuf r = rbuf_of(raw, n);
    int err = 0;
    int type = bus_get_type(&r);

    b->heard_ms = clock_mono_ms();
    switch (type) {
    case BUS_HELLO:
        b->hello = true;
        if (b->busy)
            transmit(b);
        else
            b->hooks.ready(b->hooks.ctx);
        break;
    case BUS_ALIVE:
        break;
    case BUS_FRAME:
        if ((err = bus_get_frame(&r, &b->in.frame)) == 0)
            b->hooks.frame(b->hooks.ctx, &b->in.frame);
        break;
    case BUS_VALUES:
        if ((err = bus_get_values(&r, &b->in.values)) == 0 && b->busy && b->in.values.id == b->job.id)
            b->hooks.values(b->hooks.ctx, &b->in.values);
        break;
    case BUS_BYTES:
        if ((err = bus_get_bytes(&r, &b->in.bytes)) == 0 && b->busy && b->in.bytes.id == b->job.id)
            b->hooks.bytes(b->hooks.ctx, &b->in.bytes);
        break;
    case BUS_DONE:
        if ((err = bus_get_done(&r, &b->in.done)) == 0 && b->busy && b->in.done.id == b->job.id)
            end_job(b, &b->in.done);
        break;
    default:
        err = CN_E_FRAME;
    }
    if (err < 0) {
        log_warning(b->proc.log, "port %u: the bus process talks nonsense (%s), it is started again",
                    b->port->number, cn_err_text(err));
        proc_kill(&b->proc);
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct busproc *b = poll->data;
    uint8_t raw[BUS_MSG_MAX];

    (void)events;
    for (int i = 0; i < MESSAGES_A_TURN && status == 0 && b->polling; i++) {
        ssize_t n = recv(b->fd, raw, sizeof raw, MSG_DONTWAIT);
        if (n > 0) {
            message(b, raw, (size_t)n);
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        } else {
            /* its end is closed: the exit of the process follows */
            uv_poll_stop(poll);
            return;
        }
    }
}

static int prepare(void *ctx)
{
    struct busproc *b = ctx;
    int pair[2];

    if (b->closing_poll || b->fd >= 0)
        return -2;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        log_error(b->proc.log, "port %u: socketpair: %s", b->port->number, strerror(errno));
        return -2;
    }
    b->fd = pair[0];
    b->child_fd = pair[1];
    fcntl(b->fd, F_SETFL, O_NONBLOCK);
    return b->child_fd;
}

static void started(void *ctx, bool ok)
{
    struct busproc *b = ctx;

    close_child_end(b);
    if (!ok) {
        close(b->fd);
        b->fd = -1;
        return;
    }
    b->hello = false;
    b->heard_ms = clock_mono_ms();
    if (uv_poll_init(b->proc.loop, &b->poll, b->fd) < 0) {
        close(b->fd);
        b->fd = -1;
        proc_kill(&b->proc);
        return;
    }
    b->poll.data = b;
    b->polling = true;
    uv_poll_start(&b->poll, UV_READABLE, on_readable);
}

static void ended(void *ctx)
{
    struct busproc *b = ctx;

    b->hello = false;
    /* what it said before it died still counts */
    if (b->polling)
        on_readable(&b->poll, 0, UV_READABLE);
    close_our_end(b);
    if (!b->busy || ++b->crashes < BUSPROC_CRASHES)
        return;
    struct bus_done d = {.id = b->job.id, .status = CN_E_GONE};
    b->given_up++;
    log_error(b->proc.log, "port %u: the job for point %u ended the bus process %d times, it is dropped",
              b->port->number, b->job.point, BUSPROC_CRASHES);
    end_job(b, &d);
}

static void on_watch(uv_timer_t *t)
{
    struct busproc *b = t->data;
    int64_t silent = clock_mono_ms() - b->heard_ms;

    if (!b->polling || b->stopping || silent < (b->hello ? BUSPROC_SILENT_MS : BUSPROC_HELLO_MS))
        return;
    /* the messages may be waiting while this process itself was held up */
    on_readable(&b->poll, 0, UV_READABLE);
    silent = clock_mono_ms() - b->heard_ms;
    if (silent < (b->hello ? BUSPROC_SILENT_MS : BUSPROC_HELLO_MS))
        return;
    b->hung++;
    log_warning(b->proc.log, "port %u: the bus process is silent for %lld ms, it is started again",
                b->port->number, (long long)silent);
    b->heard_ms = clock_mono_ms();
    proc_kill(&b->proc);
}

int busproc_start(struct busproc *b, uv_loop_t *loop, const struct log *log, const struct config_port *port,
                  const char *profiles, struct busproc_hooks hooks)
{
    static const char program[] = "concentrator-bus";
    struct proc *p = &b->proc;
    unsigned n = 1;

    memset(b, 0, sizeof *b);
    b->port = port;
    b->hooks = hooks;
    b->fd = b->child_fd = -1;
    b->next_id = 1;
    p->loop = loop;
    p->log = log;
    p->name = program;
    p->fd_as = BUS_FD;
    p->backoff.max_ms = BUSPROC_RESTART_MAX_MS;
    p->hooks = (struct proc_hooks){.ctx = b, .prepare = prepare, .started = started, .ended = ended};
    snprintf(p->label, sizeof p->label, "%s %u", program, port->number);
    int err = proc_find(program, p->path);
    if (err < 0)
        return err;
    snprintf(b->number, sizeof b->number, "%u", port->number);
    snprintf(b->turnaround, sizeof b->turnaround, "%u", port->turnaround_ms);
    snprintf(b->same_meter, sizeof b->same_meter, "%u", port->same_meter_ms);
    const char *args[] = {"--port",          b->number,     "--device",        port->device,
                          "--turnaround-ms", b->turnaround, "--same-meter-ms", b->same_meter};
    for (size_t i = 0; i < sizeof args / sizeof *args; i++)
        p->args[n++] = args[i];
    if (profiles[0]) {
        p->args[n++] = "--profiles";
        p->args[n++] = profiles;
    }
    uv_timer_init(loop, &b->watch);
    b->watch.data = b;
    uv_timer_start(&b->watch, on_watch, WATCH_MS, WATCH_MS);
    proc_start(p);
    return 0;
}

bool busproc_ready(const struct busproc *b)
{
    return b->hello && b->polling && !b->busy && !b->stopping;
}

void busproc_send(struct busproc *b, struct bus_job *job)
{
    job->id = b->next_id++;
    b->job = *job;
    b->busy = true;
    b->crashes = 0;
    transmit(b);
}

void busproc_stop(struct busproc *b)
{
    uint8_t raw[16];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    b->stopping = true;
    uv_timer_stop(&b->watch);
    if (b->polling && bus_put_plain(&w, BUS_QUIT) >= 0)
        send(b->fd, raw, w.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    proc_stop(&b->proc);
}

bool busproc_stopped(const struct busproc *b)
{
    return proc_stopped(&b->proc);
}
