#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"
#include "tests/sim/meter/actions.h"
#include "tests/sim/meter/items.h"

enum { LINE_MAX_LEN = 1024, WORDS_MAX = 32 };

/* ---- selectors ---- */

struct selector {
    enum { SEL_POINT, SEL_PORT, SEL_EVERY, SEL_ALL } kind;
    const char *list; /* "3", "1..20,40" */
};

static bool in_list(const char *list, unsigned long n)
{
    while (*list) {
        char *end;
        unsigned long a = strtoul(list, &end, 10), b = a;
        if (end == list)
            return false;
        if (strncmp(end, "..", 2) == 0)
            b = strtoul(end + 2, &end, 10);
        if (n >= a && n <= b)
            return true;
        list = *end == ',' ? end + 1 : end;
        if (*end && *end != ',')
            return false;
    }
    return false;
}

static bool list_ok(const char *list)
{
    return *list && isdigit((unsigned char)*list) && list[strspn(list, "0123456789.,")] == '\0';
}

static int parse_selector(const char *word, struct selector *s)
{
    static const char *const names[] = {"point=", "port=", "every="};

    if (strcmp(word, "all") == 0) {
        s->kind = SEL_ALL;
        return 0;
    }
    for (unsigned i = 0; i < 3; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(word, names[i], n) == 0 && list_ok(word + n)) {
            s->kind = i;
            s->list = word + n;
            return i == SEL_EVERY && strtoul(s->list, NULL, 10) == 0 ? CN_E_FORMAT : 0;
        }
    }
    return CN_E_FORMAT;
}

static bool selected(const struct selector *s, const struct sm_meter *m)
{
    switch (s->kind) {
    case SEL_POINT:
        return in_list(s->list, m->point);
    case SEL_PORT:
        return in_list(s->list, m->port);
    case SEL_EVERY:
        return m->point % strtoul(s->list, NULL, 10) == 0;
    default:
        return true;
    }
}

static int apply(struct sm_target *t, const struct selector *sel, const struct sm_action *a,
                 const char *value, unsigned *count)
{
    bool lines = sel->kind == SEL_PORT || sel->kind == SEL_ALL;
    int err = 0;

    for (size_t i = 0; lines && a->scope & SM_LINE && i < t->sim->line_count && err == 0; i++) {
        t->line = &t->sim->lines[i];
        t->meter = NULL;
        if (sel->kind == SEL_PORT && !in_list(sel->list, t->line->number))
            continue;
        err = a->apply(t, value, a->at);
        ++*count;
    }
    /* what a line and a meter both can have is meant for the line when lines were selected; "ok" is for both
     */
    if (!(a->scope & SM_METER) || (lines && a->scope & SM_LINE && strcmp(a->name, "ok") != 0))
        return err;
    for (size_t i = 0; i < t->sim->meter_count && err == 0; i++) {
        t->meter = &t->sim->meters[i];
        if (!selected(sel, t->meter))
            continue;
        err = a->apply(t, value, a->at);
        ++*count;
    }
    return err;
}

static const struct sm_action *find_action(const char *name)
{
    size_t count;
    const struct sm_action *a = sm_actions(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(a[i].name, name) == 0)
            return &a[i];
    }
    return NULL;
}

static int run_actions(struct sm_target *t, char **words, size_t n, FILE *out)
{
    struct selector sel = {SEL_ALL, NULL};
    unsigned touched = 0;

    if (parse_selector(words[0], &sel) < 0) {
        fprintf(out, "error: \"%s\" is no selector (point=, port=, every=, all) and no query; try help\n",
                words[0]);
        return CN_E_FORMAT;
    }
    if (n < 2) {
        fprintf(out, "error: what shall happen to %s?\n", words[0]);
        return CN_E_FORMAT;
    }
    for (size_t i = 1; i < n; i++) {
        char *value = strchr(words[i], '=');
        unsigned count = 0;
        if (value)
            *value++ = '\0';
        const struct sm_action *a = find_action(words[i]);
        if (!a) {
            fprintf(out, "error: there is no action \"%s\"\n", words[i]);
            return CN_E_NOTFOUND;
        }
        int err = apply(t, &sel, a, value ? value : "", &count);
        if (err < 0) {
            fprintf(out, "error: %s=%s: %s\n", a->name, value ? value : "", cn_err_text(err));
            return err;
        }
        if (count == 0) {
            fprintf(out, "error: %s: nothing there that can %s\n", words[0], a->name);
            return CN_E_NOTFOUND;
        }
        touched = count;
    }
    fprintf(out, "ok %u\n", touched);
    return 0;
}

/* ---- queries ---- */

static int parse_time(const struct sm_sim *s, char **words, size_t n, int64_t *wall)
{
    struct civil c = {0};
    int y, mo, d, h = 0, mi = 0, se = 0;

    if (n < 1 || sscanf(words[0], "%4d-%2d-%2d", &y, &mo, &d) != 3)
        return CN_E_FORMAT;
    if (n > 1 && sscanf(words[1], "%2d:%2d:%2d", &h, &mi, &se) < 2)
        return CN_E_FORMAT;
    c = (struct civil){.year = (int16_t)y,
                       .month = (uint8_t)mo,
                       .day = (uint8_t)d,
                       .hour = (uint8_t)h,
                       .minute = (uint8_t)mi,
                       .second = (uint8_t)se};
    if (!civil_valid(&c))
        return CN_E_RANGE;
    *wall = zone_to_utc(s->site.world.zone, &c);
    return 0;
}

/* The meter of words[1] and, behind "at", another time than now. */
static int meter_and_time(struct sm_target *t, char **words, size_t n, size_t at, FILE *out)
{
    t->meter = n > 1 ? sm_find(t->sim, (uint32_t)strtoul(words[1], NULL, 10)) : NULL;
    if (!t->meter) {
        fprintf(out, "error: which measuring point?\n");
        return CN_E_NOTFOUND;
    }
    if (n > at && strcmp(words[at], "at") == 0) {
        if (parse_time(t->sim, words + at + 1, n - at - 1, &t->wall) < 0) {
            fprintf(out, "error: a time is YYYY-MM-DD hh:mm:ss\n");
            return CN_E_FORMAT;
        }
    }
    return 0;
}

static int query_registers(struct sm_target *t, char **words, size_t n, FILE *out)
{
    int err = meter_and_time(t, words, n, 2, out);

    if (err == 0)
        sm_print_registers(t->sim, t->meter, t->wall, out);
    return err;
}

static int query_item(struct sm_target *t, char **words, size_t n, FILE *out)
{
    uint8_t di[4], data[SM_ITEM_MAX];
    struct wbuf w = wbuf_of(data, sizeof data);
    char text[2 * SM_ITEM_MAX + 1];
    int err = meter_and_time(t, words, n, 3, out);

    if (err < 0)
        return err;
    if (n < 3 || hex_parse(words[2], di, sizeof di) != 4) {
        fprintf(out, "error: a data identifier has eight hex digits\n");
        return CN_E_FORMAT;
    }
    uint32_t number = (uint32_t)di[0] << 24 | (uint32_t)di[1] << 16 | (uint32_t)di[2] << 8 | di[3];
    int got = sm_item_get(&t->sim->site, t->meter, number, t->wall, &w);
    if (got < 0) {
        fprintf(out, "error: the meter has no %08X\n", number);
        return got;
    }
    fprintf(out, "%08X %s", number, hex_print(data, (size_t)got, text, sizeof text));
    const struct sm_reading *r = sm_reading_of(number);
    for (int i = 0; r && i + r->size <= got; i += r->size) {
        fputc(' ', out);
        sm_print_digits(data + i, r->size, r->decimals, out);
    }
    fputc('\n', out);
    return 0;
}

static int query_meters(struct sm_target *t, char **words, size_t n, FILE *out)
{
    (void)words;
    (void)n;
    for (size_t i = 0; i < t->sim->meter_count; i++) {
        const struct sm_meter *m = &t->sim->meters[i];
        struct civil c = zone_to_local(t->sim->site.world.zone, sm_clock_at(&m->clock, t->wall));
        uint32_t total = sm_energy(&t->sim->site.world, &m->load, SM_FORWARD, 0, t->wall);
        char addr[ADDR_TEXT], time[32];
        fprintf(out, "%u port %u %s %s %u.%02u kWh%s%s\n", m->point, m->port, addr_print(m->address, addr),
                civil_print(&c, time, sizeof time), total / 100, total % 100,
                m->load.three_phase ? "" : " single-phase",
                memcmp(&m->faults, &(struct sm_faults){0}, sizeof m->faults) ? " faulty" : "");
    }
    return 0;
}

static int query_ports(struct sm_target *t, char **words, size_t n, FILE *out)
{
    (void)words;
    (void)n;
    for (size_t i = 0; i < t->sim->line_count; i++)
        fprintf(out, "%u %s %u baud %zu meters\n", t->sim->lines[i].number, t->sim->device[i],
                t->sim->lines[i].baud, t->sim->lines[i].meter_count);
    return 0;
}

static int query_stats(struct sm_target *t, char **words, size_t n, FILE *out)
{
    if (n > 1 && strcmp(words[1], "reset") == 0) {
        for (size_t i = 0; i < t->sim->line_count; i++)
            sm_line_reset_stats(&t->sim->lines[i]);
        fprintf(out, "ok\n");
    } else if (n > 1 && strcmp(words[1], "json") == 0) {
        sm_print_stats_json(t->sim, out);
    } else {
        sm_print_stats(t->sim, out);
    }
    return 0;
}

static int query_time(struct sm_target *t, char **words, size_t n, FILE *out)
{
    struct civil c;
    char text[32];

    if (n > 1) {
        if (parse_time(t->sim, words + 1, n - 1, &t->wall) < 0) {
            fprintf(out, "error: a time is YYYY-MM-DD hh:mm:ss\n");
            return CN_E_FORMAT;
        }
        sm_time_set(&t->sim->time, t->now / 1000000, t->wall * 1000, t->sim->time.scale_milli);
    }
    c = zone_to_local(t->sim->site.world.zone, t->wall);
    fprintf(out, "%s\n", civil_print(&c, text, sizeof text));
    return 0;
}

static int query_scale(struct sm_target *t, char **words, size_t n, FILE *out)
{
    char *end;
    double v = n > 1 ? strtod(words[1], &end) : -1;

    if (n < 2 || *end || !(v >= 0 && v <= 100000)) {
        fprintf(out, "error: scale 0 (stand still) .. 100000\n");
        return CN_E_RANGE;
    }
    sm_time_set(&t->sim->time, t->now / 1000000, t->wall * 1000, (int64_t)(v * 1000));
    fprintf(out, "ok\n");
    return 0;
}

static int query_help(struct sm_target *t, char **words, size_t n, FILE *out)
{
    (void)t;
    (void)words;
    (void)n;
    sm_command_help(out);
    return 0;
}

static const struct {
    const char *name, *usage;
    int (*run)(struct sm_target *t, char **words, size_t n, FILE *out);
    const char *help;
} queries[] = {
    {"registers", "registers POINT [at TIME]", query_registers,
     "digits as the display shows them, now or at another time"},
    {"item", "item POINT DI [at TIME]", query_item, "any item: bytes as sent, then the digits"},
    {"meters", "meters", query_meters, "all meters, one a line"},
    {"ports", "ports", query_ports, "device, rate and meters of each port"},
    {"stats", "stats [json|reset]", query_stats, "counters, wire limit and utilisation"},
    {"time", "time [YYYY-MM-DD hh:mm:ss]", query_time,
     "the simulated time, or set it (clocks of meters follow)"},
    {"scale", "scale N", query_scale, "speed of the simulated time; 0 stops it"},
    {"help", "help", query_help, "this list"},
};

void sm_command_help(FILE *out)
{
    size_t count;
    const struct sm_action *a = sm_actions(&count);

    fprintf(out, "SELECTOR ACTION...   one or more actions on\n"
                 "  point=37 | point=1..20,40 | port=2 | every=20 (each point divisible by it) | all\n");
    for (size_t i = 0; i < count; i++, a++) {
        char head[40];
        snprintf(head, sizeof head, "%s%s%s", a->name, a->value ? "=" : "", a->value ? a->value : "");
        fprintf(out, "    %-22s %s%s\n", head, a->help, a->scope == SM_LINE ? " (port= or all)" : "");
    }
    fprintf(out, "queries\n");
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        fprintf(out, "    %-28s %s\n", queries[i].usage, queries[i].help);
    fprintf(out, "    %-28s %s\n", "quit", "end the simulator");
}

int sm_command(struct sm_sim *s, const char *line, int64_t now, int64_t wall, FILE *out)
{
    struct sm_target t = {.sim = s, .now = now, .wall = wall};
    char text[LINE_MAX_LEN], *words[WORDS_MAX], *save = NULL;
    size_t n = 0;

    if (strlen(line) >= sizeof text) {
        fprintf(out, "error: the line is too long\n");
        return CN_E_NOSPACE;
    }
    strcpy(text, line);
    for (char *w = strtok_r(text, " \t\r\n", &save); w && n < WORDS_MAX; w = strtok_r(NULL, " \t\r\n", &save))
        words[n++] = w;
    if (n == 0)
        return 0;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        if (strcmp(words[0], queries[i].name) == 0)
            return queries[i].run(&t, words, n, out);
    }
    return run_actions(&t, words, n, out);
}
