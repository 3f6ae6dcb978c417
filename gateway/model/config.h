#ifndef GATEWAY_MODEL_CONFIG_H
#define GATEWAY_MODEL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/civil.h"

/**
 * The configuration file (INI, site facts only; what a master may set lives in the store). Every process of
 * the box reads the same file. Unknown sections and keys, bad values and duplicates are errors.
 */
enum { CONFIG_PORTS_MAX = 31, CONFIG_TEXT = 128, CONFIG_ERROR = 256 };

enum config_clock { CLOCK_MODE_SYSTEM, CLOCK_MODE_OFFSET };
enum config_transport { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_SMS };
enum config_role { ROLE_MIXED = 0, ROLE_CLIENT = 1, ROLE_SERVER = 2 /**< numbers as in F8 */ };

struct config_host {
    bool set;
    uint8_t ip[4];
    uint16_t port;
};

struct config_port {
    uint8_t number; /**< 1..31, the 376.1 port number */
    char device[CONFIG_TEXT];
    uint32_t baud;     /**< key "baud", default 2400; used when F10 says "default" */
    char parity;       /**< key "parity": even | odd | none; default even */
    uint16_t turnaround_ms; /**< key "turnaround_ms": silence before a request to another meter, default 0 */
    uint16_t same_meter_ms; /**< key "same_meter_ms": silence before one to the same meter, default 20 */
};

struct config {
    char path[CONFIG_TEXT];
    struct {
        uint16_t region;  /**< A1 as four BCD digits: 4403 = 0x4403 */
        uint16_t address; /**< A2, 1..65534 */
        char timezone[CONFIG_TEXT]; /**< default Asia/Shanghai */
        struct zone zone;
        char state_dir[CONFIG_TEXT]; /**< default /var/lib/concentrator */
        char run_dir[CONFIG_TEXT];   /**< default /run/concentrator; under 90 characters: it holds sockets */
        enum config_clock clock;     /**< system | offset; default system */
        char board[CONFIG_TEXT];     /**< NAME of bsp/boards/NAME.board; sim needs no hardware */
        char profile_dir[CONFIG_TEXT]; /**< default "": beside the program, then the installed place */
    } terminal;
    uint8_t port_count;
    struct config_port ports[CONFIG_PORTS_MAX]; /**< ascending number */
    struct {
        bool present;
        enum config_transport transport; /**< default tcp */
        enum config_role role;           /**< default client */
        struct config_host master, standby, listen;
        uint32_t heartbeat_s; /**< default 300; whole minutes 1..255 */
        uint16_t fresh_s;     /**< key "fresh_s": class 1 data this fresh come from the store; default 300 */
        uint32_t frame_max;   /**< key "frame_max": largest L1 sent, 220..16383, default 1024 */
        char modem[CONFIG_TEXT];
        bool tls;
        char ca[CONFIG_TEXT], cert[CONFIG_TEXT], key[CONFIG_TEXT];
    } uplink;
    struct {
        bool present;
        char device[CONFIG_TEXT];
    } maintenance;
    bool mqtt_present, hmi_present; /**< [mqtt] and [hmi]: their keys are checked by those programs */
};

/**
 * Read and check a file.
 * @param error one line "file:line: reason" on failure (line 0: the file as a whole)
 * @return 0, CN_E_CONFIG. Devices are checked for existence only when check_devices is set (concentratord).
 * Keys without a default: region, address, board of [terminal]; device of [rs485.N] and [maintenance]; in
 * [uplink] master (client, mixed), listen (server, mixed), modem (sms), ca (tls = on). A file is at most
 * 16383 bytes, a line 198.
 */
int config_load(const char *path, bool check_devices, struct config *out, char error[CONFIG_ERROR]);
/** The same from memory; path is only named. text needs no end mark and is not kept. */
int config_parse(const char *path, const char *text, size_t len, bool check_devices, struct config *out,
                 char error[CONFIG_ERROR]);

/**
 * The data unit in force of a p0 parameter that nobody set: F1, F3 and F8 from [uplink], others from the
 * dictionary.
 * @return its length, CN_E_NOTFOUND (no default), CN_E_NOSPACE
 */
int config_param(const struct config *c, unsigned fn, uint8_t *out, size_t cap);

#endif
