#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "northbound/gdw3761/app_parts.h"

/* Answers made of what the box itself holds: parameters, version, clock, events; and the forward to a port.
 */

enum { PARAM_MAX = 512, EVENT_HEAD = 4, FORWARD_WAIT_MAX_MS = 30000 /* what concentratord takes at most */ };

/* ---- parameters (AFN 0A, part 3, section 2) ---- */

static enum gdw_made put_plain_param(struct gdw_job *j)
{
    const struct gdw_seam *s = j->app->seam;
    const struct gdw_unit *u = &j->unit;
    uint8_t data[PARAM_MAX];
    struct gdw_dadt d = gdw_dadt_of(u->pn, u->fn);
    int n = s->param(s->ctx, u->fn, u->pn, 0, data, sizeof data);

    if (n < 0)
        return GDW_MISSING;
    if (wbuf_left(&j->w) < GDW_DADT_LEN + (size_t)n)
        return GDW_NO_ROOM;
    gdw_dadt_put(&j->w, &d);
    wbuf_bytes(&j->w, data, (size_t)n);
    return GDW_MADE;
}

static unsigned load(const uint8_t *p, unsigned n)
{
    return n == 2 ? p[0] | (unsigned)p[1] << 8 : p[0];
}

static bool asked_before(const uint8_t *keys, unsigned key_len, unsigned i)
{
    for (unsigned k = 0; k < i; k++) {
        if (memcmp(keys + k * key_len, keys + i * key_len, key_len) == 0)
            return true;
    }
    return false;
}

/*
 * The asked entries in the order asked, each once, those that exist; the count is the number really sent.
 * Only a list that alone is larger than a frame is cut, each part with its own count (part 1, section 7).
 */
static enum gdw_made put_list(struct gdw_job *j)
{
    const struct gdw_seam *s = j->app->seam;
    const struct gdw_unit *u = &j->unit;
    const struct param_list *list = u->item.param->list;
    unsigned asked = load(u->data, list->count_len), put = 0;
    const uint8_t *keys = u->data + list->count_len;
    struct wbuf before = j->w;
    struct gdw_dadt d = gdw_dadt_of(u->pn, u->fn);
    unsigned i;

    gdw_dadt_put(&j->w, &d);
    size_t count_at = j->w.len;
    wbuf_fill(&j->w, 0, list->count_len);
    for (i = j->at; i < asked; i++) {
        uint8_t entry[PARAM_MAX];
        if (asked_before(keys, list->key_len, i))
            continue;
        int n = s->param(s->ctx, u->fn, u->pn, load(keys + i * list->key_len, list->key_len), entry,
                         sizeof entry);
        if (n < 0)
            continue;
        if (j->w.err || wbuf_left(&j->w) < (size_t)n)
            break;
        wbuf_bytes(&j->w, entry, (size_t)n);
        put++;
    }
    bool more = i < asked;
    if ((put == 0 && !j->cut) || (more && (put == 0 || (j->has_units && !j->cut)))) {
        j->w = before;
        return more ? GDW_NO_ROOM : GDW_MISSING;
    }
    struct wbuf count = wbuf_of(j->w.p + count_at, list->count_len);
    wbuf_u8(&count, (uint8_t)put);
    if (list->count_len == 2)
        wbuf_u8(&count, (uint8_t)(put >> 8));
    j->at = (uint16_t)i;
    return more ? GDW_MADE_PART : GDW_MADE;
}

enum gdw_made gdw_make_param(struct gdw_job *j, struct gdw_now now)
{
    (void)now;
    return j->unit.item.param->list ? put_list(j) : put_plain_param(j);
}

/* ---- version, clock, counters ---- */

static void text_of(struct lay_val *v, const char *text)
{
    v->kind = LAYV_BYTES;
    v->bytes.p = (const uint8_t *)text;
    v->bytes.len = (uint16_t)strlen(text);
}

static void date_of(struct lay_val *v, const struct civil *date)
{
    if (date->year) {
        v->kind = LAYV_TIME;
        v->time = *date;
    }
}

static int from_ident(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v)
{
    const struct gdw_ident *id = ctx;
    const struct {
        const char *field, *text;
    } texts[] = {
        {"vendor", id->vendor},     {"device", id->device},     {"software", id->software},
        {"capacity", id->capacity}, {"protocol", id->protocol}, {"hardware", id->hardware},
    };

    (void)at;
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(field->name, texts[i].field) == 0)
            text_of(v, texts[i].text ? texts[i].text : "");
    }
    if (strcmp(field->name, "software_date") == 0)
        date_of(v, &id->software_date);
    else if (strcmp(field->name, "hardware_date") == 0)
        date_of(v, &id->hardware_date);
    return 0;
}

enum gdw_made gdw_make_version(struct gdw_job *j, struct gdw_now now)
{
    (void)now;
    return gdw_put_unit(j, from_ident, &j->app->ident);
}

static int from_time(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v)
{
    (void)field;
    (void)at;
    v->kind = LAYV_TIME;
    v->time = *(const struct civil *)ctx;
    return 0;
}

enum gdw_made gdw_make_clock(struct gdw_job *j, struct gdw_now now)
{
    struct civil local = zone_to_local(j->app->zone, now.utc_s);

    return gdw_put_unit(j, from_time, &local);
}

static int from_counters(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v)
{
    const struct event_state *e = ctx;

    (void)at;
    v->kind = LAYV_INT;
    v->number = strcmp(field->name, "EC1") == 0 ? e->ec1 : e->ec2;
    return 0;
}

enum gdw_made gdw_make_counters(struct gdw_job *j, struct gdw_now now)
{
    const struct gdw_seam *s = j->app->seam;
    struct event_state e;

    (void)now;
    if (s->event_state(s->ctx, &e) < 0)
        return GDW_MISSING;
    return gdw_put_unit(j, from_counters, &e);
}

/* ---- events (part 6, 2 and 3) ---- */

unsigned gdw_put_records(struct gdw_app *a, unsigned ring, uint8_t from, unsigned count, struct wbuf *w,
                         uint8_t *next, bool *more)
{
    unsigned put = 0;

    *more = false;
    *next = from;
    while (put < count) {
        uint8_t record[EVENT_MAX];
        int n = a->seam->event(a->seam->ctx, ring, *next, record, sizeof record);
        if (n < 0)
            break;
        if (w->err || wbuf_left(w) < (size_t)n) {
            *more = true;
            break;
        }
        wbuf_bytes(w, record, (size_t)n);
        put++;
        (*next)++;
    }
    return put;
}

static bool event_exists(struct gdw_app *a, unsigned ring, uint8_t index)
{
    uint8_t record[EVENT_MAX];

    return a->seam->event(a->seam->ctx, ring, index, record, sizeof record) >= 0;
}

static void put_event_head(struct wbuf *w, const struct event_state *e, uint8_t from, uint8_t to)
{
    wbuf_u8(w, e->ec1);
    wbuf_u8(w, e->ec2);
    wbuf_u8(w, from);
    wbuf_u8(w, to);
}

enum gdw_made gdw_make_events(struct gdw_job *j, struct gdw_now now)
{
    struct gdw_app *a = j->app;
    const struct gdw_unit *u = &j->unit;
    unsigned ring = u->fn == 1 ? RING_IMPORTANT : RING_GENERAL;
    uint8_t pm = u->data[0], pn = u->data[1];
    unsigned count = (uint8_t)(pn - pm);
    struct event_state e;
    struct wbuf before = j->w;
    struct gdw_dadt d = gdw_dadt_of(0, u->fn);
    bool more;

    (void)now;
    if (a->seam->event_state(a->seam->ctx, &e) < 0)
        return GDW_MISSING;
    if (ring == RING_IMPORTANT && !j->cut)
        a->acd_cleared_at = e.ec1;
    /* records that do not exist are left out at both ends of the range */
    while (!j->cut && j->at < count && !event_exists(a, ring, (uint8_t)(pm + j->at)))
        j->at++;
    uint8_t from = j->at < count ? (uint8_t)(pm + j->at) : pn, next;
    gdw_dadt_put(&j->w, &d);
    size_t head_at = j->w.len;
    put_event_head(&j->w, &e, from, from);
    unsigned put = gdw_put_records(a, ring, from, count - j->at, &j->w, &next, &more);
    if (j->w.err || (more && (put == 0 || (j->has_units && !j->cut)))) {
        j->w = before;
        return GDW_NO_ROOM;
    }
    struct wbuf head = wbuf_of(j->w.p + head_at, EVENT_HEAD);
    put_event_head(&head, &e, from, next);
    j->at = (uint16_t)(j->at + put);
    j->seen[ring - 1] = (struct ctl_seen){
        .ring = (uint8_t)ring,
        .upto = put                      ? next
                : ring == RING_IMPORTANT ? e.rd1
                                         : e.rd2,
        .clear_acd = ring == RING_IMPORTANT,
    };
    return more ? GDW_MADE_PART : GDW_MADE;
}

int gdw_app_report(struct gdw_app *a, bool con, uint8_t pseq, struct wbuf *out, uint8_t *upto)
{
    struct event_state e, shown;
    struct gdw_dadt d = gdw_dadt_of(0, 1);
    bool more;
    int ret = a->seam->event_state(a->seam->ctx, &e);

    if (ret < 0)
        return ret;
    if (e.rd1 == e.ec1)
        return 0;
    gdw_app_events(a, &shown);
    const struct gdw_frame head = {
        .up = true,
        .prm = true,
        .fc = GDW_FC_SEND,
        .acd = shown.acd,
        .ec1 = e.ec1,
        .ec2 = e.ec2,
        .a1 = a->a1,
        .a2 = a->a2,
        .afn = GDW_AFN_EVENTS,
        .fir = true,
        .fin = true,
        .con = con,
        .seq = pseq,
    };
    size_t cap = out->cap;
    int start = gdw_frame_open(out);
    if (start < 0)
        return start;
    size_t limit = (size_t)start + GDW_HEAD + a->frame_max - GDW_AROUND - GDW_EC_LEN;
    if (limit < cap - GDW_EC_LEN - 2)
        out->cap = limit;
    else
        out->cap = cap - GDW_EC_LEN - 2;
    gdw_dadt_put(out, &d);
    size_t head_at = out->len;
    put_event_head(out, &e, e.rd1, e.rd1);
    unsigned put = gdw_put_records(a, RING_IMPORTANT, e.rd1, (uint8_t)(e.ec1 - e.rd1), out, upto, &more);
    if (put == 0 && more) { /* one record larger than the frames we like to send */
        out->cap = cap - GDW_EC_LEN - 2;
        put = gdw_put_records(a, RING_IMPORTANT, e.rd1, 1, out, upto, &more);
    }
    out->cap = cap;
    if (put == 0) {
        out->len = (size_t)start;
        return CN_E_NOTFOUND;
    }
    struct wbuf patch = wbuf_of(out->p + head_at, EVENT_HEAD);
    put_event_head(&patch, &e, e.rd1, *upto);
    return gdw_frame_close(out, start, &head);
}

/* ---- transparent forwarding (part 1, 13, AFN 10 F1) ---- */

static struct line_settings line_of(uint8_t control)
{
    static const uint16_t baud[] = {300, 600, 1200, 2400, 4800, 7200, 9600, 19200};
    char parity = 'N';

    if (control & 0x08)
        parity = control & 0x04 ? 'O' : 'E';
    return (struct line_settings){
        .baud = baud[control >> 5],
        .data_bits = (uint8_t)(5 + (control & 3)),
        .parity = parity,
        .stop_bits = control & 0x10 ? 2 : 1,
    };
}

static bool forward_of(const struct gdw_unit *u, struct ctl_forward *m)
{
    struct rbuf r = rbuf_of(u->data, u->len);

    memset(m, 0, sizeof *m);
    m->port = rbuf_u8(&r);
    m->line = line_of(rbuf_u8(&r));
    uint8_t wait = rbuf_u8(&r);
    unsigned wait_ms = (wait & 0x7FU) * (wait & 0x80 ? 1000U : 10U);
    m->response_ms = (uint16_t)(wait_ms > FORWARD_WAIT_MAX_MS ? (unsigned)FORWARD_WAIT_MAX_MS : wait_ms);
    m->byte_ms = (uint16_t)(rbuf_u8(&r) * 10);
    m->length = rbuf_u16(&r);
    if (m->length == 0 || m->length > sizeof m->bytes)
        return false;
    rbuf_bytes(&r, m->bytes, m->length);
    return !r.err;
}

static int from_forward(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v)
{
    const struct gdw_job *j = ctx;

    (void)at;
    if (field->op == LAY_BYTES) {
        v->kind = LAYV_BYTES;
        v->bytes.p = j->bytes.p;
        v->bytes.len = j->bytes.len;
    } else {
        v->kind = LAYV_INT;
        v->number = field->flags & LAYF_COUNT ? j->bytes.len : j->unit.data[0];
    }
    return 0;
}

enum gdw_made gdw_make_forward(struct gdw_job *j, struct gdw_now now)
{
    const struct gdw_seam *s = j->app->seam;

    if (!j->op || (!j->op_sent && !j->op_done)) {
        struct ctl_forward m;
        if (!forward_of(&j->unit, &m))
            return GDW_MISSING;
        j->bytes.len = 0;
        gdw_op_start(j, GDW_OP_FORWARD, s->forward(s->ctx, &m, &j->op_seq), now,
                     m.response_ms + GDW_CONFIRM_MS);
    }
    if (!j->op_done)
        return GDW_MUST_WAIT;
    /* no byte came back: denied (sources differ; recommended) */
    enum gdw_made made = j->bytes.len ? gdw_put_unit(j, from_forward, j) : GDW_MISSING;
    if (made != GDW_NO_ROOM)
        j->op = GDW_OP_NONE;
    return made;
}
