#ifndef GATEWAY_MODEL_MESSAGE_H
#define GATEWAY_MODEL_MESSAGE_H

#include "gateway/base/buf.h"
#include "gateway/model/reading.h"

/** What the codecs of bus.h and ctl.h share. */

/** The end of a message: @return 0, CN_E_SHORT (it was too short), CN_E_FRAME (bytes are left over: the two sides disagree). */
int message_end(const struct rbuf *r);

void message_put_want(struct wbuf *w, struct want x);
struct want message_get_want(struct rbuf *r);

#endif
