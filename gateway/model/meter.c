#include "gateway/model/meter.h"

#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "gateway/model/reading.h"

static const uint16_t bauds[] = {0, 600, 1200, 2400, 4800, 7200, 9600, 19200};

int meter_decode(const uint8_t raw[F10_ENTRY], struct meter *m)
{
    struct rbuf r = rbuf_of(raw, F10_ENTRY);

    m->index = rbuf_u16(&r);
    m->point = rbuf_u16(&r);
    uint8_t speed = rbuf_u8(&r);
    m->baud_code = speed >> 5;
    m->port = speed & 31;
    m->protocol = rbuf_u8(&r);
    rbuf_bytes(&r, m->address, sizeof m->address);
    rbuf_bytes(&r, m->password, sizeof m->password);
    m->tariffs = rbuf_u8(&r) & 63;
    uint8_t digits = rbuf_u8(&r);
    m->int_digits = (uint8_t)((digits >> 2 & 3) + 4);
    m->dec_digits = (uint8_t)((digits & 3) + 1);
    rbuf_bytes(&r, m->collector, sizeof m->collector);
    uint8_t class = rbuf_u8(&r);
    m->user_class = class >> 4;
    m->user_subclass = class & 15;
    if (m->index == 0 || m->index > METER_INDEX_MAX || m->point > POINT_MAX)
        return CN_E_RANGE;
    /* point 0 deletes the index: the rest of the entry is ignored (reference part 3, F10) */
    return m->point != 0 && m->port == 0 ? CN_E_RANGE : 0;
}

void meter_encode(const struct meter *m, uint8_t raw[F10_ENTRY])
{
    struct wbuf w = wbuf_of(raw, F10_ENTRY);

    wbuf_u16(&w, m->index);
    wbuf_u16(&w, m->point);
    wbuf_u8(&w, (uint8_t)(m->baud_code << 5 | (m->port & 31)));
    wbuf_u8(&w, m->protocol);
    wbuf_bytes(&w, m->address, sizeof m->address);
    wbuf_bytes(&w, m->password, sizeof m->password);
    wbuf_u8(&w, m->tariffs & 63);
    wbuf_u8(&w, (uint8_t)(((m->int_digits - 4) & 3) << 2 | ((m->dec_digits - 1) & 3)));
    wbuf_bytes(&w, m->collector, sizeof m->collector);
    wbuf_u8(&w, (uint8_t)(m->user_class << 4 | (m->user_subclass & 15)));
}

unsigned meter_tariffs(const struct meter *m)
{
    if (m->tariffs == 0)
        return 4;
    return m->tariffs < TARIFFS_MAX ? m->tariffs : TARIFFS_MAX;
}

unsigned meter_baud(unsigned code)
{
    return code < sizeof bauds / sizeof bauds[0] ? bauds[code] : 0;
}

int meter_baud_code(unsigned baud)
{
    for (size_t i = 1; i < sizeof bauds / sizeof bauds[0]; i++) {
        if (bauds[i] == baud)
            return (int)i;
    }
    return -1;
}

bool meter_readable(const struct meter *m)
{
    return m->point != 0 && m->protocol == PROTO_DLT645_2007;
}
