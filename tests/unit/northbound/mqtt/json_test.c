#include "northbound/mqtt/json.h"

#include "gateway/base/err.h"
#include "tests/unit/northbound/mqtt/doc.h"

static void expect(const struct json *j, const char *text)
{
    assert_int_equal(j->w.err, 0);
    assert_int_equal(j->w.len, strlen(text));
    assert_memory_equal(j->w.p, text, strlen(text));
    cJSON_Delete(doc_parse(j->w.p, (int)j->w.len));
}

static void whole(struct json *j)
{
    json_object(j, NULL);
    json_int(j, "n", INT64_MIN);
    json_text(j, "t", "a");
    json_object(j, "o");
    json_end_object(j);
    json_array(j, "a");
    json_bool(j, NULL, 1);
    json_bool(j, NULL, 0);
    json_null(j, NULL);
    json_object(j, NULL);
    json_value(j, "v", value_of(-5, -2));
    json_end_object(j);
    json_end_array(j);
    json_int(j, "z", 1);
    json_end_object(j);
}

static const char whole_text[] =
    "{\"n\":-9223372036854775808,\"t\":\"a\",\"o\":{},\"a\":[true,false,null,{\"v\":-0.05}],\"z\":1}";

static void commas_and_levels(void **state)
{
    char buf[256];
    struct json j = json_of(buf, sizeof buf);

    (void)state;
    whole(&j);
    expect(&j, whole_text);
}

static void digits_stay_as_they_are(void **state)
{
    static const struct {
        struct value v;
        const char *text;
    } rows[] = {
        {{1234567, -2, 0}, "[12345.67]"},
        {{200010, -2, 0}, "[2000.10]"},
        {{0, -2, 0}, "[0.00]"},
        {{-7, -4, 0}, "[-0.0007]"},
        {{12, 3, 0}, "[12000]"},
        {{0, 3, 0}, "[0]"},
        {{9007199254740993, 0, 0}, "[9007199254740993]"}, /* 2^53 + 1: a double cannot hold it */
        {{INT64_MAX, -9, 0}, "[9223372036.854775807]"},
        {{INT64_MIN, 0, 0}, "[-9223372036854775808]"},
        {{5, 0, VALUE_NONE}, "[null]"},
        {{5, -1, VALUE_DOUBTFUL}, "[0.5]"},
    };
    char buf[64];

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json j = json_of(buf, sizeof buf);
        json_array(&j, NULL);
        json_value(&j, NULL, rows[i].v);
        json_end_array(&j);
        expect(&j, rows[i].text);
    }
}

static void texts_are_escaped(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", "[\"\"]"},
        {"a\"b\\c", "[\"a\\\"b\\\\c\"]"},
        {"\n\x01\x7f", "[\"\\u000a\\u0001\\u007f\"]"},
        {"\xe9\x9b\x86", "[\"\xe9\x9b\x86\"]"},
        {"\xf0\x9f\x94\x8c", "[\"\xf0\x9f\x94\x8c\"]"},
        {"\xff", "[\"\\ufffd\"]"},
        {"\xc3", "[\"\\ufffd\"]"},
        {"\xe9\x9b", "[\"\\ufffd\\ufffd\"]"},
        {"\xed\xa0\x80", "[\"\\ufffd\\ufffd\\ufffd\"]"}, /* half of a surrogate pair */
        {"\xc0\x80", "[\"\\ufffd\\ufffd\"]"},            /* overlong */
    };
    char buf[64];

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json j = json_of(buf, sizeof buf);
        json_array(&j, NULL);
        json_text(&j, NULL, rows[i].in);
        json_end_array(&j);
        expect(&j, rows[i].out);
    }
}

static void a_small_buffer_is_never_passed(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < sizeof whole_text - 1; cap++) {
        char *exact = malloc(cap + 1);
        struct json j = json_of(exact, cap);
        exact[cap] = 'x';
        whole(&j);
        assert_int_equal(j.w.err, CN_E_NOSPACE);
        assert_true(j.w.len <= cap);
        assert_int_equal(exact[cap], 'x');
        free(exact);
    }
}

static void depth_is_bounded(void **state)
{
    char buf[256];
    struct json j = json_of(buf, sizeof buf);

    (void)state;
    for (unsigned i = 0; i < JSON_DEPTH - 1; i++)
        json_array(&j, NULL);
    assert_int_equal(j.w.err, 0);
    json_array(&j, NULL);
    assert_int_equal(j.w.err, CN_E_NOSPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_levels), cmocka_unit_test(digits_stay_as_they_are),
        cmocka_unit_test(texts_are_escaped), cmocka_unit_test(a_small_buffer_is_never_passed),
        cmocka_unit_test(depth_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
