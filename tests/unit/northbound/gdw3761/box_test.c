#include "northbound/gdw3761/box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "gateway/model/quantity.h"

/* The real seam: a store of this test's own, and this test as concentratord on the control socket. */

struct heard {
    unsigned values, bytes, results, done, param, event;
    uint32_t seq;
    int status;
    struct ctl_values v;
    struct ctl_results r;
    uint8_t data[16];
    size_t len;
    struct ctl_n_param p;
    struct ctl_n_event e;
};

struct place {
    char dir[64];
    struct config config;
    struct store *store;
    struct gdw_box box;
    struct heard heard;
    int listener, peer;
};

static struct place at;

static void on_values(void *ctx, uint32_t seq, const struct ctl_values *v)
{
    struct heard *h = ctx;

    h->values++;
    h->seq = seq;
    h->v = *v;
}

static void on_bytes(void *ctx, uint32_t seq, const uint8_t *p, size_t n)
{
    struct heard *h = ctx;

    h->bytes++;
    h->seq = seq;
    h->len = n;
    assert_true(n <= sizeof h->data);
    memcpy(h->data, p, n);
}

static void on_results(void *ctx, uint32_t seq, const struct ctl_results *r)
{
    struct heard *h = ctx;

    h->results++;
    h->seq = seq;
    h->r = *r;
}

static void on_done(void *ctx, uint32_t seq, int status)
{
    struct heard *h = ctx;

    h->done++;
    h->seq = seq;
    h->status = status;
}

static void on_param(void *ctx, const struct ctl_n_param *n)
{
    struct heard *h = ctx;

    h->param++;
    h->p = *n;
}

static void on_event(void *ctx, const struct ctl_n_event *n)
{
    struct heard *h = ctx;

    h->event++;
    h->e = *n;
}

static const struct gdw_box_handler handler = {on_values, on_bytes, on_results, on_done, on_param, on_event};

static void open_listener(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    snprintf(a.sun_path, sizeof a.sun_path, "%s/control.sock", at.dir);
    unlink(a.sun_path);
    at.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_true(at.listener >= 0);
    assert_int_equal(bind(at.listener, (const struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(at.listener, 1), 0);
}

static int begin(void **state)
{
    static const char text[] =
        "[terminal]\nregion = 4403\naddress = 1\nboard = sim\nstate_dir = %s\nrun_dir = %s\n"
        "[uplink]\nmaster = 10.0.0.1:9001\nstandby = 10.0.0.2:9002\nheartbeat_s = 120\n";
    char ini[512], error[CONFIG_ERROR];

    (void)state;
    memset(&at, 0, sizeof at);
    at.peer = at.listener = -1;
    snprintf(at.dir, sizeof at.dir, "/tmp/gdw_box_test.XXXXXX");
    assert_non_null(mkdtemp(at.dir));
    snprintf(ini, sizeof ini, text, at.dir, at.dir);
    if (config_parse("test", ini, strlen(ini), false, &at.config, error) < 0)
        fail_msg("%s", error);
    assert_int_equal(store_open(at.dir, &at.store), 0);
    assert_int_equal(gdw_box_init(&at.box, &at.config, &handler, &at.heard), 0);
    open_listener();
    return 0;
}

static int finish(void **state)
{
    char command[128];

    (void)state;
    gdw_box_free(&at.box);
    store_close(at.store);
    close(at.listener);
    if (at.peer >= 0)
        close(at.peer);
    snprintf(command, sizeof command, "rm -rf %s", at.dir);
    return system(command);
}

/* ---- reading ---- */

static void set_param(unsigned fn, unsigned sub, const void *data, size_t len)
{
    const struct param_write w = {
        .fn = (uint8_t)fn, .sub = (uint16_t)sub, .data = data, .length = (uint16_t)len};

    assert_int_equal(store_params_write(at.store, &w, 1, 1), 0);
}

static void add_meter(unsigned index, unsigned point)
{
    uint8_t raw[F10_ENTRY];
    const struct meter m = {.index = (uint16_t)index,
                            .point = (uint16_t)point,
                            .port = 1,
                            .protocol = 30,
                            .int_digits = 6,
                            .dec_digits = 2};

    meter_encode(&m, raw);
    set_param(10, index, raw, sizeof raw);
}

static void parameters_in_force(void **state)
{
    const struct gdw_seam *s = &at.box.seam;
    uint8_t unit[64];
    struct gdw_comm comm;

    (void)state;
    /* nobody set anything: the configuration, then the dictionary's default */
    gdw_box_comm(&at.box, &comm);
    assert_int_equal(comm.f1.heartbeat_min, 2);
    assert_true(comm.hosts[0].set && comm.hosts[1].set);
    assert_int_equal(comm.hosts[0].port, 9001);
    assert_memory_equal(comm.hosts[1].ip, "\x0A\x00\x00\x02", 4);
    assert_int_equal(s->param(s->ctx, 36, 0, 0, unit, sizeof unit), 4);
    assert_int_equal(s->param(s->ctx, 2, 0, 0, unit, sizeof unit), CN_E_NOTFOUND);
    assert_int_equal(s->param(s->ctx, 10, 0, 5, unit, sizeof unit), CN_E_NOTFOUND);
    /* what a master set counts */
    set_param(1, 0, "\x00\x00\x0A\x20\x07\x09", 6);
    static const uint8_t f3[28] = {192, 168, 0, 1, 0x90, 0x1F};
    set_param(3, 0, f3, sizeof f3);
    set_param(8, 0, "\x11\x3C\x00\x05\x1E\xFF\xFF\xFF", 8);
    set_param(6, 0, "\x34\x12\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 16);
    gdw_box_comm(&at.box, &comm);
    assert_int_equal(comm.f1.timeout_s, 10);
    assert_int_equal(comm.f1.repeats, 2);
    assert_int_equal(comm.f1.heartbeat_min, 9);
    assert_int_equal(comm.hosts[0].port, 8080);
    assert_false(comm.hosts[1].set);
    assert_int_equal(comm.redial_s, 60);
    assert_int_equal(comm.groups[0], 0x1234);
    assert_int_equal(comm.groups[1], 0);
}

static void the_view_of_the_store(void **state)
{
    const struct gdw_seam *s = &at.box.seam;
    struct meter m;
    struct reading_set set = {.at = 1000};
    struct freeze f = {.kind = FREEZE_DAY, .point = 7, .slot = 20000};
    struct event_state e;
    uint8_t record[EVENT_MAX], index;

    (void)state;
    add_meter(1, 7);
    add_meter(2, 2040);
    assert_int_equal(s->meter(s->ctx, 7, &m), 0);
    assert_int_equal(m.index, 1);
    assert_int_equal(s->meter(s->ctx, 8, &m), CN_E_NOTFOUND);
    assert_int_equal(s->next_pn(s->ctx, PN_POINT, 0), 7);
    assert_int_equal(s->next_pn(s->ctx, PN_POINT, 7), 2040);
    assert_int_equal(s->next_pn(s->ctx, PN_POINT, 2040), 0);
    assert_int_equal(s->next_pn(s->ctx, PN_ZERO, 0), 0);
    assert_int_equal(s->next_pn(s->ctx, PN_GROUP, 0), 0);
    add_meter(3, 9);
    assert_int_equal(s->next_pn(s->ctx, PN_POINT, 7),
                     2040); /* remembered until the archive is said to have changed */
    gdw_box_meters_changed(&at.box);
    assert_int_equal(s->next_pn(s->ctx, PN_POINT, 7), 9);

    reading_put(&set, Q_EP_IMP, 0, value_of(123, -2));
    assert_int_equal(store_sweep_begin(at.store), 0);
    assert_int_equal(store_put_latest(at.store, 7, &set), 0);
    f.set = set;
    assert_int_equal(store_put_freeze(at.store, &f), 0);
    assert_int_equal(store_sweep_commit(at.store), 0);
    memset(&set, 0, sizeof set);
    assert_int_equal(s->latest(s->ctx, 7, Q_EP_IMP, &set), 0);
    assert_int_equal(set.at, 1000);
    assert_int_equal(reading_get(&set, Q_EP_IMP, 0).mantissa, 123);
    assert_int_equal(s->freeze(s->ctx, FREEZE_DAY, 20000, 7, &f), 0);
    assert_int_equal(s->freeze(s->ctx, FREEZE_DAY, 20001, 7, &f), CN_E_NOTFOUND);
    assert_int_equal(
        store_put_event(at.store, RING_IMPORTANT, (const uint8_t *)"\x15\x06zzzzzz", 8, 1, &index), 0);
    assert_int_equal(s->event_state(s->ctx, &e), 0);
    assert_true(e.acd);
    assert_int_equal(e.ec1, 1);
    assert_int_equal(s->event(s->ctx, RING_IMPORTANT, index, record, sizeof record), 8);
}

/* ---- the control socket ---- */

static void connect_box(void)
{
    assert_int_equal(gdw_box_connect(&at.box), 0);
    at.peer = accept(at.listener, NULL, NULL);
    assert_true(at.peer >= 0);
}

static struct rbuf receive(uint8_t type, uint32_t *seq)
{
    static uint8_t message[CTL_MSG_MAX];
    struct ctl_head h;
    ssize_t n = recv(at.peer, message, sizeof message, 0);

    assert_true(n > 0);
    struct rbuf r = rbuf_of(message, (size_t)n);
    assert_int_equal(ctl_get_head(&r, &h), 0);
    assert_int_equal(h.type, type);
    *seq = h.seq;
    return r;
}

static struct wbuf answer(enum ctl_type type, uint32_t seq)
{
    static uint8_t message[CTL_MSG_MAX];
    struct wbuf w = wbuf_of(message, sizeof message);

    ctl_begin(&w, type, seq);
    return w;
}

static void say(const struct wbuf *w)
{
    assert_int_equal(send(at.peer, w->p, w->len, 0), (ssize_t)w->len);
}

static void requests_arrive_as_they_were_meant(void **state)
{
    const struct gdw_seam *s = &at.box.seam;
    uint32_t seq, heard;
    const struct ctl_read read = {
        .point = 5, .max_age_s = 300, .want_count = 1, .wants = {{.quantity = Q_EP_IMP}}};
    const struct ctl_forward forward = {
        .port = 2, .line = {2400, 8, 'E', 1}, .response_ms = 500, .length = 2, .bytes = {0x68, 0x16}};
    const struct ctl_params params = {
        .source = SOURCE_MASTER,
        .msa = 3,
        .count = 1,
        .units = {{.fn = 36, .length = 4, .data = (const uint8_t *)"\1\2\3\4"}}};
    const struct ctl_clock clock = {.source = SOURCE_MASTER, .local = {.year = 2026, .month = 11, .day = 22}};
    const struct ctl_seen seen = {.ring = 1, .upto = 9, .clear_acd = 1};

    (void)state;
    /* not connected: nothing is kept */
    assert_int_equal(s->read(s->ctx, &read, &seq), CN_E_GONE);
    connect_box();
    receive(CTL_SUBSCRIBE, &heard);
    struct ctl_read got_read;
    assert_int_equal(s->read(s->ctx, &read, &seq), 0);
    struct rbuf r = receive(CTL_READ, &heard);
    assert_int_equal(heard, seq);
    assert_int_equal(ctl_get_read(&r, &got_read), 0);
    assert_int_equal(got_read.point, 5);
    struct ctl_forward got_forward;
    assert_int_equal(s->forward(s->ctx, &forward, &seq), 0);
    r = receive(CTL_FORWARD, &heard);
    assert_int_equal(heard, seq);
    assert_int_equal(ctl_get_forward(&r, &got_forward), 0);
    assert_int_equal(got_forward.length, 2);
    struct ctl_params got_params;
    assert_int_equal(s->set_params(s->ctx, &params, &seq), 0);
    r = receive(CTL_PARAM_SET, &heard);
    assert_int_equal(ctl_get_params(&r, &got_params), 0);
    assert_memory_equal(got_params.units[0].data, "\1\2\3\4", 4);
    struct ctl_clock got_clock;
    assert_int_equal(s->set_clock(s->ctx, &clock, &seq), 0);
    r = receive(CTL_CLOCK_SET, &heard);
    assert_int_equal(ctl_get_clock(&r, &got_clock), 0);
    assert_int_equal(got_clock.local.year, 2026);
    struct ctl_seen got_seen;
    assert_int_equal(s->seen(s->ctx, &seen, &seq), 0);
    r = receive(CTL_EVENTS_SEEN, &heard);
    assert_int_equal(ctl_get_seen(&r, &got_seen), 0);
    assert_int_equal(got_seen.upto, 9);
    const struct ctl_event event = {.erc = 20, .length = 3, .content = {1, 2, 3}};
    struct ctl_event got_event;
    assert_int_equal(s->raise(s->ctx, &event), 0);
    r = receive(CTL_EVENT, &heard);
    assert_int_equal(ctl_get_event(&r, &got_event), 0);
    assert_int_equal(got_event.erc, 20);
    const struct ctl_link link = {
        .state = LINK_LOGGED_IN, .peer = "10.0.0.1:9001", .last_request = "0C F2 P0"};
    struct ctl_link got_link;
    gdw_box_link(&at.box, &link);
    r = receive(CTL_LINK, &heard);
    assert_int_equal(ctl_get_link(&r, &got_link), 0);
    assert_string_equal(got_link.last_request, "0C F2 P0");
}

static void answers_and_notifications_are_handed_on(void **state)
{
    uint32_t heard;
    struct heard *h = &at.heard;
    const struct ctl_values v = {.want = {.quantity = Q_EP_IMP},
                                 .at = 77,
                                 .count = 1,
                                 .r = {{.quantity = Q_EP_IMP, .value = {.mantissa = 5}}}};
    const struct ctl_results results = {.count = 2, .status = {0, CN_E_RANGE}};

    (void)state;
    connect_box();
    receive(CTL_SUBSCRIBE, &heard);
    assert_int_equal(gdw_box_receive(&at.box), 0);
    struct wbuf w = answer(CTL_N_CLOCK, 0);
    ctl_put_n_clock(&w, &(struct ctl_n_clock){.offset_ms = 5000000});
    say(&w);
    w = answer(CTL_N_PARAM, 0);
    ctl_put_n_param(&w, &(struct ctl_n_param){.fn = 10});
    say(&w);
    w = answer(CTL_N_EVENT, 0);
    ctl_put_n_event(&w, &(struct ctl_n_event){.ring = 1, .erc = 3});
    say(&w);
    w = answer(CTL_R_VALUES, 41);
    ctl_put_values(&w, &v);
    say(&w);
    int64_t before = gdw_box_now(&at.box).utc_s;
    assert_int_equal(gdw_box_receive(&at.box), 0);
    assert_true(gdw_box_now(&at.box).utc_s - before >= 5000);
    assert_int_equal(h->p.fn, 10);
    assert_int_equal(h->e.erc, 3);
    assert_int_equal(h->values, 1);
    assert_int_equal(h->seq, 41);
    assert_int_equal(h->v.at, 77);
    assert_int_equal(h->v.r[0].value.mantissa, 5);
    w = answer(CTL_R_BYTES, 42);
    ctl_put_bytes(&w, (const uint8_t *)"\x68\x16", 2);
    say(&w);
    assert_int_equal(gdw_box_receive(&at.box), 0);
    assert_int_equal(h->len, 2);
    w = answer(CTL_R_RESULTS, 43);
    ctl_put_results(&w, &results);
    say(&w);
    assert_int_equal(gdw_box_receive(&at.box), 0);
    assert_int_equal(h->r.status[1], CN_E_RANGE);
    w = answer(CTL_R_DONE, 44);
    ctl_put_done(&w, CN_E_TIMEOUT);
    say(&w);
    assert_int_equal(gdw_box_receive(&at.box), 0);
    assert_int_equal(h->seq, 44);
    assert_int_equal(h->status, CN_E_TIMEOUT);
    /* what is not understood is skipped: another version, a cut body, an unknown type */
    static const uint8_t odd[][8] = {
        {CTL_R_DONE, 99, 1, 0, 0, 0, 0, 0}, {CTL_R_VALUES, CTL_VERSION, 1}, {77, CTL_VERSION}};
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(send(at.peer, odd[i], sizeof odd[i], 0), sizeof odd[i]);
    assert_int_equal(gdw_box_receive(&at.box), 0);
    assert_int_equal(h->done, 1);
    assert_int_equal(h->values, 1);
}

static void a_concentratord_that_goes_is_noticed(void **state)
{
    const struct gdw_seam *s = &at.box.seam;
    const struct ctl_seen seen = {.ring = 1};
    uint32_t seq;

    (void)state;
    connect_box();
    close(at.peer);
    at.peer = -1;
    assert_int_equal(gdw_box_receive(&at.box), CN_E_GONE);
    assert_int_equal(s->seen(s->ctx, &seen, &seq), CN_E_GONE);
    gdw_box_disconnect(&at.box);
    assert_int_equal(gdw_box_receive(&at.box), CN_E_GONE);
    connect_box();
    receive(CTL_SUBSCRIBE, &seq);
    /* a peer that takes nothing: busy, not blocked */
    int ret = 0;
    for (unsigned i = 0; i < 100000 && ret == 0; i++)
        ret = s->seen(s->ctx, &seen, &seq);
    assert_int_equal(ret, CN_E_BUSY);
    close(at.listener);
    gdw_box_disconnect(&at.box);
    assert_int_equal(gdw_box_connect(&at.box), CN_E_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parameters_in_force, begin, finish),
        cmocka_unit_test_setup_teardown(the_view_of_the_store, begin, finish),
        cmocka_unit_test_setup_teardown(requests_arrive_as_they_were_meant, begin, finish),
        cmocka_unit_test_setup_teardown(answers_and_notifications_are_handed_on, begin, finish),
        cmocka_unit_test_setup_teardown(a_concentratord_that_goes_is_noticed, begin, finish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
