#include "northbound/mqtt/keys.h"

#include "tests/unit/northbound/mqtt/doc.h"

static void every_quantity_has_a_key_of_its_own(void **state)
{
    size_t quantities;
    unsigned count;
    const struct quantity_info *q = quantity_all(&quantities);
    const struct mqtt_key *k = key_all(&count);
    char a[MQTT_KEY_MAX], b[MQTT_KEY_MAX];

    (void)state;
    assert_int_equal(count, quantities);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(k[i].quantity, q[i].number);
        assert_ptr_equal(key_find(q[i].number), &k[i]);
        key_print(&k[i], 0, a);
        assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(a));
        key_print(&k[i], 63, b);
        assert_true(strlen(b) < MQTT_KEY_MAX - 1);
        for (unsigned n = 0; n < i; n++)
            assert_string_not_equal(a, key_print(&k[n], 0, b));
    }
    assert_null(key_find(0));
    assert_null(key_find(999));
}

/* Key, unit and decimals as the dictionary of the profile gives them. */
static void names_of_the_dictionary(void **state)
{
    static const struct {
        unsigned quantity, tariff;
        const char *key, *unit;
        unsigned decimals;
    } rows[] = {
        {Q_EP_IMP, 0, "ep_imp", "kWh", 2},
        {Q_EP_IMP, 4, "ep_imp_t4", "kWh", 2},
        {Q_EP_EXP, 0, "ep_exp", "kWh", 2},
        {Q_EP_NET, 0, "ep_net", "kWh", 2},
        {Q_EQ_COMB1, 0, "eq_1", "kvarh", 2},
        {Q_EQ_COMB2, 0, "eq_2", "kvarh", 2},
        {Q_U_A, 0, "u_a", "V", 1},
        {Q_I_C, 0, "i_c", "A", 3},
        {Q_P, 0, "p", "kW", 4},
        {Q_P_B, 0, "p_b", "kW", 4},
        {Q_Q, 0, "q", "kvar", 4},
        {Q_S, 0, "s", "kVA", 4},
        {Q_PF, 0, "pf", "", 3},
        {Q_FREQUENCY, 0, "f", "Hz", 2},
        {Q_MD_IMP, 0, "md_imp", "kW", 4},
        {Q_MD_IMP_TIME, 0, "md_imp_ts", "ms", 0},
        {Q_MD_IMP_TIME, 2, "md_imp_t2_ts", "ms", 0},
        {Q_CLOCK, 0, "clk_dev", "s", 0},
        {Q_STATUS_WORDS, 3, "sw_3", "", 0},
    };
    char key[MQTT_KEY_MAX];

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mqtt_key *k = key_find(rows[i].quantity);
        assert_string_equal(key_print(k, rows[i].tariff, key), rows[i].key);
        assert_string_equal(key_unit(k), rows[i].unit);
        assert_int_equal(key_decimals(k), rows[i].decimals);
    }
}

static void values_of_keys(void **state)
{
    struct zone z = {8 * 3600};
    int64_t at = 1763805600; /* 2025-11-22 18:00:00 local */
    struct value v = key_value(key_find(Q_EP_IMP), value_of(1234567, -2), at, z);

    (void)state;
    assert_true(v.mantissa == 1234567 && v.exp10 == -2 && v.quality == VALUE_GOOD);
    v = key_value(key_find(Q_MD_IMP_TIME), value_of(INT64_C(20251122180000), 0), at, z);
    assert_true(v.mantissa == at * 1000 && v.exp10 == 0);
    v = key_value(key_find(Q_CLOCK), value_of(INT64_C(20251122180007), 0), at, z);
    assert_int_equal(v.mantissa, 7);
    v = key_value(key_find(Q_CLOCK), value_of(INT64_C(20251122175959), 0), at, z);
    assert_int_equal(v.mantissa, -1);
    /* a meter that never had a demand gives no time */
    assert_int_equal(key_value(key_find(Q_MD_IMP_TIME), value_of(0, 0), at, z).quality, VALUE_NONE);
    assert_int_equal(key_value(key_find(Q_MD_IMP_TIME), value_of(INT64_C(20251322180000), 0), at, z).quality,
                     VALUE_NONE);
    assert_int_equal(key_value(key_find(Q_MD_IMP_TIME), value_of(INT64_MAX, 0), at, z).quality, VALUE_NONE);
    assert_int_equal(key_value(key_find(Q_MD_IMP_TIME), value_of(-1, 0), at, z).quality, VALUE_NONE);
    assert_int_equal(key_value(key_find(Q_CLOCK), value_none(), at, z).quality, VALUE_NONE);
    v = value_of(INT64_C(20251122180000), 0);
    v.quality = VALUE_DOUBTFUL;
    assert_int_equal(key_value(key_find(Q_MD_IMP_TIME), v, at, z).quality, VALUE_DOUBTFUL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_quantity_has_a_key_of_its_own),
        cmocka_unit_test(names_of_the_dictionary),
        cmocka_unit_test(values_of_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
