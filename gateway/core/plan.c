#include "gateway/core/plan.h"

enum { ALWAYS = 0, F33_STATUS_WORDS = 1 << 5 };

/*
 * The active registers make the bill and are read in every sweep. The others are for dashboards and for
 * requests that want them: they are read when the interval leaves the time. What a kind of meter refuses is
 * asked once a day.
 */
static const struct plan_group now_groups[] = {
    {1, ALWAYS, false, {Q_EP_IMP}},
    {1, ALWAYS, false, {Q_EP_EXP}},
    {1, F33_STATUS_WORDS, false, {Q_STATUS_WORDS}},
    {3, ALWAYS, true, {Q_U_A, Q_U_B, Q_U_C}},
    {3, ALWAYS, true, {Q_I_A, Q_I_B, Q_I_C}},
    {4, ALWAYS, true, {Q_P, Q_P_A, Q_P_B, Q_P_C}},
    {4, ALWAYS, true, {Q_Q, Q_Q_A, Q_Q_B, Q_Q_C}},
    {4, ALWAYS, true, {Q_S, Q_S_A, Q_S_B, Q_S_C}},
    {4, ALWAYS, true, {Q_PF, Q_PF_A, Q_PF_B, Q_PF_C}},
    {1, ALWAYS, true, {Q_EQ_COMB1}},
    {1, ALWAYS, true, {Q_EQ_COMB2}},
    {1, ALWAYS, true, {Q_EQ_Q1}},
    {1, ALWAYS, true, {Q_EQ_Q4}},
    {1, ALWAYS, true, {Q_EQ_Q2}},
    {1, ALWAYS, true, {Q_EQ_Q3}},
};

static const struct plan_group day_groups[] = {
    {1, ALWAYS, false, {Q_CLOCK}},    {1, ALWAYS, false, {Q_EP_IMP}},   {1, ALWAYS, false, {Q_EP_EXP}},
    {1, ALWAYS, false, {Q_EQ_COMB1}}, {1, ALWAYS, false, {Q_EQ_COMB2}}, {1, ALWAYS, false, {Q_EQ_Q1}},
    {1, ALWAYS, false, {Q_EQ_Q2}},    {1, ALWAYS, false, {Q_EQ_Q3}},    {1, ALWAYS, false, {Q_EQ_Q4}},
};

/* 0504FF01 gives all three at once (reference part 7, section 7) */
static const struct plan_group hour_groups[] = {
    {3, ALWAYS, false, {Q_CLOCK, Q_EP_IMP, Q_EP_EXP}},
};

_Static_assert(sizeof now_groups / sizeof *now_groups <= 32 && sizeof day_groups / sizeof *day_groups <= 16,
               "the masks of a meter have no room for more");

#define COUNT(a) (unsigned)(sizeof(a) / sizeof *(a))

const struct plan_group *plan_now(unsigned *count)
{
    *count = COUNT(now_groups);
    return now_groups;
}

const struct plan_group *plan_freeze(enum period p, unsigned *count)
{
    *count = p == PERIOD_DAY ? COUNT(day_groups) : COUNT(hour_groups);
    return p == PERIOD_DAY ? day_groups : hour_groups;
}
