#ifndef NORTHBOUND_MQTT_CURSOR_H
#define NORTHBOUND_MQTT_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"

/**
 * How far the broker has acknowledged the journal. After an outage the newest records go first, so there may
 * be two places: everything up to `backlog` and everything after `backlog_end` up to `live` is acknowledged;
 * what lies between the first two is still to be sent. Without an old rest backlog = backlog_end.
 */
struct cursor {
    uint64_t backlog, backlog_end, live;
};

enum { CURSOR_BYTES = 256 };

/** As text with a checksum. Look at w->err. */
void cursor_put(struct wbuf *w, const struct cursor *c);
/** @return 0, CN_E_CORRUPT (anything that cursor_put does not write). */
int cursor_get(const char *text, size_t len, struct cursor *c);

/** Read a file of cursor_put. @return 0, CN_E_NOTFOUND (never written), CN_E_CORRUPT, CN_E_IO. */
int cursor_load(const char *path, struct cursor *c);
/** Durable when it returns 0. @return 0, CN_E_IO, CN_E_FULL, CN_E_NOSPACE. */
int cursor_save(const char *path, const struct cursor *c);

#endif
