#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"
#include "gateway/model/layout.h"
#include "gateway/model/quantity.h"

/* ---- golden vectors: tests/vectors/376.1-data.tsv, values in the column `meaning` ---- */

static const struct lay c_f2[] = {LF_A(1, "clock", NULL), LF_END};
static const struct lay c_f7[] = {LF_NUM(1, "EC1", NULL, 0, 0), LF_NUM(1, "EC2", NULL, 0, 0), LF_END};
static const struct lay c_f9[] = {LF_BS(1, "ST"), LF_BS(1, "CD"), LF_END};
static const struct lay c_f10[] = {LF_BIN(4, "day_bytes", NULL), LF_BIN(4, "month_bytes", NULL), LF_END};
static const struct lay c_f11[] = {
    LF_COUNT(1, "n", 0, 31),
    LF_REPEAT,
    LF_NUM(1, "port", NULL, 1, 31),
    LF_BIN(2, "total", NULL),
    LF_BS(1, "state"),
    LF_BIN(2, "ok", NULL),
    LF_BIN(1, "key_ok", NULL),
    LF_A(1, "start", NULL),
    LF_A(1, "end", NULL),
    LF_NEXT,
    LF_END,
};
static const struct lay c_f25[] = {
    LF_TIME15("T"),
    LF_A(9, "P_total", "kW"), LF_A(9, "P_A", "kW"), LF_A(9, "P_B", "kW"), LF_A(9, "P_C", "kW"),
    LF_A(9, "Q_total", "kvar"), LF_A(9, "Q_A", "kvar"), LF_A(9, "Q_B", "kvar"), LF_A(9, "Q_C", "kvar"),
    LF_A(5, "PF_total", "%"), LF_A(5, "PF_A", "%"), LF_A(5, "PF_B", "%"), LF_A(5, "PF_C", "%"),
    LF_A(7, "U_A", "V"), LF_A(7, "U_B", "V"), LF_A(7, "U_C", "V"),
    LF_A(25, "I_A", "A"), LF_A(25, "I_B", "A"), LF_A(25, "I_C", "A"), LF_A(25, "I_0", "A"),
    LF_A(9, "S_total", "kVA"), LF_A(9, "S_A", "kVA"), LF_A(9, "S_B", "kVA"), LF_A(9, "S_C", "kVA"), LF_END,
};
static const struct lay c_f27[] = {
    LF_TIME15("T"), LF_A(1, "meter_clock", NULL), LF_A(27, "battery_min", NULL),
    LF_A(10, "programming_count", NULL), LF_A(1, "programming_last", NULL),
    LF_A(10, "meter_clear_count", NULL), LF_A(1, "meter_clear_last", NULL),
    LF_A(10, "demand_clear_count", NULL), LF_A(1, "demand_clear_last", NULL),
    LF_A(10, "event_clear_count", NULL), LF_A(1, "event_clear_last", NULL),
    LF_A(10, "time_adjust_count", NULL), LF_A(1, "time_adjust_last", NULL), LF_END,
};
static const struct lay c_f31[] = {
    LF_TIME15("T"),
    LF_A(14, "A_fwd", "kWh"),
    LF_A(14, "A_rev", "kWh"),
    LF_A(11, "A_comb1", "kvarh"),
    LF_A(11, "A_comb2", "kvarh"),
    LF_A(14, "B_fwd", "kWh"),
    LF_A(14, "B_rev", "kWh"),
    LF_A(11, "B_comb1", "kvarh"),
    LF_A(11, "B_comb2", "kvarh"),
    LF_A(14, "C_fwd", "kWh"),
    LF_A(14, "C_rev", "kWh"),
    LF_A(11, "C_comb1", "kvarh"),
    LF_A(11, "C_comb2", "kvarh"),
    LF_END,
};
static const struct lay c_f33[] = {
    LF_TIME15("T"), LF_COUNT_M, LF_ARRAY_M1(14, "fwd_active", "kWh", Q_EP_IMP),
    LF_ARRAY_M1(11, "fwd_reactive", "kvarh", Q_EQ_COMB1), LF_ARRAY_M1(11, "Q1", "kvarh", Q_EQ_Q1),
    LF_ARRAY_M1(11, "Q4", "kvarh", Q_EQ_Q4), LF_END,
};
static const struct lay c_f34[] = {
    LF_TIME15("T"), LF_COUNT_M, LF_ARRAY_M1(14, "rev_active", "kWh", Q_EP_EXP),
    LF_ARRAY_M1(11, "rev_reactive", "kvarh", Q_EQ_COMB2), LF_ARRAY_M1(11, "Q2", "kvarh", Q_EQ_Q2),
    LF_ARRAY_M1(11, "Q3", "kvarh", Q_EQ_Q3), LF_END,
};
static const struct lay c_f35[] = {
    LF_TIME15("T"),
    LF_COUNT_M,
    LF_ARRAY_M1(23, "active_demand", "kW", 0),
    LF_ARRAY_M1(17, "active_time", NULL, 0),
    LF_ARRAY_M1(23, "reactive_demand", "kvar", 0),
    LF_ARRAY_M1(17, "reactive_time", NULL, 0),
    LF_END,
};
static const struct lay c_f41[] = {LF_COUNT_M, LF_ARRAY_M1(13, "day_fwd_active", "kWh", 0), LF_END};
static const struct lay c_f89[] = {LF_BCD(1, "hour", 23), LF_COUNT_DENSITY("m"), LF_ARRAY(9, NULL, NULL, 0),
                                   LF_END};
static const struct lay c_f97[] = {LF_BCD(1, "hour", 23), LF_COUNT_DENSITY("m"), LF_ARRAY(7, NULL, NULL, 0),
                                   LF_END};
static const struct lay c_f129[] = {
    LF_TIME15("T"), LF_COUNT_M, LF_ARRAY_M1(14, "fwd_active", "kWh", Q_EP_IMP), LF_END};
static const struct lay c_f130[] = {LF_TIME15("T"), LF_COUNT_M, LF_ARRAY_M1(11, "fwd_reactive", "kvarh", 0),
                                    LF_END};
static const struct lay c_f132[] = {LF_TIME15("T"), LF_COUNT_M, LF_ARRAY_M1(11, "rev_reactive", "kvarh", 0),
                                    LF_END};
static const struct lay c_f145[] = {
    LF_TIME15("T"), LF_COUNT_M, LF_REPEAT_M1, LF_A(23, NULL, NULL), LF_A(17, NULL, NULL), LF_NEXT, LF_END,
};
static const struct lay c_f161[] = {
    LF_TIME15("T"), LF_BS(1, "state"), LF_TIME15("last_on"), LF_TIME15("last_off"), LF_END};
static const struct lay c_f165[] = {
    LF_TIME15("T"), LF_A(8, "prog_switch_count", NULL), LF_TIME15("prog_switch_last"),
    LF_A(8, "tail_cover_count", NULL), LF_TIME15("tail_cover_last"), LF_END,
};
static const struct lay c_f167[] = {
    LF_TIME15("T"), LF_A(8, "purchases", NULL), LF_A(14, "remaining_money", "yuan"),
    LF_A(14, "cumulative_money", "yuan"), LF_A(11, "remaining_kWh", NULL), LF_A(11, "overdraft_kWh", NULL),
    LF_A(11, "cumulative_kWh", NULL), LF_A(11, "credit_limit_kWh", NULL), LF_A(11, "alarm_kWh", NULL),
    LF_A(11, "fault_kWh", NULL), LF_END,
};
static const struct lay c_f168[] = {LF_TIME15("T"), LF_COUNT_M, LF_ARRAY_M1(14, "settled", "kWh", 0),
                                    LF_ARRAY_M1(14, "unsettled", "kWh", 0), LF_END};
static const struct lay d_f1[] = {
    LF_TD_DAY, LF_TIME15("T"), LF_COUNT_M, LF_ARRAY_M1(14, "fwd_active", "kWh", Q_EP_IMP),
    LF_ARRAY_M1(11, "fwd_reactive", "kvarh", Q_EQ_COMB1), LF_ARRAY_M1(11, "Q1", "kvarh", Q_EQ_Q1),
    LF_ARRAY_M1(11, "Q4", "kvarh", Q_EQ_Q4), LF_END,
};
static const struct lay d_f5[] = {LF_TD_DAY, LF_COUNT_M, LF_ARRAY_M1(13, "energy", NULL, 0), LF_END};
static const struct lay d_f17[] = {
    LF_TD_MONTH,
    LF_TIME15("T"),
    LF_COUNT_M,
    LF_ARRAY_M1(14, "fwd_active", "kWh", 0),
    LF_ARRAY_M1(11, "fwd_reactive", "kvarh", 0),
    LF_ARRAY_M1(11, "Q1", "kvarh", 0),
    LF_ARRAY_M1(11, "Q4", "kvarh", 0),
    LF_END,
};
static const struct lay d_f25[] = {
    LF_TD_DAY, LF_A(23, "max_total", "kW"), LF_A(18, "time_total", NULL), LF_A(23, "max_A", "kW"),
    LF_A(18, "time_A", NULL), LF_A(23, "max_B", "kW"), LF_A(18, "time_B", NULL), LF_A(23, "max_C", "kW"),
    LF_A(18, "time_C", NULL), LF_BIN(2, "zero_min_total", NULL), LF_BIN(2, "zero_min_A", NULL),
    LF_BIN(2, "zero_min_B", NULL), LF_BIN(2, "zero_min_C", NULL), LF_END,
};
static const struct lay d_f49[] = {LF_TD_DAY, LF_BIN(2, "supply_min", NULL), LF_BIN(2, "resets", NULL),
                                   LF_END};
static const struct lay d_f53[] = {LF_TD_DAY, LF_BIN(4, "bytes", NULL), LF_END};
static const struct lay d_f81[] = {LF_TD_CURVE, LF_ARRAY(9, NULL, NULL, 0), LF_END};
static const struct lay d_f89[] = {LF_TD_CURVE, LF_ARRAY(7, NULL, NULL, 0), LF_END};
static const struct lay d_f97[] = {LF_TD_CURVE, LF_ARRAY(13, NULL, NULL, 0), LF_END};
static const struct lay d_f101[] = {LF_TD_CURVE, LF_ARRAY(11, NULL, NULL, 0), LF_END};
static const struct lay d_f105[] = {LF_TD_CURVE, LF_ARRAY(5, NULL, NULL, 0), LF_END};
static const struct lay d_f161[] = {LF_TD_DAY, LF_TIME15("T"), LF_COUNT_M,
                                    LF_ARRAY_M1(14, "fwd_active", "kWh", 0), LF_END};
static const struct lay d_f185[] = {
    LF_TD_DAY, LF_TIME15("T"), LF_COUNT_M, LF_REPEAT_M1, LF_A(23, NULL, NULL), LF_A(17, NULL, NULL),
    LF_NEXT,   LF_END,
};

static const struct golden {
    const char *id;
    const struct lay *layout;
} golden[] = {
    {"c0C-F2-ans", c_f2},         {"c0C-F9-ans", c_f9},           {"c0C-F10-ans", c_f10},
    {"c0C-F11-ans", c_f11},       {"c0C-F25-1ph-ans", c_f25},     {"c0C-F25-3ph-ans", c_f25},
    {"c0C-F27-ans", c_f27},       {"c0C-F31-ans", c_f31},         {"c0C-F33-ans", c_f33},
    {"c0C-F33-M1-ans", c_f33},    {"c0C-F34-EE-ans", c_f34},      {"c0C-F35-M2-ans", c_f35},
    {"c0C-F41-ans", c_f41},       {"c0C-F89-ans", c_f89},         {"c0C-F97-ans", c_f97},
    {"c0C-F129-p192-ans", c_f129}, {"c0C-F132-ans", c_f132},      {"c0C-F145-ans", c_f145},
    {"c0C-F161-ans", c_f161},     {"c0C-F165-ans", c_f165},       {"c0C-F167-ans", c_f167},
    {"c0C-F168-ans", c_f168},     {"c0D-F1-ans", d_f1},           {"c0D-F5-ans", d_f5},
    {"c0D-F17-ans", d_f17},       {"c0D-F25-ans", d_f25},         {"c0D-F49-ans", d_f49},
    {"c0D-F53-ans", d_f53},       {"c0D-F81-ans", d_f81},         {"c0D-F89-ans", d_f89},
    {"c0D-F97-ans", d_f97},       {"c0D-F101-ans", d_f101},       {"c0D-F105-ans", d_f105},
    {"c0D-F161-ans", d_f161},     {"c0D-F185-ans", d_f185},
    /* captured from devices */
    {"real-rafn12f129", c_f129},  {"real-rafn12f25", c_f25},      {"real-rafn12f33", c_f33},
    {"real-rafn13f1", d_f1},
    /* made by a foreign codec */
    {"oracle-0C02", c_f2},        {"oracle-0C07", c_f7},          {"oracle-0C19", c_f25},
    {"oracle-0C1F", c_f31},       {"oracle-0C81", c_f129},        {"oracle-0C82", c_f130},
    {"oracle-0CA7", c_f167},      {"oracle-0D61", d_f97},         {"oracle-0D65", d_f101},
    {"oracle-0D69", d_f105},      {"oracle-0DB9", d_f185},
};

enum { LINE = 4096, DATA = 1024 };

/* The row of a vector: its data units behind the DADT, and what it means. @return bytes of data. */
static size_t load_vector(const char *id, uint8_t *data, char *meaning)
{
    static const char path[] = CN_SOURCE_DIR "/tests/vectors/376.1-data.tsv";
    char line[LINE];
    FILE *f = fopen(path, "r");
    size_t n = 0;

    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char *save = NULL;
        char *field[6] = {0};
        char *at = line;
        for (int i = 0; i < 6; i++, at = NULL)
            field[i] = strtok_r(at, "\t\n", &save);
        if (!field[5] || strcmp(field[0], id) != 0)
            continue;
        uint8_t frame[DATA];
        int len = hex_parse(field[1], frame, sizeof frame);
        assert_true(len > 20);
        n = (size_t)len - 18 - 2; /* link, AFN, SEQ, DADT in front; CS and 16H behind; AUX is left in */
        memcpy(data, frame + 18, n);
        strcpy(meaning, field[5]);
        break;
    }
    fclose(f);
    return n;
}

struct reader {
    const char *at; /* the cursor in `meaning` */
    bool array;     /* inside [ ] */
};

static char *value_text(const struct lay *f, const struct lay_val *v, char *out, size_t cap)
{
    lay_print(f, v, out, cap);
    if (f->op == 1 && v->kind == LAYV_TIME && v->time.weekday) {
        size_t n = strlen(out) - 4; /* " Sun" */
        snprintf(out + n, cap - n, "(week %u)", v->time.weekday);
    }
    return out;
}

static void expect(struct reader *r, const char *text)
{
    size_t n = strlen(text);

    if (strncmp(r->at, text, n) != 0)
        fail_msg("expected \"%s\" at \"%.60s\"", text, r->at);
    r->at += n;
}

/* Compare one field with the text at the cursor: ` name unit=value`, arrays as `name unit=[a,b]` or `[a,b |
 * c,d]`. */
static int compare(void *ctx, const struct lay *f, const struct lay_at *at, const struct lay_val *v)
{
    struct reader *r = ctx;
    char text[64];
    bool blocks = at->depth == 1 && f->name && (f[-1].op != LAY_REPEAT || f[1].op != LAY_NEXT);

    if (at->depth == 0 || blocks || (at->run[0] == 0 && f[-1].op == LAY_REPEAT)) {
        if (r->array)
            expect(r, "]");
        r->array = at->depth == 1 && !blocks;
        if (*r->at == ':')
            r->at++;
        if (strncmp(r->at, " Td_c ", 6) == 0)
            r->at += 5;
        expect(r, " ");
        if (f->name)
            expect(r, f->name);
        if (f->unit) {
            expect(r, " ");
            expect(r, f->unit);
        }
        if (f->name && f->op != LAY_BCD)
            expect(r, "=");
        else if (f->name)
            expect(r, " ");
        if (r->array)
            expect(r, "[");
    } else {
        expect(r, f[-1].op != LAY_REPEAT ? "," : f[1].op == LAY_NEXT ? "," : " | ");
    }
    expect(r, value_text(f, v, text, sizeof text));
    return 0;
}

static void vectors_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        uint8_t data[DATA];
        char meaning[LINE];
        size_t n = load_vector(golden[i].id, data, meaning);
        struct rbuf r = rbuf_of(data, n);
        struct reader reader = {.at = meaning + strcspn(meaning, ": ")};

        assert_true(n > 0);
        int used = lay_decode(golden[i].layout, &r, LAY_TOLERANT, compare, &reader);
        if (reader.array)
            expect(&reader, "]");
        if (*reader.at && strncmp(reader.at, " |", 2) != 0 && strncmp(reader.at, " EC", 3) != 0 &&
            strncmp(reader.at, " Tp", 3) != 0 && strncmp(reader.at, " kW", 3) != 0 &&
            strncmp(reader.at, " V", 2) != 0 && strncmp(reader.at, " %", 2) != 0)
            fail_msg("%s: more than was decoded: \"%.60s\"", golden[i].id, reader.at);
        assert_true(used > 0);
        assert_int_equal(r.pos, used);
        /* what is left is AUX: nothing, EC, Tp or both */
        size_t rest = n - (size_t)used;
        if (rest != 0 && rest != 2 && rest != 6 && rest != 8)
            fail_msg("%s: %zu bytes left", golden[i].id, rest);
    }
}

/* The answer of a device that stops behind T: 7 bytes, EE in the place of M. */
static void a_broken_answer_is_refused(void **state)
{
    uint8_t data[DATA];
    char meaning[LINE];
    size_t n = load_vector("real-rafn12f168", data, meaning);
    struct rbuf r = rbuf_of(data, n);

    (void)state;
    assert_true(n > 0);
    assert_int_equal(lay_decode(c_f168, &r, LAY_TOLERANT, NULL, NULL), CN_E_RANGE);
}

/* ---- encoding: a tape of the values a decoder saw, played back to the encoder ---- */

enum { TAPE = 512 };
struct tape {
    const struct lay *field[TAPE];
    struct lay_val v[TAPE];
    size_t count, next;
};

static int record(void *ctx, const struct lay *f, const struct lay_at *at, const struct lay_val *v)
{
    struct tape *t = ctx;

    (void)at;
    if (f->op == LAY_PART)
        return 0;
    assert_true(t->count < TAPE);
    t->field[t->count] = f;
    t->v[t->count++] = *v;
    return 0;
}

static int play(void *ctx, const struct lay *f, const struct lay_at *at, struct lay_val *v)
{
    struct tape *t = ctx;

    (void)at;
    if (f->op == LAY_REPEAT) {
        v->kind = LAYV_INT;
        v->number = t->count - t->next; /* of the tests below: a rest group of one field at the end */
        return 0;
    }
    assert_true(t->next < t->count);
    assert_ptr_equal(t->field[t->next], f);
    *v = t->v[t->next++];
    return 0;
}

static void vectors_encode_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        uint8_t data[DATA], back[DATA];
        char meaning[LINE];
        struct tape tape = {.count = 0};
        size_t n = load_vector(golden[i].id, data, meaning);
        struct rbuf r = rbuf_of(data, n);
        int used = lay_decode(golden[i].layout, &r, LAY_TOLERANT, record, &tape);
        struct wbuf w = wbuf_of(back, sizeof back);

        assert_int_equal(lay_encode(golden[i].layout, &w, play, &tape), used);
        assert_int_equal(tape.next, tape.count);
        assert_memory_equal(data, back, (size_t)used);
    }
}

/* Short by any number of bytes: refused, at every length, and nothing is read behind the end. */
static void every_shorter_unit_is_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        uint8_t data[DATA];
        char meaning[LINE];
        size_t n = load_vector(golden[i].id, data, meaning);
        struct rbuf r = rbuf_of(data, n);
        size_t used = (size_t)lay_decode(golden[i].layout, &r, LAY_TOLERANT, NULL, NULL);

        for (size_t cut = 0; cut < used; cut++) {
            uint8_t *exact = malloc(cut ? cut : 1); /* so that the sanitizer sees a byte too many */
            assert_non_null(exact);
            memcpy(exact, data, cut);
            r = rbuf_of(exact, cut);
            assert_int_equal(lay_decode(golden[i].layout, &r, LAY_TOLERANT, NULL, NULL), CN_E_SHORT);
            free(exact);
        }
    }
}

static void encode_that_does_not_fit_changes_nothing(void **state)
{
    uint8_t data[DATA], back[DATA];
    char meaning[LINE];
    size_t n = load_vector("c0C-F33-ans", data, meaning);

    (void)state;
    for (size_t cap = 3; cap < 3 + n; cap++) {
        struct tape tape = {.count = 0};
        struct rbuf r = rbuf_of(data, n);
        assert_int_equal(lay_decode(c_f33, &r, LAY_TOLERANT, record, &tape), (int)n);
        struct wbuf w = wbuf_of(back, cap);
        wbuf_fill(&w, 7, 3);
        assert_int_equal(lay_encode(c_f33, &w, play, &tape), CN_E_NOSPACE);
        assert_int_equal(w.len, 3);
        assert_int_equal(w.err, 0);
    }
}

/* ---- the language ---- */

static int count_fields(void *ctx, const struct lay *f, const struct lay_at *at, const struct lay_val *v)
{
    unsigned *n = ctx;

    (void)f;
    (void)at;
    (void)v;
    (*n)++;
    return 0;
}

/* @return what lay_decode said; *used = bytes */
static int decode_hex(const struct lay *lay, const char *hex, enum lay_mode mode, lay_visit_fn visit,
                      void *ctx, size_t *used)
{
    uint8_t raw[256];
    int n = hex_parse(hex, raw, sizeof raw);
    struct rbuf r = rbuf_of(raw, (size_t)n);

    assert_true(n >= 0);
    int ret = lay_decode(lay, &r, mode, visit, ctx);
    if (used)
        *used = r.pos;
    return ret;
}

static int decode_n(const struct lay *lay, const char *hex)
{
    unsigned n = 0;
    int ret = decode_hex(lay, hex, LAY_TOLERANT, count_fields, &n, NULL);

    return ret < 0 ? ret : ret * 100 + (int)n;
}

/* One M serves several arrays; a count inside a group is forgotten behind it. */
static void counts_are_scoped(void **state)
{
    static const struct lay lay[] = {
        LF_COUNT(1, "n", 0, 0),
        LF_REPEAT,
        LF_COUNT(1, "m", 0, 0),
        LF_REPEAT,
        LF_BS(1, "inner"),
        LF_NEXT,
        LF_NEXT,
        LF_REPEAT,
        LF_BS(1, "again"),
        LF_NEXT,
        LF_END,
    };

    (void)state;
    /* n=2: {m=3: a b c} {m=0}, then again n=2 bytes */
    assert_int_equal(decode_n(lay, "02 03 0A0B0C 00 0102"), 8 * 100 + 8);
    assert_int_equal(decode_n(lay, "00"), 101);
    assert_int_equal(decode_n(lay, "02 03 0A0B0C 00 01"), CN_E_SHORT);
}

/* Harmonics 0C F57: N, then N-1 values of each; N = 0 gives none, not 255. */
static void less_one(void **state)
{
    static const struct lay lay[] = {LF_COUNT(1, "N", 0, 19), LF_REPEAT_LESS1, LF_A(7, "U", "V"), LF_NEXT,
                                     LF_END};

    (void)state;
    assert_int_equal(decode_n(lay, "03 1022 2022"), 503);
    assert_int_equal(decode_n(lay, "01"), 101);
    assert_int_equal(decode_n(lay, "00"), 101);
    assert_int_equal(decode_n(lay, "14"), CN_E_RANGE);
}

/* Parameter F41 and AFN 09 F6: set bits count. */
static void bits_count(void **state)
{
    static const struct lay f41[] = {
        LF_COUNT_BITS(1, "schemes", 0x07),
        LF_REPEAT,
        LF_COUNT_BITS(1, "periods", 0),
        LF_REPEAT,
        LF_A(2, "limit", "kW"),
        LF_NEXT,
        LF_NEXT,
        LF_END,
    };

    (void)state;
    /* schemes 1 and 3 (bit 7 is reserved and does not count), periods 1,2 and 8 */
    assert_int_equal(decode_n(f41, "85 03 2381 2391 80 2361"), 9 * 100 + 6);
    assert_int_equal(decode_n(f41, "00"), 101);
    assert_int_equal(decode_n(f41, "80"), 101);
}

/* Parameter F2: the count shares its byte with a flag; F37 likewise. */
static void counts_under_a_mask(void **state)
{
    static const struct lay f2[] = {
        LF_COUNT_MASK(1, "n", 0x7F, 0, 16), LF_REPEAT, LF_NUM(2, "address", NULL, 0, 0), LF_NEXT, LF_END};

    (void)state;
    assert_int_equal(decode_n(f2, "82 0100 0200"), 503);
    assert_int_equal(decode_n(f2, "80"), 101);
    assert_int_equal(decode_n(f2, "91"), CN_E_RANGE);
}

static void fixed_and_rest_groups(void **state)
{
    static const struct lay fixed[] = {LF_ARRAY_N(3, 26, "R", "ohm", 0), LF_BS(1, "x"), LF_END};
    static const struct lay rest[] = {LF_NUM(1, "MSA", NULL, 0, 0), LF_REPEAT_REST("items"), LF_DADT("item"),
                                      LF_NEXT, LF_END};
    struct tape tape = {.count = 0};
    uint8_t back[16];
    struct wbuf w = wbuf_of(back, sizeof back);

    (void)state;
    assert_int_equal(decode_n(fixed, "341234123412 01"), 704);
    assert_int_equal(decode_n(rest, "01"), 101);
    assert_int_equal(decode_n(rest, "01 00000201 00004000"), 903);
    assert_int_equal(decode_n(rest, "01 00000201 000040"), CN_E_SHORT);
    assert_int_equal(decode_hex(rest, "01 00000201 00004000", LAY_TOLERANT, record, &tape, NULL), 9);
    /* DADTs of the tape point into a dead buffer: give them new ones */
    tape.v[1].bytes.p = tape.v[2].bytes.p = (const uint8_t *)"\1\2\3\4";
    assert_int_equal(lay_encode(rest, &w, play, &tape), 9);
    assert_memory_equal(back, "\1\1\2\3\4\1\2\3\4", 9);
}

/* F7: names as long as the byte in front says; AFN 10: contents. */
static void counted_texts(void **state)
{
    static const struct lay lay[] = {
        LF_COUNT(1, "m", 0, 20),      LF_ASCII_COUNTED("user"),      LF_COUNT(1, "n", 0, 20),
        LF_ASCII_COUNTED("password"), LF_NUM(2, "port", NULL, 0, 0), LF_END,
    };

    (void)state;
    assert_int_equal(decode_n(lay, "03 616263 00 901F"), 7 * 100 + 5);
    assert_int_equal(decode_n(lay, "15 616263"), CN_E_RANGE);
    assert_int_equal(decode_n(lay, "03 6162"), CN_E_SHORT);
}

/* A layout may start inside a list: it ends with the group. */
static void an_entry_is_the_inside_of_its_list(void **state)
{
    static const struct lay list[] = {
        LF_COUNT(1, "n", 0, 64), LF_REPEAT, LF_NUM(1, "port", NULL, 1, 64), LF_NUM(1, "point", NULL, 0, 64),
        LF_BS(1, "kind"), LF_NUM(2, "k", NULL, 0, 0), LF_NEXT, LF_END,
    };

    (void)state;
    assert_int_equal(decode_n(list, "02 01020000FF 02030100FF"), 1109);
    assert_int_equal(decode_n(&list[2], "01020000FF 02030100FF"), 504);
}

static void too_deep_or_too_many(void **state)
{
    static const struct lay deep[] = {
        LF_REPEAT_N(1), LF_REPEAT_N(1), LF_REPEAT_N(1), LF_REPEAT_N(1), LF_BS(1, "x"),
        LF_NEXT, LF_NEXT, LF_NEXT, LF_NEXT, LF_END,
    };
    static const struct lay wide[] = {LF_COUNT(4, "n", 0, 0), LF_REPEAT, LF_BS(1, "x"), LF_NEXT, LF_END};

    (void)state;
    assert_int_equal(decode_n(deep, "01"), CN_E_SHORT);
    assert_int_equal(decode_n(wide, "FFFFFFFF 0102"), CN_E_RANGE);
    assert_int_equal(decode_n(wide, "FFFF0000 0102"), CN_E_SHORT);
    assert_int_equal(decode_hex(wide, "FFFFFFFF 0102", LAY_STRICT, NULL, NULL, NULL), CN_E_SHORT);
    assert_int_equal(decode_n(wide, "02000000 0102"), 603);
}

/* ---- no value, strict and tolerant ---- */

static enum lay_kind last_kind(const struct lay *lay, const char *hex, enum lay_mode mode)
{
    struct tape tape = {.count = 0};

    if (decode_hex(lay, hex, mode, record, &tape, NULL) < 0)
        return (enum lay_kind)-1;
    return tape.v[tape.count - 1].kind;
}

/* clause: reference part 2, 1 */
static void which_fields_can_be_none(void **state)
{
    static const struct lay bin[] = {LF_BIN(2, "minutes", "min"), LF_END};
    static const struct lay num[] = {LF_NUM(1, "port", NULL, 0, 0), LF_END};
    static const struct lay bits[] = {LF_BS(2, "word"), LF_END};
    static const struct lay code[] = {LF_BCD(2, "region", 0), LF_END};
    static const struct lay a14[] = {LF_A(14, "energy", "kWh"), LF_END};

    (void)state;
    assert_int_equal(last_kind(bin, "EEEE", LAY_TOLERANT), LAYV_NONE);
    assert_int_equal(last_kind(bin, "EEEE", LAY_STRICT), LAYV_INT);
    assert_int_equal(last_kind(bin, "FFFF", LAY_TOLERANT), LAYV_INT); /* FF is a value */
    assert_int_equal(last_kind(bin, "EE00", LAY_TOLERANT), LAYV_INT);
    assert_int_equal(last_kind(num, "EE", LAY_TOLERANT), LAYV_INT);
    assert_int_equal(last_kind(bits, "EEEE", LAY_TOLERANT), LAYV_INT);
    assert_int_equal(last_kind(code, "EEEE", LAY_TOLERANT), LAYV_NONE);
    assert_int_equal(last_kind(code, "0A44", LAY_TOLERANT), LAYV_NONE);
    assert_int_equal(last_kind(code, "0344", LAY_TOLERANT), LAYV_INT);
    assert_int_equal(last_kind(a14, "00EEEEEEEE", LAY_TOLERANT), LAYV_NONE);
    assert_int_equal(last_kind(a14, "FFFFFFFFFF", LAY_TOLERANT), LAYV_NONE);
}

static void strict_refuses_and_stands_behind_the_unit(void **state)
{
    static const struct lay lay[] = {
        LF_NUM(1, "port", NULL, 1, 31),
        LF_A(19, "at", NULL),
        LF_COUNT(1, "m", 0, 2),
        LF_REPEAT,
        LF_A(7, "U", "V"),
        LF_NEXT,
        LF_BCD(1, "code", 0),
        LF_END,
    };
    size_t used;
    unsigned n = 0;

    (void)state;
    assert_int_equal(decode_hex(lay, "02 3010 01 0522 12 FF", LAY_STRICT, count_fields, &n, &used), 7);
    assert_int_equal(n, 5);
    assert_int_equal(decode_hex(lay, "00 3010 01 0522 12 FF", LAY_STRICT, NULL, NULL, &used), CN_E_RANGE);
    assert_int_equal(used, 7);
    assert_int_equal(decode_hex(lay, "02 3024 01 0522 12 FF", LAY_STRICT, NULL, NULL, &used), CN_E_FORMAT);
    assert_int_equal(used, 7);
    assert_int_equal(decode_hex(lay, "02 EEEE 01 0522 12 FF", LAY_STRICT, NULL, NULL, &used), CN_E_FORMAT);
    assert_int_equal(decode_hex(lay, "02 3010 01 0522 1A FF", LAY_STRICT, NULL, NULL, &used), CN_E_FORMAT);
    /* a count out of range: the unit is refused, its end is found all the same */
    assert_int_equal(decode_hex(lay, "02 3010 03 052205220522 12 FF", LAY_STRICT, NULL, NULL, &used),
                     CN_E_RANGE);
    assert_int_equal(used, 11);
    assert_int_equal(decode_hex(lay, "02 3010 03 0522", LAY_STRICT, NULL, NULL, NULL), CN_E_SHORT);
    /* the first reason counts, and nothing behind it is visited */
    n = 0;
    assert_int_equal(decode_hex(lay, "02 3024 03 052205220522 1A", LAY_STRICT, count_fields, &n, NULL),
                     CN_E_FORMAT);
    assert_int_equal(n, 1);
    assert_int_equal(decode_hex(lay, "00 3010 01 0522 1A", LAY_STRICT, NULL, NULL, NULL), CN_E_RANGE);
    /* tolerant: bad fields are none, ranges of numbers are the reader's business, counts are not */
    n = 0;
    assert_int_equal(decode_hex(lay, "00 3024 01 052A 1A", LAY_TOLERANT, count_fields, &n, NULL), 7);
    assert_int_equal(n, 5);
    assert_int_equal(decode_hex(lay, "02 3010 03 052205220522 12", LAY_TOLERANT, NULL, NULL, NULL),
                     CN_E_RANGE);
}

static void optional_times_and_day_zero(void **state)
{
    static const struct lay day0[] = {{.op = 18, .flags = LAYF_DAY0, .name = "at"}, LF_END};
    static const struct lay plain[] = {LF_A(18, "at", NULL), LF_END};
    static const struct lay optional[] = {{.op = 18, .flags = LAYF_OPTIONAL, .name = "at"}, LF_END};
    struct tape tape = {.count = 0};
    uint8_t raw[3];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)state;
    assert_int_equal(last_kind(day0, "300100", LAY_STRICT), LAYV_TIME);
    assert_int_equal(last_kind(day0, "300131", LAY_STRICT), LAYV_TIME);
    assert_int_equal(last_kind(day0, "602400", LAY_STRICT), (enum lay_kind)-1);
    assert_int_equal(last_kind(plain, "300100", LAY_STRICT), (enum lay_kind)-1);
    assert_int_equal(last_kind(optional, "EEEEEE", LAY_STRICT), LAYV_NONE);
    assert_int_equal(last_kind(plain, "EEEEEE", LAY_STRICT), (enum lay_kind)-1);
    decode_hex(day0, "300100", LAY_STRICT, record, &tape, NULL);
    assert_int_equal(tape.v[0].time.day, 0);
    assert_int_equal(tape.v[0].time.minute, 30);
    assert_int_equal(lay_encode(day0, &w, play, &tape), 3);
    assert_memory_equal(raw, "\x30\x01\x00", 3);
}

/* Parts of a number: decoded under their own names and checked, not encoded. */
static void parts_of_numbers(void **state)
{
    static const struct lay lay[] = {
        LF_NUM(2, "wait", NULL, 0, 0),
        LF_PART(0x0FFF, "timeout", "s", 0, 0),
        LF_PART(0x3000, "repeats", NULL, 0, 2),
        LF_END,
    };
    static const struct lay none[] = {LF_BIN(1, "x", NULL), LF_PART(0x0F, "low", NULL, 0, 0), LF_END};
    struct tape tape = {.count = 0};
    uint8_t raw[4];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    (void)state;
    assert_int_equal(decode_n(lay, "1E20"), 203);
    assert_int_equal(decode_hex(lay, "1E30", LAY_STRICT, NULL, NULL, NULL), CN_E_RANGE);
    assert_int_equal(decode_hex(lay, "1E20", LAY_STRICT, record, &tape, NULL), 2);
    assert_int_equal(tape.count, 1);
    assert_int_equal(lay_encode(lay, &w, play, &tape), 2);
    assert_memory_equal(raw, "\x1E\x20", 2);
    assert_int_equal(last_kind(none, "EE", LAY_TOLERANT), LAYV_NONE);
}

/* ---- encoding rules ---- */

struct one {
    struct lay_val v[4];
    unsigned next;
};

static int give(void *ctx, const struct lay *f, const struct lay_at *at, struct lay_val *v)
{
    struct one *o = ctx;

    (void)f;
    (void)at;
    *v = o->v[o->next++];
    return 0;
}

static int encode_one(const struct lay *lay, struct lay_val v, uint8_t *out)
{
    struct one o = {.v = {v}};
    struct wbuf w = wbuf_of(out, 32);

    return lay_encode(lay, &w, give, &o);
}

#define INT(n)        ((struct lay_val){.kind = LAYV_INT, .number = (n)})
#define DEC(m, e)     ((struct lay_val){.kind = LAYV_DEC, .dec = value_of((m), (e))})
#define BYTES(p_, n)  ((struct lay_val){.kind = LAYV_BYTES, .bytes = {(const uint8_t *)(p_), (n)}})
#define NONE          ((struct lay_val){.kind = LAYV_NONE})

static void encoding_rules(void **state)
{
    static const struct lay bin[] = {LF_BIN(2, "x", NULL), LF_END};
    static const struct lay num[] = {LF_NUM(1, "port", NULL, 1, 31), LF_END};
    static const struct lay bits[] = {LF_BS(2, "w"), LF_END};
    static const struct lay map[] = {LF_BS(9, "map"), LF_END};
    static const struct lay text[] = {LF_ASCII(4, "v"), LF_END};
    static const struct lay phone[] = {LF_PHONE(4, "v"), LF_END};
    static const struct lay ip[] = {LF_IP4("ip"), LF_END};
    static const struct lay code[] = {LF_BCD(2, "region", 0), LF_END};
    static const struct lay m[] = {LF_COUNT_M, LF_END};
    uint8_t out[32];

    (void)state;
    assert_int_equal(encode_one(bin, INT(0x1234), out), 2);
    assert_memory_equal(out, "\x34\x12", 2);
    assert_int_equal(encode_one(bin, DEC(12999, -2), out), 2); /* 129.99 min -> 129 */
    assert_memory_equal(out, "\x81\x00", 2);
    assert_int_equal(encode_one(bin, NONE, out), 2);
    assert_memory_equal(out, "\xEE\xEE", 2);
    assert_int_equal(encode_one(bin, INT(0x10000), out), 2); /* does not fit: EE, not a wrong number */
    assert_memory_equal(out, "\xEE\xEE", 2);
    assert_int_equal(encode_one(bin, DEC(-1, 0), out), 2);
    assert_memory_equal(out, "\xEE\xEE", 2);
    assert_int_equal(encode_one(bits, NONE, out), 2);
    assert_memory_equal(out, "\xEE\xEE", 2);

    assert_int_equal(encode_one(num, NONE, out), CN_E_STATE);
    assert_int_equal(encode_one(num, (struct lay_val){.kind = LAYV_DEC, .dec = value_none()}, out),
                     CN_E_STATE);
    assert_int_equal(encode_one(num, INT(0), out), CN_E_RANGE);
    assert_int_equal(encode_one(num, INT(32), out), CN_E_RANGE);
    assert_int_equal(encode_one(num, INT(256), out), CN_E_RANGE);
    assert_int_equal(encode_one(num, INT(31), out), 1);
    assert_int_equal(encode_one(m, INT(64), out), CN_E_RANGE);
    assert_int_equal(encode_one(m, NONE, out), CN_E_STATE);

    assert_int_equal(encode_one(map, BYTES("123456789", 9), out), 9);
    assert_int_equal(encode_one(map, BYTES("12345678", 8), out), CN_E_RANGE);
    assert_int_equal(encode_one(text, BYTES("V1", 2), out), 4);
    assert_memory_equal(out, "V1\0\0", 4);
    assert_int_equal(encode_one(text, BYTES("V1.0.7", 6), out), 4);
    assert_memory_equal(out, "V1.0", 4);
    assert_int_equal(encode_one(phone, BYTES("\x13\x8F", 2), out), 4);
    assert_memory_equal(out, "\x13\x8F\xFF\xFF", 4);
    assert_int_equal(encode_one(ip, BYTES("\xC0\xA8\0\1", 4), out), 4);
    assert_int_equal(encode_one(ip, BYTES("\xC0\xA8\0", 3), out), CN_E_RANGE);
    assert_int_equal(encode_one(code, INT(4403), out), 2);
    assert_memory_equal(out, "\x03\x44", 2);
    assert_int_equal(encode_one(code, INT(10000), out), 2);
    assert_memory_equal(out, "\xEE\xEE", 2);
}

static int refuse(void *ctx, const struct lay *f, const struct lay_at *at, struct lay_val *v)
{
    (void)f;
    (void)at;
    (void)v;
    return *(int *)ctx;
}

static int stop_at(void *ctx, const struct lay *f, const struct lay_at *at, const struct lay_val *v)
{
    (void)ctx;
    (void)at;
    (void)v;
    return f->op == 9 ? CN_E_CANCELLED : 0;
}

static void callbacks_can_stop(void **state)
{
    uint8_t out[8];
    struct wbuf w = wbuf_of(out, sizeof out);
    int code = CN_E_BUSY;

    (void)state;
    assert_int_equal(lay_encode(c_f2, &w, refuse, &code), CN_E_BUSY);
    assert_int_equal(w.len, 0);
    assert_int_equal(decode_hex(c_f25, "3010221126 105200 105200", LAY_TOLERANT, stop_at, NULL, NULL),
                     CN_E_CANCELLED);
}

static int collect_runs(void *ctx, const struct lay *f, const struct lay_at *at, const struct lay_val *v)
{
    char *out = ctx;
    char text[32];

    snprintf(text, sizeof text, "%s%u", at->depth ? "." : "", at->depth);
    for (unsigned i = 0; i < at->depth; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", i ? "," : ":", at->run[i]);
    strcat(out, text);
    (void)f;
    (void)v;
    return 0;
}

static void run_numbers(void **state)
{
    static const struct lay lay[] = {
        LF_COUNT(1, "n", 0, 0), LF_REPEAT, LF_COUNT(1, "m", 0, 0), LF_REPEAT, LF_BS(1, "x"), LF_NEXT, LF_NEXT,
        LF_BS(1, "tail"), LF_END,
    };
    char text[128] = "";

    (void)state;
    assert_int_equal(decode_hex(lay, "02 02 0A0B 01 0C FF", LAY_TOLERANT, collect_runs, text, NULL), 7);
    assert_string_equal(text, "0.1:0.2:0,0.2:0,1.1:1.2:1,00");
}

/* ---- printing ---- */

static void printing(void **state)
{
    static const struct {
        struct lay field;
        const char *hex;
        const char *text;
    } rows[] = {
        {LF_IP4("ip"), "C0A80001", "192.168.0.1"},
        {LF_ASCII(16, "apn"), "5A4A444C2E5A4A000000000000000000", "ZJDL.ZJ"},
        {LF_ASCII(3, "v"), "61017F", "a.."},
        {LF_PHONE(8, "phone"), "136758347 92FFFFF", "13675834792"},
        {LF_PHONE(8, "phone"), "8613010360500FFF", "8613010360500"},
        {LF_PHONE(2, "phone"), "0AB1", "0,#1"},
        {LF_BS(1, "state"), "05", "05H"},
        {LF_BS(2, "word"), "1000", "0010H"},
        {LF_BS(9, "map"), "870300000000000000", "870300000000000000"},
        {LF_BCD(2, "region", 0), "0344", "4403"},
        {LF_BCD(1, "H", 23), "09", "09"},
        {LF_BIN(4, "bytes", "byte"), "22C80000", "51234"},
        {LF_EDGE(2, "point"), "0580", "start 5"},
        {LF_EDGE(2, "point"), "0500", "end 5"},
        {LF_EDGE(1, "port"), "83", "start 3"},
        {LF_DADT("item"), "00000201", "p0F10"},
        {LF_DADT("item"), "05010304", "p1+p3F33+F34"},
        {LF_DADT("item"), "80FF8014", "p2040F168"},
        {LF_BYTES(3, "x"), "00FF10", "00FF10"},
        {LF_A(12, "address", NULL), "AAAAAAAAAAAA", "AAAAAAAAAAAA"},
        {LF_A(14, "e", "kWh"), "EEEEEEEEEE", "-"},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct lay lay[] = {rows[i].field, LF_END};
        struct tape tape = {.count = 0};
        char hex[64];
        uint8_t raw[32];
        size_t used = 0;
        for (const char *c = rows[i].hex; *c; c++) {
            if (*c != ' ')
                hex[used++] = *c;
        }
        hex[used] = '\0';
        int n = hex_parse(hex, raw, sizeof raw);
        struct rbuf r = rbuf_of(raw, (size_t)n);
        assert_int_equal(lay_decode(lay, &r, LAY_TOLERANT, record, &tape), n);
        assert_string_equal(lay_print(lay, &tape.v[0], text, sizeof text), rows[i].text);
        /* cut to any size, always terminated */
        for (size_t cap = 1; cap < sizeof text; cap++) {
            memset(text, 'x', sizeof text);
            lay_print(lay, &tape.v[0], text, cap);
            assert_true(strlen(text) < cap);
            assert_int_equal(text[cap], 'x');
        }
    }
}

/* A day's answers of 192 meters are some 20 000 fields: the walker must never be what a master waits for. */
static void speed(void **state)
{
    enum { ROUNDS = 100000 };
    uint8_t data[DATA];
    char meaning[LINE];
    size_t n = load_vector("c0C-F33-ans", data, meaning);
    unsigned fields = 0;
    struct timespec a, b;

    (void)state;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int i = 0; i < ROUNDS; i++) {
        struct rbuf r = rbuf_of(data, n);
        assert_true(lay_decode(c_f33, &r, LAY_TOLERANT, count_fields, &fields) > 0);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    print_message("%.1f million fields a second\n", fields / s / 1e6);
    assert_int_equal(fields, 22 * ROUNDS);
    assert_true(fields / s > 500000); /* far below what any build reaches: a guard against a wrong turn */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_decode),
        cmocka_unit_test(vectors_encode_back),
        cmocka_unit_test(a_broken_answer_is_refused),
        cmocka_unit_test(every_shorter_unit_is_short),
        cmocka_unit_test(encode_that_does_not_fit_changes_nothing),
        cmocka_unit_test(counts_are_scoped),
        cmocka_unit_test(less_one),
        cmocka_unit_test(bits_count),
        cmocka_unit_test(counts_under_a_mask),
        cmocka_unit_test(fixed_and_rest_groups),
        cmocka_unit_test(counted_texts),
        cmocka_unit_test(an_entry_is_the_inside_of_its_list),
        cmocka_unit_test(too_deep_or_too_many),
        cmocka_unit_test(which_fields_can_be_none),
        cmocka_unit_test(strict_refuses_and_stands_behind_the_unit),
        cmocka_unit_test(optional_times_and_day_zero),
        cmocka_unit_test(parts_of_numbers),
        cmocka_unit_test(encoding_rules),
        cmocka_unit_test(callbacks_can_stop),
        cmocka_unit_test(run_numbers),
        cmocka_unit_test(printing),
        cmocka_unit_test(speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
