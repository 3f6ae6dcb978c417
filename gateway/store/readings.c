#include <string.h>

#include "gateway/base/err.h"
#include "gateway/store/writer.h"

enum { MAP_SLOTS_MAX = 512, FREEZE_FLAGS = FREEZE_METER | FREEZE_FILLED | FREEZE_MISSING };

static bool kind_ok(unsigned kind)
{
    return kind >= FREEZE_DAY && kind <= FREEZE_HOUR;
}

static bool set_ok(const struct reading_set *set)
{
    return set->count <= READINGS_MAX && readings_storable(set->r, set->count);
}

/* ---- latest ---- */

static int put_latest(struct store *s, unsigned point, const struct reading_set *set)
{
    struct wbuf w = wbuf_of(s->blob, sizeof s->blob);
    struct journal_entry e = {.kind = JOURNAL_LATEST, .point = (uint16_t)point, .at = set->at};
    int old = db_latest(&s->db, point, s->old, sizeof s->old);

    /* a damaged record is replaced by what is known to be right */
    if (old < 0 && old != CN_E_NOTFOUND && old != CN_E_CORRUPT)
        return old;
    int ret = latest_merge(s->old, old > 0 ? (size_t)old : 0, set, s->scratch, &w);
    if (ret < 0)
        return ret;
    db_bind(&s->db, ST_LATEST_PUT, 1, (int64_t[]){point});
    db_bind_blob(&s->db, ST_LATEST_PUT, 2, T_LATEST, point, 0, 0, s->blob, w.len);
    ret = db_run(&s->db, ST_LATEST_PUT);
    if (ret < 0)
        return ret;
    count_row(s, w.len);
    return journal_add(s, &e);
}

int store_put_latest(struct store *s, unsigned point, const struct reading_set *set)
{
    if (!s->sweep)
        return CN_E_STATE;
    if (s->sweep_err)
        return s->sweep_err;
    if (point > UINT16_MAX || set->count == 0 || !set_ok(set))
        return CN_E_RANGE;
    return tx_leave(s, false, put_latest(s, point, set));
}

/* ---- rings of slots ---- */

static int next_slot(struct store *s, unsigned kind, int64_t after, int64_t *slot)
{
    db_bind(&s->db, ST_SLOT_NEXT, 2, (int64_t[]){kind, after});
    int ret = db_row(&s->db, ST_SLOT_NEXT);
    if (ret <= 0)
        return ret;
    *slot = sqlite3_column_int64(s->db.st[ST_SLOT_NEXT], 0);
    db_done(&s->db, ST_SLOT_NEXT);
    return 1;
}

/* One seek a slot, when the first new slot comes: the start looks at no frozen data. */
static int count_slots(struct store *s, unsigned kind)
{
    struct ring *r = &s->now.rings[kind];
    int64_t slot = INT64_MIN;
    int ret;

    r->count = 0;
    while ((ret = next_slot(s, kind, slot, &slot)) > 0)
        r->count++;
    r->counted = ret == 0;
    return ret;
}

/* Make room for a slot. @return 0, CN_E_STALE when it is older than everything in a full ring. */
static int admit(struct store *s, unsigned kind, int64_t slot)
{
    struct ring *r = &s->now.rings[kind];
    int64_t oldest;

    if (r->known && r->slot == slot)
        return 0;
    if (!r->counted) {
        int counted = count_slots(s, kind);
        if (counted < 0)
            return counted;
    }
    db_bind(&s->db, ST_SLOT_HAS, 2, (int64_t[]){kind, slot});
    int ret = db_row(&s->db, ST_SLOT_HAS);
    if (ret > 0)
        db_done(&s->db, ST_SLOT_HAS);
    if (ret < 0)
        return ret;
    bool is_new = ret == 0;
    while (is_new && r->count >= r->depth) {
        ret = next_slot(s, kind, INT64_MIN, &oldest);
        if (ret <= 0)
            return ret < 0 ? ret : CN_E_CORRUPT;
        if (oldest > slot)
            return CN_E_STALE;
        db_bind(&s->db, ST_SLOT_ERASE, 2, (int64_t[]){kind, oldest});
        ret = db_run(&s->db, ST_SLOT_ERASE);
        if (ret < 0)
            return ret;
        r->count--;
    }
    r->count += is_new;
    r->known = true;
    r->slot = slot;
    return 0;
}

/* ---- freezes ---- */

static int run_freeze(struct store *s, enum st id, const struct freeze *f, size_t len)
{
    db_bind(&s->db, id, 4, (int64_t[]){f->kind, f->slot, f->point, f->flags});
    db_bind_blob(&s->db, id, 5, T_FREEZE, db_freeze_key(f->kind, f->flags), f->slot, f->point, s->blob, len);
    return db_run(&s->db, id);
}

static int put_freeze(struct store *s, const struct freeze *given)
{
    struct freeze f = *given, old;
    struct wbuf w = wbuf_of(s->blob, sizeof s->blob);
    struct journal_entry e = {
        .kind = JOURNAL_FREEZE, .sub = f.kind, .point = f.point, .slot = f.slot, .at = f.set.at};
    int ret = admit(s, f.kind, f.slot);

    if (ret < 0)
        return ret;
    f.rec = journal_next(s);
    ret = freeze_pack(&w, &f);
    if (ret < 0)
        return ret;
    ret = run_freeze(s, ST_FREEZE_PUT, &f, w.len);
    if (ret == 0 && sqlite3_changes(s->db.h) == 0) {
        ret = db_freeze(&s->db, f.kind, f.slot, f.point, &old);
        if (ret == 0)
            return CN_E_EXISTS;
        if (ret == CN_E_CORRUPT)
            ret = run_freeze(s, ST_FREEZE_REPLACE, &f, w.len);
    }
    if (ret < 0)
        return ret;
    count_row(s, w.len);
    return journal_add(s, &e);
}

int store_put_freeze(struct store *s, const struct freeze *f)
{
    if (!s->sweep)
        return CN_E_STATE;
    if (s->sweep_err)
        return s->sweep_err;
    if (!kind_ok(f->kind) || (f->flags & ~FREEZE_FLAGS) || !set_ok(&f->set) ||
        (f->set.count == 0) != ((f->flags & FREEZE_MISSING) != 0))
        return CN_E_RANGE;
    return tx_leave(s, false, put_freeze(s, f));
}

int store_freeze_map(struct store *s, unsigned kind, unsigned point, int64_t first, unsigned n, uint8_t *have,
                     uint8_t *missing)
{
    struct freeze f;

    if (!kind_ok(kind) || n > MAP_SLOTS_MAX || first > INT64_MAX - MAP_SLOTS_MAX)
        return CN_E_RANGE;
    memset(have, 0, (n + 7) / 8);
    memset(missing, 0, (n + 7) / 8);
    for (unsigned i = 0; i < n; i++) {
        int ret = db_freeze(&s->db, kind, first + i, point, &f);
        if (ret == CN_E_NOTFOUND || ret == CN_E_CORRUPT || ret == CN_E_UNSUPPORTED)
            continue;
        if (ret < 0)
            return ret;
        uint8_t *map = f.flags & FREEZE_MISSING ? missing : have;
        map[i / 8] = (uint8_t)(map[i / 8] | 1u << i % 8);
    }
    return 0;
}

static int drop_from(struct store *s, unsigned kind, int64_t first)
{
    struct ring *r = &s->now.rings[kind];
    int64_t oldest;
    int ret = next_slot(s, kind, INT64_MIN, &oldest);

    if (ret <= 0)
        return ret;
    if (oldest >= first)
        return CN_E_RANGE;
    db_bind(&s->db, ST_SLOTS_ERASE, 2, (int64_t[]){kind, first});
    ret = db_run(&s->db, ST_SLOTS_ERASE);
    r->counted = false;
    r->known = false;
    return ret;
}

int store_drop_freezes(struct store *s, unsigned kind, int64_t first)
{
    bool own;

    if (!kind_ok(kind) && kind != FREEZE_CURVE)
        return CN_E_RANGE;
    int ret = tx_enter(s, &own);
    if (ret < 0)
        return ret;
    return tx_leave(s, own, kind == FREEZE_CURVE ? curves_drop(s, first) : drop_from(s, kind, first));
}

int store_set_depth(struct store *s, struct store_depth d)
{
    if (s->sweep)
        return CN_E_STATE;
    if (d.days == 0 || d.months == 0 || d.hours == 0 || d.curves == 0)
        return CN_E_RANGE;
    s->now.rings[FREEZE_DAY].depth = d.days;
    s->now.rings[FREEZE_MONTH].depth = d.months;
    s->now.rings[FREEZE_HOUR].depth = d.hours;
    s->now.curves.depth = d.curves;
    return 0;
}
