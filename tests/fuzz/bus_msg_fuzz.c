#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/bus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A message that was accepted must be accepted again after encoding it. */
static void again(int put, struct wbuf *w, int (*get)(struct rbuf *r, void *m), void *m)
{
    struct rbuf r = rbuf_of(w->p, w->len);

    if (put < 0 || bus_get_type(&r) < 0 || get(&r, m) < 0)
        abort();
}

static int get_job(struct rbuf *r, void *m)
{
    return bus_get_job(r, m);
}

static int get_values(struct rbuf *r, void *m)
{
    return bus_get_values(r, m);
}

static int get_bytes(struct rbuf *r, void *m)
{
    return bus_get_bytes(r, m);
}

static int get_done(struct rbuf *r, void *m)
{
    return bus_get_done(r, m);
}

static int get_frame(struct rbuf *r, void *m)
{
    return bus_get_frame(r, m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[BUS_MSG_MAX];
    static union {
        struct bus_job job;
        struct bus_values values;
        struct bus_bytes bytes;
        struct bus_done done;
        struct bus_frame frame;
    } m;
    struct rbuf r = rbuf_of(data, size);
    struct wbuf w = wbuf_of(out, sizeof out);

    if (size > BUS_MSG_MAX)
        return 0;
    switch (bus_get_type(&r)) {
    case BUS_JOB:
        if (bus_get_job(&r, &m.job) == 0) {
            if (m.job.want_count > BUS_WANTS_MAX || m.job.length > BUS_BYTES_MAX ||
                !memchr(m.job.profile, 0, BUS_PROFILE_LEN))
                abort();
            again(bus_put_job(&w, &m.job), &w, get_job, &m.job);
        }
        break;
    case BUS_VALUES:
        if (bus_get_values(&r, &m.values) == 0) {
            if (m.values.count > READINGS_MAX)
                abort();
            again(bus_put_values(&w, &m.values), &w, get_values, &m.values);
        }
        break;
    case BUS_BYTES:
        if (bus_get_bytes(&r, &m.bytes) == 0)
            again(bus_put_bytes(&w, &m.bytes), &w, get_bytes, &m.bytes);
        break;
    case BUS_DONE:
        if (bus_get_done(&r, &m.done) == 0)
            again(bus_put_done(&w, &m.done), &w, get_done, &m.done);
        break;
    case BUS_FRAME:
        if (bus_get_frame(&r, &m.frame) == 0)
            again(bus_put_frame(&w, &m.frame), &w, get_frame, &m.frame);
        break;
    default:
        break;
    }
    return 0;
}
