#include <string.h>

#include "hmi/ctl/client.h"

enum { LABEL_WIDTH = 28 };

struct status_sink {
    struct app *app;
    cJSON *doc;     /**< --json */
    char group[64]; /**< key up to its last dot, of the line before */
};

/** A number stays a number in JSON; what only looks like one (leading zero: an address) stays text. */
static bool plain_number(const char *text)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    size_t n = strspn(digits, "0123456789");
    return n > 0 && n <= 15 && digits[n] == '\0' && (n == 1 || digits[0] != '0');
}

static void show_key(void *ctx, const char *key, const char *value)
{
    struct status_sink *s = ctx;
    if (s->doc) {
        if (plain_number(value))
            cJSON_AddRawToObject(s->doc, key, value);
        else
            cJSON_AddStringToObject(s->doc, key, value);
        return;
    }
    const char *dot = strrchr(key, '.');
    size_t n = dot ? (size_t)(dot - key) : 0;
    if (n >= sizeof(s->group))
        n = sizeof(s->group) - 1;
    if (strncmp(s->group, key, n) != 0 || s->group[n] != '\0') {
        memcpy(s->group, key, n);
        s->group[n] = '\0';
        char title[sizeof(s->group)];
        for (size_t i = 0; i <= n; i++)
            title[i] = s->group[i] == '.' ? ' ' : s->group[i];
        if (n > 0)
            fprintf(s->app->out, "%s\n", title);
    }
    fprintf(s->app->out, "%s%-*s %s\n", n > 0 ? "  " : "", LABEL_WIDTH, dot ? dot + 1 : key, value);
}

struct archive_sum {
    struct view *view;
    unsigned meters, read;
    int64_t newest;
};

static int sum_meter(void *ctx, const struct meter *m)
{
    struct archive_sum *sum = ctx;
    int64_t at = app_last_reading(sum->view, m->point);
    sum->meters++;
    sum->read += at > 0;
    if (at > sum->newest)
        sum->newest = at;
    return 0;
}

/** What can be told without concentratord. */
static int status_of_store(struct status_sink *s)
{
    struct app *app = s->app;
    char text[40];
    struct archive_sum sum = {.view = app_view(app)};
    if (!sum.view)
        return EXIT_FAILED;
    int rc = view_meters(sum.view, sum_meter, &sum);
    if (rc < 0)
        return app_view_error(app, rc);
    snprintf(text, sizeof(text), "%u", sum.meters);
    show_key(s, "store.meters", text);
    snprintf(text, sizeof(text), "%u", sum.read);
    show_key(s, "store.meters_read", text);
    show_key(s, "store.last_reading", app_time(app, sum.newest, text, sizeof(text)));
    struct event_state events;
    if (view_event_state(sum.view, &events) == 0) {
        snprintf(text, sizeof(text), "%u", events.ec1);
        show_key(s, "store.ec1", text);
        snprintf(text, sizeof(text), "%u", events.ec2);
        show_key(s, "store.ec2", text);
    }
    return EXIT_OK;
}

static int status(struct app *app, int argc, char **argv)
{
    argc = app_options(app, argc, argv, NULL, 0);
    if (argc < 0)
        return EXIT_USAGE;
    if (argc > 1)
        return app_usage(app, "\"%s\" is too much", argv[1]);
    struct status_sink s = {.app = app, .doc = app->json ? cJSON_CreateObject() : NULL};
    struct client client;
    int rc = client_open(&client, app);
    if (s.doc)
        cJSON_AddBoolToObject(s.doc, "running", rc == EXIT_OK);
    if (rc != EXIT_OK) {
        status_of_store(&s);
    } else {
        int err = client_status(&client, show_key, &s);
        rc = err < 0 ? client_error(app, err) : EXIT_OK;
    }
    client_close(&client);
    if (s.doc && app_print_json(app, s.doc) != EXIT_OK)
        rc = EXIT_FAILED;
    return rc;
}

const struct command cmd_status = {
    .name = "status",
    .args = "",
    .brief = "what runs, and how well",
    .help = "\n"
            "Shows the state of concentratord, its ports, the link to the master station\n"
            "and the store. When concentratord does not run, it shows what the store tells\n"
            "and exits 1.\n",
    .run = status,
};
