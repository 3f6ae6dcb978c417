#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "gateway/store/writer.h"

/* The counters of one ring in the state of both. */
struct pointers {
    uint8_t *ec, *rd;
};

static struct pointers pointers_of(struct event_state *e, unsigned ring)
{
    return ring == RING_IMPORTANT ? (struct pointers){&e->ec1, &e->rd1} : (struct pointers){&e->ec2, &e->rd2};
}

static int write_state(struct store *s)
{
    uint8_t bytes[EVENT_STATE_BYTES];

    event_state_pack(&s->now.events, bytes);
    return fact_write(s, FACT_EVENTS, bytes, sizeof bytes);
}

static int put_event(struct store *s, unsigned ring, const uint8_t *record, size_t len, int64_t at,
                     uint8_t *index)
{
    struct pointers p = pointers_of(&s->now.events, ring);
    uint8_t i = *p.ec;
    int64_t rec = (int64_t)journal_next(s);
    struct journal_entry e = {.kind = JOURNAL_EVENT, .sub = (uint8_t)ring, .point = i, .at = at};

    db_bind(&s->db, ST_EVENT_PUT, 4, (int64_t[]){ring, i, at, rec});
    db_bind_blob(&s->db, ST_EVENT_PUT, 5, T_EVENT, db_event_key(ring, i), at, rec, record, len);
    int ret = db_run(&s->db, ST_EVENT_PUT);
    if (ret == 0)
        ret = journal_add(s, &e);
    if (ret < 0)
        return ret;
    count_row(s, len);
    /* stored at EC before the increment; at most 255 stay unread (reference part 6, 1.2 and 1.4) */
    *p.ec = (uint8_t)(i + 1);
    if (*p.ec == *p.rd)
        ++*p.rd;
    if (ring == RING_IMPORTANT)
        s->now.events.acd = true;
    if (index)
        *index = i;
    return write_state(s);
}

int store_put_event(struct store *s, unsigned ring, const uint8_t *record, size_t len, int64_t at,
                    uint8_t *index)
{
    bool own;

    if ((ring != RING_IMPORTANT && ring != RING_GENERAL) || len == 0 || len > EVENT_MAX)
        return CN_E_RANGE;
    int ret = tx_enter(s, &own);
    if (ret < 0)
        return ret;
    return tx_leave(s, own, put_event(s, ring, record, len, at, index));
}

int store_event_state(struct store *s, struct event_state *out)
{
    *out = s->now.events;
    return 0;
}

int store_events_seen(struct store *s, unsigned ring, uint8_t upto, bool clear_acd)
{
    struct event_state next = s->now.events;
    bool own;

    if (ring != RING_IMPORTANT && ring != RING_GENERAL)
        return CN_E_RANGE;
    struct pointers p = pointers_of(&next, ring);
    if ((uint8_t)(*p.ec - upto) < (uint8_t)(*p.ec - *p.rd))
        *p.rd = upto;
    if (ring == RING_IMPORTANT && (clear_acd || next.rd1 == next.ec1))
        next.acd = false;
    int ret = tx_enter(s, &own);
    if (ret < 0)
        return ret;
    s->now.events = next;
    return tx_leave(s, own, write_state(s));
}

/* The state is damaged: EC stands behind the newest record; everything kept counts as unread, so nothing is
 * missed. */
static int guess(struct store *s)
{
    struct event_state *e = &s->now.events;

    *e = (struct event_state){0};
    for (unsigned ring = RING_IMPORTANT; ring <= RING_GENERAL; ring++) {
        struct pointers p = pointers_of(e, ring);
        sqlite3_stmt *st = s->db.st[ST_EVENT_NEWEST];
        db_bind(&s->db, ST_EVENT_NEWEST, 1, (int64_t[]){ring});
        int ret = db_row(&s->db, ST_EVENT_NEWEST);
        if (ret < 0)
            return ret;
        int64_t count = ret ? sqlite3_column_int64(st, 1) : 0;
        if (count > 0) {
            *p.ec = (uint8_t)(sqlite3_column_int64(st, 0) + 1);
            *p.rd = count < EVENT_RING ? (uint8_t)(*p.ec - count) : (uint8_t)(*p.ec + 1);
        }
        if (ret)
            db_done(&s->db, ST_EVENT_NEWEST);
    }
    e->acd = e->ec1 != e->rd1;
    s->opened.counters_guessed = true;
    return 0;
}

int events_load(struct store *s)
{
    int ret = db_event_state(&s->db, &s->now.events);

    return ret == CN_E_CORRUPT || ret == CN_E_UNSUPPORTED ? guess(s) : ret;
}
