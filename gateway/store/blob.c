#include "gateway/store/blob.h"

#include <string.h>

#include "gateway/base/err.h"

enum { LATEST_VERSION = 1, FREEZE_VERSION = 1, CURVE_VERSION = 1, JOURNAL_VERSION = 1, EVENT_STATE_VERSION = 1 };

static void put_u(struct wbuf *w, uint64_t u)
{
    while (u > 127) {
        wbuf_u8(w, (uint8_t)(u | 128));
        u >>= 7;
    }
    wbuf_u8(w, (uint8_t)u);
}

/* Fails by r->err, as all of struct rbuf does. */
static uint64_t get_u(struct rbuf *r)
{
    uint64_t u = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = rbuf_u8(r);
        if (shift == 63 && b > 1)
            break;
        u |= (uint64_t)(b & 127) << shift;
        if (b < 128)
            return u;
    }
    r->err = CN_E_SHORT;
    return 0;
}

static void put_i(struct wbuf *w, int64_t v)
{
    put_u(w, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

static int64_t get_i(struct rbuf *r)
{
    uint64_t u = get_u(r);

    return (int64_t)(u >> 1 ^ (0 - (u & 1)));
}

/* Differences wrap: any pair of times survives the way there and back. */
static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int check_version(struct rbuf *r, uint8_t known)
{
    uint8_t version = rbuf_u8(r);

    if (r->err || version == 0)
        return CN_E_CORRUPT;
    return version > known ? CN_E_UNSUPPORTED : 0;
}

static int unpack_set(struct rbuf *r, struct reading_set *out)
{
    int n = readings_unpack(r, out->r, READINGS_MAX);

    if (n < 0)
        return n == CN_E_UNSUPPORTED ? n : CN_E_CORRUPT;
    out->count = (uint16_t)n;
    return 0;
}

bool readings_storable(const struct reading *r, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (r[i].value.exp10 < -9 || r[i].value.exp10 > 9 || r[i].value.quality > VALUE_DOUBTFUL)
            return false;
    }
    return true;
}

void latest_begin(struct latest_iter *it, const uint8_t *p, size_t n)
{
    *it = (struct latest_iter){.r = rbuf_of(p, n)};
    it->err = check_version(&it->r, LATEST_VERSION);
}

int latest_next(struct latest_iter *it, struct reading_set *out)
{
    if (it->err)
        return it->err;
    if (rbuf_left(&it->r) == 0)
        return 0;
    out->at = get_i(&it->r);
    uint64_t len = get_u(&it->r);
    struct rbuf packed = rbuf_sub(&it->r, len <= LATEST_BYTES ? (size_t)len : SIZE_MAX);
    if (it->r.err || ++it->seen > LATEST_SETS)
        it->err = CN_E_CORRUPT;
    else
        it->err = unpack_set(&packed, out);
    return it->err ? it->err : 1;
}

static bool has_quantity(const struct reading_set *s, unsigned quantity)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (s->r[i].quantity == quantity)
            return true;
    }
    return false;
}

static void drop_quantities_of(struct reading_set *s, const struct reading_set *newer)
{
    unsigned kept = 0;
    bool drop = false;

    for (unsigned i = 0; i < s->count; i++) {
        /* tariffs follow each other: one search for all */
        if (i == 0 || s->r[i].quantity != s->r[i - 1].quantity)
            drop = has_quantity(newer, s->r[i].quantity);
        if (!drop)
            s->r[kept++] = s->r[i];
    }
    s->count = (uint16_t)kept;
}

/* Nothing is written when the set does not fit. */
static int put_set(struct wbuf *out, const struct reading_set *s)
{
    uint8_t room[LATEST_BYTES];
    struct wbuf packed = wbuf_of(room, sizeof room);
    struct wbuf before = *out;

    if (readings_pack(&packed, s->r, s->count) < 0)
        return CN_E_NOSPACE;
    put_i(out, s->at);
    put_u(out, packed.len);
    wbuf_bytes(out, room, packed.len);
    if (!out->err)
        return 0;
    *out = before;
    return CN_E_NOSPACE;
}

int latest_merge(const uint8_t *old, size_t n, const struct reading_set *add, struct reading_set scratch[2],
                 struct wbuf *out)
{
    struct latest_iter it;
    struct reading_set *first = &scratch[0], *set = &scratch[1];
    uint32_t stay = 0; /* bit i: set i keeps readings of its own */
    unsigned written = 1;

    *first = *add;
    latest_begin(&it, old, n);
    for (unsigned i = 0; latest_next(&it, set) > 0; i++) {
        drop_quantities_of(set, add);
        if (set->at == add->at && first->count + set->count <= READINGS_MAX) {
            memcpy(first->r + first->count, set->r, set->count * sizeof set->r[0]);
            first->count = (uint16_t)(first->count + set->count);
        } else if (set->count) {
            stay |= 1u << i;
        }
    }
    if (it.err) {
        *first = *add;
        stay = 0;
    }
    wbuf_u8(out, LATEST_VERSION);
    if (out->err || put_set(out, first) < 0)
        return CN_E_NOSPACE;
    latest_begin(&it, old, n);
    for (unsigned i = 0; stay >> i && written < LATEST_SETS && latest_next(&it, set) > 0; i++) {
        if (!(stay >> i & 1))
            continue;
        drop_quantities_of(set, add);
        if (put_set(out, set) < 0)
            break;
        written++;
    }
    return 0;
}

int latest_find(const uint8_t *p, size_t n, unsigned quantity, struct reading_set *out)
{
    struct latest_iter it;
    int ret;

    latest_begin(&it, p, n);
    while ((ret = latest_next(&it, out)) > 0) {
        unsigned kept = 0;
        for (unsigned i = 0; i < out->count; i++) {
            if (out->r[i].quantity == quantity)
                out->r[kept++] = out->r[i];
        }
        out->count = (uint16_t)kept;
        if (kept)
            return 0;
    }
    return ret < 0 ? ret : CN_E_NOTFOUND;
}

int freeze_pack(struct wbuf *w, const struct freeze *f)
{
    size_t start = w->len;

    wbuf_u8(w, FREEZE_VERSION);
    put_i(w, f->frozen_at);
    put_i(w, minus(f->set.at, f->frozen_at));
    put_u(w, f->rec);
    int ret = readings_pack(w, f->set.r, f->set.count);
    return ret < 0 ? ret : (int)(w->len - start);
}

int freeze_unpack(const uint8_t *p, size_t n, struct freeze *f)
{
    struct rbuf r = rbuf_of(p, n);
    int ret = check_version(&r, FREEZE_VERSION);

    if (ret < 0)
        return ret;
    f->frozen_at = get_i(&r);
    f->set.at = plus(f->frozen_at, get_i(&r));
    f->rec = get_u(&r);
    return r.err ? CN_E_CORRUPT : unpack_set(&r, &f->set);
}

int curve_pack(const uint8_t *latest, size_t n, int64_t since, uint64_t rec, struct reading_set *set,
               struct wbuf *out)
{
    struct latest_iter it;
    int count = 0;

    wbuf_u8(out, CURVE_VERSION);
    put_u(out, rec);
    latest_begin(&it, latest, n);
    while (latest_next(&it, set) > 0) {
        if (set->at < since)
            continue;
        if (put_set(out, set) < 0)
            return CN_E_NOSPACE;
        count++;
    }
    return it.err ? it.err : count;
}

void curve_begin(struct latest_iter *it, const uint8_t *p, size_t n, uint64_t *rec)
{
    *it = (struct latest_iter){.r = rbuf_of(p, n)};
    it->err = check_version(&it->r, CURVE_VERSION);
    *rec = get_u(&it->r);
    if (!it->err && it->r.err)
        it->err = CN_E_CORRUPT;
}

/* What an entry says beside its flags; a regular sweep needs one or two bytes an entry. */
enum { HAS_KIND = 1, HAS_POINT = 2, HAS_SLOT = 4, HAS_AT = 8 };

void journal_row_begin(struct journal_row_writer *jw, void *buf, size_t cap)
{
    *jw = (struct journal_row_writer){.w = wbuf_of(buf, cap)};
    wbuf_u8(&jw->w, JOURNAL_VERSION);
}

int journal_row_put(struct journal_row_writer *jw, const struct journal_entry *e)
{
    const struct journal_entry *p = &jw->prev;
    unsigned flags = (e->kind != p->kind || e->sub != p->sub ? HAS_KIND : 0) |
                     (e->point != (uint16_t)(p->point + 1) ? HAS_POINT : 0) |
                     (e->slot != p->slot ? HAS_SLOT : 0) | (e->at != p->at ? HAS_AT : 0);

    if (wbuf_left(&jw->w) < JOURNAL_ENTRY_BYTES)
        return CN_E_NOSPACE;
    wbuf_u8(&jw->w, (uint8_t)flags);
    if (flags & HAS_KIND) {
        wbuf_u8(&jw->w, e->kind);
        wbuf_u8(&jw->w, e->sub);
    }
    if (flags & HAS_POINT)
        put_u(&jw->w, e->point);
    if (flags & HAS_SLOT)
        put_i(&jw->w, minus(e->slot, p->slot));
    if (flags & HAS_AT)
        put_i(&jw->w, minus(e->at, p->at));
    jw->prev = *e;
    jw->count++;
    return 0;
}

void journal_row_open(struct journal_row_reader *jr, const uint8_t *p, size_t n, uint64_t first_rec)
{
    *jr = (struct journal_row_reader){.r = rbuf_of(p, n), .prev.rec = first_rec - 1};
    jr->err = check_version(&jr->r, JOURNAL_VERSION);
}

int journal_row_get(struct journal_row_reader *jr, struct journal_entry *out)
{
    struct journal_entry *e = &jr->prev;

    if (jr->err)
        return jr->err;
    if (rbuf_left(&jr->r) == 0)
        return 0;
    uint8_t flags = rbuf_u8(&jr->r);
    uint64_t point = (uint16_t)(e->point + 1);
    if (flags & HAS_KIND) {
        e->kind = rbuf_u8(&jr->r);
        e->sub = rbuf_u8(&jr->r);
    }
    if (flags & HAS_POINT)
        point = get_u(&jr->r);
    if (flags & HAS_SLOT)
        e->slot = plus(e->slot, get_i(&jr->r));
    if (flags & HAS_AT)
        e->at = plus(e->at, get_i(&jr->r));
    if (jr->r.err || flags > 15 || point > UINT16_MAX || e->kind < JOURNAL_LATEST ||
        e->kind > JOURNAL_PARAM) {
        jr->err = CN_E_CORRUPT;
        return jr->err;
    }
    e->point = (uint16_t)point;
    e->rec++;
    *out = *e;
    return 1;
}

void event_state_pack(const struct event_state *s, uint8_t out[EVENT_STATE_BYTES])
{
    struct wbuf w = wbuf_of(out, EVENT_STATE_BYTES);

    wbuf_u8(&w, EVENT_STATE_VERSION);
    wbuf_u8(&w, s->ec1);
    wbuf_u8(&w, s->ec2);
    wbuf_u8(&w, s->rd1);
    wbuf_u8(&w, s->rd2);
    wbuf_u8(&w, s->acd);
}

int event_state_unpack(const uint8_t *p, size_t n, struct event_state *s)
{
    struct rbuf r = rbuf_of(p, n);
    int ret = check_version(&r, EVENT_STATE_VERSION);

    if (ret < 0)
        return ret;
    *s = (struct event_state){rbuf_u8(&r), rbuf_u8(&r), rbuf_u8(&r), rbuf_u8(&r), false};
    uint8_t acd = rbuf_u8(&r);
    s->acd = acd == 1;
    return r.err || acd > 1 || rbuf_left(&r) ? CN_E_CORRUPT : 0;
}
