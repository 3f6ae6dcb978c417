#include "gateway/core/ingest.h"

#include <string.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"

/*
 * A row: length of the whole row (2), kind (1), then its fields. Rows do not wrap: a row that does not fit
 * before the end of the ring leaves a mark (length 0) and starts at 0. One byte always stays free, so that
 * open == end means "nothing pending".
 */
enum { ROW_LATEST = 1, ROW_FREEZE = 2, ROW_HEAD = 3, ROW_MAX = 2048 };

void ingest_init(struct ingest *in, uint8_t ring[INGEST_BYTES], struct ingest_sink sink, struct zone zone)
{
    *in = (struct ingest){.ring = ring, .sink = sink, .zone = zone};
}

static uint32_t row_length(const struct ingest *in, uint32_t at)
{
    return at + ROW_HEAD > INGEST_BYTES ? 0 : (uint32_t)(in->ring[at] | in->ring[at + 1] << 8);
}

/* The row at or after an offset; a mark leads to the start. */
static uint32_t row_at(const struct ingest *in, uint32_t at)
{
    return at != in->end && row_length(in, at) == 0 ? 0 : at;
}

static uint32_t used(uint32_t from, uint32_t to)
{
    return to >= from ? to - from : INGEST_BYTES - from + to;
}

uint32_t ingest_pending_bytes(const struct ingest *in)
{
    return used(in->open, in->end);
}

/* Make room for n bytes at the end by forgetting rows that are on flash. @return where the row goes, -1 no
 * room */
static int64_t make_room(struct ingest *in, uint32_t n)
{
    uint32_t at = in->end;
    uint32_t gap = 0;

    if (at + n > INGEST_BYTES) {
        gap = INGEST_BYTES - at;
        at = 0;
    }
    if (ingest_pending_bytes(in) + gap + n >= INGEST_BYTES)
        return -1;
    while (used(in->oldest, in->end) + gap + n >= INGEST_BYTES) {
        in->oldest = row_at(in, in->oldest);
        in->oldest += row_length(in, in->oldest);
    }
    if (gap) {
        if (gap >= ROW_HEAD)
            memset(in->ring + in->end, 0, ROW_HEAD);
        if (in->open == in->end)
            in->open = 0;
        if (in->oldest == in->end)
            in->oldest = 0;
    }
    return at;
}

static int add_row(struct ingest *in, const uint8_t *row, uint32_t n, int64_t now_ms)
{
    int64_t at = make_room(in, n);

    if (at < 0)
        return CN_E_FULL;
    memcpy(in->ring + at, row, n);
    if (in->pending++ == 0)
        in->open_since_ms = now_ms;
    in->end = (uint32_t)at + n;
    return 0;
}

static int finish_row(struct ingest *in, struct wbuf *w, const struct reading_set *set, int64_t now_ms)
{
    int n = readings_pack(w, set->r, set->count);

    if (n < 0 || w->err)
        return n < 0 ? n : w->err;
    w->p[0] = (uint8_t)w->len;
    w->p[1] = (uint8_t)(w->len >> 8);
    return add_row(in, w->p, (uint32_t)w->len, now_ms);
}

int ingest_latest(struct ingest *in, unsigned point, const struct reading_set *set, int64_t now_ms)
{
    uint8_t row[ROW_MAX];
    struct wbuf w = wbuf_of(row, sizeof row);

    wbuf_u16(&w, 0);
    wbuf_u8(&w, ROW_LATEST);
    wbuf_u16(&w, (uint16_t)point);
    wbuf_i64(&w, set->at);
    int err = finish_row(in, &w, set, now_ms);
    if (err < 0)
        in->dropped++;
    return err;
}

static int put_freeze(struct ingest *in, const struct freeze *f, int64_t now_ms)
{
    uint8_t row[ROW_MAX];
    struct wbuf w = wbuf_of(row, sizeof row);

    wbuf_u16(&w, 0);
    wbuf_u8(&w, ROW_FREEZE);
    wbuf_u16(&w, f->point);
    wbuf_i64(&w, f->set.at);
    wbuf_u8(&w, f->kind);
    wbuf_u8(&w, f->flags);
    wbuf_i64(&w, f->slot);
    wbuf_i64(&w, f->frozen_at);
    return finish_row(in, &w, &f->set, now_ms);
}

int ingest_freeze(struct ingest *in, const struct freeze *f, int64_t now_ms)
{
    int err = put_freeze(in, f, now_ms);
    int64_t end = slot_day_end(in->zone, f->slot);
    int64_t month = slot_month(in->zone, end - 1);

    if (err < 0 || f->kind != FREEZE_DAY || slot_month_end(in->zone, month) != end)
        return err;
    struct freeze m = *f;
    m.kind = FREEZE_MONTH;
    m.slot = month;
    return put_freeze(in, &m, now_ms);
}

int ingest_curve(struct ingest *in, unsigned point, int64_t slot, int64_t since, int64_t at, int64_t now_ms)
{
    struct freeze f = {
        .kind = FREEZE_CURVE, .point = (uint16_t)point, .slot = slot, .frozen_at = since, .set.at = at};
    int err = put_freeze(in, &f, now_ms);

    if (err < 0)
        in->dropped++;
    return err;
}

void ingest_sweep_ended(struct ingest *in)
{
    in->due = true;
}

/* Fields of a row, without its readings: r then stands before them. */
static void read_row(struct rbuf *r, uint8_t *kind, struct freeze *f)
{
    rbuf_u16(r);
    *kind = rbuf_u8(r);
    f->point = rbuf_u16(r);
    f->set.at = rbuf_i64(r);
    if (*kind == ROW_FREEZE) {
        f->kind = rbuf_u8(r);
        f->flags = rbuf_u8(r);
        f->slot = rbuf_i64(r);
        f->frozen_at = rbuf_i64(r);
    }
}

/* Failures of the store as a whole, in contrast to answers about one row. */
static bool store_failed(int err)
{
    return err == CN_E_IO || err == CN_E_FULL || err == CN_E_BUSY || err == CN_E_CORRUPT ||
           err == CN_E_NOMEM || err == CN_E_STATE;
}

static int put_row(struct ingest *in, uint8_t kind, const struct freeze *f)
{
    if (kind == ROW_LATEST)
        return in->sink.latest(in->sink.ctx, f->point, &f->set);
    if (f->kind == FREEZE_CURVE)
        return in->sink.curve(in->sink.ctx, f->point, f->slot, f->frozen_at, f->set.at);
    return in->sink.freeze(in->sink.ctx, f);
}

static int write_row(struct ingest *in, uint32_t at)
{
    struct rbuf r = rbuf_of(in->ring + at, row_length(in, at));
    struct freeze f = {0};
    uint8_t kind;

    read_row(&r, &kind, &f);
    int n = readings_unpack(&r, f.set.r, READINGS_MAX);
    f.set.count = (uint16_t)(n < 0 ? 0 : n);
    int err = put_row(in, kind, &f);
    /* the slot has its value already, is older than the store keeps, or has nothing in it: no fault */
    if (err >= 0 || err == CN_E_EXISTS || err == CN_E_STALE || err == CN_E_NOTFOUND)
        return 0;
    if (store_failed(err))
        return err;
    /* the store will never take this row: it must not hold up the others */
    in->dropped++;
    return 0;
}

static int write_all(struct ingest *in)
{
    int rows = 0;
    int err = in->sink.begin(in->sink.ctx);

    if (err < 0)
        return err;
    for (uint32_t at = row_at(in, in->open); at != in->end; at = row_at(in, at + row_length(in, at))) {
        err = write_row(in, at);
        if (err < 0) {
            in->sink.rollback(in->sink.ctx);
            return err;
        }
        rows++;
    }
    err = in->sink.commit(in->sink.ctx);
    if (err < 0)
        in->sink.rollback(in->sink.ctx);
    return err < 0 ? err : rows;
}

int ingest_work(struct ingest *in, int64_t now_ms, bool force)
{
    bool old = in->pending && now_ms - in->open_since_ms >= INGEST_MAX_AGE_MS;
    bool full = ingest_pending_bytes(in) > INGEST_BYTES / 2;

    if (in->pending == 0) {
        in->due = false;
        return 0;
    }
    if (!force && (in->retry_at_ms ? now_ms < in->retry_at_ms : !in->due && !old && !full))
        return 0;
    int64_t start = clock_mono_ms();
    int n = write_all(in);
    in->last_commit_ms = (uint32_t)(clock_mono_ms() - start);
    if (n < 0) {
        int64_t wait = (int64_t)INGEST_RETRY_MS << (in->failures < 4 ? in->failures : 4);
        in->errors++;
        in->failures++;
        in->retry_at_ms = now_ms + (wait < INGEST_RETRY_MAX_MS ? wait : INGEST_RETRY_MAX_MS);
        return n;
    }
    in->due = false;
    in->failures = 0;
    in->retry_at_ms = 0;
    in->pending = 0;
    in->open = in->end;
    in->commits++;
    in->committed += (uint64_t)n;
    return n;
}

int ingest_recent(const struct ingest *in, unsigned point, unsigned quantity, int64_t oldest,
                  struct reading_set *out)
{
    int found = CN_E_NOTFOUND;

    if (in->oldest == in->end)
        return found;
    for (uint32_t at = row_at(in, in->oldest); at != in->end; at = row_at(in, at + row_length(in, at))) {
        struct rbuf r = rbuf_of(in->ring + at, row_length(in, at));
        struct freeze f = {0};
        struct reading_set set = {0};
        uint8_t kind;
        read_row(&r, &kind, &f);
        if (kind != ROW_LATEST || f.point != point || f.set.at < oldest)
            continue;
        int n = readings_unpack(&r, f.set.r, READINGS_MAX);
        for (int i = 0; i < n; i++) {
            if (f.set.r[i].quantity == quantity)
                set.r[set.count++] = f.set.r[i];
        }
        if (set.count > 0) {
            *out = set;
            out->at = f.set.at;
            found = 0;
        }
    }
    return found;
}
