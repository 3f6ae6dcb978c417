#include "gateway/model/bus.h"

#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/message.h"

static int written(const struct wbuf *w)
{
    return w->err ? w->err : (int)w->len;
}

static void put_civil(struct wbuf *w, const struct civil *c)
{
    wbuf_u16(w, (uint16_t)c->year);
    wbuf_u8(w, c->month);
    wbuf_u8(w, c->day);
    wbuf_u8(w, c->hour);
    wbuf_u8(w, c->minute);
    wbuf_u8(w, c->second);
    wbuf_u8(w, c->weekday);
}

static struct civil get_civil(struct rbuf *r)
{
    struct civil c;

    c.year = (int16_t)rbuf_u16(r);
    c.month = rbuf_u8(r);
    c.day = rbuf_u8(r);
    c.hour = rbuf_u8(r);
    c.minute = rbuf_u8(r);
    c.second = rbuf_u8(r);
    c.weekday = rbuf_u8(r);
    return c;
}

int bus_put_plain(struct wbuf *w, enum bus_type type)
{
    wbuf_u8(w, (uint8_t)type);
    return written(w);
}

int bus_get_type(struct rbuf *r)
{
    uint8_t type = rbuf_u8(r);

    return r->err ? CN_E_SHORT : type;
}

int bus_put_job(struct wbuf *w, const struct bus_job *j)
{
    if (j->want_count > BUS_WANTS_MAX || j->length > BUS_BYTES_MAX)
        return CN_E_RANGE;
    wbuf_u8(w, BUS_JOB);
    wbuf_u32(w, j->id);
    wbuf_u8(w, j->kind);
    wbuf_u8(w, j->protocol);
    wbuf_u8(w, j->tariffs);
    wbuf_u8(w, j->attempts);
    wbuf_u16(w, j->point);
    wbuf_u16(w, j->response_ms);
    wbuf_u16(w, j->byte_ms);
    wbuf_u32(w, j->line.baud);
    wbuf_u8(w, j->line.data_bits);
    wbuf_u8(w, (uint8_t)j->line.parity);
    wbuf_u8(w, j->line.stop_bits);
    wbuf_bytes(w, j->address, sizeof j->address);
    wbuf_bytes(w, j->password, sizeof j->password);
    wbuf_str(w, j->profile);
    put_civil(w, &j->local_time);
    wbuf_u8(w, j->want_count);
    for (unsigned i = 0; i < j->want_count; i++)
        message_put_want(w, j->wants[i]);
    wbuf_u16(w, j->length);
    wbuf_bytes(w, j->bytes, j->length);
    return written(w);
}

static int line_ok(const struct line_settings *l)
{
    return l->baud >= 300 && l->baud <= 115200 && l->data_bits >= 5 && l->data_bits <= 8 &&
           (l->parity == 'N' || l->parity == 'E' || l->parity == 'O') && (l->stop_bits == 1 || l->stop_bits == 2);
}

int bus_get_job(struct rbuf *r, struct bus_job *j)
{
    memset(j, 0, sizeof *j);
    j->id = rbuf_u32(r);
    j->kind = rbuf_u8(r);
    j->protocol = rbuf_u8(r);
    j->tariffs = rbuf_u8(r);
    j->attempts = rbuf_u8(r);
    j->point = rbuf_u16(r);
    j->response_ms = rbuf_u16(r);
    j->byte_ms = rbuf_u16(r);
    j->line.baud = rbuf_u32(r);
    j->line.data_bits = rbuf_u8(r);
    j->line.parity = (char)rbuf_u8(r);
    j->line.stop_bits = rbuf_u8(r);
    rbuf_bytes(r, j->address, sizeof j->address);
    rbuf_bytes(r, j->password, sizeof j->password);
    rbuf_str(r, j->profile, sizeof j->profile);
    j->local_time = get_civil(r);
    j->want_count = rbuf_u8(r);
    if (r->err)
        return CN_E_SHORT;
    if (j->want_count > BUS_WANTS_MAX || j->kind < JOB_READ || j->kind > JOB_FIND || !line_ok(&j->line))
        return CN_E_RANGE;
    for (unsigned i = 0; i < j->want_count; i++)
        j->wants[i] = message_get_want(r);
    j->length = rbuf_u16(r);
    if (j->length > BUS_BYTES_MAX)
        return CN_E_RANGE;
    rbuf_bytes(r, j->bytes, j->length);
    return message_end(r);
}

int bus_put_values(struct wbuf *w, const struct bus_values *v)
{
    wbuf_u8(w, BUS_VALUES);
    wbuf_u32(w, v->id);
    wbuf_u16(w, (uint16_t)v->status);
    message_put_want(w, v->want);
    wbuf_i64(w, v->mono_ms);
    readings_pack(w, v->r, v->count);
    return written(w);
}

int bus_get_values(struct rbuf *r, struct bus_values *v)
{
    v->id = rbuf_u32(r);
    v->status = (int16_t)rbuf_u16(r);
    v->want = message_get_want(r);
    v->mono_ms = rbuf_i64(r);
    if (r->err)
        return CN_E_SHORT;
    int n = readings_unpack(r, v->r, READINGS_MAX);
    v->count = (uint16_t)(n < 0 ? 0 : n);
    return n < 0 ? CN_E_FRAME : message_end(r);
}

int bus_put_bytes(struct wbuf *w, const struct bus_bytes *b)
{
    if (b->length > BUS_BYTES_MAX)
        return CN_E_RANGE;
    wbuf_u8(w, BUS_BYTES);
    wbuf_u32(w, b->id);
    wbuf_u16(w, b->length);
    wbuf_bytes(w, b->bytes, b->length);
    return written(w);
}

int bus_get_bytes(struct rbuf *r, struct bus_bytes *b)
{
    b->id = rbuf_u32(r);
    b->length = rbuf_u16(r);
    if (b->length > BUS_BYTES_MAX)
        return CN_E_RANGE;
    rbuf_bytes(r, b->bytes, b->length);
    return message_end(r);
}

int bus_put_done(struct wbuf *w, const struct bus_done *d)
{
    const struct bus_stats *s = &d->stats;

    wbuf_u8(w, BUS_DONE);
    wbuf_u32(w, d->id);
    wbuf_u16(w, (uint16_t)d->status);
    wbuf_u16(w, s->requests);
    wbuf_u16(w, s->answers);
    wbuf_u16(w, s->timeouts);
    wbuf_u16(w, s->checksum);
    wbuf_u16(w, s->parity);
    wbuf_u16(w, s->foreign);
    wbuf_u16(w, s->echo);
    wbuf_u32(w, s->tx_bytes);
    wbuf_u32(w, s->rx_bytes);
    wbuf_u32(w, s->response_ms);
    wbuf_bytes(w, d->address, sizeof d->address);
    return written(w);
}

int bus_get_done(struct rbuf *r, struct bus_done *d)
{
    struct bus_stats *s = &d->stats;

    d->id = rbuf_u32(r);
    d->status = (int16_t)rbuf_u16(r);
    s->requests = rbuf_u16(r);
    s->answers = rbuf_u16(r);
    s->timeouts = rbuf_u16(r);
    s->checksum = rbuf_u16(r);
    s->parity = rbuf_u16(r);
    s->foreign = rbuf_u16(r);
    s->echo = rbuf_u16(r);
    s->tx_bytes = rbuf_u32(r);
    s->rx_bytes = rbuf_u32(r);
    s->response_ms = rbuf_u32(r);
    rbuf_bytes(r, d->address, sizeof d->address);
    return message_end(r);
}

int bus_put_frame(struct wbuf *w, const struct bus_frame *f)
{
    if (f->length > sizeof f->bytes)
        return CN_E_RANGE;
    wbuf_u8(w, BUS_FRAME);
    wbuf_i64(w, f->mono_ms);
    wbuf_u8(w, f->dir);
    wbuf_u16(w, f->point);
    wbuf_u16(w, f->length);
    wbuf_bytes(w, f->bytes, f->length);
    return written(w);
}

int bus_get_frame(struct rbuf *r, struct bus_frame *f)
{
    f->mono_ms = rbuf_i64(r);
    f->dir = rbuf_u8(r);
    f->point = rbuf_u16(r);
    f->length = rbuf_u16(r);
    if (f->length > sizeof f->bytes)
        return CN_E_RANGE;
    rbuf_bytes(r, f->bytes, f->length);
    return message_end(r);
}
