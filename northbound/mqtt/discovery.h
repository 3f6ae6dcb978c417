#ifndef NORTHBOUND_MQTT_DISCOVERY_H
#define NORTHBOUND_MQTT_DISCOVERY_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/model/meter.h"
#include "northbound/mqtt/payload.h"

/**
 * Home Assistant device discovery (2024.12 and later): one retained document describes a whole meter, its
 * entities take their values from the meter's state document. Pure. Keys are abbreviated as Home Assistant
 * publishes them.
 */
struct discovery {
    const char *prefix; /**< of the topics */
    const char *d, *m;
    const struct meter *meter;
    uint32_t expire_s; /**< measured values older than this are unknown */
};

/**
 * One sensor a key of p. When they do not all fit, first the tariffs of reactive energy go, then all tariffs.
 * @return length, CN_E_NOSPACE
 */
int discovery_meter(void *buf, size_t cap, const struct discovery *x, const struct payload_values *p);
/** The concentrator: sensors from its health document. @return length, CN_E_NOSPACE. */
int discovery_box(void *buf, size_t cap, const char *prefix, const char *d);

#endif
