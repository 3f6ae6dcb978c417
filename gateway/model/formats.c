#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"
#include "gateway/model/layout.h"

/*
 * Formats A.1..A.27 as rows. Plain decimals need no code of their own: digits, decimals and perhaps a sign in
 * the top bit of the last byte. A.2 and A.3 carry their exponent in flag bits; the times are lists of parts.
 */
enum kind { NO_FORMAT, DECIMAL, EXPONENT, UNIT_FLAG, ADDRESS, TIME };
enum { FORMATS = 28, SIGN_TOP = 0x80, A23_SIGN = 0x10, A3_MEGA = 0x40, CENTURY = 2000, BASE_YEAR = 1970 };

struct format {
    uint8_t kind;
    uint8_t size;
    int8_t exp10;
    uint8_t sign;      /* bit of the last byte, 0 = unsigned */
    const char *parts; /* TIME: s m h d o(month) w(weekday and month) y, one byte each */
};

static const struct format formats[FORMATS] = {
    [1] = {TIME, 6, 0, 0, "smhdwy"},
    [2] = {EXPONENT, 2, 0, A23_SIGN, NULL},
    [3] = {UNIT_FLAG, 4, 0, A23_SIGN, NULL},
    [4] = {DECIMAL, 1, 0, SIGN_TOP, NULL},
    [5] = {DECIMAL, 2, -1, SIGN_TOP, NULL},
    [6] = {DECIMAL, 2, -2, SIGN_TOP, NULL},
    [7] = {DECIMAL, 2, -1, 0, NULL},
    [8] = {DECIMAL, 2, 0, 0, NULL},
    [9] = {DECIMAL, 3, -4, SIGN_TOP, NULL},
    [10] = {DECIMAL, 3, 0, 0, NULL},
    [11] = {DECIMAL, 4, -2, 0, NULL},
    [12] = {ADDRESS, 6, 0, 0, NULL},
    [13] = {DECIMAL, 4, -4, 0, NULL},
    [14] = {DECIMAL, 5, -4, 0, NULL},
    [15] = {TIME, 5, 0, 0, "mhdoy"},
    [16] = {TIME, 4, 0, 0, "smhd"},
    [17] = {TIME, 4, 0, 0, "mhdo"},
    [18] = {TIME, 3, 0, 0, "mhd"},
    [19] = {TIME, 2, 0, 0, "mh"},
    [20] = {TIME, 3, 0, 0, "doy"},
    [21] = {TIME, 2, 0, 0, "oy"},
    [22] = {DECIMAL, 1, -1, 0, NULL},
    [23] = {DECIMAL, 3, -4, 0, NULL},
    [24] = {TIME, 2, 0, 0, "hd"},
    [25] = {DECIMAL, 3, -3, SIGN_TOP, NULL},
    [26] = {DECIMAL, 2, -3, 0, NULL},
    [27] = {DECIMAL, 4, 0, 0, NULL},
};

int fmt_size(unsigned n)
{
    return n < FORMATS ? formats[n].size : 0;
}

const char *fmt_time_parts(unsigned n)
{
    return n < FORMATS ? formats[n].parts : NULL;
}

unsigned fmt_density_points(unsigned m)
{
    switch (m) {
    case 1:
        return 4;
    case 2:
        return 2;
    case 3:
        return 1;
    case 254:
        return 12;
    case 255:
        return 60;
    default:
        return 0;
    }
}

/* Sixteen BCD digits to a number, all digits at once: pairs, then pairs of pairs. False when a digit is
 * above 9. */
static bool digits_get(uint64_t x, int64_t *out)
{
    const uint64_t low = 0x0F0F0F0F0F0F0F0FU;

    if (((x & low) + 0x0606060606060606U) & ~low || (((x >> 4) & low) + 0x0606060606060606U) & ~low)
        return false;
    x = (x & low) + ((x >> 4) & low) * 10;
    x = (x & 0x00FF00FF00FF00FFU) + ((x >> 8) & 0x00FF00FF00FF00FFU) * 100;
    x = (x & 0x0000FFFF0000FFFFU) + ((x >> 16) & 0x0000FFFF0000FFFFU) * 10000;
    *out = (int64_t)((x & 0xFFFFFFFFU) + (x >> 32) * 100000000);
    return true;
}

static uint64_t load(const uint8_t *p, size_t n)
{
    uint64_t x = 0;

    for (size_t i = n; i-- > 0;)
        x = x << 8 | p[i];
    return x;
}

static int decimal_decode(const struct format *f, const uint8_t *p, struct lay_val *v)
{
    uint64_t x = load(p, f->size);
    unsigned shift = 8U * (f->size - 1U);
    uint8_t top = p[f->size - 1];
    int exp10 = f->exp10;
    int64_t m;

    if (f->kind == EXPONENT) {
        exp10 = 4 - (top >> 5);
        x &= 0x0FFF;
    } else if (f->kind == UNIT_FLAG) {
        exp10 = top & A3_MEGA ? 3 : 0;
        x &= 0x0FFFFFFF;
    } else {
        x &= ~((uint64_t)f->sign << shift);
    }
    if (!digits_get(x, &m))
        return CN_E_FORMAT;
    v->kind = LAYV_DEC;
    v->dec = value_of(top & f->sign ? -m : m, exp10);
    return 0;
}

/* Fill the parts the format has. The century is 20: the box is younger. */
static bool time_part(char part, uint8_t b, struct civil *c)
{
    if (part == 'w') {
        c->weekday = b >> 5;
        b &= 0x1F;
    }
    int two = bcd_byte(b);
    if (two < 0)
        return false;
    uint8_t x = (uint8_t)two;
    switch (part) {
    case 's':
        c->second = x;
        return x < 60;
    case 'm':
        c->minute = x;
        return x < 60;
    case 'h':
        c->hour = x;
        return x < 24;
    case 'd':
        c->day = x;
        return x >= 1 && x <= 31;
    case 'y':
        c->year = (int16_t)(CENTURY + x);
        return true;
    default:
        c->month = x;
        return x >= 1 && x <= 12;
    }
}

/* Without a year, 29 February exists; without a month every day 1..31 does. */
static bool time_real(const struct civil *c)
{
    return c->day == 0 || c->month == 0 ||
           c->day <= civil_days_in_month(c->year ? c->year : CENTURY, c->month);
}

static int time_decode(const struct format *f, const uint8_t *p, struct lay_val *v)
{
    struct civil c = {0};

    for (size_t i = 0; i < f->size; i++) {
        if (!time_part(f->parts[i], p[i], &c))
            return CN_E_FORMAT;
    }
    if (!time_real(&c))
        return CN_E_FORMAT;
    v->kind = LAYV_TIME;
    v->time = c;
    return 0;
}

int fmt_decode(unsigned n, const uint8_t *p, struct lay_val *v)
{
    const struct format *f = &formats[n < FORMATS ? n : 0];

    v->kind = LAYV_NONE;
    if (f->kind == NO_FORMAT)
        return CN_E_FORMAT;
    if (bcd_missing(p, f->size))
        return 0;
    if (f->kind == ADDRESS) {
        v->kind = LAYV_BYTES;
        v->bytes.p = p;
        v->bytes.len = f->size;
        return 0;
    }
    return f->kind == TIME ? time_decode(f, p, v) : decimal_decode(f, p, v);
}

static int put_digits(const struct format *f, int64_t m, uint8_t flags, int64_t limit, uint8_t *p)
{
    uint64_t magnitude = m < 0 ? 0 - (uint64_t)m : (uint64_t)m;

    if (magnitude > (uint64_t)limit || (m < 0 && !f->sign) || bcd_put(p, f->size, magnitude) < 0)
        return CN_E_RANGE;
    p[f->size - 1] |= (uint8_t)(flags | (m < 0 ? f->sign : 0));
    return 0;
}

static int64_t digits_limit(const struct format *f)
{
    int64_t limit = f->sign ? 8 : 10; /* the sign takes the top bit of the highest digit */

    for (int i = 1; i < 2 * f->size; i++)
        limit *= 10;
    return limit - 1;
}

/* Keep the exponent that the value came with; take another only when three digits do not reach. */
static int exponent_encode(const struct format *f, struct value v, uint8_t *p)
{
    int64_t m = v.mantissa;
    int exp10 = v.exp10;

    while (m > 999 || m < -999 || (exp10 < -3 && m != 0)) {
        m /= 10;
        exp10++;
    }
    while (exp10 > 4 && m > -100 && m < 100 && m != 0) {
        m *= 10;
        exp10--;
    }
    if (m == 0)
        exp10 = exp10 < -3 ? -3 : exp10 > 4 ? 4 : exp10;
    if (exp10 > 4)
        return CN_E_RANGE;
    return put_digits(f, m, (uint8_t)((4 - exp10) << 5), 999, p);
}

static int unit_flag_encode(const struct format *f, struct value v, uint8_t *p)
{
    const int64_t limit = 9999999;
    int64_t m;
    bool mega = v.exp10 >= 3;

    if (value_cut(v, mega ? 3 : 0, &m) < 0)
        return CN_E_RANGE;
    if (!mega && (m > limit || m < -limit)) {
        mega = true;
        m /= 1000;
    }
    return put_digits(f, m, mega ? A3_MEGA : 0, limit, p);
}

static int decimal_encode(const struct format *f, struct value v, uint8_t *p)
{
    int64_t m;

    if (f->kind == EXPONENT)
        return exponent_encode(f, v, p);
    if (f->kind == UNIT_FLAG)
        return unit_flag_encode(f, v, p);
    if (value_cut(v, f->exp10, &m) < 0)
        return CN_E_RANGE;
    return put_digits(f, m, 0, digits_limit(f), p);
}

/* Digits YYYYMMDDhhmmss as the meters' time quantities hold them. */
static struct civil time_of_digits(int64_t d)
{
    struct civil c = {0};

    if (d < 0 || d > 99991231235959)
        return (struct civil){.month = 99, .day = 99, .hour = 99, .minute = 99, .second = 99};
    c.second = (uint8_t)(d % 100);
    c.minute = (uint8_t)(d / 100 % 100);
    c.hour = (uint8_t)(d / 10000 % 100);
    c.day = (uint8_t)(d / 1000000 % 100);
    c.month = (uint8_t)(d / 100000000 % 100);
    c.year = (int16_t)(d / 10000000000);
    return c;
}

static int time_encode(const struct format *f, const struct civil *c, uint8_t *p)
{
    struct civil check = {0};

    for (size_t i = 0; i < f->size; i++) {
        unsigned x;
        switch (f->parts[i]) {
        case 's':
            x = c->second;
            break;
        case 'm':
            x = c->minute;
            break;
        case 'h':
            x = c->hour;
            break;
        case 'd':
            x = c->day;
            break;
        case 'y':
            x = c->year >= CENTURY && c->year < CENTURY + 100 ? (unsigned)(c->year - CENTURY) : 100;
            break;
        default:
            x = c->month;
            break;
        }
        if (x > 99)
            return CN_E_RANGE;
        p[i] = bcd_of(x);
        if (f->parts[i] == 'w' && x <= 12)
            p[i] |= (uint8_t)((c->weekday & 7) << 5);
        if (!time_part(f->parts[i], p[i], &check))
            return CN_E_RANGE;
    }
    return time_real(&check) ? 0 : CN_E_RANGE;
}

static int address_encode(const struct lay_val *v, uint8_t *p, size_t n)
{
    if (v->kind == LAYV_INT)
        return bcd_put(p, n, v->number);
    if (v->kind != LAYV_BYTES || v->bytes.len != n)
        return CN_E_RANGE;
    memcpy(p, v->bytes.p, n);
    return 0;
}

static int encode(const struct format *f, const struct lay_val *v, uint8_t *p)
{
    if (f->kind == ADDRESS)
        return address_encode(v, p, f->size);
    if (f->kind == TIME) {
        struct civil c =
            v->kind == LAYV_TIME ? v->time : time_of_digits(v->kind == LAYV_DEC ? v->dec.mantissa : -1);
        return time_encode(f, &c, p);
    }
    if (v->kind == LAYV_DEC)
        return decimal_encode(f, v->dec, p);
    if (v->kind == LAYV_INT && v->number <= INT64_MAX)
        return decimal_encode(f, value_of((int64_t)v->number, 0), p);
    return CN_E_RANGE;
}

int fmt_encode(unsigned n, const struct lay_val *v, uint8_t *p)
{
    const struct format *f = &formats[n < FORMATS ? n : 0];
    bool none = v->kind == LAYV_NONE || (v->kind == LAYV_DEC && v->dec.quality == VALUE_NONE);
    int ret = none ? 0 : encode(f, v, p);

    if (none || ret < 0)
        memset(p, 0xEE, f->size);
    return ret;
}
