#include "gateway/model/quantity.h"
#include "northbound/gdw3761/items_tables.h"

const struct lay gdw_lay_none[] = {LF_END};

const struct lay gdw_body_forward[] = {LF_TIME15("T"),
                                       LF_COUNT_M,
                                       LF_ARRAY_M1(14, "fwd_active", "kWh", Q_EP_IMP),
                                       LF_ARRAY_M1(11, "fwd_reactive", "kvarh", Q_EQ_COMB1),
                                       LF_ARRAY_M1(11, "Q1", "kvarh", Q_EQ_Q1),
                                       LF_ARRAY_M1(11, "Q4", "kvarh", Q_EQ_Q4),
                                       LF_END};

const struct lay gdw_body_reverse[] = {LF_TIME15("T"),
                                       LF_COUNT_M,
                                       LF_ARRAY_M1(14, "rev_active", "kWh", Q_EP_EXP),
                                       LF_ARRAY_M1(11, "rev_reactive", "kvarh", Q_EQ_COMB2),
                                       LF_ARRAY_M1(11, "Q2", "kvarh", Q_EQ_Q2),
                                       LF_ARRAY_M1(11, "Q3", "kvarh", Q_EQ_Q3),
                                       LF_END};

const struct lay gdw_body_demand_forward[] = {LF_TIME15("T"),
                                              LF_COUNT_M,
                                              LF_ARRAY_M1(23, "active_demand", "kW", Q_MD_IMP),
                                              LF_ARRAY_M1(17, "active_time", NULL, Q_MD_IMP_TIME),
                                              LF_ARRAY_M1(23, "reactive_demand", "kvar", 0),
                                              LF_ARRAY_M1(17, "reactive_time", NULL, 0),
                                              LF_END};

const struct lay gdw_body_demand_reverse[] = {LF_TIME15("T"),
                                              LF_COUNT_M,
                                              LF_ARRAY_M1(23, "active_demand", "kW", Q_MD_EXP),
                                              LF_ARRAY_M1(17, "active_time", NULL, Q_MD_EXP_TIME),
                                              LF_ARRAY_M1(23, "reactive_demand", "kvar", 0),
                                              LF_ARRAY_M1(17, "reactive_time", NULL, 0),
                                              LF_END};

const struct lay gdw_body_phase_loss[] = {LF_TIME15("T"),
                                          LF_A(8, "count_total", NULL),
                                          LF_A(8, "count_A", NULL),
                                          LF_A(8, "count_B", NULL),
                                          LF_A(8, "count_C", NULL),
                                          LF_A(10, "time_total", "min"),
                                          LF_A(10, "time_A", "min"),
                                          LF_A(10, "time_B", "min"),
                                          LF_A(10, "time_C", "min"),
                                          LF_A(17, "start_any", NULL),
                                          LF_A(17, "start_A", NULL),
                                          LF_A(17, "start_B", NULL),
                                          LF_A(17, "start_C", NULL),
                                          LF_A(17, "end_any", NULL),
                                          LF_A(17, "end_A", NULL),
                                          LF_A(17, "end_B", NULL),
                                          LF_A(17, "end_C", NULL),
                                          LF_END};

const struct lay gdw_body_loss[] = {LF_TIME15("T"), LF_A(14, "copper_loss", "kWh"),
                                    LF_A(14, "iron_loss", "kWh"), LF_END};

#define REGISTERS(symbol, format, field, unit, quantity)                                                     \
    const struct lay symbol[] = {LF_TIME15("T"), LF_COUNT_M, LF_ARRAY_M1(format, field, unit, quantity),     \
                                 LF_END}

REGISTERS(gdw_body_ep_imp, 14, "fwd_active", "kWh", Q_EP_IMP);
REGISTERS(gdw_body_ep_exp, 14, "rev_active", "kWh", Q_EP_EXP);
REGISTERS(gdw_body_eq_comb1, 11, "fwd_reactive", "kvarh", Q_EQ_COMB1);
REGISTERS(gdw_body_eq_comb2, 11, "rev_reactive", "kvarh", Q_EQ_COMB2);
REGISTERS(gdw_body_eq_q1, 11, "Q1", "kvarh", Q_EQ_Q1);
REGISTERS(gdw_body_eq_q2, 11, "Q2", "kvarh", Q_EQ_Q2);
REGISTERS(gdw_body_eq_q3, 11, "Q3", "kvarh", Q_EQ_Q3);
REGISTERS(gdw_body_eq_q4, 11, "Q4", "kvarh", Q_EQ_Q4);

const struct lay gdw_body_md_active[] = {
    LF_TIME15("T"),         LF_COUNT_M, LF_REPEAT_M1, LF_A(23, "demand", "kW"),
    LF_A(17, "time", NULL), LF_NEXT,    LF_END};

const struct lay gdw_body_md_reactive[] = {
    LF_TIME15("T"),         LF_COUNT_M, LF_REPEAT_M1, LF_A(23, "demand", "kvar"),
    LF_A(17, "time", NULL), LF_NEXT,    LF_END};

const struct lay gdw_body_relay[] = {LF_TIME15("T"), LF_BS(1, "state"), LF_TIME15("last_on"),
                                     LF_TIME15("last_off"), LF_END};

const struct lay gdw_body_covers[] = {LF_TIME15("T"),
                                      LF_A(8, "prog_switch_count", NULL),
                                      LF_TIME15("prog_switch_last"),
                                      LF_A(8, "tail_cover_count", NULL),
                                      LF_TIME15("tail_cover_last"),
                                      LF_END};

const struct lay gdw_body_changes[] = {LF_TIME15("T"),
                                       LF_A(8, "clock_mod_count", NULL),
                                       LF_TIME15("clock_mod_last"),
                                       LF_A(8, "period_mod_count", NULL),
                                       LF_TIME15("period_mod_last"),
                                       LF_END};

const struct lay gdw_body_purchase[] = {LF_TIME15("T"),
                                        LF_A(8, "purchases", NULL),
                                        LF_A(14, "remaining_money", "yuan"),
                                        LF_A(14, "cumulative_money", "yuan"),
                                        LF_A(11, "remaining", "kWh"),
                                        LF_A(11, "overdraft", "kWh"),
                                        LF_A(11, "cumulative", "kWh"),
                                        LF_A(11, "credit_limit", "kWh"),
                                        LF_A(11, "alarm", "kWh"),
                                        LF_A(11, "fault", "kWh"),
                                        LF_END};

const struct lay gdw_body_settlement[] = {LF_TIME15("T"), LF_COUNT_M, LF_ARRAY_M1(14, "settled", "kWh", 0),
                                          LF_ARRAY_M1(14, "unsettled", "kWh", 0), LF_END};

const struct lay gdw_body_capacitor_sums[] = {LF_REPEAT_N(9), LF_BIN(4, "time", "s"),   LF_NEXT,
                                              LF_REPEAT_N(9), LF_BIN(4, "count", NULL), LF_NEXT,
                                              LF_END};

const struct lay gdw_body_capacitor_energy[] = {LF_A(13, "day", "kvarh"), LF_A(13, "month", "kvarh"), LF_END};

const struct lay gdw_body_group_energy_active[] = {LF_COUNT_M, LF_ARRAY_M1(3, "energy", "kWh", 0), LF_END};
const struct lay gdw_body_group_energy_reactive[] = {LF_COUNT_M, LF_ARRAY_M1(3, "energy", "kvarh", 0),
                                                     LF_END};
