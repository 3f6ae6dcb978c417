#include "tests/sim/meter/clock.h"

#include <string.h>

enum { MILLION = 1000000 };

static int64_t shown_in(const struct sm_clock *c, unsigned i, int64_t t)
{
    int64_t since = t - c->set[i].from;

    return t + c->set[i].offset + (since > 0 ? since * c->drift_ppm / MILLION : 0);
}

void sm_clock_init(struct sm_clock *c, int64_t start, int64_t offset, int32_t drift_ppm)
{
    *c = (struct sm_clock){.drift_ppm = drift_ppm, .count = 1};
    c->set[0].from = start;
    c->set[0].offset = offset;
}

int64_t sm_clock_at(const struct sm_clock *c, int64_t t)
{
    unsigned i = c->count - 1u;

    while (i > 0 && c->set[i].from > t)
        i--;
    return shown_in(c, i, t);
}

void sm_clock_set(struct sm_clock *c, int64_t t, int64_t shown)
{
    if (c->set[c->count - 1].from < t) {
        if (c->count == SM_CLOCK_SETS)
            memmove(&c->set[0], &c->set[1], sizeof c->set[0] * --c->count);
        c->count++;
    }
    c->set[c->count - 1].from = t;
    c->set[c->count - 1].offset = shown - t;
}

int64_t sm_clock_when(const struct sm_clock *c, int64_t shown)
{
    for (unsigned i = 0;; i++) {
        int64_t from = c->set[i].from;
        int64_t missing = shown - c->set[i].offset - from;
        int64_t t = from + missing;
        if (missing > 0)
            t = from + (missing * MILLION + MILLION + c->drift_ppm - 1) / (MILLION + c->drift_ppm);
        else if (i > 0)
            t = from;
        if (i + 1u == c->count || t < c->set[i + 1].from)
            return t;
    }
}
