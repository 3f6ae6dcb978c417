#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "tests/sim/master/commands.h"

/* loop: a command that is started again when its period is over. */

/* "not" inside turns the result of each round around, in front of the loop that of the whole. */
static int start_round(struct ms_run *run)
{
    memcpy(run->text, run->inner, sizeof run->text);
    ms_split(run);
    run->round_negate = strcmp(run->words[0], "not") == 0;
    if (run->round_negate)
        memmove(run->words, run->words + 1, --run->n * sizeof run->words[0]);
    run->command = run->n ? ms_command_find(run->words[0]) : NULL;
    if (!run->command)
        return ms_fail(run, CN_E_NOTFOUND, "there is no such command inside the loop");
    return run->command->start(run);
}

static int next_round(struct ms_run *run)
{
    int64_t now = run->st->now;

    if (now < run->next_ms)
        return MS_WAIT;
    run->next_ms = run->next_ms + run->period_ms > now ? run->next_ms + run->period_ms : now;
    run->check = NULL;
    run->deadline = INT64_MAX;
    return start_round(run);
}

static void count_round(struct ms_run *run, int result)
{
    const struct ms_station *st = run->st;
    int64_t us = st->answered_us - st->sent_us;

    run->rounds++;
    bool good = (result != 0) == run->round_negate;
    run->failed += !good;
    /* of many good rounds the last one is enough */
    if (good && run->rounds < run->left)
        fseeko(run->out, run->round_start, SEEK_SET);
    run->round_start = ftello(run->out);
    if (run->exchanging && result == 0 && us > 0) {
        run->least_us = run->timed == 0 || us < run->least_us ? us : run->least_us;
        run->most_us = us > run->most_us ? us : run->most_us;
        run->sum_us += us;
        run->timed++;
    }
    run->finish = NULL;
    run->exchanging = false;
}

int ms_loop_round(struct ms_run *run, int result)
{
    count_round(run, result);
    if (run->rounds < run->left) {
        run->check = next_round;
        run->deadline = run->next_ms;
        return next_round(run);
    }
    run->check = NULL;
    run->inner[0] = '\0';
    fprintf(run->out, "loop: %u rounds, %u failed", run->rounds, run->failed);
    if (run->timed)
        fprintf(run->out, ", answers after %.3f ms on average, %.3f at least, %.3f at most",
                (double)run->sum_us / run->timed / 1000.0, (double)run->least_us / 1000.0,
                (double)run->most_us / 1000.0);
    fputc('\n', run->out);
    return run->failed ? ms_fail(run, CN_E_STATE, "%u of %u rounds failed", run->failed, run->rounds) : 0;
}

static int command_loop(struct ms_run *run)
{
    const char *rest = run->line;

    if (run->inner[0])
        return ms_fail(run, CN_E_FORMAT, "no loop inside a loop");
    if (run->n < 4 || !ms_seconds(run->words[2], &run->period_ms) || strtoul(run->words[1], NULL, 10) == 0)
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    run->left = (unsigned)strtoul(run->words[1], NULL, 10);
    /* the rest of the line as it was written, behind "loop N SECONDS", with a "not" in front of it one word
     * more */
    for (int i = 0; i < 3 + run->negate; i++) {
        rest += strspn(rest, " \t");
        rest += strcspn(rest, " \t");
    }
    rest += strspn(rest, " \t");
    memcpy(run->inner, rest, strlen(rest) + 1);
    run->next_ms = run->st->now + run->period_ms;
    run->round_start = ftello(run->out);
    return start_round(run);
}

static const struct ms_command rows[] = {
    {"loop", "loop N SECONDS COMMAND",
     "N times, one each so many seconds (0 = at once); prints what fails, the last round and the answer "
     "times",
     command_loop},
};
const struct ms_command_table ms_commands_loop = {rows, sizeof rows / sizeof rows[0]};
