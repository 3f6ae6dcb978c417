/*
 * The built concentrator-bus over a socketpair, with scripted meters on a pty: what concentratord sees of it,
 * from the first HELLO to the end of the process. Its driver and link are the real ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "gateway/base/err.h"
#include "gateway/base/trace.h"
#include "gateway/model/bus.h"
#include "gateway/model/meter.h"
#include "gateway/model/quantity.h"
#include "tests/unit/southbound/peer.h"

enum { VALUES_MAX = 40, FRAMES_MAX = 256, RESPONSE_MS = 300, BYTE_MS = 60 };

#define ADDRESS "000000000012"

struct bus_fixture {
    struct line_pair line;
    char device[512];
    int socket;
    pid_t bus, meter;
    int requests; /* log of the meter: 5 bytes a request */
    /* of the last job */
    struct bus_values values[VALUES_MAX];
    unsigned value_count, alive, frames, notes;
    struct bus_bytes bytes;
    unsigned bytes_count;
    struct bus_done done;
    int64_t longest_silence;
    uint16_t point;
};

static void start_bus(struct bus_fixture *f)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    f->bus = fork();
    assert_true(f->bus >= 0);
    if (f->bus == 0) {
        /* fd BUS_FD is the socket; the other end must not stay open here, or its end is never seen */
        close(pair[0]);
        int fd = fcntl(pair[1], F_DUPFD, 20);
        dup2(fd, BUS_FD);
        for (int i = BUS_FD + 1; i < 64; i++)
            close(i);
        execl(CN_BINARY_DIR "/bin/concentrator-bus", "concentrator-bus", "--port", "2", "--device", f->device,
              "--profiles", CN_SOURCE_DIR "/southbound/profiles", "--turnaround-ms", "0", "--same-meter-ms",
              "5", (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    f->socket = pair[0];
}

static ssize_t receive(struct bus_fixture *f, uint8_t *buf, size_t cap, int limit_ms)
{
    struct pollfd p = {.fd = f->socket, .events = POLLIN};

    if (poll(&p, 1, limit_ms) <= 0)
        fail_msg("the bus says nothing for %d ms", limit_ms);
    return recv(f->socket, buf, cap, 0);
}

static void expect_hello(struct bus_fixture *f)
{
    uint8_t buf[BUS_MSG_MAX];
    ssize_t n = receive(f, buf, sizeof buf, 2000);

    assert_int_equal(n, 1);
    assert_int_equal(buf[0], BUS_HELLO);
}

static int setup(void **state)
{
    struct bus_fixture *f = calloc(1, sizeof *f);

    line_open(&f->line);
    snprintf(f->device, sizeof f->device, "%s", f->line.name);
    f->requests = -1;
    start_bus(f);
    expect_hello(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct bus_fixture *f = *state;
    int status;

    if (f->meter > 0)
        peer_kill(f->meter);
    if (f->requests >= 0)
        close(f->requests);
    if (f->bus > 0) {
        close(f->socket); /* end of file ends the process */
        int64_t start = mono_ms();
        while (waitpid(f->bus, &status, WNOHANG) == 0) {
            if (mono_ms() - start > 2000) {
                peer_kill(f->bus);
                fail_msg("the bus does not end with its socket");
            }
            sleep_ms(5);
        }
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    line_close(&f->line);
    free(f);
    return 0;
}

static void start_meter(struct bus_fixture *f, struct fake_meter m)
{
    int log[2];

    assert_int_equal(pipe2(log, O_NONBLOCK), 0);
    m.log = log[1];
    f->requests = log[0];
    f->meter = meter_start(&f->line, &m);
    close(log[1]);
}

static unsigned requests_seen(struct bus_fixture *f)
{
    uint8_t entry[5];
    unsigned n = 0;

    while (read(f->requests, entry, sizeof entry) == sizeof entry)
        n++;
    return n;
}

static struct bus_job job_of(uint8_t kind)
{
    struct bus_job job = {
        .id = 7,
        .kind = kind,
        .protocol = PROTO_DLT645_2007,
        .tariffs = 4,
        .attempts = 2,
        .point = 37,
        .response_ms = RESPONSE_MS,
        .byte_ms = BYTE_MS,
        .line = {.baud = 9600, .data_bits = 8, .parity = 'E', .stop_bits = 1},
    };

    addr_parse(ADDRESS, job.address);
    return job;
}

static void want(struct bus_job *job, unsigned quantity, unsigned period, unsigned index)
{
    job->wants[job->want_count++] = (struct want){(uint16_t)quantity, (uint8_t)period, (uint8_t)index};
}

static void send_job(struct bus_fixture *f, const struct bus_job *job)
{
    uint8_t buf[BUS_MSG_MAX];
    struct wbuf w = wbuf_of(buf, sizeof buf);

    assert_true(bus_put_job(&w, job) > 0);
    assert_int_equal(send(f->socket, buf, w.len, MSG_NOSIGNAL), (ssize_t)w.len);
}

/* Take one message into the fixture. @return its type. */
static int take_message(struct bus_fixture *f)
{
    uint8_t buf[BUS_MSG_MAX];
    struct bus_frame frame;
    int64_t start = mono_ms();
    ssize_t n = receive(f, buf, sizeof buf, 1000);
    struct rbuf in = rbuf_of(buf, n > 0 ? (size_t)n : 0);

    assert_true(n > 0);
    if (mono_ms() - start > f->longest_silence)
        f->longest_silence = mono_ms() - start;
    int type = bus_get_type(&in);
    switch (type) {
    case BUS_ALIVE:
        f->alive++;
        break;
    case BUS_VALUES:
        assert_true(f->value_count < VALUES_MAX);
        assert_int_equal(bus_get_values(&in, &f->values[f->value_count++]), 0);
        break;
    case BUS_BYTES:
        assert_int_equal(bus_get_bytes(&in, &f->bytes), 0);
        f->bytes_count++;
        break;
    case BUS_FRAME:
        assert_int_equal(bus_get_frame(&in, &frame), 0);
        f->frames += frame.dir != TRACE_NOTE;
        f->notes += frame.dir == TRACE_NOTE;
        f->point = frame.point;
        break;
    case BUS_DONE:
        assert_int_equal(bus_get_done(&in, &f->done), 0);
        break;
    default:
        fail_msg("message of type %d", type);
    }
    return type;
}

static void run_job(struct bus_fixture *f, const struct bus_job *job)
{
    f->value_count = f->alive = f->frames = f->notes = f->bytes_count = 0;
    f->longest_silence = 0;
    memset(&f->done, 0, sizeof f->done);
    send_job(f, job);
    while (take_message(f) != BUS_DONE)
        ;
    assert_int_equal(f->done.id, job->id);
}

static const struct bus_values *values_of(const struct bus_fixture *f, unsigned quantity, unsigned period)
{
    const struct bus_values *found = NULL;

    for (unsigned i = 0; i < f->value_count; i++) {
        if (f->values[i].want.quantity == quantity && f->values[i].want.period == period) {
            assert_null(found); /* one answer for each want */
            found = &f->values[i];
        }
    }
    assert_non_null(found);
    return found;
}

static void assert_value(const struct bus_fixture *f, unsigned quantity, unsigned period, unsigned tariff,
                         const char *text)
{
    const struct bus_values *v = values_of(f, quantity, period);
    char got[32];

    assert_int_equal(v->status, 0);
    for (unsigned i = 0; i < v->count; i++) {
        if (v->r[i].quantity == quantity && v->r[i].tariff == tariff) {
            assert_string_equal(value_print(v->r[i].value, got, sizeof got), text);
            return;
        }
    }
    fail_msg("no reading of tariff %u", tariff);
}

static const struct meter_row rows[] = {
    {0x0001FF00, "5634120010000200200003001500050011340200", 0, 0},
    {0x0002FF00, "0000000000000000000000000000000000000000", 0, 0},
    {0x0201FF00, "5622FFFFFFFF", 0, 0},
    {0x0202FF00, "380280000000000000", 0, 0},
    {0x0203FF00, "452381452381000000000000", 0, 0},
    {0x040005FF, "0000110022003300440055006600", 0, 0},
    {0x04000101, "07221126", 0, 0},
    {0x04000102, "153010", 0, 0},
    {0x0504FF02, "00102211263412000078560000", 0, 0},
    {0x05060001, "0000221126", 0, 0},
    {0x05060101, "78563412", 0, 0},
    {0x0101FF00, "303303301416052400000000000000000000000000000000", 0, 0},
};

static struct fake_meter plain_meter(void)
{
    return (struct fake_meter){.address = ADDRESS, .rows = rows, .count = sizeof rows / sizeof *rows};
}

/* many wants, few requests: every want answered once, values digit for digit */
static void test_read(void **state)
{
    struct bus_fixture *f = *state;
    struct bus_job job = job_of(JOB_READ);

    start_meter(f, plain_meter());
    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    want(&job, Q_U_A, PERIOD_NOW, 0);
    want(&job, Q_EP_EXP, PERIOD_NOW, 0);
    want(&job, Q_U_B, PERIOD_NOW, 0);
    want(&job, Q_U_C, PERIOD_NOW, 0);
    want(&job, Q_I_A, PERIOD_NOW, 0);
    want(&job, Q_P, PERIOD_NOW, 0);
    want(&job, Q_P_A, PERIOD_NOW, 0);
    want(&job, Q_STATUS_WORDS, PERIOD_NOW, 0);
    want(&job, Q_CLOCK, PERIOD_NOW, 0);
    want(&job, Q_CLOCK, PERIOD_HOUR, 2);
    want(&job, Q_EP_IMP, PERIOD_HOUR, 2);
    want(&job, Q_CLOCK, PERIOD_DAY, 1);
    want(&job, Q_EP_IMP, PERIOD_DAY, 1);
    want(&job, Q_MD_IMP, PERIOD_NOW, 0);
    want(&job, Q_MD_IMP_TIME, PERIOD_NOW, 0);
    run_job(f, &job);
    assert_int_equal(f->done.status, 0);
    assert_int_equal(f->value_count, job.want_count);
    assert_value(f, Q_EP_IMP, PERIOD_NOW, 0, "1234.56");
    assert_value(f, Q_EP_IMP, PERIOD_NOW, 4, "234.11");
    assert_int_equal(values_of(f, Q_EP_IMP, PERIOD_NOW)->count, 5);
    assert_value(f, Q_U_A, PERIOD_NOW, 0, "225.6");
    assert_value(f, Q_U_B, PERIOD_NOW, 0, "-"); /* FF: a phase that is not wired */
    assert_value(f, Q_I_A, PERIOD_NOW, 0, "-0.238");
    assert_value(f, Q_P, PERIOD_NOW, 0, "-1.2345");
    assert_value(f, Q_P_A, PERIOD_NOW, 0, "-1.2345");
    assert_value(f, Q_STATUS_WORDS, PERIOD_NOW, 2, "17");
    assert_value(f, Q_CLOCK, PERIOD_NOW, 0, "20261122103015");
    assert_value(f, Q_CLOCK, PERIOD_HOUR, 0, "20261122100000");
    assert_value(f, Q_EP_IMP, PERIOD_HOUR, 0, "12.34");
    assert_value(f, Q_CLOCK, PERIOD_DAY, 0, "20261122000000");
    assert_value(f, Q_EP_IMP, PERIOD_DAY, 0, "123456.78");
    assert_value(f, Q_MD_IMP, PERIOD_NOW, 0, "3.3330");
    assert_value(f, Q_MD_IMP_TIME, PERIOD_NOW, 0, "20240516143000");
    assert_value(f, Q_MD_IMP_TIME, PERIOD_NOW, 1, "-"); /* a time of zeros */
    assert_int_equal(f->done.stats.requests, 12);
    assert_int_equal(f->done.stats.answers, 12);
    assert_int_equal(requests_seen(f), 12);
    assert_int_equal(f->point, 37);
    /* the last answer is traced after DONE, before anything else */
    while (f->frames < 24)
        take_message(f);
    const struct bus_values *v = values_of(f, Q_EP_IMP, PERIOD_NOW);
    assert_in_range(mono_ms() - v->mono_ms, 0, 2000);
}

/* an unknown item is unsupported, one the meter lacks is denied; neither makes the job fail */
static void test_refusals(void **state)
{
    struct bus_fixture *f = *state;
    struct bus_job job = job_of(JOB_READ);

    start_meter(f, plain_meter());
    want(&job, Q_FREQUENCY, PERIOD_NOW, 0);
    want(&job, Q_FREQUENCY, PERIOD_DAY, 1);
    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    run_job(f, &job);
    assert_int_equal(f->done.status, 0);
    assert_int_equal(values_of(f, Q_FREQUENCY, PERIOD_NOW)->status, CN_E_DENIED);
    assert_int_equal(values_of(f, Q_FREQUENCY, PERIOD_DAY)->status, CN_E_UNSUPPORTED);
    assert_value(f, Q_EP_IMP, PERIOD_NOW, 0, "1234.56");
    assert_int_equal(f->done.stats.requests, 2); /* a refusal is not asked again */

    job = job_of(JOB_READ);
    job.protocol = PROTO_PLC;
    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    run_job(f, &job);
    assert_int_equal(f->done.status, CN_E_UNSUPPORTED);
    job.protocol = PROTO_DLT645_2007;
    snprintf(job.profile, sizeof job.profile, "no-such-model");
    run_job(f, &job);
    assert_int_equal(f->done.status, CN_E_NOTFOUND);
}

/* blocks refused, of a bad size, or passed over in silence: read singly, and remembered */
static void test_single_items(void **state)
{
    struct bus_fixture *f = *state;
    static const struct meter_row single[] = {
        {0x0001FF00, NULL, METER_REFUSE, 0},
        {0x00010000, "56341200", 0, 0},
        {0x00010100, "10000200", 0, 0},
        {0x00010200, "20000300", 0, 0}, /* tariffs 3 and 4 do not exist */
        {0x0201FF00, "5622", 0, 0},     /* a single-phase meter gives its one phase */
        {0x02010100, "5622", 0, 0},
        {0x040005FF, NULL, METER_MUTE, 0},
        {0x04000501, "0100", 0, 0},
        {0x04000502, "0200", 0, 0},
        {0x04000503, "0300", 0, 0},
        {0x04000504, "0400", 0, 0},
        {0x04000505, "0500", 0, 0},
        {0x04000506, "0600", 0, 0},
        {0x04000507, "0700", 0, 0},
    };
    struct bus_job job = job_of(JOB_READ);

    start_meter(
        f, (struct fake_meter){.address = ADDRESS, .rows = single, .count = sizeof single / sizeof *single});
    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    want(&job, Q_U_A, PERIOD_NOW, 0);
    want(&job, Q_U_B, PERIOD_NOW, 0);
    want(&job, Q_STATUS_WORDS, PERIOD_NOW, 0);
    for (int again = 0; again < 2; again++) {
        requests_seen(f);
        run_job(f, &job);
        assert_int_equal(f->done.status, 0);
        assert_int_equal(values_of(f, Q_EP_IMP, PERIOD_NOW)->count, 3);
        assert_value(f, Q_EP_IMP, PERIOD_NOW, 0, "1234.56");
        assert_value(f, Q_EP_IMP, PERIOD_NOW, 2, "300.20");
        assert_value(f, Q_U_A, PERIOD_NOW, 0, "225.6");
        assert_int_equal(values_of(f, Q_U_B, PERIOD_NOW)->status, CN_E_DENIED);
        assert_value(f, Q_STATUS_WORDS, PERIOD_NOW, 1, "1");
        assert_value(f, Q_STATUS_WORDS, PERIOD_NOW, 7, "7");
        /* energy: block, total, 2 tariffs, refused tariff; voltages: block, A, B; words: block twice, probe,
         * 7 words */
        assert_int_equal(requests_seen(f), again ? 4 + 2 + 7 : 5 + 3 + 3 + 7);
        assert_int_equal(f->done.stats.timeouts, again ? 0 : 2);
    }
}

/* a silent meter ends the job early, the bus stays alive meanwhile, and no want is left without an answer */
static void test_silent_meter(void **state)
{
    struct bus_fixture *f = *state;
    struct bus_job job = job_of(JOB_READ);

    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    want(&job, Q_EP_EXP, PERIOD_NOW, 0);
    want(&job, Q_CLOCK, PERIOD_NOW, 0);
    int64_t start = mono_ms();
    run_job(f, &job);
    assert_int_equal(f->done.status, CN_E_TIMEOUT);
    assert_int_equal(f->value_count, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(f->values[i].status, CN_E_TIMEOUT);
    /* two tries of the block and one of the total, each drained */
    assert_int_equal(f->done.stats.requests, 3);
    assert_int_equal(f->done.stats.timeouts, 3);
    assert_in_range(mono_ms() - start, 3 * (RESPONSE_MS + 200), 3 * (RESPONSE_MS + 200) + 600);
    assert_true(f->alive >= 5);
    assert_true(f->longest_silence <= BUS_ALIVE_MS + 100);
}

/* fault 38, 40: wrong checksum, foreign, wrong identifier, late: refused, counted, tried again */
static void test_bad_answers(void **state)
{
    struct bus_fixture *f = *state;
    static const struct meter_row bad[] = {
        {0x00010000, "56341200", 0, 0},
        {0x0001FF00, "5634120010000200", METER_BAD_SUM, 1},
        {0x0002FF00, "5634120010000200", METER_FOREIGN, 1},
        {0x0003FF00, "5634120010000200", METER_WRONG_DI, 1},
        {0x0004FF00, "5634120010000200", METER_LATE, 1},
        {0x0005FF00, "5634120010000200", METER_MUTE, 1},
        {0x0006FF00, "5634120010000200", METER_WRONG_DI, 0},
    };
    struct bus_job job = job_of(JOB_READ);

    start_meter(f, (struct fake_meter){.address = ADDRESS, .rows = bad, .count = sizeof bad / sizeof *bad});
    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    want(&job, Q_EP_EXP, PERIOD_NOW, 0);
    want(&job, Q_EQ_COMB1, PERIOD_NOW, 0);
    want(&job, Q_EQ_COMB2, PERIOD_NOW, 0);
    want(&job, Q_EQ_Q1, PERIOD_NOW, 0);
    want(&job, Q_EQ_Q2, PERIOD_NOW, 0);
    run_job(f, &job);
    static const uint16_t good[] = {Q_EP_IMP, Q_EP_EXP, Q_EQ_COMB1, Q_EQ_COMB2, Q_EQ_Q1};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_value(f, good[i], PERIOD_NOW, 1, "200.10");
    assert_int_equal(values_of(f, Q_EQ_Q2, PERIOD_NOW)->status, CN_E_FOREIGN);
    assert_int_equal(f->done.status, CN_E_FOREIGN);
    assert_int_equal(f->done.stats.checksum, 1);
    assert_int_equal(f->done.stats.foreign, 4);
    assert_true(f->done.stats.timeouts >= 2);
    assert_true(f->notes >= 6);
}

/* part 1, 7.2: data in three frames, cut inside an item */
static void test_follow_on(void **state)
{
    struct bus_fixture *f = *state;
    struct fake_meter m = plain_meter();
    struct bus_job job = job_of(JOB_READ);

    m.part = 7;
    start_meter(f, m);
    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    run_job(f, &job);
    assert_int_equal(f->done.status, 0);
    assert_int_equal(values_of(f, Q_EP_IMP, PERIOD_NOW)->count, 5);
    assert_value(f, Q_EP_IMP, PERIOD_NOW, 1, "200.10");
    assert_value(f, Q_EP_IMP, PERIOD_NOW, 4, "234.11");
    assert_int_equal(f->done.stats.requests, 3);
}

/* the pending report trap of 7.2: bit 5 set, 12H answered with another identifier */
static void test_false_follow_on(void **state)
{
    struct bus_fixture *f = *state;
    struct bus_job job = job_of(JOB_READ);
    struct dlt645_frame a = {.control = DLT645_C_SLAVE | DLT645_C_MORE | DLT645_FN_READ, .length = 12};
    struct dlt645_frame b = {.control = DLT645_C_SLAVE | DLT645_FN_NEXT, .length = 7};
    uint8_t raw[2][64];
    struct wbuf w[2] = {wbuf_of(raw[0], 64), wbuf_of(raw[1], 64)};

    addr_parse(ADDRESS, a.address);
    memcpy(b.address, a.address, ADDR_LEN);
    dlt645_di_put(a.data, 0x0001FF00);
    hex_parse("5634120010000200", a.data + 4, 8);
    dlt645_di_put(b.data, 0x04001501);
    b.data[6] = 1;
    dlt645_frame_encode(&w[0], 0, &a);
    dlt645_frame_encode(&w[1], 0, &b);
    f->meter = fork();
    assert_true(f->meter >= 0);
    if (f->meter == 0) {
        uint8_t rq[32];
        if (read_exactly(f->line.master, rq, 20))
            write_fully(f->line.master, raw[0], w[0].len);
        if (read_exactly(f->line.master, rq, 21))
            write_fully(f->line.master, raw[1], w[1].len);
        pause();
    }
    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    int64_t start = mono_ms();
    run_job(f, &job);
    assert_int_equal(f->done.status, 0);
    assert_value(f, Q_EP_IMP, PERIOD_NOW, 1, "200.10");
    assert_true(mono_ms() - start < 2 * RESPONSE_MS); /* no time-out was waited for */
}

/* a date read before midnight and a time read after it do not make one moment */
static void test_clock_at_midnight(void **state)
{
    struct bus_fixture *f = *state;
    /* three requests come: date (old), time, date again (new) */
    static const char *const data[] = {"06211126", "050000", "00221126"};
    static const uint32_t ids[] = {0x04000101, 0x04000102, 0x04000101};
    struct bus_job job = job_of(JOB_READ);

    f->meter = fork();
    assert_true(f->meter >= 0);
    if (f->meter == 0) {
        for (int i = 0; i < 3; i++) {
            uint8_t rq[32], raw[64];
            struct wbuf w = wbuf_of(raw, sizeof raw);
            struct dlt645_frame a = {.control = DLT645_C_SLAVE | DLT645_FN_READ};
            addr_parse(ADDRESS, a.address);
            dlt645_di_put(a.data, ids[i]);
            a.length = (uint8_t)(4 + hex_parse(data[i], a.data + 4, 8));
            dlt645_frame_encode(&w, 0, &a);
            if (!read_exactly(f->line.master, rq, 20))
                _exit(1);
            write_fully(f->line.master, raw, w.len);
        }
        pause();
    }
    want(&job, Q_CLOCK, PERIOD_NOW, 0);
    run_job(f, &job);
    assert_int_equal(f->done.status, 0);
    assert_value(f, Q_CLOCK, PERIOD_NOW, 0, "20261122000005");
    assert_int_equal(f->done.stats.requests, 3);
}

static void test_find(void **state)
{
    struct bus_fixture *f = *state;
    struct bus_job job = job_of(JOB_FIND);
    char text[ADDR_TEXT];

    start_meter(f, plain_meter());
    run_job(f, &job);
    assert_int_equal(f->done.status, 0);
    assert_string_equal(addr_print(f->done.address, text), ADDRESS);
}

static void test_forward(void **state)
{
    struct bus_fixture *f = *state;
    struct bus_job job = job_of(JOB_FORWARD);
    /*
     * the constructed request of part 1, section 9 and what a meter with these values says, two FE in
     * front
     */
    int n = hex_parse("FEFEFEFE6812000000000068110433323433C316", job.bytes, sizeof job.bytes);
    char hex[256];

    job.length = (uint16_t)n;
    start_meter(f, plain_meter());
    run_job(f, &job);
    assert_int_equal(f->done.status, 0);
    assert_int_equal(f->bytes_count, 1);
    assert_int_equal(f->bytes.id, job.id);
    assert_string_equal(hex_print(f->bytes.bytes, f->bytes.length, hex, sizeof hex),
                        "FEFE681200000000006891183332343389674533433335335333363348333833446735338516");

    job.bytes[5] = 0x13; /* nobody has this address */
    job.bytes[18]++;
    run_job(f, &job);
    assert_int_equal(f->done.status, CN_E_TIMEOUT);
    assert_int_equal(f->bytes_count, 0);
}

/* part 1, 7.6: the broadcast goes out with the delay added, and nobody is waited for */
static void test_set_time(void **state)
{
    struct bus_fixture *f = *state;
    struct bus_job job = job_of(JOB_SET_TIME);
    struct dlt645_frame frame;
    uint8_t raw[64];

    memset(job.address, 0x99, ADDR_LEN);
    job.local_time =
        (struct civil){.year = 2017, .month = 6, .day = 5, .hour = 10, .minute = 22, .second = 51};
    int64_t start = mono_ms();
    run_job(f, &job);
    assert_int_equal(f->done.status, 0);
    assert_true(mono_ms() - start < RESPONSE_MS);
    assert_true(read_exactly(f->line.master, raw, 4 + 18));
    assert_int_equal(dlt645_frame_decode(raw, 22, &frame), 22);
    assert_true(dlt645_addr_broadcast(frame.address));
    assert_int_equal(frame.control, DLT645_FN_TIME);
    static const uint8_t expected[] = {0x51, 0x22, 0x10, 0x05, 0x06, 0x17};
    assert_memory_equal(frame.data, expected, sizeof expected);

    /* the next request keeps the pause; to one meter silence is taken for consent */
    start = mono_ms();
    addr_parse(ADDRESS, job.address);
    job.local_time.second = 59;
    run_job(f, &job);
    assert_int_equal(f->done.status, 0);
    assert_true(mono_ms() - start >= 480);
    job.local_time.month = 13;
    run_job(f, &job);
    assert_int_equal(f->done.status, CN_E_RANGE);
}

/* fault 45 */
static void test_device_missing(void **state)
{
    struct bus_fixture *f = *state;
    struct bus_job job = job_of(JOB_READ);
    char dir[] = CN_BINARY_DIR "/bus-test-XXXXXX";

    close(f->socket);
    assert_int_equal(waitpid(f->bus, NULL, 0), f->bus);
    assert_non_null(mkdtemp(dir));
    snprintf(f->device, sizeof f->device, "%s/port", dir);
    start_bus(f);
    expect_hello(f);
    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    run_job(f, &job);
    assert_int_equal(f->done.status, CN_E_IO);
    assert_int_equal(f->value_count, 1);
    assert_int_equal(f->values[0].status, CN_E_IO);

    assert_int_equal(symlink(f->line.name, f->device), 0);
    start_meter(f, plain_meter());
    int64_t start = mono_ms();
    do {
        run_job(f, &job);
        assert_true(mono_ms() - start < 5000);
        sleep_ms(50);
    } while (f->done.status == CN_E_IO);
    assert_int_equal(f->done.status, 0);
    assert_value(f, Q_EP_IMP, PERIOD_NOW, 0, "1234.56");
    unlink(f->device);
    rmdir(dir);
}

static void expect_end(struct bus_fixture *f, int64_t limit_ms)
{
    int status;
    int64_t start = mono_ms();

    while (waitpid(f->bus, &status, WNOHANG) == 0) {
        assert_true(mono_ms() - start < limit_ms);
        sleep_ms(2);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(f->socket);
    f->bus = 0;
}

/* QUIT, SIGTERM and the end of the socket end the process, also in the middle of a wait */
static void test_ends(void **state)
{
    struct bus_fixture *f = *state;
    struct bus_job job = job_of(JOB_READ);
    uint8_t quit = BUS_QUIT;

    want(&job, Q_EP_IMP, PERIOD_NOW, 0);
    job.response_ms = 10000;
    send_job(f, &job);
    sleep_ms(50);
    assert_int_equal(send(f->socket, &quit, 1, 0), 1);
    expect_end(f, 1500);

    start_bus(f);
    expect_hello(f);
    send_job(f, &job);
    sleep_ms(50);
    kill(f->bus, SIGTERM);
    expect_end(f, 1500);

    start_bus(f);
    expect_hello(f);
    send_job(f, &job);
    sleep_ms(50);
    assert_int_equal(shutdown(f->socket, SHUT_RDWR), 0);
    expect_end(f, 1500);

    start_bus(f);
    expect_hello(f);
    kill(f->bus, SIGTERM);
    expect_end(f, 1500);
}

static int exit_code(char *const argv[])
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 2);
        execv(argv[0], argv);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_usage(void **state)
{
    (void)state;
    char *const none[] = {CN_BINARY_DIR "/bin/concentrator-bus", NULL};
    char *const bad[] = {
        CN_BINARY_DIR "/bin/concentrator-bus", "--port", "32", "--device", "x", "--profiles", "y", NULL};
    char *const odd[] = {CN_BINARY_DIR "/bin/concentrator-bus", "--port", NULL};

    assert_int_equal(exit_code(none), 2);
    assert_int_equal(exit_code(bad), 2);
    assert_int_equal(exit_code(odd), 2);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_read),
        T(test_refusals),
        T(test_single_items),
        T(test_silent_meter),
        T(test_bad_answers),
        T(test_follow_on),
        T(test_false_follow_on),
        T(test_clock_at_midnight),
        T(test_find),
        T(test_forward),
        T(test_set_time),
        T(test_device_missing),
        T(test_ends),
        cmocka_unit_test(test_usage),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
