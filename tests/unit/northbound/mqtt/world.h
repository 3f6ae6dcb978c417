#ifndef TESTS_UNIT_NORTHBOUND_MQTT_WORLD_H
#define TESTS_UNIT_NORTHBOUND_MQTT_WORLD_H

/*
 * The bridge between a real store and a broker that the test plays: it takes messages, confirms them when it
 * likes, breaks the connection and forgets. Time is the test's.
 */
#include "northbound/mqtt/bridge.h"

#include <sys/stat.h>
#include <unistd.h>

#include "gateway/model/event.h"
#include "tests/unit/gateway/store/fixture.h"
#include "tests/unit/northbound/mqtt/doc.h"

#define WORLD static inline __attribute__((unused))

enum {
    MESSAGES = 40000,
    OPEN_MAX = 128,
    RECS = 20000,
    METERS = 3,
    NOW = 1795354140 /* 2026-11-22 21:29:00 +08:00 */
};

struct message {
    char topic[MQTT_TOPIC];
    char *payload;
    int length;
    uint32_t id;
    uint8_t qos;
    bool retained;
};

struct world {
    struct fix fix;
    struct config config;
    struct mqtt_settings settings;
    struct log log;
    struct store *store;
    struct view *view;
    struct bridge bridge;
    int64_t mono_ms, system_ms;
    unsigned connects, drops, watches;
    int connect_ret, publish_ret;
    unsigned count;
    struct message list[MESSAGES];
    uint32_t open[OPEN_MAX]; /* not confirmed yet */
    unsigned open_count;
};

/* ---- the broker ---- */

WORLD int port_connect(void *ctx)
{
    struct world *w = ctx;

    w->connects++;
    return w->connect_ret;
}

WORLD int port_publish(void *ctx, const struct link_message *m, uint32_t id)
{
    struct world *w = ctx;

    if (w->publish_ret < 0)
        return w->publish_ret;
    assert_true(w->count < MESSAGES && w->bridge.state >= BRIDGE_UP);
    struct message *x = &w->list[w->count++];
    *x = (struct message){.length = (int)m->length, .id = id, .qos = m->qos, .retained = m->retained};
    snprintf(x->topic, sizeof x->topic, "%s", m->topic);
    x->payload = malloc(m->length + 1);
    memcpy(x->payload, m->payload, m->length);
    x->payload[m->length] = '\0';
    if (m->qos) {
        assert_true(w->open_count < OPEN_MAX);
        w->open[w->open_count++] = id;
    }
    return 0;
}

WORLD int port_watch(void *ctx, const char *topic)
{
    struct world *w = ctx;

    assert_string_equal(topic, "homeassistant/status");
    w->watches++;
    return 0;
}

WORLD void port_drop(void *ctx)
{
    struct world *w = ctx;

    w->drops++;
}

WORLD void forget(struct world *w)
{
    for (unsigned i = 0; i < w->count; i++)
        free(w->list[i].payload);
    w->count = 0;
}

/* @return false: there was nothing */
WORLD bool confirm_all(struct world *w)
{
    bool any = w->open_count > 0;

    while (w->open_count > 0)
        bridge_acked(&w->bridge, w->open[--w->open_count]);
    return any;
}

/* Some time passes; the broker confirms everything. */
WORLD void run(struct world *w, int64_t ms)
{
    for (int64_t end = w->mono_ms + ms; w->mono_ms < end;) {
        int64_t wait = bridge_step(&w->bridge, w->mono_ms, w->system_ms);
        assert_true(wait >= 0);
        if (confirm_all(w) || wait == 0)
            wait = 1;
        if (wait > end - w->mono_ms)
            wait = end - w->mono_ms;
        w->mono_ms += wait;
        w->system_ms += wait;
    }
}

WORLD void start(struct world *w)
{
    struct bridge_port port = {.ctx = w,
                               .connect = port_connect,
                               .publish = port_publish,
                               .watch_birth = port_watch,
                               .drop = port_drop};

    w->open_count = 0;
    assert_int_equal(bridge_init(&w->bridge, &w->settings, &w->config, getenv("VERBOSE") ? &w->log : NULL,
                                 w->view, port, 1, w->mono_ms),
                     0);
}

WORLD void connect_it(struct world *w)
{
    unsigned before = w->connects;

    for (unsigned i = 0; i < 400 && w->connects == before; i++)
        run(w, 500);
    assert_int_equal(w->connects, before + 1);
    bridge_up(&w->bridge);
    assert_int_equal(w->bridge.state, BRIDGE_UP);
}

WORLD void break_it(struct world *w)
{
    struct fault f;

    w->open_count = 0;
    fault_set(&f, FAULT_LOST, "the connection broke");
    bridge_lost(&w->bridge, &f);
}

/* ---- the store ---- */

WORLD void put_meter(struct world *w, unsigned point, const char *address)
{
    struct meter m = {.index = (uint16_t)point,
                      .point = (uint16_t)point,
                      .port = 1,
                      .protocol = PROTO_DLT645_2007,
                      .int_digits = 6,
                      .dec_digits = 2};
    uint8_t raw[F10_ENTRY];

    if (address)
        assert_int_equal(addr_parse(address, m.address), 0);
    meter_encode(&m, raw);
    struct param_write p = {.fn = 10,
                            .sub = (uint16_t)point,
                            .erase = !address,
                            .data = address ? raw : NULL,
                            .length = address ? sizeof raw : 0};
    assert_int_equal(store_params_write(w->store, &p, 1, w->system_ms / 1000), 0);
}

/* A round of all meters: values read now, kept as one record a meter. */
WORLD void sweep(struct world *w, int64_t slot)
{
    int64_t at = w->system_ms / 1000;

    assert_int_equal(store_sweep_begin(w->store), 0);
    for (unsigned p = 1; p <= METERS; p++) {
        struct reading_set set = fix_energy(Q_EP_IMP, at, slot * 100 + p);
        assert_int_equal(store_put_latest(w->store, p, &set), 0);
    }
    for (unsigned p = 1; p <= METERS; p++)
        assert_int_equal(store_put_curve(w->store, p, slot, at, at), 0);
    assert_int_equal(store_sweep_commit(w->store), 0);
}

WORLD void put_event(struct world *w, uint8_t code)
{
    uint8_t record[16];
    struct civil now = zone_to_local(w->config.terminal.zone, w->system_ms / 1000);
    struct wbuf out = wbuf_of(record, sizeof record);

    event_build(21, &now, &code, 1, &out);
    assert_int_equal(store_put_event(w->store, RING_IMPORTANT, record, out.len, w->system_ms / 1000, NULL),
                     0);
}

/* ---- looking ---- */

WORLD const struct message *find(const struct world *w, const char *topic)
{
    for (unsigned i = w->count; i-- > 0;) {
        if (strcmp(w->list[i].topic, topic) == 0)
            return &w->list[i];
    }
    return NULL;
}

WORLD unsigned count_of(const struct world *w, const char *leaf)
{
    unsigned n = 0;

    for (unsigned i = 0; i < w->count; i++) {
        const char *slash = strrchr(w->list[i].topic, '/');
        n += slash && strcmp(slash + 1, leaf) == 0;
    }
    return n;
}

WORLD uint64_t rec_of(const struct message *m)
{
    const char *at = m->payload[0] == '{' ? strstr(m->payload, "\"rec\":") : NULL;

    return at ? strtoull(at + 6, NULL, 10) : 0;
}

WORLD bool is_record(const struct message *m)
{
    const char *leaf = strrchr(m->topic, '/');

    return leaf &&
           (strcmp(leaf, "/data") == 0 || strcmp(leaf, "/freeze") == 0 || strcmp(leaf, "/event") == 0);
}

/* Records of the journal that have to reach the broker. */
WORLD unsigned expected(const struct world *w, bool want[RECS])
{
    struct journal_entry e[64];
    uint64_t after = 0, oldest;
    unsigned count = 0;
    int n;

    memset(want, 0, RECS * sizeof *want);
    while ((n = view_journal(w->view, after, e, 64, &oldest)) > 0) {
        for (int i = 0; i < n; i++) {
            after = e[i].rec;
            assert_true(after < RECS);
            want[after] = e[i].kind == JOURNAL_FREEZE || e[i].kind == JOURNAL_EVENT;
            count += want[after];
        }
    }
    return count;
}

/* ---- fixture ---- */

WORLD int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    fix_make(&w->fix);
    w->mono_ms = 1000000;
    w->system_ms = NOW * 1000LL;
    w->log = (struct log){.program = "test", .level = LOG_INFO};
    w->config.terminal.region = 0x4403;
    w->config.terminal.address = 1;
    w->config.terminal.zone.offset_s = 8 * 3600;
    snprintf(w->config.terminal.state_dir, sizeof w->config.terminal.state_dir, "%.120s", w->fix.dir);
    w->settings = (struct mqtt_settings){.enable = true,
                                         .host = "h",
                                         .port = 1883,
                                         .version = 4,
                                         .prefix = "ecc/v1",
                                         .window = 20,
                                         .max_payload = 8192,
                                         .replay_rps = 0,
                                         .offline_s = 2700,
                                         .ha_prefix = "homeassistant"};
    w->store = fix_open(&w->fix);
    w->view = fix_view(&w->fix);
    for (unsigned p = 1; p <= METERS; p++) {
        char address[16];
        snprintf(address, sizeof address, "%u", p);
        put_meter(w, p, address);
    }
    *state = w;
    return 0;
}

WORLD int teardown(void **state)
{
    struct world *w = *state;
    char path[256];

    forget(w);
    bridge_free(&w->bridge);
    view_close(w->view);
    store_close(w->store);
    fix_clear(fix_path(&w->fix, "mqtt", path));
    fix_remove(&w->fix);
    free(w);
    return 0;
}

#define M(n) "ecc/v1/44030001/m/00000000000" #n

#endif
