#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/param.h"
#include "hmi/ctl/explain_json.h"
#include "hmi/ctl/explain_text.h"
#include "hmi/ctl/show.h"
#include "northbound/gdw3761/items.h"

enum { UNIT_MAX = 1024 /**< a plain parameter or one list entry */ };

struct param_list_sink {
    struct app *app;
    const struct param_def *def;
    cJSON *units; /**< --json */
    bool count_only;
    unsigned rows;
};

/** Decode one unit (of a list: one entry) and show it. */
static void show_unit(struct param_list_sink *s, unsigned pn, unsigned sub, const uint8_t *data, size_t len,
                      bool set)
{
    char hex[2 * UNIT_MAX + 1];
    const struct lay *lay = s->def->list ? s->def->list->entry : s->def->layout;
    struct rbuf r = rbuf_of(data, len);
    if (s->units) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(s->units, o);
        cJSON_AddNumberToObject(o, "pn", pn);
        if (s->def->list)
            cJSON_AddNumberToObject(o, "key", sub);
        cJSON_AddBoolToObject(o, "set", set);
        const struct explain_sink sink = explain_values_sink(cJSON_AddArrayToObject(o, "fields"));
        int rc = explain_layout(lay, &r, LAY_TOLERANT, &sink);
        if (rc < 0)
            cJSON_AddStringToObject(o, "error", cn_err_text(rc));
        cJSON_AddStringToObject(o, "hex", hex_print(data, len, hex, sizeof(hex)));
        return;
    }
    struct explain_text text;
    struct explain_sink sink = explain_text_sink(&text, s->app->out, "");
    fprintf(s->app->out, "  P%u", pn);
    if (s->def->list)
        fprintf(s->app->out, " entry %u", sub);
    fprintf(s->app->out, "%s\n", set ? "" : ", not set: the value in force");
    int rc = explain_layout(lay, &r, LAY_TOLERANT, &sink);
    explain_text_flush(&text);
    if (rc < 0)
        fprintf(s->app->out, "    cannot be decoded (%s): %s\n", cn_err_text(rc),
                hex_print(data, len, hex, sizeof(hex)));
}

static int visit_row(void *ctx, unsigned pn, unsigned sub, const uint8_t *data, size_t len)
{
    struct param_list_sink *s = ctx;
    s->rows++;
    if (!s->count_only)
        show_unit(s, pn, sub, data, len, true);
    return 0;
}

/** The unit in force when nothing was set: the site's, else the dictionary's. @return length or < 0. */
static int default_unit(struct app *app, const struct param_def *def, uint8_t *out, size_t cap)
{
    const struct config *c = app_config(app);
    if (c && def->pn_kind == PN_ZERO)
        return config_param(c, def->fn, out, cap);
    return def->factory ? hex_parse(def->factory, out, cap) : CN_E_NOTFOUND;
}

/** One line of the list. @return 0 or an error of the view. */
static int show_brief(struct app *app, const struct param_def *def)
{
    uint8_t raw[UNIT_MAX];
    struct param_list_sink s = {.app = app, .def = def, .count_only = true};
    int rc = view_params_each(app->view, def->fn, visit_row, &s);
    if (rc < 0)
        return rc;
    fprintf(app->out, "F%-3u %-16s %-40s ", def->fn, gdw_pn_kind_name(def->pn_kind), def->name);
    if (s.rows > 0 && (def->list || def->pn_kind != PN_ZERO))
        fprintf(app->out, "%u %s\n", s.rows, def->list ? "entries" : "points");
    else if (s.rows > 0)
        fputs("set\n", app->out);
    else
        fputs(default_unit(app, def, raw, sizeof(raw)) > 0 ? "default\n" : "not set\n", app->out);
    return 0;
}

/** All units of one parameter, into list when it is not NULL. @return 0 or an error of the view. */
static int show_full(struct app *app, const struct param_def *def, cJSON *list)
{
    uint8_t raw[UNIT_MAX];
    struct param_list_sink s = {.app = app, .def = def};
    if (list) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(list, o);
        cJSON_AddNumberToObject(o, "fn", def->fn);
        cJSON_AddStringToObject(o, "name", def->name);
        cJSON_AddStringToObject(o, "clause", def->clause);
        s.units = cJSON_AddArrayToObject(o, "units");
    } else {
        fprintf(app->out, "F%u %s (%s)\n", def->fn, def->name, def->clause);
    }
    int rc = view_params_each(app->view, def->fn, visit_row, &s);
    if (rc < 0)
        return rc;
    int n = s.rows == 0 && !def->list ? default_unit(app, def, raw, sizeof(raw)) : CN_E_NOTFOUND;
    if (n > 0)
        show_unit(&s, 0, 0, raw, (size_t)n, false);
    else if (s.rows == 0 && !list)
        fputs("  not set\n", app->out);
    return 0;
}

static int show_params(struct app *app, const struct param_def *only)
{
    size_t count;
    const struct param_def *all = param_all(&count);
    cJSON *list = app->json ? cJSON_CreateArray() : NULL;
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < count; i++) {
        if (!only || only == &all[i])
            rc = only || list ? show_full(app, &all[i], list) : show_brief(app, &all[i]);
    }
    if (rc < 0) {
        cJSON_Delete(list);
        return app_view_error(app, rc);
    }
    return list ? app_print_json(app, list) : EXIT_OK;
}

static int params(struct app *app, int argc, char **argv)
{
    argc = app_options(app, argc, argv, NULL, 0);
    if (argc < 0)
        return EXIT_USAGE;
    if (argc > 2)
        return app_usage(app, "\"%s\" is too much", argv[2]);
    const struct param_def *only = NULL;
    long fn = 0;
    if (argc == 2) {
        const char *digits = argv[1][0] == 'F' || argv[1][0] == 'f' ? argv[1] + 1 : argv[1];
        if (!parse_number(digits, 1, GDW_FN_MAX, &fn))
            return app_usage(app, "\"%s\" is no parameter: give F1 to F%d", argv[1], GDW_FN_MAX);
        only = param_find((unsigned)fn);
        if (!only)
            return app_fail(app, "parameter F%ld is not in the dictionary; `concentratorctl params` lists it",
                            fn);
    }
    return app_view(app) ? show_params(app, only) : EXIT_FAILED;
}

const struct command cmd_params = {
    .name = "params",
    .args = "[Fn]",
    .brief = "the 376.1 parameters, decoded",
    .help = "\n"
            "Without Fn the list, with what is set and what is a default; with Fn (F10) all\n"
            "its data units field by field. --json gives the fields of all. Comes from the\n"
            "store, also when concentratord does not run.\n",
    .run = params,
};
