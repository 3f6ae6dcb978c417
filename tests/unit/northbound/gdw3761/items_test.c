#include "northbound/gdw3761/items.h"

#include <ctype.h>
#include <inttypes.h>

#include "gateway/model/event.h"
#include "tests/unit/northbound/gdw3761/vectors.h"

/*
 * The `meaning` column of 376.1-data.tsv is read along with the decoded fields: each field's name (where the
 * text gives one), unit and value must stand at that place, and nothing may be left over.
 */
struct reader {
    const char *id;
    const char *p;   /* in the meaning */
    const char *end; /* of its data part */
    unsigned units, fields;
};

static void mismatch(const struct reader *r, const char *what, const char *is)
{
    fail_msg("%s: %s \"%s\" is not at \"%.60s\"", r->id, what, is, r->p);
}

/* The text's name of a field where it differs. */
static const char *alias(const struct gdw_unit *u, const char *name)
{
    static const struct {
        uint8_t afn, fn;
        const char *field, *text;
    } names[] = {
        {0x0C, 167, "remaining", "remaining_kWh"},
        {0x0C, 167, "overdraft", "overdraft_kWh"},
        {0x0C, 167, "cumulative", "cumulative_kWh"},
        {0x0C, 167, "credit_limit", "credit_limit_kWh"},
        {0x0C, 167, "alarm", "alarm_kWh"},
        {0x0C, 167, "fault", "fault_kWh"},
        {0x0D, 215, "remaining", "remaining_kWh"},
        {0x0D, 215, "overdraft", "overdraft_kWh"},
        {0x0D, 215, "cumulative", "cumulative_kWh"},
        {0x0D, 215, "credit_limit", "credit_limit_kWh"},
        {0x0D, 215, "alarm", "alarm_kWh"},
        {0x0D, 215, "fault", "fault_kWh"},
        {0x0C, 27, "battery", "battery_min"},
        {0x0D, 177, "fwd_active", "active"},
        {0x0D, 178, "fwd_reactive", "reactive"},
        {0x0E, 1, "address", "addr"},
        {0x0E, 2, "address", "addr"},
        {0x0E, 1, "protocol", "proto"},
        {0x0E, 1, "phase_quality", "phase/quality"},
        {0x0E, 1, "threshold 15 min", "threshold x15min"},
    };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].afn == u->afn && names[i].fn == u->fn && strcmp(names[i].field, name) == 0)
            return names[i].text;
    }
    return name;
}

/* Counts and parts of bytes that the text does not repeat. */
static bool silent(const struct gdw_unit *u, const struct lay *f)
{
    return f->op == LAY_PART ||
           (u->afn == 0x0C && u->fn == 169 && f->flags & LAYF_COUNT && strcmp(f->name, "relays") == 0) ||
           (u->afn == 0x0E && strcmp(f->name, "n") == 0);
}

static void skip_separators(struct reader *r)
{
    while (r->p < r->end && strchr(" ,;:|/[]{}", *r->p))
        r->p++;
}

static bool take(struct reader *r, const char *text)
{
    size_t n = strlen(text);

    if ((size_t)(r->end - r->p) < n || strncmp(r->p, text, n) != 0)
        return false;
    r->p += n;
    return true;
}

/* "name=" or "name unit=" at the cursor: check and pass it. */
static void take_name(struct reader *r, const struct gdw_unit *u, const struct lay *f,
                      const struct lay_at *at)
{
    const char *equals = NULL;
    char name[96], with_unit[96], numbered[96];

    for (const char *q = r->p; q < r->end && !strchr(",;|[]{}", *q); q++) {
        if (*q == ' ' && strncmp(r->p, "hour ", 5) == 0) /* the hour of a block stands without "=" */
            break;
        if (*q == '=') {
            equals = q;
            break;
        }
    }
    if (!equals || (strncmp(r->p, "ERC", 3) == 0 && isdigit((unsigned char)r->p[3])))
        return;
    char spoken[64];
    snprintf(spoken, sizeof spoken, "%s %s", f->name, f->unit ? f->unit : "");
    const char *own = alias(u, spoken);
    if (own == spoken)
        own = alias(u, f->name);
    snprintf(name, sizeof name, "%s", own);
    snprintf(with_unit, sizeof with_unit, "%s %s", own, f->unit ? f->unit : "");
    unsigned first = u->afn == 0x0D && u->fn == 113 ? 2 : 1; /* harmonics count from the second */
    unsigned run = at->depth ? at->run[at->depth - 1U] : 0;
    snprintf(numbered, sizeof numbered, "%s%u%s%s", own, run + first, f->unit ? " " : "",
             f->unit ? f->unit : "");
    size_t n = (size_t)(equals - r->p);
    bool right = n == 0 || (n == strlen(name) && strncmp(r->p, name, n) == 0) ||
                 (n == strlen(with_unit) && strncmp(r->p, with_unit, n) == 0) ||
                 (n == strlen(numbered) && strncmp(r->p, numbered, n) == 0);
    if (!right)
        mismatch(r, "name", with_unit);
    r->p = equals + 1;
}

static void time_texts(const struct lay *f, const struct lay_val *v, char out[2][64])
{
    const struct civil *t = &v->time;

    out[1][0] = '\0';
    switch (f->op) {
    case 1:
        snprintf(out[0], 64, "%04d-%02u-%02u %02u:%02u:%02u(week %u)", t->year, t->month, t->day, t->hour,
                 t->minute, t->second, t->weekday);
        break;
    case 15:
        snprintf(out[0], 64, "%04d-%02u-%02u %02u:%02u", t->year, t->month, t->day, t->hour, t->minute);
        break;
    case 17:
        snprintf(out[0], 64, "%02u-%02u %02u:%02u", t->month, t->day, t->hour, t->minute);
        break;
    case 18:
        snprintf(out[0], 64, "day %02u %02u:%02u", t->day, t->hour, t->minute);
        break;
    case 20:
        snprintf(out[0], 64, "%04d-%02u-%02u", t->year, t->month, t->day);
        break;
    default:
        snprintf(out[0], 64, "%04d-%02u", t->year, t->month);
        break;
    }
}

static void number_texts(const struct lay *f, const struct lay_val *v, char out[6][64])
{
    snprintf(out[0], 64, "%0*" PRIX64 "H", 2 * f->len, v->number);
    snprintf(out[1], 64, "%" PRIu64, v->number);
    snprintf(out[2], 64, "%0*" PRIX64, 2 * f->len, v->number);
    snprintf(out[3], 64, "ERC%" PRIu64, v->number);
    snprintf(out[4], 64, "hour %02" PRIu64, v->number);
    char *hex = out[5] + snprintf(out[5], 64, "bytes ");
    for (unsigned i = 0; i < f->len; i++)
        hex += snprintf(hex, 3, "%02X", (unsigned)(v->number >> 8 * i & 0xFF));
    if (f->op == LAY_EDGE)
        snprintf(out[5], 64, "%s p%" PRIu64, v->number & 0x8000 ? "start" : "end", v->number & 0x7FFF);
    else if (strcmp(f->name, "point") == 0)
        snprintf(out[5], 64, "p%" PRIu64, v->number);
}

static void bytes_texts(const struct lay *f, const struct lay_val *v, char out[6][64])
{
    char hex[64 * 2 + 1];

    lay_print(f, v, out[0], 64);
    hex_print(v->bytes.p, v->bytes.len, hex, sizeof hex);
    snprintf(out[1], 64, "%.63s", hex);
    for (unsigned i = 0; hex[i]; i++)
        hex[i] = (char)tolower(hex[i]);
    snprintf(out[2], 64, "%.63s", hex);
    if (f->op == LAY_DADT) {
        struct rbuf r = rbuf_of(v->bytes.p, v->bytes.len);
        struct gdw_dadt d;
        gdw_dadt_get(&r, &d);
        for (unsigned k = 0; k < 8; k++) {
            if (gdw_dadt_fn(&d, k))
                snprintf(out[3], 64, "p0F%u", gdw_dadt_fn(&d, k));
        }
    }
}

static int take_field(void *ctx, const struct gdw_unit *u, const struct lay *f, const struct lay_at *at,
                      const struct lay_val *v)
{
    struct reader *r = ctx;
    char texts[6][64] = {""};
    char hex[128];

    r->fields++;
    if (silent(u, f))
        return 0;
    skip_separators(r);
    if (*r->p == 'g' && isdigit((unsigned char)r->p[1]) && r->p[2] == ':') /* 0C F6: the group's number */
        r->p += 4;
    if (take(r, "Td_c "))
        skip_separators(r);
    take_name(r, u, f, at);
    skip_separators(r);
    switch (v->kind) {
    case LAYV_NONE:
        snprintf(texts[0], 64, "-");
        break;
    case LAYV_INT:
        number_texts(f, v, texts);
        break;
    case LAYV_DEC:
        value_print(v->dec, texts[0], 64);
        break;
    case LAYV_TIME:
        time_texts(f, v, texts);
        break;
    case LAYV_BYTES:
        if (f->op == LAY_BS) {
            hex_print(v->bytes.p, v->bytes.len, hex, sizeof hex);
            if (take(r, "bytes ") && take(r, hex))
                return 0;
        }
        bytes_texts(f, v, texts);
        break;
    }
    const char *start = r->p;
    for (unsigned i = 0; i < 6; i++) {
        if (texts[i][0] && take(r, texts[i])) {
            if (r->p == r->end || strchr(" ,;:|/[]{}", *r->p))
                return 0;
            r->p = start;
        }
    }
    mismatch(r, f->name, texts[0]);
    return 0;
}

static int take_unit(void *ctx, const struct gdw_unit *u)
{
    struct reader *r = ctx;
    char text[32];

    r->units++;
    /* behind the values of a list the unit may stand: "kWh/kvarh", "V", "deg" */
    static const char *const units[] = {"kWh/kvarh", "kW/kvar", "V", "A", "%", "deg", "kWh"};
    skip_separators(r);
    for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (take(r, units[i]))
            break;
    }
    skip_separators(r);
    snprintf(text, sizeof text, "p%uF%u", u->pn, u->fn);
    if (!take(r, text))
        mismatch(r, "unit", text);
    assert_true(u->known);
    /* the frames made by the public codec put p0 everywhere */
    assert_true(gdw_pn_fits(u->item.pn_kind, u->pn) || strncmp(r->id, "oracle-", 7) == 0);
    return 0;
}

/* End of the data part of a meaning: a comment " | " outside brackets, or " EC=", " Tp=" of the AUX. */
static const char *data_end(const char *meaning)
{
    int depth = 0;

    for (const char *p = meaning; *p; p++) {
        if (strchr("[{", *p))
            depth++;
        else if (strchr("]}", *p))
            depth--;
        else if (depth == 0 &&
                 (strncmp(p, " | ", 3) == 0 || strncmp(p, " EC=", 4) == 0 || strncmp(p, " Tp=", 4) == 0))
            return p;
    }
    return meaning + strlen(meaning);
}

static bool only_units_left(const struct reader *r)
{
    char rest[64];

    snprintf(rest, sizeof rest, "%.*s", (int)(r->end - r->p), r->p);
    static const char *const endings[] = {"",    "]",   "}",     "] kWh/kvarh", "] kW/kvar", "] V",
                                          "] A", "] %", "] deg", " kWh",        "]]"};
    for (unsigned i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (strcmp(rest, endings[i]) == 0)
            return true;
    }
    return false;
}

/* clause: reference parts 1 (8), 4, 5, 6: every value of every row */
static void all_data_vectors_decode_to_their_meaning(void **state)
{
    static const struct gdw_visitor visitor = {take_unit, take_field};
    struct vector_file file;
    struct vector v;
    unsigned compared = 0;

    (void)state;
    vectors_open(&file, "376.1-data.tsv");
    while (vectors_next(&file, &v)) {
        struct gdw_frame f;
        assert_int_equal(gdw_frame_decode(v.raw, v.len, &f), 0);
        struct reader r = {.id = v.id, .p = v.meaning, .end = data_end(v.meaning)};
        if (f.afn == GDW_AFN_CONFIRM) {
            /* text only: "deny all ..." or "confirm all ..." */
            assert_int_equal(gdw_confirm_read(&f), strncmp(v.meaning, "confirm all", 11) == 0);
            continue;
        }
        if (strncmp(v.meaning, "NON-CONFORMING", 14) == 0) {
            /* M and 50 bytes are missing: an error, no crash */
            assert_string_equal(v.id, "real-rafn12f168");
            static const struct gdw_visitor nobody;
            assert_true(gdw_walk(&f, &nobody, NULL) < 0);
            continue;
        }
        int units = gdw_walk(&f, &visitor, &r);
        if (units < 0)
            fail_msg("%s: %s", v.id, cn_err_text(units));
        if (!only_units_left(&r))
            fail_msg("%s: not decoded: \"%.60s\"", v.id, r.p);
        compared++;
    }
    assert_int_equal(file.rows, 190);
    assert_int_equal(compared, 185);
}

/* ---- 376.1-frames.tsv: the values of its free text, written here in one form ---- */

struct printer {
    char text[4096];
    size_t n;
};

static void print(struct printer *p, const char *text)
{
    size_t n = strlen(text);

    if (p->n + n < sizeof p->text) {
        memcpy(p->text + p->n, text, n + 1);
        p->n += n;
    }
}

static int print_unit(void *ctx, const struct gdw_unit *u)
{
    char text[32];

    snprintf(text, sizeof text, "%sp%uF%u", ((struct printer *)ctx)->n ? " " : "", u->pn, u->fn);
    print(ctx, text);
    return 0;
}

static int print_field(void *ctx, const struct gdw_unit *u, const struct lay *f, const struct lay_at *at,
                       const struct lay_val *v)
{
    char text[160], value[128];

    (void)u;
    (void)at;
    lay_print(f, v, value, sizeof value);
    snprintf(text, sizeof text, " %s=%s", f->name, value);
    print(ctx, text);
    return 0;
}

/* By hand from the text of each row. Rows whose data rows are repeated in 376.1-data.tsv are checked there.
 */
static const struct {
    const char *id, *fields;
} expected[] = {
    {"P01", "p0F1 rts=10 delay=20 wait=798 timeout=798 repeats=0 confirm=07H heartbeat=15"},
    {"P02", "p0F3 main_ip=192.168.0.1 main_port=8080 standby_ip=192.168.0.2 standby_port=8080 apn=ZJDL.ZJ"},
    {"P04", "p0F5 scheme=0 parameter=21"},
    {"P06", "p0F9 record=FFFFFFFFFFFFFFFFH important=FFFFFFFFFFFFFFFFH"},
    {"P11", "p0F1"},
    {"P14", "p0F10 n=9 key=1 key=2 key=3 key=4 key=5 key=6 key=7 key=8 key=9"},
    {"P17", "p0F1 rts=10 delay=20 wait=798 timeout=798 repeats=0 confirm=07H heartbeat=15"},
    {"P19", "p0F9 record=FFFFFFFFFFFFFFFFH important=FFFFFFFFFFFFFFFFH"},
    {"P22", "p0F1 EC1=1 EC2=0 Pm=0 Pn=1 ERC=14 Le=10 time=2010-07-31 14:40 on=2010-08-03 11:31"},
    {"P25", "p0F1 port=0 length=29 bytes=68010000000000688111A2E9336B353333333333333333333333332516"},
    {"F000u", "p0F1 segment=0"},
    {"F005u", "p0F1 segment=5"},
    {"F210d", "p0F1 file=1 attribute=1 instruction=0 segments=211 segment=210 length=16 "
              "data=55555555555555555555555555555555"},
    {"F210u", "p0F1 segment=210"},
    {"K01", "p0F1"},
    {"K02", "p0F3"},
    {"S01", "p0F1"},
    {"S02", "p0F1"},
    {"T01", "p0F1"},
    {"G01", "p0F1"},
    {"G02", "p0F2"},
    {"G03", "p0F3 afn=4 dadt=p0F1 err=0 dadt=p0F3 err=1"},
    {"G04", "p0F1"},
    {"G05", "p0F1"},
    {"G06", "p0F1"},
    {"G07", "p0F3 afn=2 dadt=p0F1 err=0"},
    {"G08", "p0F1 rts=10 delay=20 wait=12318 timeout=30 repeats=3 confirm=07H heartbeat=15"},
    {"G09", "p0F8 mode=11H udp=0 role=1 online=1 redial=60 redial_count=5 idle=30 hours=FFFFFFH"},
    {"G10",
     "p0F10 n=2 index=1 point=1 line=98 baud_code=3 port=2 protocol=2 address=000000000001 "
     "password=000000000000 rates=4 tariffs=4 digits=05H int_digits_over_4=1 decimals_over_1=1 "
     "collector=000000000000 class=0 user_class=0 user_subclass=0 "
     "index=2 point=2 line=31 baud_code=0 port=31 protocol=31 address=123456789012 password=000000000000 "
     "rates=4 tariffs=4 digits=09H int_digits_over_4=2 decimals_over_1=1 collector=999900000001 class=18 "
     "user_class=1 user_subclass=2"},
    {"G11", "p0F12 connected=0FH normally_open=03H"},
    {"G12",
     "p1F25 pt_ratio=1 ct_ratio=40 rated_voltage=220.0 rated_current=5.0 rated_load=6.5800 wiring=02H"},
    {"G13", "p1F26 u_upper=233.5 u_lower=200.5 u_phase_loss=133.2 u_over=264.0 u_over_duration=5 "
            "u_over_recovery=1.0 "
            "u_under=175.4 u_under_duration=5 u_under_recovery=1.0 i_over=60.000 i_over_duration=5 "
            "i_over_recovery=1.0 "
            "i_rated=50.000 i_rated_duration=5 i_rated_recovery=1.0 i_zero=10.000 i_zero_duration=5 "
            "i_zero_recovery=1.0 s_over=4.0000 s_over_duration=5 s_over_recovery=1.0 s_upper=3.0000 "
            "s_upper_duration=5 s_upper_recovery=1.0 u_unbalance=15.0 u_unbalance_duration=5 "
            "u_unbalance_recovery=1.0 i_unbalance=30.0 i_unbalance_duration=5 i_unbalance_recovery=1.0 "
            "voltage_loss=10"},
    {"G14", NULL /* the dictionary names its fields: checked in values_of_f33 */},
    {"G15", "p0F38 class=0 m=1 subclass=0 groups=5 fns=00H fns=00H fns=00H fns=03H fns=00H"},
    {"G16", "p1F66 period=81H base=2010-01-10 01:00:00 Sun R=1 n=2 item=p1F1 item=p2F1"},
    {"G17", "p1F68 state=55H"},
    {"G18", "p1F42 limit=100 start=08:00 duration_30min=16 days=3EH"},
    {"G19", "p0F1 rts=10 delay=20 wait=12318 timeout=30 repeats=3 confirm=07H heartbeat=15 "
            "p0F3 main_ip=10.0.0.1 main_port=9000 standby_ip=10.0.0.2 standby_port=9000 apn=CMNET"},
    {"G20", "p0F31 clock=2010-03-10 11:39:37 Wed"},
    {"G21", "p1F1 limit_and_delay=25H"},
    {"G22", "p0F25 duration_30min=4"},
    {"G23", "p0F29"},
    {"G25", "p0F31 clock=2010-03-10 11:39:37 Wed"},
    {"G26", "p0F10 n=2 key=1 key=7"},
    {"G28", "p0F1 p0F8"},
    {"G30", "p0F1 p0F3"},
    {"G31", "p0F38 class=0 n=2 subclass=0 subclass=1"},
    {"G32", "p0F1"},
    {"G33", NULL /* texts of constructed length: checked in values_of_the_version */},
    {"G34", "p1F33 p1F34 p3F33 p3F34"},
    {"G35", "p0F2 clock=2010-03-10 11:39:37 Wed"},
    {"G36", "p0F7 EC1=5 EC2=9"},
    {"G37", "p1F129 T=2018-08-28 16:18 M=4 fwd_active=- fwd_active=- fwd_active=- fwd_active=- fwd_active=-"},
    {"G39", "p0F1 segment=4294967295"},
    {"G41", "p0F9 port=31 relays=0 meter=123456789012 di_kind=1 di=00010000H"},
    {"G42", "p0F9 port=31 meter=123456789012 result=5 length=8 id_and_data=0000010078563412"},
    {"G43", "p0F9 port=31 meter=123456789012 result=1 length=4 id_and_data=00000100"},
    {"G44", "p0F1 EC1=6 EC2=2 Pm=5 Pn=6 ERC=1 Le=14 time=2010-03-10 11:39 flags=02H old=0100 new=0101"},
    {"G45", "p0F1"},
};

static const char *expectation(const char *id)
{
    for (unsigned i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (strcmp(expected[i].id, id) == 0)
            return expected[i].fields ? expected[i].fields : "";
    }
    return NULL;
}

/* Rows that are not compared here, with the reason. */
static const struct {
    const char *id, *reason;
} elsewhere[] = {
    {"F000d", "512 bytes of file data: lengths only, file_segments_keep_their_length"},
    {"F005d", "512 bytes of file data: lengths only, file_segments_keep_their_length"},
    {"G38", "file segment with PW: file_segments_keep_their_length"},
    {"G40", "its bytes are any: lengths only, forwarded_bytes_keep_their_length"},
    {"G24", "its text bytes are any: lengths only, forwarded_bytes_keep_their_length"},
    {"G27", "list entry as G10: a_list_answer_has_its_entries"},
    {"G29", "as G08 and G09: a_list_answer_has_its_entries"},
    {"K03", "stray bytes behind the DADT: confirmations_are_read_leniently"},
    {"K04", "same frame in 376.1-data.tsv"},
    {"K05", "same frame in 376.1-data.tsv"},
    {"K06", "same frame in 376.1-data.tsv"},
    {"K07", "same frame in 376.1-data.tsv"},
    {"K08", "same frame in 376.1-data.tsv"},
    {"K09", "same frame in 376.1-data.tsv"},
    {"K16", "same frame in 376.1-data.tsv"},
    {"K17", "non-conforming, same frame in 376.1-data.tsv"},
    {"K18", "same frame in 376.1-data.tsv"},
    {"K19", "same frame in 376.1-data.tsv"},
    {"P07", "four list entries: a_list_answer_has_its_entries"},
    {"P08", "four list entries: a_list_answer_has_its_entries"},
    {"P09", "one list entry: a_list_answer_has_its_entries"},
    {"P21", "its content is no voltage data: header only, by the table"},
    {"T03", "contains F96, which is reserved in 2009: a_reserved_item_ends_the_walk"},
};

static const char *reason(const char *id)
{
    for (unsigned i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        if (strcmp(elsewhere[i].id, id) == 0)
            return elsewhere[i].reason;
    }
    return NULL;
}

static int explain(const struct vector *v, struct printer *p)
{
    static const struct gdw_visitor visitor = {print_unit, print_field};
    struct gdw_frame f;

    memset(p, 0, sizeof *p);
    assert_int_equal(gdw_frame_decode(v->raw, v->len, &f), 0);
    return gdw_walk(&f, &visitor, p);
}

static void all_frame_vectors_decode_to_their_text(void **state)
{
    struct vector_file file;
    struct vector v;

    (void)state;
    vectors_open(&file, "376.1-frames.tsv");
    while (vectors_next(&file, &v)) {
        struct printer p;
        const char *fields = expectation(v.id);
        int units = explain(&v, &p);
        if (!fields && !reason(v.id))
            fail_msg("%s: neither expected nor listed: %d %s", v.id, units, p.text);
        if (!fields || !fields[0])
            continue;
        if (units < 0)
            fail_msg("%s: %s after %s", v.id, cn_err_text(units), p.text);
        if (strcmp(p.text, fields) != 0)
            fail_msg("%s:\n is       %s\n expected %s", v.id, p.text, fields);
    }
    assert_int_equal(file.rows, 82);
}

static void explain_id(const char *id, struct printer *p)
{
    struct vector v;

    vector_load("376.1-frames.tsv", id, &v);
    int units = explain(&v, p);
    if (units < 0)
        fail_msg("%s: %s after %s", id, cn_err_text(units), p->text);
}

static void has(const struct printer *p, const char *text)
{
    if (!strstr(p->text, text))
        fail_msg("\"%s\" is not in \"%s\"", text, p->text);
}

static void values_of_f33(void **state)
{
    struct printer p;

    (void)state;
    explain_id("G14", &p);
    has(&p, "p0F33");
    has(&p, "=31 ");
    has(&p, "00:05");
    has(&p, "06:00");
    has(&p, "08:00");
    has(&p, "23:59");
    has(&p, "interval=60");
}

/* clause: reference part 1, section 13, AFN 09 */
static void values_of_the_version(void **state)
{
    struct printer p;

    (void)state;
    explain_id("G33", &p);
    has(&p, "p0F1 vendor=TEST device=00000001 software=1.00 software_date=2010-03-10 capacity=");
    has(&p, " protocol=3761 hardware=A001 hardware_date=2009-02-01");
}

static void file_segments_keep_their_length(void **state)
{
    struct printer p;

    (void)state;
    explain_id("F000d", &p);
    has(&p, "p0F1 file=1 attribute=0 instruction=0 segments=211 segment=0 length=512 data=");
    explain_id("F005d", &p);
    has(&p, "p0F1 file=1 attribute=0 instruction=0 segments=211 segment=5 length=512 data=");
    explain_id("G38", &p);
    has(&p, " segments=2 segment=0 length=16 data=");
}

static void forwarded_bytes_keep_their_length(void **state)
{
    struct printer p;

    (void)state;
    explain_id("G40", &p);
    has(&p, "p0F1 port=2 control=6BH timeout=85H byte_10ms=10 length=16 bytes=");
    explain_id("G24", &p);
    has(&p, "p0F32 kind_and_number=11H len=4 gb2312=");
}

static void a_list_answer_has_its_entries(void **state)
{
    struct printer p;

    (void)state;
    explain_id("P07", &p);
    has(&p, "p0F10 n=4 index=1 point=1 line=193 baud_code=6 port=1 protocol=100 address=000000000000");
    has(&p, "index=4 point=4");
    has(&p, "collector=999999999999");
    explain_id("P08", &p);
    has(&p, "n=4 index=5 point=5");
    explain_id("P09", &p);
    has(&p, "n=1 index=9 point=9");
    explain_id("G27", &p);
    has(&p, "p0F10 n=1 index=1 point=1 line=98");
    explain_id("G29", &p);
    has(&p, "p0F1 rts=10 delay=20 wait=12318 timeout=30 repeats=3");
    has(&p, "p0F8 mode=11H");
}

/* clause: reference part 1, section 10: an item of unknown length ends the walk */
static void a_reserved_item_ends_the_walk(void **state)
{
    struct vector v;
    struct printer p;

    (void)state;
    vector_load("376.1-frames.tsv", "T03", &v);
    assert_int_equal(explain(&v, &p), CN_E_UNSUPPORTED);
    has(&p, "p2F81 start=");
    has(&p, "p2F95 start=");
    has(&p, "p2F96");
}

/* ---- tables ---- */

static int count_item(void *ctx, const struct gdw_item *item)
{
    unsigned *answered = ctx;

    assert_non_null(item->name);
    assert_non_null(item->clause);
    assert_true(item->down || item->up);
    if (item->afn == GDW_AFN_CLASS1 || item->afn == GDW_AFN_CLASS2) {
        assert_non_null(item->down);
        assert_non_null(item->up);
        assert_int_equal(item->mark != GDW_MARK_NONE, item->afn == GDW_AFN_CLASS2);
    }
    if (item->afn == GDW_AFN_SET)
        assert_int_equal(item->answer == GDW_PARAM, item->param != NULL);
    *answered += gdw_item_answered(item);
    return 0;
}

static void rows_are_complete_and_sorted(void **state)
{
    unsigned answered = 0;

    (void)state;
    assert_true(gdw_items_each(count_item, &answered) > 400);
    /* 00: 3, 02: 3, 04 and 0A: 7 each, 05: 1, 09: 1, 0C: 5, 0D: 3, 0E: 2, 10: 1 */
    assert_int_equal(answered, 33);
    struct gdw_item item;
    assert_int_equal(gdw_item_find(0x0C, 1, &item), CN_E_NOTFOUND);
    assert_int_equal(gdw_item_find(0x0D, 96, &item), CN_E_NOTFOUND);
    assert_int_equal(gdw_item_find(0x07, 1, &item), CN_E_NOTFOUND);
    assert_int_equal(gdw_item_find(0xFF, 1, &item), CN_E_NOTFOUND);
    assert_string_equal(gdw_afn_name(0x0C), "class 1 data");
    assert_string_equal(gdw_afn_name(0x55), "reserved");
}

/* clause: reference part 4, 2 and part 5, 3: the lengths of the index, for M = 4 where they have an M */
static int source_m4(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v)
{
    (void)at;
    if (field->flags & LAYF_COUNT && field->flags & LAYF_DENSITY) {
        v->kind = LAYV_INT;
        v->number = 1;
    } else if (field->flags & LAYF_COUNT) {
        v->kind = LAYV_INT;
        v->number = *(const unsigned *)ctx;
    } else if (field->flags & LAYF_NUMERIC) {
        v->kind = LAYV_INT;
        v->number = 1;
    }
    return 0;
}

static void lengths_of_the_index(void **state)
{
    static const struct {
        uint8_t afn, fn;
        unsigned count, length;
    } rows[] = {
        {0x0C, 2, 0, 6},     {0x0C, 3, 0, 31},    {0x0C, 4, 0, 1},     {0x0C, 5, 0, 2},
        {0x0C, 6, 0, 3},     {0x0C, 7, 0, 2},     {0x0C, 8, 0, 8},     {0x0C, 9, 0, 2},
        {0x0C, 10, 0, 8},    {0x0C, 11, 2, 39},   {0x0C, 19, 4, 21},   {0x0C, 23, 0, 4},
        {0x0C, 25, 0, 67},   {0x0C, 26, 0, 57},   {0x0C, 27, 0, 60},   {0x0C, 28, 0, 33},
        {0x0C, 29, 0, 15},   {0x0C, 31, 0, 59},   {0x0C, 33, 4, 91},   {0x0C, 34, 4, 91},
        {0x0C, 35, 4, 76},   {0x0C, 41, 4, 21},   {0x0C, 49, 0, 12},   {0x0C, 57, 19, 217},
        {0x0C, 58, 19, 229}, {0x0C, 65, 0, 3},    {0x0C, 66, 0, 72},   {0x0C, 67, 0, 8},
        {0x0C, 73, 0, 2},    {0x0C, 81, 1, 10},   {0x0C, 89, 1, 14},   {0x0C, 109, 1, 18},
        {0x0C, 129, 4, 31},  {0x0C, 130, 4, 26},  {0x0C, 145, 4, 41},  {0x0C, 161, 0, 16},
        {0x0C, 165, 0, 19},  {0x0C, 166, 0, 19},  {0x0C, 167, 0, 41},  {0x0C, 168, 4, 56},
        {0x0C, 170, 0, 18},  {0x0D, 1, 4, 91},    {0x0D, 3, 4, 76},    {0x0D, 5, 4, 21},
        {0x0D, 25, 0, 32},   {0x0D, 26, 0, 24},   {0x0D, 27, 0, 66},   {0x0D, 28, 0, 14},
        {0x0D, 29, 0, 38},   {0x0D, 30, 0, 4},    {0x0D, 31, 0, 10},   {0x0D, 32, 0, 57},
        {0x0D, 36, 0, 16},   {0x0D, 39, 0, 12},   {0x0D, 41, 0, 72},   {0x0D, 42, 0, 8},
        {0x0D, 43, 0, 6},    {0x0D, 45, 0, 15},   {0x0D, 49, 0, 4},    {0x0D, 50, 0, 4},
        {0x0D, 53, 0, 4},    {0x0D, 57, 0, 12},   {0x0D, 58, 4, 21},   {0x0D, 65, 0, 6},
        {0x0D, 73, 5, 17},   {0x0D, 81, 4, 19},   {0x0D, 89, 4, 15},   {0x0D, 101, 4, 23},
        {0x0D, 109, 4, 31},  {0x0D, 113, 0, 108}, {0x0D, 116, 0, 114}, {0x0D, 121, 19, 77},
        {0x0D, 129, 0, 14},  {0x0D, 153, 0, 20},  {0x0D, 154, 0, 17},  {0x0D, 161, 4, 31},
        {0x0D, 162, 4, 26},  {0x0D, 185, 4, 41},  {0x0D, 209, 0, 16},  {0x0D, 213, 0, 19},
        {0x0D, 215, 0, 41},  {0x0D, 216, 4, 56},  {0x0D, 218, 3, 28},  {0x09, 1, 0, 41},
        {0x09, 3, 0, 34},    {0x09, 8, 0, 8},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gdw_item item;
        uint8_t out[512];
        struct wbuf w = wbuf_of(out, sizeof out);
        unsigned count = rows[i].count;
        assert_int_equal(gdw_item_find(rows[i].afn, rows[i].fn, &item), 0);
        int n = lay_encode(item.up, &w, source_m4, &count);
        if (n != (int)rows[i].length)
            fail_msg("%02X F%u: %d bytes, expected %u", rows[i].afn, rows[i].fn, n, rows[i].length);
    }
}

/* ---- the cursor ---- */

static void walk_to_text(const struct gdw_frame *f, gdw_next_pn_fn next, char *out, size_t cap)
{
    struct gdw_cursor c;
    struct gdw_unit u;
    int n = 0;
    int ret = gdw_cursor_init(&c, f, next, NULL);

    out[0] = '\0';
    if (ret < 0) {
        snprintf(out, cap, "%s", cn_err_name(ret));
        return;
    }
    while (gdw_cursor_next(&c, &u) == 1) {
        char hex[64];
        hex_print(u.data, u.len, hex, sizeof hex);
        n += snprintf(out + n, cap - (size_t)n, "%sp%uF%u%s%s%s%s", n ? " " : "", u.pn, u.fn,
                      u.len ? ":" : "", hex, u.err ? "!" : "", u.err ? cn_err_name(u.err) : "");
    }
}

static void check_walk(unsigned afn, const char *hex, gdw_next_pn_fn next, const char *expect)
{
    uint8_t data[256];
    char text[512];
    int n = hex_parse(hex, data, sizeof data);
    const struct gdw_frame f = {.afn = (uint8_t)afn, .prm = true, .data = data, .data_len = (uint16_t)n};

    walk_to_text(&f, next, text, sizeof text);
    assert_string_equal(text, expect);
}

static unsigned points_2_and_9(void *ctx, unsigned kind, unsigned after)
{
    (void)ctx;
    if (kind != PN_POINT)
        return 0;
    return after < 2 ? 2 : after < 9 ? 9 : 0;
}

static unsigned point_2033(void *ctx, unsigned kind, unsigned after)
{
    (void)ctx;
    return kind == PN_POINT && after < 2033 ? 2033 : 0;
}

/* clause: reference part 1, section 8 */
static void order_of_combined_units(void **state)
{
    (void)state;
    check_walk(0x0C, "05010304", NULL, "p1F33 p1F34 p3F33 p3F34");
    check_walk(0x0C, "00008200 01010110", NULL, "p0F2 p0F8 p1F129");
    /* names nothing: skipped in a reading request */
    check_walk(0x0C, "01000200 00010200 01010000 0101011F 00000200", NULL, "p0F2");
    check_walk(0x0C, "00000200 0000", NULL, "p0F2");
    check_walk(0x04, "01000200 AABB", NULL, "p0F0:AABB!UNSUPPORTED");
}

static void all_points(void **state)
{
    (void)state;
    check_walk(0x0C, "FF000110", points_2_and_9, "p2F129 p9F129");
    check_walk(0x0C, "00FF0304", points_2_and_9, "p2F33 p2F34 p9F33 p9F34");
    check_walk(0x0C, "FFFF0110", points_2_and_9, "p2F129 p9F129");
    check_walk(0x0C, "FFFF0110", point_2033,
               "p2033F129 p2034F129 p2035F129 p2036F129 p2037F129 p2038F129 p2039F129 p2040F129");
    check_walk(0x0C, "FF000110", NULL, "p65535F129");
    /* one Td for each Fn bit, not for each point */
    check_walk(0x0D, "FF001100 211126 201126", points_2_and_9,
               "p2F1:211126 p2F5:201126 p9F1:211126 p9F5:201126");
    check_walk(0x0D, "FF001100 211126", points_2_and_9, "p2F1:211126 p2F5:211126 p9F1:211126 p9F5:211126");
    /* refused in commands */
    check_walk(0x04, "FF000100 0A141E03070F", points_2_and_9, "p0F0:0A141E03070F!UNSUPPORTED");
}

/* clause: reference part 5, section 2 */
static void time_marks_one_for_each_or_one_for_all(void **state)
{
    (void)state;
    check_walk(0x0D, "03010114 211126 201126", NULL, "p1F161:211126 p2F161:201126");
    check_walk(0x0D, "03010114 211126", NULL, "p1F161:211126 p2F161:211126");
    check_walk(0x0D, "03010114 211126 2011", NULL, "FORMAT");
    check_walk(0x0D, "01010114 211126 01010102 1026", NULL, "p1F161:211126 p1F17:1026");
    check_walk(0x0D, "0101010A 0000211126 03 04", NULL, "p1F81:00002111260304");
    /* a reserved Fn has no known time mark: what stands in front of it is still asked */
    check_walk(0x0D, "01010114 211126 0101800B 211126", NULL, "p1F161:211126 p1F96:211126!UNSUPPORTED");
}

static void units_of_commands(void **state)
{
    (void)state;
    check_walk(0x04, "00000100 00001E30070F 00008000 110102030405FFFF", NULL,
               "p0F1:00001E30070F p0F8:110102030405FFFF");
    check_walk(0x04, "00000100 00001E3007", NULL, "p0F1:00001E3007!SHORT");
    /* a value out of range does not lose the unit's length */
    check_walk(0x04, "00000100 00001E300700 00008000 1101020304FFFFFF", NULL,
               "p0F1:00001E300700 p0F8:1101020304FFFFFF");
    check_walk(0x05, "00004003 AABBCCDDEEFF", NULL, "p0F31:AABBCCDDEEFF");
    check_walk(0x05, "00002003 AA", NULL, "p0F30:AA!UNSUPPORTED");
    check_walk(0x0A, "00002009 00000201 0100 0700", NULL, "p0F78 p0F10:01000700");
    /* the five-byte form of F59 only when it stands alone */
    check_walk(0x04, "00000407 1020300405", NULL, "p0F59:1020300405");
    check_walk(0x04, "00000407 10203004 00000407 10203004", NULL, "p0F59:10203004 p0F59:10203004");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_data_vectors_decode_to_their_meaning),
        cmocka_unit_test(all_frame_vectors_decode_to_their_text),
        cmocka_unit_test(values_of_f33),
        cmocka_unit_test(values_of_the_version),
        cmocka_unit_test(file_segments_keep_their_length),
        cmocka_unit_test(forwarded_bytes_keep_their_length),
        cmocka_unit_test(a_list_answer_has_its_entries),
        cmocka_unit_test(a_reserved_item_ends_the_walk),
        cmocka_unit_test(rows_are_complete_and_sorted),
        cmocka_unit_test(lengths_of_the_index),
        cmocka_unit_test(order_of_combined_units),
        cmocka_unit_test(all_points),
        cmocka_unit_test(time_marks_one_for_each_or_one_for_all),
        cmocka_unit_test(units_of_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
