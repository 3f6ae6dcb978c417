#ifndef GATEWAY_MODEL_LAYOUT_H
#define GATEWAY_MODEL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/base/value.h"

/**
 * The layout language of 376.1: a data unit is a const array of fields that ends with LF_END. One walker
 * decodes, one encodes; both follow the same array, so set, query, answer, event and printout come from one
 * description. There are no branches, only repetition: LF_REPEAT ... LF_NEXT runs as often as the last count
 * field before it says. Repeats nest to LAY_DEPTH; when a group ends, the count of the level around it is in
 * force again, so one M can serve several arrays.
 *
 *     static const struct lay f33[] = {
 *         LF_TIME15("T"), LF_COUNT_M,
 *         LF_ARRAY_M1(14, "fwd_active", "kWh", Q_EP_IMP),
 *         LF_ARRAY_M1(11, "fwd_reactive", "kvarh", Q_EQ_COMB1),
 *         LF_END,
 *     };
 *
 * A layout may also start inside another one: a LF_NEXT without its LF_REPEAT ends the unit. So one entry of
 * a list is &list[2] when list[] = {LF_COUNT(...), LF_REPEAT, entry fields ..., LF_NEXT, LF_END}.
 */
enum lay_op {
    LAY_END = 0,
    /* 1..27: data format A.n (Q/GDW 376.1-2009 annex A; reference part 2) */
    LAY_BIN = 32, /**< unsigned, `len` bytes (1..8), low byte first */
    LAY_BS,       /**< bit string of `len` bytes */
    LAY_ASCII,    /**< text of `len` bytes, 00 padded; len 0 = as many as the last count says */
    LAY_BYTES,    /**< `len` opaque bytes; len 0 = as many as the last count says */
    LAY_IP4,      /**< 4 bytes a.b.c.d in that order */
    LAY_PHONE,    /**< `len` bytes of digit nibbles, first digit in D7..D4 (parameter F4) */
    LAY_BCD,      /**< unsigned BCD of `len` bytes (1..8) without a format number (region code, Td_h hour) */
    LAY_EDGE,     /**< `len` bytes (1, 2) of a number with the start flag in the top bit (Pn2 of events) */
    LAY_DADT,     /**< 4 bytes DA1 DA2 DT1 DT2 */
    LAY_PART,     /**< no bytes: the bits `mask` of the number before it, shifted down; decoding only */
    LAY_REPEAT,   /**< start of a repeated group: `len` runs, or with len 0 last count + `step` */
    LAY_NEXT,     /**< end of a repeated group */
};

enum lay_flags {
    LAYF_COUNT = 1,     /**< (value & mask) counts the groups behind; never EE */
    LAYF_NUMERIC = 2,   /**< never EE: ports, point numbers, EC, pointers (reference part 2, 1) */
    LAYF_BITCOUNT = 4,  /**< with LAYF_COUNT: the set bits of (value & mask) count (F41, AFN 09 F6) */
    LAYF_DENSITY = 8,   /**< with LAYF_COUNT: a freeze density; its points of one hour count (part 2, 3) */
    LAYF_OPTIONAL = 16, /**< may be all EE even in a parameter */
    LAYF_DAY0 = 32,     /**< on formats that end with the day: day 00 is legal, every day (F33) */
    LAYF_REST = 64,     /**< on LAY_REPEAT: to the end of the cursor (ERC3); encoding asks for the runs */
};

enum {
    LAY_DEPTH = 3,
    LAY_RUNS_MAX = 65535, /**< runs of one group */
    LAY_M_MAX = 63,       /**< tariffs a receiver accepts (reference part 4, 1); a terminal sends up to 12 */
};

struct lay {
    uint8_t op;  /**< 1..27 or enum lay_op */
    uint8_t len; /**< bytes, for the ops that need it; fixed number of runs on LAY_REPEAT (0 = counted) */
    uint8_t flags;
    int8_t step;       /**< on LAY_REPEAT: added to the count: +1 total and tariffs, -1 orders 2..N */
    uint16_t quantity; /**< what the field shows (quantity.h), 0 = nothing; its tariff is the run number */
    /**
     * Range of BIN, BCD, EDGE and PART fields, unchecked when max is 0; of a count field, the range of the
     * count. A count is checked always, the others in LAY_STRICT and when encoding a numeric field.
     */
    uint32_t min, max;
    uint32_t mask;    /**< of LAYF_COUNT (0 = all bits) and LAY_PART */
    const char *name; /**< the field's name in answers: "fwd_active", "heartbeat" */
    const char *unit; /**< "kWh", "min", NULL */
};

/* Fields. Every macro is one array element, LF_ARRAY_... are three. */
#define LF_END                         {.op = LAY_END}
#define LF_A(n, name_, unit_)          {.op = (n), .name = (name_), .unit = (unit_)}
#define LF_AQ(n, name_, unit_, q)      {.op = (n), .name = (name_), .unit = (unit_), .quantity = (q)}
#define LF_TIME15(name_)               LF_A(15, name_, NULL)
/** A data value in BIN: all EE is "no value". */
#define LF_BIN(len_, name_, unit_)     {.op = LAY_BIN, .len = (len_), .name = (name_), .unit = (unit_)}
#define LF_BINQ(len_, name_, unit_, q)                                                                       \
    {.op = LAY_BIN, .len = (len_), .name = (name_), .unit = (unit_), .quantity = (q)}
/** A number that is never EE: port, point, counter, pointer. min..max are checked when max > 0. */
#define LF_NUM(len_, name_, unit_, min_, max_)                                                               \
    {.op = LAY_BIN, .len = (len_), .flags = LAYF_NUMERIC, .min = (min_), .max = (max_),                      \
     .name = (name_), .unit = (unit_)}
#define LF_BS(len_, name_)             {.op = LAY_BS, .len = (len_), .name = (name_)}
#define LF_BSQ(len_, name_, q)         {.op = LAY_BS, .len = (len_), .name = (name_), .quantity = (q)}
#define LF_ASCII(len_, name_)          {.op = LAY_ASCII, .len = (len_), .name = (name_)}
#define LF_BYTES(len_, name_)          {.op = LAY_BYTES, .len = (len_), .name = (name_)}
/** Text or bytes as long as the last count says (F7 user name, AFN 0F and 10 contents). */
#define LF_ASCII_COUNTED(name_)        LF_ASCII(0, name_)
#define LF_BYTES_COUNTED(name_)        LF_BYTES(0, name_)
#define LF_IP4(name_)                  {.op = LAY_IP4, .name = (name_)}
#define LF_PHONE(len_, name_)          {.op = LAY_PHONE, .len = (len_), .name = (name_)}
#define LF_BCD(len_, name_, max_)      {.op = LAY_BCD, .len = (len_), .max = (max_), .name = (name_)}
#define LF_EDGE(len_, name_)           {.op = LAY_EDGE, .len = (len_), .flags = LAYF_NUMERIC, .name = (name_)}
#define LF_DADT(name_)                 {.op = LAY_DADT, .name = (name_)}
/** Some bits of the BIN, BS or EDGE field before, under their own name; several may follow one field. */
#define LF_PART(mask_, name_, unit_, min_, max_)                                                             \
    {.op = LAY_PART, .mask = (mask_), .name = (name_), .unit = (unit_), .min = (min_), .max = (max_)}
/** Counts: plain, in some bits of its field, by set bits, by freeze density. */
#define LF_COUNT(len_, name_, min_, max_) LF_COUNT_MASK(len_, name_, 0, min_, max_)
#define LF_COUNT_MASK(len_, name_, mask_, min_, max_)                                                        \
    {.op = LAY_BIN, .len = (len_), .flags = LAYF_COUNT | LAYF_NUMERIC, .min = (min_), .max = (max_),         \
     .mask = (mask_), .name = (name_)}
#define LF_COUNT_BITS(len_, name_, mask_)                                                                    \
    {.op = LAY_BS, .len = (len_), .flags = LAYF_COUNT | LAYF_NUMERIC | LAYF_BITCOUNT, .mask = (mask_),       \
     .name = (name_)}
#define LF_COUNT_DENSITY(name_)                                                                              \
    {.op = LAY_BIN, .len = 1, .flags = LAYF_COUNT | LAYF_NUMERIC | LAYF_DENSITY, .name = (name_)}
/** Number of tariffs M. */
#define LF_COUNT_M                     LF_COUNT(1, "M", 0, LAY_M_MAX)
/** Groups: as often as counted, once more (total + tariffs), once less (orders 2..N), n times, to the end. */
#define LF_REPEAT                      {.op = LAY_REPEAT}
#define LF_REPEAT_M1                   {.op = LAY_REPEAT, .step = 1}
#define LF_REPEAT_LESS1                {.op = LAY_REPEAT, .step = -1}
#define LF_REPEAT_N(n)                 {.op = LAY_REPEAT, .len = (n)}
#define LF_REPEAT_REST(name_)          {.op = LAY_REPEAT, .flags = LAYF_REST, .name = (name_)}
#define LF_NEXT                        {.op = LAY_NEXT}
/** Arrays of one format: (M+1), as counted, fixed. */
#define LF_ARRAY_M1(n, name_, unit_, q) LF_REPEAT_M1, LF_AQ(n, name_, unit_, q), LF_NEXT
#define LF_ARRAY(n, name_, unit_, q)    LF_REPEAT, LF_AQ(n, name_, unit_, q), LF_NEXT
#define LF_ARRAY_N(runs, n, name_, unit_, q) LF_REPEAT_N(runs), LF_AQ(n, name_, unit_, q), LF_NEXT
/** Time marks of class 2 (Td_d, Td_m, Td_c) and of the hour freeze (Td_h): reference part 2, 4. */
#define LF_TD_DAY   LF_A(20, "Td_d", NULL)
#define LF_TD_MONTH LF_A(21, "Td_m", NULL)
#define LF_TD_CURVE LF_A(15, "start", NULL), LF_NUM(1, "m", NULL, 0, 0), LF_COUNT(1, "n", 0, 255)
#define LF_TD_HOUR  LF_BCD(1, "H", 23), LF_COUNT_DENSITY("m")

enum lay_kind {
    LAYV_NONE, /**< EE: no value */
    LAYV_INT,  /**< BIN, BS, BCD, EDGE, PART; number = the unsigned value */
    LAYV_DEC,  /**< decimal formats */
    LAYV_TIME, /**< A.1, A.15 .. A.21, A.24: the parts the format has, the others 0 */
    LAYV_BYTES /**< ASCII, BYTES, IP4, PHONE, DADT, A.12; bit strings over 8 bytes */
};

struct lay_val {
    enum lay_kind kind;
    union {
        uint64_t number;
        struct value dec;
        struct civil time;
        struct {
            const uint8_t *p; /**< into the frame (decode), the source's memory (encode, until it returns) */
            uint16_t len;
        } bytes;
    };
};

/** Run numbers of the enclosing repeats from 0, outermost first; depth of them are meaningful. */
struct lay_at {
    uint8_t depth;
    uint16_t run[LAY_DEPTH];
};

/** Called for every field in order, parts included. @return 0 to go on, negative to stop with that code. */
typedef int (*lay_visit_fn)(void *ctx, const struct lay *field, const struct lay_at *at,
                            const struct lay_val *v);
/**
 * Asked for every field in order except parts (and for LAY_REPEAT with LAYF_REST: the runs); leave v->kind
 * LAYV_NONE for "no value". A numeric kind may stand for another: LAYV_DEC for a BIN field, LAYV_INT for a
 * decimal format or A.12, LAYV_DEC with the digits YYYYMMDDhhmmss (UNIT_DATETIME) for a time format. @return
 * 0, negative to stop.
 */
typedef int (*lay_source_fn)(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v);

enum lay_mode {
    LAY_TOLERANT, /**< receiving data: a field with bad digits is LAYV_NONE (reference part 2, 1) */
    LAY_STRICT,   /**< checking a parameter: bad digits and wrong ranges refuse the unit, BIN is never EE */
};

/**
 * Walk one data unit.
 * @param visit may be NULL (length and check only)
 * @return bytes consumed; r advanced. CN_E_SHORT (cursor too short); CN_E_RANGE or CN_E_FORMAT (LAY_STRICT:
 * the unit is refused, visiting stopped at the bad field, r stands behind the unit; LAY_TOLERANT: a count is
 * out of range); or what visit returned.
 */
int lay_decode(const struct lay *lay, struct rbuf *r, enum lay_mode mode, lay_visit_fn visit, void *ctx);

/**
 * Build one data unit. A field without a value becomes EE; one flagged LAYF_NUMERIC or LAYF_COUNT must have
 * one. Decimal values are expressed in the format's decimals, surplus ones cut; a value that does not fit is
 * EE (a concentrator never sends a wrong number). Text is cut to its field and padded with 00, phone digits
 * with F.
 * @return bytes written; on an error out is unchanged: CN_E_NOSPACE, CN_E_STATE (a numeric field without a
 * value), CN_E_RANGE (numeric field or count out of range, byte string of another length), or what source
 * returned.
 */
int lay_encode(const struct lay *lay, struct wbuf *out, lay_source_fn source, void *ctx);

/** Bytes of format A.n, 0 when there is no such format. */
int fmt_size(unsigned n);
/**
 * One value of format A.n (reference part 2, 2).
 * @return 0 (v may be LAYV_NONE), CN_E_FORMAT (bad digit, impossible date; v is LAYV_NONE). p has fmt_size(n)
 * bytes.
 */
int fmt_decode(unsigned n, const uint8_t *p, struct lay_val *v);
/** @return 0, CN_E_RANGE (does not fit the format; p is then all EE). LAYV_NONE gives EE. */
int fmt_encode(unsigned n, const struct lay_val *v, uint8_t *p);
/** Points of one full hour of a freeze density (reference part 2, 3): 4, 2, 1, 12, 60; else 0. */
unsigned fmt_density_points(unsigned m);
/**
 * Parts of a time format, one letter a byte: s m h d, o month, w weekday and month (A.1), y year: "mhdoy" for A.15.
 * NULL for other formats.
 */
const char *fmt_time_parts(unsigned n);

/**
 * Print a field's value as people read it: "1234.5678", "2026-11-22 10:30", "192.168.0.1", "05H" for bits,
 * "start 5" for EDGE, "p1F33" for DADT, hex for bytes, "-" for none. @return out, always terminated, cut to
 * cap.
 */
char *lay_print(const struct lay *field, const struct lay_val *v, char *out, size_t cap);

#endif
