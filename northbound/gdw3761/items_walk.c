#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "northbound/gdw3761/items.h"
#include "northbound/gdw3761/items_tables.h"

enum { POINTS_FFFF = 0xFF };

static const struct lay td_day[] = {LF_TD_DAY, LF_END};
static const struct lay td_month[] = {LF_TD_MONTH, LF_END};
static const struct lay event_head[] = {LF_NUM(1, "ERC", NULL, 0, 0), LF_NUM(1, "Le", NULL, 0, 0), LF_END};
static const struct lay event_unknown[] = {LF_BYTES(0, "content"), LF_END};

/* ---- length of one unit ---- */

static const struct lay *mark_layout(const struct gdw_item *item, bool up)
{
    if (!up || item->afn != GDW_AFN_CLASS2)
        return NULL;
    if (item->mark == GDW_MARK_DAY)
        return td_day;
    return item->mark == GDW_MARK_MONTH ? td_month : NULL;
}

/* Event records behind the header EC1 EC2 Pm Pn: Pn - Pm of them, each ERC, Le, Le bytes (reference part 6,
 * 3, 4). */
static int skip_events(struct rbuf *r, const uint8_t *head)
{
    unsigned records = (uint8_t)(head[3] - head[2]);

    for (unsigned i = 0; i < records; i++) {
        rbuf_u8(r);
        rbuf_take(r, rbuf_u8(r));
    }
    return r->err ? CN_E_SHORT : 0;
}

static bool commands(unsigned afn)
{
    return afn == GDW_AFN_SET || afn == GDW_AFN_CONTROL;
}

/* Move r behind the unit's data. @return 0, or why that is impossible. */
static int skip_unit(struct rbuf *r, const struct gdw_unit *u)
{
    const uint8_t *data = r->p + r->pos;
    int n = 0;

    if (!u->layout)
        return CN_E_UNSUPPORTED;
    if (!u->up && commands(u->afn)) {
        /* a refused unit still has a length: the strict walk stands behind it */
        n = lay_decode(u->layout, r, LAY_STRICT, NULL, NULL);
        return n == CN_E_SHORT ? n : 0;
    }
    if (u->mark)
        n = lay_decode(u->mark, r, LAY_TOLERANT, NULL, NULL);
    if (n >= 0)
        n = lay_decode(u->layout, r, LAY_TOLERANT, NULL, NULL);
    if (n < 0)
        return n;
    return u->afn == GDW_AFN_EVENTS && u->up ? skip_events(r, data) : 0;
}

/*
 * Without a row nothing is known about the data. Of requests it is known that reserved Fn of AFN 09, 0A, 0C
 * and the like carry none (reference part 1, section 10); AFN 04, 05, 0D and the rest cannot be parsed on.
 */
static bool request_without_data(unsigned afn)
{
    return afn == GDW_AFN_TERMINAL || afn == GDW_AFN_QUERY || afn == GDW_AFN_CLASS1 ||
           afn == GDW_AFN_CASCADE || afn == GDW_AFN_RESET;
}

static void describe(const struct gdw_cursor *c, unsigned pn, unsigned fn, struct gdw_unit *u)
{
    const struct gdw_frame *f = c->frame;

    memset(u, 0, sizeof *u);
    u->afn = f->afn;
    u->fn = (uint8_t)fn;
    u->pn = (uint16_t)pn;
    u->up = f->up;
    u->known = gdw_item_find(f->afn, fn, &u->item) == 0;
    if (u->known) {
        u->layout = f->up ? u->item.up : u->item.down;
        u->mark = mark_layout(&u->item, f->up);
    } else if (!f->up && request_without_data(f->afn)) {
        u->layout = gdw_lay_none;
    }
    bool alone = (c->dadt.dt1 & (c->dadt.dt1 - 1)) == 0 && (c->dadt.da1 & (c->dadt.da1 - 1)) == 0 &&
                 c->frame->data_len == GDW_DADT_LEN + u->item.alone_len;
    if (u->item.alone && alone)
        u->layout = u->item.alone;
}

/* ---- the cursor ---- */

static bool is_all(const struct gdw_cursor *c, const struct gdw_dadt *d)
{
    if (c->frame->up || (c->frame->afn != GDW_AFN_QUERY && c->frame->afn != GDW_AFN_CLASS1 &&
                         c->frame->afn != GDW_AFN_CLASS2))
        return false;
    return gdw_dadt_kind(d) == GDW_DA_ALL ||
           (c->ffff_is_all && d->da1 == POINTS_FFFF && d->da2 == POINTS_FFFF);
}

/* The data of each Fn bit once: all points, and class 2 requests with one Td for the whole DADT. */
static int record_shared(struct gdw_cursor *c)
{
    struct rbuf r = c->r;

    for (unsigned k = 0; k < 8; k++) {
        unsigned fn = gdw_dadt_fn(&c->dadt, k);
        struct gdw_unit u;
        if (!fn)
            continue;
        if (c->shared_td)
            r.pos = c->r.pos;
        describe(c, 0, fn, &u);
        size_t at = r.pos;
        int ret = skip_unit(&r, &u);
        if (ret < 0)
            return ret;
        c->td_at[k] = (uint16_t)at;
        c->td_len[k] = (uint16_t)(r.pos - at);
    }
    c->r = r;
    return 0;
}

/* Open the next DADT. @return 1, 0 at the end, or -1 for a DADT of a command that names nothing. */
static int open_dadt(struct gdw_cursor *c)
{
    for (;;) {
        if (rbuf_left(&c->r) == 0 || gdw_dadt_get(&c->r, &c->dadt) < 0)
            return 0;
        c->all_points = is_all(c, &c->dadt);
        enum gdw_da_kind kind = gdw_dadt_kind(&c->dadt);
        bool names =
            gdw_dadt_has_fn(&c->dadt) && (c->all_points || kind == GDW_DA_ZERO || kind == GDW_DA_SET);
        c->pk = c->fk = 0;
        c->pn = 0;
        if (names) {
            c->in_dadt = true;
            return 1;
        }
        if (commands(c->frame->afn))
            return -1;
    }
}

/* The point the walk stands at, moving on when its Fn are through. @return false at the end of the DADT. */
static bool next_point(struct gdw_cursor *c)
{
    if (gdw_dadt_kind(&c->dadt) == GDW_DA_ZERO) {
        c->pn = 0;
        return c->pk++ == 0;
    }
    while (c->pk < 8) {
        unsigned pn = gdw_dadt_pn(&c->dadt, c->pk++);
        if (pn) {
            c->pn = (uint16_t)pn;
            return true;
        }
    }
    return false;
}

static unsigned kind_of(const struct gdw_cursor *c, unsigned fn)
{
    struct gdw_item item;

    return gdw_item_find(c->frame->afn, fn, &item) == 0 ? item.pn_kind : PN_POINT;
}

/* All points: the smallest configured instance above pn that any of the Fn has. */
static bool next_instance(struct gdw_cursor *c)
{
    unsigned best = 0;

    if (!c->next_pn) {
        c->pn = GDW_PN_ALL;
        return c->pk++ == 0;
    }
    for (unsigned k = 0; k < 8; k++) {
        unsigned fn = gdw_dadt_fn(&c->dadt, k);
        unsigned pn = fn ? c->next_pn(c->next_ctx, kind_of(c, fn), c->pn) : 0;
        if (pn && (!best || pn < best))
            best = pn;
    }
    c->pn = (uint16_t)best;
    return best != 0;
}

static bool has_instance(const struct gdw_cursor *c, unsigned fn)
{
    return !c->next_pn || c->next_pn(c->next_ctx, kind_of(c, fn), c->pn - 1U) == c->pn;
}

static int give_rest(struct gdw_cursor *c, struct gdw_unit *u, int err)
{
    u->data = c->r.p + c->r.pos;
    u->len = (uint16_t)rbuf_left(&c->r);
    u->err = c->err = err;
    return 1;
}

/* Data of the unit at (pn, fk). */
static int give(struct gdw_cursor *c, unsigned k, struct gdw_unit *u)
{
    describe(c, c->pn, gdw_dadt_fn(&c->dadt, k), u);
    if (c->all_points || c->shared_td) {
        u->data = c->r.p + c->td_at[k];
        u->len = c->td_len[k];
        return 1;
    }
    size_t at = c->r.pos;
    struct rbuf r = c->r;
    int ret = skip_unit(&r, u);
    if (ret < 0)
        return give_rest(c, u, ret);
    c->r = r;
    u->data = r.p + at;
    u->len = (uint16_t)(r.pos - at);
    return 1;
}

int gdw_cursor_next(struct gdw_cursor *c, struct gdw_unit *u)
{
    while (!c->err) {
        if (!c->in_dadt) {
            int opened = open_dadt(c);
            if (opened == 0)
                return 0;
            if (opened < 0) {
                memset(u, 0, sizeof *u);
                u->afn = c->frame->afn;
                return give_rest(c, u, CN_E_UNSUPPORTED);
            }
            if (c->all_points || c->shared_td) {
                int ret = record_shared(c);
                if (ret < 0) {
                    describe(c, c->all_points ? GDW_PN_ALL : 0, 0, u);
                    return give_rest(c, u, ret);
                }
            }
            c->fk = 8;
        }
        if (c->fk == 8) {
            c->fk = 0;
            if (!(c->all_points ? next_instance(c) : next_point(c))) {
                c->in_dadt = false;
                continue;
            }
        }
        while (c->fk < 8) {
            unsigned k = c->fk++;
            unsigned fn = gdw_dadt_fn(&c->dadt, k);
            if (fn && (!c->all_points || has_instance(c, fn)))
                return give(c, k, u);
        }
    }
    return 0;
}

static void cursor_start(struct gdw_cursor *c)
{
    c->r = rbuf_of(c->frame->data, c->frame->data_len);
    c->in_dadt = false;
    c->err = 0;
}

/* Does the whole data area parse this way? @return 0, or the first error. */
static int try_shared(struct gdw_cursor c, bool shared)
{
    struct gdw_unit u;

    c.shared_td = shared;
    c.next_pn = NULL;
    cursor_start(&c);
    while (gdw_cursor_next(&c, &u) == 1)
        ;
    return c.err ? c.err : c.r.err ? CN_E_FORMAT : 0;
}

int gdw_cursor_init(struct gdw_cursor *c, const struct gdw_frame *f, gdw_next_pn_fn next_pn, void *ctx)
{
    memset(c, 0, sizeof *c);
    c->frame = f;
    c->next_pn = next_pn;
    c->next_ctx = ctx;
    c->ffff_is_all = next_pn && next_pn(ctx, PN_POINT, GDW_PN_MAX - 8) == 0;
    cursor_start(c);
    if (f->aux_bad)
        return CN_E_FORMAT;
    if (f->afn == GDW_AFN_CLASS2 && !f->up) {
        int single = try_shared(*c, false);
        if (single < 0) {
            if (try_shared(*c, true) == 0)
                c->shared_td = true;
            else if (single != CN_E_UNSUPPORTED)
                return CN_E_FORMAT;
        }
    }
    return 0;
}

/* ---- explaining ---- */

struct field_ctx {
    const struct gdw_unit *u;
    const struct gdw_visitor *v;
    void *ctx;
};

static int pass_field(void *ctx, const struct lay *field, const struct lay_at *at, const struct lay_val *v)
{
    struct field_ctx *x = ctx;

    return x->v->field ? x->v->field(x->ctx, x->u, field, at, v) : 0;
}

static int walk_events(struct rbuf *r, unsigned records, struct field_ctx *x)
{
    for (unsigned i = 0; i < records; i++) {
        const uint8_t *head = r->p + r->pos;
        int ret = lay_decode(event_head, r, LAY_TOLERANT, pass_field, x);
        if (ret < 0)
            return ret;
        struct rbuf content = rbuf_sub(r, head[1]);
        if (r->err)
            return CN_E_SHORT;
        const struct event_def *d = event_find(head[0]);
        size_t at = content.pos;
        if (d && lay_decode(d->layout, &content, LAY_TOLERANT, NULL, NULL) >= 0) {
            content.pos = at;
            ret = lay_decode(d->layout, &content, LAY_TOLERANT, pass_field, x);
        } else {
            /* an unknown record, or one that is shorter than its layout: by length only */
            const struct lay_at nowhere = {0};
            struct lay_val v = {.kind = LAYV_BYTES};
            v.bytes.p = content.p;
            v.bytes.len = (uint16_t)content.len;
            ret = pass_field(x, event_unknown, &nowhere, &v);
        }
        if (ret < 0)
            return ret;
    }
    return 0;
}

int gdw_walk_unit(const struct gdw_unit *u, const struct gdw_visitor *v, void *ctx)
{
    struct field_ctx x = {u, v, ctx};
    struct rbuf r = rbuf_of(u->data, u->len);
    int ret = 0;

    if (!u->layout)
        return u->err;
    if (u->mark)
        ret = lay_decode(u->mark, &r, LAY_TOLERANT, pass_field, &x);
    if (ret >= 0)
        ret = lay_decode(u->layout, &r, LAY_TOLERANT, pass_field, &x);
    if (ret >= 0 && u->afn == GDW_AFN_EVENTS && u->up)
        ret = walk_events(&r, (uint8_t)(u->data[3] - u->data[2]), &x);
    return ret < 0 ? ret : u->err;
}

int gdw_walk(const struct gdw_frame *f, const struct gdw_visitor *v, void *ctx)
{
    struct gdw_cursor c;
    struct gdw_unit u;
    int count = 0;
    int ret = gdw_cursor_init(&c, f, NULL, NULL);

    if (ret < 0)
        return ret;
    while (gdw_cursor_next(&c, &u) == 1) {
        count++;
        if (v->unit && (ret = v->unit(ctx, &u)) < 0)
            return ret;
        if ((ret = gdw_walk_unit(&u, v, ctx)) < 0)
            return ret;
    }
    return count;
}
