#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/wait.h>

#include "gateway/core/box.h"
#include "gateway/store/view.h"
#include "tests/unit/gateway/core/fake_bus.h"

/* The whole concentrator in this process, with bus processes that answer at once (fake_bus.h), asked over its
 * socket. */
enum { LIMIT_MS = 15000, CLIENTS = 3 };

struct client {
    int fd;
    uint32_t seq;
    uint8_t raw[CTL_MSG_MAX];
    struct rbuf body;
};

struct bench {
    uv_loop_t loop;
    struct config config;
    struct box *box;
    bool stopped;
    struct client c[CLIENTS];
};

static void connect_client(struct bench *b, unsigned i)
{
    b->c[i].fd = ctl_connect(b->config.terminal.run_dir);
    assert_true(b->c[i].fd >= 0);
}

static void start(struct bench *b)
{
    char error[CONFIG_ERROR];

    uv_loop_init(&b->loop);
    b->stopped = false;
    if (box_start(&b->config, NULL, &b->loop, &b->box, error) < 0)
        fail_msg("%s", error);
    for (unsigned i = 0; i < CLIENTS; i++)
        b->c[i] = (struct client){.fd = -1};
    connect_client(b, 0);
}

static void on_stopped(void *ctx)
{
    struct bench *b = ctx;

    b->stopped = true;
    uv_stop(&b->loop);
}

static void close_handle(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

static void stop(struct bench *b)
{
    for (unsigned i = 0; i < CLIENTS; i++) {
        if (b->c[i].fd >= 0)
            close(b->c[i].fd);
    }
    box_stop(b->box, on_stopped, b);
    while (!b->stopped)
        uv_run(&b->loop, UV_RUN_ONCE);
    uv_walk(&b->loop, close_handle, NULL);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    box_free(b->box);
    assert_int_equal(uv_loop_close(&b->loop), 0);
}

static int configure(struct bench *b, const char *state_dir)
{
    char text[1024], error[CONFIG_ERROR];

    int n = snprintf(text, sizeof text,
                     "[terminal]\nregion = 4403\naddress = 1\ntimezone = Asia/Shanghai\nstate_dir = %s\n"
                     "run_dir = %s/run\nclock = offset\nboard = sim\n"
                     "[rs485.1]\ndevice = /dev/null\n[rs485.2]\ndevice = /dev/zero\n",
                     state_dir, fake_folder);
    if (config_parse("test", text, (size_t)n, false, &b->config, error) < 0)
        fail_msg("%s", error);
    return 0;
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    char dir[128];

    snprintf(dir, sizeof dir, "%s/state", fake_folder);
    mkdir("run", 0755);
    configure(b, dir);
    start(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    stop(b);
    free(b);
    unlink("died");
    unlink("hung");
    return system("rm -rf state run");
}

/* ---- talking ---- */

static struct wbuf begin(struct client *c, enum ctl_type type)
{
    struct wbuf w = wbuf_of(c->raw, sizeof c->raw);

    ctl_begin(&w, type, ++c->seq);
    return w;
}

static void put(struct client *c, const struct wbuf *w)
{
    assert_int_equal(w->err, 0);
    assert_int_equal(send(c->fd, w->p, w->len, MSG_NOSIGNAL), (ssize_t)w->len);
}

/* The next message; its body is in c->body. @return its type, -1 when the connection was ended */
static int next(struct bench *b, struct client *c, struct ctl_head *h)
{
    int64_t end = clock_mono_ms() + LIMIT_MS;

    for (;;) {
        ssize_t n = recv(c->fd, c->raw, sizeof c->raw, MSG_DONTWAIT);
        if (n > 0) {
            c->body = rbuf_of(c->raw, (size_t)n);
            assert_int_equal(ctl_get_head(&c->body, h), 0);
            return h->type;
        }
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return -1;
        assert_true(clock_mono_ms() < end);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
}

/* The next message must be of this type and answer the last request. */
static void expect(struct bench *b, struct client *c, enum ctl_type type)
{
    struct ctl_head h;

    assert_int_equal(next(b, c, &h), type);
    if (type < CTL_N_CLOCK)
        assert_int_equal(h.seq, c->seq);
}

static int done(struct bench *b, struct client *c)
{
    int status = 1;

    expect(b, c, CTL_R_DONE);
    assert_int_equal(ctl_get_done(&c->body, &status), 0);
    return status;
}

static void ended(struct bench *b, struct client *c)
{
    struct ctl_head h;
    int type;

    while ((type = next(b, c, &h)) >= 0)
        ;
    assert_int_equal(type, -1);
    close(c->fd);
    c->fd = -1;
}

/* Value of a key of the status; false when there is none. */
static bool status_key(struct bench *b, struct client *c, const char *wanted, char value[192])
{
    struct wbuf w = begin(c, CTL_STATUS);
    struct ctl_head h;
    char key[64], v[192];
    bool found = false;
    int type;

    put(c, &w);
    while ((type = next(b, c, &h)) == CTL_R_KV) {
        while (ctl_get_kv(&c->body, key, v) > 0) {
            if (strcmp(key, wanted) == 0) {
                strcpy(value, v);
                found = true;
            }
        }
    }
    assert_int_equal(type, CTL_R_DONE);
    return found;
}

/* ---- setting ---- */

struct entry {
    uint16_t index, point;
    uint8_t port, mode;
};

static uint16_t f10(const struct entry *e, unsigned n, uint8_t *out)
{
    out[0] = (uint8_t)n;
    out[1] = (uint8_t)(n >> 8);
    for (unsigned i = 0; i < n; i++) {
        struct meter m = {.index = e[i].index,
                          .point = e[i].point,
                          .port = e[i].port,
                          .protocol = PROTO_DLT645_2007,
                          .address = {e[i].mode, 0, 0, 0, 0, (uint8_t)e[i].index},
                          .tariffs = 4,
                          .int_digits = 6,
                          .dec_digits = 2};
        meter_encode(&m, out + 2 + i * F10_ENTRY);
    }
    return (uint16_t)(2 + n * F10_ENTRY);
}

static struct ctl_results set_units(struct bench *b, struct client *c, const struct ctl_unit *units,
                                    unsigned n)
{
    struct ctl_params m = {.source = SOURCE_MASTER, .msa = 5, .count = (uint8_t)n};
    struct ctl_results r = {0};
    struct ctl_head h;
    int type;

    memcpy(m.units, units, sizeof *units * n);
    struct wbuf w = begin(c, CTL_PARAM_SET);
    ctl_put_params(&w, &m);
    put(c, &w);
    while ((type = next(b, c, &h)) >= CTL_N_CLOCK)
        ;
    assert_int_equal(type, CTL_R_RESULTS);
    assert_int_equal(ctl_get_results(&c->body, &r), 0);
    assert_int_equal(r.count, n);
    return r;
}

static int archive(struct bench *b, const struct entry *e, unsigned n)
{
    uint8_t raw[2 + 64 * F10_ENTRY];
    struct ctl_unit u = {.fn = 10, .data = raw, .length = f10(e, n, raw)};

    return set_units(b, &b->c[0], &u, 1).status[0];
}

/* No automatic reading: what a test asks for is then all that happens. */
static void quiet(struct bench *b)
{
    uint8_t raw[] = {2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 15, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 15, 0, 0, 0, 0};
    struct ctl_unit u = {.fn = 33, .data = raw, .length = sizeof raw};

    assert_int_equal(set_units(b, &b->c[0], &u, 1).status[0], 0);
}

static void ask_read(struct client *c, unsigned point, unsigned max_age_s, const struct want *wants,
                     unsigned n)
{
    struct ctl_read m = {
        .point = (uint16_t)point, .max_age_s = (uint16_t)max_age_s, .want_count = (uint8_t)n};

    memcpy(m.wants, wants, sizeof *wants * n);
    struct wbuf w = begin(c, CTL_READ);
    ctl_put_read(&w, &m);
    put(c, &w);
}

static const struct want energy = {.quantity = Q_EP_IMP};

/* ---- tests ---- */

static void parameters_are_checked_stored_and_told(void **state)
{
    static const struct entry two[] = {{1, 10, 1, 0}, {2, 20, 2, 0}};
    static const struct entry twice[] = {{3, 30, 1, 0}, {4, 30, 1, 0}};
    static const struct entry taken[] = {{5, 10, 1, 0}};
    static const struct entry swap[] = {{1, 20, 1, 0}, {2, 10, 2, 0}};
    static const struct entry gone[] = {{1, 0, 1, 0}};
    struct bench *b = *state;
    uint8_t raw[4096], f36[] = {0, 0, 16, 0}, got[64];
    struct ctl_head h;

    connect_client(b, 1);
    struct wbuf w = begin(&b->c[1], CTL_SUBSCRIBE);
    put(&b->c[1], &w);
    expect(b, &b->c[1], CTL_N_CLOCK);

    assert_int_equal(archive(b, two, 2), 0);
    assert_int_equal(b->box->meters.count, 2);
    assert_int_equal(archive(b, twice, 2), CN_E_EXISTS);
    assert_int_equal(archive(b, taken, 1), CN_E_EXISTS);
    assert_int_equal(b->box->meters.count, 2);
    assert_int_equal(archive(b, swap, 2), 0);
    assert_int_equal(meters_by_point(&b->box->meters, 10)->m.index, 2);
    assert_int_equal(archive(b, gone, 1), 0);
    assert_int_equal(b->box->meters.count, 1);
    assert_int_equal(store_param_read(b->box->store, 10, 0, 1, got, sizeof got), CN_E_NOTFOUND);
    assert_int_equal(store_param_read(b->box->store, 10, 0, 2, got, sizeof got), F10_ENTRY);
    f10(&swap[1], 1, raw);
    assert_memory_equal(got, raw + 2, F10_ENTRY);

    /* good and bad units in one frame: the bad ones are left out, the others are one ERC3 */
    uint16_t n = f10(taken, 1, raw);
    const struct ctl_unit units[] = {
        {.fn = 36, .data = f36, .length = 4}, {.fn = 36, .pn = 1, .data = f36, .length = 4},
        {.fn = 36, .data = f36, .length = 3}, {.fn = 200, .data = f36, .length = 4},
        {.fn = 10, .data = raw, .length = n}, {.fn = 36, .data = raw, .length = n},
    };
    struct ctl_results r = set_units(b, &b->c[0], units, 6);
    assert_int_equal(r.status[0], 0);
    assert_int_equal(r.status[1], CN_E_RANGE);
    assert_true(r.status[2] < 0);
    assert_int_equal(r.status[3], CN_E_UNSUPPORTED);
    assert_int_equal(r.status[4], CN_E_EXISTS);
    assert_true(r.status[5] < 0);
    assert_int_equal(store_param_read(b->box->store, 36, 0, 0, got, sizeof got), 4);
    assert_memory_equal(got, f36, 4);
    assert_int_equal(b->box->events.stored, 4);

    /* the subscriber heard of each set item and event, in their order */
    unsigned params = 0, events = 0;
    while (params < 4) {
        int type = next(b, &b->c[1], &h);
        params += type == CTL_N_PARAM;
        events += type == CTL_N_EVENT;
    }
    assert_int_equal(events, 4);
}

static void meters_are_read_for_a_request(void **state)
{
    static const struct entry meters[] = {{1, 10, 1, 0}, {2, 20, 1, FAKE_SILENT}, {3, 30, 9, 0}};
    struct bench *b = *state;
    struct client *c = &b->c[0];
    struct ctl_values v;

    quiet(b);
    assert_int_equal(archive(b, meters, 3), 0);
    const struct want wants[] = {energy, {.quantity = Q_EP_IMP, .period = PERIOD_DAY, .index = 1}};
    ask_read(c, 10, 0, wants, 2);
    expect(b, c, CTL_R_VALUES);
    assert_int_equal(ctl_get_values(&c->body, &v), 0);
    assert_int_equal(v.status, 0);
    assert_int_equal(v.r[0].value.mantissa, FAKE_ENERGY);
    assert_in_range(v.at, box_now(b->box) - 2, box_now(b->box));
    expect(b, c, CTL_R_VALUES);
    assert_int_equal(ctl_get_values(&c->body, &v), 0);
    assert_int_equal(v.status, CN_E_DENIED);
    assert_int_equal(v.want.period, PERIOD_DAY);
    assert_int_equal(done(b, c), 0);
    /* from memory: no job */
    unsigned jobs = b->box->jobs.taken[CLASS_DEMAND];
    ask_read(c, 10, 60, &energy, 1);
    expect(b, c, CTL_R_VALUES);
    assert_int_equal(done(b, c), 0);
    assert_int_equal(b->box->jobs.taken[CLASS_DEMAND], jobs);
    /* a quantity that is not there: the meter is asked */
    const struct want volt = {.quantity = Q_U_A};
    ask_read(c, 10, 60, &volt, 1);
    expect(b, c, CTL_R_VALUES);
    assert_int_equal(done(b, c), 0);
    assert_int_equal(b->box->jobs.taken[CLASS_DEMAND], jobs + 1);
    /* silence, and what cannot be asked */
    ask_read(c, 20, 0, &energy, 1);
    expect(b, c, CTL_R_VALUES);
    assert_int_equal(done(b, c), CN_E_TIMEOUT);
    ask_read(c, 11, 0, &energy, 1);
    assert_int_equal(done(b, c), CN_E_NOTFOUND);
    ask_read(c, 30, 0, &energy, 1); /* archived at a port that the box does not have */
    assert_int_equal(done(b, c), CN_E_NOTFOUND);
    const struct want bad[] = {{.quantity = 9999},
                               {.quantity = Q_EP_IMP, .index = 1},
                               {.quantity = Q_EP_IMP, .period = 9, .index = 1}};
    for (unsigned i = 0; i < 3; i++) {
        ask_read(c, 10, 0, &bad[i], 1);
        assert_int_equal(done(b, c), CN_E_RANGE);
    }
    ask_read(c, 10, 0, &energy, 0);
    assert_int_equal(done(b, c), CN_E_RANGE);
}

static void requests_wait_in_a_bounded_pool(void **state)
{
    static const struct entry meters[] = {{1, 10, 1, FAKE_HANG_ONCE}, {2, 20, 1, 0}};
    struct bench *b = *state;
    struct client *c = &b->c[0];
    unsigned full = 0, ok = 0;

    quiet(b);
    assert_int_equal(archive(b, meters, 2), 0);
    ask_read(c, 10, 0, &energy, 1); /* holds the port for a second */
    for (uint16_t i = 0; i < 40; i++) {
        const struct want w = {.quantity = (uint16_t)(i % 2 ? Q_EP_IMP : Q_EP_EXP)};
        ask_read(c, 20, 0, &w, 1);
    }
    /* identical ones are joined: four wait on each job */
    for (unsigned answers = 0; answers < 41; answers++) {
        struct ctl_head h;
        int type, status;
        while ((type = next(b, c, &h)) == CTL_R_VALUES)
            ;
        assert_int_equal(type, CTL_R_DONE);
        assert_int_equal(ctl_get_done(&c->body, &status), 0);
        ok += status == 0;
        full += status == CN_E_FULL;
    }
    assert_int_equal(ok, 41);
    assert_int_equal(full, 0);
    assert_int_equal(b->box->jobs.taken[CLASS_DEMAND], 11);
    assert_int_equal(b->box->jobs.used, 0);
    assert_int_equal(b->box->ports[0].bus.hung, 1);
}

static void a_deadly_job_is_answered_gone(void **state)
{
    static const struct entry meters[] = {{1, 10, 1, FAKE_DIE}, {2, 20, 1, FAKE_DIE_ONCE}};
    struct bench *b = *state;
    struct client *c = &b->c[0];

    quiet(b);
    assert_int_equal(archive(b, meters, 2), 0);
    ask_read(c, 20, 0, &energy, 1);
    expect(b, c, CTL_R_VALUES);
    assert_int_equal(done(b, c), 0);
    ask_read(c, 10, 0, &energy, 1);
    assert_int_equal(done(b, c), CN_E_GONE);
    assert_int_equal(b->box->ports[0].bus.given_up, 1);
}

/* A request is for the meter that was there when it came, not for the one that takes its place. */
static void a_changed_archive_answers_no_old_request(void **state)
{
    static const struct entry before[] = {{1, 10, 1, FAKE_HANG_ONCE}, {2, 20, 1, 0}};
    static const struct entry after[] = {{1, 40, 1, 0}, {2, 30, 1, 0}};
    struct bench *b = *state;
    struct reading_set set;

    quiet(b);
    assert_int_equal(archive(b, before, 2), 0);
    connect_client(b, 1);
    connect_client(b, 2);
    ask_read(&b->c[1], 10, 0, &energy, 1); /* in flight for a second */
    while (!b->box->ports[0].flying)
        uv_run(&b->loop, UV_RUN_ONCE);
    ask_read(&b->c[2], 20, 0, &energy, 1); /* waits */
    while (b->box->jobs.used < 2)
        uv_run(&b->loop, UV_RUN_ONCE);
    assert_int_equal(archive(b, after, 2), 0);
    expect(b, &b->c[1], CTL_R_VALUES);
    assert_int_equal(done(b, &b->c[1]), 0);
    assert_int_equal(done(b, &b->c[2]), CN_E_NOTFOUND);
    assert_int_equal(ingest_recent(&b->box->ingest, 40, Q_EP_IMP, 0, &set), CN_E_NOTFOUND);
    assert_int_equal(b->box->meters.slots[1].reads, 0);
}

/* One of two waiters is found to be gone while it is told: the other one gets its values all the same. */
static void a_lost_waiter_costs_the_others_nothing(void **state)
{
    struct bench *b = *state;
    struct bus_values v = {.want = energy, .mono_ms = 1, .count = 1};
    uint32_t id[CLIENTS] = {0};

    v.r[0] = (struct reading){.quantity = Q_EP_IMP, .value = value_of(1, -2)};
    for (unsigned i = 1; i < CLIENTS; i++) {
        connect_client(b, i);
        while (b->box->ctl.clients[i].id == 0)
            uv_run(&b->loop, UV_RUN_ONCE);
        id[i] = b->box->ctl.clients[i].id;
    }
    struct job *job = jobs_add(&b->box->jobs, CLASS_DEMAND, 1);
    job->flying = true;
    job->bus.want_count = 1;
    job->bus.wants[0] = energy;
    job_add_waiter(job, id[1], 1);
    job_add_waiter(job, id[2], 1);
    b->c[2].seq = 1;
    close(b->c[1].fd);
    b->c[1].fd = -1;
    requests_values(b->box, job, &v, 0);
    expect(b, &b->c[2], CTL_R_VALUES);
    jobs_free(&b->box->jobs, job);
}

static void bytes_are_forwarded(void **state)
{
    struct bench *b = *state;
    struct client *c = &b->c[0];
    struct ctl_forward m = {.port = 2,
                            .line = {.baud = 2400, .data_bits = 8, .parity = 'E', .stop_bits = 1},
                            .length = 5,
                            .bytes = "hello"};
    uint8_t back[16];

    struct wbuf w = begin(c, CTL_FORWARD);
    ctl_put_forward(&w, &m);
    put(c, &w);
    expect(b, c, CTL_R_BYTES);
    assert_int_equal(ctl_get_bytes(&c->body, back, sizeof back), 5);
    assert_memory_equal(back, "hello", 5);
    assert_int_equal(done(b, c), 0);
    m.port = 7;
    w = begin(c, CTL_FORWARD);
    ctl_put_forward(&w, &m);
    put(c, &w);
    assert_int_equal(done(b, c), CN_E_NOTFOUND);
}

static void the_clock_is_set_and_told(void **state)
{
    struct bench *b = *state;
    struct client *c = &b->c[0];
    struct ctl_clock m = {
        .source = SOURCE_MASTER,
        .local = {.year = 2031, .month = 12, .day = 31, .hour = 23, .minute = 59, .second = 50}};
    struct ctl_n_clock n;
    uint8_t raw[8];

    connect_client(b, 1);
    struct wbuf w = begin(&b->c[1], CTL_SUBSCRIBE);
    put(&b->c[1], &w);
    expect(b, &b->c[1], CTL_N_CLOCK);
    w = begin(c, CTL_CLOCK_SET);
    ctl_put_clock(&w, &m);
    put(c, &w);
    assert_int_equal(done(b, c), 0);
    expect(b, &b->c[1], CTL_N_CLOCK);
    assert_int_equal(ctl_get_n_clock(&b->c[1].body, &n), 0);
    assert_int_equal(n.offset_ms, b->box->clock.offset_ms);
    assert_true(n.offset_ms != 0);
    assert_int_equal(store_fact_get(b->box->store, "clock_offset_ms", raw, sizeof raw), 8);
    /* slots follow at once */
    assert_int_equal(b->box->ports[0].sched.newest[0],
                     cal_newest(PERIOD_DAY, b->config.terminal.zone, box_now(b->box)));
    m.local.month = 13;
    w = begin(c, CTL_CLOCK_SET);
    ctl_put_clock(&w, &m);
    put(c, &w);
    struct ctl_head h;
    int type = next(b, c, &h);
    /* refused by the decoder (the client is dropped) or by the clock */
    assert_true(type == -1 || type == CTL_R_DONE);
}

static void set_clock(struct bench *b, int64_t at)
{
    struct ctl_clock m = {.source = SOURCE_MASTER, .local = zone_to_local(b->config.terminal.zone, at)};

    m.local.weekday = 0;
    struct wbuf w = begin(&b->c[0], CTL_CLOCK_SET);
    ctl_put_clock(&w, &m);
    put(&b->c[0], &w);
    assert_int_equal(done(b, &b->c[0]), 0);
}

/* faults 27: the clock was ahead for some days; slots that were never reached do not keep the true values out
 */
static void slots_that_were_never_reached_are_dropped(void **state)
{
    struct bench *b = *state;
    int64_t now = box_now(b->box);
    struct zone zone = b->config.terminal.zone;
    struct freeze f = {.kind = FREEZE_DAY, .point = 10, .set.count = 1}, got;
    struct view *view;

    f.set.r[0] = (struct reading){.quantity = Q_EP_IMP, .value = value_of(1, -2)};
    f.slot = cal_newest(PERIOD_DAY, zone, now);
    assert_int_equal(ingest_freeze(&b->box->ingest, &f, 0), 0);
    set_clock(b, now + 5 * 86400);
    f.slot += 5;
    f.set.at = f.frozen_at = now + 5 * 86400;
    assert_int_equal(ingest_freeze(&b->box->ingest, &f, 0), 0);
    set_clock(b, now);
    assert_int_equal(view_open(b->config.terminal.state_dir, &view), 0);
    assert_int_equal(view_freeze(view, FREEZE_DAY, f.slot, 10, &got), CN_E_NOTFOUND);
    assert_int_equal(view_freeze(view, FREEZE_DAY, f.slot - 5, 10, &got), 0);
    /* a clock set back by years is wrong itself: nothing is dropped */
    set_clock(b, now - (int64_t)20 * 365 * 86400);
    assert_int_equal(view_freeze(view, FREEZE_DAY, f.slot - 5, 10, &got), 0);
    view_close(view);
}

/* A clock that never jumped ahead is set back, by mistake: what was frozen stays. */
static void a_clock_set_back_wrongly_drops_nothing(void **state)
{
    struct bench *b = *state;
    struct zone zone = b->config.terminal.zone;
    int64_t now = box_now(b->box), slot = cal_newest(PERIOD_DAY, zone, now);
    struct freeze f = {.kind = FREEZE_DAY, .point = 10, .set.count = 1, .set.at = now}, got;
    struct view *view;

    f.set.r[0] = (struct reading){.quantity = Q_EP_IMP, .value = value_of(1, -2)};
    for (int back = 0; back <= 30; back += 5) {
        f.slot = slot - back;
        assert_int_equal(ingest_freeze(&b->box->ingest, &f, 0), 0);
    }
    set_clock(b, now - 10 * 86400);
    set_clock(b, now);
    assert_int_equal(view_open(b->config.terminal.state_dir, &view), 0);
    for (int back = 0; back <= 30; back += 5)
        assert_int_equal(view_freeze(view, FREEZE_DAY, slot - back, 10, &got), 0);
    /* once it did jump, only what came after that goes, also when it is set back too far */
    set_clock(b, now); /* confirmed */
    set_clock(b, now + 20 * 86400);
    f.slot = slot + 20;
    assert_int_equal(ingest_freeze(&b->box->ingest, &f, 0), 0);
    int64_t month = slot_month(zone, now) + 3;
    f.kind = FREEZE_MONTH;
    for (f.slot = month - 6; f.slot <= month; f.slot += 6)
        assert_int_equal(ingest_freeze(&b->box->ingest, &f, 0), 0);
    set_clock(b, now - 10 * 86400);
    assert_int_equal(view_freeze(view, FREEZE_DAY, slot + 20, 10, &got), CN_E_NOTFOUND);
    assert_int_equal(view_freeze(view, FREEZE_MONTH, month, 10, &got), CN_E_NOTFOUND);
    assert_int_equal(view_freeze(view, FREEZE_MONTH, month - 6, 10, &got), 0);
    assert_int_equal(view_freeze(view, FREEZE_DAY, slot, 10, &got), 0);
    view_close(view);
}

static void frames_are_traced(void **state)
{
    static const struct entry meters[] = {{1, 10, 1, 0}};
    struct bench *b = *state;
    struct client *c = &b->c[0];
    struct ctl_trace all = {.port = 1, .from_seq = 1}, none = {.port = 5};
    struct ctl_trace_entry e;

    quiet(b);
    assert_int_equal(archive(b, meters, 1), 0);
    ask_read(c, 10, 0, &energy, 1);
    expect(b, c, CTL_R_VALUES);
    assert_int_equal(done(b, c), 0);
    connect_client(b, 1);
    struct wbuf w = begin(&b->c[1], CTL_TRACE);
    ctl_put_trace(&w, &all);
    put(&b->c[1], &w);
    for (unsigned i = 1; i <= 2; i++) {
        expect(b, &b->c[1], CTL_R_TRACE);
        assert_int_equal(ctl_get_trace_entry(&b->c[1].body, &e), 0);
        assert_int_equal(e.seq, i);
        assert_int_equal(e.point, 10);
        assert_int_equal(e.length, 3);
    }
    ask_read(c, 10, 0, &energy, 1);
    expect(b, &b->c[1], CTL_R_TRACE);
    assert_int_equal(ctl_get_trace_entry(&b->c[1].body, &e), 0);
    assert_int_equal(e.seq, 3);
    expect(b, c, CTL_R_VALUES);
    assert_int_equal(done(b, c), 0);
    w = begin(c, CTL_TRACE);
    ctl_put_trace(&w, &none);
    put(c, &w);
    assert_int_equal(done(b, c), CN_E_NOTFOUND);
}

static void events_and_link_come_from_the_uplink(void **state)
{
    struct bench *b = *state;
    struct client *c = &b->c[0];
    struct ctl_event e = {.erc = 20, .length = 17};
    struct ctl_seen seen = {.ring = 2, .upto = 1};
    struct ctl_link link = {.state = LINK_LOGGED_IN, .peer = "127.0.0.1:9001", .last_request = "0C F25 P3"};
    char value[192];

    struct wbuf w = begin(c, CTL_EVENT);
    ctl_put_event(&w, &e);
    put(c, &w);
    assert_int_equal(done(b, c), 0);
    assert_int_equal(b->box->events.state.ec2, 1);
    w = begin(c, CTL_EVENTS_SEEN);
    ctl_put_seen(&w, &seen);
    put(c, &w);
    assert_int_equal(done(b, c), 0);
    assert_int_equal(b->box->events.state.rd2, 1);
    w = begin(c, CTL_LINK);
    ctl_put_link(&w, &link);
    put(c, &w);
    assert_true(status_key(b, c, "uplink.state", value));
    assert_string_equal(value, "logged in");
    assert_true(status_key(b, c, "uplink.last_request", value));
    assert_string_equal(value, "0C F25 P3");
    assert_true(status_key(b, c, "port.2.device", value));
    assert_true(status_key(b, c, "events.last.1", value));
    assert_false(status_key(b, c, "port.3.device", value));
}

/* Whoever cannot be understood or does not listen is dropped; the others notice nothing. */
static void bad_clients_are_dropped(void **state)
{
    struct bench *b = *state;
    struct client *c = &b->c[0];
    char value[192];

    for (int type = 0; type < 256; type++) {
        connect_client(b, 1);
        uint8_t raw[] = {(uint8_t)type, CTL_VERSION, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
        assert_int_equal(send(b->c[1].fd, raw, sizeof raw, MSG_NOSIGNAL), (ssize_t)sizeof raw);
        ended(b, &b->c[1]);
    }
    connect_client(b, 1);
    assert_int_equal(send(b->c[1].fd, "\1", 1, MSG_NOSIGNAL), 1);
    ended(b, &b->c[1]);
    connect_client(b, 1);
    assert_int_equal(send(b->c[1].fd, "\1\2\0\0\0\0", 6, MSG_NOSIGNAL), 6); /* another version */
    ended(b, &b->c[1]);
    /* asks and asks, and never reads */
    connect_client(b, 1);
    uint32_t dropped = b->box->ctl.dropped;
    int64_t end = clock_mono_ms() + LIMIT_MS;
    while (b->box->ctl.dropped == dropped) {
        assert_true(clock_mono_ms() < end);
        struct wbuf w = begin(&b->c[1], CTL_STATUS);
        for (int i = 0; i < 64; i++)
            send(b->c[1].fd, w.p, w.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        uv_run(&b->loop, UV_RUN_NOWAIT);
    }
    assert_true(status_key(b, c, "version", value));
    /* one more than there are places */
    int fds[CTL_CLIENTS + 4];
    for (unsigned i = 0; i < CTL_CLIENTS + 4; i++) {
        fds[i] = ctl_connect(b->config.terminal.run_dir);
        uv_run(&b->loop, UV_RUN_NOWAIT); /* the queue of connections is shorter */
    }
    assert_true(status_key(b, c, "control.turned_away", value));
    assert_true(atoi(value) >= 4);
    for (unsigned i = 0; i < CTL_CLIENTS + 4; i++)
        close(fds[i]);
    assert_true(status_key(b, c, "version", value));
}

/* A client that goes while its meter is read leaves nothing behind. */
static void a_client_may_go_at_any_time(void **state)
{
    static const struct entry meters[] = {{1, 10, 1, 0}};
    struct bench *b = *state;
    char value[192];

    quiet(b);
    assert_int_equal(archive(b, meters, 1), 0);
    for (int i = 0; i < 50; i++) {
        connect_client(b, 1);
        ask_read(&b->c[1], 10, 0, &energy, 1);
        for (int k = 0; k < i % 4; k++)
            uv_run(&b->loop, UV_RUN_ONCE);
        close(b->c[1].fd);
        b->c[1].fd = -1;
    }
    int64_t end = clock_mono_ms() + LIMIT_MS;
    while (b->box->jobs.used && clock_mono_ms() < end)
        uv_run(&b->loop, UV_RUN_ONCE);
    assert_int_equal(b->box->jobs.used, 0);
    assert_true(status_key(b, &b->c[0], "control.clients", value));
    assert_string_equal(value, "1");
}

static void scheduled_readings_reach_the_store(void **state)
{
    static const struct entry meters[] = {{1, 10, 1, 0}, {2, 20, 2, 0}};
    struct bench *b = *state;
    struct view *view;
    struct reading_set set;
    int64_t end = clock_mono_ms() + LIMIT_MS;

    assert_int_equal(archive(b, meters, 2), 0);
    while (b->box->ports[0].sched.sweep.count == 0 || b->box->ports[1].sched.sweep.count == 0 ||
           b->box->ingest.pending) {
        assert_true(clock_mono_ms() < end);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
    assert_int_equal(view_open(b->config.terminal.state_dir, &view), 0);
    for (unsigned p = 10; p <= 20; p += 10) {
        assert_int_equal(view_latest(view, p, Q_EP_IMP, &set), 0);
        assert_int_equal(set.r[0].value.mantissa, FAKE_ENERGY);
        assert_int_equal(view_latest(view, p, Q_PF_C, &set), 0);
    }
    view_close(view);
}

static void a_restart_remembers(void **state)
{
    static const struct entry meters[] = {{1, 10, 1, FAKE_SILENT}, {2, 20, 2, 0}};
    struct bench *b = *state;
    int64_t end = clock_mono_ms() + LIMIT_MS;

    assert_int_equal(archive(b, meters, 2), 0);
    while (!events_meter_open(&b->box->events, 10) || b->box->meters.slots[2].last[0].quality == VALUE_NONE) {
        assert_true(clock_mono_ms() < end);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
    while (b->box->events.queued || b->box->events.open_changed)
        uv_run(&b->loop, UV_RUN_ONCE);
    unsigned ec2 = b->box->events.state.ec2; /* ERC3, ERC21 and ERC31 of the only meter */
    assert_int_equal(ec2, 3);
    stop(b);
    start(b);
    assert_int_equal(b->box->meters.count, 2);
    assert_true(events_meter_open(&b->box->events, 10));
    assert_int_equal(b->box->meters.slots[2].last[0].mantissa, FAKE_ENERGY);
    while (b->box->events.queued)
        uv_run(&b->loop, UV_RUN_ONCE);
    assert_int_equal(b->box->events.state.ec2, ec2 + 1); /* ERC14 and nothing twice */
}

/* The cable was out, and is in again after a restart: the alarm ends, and the next fault is a new one. */
static void a_port_alarm_ends_after_a_restart(void **state)
{
    static const struct entry meters[] = {{1, 10, 1, 0}};
    struct bench *b = *state;
    int64_t end = clock_mono_ms() + LIMIT_MS;

    events_port(&b->box->events, 1, true, box_now(b->box));
    assert_int_equal(events_work(&b->box->events), 0);
    stop(b);
    start(b);
    assert_int_equal(b->box->events.open_ports, 2);
    assert_int_equal(archive(b, meters, 1), 0);
    while (b->box->events.open_ports) {
        assert_true(clock_mono_ms() < end);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
}

/* faults 22: whoever locks the database does not stop the loop after every job */
static void a_locked_store_is_not_tried_all_the_time(void **state)
{
    struct bench *b = *state;
    char path[256];
    int pipes[2], go[2];
    char c;

    snprintf(path, sizeof path, "%s/store.db", b->config.terminal.state_dir);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(pipe(go), 0);
    events_work(&b->box->events);
    pid_t pid = fork();
    if (pid == 0) {
        /* SQLite's writer lock of WAL mode: byte 120 of the -shm file */
        struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 1};
        strcat(path, "-shm");
        int fd = open(path, O_RDWR);
        c = fcntl(fd, F_SETLK, &l) == 0;
        if (write(pipes[1], &c, 1) != 1 || read(go[0], &c, 1) < 0)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(read(pipes[0], &c, 1), 1);
    assert_int_equal(c, 1);
    events_port(&b->box->events, 2, true, box_now(b->box));
    int64_t from = clock_mono_ms();
    for (int i = 0; i < 3; i++)
        box_work(b->box, false);
    int64_t took = clock_mono_ms() - from;
    assert_int_equal(b->box->events.queued, 1);
    assert_int_equal(b->box->store_error, CN_E_BUSY);
    assert_int_equal(write(go[1], "x", 1), 1);
    waitpid(pid, NULL, 0);
    assert_true(took < 1900); /* one try waits for a second */
    b->box->events_retry_ms = 0;
    box_work(b->box, false);
    assert_int_equal(b->box->events.queued, 0);
    assert_int_equal(b->box->store_error, 0);
    for (int i = 0; i < 2; i++) {
        close(pipes[i]);
        close(go[i]);
    }
}

/* The store cannot be opened: the box runs, says so, and takes up the store when it is there. */
static void a_missing_store_does_not_stop_the_box(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    char dir[128], value[192];
    uint8_t f36[] = {1, 0, 0, 0};
    struct ctl_unit u = {.fn = 36, .data = f36, .length = 4};

    (void)state;
    mkdir("run", 0755);
    snprintf(dir, sizeof dir, "%s/parent/state", fake_folder);
    configure(b, dir);
    start(b);
    assert_true(status_key(b, &b->c[0], "store.state", value));
    assert_string_not_equal(value, "ok");
    assert_int_equal(set_units(b, &b->c[0], &u, 1).status[0], CN_E_IO);
    events_port(&b->box->events, 2, true, box_now(b->box));
    mkdir("parent", 0755);
    b->box->store_retry_ms = 0; /* do not wait for it here */
    int64_t end = clock_mono_ms() + LIMIT_MS;
    while (!b->box->store) {
        assert_true(clock_mono_ms() < end);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
    assert_int_equal(b->box->events.open_ports, 4);
    assert_int_equal(set_units(b, &b->c[0], &u, 1).status[0], 0);
    assert_int_equal(b->box->events.stored, 2); /* what waited, and ERC3 */
    stop(b);
    free(b);
    assert_int_equal(system("rm -rf parent run"), 0);
}

int main(int argc, char **argv)
{
    fake_bus_begin(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parameters_are_checked_stored_and_told, setup, teardown),
        cmocka_unit_test_setup_teardown(meters_are_read_for_a_request, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_wait_in_a_bounded_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deadly_job_is_answered_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_archive_answers_no_old_request, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_waiter_costs_the_others_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_are_forwarded, setup, teardown),
        cmocka_unit_test_setup_teardown(the_clock_is_set_and_told, setup, teardown),
        cmocka_unit_test_setup_teardown(slots_that_were_never_reached_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_set_back_wrongly_drops_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_are_traced, setup, teardown),
        cmocka_unit_test_setup_teardown(events_and_link_come_from_the_uplink, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_clients_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_may_go_at_any_time, setup, teardown),
        cmocka_unit_test_setup_teardown(scheduled_readings_reach_the_store, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restart_remembers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_port_alarm_ends_after_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_locked_store_is_not_tried_all_the_time, setup, teardown),
        cmocka_unit_test(a_missing_store_does_not_stop_the_box),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_bus_end();
    return failed;
}
