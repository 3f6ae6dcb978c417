#ifndef GATEWAY_MODEL_CTL_H
#define GATEWAY_MODEL_CTL_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/model/bus.h"
#include "gateway/model/reading.h"

/**
 * The control socket run_dir/control.sock, SOCK_SEQPACKET: one datagram is one message of at most CTL_MSG_MAX
 * bytes: type (1), version (1, CTL_VERSION), sequence number of the request (4), body. A client sends requests with
 * sequence numbers of its own; every answer carries the number of its request. Requests are answered out of
 * order. concentratord checks each request again: clients may be compromised.
 *
 * | request          | body                  | answers                                                   |
 * | CTL_STATUS       | -                     | CTL_R_KV* (pages of keys), CTL_R_DONE                      |
 * | CTL_READ         | ctl_read              | CTL_R_VALUES per want (as they arrive), CTL_R_DONE         |
 * | CTL_FORWARD      | ctl_forward           | CTL_R_BYTES when anything came back, CTL_R_DONE            |
 * | CTL_PARAM_SET    | ctl_params            | CTL_R_RESULTS, one status a unit, after it is on flash     |
 * | CTL_CLOCK_SET    | ctl_clock             | CTL_R_DONE                                                |
 * | CTL_EVENT        | ctl_event             | CTL_R_DONE after it is on flash                           |
 * | CTL_EVENTS_SEEN  | ctl_seen              | CTL_R_DONE after it is on flash                           |
 * | CTL_LINK         | ctl_link              | none                                                      |
 * | CTL_TRACE        | ctl_trace             | CTL_R_TRACE without end (until the client goes)           |
 * | CTL_SUBSCRIBE    | -                     | CTL_N_CLOCK at once and CTL_N_... from then on            |
 */
enum { CTL_MSG_MAX = 32768, CTL_VERSION = 1 };

enum ctl_type {
    CTL_STATUS = 1,
    CTL_READ,
    CTL_FORWARD,
    CTL_PARAM_SET,
    CTL_CLOCK_SET,
    CTL_EVENT,
    CTL_EVENTS_SEEN,
    CTL_LINK,
    CTL_TRACE,
    CTL_SUBSCRIBE,
    CTL_R_DONE = 64,
    CTL_R_KV,
    CTL_R_VALUES,
    CTL_R_BYTES,
    CTL_R_RESULTS,
    CTL_R_TRACE,
    CTL_N_CLOCK = 128, /**< the box's clock changed */
    CTL_N_PARAM,       /**< a parameter was set */
    CTL_N_EVENT,       /**< an event was stored */
};

struct ctl_head {
    uint8_t type;
    uint32_t seq;
};

struct ctl_read {
    uint16_t point;
    uint16_t max_age_s; /**< answer from memory when the last reading is fresher; 0 = read the meter now */
    uint8_t want_count;
    struct want wants[BUS_WANTS_MAX];
};

/** Transparent forward: the bytes go out on the port as they are. */
struct ctl_forward {
    uint8_t port;
    struct line_settings line;
    uint16_t response_ms, byte_ms;
    uint16_t length;
    uint8_t bytes[BUS_BYTES_MAX];
};

enum { CTL_UNITS_MAX = 64, CTL_UNIT_BYTES = 16400 };

/** Where a request came from, for the audit trail and ERC3. */
enum ctl_source { SOURCE_MASTER = 1, SOURCE_MAINTENANCE = 2, SOURCE_SHELL = 3 };

struct ctl_unit {
    uint8_t fn;
    uint16_t pn;
    uint16_t length;
    const uint8_t *data; /**< points into the message when decoded */
};

/** The data units of one AFN 04 frame, in its order: one transaction, one ERC3. */
struct ctl_params {
    uint8_t source; /**< enum ctl_source */
    uint8_t msa;    /**< 0..127 */
    uint8_t count;
    struct ctl_unit units[CTL_UNITS_MAX];
};

struct ctl_results {
    uint8_t count;
    int16_t status[CTL_UNITS_MAX];
};

struct ctl_clock {
    uint8_t source;
    uint8_t msa;
    struct civil local;
};

/** Raise an event on behalf of a client; content = the bytes after the time (reference part 6, 5). */
struct ctl_event {
    uint8_t erc;
    uint8_t length;
    uint8_t content[250];
};

/** The master has received the records of a ring up to, not including, `upto` (reference part 6, 1.4). */
struct ctl_seen {
    uint8_t ring;       /**< 1 important, 2 general */
    uint8_t upto;
    uint8_t clear_acd;  /**< 1 after an executed AFN 0E F1 */
};

enum ctl_link_state { LINK_OFF, LINK_CONNECTING, LINK_CONNECTED, LINK_LOGGED_IN };

struct ctl_link {
    uint8_t state; /**< enum ctl_link_state */
    char peer[64]; /**< "127.0.0.1:9001" */
    char last_request[64];  /**< in words, for the LCD and the status: "0C F25 P3" */
    uint32_t frames_in, frames_out;
};

struct ctl_trace {
    uint8_t port;      /**< 1..31 */
    uint64_t from_seq; /**< 0 = only what comes from now on; 1 = all that is kept */
};

struct ctl_trace_entry {
    uint8_t port;
    uint64_t seq;
    int64_t at_ms; /**< UTC ms */
    uint16_t point;
    uint8_t dir; /**< enum trace_dir */
    uint16_t full;
    uint8_t length;
    uint8_t bytes[240];
};

struct ctl_values {
    int16_t status;
    struct want want;
    int64_t at; /**< UTC second of the reading */
    uint16_t count;
    struct reading r[READINGS_MAX];
};

struct ctl_n_clock {
    int64_t offset_ms; /**< box clock = system clock + offset */
};

struct ctl_n_param {
    uint8_t fn;
    uint16_t pn;
};

struct ctl_n_event {
    uint8_t ring, index, erc;
    uint8_t ec1, ec2; /**< counters after the event */
};

/* Every message: ctl_begin, then the body, then look at w->err. Decoders return 0, CN_E_SHORT, CN_E_FRAME, CN_E_RANGE. */
void ctl_begin(struct wbuf *w, enum ctl_type type, uint32_t seq);
/** Reads type, version and sequence number. @return 0, CN_E_SHORT, CN_E_UNSUPPORTED (other version). */
int ctl_get_head(struct rbuf *r, struct ctl_head *h);

void ctl_put_read(struct wbuf *w, const struct ctl_read *m);
int ctl_get_read(struct rbuf *r, struct ctl_read *m);
void ctl_put_forward(struct wbuf *w, const struct ctl_forward *m);
int ctl_get_forward(struct rbuf *r, struct ctl_forward *m);
void ctl_put_params(struct wbuf *w, const struct ctl_params *m);
int ctl_get_params(struct rbuf *r, struct ctl_params *m);
void ctl_put_results(struct wbuf *w, const struct ctl_results *m);
int ctl_get_results(struct rbuf *r, struct ctl_results *m);
void ctl_put_clock(struct wbuf *w, const struct ctl_clock *m);
int ctl_get_clock(struct rbuf *r, struct ctl_clock *m);
void ctl_put_event(struct wbuf *w, const struct ctl_event *m);
int ctl_get_event(struct rbuf *r, struct ctl_event *m);
void ctl_put_seen(struct wbuf *w, const struct ctl_seen *m);
int ctl_get_seen(struct rbuf *r, struct ctl_seen *m);
void ctl_put_link(struct wbuf *w, const struct ctl_link *m);
int ctl_get_link(struct rbuf *r, struct ctl_link *m);
void ctl_put_trace(struct wbuf *w, const struct ctl_trace *m);
int ctl_get_trace(struct rbuf *r, struct ctl_trace *m);
void ctl_put_trace_entry(struct wbuf *w, const struct ctl_trace_entry *m);
int ctl_get_trace_entry(struct rbuf *r, struct ctl_trace_entry *m);
void ctl_put_values(struct wbuf *w, const struct ctl_values *m);
int ctl_get_values(struct rbuf *r, struct ctl_values *m);
void ctl_put_bytes(struct wbuf *w, const uint8_t *p, uint16_t n);
int ctl_get_bytes(struct rbuf *r, uint8_t *p, uint16_t cap);
void ctl_put_done(struct wbuf *w, int status);
int ctl_get_done(struct rbuf *r, int *status);
/** One key of a status page: "port.1.meters" = "64". Pages hold as many as fit; a page ends with the message. */
void ctl_put_kv(struct wbuf *w, const char *key, const char *value);
/** @return 1 and a pair, 0 at the end of the page, CN_E_SHORT. */
int ctl_get_kv(struct rbuf *r, char key[64], char value[192]);
void ctl_put_n_clock(struct wbuf *w, const struct ctl_n_clock *m);
int ctl_get_n_clock(struct rbuf *r, struct ctl_n_clock *m);
void ctl_put_n_param(struct wbuf *w, const struct ctl_n_param *m);
int ctl_get_n_param(struct rbuf *r, struct ctl_n_param *m);
void ctl_put_n_event(struct wbuf *w, const struct ctl_n_event *m);
int ctl_get_n_event(struct rbuf *r, struct ctl_n_event *m);

/** Connect to run_dir/control.sock. @return a blocking descriptor the caller closes, CN_E_GONE, CN_E_NOSPACE (path too long). */
int ctl_connect(const char *run_dir);

#endif
