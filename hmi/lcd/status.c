#include "hmi/lcd/status.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/model/ctl.h"

void lcd_status_init(struct lcd_status *s)
{
    *s = (struct lcd_status){.signal = -1, .link = LINK_OFF};
}

static bool number(const char *text, uint64_t max, uint64_t *out)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    *out = strtoull(text, &end, 10);
    return *end == '\0' && *out <= max;
}

static void take_link(struct lcd_status *s, const char *value)
{
    static const char *const names[] = {[LINK_OFF] = "off",
                                        [LINK_CONNECTING] = "connecting",
                                        [LINK_CONNECTED] = "connected",
                                        [LINK_LOGGED_IN] = "logged in"};

    for (uint8_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(value, names[i]) == 0)
            s->link = i;
    }
}

/** "port.2.tx_bytes": number 2, rest "tx_bytes". */
static const char *port_key(const char *key, uint8_t *port)
{
    char *end;

    if (strncmp(key, "port.", 5) != 0 || key[5] < '0' || key[5] > '9')
        return NULL;
    unsigned long n = strtoul(key + 5, &end, 10);
    *port = (uint8_t)n;
    return *end == '.' && n >= 1 && n <= CONFIG_PORTS_MAX ? end + 1 : NULL;
}

static void take_port(struct lcd_status *s, uint8_t port, const char *key, uint64_t value)
{
    unsigned i = 0;
    while (i < s->port_count && s->ports[i].number != port)
        i++;
    if (i == s->port_count) {
        if (i == CONFIG_PORTS_MAX)
            return;
        s->port_count++;
        s->ports[i].number = port;
    }
    if (strcmp(key, "tx_bytes") == 0)
        s->ports[i].sent = value;
    else if (strcmp(key, "rx_bytes") == 0)
        s->ports[i].received = value;
}

void lcd_status_take(struct lcd_status *s, const char *key, const char *value)
{
    uint64_t n;
    uint8_t port;
    const char *rest = port_key(key, &port);

    if (rest) {
        if (number(value, UINT64_MAX, &n))
            take_port(s, port, rest, n);
    } else if (strcmp(key, "uplink.state") == 0) {
        take_link(s, value);
    } else if (strcmp(key, "alarm") == 0) {
        s->alarm = strcmp(value, "on") == 0;
    } else if (strcmp(key, "modem.signal") == 0 && number(value, 4, &n)) {
        s->signal = (int8_t)n;
    }
}

void lcd_status_show(const struct lcd_status *before, const struct lcd_status *now, struct lcd_model *m)
{
    m->signal = now->signal;
    m->link = now->link;
    m->alarm |= now->alarm;
    m->port_count = 0;
    for (unsigned i = 0; i < now->port_count && i < LCD_PORTS; i++) {
        struct lcd_port *p = &m->ports[m->port_count++];
        *p = (struct lcd_port){.number = now->ports[i].number};
        for (unsigned k = 0; k < before->port_count; k++) {
            if (before->ports[k].number != p->number)
                continue;
            p->sending = before->ports[k].sent != now->ports[i].sent;
            p->receiving = before->ports[k].received != now->ports[i].received;
        }
    }
}
