#include <stdlib.h>
#include <string.h>

#include "northbound/gdw3761/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is decoded must encode to the same bytes. */
static void round_trip(const uint8_t *p, size_t n)
{
    static uint8_t out[GDW_FRAME_MAX];
    struct gdw_frame f;
    struct wbuf w = wbuf_of(out, sizeof out);

    if (gdw_frame_decode(p, n, &f) < 0)
        return;
    (void)gdw_confirm_read(&f);
    if (f.aux_bad)
        return;
    if (gdw_frame_encode(&w, &f) != (int)n || memcmp(out, p, n) != 0)
        abort();
}

/* The input as a stream, in pieces whose sizes it gives itself. */
static void stream(const uint8_t *data, size_t size)
{
    static uint8_t buf[GDW_FRAME_MAX];
    struct gdw_rx rx;
    int64_t now = 1;

    gdw_rx_init(&rx, buf, sizeof buf);
    for (size_t at = 0; at < size;) {
        size_t step = 1U + data[at] % 64U;
        if (step > size - at)
            step = size - at;
        if (gdw_rx_put(&rx, data + at, step) != step)
            abort();
        at += step;
        now += data[at - 1] == 0xFF ? GDW_PARTIAL_MS : 10;
        const uint8_t *frame;
        int n;
        while ((n = gdw_rx_next(&rx, now, &frame)) > 0) {
            struct gdw_frame f;
            if (gdw_frame_decode(frame, (size_t)n, &f) < 0)
                abort();
            round_trip(frame, (size_t)n);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    round_trip(data, size);
    stream(data, size);
    return 0;
}
