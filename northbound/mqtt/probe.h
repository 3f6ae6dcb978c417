#ifndef NORTHBOUND_MQTT_PROBE_H
#define NORTHBOUND_MQTT_PROBE_H

#include "northbound/mqtt/fault.h"
#include "northbound/mqtt/settings.h"

/**
 * Why does the broker not take us? The MQTT library answers every failure below MQTT with the same code; this
 * makes one connection of its own, as far as the TLS handshake, with the same files and the same checks, and
 * says what went wrong. Blocks for PROBE_MS at most, plus the time of a name look-up.
 */
enum { PROBE_MS = 8000 };

/** @param f the fault; FAULT_NONE when connection and handshake are good. */
void probe_broker(const struct mqtt_settings *s, struct fault *f);

#endif
