#include "northbound/mqtt/topic.h"

#include <stdio.h>

char *topic_box_id(uint16_t region, uint16_t address, char out[MQTT_BOX_ID])
{
    snprintf(out, MQTT_BOX_ID, "%04x%04u", region, address);
    return out;
}

char *topic_box(const char *prefix, const char *d, const char *leaf, char out[MQTT_TOPIC])
{
    snprintf(out, MQTT_TOPIC, "%.96s/%.15s/%.32s", prefix, d, leaf);
    return out;
}

char *topic_meter(const char *prefix, const char *d, const char *m, const char *leaf, char out[MQTT_TOPIC])
{
    snprintf(out, MQTT_TOPIC, "%.96s/%.15s/m/%.23s/%.32s", prefix, d, m, leaf);
    return out;
}

char *topic_discovery(const char *ha_prefix, const char *d, const char *m, char out[MQTT_TOPIC])
{
    snprintf(out, MQTT_TOPIC, "%.96s/device/%.15s%s%.23s/config", ha_prefix, d, m ? "_" : "", m ? m : "");
    return out;
}
