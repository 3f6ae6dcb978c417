#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/model/ctl.h"
#include "hmi/lcd/status.h"

static void link_and_signal(void **state)
{
    (void)state;
    struct lcd_status s;
    struct lcd_model m = {0};
    lcd_status_init(&s);
    lcd_status_show(&s, &s, &m);
    assert_int_equal(m.link, LINK_OFF);
    assert_int_equal(m.signal, -1);
    lcd_status_take(&s, "uplink.state", "logged in");
    lcd_status_take(&s, "modem.signal", "3");
    lcd_status_show(&s, &s, &m);
    assert_int_equal(m.link, LINK_LOGGED_IN);
    assert_int_equal(m.signal, 3);
    assert_false(m.alarm);
    lcd_status_take(&s, "alarm", "on");
    lcd_status_show(&s, &s, &m);
    assert_true(m.alarm);
    lcd_status_take(&s, "alarm", "off");
    assert_false(s.alarm);
    lcd_status_take(&s, "uplink.state", "connecting");
    assert_int_equal(s.link, LINK_CONNECTING);
    lcd_status_take(&s, "uplink.state", "connected");
    assert_int_equal(s.link, LINK_CONNECTED);
    lcd_status_take(&s, "uplink.state", "off");
    assert_int_equal(s.link, LINK_OFF);
}

static void ports_are_active_when_their_counters_move(void **state)
{
    (void)state;
    struct lcd_status before, now;
    struct lcd_model m = {0};
    lcd_status_init(&before);
    lcd_status_take(&before, "port.1.tx_bytes", "100");
    lcd_status_take(&before, "port.1.rx_bytes", "200");
    lcd_status_take(&before, "port.12.rx_bytes", "18446744073709551615");
    now = before;
    lcd_status_show(&before, &now, &m);
    assert_int_equal(m.port_count, 2);
    assert_int_equal(m.ports[0].number, 1);
    assert_int_equal(m.ports[1].number, 12);
    assert_false(m.ports[0].sending || m.ports[0].receiving || m.ports[1].sending || m.ports[1].receiving);
    lcd_status_take(&now, "port.1.tx_bytes", "101");
    lcd_status_take(&now, "port.12.rx_bytes", "5"); /* started again */
    lcd_status_take(&now, "port.2.tx_bytes", "7");  /* new: no difference known yet */
    lcd_status_show(&before, &now, &m);
    assert_int_equal(m.port_count, 3);
    assert_true(m.ports[0].sending && !m.ports[0].receiving);
    assert_true(!m.ports[1].sending && m.ports[1].receiving);
    assert_false(m.ports[2].sending || m.ports[2].receiving);
}

static void nonsense_is_passed_over(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"port.0.tx_bytes", "1"},
        {"port.32.tx_bytes", "1"},
        {"port.1", "1"},
        {"port..tx_bytes", "1"},
        {"port.x.tx_bytes", "1"},
        {"port.-1.tx_bytes", "1"},
        {"port.1.tx_bytes", ""},
        {"port.1.tx_bytes", "x"},
        {"port.1.tx_bytes", "-1"},
        {"port.1.tx_bytes", "1 "},
        {"modem.signal", "5"},
        {"modem.signal", "-1"},
        {"uplink.state", "LOGGED IN"},
        {"", ""},
        {"port.257.tx_bytes", "1"},
    };
    struct lcd_status s, empty;
    lcd_status_init(&s);
    lcd_status_init(&empty);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        lcd_status_take(&s, rows[i][0], rows[i][1]);
    assert_memory_equal(&s, &empty, sizeof s);
}

static void many_ports(void **state)
{
    (void)state;
    struct lcd_status s;
    struct lcd_model m = {0};
    char key[32];
    lcd_status_init(&s);
    for (int i = 31; i >= 1; i--) {
        snprintf(key, sizeof key, "port.%d.rx_bytes", i);
        lcd_status_take(&s, key, "1");
    }
    assert_int_equal(s.port_count, 31);
    lcd_status_show(&s, &s, &m);
    assert_int_equal(m.port_count, LCD_PORTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_and_signal),
        cmocka_unit_test(ports_are_active_when_their_counters_move),
        cmocka_unit_test(nonsense_is_passed_over),
        cmocka_unit_test(many_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
