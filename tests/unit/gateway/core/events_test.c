#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/core/events.h"
#include "gateway/store/view.h"

static const struct zone east8 = {.offset_s = 8 * 3600};

struct box {
    char dir[64];
    struct store *store;
    struct events e;
    unsigned told;
    struct ctl_n_event last;
};

static void on_stored(void *ctx, const struct ctl_n_event *n)
{
    struct box *b = ctx;

    b->told++;
    b->last = *n;
}

static void start(struct box *b)
{
    assert_int_equal(store_open(b->dir, &b->store), 0);
    events_init(&b->e, b->store, NULL, east8, (struct events_out){.ctx = b, .stored = on_stored});
}

static int setup(void **state)
{
    struct box *b = calloc(1, sizeof *b);

    strcpy(b->dir, "/tmp/events_test.XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    start(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct box *b = *state;
    char command[128];

    store_close(b->store);
    snprintf(command, sizeof command, "rm -rf '%s'", b->dir);
    free(b);
    return system(command);
}

static int record(const struct box *b, unsigned ring, unsigned index, uint8_t out[EVENT_MAX])
{
    struct view *v;
    int64_t at;

    assert_int_equal(view_open(b->dir, &v), 0);
    int n = view_event(v, ring, (uint8_t)index, out, EVENT_MAX, &at);
    view_close(v);
    return n;
}

static int64_t at_1030(void)
{
    struct civil c = {.year = 2026, .month = 11, .day = 21, .hour = 10, .minute = 30};

    return zone_to_utc(east8, &c);
}

/* The record of reference part 6, section 8, byte for byte. */
static void a_meter_failure_is_the_record_of_the_reference(void **state)
{
    static const uint8_t expected[] = {0x1F, 0x15, 0x30, 0x10, 0x21, 0x11, 0x26, 0x05, 0x80, 0x00, 0x10, 0x20,
                                       0x11, 0x26, 0x56, 0x34, 0x12, 0x00, 0x00, 0xEE, 0xEE, 0xEE, 0xEE};
    struct box *b = *state;
    struct mstate m = {
        .m.point = 5, .last_error = CN_E_TIMEOUT, .last = {value_of(123456, -4), value_none(), value_none()}};
    struct civil last = {.year = 2026, .month = 11, .day = 20, .hour = 10};
    uint8_t got[EVENT_MAX];

    m.last_ok = zone_to_utc(east8, &last);
    events_meter(&b->e, &m, true, at_1030());
    assert_int_equal(b->told, 0); /* nothing is told before it is on flash */
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->told, 1);
    assert_int_equal(b->last.erc, 31);
    assert_int_equal(b->last.ring, RING_GENERAL);
    assert_int_equal(record(b, RING_GENERAL, 0, got), (int)sizeof expected);
    assert_memory_equal(got, expected, sizeof expected);
    assert_true(events_alarm(&b->e));
}

static void start_and_end_come_once_over_restarts(void **state)
{
    struct box *b = *state;
    struct mstate m = {.m.point = 2040};
    uint8_t got[EVENT_MAX];

    events_meter(&b->e, &m, true, 1000);
    events_meter(&b->e, &m, true, 2000);
    events_port(&b->e, 3, true, 2000);
    events_port(&b->e, 3, true, 3000);
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->told, 2);
    store_close(b->store);
    start(b);
    assert_true(events_meter_open(&b->e, 2040));
    events_meter(&b->e, &m, true, 4000);
    events_port(&b->e, 3, true, 4000);
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->told, 2);
    events_meter(&b->e, &m, false, 5000);
    events_meter(&b->e, &m, false, 6000);
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->told, 3);
    assert_int_equal(record(b, RING_GENERAL, 2, got), 23);
    assert_int_equal(got[0], 31);
    assert_int_equal(got[8] & 0x80, 0); /* the end */
    assert_true(events_alarm(&b->e));   /* the port */
    events_port(&b->e, 3, false, 7000);
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->told, 3); /* a terminal fault has no end record */
    assert_false(events_alarm(&b->e));
    events_port(&b->e, 3, true, 8000);
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->told, 4);
}

/* clause: reference part 6, 1.1 */
static void masks_of_f9_rule(void **state)
{
    struct box *b = *state;
    uint8_t f9[16] = {0};
    struct param_write w = {.fn = 9, .data = f9, .length = sizeof f9};
    struct mstate m = {.m.point = 7};

    f9[3] = 0x40;  /* ERC31 recorded */
    f9[11] = 0x40; /* and important */
    assert_int_equal(store_params_write(b->store, &w, 1, 0), 0);
    events_load_masks(&b->e);
    events_port(&b->e, 1, true, 1000);
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->told, 0); /* ERC21 is not recorded */
    events_meter(&b->e, &m, true, 1000);
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->last.ring, RING_IMPORTANT);
    assert_int_equal(b->last.ec1, 1);
    assert_true(b->e.state.acd);
    events_meter(&b->e, &m, false, 1000);
    events_port(&b->e, 1, false, 1000);
    assert_int_equal(events_work(&b->e), 0);
    assert_true(events_alarm(&b->e)); /* unread important events */
    struct ctl_seen seen = {.ring = RING_IMPORTANT, .upto = 2, .clear_acd = 1};
    assert_int_equal(events_seen(&b->e, &seen), 0);
    assert_false(events_alarm(&b->e));
}

/* clause: reference part 6, section 5, ERC3: more than 62 items make several records */
static void parameter_changes_name_their_items(void **state)
{
    struct box *b = *state;
    uint8_t dadts[64][4];
    uint8_t got[EVENT_MAX];

    for (unsigned i = 0; i < 64; i++)
        memcpy(dadts[i], (uint8_t[]){1, (uint8_t)(i + 1), 2, 1}, 4);
    events_params(&b->e, 9, (const uint8_t(*)[4])dadts, 1, at_1030());
    events_params(&b->e, 9, (const uint8_t(*)[4])dadts, 64, at_1030());
    events_params(&b->e, 9, (const uint8_t(*)[4])dadts, 0, at_1030()); /* all refused: no record */
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->told, 3);
    assert_int_equal(record(b, RING_GENERAL, 0, got), 2 + 6 + 4);
    assert_memory_equal(got, ((uint8_t[]){3, 10, 0x30, 0x10, 0x21, 0x11, 0x26, 9, 1, 1, 2, 1}), 12);
    assert_int_equal(record(b, RING_GENERAL, 1, got), 2 + 6 + 4 * 62);
    assert_int_equal(record(b, RING_GENERAL, 2, got), 2 + 6 + 4 * 2);
}

static void power_off_and_on_are_one_record(void **state)
{
    struct box *b = *state;
    uint8_t got[EVENT_MAX];

    events_power(&b->e, at_1030(), at_1030() + 3600);
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(record(b, RING_GENERAL, 0, got), 12);
    assert_memory_equal(
        got, ((uint8_t[]){14, 10, 0x30, 0x10, 0x21, 0x11, 0x26, 0x30, 0x11, 0x21, 0x11, 0x26}), 12);
}

static void clients_raise_little(void **state)
{
    struct box *b = *state;
    struct ctl_event m = {.erc = 20, .length = 17};
    unsigned taken = 0;

    assert_int_equal(events_client(&b->e, &(struct ctl_event){.erc = 14, .length = 5}, 0), CN_E_DENIED);
    assert_int_equal(events_client(&b->e, &(struct ctl_event){.erc = 0}, 0), CN_E_DENIED);
    assert_int_equal(events_client(&b->e, &(struct ctl_event){.erc = 20, .length = 16}, 0), CN_E_FORMAT);
    for (int i = 0; i < 100; i++) {
        taken += events_client(&b->e, &m, 1000) == 0;
        assert_int_equal(events_work(&b->e), 0);
    }
    assert_int_equal(taken, EVENTS_CLIENT_PER_MINUTE);
    assert_int_equal(events_client(&b->e, &m, 1060), 0);
    assert_int_equal(b->e.refused, 100 - EVENTS_CLIENT_PER_MINUTE);
}

/* While the store is away events wait, in bounded memory, and come out in order. */
static void events_wait_for_the_store(void **state)
{
    struct box *b = *state;

    b->e.store = NULL;
    for (unsigned p = 1; p <= EVENTS_QUEUE + 5; p++) {
        struct mstate m = {.m.point = (uint16_t)p};
        events_meter(&b->e, &m, true, 1000 + p);
    }
    assert_int_equal(events_work(&b->e), CN_E_IO);
    assert_int_equal(b->told, 0);
    assert_int_equal(b->e.dropped, 5);
    b->e.store = b->store;
    assert_int_equal(events_work(&b->e), 0);
    assert_int_equal(b->told, EVENTS_QUEUE);
    uint8_t got[EVENT_MAX];
    assert_int_equal(record(b, RING_GENERAL, 3, got), 23);
    assert_int_equal(got[7], 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_meter_failure_is_the_record_of_the_reference, setup, teardown),
        cmocka_unit_test_setup_teardown(start_and_end_come_once_over_restarts, setup, teardown),
        cmocka_unit_test_setup_teardown(masks_of_f9_rule, setup, teardown),
        cmocka_unit_test_setup_teardown(parameter_changes_name_their_items, setup, teardown),
        cmocka_unit_test_setup_teardown(power_off_and_on_are_one_record, setup, teardown),
        cmocka_unit_test_setup_teardown(clients_raise_little, setup, teardown),
        cmocka_unit_test_setup_teardown(events_wait_for_the_store, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
