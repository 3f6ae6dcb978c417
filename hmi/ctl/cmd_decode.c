#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "hmi/ctl/app.h"
#include "hmi/ctl/explain_json.h"
#include "hmi/ctl/explain_text.h"

static void no_begin(void *ctx, const struct explanation *e)
{
    (void)ctx;
    (void)e;
}

static void no_field(void *ctx, const char *name, const char *text, bool number)
{
    (void)ctx;
    (void)name;
    (void)text;
    (void)number;
}

static void no_unit(void *ctx, const struct explain_unit *u)
{
    (void)ctx;
    (void)u;
}

static void no_value(void *ctx, const struct explain_value *v)
{
    (void)ctx;
    (void)v;
}

/** Listens to nothing: to learn how far a frame goes. */
static const struct explain_sink deaf = {
    .begin = no_begin, .field = no_field, .unit = no_unit, .value = no_value, .end = no_begin};

/** Bytes in front of what is worth explaining next; n when only noise is left. */
static size_t noise_length(const uint8_t *p, size_t n)
{
    struct explanation e;
    if (n == 0 || explain_looks_like_frame(p, n))
        return 0;
    return explain_frame(p, n, &deaf, &e);
}

static char *hex_of(const uint8_t *p, size_t n)
{
    char *text = malloc(2 * n + 1);
    return text ? hex_print(p, n, text, 2 * n + 1) : NULL;
}

/** Bytes that belong to no frame; they do not make the frames beside them invalid. */
struct noise {
    const uint8_t *before, *after;
    size_t before_len, after_len;
};

static int decode_json(struct app *app, const uint8_t *p, size_t n, size_t *used, const struct noise *noise,
                       bool *valid)
{
    cJSON *doc = explain_json(p, n, used);
    char *before = hex_of(noise->before, noise->before_len), *after = hex_of(noise->after, noise->after_len);
    if (!doc || !before || !after) {
        cJSON_Delete(doc);
        free(before);
        free(after);
        return app_fail(app, "%s", cn_err_text(CN_E_NOMEM));
    }
    if (noise->before_len)
        cJSON_AddStringToObject(doc, "skipped", before);
    if (noise->after_len)
        cJSON_AddStringToObject(doc, "trailing", after);
    free(before);
    free(after);
    *valid = cJSON_IsTrue(cJSON_GetObjectItem(doc, "valid"));
    return app_print_json(app, doc);
}

static void print_noise(struct app *app, const uint8_t *p, size_t n)
{
    char *hex = n ? hex_of(p, n) : NULL;
    if (hex)
        fprintf(app->out, "no part of a frame: %s\n", hex);
    free(hex);
}

static int decode_text(struct app *app, const uint8_t *p, size_t n, size_t *used, const struct noise *noise,
                       bool *valid)
{
    print_noise(app, noise->before, noise->before_len);
    *used = explain_text(app->out, p, n, valid);
    print_noise(app, noise->after, noise->after_len);
    return EXIT_OK;
}

/** All frames of one input. *all_valid is cleared when one is not. */
static int decode_bytes(struct app *app, const uint8_t *p, size_t n, bool *all_valid)
{
    size_t pos = 0;
    struct noise noise = {.before_len = noise_length(p, n)};
    /* an input that holds nothing but noise is explained as it is */
    if (noise.before_len == n)
        noise.before_len = 0;
    while (pos < n) {
        noise.before = p + pos;
        pos += noise.before_len;
        /* how far the frame goes tells what lies behind it */
        struct explanation e;
        size_t used = explain_frame(p + pos, n - pos, &deaf, &e), gap;
        gap = noise_length(p + pos + used, n - pos - used);
        bool last = pos + used + gap == n;
        noise.after = p + pos + used;
        noise.after_len = last ? gap : 0;
        bool valid = false;
        int rc = (app->json ? decode_json : decode_text)(app, p + pos, n - pos, &used, &noise, &valid);
        if (rc != EXIT_OK)
            return rc;
        *all_valid = *all_valid && valid;
        pos += used + (last ? gap : 0);
        noise.before_len = last ? 0 : gap;
        if (!app->json && pos < n)
            fputc('\n', app->out);
    }
    return EXIT_OK;
}

static int refuse_text(struct app *app, const char *reason, bool *all_valid)
{
    *all_valid = false;
    if (!app->json) {
        app_fail(app, "%s", reason);
        return EXIT_OK;
    }
    cJSON *doc = cJSON_CreateObject();
    cJSON_AddStringToObject(doc, "protocol", "");
    cJSON_AddBoolToObject(doc, "valid", false);
    cJSON_AddStringToObject(doc, "error", reason);
    return app_print_json(app, doc);
}

static int decode_hex(struct app *app, const char *text, bool *all_valid)
{
    size_t cap = strlen(text) / 2 + 1;
    uint8_t *bytes = malloc(cap);
    if (!bytes)
        return app_fail(app, "%s", cn_err_text(CN_E_NOMEM));
    int n = hex_parse(text, bytes, cap);
    int rc;
    if (n < 0)
        rc = refuse_text(app, "the input is not hex: pairs of 0-9 and A-F, with blanks between them or not",
                         all_valid);
    else if (n == 0)
        rc = refuse_text(app, "the input is empty", all_valid);
    else
        rc = decode_bytes(app, bytes, (size_t)n, all_valid);
    free(bytes);
    return rc;
}

static int decode_lines(struct app *app, bool *all_valid)
{
    char *line = NULL;
    size_t cap = 0;
    int rc = EXIT_OK;
    bool first = true;
    while (rc == EXIT_OK && getline(&line, &cap, app->in) >= 0) {
        if (strspn(line, " \t\r\n") == strlen(line))
            continue;
        if (!first && !app->json)
            fputc('\n', app->out);
        first = false;
        rc = decode_hex(app, line, all_valid);
    }
    free(line);
    return rc;
}

static char *join(int argc, char **argv)
{
    size_t n = 1;
    for (int i = 0; i < argc; i++)
        n += strlen(argv[i]) + 1;
    char *text = malloc(n);
    if (!text)
        return NULL;
    char *end = text;
    for (int i = 0; i < argc; i++) {
        end = stpcpy(end, argv[i]);
        end = stpcpy(end, " ");
    }
    *end = '\0';
    return text;
}

static int decode(struct app *app, int argc, char **argv)
{
    argc = app_options(app, argc, argv, NULL, 0);
    if (argc < 0)
        return EXIT_USAGE;
    if (argc < 2)
        return app_usage(app, "decode needs a frame as hex");
    bool all_valid = true;
    int rc;
    if (argc == 2 && strcmp(argv[1], "-") == 0) {
        rc = decode_lines(app, &all_valid);
    } else {
        char *text = join(argc - 1, argv + 1);
        rc = text ? decode_hex(app, text, &all_valid) : app_fail(app, "%s", cn_err_text(CN_E_NOMEM));
        free(text);
    }
    return rc == EXIT_OK && !all_valid ? EXIT_FAILED : rc;
}

const struct command cmd_decode = {
    .name = "decode",
    .args = "HEX... | -",
    .brief = "explain a frame of a meter or a master station",
    .help = "\n"
            "Knows Q/GDW 376.1-2009, DL/T 645-2007 and DL/T 645-1997 and finds out itself\n"
            "which it is. HEX may have blanks and may be several arguments; wake-up bytes FE\n"
            "in front are fine. Several frames in one input are all explained, and bytes\n"
            "that belong to none are shown. \"-\" reads lines from standard input, each one an\n"
            "input.\n"
            "\n"
            "Exit code 0 when every frame is valid, else 1: the reason says which check\n"
            "failed (start, length, checksum with expected and received byte, end byte).\n"
            "\n"
            "With --json one object a frame and line: protocol, valid, error, direction,\n"
            "fields, data (by OBIS code or Fn and Pn; values as decimal strings, null = no\n"
            "value).\n"
            "\n"
            "  concentratorctl decode FE FE 68 94 35 21 90 88 55 68 11 04 33 33 34 33 09 16\n",
    .run = decode,
};
