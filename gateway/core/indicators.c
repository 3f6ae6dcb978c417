#include "gateway/core/indicators.h"

#include <string.h>

#include "gateway/model/ctl.h"

void indicators_init(struct indicators *i)
{
    memset(i, 0, sizeof *i);
    for (unsigned n = 0; n <= CONFIG_PORTS_MAX; n++)
        i->tx_ms[n] = i->rx_ms[n] = INT64_MIN / 2;
}

struct indicator_states indicators_eval(const struct indicators *i, int64_t now_ms)
{
    struct indicator_states s = {.power = true, .alarm = i->alarm};

    s.net = i->link == LINK_LOGGED_IN || (i->link == LINK_CONNECTED && now_ms / 500 % 2 == 0);
    for (unsigned n = 1; n <= CONFIG_PORTS_MAX; n++) {
        s.tx |= (uint32_t)(now_ms - i->tx_ms[n] < INDICATORS_BLINK_MS) << n;
        s.rx |= (uint32_t)(now_ms - i->rx_ms[n] < INDICATORS_BLINK_MS) << n;
    }
    return s;
}

void indicators_show(struct board *b, struct indicator_states *shown, struct indicator_states now)
{
    if (shown->power != now.power)
        board_led(b, LED_POWER, 0, now.power);
    if (shown->alarm != now.alarm)
        board_led(b, LED_ALARM, 0, now.alarm);
    if (shown->net != now.net)
        board_led(b, LED_NET, 0, now.net);
    for (unsigned n = 1; n <= CONFIG_PORTS_MAX; n++) {
        if ((shown->tx ^ now.tx) >> n & 1)
            board_led(b, LED_PORT_TX, n, now.tx >> n & 1);
        if ((shown->rx ^ now.rx) >> n & 1)
            board_led(b, LED_PORT_RX, n, now.rx >> n & 1);
    }
    *shown = now;
}
