#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "hmi/ctl/client.h"
#include "hmi/ctl/show.h"

enum { READ_TIMEOUT_MS = 130000 /**< concentratord itself gives up after 120 s */, MAX_AGE = 65535 };

static int add_want(struct ctl_read *m, unsigned quantity)
{
    for (unsigned i = 0; i < m->want_count; i++) {
        if (m->wants[i].quantity == quantity)
            return 0;
    }
    if (m->want_count == BUS_WANTS_MAX)
        return CN_E_FULL;
    m->wants[m->want_count++] = (struct want){.quantity = (uint16_t)quantity};
    return 0;
}

/** One quantity by name or OBIS, or all whose names begin with "ITEM.". @return how many, CN_E_FULL. */
static int add_item(struct ctl_read *m, const char *item)
{
    const struct quantity_info *q = quantity_by_name(item);
    if (q)
        return add_want(m, q->number) < 0 ? CN_E_FULL : 1;
    size_t count, n = strlen(item);
    int found = 0;
    const struct quantity_info *all = quantity_all(&count);
    for (size_t i = 0; i < count && n > 0; i++) {
        if (strncmp(all[i].name, item, n) != 0 || all[i].name[n] != '.')
            continue;
        if (add_want(m, all[i].number) < 0)
            return CN_E_FULL;
        found++;
    }
    return found;
}

static int parse_items(struct app *app, int argc, char **argv, struct ctl_read *m)
{
    if (argc == 0)
        return add_want(m, Q_EP_IMP) == 0 ? EXIT_OK : EXIT_FAILED;
    for (int i = 0; i < argc; i++) {
        int n = add_item(m, argv[i]);
        if (n == CN_E_FULL)
            return app_usage(app, "more than %d items are asked at once", BUS_WANTS_MAX);
        if (n == 0)
            return app_usage(app, "there is no item \"%s\"", argv[i]);
    }
    return EXIT_OK;
}

static const char *want_name(const struct want *w)
{
    const struct quantity_info *q = quantity_find(w->quantity);
    return q ? q->name : "unknown quantity";
}

struct read_result {
    struct app *app;
    cJSON *items; /**< --json */
    unsigned answered;
    int64_t at; /**< time of reading shown last */
};

static void show_values(struct read_result *res, const struct ctl_values *v)
{
    char time[24];
    struct app *app = res->app;
    bool ok = v->status >= 0;
    res->answered += ok;
    if (!res->items) {
        if (!ok)
            fprintf(app->out, "  %-30s %s\n", want_name(&v->want), cn_err_text(v->status));
        if (ok && v->at != res->at)
            fprintf(app->out, "read at %s\n", app_time(app, v->at, time, sizeof(time)));
        if (ok)
            res->at = v->at;
        for (unsigned i = 0; ok && i < v->count; i++)
            show_reading(app->out, &v->r[i]);
        fflush(app->out);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToArray(res->items, o);
    cJSON_AddStringToObject(o, "item", want_name(&v->want));
    cJSON_AddBoolToObject(o, "ok", ok);
    if (!ok) {
        cJSON_AddStringToObject(o, "error", cn_err_text(v->status));
        return;
    }
    cJSON_AddStringToObject(o, "at", app_time(app, v->at, time, sizeof(time)));
    cJSON *values = cJSON_AddArrayToObject(o, "values");
    for (unsigned i = 0; i < v->count; i++)
        cJSON_AddItemToArray(values, reading_json(&v->r[i]));
}

/** Show what arrives until the request is done. @return its status, or an error of client_next. */
static int collect(struct client *c, struct read_result *res, bool *transport)
{
    *transport = true;
    for (;;) {
        struct rbuf r;
        struct ctl_values v;
        int type = client_next(c, READ_TIMEOUT_MS, &r);
        if (type < 0)
            return type;
        if (type == CTL_R_DONE) {
            int status = 0;
            if (ctl_get_done(&r, &status) < 0)
                return CN_E_FRAME;
            *transport = false;
            return status;
        }
        if (type == CTL_R_VALUES) {
            if (ctl_get_values(&r, &v) < 0)
                return CN_E_FRAME;
            show_values(res, &v);
        }
    }
}

static int ask(struct app *app, const struct meter *m, const struct ctl_read *request)
{
    struct client client;
    char addr[ADDR_TEXT];
    bool transport;
    cJSON *doc = app->json ? cJSON_CreateObject() : NULL;
    struct read_result res = {.app = app};
    if (client_open(&client, app) != EXIT_OK) {
        cJSON_Delete(doc);
        return EXIT_FAILED;
    }
    addr_print(m->address, addr);
    if (doc) {
        cJSON_AddNumberToObject(doc, "point", m->point);
        cJSON_AddStringToObject(doc, "address", addr);
        res.items = cJSON_AddArrayToObject(doc, "items");
    } else {
        fprintf(app->out, "meter p%u, address %s, port %u\n", m->point, addr, m->port);
        fflush(app->out);
    }
    struct wbuf w = client_begin(&client, CTL_READ);
    ctl_put_read(&w, request);
    int status = client_send(&client, &w);
    transport = status < 0;
    if (status == 0)
        status = collect(&client, &res, &transport);
    client_close(&client);
    int rc = EXIT_OK;
    if (transport && status < 0)
        rc = client_error(app, status);
    else if (status == CN_E_NOTFOUND)
        rc = app_fail(app, "meter p%u is on port %u, which is not in the configuration", m->point, m->port);
    else if (status < 0)
        rc = app_fail(app, "meter p%u could not be read: %s", m->point, cn_err_text(status));
    else if (res.answered == 0)
        rc = app_fail(app, "meter p%u answered nothing of what was asked", m->point);
    if (doc) {
        cJSON_AddBoolToObject(doc, "ok", rc == EXIT_OK);
        if (app_print_json(app, doc) != EXIT_OK)
            rc = EXIT_FAILED;
    }
    return rc;
}

static int read_meter(struct app *app, int argc, char **argv)
{
    const char *max_age = NULL;
    const struct option_def defs[] = {
        {"--max-age", true, &max_age}
    };
    argc = app_options(app, argc, argv, defs, 1);
    if (argc < 0)
        return EXIT_USAGE;
    if (argc < 2)
        return app_usage(app, "read needs a meter");
    long age = 0;
    if (max_age && !parse_number(max_age, 0, MAX_AGE, &age))
        return app_usage(app, "--max-age takes seconds, 0 to %d", MAX_AGE);
    struct ctl_read request = {.max_age_s = (uint16_t)age};
    struct meter m;
    int rc = parse_items(app, argc - 2, argv + 2, &request);
    if (rc == EXIT_OK)
        rc = app_find_meter(app, argv[1], &m);
    if (rc != EXIT_OK)
        return rc;
    if (!meter_readable(&m))
        return app_fail(app, "meter p%u has protocol code %u, which this concentrator does not read", m.point,
                        m.protocol);
    request.point = m.point;
    return ask(app, &m, &request);
}

static void list_items(FILE *out)
{
    size_t count;
    const struct quantity_info *all = quantity_all(&count);
    fputs("\nItems:\n", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-30s %-18s %s\n", all[i].name, all[i].obis, unit_name(all[i].unit));
}

const struct command cmd_read = {
    .name = "read",
    .args = "METER [ITEM...]",
    .brief = "read a meter now",
    .help = "\n"
            "METER is a measuring point (37 or p37), an index of the archive (#37) or an\n"
            "address of 12 digits. ITEM is a name or an OBIS code of the list below, or the\n"
            "beginning of names (\"voltage\"); without one, energy.active.import is read.\n"
            "\n"
            "  --max-age S   take the last reading when it is not older than S seconds\n"
            "\n"
            "Needs concentratord. Exit code 1 when the meter gave none of the items.\n"
            "\n"
            "  concentratorctl read 37\n"
            "  concentratorctl read 000000000037 voltage current\n",
    .run = read_meter,
    .more_help = list_items,
};
