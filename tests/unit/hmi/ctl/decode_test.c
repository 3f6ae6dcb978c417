#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "hmi/ctl/app.h"

/* The command line around the explainers: what counts as an input, what is told about the rest, exit codes.
 */

#define READ_A "68943521908855681104333334330916"
#define ANSWER "6894352190885568910833333433593533338116"
#define LOGIN  "683200320068C97101220800027800000100E016"

enum { WORDS_MAX = 20 };

struct result {
    int code;
    char *out, *err;
    size_t out_len, err_len;
};

static struct result run(const char *input, const char *const *words)
{
    char copies[WORDS_MAX][256];
    char *argv[WORDS_MAX + 3] = {"concentratorctl", "decode"};
    int argc = 2;
    for (int i = 0; words[i]; i++) {
        assert_true(i < WORDS_MAX);
        snprintf(copies[i], sizeof(copies[i]), "%s", words[i]);
        argv[argc++] = copies[i];
    }
    struct result r = {0};
    FILE *in = fmemopen((void *)(uintptr_t)input, strlen(input), "r");
    FILE *out = open_memstream(&r.out, &r.out_len), *err = open_memstream(&r.err, &r.err_len);
    assert_non_null(in);
    r.code = concentratorctl(argc, argv, in, out, err);
    fclose(in);
    fclose(out);
    fclose(err);
    return r;
}

#define DECODE(...) run("\n", (const char *const[]){__VA_ARGS__, NULL})

static void result_free(struct result *r)
{
    free(r->out);
    free(r->err);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

/** The JSON document on line `number` (from 0). */
static cJSON *document(const char *text, unsigned number)
{
    for (; number > 0; number--) {
        text = strchr(text, '\n');
        assert_non_null(text);
        text++;
    }
    cJSON *doc = cJSON_Parse(text);
    assert_non_null(doc);
    return doc;
}

static unsigned lines(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void assert_text(const cJSON *doc, const char *key, const char *want)
{
    const cJSON *o = cJSON_GetObjectItem(doc, key);
    if (!cJSON_IsString(o) || strcmp(o->valuestring, want) != 0)
        fail_msg("%s is %s, expected %s", key, cJSON_IsString(o) ? o->valuestring : "missing", want);
}

static void one_frame_in_any_spelling(void **state)
{
    static const char *const spellings[][WORDS_MAX] = {
        {ANSWER},
        {"FEFEFEFE" ANSWER},
        {"68 94 35 21 90 88 55 68 91 08 33 33 34 33 59 35 33 33 81 16"},
        {"68943521", "9088556891", "08333334335935333381", "16"},
        {"fe", "6894352190885568910833333433593533338116"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        struct result r = run("\n", spellings[i]);
        assert_int_equal(r.code, 0);
        assert_string_equal(r.err, "");
        assert_has(r.out, "DL/T 645-2007, meter->master, valid\n");
        assert_has(r.out, "000002.26 kWh");
        result_free(&r);
    }
}

static void json_has_the_promised_keys(void **state)
{
    (void)state;
    struct result r = DECODE("--json", "FEFE" ANSWER);
    assert_int_equal(r.code, 0);
    assert_int_equal(lines(r.out), 1);
    cJSON *doc = document(r.out, 0);
    assert_text(doc, "protocol", "DL/T 645-2007");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(doc, "valid")));
    assert_text(doc, "direction", "meter->master");
    assert_text(doc, "hex", ANSWER);
    assert_int_equal(cJSON_GetObjectItem(doc, "wakeup")->valueint, 2);
    assert_null(cJSON_GetObjectItem(doc, "error"));
    assert_text(cJSON_GetObjectItem(doc, "fields"), "DI", "00010000");
    const cJSON *value = cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "data"), 0);
    assert_text(value, "obis", "1-0:1.8.0");
    assert_text(value, "di", "00010000");
    assert_text(value, "value", "000002.26");
    assert_text(value, "unit", "kWh");
    cJSON_Delete(doc);
    result_free(&r);

    r = DECODE(LOGIN, "--json");
    assert_int_equal(r.code, 0);
    doc = document(r.out, 0);
    assert_text(doc, "protocol", "Q/GDW 376.1-2009");
    assert_text(doc, "direction", "terminal->master");
    const cJSON *unit = cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "data"), 0);
    assert_text(unit, "item", "P0F1");
    assert_text(unit, "name", "login");
    cJSON_Delete(doc);
    result_free(&r);
}

static void a_value_that_is_none_is_null(void **state)
{
    (void)state;
    /* voltage phase A with FF bytes, built by the rules of the standard */
    struct result r = DECODE("--json", "680100000000006891063334343532329C16");
    assert_int_equal(r.code, 0);
    cJSON *doc = document(r.out, 0);
    const cJSON *value = cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "data"), 0);
    assert_text(value, "obis", "1-0:32.7.0");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(value, "value")));
    cJSON_Delete(doc);
    result_free(&r);
}

static void a_bad_frame_exits_1_with_the_reason(void **state)
{
    static const struct {
        const char *hex, *reason;
    } rows[] = {
        {"68943521908855681104333334330A16", "checksum: expected 09H, got 0AH"},
        {"68943521908855681104333334330917", "end byte: expected 16H, got 17H"},
        {"689435219088556811043333343309", "length: L = 04H makes a frame of 16 bytes, 15 are there"},
        {"683200320068C97101220800027800000100E116", "checksum: expected E0H, got E1H"},
        {"683200330068C97101220800027800000100E016", "length: the two length fields differ, 0032H and 0033H"},
        {"683100310068C97101220800027800000100E016", "1 is Q/GDW 130-2005"},
        {"001122", "no start byte: no byte is 68H"},
        {"FEFEFE", "nothing but wake-up bytes FE"},
        {"", "the input is empty"},
        {"68zz", "the input is not hex"},
        {"6894352", "the input is not hex"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct result r = DECODE(rows[i].hex);
        assert_int_equal(r.code, 1);
        assert_has(r.out_len ? r.out : r.err, rows[i].reason);
        result_free(&r);
        r = DECODE("--json", rows[i].hex);
        assert_int_equal(r.code, 1);
        assert_string_equal(r.err, "");
        cJSON *doc = document(r.out, 0);
        assert_true(cJSON_IsFalse(cJSON_GetObjectItem(doc, "valid")));
        assert_has(cJSON_GetObjectItem(doc, "error")->valuestring, rows[i].reason);
        cJSON_Delete(doc);
        result_free(&r);
    }
}

static void several_frames_are_all_explained(void **state)
{
    (void)state;
    struct result r = DECODE("--json", "FEFE" READ_A "FEFEFE" ANSWER LOGIN);
    assert_int_equal(r.code, 0);
    assert_int_equal(lines(r.out), 3);
    static const char *const frames[] = {READ_A, ANSWER, LOGIN};
    for (unsigned i = 0; i < 3; i++) {
        cJSON *doc = document(r.out, i);
        assert_text(doc, "hex", frames[i]);
        assert_null(cJSON_GetObjectItem(doc, "skipped"));
        assert_null(cJSON_GetObjectItem(doc, "trailing"));
        cJSON_Delete(doc);
    }
    result_free(&r);
}

static void one_bad_frame_among_good_ones_exits_1(void **state)
{
    (void)state;
    struct result r = DECODE("--json", READ_A "68943521908855681104333334330A16" ANSWER);
    assert_int_equal(r.code, 1);
    assert_int_equal(lines(r.out), 3);
    for (unsigned i = 0; i < 3; i++) {
        cJSON *doc = document(r.out, i);
        assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(doc, "valid")), i != 1);
        cJSON_Delete(doc);
    }
    result_free(&r);
}

static void bytes_of_no_frame_are_shown(void **state)
{
    (void)state;
    struct result r = DECODE("--json", "0011" READ_A "AABB" ANSWER "00FF");
    assert_int_equal(r.code, 0);
    assert_int_equal(lines(r.out), 2);
    cJSON *first = document(r.out, 0), *second = document(r.out, 1);
    assert_text(first, "skipped", "0011");
    assert_null(cJSON_GetObjectItem(first, "trailing"));
    assert_text(second, "skipped", "AABB");
    assert_text(second, "trailing", "00FF");
    cJSON_Delete(first);
    cJSON_Delete(second);
    result_free(&r);
    r = DECODE(READ_A "00");
    assert_int_equal(r.code, 0);
    assert_has(r.out, "no part of a frame: 00\n");
    result_free(&r);
}

static void standard_input_is_read_line_by_line(void **state)
{
    static const char *const words[] = {"--json", "-", NULL};
    (void)state;
    struct result r = run("  " READ_A "\n\n68 00\r\nxyz\n" LOGIN, words);
    assert_int_equal(r.code, 1);
    assert_int_equal(lines(r.out), 4);
    static const bool valid[] = {true, false, false, true};
    for (unsigned i = 0; i < 4; i++) {
        cJSON *doc = document(r.out, i);
        assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(doc, "valid")), valid[i]);
        cJSON_Delete(doc);
    }
    result_free(&r);
    static const char *const text[] = {"-", NULL};
    r = run(READ_A "\n" ANSWER "\n", text);
    assert_int_equal(r.code, 0);
    assert_has(r.out, "\n\nDL/T 645-2007, meter->master, valid\n");
    result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_frame_in_any_spelling),
        cmocka_unit_test(json_has_the_promised_keys),
        cmocka_unit_test(a_value_that_is_none_is_null),
        cmocka_unit_test(a_bad_frame_exits_1_with_the_reason),
        cmocka_unit_test(several_frames_are_all_explained),
        cmocka_unit_test(one_bad_frame_among_good_ones_exits_1),
        cmocka_unit_test(bytes_of_no_frame_are_shown),
        cmocka_unit_test(standard_input_is_read_line_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
