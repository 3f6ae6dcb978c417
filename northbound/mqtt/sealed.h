#ifndef NORTHBOUND_MQTT_SEALED_H
#define NORTHBOUND_MQTT_SEALED_H

#include <stddef.h>

#include "gateway/base/buf.h"

/**
 * Small text files that survive a power cut: written beside, synced, then put in the place of the old one.
 * The last line is a checksum of the others, so a file that was damaged is not believed.
 */

/** Add the last line. */
void sealed_close(struct wbuf *w);
/** @return length of the text without the last line, CN_E_CORRUPT. */
int sealed_open(const char *text, size_t len);

/** @return length, CN_E_NOTFOUND, CN_E_IO, CN_E_NOSPACE (larger than cap). */
int sealed_read(const char *path, void *buf, size_t cap);
/** Replace the file at once or not at all. @return 0, CN_E_IO, CN_E_FULL, CN_E_NOSPACE (path too long). */
int sealed_write(const char *path, const void *text, size_t len);

#endif
