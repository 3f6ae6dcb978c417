#include "hmi/ctl/explain.h"

#include <stdio.h>
#include <string.h>

static const struct explainer *const explainers[] = {&explain_gdw3761, &explain_dlt645};
enum { EXPLAINER_COUNT = sizeof(explainers) / sizeof(explainers[0]) };

enum { WAKEUP = 0xFE, START = 0x68 };

static const struct explainer *best_explainer(const uint8_t *p, size_t n, int *score)
{
    const struct explainer *best = NULL;
    *score = 0;
    for (size_t i = 0; i < EXPLAINER_COUNT; i++) {
        int s = explainers[i]->probe(p, n);
        if (s > *score) {
            *score = s;
            best = explainers[i];
        }
    }
    return best;
}

static size_t wakeup_length(const uint8_t *p, size_t n)
{
    size_t k = 0;
    while (k < n && p[k] == WAKEUP)
        k++;
    return k;
}

/** Offset of the next valid frame (without wake-up bytes) behind the first byte; n: there is none. */
static size_t next_valid(const uint8_t *p, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        int score;
        if (p[i] == START && best_explainer(p + i, n - i, &score) && score == EXPLAIN_SURE)
            return i;
    }
    return n;
}

static void explain_noise(const uint8_t *p, size_t n, const struct explain_sink *sink, struct explanation *e)
{
    if (n == 0)
        snprintf(e->error, sizeof(e->error), "nothing but wake-up bytes FE");
    else if (!memchr(p, START, n))
        snprintf(e->error, sizeof(e->error), "no start byte: no byte is 68H");
    else if (p[0] != START)
        snprintf(e->error, sizeof(e->error), "start byte: expected 68H, got %02XH", p[0]);
    else
        snprintf(e->error, sizeof(e->error), "%zu byte%s from 68H on are no frame of a known protocol", n,
                 n == 1 ? "" : "s");
    sink->begin(sink->ctx, e);
    sink->end(sink->ctx, e);
}

size_t explain_frame(const uint8_t *p, size_t n, const struct explain_sink *sink, struct explanation *e)
{
    memset(e, 0, sizeof(*e));
    e->protocol = "";
    e->direction = "";
    e->wakeup = wakeup_length(p, n);
    const uint8_t *start = p + e->wakeup;
    size_t left = n - e->wakeup;
    int score;
    const struct explainer *best = best_explainer(start, left, &score);
    size_t limit = left;
    if (score < EXPLAIN_SURE) {
        limit = next_valid(start, left);
        /* the wake-up bytes of the next frame are not part of the damaged one */
        while (limit < left && limit > 1 && start[limit - 1] == WAKEUP)
            limit--;
    }
    e->bytes = start;
    e->length = limit;
    if (best)
        best->explain(start, left, sink, e);
    else
        explain_noise(start, limit, sink, e);
    return e->wakeup + e->length;
}

bool explain_looks_like_frame(const uint8_t *p, size_t n)
{
    size_t k = wakeup_length(p, n);
    int score;
    return best_explainer(p + k, n - k, &score) && score >= EXPLAIN_LIKELY;
}

char *explain_item_print(const struct explain_unit *u, char *out, size_t cap)
{
    if (u->kind == UNIT_DI)
        snprintf(out, cap, "%s", u->di);
    else if (u->pn == EXPLAIN_PN_ALL)
        snprintf(out, cap, "PallF%u", u->fn);
    else
        snprintf(out, cap, "P%uF%u", u->pn, u->fn);
    return out;
}
