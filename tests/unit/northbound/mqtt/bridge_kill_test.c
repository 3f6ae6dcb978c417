#include "tests/unit/northbound/mqtt/world.h"

/*
 * Rounds, freezes and events keep coming; the broker confirms late, breaks, stays away; the bridge is killed
 * at any moment and its file is what the last save left. In the end each record has arrived, and never with
 * other content.
 */
static void every_record_arrives_unchanged(void **state)
{
    struct world *w = *state;
    static bool want[RECS], got[RECS];
    static char *content[RECS];
    unsigned kills = 0, breaks = 0;

    srand(11);
    w->settings.window = 8;
    start(w);
    for (unsigned step = 0; step < 6000; step++) {
        int what = rand() % 1000;
        w->mono_ms += rand() % 400;
        w->system_ms += rand() % 400;
        if (what < 60 && step < 5000)
            sweep(w, 29000000 + step);
        else if (what < 80 && step < 5000)
            put_event(w, 2);
        else if (what < 100 && step < 5000)
            fix_put(w->store, fix_freeze(FREEZE_HOUR, step, 1 + (unsigned)rand() % METERS, (int64_t)step));
        else if (what < 115 && w->bridge.state == BRIDGE_UP) {
            break_it(w);
            w->bridge.retry.at_ms = w->mono_ms + rand() % 20000;
            breaks++;
        } else if (what < 130) {
            bridge_free(&w->bridge);
            start(w);
            kills++;
        }
        assert_true(bridge_step(&w->bridge, w->mono_ms, w->system_ms) >= 0);
        if (w->bridge.state == BRIDGE_CONNECTING)
            bridge_up(&w->bridge);
        while (w->open_count > 0 && rand() % 3) {
            unsigned i = (unsigned)rand() % w->open_count;
            bridge_acked(&w->bridge, w->open[i]);
            w->open[i] = w->open[--w->open_count];
        }
    }
    for (unsigned i = 0; i < 200; i++) {
        if (w->bridge.state == BRIDGE_CONNECTING)
            bridge_up(&w->bridge);
        run(w, 1000);
    }
    unsigned count = expected(w, want), sent = 0;
    for (unsigned i = 0; i < w->count; i++) {
        const struct message *m = &w->list[i];
        if (!is_record(m))
            continue;
        assert_null(strstr(m->payload, "\"kind\":\"gap\""));
        uint64_t rec = rec_of(m);
        assert_true(rec > 0 && rec < RECS && want[rec]);
        sent++;
        /* only the mark of lateness may differ */
        char *hist = strstr(m->payload, "\"hist\":"), *q = strstr(hist, ",\"");
        memmove(hist, q, strlen(q) + 1);
        if (got[rec])
            assert_string_equal(content[rec], m->payload);
        got[rec] = true;
        content[rec] = m->payload;
    }
    for (unsigned r = 0; r < RECS; r++)
        assert_int_equal(got[r], want[r]);
    assert_true(count > 500 && kills > 50 && breaks > 30);
    print_message("%u records, %u sent, %u kills, %u breaks\n", count, sent, kills, breaks);
    assert_int_equal(w->bridge.lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_record_arrives_unchanged, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
