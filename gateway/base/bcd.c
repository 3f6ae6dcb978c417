#include "gateway/base/bcd.h"

#include <string.h>

#include "gateway/base/err.h"

int bcd_byte(uint8_t b)
{
    if ((b >> 4) > 9 || (b & 15) > 9)
        return CN_E_FORMAT;
    return (b >> 4) * 10 + (b & 15);
}

uint8_t bcd_of(unsigned v)
{
    return (uint8_t)((v / 10 % 10) << 4 | v % 10);
}

int bcd_get(const uint8_t *p, size_t n, uint64_t *out)
{
    uint64_t v = 0;

    for (size_t i = n; i-- > 0;) {
        int two = bcd_byte(p[i]);
        if (two < 0)
            return two;
        v = v * 100 + (uint64_t)two;
    }
    *out = v;
    return 0;
}

int bcd_put(uint8_t *p, size_t n, uint64_t v)
{
    uint64_t rest = v;

    for (size_t i = 0; i < n; i++)
        rest /= 100;
    if (rest)
        return CN_E_RANGE;
    for (size_t i = 0; i < n; i++, v /= 100)
        p[i] = bcd_of((unsigned)(v % 100));
    return 0;
}

bool bcd_missing(const uint8_t *p, size_t n)
{
    if (n == 0 || (p[0] != 0xEE && p[0] != 0xFF && p[0] != 0xEF))
        return false;
    for (size_t i = 1; i < n; i++) {
        if (p[i] != p[0])
            return false;
    }
    return true;
}

char *addr_print(const uint8_t addr[ADDR_LEN], char out[ADDR_TEXT])
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < ADDR_LEN; i++) {
        out[2 * i] = digits[addr[ADDR_LEN - 1 - i] >> 4];
        out[2 * i + 1] = digits[addr[ADDR_LEN - 1 - i] & 15];
    }
    out[ADDR_TEXT - 1] = '\0';
    return out;
}

int addr_parse(const char *text, uint8_t addr[ADDR_LEN])
{
    size_t n = strlen(text);
    uint8_t out[ADDR_LEN] = {0};

    if (n == 0 || n > 2 * ADDR_LEN)
        return CN_E_FORMAT;
    for (size_t i = 0; i < n; i++) {
        char c = text[n - 1 - i];
        unsigned d;
        if (c >= '0' && c <= '9')
            d = (unsigned)(c - '0');
        else if (c >= 'A' && c <= 'F')
            d = (unsigned)(c - 'A') + 10;
        else if (c >= 'a' && c <= 'f')
            d = (unsigned)(c - 'a') + 10;
        else
            return CN_E_FORMAT;
        out[i / 2] = (uint8_t)(out[i / 2] | d << (i % 2 * 4));
    }
    memcpy(addr, out, ADDR_LEN);
    return 0;
}
