#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "gateway/model/param.h"

/*
 * Every parameter and event layout on any bytes. First byte: which row; the rest: the data unit. What a
 * strict decoder accepts must encode to the same bytes; printing must hold its buffer; the lists must fall
 * into their entries.
 */
enum { TAPE = 20000, UNIT = 16384 };

struct tape {
    struct lay_val v[TAPE];
    uint64_t rest; /* fields of groups that run to the end */
    size_t count, next;
};

static int record(void *ctx, const struct lay *f, const struct lay_at *at, const struct lay_val *v)
{
    struct tape *t = ctx;
    char text[33];

    memset(text, 0x7F, sizeof text);
    lay_print(f, v, text, sizeof text - 1);
    if (at->depth > LAY_DEPTH || strlen(text) >= sizeof text - 1 || text[sizeof text - 1] != 0x7F)
        abort();
    if (f->op == LAY_PART)
        return 0;
    if (t->count == TAPE)
        return CN_E_FULL;
    if (f->op == LAY_DADT)
        t->rest++;
    t->v[t->count++] = *v;
    return 0;
}

static int play(void *ctx, const struct lay *f, const struct lay_at *at, struct lay_val *v)
{
    struct tape *t = ctx;

    (void)at;
    if (f->op == LAY_REPEAT) {
        v->kind = LAYV_INT;
        v->number = t->rest;
        return 0;
    }
    if (t->next == t->count)
        abort();
    *v = t->v[t->next++];
    return 0;
}

static int entry(void *ctx, unsigned key, const uint8_t *p, size_t len)
{
    size_t *total = ctx;

    (void)key;
    if (len == 0 || p == NULL)
        abort();
    *total += len;
    return 0;
}

static void walk(const struct lay *lay, const uint8_t *data, size_t size)
{
    static struct tape tape;
    static uint8_t back[UNIT];
    struct rbuf r = rbuf_of(data, size);

    tape.count = tape.next = 0;
    tape.rest = 0;
    lay_decode(lay, &r, LAY_TOLERANT, record, &tape);

    tape.count = tape.next = 0;
    tape.rest = 0;
    r = rbuf_of(data, size);
    int used = lay_decode(lay, &r, LAY_STRICT, record, &tape);
    if (used < 0)
        return;
    struct wbuf w = wbuf_of(back, sizeof back);
    if ((size_t)used != r.pos || lay_encode(lay, &w, play, &tape) != used || tape.next != tape.count)
        abort();
    /* texts end at their padding and -0 becomes 0: compare what the second decoding sees */
    r = rbuf_of(back, w.len);
    tape.count = tape.next = 0;
    if (lay_decode(lay, &r, LAY_STRICT, record, &tape) != used)
        abort();
}

static void check_param(const struct param_def *d, const uint8_t *data, size_t size)
{
    struct rbuf r = rbuf_of(data, size);
    int used = param_check(d, &r);

    if (used >= 0 && (size_t)used != r.pos)
        abort();
    if (used > 0 && d->list) {
        size_t total = 0;
        if (param_entries(d, data, (size_t)used, entry, &total) < 0 ||
            total + d->list->count_len != (size_t)used)
            abort();
    }
    union {
        struct param_f1 f1;
        struct param_f3 f3;
        struct param_f8 f8;
        struct param_f9 f9;
        struct param_f33 f33;
        struct param_f36 f36;
    } view;
    param_f1(data, size, &view.f1);
    param_f3(data, size, &view.f3);
    param_f8(data, size, &view.f8);
    param_f9(data, size, &view.f9);
    if (param_f33(data, size, &view.f33) == 0 && view.f33.period_count > F33_PERIODS_MAX)
        abort();
    param_f36(data, size, &view.f36);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t params, events;
    const struct param_def *p = param_all(&params);
    const struct event_def *e = event_all(&events);

    if (size < 1 || size > UNIT)
        return 0;
    size_t row = data[0] % (params + events);
    if (row < params) {
        walk(p[row].layout, data + 1, size - 1);
        check_param(&p[row], data + 1, size - 1);
    } else {
        walk(e[row - params].layout, data + 1, size - 1);
    }
    return 0;
}
