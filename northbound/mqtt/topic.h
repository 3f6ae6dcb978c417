#ifndef NORTHBOUND_MQTT_TOPIC_H
#define NORTHBOUND_MQTT_TOPIC_H

#include <stdint.h>

/**
 * Topics of the JSON profile: PREFIX/D/LEAF for the concentrator, PREFIX/D/m/M/LEAF for a meter. D and M are
 * ids of [A-Za-z0-9_-]{1,32}, so nothing in them needs escaping.
 */
enum { MQTT_BOX_ID = 16, MQTT_METER_ID = 24, MQTT_TOPIC = 192 };

/** Region code and terminal address: "44030001". @param region four BCD digits @return out. */
char *topic_box_id(uint16_t region, uint16_t address, char out[MQTT_BOX_ID]);
/** @return out. */
char *topic_box(const char *prefix, const char *d, const char *leaf, char out[MQTT_TOPIC]);
/** @return out. */
char *topic_meter(const char *prefix, const char *d, const char *m, const char *leaf, char out[MQTT_TOPIC]);
/** Home Assistant: HA_PREFIX/device/D_M/config; m NULL = the concentrator itself. @return out. */
char *topic_discovery(const char *ha_prefix, const char *d, const char *m, char out[MQTT_TOPIC]);

#endif
