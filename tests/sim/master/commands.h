#ifndef TESTS_SIM_MASTER_COMMANDS_H
#define TESTS_SIM_MASTER_COMMANDS_H

#include "tests/sim/master/station.h"

/**
 * The command language, one row each. A start function returns 0 (done, good), a negative CN_E_... (done,
 * failed; "error: ..." was written to run->out), or MS_WAIT after it has set run->exchanging with
 * run->finish, or run->check.
 */
enum { MS_WAIT = 1 };

struct ms_command {
    const char *name, *usage, *help;
    int (*start)(struct ms_run *run);
};

const struct ms_command *ms_command_find(const char *name);
void ms_command_help(FILE *out);

/** "2.5" seconds to ms. @return false when it is none. */
bool ms_seconds(const char *text, int64_t *ms);
/** Write "error: ..." and return err. */
int ms_fail(struct ms_run *run, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** Split run->text into run->words; "..." keeps blanks together. */
void ms_split(struct ms_run *run);
/** Start run->st->plan as an exchange with the partner, then finish. @return MS_WAIT, or an error. */
int ms_exchange_run(struct ms_run *run, int (*finish)(struct ms_run *run));

/** Start the command of run->words; "not" in front turns its result around. @return as a start function */
int ms_command_start(struct ms_run *run);
/** A round of a loop ended with this result. @return MS_WAIT while rounds are left, else the result of the
 * loop */
int ms_loop_round(struct ms_run *run, int result);

/* groups of rows */
struct ms_command_table {
    const struct ms_command *row;
    size_t count;
};
extern const struct ms_command_table ms_commands_request, ms_commands_local, ms_commands_loop;

#endif
