#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/ctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[CTL_MSG_MAX];

static struct wbuf begin(const struct ctl_head *h)
{
    struct wbuf w = wbuf_of(out, sizeof out);

    ctl_begin(&w, (enum ctl_type)h->type, h->seq);
    return w;
}

/* A cursor behind the head of what was just encoded. */
static struct rbuf encoded(const struct wbuf *w)
{
    struct rbuf r = rbuf_of(w->p, w->len);
    struct ctl_head h;

    if (w->err || ctl_get_head(&r, &h) < 0)
        abort();
    return r;
}

/* What a decoder accepts its encoder must write and the decoder accept again. */
#define AGAIN(put, get, m)                                                                                   \
    do {                                                                                                     \
        if (get(&r, &(m)) == 0) {                                                                            \
            struct wbuf w = begin(&h);                                                                       \
            put(&w, &(m));                                                                                   \
            struct rbuf back = encoded(&w);                                                                  \
            if (get(&back, &(m)) != 0)                                                                       \
                abort();                                                                                     \
        }                                                                                                    \
    } while (0)

static void pages(struct rbuf *r)
{
    char key[64], value[192];

    while (ctl_get_kv(r, key, value) > 0) {
        if (!memchr(key, 0, sizeof key) || !memchr(value, 0, sizeof value))
            abort();
    }
}

static void params(struct rbuf *r, const uint8_t *data, size_t size)
{
    static struct ctl_params m;

    if (ctl_get_params(r, &m) != 0)
        return;
    for (unsigned i = 0; i < m.count; i++) {
        if (m.units[i].length &&
            (m.units[i].data < data || m.units[i].data + m.units[i].length > data + size))
            abort();
    }
}

static void requests(struct rbuf r, struct ctl_head h, const uint8_t *data, size_t size)
{
    static union {
        struct ctl_read read;
        struct ctl_forward forward;
        struct ctl_clock clock;
        struct ctl_event event;
        struct ctl_seen seen;
        struct ctl_link link;
        struct ctl_trace trace;
    } m;

    switch (h.type) {
    case CTL_READ:
        AGAIN(ctl_put_read, ctl_get_read, m.read);
        break;
    case CTL_FORWARD:
        AGAIN(ctl_put_forward, ctl_get_forward, m.forward);
        break;
    case CTL_PARAM_SET:
        params(&r, data, size);
        break;
    case CTL_CLOCK_SET:
        AGAIN(ctl_put_clock, ctl_get_clock, m.clock);
        break;
    case CTL_EVENT:
        AGAIN(ctl_put_event, ctl_get_event, m.event);
        break;
    case CTL_EVENTS_SEEN:
        AGAIN(ctl_put_seen, ctl_get_seen, m.seen);
        break;
    case CTL_LINK:
        AGAIN(ctl_put_link, ctl_get_link, m.link);
        break;
    case CTL_TRACE:
        AGAIN(ctl_put_trace, ctl_get_trace, m.trace);
        break;
    default:
        break;
    }
}

static void answers(struct rbuf r, struct ctl_head h)
{
    static union {
        struct ctl_values values;
        struct ctl_results results;
        struct ctl_trace_entry entry;
        struct ctl_n_clock clock;
        struct ctl_n_param param;
        struct ctl_n_event event;
        uint8_t bytes[BUS_BYTES_MAX];
        int status;
    } m;

    switch (h.type) {
    case CTL_R_DONE:
        ctl_get_done(&r, &m.status);
        break;
    case CTL_R_KV:
        pages(&r);
        break;
    case CTL_R_VALUES:
        AGAIN(ctl_put_values, ctl_get_values, m.values);
        break;
    case CTL_R_BYTES:
        if (ctl_get_bytes(&r, m.bytes, sizeof m.bytes) > BUS_BYTES_MAX)
            abort();
        break;
    case CTL_R_RESULTS:
        AGAIN(ctl_put_results, ctl_get_results, m.results);
        break;
    case CTL_R_TRACE:
        AGAIN(ctl_put_trace_entry, ctl_get_trace_entry, m.entry);
        break;
    case CTL_N_CLOCK:
        AGAIN(ctl_put_n_clock, ctl_get_n_clock, m.clock);
        break;
    case CTL_N_PARAM:
        AGAIN(ctl_put_n_param, ctl_get_n_param, m.param);
        break;
    case CTL_N_EVENT:
        AGAIN(ctl_put_n_event, ctl_get_n_event, m.event);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rbuf r = rbuf_of(data, size);
    struct ctl_head h;

    if (size > CTL_MSG_MAX || ctl_get_head(&r, &h) < 0)
        return 0;
    requests(r, h, data, size);
    answers(r, h);
    return 0;
}
