#ifndef TESTS_SIM_MASTER_EXCHANGE_H
#define TESTS_SIM_MASTER_EXCHANGE_H

#include "tests/sim/master/answers.h"
#include "tests/sim/master/plan.h"

/**
 * The master's side of requests, pure (376.1 reference part 1, section 6): an answer belongs to a request by
 * address, direction, AFN and RSEQ; 30 s time-out, started anew by every frame of the answer; repeats with
 * the same PSEQ; after a gap in RSEQ the frames received count and what is missing is asked again.
 *
 *   want_send: the caller builds the frame with ms_exchange_frame and sends it
 *   RUNNING and not want_send: waits for frames until deadline, then ms_exchange_expire
 *   any other result: finished
 */
enum ms_result {
    MS_RUNNING,
    MS_DATA,      /**< the items came (some may be left out by the terminal) */
    MS_CONFIRMED, /**< AFN 00 F1, or F3 without errors, to every frame */
    MS_DENIED,    /**< AFN 00 F2 to every frame */
    MS_PARTLY,    /**< confirmed in part, denied in part */
    MS_TIMEOUT,
    MS_GONE, /**< the link was lost */
};
const char *ms_result_name(enum ms_result r);

struct ms_options {
    uint8_t msa;         /**< 1..127 */
    unsigned timeout_ms; /**< 30000 */
    unsigned repeats;    /**< 2 */
    size_t max_l1;       /**< 1024 */
    bool tp;             /**< requests carry Tp; answers must echo it */
    uint8_t tp_delay_min;
    bool no_pw; /**< leave PW out where the AFN has one */
    uint8_t pw[GDW_PW_LEN];
};

struct ms_exchange {
    struct ms_plan *plan;       /**< caller's; missing items are appended to it */
    struct ms_answers *answers; /**< caller's */
    const struct ms_options *opt;
    uint16_t a1, a2;
    enum ms_result result;
    bool want_send;
    unsigned step, tries, rounds, planned;
    uint8_t pfc; /**< of the step in work */
    struct gdw_tp tp;
    uint8_t next; /**< RSEQ of the next frame of the answer */
    bool open;    /**< a multi-frame answer has begun */
    bool gap;
    int64_t deadline;
    unsigned more_ms; /**< added to the time-out (AFN 10: the message time-out) */
    unsigned frames, repeats, confirmed, denied, gaps, tp_wrong;
    unsigned data; /**< frames with data */
};

void ms_exchange_start(struct ms_exchange *x, struct ms_plan *p, struct ms_answers *a,
                       const struct ms_options *opt, uint16_t a1, uint16_t a2);
/**
 * Build the frame to be sent now.
 * @param pfc the terminal's counter; moves on when a new step begins
 * @param local local time, for Tp
 * @return frame length, CN_E_NOSPACE
 */
int ms_exchange_frame(struct ms_exchange *x, uint8_t *pfc, int64_t now_ms, const struct civil *local,
                      struct wbuf *out);
/** @return true when the frame belongs to this exchange (and was taken). */
bool ms_exchange_take(struct ms_exchange *x, const struct gdw_frame *f, int64_t now_ms);
/** The deadline has passed: repeat or give up. */
void ms_exchange_expire(struct ms_exchange *x, int64_t now_ms);

#endif
