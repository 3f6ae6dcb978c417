#include "tests/sim/master/answers.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"

enum { TEXT = 1200, LABEL = 80 };

int ms_answers_init(struct ms_answers *a)
{
    *a = (struct ms_answers){.unit = calloc(MS_UNITS, sizeof *a->unit), .bytes = malloc(MS_ANSWER_BYTES)};
    if (a->unit && a->bytes)
        return 0;
    ms_answers_free(a);
    return CN_E_NOMEM;
}

void ms_answers_free(struct ms_answers *a)
{
    free(a->unit);
    free(a->bytes);
    *a = (struct ms_answers){0};
}

void ms_answers_clear(struct ms_answers *a)
{
    a->count = a->len = 0;
    a->overflow = false;
    a->err = 0;
}

/* Another part of the same list is no repeat. Class 2 units differ by their time mark. */
static bool same_unit(const struct gdw_unit *a, const struct gdw_unit *b)
{
    size_t mark = a->item.mark == GDW_MARK_DAY     ? 3
                  : a->item.mark == GDW_MARK_MONTH ? 2
                  : a->item.mark == GDW_MARK_CURVE ? 7
                                                   : 0;

    if (a->afn != b->afn || a->fn != b->fn || a->pn != b->pn || a->afn == GDW_AFN_EVENTS)
        return false;
    if (a->item.param && a->item.param->list)
        return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
    return a->len >= mark && b->len >= mark && memcmp(a->data, b->data, mark) == 0;
}

int ms_answers_add(struct ms_answers *a, const struct gdw_frame *f)
{
    struct gdw_frame own = *f;
    struct gdw_cursor c;
    struct gdw_unit u;
    int units = 0;

    if (f->data_len > MS_ANSWER_BYTES - a->len) {
        a->overflow = true;
        return 0;
    }
    memcpy(a->bytes + a->len, f->data, f->data_len);
    own.data = a->bytes + a->len;
    a->len += f->data_len;
    a->err = gdw_cursor_init(&c, &own, NULL, NULL);
    if (a->err < 0)
        return 0;
    for (; gdw_cursor_next(&c, &u) == 1; units++) {
        size_t i = 0;
        if (u.err && !a->err)
            a->err = u.err;
        while (i < a->count && !same_unit(&a->unit[i], &u))
            i++;
        if (i == MS_UNITS) {
            a->overflow = true;
            break;
        }
        a->unit[i] = u;
        a->count += i == a->count;
    }
    return units;
}

const struct gdw_unit *ms_answers_find(const struct ms_answers *a, unsigned fn, unsigned pn)
{
    for (size_t i = 0; i < a->count; i++) {
        if (a->unit[i].fn == fn && a->unit[i].pn == pn)
            return &a->unit[i];
    }
    return NULL;
}

static char *label_of(const struct lay *field, const struct lay_at *at, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "%s", field->name ? field->name : "?");

    for (unsigned i = 0; i < at->depth && n < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, "[%u]", at->run[i]);
    return out;
}

/* ---- one field ---- */

struct search {
    const char *name;
    char *out;
    size_t cap;
    bool found;
};

static int search_field(void *ctx, const struct gdw_unit *u, const struct lay *field, const struct lay_at *at,
                        const struct lay_val *v)
{
    struct search *s = ctx;
    char label[LABEL];

    (void)u;
    if (!s->found && strcmp(label_of(field, at, label, sizeof label), s->name) == 0) {
        lay_print(field, v, s->out, s->cap);
        s->found = true;
    }
    return 0;
}

int ms_answers_field(const struct ms_answers *a, int pn, int fn, const char *name, char *out, size_t cap)
{
    static const struct gdw_visitor visitor = {.field = search_field};
    struct search s = {.name = name, .out = out, .cap = cap};

    for (size_t i = 0; i < a->count && !s.found; i++) {
        const struct gdw_unit *u = &a->unit[i];
        if ((pn < 0 || u->pn == pn) && (fn < 0 || u->fn == fn))
            gdw_walk_unit(u, &visitor, &s);
    }
    return s.found ? 0 : CN_E_NOTFOUND;
}

/* ---- in words ---- */

static int print_field(void *ctx, const struct gdw_unit *u, const struct lay *field, const struct lay_at *at,
                       const struct lay_val *v)
{
    char label[LABEL], text[TEXT];

    (void)u;
    fprintf(ctx, "    %s = %s%s%s\n", label_of(field, at, label, sizeof label),
            lay_print(field, v, text, sizeof text), field->unit && v->kind != LAYV_NONE ? " " : "",
            field->unit && v->kind != LAYV_NONE ? field->unit : "");
    return 0;
}

static void print_rest(const struct gdw_unit *u, FILE *out)
{
    char hex[TEXT];

    if (u->err || !u->layout)
        fprintf(out, "    (%s) %s\n", u->err ? cn_err_text(u->err) : "unknown layout",
                hex_print(u->data, u->len, hex, sizeof hex));
}

void ms_answers_print(const struct ms_answers *a, FILE *out)
{
    static const struct gdw_visitor visitor = {.field = print_field};

    for (size_t i = 0; i < a->count; i++) {
        const struct gdw_unit *u = &a->unit[i];
        fprintf(out, "  %02X F%u p%u %s\n", u->afn, u->fn, u->pn, u->known ? u->item.name : "unknown item");
        gdw_walk_unit(u, &visitor, out);
        print_rest(u, out);
    }
    if (a->overflow)
        fprintf(out, "  (more was received than is kept)\n");
}

/* ---- JSON ---- */

static int json_field(void *ctx, const struct gdw_unit *u, const struct lay *field, const struct lay_at *at,
                      const struct lay_val *v)
{
    char text[TEXT];
    cJSON *o = cJSON_CreateObject();

    (void)u;
    cJSON_AddStringToObject(o, "name", field->name ? field->name : "?");
    if (at->depth) {
        cJSON *runs = cJSON_AddArrayToObject(o, "run");
        for (unsigned i = 0; i < at->depth; i++)
            cJSON_AddItemToArray(runs, cJSON_CreateNumber(at->run[i]));
    }
    if (v->kind == LAYV_NONE)
        cJSON_AddNullToObject(o, "value");
    else
        cJSON_AddStringToObject(o, "value", lay_print(field, v, text, sizeof text));
    if (field->unit)
        cJSON_AddStringToObject(o, "unit", field->unit);
    cJSON_AddItemToArray(ctx, o);
    return 0;
}

cJSON *ms_answers_json(const struct ms_answers *a)
{
    static const struct gdw_visitor visitor = {.field = json_field};
    cJSON *units = cJSON_CreateArray();

    for (size_t i = 0; i < a->count; i++) {
        const struct gdw_unit *u = &a->unit[i];
        cJSON *o = cJSON_CreateObject();
        char afn[8], hex[2 * GDW_FRAME_MAX + 1];
        snprintf(afn, sizeof afn, "%02X", u->afn);
        cJSON_AddStringToObject(o, "afn", afn);
        cJSON_AddNumberToObject(o, "fn", u->fn);
        cJSON_AddNumberToObject(o, "pn", u->pn);
        if (u->known)
            cJSON_AddStringToObject(o, "name", u->item.name);
        cJSON_AddStringToObject(o, "hex", hex_print(u->data, u->len, hex, sizeof hex));
        if (u->err)
            cJSON_AddStringToObject(o, "error", cn_err_text(u->err));
        gdw_walk_unit(u, &visitor, cJSON_AddArrayToObject(o, "fields"));
        cJSON_AddItemToArray(units, o);
    }
    return units;
}

int ms_answers_entries(const struct ms_answers *a, unsigned fn, param_entry_fn cb, void *ctx)
{
    const struct param_def *d = param_find(fn);
    int entries = 0;

    if (!d || !d->list)
        return CN_E_NOTFOUND;
    for (size_t i = 0; i < a->count; i++) {
        const struct gdw_unit *u = &a->unit[i];
        if (u->afn != GDW_AFN_QUERY || u->fn != fn || u->err)
            continue;
        int n = param_entries(d, u->data, u->len, cb, ctx);
        if (n < 0)
            return n;
        entries += n;
    }
    return entries;
}
