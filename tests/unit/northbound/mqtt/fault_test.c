#include "northbound/mqtt/fault.h"

#include "tests/unit/northbound/mqtt/doc.h"

static void answers_to_connect(void **state)
{
    static const struct {
        unsigned version, code;
        enum fault_kind kind;
        const char *text;
    } rows[] = {
        {4, 1, FAULT_BROKER, "it refuses the connection: it does not speak MQTT 3.1.1"},
        {4, 2, FAULT_BROKER, "it refuses the connection: it does not accept the client id"},
        {4, 3, FAULT_BROKER, "it refuses the connection: its service is not available"},
        {4, 4, FAULT_REFUSED, "it refuses the connection: user or password is wrong"},
        {4, 5, FAULT_REFUSED, "it refuses the connection: we are not authorised"},
        {4, 6, FAULT_BROKER, "it refuses the connection with code 6"},
        {5, 0x84, FAULT_BROKER, "it refuses the connection: it does not speak MQTT 5"},
        {5, 0x86, FAULT_REFUSED, "it refuses the connection: user or password is wrong"},
        {5, 0x87, FAULT_REFUSED, "it refuses the connection: we are not authorised"},
        {5, 0x97, FAULT_BROKER, "it refuses the connection: quota exceeded"},
        {5, 0xFE, FAULT_BROKER, "it refuses the connection with code 254"},
    };
    struct fault f;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fault_of_connack(&f, rows[i].version, rows[i].code);
        assert_int_equal(f.kind, rows[i].kind);
        assert_string_equal(f.text, rows[i].text);
    }
    assert_string_equal(fault_reason(0x95), "packet too large");
    assert_string_equal(fault_reason(1), "unknown reason");
}

static void the_clock(void **state)
{
    struct fault f;
    const int64_t software = 1767225600, now = 1795354140;

    (void)state;
    assert_true(fault_clock_ok(&f, now, 0));
    assert_true(fault_clock_ok(&f, software, 0));
    assert_false(fault_clock_ok(&f, software - 1, 0));
    assert_int_equal(f.kind, FAULT_CLOCK);
    assert_false(fault_clock_ok(&f, 42, 0));
    assert_string_equal(f.text,
                        "TLS waits for the clock: it says 1970-01-01 00:00:42 UTC, but it was later than "
                        "2026-01-01 00:00:00 already");
    /* the box has lived later than that */
    assert_true(fault_clock_ok(&f, now - 86400, now));
    assert_false(fault_clock_ok(&f, now - 86401, now));
    assert_non_null(strstr(f.text, "later than 2026-11-22 13:29:00"));
}

static void long_texts_are_cut(void **state)
{
    struct fault f;
    char text[1000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fault_set(&f, FAULT_TLS, "%s", text);
    assert_int_equal(strlen(f.text), FAULT_TEXT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_to_connect),
        cmocka_unit_test(the_clock),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
