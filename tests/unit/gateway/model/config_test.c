#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "gateway/model/config.h"
#include "gateway/model/param.h"

#define TERMINAL "[terminal]\nregion = 4403\naddress = 1\nboard = sim\n"

static int parse(const char *text, struct config *c, char error[CONFIG_ERROR])
{
    return config_parse("box.ini", text, strlen(text), false, c, error);
}

static void expect_error(const char *text, const char *want)
{
    struct config c;
    char error[CONFIG_ERROR] = "";

    assert_int_equal(parse(text, &c, error), CN_E_CONFIG);
    assert_string_equal(error, want);
}

static void expect_good(const char *text, struct config *c)
{
    char error[CONFIG_ERROR] = "";
    int ret = parse(text, c, error);

    assert_string_equal(error, "");
    assert_int_equal(ret, 0);
}

/* A file with every section and every key. */
static void the_whole_example(void **state)
{
    struct config c;

    (void)state;
    expect_good("[terminal]\n"
                "region = 4403                 ; A1, four decimal digits (BCD on the wire)\n"
                "address = 1                   ; A2, 1..65534\n"
                "timezone = Asia/Shanghai      ; local time\n"
                "state_dir = /var/lib/concentrator   ; store.db\n"
                "run_dir = /run/concentrator\n"
                "clock = offset\n"
                "board = hx1088                ; bsp/boards/NAME.board\n"
                "profile_dir = /etc/profiles\n"
                "\n"
                "[rs485.2]\n"
                "device = /dev/ttyS2\n"
                "baud = 9600\n"
                "parity = none\n"
                "turnaround_ms = 40\n"
                "same_meter_ms = 0\n"
                "[rs485.1]                     ; the 376.1 port number\n"
                "device = /dev/ttyS1\n"
                "\n"
                "[uplink]\n"
                "transport = udp\n"
                "role = mixed\n"
                "master = 127.0.0.1:9001\n"
                "standby = 10.1.2.3:65535\n"
                "listen = 0.0.0.0:7001\n"
                "heartbeat_s = 900\n"
                "fresh_s = 60\n"
                "frame_max = 16383\n"
                "modem = /dev/ttyS3\n"
                "tls = on\n"
                "ca = /etc/ca.pem\n"
                "cert = /etc/cert.pem\n"
                "key = /etc/key.pem\n"
                "[maintenance]\n"
                "device = /dev/ttyS0\n"
                "[mqtt]\n"
                "broker = ssl://broker:8883\n"
                "any key = any value\n"
                "[hmi]\n",
                &c);
    assert_string_equal(c.path, "box.ini");
    assert_int_equal(c.terminal.region, 0x4403);
    assert_int_equal(c.terminal.address, 1);
    assert_int_equal(c.terminal.zone.offset_s, 28800);
    assert_string_equal(c.terminal.state_dir, "/var/lib/concentrator");
    assert_string_equal(c.terminal.run_dir, "/run/concentrator");
    assert_int_equal(c.terminal.clock, CLOCK_MODE_OFFSET);
    assert_string_equal(c.terminal.board, "hx1088");
    assert_string_equal(c.terminal.profile_dir, "/etc/profiles");

    assert_int_equal(c.port_count, 2); /* ascending, whatever the order in the file */
    assert_int_equal(c.ports[0].number, 1);
    assert_string_equal(c.ports[0].device, "/dev/ttyS1");
    assert_int_equal(c.ports[0].baud, 2400);
    assert_int_equal(c.ports[0].parity, 'E');
    assert_int_equal(c.ports[0].turnaround_ms, 0);
    assert_int_equal(c.ports[0].same_meter_ms, 20);
    assert_int_equal(c.ports[1].number, 2);
    assert_string_equal(c.ports[1].device, "/dev/ttyS2");
    assert_int_equal(c.ports[1].baud, 9600);
    assert_int_equal(c.ports[1].parity, 'N');
    assert_int_equal(c.ports[1].turnaround_ms, 40);
    assert_int_equal(c.ports[1].same_meter_ms, 0);

    assert_true(c.uplink.present);
    assert_int_equal(c.uplink.transport, TRANSPORT_UDP);
    assert_int_equal(c.uplink.role, ROLE_MIXED);
    assert_true(c.uplink.master.set);
    assert_memory_equal(c.uplink.master.ip, "\x7F\0\0\1", 4);
    assert_int_equal(c.uplink.master.port, 9001);
    assert_int_equal(c.uplink.standby.port, 65535);
    assert_int_equal(c.uplink.listen.port, 7001);
    assert_int_equal(c.uplink.heartbeat_s, 900);
    assert_int_equal(c.uplink.fresh_s, 60);
    assert_int_equal(c.uplink.frame_max, 16383);
    assert_string_equal(c.uplink.modem, "/dev/ttyS3");
    assert_true(c.uplink.tls);
    assert_string_equal(c.uplink.key, "/etc/key.pem");
    assert_true(c.maintenance.present);
    assert_string_equal(c.maintenance.device, "/dev/ttyS0");
    assert_true(c.mqtt_present);
    assert_true(c.hmi_present);
}

static void defaults(void **state)
{
    struct config c;

    (void)state;
    expect_good(TERMINAL, &c);
    assert_string_equal(c.terminal.timezone, "Asia/Shanghai");
    assert_int_equal(c.terminal.zone.offset_s, 28800);
    assert_string_equal(c.terminal.state_dir, "/var/lib/concentrator");
    assert_string_equal(c.terminal.run_dir, "/run/concentrator");
    assert_int_equal(c.terminal.clock, CLOCK_MODE_SYSTEM);
    assert_string_equal(c.terminal.profile_dir, "");
    assert_int_equal(c.port_count, 0);
    assert_false(c.uplink.present);
    assert_false(c.maintenance.present);
    assert_false(c.mqtt_present);
    assert_false(c.hmi_present);

    expect_good(TERMINAL "[uplink]\nmaster = 1.2.3.4:5\n", &c);
    assert_int_equal(c.uplink.transport, TRANSPORT_TCP);
    assert_int_equal(c.uplink.role, ROLE_CLIENT);
    assert_false(c.uplink.standby.set);
    assert_int_equal(c.uplink.heartbeat_s, 300);
    assert_int_equal(c.uplink.fresh_s, 300);
    assert_int_equal(c.uplink.frame_max, 1024);
    assert_false(c.uplink.tls);
}

static void spelling_that_is_fine(void **state)
{
    struct config c;

    (void)state;
    expect_good("\xEF\xBB\xBF# comment\r\n; another\r\n\r\n[terminal]\r\n  region=4403\r\n\taddress: 65534 "
                "\r\nboard = sim",
                &c);
    assert_int_equal(c.terminal.address, 65534);
    assert_string_equal(c.terminal.board, "sim");
    expect_good(TERMINAL "timezone = UTC\n", &c);
    assert_int_equal(c.terminal.zone.offset_s, 0);
}

/* Each error names file, line and reason. */
static void errors_name_their_line(void **state)
{
    (void)state;
    expect_error("[terminal]\nregion = 4403\nadress = 1\n", "box.ini:3: unknown key adress");
    expect_error(TERMINAL "[rs485.1]\ndevice = /dev/a\nspeed = 1\n", "box.ini:7: unknown key speed");
    expect_error(TERMINAL "[rs422.1]\ndevice = /dev/a\n", "box.ini:5: unknown section rs422.1");
    expect_error(TERMINAL "[Uplink]\n", "box.ini:5: unknown section Uplink");
    expect_error("region = 4403\n", "box.ini:1: a key before the first section: region");
    expect_error(TERMINAL "\nboard = sim\n", "box.ini:6: the key is there already: board");
    expect_error(TERMINAL "[hmi]\n[terminal]\n", "box.ini:6: this section is there already: terminal");
    expect_error(TERMINAL "[rs485.1]\ndevice = /a\n[rs485.1]\n",
                 "box.ini:7: this section is there already: rs485.1");
    expect_error(TERMINAL "nonsense\n", "box.ini:5: not a section and not key = value");
    expect_error(TERMINAL "nonsense\nmore = 1\n", "box.ini:5: not a section and not key = value");
    expect_error(TERMINAL "[uplink\n", "box.ini:5: not a section: [uplink");
    expect_error(TERMINAL "[]\n", "box.ini:5: not a section: []");
}

static void bad_values(void **state)
{
    static const struct {
        const char *line;
        const char *reason;
    } rows[] = {
        {"[terminal]\nregion = 440", "region = 440 is not an administrative code of four decimal digits"},
        {"[terminal]\nregion = 44O3", "region = 44O3 is not an administrative code of four decimal digits"},
        {"[terminal]\nregion = 0000", "region = 0000 is not an administrative code of four decimal digits"},
        {"[terminal]\naddress = 0", "address = 0 is out of range"},
        {"[terminal]\naddress = 65535", "address = 65535 is out of range"},
        {"[terminal]\naddress = 1x", "address = 1x is out of range"},
        {"[terminal]\naddress = -1", "address = -1 is out of range"},
        {"[terminal]\naddress = 99999999999", "address = 99999999999 is out of range"},
        {"[terminal]\ntimezone = Asia/Atlantis", "timezone = Asia/Atlantis is not a known time zone"},
        {"[terminal]\nclock = ntp", "clock = ntp is not one of the values allowed"},
        {"[terminal]\nboard =", "board =  is empty"},
        {"[rs485.1]\nbaud = 2401", "baud = 2401 is not a standard bit rate"},
        {"[rs485.1]\nbaud = fast", "baud = fast is not a number"},
        {"[rs485.1]\nparity = mark", "parity = mark is not one of the values allowed"},
        {"[rs485.1]\nturnaround_ms = 10001", "turnaround_ms = 10001 is out of range"},
        {"[uplink]\ntransport = x25", "transport = x25 is not one of the values allowed"},
        {"[uplink]\nmaster = 127.0.0.1", "master = 127.0.0.1 is not of the form a.b.c.d:port"},
        {"[uplink]\nmaster = 127.0.0.256:1", "master = 127.0.0.256:1 is not of the form a.b.c.d:port"},
        {"[uplink]\nmaster = 127.0.0.1:0", "master = 127.0.0.1:0 is not of the form a.b.c.d:port"},
        {"[uplink]\nmaster = 127.0.0.1:65536", "master = 127.0.0.1:65536 is not of the form a.b.c.d:port"},
        {"[uplink]\nmaster = station.example.com:9001",
         "master = station.example.com:9001 is not of the form a.b.c.d:port"},
        {"[uplink]\nheartbeat_s = 90", "heartbeat_s = 90 is not in whole minutes"},
        {"[uplink]\nheartbeat_s = 0", "heartbeat_s = 0 is out of range"},
        {"[uplink]\nheartbeat_s = 15360", "heartbeat_s = 15360 is out of range"},
        {"[uplink]\nframe_max = 219", "frame_max = 219 is out of range"},
        {"[uplink]\nfresh_s = 65536", "fresh_s = 65536 is out of range"},
        {"[uplink]\ntls = yes", "tls = yes is not one of the values allowed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char want[CONFIG_ERROR];
        snprintf(want, sizeof want, "box.ini:2: %s", rows[i].reason);
        expect_error(rows[i].line, want);
    }
    expect_error(TERMINAL "[rs485.0]\n", "box.ini:5: a port number is 1..31, not 0");
    expect_error(TERMINAL "[rs485.32]\n", "box.ini:5: a port number is 1..31, not 32");
    expect_error(TERMINAL "[rs485.01]\n", "box.ini:5: a port number is 1..31, not 01");
    expect_error(TERMINAL "[rs485.x]\n", "box.ini:5: a port number is 1..31, not x");
}

static void what_must_be_there(void **state)
{
    (void)state;
    expect_error("", "box.ini:0: the section is missing: [terminal]");
    expect_error("[hmi]\n", "box.ini:1: the section is missing: [terminal]");
    expect_error("\n[terminal]\naddress = 1\nboard = sim\n", "box.ini:2: [terminal] needs the key region");
    expect_error("[terminal]\nregion = 4403\nboard = sim\n", "box.ini:1: [terminal] needs the key address");
    expect_error("[terminal]\nregion = 4403\naddress = 1\n", "box.ini:1: [terminal] needs the key board");
    expect_error(TERMINAL "[rs485.3]\nbaud = 9600\n", "box.ini:5: [rs485] needs the key device");
    expect_error(TERMINAL "[maintenance]\n", "box.ini:5: [maintenance] needs the key device");
    expect_error(TERMINAL "[uplink]\n", "box.ini:5: [uplink] needs the key master");
    expect_error(TERMINAL "[uplink]\nrole = server\n", "box.ini:5: [uplink] needs the key listen");
    expect_error(TERMINAL "[uplink]\nrole = mixed\nmaster = 1.1.1.1:1\n",
                 "box.ini:5: [uplink] needs the key listen");
    expect_error(TERMINAL "[uplink]\ntransport = sms\n", "box.ini:5: [uplink] needs the key modem");
    expect_error(TERMINAL "[uplink]\nmaster = 1.1.1.1:1\ntls = on\n",
                 "box.ini:5: [uplink] with tls = on needs the key ca");
    expect_error(TERMINAL "[uplink]\nmaster = 1.1.1.1:1\ncert = a\n",
                 "box.ini:5: [uplink] needs both or none of cert and key");
    expect_error(TERMINAL "[rs485.1]\ndevice = /dev/a\n[rs485.2]\ndevice = /dev/a\n",
                 "box.ini:7: two ports share the device /dev/a");
}

static void lengths_are_bounded(void **state)
{
    char text[1024], error[CONFIG_ERROR];
    struct config c;

    (void)state;
    snprintf(text, sizeof text, TERMINAL "state_dir = /%0126d\n", 0);
    assert_int_equal(parse(text, &c, error), 0); /* 127 characters */
    snprintf(text, sizeof text, TERMINAL "state_dir = /%0127d\n", 0);
    assert_int_equal(parse(text, &c, error), CN_E_CONFIG);
    assert_non_null(strstr(error, "is too long"));
    snprintf(text, sizeof text, TERMINAL "run_dir = /%088d\n",
             0); /* with the socket's name it must fit an address */
    assert_int_equal(parse(text, &c, error), 0);
    snprintf(text, sizeof text, TERMINAL "run_dir = /%089d\n", 0);
    assert_int_equal(parse(text, &c, error), CN_E_CONFIG);
    snprintf(text, sizeof text, TERMINAL "; %0300d\n", 0);
    assert_int_equal(parse(text, &c, error), CN_E_CONFIG);
    assert_string_equal(error, "box.ini:5: the line is too long or no text");
    snprintf(text, sizeof text, TERMINAL "x = %0900d\n", 0); /* the message is cut to its buffer */
    assert_int_equal(parse(text, &c, error), CN_E_CONFIG);
    static const char nul[] = TERMINAL "a\0b = 1\n";
    assert_int_equal(config_parse("box.ini", nul, sizeof nul - 1, false, &c, error), CN_E_CONFIG);
    assert_string_equal(error, "box.ini:5: the line is too long or no text");
    memset(text, 'p', 200);
    text[200] = '\0';
    assert_int_equal(config_parse(text, TERMINAL, strlen(TERMINAL), false, &c, error), CN_E_CONFIG);
}

static void all_ports(void **state)
{
    char text[4096] = TERMINAL;
    struct config c;

    (void)state;
    for (unsigned i = 31; i >= 1; i--)
        snprintf(text + strlen(text), sizeof text - strlen(text), "[rs485.%u]\ndevice = /dev/p%u\n", i, i);
    expect_good(text, &c);
    assert_int_equal(c.port_count, 31);
    for (unsigned i = 0; i < 31; i++) {
        char device[16];
        snprintf(device, sizeof device, "/dev/p%u", i + 1);
        assert_int_equal(c.ports[i].number, i + 1);
        assert_string_equal(c.ports[i].device, device);
    }
}

static void devices_are_looked_for(void **state)
{
    static const char good[] = TERMINAL "[rs485.1]\ndevice = /dev/null\n";
    static const char bad[] = TERMINAL "[rs485.1]\nbaud = 2400\ndevice = /dev/no-such-port\n";
    struct config c;
    char error[CONFIG_ERROR];

    (void)state;
    assert_int_equal(config_parse("box.ini", good, sizeof good - 1, true, &c, error), 0);
    assert_int_equal(config_parse("box.ini", bad, sizeof bad - 1, true, &c, error), CN_E_CONFIG);
    assert_string_equal(error, "box.ini:7: device = /dev/no-such-port is a device that does not exist");
    assert_int_equal(config_parse("box.ini", bad, sizeof bad - 1, false, &c, error), 0);
}

static void files(void **state)
{
    char path[] = "/tmp/config_test_XXXXXX";
    char error[CONFIG_ERROR], want[CONFIG_ERROR];
    struct config c;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, TERMINAL, strlen(TERMINAL)), (ssize_t)strlen(TERMINAL));
    assert_int_equal(config_load(path, false, &c, error), 0);
    assert_string_equal(c.path, path);
    assert_int_equal(write(fd, "oops = 1\n", 9), 9);
    assert_int_equal(config_load(path, false, &c, error), CN_E_CONFIG);
    snprintf(want, sizeof want, "%s:5: unknown key oops", path);
    assert_string_equal(error, want);
    for (int i = 0; i < 400; i++)
        assert_int_equal(write(fd, "; a comment line that makes the file too large\n", 47), 47);
    assert_int_equal(config_load(path, false, &c, error), CN_E_CONFIG);
    assert_non_null(strstr(error, ":0: cannot be read or is larger than"));
    close(fd);
    unlink(path);
    assert_int_equal(config_load(path, false, &c, error), CN_E_CONFIG);
    snprintf(want, sizeof want, "%s:0: cannot be opened: No such file or directory", path);
    assert_string_equal(error, want);
}

static void unit(const struct config *c, unsigned fn, const char *hex)
{
    uint8_t out[64];
    char text[130];
    int n = config_param(c, fn, out, sizeof out);
    struct rbuf r = rbuf_of(out, n > 0 ? (size_t)n : 0);

    assert_true(n > 0);
    assert_string_equal(hex_print(out, (size_t)n, text, sizeof text), hex);
    assert_int_equal(param_check(param_find(fn), &r), n); /* what we answer, we would accept */
}

static void first_start_parameters(void **state)
{
    struct config c;
    uint8_t out[4];

    (void)state;
    expect_good(
        TERMINAL "[uplink]\nmaster = 192.168.0.1:8080\nstandby = 192.168.0.2:8080\nheartbeat_s = 900\n", &c);
    unit(&c, 1, "00001E30070F");
    unit(&c, 3, "C0A80001901FC0A80002901F00000000000000000000000000000000");
    unit(&c, 8, "111E00030AFFFFFF");
    unit(&c, 9, "FFFFFFFFFFFFFFFF0000000000000000");
    unit(&c, 36, "00000000");
    assert_int_equal(config_param(&c, 10, out, sizeof out), CN_E_NOTFOUND);
    assert_int_equal(config_param(&c, 24, out, sizeof out), CN_E_NOTFOUND);
    assert_int_equal(config_param(&c, 1, out, sizeof out), CN_E_NOSPACE);

    expect_good(TERMINAL "[uplink]\ntransport = udp\nrole = server\nlisten = 0.0.0.0:7001\n", &c);
    unit(&c, 8, "A11E00030AFFFFFF");
    expect_good(TERMINAL, &c); /* no uplink: the dictionary's own */
    unit(&c, 1, "00001E300705");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_example),
        cmocka_unit_test(defaults),
        cmocka_unit_test(spelling_that_is_fine),
        cmocka_unit_test(errors_name_their_line),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(what_must_be_there),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(all_ports),
        cmocka_unit_test(devices_are_looked_for),
        cmocka_unit_test(files),
        cmocka_unit_test(first_start_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
