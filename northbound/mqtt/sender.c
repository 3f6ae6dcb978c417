#include "northbound/mqtt/sender.h"

#include <string.h>

/* ---- pacing ---- */

void bucket_init(struct bucket *b, uint32_t rate, int64_t now_ms)
{
    *b = (struct bucket){.rate = rate, .credit_ms = (int64_t)rate * 1000, .at_ms = now_ms};
}

int64_t bucket_wait(struct bucket *b, int64_t now_ms)
{
    int64_t full = (int64_t)b->rate * 1000;

    if (b->rate == 0)
        return 0;
    int64_t passed = now_ms - b->at_ms;
    b->at_ms = now_ms;
    if (passed > 0 && passed < full)
        b->credit_ms += passed * b->rate;
    else if (passed >= full)
        b->credit_ms = full;
    if (b->credit_ms > full)
        b->credit_ms = full;
    return b->credit_ms >= 1000 ? 0 : (1000 - b->credit_ms + b->rate - 1) / b->rate;
}

void bucket_take(struct bucket *b)
{
    if (b->rate)
        b->credit_ms -= 1000;
}

/* ---- lanes ---- */

/* First record of a lane that the broker has not confirmed. */
static uint64_t first_open(const struct sender *s, enum sender_lane lane)
{
    uint64_t first = s->lanes[lane].next;

    for (unsigned i = 0; i < s->window; i++) {
        const struct flight *f = &s->flights[i];
        if (f->used && f->lane == lane && f->rec < first)
            first = f->rec;
    }
    return first;
}

void sender_init(struct sender *s, const struct mqtt_settings *m, const struct cursor *c, int64_t now_ms)
{
    *s = (struct sender){.window = m->window};
    s->lanes[LANE_LIVE] = (struct lane){.next = c->live + 1, .end = UINT64_MAX};
    s->lanes[LANE_BACKLOG] = (struct lane){.next = c->backlog + 1, .end = c->backlog_end + 1};
    bucket_init(&s->replay, m->replay_rps, now_ms);
}

void sender_begin(struct sender *s, uint64_t newest, int64_t outage_ms, uint32_t random, int64_t now_ms)
{
    struct lane *live = &s->lanes[LANE_LIVE], *old = &s->lanes[LANE_BACKLOG];
    int64_t spread = outage_ms / 10 < SENDER_START_MAX_MS ? outage_ms / 10 : SENDER_START_MAX_MS;

    if (live->waiting > SENDER_SMALL && newest >= live->next) {
        /* what was sent live during an unfinished replay is sent again */
        if (old->next >= old->end)
            old->next = live->next;
        old->end = newest + 1;
        old->waiting += live->waiting;
        live->next = newest + 1;
        live->waiting = 0;
    }
    s->replay_from_ms = now_ms + (spread > 0 ? (int64_t)(random % (uint32_t)(spread + 1)) : 0);
}

void sender_lost(struct sender *s)
{
    for (unsigned lane = 0; lane < LANE_COUNT; lane++) {
        uint64_t first = first_open(s, (enum sender_lane)lane);
        for (unsigned i = 0; i < s->window; i++)
            s->lanes[lane].waiting += s->flights[i].used && s->flights[i].lane == lane;
        s->lanes[lane].next = first;
    }
    memset(s->flights, 0, sizeof s->flights);
    s->in_flight = 0;
}

bool sender_room(const struct sender *s)
{
    return s->in_flight < s->window;
}

int64_t sender_lane_wait(struct sender *s, enum sender_lane lane, int64_t now_ms)
{
    if (lane == LANE_LIVE)
        return 0;
    if (s->lanes[lane].next >= s->lanes[lane].end)
        return -1;
    if (now_ms < s->replay_from_ms)
        return s->replay_from_ms - now_ms;
    return bucket_wait(&s->replay, now_ms);
}

uint32_t sender_sent(struct sender *s, enum sender_lane lane, uint64_t rec, bool last, int64_t now_ms)
{
    struct flight *f = s->flights;

    while (f->used)
        f++;
    *f = (struct flight){
        .used = true, .lane = (uint8_t)lane, .id = ++s->next_id, .rec = rec, .sent_ms = now_ms};
    s->in_flight++;
    s->sent++;
    if (lane == LANE_BACKLOG)
        bucket_take(&s->replay);
    if (lane != LANE_NONE && last) {
        s->lanes[lane].next = rec + 1;
        sender_dismiss(s, lane);
    }
    return f->id;
}

void sender_found(struct sender *s, uint64_t rec)
{
    for (unsigned lane = 0; lane < LANE_COUNT; lane++) {
        if (rec >= s->lanes[lane].next && rec < s->lanes[lane].end)
            s->lanes[lane].waiting++;
    }
}

void sender_dismiss(struct sender *s, enum sender_lane lane)
{
    s->lanes[lane].waiting -= s->lanes[lane].waiting > 0;
}

void sender_skip(struct sender *s, enum sender_lane lane, uint64_t next)
{
    if (next > s->lanes[lane].next)
        s->lanes[lane].next = next;
}

bool sender_acked(struct sender *s, uint32_t id, struct flight *out)
{
    for (unsigned i = 0; i < s->window; i++) {
        struct flight *f = &s->flights[i];
        if (!f->used || f->id != id)
            continue;
        *out = *f;
        f->used = false;
        s->in_flight--;
        s->acked++;
        return true;
    }
    return false;
}

bool sender_stuck(const struct sender *s, int64_t now_ms)
{
    for (unsigned i = 0; i < s->window; i++) {
        if (s->flights[i].used && now_ms - s->flights[i].sent_ms > SENDER_ACK_MS)
            return true;
    }
    return false;
}

struct cursor sender_cursor(const struct sender *s)
{
    struct cursor c = {.backlog = first_open(s, LANE_BACKLOG) - 1,
                       .backlog_end = s->lanes[LANE_BACKLOG].end - 1,
                       .live = first_open(s, LANE_LIVE) - 1};

    /* worked off: it follows the other */
    if (c.backlog >= c.backlog_end)
        c.backlog = c.backlog_end = c.live;
    return c;
}
