#ifndef GATEWAY_CORE_SCHED_H
#define GATEWAY_CORE_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/core/calendar.h"
#include "gateway/core/jobs.h"
#include "gateway/core/meters.h"
#include "gateway/model/bus.h"
#include "gateway/store/store.h"

/**
 * The schedule of one port, pure: which job goes to the bus next, and what a job's outcome means. Asked only
 * when the port is free, so the decision falls as late as possible. In this order:
 *
 *   re-reads of doubtful values, confirmation of a failed meter, one probe of a dead meter when its budget
 * allows, plain readings for freezes with a time limit, then in turn a sweep of current values (when a new
 * interval has begun) and the newest freezes, at last older freezes (filling).
 *
 * A sweep asks group by group over all meters; freezes are fetched in two lanes that alternate between
 * meters: one meter is rarely asked twice in a row, because that costs a pause on the line.
 */
enum {
    SCHED_LANES = 2,          /**< per class; meters whose freezes are fetched by turns */
    SCHED_REDO = 8,           /**< doubtful readings that wait for their second reading */
    SCHED_SPARE_PERCENT = 50, /**< of the interval: a sweep of all groups fits into it, else registers only */
    SCHED_PROBE_PERCENT = 2,  /**< of the port's time for meters that are known to be dead */
};

/** What the schedule finds out. Called from sched_values, sched_done and sched_tick; must not call back. */
struct sched_out {
    void *ctx;
    /** Current values of one exchange, checked. */
    void (*latest)(void *ctx, const struct mstate *m, const struct reading_set *set);
    /** A freeze is complete, or is missing (flags FREEZE_MISSING). @return 0; negative: not taken, it will
     * come again */
    int (*freeze)(void *ctx, const struct freeze *f);
    /** A meter is dead, or answers (again, or for the first time since start). */
    void (*meter)(void *ctx, struct mstate *m, bool dead);
    /** None of the port's meters answers; one does again, or for the first time since start. */
    void (*port)(void *ctx, unsigned port, bool dead);
    /** A sweep has ended. */
    void (*swept)(void *ctx, unsigned port);
    /** A reading failed its check; confirmed = the second reading said the same. */
    void (*doubt)(void *ctx, const struct mstate *m, unsigned quantity, unsigned reasons, bool confirmed);
};

/** Bookkeeping of sweeps of current values; times are UTC seconds and monotonic ms. */
struct sched_sweep {
    bool active;
    bool spare;       /**< it asks the groups for spare time too */
    int64_t interval; /**< cal_interval of the newest sweep, -1 = none yet */
    uint8_t round;    /**< 0 everything, 1 once more what is still missing */
    uint8_t group;
    uint16_t pos;
    uint32_t done, total; /**< exchanges made, exchanges in a whole sweep as planned at its start */
    uint32_t count;       /**< sweeps finished since start */
    int64_t start, start_ms;
    /* the last finished one */
    int64_t last_start, last_end;
    uint32_t last_duration_ms;
    uint16_t last_ok, last_failed;
    bool overrun; /**< it took longer than the interval */
};

/** One freeze on its way: time, registers group by group, time again. */
struct sched_lane {
    bool used;
    bool plain;     /**< registers of now instead of the meter's own freeze */
    bool asked;     /**< the present stage was asked twice for doubt */
    bool retimed;   /**< values came at several moments, so the time is read again at the end */
    uint8_t period; /**< enum period */
    uint8_t stage;  /**< group number; the number of groups = time again */
    uint8_t generation;
    uint8_t k;    /**< index that the time was read from */
    int8_t shift; /**< index - expected index, while a slot is searched */
    uint8_t steps;
    uint16_t index; /**< meter */
    int64_t slot;
    int64_t first_at;  /**< UTC second of the first answer */
    int64_t moment_ms; /**< its monotonic time, 0 = none yet */
    struct reading_set set;
};

enum sched_flight { FLY_NONE, FLY_SWEEP, FLY_LANE, FLY_REDO, FLY_CONFIRM, FLY_PROBE, FLY_CLOCK };

struct sched_redo {
    uint16_t index;
    struct want want;
};

struct sched {
    /* set by the owner */
    uint8_t port;
    uint32_t baud; /**< for meters whose F10 says "default" */
    char parity;
    struct zone zone;
    struct param_f33 rule;
    const struct meters *meters;
    uint16_t
        *order; /**< [METER_INDEX_MAX]: readable meters of the port, ascending index; owned by the caller */
    struct sched_out out;

    /* its own */
    uint16_t count;
    struct sched_sweep sweep;
    struct sched_lane lanes[2][SCHED_LANES]; /**< scheduled, filling */
    uint8_t lane_turn[2];
    uint16_t freeze_pos;
    bool freeze_turn; /**< the newest freezes come before the next sweep */
    struct sched_redo redo[SCHED_REDO];
    uint8_t redo_count;
    int64_t newest[2]; /**< newest ended day and hour slot, INT64_MIN = not known yet */
    int64_t clock_day; /**< day slot of the last broadcast clock setting */
    int32_t probe_budget_ms;
    int64_t budget_at_ms;
    int64_t probe_at_ms;  /**< last probe of a dead port */
    bool dead;            /**< none of the meters answers */
    bool heard;           /**< a meter has answered since start */
    uint16_t in_state[4]; /**< meters per enum meter_state */
    uint16_t silent_run;  /**< meters that failed since the last answer */
    uint32_t fill_starved;
    int64_t fault_since_ms, fault_until_ms; /**< the device reports errors; 0 = it works */

    struct {
        uint8_t what; /**< enum sched_flight */
        uint8_t generation, group, lane;
        uint16_t index, row;                   /**< meter; its place in the order */
        uint8_t wants;                         /**< of the job */
        uint8_t answered, denied, unsupported; /**< by the meter, by the meter, by the driver */
        bool alive;                            /**< something good came from the meter */
        int64_t sent_ms;
        struct value time; /**< lane: freeze time read */
        bool timed, doubtful;
    } fly;

    /** Readings of one moment, told together at the end of a job or when the moment changes. */
    struct {
        uint16_t index; /**< meter, 0 = empty */
        uint8_t generation;
        int64_t mono_ms;
        struct reading_set set;
    } gather;

    struct {
        uint32_t jobs, answers, requests, timeouts, checksum, parity, foreign, echo;
        uint64_t tx_bytes, rx_bytes;
    } sum; /**< since start, of all jobs of the port */
};

/** @param order see struct sched */
void sched_init(struct sched *p, unsigned port, uint16_t *order, const struct meters *meters,
                struct zone zone);

/** The archive changed: take the port's meters anew. Lanes and re-reads of meters that changed are dropped.
 */
void sched_meters(struct sched *p);
/** F33 changed. */
void sched_rule(struct sched *p, const struct param_f33 *rule);

/**
 * Once a second and after every change of the clock.
 * @return true when the newest slots moved back: the owner loads the freeze memory of the port's meters from
 * the store again (and calls nothing else)
 */
bool sched_tick(struct sched *p, int64_t now);

/**
 * The next job of the schedule, to be sent at once.
 * @param now UTC second, now_ms monotonic
 * @return enum job_class, -1 when there is nothing to do now
 */
int sched_next(struct sched *p, int64_t now, int64_t now_ms, struct bus_job *job);
/** One answer of the job given by sched_next. @param at UTC second of the answer */
void sched_values(struct sched *p, const struct bus_values *v, int64_t at);
/** Its end. */
void sched_done(struct sched *p, const struct bus_done *d, int64_t now, int64_t now_ms);

/** A job that somebody else asked for: fill in what F10 and the port say about the meter. */
void sched_address(const struct sched *p, const struct mstate *m, struct bus_job *job);
/** A requested reading came in: it is checked and told as latest. @return false: its values are doubtful */
bool sched_requested_values(struct sched *p, struct mstate *m, const struct bus_values *v, int64_t at);
/** A requested job of a meter (NULL: of no meter) has ended; alive = something good came from it. */
void sched_requested_done(struct sched *p, struct mstate *m, const struct bus_done *d, bool alive,
                          int64_t now, int64_t now_ms);

/** A status of bus_values that shows a living meter. */
bool sched_meter_spoke(int status);

/** Numbers for the status. */
unsigned sched_dead_count(const struct sched *p);
unsigned sched_freezes_missing(const struct sched *p, enum period period);

#endif
