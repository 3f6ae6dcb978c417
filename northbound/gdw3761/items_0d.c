#include "gateway/model/quantity.h"
#include "northbound/gdw3761/items_tables.h"

/* Class 2 data, history (reference part 5). Layouts behind Td_d and Td_m; those of curves include Td_c. */

static const struct lay td_day[] = {LF_TD_DAY, LF_END};
static const struct lay td_month[] = {LF_TD_MONTH, LF_END};
/* no repeat behind it, so n counts nothing in a request */
static const struct lay td_curve[] = {LF_TD_CURVE, LF_END};

#define ENERGY(symbol, unit, quantity)                                                                       \
    static const struct lay symbol[] = {LF_COUNT_M, LF_ARRAY_M1(13, "energy", unit, quantity), LF_END}
ENERGY(energy_ep_imp, "kWh", Q_EP_IMP);
ENERGY(energy_eq_comb1, "kvarh", Q_EQ_COMB1);
ENERGY(energy_ep_exp, "kWh", Q_EP_EXP);
ENERGY(energy_eq_comb2, "kvarh", Q_EQ_COMB2);

static const struct lay max_power[] = {LF_A(23, "max_total", "kW"),
                                       LF_A(18, "time_total", NULL),
                                       LF_A(23, "max_A", "kW"),
                                       LF_A(18, "time_A", NULL),
                                       LF_A(23, "max_B", "kW"),
                                       LF_A(18, "time_B", NULL),
                                       LF_A(23, "max_C", "kW"),
                                       LF_A(18, "time_C", NULL),
                                       LF_BIN(2, "zero_min_total", "min"),
                                       LF_BIN(2, "zero_min_A", "min"),
                                       LF_BIN(2, "zero_min_B", "min"),
                                       LF_BIN(2, "zero_min_C", "min"),
                                       LF_END};
static const struct lay max_demand[] = {
    LF_A(23, "max_total", "kW"), LF_A(18, "time_total", NULL), LF_A(23, "max_A", "kW"),
    LF_A(18, "time_A", NULL),    LF_A(23, "max_B", "kW"),      LF_A(18, "time_B", NULL),
    LF_A(23, "max_C", "kW"),     LF_A(18, "time_C", NULL),     LF_END};
#define VOLTAGE_MINUTES(p)                                                                                   \
    LF_BIN(2, p "_uu_min", "min"), LF_BIN(2, p "_ll_min", "min"), LF_BIN(2, p "_u_min", "min"),              \
        LF_BIN(2, p "_l_min", "min"), LF_BIN(2, p "_ok_min", "min")
#define VOLTAGE_EXTREMES(p)                                                                                  \
    LF_A(7, "Umax_" p, "V"), LF_A(18, "tmax_" p, NULL), LF_A(7, "Umin_" p, "V"), LF_A(18, "tmin_" p, NULL)
static const struct lay voltage[] = {VOLTAGE_MINUTES("A"),   VOLTAGE_MINUTES("B"),
                                     VOLTAGE_MINUTES("C"),   VOLTAGE_EXTREMES("A"),
                                     VOLTAGE_EXTREMES("B"),  VOLTAGE_EXTREMES("C"),
                                     LF_A(7, "Uavg_A", "V"), LF_A(7, "Uavg_B", "V"),
                                     LF_A(7, "Uavg_C", "V"), LF_END};
/* clause 4.6 and 4.9: the month items carry A.17 times (uncertain: one source has A.18) */
#define UNBALANCE(symbol, time_format)                                                                       \
    static const struct lay symbol[] = {LF_BIN(2, "current_min", "min"),                                     \
                                        LF_BIN(2, "voltage_min", "min"),                                     \
                                        LF_A(5, "max_current_unbalance", "%"),                               \
                                        LF_A(time_format, "time_current", NULL),                             \
                                        LF_A(5, "max_voltage_unbalance", "%"),                               \
                                        LF_A(time_format, "time_voltage", NULL),                             \
                                        LF_END}
UNBALANCE(unbalance_day, 18);
UNBALANCE(unbalance_month, 17);
static const struct lay current[] = {LF_BIN(2, "A_uu_min", "min"), LF_BIN(2, "A_u_min", "min"),
                                     LF_BIN(2, "B_uu_min", "min"), LF_BIN(2, "B_u_min", "min"),
                                     LF_BIN(2, "C_uu_min", "min"), LF_BIN(2, "C_u_min", "min"),
                                     LF_BIN(2, "I0_u_min", "min"), LF_A(25, "Imax_A", "A"),
                                     LF_A(18, "tmax_A", NULL),     LF_A(25, "Imax_B", "A"),
                                     LF_A(18, "tmax_B", NULL),     LF_A(25, "Imax_C", "A"),
                                     LF_A(18, "tmax_C", NULL),     LF_A(25, "Imax_0", "A"),
                                     LF_A(18, "tmax_0", NULL),     LF_END};
static const struct lay apparent[] = {LF_BIN(2, "uu_min", "min"), LF_BIN(2, "u_min", "min"), LF_END};
#define LOAD(symbol, time_format)                                                                            \
    static const struct lay symbol[] = {LF_A(5, "max_load", "%"), LF_A(time_format, "tmax", NULL),           \
                                        LF_A(5, "min_load", "%"), LF_A(time_format, "tmin", NULL), LF_END}
LOAD(load_day, 18);
LOAD(load_month, 17);
static const struct lay pf_sections[] = {LF_BIN(2, "section1_min", "min"), LF_BIN(2, "section2_min", "min"),
                                         LF_BIN(2, "section3_min", "min"), LF_END};
static const struct lay supply[] = {LF_BIN(2, "supply_min", "min"), LF_BIN(2, "resets", NULL), LF_END};
static const struct lay trips[] = {LF_BIN(1, "month_trips", NULL), LF_BIN(1, "purchase_trips", NULL),
                                   LF_BIN(1, "power_trips", NULL), LF_BIN(1, "remote_trips", NULL), LF_END};
static const struct lay traffic[] = {LF_BIN(4, "bytes", NULL), LF_END};
static const struct lay group_power[] = {LF_A(2, "max", "kW"),         LF_A(18, "tmax", NULL),
                                         LF_A(2, "min", "kW"),         LF_A(18, "tmin", NULL),
                                         LF_BIN(2, "zero_min", "min"), LF_END};
static const struct lay group_over[] = {LF_BIN(2, "minutes", "min"), LF_A(3, "energy", "kWh"), LF_END};
static const struct lay harmonic_current[] = {LF_REPEAT_N(18), LF_A(6, "I", "A"), LF_A(17, "t", NULL),
                                              LF_NEXT, LF_END};
/* clause 4.19: total distortion first (uncertain) */
static const struct lay harmonic_voltage[] = {LF_REPEAT_N(19), LF_A(5, "U", "%"), LF_A(17, "t", NULL),
                                              LF_NEXT, LF_END};
static const struct lay harmonic_over[] = {LF_COUNT(1, "N", 1, 19),
                                           LF_REPEAT,
                                           LF_BIN(2, "U_min", "min"),
                                           LF_NEXT,
                                           LF_REPEAT,
                                           LF_BIN(2, "I_min", "min"),
                                           LF_NEXT,
                                           LF_END};
static const struct lay dc_statistics[] = {LF_BIN(2, "above_min", "min"),
                                           LF_BIN(2, "below_min", "min"),
                                           LF_A(2, "max", NULL),
                                           LF_A(18, "tmax", NULL),
                                           LF_A(2, "min", NULL),
                                           LF_A(18, "tmin", NULL),
                                           LF_END};
static const struct lay phases_active[] = {LF_TIME15("T"), LF_A(14, "A", "kWh"), LF_A(14, "B", "kWh"),
                                           LF_A(14, "C", "kWh"), LF_END};
static const struct lay phases_reactive[] = {LF_TIME15("T"), LF_A(11, "A", "kvarh"), LF_A(11, "B", "kvarh"),
                                             LF_A(11, "C", "kvarh"), LF_END};

#define CURVE(symbol, format, field, unit)                                                                   \
    static const struct lay symbol[] = {LF_TD_CURVE, LF_ARRAY(format, field, unit, 0), LF_END}
CURVE(curve_group_p, 2, "P", "kW");
CURVE(curve_group_q, 2, "Q", "kvar");
CURVE(curve_group_ep, 3, "energy", "kWh");
CURVE(curve_group_eq, 3, "energy", "kvarh");
CURVE(curve_p, 9, "P", "kW");
CURVE(curve_q, 9, "Q", "kvar");
CURVE(curve_u, 7, "U", "V");
CURVE(curve_i, 25, "I", "A");
CURVE(curve_energy_p, 13, "energy", "kWh");
CURVE(curve_energy_q, 13, "energy", "kvarh");
CURVE(curve_register_p, 11, "register", "kWh");
CURVE(curve_register_q, 11, "register", "kvarh");
CURVE(curve_pf, 5, "PF", "%");
CURVE(curve_dc, 2, "dc", NULL);
static const struct lay curve_angles[] = {
    LF_TD_CURVE, LF_REPEAT, LF_A(5, "angle_A", "deg"), LF_A(5, "angle_B", "deg"), LF_A(5, "angle_C", "deg"),
    LF_NEXT,     LF_END};
static const struct lay curve_white_noise[] = {LF_TD_CURVE, LF_REPEAT, LF_BIN(1, "noise", NULL), LF_NEXT,
                                               LF_END};
static const struct lay curve_coloured_noise[] = {
    LF_TD_CURVE, LF_REPEAT, LF_BIN(1, "noise", NULL), LF_A(12, "node", NULL), LF_NEXT, LF_END};

#define ROW(fn_, kind_, mark_, down_, answer_, name_, clause_, up_)                                          \
    {                                                                                                        \
        .fn = (fn_), .pn_kind = (kind_), .mark = (mark_), .answer = (answer_), .name = (name_),              \
        .clause = "reference part 5, " clause_, .down = (down_), .up = (up_)                                 \
    }
#define DAY(fn, name, clause, up)   ROW(fn, PN_POINT, GDW_MARK_DAY, td_day, GDW_EXPLAIN, name, clause, up)
#define MONTH(fn, name, clause, up) ROW(fn, PN_POINT, GDW_MARK_MONTH, td_month, GDW_EXPLAIN, name, clause, up)
#define CURVE_MP(fn, name, up)      ROW(fn, PN_POINT, GDW_MARK_CURVE, td_curve, GDW_EXPLAIN, name, "4.18", up)
#define T_DAY(fn, name, up)         ROW(fn, PN_ZERO, GDW_MARK_DAY, td_day, GDW_EXPLAIN, name, "4.14", up)
#define T_MONTH(fn, name, up)       ROW(fn, PN_ZERO, GDW_MARK_MONTH, td_month, GDW_EXPLAIN, name, "4.14", up)
#define G_DAY(fn, name, clause, up) ROW(fn, PN_GROUP, GDW_MARK_DAY, td_day, GDW_EXPLAIN, name, clause, up)
#define G_MONTH(fn, name, clause, up)                                                                        \
    ROW(fn, PN_GROUP, GDW_MARK_MONTH, td_month, GDW_EXPLAIN, name, clause, up)
#define G_CURVE(fn, name, up) ROW(fn, PN_GROUP, GDW_MARK_CURVE, td_curve, GDW_EXPLAIN, name, "4.18", up)

static const struct gdw_row rows[] = {
    ROW(1, PN_POINT, GDW_MARK_DAY, td_day, GDW_DAY_FREEZE, "day freeze, forward active, reactive, Q1, Q4",
        "4.1", gdw_body_forward),
    DAY(2, "day freeze, reverse active, reactive, Q2, Q3", "4.1", gdw_body_reverse),
    DAY(3, "day freeze, forward demands and times", "4.2", gdw_body_demand_forward),
    DAY(4, "day freeze, reverse demands and times", "4.2", gdw_body_demand_reverse),
    ROW(5, PN_POINT, GDW_MARK_DAY, td_day, GDW_DAY_DIFFERENCE, "day forward active energy", "4.3",
        energy_ep_imp),
    DAY(6, "day forward reactive energy", "4.3", energy_eq_comb1),
    DAY(7, "day reverse active energy", "4.3", energy_ep_exp),
    DAY(8, "day reverse reactive energy", "4.3", energy_eq_comb2),
    DAY(9, "reading day, forward active, reactive, Q1, Q4", "4.1", gdw_body_forward),
    DAY(10, "reading day, reverse active, reactive, Q2, Q3", "4.1", gdw_body_reverse),
    DAY(11, "reading day, forward demands and times", "4.2", gdw_body_demand_forward),
    DAY(12, "reading day, reverse demands and times", "4.2", gdw_body_demand_reverse),
    MONTH(17, "month freeze, forward active, reactive, Q1, Q4", "4.1", gdw_body_forward),
    MONTH(18, "month freeze, reverse active, reactive, Q2, Q3", "4.1", gdw_body_reverse),
    MONTH(19, "month freeze, forward demands and times", "4.2", gdw_body_demand_forward),
    MONTH(20, "month freeze, reverse demands and times", "4.2", gdw_body_demand_reverse),
    MONTH(21, "month forward active energy", "4.3", energy_ep_imp),
    MONTH(22, "month forward reactive energy", "4.3", energy_eq_comb1),
    MONTH(23, "month reverse active energy", "4.3", energy_ep_exp),
    MONTH(24, "month reverse reactive energy", "4.3", energy_eq_comb2),
    DAY(25, "day maximum powers, times, zero-power time", "4.4", max_power),
    DAY(26, "day maximum demands, times", "4.4", max_demand),
    DAY(27, "day voltage statistics", "4.5", voltage),
    DAY(28, "day unbalance statistics", "4.6", unbalance_day),
    DAY(29, "day current over-limit statistics", "4.7", current),
    DAY(30, "day apparent power over-limit time", "4.8", apparent),
    DAY(31, "day load rate", "4.9", load_day),
    DAY(32, "day phase-loss data", "4.10", gdw_body_phase_loss),
    MONTH(33, "month maximum powers, times, zero-power time", "4.4", max_power),
    MONTH(34, "month maximum demands, times", "4.4", max_demand),
    MONTH(35, "month voltage statistics", "4.5", voltage),
    MONTH(36, "month unbalance statistics", "4.6", unbalance_month),
    MONTH(37, "month current over-limit statistics", "4.7", current),
    MONTH(38, "month apparent power over-limit time", "4.8", apparent),
    MONTH(39, "month load rate", "4.9", load_month),
    DAY(41, "capacitor times and counts", "4.11", gdw_body_capacitor_sums),
    DAY(42, "capacitor energies", "4.11", gdw_body_capacitor_energy),
    DAY(43, "day power-factor section times", "4.12", pf_sections),
    MONTH(44, "month power-factor section times", "4.12", pf_sections),
    DAY(45, "day copper and iron loss readings", "4.13", gdw_body_loss),
    MONTH(46, "month copper and iron loss readings", "4.13", gdw_body_loss),
    T_DAY(49, "terminal day supply time, resets", supply),
    T_DAY(50, "terminal day control statistics", trips),
    T_MONTH(51, "terminal month supply time, resets", supply),
    T_MONTH(52, "terminal month control statistics", trips),
    T_DAY(53, "terminal day traffic with the master", traffic),
    T_MONTH(54, "terminal month traffic with the master", traffic),
    G_DAY(57, "group day powers, times, zero time", "4.15", group_power),
    G_DAY(58, "group day active energy", "4.16", gdw_body_group_energy_active),
    G_DAY(59, "group day reactive energy", "4.16", gdw_body_group_energy_reactive),
    G_MONTH(60, "group month powers, times, zero time", "4.15", group_power),
    G_MONTH(61, "group month active energy", "4.16", gdw_body_group_energy_active),
    G_MONTH(62, "group month reactive energy", "4.16", gdw_body_group_energy_reactive),
    G_MONTH(65, "group month time and energy above the power limit", "4.17", group_over),
    G_MONTH(66, "group month time and energy above the energy limit", "4.17", group_over),
    G_CURVE(73, "group active power curve", curve_group_p),
    G_CURVE(74, "group reactive power curve", curve_group_q),
    G_CURVE(75, "group active energy curve", curve_group_ep),
    G_CURVE(76, "group reactive energy curve", curve_group_eq),
    CURVE_MP(81, "active power curve", curve_p),
    CURVE_MP(82, "active power curve A", curve_p),
    CURVE_MP(83, "active power curve B", curve_p),
    CURVE_MP(84, "active power curve C", curve_p),
    CURVE_MP(85, "reactive power curve", curve_q),
    CURVE_MP(86, "reactive power curve A", curve_q),
    CURVE_MP(87, "reactive power curve B", curve_q),
    CURVE_MP(88, "reactive power curve C", curve_q),
    CURVE_MP(89, "voltage curve A", curve_u),
    CURVE_MP(90, "voltage curve B", curve_u),
    CURVE_MP(91, "voltage curve C", curve_u),
    CURVE_MP(92, "current curve A", curve_i),
    CURVE_MP(93, "current curve B", curve_i),
    CURVE_MP(94, "current curve C", curve_i),
    CURVE_MP(95, "zero-sequence current curve", curve_i),
    CURVE_MP(97, "forward active energy curve", curve_energy_p),
    CURVE_MP(98, "forward reactive energy curve", curve_energy_q),
    CURVE_MP(99, "reverse active energy curve", curve_energy_p),
    CURVE_MP(100, "reverse reactive energy curve", curve_energy_q),
    CURVE_MP(101, "forward active register curve", curve_register_p),
    CURVE_MP(102, "forward reactive register curve", curve_register_q),
    CURVE_MP(103, "reverse active register curve", curve_register_p),
    CURVE_MP(104, "reverse reactive register curve", curve_register_q),
    CURVE_MP(105, "power factor curve", curve_pf),
    CURVE_MP(106, "power factor curve A", curve_pf),
    CURVE_MP(107, "power factor curve B", curve_pf),
    CURVE_MP(108, "power factor curve C", curve_pf),
    CURVE_MP(109, "voltage angle curve", curve_angles),
    CURVE_MP(110, "current angle curve", curve_angles),
    DAY(113, "day harmonic current maxima A", "4.19", harmonic_current),
    DAY(114, "day harmonic current maxima B", "4.19", harmonic_current),
    DAY(115, "day harmonic current maxima C", "4.19", harmonic_current),
    DAY(116, "day harmonic voltage maxima A", "4.19", harmonic_voltage),
    DAY(117, "day harmonic voltage maxima B", "4.19", harmonic_voltage),
    DAY(118, "day harmonic voltage maxima C", "4.19", harmonic_voltage),
    DAY(121, "day harmonic over-limit times A", "4.20", harmonic_over),
    DAY(122, "day harmonic over-limit times B", "4.20", harmonic_over),
    DAY(123, "day harmonic over-limit times C", "4.20", harmonic_over),
    ROW(129, PN_DC, GDW_MARK_DAY, td_day, GDW_EXPLAIN, "DC analogue day statistics", "4.21", dc_statistics),
    ROW(130, PN_DC, GDW_MARK_MONTH, td_month, GDW_EXPLAIN, "DC analogue month statistics", "4.21",
        dc_statistics),
    ROW(138, PN_DC, GDW_MARK_CURVE, td_curve, GDW_EXPLAIN, "DC analogue curve", "4.18", curve_dc),
    CURVE_MP(145, "Q1 register curve", curve_register_q),
    CURVE_MP(146, "Q4 register curve", curve_register_q),
    CURVE_MP(147, "Q2 register curve", curve_register_q),
    CURVE_MP(148, "Q3 register curve", curve_register_q),
    DAY(153, "day freeze, forward active per phase", "4.22", phases_active),
    DAY(154, "day freeze, forward reactive per phase", "4.22", phases_reactive),
    DAY(155, "day freeze, reverse active per phase", "4.22", phases_active),
    DAY(156, "day freeze, reverse reactive per phase", "4.22", phases_reactive),
    MONTH(157, "month freeze, forward active per phase", "4.22", phases_active),
    MONTH(158, "month freeze, forward reactive per phase", "4.22", phases_reactive),
    MONTH(159, "month freeze, reverse active per phase", "4.22", phases_active),
    MONTH(160, "month freeze, reverse reactive per phase", "4.22", phases_reactive),
    ROW(161, PN_POINT, GDW_MARK_DAY, td_day, GDW_DAY_FREEZE, "day freeze, forward active", "4.23",
        gdw_body_ep_imp),
    DAY(162, "day freeze, forward reactive", "4.23", gdw_body_eq_comb1),
    DAY(163, "day freeze, reverse active", "4.23", gdw_body_ep_exp),
    DAY(164, "day freeze, reverse reactive", "4.23", gdw_body_eq_comb2),
    DAY(165, "day freeze, Q1", "4.23", gdw_body_eq_q1),
    DAY(166, "day freeze, Q2", "4.23", gdw_body_eq_q2),
    DAY(167, "day freeze, Q3", "4.23", gdw_body_eq_q3),
    DAY(168, "day freeze, Q4", "4.23", gdw_body_eq_q4),
    DAY(169, "reading day, forward active", "4.23", gdw_body_ep_imp),
    DAY(170, "reading day, forward reactive", "4.23", gdw_body_eq_comb1),
    DAY(171, "reading day, reverse active", "4.23", gdw_body_ep_exp),
    DAY(172, "reading day, reverse reactive", "4.23", gdw_body_eq_comb2),
    DAY(173, "reading day, Q1", "4.23", gdw_body_eq_q1),
    DAY(174, "reading day, Q2", "4.23", gdw_body_eq_q2),
    DAY(175, "reading day, Q3", "4.23", gdw_body_eq_q3),
    DAY(176, "reading day, Q4", "4.23", gdw_body_eq_q4),
    MONTH(177, "month freeze, forward active", "4.23", gdw_body_ep_imp),
    MONTH(178, "month freeze, forward reactive", "4.23", gdw_body_eq_comb1),
    MONTH(179, "month freeze, reverse active", "4.23", gdw_body_ep_exp),
    MONTH(180, "month freeze, reverse reactive", "4.23", gdw_body_eq_comb2),
    MONTH(181, "month freeze, Q1", "4.23", gdw_body_eq_q1),
    MONTH(182, "month freeze, Q2", "4.23", gdw_body_eq_q2),
    MONTH(183, "month freeze, Q3", "4.23", gdw_body_eq_q3),
    MONTH(184, "month freeze, Q4", "4.23", gdw_body_eq_q4),
    DAY(185, "day freeze, forward active demand", "4.24", gdw_body_md_active),
    DAY(186, "day freeze, forward reactive demand", "4.24", gdw_body_md_reactive),
    DAY(187, "day freeze, reverse active demand", "4.24", gdw_body_md_active),
    DAY(188, "day freeze, reverse reactive demand", "4.24", gdw_body_md_reactive),
    DAY(189, "reading day, forward active demand", "4.24", gdw_body_md_active),
    DAY(190, "reading day, forward reactive demand", "4.24", gdw_body_md_reactive),
    DAY(191, "reading day, reverse active demand", "4.24", gdw_body_md_active),
    DAY(192, "reading day, reverse reactive demand", "4.24", gdw_body_md_reactive),
    MONTH(193, "month freeze, forward active demand", "4.24", gdw_body_md_active),
    MONTH(194, "month freeze, forward reactive demand", "4.24", gdw_body_md_reactive),
    MONTH(195, "month freeze, reverse active demand", "4.24", gdw_body_md_active),
    MONTH(196, "month freeze, reverse reactive demand", "4.24", gdw_body_md_reactive),
    MONTH(201, "forward active energy at time zone switch 1", "4.23", gdw_body_ep_imp),
    MONTH(202, "forward active energy at time zone switch 2", "4.23", gdw_body_ep_imp),
    MONTH(203, "forward active energy at time zone switch 3", "4.23", gdw_body_ep_imp),
    MONTH(204, "forward active energy at time zone switch 4", "4.23", gdw_body_ep_imp),
    MONTH(205, "forward active energy at time zone switch 5", "4.23", gdw_body_ep_imp),
    MONTH(206, "forward active energy at time zone switch 6", "4.23", gdw_body_ep_imp),
    MONTH(207, "forward active energy at time zone switch 7", "4.23", gdw_body_ep_imp),
    MONTH(208, "forward active energy at time zone switch 8", "4.23", gdw_body_ep_imp),
    DAY(209, "day freeze, remote on/off state and records", "4.25", gdw_body_relay),
    MONTH(213, "month freeze, switch and cover operations", "4.25", gdw_body_covers),
    MONTH(214, "month freeze, parameter modifications", "4.25", gdw_body_changes),
    MONTH(215, "month freeze, purchase and use", "4.25", gdw_body_purchase),
    MONTH(216, "month freeze, settlement", "4.25", gdw_body_settlement),
    ROW(217, PN_POINT, GDW_MARK_CURVE, td_curve, GDW_EXPLAIN, "carrier white noise curve", "4.26",
        curve_white_noise),
    ROW(218, PN_POINT, GDW_MARK_CURVE, td_curve, GDW_EXPLAIN, "carrier coloured noise curve", "4.26",
        curve_coloured_noise),
};

const struct gdw_table gdw_table_0d = {GDW_AFN_CLASS2, "class 2 data", GDW_ROWS(rows)};
