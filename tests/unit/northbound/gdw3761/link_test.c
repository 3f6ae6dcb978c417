#include "northbound/gdw3761/link.h"

#include "tests/unit/northbound/gdw3761/rig.h"

static struct rig rig;

static const uint8_t f36[] = {0x00, 0x00, 0x08, 0x04, 0x00, 0x00, 0x00, 0x00}; /* AFN 04 F36 */

static void give_results(struct rig *r)
{
    const struct ctl_results m = {.count = 1};

    gdw_job_results(&r->link.job, r->box.seq, &m);
    rig_run(r);
}

static unsigned set_f36(struct rig *r, const struct gdw_frame *like)
{
    struct gdw_frame f = *like;

    return rig_send(r, &f, f36, sizeof f36);
}

/* clause: reference part 1, section 6: a repeated command is answered again, not executed again */
static void a_repeated_command_is_not_executed_again(void **state)
{
    (void)state;
    rig_init(&rig);
    struct gdw_frame f = rig_request(&rig, GDW_AFN_SET);
    assert_int_equal(set_f36(&rig, &f), 0);
    /* while it is executed: dropped */
    assert_int_equal(set_f36(&rig, &f), 0);
    assert_int_equal(rig.link.count.repeated, 1);
    give_results(&rig);
    expect_confirmed(&rig);
    assert_int_equal(rig_run(&rig), 0);
    /* afterwards: the stored answer; FCB and the function code do not matter */
    rig_later(&rig, GDW_REPEAT_MS - 1);
    f.acd = f.fcv = true;
    f.fc = GDW_FC_RESET;
    assert_int_equal(set_f36(&rig, &f), 1);
    expect_confirmed(&rig);
    assert_int_equal(rig.box.sets, 1);
    /* a minute later it is a new one */
    rig_later(&rig, 1);
    assert_int_equal(set_f36(&rig, &f), 0);
    assert_int_equal(rig.box.sets, 2);
    give_results(&rig);
    expect_confirmed(&rig);
    /* another PSEQ, another PW, another MSA: new ones */
    static const uint8_t other[GDW_PW_LEN] = {1};
    f.seq = 4;
    set_f36(&rig, &f);
    give_results(&rig);
    f.pw = other;
    set_f36(&rig, &f);
    give_results(&rig);
    f.msa = 2;
    set_f36(&rig, &f);
    give_results(&rig);
    assert_int_equal(rig.box.sets, 5);
}

static void a_repetition_gets_the_new_time_tag(void **state)
{
    (void)state;
    rig_init(&rig);
    struct gdw_frame f = rig_request(&rig, GDW_AFN_SET);
    f.tpv = true;
    f.tp = (struct gdw_tp){7, {0x15, 0x30, 0x10, 0x22}, 0};
    set_f36(&rig, &f);
    give_results(&rig);
    assert_memory_equal(&rig.f[0].tp, &f.tp, sizeof f.tp);
    f.tp.time[0] = 0x45;
    assert_int_equal(set_f36(&rig, &f), 1);
    assert_true(rig.f[0].tpv);
    assert_memory_equal(&rig.f[0].tp, &f.tp, sizeof f.tp);
    assert_int_equal(rig.box.sets, 1);
    /* equal PFC is part of "the same": another one is a new request */
    f.tp.pfc = 8;
    assert_int_equal(set_f36(&rig, &f), 0);
    assert_int_equal(rig.box.sets, 2);
}

static void a_forward_is_kept_for_ten_seconds_only(void **state)
{
    static const uint8_t back[] = {0x68, 0x16};

    (void)state;
    rig_init(&rig);
    rig_ask(&rig, GDW_AFN_FORWARD, "00000100 01 6B 85 0A 0200 6816");
    gdw_job_bytes(&rig.link.job, rig.box.seq, back, sizeof back);
    gdw_job_op_done(&rig.link.job, rig.box.seq, 0);
    assert_int_equal(rig_run(&rig), 1);
    rig_later(&rig, 9000);
    assert_int_equal(rig_ask(&rig, GDW_AFN_FORWARD, "00000100 01 6B 85 0A 0200 6816"), 1);
    expect_frame(&rig, 0, GDW_AFN_FORWARD, "00000100 01 0200 6816");
    assert_int_equal(rig.box.forwards, 1);
    rig_later(&rig, 1000);
    assert_int_equal(rig_ask(&rig, GDW_AFN_FORWARD, "00000100 01 6B 85 0A 0200 6816"), 0);
    assert_int_equal(rig.box.forwards, 2);
}

static void reading_requests_are_simply_answered_anew(void **state)
{
    (void)state;
    rig_init(&rig);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rig_ask(&rig, GDW_AFN_CLASS1, "00000200"), 1);
        rig_later(&rig, 1000);
    }
    assert_int_equal(rig.link.count.repeated, 0);
    expect_frame(&rig, 0, GDW_AFN_CLASS1, "00000200 17301022F126"); /* two seconds on: no stored answer */
}

/* ---- time tags ---- */

static int64_t local(int year, int month, int day, int hour, int minute, int second)
{
    struct civil c = {.year = (int16_t)year,
                      .month = (uint8_t)month,
                      .day = (uint8_t)day,
                      .hour = (uint8_t)hour,
                      .minute = (uint8_t)minute,
                      .second = (uint8_t)second};

    return civil_to_s(&c);
}

/* clause: reference part 1, section 9 */
static void time_tags(void **state)
{
    const int64_t now = local(2026, 11, 22, 10, 30, 15);
    static const struct {
        struct gdw_tp tp;
        bool in_time;
    } rows[] = {
        {{0, {0x15, 0x30, 0x10, 0x22}, 5}, true},    {{0, {0x15, 0x25, 0x10, 0x22}, 5}, true},
        {{0, {0x14, 0x25, 0x10, 0x22}, 5}, false},   {{0, {0x15, 0x35, 0x10, 0x22}, 5}, true},
        {{0, {0x16, 0x35, 0x10, 0x22}, 5}, false},   {{0, {0x14, 0x25, 0x10, 0x21}, 5}, false},
        {{0, {0x00, 0x00, 0x00, 0x01}, 0}, true},    {{0, {0xEE, 0xEE, 0xEE, 0xEE}, 0}, true},
        {{0, {0xEE, 0xEE, 0xEE, 0xEE}, 255}, false}, {{0, {0x60, 0x30, 0x10, 0x22}, 255}, false},
        {{0, {0x00, 0x30, 0x24, 0x22}, 255}, false}, {{0, {0x00, 0x30, 0x10, 0x00}, 255}, false},
        {{0, {0x00, 0x30, 0x10, 0x32}, 255}, false},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (gdw_tp_in_time(&rows[i].tp, now) != rows[i].in_time)
            fail_msg("row %u", i);
    }
    /* over the end of a month and of a year, and the 31st of a short month */
    const struct gdw_tp last = {0, {0x00, 0x59, 0x23, 0x31}, 5}, first = {0, {0x00, 0x01, 0x00, 0x01}, 5};
    assert_true(gdw_tp_in_time(&last, local(2026, 11, 1, 0, 2, 0)));
    assert_true(gdw_tp_in_time(&last, local(2027, 1, 1, 0, 2, 0)));
    assert_true(gdw_tp_in_time(&first, local(2026, 12, 31, 23, 58, 0)));
    assert_true(gdw_tp_in_time(&first, local(2026, 2, 28, 23, 58, 0)));
    assert_false(gdw_tp_in_time(&last, local(2026, 12, 1, 0, 2, 0)));
}

static void a_late_frame_gets_no_answer(void **state)
{
    static const uint8_t clock[] = {0x00, 0x00, 0x40, 0x03, 0x37, 0x39, 0x11, 0x10, 0x63, 0x10};
    static const uint8_t f2[] = {0x00, 0x00, 0x02, 0x00};

    (void)state;
    rig_init(&rig);
    struct gdw_frame f = rig_request(&rig, GDW_AFN_CLASS1);
    f.tpv = true;
    f.tp = (struct gdw_tp){1, {0x15, 0x20, 0x10, 0x22}, 5};
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 0);
    assert_int_equal(rig.link.count.late, 1);
    assert_false(gdw_link_busy(&rig.link));
    f.tp.delay_min = 10;
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 1);
    assert_true(rig.f[0].tpv);
    assert_memory_equal(&rig.f[0].tp, &f.tp, sizeof f.tp);
    /* the clock command is why the clocks differ: it is never late */
    f = rig_request(&rig, GDW_AFN_CONTROL);
    f.tpv = true;
    f.tp = (struct gdw_tp){1, {0x15, 0x20, 0x10, 0x11}, 5};
    rig_send(&rig, &f, clock, sizeof clock);
    assert_int_equal(rig.box.clocks, 1);
    /* without a tag the answer has none */
    rig_init(&rig);
    rig_ask(&rig, GDW_AFN_CLASS1, "00000200");
    assert_false(rig.f[0].tpv);
}

/* ---- addresses ---- */

/* clause: reference part 1, sections 3 and 4 */
static void frames_for_others_are_dropped(void **state)
{
    static const uint8_t f2[] = {0x00, 0x00, 0x02, 0x00};
    struct gdw_frame good, f;

    (void)state;
    rig_init(&rig);
    good = rig_request(&rig, GDW_AFN_CLASS1);
    f = good;
    f.up = true;
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 0);
    f = good;
    f.a1 = 0x4404;
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 0);
    f = good;
    f.a2 = 2;
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 0);
    f.a2 = GDW_BROADCAST; /* a broadcast without the group bit */
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 0);
    f.group = true; /* reading requests to all are ignored */
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 0);
    assert_int_equal(rig.link.count.foreign, 5);
    f = good;
    f.prm = false; /* a confirmation of nothing */
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 0);
    assert_int_equal(rig.link.count.unmatched, 1);
    f = good;
    f.afn = GDW_AFN_CONFIRM; /* and one that claims to start an exchange */
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 0);
    assert_int_equal(rig.link.count.unmatched, 2);
    f = good;
    f.msa = 127;
    assert_int_equal(rig_send(&rig, &f, f2, sizeof f2), 1);
    assert_int_equal(rig.f[0].msa, 127);
    assert_false(rig.f[0].group);
}

/* Fault 54: executed without an answer, where it is for us. Vector G25. */
static void group_commands_are_executed_in_silence(void **state)
{
    static const uint8_t clock[] = {0x00, 0x00, 0x40, 0x03, 0x37, 0x39, 0x11, 0x10, 0x63, 0x10};
    struct vector v;

    (void)state;
    rig_init(&rig);
    rig.app.a1 = 0x3301;
    rig.app.a2 = 4660;
    vector_load("376.1-frames.tsv", "G25", &v);
    assert_int_equal(rig_feed(&rig, v.raw, v.len), 0);
    assert_int_equal(rig.box.clocks, 1);
    gdw_job_op_done(&rig.link.job, rig.box.seq, 0);
    assert_int_equal(rig_run(&rig), 0);
    assert_false(gdw_link_busy(&rig.link));

    struct gdw_frame f = rig_request(&rig, GDW_AFN_CONTROL);
    f.group = true;
    f.a2 = GDW_BROADCAST;
    f.a1 = 0xFFFF; /* every region */
    rig_send(&rig, &f, clock, sizeof clock);
    assert_int_equal(rig.box.clocks, 2);
    gdw_job_op_done(&rig.link.job, rig.box.seq, 0);
    rig_run(&rig);
    f.a1 = 0x3302;
    rig_send(&rig, &f, clock, sizeof clock);
    assert_int_equal(rig.box.clocks, 2);
    /* a group address that is set, and one that is not; the region must be ours */
    rig.link.groups[3] = 0x1234;
    f.a1 = 0x3301;
    f.a2 = 0x1234;
    rig_send(&rig, &f, clock, sizeof clock);
    assert_int_equal(rig.box.clocks, 3);
    gdw_job_op_done(&rig.link.job, rig.box.seq, 0);
    rig_run(&rig);
    f.a2 = 0x1235;
    rig_send(&rig, &f, clock, sizeof clock);
    f.a2 = 0;
    rig_send(&rig, &f, clock, sizeof clock);
    f.a1 = 0xFFFF;
    f.a2 = 0x1234;
    rig_send(&rig, &f, clock, sizeof clock);
    assert_int_equal(rig.box.clocks, 3);
    /* what is refused is refused in silence too */
    f = rig_request(&rig, GDW_AFN_SET);
    f.group = true;
    f.a2 = GDW_BROADCAST;
    static const uint8_t f12[] = {0x00, 0x00, 0x08, 0x01, 0x0F, 0x03};
    assert_int_equal(rig_send(&rig, &f, f12, sizeof f12), 0);
    assert_false(gdw_link_busy(&rig.link));
}

/* ---- queue ---- */

/* clause: reference part 1, section 6: one request after the other */
static void requests_wait_for_the_one_in_work(void **state)
{
    (void)state;
    rig_init(&rig);
    rig_ask(&rig, GDW_AFN_SET, "00000804 00000000");
    assert_int_equal(rig_ask(&rig, GDW_AFN_CLASS1, "00000200"), 0);
    struct gdw_frame f = rig_request(&rig, GDW_AFN_SET);
    static const uint8_t other[] = {0x00, 0x00, 0x08, 0x04, 0x01, 0x00, 0x00, 0x00};
    assert_int_equal(rig_send(&rig, &f, other, sizeof other), 0);
    assert_int_equal(rig_send(&rig, &f, other, sizeof other), 0); /* waits already */
    assert_int_equal(rig.link.count.repeated, 1);
    give_results(&rig);
    assert_int_equal(rig.frames, 2);
    assert_int_equal(rig.f[0].afn, GDW_AFN_CONFIRM);
    assert_int_equal(rig.f[1].afn, GDW_AFN_CLASS1);
    assert_int_equal(rig.box.sets, 2);
    give_results(&rig);
    expect_confirmed(&rig);
    assert_false(gdw_link_busy(&rig.link));
    assert_int_equal(rig.link.count.dropped, 0);
}

static void a_full_queue_drops_and_counts(void **state)
{
    static uint8_t data[6000] = {0x00, 0x00, 0x02, 0x01};

    (void)state;
    rig_init(&rig);
    rig_ask(&rig, GDW_AFN_SET, "00000804 00000000");
    for (unsigned i = 0; i < 5; i++) {
        struct gdw_frame f = rig_request(&rig, GDW_AFN_QUERY);
        f.seq = (uint8_t)i;
        rig_send(&rig, &f, data, sizeof data);
    }
    assert_int_equal(rig.link.count.dropped, 3);
    give_results(&rig);
    assert_int_equal(rig.frames, 3);
    assert_false(gdw_link_busy(&rig.link));
    assert_int_equal(rig_ask(&rig, GDW_AFN_CLASS1, "00000200"), 1);
}

static void a_new_connection_starts_clean(void **state)
{
    static const uint8_t half[] = {0x68, 0x32, 0x00, 0x32, 0x00, 0x68, 0x4B};

    (void)state;
    rig_init(&rig);
    rig_ask(&rig, GDW_AFN_SET, "00000804 00000000");
    rig_ask(&rig, GDW_AFN_CLASS1, "00000200");
    rig_feed(&rig, half, sizeof half);
    gdw_link_reset(&rig.link);
    assert_false(gdw_link_busy(&rig.link));
    assert_int_equal(rig_run(&rig), 0);
    give_results(&rig); /* of a request that nobody waits for */
    assert_int_equal(rig.frames, 0);
    assert_int_equal(rig_ask(&rig, GDW_AFN_CLASS1, "00000200"), 1);
    assert_string_equal(rig.link.last_request, "0C F2 P0");
}

static void the_status_names_the_last_request(void **state)
{
    (void)state;
    rig_init(&rig);
    rig_ask(&rig, GDW_AFN_CLASS1, "04010110");
    assert_string_equal(rig.link.last_request, "0C F129 P3");
    rig_ask(&rig, GDW_AFN_CLASS1, "FF000110");
    assert_string_equal(rig.link.last_request, "0C F129 all points");
    rig_ask(&rig, 0x77, "00000100");
    assert_string_equal(rig.link.last_request, "77 F1 P0");
    rig_ask(&rig, GDW_AFN_CLASS1, "01000110");
    assert_string_equal(rig.link.last_request, "0C");
    assert_int_equal(rig.link.requests, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeated_command_is_not_executed_again),
        cmocka_unit_test(a_repetition_gets_the_new_time_tag),
        cmocka_unit_test(a_forward_is_kept_for_ten_seconds_only),
        cmocka_unit_test(reading_requests_are_simply_answered_anew),
        cmocka_unit_test(time_tags),
        cmocka_unit_test(a_late_frame_gets_no_answer),
        cmocka_unit_test(frames_for_others_are_dropped),
        cmocka_unit_test(group_commands_are_executed_in_silence),
        cmocka_unit_test(requests_wait_for_the_one_in_work),
        cmocka_unit_test(a_full_queue_drops_and_counts),
        cmocka_unit_test(a_new_connection_starts_clean),
        cmocka_unit_test(the_status_names_the_last_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
