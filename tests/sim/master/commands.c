#include "tests/sim/master/commands.h"

#include <stdarg.h>
#include <string.h>

#include "gateway/base/err.h"

const struct ms_command *ms_command_find(const char *name)
{
    const struct ms_command_table *tables[] = {&ms_commands_request, &ms_commands_local, &ms_commands_loop};

    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            if (strcmp(tables[t]->row[i].name, name) == 0)
                return &tables[t]->row[i];
        }
    }
    return NULL;
}

void ms_command_help(FILE *out)
{
    const struct ms_command_table *tables[] = {&ms_commands_request, &ms_commands_local, &ms_commands_loop};

    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            const struct ms_command *c = &tables[t]->row[i];
            fprintf(out, "  %s\n        %s\n", c->usage, c->help);
        }
    }
    fprintf(out, "  not COMMAND\n        good when the command fails (a request that must be denied)\n");
}

int ms_fail(struct ms_run *run, int err, const char *fmt, ...)
{
    va_list ap;

    fputs("error: ", run->out);
    va_start(ap, fmt);
    vfprintf(run->out, fmt, ap);
    va_end(ap);
    fputc('\n', run->out);
    return err;
}

int ms_command_start(struct ms_run *run)
{
    if (run->n && strcmp(run->words[0], "not") == 0) {
        run->negate = true;
        memmove(run->words, run->words + 1, --run->n * sizeof run->words[0]);
    }
    if (run->n == 0)
        return 0;
    run->command = ms_command_find(run->words[0]);
    if (!run->command)
        return ms_fail(run, CN_E_NOTFOUND, "there is no command \"%s\"; try help", run->words[0]);
    return run->command->start(run);
}

void ms_split(struct ms_run *run)
{
    char *p = run->text;

    run->n = 0;
    while (run->n < MS_WORDS) {
        p += strspn(p, " \t\r\n");
        if (*p == '\0' || *p == '#')
            break;
        char *end = *p == '"' ? strchr(p + 1, '"') : NULL;
        if (end) {
            run->words[run->n++] = p + 1;
        } else {
            end = p + strcspn(p, " \t\r\n");
            run->words[run->n++] = p;
        }
        p = *end ? end + 1 : end;
        *end = '\0';
    }
}

int ms_exchange_run(struct ms_run *run, int (*finish)(struct ms_run *run))
{
    struct ms_station *st = run->st;
    struct ms_terminal *t = ms_station_partner(st);

    if (!t)
        return ms_fail(run, CN_E_GONE, "no terminal is connected");
    st->partner = t;
    ms_exchange_start(&st->exchange, &st->plan, &st->answers, &st->opt, t->a1, t->a2);
    run->exchanging = true;
    run->finish = finish;
    return MS_WAIT;
}
