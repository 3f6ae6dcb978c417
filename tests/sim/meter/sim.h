#ifndef TESTS_SIM_METER_SIM_H
#define TESTS_SIM_METER_SIM_H

#include <stdio.h>

#include "tests/sim/meter/line.h"

/** The simulated world as a whole: lines, meters, and the clock of the world. No descriptors, no waiting. */
enum { SM_LINES_MAX = 32 };

struct sm_clock_source {
    bool own;            /**< runs from a given moment instead of the system clock */
    int64_t base_ms;     /**< world time at the anchor, UTC ms */
    int64_t anchor_ms;   /**< system (or monotonic, if own) ms at the anchor */
    int64_t scale_milli; /**< thousandths: 1000 = real time, 0 = the clock stands still */
};

struct sm_sim {
    struct sm_site site;
    struct sm_clock_source time;
    struct sm_line *lines;
    size_t line_count;
    struct sm_meter *meters; /**< in order of points, port after port */
    size_t meter_count;
    char device[SM_LINES_MAX][64]; /**< slave names of the ptys */
};

/** World time, UTC ms. @param system_ms CLOCK_REALTIME @param mono_ms CLOCK_MONOTONIC */
int64_t sm_time_ms(const struct sm_clock_source *t, int64_t system_ms, int64_t mono_ms);
/** Let the world's clock show world_ms now and run at scale_milli from here on. */
void sm_time_set(struct sm_clock_source *t, int64_t mono_ms, int64_t world_ms, int64_t scale_milli);

struct sm_meter *sm_find(struct sm_sim *s, uint32_t point);

/**
 * Carry out one line of the control language and write the answer to out.
 *   SELECTOR ACTION...    point=37 silent; point=1..20 late=900; port=1 ber=1e-4; every=20 silent; all ok
 *   QUERY                 registers 37; item 37 0001FF00; meters; stats; help
 * @param now monotonic ns @param wall world time, UTC seconds
 * @return 0, or CN_E_... after "error: ..." was written
 */
int sm_command(struct sm_sim *s, const char *line, int64_t now, int64_t wall, FILE *out);

/** The list of selectors, actions and queries, for --help. */
void sm_command_help(FILE *out);

void sm_print_stats(const struct sm_sim *s, FILE *out);
void sm_print_stats_json(const struct sm_sim *s, FILE *out);
/** One CSV line:
 * port,point,di,t_request_first_byte_us,t_answer_last_byte_us,bytes_in,bytes_out,delay_us,fn,result */
void sm_print_exchange(const struct sm_line *l, const struct sm_exchange *e, FILE *out);
/** BCD digits, low byte first, as the display shows them: "001234.56"; "-" for FF or EE. */
void sm_print_digits(const uint8_t *p, size_t size, unsigned decimals, FILE *out);
/** The archive in the form that master-sim takes: index,point,port,baud,protocol,address,password,tariffs,...
 */
void sm_print_archive(const struct sm_sim *s, FILE *out);
/** All registers of a meter as its display shows them. */
void sm_print_registers(const struct sm_sim *s, const struct sm_meter *m, int64_t wall, FILE *out);

#endif
