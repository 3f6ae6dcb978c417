#include "northbound/gdw3761/items_tables.h"

/* AFN 00, 01, 02, 08: services of the link and the terminal as a whole (reference part 1, 10, 11, 13). */

static const struct lay confirm_list[] = {LF_NUM(1, "afn", NULL, 0, 0),
                                          LF_REPEAT_REST("list"),
                                          LF_DADT("dadt"),
                                          LF_NUM(1, "err", NULL, 0, 0),
                                          LF_NEXT,
                                          LF_END};

#define BOTH(fn_, name_, lay)                                                                                \
    {                                                                                                        \
        .fn = (fn_), .answer = GDW_LINK_SERVICE, .name = (name_), .clause = "reference part 1, 10",          \
        .down = (lay), .up = (lay)                                                                           \
    }

static const struct gdw_row rows_00[] = {
    BOTH(1, "all confirmed", gdw_lay_none),
    BOTH(2, "all denied", gdw_lay_none),
    BOTH(3, "confirmed and denied item by item", confirm_list),
};
const struct gdw_table gdw_table_00 = {GDW_AFN_CONFIRM, "confirm", GDW_ROWS(rows_00)};

#define RESET(fn_, name_)                                                                                    \
    {                                                                                                        \
        .fn = (fn_), .name = (name_), .clause = "reference part 1, 13, AFN 01", .down = gdw_lay_none         \
    }

static const struct gdw_row rows_01[] = {
    RESET(1, "hardware initialisation"),
    RESET(2, "data area initialisation"),
    RESET(3, "initialise all parameters and data"),
    RESET(4, "initialise data and parameters except communication"),
};
const struct gdw_table gdw_table_01 = {GDW_AFN_RESET, "reset", GDW_ROWS(rows_01)};

/* a later derivative of the standard sends its clock with the heartbeat */
static const struct lay heartbeat_clock[] = {LF_A(1, "clock", NULL), LF_END};

#define LINK(fn_, name_)                                                                                     \
    .fn = (fn_), .answer = GDW_LINK_SERVICE, .name = (name_), .clause = "reference part 1, 11",              \
    .up = gdw_lay_none

static const struct gdw_row rows_02[] = {
    {LINK(1, "login")},
    {LINK(2, "logout")},
    {LINK(3, "heartbeat"), .alone = heartbeat_clock, .alone_len = 6},
};
const struct gdw_table gdw_table_02 = {GDW_AFN_LINK, "link", GDW_ROWS(rows_02)};

static const struct gdw_row rows_08[] = {
    {.fn = 1,
     .name = "ask a cascaded terminal for reports",
     .clause = "reference part 1, 13, AFN 08",
     .down = gdw_lay_none},
};
const struct gdw_table gdw_table_08 = {GDW_AFN_CASCADE, "cascade", GDW_ROWS(rows_08)};
