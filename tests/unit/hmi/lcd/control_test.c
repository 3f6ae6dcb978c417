#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "hmi/lcd/control.h"

/* The other side of the control socket, played by the test step by step. */
struct fixture {
    char dir[64];
    int listener, peer;
    struct lcd_control control;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(f->dir, "/tmp/lcd.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(a.sun_path, sizeof a.sun_path, "%s/control.sock", f->dir);
    f->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(f->listener, 4), 0);
    f->peer = -1;
    lcd_control_init(&f->control);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[96];
    lcd_control_close(&f->control);
    if (f->peer >= 0)
        close(f->peer);
    close(f->listener);
    snprintf(path, sizeof path, "%s/control.sock", f->dir);
    unlink(path);
    rmdir(f->dir);
    free(f);
    return 0;
}

/** The next message the client sent; head.type 0 when there is none. */
static struct ctl_head received(struct fixture *f)
{
    uint8_t msg[256];
    struct ctl_head head = {0};
    ssize_t n = recv(f->peer, msg, sizeof msg, MSG_DONTWAIT);
    struct rbuf r = rbuf_of(msg, n > 0 ? (size_t)n : 0);
    if (n > 0)
        assert_int_equal(ctl_get_head(&r, &head), 0);
    return head;
}

static void send_pair(struct fixture *f, uint32_t seq, const char *key, const char *value)
{
    uint8_t msg[512];
    struct wbuf w = wbuf_of(msg, sizeof msg);
    ctl_begin(&w, CTL_R_KV, seq);
    ctl_put_kv(&w, key, value);
    assert_int_equal(send(f->peer, msg, w.len, 0), (ssize_t)w.len);
}

static void send_done(struct fixture *f, uint32_t seq, int status)
{
    uint8_t msg[64];
    struct wbuf w = wbuf_of(msg, sizeof msg);
    ctl_begin(&w, CTL_R_DONE, seq);
    ctl_put_done(&w, status);
    assert_int_equal(send(f->peer, msg, w.len, 0), (ssize_t)w.len);
}

static void send_clock(struct fixture *f, int64_t offset_ms)
{
    uint8_t msg[64];
    struct wbuf w = wbuf_of(msg, sizeof msg);
    ctl_begin(&w, CTL_N_CLOCK, 1);
    ctl_put_n_clock(&w, &(struct ctl_n_clock){.offset_ms = offset_ms});
    assert_int_equal(send(f->peer, msg, w.len, 0), (ssize_t)w.len);
}

static void connect_both(struct fixture *f)
{
    assert_int_equal(lcd_control_open(&f->control, f->dir), 0);
    f->peer = accept(f->listener, NULL, NULL);
    assert_true(f->peer >= 0);
    assert_int_equal(received(f).type, CTL_SUBSCRIBE);
}

static void nobody_there(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(lcd_control_open(&f->control, "/nonexistent"), CN_E_GONE);
    assert_int_equal(f->control.fd, -1);
    assert_false(lcd_control_running(&f->control, 0));
    lcd_control_close(&f->control);
}

static void one_question_one_answer(void **state)
{
    struct fixture *f = *state;
    connect_both(f);
    assert_int_equal(lcd_control_ask(&f->control), 0);
    struct ctl_head asked = received(f);
    assert_int_equal(asked.type, CTL_STATUS);
    /* as long as it is open there is no second one */
    assert_int_equal(lcd_control_ask(&f->control), 0);
    assert_int_equal(received(f).type, 0);
    assert_int_equal(lcd_control_read(&f->control, 1000), 0);
    assert_false(lcd_control_running(&f->control, 1000));

    send_pair(f, asked.seq, "uplink.state", "logged in");
    send_pair(f, asked.seq, "port.1.rx_bytes", "10");
    assert_int_equal(lcd_control_read(&f->control, 2000), 0);
    assert_int_equal(f->control.now.port_count, 0); /* half an answer is none */
    send_done(f, asked.seq, 0);
    assert_int_equal(lcd_control_read(&f->control, 3000), 0);
    assert_int_equal(f->control.now.link, LINK_LOGGED_IN);
    assert_int_equal(f->control.now.port_count, 1);
    assert_true(lcd_control_running(&f->control, 3000));
    assert_true(lcd_control_running(&f->control, 3000 + CONTROL_STALE_MS - 1));
    assert_false(lcd_control_running(&f->control, 3000 + CONTROL_STALE_MS));
    /* the first answer shows no activity, the second one the difference */
    assert_int_equal(f->control.before.ports[0].received, 10);
    assert_int_equal(lcd_control_ask(&f->control), 0);
    asked = received(f);
    send_pair(f, asked.seq, "port.1.rx_bytes", "30");
    send_done(f, asked.seq, 0);
    assert_int_equal(lcd_control_read(&f->control, 4000), 0);
    assert_int_equal(f->control.before.ports[0].received, 10);
    assert_int_equal(f->control.now.ports[0].received, 30);
    assert_int_equal(f->control.now.link, LINK_OFF); /* nothing is left over from the answer before */
}

static void foreign_and_refused_answers(void **state)
{
    struct fixture *f = *state;
    connect_both(f);
    lcd_control_ask(&f->control);
    struct ctl_head asked = received(f);
    send_pair(f, asked.seq + 5, "uplink.state", "logged in");
    send_done(f, asked.seq + 5, 0);
    assert_int_equal(lcd_control_read(&f->control, 1), 0);
    assert_int_equal(f->control.asked, asked.seq);
    send_done(f, asked.seq, CN_E_BUSY);
    assert_int_equal(lcd_control_read(&f->control, 2), 0);
    assert_int_equal(f->control.asked, 0);
    assert_false(lcd_control_running(&f->control, 2));
}

static void news(void **state)
{
    struct fixture *f = *state;
    connect_both(f);
    assert_false(f->control.clock_known);
    send_clock(f, -86400000);
    assert_int_equal(lcd_control_read(&f->control, 1), 0);
    assert_true(f->control.clock_known);
    assert_int_equal(f->control.clock.offset_ms, -86400000);
    assert_false(f->control.changed);
    uint8_t msg[64];
    struct wbuf w = wbuf_of(msg, sizeof msg);
    ctl_begin(&w, CTL_N_EVENT, 1);
    ctl_put_n_event(&w, &(struct ctl_n_event){.ring = 2, .erc = 31});
    assert_int_equal(send(f->peer, msg, w.len, 0), (ssize_t)w.len);
    assert_int_equal(lcd_control_read(&f->control, 1), 0);
    assert_true(f->control.changed);
}

static void the_other_side_goes(void **state)
{
    struct fixture *f = *state;
    connect_both(f);
    lcd_control_ask(&f->control);
    close(f->peer);
    f->peer = -1;
    assert_int_equal(lcd_control_read(&f->control, 1), CN_E_GONE);
    assert_int_equal(f->control.fd, -1);
    connect_both(f); /* and comes back */
    assert_int_equal(lcd_control_ask(&f->control), 0);
    assert_int_equal(received(f).type, CTL_STATUS);
}

/** A side that takes nothing: the client neither waits nor gives up. */
static void a_full_socket(void **state)
{
    struct fixture *f = *state;
    connect_both(f);
    uint8_t filler[1024] = {0};
    while (send(f->control.fd, filler, sizeof filler, MSG_DONTWAIT) > 0)
        ;
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(lcd_control_ask(&f->control), 0);
    assert_int_equal(f->control.asked, 0); /* to be asked again */
    assert_true(f->control.fd >= 0);
}

static void broken_messages(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[] = {
        "42",                   /* head cut off */
        "42 02 01 00 00 00",    /* another version */
        "80 01 01 00 00 00 00", /* clock cut off */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t msg[64];
        int n = hex_parse(rows[i], msg, sizeof msg);
        connect_both(f);
        assert_int_equal(send(f->peer, msg, (size_t)n, 0), n);
        assert_true(lcd_control_read(&f->control, 1) < 0);
        assert_int_equal(f->control.fd, -1);
        close(f->peer);
        f->peer = -1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_there, setup, teardown),
        cmocka_unit_test_setup_teardown(one_question_one_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(foreign_and_refused_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(news, setup, teardown),
        cmocka_unit_test_setup_teardown(the_other_side_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_messages, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
