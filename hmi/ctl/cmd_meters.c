#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/param.h"
#include "hmi/ctl/client.h"
#include "hmi/ctl/show.h"

enum { PORT_COUNT = CONFIG_PORTS_MAX + 1, F33_RAW_MAX = 512, DEFAULT_INTERVAL_MIN = 60 };

struct meter_list {
    struct app *app;
    struct view *view;
    cJSON *doc;
    int64_t now;
    uint8_t interval_min[PORT_COUNT]; /**< reading interval of each port (F33) */
    uint8_t doubt[POINT_MAX + 1];     /**< what a running concentratord thinks of the meter, enum doubt */
    unsigned count;
};

enum doubt { DOUBT_NONE, DOUBT_IN_DOUBT, DOUBT_DEAD };

/** Keys "meter.37.state" of concentratord's status; meters that answer have none. */
static void note_state(void *ctx, const char *key, const char *value)
{
    struct meter_list *list = ctx;
    unsigned point;
    char rest[8];
    if (sscanf(key, "meter.%u.%7s", &point, rest) != 2 || strcmp(rest, "state") != 0 || point > POINT_MAX)
        return;
    list->doubt[point] = strcmp(value, "dead") == 0 ? DOUBT_DEAD : DOUBT_IN_DOUBT;
}

static int port_interval(void *ctx, unsigned pn, unsigned sub, const uint8_t *data, size_t len)
{
    (void)pn;
    (void)sub;
    struct meter_list *list = ctx;
    struct param_f33 f;
    if (param_f33(data, len, &f) == 0 && f.port < PORT_COUNT && f.interval_min > 0)
        list->interval_min[f.port] = f.interval_min;
    return 0;
}

static const char *protocol_name(unsigned protocol, char *out, size_t cap)
{
    if (protocol == PROTO_DLT645_1997)
        return "645-1997";
    if (protocol == PROTO_DLT645_2007)
        return "645-2007";
    if (protocol == PROTO_NONE)
        return "none";
    snprintf(out, cap, "code %u", protocol);
    return out;
}

/** A reading is late when two reading intervals of its port have passed. */
static const char *meter_state(const struct meter_list *list, const struct meter *m, int64_t at)
{
    if (!meter_readable(m))
        return "not read";
    if (m->point <= POINT_MAX && list->doubt[m->point] != DOUBT_NONE)
        return list->doubt[m->point] == DOUBT_DEAD ? "dead" : "in doubt";
    if (at == 0)
        return "never";
    unsigned minutes = m->port < PORT_COUNT ? list->interval_min[m->port] : DEFAULT_INTERVAL_MIN;
    return list->now - at > (int64_t)minutes * 2 * 60 ? "late" : "ok";
}

static void meter_json(const struct meter_list *list, const struct meter *m, int64_t at)
{
    char text[32], addr[ADDR_TEXT];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToArray(list->doc, o);
    cJSON_AddNumberToObject(o, "index", m->index);
    cJSON_AddNumberToObject(o, "point", m->point);
    cJSON_AddNumberToObject(o, "port", m->port);
    cJSON_AddStringToObject(o, "address", addr_print(m->address, addr));
    cJSON_AddStringToObject(o, "protocol", protocol_name(m->protocol, text, sizeof(text)));
    if (meter_baud(m->baud_code))
        cJSON_AddNumberToObject(o, "baud", meter_baud(m->baud_code));
    else
        cJSON_AddNullToObject(o, "baud");
    cJSON_AddNumberToObject(o, "tariffs", meter_tariffs(m));
    if (at) {
        cJSON_AddStringToObject(o, "last_reading", app_time(list->app, at, text, sizeof(text)));
        cJSON_AddNumberToObject(o, "age_s", (double)(list->now - at));
    } else {
        cJSON_AddNullToObject(o, "last_reading");
        cJSON_AddNullToObject(o, "age_s");
    }
    cJSON_AddStringToObject(o, "state", meter_state(list, m, at));
}

static int list_meter(void *ctx, const struct meter *m)
{
    struct meter_list *list = ctx;
    FILE *out = list->app->out;
    int64_t at = app_last_reading(list->view, m->point);
    list->count++;
    if (list->doc) {
        meter_json(list, m, at);
        return 0;
    }
    char addr[ADDR_TEXT], proto[16], time[24], age[16] = "-";
    if (list->count == 1)
        fprintf(out, "%5s %5s %4s  %-12s  %-8s  %-19s  %-7s %s\n", "index", "point", "port", "address",
                "protocol", "last reading", "age", "state");
    if (at)
        age_print(list->now - at, age, sizeof(age));
    fprintf(out, "%5u %5u %4u  %-12s  %-8s  %-19s  %-7s %s\n", m->index, m->point, m->port,
            addr_print(m->address, addr), protocol_name(m->protocol, proto, sizeof(proto)),
            app_time(list->app, at, time, sizeof(time)), age, meter_state(list, m, at));
    return 0;
}

static int meters(struct app *app, int argc, char **argv)
{
    argc = app_options(app, argc, argv, NULL, 0);
    if (argc < 0)
        return EXIT_USAGE;
    if (argc > 1)
        return app_usage(app, "\"%s\" is too much", argv[1]);
    struct meter_list list = {.app = app, .view = app_view(app)};
    if (!list.view)
        return EXIT_FAILED;
    memset(list.interval_min, DEFAULT_INTERVAL_MIN, sizeof(list.interval_min));
    list.now = app_now(app);
    struct client client;
    if (client_try(&client, app))
        client_status(&client, note_state, &list); /* the list is useful without it */
    client_close(&client);
    int rc = view_params_each(list.view, 33, port_interval, &list);
    if (rc < 0)
        return app_view_error(app, rc);
    list.doc = app->json ? cJSON_CreateArray() : NULL;
    rc = view_meters(list.view, list_meter, &list);
    if (rc < 0) {
        cJSON_Delete(list.doc);
        return app_view_error(app, rc);
    }
    if (app->json)
        return app_print_json(app, list.doc);
    if (list.count == 0)
        fputs("There are no meters yet: no master station has set parameter F10.\n", app->out);
    return EXIT_OK;
}

const struct command cmd_meters = {
    .name = "meters",
    .args = "",
    .brief = "the meter archive, with when each was last read",
    .help = "\n"
            "Comes from the store, also when concentratord does not run. State:\n"
            "  ok        the last reading is fresh\n"
            "  late      no reading for two reading intervals of its port\n"
            "  never     no reading yet\n"
            "  in doubt  it did not answer lately (only while concentratord runs)\n"
            "  dead      it does not answer and is asked now and then (likewise)\n"
            "  not read  its protocol code is none that this concentrator reads\n",
    .run = meters,
};
