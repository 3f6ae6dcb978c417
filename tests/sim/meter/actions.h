#ifndef TESTS_SIM_METER_ACTIONS_H
#define TESTS_SIM_METER_ACTIONS_H

#include "tests/sim/meter/sim.h"

/** The verbs of the control language (sm_command): one row each. */
struct sm_target {
    struct sm_sim *sim;
    struct sm_line *line; /**< used when meter is NULL */
    struct sm_meter *meter;
    int64_t now, wall; /**< monotonic ns, world time in UTC seconds */
};

enum sm_scope { SM_METER = 1, SM_LINE = 2 };

struct sm_action {
    const char *name;
    uint8_t scope;     /**< what it can be applied to: SM_METER, SM_LINE or both */
    const char *value; /**< what stands behind "=", for the help; NULL = nothing */
    /** @param value "" when none was given @return 0, CN_E_FORMAT, CN_E_RANGE, CN_E_FULL */
    int (*apply)(struct sm_target *t, const char *value, size_t at);
    size_t at; /**< offset of the field, for appliers that several rows share */
    const char *help;
};

const struct sm_action *sm_actions(size_t *count);

#endif
