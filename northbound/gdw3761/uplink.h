#ifndef NORTHBOUND_GDW3761_UPLINK_H
#define NORTHBOUND_GDW3761_UPLINK_H

#include <uv.h>

#include "gateway/base/log.h"
#include "gateway/model/config.h"
#include "northbound/gdw3761/box.h"
#include "northbound/gdw3761/session.h"
#include "northbound/transport/stream.h"

/**
 * Wiring of concentrator-uplink, the only part of it that knows the event loop: uplink_main.c (start, the
 * connection to the master, the loop), uplink_ctl.c (concentratord), uplink_local.c (programs on this box).
 */
enum { UPLINK_LOCALS = 4 /**< programs on the maintenance socket at once */ };

struct local {
    struct uplink *up;
    struct stream stream;
    struct gdw_link link;
    struct gdw_link_memory memory;
};

struct uplink {
    uv_loop_t loop;
    struct log log;
    struct config config;
    struct gdw_box box;
    struct gdw_app app;
    char device[9], software[5];

    bool has_session;
    struct gdw_session session;
    struct gdw_link_memory memory;
    struct stream stream;
    int64_t reload_at; /* monotonic ms, 0 = none */
    char peer[64];     /* of the present connection, for the log */
    bool told_unreachable;
    uint8_t logged_state;
    uint8_t told_state; /* last CTL_LINK */
    uint32_t told_requests;
    int64_t told_at;

    uv_pipe_t listener;
    bool listening, owns_path;
    char listen_path[CONFIG_TEXT + 32];
    struct local *locals[UPLINK_LOCALS];

    uv_poll_t ctl_poll;
    bool ctl_polled;
    uv_timer_t ctl_timer;
    uv_timer_t timer;
    uv_signal_t term, interrupt;
    bool stopping;
};

/** Do all that is due now and set the timer for the rest; called after every event. */
void uplink_pump(struct uplink *up);
struct gdw_now uplink_now(const struct uplink *up);

/** Connect to concentratord, and again whenever it was gone. */
void uplink_ctl_start(struct uplink *up);
void uplink_ctl_stop(struct uplink *up);
extern const struct gdw_box_handler uplink_box_handler;

/** run_dir/maintenance.sock: 376.1 frames of programs on this box, without login. */
void uplink_local_start(struct uplink *up);
/** Send what is due. @return monotonic ms of the next deadline */
int64_t uplink_local_work(struct uplink *up, struct gdw_now now);
void uplink_local_stop(struct uplink *up);

#endif
