#ifndef HMI_CTL_APP_H
#define HMI_CTL_APP_H

#include <stdbool.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "gateway/model/config.h"
#include "gateway/model/meter.h"
#include "gateway/store/view.h"

/**
 * What the commands of concentratorctl share: options, output, the places of the running concentrator.
 * Commands return an exit code. Errors are one sentence on `err`, "concentratorctl: ...".
 */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct app {
    FILE *in, *out, *err;
    bool json;
    const char *config_path;         /**< --config, or the installed place */
    const char *run_dir, *state_dir; /**< --run-dir, --state-dir; NULL = from the configuration */
    const struct command *command;   /**< the one running */
    enum { CONFIG_UNREAD, CONFIG_READ, CONFIG_BAD } config_state;
    struct config config;
    char config_error[CONFIG_ERROR];
    struct view *view; /**< opened by app_view, closed by the program's end */
};

struct command {
    const char *name;
    const char *args;  /**< "METER [ITEM...]" */
    const char *brief; /**< one line for the list of commands */
    const char *help;  /**< further lines, each at most 79 columns, ends with a newline */
    int (*run)(struct app *app, int argc, char **argv); /**< argv[0] is the command's name */
    void (*more_help)(FILE *out);                       /**< printed behind help; NULL = nothing */
};

/** One per command, each in the file of its group. */
extern const struct command cmd_status, cmd_meters, cmd_read, cmd_values, cmd_freezes, cmd_events, cmd_trace,
    cmd_params, cmd_items, cmd_decode, cmd_lcd;

/** The program without main: parses options, runs the command, closes what it opened. @return exit code. */
int concentratorctl(int argc, char **argv, FILE *in, FILE *out, FILE *err);

/** "concentratorctl: SENTENCE" on err. @return EXIT_FAILED. */
int app_fail(const struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** The same, with a second line that names the command's help. @return EXIT_USAGE. */
int app_usage(const struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** The run and state folders: from the option, else the configuration. NULL: told on err why not. */
const char *app_run_dir(struct app *app);
const char *app_state_dir(struct app *app);
/** The site's zone; that of the factory setting (+08:00) when there is no configuration. */
struct zone app_zone(struct app *app);
/** The configuration; NULL, without a word, when it cannot be read: the folders suffice for most commands. */
const struct config *app_config(struct app *app);

/** The store's view, opened once; NULL: told on err. Its calls may still fail: app_view_error tells why. */
struct view *app_view(struct app *app);
/** A sentence for an error of a view call. @return EXIT_FAILED. */
int app_view_error(struct app *app, int err);
/** The box's UTC second: the system clock and the offset that concentratord keeps in the store. */
int64_t app_now(struct app *app);

/** When a measuring point was last read, UTC second; 0 = never. */
int64_t app_last_reading(struct view *view, unsigned point);

/** Print and delete a JSON document as one line. @return EXIT_OK, EXIT_FAILED when memory ran out. */
int app_print_json(struct app *app, cJSON *doc);

/**
 * The meter that a METER argument names: measuring point ("37", "p37"), index ("#37") or 12-digit address.
 * @return EXIT_OK, or an exit code after a sentence on err
 */
int app_find_meter(struct app *app, const char *text, struct meter *out);

/** "2026-11-22 10:30:15" of a UTC second in the site's zone; "-" for 0. @return out (20 bytes or more). */
char *app_time(struct app *app, int64_t utc, char *out, size_t cap);

/** A decimal number within limits. @return false when it is none. */
bool parse_number(const char *text, long min, long max, long *out);

/**
 * Options of one command: the values behind "--name" are taken out of argv, the other arguments stay.
 * @param takes_value  false: a flag, *value becomes "" when given
 */
struct option_def {
    const char *name; /**< "--last" */
    bool takes_value;
    const char **value; /**< NULL in *value when it is not given */
};
/** @return the number of arguments left (with argv[0]), or -1 after an error told on err. */
int app_options(struct app *app, int argc, char **argv, const struct option_def *defs, unsigned count);

#endif
