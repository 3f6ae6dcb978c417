#ifndef GATEWAY_MODEL_LAYOUT_H
#define GATEWAY_MODEL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/base/value.h"

/**
 * The layout language of 376.1: a data unit is a const array of fields that ends with LAY_END. One walker decodes,
 * one encodes; both follow the same array, so set, query, answer, event and printout come from one description.
 * There are no branches, only repetition: LAY_REPEAT ... LAY_NEXT runs as often as the count field before it says.
 * Repeats nest to LAY_DEPTH.
 */
enum lay_op {
    LAY_END = 0,
    /* LAY_A(n), n = 1..27: data format A.n (Q/GDW 376.1-2009 annex A; reference part 2) */
    LAY_BIN = 32, /**< unsigned, `len` bytes (1, 2, 4), low byte first */
    LAY_BS,       /**< bit string of `len` bytes */
    LAY_ASCII,    /**< text of `len` bytes, 00 padded */
    LAY_BYTES,    /**< `len` opaque bytes */
    LAY_IP4,      /**< 4 bytes a.b.c.d in that order */
    LAY_PHONE,    /**< `len` bytes of digit nibbles, first digit in D7..D4 (F4) */
    LAY_BCD,      /**< unsigned BCD of `len` bytes without a format number (region code) */
    LAY_REPEAT,   /**< start of a repeated group */
    LAY_NEXT,     /**< end of a repeated group */
};
#define LAY_A(n) (n)

enum lay_flags {
    LAYF_COUNT = 1,    /**< (value & mask) repeats the next LAY_REPEAT group; never EE */
    LAYF_PLUS1 = 2,    /**< on LAY_REPEAT: one run more than the count (total + tariffs) */
    LAYF_NUMERIC = 4,  /**< never EE: counts, ports, point numbers, EC, pointers (reference part 2, 1) */
    LAYF_SIGNED_EE_OK = 8, /**< reserved for formats with sign: EE is "no value" as everywhere */
    LAYF_BITCOUNT = 16, /**< with LAYF_COUNT: the number of set bits of (value & mask) counts (F41, AFN 09 F6) */
    LAYF_FLAG_TIME = 32, /**< on A.15 etc.: may be all EE even in a parameter */
};

enum { LAY_DEPTH = 3, LAY_REPEAT_MAX = 2040 };

struct lay {
    uint8_t op;
    uint8_t len;   /**< bytes, for the ops that need it; fixed number of runs on LAY_REPEAT (0 = counted) */
    uint8_t flags;
    uint8_t step;  /**< on LAY_REPEAT: added to the count of runs when LAYF_PLUS1 */
    uint32_t min, max; /**< accepted range of BIN/BS/BCD fields when max > 0; checked on decode and encode */
    uint32_t mask;     /**< of LAYF_COUNT; 0 = all bits */
    const char *name;  /**< the field's name in answers: "fwd_active", "heartbeat" */
    const char *unit;  /**< "kWh", "min", NULL */
    uint16_t quantity; /**< what the field shows (gateway/model/quantity.h), 0 = nothing; its tariff is the run number */
};

enum lay_kind {
    LAYV_NONE, /**< EE: no value */
    LAYV_INT,  /**< BIN, BS, BCD; number = the unsigned value */
    LAYV_DEC,  /**< decimal formats */
    LAYV_TIME, /**< A.1, A.15 .. A.21, A.24: the parts the format has, the others 0 */
    LAYV_BYTES /**< ASCII, BYTES, IP4, PHONE, A.12; bit strings over 8 bytes */
};

struct lay_val {
    enum lay_kind kind;
    union {
        uint64_t number;
        struct value dec;
        struct civil time;
        struct {
            const uint8_t *p; /**< into the frame (decode) or the source's memory (encode, until it returns) */
            uint16_t len;
        } bytes;
    };
};

/** Run numbers of the enclosing repeats, outermost first; depth of them are meaningful. */
struct lay_at {
    uint8_t depth;
    uint16_t run[LAY_DEPTH];
};

/** Called for every field in order. @return 0 to go on, negative to stop with that code. */
typedef int (*lay_visit_fn)(void *ctx, const struct lay *field, const struct lay_at *at, const struct lay_val *v);
/** Asked for every field in order; leave v->kind LAYV_NONE for "no value". @return 0, negative to stop. */
typedef int (*lay_source_fn)(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v);

enum lay_mode {
    LAY_TOLERANT, /**< receiving data: a field with bad digits is LAYV_NONE (reference part 2, 1) */
    LAY_STRICT,   /**< checking a parameter: bad digits or a value out of range refuse the unit */
};

/**
 * Walk one data unit.
 * @param visit may be NULL (length and check only)
 * @return bytes consumed; r advanced. CN_E_SHORT (cursor too short), CN_E_FORMAT or CN_E_RANGE (LAY_STRICT, or a
 *         count out of range in any mode), or what visit returned.
 */
int lay_decode(const struct lay *lay, struct rbuf *r, enum lay_mode mode, lay_visit_fn visit, void *ctx);

/**
 * Build one data unit. A field without a value becomes EE; one flagged LAYF_NUMERIC or LAYF_COUNT must have one.
 * Decimal values are expressed in the format's decimals, surplus ones cut; a value that does not fit is EE
 * (a concentrator never sends a wrong number).
 * @return bytes written, CN_E_NOSPACE (out is then unchanged), CN_E_STATE (a numeric field without a value), CN_E_RANGE
 *         (count or BIN field out of range), or what source returned.
 */
int lay_encode(const struct lay *lay, struct wbuf *out, lay_source_fn source, void *ctx);

/** One value of format A.n; n and the byte count as in the reference part 2. */
int fmt_size(unsigned n);
/** @return 0 (v may be LAYV_NONE), CN_E_FORMAT (bad digit, impossible date). p has fmt_size(n) bytes. */
int fmt_decode(unsigned n, const uint8_t *p, struct lay_val *v);
/** @return 0, CN_E_RANGE (does not fit the format; p is then all EE). LAYV_NONE gives EE. */
int fmt_encode(unsigned n, const struct lay_val *v, uint8_t *p);
/** Print a field's value as people read it: "1234.5678", "2026-11-22 10:30", "192.168.0.1", hex, "-" for none. */
char *lay_print(const struct lay *field, const struct lay_val *v, char *out, size_t cap);

#endif
