#include "southbound/link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/err.h"

enum { US_PER_MS = 1000, READ_CHUNK = 256, WRITE_SPARE_MS = 1000, GLITCH_BYTES = 3 };

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void link_init(struct link *l, const struct link_config *config)
{
    *l = (struct link){.config = *config, .fd = -1};
}

void link_note(struct link *l, const char *text)
{
    if (l->config.trace)
        l->config.trace(l->config.ctx, TRACE_NOTE, (const uint8_t *)text, strlen(text));
}

static void trace(struct link *l, enum trace_dir dir, const uint8_t *bytes, size_t n)
{
    if (l->config.trace && n > 0)
        l->config.trace(l->config.ctx, dir, bytes, n);
}

static void count(uint16_t *counter)
{
    if (*counter < UINT16_MAX)
        ++*counter;
}

int64_t link_wire_us(const struct link *l, size_t n)
{
    unsigned bits = 1u + l->line.data_bits + (l->line.parity != 'N') + l->line.stop_bits;

    return l->line.baud ? (int64_t)n * bits * 1000000 / l->line.baud : 0;
}

int64_t link_sending_us(const struct link *l)
{
    return max64(l->tx_end_us - now_us(), 0);
}

/* --- the port --- */

void link_close(struct link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

static int lost(struct link *l)
{
    link_note(l, "the port is gone");
    link_close(l);
    l->next_open_us = now_us() + LINK_REOPEN_MS * US_PER_MS;
    return CN_E_IO;
}

int link_open(struct link *l)
{
    if (l->fd >= 0)
        return 0;
    l->next_open_us = now_us() + LINK_REOPEN_MS * US_PER_MS;
    int fd = serial_open(l->config.device);
    int err = fd < 0 ? fd : 0;
    if (err == 0 && l->line_set)
        err = serial_configure(fd, &l->line);
    if (err == 0)
        err = serial_rs485(fd);
    if (err < 0) {
        if (fd >= 0)
            close(fd);
        l->open_error = -err;
        return CN_E_IO;
    }
    l->fd = fd;
    l->open_error = 0;
    l->escape = 0;
    return 0;
}

static int open_if_due(struct link *l)
{
    if (l->fd >= 0)
        return 0;
    return now_us() >= l->next_open_us ? link_open(l) : CN_E_IO;
}

void link_service(struct link *l)
{
    struct pollfd p = {.fd = l->fd, .events = 0};

    if (l->fd >= 0 && poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL))
        lost(l);
    (void)open_if_due(l);
}

/* --- waiting --- */

/* @return 1 bytes are there (or events that a read will tell), 0 the deadline is over, CN_E_IO,
 * CN_E_CANCELLED. */
static int wait_for(struct link *l, short events, int64_t until_us)
{
    for (;;) {
        int64_t now = now_us();
        if (now >= l->next_idle_us) {
            l->next_idle_us = now + LINK_IDLE_MS * US_PER_MS;
            if (l->config.idle && l->config.idle(l->config.ctx))
                return CN_E_CANCELLED;
        }
        /* a deadline that is over still takes one look at the port: bytes may have come meanwhile */
        int64_t rest = max64(min64(until_us, l->next_idle_us) - now, 0);
        struct timespec t = {.tv_sec = (time_t)(rest / 1000000), .tv_nsec = (long)(rest % 1000000 * 1000)};
        struct pollfd p = {.fd = events ? l->fd : -1, .events = events};
        int n = ppoll(&p, 1, &t, NULL);
        if (n < 0 && errno != EINTR)
            return lost(l);
        if (n < 0)
            l->next_idle_us = 0; /* a signal: let the idle hook look at once */
        if (n > 0 && p.revents & events)
            return 1;
        if (n > 0)
            return lost(l);
        if (n == 0 && now + rest >= until_us)
            return 0;
    }
}

int link_wait_ms(struct link *l, unsigned ms)
{
    int rc = wait_for(l, 0, now_us() + (int64_t)ms * US_PER_MS);

    return rc < 0 ? rc : 0;
}

int link_line(struct link *l, const struct line_settings *s)
{
    struct serial_settings want = {
        .baud = s->baud, .data_bits = s->data_bits, .parity = s->parity, .stop_bits = s->stop_bits};

    if (l->line_set && l->line.baud == want.baud && l->line.data_bits == want.data_bits &&
        l->line.parity == want.parity && l->line.stop_bits == want.stop_bits)
        return 0;
    if (l->fd >= 0) {
        /* not under the last bytes of a broadcast */
        int err = wait_for(l, 0, l->tx_end_us);
        if (err < 0)
            return err;
        err = serial_configure(l->fd, &want);
        if (err == -EINVAL)
            return CN_E_RANGE;
        if (err < 0)
            return lost(l);
    }
    l->line = want;
    l->line_set = true;
    return 0;
}

/* Append what is there to rx. @return bytes, CN_E_IO. */
static int take_bytes(struct link *l)
{
    size_t room = sizeof l->rx - l->rx_len;

    if (room < READ_CHUNK && l->rx_scan > 0) {
        /* noise without end: what holds no frame makes room */
        trace(l, TRACE_RX, l->rx, l->rx_scan);
        memmove(l->rx, l->rx + l->rx_scan, l->rx_len - l->rx_scan);
        l->rx_len -= l->rx_scan;
        l->rx_scan = 0;
        room = sizeof l->rx - l->rx_len;
    }
    int n = serial_read(l->fd, l->rx + l->rx_len, room, &l->escape, &l->parity);
    if (n < 0)
        return lost(l);
    if (n > 0) {
        l->rx_len += (size_t)n;
        l->stats.rx_bytes += (uint32_t)n;
        l->quiet_from_us = now_us();
    }
    return n;
}

/* Throw away what comes until `quiet_us` are silent, counted from quiet_from_us. */
static int until_quiet(struct link *l, int64_t quiet_us)
{
    int64_t limit = now_us() + LINK_DRAIN_MAX_MS * US_PER_MS;

    for (;;) {
        int rc = wait_for(l, POLLIN, l->quiet_from_us + quiet_us);
        if (rc <= 0)
            return rc;
        l->rx_len = l->rx_scan = 0;
        rc = take_bytes(l);
        if (rc < 0)
            return rc;
        trace(l, TRACE_RX, l->rx, l->rx_len);
        l->rx_len = 0;
        if (now_us() >= limit) {
            link_note(l, "the line does not fall silent");
            return CN_E_BUSY;
        }
    }
}

int link_drain(struct link *l)
{
    return l->fd < 0 ? CN_E_IO : until_quiet(l, LINK_DRAIN_QUIET_MS * US_PER_MS);
}

void link_pause(struct link *l, unsigned ms)
{
    l->not_before_us = max64(l->not_before_us, max64(l->tx_end_us, now_us()) + (int64_t)ms * US_PER_MS);
}

/* --- sending --- */

static int write_all(struct link *l, const uint8_t *bytes, size_t n)
{
    int64_t limit = now_us() + link_wire_us(l, n) + WRITE_SPARE_MS * US_PER_MS;

    for (size_t done = 0; done < n;) {
        int rc = serial_write(l->fd, bytes + done, n - done);
        if (rc < 0)
            return lost(l);
        done += (size_t)rc;
        if (rc == 0) {
            rc = wait_for(l, POLLOUT, limit);
            if (rc < 0)
                return rc;
            if (rc == 0)
                return lost(l); /* a port that takes no bytes is as good as gone */
        }
    }
    return 0;
}

int link_send(struct link *l, uint64_t peer, const uint8_t *bytes, size_t n)
{
    if (n > sizeof l->tx)
        return CN_E_NOSPACE;
    int rc = open_if_due(l);
    if (rc < 0)
        return rc;

    int64_t pause = peer == l->last_peer ? l->config.same_meter_ms : l->config.turnaround_ms;
    int64_t hold = l->not_before_us - now_us();
    if (hold > 0 && (rc = wait_for(l, 0, l->not_before_us)) < 0)
        return rc;
    rc = until_quiet(l, pause * US_PER_MS);
    if (rc < 0)
        return rc;

    l->rx_len = l->rx_scan = 0;
    l->bad = l->parity = 0;
    l->torn = l->echo_done = false;
    l->last_byte_us = 0;
    int64_t start = max64(now_us(), l->tx_end_us);
    rc = write_all(l, bytes, n);
    if (rc < 0)
        return rc;
    memcpy(l->tx, bytes, n);
    l->tx_len = n;
    l->tx_end_us = start + link_wire_us(l, n);
    l->quiet_from_us = l->tx_end_us;
    l->last_peer = peer;
    count(&l->stats.requests);
    l->stats.tx_bytes += (uint32_t)n;
    trace(l, TRACE_TX, bytes, n);
    return 0;
}

/* --- receiving --- */

/*
 * Two-wire adapters give back what was sent, some only its end because they switch late. As long as what came
 * equals a part of the request it may become an echo; once it equals an end of it, it is one and goes away.
 */
static void strip_echo(struct link *l)
{
    bool possible = false;

    if (l->echo_done || l->rx_len == 0)
        return;
    for (size_t from = 0; from < l->tx_len; from++) {
        size_t tail = l->tx_len - from;
        size_t common = tail < l->rx_len ? tail : l->rx_len;
        if (memcmp(l->rx, l->tx + from, common) != 0)
            continue;
        if (common == tail) {
            l->rx_len -= tail;
            memmove(l->rx, l->rx + tail, l->rx_len);
            l->rx_scan = 0;
            l->echo_done = true;
            if (l->rx_len == 0)
                l->last_byte_us = 0;
            count(&l->stats.echo);
            link_note(l, "echo removed");
            return;
        }
        possible = true;
    }
    l->echo_done = !possible;
}

static void first_byte(struct link *l)
{
    int64_t pause = l->last_byte_us - l->tx_end_us - link_wire_us(l, 1);

    if (pause > 0 && pause / US_PER_MS > l->stats.response_ms)
        l->stats.response_ms = (uint32_t)(pause / US_PER_MS);
}

/* Read, note the times, take an echo away. @return bytes left of what came, CN_E_IO. */
static int read_more(struct link *l, const struct link_framing *framing)
{
    bool first = l->last_byte_us == 0;
    int rc = take_bytes(l);

    if (rc <= 0)
        return rc;
    l->last_byte_us = l->quiet_from_us;
    if (framing && framing->echo)
        strip_echo(l);
    if (first && l->last_byte_us)
        first_byte(l);
    return rc;
}

/* Look for a frame in rx; it goes to l->frame. @return its length or 0. */
static size_t find_frame(struct link *l, const struct link_framing *framing, bool gap)
{
    struct link_span span = {0};
    int found = framing->scan(l->rx + l->rx_scan, l->rx_len - l->rx_scan, gap, &span);

    l->bad += span.bad;
    l->torn |= span.torn;
    l->rx_scan += span.start;
    if (!found || span.length > sizeof l->frame)
        return 0;
    size_t end = l->rx_scan + span.length;
    memcpy(l->frame, l->rx + l->rx_scan, span.length);
    trace(l, TRACE_RX, l->rx, end);
    l->rx_len -= end;
    memmove(l->rx, l->rx + end, l->rx_len);
    l->rx_scan = 0;
    return span.length;
}

static int failed(struct link *l)
{
    trace(l, TRACE_RX, l->rx, l->rx_len);
    l->rx_len = l->rx_scan = 0;
    /* a single bad byte is the glitch of a line that changes its direction, not an answer */
    if (l->parity && (l->bad || l->torn || l->parity > GLITCH_BYTES)) {
        count(&l->stats.parity);
        link_note(l, "parity error");
        return CN_E_PARITY;
    }
    if (l->bad) {
        count(&l->stats.checksum);
        link_note(l, "wrong checksum");
        return CN_E_CHECKSUM;
    }
    if (l->torn) {
        count(&l->stats.checksum);
        link_note(l, "frame cut short");
        return CN_E_FRAME;
    }
    /* the answer may still be on its way: silence counts from here */
    l->quiet_from_us = now_us();
    count(&l->stats.timeouts);
    link_note(l, "time-out");
    return CN_E_TIMEOUT;
}

int link_receive(struct link *l, const struct link_framing *framing, const struct link_times *times,
                 const uint8_t **frame)
{
    int64_t byte_us = (int64_t)times->byte_ms * US_PER_MS;
    int64_t response = l->tx_end_us + (int64_t)times->response_ms * US_PER_MS;
    int64_t total = response + 2 * link_wire_us(l, framing->frame_max) + byte_us;

    for (;;) {
        size_t n = find_frame(l, framing, false);
        if (n > 0) {
            *frame = l->frame;
            return (int)n;
        }
        /* Inside a frame the byte time-out counts. After a garbled one it does too: what is left of the
         * response time would be spent in vain. */
        bool pending = l->rx_scan < l->rx_len;
        bool garbled = l->bad || l->torn;
        int64_t until = pending || garbled ? l->last_byte_us + byte_us : response;
        int rc = wait_for(l, POLLIN, min64(until, total));
        if (rc > 0)
            rc = read_more(l, framing);
        else if (rc == 0 && pending && (n = find_frame(l, framing, true)) > 0) {
            *frame = l->frame;
            return (int)n;
        } else if (rc == 0 && (!pending || l->bad || l->torn || now_us() >= min64(response, total)))
            return failed(l);
        if (rc < 0)
            return rc;
    }
}

int link_collect(struct link *l, const struct link_framing *framing, const struct link_times *times,
                 uint8_t *out, size_t cap)
{
    int64_t response = l->tx_end_us + (int64_t)times->response_ms * US_PER_MS;
    int64_t total = response + 2 * link_wire_us(l, cap) + (int64_t)times->byte_ms * US_PER_MS;

    for (;;) {
        struct link_span span = {0};
        bool whole = framing && framing->scan(l->rx, l->rx_len, false, &span) == 1;
        size_t n = whole ? span.start + span.length : l->rx_len;
        int64_t until = l->rx_len ? l->last_byte_us + (int64_t)times->byte_ms * US_PER_MS : response;
        int rc = whole || n >= cap ? 0 : wait_for(l, POLLIN, min64(until, total));
        if (rc == 0) {
            if (n == 0)
                return failed(l);
            n = n < cap ? n : cap;
            memcpy(out, l->rx, n);
            trace(l, TRACE_RX, out, n);
            count(&l->stats.answers);
            return (int)n;
        }
        if (rc > 0)
            rc = read_more(l, framing);
        if (rc < 0)
            return rc;
    }
}
