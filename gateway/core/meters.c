#include "gateway/core/meters.h"

#include <string.h>

#include "gateway/model/quantity.h"

enum {
    RESPONSE_FLOOR_MS = 700, /* DL/T 645-2007 allows 500 ms before an answer */
    RESPONSE_CEILING_MS = 1500,
    RESPONSE_MARGIN_MS = 100,
};

_Static_assert(sizeof(struct mstate) <= 300, "thousands of meters must fit");

int meter_last_place(unsigned quantity)
{
    static const uint16_t kept[METER_LAST] = {Q_EP_IMP, Q_EP_EXP, Q_EQ_COMB1};

    for (int i = 0; i < METER_LAST; i++) {
        if (kept[i] == quantity)
            return i;
    }
    return -1;
}

static bool seen_get(const uint8_t *seen, unsigned i)
{
    return seen[i / 8] >> i % 8 & 1;
}

void meters_begin(struct meters *t, uint8_t seen[(METER_INDEX_MAX + 8) / 8])
{
    memset(seen, 0, (METER_INDEX_MAX + 8) / 8);
    memset(t->of_point, 0, sizeof *t->of_point * (POINT_MAX + 1));
    t->count = 0;
}

static bool same_meter(const struct meter *a, const struct meter *b)
{
    return a->point == b->point && a->port == b->port && a->protocol == b->protocol &&
           memcmp(a->address, b->address, ADDR_LEN) == 0;
}

bool meters_put(struct meters *t, const struct meter *m, uint8_t seen[(METER_INDEX_MAX + 8) / 8])
{
    struct mstate *s = &t->slots[m->index];
    bool same = s->present && same_meter(&s->m, m);

    seen[m->index / 8] |= (uint8_t)(1u << m->index % 8);
    t->of_point[m->point] = m->index;
    t->count++;
    if (m->index > t->top)
        t->top = m->index;
    if (!same) {
        uint8_t generation = (uint8_t)(s->generation + 1);
        *s = (struct mstate){.present = true, .generation = generation};
        for (int i = 0; i < METER_LAST; i++)
            s->last[i] = value_none();
    }
    s->m = *m;
    return !same;
}

void meters_end(struct meters *t, const uint8_t seen[(METER_INDEX_MAX + 8) / 8])
{
    for (unsigned i = 1; i <= t->top; i++) {
        struct mstate *s = &t->slots[i];
        if (s->present && !seen_get(seen, i))
            *s = (struct mstate){.generation = (uint8_t)(s->generation + 1)};
    }
}

struct mstate *meters_by_index(const struct meters *t, unsigned index)
{
    if (index < 1 || index > METER_INDEX_MAX || !t->slots[index].present)
        return NULL;
    return &t->slots[index];
}

struct mstate *meters_by_point(const struct meters *t, unsigned point)
{
    return point >= 1 && point <= POINT_MAX ? meters_by_index(t, t->of_point[point]) : NULL;
}

void meter_learn_response(struct mstate *s, unsigned delay_ms)
{
    if (delay_ms == 0)
        delay_ms = 1;
    if (delay_ms >= s->response_ms)
        s->response_ms = (uint16_t)(delay_ms < UINT16_MAX ? delay_ms : UINT16_MAX);
    else
        s->response_ms = (uint16_t)(s->response_ms - (s->response_ms - delay_ms) / 64);
}

unsigned meter_response_ms(const struct mstate *s)
{
    /* a meter that failed may have become slow */
    if (s->state != METER_OK)
        return RESPONSE_CEILING_MS;
    if (!s->response_ms)
        return 0;
    unsigned ms = s->response_ms * 2u + RESPONSE_MARGIN_MS;

    return ms < RESPONSE_FLOOR_MS ? RESPONSE_FLOOR_MS : ms > RESPONSE_CEILING_MS ? RESPONSE_CEILING_MS : ms;
}
