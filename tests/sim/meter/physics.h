#ifndef TESTS_SIM_METER_PHYSICS_H
#define TESTS_SIM_METER_PHYSICS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/civil.h"

/**
 * What a meter measures, as pure functions of time: the register of any moment, past or future, can be
 * computed, so freezes exist for the past and a test can compare digit for digit. Time is UTC seconds of the
 * simulated world; the load follows the local hour.
 */
enum { SM_TARIFFS_MAX = 12, SM_PHASES = 3 };

struct sm_world {
    uint64_t seed;
    struct zone zone;
    int64_t start_s;   /**< when the simulation began, UTC */
    int64_t install_s; /**< registers stand still before it, UTC */
};

/** The electrical side of one meter. */
struct sm_load {
    uint64_t id;     /**< random but fixed: seed and point */
    uint32_t watts;  /**< mean power, 1..40000 */
    uint8_t tariffs; /**< 1..12 */
    bool three_phase;
    uint16_t reverse;       /**< reverse energy, thousandths of the forward energy */
    uint16_t factor;        /**< power factor in thousandths */
    uint32_t energy_offset; /**< added to tariff 1, in 0.01 kWh */
};

enum sm_register {
    SM_FORWARD,
    SM_REVERSE,
    SM_QUADRANT1,
    SM_QUADRANT2,
    SM_QUADRANT3,
    SM_QUADRANT4,
    SM_APPARENT_FORWARD,
    SM_APPARENT_REVERSE,
    SM_REGISTERS,
};

/** Well mixed 64 bits from two numbers, the same for ever. */
uint64_t sm_mix(uint64_t a, uint64_t b);

/**
 * A register in 0.01 units (kWh, kvarh, kVAh), 0..99999999.
 * @param tariff 0 = total, which is exactly the sum of the tariffs
 */
uint32_t sm_energy(const struct sm_world *w, const struct sm_load *l, enum sm_register reg, unsigned tariff,
                   int64_t at);
/** The share of one phase of a total; the three phases sum to it. @param phase 1..3 */
uint32_t sm_energy_phase(const struct sm_world *w, const struct sm_load *l, enum sm_register reg,
                         unsigned phase, int64_t at);

/** Maximum demand of the month that contains `at`, in 0.0001 kW, and when it was reached; *when = 0: none
 * yet. */
uint32_t sm_demand(const struct sm_world *w, const struct sm_load *l, enum sm_register reg, unsigned tariff,
                   int64_t at, int64_t *when);

struct sm_instant {
    uint32_t voltage[SM_PHASES]; /**< 0.1 V */
    uint32_t current[SM_PHASES]; /**< mA */
    uint32_t active[4];          /**< total, A, B, C in 0.0001 kW; totals are exact sums */
    uint32_t reactive[4];        /**< 0.0001 kvar */
    uint32_t apparent[4];        /**< 0.0001 kVA */
    uint32_t factor[4];          /**< total, A, B, C in 0.001 */
    uint32_t angle[SM_PHASES];   /**< 0.1 degree between voltage and current */
    uint32_t frequency;          /**< 0.01 Hz */
    uint32_t temperature;        /**< 0.1 degree C */
};
void sm_instant(const struct sm_world *w, const struct sm_load *l, int64_t at, struct sm_instant *out);

#endif
