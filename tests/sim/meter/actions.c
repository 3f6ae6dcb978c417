#include "tests/sim/meter/actions.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"

/* ---- values ---- */

static int whole(const char *text, long min, long max, long *out)
{
    char *end;

    *out = strtol(text, &end, 10);
    return end == text || *end || *out < min || *out > max ? CN_E_RANGE : 0;
}

static int flag(const char *text, bool *out)
{
    *out = strcmp(text, "off") != 0;
    return *text == '\0' || strcmp(text, "on") == 0 || strcmp(text, "off") == 0 ? 0 : CN_E_FORMAT;
}

static int range(const char *text, int32_t *low, int32_t *high)
{
    char *end;
    long a = strtol(text, &end, 10), b = a;

    if (end == text)
        return CN_E_FORMAT;
    if (strncmp(end, "..", 2) == 0) {
        const char *second = end + 2;
        b = strtol(second, &end, 10);
        if (end == second)
            return CN_E_FORMAT;
    }
    if (*end || a < 0 || b < a || b > 600000)
        return CN_E_RANGE;
    *low = (int32_t)a;
    *high = (int32_t)b;
    return 0;
}

/* ---- general appliers: the field lies at an offset of the meter or of the line ---- */

static uint8_t *field(const struct sm_target *t, size_t at)
{
    return (t->meter ? (uint8_t *)t->meter : (uint8_t *)t->line) + at;
}

static int set_flag(struct sm_target *t, const char *value, size_t at)
{
    return flag(value, (bool *)field(t, at));
}

static int set_u16(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, 0, UINT16_MAX, &v);

    if (err == 0)
        *(uint16_t *)(void *)field(t, at) = (uint16_t)v;
    return err;
}

static int set_u32(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, 0, INT32_MAX, &v);

    if (err == 0)
        *(uint32_t *)(void *)field(t, at) = (uint32_t)v;
    return err;
}

/* ---- appliers with an effect of their own ---- */

static int set_ber(struct sm_target *t, const char *value, size_t at)
{
    char *end;
    double v = strtod(value, &end);

    (void)at;
    if (end == value || *end || !(v >= 0 && v <= 1))
        return CN_E_RANGE;
    *(t->meter ? &t->meter->faults.ber : &t->line->ber) = v;
    return 0;
}

static int set_error(struct sm_target *t, const char *value, size_t at)
{
    (void)at;
    return hex_parse(value, &t->meter->faults.error, 1) == 1 ? 0 : CN_E_FORMAT;
}

static int set_chance(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, 1, 100, &v);

    (void)at;
    if (err == 0)
        t->meter->faults.chance = (uint16_t)v;
    return err;
}

static int set_ok(struct sm_target *t, const char *value, size_t at)
{
    (void)at;
    if (*value)
        return CN_E_FORMAT;
    if (t->meter) {
        t->meter->faults = (struct sm_faults){0};
    } else {
        t->line->echo = t->line->babble = false;
        t->line->ber = 0;
    }
    return 0;
}

static int set_address(struct sm_target *t, const char *value, size_t at)
{
    (void)at;
    return addr_parse(value, t->meter->address);
}

static int set_password(struct sm_target *t, const char *value, size_t at)
{
    uint8_t p[3];

    (void)at;
    if (strlen(value) != 6 || hex_parse(value, p, sizeof p) != 3)
        return CN_E_FORMAT;
    for (size_t i = 0; i < 3; i++)
        t->meter->password[i] = p[2 - i];
    return 0;
}

static int set_load(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, 0, 40000, &v);

    (void)at;
    if (err == 0)
        t->meter->load.watts = (uint32_t)v;
    return err;
}

static int set_tariffs(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, 1, SM_TARIFFS_MAX, &v);

    (void)at;
    if (err == 0)
        t->meter->load.tariffs = (uint8_t)v;
    return err;
}

static int set_phases(struct sm_target *t, const char *value, size_t at)
{
    (void)at;
    if (strcmp(value, "1") && strcmp(value, "3"))
        return CN_E_RANGE;
    t->meter->load.three_phase = *value == '3';
    return 0;
}

static int set_energy(struct sm_target *t, const char *value, size_t at)
{
    char *end;
    double kwh = strtod(value, &end);

    (void)at;
    if (end == value || *end || !(kwh >= 0 && kwh < 1e6))
        return CN_E_RANGE;
    t->meter->load.energy_offset = 0;
    uint32_t present = sm_energy(&t->sim->site.world, &t->meter->load, SM_FORWARD, 0, t->wall);
    uint32_t wanted = (uint32_t)(kwh * 100 + 0.5);
    t->meter->load.energy_offset = wanted >= present ? wanted - present : wanted + 100000000 - present;
    return 0;
}

static int set_blocks(struct sm_target *t, const char *value, size_t at)
{
    bool on;
    int err = flag(value, &on);

    (void)at;
    if (err == 0)
        t->meter->no_blocks = !on;
    return err;
}

static int set_unknown(struct sm_target *t, const char *value, size_t at)
{
    (void)at;
    if (strcmp(value, "silent") && strcmp(value, "error"))
        return CN_E_FORMAT;
    t->meter->unknown_silent = *value == 's';
    return 0;
}

static int set_wakeup(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, 0, 100, &v);

    (void)at;
    if (err == 0)
        t->meter->wakeup = (int8_t)v;
    return err;
}

static int set_delay(struct sm_target *t, const char *value, size_t at)
{
    (void)at;
    return range(value, &t->meter->delay_min_ms, &t->meter->delay_max_ms);
}

static int set_drift(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, -500000, 500000, &v);

    (void)at;
    if (err)
        return err;
    sm_clock_set(&t->meter->clock, t->wall, sm_clock_at(&t->meter->clock, t->wall));
    t->meter->clock.drift_ppm = (int32_t)v;
    return 0;
}

static int set_clock(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, INT_MIN, INT_MAX, &v);

    (void)at;
    if (err == 0)
        sm_clock_set(&t->meter->clock, t->wall, t->wall + v);
    return err;
}

static int set_status(struct sm_target *t, const char *value, size_t at)
{
    uint8_t word[2];

    (void)at;
    if (value[0] < '1' || value[0] > '7' || value[1] != ':' || hex_parse(value + 2, word, sizeof word) != 2)
        return CN_E_FORMAT;
    t->meter->status[value[0] - '1'] = (uint16_t)(word[0] << 8 | word[1]);
    return 0;
}

static int set_item(struct sm_target *t, const char *value, size_t at)
{
    char di_text[9] = {0};
    uint8_t di[4], data[SM_OVERRIDE_LEN];

    (void)at;
    if (strlen(value) < 9 || value[8] != ':')
        return CN_E_FORMAT;
    memcpy(di_text, value, 8);
    int n = hex_parse(value + 9, data, sizeof data);
    if (hex_parse(di_text, di, sizeof di) != 4 || n < 0)
        return CN_E_FORMAT;
    uint32_t number = (uint32_t)di[0] << 24 | (uint32_t)di[1] << 16 | (uint32_t)di[2] << 8 | di[3];
    return sm_override_put(&t->sim->site.overrides, t->meter, number, data, (size_t)n);
}

static int set_burst(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, 1, 2000, &v);

    (void)at;
    if (err == 0)
        sm_line_burst(t->line, t->now, (size_t)v);
    return err;
}

static int set_baud(struct sm_target *t, const char *value, size_t at)
{
    long v;
    int err = whole(value, 300, 115200, &v);

    (void)at;
    if (err == 0)
        t->line->baud = (uint32_t)v;
    return err;
}

#define FAULT(f) offsetof(struct sm_meter, faults.f)
static const struct sm_action actions[] = {
    {"ok", SM_METER | SM_LINE, NULL, set_ok, 0, "end all faults (settings stay)"},
    {"silent", SM_METER, NULL, set_flag, FAULT(silent), "hears nothing, says nothing"},
    {"late", SM_METER, "MS", set_u32, FAULT(late_ms), "answer so much later"},
    {"checksum", SM_METER, NULL, set_flag, FAULT(bad_checksum), "answers with a wrong checksum"},
    {"cut", SM_METER, "N", set_u16, FAULT(cut), "only the first N bytes of the answer"},
    {"noise", SM_METER, "N", set_u16, FAULT(noise), "N random bytes in front of the answer"},
    {"gap", SM_METER, "MS", set_u16, FAULT(gap_ms), "pause in the middle of the answer"},
    {"error", SM_METER, "HEX", set_error, 0, "answer everything with this error word"},
    {"wrong-di", SM_METER, NULL, set_flag, FAULT(wrong_di), "answers another item than asked"},
    {"wrong-address", SM_METER, NULL, set_flag, FAULT(wrong_address), "answers with another address"},
    {"no-seq", SM_METER, NULL, set_flag, FAULT(no_seq), "follow-on answers lack SEQ"},
    {"ber", SM_METER | SM_LINE, "RATE", set_ber, 0,
     "bit error rate both ways, 1e-4; of a line with port= or all"},
    {"chance", SM_METER, "PERCENT", set_chance, 0, "the faults hit only so many of the exchanges"},
    {"times", SM_METER, "N", set_u32, FAULT(times), "the faults end after N exchanges"},
    {"echo", SM_LINE, NULL, set_flag, offsetof(struct sm_line, echo), "the master hears its own bytes"},
    {"babble", SM_LINE, NULL, set_flag, offsetof(struct sm_line, babble), "random bytes without end"},
    {"burst", SM_LINE, "N", set_burst, 0, "N random bytes, once, now"},
    {"baud", SM_LINE, "N", set_baud, 0, "the line's rate"},
    {"address", SM_METER, "DIGITS", set_address, 0,
     "communication address; one that exists makes a duplicate"},
    {"password", SM_METER, "XXXXXX", set_password, 0, "write password"},
    {"load", SM_METER, "WATTS", set_load, 0, "mean power, 0..40000"},
    {"energy", SM_METER, "KWH", set_energy, 0, "let the forward total show this now"},
    {"tariffs", SM_METER, "N", set_tariffs, 0, "1..12"},
    {"phases", SM_METER, "1|3", set_phases, 0, "single-phase meters fill B and C with FF"},
    {"blocks", SM_METER, "on|off", set_blocks, 0, "off: refuses items with FF"},
    {"unknown", SM_METER, "error|silent", set_unknown, 0, "answer to an unknown item"},
    {"fe", SM_METER, "N", set_wakeup, 0, "wake-up bytes of the answer"},
    {"delay", SM_METER, "A..B", set_delay, 0, "answer delay in ms"},
    {"drift", SM_METER, "PPM", set_drift, 0, "the clock runs fast or slow from now on"},
    {"clock", SM_METER, "SECONDS", set_clock, 0, "the clock is so much ahead (-: behind) now"},
    {"status", SM_METER, "WORD:HEX4", set_status, 0, "status word 1..7"},
    {"item", SM_METER, "DI:HEX", set_item, 0, "answer this item with these bytes (low byte first)"},
};

const struct sm_action *sm_actions(size_t *count)
{
    *count = sizeof actions / sizeof actions[0];
    return actions;
}
