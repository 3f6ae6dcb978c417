#include "southbound/profile.h"

#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "southbound/driver.h"

enum { FILE_MAX = 65536, ANSWER_MAX = 300, EXPECT_MAX = 128, WHY = 160 };

/* One value that a test must give. */
struct expectation {
    int line;
    uint16_t quantity;
    uint8_t period, index, tariff;
    struct value value;
};

struct test {
    int line; /* of its section; 0 = no test open */
    size_t answer_len, then_len;
    uint8_t answer[ANSWER_MAX], then[ANSWER_MAX];
    unsigned expect_count;
    struct expectation expect[EXPECT_MAX];
};

struct parser {
    const char *path;
    const char *text;
    size_t len, pos;
    int line; /* line read last */
    char section[64];
    bool indented;      /* it continues the value before */
    unsigned keys_seen; /* bit n: row n of `keys` */
    struct profile *out;
    char *error;
    bool failed, finished;
    struct test test;
};

static bool fail_at(struct parser *p, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static bool fail_at(struct parser *p, int line, const char *fmt, ...)
{
    char why[WHY];
    va_list ap;

    if (p->failed)
        return false;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    snprintf(p->error, PROFILE_ERROR, "%.300s:%d: %s", p->path, line, why);
    p->failed = true;
    return false;
}

/* --- plain keys --- */

static bool put_number(struct parser *p, const char *key, const char *text, long low, long high, long *out)
{
    char *end;
    long v = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || v < low || v > high)
        return fail_at(p, p->line, "%s: \"%.40s\" is not a number %ld..%ld", key, text, low, high);
    *out = v;
    return true;
}

static bool put_title(struct parser *p, const char *text)
{
    snprintf(p->out->title, sizeof p->out->title, "%s", text);
    return true;
}

static bool put_framing(struct parser *p, const char *text)
{
    p->out->driver = driver_by_framing(text);
    return p->out->driver ? true : fail_at(p, p->line, "framing: \"%.40s\" is not known", text);
}

static bool put_parity(struct parser *p, const char *text)
{
    static const char *const names[] = {"even", "odd", "none"};

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            p->out->line.parity = "EON"[i];
            return true;
        }
    }
    return fail_at(p, p->line, "parity: \"%.40s\" is not even, odd or none", text);
}

enum target {
    TITLE,
    FRAMING,
    BAUD,
    DATA_BITS,
    PARITY,
    STOP_BITS,
    RESPONSE,
    SLOW_RESPONSE,
    BYTE,
    ATTEMPTS,
    WAKE
};

static const struct key {
    const char *section, *name;
    enum target target;
    long low, high;
} keys[] = {
    {"profile", "title", TITLE, 0, 0},
    {"profile", "framing", FRAMING, 0, 0},
    {"line", "baud", BAUD, 300, 115200},
    {"line", "data_bits", DATA_BITS, 5, 8},
    {"line", "parity", PARITY, 0, 0},
    {"line", "stop_bits", STOP_BITS, 1, 2},
    {"timing", "response_ms", RESPONSE, 50, 10000},
    {"timing", "slow_response_ms", SLOW_RESPONSE, 50, 10000},
    {"timing", "byte_ms", BYTE, 20, 2000},
    {"timing", "attempts", ATTEMPTS, 1, 5},
    {"framing", "wake_bytes", WAKE, 0, 16},
};
enum { KEYS = sizeof keys / sizeof *keys };

static bool put_key(struct parser *p, const struct key *k, const char *text)
{
    struct profile *out = p->out;
    long v = 0;

    if (k->high && !put_number(p, k->name, text, k->low, k->high, &v))
        return false;
    switch (k->target) {
    case TITLE:
        return put_title(p, text);
    case FRAMING:
        return put_framing(p, text);
    case BAUD:
        out->line.baud = (uint32_t)v;
        return true;
    case DATA_BITS:
        out->line.data_bits = (uint8_t)v;
        return true;
    case PARITY:
        return put_parity(p, text);
    case STOP_BITS:
        out->line.stop_bits = (uint8_t)v;
        return true;
    case RESPONSE:
        out->response_ms = (uint16_t)v;
        return true;
    case SLOW_RESPONSE:
        out->slow_response_ms = (uint16_t)v;
        return true;
    case BYTE:
        out->byte_ms = (uint16_t)v;
        return true;
    case ATTEMPTS:
        out->attempts = (uint8_t)v;
        return true;
    case WAKE:
        out->wake_bytes = (uint8_t)v;
        return true;
    }
    return false;
}

static bool on_plain_key(struct parser *p, const char *name, const char *value)
{
    bool section_known = false;

    for (unsigned i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].section, p->section) != 0)
            continue;
        section_known = true;
        if (strcmp(keys[i].name, name) != 0)
            continue;
        if (p->keys_seen >> i & 1)
            return fail_at(p, p->line, "%s stands here twice", name);
        p->keys_seen |= 1u << i;
        return put_key(p, &keys[i], value);
    }
    if (!section_known)
        return fail_at(p, p->line, "section [%.40s] is not known", p->section);
    return fail_at(p, p->line, "[%s] has no key \"%.40s\"", p->section, name);
}

/* --- items --- */

static int period_of(const char *word)
{
    static const char *const names[] = {
        [PERIOD_NOW] = "now", [PERIOD_DAY] = "day", [PERIOD_HOUR] = "hour", [PERIOD_MONTH] = "month"};

    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(word, names[i]) == 0)
            return i;
    }
    return CN_E_NOTFOUND;
}

/* "QUANTITY PERIOD" and, in tests, "[N] [tT]". @return 0 or false with the reason told. */
static bool parse_want(struct parser *p, const char *key, bool test, struct expectation *e)
{
    char words[4][48];
    int n = sscanf(key, "%47s %47s %47s %47s", words[0], words[1], words[2], words[3]);
    const struct quantity_info *q = n >= 1 ? quantity_by_name(words[0]) : NULL;
    int period = n >= 2 ? period_of(words[1]) : CN_E_NOTFOUND;

    if (!q)
        return fail_at(p, p->line, "\"%.60s\": no such quantity", key);
    if (period < 0)
        return fail_at(p, p->line, "\"%.60s\": the period is not now, day, hour or month", key);
    *e = (struct expectation){.line = p->line, .quantity = q->number, .period = (uint8_t)period};
    for (int i = 2; i < n; i++) {
        bool tariff = words[i][0] == 't';
        long v;
        if (!test || !put_number(p, key, words[i] + tariff, 0, tariff ? 63 : 254, &v))
            return fail_at(p, p->line, "\"%.60s\": too many words", key);
        if (tariff)
            e->tariff = (uint8_t)v;
        else
            e->index = (uint8_t)v;
    }
    return true;
}

static bool on_item(struct parser *p, const char *name, const char *value)
{
    struct profile *out = p->out;
    struct expectation e;
    char why[WHY] = "";

    if (!out->driver)
        return fail_at(p, p->line, "framing must stand before [items]");
    if (!parse_want(p, name, false, &e))
        return false;
    if (profile_item(out, e.quantity, e.period))
        return fail_at(p, p->line, "%.60s stands here twice", name);
    if (out->item_count == PROFILE_ITEMS_MAX)
        return fail_at(p, p->line, "more than %d items", PROFILE_ITEMS_MAX);
    struct profile_item *item = &out->items[out->item_count];
    *item = (struct profile_item){.quantity = e.quantity, .period = e.period};
    if (out->driver->parse_item(value, item, why, sizeof why) < 0)
        return fail_at(p, p->line, "%s", why);
    out->item_count++;
    return true;
}

/* --- tests --- */

static const struct reading *find_reading(const struct reading *r, int n, const struct expectation *e)
{
    for (int i = 0; i < n; i++) {
        if (r[i].tariff == e->tariff)
            return &r[i];
    }
    return NULL;
}

static bool check_expectation(struct parser *p, const struct expectation *e)
{
    const struct profile_item *item = profile_item(p->out, e->quantity, e->period);
    const struct test *t = &p->test;
    struct reading r[READINGS_MAX];
    char want[32], got[32];
    unsigned index = 0;

    if (!item)
        return fail_at(p, e->line, "the test asks for an item that [items] does not have");
    int n = p->out->driver->replay(item, t->answer, t->answer_len, t->then, t->then_len, &index, r);
    if (n == CN_E_NOTFOUND)
        return fail_at(p, e->line, "the answer is not for this item");
    if (n < 0)
        return fail_at(p, t->line, "the captured answer is refused: %s", cn_err_text(n));
    if (index != e->index)
        return fail_at(p, e->line, "the answer is for period %u", index);
    const struct reading *found = find_reading(r, n, e);
    if (!found)
        return fail_at(p, e->line, "the answer has no tariff %u", e->tariff);
    bool same = found->value.mantissa == e->value.mantissa && found->value.exp10 == e->value.exp10 &&
                found->value.quality == e->value.quality;
    if (!same)
        return fail_at(p, e->line, "the answer decodes to %s, not %s",
                       value_print(found->value, got, sizeof got), value_print(e->value, want, sizeof want));
    return true;
}

static bool close_test(struct parser *p)
{
    struct test *t = &p->test;
    char why[WHY] = "";

    if (t->line == 0)
        return true;
    if (!p->out->driver)
        return fail_at(p, t->line, "framing must stand before the tests");
    if (t->answer_len == 0 || t->expect_count == 0)
        return fail_at(p, t->line, "a test needs an answer and at least one value");
    /* blocks are numbered and measured over all items, so the items must be complete before the first test */
    if (p->out->driver->finish(p->out, why, sizeof why) < 0)
        return fail_at(p, t->line, "%s", why);
    for (unsigned i = 0; i < t->expect_count; i++) {
        if (!check_expectation(p, &t->expect[i]))
            return false;
    }
    p->out->test_count++;
    *t = (struct test){.line = 0};
    return true;
}

static bool put_answer(struct parser *p, const char *name, const char *value, uint8_t *bytes, size_t *len)
{
    if (*len > 0 && !p->indented)
        return fail_at(p, p->line, "%s stands here twice", name);
    int n = hex_parse(value, bytes + *len, ANSWER_MAX - *len);
    if (n < 0)
        return fail_at(p, p->line, "%s: %s", name, n == CN_E_NOSPACE ? "too long" : "not hex bytes");
    *len += (size_t)n;
    return true;
}

static bool on_test(struct parser *p, const char *name, const char *value)
{
    struct test *t = &p->test;

    if (strcmp(name, "answer") == 0)
        return put_answer(p, name, value, t->answer, &t->answer_len);
    if (strcmp(name, "then") == 0)
        return put_answer(p, name, value, t->then, &t->then_len);
    if (t->expect_count == EXPECT_MAX)
        return fail_at(p, p->line, "more than %d values in a test", EXPECT_MAX);
    struct expectation *e = &t->expect[t->expect_count];
    if (!parse_want(p, name, true, e))
        return false;
    if (value_parse(value, &e->value) < 0)
        return fail_at(p, p->line, "\"%.40s\" is no decimal number", value);
    t->expect_count++;
    return true;
}

/* --- the file --- */

static bool is_test(const char *section)
{
    return strncmp(section, "test", 4) == 0 && (section[4] == ' ' || section[4] == '\0');
}

/* inih's line source. It counts lines, since its callback is not told, and refuses what inih would cut. */
static char *read_line(char *buf, int cap, void *stream)
{
    struct parser *p = stream;
    const char *start = p->text + p->pos;
    size_t left = p->len - p->pos;

    if (left == 0 || p->failed)
        return NULL;
    const char *end = memchr(start, '\n', left);
    size_t n = end ? (size_t)(end - start) : left;
    p->line++;
    if (n + 2 > (size_t)cap) {
        fail_at(p, p->line, "the line is longer than %d characters", cap - 2);
        return NULL;
    }
    if (memchr(start, '\0', n)) {
        fail_at(p, p->line, "the line holds a NUL byte");
        return NULL;
    }
    memcpy(buf, start, n);
    buf[n] = '\n';
    buf[n + 1] = '\0';
    p->pos += n + (end != NULL);
    p->indented = buf[0] == ' ' || buf[0] == '\t';
    if (p->indented && buf[strspn(buf, " \t")] == '[') {
        fail_at(p, p->line, "a section starts at the beginning of its line");
        return NULL;
    }
    /* inih does not tell where a section starts: a test ends there, and may do so without any key */
    if (buf[0] == '[') {
        if (!close_test(p))
            return NULL;
        if (strncmp(buf, "[test", 5) == 0)
            p->test.line = p->line;
    }
    return buf;
}

static int on_pair(void *user, const char *section, const char *name, const char *value)
{
    struct parser *p = user;

    if (p->failed)
        return 0;
    snprintf(p->section, sizeof p->section, "%s", section);
    if (is_test(section)) {
        if (p->test.line == 0)
            p->test.line = p->line; /* its header was hidden behind a byte order mark */
        return on_test(p, name, value);
    }
    if (strcmp(section, "items") == 0)
        return on_item(p, name, value);
    return on_plain_key(p, name, value);
}

static bool check_complete(struct parser *p)
{
    for (unsigned i = 0; i < KEYS; i++) {
        if (!(p->keys_seen >> i & 1))
            return fail_at(p, p->line, "[%s] %s is missing", keys[i].section, keys[i].name);
    }
    if (p->out->item_count == 0)
        return fail_at(p, p->line, "there are no items");
    if (p->out->test_count == 0)
        return fail_at(p, p->line, "there is no test: a profile proves itself with captured frames");
    return true;
}

static void name_from_path(const char *path, char out[BUS_PROFILE_LEN])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t n = strlen(base);
    static const char suffix[] = ".profile";

    if (n > sizeof suffix - 1 && strcmp(base + n - (sizeof suffix - 1), suffix) == 0)
        n -= sizeof suffix - 1;
    snprintf(out, BUS_PROFILE_LEN, "%.*s", (int)n, base);
}

int profile_parse(const char *path, const char *text, size_t len, struct profile *out,
                  char error[PROFILE_ERROR])
{
    struct parser *p = calloc(1, sizeof *p);

    error[0] = '\0';
    if (!p) {
        snprintf(error, PROFILE_ERROR, "%.300s:1: out of memory", path);
        return CN_E_CONFIG;
    }
    *out = (struct profile){.name = ""};
    name_from_path(path, out->name);
    p->path = path;
    p->text = text;
    p->len = len;
    p->out = out;
    p->error = error;
    int rc = ini_parse_stream(read_line, p, on_pair, p);
    if (!p->failed && rc != 0)
        fail_at(p, rc > 0 ? rc : p->line, "neither [section] nor key = value");
    if (!p->failed && close_test(p))
        (void)check_complete(p);
    bool failed = p->failed;
    free(p);
    return failed ? CN_E_CONFIG : 0;
}

int profile_load(const char *path, struct profile *out, char error[PROFILE_ERROR])
{
    FILE *in = fopen(path, "rb");
    char *text = in ? malloc(FILE_MAX + 1) : NULL;
    int rc = CN_E_IO;

    snprintf(error, PROFILE_ERROR, "%.300s:1: cannot be read", path);
    if (text) {
        size_t n = fread(text, 1, FILE_MAX + 1, in);
        if (n > FILE_MAX)
            snprintf(error, PROFILE_ERROR, "%.300s:1: larger than %d bytes", path, FILE_MAX);
        else if (!ferror(in))
            rc = profile_parse(path, text, n, out, error);
    }
    free(text);
    if (in)
        fclose(in);
    return rc;
}

const struct profile_item *profile_item(const struct profile *p, unsigned quantity, unsigned period)
{
    for (unsigned i = 0; i < p->item_count; i++) {
        if (p->items[i].quantity == quantity && p->items[i].period == period)
            return &p->items[i];
    }
    return NULL;
}
