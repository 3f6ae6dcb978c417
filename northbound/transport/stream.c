#include "northbound/transport/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/base/err.h"

enum { BACKLOG = 4, DEAD_PEER_FACTOR = 3 };

void stream_init(struct stream *s, const struct stream_handler *h, void *ctx)
{
    memset(s, 0, sizeof *s);
    s->handler = h;
    s->ctx = ctx;
}

static void on_closed(uv_handle_t *h)
{
    struct stream *s = h->data;

    if (--s->handles == 0) {
        s->in_use = s->closing = false;
        s->handler->closed(s->ctx, s->status);
    }
}

static void end(struct stream *s, int status)
{
    if (s->closing)
        return;
    s->closing = true;
    s->up = s->busy = false;
    s->status = status;
    uv_close(&s->uv.handle, on_closed);
    if (s->handles > 1)
        uv_close((uv_handle_t *)&s->timer, on_closed);
}

void stream_close(struct stream *s)
{
    if (s->in_use)
        end(s, 0);
}

static int cn_of_uv(int status)
{
    return status == UV_ETIMEDOUT ? CN_E_TIMEOUT : status == UV_ECONNREFUSED ? CN_E_DENIED : CN_E_GONE;
}

static void give_buffer(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct stream *s = h->data;

    (void)suggested;
    *buf = uv_buf_init((char *)s->rx, sizeof s->rx);
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
    struct stream *s = h->data;

    if (s->closing)
        return;
    if (n < 0)
        end(s, n == UV_EOF ? CN_E_GONE : cn_of_uv((int)n));
    else if (n > 0)
        s->handler->data(s->ctx, (const uint8_t *)buf->base, (size_t)n);
}

static void start_reading(struct stream *s)
{
    s->up = true;
    if (uv_read_start(&s->uv.stream, give_buffer, on_read) < 0)
        end(s, CN_E_IO);
    else
        s->handler->ready(s->ctx);
}

/* ---- writing ---- */

static void on_written(uv_write_t *req, int status)
{
    struct stream *s = req->data;

    if (s->closing)
        return;
    s->busy = false;
    if (status < 0)
        end(s, cn_of_uv(status));
    else
        s->handler->ready(s->ctx);
}

bool stream_writable(const struct stream *s)
{
    return s->up && !s->busy && !s->closing;
}

int stream_send(struct stream *s, const uint8_t *p, size_t n)
{
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)p, (unsigned)n);

    if (!stream_writable(s))
        return CN_E_BUSY;
    if (n > sizeof s->tx)
        return CN_E_NOSPACE;
    int taken = uv_try_write(&s->uv.stream, &buf, 1);
    if (taken == UV_EAGAIN)
        taken = 0;
    if (taken < 0) {
        end(s, cn_of_uv(taken));
        return 0;
    }
    if ((size_t)taken == n)
        return 0;
    memcpy(s->tx, p + taken, n - (size_t)taken);
    buf = uv_buf_init((char *)s->tx, (unsigned)(n - (size_t)taken));
    s->writing.data = s;
    s->busy = true;
    int ret = uv_write(&s->writing, &s->uv.stream, &buf, 1, on_written);
    if (ret < 0)
        end(s, cn_of_uv(ret));
    return 0;
}

/* ---- TCP ---- */

static void on_connect(uv_connect_t *req, int status)
{
    struct stream *s = req->data;

    if (s->closing)
        return;
    uv_timer_stop(&s->timer);
    if (status < 0)
        end(s, cn_of_uv(status));
    else
        start_reading(s);
}

static void on_timeout(uv_timer_t *t)
{
    struct stream *s = t->data;

    end(s, CN_E_TIMEOUT);
}

static void set_options(struct stream *s, unsigned keepalive_s)
{
    uv_os_fd_t fd;

    uv_tcp_nodelay(&s->uv.tcp, 1);
    if (keepalive_s == 0)
        return;
    uv_tcp_keepalive(&s->uv.tcp, 1, keepalive_s);
    unsigned dead_ms = keepalive_s * DEAD_PEER_FACTOR * 1000U;
    if (uv_fileno(&s->uv.handle, &fd) == 0)
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof dead_ms);
}

int tcp_connect(struct stream *s, uv_loop_t *loop, const uint8_t ip[4], uint16_t port, unsigned timeout_ms,
                unsigned keepalive_s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};

    if (s->in_use)
        return CN_E_STATE;
    memcpy(&to.sin_addr, ip, 4);
    s->in_use = true;
    s->handles = 2;
    uv_tcp_init_ex(loop, &s->uv.tcp, AF_INET);
    uv_timer_init(loop, &s->timer);
    s->uv.handle.data = s->timer.data = s->connecting.data = s;
    set_options(s, keepalive_s);
    int ret = uv_tcp_connect(&s->connecting, &s->uv.tcp, (const struct sockaddr *)&to, on_connect);
    if (ret < 0)
        end(s, cn_of_uv(ret));
    else
        uv_timer_start(&s->timer, on_timeout, timeout_ms, 0);
    return 0;
}

/* ---- unix sockets ---- */

int local_accept(struct stream *s, uv_loop_t *loop, uv_stream_t *listener)
{
    if (s->in_use)
        return CN_E_STATE;
    s->in_use = true;
    s->handles = 1;
    uv_pipe_init(loop, &s->uv.pipe, 0);
    s->uv.handle.data = s;
    if (uv_accept(listener, &s->uv.stream) < 0) {
        end(s, CN_E_IO);
        return CN_E_IO;
    }
    start_reading(s);
    return 0;
}

/* Does a process listen there? */
static bool somebody_listens(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    memcpy(to.sun_path, path, strlen(path) + 1);
    bool there = connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
    close(fd);
    return there;
}

int local_listen(uv_pipe_t *p, uv_loop_t *loop, const char *path, uv_connection_cb cb)
{
    struct sockaddr_un limit;

    if (strlen(path) >= sizeof limit.sun_path)
        return CN_E_NOSPACE;
    if (somebody_listens(path))
        return CN_E_EXISTS;
    unlink(path);
    uv_pipe_init(loop, p, 0);
    if (uv_pipe_bind(p, path) < 0)
        return CN_E_IO;
    chmod(path, 0660);
    return uv_listen((uv_stream_t *)p, BACKLOG, cb) < 0 ? CN_E_IO : 0;
}
