#include "gateway/base/trace.h"

#include <string.h>

void trace_init(struct trace_ring *t, struct trace_entry *slots, size_t count)
{
    memset(slots, 0, sizeof *slots * count);
    *t = (struct trace_ring){.slots = slots, .count = count, .next_seq = 1};
}

const struct trace_entry *trace_add(struct trace_ring *t, int64_t at_ms, uint8_t dir, uint16_t point,
                                    const uint8_t *bytes, size_t n)
{
    struct trace_entry *e = &t->slots[t->next_seq % t->count];
    size_t kept = n < TRACE_BYTES ? n : TRACE_BYTES;

    e->seq = t->next_seq++;
    e->at_ms = at_ms;
    e->point = point;
    e->dir = dir;
    e->len = (uint8_t)kept;
    e->full = (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
    if (kept)
        memcpy(e->bytes, bytes, kept);
    return e;
}

const struct trace_entry *trace_from(const struct trace_ring *t, uint64_t seq)
{
    uint64_t oldest = t->next_seq > t->count ? t->next_seq - t->count : 1;

    if (seq < oldest)
        seq = oldest;
    return seq < t->next_seq ? &t->slots[seq % t->count] : NULL;
}
