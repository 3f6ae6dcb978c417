#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "northbound/mqtt/bridge_parts.h"

enum { SCAN_ROUNDS = 16, F10 = 10 };

static bool carries(const struct journal_entry *e)
{
    return e->kind == JOURNAL_FREEZE || e->kind == JOURNAL_EVENT;
}

/* ---- the head: everything that comes is looked at once ---- */

static void scan_entry(struct bridge *b, const struct journal_entry *e)
{
    bool round = e->kind == JOURNAL_FREEZE && e->sub == FREEZE_CURVE;

    if (carries(e))
        sender_found(&b->sender, e->rec);
    if (e->kind == JOURNAL_LATEST || round)
        docs_seen(b, e->point, e->rec, e->at, round);
    if (e->kind == JOURNAL_PARAM && e->sub == F10) {
        if (!b->archive_rec)
            b->archive_rec = e->rec;
        b->archive_due = true;
    }
    b->head = e->rec;
}

bool feed_scan(struct bridge *b)
{
    struct journal_entry e[BRIDGE_BATCH];
    uint64_t oldest;

    for (unsigned round = 0; round < SCAN_ROUNDS; round++) {
        int n = view_journal(b->view, b->head, e, BRIDGE_BATCH, &oldest);
        if (n < 0) {
            bridge_view_failed(b, n);
            return false;
        }
        b->view_error = 0;
        for (int i = 0; i < n; i++)
            scan_entry(b, &e[i]);
        if (n < BRIDGE_BATCH) {
            b->caught_up = true;
            return true;
        }
    }
    return false;
}

int feed_open(struct bridge *b)
{
    char path[BRIDGE_PATH + 16];
    struct journal_entry e;
    struct cursor c = {0};
    uint64_t oldest;

    snprintf(path, sizeof path, "%s/cursor", b->path);
    int loaded = cursor_load(path, &c);
    int n = view_journal(b->view, loaded == 0 && c.live ? c.live - 1 : 0, &e, 1, &oldest);
    if (n < 0)
        return n;
    if (loaded == 0 && c.live && n == 0 && oldest <= c.live) {
        log_warning(b->log, "the store is not the one of the last run: everything it holds is sent");
        loaded = CN_E_NOTFOUND;
    } else if (loaded < 0 && loaded != CN_E_NOTFOUND) {
        log_warning(b->log, "%s: %s: everything the store holds is sent again", path, cn_err_text(loaded));
    }
    /* what was overwritten before the bridge ever ran is not a loss */
    if (loaded < 0)
        c.backlog = c.backlog_end = c.live = oldest - 1;
    b->saved = c;
    sender_init(&b->sender, b->settings, &c, b->mono_ms);
    b->head = c.backlog < c.live ? c.backlog : c.live;
    b->scan_from = b->head + 1;
    feed_restart(b);
    return 0;
}

/* ---- the lanes ---- */

void feed_restart(struct bridge *b)
{
    for (unsigned lane = 0; lane < LANE_COUNT; lane++)
        b->feeds[lane] = (struct bridge_feed){.at = b->sender.lanes[lane].next};
}

/* The entry at f->at or the next one there is. @return 1, 0 (none), or the view's error */
static int peek(struct bridge *b, struct bridge_feed *f, struct journal_entry *e)
{
    uint64_t oldest = 0;

    while (f->pos < f->count && f->cache[f->pos].rec < f->at)
        f->pos++;
    if (f->pos == f->count) {
        int n = view_journal(b->view, f->at - 1, f->cache, BRIDGE_BATCH, &oldest);
        f->pos = f->count = 0;
        if (n <= 0)
            return n;
        f->count = (uint16_t)n;
        f->jump_reason = oldest > f->at ? "overwritten before they could be sent" : "damaged";
    }
    *e = f->cache[f->pos];
    return 1;
}

static int take_set(void *ctx, unsigned point, const struct reading_set *set)
{
    struct bridge *b = ctx;

    (void)point;
    (void)payload_add(&b->values, set, b->config->terminal.zone);
    return 0;
}

/* ---- freezes ---- */

static void print_period(const struct bridge *b, const struct freeze *f, struct payload_record *h)
{
    struct zone z = b->config->terminal.zone;
    struct civil at = zone_to_local(z, f->frozen_at), of;

    switch (f->kind) {
    case FREEZE_DAY:
        of = zone_to_local(z, slot_day_end(z, f->slot) - 1);
        h->kind = "day";
        snprintf(h->of, sizeof h->of, "%04d-%02d-%02d", of.year, of.month, of.day);
        break;
    case FREEZE_MONTH:
        of = zone_to_local(z, slot_month_end(z, f->slot) - 1);
        h->kind = "month";
        snprintf(h->of, sizeof h->of, "%04d-%02d", of.year, of.month);
        break;
    default:
        of = zone_to_local(z, slot_hour_end(z, f->slot) - 1);
        h->kind = "hour";
        snprintf(h->of, sizeof h->of, "%04d-%02d-%02d %02d:00", of.year, of.month, of.day, of.hour);
        break;
    }
    int n = snprintf(h->at, sizeof h->at, "%04d-%02d-%02d", at.year, at.month, at.day);
    if (f->kind == FREEZE_HOUR)
        snprintf(h->at + n, sizeof h->at - (size_t)n, " %02d:%02d", at.hour, at.minute);
    payload_zone(z, h->tz);
}

/* Sent later than it happened. */
static bool history(const struct bridge *b, enum sender_lane lane, const struct journal_entry *e)
{
    return lane == LANE_BACKLOG || e->rec <= b->up_head;
}

/* What became of an entry; negative: the view's error, which is not about this record. */
enum prepared { PREPARED_SEND, PREPARED_SKIP, PREPARED_LOST };

/** A message made from an entry. Its payload is in b->buf. */
struct made {
    char topic[MQTT_TOPIC];
    size_t length;
    bool last; /* of its record */
};

static int prepare_freeze(struct bridge *b, enum sender_lane lane, const struct journal_entry *e,
                          struct payload_record *h)
{
    struct freeze f;
    int ret = view_freeze(b->view, e->sub, e->slot, e->point, &f);

    if (ret == CN_E_NOTFOUND || ret == CN_E_CORRUPT)
        return PREPARED_LOST;
    if (ret < 0)
        return ret;
    /* a mark "missing" was replaced by values, which come under their own number */
    if (f.rec != e->rec)
        return f.rec > e->rec ? PREPARED_SKIP : PREPARED_LOST;
    (void)payload_add(&b->values, &f.set, b->config->terminal.zone);
    print_period(b, &f, h);
    h->ts_ms = f.frozen_at * 1000;
    h->rx_ms = f.set.at * 1000;
    h->hist = history(b, lane, e) || (f.flags & FREEZE_FILLED);
    h->q = f.flags & FREEZE_MISSING  ? "bad"
           : f.flags & FREEZE_FILLED ? "est"
           : b->values.doubt         ? "doubt"
                                     : "good";
    return PREPARED_SEND;
}

static int prepare_curve(struct bridge *b, enum sender_lane lane, const struct journal_entry *e,
                         struct payload_record *h)
{
    uint64_t rec;
    int ret = view_curve(b->view, e->slot, e->point, &rec, take_set, b);

    if (ret == CN_E_NOTFOUND || ret == CN_E_CORRUPT)
        return PREPARED_LOST;
    if (ret < 0)
        return ret;
    if (rec != e->rec)
        return rec > e->rec ? PREPARED_SKIP : PREPARED_LOST;
    h->ts_ms = b->values.first_at * 1000;
    h->rx_ms = e->at * 1000;
    h->hist = history(b, lane, e);
    h->q = b->values.doubt ? "doubt" : "good";
    return PREPARED_SEND;
}

static int make_values(struct bridge *b, enum sender_lane lane, const struct journal_entry *e, struct made *m)
{
    struct payload_record h = {.d = b->d, .m = roster_id(&b->roster, e->point, e->rec), .rec = e->rec};
    unsigned parts;

    /* nobody is known at this point: the meter was deleted before we saw the archive */
    if (!h.m)
        return PREPARED_LOST;
    payload_clear(&b->values);
    int ret = e->sub == FREEZE_CURVE ? prepare_curve(b, lane, e, &h) : prepare_freeze(b, lane, e, &h);
    if (ret != PREPARED_SEND)
        return ret;
    payload_sort(&b->values);
    int n = payload_part(b->buf, b->settings->max_payload, &h, &b->values, b->feeds[lane].part, &parts);
    if (n < 0)
        return PREPARED_LOST;
    topic_meter(b->settings->prefix, b->d, h.m, h.kind ? "freeze" : "data", m->topic);
    m->length = (size_t)n;
    m->last = b->feeds[lane].part + 1U >= parts;
    return PREPARED_SEND;
}

static int make_event(struct bridge *b, enum sender_lane lane, const struct journal_entry *e, struct made *m)
{
    uint8_t record[EVENT_MAX];
    int64_t at;
    int len = view_event(b->view, e->sub, (uint8_t)e->point, record, sizeof record, &at);

    /* the ring has come round: another event is at this place */
    if (len == CN_E_NOTFOUND || len == CN_E_CORRUPT || (len >= 0 && at != e->at))
        return PREPARED_LOST;
    if (len < 0)
        return len;
    struct payload_event x = {.d = b->d,
                              .rec = e->rec,
                              .ts_ms = e->at * 1000,
                              .hist = history(b, lane, e),
                              .ring = e->sub,
                              .record = record,
                              .length = (size_t)len};
    const char *id = roster_id(&b->roster, payload_event_point(record, (size_t)len), e->rec);
    int n = payload_event(b->buf, b->settings->max_payload, &x, id);
    if (n < 0)
        return PREPARED_LOST;
    if (id)
        topic_meter(b->settings->prefix, b->d, id, "event", m->topic);
    else
        topic_box(b->settings->prefix, b->d, "event", m->topic);
    m->length = (size_t)n;
    m->last = true;
    return PREPARED_SEND;
}

static int publish(struct bridge *b, enum sender_lane lane, uint64_t rec, const struct made *m)
{
    struct link_message x = {
        .topic = m->topic, .payload = b->buf, .length = m->length, .qos = 1, .json = true};

    return bridge_publish(b, lane, rec, m->last, &x);
}

/* ---- records that cannot be had ---- */

/* The gap grows to the records before `next`. */
static void note_gap(struct bridge_feed *f, uint64_t next, uint64_t count, const char *reason)
{
    if (!f->gap_from)
        f->gap_from = f->at;
    if (reason) {
        f->gap_reason = reason;
        f->gap_to = next - 1;
    }
    f->gap_count += count;
    f->at = next;
    f->part = 0;
}

/* It is told under the number of its last record: when that is acknowledged, the gap is behind us. */
static bool send_gap(struct bridge *b, enum sender_lane lane)
{
    struct bridge_feed *f = &b->feeds[lane];
    struct payload_gap g = {.d = b->d,
                            .from = f->gap_from,
                            .to = f->gap_to,
                            .ts_ms = bridge_now(b) * 1000,
                            .reason = f->gap_reason};
    struct made m = {.last = true};
    int n = payload_gap(b->buf, b->settings->max_payload, &g);

    topic_box(b->settings->prefix, b->d, "event", m.topic);
    m.length = (size_t)n;
    if (n < 0 || publish(b, lane, g.to, &m) < 0)
        return false;
    log_warning(b->log, "records %" PRIu64 " to %" PRIu64 " cannot be sent: they were %s", g.from, g.to,
                g.reason);
    b->lost += f->gap_count;
    f->gap_from = f->gap_count = 0;
    sender_skip(&b->sender, lane, f->at);
    return true;
}

/* ---- one step ---- */

static void pass(struct bridge *b, enum sender_lane lane, uint64_t next)
{
    b->feeds[lane].at = next;
    b->feeds[lane].part = 0;
    sender_skip(&b->sender, lane, next);
}

/* The lane has no more entries. @return true: a gap was sent */
static bool at_end(struct bridge *b, enum sender_lane lane)
{
    if (b->feeds[lane].gap_from)
        return send_gap(b, lane);
    if (lane == LANE_BACKLOG) {
        pass(b, lane, b->sender.lanes[lane].end);
        log_info(b->log, "the records that waited are sent");
    }
    return false;
}

/* @return enum prepared, or the view's error */
static int try_entry(struct bridge *b, enum sender_lane lane, const struct journal_entry *e, struct made *m)
{
    if (!carries(e))
        return PREPARED_SKIP;
    return e->kind == JOURNAL_EVENT ? make_event(b, lane, e, m) : make_values(b, lane, e, m);
}

/* @return true: sent; false: later */
static bool send_made(struct bridge *b, enum sender_lane lane, const struct journal_entry *e,
                      const struct made *m)
{
    struct bridge_feed *f = &b->feeds[lane];

    if (publish(b, lane, e->rec, m) < 0)
        return false;
    f->part = (uint16_t)(m->last ? 0 : f->part + 1);
    if (m->last)
        f->at = e->rec + 1;
    return true;
}

/* Numbers before `next` are not in the journal. */
static void note_jump(struct bridge_feed *f, uint64_t next)
{
    uint64_t count = next - f->at;

    /* a repaired store goes on with much higher numbers */
    if (count >= UINT64_C(1) << 32)
        note_gap(f, next, 0, "lost with a store that was replaced");
    else
        note_gap(f, next, count, f->jump_reason);
}

bool feed_send(struct bridge *b, enum sender_lane lane)
{
    struct bridge_feed *f = &b->feeds[lane];
    struct journal_entry e;
    struct made m;

    for (;;) {
        uint64_t end = b->sender.lanes[lane].end;
        int ret = f->at >= end ? 0 : peek(b, f, &e);
        if (ret > 0 && e.rec > f->at)
            note_jump(f, e.rec < end ? e.rec : end);
        if (ret == 0 || (ret > 0 && f->at >= end))
            return at_end(b, lane);
        if (ret > 0)
            ret = try_entry(b, lane, &e, &m);
        if (ret < 0) {
            bridge_view_failed(b, ret);
            return false;
        }
        if (ret == PREPARED_LOST)
            note_gap(f, e.rec + 1, 1, "overwritten before they could be sent");
        else if (f->gap_from && carries(&e))
            return send_gap(b, lane);
        else if (f->gap_from)
            note_gap(f, e.rec + 1, 0, NULL); /* a number without a record joins the gap */
        else if (ret == PREPARED_SEND)
            return send_made(b, lane, &e, &m);
        else
            pass(b, lane, e.rec + 1);
        if (carries(&e))
            sender_dismiss(&b->sender, lane);
    }
}
