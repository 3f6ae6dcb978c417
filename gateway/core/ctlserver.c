#include "gateway/core/ctlserver.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/base/err.h"

enum { BACKLOG = 8, REQUESTS_A_TURN = 8, SEND_BUFFER = 256 * 1024 };

static void on_client_closed(uv_handle_t *h)
{
    struct ctl_client *c = h->data;

    close(c->fd);
    memset(c, 0, offsetof(struct ctl_client, poll));
}

static void drop(struct ctlserver *s, struct ctl_client *c)
{
    uint32_t id = c->id;

    if (c->closing)
        return;
    c->closing = true;
    uv_poll_stop(&c->poll);
    uv_close((uv_handle_t *)&c->poll, on_client_closed);
    s->hooks.gone(s->hooks.ctx, id);
}

static void drop_because(struct ctlserver *s, struct ctl_client *c, const char *why)
{
    s->dropped++;
    log_warning(s->log, "control client %u dropped: %s", c->id, why);
    drop(s, c);
}

static void take_message(struct ctlserver *s, struct ctl_client *c, size_t n)
{
    struct rbuf r = rbuf_of(s->in_bytes, n);
    struct ctl_head h;
    int err = ctl_get_head(&r, &h);

    if (err == 0)
        err = s->hooks.request(s->hooks.ctx, c, &h, &r);
    if (err < 0 && !c->closing)
        drop_because(s, c, cn_err_text(err));
}

static void on_client(uv_poll_t *poll, int status, int events);

static void watch(struct ctl_client *c)
{
    if (!c->closing)
        uv_poll_start(&c->poll, UV_READABLE | (c->status_next >= 0 ? UV_WRITABLE : 0), on_client);
}

static void on_client(uv_poll_t *poll, int status, int events)
{
    struct ctl_client *c = poll->data;
    struct ctlserver *s = c->server;

    if (status < 0) {
        drop(s, c);
        return;
    }
    if ((events & UV_WRITABLE) && c->status_next >= 0)
        s->hooks.writable(s->hooks.ctx, c);
    for (int i = 0; i < REQUESTS_A_TURN && (events & UV_READABLE) && !c->closing; i++) {
        ssize_t n = recv(c->fd, s->in_bytes, sizeof s->in_bytes, MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n <= 0)
            drop(s, c);
        else if ((size_t)n > sizeof s->in_bytes)
            drop_because(s, c, "its message is too long");
        else
            take_message(s, c, (size_t)n);
    }
    watch(c);
}

static void on_connect(uv_poll_t *poll, int status, int events)
{
    struct ctlserver *s = poll->data;
    struct ctl_client *c = NULL;
    int size = SEND_BUFFER;

    (void)events;
    int fd = status < 0 ? -1 : accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    for (unsigned i = 0; i < CTL_CLIENTS && !c; i++) {
        if (s->clients[i].id == 0)
            c = &s->clients[i];
    }
    if (!c) {
        s->turned_away++;
        close(fd);
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (uv_poll_init(s->loop, &c->poll, fd) < 0) {
        close(fd);
        return;
    }
    s->accepted++;
    c->id = s->next_id++;
    c->fd = fd;
    c->status_next = -1;
    c->server = s;
    c->poll.data = c;
    watch(c);
}

static int open_socket(struct ctlserver *s)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct group *g = getuid() == 0 ? getgrnam("concentrator") : NULL;

    memcpy(a.sun_path, s->path, sizeof a.sun_path);
    s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0)
        return -1;
    /* the lock file says that nobody else serves it: what lies there was left by a run that was cut short */
    unlink(s->path);
    mode_t before = umask(0117);
    int err = bind(s->fd, (struct sockaddr *)&a, sizeof a);
    umask(before);
    if (err < 0 || (g && chown(s->path, (uid_t)-1, g->gr_gid) < 0))
        return -1;
    return listen(s->fd, BACKLOG);
}

int ctlserver_open(struct ctlserver *s, uv_loop_t *loop, const struct log *log, const char *run_dir,
                   struct ctlserver_hooks hooks)
{
    memset(s, 0, offsetof(struct ctlserver, in_bytes));
    s->loop = loop;
    s->log = log;
    s->hooks = hooks;
    s->next_id = 1;
    s->fd = -1;
    if (snprintf(s->path, sizeof s->path, "%s/control.sock", run_dir) >= (int)sizeof s->path)
        return CN_E_NOSPACE;
    if (open_socket(s) < 0 || uv_poll_init(loop, &s->poll, s->fd) < 0) {
        log_error(log, "%s: %s", s->path, strerror(errno));
        if (s->fd >= 0)
            close(s->fd);
        s->fd = -1;
        return CN_E_IO;
    }
    s->poll.data = s;
    s->listening = true;
    uv_poll_start(&s->poll, UV_READABLE, on_connect);
    return 0;
}

static void on_listener_closed(uv_handle_t *h)
{
    struct ctlserver *s = h->data;

    close(s->fd);
    s->fd = -1;
}

void ctlserver_close(struct ctlserver *s)
{
    if (!s->listening)
        return;
    s->listening = false;
    unlink(s->path);
    uv_close((uv_handle_t *)&s->poll, on_listener_closed);
    for (unsigned i = 0; i < CTL_CLIENTS; i++) {
        if (s->clients[i].id)
            drop(s, &s->clients[i]);
    }
}

struct wbuf *ctlserver_begin(struct ctlserver *s, enum ctl_type type, uint32_t seq)
{
    s->out = wbuf_of(s->out_bytes, sizeof s->out_bytes);
    ctl_begin(&s->out, type, seq);
    return &s->out;
}

static struct ctl_client *find(struct ctlserver *s, uint32_t id)
{
    for (unsigned i = 0; i < CTL_CLIENTS && id; i++) {
        if (s->clients[i].id == id && !s->clients[i].closing)
            return &s->clients[i];
    }
    return NULL;
}

int ctlserver_send_page(struct ctlserver *s, struct ctl_client *c)
{
    if (c->closing)
        return CN_E_GONE;
    if (s->out.err) {
        log_error(s->log, "answer of type %u is too long", s->out_bytes[0]);
        return s->out.err;
    }
    if (send(c->fd, s->out.p, s->out.len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        return 0;
    return errno == EAGAIN || errno == ENOBUFS ? CN_E_BUSY : CN_E_GONE;
}

static int send_to(struct ctlserver *s, struct ctl_client *c)
{
    int err = ctlserver_send_page(s, c);

    if (err == CN_E_BUSY)
        drop_because(s, c, "it does not take its answers");
    else if (err == CN_E_GONE)
        drop(s, c);
    return err < 0 ? CN_E_GONE : 0;
}

int ctlserver_send(struct ctlserver *s, uint32_t client)
{
    struct ctl_client *c = find(s, client);

    return c ? send_to(s, c) : CN_E_GONE;
}

void ctlserver_tell(struct ctlserver *s)
{
    for (unsigned i = 0; i < CTL_CLIENTS; i++) {
        struct ctl_client *c = &s->clients[i];
        if (c->id && c->subscribed && !c->closing)
            send_to(s, c);
    }
}

void ctlserver_done(struct ctlserver *s, uint32_t client, uint32_t seq, int status)
{
    ctl_put_done(ctlserver_begin(s, CTL_R_DONE, seq), status);
    ctlserver_send(s, client);
}

unsigned ctlserver_count(const struct ctlserver *s)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CTL_CLIENTS; i++)
        n += s->clients[i].id != 0;
    return n;
}
