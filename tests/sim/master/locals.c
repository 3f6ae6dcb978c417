#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "tests/sim/master/commands.h"

/* The commands that wait, compare, or change the master itself. */

enum { WAIT_S = 60, VALUE = 1200 };

bool ms_seconds(const char *text, int64_t *ms)
{
    char *end;
    double v = strtod(text, &end);

    *ms = (int64_t)(v * 1000);
    return end != text && *end == '\0' && v >= 0 && v < 1e7;
}

/* ---- wait ---- */

enum wait { WAIT_LOGIN, WAIT_LOGOUT, WAIT_DISCONNECT, WAIT_HEARTBEAT, WAIT_TERMINALS, WAIT_REPORT, WAITS };
static const char *const waits[WAITS] = {"login", "logout", "disconnect", "heartbeat", "terminals", "report"};

static unsigned logged_in(const struct ms_station *st)
{
    unsigned n = 0;

    for (unsigned i = 0; i < st->terminals; i++)
        n += st->terminal[i].logged_in && (!st->current || st->current == &st->terminal[i]);
    return n;
}

/* The oldest report with this ERC (0 = any) that no wait has taken yet. */
static bool take_report(struct ms_station *st, unsigned erc)
{
    unsigned first = st->report_count > MS_REPORTS ? st->report_count - MS_REPORTS : 0;

    for (unsigned i = first; i < st->report_count; i++) {
        unsigned k = i % MS_REPORTS;
        if (!st->report[k].taken && (erc == 0 || st->report[k].erc == erc)) {
            st->report[k].taken = true;
            return true;
        }
    }
    return false;
}

static bool waited(struct ms_run *run)
{
    struct ms_station *st = run->st;

    switch (run->stage) {
    case WAIT_LOGIN:
        return logged_in(st) >= 1;
    case WAIT_TERMINALS:
        return logged_in(st) >= run->target;
    case WAIT_DISCONNECT:
        return !ms_station_partner(st);
    case WAIT_LOGOUT:
        return st->logouts > run->target;
    case WAIT_HEARTBEAT:
        return st->heartbeats > run->target;
    default:
        return take_report(st, run->target);
    }
}

static int check_wait(struct ms_run *run)
{
    if (waited(run)) {
        fprintf(run->out, "ok\n");
        return 0;
    }
    if (run->st->now >= run->deadline)
        return ms_fail(run, CN_E_TIMEOUT, "no %s in time", waits[run->stage]);
    run->check = check_wait;
    return MS_WAIT;
}

static int command_wait(struct ms_run *run)
{
    int64_t ms = WAIT_S * 1000;
    size_t i = 2;

    for (run->stage = 0; run->stage < WAITS && (run->n < 2 || strcmp(waits[run->stage], run->words[1]) != 0);)
        run->stage++;
    if (run->stage == WAITS)
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    if (run->stage == WAIT_TERMINALS && i < run->n)
        run->target = (unsigned)strtoul(run->words[i++], NULL, 10);
    if (run->stage == WAIT_REPORT && i < run->n && sscanf(run->words[i], "ERC%u", &run->target) == 1)
        i++;
    if (run->stage == WAIT_LOGOUT)
        run->target = run->st->logouts;
    if (run->stage == WAIT_HEARTBEAT)
        run->target = run->st->heartbeats;
    if (i < run->n && !ms_seconds(run->words[i++], &ms))
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    if (i < run->n)
        return ms_fail(run, CN_E_FORMAT, "what is \"%s\"?", run->words[i]);
    run->deadline = run->st->now + ms;
    return check_wait(run);
}

static int check_sleep(struct ms_run *run)
{
    if (run->st->now >= run->deadline)
        return 0;
    run->check = check_sleep;
    return MS_WAIT;
}

static int command_sleep(struct ms_run *run)
{
    int64_t ms;

    if (run->n != 2 || !ms_seconds(run->words[1], &ms))
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    run->deadline = run->st->now + ms;
    return check_sleep(run);
}

/* ---- expect ---- */

static bool holds(const char *have, const char *op, const char *want)
{
    struct value a, b;
    int order =
        value_parse(have, &a) == 0 && value_parse(want, &b) == 0 ? value_cmp(a, b) : strcmp(have, want);

    if (strcmp(op, "=") == 0)
        return order == 0;
    if (strcmp(op, "!=") == 0)
        return order != 0;
    if (strcmp(op, "<") == 0)
        return order < 0;
    if (strcmp(op, "<=") == 0)
        return order <= 0;
    if (strcmp(op, ">") == 0)
        return order > 0;
    return strcmp(op, ">=") == 0 && order >= 0;
}

static int command_expect(struct ms_run *run)
{
    struct ms_station *st = run->st;
    char have[VALUE] = "";
    int pn = -1, fn = -1;
    size_t i = 1;

    for (; i < run->n; i++) {
        if (sscanf(run->words[i], "p%d", &pn) != 1 &&
            (run->words[i][0] != 'F' || sscanf(run->words[i], "F%d", &fn) != 1))
            break;
    }
    if (i + 2 == run->n && strcmp(run->words[i], "result") == 0) {
        snprintf(have, sizeof have, "%s", ms_result_name(st->exchange.result));
        return strcmp(have, run->words[i + 1]) == 0 ? 0 : ms_fail(run, CN_E_STATE, "the result is %s", have);
    }
    if (i + 2 == run->n && strcmp(run->words[i], "units") == 0)
        return st->answers.count == strtoul(run->words[i + 1], NULL, 10)
                   ? 0
                   : ms_fail(run, CN_E_STATE, "%zu units came", st->answers.count);
    if (i + 3 != run->n || run->words[i + 1][strspn(run->words[i + 1], "=!<>")])
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    if (ms_answers_field(&st->answers, pn, fn, run->words[i], have, sizeof have) < 0)
        return ms_fail(run, CN_E_NOTFOUND, "the last answer has no field %s", run->words[i]);
    if (!holds(have, run->words[i + 1], run->words[i + 2]))
        return ms_fail(run, CN_E_STATE, "%s is %s", run->words[i], have);
    fprintf(run->out, "%s = %s\n", run->words[i], have);
    return 0;
}

/* ---- terminals ---- */

static int command_terminals(struct ms_run *run)
{
    const struct ms_station *st = run->st;

    for (unsigned i = 0; i < st->terminals; i++) {
        const struct ms_terminal *t = &st->terminal[i];
        fprintf(run->out, "%04X-%u %s, %u logins, %u heartbeats, %u reports%s\n", t->a1, t->a2,
                t->logged_in ? "logged in"
                : t->link    ? "connected"
                             : "gone",
                t->logins, t->heartbeats, t->reports, t->acd ? ", asks to be read" : "");
    }
    return 0;
}

static int command_use(struct ms_run *run)
{
    struct ms_station *st = run->st;
    unsigned a1, a2;

    if (run->n == 2 && strcmp(run->words[1], "any") == 0) {
        st->current = NULL;
        return 0;
    }
    if (run->n != 2 || sscanf(run->words[1], "%4x-%5u", &a1, &a2) != 2)
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    for (unsigned i = 0; i < st->terminals; i++) {
        if (st->terminal[i].a1 == a1 && st->terminal[i].a2 == a2) {
            st->current = &st->terminal[i];
            return 0;
        }
    }
    return ms_fail(run, CN_E_NOTFOUND, "no terminal %04X-%u has ever connected", a1, a2);
}

static int command_drop(struct ms_run *run)
{
    struct ms_terminal *t = ms_station_partner(run->st);

    if (!t)
        return ms_fail(run, CN_E_GONE, "no terminal is connected");
    run->st->net.close(run->st->net.ctx, t->link);
    return 0;
}

/* ---- faults and options ---- */

static int command_fault(struct ms_run *run)
{
    struct ms_faults *f = &run->st->faults;
    struct {
        const char *name;
        bool *flag;
        unsigned *number;
    } rows[] = {
        {"no-login-confirm", NULL, &f->no_login_confirm},
        {"no-report-confirm", NULL, &f->no_report_confirm},
        {"delay", NULL, &f->delay_ms},
        {"never-confirm", &f->never_confirm, NULL},
        {"deny-login", &f->deny_login, NULL},
        {"confirm-f3", &f->confirm_by_f3, NULL},
    };

    if (run->n == 2 && strcmp(run->words[1], "off") == 0) {
        *f = (struct ms_faults){0};
        return 0;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && run->n == 3; i++) {
        if (strcmp(rows[i].name, run->words[1]) != 0)
            continue;
        if (rows[i].flag)
            *rows[i].flag = strcmp(run->words[2], "on") == 0;
        else
            *rows[i].number = (unsigned)strtoul(run->words[2], NULL, 10);
        return 0;
    }
    return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
}

static int command_option(struct ms_run *run)
{
    struct ms_options *o = &run->st->opt;
    const char *name = run->n == 3 ? run->words[1] : "", *value = run->n == 3 ? run->words[2] : "";
    int64_t ms;
    unsigned long v = strtoul(value, NULL, 10);

    if (strcmp(name, "timeout") == 0 && ms_seconds(value, &ms))
        o->timeout_ms = (unsigned)ms;
    else if (strcmp(name, "repeats") == 0 && v <= 9)
        o->repeats = (unsigned)v;
    else if (strcmp(name, "max-l1") == 0 && v >= 100 && v <= GDW_L1_MAX)
        o->max_l1 = v;
    else if (strcmp(name, "msa") == 0 && v <= 127)
        o->msa = (uint8_t)v;
    else if (strcmp(name, "pw") == 0 &&
             (strcmp(value, "off") == 0 || hex_parse(value, o->pw, sizeof o->pw) == GDW_PW_LEN))
        o->no_pw = strcmp(value, "off") == 0;
    else if (strcmp(name, "tp") == 0 &&
             (strcmp(value, "off") == 0 || (isdigit((unsigned char)*value) && v <= 255))) {
        o->tp = strcmp(value, "off") != 0;
        o->tp_delay_min = (uint8_t)v;
    } else
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    return 0;
}

static int command_stats(struct ms_run *run)
{
    const struct ms_station *st = run->st;

    fprintf(run->out,
            "connections %u, lost %u, logins %u, heartbeats %u, logouts %u, reports %u, repeated reports %u, "
            "stray frames %u, "
            "bad bytes %u\n",
            st->connections, st->disconnections, st->logins, st->heartbeats, st->logouts, st->reports,
            st->repeats, st->stray, st->bad_bytes);
    return 0;
}

static int command_echo(struct ms_run *run)
{
    for (size_t i = 1; i < run->n; i++)
        fprintf(run->out, "%s%s", i > 1 ? " " : "", run->words[i]);
    fputc('\n', run->out);
    return 0;
}

static int command_help(struct ms_run *run)
{
    ms_command_help(run->out);
    return 0;
}

static int command_quit(struct ms_run *run)
{
    run->st->quit = true;
    return 0;
}

static const struct ms_command rows[] = {
    {"wait", "wait login|logout|disconnect|heartbeat [S] | wait terminals N [S] | wait report [ERCn] [S]",
     "at most S seconds (60); login: holds as long as it is logged in; a report is taken once", command_wait},
    {"expect", "expect [p1] [F25] FIELD = VALUE | expect units N | expect result data|confirmed|denied|...",
     "about the last answer; also != < <= > >=; numbers are compared as numbers, fields of lists are name[0]",
     command_expect},
    {"use", "use 4403-1 | use any", "the terminal that the next commands go to", command_use},
    {"terminals", "terminals", "all terminals that have ever connected", command_terminals},
    {"sleep", "sleep SECONDS", "wait", command_sleep},
    {"drop", "drop", "close the connection of the terminal", command_drop},
    {"fault",
     "fault no-login-confirm N | no-report-confirm N | never-confirm on|off | deny-login on|off | confirm-f3 "
     "on|off | "
     "delay MS | off",
     "how the master misbehaves", command_fault},
    {"option", "option timeout S | repeats N | tp MIN|off | pw HEX|off | msa N | max-l1 N", "how it asks",
     command_option},
    {"stats", "stats", "what has happened so far", command_stats},
    {"echo", "echo TEXT", "print the text", command_echo},
    {"help", "help", "this list", command_help},
    {"quit", "quit", "end", command_quit},
};
const struct ms_command_table ms_commands_local = {rows, sizeof rows / sizeof rows[0]};
