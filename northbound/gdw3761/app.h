#ifndef NORTHBOUND_GDW3761_APP_H
#define NORTHBOUND_GDW3761_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/civil.h"
#include "gateway/model/ctl.h"
#include "gateway/store/view.h"
#include "northbound/gdw3761/items.h"

/**
 * The application layer of the terminal (reference part 1, 10 and 13; parts 3 to 6): one request becomes one
 * job, the job walks the data units and gives answer frames one at a time. It reaches the box only through
 * struct gdw_seam, so it runs the same on the store and the control socket, in tests and under the fuzzer.
 *
 * An answer longer than a frame is not kept: the job keeps its place (cursor, entry number) and builds the
 * next frame when the last one has been sent. Memory is constant.
 */

/** Time is passed in: monotonic for time-outs, UTC of the box's clock for what is written into frames. */
struct gdw_now {
    int64_t mono_ms;
    int64_t utc_s;
};

/**
 * What the application needs of the box. Readers are those of gateway/store/view.h; requests go to
 * concentratord, return 0 with the sequence number of the request in *seq, or CN_E_GONE (no control socket
 * now), CN_E_BUSY (its queue is full, try again), and are answered later through gdw_job_... . Every pointer
 * must be set, but check_pw.
 */
struct gdw_seam {
    void *ctx;
    /** Data unit in force: what a master set, else the default of the configuration. @return length,
     * CN_E_NOTFOUND ... */
    int (*param)(void *ctx, unsigned fn, unsigned pn, unsigned sub, uint8_t *out, size_t cap);
    int (*meter)(void *ctx, unsigned point, struct meter *out);
    /** Smallest configured instance of a point kind above `after`, 0 = none. */
    unsigned (*next_pn)(void *ctx, unsigned pn_kind, unsigned after);
    int (*latest)(void *ctx, unsigned point, unsigned quantity, struct reading_set *out);
    int (*freeze)(void *ctx, unsigned kind, int64_t slot, unsigned point, struct freeze *out);
    int (*event)(void *ctx, unsigned ring, uint8_t index, uint8_t *out, size_t cap);
    int (*event_state)(void *ctx, struct event_state *out);

    int (*read)(void *ctx, const struct ctl_read *m, uint32_t *seq);
    int (*forward)(void *ctx, const struct ctl_forward *m, uint32_t *seq);
    int (*set_params)(void *ctx, const struct ctl_params *m, uint32_t *seq);
    int (*set_clock)(void *ctx, const struct ctl_clock *m, uint32_t *seq);
    int (*raise)(void *ctx, const struct ctl_event *m);
    int (*seen)(void *ctx, const struct ctl_seen *m, uint32_t *seq);
    /**
     * Check the PW of a frame by the authentication scheme in force. NULL = scheme 0: any content is
     * accepted.
     * @return true when it is right; false raises ERC20 and denies
     */
    bool (*check_pw)(void *ctx, const struct gdw_frame *f);
};

/** AFN 09 F1. Texts are cut to their fields and padded with 00. */
struct gdw_ident {
    const char *vendor, *device, *software, *capacity, *protocol, *hardware;
    struct civil software_date, hardware_date; /**< year 0: not known, sent as EE */
};

enum {
    GDW_READ_MS = 25000,     /**< a meter read for a request; a master waits 30 s */
    GDW_CONFIRM_MS = 20000,  /**< concentratord's answer to a set */
    GDW_CTL_BACK_MS = 10000, /**< a request in flight waits this long for a restarted concentratord */
    GDW_FLUSH_MS = 15000,    /**< a frame with data does not wait longer for further meters */
    GDW_OUT_MIN = 1200,      /**< smallest answer buffer: the largest unit that is never cut, AFN 10 */
    GDW_QUANTITIES = 96,     /**< quantity numbers the table of denied ones covers */
};

/** One for the process, shared by its links. */
struct gdw_app {
    const struct gdw_seam *seam;
    struct gdw_ident ident;
    struct zone zone;
    uint16_t a1, a2;
    uint16_t fresh_s;   /**< class 1 data no older than this are not read again */
    uint16_t frame_max; /**< largest L1 sent, 220..16383 */
    /** The EC1 at which an AFN 0E F1 cleared ACD; the store follows a little later. -1 = none. */
    int acd_cleared_at;
    /** Quantities a meter has refused, so that it is not asked at each request; a day long, or until F10
     * changes. */
    uint8_t denied[GDW_PN_MAX + 1][GDW_QUANTITIES / 8];
    int64_t denied_day;
};

void gdw_app_init(struct gdw_app *a, const struct gdw_seam *seam);
/** Meters were archived anew: forget what they refused. */
void gdw_app_meters_changed(struct gdw_app *a);
/** Counters and ACD as the next uplink frame shows them (reference part 1, section 2). */
void gdw_app_events(struct gdw_app *a, struct event_state *out);

/**
 * Report of important events (part 6, 7): AFN 0E F1 with all unread records that fit one frame, into `out` as
 * a whole frame. head gives con and seq.
 * @param upto index behind the last record put in
 * @return frame length; 0 = nothing unread; CN_E_NOSPACE; or the error of the store
 */
int gdw_app_report(struct gdw_app *a, bool con, uint8_t pseq, struct wbuf *out, uint8_t *upto);

/** F8 is accepted only for what the terminal can do: TCP, client, always on line. The data unit is 8 bytes.
 */
bool gdw_f8_supported(const struct param_f8 *f);

/* ---- jobs ---- */

enum gdw_job_state {
    GDW_JOB_IDLE,
    GDW_JOB_WAIT,  /**< for concentratord; nothing to send yet */
    GDW_JOB_FRAME, /**< a frame was built: send it, then step again */
    GDW_JOB_DONE,  /**< no further frame */
};

enum gdw_op { GDW_OP_NONE, GDW_OP_READ, GDW_OP_FORWARD, GDW_OP_PARAMS, GDW_OP_CLOCK };

struct gdw_result {
    struct gdw_dadt dadt;
    uint8_t err; /**< 0 done, 1 refused */
};

struct gdw_job {
    struct gdw_app *app;
    uint8_t source; /**< enum ctl_source */
    bool busy;
    bool silent;      /**< group or broadcast: executed, not answered */
    uint8_t *request; /**< caller's buffer of GDW_FRAME_MAX: the frame in work */
    size_t request_len;
    struct gdw_frame f; /**< decoded, points into request */
    uint8_t *out;       /**< caller's buffer: the answer frame in work */
    size_t out_cap;     /**< >= GDW_OUT_MIN and >= frame_max + GDW_AROUND */
    struct wbuf w;
    bool open;           /**< w holds the beginning of a frame */
    bool has_units;      /**< ... with at least one data unit */
    uint8_t frames;      /**< answer frames given so far, modulo 256 */
    bool answered;       /**< at least one */
    bool finished;       /**< the last frame was given */
    bool refused;        /**< denied before anything was executed: format, PW */
    int64_t frame_since; /**< monotonic ms: start, or the last frame */

    struct gdw_cursor cursor;
    struct gdw_unit unit;
    bool have_unit;
    uint16_t at; /**< place inside the unit: list key, event record */
    bool cut;    /**< a part of the unit has gone out already */

    uint16_t result_count; /**< AFN 04, 05 */
    struct gdw_result results[CTL_UNITS_MAX + 1];
    int8_t set_index[CTL_UNITS_MAX + 1]; /**< place of the result in the CTL_PARAM_SET, -1 = refused before */

    struct ctl_seen seen[2]; /**< rings the request has read; ring 0 = none */

    /** Events when the request came: the AFN 00 of a command does not show what it caused. */
    struct event_state before;

    uint8_t op; /**< enum gdw_op in flight */
    bool op_sent, op_done;
    int op_status;
    uint32_t op_seq;
    int64_t op_until; /**< monotonic ms: given up then */
    int64_t op_retry; /**< monotonic ms: handed over again then, while !op_sent */
    int64_t values_at[BUS_WANTS_MAX];
    struct ctl_read read; /**< wants of the unit; the order of values_at */
    union {
        struct reading_set values;
        struct {
            uint16_t len;
            uint8_t p[BUS_BYTES_MAX];
        } bytes;
    };
};

/** Buffers belong to the caller and live as long as the job. */
void gdw_job_init(struct gdw_job *j, struct gdw_app *a, uint8_t source, uint8_t *request, uint8_t *out,
                  size_t out_cap);

/**
 * Start a request: a checked start frame for this terminal, group or broadcast ones with silent set. The
 * frame is copied.
 * @return 0, CN_E_BUSY
 */
int gdw_job_start(struct gdw_job *j, const uint8_t *frame, size_t len, bool silent, struct gdw_now now);

/**
 * Go on. On GDW_JOB_FRAME *frame is the job's own buffer until the next step.
 * After GDW_JOB_DONE the job is idle again.
 */
enum gdw_job_state gdw_job_step(struct gdw_job *j, struct gdw_now now, const uint8_t **frame, size_t *len);
/** Monotonic ms at which gdw_job_step must be called even if nothing came; INT64_MAX = none. */
int64_t gdw_job_deadline(const struct gdw_job *j);
/** Drop the request (link lost). */
void gdw_job_abort(struct gdw_job *j);

/* Answers of concentratord; those with a foreign seq are ignored. Call gdw_job_step afterwards. */
void gdw_job_values(struct gdw_job *j, uint32_t seq, const struct ctl_values *v);
void gdw_job_bytes(struct gdw_job *j, uint32_t seq, const uint8_t *p, size_t n);
void gdw_job_results(struct gdw_job *j, uint32_t seq, const struct ctl_results *r);
void gdw_job_op_done(struct gdw_job *j, uint32_t seq, int status);
/** The control socket broke: reads and sets are sent again when it is back, forwards and clock settings fail.
 */
void gdw_job_ctl_lost(struct gdw_job *j, struct gdw_now now);

#endif
