#ifndef GATEWAY_CORE_BUSPROC_H
#define GATEWAY_CORE_BUSPROC_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "gateway/core/proc.h"
#include "gateway/model/bus.h"
#include "gateway/model/config.h"

/**
 * One bus process: the process itself, the socketpair to it, and the job in flight.
 *
 * It is watched: after BUSPROC_SILENT_MS without a message it is killed and started again (BUSPROC_HELLO_MS
 * before its first message). A job in flight is run again by the next process; one that loses its process
 * BUSPROC_CRASHES times is given up with CN_E_GONE.
 */
enum {
    BUSPROC_SILENT_MS = 1000,
    BUSPROC_HELLO_MS = 3000,
    BUSPROC_CRASHES = 2,
    BUSPROC_RESTART_MAX_MS = 5000
};

struct busproc_hooks {
    void *ctx;
    /** It said HELLO, or a job has ended: it takes a job now. */
    void (*ready)(void *ctx);
    void (*values)(void *ctx, const struct bus_values *v);
    void (*bytes)(void *ctx, const struct bus_bytes *b);
    void (*frame)(void *ctx, const struct bus_frame *f);
    /** The end of the job; busproc_ready is true again, ready is not called besides. */
    void (*done)(void *ctx, const struct bus_done *d);
};

struct busproc {
    struct proc proc;
    const struct config_port *port;
    struct busproc_hooks hooks;
    char number[8], turnaround[8], same_meter[8]; /**< arguments as text */
    uv_poll_t poll;
    uv_timer_t watch;
    int fd;       /**< our end, -1 = none */
    int child_fd; /**< its end while it starts */
    bool polling, closing_poll;
    bool hello;
    bool stopping;
    bool busy;       /**< a job is in flight */
    uint8_t crashes; /**< of the job in flight */
    uint32_t next_id, hung, given_up;
    int64_t heard_ms;
    struct bus_job job; /**< in flight */
    union {
        struct bus_values values;
        struct bus_bytes bytes;
        struct bus_frame frame;
        struct bus_done done;
    } in;
};

/** @param profiles folder of profiles, "" = let the bus find it; not copied @return 0, CN_E_NOTFOUND (no such
 * program) */
int busproc_start(struct busproc *b, uv_loop_t *loop, const struct log *log, const struct config_port *port,
                  const char *profiles, struct busproc_hooks hooks);
/** It is up and has no job. */
bool busproc_ready(const struct busproc *b);
/** Send a job; its id is given here. Only when ready. */
void busproc_send(struct busproc *b, struct bus_job *job);
void busproc_stop(struct busproc *b);
bool busproc_stopped(const struct busproc *b);

#endif
