#ifndef NORTHBOUND_MQTT_BRIDGE_H
#define NORTHBOUND_MQTT_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/model/config.h"
#include "gateway/store/view.h"
#include "northbound/mqtt/fault.h"
#include "northbound/mqtt/link.h"
#include "northbound/mqtt/payload.h"
#include "northbound/mqtt/retry.h"
#include "northbound/mqtt/roster.h"
#include "northbound/mqtt/sender.h"
#include "northbound/mqtt/settings.h"

/**
 * The bridge without its library: what is in the store goes to the broker. Time and the connection are passed
 * in, so a test is the broker.
 *
 *   STORE       the journal is read to its end for the first time
 *   WAIT        until the retry is due; TLS is not tried while the clock is wrong
 *   CONNECTING  until bridge_up or bridge_failed
 *   UP          documents and records go out
 *   LEAVING     "offline" is on its way, at most LEAVE_MS
 *   ENDED
 *
 * Two kinds of messages: records (data, freeze, event), which are never skipped and are taken from the
 * journal by their number; and retained documents (status, info, state), of which only the newest matters.
 * After each connect all documents are sent again, since a broker may have lost them.
 *
 * Files, in the bridge's own folder state_dir/mqtt: "cursor" (what is acknowledged; written every SAVE_MS
 * while it moves, and sooner after SAVE_RECORDS, so a crash costs some duplicates) and "meters" (which meter
 * was where).
 */
enum {
    BRIDGE_LEAVE_MS = 2000,
    BRIDGE_SAVE_MS = 5000,
    BRIDGE_SAVE_SOON_MS = 500,
    BRIDGE_SAVE_RECORDS = 128,
    BRIDGE_POLL_MS = 1000,
    BRIDGE_HEALTH_MS = 60000,
    BRIDGE_CONNECT_MS = 90000,
    BRIDGE_BATCH = 64,
    BRIDGE_PATH = 200
};

enum bridge_state { BRIDGE_STORE, BRIDGE_WAIT, BRIDGE_CONNECTING, BRIDGE_UP, BRIDGE_LEAVING, BRIDGE_ENDED };

/** The connection, as the bridge uses it. Contracts as in link.h. */
struct bridge_port {
    void *ctx;
    int (*connect)(void *ctx);
    int (*publish)(void *ctx, const struct link_message *m, uint32_t id);
    int (*watch_birth)(void *ctx, const char *topic);
    void (*drop)(void *ctx);
};

/** One lane's way through the journal. */
struct bridge_feed {
    struct journal_entry cache[BRIDGE_BATCH];
    uint16_t count, pos;
    uint64_t at;             /**< next record to look at */
    uint64_t gap_from;       /**< first of the records that cannot be had, 0 = none */
    uint64_t gap_to;         /**< the last of them; what lies between it and `at` is nothing to be sent */
    uint64_t gap_count;      /**< how many there were, at most */
    const char *gap_reason;  /**< completes "they were ..." */
    const char *jump_reason; /**< why numbers are missing in front of the cache */
    uint16_t part;           /**< of the record at `at` */
};

struct bridge {
    const struct mqtt_settings *settings;
    const struct config *config;
    const struct log *log;
    struct view *view;
    struct bridge_port port;
    uint32_t random; /**< state of a small generator: pauses only */

    enum bridge_state state;
    struct box_clock clock;
    int64_t system_ms, mono_ms; /**< now */
    int64_t start_ms;
    char d[MQTT_BOX_ID], client_id[24];
    char path[BRIDGE_PATH]; /**< the folder */
    char will_topic[MQTT_TOPIC];

    uint64_t head;        /**< newest record seen in the journal */
    bool caught_up;       /**< head is the end */
    uint64_t up_head;     /**< head when the connection came up: older records are history */
    uint64_t scan_from;   /**< where the reading began, 0 = not yet */
    uint64_t archive_rec; /**< first change of the archive not yet taken over, 0 = none */
    bool archive_due, archive_read;
    int64_t poll_ms;
    int view_error; /**< last told */

    struct roster roster;
    struct sender sender;
    struct bridge_feed feeds[LANE_COUNT];
    struct cursor saved;
    int64_t saved_ms;
    uint64_t saved_acked; /**< sender.acked then */
    int64_t save_told_ms;

    struct retry retry;
    struct bucket docs;   /**< paces the documents */
    int64_t connect_ms;   /**< when the present attempt began */
    int64_t down_ms;      /**< since when there is no connection */
    struct fault fault;   /**< last one */
    uint32_t fault_count; /**< attempts with the same one */
    int64_t fault_told_ms;
    uint32_t connects, fails;
    uint64_t lost, refused;
    uint32_t rss_kb; /**< of the process, when health was sent last */

    uint8_t box_due;   /**< enum roster_due of the concentrator itself */
    uint16_t docs_pos; /**< measuring point whose turn it is */
    int64_t health_ms, online_ms;
    int64_t configs_ms; /**< when the discovery documents are sent again, 0 = no */
    uint8_t gone_step;  /**< topics of the first gone meter that were emptied */
    uint8_t gone_open;  /**< of them not yet acknowledged */
    uint32_t leave_id;
    int64_t leave_ms;

    struct payload_values values;
    uint8_t *buf; /**< settings->max_payload bytes */
};

/**
 * @param view, settings, config, log, port live as long as the bridge
 * @param random seed of the pauses
 * @return 0, CN_E_NOMEM, CN_E_NOSPACE (path too long). A folder that cannot be made or read is told and lived
 * with.
 */
int bridge_init(struct bridge *b, const struct mqtt_settings *settings, const struct config *config,
                const struct log *log, struct view *view, struct bridge_port port, uint32_t random,
                int64_t mono_ms);
void bridge_free(struct bridge *b);

/**
 * Do what is due.
 * @return ms until it wants to be called again; CN_E_TIMEOUT: the library does not answer any more, the
 * process must be restarted
 */
int64_t bridge_step(struct bridge *b, int64_t mono_ms, int64_t system_ms);

/* What the connection tells. bridge_step should follow. */
void bridge_up(struct bridge *b);
/** An attempt failed. */
void bridge_failed(struct bridge *b, const struct fault *f);
/** The connection broke. */
void bridge_lost(struct bridge *b, const struct fault *f);
void bridge_acked(struct bridge *b, uint32_t id);
/** The broker does not accept a message. @param reason in words; code of MQTT 5 */
void bridge_refused(struct bridge *b, uint32_t id, unsigned code);
/** Home Assistant has started. */
void bridge_birth(struct bridge *b);
/** The store has something new: look at once. */
void bridge_poke(struct bridge *b);
/** Begin the orderly end; bridge_step takes it to ENDED. */
void bridge_leave(struct bridge *b);

/** "mqtts://host:8883". @return out. */
char *bridge_uri(const struct mqtt_settings *s, char out[MQTT_HOST + 16]);

#endif
