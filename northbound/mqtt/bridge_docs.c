#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "northbound/mqtt/bridge_parts.h"
#include "northbound/mqtt/discovery.h"

enum { EXPIRY_MIN_S = 900 };

/** In the place of the record number, for documents. */
enum tag { TAG_NONE, TAG_GONE };

static const char online[] = "online", offline[] = "offline";

/* ---- the archive ---- */

struct archive {
    struct bridge *b;
    uint64_t rec;
};

static int take_meter(void *ctx, const struct meter *m)
{
    struct archive *a = ctx;

    if (meter_readable(m))
        roster_take(&a->b->roster, m, a->rec);
    return 0;
}

static int take_time(void *ctx, unsigned point, const struct reading_set *set)
{
    struct bridge *b = ctx;
    struct roster_meter *x = roster_at(&b->roster, point);

    if (x && set->at > x->last_at)
        x->last_at = set->at;
    return 0;
}

int docs_read_archive(struct bridge *b)
{
    struct archive a = {.b = b, .rec = b->archive_rec ? b->archive_rec : b->scan_from};

    roster_begin(&b->roster);
    int ret = view_meters(b->view, take_meter, &a);
    if (ret < 0 && ret != CN_E_CORRUPT)
        return bridge_view_failed(b, ret);
    /* a damaged entry is no reason to take a meter away */
    for (unsigned p = 1; p <= POINT_MAX && ret == CN_E_CORRUPT; p++)
        b->roster.at[p].seen |= b->roster.at[p].m.point != 0;
    roster_end(&b->roster, a.rec);
    for (unsigned p = 1; p <= POINT_MAX; p++) {
        if (b->roster.at[p].id[0] && b->roster.at[p].last_at == 0)
            (void)view_latest_all(b->view, p, take_time, b);
    }
    b->archive_due = false;
    b->archive_rec = 0;
    b->scan_from = b->head + 1; /* a change that comes later belongs to what comes later */
    if (b->archive_read)
        log_info(b->log, "the archive has changed: %u meters", b->roster.count);
    b->archive_read = true;
    b->box_due |= DUE_INFO;
    docs_judge(b);
    return 0;
}

/* ---- what has changed ---- */

void docs_seen(struct bridge *b, unsigned point, uint64_t rec, int64_t at, bool round)
{
    struct roster_meter *x = roster_at(&b->roster, point);

    if (!x)
        return;
    x->last_rec = rec;
    /* the entry of a round carries the end of the round, not the time of a reading */
    if (!round && at > x->last_at)
        x->last_at = at;
    x->due |= round ? DUE_STATE : DUE_CHANGED;
}

void docs_judge(struct bridge *b)
{
    int64_t now = bridge_now(b);

    for (unsigned p = 1; p <= POINT_MAX; p++) {
        struct roster_meter *x = &b->roster.at[p];
        bool on = x->last_at != 0 && now - x->last_at < b->settings->offline_s;
        if (!x->id[0] || on == x->online)
            continue;
        x->online = on;
        x->due |= DUE_STATUS;
    }
    b->online_ms = b->mono_ms;
}

void docs_refresh(struct bridge *b)
{
    unsigned due = DUE_STATUS | DUE_STATE | DUE_INFO | (b->settings->ha_discovery ? DUE_CONFIG : 0U);

    b->box_due = (uint8_t)due;
    b->docs_pos = 0;
    b->gone_step = b->gone_open = 0;
    roster_refresh(&b->roster, due);
}

/* ---- sending ---- */

static bool send_document(struct bridge *b, enum tag tag, const char *topic, const void *payload, size_t n,
                          bool json, uint32_t expiry_s)
{
    struct link_message m = {.topic = topic,
                             .payload = payload,
                             .length = n,
                             .qos = 1,
                             .retained = true,
                             .json = json,
                             .expiry_s = expiry_s};

    if (bridge_publish(b, LANE_NONE, tag, true, &m) < 0)
        return false;
    bucket_take(&b->docs);
    return true;
}

static bool send_retained(struct bridge *b, const char *topic, const void *payload, size_t n, bool json,
                          uint32_t expiry_s)
{
    return send_document(b, TAG_NONE, topic, payload, n, json, expiry_s);
}

static void count_port(struct payload_box *x, unsigned port)
{
    unsigned i = 0;

    while (i < x->port_count && x->ports[i].number != port)
        i++;
    if (i == sizeof x->ports / sizeof x->ports[0])
        return;
    if (i == x->port_count) {
        x->port_count++;
        x->ports[i].number = (uint8_t)port;
    }
    x->ports[i].meters++;
}

static bool send_box_info(struct bridge *b)
{
    struct payload_box x = {.d = b->d,
                            .region = b->config->terminal.region,
                            .address = b->config->terminal.address,
                            .zone = b->config->terminal.zone,
                            .meters = b->roster.count};
    char topic[MQTT_TOPIC];

    for (unsigned i = 0; i < b->config->port_count && i < 31; i++)
        x.ports[x.port_count++].number = b->config->ports[i].number;
    for (unsigned p = 1; p <= POINT_MAX; p++) {
        if (b->roster.at[p].id[0])
            count_port(&x, b->roster.at[p].m.port);
    }
    int n = payload_box_info(b->buf, b->settings->max_payload, &x);
    return n >= 0 &&
           send_retained(b, topic_box(b->settings->prefix, b->d, "info", topic), b->buf, (size_t)n, true, 0);
}

static bool send_box(struct bridge *b)
{
    const struct mqtt_settings *s = b->settings;
    char topic[MQTT_TOPIC];

    if (b->box_due & DUE_STATUS) {
        if (send_retained(b, topic_box(s->prefix, b->d, "status", topic), online, strlen(online), false, 0))
            b->box_due &= (uint8_t)~DUE_STATUS;
        return !(b->box_due & DUE_STATUS);
    }
    if (b->box_due & DUE_INFO) {
        if (send_box_info(b))
            b->box_due &= (uint8_t)~DUE_INFO;
        return !(b->box_due & DUE_INFO);
    }
    if (b->box_due & DUE_CONFIG) {
        int n = discovery_box(b->buf, s->max_payload, s->prefix, b->d);
        if (n >= 0 &&
            !send_retained(b, topic_discovery(s->ha_prefix, b->d, NULL, topic), b->buf, (size_t)n, true, 0))
            return false;
        b->box_due &= (uint8_t)~DUE_CONFIG;
        return true;
    }
    b->box_due = 0;
    return false;
}

/* ---- meters ---- */

static int take_set(void *ctx, unsigned point, const struct reading_set *set)
{
    struct bridge *b = ctx;

    (void)point;
    (void)payload_add(&b->values, set, b->config->terminal.zone);
    return 0;
}

/* The newest values; those of an earlier day are not "now". @return false: the store cannot be read */
static bool load_values(struct bridge *b, const struct roster_meter *x)
{
    payload_clear(&b->values);
    int ret = view_latest_all(b->view, x->m.point, take_set, b);
    if (ret < 0 && ret != CN_E_NOTFOUND && ret != CN_E_CORRUPT) {
        bridge_view_failed(b, ret);
        return false;
    }
    payload_sort(&b->values);
    payload_drop_old(&b->values, b->values.last_at - b->settings->offline_s);
    return true;
}

static bool send_state(struct bridge *b, struct roster_meter *x)
{
    char topic[MQTT_TOPIC];
    uint32_t expiry = b->settings->offline_s > EXPIRY_MIN_S ? b->settings->offline_s : EXPIRY_MIN_S;

    if (!load_values(b, x))
        return false;
    if (b->values.count > 0) {
        /* by the values themselves: the meter's status is judged only now and then */
        bool old = bridge_now(b) - b->values.last_at >= b->settings->offline_s;
        const char *q = old ? "stale" : b->values.doubt ? "doubt" : "good";
        int n = payload_state(b->buf, b->settings->max_payload, x->last_rec, q, &b->values);
        if (n >= 0 && !send_retained(b, topic_meter(b->settings->prefix, b->d, x->id, "state", topic), b->buf,
                                     (size_t)n, true, expiry))
            return false;
        /* the dictionary lists the keys there are */
        if (b->values.count != x->keys)
            x->due |= (uint8_t)(DUE_INFO | (b->settings->ha_discovery ? DUE_CONFIG : 0));
        x->keys = b->values.count;
    }
    x->state_ms = b->mono_ms;
    x->due &= (uint8_t) ~(DUE_STATE | DUE_CHANGED);
    return true;
}

static bool send_meter_info(struct bridge *b, struct roster_meter *x)
{
    char topic[MQTT_TOPIC];

    if (!load_values(b, x))
        return false;
    int n = payload_meter_info(b->buf, b->settings->max_payload, b->d, x->id, &x->m, &b->values);
    if (n >= 0 && !send_retained(b, topic_meter(b->settings->prefix, b->d, x->id, "info", topic), b->buf,
                                 (size_t)n, true, 0))
        return false;
    x->due &= (uint8_t)~DUE_INFO;
    return true;
}

static bool send_config(struct bridge *b, struct roster_meter *x)
{
    const struct mqtt_settings *s = b->settings;
    struct discovery d = {
        .prefix = s->prefix, .d = b->d, .m = x->id, .meter = &x->m, .expire_s = s->offline_s + 60};
    char topic[MQTT_TOPIC];

    if (!load_values(b, x))
        return false;
    /* without a value there is no entity; the first state brings the document */
    int n = b->values.count ? discovery_meter(b->buf, s->max_payload, &d, &b->values) : CN_E_NOTFOUND;
    if (n >= 0 &&
        !send_retained(b, topic_discovery(s->ha_prefix, b->d, x->id, topic), b->buf, (size_t)n, true, 0))
        return false;
    x->due &= (uint8_t)~DUE_CONFIG;
    return true;
}

static bool send_status(struct bridge *b, struct roster_meter *x)
{
    const char *text = x->online ? online : offline;
    char topic[MQTT_TOPIC];

    if (!send_retained(b, topic_meter(b->settings->prefix, b->d, x->id, "status", topic), text, strlen(text),
                       false, 0))
        return false;
    x->due &= (uint8_t)~DUE_STATUS;
    return true;
}

static bool state_due(const struct bridge *b, const struct roster_meter *x)
{
    if (x->due & DUE_STATE)
        return true;
    return (x->due & DUE_CHANGED) && b->settings->state_s &&
           (x->state_ms == 0 || b->mono_ms - x->state_ms >= (int64_t)b->settings->state_s * 1000);
}

/* One document of a meter. @return true: sent; false: it has none, or not now (then its mark stays) */
static bool send_meter(struct bridge *b, struct roster_meter *x)
{
    if (x->due & DUE_STATUS)
        return send_status(b, x);
    if (state_due(b, x))
        return send_state(b, x);
    if (x->due & DUE_INFO)
        return send_meter_info(b, x);
    if ((x->due & DUE_CONFIG) && b->settings->ha_discovery)
        return send_config(b, x);
    return false;
}

/* ---- meters that are no more ---- */

static const char *const leaves[] = {"status", "info", "state"};
enum { LEAVES = sizeof leaves / sizeof leaves[0] };

static unsigned gone_steps(const struct bridge *b)
{
    return LEAVES + (b->settings->ha_discovery ? 1U : 0U);
}

static bool send_gone(struct bridge *b)
{
    const struct mqtt_settings *s = b->settings;
    char topic[MQTT_TOPIC];

    if (b->roster.gone_count == 0 || b->gone_step >= gone_steps(b))
        return false;
    const char *id = b->roster.gone[0];
    if (b->gone_step < LEAVES)
        topic_meter(s->prefix, b->d, id, leaves[b->gone_step], topic);
    else
        topic_discovery(s->ha_prefix, b->d, id, topic);
    if (!send_document(b, TAG_GONE, topic, "", 0, false, 0))
        return false;
    b->gone_step++;
    b->gone_open++;
    return true;
}

void docs_acked(struct bridge *b, uint64_t tag)
{
    char name[MQTT_METER_ID];

    if (tag != TAG_GONE)
        return;
    b->gone_open--;
    if (b->gone_step < gone_steps(b) || b->gone_open > 0)
        return;
    memcpy(name, b->roster.gone[0], sizeof name);
    roster_forget(&b->roster, name);
    b->gone_step = 0;
}

bool docs_send(struct bridge *b)
{
    if (bucket_wait(&b->docs, b->mono_ms) > 0)
        return false;
    if (b->box_due)
        return send_box(b);
    if (send_gone(b))
        return true;
    for (unsigned i = 0; i < POINT_MAX; i++) {
        b->docs_pos = (uint16_t)(b->docs_pos % POINT_MAX + 1);
        struct roster_meter *x = &b->roster.at[b->docs_pos];
        if (x->id[0] && x->due && send_meter(b, x))
            return true;
    }
    return false;
}

/* ---- health ---- */

static uint32_t resident_kb(void)
{
    unsigned long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f && fscanf(f, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return (uint32_t)(resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024);
}

/* The time of the oldest record that waits, from the cache of its lane. */
static int64_t oldest_ms(const struct bridge *b)
{
    int64_t at = 0;

    for (unsigned lane = 0; lane < LANE_COUNT; lane++) {
        const struct bridge_feed *f = &b->feeds[lane];
        if (b->sender.lanes[lane].waiting && f->pos < f->count && (at == 0 || f->cache[f->pos].at < at))
            at = f->cache[f->pos].at;
    }
    return at * 1000;
}

void docs_send_health(struct bridge *b)
{
    const struct lane *lanes = b->sender.lanes;
    struct fault clock = {.kind = FAULT_NONE};

    b->rss_kb = resident_kb();
    struct payload_health h = {
        .ts_ms = b->system_ms + b->clock.offset_ms,
        .uptime_s = (uint64_t)((b->mono_ms - b->start_ms) / 1000),
        .rss_kb = b->rss_kb,
        .clock = fault_clock_ok(&clock, b->system_ms / 1000, 0) ? "ok" : clock.text,
        .depth = lanes[LANE_LIVE].waiting + lanes[LANE_BACKLOG].waiting,
        .oldest_ms = oldest_ms(b),
        .sent = b->sender.sent,
        .acked = b->sender.acked,
        .lost = b->lost,
        .refused = b->refused,
        .connects = b->connects,
        .fails = b->fails,
        .last_fault = b->fault.text,
        .meters = b->roster.count,
    };
    char topic[MQTT_TOPIC];

    for (unsigned p = 1; p <= POINT_MAX; p++)
        h.online = (uint16_t)(h.online + (b->roster.at[p].id[0] && b->roster.at[p].online));
    int n = payload_health(b->buf, b->settings->max_payload, &h);
    struct link_message m = {.topic = topic_box(b->settings->prefix, b->d, "health", topic),
                             .payload = b->buf,
                             .length = (size_t)n,
                             .json = true};
    if (n >= 0)
        (void)b->port.publish(b->port.ctx, &m, 0);
    b->health_ms = b->mono_ms;
}
