#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/base/err.h"

static void names_and_texts(void **state)
{
    (void)state;
    assert_string_equal(cn_err_name(CN_E_CHECKSUM), "CHECKSUM");
    assert_string_equal(cn_err_name(-CN_E_CHECKSUM), "CHECKSUM");
    assert_string_equal(cn_err_text(CN_E_TIMEOUT), "no answer within the time allowed");
    assert_string_equal(cn_err_name(0), "OK");
    assert_string_equal(cn_err_name(-30000), "UNKNOWN");
    assert_non_null(cn_err_text(-30000));
}

/* Numbers travel in messages and are stored: each is used once, and those given out stay. */
static void numbers_are_unique_and_stable(void **state)
{
    static const int nums[] = {
#define CN_ERR(sym, num, text) num,
#include "gateway/base/err.def"
#undef CN_ERR
    };

    (void)state;
    for (size_t i = 0; i < sizeof nums / sizeof nums[0]; i++) {
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(nums[i], nums[k]);
    }
    assert_int_equal(CN_E_SHORT, -1);
    assert_int_equal(CN_E_CHECKSUM, -3);
    assert_int_equal(CN_E_TIMEOUT, -8);
    assert_int_equal(CN_E_CONFIG, -20);
    assert_int_equal(CN_E_STALE, -25);
}

static void texts_are_sentences_without_full_stop(void **state)
{
    (void)state;
    for (int e = 0; e <= 25; e++) {
        const char *text = cn_err_text(e);
        assert_true(strlen(text) > 3);
        assert_int_not_equal(text[strlen(text) - 1], '.');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_texts),
        cmocka_unit_test(numbers_are_unique_and_stable),
        cmocka_unit_test(texts_are_sentences_without_full_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
