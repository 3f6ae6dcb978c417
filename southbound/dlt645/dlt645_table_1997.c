#include "southbound/dlt645/dlt645_tables.h"

#include "gateway/model/quantity.h"

/*
 * DL/T 645-1997 identifiers (DL/T 645 reference part 3). Quantities follow its section 12: forward and
 * reverse reactive energy are combined reactive 1 and 2 under the default patterns. The voltage rows have no
 * quantity: makers send volts or tenths of volts in the same two bytes, only a meter profile can say which.
 */

static const struct dlt645_part programming_block[] = {
    PART("MMDDhhmm", "", "last programming", 1),      PART("MMDDhhmm", "", "last demand clear", 1),
    PART("XXXX", "times", "programming count", 1),    PART("XXXX", "times", "demand clear count", 1),
    PART("XXXXXX", "min", "battery working time", 1),
};
static const struct dlt645_part clock_block[] = {PART("YYMMDDWW", "", "date", 1),
                                                 PART("hhmmss", "", "time", 1)};
static const struct dlt645_part status_block[] = {PART("bits8", "", "meter status", 1),
                                                  PART("bits8", "", "grid status", 1),
                                                  PART("bits8", "", "weekly rest days", 1)};
static const struct dlt645_part identity_block[] = {
    PART("XXXXXX", "imp/kWh", "active constant", 1), PART("XXXXXX", "imp/kvarh", "reactive constant", 1),
    PART("digits6", "", "meter number", 1),          PART("digits6", "", "user number", 1),
    PART("digits6", "", "device code", 1),
};
static const struct dlt645_part count_block[] = {
    PART("XX", "", "year zones", 1), PART("XX", "", "day tables", 1), PART("XX", "", "day periods", 1),
    PART("XX", "", "tariffs", 1),    PART("XX", "", "holidays", 1),
};
static const struct dlt645_part setting_block[] = {
    PART("XX", "min", "demand period", 1),
    PART("XX", "min", "slip time", 1),
    PART("XX", "s", "display cycle", 1),
    PART("XX", "s", "display stop", 1),
    PART("XX", "", "energy decimals", 1),
    PART("XX", "", "power decimals", 1),
    PART("DDhh", "", "settlement day", 1),
    PART("XX", "", "load representative day", 1),
    PART("XXXXXXX.X", "kWh", "active start reading", 1),
    PART("XXXXXXX.X", "kvarh", "reactive start reading", 1),
};

enum { LIST = DLT645_ROW_LIST };

const struct dlt645_row dlt645_rows_1997[] = {
    /* 2: energy */
    ROW("9000", "item 0 (not in the table; one meter answers it as energy) active energy total, current",
        "XXXXXX.XX", "kWh"),
    ROW("90FF", "all directions (block) active energy block total+tariffs, current", "raw", ""),
    ROW("9a1t", "forward active energy", "XXXXXX.XX", "kWh", .quantity = Q_EP_IMP),
    ROW("9a2t", "reverse active energy", "XXXXXX.XX", "kWh", .quantity = Q_EP_EXP),
    ROW("9b1t", "forward reactive energy", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_COMB1),
    ROW("9b2t", "reverse reactive energy", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_COMB2),
    ROW("9b3t", "reactive energy quadrant I", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q1),
    ROW("9b4t", "reactive energy quadrant IV", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q4),
    ROW("9b5t", "reactive energy quadrant II", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q2),
    ROW("9b6t", "reactive energy quadrant III", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q3),

    /* 3: maximum demand; 4: its time */
    ROW("Aa1t", "forward active max demand", "XX.XXXX", "kW", .quantity = Q_MD_IMP),
    ROW("Aa2t", "reverse active max demand", "XX.XXXX", "kW", .quantity = Q_MD_EXP),
    ROW("Ab1t", "forward reactive max demand", "XX.XXXX", "kvar"),
    ROW("Ab2t", "reverse reactive max demand", "XX.XXXX", "kvar"),
    ROW("Ab3t", "reactive quadrant I max demand", "XX.XXXX", "kvar"),
    ROW("Ab4t", "reactive quadrant IV max demand", "XX.XXXX", "kvar"),
    ROW("Ab5t", "reactive quadrant II max demand", "XX.XXXX", "kvar"),
    ROW("Ab6t", "reactive quadrant III max demand", "XX.XXXX", "kvar"),
    ROW("Ba1t", "time of forward active max demand", "MMDDhhmm", ""),
    ROW("Ba2t", "time of reverse active max demand", "MMDDhhmm", ""),
    ROW("Bb1t", "time of forward reactive max demand", "MMDDhhmm", ""),
    ROW("Bb2t", "time of reverse reactive max demand", "MMDDhhmm", ""),
    ROW("Bb3t", "time of reactive quadrant I max demand", "MMDDhhmm", ""),
    ROW("Bb4t", "time of reactive quadrant IV max demand", "MMDDhhmm", ""),
    ROW("Bb5t", "time of reactive quadrant II max demand", "MMDDhhmm", ""),
    ROW("Bb6t", "time of reactive quadrant III max demand", "MMDDhhmm", ""),

    /* 5: counters and event times */
    ROW("B210", "last programming time", "MMDDhhmm", ""),
    ROW("B211", "last demand-clear time", "MMDDhhmm", ""),
    ROW("B212", "programming count", "XXXX", "times"),
    ROW("B213", "demand-clear count", "XXXX", "times"),
    ROW("B214", "battery working time", "XXXXXX", "min"),
    ROW("B21F", "programming and battery block", NULL, "", PARTS(programming_block)),
    ROW("B31r", "phase-failure count", "XXXX", "times"),
    ROW("B32r", "phase-failure accumulated time", "XXXXXX", "min"),
    ROW("B33r", "last phase-failure start", "MMDDhhmm", ""),
    ROW("B34r", "last phase-failure end", "MMDDhhmm", ""),

    /* 6: variables */
    ROW("B61q", "voltage", "XXXX", "V"),
    ROW("B62q", "current", "XX.XX", "A", .quantity = Q_I_A),
    ROW("B634", "forward active power upper limit", "XX.XX", "kW"),
    ROW("B635", "reverse active power upper limit", "XX.XX", "kW"),
    ROW("B63r", "active power", "SXX.XXXX", "kW", .quantity = Q_P),
    ROW("B64r", "reactive power", "SXX.XX", "kvar", .quantity = Q_Q),
    ROW("B65r", "power factor", "X.XXX", "", .quantity = Q_PF),

    /* 7: clock, status, identity */
    ROW("C010", "date and weekday", "YYMMDDWW", "", .quantity = Q_CLOCK),
    ROW("C011", "time", "hhmmss", ""),
    ROW("C01F", "clock block", NULL, "", PARTS(clock_block)),
    ROW("C020", "meter status word", "bits8", ""),
    ROW("C021", "grid status word", "bits8", ""),
    ROW("C022", "weekly rest-day word", "bits8", ""),
    ROW("C02F", "status block", NULL, "", PARTS(status_block)),
    ROW("C030", "active constant", "XXXXXX", "imp/kWh"),
    ROW("C031", "reactive constant", "XXXXXX", "imp/kvarh"),
    ROW("C032", "meter number", "digits6", ""),
    ROW("C033", "user number", "digits6", ""),
    ROW("C034", "device code", "digits6", ""),
    ROW("C03F", "identity block", NULL, "", PARTS(identity_block)),

    /* 8: settings */
    ROW("C111", "demand period", "XX", "min"),
    ROW("C112", "demand slip time", "XX", "min"),
    ROW("C113", "display cycle time per screen", "XX", "s"),
    ROW("C114", "display-stop time", "XX", "s"),
    ROW("C115", "energy decimals on display", "XX", ""),
    ROW("C116", "power decimals on display", "XX", ""),
    ROW("C117", "settlement day and hour", "DDhh", ""),
    ROW("C118", "load representative day", "XX", ""),
    ROW("C119", "active energy start reading", "XXXXXXX.X", "kWh"),
    ROW("C11A", "reactive energy start reading", "XXXXXXX.X", "kvarh"),
    ROW("C11F", "settings block", NULL, "", PARTS(setting_block)),
    ROW("C211", "output pulse width", "XXXX", "ms"),
    ROW("C212", "password", "raw4", ""),

    /* 9: tariff programme */
    ROW("C310", "number of year zones", "XX", ""),
    ROW("C311", "number of day tables", "XX", ""),
    ROW("C312", "number of day periods", "XX", ""),
    ROW("C313", "number of tariffs", "XX", ""),
    ROW("C314", "number of public holidays", "XX", ""),
    ROW("C31F", "tariff counts block", NULL, "", PARTS(count_block)),
    ROW("C32F", "year zones block", "MMDDNN", "", .flags = LIST),
    ROW("C32l", "year zone", "MMDDNN", ""),
    ROW("C33F", "day table 1 block", "hhmmNN", "", .flags = LIST),
    ROW("C33l", "day table 1 period", "hhmmNN", ""),
    ROW("C34F", "day table 2 block", "hhmmNN", "", .flags = LIST),
    ROW("C34l", "day table 2 period", "hhmmNN", ""),
    ROW("C35F", "day table 3 block", "hhmmNN", "", .flags = LIST),
    ROW("C35l", "day table 3 period", "hhmmNN", ""),
    ROW("C36F", "day table 4 block", "hhmmNN", "", .flags = LIST),
    ROW("C36l", "day table 4 period", "hhmmNN", ""),
    ROW("C37F", "day table 5 block", "hhmmNN", "", .flags = LIST),
    ROW("C37l", "day table 5 period", "hhmmNN", ""),
    ROW("C38F", "day table 6 block", "hhmmNN", "", .flags = LIST),
    ROW("C38l", "day table 6 period", "hhmmNN", ""),
    ROW("C39F", "day table 7 block", "hhmmNN", "", .flags = LIST),
    ROW("C39l", "day table 7 period", "hhmmNN", ""),
    ROW("C3AF", "day table 8 block", "hhmmNN", "", .flags = LIST),
    ROW("C3Al", "day table 8 period", "hhmmNN", ""),
    ROW("C41E", "day table used on rest days", "XX", ""),
    ROW("C41F", "public holidays block", "MMDDNN", "", .flags = LIST),
    ROW("C41l", "public holiday", "MMDDNN", ""),

    /* 10: load record */
    ROW("C510", "load-record start time", "MMDDhhmm", ""),
    ROW("C511", "load-record interval", "XXXX", "min"),
    ROW("D1kk", "load record of forward active energy", "raw", ""),
    ROW("D2kk", "load record of demand", "raw", ""),
    {.pattern = NULL},
};
