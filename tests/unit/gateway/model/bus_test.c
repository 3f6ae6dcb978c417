#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/bus.h"
#include "gateway/model/quantity.h"

static uint8_t msg[BUS_MSG_MAX];

static struct bus_job sample_job(void)
{
    struct bus_job j = {
        .id = 0x01020304,
        .kind = JOB_READ,
        .protocol = 30,
        .tariffs = 4,
        .attempts = 3,
        .point = 37,
        .response_ms = 1500,
        .byte_ms = 500,
        .line = {2400, 8, 'E', 1},
        .address = {1, 2, 3, 4, 5, 6},
        .password = {6, 5, 4, 3, 2, 1},
        .profile = "dlt645-2007",
        .local_time = {2026, 11, 22, 10, 30, 15, 7},
        .want_count = 2,
        .wants = {{Q_EP_IMP, PERIOD_NOW, 0}, {Q_EP_EXP, PERIOD_DAY, 1}},
    };
    return j;
}

/* A copy of exactly n bytes, so that the sanitizer sees a read behind the end. */
static uint8_t *exact(const void *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);

    assert_non_null(copy);
    memcpy(copy, p, n);
    return copy;
}

typedef int (*get_fn)(struct rbuf *r, void *out);

/* Every shorter message and one longer by a byte are refused. */
static void check_cuts(const uint8_t *m, size_t len, get_fn get, void *out)
{
    for (size_t cut = 1; cut < len; cut++) {
        uint8_t *copy = exact(m, cut);
        struct rbuf r = rbuf_of(copy, cut);
        assert_true(bus_get_type(&r) > 0);
        int ret = get(&r, out);
        if (ret != CN_E_SHORT && ret != CN_E_FRAME)
            fail_msg("cut at %zu of %zu: %d", cut, len, ret);
        free(copy);
    }
    uint8_t *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, m, len);
    copy[len] = 0;
    struct rbuf r = rbuf_of(copy, len + 1);
    bus_get_type(&r);
    assert_int_equal(get(&r, out), CN_E_FRAME);
    free(copy);
}

static int get_job(struct rbuf *r, void *out)
{
    return bus_get_job(r, out);
}

static int get_bytes(struct rbuf *r, void *out)
{
    return bus_get_bytes(r, out);
}

static int get_done(struct rbuf *r, void *out)
{
    return bus_get_done(r, out);
}

static int get_frame(struct rbuf *r, void *out)
{
    return bus_get_frame(r, out);
}

static void job_round_trip(void **state)
{
    struct bus_job j = sample_job(), back;
    struct wbuf w = wbuf_of(msg, sizeof msg);
    int len = bus_put_job(&w, &j);
    struct rbuf r = rbuf_of(msg, (size_t)len);

    (void)state;
    assert_true(len > 0);
    assert_int_equal(bus_get_type(&r), BUS_JOB);
    assert_int_equal(bus_get_job(&r, &back), 0);
    assert_int_equal(back.id, j.id);
    assert_int_equal(back.kind, j.kind);
    assert_int_equal(back.protocol, 30);
    assert_int_equal(back.tariffs, 4);
    assert_int_equal(back.attempts, 3);
    assert_int_equal(back.point, 37);
    assert_int_equal(back.response_ms, 1500);
    assert_int_equal(back.byte_ms, 500);
    assert_int_equal(back.line.baud, 2400);
    assert_int_equal(back.line.data_bits, 8);
    assert_int_equal(back.line.parity, 'E');
    assert_int_equal(back.line.stop_bits, 1);
    assert_memory_equal(back.address, j.address, ADDR_LEN);
    assert_memory_equal(back.password, j.password, 6);
    assert_string_equal(back.profile, "dlt645-2007");
    assert_int_equal(back.local_time.year, 2026);
    assert_int_equal(back.local_time.weekday, 7);
    assert_int_equal(back.local_time.second, 15);
    assert_int_equal(back.want_count, 2);
    assert_int_equal(back.wants[1].quantity, Q_EP_EXP);
    assert_int_equal(back.wants[1].period, PERIOD_DAY);
    assert_int_equal(back.wants[1].index, 1);
    assert_int_equal(back.length, 0);
    check_cuts(msg, (size_t)len, get_job, &back);
}

static void largest_job_fits(void **state)
{
    struct bus_job j = sample_job(), back;
    struct wbuf w = wbuf_of(msg, sizeof msg);

    (void)state;
    j.kind = JOB_FORWARD;
    j.want_count = BUS_WANTS_MAX;
    for (unsigned i = 0; i < BUS_WANTS_MAX; i++)
        j.wants[i] = (struct want){(uint16_t)(i + 1), PERIOD_NOW, 0};
    j.length = BUS_BYTES_MAX;
    memset(j.bytes, 0xA5, sizeof j.bytes);
    memset(j.profile, 'p', sizeof j.profile - 1);
    int len = bus_put_job(&w, &j);
    assert_true(len > BUS_BYTES_MAX);
    struct rbuf r = rbuf_of(msg, (size_t)len);
    bus_get_type(&r);
    assert_int_equal(bus_get_job(&r, &back), 0);
    assert_int_equal(strlen(back.profile), BUS_PROFILE_LEN - 1);
    assert_int_equal(back.wants[BUS_WANTS_MAX - 1].quantity, BUS_WANTS_MAX);
    assert_memory_equal(back.bytes, j.bytes, BUS_BYTES_MAX);

    j.length++;
    w = wbuf_of(msg, sizeof msg);
    assert_int_equal(bus_put_job(&w, &j), CN_E_RANGE);
    j.length = 0;
    j.want_count++;
    assert_int_equal(bus_put_job(&w, &j), CN_E_RANGE);
    j.want_count = 0;
    w = wbuf_of(msg, 10);
    assert_int_equal(bus_put_job(&w, &j), CN_E_NOSPACE);
}

/* What a bus is asked to do must be something a line can do. */
static void jobs_out_of_range(void **state)
{
    struct bus_job bad[10];

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        bad[i] = sample_job();
    bad[0].kind = 0;
    bad[1].kind = 5;
    bad[2].line.baud = 299;
    bad[3].line.baud = 115201;
    bad[4].line.data_bits = 4;
    bad[5].line.data_bits = 9;
    bad[6].line.parity = 'M';
    bad[7].line.stop_bits = 0;
    bad[8].line.stop_bits = 3;
    for (unsigned i = 0; i < 9; i++) {
        struct wbuf w = wbuf_of(msg, sizeof msg);
        struct bus_job back;
        int len = bus_put_job(&w, &bad[i]);
        struct rbuf r = rbuf_of(msg, (size_t)len);
        bus_get_type(&r);
        assert_int_equal(bus_get_job(&r, &back), CN_E_RANGE);
    }
    /* a hostile count */
    struct wbuf w = wbuf_of(msg, sizeof msg);
    struct bus_job back;
    int len = bus_put_job(&w, &bad[9]);
    msg[len - 2 - 2 * 4 - 1] = 33;
    struct rbuf r = rbuf_of(msg, (size_t)len);
    bus_get_type(&r);
    assert_int_equal(bus_get_job(&r, &back), CN_E_RANGE);
}

static void values_round_trip(void **state)
{
    struct bus_values v = {.id = 9,
                           .status = 0,
                           .want = {Q_EP_IMP, PERIOD_HOUR, 3},
                           .mono_ms = INT64_C(1) << 40,
                           .count = 2},
                      back;
    struct wbuf w = wbuf_of(msg, sizeof msg);

    (void)state;
    v.r[0] = (struct reading){Q_EP_IMP, 0, value_of(123450, -2)};
    v.r[1] = (struct reading){Q_EP_IMP, 1, value_none()};
    int len = bus_put_values(&w, &v);
    struct rbuf r = rbuf_of(msg, (size_t)len);
    assert_int_equal(bus_get_type(&r), BUS_VALUES);
    assert_int_equal(bus_get_values(&r, &back), 0);
    assert_int_equal(back.id, 9);
    assert_int_equal(back.want.period, PERIOD_HOUR);
    assert_int_equal(back.want.index, 3);
    assert_true(back.mono_ms == v.mono_ms);
    assert_int_equal(back.count, 2);
    assert_int_equal(back.r[0].value.mantissa, 123450);
    assert_int_equal(back.r[1].value.quality, VALUE_NONE);

    /* refused by the meter: a status and no readings */
    v.count = 0;
    v.status = CN_E_DENIED;
    w = wbuf_of(msg, sizeof msg);
    len = bus_put_values(&w, &v);
    r = rbuf_of(msg, (size_t)len);
    bus_get_type(&r);
    assert_int_equal(bus_get_values(&r, &back), 0);
    assert_int_equal(back.status, CN_E_DENIED);
    assert_int_equal(back.count, 0);

    r = rbuf_of(msg, (size_t)len - 2);
    bus_get_type(&r);
    assert_int_equal(bus_get_values(&r, &back), CN_E_SHORT);
    msg[len - 1] = 9; /* packed form of another version */
    r = rbuf_of(msg, (size_t)len);
    bus_get_type(&r);
    assert_int_equal(bus_get_values(&r, &back), CN_E_FRAME);
}

static void full_set_of_values_fits(void **state)
{
    struct bus_values v = {.id = 1, .count = READINGS_MAX}, back;
    struct wbuf w = wbuf_of(msg, sizeof msg);

    (void)state;
    for (unsigned i = 0; i < READINGS_MAX; i++) /* the worst case: no two share a head, longest numbers */
        v.r[i] = (struct reading){(uint16_t)(i + 1), 0, value_of(i % 2 ? INT64_MIN : INT64_MAX, -9)};
    int len = bus_put_values(&w, &v);
    assert_true(len > 0);
    struct rbuf r = rbuf_of(msg, (size_t)len);
    bus_get_type(&r);
    assert_int_equal(bus_get_values(&r, &back), 0);
    assert_int_equal(back.count, READINGS_MAX);
    assert_true(back.r[63].value.mantissa == INT64_MIN);
}

static void bytes_done_frame_round_trip(void **state)
{
    struct bus_bytes b = {.id = 7, .length = 3, .bytes = {0x68, 0x11, 0x16}}, b2;
    struct bus_done d = {.id = 8,
                         .status = CN_E_TIMEOUT,
                         .stats = {1, 2, 3, 4, 5, 6, 7, 100000, 200000, 499},
                         .address = {9, 8, 7, 6, 5, 4}},
                    d2;
    struct bus_frame f = {.mono_ms = -1, .dir = 1, .point = 2040, .length = 512}, f2;
    struct wbuf w = wbuf_of(msg, sizeof msg);

    (void)state;
    int len = bus_put_bytes(&w, &b);
    struct rbuf r = rbuf_of(msg, (size_t)len);
    assert_int_equal(bus_get_type(&r), BUS_BYTES);
    assert_int_equal(bus_get_bytes(&r, &b2), 0);
    assert_int_equal(b2.length, 3);
    assert_memory_equal(b2.bytes, b.bytes, 3);
    check_cuts(msg, (size_t)len, get_bytes, &b2);
    b.length = BUS_BYTES_MAX + 1;
    assert_int_equal(bus_put_bytes(&w, &b), CN_E_RANGE);
    msg[5] = 0x01;
    msg[6] = 0x04; /* 1025 bytes */
    r = rbuf_of(msg, sizeof msg);
    bus_get_type(&r);
    assert_int_equal(bus_get_bytes(&r, &b2), CN_E_RANGE);

    w = wbuf_of(msg, sizeof msg);
    len = bus_put_done(&w, &d);
    r = rbuf_of(msg, (size_t)len);
    assert_int_equal(bus_get_type(&r), BUS_DONE);
    assert_int_equal(bus_get_done(&r, &d2), 0);
    assert_int_equal(d2.status, CN_E_TIMEOUT);
    assert_memory_equal(&d2.stats, &d.stats, offsetof(struct bus_stats, echo));
    assert_int_equal(d2.stats.echo, d.stats.echo);
    assert_int_equal(d2.stats.tx_bytes, d.stats.tx_bytes);
    assert_int_equal(d2.stats.rx_bytes, d.stats.rx_bytes);
    assert_int_equal(d2.stats.response_ms, d.stats.response_ms);
    assert_memory_equal(d2.address, d.address, ADDR_LEN);
    check_cuts(msg, (size_t)len, get_done, &d2);

    w = wbuf_of(msg, sizeof msg);
    memset(f.bytes, 0x5A, sizeof f.bytes);
    len = bus_put_frame(&w, &f);
    r = rbuf_of(msg, (size_t)len);
    assert_int_equal(bus_get_type(&r), BUS_FRAME);
    assert_int_equal(bus_get_frame(&r, &f2), 0);
    assert_true(f2.mono_ms == -1);
    assert_int_equal(f2.point, 2040);
    assert_int_equal(f2.length, 512);
    assert_memory_equal(f2.bytes, f.bytes, 512);
    check_cuts(msg, (size_t)len, get_frame, &f2);
    f.length = 513;
    assert_int_equal(bus_put_frame(&w, &f), CN_E_RANGE);
}

static void plain_messages(void **state)
{
    static const enum bus_type types[] = {BUS_QUIT, BUS_HELLO, BUS_ALIVE};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct wbuf w = wbuf_of(msg, sizeof msg);
        assert_int_equal(bus_put_plain(&w, types[i]), 1);
        struct rbuf r = rbuf_of(msg, 1);
        assert_int_equal(bus_get_type(&r), (int)types[i]);
    }
    struct rbuf r = rbuf_of(msg, 0);
    assert_int_equal(bus_get_type(&r), CN_E_SHORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_round_trip),          cmocka_unit_test(largest_job_fits),
        cmocka_unit_test(jobs_out_of_range),       cmocka_unit_test(values_round_trip),
        cmocka_unit_test(full_set_of_values_fits), cmocka_unit_test(bytes_done_frame_round_trip),
        cmocka_unit_test(plain_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
