#include "northbound/mqtt/topic.h"

#include "tests/unit/northbound/mqtt/doc.h"

static void names(void **state)
{
    char d[MQTT_BOX_ID], t[MQTT_TOPIC];

    (void)state;
    assert_string_equal(topic_box_id(0x4401, 123, d), "44010123");
    assert_string_equal(topic_box_id(0x4403, 65534, d), "440365534");
    assert_string_equal(topic_box("ecc/v1", "44010123", "status", t), "ecc/v1/44010123/status");
    assert_string_equal(topic_meter("ecc/v1", "44010123", "000012345678", "data", t),
                        "ecc/v1/44010123/m/000012345678/data");
    assert_string_equal(topic_discovery("ha", "44010123", "000012345678", t),
                        "ha/device/44010123_000012345678/config");
    assert_string_equal(topic_discovery("ha", "44010123", NULL, t), "ha/device/44010123/config");
}

/* The longest parts there can be still give a whole topic. */
static void longest(void **state)
{
    char prefix[97], t[MQTT_TOPIC];

    (void)state;
    memset(prefix, 'p', 96);
    prefix[96] = '\0';
    topic_meter(prefix, "440365534", "FFFFFFFFFFFF-2040", "status", t);
    assert_string_equal(t + 96, "/440365534/m/FFFFFFFFFFFF-2040/status");
    topic_discovery(prefix, "440365534", "FFFFFFFFFFFF-2040", t);
    assert_string_equal(t + 96, "/device/440365534_FFFFFFFFFFFF-2040/config");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(longest)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
