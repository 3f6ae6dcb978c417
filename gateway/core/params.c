#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/core/box.h"
#include "gateway/model/param.h"

enum { F9 = 9, F10 = 10, F33 = 33, ENTRY_MIN = 2, WRITES_MAX = CTL_UNIT_BYTES / ENTRY_MIN + CTL_UNITS_MAX };

/* One set request: the rows to write, and which point each index would have after it. */
struct set {
    struct box *b;
    struct param_write *writes; /* [WRITES_MAX], only for the duration of the request */
    unsigned count;
    uint16_t point_of[METER_INDEX_MAX + 1];
    uint16_t index_of[POINT_MAX + 1];
    /* the unit being looked at */
    const struct ctl_unit *unit;
};

static int put_write(struct set *s, unsigned sub, const uint8_t *data, size_t len)
{
    if (s->count == WRITES_MAX)
        return CN_E_NOSPACE;
    s->writes[s->count++] = (struct param_write){
        .fn = s->unit->fn, .pn = s->unit->pn, .sub = (uint16_t)sub, .data = data, .length = (uint16_t)len};
    return 0;
}

/* ---- F10: an entry whose point is 0 deletes its index; a point belongs to one index only (reference part 3,
 * F10) ---- */

static void f10_begin(struct set *s)
{
    for (unsigned i = 1; i <= METER_INDEX_MAX; i++) {
        const struct mstate *m = meters_by_index(&s->b->meters, i);
        s->point_of[i] = m ? m->m.point : 0;
    }
}

static int f10_place(void *ctx, unsigned key, const uint8_t *entry, size_t len)
{
    struct set *s = ctx;
    struct meter m;

    if (len != F10_ENTRY || meter_decode(entry, &m) < 0 || m.index != key)
        return CN_E_RANGE;
    s->point_of[key] = m.point;
    return 0;
}

/* Points of all indexes as they would be. @return 0, CN_E_EXISTS (a point at two indexes) */
static int f10_count(struct set *s)
{
    memset(s->index_of, 0, sizeof s->index_of);
    for (unsigned i = 1; i <= METER_INDEX_MAX; i++) {
        uint16_t point = s->point_of[i];
        if (point && s->index_of[point])
            return CN_E_EXISTS;
        if (point)
            s->index_of[point] = (uint16_t)i;
    }
    return 0;
}

/* The whole list is placed before it is judged: entries may exchange their points. */
static int f10_check(struct set *s, const struct param_def *d)
{
    uint16_t before[METER_INDEX_MAX + 1];

    memcpy(before, s->point_of, sizeof before);
    int err = param_entries(d, s->unit->data, s->unit->length, f10_place, s);
    if (err >= 0)
        err = f10_count(s);
    if (err < 0)
        memcpy(s->point_of, before, sizeof before);
    return err;
}

static int put_entry(void *ctx, unsigned key, const uint8_t *entry, size_t len)
{
    struct set *s = ctx;
    struct meter m;
    bool erase = s->unit->fn == F10 && meter_decode(entry, &m) == 0 && m.point == 0;
    int err = put_write(s, key, entry, len);

    if (err == 0)
        s->writes[s->count - 1].erase = erase;
    return err;
}

static int put_list(struct set *s, const struct param_def *d)
{
    if (d->list->replace) {
        int err = put_write(s, 0, NULL, 0);
        if (err < 0)
            return err;
        s->writes[s->count - 1].erase_all = true;
    }
    int n = param_entries(d, s->unit->data, s->unit->length, put_entry, s);
    return n < 0 ? n : 0;
}

/* Check one unit and add its rows. On refusal nothing of it remains. */
static int take_unit(struct set *s, const struct ctl_unit *u)
{
    const struct param_def *d = param_find(u->fn);
    struct rbuf r = rbuf_of(u->data, u->length);
    unsigned before = s->count;

    s->unit = u;
    if (!d)
        return CN_E_UNSUPPORTED;
    if (!param_pn_ok(d, u->pn))
        return CN_E_RANGE;
    int err = param_check(d, &r);
    if (err >= 0 && rbuf_left(&r))
        err = CN_E_FORMAT;
    if (err >= 0 && u->fn == F10)
        err = f10_check(s, d);
    if (err >= 0)
        err = d->list ? put_list(s, d) : put_write(s, 0, u->data, u->length);
    if (err < 0)
        s->count = before;
    return err < 0 ? err : 0;
}

/* ---- effects ---- */

static void dadt_of(unsigned fn, unsigned pn, uint8_t out[4])
{
    out[0] = pn ? (uint8_t)(1u << (pn - 1) % 8) : 0;
    out[1] = pn ? (uint8_t)((pn - 1) / 8 + 1) : 0;
    out[2] = (uint8_t)(1u << (fn - 1) % 8);
    out[3] = (uint8_t)((fn - 1) / 8);
}

static void take_effect(struct box *b, const struct ctl_params *m, const struct ctl_results *r)
{
    uint8_t dadts[CTL_UNITS_MAX][4];
    unsigned n = 0;
    bool set[256] = {0};

    for (unsigned i = 0; i < m->count; i++) {
        if (r->status[i] != 0)
            continue;
        set[m->units[i].fn] = true;
        dadt_of(m->units[i].fn, m->units[i].pn, dadts[n++]);
    }
    /* before F9 takes effect: the change of the masks is judged by the old ones */
    events_params(&b->events, m->msa, (const uint8_t(*)[4])dadts, n, box_now(b));
    box_store_result(b, events_work(&b->events));
    if (set[F9])
        events_load_masks(&b->events);
    if (set[F33])
        box_load_rules(b);
    if (set[F10])
        box_load_archive(b, false);
}

/* Who set what, for whoever reads the log later. */
static void log_set(const struct box *b, const struct ctl_params *m, const struct ctl_results *r)
{
    for (unsigned i = 0; i < m->count; i++) {
        const struct ctl_unit *u = &m->units[i];
        if (r->status[i] == 0)
            log_info(b->log, "%s (station %u) set F%u of p%u, %u bytes", requests_source_name(m->source),
                     m->msa, u->fn, u->pn, u->length);
        else
            log_warning(b->log, "%s (station %u): F%u of p%u refused: %s", requests_source_name(m->source),
                        m->msa, u->fn, u->pn, cn_err_text(r->status[i]));
    }
}

void box_set_params(struct box *b, const struct ctl_params *m, struct ctl_results *r)
{
    struct set *s = calloc(1, sizeof *s);
    int err = 0;

    r->count = m->count;
    if (s)
        s->writes = malloc(sizeof *s->writes * WRITES_MAX);
    if (!s || !s->writes || !b->store || m->msa > 127)
        err = !b->store ? CN_E_IO : m->msa > 127 ? CN_E_RANGE : CN_E_NOMEM;
    if (err == 0) {
        s->b = b;
        f10_begin(s);
        for (unsigned i = 0; i < m->count; i++)
            r->status[i] = (int16_t)take_unit(s, &m->units[i]);
        if (s->count > 0)
            err = box_store_result(b, store_params_write(b->store, s->writes, s->count, box_now(b)));
    }
    for (unsigned i = 0; i < m->count && err < 0; i++)
        r->status[i] = r->status[i] < 0 ? r->status[i] : (int16_t)err;
    if (s)
        free(s->writes);
    free(s);
    log_set(b, m, r);
    if (err == 0)
        take_effect(b, m, r);
}
