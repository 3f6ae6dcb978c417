#include "gateway/core/calendar.h"

#include <string.h>

#include "gateway/base/err.h"

enum { MINUTES_A_DAY = 1440, CLOCK_WINDOW_MIN = 10, RING_DAYS = 64, RING_HOURS = 256 };

struct param_f33 cal_default(unsigned port)
{
    return (struct param_f33){.port = (uint8_t)port, .interval_min = CAL_INTERVAL_MIN};
}

static int minute_of_day(struct zone z, int64_t now)
{
    struct civil c = zone_to_local(z, now);

    return c.hour * 60 + c.minute;
}

bool cal_allowed(const struct param_f33 *rule, struct zone z, int64_t now)
{
    int minute = minute_of_day(z, now);

    if (rule->control & 1u)
        return false;
    for (unsigned i = 0; i < rule->period_count; i++) {
        int start = rule->periods[i].start_min;
        int end = rule->periods[i].end_min;
        if (start == end || (start < end && minute >= start && minute < end) ||
            (start > end && (minute >= start || minute < end)))
            return true;
    }
    return rule->period_count == 0;
}

static int interval_min(const struct param_f33 *rule)
{
    return rule->interval_min ? rule->interval_min : CAL_INTERVAL_MIN;
}

int64_t cal_interval(const struct param_f33 *rule, struct zone z, int64_t now)
{
    int minute = minute_of_day(z, now);

    return slot_day(z, now) * MINUTES_A_DAY + minute - minute % interval_min(rule);
}

int64_t cal_interval_s(const struct param_f33 *rule)
{
    return interval_min(rule) * 60;
}

int64_t cal_clock_due(const struct param_f33 *rule, struct zone z, int64_t now)
{
    struct civil c = zone_to_local(z, now);
    int since = c.hour * 60 + c.minute - (rule->clock_hour * 60 + rule->clock_minute);

    if (!(rule->control & 8u) || (rule->clock_day && rule->clock_day != c.day) || since < 0 ||
        since >= CLOCK_WINDOW_MIN)
        return -1;
    return slot_day(z, now);
}

int64_t cal_newest(enum period p, struct zone z, int64_t now)
{
    return (p == PERIOD_DAY ? slot_day(z, now) : slot_hour(z, now)) - 1;
}

int64_t cal_end(enum period p, struct zone z, int64_t slot)
{
    return p == PERIOD_DAY ? slot_day_end(z, slot) : slot_hour_end(z, slot);
}

int cal_depth(enum period p)
{
    return p == PERIOD_DAY ? CAL_DAYS : CAL_HOURS;
}

int cal_index(enum period p, struct zone z, int64_t slot, int64_t now)
{
    int64_t index = cal_newest(p, z, now) - slot + 1;

    return index >= 1 && index <= cal_depth(p) ? (int)index : 0;
}

int cal_slot_of(enum period p, struct value time, int64_t *slot)
{
    int64_t d = time.mantissa;

    if (time.quality == VALUE_NONE || time.exp10 != 0 || d <= 0)
        return CN_E_FORMAT;
    struct civil c = {
        .second = (uint8_t)(d % 100),
        .minute = (uint8_t)(d / 100 % 100),
        .hour = (uint8_t)(d / 10000 % 100),
        .day = (uint8_t)(d / 1000000 % 100),
        .month = (uint8_t)(d / 100000000 % 100),
        .year = (int16_t)(d / 10000000000 % 10000),
    };
    if (!civil_valid(&c))
        return CN_E_FORMAT;
    if (c.second || c.minute || (p == PERIOD_DAY && c.hour))
        return CN_E_RANGE;
    /* the digits are local, and so are slots: no zone is needed */
    struct zone local = {0};
    *slot = cal_newest(p, local, civil_to_s(&c));
    return 0;
}

bool cal_plain_counts(enum period p, struct zone z, int64_t slot, int64_t at)
{
    int64_t late = at - cal_end(p, z, slot);

    return late >= 0 && late < (p == PERIOD_DAY ? CAL_DAY_LIMIT_S : CAL_HOUR_LIMIT_S);
}

static unsigned bit_of(enum period p, int64_t slot)
{
    return p == PERIOD_DAY ? (unsigned)(slot & (RING_DAYS - 1))
                           : RING_DAYS + (unsigned)(slot & (RING_HOURS - 1));
}

bool cal_get(const struct cal_bits *b, enum period p, int64_t slot)
{
    unsigned bit = bit_of(p, slot);

    return b->w[bit / 64] >> bit % 64 & 1;
}

void cal_set(struct cal_bits *b, enum period p, int64_t slot, bool on)
{
    unsigned bit = bit_of(p, slot);
    uint64_t mask = (uint64_t)1 << bit % 64;

    b->w[bit / 64] = on ? b->w[bit / 64] | mask : b->w[bit / 64] & ~mask;
}

static int which(enum period p)
{
    return p == PERIOD_DAY ? 0 : 1;
}

void cal_forget_limits(struct cal_memory *m)
{
    memset(m->deepest, 0, sizeof m->deepest);
    memset(m->beyond, 0, sizeof m->beyond);
    memset(m->plain, 0, sizeof m->plain);
}

void cal_roll(struct cal_memory *m, enum period p, int64_t from, int64_t to)
{
    int64_t ring = p == PERIOD_DAY ? RING_DAYS : RING_HOURS;

    if (to - from > ring)
        from = to - ring;
    for (int64_t slot = from + 1; slot <= to; slot++) {
        cal_set(&m->have, p, slot, false);
        cal_set(&m->gone, p, slot, false);
    }
}

bool cal_newest_missing(const struct cal_memory *m, enum period p, int64_t newest)
{
    return !cal_get(&m->have, p, newest) && !cal_get(&m->gone, p, newest);
}

int cal_fill(const struct cal_memory *m, enum period p, int64_t newest, int64_t *slot)
{
    int i = which(p);
    int limit = cal_depth(p);

    if (m->plain[i])
        return 0;
    if (m->beyond[i] && m->beyond[i] <= limit) {
        limit = m->beyond[i] - 1;
        int ok = m->deepest[i] ? m->deepest[i] : 1;
        if (limit > ok) {
            int middle = (ok + limit + 1) / 2;
            int64_t probe = newest - middle + 1;
            if (middle > 1 && !cal_get(&m->have, p, probe) && !cal_get(&m->gone, p, probe)) {
                *slot = probe;
                return 1;
            }
        }
    }
    for (int index = limit; index >= 2;) {
        int64_t s = newest - index + 1;
        unsigned bit = bit_of(p, s);
        uint64_t known = m->have.w[bit / 64] | m->gone.w[bit / 64];
        if (known == UINT64_MAX) {
            index -= 64 - (int)(bit % 64);
            continue;
        }
        if (!(known >> bit % 64 & 1)) {
            *slot = s;
            return 1;
        }
        index--;
    }
    return 0;
}

void cal_learn(struct cal_memory *m, enum period p, unsigned k, bool answered)
{
    int i = which(p);

    if (answered && k > m->deepest[i])
        m->deepest[i] = (uint8_t)k;
    if (!answered && (!m->beyond[i] || k < m->beyond[i]))
        m->beyond[i] = (uint8_t)k;
    if (m->beyond[i] && m->deepest[i] >= m->beyond[i])
        m->deepest[i] = (uint8_t)(m->beyond[i] - 1);
}
