#include "hmi/ctl/app.h"
#include "northbound/gdw3761/items.h"

struct item_list {
    struct app *app;
    cJSON *doc;
    bool all;
    int afn; /**< of the line before */
    unsigned shown;
};

static const char *item_access(const struct gdw_item *item)
{
    switch (item->afn) {
    case GDW_AFN_SET:
        return "set";
    case GDW_AFN_QUERY:
        return "query";
    case GDW_AFN_RESET:
    case GDW_AFN_CONTROL:
        return "control";
    case GDW_AFN_CONFIRM:
    case GDW_AFN_LINK:
        return "link";
    case GDW_AFN_FILE:
    case GDW_AFN_FORWARD:
        return "transfer";
    default:
        return "read";
    }
}

static int show_item(void *ctx, const struct gdw_item *item)
{
    struct item_list *list = ctx;
    FILE *out = list->app->out;
    bool answered = gdw_item_answered(item);
    if (!answered && !list->all)
        return 0;
    list->shown++;
    if (list->doc) {
        char afn[8];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(list->doc, o);
        snprintf(afn, sizeof(afn), "%02XH", item->afn);
        cJSON_AddStringToObject(o, "afn", afn);
        cJSON_AddNumberToObject(o, "fn", item->fn);
        cJSON_AddStringToObject(o, "pn", gdw_pn_kind_name(item->pn_kind));
        cJSON_AddStringToObject(o, "name", item->name);
        cJSON_AddStringToObject(o, "access", item_access(item));
        cJSON_AddStringToObject(o, "state", answered ? "answered" : "denied");
        cJSON_AddStringToObject(o, "clause", item->clause);
        return 0;
    }
    if (item->afn != list->afn)
        fprintf(out, "AFN %02XH %s\n", item->afn, gdw_afn_name(item->afn));
    list->afn = item->afn;
    fprintf(out, "  F%-4u %s\n        %s, %s, %s, %s\n", item->fn, item->name,
            gdw_pn_kind_name(item->pn_kind), item_access(item), answered ? "answered" : "denied",
            item->clause);
    return 0;
}

static int items(struct app *app, int argc, char **argv)
{
    const char *all = NULL;
    const struct option_def defs[] = {
        {"--all", false, &all}
    };
    argc = app_options(app, argc, argv, defs, 1);
    if (argc < 0)
        return EXIT_USAGE;
    if (argc > 1)
        return app_usage(app, "\"%s\" is too much", argv[1]);
    struct item_list list = {
        .app = app, .doc = app->json ? cJSON_CreateArray() : NULL, .all = all != NULL, .afn = -1};
    gdw_items_each(show_item, &list);
    return list.doc ? app_print_json(app, list.doc) : EXIT_OK;
}

const struct command cmd_items = {
    .name = "items",
    .args = "[--all]",
    .brief = "the 376.1 data items this concentrator answers",
    .help = "\n"
            "Prints each AFN and Fn with its name, the kind of its Pn, access, state and the\n"
            "place in the standard or its reference. A master station that asks for another\n"
            "item gets the denial of the standard (AFN 00 F2).\n"
            "\n"
            "  --all   also items that are denied but whose frames `decode` explains\n",
    .run = items,
};
