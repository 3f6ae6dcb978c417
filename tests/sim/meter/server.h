#ifndef TESTS_SIM_METER_SERVER_H
#define TESTS_SIM_METER_SERVER_H

#include <stdbool.h>
#include <stdio.h>

#include "tests/sim/meter/port.h"
#include "tests/sim/meter/sim.h"

/**
 * The loop: ptys, the control socket, signals, and one nanosecond timer for the deadlines of all lines.
 *
 * Control socket: a unix stream socket; one command a line (sm_command), the answer in lines, then an empty
 * line.
 */
struct sm_server {
    struct sm_sim *sim;
    struct sm_port port[SM_LINES_MAX];
    const char *socket_path;
    bool ignore_baud; /**< accept requests at any rate */
    FILE *log;        /**< one line an exchange; NULL = none */
};

/** Monotonic ns and world ms of now. */
int64_t sm_now_ns(void);
int64_t sm_now_world_ms(const struct sm_sim *s);

/** Run until SIGTERM, SIGINT or "quit". @return 0, -errno when it could not start */
int sm_server_run(struct sm_server *s);

#endif
