#include "northbound/gdw3761/frame.h"

#include <string.h>

#include "gateway/base/err.h"

enum {
    START = 0x68,
    END = 0x16,
    PROTOCOL_2009 = 2, /* D1..D0 of L */
    HEADER = 6,        /* 68 L L 68 */
    C_AT = 6,
    BODY = 8, /* C, A, AFN, SEQ: what L1 counts besides data and AUX */
    C_DIR = 0x80,
    C_PRM = 0x40,
    C_ACD = 0x20,
    C_FCV = 0x10,
    SEQ_TPV = 0x80,
    SEQ_FIR = 0x40,
    SEQ_FIN = 0x20,
    SEQ_CON = 0x10,
    FILE_HEAD = 11, /* AFN 0F F1: bytes in front of the file data */
    FILE_LF_AT = 9,
};

uint8_t gdw_frame_c(const struct gdw_frame *f)
{
    return (uint8_t)((f->up ? C_DIR : 0) | (f->prm ? C_PRM : 0) | (f->acd ? C_ACD : 0) |
                     (f->fcv ? C_FCV : 0) | (f->fc & 0x0F));
}

uint8_t gdw_frame_seq(const struct gdw_frame *f)
{
    return (uint8_t)((f->tpv ? SEQ_TPV : 0) | (f->fir ? SEQ_FIR : 0) | (f->fin ? SEQ_FIN : 0) |
                     (f->con ? SEQ_CON : 0) | (f->seq & 0x0F));
}

bool gdw_afn_has_pw(unsigned afn)
{
    return afn == GDW_AFN_RESET || afn == GDW_AFN_SET || afn == GDW_AFN_CONTROL || afn == GDW_AFN_AUTH ||
           afn == GDW_AFN_FORWARD;
}

/* The length fields of a header. @return L1, CN_E_FRAME. */
static int header_l1(const uint8_t *p)
{
    unsigned l = (unsigned)p[1] | (unsigned)p[2] << 8;

    if (p[0] != START || p[5] != START || p[1] != p[3] || p[2] != p[4] || (l & 3) != PROTOCOL_2009 ||
        l >> 2 < GDW_L1_MIN)
        return CN_E_FRAME;
    return (int)(l >> 2);
}

static uint8_t sum(const uint8_t *p, size_t n)
{
    unsigned s = 0;

    for (size_t i = 0; i < n; i++)
        s += p[i];
    return (uint8_t)s;
}

/* AFN 0F F1 tells its own length, so what is left of it is PW or nothing (section 5). */
static bool file_has_pw(const uint8_t *data, size_t len)
{
    if (len < GDW_DADT_LEN + FILE_HEAD + GDW_PW_LEN)
        return false;
    size_t lf = (size_t)data[GDW_DADT_LEN + FILE_LF_AT] | (size_t)data[GDW_DADT_LEN + FILE_LF_AT + 1] << 8;
    return len == GDW_DADT_LEN + FILE_HEAD + lf + GDW_PW_LEN;
}

static void decode_aux(struct rbuf *r, struct gdw_frame *f)
{
    size_t left = rbuf_left(r);
    const uint8_t *data = r->p + r->pos;
    const uint8_t *end = data + left;

    if (f->tpv) {
        if (left < GDW_TP_LEN) {
            f->aux_bad = true;
            f->tpv = false;
        } else {
            end -= GDW_TP_LEN;
            left -= GDW_TP_LEN;
            f->tp.pfc = end[0];
            memcpy(f->tp.time, end + 1, sizeof f->tp.time);
            f->tp.delay_min = end[5];
        }
    }
    if (f->up && f->acd) {
        if (left < GDW_EC_LEN) {
            f->aux_bad = true;
        } else {
            end -= GDW_EC_LEN;
            left -= GDW_EC_LEN;
            f->has_ec = true;
            f->ec1 = end[0];
            f->ec2 = end[1];
        }
    }
    if (!f->up && (gdw_afn_has_pw(f->afn) || (f->afn == GDW_AFN_FILE && file_has_pw(data, left)))) {
        if (left < GDW_PW_LEN) {
            f->aux_bad = true;
        } else {
            end -= GDW_PW_LEN;
            left -= GDW_PW_LEN;
            f->pw = end;
        }
    }
    f->data = data;
    f->data_len = (uint16_t)left;
}

int gdw_frame_decode(const uint8_t *p, size_t len, struct gdw_frame *f)
{
    memset(f, 0, sizeof *f);
    if (len < GDW_FRAME_MIN)
        return CN_E_SHORT;
    int l1 = header_l1(p);
    if (l1 < 0)
        return l1;
    if (len < (size_t)l1 + GDW_AROUND)
        return CN_E_SHORT;
    if (len > (size_t)l1 + GDW_AROUND || p[len - 1] != END)
        return CN_E_FRAME;
    if (sum(p + C_AT, (size_t)l1) != p[len - 2])
        return CN_E_CHECKSUM;

    struct rbuf r = rbuf_of(p + C_AT, (size_t)l1);
    uint8_t c = rbuf_u8(&r);
    f->up = c & C_DIR;
    f->prm = c & C_PRM;
    f->acd = c & C_ACD;
    f->fcv = c & C_FCV;
    f->fc = c & 0x0F;
    f->a1 = rbuf_u16(&r);
    f->a2 = rbuf_u16(&r);
    uint8_t a3 = rbuf_u8(&r);
    f->msa = a3 >> 1;
    f->group = a3 & 1;
    f->afn = rbuf_u8(&r);
    uint8_t seq = rbuf_u8(&r);
    f->tpv = seq & SEQ_TPV;
    f->fir = seq & SEQ_FIR;
    f->fin = seq & SEQ_FIN;
    f->con = seq & SEQ_CON;
    f->seq = seq & 0x0F;
    decode_aux(&r, f);
    return 0;
}

/* ---- building ---- */

int gdw_frame_open(struct wbuf *w)
{
    int start = (int)w->len;

    wbuf_fill(w, 0, GDW_HEAD);
    return w->err ? w->err : start;
}

static bool sends_pw(const struct gdw_frame *f)
{
    return !f->up && f->pw && (gdw_afn_has_pw(f->afn) || f->afn == GDW_AFN_FILE);
}

static bool sends_ec(const struct gdw_frame *f)
{
    return f->up && f->acd;
}

size_t gdw_frame_aux_len(const struct gdw_frame *f)
{
    return (sends_pw(f) ? (size_t)GDW_PW_LEN : 0) + (sends_ec(f) ? (size_t)GDW_EC_LEN : 0) +
           (f->tpv ? (size_t)GDW_TP_LEN : 0);
}

static void put_header(uint8_t *p, const struct gdw_frame *f, size_t l1)
{
    struct wbuf head = wbuf_of(p, GDW_HEAD);
    uint16_t l = (uint16_t)(l1 << 2 | PROTOCOL_2009);

    wbuf_u8(&head, START);
    wbuf_u16(&head, l);
    wbuf_u16(&head, l);
    wbuf_u8(&head, START);
    wbuf_u8(&head, gdw_frame_c(f));
    wbuf_u16(&head, f->a1);
    wbuf_u16(&head, f->a2);
    wbuf_u8(&head, (uint8_t)(f->msa << 1 | (f->group ? 1 : 0)));
    wbuf_u8(&head, f->afn);
    wbuf_u8(&head, gdw_frame_seq(f));
}

int gdw_frame_close(struct wbuf *w, int start, const struct gdw_frame *f)
{
    if (sends_pw(f))
        wbuf_bytes(w, f->pw, GDW_PW_LEN);
    if (sends_ec(f)) {
        wbuf_u8(w, f->ec1);
        wbuf_u8(w, f->ec2);
    }
    if (f->tpv) {
        wbuf_u8(w, f->tp.pfc);
        wbuf_bytes(w, f->tp.time, sizeof f->tp.time);
        wbuf_u8(w, f->tp.delay_min);
    }
    size_t from = (size_t)start;
    size_t l1 = w->len - from - HEADER;
    bool l1_ok = l1 >= GDW_L1_MIN && l1 <= GDW_L1_MAX;

    if (!w->err && l1_ok) {
        put_header(w->p + from, f, l1);
        wbuf_u8(w, sum(w->p + from + C_AT, l1));
        wbuf_u8(w, END);
    }
    if (w->err || !l1_ok) {
        w->len = from;
        return w->err ? w->err : CN_E_RANGE;
    }
    return (int)(w->len - from);
}

int gdw_frame_encode(struct wbuf *w, const struct gdw_frame *f)
{
    int start = gdw_frame_open(w);

    if (start < 0)
        return start;
    wbuf_bytes(w, f->data, f->data_len);
    return gdw_frame_close(w, start, f);
}

void gdw_frame_set_tp(uint8_t *p, size_t len, const struct gdw_tp *tp)
{
    struct wbuf w = wbuf_of(p + len - 2 - GDW_TP_LEN, GDW_TP_LEN + 1);

    wbuf_u8(&w, tp->pfc);
    wbuf_bytes(&w, tp->time, sizeof tp->time);
    wbuf_u8(&w, tp->delay_min);
    wbuf_u8(&w, sum(p + C_AT, len - GDW_AROUND));
}

/* ---- receiver ---- */

void gdw_rx_init(struct gdw_rx *rx, uint8_t *buf, size_t cap)
{
    memset(rx, 0, sizeof *rx);
    rx->buf = buf;
    rx->cap = cap;
}

void gdw_rx_reset(struct gdw_rx *rx)
{
    rx->head = rx->len = 0;
    rx->since_ms = 0;
}

uint8_t *gdw_rx_room(struct gdw_rx *rx, size_t *room)
{
    if (rx->head) {
        memmove(rx->buf, rx->buf + rx->head, rx->len - rx->head);
        rx->len -= rx->head;
        rx->head = 0;
    }
    *room = rx->cap - rx->len;
    return rx->buf + rx->len;
}

void gdw_rx_added(struct gdw_rx *rx, size_t n)
{
    rx->len += n;
}

size_t gdw_rx_put(struct gdw_rx *rx, const uint8_t *p, size_t n)
{
    size_t room;
    uint8_t *at = gdw_rx_room(rx, &room);

    if (n > room)
        n = room;
    memcpy(at, p, n);
    gdw_rx_added(rx, n);
    return n;
}

static void drop(struct gdw_rx *rx, size_t n)
{
    rx->head += n;
    rx->skipped += (uint32_t)n;
    rx->since_ms = 0;
}

/* Is a frame at head? @return its length, 0 = perhaps, more bytes are needed, CN_E_FRAME = no. */
static int frame_at_head(const struct gdw_rx *rx)
{
    const uint8_t *p = rx->buf + rx->head;
    size_t left = rx->len - rx->head;

    /* look at what is there already: noise must not wait for a whole header */
    if (p[0] != START || (left > 3 && p[1] != p[3]) || (left > 4 && p[2] != p[4]))
        return CN_E_FRAME;
    if (left < HEADER)
        return 0;
    int l1 = header_l1(p);
    if (l1 < 0)
        return l1;
    size_t len = (size_t)l1 + GDW_AROUND;
    if (left < len)
        return 0;
    if (p[len - 1] != END || sum(p + C_AT, (size_t)l1) != p[len - 2])
        return CN_E_FRAME;
    return (int)len;
}

int gdw_rx_next(struct gdw_rx *rx, int64_t now_ms, const uint8_t **frame)
{
    while (rx->head < rx->len) {
        const uint8_t *start = memchr(rx->buf + rx->head, START, rx->len - rx->head);
        if (!start) {
            drop(rx, rx->len - rx->head);
            break;
        }
        size_t noise = (size_t)(start - (rx->buf + rx->head));
        if (noise)
            drop(rx, noise);
        int len = frame_at_head(rx);
        if (len > 0) {
            *frame = rx->buf + rx->head;
            rx->head += (size_t)len;
            rx->since_ms = 0;
            rx->frames++;
            return len;
        }
        if (len == 0) {
            if (rx->since_ms == 0)
                rx->since_ms = now_ms ? now_ms : 1;
            if (now_ms - rx->since_ms < GDW_PARTIAL_MS)
                return 0;
        }
        drop(rx, 1);
    }
    rx->head = rx->len = 0;
    return 0;
}

int64_t gdw_rx_deadline(const struct gdw_rx *rx)
{
    return rx->since_ms ? rx->since_ms + GDW_PARTIAL_MS : INT64_MAX;
}

/* ---- DADT ---- */

int gdw_dadt_get(struct rbuf *r, struct gdw_dadt *d)
{
    const uint8_t *p = rbuf_take(r, GDW_DADT_LEN);

    if (!p)
        return CN_E_SHORT;
    *d = (struct gdw_dadt){p[0], p[1], p[2], p[3]};
    return 0;
}

void gdw_dadt_put(struct wbuf *w, const struct gdw_dadt *d)
{
    const uint8_t b[GDW_DADT_LEN] = {d->da1, d->da2, d->dt1, d->dt2};

    wbuf_bytes(w, b, sizeof b);
}

struct gdw_dadt gdw_dadt_of(unsigned pn, unsigned fn)
{
    struct gdw_dadt d = {0, 0, (uint8_t)(1U << ((fn - 1) & 7)), (uint8_t)((fn - 1) / 8)};

    if (pn) {
        d.da1 = (uint8_t)(1U << ((pn - 1) & 7));
        d.da2 = (uint8_t)((pn - 1) / 8 + 1);
    }
    return d;
}

struct gdw_dadt gdw_dadt_all(unsigned fn)
{
    struct gdw_dadt d = gdw_dadt_of(0, fn);

    d.da1 = 0xFF;
    return d;
}

enum gdw_da_kind gdw_dadt_kind(const struct gdw_dadt *d)
{
    if (d->da1 == 0 && d->da2 == 0)
        return GDW_DA_ZERO;
    if ((d->da1 == 0xFF && d->da2 == 0) || (d->da1 == 0 && d->da2 == 0xFF))
        return GDW_DA_ALL;
    return d->da1 && d->da2 ? GDW_DA_SET : GDW_DA_NONE;
}

bool gdw_dadt_has_fn(const struct gdw_dadt *d)
{
    return d->dt1 != 0 && d->dt2 <= (GDW_FN_MAX - 1) / 8;
}

unsigned gdw_dadt_pn(const struct gdw_dadt *d, unsigned k)
{
    return d->da1 >> k & 1 ? (d->da2 - 1U) * 8U + k + 1U : 0;
}

unsigned gdw_dadt_fn(const struct gdw_dadt *d, unsigned k)
{
    return d->dt1 >> k & 1 ? d->dt2 * 8U + k + 1U : 0;
}

/* ---- AFN 00 ---- */

/* The list of F3: AFN (some masters leave it out), then DADT and ERR each. */
static int confirm_list(struct rbuf r)
{
    enum { ENTRY = GDW_DADT_LEN + 1 };
    size_t n = rbuf_left(&r);

    if (n % ENTRY == 1)
        rbuf_u8(&r);
    else if (n % ENTRY != 0)
        return CN_E_FRAME;
    if (n < ENTRY)
        return CN_E_FRAME;
    while (rbuf_left(&r) >= ENTRY) {
        rbuf_take(&r, GDW_DADT_LEN);
        if (rbuf_u8(&r) != 0)
            return 0;
    }
    return 1;
}

int gdw_confirm_read(const struct gdw_frame *f)
{
    struct rbuf r = rbuf_of(f->data, f->data_len);
    struct gdw_dadt d;

    if (f->afn != GDW_AFN_CONFIRM || gdw_dadt_get(&r, &d) < 0 || d.dt2 != 0 || !(d.dt1 & 7))
        return CN_E_FRAME;
    if (d.dt1 & 4 || (d.dt1 & 3) == 3) {
        int listed = confirm_list(r);
        if (listed >= 0 || d.dt1 == 4)
            return listed;
    }
    return d.dt1 & 1 ? 1 : 0;
}
