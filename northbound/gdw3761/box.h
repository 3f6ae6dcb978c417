#ifndef NORTHBOUND_GDW3761_BOX_H
#define NORTHBOUND_GDW3761_BOX_H

#include "gateway/base/clock.h"
#include "gateway/model/config.h"
#include "gateway/store/view.h"
#include "northbound/gdw3761/app.h"
#include "northbound/gdw3761/session.h"

/**
 * The real seam of the application: the read-only view of the store and the control socket of concentratord.
 * Knows no event loop: the owner watches `fd` and calls gdw_box_receive when it is readable.
 */
struct gdw_box_handler {
    void (*values)(void *ctx, uint32_t seq, const struct ctl_values *v);
    void (*bytes)(void *ctx, uint32_t seq, const uint8_t *p, size_t n);
    void (*results)(void *ctx, uint32_t seq, const struct ctl_results *r);
    void (*done)(void *ctx, uint32_t seq, int status);
    void (*param)(void *ctx, const struct ctl_n_param *n); /**< a parameter was set, by whomever */
    void (*event)(void *ctx, const struct ctl_n_event *n); /**< an event was stored */
};

struct gdw_box {
    const struct config *config;
    struct view *view;
    struct box_clock clock;
    struct gdw_seam seam; /**< hand this to gdw_app_init */
    const struct gdw_box_handler *handler;
    void *ctx;
    int fd;       /**< control socket, -1 = not connected */
    uint32_t seq; /**< of the last request */
    bool points_known;
    uint8_t points[GDW_PN_MAX / 8 + 1]; /**< bit p: measuring point p has a meter */
    uint8_t out[CTL_MSG_MAX];
    uint8_t in[CTL_MSG_MAX];
};

/** @param config, h, ctx live as long as the box @return 0, CN_E_NOMEM */
int gdw_box_init(struct gdw_box *b, const struct config *config, const struct gdw_box_handler *h, void *ctx);
void gdw_box_free(struct gdw_box *b);

/** Connect to concentratord and subscribe. @return 0 (fd is set), CN_E_GONE, CN_E_NOSPACE */
int gdw_box_connect(struct gdw_box *b);
void gdw_box_disconnect(struct gdw_box *b);
/** Take all messages that wait. @return 0, CN_E_GONE: the connection broke; disconnect and try again later */
int gdw_box_receive(struct gdw_box *b);
/** Tell concentratord about the link; nothing when it is not there. */
void gdw_box_link(struct gdw_box *b, const struct ctl_link *m);
/** Meters were archived anew. */
void gdw_box_meters_changed(struct gdw_box *b);
struct gdw_now gdw_box_now(const struct gdw_box *b);

/** Communication parameters in force: F1, F3, F6, F8; a bad one falls back to the configuration. */
void gdw_box_comm(struct gdw_box *b, struct gdw_comm *out);

#endif
