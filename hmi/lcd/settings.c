#include "hmi/lcd/settings.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"

struct reading_state {
    struct hmi_settings *s;
    FILE *file;
    const char *path;
    unsigned line; /* of the key being read: inih does not tell it */
    unsigned seen; /* keys, by row */
    char *error;   /* CONFIG_ERROR bytes, "" until the first error */
};

static bool set_output(struct hmi_settings *s, const char *text)
{
    static const char fbdev[] = "fbdev:";
    size_t n = strlen(fbdev);

    if (strcmp(text, "none") == 0) {
        s->output = HMI_NONE;
    } else if (strcmp(text, "terminal") == 0) {
        s->output = HMI_TERMINAL;
    } else if (strncmp(text, fbdev, n) == 0 && text[n] == '/' && strlen(text + n) < sizeof s->device) {
        s->output = HMI_FBDEV;
        memcpy(s->device, text + n, strlen(text + n) + 1);
    } else {
        return false;
    }
    return true;
}

static bool set_language(struct hmi_settings *s, const char *text)
{
    s->language = strcmp(text, "zh") == 0 ? LCD_ZH : LCD_EN;
    return s->language == LCD_ZH || strcmp(text, "en") == 0;
}

static bool set_refresh(struct hmi_settings *s, const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end || n < 1 || n > 60)
        return false;
    s->refresh_s = (uint8_t)n;
    return true;
}

static const struct {
    const char *name;
    bool (*set)(struct hmi_settings *s, const char *text);
    const char *allowed;
} keys[] = {
    {"output", set_output, "none, terminal or fbdev:DEVICE"},
    {"language", set_language, "en or zh"},
    {"refresh", set_refresh, "1..60 seconds"},
};

static char *next_line(char *out, int size, void *stream)
{
    struct reading_state *r = stream;
    r->line++;
    if (!fgets(out, size, r->file))
        return NULL;
    /* a blank in front would make it the continuation of the line before */
    size_t blank = strspn(out, " \t");
    memmove(out, out + blank, strlen(out + blank) + 1);
    return out;
}

static int take_key(void *user, const char *section, const char *name, const char *value)
{
    struct reading_state *r = user;

    if (strcmp(section, "hmi") != 0 || r->error[0])
        return 1;
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(name, keys[i].name) != 0)
            continue;
        if (r->seen >> i & 1) {
            snprintf(r->error, CONFIG_ERROR, "%.100s:%u: the key is there already: %s", r->path, r->line,
                     keys[i].name);
        } else if (!keys[i].set(r->s, value)) {
            snprintf(r->error, CONFIG_ERROR, "%.100s:%u: %s = %.40s is not %s", r->path, r->line,
                     keys[i].name, value, keys[i].allowed);
        }
        r->seen |= 1U << i;
        return 1;
    }
    snprintf(r->error, CONFIG_ERROR, "%.100s:%u: unknown key %.40s", r->path, r->line, name);
    return 1;
}

int hmi_settings_load(const char *path, struct hmi_settings *out, char error[CONFIG_ERROR])
{
    struct reading_state r = {.s = out, .file = fopen(path, "r"), .path = path, .error = error};

    *out = (struct hmi_settings){.output = HMI_NONE, .language = LCD_ZH, .refresh_s = 1};
    error[0] = '\0';
    if (!r.file) {
        snprintf(error, CONFIG_ERROR, "%.100s:0: cannot be opened: %s", path, strerror(errno));
        return CN_E_CONFIG;
    }
    int line = ini_parse_stream(next_line, &r, take_key, &r);
    if (line != 0 && !error[0])
        snprintf(error, CONFIG_ERROR, "%.100s:%d: not a section and not key = value", path,
                 line > 0 ? line : 0);
    fclose(r.file);
    return error[0] ? CN_E_CONFIG : 0;
}
