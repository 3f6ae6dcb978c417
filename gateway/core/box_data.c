#include <string.h>

#include "gateway/base/err.h"
#include "gateway/core/box.h"
#include "gateway/core/check.h"
#include "gateway/model/quantity.h"
#include "gateway/store/view.h"

enum {
    STORE_RETRY_MS = 3000,
    ALIVE_S = 60,        /* last_alive goes with a commit that happens anyway, at most so often */
    ALIVE_ALONE_S = 900, /* and by itself when nothing is committed */
    FUTURE_DAYS =
        2, /* slots this far ahead of the clock were never reached; a nearer one may be a small step back */
    FUTURE_HOURS = 25,
    F10 = 10,
    F33 = 33,
};

static const char alive_key[] = "last_alive";
static const char since_key[] = "running_since";
static const char ahead_key[] = "clock_ahead_from";

/* ---- what the schedule tells ---- */

static void on_latest(void *ctx, const struct mstate *m, const struct reading_set *set)
{
    struct box *b = ctx;

    ingest_latest(&b->ingest, m->m.point, set, clock_mono_ms());
}

static int on_freeze(void *ctx, const struct freeze *f)
{
    struct box *b = ctx;

    return ingest_freeze(&b->ingest, f, clock_mono_ms());
}

static void on_meter(void *ctx, struct mstate *m, bool dead)
{
    struct box *b = ctx;

    events_meter(&b->events, m, dead, box_now(b));
}

static void on_port(void *ctx, unsigned port, bool dead)
{
    struct box *b = ctx;

    events_port(&b->events, port, dead, box_now(b));
}

static void on_swept(void *ctx, unsigned port)
{
    struct box *b = ctx;
    const struct sched *p = &box_port(b, port)->sched;
    const struct sched_sweep *s = &p->sweep;

    for (unsigned i = 0; i < p->count; i++) {
        const struct mstate *m = &b->meters.slots[p->order[i]];
        if (m->got_now)
            ingest_curve(&b->ingest, m->m.point, s->interval, s->start, s->last_end, clock_mono_ms());
    }
    ingest_sweep_ended(&b->ingest);
    log_info(b->log, "port %u: sweep %u of %u meters took %.1f s, %u failed", port, s->count,
             (unsigned)(s->last_ok + s->last_failed), s->last_duration_ms / 1000.0, s->last_failed);
}

static void on_doubt(void *ctx, const struct mstate *m, unsigned quantity, unsigned reasons, bool confirmed)
{
    struct box *b = ctx;
    const struct quantity_info *q = quantity_find(quantity);

    log_warning(b->log, "meter %u: %s is doubtful (%s), %s", m->m.point, q ? q->name : "?",
                check_text(reasons), confirmed ? "stored as such" : "it is read again");
}

struct sched_out box_sched_out(struct box *b)
{
    return (struct sched_out){
        .ctx = b,
        .latest = on_latest,
        .freeze = on_freeze,
        .meter = on_meter,
        .port = on_port,
        .swept = on_swept,
        .doubt = on_doubt,
    };
}

/* ---- the store ---- */

static int save_time(struct box *b, const char *key, int64_t at)
{
    uint8_t raw[8];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    wbuf_i64(&w, at);
    return store_fact_put(b->store, key, raw, w.len);
}

static int sink_begin(void *ctx)
{
    struct box *b = ctx;

    return b->store ? store_sweep_begin(b->store) : CN_E_IO;
}

static int sink_latest(void *ctx, unsigned point, const struct reading_set *set)
{
    struct box *b = ctx;

    return store_put_latest(b->store, point, set);
}

static int sink_freeze(void *ctx, const struct freeze *f)
{
    struct box *b = ctx;

    return store_put_freeze(b->store, f);
}

static int sink_curve(void *ctx, unsigned point, int64_t slot, int64_t since, int64_t at)
{
    struct box *b = ctx;

    return store_put_curve(b->store, point, slot, since, at);
}

static int sink_commit(void *ctx)
{
    struct box *b = ctx;
    int64_t now = box_now(b);

    if (now - b->alive_saved >= ALIVE_S || now < b->alive_saved) {
        save_time(b, alive_key, now);
        b->alive_saved = now;
    }
    return store_sweep_commit(b->store);
}

static void sink_rollback(void *ctx)
{
    struct box *b = ctx;

    if (store_in_sweep(b->store))
        store_sweep_rollback(b->store);
}

static void on_event_stored(void *ctx, const struct ctl_n_event *n)
{
    requests_tell_event(ctx, n);
}

void box_data_init(struct box *b)
{
    struct zone zone = b->config->terminal.zone;
    struct ingest_sink sink = {
        .ctx = b,
        .begin = sink_begin,
        .latest = sink_latest,
        .freeze = sink_freeze,
        .curve = sink_curve,
        .commit = sink_commit,
        .rollback = sink_rollback,
    };

    b->ahead_from = INT64_MAX;
    ingest_init(&b->ingest, b->ring, sink, zone);
    events_init(&b->events, NULL, b->log, zone, (struct events_out){.ctx = b, .stored = on_event_stored});
    timekeep_init(&b->timekeep, &b->clock, b->config->terminal.clock == CLOCK_MODE_OFFSET, zone, NULL);
}

int box_store_result(struct box *b, int err)
{
    bool broken =
        err == CN_E_IO || err == CN_E_FULL || err == CN_E_CORRUPT || err == CN_E_BUSY || err == CN_E_NOMEM;

    if (broken && err != b->store_error)
        log_error(b->log, "the store does not take data (%s): readings are kept in memory", cn_err_text(err));
    if (err >= 0 && b->store_error)
        log_info(b->log, "the store works again");
    if (broken || err >= 0)
        b->store_error = err < 0 ? err : 0;
    if (err == CN_E_CORRUPT && b->store && !store_in_sweep(b->store)) {
        /* opening it again looks for the damage and repairs it */
        store_close(b->store);
        b->store = NULL;
        b->events.store = NULL;
        b->store_retry_ms = 0;
    }
    return err;
}

static void tell_opened(struct box *b)
{
    struct store_opened o;

    store_opened(b->store, &o);
    if (o.created)
        log_info(b->log, "new store in %s", b->config->terminal.state_dir);
    if (o.damaged)
        log_error(b->log, "the store was damaged: set aside as store.db.damaged.%u, %u rows taken over",
                  o.damaged, o.rows_kept);
    if (o.counters_guessed)
        log_warning(b->log, "event counters were rebuilt: events may be reported again");
}

/* ERC14: the time of the last sign of life is when the power went, as well as that is known. */
static void note_power(struct box *b)
{
    uint8_t raw[8];
    int64_t now = box_now(b);

    if (store_fact_get(b->store, ahead_key, raw, sizeof raw) == (int)sizeof raw) {
        struct rbuf r = rbuf_of(raw, sizeof raw);
        b->ahead_from = rbuf_i64(&r);
    }
    if (store_fact_get(b->store, alive_key, raw, sizeof raw) == (int)sizeof raw) {
        struct rbuf r = rbuf_of(raw, sizeof raw);
        int64_t off = rbuf_i64(&r);
        box_clock_ahead(b, off);
        if (off <= now)
            events_power(&b->events, off, now);
        else
            log_warning(b->log, "the clock is behind the last run: the time the box was off is not known");
    }
    save_time(b, since_key, now);
    save_time(b, alive_key, now);
    b->alive_saved = now;
}

void box_open_store(struct box *b, int64_t now_ms)
{
    bool first = b->store_error == 0 && b->alive_saved == 0;

    if (b->store_retry_ms > now_ms)
        return;
    b->store_retry_ms = now_ms + STORE_RETRY_MS;
    int err = store_open(b->config->terminal.state_dir, &b->store);
    if (err < 0) {
        b->store = NULL;
        if (err != b->store_error)
            log_error(b->log, "the store in %s cannot be opened: %s", b->config->terminal.state_dir,
                      cn_err_text(err));
        b->store_error = err;
        return;
    }
    tell_opened(b);
    if (!first)
        log_info(b->log, "the store is open");
    b->store_error = 0;
    struct zone zone = b->config->terminal.zone;
    if (b->alive_saved == 0) {
        timekeep_init(&b->timekeep, &b->clock, b->config->terminal.clock == CLOCK_MODE_OFFSET, zone,
                      b->store);
        events_take_store(&b->events, b->store);
        note_power(b);
    } else {
        b->events.store = b->store;
        events_load_masks(&b->events);
        events_load_state(&b->events);
    }
    box_load_rules(b);
    box_load_archive(b, true);
    requests_tell_clock(b);
}

void box_work(struct box *b, bool force)
{
    int64_t now = box_now(b), now_ms = clock_mono_ms();

    if (!b->store)
        return;
    int n = ingest_work(&b->ingest, now_ms, force);
    if (n != 0)
        box_store_result(b, n);
    if (b->store && (b->events.queued || b->events.open_changed) && (force || now_ms >= b->events_retry_ms)) {
        /* a locked database costs a second a try: not after every job */
        int err = box_store_result(b, events_work(&b->events));
        b->events_retry_ms = err < 0 ? clock_mono_ms() + INGEST_RETRY_MS : 0;
    }
    if (b->store && (force || now - b->alive_saved >= ALIVE_ALONE_S)) {
        b->alive_saved = now;
        box_store_result(b, save_time(b, alive_key, now));
    }
}

/* ---- the archive ---- */

static void take_map(struct mstate *m, enum period period, int64_t first, int n, const uint8_t *have,
                     const uint8_t *missing, int64_t newest)
{
    for (int i = 0; i < n; i++) {
        if (have[i / 8] >> i % 8 & 1)
            cal_set(&m->cal.have, period, first + i, true);
        if (period == PERIOD_DAY && first + i == newest && (missing[i / 8] >> i % 8 & 1))
            m->flags |= METER_DAY_MARKED;
    }
}

static void load_freezes(struct box *b, const struct sched *s, struct mstate *m)
{
    static const struct {
        enum period period;
        enum freeze_kind kind;
    } kinds[] = {{PERIOD_DAY, FREEZE_DAY}, {PERIOD_HOUR, FREEZE_HOUR}};
    uint8_t have[CAL_HOURS / 8 + 1], missing[CAL_HOURS / 8 + 1];

    memset(&m->cal.have, 0, sizeof m->cal.have);
    memset(&m->cal.gone, 0, sizeof m->cal.gone);
    /* the first tick of the port loads them when it knows the time */
    for (unsigned k = 0; k < 2 && s->newest[0] != INT64_MIN; k++) {
        int n = cal_depth(kinds[k].period);
        int64_t first = s->newest[k] - n + 1;
        if (store_freeze_map(b->store, kinds[k].kind, m->m.point, first, (unsigned)n, have, missing) >= 0)
            take_map(m, kinds[k].period, first, n, have, missing, s->newest[k]);
    }
}

/* ---- a clock that was ahead ---- */

static void save_ahead(struct box *b, int64_t from)
{
    if (from == b->ahead_from)
        return;
    b->ahead_from = from;
    if (b->store)
        save_time(b, ahead_key, from);
}

void box_clock_ahead(struct box *b, int64_t before)
{
    if (box_now(b) - before >= FUTURE_HOURS * 3600 && before < b->ahead_from)
        save_ahead(b, before);
}

/*
 * Slots that were filled while the clock was ahead were never reached; they would keep the true values out.
 * What was stored before the clock jumped ahead stays, whatever the new time says: a clock that never jumped
 * is being set wrong, and curves and the freezes of plain meters cannot be read again. Set back by years it is
 * wrong itself.
 */
void box_drop_future(struct box *b, int64_t step_ms)
{
    struct zone zone = b->config->terminal.zone;
    int64_t back_h = -step_ms / 3600000;
    int64_t from = box_now(b);

    if (back_h > -FUTURE_HOURS && back_h < FUTURE_HOURS)
        save_ahead(b, INT64_MAX);
    if (!b->store || back_h < FUTURE_HOURS || b->ahead_from == INT64_MAX || back_h > CAL_DAYS * 24)
        return;
    if (from < b->ahead_from)
        from = b->ahead_from;
    store_drop_freezes(b->store, FREEZE_DAY, cal_newest(PERIOD_DAY, zone, from) + FUTURE_DAYS);
    store_drop_freezes(b->store, FREEZE_MONTH, slot_month(zone, from + FUTURE_DAYS * 86400));
    if (back_h <= CAL_HOURS) {
        store_drop_freezes(b->store, FREEZE_HOUR, cal_newest(PERIOD_HOUR, zone, from) + FUTURE_HOURS);
        store_drop_freezes(b->store, FREEZE_CURVE, (slot_hour(zone, from) + FUTURE_HOURS) * 60);
    }
    save_ahead(b, INT64_MAX);
}

void box_load_freezes(struct box *b, struct box_port *p)
{
    if (!b->store)
        return;
    /* what waits in memory must be seen too */
    int n = ingest_work(&b->ingest, clock_mono_ms(), true);
    if (n != 0)
        box_store_result(b, n);
    for (unsigned i = 0; i < p->sched.count && b->store; i++)
        load_freezes(b, &p->sched, &b->meters.slots[p->order[i]]);
}

static int take_last(void *ctx, unsigned point, const struct reading_set *set)
{
    struct mstate *m = ctx;

    (void)point;
    for (unsigned i = 0; i < set->count; i++) {
        const struct reading *r = &set->r[i];
        int place = r->tariff == 0 ? meter_last_place(r->quantity) : -1;
        if (place >= 0 && r->value.quality != VALUE_NONE && m->last[place].quality == VALUE_NONE) {
            m->last[place] = r->value;
            if (set->at > m->last_at)
                m->last_at = set->at;
        }
    }
    if (set->at > m->last_ok)
        m->last_ok = set->at;
    return 0;
}

struct archive_load {
    struct box *b;
    uint8_t seen[(METER_INDEX_MAX + 8) / 8], fresh[(METER_INDEX_MAX + 8) / 8];
};

static int take_entry(void *ctx, unsigned pn, unsigned sub, const uint8_t *data, size_t len)
{
    struct archive_load *l = ctx;
    struct meter m;

    (void)pn;
    if (len != F10_ENTRY || meter_decode(data, &m) < 0 || m.index != sub || m.point == 0)
        return 0;
    if (meters_put(&l->b->meters, &m, l->seen))
        l->fresh[m.index / 8] |= (uint8_t)(1u << m.index % 8);
    return 0;
}

/*
 * At start the last registers come from the table that everybody reads; the view is only open for this. A
 * meter that is archived later, perhaps in the place of another, starts without them.
 */
static void load_fresh(struct box *b, const struct archive_load *l, bool start)
{
    struct view *view = NULL;

    if (start && view_open(b->config->terminal.state_dir, &view) < 0)
        view = NULL;
    for (unsigned i = 1; i <= b->meters.top; i++) {
        struct mstate *m = meters_by_index(&b->meters, i);
        struct box_port *p = m ? box_port(b, m->m.port) : NULL;
        if (!m || !(l->fresh[i / 8] >> i % 8 & 1))
            continue;
        if (view)
            view_latest_all(view, m->m.point, take_last, m);
        if (p)
            load_freezes(b, &p->sched, m);
    }
    if (view)
        view_close(view);
}

void box_load_archive(struct box *b, bool start)
{
    struct archive_load l = {.b = b};

    if (!b->store)
        return;
    meters_begin(&b->meters, l.seen);
    int n = store_params_each(b->store, F10, take_entry, &l);
    if (n < 0)
        log_error(b->log, "the meter archive: %s", cn_err_text(n));
    meters_end(&b->meters, l.seen);
    load_fresh(b, &l, start);
    for (unsigned point = 1; point <= POINT_MAX; point++) {
        if (events_meter_open(&b->events, point) && !meters_by_point(&b->meters, point))
            events_point_removed(&b->events, point);
    }
    for (unsigned i = 0; i < b->port_count; i++)
        sched_meters(&b->ports[i].sched);
    log_info(b->log, "%u meters archived", b->meters.count);
}

static int take_rule(void *ctx, unsigned pn, unsigned sub, const uint8_t *data, size_t len)
{
    struct box *b = ctx;
    struct param_f33 rule;
    struct box_port *p = box_port(b, sub);

    (void)pn;
    if (p && param_f33(data, len, &rule) == 0)
        sched_rule(&p->sched, &rule);
    return 0;
}

void box_load_rules(struct box *b)
{
    for (unsigned i = 0; i < b->port_count; i++) {
        struct param_f33 rule = cal_default(b->ports[i].config->number);
        sched_rule(&b->ports[i].sched, &rule);
    }
    if (b->store)
        store_params_each(b->store, F33, take_rule, b);
}
