#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "gateway/base/clock.h"

static void monotonic_never_goes_back(void **state)
{
    int64_t last = clock_mono_ms();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_ms();
        assert_true(now >= last);
        last = now;
    }
}

static void system_clock_is_utc(void **state)
{
    int64_t before = (int64_t)time(NULL);
    int64_t ms = clock_system_ms();
    int64_t after = (int64_t)time(NULL);

    (void)state;
    assert_true(ms / 1000 >= before && ms / 1000 <= after);
}

static void the_offset_moves_the_box(void **state)
{
    struct box_clock none = {0}, day = {86400000}, ages = {-4000000000000};

    (void)state;
    int64_t before = box_clock_ms(&none);
    int64_t shifted = box_clock_ms(&day);
    int64_t after = box_clock_ms(&none);
    assert_true(shifted >= before + 86400000 && shifted <= after + 86400000);

    /* seconds round down, also before 1970 */
    int64_t ms = box_clock_ms(&ages);
    int64_t s = box_clock_s(&ages);
    assert_true(ms < 0);
    assert_true(s * 1000 >= ms - 999 && s * 1000 <= ms + 1000);
    struct box_clock low = {-clock_system_ms() - 10500};
    assert_true(box_clock_s(&low) <= -10);
    assert_true(box_clock_s(&low) >= -11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_never_goes_back),
        cmocka_unit_test(system_clock_is_utc),
        cmocka_unit_test(the_offset_moves_the_box),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
