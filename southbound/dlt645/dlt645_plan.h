#ifndef SOUTHBOUND_DLT645_DLT645_PLAN_H
#define SOUTHBOUND_DLT645_DLT645_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/model/reading.h"
#include "southbound/dlt645/dlt645_format.h"

/**
 * Where a quantity sits in a DL/T 645-2007 meter: one item line of a profile, as text and as struct, and the
 * way from answer bytes to readings. Pure.
 *
 *   SINGLE FORMAT [skip N] [of N] [tariffs | numbers N] [block DI [at N]] [then DI FORMAT]
 *
 *   SINGLE  identifier of the item; "tt" stands for the tariff or number, "nn" for the n-th last period
 *   skip    bytes in the element before the value; of: bytes of the element (default: those of the format)
 *   tariffs the item has a value for the total and each tariff: element 0 is the total. Without tt in SINGLE
 * the answer to SINGLE itself is the list numbers as tariffs, but counted from 1 to N block   identifier that
 * gives several items at once: of a list all its elements, else `at` is the place of the item then    a
 * second identifier; both values are added (date and time of day)
 */
enum dlt645_list { DLT645_LIST_NONE, DLT645_LIST_TARIFFS, DLT645_LIST_NUMBERS };

/** An identifier with places for tt and nn; shift < 0: no such place. */
struct dlt645_pattern {
    bool set;
    uint32_t base;
    int8_t element_shift, index_shift;
};

struct dlt645_spec {
    struct dlt645_pattern single, block, then;
    struct dlt645_format format, then_format;
    uint8_t skip, stride; /**< value inside one element, bytes of the element */
    uint8_t at;           /**< place of the element in a block that is no list */
    uint8_t list;         /**< enum dlt645_list */
    uint8_t numbers;      /**< elements with DLT645_LIST_NUMBERS */
    uint8_t
        block_no; /**< number of the block in its profile, for the memory of refusals; set by the profile */
    uint16_t block_size; /**< bytes of a block that is no list; set by the profile */
};

/** @param why  reason on failure @return 0, CN_E_FORMAT. */
int dlt645_spec_parse(const char *text, struct dlt645_spec *s, char *why, size_t cap);

/** @param element tariff or number @param index n-th last period, 0 for now. */
uint32_t dlt645_pattern_di(const struct dlt645_pattern *p, unsigned element, unsigned index);
/** Two patterns ask for the same. */
bool dlt645_pattern_same(const struct dlt645_pattern *a, const struct dlt645_pattern *b);

/**
 * Readings of one item out of a block answer, or out of single answers put one behind the other.
 * @param r   at least READINGS_MAX
 * @return readings, CN_E_FORMAT (the length does not fit)
 */
int dlt645_spec_block(const struct dlt645_spec *s, unsigned quantity, const uint8_t *data, size_t n,
                      struct reading *r);
int dlt645_spec_single(const struct dlt645_spec *s, unsigned quantity, const uint8_t *data, size_t n,
                       struct reading *r);

/** The value of a pair joined by `then`. @return 0, CN_E_FORMAT. */
int dlt645_spec_joined(const struct dlt645_spec *s, const uint8_t *first, size_t n_first,
                       const uint8_t *second, size_t n_second, struct value *v);

#endif
