#include "southbound/dlt645/dlt645_frame.h"

#include <string.h>

#include "gateway/base/err.h"

enum { OFFSET = 0x33, AT_SECOND_START = 7, AT_CONTROL = 8, AT_LENGTH = 9, AT_DATA = 10 };

static uint8_t sum_of(const uint8_t *p, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += p[i];
    return (uint8_t)sum;
}

int dlt645_frame_encode(struct wbuf *out, unsigned wake, const struct dlt645_frame *f)
{
    size_t total = wake + DLT645_OVERHEAD + f->length;

    if (wake > DLT645_WAKE_MAX)
        return CN_E_RANGE;
    if (wbuf_left(out) < total)
        return CN_E_NOSPACE;
    wbuf_fill(out, DLT645_WAKE, wake);
    size_t start = out->len;
    wbuf_u8(out, DLT645_START);
    wbuf_bytes(out, f->address, ADDR_LEN);
    wbuf_u8(out, DLT645_START);
    wbuf_u8(out, f->control);
    wbuf_u8(out, f->length);
    for (size_t i = 0; i < f->length; i++)
        wbuf_u8(out, (uint8_t)(f->data[i] + OFFSET));
    wbuf_u8(out, sum_of(out->p + start, out->len - start));
    wbuf_u8(out, DLT645_END);
    return (int)total;
}

int dlt645_frame_decode(const uint8_t *p, size_t n, struct dlt645_frame *f)
{
    struct rbuf in = rbuf_of(p, n);
    size_t wake = 0;

    while (wake < n && p[wake] == DLT645_WAKE)
        wake++;
    if (wake > DLT645_WAKE_MAX)
        return CN_E_FRAME;
    rbuf_take(&in, wake);
    if (rbuf_left(&in) > 0 && in.p[in.pos] != DLT645_START)
        return CN_E_FRAME;
    if (rbuf_left(&in) > AT_SECOND_START && in.p[in.pos + AT_SECOND_START] != DLT645_START)
        return CN_E_FRAME;
    const uint8_t *head = rbuf_take(&in, AT_DATA);
    if (!head)
        return CN_E_SHORT;
    size_t length = head[AT_LENGTH];
    const uint8_t *data = rbuf_take(&in, length);
    uint8_t check = rbuf_u8(&in);
    uint8_t end = rbuf_u8(&in);
    if (in.err)
        return CN_E_SHORT;
    if (end != DLT645_END || rbuf_left(&in) > 0)
        return CN_E_FRAME;
    if (check != sum_of(head, AT_DATA + length))
        return CN_E_CHECKSUM;

    memcpy(f->address, head + 1, ADDR_LEN);
    f->control = head[AT_CONTROL];
    f->length = (uint8_t)length;
    for (size_t i = 0; i < length; i++)
        f->data[i] = (uint8_t)(data[i] - OFFSET);
    return (int)n;
}

enum verdict { COMPLETE, INCOMPLETE, NO_FRAME, BAD_FRAME };

/* A candidate that starts with 68 at p[0]. */
static enum verdict judge(const uint8_t *p, size_t n, size_t *length)
{
    if (n > AT_SECOND_START && p[AT_SECOND_START] != DLT645_START)
        return NO_FRAME;
    if (n < AT_DATA)
        return INCOMPLETE;
    size_t total = (size_t)p[AT_LENGTH] + DLT645_OVERHEAD;
    if (n < total)
        return INCOMPLETE;
    if (p[total - 1] != DLT645_END || p[total - 2] != sum_of(p, total - 2))
        return BAD_FRAME;
    *length = total;
    return COMPLETE;
}

int dlt645_scan(const uint8_t *p, size_t n, bool gap, struct dlt645_span *span)
{
    *span = (struct dlt645_span){0};
    for (size_t at = 0; at < n; at++) {
        if (p[at] != DLT645_START)
            continue;
        enum verdict v = judge(p + at, n - at, &span->length);
        if (v == COMPLETE || (v == INCOMPLETE && !gap)) {
            span->start = at;
            return v == COMPLETE;
        }
        span->bad += v == BAD_FRAME;
        span->cut += v == INCOMPLETE && n - at > AT_SECOND_START;
    }
    span->start = n;
    return 0;
}

bool dlt645_addr_broadcast(const uint8_t addr[ADDR_LEN])
{
    static const uint8_t all[ADDR_LEN] = {0x99, 0x99, 0x99, 0x99, 0x99, 0x99};

    return memcmp(addr, all, ADDR_LEN) == 0;
}

bool dlt645_addr_wildcard(const uint8_t addr[ADDR_LEN])
{
    static const uint8_t any[ADDR_LEN] = {0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA};

    return memcmp(addr, any, ADDR_LEN) == 0;
}

bool dlt645_addr_covers(const uint8_t asked[ADDR_LEN], const uint8_t own[ADDR_LEN])
{
    for (size_t i = 0; i < ADDR_LEN; i++) {
        if (asked[i] != own[i] && asked[i] != 0xAA)
            return false;
    }
    return true;
}

uint8_t dlt645_error_word(const struct dlt645_frame *f)
{
    return f->length && f->data[0] ? f->data[0] : DLT645_ERR_OTHER;
}

int dlt645_error_code(uint8_t err)
{
    return err & DLT645_ERR_AUTH ? CN_E_AUTH : CN_E_DENIED;
}

uint32_t dlt645_di_get(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

void dlt645_di_put(uint8_t *p, uint32_t di)
{
    for (size_t i = 0; i < 4; i++)
        p[i] = (uint8_t)(di >> (8 * i));
}

unsigned dlt645_z_baud(uint8_t z)
{
    switch (z) {
    case 0x02:
        return 600;
    case 0x04:
        return 1200;
    case 0x08:
        return 2400;
    case 0x10:
        return 4800;
    case 0x20:
        return 9600;
    case 0x40:
        return 19200;
    default:
        return 0;
    }
}
