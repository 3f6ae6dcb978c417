#include "hmi/ctl/explain_text.h"

#include <string.h>

#include "gateway/base/buf.h"

enum { WIDTH = 79, NAME_WIDTH = 26, FIELD_WIDTH = 10, VALUE_WIDTH = 22 };

static void text_begin(void *ctx, const struct explanation *e)
{
    struct explain_text *t = ctx;
    t->in_data = false;
    t->column = t->field_column = 0;
    fprintf(t->out, "%s%s%s%s, %s\n", t->indent, e->protocol[0] ? e->protocol : "unknown protocol",
            e->direction[0] ? ", " : "", e->direction, e->valid ? "valid" : "NOT VALID");
    if (!e->valid)
        fprintf(t->out, "%s  %-*s %s\n", t->indent, FIELD_WIDTH, "reason", e->error);
}

static void end_fields(struct explain_text *t)
{
    if (t->field_column > 0)
        fputc('\n', t->out);
    t->field_column = 0;
}

/** Codes begin a line, the numbers that are parts of them follow on it: "C 4BH DIR=0 PRM=1". */
static void text_field(void *ctx, const char *name, const char *text, bool number)
{
    struct explain_text *t = ctx;
    size_t width = strlen(name) + strlen(text) + 2;
    if (number && t->field_column > 0 && t->field_column + width < WIDTH) {
        t->field_column += (unsigned)width;
        fprintf(t->out, " %s=%s", name, text);
        return;
    }
    end_fields(t);
    int n = fprintf(t->out, "%s  %-*s %s", t->indent, FIELD_WIDTH, name, text);
    t->field_column = n > 0 ? (unsigned)n : 1;
}

void explain_text_flush(struct explain_text *t)
{
    if (t->column == 0)
        return;
    if (t->di_value)
        fprintf(t->out, "%s\n", t->pending);
    else
        fprintf(t->out, "%s%s\n", t->has_value && t->unit[0] ? " " : "", t->has_value ? t->unit : "");
    t->di_value = false;
    t->column = 0;
}

static void text_unit(void *ctx, const struct explain_unit *u)
{
    struct explain_text *t = ctx;
    end_fields(t);
    explain_text_flush(t);
    if (!t->in_data)
        fprintf(t->out, "%sdata\n", t->indent);
    t->in_data = true;
    char item[EXPLAIN_ITEM];
    const char *between = u->name[0] && u->note[0] ? "; " : "";
    t->di_value = false;
    fprintf(t->out, "%s  %-*s ", t->indent, FIELD_WIDTH, explain_item_print(u, item, sizeof(item)));
    if (u->kind == UNIT_FN) {
        fprintf(t->out, "%s%s%s\n", u->name, between, u->note);
        return;
    }
    /* a meter's identifier and its value share a line: it is ended by the value, or by what comes next */
    t->di_value = true;
    t->column = 1;
    t->unit[0] = '\0';
    snprintf(t->pending, sizeof(t->pending), "%s%s%s", u->name, between, u->note);
}

/** Values of one repeated field follow each other on one line. */
static bool continues_line(const struct explain_text *t, const struct explain_value *v, const char *label)
{
    if (t->column == 0 || v->depth == 0 || v->depth != t->depth || strcmp(label, t->name) != 0 ||
        strcmp(v->unit, t->unit) != 0)
        return false;
    return memcmp(t->outer, v->run, sizeof(v->run[0]) * (v->depth - 1u)) == 0;
}

static void text_value(void *ctx, const struct explain_value *v)
{
    struct explain_text *t = ctx;
    if (t->di_value) {
        int n = fprintf(t->out, "%s%s%s", v->text ? v->text : "-", v->text && v->unit[0] ? " " : "",
                        v->text ? v->unit : "");
        fprintf(t->out, "%*s", n < VALUE_WIDTH ? VALUE_WIDTH - n : 1, "");
        explain_text_flush(t);
        return;
    }
    char label[sizeof(t->name)];
    char place[24] = "";
    /* the number of the entry a value belongs to; the innermost run shows by the place in the line */
    if (v->depth > 0)
        snprintf(place, sizeof(place), "[%u] ", v->run[0]);
    snprintf(label, sizeof(label), "%s", v->name[0] ? v->name : v->obis);
    const char *text = v->text ? v->text : "-";
    unsigned width = (unsigned)strlen(text);
    if (continues_line(t, v, label) && t->column + width + 2 + strlen(t->unit) < WIDTH) {
        t->column += (unsigned)fprintf(t->out, ", %s", text);
        t->has_value = t->has_value || v->text;
        return;
    }
    explain_text_flush(t);
    int used =
        fprintf(t->out, "%s    %s%-*s %s", t->indent, place, (int)(NAME_WIDTH - strlen(place)), label, text);
    t->column = used > 0 ? (unsigned)used : 1;
    snprintf(t->name, sizeof(t->name), "%s", label);
    snprintf(t->unit, sizeof(t->unit), "%s", v->unit);
    t->has_value = v->text != NULL;
    t->depth = v->depth;
    memcpy(t->outer, v->run, sizeof(t->outer));
}

static void text_end(void *ctx, const struct explanation *e)
{
    struct explain_text *t = ctx;
    end_fields(t);
    explain_text_flush(t);
    if (e->note[0])
        fprintf(t->out, "%snote: %s\n", t->indent, e->note);
}

struct explain_sink explain_text_sink(struct explain_text *t, FILE *out, const char *indent)
{
    memset(t, 0, sizeof(*t));
    t->out = out;
    t->indent = indent;
    return (struct explain_sink){.ctx = t,
                                 .begin = text_begin,
                                 .field = text_field,
                                 .unit = text_unit,
                                 .value = text_value,
                                 .end = text_end};
}

size_t explain_text(FILE *out, const uint8_t *p, size_t n, bool *valid)
{
    struct explain_text t;
    struct explanation e;
    struct explain_sink sink = explain_text_sink(&t, out, "");
    size_t used = explain_frame(p, n, &sink, &e);
    *valid = e.valid;
    return used;
}
