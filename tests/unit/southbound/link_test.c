/* The link on a pty against a peer that answers late, in pieces, with noise, with its echo, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "southbound/link.h"
#include "tests/unit/southbound/peer.h"

/* Upper bounds are generous: only what is waited for in vain is to be seen, not how busy the machine is. */
enum {
    RESPONSE_MS = 250,
    BYTE_MS = 100,
    SHORT_BYTE_MS = 40,
    LONG_BYTE_MS = 1000,
    SLACK_MS = 300,
    NOTES = 2048
};

static const uint8_t request[] = {0xFE, 0xFE, 0xFE, 0xFE, 0x68, 0x12, 0,    0,    0,    0,
                                  0,    0x68, 0x11, 0x04, 0x33, 0x32, 0x34, 0x33, 0xC3, 0x16};
/* the block of part 1, section 9 */
static const uint8_t answer[] = {0x68, 0x12, 0x00, 0x00, 0x00, 0x00, 0x00, 0x68, 0x91, 0x18, 0x33, 0x32,
                                 0x34, 0x33, 0x89, 0x67, 0x45, 0x33, 0x43, 0x33, 0x35, 0x33, 0x53, 0x33,
                                 0x36, 0x33, 0x48, 0x33, 0x38, 0x33, 0x44, 0x67, 0x35, 0x33, 0x85, 0x16};

struct fixture {
    struct line_pair line;
    struct link link;
    struct link_times times;
    unsigned idle_calls;
    int64_t idle_at, idle_gap;
    bool stop;
    char notes[NOTES]; /* notes joined with '|' */
    size_t tx_traced, rx_traced;
};

static bool on_idle(void *ctx)
{
    struct fixture *f = ctx;
    int64_t now = mono_ms();

    if (f->idle_calls++ && now - f->idle_at > f->idle_gap)
        f->idle_gap = now - f->idle_at;
    f->idle_at = now;
    return f->stop;
}

static void on_trace(void *ctx, enum trace_dir dir, const uint8_t *bytes, size_t n)
{
    struct fixture *f = ctx;
    size_t used = strlen(f->notes);

    if (dir == TRACE_TX)
        f->tx_traced += n;
    else if (dir == TRACE_RX)
        f->rx_traced += n;
    else
        snprintf(f->notes + used, sizeof f->notes - used, "%.*s|", (int)n, (const char *)bytes);
}

static int scan(const uint8_t *p, size_t n, bool gap, struct link_span *span)
{
    struct dlt645_span s;
    int rc = dlt645_scan(p, n, gap, &s);

    *span = (struct link_span){.start = s.start, .length = s.length, .bad = s.bad, .torn = s.cut > 0};
    return rc;
}

static const struct link_framing framing = {.scan = scan, .frame_max = DLT645_FRAME_MAX, .echo = true};
static const struct line_settings fast = {.baud = 115200, .data_bits = 8, .parity = 'E', .stop_bits = 1};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct link_config c = {.device = f->line.name, .idle = on_idle, .trace = on_trace, .ctx = f};

    line_open(&f->line);
    f->times = (struct link_times){.response_ms = RESPONSE_MS, .byte_ms = BYTE_MS};
    link_init(&f->link, &c);
    assert_int_equal(link_line(&f->link, &fast), 0);
    assert_int_equal(link_open(&f->link), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    link_close(&f->link);
    line_close(&f->line);
    free(f);
    return 0;
}

/* Send the request while the peer plays its pieces, and receive once. */
static int exchange(struct fixture *f, const struct piece *pieces, size_t count, const uint8_t **frame)
{
    pid_t pid = peer_play(&f->line, sizeof request, pieces, count);
    int rc = link_send(&f->link, 1, request, sizeof request);

    if (rc == 0)
        rc = link_receive(&f->link, &framing, &f->times, frame);
    peer_end(pid);
    return rc;
}

static void assert_answered(struct fixture *f, const struct piece *pieces, size_t count)
{
    const uint8_t *frame;

    assert_int_equal(exchange(f, pieces, count, &frame), sizeof answer);
    assert_memory_equal(frame, answer, sizeof answer);
}

static void assert_good_exchange(struct fixture *f)
{
    struct piece p = {0, answer, sizeof answer};

    assert_answered(f, &p, 1);
}

static void test_prompt(void **state)
{
    struct fixture *f = *state;
    struct piece p = {100, answer, sizeof answer};
    int64_t start = mono_ms();

    f->times.byte_ms = LONG_BYTE_MS;
    assert_answered(f, &p, 1);
    int64_t took = mono_ms() - start;
    assert_in_range(took, 100, 100 + SLACK_MS); /* no pause behind the frame was waited for */
    assert_in_range(f->link.stats.response_ms, 90, 100 + SLACK_MS);
    assert_int_equal(f->link.stats.requests, 1);
    assert_int_equal(f->link.stats.rx_bytes, sizeof answer);
    assert_int_equal(f->link.stats.tx_bytes, sizeof request);
    assert_int_equal(f->tx_traced, sizeof request);
    assert_int_equal(f->rx_traced, sizeof answer);
}

static void test_pieces(void **state)
{
    struct fixture *f = *state;
    struct piece p[sizeof answer];

    for (size_t i = 0; i < sizeof answer; i++)
        p[i] = (struct piece){i % 9 == 8 ? 20 : 1, answer + i, 1};
    assert_answered(f, p, sizeof answer);
}

static void test_wake_bytes_and_noise(void **state)
{
    struct fixture *f = *state;
    static const uint8_t wake[8] = {0xFE, 0xFE, 0xFE, 0xFE, 0xFE, 0xFE, 0xFE, 0xFE};
    static const uint8_t noise[] = {0x00, 0x16, 0x68, 0xFF, 0x68, 0x68, 0x33, 0x91};

    for (size_t n = 0; n <= sizeof wake; n++) {
        struct piece p[] = {{0, wake, n}, {0, answer, sizeof answer}};
        assert_answered(f, p, 2);
    }
    for (size_t n = 1; n <= sizeof noise; n++) {
        struct piece p[] = {{0, noise, n}, {5, answer, sizeof answer}};
        assert_answered(f, p, 2);
    }
}

/* noise that looks like the head of a long frame hides the answer until the byte time-out, not for good */
static void test_false_head(void **state)
{
    struct fixture *f = *state;
    static const uint8_t head[] = {0x68, 1, 2, 3, 4, 5, 6, 0x68, 0x91, 0xF0};
    struct piece p[] = {{0, head, sizeof head}, {0, answer, sizeof answer}};

    assert_answered(f, p, 2);
}

static void test_echo(void **state)
{
    struct fixture *f = *state;

    /* whole, and without its first bytes since the adapter switched late */
    for (size_t from = 0; from < sizeof request; from++) {
        struct piece p[] = {{0, request + from, sizeof request - from}, {20, answer, sizeof answer}};
        assert_answered(f, p, 2);
        assert_int_equal(f->link.stats.echo, from + 1);
    }
    /* in one go with the answer */
    uint8_t both[sizeof request + sizeof answer];
    memcpy(both, request, sizeof request);
    memcpy(both + sizeof request, answer, sizeof answer);
    struct piece one = {0, both, sizeof both};
    assert_answered(f, &one, 1);
    /* without its end: no echo to be seen, the scan gets over it */
    for (size_t n = 1; n < sizeof request; n++) {
        struct piece p[] = {{0, request, n}, {10, answer, sizeof answer}};
        assert_answered(f, p, 2);
    }
}

static void test_echo_only(void **state)
{
    struct fixture *f = *state;
    const uint8_t *frame;
    struct piece p = {0, request, sizeof request};
    int64_t start = mono_ms();

    assert_int_equal(exchange(f, &p, 1, &frame), CN_E_TIMEOUT);
    assert_in_range(mono_ms() - start, RESPONSE_MS, RESPONSE_MS + SLACK_MS);
    assert_non_null(strstr(f->notes, "echo removed|time-out|"));
}

static void test_wrong_checksum(void **state)
{
    struct fixture *f = *state;
    uint8_t bad[sizeof answer];
    const uint8_t *frame;

    memcpy(bad, answer, sizeof bad);
    bad[20] ^= 4;
    struct piece p = {0, bad, sizeof bad};
    int64_t start = mono_ms();
    f->times.response_ms = 2000;
    assert_int_equal(exchange(f, &p, 1, &frame), CN_E_CHECKSUM);
    assert_true(mono_ms() - start < 2000); /* the rest of the response time is not spent */
    assert_int_equal(f->link.stats.checksum, 1);
    assert_int_equal(link_drain(&f->link), 0);
    assert_good_exchange(f);
}

static void test_parity(void **state)
{
    struct fixture *f = *state;
    const uint8_t *frame;
    uint8_t glitch[sizeof answer + 4], *end = glitch;

    /*
     * A pty has no parity, so the errors are counted in by hand where serial_read would: a single bad byte
     * before a silent meter is a glitch, a broken frame with bad bytes is a parity error.
     */
    struct piece none = {0, glitch, 0};
    pid_t pid = peer_play(&f->line, sizeof request, &none, 1);
    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    f->link.parity = 1;
    assert_int_equal(link_receive(&f->link, &framing, &f->times, &frame), CN_E_TIMEOUT);
    peer_end(pid);

    memcpy(glitch, answer, sizeof answer);
    glitch[15] = 0;
    end += sizeof answer;
    struct piece p = {0, glitch, (size_t)(end - glitch)};
    pid = peer_play(&f->line, sizeof request, &p, 1);
    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    f->link.parity = 1;
    assert_int_equal(link_receive(&f->link, &framing, &f->times, &frame), CN_E_PARITY);
    peer_end(pid);
    assert_int_equal(f->link.stats.parity, 1);
    assert_int_equal(f->link.stats.timeouts, 1);
}

static void test_second_frame(void **state)
{
    struct fixture *f = *state;
    uint8_t both[2 * sizeof answer];
    const uint8_t *frame;

    /* a converter joined two answers; the first is not ours */
    memcpy(both, answer, sizeof answer);
    memcpy(both + sizeof answer, answer, sizeof answer);
    both[1] = 0x13;
    both[sizeof answer - 2]++;
    struct piece p = {0, both, sizeof both};
    assert_int_equal(exchange(f, &p, 1, &frame), sizeof answer);
    assert_int_equal(frame[1], 0x13);
    assert_int_equal(link_receive(&f->link, &framing, &f->times, &frame), sizeof answer);
    assert_memory_equal(frame, answer, sizeof answer);
}

/* fault 34: a byte lost, doubled or inserted at every position; the next exchange is good */
static void test_damage_everywhere(void **state)
{
    struct fixture *f = *state;
    const uint8_t *frame;

    f->times.byte_ms = SHORT_BYTE_MS;
    for (size_t at = 0; at < sizeof answer; at++) {
        for (int kind = 0; kind < 3; kind++) {
            uint8_t bad[sizeof answer + 1];
            size_t n = kind == 0 ? sizeof answer - 1 : sizeof answer + 1;
            memcpy(bad, answer, at);
            if (kind == 0) {
                memcpy(bad + at, answer + at + 1, sizeof answer - at - 1);
            } else {
                bad[at] = kind == 1 ? answer[at] : 0x68;
                memcpy(bad + at + 1, answer + at, sizeof answer - at);
            }
            struct piece p = {0, bad, n};
            int rc = exchange(f, &p, 1, &frame);
            if (rc > 0)
                assert_memory_equal(frame, answer, sizeof answer); /* a byte before the frame: no harm */
            else
                assert_true(rc == CN_E_CHECKSUM || rc == CN_E_FRAME || rc == CN_E_TIMEOUT);
            assert_good_exchange(f);
        }
    }
}

static void test_late_answer(void **state)
{
    struct fixture *f = *state;
    const uint8_t *frame;
    struct piece late = {RESPONSE_MS + 100, answer, sizeof answer};
    pid_t pid = peer_play(&f->line, sizeof request, &late, 1);
    int64_t start = mono_ms();

    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    assert_int_equal(link_receive(&f->link, &framing, &f->times, &frame), CN_E_TIMEOUT);
    assert_int_equal(link_drain(&f->link), 0);
    /* 100 ms later it came, 200 ms after that the line was silent for long enough */
    assert_in_range(mono_ms() - start, RESPONSE_MS + 300, RESPONSE_MS + 300 + SLACK_MS);
    peer_end(pid);
    assert_int_equal(f->rx_traced, sizeof answer);
    assert_good_exchange(f);
}

static void test_cut_answer(void **state)
{
    struct fixture *f = *state;
    const uint8_t *frame;
    struct piece p = {0, answer, 20};

    assert_int_equal(exchange(f, &p, 1, &frame), CN_E_FRAME);
    assert_non_null(strstr(f->notes, "frame cut short"));
    assert_int_equal(link_drain(&f->link), 0);
    assert_good_exchange(f);
}

static pid_t babbler(const struct fixture *f, uint8_t byte)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    for (;;) {
        write_fully(f->line.master, &byte, 1);
        sleep_ms(2);
    }
}

/* fault 35, 36: noise without end is borne for a bounded time and does not grow */
static void test_babble(void **state)
{
    struct fixture *f = *state;
    static const uint8_t bytes[] = {0x68, 0xFE};
    const uint8_t *frame;

    for (size_t i = 0; i < sizeof bytes; i++) {
        int64_t start = mono_ms();
        pid_t pid = babbler(f, bytes[i]);
        assert_int_equal(link_send(&f->link, i + 1, request, sizeof request), 0);
        assert_true(link_receive(&f->link, &framing, &f->times, &frame) < 0);
        assert_true(mono_ms() - start < 1500);
        assert_int_equal(link_drain(&f->link), CN_E_BUSY);
        assert_true(mono_ms() - start < 1500 + LINK_DRAIN_MAX_MS + SLACK_MS);
        peer_kill(pid);
        assert_int_equal(link_drain(&f->link), 0);
        /* what the babbler did not read stands in the pty: it is not part of the next request */
        tcflush(f->line.master, TCIOFLUSH);
        uint8_t rest[512];
        struct pollfd p = {.fd = f->line.master, .events = POLLIN};
        while (poll(&p, 1, 0) > 0 && p.revents & POLLIN)
            assert_true(read(f->line.master, rest, sizeof rest) > 0);
        assert_good_exchange(f);
    }
}

static void test_silence_rule(void **state)
{
    struct fixture *f = *state;

    f->link.config.same_meter_ms = 400;
    f->link.config.turnaround_ms = 30;
    assert_good_exchange(f);
    int64_t start = mono_ms();
    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    assert_in_range(mono_ms() - start, 395, 400 + SLACK_MS);
    start = mono_ms();
    assert_int_equal(link_send(&f->link, 2, request, sizeof request), 0);
    assert_in_range(mono_ms() - start, 28, 30 + SLACK_MS);
    link_pause(&f->link, 600);
    start = mono_ms();
    assert_int_equal(link_send(&f->link, 2, request, sizeof request), 0);
    assert_in_range(mono_ms() - start, 595, 600 + SLACK_MS);
}

/* the response time starts when the request has left the wire: 20 bytes at 600 bit/s take 366 ms */
static void test_wire_time(void **state)
{
    struct fixture *f = *state;
    struct line_settings slow = {.baud = 600, .data_bits = 8, .parity = 'E', .stop_bits = 1};
    const uint8_t *frame;

    assert_int_equal(link_line(&f->link, &slow), 0);
    assert_int_equal(link_wire_us(&f->link, 20), 366666);
    int64_t start = mono_ms();
    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    assert_int_equal(link_receive(&f->link, &framing, &f->times, &frame), CN_E_TIMEOUT);
    assert_in_range(mono_ms() - start, 366 + RESPONSE_MS - 5, 366 + RESPONSE_MS + SLACK_MS);
    assert_true(f->idle_calls >= 3);
    assert_true(f->idle_gap <= BUS_ALIVE_MS + 100);
}

static void test_cancel(void **state)
{
    struct fixture *f = *state;
    const uint8_t *frame;

    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    f->stop = true;
    f->times.response_ms = 2000;
    int64_t start = mono_ms();
    assert_int_equal(link_receive(&f->link, &framing, &f->times, &frame), CN_E_CANCELLED);
    assert_true(mono_ms() - start < LINK_IDLE_MS + SLACK_MS);
}

/* fault 45: the device goes and comes back under the same name */
static void test_port_gone(void **state)
{
    struct fixture *f = *state;
    char path[] = CN_BINARY_DIR "/link-test-XXXXXX";
    const uint8_t *frame;
    struct link_config c = f->link.config;

    assert_non_null(mkdtemp(path));
    char device[512];
    snprintf(device, sizeof device, "%s/port", path);
    assert_int_equal(symlink(f->line.name, device), 0);
    link_close(&f->link);
    c.device = device;
    link_init(&f->link, &c);
    assert_int_equal(link_line(&f->link, &fast), 0);
    assert_good_exchange(f);

    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    line_close(&f->line);
    assert_int_equal(link_receive(&f->link, &framing, &f->times, &frame), CN_E_IO);
    assert_int_equal(link_send(&f->link, 1, request, sizeof request), CN_E_IO);
    unlink(device);
    line_open(&f->line);
    assert_int_equal(symlink(f->line.name, device), 0);
    int64_t start = mono_ms();
    while (f->link.fd < 0 && mono_ms() - start < 3000) {
        link_service(&f->link);
        sleep_ms(20);
    }
    assert_true(f->link.fd >= 0);
    assert_good_exchange(f);

    /* gone while nothing is under way: noticed by the service call */
    line_close(&f->line);
    link_service(&f->link);
    assert_int_equal(f->link.fd, -1);
    unlink(device);
    rmdir(path);
}

static void test_collect(void **state)
{
    struct fixture *f = *state;
    static const uint8_t text[] = "/ABC5 not a frame\r\n";
    uint8_t out[256];
    struct piece p[] = {{0, text, 7}, {20, text + 7, sizeof text - 8}};
    pid_t pid = peer_play(&f->line, sizeof request, p, 2);
    int64_t start = mono_ms();

    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    assert_int_equal(link_collect(&f->link, &framing, &f->times, out, sizeof out), sizeof text - 1);
    assert_memory_equal(out, text, sizeof text - 1);
    assert_in_range(mono_ms() - start, 20 + BYTE_MS - 5, 20 + BYTE_MS + SLACK_MS);
    peer_end(pid);

    /* a whole frame ends it at once, its wake-up bytes stay, its echo does not */
    static const uint8_t wake[2] = {0xFE, 0xFE};
    struct piece q[] = {{0, request, sizeof request}, {5, wake, 2}, {0, answer, sizeof answer}};
    f->times.byte_ms = LONG_BYTE_MS;
    pid = peer_play(&f->line, sizeof request, q, 3);
    start = mono_ms();
    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    assert_int_equal(link_collect(&f->link, &framing, &f->times, out, sizeof out), sizeof answer + 2);
    assert_memory_equal(out + 2, answer, sizeof answer);
    assert_true(mono_ms() - start < LONG_BYTE_MS);
    peer_end(pid);

    assert_int_equal(link_send(&f->link, 1, request, sizeof request), 0);
    assert_int_equal(link_collect(&f->link, NULL, &f->times, out, sizeof out), CN_E_TIMEOUT);
    assert_int_equal(link_send(&f->link, 1, out, LINK_FRAME_MAX + 1), CN_E_NOSPACE);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_prompt),
        T(test_pieces),
        T(test_wake_bytes_and_noise),
        T(test_false_head),
        T(test_echo),
        T(test_echo_only),
        T(test_wrong_checksum),
        T(test_parity),
        T(test_second_frame),
        T(test_damage_everywhere),
        T(test_late_answer),
        T(test_cut_answer),
        T(test_babble),
        T(test_silence_rule),
        T(test_wire_time),
        T(test_cancel),
        T(test_port_gone),
        T(test_collect),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
