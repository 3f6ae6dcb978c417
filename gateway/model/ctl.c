#include "gateway/model/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "gateway/model/message.h"

void ctl_begin(struct wbuf *w, enum ctl_type type, uint32_t seq)
{
    wbuf_u8(w, (uint8_t)type);
    wbuf_u8(w, CTL_VERSION);
    wbuf_u32(w, seq);
}

int ctl_get_head(struct rbuf *r, struct ctl_head *h)
{
    h->type = rbuf_u8(r);
    uint8_t version = rbuf_u8(r);
    h->seq = rbuf_u32(r);
    if (r->err)
        return CN_E_SHORT;
    return version == CTL_VERSION ? 0 : CN_E_UNSUPPORTED;
}

void ctl_put_read(struct wbuf *w, const struct ctl_read *m)
{
    wbuf_u16(w, m->point);
    wbuf_u16(w, m->max_age_s);
    wbuf_u8(w, m->want_count);
    for (unsigned i = 0; i < m->want_count && i < BUS_WANTS_MAX; i++)
        message_put_want(w, m->wants[i]);
}

int ctl_get_read(struct rbuf *r, struct ctl_read *m)
{
    m->point = rbuf_u16(r);
    m->max_age_s = rbuf_u16(r);
    m->want_count = rbuf_u8(r);
    if (m->want_count > BUS_WANTS_MAX)
        return CN_E_RANGE;
    for (unsigned i = 0; i < m->want_count; i++)
        m->wants[i] = message_get_want(r);
    return message_end(r);
}

void ctl_put_forward(struct wbuf *w, const struct ctl_forward *m)
{
    wbuf_u8(w, m->port);
    wbuf_u32(w, m->line.baud);
    wbuf_u8(w, m->line.data_bits);
    wbuf_u8(w, (uint8_t)m->line.parity);
    wbuf_u8(w, m->line.stop_bits);
    wbuf_u16(w, m->response_ms);
    wbuf_u16(w, m->byte_ms);
    wbuf_u16(w, m->length);
    wbuf_bytes(w, m->bytes, m->length <= BUS_BYTES_MAX ? m->length : 0);
}

int ctl_get_forward(struct rbuf *r, struct ctl_forward *m)
{
    m->port = rbuf_u8(r);
    m->line.baud = rbuf_u32(r);
    m->line.data_bits = rbuf_u8(r);
    m->line.parity = (char)rbuf_u8(r);
    m->line.stop_bits = rbuf_u8(r);
    m->response_ms = rbuf_u16(r);
    m->byte_ms = rbuf_u16(r);
    m->length = rbuf_u16(r);
    if (m->length > BUS_BYTES_MAX)
        return CN_E_RANGE;
    rbuf_bytes(r, m->bytes, m->length);
    return message_end(r);
}

void ctl_put_params(struct wbuf *w, const struct ctl_params *m)
{
    wbuf_u8(w, m->source);
    wbuf_u8(w, m->msa);
    wbuf_u8(w, m->count);
    for (unsigned i = 0; i < m->count && i < CTL_UNITS_MAX; i++) {
        const struct ctl_unit *u = &m->units[i];
        wbuf_u8(w, u->fn);
        wbuf_u16(w, u->pn);
        wbuf_u16(w, u->length);
        wbuf_bytes(w, u->data, u->length);
    }
}

int ctl_get_params(struct rbuf *r, struct ctl_params *m)
{
    m->source = rbuf_u8(r);
    m->msa = rbuf_u8(r);
    m->count = rbuf_u8(r);
    if (m->count > CTL_UNITS_MAX)
        return CN_E_RANGE;
    for (unsigned i = 0; i < m->count; i++) {
        struct ctl_unit *u = &m->units[i];
        u->fn = rbuf_u8(r);
        u->pn = rbuf_u16(r);
        u->length = rbuf_u16(r);
        u->data = rbuf_take(r, u->length);
        if (r->err)
            return CN_E_SHORT;
    }
    return message_end(r);
}

void ctl_put_results(struct wbuf *w, const struct ctl_results *m)
{
    wbuf_u8(w, m->count);
    for (unsigned i = 0; i < m->count && i < CTL_UNITS_MAX; i++)
        wbuf_u16(w, (uint16_t)m->status[i]);
}

int ctl_get_results(struct rbuf *r, struct ctl_results *m)
{
    m->count = rbuf_u8(r);
    if (m->count > CTL_UNITS_MAX)
        return CN_E_RANGE;
    for (unsigned i = 0; i < m->count; i++)
        m->status[i] = (int16_t)rbuf_u16(r);
    return message_end(r);
}

void ctl_put_clock(struct wbuf *w, const struct ctl_clock *m)
{
    wbuf_u8(w, m->source);
    wbuf_u8(w, m->msa);
    wbuf_u16(w, (uint16_t)m->local.year);
    wbuf_u8(w, m->local.month);
    wbuf_u8(w, m->local.day);
    wbuf_u8(w, m->local.hour);
    wbuf_u8(w, m->local.minute);
    wbuf_u8(w, m->local.second);
}

int ctl_get_clock(struct rbuf *r, struct ctl_clock *m)
{
    memset(m, 0, sizeof *m);
    m->source = rbuf_u8(r);
    m->msa = rbuf_u8(r);
    m->local.year = (int16_t)rbuf_u16(r);
    m->local.month = rbuf_u8(r);
    m->local.day = rbuf_u8(r);
    m->local.hour = rbuf_u8(r);
    m->local.minute = rbuf_u8(r);
    m->local.second = rbuf_u8(r);
    if (r->err)
        return CN_E_SHORT;
    return civil_valid(&m->local) ? message_end(r) : CN_E_RANGE;
}

void ctl_put_event(struct wbuf *w, const struct ctl_event *m)
{
    wbuf_u8(w, m->erc);
    wbuf_u8(w, m->length);
    wbuf_bytes(w, m->content, m->length <= sizeof m->content ? m->length : 0);
}

int ctl_get_event(struct rbuf *r, struct ctl_event *m)
{
    m->erc = rbuf_u8(r);
    m->length = rbuf_u8(r);
    if (m->length > sizeof m->content)
        return CN_E_RANGE;
    rbuf_bytes(r, m->content, m->length);
    return message_end(r);
}

void ctl_put_seen(struct wbuf *w, const struct ctl_seen *m)
{
    wbuf_u8(w, m->ring);
    wbuf_u8(w, m->upto);
    wbuf_u8(w, m->clear_acd);
}

int ctl_get_seen(struct rbuf *r, struct ctl_seen *m)
{
    m->ring = rbuf_u8(r);
    m->upto = rbuf_u8(r);
    m->clear_acd = rbuf_u8(r);
    return message_end(r);
}

void ctl_put_link(struct wbuf *w, const struct ctl_link *m)
{
    wbuf_u8(w, m->state);
    wbuf_str(w, m->peer);
    wbuf_str(w, m->last_request);
    wbuf_u32(w, m->frames_in);
    wbuf_u32(w, m->frames_out);
}

int ctl_get_link(struct rbuf *r, struct ctl_link *m)
{
    m->state = rbuf_u8(r);
    rbuf_str(r, m->peer, sizeof m->peer);
    rbuf_str(r, m->last_request, sizeof m->last_request);
    m->frames_in = rbuf_u32(r);
    m->frames_out = rbuf_u32(r);
    return message_end(r);
}

void ctl_put_trace(struct wbuf *w, const struct ctl_trace *m)
{
    wbuf_u8(w, m->port);
    wbuf_u64(w, m->from_seq);
}

int ctl_get_trace(struct rbuf *r, struct ctl_trace *m)
{
    m->port = rbuf_u8(r);
    m->from_seq = rbuf_u64(r);
    return message_end(r);
}

void ctl_put_trace_entry(struct wbuf *w, const struct ctl_trace_entry *m)
{
    wbuf_u8(w, m->port);
    wbuf_u64(w, m->seq);
    wbuf_i64(w, m->at_ms);
    wbuf_u16(w, m->point);
    wbuf_u8(w, m->dir);
    wbuf_u16(w, m->full);
    wbuf_u8(w, m->length);
    wbuf_bytes(w, m->bytes, m->length <= sizeof m->bytes ? m->length : 0);
}

int ctl_get_trace_entry(struct rbuf *r, struct ctl_trace_entry *m)
{
    m->port = rbuf_u8(r);
    m->seq = rbuf_u64(r);
    m->at_ms = rbuf_i64(r);
    m->point = rbuf_u16(r);
    m->dir = rbuf_u8(r);
    m->full = rbuf_u16(r);
    m->length = rbuf_u8(r);
    if (m->length > sizeof m->bytes)
        return CN_E_RANGE;
    rbuf_bytes(r, m->bytes, m->length);
    return message_end(r);
}

void ctl_put_values(struct wbuf *w, const struct ctl_values *m)
{
    wbuf_u16(w, (uint16_t)m->status);
    message_put_want(w, m->want);
    wbuf_i64(w, m->at);
    readings_pack(w, m->r, m->count);
}

int ctl_get_values(struct rbuf *r, struct ctl_values *m)
{
    m->status = (int16_t)rbuf_u16(r);
    m->want = message_get_want(r);
    m->at = rbuf_i64(r);
    if (r->err)
        return CN_E_SHORT;
    int n = readings_unpack(r, m->r, READINGS_MAX);
    m->count = (uint16_t)(n < 0 ? 0 : n);
    return n < 0 ? CN_E_FRAME : message_end(r);
}

void ctl_put_bytes(struct wbuf *w, const uint8_t *p, uint16_t n)
{
    wbuf_u16(w, n);
    wbuf_bytes(w, p, n);
}

int ctl_get_bytes(struct rbuf *r, uint8_t *p, uint16_t cap)
{
    uint16_t n = rbuf_u16(r);

    if (n > cap)
        return CN_E_RANGE;
    rbuf_bytes(r, p, n);
    int err = message_end(r);
    return err < 0 ? err : n;
}

void ctl_put_done(struct wbuf *w, int status)
{
    wbuf_u16(w, (uint16_t)status);
}

int ctl_get_done(struct rbuf *r, int *status)
{
    *status = (int16_t)rbuf_u16(r);
    return message_end(r);
}

void ctl_put_kv(struct wbuf *w, const char *key, const char *value)
{
    wbuf_str(w, key);
    wbuf_str(w, value);
}

int ctl_get_kv(struct rbuf *r, char key[64], char value[192])
{
    if (r->err == 0 && r->pos == r->len)
        return 0;
    rbuf_str(r, key, 64);
    rbuf_str(r, value, 192);
    return r->err ? CN_E_SHORT : 1;
}

void ctl_put_n_clock(struct wbuf *w, const struct ctl_n_clock *m)
{
    wbuf_i64(w, m->offset_ms);
}

int ctl_get_n_clock(struct rbuf *r, struct ctl_n_clock *m)
{
    m->offset_ms = rbuf_i64(r);
    return message_end(r);
}

void ctl_put_n_param(struct wbuf *w, const struct ctl_n_param *m)
{
    wbuf_u8(w, m->fn);
    wbuf_u16(w, m->pn);
}

int ctl_get_n_param(struct rbuf *r, struct ctl_n_param *m)
{
    m->fn = rbuf_u8(r);
    m->pn = rbuf_u16(r);
    return message_end(r);
}

void ctl_put_n_event(struct wbuf *w, const struct ctl_n_event *m)
{
    wbuf_u8(w, m->ring);
    wbuf_u8(w, m->index);
    wbuf_u8(w, m->erc);
    wbuf_u8(w, m->ec1);
    wbuf_u8(w, m->ec2);
}

int ctl_get_n_event(struct rbuf *r, struct ctl_n_event *m)
{
    m->ring = rbuf_u8(r);
    m->index = rbuf_u8(r);
    m->erc = rbuf_u8(r);
    m->ec1 = rbuf_u8(r);
    m->ec2 = rbuf_u8(r);
    return message_end(r);
}

int ctl_connect(const char *run_dir)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};

    int n = snprintf(sa.sun_path, sizeof sa.sun_path, "%s/control.sock", run_dir);
    if (n < 0 || (size_t)n >= sizeof sa.sun_path)
        return CN_E_NOSPACE;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return CN_E_IO;
    if (connect(fd, (const struct sockaddr *)&sa, sizeof sa) < 0) {
        close(fd);
        return CN_E_GONE;
    }
    return fd;
}
