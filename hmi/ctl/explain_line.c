#include <stdarg.h>
#include <string.h>

#include "hmi/ctl/explain_text.h"

__attribute__((format(printf, 2, 3))) static void line_add(struct explain_line *l, const char *fmt, ...)
{
    if (l->cut)
        return;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(l->out + l->len, l->cap - l->len, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < l->cap - l->len) {
        l->len += (size_t)n;
        return;
    }
    l->cut = true;
    l->len = l->cap - 1;
    if (l->cap > 4)
        memcpy(l->out + l->cap - 4, "...", 4);
}

static void line_begin(void *ctx, const struct explanation *e)
{
    struct explain_line *l = ctx;
    if (e->valid)
        line_add(l, "%s", e->summary);
    else
        line_add(l, "invalid: %s", e->error);
}

static void line_field(void *ctx, const char *name, const char *text, bool number)
{
    (void)ctx;
    (void)name;
    (void)text;
    (void)number;
}

/** The unit stands once behind values that share it. */
static void end_values(struct explain_line *l)
{
    if (l->unit[0])
        line_add(l, " %s", l->unit);
    l->unit[0] = '\0';
}

static void line_unit(void *ctx, const struct explain_unit *u)
{
    struct explain_line *l = ctx;
    char item[EXPLAIN_ITEM];
    explain_item_print(u, item, sizeof(item));
    if (strcmp(item, l->item) == 0)
        return;
    end_values(l);
    snprintf(l->item, sizeof(l->item), "%s", item);
    if (item[0])
        line_add(l, " %s", item);
}

static void line_value(void *ctx, const struct explain_value *v)
{
    struct explain_line *l = ctx;
    if (v->text && strcmp(v->unit, l->unit) != 0) {
        end_values(l);
        snprintf(l->unit, sizeof(l->unit), "%s", v->unit);
    }
    line_add(l, " %s", v->text ? v->text : "-");
}

static void line_end(void *ctx, const struct explanation *e)
{
    (void)e;
    end_values(ctx);
}

struct explain_sink explain_line_sink(struct explain_line *l, char *out, size_t cap)
{
    *l = (struct explain_line){.out = out, .cap = cap};
    out[0] = '\0';
    return (struct explain_sink){.ctx = l,
                                 .begin = line_begin,
                                 .field = line_field,
                                 .unit = line_unit,
                                 .value = line_value,
                                 .end = line_end};
}

char *explain_line(const uint8_t *p, size_t n, char *out, size_t cap)
{
    struct explain_line l;
    struct explanation e;
    struct explain_sink sink = explain_line_sink(&l, out, cap);
    explain_frame(p, n, &sink, &e);
    return out;
}
