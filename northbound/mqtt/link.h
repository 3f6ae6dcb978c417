#ifndef NORTHBOUND_MQTT_LINK_H
#define NORTHBOUND_MQTT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "northbound/mqtt/settings.h"

/**
 * The MQTT library (paho MQTTAsync) as a thin transport: its persistence, its buffers and its reconnecting
 * are off. Its threads only write small events into a pipe; everything else happens in the caller's thread.
 * One connection at a time, each with a fresh handle, so renewed certificates are read again.
 */
enum link_what {
    LINK_UP,      /**< connected */
    LINK_FAILED,  /**< the attempt failed; code > 0: CONNACK; else the library's own code */
    LINK_LOST,    /**< the connection broke; code: MQTT 5 reason of the broker, 0 = none */
    LINK_ACKED,   /**< a message is confirmed */
    LINK_REFUSED, /**< a message is not accepted; code: MQTT 5 reason */
    LINK_BIRTH,   /**< Home Assistant has started */
    LINK_ENDED,   /**< link_disconnect is through */
};

struct link_event {
    uint8_t what; /**< enum link_what */
    uint8_t slot;
    uint32_t generation;
    uint32_t id; /**< of the message */
    int32_t code;
};

enum { LINK_SLOTS = MQTT_WINDOW_MAX + 8, LINK_CONNECT_S = 20 };

struct link;

struct link_slot {
    struct link *link;
    bool used;
    uint8_t number;
    uint32_t generation, id;
};

struct link {
    void *handle; /**< MQTTAsync */
    int pipe[2];
    uint32_t generation; /**< of the present connection: events of earlier ones are dropped */
    uint8_t version;
    struct link_slot connection;
    struct link_slot slots[LINK_SLOTS];
};

struct link_message {
    const char *topic;
    const void *payload;
    size_t length;
    uint8_t qos; /**< 0 or 1 */
    bool retained;
    uint32_t expiry_s; /**< MQTT 5: message expiry, 0 = none */
    bool json;         /**< MQTT 5: content type application/json */
};

/** @return 0, CN_E_IO. */
int link_open(struct link *l);
/** Readable when link_next has something. */
int link_fd(const struct link *l);
/** The next event of the present connection. @return false: none now */
bool link_next(struct link *l, struct link_event *e);

/**
 * Begin an attempt; LINK_UP or LINK_FAILED follows. Not while another one is under way.
 * @param will_topic retained "offline" when the connection breaks
 * @param password may be NULL
 * @return 0, CN_E_IO (the library refuses)
 */
int link_connect(struct link *l, const struct mqtt_settings *s, const char *client_id, const char *will_topic,
                 const char *password);
/** Subscribe to Home Assistant's birth message. @return 0, CN_E_GONE. */
int link_watch_birth(struct link *l, const char *topic);
/** Copies everything. LINK_ACKED or LINK_REFUSED follows for QoS 1. @return 0, CN_E_GONE, CN_E_FULL. */
int link_publish(struct link *l, const struct link_message *m, uint32_t id);
/** Take leave of the broker (no will); LINK_ENDED follows. @return 0, CN_E_GONE. */
int link_disconnect(struct link *l);
/** Forget the connection: no event of it comes any more. */
void link_drop(struct link *l);

#endif
