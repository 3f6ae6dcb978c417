#include "southbound/dlt645/dlt645_profile.h"

#include <stdio.h>

#include "gateway/base/err.h"
#include "southbound/dlt645/dlt645_frame.h"

enum { DI_LEN = 4 };

int dlt645_profile_item(const char *text, struct profile_item *item, char *why, size_t cap)
{
    return dlt645_spec_parse(text, &item->dlt645, why, cap);
}

int dlt645_profile_finish(struct profile *p, char *why, size_t cap)
{
    uint16_t sizes[PROFILE_BLOCKS_MAX] = {0};

    p->block_count = 0;
    for (unsigned i = 0; i < p->item_count; i++) {
        struct dlt645_spec *s = &p->items[i].dlt645;
        if (!s->block.set)
            continue;
        unsigned no = p->block_count;
        for (unsigned j = 0; j < i; j++) {
            const struct dlt645_spec *other = &p->items[j].dlt645;
            if (!dlt645_pattern_same(&s->block, &other->block))
                continue;
            if (other->list != s->list || (s->list && other->stride != s->stride)) {
                snprintf(why, cap, "items of block %08X have different shapes", s->block.base);
                return CN_E_FORMAT;
            }
            no = other->block_no;
        }
        if (no >= PROFILE_BLOCKS_MAX) {
            snprintf(why, cap, "more than %d blocks", PROFILE_BLOCKS_MAX);
            return CN_E_FULL;
        }
        if (no == p->block_count)
            p->block_count++;
        s->block_no = (uint8_t)no;
        if (s->at + s->stride > sizes[no])
            sizes[no] = (uint16_t)(s->at + s->stride);
    }
    for (unsigned i = 0; i < p->item_count; i++) {
        if (p->items[i].dlt645.block.set)
            p->items[i].dlt645.block_size = sizes[p->items[i].dlt645.block_no];
    }
    return 0;
}

/* True when di is the pattern with some index; the index comes out. */
static bool pattern_matches(const struct dlt645_pattern *p, uint32_t di, unsigned element, unsigned *index)
{
    *index = p->index_shift >= 0 ? di >> p->index_shift & 0xFF : 0;
    return p->set && dlt645_pattern_di(p, element, *index) == di;
}

static int answer_frame(const uint8_t *bytes, size_t n, struct dlt645_frame *f)
{
    int rc = dlt645_frame_decode(bytes, n, f);

    if (rc < 0)
        return rc;
    bool answer = (f->control & (DLT645_C_SLAVE | DLT645_C_ABNORMAL | DLT645_C_FN)) ==
                  (DLT645_C_SLAVE | DLT645_FN_READ);
    return answer && f->length >= DI_LEN ? 0 : CN_E_FRAME;
}

int dlt645_profile_replay(const struct profile_item *item, const uint8_t *answer, size_t n,
                          const uint8_t *then, size_t n_then, unsigned *index, struct reading *r)
{
    const struct dlt645_spec *s = &item->dlt645;
    struct dlt645_frame f, second;
    int rc = answer_frame(answer, n, &f);

    if (rc < 0)
        return rc;
    uint32_t di = dlt645_di_get(f.data);
    const uint8_t *data = f.data + DI_LEN;
    size_t m = f.length - (size_t)DI_LEN;
    if (s->then.set) {
        rc = answer_frame(then, n_then, &second);
        if (rc < 0)
            return rc;
        if (!pattern_matches(&s->single, di, 0, index) || dlt645_di_get(second.data) != s->then.base)
            return CN_E_NOTFOUND;
        rc =
            dlt645_spec_joined(s, data, m, second.data + DI_LEN, second.length - (size_t)DI_LEN, &r[0].value);
        r[0].quantity = item->quantity;
        r[0].tariff = 0;
        return rc < 0 ? rc : 1;
    }
    if (pattern_matches(&s->block, di, 0, index))
        return dlt645_spec_block(s, item->quantity, data, m, r);
    unsigned first = s->list == DLT645_LIST_NUMBERS;
    unsigned last = s->single.element_shift < 0 ? first : first ? s->numbers : TARIFFS_MAX;
    for (unsigned e = first; e <= last; e++) {
        if (!pattern_matches(&s->single, di, e, index))
            continue;
        rc = dlt645_spec_single(s, item->quantity, data, m, r);
        for (int i = 0; i < rc; i++)
            r[i].tariff = (uint8_t)(r[i].tariff + e - first);
        return rc;
    }
    return CN_E_NOTFOUND;
}
