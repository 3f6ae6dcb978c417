/*
 * Every row of the DL/T 645 vectors is explained and put into the words of its "decoded meaning" column. The
 * frames come from public captures and documents, not from our encoder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "gateway/model/reading.h"
#include "southbound/dlt645/dlt645_explain.h"

enum { TEXT = 4096, ITEMS = 64 };

struct collected {
    struct dlt645_item items[ITEMS];
    char names[ITEMS][DLT645_NAME], parts[ITEMS][96];
    unsigned count;
};

static void collect(void *ctx, const struct dlt645_item *item)
{
    struct collected *c = ctx;

    if (c->count == ITEMS)
        return;
    c->items[c->count] = *item;
    snprintf(c->names[c->count], DLT645_NAME, "%s", item->name);
    snprintf(c->parts[c->count], sizeof c->parts[0], "%s", item->part);
    c->items[c->count].name = c->names[c->count];
    c->items[c->count].part = c->parts[c->count];
    c->count++;
}

static void say(char *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(char *out, const char *fmt, ...)
{
    va_list ap;
    size_t used = strlen(out);

    va_start(ap, fmt);
    vsnprintf(out + used, TEXT - used, fmt, ap);
    va_end(ap);
}

static const struct dlt645_item *item_named(const struct collected *c, const char *name)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (strcmp(c->items[i].name, name) == 0)
            return &c->items[i];
    }
    fail_msg("no item \"%s\"", name);
    return NULL;
}

static const char *name_of(const struct dlt645_view *v)
{
    if (v->known_di)
        return v->di_name;
    return v->edition == DLT645_1997 ? "private/unknown DI" : "DI not in the standard table / private";
}

static void say_values(char *out, const struct dlt645_view *v, const struct collected *c, bool with_bytes)
{
    char hex[2 * DLT645_DATA_MAX + 1];

    for (unsigned i = 0; i < c->count; i++) {
        const struct dlt645_item *it = &c->items[i];
        struct dlt645_match m;
        if (it->role == DLT645_OPAQUE && !v->known_di) {
            say(out, "data %s (low byte first)", it->text);
        } else if (it->role == DLT645_OPAQUE) {
            assert_int_equal(dlt645_match(v->edition, v->di, &m), 0);
            say(out, "raw %s (length %zu does not fit %zu-byte items)", it->text, it->raw_len,
                dlt645_row_size(m.row));
        } else if (strstr(it->name, "(ASCII)")) {
            uint8_t turned[64];
            for (size_t k = 0; k < it->raw_len; k++)
                turned[k] = it->raw[it->raw_len - 1 - k];
            say(out, "'%s'", it->text);
            if (with_bytes)
                say(out, " (bytes %s)", hex_print(turned, it->raw_len, hex, sizeof hex));
        } else {
            say(out, "%s%s", i ? ", " : "", it->text);
        }
    }
    if (c->count && c->items[0].role == DLT645_VALUE && *c->items[0].unit &&
        strcmp(c->items[0].unit, "times") != 0)
        say(out, " %s", c->items[0].unit);
}

static void say_request(char *out, const struct dlt645_frame *f, const struct dlt645_view *v,
                        const struct collected *c)
{
    unsigned digits = v->edition == DLT645_1997 ? 4 : 8;

    if (*v->malformed) {
        say(out, "%s with L=%u (malformed: %s); decoded bytes %s", v->service, f->length, v->malformed,
            c->items[0].text);
        return;
    }
    switch (f->control & DLT645_C_FN) {
    case DLT645_FN_READ:
    case DLT645_FN97_READ:
        say(out, "read DI %0*X = %s", digits, v->di, name_of(v));
        return;
    case DLT645_FN_NEXT:
        say(out, "read follow-on frame DI %08X SEQ=%lld", v->di,
            (long long)item_named(c, "SEQ")->value.mantissa);
        return;
    case DLT645_FN_TIME:
        say(out, "broadcast time %s", item_named(c, "time")->text);
        return;
    case DLT645_FN_BAUD:
        say(out, "change baud rate Z=%02XH = %s", item_named(c, "Z")->raw[0], item_named(c, "Z")->text);
        return;
    case DLT645_FN_WRITE:
        say(out, "write DI %08X (%s): PA=%s password P0P1P2=%s operator C0..C3=%s data %s (low byte first)",
            v->di, name_of(v), item_named(c, "PA")->text, item_named(c, "password")->text,
            item_named(c, "operator")->text, item_named(c, "data")->text);
        return;
    case DLT645_FN_CONTROL:
        say(out,
            "remote control: PA=%s password P0P1P2=%s operator C0..C3=%s N1=%02XH (%s) N2=%sH valid until "
            "YYMMDDhhmmss=%s",
            item_named(c, "PA")->text, item_named(c, "password")->text, item_named(c, "operator")->text,
            item_named(c, "N1")->raw[0], item_named(c, "N1")->text, item_named(c, "N2")->text,
            item_named(c, "valid until")->text);
        return;
    default:
        say(out, "%s", v->service);
        return;
    }
}

static void say_answer(char *out, const struct dlt645_frame *f, const struct dlt645_view *v,
                       const struct collected *c, bool with_bytes)
{
    if (v->abnormal) {
        say(out, "abnormal answer to C=%02XH: ERR=%02XH (%s)", v->fn, v->error_word, v->error_text);
        return;
    }
    switch (f->control & DLT645_C_FN) {
    case DLT645_FN_READ:
    case DLT645_FN97_READ:
        say(out, "read answer DI %0*X = %s%s: ", v->edition == DLT645_1997 ? 4 : 8, v->di, name_of(v),
            v->ext_di ? " (extension DI)" : "");
        say_values(out, v, c, with_bytes);
        return;
    case DLT645_FN_READ_ADDRESS:
        say(out, "read-address answer: address %s", item_named(c, "address")->text);
        return;
    case DLT645_FN_CONTROL:
        say(out, "remote control accepted");
        return;
    default:
        say(out, "%s", v->service);
        return;
    }
}

static void say_frame(char *out, const struct dlt645_frame *f, const struct dlt645_view *v,
                      const struct collected *c, bool with_bytes)
{
    char address[ADDR_TEXT];

    out[0] = '\0';
    if (dlt645_addr_broadcast(f->address))
        say(out, "addr broadcast 99..99; ");
    else if (dlt645_addr_wildcard(f->address))
        say(out, "addr wildcard AA..AA; ");
    else
        say(out, "addr %s; ", addr_print(f->address, address));
    if (v->from_meter)
        say_answer(out, f, v, c, with_bytes);
    else
        say_request(out, f, v, c);
}

/* Rows where our words rightly differ; the data bytes are compared all the same. */
static const struct {
    const char *id, *instead, *why;
} differ[] = {
    {"D645-S088", "addr 201000000012; read DI 00900200 = remaining amount",
     "the column adds \"(extension DI)\", which a request line of ours does not"},
    {"D645-S104",
     "addr 910004920760; read answer DI 00440000 = reactive energy quadrant IV phase C, current: 000019.65 "
     "kvarh",
     "0044ss is quadrant IV of phase C in part 2, section 1; the column calls it private"},
};

static void check_row(char *line)
{
    char *cell[6] = {line};
    uint8_t bytes[512];
    struct dlt645_frame f;
    struct dlt645_view view;
    struct collected c = {.count = 0};
    static char said[TEXT];

    for (int i = 1; i < 6; i++) {
        cell[i] = strchr(cell[i - 1], '\t');
        assert_non_null(cell[i]);
        *cell[i]++ = '\0';
    }
    char *note = strstr(cell[4], " [note:");
    if (note)
        *note = '\0';
    const char *expected = cell[4];
    for (size_t i = 0; i < sizeof differ / sizeof *differ; i++) {
        if (strcmp(differ[i].id, cell[0]) == 0) {
            assert_string_not_equal(expected, differ[i].instead);
            expected = differ[i].instead;
        }
    }

    int n = hex_parse(cell[2], bytes, sizeof bytes);
    assert_true(n > 0);
    assert_int_equal(dlt645_frame_decode(bytes, (size_t)n, &f), n);
    enum dlt645_edition edition = strcmp(cell[1], "1997") == 0 ? DLT645_1997 : DLT645_2007;
    int rc = dlt645_explain(&f, edition, &view, collect, &c);
    assert_int_equal(view.from_meter, strcmp(cell[3], "S2M") == 0);
    assert_int_equal(rc, *view.malformed ? CN_E_FORMAT : (int)c.count);
    say_frame(said, &f, &view, &c, strstr(expected, "(bytes ") != NULL);
    if (strcmp(said, expected) != 0)
        fail_msg("%s\n  said     %s\n  expected %s", cell[0], said, expected);

    /* without being told the edition the same is found, except where both editions share the service */
    struct dlt645_view guess;
    dlt645_explain(&f, DLT645_EDITION_UNKNOWN, &guess, NULL, NULL);
    assert_true(guess.both || guess.edition == edition);
    assert_int_equal(view.both, strcmp(cell[1], "1997/2007") == 0);
}

static void test_vectors(void **state)
{
    (void)state;
    static char line[TEXT];
    FILE *in = fopen(CN_SOURCE_DIR "/tests/vectors/dlt645-frames.tsv", "r");
    unsigned rows = 0;

    assert_non_null(in);
    assert_non_null(fgets(line, sizeof line, in));
    while (fgets(line, sizeof line, in)) {
        check_row(line);
        rows++;
    }
    fclose(in);
    assert_int_equal(rows, 110);
}

static void explain_hex(const char *hex, struct dlt645_view *v, struct collected *c, int expect)
{
    static struct dlt645_frame f; /* items point into it */
    uint8_t bytes[512];
    int n = hex_parse(hex, bytes, sizeof bytes);

    assert_true(n > 0);
    assert_int_equal(dlt645_frame_decode(bytes, (size_t)n, &f), n);
    c->count = 0;
    assert_int_equal(dlt645_explain(&f, DLT645_EDITION_UNKNOWN, v, collect, c), expect);
}

/* part 1, section 9: constructed block, power and demand answers */
static void test_block(void **state)
{
    (void)state;
    static const char *const values[] = {"001234.56", "000200.10", "000300.20", "000500.15", "000234.11"};
    struct dlt645_view v;
    struct collected c;

    explain_hex("68120000000000689118333234338967453343333533533336334833383344673533"
                "8516",
                &v, &c, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_string_equal(c.items[i].text, values[i]);
        assert_int_equal(c.items[i].quantity, Q_EP_IMP);
        assert_int_equal(c.items[i].tariff, i);
        assert_int_equal(c.items[i].period, PERIOD_NOW);
        assert_int_equal(c.items[i].di, 0x00010000u + i * 0x100);
        assert_string_equal(c.items[i].unit, "kWh");
    }
    assert_string_equal(c.items[2].name, "forward active energy, tariff 2, current");
    assert_int_equal(c.items[0].value.mantissa, 123456);
    assert_int_equal(c.items[0].value.exp10, -2);

    explain_hex("68120000000000689107333336357856B4CD16", &v, &c, 1);
    assert_string_equal(c.items[0].text, "-01.2345");
    assert_int_equal(c.items[0].quantity, Q_P);
    assert_int_equal(c.items[0].value.mantissa, -12345);

    explain_hex("6812000000000068910C3333343463663663474938"
                "57CE16",
                &v, &c, 2);
    assert_string_equal(c.items[0].text, "03.3330");
    assert_string_equal(c.items[0].part, "demand");
    assert_int_equal(c.items[0].quantity, Q_MD_IMP);
    assert_string_equal(c.items[1].text, "2024-05-16 14:30");
    assert_int_equal(c.items[1].quantity, Q_MD_IMP_TIME);
    assert_true(c.items[1].value.mantissa == 20240516143000);
}

/* part 1, section 10: a 1997 block closed by AA; 7.2: the end of a demand-clear record */
static void test_separator_and_follow_on(void **state)
{
    (void)state;
    struct dlt645_view v;
    struct collected c;

    explain_hex("68120000000000688117"
                "52C389674533433335335333363348333833446735"
                "33DD9A16",
                &v, &c, 6);
    assert_string_equal(c.items[4].text, "000234.11");
    assert_int_equal(c.items[5].role, DLT645_OPAQUE);
    assert_string_equal(c.items[5].text, "AA");

    explain_hex("6812000000000068920B3435633633333333333334E716", &v, &c, 2);
    assert_int_equal(v.di, 0x03300201);
    assert_string_equal(c.items[0].text, "000000000000");
    assert_int_equal(c.items[1].value.mantissa, 1);
}

static void explain_data_of(uint32_t di, const char *hex, struct dlt645_view *v, struct collected *c)
{
    static struct dlt645_frame f;
    int n;

    memset(&f, 0, sizeof f);
    f.control = DLT645_C_SLAVE | DLT645_FN_READ;
    dlt645_di_put(f.data, di);
    n = hex_parse(hex, f.data + 4, sizeof f.data - 4);
    assert_true(n >= 0);
    f.length = (uint8_t)(n + 4);
    c->count = 0;
    assert_true(dlt645_explain(&f, DLT645_2007, v, collect, c) >= 0);
}

/* part 1, section 8: the constructed load record with class 1 only */
static void test_load_record(void **state)
{
    (void)state;
    static const char record[] = "A0A01C000801052420232123222301000002000003000000"
                                 "50AAAAAAAAAAAAACE5";
    static const char *const texts[] = {"2024-05-01 08:00", "232.0",   "232.1",   "232.2",
                                        "000.001",          "000.002", "000.003", "50.00"};
    struct dlt645_view v;
    struct collected c;
    char broken[sizeof record];

    explain_data_of(0x06000002, record, &v, &c);
    assert_int_equal(c.count, 8);
    for (unsigned i = 0; i < 8; i++)
        assert_string_equal(c.items[i].text, texts[i]);
    assert_string_equal(c.items[4].part, "current 1");

    memcpy(broken, record, sizeof broken);
    broken[sizeof broken - 5] = '0'; /* CS AC -> 0C */
    explain_data_of(0x06000002, broken, &v, &c);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.items[0].role, DLT645_OPAQUE);
}

static void test_freezes_and_status(void **state)
{
    (void)state;
    struct dlt645_view v;
    struct collected c;

    explain_data_of(0x05060102, "7856341211000000", &v, &c);
    assert_int_equal(c.count, 2);
    assert_string_equal(c.items[0].name, "daily freeze forward active energy, 2 freeze(s) ago, total");
    assert_string_equal(c.items[0].text, "123456.78");
    assert_int_equal(c.items[1].tariff, 1);
    assert_int_equal(c.items[1].period, PERIOD_DAY);
    assert_int_equal(c.items[1].period_index, 2);

    explain_data_of(0x0504FF01, "00101705263412000078560000", &v, &c);
    assert_int_equal(c.count, 3);
    assert_int_equal(c.items[0].quantity, Q_CLOCK);
    assert_true(c.items[0].value.mantissa == 20260517100000);
    assert_int_equal(c.items[1].quantity, Q_EP_IMP);
    assert_int_equal(c.items[2].quantity, Q_EP_EXP);
    assert_int_equal(c.items[2].period, PERIOD_HOUR);
    assert_string_equal(c.items[2].text, "000056.78");

    explain_data_of(0x040005FF, "0000110022003300440055006600", &v, &c);
    assert_int_equal(c.count, 7);
    assert_int_equal(c.items[1].quantity, Q_STATUS_WORDS);
    assert_int_equal(c.items[1].tariff, 2);
    assert_int_equal(c.items[1].di, 0x04000502);
    assert_int_equal(c.items[1].value.mantissa, 0x11);

    /* phase B not wired: FF is "no value", not a number (part 1, section 4) */
    explain_data_of(0x0201FF00, "5622FFFFFFFF", &v, &c);
    assert_int_equal(c.count, 3);
    assert_string_equal(c.items[0].text, "225.6");
    assert_int_equal(c.items[0].quantity, Q_U_A);
    assert_int_equal(c.items[1].value.quality, VALUE_NONE);
    assert_int_equal(c.items[1].quantity, Q_U_B);
    assert_string_equal(c.items[1].text, "-");

    /* four voltages do not exist */
    explain_data_of(0x0201FF00, "5622562256225622", &v, &c);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.items[0].role, DLT645_OPAQUE);
}

/* 7.3, 7.5, 7.7, 7.8: constructed frames of the reference */
static void test_service_frames(void **state)
{
    (void)state;
    struct dlt645_view v;
    struct collected c;

    explain_hex("68120000000000"
                "68140F3534333737333333333333333363475116",
                &v, &c, 4);
    assert_int_equal(v.di, 0x04000102);
    assert_string_equal(item_named(&c, "PA")->text, "04");
    explain_hex("68120000000000"
                "68D40137EE16",
                &v, &c, 1);
    assert_true(v.abnormal);
    assert_int_equal(v.error_word, DLT645_ERR_AUTH);
    explain_hex("68AAAAAAAAAAAA"
                "681506453333333333"
                "2B16",
                &v, &c, 1);
    assert_string_equal(item_named(&c, "address")->text, "000000000012");
    explain_hex("68999999999999"
                "681604CCCCCCCC"
                "B016",
                &v, &c, 1);
    assert_string_equal(item_named(&c, "moment")->text, "99999999");
    explain_hex("68120000000000"
                "68170153"
                "4D16",
                &v, &c, 1);
    assert_int_equal(item_named(&c, "Z")->value.mantissa, 9600);
    explain_hex("68120000000000"
                "68D7013B"
                "F516",
                &v, &c, 1);
    assert_string_equal(v.error_text, "baud rate cannot be changed");
    /* a private function shows its bytes */
    struct dlt645_frame f = {.control = 0x1E, .length = 2, .data = {1, 2}};
    c.count = 0;
    assert_int_equal(dlt645_explain(&f, DLT645_EDITION_UNKNOWN, &v, collect, &c), CN_E_UNSUPPORTED);
    assert_int_equal(c.count, 1);
    assert_string_equal(c.items[0].text, "0102");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_separator_and_follow_on),
        cmocka_unit_test(test_load_record),
        cmocka_unit_test(test_freezes_and_status),
        cmocka_unit_test(test_service_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
