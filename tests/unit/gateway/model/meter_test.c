#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "gateway/model/meter.h"

/* The entries of the real and constructed set frames G10 and P07 (376.1-frames.tsv). */
static const char ac_sampling[] = "0100 0100 62 02 010000000000 000000000000 04 05 000000000000 00";
static const char plc_meter[] = "0200 0200 1F 1F 129078563412 000000000000 04 09 010000999999 12";
static const char real_meter[] = "0100 0100 C1 64 000000000000 000000000000 80 00 999999999999 00";

static struct meter decoded(const char *hex, int ret)
{
    uint8_t raw[F10_ENTRY];
    struct meter m;

    assert_int_equal(hex_parse(hex, raw, sizeof raw), F10_ENTRY);
    assert_int_equal(meter_decode(raw, &m), ret);
    return m;
}

static void fields_of_an_entry(void **state)
{
    char addr[ADDR_TEXT];
    struct meter m = decoded(ac_sampling, 0);

    (void)state;
    assert_int_equal(m.index, 1);
    assert_int_equal(m.point, 1);
    assert_int_equal(m.baud_code, 3);
    assert_int_equal(m.port, 2);
    assert_int_equal(m.protocol, PROTO_AC_SAMPLING);
    assert_string_equal(addr_print(m.address, addr), "000000000001");
    assert_int_equal(m.tariffs, 4);
    assert_int_equal(m.int_digits, 5);
    assert_int_equal(m.dec_digits, 2);

    m = decoded(plc_meter, 0);
    assert_int_equal(m.baud_code, 0);
    assert_int_equal(m.port, 31);
    assert_int_equal(m.protocol, PROTO_PLC);
    assert_string_equal(addr_print(m.address, addr), "123456789012");
    assert_string_equal(addr_print(m.collector, addr), "999999000001");
    assert_int_equal(m.int_digits, 6);
    assert_int_equal(m.dec_digits, 2);
    assert_int_equal(m.user_class, 1);
    assert_int_equal(m.user_subclass, 2);

    m = decoded(real_meter, 0); /* protocol 100, tariffs byte 80H */
    assert_int_equal(m.baud_code, 6);
    assert_int_equal(m.port, 1);
    assert_int_equal(m.protocol, 100);
    assert_int_equal(m.tariffs, 0);
    assert_int_equal(m.int_digits, 4);
    assert_int_equal(m.dec_digits, 1);
}

static void round_trip(void **state)
{
    static const char *const rows[] = {ac_sampling, plc_meter};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t raw[F10_ENTRY], back[F10_ENTRY];
        struct meter m;
        hex_parse(rows[i], raw, sizeof raw);
        assert_int_equal(meter_decode(raw, &m), 0);
        meter_encode(&m, back);
        assert_memory_equal(raw, back, F10_ENTRY);
    }
}

#define TAIL " 62 1E 010000000000 000000000000 04 05 000000000000 00"

/* clause: reference part 3, F10 */
static void refusals(void **state)
{
    (void)state;
    decoded("0000 0100" TAIL, CN_E_RANGE);
    decoded("F907 0100" TAIL, CN_E_RANGE);
    decoded("F807 0100" TAIL, 0);
    decoded("0100 F907" TAIL, CN_E_RANGE);
    decoded("0100 F807" TAIL, 0);
    decoded("0100 0100 60 1E 010000000000 000000000000 04 05 000000000000 00", CN_E_RANGE);
    decoded("0100 0000 60 1E 010000000000 000000000000 04 05 000000000000 00", 0); /* deletes: port ignored */
    decoded("0000 0000 60 1E 010000000000 000000000000 04 05 000000000000 00", CN_E_RANGE);
}

/* clause: reference part 3, F10: 0 works as 4, at most 12 */
static void tariffs(void **state)
{
    struct meter m = {.tariffs = 0};

    (void)state;
    assert_int_equal(meter_tariffs(&m), 4);
    m.tariffs = 1;
    assert_int_equal(meter_tariffs(&m), 1);
    m.tariffs = 12;
    assert_int_equal(meter_tariffs(&m), 12);
    m.tariffs = 13;
    assert_int_equal(meter_tariffs(&m), 12);
    m.tariffs = 63;
    assert_int_equal(meter_tariffs(&m), 12);
}

static void baud_codes(void **state)
{
    static const unsigned bauds[] = {0, 600, 1200, 2400, 4800, 7200, 9600, 19200};

    (void)state;
    for (unsigned code = 0; code < 8; code++) {
        assert_int_equal(meter_baud(code), bauds[code]);
        if (code)
            assert_int_equal(meter_baud_code(bauds[code]), code);
    }
    assert_int_equal(meter_baud(8), 0);
    assert_int_equal(meter_baud_code(0), -1);
    assert_int_equal(meter_baud_code(300), -1);
    assert_int_equal(meter_baud_code(115200), -1);
}

static void readable(void **state)
{
    struct meter m = {.point = 1, .protocol = PROTO_DLT645_2007};

    (void)state;
    assert_true(meter_readable(&m));
    m.point = 0;
    assert_false(meter_readable(&m));
    m.point = 1;
    m.protocol = PROTO_NONE;
    assert_false(meter_readable(&m));
    m.protocol = 100;
    assert_false(meter_readable(&m));
    m.protocol = PROTO_PLC;
    assert_false(meter_readable(&m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_an_entry), cmocka_unit_test(round_trip), cmocka_unit_test(refusals),
        cmocka_unit_test(tariffs),            cmocka_unit_test(baud_codes), cmocka_unit_test(readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
