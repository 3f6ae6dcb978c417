#ifndef TESTS_UNIT_NORTHBOUND_GDW3761_FAKE_BOX_H
#define TESTS_UNIT_NORTHBOUND_GDW3761_FAKE_BOX_H

#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "northbound/gdw3761/app.h"

/** A box in memory behind the seam of the application: what it holds is set by the test, what it is asked is
 * kept. */
enum { FAKE_SETS = 64, FAKE_PARAMS = 16 };

struct fake_box {
    struct gdw_seam seam;
    struct meter meters[GDW_PN_MAX + 1]; /**< by point; point 0 = none */
    struct {
        uint16_t point;
        struct reading_set set;
    } latest[FAKE_SETS];
    unsigned latest_count;
    struct freeze freezes[FAKE_SETS];
    unsigned freeze_count;
    struct {
        uint8_t fn;
        uint8_t data[64];
        uint8_t len;
    } params[FAKE_PARAMS];
    unsigned param_count;
    struct {
        uint8_t len;
        uint8_t bytes[EVENT_MAX];
    } ring[2][EVENT_RING];
    struct event_state state;
    bool store_gone;

    int ctl; /**< what requests return: 0, CN_E_GONE, CN_E_BUSY */
    uint32_t seq;
    unsigned reads, forwards, sets, clocks, raises, seens;
    struct ctl_read read;
    struct ctl_forward forward;
    struct ctl_params set;
    uint8_t set_bytes[GDW_FRAME_MAX];
    struct ctl_clock clock;
    struct ctl_event raised;
    struct ctl_seen seen;
    bool pw_wrong;
};

static inline int fake_param(void *ctx, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap)
{
    struct fake_box *b = ctx;

    if (b->store_gone)
        return CN_E_GONE;
    if (pn != 0)
        return CN_E_NOTFOUND;
    if (fn == 10) {
        for (unsigned p = 1; p <= GDW_PN_MAX; p++) {
            if (b->meters[p].point && b->meters[p].index == sub) {
                if (cap < F10_ENTRY)
                    return CN_E_NOSPACE;
                meter_encode(&b->meters[p], out);
                return F10_ENTRY;
            }
        }
        return CN_E_NOTFOUND;
    }
    for (unsigned i = 0; i < b->param_count; i++) {
        if (b->params[i].fn == fn && (fn != 33 || b->params[i].data[0] == sub)) {
            if (cap < b->params[i].len)
                return CN_E_NOSPACE;
            memcpy(out, b->params[i].data, b->params[i].len);
            return b->params[i].len;
        }
    }
    return CN_E_NOTFOUND;
}

static inline int fake_meter(void *ctx, unsigned point, struct meter *out)
{
    struct fake_box *b = ctx;

    if (b->store_gone)
        return CN_E_GONE;
    if (point > GDW_PN_MAX || !b->meters[point].point)
        return CN_E_NOTFOUND;
    *out = b->meters[point];
    return 0;
}

static inline unsigned fake_next_pn(void *ctx, unsigned kind, unsigned after)
{
    struct fake_box *b = ctx;

    for (unsigned p = after + 1; kind == PN_POINT && p <= GDW_PN_MAX; p++) {
        if (b->meters[p].point)
            return p;
    }
    return 0;
}

static inline int fake_latest(void *ctx, unsigned point, unsigned quantity, struct reading_set *out)
{
    struct fake_box *b = ctx;

    for (unsigned i = 0; i < b->latest_count && !b->store_gone; i++) {
        memset(out, 0, sizeof *out);
        out->at = b->latest[i].set.at;
        for (unsigned k = 0; b->latest[i].point == point && k < b->latest[i].set.count; k++) {
            const struct reading *r = &b->latest[i].set.r[k];
            if (r->quantity == quantity)
                reading_put(out, quantity, r->tariff, r->value);
        }
        if (out->count)
            return 0;
    }
    return b->store_gone ? CN_E_GONE : CN_E_NOTFOUND;
}

static inline int fake_freeze(void *ctx, unsigned kind, int64_t slot, unsigned point, struct freeze *out)
{
    struct fake_box *b = ctx;

    for (unsigned i = 0; i < b->freeze_count && !b->store_gone; i++) {
        if (b->freezes[i].kind == kind && b->freezes[i].slot == slot && b->freezes[i].point == point) {
            *out = b->freezes[i];
            return 0;
        }
    }
    return b->store_gone ? CN_E_GONE : CN_E_NOTFOUND;
}

static inline int fake_event(void *ctx, unsigned ring, uint8_t index, uint8_t *out, size_t cap)
{
    struct fake_box *b = ctx;
    unsigned len = b->ring[ring - 1][index].len;

    if (!len || b->store_gone)
        return CN_E_NOTFOUND;
    if (len > cap)
        return CN_E_NOSPACE;
    memcpy(out, b->ring[ring - 1][index].bytes, len);
    return (int)len;
}

static inline int fake_event_state(void *ctx, struct event_state *out)
{
    struct fake_box *b = ctx;

    if (b->store_gone)
        return CN_E_GONE;
    *out = b->state;
    return 0;
}

static inline int fake_ask(struct fake_box *b, unsigned *count, uint32_t *seq)
{
    if (b->ctl < 0)
        return b->ctl;
    (*count)++;
    *seq = ++b->seq;
    return 0;
}

static inline int fake_read(void *ctx, const struct ctl_read *m, uint32_t *seq)
{
    struct fake_box *b = ctx;

    b->read = *m;
    return fake_ask(b, &b->reads, seq);
}

static inline int fake_forward(void *ctx, const struct ctl_forward *m, uint32_t *seq)
{
    struct fake_box *b = ctx;

    b->forward = *m;
    return fake_ask(b, &b->forwards, seq);
}

static inline int fake_set_params(void *ctx, const struct ctl_params *m, uint32_t *seq)
{
    struct fake_box *b = ctx;
    size_t at = 0;

    b->set = *m;
    for (unsigned i = 0; i < m->count; i++) {
        memcpy(b->set_bytes + at, m->units[i].data, m->units[i].length);
        b->set.units[i].data = b->set_bytes + at;
        at += m->units[i].length;
    }
    return fake_ask(b, &b->sets, seq);
}

static inline int fake_set_clock(void *ctx, const struct ctl_clock *m, uint32_t *seq)
{
    struct fake_box *b = ctx;

    b->clock = *m;
    return fake_ask(b, &b->clocks, seq);
}

static inline int fake_raise(void *ctx, const struct ctl_event *m)
{
    struct fake_box *b = ctx;

    b->raised = *m;
    b->raises++;
    return 0;
}

static inline int fake_seen(void *ctx, const struct ctl_seen *m, uint32_t *seq)
{
    struct fake_box *b = ctx;

    b->seen = *m;
    return fake_ask(b, &b->seens, seq);
}

static inline bool fake_check_pw(void *ctx, const struct gdw_frame *f)
{
    (void)f;
    return !((struct fake_box *)ctx)->pw_wrong;
}

static inline void fake_init(struct fake_box *b)
{
    memset(b, 0, sizeof *b);
    b->seam = (struct gdw_seam){
        .ctx = b,
        .param = fake_param,
        .meter = fake_meter,
        .next_pn = fake_next_pn,
        .latest = fake_latest,
        .freeze = fake_freeze,
        .event = fake_event,
        .event_state = fake_event_state,
        .read = fake_read,
        .forward = fake_forward,
        .set_params = fake_set_params,
        .set_clock = fake_set_clock,
        .raise = fake_raise,
        .seen = fake_seen,
        .check_pw = fake_check_pw,
    };
}

static inline void fake_add_meter(struct fake_box *b, unsigned point, unsigned tariffs)
{
    b->meters[point] = (struct meter){
        .index = (uint16_t)point,
        .point = (uint16_t)point,
        .port = 1,
        .protocol = PROTO_DLT645_2007,
        .tariffs = (uint8_t)tariffs,
        .int_digits = 6,
        .dec_digits = 2,
    };
    b->meters[point].address[0] = (uint8_t)(point % 10);
}

static inline void fake_add_param(struct fake_box *b, unsigned fn, const void *data, size_t len)
{
    b->params[b->param_count].fn = (uint8_t)fn;
    b->params[b->param_count].len = (uint8_t)len;
    memcpy(b->params[b->param_count++].data, data, len);
}

/** A record goes to the write pointer of its ring, as the store does it. */
static inline void fake_add_event(struct fake_box *b, unsigned ring, const uint8_t *record, size_t len)
{
    uint8_t *ec = ring == RING_IMPORTANT ? &b->state.ec1 : &b->state.ec2;

    b->ring[ring - 1][*ec].len = (uint8_t)len;
    memcpy(b->ring[ring - 1][*ec].bytes, record, len);
    (*ec)++;
    if (ring == RING_IMPORTANT)
        b->state.acd = true;
}

#endif
