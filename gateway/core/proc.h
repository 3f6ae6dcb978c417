#ifndef GATEWAY_CORE_PROC_H
#define GATEWAY_CORE_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "gateway/base/log.h"
#include "gateway/core/backoff.h"

/**
 * One watched process: started, started again with back-off when it ends, ended on request. It gets /dev/null
 * as standard input, our stderr as output and error, and at most one more descriptor.
 *
 *   WAITING -timer-> RUNNING -exit-> WAITING;  any -proc_stop-> STOPPING -exit-> STOPPED
 *
 * In a process started as root the child runs as the user named like the program, if there is one.
 */
enum proc_state { PROC_WAITING, PROC_RUNNING, PROC_STOPPING, PROC_STOPPED };
enum { PROC_ARGS = 16, PROC_PATH = 512, PROC_KILL_MS = 3000 };

struct proc;

struct proc_hooks {
    void *ctx;
    /** About to start. @return the descriptor that the child gets as `fd_as`, -1 for none, or below to try
     * later. May be NULL */
    int (*prepare)(void *ctx);
    /** The start is over (ok or not): the descriptor of prepare may be closed here. May be NULL */
    void (*started)(void *ctx, bool ok);
    /** It has ended. May be NULL */
    void (*ended)(void *ctx);
};

struct proc {
    uv_loop_t *loop;
    const struct log *log;
    const char *name; /**< program name, for the log; not copied */
    char label[40];   /**< how the log calls it: "concentrator-bus 2" */
    char path[PROC_PATH];
    const char *args[PROC_ARGS + 1]; /**< args[0] is set to path; strings are not copied */
    int fd_as;                       /**< number of the extra descriptor in the child */
    struct proc_hooks hooks;
    struct backoff backoff;
    uint8_t state;    /**< enum proc_state */
    bool handle_open; /**< the process handle is not yet closed */
    uint32_t restarts;
    int64_t started_ms;
    uv_process_t process;
    uv_timer_t timer;
};

/**
 * Find a program beside our own, then in the installed place (CN_INSTALL_BIN).
 * @return 0, CN_E_NOTFOUND
 */
int proc_find(const char *name, char path[PROC_PATH]);
/** Folder of our own program, without a slash at the end. @return 0, CN_E_IO */
int proc_self_dir(char dir[PROC_PATH]);

/** Fields loop, log, name, label, path, args, fd_as, hooks and backoff.max_ms are set; the process starts at
 * once. */
void proc_start(struct proc *p);
/** SIGKILL now; it starts again as after any other end. */
void proc_kill(struct proc *p);
/** SIGTERM, SIGKILL after PROC_KILL_MS; it does not start again. */
void proc_stop(struct proc *p);
bool proc_stopped(const struct proc *p);
int proc_pid(const struct proc *p);
const char *proc_state_name(const struct proc *p);

#endif
