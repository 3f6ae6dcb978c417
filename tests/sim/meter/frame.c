#include "tests/sim/meter/frame.h"

#include <string.h>

#include "gateway/base/err.h"

enum { MARK = 0x68, END = 0x16, BIAS = 0x33, HEAD = 10 };

static void drop(struct sm_rx *rx, size_t n)
{
    rx->len -= n;
    memmove(rx->buf, rx->buf + n, rx->len);
}

void sm_rx_add(struct sm_rx *rx, uint8_t b)
{
    if (rx->len == SM_RX_MAX)
        drop(rx, 1);
    rx->buf[rx->len++] = b;
}

static uint8_t sum(const uint8_t *p, size_t n)
{
    uint8_t s = 0;

    for (size_t i = 0; i < n; i++)
        s = (uint8_t)(s + p[i]);
    return s;
}

static void parse(const uint8_t *p, size_t len, struct sm_frame *out)
{
    struct rbuf r = rbuf_of(p, len);

    (void)rbuf_u8(&r);
    rbuf_bytes(&r, out->addr, sizeof out->addr);
    (void)rbuf_u8(&r);
    out->c = rbuf_u8(&r);
    out->len = rbuf_u8(&r);
    rbuf_bytes(&r, out->data, out->len);
    for (size_t i = 0; i < out->len; i++)
        out->data[i] = (uint8_t)(out->data[i] - BIAS);
}

int sm_rx_take(struct sm_rx *rx, struct sm_frame *out)
{
    size_t at = 0;

    while (at < rx->len) {
        const uint8_t *p = rx->buf + at;
        size_t left = rx->len - at;
        if (*p != MARK) {
            at++;
            continue;
        }
        if (left < HEAD)
            break;
        size_t whole = SM_OVERHEAD + (size_t)p[9];
        if (p[7] != MARK) {
            at++;
            continue;
        }
        if (left < whole)
            break;
        if (p[whole - 1] != END || p[whole - 2] != sum(p, whole - 2)) {
            at++;
            continue;
        }
        parse(p, whole, out);
        drop(rx, at + whole);
        return (int)whole;
    }
    drop(rx, at);
    return 0;
}

size_t sm_rx_gap(struct sm_rx *rx)
{
    if (rx->len)
        drop(rx, 1);
    return rx->len;
}

int sm_frame_put(struct wbuf *w, const struct sm_frame *f)
{
    size_t start = w->len;

    if (wbuf_left(w) < SM_OVERHEAD + (size_t)f->len)
        return CN_E_NOSPACE;
    wbuf_u8(w, MARK);
    wbuf_bytes(w, f->addr, sizeof f->addr);
    wbuf_u8(w, MARK);
    wbuf_u8(w, f->c);
    wbuf_u8(w, f->len);
    for (size_t i = 0; i < f->len; i++)
        wbuf_u8(w, (uint8_t)(f->data[i] + BIAS));
    wbuf_u8(w, sum(w->p + start, w->len - start));
    wbuf_u8(w, END);
    return (int)(w->len - start);
}
