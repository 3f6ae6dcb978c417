#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/bcd.h"
#include "tests/sim/meter/line.h"

enum { METERS = 3, BYTE_NS = 4583333 };
static const int64_t ms = 1000000;

struct bench {
    struct sm_site site;
    struct sm_line line;
    struct sm_meter meters[METERS];
    uint32_t asked_in[METERS];
    struct sm_exchange last;
    unsigned done;
    int64_t now;
    uint8_t got[4096]; /* what the master hears, and when */
    int64_t when[4096];
    size_t n;
};

static void on_done(void *ctx, const struct sm_line *line, const struct sm_exchange *e)
{
    struct bench *b = ctx;

    (void)line;
    b->last = *e;
    b->done++;
}

static struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    b->site.world =
        (struct sm_world){.seed = 1, .zone = {8 * 3600}, .start_s = 1795314600, .install_s = 1704038400};
    sm_line_init(&b->line, 1, &b->site, 1);
    b->line.meters = b->meters;
    b->line.meter_count = METERS;
    b->line.asked_in = b->asked_in;
    b->line.done = on_done;
    b->line.ctx = b;
    b->line.delay_min_ms = b->line.delay_max_ms = 30;
    b->now = 1000 * ms;
    for (unsigned i = 0; i < METERS; i++) {
        uint8_t addr[ADDR_LEN] = {(uint8_t)(i + 1)};
        sm_meter_init(&b->site, &b->meters[i], i + 1, 1, addr);
    }
    return b;
}

static size_t request(unsigned address, uint8_t c, const uint8_t *data, uint8_t len, uint8_t *out)
{
    struct sm_frame f = {.addr = {(uint8_t)address}, .c = c, .len = len};
    struct wbuf w = wbuf_of(out, 300);

    if (address == 0xAA || address == 0x99)
        memset(f.addr, (int)address, sizeof f.addr);
    if (len)
        memcpy(f.data, data, len);
    wbuf_fill(&w, 0xFE, 4);
    sm_frame_put(&w, &f);
    return w.len;
}

static void say(struct bench *b, const uint8_t *p, size_t n)
{
    sm_line_receive(&b->line, b->now, b->site.world.start_s, p, n);
}

static const uint8_t total[] = {0x00, 0x00, 0x01, 0x00};

static void ask(struct bench *b, unsigned address)
{
    uint8_t frame[300];

    say(b, frame, request(address, 0x11, total, 4, frame));
}

/* Let time pass from deadline to deadline, as the loop does, until the line is quiet or the time is over. */
static void listen_until(struct bench *b, int64_t end)
{
    b->n = 0;
    for (;;) {
        int64_t next = sm_line_next(&b->line);
        if (next > end)
            break;
        b->now = next > b->now ? next : b->now;
        size_t n = sm_line_send(&b->line, b->now, b->got + b->n, sizeof b->got - b->n);
        for (size_t i = 0; i < n; i++)
            b->when[b->n++] = b->now;
    }
    b->now = end;
}

static unsigned frames(const struct bench *b, struct sm_frame *last)
{
    struct sm_rx rx = {.len = 0};
    unsigned count = 0;

    for (size_t i = 0; i < b->n; i++) {
        sm_rx_add(&rx, b->got[i]);
        count += sm_rx_take(&rx, last) > 0;
    }
    return count;
}

/* Every byte at its absolute deadline: request on the wire, delay, then 11 bits a byte. */
static void test_pacing(void **state)
{
    struct bench *b = bench_new();
    int64_t start = b->now;
    struct sm_frame f;

    (void)state;
    ask(b, 1);
    listen_until(b, start + 2000 * ms);
    assert_int_equal(b->n, 24); /* 4 FE + 20 */
    int64_t answer = start + 20 * (int64_t)11 * 1000000000 / 2400 + 30 * ms;
    for (size_t i = 0; i < b->n; i++)
        assert_in_range(b->when[i], answer + (int64_t)(i + 1) * 11 * 1000000000 / 2400 - 20,
                        answer + (int64_t)(i + 1) * 11 * 1000000000 / 2400 + 20);
    assert_int_equal(frames(b, &f), 1);
    assert_int_equal(f.c, 0x91);
    assert_int_equal(b->done, 1);
    assert_int_equal(b->last.point, 1);
    assert_int_equal(b->last.di, 0x00010000);
    assert_int_equal(b->last.in, 20);
    assert_int_equal(b->last.out, 24);
    assert_int_equal(b->last.delay_ns, 30 * ms);
    assert_int_equal(b->last.first_ns, start);
    assert_int_equal(b->last.last_ns, b->when[23]);
    /* the span of the only exchange is the wire limit itself */
    assert_in_range(b->line.stats.wire_ns, b->last.last_ns - start - 50, b->last.last_ns - start + 50);
    free(b);
}

static void test_fifo(void **state)
{
    struct bench *b = bench_new();

    (void)state;
    b->line.fifo = 10;
    ask(b, 1);
    listen_until(b, b->now + 2000 * ms);
    assert_int_equal(b->n, 24);
    assert_int_equal(b->when[0], b->when[9]);
    assert_int_equal(b->when[20], b->when[23]);
    assert_int_equal(b->last.last_ns, b->when[23]);
    free(b);
}

static void test_nobody_and_broadcast(void **state)
{
    struct bench *b = bench_new();
    const uint8_t when[4] = {0x99, 0x99, 0x99, 0x99};
    uint8_t frame[300];

    (void)state;
    ask(b, 9);
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(b->n, 0);
    assert_string_equal(b->last.result, "nobody");
    say(b, frame, request(0x99, 0x16, when, 4, frame));
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(b->n, 0);
    assert_string_equal(b->last.result, "broadcast");
    for (unsigned i = 0; i < METERS; i++)
        assert_int_equal(b->meters[i].frozen[0], b->site.world.start_s);
    free(b);
}

/* 13H to AA: one meter answers cleanly, several at once leave a wreck. */
static void test_wildcard(void **state)
{
    struct bench *b = bench_new();
    uint8_t frame[300];
    struct sm_frame f;

    (void)state;
    say(b, frame, request(0xAA, 0x13, NULL, 0, frame));
    listen_until(b, b->now + 1000 * ms);
    assert_true(b->n > 0);
    assert_int_equal(frames(b, &f), 0);
    assert_true(b->line.stats.collisions > 0);
    b->line.meter_count = 1;
    say(b, frame, request(0xAA, 0x13, NULL, 0, frame));
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(frames(b, &f), 1);
    assert_memory_equal(f.addr, b->meters[0].address, 6);
    free(b);
}

static unsigned faulty(struct bench *b, struct sm_faults faults, struct sm_frame *f)
{
    b->meters[0].faults = faults;
    ask(b, 1);
    listen_until(b, b->now + 5000 * ms);
    return frames(b, f);
}

static void test_faults(void **state)
{
    struct bench *b = bench_new();
    struct sm_frame f;

    (void)state;
    assert_int_equal(faulty(b, (struct sm_faults){.silent = true}, &f), 0);
    assert_int_equal(b->n, 0);
    assert_string_equal(b->last.result, "silent");
    assert_int_equal(faulty(b, (struct sm_faults){.bad_checksum = true}, &f), 0);
    assert_int_equal(b->n, 24);
    assert_int_equal(faulty(b, (struct sm_faults){.cut = 7}, &f), 0);
    assert_int_equal(b->n, 11);
    assert_int_equal(faulty(b, (struct sm_faults){.noise = 9}, &f), 1);
    assert_int_equal(b->n, 33);
    assert_int_equal(faulty(b, (struct sm_faults){.gap_ms = 400}, &f), 1);
    assert_true(b->when[14] - b->when[13] > 400 * ms);
    assert_true(b->when[23] - b->when[14] < 60 * ms);
    int64_t asked = b->now;
    assert_int_equal(faulty(b, (struct sm_faults){.late_ms = 1000}, &f), 1);
    assert_true(b->when[0] - asked > 1100 * ms);
    assert_int_equal(faulty(b, (struct sm_faults){.error = 0x04}, &f), 1);
    assert_int_equal(f.c, 0xD1);
    assert_int_equal(f.data[0], 0x04);
    assert_int_equal(faulty(b, (struct sm_faults){.wrong_di = true}, &f), 1);
    assert_int_equal(f.data[2], 0x00);
    assert_int_equal(faulty(b, (struct sm_faults){.wrong_address = true}, &f), 1);
    assert_int_equal(f.addr[0], 0x00);
    /* an end after two exchanges */
    assert_int_equal(faulty(b, (struct sm_faults){.silent = true, .times = 2}, &f), 0);
    assert_int_equal(faulty(b, b->meters[0].faults, &f), 0);
    assert_int_equal(faulty(b, b->meters[0].faults, &f), 1);
    unsigned good = 0;
    for (int i = 0; i < 200; i++)
        good += faulty(b, (struct sm_faults){.silent = true, .chance = 25}, &f);
    assert_in_range(good, 130, 170);
    free(b);
}

static void test_echo(void **state)
{
    struct bench *b = bench_new();
    struct sm_frame f;

    (void)state;
    b->line.echo = true;
    ask(b, 1);
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(b->n, 20 + 24);
    assert_int_equal(frames(b, &f), 2);
    assert_int_equal(b->last.out, 24);
    free(b);
}

/* 44 bytes of 8 bits at 1e-3: a pair of frames survives with about 0.7. */
static void test_bit_errors(void **state)
{
    struct bench *b = bench_new();
    struct sm_frame f;
    unsigned good = 0;

    (void)state;
    b->line.ber = 1e-3;
    for (int i = 0; i < 500; i++) {
        ask(b, 1);
        listen_until(b, b->now + 2000 * ms);
        good += frames(b, &f);
    }
    assert_in_range(good, 325, 420);
    b->line.ber = 0;
    b->meters[0].faults.ber = 1e-3;
    good = 0;
    for (int i = 0; i < 500; i++) {
        ask(b, 1);
        listen_until(b, b->now + 2000 * ms);
        good += frames(b, &f);
    }
    assert_in_range(good, 325, 420);
    free(b);
}

/* A late answer lies over the question to the next meter: both are lost, the third exchange works. */
static void test_late_answer_collides(void **state)
{
    struct bench *b = bench_new();
    struct sm_frame f;

    (void)state;
    b->meters[0].faults = (struct sm_faults){.late_ms = 500, .times = 1};
    ask(b, 1);
    listen_until(b, b->now + 20 * BYTE_NS + 540 * ms);
    assert_true(b->n > 0 && b->n < 24);
    ask(b, 2);
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(frames(b, &f), 0);
    assert_true(b->line.stats.collisions > 0);
    ask(b, 2);
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(frames(b, &f), 1);
    assert_int_equal(f.addr[0], 2);
    free(b);
}

/* Asked again before it began to answer, a meter answers once. */
static void test_asked_again(void **state)
{
    struct bench *b = bench_new();
    struct sm_frame f;

    (void)state;
    b->meters[0].faults = (struct sm_faults){.late_ms = 500, .times = 1};
    ask(b, 1);
    listen_until(b, b->now + 300 * ms);
    ask(b, 1);
    listen_until(b, b->now + 2000 * ms);
    assert_int_equal(frames(b, &f), 1);
    assert_int_equal(b->done, 2);
    free(b);
}

static void test_babble(void **state)
{
    struct bench *b = bench_new();
    struct sm_frame f;

    (void)state;
    b->line.babble = true;
    ask(b, 1);
    listen_until(b, b->now + 1000 * ms);
    assert_in_range(b->n, 210, 222); /* one second of the line is 218 bytes */
    assert_int_equal(frames(b, &f), 0);
    b->line.babble = false;
    listen_until(b, b->now + 1000 * ms);
    ask(b, 1);
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(frames(b, &f), 1);
    free(b);
}

/* A frame in pieces with pauses below Tb is whole, with a longer pause it is lost. */
static void test_pieces(void **state)
{
    struct bench *b = bench_new();
    uint8_t frame[300];
    struct sm_frame f;
    size_t n = request(1, 0x11, total, 4, frame);

    (void)state;
    say(b, frame, 9);
    b->now += 400 * ms;
    say(b, frame + 9, n - 9);
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(frames(b, &f), 1);
    say(b, frame, 9);
    b->now += 700 * ms;
    say(b, frame + 9, n - 9);
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(b->n, 0);
    ask(b, 1);
    listen_until(b, b->now + 1000 * ms);
    assert_int_equal(frames(b, &f), 1);
    free(b);
}

static void test_rounds(void **state)
{
    struct bench *b = bench_new();

    (void)state;
    for (unsigned i = 0; i < 4 * METERS; i++) {
        ask(b, i % METERS + 1);
        listen_until(b, b->now + 400 * ms);
        ask(b, i % METERS + 1); /* several items of one meter are one turn */
        listen_until(b, b->now + 400 * ms);
    }
    assert_int_equal(b->line.stats.cycles, 3);
    assert_int_equal(b->line.stats.cycle_meters, METERS);
    assert_in_range(b->line.stats.cycle_ns, 2000 * ms, 2400 * ms);
    assert_in_range(b->line.stats.cycle_wire_ns, 2 * METERS * 231 * ms, 2 * METERS * 232 * ms);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pacing),
        cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_nobody_and_broadcast),
        cmocka_unit_test(test_wildcard),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_bit_errors),
        cmocka_unit_test(test_late_answer_collides),
        cmocka_unit_test(test_asked_again),
        cmocka_unit_test(test_babble),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
