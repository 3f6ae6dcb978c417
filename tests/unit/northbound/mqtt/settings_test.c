#include "northbound/mqtt/settings.h"

#include "gateway/base/err.h"
#include "tests/unit/northbound/mqtt/doc.h"

static int parse(const char *text, struct mqtt_settings *s, char error[CONFIG_ERROR])
{
    return mqtt_settings_parse("c.conf", text, strlen(text), s, error);
}

static void defaults(void **state)
{
    struct mqtt_settings s;
    char error[CONFIG_ERROR];

    (void)state;
    assert_int_equal(
        parse("[terminal]\nregion = 4403\n[mqtt]\nuri = mqtt://broker.example\n[hmi]\noutput = none\n", &s,
              error),
        0);
    assert_true(s.enable && !s.tls && s.port == 1883 && s.version == 4 && s.keepalive_s == 60 &&
                s.window == 20);
    assert_string_equal(s.host, "broker.example");
    assert_string_equal(s.prefix, "ecc/v1");
    assert_string_equal(s.ha_prefix, "homeassistant");
    assert_true(s.max_payload == 8192 && s.replay_rps == 20 && s.state_s == 0 && s.offline_s == 2700 &&
                !s.ha_discovery);
    assert_true(!s.client_id[0] && !s.user[0] && !s.password_file[0] && !s.tls_ca[0]);
}

static void every_key(void **state)
{
    struct mqtt_settings s;
    char error[CONFIG_ERROR];

    (void)state;
    assert_int_equal(
        parse(
            "[mqtt]\nenable = off\nuri = mqtts://10.0.0.1:8884\nclient_id = box-1\nuser = u\n"
            "password_file = /p\nversion = 5\nkeepalive = 30\n  prefix = a/b_c/D-9\nwindow = 64\n"
            "max_payload = 65536 ; comment\nreplay_rps = 0\nstate_s = 10\noffline_s = 60\ntls_ca = /ca.pem\n"
            "tls_cert = /c.pem\ntls_key = /k.pem\nha_discovery = on\nha_prefix = ha",
            &s, error),
        0);
    assert_true(!s.enable && s.tls && s.port == 8884 && s.version == 5 && s.keepalive_s == 30 &&
                s.window == 64);
    assert_string_equal(s.host, "10.0.0.1");
    assert_string_equal(s.client_id, "box-1");
    assert_string_equal(s.user, "u");
    assert_string_equal(s.password_file, "/p");
    assert_string_equal(s.prefix, "a/b_c/D-9");
    assert_true(s.max_payload == 65536 && s.replay_rps == 0 && s.state_s == 10 && s.offline_s == 60 &&
                s.ha_discovery);
    assert_string_equal(s.tls_ca, "/ca.pem");
    assert_string_equal(s.tls_cert, "/c.pem");
    assert_string_equal(s.tls_key, "/k.pem");
    assert_string_equal(s.ha_prefix, "ha");
}

static void schemes(void **state)
{
    static const struct {
        const char *uri;
        bool tls;
        unsigned port;
    } rows[] = {{"mqtt://h", false, 1883},
                {"tcp://h:1", false, 1},
                {"mqtts://h", true, 8883},
                {"ssl://h:65535", true, 65535}};
    struct mqtt_settings s;
    char error[CONFIG_ERROR], text[128];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "[mqtt]\nuri = %s\n%s", rows[i].uri, rows[i].tls ? "tls_ca = /c\n" : "");
        assert_int_equal(parse(text, &s, error), 0);
        assert_true(s.tls == rows[i].tls && s.port == rows[i].port);
        assert_string_equal(s.host, "h");
    }
}

#define URI "[mqtt]\nuri = mqtt://h\n"

/* One line with the number of the line and what is wrong there. */
static void refusals(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "c.conf:0: the section is missing: [mqtt]"},
        {"[mqtt]\n", "c.conf:1: [mqtt] needs the key uri"},
        {URI "colour = red\n", "c.conf:3: unknown key colour"},
        {URI "window = 1\n\nwindow = 2\n", "c.conf:5: the key is there already: window"},
        {URI "window = 0\n", "c.conf:3: window = 0 is not 1..64"},
        {URI "window = 65\n", "c.conf:3: window = 65 is not 1..64"},
        {URI "window = 1x\n", "c.conf:3: window = 1x is not 1..64"},
        {URI "window = -1\n", "c.conf:3: window = -1 is not 1..64"},
        {URI "window = 99999999999\n", "c.conf:3: window = 99999999999 is not 1..64"},
        {URI "window =\n", "c.conf:3: window =  is not 1..64"},
        {URI "keepalive = 9\n", "c.conf:3: keepalive = 9 is not 10..3600 seconds"},
        {URI "max_payload = 1023\n", "c.conf:3: max_payload = 1023 is not 1024..65536 bytes"},
        {URI "version = 3\n", "c.conf:3: version = 3 is not 3.1.1 or 5"},
        {URI "enable = yes\n", "c.conf:3: enable = yes is not on or off"},
        {URI "client_id = a b\n", "c.conf:3: client_id = a b is not of the form [A-Za-z0-9_-]{1,23}"},
        {URI "client_id = 123456789012345678901234\n",
         "c.conf:3: client_id = 123456789012345678901234 is not of the form [A-Za-z0-9_-]{1,23}"},
        {URI "prefix = /a\n", "c.conf:3: prefix = /a is not made of segments [A-Za-z0-9_-]{1,32} with / "
                              "between them, 96 characters at most"},
        {URI "prefix = a//b\n", "c.conf:3: prefix = a//b is not made of segments [A-Za-z0-9_-]{1,32} with / "
                                "between them, 96 characters at most"},
        {URI "prefix = a/+\n", "c.conf:3: prefix = a/+ is not made of segments [A-Za-z0-9_-]{1,32} with / "
                               "between them, 96 characters at most"},
        {URI "prefix = a/\n", "c.conf:3: prefix = a/ is not made of segments [A-Za-z0-9_-]{1,32} with / "
                              "between them, 96 characters at most"},
        {URI "user =\n", "c.conf:3: user =  is not a text of 1..127 characters"},
        {URI "password_file = /p\n", "c.conf:3: password_file without the key user"},
        {URI "tls_ca = /p\n", "c.conf:3: tls_ keys without a broker over TLS in uri"},
        {"[mqtt]\nuri = mqtts://h\n", "c.conf:2: a broker over TLS needs the key tls_ca"},
        {"[mqtt]\nuri = mqtts://h\ntls_ca = /a\ntls_cert = /b\n",
         "c.conf:3: both or none are needed of tls_cert and tls_key"},
        {"[mqtt]\nuri = h\n", "c.conf:2: uri = h is not mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"},
        {"[mqtt]\nuri = ws://h\n", "c.conf:2: uri = ws://h is not mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"},
        {"[mqtt]\nuri = mqtt://\n",
         "c.conf:2: uri = mqtt:// is not mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"},
        {"[mqtt]\nuri = mqtt://h:0\n",
         "c.conf:2: uri = mqtt://h:0 is not mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"},
        {"[mqtt]\nuri = mqtt://h:65536\n",
         "c.conf:2: uri = mqtt://h:65536 is not mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"},
        {"[mqtt]\nuri = mqtt://u:p@h\n",
         "c.conf:2: uri = mqtt://u:p@h is not mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"},
        {"[mqtt]\nuri = mqtt://h/x\n",
         "c.conf:2: uri = mqtt://h/x is not mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"},
        {URI "nonsense\n", "c.conf:3: not a section and not key = value"},
    };
    struct mqtt_settings s;
    char error[CONFIG_ERROR];

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(parse(rows[i].text, &s, error), CN_E_CONFIG);
        assert_string_equal(error, rows[i].error);
    }
}

static void hostile_files(void **state)
{
    struct mqtt_settings s;
    char error[CONFIG_ERROR], text[512];

    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text, "[mqtt]\nuri = mqtt://h", 21);
    assert_int_equal(mqtt_settings_parse("c.conf", text, sizeof text, &s, error), CN_E_CONFIG);
    assert_string_equal(error, "c.conf:2: the line is too long or no text");
    assert_int_equal(mqtt_settings_parse("c.conf", "[mqtt]\nuri = mqtt://h\0x\n", 24, &s, error),
                     CN_E_CONFIG);
    assert_int_equal(mqtt_settings_load("/nonexistent/c.conf", &s, error), CN_E_CONFIG);
    assert_string_equal(error, "/nonexistent/c.conf:0: cannot be opened: No such file or directory");
    assert_int_equal(mqtt_settings_load("/dev/zero", &s, error), CN_E_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults), cmocka_unit_test(every_key),     cmocka_unit_test(schemes),
        cmocka_unit_test(refusals), cmocka_unit_test(hostile_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
