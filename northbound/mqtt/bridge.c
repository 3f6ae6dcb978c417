#include "northbound/mqtt/bridge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/base/err.h"
#include "northbound/mqtt/bridge_parts.h"
#include "northbound/mqtt/sealed.h"

enum {
    TELL_AGAIN_MS = 3600000,
    MESSAGES_A_STEP = 64,
    JUDGE_MS = 5000,
    STEP_MAX_MS = 1000,
    BIRTH_SPREAD_MS = 30000,
    CLOCK_AGAIN_MS = 5000
};

static const char alive_key[] = "last_alive"; /* fact of concentratord: box time of its last sign of life */

/* ---- small parts ---- */

int64_t bridge_now(const struct bridge *b)
{
    int64_t ms = b->system_ms + b->clock.offset_ms;

    return ms / 1000 - (ms % 1000 < 0);
}

static uint32_t next_random(struct bridge *b)
{
    b->random = b->random * 1664525U + 1013904223U;
    return b->random >> 8;
}

char *bridge_uri(const struct mqtt_settings *s, char out[MQTT_HOST + 16])
{
    snprintf(out, MQTT_HOST + 16, "%s://%s:%u", s->tls ? "mqtts" : "mqtt", s->host, s->port);
    return out;
}

int bridge_view_failed(struct bridge *b, int ret)
{
    if (ret != b->view_error)
        log_warning(b->log, ret == CN_E_GONE ? "the store is not open yet" : "the store cannot be read: %s",
                    cn_err_text(ret));
    b->view_error = ret;
    return ret;
}

int bridge_publish(struct bridge *b, enum sender_lane lane, uint64_t rec, bool last,
                   const struct link_message *m)
{
    if (!sender_room(&b->sender))
        return CN_E_FULL;
    int ret = b->port.publish(b->port.ctx, m, b->sender.next_id + 1);
    if (ret == 0)
        (void)sender_sent(&b->sender, lane, rec, last, b->mono_ms);
    return ret;
}

/* ---- files ---- */

static void load_roster(struct bridge *b)
{
    char path[BRIDGE_PATH + 16];
    char *text = malloc(ROSTER_BYTES);

    snprintf(path, sizeof path, "%s/meters", b->path);
    int n = text ? sealed_read(path, text, ROSTER_BYTES) : CN_E_NOMEM;
    if (n >= 0)
        n = roster_get(&b->roster, text, (size_t)n);
    if (n < 0 && n != CN_E_NOTFOUND)
        log_warning(b->log, "%s: %s: the archive is read anew", path, cn_err_text(n));
    free(text);
}

static int save_roster(struct bridge *b)
{
    char path[BRIDGE_PATH + 16];
    char *text = malloc(ROSTER_BYTES);

    snprintf(path, sizeof path, "%s/meters", b->path);
    if (!text)
        return CN_E_NOMEM;
    struct wbuf w = wbuf_of(text, ROSTER_BYTES);
    roster_put(&w, &b->roster);
    int ret = w.err ? w.err : sealed_write(path, text, w.len);
    free(text);
    if (ret == 0)
        b->roster.changed = false;
    return ret;
}

static int save_cursor(struct bridge *b, const struct cursor *c)
{
    char path[BRIDGE_PATH + 16];

    snprintf(path, sizeof path, "%s/cursor", b->path);
    int ret = cursor_save(path, c);
    if (ret == 0)
        b->saved = *c;
    return ret;
}

/* Flash is spared: a few writes a minute, some more while a backlog is worked off. */
static bool save_due(const struct bridge *b)
{
    int64_t passed = b->mono_ms - b->saved_ms;
    bool many = b->sender.acked - b->saved_acked >= BRIDGE_SAVE_RECORDS;

    return passed >= (many ? BRIDGE_SAVE_SOON_MS : BRIDGE_SAVE_MS);
}

/* The roster first: what the cursor has passed must not be given to another meter. */
static void save(struct bridge *b, bool now)
{
    struct cursor c = sender_cursor(&b->sender);
    bool moved = memcmp(&c, &b->saved, sizeof c) != 0;
    int ret = 0;

    if (b->state == BRIDGE_STORE || (!moved && !b->roster.changed) || (!now && !save_due(b)))
        return;
    b->saved_ms = b->mono_ms;
    b->saved_acked = b->sender.acked;
    if (b->roster.changed)
        ret = save_roster(b);
    if (ret == 0 && moved)
        ret = save_cursor(b, &c);
    if (ret < 0 && (b->save_told_ms == 0 || b->mono_ms - b->save_told_ms > TELL_AGAIN_MS)) {
        log_error(b->log, "%s cannot be written (%s): after a restart records are sent twice", b->path,
                  cn_err_text(ret));
        b->save_told_ms = b->mono_ms;
    }
}

int bridge_init(struct bridge *b, const struct mqtt_settings *settings, const struct config *config,
                const struct log *log, struct view *view, struct bridge_port port, uint32_t random,
                int64_t mono_ms)
{
    memset(b, 0, sizeof *b);
    b->settings = settings;
    b->config = config;
    b->log = log;
    b->view = view;
    b->port = port;
    b->random = random;
    b->start_ms = b->mono_ms = b->down_ms = mono_ms;
    b->roster.at = calloc(POINT_MAX + 1, sizeof *b->roster.at);
    b->buf = malloc(settings->max_payload);
    if (!b->roster.at || !b->buf) {
        bridge_free(b);
        return CN_E_NOMEM;
    }
    topic_box_id(config->terminal.region, config->terminal.address, b->d);
    if (settings->client_id[0])
        snprintf(b->client_id, sizeof b->client_id, "%s", settings->client_id);
    else
        snprintf(b->client_id, sizeof b->client_id, "ecc-%s", b->d);
    topic_box(settings->prefix, b->d, "status", b->will_topic);
    if (snprintf(b->path, sizeof b->path, "%s/mqtt", config->terminal.state_dir) >= (int)sizeof b->path) {
        bridge_free(b);
        return CN_E_NOSPACE;
    }
    if (mkdir(b->path, 0750) < 0 && errno != EEXIST)
        log_error(log, "%s cannot be made: %s", b->path, strerror(errno));
    bucket_init(&b->docs, settings->replay_rps, mono_ms);
    load_roster(b);
    return 0;
}

void bridge_free(struct bridge *b)
{
    free(b->roster.at);
    free(b->buf);
    b->roster.at = NULL;
    b->buf = NULL;
}

/* ---- the connection ---- */

static void go_down(struct bridge *b, bool was_up, const struct fault *f)
{
    char uri[MQTT_HOST + 16];

    if (was_up)
        b->down_ms = b->mono_ms;
    b->state = BRIDGE_WAIT;
    if (f->kind == FAULT_CLOCK)
        b->retry.at_ms = b->mono_ms + CLOCK_AGAIN_MS;
    else
        retry_down(&b->retry, was_up, f->kind == FAULT_REFUSED, next_random(b), b->mono_ms);
    bool same = b->fault_count > 0 && !was_up && strcmp(b->fault.text, f->text) == 0;
    if (!same || b->mono_ms - b->fault_told_ms >= TELL_AGAIN_MS) {
        if (same)
            log_warning(b->log, "%s, still: %s (%u times)", bridge_uri(b->settings, uri), f->text,
                        b->fault_count + 1);
        else
            log_warning(b->log, "%s: %s", bridge_uri(b->settings, uri), f->text);
        b->fault_told_ms = b->mono_ms;
    }
    b->fault_count = same ? b->fault_count + 1 : 1;
    b->fault = *f;
    b->fails++;
}

void bridge_failed(struct bridge *b, const struct fault *f)
{
    if (b->state == BRIDGE_CONNECTING)
        go_down(b, false, f);
}

void bridge_lost(struct bridge *b, const struct fault *f)
{
    if (b->state == BRIDGE_LEAVING)
        b->state = BRIDGE_ENDED;
    if (b->state != BRIDGE_UP)
        return;
    sender_lost(&b->sender);
    feed_restart(b);
    save(b, false);
    go_down(b, true, f);
}

/* We end it: the connection is of no use any more. */
static void give_up(struct bridge *b, enum fault_kind kind, const char *text)
{
    struct fault f;

    fault_set(&f, kind, "%s", text);
    b->port.drop(b->port.ctx);
    bridge_lost(b, &f);
}

void bridge_up(struct bridge *b)
{
    char uri[MQTT_HOST + 16], topic[MQTT_TOPIC];

    if (b->state != BRIDGE_CONNECTING)
        return;
    b->state = BRIDGE_UP;
    b->connects++;
    b->fault_count = 0;
    retry_up(&b->retry, b->mono_ms);
    feed_scan(b);
    sender_begin(&b->sender, b->head, b->mono_ms - b->down_ms, next_random(b), b->mono_ms);
    feed_restart(b);
    b->up_head = b->head;
    docs_refresh(b);
    b->health_ms = 0;
    if (b->settings->ha_discovery) {
        snprintf(topic, sizeof topic, "%s/status", b->settings->ha_prefix);
        (void)b->port.watch_birth(b->port.ctx, topic);
    }
    log_info(b->log, "connected to %s as %s, %u records wait", bridge_uri(b->settings, uri), b->client_id,
             b->sender.lanes[LANE_LIVE].waiting + b->sender.lanes[LANE_BACKLOG].waiting);
}

void bridge_acked(struct bridge *b, uint32_t id)
{
    struct flight f;

    if (sender_acked(&b->sender, id, &f) && f.lane == LANE_NONE)
        docs_acked(b, f.rec);
    if (b->state == BRIDGE_LEAVING && id == b->leave_id) {
        b->state = BRIDGE_ENDED;
        save(b, true);
    }
}

/*
 * A message that the broker will never take must not stop the others; a right that is missing or a full store
 * at the broker may come back, so these end the connection and the records stay.
 */
void bridge_refused(struct bridge *b, uint32_t id, unsigned code)
{
    struct flight f;
    struct fault down;

    if (b->state != BRIDGE_UP)
        return;
    if (code != 0x95 && code != 0x99 && code != 0x90) {
        fault_set(&down, code == 0x87 ? FAULT_REFUSED : FAULT_BROKER, "it does not accept our messages: %s",
                  fault_reason(code));
        b->port.drop(b->port.ctx);
        bridge_lost(b, &down);
        return;
    }
    b->refused++;
    if (!sender_acked(&b->sender, id, &f))
        return;
    if (f.lane == LANE_NONE)
        log_error(b->log, "the broker refuses a document: %s", fault_reason(code));
    else
        log_error(b->log, "the broker refuses record %" PRIu64 ", it is left out: %s", f.rec,
                  fault_reason(code));
}

void bridge_birth(struct bridge *b)
{
    if (b->state == BRIDGE_UP && b->configs_ms == 0)
        b->configs_ms = b->mono_ms + next_random(b) % BIRTH_SPREAD_MS;
}

void bridge_poke(struct bridge *b)
{
    b->poll_ms = b->mono_ms;
}

void bridge_leave(struct bridge *b)
{
    struct link_message m = {
        .topic = b->will_topic, .payload = "offline", .length = 7, .qos = 1, .retained = true};

    if (b->state == BRIDGE_LEAVING || b->state == BRIDGE_ENDED)
        return;
    bool up = b->state == BRIDGE_UP;
    save(b, true);
    b->state = up ? BRIDGE_LEAVING : BRIDGE_ENDED;
    b->leave_ms = b->mono_ms;
    if (!up)
        return;
    b->leave_id = b->sender.next_id + 1;
    /* a full window is no reason to keep it back: the library has room for some more */
    if (b->port.publish(b->port.ctx, &m, b->leave_id) < 0)
        b->state = BRIDGE_ENDED;
}

/* ---- one step ---- */

/* What the box certainly knows of the time, in the system clock's terms. */
static int64_t known_time(struct bridge *b)
{
    uint8_t raw[8];

    if (view_fact(b->view, alive_key, raw, sizeof raw) != (int)sizeof raw)
        return 0;
    struct rbuf r = rbuf_of(raw, sizeof raw);
    return rbuf_i64(&r) - b->clock.offset_ms / 1000;
}

static void try_connect(struct bridge *b)
{
    struct fault f;

    b->connect_ms = b->mono_ms;
    b->state = BRIDGE_CONNECTING;
    if (b->settings->tls && !fault_clock_ok(&f, b->system_ms / 1000, known_time(b))) {
        bridge_failed(b, &f);
    } else if (b->port.connect(b->port.ctx) < 0 && b->state == BRIDGE_CONNECTING) {
        fault_set(&f, FAULT_BROKER, "the MQTT library refuses to connect");
        bridge_failed(b, &f);
    }
}

static void poll_store(struct bridge *b)
{
    if (b->mono_ms < b->poll_ms)
        return;
    b->poll_ms = b->mono_ms + BRIDGE_POLL_MS;
    if (b->scan_from == 0) {
        int ret = feed_open(b);
        if (ret < 0) {
            bridge_view_failed(b, ret);
            return;
        }
    }
    bool end = feed_scan(b);
    if (!end && b->view_error == 0)
        b->poll_ms = b->mono_ms;
    if (end && (b->archive_due || !b->archive_read))
        (void)docs_read_archive(b);
    if (end && b->archive_read && b->state == BRIDGE_STORE)
        b->state = BRIDGE_WAIT;
}

static void send_what_is_due(struct bridge *b)
{
    if (b->health_ms == 0 || b->mono_ms - b->health_ms >= BRIDGE_HEALTH_MS)
        docs_send_health(b);
    if (b->configs_ms && b->mono_ms >= b->configs_ms) {
        roster_refresh(&b->roster, DUE_CONFIG | DUE_STATE);
        b->box_due |= DUE_CONFIG;
        b->configs_ms = 0;
    }
    for (unsigned i = 0; i < MESSAGES_A_STEP && sender_room(&b->sender) && b->state == BRIDGE_UP; i++) {
        bool sent = (b->box_due & DUE_STATUS) && docs_send(b);
        sent |= sender_room(&b->sender) && feed_send(b, LANE_LIVE);
        sent |= sender_room(&b->sender) && docs_send(b);
        sent |= sender_room(&b->sender) && sender_lane_wait(&b->sender, LANE_BACKLOG, b->mono_ms) == 0 &&
                feed_send(b, LANE_BACKLOG);
        if (!sent)
            break;
    }
    if (sender_stuck(&b->sender, b->mono_ms))
        give_up(b, FAULT_SILENT, "it does not confirm our messages");
}

static int64_t next_step(struct bridge *b)
{
    int64_t at = b->poll_ms < b->mono_ms + STEP_MAX_MS ? b->poll_ms : b->mono_ms + STEP_MAX_MS;

    if (b->state == BRIDGE_WAIT && b->retry.at_ms < at)
        at = b->retry.at_ms;
    if (b->state == BRIDGE_UP && sender_room(&b->sender)) {
        int64_t wait = sender_lane_wait(&b->sender, LANE_BACKLOG, b->mono_ms);
        int64_t docs = bucket_wait(&b->docs, b->mono_ms);
        if (wait >= 0 && b->mono_ms + wait < at)
            at = b->mono_ms + wait;
        if (docs > 0 && b->mono_ms + docs < at)
            at = b->mono_ms + docs;
    }
    return at > b->mono_ms ? at - b->mono_ms : 0;
}

int64_t bridge_step(struct bridge *b, int64_t mono_ms, int64_t system_ms)
{
    b->mono_ms = mono_ms;
    b->system_ms = system_ms;
    poll_store(b);
    if (b->state == BRIDGE_WAIT && mono_ms >= b->retry.at_ms)
        try_connect(b);
    if (b->state == BRIDGE_CONNECTING && mono_ms - b->connect_ms > BRIDGE_CONNECT_MS)
        return CN_E_TIMEOUT;
    if (mono_ms - b->online_ms >= JUDGE_MS)
        docs_judge(b);
    if (b->state == BRIDGE_UP)
        send_what_is_due(b);
    if (b->state == BRIDGE_LEAVING && mono_ms - b->leave_ms >= BRIDGE_LEAVE_MS)
        b->state = BRIDGE_ENDED;
    save(b, false);
    return next_step(b);
}
