#ifndef HMI_CTL_SHOW_H
#define HMI_CTL_SHOW_H

#include "gateway/model/reading.h"
#include "hmi/ctl/app.h"

/** Readings as text and JSON, the same everywhere. */

enum { READING_TEXT = 48 };

/** The value in words: "1234.50", "2026-11-22 10:30:15" of a date, "0010H" of bits, "-" of none. */
char *reading_print(const struct reading *r, char out[READING_TEXT]);

/** One line: name, OBIS, value, unit, doubt. */
void show_reading(FILE *out, const struct reading *r);

/** {"quantity", "obis", "value", "unit", "quality"}; value null when there is none. */
cJSON *reading_json(const struct reading *r);

/** A number of seconds in at most 8 columns: "12 s", "3 min", "5 h", "2 d". */
char *age_print(int64_t seconds, char *out, size_t cap);

#endif
