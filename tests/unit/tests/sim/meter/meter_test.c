#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"
#include "tests/sim/meter/items.h"

enum { ZONE_S = 8 * 3600 };

static int64_t at(int year, int month, int day, int hour, int minute, int second)
{
    struct civil c = {.year = (int16_t)year,
                      .month = (uint8_t)month,
                      .day = (uint8_t)day,
                      .hour = (uint8_t)hour,
                      .minute = (uint8_t)minute,
                      .second = (uint8_t)second};

    return zone_to_utc((struct zone){ZONE_S}, &c);
}

struct bench {
    struct sm_site *site;
    struct sm_meter m;
    int64_t now;
};

static void setup(struct bench *b, const char *address)
{
    uint8_t addr[ADDR_LEN];

    b->now = at(2026, 11, 22, 10, 30, 0);
    b->site = calloc(1, sizeof *b->site);
    assert_non_null(b->site);
    b->site->world = (struct sm_world){
        .seed = 1, .zone = {ZONE_S}, .start_s = b->now, .install_s = at(2024, 1, 1, 0, 0, 0)};
    assert_int_equal(addr_parse(address, addr), 0);
    sm_meter_init(b->site, &b->m, 7, 1, addr);
}

static int parse(const char *hex, struct sm_frame *out)
{
    uint8_t raw[300];
    struct sm_rx rx = {.len = 0};
    int n = hex_parse(hex, raw, sizeof raw);

    for (int i = 0; i < n; i++)
        sm_rx_add(&rx, raw[i]);
    return sm_rx_take(&rx, out);
}

/* Send a request in hex; the answer must be these bytes, NULL = silence. */
static void talk(struct bench *b, const char *request, const char *expected)
{
    struct sm_frame req, answer;
    uint8_t raw[300];
    char text[601];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    assert_true(parse(request, &req) > 0);
    int said = sm_meter_addressed(&b->m, &req) && sm_meter_serve(b->site, &b->m, &req, b->now, &answer) > 0;
    if (said)
        assert_true(sm_frame_put(&w, &answer) > 0);
    hex_print(raw, w.len, text, sizeof text);
    assert_string_equal(text, expected ? expected : "");
}

static size_t item(struct bench *b, uint32_t di, uint8_t *out, size_t cap)
{
    struct wbuf w = wbuf_of(out, cap);
    int n = sm_item_get(b->site, &b->m, di, b->now, &w);

    assert_true(n == CN_E_NOTFOUND || n == (int)w.len);
    return n < 0 ? 0 : (size_t)n;
}

static uint64_t number(struct bench *b, uint32_t di, size_t size)
{
    uint8_t raw[64];
    uint64_t v = 0;

    assert_int_equal(item(b, di, raw, sizeof raw), size);
    assert_int_equal(bcd_get(raw, size, &v), 0);
    return v;
}

static void override(struct bench *b, uint32_t di, const char *hex)
{
    uint8_t data[64];
    int n = hex_parse(hex, data, sizeof data);

    assert_int_equal(sm_override_put(&b->site->overrides, &b->m, di, data, (size_t)n), 0);
}

/*
 * Each answer of the vectors comes back byte for byte from a meter that has this address and this value; and
 * without the value given, the meter's own answer has the same length.
 */
static void test_read_answers_of_vectors(void **state)
{
    FILE *f = fopen(CN_SOURCE_DIR "/tests/vectors/dlt645-frames.tsv", "r");
    char line[4096];
    unsigned rows = 0, lengths = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char *save = NULL, *id = strtok_r(line, "\t", &save), *standard = strtok_r(NULL, "\t", &save);
        char *hex = strtok_r(NULL, "\t", &save), *direction = strtok_r(NULL, "\t", &save);
        struct sm_frame golden, req, answer;
        char address[ADDR_TEXT], value[601];
        uint8_t raw[300], own[64];
        struct bench b;

        if (!direction || strcmp(standard, "2007") || strcmp(direction, "S2M") || parse(hex, &golden) <= 0)
            continue;
        if (golden.c != 0x91)
            continue;
        setup(&b, addr_print(golden.addr, address));
        uint32_t di = (uint32_t)golden.data[3] << 24 | (uint32_t)golden.data[2] << 16 |
                      (uint32_t)golden.data[1] << 8 | golden.data[0];
        size_t length = item(&b, di, own, sizeof own);
        override(&b, di, hex_print(golden.data + 4, golden.len - 4u, value, sizeof value));
        req = (struct sm_frame){.c = 0x11, .len = 4};
        memcpy(req.addr, golden.addr, 6);
        memcpy(req.data, golden.data, 4);
        assert_int_equal(sm_meter_serve(b.site, &b.m, &req, b.now, &answer), 1);
        struct wbuf w = wbuf_of(raw, sizeof raw);
        sm_frame_put(&w, &answer);
        while (strncmp(hex, "FE", 2) == 0)
            hex += 2;
        assert_string_equal(hex_print(raw, w.len, value, sizeof value), hex);
        rows++;
        /* private item; emulator with a 3-byte voltage */
        if (strcmp(id, "D645-S104") && strcmp(id, "D645-S071")) {
            if (length != golden.len - 4u)
                fail_msg("%s: %08X has %zu bytes here, %u there", id, di, length, golden.len - 4u);
            lengths++;
        }
        free(b.site);
    }
    fclose(f);
    assert_int_equal(rows, 29);
    assert_int_equal(lengths, 27);
}

/* Request and answer pairs of real meters and of the 645 reference part 1. */
static void test_services(void **state)
{
    struct bench b;

    (void)state;
    setup(&b, "001210174069"); /* D645-S108 asks, S036 answers */
    talk(&b, "FEFEFEFE68AAAAAAAAAAAA681300DF16", "686940171012006893069C734A4345335F16");
    free(b.site);
    setup(&b, "558890213594"); /* trip: S067 asks, S075 answers */
    b.now = at(2021, 7, 9, 12, 0, 0);
    talk(&b, "FEFEFEFE68943521908855681C1035333333333333334D338C8C563C3A54A516", "68943521908855689C00C316");
    assert_true(b.m.relay_open);
    assert_int_equal(b.m.trips, 1);
    free(b.site);
    setup(&b, "000000000012");
    /* 7.3: time 14:30:00 with password 000000, then with another password in the meter */
    talk(&b, "6812000000000068140F3534333737333333333333333363475116", "681200000000006894007616");
    assert_int_equal(sm_clock_at(&b.m.clock, b.now), at(2026, 11, 22, 14, 30, 0));
    assert_int_equal(number(&b, 0x03300400, 3), 1);
    assert_int_equal(number(&b, 0x03300000, 3), 1);
    b.m.password[0] = 1;
    talk(&b, "6812000000000068140F3534333737333333333333333363475116", "6812000000000068D40137EE16");
    /* 7.8: the rate stays */
    talk(&b, "68120000000000681701534D16", "6812000000000068D7013BF516");
    free(b.site);
    setup(&b, "000000000099"); /* 7.5 */
    talk(&b, "68AAAAAAAAAAAA6815064533333333332B16", "681200000000006895007716");
    /* now the old address is not heard */
    talk(&b, "68990000000000681104333334334B16", NULL);
    free(b.site);
}

/* Services that change something want the full address; nobody answers a broadcast; an answer is no request.
 */
static void test_silence(void **state)
{
    struct bench b;

    (void)state;
    setup(&b, "201000000012");
    talk(&b, "FEFEFEFE689999999999996813007916", NULL);                             /* S047 */
    talk(&b, "68999999999999681104333334334816", NULL);                             /* a read by broadcast */
    talk(&b, "68AAAAAAAAAAAA6814123437333733333333333333333433333333339216", NULL); /* S048 */
    talk(&b, "6812000000102068D101351916", NULL);                                   /* S105 */
    talk(&b, "6818201222206568110433323435A416", NULL);                             /* S069, another meter */
    free(b.site);
}

/* 7.6: broadcast time, S034 = 2017-06-05 10:22:51: at most five minutes off, once a day. */
static void test_broadcast_time(void **state)
{
    static const char s034[] = "6899999999999968080684554338394A4B16";
    struct bench b;

    (void)state;
    setup(&b, "201000000012");
    b.now = at(2017, 6, 5, 10, 17, 50); /* 301 s */
    talk(&b, s034, NULL);
    assert_int_equal(sm_clock_at(&b.m.clock, b.now), b.now);
    b.now += 1;
    talk(&b, s034, NULL);
    assert_int_equal(sm_clock_at(&b.m.clock, b.now), at(2017, 6, 5, 10, 22, 51));
    assert_int_equal(b.m.calibrations, 1);
    b.now += 300;
    talk(&b, s034, NULL);
    assert_int_equal(b.m.calibrations, 1);
    free(b.site);
}

/* 7.7: instant freeze by broadcast fills 0501. */
static void test_freeze(void **state)
{
    struct bench b;
    uint8_t raw[32];

    (void)state;
    setup(&b, "201000000012");
    assert_int_equal(number(&b, 0x05010001, 5), 0);
    talk(&b, "68999999999999681604CCCCCCCCB016", NULL);
    uint64_t frozen = number(&b, 0x00010000, 4);
    b.now += 86400;
    assert_int_equal(number(&b, 0x05010001, 5), 2611221030);
    assert_int_equal(item(&b, 0x05010101, raw, sizeof raw), 20);
    uint64_t total = 0;
    assert_int_equal(bcd_get(raw, 4, &total), 0);
    assert_int_equal(total, frozen);
    assert_true(number(&b, 0x00010000, 4) > total);
    free(b.site);
}

/* 7.2: 202 bytes come in two frames; the second one is known when the last six bytes are zeros (no phase C).
 */
static void test_follow_on(void **state)
{
    static const char next[] = "6812000000000068120534356336342F16";
    struct sm_frame req = {.c = 0x11, .len = 4, .data = {0x01, 0x02, 0x30, 0x03}}, first;
    uint8_t whole[256];
    struct bench b;

    (void)state;
    setup(&b, "000000000012");
    memcpy(req.addr, b.m.address, sizeof req.addr);
    b.m.load.three_phase = false;
    assert_int_equal(item(&b, 0x03300201, whole, sizeof whole), 202);
    /* not before the first part was read */
    talk(&b, next, "6812000000000068D20135EA16");
    assert_int_equal(sm_meter_serve(b.site, &b.m, &req, b.now, &first), 1);
    assert_int_equal(first.c, 0xB1);
    assert_int_equal(first.len, 200);
    assert_memory_equal(first.data + 4, whole, 196);
    /* a lost part is repeated */
    talk(&b, next, "6812000000000068920B3435633633333333333334E716");
    b.now += 40 * 86400;
    talk(&b, next, "6812000000000068920B3435633633333333333334E716");
    /* 0506FF01 of four tariffs has 269 bytes: 196 + 73, the second frame from the same moment as the first */
    uint8_t block[300];
    assert_int_equal(item(&b, 0x0506FF01, block, sizeof block), 269);
    req.data[0] = 0x01;
    req.data[1] = 0xFF;
    req.data[2] = 0x06;
    req.data[3] = 0x05;
    assert_int_equal(sm_meter_serve(b.site, &b.m, &req, b.now, &first), 1);
    assert_int_equal(first.c, 0xB1);
    b.now += 86400;
    req.c = 0x12;
    req.len = 5;
    req.data[4] = 1;
    assert_int_equal(sm_meter_serve(b.site, &b.m, &req, b.now, &first), 1);
    assert_int_equal(first.c, 0x92);
    assert_int_equal(first.len, 4 + 73 + 1);
    assert_memory_equal(first.data + 4, block + 196, 73);
    assert_int_equal(first.data[77], 1);
    free(b.site);
}

/* The total is the sum of the tariffs at every moment and never falls. */
static void test_energy(void **state)
{
    struct bench b;
    uint64_t last = 0;

    (void)state;
    setup(&b, "000000000012");
    for (int64_t t = at(2024, 1, 1, 0, 0, 0); t < at(2027, 1, 1, 0, 0, 0); t += 86400 * 3 + 1234) {
        uint64_t sum = 0;
        b.now = t;
        uint64_t total = number(&b, 0x00010000, 4);
        for (uint32_t tariff = 1; tariff <= 4; tariff++)
            sum += number(&b, 0x00010000 + tariff * 0x100, 4);
        assert_int_equal(total, sum);
        assert_true(total >= last);
        last = total;
    }
    /* 400 W mean: a whole day is 9.60 kWh */
    b.m.load.watts = 400;
    b.now = at(2026, 5, 5, 0, 0, 0);
    uint64_t before = number(&b, 0x00010000, 4);
    b.now += 86400;
    uint64_t day = number(&b, 0x00010000, 4) - before;
    assert_in_range(day, 959, 961); /* each tariff is cut for itself */
    /* power agrees with the energy of its hour */
    b.now = at(2026, 5, 5, 18, 0, 0);
    before = number(&b, 0x00010000, 4);
    uint64_t power = number(&b, 0x02030000, 3);
    b.now += 3599;
    uint64_t hour = number(&b, 0x00010000, 4) - before;
    assert_in_range(hour, power / 100 - 1, power / 100 + 1);
    free(b.site);
}

/* Freezes are what the registers showed then; 62 days, 254 hours, 12 settlements, nothing before
 * installation. */
static void test_frozen(void **state)
{
    struct bench b;
    uint8_t raw[32], then[32];
    int64_t now;

    (void)state;
    setup(&b, "000000000012");
    now = b.now;
    for (unsigned n = 1; n <= 62; n++) {
        b.now = now;
        assert_int_equal(item(&b, 0x05060100 + n, raw, sizeof raw), 20);
        struct civil c = zone_to_local((struct zone){ZONE_S}, at(2026, 11, 22, 0, 0, 0) - (n - 1) * 86400);
        uint64_t name = ((((uint64_t)c.year - 2000) * 100 + c.month) * 100 + c.day) * 10000;
        assert_int_equal(number(&b, 0x05060000 + n, 5), name);
        b.now = at(2026, 11, 22, 0, 0, 0) - (n - 1) * 86400;
        assert_int_equal(item(&b, 0x0001FF00, then, sizeof then), 20);
        assert_memory_equal(raw, then, 20);
    }
    b.now = now;
    assert_int_equal(item(&b, 0x0506003F, raw, sizeof raw), 0);
    assert_int_equal(item(&b, 0x05060000, raw, sizeof raw), 0);
    assert_int_equal(number(&b, 0x050400FE, 5), 2611112100); /* 253 hours before 10:00 */
    assert_int_equal(item(&b, 0x050400FF, raw, sizeof raw), 0);
    assert_int_equal(item(&b, 0x0504FF01, raw, sizeof raw), 13);
    uint64_t settled = number(&b, 0x00010001, 4);
    b.now = at(2026, 11, 1, 0, 0, 0);
    assert_int_equal(number(&b, 0x00010000, 4), settled);
    b.now = at(2024, 1, 3, 12, 0, 0);
    assert_int_equal(number(&b, 0x05060003, 5), 2401010000);
    assert_int_equal(number(&b, 0x05060004, 5), 0);
    free(b.site);
}

/* A clock that was set keeps the freezes it has made. */
static void test_freeze_and_clock(void **state)
{
    struct bench b;
    uint8_t before[32], after[32];

    (void)state;
    setup(&b, "000000000012");
    b.now = at(2026, 11, 22, 23, 50, 0);
    sm_clock_set(&b.m.clock, b.now, at(2026, 11, 23, 0, 5, 0)); /* over midnight */
    assert_int_equal(number(&b, 0x05060001, 5), 2611230000);
    assert_int_equal(item(&b, 0x05060101, before, sizeof before), 20);
    b.now += 60;
    sm_clock_set(&b.m.clock, b.now, b.now); /* back */
    assert_int_equal(number(&b, 0x05060001, 5), 2611220000);
    b.now = at(2026, 11, 23, 1, 0, 0);
    assert_int_equal(number(&b, 0x05060001, 5), 2611230000);
    assert_int_equal(item(&b, 0x05060101, after, sizeof after), 20);
    assert_memory_equal(before, after, 20);
    free(b.site);
}

static void test_blocks(void **state)
{
    static const uint8_t none[2] = {0xFF, 0xFF};
    uint8_t raw[300], one[8];
    struct bench b;

    (void)state;
    setup(&b, "000000000012");
    assert_int_equal(item(&b, 0x0101FF00, raw, sizeof raw), 40);
    assert_int_equal(item(&b, 0x000100FF, raw, sizeof raw), 52);
    assert_int_equal(item(&b, 0x00010003, one, sizeof one), 4);
    assert_memory_equal(raw + 12, one, 4);
    assert_int_equal(item(&b, 0x0203FF00, raw, sizeof raw), 12);
    assert_int_equal(item(&b, 0x040005FF, raw, sizeof raw), 14);
    assert_int_equal(item(&b, 0x0001FFFF, raw, sizeof raw), 0);
    b.m.load.tariffs = 2;
    assert_int_equal(item(&b, 0x0001FF00, raw, sizeof raw), 12);
    assert_int_equal(item(&b, 0x00010300, raw, sizeof raw), 0);
    b.m.load.three_phase = false;
    assert_int_equal(item(&b, 0x0201FF00, raw, sizeof raw), 6);
    assert_memory_equal(raw + 2, none, 2);
    assert_memory_equal(raw + 4, none, 2);
    assert_int_equal(item(&b, 0x02010200, raw, sizeof raw), 0);
    b.m.no_blocks = true;
    assert_int_equal(item(&b, 0x0201FF00, raw, sizeof raw), 0);
    assert_int_equal(item(&b, 0x02010100, raw, sizeof raw), 2);
    free(b.site);
}

/* Parameters: written, read back, refused with a wrong length; text goes backwards (S095: "220.0V"). */
static void test_parameters(void **state)
{
    struct sm_frame req = {.c = 0x14,
                           .len = 13,
                           .data = {0x03, 0x01, 0x00, 0x04, 0x04, 0, 0, 0, 1, 2, 3, 4, 0x30}},
                    answer;
    uint8_t raw[32];
    struct bench b;

    (void)state;
    setup(&b, "000000000012");
    memcpy(req.addr, b.m.address, sizeof req.addr);
    assert_int_equal(number(&b, 0x04000103, 1), 15);
    assert_int_equal(sm_meter_serve(b.site, &b.m, &req, b.now, &answer), 1);
    assert_int_equal(answer.c, 0x94);
    assert_int_equal(number(&b, 0x04000103, 1), 30);
    req.len = 14;
    assert_int_equal(sm_meter_serve(b.site, &b.m, &req, b.now, &answer), 1);
    assert_int_equal(answer.c, 0xD4);
    assert_int_equal(item(&b, 0x04000404, raw, sizeof raw), 6);
    assert_memory_equal(raw, "\0\0V022", 6);
    assert_int_equal(item(&b, 0x04000401, raw, sizeof raw), 6);
    assert_memory_equal(raw, b.m.address, 6);
    free(b.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_answers_of_vectors),
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_broadcast_time),
        cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_follow_on),
        cmocka_unit_test(test_energy),
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_freeze_and_clock),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
