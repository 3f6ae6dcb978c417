#include "tests/sim/meter/line.h"

#include <string.h>

enum {
    REST_NS = 500000000, /* Tb: a longer pause ends a frame */
    PAUSE_NS = 50000000, /* wake-up bytes or noise before it do not belong to the next request */
    BABBLE_NS = 100000000,
};

void sm_line_init(struct sm_line *l, unsigned number, struct sm_site *site, uint64_t seed)
{
    l->number = number;
    l->baud = 2400;
    l->wakeup = 4;
    l->delay_min_ms = 20;
    l->delay_max_ms = 60;
    l->fifo = 1;
    l->site = site;
    l->random = sm_mix(seed, 1000 + number);
    l->cycle = 1;
}

int64_t sm_line_byte_ns(const struct sm_line *l, int64_t bytes)
{
    return bytes * SM_BITS * 1000000000 / l->baud;
}

void sm_line_reset_stats(struct sm_line *l)
{
    l->stats = (struct sm_stats){0};
    l->cycle++;
    l->cycle_meters = 0;
    l->last_point = 0;
    l->cycle_wire = 0;
}

static uint64_t dice(struct sm_line *l)
{
    l->random = sm_mix(l->random, 1);
    return l->random;
}

/* 0 <= x < 1 */
static double fraction(struct sm_line *l)
{
    return (double)(dice(l) >> 11) / 9007199254740992.0;
}

static uint8_t disturb(struct sm_line *l, uint8_t b, double ber)
{
    for (unsigned bit = 0; ber > 0 && bit < 8; bit++) {
        if (fraction(l) < ber)
            b = (uint8_t)(b ^ 1u << bit);
    }
    return b;
}

/* ---- what goes out ---- */

/* Put one byte on the wire. Two senders at once: both bytes are lost, a wreck stays. */
static void schedule(struct sm_line *l, int64_t due, uint8_t byte, uint32_t point, int exchange, bool echo)
{
    int64_t width = sm_line_byte_ns(l, 1) * 9 / 10;
    size_t at = l->tx_len;

    while (at > 0 && l->tx[at - 1].due > due)
        at--;
    struct sm_tx *near = at > 0 && due - l->tx[at - 1].due < width       ? &l->tx[at - 1]
                         : at < l->tx_len && l->tx[at].due - due < width ? &l->tx[at]
                                                                         : NULL;
    if (near) {
        near->byte &= byte;
        l->stats.collisions++;
        return;
    }
    if (l->tx_len == SM_TX_MAX) {
        l->stats.lost++;
        return;
    }
    memmove(&l->tx[at + 1], &l->tx[at], (l->tx_len - at) * sizeof l->tx[0]);
    l->tx[at] =
        (struct sm_tx){.due = due, .byte = byte, .point = point, .exchange = (int8_t)exchange, .echo = echo};
    l->tx_len++;
    if (exchange >= 0) {
        l->exchange[exchange].left++;
        l->exchange[exchange].out++;
    }
}

void sm_line_burst(struct sm_line *l, int64_t now, size_t n)
{
    for (size_t i = 1; i <= n; i++)
        schedule(l, now + sm_line_byte_ns(l, (int64_t)i), (uint8_t)dice(l), 0, -1, false);
}

static void babble(struct sm_line *l, int64_t now)
{
    if (!l->babble || l->babble_end > now)
        return;
    size_t n = (size_t)(BABBLE_NS / sm_line_byte_ns(l, 1)) + 1;
    sm_line_burst(l, now, n);
    l->babble_end = now + sm_line_byte_ns(l, (int64_t)n);
}

static size_t batch(const struct sm_line *l)
{
    size_t n = 1;

    /* a UART hands over a part-filled FIFO after four silent character times */
    while (n < l->fifo && n < l->tx_len && l->tx[n].due - l->tx[n - 1].due < sm_line_byte_ns(l, 4))
        n++;
    return n;
}

int64_t sm_line_next(const struct sm_line *l)
{
    int64_t next = l->tx_len ? l->tx[batch(l) - 1].due : INT64_MAX;

    return l->babble && l->babble_end < next ? l->babble_end : next;
}

/* ---- statistics ---- */

static void close_cycle(struct sm_line *l)
{
    struct sm_stats *s = &l->stats;

    if (l->cycle_meters) {
        s->cycles++;
        s->cycle_meters = l->cycle_meters;
        s->cycle_ns = s->last_ns - l->cycle_first;
        s->cycle_wire_ns = l->cycle_wire;
    }
    l->cycle++;
    l->cycle_meters = 0;
    l->cycle_wire = 0;
}

static void count_request(struct sm_line *l, const struct sm_exchange *e, const struct sm_meter *m)
{
    if (m) {
        uint32_t *asked_in = &l->asked_in[m - l->meters];
        if (*asked_in == l->cycle && m->point != l->last_point)
            close_cycle(l);
        if (*asked_in != l->cycle) {
            if (l->cycle_meters++ == 0)
                l->cycle_first = e->first_ns;
            *asked_in = l->cycle;
        }
        l->last_point = m->point;
    }
    if (l->stats.first_ns == 0)
        l->stats.first_ns = e->first_ns;
}

static void finish(struct sm_line *l, struct sm_exchange *e)
{
    struct sm_stats *s = &l->stats;
    int64_t wire = sm_line_byte_ns(l, (int64_t)e->in + e->out) + (e->out ? e->delay_ns : 0);

    s->exchanges++;
    s->answered += e->last_ns != 0;
    s->errors += strcmp(e->result, "error") == 0;
    s->silent += strcmp(e->result, "silent") == 0;
    s->broadcasts += strcmp(e->result, "broadcast") == 0;
    s->nobody += strcmp(e->result, "nobody") == 0;
    s->wire_ns += wire;
    l->cycle_wire += wire;
    s->last_ns = e->last_ns ? e->last_ns : e->first_ns + sm_line_byte_ns(l, e->in);
    e->open = false;
    if (l->done)
        l->done(l->ctx, l, e);
}

size_t sm_line_send(struct sm_line *l, int64_t now, uint8_t *out, size_t cap)
{
    size_t n = 0;

    babble(l, now);
    for (; n < l->tx_len && n < cap && l->tx[n].due <= now; n++) {
        struct sm_tx *t = &l->tx[n];
        out[n] = t->byte;
        if (t->exchange < 0)
            continue;
        struct sm_exchange *e = &l->exchange[t->exchange];
        if (--e->left)
            continue;
        int64_t late = now - t->due;
        l->stats.late_sum_ns += late;
        l->stats.late_max_ns = late > l->stats.late_max_ns ? late : l->stats.late_max_ns;
        e->last_ns = now;
        finish(l, e);
    }
    l->stats.bytes_out += n;
    l->tx_len -= n;
    memmove(&l->tx[0], &l->tx[n], l->tx_len * sizeof l->tx[0]);
    return n;
}

/* ---- what comes in ---- */

static void answer(struct sm_line *l, struct sm_meter *m, const struct sm_frame *f, int64_t start,
                   int exchange)
{
    uint8_t frame[SM_FRAME_MAX];
    struct wbuf w = wbuf_of(frame, sizeof frame);
    const struct sm_faults *faults = &m->faults;
    unsigned wakeup = m->wakeup >= 0 ? (unsigned)m->wakeup : l->wakeup;
    int64_t sent = 0;

    sm_frame_put(&w, f);
    if (faults->bad_checksum)
        frame[w.len - 2]++;
    if (faults->cut && faults->cut < w.len)
        w.len = faults->cut;
    for (unsigned i = 0; i < faults->noise + wakeup + w.len; i++) {
        uint8_t b = i < faults->noise            ? (uint8_t)dice(l)
                    : i < faults->noise + wakeup ? 0xFE
                                                 : frame[i - faults->noise - wakeup];
        if (i == faults->noise + wakeup + w.len / 2)
            start += (int64_t)faults->gap_ms * 1000000;
        b = disturb(l, disturb(l, b, l->ber), faults->ber);
        schedule(l, start + sm_line_byte_ns(l, ++sent), b, m->point, exchange, false);
    }
}

/* A meter that is asked again before it began to answer forgets the old request. */
static void withdraw(struct sm_line *l, const struct sm_meter *m, int64_t now)
{
    size_t kept = 0;
    bool started = false;

    for (size_t i = 0; i < l->tx_len && !started; i++) {
        if (l->tx[i].point == m->point && l->tx[i].exchange >= 0)
            started = l->exchange[l->tx[i].exchange].left != l->exchange[l->tx[i].exchange].out ||
                      l->tx[i].due <= now;
    }
    for (size_t i = 0; i < l->tx_len; i++) {
        if (!started && l->tx[i].point == m->point && l->tx[i].exchange >= 0) {
            struct sm_exchange *e = &l->exchange[l->tx[i].exchange];
            e->out--;
            if (--e->left == 0) {
                e->result = "silent";
                finish(l, e);
            }
            continue;
        }
        l->tx[kept++] = l->tx[i];
    }
    l->tx_len = kept;
}

static int64_t answer_delay(struct sm_line *l, const struct sm_meter *m)
{
    uint32_t low = m->delay_min_ms >= 0 ? (uint32_t)m->delay_min_ms : l->delay_min_ms;
    uint32_t high = m->delay_max_ms >= 0 ? (uint32_t)m->delay_max_ms : l->delay_max_ms;

    if (high < low)
        high = low;
    return (int64_t)low * 1000000 + (int64_t)(dice(l) % ((uint64_t)(high - low) * 1000000 + 1));
}

/* @return "ok", "error", "silent" */
static const char *serve(struct sm_line *l, struct sm_meter *m, const struct sm_frame *req, int64_t end,
                         int64_t wall, int slot)
{
    struct sm_exchange *e = &l->exchange[slot];
    struct sm_faults kept = m->faults;
    bool hit = kept.chance == 0 || dice(l) % 100 < kept.chance;
    const char *result = "silent";
    struct sm_frame f;

    if (!hit)
        m->faults = (struct sm_faults){0};
    bool deaf = m->faults.silent;
    for (uint32_t i = 0; m->faults.ber > 0 && i < e->in && !deaf; i++)
        deaf = disturb(l, 0, m->faults.ber) != 0;
    if (!deaf && sm_meter_serve(l->site, m, req, wall, &f) > 0) {
        int64_t delay = answer_delay(l, m) + (int64_t)m->faults.late_ms * 1000000;
        sm_meter_damage(m, &f);
        e->delay_ns = e->out ? e->delay_ns : delay;
        result = f.c & 0x40 ? "error" : "ok";
        answer(l, m, &f, end + delay, slot);
    }
    m->faults = kept;
    if (hit && kept.times && --m->faults.times == 0)
        m->faults = (struct sm_faults){0};
    return result;
}

static int free_slot(struct sm_line *l)
{
    for (int i = 0; i < SM_EXCHANGES; i++) {
        if (!l->exchange[i].open)
            return i;
    }
    return -1;
}

static void request(struct sm_line *l, const struct sm_frame *req, int64_t now, int64_t end, int64_t wall)
{
    static const uint8_t broadcast[6] = {0x99, 0x99, 0x99, 0x99, 0x99, 0x99};
    bool with_di = req->c == 0x11 || req->c == 0x12 || req->c == 0x14;
    struct rbuf r = rbuf_of(req->data, req->len);
    struct sm_meter *first = NULL;
    int slot = free_slot(l);

    if (slot < 0) {
        l->stats.lost++;
        return;
    }
    struct sm_exchange *e = &l->exchange[slot];
    *e = (struct sm_exchange){.fn = req->c, .first_ns = l->rx_first, .in = l->rx_bytes, .result = "nobody"};
    e->di = with_di ? rbuf_u32(&r) : 0;
    for (size_t i = 0; i < l->meter_count; i++) {
        struct sm_meter *m = &l->meters[i];
        if (!sm_meter_addressed(m, req))
            continue;
        withdraw(l, m, now);
        const char *result = serve(l, m, req, end, wall, slot);
        if (!first || strcmp(e->result, "silent") == 0)
            e->result = result;
        first = first ? first : m;
    }
    if (memcmp(req->addr, broadcast, sizeof broadcast) == 0) {
        e->result = "broadcast";
        first = NULL;
    }
    e->point = first ? first->point : 0;
    count_request(l, e, first);
    e->open = e->left > 0;
    if (!e->open)
        finish(l, e);
}

static void collide(struct sm_line *l, int64_t start, uint8_t *byte)
{
    int64_t width = sm_line_byte_ns(l, 1);

    for (size_t i = 0; i < l->tx_len; i++) {
        struct sm_tx *t = &l->tx[i];
        if (t->echo || t->due <= start || t->due - width >= start + width)
            continue;
        t->byte = (uint8_t)(t->byte ^ (dice(l) | 1));
        *byte = (uint8_t)(*byte ^ (dice(l) | 1));
        l->stats.collisions++;
    }
}

void sm_line_receive(struct sm_line *l, int64_t now, int64_t wall, const uint8_t *p, size_t n)
{
    int64_t byte_ns = sm_line_byte_ns(l, 1);
    struct sm_frame req;

    if (l->rx.len && now - l->rx_end > REST_NS) {
        l->stats.noise_in += l->rx.len;
        l->rx.len = 0;
    }
    if (l->rx.len == 0 && now - l->rx_end > PAUSE_NS)
        l->rx_bytes = 0;
    l->stats.bytes_in += n;
    for (size_t i = 0; i < n; i++) {
        int64_t start = l->rx_end > now ? l->rx_end : now;
        uint8_t b = p[i];
        if (l->rx_bytes++ == 0)
            l->rx_first = start;
        l->rx_end = start + byte_ns;
        if (l->tx_len)
            collide(l, start, &b);
        if (l->echo)
            schedule(l, l->rx_end, b, 0, -1, true);
        sm_rx_add(&l->rx, disturb(l, b, l->ber));
        if (sm_rx_take(&l->rx, &req)) {
            request(l, &req, now, l->rx_end, wall);
            l->rx_bytes = 0;
        }
    }
}
