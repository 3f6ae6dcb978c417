#include "northbound/mqtt/keys.h"

#include <stddef.h>
#include <stdio.h>

/* Home Assistant refuses a reactive energy class before 2025.6, so these rows have none. */
#define ROW(q, kind_, stem_, suffix_, name_, device, state)                                                  \
    {                                                                                                        \
        .quantity = Q_##q, .kind = (kind_), .stem = (stem_), .suffix = (suffix_), .name = (name_),           \
        .device_class = (device), .state_class = (state)                                                     \
    }
#define ENERGY(q, stem, name, state) ROW(q, KEY_NUMBER, stem, "", name, "energy", state)
#define PLAIN(q, stem, name, device) ROW(q, KEY_NUMBER, stem, "", name, device, "measurement")
#define KILO(q, stem_, name_, device)                                                                        \
    {                                                                                                        \
        .quantity = Q_##q, .kind = KEY_NUMBER, .kilo = true, .stem = (stem_), .suffix = "", .name = (name_), \
        .device_class = (device), .state_class = "measurement"                                               \
    }
#define VARH(q, stem, name, state) ROW(q, KEY_NUMBER, stem, "", name, NULL, state)
#define RISES                      "total_increasing"

static const struct mqtt_key keys[] = {
    ENERGY(EP_NET, "ep_net", "Energy net", "total"),
    ENERGY(EP_IMP, "ep_imp", "Energy import", RISES),
    ENERGY(EP_EXP, "ep_exp", "Energy export", RISES),
    VARH(EQ_COMB1, "eq_1", "Reactive energy 1", "total"),
    VARH(EQ_COMB2, "eq_2", "Reactive energy 2", "total"),
    VARH(EQ_Q1, "eq_q1", "Reactive energy quadrant 1", RISES),
    VARH(EQ_Q2, "eq_q2", "Reactive energy quadrant 2", RISES),
    VARH(EQ_Q3, "eq_q3", "Reactive energy quadrant 3", RISES),
    VARH(EQ_Q4, "eq_q4", "Reactive energy quadrant 4", RISES),
    VARH(ES_IMP, "es_imp", "Apparent energy import", RISES),
    VARH(ES_EXP, "es_exp", "Apparent energy export", RISES),
    PLAIN(MD_IMP, "md_imp", "Demand import", "power"),
    ROW(MD_IMP_TIME, KEY_TIME, "md_imp", "_ts", "Demand import time", "timestamp", NULL),
    PLAIN(MD_EXP, "md_exp", "Demand export", "power"),
    ROW(MD_EXP_TIME, KEY_TIME, "md_exp", "_ts", "Demand export time", "timestamp", NULL),
    PLAIN(U_A, "u_a", "Voltage A", "voltage"),
    PLAIN(U_B, "u_b", "Voltage B", "voltage"),
    PLAIN(U_C, "u_c", "Voltage C", "voltage"),
    PLAIN(I_A, "i_a", "Current A", "current"),
    PLAIN(I_B, "i_b", "Current B", "current"),
    PLAIN(I_C, "i_c", "Current C", "current"),
    PLAIN(I_N, "i_n", "Current neutral", "current"),
    PLAIN(P, "p", "Power", "power"),
    PLAIN(P_A, "p_a", "Power A", "power"),
    PLAIN(P_B, "p_b", "Power B", "power"),
    PLAIN(P_C, "p_c", "Power C", "power"),
    KILO(Q, "q", "Reactive power", "reactive_power"),
    KILO(Q_A, "q_a", "Reactive power A", "reactive_power"),
    KILO(Q_B, "q_b", "Reactive power B", "reactive_power"),
    KILO(Q_C, "q_c", "Reactive power C", "reactive_power"),
    KILO(S, "s", "Apparent power", "apparent_power"),
    KILO(S_A, "s_a", "Apparent power A", "apparent_power"),
    KILO(S_B, "s_b", "Apparent power B", "apparent_power"),
    KILO(S_C, "s_c", "Apparent power C", "apparent_power"),
    PLAIN(PF, "pf", "Power factor", "power_factor"),
    PLAIN(PF_A, "pf_a", "Power factor A", "power_factor"),
    PLAIN(PF_B, "pf_b", "Power factor B", "power_factor"),
    PLAIN(PF_C, "pf_c", "Power factor C", "power_factor"),
    PLAIN(FREQUENCY, "f", "Frequency", "frequency"),
    ROW(CLOCK, KEY_DEVIATION, "clk_dev", "", "Clock deviation", "duration", "measurement"),
    ROW(STATUS_WORDS, KEY_BITS, "sw", "", "Status word", NULL, NULL),
};
enum { KEYS = sizeof keys / sizeof keys[0] };

const struct mqtt_key *key_all(unsigned *count)
{
    *count = KEYS;
    return keys;
}

const struct mqtt_key *key_find(unsigned quantity)
{
    for (unsigned low = 0, high = KEYS; low < high;) {
        unsigned mid = (low + high) / 2;
        if (keys[mid].quantity == quantity)
            return &keys[mid];
        if (keys[mid].quantity < quantity)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

char *key_print(const struct mqtt_key *k, unsigned tariff, char out[MQTT_KEY_MAX])
{
    if (k->kind == KEY_BITS)
        snprintf(out, MQTT_KEY_MAX, "%s_%u", k->stem, tariff);
    else if (tariff == 0)
        snprintf(out, MQTT_KEY_MAX, "%s%s", k->stem, k->suffix);
    else
        snprintf(out, MQTT_KEY_MAX, "%s_t%u%s", k->stem, tariff, k->suffix);
    return out;
}

const char *key_unit(const struct mqtt_key *k)
{
    switch (k->kind) {
    case KEY_TIME:
        return "ms";
    case KEY_DEVIATION:
        return "s";
    case KEY_BITS:
        return "";
    default:
        return unit_name(quantity_find(k->quantity)->unit);
    }
}

unsigned key_decimals(const struct mqtt_key *k)
{
    const struct quantity_info *q = quantity_find(k->quantity);

    return k->kind == KEY_NUMBER && q->exp10 < 0 ? (unsigned)-q->exp10 : 0;
}

/* Local digits YYYYMMDDhhmmss. */
static bool utc_of_digits(struct value v, struct zone z, int64_t *utc)
{
    int64_t d = v.mantissa;

    if (v.exp10 != 0 || d < 0 || d > INT64_C(99991231235959))
        return false;
    struct civil c = {.second = (uint8_t)(d % 100),
                      .minute = (uint8_t)(d / 100 % 100),
                      .hour = (uint8_t)(d / 10000 % 100),
                      .day = (uint8_t)(d / 1000000 % 100),
                      .month = (uint8_t)(d / 100000000 % 100),
                      .year = (int16_t)(d / 10000000000)};
    if (!civil_valid(&c))
        return false;
    *utc = zone_to_utc(z, &c);
    return true;
}

struct value key_value(const struct mqtt_key *k, struct value v, int64_t at, struct zone z)
{
    int64_t utc;

    if (v.quality == VALUE_NONE || k->kind == KEY_NUMBER || k->kind == KEY_BITS)
        return v;
    if (!utc_of_digits(v, z, &utc))
        return value_none();
    struct value out = value_of(k->kind == KEY_TIME ? utc * 1000 : utc - at, 0);
    out.quality = v.quality;
    return out;
}
