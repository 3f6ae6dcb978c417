#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "gateway/model/ctl.h"
#include "gateway/model/quantity.h"

static uint8_t msg[CTL_MSG_MAX];

typedef int (*get_fn)(struct rbuf *r, void *out);

static struct wbuf begin(enum ctl_type type)
{
    struct wbuf w = wbuf_of(msg, sizeof msg);

    ctl_begin(&w, type, 0xA1B2C3D4);
    return w;
}

/* Decode msg; then every shorter message and one longer by a byte must be refused. */
static void decode(const struct wbuf *w, enum ctl_type type, get_fn get, void *out)
{
    struct ctl_head h;

    assert_int_equal(w->err, 0);
    for (size_t cut = 0; cut < w->len; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1); /* exact, so that the sanitizer sees a byte too many */
        assert_non_null(copy);
        memcpy(copy, msg, cut);
        struct rbuf r = rbuf_of(copy, cut);
        int ret = ctl_get_head(&r, &h);
        if (ret == 0)
            ret = get(&r, out);
        if (ret >= 0)
            fail_msg("type %d cut at %zu of %zu was accepted", type, cut, w->len);
        free(copy);
    }
    msg[w->len] = 0;
    struct rbuf r = rbuf_of(msg, w->len + 1);
    assert_int_equal(ctl_get_head(&r, &h), 0);
    assert_true(get(&r, out) < 0);

    r = rbuf_of(msg, w->len);
    assert_int_equal(ctl_get_head(&r, &h), 0);
    assert_int_equal(h.type, type);
    assert_int_equal(h.seq, 0xA1B2C3D4);
    assert_true(get(&r, out) >= 0);
}

#define GETTER(name, type)                                                                                   \
    static int get_##name(struct rbuf *r, void *out)                                                         \
    {                                                                                                        \
        return ctl_get_##name(r, (type *)out);                                                               \
    }
GETTER(read, struct ctl_read)
GETTER(forward, struct ctl_forward)
GETTER(params, struct ctl_params)
GETTER(results, struct ctl_results)
GETTER(clock, struct ctl_clock)
GETTER(event, struct ctl_event)
GETTER(seen, struct ctl_seen)
GETTER(link, struct ctl_link)
GETTER(trace, struct ctl_trace)
GETTER(trace_entry, struct ctl_trace_entry)
GETTER(done, int)
GETTER(n_clock, struct ctl_n_clock)
GETTER(n_param, struct ctl_n_param)
GETTER(n_event, struct ctl_n_event)

static void heads(void **state)
{
    struct wbuf w = begin(CTL_STATUS);
    struct ctl_head h;

    (void)state;
    assert_int_equal(w.len, 6);
    struct rbuf r = rbuf_of(msg, 6);
    assert_int_equal(ctl_get_head(&r, &h), 0);
    assert_int_equal(h.type, CTL_STATUS);
    msg[1] = CTL_VERSION + 1;
    r = rbuf_of(msg, 6);
    assert_int_equal(ctl_get_head(&r, &h), CN_E_UNSUPPORTED);
    r = rbuf_of(msg, 5);
    assert_int_equal(ctl_get_head(&r, &h), CN_E_SHORT);
}

static void reads(void **state)
{
    struct ctl_read m = {.point = 2040, .max_age_s = 300, .want_count = BUS_WANTS_MAX}, back;
    struct wbuf w = begin(CTL_READ);

    (void)state;
    for (unsigned i = 0; i < BUS_WANTS_MAX; i++)
        m.wants[i] = (struct want){(uint16_t)(i + 1), PERIOD_MONTH, (uint8_t)i};
    ctl_put_read(&w, &m);
    decode(&w, CTL_READ, get_read, &back);
    assert_int_equal(back.point, 2040);
    assert_int_equal(back.max_age_s, 300);
    assert_int_equal(back.want_count, BUS_WANTS_MAX);
    assert_int_equal(back.wants[31].quantity, 32);
    assert_int_equal(back.wants[31].index, 31);
    msg[6 + 4] = BUS_WANTS_MAX + 1;
    struct rbuf r = rbuf_of(msg + 6, w.len - 6);
    assert_int_equal(ctl_get_read(&r, &back), CN_E_RANGE);
}

static void forwards(void **state)
{
    struct ctl_forward m = {.port = 2,
                            .line = {9600, 8, 'E', 1},
                            .response_ms = 2000,
                            .byte_ms = 100,
                            .length = BUS_BYTES_MAX},
                       back;
    struct wbuf w = begin(CTL_FORWARD);

    (void)state;
    memset(m.bytes, 0xFE, sizeof m.bytes);
    ctl_put_forward(&w, &m);
    decode(&w, CTL_FORWARD, get_forward, &back);
    assert_int_equal(back.port, 2);
    assert_int_equal(back.line.baud, 9600);
    assert_int_equal(back.line.parity, 'E');
    assert_int_equal(back.response_ms, 2000);
    assert_int_equal(back.byte_ms, 100);
    assert_int_equal(back.length, BUS_BYTES_MAX);
    assert_memory_equal(back.bytes, m.bytes, BUS_BYTES_MAX);
    msg[6 + 12] = 1;
    msg[6 + 13] = 4; /* 1025 bytes */
    struct rbuf r = rbuf_of(msg + 6, sizeof msg - 6);
    assert_int_equal(ctl_get_forward(&r, &back), CN_E_RANGE);
}

static void params(void **state)
{
    static const uint8_t f1[] = {0, 0, 0x1E, 0x30, 7, 5};
    static uint8_t f10[CTL_UNIT_BYTES];
    struct ctl_params m = {.source = SOURCE_MASTER, .msa = 127, .count = 3}, back;
    struct wbuf w = begin(CTL_PARAM_SET);

    (void)state;
    memset(f10, 0x10, sizeof f10);
    m.units[0] = (struct ctl_unit){.fn = 1, .pn = 0, .length = sizeof f1, .data = f1};
    m.units[1] = (struct ctl_unit){.fn = 45, .pn = 8, .length = 0, .data = f1};
    m.units[2] = (struct ctl_unit){.fn = 10, .pn = 0, .length = 300, .data = f10};
    ctl_put_params(&w, &m);
    decode(&w, CTL_PARAM_SET, get_params, &back);
    assert_int_equal(back.source, SOURCE_MASTER);
    assert_int_equal(back.msa, 127);
    assert_int_equal(back.count, 3);
    assert_int_equal(back.units[0].length, sizeof f1);
    assert_memory_equal(back.units[0].data, f1, sizeof f1);
    assert_int_equal(back.units[1].pn, 8);
    assert_int_equal(back.units[2].length, 300);
    assert_memory_equal(back.units[2].data, f10, 300);
    assert_true(back.units[2].data >= msg && back.units[2].data < msg + sizeof msg);
    msg[6 + 2] = CTL_UNITS_MAX + 1;
    struct rbuf r = rbuf_of(msg + 6, w.len - 6);
    assert_int_equal(ctl_get_params(&r, &back), CN_E_RANGE);

    /* the largest unit of a frame passes through one message */
    m.count = 1;
    m.units[0] = (struct ctl_unit){.fn = 10, .pn = 0, .length = CTL_UNIT_BYTES, .data = f10};
    w = begin(CTL_PARAM_SET);
    ctl_put_params(&w, &m);
    assert_int_equal(w.err, 0);
    r = rbuf_of(msg + 6, w.len - 6);
    assert_int_equal(ctl_get_params(&r, &back), 0);
    assert_int_equal(back.units[0].length, CTL_UNIT_BYTES);
}

static void results_and_done(void **state)
{
    struct ctl_results m = {.count = CTL_UNITS_MAX}, back;
    struct wbuf w = begin(CTL_R_RESULTS);
    int status = 0;

    (void)state;
    for (int i = 0; i < CTL_UNITS_MAX; i++)
        m.status[i] = (int16_t)-i;
    ctl_put_results(&w, &m);
    decode(&w, CTL_R_RESULTS, get_results, &back);
    assert_int_equal(back.count, CTL_UNITS_MAX);
    assert_int_equal(back.status[63], -63);
    msg[6] = CTL_UNITS_MAX + 1;
    struct rbuf r = rbuf_of(msg + 6, w.len - 6);
    assert_int_equal(ctl_get_results(&r, &back), CN_E_RANGE);

    w = begin(CTL_R_DONE);
    ctl_put_done(&w, CN_E_TIMEOUT);
    decode(&w, CTL_R_DONE, get_done, &status);
    assert_int_equal(status, CN_E_TIMEOUT);
}

static void clocks(void **state)
{
    struct ctl_clock m = {.source = SOURCE_SHELL, .msa = 3, .local = {2028, 2, 29, 23, 59, 58, 0}}, back;
    struct wbuf w = begin(CTL_CLOCK_SET);

    (void)state;
    ctl_put_clock(&w, &m);
    decode(&w, CTL_CLOCK_SET, get_clock, &back);
    assert_int_equal(back.source, SOURCE_SHELL);
    assert_int_equal(back.msa, 3);
    assert_int_equal(back.local.year, 2028);
    assert_int_equal(back.local.month, 2);
    assert_int_equal(back.local.day, 29);
    assert_int_equal(back.local.hour, 23);
    assert_int_equal(back.local.minute, 59);
    assert_int_equal(back.local.second, 58);
    /* an impossible time is refused: the client may be compromised */
    m.local.year = 2027;
    w = begin(CTL_CLOCK_SET);
    ctl_put_clock(&w, &m);
    struct rbuf r = rbuf_of(msg + 6, w.len - 6);
    assert_int_equal(ctl_get_clock(&r, &back), CN_E_RANGE);

    struct ctl_n_clock n = {.offset_ms = -86400000}, nback;
    w = begin(CTL_N_CLOCK);
    ctl_put_n_clock(&w, &n);
    decode(&w, CTL_N_CLOCK, get_n_clock, &nback);
    assert_true(nback.offset_ms == -86400000);
}

static void events(void **state)
{
    struct ctl_event m = {.erc = 20, .length = 250}, back;
    struct ctl_seen s = {.ring = 1, .upto = 255, .clear_acd = 1}, sback;
    struct ctl_n_event n = {.ring = 2, .index = 9, .erc = 31, .ec1 = 3, .ec2 = 10}, nback;
    struct wbuf w = begin(CTL_EVENT);

    (void)state;
    memset(m.content, 0x77, sizeof m.content);
    ctl_put_event(&w, &m);
    decode(&w, CTL_EVENT, get_event, &back);
    assert_int_equal(back.erc, 20);
    assert_int_equal(back.length, 250);
    assert_memory_equal(back.content, m.content, 250);
    msg[7] = 251;
    struct rbuf r = rbuf_of(msg + 6, sizeof msg - 6);
    assert_int_equal(ctl_get_event(&r, &back), CN_E_RANGE);

    w = begin(CTL_EVENTS_SEEN);
    ctl_put_seen(&w, &s);
    decode(&w, CTL_EVENTS_SEEN, get_seen, &sback);
    assert_int_equal(sback.ring, 1);
    assert_int_equal(sback.upto, 255);
    assert_int_equal(sback.clear_acd, 1);

    w = begin(CTL_N_EVENT);
    ctl_put_n_event(&w, &n);
    decode(&w, CTL_N_EVENT, get_n_event, &nback);
    assert_memory_equal(&n, &nback, sizeof n);
}

static void links(void **state)
{
    struct ctl_link m = {.state = LINK_LOGGED_IN,
                         .peer = "127.0.0.1:9001",
                         .last_request = "0C F25 P3",
                         .frames_in = 70000,
                         .frames_out = 80000},
                    back;
    struct wbuf w = begin(CTL_LINK);

    (void)state;
    ctl_put_link(&w, &m);
    decode(&w, CTL_LINK, get_link, &back);
    assert_int_equal(back.state, LINK_LOGGED_IN);
    assert_string_equal(back.peer, "127.0.0.1:9001");
    assert_string_equal(back.last_request, "0C F25 P3");
    assert_int_equal(back.frames_in, 70000);
    assert_int_equal(back.frames_out, 80000);

    struct ctl_n_param p = {.fn = 33, .pn = 2040}, pback;
    w = begin(CTL_N_PARAM);
    ctl_put_n_param(&w, &p);
    decode(&w, CTL_N_PARAM, get_n_param, &pback);
    assert_int_equal(pback.fn, 33);
    assert_int_equal(pback.pn, 2040);
}

static void traces(void **state)
{
    struct ctl_trace t = {.port = 31, .from_seq = UINT64_MAX}, tback;
    struct ctl_trace_entry e = {.port = 1,
                                .seq = 1ULL << 40,
                                .at_ms = 1795343415000,
                                .point = 64,
                                .dir = 1,
                                .full = 300,
                                .length = 240},
                           eback;
    struct wbuf w = begin(CTL_TRACE);

    (void)state;
    ctl_put_trace(&w, &t);
    decode(&w, CTL_TRACE, get_trace, &tback);
    assert_int_equal(tback.port, 31);
    assert_true(tback.from_seq == UINT64_MAX);

    memset(e.bytes, 0x68, sizeof e.bytes);
    w = begin(CTL_R_TRACE);
    ctl_put_trace_entry(&w, &e);
    decode(&w, CTL_R_TRACE, get_trace_entry, &eback);
    assert_true(eback.seq == 1ULL << 40);
    assert_true(eback.at_ms == 1795343415000);
    assert_int_equal(eback.full, 300);
    assert_int_equal(eback.length, 240);
    assert_memory_equal(eback.bytes, e.bytes, 240);
    msg[6 + 22] = 241;
    struct rbuf r = rbuf_of(msg + 6, sizeof msg - 6);
    assert_int_equal(ctl_get_trace_entry(&r, &eback), CN_E_RANGE);
}

static void values(void **state)
{
    struct ctl_values v = {.status = 0, .want = {Q_EP_IMP, PERIOD_NOW, 0}, .at = 1795343415, .count = 1},
                      back;
    struct wbuf w = begin(CTL_R_VALUES);
    struct ctl_head h;

    (void)state;
    v.r[0] = (struct reading){Q_EP_IMP, 0, value_of(-5, -3)};
    ctl_put_values(&w, &v);
    struct rbuf r = rbuf_of(msg, w.len);
    assert_int_equal(ctl_get_head(&r, &h), 0);
    assert_int_equal(ctl_get_values(&r, &back), 0);
    assert_true(back.at == 1795343415);
    assert_int_equal(back.count, 1);
    assert_int_equal(back.r[0].value.mantissa, -5);
    r = rbuf_of(msg + 6, w.len - 7);
    assert_int_equal(ctl_get_values(&r, &back), CN_E_FRAME);
    r = rbuf_of(msg + 6, 5);
    assert_int_equal(ctl_get_values(&r, &back), CN_E_SHORT);
}

static void raw_bytes(void **state)
{
    uint8_t out[16];
    struct wbuf w = begin(CTL_R_BYTES);

    (void)state;
    ctl_put_bytes(&w, (const uint8_t *)"\x68\x16", 2);
    struct rbuf r = rbuf_of(msg + 6, w.len - 6);
    assert_int_equal(ctl_get_bytes(&r, out, sizeof out), 2);
    assert_memory_equal(out, "\x68\x16", 2);
    r = rbuf_of(msg + 6, w.len - 6);
    assert_int_equal(ctl_get_bytes(&r, out, 1), CN_E_RANGE);
    r = rbuf_of(msg + 6, w.len - 7);
    assert_int_equal(ctl_get_bytes(&r, out, sizeof out), CN_E_SHORT);
    r = rbuf_of(msg + 6, w.len - 5);
    assert_int_equal(ctl_get_bytes(&r, out, sizeof out), CN_E_FRAME);
}

static void key_value_pages(void **state)
{
    char key[64], value[192];
    struct wbuf w = begin(CTL_R_KV);

    (void)state;
    ctl_put_kv(&w, "port.1.meters", "64");
    ctl_put_kv(&w, "uplink.peer", "");
    struct rbuf r = rbuf_of(msg + 6, w.len - 6);
    assert_int_equal(ctl_get_kv(&r, key, value), 1);
    assert_string_equal(key, "port.1.meters");
    assert_string_equal(value, "64");
    assert_int_equal(ctl_get_kv(&r, key, value), 1);
    assert_string_equal(key, "uplink.peer");
    assert_string_equal(value, "");
    assert_int_equal(ctl_get_kv(&r, key, value), 0);
    assert_int_equal(ctl_get_kv(&r, key, value), 0);
    r = rbuf_of(msg + 6, w.len - 7);
    assert_int_equal(ctl_get_kv(&r, key, value), 1);
    assert_int_equal(ctl_get_kv(&r, key, value), CN_E_SHORT);
    /* a text longer than the reader's field is cut, the next pair still found */
    char text[256];
    memset(text, 'k', 255);
    text[255] = '\0';
    w = begin(CTL_R_KV);
    ctl_put_kv(&w, text, text);
    ctl_put_kv(&w, "a", "b");
    r = rbuf_of(msg + 6, w.len - 6);
    assert_int_equal(ctl_get_kv(&r, key, value), 1);
    assert_int_equal(strlen(key), 63);
    assert_int_equal(strlen(value), 191);
    assert_int_equal(ctl_get_kv(&r, key, value), 1);
    assert_string_equal(key, "a");
}

static void connecting(void **state)
{
    char dir[] = "/tmp/ctl_test_XXXXXX";
    char name[200];
    struct sockaddr_un sa = {.sun_family = AF_UNIX};

    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(ctl_connect(dir), CN_E_GONE);
    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(ctl_connect(name), CN_E_NOSPACE);

    snprintf(sa.sun_path, sizeof sa.sun_path, "%s/control.sock", dir);
    int server = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_true(server >= 0);
    assert_int_equal(bind(server, (const struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(server, 1), 0);
    int client = ctl_connect(dir);
    assert_true(client >= 0);
    int peer = accept(server, NULL, NULL);
    assert_true(peer >= 0);
    struct wbuf w = begin(CTL_STATUS);
    assert_int_equal(send(client, w.p, w.len, 0), (ssize_t)w.len);
    uint8_t got[16];
    assert_int_equal(recv(peer, got, sizeof got, 0), (ssize_t)w.len); /* one datagram, one message */
    close(peer);
    close(client);
    close(server);
    unlink(sa.sun_path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),     cmocka_unit_test(reads),  cmocka_unit_test(forwards),
        cmocka_unit_test(params),    cmocka_unit_test(results_and_done),
        cmocka_unit_test(clocks),    cmocka_unit_test(events), cmocka_unit_test(links),
        cmocka_unit_test(traces),    cmocka_unit_test(values), cmocka_unit_test(raw_bytes),
        cmocka_unit_test(key_value_pages), cmocka_unit_test(connecting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
