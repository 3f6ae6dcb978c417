#ifndef TESTS_SIM_METER_METER_H
#define TESTS_SIM_METER_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "tests/sim/meter/clock.h"
#include "tests/sim/meter/frame.h"
#include "tests/sim/meter/physics.h"

/** What can be wrong with a meter's answers; all zero = healthy. */
struct sm_faults {
    bool silent;
    bool bad_checksum;
    bool no_seq;   /**< follow-on answer without its SEQ byte */
    bool wrong_di; /**< answers another item than asked, checksum right */
    bool wrong_address;
    uint8_t error;    /**< answer everything with this error word; 0 = off */
    uint16_t cut;     /**< send only so many bytes of the frame; 0 = off */
    uint16_t noise;   /**< random bytes in front of the frame */
    uint16_t gap_ms;  /**< pause in the middle of the frame */
    uint32_t late_ms; /**< added to the answer delay */
    double ber;       /**< bit error rate of what this meter hears and says */
    uint16_t chance;  /**< 1..100: per cent of the exchanges the faults above hit; 0 = all */
    uint32_t times;   /**< faults end after so many exchanges; 0 = never */
};

struct sm_event {
    int64_t at, before, after; /**< what the meter's clock showed */
    uint8_t operator_code[4];
    uint32_t di;
};

struct sm_meter {
    uint32_t point;
    uint8_t port; /**< 1.. */
    uint8_t address[6];
    uint8_t password[3];
    struct sm_load load;
    struct sm_clock clock;
    bool no_blocks;                     /**< refuses every item with FF in it */
    bool unknown_silent;                /**< says nothing instead of "no such data" */
    bool overridden;                    /**< has entries in the override pool */
    int8_t wakeup;                      /**< FE bytes of the answer; -1 = as the line */
    int32_t delay_min_ms, delay_max_ms; /**< answer delay; -1 = as the line */
    struct sm_faults faults;

    uint16_t status[7];
    bool relay_open, keep_power, alarm;
    uint32_t trips, closes;
    uint32_t calibrations, programmings;
    struct sm_event calibrated, programmed; /**< the last ones */
    int64_t obeyed_day;                     /**< day slot of the last broadcast time setting */
    int64_t frozen[3];                      /**< instant freezes, true time, newest first; 0 = none */
    uint32_t follow_di;                     /**< item with unsent parts; data are those of follow_at */
    int64_t follow_at;
};

/** Items whose value was written or ordered by a test: they win over what the meter would say. */
enum { SM_OVERRIDES = 512, SM_OVERRIDE_LEN = 64 };
struct sm_override {
    uint32_t point, di;
    uint8_t len;
    uint8_t data[SM_OVERRIDE_LEN]; /**< low byte first, as sent */
};
struct sm_overrides {
    unsigned count;
    struct sm_override row[SM_OVERRIDES];
};
/** @return 0, CN_E_FULL, CN_E_RANGE (too long). */
int sm_override_put(struct sm_overrides *o, struct sm_meter *m, uint32_t di, const uint8_t *data, size_t n);
const struct sm_override *sm_override_find(const struct sm_overrides *o, const struct sm_meter *m,
                                           uint32_t di);

struct sm_site {
    struct sm_world world;
    struct sm_overrides overrides;
};

/** A healthy meter with the site's random but fixed character. */
void sm_meter_init(const struct sm_site *s, struct sm_meter *m, unsigned point, unsigned port,
                   const uint8_t address[6]);

/**
 * Serve one request (645 reference part 1, section 7).
 * @param now true time, UTC seconds
 * @return 1 answer filled, 0 the meter says nothing (not addressed, broadcast, damaged service)
 */
int sm_meter_serve(struct sm_site *s, struct sm_meter *m, const struct sm_frame *req, int64_t now,
                   struct sm_frame *answer);
/** Apply the faults of struct sm_faults that change the frame itself: error, wrong DI or address, missing
 * SEQ. */
void sm_meter_damage(const struct sm_meter *m, struct sm_frame *answer);
/** True when the meter has to look at the request at all. */
bool sm_meter_addressed(const struct sm_meter *m, const struct sm_frame *req);

#endif
