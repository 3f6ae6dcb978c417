#include "northbound/mqtt/discovery.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "northbound/mqtt/json.h"

#define ORIGIN "concentrator-mqtt"

enum { NAME = 64, TEMPLATE = 160 };

static void put_origin(struct json *j)
{
    json_object(j, "o");
    json_text(j, "name", ORIGIN);
    json_text(j, "sw", CN_VERSION);
    json_end_object(j);
}

static void put_availability(struct json *j, const char *topic)
{
    json_object(j, NULL);
    json_text(j, "t", topic);
    json_text(j, "pl_avail", "online");
    json_text(j, "pl_not_avail", "offline");
    json_end_object(j);
}

/* Home Assistant wants var and VA where the dictionary has kvar and kVA. */
static void put_template(struct json *j, const struct mqtt_key *k, const char *key)
{
    char text[TEMPLATE];

    /* a document without the key leaves the entity as it is; 0 would look like consumption */
    if (k->kilo)
        snprintf(
            text, sizeof text,
            "{{ (value_json.vals.%s * 1000) | round(1) if value_json.vals.%s is number else this.state }}",
            key, key);
    else if (k->kind == KEY_TIME)
        snprintf(text, sizeof text, "{{ (value_json.vals.%s / 1000) | as_datetime }}", key);
    else
        snprintf(text, sizeof text, "{{ value_json.vals.%s | default(this.state) }}", key);
    json_text(j, "val_tpl", text);
}

static void put_sensor(struct json *j, const struct discovery *x, const struct mqtt_key *k, unsigned tariff)
{
    char key[MQTT_KEY_MAX], text[NAME];
    const char *unit = key_unit(k);

    json_object(j, key_print(k, tariff, key));
    json_text(j, "p", "sensor");
    snprintf(text, sizeof text, "%s_%s_%s", x->d, x->m, key);
    json_text(j, "uniq_id", text);
    if (tariff)
        snprintf(text, sizeof text, "%s %s%u", k->name, k->kind == KEY_BITS ? "" : "tariff ", tariff);
    else
        snprintf(text, sizeof text, "%s", k->name);
    json_text(j, "name", text);
    if (k->device_class)
        json_text(j, "dev_cla", k->device_class);
    if (k->state_class)
        json_text(j, "stat_cla", k->state_class);
    if (unit[0] && k->kind != KEY_TIME)
        json_text(j, "unit_of_meas", k->kilo ? unit + 1 : unit);
    if (k->state_class && strcmp(k->state_class, "measurement") == 0)
        json_int(j, "exp_aft", x->expire_s);
    if (k->kind != KEY_NUMBER)
        json_text(j, "ent_cat", "diagnostic");
    put_template(j, k, key);
    json_end_object(j);
}

enum detail { ALL, ACTIVE_TARIFFS, TOTALS };

static bool wanted(const struct payload_entry *e, enum detail detail)
{
    if (e->tariff == 0 || detail == ALL || e->quantity == Q_STATUS_WORDS)
        return true;
    return detail == ACTIVE_TARIFFS && (e->quantity == Q_EP_IMP || e->quantity == Q_EP_EXP);
}

static void put_read_time(struct json *j, const struct discovery *x)
{
    char text[NAME];

    json_object(j, "ts");
    json_text(j, "p", "sensor");
    snprintf(text, sizeof text, "%s_%s_ts", x->d, x->m);
    json_text(j, "uniq_id", text);
    json_text(j, "name", "Last read");
    json_text(j, "dev_cla", "timestamp");
    json_text(j, "ent_cat", "diagnostic");
    json_text(j, "val_tpl", "{{ (value_json.ts / 1000) | as_datetime }}");
    json_end_object(j);
}

static void put_device(struct json *j, const struct discovery *x)
{
    char id[NAME];

    json_object(j, "dev");
    snprintf(id, sizeof id, "%s_%s", x->d, x->m);
    json_array(j, "ids");
    json_text(j, NULL, id);
    json_end_array(j);
    snprintf(id, sizeof id, "Meter %s", x->m);
    json_text(j, "name", id);
    json_text(j, "mdl", x->meter->protocol == PROTO_DLT645_2007 ? "DL/T 645-2007" : "meter");
    json_text(j, "via_device", x->d);
    json_end_object(j);
}

int discovery_meter(void *buf, size_t cap, const struct discovery *x, const struct payload_values *p)
{
    char topic[MQTT_TOPIC];

    for (enum detail detail = ALL;; detail++) {
        struct json j = json_of(buf, cap);
        json_object(&j, NULL);
        put_device(&j, x);
        put_origin(&j);
        json_array(&j, "avty");
        put_availability(&j, topic_box(x->prefix, x->d, "status", topic));
        put_availability(&j, topic_meter(x->prefix, x->d, x->m, "status", topic));
        json_end_array(&j);
        json_text(&j, "avty_mode", "all");
        json_text(&j, "stat_t", topic_meter(x->prefix, x->d, x->m, "state", topic));
        json_int(&j, "qos", 1);
        json_object(&j, "cmps");
        for (unsigned i = 0; i < p->count; i++) {
            if (wanted(&p->e[i], detail))
                put_sensor(&j, x, key_find(p->e[i].quantity), p->e[i].tariff);
        }
        put_read_time(&j, x);
        json_end_object(&j);
        json_end_object(&j);
        if (!j.w.err || detail == TOTALS)
            return j.w.err ? j.w.err : (int)j.w.len;
    }
}

int discovery_box(void *buf, size_t cap, const char *prefix, const char *d)
{
    static const struct {
        const char *key, *name, *unit, *device_class, *path;
    } rows[] = {
        {"uptime", "Uptime", "s", "duration", "uptime_s"},
        {"depth", "Records waiting", NULL, NULL, "outbox.depth"},
        {"lost", "Records lost", NULL, NULL, "outbox.lost"},
        {"clock", "Clock", NULL, NULL, "clock"},
        {"online", "Meters on line", NULL, NULL, "online"},
    };
    struct json j = json_of(buf, cap);
    char text[MQTT_TOPIC];

    json_object(&j, NULL);
    json_object(&j, "dev");
    json_array(&j, "ids");
    json_text(&j, NULL, d);
    json_end_array(&j);
    snprintf(text, sizeof text, "Concentrator %s", d);
    json_text(&j, "name", text);
    json_text(&j, "sw", CN_VERSION);
    json_end_object(&j);
    put_origin(&j);
    json_array(&j, "avty");
    put_availability(&j, topic_box(prefix, d, "status", text));
    json_end_array(&j);
    json_text(&j, "stat_t", topic_box(prefix, d, "health", text));
    json_object(&j, "cmps");
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_object(&j, rows[i].key);
        json_text(&j, "p", "sensor");
        snprintf(text, sizeof text, "%s_%s", d, rows[i].key);
        json_text(&j, "uniq_id", text);
        json_text(&j, "name", rows[i].name);
        if (rows[i].device_class)
            json_text(&j, "dev_cla", rows[i].device_class);
        if (rows[i].unit)
            json_text(&j, "unit_of_meas", rows[i].unit);
        json_text(&j, "ent_cat", "diagnostic");
        snprintf(text, sizeof text, "{{ value_json.%s }}", rows[i].path);
        json_text(&j, "val_tpl", text);
        json_end_object(&j);
    }
    json_end_object(&j);
    json_end_object(&j);
    return j.w.err ? j.w.err : (int)j.w.len;
}
