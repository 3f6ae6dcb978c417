#ifndef HMI_CTL_EXPLAIN_H
#define HMI_CTL_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/model/layout.h"

/**
 * Explains frames of every protocol the product speaks. One row of a const table per protocol; a sink is told
 * what was found. Nothing is allocated and no clock is read here; the sinks of explain_json.h and
 * explain_text.h show an explanation as JSON, as text for people and as one line.
 */
enum { EXPLAIN_ERROR = 192, EXPLAIN_SUMMARY = 256, EXPLAIN_VALUE = 1100 };

/** What is known about one frame. */
struct explanation {
    const char *protocol;      /**< "Q/GDW 376.1-2009", "DL/T 645-2007" ...; "" when it cannot be told */
    const char *direction;     /**< "master->terminal", "meter->master" ...; "" when it cannot be told */
    bool valid;                /**< every check of the frame passed */
    const uint8_t *bytes;      /**< the frame inside the input, without wake-up bytes */
    size_t length;             /**< its bytes; of an invalid one what is taken as belonging to it */
    size_t wakeup;             /**< FE bytes in front of it */
    char error[EXPLAIN_ERROR]; /**< of an invalid frame: which check failed, a sentence without full stop */
    char summary[EXPLAIN_SUMMARY]; /**< of a valid one: the service in words, "read data" */
    char note[EXPLAIN_ERROR];      /**< what is odd about a valid frame, "" when nothing is */
};

/** One decoded value. */
struct explain_value {
    const char *name;        /**< "fwd_active", "voltage phase A" */
    const char *obis;        /**< "1-0:1.8.0", "" when the value is no quantity of the vocabulary */
    const char *text;        /**< digits as transmitted, a time, hex; NULL = no value */
    const char *unit;        /**< "kWh", "" */
    const char *period;      /**< "day -1": of a meter's own memory; NULL or "" = now */
    uint8_t depth;           /**< repeats around it, 0..LAY_DEPTH */
    uint16_t run[LAY_DEPTH]; /**< run numbers, outermost first */
};

enum explain_unit_kind { UNIT_FN, UNIT_DI };
enum { EXPLAIN_PN_ALL = 0xFFFF, EXPLAIN_ITEM = 24 };

/** One data unit: an Fn of a Pn, or a data identifier. */
struct explain_unit {
    enum explain_unit_kind kind;
    unsigned afn, fn, pn; /**< UNIT_FN; pn EXPLAIN_PN_ALL = all points */
    const char *di;       /**< UNIT_DI: "00010000"; "" when the service has none */
    const char *name;     /**< in words; "" when unknown */
    const char *note;     /**< why there are no values, "" */
};

/** The strings passed in are valid during the call only. */
struct explain_sink {
    void *ctx;
    /** Once a frame, first; e's note is not final yet. */
    void (*begin)(void *ctx, const struct explanation *e);
    /** A field of the frame by the standard's name; number: the text is a plain decimal number. */
    void (*field)(void *ctx, const char *name, const char *text, bool number);
    /** A data unit begins; its values follow. */
    void (*unit)(void *ctx, const struct explain_unit *u);
    void (*value)(void *ctx, const struct explain_value *v);
    /** Once a frame, last. */
    void (*end)(void *ctx, const struct explanation *e);
};

/**
 * Explain the first frame of the input. Leading FE bytes are skipped. When no protocol finds a valid frame at
 * the start, a later 68H is tried, and what lies before it is reported as invalid.
 *
 * @param n   1 or more
 * @return bytes consumed, 1..n: the frame with what precedes it; of bytes that are no frame all of them
 */
size_t explain_frame(const uint8_t *p, size_t n, const struct explain_sink *sink, struct explanation *e);

/** "P3F129", "PallF25"; of a meter's unit its identifier. @return out. */
char *explain_item_print(const struct explain_unit *u, char *out, size_t cap);

/** True when the bytes begin with something that has both start bytes of a frame, damaged or not. */
bool explain_looks_like_frame(const uint8_t *p, size_t n);

/** A protocol. */
struct explainer {
    const char *name;
    /**
     * How well the bytes from their first one on fit: 0 not at all, EXPLAIN_SURE every check passes, in
     * between the number of marks found. p[0] is no FE.
     */
    int (*probe)(const uint8_t *p, size_t n);
    /**
     * Fill e and tell the sink. Called for the best probe only, also when it is not sure. e->bytes is p;
     * e->length is preset to what an invalid frame of unknown length takes, to be replaced when the frame's
     * length is known.
     */
    void (*explain)(const uint8_t *p, size_t n, const struct explain_sink *sink, struct explanation *e);
};

enum { EXPLAIN_SURE = 100, EXPLAIN_LIKELY = 5 /**< both start bytes, at least */ };

extern const struct explainer explain_dlt645, explain_gdw3761;

/**
 * Walk a data unit of the layout language and tell each field as a value.
 * @param mode as for lay_decode
 * @return as lay_decode
 */
int explain_layout(const struct lay *lay, struct rbuf *r, enum lay_mode mode,
                   const struct explain_sink *sink);

/** Tell one field of a layout walk as a value (also a lay_visit_fn's work). */
void explain_layout_value(const struct explain_sink *sink, const struct lay *field, const struct lay_at *at,
                          const struct lay_val *v);

#endif
