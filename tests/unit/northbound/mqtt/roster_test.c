#include "northbound/mqtt/roster.h"

#include "gateway/base/err.h"
#include "tests/unit/northbound/mqtt/doc.h"

static struct roster_meter table[POINT_MAX + 1], table2[POINT_MAX + 1];

static int setup(void **state)
{
    static struct roster r;

    memset(table, 0, sizeof table);
    r = (struct roster){.at = table};
    *state = &r;
    return 0;
}

static struct meter a_meter(unsigned point, const char *address)
{
    struct meter m = {
        .index = (uint16_t)point, .point = (uint16_t)point, .port = 1, .protocol = PROTO_DLT645_2007};

    assert_int_equal(addr_parse(address, m.address), 0);
    return m;
}

/* An archive in one line: points 1, 2 ... have these addresses, "" = none. */
static void archive(struct roster *r, uint64_t rec, unsigned n, const char *const *addresses)
{
    roster_begin(r);
    for (unsigned i = 0; i < n; i++) {
        struct meter m;
        if (!addresses[i][0])
            continue;
        m = a_meter(i + 1, addresses[i]);
        roster_take(r, &m, rec);
    }
    roster_end(r, rec);
}

#define ARCHIVE(r, rec, ...)                                                                                 \
    archive((r), (rec), sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void ids_are_addresses(void **state)
{
    struct roster *r = *state;

    ARCHIVE(r, 10, "1", "100000000002", "1A");
    assert_int_equal(r->count, 3);
    assert_true(r->changed);
    assert_string_equal(roster_id(r, 1, 10), "000000000001");
    assert_string_equal(roster_id(r, 2, 10), "100000000002");
    assert_string_equal(roster_id(r, 3, 10), "00000000001A");
    assert_null(roster_id(r, 4, 10));
    assert_null(roster_id(r, 0, 10));
    assert_null(roster_id(r, POINT_MAX + 1, 10));
    /* records older than the first sight of the archive belong to the meters that are there */
    assert_string_equal(roster_id(r, 1, 1), "000000000001");
    r->changed = false;
    ARCHIVE(r, 20, "1", "100000000002", "1A");
    assert_false(r->changed);
}

/* What waits for the broker stays with the meter that measured it. */
static void an_exchanged_meter_keeps_its_records(void **state)
{
    struct roster *r = *state;

    ARCHIVE(r, 10, "1", "2");
    ARCHIVE(r, 50, "7", "2");
    assert_string_equal(roster_id(r, 1, 49), "000000000001");
    assert_string_equal(roster_id(r, 1, 50), "000000000007");
    assert_string_equal(roster_id(r, 2, 49), "000000000002");
    assert_int_equal(r->gone_count, 1);
    assert_string_equal(r->gone[0], "000000000001");
    ARCHIVE(r, 60, "", "2");
    assert_string_equal(roster_id(r, 1, 59), "000000000007");
    assert_null(roster_id(r, 1, 60));
    assert_int_equal(r->count, 1);
    assert_int_equal(r->gone_count, 2);
    roster_forget(r, "000000000001");
    assert_int_equal(r->gone_count, 1);
    assert_string_equal(r->gone[0], "000000000007");
}

static void a_meter_that_moves_is_not_gone(void **state)
{
    struct roster *r = *state;

    ARCHIVE(r, 10, "1", "");
    ARCHIVE(r, 20, "", "1");
    assert_int_equal(r->gone_count, 0);
    assert_string_equal(roster_id(r, 2, 20), "000000000001");
    assert_string_equal(roster_id(r, 1, 19), "000000000001");
    /* and one that comes back is no more gone */
    ARCHIVE(r, 30, "", "");
    assert_int_equal(r->gone_count, 1);
    ARCHIVE(r, 40, "1");
    assert_int_equal(r->gone_count, 0);
}

static void equal_addresses_get_ids_of_their_own(void **state)
{
    struct roster *r = *state;

    ARCHIVE(r, 10, "5", "5");
    assert_string_equal(roster_id(r, 1, 10), "000000000005");
    assert_string_equal(roster_id(r, 2, 10), "000000000005-2");
    r->changed = false;
    ARCHIVE(r, 20, "5", "5");
    assert_false(r->changed);
}

static void what_is_due(void **state)
{
    struct roster *r = *state;

    ARCHIVE(r, 10, "1");
    assert_int_equal(table[1].due, DUE_STATUS | DUE_STATE | DUE_INFO | DUE_CONFIG);
    table[1].due = 0;
    ARCHIVE(r, 20, "1");
    assert_int_equal(table[1].due, 0);
    /* another port: the same meter, its description has changed */
    struct meter m = a_meter(1, "1");
    m.port = 3;
    roster_begin(r);
    roster_take(r, &m, 30);
    roster_end(r, 30);
    assert_int_equal(table[1].due, DUE_INFO | DUE_CONFIG);
    assert_string_equal(roster_id(r, 1, 5), "000000000001");
    roster_refresh(r, DUE_STATUS);
    assert_true(table[1].due & DUE_STATUS);
    assert_int_equal(table[2].due, 0);
}

static void the_gone_are_bounded(void **state)
{
    struct roster *r = *state;

    for (unsigned i = 1; i <= ROSTER_GONE + 5; i++) {
        char address[16];
        snprintf(address, sizeof address, "%u", i);
        ARCHIVE(r, i, address);
    }
    assert_int_equal(r->gone_count, ROSTER_GONE);
    assert_string_equal(r->gone[0], "000000000005");
}

static void saved_and_read(void **state)
{
    static char text[ROSTER_BYTES];
    struct roster *r = *state, again = {.at = table2};
    struct wbuf w = wbuf_of(text, sizeof text);

    ARCHIVE(r, 10, "1", "2", "3");
    ARCHIVE(r, 50, "7", "2", "");
    roster_put(&w, r);
    assert_int_equal(w.err, 0);
    memset(table2, 0, sizeof table2);
    assert_int_equal(roster_get(&again, text, w.len), 0);
    assert_string_equal(roster_id(&again, 1, 49), "000000000001");
    assert_string_equal(roster_id(&again, 1, 50), "000000000007");
    assert_string_equal(roster_id(&again, 3, 49), "000000000003");
    assert_null(roster_id(&again, 3, 50));
    assert_int_equal(again.gone_count, 2);
    /* the archive is as it was: nothing has changed */
    again.changed = false;
    ARCHIVE(&again, 90, "7", "2", "");
    assert_false(again.changed);
    /* it was exchanged while nobody looked */
    ARCHIVE(&again, 95, "8", "2", "");
    assert_string_equal(roster_id(&again, 1, 94), "000000000007");
    assert_string_equal(roster_id(&again, 1, 95), "000000000008");
    for (size_t i = 0; i < w.len; i += 3) {
        text[i] = (char)(text[i] ^ 4);
        again = (struct roster){.at = table2};
        memset(table2, 0, sizeof table2);
        assert_int_equal(roster_get(&again, text, w.len), CN_E_CORRUPT);
        assert_int_equal(table2[1].id[0], 0);
        text[i] = (char)(text[i] ^ 4);
        assert_int_equal(roster_get(&again, text, i), CN_E_CORRUPT);
    }
}

/* A whole archive fits into the file. */
static void the_largest_one(void **state)
{
    static char text[ROSTER_BYTES];
    struct roster *r = *state, again = {.at = table2};
    struct wbuf w = wbuf_of(text, sizeof text);

    for (unsigned p = 1; p <= POINT_MAX; p++) {
        snprintf(table[p].id, sizeof table[p].id, "%012u-%u", p, p);
        snprintf(table[p].before, sizeof table[p].before, "%012u-%u", p + 5000, p);
        table[p].since = UINT64_MAX;
    }
    for (r->gone_count = 0; r->gone_count < ROSTER_GONE; r->gone_count++)
        snprintf(r->gone[r->gone_count], MQTT_METER_ID, "%012u-2040", r->gone_count);
    roster_put(&w, r);
    assert_int_equal(w.err, 0);
    memset(table2, 0, sizeof table2);
    assert_int_equal(roster_get(&again, text, w.len), 0);
    assert_string_equal(table2[POINT_MAX].id, table[POINT_MAX].id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ids_are_addresses, setup),
        cmocka_unit_test_setup(an_exchanged_meter_keeps_its_records, setup),
        cmocka_unit_test_setup(a_meter_that_moves_is_not_gone, setup),
        cmocka_unit_test_setup(equal_addresses_get_ids_of_their_own, setup),
        cmocka_unit_test_setup(what_is_due, setup),
        cmocka_unit_test_setup(the_gone_are_bounded, setup),
        cmocka_unit_test_setup(saved_and_read, setup),
        cmocka_unit_test_setup(the_largest_one, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
