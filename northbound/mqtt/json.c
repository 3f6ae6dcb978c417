#include "northbound/mqtt/json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"

struct json json_of(void *p, size_t cap)
{
    return (struct json){.w = wbuf_of(p, cap)};
}

static void put(struct json *j, const char *text)
{
    wbuf_bytes(&j->w, text, strlen(text));
}

/* Bytes of the UTF-8 sequence at p, 0 when there is none. */
static size_t utf8_len(const unsigned char *p)
{
    size_t n = p[0] < 0x80                   ? 1
               : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
               : p[0] >= 0xE0 && p[0] < 0xF0 ? 3
               : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
                                             : 0;

    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    /* overlong forms, surrogates, beyond U+10FFFF */
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
        (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

static void quote(struct json *j, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    char code[8];

    wbuf_u8(&j->w, '"');
    while (*p) {
        size_t n = utf8_len(p);
        if (n == 0 || *p < 0x20 || *p == 0x7F) {
            snprintf(code, sizeof code, "\\u%04x", n == 0 ? 0xFFFDU : *p);
            put(j, code);
            n = 1;
        } else {
            if (*p == '"' || *p == '\\')
                wbuf_u8(&j->w, '\\');
            wbuf_bytes(&j->w, p, n);
        }
        p += n;
    }
    wbuf_u8(&j->w, '"');
}

static void lead(struct json *j, const char *key)
{
    if (j->any >> j->depth & 1)
        wbuf_u8(&j->w, ',');
    j->any = (uint8_t)(j->any | 1U << j->depth);
    if (key) {
        quote(j, key);
        wbuf_u8(&j->w, ':');
    }
}

static void begin(struct json *j, const char *key, char mark)
{
    lead(j, key);
    wbuf_u8(&j->w, (uint8_t)mark);
    if (j->depth + 1 == JSON_DEPTH) {
        j->w.err = CN_E_NOSPACE;
        return;
    }
    j->depth++;
    j->any = (uint8_t)(j->any & ~(1U << j->depth));
}

static void end(struct json *j, char mark)
{
    wbuf_u8(&j->w, (uint8_t)mark);
    j->depth = (uint8_t)(j->depth - (j->depth > 0));
}

void json_object(struct json *j, const char *key)
{
    begin(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
    begin(j, key, '[');
}

void json_end_object(struct json *j)
{
    end(j, '}');
}

void json_end_array(struct json *j)
{
    end(j, ']');
}

void json_text(struct json *j, const char *key, const char *text)
{
    lead(j, key);
    quote(j, text);
}

void json_int(struct json *j, const char *key, int64_t n)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, n);
    lead(j, key);
    put(j, text);
}

void json_bool(struct json *j, const char *key, int b)
{
    lead(j, key);
    put(j, b ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
    lead(j, key);
    put(j, "null");
}

void json_value(struct json *j, const char *key, struct value v)
{
    char text[48];

    lead(j, key);
    put(j, v.quality == VALUE_NONE ? "null" : value_print(v, text, sizeof text));
}
