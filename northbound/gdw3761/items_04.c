#include "northbound/gdw3761/items_tables.h"

/*
 * Parameters (reference part 3) that the dictionary of gateway/model does not hold: they are explained, and
 * refused when a master sets them. A row moves to the dictionary when the terminal learns the parameter.
 */

static const struct lay f2[] = {LF_COUNT_MASK(1, "forwarding", 0x7F, 0, 16), LF_REPEAT,
                                LF_NUM(2, "terminal", NULL, 0, 0), LF_NEXT, LF_END};
static const struct lay f4[] = {LF_PHONE(8, "master_phone"), LF_PHONE(8, "sms_centre"), LF_END};
static const struct lay f5[] = {LF_NUM(1, "scheme", NULL, 0, 0), LF_NUM(2, "parameter", NULL, 0, 0), LF_END};
static const struct lay f6[] = {LF_REPEAT_N(8), LF_NUM(2, "group_address", NULL, 0, 0), LF_NEXT, LF_END};
static const struct lay f7[] = {LF_IP4("ip"),
                                LF_IP4("mask"),
                                LF_IP4("gateway"),
                                LF_NUM(1, "proxy_type", NULL, 0, 0),
                                LF_IP4("proxy_ip"),
                                LF_NUM(2, "proxy_port", NULL, 0, 0),
                                LF_NUM(1, "proxy_mode", NULL, 0, 0),
                                LF_COUNT(1, "user_len", 0, 20),
                                LF_ASCII_COUNTED("user"),
                                LF_COUNT(1, "password_len", 0, 20),
                                LF_ASCII_COUNTED("password"),
                                LF_NUM(2, "listen_port", NULL, 0, 0),
                                LF_END};
/* some masters always send 20 bytes of each name */
static const struct lay f7_fixed[] = {LF_IP4("ip"),
                                      LF_IP4("mask"),
                                      LF_IP4("gateway"),
                                      LF_NUM(1, "proxy_type", NULL, 0, 0),
                                      LF_IP4("proxy_ip"),
                                      LF_NUM(2, "proxy_port", NULL, 0, 0),
                                      LF_NUM(1, "proxy_mode", NULL, 0, 0),
                                      LF_NUM(1, "user_len", NULL, 0, 20),
                                      LF_ASCII(20, "user"),
                                      LF_NUM(1, "password_len", NULL, 0, 20),
                                      LF_ASCII(20, "password"),
                                      LF_NUM(2, "listen_port", NULL, 0, 0),
                                      LF_END};
static const struct lay f11[] = {LF_COUNT(1, "n", 0, 64),
                                 LF_REPEAT,
                                 LF_NUM(1, "input", NULL, 0, 0),
                                 LF_NUM(1, "point", NULL, 0, 0),
                                 LF_BS(1, "kind"),
                                 LF_NUM(2, "constant", NULL, 0, 0),
                                 LF_NEXT,
                                 LF_END};
static const struct lay f12[] = {LF_BS(1, "connected"), LF_BS(1, "normally_open"), LF_END};
static const struct lay f13[] = {LF_COUNT(1, "n", 0, 64),
                                 LF_REPEAT,
                                 LF_NUM(1, "input", NULL, 0, 0),
                                 LF_NUM(1, "point", NULL, 0, 0),
                                 LF_NUM(1, "kind", NULL, 0, 0),
                                 LF_NEXT,
                                 LF_END};
static const struct lay f14[] = {LF_COUNT(1, "n", 0, 8),
                                 LF_REPEAT,
                                 LF_NUM(1, "group", NULL, 0, 0),
                                 LF_COUNT(1, "members", 0, 64),
                                 LF_REPEAT,
                                 LF_BS(1, "member"),
                                 LF_NEXT,
                                 LF_NEXT,
                                 LF_END};
static const struct lay f15[] = {LF_COUNT(1, "n", 0, 8),
                                 LF_REPEAT,
                                 LF_NUM(1, "group", NULL, 0, 0),
                                 LF_NUM(1, "compared", NULL, 0, 0),
                                 LF_NUM(1, "reference", NULL, 0, 0),
                                 LF_BS(1, "control"),
                                 LF_BIN(1, "relative", "%"),
                                 LF_A(3, "absolute", "kWh"),
                                 LF_NEXT,
                                 LF_END};
static const struct lay f16[] = {LF_ASCII(32, "user"), LF_ASCII(32, "password"), LF_END};
static const struct lay f17[] = {LF_A(2, "limit", "kW"), LF_END};
static const struct lay f18[] = {LF_REPEAT_N(12), LF_BS(1, "control"), LF_NEXT, LF_END};
static const struct lay f19[] = {LF_A(4, "factor", "%"), LF_END};
static const struct lay f21[] = {LF_REPEAT_N(48), LF_NUM(1, "tariff", NULL, 0, 0), LF_NEXT,
                                 LF_NUM(1, "M", NULL, 0, 0), LF_END};
static const struct lay f22[] = {LF_COUNT(1, "M", 0, 48), LF_ARRAY(3, "price", NULL, 0), LF_END};
static const struct lay f23[] = {LF_BS(3, "hours"), LF_END};
static const struct lay f25[] = {LF_NUM(2, "pt_ratio", NULL, 0, 0),
                                 LF_NUM(2, "ct_ratio", NULL, 0, 0),
                                 LF_A(7, "rated_voltage", "V"),
                                 LF_A(22, "rated_current", "A"),
                                 LF_A(23, "rated_load", "kVA"),
                                 LF_BS(1, "wiring"),
                                 LF_END};
#define LIMIT(name, format, unit)                                                                            \
    LF_A(format, name, unit), LF_BIN(1, name "_duration", "min"), LF_A(5, name "_recovery", "%")
static const struct lay f26[] = {LF_A(7, "u_upper", "V"),          LF_A(7, "u_lower", "V"),
                                 LF_A(7, "u_phase_loss", "V"),     LIMIT("u_over", 7, "V"),
                                 LIMIT("u_under", 7, "V"),         LIMIT("i_over", 25, "A"),
                                 LIMIT("i_rated", 25, "A"),        LIMIT("i_zero", 25, "A"),
                                 LIMIT("s_over", 23, "kVA"),       LIMIT("s_upper", 23, "kVA"),
                                 LIMIT("u_unbalance", 5, "%"),     LIMIT("i_unbalance", 5, "%"),
                                 LF_BIN(1, "voltage_loss", "min"), LF_END};
static const struct lay f27[] = {LF_REPEAT_N(3),
                                 LF_A(26, "R", "ohm"),
                                 LF_A(26, "X", "ohm"),
                                 LF_A(26, "G", "S"),
                                 LF_A(26, "B", "S"),
                                 LF_NEXT,
                                 LF_END};
static const struct lay f28[] = {LF_A(5, "limit1", "%"), LF_A(5, "limit2", "%"), LF_END};
static const struct lay f29[] = {LF_ASCII(12, "display_number"), LF_END};
static const struct lay f30[] = {LF_NUM(1, "stopped", NULL, 0, 0), LF_END};
static const struct lay f31[] = {LF_COUNT(1, "n", 0, 20), LF_ARRAY(12, "node", NULL, 0), LF_END};
static const struct lay f34[] = {LF_COUNT(1, "n", 0, 31),
                                 LF_REPEAT,
                                 LF_NUM(1, "port", NULL, 0, 0),
                                 LF_BS(1, "control"),
                                 LF_NUM(4, "baud", NULL, 0, 0),
                                 LF_NEXT,
                                 LF_END};
static const struct lay f35[] = {LF_COUNT(1, "n", 0, 20), LF_REPEAT, LF_NUM(2, "index", NULL, 0, 0), LF_NEXT,
                                 LF_END};
static const struct lay f37[] = {LF_NUM(1, "port", NULL, 0, 0),
                                 LF_BS(1, "control"),
                                 LF_NUM(1, "timeout_100ms", NULL, 0, 0),
                                 LF_NUM(1, "byte_10ms", NULL, 0, 0),
                                 LF_NUM(1, "repeats", NULL, 0, 0),
                                 LF_NUM(1, "poll", "min", 0, 0),
                                 LF_COUNT_MASK(1, "side_and_count", 0x0F, 0, 15),
                                 LF_REPEAT,
                                 LF_BCD(2, "region", 9999),
                                 LF_NUM(2, "address", NULL, 0, 0),
                                 LF_NEXT,
                                 LF_END};
static const struct lay f38[] = {LF_NUM(1, "class", NULL, 0, 0),
                                 LF_COUNT(1, "m", 0, 16),
                                 LF_REPEAT,
                                 LF_NUM(1, "subclass", NULL, 0, 0),
                                 LF_COUNT(1, "groups", 0, 31),
                                 LF_REPEAT,
                                 LF_BS(1, "fns"),
                                 LF_NEXT,
                                 LF_NEXT,
                                 LF_END};
static const struct lay f38_query[] = {LF_NUM(1, "class", NULL, 0, 0),
                                       LF_COUNT(1, "n", 0, 16),
                                       LF_REPEAT,
                                       LF_NUM(1, "subclass", NULL, 0, 0),
                                       LF_NEXT,
                                       LF_END};
static const struct lay f41[] = {LF_COUNT_BITS(1, "schemes", 0x07),
                                 LF_REPEAT,
                                 LF_COUNT_BITS(1, "periods", 0),
                                 LF_REPEAT,
                                 LF_A(2, "limit", "kW"),
                                 LF_NEXT,
                                 LF_NEXT,
                                 LF_END};
static const struct lay f42[] = {LF_A(2, "limit", "kW"), LF_A(19, "start", NULL),
                                 LF_BIN(1, "duration_30min", NULL), LF_BS(1, "days"), LF_END};
static const struct lay f43[] = {LF_NUM(1, "averaging", "min", 0, 0), LF_END};
static const struct lay f44[] = {LF_A(20, "start", NULL), LF_A(20, "end", NULL), LF_A(2, "limit", "kW"),
                                 LF_END};
static const struct lay f45[] = {LF_BS(1, "rounds"), LF_END};
static const struct lay f46[] = {LF_A(3, "limit", "kWh"), LF_END};
static const struct lay f46_later[] = {LF_A(3, "limit", "kWh"), LF_A(4, "alarm", "%"), LF_END};
static const struct lay f47[] = {LF_NUM(4, "order", NULL, 0, 0), LF_BS(1, "kind"),
                                 LF_A(3, "purchased", NULL),     LF_A(3, "alarm", NULL),
                                 LF_A(3, "trip", NULL),          LF_END};
static const struct lay f49[] = {LF_NUM(1, "warning", "min", 0, 0), LF_END};
static const struct lay f58[] = {LF_NUM(1, "allowed", "h", 0, 0), LF_END};
static const struct lay f59[] = {LF_A(22, "deviation", NULL), LF_A(22, "flying", NULL),
                                 LF_NUM(1, "stopped_15min", NULL, 0, 0), LF_NUM(1, "clock", "min", 0, 0),
                                 LF_END};
static const struct lay f59_later[] = {LF_A(22, "deviation", NULL), LF_A(22, "flying", NULL),
                                       LF_NUM(1, "stopped_15min", NULL, 0, 0), LF_NUM(2, "clock", "s", 0, 0),
                                       LF_END};
/* single harmonics: even orders then odd ones (uncertain) */
static const struct lay f60[] = {LF_A(5, "u_total", "%"),
                                 LF_A(5, "u_odd", "%"),
                                 LF_A(5, "u_even", "%"),
                                 LF_ARRAY_N(18, 5, "u_single", "%", 0),
                                 LF_A(6, "i_total", "A"),
                                 LF_ARRAY_N(18, 6, "i_single", "A", 0),
                                 LF_END};
static const struct lay f61[] = {LF_BS(1, "inputs"), LF_END};
static const struct lay f65[] = {LF_BS(1, "period"),
                                 LF_A(1, "base", NULL),
                                 LF_NUM(1, "R", NULL, 0, 0),
                                 LF_COUNT(1, "n", 0, 255),
                                 LF_REPEAT,
                                 LF_DADT("item"),
                                 LF_NEXT,
                                 LF_END};
static const struct lay f67[] = {LF_BS(1, "state"), LF_END};
static const struct lay f73[] = {LF_REPEAT_N(16), LF_BS(1, "mode"), LF_A(2, "capacity", "kvar"), LF_NEXT,
                                 LF_END};
static const struct lay f74[] = {LF_A(5, "target_pf", "%"),          LF_A(23, "in_limit", "kvar"),
                                 LF_A(23, "out_limit", "kvar"),      LF_NUM(1, "delay", "min", 0, 0),
                                 LF_NUM(1, "interval", "min", 0, 0), LF_END};
static const struct lay f75[] = {
    LF_A(7, "u_over", "V"),         LF_A(7, "u_over_return", "V"),       LF_A(7, "u_under", "V"),
    LF_A(7, "u_under_return", "V"), LF_A(5, "i_distortion", "%"),        LF_A(5, "i_distortion_return", "%"),
    LF_A(5, "u_distortion", "%"),   LF_A(5, "u_distortion_return", "%"), LF_END};
static const struct lay f76[] = {LF_NUM(1, "mode", NULL, 0, 0), LF_END};
static const struct lay f81[] = {LF_A(2, "range_start", NULL), LF_A(2, "range_end", NULL), LF_END};
static const struct lay f82[] = {LF_A(2, "upper", NULL), LF_A(2, "lower", NULL), LF_END};
static const struct lay f83[] = {LF_NUM(1, "m", NULL, 0, 0), LF_END};

#define ROW(fn_, kind_, name_, lay)                                                                          \
    .fn = (fn_), .pn_kind = (kind_), .name = (name_), .clause = "reference part 3", .down = (lay)
#define P0(fn, name, lay)                                                                                    \
    {                                                                                                        \
        ROW(fn, PN_ZERO, name, lay)                                                                          \
    }
#define MP(fn, name, lay)                                                                                    \
    {                                                                                                        \
        ROW(fn, PN_POINT, name, lay)                                                                         \
    }
#define TG(fn, name, lay)                                                                                    \
    {                                                                                                        \
        ROW(fn, PN_GROUP, name, lay)                                                                         \
    }
#define TK(fn, name, lay)                                                                                    \
    {                                                                                                        \
        ROW(fn, PN_TASK, name, lay)                                                                          \
    }
#define DP(fn, name, lay)                                                                                    \
    {                                                                                                        \
        ROW(fn, PN_DC, name, lay)                                                                            \
    }

static const struct gdw_row rows_04[] = {
    P0(2, "upstream wireless relay", f2),
    P0(4, "master phone and SMS centre", f4),
    P0(5, "message authentication", f5),
    P0(6, "group addresses", f6),
    {ROW(7, PN_ZERO, "terminal IP and port", f7), .alone = f7_fixed, .alone_len = 64},
    P0(11, "pulse configuration", f11),
    P0(12, "status inputs", f12),
    P0(13, "voltage and current analog configuration", f13),
    P0(14, "total groups", f14),
    P0(15, "differential energy event", f15),
    P0(16, "VPN user and password", f16),
    P0(17, "safety power limit", f17),
    P0(18, "power control periods", f18),
    P0(19, "period power limit float factor", f19),
    P0(20, "monthly energy limit float factor", f19),
    P0(21, "tariff periods", f21),
    P0(22, "tariff prices", f22),
    P0(23, "payment reminder", f23),
    MP(25, "measuring point basics", f25),
    MP(26, "measuring point limits", f26),
    MP(27, "copper and iron loss", f27),
    MP(28, "power factor limits", f28),
    MP(29, "local display number", f29),
    MP(30, "stop or start collective reading", f30),
    MP(31, "carrier slave auxiliary nodes", f31),
    P0(34, "downstream module parameters", f34),
    P0(35, "key customers", f35),
    P0(37, "cascade communication", f37),
    P0(38, "class 1 data configuration", f38),
    P0(39, "class 2 data configuration", f38),
    TG(41, "period power limits", f41),
    TG(42, "factory holiday control", f42),
    TG(43, "power averaging time", f43),
    TG(44, "business suspension control", f44),
    TG(45, "power control rounds", f45),
    {ROW(46, PN_GROUP, "monthly energy limit", f46), .alone = f46_later, .alone_len = 5},
    TG(47, "prepaid energy control", f47),
    TG(48, "energy control rounds", f45),
    {ROW(49, PN_ROUND, "power control warning time", f49)},
    P0(57, "sound alarm", f23),
    P0(58, "automatic supply protection", f58),
    {ROW(59, PN_ZERO, "meter fault thresholds", f59), .alone = f59_later, .alone_len = 5},
    P0(60, "harmonic limits", f60),
    P0(61, "DC analog inputs", f61),
    TK(65, "class 1 report task", f65),
    TK(66, "class 2 report task", f65),
    TK(67, "class 1 task start or stop", f67),
    TK(68, "class 2 task start or stop", f67),
    MP(73, "capacitor parameters", f73),
    MP(74, "capacitor switching", f74),
    MP(75, "capacitor protection", f75),
    MP(76, "capacitor control mode", f76),
    DP(81, "DC analog range", f81),
    DP(82, "DC analog limits", f82),
    DP(83, "DC analog freeze", f83),
};
const struct gdw_table gdw_table_04 = {GDW_AFN_SET, "set parameters", GDW_ROWS(rows_04)};

const struct lay gdw_lay_keys[] = {LF_COUNT(1, "n", 0, 255), LF_REPEAT, LF_NUM(1, "key", NULL, 0, 0), LF_NEXT,
                                   LF_END};

#define QUERY(fn_, lay)                                                                                      \
    {                                                                                                        \
        .fn = (fn_), .down = (lay)                                                                           \
    }

/* Only the request forms; name, kind and answer layout are those of the AFN 04 row. */
static const struct gdw_row rows_0a[] = {
    QUERY(11, gdw_lay_keys), QUERY(13, gdw_lay_keys), QUERY(14, gdw_lay_keys), QUERY(15, gdw_lay_keys),
    QUERY(34, gdw_lay_keys), QUERY(38, f38_query),    QUERY(39, f38_query),
};
const struct gdw_table gdw_table_0a = {GDW_AFN_QUERY, "query parameters", GDW_ROWS(rows_0a)};
