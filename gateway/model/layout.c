#include "gateway/model/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"

enum { EE = 0xEE };

/* The position in a layout: what both walkers share. */
struct walk {
    struct lay_at at;
    uint32_t count;      /* of the last count field on this level */
    struct lay_val last; /* of the last field with bytes, for its parts */
    struct {
        const struct lay *body;
        uint32_t runs;
        uint32_t outer_count;
    } level[LAY_DEPTH];
};

static bool is_format(const struct lay *f)
{
    return f->op < LAY_BIN;
}

static size_t field_size(const struct lay *f, uint32_t count)
{
    switch (f->op) {
    case LAY_IP4:
    case LAY_DADT:
        return 4;
    case LAY_ASCII:
    case LAY_BYTES:
        return f->len ? f->len : count;
    default:
        return is_format(f) ? (size_t)fmt_size(f->op) : f->len;
    }
}

static const struct lay *skip_group(const struct lay *f)
{
    unsigned depth = 0;

    for (;; f++) {
        if (f->op == LAY_REPEAT)
            depth++;
        else if (f->op == LAY_NEXT && --depth == 0)
            return f + 1;
        else if (f->op == LAY_END)
            return f;
    }
}

static uint32_t group_runs(const struct walk *w, const struct lay *f)
{
    if (f->len)
        return f->len;
    int64_t runs = (int64_t)w->count + f->step;
    return runs > 0 ? (uint32_t)runs : 0;
}

/* Enter a group. @return the next field, NULL when the layout is nested too deep or runs too often. */
static const struct lay *walk_repeat(struct walk *w, const struct lay *f, uint32_t runs)
{
    if (runs == 0)
        return skip_group(f);
    if (w->at.depth == LAY_DEPTH || runs > LAY_RUNS_MAX)
        return NULL;
    w->level[w->at.depth].body = f + 1;
    w->level[w->at.depth].runs = runs;
    w->level[w->at.depth].outer_count = w->count;
    w->at.run[w->at.depth++] = 0;
    return f + 1;
}

/* At the end of a group's body. @return the next field: the body again or what follows the group. */
static const struct lay *walk_next(struct walk *w, const struct lay *f)
{
    unsigned top = w->at.depth - 1U;

    if (w->at.run[top] + 1U < w->level[top].runs) {
        w->at.run[top]++;
        return w->level[top].body;
    }
    w->count = w->level[top].outer_count;
    w->at.depth--;
    return f + 1;
}

/* @return 0, CN_E_RANGE. The count is set in both cases, so that a strict walk finds the end of a refused
 * unit. */
static int take_count(struct walk *w, const struct lay *f, uint64_t number)
{
    uint64_t bits = f->mask ? number & f->mask : number;

    if (f->flags & LAYF_BITCOUNT)
        bits = (uint64_t)__builtin_popcountll(bits);
    else if (f->flags & LAYF_DENSITY)
        bits = fmt_density_points((unsigned)(bits & 0xFF));
    w->count = bits > LAY_RUNS_MAX ? LAY_RUNS_MAX + 1U : (uint32_t)bits;
    return (f->max && (bits < f->min || bits > f->max)) || bits > LAY_RUNS_MAX ? CN_E_RANGE : 0;
}

static int check_range(const struct lay *f, uint64_t number)
{
    return f->max && (number < f->min || number > f->max) ? CN_E_RANGE : 0;
}

static uint64_t load(const uint8_t *p, size_t n)
{
    uint64_t x = 0;

    for (size_t i = n; i-- > 0;)
        x = x << 8 | p[i];
    return x;
}

static bool all_ee(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != EE)
            return false;
    }
    return true;
}

static int decode_bytes(const uint8_t *p, size_t n, struct lay_val *v)
{
    v->kind = LAYV_BYTES;
    v->bytes.p = p;
    v->bytes.len = (uint16_t)n;
    return 0;
}

static int decode_number(const struct lay *f, const uint8_t *p, size_t n, enum lay_mode mode,
                         struct lay_val *v)
{
    uint64_t x;

    if (f->op == LAY_BCD) {
        if (mode == LAY_TOLERANT && bcd_missing(p, n))
            return 0;
        if (bcd_get(p, n, &x) < 0)
            return CN_E_FORMAT;
    } else {
        if (f->op == LAY_BIN && mode == LAY_TOLERANT && !(f->flags & LAYF_NUMERIC) && all_ee(p, n))
            return 0;
        x = load(p, n);
    }
    v->kind = LAYV_INT;
    v->number = x;
    return mode == LAY_STRICT && !(f->flags & LAYF_COUNT) ? check_range(f, x) : 0;
}

static int decode_format(const struct lay *f, const uint8_t *p, size_t n, enum lay_mode mode,
                         struct lay_val *v)
{
    uint8_t copy[8];

    /* day 00: decode day 01 and put the 00 back */
    if (f->flags & LAYF_DAY0 && p[n - 1] == 0) {
        memcpy(copy, p, n);
        copy[n - 1] = 1;
        int ret = fmt_decode(f->op, copy, v);
        v->time.day = 0;
        return ret;
    }
    int ret = fmt_decode(f->op, p, v);
    if (ret == 0 && v->kind == LAYV_NONE && mode == LAY_STRICT && f->op != 12 && !(f->flags & LAYF_OPTIONAL))
        return CN_E_FORMAT;
    return ret;
}

/* @return 0, CN_E_FORMAT or CN_E_RANGE; in tolerant mode a bad field is none. */
static int decode_field(const struct lay *f, const uint8_t *p, size_t n, enum lay_mode mode,
                        struct lay_val *v)
{
    int ret;

    v->kind = LAYV_NONE;
    if (is_format(f))
        ret = decode_format(f, p, n, mode, v);
    else if (f->op == LAY_BIN || f->op == LAY_EDGE || f->op == LAY_BCD || (f->op == LAY_BS && n <= 8))
        ret = decode_number(f, p, n, mode, v);
    else
        ret = decode_bytes(p, n, v);
    if (ret < 0 && mode == LAY_TOLERANT) {
        v->kind = LAYV_NONE;
        return 0;
    }
    return ret;
}

/* One field at the cursor. *refused keeps the first reason a strict unit is refused for. */
static int decode_step(struct walk *w, const struct lay *f, struct rbuf *r, enum lay_mode mode,
                       lay_visit_fn visit, void *ctx, int *refused)
{
    size_t n = field_size(f, w->count);
    const uint8_t *p = rbuf_take(r, n);
    struct lay_val *v = &w->last;

    if (!p)
        return CN_E_SHORT;
    if (mode == LAY_TOLERANT && !visit && !(f->flags & LAYF_COUNT))
        return 0;
    int ret = decode_field(f, p, n, mode, v);
    if (f->flags & LAYF_COUNT) {
        int counted = take_count(w, f, load(p, n));
        if (counted < 0 && mode == LAY_TOLERANT)
            return counted;
        if (ret == 0)
            ret = counted;
    }
    if (ret < 0 && *refused == 0)
        *refused = ret;
    return visit && *refused == 0 ? visit(ctx, f, &w->at, v) : 0;
}

static int decode_part(const struct walk *w, const struct lay *f, enum lay_mode mode, lay_visit_fn visit,
                       void *ctx, int *refused)
{
    struct lay_val v = {.kind = LAYV_NONE};

    if (w->last.kind == LAYV_INT && f->mask) {
        v.kind = LAYV_INT;
        v.number = (w->last.number & f->mask) >> __builtin_ctz(f->mask);
        if (mode == LAY_STRICT && *refused == 0)
            *refused = check_range(f, v.number);
    }
    return visit && *refused == 0 ? visit(ctx, f, &w->at, &v) : 0;
}

int lay_decode(const struct lay *lay, struct rbuf *r, enum lay_mode mode, lay_visit_fn visit, void *ctx)
{
    struct walk w = {0};
    size_t start = r->pos;
    int refused = 0;

    for (const struct lay *f = lay; f->op != LAY_END;) {
        if (f->op == LAY_REPEAT) {
            bool rest = f->flags & LAYF_REST;
            f = walk_repeat(&w, f, rest ? (rbuf_left(r) > 0 ? LAY_RUNS_MAX : 0) : group_runs(&w, f));
            /* more runs than a cursor can hold: nothing behind it can be found */
            if (!f)
                return CN_E_SHORT;
        } else if (f->op == LAY_NEXT) {
            if (w.at.depth == 0)
                break;
            unsigned top = w.at.depth - 1U;
            if (w.level[top].body[-1].flags & LAYF_REST && rbuf_left(r) == 0)
                w.level[top].runs = 0;
            f = walk_next(&w, f);
        } else {
            int ret = f->op == LAY_PART ? decode_part(&w, f, mode, visit, ctx, &refused)
                                        : decode_step(&w, f, r, mode, visit, ctx, &refused);
            if (ret < 0)
                return ret;
            f++;
        }
    }
    return refused < 0 ? refused : (int)(r->pos - start);
}

/* What a source may give for a number. @return 0, CN_E_RANGE (negative, too large). */
static int number_of(const struct lay_val *v, uint64_t *x)
{
    int64_t m;

    if (v->kind == LAYV_INT) {
        *x = v->number;
        return 0;
    }
    if (v->kind != LAYV_DEC || value_cut(v->dec, 0, &m) < 0 || m < 0)
        return CN_E_RANGE;
    *x = (uint64_t)m;
    return 0;
}

static int encode_number(struct walk *w, const struct lay *f, const struct lay_val *v, uint8_t *p, size_t n)
{
    bool numeric = f->flags & LAYF_NUMERIC;
    uint64_t x = 0;
    int ret = number_of(v, &x);

    if (ret == 0 && f->op != LAY_BCD && n < 8 && x >> (8 * n))
        ret = CN_E_RANGE;
    if (ret == 0 && f->op == LAY_BCD)
        ret = bcd_put(p, n, x);
    if (ret == 0 && numeric)
        ret = f->flags & LAYF_COUNT ? take_count(w, f, x) : check_range(f, x);
    if (ret < 0) {
        memset(p, EE, n);
        return numeric ? ret : 0;
    }
    for (size_t i = 0; f->op != LAY_BCD && i < n; i++)
        p[i] = (uint8_t)(x >> (8 * i));
    return 0;
}

static int encode_bytes(const struct lay *f, const struct lay_val *v, uint8_t *p, size_t n)
{
    bool text = f->op == LAY_ASCII || f->op == LAY_PHONE;
    size_t have = v->bytes.len;

    if (v->kind != LAYV_BYTES || (!text && have != n))
        return CN_E_RANGE;
    if (have > n)
        have = n;
    memset(p, f->op == LAY_PHONE ? 0xFF : 0, n);
    if (have)
        memcpy(p, v->bytes.p, have);
    return 0;
}

static int encode_format(const struct lay *f, const struct lay_val *v, uint8_t *p, size_t n)
{
    if (f->flags & LAYF_DAY0 && v->kind == LAYV_TIME && v->time.day == 0) {
        struct lay_val any = *v;
        any.time.day = 1;
        if (fmt_encode(f->op, &any, p) == 0)
            p[n - 1] = 0;
        return 0;
    }
    /* a value that does not fit is EE, which fmt_encode has written */
    (void)fmt_encode(f->op, v, p);
    return 0;
}

static int encode_field(struct walk *w, const struct lay *f, const struct lay_val *v, uint8_t *p, size_t n)
{
    if (v->kind == LAYV_NONE || (v->kind == LAYV_DEC && v->dec.quality == VALUE_NONE)) {
        if (f->flags & LAYF_NUMERIC)
            return CN_E_STATE;
        if (n)
            memset(p, EE, n);
        return 0;
    }
    if (is_format(f))
        return encode_format(f, v, p, n);
    if (f->op == LAY_BIN || f->op == LAY_EDGE || f->op == LAY_BCD || (f->op == LAY_BS && n <= 8))
        return encode_number(w, f, v, p, n);
    return encode_bytes(f, v, p, n);
}

static int encode_step(struct walk *w, const struct lay *f, struct wbuf *out, lay_source_fn source, void *ctx)
{
    size_t n = field_size(f, w->count);
    struct lay_val v = {.kind = LAYV_NONE};

    if (n > wbuf_left(out))
        return CN_E_NOSPACE;
    int ret = source(ctx, f, &w->at, &v);
    if (ret < 0)
        return ret;
    ret = encode_field(w, f, &v, out->p + out->len, n);
    if (ret == 0)
        out->len += n;
    return ret;
}

static int rest_runs(struct walk *w, const struct lay *f, lay_source_fn source, void *ctx, uint32_t *runs)
{
    struct lay_val v = {.kind = LAYV_NONE};
    int ret = source(ctx, f, &w->at, &v);

    if (ret < 0)
        return ret;
    if (v.kind != LAYV_INT)
        return CN_E_STATE;
    if (v.number > LAY_RUNS_MAX)
        return CN_E_RANGE;
    *runs = (uint32_t)v.number;
    return 0;
}

static int encode_all(const struct lay *lay, struct wbuf *out, lay_source_fn source, void *ctx)
{
    struct walk w = {0};

    for (const struct lay *f = lay; f->op != LAY_END;) {
        int ret = 0;
        if (f->op == LAY_REPEAT) {
            uint32_t runs = group_runs(&w, f);
            if (f->flags & LAYF_REST)
                ret = rest_runs(&w, f, source, ctx, &runs);
            f = ret == 0 ? walk_repeat(&w, f, runs) : f;
            if (!f)
                return CN_E_RANGE;
        } else if (f->op == LAY_NEXT) {
            if (w.at.depth == 0)
                break;
            f = walk_next(&w, f);
        } else {
            ret = f->op == LAY_PART ? 0 : encode_step(&w, f, out, source, ctx);
            f++;
        }
        if (ret < 0)
            return ret;
    }
    return 0;
}

int lay_encode(const struct lay *lay, struct wbuf *out, lay_source_fn source, void *ctx)
{
    size_t start = out->len;
    int ret = out->err ? out->err : encode_all(lay, out, source, ctx);

    if (ret < 0) {
        out->len = start;
        return ret;
    }
    return (int)(out->len - start);
}

static void print_time(unsigned n, const struct civil *c, char *out, size_t cap)
{
    static const char *const days[] = {"", " Mon", " Tue", " Wed", " Thu", " Fri", " Sat", " Sun"};

    switch (n) {
    case 1:
        snprintf(out, cap, "%04d-%02u-%02u %02u:%02u:%02u%s", c->year, c->month, c->day, c->hour, c->minute,
                 c->second, days[c->weekday & 7]);
        break;
    case 15:
        snprintf(out, cap, "%04d-%02u-%02u %02u:%02u", c->year, c->month, c->day, c->hour, c->minute);
        break;
    case 16:
        snprintf(out, cap, "day %02u %02u:%02u:%02u", c->day, c->hour, c->minute, c->second);
        break;
    case 17:
        snprintf(out, cap, "%02u-%02u %02u:%02u", c->month, c->day, c->hour, c->minute);
        break;
    case 18:
        snprintf(out, cap, "day %02u %02u:%02u", c->day, c->hour, c->minute);
        break;
    case 19:
        snprintf(out, cap, "%02u:%02u", c->hour, c->minute);
        break;
    case 20:
        snprintf(out, cap, "%04d-%02u-%02u", c->year, c->month, c->day);
        break;
    case 21:
        snprintf(out, cap, "%04d-%02u", c->year, c->month);
        break;
    default:
        snprintf(out, cap, "day %02u %02u h", c->day, c->hour);
        break;
    }
}

static void print_text(const uint8_t *p, size_t n, char *out, size_t cap)
{
    size_t used = 0;

    for (size_t i = 0; i < n && p[i] && used + 1 < cap; i++)
        out[used++] = p[i] >= 0x20 && p[i] < 0x7F ? (char)p[i] : '.';
    out[used] = '\0';
}

static void print_phone(const uint8_t *p, size_t n, char *out, size_t cap)
{
    static const char digits[] = "0123456789,#CDE";
    size_t used = 0;

    for (size_t i = 0; i < 2 * n && used + 1 < cap; i++) {
        unsigned d = i % 2 ? p[i / 2] & 15U : p[i / 2] >> 4;
        if (d == 15)
            break;
        out[used++] = digits[d];
    }
    out[used] = '\0';
}

/* "p5F33"; several points or items are joined: "p1+p3F33+F34". The group bytes are 8 numbers each. */
static void print_dadt(const uint8_t *p, char *out, size_t cap)
{
    size_t used = 0;
    const char *join = "";

    out[0] = '\0';
    if (p[0] == 0 && p[1] == 0)
        used = (size_t)snprintf(out, cap, "p0");
    for (unsigned k = 0; k < 8 && used < cap; k++, join = used ? "+" : "") {
        if (p[1] && p[0] >> k & 1)
            used += (size_t)snprintf(out + used, cap - used, "%sp%u", join, (p[1] - 1U) * 8 + k + 1);
    }
    join = "";
    for (unsigned k = 0; k < 8 && used < cap; k++) {
        if (p[2] >> k & 1) {
            used += (size_t)snprintf(out + used, cap - used, "%sF%u", join, p[3] * 8U + k + 1);
            join = "+";
        }
    }
}

static void print_bytes(const struct lay *field, const struct lay_val *v, char *out, size_t cap)
{
    const uint8_t *p = v->bytes.p;
    size_t n = v->bytes.len;
    char addr[ADDR_TEXT];

    if (field->op == LAY_ASCII)
        print_text(p, n, out, cap);
    else if (field->op == LAY_PHONE)
        print_phone(p, n, out, cap);
    else if (field->op == LAY_IP4 && n == 4)
        snprintf(out, cap, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
    else if (field->op == LAY_DADT && n == 4)
        print_dadt(p, out, cap);
    else if (field->op == 12 && n == ADDR_LEN)
        snprintf(out, cap, "%s", addr_print(p, addr));
    else
        hex_print(p, n, out, cap);
}

static void print_number(const struct lay *field, uint64_t x, char *out, size_t cap)
{
    int len = field->len;

    if (field->op == LAY_BS) {
        snprintf(out, cap, "%0*" PRIX64 "H", 2 * len, x);
    } else if (field->op == LAY_BCD) {
        snprintf(out, cap, "%0*" PRIu64, 2 * len, x);
    } else if (field->op == LAY_EDGE) {
        uint64_t top = (uint64_t)1 << (8 * len - 1);
        snprintf(out, cap, "%s %" PRIu64, x & top ? "start" : "end", x & (top - 1));
    } else {
        snprintf(out, cap, "%" PRIu64, x);
    }
}

char *lay_print(const struct lay *field, const struct lay_val *v, char *out, size_t cap)
{
    if (cap == 0)
        return out;
    switch (v->kind) {
    case LAYV_INT:
        print_number(field, v->number, out, cap);
        break;
    case LAYV_DEC:
        value_print(v->dec, out, cap);
        break;
    case LAYV_TIME:
        print_time(field->op, &v->time, out, cap);
        break;
    case LAYV_BYTES:
        print_bytes(field, v, out, cap);
        break;
    case LAYV_NONE:
    default:
        snprintf(out, cap, "-");
        break;
    }
    return out;
}
