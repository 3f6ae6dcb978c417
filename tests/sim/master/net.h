#ifndef TESTS_SIM_MASTER_NET_H
#define TESTS_SIM_MASTER_NET_H

#include <uv.h>

#include "tests/sim/master/station.h"

struct client;

/**
 * The sockets of the master station on one libuv loop: terminals on TCP, commands from a list, from standard
 * input and from a control socket (one command a line; the answer in lines, then an empty line).
 */
struct ms_app {
    struct ms_station *station;
    const char *host;
    int port;            /**< 0 = any; filled with the real one by ms_app_open */
    const char *control; /**< path of the control socket, NULL = none */
    char **commands;     /**< carried out first; NULL = none */
    size_t command_count;
    bool read_stdin; /**< commands from standard input until its end */
    bool prompt;
    bool keep_going; /**< do not stop at the first command that fails */
    bool stay;       /**< run on when there are no more commands */

    uv_loop_t loop;
    uv_tcp_t listener;
    uv_pipe_t control_listener;
    uv_timer_t timer;
    uv_signal_t sigint, sigterm;
    union {
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tty_t tty;
    } input;
    uv_file input_file;
    char line[MS_LINE];
    size_t line_len;
    bool input_open, input_paused;
    unsigned failed, waiting; /**< commands that failed; commands of list and input not yet answered */
    size_t next_command;
    bool closing;
    struct client *clients; /**< on the control socket */
};

/** Listen. @return 0, a negative libuv error; *what names the thing that failed */
int ms_app_open(struct ms_app *a, const char **what);
/** Run until done. @return exit code: 0, 1 when a command failed */
int ms_app_run(struct ms_app *a);

#endif
