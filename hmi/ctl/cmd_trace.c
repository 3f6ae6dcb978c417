#include <inttypes.h>
#include <limits.h>

#include "gateway/base/err.h"
#include "gateway/base/trace.h"
#include "hmi/ctl/client.h"
#include "hmi/ctl/explain_json.h"
#include "hmi/ctl/explain_text.h"

enum { LINE_MAX_TEXT = 1000 };

struct trace_sink {
    struct app *app;
    bool hex;
    long left;         /**< entries still to show; < 0 = no limit */
    uint64_t next_seq; /**< expected next; 0 = not known yet */
};

static const char *dir_name(unsigned dir)
{
    return dir == TRACE_TX ? "tx" : dir == TRACE_RX ? "rx" : "note";
}

/** Local time with milliseconds, "12:30:15.123". */
static char *clock_print(struct app *app, int64_t at_ms, char *out, size_t cap)
{
    struct civil c = zone_to_local(app_zone(app), at_ms / 1000);
    snprintf(out, cap, "%02u:%02u:%02u.%03u", c.hour, c.minute, c.second, (unsigned)(at_ms % 1000));
    return out;
}

static void entry_json(struct app *app, const struct ctl_trace_entry *t)
{
    char time[24], hex[2 * sizeof(t->bytes) + 1];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "seq", (double)t->seq);
    cJSON_AddNumberToObject(o, "port", t->port);
    cJSON_AddStringToObject(o, "at", app_time(app, t->at_ms / 1000, time, sizeof(time)));
    cJSON_AddNumberToObject(o, "at_ms", (double)t->at_ms);
    cJSON_AddNumberToObject(o, "point", t->point);
    cJSON_AddStringToObject(o, "dir", dir_name(t->dir));
    if (t->dir == TRACE_NOTE) {
        char text[sizeof(t->bytes) + 1];
        snprintf(text, sizeof(text), "%.*s", t->length, (const char *)t->bytes);
        cJSON_AddStringToObject(o, "text", text);
    } else {
        size_t used;
        cJSON_AddNumberToObject(o, "bytes", t->full);
        cJSON_AddStringToObject(o, "hex", hex_print(t->bytes, t->length, hex, sizeof(hex)));
        if (t->length > 0 && t->full == t->length)
            cJSON_AddItemToObject(o, "frame", explain_json(t->bytes, t->length, &used));
    }
    app_print_json(app, o);
}

static void entry_text(struct trace_sink *s, const struct ctl_trace_entry *t)
{
    FILE *out = s->app->out;
    char time[32], point[8] = "", line[LINE_MAX_TEXT], hex[2 * sizeof(t->bytes) + 1];
    if (t->point)
        snprintf(point, sizeof(point), "p%u", t->point);
    fprintf(out, "%s %-5s ", clock_print(s->app, t->at_ms, time, sizeof(time)), point);
    if (t->dir == TRACE_NOTE)
        fprintf(out, "   %.*s\n", t->length, (const char *)t->bytes);
    else if (t->full > t->length || t->length == 0)
        fprintf(out, "%s %u bytes, %u kept\n", t->dir == TRACE_TX ? "->" : "<-", t->full, t->length);
    else
        fprintf(out, "%s %s\n", t->dir == TRACE_TX ? "->" : "<-",
                explain_line(t->bytes, t->length, line, sizeof(line)));
    if (s->hex && t->dir != TRACE_NOTE)
        fprintf(out, "%*s%s\n", 22, "", hex_print(t->bytes, t->length, hex, sizeof(hex)));
    fflush(out);
}

static void show_entry(struct trace_sink *s, const struct ctl_trace_entry *t)
{
    if (s->next_seq && t->seq > s->next_seq && !s->app->json)
        fprintf(s->app->out, "(%" PRIu64 " entries were missed)\n", t->seq - s->next_seq);
    s->next_seq = t->seq + 1;
    if (s->app->json)
        entry_json(s->app, t);
    else
        entry_text(s, t);
    if (s->left > 0)
        s->left--;
}

static int follow(struct client *c, struct trace_sink *s, unsigned port)
{
    while (s->left != 0) {
        struct rbuf r;
        struct ctl_trace_entry t;
        int type = client_next(c, CLIENT_FOREVER, &r);
        if (type < 0)
            return client_error(s->app, type);
        if (type == CTL_R_DONE) {
            int status = 0;
            if (ctl_get_done(&r, &status) < 0)
                return client_error(s->app, CN_E_FRAME);
            if (status == CN_E_NOTFOUND)
                return app_fail(s->app, "there is no port %u in the configuration", port);
            return status < 0 ? client_error(s->app, status) : EXIT_OK;
        }
        if (type != CTL_R_TRACE)
            continue;
        if (ctl_get_trace_entry(&r, &t) < 0)
            return client_error(s->app, CN_E_FRAME);
        show_entry(s, &t);
    }
    return EXIT_OK;
}

static int trace(struct app *app, int argc, char **argv)
{
    const char *count = NULL, *all = NULL, *hex = NULL;
    const struct option_def defs[] = {
        {"--count", true,  &count},
        {"--all",   false, &all  },
        {"--hex",   false, &hex  }
    };
    argc = app_options(app, argc, argv, defs, sizeof(defs) / sizeof(defs[0]));
    if (argc < 0)
        return EXIT_USAGE;
    struct trace_sink s = {.app = app, .hex = hex != NULL, .left = -1};
    if (count && !parse_number(count, 1, LONG_MAX, &s.left))
        return app_usage(app, "--count takes a number");
    long port = 0;
    if (argc != 2 || !parse_number(argv[1], 1, CONFIG_PORTS_MAX, &port))
        return app_usage(app, "trace needs a port, 1 to %d", CONFIG_PORTS_MAX);
    struct client client;
    if (client_open(&client, app) != EXIT_OK)
        return EXIT_FAILED;
    const struct ctl_trace request = {.port = (uint8_t)port, .from_seq = all ? 1 : 0};
    struct wbuf w = client_begin(&client, CTL_TRACE);
    ctl_put_trace(&w, &request);
    int rc = client_send(&client, &w);
    rc = rc < 0 ? client_error(app, rc) : follow(&client, &s, (unsigned)port);
    client_close(&client);
    return rc;
}

const struct command cmd_trace = {
    .name = "trace",
    .args = "PORT [--all] [--count N] [--hex]",
    .brief = "the frames of an RS485 port as they pass, decoded",
    .help = "\n"
            "Each line has the time, the measuring point and what the frame says: -> sent to\n"
            "the meter, <- received. What is no frame shows the check that failed.\n"
            "\n"
            "  --all       begin with what concentratord still keeps\n"
            "  --count N   end after N entries; else Ctrl-C ends it\n"
            "  --hex       the bytes below each line\n"
            "\n"
            "With --json one document an entry. Needs concentratord.\n"
            "\n"
            "  concentratorctl trace 1 --all\n",
    .run = trace,
};
