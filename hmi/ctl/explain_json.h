#ifndef HMI_CTL_EXPLAIN_JSON_H
#define HMI_CTL_EXPLAIN_JSON_H

#include <cjson/cJSON.h>

#include "hmi/ctl/explain.h"

/**
 * An explanation as a JSON object:
 *
 *   {"protocol", "valid", "error" (invalid only), "direction", "service", "note", "hex", "length", "wakeup",
 *    "fields": {NAME: TEXT ...},
 *    "data": [{"fn", "pn", "item", "name", "values": [{"name", "obis", "value", "unit", "run"} ...]}   376.1
 *             {"di", "name", "obis", "value", "unit"} ...]}                                          meters
 *
 * Values are decimal strings with the decimals as transmitted; null is "no value". A meter's data identifier
 * without values (a request) is one entry with "di" and "name" alone.
 */
struct explain_json {
    cJSON *frame;                  /**< the object; the caller deletes it */
    cJSON *fields, *data, *values; /**< inside frame */
    struct explain_unit unit;      /**< kind of the unit being filled */
    cJSON *entry;                  /**< a meter's unit that has no value yet */
};

/** A sink that fills j->frame, one frame at a time; j is zeroed first by the caller. */
struct explain_sink explain_json_sink(struct explain_json *j);

/** Explain the first frame of the input. *consumed as explain_frame. @return an object the caller deletes,
 * NULL: no memory. */
cJSON *explain_json(const uint8_t *p, size_t n, size_t *consumed);

/** A sink for values alone: each is appended to the array as {"name", "obis", "value", "unit", "run"}. */
struct explain_sink explain_values_sink(cJSON *array);

#endif
