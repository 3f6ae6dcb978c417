#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "northbound/mqtt/json.h"
#include "northbound/mqtt/payload.h"

enum { HEAD = 2 /* ERC, Le */, POINT_MASK = 0x0FFF, START = 0x8000, TEXT = 160, ERC_WRONG_PASSWORD = 20 };

struct walk {
    struct json *j; /* NULL: only look */
    unsigned point;
    int start; /* -1 = the event has no such flag */
    bool secret;
};

static void put_field(struct json *j, const struct lay *field, const char *name, const struct lay_val *v)
{
    char text[TEXT];

    switch (v->kind) {
    case LAYV_NONE:
        json_null(j, name);
        break;
    case LAYV_DEC:
        json_value(j, name, v->dec);
        break;
    case LAYV_INT:
        json_int(j, name, (int64_t)(field->op == LAY_EDGE ? v->number & POINT_MASK : v->number));
        break;
    default:
        json_text(j, name, lay_print(field, v, text, sizeof text));
    }
}

static int take_field(void *ctx, const struct lay *field, const struct lay_at *at, const struct lay_val *v)
{
    struct walk *w = ctx;
    char name[64];

    if (!field->name)
        return 0;
    if (field->op == LAY_EDGE && v->kind == LAYV_INT)
        w->start = (v->number & (field->len == 1 ? 0x80 : START)) != 0;
    if (strcmp(field->name, "point") == 0 && v->kind == LAYV_INT && at->depth == 0)
        w->point = (unsigned)(v->number & POINT_MASK);
    /* a password, even a wrong one, does not leave the box */
    if (!w->j || (w->secret && strcmp(field->name, "PW") == 0))
        return 0;
    if (at->depth)
        snprintf(name, sizeof name, "%s_%u", field->name, at->run[at->depth - 1] + 1U);
    else
        snprintf(name, sizeof name, "%s", field->name);
    put_field(w->j, field, name, v);
    return 0;
}

static void walk_record(const uint8_t *record, size_t length, struct walk *w)
{
    const struct event_def *def = length > HEAD ? event_find(record[0]) : NULL;

    w->point = 0;
    w->start = -1;
    if (!def || length < HEAD + (size_t)record[1])
        return;
    w->secret = record[0] == ERC_WRONG_PASSWORD;
    struct rbuf r = rbuf_of(record + HEAD, record[1]);
    /* a record that ends early shows the fields it has */
    (void)lay_decode(def->layout, &r, LAY_TOLERANT, take_field, w);
}

unsigned payload_event_point(const uint8_t *record, size_t length)
{
    struct walk w = {.j = NULL};

    walk_record(record, length, &w);
    return w.point;
}

int payload_event(void *buf, size_t cap, const struct payload_event *e, const char *m)
{
    struct json j = json_of(buf, cap);
    struct walk w = {.j = NULL};
    const struct event_def *def = e->length > 0 ? event_find(e->record[0]) : NULL;

    walk_record(e->record, e->length, &w);
    json_object(&j, NULL);
    json_int(&j, "v", PAYLOAD_VERSION);
    json_text(&j, "d", e->d);
    if (m)
        json_text(&j, "m", m);
    json_int(&j, "rec", (int64_t)e->rec);
    json_text(&j, "kind", "erc");
    json_int(&j, "ts", e->ts_ms);
    json_bool(&j, "hist", e->hist);
    json_int(&j, "erc", e->length > 0 ? e->record[0] : 0);
    json_text(&j, "text", def ? def->name : "unknown event");
    json_bool(&j, "important", e->ring == RING_IMPORTANT);
    if (w.start >= 0)
        json_bool(&j, "start", w.start);
    json_object(&j, "fields");
    w.j = &j;
    walk_record(e->record, e->length, &w);
    json_end_object(&j);
    json_end_object(&j);
    return j.w.err ? j.w.err : (int)j.w.len;
}
