#include "tests/sim/meter/physics.h"

#include <math.h>

enum {
    HOUR_S = 3600,
    DAY_S = 86400,
    REGISTER_J = 36000,      /* 0.01 kWh */
    REGISTER_MOD = 100000000 /* the display rolls over at 1 000 000.00 */
};

/* Per cent of the mean power in each local hour; sums to 2400. */
static const uint16_t shape[24] = {55,  50,  45, 45, 50,  60,  80,  100, 105, 110, 115, 120,
                                   110, 100, 95, 95, 105, 130, 170, 190, 180, 140, 90,  60};
/* 1 sharp peak, 2 peak, 3 flat, 4 valley. */
static const uint8_t tariff_of_hour[24] = {4, 4, 4, 4, 4, 4, 3, 3, 2, 2, 2, 3,
                                           3, 3, 3, 3, 3, 3, 1, 1, 2, 2, 3, 4};
/* Thousandths of the forward energy; the reverse one is a setting of the meter. */
static const uint16_t register_share[SM_REGISTERS] = {1000, 0, 280, 15, 5, 40, 1045, 0};

uint64_t sm_mix(uint64_t a, uint64_t b)
{
    uint64_t x = a + 0x9E3779B97F4A7C15u * (b + 1);

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static unsigned tariff_at(const struct sm_load *l, unsigned hour)
{
    unsigned t = tariff_of_hour[hour];

    return t > l->tariffs ? l->tariffs : t;
}

static unsigned share_of(const struct sm_load *l, enum sm_register reg)
{
    if (reg == SM_REVERSE || reg == SM_APPARENT_REVERSE)
        return l->reverse;
    return register_share[reg];
}

/* Forward joules of one tariff since installation. */
static int64_t joules(const struct sm_world *w, const struct sm_load *l, unsigned tariff, int64_t at)
{
    int64_t elapsed = at - w->install_s;
    int64_t percent_s = 0;

    if (elapsed <= 0)
        return 0;
    /* install_s is a local midnight, so the hours of the local day are the hours since it */
    for (unsigned h = 0; h < 24; h++) {
        if (tariff_at(l, h) != tariff)
            continue;
        int64_t in_day = elapsed % DAY_S - (int64_t)h * HOUR_S;
        int64_t partial = in_day < 0 ? 0 : in_day > HOUR_S ? HOUR_S : in_day;
        percent_s += shape[h] * (elapsed / DAY_S * HOUR_S + partial);
    }
    return percent_s * l->watts / 100;
}

static uint64_t tariff_register(const struct sm_world *w, const struct sm_load *l, enum sm_register reg,
                                unsigned tariff, int64_t at)
{
    unsigned share = share_of(l, reg);
    uint64_t start = share ? sm_mix(l->id, 100 + tariff) % 100000 * share / 1000 : 0;
    uint64_t grown = (uint64_t)joules(w, l, tariff, at) * share / (1000u * REGISTER_J);

    if (reg == SM_FORWARD && tariff == 1)
        start += l->energy_offset;
    return start + grown;
}

uint32_t sm_energy(const struct sm_world *w, const struct sm_load *l, enum sm_register reg, unsigned tariff,
                   int64_t at)
{
    uint64_t v = 0;

    if (tariff > l->tariffs)
        return 0;
    for (unsigned t = tariff ? tariff : 1; t <= (tariff ? tariff : l->tariffs); t++)
        v += tariff_register(w, l, reg, t, at);
    return (uint32_t)(v % REGISTER_MOD);
}

uint32_t sm_energy_phase(const struct sm_world *w, const struct sm_load *l, enum sm_register reg,
                         unsigned phase, int64_t at)
{
    uint32_t total = sm_energy(w, l, reg, 0, at);

    if (!l->three_phase)
        return phase == 1 ? total : 0;
    return phase < 3 ? total / 3 : total - 2 * (total / 3);
}

/* Power of the local hour in 0.0001 kW = 0.1 W. */
static uint32_t power_of_hour(const struct sm_load *l, unsigned hour)
{
    return l->watts * shape[hour] / 10;
}

uint32_t sm_demand(const struct sm_world *w, const struct sm_load *l, enum sm_register reg, unsigned tariff,
                   int64_t at, int64_t *when)
{
    int64_t month = slot_month_end(w->zone, slot_month(w->zone, at) - 1);
    uint32_t best = 0;

    *when = 0;
    if (month < w->install_s)
        return 0;
    /* every day has the same hours, so the maximum is reached on the first day that has them */
    for (unsigned h = 0; h < 24; h++) {
        int64_t reached = month + (int64_t)h * HOUR_S + 15 * 60;
        uint32_t p = power_of_hour(l, h) * share_of(l, reg) / 1000;
        if ((tariff && tariff_at(l, h) != tariff) || reached > at || p <= best)
            continue;
        best = p;
        *when = reached;
    }
    return best;
}

static uint32_t root(uint64_t v)
{
    return (uint32_t)sqrt((double)v);
}

void sm_instant(const struct sm_world *w, const struct sm_load *l, int64_t at, struct sm_instant *out)
{
    struct civil c = zone_to_local(w->zone, at);
    uint64_t minute = (uint64_t)(at / 60);
    uint32_t total = power_of_hour(l, c.hour);

    *out = (struct sm_instant){.factor = {l->factor}};
    for (unsigned i = 0; i < (l->three_phase ? SM_PHASES : 1u); i++) {
        uint32_t p = !l->three_phase ? total : i < 2 ? total / 3 : total - 2 * (total / 3);
        uint32_t s = p * 1000 / l->factor;
        out->voltage[i] = 2160 + (uint32_t)(sm_mix(l->id, minute * 4 + i) % 81);
        out->current[i] = s * 1000 / out->voltage[i];
        out->active[i + 1] = p;
        out->apparent[i + 1] = s;
        out->reactive[i + 1] = root((uint64_t)s * s - (uint64_t)p * p);
        out->factor[i + 1] = l->factor;
        out->angle[i] = (uint32_t)(acos(l->factor / 1000.0) * 1800.0 / 3.14159265358979);
        out->active[0] += p;
        out->apparent[0] += s;
        out->reactive[0] += out->reactive[i + 1];
    }
    out->frequency = 4998 + (uint32_t)(sm_mix(w->seed, minute) % 5);
    out->temperature = 230 + (uint32_t)(sm_mix(l->id, minute / 60) % 60);
}
