#include "hmi/lcd/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "gateway/model/param.h"
#include "gateway/model/quantity.h"
#include "hmi/lcd/event.h"
#include "hmi/lcd/render.h"

enum { ERC_READING_FAILURE = 31, UNIT_MAX = 256 };

struct found {
    int64_t at; /* of the newest ERC31 record */
    bool open;
};

struct failed {
    uint16_t point;
    bool never;
    int64_t since;
};

struct ring_event {
    int64_t at;
    struct lcd_event event;
};

struct lcd_collect {
    struct view *view;
    const struct config *config;
    bool read; /* the lists were read at least once */
    bool changed;
    int64_t read_ms; /* when they were last tried */
    bool store;
    uint16_t points[METER_INDEX_MAX];
    unsigned meters;
    struct failed failed[METER_INDEX_MAX];
    unsigned failed_count;
    bool events_read;
    struct event_state counters;          /* when the rings were read */
    struct ring_event events[LCD_EVENTS]; /* newest first */
    unsigned event_count;
    bool unread; /* an important event */
    uint8_t master_ip[4];
    uint16_t master_port;
    bool channel_known;
    uint8_t channel;
    struct found found[POINT_MAX + 1]; /* reading failures by point */
};

struct lcd_collect *lcd_collect_new(struct view *view, const struct config *config)
{
    struct lcd_collect *c = calloc(1, sizeof *c);
    if (c) {
        c->view = view;
        c->config = config;
    }
    return c;
}

void lcd_collect_free(struct lcd_collect *c)
{
    free(c);
}

void lcd_collect_changed(struct lcd_collect *c)
{
    c->changed = true;
}

int lcd_collect_clock(struct view *view, int64_t *offset_ms)
{
    uint8_t raw[8];
    int n = view_fact(view, "clock_offset_ms", raw, sizeof raw);
    if (n < 0)
        return n;
    struct rbuf r = rbuf_of(raw, (size_t)n);
    *offset_ms = rbuf_i64(&r);
    return r.err;
}

/* ---- parameters ---- */

static int param_unit(struct lcd_collect *c, unsigned fn, uint8_t *unit)
{
    int n = view_param(c->view, fn, 0, 0, unit, UNIT_MAX);
    return n == CN_E_NOTFOUND ? config_param(c->config, fn, unit, UNIT_MAX) : n;
}

/* Of a store that cannot be read nothing is shown: it may hold others than the site's configuration. */
static void read_params(struct lcd_collect *c)
{
    uint8_t unit[UNIT_MAX];
    struct param_f3 f3;
    struct param_f8 f8;
    int n = c->store ? param_unit(c, 3, unit) : CN_E_GONE;

    c->master_port = 0;
    if (n > 0 && param_f3(unit, (size_t)n, &f3) == 0) {
        memcpy(c->master_ip, f3.main_ip, sizeof c->master_ip);
        c->master_port = f3.main_port;
    }
    /* F8 knows TCP and UDP; that the site uses SMS only the configuration says */
    c->channel_known = c->store && c->config->uplink.present;
    c->channel = (uint8_t)c->config->uplink.transport;
    n = c->store ? param_unit(c, 8, unit) : CN_E_GONE;
    if (n > 0 && c->channel != TRANSPORT_SMS && param_f8(unit, (size_t)n, &f8) == 0)
        c->channel = f8.udp ? TRANSPORT_UDP : TRANSPORT_TCP;
}

/* ---- events ---- */

/** Keep it when it is among the newest. */
static void keep_event(struct lcd_collect *c, int64_t at, const struct lcd_event *e)
{
    unsigned i = c->event_count;
    while (i > 0 && c->events[i - 1].at <= at)
        i--;
    if (i == LCD_EVENTS)
        return;
    if (c->event_count < LCD_EVENTS)
        c->event_count++;
    memmove(&c->events[i + 1], &c->events[i], (c->event_count - 1 - i) * sizeof c->events[0]);
    c->events[i] = (struct ring_event){.at = at, .event = *e};
}

static void take_event(struct lcd_collect *c, unsigned ring, uint8_t index)
{
    uint8_t record[EVENT_MAX];
    struct lcd_event e;
    int64_t at;
    int n = view_event(c->view, ring, index, record, sizeof record, &at);
    if (n < 0)
        return;
    struct civil local = zone_to_local(c->config->terminal.zone, at);
    if (lcd_event_decode(record, (size_t)n, &local, &e) < 0)
        return;
    keep_event(c, at, &e);
    if (e.erc == ERC_READING_FAILURE && e.point >= 1 && e.point <= POINT_MAX && at >= c->found[e.point].at)
        c->found[e.point] = (struct found){.at = at, .open = !e.over};
}

static int read_events(struct lcd_collect *c)
{
    struct event_state state;
    int rc = view_event_state(c->view, &state);
    if (rc < 0)
        return rc;
    c->unread = state.acd || state.rd1 != state.ec1;
    if (c->events_read && state.ec1 == c->counters.ec1 && state.ec2 == c->counters.ec2)
        return 0;
    c->events_read = true;
    c->counters = state;
    c->event_count = 0;
    memset(c->found, 0, sizeof c->found);
    /* from the oldest: the counter is the next index to be written */
    for (unsigned i = 0; i < EVENT_RING; i++) {
        take_event(c, RING_IMPORTANT, (uint8_t)(state.ec1 + i));
        take_event(c, RING_GENERAL, (uint8_t)(state.ec2 + i));
    }
    return 0;
}

/* ---- meters ---- */

static int take_meter(void *ctx, const struct meter *m)
{
    struct lcd_collect *c = ctx;
    if (meter_readable(m) && c->meters < METER_INDEX_MAX)
        c->points[c->meters++] = m->point;
    return 0;
}

static int by_point(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/** Last reading of the energy; at = 0 when it was never read. */
static struct value last_energy(struct lcd_collect *c, unsigned point, int64_t *at)
{
    struct reading_set set;

    *at = 0;
    if (view_latest(c->view, point, Q_EP_IMP, &set) < 0)
        return value_none();
    *at = set.at;
    return reading_get(&set, Q_EP_IMP, 0);
}

static int read_meters(struct lcd_collect *c, int64_t now)
{
    c->meters = c->failed_count = 0;
    int rc = view_meters(c->view, take_meter, c);
    if (rc < 0 && rc != CN_E_CORRUPT) /* damaged rows are passed over, the good ones were visited */
        return rc;
    qsort(c->points, c->meters, sizeof c->points[0], by_point);
    for (unsigned i = 0; i < c->meters; i++) {
        uint16_t point = c->points[i];
        const struct found *found = &c->found[point <= POINT_MAX ? point : 0];
        int64_t at;
        last_energy(c, point, &at);
        if (at != 0 && !found->open && now - at < COLLECT_STALE_S)
            continue;
        c->failed[c->failed_count++] =
            (struct failed){.point = point, .never = at == 0, .since = found->open ? found->at : at};
    }
    return 0;
}

/* ---- together ---- */

static void read_lists(struct lcd_collect *c, int64_t now, int64_t now_ms)
{
    int64_t due = c->read_ms + (c->changed || !c->store ? COLLECT_PAUSE_MS : COLLECT_PERIOD_MS);
    if (c->read && now_ms < due)
        return;
    c->read = true;
    c->changed = false;
    c->read_ms = now_ms;
    int events = read_events(c);
    c->store = (events >= 0 || events == CN_E_CORRUPT) && read_meters(c, now) >= 0;
    if (!c->store)
        c->events_read = false; /* what comes back may be another store */
    read_params(c);
}

static void fill_rows(struct lcd_collect *c, int64_t now, struct lcd_model *m)
{
    bool failed = m->screen.page == LCD_FAILED;
    unsigned total = failed ? c->failed_count : c->meters;

    for (unsigned i = m->screen.first; i < total && m->row_count < LCD_ROWS; i++) {
        struct lcd_row *row = &m->rows[m->row_count++];
        int64_t at;
        *row = (struct lcd_row){.point = failed ? c->failed[i].point : c->points[i]};
        if (failed) {
            row->age_s = c->failed[i].never ? -1 : 0;
            row->since = zone_to_local(c->config->terminal.zone, c->failed[i].since);
        } else {
            row->energy = last_energy(c, row->point, &at);
            row->age_s = at == 0 ? -1 : now > at ? now - at : 0;
        }
    }
}

void lcd_collect_fill(struct lcd_collect *c, int64_t now, int64_t now_ms, uint64_t step, struct lcd_model *m)
{
    read_lists(c, now, now_ms);
    m->store = c->store;
    m->region = c->config->terminal.region;
    m->address = c->config->terminal.address;
    memcpy(m->master_ip, c->master_ip, sizeof m->master_ip);
    m->master_port = c->master_port;
    m->channel_known = c->channel_known;
    m->channel = c->channel;
    m->event_count = m->row_count = 0;
    m->meters = m->failed = 0;
    if (c->store) {
        m->meters = (uint16_t)c->meters;
        m->failed = (uint16_t)c->failed_count;
        m->alarm |= c->unread || c->failed_count > 0;
        m->event_count = (uint8_t)c->event_count;
        for (unsigned i = 0; i < c->event_count; i++)
            m->events[i] = c->events[i].event;
    }
    m->screen = lcd_screen_at(step, m->event_count, m->meters, m->failed);
    if (c->store && m->screen.page != LCD_MAIN)
        fill_rows(c, now, m);
}
