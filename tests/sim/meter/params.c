#include "tests/sim/meter/params.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"

enum form {
    DIGITS, /* decimal digits, high one first, padded with 0 in front */
    TEXT,   /* ASCII, sent backwards, NUL padded */
    BITS,   /* hex, high byte first */
};

struct param {
    uint32_t di;
    uint8_t size;
    uint8_t form;
    bool writable;
    const char *value;
};

static const struct param params[] = {
    {0x00900100, 4, DIGITS, false, "0"},
    {0x00900101, 4, DIGITS, false, "0"},
    {0x00900200, 4, DIGITS, false, "12345"},
    {0x00900201, 4, DIGITS, false, "0"},
    {0x02800020, 4, DIGITS, false, "5200"},
    {0x04000103, 1, DIGITS, true, "15"},
    {0x04000104, 1, DIGITS, true, "1"},
    {0x04000105, 2, DIGITS, true, "80"},
    {0x04000106, 5, DIGITS, true, "0"},
    {0x04000107, 5, DIGITS, true, "0"},
    {0x04000201, 1, DIGITS, true, "2"},
    {0x04000202, 1, DIGITS, true, "2"},
    {0x04000203, 1, DIGITS, true, "8"},
    {0x04000205, 2, DIGITS, true, "0"},
    {0x04000206, 1, DIGITS, true, "21"},
    {0x04000301, 1, DIGITS, true, "5"},
    {0x04000302, 1, DIGITS, true, "5"},
    {0x04000303, 1, DIGITS, true, "2"},
    {0x04000304, 1, DIGITS, true, "4"},
    {0x04000305, 1, DIGITS, true, "20"},
    {0x04000306, 3, DIGITS, true, "1"},
    {0x04000307, 3, DIGITS, true, "1"},
    {0x04000403, 32, TEXT, true, "CN-SIM"},
    {0x04000404, 6, TEXT, false, "220V"},
    {0x04000405, 6, TEXT, false, "5A"},
    {0x04000406, 6, TEXT, false, "60A"},
    {0x04000407, 4, TEXT, false, "1.0"},
    {0x04000408, 4, TEXT, false, "2.0"},
    {0x04000409, 3, DIGITS, false, "1200"},
    {0x0400040A, 3, DIGITS, false, "1200"},
    {0x0400040B, 10, TEXT, false, "SIM-2007"},
    {0x0400040C, 10, TEXT, false, "2024-01-01"},
    {0x0400040D, 16, TEXT, false, "DL/T645-2007"},
    {0x0400040E, 6, DIGITS, true, "0"},
    {0x04000508, 4, BITS, false, "00000000"},
    {0x04000601, 1, BITS, true, "05"},
    {0x04000602, 1, BITS, true, "05"},
    {0x04000603, 1, BITS, true, "50"},
    {0x04000701, 1, BITS, true, "04"},
    {0x04000702, 1, BITS, true, "08"},
    {0x04000703, 1, BITS, true, "08"},
    {0x04000704, 1, BITS, true, "08"},
    {0x04000705, 1, BITS, true, "08"},
    {0x04000801, 1, BITS, true, "7F"},
    {0x04000802, 1, DIGITS, true, "1"},
    {0x04000901, 1, BITS, true, "00"},
    {0x04000902, 1, BITS, true, "FF"},
    {0x04000903, 1, BITS, true, "FF"},
    {0x04000904, 1, BITS, true, "FF"},
    {0x04000905, 1, BITS, true, "03"},
    {0x04000906, 1, BITS, true, "FF"},
    {0x04000B01, 2, DIGITS, true, "0100"},
    {0x04000B02, 2, DIGITS, true, "9999"},
    {0x04000B03, 2, DIGITS, true, "9999"},
    {0x04000E03, 2, DIGITS, true, "2640"},
    {0x04000E04, 2, DIGITS, true, "1760"},
    {0x04001201, 5, DIGITS, true, "2401010000"},
    {0x04001202, 1, DIGITS, true, "60"},
    {0x04001203, 2, DIGITS, true, "0"},
    {0x04001204, 4, DIGITS, true, "99990000"},
    {0x04001401, 2, DIGITS, true, "0"},
    {0x04800001, 32, TEXT, false, "meter-sim"},
    {0x04800002, 32, TEXT, false, "pty"},
    {0x04800003, 32, TEXT, false, "0001"},
};

static const struct param *find(uint32_t di)
{
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        if (params[i].di == di)
            return &params[i];
    }
    return NULL;
}

static void put_text(const struct param *p, struct wbuf *out)
{
    size_t n = strlen(p->value);

    wbuf_fill(out, 0, p->size - n);
    while (n-- > 0)
        wbuf_u8(out, (uint8_t)p->value[n]);
}

static void put_digits(const struct param *p, struct wbuf *out)
{
    size_t n = strlen(p->value);

    for (size_t i = 0; i < p->size; i++) {
        unsigned low = 2 * i < n ? (unsigned)(p->value[n - 1 - 2 * i] - '0') : 0;
        unsigned high = 2 * i + 1 < n ? (unsigned)(p->value[n - 2 - 2 * i] - '0') : 0;
        wbuf_u8(out, bcd_of(high * 10 + low));
    }
}

static void put_bits(const struct param *p, struct wbuf *out)
{
    uint8_t bytes[8];
    int n = hex_parse(p->value, bytes, sizeof bytes);

    while (n-- > 0)
        wbuf_u8(out, bytes[n]);
}

int sm_param_put(uint32_t di, struct wbuf *out)
{
    static void (*const put[])(const struct param *p, struct wbuf *out) = {
        [DIGITS] = put_digits, [TEXT] = put_text, [BITS] = put_bits};
    const struct param *p = find(di);

    if (!p)
        return CN_E_NOTFOUND;
    put[p->form](p, out);
    return p->size;
}

int sm_param_writable(uint32_t di)
{
    const struct param *p = find(di);

    return p && p->writable ? p->size : CN_E_NOTFOUND;
}
