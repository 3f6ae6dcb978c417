#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as packed readings: what unpacks must pack and unpack to the same readings. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading r[READINGS_MAX], again[READINGS_MAX];
    uint8_t packed[READINGS_MAX * 17 + 1];
    struct rbuf in = rbuf_of(data, size);

    memset(r, 0, sizeof r);
    memset(again, 0, sizeof again);
    int n = readings_unpack(&in, r, READINGS_MAX);
    if (n < 0)
        return 0;
    if (n > READINGS_MAX)
        abort();
    struct wbuf w = wbuf_of(packed, sizeof packed);
    int len = readings_pack(&w, r, (unsigned)n);
    if (len < 0)
        abort();
    in = rbuf_of(packed, (size_t)len);
    if (readings_unpack(&in, again, READINGS_MAX) != n)
        abort();
    for (int i = 0; i < n; i++) {
        if (r[i].quantity != again[i].quantity || r[i].tariff != again[i].tariff ||
            r[i].value.quality != again[i].value.quality || r[i].value.exp10 != again[i].value.exp10 ||
            r[i].value.mantissa != again[i].value.mantissa)
            abort();
    }
    return 0;
}
