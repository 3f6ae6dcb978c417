#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "gateway/model/reading.h"
#include "southbound/dlt645/dlt645_data.h"

/* bytes a standard gives for an identifier (DL/T 645 reference parts 2 and 3); 0 = open length */
static const struct {
    enum dlt645_edition edition;
    uint32_t di;
    size_t bytes;
} lengths[] = {
    {DLT645_2007, 0x00010000, 4},    {DLT645_2007, 0x00150000, 4},   {DLT645_2007, 0x00C20001, 4},
    {DLT645_2007, 0x00800000, 4},    {DLT645_2007, 0x00900200, 4},   {DLT645_2007, 0x01010000, 8},
    {DLT645_2007, 0x0146000C, 8},    {DLT645_2007, 0x02010100, 2},   {DLT645_2007, 0x02020300, 3},
    {DLT645_2007, 0x02030000, 3},    {DLT645_2007, 0x02060200, 2},   {DLT645_2007, 0x020A0115, 2},
    {DLT645_2007, 0x02800001, 3},    {DLT645_2007, 0x02800002, 2},   {DLT645_2007, 0x0280000A, 4},
    {DLT645_2007, 0x03010000, 18},   {DLT645_2007, 0x03010101, 131}, {DLT645_2007, 0x0304030A, 131},
    {DLT645_2007, 0x03050000, 6},    {DLT645_2007, 0x03050001, 15},  {DLT645_2007, 0x03060001, 12},
    {DLT645_2007, 0x03070001, 76},   {DLT645_2007, 0x03090001, 78},  {DLT645_2007, 0x030B0101, 115},
    {DLT645_2007, 0x030E0201, 76},   {DLT645_2007, 0x03100000, 27},  {DLT645_2007, 0x0310030C, 27},
    {DLT645_2007, 0x03110000, 3},    {DLT645_2007, 0x03110001, 12},  {DLT645_2007, 0x03120000, 18},
    {DLT645_2007, 0x03120101, 20},   {DLT645_2007, 0x03300001, 50},  {DLT645_2007, 0x03300101, 106},
    {DLT645_2007, 0x03300201, 202},  {DLT645_2007, 0x03300301, 14},  {DLT645_2007, 0x03300401, 16},
    {DLT645_2007, 0x03300501, 682},  {DLT645_2007, 0x03300601, 94},  {DLT645_2007, 0x03300701, 11},
    {DLT645_2007, 0x03300801, 1026}, {DLT645_2007, 0x03300901, 11},  {DLT645_2007, 0x03300C01, 16},
    {DLT645_2007, 0x03300D01, 60},   {DLT645_2007, 0x03350001, 28},  {DLT645_2007, 0x04000101, 4},
    {DLT645_2007, 0x04000102, 3},    {DLT645_2007, 0x0400010C, 7},   {DLT645_2007, 0x04000205, 2},
    {DLT645_2007, 0x04000401, 6},    {DLT645_2007, 0x04000403, 32},  {DLT645_2007, 0x04000404, 6},
    {DLT645_2007, 0x04000407, 4},    {DLT645_2007, 0x0400040B, 10},  {DLT645_2007, 0x0400040D, 16},
    {DLT645_2007, 0x04000501, 2},    {DLT645_2007, 0x04000A01, 4},   {DLT645_2007, 0x04000A07, 2},
    {DLT645_2007, 0x04000B03, 2},    {DLT645_2007, 0x04000C0A, 4},   {DLT645_2007, 0x04000E01, 3},
    {DLT645_2007, 0x040300FE, 4},    {DLT645_2007, 0x04050101, 4},   {DLT645_2007, 0x05060001, 5},
    {DLT645_2007, 0x0504FF01, 13},   {DLT645_2007, 0x05001001, 24},  {DLT645_2007, 0x04800001, 32},
    {DLT645_2007, 0x1D000001, 3},    {DLT645_2007, 0x1D000101, 6},   {DLT645_2007, 0x1E00FF01, 34},
    {DLT645_2007, 0x13010001, 3},    {DLT645_2007, 0x13010101, 6},   {DLT645_2007, 0x13012501, 6},
    {DLT645_2007, 0x05060101, 4},    {DLT645_2007, 0x05060901, 8},   {DLT645_2007, 0x0506FF01, 0},
    {DLT645_1997, 0x9010, 4},        {DLT645_1997, 0x995E, 4},       {DLT645_1997, 0xA010, 3},
    {DLT645_1997, 0xB011, 4},        {DLT645_1997, 0xB212, 2},       {DLT645_1997, 0xB214, 3},
    {DLT645_1997, 0xB21F, 15},       {DLT645_1997, 0xB311, 2},       {DLT645_1997, 0xB320, 3},
    {DLT645_1997, 0xB611, 2},        {DLT645_1997, 0xB621, 2},       {DLT645_1997, 0xB630, 3},
    {DLT645_1997, 0xB634, 2},        {DLT645_1997, 0xB641, 2},       {DLT645_1997, 0xC010, 4},
    {DLT645_1997, 0xC01F, 7},        {DLT645_1997, 0xC02F, 3},       {DLT645_1997, 0xC032, 6},
    {DLT645_1997, 0xC03F, 24},       {DLT645_1997, 0xC11F, 17},      {DLT645_1997, 0xC119, 4},
    {DLT645_1997, 0xC212, 4},        {DLT645_1997, 0xC31F, 5},       {DLT645_1997, 0xC321, 3},
    {DLT645_1997, 0xC3AA, 3},        {DLT645_1997, 0xC41E, 1},       {DLT645_1997, 0xC510, 4},
};

static void test_lengths(void **state)
{
    (void)state;
    struct dlt645_match m;

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        if (dlt645_match(lengths[i].edition, lengths[i].di, &m) < 0)
            fail_msg("%08X is not known", lengths[i].di);
        if (dlt645_row_size(m.row) != lengths[i].bytes)
            fail_msg("%08X has %zu bytes, not %zu", lengths[i].di, dlt645_row_size(m.row), lengths[i].bytes);
    }
}

static bool formats_fine(const struct dlt645_part *parts, size_t n)
{
    struct dlt645_format f;

    for (size_t i = 0; i < n; i++) {
        if (parts[i].count == 0)
            return false;
        if (parts[i].format ? dlt645_format_parse(parts[i].format, &f) < 0
                            : !formats_fine(parts[i].group, parts[i].group_len))
            return false;
    }
    return n > 0;
}

/* an identifier of the row: each variable at a value it may have */
static uint32_t sample_of(const char *pattern)
{
    uint32_t di = 0;

    for (const char *c = pattern; *c; c++) {
        bool pair_head = (c - pattern) % 2 == 0 && c[1] == *c;
        unsigned digit;
        if (*c >= '0' && *c <= '9')
            digit = (unsigned)(*c - '0');
        else if (*c >= 'A' && *c <= 'F')
            digit = (unsigned)(*c - 'A') + 10;
        else if (*c == 'c')
            digit = pair_head ? 1 : 0; /* event kind 10H */
        else if (*c == 'e')
            digit = pair_head ? 2 : 5; /* its end */
        else if (*c == 'a' || *c == 'z')
            digit = *c == 'z' ? 6 : 4;
        else if (*c == 'b')
            digit = 5;
        else
            digit = pair_head ? 0 : 1;
        di = di << 4 | digit;
    }
    return di;
}

/* no row is malformed, none is hidden by one before it */
static void test_tables(void **state)
{
    (void)state;
    static const enum dlt645_edition editions[] = {DLT645_1997, DLT645_2007};

    for (int e = 0; e < 2; e++) {
        size_t count;
        const struct dlt645_row *rows = dlt645_rows(editions[e], &count);
        assert_true(count > 90);
        for (size_t i = 0; i < count; i++) {
            struct dlt645_match m;
            struct dlt645_format f;
            char name[DLT645_NAME];
            const struct dlt645_row *row = &rows[i];
            assert_int_equal(strlen(row->pattern), e == 0 ? 4 : 8);
            if (row->format)
                assert_true(strcmp(row->format, "raw") == 0 || dlt645_format_parse(row->format, &f) == 0);
            else
                assert_true(formats_fine(row->parts, row->part_count));
            assert_non_null(row->unit);
            if (dlt645_match(editions[e], sample_of(row->pattern), &m) < 0)
                fail_msg("%s: its sample %08X is not known", row->pattern, sample_of(row->pattern));
            if (m.row != row)
                fail_msg("%s is hidden by %s", row->pattern, m.row->pattern);
            assert_true(strlen(dlt645_di_name(editions[e], sample_of(row->pattern), name)) > 0);
        }
    }
}

static void test_meaning(void **state)
{
    (void)state;
    static const struct {
        enum dlt645_edition edition;
        uint32_t di;
        uint16_t quantity;
        uint8_t tariff, period, index;
        const char *name;
    } known[] = {
        {DLT645_2007, 0x00010000, Q_EP_IMP, 0, PERIOD_NOW, 0, "forward active energy, total, current"},
        {DLT645_2007, 0x00000302, Q_EP_NET, 3, PERIOD_MONTH, 2,
         "combined active energy, tariff 3, 2 settlement(s) ago"},
        {DLT645_2007, 0x0001FF00, Q_EP_IMP, 0, PERIOD_NOW, 0,
         "forward active energy, block total+tariffs, current"},
        {DLT645_2007, 0x000100FF, Q_EP_IMP, 0, PERIOD_NOW, 0,
         "forward active energy, total, block current+settlements"},
        {DLT645_2007, 0x003D0000, Q_NONE, 0, PERIOD_NOW, 0, "forward active energy phase C, current"},
        {DLT645_2007, 0x02010300, Q_U_C, 0, PERIOD_NOW, 0, "voltage phase C"},
        {DLT645_2007, 0x02030000, Q_P, 0, PERIOD_NOW, 0, "active power total"},
        {DLT645_2007, 0x02030200, Q_P_B, 0, PERIOD_NOW, 0, "active power phase B"},
        {DLT645_2007, 0x0206FF00, Q_PF, 0, PERIOD_NOW, 0, "power factor block"},
        {DLT645_2007, 0x020A0305, Q_NONE, 0, PERIOD_NOW, 0, "voltage harmonic content phase C 5"},
        {DLT645_2007, 0x05060003, Q_CLOCK, 0, PERIOD_DAY, 3, "daily freeze time, 3 freeze(s) ago"},
        {DLT645_2007, 0x050402FE, Q_EP_EXP, 0, PERIOD_HOUR, 254,
         "hourly freeze reverse active energy, 254 freeze(s) ago"},
        {DLT645_2007, 0x05000101, Q_NONE, 0, PERIOD_NOW, 0,
         "timed freeze forward active energy, 1 freeze(s) ago"},
        {DLT645_2007, 0x04000503, Q_STATUS_WORDS, 3, PERIOD_NOW, 0, "running status word 3"},
        {DLT645_2007, 0x03010203, Q_NONE, 0, PERIOD_NOW, 0, "loss of voltage phase B, record 3"},
        {DLT645_2007, 0x13012501, Q_NONE, 0, PERIOD_NOW, 0, "phase failure end phase A, record 1"},
        {DLT645_1997, 0x9010, Q_EP_IMP, 0, PERIOD_NOW, 0, "forward active energy total, current"},
        {DLT645_1997, 0x9554, Q_EQ_Q2, 4, PERIOD_MONTH, 1,
         "reactive energy quadrant II tariff 4, 1 settlement(s) ago"},
        {DLT645_1997, 0x9140, Q_EQ_Q4, 0, PERIOD_NOW, 0, "reactive energy quadrant IV total, current"},
        {DLT645_1997, 0xB633, Q_P_C, 0, PERIOD_NOW, 0, "active power phase C"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct dlt645_match m;
        char name[DLT645_NAME];
        assert_int_equal(dlt645_match(known[i].edition, known[i].di, &m), 0);
        assert_string_equal(dlt645_di_name(known[i].edition, known[i].di, name), known[i].name);
        assert_int_equal(m.quantity, known[i].quantity);
        assert_int_equal(m.tariff, known[i].tariff);
        assert_int_equal(m.period, known[i].period);
        assert_int_equal(m.period_index, known[i].index);
    }
    static const struct {
        enum dlt645_edition edition;
        uint32_t di;
    } unknown[] = {
        {DLT645_2007, 0x0001FFFF}, {DLT645_2007, 0x00014000}, {DLT645_2007, 0x0001000D},
        {DLT645_2007, 0x00150100}, {DLT645_2007, 0x02010400}, {DLT645_2007, 0x028022FF},
        {DLT645_2007, 0x04A20200}, {DLT645_2007, 0x05080001}, {DLT645_2007, 0x13012101},
        {DLT645_2007, 0xFFFFFFFF}, {DLT645_2007, 0x040005FE}, {DLT645_1997, 0x00010000},
        {DLT645_1997, 0x9A10},     {DLT645_1997, 0xC04F},     {DLT645_1997, 0x9030},
    };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        struct dlt645_match m;
        char name[DLT645_NAME];
        if (dlt645_match(unknown[i].edition, unknown[i].di, &m) == 0)
            fail_msg("%08X is known as %s", unknown[i].di,
                     dlt645_di_name(unknown[i].edition, unknown[i].di, name));
        assert_string_equal(dlt645_di_name(unknown[i].edition, unknown[i].di, name), "");
    }
}

static void test_length_rule(void **state)
{
    (void)state;
    static const uint8_t d[] = {1, 2, 3, 4, 5, 6, 7, 8, 0xAA, 0xAA};

    assert_int_equal(dlt645_elements(4, d, 8), 2);
    assert_int_equal(dlt645_elements(4, d, 9), 2); /* closed by AA */
    assert_int_equal(dlt645_elements(4, d, 5), CN_E_FORMAT);
    assert_int_equal(dlt645_elements(4, d, 10), CN_E_FORMAT);
    assert_int_equal(dlt645_elements(4, d, 0), CN_E_FORMAT);
    assert_int_equal(dlt645_elements(4, d, 3), CN_E_FORMAT);
    assert_int_equal(dlt645_elements(0, d, 4), CN_E_FORMAT);
    assert_int_equal(dlt645_elements(1, d, 10), 10);
}

struct seen {
    unsigned count;
    char names[48][96];
};

static void on_part(void *ctx, unsigned number, const char *part, const struct dlt645_format *f,
                    const char *unit, const uint8_t *p)
{
    struct seen *s = ctx;

    (void)f;
    (void)unit;
    (void)p;
    if (number < 48)
        snprintf(s->names[number], sizeof s->names[0], "%s", part);
    s->count++;
}

/* layout V of part 2, section 4 in its order */
static void test_walk(void **state)
{
    (void)state;
    static const uint8_t zeros[1100];
    struct dlt645_match m;
    struct seen s = {.count = 0};

    assert_int_equal(dlt645_match(DLT645_2007, 0x03010101, &m), 0);
    assert_int_equal(dlt645_walk(m.row, zeros, 131, on_part, &s), 37);
    assert_int_equal(s.count, 37);
    assert_string_equal(s.names[0], "start");
    assert_string_equal(s.names[1], "end");
    assert_string_equal(s.names[2], "total forward active increment");
    assert_string_equal(s.names[6], "A forward active increment");
    assert_string_equal(s.names[10], "A voltage");
    assert_string_equal(s.names[32], "C power factor");
    assert_string_equal(s.names[36], "C ampere-hours");
    assert_int_equal(dlt645_walk(m.row, zeros, 130, on_part, &s), CN_E_FORMAT);
    assert_int_equal(dlt645_walk(m.row, zeros, 132, on_part, &s), CN_E_FORMAT);

    assert_int_equal(dlt645_match(DLT645_2007, 0x03300501, &m), 0);
    s.count = 0;
    assert_int_equal(dlt645_walk(m.row, zeros, 682, on_part, &s), 2 + 16 * 14);
    assert_string_equal(s.names[2], "table 1 period 1");
    assert_string_equal(s.names[17], "table 2 period 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),     cmocka_unit_test(test_tables), cmocka_unit_test(test_meaning),
        cmocka_unit_test(test_length_rule), cmocka_unit_test(test_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
