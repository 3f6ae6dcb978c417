#include "hmi/ctl/app.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"

#define CONFIG_PATH "/etc/concentrator/concentrator.conf"
enum { FACTORY_ZONE_S = 8 * 3600, HELP_COLUMN = 30 };

static const struct command *const commands[] = {
    &cmd_status, &cmd_meters, &cmd_read,   &cmd_values, &cmd_freezes,
    &cmd_events, &cmd_trace,  &cmd_params, &cmd_items,  &cmd_decode, &cmd_lcd,
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

int app_fail(const struct app *app, const char *fmt, ...)
{
    va_list ap;
    fputs("concentratorctl: ", app->err);
    va_start(ap, fmt);
    vfprintf(app->err, fmt, ap);
    va_end(ap);
    fputc('\n', app->err);
    return EXIT_FAILED;
}

int app_usage(const struct app *app, const char *fmt, ...)
{
    va_list ap;
    fputs("concentratorctl: ", app->err);
    va_start(ap, fmt);
    vfprintf(app->err, fmt, ap);
    va_end(ap);
    fprintf(app->err, "; `concentratorctl help%s%s` tells more\n", app->command ? " " : "",
            app->command ? app->command->name : "");
    return EXIT_USAGE;
}

const struct config *app_config(struct app *app)
{
    if (app->config_state == CONFIG_UNREAD)
        app->config_state = config_load(app->config_path, false, &app->config, app->config_error) == 0
                                ? CONFIG_READ
                                : CONFIG_BAD;
    return app->config_state == CONFIG_READ ? &app->config : NULL;
}

static const char *app_dir(struct app *app, const char *given, const char *option, const char *configured)
{
    if (given)
        return given;
    if (app_config(app))
        return configured;
    app_fail(app, "%s (%s DIR does without the configuration)", app->config_error, option);
    return NULL;
}

const char *app_run_dir(struct app *app)
{
    return app_dir(app, app->run_dir, "--run-dir", app->config.terminal.run_dir);
}

const char *app_state_dir(struct app *app)
{
    return app_dir(app, app->state_dir, "--state-dir", app->config.terminal.state_dir);
}

struct zone app_zone(struct app *app)
{
    const struct config *c = app_config(app);
    return c ? c->terminal.zone : (struct zone){FACTORY_ZONE_S};
}

struct view *app_view(struct app *app)
{
    if (app->view)
        return app->view;
    const char *dir = app_state_dir(app);
    if (!dir)
        return NULL;
    int rc = view_open(dir, &app->view);
    if (rc < 0) {
        app_fail(app, "the store in %s cannot be opened: %s", dir, cn_err_text(rc));
        app->view = NULL;
    }
    return app->view;
}

int app_view_error(struct app *app, int err)
{
    const char *dir = app_state_dir(app);
    if (err == CN_E_GONE)
        return app_fail(app, "there is no readable store in %s; concentratord makes it when it first runs",
                        dir);
    return app_fail(app, "the store in %s cannot be read: %s", dir, cn_err_text(err));
}

int64_t app_now(struct app *app)
{
    struct box_clock clock = {0};
    uint8_t raw[8];
    const struct config *c = app_config(app);
    bool offset_mode = !c || c->terminal.clock == CLOCK_MODE_OFFSET;
    if (offset_mode && app->view &&
        view_fact(app->view, "clock_offset_ms", raw, sizeof(raw)) == (int)sizeof(raw)) {
        struct rbuf r = rbuf_of(raw, sizeof(raw));
        clock.offset_ms = rbuf_i64(&r);
    }
    return box_clock_s(&clock);
}

static int newest_set(void *ctx, unsigned point, const struct reading_set *set)
{
    int64_t *at = ctx;
    (void)point;
    if (set->at > *at)
        *at = set->at;
    return 0;
}

int64_t app_last_reading(struct view *view, unsigned point)
{
    int64_t at = 0;
    view_latest_all(view, point, newest_set, &at);
    return at;
}

int app_print_json(struct app *app, cJSON *doc)
{
    char *text = doc ? cJSON_PrintUnformatted(doc) : NULL;
    cJSON_Delete(doc);
    if (!text)
        return app_fail(app, "%s", cn_err_text(CN_E_NOMEM));
    fprintf(app->out, "%s\n", text);
    fflush(app->out);
    cJSON_free(text);
    return EXIT_OK;
}

char *app_time(struct app *app, int64_t utc, char *out, size_t cap)
{
    if (utc == 0) {
        snprintf(out, cap, "-");
        return out;
    }
    struct civil c = zone_to_local(app_zone(app), utc);
    return civil_print(&c, out, cap);
}

bool parse_number(const char *text, long min, long max, long *out)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    long v = strtol(text, &end, 10);
    if (*end || v < min || v > max)
        return false;
    *out = v;
    return true;
}

static const struct option_def *find_option(const char *arg, const struct option_def *defs, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        size_t n = strlen(defs[i].name);
        if (strncmp(arg, defs[i].name, n) == 0 && (arg[n] == '\0' || (arg[n] == '=' && defs[i].takes_value)))
            return &defs[i];
    }
    return NULL;
}

int app_options(struct app *app, int argc, char **argv, const struct option_def *defs, unsigned count)
{
    int kept = 1;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            argv[kept++] = argv[i];
            continue;
        }
        const struct option_def *def = find_option(argv[i], defs, count);
        const char *equals = strchr(argv[i], '=');
        if (!def) {
            app_usage(app, "unknown option \"%s\"", argv[i]);
            return -1;
        }
        if (def->takes_value && !equals && i + 1 >= argc) {
            app_usage(app, "%s needs a value", def->name);
            return -1;
        }
        if (!def->takes_value)
            *def->value = "";
        else
            *def->value = equals ? equals + 1 : argv[++i];
    }
    return kept;
}

static void print_help(FILE *out)
{
    fputs("concentratorctl shows what a concentrator does and has, and explains frames.\n\n"
          "usage: concentratorctl [OPTIONS] COMMAND [ARGUMENTS]\n\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        int n =
            fprintf(out, "  %s%s%s", commands[i]->name, commands[i]->args[0] ? " " : "", commands[i]->args);
        if (n >= HELP_COLUMN)
            n = fprintf(out, "\n") - 1;
        fprintf(out, "%*s%s\n", HELP_COLUMN - n, "", commands[i]->brief);
    }
    fputs("  help COMMAND                more about one command\n\n"
          "Options:\n"
          "  --config FILE      the configuration (" CONFIG_PATH ")\n"
          "  --run-dir DIR      the folder of control.sock, instead of run_dir there\n"
          "  --state-dir DIR    the folder of store.db, instead of state_dir there\n"
          "  --json             print JSON, one document a line, for programs\n\n"
          "Exit code: 0 done, 1 failed, 2 wrong usage.\n",
          out);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int help(struct app *app, int argc, char **argv)
{
    if (argc < 2) {
        print_help(app->out);
        return EXIT_OK;
    }
    const struct command *c = find_command(argv[1]);
    if (!c)
        return app_usage(app, "there is no command \"%s\"", argv[1]);
    fprintf(app->out, "usage: concentratorctl [--json] %s%s%s\n\n%c%s.\n%s", c->name, c->args[0] ? " " : "",
            c->args, toupper((unsigned char)c->brief[0]), c->brief + 1, c->help);
    if (c->more_help)
        c->more_help(app->out);
    return EXIT_OK;
}

static int run(struct app *app, int argc, char **argv)
{
    const char *config = NULL, *json = NULL, *want_help = NULL;
    const struct option_def defs[] = {
        {"--config",    true,  &config        },
        {"--run-dir",   true,  &app->run_dir  },
        {"--state-dir", true,  &app->state_dir},
        {"--json",      false, &json          },
        {"--help",      false, &want_help     },
    };
    /* the options of all commands may stand anywhere; what is left belongs to the command */
    int kept = 1;
    for (int i = 1; i < argc; i++) {
        const struct option_def *def = find_option(argv[i], defs, sizeof(defs) / sizeof(defs[0]));
        if (!def && strcmp(argv[i], "-h") == 0)
            def = &defs[4];
        if (!def) {
            argv[kept++] = argv[i];
            continue;
        }
        const char *equals = strchr(argv[i], '=');
        if (def->takes_value && !equals && i + 1 >= argc)
            return app_usage(app, "%s needs a value", def->name);
        *def->value = def->takes_value ? (equals ? equals + 1 : argv[++i]) : "";
    }
    app->config_path = config ? config : CONFIG_PATH;
    app->json = json != NULL;
    if (kept < 2 && !want_help)
        return app_usage(app, "a command is missing");
    if (kept < 2 || strcmp(argv[1], "help") == 0)
        return help(app, kept - 1, argv + 1);
    if (argv[1][0] == '-')
        return app_usage(app, "unknown option \"%s\"", argv[1]);
    const struct command *c = find_command(argv[1]);
    if (!c)
        return app_usage(app, "there is no command \"%s\"", argv[1]);
    if (want_help) {
        char *about[] = {argv[0], argv[1]};
        return help(app, 2, about);
    }
    app->command = c;
    return c->run(app, kept - 1, argv + 1);
}

int concentratorctl(int argc, char **argv, FILE *in, FILE *out, FILE *err)
{
    struct app *app = calloc(1, sizeof(*app));
    if (!app) {
        fprintf(err, "concentratorctl: %s\n", cn_err_text(CN_E_NOMEM));
        return EXIT_FAILED;
    }
    app->in = in;
    app->out = out;
    app->err = err;
    int rc = run(app, argc, argv);
    if (app->view)
        view_close(app->view);
    free(app);
    if (fflush(out) != 0 && rc == EXIT_OK)
        rc = EXIT_FAILED;
    return rc;
}
