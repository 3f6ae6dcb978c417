#include "northbound/transport/stream.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/base/err.h"

/* Streams on a real loop against plain sockets of this test; every wait is bounded by a guard timer. */
enum { GUARD_MS = 10000 };

struct world {
    uv_loop_t loop;
    uv_timer_t guard;
    struct stream s;
    unsigned ready, closed;
    int status;
    uint8_t data[64];
    size_t len;
    uv_pipe_t listener;
    struct stream accepted;
    bool refuse;
};

static struct world w;
static const uint8_t localhost[4] = {127, 0, 0, 1};

static void on_data(void *ctx, const uint8_t *p, size_t n)
{
    struct world *x = ctx;

    assert_true(x->len + n <= sizeof x->data);
    memcpy(x->data + x->len, p, n);
    x->len += n;
    uv_stop(&x->loop);
}

static void on_ready(void *ctx)
{
    struct world *x = ctx;

    x->ready++;
    uv_stop(&x->loop);
}

static void on_closed(void *ctx, int status)
{
    struct world *x = ctx;

    x->closed++;
    x->status = status;
    uv_stop(&x->loop);
}

static const struct stream_handler handler = {on_data, on_ready, on_closed};

static void on_guard(uv_timer_t *t)
{
    (void)t;
    fail_msg("nothing happened for %d ms", GUARD_MS);
}

static int begin(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    uv_loop_init(&w.loop);
    uv_timer_init(&w.loop, &w.guard);
    stream_init(&w.s, &handler, &w);
    stream_init(&w.accepted, &handler, &w);
    return 0;
}

static void run(void)
{
    uv_timer_start(&w.guard, on_guard, GUARD_MS, 0);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    uv_timer_stop(&w.guard);
}

static int finish(void **state)
{
    (void)state;
    stream_close(&w.s);
    stream_close(&w.accepted);
    uv_close((uv_handle_t *)&w.guard, NULL);
    while (uv_run(&w.loop, UV_RUN_DEFAULT))
        ;
    return uv_loop_close(&w.loop);
}

static int listen_tcp(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static void bytes_go_both_ways(void **state)
{
    uint16_t port;
    uint8_t got[8];
    int listener = listen_tcp(&port);

    (void)state;
    assert_false(stream_writable(&w.s));
    assert_int_equal(stream_send(&w.s, got, 1), CN_E_BUSY);
    assert_int_equal(tcp_connect(&w.s, &w.loop, localhost, port, 5000, 60), 0);
    assert_int_equal(tcp_connect(&w.s, &w.loop, localhost, port, 5000, 60), CN_E_STATE);
    run();
    assert_int_equal(w.ready, 1);
    assert_true(stream_writable(&w.s));
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(stream_send(&w.s, (const uint8_t *)"hello", 5), 0);
    assert_int_equal(recv(fd, got, sizeof got, 0), 5);
    assert_memory_equal(got, "hello", 5);
    assert_int_equal(send(fd, "world", 5, 0), 5);
    while (w.len < 5)
        run();
    assert_memory_equal(w.data, "world", 5);
    /* the other side closes */
    close(fd);
    run();
    assert_int_equal(w.closed, 1);
    assert_int_equal(w.status, CN_E_GONE);
    assert_false(w.s.in_use);
    /* the same struct again */
    assert_int_equal(tcp_connect(&w.s, &w.loop, localhost, port, 5000, 0), 0);
    run();
    assert_int_equal(w.ready, 2);
    stream_close(&w.s);
    stream_close(&w.s);
    run();
    assert_int_equal(w.closed, 2);
    assert_int_equal(w.status, 0);
    close(listener);
}

static void nobody_listens(void **state)
{
    uint16_t port;
    int listener = listen_tcp(&port);

    (void)state;
    close(listener);
    assert_int_equal(tcp_connect(&w.s, &w.loop, localhost, port, 5000, 60), 0);
    run();
    assert_int_equal(w.ready, 0);
    assert_int_equal(w.closed, 1);
    assert_int_equal(w.status, CN_E_DENIED);
}

/* A listener whose queue is full lets a connection attempt hang: the time-out ends it. */
static void a_connection_attempt_has_an_end(void **state)
{
    uint16_t port;
    struct sockaddr_in a = {.sin_family = AF_INET};
    int fill[8];
    int listener = listen_tcp(&port);

    (void)state;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(port);
    for (unsigned i = 0; i < 8; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(fill[i], (const struct sockaddr *)&a, sizeof a);
    }
    uint64_t start = uv_hrtime();
    assert_int_equal(tcp_connect(&w.s, &w.loop, localhost, port, 300, 60), 0);
    run();
    assert_int_equal(w.ready, 0);
    assert_int_equal(w.status, CN_E_TIMEOUT);
    assert_true((uv_hrtime() - start) / 1000000 >= 250);
    for (unsigned i = 0; i < 8; i++)
        close(fill[i]);
    close(listener);
}

/* Fault 48: one write waits, the next is refused, nothing piles up. */
static void a_slow_reader_holds_one_write(void **state)
{
    static uint8_t block[STREAM_TX], got[STREAM_TX];
    uint16_t port;
    size_t sent = 0, received = 0;
    int listener = listen_tcp(&port);

    (void)state;
    tcp_connect(&w.s, &w.loop, localhost, port, 5000, 60);
    run();
    int fd = accept(listener, NULL, NULL);
    while (stream_writable(&w.s)) {
        for (size_t i = 0; i < sizeof block; i++)
            block[i] = (uint8_t)((sent + i) * 7);
        assert_int_equal(stream_send(&w.s, block, sizeof block), 0);
        sent += sizeof block;
    }
    assert_int_equal(stream_send(&w.s, block, 1), CN_E_BUSY);
    while (received < sent) {
        ssize_t n = recv(fd, got, sizeof got, MSG_DONTWAIT);
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(got[i], (uint8_t)((received + (size_t)i) * 7));
        if (n > 0)
            received += (size_t)n;
        else
            uv_run(&w.loop, UV_RUN_NOWAIT);
    }
    while (!stream_writable(&w.s))
        run();
    assert_int_equal(stream_send(&w.s, block, sizeof block), 0);
    static uint8_t large[STREAM_TX + 1];
    while (!stream_writable(&w.s))
        run();
    assert_int_equal(stream_send(&w.s, large, sizeof large), CN_E_NOSPACE);
    close(fd);
    close(listener);
}

static void on_connection(uv_stream_t *l, int status)
{
    assert_int_equal(status, 0);
    if (w.accepted.in_use) /* the second listener's look whether somebody is there */
        return;
    assert_int_equal(local_accept(&w.accepted, &w.loop, l), 0);
}

static int connect_local(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void a_local_socket(void **state)
{
    char dir[] = "/tmp/stream_test.XXXXXX", path[64], long_path[200];
    uv_pipe_t second;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s", dir);
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(local_listen(&w.listener, &w.loop, long_path, on_connection), CN_E_NOSPACE);
    /* what a dead process left behind is replaced */
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int left = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(left, (const struct sockaddr *)&a, sizeof a), 0);
    close(left);
    assert_int_equal(local_listen(&w.listener, &w.loop, path, on_connection), 0);
    int fd = connect_local(path);
    run();
    assert_int_equal(w.ready, 1);
    assert_int_equal(send(fd, "ask", 3, 0), 3);
    run();
    assert_memory_equal(w.data, "ask", 3);
    uint8_t got[8];
    assert_int_equal(stream_send(&w.accepted, (const uint8_t *)"answer", 6), 0);
    assert_int_equal(recv(fd, got, sizeof got, 0), 6);
    /* a living one is not */
    assert_int_equal(local_listen(&second, &w.loop, path, on_connection), CN_E_EXISTS);
    close(fd);
    run();
    assert_int_equal(w.closed, 1);
    uv_close((uv_handle_t *)&w.listener, NULL);
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_go_both_ways, begin, finish),
        cmocka_unit_test_setup_teardown(nobody_listens, begin, finish),
        cmocka_unit_test_setup_teardown(a_connection_attempt_has_an_end, begin, finish),
        cmocka_unit_test_setup_teardown(a_slow_reader_holds_one_write, begin, finish),
        cmocka_unit_test_setup_teardown(a_local_socket, begin, finish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
