#include "tests/sim/meter/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 16, LINE_LEN = 1024, CHUNK = 512, TICK_MS = 250, EVENTS = 64 };
/* epoll tags: ports from 0, clients from TAG_CLIENT */
enum { TAG_CLIENT = 1000, TAG_LISTEN = 2000, TAG_DEADLINE, TAG_TICK, TAG_SIGNAL };

struct client {
    int fd; /* -1 = free */
    char in[LINE_LEN];
    size_t in_len;
    char *out;
    size_t out_len, out_pos;
    bool ending; /* the other end has said everything */
};

struct loop {
    struct sm_server *s;
    int epoll, deadline, tick, listen, signals;
    int64_t armed;
    uint32_t told_baud[SM_LINES_MAX];
    struct client client[CLIENTS];
    bool quit;
};

int64_t sm_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t sm_now_world_ms(const struct sm_sim *s)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return sm_time_ms(&s->time, (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000, sm_now_ns() / 1000000);
}

/* ---- lines ---- */

static void log_exchange(void *ctx, const struct sm_line *line, const struct sm_exchange *e)
{
    const struct sm_server *s = ctx;

    if (s->log)
        sm_print_exchange(line, e, s->log);
}

static bool rate_fits(struct loop *lp, size_t i)
{
    const struct sm_line *l = &lp->s->sim->lines[i];
    uint32_t baud = lp->s->ignore_baud ? l->baud : sm_port_baud(&lp->s->port[i]);

    if (baud == 0 || baud == l->baud)
        return true;
    if (lp->told_baud[i] != baud)
        fprintf(stderr, "meter-sim: port %u: bytes at %u baud, the line runs at %u: the meters hear noise\n",
                l->number, baud, l->baud);
    lp->told_baud[i] = baud;
    return false;
}

static void port_readable(struct loop *lp, size_t i)
{
    struct sm_line *l = &lp->s->sim->lines[i];
    int64_t now = sm_now_ns();
    uint8_t buf[CHUNK];
    ssize_t n = read(lp->s->port[i].master, buf, sizeof buf);

    if (n <= 0)
        return;
    if (rate_fits(lp, i))
        sm_line_receive(l, now, sm_now_world_ms(lp->s->sim) / 1000, buf, (size_t)n);
    else
        l->stats.noise_in += (uint64_t)n;
}

static void send_due(struct loop *lp)
{
    int64_t now = sm_now_ns();

    for (size_t i = 0; i < lp->s->sim->line_count; i++) {
        struct sm_line *l = &lp->s->sim->lines[i];
        uint8_t buf[CHUNK];
        if (sm_line_next(l) > now)
            continue;
        size_t n = sm_line_send(l, now, buf, sizeof buf);
        ssize_t done = n ? write(lp->s->port[i].master, buf, n) : 0;
        /* nobody reads: as on a wire, the bytes are gone */
        if (done < (ssize_t)n)
            l->stats.lost += n - (done > 0 ? (size_t)done : 0);
    }
}

static void arm(struct loop *lp)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < lp->s->sim->line_count; i++) {
        int64_t t = sm_line_next(&lp->s->sim->lines[i]);
        next = t < next ? t : next;
    }
    if (next == lp->armed)
        return;
    lp->armed = next;
    struct itimerspec when = {0};
    if (next != INT64_MAX) {
        /* the deadline stays absolute; libfaketime spoils absolute timers, so the kernel is told the rest of
         * the time */
        int64_t rest = next - sm_now_ns();
        rest = rest > 0 ? rest : 1;
        when.it_value = (struct timespec){.tv_sec = rest / 1000000000, .tv_nsec = (long)(rest % 1000000000)};
    }
    timerfd_settime(lp->deadline, 0, &when, NULL);
}

/* ---- control socket ---- */

static int watch(struct loop *lp, int fd, uint32_t events, uint32_t tag)
{
    struct epoll_event ev = {.events = events, .data.u32 = tag};

    return epoll_ctl(lp->epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static void client_close(struct client *c)
{
    close(c->fd);
    free(c->out);
    *c = (struct client){.fd = -1};
}

static void client_command(struct loop *lp, struct client *c, const char *line)
{
    FILE *out = open_memstream(&c->out, &c->out_len);

    if (!out)
        return;
    if (strcmp(line, "quit") == 0) {
        lp->quit = true;
        fprintf(out, "ok\n");
    } else {
        sm_command(lp->s->sim, line, sm_now_ns(), sm_now_world_ms(lp->s->sim) / 1000, out);
    }
    fputc('\n', out);
    fclose(out);
    c->out_pos = 0;
}

/* Serve whole lines while nothing waits to be sent. */
static void client_step(struct loop *lp, struct client *c)
{
    while (c->fd >= 0) {
        while (c->out_pos < c->out_len) {
            ssize_t n = send(c->fd, c->out + c->out_pos, c->out_len - c->out_pos, MSG_NOSIGNAL);
            if (n < 0 && errno == EAGAIN)
                return;
            if (n < 0) {
                client_close(c);
                return;
            }
            c->out_pos += (size_t)n;
        }
        free(c->out);
        c->out = NULL;
        c->out_len = c->out_pos = 0;
        char *end = memchr(c->in, '\n', c->in_len);
        if (!end) {
            if (c->ending || c->in_len == sizeof c->in)
                client_close(c);
            return;
        }
        char line[LINE_LEN];
        size_t n = (size_t)(end - c->in);
        memcpy(line, c->in, n);
        line[n > 0 && line[n - 1] == '\r' ? n - 1 : n] = '\0';
        c->in_len -= n + 1;
        memmove(c->in, end + 1, c->in_len);
        client_command(lp, c, line);
    }
}

static void client_event(struct loop *lp, struct client *c)
{
    if (c->fd < 0)
        return;
    if (!c->out && c->in_len < sizeof c->in) {
        ssize_t n = recv(c->fd, c->in + c->in_len, sizeof c->in - c->in_len, 0);
        if (n < 0 && errno != EAGAIN) {
            client_close(c);
            return;
        }
        if (n == 0)
            c->ending = true;
        c->in_len += n > 0 ? (size_t)n : 0;
    }
    client_step(lp, c);
}

static void client_accept(struct loop *lp)
{
    int fd = accept4(lp->listen, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    for (uint32_t i = 0; fd >= 0 && i < CLIENTS; i++) {
        if (lp->client[i].fd >= 0)
            continue;
        lp->client[i] = (struct client){.fd = fd};
        if (watch(lp, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, TAG_CLIENT + i) < 0)
            client_close(&lp->client[i]);
        return;
    }
    if (fd >= 0)
        close(fd);
}

static int socket_address(const char *path, struct sockaddr_un *sa)
{
    *sa = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof sa->sun_path)
        return -ENAMETOOLONG;
    strcpy(sa->sun_path, path);
    return 0;
}

static int open_socket(const char *path)
{
    struct sockaddr_un sa;
    int err = socket_address(path, &sa);
    int fd = err < 0 ? err : socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return err < 0 ? err : -errno;
    unlink(path);
    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(fd, CLIENTS) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

/* ---- loop ---- */

static int loop_open(struct loop *lp)
{
    struct itimerspec tick = {.it_value.tv_nsec = TICK_MS * 1000000,
                              .it_interval.tv_nsec = TICK_MS * 1000000};
    sigset_t set;
    int err = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    lp->epoll = epoll_create1(EPOLL_CLOEXEC);
    lp->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    lp->deadline = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    lp->tick = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (lp->epoll < 0 || lp->signals < 0 || lp->deadline < 0 || lp->tick < 0)
        return -errno;
    lp->listen = open_socket(lp->s->socket_path);
    if (lp->listen < 0)
        return lp->listen;
    timerfd_settime(lp->tick, 0, &tick, NULL);
    err = watch(lp, lp->listen, EPOLLIN, TAG_LISTEN);
    err = err < 0 ? err : watch(lp, lp->deadline, EPOLLIN, TAG_DEADLINE);
    err = err < 0 ? err : watch(lp, lp->tick, EPOLLIN, TAG_TICK);
    err = err < 0 ? err : watch(lp, lp->signals, EPOLLIN, TAG_SIGNAL);
    for (uint32_t i = 0; err == 0 && i < lp->s->sim->line_count; i++)
        err = watch(lp, lp->s->port[i].master, EPOLLIN, i);
    return err;
}

static void handle(struct loop *lp, uint32_t tag)
{
    uint64_t expired;

    if (tag < TAG_CLIENT) {
        port_readable(lp, tag);
    } else if (tag < TAG_LISTEN) {
        client_event(lp, &lp->client[tag - TAG_CLIENT]);
    } else if (tag == TAG_LISTEN) {
        client_accept(lp);
    } else if (tag == TAG_SIGNAL) {
        lp->quit = true;
    } else {
        ssize_t n = read(tag == TAG_TICK ? lp->tick : lp->deadline, &expired, sizeof expired);
        if (tag == TAG_DEADLINE && n > 0)
            lp->armed = INT64_MAX;
        for (size_t i = 0; tag == TAG_TICK && i < lp->s->sim->line_count; i++)
            sm_port_release(&lp->s->port[i]);
    }
}

int sm_server_run(struct sm_server *s)
{
    struct loop lp = {
        .s = s, .armed = INT64_MAX, .epoll = -1, .deadline = -1, .tick = -1, .listen = -1, .signals = -1};
    int err;

    for (size_t i = 0; i < CLIENTS; i++)
        lp.client[i].fd = -1;
    for (size_t i = 0; i < s->sim->line_count; i++) {
        s->sim->lines[i].done = log_exchange;
        s->sim->lines[i].ctx = s;
    }
    err = loop_open(&lp);
    if (err == 0) {
        printf("ready\n");
        fflush(stdout);
    }
    while (err == 0 && !lp.quit) {
        struct epoll_event ev[EVENTS];
        arm(&lp);
        int n = epoll_wait(lp.epoll, ev, EVENTS, -1);
        for (int i = 0; i < n; i++)
            handle(&lp, ev[i].data.u32);
        send_due(&lp);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        if (lp.client[i].fd >= 0)
            client_close(&lp.client[i]);
    }
    const int fds[] = {lp.epoll, lp.deadline, lp.tick, lp.listen, lp.signals};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    unlink(s->socket_path);
    return err;
}
