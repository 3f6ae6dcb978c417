#include "northbound/mqtt/payload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "northbound/mqtt/json.h"

enum { RELAY_WORD = 3, RELAY_OPEN = 1 << 4 /* DL/T 645-2007 status word 3 */ };

static int finish(const struct json *j)
{
    return j->w.err ? j->w.err : (int)j->w.len;
}

/* ---- values ---- */

void payload_clear(struct payload_values *p)
{
    p->count = 0;
    p->first_at = p->last_at = 0;
    p->doubt = false;
}

static void span(struct payload_values *p, int64_t at)
{
    if (p->first_at == 0 || at < p->first_at)
        p->first_at = at;
    if (at > p->last_at)
        p->last_at = at;
}

int payload_add(struct payload_values *p, const struct reading_set *set, struct zone z)
{
    for (unsigned i = 0; i < set->count; i++) {
        const struct reading *r = &set->r[i];
        const struct mqtt_key *k = key_find(r->quantity);
        if (!k)
            continue;
        if (p->count == PAYLOAD_VALUES)
            return CN_E_FULL;
        struct payload_entry *e = &p->e[p->count++];
        *e = (struct payload_entry){.quantity = r->quantity,
                                    .tariff = r->tariff,
                                    .at = set->at,
                                    .v = key_value(k, r->value, set->at, z)};
        p->doubt |= e->v.quality == VALUE_DOUBTFUL;
        span(p, set->at);
    }
    return 0;
}

static unsigned place(const struct payload_entry *e)
{
    return e->quantity * 256U + e->tariff;
}

void payload_sort(struct payload_values *p)
{
    for (unsigned i = 1; i < p->count; i++) {
        struct payload_entry e = p->e[i];
        unsigned k = i;
        for (; k > 0 && place(&p->e[k - 1]) > place(&e); k--)
            p->e[k] = p->e[k - 1];
        p->e[k] = e;
    }
}

void payload_drop_old(struct payload_values *p, int64_t oldest)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < p->count; i++) {
        if (p->e[i].at >= oldest)
            p->e[kept++] = p->e[i];
    }
    payload_clear(p);
    p->count = (uint16_t)kept;
    for (unsigned i = 0; i < kept; i++) {
        span(p, p->e[i].at);
        p->doubt |= p->e[i].v.quality == VALUE_DOUBTFUL;
    }
}

static void put_value(struct json *j, const struct payload_entry *e)
{
    const struct mqtt_key *k = key_find(e->quantity);
    char key[MQTT_KEY_MAX];

    json_value(j, key_print(k, e->tariff, key), e->v);
    if (k->quantity == Q_STATUS_WORDS && e->tariff == RELAY_WORD && e->v.quality != VALUE_NONE)
        json_int(j, "relay", (e->v.mantissa & RELAY_OPEN) == 0);
}

static void put_values(struct json *j, const struct payload_values *p, unsigned from, unsigned to)
{
    json_object(j, "vals");
    for (unsigned i = from; i < to; i++)
        put_value(j, &p->e[i]);
    json_end_object(j);
}

/* A list that is only there when it has members. */
static void open_once(struct json *j, const char *name, bool *open)
{
    if (!*open)
        json_object(j, name);
    *open = true;
}

static void put_errors(struct json *j, const struct payload_values *p, unsigned from, unsigned to)
{
    bool open = false;
    char key[MQTT_KEY_MAX];

    for (unsigned i = from; i < to; i++) {
        const struct payload_entry *e = &p->e[i];
        if (e->v.quality == VALUE_GOOD)
            continue;
        open_once(j, "err", &open);
        json_text(j, key_print(key_find(e->quantity), e->tariff, key),
                  e->v.quality == VALUE_NONE ? "none" : "doubtful");
    }
    if (open)
        json_end_object(j);
}

static void put_delays(struct json *j, const struct payload_values *p, int64_t ts_s, unsigned from,
                       unsigned to)
{
    bool open = false;
    char key[MQTT_KEY_MAX];

    for (unsigned i = from; i < to; i++) {
        const struct payload_entry *e = &p->e[i];
        const struct mqtt_key *k = key_find(e->quantity);
        bool first = i == from || p->e[i - 1].quantity != e->quantity || p->e[i - 1].at != e->at;
        if (!first || e->at == ts_s)
            continue;
        open_once(j, "dt_s", &open);
        json_int(j, k->kind == KEY_BITS ? k->stem : key_print(k, 0, key), e->at - ts_s);
    }
    if (open)
        json_end_object(j);
}

/* ---- records ---- */

static int write_part(void *buf, size_t cap, const struct payload_record *h, const struct payload_values *p,
                      unsigned from, unsigned to, unsigned part, unsigned parts)
{
    struct json j = json_of(buf, cap);

    json_object(&j, NULL);
    json_int(&j, "v", PAYLOAD_VERSION);
    json_text(&j, "d", h->d);
    json_text(&j, "m", h->m);
    json_int(&j, "rec", (int64_t)h->rec);
    if (parts > 1) {
        json_int(&j, "part", part + 1);
        json_int(&j, "parts", parts);
    }
    if (h->kind) {
        json_text(&j, "kind", h->kind);
        json_int(&j, "ts", h->ts_ms);
        json_text(&j, "at", h->at);
        json_text(&j, "of", h->of);
        json_text(&j, "tz", h->tz);
    } else {
        json_int(&j, "ts", h->ts_ms);
    }
    json_int(&j, "rx", h->rx_ms);
    json_bool(&j, "hist", h->hist);
    json_text(&j, "q", h->q);
    put_values(&j, p, from, to);
    /* the values of a frozen period belong to its end, whenever they were fetched */
    if (!h->kind)
        put_delays(&j, p, h->ts_ms / 1000, from, to);
    put_errors(&j, p, from, to);
    json_end_object(&j);
    return finish(&j);
}

/* How far a part that starts at `from` can go. */
static int reach(void *buf, size_t cap, const struct payload_record *h, const struct payload_values *p,
                 unsigned from, unsigned *to)
{
    unsigned low = from, high = p->count;

    while (low < high) {
        unsigned mid = (low + high + 1) / 2;
        if (write_part(buf, cap, h, p, from, mid, PAYLOAD_PARTS, PAYLOAD_PARTS) >= 0)
            low = mid;
        else
            high = mid - 1;
    }
    *to = low;
    return low > from ? 0 : CN_E_NOSPACE;
}

int payload_part(void *buf, size_t cap, const struct payload_record *h, const struct payload_values *p,
                 unsigned part, unsigned *parts)
{
    unsigned start[PAYLOAD_PARTS + 1] = {0};
    unsigned n = 0;

    *parts = 1;
    int len = write_part(buf, cap, h, p, 0, p->count, 0, 1);
    if (len >= 0)
        return len;
    while (start[n] < p->count) {
        if (n == PAYLOAD_PARTS || reach(buf, cap, h, p, start[n], &start[n + 1]) < 0)
            return CN_E_NOSPACE;
        n++;
    }
    *parts = n;
    return part < n ? write_part(buf, cap, h, p, start[part], start[part + 1], part, n) : CN_E_NOSPACE;
}

int payload_state(void *buf, size_t cap, uint64_t rec, const char *q, const struct payload_values *p)
{
    for (unsigned n = p->count;; n--) {
        struct json j = json_of(buf, cap);
        json_object(&j, NULL);
        json_int(&j, "v", PAYLOAD_VERSION);
        json_int(&j, "ts", p->last_at * 1000);
        json_text(&j, "q", q);
        if (rec)
            json_int(&j, "rec", (int64_t)rec);
        put_values(&j, p, 0, n);
        put_errors(&j, p, 0, n);
        json_end_object(&j);
        if (!j.w.err || n == 0)
            return finish(&j);
    }
}

/* ---- what there is ---- */

char *payload_zone(struct zone z, char out[8])
{
    int minutes = abs(z.offset_s) / 60 % (24 * 60);

    snprintf(out, 8, "%c%02d:%02d", z.offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return out;
}

int payload_box_info(void *buf, size_t cap, const struct payload_box *b)
{
    struct json j = json_of(buf, cap);
    char text[8];

    json_object(&j, NULL);
    json_int(&j, "v", PAYLOAD_VERSION);
    json_text(&j, "d", b->d);
    json_text(&j, "profile", "json/1");
    json_text(&j, "fw", CN_VERSION);
    snprintf(text, sizeof text, "%04x", b->region);
    json_text(&j, "region", text);
    json_int(&j, "address", b->address);
    json_text(&j, "tz", payload_zone(b->zone, text));
    json_int(&j, "meters", b->meters);
    json_array(&j, "ports");
    for (unsigned i = 0; i < b->port_count; i++) {
        json_object(&j, NULL);
        json_int(&j, "port", b->ports[i].number);
        json_int(&j, "meters", b->ports[i].meters);
        json_end_object(&j);
    }
    json_end_array(&j);
    json_end_object(&j);
    return finish(&j);
}

static const char *protocol_name(unsigned protocol)
{
    static const struct {
        uint8_t protocol;
        const char *name;
    } names[] = {{PROTO_NONE, "none"},
                 {PROTO_DLT645_1997, "DL/T 645-1997"},
                 {PROTO_AC_SAMPLING, "AC sampling"},
                 {PROTO_DLT645_2007, "DL/T 645-2007"},
                 {PROTO_PLC, "power line carrier"}};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].protocol == protocol)
            return names[i].name;
    }
    return "unknown";
}

static void put_dictionary(struct json *j, const struct payload_values *p, bool tariffs)
{
    char key[MQTT_KEY_MAX], obis[32];

    json_object(j, "keys");
    for (unsigned i = 0; i < p->count; i++) {
        const struct payload_entry *e = &p->e[i];
        const struct mqtt_key *k = key_find(e->quantity);
        if (e->tariff && !tariffs && k->kind != KEY_BITS)
            continue;
        json_object(j, key_print(k, e->tariff, key));
        json_text(j, "u", key_unit(k));
        json_int(j, "dec", key_decimals(k));
        json_text(j, "obis", quantity_obis(quantity_find(e->quantity), e->tariff, obis, sizeof obis));
        json_end_object(j);
    }
    json_end_object(j);
}

int payload_meter_info(void *buf, size_t cap, const char *d, const char *m, const struct meter *meter,
                       const struct payload_values *p)
{
    char address[ADDR_TEXT];

    for (unsigned step = 0;; step++) {
        struct json j = json_of(buf, cap);
        json_object(&j, NULL);
        json_int(&j, "v", PAYLOAD_VERSION);
        json_text(&j, "d", d);
        json_text(&j, "m", m);
        json_text(&j, "address", addr_print(meter->address, address));
        json_text(&j, "protocol", protocol_name(meter->protocol));
        json_int(&j, "port", meter->port);
        json_int(&j, "point", meter->point);
        json_int(&j, "tariffs", meter_tariffs(meter));
        if (step < 2)
            put_dictionary(&j, p, step == 0);
        json_end_object(&j);
        if (!j.w.err || step == 2)
            return finish(&j);
    }
}

/* ---- the bridge itself ---- */

int payload_gap(void *buf, size_t cap, const struct payload_gap *g)
{
    struct json j = json_of(buf, cap);

    json_object(&j, NULL);
    json_int(&j, "v", PAYLOAD_VERSION);
    json_text(&j, "d", g->d);
    json_int(&j, "rec", (int64_t)g->to);
    json_text(&j, "kind", "gap");
    json_int(&j, "ts", g->ts_ms);
    json_int(&j, "from", (int64_t)g->from);
    json_int(&j, "to", (int64_t)g->to);
    json_text(&j, "reason", g->reason);
    json_end_object(&j);
    return finish(&j);
}

int payload_health(void *buf, size_t cap, const struct payload_health *h)
{
    struct json j = json_of(buf, cap);

    json_object(&j, NULL);
    json_int(&j, "v", PAYLOAD_VERSION);
    json_int(&j, "ts", h->ts_ms);
    json_int(&j, "uptime_s", (int64_t)h->uptime_s);
    json_int(&j, "rss_kb", h->rss_kb);
    json_text(&j, "clock", h->clock);
    json_object(&j, "outbox");
    json_int(&j, "depth", h->depth);
    if (h->oldest_ms)
        json_int(&j, "oldest_ts", h->oldest_ms);
    json_int(&j, "sent", (int64_t)h->sent);
    json_int(&j, "acked", (int64_t)h->acked);
    json_int(&j, "lost", (int64_t)h->lost);
    json_int(&j, "refused", (int64_t)h->refused);
    json_end_object(&j);
    json_object(&j, "link");
    json_int(&j, "connects", h->connects);
    json_int(&j, "fails", h->fails);
    json_text(&j, "last_fault", h->last_fault);
    json_end_object(&j);
    json_int(&j, "meters", h->meters);
    json_int(&j, "online", h->online);
    json_end_object(&j);
    return finish(&j);
}
