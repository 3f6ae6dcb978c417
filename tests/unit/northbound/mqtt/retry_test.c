#include "northbound/mqtt/retry.h"

#include "tests/unit/northbound/mqtt/doc.h"

static void failures_slow_down(void **state)
{
    static const int64_t base[] = {1000, 2000, 4000, 8000, 16000, 32000, 64000, 120000, 120000, 120000};
    struct retry low = {0}, high = {0};

    (void)state;
    for (unsigned i = 0; i < sizeof base / sizeof base[0]; i++) {
        retry_down(&low, false, false, 0, 5000);
        retry_down(&high, false, false, (uint32_t)base[i], 5000);
        assert_int_equal(low.at_ms - 5000, base[i] / 2 < RETRY_MIN_MS ? RETRY_MIN_MS : base[i] / 2);
        assert_int_equal(high.at_ms - 5000, base[i] * 3 / 2);
    }
}

static void never_under_a_second(void **state)
{
    struct retry r = {0};

    (void)state;
    for (uint32_t random = 0; random < 100000; random += 7) {
        r.fails = (uint8_t)(random % 10);
        retry_up(&r, 1000);
        retry_down(&r, random % 2, random % 3 == 0, random * 2654435761U, 2000);
        assert_in_range(r.at_ms - 2000, RETRY_MIN_MS, RETRY_MAX_MS * 3 / 2);
    }
}

static void a_good_connection_forgives(void **state)
{
    struct retry r = {.fails = 7};

    (void)state;
    retry_up(&r, 0);
    retry_down(&r, true, false, 0, RETRY_STABLE_MS);
    assert_int_equal(r.at_ms - RETRY_STABLE_MS, RETRY_MIN_MS);
    /* ten seconds bring it down to ten seconds */
    r.fails = 7;
    retry_up(&r, 0);
    retry_down(&r, true, false, 0, 10000);
    assert_int_equal(r.at_ms - 10000, 4000);
    /* a broker that drops everybody at once is not hammered */
    r.fails = 0;
    for (unsigned i = 0; i < 6; i++) {
        retry_down(&r, false, false, 0, 0);
        retry_up(&r, 0);
    }
    retry_down(&r, true, false, 0, 100);
    assert_int_equal(r.at_ms - 100, RETRY_MIN_MS);
}

static void a_refusal_waits(void **state)
{
    struct retry r = {0};

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        retry_down(&r, false, true, i * 1000003U, 0);
        assert_true(r.at_ms >= RETRY_REFUSED_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_slow_down),
        cmocka_unit_test(never_under_a_second),
        cmocka_unit_test(a_good_connection_forgives),
        cmocka_unit_test(a_refusal_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
