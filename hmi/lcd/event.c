#include "hmi/lcd/event.h"

#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"

enum { HEAD = 2 /* ERC, Le */, POINT_MASK = 0x0FFF, START = 0x8000, ERC_POWER = 14 };

static int take_field(void *ctx, const struct lay *field, const struct lay_at *at, const struct lay_val *v)
{
    struct lcd_event *e = ctx;

    if (at->depth > 0 || v->kind == LAYV_NONE || !field->name)
        return 0;
    if (strcmp(field->name, "time") == 0 && v->kind == LAYV_TIME) {
        e->local = v->time;
    } else if (strcmp(field->name, "point") == 0 && v->kind == LAYV_INT) {
        e->point = (uint16_t)(v->number & POINT_MASK);
        e->over = field->op == LAY_EDGE && !(v->number & START);
    } else if (e->erc == ERC_POWER && strcmp(field->name, "on") == 0) {
        /* a record of the power failure alone has no such time */
        e->over = true;
    }
    return 0;
}

int lcd_event_decode(const uint8_t *record, size_t n, const struct civil *local, struct lcd_event *out)
{
    if (n < HEAD || n < HEAD + (size_t)record[1])
        return CN_E_SHORT;
    *out = (struct lcd_event){.erc = record[0], .local = *local};
    const struct event_def *def = event_find(record[0]);
    if (!def)
        return 0;
    struct rbuf r = rbuf_of(record + HEAD, record[1]);
    int rc = lay_decode(def->layout, &r, LAY_TOLERANT, take_field, out);
    return rc == CN_E_SHORT ? rc : 0;
}
