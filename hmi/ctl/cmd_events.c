#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "hmi/ctl/explain_json.h"
#include "hmi/ctl/explain_text.h"
#include "hmi/ctl/show.h"

enum { LAST_DEFAULT = 20 };

static const struct ring_name {
    const char *name;
    uint8_t ring;
} rings[] = {
    {"important", RING_IMPORTANT},
    {"general",   RING_GENERAL  }
};

struct event_list {
    struct app *app;
    cJSON *doc;
    long last;
    unsigned shown;
};

/** The record's fields behind Le by its layout; what the layout does not cover as bytes. */
static void decode_fields(const struct event_def *def, const uint8_t *record, size_t n,
                          const struct explain_sink *sink)
{
    struct rbuf r = rbuf_of(record + 2, n - 2);
    if (def && def->layout)
        explain_layout(def->layout, &r, LAY_TOLERANT, sink);
    if (rbuf_left(&r) == 0)
        return;
    char hex[2 * EVENT_MAX + 1];
    const struct explain_value rest = {.name = "content",
                                       .obis = "",
                                       .unit = "",
                                       .text = hex_print(r.p + r.pos, rbuf_left(&r), hex, sizeof(hex))};
    sink->value(sink->ctx, &rest);
}

static void show_record(struct event_list *list, const struct ring_name *ring, unsigned index,
                        const uint8_t *record, size_t n, int64_t at, bool fetched)
{
    struct app *app = list->app;
    char time[24];
    const struct event_def *def = event_find(record[0]);
    const char *name = def ? def->name : "unknown event";
    app_time(app, at, time, sizeof(time));
    list->shown++;
    if (!list->doc) {
        struct explain_text text;
        struct explain_sink sink = explain_text_sink(&text, app->out, "");
        fprintf(app->out, "%s  %s #%u  ERC%u %s%s\n", time, ring->name, index, record[0], name,
                fetched ? "" : "  (the master has not fetched it)");
        decode_fields(def, record, n, &sink);
        explain_text_flush(&text);
        return;
    }
    char hex[2 * EVENT_MAX + 1];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToArray(list->doc, o);
    cJSON_AddStringToObject(o, "ring", ring->name);
    cJSON_AddNumberToObject(o, "index", index);
    cJSON_AddNumberToObject(o, "erc", record[0]);
    cJSON_AddStringToObject(o, "name", name);
    cJSON_AddStringToObject(o, "stored_at", time);
    cJSON_AddBoolToObject(o, "fetched", fetched);
    const struct explain_sink sink = explain_values_sink(cJSON_AddArrayToObject(o, "fields"));
    decode_fields(def, record, n, &sink);
    cJSON_AddStringToObject(o, "hex", hex_print(record, n, hex, sizeof(hex)));
}

/** The newest records of one ring, newest first. @return 0 or an error of the view. */
static int show_ring(struct event_list *list, const struct ring_name *ring, const struct event_state *state)
{
    uint8_t ec = ring->ring == RING_IMPORTANT ? state->ec1 : state->ec2;
    uint8_t rd = ring->ring == RING_IMPORTANT ? state->rd1 : state->rd2;
    unsigned unread = (uint8_t)(ec - rd);
    for (unsigned back = 1; back <= EVENT_RING && (long)back <= list->last; back++) {
        uint8_t record[EVENT_MAX], index = (uint8_t)(ec - back);
        int64_t at = 0;
        int n = view_event(list->app->view, ring->ring, index, record, sizeof(record), &at);
        if (n == CN_E_NOTFOUND)
            break;
        if (n < 0)
            return n;
        if (n >= 2)
            show_record(list, ring, index, record, (size_t)n, at, back > unread);
    }
    return 0;
}

static int events(struct app *app, int argc, char **argv)
{
    const char *last = NULL;
    const struct option_def defs[] = {
        {"--last", true, &last}
    };
    argc = app_options(app, argc, argv, defs, 1);
    if (argc < 0)
        return EXIT_USAGE;
    struct event_list list = {.app = app, .last = LAST_DEFAULT};
    if (last && !parse_number(last, 1, EVENT_RING, &list.last))
        return app_usage(app, "--last takes 1 to %d", EVENT_RING);
    const char *only = argc > 1 ? argv[1] : NULL;
    if (argc > 2 || (only && strcmp(only, "important") != 0 && strcmp(only, "general") != 0))
        return app_usage(app, "events takes \"important\", \"general\" or nothing");
    struct event_state state;
    struct view *view = app_view(app);
    if (!view)
        return EXIT_FAILED;
    int rc = view_event_state(view, &state);
    list.doc = app->json ? cJSON_CreateArray() : NULL;
    for (size_t i = 0; rc >= 0 && i < sizeof(rings) / sizeof(rings[0]); i++) {
        if (!only || strcmp(only, rings[i].name) == 0)
            rc = show_ring(&list, &rings[i], &state);
    }
    if (rc < 0) {
        cJSON_Delete(list.doc);
        return app_view_error(app, rc);
    }
    if (list.doc)
        return app_print_json(app, list.doc);
    if (list.shown == 0)
        fputs("There are no events.\n", app->out);
    return EXIT_OK;
}

const struct command cmd_events = {
    .name = "events",
    .args = "[important|general] [--last N]",
    .brief = "event records in words, newest first",
    .help = "\n"
            "Shows the newest N (20) records of both rings, or of one, each with the time\n"
            "it was stored, its index in the ring and its content. Comes from the store,\n"
            "also when concentratord does not run.\n",
    .run = events,
};
