#ifndef TESTS_SIM_CLIENT_H
#define TESTS_SIM_CLIENT_H

#include <stddef.h>

/**
 * The other end of a simulator's control socket: send lines, print the answers. Waits up to timeout_s for the
 * simulator to start.
 * @return exit code: 0, 1 when an answer began with "error:" or nobody was there
 */
int sim_client_send(const char *program, const char *socket_path, char *const *lines, size_t n,
                    unsigned timeout_s);

#endif
