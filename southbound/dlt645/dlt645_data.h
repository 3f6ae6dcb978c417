#ifndef SOUTHBOUND_DLT645_DLT645_DATA_H
#define SOUTHBOUND_DLT645_DLT645_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "southbound/dlt645/dlt645_format.h"

/**
 * What the bytes behind a data identifier mean: the table of identifiers of DL/T 645-2007 and DL/T 645-1997
 * (DL/T 645 reference parts 2 and 3). Pure and const.
 */
enum dlt645_edition { DLT645_EDITION_UNKNOWN = 0, DLT645_1997 = 1, DLT645_2007 = 2 };

/** One part of an element, or a group of parts that repeats. */
struct dlt645_part {
    const char *format; /**< text form; NULL = group */
    const char *unit;   /**< "kWh"; "" = none */
    const char *name;   /**< "start"; "" = the element has only this part */
    uint8_t count;      /**< repeats, at least 1 */
    uint8_t group_len;
    const struct dlt645_part *group;
    const char *const *labels; /**< names of the repeats, `count` of them; NULL = numbered from 1 */
};

/**
 * One row of the table. The pattern has 8 (1997: 4) places: upper-case hex digits stand for themselves,
 * lower-case letters for a variable, a pair of equal letters for one of a whole byte: ff  tariff 00..3F, FF =
 * block of total and tariffs     t  the same in one nibble: 0..E, F = block ss  settlement 00..0C, FF = block
 * of 13                a, b  1997 period nibble: 0 4 8 and 1 5 9 qq  phase 01..03, FF = block q  the same in
 * one nibble rr  total 00, phase 01..03, FF = block                 r  the same in one nibble hh  harmonic
 * 01..15, FF = block                        p  phase 1..3 ww  status word 01..07, FF = block z  kind of
 * freeze 0..7 ii  number 01..3F, FF = block                          nn  n-th last record or freeze, 01..FE
 *   kk  number 01..FE                                      k, l  number 1..E
 *   cc  event kind of part 2, section 9                    ee  its code for "end"
 */
struct dlt645_row {
    const char *pattern;
    const char *name;
    const char *format; /**< of the whole element; NULL: parts */
    const char *unit;
    uint16_t quantity;  /**< of the first part; a phase adds its number; Q_NONE */
    uint16_t quantity2; /**< of the second part (time of a demand); Q_NONE */
    uint8_t flags;      /**< enum dlt645_row_flags */
    uint8_t part_count;
    const struct dlt645_part *parts; /**< one element that has several parts */
    uint16_t quantity3;
};
enum dlt645_row_flags {
    DLT645_ROW_EXT = 1,     /**< a later addition, not in the base standard */
    DLT645_ROW_TARIFFS = 2, /**< the data are a list: total and tariffs */
    DLT645_ROW_LIST = 4,    /**< the data are a list of as many elements as there are bytes for */
    DLT645_ROW_PHASES = 8,  /**< also per phase: DI2 + 14H, 28H, 3CH, with DI1 = 00 */
};

/** What the elements of a block are. */
enum dlt645_block {
    DLT645_NO_BLOCK,
    DLT645_BLOCK_TARIFFS,
    DLT645_BLOCK_SETTLEMENTS,
    DLT645_BLOCK_PHASES,
    DLT645_BLOCK_NUMBERS
};

/** An identifier taken apart along its row. */
struct dlt645_match {
    const struct dlt645_row *row;
    uint8_t phase;      /**< 1..3; 0 = none or total */
    uint8_t tariff;     /**< 0 = total */
    uint8_t number;     /**< record, freeze, harmonic, entry ... */
    uint8_t settlement; /**< 0 = current */
    uint8_t kind;       /**< freeze or event kind */
    bool has_tariff, has_phase, has_number, has_settlement, has_kind;
    bool ext;
    uint16_t quantity;            /**< of this element; Q_NONE when unknown or a block */
    uint8_t period, period_index; /**< as in struct want */
    uint8_t block;                /**< enum dlt645_block: the identifier asks for several elements */
    uint8_t block_max;            /**< elements a block may have */
    uint32_t first;               /**< identifier of element 0 of the block */
    uint32_t block_step;          /**< what one element adds to it */
};
/** @return 0, CN_E_NOTFOUND. di of 1997 has 16 bits. */
int dlt645_match(enum dlt645_edition edition, uint32_t di, struct dlt645_match *m);

const struct dlt645_row *dlt645_rows(enum dlt645_edition edition, size_t *count);

/** Bytes of one element of a row; 0 when its length is open (all that is there). */
size_t dlt645_row_size(const struct dlt645_row *row);

/** "forward active energy, tariff 3, 2 settlement(s) ago"; "" when unknown. @return out. */
enum { DLT645_NAME = 128 };
char *dlt645_di_name(enum dlt645_edition edition, uint32_t di, char out[DLT645_NAME]);

/**
 * Walk one element part by part.
 * @param p  exactly dlt645_row_size bytes, or any number when the row's length is open
 * @param fn called in wire order; part is "" for an element of one part, else "start", "A voltage", "table 2
 * entry 3"; valid during the call
 * @return number of parts, CN_E_FORMAT (n does not fit)
 */
typedef void (*dlt645_part_fn)(void *ctx, unsigned number, const char *part, const struct dlt645_format *f,
                               const char *unit, const uint8_t *p);
int dlt645_walk(const struct dlt645_row *row, const uint8_t *p, size_t n, dlt645_part_fn fn, void *ctx);

/**
 * The length rule (part 1, section 9): m data bytes of elements of `size` bytes. m mod size = 0: whole
 * elements; one byte too many that is AA: dropped (a habit from 1997); else the data do not fit.
 * @return number of elements, CN_E_FORMAT
 */
int dlt645_elements(size_t size, const uint8_t *data, size_t m);

#endif
