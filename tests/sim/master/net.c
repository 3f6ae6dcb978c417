#include "tests/sim/master/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 1024, CHUNK = 65536 };

/* A terminal's connection. */
struct connection {
    struct ms_link link;
    uv_tcp_t tcp;
    struct ms_app *app;
    char buf[4096];
};

/* Someone on the control socket: commands are taken one at a time. */
struct client {
    struct client *next;
    uv_pipe_t pipe;
    struct ms_app *app;
    char line[MS_LINE];
    size_t len;
    bool busy, ended;
};

struct write {
    uv_write_t req;
    char bytes[];
};

static char own_commands; /* its address stands for the list and standard input as a source */

static int64_t mono_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

static int64_t utc_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pump(struct ms_app *a);
static void finish(struct ms_app *a);

static void on_timer(uv_timer_t *t)
{
    struct ms_app *a = t->data;

    ms_station_tick(a->station, mono_ms(), utc_ms());
    pump(a);
}

/* After everything that may have changed a deadline or ended a command. */
static void after(struct ms_app *a)
{
    if (a->closing)
        return;
    if (a->station->quit) {
        finish(a);
        return;
    }
    int64_t next = ms_station_deadline(a->station);
    int64_t now = mono_ms();
    uv_timer_stop(&a->timer);
    if (next != INT64_MAX)
        uv_timer_start(&a->timer, on_timer, next > now ? (uint64_t)(next - now) : 0, 0);
}

static void on_written(uv_write_t *req, int status)
{
    (void)status;
    free(req);
}

static void write_to(uv_stream_t *s, const void *p, size_t n)
{
    struct write *w = malloc(sizeof *w + n);

    if (!w)
        return;
    memcpy(w->bytes, p, n);
    uv_buf_t buf = uv_buf_init(w->bytes, (unsigned)n);
    if (uv_write(&w->req, s, &buf, 1, on_written) < 0)
        free(w);
}

/* ---- terminals ---- */

static void on_connection_closed(uv_handle_t *h)
{
    struct connection *c = h->data;
    struct ms_app *a = c->app;

    ms_station_closed(a->station, &c->link, mono_ms(), utc_ms());
    free(c);
    pump(a);
}

static void net_close(void *ctx, struct ms_link *link)
{
    struct connection *c = link->net;

    (void)ctx;
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        uv_close((uv_handle_t *)&c->tcp, on_connection_closed);
}

static void net_send(void *ctx, struct ms_link *link, const uint8_t *p, size_t n)
{
    struct connection *c = link->net;

    (void)ctx;
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        write_to((uv_stream_t *)&c->tcp, p, n);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct connection *c = h->data;

    (void)suggested;
    *buf = uv_buf_init(c->buf, sizeof c->buf);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct connection *c = s->data;
    struct ms_app *a = c->app;

    if (n < 0) {
        net_close(NULL, &c->link);
        return;
    }
    ms_station_received(a->station, &c->link, (const uint8_t *)buf->base, (size_t)n, mono_ms(), utc_ms());
    pump(a);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct ms_app *a = server->data;
    struct connection *c = status < 0 ? NULL : calloc(1, sizeof *c);

    if (!c)
        return;
    c->app = a;
    c->link.net = c;
    uv_tcp_init(&a->loop, &c->tcp);
    c->tcp.data = c;
    ms_station_connected(a->station, &c->link, mono_ms(), utc_ms());
    if (uv_accept(server, (uv_stream_t *)&c->tcp) < 0) {
        net_close(NULL, &c->link);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

/* ---- control socket ---- */

static void on_client_closed(uv_handle_t *h)
{
    free(h->data);
}

static void client_close(struct client *c)
{
    struct client **p = &c->app->clients;

    while (*p && *p != c)
        p = &(*p)->next;
    if (*p)
        *p = c->next;
    ms_station_forget(c->app->station, c);
    if (!uv_is_closing((uv_handle_t *)&c->pipe))
        uv_close((uv_handle_t *)&c->pipe, on_client_closed);
}

/* Hand over the next whole line when the last one is answered. */
static void client_step(struct client *c)
{
    while (!c->busy) {
        char *end = memchr(c->line, '\n', c->len);
        if (!end) {
            if (c->ended || c->len == sizeof c->line)
                client_close(c);
            return;
        }
        char *line = strndup(c->line, (size_t)(end - c->line));
        c->len -= (size_t)(end + 1 - c->line);
        memmove(c->line, end + 1, c->len);
        c->busy = true;
        if (!line || ms_station_submit(c->app->station, line, c, mono_ms(), utc_ms()) < 0)
            client_close(c);
        free(line);
    }
}

static void on_client_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct client *c = h->data;

    (void)suggested;
    *buf = uv_buf_init(c->line + c->len, (unsigned)(sizeof c->line - c->len));
}

static void on_client_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct client *c = s->data;
    struct ms_app *a = c->app;

    (void)buf;
    if (n == UV_ENOBUFS)
        return;
    if (n < 0) {
        uv_read_stop(s);
        c->ended = true;
    } else {
        c->len += (size_t)n;
    }
    client_step(c);
    pump(a);
}

static void on_client(uv_stream_t *server, int status)
{
    struct ms_app *a = server->data;
    struct client *c = status < 0 ? NULL : calloc(1, sizeof *c);

    if (!c)
        return;
    c->app = a;
    uv_pipe_init(&a->loop, &c->pipe, 0);
    c->pipe.data = c;
    c->next = a->clients;
    a->clients = c;
    if (uv_accept(server, (uv_stream_t *)&c->pipe) < 0)
        client_close(c);
    else
        uv_read_start((uv_stream_t *)&c->pipe, on_client_alloc, on_client_read);
}

/* ---- answers ---- */

static void prompt(const struct ms_app *a)
{
    if (a->prompt && a->input_open && a->waiting == 0) {
        printf("> ");
        fflush(stdout);
    }
}

static void net_answer(void *ctx, void *source, bool ok, const char *text)
{
    struct ms_app *a = ctx;

    if (source == &own_commands) {
        fputs(text, stdout);
        fflush(stdout);
        a->failed += !ok;
        a->waiting--;
        prompt(a);
        return;
    }
    struct client *c = source;
    if (!c)
        return;
    write_to((uv_stream_t *)&c->pipe, text, strlen(text));
    /* a failure of JSON output has no "error:" of its own */
    const char *end = ok || strstr(text, "error:") ? "\n" : "error: failed\n\n";
    write_to((uv_stream_t *)&c->pipe, end, strlen(end));
    c->busy = false;
}

static void net_note(void *ctx, const char *text)
{
    struct ms_app *a = ctx;

    printf("%s%s\n", a->prompt && a->input_open ? "\r" : "", text);
    fflush(stdout);
    prompt(a);
}

static int64_t net_now_us(void *ctx)
{
    (void)ctx;
    return (int64_t)(uv_hrtime() / 1000);
}

/* ---- commands of the list and of standard input ---- */

static bool stop_at_failure(const struct ms_app *a)
{
    return a->failed && !a->keep_going && !a->prompt;
}

static void on_input_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct ms_app *a = h->data;

    (void)suggested;
    *buf = uv_buf_init(a->line + a->line_len, (unsigned)(sizeof a->line - a->line_len));
}

static void on_input(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct ms_app *a = s->data;

    (void)buf;
    if (n == UV_ENOBUFS)
        n = UV_EOF;
    if (n < 0) {
        uv_close((uv_handle_t *)s, NULL);
        a->input_open = false;
        if (a->line_len && a->line_len < sizeof a->line)
            a->line[a->line_len++] = '\n';
    } else {
        a->line_len += (size_t)n;
    }
    pump(a);
}

static void submit(struct ms_app *a, const char *line)
{
    a->waiting++;
    if (ms_station_submit(a->station, line, &own_commands, mono_ms(), utc_ms()) < 0)
        net_answer(a, &own_commands, false, "error: too many commands wait\n");
}

/* Give the station the next command when it has done the last one; end when there are no more. */
static void pump(struct ms_app *a)
{
    for (struct client *c = a->clients, *next; c; c = next) {
        next = c->next;
        client_step(c);
    }
    while (!a->closing && !a->station->quit && a->waiting == 0) {
        if (stop_at_failure(a)) {
            finish(a);
            return;
        }
        if (a->next_command < a->command_count) {
            submit(a, a->commands[a->next_command++]);
            continue;
        }
        char *end = memchr(a->line, '\n', a->line_len);
        if (end) {
            char *line = strndup(a->line, (size_t)(end - a->line));
            a->line_len -= (size_t)(end + 1 - a->line);
            memmove(a->line, end + 1, a->line_len);
            submit(a, line ? line : "");
            free(line);
            continue;
        }
        if (!a->input_open && !a->stay) {
            finish(a);
            return;
        }
        break;
    }
    after(a);
}

static int open_input(struct ms_app *a)
{
    int err;

    switch (uv_guess_handle(STDIN_FILENO)) {
    case UV_TTY:
        err = uv_tty_init(&a->loop, &a->input.tty, STDIN_FILENO, 1);
        break;
    case UV_NAMED_PIPE:
        err = uv_pipe_init(&a->loop, &a->input.pipe, 0);
        if (err == 0)
            err = uv_pipe_open(&a->input.pipe, STDIN_FILENO);
        break;
    default: {
        /* a file or /dev/null: read as a whole */
        ssize_t n;
        while (a->line_len < sizeof a->line - 1 &&
               (n = read(STDIN_FILENO, a->line + a->line_len, sizeof a->line - 1 - a->line_len)) > 0)
            a->line_len += (size_t)n;
        if (a->line_len && a->line[a->line_len - 1] != '\n')
            a->line[a->line_len++] = '\n';
        return 0;
    }
    }
    if (err < 0)
        return err;
    a->input.stream.data = a;
    a->input_open = true;
    return uv_read_start(&a->input.stream, on_input_alloc, on_input);
}

/* ---- start and end ---- */

static void close_any(uv_handle_t *h, void *ctx)
{
    struct ms_app *a = ctx;

    if (uv_is_closing(h))
        return;
    if (h == (uv_handle_t *)&a->listener || h == (uv_handle_t *)&a->control_listener ||
        h == (uv_handle_t *)&a->timer || h == (uv_handle_t *)&a->sigint || h == (uv_handle_t *)&a->sigterm ||
        h == (uv_handle_t *)&a->input)
        uv_close(h, NULL);
    else
        uv_close(h, h->type == UV_TCP ? on_connection_closed : on_client_closed);
}

static void finish(struct ms_app *a)
{
    a->closing = true;
    uv_walk(&a->loop, close_any, a);
}

static void on_signal(uv_signal_t *s, int number)
{
    (void)number;
    finish(s->data);
}

static int listen_control(struct ms_app *a)
{
    int err;

    unlink(a->control);
    err = uv_pipe_init(&a->loop, &a->control_listener, 0);
    a->control_listener.data = a;
    if (err == 0)
        err = uv_pipe_bind(&a->control_listener, a->control);
    return err < 0 ? err : uv_listen((uv_stream_t *)&a->control_listener, BACKLOG, on_client);
}

int ms_app_open(struct ms_app *a, const char **what)
{
    struct sockaddr_storage bound;
    int len = sizeof bound;
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } addr;
    int err;

    *what = a->host;
    uv_loop_init(&a->loop);
    a->station->net = (struct ms_net){a, net_send, net_close, net_answer, net_now_us, net_note};
    uv_timer_init(&a->loop, &a->timer);
    uv_signal_init(&a->loop, &a->sigint);
    uv_signal_init(&a->loop, &a->sigterm);
    a->timer.data = a->sigint.data = a->sigterm.data = a->listener.data = a;
    uv_signal_start(&a->sigint, on_signal, SIGINT);
    uv_signal_start(&a->sigterm, on_signal, SIGTERM);
    uv_tcp_init(&a->loop, &a->listener);
    a->listener.data = a;
    err = strchr(a->host, ':') ? uv_ip6_addr(a->host, a->port, &addr.in6)
                               : uv_ip4_addr(a->host, a->port, &addr.in);
    if (err == 0)
        err = uv_tcp_bind(&a->listener, &addr.sa, 0);
    if (err == 0)
        err = uv_listen((uv_stream_t *)&a->listener, BACKLOG, on_connection);
    if (err == 0)
        err = uv_tcp_getsockname(&a->listener, (struct sockaddr *)&bound, &len);
    if (err < 0)
        return err;
    a->port = ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
    if (a->control) {
        *what = a->control;
        err = listen_control(a);
    }
    if (err == 0 && a->read_stdin) {
        *what = "standard input";
        err = open_input(a);
    }
    return err;
}

int ms_app_run(struct ms_app *a)
{
    prompt(a);
    pump(a);
    uv_run(&a->loop, UV_RUN_DEFAULT);
    if (a->control)
        unlink(a->control);
    uv_loop_close(&a->loop);
    return a->failed ? 1 : 0;
}
