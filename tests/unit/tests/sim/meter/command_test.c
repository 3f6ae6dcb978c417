#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "tests/sim/meter/sim.h"

enum { PORTS = 2, PER_PORT = 20 };

static struct sm_sim *sim_new(void)
{
    struct sm_sim *s = calloc(1, sizeof *s);
    uint32_t *asked_in = calloc(PORTS * PER_PORT, sizeof *asked_in);

    assert_non_null(s);
    s->site.world =
        (struct sm_world){.seed = 1, .zone = {8 * 3600}, .start_s = 1795314600, .install_s = 1704038400};
    s->lines = calloc(PORTS, sizeof *s->lines);
    s->meters = calloc(PORTS * PER_PORT, sizeof *s->meters);
    assert_non_null(s->lines);
    assert_non_null(s->meters);
    s->line_count = PORTS;
    s->meter_count = PORTS * PER_PORT;
    sm_time_set(&s->time, 0, 1795314600000, 1000);
    for (unsigned i = 0; i < s->meter_count; i++) {
        uint8_t addr[6] = {(uint8_t)(i + 1)};
        sm_meter_init(&s->site, &s->meters[i], i + 1, i / PER_PORT + 1, addr);
    }
    for (unsigned i = 0; i < PORTS; i++) {
        sm_line_init(&s->lines[i], i + 1, &s->site, 1);
        s->lines[i].meters = s->meters + i * PER_PORT;
        s->lines[i].meter_count = PER_PORT;
        s->lines[i].asked_in = asked_in + i * PER_PORT;
    }
    return s;
}

static void sim_free(struct sm_sim *s)
{
    free(s->lines->asked_in);
    free(s->lines);
    free(s->meters);
    free(s);
}

static int run(struct sm_sim *s, const char *line, char *out, size_t cap)
{
    FILE *f = fmemopen(out, cap, "w");
    int err;

    assert_non_null(f);
    memset(out, 0, cap);
    err = sm_command(s, line, 0, s->site.world.start_s, f);
    fclose(f);
    return err;
}

static void good(struct sm_sim *s, const char *line, const char *expected)
{
    char out[8000];

    if (run(s, line, out, sizeof out) < 0 || strncmp(out, expected, strlen(expected)) != 0)
        fail_msg("%s: %s", line, out);
}

static void test_faults(void **state)
{
    struct sm_sim *s = sim_new();

    (void)state;
    good(s, "point=37 silent late=250 times=3", "ok 1\n");
    assert_true(s->meters[36].faults.silent);
    assert_int_equal(s->meters[36].faults.late_ms, 250);
    assert_int_equal(s->meters[36].faults.times, 3);
    good(s, "point=37 silent=off", "ok 1\n");
    assert_false(s->meters[36].faults.silent);
    good(s, "point=1..3,7 checksum", "ok 4\n");
    assert_true(s->meters[6].faults.bad_checksum);
    assert_false(s->meters[3].faults.bad_checksum);
    good(s, "every=20 silent", "ok 2\n");
    assert_true(s->meters[19].faults.silent && s->meters[39].faults.silent);
    good(s, "port=1 ber=1e-4", "ok 1\n");
    assert_true(s->lines[0].ber > 0.99e-4 && s->lines[1].ber == 0 && s->meters[0].faults.ber == 0);
    good(s, "point=2 ber=0.001", "ok 1\n");
    assert_true(s->meters[1].faults.ber > 0);
    good(s, "port=2 cut=5", "ok 20\n");
    good(s, "all echo", "ok 2\n");
    good(s, "all ok", "ok 42\n");
    for (unsigned i = 0; i < s->meter_count; i++)
        assert_memory_equal(&s->meters[i].faults, &(struct sm_faults){0}, sizeof(struct sm_faults));
    assert_true(!s->lines[0].echo && s->lines[0].ber == 0);
    sim_free(s);
}

static void test_settings(void **state)
{
    struct sm_sim *s = sim_new();

    (void)state;
    good(s, "point=1 address=99 phases=1 blocks=off fe=0 delay=5..9 unknown=silent", "ok 1\n");
    assert_int_equal(s->meters[0].address[0], 0x99);
    assert_false(s->meters[0].load.three_phase);
    assert_true(s->meters[0].no_blocks && s->meters[0].unknown_silent);
    assert_int_equal(s->meters[0].wakeup, 0);
    assert_int_equal(s->meters[0].delay_max_ms, 9);
    good(s, "point=2 energy=999999.99", "ok 1\n");
    good(s, "item 2 00010000", "00010000 99999999 999999.99\n");
    good(s, "point=2 item=03300D00:270000 status=4:0081", "ok 1\n");
    good(s, "item 2 03300D00", "03300D00 270000\n");
    good(s, "item 2 04000504", "04000504 8100\n");
    good(s, "point=3 clock=-90", "ok 1\n");
    assert_int_equal(sm_clock_at(&s->meters[2].clock, s->site.world.start_s), s->site.world.start_s - 90);
    good(s, "registers 2", "00010000 999999.99 kWh forward active total\n");
    good(s, "item 4 05060001 at 2026-05-02 11:00:00", "05060001 0000020526 2605020000\n");
    good(s, "time", "2026-11-22 10:30:00\n");
    good(s, "time 2027-01-01 00:00:00", "2027-01-01 00:00:00\n");
    assert_int_equal(sm_time_ms(&s->time, 0, 5000), 1798732805000);
    good(s, "scale 0", "ok\n");
    good(s, "stats json", "{\"ports\":[{\"port\":1,");
    sim_free(s);
}

static void test_errors(void **state)
{
    static const char *const wrong[] = {
        "nonsense",
        "point=x silent",
        "point=1",
        "point=99 silent",
        "point=1 whistle",
        "point=1 late=",
        "point=1 late=-5",
        "point=1 ber=2",
        "point=1 echo",
        "point=1 address=12x4",
        "port=9 echo",
        "every=0 silent",
        "point=1 delay=9..5",
        "point=1 silent=7",
        "point=1 load=40001",
        "point=1 item=0001:00",
        "point=1 status=8:0000",
        "registers",
        "registers 41",
        "item 1 0001",
        "item 1 12345678",
        "time yesterday",
        "scale -1",
        "point=1 tariffs=13",
    };
    struct sm_sim *s = sim_new();
    char out[2000];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (run(s, wrong[i], out, sizeof out) >= 0 || strncmp(out, "error: ", 7) != 0)
            fail_msg("%s: %s", wrong[i], out);
    }
    assert_int_equal(run(s, "   ", out, sizeof out), 0);
    sim_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
