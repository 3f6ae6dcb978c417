#include "gateway/store/blob.h"
#include "gateway/store/crc32.h"
#include "tests/unit/gateway/store/fixture.h"

static void crc_is_the_ieee_one(void **state)
{
    (void)state;
    assert_int_equal(crc32_add(0, "123456789", 9), 0xCBF43926); /* the check value every list of CRCs gives */
    assert_int_equal(crc32_add(0, "", 0), 0);
    assert_int_equal(crc32_add(crc32_add(0, "1234", 4), "56789", 5), 0xCBF43926);
}

static void crc_covers_table_and_keys(void **state)
{
    uint32_t c = crc32_record('f', 1, 2, 3, "abc", 3);

    (void)state;
    assert_int_equal(crc32_record('f', 1, 2, 3, "abc", 3), c);
    assert_int_not_equal(crc32_record('l', 1, 2, 3, "abc", 3), c);
    assert_int_not_equal(crc32_record('f', 2, 1, 3, "abc", 3), c);
    assert_int_not_equal(crc32_record('f', 1, 2, -3, "abc", 3), c);
    assert_int_not_equal(crc32_record('f', 1, 2, 3, "abd", 3), c);
    assert_int_not_equal(crc32_record('f', 1, 2, 3, "ab", 2), c);
}

/* Assembled by hand from the description in blob.h and reading.h: 123.45 kWh import, total, read at second
 * 1000. */
static const uint8_t hand_latest[] = {0x01, 0xD0, 0x0F, 0x0A, 0x01, 0x02, 0x00,
                                      0x00, 0x01, 0xFE, 0x00, 0xF2, 0xC0, 0x01};
static const uint8_t hand_freeze[] = {0x01, 0xD0, 0x0F, 0x78, 0xAC, 0x02, 0x01, 0x02,
                                      0x00, 0x00, 0x01, 0xFE, 0x00, 0xF2, 0xC0, 0x01};
static const uint8_t hand_journal[] = {0x01, 0x0F, 0x02, 0x01, 0x05, 0xC0, 0xB8, 0x02,
                                       0xD0, 0x0F, 0x00, 0x03, 0x01, 0x00, 0x09};

static struct reading_set one(unsigned quantity, int64_t at, int64_t mantissa)
{
    struct reading_set s = {.at = at};

    assert_int_equal(reading_put(&s, quantity, 0, value_of(mantissa, -2)), 0);
    return s;
}

static void latest_golden(void **state)
{
    struct reading_set got, want = one(Q_EP_IMP, 1000, 12345), scratch[2];
    uint8_t bytes[LATEST_BYTES];
    struct wbuf w = wbuf_of(bytes, sizeof bytes);

    (void)state;
    assert_int_equal(latest_find(hand_latest, sizeof hand_latest, Q_EP_IMP, &got), 0);
    fix_set_equal(&got, &want);
    assert_int_equal(latest_find(hand_latest, sizeof hand_latest, Q_EP_EXP, &got), CN_E_NOTFOUND);
    assert_int_equal(latest_merge(NULL, 0, &want, scratch, &w), 0);
    assert_int_equal(w.len, sizeof hand_latest);
    assert_memory_equal(bytes, hand_latest, sizeof hand_latest);
}

static void freeze_golden(void **state)
{
    struct freeze got = {0}, want = {.frozen_at = 1000, .rec = 300, .set = one(Q_EP_IMP, 1060, 12345)};
    uint8_t bytes[64];
    struct wbuf w = wbuf_of(bytes, sizeof bytes);

    (void)state;
    assert_int_equal(freeze_unpack(hand_freeze, sizeof hand_freeze, &got), 0);
    assert_int_equal(got.frozen_at, 1000);
    assert_int_equal(got.rec, 300);
    fix_set_equal(&got.set, &want.set);
    assert_int_equal(freeze_pack(&w, &want), sizeof hand_freeze);
    assert_memory_equal(bytes, hand_freeze, sizeof hand_freeze);
}

static void journal_golden(void **state)
{
    struct journal_row_reader r;
    struct journal_row_writer jw;
    struct journal_entry e[3];
    uint8_t bytes[JOURNAL_ROW_BYTES];

    (void)state;
    journal_row_open(&r, hand_journal, sizeof hand_journal, 77);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(journal_row_get(&r, &e[i]), 1);
    assert_int_equal(journal_row_get(&r, &e[2]), 0);
    assert_int_equal(e[0].rec, 77);
    assert_int_equal(e[0].kind, JOURNAL_FREEZE);
    assert_int_equal(e[0].sub, FREEZE_DAY);
    assert_int_equal(e[0].point, 5);
    assert_int_equal(e[0].slot, 20000);
    assert_int_equal(e[0].at, 1000);
    assert_int_equal(e[1].rec, 78);
    assert_int_equal(e[1].point, 6);
    assert_int_equal(e[1].slot, 20000);
    assert_int_equal(e[2].rec, 79);
    assert_int_equal(e[2].kind, JOURNAL_LATEST);
    assert_int_equal(e[2].point, 9);
    journal_row_begin(&jw, bytes, sizeof bytes);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(journal_row_put(&jw, &e[i]), 0);
    assert_int_equal(jw.w.len, sizeof hand_journal);
    assert_memory_equal(bytes, hand_journal, sizeof hand_journal);
}

static void event_state_golden(void **state)
{
    const uint8_t hand[] = {1, 3, 7, 2, 6, 1};
    struct event_state s, want = {3, 7, 2, 6, true};
    uint8_t bytes[EVENT_STATE_BYTES];

    (void)state;
    assert_int_equal(event_state_unpack(hand, sizeof hand, &s), 0);
    assert_memory_equal(&s, &want, sizeof s);
    event_state_pack(&s, bytes);
    assert_memory_equal(bytes, hand, sizeof hand);
    assert_int_equal(event_state_unpack(hand, sizeof hand - 1, &s), CN_E_CORRUPT);
    assert_int_equal(event_state_unpack((const uint8_t[]){1, 3, 7, 2, 6, 1, 0}, 7, &s), CN_E_CORRUPT);
    assert_int_equal(event_state_unpack((const uint8_t[]){1, 3, 7, 2, 6, 2}, 6, &s), CN_E_CORRUPT);
    assert_int_equal(event_state_unpack((const uint8_t[]){2, 3, 7, 2, 6, 1}, 6, &s), CN_E_UNSUPPORTED);
    assert_int_equal(event_state_unpack((const uint8_t[]){0, 3, 7, 2, 6, 1}, 6, &s), CN_E_CORRUPT);
}

/* Decode a changed copy in full; only the result counts. */
static int decode_latest(const uint8_t *p, size_t n)
{
    struct latest_iter it;
    struct reading_set set;
    int ret;

    latest_begin(&it, p, n);
    while ((ret = latest_next(&it, &set)) > 0)
        ;
    return ret;
}

static int decode_journal(const uint8_t *p, size_t n)
{
    struct journal_row_reader r;
    struct journal_entry e;
    int ret;

    journal_row_open(&r, p, n, 1);
    while ((ret = journal_row_get(&r, &e)) > 0)
        ;
    return ret;
}

static void refusals(void **state)
{
    uint8_t b[64];
    struct freeze f;

    (void)state;
    /* short by one, long by one, another version, none at all */
    assert_int_equal(decode_latest(hand_latest, sizeof hand_latest - 1), CN_E_CORRUPT);
    assert_int_equal(freeze_unpack(hand_freeze, sizeof hand_freeze - 1, &f), CN_E_CORRUPT);
    assert_int_equal(decode_journal(hand_journal, sizeof hand_journal - 1), CN_E_CORRUPT);
    memcpy(b, hand_latest, sizeof hand_latest);
    b[sizeof hand_latest] = 0;
    assert_int_equal(decode_latest(b, sizeof hand_latest + 1), CN_E_CORRUPT);
    b[0] = 2;
    assert_int_equal(decode_latest(b, sizeof hand_latest), CN_E_UNSUPPORTED);
    memcpy(b, hand_freeze, sizeof hand_freeze);
    b[sizeof hand_freeze] = 0;
    assert_int_equal(freeze_unpack(b, sizeof hand_freeze + 1, &f), CN_E_CORRUPT);
    b[0] = 2;
    assert_int_equal(freeze_unpack(b, sizeof hand_freeze, &f), CN_E_UNSUPPORTED);
    memcpy(b, hand_journal, sizeof hand_journal);
    b[sizeof hand_journal] = 16; /* an unknown flag */
    assert_int_equal(decode_journal(b, sizeof hand_journal + 1), CN_E_CORRUPT);
    b[0] = 2;
    assert_int_equal(decode_journal(b, sizeof hand_journal), CN_E_UNSUPPORTED);
    assert_int_equal(decode_latest(b, 0), CN_E_CORRUPT);
    assert_int_equal(freeze_unpack(b, 0, &f), CN_E_CORRUPT);
    assert_int_equal(decode_journal(b, 0), CN_E_CORRUPT);
    /* kind 0 and kind 5 do not exist; a first entry must name its kind */
    assert_int_equal(decode_journal((const uint8_t[]){1, 1, 0, 0}, 4), CN_E_CORRUPT);
    assert_int_equal(decode_journal((const uint8_t[]){1, 1, 5, 0}, 4), CN_E_CORRUPT);
    assert_int_equal(decode_journal((const uint8_t[]){1, 0}, 2), CN_E_CORRUPT);
    /* point 65536 */
    assert_int_equal(decode_journal((const uint8_t[]){1, 3, 1, 0, 0x80, 0x80, 0x04}, 7), CN_E_CORRUPT);
    /* a varint of more than 64 bits */
    assert_int_equal(
        decode_latest((const uint8_t[]){1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2, 1, 1}, 13),
        CN_E_CORRUPT);
}

static void extreme_numbers_survive(void **state)
{
    static const int64_t edge[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX};
    uint8_t bytes[512];

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned k = 0; k < 6; k++) {
            struct freeze f = {.frozen_at = edge[i], .rec = UINT64_MAX, .set = one(Q_P, edge[k], edge[i])},
                          g = {0};
            struct wbuf w = wbuf_of(bytes, sizeof bytes);
            assert_true(freeze_pack(&w, &f) > 0);
            assert_int_equal(freeze_unpack(bytes, w.len, &g), 0);
            assert_true(g.frozen_at == f.frozen_at && g.rec == f.rec);
            fix_set_equal(&g.set, &f.set);

            struct journal_row_writer jw;
            struct journal_row_reader jr;
            struct journal_entry e;
            journal_row_begin(&jw, bytes, sizeof bytes);
            assert_int_equal(
                journal_row_put(
                    &jw, &(struct journal_entry){.kind = 2, .slot = edge[i], .at = edge[k], .point = 65535}),
                0);
            assert_int_equal(
                journal_row_put(&jw, &(struct journal_entry){.kind = 2, .slot = edge[k], .at = edge[i]}), 0);
            journal_row_open(&jr, bytes, jw.w.len, 1);
            assert_int_equal(journal_row_get(&jr, &e), 1);
            assert_true(e.slot == edge[i] && e.at == edge[k] && e.point == 65535);
            assert_int_equal(journal_row_get(&jr, &e), 1);
            assert_true(e.slot == edge[k] && e.at == edge[i] && e.point == 0);
        }
    }
}

static void journal_row_is_bounded(void **state)
{
    uint8_t bytes[64];
    struct journal_row_writer jw;
    struct journal_entry e = {.kind = JOURNAL_EVENT, .at = INT64_MAX, .slot = INT64_MIN, .point = 7};
    unsigned n = 0;

    (void)state;
    journal_row_begin(&jw, bytes, sizeof bytes);
    while (journal_row_put(&jw, &e) == 0) {
        e.at = ~e.at;
        n++;
    }
    assert_int_equal(jw.count, n);
    assert_true(n >= 2 && jw.w.len <= sizeof bytes);
    assert_int_equal(decode_journal(bytes, jw.w.len), 0);
}

/* ---- merging ---- */

struct merged {
    uint8_t bytes[LATEST_BYTES];
    size_t len;
};

static void merge(struct merged *m, const struct reading_set *add)
{
    struct reading_set scratch[2];
    uint8_t out[LATEST_BYTES];
    struct wbuf w = wbuf_of(out, sizeof out);

    assert_int_equal(latest_merge(m->bytes, m->len, add, scratch, &w), 0);
    memcpy(m->bytes, out, w.len);
    m->len = w.len;
}

static unsigned sets_of(const struct merged *m)
{
    struct latest_iter it;
    struct reading_set set;
    unsigned n = 0;

    latest_begin(&it, m->bytes, m->len);
    while (latest_next(&it, &set) > 0)
        n++;
    assert_int_equal(it.err, 0);
    return n;
}

static void quantities_keep_their_time(void **state)
{
    struct merged m = {.len = 0};
    struct reading_set a = fix_energy(Q_EP_IMP, 100, 1), b = one(Q_U_A, 200, 2301),
                       c = fix_energy(Q_EP_IMP, 300, 2), got;

    (void)state;
    merge(&m, &a);
    merge(&m, &b);
    assert_int_equal(latest_find(m.bytes, m.len, Q_EP_IMP, &got), 0);
    fix_set_equal(&got, &a);
    merge(&m, &c);
    assert_int_equal(latest_find(m.bytes, m.len, Q_EP_IMP, &got), 0);
    fix_set_equal(&got, &c);
    assert_int_equal(latest_find(m.bytes, m.len, Q_U_A, &got), 0);
    fix_set_equal(&got, &b);
    assert_int_equal(sets_of(&m), 2); /* a is empty and gone */
}

static void fewer_tariffs_replace_more(void **state)
{
    struct merged m = {.len = 0};
    struct reading_set a = fix_energy(Q_EP_IMP, 100, 1), b = one(Q_EP_IMP, 200, 55), got;

    (void)state;
    merge(&m, &a);
    merge(&m, &b);
    assert_int_equal(latest_find(m.bytes, m.len, Q_EP_IMP, &got), 0);
    fix_set_equal(&got, &b);
}

static void sets_of_one_second_are_joined(void **state)
{
    struct merged m = {.len = 0};
    struct reading_set a = fix_energy(Q_EP_IMP, 100, 1), b = fix_energy(Q_EP_EXP, 100, 2), got;

    (void)state;
    merge(&m, &a);
    merge(&m, &b);
    assert_int_equal(sets_of(&m), 1);
    assert_int_equal(latest_find(m.bytes, m.len, Q_EP_IMP, &got), 0);
    fix_set_equal(&got, &a);
    assert_int_equal(latest_find(m.bytes, m.len, Q_EP_EXP, &got), 0);
    fix_set_equal(&got, &b);
}

static void a_set_that_would_be_too_full_is_not_joined(void **state)
{
    struct merged m = {.len = 0};
    struct reading_set a = {.at = 100}, b = {.at = 100}, got;

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        reading_put(&a, 100 + i, 0, value_of(i, 0));
        reading_put(&b, 200 + i, 0, value_of(i, 0));
    }
    merge(&m, &a);
    merge(&m, &b);
    assert_int_equal(sets_of(&m), 2);
    assert_int_equal(latest_find(m.bytes, m.len, 139, &got), 0);
    assert_int_equal(got.r[0].value.mantissa, 39);
    assert_int_equal(latest_find(m.bytes, m.len, 239, &got), 0);
}

static void the_oldest_sets_go(void **state)
{
    struct merged m = {.len = 0};
    struct reading_set got;

    (void)state;
    for (unsigned i = 0; i < LATEST_SETS + 3; i++) {
        struct reading_set s = one(100 + i, 1000 + i, i);
        merge(&m, &s);
    }
    assert_int_equal(sets_of(&m), LATEST_SETS);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(latest_find(m.bytes, m.len, 100 + i, &got), CN_E_NOTFOUND);
    for (unsigned i = 3; i < LATEST_SETS + 3; i++)
        assert_int_equal(latest_find(m.bytes, m.len, 100 + i, &got), 0);
}

static void the_size_is_bounded(void **state)
{
    struct merged m = {.len = 0};
    struct reading_set got;

    (void)state;
    for (unsigned k = 0; k < 5; k++) {
        struct reading_set s = {.at = 1000 + k};
        for (unsigned i = 0; i < READINGS_MAX; i++)
            reading_put(&s, 100 + k * 64 + i, 0, value_of(INT64_MIN + i, 0));
        merge(&m, &s);
        assert_true(m.len <= LATEST_BYTES);
        assert_int_equal(latest_find(m.bytes, m.len, 100 + k * 64 + 63, &got), 0);
    }
    assert_int_equal(sets_of(&m), 1); /* two of these do not fit */
    assert_int_equal(latest_find(m.bytes, m.len, 100, &got), CN_E_NOTFOUND);
}

static void damaged_old_bytes_count_as_empty(void **state)
{
    struct merged m = {.len = 0};
    struct reading_set a = fix_energy(Q_EP_IMP, 100, 1), b = one(Q_U_A, 100, 2301), got;

    (void)state;
    merge(&m, &a);
    m.bytes[m.len++] = 0x55;
    merge(&m, &b);
    assert_int_equal(sets_of(&m), 1);
    assert_int_equal(latest_find(m.bytes, m.len, Q_EP_IMP, &got), CN_E_NOTFOUND);
    assert_int_equal(latest_find(m.bytes, m.len, Q_U_A, &got), 0);
}

static void too_small_a_destination(void **state)
{
    struct reading_set a = fix_energy(Q_EP_IMP, 100, 1), scratch[2];
    uint8_t out[19]; /* one byte less than it takes */
    struct wbuf w = wbuf_of(out, sizeof out);

    (void)state;
    assert_int_equal(latest_merge(NULL, 0, &a, scratch, &w), CN_E_NOSPACE);
}

static void only_storable_readings(void **state)
{
    struct reading r[2] = {{.value = value_of(1, -9)}, {.value = value_of(1, 9)}};

    (void)state;
    assert_true(readings_storable(r, 2));
    r[1].value.exp10 = 10;
    assert_false(readings_storable(r, 2));
    r[1].value.exp10 = 0;
    r[0].value.quality = 3;
    assert_false(readings_storable(r, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_is_the_ieee_one),
        cmocka_unit_test(crc_covers_table_and_keys),
        cmocka_unit_test(latest_golden),
        cmocka_unit_test(freeze_golden),
        cmocka_unit_test(journal_golden),
        cmocka_unit_test(event_state_golden),
        cmocka_unit_test(refusals),
        cmocka_unit_test(extreme_numbers_survive),
        cmocka_unit_test(journal_row_is_bounded),
        cmocka_unit_test(quantities_keep_their_time),
        cmocka_unit_test(fewer_tariffs_replace_more),
        cmocka_unit_test(sets_of_one_second_are_joined),
        cmocka_unit_test(a_set_that_would_be_too_full_is_not_joined),
        cmocka_unit_test(the_oldest_sets_go),
        cmocka_unit_test(the_size_is_bounded),
        cmocka_unit_test(damaged_old_bytes_count_as_empty),
        cmocka_unit_test(too_small_a_destination),
        cmocka_unit_test(only_storable_readings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
