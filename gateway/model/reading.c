#include "gateway/model/reading.h"

#include "gateway/base/err.h"

enum { PACK_VERSION = 1 };

struct value reading_get(const struct reading_set *s, unsigned quantity, unsigned tariff)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (s->r[i].quantity == quantity && s->r[i].tariff == tariff)
            return s->r[i].value;
    }
    return value_none();
}

int reading_put(struct reading_set *s, unsigned quantity, unsigned tariff, struct value v)
{
    unsigned i = 0;

    while (i < s->count && (s->r[i].quantity != quantity || s->r[i].tariff != tariff))
        i++;
    if (i == READINGS_MAX)
        return CN_E_FULL;
    s->r[i] = (struct reading){.quantity = (uint16_t)quantity, .tariff = (uint8_t)tariff, .value = v};
    s->count = (uint16_t)(i == s->count ? i + 1 : s->count);
    return 0;
}

/* Base 128, low group first; the sign in the lowest bit, so small numbers of both signs stay short. */
static void put_varint(struct wbuf *w, int64_t v)
{
    uint64_t u = (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);

    while (u > 127) {
        wbuf_u8(w, (uint8_t)(u | 128));
        u >>= 7;
    }
    wbuf_u8(w, (uint8_t)u);
}

static int get_varint(struct rbuf *r, int64_t *v)
{
    uint64_t u = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = rbuf_u8(r);
        if (r->err || (shift == 63 && b > 1))
            return CN_E_CORRUPT;
        u |= (uint64_t)(b & 127) << shift;
        if (b < 128) {
            *v = (int64_t)(u >> 1 ^ (0 - (u & 1)));
            return 0;
        }
    }
    return CN_E_CORRUPT;
}

/* Readings that follow each other with the same quantity and exponent and rising tariffs share one head. */
static unsigned run_length(const struct reading *r, unsigned count)
{
    unsigned n = 1;

    while (n < count && n < 255 && r[n].quantity == r[0].quantity && r[n].tariff == r[0].tariff + n &&
           r[n].value.exp10 == r[0].value.exp10)
        n++;
    return n;
}

int readings_pack(struct wbuf *w, const struct reading *r, unsigned count)
{
    size_t start = w->len;

    wbuf_u8(w, PACK_VERSION);
    for (unsigned i = 0; i < count;) {
        unsigned n = run_length(r + i, count - i);
        wbuf_u16(w, r[i].quantity);
        wbuf_u8(w, r[i].tariff);
        wbuf_u8(w, (uint8_t)n);
        wbuf_u8(w, (uint8_t)r[i].value.exp10);
        for (unsigned k = 0; k < n; k++, i++) {
            wbuf_u8(w, r[i].value.quality);
            if (r[i].value.quality != VALUE_NONE)
                put_varint(w, r[i].value.mantissa);
        }
    }
    return w->err ? w->err : (int)(w->len - start);
}

int readings_unpack(struct rbuf *in, struct reading *r, unsigned cap)
{
    unsigned count = 0;
    uint8_t version = rbuf_u8(in);

    if (in->err)
        return CN_E_CORRUPT;
    if (version != PACK_VERSION)
        return CN_E_UNSUPPORTED;
    while (rbuf_left(in)) {
        uint16_t quantity = rbuf_u16(in);
        unsigned tariff = rbuf_u8(in);
        unsigned n = rbuf_u8(in);
        int8_t exp10 = (int8_t)rbuf_u8(in);
        if (in->err || n == 0 || tariff + n > 256 || exp10 < -9 || exp10 > 9)
            return CN_E_CORRUPT;
        for (unsigned k = 0; k < n; k++) {
            struct value v = {.exp10 = exp10, .quality = rbuf_u8(in)};
            if (in->err || v.quality > VALUE_DOUBTFUL)
                return CN_E_CORRUPT;
            if (v.quality != VALUE_NONE && get_varint(in, &v.mantissa) < 0)
                return CN_E_CORRUPT;
            if (count == cap)
                return CN_E_NOSPACE;
            r[count++] = (struct reading){.quantity = quantity, .tariff = (uint8_t)(tariff + k), .value = v};
        }
    }
    return (int)count;
}
