#include <string.h>

#include "gateway/base/err.h"
#include "gateway/store/writer.h"

/*
 * Curve points are the bulk of the data: 960 slots of some 600 bytes a meter. So they have a table of their
 * own, whose rows may be that long without taking a page each; its key is the slot with the point behind it,
 * and a sweep appends at the end. Where a row is looked for by its slot, slots have to be non-negative.
 */
enum { SLOT_BITS = 40 };

/* First slot at or after another. @return 1, 0 (none), or an error */
static int next_slot(struct store *s, int64_t from, int64_t *slot)
{
    int64_t id = db_curve_id(from, 0);

    db_bind(&s->db, ST_CURVE_NEXT, 1, &id);
    int ret = db_row(&s->db, ST_CURVE_NEXT);
    if (ret <= 0)
        return ret;
    *slot = sqlite3_column_int64(s->db.st[ST_CURVE_NEXT], 0) >> CURVE_POINT_BITS;
    db_done(&s->db, ST_CURVE_NEXT);
    return 1;
}

static int count_slots(struct store *s)
{
    struct ring *r = &s->now.curves;
    int64_t slot = -1;
    int ret;

    r->count = 0;
    while ((ret = next_slot(s, slot + 1, &slot)) > 0)
        r->count++;
    r->counted = ret == 0;
    return ret;
}

static int erase(struct store *s, int64_t from, int64_t to)
{
    db_bind(&s->db, ST_CURVES_ERASE, 2, (int64_t[]){db_curve_id(from, 0), db_curve_id(to, 0)});
    return db_run(&s->db, ST_CURVES_ERASE);
}

/* Make room for a slot. @return 0, CN_E_STALE when it is older than everything in a full ring. */
static int admit(struct store *s, int64_t slot)
{
    struct ring *r = &s->now.curves;
    int64_t found = -1;

    if (r->known && r->slot == slot)
        return 0;
    int ret = r->counted ? 0 : count_slots(s);
    if (ret == 0)
        ret = next_slot(s, slot, &found);
    if (ret < 0)
        return ret;
    bool is_new = ret == 0 || found != slot;
    while (is_new && r->count >= r->depth) {
        ret = next_slot(s, 0, &found);
        if (ret <= 0)
            return ret < 0 ? ret : CN_E_CORRUPT;
        if (found > slot)
            return CN_E_STALE;
        ret = erase(s, found, found + 1);
        if (ret < 0)
            return ret;
        r->count--;
    }
    r->count += is_new;
    r->known = true;
    r->slot = slot;
    return 0;
}

int curves_drop(struct store *s, int64_t first)
{
    int64_t slot, end = (int64_t)1 << SLOT_BITS;

    if (first < 0)
        first = 0;
    if (first >= end)
        return 0;
    int ret = next_slot(s, 0, &slot);
    if (ret <= 0)
        return ret;
    if (slot >= first)
        return CN_E_RANGE;
    s->now.curves.counted = s->now.curves.known = false;
    return erase(s, first, end);
}

static int put_curve(struct store *s, unsigned point, int64_t slot, int64_t since, int64_t at)
{
    struct journal_entry e = {
        .kind = JOURNAL_FREEZE, .sub = FREEZE_CURVE, .point = (uint16_t)point, .slot = slot, .at = at};
    struct wbuf w = wbuf_of(s->blob, sizeof s->blob);
    int64_t id = db_curve_id(slot, point);
    int n = db_latest(&s->db, point, s->old, sizeof s->old);

    if (n < 0)
        return n == CN_E_CORRUPT ? CN_E_NOTFOUND : n;
    int ret = curve_pack(s->old, (size_t)n, since, journal_next(s), s->scratch, &w);
    if (ret <= 0)
        return CN_E_NOTFOUND;
    ret = admit(s, slot);
    if (ret < 0)
        return ret;
    /* a damaged record is replaced */
    ret = db_curve(&s->db, slot, point, s->old, sizeof s->old);
    if (ret >= 0)
        return CN_E_EXISTS;
    if (ret != CN_E_NOTFOUND && ret != CN_E_CORRUPT)
        return ret;
    db_bind(&s->db, ST_CURVE_PUT, 1, &id);
    db_bind_blob(&s->db, ST_CURVE_PUT, 2, T_CURVE, id, 0, 0, s->blob, w.len);
    ret = db_run(&s->db, ST_CURVE_PUT);
    if (ret < 0)
        return ret;
    count_row(s, w.len);
    return journal_add(s, &e);
}

int store_put_curve(struct store *s, unsigned point, int64_t slot, int64_t since, int64_t at)
{
    if (!s->sweep)
        return CN_E_STATE;
    if (s->sweep_err)
        return s->sweep_err;
    if (point >= 1u << CURVE_POINT_BITS || slot < 0 || slot >= (int64_t)1 << SLOT_BITS)
        return CN_E_RANGE;
    return tx_leave(s, false, put_curve(s, point, slot, since, at));
}
