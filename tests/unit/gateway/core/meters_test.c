#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/core/meters.h"

static struct mstate slots[METER_INDEX_MAX + 1];
static uint16_t of_point[POINT_MAX + 1];

static struct meter entry(unsigned index, unsigned point, unsigned address)
{
    return (struct meter){.index = (uint16_t)index,
                          .point = (uint16_t)point,
                          .port = 2,
                          .protocol = PROTO_DLT645_2007,
                          .address = {(uint8_t)address}};
}

static void what_is_known_stays_with_the_same_meter(void **state)
{
    struct meters t = {.slots = slots, .of_point = of_point};
    uint8_t seen[(METER_INDEX_MAX + 8) / 8];

    (void)state;
    struct meter a = entry(1, 10, 1), b = entry(METER_INDEX_MAX, POINT_MAX, 2);
    meters_begin(&t, seen);
    assert_true(meters_put(&t, &a, seen));
    assert_true(meters_put(&t, &b, seen));
    meters_end(&t, seen);
    assert_int_equal(t.count, 2);
    struct mstate *s = meters_by_point(&t, POINT_MAX);
    assert_ptr_equal(s, meters_by_index(&t, METER_INDEX_MAX));
    s->reads = 77;
    uint8_t generation = meters_by_index(&t, 1)->generation;
    /* given again: the same meter with more tariffs, and another one in the place of the first */
    b.tariffs = 8;
    a.address[0] = 9;
    meters_begin(&t, seen);
    assert_true(meters_put(&t, &a, seen));
    assert_false(meters_put(&t, &b, seen));
    meters_end(&t, seen);
    assert_int_equal(meters_by_point(&t, POINT_MAX)->reads, 77);
    assert_int_equal(meters_by_point(&t, POINT_MAX)->m.tariffs, 8);
    assert_int_not_equal(meters_by_index(&t, 1)->generation, generation);
    /* removed */
    generation = meters_by_index(&t, 1)->generation;
    meters_begin(&t, seen);
    meters_put(&t, &b, seen);
    meters_end(&t, seen);
    assert_null(meters_by_index(&t, 1));
    assert_null(meters_by_point(&t, 10));
    assert_int_not_equal(slots[1].generation, generation);
    assert_int_equal(t.count, 1);
    assert_null(meters_by_point(&t, 0));
    assert_null(meters_by_point(&t, POINT_MAX + 1));
    assert_null(meters_by_index(&t, METER_INDEX_MAX + 1));
}

static void response_time_is_learned(void **state)
{
    struct mstate m = {0};

    (void)state;
    assert_int_equal(meter_response_ms(&m), 0);
    meter_learn_response(&m, 20);
    assert_int_equal(meter_response_ms(&m), 700);
    meter_learn_response(&m, 450);
    assert_int_equal(meter_response_ms(&m), 1000);
    meter_learn_response(&m, 5000);
    assert_int_equal(meter_response_ms(&m), 1500);
    for (int i = 0; i < 2000; i++)
        meter_learn_response(&m, 20);
    assert_int_equal(meter_response_ms(&m), 700);
    m.state = METER_DEAD;
    assert_int_equal(meter_response_ms(&m), 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_stays_with_the_same_meter),
        cmocka_unit_test(response_time_is_learned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
