#ifndef NORTHBOUND_MQTT_SETTINGS_H
#define NORTHBOUND_MQTT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/model/config.h"

/**
 * The section [mqtt] of the configuration. Only the form is checked here: files that are named but missing
 * are a fault of the running bridge, which says so and tries again.
 */
enum { MQTT_HOST = 128, MQTT_PREFIX = 97, MQTT_WINDOW_MAX = 64 };

struct mqtt_settings {
    bool enable;          /**< key "enable": on | off, default on; off = the process only waits for its end */
    bool tls;             /**< from the scheme of the key "uri": mqtt://, tcp://; mqtts://, ssl:// */
    char host[MQTT_HOST]; /**< name or IPv4 address; with TLS the certificate must carry it */
    uint16_t port;        /**< default 1883, 8883 with TLS */
    char client_id[24];   /**< key "client_id": [A-Za-z0-9_-]{1,23}; default "": ecc-<concentrator id> */
    char user[CONFIG_TEXT];          /**< key "user", default none */
    char password_file[CONFIG_TEXT]; /**< key "password_file": first line; needs user */
    uint8_t version;                 /**< key "version": 3.1.1 | 5, default 3.1.1; here 4 or 5 */
    uint16_t keepalive_s;            /**< key "keepalive": 10..3600, default 60 */
    char prefix[MQTT_PREFIX]; /**< key "prefix": segments [A-Za-z0-9_-]{1,32} with '/' between; default ecc/v1
                               */
    uint16_t window;          /**< key "window": messages in flight, 1..64, default 20 */
    uint32_t max_payload;     /**< key "max_payload": bytes, 1024..65536, default 8192 */
    uint32_t replay_rps;      /**< key "replay_rps": backlog messages a second, 0 = unlimited; default 20 */
    uint32_t state_s; /**< key "state_s": state also between rounds, at most so often; 0 = off, the default */
    uint32_t offline_s; /**< key "offline_s": a meter without data for so long is off line; default 2700 */
    char tls_ca[CONFIG_TEXT]; /**< key "tls_ca": PEM file with the trusted CAs and nothing else; needed with
                                 TLS */
    char tls_cert[CONFIG_TEXT], tls_key[CONFIG_TEXT]; /**< keys "tls_cert", "tls_key": both or none */
    bool ha_discovery;                                /**< key "ha_discovery": on | off, default off */
    char ha_prefix[MQTT_PREFIX]; /**< key "ha_prefix": as prefix, default homeassistant */
};

/**
 * Read the section; the rest of the file is left to config_load.
 * @param error one line "file:line: reason" on failure
 * @return 0, CN_E_CONFIG (no section, unknown or double key, bad value, keys that do not fit each other)
 */
int mqtt_settings_load(const char *path, struct mqtt_settings *out, char error[CONFIG_ERROR]);
/** The same from memory; text needs no end mark. */
int mqtt_settings_parse(const char *path, const char *text, size_t len, struct mqtt_settings *out,
                        char error[CONFIG_ERROR]);

#endif
