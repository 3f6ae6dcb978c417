#include "northbound/mqtt/discovery.h"

#include "gateway/base/err.h"
#include "tests/unit/northbound/mqtt/doc.h"

static const struct meter meter = {.point = 7, .port = 2, .protocol = PROTO_DLT645_2007};
static const struct discovery box = {
    .prefix = "ecc/v1", .d = "44010123", .m = "000012345678", .meter = &meter, .expire_s = 2760};

static void add(struct payload_values *p, unsigned quantity, unsigned tariff)
{
    p->e[p->count++] = (struct payload_entry){
        .quantity = (uint16_t)quantity, .tariff = (uint8_t)tariff, .at = 1, .v = value_of(1, 0)};
}

static void a_meter_is_one_document(void **state)
{
    struct payload_values p = {0};
    char buf[4096];

    (void)state;
    add(&p, Q_EP_IMP, 0);
    add(&p, Q_EP_IMP, 1);
    add(&p, Q_U_A, 0);
    add(&p, Q_Q, 0);
    doc_equals(buf, discovery_meter(buf, sizeof buf, &box, &p), "discovery");
}

/* The rules Home Assistant checks a discovery document by. */
static void every_component_is_acceptable(void **state)
{
    static struct payload_values p;
    static char buf[65536];
    unsigned count;
    const struct mqtt_key *k = key_all(&count);

    (void)state;
    p.count = 0;
    for (unsigned i = 0; i < count; i++)
        add(&p, k[i].quantity, k[i].kind == KEY_BITS ? 3 : 0);
    cJSON *j = doc_parse(buf, discovery_meter(buf, sizeof buf, &box, &p));
    assert_non_null(doc_at(j, "dev"));
    assert_non_null(doc_at(j, "o"));
    assert_int_equal(cJSON_GetArraySize(doc_at(j, "cmps")), count + 1);
    for (const cJSON *c = doc_at(j, "cmps")->child; c; c = c->next) {
        assert_string_equal(doc_text(c, "p"), "sensor");
        assert_int_equal(strncmp(doc_text(c, "uniq_id"), "44010123_000012345678_", 22), 0);
        const cJSON *class = doc_at(c, "dev_cla"), *state_class = doc_at(c, "stat_cla"),
                    *unit = doc_at(c, "unit_of_meas");
        /* never a fallback to a number */
        assert_null(strstr(doc_text(c, "val_tpl"), "default(0"));
        if (class && strcmp(class->valuestring, "timestamp") == 0)
            assert_true(!unit && !state_class);
        else if (class && strcmp(class->valuestring, "power_factor") == 0)
            assert_null(unit);
        else if (class)
            assert_non_null(unit);
        if (unit)
            assert_string_not_equal(unit->valuestring, "kvar");
        /* registers do not expire: they are as true tomorrow */
        if (doc_at(c, "exp_aft"))
            assert_string_equal(state_class->valuestring, "measurement");
    }
    cJSON_Delete(j);
}

static void little_room_costs_tariffs_first(void **state)
{
    static struct payload_values p;
    static char buf[65536];

    (void)state;
    p.count = 0;
    for (unsigned t = 0; t <= 4; t++)
        add(&p, Q_EP_IMP, t);
    for (unsigned t = 0; t <= 4; t++)
        add(&p, Q_EQ_COMB1, t);
    int all = discovery_meter(buf, sizeof buf, &box, &p);
    int active = discovery_meter(buf, (size_t)all - 1, &box, &p);
    cJSON *j = doc_parse(buf, active);
    assert_non_null(doc_at(doc_at(j, "cmps"), "ep_imp_t4"));
    assert_non_null(doc_at(doc_at(j, "cmps"), "eq_1"));
    assert_null(doc_at(doc_at(j, "cmps"), "eq_1_t1"));
    cJSON_Delete(j);
    int totals = discovery_meter(buf, (size_t)active - 1, &box, &p);
    j = doc_parse(buf, totals);
    assert_null(doc_at(doc_at(j, "cmps"), "ep_imp_t4"));
    assert_non_null(doc_at(doc_at(j, "cmps"), "ep_imp"));
    cJSON_Delete(j);
    assert_int_equal(discovery_meter(buf, (size_t)totals - 1, &box, &p), CN_E_NOSPACE);
}

static void the_concentrator_is_a_device(void **state)
{
    char buf[4096];
    cJSON *j = doc_parse(buf, discovery_box(buf, sizeof buf, "ecc/v1", "44010123"));

    (void)state;
    assert_string_equal(doc_text(j, "stat_t"), "ecc/v1/44010123/health");
    assert_string_equal(doc_at(doc_at(j, "dev"), "ids")->child->valuestring, "44010123");
    cJSON_Delete(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_meter_is_one_document),
        cmocka_unit_test(every_component_is_acceptable),
        cmocka_unit_test(little_room_costs_tariffs_first),
        cmocka_unit_test(the_concentrator_is_a_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
