#ifndef TESTS_UNIT_NORTHBOUND_MQTT_DOC_H
#define TESTS_UNIT_NORTHBOUND_MQTT_DOC_H

/* Documents in tests: parsed by an independent JSON reader, compared with tests/vectors/mqtt. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cJSON.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOC static inline __attribute__((unused))

/* A document of n bytes; it must be one whole JSON value. */
DOC cJSON *doc_parse(const void *p, int n)
{
    const char *end;
    char *text = malloc((size_t)n + 1);

    assert_true(n > 0 && text);
    memcpy(text, p, (size_t)n);
    text[n] = '\0';
    cJSON *j = cJSON_ParseWithOpts(text, &end, 1);
    if (!j)
        print_error("not JSON: %s\n", text);
    assert_non_null(j);
    free(text);
    return j;
}

/* A golden document; VERSION in it stands for ours. */
DOC cJSON *doc_golden(const char *name)
{
    char path[256], text[8192], *at;
    static char whole[8192];

    snprintf(path, sizeof path, "%s/tests/vectors/mqtt/%s.json", CN_SOURCE_DIR, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    at = strstr(text, "VERSION");
    if (at)
        snprintf(whole, sizeof whole, "%.*s%s%s", (int)(at - text), text, CN_VERSION, at + strlen("VERSION"));
    else
        snprintf(whole, sizeof whole, "%s", text);
    cJSON *j = cJSON_Parse(whole);
    assert_non_null(j);
    return j;
}

/* The document equals the golden one: same members, same values; their order is free. */
DOC void doc_equals(const void *p, int n, const char *name)
{
    cJSON *got = doc_parse(p, n), *want = doc_golden(name);

    if (!cJSON_Compare(got, want, 1))
        print_error("%s: %.*s\n", name, n, (const char *)p);
    assert_true(cJSON_Compare(got, want, 1));
    cJSON_Delete(got);
    cJSON_Delete(want);
}

DOC const cJSON *doc_at(const cJSON *j, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(j, key);
}

DOC double doc_number(const cJSON *j, const char *key)
{
    const cJSON *v = doc_at(j, key);

    assert_true(cJSON_IsNumber(v));
    return v->valuedouble;
}

DOC const char *doc_text(const cJSON *j, const char *key)
{
    const cJSON *v = doc_at(j, key);

    assert_true(cJSON_IsString(v));
    return v->valuestring;
}

#endif
