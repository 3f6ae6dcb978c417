#ifndef GATEWAY_CORE_JOBS_H
#define GATEWAY_CORE_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/model/bus.h"

/**
 * Requests that wait for a port, in a bounded pool. Only what somebody asked for waits here; scheduled and
 * filling jobs are not queued but made when the port is free (sched.h), so priority is decided as late as
 * possible.
 *
 * When the pool is full a new request is refused (CN_E_FULL) and counted; a forward may use the last places,
 * which the other classes leave free.
 */
enum job_class { CLASS_FORWARD, CLASS_DEMAND, CLASS_CONTROL, CLASS_SCHEDULED, CLASS_FILLING, CLASS_COUNT };
enum {
    JOBS_POOL = 32,
    JOBS_FORWARD_PLACES = 2, /**< of the pool, for forwards only */
    JOB_WAITERS = 4,
};

/** Who waits for the result. */
struct job_waiter {
    uint32_t client; /**< id of a control client, 0 = place is free */
    uint32_t seq;    /**< number of its request */
};

struct job {
    bool used;
    bool flying;   /**< handed to the bus process */
    uint8_t class; /**< enum job_class */
    uint8_t port;
    uint32_t serial;     /**< order of arrival */
    uint16_t index;      /**< meter, 0 = none */
    uint8_t generation;  /**< of the meter when it was asked for (meters.h): its place may get another one */
    int64_t deadline_ms; /**< monotonic: given up when it still waits then */
    uint32_t answered;   /**< bit i: wants[i] was answered, so a second run does not answer it again */
    struct job_waiter waiters[JOB_WAITERS];
    struct bus_job bus;
};

struct jobs {
    struct job *pool; /**< caller's array of JOBS_POOL */
    uint32_t next_serial;
    uint32_t used, peak;
    uint32_t taken[CLASS_COUNT], refused[CLASS_COUNT]; /**< counters since start */
};

void jobs_init(struct jobs *j, struct job pool[JOBS_POOL]);
/** A place for a request; fill bus and index. @return NULL when the pool is full for that class. */
struct job *jobs_add(struct jobs *j, enum job_class class, unsigned port);
void jobs_free(struct jobs *j, struct job *job);
/** The next waiting job of a port: best class, then oldest. NULL: none. It stays in the pool. */
struct job *jobs_next(struct jobs *j, unsigned port);
/** A waiting read of the same meter and wants with a free waiter place. */
struct job *jobs_same(struct jobs *j, unsigned port, unsigned index, unsigned generation,
                      const struct want *wants, unsigned count);
/** @return 0, CN_E_FULL. */
int job_add_waiter(struct job *job, uint32_t client, uint32_t seq);
/** A client is gone: waiting jobs nobody else waits for are freed, flying ones run to their end. */
void jobs_forget_client(struct jobs *j, uint32_t client);
/** A waiting job whose deadline has passed; NULL: none. */
struct job *jobs_overdue(struct jobs *j, int64_t now_ms);
unsigned jobs_waiting(const struct jobs *j, unsigned port);

#endif
