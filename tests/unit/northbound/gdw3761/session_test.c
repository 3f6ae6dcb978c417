#include "northbound/gdw3761/session.h"

#include "tests/unit/northbound/gdw3761/fake_box.h"
#include "tests/unit/northbound/gdw3761/vectors.h"

/* The session against a scripted master on simulated time. */

enum reply { CONFIRM, CONFIRM_F3, DENY, SILENT };

struct world {
    struct fake_box box;
    struct gdw_app app;
    struct gdw_session s;
    struct gdw_link_memory memory;
    struct gdw_comm comm;
    int64_t now_ms;
    bool connected;
    bool reachable[2]; /* main, standby */
    enum reply login, heartbeat, logout, report;
    bool deaf;      /* takes no bytes */
    bool lose_next; /* loses the next confirmation it would send */
    unsigned connects[2], closes;
    unsigned logins, heartbeats, logouts, reports, answers;
    int64_t connect_at, login_at, heartbeat_at, report_at;
    uint8_t pseqs[64];
    unsigned frames;
    struct gdw_frame last;
    uint8_t last_raw[2048];
    size_t last_len;
};

static struct world w;

static struct gdw_now now(void)
{
    return (struct gdw_now){.mono_ms = w.now_ms, .utc_s = 1795314615 + w.now_ms / 1000};
}

static void master_sends(struct gdw_frame *f, const uint8_t *data, size_t n)
{
    uint8_t raw[1024];
    struct wbuf out = wbuf_of(raw, sizeof raw);

    f->a1 = w.app.a1;
    f->a2 = w.app.a2;
    f->fir = f->fin = true;
    f->data = data;
    f->data_len = (uint16_t)n;
    assert_true(gdw_frame_encode(&out, f) > 0);
    gdw_session_input(&w.s, raw, out.len, now());
}

static void reply(enum reply how, uint8_t pseq, unsigned fn)
{
    struct gdw_frame f = {.fc = GDW_FC_CLASS2, .seq = pseq, .afn = GDW_AFN_CONFIRM};
    uint8_t data[] = {0, 0, 1, 0, 0x02, 0, 0, (uint8_t)(1U << (fn - 1)), 0, 0};

    if (how == SILENT || w.lose_next) {
        w.lose_next = false;
        return;
    }
    if (how == CONFIRM_F3) {
        data[2] = 4;
        master_sends(&f, data, sizeof data);
        return;
    }
    data[2] = how == DENY ? 2 : 1;
    master_sends(&f, data, 4);
}

/* One frame of the terminal arrives. */
static void master_takes(const uint8_t *p, size_t n)
{
    struct gdw_frame f;

    memcpy(w.last_raw, p, n);
    w.last_len = n;
    assert_int_equal(gdw_frame_decode(w.last_raw, n, &f), 0);
    w.last = f;
    assert_true(f.up);
    if (!f.prm) {
        w.answers++;
        return;
    }
    w.pseqs[w.frames++ % 64] = f.seq;
    assert_int_equal(f.msa, 0);
    assert_false(f.tpv);
    if (f.afn == GDW_AFN_EVENTS) {
        w.reports++;
        w.report_at = w.now_ms;
        assert_int_equal(f.fc, GDW_FC_SEND);
        if (f.con)
            reply(w.report, f.seq, 1);
        return;
    }
    /* clause: reference part 1, section 11: C9H, CON = 1, neither EC nor Tp */
    assert_int_equal(f.afn, GDW_AFN_LINK);
    assert_int_equal(gdw_frame_c(&f), 0xC9);
    assert_true(f.con && f.fir && f.fin);
    assert_int_equal(f.data_len, 4);
    switch (f.data[2]) {
    case 1:
        w.logins++;
        w.login_at = w.now_ms;
        reply(w.login, f.seq, 1);
        break;
    case 2:
        w.logouts++;
        reply(w.logout, f.seq, 2);
        break;
    case 4:
        w.heartbeats++;
        w.heartbeat_at = w.now_ms;
        reply(w.heartbeat, f.seq, 3);
        break;
    default:
        fail();
    }
}

static void cut(void)
{
    w.connected = false;
    gdw_session_closed(&w.s, now());
}

/* Do all that is due now. */
static void settle(void)
{
    for (unsigned i = 0; i < 100; i++) {
        const uint8_t *p;
        size_t n;
        enum gdw_action a = gdw_session_step(&w.s, now());
        if (a == GDW_ACT_CONNECT) {
            w.connects[w.s.host]++;
            w.connect_at = w.now_ms;
            w.connected = w.reachable[w.s.host];
            if (w.connected)
                gdw_session_connected(&w.s, now());
            else
                cut();
        } else if (a == GDW_ACT_CLOSE) {
            w.closes++;
            cut();
        } else if (w.connected && !w.deaf && (n = gdw_session_output(&w.s, now(), &p)) > 0) {
            master_takes(p, n);
        } else {
            return;
        }
    }
    fail_msg("the session does not come to rest at %lld", (long long)w.now_ms);
}

/* Let time pass from deadline to deadline. */
static void run_for(int64_t ms)
{
    int64_t end = w.now_ms + ms;

    settle();
    while (w.now_ms < end) {
        int64_t at = gdw_session_deadline(&w.s, now());
        if (at <= w.now_ms)
            at = w.now_ms + 1;
        w.now_ms = at < end ? at : end;
        settle();
    }
}

static void begin(void)
{
    memset(&w, 0, sizeof w);
    fake_init(&w.box);
    gdw_app_init(&w.app, &w.box.seam);
    w.app.a1 = 0x4403;
    w.app.a2 = 32; /* a multiple of 16: no jitter */
    w.reachable[0] = w.reachable[1] = true;
    w.comm = (struct gdw_comm){
        .f1 = {.timeout_s = 10, .repeats = 2, .confirm = 7, .heartbeat_min = 5},
        .hosts = {{true, {10, 0, 0, 1}, 9001}, {true, {10, 0, 0, 2}, 9002}},
        .redial_s = 60,
    };
    w.now_ms = 1000000;
    gdw_session_init(&w.s, &w.app, &w.memory, &w.comm, now());
}

static void add_event(unsigned ring)
{
    static const uint8_t record[] = {21, 6, 0x30, 0x10, 0x21, 0x11, 0x26, 4};

    fake_add_event(&w.box, ring, record, sizeof record);
    gdw_report_wake(&w.s.report);
}

/* concentratord moves RD, as asked. */
static void store_moves_rd(void)
{
    w.box.state.rd1 = w.box.seen.upto;
    if (w.box.seen.clear_acd || w.box.state.rd1 == w.box.state.ec1)
        w.box.state.acd = false;
    gdw_report_done(&w.s.report, w.box.seq, 0);
}

/* ---- login and heartbeat ---- */

/* clause: reference part 1, section 11 */
static void login_at_once_then_heartbeats(void **state)
{
    (void)state;
    begin();
    settle();
    assert_int_equal(w.connects[0], 1);
    assert_int_equal(w.logins, 1);
    assert_int_equal(w.s.state, GDW_ONLINE);
    assert_int_equal(gdw_session_link_state(&w.s), LINK_LOGGED_IN);
    int64_t start = w.now_ms;
    run_for(299999);
    assert_int_equal(w.heartbeats, 0);
    run_for(1);
    assert_int_equal(w.heartbeats, 1);
    run_for(600000);
    assert_int_equal(w.heartbeats, 3);
    assert_int_equal(w.heartbeat_at - start, 900000);
    assert_int_equal(w.connects[0], 1);
    /* PSEQ counts frame by frame */
    for (unsigned i = 0; i < w.frames; i++)
        assert_int_equal(w.pseqs[i], i & 15);
}

static void confirmation_by_item_counts_too(void **state)
{
    (void)state;
    begin();
    w.login = w.heartbeat = CONFIRM_F3;
    run_for(600000);
    assert_int_equal(w.logins, 1);
    assert_int_equal(w.heartbeats, 2);
    assert_int_equal(w.s.state, GDW_ONLINE);
}

static void a_lost_login_is_repeated_with_the_same_pseq(void **state)
{
    (void)state;
    begin();
    w.lose_next = true;
    settle();
    assert_int_equal(w.s.state, GDW_LOGIN);
    run_for(10000);
    assert_int_equal(w.logins, 2);
    assert_int_equal(w.pseqs[1], w.pseqs[0]);
    assert_int_equal(w.s.state, GDW_ONLINE);
    assert_int_equal(w.connects[0], 1);
}

static void login_unanswered_tries_the_standby(void **state)
{
    (void)state;
    begin();
    w.login = SILENT;
    settle();
    run_for(29999);
    assert_int_equal(w.logins, 3);
    assert_int_equal(w.closes, 0);
    run_for(1);
    assert_int_equal(w.closes, 1);
    assert_int_equal(w.connects[1], 1);
    assert_int_equal(w.logins, 4);
    assert_int_equal(w.pseqs[3], 1); /* a new frame, a new PSEQ */
}

static void login_refused(void **state)
{
    (void)state;
    begin();
    w.login = DENY;
    settle();
    /* main, standby at once, then rounds: two soon, then by the redial interval */
    assert_int_equal(w.connects[0], 1);
    assert_int_equal(w.connects[1], 1);
    run_for(1000);
    assert_int_equal(w.connects[0], 2);
    run_for(3000);
    assert_int_equal(w.connects[0], 3);
    run_for(59999);
    assert_int_equal(w.connects[0], 3);
    run_for(1);
    assert_int_equal(w.connects[0], 4);
    assert_int_equal(w.connects[1], 4);
    assert_int_equal(w.logins, 8);
    w.login = CONFIRM;
    run_for(60000);
    assert_int_equal(w.s.state, GDW_ONLINE);
}

static void redial_interval_of_f8(void **state)
{
    (void)state;
    begin();
    w.reachable[0] = w.reachable[1] = false;
    run_for(4000 + 600000);
    /* at 0, 1 s, 4 s, then every 60 s */
    assert_int_equal(w.connects[0], 3 + 10);
    assert_int_equal(w.connects[1], 3 + 10);
    /* terminals of one town are spread over an eighth of the interval */
    begin();
    w.reachable[0] = w.reachable[1] = false;
    w.app.a2 = 15;
    run_for(4000);
    unsigned before = w.connects[0];
    run_for(60000 + 7500 / 16 * 15 - 1);
    assert_int_equal(w.connects[0], before);
    run_for(100);
    assert_int_equal(w.connects[0], before + 1);
    /* no standby: main only */
    begin();
    w.reachable[0] = false;
    w.s.comm.hosts[1].set = false;
    run_for(4000);
    assert_int_equal(w.connects[0], 3);
    assert_int_equal(w.connects[1], 0);
    /* no host at all: nothing, but no spinning either */
    begin();
    w.s.comm.hosts[0].set = w.s.comm.hosts[1].set = false;
    run_for(600000);
    assert_int_equal(w.connects[0] + w.connects[1], 0);
}

/* Fault 46: found within two heartbeats. */
static void heartbeat_lost(void **state)
{
    (void)state;
    begin();
    run_for(300000);
    w.heartbeat = SILENT;
    int64_t start = w.now_ms;
    run_for(300000);
    assert_int_equal(w.heartbeats, 2);
    assert_int_equal(w.closes, 0);
    run_for(20000);
    assert_int_equal(w.heartbeats, 4);
    run_for(10000);
    assert_int_equal(w.closes, 1);
    assert_true(w.now_ms - start < 2 * 300000);
    /* and back soon */
    w.heartbeat = CONFIRM;
    run_for(1000);
    assert_int_equal(w.connects[0], 2);
    assert_int_equal(w.s.state, GDW_ONLINE);
}

/* Fault 48: a master that takes no bytes. */
static void a_deaf_master_is_given_up(void **state)
{
    (void)state;
    begin();
    settle();
    w.deaf = true;
    run_for(300000 + 29999);
    assert_int_equal(w.closes, 0);
    run_for(1);
    assert_int_equal(w.closes, 1);
}

static void a_good_connection_that_breaks_is_back_soon(void **state)
{
    (void)state;
    begin();
    run_for(30000);
    cut();
    run_for(1000);
    assert_int_equal(w.connects[0], 2);
    assert_int_equal(w.s.state, GDW_ONLINE);
    /* a master that drops everyone at once does not get a try each second */
    cut();
    run_for(3000);
    assert_int_equal(w.connects[0], 3);
    cut();
    run_for(59999);
    assert_int_equal(w.connects[0], 3);
    run_for(1);
    assert_int_equal(w.connects[0], 4);
    run_for(30000);
    cut();
    run_for(1000);
    assert_int_equal(w.connects[0], 5);
}

static void requests_are_answered_before_the_login_is_confirmed(void **state)
{
    static const uint8_t f2[] = {0x00, 0x00, 0x02, 0x00};
    struct gdw_frame f = {.prm = true, .fc = GDW_FC_CLASS2, .msa = 1, .afn = GDW_AFN_CLASS1, .seq = 9};

    (void)state;
    begin();
    w.login = SILENT;
    settle();
    master_sends(&f, f2, sizeof f2);
    settle();
    assert_int_equal(w.answers, 1);
    assert_int_equal(w.last.seq, 9);
    assert_int_equal(w.s.state, GDW_LOGIN);
}

/* Fault 55 */
static void confirmations_of_nothing_are_counted(void **state)
{
    (void)state;
    begin();
    settle();
    reply(CONFIRM, 5, 1);
    reply(CONFIRM, 0, 1); /* the login once more */
    assert_int_equal(w.s.link.count.unmatched, 2);
    assert_int_equal(w.s.state, GDW_ONLINE);
    run_for(290000);
    reply(DENY, 0, 1);
    assert_int_equal(w.s.state, GDW_ONLINE);
}

/* ---- logout, other parameters ---- */

static void stop_logs_out(void **state)
{
    (void)state;
    begin();
    settle();
    gdw_session_stop(&w.s, now());
    assert_int_equal(w.s.state, GDW_LOGOUT);
    settle();
    assert_int_equal(w.logouts, 1);
    assert_int_equal(w.closes, 1);
    assert_int_equal(w.s.state, GDW_END);
    run_for(600000);
    assert_int_equal(w.connects[0], 1);
    /* without an answer: a short time only */
    begin();
    w.logout = SILENT;
    settle();
    gdw_session_stop(&w.s, now());
    run_for(GDW_LOGOUT_MS - 1);
    assert_int_equal(w.s.state, GDW_LOGOUT);
    run_for(1);
    assert_int_equal(w.s.state, GDW_END);
    assert_int_equal(w.logouts, 1);
    /* in any other state at once */
    begin();
    w.reachable[0] = w.reachable[1] = false;
    settle();
    gdw_session_stop(&w.s, now());
    assert_int_equal(w.s.state, GDW_END);
    begin();
    w.login = SILENT;
    settle();
    gdw_session_stop(&w.s, now());
    settle();
    assert_int_equal(w.s.state, GDW_END);
}

static void another_master_means_logout_and_a_new_connection(void **state)
{
    (void)state;
    begin();
    settle();
    w.comm.f1.heartbeat_min = 1;
    gdw_session_set_comm(&w.s, &w.comm, now()); /* timing only: the connection stays */
    run_for(60000);
    assert_int_equal(w.heartbeats, 1);
    assert_int_equal(w.logouts, 0);
    w.comm.hosts[0].port = 9100;
    gdw_session_set_comm(&w.s, &w.comm, now());
    settle();
    assert_int_equal(w.logouts, 1);
    run_for(1000);
    assert_int_equal(w.connects[0], 2);
    assert_int_equal(w.s.comm.hosts[0].port, 9100);
    assert_int_equal(w.s.state, GDW_ONLINE);
    /* while waiting for a redial: at once */
    begin();
    w.reachable[0] = w.reachable[1] = false;
    run_for(10000);
    unsigned before = w.connects[0];
    w.comm.hosts[0].ip[3] = 9;
    w.reachable[0] = true;
    gdw_session_set_comm(&w.s, &w.comm, now());
    settle();
    assert_int_equal(w.connects[0], before + 1);
    assert_int_equal(w.s.state, GDW_ONLINE);
    /* in the middle of a login */
    begin();
    w.login = SILENT;
    settle();
    w.comm.hosts[0].ip[3] = 9;
    w.comm.hosts[1].set = false;
    gdw_session_set_comm(&w.s, &w.comm, now());
    settle();
    assert_int_equal(w.closes, 1);
}

/* ---- reports ---- */

/* clause: reference part 6, section 7; part 1, section 12 */
static void an_important_event_is_reported(void **state)
{
    (void)state;
    begin();
    settle();
    add_event(RING_GENERAL);
    settle();
    assert_int_equal(w.reports, 0);
    add_event(RING_IMPORTANT);
    settle();
    assert_int_equal(w.reports, 1);
    assert_int_equal(gdw_frame_c(&w.last), 0xE4);
    assert_int_equal(gdw_frame_seq(&w.last), 0x71); /* FIR FIN CON, PSEQ 1 behind the login */
    assert_int_equal(w.last.ec1, 1);
    static const uint8_t data[] = {0, 0, 1, 0, 1, 1, 0, 1, 21, 6, 0x30, 0x10, 0x21, 0x11, 0x26, 4};
    assert_int_equal(w.last.data_len, sizeof data);
    assert_memory_equal(w.last.data, data, sizeof data);
    /* RD moves only now, and nothing is reported again meanwhile */
    assert_int_equal(w.box.seens, 1);
    assert_int_equal(w.box.seen.ring, RING_IMPORTANT);
    assert_int_equal(w.box.seen.upto, 1);
    assert_true(w.box.seen.clear_acd);
    add_event(RING_IMPORTANT);
    settle();
    assert_int_equal(w.reports, 1);
    store_moves_rd();
    settle();
    assert_int_equal(w.reports, 2);
    assert_int_equal(w.last.data[6], 1);
    assert_int_equal(w.last.data[7], 2);
    store_moves_rd();
    run_for(600000);
    assert_int_equal(w.reports, 2);
}

/* The vector's report, byte for byte. */
static void report_of_the_vector(void **state)
{
    struct vector v;
    struct gdw_frame f;

    (void)state;
    begin();
    vector_load("376.1-data.tsv", "c0E-report-acd", &v);
    assert_int_equal(gdw_frame_decode(v.raw, v.len, &f), 0);
    w.app.a1 = f.a1;
    w.app.a2 = f.a2;
    w.box.state = (struct event_state){.ec1 = 3, .rd1 = 3};
    fake_add_event(&w.box, RING_IMPORTANT, f.data + 8, f.data_len - 8U);
    w.s.pfc = (uint8_t)(f.seq - 1); /* the login comes first */
    settle();
    assert_int_equal(w.reports, 1);
    assert_int_equal(w.last_len, v.len);
    assert_memory_equal(w.last_raw, v.raw, v.len);
}

/* Faults 46, 47: repeated with the same PSEQ, given up, tried again; nothing is lost, nothing moves before.
 */
static void an_unconfirmed_report_is_tried_again(void **state)
{
    (void)state;
    begin();
    settle();
    w.report = SILENT;
    add_event(RING_IMPORTANT);
    run_for(20000);
    assert_int_equal(w.reports, 3);
    assert_int_equal(w.pseqs[2], w.pseqs[1]);
    assert_int_equal(w.pseqs[3], w.pseqs[1]);
    run_for(60000);
    assert_int_equal(w.reports, 3);
    assert_int_equal(w.s.report.given_up, 1);
    assert_int_equal(w.box.seens, 0);
    /* with the next event */
    add_event(RING_IMPORTANT);
    settle();
    assert_int_equal(w.reports, 4);
    assert_int_equal(w.last.data[6], 0);
    assert_int_equal(w.last.data[7], 2);
    run_for(40000);
    assert_int_equal(w.reports, 6);
    /* after the next login */
    cut();
    run_for(1000);
    assert_int_equal(w.s.state, GDW_ONLINE);
    assert_int_equal(w.reports, 7);
    run_for(40000);
    assert_int_equal(w.reports, 9);
    /* after a heartbeat period, and now the master takes it */
    w.report = DENY; /* a refusal counts as delivered */
    run_for(300000);
    assert_int_equal(w.reports, 10);
    assert_int_equal(w.box.seens, 1);
    assert_int_equal(w.box.seen.upto, 2);
}

static void a_report_cut_off_by_the_link_is_sent_again(void **state)
{
    (void)state;
    begin();
    run_for(40000);
    w.report = SILENT;
    add_event(RING_IMPORTANT);
    settle();
    assert_int_equal(w.reports, 1);
    cut();
    w.report = CONFIRM;
    run_for(1000);
    assert_int_equal(w.reports, 2);
    assert_int_equal(w.box.seen.upto, 1);
}

static void without_con_a_report_is_sent_once(void **state)
{
    (void)state;
    begin();
    w.comm.f1.confirm = 3;
    gdw_session_set_comm(&w.s, &w.comm, now());
    settle();
    add_event(RING_IMPORTANT);
    settle();
    assert_int_equal(w.reports, 1);
    assert_false(w.last.con);
    assert_int_equal(w.box.seen.upto, 1);
    store_moves_rd();
    run_for(200000);
    assert_int_equal(w.reports, 1);
}

/* RD is moved even when concentratord was away. */
static void seen_is_repeated_until_it_is_on_flash(void **state)
{
    (void)state;
    begin();
    settle();
    w.box.ctl = CN_E_GONE;
    add_event(RING_IMPORTANT);
    settle();
    assert_int_equal(w.reports, 1);
    assert_int_equal(w.box.seens, 0);
    run_for(3000);
    w.box.ctl = 0;
    run_for(1000);
    assert_int_equal(w.box.seens, 1);
    gdw_report_ctl_lost(&w.s.report);
    run_for(1);
    assert_int_equal(w.box.seens, 2);
    gdw_report_done(&w.s.report, w.box.seq, CN_E_IO); /* not on flash: again later */
    run_for(GDW_SEEN_MS);
    assert_int_equal(w.box.seens, 3);
    store_moves_rd();
    run_for(200000);
    assert_int_equal(w.reports, 1);
}

/* clause: reference part 1, section 12: not between a request and its answer, and some seconds after AFN 04
 */
static void reports_wait_for_requests(void **state)
{
    static const uint8_t f36[] = {0x00, 0x00, 0x08, 0x04, 0, 0, 0, 0}, pw[GDW_PW_LEN];
    struct gdw_frame f = {.prm = true, .fc = GDW_FC_CLASS1, .msa = 1, .afn = GDW_AFN_SET, .pw = pw};

    (void)state;
    begin();
    settle();
    master_sends(&f, f36, sizeof f36);
    settle();
    add_event(RING_IMPORTANT);
    run_for(3000);
    assert_int_equal(w.reports, 0);
    const struct ctl_results r = {.count = 1};
    gdw_job_results(&w.s.link.job, w.box.seq, &r);
    settle();
    assert_int_equal(w.answers, 1);
    run_for(GDW_QUIET_AFTER_SET_MS - 1);
    assert_int_equal(w.reports, 0);
    run_for(1);
    assert_int_equal(w.reports, 1);
}

static void a_request_is_answered_while_a_report_waits(void **state)
{
    static const uint8_t f2[] = {0x00, 0x00, 0x02, 0x00};
    struct gdw_frame f = {.prm = true, .fc = GDW_FC_CLASS2, .msa = 1, .afn = GDW_AFN_CLASS1, .seq = 9};

    (void)state;
    begin();
    settle();
    w.report = SILENT;
    add_event(RING_IMPORTANT);
    settle();
    master_sends(&f, f2, sizeof f2);
    settle();
    assert_int_equal(w.answers, 1);
    assert_true(w.last.acd);
    w.report = CONFIRM;
    run_for(10000);
    assert_int_equal(w.reports, 2);
    assert_int_equal(w.box.seens, 1);
}

static void many_events_are_reported_in_order(void **state)
{
    uint8_t record[252] = {3, 250, 0x30, 0x10, 0x21, 0x11, 0x26};
    uint8_t expect = 250;

    (void)state;
    begin();
    settle();
    w.box.state.ec1 = w.box.state.rd1 = 250;
    for (unsigned i = 0; i < 20; i++)
        fake_add_event(&w.box, RING_IMPORTANT, record, sizeof record);
    gdw_report_wake(&w.s.report);
    while (w.box.state.rd1 != w.box.state.ec1) {
        unsigned before = w.reports;
        settle();
        assert_int_equal(w.reports, before + 1);
        assert_int_equal(w.last.data[6], expect);
        assert_int_equal((uint8_t)(w.last.data[7] - w.last.data[6]), before < 6 ? 3 : 2); /* as many as fit */
        assert_true(w.last_len <= 1024 + GDW_AROUND);
        expect = w.last.data[7];
        store_moves_rd();
    }
    assert_int_equal(expect, (uint8_t)(250 + 20));
    settle();
    assert_int_equal(w.reports, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login_at_once_then_heartbeats),
        cmocka_unit_test(confirmation_by_item_counts_too),
        cmocka_unit_test(a_lost_login_is_repeated_with_the_same_pseq),
        cmocka_unit_test(login_unanswered_tries_the_standby),
        cmocka_unit_test(login_refused),
        cmocka_unit_test(redial_interval_of_f8),
        cmocka_unit_test(heartbeat_lost),
        cmocka_unit_test(a_deaf_master_is_given_up),
        cmocka_unit_test(a_good_connection_that_breaks_is_back_soon),
        cmocka_unit_test(requests_are_answered_before_the_login_is_confirmed),
        cmocka_unit_test(confirmations_of_nothing_are_counted),
        cmocka_unit_test(stop_logs_out),
        cmocka_unit_test(another_master_means_logout_and_a_new_connection),
        cmocka_unit_test(an_important_event_is_reported),
        cmocka_unit_test(report_of_the_vector),
        cmocka_unit_test(an_unconfirmed_report_is_tried_again),
        cmocka_unit_test(a_report_cut_off_by_the_link_is_sent_again),
        cmocka_unit_test(without_con_a_report_is_sent_once),
        cmocka_unit_test(seen_is_repeated_until_it_is_on_flash),
        cmocka_unit_test(reports_wait_for_requests),
        cmocka_unit_test(a_request_is_answered_while_a_report_waits),
        cmocka_unit_test(many_events_are_reported_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
