#include "gateway/base/buf.h"

#include <string.h>

#include "gateway/base/err.h"

struct rbuf rbuf_of(const void *p, size_t len)
{
    return (struct rbuf){.p = p, .len = len};
}

size_t rbuf_left(const struct rbuf *r)
{
    return r->err ? 0 : r->len - r->pos;
}

const uint8_t *rbuf_take(struct rbuf *r, size_t n)
{
    if (r->err || n > r->len - r->pos) {
        r->err = CN_E_SHORT;
        return NULL;
    }
    const uint8_t *at = r->p + r->pos;
    r->pos += n;
    return at;
}

static uint64_t read_le(struct rbuf *r, size_t n)
{
    const uint8_t *at = rbuf_take(r, n);
    uint64_t v = 0;

    for (size_t i = n; at && i-- > 0;)
        v = v << 8 | at[i];
    return v;
}

uint8_t rbuf_u8(struct rbuf *r)
{
    return (uint8_t)read_le(r, 1);
}

uint16_t rbuf_u16(struct rbuf *r)
{
    return (uint16_t)read_le(r, 2);
}

uint32_t rbuf_u32(struct rbuf *r)
{
    return (uint32_t)read_le(r, 4);
}

uint64_t rbuf_u64(struct rbuf *r)
{
    return read_le(r, 8);
}

int64_t rbuf_i64(struct rbuf *r)
{
    return (int64_t)read_le(r, 8);
}

void rbuf_bytes(struct rbuf *r, void *dst, size_t n)
{
    const uint8_t *at = rbuf_take(r, n);

    if (n == 0)
        return;
    if (at)
        memcpy(dst, at, n);
    else
        memset(dst, 0, n);
}

struct rbuf rbuf_sub(struct rbuf *r, size_t n)
{
    const uint8_t *at = rbuf_take(r, n);
    struct rbuf sub = rbuf_of(at, at ? n : 0);

    sub.err = at ? 0 : CN_E_SHORT;
    return sub;
}

struct wbuf wbuf_of(void *p, size_t cap)
{
    return (struct wbuf){.p = p, .cap = cap};
}

size_t wbuf_left(const struct wbuf *w)
{
    return w->err ? 0 : w->cap - w->len;
}

static uint8_t *reserve(struct wbuf *w, size_t n)
{
    if (w->err || n > w->cap - w->len) {
        w->err = CN_E_NOSPACE;
        return NULL;
    }
    uint8_t *at = w->p + w->len;
    w->len += n;
    return at;
}

static void write_le(struct wbuf *w, uint64_t v, size_t n)
{
    uint8_t *at = reserve(w, n);

    for (size_t i = 0; at && i < n; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

void wbuf_u8(struct wbuf *w, uint8_t v)
{
    write_le(w, v, 1);
}

void wbuf_u16(struct wbuf *w, uint16_t v)
{
    write_le(w, v, 2);
}

void wbuf_u32(struct wbuf *w, uint32_t v)
{
    write_le(w, v, 4);
}

void wbuf_u64(struct wbuf *w, uint64_t v)
{
    write_le(w, v, 8);
}

void wbuf_i64(struct wbuf *w, int64_t v)
{
    write_le(w, (uint64_t)v, 8);
}

void wbuf_bytes(struct wbuf *w, const void *src, size_t n)
{
    uint8_t *at = reserve(w, n);

    if (at && n)
        memcpy(at, src, n);
}

void wbuf_fill(struct wbuf *w, uint8_t v, size_t n)
{
    uint8_t *at = reserve(w, n);

    if (at && n)
        memset(at, v, n);
}

void wbuf_str(struct wbuf *w, const char *s)
{
    size_t n = strlen(s);

    if (n > 255)
        n = 255;
    wbuf_u8(w, (uint8_t)n);
    wbuf_bytes(w, s, n);
}

void rbuf_str(struct rbuf *r, char *dst, size_t cap)
{
    size_t n = rbuf_u8(r);
    const uint8_t *at = rbuf_take(r, n);

    if (cap == 0)
        return;
    if (!at)
        n = 0;
    if (n > cap - 1)
        n = cap - 1;
    if (n)
        memcpy(dst, at, n);
    dst[n] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int hex_parse(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;

    for (const char *c = text; *c;) {
        if (*c == ' ' || *c == '\t' || *c == '\n' || *c == '\r') {
            c++;
            continue;
        }
        int hi = hex_digit(c[0]);
        int lo = hi < 0 ? -1 : hex_digit(c[1]);
        if (lo < 0)
            return CN_E_FORMAT;
        if (n == cap)
            return CN_E_NOSPACE;
        out[n++] = (uint8_t)(hi << 4 | lo);
        c += 2;
    }
    return (int)n;
}

char *hex_print(const uint8_t *p, size_t n, char *out, size_t cap)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t used = 0;

    if (cap == 0)
        return out;
    for (size_t i = 0; i < n && used + 2 < cap; i++) {
        out[used++] = digits[p[i] >> 4];
        out[used++] = digits[p[i] & 15];
    }
    out[used] = '\0';
    return out;
}
