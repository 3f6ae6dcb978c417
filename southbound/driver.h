#ifndef SOUTHBOUND_DRIVER_H
#define SOUTHBOUND_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/model/bus.h"
#include "gateway/model/reading.h"
#include "southbound/link.h"
#include "southbound/profile.h"

/**
 * What a bus process remembers of the meters on its port, so that a block which a meter refused is not asked
 * again. Fixed size; when it is full the entry that was not used for longest makes room. Lost with the
 * process, which costs each meter one refused request.
 */
enum { METER_MEMORY_MAX = 256, METER_SILENT_USES = 64 };

struct meter_memory {
    const struct profile *profile; /**< NULL = free entry */
    uint8_t address[ADDR_LEN];
    uint32_t used;    /**< moment of the last use, a counter */
    uint64_t refused; /**< bit n: block n was refused or had a bad size */
    uint64_t silent;  /**< bit n: the meter did not answer block n, but others; forgotten after
                         METER_SILENT_USES uses */
    uint64_t works;   /**< bit n: block n was answered */
    uint16_t silent_uses;
};
struct meter_memories {
    uint32_t clock;
    struct meter_memory m[METER_MEMORY_MAX];
};
/** The entry of a meter, made when there is none; valid until the next call. Counts a use. */
struct meter_memory *meter_memory_of(struct meter_memories *all, const struct profile *p,
                                     const uint8_t address[ADDR_LEN]);

/** What a driver works with during one job. */
struct driver_port {
    struct link *link; /**< its stats count for the job */
    const struct profile *profile;
    struct meter_memories *memories;
    int64_t job_ms; /**< clock_mono_ms when the job came in */
    /** Sinks; what they get is copied. */
    void (*values)(void *ctx, const struct bus_values *v);
    void (*bytes)(void *ctx, const struct bus_bytes *b);
    void *ctx;
};

/**
 * A protocol. Functions work through a job and return its status: 0, or a negative code when (part of) it
 * failed. They never retry beyond job->attempts, store nothing and do not decide what a failure means.
 */
struct meter_driver {
    const char *framing; /**< name in profiles: "dlt645-2007" */
    uint8_t protocol;    /**< F10 code it serves by default */
    const char *profile; /**< profile used when a job names none */
    /**
     * JOB_READ: one values() for each want, in any order.
     * @return 0 when every want was answered or refused by the meter, else the last failure: CN_E_TIMEOUT,
     * CN_E_CHECKSUM, CN_E_PARITY, CN_E_FRAME, CN_E_FOREIGN, CN_E_IO, CN_E_BUSY, CN_E_CANCELLED
     */
    int (*read)(struct driver_port *port, const struct bus_job *job);
    /** JOB_SET_TIME. @return 0, CN_E_DENIED, CN_E_AUTH, CN_E_RANGE (the time is none), or as read. */
    int (*set_time)(struct driver_port *port, const struct bus_job *job);
    /** JOB_FORWARD: one bytes() with what came back. @return 0 or as read. */
    int (*forward)(struct driver_port *port, const struct bus_job *job);
    /**
     * JOB_FIND. @return 0 with the address, CN_E_TIMEOUT, CN_E_CONFLICT (several meters answer), or as
     * read.
     */
    int (*find)(struct driver_port *port, const struct bus_job *job, uint8_t address[ADDR_LEN]);
    /** The right side of an item line. @return 0, CN_E_FORMAT with the reason. */
    int (*parse_item)(const char *text, struct profile_item *item, char *why, size_t cap);
    /** After all items are known: number and measure blocks. @return 0, CN_E_FORMAT, CN_E_FULL with the
     * reason. */
    int (*finish)(struct profile *p, char *why, size_t cap);
    /**
     * Replay: readings of an item in captured answers.
     * @param index  set to the n-th last period that the answer is for (0: now)
     * @return readings, CN_E_NOTFOUND (the answer is for another item), or why the frame is refused
     */
    int (*replay)(const struct profile_item *item, const uint8_t *answer, size_t n, const uint8_t *then,
                  size_t n_then, unsigned *index, struct reading *r);
};

/** @return the driver, NULL when there is none. */
const struct meter_driver *driver_by_framing(const char *name);
const struct meter_driver *driver_by_protocol(unsigned code);

#endif
