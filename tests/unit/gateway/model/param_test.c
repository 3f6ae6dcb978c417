#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "gateway/model/param.h"

enum { LINE = 4096, DATA = 1024 };

/* The data unit of a set frame of tests/vectors/376.1-frames.tsv: behind the DADT, before PW, Tp, CS and 16H.
 */
static size_t load_unit(const char *id, uint8_t *data)
{
    static const char path[] = CN_SOURCE_DIR "/tests/vectors/376.1-frames.tsv";
    char line[LINE];
    FILE *f = fopen(path, "r");
    size_t n = 0;

    assert_non_null(f);
    while (n == 0 && fgets(line, sizeof line, f)) {
        char *tab = strchr(line, '\t');
        uint8_t frame[DATA];
        if (!tab || (size_t)(tab - line) != strlen(id) || strncmp(line, id, strlen(id)) != 0)
            continue;
        tab[1 + strcspn(tab + 1, "\t")] = '\0';
        int len = hex_parse(tab + 1, frame, sizeof frame);
        assert_true(len > 20);
        size_t tail = 2 + (frame[12] == 0x04 ? 16U : 0U) + (frame[13] & 0x80 ? 6U : 0U);
        n = (size_t)len - 18 - tail;
        memcpy(data, frame + 18, n);
    }
    fclose(f);
    return n;
}

static int check_hex(unsigned fn, const char *hex, size_t *behind)
{
    uint8_t raw[512];
    int n = hex_parse(hex, raw, sizeof raw);
    struct rbuf r = rbuf_of(raw, (size_t)n);

    assert_true(n >= 0);
    int ret = param_check(param_find(fn), &r);
    if (behind)
        *behind = r.pos;
    return ret;
}

static void rows_are_sorted_and_whole(void **state)
{
    size_t count;
    const struct param_def *d = param_all(&count);

    (void)state;
    assert_true(count >= 7);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || d[i].fn > d[i - 1].fn);
        assert_ptr_equal(param_find(d[i].fn), &d[i]);
        assert_non_null(d[i].name);
        assert_non_null(d[i].clause);
        assert_non_null(d[i].layout);
        if (d[i].list) {
            assert_true(d[i].list->count_len == 1 || d[i].list->count_len == 2);
            assert_true(d[i].list->key_len == 1 || d[i].list->key_len == 2);
            assert_int_equal(d[i].layout[0].len, d[i].list->count_len);
            assert_int_equal(d[i].layout[0].max, d[i].list->count_max);
            assert_int_equal(d[i].list->entry[0].len, d[i].list->key_len);
        }
        if (d[i].factory) {
            uint8_t raw[64];
            int n = hex_parse(d[i].factory, raw, sizeof raw);
            struct rbuf r = rbuf_of(raw, (size_t)n);
            assert_true(n > 0);
            assert_int_equal(param_check(&d[i], &r), n);
        }
    }
    assert_null(param_find(0));
    assert_null(param_find(24));
    assert_null(param_find(248));
}

static void pn_kinds(void **state)
{
    struct param_def d = {.pn_kind = PN_ZERO};

    (void)state;
    assert_true(param_pn_ok(&d, 0));
    assert_false(param_pn_ok(&d, 1));
    d.pn_kind = PN_POINT;
    assert_false(param_pn_ok(&d, 0));
    assert_true(param_pn_ok(&d, 1));
    assert_true(param_pn_ok(&d, 2040));
    assert_false(param_pn_ok(&d, 2041));
    d.pn_kind = PN_GROUP;
    assert_true(param_pn_ok(&d, 8));
    assert_false(param_pn_ok(&d, 9));
    d.pn_kind = PN_TASK;
    assert_true(param_pn_ok(&d, 64));
    assert_false(param_pn_ok(&d, 65));
    d.pn_kind = PN_ROUND;
    assert_false(param_pn_ok(&d, 9));
    d.pn_kind = PN_DC;
    assert_true(param_pn_ok(&d, 64));
}

/* Set frames of other programs: accepted, to the last byte of the unit. */
static void vectors_are_accepted(void **state)
{
    static const struct {
        const char *id;
        unsigned fn;
        int len;
    } rows[] = {
        {"G08", 1, 6}, {"P01", 1, 6},  {"P17", 1, 6},   {"P02", 3, 28},  {"G09", 8, 8},
        {"P06", 9, 16}, {"P19", 9, 16}, {"G10", 10, 56}, {"P07", 10, 110}, {"P09", 10, 29}, {"G14", 33, 23},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t raw[DATA];
        size_t n = load_unit(rows[i].id, raw);
        struct rbuf r = rbuf_of(raw, n);
        assert_int_equal(n, rows[i].len);
        assert_int_equal(param_check(param_find(rows[i].fn), &r), rows[i].len);
        assert_int_equal(r.pos, rows[i].len);
        for (size_t cut = 0; cut < n; cut++) {
            r = rbuf_of(raw, cut);
            assert_int_equal(param_check(param_find(rows[i].fn), &r), CN_E_SHORT);
        }
    }
}

/* clause: reference part 3, F1, with the example of a real frame */
static void f1_view(void **state)
{
    uint8_t raw[DATA];
    struct param_f1 f;
    size_t n = load_unit("G08", raw);

    (void)state;
    assert_int_equal(param_f1(raw, n, &f), 0);
    assert_int_equal(f.rts_20ms, 10);
    assert_int_equal(f.delay_min, 20);
    assert_int_equal(f.timeout_s, 30);
    assert_int_equal(f.repeats, 3);
    assert_int_equal(f.confirm, 7);
    assert_int_equal(f.heartbeat_min, 15);
    assert_int_equal(param_f1_timeout(&f), 30);

    n = load_unit("P01", raw); /* the known master bug: the repeats in the wrong nibble */
    assert_int_equal(param_f1(raw, n, &f), 0);
    assert_int_equal(f.timeout_s, 798);
    assert_int_equal(f.repeats, 0);

    f.timeout_s = 0;
    assert_int_equal(param_f1_timeout(&f), 30);
    assert_int_equal(param_f1(raw, n - 1, &f), CN_E_SHORT);
    raw[n] = 0;
    assert_int_equal(param_f1(raw, n + 1, &f), CN_E_FORMAT);
    raw[5] = 0; /* heartbeat 0 */
    assert_int_equal(param_f1(raw, n, &f), CN_E_RANGE);
}

static void f3_view(void **state)
{
    uint8_t raw[DATA];
    struct param_f3 f;
    size_t n = load_unit("P02", raw);

    (void)state;
    assert_int_equal(param_f3(raw, n, &f), 0);
    assert_memory_equal(f.main_ip, "\xC0\xA8\0\1", 4);
    assert_int_equal(f.main_port, 8080);
    assert_memory_equal(f.standby_ip, "\xC0\xA8\0\2", 4);
    assert_int_equal(f.standby_port, 8080);
    assert_string_equal(f.apn, "ZJDL.ZJ");
    memset(raw + 12, 'a', 16); /* an APN that fills its field */
    assert_int_equal(param_f3(raw, n, &f), 0);
    assert_string_equal(f.apn, "aaaaaaaaaaaaaaaa");
    assert_int_equal(param_f3(raw, 27, &f), CN_E_SHORT);
}

static void f8_view(void **state)
{
    uint8_t raw[DATA];
    struct param_f8 f;
    size_t n = load_unit("G09", raw);

    (void)state;
    assert_int_equal(param_f8(raw, n, &f), 0);
    assert_false(f.udp);
    assert_int_equal(f.role, 1);
    assert_int_equal(f.online, 1);
    assert_int_equal(f.redial_s, 60);
    assert_int_equal(f.redial_count, 5);
    assert_int_equal(f.idle_min, 30);
    assert_int_equal(f.hours, 0xFFFFFF);

    assert_int_equal(check_hex(8, "93 3C00 05 1E FFFFFF", NULL), 8); /* UDP client by period */
    assert_int_equal(check_hex(8, "00 3C00 05 1E FFFFFF", NULL), 8); /* mixed: no on-line code */
    assert_int_equal(check_hex(8, "20 3C00 05 1E FFFFFF", NULL), 8); /* server */
    assert_int_equal(check_hex(8, "5D 3C00 05 1E FFFFFF", NULL), 8); /* reserved bits are kept */
    assert_int_equal(check_hex(8, "31 3C00 05 1E FFFFFF", NULL), CN_E_RANGE); /* role 3 has no meaning */
    assert_int_equal(check_hex(8, "10 3C00 05 1E FFFFFF", NULL),
                     CN_E_RANGE); /* a client that is never on line */
}

static void f9_view(void **state)
{
    uint8_t raw[16];
    struct param_f9 f;

    (void)state;
    hex_parse("0408004000000000 0000004000000080", raw, sizeof raw);
    assert_int_equal(param_f9(raw, 16, &f), 0);
    assert_true(f.record == 0x40000804U);
    assert_true(f.important == 0x8000000040000000U);
    assert_int_equal(param_f9(raw, 15, &f), CN_E_SHORT);
}

struct seen {
    unsigned keys[16];
    size_t lens[16];
    unsigned count;
    unsigned stop_at;
};

static int note(void *ctx, unsigned key, const uint8_t *entry, size_t len)
{
    struct seen *s = ctx;

    (void)entry;
    s->keys[s->count] = key;
    s->lens[s->count++] = len;
    return s->stop_at == s->count ? CN_E_BUSY : 0;
}

static void f10_entries(void **state)
{
    uint8_t raw[DATA];
    struct seen seen = {.count = 0};
    size_t n = load_unit("P07", raw);

    (void)state;
    assert_int_equal(param_entries(param_find(10), raw, n, note, &seen), 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(seen.keys[i], i + 1);
        assert_int_equal(seen.lens[i], F10_ENTRY);
    }
    seen = (struct seen){.stop_at = 2};
    assert_int_equal(param_entries(param_find(10), raw, n, note, &seen), CN_E_BUSY);
    assert_int_equal(seen.count, 2);
    assert_int_equal(param_entries(param_find(10), raw, n - 1, note, &(struct seen){0}), CN_E_SHORT);
    assert_int_equal(param_entries(param_find(10), raw, 1, note, &(struct seen){0}), CN_E_SHORT);
}

#define TAIL "000000000001 000000000000 04 05 000000000000 12"

/* clause: reference part 3, F10 */
static void f10_rules(void **state)
{
    size_t behind;

    (void)state;
    assert_int_equal(check_hex(10, "0000", NULL), 2); /* n = 0 changes nothing */
    assert_int_equal(check_hex(10, "0100 0100 0100 62 1E" TAIL, NULL), 29);
    assert_int_equal(check_hex(10, "0100 F807 F807 62 64" TAIL, NULL), 29); /* 2040, unknown protocol */
    assert_int_equal(check_hex(10, "0100 0000 0100 62 1E" TAIL, &behind), CN_E_RANGE); /* index 0 */
    assert_int_equal(behind, 29);
    assert_int_equal(check_hex(10, "0100 F907 0100 62 1E" TAIL, NULL), CN_E_RANGE); /* index 2041 */
    assert_int_equal(check_hex(10, "0100 0100 F907 62 1E" TAIL, NULL), CN_E_RANGE); /* point 2041 */
    assert_int_equal(check_hex(10, "0100 0100 0100 60 1E" TAIL, NULL), CN_E_RANGE); /* port 0 */
    /* point 0 deletes: the rest may be anything */
    assert_int_equal(
        check_hex(10, "0100 0100 0000 00 00 FFFFFFFFFFFF EEEEEEEEEEEE FF FF EEEEEEEEEEEE FF", NULL), 29);
    /* one bad entry refuses the unit, the cursor stands behind it */
    assert_int_equal(check_hex(10, "0200 0100 0100 62 1E" TAIL "0000 0100 62 1E" TAIL "AABB", &behind),
                     CN_E_RANGE);
    assert_int_equal(behind, 56);
    assert_int_equal(check_hex(10, "F907 0100 0100 62 1E" TAIL, NULL), CN_E_SHORT);
}

/* clause: reference part 3, F33, with vector G14 */
static void f33_view(void **state)
{
    uint8_t raw[DATA];
    struct param_f33 f;
    size_t n = load_unit("G14", raw);

    (void)state;
    assert_int_equal(param_f33(raw + 1, n - 1, &f), 0); /* one block, without the count */
    assert_int_equal(f.port, 31);
    assert_int_equal(f.control, 0x0008);
    assert_int_equal(f.days, 1);
    assert_int_equal(f.day_hour, 0);
    assert_int_equal(f.day_minute, 5);
    assert_int_equal(f.interval_min, 60);
    assert_int_equal(f.clock_day, 0);
    assert_int_equal(f.clock_hour, 1);
    assert_int_equal(f.clock_minute, 30);
    assert_int_equal(f.period_count, 2);
    assert_int_equal(f.periods[0].start_min, 5);
    assert_int_equal(f.periods[0].end_min, 360);
    assert_int_equal(f.periods[1].start_min, 480);
    assert_int_equal(f.periods[1].end_min, 1439);
    assert_int_equal(param_f33(raw + 1, n - 2, &f), CN_E_SHORT);
    raw[n] = 0;
    assert_int_equal(param_f33(raw + 1, n, &f), CN_E_FORMAT);
}

#define BLOCK(port, at, interval, clock, periods) port "0800 01000000" at interval clock periods

static void f33_rules(void **state)
{
    size_t behind;
    struct seen seen = {.count = 0};
    uint8_t raw[64];

    (void)state;
    assert_int_equal(check_hex(33, "00", NULL), 1);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "0500", "0F", "300100", "00"), NULL), 15);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "0500", "0F", "300131", "00"), NULL), 15);
    assert_int_equal(check_hex(33, "01" BLOCK("00", "0500", "0F", "300100", "00"), &behind), CN_E_RANGE);
    assert_int_equal(behind, 15);
    assert_int_equal(check_hex(33, "01" BLOCK("20", "0500", "0F", "300100", "00"), NULL), CN_E_RANGE);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "0024", "0F", "300100", "00"), NULL), CN_E_FORMAT);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "EEEE", "0F", "300100", "00"), NULL), CN_E_FORMAT);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "0500", "00", "300100", "00"), NULL), CN_E_RANGE);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "0500", "3D", "300100", "00"), NULL), CN_E_RANGE);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "0500", "0F", "300132", "00"), NULL), CN_E_FORMAT);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "0500", "0F", "6001EE", "00"), NULL), CN_E_FORMAT);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "0500", "0F", "300100", "01 0000 0024"), &behind),
                     CN_E_FORMAT);
    assert_int_equal(behind, 19);
    assert_int_equal(check_hex(33, "01" BLOCK("02", "0500", "0F", "300100", "19"), NULL), CN_E_SHORT);
    assert_int_equal(check_hex(33, "20", NULL), CN_E_SHORT);

    int n = hex_parse("02" BLOCK("02", "0500", "0F", "300100", "01 0000 0006")
                      BLOCK("03", "0500", "0F", "300100", "00"), raw, sizeof raw);
    assert_int_equal(param_entries(param_find(33), raw, (size_t)n, note, &seen), 2);
    assert_int_equal(seen.keys[0], 2);
    assert_int_equal(seen.lens[0], 18);
    assert_int_equal(seen.keys[1], 3);
    assert_int_equal(seen.lens[1], 14);
}

static void f36_view(void **state)
{
    struct param_f36 f;

    (void)state;
    assert_int_equal(param_f36((const uint8_t *)"\x60\xE3\x16\x00", 4, &f), 0);
    assert_int_equal(f.month_bytes, 1500000);
    assert_int_equal(param_f36((const uint8_t *)"\xEE\xEE\xEE\xEE", 4, &f),
                     0); /* EE is a number in a parameter */
    assert_int_equal(f.month_bytes, 0xEEEEEEEE);
}

/* Parts show the bits of packed bytes by name: role of F8, repeats of F1. */
struct find {
    const char *name;
    uint64_t number;
    bool found;
};

static int find_field(void *ctx, const struct lay *f, const struct lay_at *at, const struct lay_val *v)
{
    struct find *s = ctx;

    (void)at;
    if (strcmp(f->name, s->name) == 0) {
        s->found = true;
        s->number = v->number;
    }
    return 0;
}

static void packed_bits_have_names(void **state)
{
    uint8_t raw[DATA];
    size_t n = load_unit("G08", raw);
    struct rbuf r = rbuf_of(raw, n);
    struct find s = {.name = "repeats"};

    (void)state;
    assert_int_equal(lay_decode(param_find(1)->layout, &r, LAY_TOLERANT, find_field, &s), 6);
    assert_true(s.found);
    assert_int_equal(s.number, 3);
    n = load_unit("G10", raw);
    r = rbuf_of(raw, n);
    s = (struct find){.name = "baud_code"};
    lay_decode(param_find(10)->layout, &r, LAY_TOLERANT, find_field, &s);
    assert_true(s.found);
    assert_int_equal(s.number, 0); /* of the last entry: default baud */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_and_whole),
        cmocka_unit_test(pn_kinds),
        cmocka_unit_test(vectors_are_accepted),
        cmocka_unit_test(f1_view),
        cmocka_unit_test(f3_view),
        cmocka_unit_test(f8_view),
        cmocka_unit_test(f9_view),
        cmocka_unit_test(f10_entries),
        cmocka_unit_test(f10_rules),
        cmocka_unit_test(f33_view),
        cmocka_unit_test(f33_rules),
        cmocka_unit_test(f36_view),
        cmocka_unit_test(packed_bits_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
