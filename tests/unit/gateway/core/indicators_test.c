#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/core/indicators.h"
#include "gateway/model/ctl.h"

static void leds_follow_the_facts(void **state)
{
    struct indicators i;

    (void)state;
    indicators_init(&i);
    struct indicator_states s = indicators_eval(&i, 0);
    assert_true(s.power);
    assert_false(s.alarm || s.net || s.tx || s.rx);
    i.alarm = true;
    i.link = LINK_CONNECTED;
    i.tx_ms[2] = 1000;
    i.rx_ms[31] = 1100;
    s = indicators_eval(&i, 1100);
    assert_true(s.alarm);
    assert_int_equal(s.tx, 1u << 2);
    assert_int_equal(s.rx, 1u << 31);
    s = indicators_eval(&i, 1000 + INDICATORS_BLINK_MS);
    assert_int_equal(s.tx, 0);
    assert_true(indicators_eval(&i, 1400).net != indicators_eval(&i, 1900).net);
    i.link = LINK_LOGGED_IN;
    assert_true(indicators_eval(&i, 1400).net && indicators_eval(&i, 1900).net);
}

static void the_board_is_told_changes(void **state)
{
    struct indicator_states shown = {0};
    struct board *b;
    char error[128];

    (void)state;
    assert_int_equal(board_open("sim", "", "", &b, error, sizeof error), 0);
    indicators_show(b, &shown, (struct indicator_states){.power = true, .tx = 1u << 3});
    assert_true(board_led_get(b, LED_POWER, 0));
    assert_true(board_led_get(b, LED_PORT_TX, 3));
    /* what did not change is not touched */
    board_led(b, LED_POWER, 0, false);
    indicators_show(b, &shown, (struct indicator_states){.power = true, .alarm = true});
    assert_false(board_led_get(b, LED_POWER, 0));
    assert_true(board_led_get(b, LED_ALARM, 0));
    assert_false(board_led_get(b, LED_PORT_TX, 3));
    board_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leds_follow_the_facts),
        cmocka_unit_test(the_board_is_told_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
