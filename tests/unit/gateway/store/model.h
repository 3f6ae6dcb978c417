#ifndef TESTS_UNIT_GATEWAY_STORE_MODEL_H
#define TESTS_UNIT_GATEWAY_STORE_MODEL_H

/* A small store with something of everything, and the check that what is read from it is right, missing or
 * refused. */

#include "tests/unit/gateway/store/fixture.h"

enum { MODEL_DAYS = 5, MODEL_POINTS = 150, MODEL_PARAMS = 30, MODEL_EVENTS = 20 };

struct found {
    unsigned params, freezes, latest, events; /* right */
    unsigned refused;                         /* CN_E_CORRUPT */
};

FIX void model_param(unsigned i, uint8_t out[27])
{
    memset(out, (int)(i * 7), 27);
    out[0] = (uint8_t)i;
}

FIX int model_sweep(struct store *s, int64_t day)
{
    int ret = store_sweep_begin(s);

    for (unsigned p = 1; p <= MODEL_POINTS && ret == 0; p++) {
        struct freeze f = fix_freeze(FREEZE_DAY, day, p, day * 1000 + p);
        struct reading_set set = fix_energy(Q_EP_IMP, day, day * 1000 + p);
        ret = store_put_freeze(s, &f);
        if (ret == CN_E_EXISTS)
            ret = 0;
        if (ret == 0)
            ret = store_put_latest(s, p, &set);
    }
    if (store_in_sweep(s)) {
        int end = store_sweep_commit(s);
        ret = ret < 0 ? ret : end;
    }
    return ret;
}

/* Writes everything that is missing; what is there already stays. @return 0 or the first failure */
FIX int model_fill(struct store *s)
{
    uint8_t bytes[27];
    struct event_state e;
    int ret = 0;

    for (unsigned i = 1; i <= MODEL_PARAMS && ret == 0; i++) {
        model_param(i, bytes);
        ret = fix_param(s, 33, 0, i, bytes, sizeof bytes);
    }
    for (int64_t d = 1; d <= MODEL_DAYS && ret == 0; d++)
        ret = model_sweep(s, d);
    store_event_state(s, &e);
    for (unsigned i = e.ec2; i < MODEL_EVENTS && ret == 0; i++) {
        uint8_t record[4] = {21, 2, (uint8_t)i, (uint8_t)~i};
        ret = store_put_event(s, RING_GENERAL, record, 4, 5000 + i, NULL);
    }
    return ret;
}

FIX void model_check(const struct fix *f, struct found *n)
{
    struct view *v = fix_view(f);
    uint8_t want[27], got[EVENT_MAX];
    int64_t at;

    *n = (struct found){0};
    for (unsigned i = 1; i <= MODEL_PARAMS; i++) {
        int ret = view_param(v, 33, 0, i, got, sizeof got);
        assert_true(ret == 27 || ret == CN_E_NOTFOUND || ret == CN_E_CORRUPT);
        model_param(i, want);
        if (ret == 27)
            assert_memory_equal(got, want, 27);
        n->params += ret == 27;
        n->refused += ret == CN_E_CORRUPT;
    }
    for (int64_t d = 1; d <= MODEL_DAYS; d++) {
        for (unsigned p = 1; p <= MODEL_POINTS; p++) {
            struct freeze fr, w = fix_freeze(FREEZE_DAY, d, p, d * 1000 + p);
            int ret = view_freeze(v, FREEZE_DAY, d, p, &fr);
            assert_true(ret == 0 || ret == CN_E_NOTFOUND || ret == CN_E_CORRUPT);
            if (ret == 0) {
                assert_int_equal(fr.flags, 0);
                assert_int_equal(fr.frozen_at, w.frozen_at);
                fix_set_equal(&fr.set, &w.set);
            }
            n->freezes += ret == 0;
            n->refused += ret == CN_E_CORRUPT;
        }
    }
    for (unsigned p = 1; p <= MODEL_POINTS; p++) {
        struct reading_set set;
        int ret = view_latest(v, p, Q_EP_IMP, &set);
        assert_true(ret == 0 || ret == CN_E_NOTFOUND || ret == CN_E_CORRUPT);
        if (ret == 0) {
            struct reading_set w = fix_energy(Q_EP_IMP, set.at, set.at * 1000 + p);
            assert_in_range(set.at, 1, MODEL_DAYS);
            fix_set_equal(&set, &w);
        }
        n->latest += ret == 0;
        n->refused += ret == CN_E_CORRUPT;
    }
    for (unsigned i = 0; i < MODEL_EVENTS; i++) {
        int ret = view_event(v, RING_GENERAL, (uint8_t)i, got, sizeof got, &at);
        assert_true(ret == 4 || ret == CN_E_NOTFOUND || ret == CN_E_CORRUPT);
        if (ret == 4)
            assert_true(got[2] == i && got[3] == (uint8_t)~i && at == 5000 + i);
        n->events += ret == 4;
        n->refused += ret == CN_E_CORRUPT;
    }
    view_close(v);
}

FIX bool model_whole(const struct found *n)
{
    return n->params == MODEL_PARAMS && n->freezes == MODEL_DAYS * MODEL_POINTS &&
           n->latest == MODEL_POINTS && n->events == MODEL_EVENTS && n->refused == 0;
}

#endif
