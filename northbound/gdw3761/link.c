#include "northbound/gdw3761/link.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"

enum { A_AT = 7, AFN_AT = 12, TAIL = 2 /* CS, 16H */, LEN_BYTES = 2, DAY_S = 86400 };

void gdw_link_init(struct gdw_link *l, struct gdw_app *a, uint8_t source, struct gdw_link_memory *m)
{
    memset(l, 0, sizeof *l);
    l->app = a;
    l->queue = m->queue;
    l->last = m->last;
    l->last_answer = m->last_answer;
    gdw_rx_init(&l->rx, m->rx, sizeof m->rx);
    gdw_job_init(&l->job, a, source, m->request, m->out, sizeof m->out);
}

void gdw_link_reset(struct gdw_link *l)
{
    gdw_rx_reset(&l->rx);
    gdw_job_abort(&l->job);
    l->serving = false;
    l->queue_len = 0;
    l->again = false;
}

bool gdw_link_busy(const struct gdw_link *l)
{
    return l->serving || l->again || l->queue_len > 0;
}

/* ---- time tag ---- */

static bool same_day_near(int year, int month, int day, int64_t time_of_day, int64_t local_s, int64_t limit_s)
{
    if (month < 1) {
        month = 12;
        year--;
    } else if (month > 12) {
        month = 1;
        year++;
    }
    if (day > civil_days_in_month(year, month))
        return false;
    struct civil c = {.year = (int16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
    int64_t away = local_s - (civil_to_s(&c) + time_of_day);
    return (away < 0 ? -away : away) <= limit_s;
}

bool gdw_tp_in_time(const struct gdw_tp *tp, int64_t local_s)
{
    int s = bcd_byte(tp->time[0]), m = bcd_byte(tp->time[1]), h = bcd_byte(tp->time[2]),
        d = bcd_byte(tp->time[3]);

    if (tp->delay_min == 0)
        return true;
    if (s < 0 || s > 59 || m < 0 || m > 59 || h < 0 || h > 23 || d < 1 || d > 31)
        return false;
    struct civil now = civil_from_s(local_s);
    int64_t time_of_day = h * 3600 + m * 60 + s;
    int64_t limit = tp->delay_min * 60;
    for (int month = now.month - 1; month <= now.month + 1; month++) {
        if (same_day_near(now.year, month, d, time_of_day, local_s, limit))
            return true;
    }
    return false;
}

/* AFN 05 F31 alone: the clock may be far off, that is why it comes (section 9). */
static bool sets_clock(const struct gdw_frame *f)
{
    static const uint8_t p0f31[GDW_DADT_LEN] = {0x00, 0x00, 0x40, 0x03};

    return f->afn == GDW_AFN_CONTROL && f->data_len == GDW_DADT_LEN + 6 &&
           memcmp(f->data, p0f31, sizeof p0f31) == 0;
}

static bool in_time(const struct gdw_link *l, const struct gdw_frame *f, struct gdw_now now)
{
    return !f->tpv || sets_clock(f) || gdw_tp_in_time(&f->tp, now.utc_s + l->app->zone.offset_s);
}

/* ---- addresses (section 3) ---- */

enum whom { FOREIGN, ONLY_US, MANY };

static enum whom whom(const struct gdw_link *l, const struct gdw_frame *f)
{
    const struct gdw_app *a = l->app;

    if (!f->group)
        return f->a1 == a->a1 && f->a2 == a->a2 ? ONLY_US : FOREIGN;
    if (f->a2 == GDW_BROADCAST)
        return f->a1 == a->a1 || f->a1 == 0xFFFF ? MANY : FOREIGN;
    for (unsigned i = 0; i < GDW_GROUPS; i++) {
        if (l->groups[i] && l->groups[i] == f->a2 && f->a1 == a->a1)
            return MANY;
    }
    return FOREIGN;
}

/* Executed for a group; what asks for data is ignored. */
static bool group_command(unsigned afn)
{
    return afn == GDW_AFN_RESET || afn == GDW_AFN_SET || afn == GDW_AFN_CONTROL || afn == GDW_AFN_FILE;
}

/* ---- repeated requests (section 6) ---- */

static int64_t repeat_ms(unsigned afn)
{
    switch (afn) {
    case GDW_AFN_RESET:
    case GDW_AFN_SET:
    case GDW_AFN_CONTROL:
    case GDW_AFN_AUTH:
    case GDW_AFN_FILE:
        return GDW_REPEAT_MS;
    case GDW_AFN_FORWARD:
        return GDW_REPEAT_FORWARD_MS;
    default:
        return 0;
    }
}

/* Equal from A to the end of PW, and equal PFC: C with its FCB, the time in Tp and CS do not count. */
static bool same_request(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    if (a_len != b_len)
        return false;
    bool tpv = a[AFN_AT + 1] & 0x80;
    size_t aux = tpv ? (size_t)GDW_TP_LEN : 0;
    size_t end = a_len - TAIL - aux;
    return memcmp(a + A_AT, b + A_AT, end - A_AT) == 0 && (!tpv || a[end] == b[end]);
}

static bool in_queue(const struct gdw_link *l, const uint8_t *p, size_t len)
{
    for (size_t at = 0; at < l->queue_len;) {
        size_t n = (size_t)l->queue[at] | (size_t)l->queue[at + 1] << 8;
        if (same_request(l->queue + at + LEN_BYTES, n, p, len))
            return true;
        at += LEN_BYTES + n;
    }
    return false;
}

/* @return true when the frame was dealt with as a repetition. */
static bool repeated(struct gdw_link *l, const struct gdw_frame *f, const uint8_t *p, size_t len,
                     struct gdw_now now)
{
    bool waits = l->serving && same_request(l->job.request, l->job.request_len, p, len);
    int64_t keep = repeat_ms(f->afn);

    if (waits || in_queue(l, p, len)) {
        l->count.repeated++;
        return true;
    }
    if (!keep || !l->last_answer_len || now.mono_ms - l->last_at >= keep ||
        !same_request(l->last, l->last_len, p, len))
        return false;
    l->count.repeated++;
    if (f->tpv)
        gdw_frame_set_tp(l->last_answer, l->last_answer_len, &f->tp);
    l->again = true;
    return true;
}

static void remember(struct gdw_link *l, const uint8_t *answer, size_t len, struct gdw_now now)
{
    const struct gdw_job *j = &l->job;

    if (!repeat_ms(j->f.afn))
        return;
    l->last_answer_len = 0;
    /* only a single frame is kept; a longer answer is built anew */
    if (len > GDW_OUT_MIN || !j->finished || j->frames != 1)
        return;
    memcpy(l->last, j->request, j->request_len);
    l->last_len = j->request_len;
    memcpy(l->last_answer, answer, len);
    l->last_answer_len = len;
    l->last_at = now.mono_ms;
}

/* ---- requests ---- */

static void name_request(struct gdw_link *l)
{
    struct gdw_cursor c;
    struct gdw_unit u;

    snprintf(l->last_request, sizeof l->last_request, "%02X", l->job.f.afn);
    if (gdw_cursor_init(&c, &l->job.f, NULL, NULL) < 0 || gdw_cursor_next(&c, &u) != 1)
        return;
    if (u.pn == GDW_PN_ALL)
        snprintf(l->last_request, sizeof l->last_request, "%02X F%u all points", l->job.f.afn, u.fn);
    else
        snprintf(l->last_request, sizeof l->last_request, "%02X F%u P%u", l->job.f.afn, u.fn, u.pn);
}

static void start(struct gdw_link *l, const uint8_t *p, size_t len, struct gdw_now now)
{
    struct gdw_frame f;

    if (gdw_frame_decode(p, len, &f) < 0)
        return;
    gdw_job_start(&l->job, p, len, f.group, now);
    l->serving = true;
    l->requests++;
    name_request(l);
}

static void enqueue(struct gdw_link *l, const uint8_t *p, size_t len)
{
    if (GDW_FRAME_MAX - l->queue_len < len + LEN_BYTES) {
        l->count.dropped++; /* the master repeats */
        return;
    }
    l->queue[l->queue_len] = (uint8_t)len;
    l->queue[l->queue_len + 1] = (uint8_t)(len >> 8);
    memcpy(l->queue + l->queue_len + LEN_BYTES, p, len);
    l->queue_len += LEN_BYTES + len;
}

static void start_next(struct gdw_link *l, struct gdw_now now)
{
    size_t n = (size_t)l->queue[0] | (size_t)l->queue[1] << 8;

    start(l, l->queue + LEN_BYTES, n, now);
    l->queue_len -= LEN_BYTES + n;
    memmove(l->queue, l->queue + LEN_BYTES + n, l->queue_len);
}

static void take_frame(struct gdw_link *l, const uint8_t *p, size_t len, struct gdw_now now)
{
    struct gdw_frame f;

    if (gdw_frame_decode(p, len, &f) < 0)
        return;
    enum whom to = whom(l, &f);
    l->count.frames_in++;
    if (f.up || to == FOREIGN || (to == MANY && !group_command(f.afn))) {
        l->count.foreign++;
        return;
    }
    /* AFN 00 is never answered, whatever its C says: two sides would deny each other for ever */
    if (!f.prm || f.afn == GDW_AFN_CONFIRM) {
        if (!l->confirmed || !l->confirmed(l->confirmed_ctx, &f, now))
            l->count.unmatched++;
        return;
    }
    if (!in_time(l, &f, now)) {
        l->count.late++;
        return;
    }
    if (repeated(l, &f, p, len, now))
        return;
    if (l->serving || l->again)
        enqueue(l, p, len);
    else
        start(l, p, len, now);
}

static void take_frames(struct gdw_link *l, struct gdw_now now)
{
    const uint8_t *p;
    int len;

    while ((len = gdw_rx_next(&l->rx, now.mono_ms, &p)) > 0)
        take_frame(l, p, (size_t)len, now);
}

void gdw_link_input(struct gdw_link *l, const uint8_t *p, size_t n, struct gdw_now now)
{
    while (n > 0) {
        size_t part = gdw_rx_put(&l->rx, p, n);
        p += part;
        n -= part;
        take_frames(l, now); /* leaves room: no partial frame is as large as the buffer */
    }
}

/* The job is through. */
static void finish(struct gdw_link *l, struct gdw_now now)
{
    if (l->job.f.afn == GDW_AFN_SET)
        l->quiet_until = now.mono_ms + GDW_QUIET_AFTER_SET_MS;
    l->serving = false;
}

size_t gdw_link_output(struct gdw_link *l, struct gdw_now now, const uint8_t **frame)
{
    size_t len;

    take_frames(l, now); /* a partial frame may have run out of time */
    if (l->again) {
        l->again = false;
        l->count.frames_out++;
        *frame = l->last_answer;
        return l->last_answer_len;
    }
    for (;;) {
        if (!l->serving) {
            if (!l->queue_len)
                return 0;
            start_next(l, now);
        }
        switch (gdw_job_step(&l->job, now, frame, &len)) {
        case GDW_JOB_FRAME:
            remember(l, *frame, len, now);
            l->count.frames_out++;
            return len;
        case GDW_JOB_WAIT:
            return 0;
        case GDW_JOB_IDLE:
        case GDW_JOB_DONE:
            finish(l, now);
            break;
        }
    }
}

int64_t gdw_link_deadline(const struct gdw_link *l)
{
    int64_t a = gdw_rx_deadline(&l->rx), b = gdw_job_deadline(&l->job);

    return a < b ? a : b;
}
