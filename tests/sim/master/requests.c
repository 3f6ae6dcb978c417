#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "hmi/ctl/explain_text.h"
#include "tests/sim/master/commands.h"

/* The commands that ask a terminal something. */

enum {
    DATA_MAX = 8192,
    CLOCK_SET_FN = 31,
    CLOCK_FN = 2,
    EVENT_COUNTERS_FN = 7,
    F10 = 10,
    EVENT_RING_LEN = 256
};

/* ---- what came back ---- */

static int result_of(struct ms_run *run)
{
    const struct ms_exchange *x = &run->st->exchange;

    fprintf(run->out, "%s", ms_result_name(x->result));
    if (x->frames)
        fprintf(run->out, ", %u frame%s", x->frames, x->frames == 1 ? "" : "s");
    if (run->st->answered_us > run->st->sent_us && x->frames)
        fprintf(run->out, ", last one after %.1f ms",
                (double)(run->st->answered_us - run->st->sent_us) / 1000.0);
    if (x->repeats)
        fprintf(run->out, ", %u repeats", x->repeats);
    if (x->gaps)
        fprintf(run->out, ", %u gaps", x->gaps);
    fputc('\n', run->out);
    if (x->tp_wrong)
        return ms_fail(run, CN_E_FRAME, "%u frames did not carry the Tp of the request", x->tp_wrong);
    switch (x->result) {
    case MS_DATA:
        if (run->st->answers.err)
            return ms_fail(run, run->st->answers.err, "an answer cannot be parsed: %s",
                           cn_err_text(run->st->answers.err));
        if (x->denied)
            fprintf(run->out, "  %u of the requests were denied\n", x->denied);
        return 0;
    case MS_CONFIRMED:
        return 0;
    case MS_TIMEOUT:
        return ms_fail(run, CN_E_TIMEOUT, "the terminal does not answer");
    case MS_GONE:
        return ms_fail(run, CN_E_GONE, "the terminal is gone");
    default:
        return ms_fail(run, CN_E_DENIED, "the terminal %s",
                       x->result == MS_DENIED ? "denied" : "denied a part");
    }
}

static int finish_print(struct ms_run *run)
{
    int err = result_of(run);

    if (run->st->answers.count && !run->st->json)
        ms_answers_print(&run->st->answers, run->out);
    return err;
}

/* ---- words ---- */

/* Take word i if it is a list of numbers behind this letter. */
static bool take_numbers(struct ms_run *run, size_t *i, char letter, struct ms_numbers *out)
{
    if (*i >= run->n || tolower((unsigned char)run->words[*i][0]) != letter ||
        !isdigit((unsigned char)run->words[*i][1]))
        return false;
    if (ms_numbers_parse(run->words[*i], letter, out) < 0)
        return false;
    ++*i;
    return true;
}

static bool take_word(struct ms_run *run, size_t *i, const char *word)
{
    if (*i >= run->n || strcmp(run->words[*i], word) != 0)
        return false;
    ++*i;
    return true;
}

/* The rest of the words as hex. @return bytes, CN_E_FORMAT, CN_E_NOSPACE */
static int take_hex(struct ms_run *run, size_t from, uint8_t *out, size_t cap)
{
    size_t n = 0;

    for (size_t i = from; i < run->n; i++) {
        int got = hex_parse(run->words[i], out + n, cap - n);
        if (got < 0)
            return got;
        n += (size_t)got;
    }
    return (int)n;
}

static bool take_afn(struct ms_run *run, size_t *i, unsigned *afn)
{
    char *end;

    if (*i >= run->n)
        return false;
    unsigned long v = strtoul(run->words[*i], &end, 16);
    if (*end || end == run->words[*i] || v > 0xFF)
        return false;
    *afn = (unsigned)v;
    ++*i;
    return true;
}

static int start_plan(struct ms_run *run)
{
    ms_plan_init(&run->st->plan, run->st->opt.max_l1);
    return 0;
}

static int plan_failed(struct ms_run *run, int err)
{
    switch (err) {
    case CN_E_NOTFOUND:
        return ms_fail(run, err, "there is no such item");
    case CN_E_FORMAT:
        return ms_fail(run, err, "the item does not go with this time or these keys");
    default:
        return ms_fail(run, err, "%s", cn_err_text(err));
    }
}

/* Points of an item that was given without: p0 for the terminal's own. */
static int default_points(struct ms_run *run, unsigned afn, const struct ms_numbers *fns,
                          struct ms_numbers *pns)
{
    struct gdw_item item;

    if (pns->count)
        return 0;
    if (gdw_item_find(afn, fns->n[0], &item) == 0 && item.pn_kind != PN_ZERO)
        return ms_fail(run, CN_E_FORMAT, "F%u is an item of a %s: of which? (p1..p8)", fns->n[0],
                       gdw_pn_kind_name(item.pn_kind));
    pns->n[pns->count++] = 0;
    return 0;
}

/* ---- get ---- */

static int finish_get(struct ms_run *run)
{
    int err = finish_print(run);
    size_t got = run->st->answers.count;

    if (err == 0 && got < run->target) {
        fprintf(run->out, "  %zu of %u items were left out by the terminal\n", run->target - got,
                run->target);
        if (run->stage)
            return ms_fail(run, CN_E_NOTFOUND, "not all items came");
    }
    return err;
}

static int take_mark(struct ms_run *run, size_t *i, struct ms_mark *mark)
{
    static const struct {
        const char *word;
        uint8_t kind;
    } words[] = {{"day", GDW_MARK_DAY}, {"month", GDW_MARK_MONTH}, {"curve", GDW_MARK_CURVE}};

    for (size_t k = 0; k < 3; k++) {
        if (!take_word(run, i, words[k].word))
            continue;
        mark->kind = words[k].kind;
        mark->density = 3;
        mark->points = 24;
        if (take_word(run, i, "yesterday")) {
            struct civil now = ms_station_local(run->st);
            mark->time = civil_from_s(civil_to_s(&now) - 86400);
        } else {
            int used = ms_time_parse(run->words + *i, run->n - *i, &mark->time);
            if (used < 0)
                return ms_fail(run, used, "a time is YYYY-MM-DD hh:mm");
            *i += (size_t)used;
        }
        for (; *i < run->n && mark->kind == GDW_MARK_CURVE; ++*i) {
            unsigned v;
            if (sscanf(run->words[*i], "m=%u", &v) == 1 && v < 256)
                mark->density = (uint8_t)v;
            else if (sscanf(run->words[*i], "n=%u", &v) == 1 && v < 256)
                mark->points = (uint8_t)v;
            else
                break;
        }
    }
    return 0;
}

static int command_get(struct ms_run *run)
{
    struct ms_numbers fns = {0}, pns = {0};
    struct ms_mark mark = {.kind = GDW_MARK_NONE};
    unsigned afn;
    size_t i = 1;

    if (!take_afn(run, &i, &afn) || !take_numbers(run, &i, 'f', &fns))
        return ms_fail(run, CN_E_FORMAT,
                       "get AFN F1[,F2..] [p1..p8] [day DATE | month MONTH | curve TIME m=3 n=24] [all]");
    while (take_numbers(run, &i, 'f', &fns))
        ;
    while (take_numbers(run, &i, 'p', &pns))
        ;
    int err = default_points(run, afn, &fns, &pns);
    if (err == 0)
        err = take_mark(run, &i, &mark);
    if (err < 0)
        return err;
    run->stage = take_word(run, &i, "all");
    if (i < run->n)
        return ms_fail(run, CN_E_FORMAT, "what is \"%s\"?", run->words[i]);
    start_plan(run);
    err = ms_compose_read(&run->st->plan, afn, &fns, &pns, &mark);
    if (err < 0)
        return plan_failed(run, err);
    run->target = fns.count * pns.count;
    return ms_exchange_run(run, finish_get);
}

/* ---- archive and query ---- */

static int load_archive(struct ms_run *run, const char *path, struct ms_archive *a)
{
    char why[200] = "";
    FILE *f = fopen(path, "r");

    if (!f)
        return ms_fail(run, CN_E_IO, "%s: %s", path, strerror(errno));
    int n = ms_archive_read(f, a, why, sizeof why);
    fclose(f);
    return n < 0 ? ms_fail(run, n, "%s: %s", path, why) : n;
}

static int finish_archive(struct ms_run *run)
{
    int err = finish_print(run);

    if (err == 0)
        fprintf(run->out, "  %u meters archived in %u frames\n", run->target, run->st->plan.count);
    return err;
}

static int command_archive(struct ms_run *run)
{
    if (run->n != 2)
        return ms_fail(run, CN_E_FORMAT, "archive FILE.csv");
    struct ms_archive *a = calloc(1, sizeof *a);
    int n = a ? load_archive(run, run->words[1], a) : CN_E_NOMEM;
    int err = n < 0 ? n : start_plan(run);
    if (err == 0)
        err = ms_compose_archive(&run->st->plan, a->entry[0], a->count);
    free(a);
    if (n < 0)
        return n;
    if (err < 0)
        return plan_failed(run, err);
    run->target = (unsigned)n;
    return ms_exchange_run(run, finish_archive);
}

struct comparison {
    struct ms_run *run;
    const struct ms_archive *archive;
    unsigned same, different;
};

static int compare_entry(void *ctx, unsigned key, const uint8_t *entry, size_t len)
{
    struct comparison *c = ctx;
    const uint8_t *wanted = ms_archive_find(c->archive, key);

    if (wanted && len == F10_ENTRY && memcmp(wanted, entry, len) == 0) {
        c->same++;
        return 0;
    }
    char a[2 * F10_ENTRY + 1], b[2 * F10_ENTRY + 1];
    fprintf(c->run->out, "  %u is %s, the file has %s\n", key, hex_print(entry, len, a, sizeof a),
            wanted ? hex_print(wanted, F10_ENTRY, b, sizeof b) : "nothing");
    c->different++;
    return 0;
}

/* The file name is the last word, behind "compare". */
static int finish_compare(struct ms_run *run)
{
    struct comparison c = {.run = run};
    int err = result_of(run);
    struct ms_archive *a = err == 0 ? calloc(1, sizeof *a) : NULL;

    if (!a)
        return err < 0 ? err : CN_E_NOMEM;
    c.archive = a;
    err = load_archive(run, run->words[run->n - 1], a);
    if (err >= 0)
        err = ms_answers_entries(&run->st->answers, F10, compare_entry, &c);
    free(a);
    if (err < 0)
        return err;
    fprintf(run->out, "  %u entries are the same byte for byte, %u differ, %d of %u asked are missing\n",
            c.same, c.different, (int)run->target - (int)(c.same + c.different), run->target);
    return c.different || c.same != run->target
               ? ms_fail(run, CN_E_FORMAT, "the terminal's archive is not that of the file")
               : 0;
}

static int command_query(struct ms_run *run)
{
    static const struct ms_mark none = {.kind = GDW_MARK_NONE};
    struct ms_numbers fns = {0}, pns = {0}, keys = {0};
    size_t i = 1;
    int err;

    if (!take_numbers(run, &i, 'f', &fns))
        return ms_fail(run, CN_E_FORMAT, "query F1[,F3..] [p1..p8] | query F10 1..192 [compare FILE.csv]");
    while (take_numbers(run, &i, 'f', &fns))
        ;
    while (take_numbers(run, &i, 'p', &pns))
        ;
    while (i < run->n && isdigit((unsigned char)run->words[i][0]) &&
           ms_numbers_parse(run->words[i], 0, &keys) >= 0)
        i++;
    bool compare = take_word(run, &i, "compare") && i + 1 == run->n;
    if (i + compare != run->n)
        return ms_fail(run, CN_E_FORMAT, "what is \"%s\"?", run->words[i]);
    start_plan(run);
    if (keys.count) {
        err = ms_compose_keys(&run->st->plan, fns.n[0], &keys);
    } else {
        err = default_points(run, GDW_AFN_QUERY, &fns, &pns);
        if (err < 0)
            return err;
        err = ms_compose_read(&run->st->plan, GDW_AFN_QUERY, &fns, &pns, &none);
    }
    if (err < 0)
        return plan_failed(run, err);
    run->target = keys.count ? keys.count : fns.count * pns.count;
    return ms_exchange_run(run, compare ? finish_compare : finish_print);
}

/* ---- set, control, reset ---- */

static int send_unit(struct ms_run *run, unsigned afn)
{
    struct ms_numbers fns = {0}, pns = {0};
    uint8_t data[DATA_MAX];
    const char *failed = NULL;
    size_t i = 1;
    int n;

    if (!take_numbers(run, &i, 'f', &fns) || fns.count != 1)
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    while (take_numbers(run, &i, 'p', &pns))
        ;
    n = default_points(run, afn, &fns, &pns);
    if (n < 0)
        return n;
    if (i < run->n && strchr(run->words[i], '=')) {
        struct wbuf w = wbuf_of(data, sizeof data);
        n = ms_compose_fields(afn, fns.n[0], run->words + i, run->n - i, &w, &failed);
        if (n < 0 && failed)
            return ms_fail(run, n, "field %s: %s", failed, n == CN_E_STATE ? "is missing" : cn_err_text(n));
    } else {
        n = take_hex(run, i, data, sizeof data);
    }
    if (n < 0)
        return plan_failed(run, n);
    start_plan(run);
    for (unsigned k = 0; k < pns.count; k++) {
        int err = ms_plan_unit(&run->st->plan, afn, gdw_dadt_of(pns.n[k], fns.n[0]), data, (size_t)n);
        if (err < 0)
            return plan_failed(run, err);
    }
    return ms_exchange_run(run, finish_print);
}

static int command_set(struct ms_run *run)
{
    return send_unit(run, GDW_AFN_SET);
}

static int command_control(struct ms_run *run)
{
    return send_unit(run, GDW_AFN_CONTROL);
}

static int command_reset(struct ms_run *run)
{
    return send_unit(run, GDW_AFN_RESET);
}

/* ---- clock ---- */

static int finish_clock(struct ms_run *run)
{
    char shown[80];
    struct civil terminal, here = ms_station_local(run->st);
    int err = result_of(run);

    if (err < 0)
        return err;
    if (ms_answers_field(&run->st->answers, 0, CLOCK_FN, "clock", shown, sizeof shown) < 0)
        return ms_fail(run, CN_E_NOTFOUND, "the answer has no clock");
    char *words[] = {shown, strchr(shown, ' ')};
    if (words[1])
        *words[1]++ = '\0';
    if (ms_time_parse(words, words[1] ? 2 : 1, &terminal) < 0)
        return ms_fail(run, CN_E_FORMAT, "the terminal has no valid clock: %s", shown);
    fprintf(run->out, "  %s %s, %+lld s against the master\n", shown, words[1] ? words[1] : "",
            (long long)(civil_to_s(&terminal) - civil_to_s(&here)));
    return 0;
}

static int command_clock(struct ms_run *run)
{
    struct lay_val v = {.kind = LAYV_TIME, .time = ms_station_local(run->st)};
    uint8_t raw[8];

    start_plan(run);
    if (run->n == 1) {
        ms_plan_unit(&run->st->plan, GDW_AFN_CLASS1, gdw_dadt_of(0, CLOCK_FN), NULL, 0);
        return ms_exchange_run(run, finish_clock);
    }
    if (run->n < 3 || strcmp(run->words[1], "set") != 0)
        return ms_fail(run, CN_E_FORMAT, "clock [set now|YYYY-MM-DD hh:mm:ss]");
    if (strcmp(run->words[2], "now") != 0) {
        if (ms_time_parse(run->words + 2, run->n - 2, &v.time) < 0)
            return ms_fail(run, CN_E_FORMAT, "a time is YYYY-MM-DD hh:mm:ss");
        v.time = civil_from_s(civil_to_s(&v.time)); /* with its weekday */
    }
    if (fmt_encode(1, &v, raw) < 0)
        return ms_fail(run, CN_E_RANGE, "the time does not fit the format");
    ms_plan_unit(&run->st->plan, GDW_AFN_CONTROL, gdw_dadt_of(0, CLOCK_SET_FN), raw, (size_t)fmt_size(1));
    return ms_exchange_run(run, finish_print);
}

/* ---- events ---- */

static int ask_events(struct ms_run *run, unsigned fn, unsigned from, unsigned to)
{
    const uint8_t range[] = {(uint8_t)from, (uint8_t)to};

    start_plan(run);
    ms_plan_unit(&run->st->plan, GDW_AFN_EVENTS, gdw_dadt_of(0, fn), range, sizeof range);
    return ms_exchange_run(run, finish_print);
}

/* All that the ring can hold: from behind the counter around to it. */
static int finish_counters(struct ms_run *run)
{
    char text[40];
    const char *name = run->target == 1 ? "EC1" : "EC2";

    if (run->st->exchange.result != MS_DATA ||
        ms_answers_field(&run->st->answers, 0, EVENT_COUNTERS_FN, name, text, sizeof text) < 0)
        return result_of(run) < 0
                   ? CN_E_DENIED
                   : ms_fail(run, CN_E_NOTFOUND, "the terminal did not tell its event counters");
    unsigned ec = (unsigned)strtoul(text, NULL, 10);
    fprintf(run->out, "%s = %u\n", name, ec);
    return ask_events(run, run->target, (ec + 1) % EVENT_RING_LEN, ec);
}

static int command_events(struct ms_run *run)
{
    bool important = run->n > 1 && strcmp(run->words[1], "important") == 0;

    if (run->n < 2 || (!important && strcmp(run->words[1], "general") != 0) || (run->n != 2 && run->n != 4))
        return ms_fail(run, CN_E_FORMAT, "events important|general [FROM TO]");
    run->target = important ? 1 : 2;
    if (run->n == 4)
        return ask_events(run, run->target, (unsigned)strtoul(run->words[2], NULL, 10),
                          (unsigned)strtoul(run->words[3], NULL, 10));
    start_plan(run);
    ms_plan_unit(&run->st->plan, GDW_AFN_CLASS1, gdw_dadt_of(0, EVENT_COUNTERS_FN), NULL, 0);
    return ms_exchange_run(run, finish_counters);
}

/* ---- forwarding, raw ---- */

static int finish_forward(struct ms_run *run)
{
    const struct gdw_unit *u = ms_answers_find(&run->st->answers, 1, 0);
    int err = finish_print(run);
    char words[400];

    if (err == 0 && u && u->afn == GDW_AFN_FORWARD && u->len > 3)
        fprintf(run->out, "  the device said: %s\n",
                explain_line(u->data + 3, u->len - 3u, words, sizeof words));
    return err;
}

static int command_forward(struct ms_run *run)
{
    static const unsigned rates[] = {300, 600, 1200, 2400, 4800, 7200, 9600, 19200};
    unsigned port = 0, baud = 2400, wait_s = 5, gap = 50, code = 0;
    char parity = 'E';
    size_t i = 2;
    uint8_t data[DATA_MAX], bytes[DATA_MAX];
    struct wbuf w = wbuf_of(data, sizeof data);

    if (run->n < 3 || sscanf(run->words[1], "%u", &port) != 1 || port > 31)
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    for (; i < run->n && strchr(run->words[i], '='); i++) {
        if (sscanf(run->words[i], "baud=%u", &baud) != 1 &&
            sscanf(run->words[i], "parity=%c", &parity) != 1 &&
            sscanf(run->words[i], "wait=%u", &wait_s) != 1 && sscanf(run->words[i], "gap=%u", &gap) != 1)
            return ms_fail(run, CN_E_FORMAT, "what is \"%s\"?", run->words[i]);
    }
    while (code < 8 && rates[code] != baud)
        code++;
    int n = take_hex(run, i, bytes, sizeof bytes);
    if (n <= 0 || code == 8 || !strchr("NEO", parity) || wait_s > 127 || gap > 255)
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    wbuf_u8(&w, (uint8_t)port);
    wbuf_u8(&w, (uint8_t)(code << 5 | (parity == 'N' ? 0u : 8u) | (parity == 'O' ? 4u : 0u) | 3u));
    wbuf_u8(&w, (uint8_t)(0x80 | wait_s));
    wbuf_u8(&w, (uint8_t)gap); /* between bytes, 10 ms */
    wbuf_u16(&w, (uint16_t)n);
    wbuf_bytes(&w, bytes, (size_t)n);
    start_plan(run);
    int err = w.err ? w.err : ms_plan_unit(&run->st->plan, GDW_AFN_FORWARD, gdw_dadt_of(0, 1), data, w.len);
    if (err < 0)
        return plan_failed(run, err);
    err = ms_exchange_run(run, finish_forward);
    run->st->exchange.more_ms = wait_s * 1000;
    return err;
}

static int command_ask(struct ms_run *run)
{
    uint8_t data[DATA_MAX];
    unsigned afn;
    size_t i = 1;
    int n;

    if (!take_afn(run, &i, &afn) || (n = take_hex(run, i, data, sizeof data)) < 0)
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    start_plan(run);
    int err = ms_plan_raw(&run->st->plan, afn, data, (size_t)n);
    return err < 0 ? plan_failed(run, err) : ms_exchange_run(run, finish_print);
}

static int command_raw(struct ms_run *run)
{
    uint8_t data[GDW_FRAME_MAX];
    struct ms_terminal *t = ms_station_partner(run->st);
    int n = take_hex(run, 1, data, sizeof data);

    if (n <= 0)
        return ms_fail(run, CN_E_FORMAT, "%s", run->command->usage);
    if (!t)
        return ms_fail(run, CN_E_GONE, "no terminal is connected");
    ms_station_send(run->st, t->link, data, (size_t)n);
    return 0;
}

static const struct ms_command rows[] = {
    {"archive", "archive FILE.csv", "set the meters of the file (AFN 04 F10, as many frames as needed)",
     command_archive},
    {"query", "query F1[,F3..] [p1..p8] | query F10 1..192 [compare FILE.csv]",
     "query parameters (AFN 0A); list parameters by their keys; F10 compared with a file byte for byte",
     command_query},
    {"set", "set Fn [p1..] HEX | set Fn [p1..] name=value ...",
     "set a parameter (AFN 04); fields have the names that query prints, in lists name[0]=...; 0x for bits",
     command_set},
    {"get", "get AFN F1[,F2..] [p1..p192] [day DATE|yesterday | month YYYY-MM | curve TIME m=3 n=24] [all]",
     "read data (AFN 09, 0A, 0C, 0D); with \"all\" an item that is left out is a failure", command_get},
    {"clock", "clock [set now|YYYY-MM-DD hh:mm:ss]", "read the clock (0C F2) or set it (05 F31)",
     command_clock},
    {"events", "events important|general [FROM TO]",
     "read event records (AFN 0E), all or a range of the counter", command_events},
    {"control", "control Fn [p1..] [HEX | name=value ...]", "control command (AFN 05)", command_control},
    {"reset", "reset Fn", "reset (AFN 01)", command_reset},
    {"forward", "forward PORT [baud=2400] [parity=E] [wait=5] [gap=50] HEX",
     "send bytes on a port, print the reply (AFN 10 F1); wait: s for the first byte, gap: 10 ms between "
     "bytes",
     command_forward},
    {"ask", "ask AFN HEX", "any request: the data area in hex, PW and Tp are added", command_ask},
    {"raw", "raw HEX", "send bytes as they are, wait for nothing", command_raw},
};
const struct ms_command_table ms_commands_request = {rows, sizeof rows / sizeof rows[0]};
