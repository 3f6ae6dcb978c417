#include <inttypes.h>
#include <string.h>

#include "gateway/base/err.h"
#include "hmi/ctl/show.h"

enum { SLOTS_MAX = 512 };

static void add_readings(cJSON *parent, const struct reading_set *set)
{
    cJSON *values = cJSON_AddArrayToObject(parent, "values");
    for (unsigned i = 0; i < set->count; i++)
        cJSON_AddItemToArray(values, reading_json(&set->r[i]));
}

static cJSON *meter_doc(const struct meter *m)
{
    char addr[ADDR_TEXT];
    cJSON *doc = cJSON_CreateObject();
    cJSON_AddNumberToObject(doc, "point", m->point);
    cJSON_AddStringToObject(doc, "address", addr_print(m->address, addr));
    return doc;
}

static void meter_title(struct app *app, const struct meter *m)
{
    char addr[ADDR_TEXT];
    fprintf(app->out, "meter p%u, address %s, port %u\n", m->point, addr_print(m->address, addr), m->port);
}

struct values_sink {
    struct app *app;
    cJSON *sets;
    int64_t now;
    unsigned count;
};

static int show_set(void *ctx, unsigned point, const struct reading_set *set)
{
    (void)point;
    struct values_sink *s = ctx;
    char time[24], age[16];
    app_time(s->app, set->at, time, sizeof(time));
    s->count += set->count;
    if (s->sets) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "at", time);
        cJSON_AddNumberToObject(o, "age_s", (double)(s->now - set->at));
        add_readings(o, set);
        cJSON_AddItemToArray(s->sets, o);
        return 0;
    }
    fprintf(s->app->out, "%s, %s ago\n", time, age_print(s->now - set->at, age, sizeof(age)));
    for (unsigned i = 0; i < set->count; i++)
        show_reading(s->app->out, &set->r[i]);
    return 0;
}

static int values(struct app *app, int argc, char **argv)
{
    argc = app_options(app, argc, argv, NULL, 0);
    if (argc < 0)
        return EXIT_USAGE;
    if (argc != 2)
        return app_usage(app, "values needs one meter");
    struct meter m;
    int rc = app_find_meter(app, argv[1], &m);
    if (rc != EXIT_OK)
        return rc;
    struct values_sink s = {.app = app, .now = app_now(app)};
    cJSON *doc = app->json ? meter_doc(&m) : NULL;
    if (doc)
        s.sets = cJSON_AddArrayToObject(doc, "sets");
    else
        meter_title(app, &m);
    int err = view_latest_all(app_view(app), m.point, show_set, &s);
    if (err < 0 && err != CN_E_NOTFOUND) {
        cJSON_Delete(doc);
        return app_view_error(app, err);
    }
    if (doc)
        return app_print_json(app, doc);
    if (s.count == 0)
        fputs("  it was not read yet\n", app->out);
    return EXIT_OK;
}

const struct command cmd_values = {
    .name = "values",
    .args = "METER",
    .brief = "the latest values of a meter, from the store",
    .help = "\n"
            "METER as for `read`. Comes from the store, also when concentratord does not\n"
            "run.\n",
    .run = values,
};

/* ---- freezes ---- */

static const struct freeze_name {
    const char *name;
    uint8_t kind;
    uint8_t usual; /**< slots shown when N is not given */
    int64_t (*slot)(struct zone z, int64_t utc);
} freeze_names[] = {
    {"day",   FREEZE_DAY,   7,  slot_day  },
    {"hour",  FREEZE_HOUR,  24, slot_hour },
    {"month", FREEZE_MONTH, 12, slot_month},
};

static char *slot_print(unsigned kind, int64_t slot, char *out, size_t cap)
{
    if (kind == FREEZE_MONTH) {
        snprintf(out, cap, "%04" PRId64 "-%02" PRId64, 1970 + slot / 12, slot % 12 + 1);
        return out;
    }
    struct civil c = civil_from_s(slot * (kind == FREEZE_DAY ? 86400 : 3600));
    if (kind == FREEZE_DAY)
        snprintf(out, cap, "%04d-%02d-%02d", c.year, c.month, c.day);
    else
        snprintf(out, cap, "%04d-%02d-%02d %02d:00-%02d:00", c.year, c.month, c.day, c.hour, c.hour + 1);
    return out;
}

/** One slot; NULL: the store has nothing for it. */
static void show_freeze(struct app *app, cJSON *list, unsigned kind, int64_t slot, const struct freeze *f)
{
    char name[40], time[24];
    slot_print(kind, slot, name, sizeof(name));
    const char *state = !f ? "none" : f->flags & FREEZE_MISSING ? "missing" : "ok";
    if (list) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(list, o);
        cJSON_AddStringToObject(o, "slot", name);
        cJSON_AddStringToObject(o, "state", state);
        if (!f)
            return;
        cJSON_AddStringToObject(o, "read_at", app_time(app, f->set.at, time, sizeof(time)));
        cJSON_AddStringToObject(o, "frozen_at", app_time(app, f->frozen_at, time, sizeof(time)));
        cJSON_AddStringToObject(o, "source", f->flags & FREEZE_METER ? "meter" : "reading");
        cJSON_AddBoolToObject(o, "filled", f->flags & FREEZE_FILLED);
        add_readings(o, &f->set);
        return;
    }
    if (!f) {
        fprintf(app->out, "%s  nothing stored\n", name);
        return;
    }
    app_time(app, f->set.at, time, sizeof(time));
    if (f->flags & FREEZE_MISSING) {
        fprintf(app->out, "%s  missing, last tried %s\n", name, time);
        return;
    }
    fprintf(app->out, "%s  read %s%s%s\n", name, time,
            f->flags & FREEZE_METER ? ", the meter's own freeze" : "",
            f->flags & FREEZE_FILLED ? ", filled in later" : "");
    for (unsigned i = 0; i < f->set.count; i++)
        show_reading(app->out, &f->set.r[i]);
}

static int show_slots(struct app *app, const struct meter *m, const struct freeze_name *name, long count)
{
    cJSON *doc = app->json ? meter_doc(m) : NULL;
    cJSON *list = doc ? cJSON_AddArrayToObject(doc, "freezes") : NULL;
    if (!doc)
        meter_title(app, m);
    /* the running day, month or hour is not frozen yet */
    int64_t newest = name->slot(app_zone(app), app_now(app)) - 1;
    for (long i = 0; i < count; i++) {
        struct freeze f;
        int rc = view_freeze(app_view(app), name->kind, newest - i, m->point, &f);
        if (rc < 0 && rc != CN_E_NOTFOUND) {
            cJSON_Delete(doc);
            return app_view_error(app, rc);
        }
        show_freeze(app, list, name->kind, newest - i, rc == 0 ? &f : NULL);
    }
    return doc ? app_print_json(app, doc) : EXIT_OK;
}

static int freezes(struct app *app, int argc, char **argv)
{
    argc = app_options(app, argc, argv, NULL, 0);
    if (argc < 0)
        return EXIT_USAGE;
    if (argc < 3 || argc > 4)
        return app_usage(app, "freezes needs a meter and one of day, hour, month");
    const struct freeze_name *name = NULL;
    for (size_t i = 0; i < sizeof(freeze_names) / sizeof(freeze_names[0]); i++) {
        if (strcmp(argv[2], freeze_names[i].name) == 0)
            name = &freeze_names[i];
    }
    if (!name)
        return app_usage(app, "\"%s\" is not one of day, hour, month", argv[2]);
    long count = name->usual;
    if (argc == 4 && !parse_number(argv[3], 1, SLOTS_MAX, &count))
        return app_usage(app, "the number of freezes is 1 to %d", SLOTS_MAX);
    struct meter m;
    int rc = app_find_meter(app, argv[1], &m);
    return rc == EXIT_OK ? show_slots(app, &m, name, count) : rc;
}

const struct command cmd_freezes = {
    .name = "freezes",
    .args = "METER day|hour|month [N]",
    .brief = "frozen values of a meter, newest first",
    .help = "\n"
            "METER as for `read`. Shows the last N finished days (7), hours (24) or months\n"
            "(12): with the values, \"missing\" when reading them was given up, or \"nothing\n"
            "stored\". Comes from the store, also when concentratord does not run.\n"
            "\n"
            "  concentratorctl freezes 37 day 31\n",
    .run = freezes,
};
