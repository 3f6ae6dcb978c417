#include "gateway/core/check.h"

#include <stdbool.h>

#include "gateway/model/quantity.h"

/* Registers are compared in ten-thousandths: no meter gives more decimals. */
enum { CHECK_EXP = -4 };

static bool is_register(unsigned quantity)
{
    const struct quantity_info *q = quantity_find(quantity);

    return q && (q->flags & Q_REGISTER);
}

static bool amount(struct value v, int64_t *out)
{
    return v.quality != VALUE_NONE && value_cut(v, CHECK_EXP, out) == 0;
}

/* The register counts to 10^int_digits and starts again at zero. */
static bool rolled_over(const struct mstate *s, int64_t before, int64_t after)
{
    int64_t full = 10000;

    for (unsigned i = 0; i < s->m.int_digits; i++)
        full *= 10;
    return before > full / 10 * 9 && after < full / 10;
}

static unsigned check_total(const struct mstate *s, const struct reading *r, int64_t at)
{
    int place = meter_last_place(r->quantity);
    int64_t before, after;

    if (place < 0 || !amount(s->last[place], &before) || !amount(r->value, &after))
        return 0;
    if (after < before)
        return rolled_over(s, before, after) ? 0 : CHECK_FALL;
    int64_t hours = at > s->last_at ? (at - s->last_at) / 3600 + 1 : 1;
    return (after - before) / 10000 > CHECK_JUMP_BASE + CHECK_JUMP_KW * hours ? CHECK_JUMP : 0;
}

enum sum { SUM_UNKNOWN, SUM_EQUAL, SUM_BELOW, SUM_ABOVE };

/* Each register is cut to its last digit, so n tariffs may miss n units. */
static enum sum compare_sum(const struct reading_set *set, const struct reading *total)
{
    int64_t all, sum = 0, part, slack = 0, unit = 1;

    if (!amount(total->value, &all))
        return SUM_UNKNOWN;
    for (int e = CHECK_EXP; e < total->value.exp10; e++)
        unit *= 10;
    for (unsigned i = 0; i < set->count; i++) {
        const struct reading *r = &set->r[i];
        if (r->quantity == total->quantity && r->tariff > 0 && amount(r->value, &part)) {
            sum += part;
            slack += unit;
        }
    }
    if (slack == 0)
        return SUM_UNKNOWN;
    return sum > all + slack ? SUM_ABOVE : sum < all - slack ? SUM_BELOW : SUM_EQUAL;
}

/* A sum below the total is only wrong when this meter's sums have matched: some have more tariffs than are
 * configured. */
static unsigned check_sum(const struct mstate *s, const struct reading_set *set, const struct reading *total)
{
    enum sum sum = compare_sum(set, total);

    return sum == SUM_ABOVE || (sum == SUM_BELOW && (s->flags & METER_SUM_KEPT)) ? CHECK_SUM : 0;
}

static unsigned check_set(const struct mstate *s, const struct reading_set *set, bool now)
{
    unsigned reasons = 0;

    for (unsigned i = 0; i < set->count; i++) {
        const struct reading *r = &set->r[i];
        if (r->tariff != 0 || !is_register(r->quantity))
            continue;
        reasons |= check_sum(s, set, r);
        if (now)
            reasons |= check_total(s, r, set->at);
    }
    return reasons;
}

unsigned check_now(const struct mstate *s, const struct reading_set *set)
{
    return check_set(s, set, true);
}

unsigned check_freeze(const struct mstate *s, const struct reading_set *set)
{
    return check_set(s, set, false);
}

void check_mark(struct reading_set *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        struct reading *r = &set->r[i];
        if (r->value.quality == VALUE_GOOD && is_register(r->quantity))
            r->value.quality = VALUE_DOUBTFUL;
    }
}

void check_learn(struct mstate *s, const struct reading_set *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        const struct reading *r = &set->r[i];
        int place = meter_last_place(r->quantity);
        int64_t total;
        if (r->tariff != 0 || !is_register(r->quantity) || !amount(r->value, &total))
            continue;
        if (place >= 0) {
            s->last[place] = r->value;
            s->last_at = set->at;
        }
        if (compare_sum(set, r) == SUM_EQUAL)
            s->flags |= METER_SUM_KEPT;
    }
}

const char *check_text(unsigned reasons)
{
    if (reasons & CHECK_FALL)
        return "the register fell";
    if (reasons & CHECK_JUMP)
        return "the register jumped";
    return "the tariffs do not add up to the total";
}
