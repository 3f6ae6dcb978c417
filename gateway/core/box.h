#ifndef GATEWAY_CORE_BOX_H
#define GATEWAY_CORE_BOX_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "bsp/board.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/trace.h"
#include "gateway/core/busproc.h"
#include "gateway/core/children.h"
#include "gateway/core/ctlserver.h"
#include "gateway/core/events.h"
#include "gateway/core/indicators.h"
#include "gateway/core/ingest.h"
#include "gateway/core/jobs.h"
#include "gateway/core/meters.h"
#include "gateway/core/sched.h"
#include "gateway/core/timekeep.h"
#include "gateway/model/config.h"
#include "gateway/store/store.h"

/**
 * The whole concentrator: its modules, and what passes between them. Each module stands for itself; only the
 * files box*.c and requests.c see them all.
 *
 * The one rule of speed: when a bus process reports DONE the next job is sent first; commits, events and
 * answers come after it.
 */
enum { BOX_TRACE = 64, BOX_PROFILES = PROC_PATH };

struct box;

struct box_port {
    struct box *box;
    const struct config_port *config;
    struct sched sched;
    struct busproc bus;
    uint16_t *order;    /**< of sched */
    struct job *flying; /**< the requested job in flight; NULL: a job of the schedule */
    bool flying_alive;
    struct bus_job next; /**< being made */
    struct trace_ring trace;
    struct trace_entry frames[BOX_TRACE];
};

struct box {
    const struct config *config;
    const struct log *log;
    uv_loop_t *loop;
    struct box_clock clock;
    int64_t start_ms;    /**< monotonic */
    struct store *store; /**< NULL while it cannot be opened */
    int store_error;     /**< of the last try, 0 = it works */
    int64_t store_retry_ms;
    int64_t alive_saved; /**< UTC second last written as last_alive */
    int64_t ahead_from;  /**< UTC second before the clock jumped ahead, INT64_MAX: it did not (durable) */
    int64_t events_retry_ms; /**< monotonic: the store refused them */
    struct meters meters;
    struct jobs jobs;
    struct job pool[JOBS_POOL];
    struct ingest ingest;
    struct events events;
    struct timekeep timekeep;
    struct indicators indicators;
    struct indicator_states shown;
    struct board *board;
    struct ctl_link link; /**< as the uplink told it */
    struct children children;
    struct ctlserver ctl;
    uv_timer_t tick, leds;
    bool stopping;
    void (*stopped)(void *ctx); /**< everything has ended */
    void *stopped_ctx;
    char profiles[BOX_PROFILES];
    unsigned port_count;
    struct box_port *ports;
    uint8_t ring[INGEST_BYTES];
};

/**
 * Make and start everything. The loop then runs it.
 * @param error one line on failure
 * @return 0, CN_E_NOMEM, CN_E_IO, CN_E_NOTFOUND (board or bus program missing)
 */
int box_start(const struct config *config, const struct log *log, uv_loop_t *loop, struct box **out,
              char error[CONFIG_ERROR]);
/** Begin the orderly end: what is gathered is committed, children are ended. `stopped` is called when all is
 * over. */
void box_stop(struct box *b, void (*stopped)(void *ctx), void *ctx);
/** After `stopped` and after the loop has closed its handles. */
void box_free(struct box *b);

int64_t box_now(const struct box *b);
struct box_port *box_port(struct box *b, unsigned number);
/** Send the next job if the port is free. */
void box_dispatch(struct box_port *p);
void box_dispatch_all(struct box *b);

/** Take over what the store holds: after it was opened (start), and when a parameter was set. */
void box_load_archive(struct box *b, bool start);
void box_load_rules(struct box *b);
/** The clock was moved by step_ms: everybody is told, slots are planned again at once. */
void box_clock_moved(struct box *b, int64_t step_ms);
/** A call of the store failed: what that means for the store as a whole. @return err */
int box_store_result(struct box *b, int err);

/* box_data.c: readings and events on their way to the store */
struct sched_out box_sched_out(struct box *b);
void box_data_init(struct box *b);
/** Try to open the store when it is time; load everything when it worked. */
void box_open_store(struct box *b, int64_t now_ms);
/** Write what is due. Only after the ports have their jobs. */
void box_work(struct box *b, bool force);
/** The clock went from `before` (UTC second) to now: if that is far, it may be ahead since then. */
void box_clock_ahead(struct box *b, int64_t before);
/**
 * An authorised source has moved the clock by step_ms. Back, after it was seen to jump ahead: forget the slots
 * that were never reached, but nothing from before that jump. By little: the present time is right.
 */
void box_drop_future(struct box *b, int64_t step_ms);
/** Freeze memory of the meters of a port, from the store. */
void box_load_freezes(struct box *b, struct box_port *p);

/* requests.c: what control clients ask for */
struct ctlserver_hooks requests_hooks(struct box *b);
/** Answers for the waiters of a requested job. */
void requests_values(struct box *b, struct job *job, const struct bus_values *v, int64_t at);
void requests_bytes(struct box *b, const struct job *job, const struct bus_bytes *bytes);
void requests_done(struct box *b, const struct job_waiter waiters[JOB_WAITERS], int status);
void requests_trace(struct box *b, unsigned port, const struct trace_entry *e);
/** Who asked, in words: "master". */
const char *requests_source_name(unsigned source);
void requests_tell_clock(struct box *b);
void requests_tell_event(struct box *b, const struct ctl_n_event *n);

/* params.c */
/** CTL_PARAM_SET: check each unit again, store all accepted ones in one transaction, let them take effect. */
void box_set_params(struct box *b, const struct ctl_params *m, struct ctl_results *r);

/* status.c */
/** Write the section of the status with this number into a page. @return the next number, -1 after the last
 */
int status_section(struct box *b, int section, struct wbuf *w);

#endif
