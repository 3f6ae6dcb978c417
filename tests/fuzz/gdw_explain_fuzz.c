#include <stdlib.h>
#include <string.h>

#include "northbound/gdw3761/items.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int visit_unit(void *ctx, const struct gdw_unit *u)
{
    const struct gdw_frame *f = ctx;

    /* a unit never reaches outside its frame */
    if (u->data < f->data || u->data + u->len > f->data + f->data_len)
        abort();
    return 0;
}

static int visit_field(void *ctx, const struct gdw_unit *u, const struct lay *field, const struct lay_at *at,
                       const struct lay_val *v)
{
    char text[64];

    (void)ctx;
    (void)u;
    (void)at;
    lay_print(field, v, text, sizeof text);
    return 0;
}

static const struct gdw_visitor visitor = {visit_unit, visit_field};

static unsigned some_points(void *ctx, unsigned kind, unsigned after)
{
    (void)ctx;
    (void)kind;
    return after < 3 ? 3 : after < 2039 ? 2039 : 0;
}

static void walk(const struct gdw_frame *f)
{
    struct gdw_frame copy = *f;
    struct gdw_cursor c;
    struct gdw_unit u;

    (void)gdw_walk(&copy, &visitor, &copy);
    if (gdw_cursor_init(&c, f, some_points, NULL) < 0)
        return;
    while (gdw_cursor_next(&c, &u) == 1)
        (void)visit_unit(&copy, &u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gdw_frame f;

    /* a whole frame from the corpus; else the first byte is the AFN, the second the direction, the rest the
     * data area */
    if (gdw_frame_decode(data, size, &f) == 0)
        walk(&f);
    if (size < 2 || size > GDW_L1_MAX)
        return 0;
    memset(&f, 0, sizeof f);
    f.afn = data[0];
    f.up = data[1] & 1;
    f.data = data + 2;
    f.data_len = (uint16_t)(size - 2);
    walk(&f);
    return 0;
}
