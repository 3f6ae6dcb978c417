#ifndef HMI_CTL_CLIENT_H
#define HMI_CTL_CLIENT_H

#include "gateway/base/buf.h"
#include "gateway/model/ctl.h"
#include "hmi/ctl/app.h"

/** A client of the control socket that has one request open at a time. */
struct client {
    int fd;
    uint32_t seq;
    uint8_t msg[CTL_MSG_MAX];
};

enum { CLIENT_TIMEOUT_MS = 5000 /**< an answer that needs no meter */, CLIENT_FOREVER = -1 };

/** Connect to concentratord. @return EXIT_OK, or EXIT_FAILED after a sentence on err. */
int client_open(struct client *c, struct app *app);
/** The same without a word when concentratord is not there. */
bool client_try(struct client *c, struct app *app);
void client_close(struct client *c);

/** Start a request: append the body to the cursor, then client_send. */
struct wbuf client_begin(struct client *c, enum ctl_type type);
/** @return 0, CN_E_NOSPACE (the request does not fit a message), CN_E_GONE. */
int client_send(struct client *c, const struct wbuf *w);

/**
 * Wait for the next message that answers the open request; others are passed over.
 * @param timeout_ms  CLIENT_FOREVER waits without end
 * @param r           set to the message's body, valid until the next call
 * @return its type, CN_E_TIMEOUT, CN_E_GONE (concentratord went away), CN_E_FRAME (not its protocol)
 */
int client_next(struct client *c, int timeout_ms, struct rbuf *r);

/**
 * Ask for the status and hand over each key.
 * @return 0, the error concentratord gives, or one of client_next
 */
typedef void (*client_kv_fn)(void *ctx, const char *key, const char *value);
int client_status(struct client *c, client_kv_fn fn, void *ctx);

/** A sentence for an error of client_send and client_next. @return EXIT_FAILED. */
int client_error(struct app *app, int err);

#endif
