#ifndef NORTHBOUND_GDW3761_ITEMS_H
#define NORTHBOUND_GDW3761_ITEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/model/layout.h"
#include "gateway/model/param.h"
#include "northbound/gdw3761/frame.h"

/**
 * Items are rows: one (AFN, Fn) is one row of a const table (items_XX.c, one file a group of AFN) with the
 * layouts of its data unit downlink and uplink. The same rows answer requests, check commands, and explain
 * frames of either direction. Rows of AFN 04 and 0A are made from the parameter dictionary
 * (gateway/model/param.h).
 */
enum gdw_mark {
    GDW_MARK_NONE,
    GDW_MARK_DAY,   /**< Td_d, 3 bytes */
    GDW_MARK_MONTH, /**< Td_m, 2 bytes */
    GDW_MARK_CURVE, /**< Td_c, 7 bytes */
};

/** How this terminal serves the item; GDW_EXPLAIN items are denied. */
enum gdw_answer {
    GDW_EXPLAIN = 0,    /**< layout known, not served */
    GDW_LINK_SERVICE,   /**< AFN 00, 02: the session's own */
    GDW_PARAM,          /**< AFN 04, 0A: parameter dictionary */
    GDW_SET_CLOCK,      /**< 05 F31 */
    GDW_VERSION,        /**< 09 F1 */
    GDW_CLOCK,          /**< 0C F2 */
    GDW_EVENT_COUNTERS, /**< 0C F7 */
    GDW_LATEST,         /**< 0C, measuring point: last reading or the meter */
    GDW_DAY_FREEZE,     /**< 0D: one day freeze */
    GDW_DAY_DIFFERENCE, /**< 0D: difference of two day freezes */
    GDW_EVENT_RECORDS,  /**< 0E */
    GDW_TRANSPARENT,    /**< 10 F1 */
};

struct gdw_item {
    uint8_t afn;
    uint8_t fn;
    uint8_t pn_kind; /**< enum point_kind */
    uint8_t mark;    /**< enum gdw_mark: time mark that makes up the request of AFN 0D and opens its answer */
    uint8_t answer;  /**< enum gdw_answer */
    const char *name;       /**< "present forward active energy" */
    const char *clause;     /**< "reference part 4, 5.13" */
    const struct lay *down; /**< data unit master -> terminal; NULL: the item does not go this way */
    /** Data unit terminal -> master; NULL likewise. In AFN 0D what follows Td_d or Td_m; of a curve Td_c is
     * included. */
    const struct lay *up;
    const struct param_def
        *param; /**< AFN 04 and 0A: row of the dictionary, NULL for an item only explained */
    const struct lay
        *alone; /**< another form, when the unit stands alone in its frame and has exactly alone_len bytes */
    uint8_t alone_len;
};

/** @return 0 and the row, CN_E_NOTFOUND (reserved or unknown). */
int gdw_item_find(unsigned afn, unsigned fn, struct gdw_item *out);
/** True when the terminal serves the item (concentratorctl items, AFN 09). */
bool gdw_item_answered(const struct gdw_item *item);
/** All rows by AFN, then Fn. @return rows visited, or what cb returned when negative. */
typedef int (*gdw_item_fn)(void *ctx, const struct gdw_item *item);
int gdw_items_each(gdw_item_fn cb, void *ctx);
/** "set parameters", "class 1 data"; "reserved" for others. */
const char *gdw_afn_name(unsigned afn);
/** "p0", "measuring point", "group" ... */
const char *gdw_pn_kind_name(unsigned pn_kind);
/** True when pn is of the kind an item wants: 0 for p0, 1..n for the others. */
bool gdw_pn_fits(unsigned pn_kind, unsigned pn);

/* ---- data units of a frame ---- */

enum { GDW_PN_ALL = 0xFFFF /**< pn of a unit that stands for all points */ };

struct gdw_unit {
    uint8_t afn, fn;
    uint16_t pn; /**< 0..2040 or GDW_PN_ALL */
    bool up;
    bool known; /**< item is a row; else the Fn is reserved or unknown, and layout is NULL */
    struct gdw_item item;
    const struct lay *mark;   /**< AFN 0D uplink: Td_d or Td_m in front of layout; NULL else */
    const struct lay *layout; /**< of this direction; NULL: nothing can be said about the data */
    const uint8_t *data;      /**< behind the DADT, inside the frame */
    uint16_t len;
    /**
     * 0, or why the unit and all behind it cannot be parsed: CN_E_UNSUPPORTED (length of the data unknown),
     * CN_E_SHORT (data end inside), CN_E_RANGE (impossible count). len is then what is left of the data area.
     */
    int err;
};

/** Configured instances of a point kind: smallest number > after, 0 = none. For requests to all points. */
typedef unsigned (*gdw_next_pn_fn)(void *ctx, unsigned pn_kind, unsigned after);

/**
 * Walks the data units of one frame in the order of section 8: DADT by DADT, pn ascending, Fn ascending
 * within each pn. Small and without hidden state: an answer of many frames keeps this, not the remaining
 * answer.
 */
struct gdw_cursor {
    const struct gdw_frame *frame; /**< caller's, must outlive the cursor */
    gdw_next_pn_fn next_pn;
    void *next_ctx;
    struct rbuf r;
    struct gdw_dadt dadt;
    bool in_dadt;
    bool shared_td; /**< AFN 0D: one Td for the whole DADT (part 5, section 2) */
    bool all_points;
    bool ffff_is_all;             /**< FF FF means all points too (section 8) */
    uint16_t pn;                  /**< point in work */
    uint8_t pk, fk;               /**< next bits of DA1 and DT1 */
    uint16_t td_at[8], td_len[8]; /**< data of each Fn bit when several points share it */
    int err;
};

/**
 * @param next_pn NULL: all points are given once as pn = GDW_PN_ALL (explaining); else they are expanded
 * @return 0; CN_E_FORMAT: a class 2 request that fits neither way of sending time marks, or AUX is bad
 */
int gdw_cursor_init(struct gdw_cursor *c, const struct gdw_frame *f, gdw_next_pn_fn next_pn, void *ctx);
/** @return 1 and the next unit (look at u->err: it is then the last one), 0 at the end. DADTs that name
 * nothing are skipped in reading requests and given as unknown units (fn 0) in AFN 04 and 05. */
int gdw_cursor_next(struct gdw_cursor *c, struct gdw_unit *u);

/* ---- explaining ---- */

struct gdw_visitor {
    /** Before the fields of each unit. May be NULL. @return 0, negative to stop. */
    int (*unit)(void *ctx, const struct gdw_unit *u);
    /**
     * Each field in order, as lay_visit_fn. Event records (AFN 0E) come as fields "ERC" and "Le" followed by
     * the fields of that event; a record of an unknown ERC as one field "content". May be NULL.
     */
    int (*field)(void *ctx, const struct gdw_unit *u, const struct lay *field, const struct lay_at *at,
                 const struct lay_val *v);
};

/**
 * Walk all data units of a frame of either direction with all their fields.
 * @return number of units; CN_E_FORMAT (AUX or data area malformed), CN_E_UNSUPPORTED / CN_E_SHORT /
 * CN_E_RANGE (a unit could not be parsed to its end; it was visited, with the fields that were readable), or
 * what a callback returned.
 */
int gdw_walk(const struct gdw_frame *f, const struct gdw_visitor *v, void *ctx);
/** The fields of one unit. @return 0 or as gdw_walk. */
int gdw_walk_unit(const struct gdw_unit *u, const struct gdw_visitor *v, void *ctx);

#endif
