#ifndef GATEWAY_CORE_CTLSERVER_H
#define GATEWAY_CORE_CTLSERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "gateway/base/log.h"
#include "gateway/model/ctl.h"

/**
 * The control socket run_dir/control.sock (mode 0660, group "concentrator" when there is one): clients and
 * their messages. What a request does is the owner's business.
 *
 * Nobody is waited for: a client that does not take what it asked for is dropped, and so is one that sends
 * what cannot be parsed. When all places are taken a new client is turned away.
 */
enum { CTL_CLIENTS = 16, CTL_PATH = 108 };

struct ctl_client {
    uint32_t id; /**< never used twice, 0 = free place */
    int fd;
    bool closing;
    bool subscribed;
    uint8_t trace_port;  /**< 0 = no trace */
    uint32_t trace_seq;  /**< number of the trace request */
    int32_t status_next; /**< next key of a status answer under way, -1 = none */
    uint32_t status_seq;
    uv_poll_t poll;
    struct ctlserver *server;
};

struct ctlserver_hooks {
    void *ctx;
    /** One request. @return 0, or negative when its body is malformed: the client is dropped */
    int (*request)(void *ctx, struct ctl_client *c, const struct ctl_head *h, struct rbuf *body);
    /** Continue a status answer (c->status_next >= 0). */
    void (*writable)(void *ctx, struct ctl_client *c);
    /** A client is gone: its requests have no receiver any more. */
    void (*gone)(void *ctx, uint32_t id);
};

struct ctlserver {
    uv_loop_t *loop;
    const struct log *log;
    struct ctlserver_hooks hooks;
    char path[CTL_PATH];
    int fd;
    bool listening;
    uint32_t next_id;
    uint32_t accepted, turned_away, dropped; /**< counters since start */
    uv_poll_t poll;
    struct ctl_client clients[CTL_CLIENTS];
    struct wbuf out;
    uint8_t in_bytes[CTL_MSG_MAX], out_bytes[CTL_MSG_MAX];
};

/** @return 0, CN_E_NOSPACE (path too long), CN_E_IO (logged) */
int ctlserver_open(struct ctlserver *s, uv_loop_t *loop, const struct log *log, const char *run_dir,
                   struct ctlserver_hooks hooks);
/** Drops all clients and removes the socket. */
void ctlserver_close(struct ctlserver *s);

/** Start a message; put its body into the cursor, then send it. One message at a time. */
struct wbuf *ctlserver_begin(struct ctlserver *s, enum ctl_type type, uint32_t seq);
/** @return 0, CN_E_GONE (no such client, or it was dropped for being slow) */
int ctlserver_send(struct ctlserver *s, uint32_t client);
/** The same for an answer that can be continued: @return CN_E_BUSY when there is no room now; nothing was
 * sent */
int ctlserver_send_page(struct ctlserver *s, struct ctl_client *c);
/** Send to everybody who subscribed. */
void ctlserver_tell(struct ctlserver *s);
/** CTL_R_DONE. */
void ctlserver_done(struct ctlserver *s, uint32_t client, uint32_t seq, int status);
unsigned ctlserver_count(const struct ctlserver *s);

#endif
