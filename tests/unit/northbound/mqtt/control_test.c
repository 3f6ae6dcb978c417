#include "northbound/mqtt/control.h"

#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "tests/unit/northbound/mqtt/doc.h"

static int take(struct control *c, const struct wbuf *w)
{
    struct rbuf r = rbuf_of(w->p, w->len);

    return control_take(c, &r);
}

static void notices(void **state)
{
    struct control c;
    uint8_t msg[64];
    struct wbuf w = wbuf_of(msg, sizeof msg);

    (void)state;
    control_init(&c);
    ctl_begin(&w, CTL_N_CLOCK, 0);
    ctl_put_n_clock(&w, &(struct ctl_n_clock){.offset_ms = -123456});
    assert_int_equal(take(&c, &w), 0);
    assert_true(c.clock_known && c.clock.offset_ms == -123456 && !c.stored);
    for (size_t n = 0; n < w.len; n++) {
        struct rbuf r = rbuf_of(msg, n);
        assert_true(control_take(&c, &r) < 0);
    }
    w = wbuf_of(msg, sizeof msg);
    ctl_begin(&w, CTL_N_EVENT, 0);
    ctl_put_n_event(&w, &(struct ctl_n_event){.ring = 1});
    assert_int_equal(take(&c, &w), 0);
    assert_true(c.stored);
    c.stored = false;
    w = wbuf_of(msg, sizeof msg);
    ctl_begin(&w, CTL_R_DONE, 1);
    ctl_put_done(&w, 0);
    assert_int_equal(take(&c, &w), 0);
    assert_false(c.stored);
    msg[1] = CTL_VERSION + 1;
    assert_int_equal(take(&c, &w), CN_E_UNSUPPORTED);
}

static void the_other_side_goes(void **state)
{
    struct control c;
    uint8_t msg[64];
    struct wbuf w = wbuf_of(msg, sizeof msg);
    int pair[2];

    (void)state;
    control_init(&c);
    assert_int_equal(control_open(&c, "/nonexistent"), CN_E_GONE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    c.fd = pair[0];
    assert_int_equal(control_read(&c), 0);
    ctl_begin(&w, CTL_N_PARAM, 0);
    ctl_put_n_param(&w, &(struct ctl_n_param){.fn = 10});
    assert_int_equal(write(pair[1], msg, w.len), w.len);
    assert_int_equal(control_read(&c), 0);
    assert_true(c.stored);
    assert_int_equal(write(pair[1], "x", 1), 1);
    assert_true(control_read(&c) < 0);
    assert_int_equal(c.fd, -1);
    close(pair[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    c.fd = pair[0];
    close(pair[1]);
    assert_int_equal(control_read(&c), CN_E_GONE);
    assert_int_equal(c.fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(notices), cmocka_unit_test(the_other_side_goes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
