#include "northbound/mqtt/sender.h"

#include "gateway/base/err.h"
#include "tests/unit/northbound/mqtt/doc.h"

static struct mqtt_settings settings = {.window = 4, .replay_rps = 10};

static struct sender at(uint64_t backlog, uint64_t end, uint64_t live)
{
    struct sender s;
    struct cursor c = {backlog, end, live};

    sender_init(&s, &settings, &c, 0);
    return s;
}

static void expect(const struct sender *s, uint64_t backlog, uint64_t end, uint64_t live)
{
    struct cursor c = sender_cursor(s);

    assert_int_equal(c.backlog, backlog);
    assert_int_equal(c.backlog_end, end);
    assert_int_equal(c.live, live);
}

static void ack(struct sender *s, uint32_t id)
{
    struct flight f;

    assert_true(sender_acked(s, id, &f));
    assert_int_equal(f.id, id);
}

static void the_cursor_follows_the_longest_prefix(void **state)
{
    struct sender s = at(10, 10, 10);
    uint32_t id[4];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_true(sender_room(&s));
        id[i] = sender_sent(&s, LANE_LIVE, 11 + i, true, 0);
    }
    assert_false(sender_room(&s));
    expect(&s, 10, 10, 10);
    ack(&s, id[1]);
    ack(&s, id[3]);
    expect(&s, 10, 10, 10);
    ack(&s, id[0]);
    expect(&s, 12, 12, 12);
    ack(&s, id[2]);
    expect(&s, 14, 14, 14);
    /* what needs no sending moves the cursor when nothing in front is open */
    sender_skip(&s, LANE_LIVE, 20);
    expect(&s, 19, 19, 19);
    id[0] = sender_sent(&s, LANE_LIVE, 20, true, 0);
    sender_skip(&s, LANE_LIVE, 30);
    expect(&s, 19, 19, 19);
    ack(&s, id[0]);
    expect(&s, 29, 29, 29);
    assert_true(s.sent == 5 && s.acked == 5);
    struct flight f;
    assert_false(sender_acked(&s, id[0], &f));
    assert_false(sender_acked(&s, 12345, &f));
}

/* A record in several messages is done when all of them are. */
static void parts_belong_together(void **state)
{
    struct sender s = at(10, 10, 10);
    uint32_t a = sender_sent(&s, LANE_LIVE, 11, false, 0), b = sender_sent(&s, LANE_LIVE, 11, true, 0);

    (void)state;
    ack(&s, b);
    expect(&s, 10, 10, 10);
    ack(&s, a);
    expect(&s, 11, 11, 11);
    sender_sent(&s, LANE_LIVE, 12, false, 0);
    sender_lost(&s);
    expect(&s, 11, 11, 11);
}

static void documents_move_no_cursor(void **state)
{
    struct sender s = at(10, 10, 10);
    struct flight f;
    uint32_t id = sender_sent(&s, LANE_NONE, 1, true, 0);

    (void)state;
    expect(&s, 10, 10, 10);
    sender_sent(&s, LANE_LIVE, 11, true, 0);
    assert_true(sender_acked(&s, id, &f));
    assert_true(f.lane == LANE_NONE && f.rec == 1);
    expect(&s, 10, 10, 10);
    sender_lost(&s);
    assert_int_equal(s.in_flight, 0);
    assert_int_equal(s.lanes[LANE_LIVE].next, 11);
}

static void a_short_outage_is_caught_up_at_once(void **state)
{
    struct sender s = at(10, 10, 10);

    (void)state;
    for (unsigned i = 0; i < SENDER_SMALL; i++)
        sender_found(&s, 11 + i);
    sender_begin(&s, 100, 1000, 0, 0);
    assert_int_equal(s.lanes[LANE_LIVE].next, 11);
    assert_int_equal(sender_lane_wait(&s, LANE_LIVE, 0), 0);
    assert_int_equal(sender_lane_wait(&s, LANE_BACKLOG, 0), -1);
}

static void a_long_outage_becomes_a_backlog(void **state)
{
    struct sender s = at(10, 10, 10);
    uint32_t live, old;

    (void)state;
    for (unsigned i = 0; i < 500; i++)
        sender_found(&s, 11 + i);
    sender_begin(&s, 510, 100000, 12345, 0);
    assert_int_equal(s.lanes[LANE_LIVE].next, 511);
    assert_int_equal(s.lanes[LANE_LIVE].waiting, 0);
    assert_int_equal(s.lanes[LANE_BACKLOG].next, 11);
    assert_int_equal(s.lanes[LANE_BACKLOG].end, 511);
    assert_int_equal(s.lanes[LANE_BACKLOG].waiting, 500);
    /* it starts within a tenth of the outage */
    assert_in_range(s.replay_from_ms, 0, 10000);
    assert_int_equal(sender_lane_wait(&s, LANE_BACKLOG, s.replay_from_ms - 1), 1);
    assert_int_equal(sender_lane_wait(&s, LANE_BACKLOG, s.replay_from_ms), 0);
    expect(&s, 10, 510, 510);
    /* the new goes past the old */
    live = sender_sent(&s, LANE_LIVE, 511, true, 20000);
    old = sender_sent(&s, LANE_BACKLOG, 11, true, 20000);
    ack(&s, live);
    expect(&s, 10, 510, 511);
    ack(&s, old);
    expect(&s, 11, 510, 511);
    /* another break, shortly: both go on where they were */
    sender_sent(&s, LANE_BACKLOG, 12, true, 20000);
    sender_lost(&s);
    sender_found(&s, 512);
    sender_begin(&s, 512, 2000, 0, 30000);
    assert_int_equal(s.lanes[LANE_BACKLOG].next, 12);
    assert_int_equal(s.lanes[LANE_BACKLOG].end, 511);
    assert_int_equal(s.lanes[LANE_LIVE].next, 512);
    /* a long one: one backlog again, what was sent live meanwhile is sent twice */
    sender_lost(&s);
    for (unsigned i = 0; i < 500; i++)
        sender_found(&s, 513 + i);
    sender_begin(&s, 1012, 100000, 0, 40000);
    expect(&s, 11, 1012, 1012);
    /* worked off */
    sender_skip(&s, LANE_BACKLOG, 1013);
    assert_int_equal(sender_lane_wait(&s, LANE_BACKLOG, 50000), -1);
    expect(&s, 1012, 1012, 1012);
}

static void the_backlog_is_paced(void **state)
{
    struct sender s = at(0, 1000, 1000);
    unsigned sent = 0;
    uint64_t rec = 1;

    (void)state;
    sender_begin(&s, 1000, 0, 0, 0);
    for (int64_t now = 0; now < 10000; now++) {
        while (sender_lane_wait(&s, LANE_BACKLOG, now) == 0) {
            ack(&s, sender_sent(&s, LANE_BACKLOG, rec++, true, now));
            sent++;
        }
        assert_true(sender_lane_wait(&s, LANE_BACKLOG, now) <= 100);
        /* the live lane never waits */
        assert_int_equal(sender_lane_wait(&s, LANE_LIVE, now), 0);
    }
    /* ten at once, then ten a second */
    assert_in_range(sent, 109, 110);
}

static void buckets(void **state)
{
    struct bucket b;

    (void)state;
    bucket_init(&b, 0, 0);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(bucket_wait(&b, 0), 0);
        bucket_take(&b);
    }
    bucket_init(&b, 3, 1000);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bucket_wait(&b, 1000), 0);
        bucket_take(&b);
    }
    assert_int_equal(bucket_wait(&b, 1000), 334);
    assert_int_equal(bucket_wait(&b, 1333), 1);
    assert_int_equal(bucket_wait(&b, 1334), 0);
    /* a long silence fills it once, a clock that stands still not at all */
    assert_int_equal(bucket_wait(&b, 1000000), 0);
    assert_int_equal(b.credit_ms, 3000);
    bucket_take(&b);
    assert_int_equal(bucket_wait(&b, 999999), 0);
    assert_int_equal(b.credit_ms, 2000);
}

static void a_silent_broker_is_noticed(void **state)
{
    struct sender s = at(0, 0, 0);

    (void)state;
    assert_false(sender_stuck(&s, 1000000));
    sender_sent(&s, LANE_NONE, 0, true, 1000);
    assert_false(sender_stuck(&s, 1000 + SENDER_ACK_MS));
    assert_true(sender_stuck(&s, 1001 + SENDER_ACK_MS));
}

/*
 * Whatever is acknowledged, lost and restarted: no record is passed by the cursor that the broker did not
 * confirm, and in the end all are confirmed.
 */
static void nothing_is_lost(void **state)
{
    enum { RECORDS = 3000 };
    static bool confirmed[RECORDS + 1];
    struct sender s = at(0, 0, 0);
    struct cursor saved = {0};
    uint64_t newest = 0;
    int64_t now = 0;
    bool up = false;

    (void)state;
    srand(7);
    memset(confirmed, 0, sizeof confirmed);
    settings.replay_rps = 500;
    sender_init(&s, &settings, &saved, 0);
    for (unsigned step = 0; step < 200000; step++) {
        struct cursor c = sender_cursor(&s);
        for (uint64_t r = 1; r <= newest; r++) {
            bool passed = r <= c.backlog || (r > c.backlog_end && r <= c.live);
            assert_true(!passed || confirmed[r]);
        }
        now += rand() % 20;
        int what = rand() % 100;
        if (what < 6 && newest < RECORDS) {
            sender_found(&s, ++newest);
        } else if (what == 6 && rand() % 40 == 0 && newest + 200 < RECORDS) {
            for (unsigned i = 0; i < 200; i++)
                sender_found(&s, ++newest);
        } else if (!up && what < 30) {
            sender_begin(&s, newest, 1000, (uint32_t)rand(), now);
            up = true;
        } else if (up && what == 40 && rand() % 8 == 0) {
            sender_lost(&s);
            up = false;
        } else if (what == 41 && rand() % 20 == 0) {
            /* kill -9: only what was saved counts */
            sender_init(&s, &settings, &saved, now);
            for (uint64_t r = 1; r <= newest; r++)
                sender_found(&s, r);
            up = false;
        } else if (what == 42) {
            saved = sender_cursor(&s);
        } else if (up && what < 70) {
            enum sender_lane lane = rand() % 2 ? LANE_LIVE : LANE_BACKLOG;
            uint64_t next = s.lanes[lane].next;
            if (sender_room(&s) && sender_lane_wait(&s, lane, now) == 0 && next <= newest &&
                next < s.lanes[lane].end)
                sender_sent(&s, lane, next, true, now);
        } else if (up) {
            const struct flight *f = &s.flights[rand() % settings.window];
            struct flight out;
            if (f->used) {
                confirmed[f->rec] = true;
                assert_true(sender_acked(&s, f->id, &out));
            }
        }
        if (newest == RECORDS && sender_cursor(&s).backlog == RECORDS)
            break;
    }
    struct cursor c = sender_cursor(&s);
    assert_true(newest >= RECORDS - 200 && c.backlog == c.live && c.live == newest);
    for (uint64_t r = 1; r <= newest; r++)
        assert_true(confirmed[r]);
    settings.replay_rps = 10;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cursor_follows_the_longest_prefix),
        cmocka_unit_test(parts_belong_together),
        cmocka_unit_test(documents_move_no_cursor),
        cmocka_unit_test(a_short_outage_is_caught_up_at_once),
        cmocka_unit_test(a_long_outage_becomes_a_backlog),
        cmocka_unit_test(the_backlog_is_paced),
        cmocka_unit_test(buckets),
        cmocka_unit_test(a_silent_broker_is_noticed),
        cmocka_unit_test(nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
