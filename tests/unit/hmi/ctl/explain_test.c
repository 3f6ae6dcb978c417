#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "gateway/base/buf.h"
#include "hmi/ctl/explain_json.h"
#include "hmi/ctl/explain_text.h"
#include "tests/unit/hmi/ctl/spoken.h"
#include "tests/unit/hmi/ctl/vectors.h"

/*
 * Every row of the golden vectors is explained, and the explanation compared with the row's own words:
 * protocol, direction, header fields, identifiers and values. The vectors come from captures and from other
 * implementations.
 */

/** What the comparison covered; each test prints and checks it, so that it cannot silently cover less. */
struct tally {
    unsigned rows, fields, values, wrong;
};

struct expect {
    const struct vector_row *row;
    cJSON *doc;
    struct tally *tally;
};

/** All rows are compared before a test fails, so that one run shows everything. */
__attribute__((format(printf, 2, 3))) static void wrong(struct expect *x, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s: ", x->row->id);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    x->tally->wrong++;
}

static const char *field_text(const cJSON *doc, const char *name, char *out, size_t cap)
{
    const cJSON *f = cJSON_GetObjectItem(cJSON_GetObjectItem(doc, "fields"), name);
    if (!f)
        return NULL;
    if (cJSON_IsString(f))
        snprintf(out, cap, "%s", f->valuestring);
    else
        snprintf(out, cap, "%d", f->valueint);
    return out;
}

static void expect_field(struct expect *x, const char *name, const char *want)
{
    char text[2048];
    const char *got = field_text(x->doc, name, text, sizeof(text));
    if (!got || strcmp(got, want) != 0)
        wrong(x, "field %s is %s, expected %s", name, got ? got : "missing", want);
    x->tally->fields++;
}

static void expect_text(struct expect *x, const char *key, const char *want)
{
    const cJSON *o = cJSON_GetObjectItem(x->doc, key);
    if (!cJSON_IsString(o) || strcmp(o->valuestring, want) != 0)
        wrong(x, "%s is \"%s\", expected \"%s\"", key, cJSON_IsString(o) ? o->valuestring : "?", want);
}

static cJSON *explain_hex(const char *hex, size_t *n, size_t *used)
{
    static uint8_t bytes[20000];
    int len = hex_parse(hex, bytes, sizeof(bytes));
    assert_true(len > 0);
    *n = (size_t)len;
    cJSON *doc = explain_json(bytes, *n, used);
    assert_non_null(doc);
    return doc;
}

static cJSON *explain_valid(const struct vector_row *row, const char *hex)
{
    size_t n, used;
    cJSON *doc = explain_hex(hex, &n, &used);
    const cJSON *error = cJSON_GetObjectItem(doc, "error");
    if (!cJSON_IsTrue(cJSON_GetObjectItem(doc, "valid")))
        fail_msg("%s: not valid: %s", row->id, error ? error->valuestring : "no reason");
    if (error || used != n)
        fail_msg("%s: %zu of %zu bytes used", row->id, used, n);
    return doc;
}

/* ---- DL/T 645 ---- */

static const char *data_text(const cJSON *doc, int i, const char *key)
{
    const cJSON *o = cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "data"), i), key);
    return cJSON_IsString(o) ? o->valuestring : NULL;
}

/** "229.7 V" against the next values of the data; blocks are separated by ", ". */
static void expect_645_values(struct expect *x, const char *list)
{
    char copy[512];
    snprintf(copy, sizeof(copy), "%s", list);
    char *unit = NULL;
    int at = 0;
    for (char *save, *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save), at++) {
        word += strspn(word, " ");
        unit = strrchr(word, ' ');
        if (unit && isalpha((unsigned char)unit[1]))
            *unit++ = '\0';
        else
            unit = NULL;
        const char *got = data_text(x->doc, at, "value");
        if (!got || strcmp(got, word) != 0)
            wrong(x, "value %d is %s, expected %s", at, got ? got : "null", word);
        if (unit) {
            const char *got_unit = data_text(x->doc, at, "unit");
            if (!got_unit || strcmp(got_unit, unit) != 0)
                wrong(x, "unit %d is %s, expected %s", at, got_unit ? got_unit : "missing", unit);
        }
        x->tally->values++;
    }
    if (at != cJSON_GetArraySize(cJSON_GetObjectItem(x->doc, "data")))
        wrong(x, "%d values, expected %d", cJSON_GetArraySize(cJSON_GetObjectItem(x->doc, "data")), at);
}

/** " = NAME", up to ": " or the end, against the first entry of the data; entries of a block have names of
 * their own. */
static void expect_645_name(struct expect *x, const char *text)
{
    char name[128];
    const char *colon = strstr(text, ": ");
    if (strncmp(text, " = ", 3) != 0 || strstr(text, "private") ||
        cJSON_GetArraySize(cJSON_GetObjectItem(x->doc, "data")) != 1)
        return;
    text += 3;
    snprintf(name, sizeof(name), "%.*s", (int)(colon ? colon - text : (ptrdiff_t)strlen(text)), text);
    char *extension = strstr(name, " (extension DI)");
    if (extension)
        *extension = '\0';
    const char *got = data_text(x->doc, 0, "name");
    if (!got || strcmp(got, name) != 0)
        wrong(x, "name is \"%s\", expected \"%s\"", got ? got : "", name);
    x->tally->fields++;
}

/** "DI 00010000 = forward active energy, total, current: 000006.78 kWh". */
static void expect_645_identifier(struct expect *x, const char *text)
{
    char di[16], values[512];
    size_t n = strspn(text, "0123456789ABCDEF");
    snprintf(di, sizeof(di), "%.*s", (int)n, text);
    expect_field(x, "DI", di);
    expect_645_name(x, text + n);
    /* a ": " behind the name starts the values; names have none */
    const char *colon = strstr(text, ": ");
    if (!strstr(x->row->meaning, "answer DI") || !colon)
        return;
    if (strcmp(x->row->id, "D645-S104") == 0) {
        print_message(
            "D645-S104 not compared: calls 00440000 private, the identifier tables know it (phase C)\n");
        return;
    }
    snprintf(values, sizeof(values), "%s", colon + 2);
    if (strncmp(values, "raw ", 4) == 0 || strncmp(values, "data ", 5) == 0) {
        char *hex = strchr(values, ' ') + 1;
        hex[strspn(hex, "0123456789ABCDEF")] = '\0';
        expect_645_values(x, hex);
    } else if (values[0] == '\'') {
        char *end = strrchr(values + 1, '\'');
        assert_non_null(end);
        *end = '\0';
        expect_645_values(x, values + 1);
    } else {
        expect_645_values(x, values);
    }
}

/** "NAME=VALUE" anywhere in the meaning against a field. */
static void expect_645_assignment(struct expect *x, const char *key, const char *field)
{
    char want[64];
    const char *at = strstr(x->row->meaning, key);
    if (!at)
        return;
    at += strlen(key);
    size_t n = strcspn(at, " ;");
    /* "00H" and "1" of the vectors are "00" and "01" here */
    n -= n > 1 && at[n - 1] == 'H';
    snprintf(want, sizeof(want), "%s%.*s", n == 1 ? "0" : "", (int)n, at);
    char text[256];
    const char *got = field_text(x->doc, field, text, sizeof(text));
    if (!got || strncmp(got, want, strlen(want)) != 0)
        wrong(x, "field %s is %s, expected %s", field, got ? got : "missing", want);
    x->tally->fields++;
}

static void expect_645_address(struct expect *x)
{
    const char *m = x->row->meaning + strlen("addr ");
    if (strncmp(m, "broadcast", 9) == 0) {
        expect_field(x, "address", "999999999999");
        expect_field(x, "address_kind", "broadcast");
    } else if (strncmp(m, "wildcard", 8) == 0) {
        expect_field(x, "address", "AAAAAAAAAAAA");
        expect_field(x, "address_kind", "wildcard");
    } else {
        char addr[16];
        snprintf(addr, sizeof(addr), "%.12s", m);
        expect_field(x, "address", addr);
    }
}

static void check_645(const struct vector_row *row, struct tally *tally)
{
    char words[1024];
    struct vector_row bare = *row;
    /* remarks in brackets speak of other frames too */
    snprintf(words, sizeof(words), "%s", row->meaning);
    char *note = strstr(words, " [note");
    if (note)
        *note = '\0';
    bare.meaning = words;
    struct expect x = {.row = &bare, .doc = explain_valid(row, row->hex), .tally = tally};
    const char *m = words;
    bool both = strcmp(row->standard, "1997/2007") == 0;
    char protocol[32];
    snprintf(protocol, sizeof(protocol), "DL/T 645-%s", both ? "2007" : row->standard);
    expect_text(&x, "protocol", protocol);
    expect_text(&x, "direction", strcmp(row->direction, "S2M") == 0 ? "meter->master" : "master->meter");
    expect_645_address(&x);
    const char *di = strstr(m, " DI ");
    if (di && strspn(di + 4, "0123456789ABCDEF") >= 4)
        expect_645_identifier(&x, di + 4);
    if (strstr(m, "malformed"))
        assert_non_null(cJSON_GetObjectItem(x.doc, "note"));
    expect_645_assignment(&x, "ERR=", "ERR");
    expect_645_assignment(&x, "PA=", "PA");
    expect_645_assignment(&x, "P0P1P2=", "password");
    expect_645_assignment(&x, "C0..C3=", "operator");
    expect_645_assignment(&x, "N1=", "N1");
    expect_645_assignment(&x, "N2=", "N2");
    expect_645_assignment(&x, "SEQ=", "SEQ");
    expect_645_assignment(&x, "Z=", "Z");
    const char *time = strstr(m, "broadcast time ");
    if (time) {
        char want[24];
        snprintf(want, sizeof(want), "%s", time + strlen("broadcast time "));
        expect_field(&x, "time", want);
    }
    const char *address = strstr(m, "answer: address ");
    if (address) {
        char want[16];
        snprintf(want, sizeof(want), "%.12s", address + strlen("answer: address "));
        expect_field(&x, "DATA_address", want);
    }
    tally->rows++;
    cJSON_Delete(x.doc);
}

static void dlt645_frames_say_what_the_vectors_say(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct vector_file file;
    vectors_open(&file, "dlt645-frames.tsv");
    struct vector_row row;
    while (vectors_next(&file, &row))
        check_645(&row, &tally);
    vectors_close(&file);
    print_message("dlt645-frames.tsv: %u rows, %u fields and %u values compared\n", tally.rows, tally.fields,
                  tally.values);
    assert_int_equal(tally.wrong, 0);
    assert_int_equal(tally.rows, 110);
    assert_true(tally.fields >= 337);
    assert_true(tally.values >= 45);
}

/* ---- Q/GDW 376.1 ---- */

/** "KEY=VALUE" of the row's first part against a field, when the row has it. */
static void expect_3761_key(struct expect *x, const char *head, const char *key, const char *field)
{
    char pattern[24], want[40];
    snprintf(pattern, sizeof(pattern), " %s=", key);
    const char *at = strstr(head, pattern);
    if (!at)
        return;
    at += strlen(pattern);
    snprintf(want, sizeof(want), "%.*s", (int)strcspn(at, " ;,"), at);
    expect_field(x, field, want);
}

static void expect_3761_header(struct expect *x, const char *head)
{
    static const char *const plain[] = {"FC",  "FCV", "FCB", "ACD",  "A1",   "A2",  "MSA", "TpV",
                                        "FIR", "FIN", "CON", "PSEQ", "RSEQ", "EC1", "EC2"};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        expect_3761_key(x, head, plain[i], plain[i]);
    if (strstr(head, "PW=zeros"))
        expect_field(x, "PW", "00000000000000000000000000000000");
    expect_field(x, "PRM",
                 strncmp(head, "up start", 8) == 0 || strncmp(head, "down start", 10) == 0 ? "1" : "0");
    expect_field(x, "group", strstr(head, " group;") ? "1" : "0");
    const char *tp = strstr(head, "Tp PFC=");
    if (!tp)
        return;
    char clock[16], time[40], number[16];
    unsigned pfc, day, delay;
    assert_int_equal(sscanf(tp, "Tp PFC=%u day %u %15s delay %u", &pfc, &day, clock, &delay), 4);
    snprintf(time, sizeof(time), "day %02u %s", day, clock);
    expect_field(x, "Tp_time", time);
    snprintf(number, sizeof(number), "%u", delay);
    expect_field(x, "Tp_delay", number);
    snprintf(number, sizeof(number), "%u", pfc);
    expect_field(x, "Tp_PFC", number);
}

static void expect_3761_items(struct expect *x, const char *list)
{
    char copy[256];
    snprintf(copy, sizeof(copy), "%s", list);
    int at = 0;
    for (char *save, *word = strtok_r(copy, ", ", &save); word; word = strtok_r(NULL, ", ", &save), at++) {
        word[0] = (char)toupper((unsigned char)word[0]);
        const char *got = data_text(x->doc, at, "item");
        if (!got || strcmp(got, word) != 0)
            wrong(x, "unit %d is %s, expected %s", at, got ? got : "missing", word);
        x->tally->fields++;
    }
    if (at != cJSON_GetArraySize(cJSON_GetObjectItem(x->doc, "data")))
        wrong(x, "%d units, expected %d", cJSON_GetArraySize(cJSON_GetObjectItem(x->doc, "data")), at);
}

static void expect_3761_frame(struct expect *x)
{
    expect_text(x, "protocol", "Q/GDW 376.1-2009");
    bool up = strcmp(x->row->direction, "terminal->master") == 0 || strcmp(x->row->direction, "uplink") == 0;
    expect_text(x, "direction", up ? "terminal->master" : "master->terminal");
    expect_field(x, "DIR", up ? "1" : "0");
    expect_field(x, "AFN", x->row->afn);
    x->tally->rows++;
}

/** The number-like words of a sentence: dates with time, decimals, IPv4 addresses and 12-digit numbers. */
static bool next_figure(const char **p, char out[32])
{
    static const char *const dates[] = {"9999-99-99 99:99:99", "9999-99-99 99:99"};
    for (const char *at = *p; *at; at++) {
        if (!isdigit((unsigned char)*at) || (at > *p && (isalnum((unsigned char)at[-1]) || at[-1] == '.')))
            continue;
        size_t n = 0;
        for (size_t i = 0; n == 0 && i < sizeof(dates) / sizeof(dates[0]); i++)
            n = spoken_fits(at, dates[i]);
        if (n == 0) {
            n = strspn(at, "0123456789.");
            n -= at[n - 1] == '.';
            if (!memchr(at, '.', n) && n != 12)
                continue;
        }
        snprintf(out, 32, "%.*s", (int)n, at);
        if (strstr(out, "..")) /* "1..9" is a range */
            continue;
        *p = at + n;
        return true;
    }
    return false;
}

static bool has_value(const cJSON *doc, const char *want)
{
    const cJSON *unit, *value;
    cJSON_ArrayForEach(unit, cJSON_GetObjectItem(doc, "data"))
    {
        cJSON_ArrayForEach(value, cJSON_GetObjectItem(unit, "values"))
        {
            const cJSON *text = cJSON_GetObjectItem(value, "value");
            if (cJSON_IsString(text) && spoken_equal(want, text->valuestring))
                return true;
        }
    }
    return false;
}

/** "60.0" where the frame has "60.000". */
static bool has_decimal(const cJSON *doc, const char *want)
{
    char text[40];
    for (unsigned zeros = 1; zeros <= 3; zeros++) {
        snprintf(text, sizeof(text), "%s%.*s", want, (int)zeros, "000");
        if (has_value(doc, text))
            return true;
    }
    return false;
}

/** Prose names no fields: every figure in it must be among the decoded values. */
static void expect_figures(struct expect *x, const char *prose)
{
    char figure[32];
    if (strcmp(x->row->id, "G21") == 0 || strcmp(x->row->id, "G42") == 0) {
        print_message("%s: figures not compared: %s\n", x->row->id,
                      x->row->id[2] == '1' ? "0.5 h is the unit of its limit"
                                           : "forwarded meter data stay bytes");
        return;
    }
    while (next_figure(&prose, figure)) {
        if (has_value(x->doc, figure) || has_decimal(x->doc, figure))
            x->tally->values++;
        else
            wrong(x, "%s is not among the values", figure);
    }
}

static void frames_3761_say_what_the_vectors_say(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct vector_file file;
    struct vector_row row;
    vectors_open(&file, "376.1-frames.tsv");
    while (vectors_next(&file, &row)) {
        char head[512], items[128];
        struct expect x = {.row = &row, .doc = explain_valid(&row, row.hex), .tally = &tally};
        expect_3761_frame(&x);
        const char *bar = strstr(row.meaning, " | ");
        snprintf(head, sizeof(head), "%.*s", (int)(bar ? bar - row.meaning : (ptrdiff_t)strlen(row.meaning)),
                 row.meaning);
        expect_3761_header(&x, head);
        /* "P1F66 (task 1)" */
        snprintf(items, sizeof(items), "%.*s", (int)strcspn(row.items, " "), row.items);
        if (strcmp(row.id, "T03") == 0)
            print_message("T03: its column names no single items; only the header is compared\n");
        else
            expect_3761_items(&x, items);
        if (bar)
            expect_figures(&x, bar);
        cJSON_Delete(x.doc);
    }
    vectors_close(&file);
    print_message("376.1-frames.tsv: %u rows, %u fields and %u values compared\n", tally.rows, tally.fields,
                  tally.values);
    assert_int_equal(tally.wrong, 0);
    assert_int_equal(tally.rows, 82);
    assert_true(tally.fields >= 1390);
    assert_true(tally.values >= 69);
}

/** Values that the explanation adds to what the column names: words, parts of a bit field, counts shown as
 * lists. */
static bool is_addition(const char *name)
{
    static const char *const names[] = {"event", "phases", "kind", "relays", "n"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/** Every value of every unit in order against the spoken ones. */
static void expect_spoken(struct expect *x, const struct spoken *spoken)
{
    unsigned at = 0;
    const cJSON *unit, *value;
    cJSON_ArrayForEach(unit, cJSON_GetObjectItem(x->doc, "data"))
    {
        cJSON_ArrayForEach(value, cJSON_GetObjectItem(unit, "values"))
        {
            const cJSON *text = cJSON_GetObjectItem(value, "value"),
                        *name = cJSON_GetObjectItem(value, "name");
            const char *got = cJSON_IsString(text) ? text->valuestring : NULL;
            if (at < spoken->count && spoken_equal(spoken->text[at], got)) {
                at++;
                x->tally->values++;
            } else if (!is_addition(name ? name->valuestring : "")) {
                wrong(x, "value %u, %s, is %s, expected %s", at, name ? name->valuestring : "?",
                      got ? got : "null", at < spoken->count ? spoken->text[at] : "nothing");
                return;
            }
        }
    }
    if (at != spoken->count)
        wrong(x, "%u of %u values found; next expected %s", at, spoken->count, spoken->text[at]);
}

/** "Tp=38,day22 10:30:15,delay0" and "EC=3,7" are fields, not data. Cuts the text before them. */
static void expect_3761_aux(struct expect *x, char *meaning)
{
    unsigned pfc, day, delay, ec1, ec2;
    char clock[16], text[40];
    char *tp = strstr(meaning, " Tp="), *ec = strstr(meaning, " EC=");
    if (tp) {
        assert_int_equal(sscanf(tp, " Tp=%u,day%u %15[0-9:],delay%u", &pfc, &day, clock, &delay), 4);
        snprintf(text, sizeof(text), "%u", pfc);
        expect_field(x, "Tp_PFC", text);
        snprintf(text, sizeof(text), "day %02u %s", day, clock);
        expect_field(x, "Tp_time", text);
        snprintf(text, sizeof(text), "%u", delay);
        expect_field(x, "Tp_delay", text);
        *tp = '\0';
    }
    if (ec) {
        assert_int_equal(sscanf(ec, " EC=%u,%u", &ec1, &ec2), 2);
        snprintf(text, sizeof(text), "%u", ec1);
        expect_field(x, "EC1", text);
        snprintf(text, sizeof(text), "%u", ec2);
        expect_field(x, "EC2", text);
        *ec = '\0';
    }
}

static void check_3761_data(const struct vector_row *row, struct tally *tally)
{
    static char meaning[8192];
    static struct spoken spoken;
    struct expect x = {.row = row, .doc = explain_valid(row, row->hex), .tally = tally};
    expect_3761_frame(&x);
    snprintf(meaning, sizeof(meaning), "%s", row->meaning);
    /* remarks stand behind the last " | " that is in no list */
    char *bar = strstr(meaning, " | ");
    while (bar && strchr(bar, ']') && strcspn(bar, "[") > strcspn(bar, "]"))
        bar = strstr(bar + 3, " | ");
    if (bar)
        *bar = '\0';
    if (strcmp(row->items, "AFN00 F1") == 0 || strcmp(row->items, "AFN00 F2") == 0) {
        expect_3761_items(&x, strcmp(row->items, "AFN00 F1") == 0 ? "P0F1" : "P0F2");
    } else if (strncmp(meaning, "NON-CONFORMING", 14) == 0) {
        print_message("%s: the row itself is non-conforming; it is explained with a note\n", row->id);
        assert_non_null(cJSON_GetObjectItem(x.doc, "note"));
    } else {
        expect_3761_items(&x, row->items);
        expect_3761_aux(&x, meaning);
        spoken_parse(&spoken, meaning);
        expect_spoken(&x, &spoken);
    }
    cJSON_Delete(x.doc);
}

static void data_3761_say_what_the_vectors_say(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct vector_file file;
    struct vector_row row;
    vectors_open(&file, "376.1-data.tsv");
    while (vectors_next(&file, &row))
        check_3761_data(&row, &tally);
    vectors_close(&file);
    print_message("376.1-data.tsv: %u rows, %u fields and %u values compared\n", tally.rows, tally.fields,
                  tally.values);
    assert_int_equal(tally.wrong, 0);
    assert_int_equal(tally.rows, 190);
    assert_true(tally.values >= 1206);
}

/* ---- frames that are none ---- */

struct mutant {
    const struct vector_row *row;
    uint8_t bytes[20000];
    size_t n;     /**< with wake-up bytes */
    size_t start; /**< of the frame */
    bool meter;
};

static void expect_refused(const struct mutant *m, const uint8_t *p, size_t n, const char *reason)
{
    size_t used;
    cJSON *doc = explain_json(p, n, &used);
    const cJSON *error = cJSON_GetObjectItem(doc, "error");
    if (!cJSON_IsFalse(cJSON_GetObjectItem(doc, "valid")) || !cJSON_IsString(error))
        fail_msg("%s: taken as valid, expected \"%s\"", m->row->id, reason);
    if (!strstr(error->valuestring, reason))
        fail_msg("%s: refused with \"%s\", expected \"%s\"", m->row->id, error->valuestring, reason);
    assert_in_range(used, 1, n);
    cJSON_Delete(doc);
}

/** One byte replaced, then as it was. */
static void expect_refused_with(struct mutant *m, size_t at, uint8_t byte, const char *reason)
{
    uint8_t was = m->bytes[at];
    m->bytes[at] = byte;
    expect_refused(m, m->bytes, m->n, reason);
    m->bytes[at] = was;
}

static void refuse_mutants(struct mutant *m)
{
    char reason[64];
    size_t cs = m->n - 2, used;
    uint8_t sum = m->bytes[cs];
    snprintf(reason, sizeof(reason), "checksum: expected %02XH, got %02XH", sum, sum ^ 1);
    expect_refused_with(m, cs, sum ^ 1, reason);
    expect_refused_with(m, m->n - 1, 0x17, "end byte: expected 16H, got 17H");
    expect_refused_with(m, m->start, 0x69, "start byte");
    expect_refused_with(m, m->start + (m->meter ? 7 : 5), 0x69, "second start byte");
    if (!m->meter) {
        expect_refused_with(m, m->start + 1, m->bytes[m->start + 1] ^ 4, "the two length fields differ");
        /* both lengths changed alike: another protocol identifier */
        m->bytes[m->start + 1] ^= 3;
        expect_refused_with(m, m->start + 3, m->bytes[m->start + 3] ^ 3,
                            "protocol identifier: D1..D0 of the length are 1");
        m->bytes[m->start + 1] ^= 3;
    }
    expect_refused(m, m->bytes, m->n - 1, "length: ");
    for (size_t n = 1; n<m->n; n += m->n> 200 ? 37 : 1)
        expect_refused(m, m->bytes, n, "");
    /* long by one: the frame is found, the byte behind it is not eaten */
    m->bytes[m->n] = 0;
    cJSON *doc = explain_json(m->bytes, m->n + 1, &used);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(doc, "valid")));
    assert_int_equal(used, m->n);
    cJSON_Delete(doc);
}

static void damaged_frames_are_refused_with_the_reason(void **state)
{
    static const char *const files[] = {"dlt645-frames.tsv", "376.1-frames.tsv", "376.1-data.tsv"};
    static struct mutant m;
    (void)state;
    unsigned rows = 0;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct vector_file file;
        struct vector_row row;
        vectors_open(&file, files[i]);
        for (; vectors_next(&file, &row); rows++) {
            int n = hex_parse(row.hex, m.bytes, sizeof(m.bytes) - 1);
            assert_true(n > 0);
            m.row = &row;
            m.n = (size_t)n;
            m.meter = i == 0;
            for (m.start = 0; m.bytes[m.start] == 0xFE;)
                m.start++;
            refuse_mutants(&m);
        }
        vectors_close(&file);
    }
    assert_int_equal(rows, 382);
}

static void a_damaged_frame_does_not_swallow_the_next(void **state)
{
    (void)state;
    size_t n, used;
    /* the first is cut after its address; wake-up bytes belong to the second */
    cJSON *doc = explain_hex("689435219088 FEFEFEFE689435219088556811043333343309 16", &n, &used);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(doc, "valid")));
    assert_int_equal(used, 6);
    cJSON_Delete(doc);
    /* a wrong checksum, but the end byte is where L says: the whole frame is the damaged one, whatever it
     * holds */
    doc = explain_hex("689435219088556811043333343308 16 68943521908855681104333334330916", &n, &used);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(doc, "valid")));
    assert_int_equal(used, 16);
    cJSON_Delete(doc);
}

static void lines_and_texts_say_the_same(void **state)
{
    static const uint8_t answer[] = {0x68, 0x94, 0x35, 0x21, 0x90, 0x88, 0x55, 0x68, 0x91, 0x08,
                                     0x33, 0x33, 0x34, 0x33, 0x59, 0x35, 0x33, 0x33, 0x81, 0x16};
    (void)state;
    char line[80], small[24], *text = NULL;
    size_t len = 0;
    bool valid = false;
    assert_string_equal(explain_line(answer, sizeof(answer), line, sizeof(line)),
                        "558890213594: answer to read 00010000 000002.26 kWh");
    assert_string_equal(explain_line(answer, sizeof(answer), small, sizeof(small)),
                        "558890213594: answer...");
    /* the five energies of part 1, section 9 of the DL/T 645 reference */
    static const uint8_t block[] = {0x68, 0x12, 0,    0,    0,    0,    0,    0x68, 0x91, 0x18, 0x33, 0x32,
                                    0x34, 0x33, 0x89, 0x67, 0x45, 0x33, 0x43, 0x33, 0x35, 0x33, 0x53, 0x33,
                                    0x36, 0x33, 0x48, 0x33, 0x38, 0x33, 0x44, 0x67, 0x35, 0x33, 0x85, 0x16};
    char wide[200];
    assert_string_equal(explain_line(block, sizeof(block), wide, sizeof(wide)),
                        "000000000012: answer to read 00010000 001234.56 kWh 00010100 000200.10 kWh 00010200 "
                        "000300.20 kWh 00010300 "
                        "000500.15 kWh 00010400 000234.11 kWh");
    assert_string_equal(explain_line(answer, 12, line, sizeof(line)),
                        "invalid: length: L = 08H makes a frame of 20 bytes, 12 are there");
    FILE *out = open_memstream(&text, &len);
    assert_int_equal(explain_text(out, answer, sizeof(answer), &valid), sizeof(answer));
    fclose(out);
    assert_true(valid);
    assert_string_equal(text, "DL/T 645-2007, meter->master, valid\n"
                              "  address    558890213594\n"
                              "  C          91H L=8\n"
                              "  function   11H read\n"
                              "  answer     normal\n"
                              "  follow_on  no\n"
                              "  DI         00010000\n"
                              "  CS         81H\n"
                              "data\n"
                              "  00010000   000002.26 kWh         forward active energy, total, current\n");
    free(text);
}

static void a_forwarded_meter_frame_is_explained_inside(void **state)
{
    (void)state;
    size_t n, used;
    /* G40 of 376.1-frames.tsv: AFN 10 F1 with a read of 00010000 */
    cJSON *doc = explain_hex("68CA00CA00684B0133341204106100000100026B850A100068010000000000681104333334"
                             "33B31600000000000000000000000000000000C316",
                             &n, &used);
    assert_true(has_value(doc, "000000000001: read 00010000"));
    cJSON_Delete(doc);
}

static void a_request_to_all_points_is_named_so(void **state)
{
    (void)state;
    size_t n, used;
    /* c0C-F25-1ph-req of 376.1-data.tsv with DA = FF 00 (reference part 1, 8) */
    cJSON *doc = explain_hex("6832003200684B00110100020C69FF000103D716", &n, &used);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(doc, "valid")));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(doc, "data")), 1);
    assert_string_equal(data_text(doc, 0, "item"), "PallF25");
    assert_string_equal(data_text(doc, 0, "pn"), "all");
    cJSON_Delete(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dlt645_frames_say_what_the_vectors_say),
        cmocka_unit_test(frames_3761_say_what_the_vectors_say),
        cmocka_unit_test(data_3761_say_what_the_vectors_say),
        cmocka_unit_test(damaged_frames_are_refused_with_the_reason),
        cmocka_unit_test(a_damaged_frame_does_not_swallow_the_next),
        cmocka_unit_test(lines_and_texts_say_the_same),
        cmocka_unit_test(a_forwarded_meter_frame_is_explained_inside),
        cmocka_unit_test(a_request_to_all_points_is_named_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
