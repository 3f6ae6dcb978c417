#ifndef TESTS_UNIT_SOUTHBOUND_PEER_H
#define TESTS_UNIT_SOUTHBOUND_PEER_H

/* The other end of a serial line: a pty whose master side is played by a child process. Include after
 * cmocka.h. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "southbound/dlt645/dlt645_frame.h"

struct line_pair {
    int master;
    int keeper; /* slave held open, so that the pty outlives the program under test */
    char name[64];
};

static inline void line_open(struct line_pair *l)
{
    struct termios raw;

    assert_int_equal(openpty(&l->master, &l->keeper, l->name, NULL, NULL), 0);
    assert_int_equal(tcgetattr(l->keeper, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(l->keeper, TCSANOW, &raw), 0);
}

static inline void line_close(struct line_pair *l)
{
    if (l->master >= 0)
        close(l->master);
    if (l->keeper >= 0)
        close(l->keeper);
    l->master = l->keeper = -1;
}

static inline int64_t mono_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void sleep_ms(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    while (nanosleep(&t, &t) < 0)
        ;
}

/* One write of the peer. */
struct piece {
    int delay_ms;
    const uint8_t *p;
    size_t n;
};

static inline bool read_exactly(int fd, uint8_t *buf, size_t n)
{
    for (size_t got = 0; got < n;) {
        ssize_t rc = read(fd, buf + got, n - got);
        if (rc <= 0)
            return false;
        got += (size_t)rc;
    }
    return true;
}

static inline void write_fully(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t rc = write(fd, p, n);
        if (rc <= 0)
            _exit(1);
        p += rc;
        n -= (size_t)rc;
    }
}

/* Child: wait for a request of n bytes, then play the pieces. */
static inline pid_t peer_play(const struct line_pair *l, size_t request, const struct piece *pieces,
                              size_t count)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    uint8_t buf[1200];
    if (!read_exactly(l->master, buf, request))
        _exit(1);
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].delay_ms)
            sleep_ms(pieces[i].delay_ms);
        write_fully(l->master, pieces[i].p, pieces[i].n);
    }
    _exit(0);
}

static inline void peer_end(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static inline void peer_kill(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* --- a small meter: answers identifiers from a table --- */

enum {
    METER_MUTE = 1,
    METER_REFUSE = 2 /* D1 ERR 02 */,
    METER_BAD_SUM = 4,
    METER_FOREIGN = 8,
    METER_WRONG_DI = 16,
    METER_LATE = 32,
    METER_ECHO = 64
};

struct meter_row {
    uint32_t di;
    const char *data; /* hex, low byte first; NULL: only flags */
    int flags;
    int times; /* flags hold for so many requests, then the row is plain; 0 = for ever */
};

struct fake_meter {
    const char *address;
    const struct meter_row *rows;
    size_t count;
    size_t part; /* data bytes in one frame; 0 = all */
    int delay_ms;
    int log; /* each request: its control byte and DI as 5 bytes; -1 = none */
};

static inline void meter_send(const struct fake_meter *m, int fd, struct dlt645_frame *f, int flags)
{
    uint8_t raw[512];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)m;
    dlt645_frame_encode(&w, 2, f);
    if (flags & METER_BAD_SUM)
        raw[w.len - 2] ^= 1;
    write_fully(fd, raw, w.len);
}

static inline void meter_answer(const struct fake_meter *m, int fd, const struct dlt645_frame *rq, int *uses)
{
    struct dlt645_frame f = {.control = rq->control | DLT645_C_SLAVE};
    uint8_t data[1200];
    uint8_t fn = rq->control & DLT645_C_FN;
    uint32_t di = rq->length >= 4 ? dlt645_di_get(rq->data) : 0;
    const struct meter_row *row = NULL;
    int flags = 0;

    addr_parse(m->address, f.address);
    if (fn == DLT645_FN_READ_ADDRESS) {
        f.length = ADDR_LEN;
        memcpy(f.data, f.address, ADDR_LEN);
        meter_send(m, fd, &f, 0);
        return;
    }
    for (size_t i = 0; i < m->count; i++) {
        if (m->rows[i].di == di) {
            row = &m->rows[i];
            flags = row->times && uses[i]++ >= row->times ? 0 : row->flags;
        }
    }
    if (flags & METER_MUTE)
        return;
    if (!row || flags & METER_REFUSE) {
        f.control |= DLT645_C_ABNORMAL;
        f.length = 1;
        f.data[0] = DLT645_ERR_NO_DATA;
        meter_send(m, fd, &f, 0);
        return;
    }
    int n = hex_parse(row->data, data, sizeof data);
    size_t part = m->part ? m->part : (size_t)n, from = 0;
    if (fn == DLT645_FN_NEXT)
        from = part * rq->data[4];
    size_t len = (size_t)n - from < part ? (size_t)n - from : part;
    if (from + len < (size_t)n)
        f.control |= DLT645_C_MORE;
    dlt645_di_put(f.data, flags & METER_WRONG_DI ? di ^ 0x100 : di);
    memcpy(f.data + 4, data + from, len);
    f.length = (uint8_t)(4 + len);
    if (fn == DLT645_FN_NEXT)
        f.data[f.length++] = rq->data[4];
    if (flags & METER_FOREIGN)
        f.address[0] ^= 0x11;
    if (flags & METER_LATE)
        sleep_ms(450);
    meter_send(m, fd, &f, flags);
}

/* Child: serve until killed or until the line is gone. */
static inline pid_t meter_start(const struct line_pair *l, const struct fake_meter *m)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    uint8_t buf[1024], own[ADDR_LEN];
    size_t len = 0;
    int uses[64] = {0};
    addr_parse(m->address, own);
    for (;;) {
        ssize_t n = read(l->master, buf + len, sizeof buf - len);
        if (n <= 0)
            _exit(0);
        len += (size_t)n;
        struct dlt645_span s;
        while (dlt645_scan(buf, len, false, &s) == 1) {
            struct dlt645_frame rq;
            dlt645_frame_decode(buf + s.start, s.length, &rq);
            len -= s.start + s.length;
            memmove(buf, buf + s.start + s.length, len);
            if (m->log >= 0) {
                uint8_t entry[5] = {rq.control, rq.data[0], rq.data[1], rq.data[2], rq.data[3]};
                if (write(m->log, entry, sizeof entry) != sizeof entry)
                    _exit(1);
            }
            if (!dlt645_addr_covers(rq.address, own))
                continue;
            if (m->delay_ms)
                sleep_ms(m->delay_ms);
            meter_answer(m, l->master, &rq, uses);
        }
    }
}

#endif
