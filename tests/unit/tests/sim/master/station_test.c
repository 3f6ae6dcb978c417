#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "tests/sim/master/commands.h"

enum { HEX = 2 * GDW_FRAME_MAX + 1, SENT = 64 };

struct bench {
    struct ms_station *st;
    struct ms_link link;
    int64_t now, utc;
    char sent[SENT][HEX / 8];
    unsigned sent_count;
    char text[20000];
    char notes[20000];
    unsigned good, bad, closed;
};

static void on_send(void *ctx, struct ms_link *link, const uint8_t *p, size_t n)
{
    struct bench *b = ctx;

    (void)link;
    hex_print(p, n, b->sent[b->sent_count++ % SENT], sizeof b->sent[0]);
}

static void on_close(void *ctx, struct ms_link *link)
{
    struct bench *b = ctx;

    (void)link;
    b->closed++;
}

static void on_answer(void *ctx, void *source, bool ok, const char *text)
{
    struct bench *b = ctx;

    (void)source;
    b->good += ok;
    b->bad += !ok;
    snprintf(b->text, sizeof b->text, "%s", text);
}

static void on_note(void *ctx, const char *text)
{
    struct bench *b = ctx;
    size_t n = strlen(b->notes);

    snprintf(b->notes + n, sizeof b->notes - n, "%s\n", text);
}

static struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    b->st = calloc(1, sizeof *b->st);
    assert_non_null(b->st);
    assert_int_equal(ms_station_init(b->st), 0);
    b->st->net =
        (struct ms_net){.ctx = b, .send = on_send, .close = on_close, .answer = on_answer, .note = on_note};
    b->st->opt.msa = 2;
    b->now = 1000;
    /* 2010-03-10 11:39:37 at +8, the moment of several vectors */
    struct civil c = {.year = 2010, .month = 3, .day = 10, .hour = 11, .minute = 39, .second = 37};
    b->utc = zone_to_utc(b->st->zone, &c) * 1000;
    ms_station_connected(b->st, &b->link, b->now, b->utc);
    return b;
}

static void bench_free(struct bench *b)
{
    ms_station_free(b->st);
    free(b->st);
    free(b);
}

static void hear(struct bench *b, const char *hex)
{
    uint8_t raw[GDW_FRAME_MAX];
    int n = hex_parse(hex, raw, sizeof raw);

    assert_true(n > 0);
    ms_station_received(b->st, &b->link, raw, (size_t)n, b->now, b->utc);
}

static void command(struct bench *b, const char *line)
{
    assert_int_equal(ms_station_submit(b->st, line, NULL, b->now, b->utc), 0);
}

static const char *last(const struct bench *b)
{
    return b->sent_count ? b->sent[(b->sent_count - 1) % SENT] : "";
}

/* A frame of the vectors by its number. */
static char *vector(const char *id)
{
    static const char path[] = CN_SOURCE_DIR "/tests/vectors/376.1-frames.tsv";
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    char *hex = NULL;

    assert_non_null(f);
    while (!hex && getline(&line, &cap, f) > 0) {
        char *save = NULL;
        char *first = strtok_r(line, "\t", &save);
        if (first && strcmp(first, id) == 0)
            hex = strdup(strtok_r(NULL, "\t", &save));
    }
    free(line);
    fclose(f);
    if (!hex)
        fail_msg("no vector %s", id);
    return hex;
}

static void hear_vector(struct bench *b, const char *id)
{
    char *hex = vector(id);

    hear(b, hex);
    free(hex);
}

static void expect_sent(struct bench *b, const char *id)
{
    char *hex = vector(id);

    if (strcmp(last(b), hex) != 0)
        fail_msg("%s: sent %s, wanted %s\n%s", id, last(b), hex, b->text);
    free(hex);
}

/* The terminal 3301-4660 of the G vectors has logged in. */
static struct bench *logged_in(void)
{
    struct bench *b = bench_new();

    hear_vector(b, "G06");
    assert_true(b->st->terminal[0].logged_in);
    b->sent_count = 0;
    b->notes[0] = '\0';
    return b;
}

/* ---- what terminals start ---- */

static void test_login(void **state)
{
    struct bench *b = bench_new();

    (void)state;
    command(b, "wait login 10");
    hear_vector(b, "S01");
    expect_sent(b, "S02");
    assert_int_equal(b->good, 1);
    assert_string_equal(b->notes, "login 4403-4\n");
    bench_free(b);
    b = bench_new();
    b->st->faults.confirm_by_f3 = true;
    hear_vector(b, "G06");
    expect_sent(b, "G07");
    /* heartbeat */
    hear_vector(b, "K02");
    assert_int_equal(b->st->heartbeats, 1);
    bench_free(b);
}

static void test_login_faults(void **state)
{
    struct bench *b = bench_new();

    (void)state;
    command(b, "fault no-login-confirm 2");
    hear_vector(b, "S01");
    hear_vector(b, "S01");
    assert_int_equal(b->sent_count, 0);
    hear_vector(b, "S01");
    expect_sent(b, "S02");
    command(b, "fault delay 500");
    hear_vector(b, "S01");
    assert_int_equal(b->sent_count, 1);
    assert_int_equal(ms_station_deadline(b->st), b->now + 500);
    b->now += 500;
    ms_station_tick(b->st, b->now, b->utc);
    assert_int_equal(b->sent_count, 2);
    command(b, "fault off");
    command(b, "fault never-confirm on");
    hear_vector(b, "S01");
    assert_int_equal(b->sent_count, 2);
    bench_free(b);
}

static void test_report(void **state)
{
    struct bench *b = logged_in();

    (void)state;
    hear_vector(b, "G44");
    expect_sent(b, "G45");
    assert_non_null(strstr(b->notes, "ERC = 1"));
    assert_int_equal(b->st->terminal[0].ec1, 6);
    assert_true(b->st->terminal[0].acd);
    command(b, "wait report ERC1 1");
    assert_int_equal(b->good, 1);
    /* the same again is confirmed again and counted once */
    hear_vector(b, "G44");
    assert_int_equal(b->sent_count, 2);
    assert_int_equal(b->st->reports, 1);
    assert_int_equal(b->st->repeats, 1);
    command(b, "wait report 1");
    b->now += 1000;
    ms_station_tick(b->st, b->now, b->utc);
    assert_int_equal(b->bad, 1);
    bench_free(b);
}

/* ---- requests are those of other masters, byte for byte ---- */

static void ask(const char *id, unsigned pfc, const char *line)
{
    struct bench *b = logged_in();

    b->st->terminal[0].pfc = (uint8_t)pfc;
    command(b, line);
    expect_sent(b, id);
    bench_free(b);
}

static void test_requests(void **state)
{
    (void)state;
    ask("G05", 1, "reset F1");
    ask("G08", 1, "set F1 rts=10 delay=20 wait=0x301E confirm=0x07 heartbeat=15");
    ask("G08", 1, "set F1 p0 0A14 1E30 07 0F");
    ask("G09", 2, "set F8 mode=0x11 redial=60 redial_count=5 idle=30 hours=0xFFFFFF");
    ask("G14", 7,
        "set F33 n=1 port[0]=31 control[0]=8 days[0]=1 read_at[0]=00:05 interval[0]=60 "
        "broadcast_at[0]=0,01:30 m[0]=2 "
        "from[0][0]=00:05 to[0][0]=06:00 from[0][1]=08:00 to[0][1]=23:59");
    ask("G20", 1, "clock set now");
    ask("G20", 1, "clock set 2010-03-10 11:39:37");
    ask("G22", 3, "control F25 04");
    ask("G23", 4, "control F29");
    ask("G26", 1, "query F10 1,7");
    ask("G32", 1, "get 09 F1");
    ask("G40", 1, "forward 2 wait=5 gap=10 68 01 00 00 00 00 00 68 11 04 33 33 34 33 B3 16");
}

/* K04 .. K18: Tp of that moment, allowed delay 0. */
static void test_time_marks(void **state)
{
    static const struct {
        const char *id, *line;
        uint8_t pfc, minute, second;
    } rows[] = {
        {"K04", "get 0C F129 p1", 2, 19, 39},
        {"K06", "get 0C F25 p1", 11, 49, 13},
        {"K08", "get 0D F1 p1 day 2018-08-27", 5, 34, 5},
        {"K16", "get 0C F168 p1", 4, 24, 6},
        {"K18", "get 0C F33 p1", 12, 50, 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench *b = bench_new();
        struct civil c = {.year = 2018,
                          .month = 8,
                          .day = 28,
                          .hour = 16,
                          .minute = rows[i].minute,
                          .second = rows[i].second};
        b->utc = zone_to_utc(b->st->zone, &c) * 1000;
        b->st->opt.msa = 1;
        hear_vector(b, "K01");
        command(b, "option tp 0");
        b->st->terminal[0].pfc = rows[i].pfc;
        command(b, rows[i].line);
        expect_sent(b, rows[i].id);
        bench_free(b);
    }
}

static void test_archive(void **state)
{
    struct bench *b = logged_in();
    char path[] = "/tmp/station_test_XXXXXX", line[200];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    dprintf(fd,
            "index,point,port,baud,protocol,address,tariffs,int_digits,dec_digits,collector,class,subclass\n"
            "1,1,2,2400,2,000000000001,4,5,2,0,0,0\n"
            "2,2,31,0,31,123456789012,4,6,2,999900000001,1,2\n");
    close(fd);
    b->st->terminal[0].pfc = 3;
    snprintf(line, sizeof line, "archive %s", path);
    command(b, line);
    expect_sent(b, "G10");
    hear(b, "6832003200688001333412040063000001006216"); /* as G01, RSEQ 3 */
    assert_int_equal(b->good, 1);
    /* the answer of G27 holds the first meter only */
    b->st->terminal[0].pfc = 1;
    snprintf(line, sizeof line, "query F10 1,7 compare %s", path);
    command(b, line);
    hear_vector(b, "G27");
    assert_int_equal(b->bad, 1);
    assert_non_null(
        strstr(b->text, "1 entries are the same byte for byte, 0 differ, 1 of 2 asked are missing"));
    unlink(path);
    bench_free(b);
}

/* ---- answers ---- */

static void test_answers(void **state)
{
    struct bench *b = logged_in();

    (void)state;
    b->st->terminal[0].pfc = 2;
    command(b, "query F1,F8");
    hear_vector(b, "G29");
    assert_int_equal(b->good, 1);
    assert_non_null(strstr(b->text, "heartbeat = 15 min"));
    command(b, "expect F1 heartbeat = 15");
    command(b, "expect p0 F8 redial > 59");
    command(b, "expect units 2");
    command(b, "expect result data");
    assert_int_equal(b->good, 5);
    command(b, "expect F1 heartbeat = 16");
    command(b, "expect F1 nothing = 16");
    assert_int_equal(b->bad, 2);
    b->st->terminal[0].pfc = 8;
    b->st->json = true;
    command(b, "get 0C F129 p1");
    hear_vector(b, "G37");
    assert_int_equal(b->good, 6);
    cJSON *o = cJSON_Parse(b->text);
    assert_non_null(o);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(o, "ok")));
    cJSON *unit = cJSON_GetArrayItem(cJSON_GetObjectItem(o, "units"), 0);
    assert_int_equal(cJSON_GetObjectItem(unit, "fn")->valueint, 129);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(unit, "fields")), 7);
    cJSON_Delete(o);
    bench_free(b);
}

static void test_denied(void **state)
{
    struct bench *b = logged_in();

    (void)state;
    b->st->terminal[0].pfc = 2;
    command(b, "get 0C F200 p1");
    hear_vector(b, "G02");
    assert_int_equal(b->bad, 1);
    assert_non_null(strstr(b->text, "error: the terminal denied"));
    b->st->terminal[0].pfc = 2;
    command(b, "not get 0C F200 p1");
    hear_vector(b, "G02");
    assert_int_equal(b->good, 1);
    assert_null(strstr(b->text, "error:"));
    bench_free(b);
}

/* No answer: twice again with the same PSEQ, then given up; then the next command has its turn. */
static void test_repeats(void **state)
{
    struct bench *b = logged_in();

    (void)state;
    command(b, "get 0C F2");
    command(b, "echo next");
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(b->sent_count, i);
        assert_string_equal(last(b), b->sent[0]);
        assert_int_equal(ms_station_deadline(b->st), b->now + 30000);
        b->now += 30000;
        ms_station_tick(b->st, b->now, b->utc);
    }
    assert_int_equal(b->sent_count, 3);
    assert_int_equal(b->bad, 1);
    assert_string_equal(b->text, "next\n");
    command(b, "get 0C F2");
    assert_string_not_equal(last(b), b->sent[0]); /* PSEQ moved on */
    bench_free(b);
}

/* Frames that do not belong to the request are not taken. */
static void test_strays(void **state)
{
    struct bench *b = logged_in();

    (void)state;
    b->st->terminal[0].pfc = 3;
    command(b, "query F1,F8");
    hear_vector(b, "G29"); /* RSEQ 2 */
    hear_vector(b, "K05"); /* another terminal on this link */
    assert_int_equal(b->good + b->bad, 0);
    assert_int_equal(b->st->stray, 2);
    bench_free(b);
}

static void test_link_lost(void **state)
{
    struct bench *b = logged_in();

    (void)state;
    command(b, "get 0C F2");
    ms_station_closed(b->st, &b->link, b->now, b->utc);
    assert_int_equal(b->bad, 1);
    command(b, "get 0C F2");
    assert_int_equal(b->bad, 2);
    assert_non_null(strstr(b->text, "no terminal is connected"));
    bench_free(b);
}

/* ---- answers of several frames ---- */

static void say(struct bench *b, unsigned afn, bool fir, bool fin, unsigned seq, const char *data)
{
    uint8_t raw[GDW_FRAME_MAX], units[2000];
    struct wbuf w = wbuf_of(raw, sizeof raw);
    int n = hex_parse(data, units, sizeof units);
    struct gdw_frame f = {.up = true,
                          .fc = GDW_FC_DATA,
                          .a1 = 0x3301,
                          .a2 = 4660,
                          .msa = 2,
                          .afn = (uint8_t)afn,
                          .fir = fir,
                          .fin = fin,
                          .seq = (uint8_t)(seq & 15),
                          .data = units,
                          .data_len = (uint16_t)n};

    assert_true(gdw_frame_encode(&w, &f) > 0);
    ms_station_received(b->st, &b->link, raw, w.len, b->now, b->utc);
}

/* 0C F7 needs no point: EC1 EC2. */
#define F7_OF(ec) "00004000" ec "00"

static void test_many_frames(void **state)
{
    struct bench *b = logged_in();

    (void)state;
    b->st->terminal[0].pfc = 15;
    command(b, "get 0C F2,F7");
    say(b, 0x0C, true, false, 15, "00000200 37 39 11 10 63 10");
    assert_int_equal(b->good, 0);
    say(b, 0x0C, true, false, 15, "00000200 37 39 11 10 63 10"); /* the same RSEQ twice */
    say(b, 0x0C, false, true, 16, F7_OF("05"));
    assert_int_equal(b->good, 1);
    command(b, "expect EC1 = 5");
    command(b, "expect units 2");
    assert_int_equal(b->good, 3);
    bench_free(b);
}

/* The second of three frames is lost: what it held is asked again, and only that. */
static void test_gap(void **state)
{
    struct bench *b = logged_in();

    (void)state;
    b->st->terminal[0].pfc = 4;
    command(b, "get 0C F2,F7,F8");
    say(b, 0x0C, true, false, 4, "00000200 37 39 11 10 63 10");
    say(b, 0x0C, false, true, 6, "00008000 0000000000000000");
    assert_int_equal(b->good, 0);
    assert_int_equal(b->sent_count, 2);
    assert_non_null(strstr(last(b), "0C6500004000")); /* PSEQ 5, p0 F7 alone */
    say(b, 0x0C, true, true, 5, F7_OF("09"));
    assert_int_equal(b->good, 1);
    command(b, "expect units 3");
    assert_int_equal(b->good, 2);
    bench_free(b);
}

static void test_gap_in_list(void **state)
{
    static const char entry2[] = "0200 0200 1F 1F 129078563412 000000000000 04 09 010000009999 12";
    static const char entry7[] = "0700 0700 1F 1F 129078563412 000000000000 04 09 010000009999 12";
    struct bench *b = logged_in();
    char data[300];

    (void)state;
    command(b, "query F10 2,7,9");
    snprintf(data, sizeof data, "00000201 0100 %s", entry2);
    say(b, 0x0A, true, false, 0, data);
    /* the last frame never comes */
    b->now += 30000;
    ms_station_tick(b->st, b->now, b->utc);
    assert_int_equal(b->sent_count, 2);
    assert_non_null(strstr(last(b), "0A6100000201020007000900"));
    snprintf(data, sizeof data, "00000201 0100 %s", entry7);
    say(b, 0x0A, true, true, 1, data);
    assert_int_equal(b->good, 1);
    bench_free(b);
}

/* ---- the language ---- */

static void test_loop(void **state)
{
    struct bench *b = logged_in();

    (void)state;
    command(b, "loop 3 2 get 0C F7");
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(b->sent_count, i + 1);
        say(b, 0x0C, true, true, i, F7_OF("01"));
        assert_int_equal(b->good, i == 2);
        b->now += 1000;
        ms_station_tick(b->st, b->now, b->utc);
        assert_int_equal(b->sent_count, i + 1);
        b->now += 1000;
        ms_station_tick(b->st, b->now, b->utc);
    }
    assert_non_null(strstr(b->text, "loop: 3 rounds, 0 failed"));
    /* only the last round is printed */
    char *field = strstr(b->text, "EC1 = 1");
    assert_non_null(field);
    assert_null(strstr(field + 1, "EC1 = 1"));
    command(b, "loop 2 0 not expect EC1 = 1");
    assert_int_equal(b->bad, 1);
    command(b, "loop 2 0 not expect EC1 = 2");
    assert_int_equal(b->good, 2);
    bench_free(b);
}

static void test_wrong_commands(void **state)
{
    static const char *const wrong[] = {
        "nonsense",
        "get",
        "get 0C",
        "get 0C F25",
        "get 0C x25 p1",
        "get 0D F1 p1",
        "get 0D F1 p1 day",
        "get 0C F25 p1 day 2026-11-21",
        "get 0C F2 p0 day 2026-13-01",
        "set F1 rts=1",
        "set F1 rts=x",
        "query F1 1..3",
        "archive",
        "archive /nonexistent/file",
        "clock set",
        "clock set tomorrow",
        "events",
        "events all",
        "forward",
        "forward 99 00",
        "forward 1 baud=1234 00",
        "raw",
        "raw 6G",
        "wait",
        "wait rain",
        "sleep x",
        "loop 3 1",
        "loop 0 1 echo",
        "loop 2 0 loop 2 0 echo",
        "use 4403-9",
        "fault",
        "option timeout x",
        "option msa 200",
        "expect",
        "set F1",
    };
    struct bench *b = logged_in();

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        b->bad = 0;
        command(b, wrong[i]);
        /* an empty data unit is the terminal's to refuse */
        if (strcmp(wrong[i], "set F1") == 0) {
            assert_int_equal(b->sent_count, 1);
            continue;
        }
        if (b->bad != 1 || !strstr(b->text, "error: "))
            fail_msg("%s: %s", wrong[i], b->text);
    }
    bench_free(b);
}

/* A second terminal; commands go where "use" says. */
static void test_terminals(void **state)
{
    struct bench *b = logged_in();
    struct ms_link *second = calloc(1, sizeof *second);
    uint8_t raw[64];
    char *hex = vector("S01");
    int n = hex_parse(hex, raw, sizeof raw);

    (void)state;
    assert_non_null(second);
    ms_station_connected(b->st, second, b->now, b->utc);
    ms_station_received(b->st, second, raw, (size_t)n, b->now, b->utc);
    command(b, "use 4403-4");
    command(b, "get 0C F7");
    assert_non_null(strstr(last(b), "034404000"));
    ms_station_closed(b->st, second, b->now, b->utc);
    command(b, "use any");
    command(b, "get 0C F7");
    assert_non_null(strstr(last(b), "013334120"));
    /* the same terminal connects anew: the old link is closed */
    ms_station_connected(b->st, second, b->now, b->utc);
    free(hex);
    hex = vector("G06");
    n = hex_parse(hex, raw, sizeof raw);
    ms_station_received(b->st, second, raw, (size_t)n, b->now, b->utc);
    assert_int_equal(b->closed, 1);
    assert_ptr_equal(b->st->terminal[0].link, second);
    free(hex);
    bench_free(b);
    free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login),      cmocka_unit_test(test_login_faults),
        cmocka_unit_test(test_report),     cmocka_unit_test(test_requests),
        cmocka_unit_test(test_time_marks), cmocka_unit_test(test_archive),
        cmocka_unit_test(test_answers),    cmocka_unit_test(test_denied),
        cmocka_unit_test(test_repeats),    cmocka_unit_test(test_strays),
        cmocka_unit_test(test_link_lost),  cmocka_unit_test(test_many_frames),
        cmocka_unit_test(test_gap),        cmocka_unit_test(test_gap_in_list),
        cmocka_unit_test(test_loop),       cmocka_unit_test(test_wrong_commands),
        cmocka_unit_test(test_terminals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
