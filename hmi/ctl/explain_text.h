#ifndef HMI_CTL_EXPLAIN_TEXT_H
#define HMI_CTL_EXPLAIN_TEXT_H

#include <stdio.h>

#include "hmi/ctl/explain.h"

/** An explanation for people, some lines a frame, made for 80 columns. */
struct explain_text {
    FILE *out;
    const char *indent;    /**< in front of every line, "" or blanks */
    bool in_data;          /**< the first data unit was printed */
    unsigned field_column; /**< of the line of fields being built; 0 = none open */
    unsigned column;       /**< of the line of values being built; 0 = none open */
    char name[64];         /**< name and unit of the values on that line */
    char unit[24];
    bool has_value; /**< one of the values on that line is there */
    uint8_t depth;
    uint16_t outer[LAY_DEPTH];
    bool di_value;     /**< a meter's identifier was begun: its value and name end the line */
    char pending[240]; /**< that name */
};

/** @param t filled here; out stays the caller's. */
struct explain_sink explain_text_sink(struct explain_text *t, FILE *out, const char *indent);
/** End the line of values that may be open; for callers that send values outside of a frame. */
void explain_text_flush(struct explain_text *t);

/** Explain the first frame of the input as text. @return bytes consumed as explain_frame; *valid tells. */
size_t explain_text(FILE *out, const uint8_t *p, size_t n, bool *valid);

/**
 * An explanation as one line: "read data, answer 00010000 1-0:1.8.0 123.45 kWh", or "invalid: checksum ...".
 * What does not fit ends with "...".
 */
struct explain_line {
    char *out;
    size_t cap, len;
    bool cut;
    char item[EXPLAIN_ITEM]; /**< data unit named last */
    char unit[24];           /**< of the values since, still to be written */
};
struct explain_sink explain_line_sink(struct explain_line *l, char *out, size_t cap);
/** Explain the first frame as one line of at most cap - 1 bytes. @return out. */
char *explain_line(const uint8_t *p, size_t n, char *out, size_t cap);

#endif
