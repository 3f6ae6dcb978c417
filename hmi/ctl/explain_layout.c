#include <stdio.h>

#include "gateway/model/quantity.h"
#include "hmi/ctl/explain.h"

/** The value's OBIS code: the tariff is the run number of the innermost repeat (gateway/model/layout.h). */
static void field_obis(const struct lay *field, const struct lay_at *at, char *out, size_t cap)
{
    out[0] = '\0';
    const struct quantity_info *q = field->quantity ? quantity_find(field->quantity) : NULL;
    if (!q)
        return;
    unsigned tariff = (q->flags & Q_TARIFFS) && at->depth > 0 ? at->run[at->depth - 1] : 0;
    quantity_obis(q, tariff, out, cap);
}

void explain_layout_value(const struct explain_sink *sink, const struct lay *field, const struct lay_at *at,
                          const struct lay_val *v)
{
    char text[EXPLAIN_VALUE], obis[40];
    field_obis(field, at, obis, sizeof(obis));
    struct explain_value out = {
        .name = field->name ? field->name : "",
        .obis = obis,
        .text = v->kind == LAYV_NONE ? NULL : lay_print(field, v, text, sizeof(text)),
        .unit = field->unit ? field->unit : "",
        .depth = at->depth,
    };
    for (unsigned i = 0; i < at->depth && i < LAY_DEPTH; i++)
        out.run[i] = at->run[i];
    sink->value(sink->ctx, &out);
}

static int visit_field(void *ctx, const struct lay *field, const struct lay_at *at, const struct lay_val *v)
{
    explain_layout_value(ctx, field, at, v);
    return 0;
}

int explain_layout(const struct lay *lay, struct rbuf *r, enum lay_mode mode, const struct explain_sink *sink)
{
    return lay_decode(lay, r, mode, visit_field, (void *)(uintptr_t)sink);
}
