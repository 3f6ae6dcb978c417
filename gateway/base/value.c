#include "gateway/base/value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"

struct value value_of(int64_t mantissa, int exp10)
{
    return (struct value){.mantissa = mantissa, .exp10 = (int8_t)exp10, .quality = VALUE_GOOD};
}

struct value value_none(void)
{
    return (struct value){.quality = VALUE_NONE};
}

static int scale(struct value v, int exp10, bool exact, int64_t *mantissa)
{
    int64_t m = v.mantissa;
    int shift = v.exp10 - exp10;

    for (; shift > 0 && m != 0; shift--) {
        if (__builtin_mul_overflow(m, 10, &m))
            return CN_E_RANGE;
    }
    for (; shift < 0 && m != 0; shift++) {
        if (exact && m % 10 != 0)
            return CN_E_RANGE;
        m /= 10;
    }
    *mantissa = m;
    return 0;
}

int value_rescale(struct value v, int exp10, int64_t *mantissa)
{
    return scale(v, exp10, true, mantissa);
}

int value_cut(struct value v, int exp10, int64_t *mantissa)
{
    return scale(v, exp10, false, mantissa);
}

static int sign(int64_t x)
{
    return (x > 0) - (x < 0);
}

int value_cmp(struct value a, struct value b)
{
    int64_t scaled;

    if (sign(a.mantissa) != sign(b.mantissa))
        return sign(a.mantissa) - sign(b.mantissa);
    if (a.exp10 >= b.exp10) {
        /* overflow: a is larger in magnitude than any mantissa of b */
        if (scale(a, b.exp10, true, &scaled) < 0)
            return sign(a.mantissa);
        return (scaled > b.mantissa) - (scaled < b.mantissa);
    }
    return -value_cmp(b, a);
}

char *value_print(struct value v, char *out, size_t cap)
{
    char digits[48];

    if (v.quality == VALUE_NONE) {
        snprintf(out, cap, "-");
        return out;
    }
    uint64_t magnitude = v.mantissa < 0 ? 0 - (uint64_t)v.mantissa : (uint64_t)v.mantissa;
    const char *minus = v.mantissa < 0 ? "-" : "";
    if (v.exp10 >= 0) {
        snprintf(digits, sizeof digits, "%" PRIu64, magnitude);
        int zeros = magnitude ? v.exp10 : 0;
        snprintf(out, cap, "%s%s%.*s", minus, digits, zeros, "000000000");
        return out;
    }
    int decimals = -v.exp10;
    int n = snprintf(digits, sizeof digits, "%0*" PRIu64, decimals + 1, magnitude);
    snprintf(out, cap, "%s%.*s.%s", minus, n - decimals, digits, digits + n - decimals);
    return out;
}

int value_parse(const char *text, struct value *v)
{
    bool negative = *text == '-';
    bool point = false;
    int digits = 0;
    int64_t m = 0;
    int exp10 = 0;

    if (strcmp(text, "-") == 0) {
        *v = value_none();
        return 0;
    }
    for (const char *c = text + negative; *c; c++) {
        if (*c == '.' && !point) {
            point = true;
            continue;
        }
        if (*c < '0' || *c > '9')
            return CN_E_FORMAT;
        if (__builtin_mul_overflow(m, 10, &m) || __builtin_add_overflow(m, *c - '0', &m) || exp10 == -9)
            return CN_E_RANGE;
        exp10 -= point;
        digits++;
    }
    if (digits == 0)
        return CN_E_FORMAT;
    *v = value_of(negative ? -m : m, exp10);
    return 0;
}
