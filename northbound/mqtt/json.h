#ifndef NORTHBOUND_MQTT_JSON_H
#define NORTHBOUND_MQTT_JSON_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/value.h"

/**
 * A JSON writer over a bounded buffer. It allocates nothing, and decimal values are printed from their
 * digits: no number passes through a binary float. Errors stick in w.err, as in struct wbuf. The caller opens
 * and closes in order; commas are the writer's business.
 */
enum { JSON_DEPTH = 8 };

struct json {
    struct wbuf w;
    uint8_t depth;
    uint8_t any; /**< bit d: the level d has a member already */
};

struct json json_of(void *p, size_t cap);

/** key NULL inside an array and for the outermost value. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
/** Close what was opened last. */
void json_end_object(struct json *j);
void json_end_array(struct json *j);
/** Text in UTF-8; control characters, quotes and bytes that are no UTF-8 are escaped. */
void json_text(struct json *j, const char *key, const char *text);
void json_int(struct json *j, const char *key, int64_t n);
void json_bool(struct json *j, const char *key, int b);
void json_null(struct json *j, const char *key);
/** The digits of v: {123450, -2} is 1234.50; null when it has none. */
void json_value(struct json *j, const char *key, struct value v);

#endif
