/* The decoder and the scan on any bytes: no fault, and they agree with each other and with the encoder. */
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "southbound/dlt645/dlt645_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dlt645_frame f, again;
    struct dlt645_span s, gap;
    uint8_t out[DLT645_FRAME_MAX + DLT645_WAKE_MAX];

    if (size > 4096)
        return 0;
    int found = dlt645_scan(data, size, false, &s);
    check(s.start <= size && (!found || s.length <= size - s.start));
    if (found) {
        struct wbuf w = wbuf_of(out, sizeof out);
        check(dlt645_frame_decode(data + s.start, s.length, &f) == (int)s.length);
        check(dlt645_frame_encode(&w, 0, &f) == (int)s.length);
        check(memcmp(out, data + s.start, s.length) == 0);
    }
    /* silence may free a frame behind a false head, never lose one */
    int late = dlt645_scan(data, size, true, &gap);
    check(!found || (late && gap.start == s.start && gap.length == s.length));
    check(late || gap.start == size);

    int n = dlt645_frame_decode(data, size, &f);
    if (n >= 0) {
        size_t wake = size - DLT645_OVERHEAD - f.length;
        struct wbuf w = wbuf_of(out, sizeof out);
        check(n == (int)size && wake <= DLT645_WAKE_MAX);
        check(dlt645_frame_encode(&w, (unsigned)wake, &f) == n && memcmp(out, data, size) == 0);
        check(dlt645_frame_decode(out, w.len, &again) == n && again.control == f.control);
        check(late == 1);
    }
    return 0;
}
