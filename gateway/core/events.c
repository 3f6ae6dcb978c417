#include "gateway/core/events.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/param.h"

enum { OPEN_VERSION = 1, OPEN_BYTES = 1 + 4 + POINT_MAX / 8 + 1, F9 = 9, F9_BYTES = 16 };

static const char open_key[] = "open_events";

void events_load_masks(struct events *e)
{
    uint8_t raw[F9_BYTES];
    struct param_f9 f9;
    int n = e->store ? store_param_read(e->store, F9, 0, 0, raw, sizeof raw) : CN_E_NOTFOUND;

    e->record = UINT64_MAX;
    e->important = 0;
    if (n >= 0 && param_f9(raw, (size_t)n, &f9) == 0) {
        e->record = f9.record;
        e->important = f9.important;
    }
}

void events_load_state(struct events *e)
{
    if (!e->store || store_event_state(e->store, &e->state) < 0)
        memset(&e->state, 0, sizeof e->state);
}

void events_take_store(struct events *e, struct store *store)
{
    uint8_t raw[OPEN_BYTES];

    e->store = store;
    events_load_masks(e);
    events_load_state(e);
    if (!store || store_fact_get(store, open_key, raw, sizeof raw) != OPEN_BYTES || raw[0] != OPEN_VERSION)
        return;
    struct rbuf r = rbuf_of(raw + 1, sizeof raw - 1);
    e->open_ports |= rbuf_u32(&r);
    for (size_t i = 0; i < sizeof e->open_points; i++)
        e->open_points[i] |= rbuf_u8(&r);
}

void events_init(struct events *e, struct store *store, const struct log *log, struct zone zone,
                 struct events_out out)
{
    memset(e, 0, sizeof *e);
    e->log = log;
    e->zone = zone;
    e->out = out;
    events_take_store(e, store);
}

static void save_open(struct events *e)
{
    uint8_t raw[OPEN_BYTES];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    wbuf_u8(&w, OPEN_VERSION);
    wbuf_u32(&w, e->open_ports);
    wbuf_bytes(&w, e->open_points, sizeof e->open_points);
    if (e->store && store_fact_put(e->store, open_key, raw, w.len) == 0)
        e->open_changed = false;
}

/* The next place in the queue; NULL when the event is not to be recorded or there is no room. */
static struct events_entry *begin(struct events *e, unsigned erc, int64_t at)
{
    if (!(e->record >> (erc - 1) & 1))
        return NULL;
    if (e->queued == EVENTS_QUEUE) {
        e->dropped++;
        return NULL;
    }
    struct events_entry *n = &e->queue[e->queued];
    *n = (struct events_entry){.at = at, .erc = (uint8_t)erc};
    return n;
}

static void finish(struct events *e, struct events_entry *n, const struct wbuf *w)
{
    if (w->err) {
        log_error(e->log, "event ERC%u could not be built: %s", n->erc, cn_err_text(w->err));
        return;
    }
    n->length = (uint8_t)w->len;
    e->queued++;
}

bool events_meter_open(const struct events *e, unsigned point)
{
    return point <= POINT_MAX && (e->open_points[point / 8] >> point % 8 & 1);
}

static void set_open(struct events *e, unsigned point, bool on)
{
    uint8_t bit = (uint8_t)(1u << point % 8);

    e->open_points[point / 8] =
        (uint8_t)(on ? e->open_points[point / 8] | bit : e->open_points[point / 8] & ~bit);
    e->open_changed = true;
}

void events_meter(struct events *e, const struct mstate *m, bool dead, int64_t now)
{
    unsigned point = m->m.point;

    if (point > POINT_MAX || dead == events_meter_open(e, point))
        return;
    set_open(e, point, dead);
    log_line(e->log, dead ? LOG_WARNING : LOG_INFO, "meter %u (port %u) %s%s", point, m->m.port,
             dead ? "does not answer: " : "answers again", dead ? cn_err_text(m->last_error) : "");
    struct events_entry *n = begin(e, 31, now);
    if (!n)
        return;
    struct wbuf w = wbuf_of(n->content, sizeof n->content);
    struct civil last = zone_to_local(e->zone, m->last_ok);
    event_put_erc31(&w, point, dead, m->last_ok ? &last : NULL, m->last[0], m->last[2]);
    snprintf(n->text, sizeof n->text, "reading failure of point %u %s", point, dead ? "begins" : "ends");
    finish(e, n, &w);
}

void events_point_removed(struct events *e, unsigned point)
{
    if (events_meter_open(e, point))
        set_open(e, point, false);
}

void events_port(struct events *e, unsigned port, bool dead, int64_t now)
{
    uint32_t bit = (uint32_t)1 << port % 32;

    if (dead == ((e->open_ports & bit) != 0))
        return;
    e->open_ports ^= bit;
    e->open_changed = true;
    if (dead)
        log_warning(e->log, "port %u: no meter answers", port);
    else
        log_info(e->log, "port %u: meters answer again", port);
    struct events_entry *n = dead ? begin(e, 21, now) : NULL;
    if (!n)
        return;
    struct wbuf w = wbuf_of(n->content, sizeof n->content);
    event_put_erc21(&w, 4);
    snprintf(n->text, sizeof n->text, "terminal fault: RS485 port %u reads no meter", port);
    finish(e, n, &w);
}

void events_power(struct events *e, int64_t off, int64_t on)
{
    struct events_entry *n = begin(e, 14, off);

    if (!n)
        return;
    struct wbuf w = wbuf_of(n->content, sizeof n->content);
    struct civil local_on = zone_to_local(e->zone, on);
    struct civil local_off = zone_to_local(e->zone, off);
    char text[24];
    event_put_erc14(&w, &local_on);
    snprintf(n->text, sizeof n->text, "terminal was off since %s",
             civil_print(&local_off, text, sizeof text));
    finish(e, n, &w);
}

void events_params(struct events *e, unsigned msa, const uint8_t (*dadts)[4], unsigned count, int64_t now)
{
    for (unsigned i = 0; i < count; i += EVENT_ERC3_ITEMS) {
        unsigned part = count - i < EVENT_ERC3_ITEMS ? count - i : EVENT_ERC3_ITEMS;
        struct events_entry *n = begin(e, 3, now);
        if (!n)
            return;
        struct wbuf w = wbuf_of(n->content, sizeof n->content);
        event_put_erc3(&w, (uint8_t)msa, dadts + i, part);
        snprintf(n->text, sizeof n->text, "parameter change by station %u: %u item%s", msa, part,
                 part == 1 ? "" : "s");
        finish(e, n, &w);
    }
}

/* What clients may raise, with the length behind the time. */
static const struct client_event {
    uint8_t erc, length;
    const char *text;
} client_events[] = {
    {20, 17, "authentication error: wrong password"},
};

int events_client(struct events *e, const struct ctl_event *m, int64_t now)
{
    const struct client_event *c = NULL;

    for (size_t i = 0; i < sizeof client_events / sizeof *client_events; i++) {
        if (client_events[i].erc == m->erc)
            c = &client_events[i];
    }
    if (!c)
        return CN_E_DENIED;
    if (m->length != c->length)
        return CN_E_FORMAT;
    if (e->client_minute != now / 60) {
        e->client_minute = now / 60;
        e->client_count = 0;
    }
    if (e->client_count >= EVENTS_CLIENT_PER_MINUTE) {
        e->refused++;
        return CN_E_BUSY;
    }
    e->client_count++;
    struct events_entry *n = begin(e, m->erc, now);
    if (!n)
        return 0;
    struct wbuf w = wbuf_of(n->content, sizeof n->content);
    wbuf_bytes(&w, m->content, m->length);
    snprintf(n->text, sizeof n->text, "%s", c->text);
    finish(e, n, &w);
    return 0;
}

int events_seen(struct events *e, const struct ctl_seen *m)
{
    if (!e->store)
        return CN_E_IO;
    int err = store_events_seen(e->store, m->ring, m->upto, m->clear_acd != 0);
    events_load_state(e);
    return err;
}

static int store_one(struct events *e, const struct events_entry *n)
{
    uint8_t record[EVENT_MAX];
    struct wbuf w = wbuf_of(record, sizeof record);
    struct civil local = zone_to_local(e->zone, n->at);
    unsigned ring = e->important >> (n->erc - 1) & 1 ? RING_IMPORTANT : RING_GENERAL;
    uint8_t index;

    int len = event_build(n->erc, &local, n->content, n->length, &w);
    if (len < 0) {
        log_error(e->log, "event ERC%u could not be built: %s", n->erc, cn_err_text(len));
        return 0; /* trying again would not help */
    }
    int err = store_put_event(e->store, ring, record, (size_t)len, n->at, &index);
    if (err < 0)
        return err;
    events_load_state(e);
    e->stored++;
    log_info(e->log, "event ERC%u (%s %u): %s", n->erc, ring == RING_IMPORTANT ? "important" : "general",
             index, n->text);
    e->recent[e->recent_next].at = n->at;
    memcpy(e->recent[e->recent_next].text, n->text, sizeof n->text);
    e->recent_next = (uint8_t)((e->recent_next + 1) % EVENTS_RECENT);
    struct ctl_n_event told = {
        .ring = (uint8_t)ring, .index = index, .erc = n->erc, .ec1 = e->state.ec1, .ec2 = e->state.ec2};
    e->out.stored(e->out.ctx, &told);
    return 0;
}

int events_work(struct events *e)
{
    unsigned done = 0;
    int err = 0;

    if (e->queued && !e->store)
        return CN_E_IO;
    while (done < e->queued && (err = store_one(e, &e->queue[done])) == 0)
        done++;
    if (done > 0) {
        memmove(e->queue, e->queue + done, sizeof *e->queue * (size_t)(e->queued - done));
        e->queued = (uint8_t)(e->queued - done);
    }
    /* after the events: a cut in between repeats one, which is better than losing it */
    if (err == 0 && e->open_changed)
        save_open(e);
    return err;
}

bool events_alarm(const struct events *e)
{
    if (e->open_ports || e->state.acd)
        return true;
    for (size_t i = 0; i < sizeof e->open_points; i++) {
        if (e->open_points[i])
            return true;
    }
    return false;
}
