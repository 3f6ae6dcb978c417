#ifndef SOUTHBOUND_DLT645_DLT645_EXPLAIN_H
#define SOUTHBOUND_DLT645_DLT645_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/value.h"
#include "southbound/dlt645/dlt645_data.h"
#include "southbound/dlt645/dlt645_frame.h"

/**
 * Everything a person wants to know about a frame, for concentratorctl decode and trace. The walk is pure and
 * bounded; it calls the visitor once for each field in wire order.
 */
enum dlt645_role {
    DLT645_FIELD,  /**< field of the service: PA, operator, SEQ, N1, Z, time, address, ERR ... */
    DLT645_VALUE,  /**< data of an identifier, one call for each part of each element */
    DLT645_OPAQUE, /**< bytes that the tables do not explain: private identifier, length that does not fit,
                      the rest */
};

enum { DLT645_TEXT = 560 };

struct dlt645_item {
    enum dlt645_role role;
    uint32_t di; /**< identifier of this very element (00010200 inside block 0001FF00); 0 for fields */
    const char
        *name; /**< FIELD: "PA", "operator"; VALUE: full name, "forward active energy, tariff 2, current" */
    const char *part;  /**< part of a composed element: "start", "A voltage"; "" = the whole element */
    unsigned index;    /**< element number in a block or list, 0.. */
    uint16_t quantity; /**< Q_...; Q_NONE when the vocabulary has no such thing */
    uint8_t tariff;    /**< 0 = total; status words: 1..7 */
    uint8_t period;    /**< enum period */
    uint8_t period_index;
    struct value
        value; /**< numbers, times and bits; quality VALUE_NONE for texts, raw bytes and missing values */
    const char *unit;   /**< "kWh", "" */
    const uint8_t *raw; /**< bytes in the frame, 33H taken off, low byte first; valid as long as the frame */
    size_t raw_len;
    char text[DLT645_TEXT]; /**< as dlt645_value_text writes it */
};

/** What the frame says as a whole. */
struct dlt645_view {
    enum dlt645_edition edition; /**< as given, or found from the function */
    bool both;                   /**< the frame means the same in both editions (08H) */
    bool from_meter;             /**< C bit 7 */
    bool abnormal;               /**< C bit 6: error_word is set */
    bool more;                   /**< C bit 5: a follow-on frame is available */
    uint8_t fn;                  /**< C bits 4..0 */
    const char *service;         /**< "read data"; "private service" when the function is in no table */
    uint16_t error_word;
    char error_text[160]; /**< "no such data, password wrong/not authorised" */
    bool has_di;
    bool known_di;
    bool ext_di; /**< a later addition to the base standard */
    uint32_t di;
    char di_name[DLT645_NAME]; /**< "" when !has_di; "private or unknown identifier" when !known_di */
    char malformed[96];        /**< why DATA do not fit the service; "" = they do */
};

typedef void (*dlt645_visit)(void *ctx, const struct dlt645_item *item);

/**
 * Explain a decoded frame.
 * @param edition  the caller's knowledge, or DLT645_EDITION_UNKNOWN: by the function code
 * @param visit    may be NULL; the item is valid during the call only
 * @return number of items; CN_E_FORMAT when DATA do not fit the service (view->malformed says why; the bytes
 * are given as OPAQUE); CN_E_UNSUPPORTED for a function of no table (DATA as OPAQUE). view is filled in every
 * case.
 */
int dlt645_explain(const struct dlt645_frame *f, enum dlt645_edition edition, struct dlt645_view *view,
                   dlt645_visit visit, void *ctx);

/** Edition by the function code alone (03H: by the length and identifier). 08H and private codes: UNKNOWN. */
enum dlt645_edition dlt645_edition_of(const struct dlt645_frame *f);

#endif
