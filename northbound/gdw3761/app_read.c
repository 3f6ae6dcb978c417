#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "northbound/gdw3761/app_parts.h"

/* Answers made of readings: class 1 from the last reading or the meter, class 2 from the freezes (parts 4 and
 * 5). */

enum { DAY_S = 86400, CLOCK_SLACK_S = 60, ROLL_PARTS = 10 };

/* A field of a layout from a set of readings. */
struct reading_source {
    const struct reading_set *set;
    unsigned tariffs;
    bool has_t;
    struct civil t;
};

static bool is_power_factor(unsigned quantity)
{
    return quantity >= Q_PF && quantity <= Q_PF_C;
}

static int from_readings(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v)
{
    const struct reading_source *s = ctx;

    if (field->flags & LAYF_COUNT) {
        v->kind = LAYV_INT;
        v->number = s->tariffs;
        return 0;
    }
    if (!field->quantity) {
        if (s->has_t) {
            v->kind = LAYV_TIME;
            v->time = s->t;
        }
        return 0;
    }
    struct value x = reading_get(s->set, field->quantity, at->depth ? at->run[at->depth - 1] : 0);
    if (x.quality == VALUE_NONE)
        return 0;
    if (is_power_factor(field->quantity))
        x.exp10 = (int8_t)(x.exp10 + 2); /* the item is in per cent (part 7, 1) */
    if ((field->quantity == Q_EQ_COMB1 || field->quantity == Q_EQ_COMB2) && x.mantissa < 0)
        x.mantissa = -x.mantissa; /* A.11 has no sign: it is dropped, the quadrants carry it (part 7, 1) */
    v->kind = LAYV_DEC;
    v->dec = x;
    return 0;
}

enum gdw_made gdw_put_unit(struct gdw_job *j, lay_source_fn source, void *ctx)
{
    const struct gdw_unit *u = &j->unit;
    struct wbuf before = j->w;
    struct gdw_dadt d = gdw_dadt_of(u->pn, u->fn);

    gdw_dadt_put(&j->w, &d);
    if (u->item.mark == GDW_MARK_DAY || u->item.mark == GDW_MARK_MONTH)
        wbuf_bytes(&j->w, u->data, u->len);
    int n = j->w.err ? CN_E_NOSPACE : lay_encode(u->item.up, &j->w, source, ctx);
    if (n >= 0)
        return GDW_MADE;
    j->w = before;
    return n == CN_E_NOSPACE ? GDW_NO_ROOM : GDW_MISSING;
}

/* ---- class 1 ---- */

static void list_wants(struct gdw_job *j)
{
    struct ctl_read *m = &j->read;

    memset(m, 0, sizeof *m);
    m->point = j->unit.pn;
    m->max_age_s = j->app->fresh_s;
    for (const struct lay *f = j->unit.item.up; f->op != LAY_END; f++) {
        bool listed = !f->quantity || m->want_count == BUS_WANTS_MAX;
        for (unsigned i = 0; i < m->want_count && !listed; i++)
            listed = m->wants[i].quantity == f->quantity;
        if (!listed)
            m->wants[m->want_count++] = (struct want){.quantity = f->quantity, .period = PERIOD_NOW};
    }
}

/* Replace what the set holds of one quantity. */
static void take_readings(struct reading_set *set, unsigned quantity, const struct reading *r, unsigned count)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (set->r[i].quantity == quantity)
            set->r[i].value = value_none();
    }
    for (unsigned i = 0; i < count; i++) {
        if (r[i].quantity == quantity)
            reading_put(set, quantity, r[i].tariff, r[i].value);
    }
}

static uint8_t *denied_at(struct gdw_app *a, unsigned point, unsigned quantity)
{
    return point <= GDW_PN_MAX && quantity < GDW_QUANTITIES ? &a->denied[point][quantity / 8] : NULL;
}

static bool is_denied(struct gdw_app *a, unsigned point, unsigned quantity)
{
    const uint8_t *at = denied_at(a, point, quantity);

    return at && *at >> quantity % 8 & 1;
}

static void remember_denied(struct gdw_app *a, unsigned point, unsigned quantity)
{
    uint8_t *at = denied_at(a, point, quantity);

    if (at)
        *at = (uint8_t)(*at | 1U << quantity % 8);
}

static bool has_value(const struct reading_set *set, unsigned quantity)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (set->r[i].quantity == quantity && set->r[i].value.quality != VALUE_NONE)
            return true;
    }
    return false;
}

/* Last values from the store. @return true when none of them has to be read again. */
static bool load_latest(struct gdw_job *j, struct gdw_now now)
{
    const struct gdw_seam *s = j->app->seam;
    bool fresh = true;
    int64_t today = slot_day(j->app->zone, now.utc_s);

    if (j->app->denied_day != today) {
        gdw_app_meters_changed(j->app);
        j->app->denied_day = today;
    }
    list_wants(j);
    memset(&j->values, 0, sizeof j->values);
    for (unsigned i = 0; i < j->read.want_count; i++) {
        struct reading_set set;
        unsigned quantity = j->read.wants[i].quantity;
        j->values_at[i] = 0;
        if (s->latest(s->ctx, j->read.point, quantity, &set) == 0) {
            take_readings(&j->values, quantity, set.r, set.count);
            j->values_at[i] = set.at;
        }
        int64_t age = now.utc_s - j->values_at[i];
        /* one refusal of a quantity the meter has given before does not keep it from being read */
        bool lacks = is_denied(j->app, j->read.point, quantity) && !has_value(&j->values, quantity);
        if ((age > j->app->fresh_s || age < -CLOCK_SLACK_S) && !lacks)
            fresh = false;
    }
    return fresh;
}

void gdw_job_values(struct gdw_job *j, uint32_t seq, const struct ctl_values *v)
{
    if (!j->busy || j->op != GDW_OP_READ || !j->op_sent || j->op_done || j->op_seq != seq)
        return;
    for (unsigned i = 0; i < j->read.want_count; i++) {
        if (j->read.wants[i].quantity != v->want.quantity)
            continue;
        if (v->status >= 0) {
            take_readings(&j->values, v->want.quantity, v->r, v->count);
            j->values_at[i] = v->at;
        } else if (v->status == CN_E_DENIED) {
            remember_denied(j->app, j->read.point, v->want.quantity);
        }
    }
}

/* Did the failed request reach the meter? */
static bool was_attempted(int status)
{
    return status == CN_E_TIMEOUT || status == CN_E_CHECKSUM || status == CN_E_FRAME ||
           status == CN_E_PARITY || status == CN_E_FORMAT || status == CN_E_FOREIGN ||
           status == CN_E_CONFLICT || status == CN_E_DENIED || status == CN_E_AUTH || status == CN_E_SHORT;
}

/*
 * T belongs to the leading quantity of the item, else to the first that has a value: the time of the reading
 * the values come from (part 4, 1.2). Values of another time do not belong under this T and are left out.
 */
static enum gdw_made put_latest(struct gdw_job *j, const struct meter *m, struct gdw_now now)
{
    struct reading_source s = {.set = &j->values, .tariffs = meter_tariffs(m)};
    int64_t window = j->app->fresh_s > CLOCK_SLACK_S ? j->app->fresh_s : CLOCK_SLACK_S;
    int64_t t = 0;

    for (unsigned i = 0; i < j->read.want_count && !t; i++) {
        if (has_value(&j->values, j->read.wants[i].quantity))
            t = j->values_at[i];
    }
    for (unsigned i = 0; i < j->read.want_count; i++) {
        if (j->values_at[i] > t + window || j->values_at[i] < t - window)
            take_readings(&j->values, j->read.wants[i].quantity, NULL, 0);
    }
    if (!t && j->op == GDW_OP_READ && (j->op_status >= 0 || was_attempted(j->op_status)))
        t = now.utc_s;
    if (t) {
        s.has_t = true;
        s.t = zone_to_local(j->app->zone, t);
    }
    return gdw_put_unit(j, from_readings, &s);
}

enum gdw_made gdw_make_latest(struct gdw_job *j, struct gdw_now now)
{
    const struct gdw_seam *s = j->app->seam;
    struct meter m;

    if (s->meter(s->ctx, j->unit.pn, &m) < 0) {
        j->op = GDW_OP_NONE;
        return GDW_MISSING;
    }
    if (!j->op && load_latest(j, now))
        return put_latest(j, &m, now);
    if (!j->op || (!j->op_sent && !j->op_done))
        gdw_op_start(j, GDW_OP_READ, s->read(s->ctx, &j->read, &j->op_seq), now, GDW_READ_MS);
    if (!j->op_done)
        return GDW_MUST_WAIT;
    enum gdw_made made = put_latest(j, &m, now);
    if (made != GDW_NO_ROOM)
        j->op = GDW_OP_NONE;
    return made;
}

/* ---- class 2 ---- */

/* Day slot of the request's Td_d. @return false: no valid date, or a day that is not over (part 5, 2). */
static bool day_asked(const struct gdw_job *j, struct gdw_now now, int64_t *slot)
{
    struct lay_val v;

    if (j->unit.len != 3 || fmt_decode(20, j->unit.data, &v) < 0 || v.kind != LAYV_TIME)
        return false;
    struct civil day = {.year = v.time.year, .month = v.time.month, .day = v.time.day};
    *slot = civil_to_s(&day) / DAY_S;
    return *slot < slot_day(j->app->zone, now.utc_s);
}

/* 23:59 of the day for the meter's own freeze and for a reading at 24:00 sharp, else the time of the reading
 * (part 5, 1.1). */
static void freeze_time(const struct gdw_job *j, const struct freeze *f, struct reading_source *s)
{
    int64_t end = slot_day_end(j->app->zone, f->slot);
    int64_t at = f->set.at;

    if (!(f->flags & FREEZE_MISSING) && (f->flags & FREEZE_METER || at == end))
        at = end - 60;
    s->has_t = at != 0;
    s->t = zone_to_local(j->app->zone, at);
}

enum gdw_made gdw_make_day(struct gdw_job *j, struct gdw_now now)
{
    const struct gdw_seam *s = j->app->seam;
    struct meter m;
    struct freeze f;
    int64_t slot;

    if (!day_asked(j, now, &slot) || s->meter(s->ctx, j->unit.pn, &m) < 0 ||
        s->freeze(s->ctx, FREEZE_DAY, slot, j->unit.pn, &f) < 0)
        return GDW_MISSING;
    struct reading_source source = {.set = &f.set, .tariffs = meter_tariffs(&m)};
    freeze_time(j, &f, &source);
    return gdw_put_unit(j, from_readings, &source);
}

struct difference_source {
    struct reading_set begin, end;
    unsigned tariffs;
    unsigned int_digits;
};

/*
 * End minus begin. A register that rolled over stood in the last tenth of its range and stands in the first
 * one; any other fall is a changed or cleared meter, whose difference nobody knows.
 */
static struct value difference(const struct difference_source *s, unsigned quantity, unsigned tariff)
{
    struct value a = reading_get(&s->begin, quantity, tariff), b = reading_get(&s->end, quantity, tariff);
    int exp10 = a.exp10 < b.exp10 ? a.exp10 : b.exp10;
    int64_t from, to, range = 0;

    if (a.quality == VALUE_NONE || b.quality == VALUE_NONE || value_rescale(a, exp10, &from) < 0 ||
        value_rescale(b, exp10, &to) < 0)
        return value_none();
    if (to < from) {
        if (value_rescale(value_of(1, (int)s->int_digits), exp10, &range) < 0 ||
            from < range - range / ROLL_PARTS || from >= range || to >= range / ROLL_PARTS)
            return value_none();
    }
    return value_of(to - from + range, exp10);
}

static int from_difference(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v)
{
    const struct difference_source *s = ctx;

    if (field->flags & LAYF_COUNT) {
        v->kind = LAYV_INT;
        v->number = s->tariffs;
        return 0;
    }
    struct value x = difference(s, field->quantity, at->depth ? at->run[at->depth - 1] : 0);
    if (x.quality != VALUE_NONE) {
        v->kind = LAYV_DEC;
        v->dec = x;
    }
    return 0;
}

enum gdw_made gdw_make_difference(struct gdw_job *j, struct gdw_now now)
{
    const struct gdw_seam *s = j->app->seam;
    struct meter m;
    struct freeze f;
    struct difference_source source;
    int64_t slot;

    if (!day_asked(j, now, &slot) || s->meter(s->ctx, j->unit.pn, &m) < 0 ||
        s->freeze(s->ctx, FREEZE_DAY, slot, j->unit.pn, &f) < 0)
        return GDW_MISSING;
    source.end = f.set;
    source.tariffs = meter_tariffs(&m);
    source.int_digits = m.int_digits;
    /* a missing start or end reading gives EE (part 5, 4.3) */
    if (s->freeze(s->ctx, FREEZE_DAY, slot - 1, j->unit.pn, &f) < 0)
        f.set.count = 0;
    source.begin = f.set;
    return gdw_put_unit(j, from_difference, &source);
}
