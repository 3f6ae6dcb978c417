#include "tests/sim/meter/items.h"

#include <stddef.h>
#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"
#include "tests/sim/meter/params.h"

enum {
    ALL = 0xFF,
    SETTLEMENTS = 12,
    DAY_FREEZES = 62,
    HOUR_FREEZES = 254,
    TIMED_FREEZES = 12,
    EVENT_RECORDS = 10
};

/* One request being answered. */
struct ask {
    const struct sm_site *site;
    const struct sm_meter *m;
    int64_t now;   /* true time */
    int64_t shown; /* the meter's clock now */
    struct wbuf *out;
};

static void put_bcd(struct wbuf *w, size_t n, uint64_t v)
{
    uint8_t digits[8];

    for (size_t i = 0; i < n; i++, v /= 100)
        digits[i] = bcd_of((unsigned)(v % 100));
    wbuf_bytes(w, digits, n);
}

void sm_put_time6(struct wbuf *w, const struct sm_world *world, int64_t shown)
{
    struct civil c = zone_to_local(world->zone, shown);

    wbuf_u8(w, shown ? bcd_of(c.second) : 0);
    sm_put_time5(w, world, shown);
}

void sm_put_time5(struct wbuf *w, const struct sm_world *world, int64_t shown)
{
    struct civil c = zone_to_local(world->zone, shown);
    const uint8_t t[] = {bcd_of(c.minute), bcd_of(c.hour), bcd_of(c.day), bcd_of(c.month),
                         bcd_of((unsigned)c.year % 100)};

    if (shown)
        wbuf_bytes(w, t, sizeof t);
    else
        wbuf_fill(w, 0, sizeof t);
}

void sm_put_date4(struct wbuf *w, const struct sm_world *world, int64_t shown)
{
    struct civil c = zone_to_local(world->zone, shown);

    wbuf_u8(w, bcd_of(c.weekday % 7));
    wbuf_u8(w, bcd_of(c.day));
    wbuf_u8(w, bcd_of(c.month));
    wbuf_u8(w, bcd_of((unsigned)c.year % 100));
}

void sm_put_time3(struct wbuf *w, const struct sm_world *world, int64_t shown)
{
    struct civil c = zone_to_local(world->zone, shown);

    wbuf_u8(w, bcd_of(c.second));
    wbuf_u8(w, bcd_of(c.minute));
    wbuf_u8(w, bcd_of(c.hour));
}

/* ---- energies and demands ---- */

/* DI2 00..0A of classes 00 and 01: what is added up. */
static const struct {
    uint8_t reg, plus; /* enum sm_register; SM_REGISTERS = nothing to add */
    bool is_signed;
} quantities[] = {
    {SM_FORWARD, SM_REVERSE, true},
    {SM_FORWARD, SM_REGISTERS, false},
    {SM_REVERSE, SM_REGISTERS, false},
    {SM_QUADRANT1, SM_QUADRANT2, true},
    {SM_QUADRANT3, SM_QUADRANT4, true},
    {SM_QUADRANT1, SM_REGISTERS, false},
    {SM_QUADRANT2, SM_REGISTERS, false},
    {SM_QUADRANT3, SM_REGISTERS, false},
    {SM_QUADRANT4, SM_REGISTERS, false},
    {SM_APPARENT_FORWARD, SM_REGISTERS, false},
    {SM_APPARENT_REVERSE, SM_REGISTERS, false},
};
enum { QUANTITIES = sizeof quantities / sizeof quantities[0], PHASE_A = 0x15, PHASE_STEP = 0x14 };

/* 15..1E, 29..32, 3D..46 are the quantities 01..0A of phases A, B, C. @return phase 1..3 and the quantity, 0
 * none */
static unsigned phase_of(unsigned di2, unsigned *quantity)
{
    if (di2 < PHASE_A || (di2 - PHASE_A) % PHASE_STEP >= QUANTITIES - 1 || di2 >= PHASE_A + 3 * PHASE_STEP)
        return 0;
    *quantity = (di2 - PHASE_A) % PHASE_STEP + 1;
    return (di2 - PHASE_A) / PHASE_STEP + 1;
}

static void put_energy(const struct ask *a, unsigned quantity, unsigned phase, unsigned tariff, int64_t at)
{
    const struct sm_world *w = &a->site->world;
    const struct sm_load *l = &a->m->load;
    uint64_t v = 0;

    if (at >= w->install_s) {
        uint8_t regs[2] = {quantities[quantity].reg, quantities[quantity].plus};
        for (unsigned i = 0; i < 2 && regs[i] != SM_REGISTERS; i++)
            v += phase ? sm_energy_phase(w, l, regs[i], phase, at) : sm_energy(w, l, regs[i], tariff, at);
    }
    put_bcd(a->out, 4, v % (quantities[quantity].is_signed ? 80000000 : 100000000));
}

static void put_demand(const struct ask *a, unsigned quantity, unsigned phase, unsigned tariff, int64_t at)
{
    int64_t when = 0;
    uint32_t v = 0;

    if (at >= a->site->world.install_s)
        v = sm_demand(&a->site->world, &a->m->load, quantities[quantity].reg, tariff, at, &when);
    if (phase)
        v = a->m->load.three_phase ? v / 3 : phase == 1 ? v : 0;
    put_bcd(a->out, 3, v);
    sm_put_time5(a->out, &a->site->world, v ? when : 0);
}

typedef void (*put_fn)(const struct ask *a, unsigned quantity, unsigned phase, unsigned tariff, int64_t at);

/* True time at which settlement `back` (0 = now) ended. */
static int64_t settled(const struct ask *a, unsigned back)
{
    struct zone z = a->site->world.zone;

    if (back == 0)
        return a->now;
    return sm_clock_when(&a->m->clock, slot_month_end(z, slot_month(z, a->shown) - (int64_t)back));
}

/* Demand of a settlement is that of the month that ended. */
static void put_settled(const struct ask *a, put_fn put, unsigned q, unsigned phase, unsigned tariff,
                        unsigned back)
{
    put(a, q, phase, tariff, settled(a, back) - (back && put == put_demand));
}

static void put_tariffs(const struct ask *a, put_fn put, unsigned quantity, int64_t at)
{
    for (unsigned t = 0; t <= a->m->load.tariffs; t++)
        put(a, quantity, 0, t, at);
}

static int get_class_00_01(const struct ask *a, uint32_t di)
{
    unsigned quantity = di >> 16 & ALL, tariff = di >> 8 & ALL, back = di & ALL;
    unsigned phase = phase_of(quantity, &quantity);
    put_fn put = di >> 24 ? put_demand : put_energy;

    if (quantity >= QUANTITIES || (di >> 24 && quantity == 0) || (phase && tariff))
        return CN_E_NOTFOUND;
    if ((tariff != ALL && tariff > a->m->load.tariffs) || (back != ALL && back > SETTLEMENTS))
        return CN_E_NOTFOUND;
    if (tariff == ALL && back == ALL)
        return CN_E_NOTFOUND;
    if (tariff == ALL) {
        for (unsigned t = 0; t <= a->m->load.tariffs; t++)
            put_settled(a, put, quantity, 0, t, back);
    } else {
        for (unsigned s = back == ALL ? 0 : back; s <= (back == ALL ? SETTLEMENTS : back); s++)
            put_settled(a, put, quantity, phase, tariff, s);
    }
    return 0;
}

/* ---- variables ---- */

static const struct {
    uint8_t di2, size;
    bool total; /* has a total in front of the phases */
    uint16_t field;
} variables[] = {
    {1, 2, false, offsetof(struct sm_instant, voltage)}, {2, 3, false, offsetof(struct sm_instant, current)},
    {3, 3, true, offsetof(struct sm_instant, active)},   {4, 3, true, offsetof(struct sm_instant, reactive)},
    {5, 3, true, offsetof(struct sm_instant, apparent)}, {6, 2, true, offsetof(struct sm_instant, factor)},
    {7, 2, false, offsetof(struct sm_instant, angle)},
};

/* DI 028000nn. */
static const struct {
    uint8_t di0, size;
    bool constant;
    uint16_t value; /* offset in struct sm_instant, or the value itself */
} singles[] = {
    {1, 3, true, 0},
    {2, 2, false, offsetof(struct sm_instant, frequency)},
    {3, 3, false, offsetof(struct sm_instant, active)},
    {4, 3, false, offsetof(struct sm_instant, active)},
    {5, 3, false, offsetof(struct sm_instant, reactive)},
    {6, 3, false, offsetof(struct sm_instant, apparent)},
    {7, 2, false, offsetof(struct sm_instant, temperature)},
    {8, 2, true, 360},
    {9, 2, true, 600},
    {10, 4, true, 0},
};

static uint32_t field_of(const struct sm_instant *v, size_t offset, size_t i)
{
    uint32_t value;

    memcpy(&value, (const uint8_t *)v + offset + i * sizeof value, sizeof value);
    return value;
}

static int get_single_variable(const struct ask *a, const struct sm_instant *v, unsigned di0)
{
    for (size_t i = 0; i < sizeof singles / sizeof singles[0]; i++) {
        if (singles[i].di0 == di0) {
            put_bcd(a->out, singles[i].size,
                    singles[i].constant ? singles[i].value : field_of(v, singles[i].value, 0));
            return 0;
        }
    }
    return CN_E_NOTFOUND;
}

static int get_class_02(const struct ask *a, uint32_t di)
{
    unsigned di2 = di >> 16 & ALL, phase = di >> 8 & ALL;
    struct sm_instant v;

    sm_instant(&a->site->world, &a->m->load, a->now, &v);
    if (di >> 8 == 0x028000)
        return get_single_variable(a, &v, di & ALL);
    if (di & ALL)
        return CN_E_NOTFOUND;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        unsigned first = variables[i].total ? 0 : 1;
        unsigned wired = a->m->load.three_phase ? SM_PHASES : 1;
        if (variables[i].di2 != di2)
            continue;
        if (phase != ALL && (phase < first || phase > wired))
            return CN_E_NOTFOUND;
        for (unsigned p = phase == ALL ? first : phase; p <= (phase == ALL ? SM_PHASES : phase); p++) {
            if (p > wired)
                wbuf_fill(a->out, 0xFF, variables[i].size);
            else
                put_bcd(a->out, variables[i].size, field_of(&v, variables[i].field, p - first));
        }
        return 0;
    }
    return CN_E_NOTFOUND;
}

/* ---- event records ---- */

/* Kinds that this meter never saw: counters and records are zeros. */
static const struct {
    uint8_t di2, counter;
    uint16_t record;
    bool phases;
} events[] = {
    {0x01, 18, 131, true}, {0x02, 18, 131, true}, {0x03, 18, 131, true}, {0x04, 18, 131, true},
    {0x05, 6, 15, false},  {0x06, 6, 12, false},  {0x07, 6, 76, false},  {0x08, 6, 76, false},
    {0x09, 6, 78, false},  {0x0A, 6, 78, false},  {0x0B, 18, 115, true}, {0x0C, 18, 115, true},
    {0x0D, 18, 115, true}, {0x0E, 18, 76, true},  {0x0F, 18, 76, true},  {0x11, 3, 12, false},
    {0x35, 3, 28, false},
};
/* Record sizes of 0330nn01..0A. */
static const uint16_t programmings[] = {50, 106, 202, 14, 16, 682, 94, 11, 1026, 11, 11, 11, 16, 60, 60};
enum { PROGRAMMED = 0, DEMAND_CLEAR = 2, CALIBRATED = 4 };

static void put_demand_clear(const struct ask *a, unsigned back)
{
    static const uint8_t order[] = {1, 2, 5, 6, 7, 8};
    int64_t at = settled(a, back);

    sm_put_time6(a->out, &a->site->world, at >= a->site->world.install_s ? at : 0);
    wbuf_fill(a->out, 0, 4);
    for (unsigned phase = 0; phase <= SM_PHASES; phase++) {
        for (size_t i = 0; i < sizeof order; i++)
            put_demand(a, order[i], phase, 0, at - 1);
    }
}

static void put_last_event(const struct ask *a, unsigned kind, size_t size)
{
    const struct sm_world *w = &a->site->world;
    const struct sm_event *e = kind == CALIBRATED ? &a->m->calibrated : &a->m->programmed;
    size_t start = a->out->len;

    if (kind == CALIBRATED) {
        wbuf_bytes(a->out, e->operator_code, 4);
        sm_put_time6(a->out, w, e->before);
        sm_put_time6(a->out, w, e->after);
    } else {
        sm_put_time6(a->out, w, e->at);
        wbuf_bytes(a->out, e->operator_code, 4);
        wbuf_u32(a->out, e->di);
        wbuf_fill(a->out, 0xFF, size - (a->out->len - start));
    }
}

static int get_programming(const struct ask *a, unsigned kind, unsigned nn)
{
    if (kind >= sizeof programmings / sizeof programmings[0] || nn > EVENT_RECORDS)
        return CN_E_NOTFOUND;
    if (nn == 0) {
        struct zone z = a->site->world.zone;
        int64_t months = slot_month(z, a->shown) - slot_month(z, a->site->world.install_s);
        put_bcd(a->out, 3,
                kind == DEMAND_CLEAR && months > 0 ? (uint64_t)months
                : kind == CALIBRATED               ? a->m->calibrations
                : kind == PROGRAMMED               ? a->m->programmings
                                                   : 0);
    } else if (kind == DEMAND_CLEAR) {
        put_demand_clear(a, nn);
    } else if (nn == 1 &&
               ((kind == CALIBRATED && a->m->calibrations) || (kind == PROGRAMMED && a->m->programmings))) {
        put_last_event(a, kind, programmings[kind]);
    } else {
        wbuf_fill(a->out, 0, programmings[kind]);
    }
    return 0;
}

static int get_class_03(const struct ask *a, uint32_t di)
{
    unsigned di2 = di >> 16 & ALL, di1 = di >> 8 & ALL, nn = di & ALL;

    if (di2 == 0x30)
        return get_programming(a, di1, nn);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (events[i].di2 != di2 || nn > EVENT_RECORDS)
            continue;
        bool counter = di1 == 0 && nn == 0;
        bool record = nn > 0 && (events[i].phases ? di1 >= 1 && di1 <= SM_PHASES : di1 == 0);
        if (!counter && !record)
            return CN_E_NOTFOUND;
        wbuf_fill(a->out, 0, counter ? events[i].counter : events[i].record);
        return 0;
    }
    return CN_E_NOTFOUND;
}

/* ---- parameters ---- */

static void put_status(const struct ask *a, unsigned word)
{
    uint16_t v = a->m->status[word - 1];

    if (word == 3)
        v = (uint16_t)(v | a->m->relay_open * 0x50 | a->m->alarm << 7 | a->m->keep_power << 12);
    wbuf_u16(a->out, v);
}

static int get_class_04(const struct ask *a, uint32_t di)
{
    const struct sm_world *w = &a->site->world;

    switch (di) {
    case 0x04000101:
        sm_put_date4(a->out, w, a->shown);
        return 0;
    case 0x04000102:
        sm_put_time3(a->out, w, a->shown);
        return 0;
    case 0x0400010C:
        sm_put_time3(a->out, w, a->shown);
        sm_put_date4(a->out, w, a->shown);
        return 0;
    case 0x04000204:
        wbuf_u8(a->out, bcd_of(a->m->load.tariffs));
        return 0;
    case 0x04000401:
    case 0x04000402:
        wbuf_bytes(a->out, a->m->address, sizeof a->m->address);
        return 0;
    case 0x040005FF:
        for (unsigned i = 1; i <= 7; i++)
            put_status(a, i);
        return 0;
    default:
        if (di >= 0x04000501 && di <= 0x04000507) {
            put_status(a, di & ALL);
            return 0;
        }
        return sm_param_put(di, a->out);
    }
}

/* ---- freezes ---- */

/*
 * True time of freeze nn of a kind: -1 = the meter keeps none of this number, 0 = not there yet. *name is the
 * time it carries: the midnight or hour itself, also when the clock was set forward over it.
 */
static int64_t frozen_at(const struct ask *a, unsigned kind, unsigned nn, int64_t *name)
{
    struct zone z = a->site->world.zone;
    int64_t end;

    *name = 0;
    if (nn == 0)
        return -1;
    switch (kind) {
    case 0x00: /* timed, set to every midnight */
    case 0x06:
        if (nn > (kind ? DAY_FREEZES : TIMED_FREEZES))
            return -1;
        end = slot_day_end(z, slot_day(z, a->shown) - (int64_t)nn);
        break;
    case 0x01:
        if (nn > 3)
            return -1;
        *name = a->m->frozen[nn - 1] ? sm_clock_at(&a->m->clock, a->m->frozen[nn - 1]) : 0;
        return a->m->frozen[nn - 1];
    case 0x04:
        if (nn > HOUR_FREEZES)
            return -1;
        end = slot_hour_end(z, slot_hour(z, a->shown) - (int64_t)nn);
        break;
    default:
        return -1;
    }
    int64_t at = sm_clock_when(&a->m->clock, end);
    if (at < a->site->world.install_s)
        return 0;
    *name = end;
    return at;
}

static void put_powers(const struct ask *a, int64_t at)
{
    struct sm_instant v;

    sm_instant(&a->site->world, &a->m->load, at, &v);
    for (unsigned i = 0; i < 4; i++)
        put_bcd(a->out, 3, v.active[i]);
    for (unsigned i = 0; i < 4; i++)
        put_bcd(a->out, 3, v.reactive[i]);
}

static int put_frozen(const struct ask *a, bool hourly, unsigned content, int64_t at, int64_t name)
{
    if (content == 0x00) {
        sm_put_time5(a->out, &a->site->world, name);
    } else if (hourly && content <= 2) {
        put_energy(a, content, 0, 0, at);
    } else if (!hourly && content >= 1 && content <= 8) {
        put_tariffs(a, put_energy, content, at);
    } else if (!hourly && (content == 0x09 || content == 0x0A)) {
        put_tariffs(a, put_demand, content - 8, at ? at - 1 : 0);
    } else if (!hourly && content == 0x10 && at) {
        put_powers(a, at);
    } else if (!hourly && content == 0x10) {
        wbuf_fill(a->out, 0, 24);
    } else {
        return CN_E_NOTFOUND;
    }
    return 0;
}

static int get_class_05(const struct ask *a, uint32_t di)
{
    static const uint8_t contents[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x10};
    unsigned kind = di >> 16 & ALL, content = di >> 8 & ALL, nn = di & ALL;
    bool hourly = kind == 0x04;
    int64_t name;
    int64_t at = frozen_at(a, kind, nn, &name);

    if (at < 0)
        return CN_E_NOTFOUND;
    if (content != ALL)
        return put_frozen(a, hourly, content, at, name);
    for (size_t i = 0; i < (hourly ? 3 : sizeof contents); i++)
        put_frozen(a, hourly, contents[i], at, name);
    return 0;
}

/* Relay records (1D trips, 1E closings): the count; the records stay empty. */
static int get_relay(const struct ask *a, uint32_t di)
{
    if ((di & 0xFFFFFF) == 1)
        put_bcd(a->out, 3, di >> 24 == 0x1D ? a->m->trips : a->m->closes);
    else if ((di >> 8 & 0xFFFF) == 1 && (di & ALL) <= EVENT_RECORDS)
        wbuf_fill(a->out, 0, 6);
    else
        return CN_E_NOTFOUND;
    return 0;
}

/* ---- the whole ---- */

int sm_item_get(const struct sm_site *s, const struct sm_meter *m, uint32_t di, int64_t now, struct wbuf *out)
{
    static const struct {
        uint8_t di3;
        int (*get)(const struct ask *a, uint32_t di);
    } classes[] = {{0x00, get_class_00_01}, {0x01, get_class_00_01}, {0x02, get_class_02},
                   {0x03, get_class_03},    {0x04, get_class_04},    {0x05, get_class_05},
                   {0x1D, get_relay},       {0x1E, get_relay}};
    struct ask a = {.site = s, .m = m, .now = now, .shown = sm_clock_at(&m->clock, now), .out = out};
    const struct sm_override *o = sm_override_find(&s->overrides, m, di);
    size_t start = out->len;

    if (o) {
        wbuf_bytes(out, o->data, o->len);
        return out->err ? CN_E_NOSPACE : o->len;
    }
    bool block = (di & ALL) == ALL || (di >> 8 & ALL) == ALL || (di >> 16 & ALL) == ALL;
    if (block && m->no_blocks)
        return CN_E_NOTFOUND;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (classes[i].di3 != di >> 24)
            continue;
        int err = classes[i].get(&a, di);
        if (err == CN_E_NOTFOUND)
            break;
        return out->err ? CN_E_NOSPACE : (int)(out->len - start);
    }
    return sm_param_put(di, out) < 0 ? CN_E_NOTFOUND : (int)(out->len - start);
}

int sm_item_writable(uint32_t di)
{
    return sm_param_writable(di);
}

static const struct sm_reading readings[] = {
    {0x00010000, 4, 2, "forward active total", "kWh"},
    {0x00010100, 4, 2, "forward active tariff 1", "kWh"},
    {0x00010200, 4, 2, "forward active tariff 2", "kWh"},
    {0x00010300, 4, 2, "forward active tariff 3", "kWh"},
    {0x00010400, 4, 2, "forward active tariff 4", "kWh"},
    {0x00020000, 4, 2, "reverse active total", "kWh"},
    {0x00030000, 4, 2, "combined reactive 1 total", "kvarh"},
    {0x00040000, 4, 2, "combined reactive 2 total", "kvarh"},
    {0x00050000, 4, 2, "reactive quadrant I", "kvarh"},
    {0x00060000, 4, 2, "reactive quadrant II", "kvarh"},
    {0x00070000, 4, 2, "reactive quadrant III", "kvarh"},
    {0x00080000, 4, 2, "reactive quadrant IV", "kvarh"},
    {0x02010100, 2, 1, "voltage A", "V"},
    {0x02010200, 2, 1, "voltage B", "V"},
    {0x02010300, 2, 1, "voltage C", "V"},
    {0x02020100, 3, 3, "current A", "A"},
    {0x02020200, 3, 3, "current B", "A"},
    {0x02020300, 3, 3, "current C", "A"},
    {0x02030000, 3, 4, "active power", "kW"},
    {0x02040000, 3, 4, "reactive power", "kvar"},
    {0x02050000, 3, 4, "apparent power", "kVA"},
    {0x02060000, 2, 3, "power factor", ""},
    {0x02800002, 2, 2, "frequency", "Hz"},
};

const struct sm_reading *sm_readings(size_t *count)
{
    *count = sizeof readings / sizeof readings[0];
    return readings;
}

const struct sm_reading *sm_reading_of(uint32_t di)
{
    static const struct sm_reading energy = {0, 4, 2, "energy", "kWh"};
    static const struct sm_reading hour_time = {0, 5, 0, "freeze time", ""};

    if (di >> 24 == 0 && (di >> 16 & ALL) <= 0x46)
        return &energy;
    if (di >> 24 == 5 && (di >> 8 & ALL) >= 1 && (di >> 8 & ALL) <= 8)
        return &energy;
    if (di >> 24 == 5 && (di >> 8 & ALL) == 0)
        return &hour_time;
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        if (readings[i].di >> 16 == di >> 16 && di >> 24 == 2)
            return &readings[i];
    }
    return NULL;
}
