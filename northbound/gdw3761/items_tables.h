#ifndef NORTHBOUND_GDW3761_ITEMS_TABLES_H
#define NORTHBOUND_GDW3761_ITEMS_TABLES_H

#include "northbound/gdw3761/items.h"

/** Inside the folder only: the tables behind gdw_item_find, one file a group of AFN, rows sorted by Fn. */
struct gdw_row {
    uint8_t fn;
    uint8_t pn_kind;
    uint8_t mark;
    uint8_t answer;
    const char *name;
    const char *clause;
    const struct lay *down, *up;
    /** Another form of the downlink unit, taken when it stands alone in its frame and has exactly this
     * length. */
    const struct lay *alone;
    uint8_t alone_len;
};

struct gdw_table {
    uint8_t afn;
    const char *name; /**< of the AFN */
    const struct gdw_row *rows;
    uint16_t count;
};

extern const struct gdw_table gdw_table_00, gdw_table_01, gdw_table_02, gdw_table_04, gdw_table_05,
    gdw_table_08, gdw_table_09, gdw_table_0a, gdw_table_0b, gdw_table_0c, gdw_table_0d, gdw_table_0e,
    gdw_table_0f, gdw_table_10;

/** No data at all. */
extern const struct lay gdw_lay_none[];
/** Request of AFN 0A for list entries with one byte of count and one of key (reference part 3, 2). */
extern const struct lay gdw_lay_keys[];

/* Bodies that class 1 and class 2 share (reference part 4, 5; part 5, 4). */
extern const struct lay gdw_body_forward[], gdw_body_reverse[];               /**< 5.7 */
extern const struct lay gdw_body_demand_forward[], gdw_body_demand_reverse[]; /**< 5.8 */
extern const struct lay gdw_body_phase_loss[];                                /**< 5.2 */
extern const struct lay gdw_body_loss[];                                      /**< 5.5 copper, iron */
extern const struct lay gdw_body_ep_imp[], gdw_body_ep_exp[], gdw_body_eq_comb1[], gdw_body_eq_comb2[],
    gdw_body_eq_q1[], gdw_body_eq_q2[], gdw_body_eq_q3[], gdw_body_eq_q4[]; /**< 5.13 */
extern const struct lay gdw_body_md_active[], gdw_body_md_reactive[];       /**< 5.14 */
extern const struct lay gdw_body_relay[];                                   /**< 5.15 */
extern const struct lay gdw_body_covers[], gdw_body_changes[];              /**< 5.16, 5.17 */
extern const struct lay gdw_body_purchase[], gdw_body_settlement[];         /**< 5.18, 5.19 */
extern const struct lay gdw_body_capacitor_sums[], gdw_body_capacitor_energy[];
extern const struct lay gdw_body_group_energy_active[], gdw_body_group_energy_reactive[];

#define GDW_ROWS(a) (a), (uint16_t)(sizeof(a) / sizeof((a)[0]))

#endif
