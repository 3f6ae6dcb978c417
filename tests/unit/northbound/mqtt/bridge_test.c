#include "tests/unit/northbound/mqtt/world.h"

static void a_round_goes_out(void **state)
{
    struct world *w = *state;

    sweep(w, 29000000);
    start(w);
    connect_it(w);
    run(w, 3000);
    /* we are here, before anything else */
    const struct message *m = w->list[0].qos ? &w->list[0] : &w->list[1];
    assert_string_equal(m->topic, "ecc/v1/44030001/status");
    assert_string_equal(m->payload, "online");
    assert_true(m->retained);
    assert_true(find(w, "ecc/v1/44030001/info")->retained);
    assert_string_equal(find(w, M(1) "/status")->payload, "online");
    assert_true(find(w, M(1) "/status")->retained && find(w, M(2) "/info")->retained);
    assert_int_equal(count_of(w, "data"), METERS);
    assert_false(find(w, M(3) "/data")->retained);
    cJSON *j = doc_parse(find(w, M(3) "/data")->payload, find(w, M(3) "/data")->length);
    assert_true(doc_number(j, "ts") == (double)w->bridge.roster.at[3].last_at * 1000);
    /* it waited: the broker came later */
    assert_true(cJSON_IsTrue(doc_at(j, "hist")));
    cJSON_Delete(j);
    j = doc_parse(find(w, M(3) "/state")->payload, find(w, M(3) "/state")->length);
    assert_true(doc_number(doc_at(j, "vals"), "ep_imp_t4") == 290000000.34);
    cJSON_Delete(j);
    assert_true(find(w, M(3) "/state")->retained);
    /* the next round is news */
    forget(w);
    sweep(w, 29000015);
    run(w, 2000);
    assert_int_equal(count_of(w, "data"), METERS);
    assert_int_equal(count_of(w, "state"), METERS);
    assert_int_equal(w->count, 2 * METERS);
    assert_non_null(strstr(find(w, M(1) "/data")->payload, "\"hist\":false"));
    put_event(w, 3);
    bridge_poke(&w->bridge);
    run(w, 10);
    assert_non_null(strstr(find(w, "ecc/v1/44030001/event")->payload, "\"erc\":21"));
    /* quiet */
    forget(w);
    run(w, 30000);
    assert_int_equal(w->count, 0);
    run(w, 31000);
    assert_int_equal(w->count, 1);
    assert_non_null(find(w, "ecc/v1/44030001/health"));
}

static void it_waits_for_the_store(void **state)
{
    struct world *w = *state;
    char from[256], to[256];

    store_close(w->store);
    assert_int_equal(rename(fix_path(&w->fix, "store.db", from), fix_path(&w->fix, "elsewhere", to)), 0);
    start(w);
    run(w, 60000);
    assert_int_equal(w->connects, 0);
    assert_int_equal(w->bridge.state, BRIDGE_STORE);
    assert_int_equal(rename(to, from), 0);
    w->store = fix_open(&w->fix);
    connect_it(w);
    /* and goes on when it is closed for a while */
    run(w, 5000);
    store_close(w->store);
    run(w, 5000);
    w->store = fix_open(&w->fix);
    forget(w);
    sweep(w, 29000000);
    run(w, 5000);
    assert_int_equal(count_of(w, "data"), METERS);
}

static void the_place_survives_a_restart(void **state)
{
    struct world *w = *state;

    sweep(w, 29000000);
    start(w);
    connect_it(w);
    run(w, 7000);
    assert_int_equal(count_of(w, "data"), METERS);
    bridge_free(&w->bridge);
    forget(w);
    sweep(w, 29000015);
    start(w);
    connect_it(w);
    run(w, 3000);
    assert_int_equal(count_of(w, "data"), METERS);
    for (unsigned i = 0; i < w->count; i++)
        assert_true(!is_record(&w->list[i]) || strstr(w->list[i].payload, "29000015"));
    /* the file is damaged: better twice than never */
    char path[256];
    snprintf(path, sizeof path, "%s/mqtt/cursor", w->fix.dir);
    bridge_free(&w->bridge);
    assert_int_equal(truncate(path, 10), 0);
    forget(w);
    start(w);
    connect_it(w);
    run(w, 3000);
    assert_int_equal(count_of(w, "data"), 2 * METERS);
}

static void another_store_is_noticed(void **state)
{
    struct world *w = *state;

    for (unsigned i = 0; i < 5; i++)
        sweep(w, 29000000 + i);
    start(w);
    connect_it(w);
    run(w, 7000);
    bridge_free(&w->bridge);
    store_close(w->store);
    fix_clear(w->fix.dir);
    w->store = fix_open(&w->fix);
    put_meter(w, 1, "1");
    put_meter(w, 2, "2");
    put_meter(w, 3, "3");
    sweep(w, 29000100);
    forget(w);
    start(w);
    connect_it(w);
    run(w, 3000);
    assert_int_equal(count_of(w, "data"), METERS);
}

/* Unconfirmed is unsent. */
static void a_break_sends_again(void **state)
{
    struct world *w = *state;

    start(w);
    connect_it(w);
    run(w, 2000);
    sweep(w, 29000000);
    forget(w);
    w->mono_ms += 2000;
    bridge_step(&w->bridge, w->mono_ms, w->system_ms);
    assert_int_equal(count_of(w, "data"), METERS);
    uint64_t live = sender_cursor(&w->bridge.sender).live;
    break_it(w);
    assert_int_equal(w->bridge.state, BRIDGE_WAIT);
    assert_int_equal(sender_cursor(&w->bridge.sender).live, live);
    forget(w);
    connect_it(w);
    run(w, 2000);
    assert_int_equal(count_of(w, "data"), METERS);
    /* documents come again too: the broker may have lost them */
    assert_int_equal(count_of(w, "state"), METERS);
    assert_int_equal(count_of(w, "info"), METERS + 1);
    assert_true(sender_cursor(&w->bridge.sender).live > live);
}

static void lost_records_are_announced(void **state)
{
    struct world *w = *state;
    unsigned gaps = 0;

    start(w);
    connect_it(w);
    run(w, 7000);
    uint64_t known = sender_cursor(&w->bridge.sender).live;
    break_it(w);
    assert_int_equal(store_set_journal(w->store, 20), 0);
    for (unsigned i = 0; i < 40; i++)
        sweep(w, 29000000 + i);
    struct journal_entry e;
    uint64_t oldest;
    assert_int_equal(view_journal(w->view, known, &e, 1, &oldest), 1);
    assert_true(oldest > known + 1);
    forget(w);
    connect_it(w);
    run(w, 20000);
    for (unsigned i = 0; i < w->count; i++) {
        if (!strstr(w->list[i].payload, "\"kind\":\"gap\""))
            continue;
        cJSON *j = doc_parse(w->list[i].payload, w->list[i].length);
        assert_true(doc_number(j, "from") == (double)(known + 1) &&
                    doc_number(j, "to") == (double)(oldest - 1));
        assert_true(doc_number(j, "rec") == (double)(oldest - 1));
        assert_string_equal(w->list[i].topic, "ecc/v1/44030001/event");
        cJSON_Delete(j);
        gaps++;
    }
    assert_int_equal(gaps, 1);
    assert_true(w->bridge.lost == oldest - known - 1);
    assert_true(sender_cursor(&w->bridge.sender).backlog == store_last_rec(w->store));
}

/* The journal knows them, their rows are gone: one announcement for all, then the rest. */
static void records_without_rows_are_one_gap(void **state)
{
    struct world *w = *state;
    unsigned gaps = 0;

    assert_int_equal(store_set_depth(w->store, (struct store_depth){1, 1, 1, 2}), 0);
    for (unsigned i = 0; i < 10; i++)
        sweep(w, 29000000 + i);
    start(w);
    connect_it(w);
    run(w, 5000);
    assert_int_equal(count_of(w, "data"), 2 * METERS);
    for (unsigned i = 0; i < w->count; i++)
        gaps += strstr(w->list[i].payload, "\"kind\":\"gap\"") != NULL;
    assert_int_equal(gaps, 1);
    assert_int_equal(w->bridge.lost, 8 * METERS);
}

static void an_event_that_was_overwritten_is_a_gap(void **state)
{
    struct world *w = *state;
    unsigned gaps = 0, events = 0;

    for (unsigned i = 0; i < EVENT_RING + 10; i++) {
        w->system_ms += 1000;
        put_event(w, 1);
    }
    start(w);
    connect_it(w);
    run(w, 5000);
    for (unsigned i = 0; i < w->count; i++) {
        gaps += strstr(w->list[i].payload, "\"kind\":\"gap\"") != NULL;
        events += strstr(w->list[i].payload, "\"kind\":\"erc\"") != NULL;
    }
    assert_int_equal(gaps, 1);
    assert_int_equal(events, EVENT_RING);
    assert_int_equal(w->bridge.lost, 10);
}

static void freezes(void **state)
{
    struct world *w = *state;
    int64_t day = slot_day(w->config.terminal.zone, NOW) - 1;
    struct freeze gone = fix_missing(FREEZE_DAY, day, 2, NOW), f = fix_freeze(FREEZE_DAY, day, 1, 77);

    f.frozen_at = slot_day_end(w->config.terminal.zone, day);
    fix_put(w->store, f);
    fix_put(w->store, gone);
    gone.point = 3;
    fix_put(w->store, gone);
    f.point = 3;
    f.flags = FREEZE_METER | FREEZE_FILLED;
    fix_put(w->store, f);
    start(w);
    connect_it(w);
    run(w, 3000);
    /* the mark at point 3 was replaced by values: only these are sent */
    assert_int_equal(count_of(w, "freeze"), 3);
    cJSON *j = doc_parse(find(w, M(1) "/freeze")->payload, find(w, M(1) "/freeze")->length);
    assert_string_equal(doc_text(j, "kind"), "day");
    assert_string_equal(doc_text(j, "of"), "2026-11-21");
    assert_string_equal(doc_text(j, "at"), "2026-11-22");
    assert_string_equal(doc_text(j, "q"), "good");
    cJSON_Delete(j);
    assert_non_null(strstr(find(w, M(2) "/freeze")->payload, "\"q\":\"bad\",\"vals\":{}"));
    assert_non_null(strstr(find(w, M(3) "/freeze")->payload, "\"hist\":true,\"q\":\"est\""));
}

static void an_exchanged_meter(void **state)
{
    struct world *w = *state;

    start(w);
    connect_it(w);
    run(w, 7000);
    break_it(w);
    sweep(w, 29000000);
    run(w, 100);
    put_meter(w, 2, "9");
    put_meter(w, 3, NULL);
    sweep(w, 29000015);
    forget(w);
    connect_it(w);
    run(w, 10000);
    /* what the old meter measured is the old meter's */
    assert_non_null(strstr(find(w, M(2) "/data")->payload, "\"ep_imp\":290000000.20,"));
    assert_non_null(strstr(find(w, M(9) "/data")->payload, "\"ep_imp\":290000150.20,"));
    assert_non_null(find(w, M(3) "/data"));
    /* its retained topics are empty, the new one's are there */
    assert_int_equal(find(w, M(2) "/state")->length, 0);
    assert_int_equal(find(w, M(2) "/status")->length, 0);
    assert_int_equal(find(w, M(3) "/info")->length, 0);
    assert_true(find(w, M(2) "/info")->retained);
    assert_true(find(w, M(9) "/state")->length > 0);
    assert_int_equal(w->bridge.roster.gone_count, 0);
    /* not again after a restart */
    bridge_free(&w->bridge);
    forget(w);
    start(w);
    connect_it(w);
    run(w, 5000);
    assert_null(find(w, M(2) "/status"));
}

/* The archive changed while the bridge did not run. */
static void exchanged_while_nobody_looked(void **state)
{
    struct world *w = *state;

    start(w);
    connect_it(w);
    run(w, 7000);
    bridge_free(&w->bridge);
    sweep(w, 29000000);
    put_meter(w, 2, "9");
    sweep(w, 29000015);
    forget(w);
    start(w);
    connect_it(w);
    run(w, 10000);
    assert_non_null(strstr(find(w, M(2) "/data")->payload, "\"ep_imp\":290000000.20,"));
    assert_non_null(strstr(find(w, M(9) "/data")->payload, "\"ep_imp\":290000150.20,"));
    assert_int_equal(find(w, M(2) "/status")->length, 0);
}

static void home_assistant(void **state)
{
    struct world *w = *state;

    w->settings.ha_discovery = true;
    start(w);
    connect_it(w);
    assert_int_equal(w->watches, 1);
    run(w, 3000);
    /* nothing read yet: nothing to show */
    assert_int_equal(count_of(w, "config"), 1);
    sweep(w, 29000000);
    run(w, 3000);
    assert_int_equal(count_of(w, "config"), 1 + METERS);
    assert_true(find(w, "homeassistant/device/44030001_000000000001/config")->retained);
    forget(w);
    bridge_birth(&w->bridge);
    run(w, 35000);
    assert_int_equal(count_of(w, "config"), 1 + METERS);
    forget(w);
    put_meter(w, 1, NULL);
    run(w, 5000);
    assert_int_equal(find(w, "homeassistant/device/44030001_000000000001/config")->length, 0);
}

static void silent_meters_go_off_line(void **state)
{
    struct world *w = *state;

    sweep(w, 29000000);
    start(w);
    connect_it(w);
    run(w, 3000);
    assert_string_equal(find(w, M(1) "/status")->payload, "online");
    forget(w);
    run(w, (int64_t)w->settings.offline_s * 1000 + 6000);
    assert_string_equal(find(w, M(1) "/status")->payload, "offline");
    forget(w);
    sweep(w, 29000045);
    run(w, 6000);
    assert_string_equal(find(w, M(1) "/status")->payload, "online");
}

static void states_between_rounds(void **state)
{
    struct world *w = *state;

    w->settings.state_s = 30;
    sweep(w, 29000000);
    start(w);
    connect_it(w);
    run(w, 3000);
    forget(w);
    for (unsigned i = 0; i < 90; i++) {
        fix_put_latest(w->store, 1, fix_energy(Q_EP_IMP, w->system_ms / 1000, i));
        run(w, 1000);
    }
    assert_in_range(count_of(w, "state"), 3, 4);
    assert_int_equal(count_of(w, "data"), 0);
    w->settings.state_s = 0;
    forget(w);
    for (unsigned i = 0; i < 90; i++) {
        fix_put_latest(w->store, 1, fix_energy(Q_EP_IMP, w->system_ms / 1000, i));
        run(w, 1000);
    }
    assert_int_equal(count_of(w, "state"), 0);
}

static void what_the_broker_refuses(void **state)
{
    struct world *w = *state;

    start(w);
    connect_it(w);
    run(w, 2000);
    sweep(w, 29000000);
    w->mono_ms += 2000;
    bridge_step(&w->bridge, w->mono_ms, w->system_ms);
    /* this one it will never take; the others go on */
    bridge_refused(&w->bridge, w->open[0], 0x95);
    w->open[0] = w->open[--w->open_count];
    assert_int_equal(w->bridge.state, BRIDGE_UP);
    assert_int_equal(w->bridge.refused, 1);
    confirm_all(w);
    assert_true(sender_cursor(&w->bridge.sender).live == store_last_rec(w->store));
    /* a right that is missing: nothing is lost, and we wait */
    sweep(w, 29000015);
    w->mono_ms += 2000;
    bridge_step(&w->bridge, w->mono_ms, w->system_ms);
    bridge_refused(&w->bridge, w->open[0], 0x87);
    w->open_count = 0;
    assert_int_equal(w->drops, 1);
    assert_int_equal(w->bridge.state, BRIDGE_WAIT);
    assert_true(w->bridge.retry.at_ms - w->mono_ms >= RETRY_REFUSED_MS);
    assert_int_equal(sender_cursor(&w->bridge.sender).live, store_last_rec(w->store) - METERS);
    assert_string_equal(w->bridge.fault.text, "it does not accept our messages: we are not authorised");
}

static void a_silent_broker_is_dropped(void **state)
{
    struct world *w = *state;

    start(w);
    connect_it(w);
    for (unsigned i = 0; i < 70 && w->drops == 0; i++) {
        w->mono_ms += 1000;
        bridge_step(&w->bridge, w->mono_ms, w->system_ms);
    }
    assert_int_equal(w->drops, 1);
    assert_int_equal(w->bridge.state, BRIDGE_WAIT);
    assert_int_equal(w->bridge.fault.kind, FAULT_SILENT);
}

static void tls_waits_for_the_clock(void **state)
{
    struct world *w = *state;

    w->settings.tls = true;
    w->system_ms = 12345;
    start(w);
    run(w, 60000);
    assert_int_equal(w->connects, 0);
    assert_int_equal(w->bridge.fault.kind, FAULT_CLOCK);
    w->system_ms = NOW * 1000LL;
    run(w, 6000);
    assert_int_equal(w->connects, 1);
    /* the box knows that it is later than that */
    bridge_free(&w->bridge);
    uint8_t raw[8];
    struct wbuf f = wbuf_of(raw, sizeof raw);
    wbuf_i64(&f, NOW + 90 * 86400);
    assert_int_equal(store_fact_put(w->store, "last_alive", raw, sizeof raw), 0);
    start(w);
    run(w, 60000);
    assert_int_equal(w->connects, 1);
    /* its clock has an offset: in the system's terms that was now */
    w->bridge.clock.offset_ms = 90 * 86400 * 1000LL;
    run(w, 6000);
    assert_int_equal(w->connects, 2);
}

static void failures_and_a_stuck_library(void **state)
{
    struct world *w = *state;
    struct fault f;
    int64_t wait = 0;

    w->connect_ret = CN_E_IO;
    start(w);
    run(w, 30000);
    assert_in_range(w->connects, 3, 12);
    w->connect_ret = 0;
    unsigned before = w->connects;
    while (w->connects == before)
        run(w, 1000);
    fault_set(&f, FAULT_REFUSED, "user or password is wrong");
    bridge_failed(&w->bridge, &f);
    assert_true(w->bridge.retry.at_ms - w->mono_ms >= RETRY_REFUSED_MS);
    while (w->bridge.state != BRIDGE_CONNECTING)
        run(w, 1000);
    /* nothing more is heard of this attempt */
    for (unsigned i = 0; i < 100 && wait >= 0; i++) {
        w->mono_ms += 1000;
        wait = bridge_step(&w->bridge, w->mono_ms, w->system_ms);
    }
    assert_int_equal(wait, CN_E_TIMEOUT);
}

static void the_orderly_end(void **state)
{
    struct world *w = *state;
    char path[256];
    struct cursor c;

    start(w);
    connect_it(w);
    run(w, 7000);
    sweep(w, 29000000);
    run(w, 1500);
    bridge_leave(&w->bridge);
    assert_int_equal(w->bridge.state, BRIDGE_LEAVING);
    assert_string_equal(w->list[w->count - 1].topic, "ecc/v1/44030001/status");
    assert_string_equal(w->list[w->count - 1].payload, "offline");
    assert_true(w->list[w->count - 1].retained);
    confirm_all(w);
    assert_int_equal(w->bridge.state, BRIDGE_ENDED);
    snprintf(path, sizeof path, "%s/mqtt/cursor", w->fix.dir);
    assert_int_equal(cursor_load(path, &c), 0);
    assert_true(c.live == store_last_rec(w->store));
    /* a broker that does not answer is not waited for */
    bridge_free(&w->bridge);
    start(w);
    connect_it(w);
    bridge_leave(&w->bridge);
    w->mono_ms += BRIDGE_LEAVE_MS;
    bridge_step(&w->bridge, w->mono_ms, w->system_ms);
    assert_int_equal(w->bridge.state, BRIDGE_ENDED);
    /* and without a connection there is nothing to say */
    bridge_free(&w->bridge);
    start(w);
    run(w, 2000);
    bridge_leave(&w->bridge);
    assert_int_equal(w->bridge.state, BRIDGE_ENDED);
}

static void a_folder_that_cannot_be_written(void **state)
{
    struct world *w = *state;
    char path[256];

    FILE *f = fopen(fix_path(&w->fix, "mqtt", path), "w");
    assert_non_null(f);
    fclose(f);
    sweep(w, 29000000);
    start(w);
    connect_it(w);
    run(w, 10000);
    assert_int_equal(count_of(w, "data"), METERS);
    unlink(path);
}

/* A window of one, tiny documents, records in parts: still everything, in order. */
static void narrow(void **state)
{
    struct world *w = *state;
    double last = 0;

    w->settings.window = 1;
    w->settings.max_payload = 1024;
    start(w);
    for (unsigned q = Q_EP_IMP; q <= Q_EQ_Q4; q++) {
        struct reading_set set = {.at = NOW};
        for (unsigned t = 0; t <= 12; t++)
            reading_put(&set, q, t, value_of(123456789, -2));
        fix_put_latest(w->store, 1, set);
    }
    sweep(w, 29000000);
    connect_it(w);
    run(w, 20000);
    unsigned parts = 0;
    for (unsigned i = 0; i < w->count; i++) {
        if (!is_record(&w->list[i]))
            continue;
        assert_true(w->list[i].length <= 1024);
        cJSON *j = doc_parse(w->list[i].payload, w->list[i].length);
        assert_true(doc_number(j, "rec") >= last);
        last = doc_number(j, "rec");
        parts += doc_at(j, "part") != NULL;
        cJSON_Delete(j);
    }
    assert_true(parts >= 2);
    assert_true(sender_cursor(&w->bridge.sender).live == store_last_rec(w->store));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_round_goes_out),
        T(it_waits_for_the_store),
        T(the_place_survives_a_restart),
        T(another_store_is_noticed),
        T(a_break_sends_again),
        T(lost_records_are_announced),
        T(records_without_rows_are_one_gap),
        T(an_event_that_was_overwritten_is_a_gap),
        T(freezes),
        T(an_exchanged_meter),
        T(exchanged_while_nobody_looked),
        T(home_assistant),
        T(silent_meters_go_off_line),
        T(states_between_rounds),
        T(what_the_broker_refuses),
        T(a_silent_broker_is_dropped),
        T(tls_waits_for_the_clock),
        T(failures_and_a_stuck_library),
        T(the_orderly_end),
        T(a_folder_that_cannot_be_written),
        T(narrow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
