#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"

/* The records of tests/vectors/376.1-data.tsv (rows c0E-..., two captured), with the values of their
 * `meaning`. */
static const struct {
    const char *hex;
    const char *text;
} records[] = {
    {"1F15301021112605800010201126 5634120000 EEEEEEEE",
     "ERC31 Le=21 time=2026-11-21 10:30 point=start 5 last_ok=2026-11-20 10:00 fwd_active=12.3456 "
     "fwd_reactive=-"},
    {"030E3010211126010000020100004000", "ERC3 Le=14 time=2026-11-21 10:30 MSA=1 item=p0F10 item=p0F7"},
    {"0E0A58102111260011211126", "ERC14 Le=10 time=2026-11-21 10:58 on=2026-11-21 11:00"},
    {"08080012211126030002", "ERC8 Le=8 time=2026-11-21 12:00 point=3 flags=02H"},
    {"0C0700132111260380", "ERC12 Le=7 time=2026-11-21 13:00 point=start 3"},
    {"1F1505122111260500001221112600501200 00EEEEEEEE",
     "ERC31 Le=21 time=2026-11-21 12:05 point=end 5 last_ok=2026-11-21 12:00 fwd_active=12.5000 "
     "fwd_reactive=-"},
    {"2123301021112601000000000010000000000000000000000000001000 0000000000000000",
     "ERC33 Le=35 time=2026-11-21 10:30 point=1 change=0000H change=0000H change=0010H change=0000H "
     "change=0000H "
     "change=0000H change=0000H status=0000H status=0000H status=0010H status=0000H status=0000H "
     "status=0000H "
     "status=0000H"},
    {"1B1130102111260180000000100000009909 00",
     "ERC27 Le=17 time=2026-11-21 10:30 point=start 1 before=1000.0000 after=999.0000"},
    {"141630102111260102030405060708090A0B0C0D0E0F1001",
     "ERC20 Le=22 time=2026-11-21 10:30 PW=0102030405060708090A0B0C0D0E0F10 MSA=1"},
    {"1506301021112604", "ERC21 Le=6 time=2026-11-21 10:30 code=4"},
    {"230F3010211126020178563412000029 01",
     "ERC35 Le=15 time=2026-11-21 10:30 port=2 n=1 address=000012345678 phase_quality=29H protocol=01H"},
    {"091C30102111260580810122102299210015000020000025000000000100",
     "ERC9 Le=28 time=2026-11-21 10:30 point=start 5 flags=81H phases=1 kind=2 U_A=220.1 U_B=221.0 U_C=219.9 "
     "I_A=1.500 I_B=2.000 I_C=2.500 fwd_active=100.0000"},
    {"180E301021112605804251271022EEEE",
     "ERC24 Le=14 time=2026-11-21 10:30 point=start 5 flags=42H phases=2 kind=1 U_A=275.1 U_B=221.0 U_C=-"},
    {"1C123010211126058000001000000000000200 20",
     "ERC28 Le=18 time=2026-11-21 10:30 point=start 5 before=10.0000 after=200.0000 threshold=2.0"},
    {"1E0D3010211126058000501200 0004",
     "ERC30 Le=13 time=2026-11-21 10:30 point=start 5 fwd_active=12.5000 threshold=4"},
    {"200D301021112680841E0060E31600", "ERC32 Le=13 time=2026-11-21 10:30 month_bytes=2000000 limit=1500000"},
    {"010E30102111260356312E3056312E31", "ERC1 Le=14 time=2026-11-21 10:30 flags=03H old=V1.0 new=V1.1"},
    {"040730102111260101", "ERC4 Le=7 time=2026-11-21 10:30 change=01H state=01H"},
    {"0D083010211126038010", "ERC13 Le=8 time=2026-11-21 10:30 point=start 3 bits=10H"},
    {"1D1230102111260380000005000000000005 0050",
     "ERC29 Le=18 time=2026-11-21 10:30 point=start 3 before=5.0000 after=500.0000 threshold=5.0"},
    {"0E0A14310710311103100810",
     NULL}, /* captured (vector P22): minute 14, hour 31: no time, still a record */
};

struct text {
    char out[1024];
};

static int append(void *ctx, const struct lay *f, const struct lay_at *at, const struct lay_val *v)
{
    struct text *t = ctx;
    size_t n = strlen(t->out);
    char value[128];

    (void)at;
    snprintf(t->out + n, sizeof t->out - n, " %s=%s", f->name, lay_print(f, v, value, sizeof value));
    return 0;
}

static size_t parse(const char *hex, uint8_t *raw, size_t cap)
{
    int n = hex_parse(hex, raw, cap);

    assert_true(n > 2);
    assert_int_equal(raw[1] + 2, n);
    return (size_t)n;
}

static void records_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        uint8_t raw[EVENT_MAX];
        struct text t;
        size_t n = parse(records[i].hex, raw, sizeof raw);
        struct rbuf r = rbuf_of(raw + 2, n - 2);

        snprintf(t.out, sizeof t.out, "ERC%u Le=%u", raw[0], raw[1]);
        assert_int_equal(lay_decode(event_find(raw[0])->layout, &r, LAY_TOLERANT, append, &t), (int)(n - 2));
        if (records[i].text)
            assert_string_equal(t.out, records[i].text);
        else
            assert_non_null(strstr(t.out, "time=-"));
        /* one byte less: too short, except where the rest is a list (ERC3 loses a whole item) */
        r = rbuf_of(raw + 2, n - 3);
        assert_int_equal(lay_decode(event_find(raw[0])->layout, &r, LAY_TOLERANT, NULL, NULL), CN_E_SHORT);
    }
}

/* clause: reference part 6, 5.1: the table of lengths */
static void lengths(void **state)
{
    static const uint8_t le[] = {0,  14, 6,  6,  7,  10, 14, 16, 8,  28, 28, 24, 7,  8,  10, 49, 9,  27,
                                 17, 31, 22, 6,  21, 16, 14, 17, 14, 17, 18, 18, 13, 21, 13, 35, 8,  7};
    size_t count;
    const struct event_def *e = event_all(&count);

    (void)state;
    assert_int_equal(count, 35);
    for (unsigned erc = 1; erc <= 35; erc++) {
        uint8_t zeros[64] = {0};
        struct rbuf r = rbuf_of(zeros, le[erc]); /* the lists of ERC3, 22 and 35 are empty then */
        assert_int_equal(e[erc - 1].erc, erc);
        assert_ptr_equal(event_find(erc), &e[erc - 1]);
        assert_non_null(e[erc - 1].name);
        assert_int_equal(lay_decode(e[erc - 1].layout, &r, LAY_TOLERANT, NULL, NULL), le[erc]);
        r = rbuf_of(zeros, le[erc] - 1U);
        assert_int_equal(lay_decode(e[erc - 1].layout, &r, LAY_TOLERANT, NULL, NULL), CN_E_SHORT);
    }
    assert_null(event_find(0));
    assert_null(event_find(36));
    assert_null(event_find(255));
}

static void lists_grow_their_record(void **state)
{
    uint8_t raw[64] = {0};

    (void)state;
    raw[5 + 14] = 2; /* ERC22: n */
    raw[5 + 14 + 1 + 10] = 1; /* m */
    struct rbuf r = rbuf_of(raw, sizeof raw);
    assert_int_equal(lay_decode(event_find(22)->layout, &r, LAY_TOLERANT, NULL, NULL), 21 + 5 * 3);
    memset(raw, 0, sizeof raw);
    raw[6] = 3; /* ERC35: n */
    r = rbuf_of(raw, sizeof raw);
    assert_int_equal(lay_decode(event_find(35)->layout, &r, LAY_TOLERANT, NULL, NULL), 7 + 8 * 3);
    raw[6] = 32; /* more than Le can say */
    r = rbuf_of(raw, sizeof raw);
    assert_int_equal(lay_decode(event_find(35)->layout, &r, LAY_TOLERANT, NULL, NULL), CN_E_RANGE);
}

/* Every ERC that is raised has a builder below; AFN 09 F8 is made from this flag. */
static void raised_events(void **state)
{
    size_t count;
    const struct event_def *e = event_all(&count);
    unsigned raised = 0;

    (void)state;
    for (size_t i = 0; i < count; i++)
        raised += e[i].raised;
    assert_int_equal(raised, 5);
    assert_true(event_find(3)->raised && event_find(14)->raised && event_find(20)->raised &&
                event_find(21)->raised && event_find(31)->raised);
}

static const struct civil at1030 = {.year = 2026, .month = 11, .day = 21, .hour = 10, .minute = 30};

static void built(uint8_t erc, const struct civil *local, struct wbuf *content, const char *hex)
{
    uint8_t raw[EVENT_MAX], want[EVENT_MAX];
    struct wbuf w = wbuf_of(raw, sizeof raw);
    int n = hex_parse(hex, want, sizeof want);

    assert_int_equal(content->err, 0);
    assert_int_equal(event_build(erc, local, content->p, content->len, &w), n);
    assert_int_equal(w.len, n);
    assert_memory_equal(raw, want, (size_t)n);
}

static void builders_make_the_records_of_the_vectors(void **state)
{
    static const uint8_t dadts[2][4] = {{0, 0, 2, 1}, {0, 0, 0x40, 0}};
    static const uint8_t pw[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    struct civil off = at1030, on = at1030, last = at1030;
    uint8_t raw[260];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)state;
    event_put_erc3(&w, 1, dadts, 2);
    built(3, &at1030, &w, "030E3010211126010000020100004000");

    w = wbuf_of(raw, sizeof raw);
    off.minute = 58;
    on.hour = 11;
    on.minute = 0;
    event_put_erc14(&w, &on);
    built(14, &off, &w, "0E0A58102111260011211126");
    w = wbuf_of(raw, sizeof raw);
    event_put_erc14(&w, NULL);
    built(14, &off, &w, "0E0A5810211126EEEEEEEEEE");

    w = wbuf_of(raw, sizeof raw);
    event_put_erc20(&w, pw, 1);
    built(20, &at1030, &w, "141630102111260102030405060708090A0B0C0D0E0F1001");

    w = wbuf_of(raw, sizeof raw);
    event_put_erc21(&w, 4);
    built(21, &at1030, &w, "1506301021112604");

    w = wbuf_of(raw, sizeof raw);
    last.day = 20;
    last.hour = 10;
    last.minute = 0;
    event_put_erc31(&w, 5, true, &last, value_of(1234, -2), value_none());
    built(31, &at1030, &w, "1F15301021112605800010201126 0034120000 EEEEEEEE");
    w = wbuf_of(raw, sizeof raw);
    event_put_erc31(&w, 5, true, &last, value_of(123456, -4), value_none());
    built(31, &at1030, &w, "1F15301021112605800010201126 5634120000 EEEEEEEE");
    w = wbuf_of(raw, sizeof raw);
    event_put_erc31(&w, 2040, false, NULL, value_none(), value_of(150, -2));
    built(31, &at1030, &w, "1F153010211126F807EEEEEEEEEE EEEEEEEEEE 50010000");
}

static void bounds_of_building(void **state)
{
    uint8_t content[300] = {0}, raw[EVENT_MAX];
    uint8_t dadts[70][4] = {{0}};
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)state;
    assert_int_equal(event_build(3, &at1030, content, 250, &w), 257);
    w = wbuf_of(raw, sizeof raw);
    assert_int_equal(event_build(3, &at1030, content, 251, &w), CN_E_RANGE);
    assert_int_equal(w.len, 0);
    w = wbuf_of(raw, 16);
    assert_int_equal(event_build(3, &at1030, content, 10, &w), CN_E_NOSPACE);
    assert_int_equal(w.len, 0);
    assert_int_equal(event_build(3, &at1030, content, 9, &w), 16);

    struct wbuf list = wbuf_of(content, sizeof content);
    event_put_erc3(&list, 1, (const uint8_t(*)[4])dadts, 70);
    assert_int_equal(list.len, 1 + 4 * EVENT_ERC3_ITEMS);
    assert_true(list.len <= 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_decode),
        cmocka_unit_test(lengths),
        cmocka_unit_test(lists_grow_their_record),
        cmocka_unit_test(raised_events),
        cmocka_unit_test(builders_make_the_records_of_the_vectors),
        cmocka_unit_test(bounds_of_building),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
