#include "gateway/model/quantity.h"
#include "northbound/gdw3761/items_tables.h"

/* Class 1 data, present values (reference part 4). */

static const struct lay f2[] = {LF_A(1, "clock", NULL), LF_END};
static const struct lay f3[] = {LF_BS(31, "params"), LF_END};
static const struct lay f4[] = {LF_BS(1, "state"), LF_END};
static const struct lay f5[] = {LF_BS(1, "state"),
                                LF_COUNT_BITS(1, "groups", 0),
                                LF_REPEAT,
                                LF_BIN(1, "scheme", NULL),
                                LF_BS(1, "periods"),
                                LF_BS(1, "power_control"),
                                LF_BS(1, "energy_control"),
                                LF_BS(1, "power_rounds"),
                                LF_BS(1, "energy_rounds"),
                                LF_NEXT,
                                LF_END};
static const struct lay f6[] = {LF_BS(1, "trip"),
                                LF_BIN(1, "fee_alarm", NULL),
                                LF_COUNT_BITS(1, "groups", 0),
                                LF_REPEAT,
                                LF_A(2, "limit", "kW"),
                                LF_A(4, "float", "%"),
                                LF_BS(1, "ptrip"),
                                LF_BS(1, "mtrip"),
                                LF_BS(1, "btrip"),
                                LF_BS(1, "palarm"),
                                LF_BS(1, "ealarm"),
                                LF_NEXT,
                                LF_END};
static const struct lay f7[] = {LF_NUM(1, "EC1", NULL, 0, 0), LF_NUM(1, "EC2", NULL, 0, 0), LF_END};
static const struct lay f8[] = {LF_BS(8, "ERC_flags"), LF_END};
static const struct lay f9[] = {LF_BS(1, "ST"), LF_BS(1, "CD"), LF_END};
static const struct lay f10[] = {LF_BIN(4, "day_bytes", NULL), LF_BIN(4, "month_bytes", NULL), LF_END};
static const struct lay f11[] = {LF_COUNT(1, "n", 0, 31),
                                 LF_REPEAT,
                                 LF_NUM(1, "port", NULL, 0, 0),
                                 LF_BIN(2, "total", NULL),
                                 LF_BS(1, "state"),
                                 LF_BIN(2, "ok", NULL),
                                 LF_BIN(1, "key_ok", NULL),
                                 LF_A(1, "start", NULL),
                                 LF_A(1, "end", NULL),
                                 LF_NEXT,
                                 LF_END};
static const struct lay power_active[] = {LF_A(2, "P", "kW"), LF_END};
static const struct lay power_reactive[] = {LF_A(2, "Q", "kvar"), LF_END};
static const struct lay f23[] = {LF_A(3, "remaining", "kWh"), LF_END};
static const struct lay f25[] = {LF_TIME15("T"),
                                 LF_AQ(9, "P_total", "kW", Q_P),
                                 LF_AQ(9, "P_A", "kW", Q_P_A),
                                 LF_AQ(9, "P_B", "kW", Q_P_B),
                                 LF_AQ(9, "P_C", "kW", Q_P_C),
                                 LF_AQ(9, "Q_total", "kvar", Q_Q),
                                 LF_AQ(9, "Q_A", "kvar", Q_Q_A),
                                 LF_AQ(9, "Q_B", "kvar", Q_Q_B),
                                 LF_AQ(9, "Q_C", "kvar", Q_Q_C),
                                 LF_AQ(5, "PF_total", "%", Q_PF),
                                 LF_AQ(5, "PF_A", "%", Q_PF_A),
                                 LF_AQ(5, "PF_B", "%", Q_PF_B),
                                 LF_AQ(5, "PF_C", "%", Q_PF_C),
                                 LF_AQ(7, "U_A", "V", Q_U_A),
                                 LF_AQ(7, "U_B", "V", Q_U_B),
                                 LF_AQ(7, "U_C", "V", Q_U_C),
                                 LF_AQ(25, "I_A", "A", Q_I_A),
                                 LF_AQ(25, "I_B", "A", Q_I_B),
                                 LF_AQ(25, "I_C", "A", Q_I_C),
                                 LF_AQ(25, "I_0", "A", Q_I_N),
                                 LF_AQ(9, "S_total", "kVA", Q_S),
                                 LF_AQ(9, "S_A", "kVA", Q_S_A),
                                 LF_AQ(9, "S_B", "kVA", Q_S_B),
                                 LF_AQ(9, "S_C", "kVA", Q_S_C),
                                 LF_END};
static const struct lay f27[] = {LF_TIME15("T"),
                                 LF_A(1, "meter_clock", NULL),
                                 LF_A(27, "battery", "min"),
                                 LF_A(10, "programming_count", NULL),
                                 LF_A(1, "programming_last", NULL),
                                 LF_A(10, "meter_clear_count", NULL),
                                 LF_A(1, "meter_clear_last", NULL),
                                 LF_A(10, "demand_clear_count", NULL),
                                 LF_A(1, "demand_clear_last", NULL),
                                 LF_A(10, "event_clear_count", NULL),
                                 LF_A(1, "event_clear_last", NULL),
                                 LF_A(10, "time_adjust_count", NULL),
                                 LF_A(1, "time_adjust_last", NULL),
                                 LF_END};
static const struct lay f28[] = {
    LF_TIME15("T"),      LF_BS(2, "change1"), LF_BS(2, "change2"), LF_BS(2, "change3"),
    LF_BS(2, "change4"), LF_BS(2, "change5"), LF_BS(2, "change6"), LF_BS(2, "change7"),
    LF_BS(2, "status1"), LF_BS(2, "status2"), LF_BS(2, "status3"), LF_BS(2, "status4"),
    LF_BS(2, "status5"), LF_BS(2, "status6"), LF_BS(2, "status7"), LF_END};
static const struct lay f31[] = {LF_TIME15("T"),
                                 LF_A(14, "A_fwd", "kWh"),
                                 LF_A(14, "A_rev", "kWh"),
                                 LF_A(11, "A_comb1", "kvarh"),
                                 LF_A(11, "A_comb2", "kvarh"),
                                 LF_A(14, "B_fwd", "kWh"),
                                 LF_A(14, "B_rev", "kWh"),
                                 LF_A(11, "B_comb1", "kvarh"),
                                 LF_A(11, "B_comb2", "kvarh"),
                                 LF_A(14, "C_fwd", "kWh"),
                                 LF_A(14, "C_rev", "kWh"),
                                 LF_A(11, "C_comb1", "kvarh"),
                                 LF_A(11, "C_comb2", "kvarh"),
                                 LF_END};
#define ENERGY(symbol, field, unit)                                                                          \
    static const struct lay symbol[] = {LF_COUNT_M, LF_ARRAY_M1(13, field, unit, 0), LF_END}
ENERGY(f41, "day_fwd_active", "kWh");
ENERGY(f42, "day_fwd_reactive", "kvarh");
ENERGY(f43, "day_rev_active", "kWh");
ENERGY(f44, "day_rev_reactive", "kvarh");
ENERGY(f45, "month_fwd_active", "kWh");
ENERGY(f46, "month_fwd_reactive", "kvarh");
ENERGY(f47, "month_rev_active", "kWh");
ENERGY(f48, "month_rev_reactive", "kvarh");
static const struct lay f49[] = {LF_A(5, "angle_Ua", "deg"),
                                 LF_A(5, "angle_Ub", "deg"),
                                 LF_A(5, "angle_Uc", "deg"),
                                 LF_A(5, "angle_Ia", "deg"),
                                 LF_A(5, "angle_Ib", "deg"),
                                 LF_A(5, "angle_Ic", "deg"),
                                 LF_END};
#define ORDERS(format, field, unit) LF_REPEAT_LESS1, LF_A(format, field, unit), LF_NEXT
static const struct lay f57[] = {
    LF_COUNT(1, "N", 2, 19), ORDERS(7, "Ua", "V"), ORDERS(7, "Ub", "V"), ORDERS(7, "Uc", "V"),
    ORDERS(6, "Ia", "A"),    ORDERS(6, "Ib", "A"), ORDERS(6, "Ic", "A"), LF_END};
static const struct lay f58[] = {LF_COUNT(1, "N", 2, 19),   LF_ARRAY(5, "Ua", "%", 0),
                                 LF_ARRAY(5, "Ub", "%", 0), LF_ARRAY(5, "Uc", "%", 0),
                                 LF_ARRAY(5, "Ia", "%", 0), LF_ARRAY(5, "Ib", "%", 0),
                                 LF_ARRAY(5, "Ic", "%", 0), LF_END};
static const struct lay f65[] = {LF_BS(1, "mode"), LF_BS(2, "banks"), LF_END};
static const struct lay f73[] = {LF_A(2, "dc", NULL), LF_END};
static const struct lay f169[] = {LF_NUM(1, "port", NULL, 0, 0),
                                  LF_COUNT(1, "routes", 0, 255),
                                  LF_REPEAT,
                                  LF_COUNT(1, "relays", 0, 16),
                                  LF_REPEAT,
                                  LF_A(12, "relay", NULL),
                                  LF_NEXT,
                                  LF_NEXT,
                                  LF_END};
static const struct lay f170[] = {
    LF_NUM(1, "port", NULL, 0, 0), LF_BIN(1, "relay_depth", NULL),      LF_BS(1, "phase"),
    LF_BS(1, "quality"),           LF_BIN(1, "last_result", NULL),      LF_A(1, "last_ok", NULL),
    LF_A(1, "last_fail", NULL),    LF_BIN(1, "consecutive_fail", NULL), LF_END};

/* Hour freeze (reference part 4, 6). */
#define HOUR(symbol, format, field, unit)                                                                    \
    static const struct lay symbol[] = {LF_TD_HOUR, LF_ARRAY(format, field, unit, 0), LF_END}
HOUR(hour_group_p, 2, "P", "kW");
HOUR(hour_group_q, 2, "Q", "kvar");
HOUR(hour_group_ep, 3, "energy", "kWh");
HOUR(hour_group_eq, 3, "energy", "kvarh");
HOUR(hour_p, 9, "P", "kW");
HOUR(hour_q, 9, "Q", "kvar");
HOUR(hour_u, 7, "U", "V");
HOUR(hour_i, 25, "I", "A");
HOUR(hour_energy_p, 13, "energy", "kWh");
HOUR(hour_energy_q, 13, "energy", "kvarh");
HOUR(hour_register_p, 11, "register", "kWh");
HOUR(hour_register_q, 11, "register", "kvarh");
HOUR(hour_pf, 5, "PF", "%");
HOUR(hour_dc, 2, "dc", NULL);

#define ROW(fn_, kind_, answer_, name_, clause_, up_)                                                        \
    {                                                                                                        \
        .fn = (fn_), .pn_kind = (kind_), .answer = (answer_), .name = (name_),                               \
        .clause = "reference part 4, " clause_, .down = gdw_lay_none, .up = (up_)                            \
    }
#define MP(fn, name, clause, up) ROW(fn, PN_POINT, GDW_EXPLAIN, name, clause, up)
#define TG(fn, name, clause, up) ROW(fn, PN_GROUP, GDW_EXPLAIN, name, clause, up)
#define T0(fn, name, clause, up) ROW(fn, PN_ZERO, GDW_EXPLAIN, name, clause, up)

static const struct gdw_row rows[] = {
    ROW(2, PN_ZERO, GDW_CLOCK, "terminal clock", "3.1", f2),
    T0(3, "terminal parameter state", "3.2", f3),
    T0(4, "uplink communication state", "3.3", f4),
    T0(5, "control settings state", "3.4", f5),
    T0(6, "current control state", "3.5", f6),
    ROW(7, PN_ZERO, GDW_EVENT_COUNTERS, "event counters", "3.6", f7),
    T0(8, "event flags", "3.6", f8),
    T0(9, "status inputs and change flags", "3.7", f9),
    T0(10, "traffic with the master", "3.8", f10),
    T0(11, "collective reading state", "3.9", f11),
    TG(17, "present group active power", "4.1", power_active),
    TG(18, "present group reactive power", "4.1", power_reactive),
    TG(19, "today's group active energy", "4.2", gdw_body_group_energy_active),
    TG(20, "today's group reactive energy", "4.2", gdw_body_group_energy_reactive),
    TG(21, "this month's group active energy", "4.2", gdw_body_group_energy_active),
    TG(22, "this month's group reactive energy", "4.2", gdw_body_group_energy_reactive),
    TG(23, "remaining energy or money", "4.3", f23),
    TG(24, "group power frozen after down-float control", "4.1", power_active),
    ROW(25, PN_POINT, GDW_LATEST, "present powers, power factors, voltages, currents", "5.1", f25),
    MP(26, "phase-loss statistics and last phase loss", "5.2", gdw_body_phase_loss),
    MP(27, "meter clock, operation counts and last times", "5.3", f27),
    MP(28, "meter status words and change flags", "5.4", f28),
    MP(29, "present copper and iron loss energy", "5.5", gdw_body_loss),
    MP(30, "copper and iron loss energy at the last settlement", "5.5", gdw_body_loss),
    MP(31, "present energies per phase", "5.6", f31),
    MP(32, "energies per phase at the last settlement", "5.6", f31),
    ROW(33, PN_POINT, GDW_LATEST, "present forward active, reactive, Q1, Q4 energies", "5.7",
        gdw_body_forward),
    MP(34, "present reverse active, reactive, Q2, Q3 energies", "5.7", gdw_body_reverse),
    MP(35, "this month's forward demands and times", "5.8", gdw_body_demand_forward),
    MP(36, "this month's reverse demands and times", "5.8", gdw_body_demand_reverse),
    MP(37, "forward energies at the last settlement", "5.7", gdw_body_forward),
    MP(38, "reverse energies at the last settlement", "5.7", gdw_body_reverse),
    MP(39, "forward demands at the last settlement", "5.8", gdw_body_demand_forward),
    MP(40, "reverse demands at the last settlement", "5.8", gdw_body_demand_reverse),
    MP(41, "today's forward active energy", "5.9", f41),
    MP(42, "today's forward reactive energy", "5.9", f42),
    MP(43, "today's reverse active energy", "5.9", f43),
    MP(44, "today's reverse reactive energy", "5.9", f44),
    MP(45, "this month's forward active energy", "5.9", f45),
    MP(46, "this month's forward reactive energy", "5.9", f46),
    MP(47, "this month's reverse active energy", "5.9", f47),
    MP(48, "this month's reverse reactive energy", "5.9", f48),
    MP(49, "present phase angles", "5.10", f49),
    MP(57, "present harmonics, effective values", "5.11", f57),
    MP(58, "present harmonics, content ratios", "5.11", f58),
    MP(65, "capacitor switching state", "5.12", f65),
    MP(66, "capacitor accumulated times and counts", "5.12", gdw_body_capacitor_sums),
    MP(67, "capacitor compensated energy", "5.12", gdw_body_capacitor_energy),
    ROW(73, PN_DC, GDW_EXPLAIN, "DC analogue value", "4.1", f73),
    TG(81, "hour freeze, group active power", "6", hour_group_p),
    TG(82, "hour freeze, group reactive power", "6", hour_group_q),
    TG(83, "hour freeze, group active energy", "6", hour_group_ep),
    TG(84, "hour freeze, group reactive energy", "6", hour_group_eq),
    MP(89, "hour freeze, active power", "6", hour_p),
    MP(90, "hour freeze, active power A", "6", hour_p),
    MP(91, "hour freeze, active power B", "6", hour_p),
    MP(92, "hour freeze, active power C", "6", hour_p),
    MP(93, "hour freeze, reactive power", "6", hour_q),
    MP(94, "hour freeze, reactive power A", "6", hour_q),
    MP(95, "hour freeze, reactive power B", "6", hour_q),
    MP(96, "hour freeze, reactive power C", "6", hour_q),
    MP(97, "hour freeze, voltage A", "6", hour_u),
    MP(98, "hour freeze, voltage B", "6", hour_u),
    MP(99, "hour freeze, voltage C", "6", hour_u),
    MP(100, "hour freeze, current A", "6", hour_i),
    MP(101, "hour freeze, current B", "6", hour_i),
    MP(102, "hour freeze, current C", "6", hour_i),
    MP(103, "hour freeze, zero-sequence current", "6", hour_i),
    MP(105, "hour freeze, forward active energy of the interval", "6", hour_energy_p),
    MP(106, "hour freeze, forward reactive energy of the interval", "6", hour_energy_q),
    MP(107, "hour freeze, reverse active energy of the interval", "6", hour_energy_p),
    MP(108, "hour freeze, reverse reactive energy of the interval", "6", hour_energy_q),
    MP(109, "hour freeze, forward active register", "6", hour_register_p),
    MP(110, "hour freeze, forward reactive register", "6", hour_register_q),
    MP(111, "hour freeze, reverse active register", "6", hour_register_p),
    MP(112, "hour freeze, reverse reactive register", "6", hour_register_q),
    MP(113, "hour freeze, power factor", "6", hour_pf),
    MP(114, "hour freeze, power factor A", "6", hour_pf),
    MP(115, "hour freeze, power factor B", "6", hour_pf),
    MP(116, "hour freeze, power factor C", "6", hour_pf),
    ROW(121, PN_DC, GDW_EXPLAIN, "hour freeze, DC analogue", "6", hour_dc),
    ROW(129, PN_POINT, GDW_LATEST, "present forward active energy", "5.13", gdw_body_ep_imp),
    MP(130, "present forward reactive energy", "5.13", gdw_body_eq_comb1),
    MP(131, "present reverse active energy", "5.13", gdw_body_ep_exp),
    MP(132, "present reverse reactive energy", "5.13", gdw_body_eq_comb2),
    MP(133, "present Q1 reactive energy", "5.13", gdw_body_eq_q1),
    MP(134, "present Q2 reactive energy", "5.13", gdw_body_eq_q2),
    MP(135, "present Q3 reactive energy", "5.13", gdw_body_eq_q3),
    MP(136, "present Q4 reactive energy", "5.13", gdw_body_eq_q4),
    MP(137, "forward active energy at the last settlement", "5.13", gdw_body_ep_imp),
    MP(138, "forward reactive energy at the last settlement", "5.13", gdw_body_eq_comb1),
    MP(139, "reverse active energy at the last settlement", "5.13", gdw_body_ep_exp),
    MP(140, "reverse reactive energy at the last settlement", "5.13", gdw_body_eq_comb2),
    MP(141, "Q1 reactive energy at the last settlement", "5.13", gdw_body_eq_q1),
    MP(142, "Q2 reactive energy at the last settlement", "5.13", gdw_body_eq_q2),
    MP(143, "Q3 reactive energy at the last settlement", "5.13", gdw_body_eq_q3),
    MP(144, "Q4 reactive energy at the last settlement", "5.13", gdw_body_eq_q4),
    MP(145, "this month's forward active demand and time", "5.14", gdw_body_md_active),
    MP(146, "this month's forward reactive demand and time", "5.14", gdw_body_md_reactive),
    MP(147, "this month's reverse active demand and time", "5.14", gdw_body_md_active),
    MP(148, "this month's reverse reactive demand and time", "5.14", gdw_body_md_reactive),
    MP(149, "forward active demand at the last settlement", "5.14", gdw_body_md_active),
    MP(150, "forward reactive demand at the last settlement", "5.14", gdw_body_md_reactive),
    MP(151, "reverse active demand at the last settlement", "5.14", gdw_body_md_active),
    MP(152, "reverse reactive demand at the last settlement", "5.14", gdw_body_md_reactive),
    MP(153, "forward active energy at time zone switch 1", "5.13", gdw_body_ep_imp),
    MP(154, "forward active energy at time zone switch 2", "5.13", gdw_body_ep_imp),
    MP(155, "forward active energy at time zone switch 3", "5.13", gdw_body_ep_imp),
    MP(156, "forward active energy at time zone switch 4", "5.13", gdw_body_ep_imp),
    MP(157, "forward active energy at time zone switch 5", "5.13", gdw_body_ep_imp),
    MP(158, "forward active energy at time zone switch 6", "5.13", gdw_body_ep_imp),
    MP(159, "forward active energy at time zone switch 7", "5.13", gdw_body_ep_imp),
    MP(160, "forward active energy at time zone switch 8", "5.13", gdw_body_ep_imp),
    MP(161, "remote on/off state and records", "5.15", gdw_body_relay),
    MP(165, "switch and cover operation counts and times", "5.16", gdw_body_covers),
    MP(166, "parameter modification counts and times", "5.17", gdw_body_changes),
    MP(167, "purchase and use", "5.18", gdw_body_purchase),
    MP(168, "settlement", "5.19", gdw_body_settlement),
    MP(169, "collective reading: relay routes", "5.20", f169),
    MP(170, "collective reading: meter reading state", "5.21", f170),
};

const struct gdw_table gdw_table_0c = {GDW_AFN_CLASS1, "class 1 data", GDW_ROWS(rows)};
