#include "northbound/gdw3761/items_tables.h"

/* Control commands (reference part 1, 13, AFN 05). */

static const struct lay trip[] = {LF_BS(1, "limit_and_delay"), LF_END};
static const struct lay period_control[] = {LF_BS(1, "periods"), LF_NUM(1, "scheme", NULL, 0, 0), LF_END};
static const struct lay reduction[] = {LF_NUM(1, "averaging", "min", 0, 0),
                                       LF_A(4, "factor", "%"),
                                       LF_NUM(1, "freeze_delay", "min", 0, 0),
                                       LF_NUM(1, "control_30min", NULL, 0, 0),
                                       LF_REPEAT_N(4),
                                       LF_NUM(1, "warning", "min", 0, 0),
                                       LF_NEXT,
                                       LF_END};
static const struct lay protection[] = {LF_NUM(1, "duration_30min", NULL, 0, 0), LF_END};
static const struct lay clock[] = {LF_A(1, "clock", NULL), LF_END};
static const struct lay text[] = {LF_BS(1, "kind_and_number"), LF_COUNT(1, "len", 0, 200),
                                  LF_BYTES_COUNTED("gb2312"), LF_END};
static const struct lay banks[] = {LF_BS(2, "banks"), LF_END};
static const struct lay port[] = {LF_NUM(1, "port", NULL, 0, 0), LF_END};

#define ROW(fn_, kind_, name_, lay)                                                                          \
    {                                                                                                        \
        .fn = (fn_), .pn_kind = (kind_), .name = (name_), .clause = "reference part 1, 13, AFN 05",          \
        .down = (lay)                                                                                        \
    }

static const struct gdw_row rows[] = {
    ROW(1, PN_ROUND, "remote trip", trip),
    ROW(2, PN_ROUND, "permit closing", gdw_lay_none),
    ROW(9, PN_GROUP, "period power control on", period_control),
    ROW(10, PN_GROUP, "holiday control on", gdw_lay_none),
    ROW(11, PN_GROUP, "suspension control on", gdw_lay_none),
    ROW(12, PN_GROUP, "power reduction on", reduction),
    ROW(15, PN_GROUP, "monthly energy control on", gdw_lay_none),
    ROW(16, PN_GROUP, "prepaid control on", gdw_lay_none),
    ROW(17, PN_GROUP, "period power control off", gdw_lay_none),
    ROW(18, PN_GROUP, "holiday control off", gdw_lay_none),
    ROW(19, PN_GROUP, "suspension control off", gdw_lay_none),
    ROW(20, PN_GROUP, "power reduction off", gdw_lay_none),
    ROW(23, PN_GROUP, "monthly energy control off", gdw_lay_none),
    ROW(24, PN_GROUP, "prepaid control off", gdw_lay_none),
    ROW(25, PN_ZERO, "supply protection on", protection),
    ROW(26, PN_ZERO, "payment reminder on", gdw_lay_none),
    ROW(27, PN_ZERO, "allow voice", gdw_lay_none),
    ROW(28, PN_ZERO, "take terminal out", gdw_lay_none),
    ROW(29, PN_ZERO, "allow spontaneous reports", gdw_lay_none),
    {.fn = 31,
     .answer = GDW_SET_CLOCK,
     .name = "set clock",
     .clause = "reference part 1, 13, AFN 05",
     .down = clock},
    ROW(32, PN_ZERO, "Chinese text", text),
    ROW(33, PN_ZERO, "supply protection off", gdw_lay_none),
    ROW(34, PN_ZERO, "payment reminder off", gdw_lay_none),
    ROW(35, PN_ZERO, "forbid voice", gdw_lay_none),
    ROW(36, PN_ZERO, "take terminal out, off", gdw_lay_none),
    ROW(37, PN_ZERO, "forbid spontaneous reports", gdw_lay_none),
    ROW(38, PN_ZERO, "connect to master", gdw_lay_none),
    ROW(39, PN_ZERO, "disconnect", gdw_lay_none),
    ROW(41, PN_POINT, "capacitor in", banks),
    ROW(42, PN_POINT, "capacitor out", banks),
    ROW(49, PN_ZERO, "stop reading on a port", port),
    ROW(50, PN_ZERO, "resume reading on a port", port),
    ROW(51, PN_ZERO, "read again on a port", port),
    ROW(52, PN_ZERO, "clear relay routes of a port", port),
    ROW(53, PN_ZERO, "delete all meters of a port", port),
};
const struct gdw_table gdw_table_05 = {GDW_AFN_CONTROL, "control", GDW_ROWS(rows)};
