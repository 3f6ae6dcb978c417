#include "southbound/dlt645/dlt645_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/civil.h"
#include "gateway/base/err.h"

enum { NUMBER_BYTES_MAX = 9, BITS_BYTES_MAX = 7, SIGN_BIT = 0x80 };

static bool parse_number(const char *text, struct dlt645_format *f)
{
    unsigned digits = 0, decimals = 0;
    bool point = false;

    f->sign = *text == 'S';
    for (const char *c = text + f->sign; *c; c++) {
        if (*c == '.' && !point && digits > 0) {
            point = true;
            continue;
        }
        if (*c != 'X')
            return false;
        digits++;
        decimals += point;
    }
    if (digits == 0 || digits % 2 || digits / 2 > NUMBER_BYTES_MAX || decimals > 9)
        return false;
    f->type = DLT645_NUMBER;
    f->len = (uint8_t)(digits / 2);
    f->decimals = (uint8_t)decimals;
    return true;
}

static bool parse_groups(const char *text, struct dlt645_format *f)
{
    size_t n = strlen(text);

    if (n == 0 || n % 2 || n / 2 > DLT645_GROUPS_MAX)
        return false;
    for (size_t i = 0; i < n; i += 2) {
        if (text[i] != text[i + 1] || !strchr("YMDhmsWN", text[i]))
            return false;
        f->groups[i / 2] = text[i];
    }
    f->type = DLT645_TIME;
    f->len = (uint8_t)(n / 2);
    return true;
}

static bool parse_typed(const char *text, struct dlt645_format *f)
{
    static const struct {
        const char *word;
        uint8_t type;
        uint8_t per_byte, max;
    } types[] = {
        {"bits", DLT645_BITS, 8, BITS_BYTES_MAX},
        {"ascii", DLT645_ASCII, 1, 64},
        {"digits", DLT645_DIGITS, 1, 32},
        {"raw", DLT645_RAW, 1, 255},
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t n = strlen(types[i].word);
        if (strncmp(text, types[i].word, n) != 0)
            continue;
        unsigned v = 0;
        size_t digits = strspn(text + n, "0123456789");
        if (digits == 0 || digits > 3 || text[n + digits])
            return false;
        for (const char *c = text + n; *c; c++)
            v = v * 10 + (unsigned)(*c - '0');
        if (v == 0 || v % types[i].per_byte || v / types[i].per_byte > types[i].max)
            return false;
        f->type = types[i].type;
        f->len = (uint8_t)(v / types[i].per_byte);
        return true;
    }
    return false;
}

int dlt645_format_parse(const char *text, struct dlt645_format *f)
{
    struct dlt645_format out = {0};

    if (!parse_number(text, &out)) {
        out = (struct dlt645_format){0};
        if (!parse_groups(text, &out)) {
            out = (struct dlt645_format){0};
            if (!parse_typed(text, &out))
                return CN_E_FORMAT;
        }
    }
    *f = out;
    return 0;
}

static bool all_bytes(const uint8_t *p, size_t n, uint8_t b)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != b)
            return false;
    }
    return n > 0;
}

static struct value get_number(const struct dlt645_format *f, const uint8_t *p)
{
    uint8_t digits[NUMBER_BYTES_MAX];
    uint64_t v;

    memcpy(digits, p, f->len);
    bool negative = f->sign && digits[f->len - 1] & SIGN_BIT;
    if (negative)
        digits[f->len - 1] &= (uint8_t)~SIGN_BIT;
    if (bcd_get(digits, f->len, &v) < 0)
        return value_none();
    return value_of(negative ? -(int64_t)v : (int64_t)v, -f->decimals);
}

static bool has_group(const struct dlt645_format *f, char g)
{
    return memchr(f->groups, g, f->len) != NULL;
}

/* A date that names one day: it gives an instant. With an NN group it is a table entry, not an instant. */
static bool is_date(const struct dlt645_format *f)
{
    return has_group(f, 'Y') && has_group(f, 'M') && has_group(f, 'D') && !has_group(f, 'N');
}

static struct value get_time(const struct dlt645_format *f, const uint8_t *p)
{
    struct civil c = {.month = 0};
    int64_t plain = 0;

    for (size_t i = 0; i < f->len; i++) {
        int v = bcd_byte(p[f->len - 1 - i]);
        if (v < 0)
            return value_none();
        plain = plain * 100 + v;
        switch (f->groups[i]) {
        case 'Y':
            c.year = (int16_t)(2000 + v);
            break;
        case 'M':
            c.month = (uint8_t)v;
            break;
        case 'D':
            c.day = (uint8_t)v;
            break;
        case 'h':
            c.hour = (uint8_t)v;
            break;
        case 'm':
            c.minute = (uint8_t)v;
            break;
        case 's':
            c.second = (uint8_t)v;
            break;
        default: /* the weekday is no part of the instant */
            break;
        }
    }
    if (!is_date(f))
        return value_of(plain, 0);
    if (!civil_valid(&c))
        return value_none();
    return value_of(((int64_t)c.year * 10000 + c.month * 100 + c.day) * 1000000 + c.hour * 10000 +
                        c.minute * 100 + c.second,
                    0);
}

static struct value get_bits(const struct dlt645_format *f, const uint8_t *p)
{
    int64_t v = 0;

    for (size_t i = f->len; i-- > 0;)
        v = v << 8 | p[i];
    return value_of(v, 0);
}

struct value dlt645_value_get(const struct dlt645_format *f, const uint8_t *p)
{
    /* one byte of bits may well be all ones; longer fields of FF are "not there" */
    bool may_be_missing = f->type != DLT645_BITS || f->len > 1;

    if (may_be_missing && (all_bytes(p, f->len, 0xFF) || all_bytes(p, f->len, 0xEE)))
        return value_none();
    switch (f->type) {
    case DLT645_NUMBER:
        return get_number(f, p);
    case DLT645_TIME:
        return get_time(f, p);
    case DLT645_BITS:
        return get_bits(f, p);
    default:
        return value_none();
    }
}

static int put_number(const struct dlt645_format *f, struct value v, uint8_t *p)
{
    uint8_t digits[NUMBER_BYTES_MAX];
    int64_t m;

    if (value_rescale(v, -f->decimals, &m) < 0 || (m < 0 && !f->sign))
        return CN_E_RANGE;
    uint64_t magnitude = m < 0 ? 0 - (uint64_t)m : (uint64_t)m;
    if (bcd_put(digits, f->len, magnitude) < 0 || (f->sign && digits[f->len - 1] & SIGN_BIT))
        return CN_E_RANGE;
    if (m < 0)
        digits[f->len - 1] |= SIGN_BIT;
    memcpy(p, digits, f->len);
    return 0;
}

static int put_date(const struct dlt645_format *f, int64_t m, uint8_t *p)
{
    struct civil c = {.year = (int16_t)(m / 10000000000 % 10000),
                      .month = (uint8_t)(m / 100000000 % 100),
                      .day = (uint8_t)(m / 1000000 % 100),
                      .hour = (uint8_t)(m / 10000 % 100),
                      .minute = (uint8_t)(m / 100 % 100),
                      .second = (uint8_t)(m % 100)};

    if (m < 20000000000000 || m > 20991231235959 || !civil_valid(&c))
        return CN_E_RANGE;
    unsigned weekday = civil_from_s(civil_to_s(&c)).weekday % 7u; /* 00 = Sunday */
    for (size_t i = 0; i < f->len; i++) {
        char g = f->groups[i];
        unsigned v = g == 'Y'   ? (unsigned)c.year % 100
                     : g == 'M' ? c.month
                     : g == 'D' ? c.day
                     : g == 'h' ? c.hour
                     : g == 'm' ? c.minute
                     : g == 's' ? c.second
                                : weekday;
        p[f->len - 1 - i] = bcd_of(v);
    }
    return 0;
}

int dlt645_value_put(const struct dlt645_format *f, struct value v, uint8_t *p)
{
    int64_t m;

    if (f->type != DLT645_NUMBER && f->type != DLT645_TIME && f->type != DLT645_BITS)
        return CN_E_UNSUPPORTED;
    if (v.quality == VALUE_NONE) {
        memset(p, 0xFF, f->len);
        return 0;
    }
    if (f->type == DLT645_NUMBER)
        return put_number(f, v, p);
    if (value_rescale(v, 0, &m) < 0 || m < 0)
        return CN_E_RANGE;
    if (f->type == DLT645_TIME)
        return is_date(f) ? put_date(f, m, p) : bcd_put(p, f->len, (uint64_t)m);
    if (m >> (8 * f->len))
        return CN_E_RANGE;
    for (size_t i = 0; i < f->len; i++)
        p[i] = (uint8_t)(m >> (8 * i));
    return 0;
}

/* Text is built in a small buffer that never overflows: what does not fit is cut. */
struct text {
    char *out;
    size_t cap, len;
};

static void add(struct text *t, const char *s)
{
    for (; *s && t->len + 1 < t->cap; s++)
        t->out[t->len++] = *s;
    if (t->cap)
        t->out[t->len] = '\0';
}

static void add_byte(struct text *t, uint8_t b)
{
    char two[3];

    snprintf(two, sizeof two, "%02X", b);
    add(t, two);
}

static void number_text(const struct dlt645_format *f, const uint8_t *p, struct text *t)
{
    struct value v = dlt645_value_get(f, p);

    if (v.quality == VALUE_NONE) {
        add(t, "-");
        return;
    }
    char all[24];
    snprintf(all, sizeof all, "%0*lld", 2 * NUMBER_BYTES_MAX, llabs((long long)v.mantissa));
    const char *digits = all + 2 * (NUMBER_BYTES_MAX - f->len);
    if (v.mantissa < 0)
        add(t, "-");
    for (int i = 0; i < 2 * f->len; i++) {
        char one[2] = {digits[i], '\0'};
        if (f->decimals && i == 2 * f->len - f->decimals)
            add(t, ".");
        add(t, one);
    }
}

static void time_text(const struct dlt645_format *f, const uint8_t *p, struct text *t)
{
    if (all_bytes(p, f->len, 0xFF) || all_bytes(p, f->len, 0xEE) ||
        (has_group(f, 'D') && all_bytes(p, f->len, 0))) {
        add(t, "-");
        return;
    }
    char before = 0;
    for (size_t i = 0; i < f->len; i++) {
        static const struct {
            char group, after;
            const char *text;
        } joints[] = {{'Y', 0, "20"},   {'M', 'Y', "-"},     {'D', 'M', "-"},         {'h', 'D', " "},
                      {'m', 'h', ":"},  {'s', 'm', ":"},     {'W', 'D', " weekday "}, {'W', 0, "weekday "},
                      {'N', 0, "no. "}, {'N', 'D', " no. "}, {'N', 'm', " no. "},     {'h', 'W', " "}};
        for (size_t j = 0; j < sizeof joints / sizeof *joints; j++) {
            if (joints[j].group == f->groups[i] && joints[j].after == before)
                add(t, joints[j].text);
        }
        add_byte(t, p[f->len - 1 - i]);
        before = f->groups[i];
    }
}

static void ascii_text(const struct dlt645_format *f, const uint8_t *p, struct text *t)
{
    for (size_t i = f->len; i-- > 0;) {
        char one[2] = {p[i] >= 0x20 && p[i] < 0x7F ? (char)p[i] : '.', '\0'};
        add(t, p[i] ? one : "\\0");
    }
}

char *dlt645_value_text(const struct dlt645_format *f, const uint8_t *p, char *out, size_t cap)
{
    struct text t = {.out = out, .cap = cap};

    add(&t, "");
    switch (f->type) {
    case DLT645_NUMBER:
        number_text(f, p, &t);
        break;
    case DLT645_TIME:
        time_text(f, p, &t);
        break;
    case DLT645_ASCII:
        ascii_text(f, p, &t);
        break;
    case DLT645_RAW:
        for (size_t i = 0; i < f->len; i++)
            add_byte(&t, p[i]);
        break;
    default:
        for (size_t i = f->len; i-- > 0;)
            add_byte(&t, p[i]);
        break;
    }
    return out;
}
