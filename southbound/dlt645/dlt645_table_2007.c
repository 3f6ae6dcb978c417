#include "southbound/dlt645/dlt645_tables.h"

#include "gateway/model/quantity.h"

/*
 * DL/T 645-2007 identifiers, in the order of the DL/T 645 reference part 2; more exact patterns stand before
 * more general ones, since the first row that matches counts. Names follow the standard's titles.
 */

static const char *const abc[] = {"A", "B", "C"};
static const char *const total_abc[] = {"total", "A", "B", "C"};

static const struct dlt645_part demand_kw[] = {PART("XX.XXXX", "kW", "demand", 1),
                                               PART("YYMMDDhhmm", "", "time", 1)};
static const struct dlt645_part demand_kvar[] = {PART("XX.XXXX", "kvar", "demand", 1),
                                                 PART("YYMMDDhhmm", "", "time", 1)};
static const struct dlt645_part demand_kvar_signed[] = {PART("SXX.XXXX", "kvar", "demand", 1),
                                                        PART("YYMMDDhhmm", "", "time", 1)};
static const struct dlt645_part demand_kva[] = {PART("XX.XXXX", "kVA", "demand", 1),
                                                PART("YYMMDDhhmm", "", "time", 1)};

static const struct dlt645_part count_time[] = {PART("XXXXXX", "times", "count", 1),
                                                PART("XXXXXX", "min", "time", 1)};
static const struct dlt645_part counts_abc[] = {GROUP(count_time, "", 3, abc)};
static const struct dlt645_part start_end[] = {PART("YYMMDDhhmmss", "", "start", 1),
                                               PART("YYMMDDhhmmss", "", "end", 1)};

static const struct dlt645_part increments[] = {
    PART("XXXXXX.XX", "kWh", "forward active increment", 1),
    PART("XXXXXX.XX", "kWh", "reverse active increment", 1),
    PART("XXXXXX.XX", "kvarh", "combined reactive 1 increment", 1),
    PART("XXXXXX.XX", "kvarh", "combined reactive 2 increment", 1),
};
static const struct dlt645_part phase_state[] = {
    PART("XXXXXX.XX", "kWh", "forward active increment", 1),
    PART("XXXXXX.XX", "kWh", "reverse active increment", 1),
    PART("XXXXXX.XX", "kvarh", "combined reactive 1 increment", 1),
    PART("XXXXXX.XX", "kvarh", "combined reactive 2 increment", 1),
    PART("XXX.X", "V", "voltage", 1),
    PART("SXXX.XXX", "A", "current", 1),
    PART("SXX.XXXX", "kW", "active power", 1),
    PART("SXX.XXXX", "kvar", "reactive power", 1),
    PART("SX.XXX", "", "power factor", 1),
};
static const struct dlt645_part ampere_hours[] = {PART("XXXXXX.XX", "Ah", "ampere-hours", 1)};
static const struct dlt645_part total_only[] = {GROUP(increments, "", 1, total_abc)};

/* layouts of part 2, section 4 */
static const struct dlt645_part layout_v[] = {
    GROUP(start_end, "", 1, NULL),
    GROUP(total_only, "", 1, NULL),
    GROUP(phase_state, "", 3, abc),
    GROUP(ampere_hours, "", 4, total_abc),
};
static const struct dlt645_part layout_i[] = {
    GROUP(start_end, "", 1, NULL),
    GROUP(total_only, "", 1, NULL),
    GROUP(phase_state, "", 3, abc),
};
static const struct dlt645_part layout_s[] = {
    GROUP(start_end, "", 1, NULL),
    GROUP(increments, "", 4, total_abc),
};
static const struct dlt645_part layout_u[] = {
    GROUP(start_end, "", 1, NULL),
    PART("XX.XX", "%", "largest unbalance", 1),
    GROUP(increments, "", 4, total_abc),
};
static const struct dlt645_part layout_q[] = {
    PART("XXXXXX", "min", "monitored time", 1),
    PART("XXXX.XX", "%", "pass rate", 1),
    PART("XXXX.XX", "%", "over-limit rate", 1),
    PART("XXXXXX", "min", "time above the upper limit", 1),
    PART("XXXXXX", "min", "time below the lower limit", 1),
    PART("XXX.X", "V", "highest voltage", 1),
    PART("MMDDhhmm", "", "time of the highest", 1),
    PART("XXX.X", "V", "lowest voltage", 1),
    PART("MMDDhhmm", "", "time of the lowest", 1),
};
static const struct dlt645_part six_energies[] = {
    PART("XXXXXX.XX", "kWh", "forward active", 1),
    PART("XXXXXX.XX", "kWh", "reverse active", 1),
    PART("XXXXXX.XX", "kvarh", "reactive quadrant I", 1),
    PART("XXXXXX.XX", "kvarh", "reactive quadrant II", 1),
    PART("XXXXXX.XX", "kvarh", "reactive quadrant III", 1),
    PART("XXXXXX.XX", "kvarh", "reactive quadrant IV", 1),
};
static const char *const before_after[] = {"before", "after"};
static const struct dlt645_part layout_c[] = {
    GROUP(start_end, "", 1, NULL),
    GROUP(six_energies, "", 2, before_after),
};

static const struct dlt645_part all_voltages_lost[] = {PART("YYMMDDhhmmss", "", "start", 1),
                                                       PART("SXXX.XXX", "A", "current", 1),
                                                       PART("YYMMDDhhmmss", "", "end", 1)};
static const struct dlt645_part limit_counts[] = {
    PART("XXXXXX", "times", "forward active", 1),        PART("XXXXXX", "times", "reverse active", 1),
    PART("XXXXXX", "times", "reactive quadrant I", 1),   PART("XXXXXX", "times", "reactive quadrant II", 1),
    PART("XXXXXX", "times", "reactive quadrant III", 1), PART("XXXXXX", "times", "reactive quadrant IV", 1),
};
static const struct dlt645_part limit_record_kw[] = {
    GROUP(start_end, "", 1, NULL), PART("XX.XXXX", "kW", "demand", 1), PART("YYMMDDhhmm", "", "time", 1)};
static const struct dlt645_part limit_record_kvar[] = {
    GROUP(start_end, "", 1, NULL), PART("XX.XXXX", "kvar", "demand", 1), PART("YYMMDDhhmm", "", "time", 1)};

static const struct dlt645_part programming[] = {PART("YYMMDDhhmmss", "", "time", 1),
                                                 PART("raw4", "", "operator", 1),
                                                 PART("digits4", "", "identifier", 10)};
static const struct dlt645_part meter_clear[] = {PART("YYMMDDhhmmss", "", "time", 1),
                                                 PART("raw4", "", "operator", 1),
                                                 GROUP(six_energies, "", 4, total_abc)};
static const struct dlt645_part six_demands[] = {
    GROUP(demand_kw, "forward active", 1, NULL),          GROUP(demand_kw, "reverse active", 1, NULL),
    GROUP(demand_kvar, "reactive quadrant I", 1, NULL),   GROUP(demand_kvar, "reactive quadrant II", 1, NULL),
    GROUP(demand_kvar, "reactive quadrant III", 1, NULL), GROUP(demand_kvar, "reactive quadrant IV", 1, NULL),
};
static const struct dlt645_part demand_clear[] = {PART("YYMMDDhhmmss", "", "time", 1),
                                                  PART("raw4", "", "operator", 1),
                                                  GROUP(six_demands, "", 4, total_abc)};
static const struct dlt645_part event_clear[] = {PART("YYMMDDhhmmss", "", "time", 1),
                                                 PART("raw4", "", "operator", 1),
                                                 PART("digits4", "", "identifier", 1)};
static const struct dlt645_part calibration[] = {PART("raw4", "", "operator", 1),
                                                 PART("YYMMDDhhmmss", "", "time before", 1),
                                                 PART("YYMMDDhhmmss", "", "time after", 1)};
static const struct dlt645_part period_table[] = {PART("hhmmNN", "", "period", 14)};
static const struct dlt645_part period_programming[] = {PART("YYMMDDhhmmss", "", "time", 1),
                                                        PART("raw4", "", "operator", 1),
                                                        GROUP(period_table, "table", 16, NULL)};
static const struct dlt645_part zone_table[] = {PART("MMDDNN", "", "zone", 14)};
static const struct dlt645_part zone_programming[] = {
    PART("YYMMDDhhmmss", "", "time", 1), PART("raw4", "", "operator", 1), GROUP(zone_table, "set", 2, NULL)};
static const struct dlt645_part rest_programming[] = {
    PART("YYMMDDhhmmss", "", "time", 1), PART("raw4", "", "operator", 1), PART("XX", "", "table before", 1)};
static const struct dlt645_part holiday_programming[] = {PART("YYMMDDhhmmss", "", "time", 1),
                                                         PART("raw4", "", "operator", 1),
                                                         PART("YYMMDDNN", "", "holiday", 254)};
static const struct dlt645_part word_programming[] = {PART("YYMMDDhhmmss", "", "time", 1),
                                                      PART("raw4", "", "operator", 1),
                                                      PART("bits8", "", "word before", 1)};
static const struct dlt645_part settlement_programming[] = {
    PART("YYMMDDhhmmss", "", "time", 1), PART("raw4", "", "operator", 1), PART("DDhh", "", "day before", 3)};

static const struct dlt645_part frozen_variables[] = {
    PART("SXX.XXXX", "kW", "active power total", 1),     PART("SXX.XXXX", "kW", "active power A", 1),
    PART("SXX.XXXX", "kW", "active power B", 1),         PART("SXX.XXXX", "kW", "active power C", 1),
    PART("SXX.XXXX", "kvar", "reactive power total", 1), PART("SXX.XXXX", "kvar", "reactive power A", 1),
    PART("SXX.XXXX", "kvar", "reactive power B", 1),     PART("SXX.XXXX", "kvar", "reactive power C", 1),
};
static const struct dlt645_part hour_block[] = {PART("YYMMDDhhmm", "", "time", 1),
                                                PART("XXXXXX.XX", "kWh", "forward active", 1),
                                                PART("XXXXXX.XX", "kWh", "reverse active", 1)};

static const struct dlt645_part relay_record[] = {
    PART("YYMMDDhhmmss", "", "time", 1), PART("raw4", "", "operator", 1), GROUP(six_energies, "", 1, NULL)};
static const struct dlt645_part magnetic_record[] = {
    GROUP(start_end, "", 1, NULL),
    PART("XXXXXX.XX", "kWh", "forward active before", 1),
    PART("XXXXXX.XX", "kWh", "reverse active before", 1),
    PART("XXXXXX.XX", "kWh", "forward active after", 1),
    PART("XXXXXX.XX", "kWh", "reverse active after", 1),
};

enum {
    EXT = DLT645_ROW_EXT,
    TARIFFS = DLT645_ROW_TARIFFS,
    LIST = DLT645_ROW_LIST,
    PHASES = DLT645_ROW_PHASES
};

const struct dlt645_row dlt645_rows_2007[] = {
    /* 1: energy */
    ROW("0000ffss", "combined active energy", "SXXXXXX.XX", "kWh", .quantity = Q_EP_NET),
    ROW("0001ffss", "forward active energy", "XXXXXX.XX", "kWh", .quantity = Q_EP_IMP, .flags = PHASES),
    ROW("0002ffss", "reverse active energy", "XXXXXX.XX", "kWh", .quantity = Q_EP_EXP, .flags = PHASES),
    ROW("0003ffss", "combined reactive energy 1", "SXXXXXX.XX", "kvarh", .quantity = Q_EQ_COMB1,
        .flags = PHASES),
    ROW("0004ffss", "combined reactive energy 2", "SXXXXXX.XX", "kvarh", .quantity = Q_EQ_COMB2,
        .flags = PHASES),
    ROW("0005ffss", "reactive energy quadrant I", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q1, .flags = PHASES),
    ROW("0006ffss", "reactive energy quadrant II", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q2,
        .flags = PHASES),
    ROW("0007ffss", "reactive energy quadrant III", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q3,
        .flags = PHASES),
    ROW("0008ffss", "reactive energy quadrant IV", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q4,
        .flags = PHASES),
    ROW("0009ffss", "forward apparent energy", "XXXXXX.XX", "kVAh", .quantity = Q_ES_IMP, .flags = PHASES),
    ROW("000Affss", "reverse apparent energy", "XXXXXX.XX", "kVAh", .quantity = Q_ES_EXP, .flags = PHASES),
    ROW("008000ss", "associated active energy", "XXXXXX.XX", "kWh", .flags = PHASES),
    ROW("008100ss", "forward active energy, fundamental", "XXXXXX.XX", "kWh", .flags = PHASES),
    ROW("008200ss", "reverse active energy, fundamental", "XXXXXX.XX", "kWh", .flags = PHASES),
    ROW("008300ss", "forward active energy, harmonics", "XXXXXX.XX", "kWh", .flags = PHASES),
    ROW("008400ss", "reverse active energy, harmonics", "XXXXXX.XX", "kWh", .flags = PHASES),
    ROW("008500ss", "copper-loss active energy compensation", "XXXXXX.XX", "kWh", .flags = PHASES),
    ROW("008600ss", "iron-loss active energy compensation", "XXXXXX.XX", "kWh", .flags = PHASES),
    ROW("000B00ss", "energy used in the settlement period", "SXXXXXX.XX", "kWh", .flags = EXT),
    ROW("000C0000", "energy used this month", "SXXXXXX.XX", "kWh", .flags = EXT),
    ROW("000D00nn", "energy used in the year", "raw8", "", .flags = EXT),
    ROW("00900100", "remaining energy", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("00900101", "overdraft energy", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("00900200", "remaining amount", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("00900201", "overdraft amount", "XXXXXX.XX", "yuan", .flags = EXT),

    /* 2: maximum demand with its time */
    ROW("0101ffss", "forward active max demand", NULL, "", .quantity = Q_MD_IMP, .quantity2 = Q_MD_IMP_TIME,
        .flags = PHASES, PARTS(demand_kw)),
    ROW("0102ffss", "reverse active max demand", NULL, "", .quantity = Q_MD_EXP, .quantity2 = Q_MD_EXP_TIME,
        .flags = PHASES, PARTS(demand_kw)),
    ROW("0103ffss", "combined reactive 1 max demand", NULL, "", .flags = PHASES, PARTS(demand_kvar_signed)),
    ROW("0104ffss", "combined reactive 2 max demand", NULL, "", .flags = PHASES, PARTS(demand_kvar_signed)),
    ROW("0105ffss", "reactive quadrant I max demand", NULL, "", .flags = PHASES, PARTS(demand_kvar)),
    ROW("0106ffss", "reactive quadrant II max demand", NULL, "", .flags = PHASES, PARTS(demand_kvar)),
    ROW("0107ffss", "reactive quadrant III max demand", NULL, "", .flags = PHASES, PARTS(demand_kvar)),
    ROW("0108ffss", "reactive quadrant IV max demand", NULL, "", .flags = PHASES, PARTS(demand_kvar)),
    ROW("0109ffss", "forward apparent max demand", NULL, "", .flags = PHASES, PARTS(demand_kva)),
    ROW("010Affss", "reverse apparent max demand", NULL, "", .flags = PHASES, PARTS(demand_kva)),

    /* 3: variables */
    ROW("0201qq00", "voltage", "XXX.X", "V", .quantity = Q_U_A),
    ROW("0202qq00", "current", "SXXX.XXX", "A", .quantity = Q_I_A),
    ROW("0203rr00", "active power", "SXX.XXXX", "kW", .quantity = Q_P),
    ROW("0204rr00", "reactive power", "SXX.XXXX", "kvar", .quantity = Q_Q),
    ROW("0205rr00", "apparent power", "SXX.XXXX", "kVA", .quantity = Q_S),
    ROW("0206rr00", "power factor", "SX.XXX", "", .quantity = Q_PF),
    ROW("0207qq00", "phase angle", "XXX.X", "degree"),
    ROW("0208qq00", "voltage distortion", "XX.XX", "%"),
    ROW("0209qq00", "current distortion", "XX.XX", "%"),
    ROW("020A0phh", "voltage harmonic content", "XX.XX", "%"),
    ROW("020B0phh", "current harmonic content", "XX.XX", "%"),
    ROW("02800001", "neutral current", "SXXX.XXX", "A", .quantity = Q_I_N),
    ROW("02800002", "grid frequency", "XX.XX", "Hz", .quantity = Q_FREQUENCY),
    ROW("02800003", "one-minute mean active power", "SXX.XXXX", "kW"),
    ROW("02800004", "present active demand", "SXX.XXXX", "kW"),
    ROW("02800005", "present reactive demand", "SXX.XXXX", "kvar"),
    ROW("02800006", "present apparent demand", "XX.XXXX", "kVA"),
    ROW("02800007", "temperature in the meter", "SXXX.X", "deg C"),
    ROW("02800008", "clock battery voltage", "XX.XX", "V"),
    ROW("02800009", "power-off reading battery voltage", "XX.XX", "V"),
    ROW("0280000A", "battery operating time", "XXXXXXXX", "min"),
    ROW("0280000B", "current step price", "XXXX.XXXX", "yuan/kWh", .flags = EXT),
    ROW("02800020", "current price", "XXXX.XXXX", "yuan/kWh", .flags = EXT),
    ROW("02800021", "current tariff price", "XXXX.XXXX", "yuan/kWh", .flags = EXT),
    ROW("02800022", "rest of the authentication time", "XXXX", "min", .flags = EXT),
    ROW("02800025", "one-minute mean reactive power", "SXX.XXXX", "kvar", .flags = EXT),
    ROW("02800031", "running time since power-on", "XXXXXXXX", "min", .flags = EXT),

    /* 4: event records */
    ROW("03010000", "loss-of-voltage counts and times", NULL, "", PARTS(counts_abc)),
    ROW("03010pnn", "loss of voltage", NULL, "", PARTS(layout_v)),
    ROW("03020000", "under-voltage counts and times", NULL, "", PARTS(counts_abc)),
    ROW("03020pnn", "under-voltage", NULL, "", PARTS(layout_v)),
    ROW("03030000", "over-voltage counts and times", NULL, "", PARTS(counts_abc)),
    ROW("03030pnn", "over-voltage", NULL, "", PARTS(layout_v)),
    ROW("03040000", "phase-failure counts and times", NULL, "", PARTS(counts_abc)),
    ROW("03040pnn", "phase failure", NULL, "", PARTS(layout_v)),
    ROW("03050000", "loss-of-all-voltages count and time", NULL, "", PARTS(count_time)),
    ROW("030500nn", "loss of all voltages", NULL, "", PARTS(all_voltages_lost)),
    ROW("03060000", "auxiliary-supply-lost count and time", NULL, "", PARTS(count_time)),
    ROW("030600nn", "auxiliary supply lost", NULL, "", PARTS(start_end)),
    ROW("03070000", "reverse-voltage-sequence count and time", NULL, "", PARTS(count_time)),
    ROW("030700nn", "reverse voltage sequence", NULL, "", PARTS(layout_s)),
    ROW("03080000", "reverse-current-sequence count and time", NULL, "", PARTS(count_time)),
    ROW("030800nn", "reverse current sequence", NULL, "", PARTS(layout_s)),
    ROW("03090000", "voltage-unbalance count and time", NULL, "", PARTS(count_time)),
    ROW("030900nn", "voltage unbalance", NULL, "", PARTS(layout_u)),
    ROW("030A0000", "current-unbalance count and time", NULL, "", PARTS(count_time)),
    ROW("030A00nn", "current unbalance", NULL, "", PARTS(layout_u)),
    ROW("030B0000", "loss-of-current counts and times", NULL, "", PARTS(counts_abc)),
    ROW("030B0pnn", "loss of current", NULL, "", PARTS(layout_i)),
    ROW("030C0000", "over-current counts and times", NULL, "", PARTS(counts_abc)),
    ROW("030C0pnn", "over-current", NULL, "", PARTS(layout_i)),
    ROW("030D0000", "current-break counts and times", NULL, "", PARTS(counts_abc)),
    ROW("030D0pnn", "current break", NULL, "", PARTS(layout_i)),
    ROW("030E0000", "power-flow-reversal counts and times", NULL, "", PARTS(counts_abc)),
    ROW("030E0pnn", "power flow reversal", NULL, "", PARTS(layout_s)),
    ROW("030F0000", "overload counts and times", NULL, "", PARTS(counts_abc)),
    ROW("030F0pnn", "overload", NULL, "", PARTS(layout_s)),
    ROW("031000ss", "voltage quality", NULL, "", PARTS(layout_q)),
    ROW("03100pss", "voltage quality", NULL, "", PARTS(layout_q)),
    ROW("03110000", "power-off count", "XXXXXX", "times"),
    ROW("031100nn", "power-off", NULL, "", PARTS(start_end)),
    ROW("03120000", "demand-over-limit counts", NULL, "", PARTS(limit_counts)),
    ROW("031201nn", "forward active demand over limit", NULL, "", PARTS(limit_record_kw)),
    ROW("031202nn", "reverse active demand over limit", NULL, "", PARTS(limit_record_kw)),
    ROW("031203nn", "reactive quadrant I demand over limit", NULL, "", PARTS(limit_record_kvar)),
    ROW("031204nn", "reactive quadrant II demand over limit", NULL, "", PARTS(limit_record_kvar)),
    ROW("031205nn", "reactive quadrant III demand over limit", NULL, "", PARTS(limit_record_kvar)),
    ROW("031206nn", "reactive quadrant IV demand over limit", NULL, "", PARTS(limit_record_kvar)),
    ROW("03300000", "programming count", "XXXXXX", "times"),
    ROW("033000nn", "programming", NULL, "", PARTS(programming)),
    ROW("03300100", "meter clear count", "XXXXXX", "times"),
    ROW("033001nn", "meter clear", NULL, "", PARTS(meter_clear)),
    ROW("03300200", "demand clear count", "XXXXXX", "times"),
    ROW("033002nn", "demand clear", NULL, "", PARTS(demand_clear)),
    ROW("03300300", "event clear count", "XXXXXX", "times"),
    ROW("033003nn", "event clear", NULL, "", PARTS(event_clear)),
    ROW("03300400", "time calibration count", "XXXXXX", "times"),
    ROW("033004nn", "time calibration", NULL, "", PARTS(calibration)),
    ROW("03300500", "period table programming count", "XXXXXX", "times"),
    ROW("033005nn", "period table programming", NULL, "", PARTS(period_programming)),
    ROW("03300600", "zone table programming count", "XXXXXX", "times"),
    ROW("033006nn", "zone table programming", NULL, "", PARTS(zone_programming)),
    ROW("03300700", "weekly rest day programming count", "XXXXXX", "times"),
    ROW("033007nn", "weekly rest day programming", NULL, "", PARTS(rest_programming)),
    ROW("03300800", "holiday programming count", "XXXXXX", "times"),
    ROW("033008nn", "holiday programming", NULL, "", PARTS(holiday_programming)),
    ROW("03300900", "active combination programming count", "XXXXXX", "times"),
    ROW("033009nn", "active combination programming", NULL, "", PARTS(word_programming)),
    ROW("03300A00", "reactive combination 1 programming count", "XXXXXX", "times"),
    ROW("03300Ann", "reactive combination 1 programming", NULL, "", PARTS(word_programming)),
    ROW("03300B00", "reactive combination 2 programming count", "XXXXXX", "times"),
    ROW("03300Bnn", "reactive combination 2 programming", NULL, "", PARTS(word_programming)),
    ROW("03300C00", "settlement day programming count", "XXXXXX", "times"),
    ROW("03300Cnn", "settlement day programming", NULL, "", PARTS(settlement_programming)),
    ROW("03300D00", "cover-open count", "XXXXXX", "times"),
    ROW("03300Dnn", "cover open", NULL, "", PARTS(layout_c)),
    ROW("03300E00", "terminal-cover-open count", "XXXXXX", "times"),
    ROW("03300Enn", "terminal cover open", NULL, "", PARTS(layout_c)),
    ROW("033201nn", "energy purchase date", "YYMMDDhhmm", "", .flags = EXT),
    ROW("033202nn", "energy purchase total count", "XXXX", "times", .flags = EXT),
    ROW("033203nn", "energy purchase, energy bought", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("033204nn", "energy purchase, rest before", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("033205nn", "energy purchase, rest after", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("033206nn", "energy purchase, total bought", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("033301nn", "money purchase date", "YYMMDDhhmm", "", .flags = EXT),
    ROW("033302nn", "money purchase total count", "XXXX", "times", .flags = EXT),
    ROW("033303nn", "money purchase, amount", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("033304nn", "money purchase, rest before", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("033305nn", "money purchase, rest after", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("033306nn", "money purchase, total amount", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("03350000", "magnetic interference count", "XXXXXX", "times", .flags = EXT),
    ROW("033500nn", "magnetic interference", NULL, "", .flags = EXT, PARTS(magnetic_record)),
    ROW("03360000", "relay malfunction count", "XXXXXX", "times", .flags = EXT),
    ROW("03370000", "power supply fault count", "XXXXXX", "times", .flags = EXT),

    /* 5: parameters */
    ROW("04000101", "date and weekday", "YYMMDDWW", "", .quantity = Q_CLOCK),
    ROW("04000102", "time", "hhmmss", ""),
    ROW("04000103", "max demand period", "XX", "min"),
    ROW("04000104", "slip time", "XX", "min"),
    ROW("04000105", "calibration pulse width", "XXXX", "ms"),
    ROW("04000106", "switch time of the zone tables", "YYMMDDhhmm", ""),
    ROW("04000107", "switch time of the period table sets", "YYMMDDhhmm", ""),
    ROW("04000108", "switch time of tariff price sets", "YYMMDDhhmm", "", .flags = EXT),
    ROW("04000109", "switch time of step price sets", "YYMMDDhhmm", "", .flags = EXT),
    ROW("0400010C", "date, weekday and time", "YYMMDDWWhhmmss", "", .quantity = Q_CLOCK, .flags = EXT),
    ROW("04000201", "number of year zones", "XX", ""),
    ROW("04000202", "number of day period tables", "XX", ""),
    ROW("04000203", "number of day periods", "XX", ""),
    ROW("04000204", "number of tariffs", "XX", ""),
    ROW("04000205", "number of public holidays", "XXXX", ""),
    ROW("04000206", "number of harmonics analysed", "XX", ""),
    ROW("04000207", "number of steps", "XX", "", .flags = EXT),
    ROW("04000301", "number of auto-cycle screens", "XX", ""),
    ROW("04000302", "seconds per screen", "XX", "s"),
    ROW("04000303", "energy decimals shown", "XX", ""),
    ROW("04000304", "power decimals shown", "XX", ""),
    ROW("04000305", "number of key-cycle screens", "XX", ""),
    ROW("04000306", "current transformer ratio", "XXXXXX", "", .flags = EXT),
    ROW("04000307", "voltage transformer ratio", "XXXXXX", "", .flags = EXT),
    ROW("04000308", "full display time at power-on", "XX", "s", .flags = EXT),
    ROW("04000401", "communication address", "digits6", ""),
    ROW("04000402", "meter number", "digits6", ""),
    ROW("04000403", "asset code", "ascii32", ""),
    ROW("04000404", "rated voltage (ASCII)", "ascii6", ""),
    ROW("04000405", "rated/base current (ASCII)", "ascii6", ""),
    ROW("04000406", "maximum current (ASCII)", "ascii6", ""),
    ROW("04000407", "active accuracy class (ASCII)", "ascii4", ""),
    ROW("04000408", "reactive accuracy class (ASCII)", "ascii4", ""),
    ROW("04000409", "active constant", "XXXXXX", "imp/kWh"),
    ROW("0400040A", "reactive constant", "XXXXXX", "imp/kvarh"),
    ROW("0400040B", "meter type", "ascii10", ""),
    ROW("0400040C", "production date", "ascii10", ""),
    ROW("0400040D", "protocol version", "ascii16", ""),
    ROW("0400040E", "customer number", "digits6", "", .flags = EXT),
    ROW("04000508", "key state", "bits32", "", .flags = EXT),
    ROW("040005ww", "running status word", "bits16", "", .quantity = Q_STATUS_WORDS),
    ROW("04000601", "active combination word", "bits8", ""),
    ROW("04000602", "reactive combination word 1", "bits8", ""),
    ROW("04000603", "reactive combination word 2", "bits8", ""),
    ROW("04000701", "rate word, modulated infrared", "bits8", ""),
    ROW("04000702", "rate word, contact optical", "bits8", ""),
    ROW("04000703", "rate word, port 1", "bits8", ""),
    ROW("04000704", "rate word, port 2", "bits8", ""),
    ROW("04000705", "rate word, port 3", "bits8", ""),
    ROW("04000801", "weekly rest day word", "bits8", ""),
    ROW("04000802", "period table used on rest days", "XX", ""),
    ROW("04000901", "load record pattern word", "bits8", ""),
    ROW("04000902", "freeze pattern word", "bits8", ""),
    ROW("04000903", "pattern word, instant freeze", "bits8", "", .flags = EXT),
    ROW("04000904", "pattern word, switch freeze", "bits8", "", .flags = EXT),
    ROW("04000905", "pattern word, hourly freeze", "bits8", "", .flags = EXT),
    ROW("04000906", "pattern word, daily freeze", "bits8", "", .flags = EXT),
    ROW("04000A01", "load record start time", "MMDDhhmm", ""),
    ROW("04000A02", "load record interval, class 1", "XXXX", "min"),
    ROW("04000A03", "load record interval, class 2", "XXXX", "min"),
    ROW("04000A04", "load record interval, class 3", "XXXX", "min"),
    ROW("04000A05", "load record interval, class 4", "XXXX", "min"),
    ROW("04000A06", "load record interval, class 5", "XXXX", "min"),
    ROW("04000A07", "load record interval, class 6", "XXXX", "min"),
    ROW("04000B0k", "settlement day", "DDhh", ""),
    ROW("04000C0k", "password", "raw4", ""),
    ROW("04000D0k", "line coefficient", "X.XXX", ""),
    ROW("04000E01", "forward active power limit", "XX.XXXX", "kW"),
    ROW("04000E02", "reverse active power limit", "XX.XXXX", "kW"),
    ROW("04000E03", "voltage upper limit", "XXX.X", "V"),
    ROW("04000E04", "voltage lower limit", "XXX.X", "V"),
    ROW("04000F01", "alarm energy 1", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("04000F02", "alarm energy 2", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("04000F03", "hoarding energy limit", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("04000F04", "overdraft energy limit", "XXXXXX.XX", "kWh", .flags = EXT),
    ROW("04001001", "alarm amount 1", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("04001002", "alarm amount 2", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("04001003", "overdraft limit", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("04001004", "hoarding limit", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("04001005", "amount that permits closing", "XXXXXX.XX", "yuan", .flags = EXT),
    ROW("04001101", "running feature word 1", "bits8", "", .flags = EXT),
    ROW("04001104", "active report pattern word", "raw", "", .flags = EXT),
    ROW("04001201", "hourly freeze start", "YYMMDDhhmm", "", .flags = EXT),
    ROW("04001202", "hourly freeze interval", "XX", "min", .flags = EXT),
    ROW("04001203", "daily freeze moment", "hhmm", "", .flags = EXT),
    ROW("04001204", "timed freeze moment", "MMDDhhmm", "", .flags = EXT),
    ROW("04001401", "trip delay", "XXXX", "min", .flags = EXT),
    ROW("04001402", "relay trip current limit", "XXX.XXX", "A", .flags = EXT),
    ROW("04001403", "over-current trip delay", "XXXX", "min", .flags = EXT),
    ROW("04001501", "active report state word", "raw", "", .flags = EXT),
    ROW("04001503", "reset of the report state word", "raw12", "", .flags = EXT),
    ROW("04010000", "first set zone table", "MMDDNN", "", .flags = LIST),
    ROW("0401000k", "first set period table", "hhmmNN", "", .flags = LIST),
    ROW("04020000", "second set zone table", "MMDDNN", "", .flags = LIST),
    ROW("0402000k", "second set period table", "hhmmNN", "", .flags = LIST),
    ROW("040300kk", "public holiday", "YYMMDDNN", ""),
    ROW("040401kk", "auto-cycle screen", "raw", ""),
    ROW("040402kk", "key-cycle screen", "raw", ""),
    ROW("040501ii", "first set tariff price", "XXXX.XXXX", "yuan/kWh", .flags = EXT),
    ROW("040502ii", "second set tariff price", "XXXX.XXXX", "yuan/kWh", .flags = EXT),
    ROW("040604FF", "first set step parameters", "raw", "", .flags = EXT),
    ROW("04090301", "under-voltage event limit", "XXX.X", "V", .flags = EXT),
    ROW("04090302", "under-voltage event delay", "XX", "s", .flags = EXT),
    ROW("04090801", "over-current event limit", "XXX.X", "A", .flags = EXT),
    ROW("04090802", "over-current event delay", "XX", "s", .flags = EXT),
    ROW("04090B01", "overload active power limit", "XX.XXXX", "kW", .flags = EXT),
    ROW("04090D01", "active demand limit", "XX.XXXX", "kW", .flags = EXT),
    ROW("04090D02", "reactive demand limit", "XX.XXXX", "kvar", .flags = EXT),
    ROW("04800001", "maker software version", "ascii32", ""),
    ROW("04800002", "maker hardware version", "ascii32", ""),
    ROW("04800003", "maker number", "ascii32", ""),

    /* 6: freezes */
    ROW("0504FFnn", "hourly freeze block", NULL, "", .quantity = Q_CLOCK, .quantity2 = Q_EP_IMP, .flags = EXT,
        PARTS(hour_block), .quantity3 = Q_EP_EXP),
    ROW("050z00nn", "time", "YYMMDDhhmm", "", .quantity = Q_CLOCK),
    ROW("050z01nn", "forward active energy", "XXXXXX.XX", "kWh", .quantity = Q_EP_IMP, .flags = TARIFFS),
    ROW("050z02nn", "reverse active energy", "XXXXXX.XX", "kWh", .quantity = Q_EP_EXP, .flags = TARIFFS),
    ROW("050z03nn", "combined reactive energy 1", "SXXXXXX.XX", "kvarh", .quantity = Q_EQ_COMB1,
        .flags = TARIFFS),
    ROW("050z04nn", "combined reactive energy 2", "SXXXXXX.XX", "kvarh", .quantity = Q_EQ_COMB2,
        .flags = TARIFFS),
    ROW("050z05nn", "reactive energy quadrant I", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q1,
        .flags = TARIFFS),
    ROW("050z06nn", "reactive energy quadrant II", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q2,
        .flags = TARIFFS),
    ROW("050z07nn", "reactive energy quadrant III", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q3,
        .flags = TARIFFS),
    ROW("050z08nn", "reactive energy quadrant IV", "XXXXXX.XX", "kvarh", .quantity = Q_EQ_Q4,
        .flags = TARIFFS),
    ROW("050z09nn", "forward active max demand", NULL, "", .quantity = Q_MD_IMP, .quantity2 = Q_MD_IMP_TIME,
        .flags = TARIFFS, PARTS(demand_kw)),
    ROW("050z0Ann", "reverse active max demand", NULL, "", .quantity = Q_MD_EXP, .quantity2 = Q_MD_EXP_TIME,
        .flags = TARIFFS, PARTS(demand_kw)),
    ROW("050z10nn", "variables", NULL, "", PARTS(frozen_variables)),
    ROW("050zFFnn", "block", "raw", ""),

    /* 8: relay records; 9: single items of events */
    ROW("1D000001", "relay trip count", "XXXXXX", "times", .flags = EXT),
    ROW("1D0001nn", "relay trip time", "YYMMDDhhmmss", "", .flags = EXT),
    ROW("1D00FFnn", "relay trip", NULL, "", .flags = EXT, PARTS(relay_record)),
    ROW("1E000001", "relay close count", "XXXXXX", "times", .flags = EXT),
    ROW("1E0001nn", "relay close time", "YYMMDDhhmmss", "", .flags = EXT),
    ROW("1E00FFnn", "relay close", NULL, "", .flags = EXT, PARTS(relay_record)),
    ROW("cc000001", "count", "XXXXXX", "times", .flags = EXT),
    ROW("cc000002", "total time", "XXXXXX", "min", .flags = EXT),
    ROW("cc0p0001", "count", "XXXXXX", "times", .flags = EXT),
    ROW("cc0p0002", "total time", "XXXXXX", "min", .flags = EXT),
    ROW("cc0001nn", "start", "YYMMDDhhmmss", "", .flags = EXT),
    ROW("cc00eenn", "end", "YYMMDDhhmmss", "", .flags = EXT),
    ROW("cc0p01nn", "start", "YYMMDDhhmmss", "", .flags = EXT),
    ROW("cc0peenn", "end", "YYMMDDhhmmss", "", .flags = EXT),

    /* 7: load records; the answer has its own structure, walked by dlt645_explain */
    ROW("06000000", "earliest load records", "raw", ""),
    ROW("06000001", "load records from a time", "raw", ""),
    ROW("06000002", "latest load record", "raw", ""),
    ROW("060l0000", "earliest load records, class", "raw", ""),
    ROW("060l0001", "load records from a time, class", "raw", ""),
    ROW("060l0002", "latest load record, class", "raw", ""),
    ROW("0610kkii", "curve", "raw", "", .flags = EXT),
    {.pattern = NULL},
};
