#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/core/ingest.h"
#include "gateway/model/quantity.h"

/* A store that keeps what was committed and refuses on demand. */
struct fake {
    int fail_begin, fail_put, fail_commit; /* error to give, 0 = none */
    int open;
    unsigned pending, latest, freezes, begins, commits, rollbacks;
    struct freeze last_freeze;
    int64_t order; /* rows must come in the order they were given */
};

static int fake_begin(void *ctx)
{
    struct fake *f = ctx;

    f->begins++;
    if (f->fail_begin)
        return f->fail_begin;
    assert_false(f->open);
    f->open = 1;
    f->pending = 0;
    f->order = -1;
    return 0;
}

static int fake_latest(void *ctx, unsigned point, const struct reading_set *set)
{
    struct fake *f = ctx;

    assert_true(f->open);
    assert_int_equal(set->count, 5);
    assert_int_equal(set->r[0].value.mantissa, set->at * 10 + point);
    assert_true(set->at > f->order);
    f->order = set->at;
    f->pending++;
    return f->fail_put;
}

static int fake_freeze(void *ctx, const struct freeze *fr)
{
    struct fake *f = ctx;

    assert_true(f->open);
    f->last_freeze = *fr;
    f->freezes++;
    return f->fail_put;
}

static int fake_curve(void *ctx, unsigned point, int64_t slot, int64_t since, int64_t at)
{
    struct fake *f = ctx;

    assert_true(f->open);
    f->last_freeze = (struct freeze){
        .kind = FREEZE_CURVE, .point = (uint16_t)point, .slot = slot, .frozen_at = since, .set.at = at};
    return f->fail_put;
}

static int fake_commit(void *ctx)
{
    struct fake *f = ctx;

    assert_true(f->open);
    f->commits++;
    if (f->fail_commit)
        return f->fail_commit;
    f->open = 0;
    f->latest += f->pending;
    return 0;
}

static void fake_rollback(void *ctx)
{
    struct fake *f = ctx;

    f->rollbacks++;
    f->open = 0;
}

static uint8_t ring[INGEST_BYTES];
static const struct zone east8 = {.offset_s = 8 * 3600};

static struct ingest_sink sink(struct fake *f)
{
    return (struct ingest_sink){.ctx = f,
                                .begin = fake_begin,
                                .latest = fake_latest,
                                .freeze = fake_freeze,
                                .curve = fake_curve,
                                .commit = fake_commit,
                                .rollback = fake_rollback};
}

static int put(struct ingest *in, unsigned point, int64_t at, int64_t now_ms)
{
    struct reading_set set = {.at = at};

    for (unsigned t = 0; t < 5; t++)
        reading_put(&set, Q_EP_IMP, t, value_of(at * 10 + point + t, -2));
    return ingest_latest(in, point, &set, now_ms);
}

static void rows_go_out_at_the_end_of_a_sweep(void **state)
{
    struct fake f = {0};
    struct ingest in;

    (void)state;
    ingest_init(&in, ring, sink(&f), east8);
    for (int i = 0; i < 64; i++)
        assert_int_equal(put(&in, 1, 100 + i, 1000), 0);
    assert_int_equal(ingest_work(&in, 2000, false), 0);
    assert_int_equal(f.begins, 0);
    ingest_sweep_ended(&in);
    assert_int_equal(ingest_work(&in, 3000, false), 64);
    assert_int_equal(f.commits, 1);
    assert_int_equal(f.latest, 64);
    assert_int_equal(ingest_work(&in, 4000, false), 0);
    /* without a sweep after 30 s */
    put(&in, 1, 200, 5000);
    assert_int_equal(ingest_work(&in, 5000 + INGEST_MAX_AGE_MS - 1, false), 0);
    assert_int_equal(ingest_work(&in, 5000 + INGEST_MAX_AGE_MS, false), 1);
    assert_int_equal(f.commits, 2);
}

/* The store refuses: nothing is lost, nothing is written twice, tries slow down. */
static void a_failed_commit_keeps_the_rows(void **state)
{
    struct fake f = {.fail_commit = CN_E_FULL};
    struct ingest in;
    unsigned tries = 0;

    (void)state;
    ingest_init(&in, ring, sink(&f), east8);
    for (int i = 0; i < 10; i++)
        put(&in, 1, 100 + i, 0);
    ingest_sweep_ended(&in);
    for (int64_t now = 0; now < 600000; now += 100)
        tries += ingest_work(&in, now, false) == CN_E_FULL;
    assert_in_range(tries, 10, 20);
    assert_int_equal(f.latest, 0);
    assert_int_equal(f.open, 0);
    assert_int_equal(in.pending, 10);
    put(&in, 2, 300, 600000);
    f.fail_commit = 0;
    f.fail_put = CN_E_IO;
    assert_int_equal(ingest_work(&in, 700000, true), CN_E_IO);
    f.fail_put = 0;
    f.fail_begin = CN_E_BUSY;
    assert_int_equal(ingest_work(&in, 700000, true), CN_E_BUSY);
    f.fail_begin = 0;
    assert_int_equal(ingest_work(&in, 700000, true), 11);
    assert_int_equal(f.latest, 11);
    assert_int_equal(in.failures, 0);
}

/* A disk that is full for days costs a bounded number of bytes; then readings are dropped and counted. */
static void memory_is_bounded(void **state)
{
    struct fake f = {.fail_begin = CN_E_FULL};
    struct freeze fr = {.kind = FREEZE_DAY, .point = 1, .slot = 20000, .set.count = 1};
    struct ingest in;
    int64_t at = 1;

    (void)state;
    ingest_init(&in, ring, sink(&f), east8);
    while (put(&in, 1, at, 0) == 0)
        at++;
    assert_true(at > 1500);
    assert_true(ingest_pending_bytes(&in) < INGEST_BYTES);
    assert_int_equal(in.dropped, 1);
    assert_int_equal(ingest_freeze(&in, &fr, 0), CN_E_FULL);
    assert_int_equal(put(&in, 1, at, 0), CN_E_FULL);
    f.fail_begin = 0;
    assert_int_equal(ingest_work(&in, 0, true), (int)at - 1);
    assert_int_equal(f.latest, at - 1);
    assert_int_equal(put(&in, 1, at, 0), 0);
}

/* The ring goes round many times with rows of all sizes; what is committed is what was given. */
static void the_ring_goes_round(void **state)
{
    struct fake f = {0};
    struct ingest in;
    int64_t at = 1;
    struct reading_set got;

    (void)state;
    ingest_init(&in, ring, sink(&f), east8);
    srand(1);
    for (int round = 0; round < 3000; round++) {
        int n = rand() % 40;
        for (int i = 0; i < n; i++, at += 1 + rand() % 1000000) {
            assert_int_equal(put(&in, (unsigned)(1 + rand() % 9), at, 0), 0);
            if (rand() % 50 == 0) {
                struct freeze fr = {.kind = FREEZE_HOUR,
                                    .point = 7,
                                    .slot = at,
                                    .set.at = at,
                                    .set.count = (uint16_t)(rand() % READINGS_MAX)};
                for (unsigned k = 0; k < fr.set.count; k++)
                    fr.set.r[k] = (struct reading){.quantity = Q_EP_IMP,
                                                   .tariff = (uint8_t)k,
                                                   .value = value_of((int64_t)rand() << 20, -2)};
                assert_int_equal(ingest_freeze(&in, &fr, 0), 0);
            }
        }
        if (rand() % 3)
            continue;
        unsigned before = f.latest, want = in.pending;
        f.freezes = 0;
        assert_int_equal(ingest_work(&in, 0, true), (int)want);
        assert_int_equal(f.latest - before + f.freezes, want);
        assert_int_equal(in.pending, 0);
    }
    assert_true(in.committed > 50000);
    assert_int_equal(ingest_recent(&in, 12, Q_EP_IMP, 0, &got), CN_E_NOTFOUND);
}

static void recent_values_are_found_before_and_after_the_commit(void **state)
{
    struct fake f = {0};
    struct ingest in;
    struct reading_set got;

    (void)state;
    ingest_init(&in, ring, sink(&f), east8);
    assert_int_equal(ingest_recent(&in, 5, Q_EP_IMP, 0, &got), CN_E_NOTFOUND);
    put(&in, 5, 1000, 0);
    put(&in, 6, 1001, 0);
    put(&in, 5, 1100, 0);
    assert_int_equal(ingest_recent(&in, 5, Q_EP_IMP, 1000, &got), 0);
    assert_int_equal(got.at, 1100);
    assert_int_equal(got.count, 5);
    assert_int_equal(reading_get(&got, Q_EP_IMP, 3).mantissa, 11008);
    ingest_work(&in, 0, true);
    assert_int_equal(ingest_recent(&in, 6, Q_EP_IMP, 1001, &got), 0);
    assert_int_equal(ingest_recent(&in, 6, Q_EP_IMP, 1002, &got), CN_E_NOTFOUND);
    assert_int_equal(ingest_recent(&in, 6, Q_U_A, 0, &got), CN_E_NOTFOUND);
}

/* reference part 5, 1.1: the state at the end of the month is that at the end of its last day */
static void the_last_day_stands_for_the_month(void **state)
{
    struct fake f = {0};
    struct ingest in;
    struct civil feb29 = {.year = 2028, .month = 2, .day = 29, .hour = 12};
    struct freeze fr = {.kind = FREEZE_DAY, .flags = FREEZE_METER, .point = 3, .set.count = 1};

    (void)state;
    fr.set.r[0] = (struct reading){.quantity = Q_EP_IMP, .value = value_of(5, -2)};
    fr.slot = slot_day(east8, zone_to_utc(east8, &feb29));
    fr.frozen_at = slot_day_end(east8, fr.slot);
    ingest_init(&in, ring, sink(&f), east8);
    assert_int_equal(ingest_freeze(&in, &fr, 0), 0);
    assert_int_equal(in.pending, 2);
    ingest_work(&in, 0, true);
    assert_int_equal(f.last_freeze.kind, FREEZE_MONTH);
    assert_int_equal(f.last_freeze.slot, (2028 - 1970) * 12 + 1);
    assert_int_equal(f.last_freeze.frozen_at, fr.frozen_at);
    fr.slot--;
    ingest_freeze(&in, &fr, 0);
    assert_int_equal(in.pending, 1);
}

static void a_sweep_becomes_a_point_of_the_curve(void **state)
{
    struct fake f = {0};
    struct ingest in;

    (void)state;
    ingest_init(&in, ring, sink(&f), east8);
    assert_int_equal(ingest_curve(&in, 7, 29000000, 1740000000, 1740000090, 0), 0);
    assert_int_equal(ingest_work(&in, 0, true), 1);
    assert_int_equal(f.last_freeze.kind, FREEZE_CURVE);
    assert_int_equal(f.last_freeze.point, 7);
    assert_int_equal(f.last_freeze.slot, 29000000);
    assert_int_equal(f.last_freeze.frozen_at, 1740000000);
    assert_int_equal(f.last_freeze.set.at, 1740000090);
    f.fail_put = CN_E_NOTFOUND; /* nothing was read */
    ingest_curve(&in, 7, 29000015, 1740000900, 1740000990, 0);
    assert_int_equal(ingest_work(&in, 0, true), 1);
    assert_int_equal(in.dropped, 0);
}

static void slots_that_exist_are_no_failure(void **state)
{
    struct fake f = {.fail_put = CN_E_EXISTS};
    struct ingest in;
    struct freeze fr = {.kind = FREEZE_HOUR, .point = 3, .slot = 480000, .set.count = 1};

    (void)state;
    fr.set.r[0] = (struct reading){.quantity = Q_EP_IMP, .value = value_of(5, -2)};
    ingest_init(&in, ring, sink(&f), east8);
    ingest_freeze(&in, &fr, 0);
    assert_int_equal(ingest_work(&in, 0, true), 1);
    f.fail_put = CN_E_STALE; /* the ring of slots has moved on */
    ingest_freeze(&in, &fr, 0);
    assert_int_equal(ingest_work(&in, 0, true), 1);
    assert_int_equal(in.dropped, 0);
    f.fail_put = CN_E_RANGE; /* a row that will never be taken does not hold up the others */
    ingest_freeze(&in, &fr, 0);
    assert_int_equal(ingest_work(&in, 0, true), 1);
    assert_int_equal(in.dropped, 1);
    assert_int_equal(in.pending, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_go_out_at_the_end_of_a_sweep),
        cmocka_unit_test(a_failed_commit_keeps_the_rows),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(the_ring_goes_round),
        cmocka_unit_test(recent_values_are_found_before_and_after_the_commit),
        cmocka_unit_test(the_last_day_stands_for_the_month),
        cmocka_unit_test(a_sweep_becomes_a_point_of_the_curve),
        cmocka_unit_test(slots_that_exist_are_no_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
