#ifndef GATEWAY_MODEL_PARAM_H
#define GATEWAY_MODEL_PARAM_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/model/layout.h"
#include "gateway/model/meter.h"

/**
 * The parameter dictionary: one row per Fn of AFN 04H / 0AH. The store keeps each data unit byte for byte
 * under (Fn, Pn, sub); list parameters (F10, F33) keep one row per entry, sub = the entry's key.
 */
enum point_kind {
    PN_ZERO = 0, /**< p0, the terminal */
    PN_POINT,    /**< measuring point 1..2040 */
    PN_GROUP,    /**< total group 1..8 */
    PN_ROUND,    /**< control round 1..8 */
    PN_TASK,     /**< task 1..64 */
    PN_DC,       /**< DC analog port 1..64 */
};

struct param_list {
    uint8_t count_len;       /**< bytes of the count in front: 1 or 2 */
    uint8_t key_len;         /**< bytes of the key at the start of each entry: 1 or 2, low byte first */
    bool replace; /**< true: a set replaces the whole list; false: changes only the entries it names */
    uint16_t count_max;
    const struct lay *entry; /**< one entry with its key */
};

struct param_def {
    uint8_t fn;
    uint8_t pn_kind;           /**< enum point_kind */
    const char *name;          /**< "master IP and port" */
    const char *clause;
    const struct lay *layout;  /**< the whole data unit */
    const struct param_list *list; /**< NULL for a plain item */
    /** Further check of a plain unit or list entry the layout accepted; may be NULL. @return 0, CN_E_RANGE. */
    int (*check)(const uint8_t *data, size_t len);
    const char *factory; /**< hex text of the default data unit in force when nothing was set; NULL = none */
};

/** Rows sorted by fn. */
const struct param_def *param_all(size_t *count);
const struct param_def *param_find(unsigned fn);
/** True when pn is of the kind the row wants. */
bool param_pn_ok(const struct param_def *d, unsigned pn);

/**
 * Check one data unit at the cursor, field by field, and advance past it (also when it is refused but its
 * length is known).
 * @return its length; CN_E_SHORT (cannot be parsed to its end: the rest of the frame is lost);
 *         CN_E_RANGE or CN_E_FORMAT (refused; r stands behind it)
 */
int param_check(const struct param_def *d, struct rbuf *r);

/** Walk the entries of a list data unit that param_check accepted. @return entries, or what the callback
 * returned. */
typedef int (*param_entry_fn)(void *ctx, unsigned key, const uint8_t *entry, size_t len);
int param_entries(const struct param_def *d, const uint8_t *data, size_t len, param_entry_fn fn, void *ctx);

/** Typed views of parameters that have an effect. Each returns 0 or CN_E_SHORT/RANGE/FORMAT. */
struct param_f1 {
    uint8_t rts_20ms, delay_min;
    uint16_t timeout_s; /**< 0..4095; param_f1_timeout gives the effective one */
    uint8_t repeats;    /**< 0..3 */
    uint8_t confirm;    /**< D0 class 1, D1 class 2, D2 class 3 */
    uint8_t heartbeat_min;
};
struct param_f3 {
    uint8_t main_ip[4], standby_ip[4];
    uint16_t main_port, standby_port;
    char apn[17];
};
struct param_f8 {
    uint8_t mode;       /**< raw work mode byte */
    bool udp;
    uint8_t role;       /**< 0 mixed, 1 client, 2 server */
    uint8_t online;     /**< client: 1 always, 2 passive, 3 by period */
    uint16_t redial_s;
    uint8_t redial_count, idle_min;
    uint32_t hours;     /**< D0..D23 */
};
struct param_f9 {
    uint64_t record, important; /**< bit n-1 = ERCn */
};
enum { F33_PERIODS_MAX = 24 };
struct param_f33 {
    uint8_t port;
    uint16_t control; /**< D0 no automatic reading, D1 key meters only, D2 broadcast freeze, D3 broadcast
                         clock ... */
    uint32_t days;    /**< D0..D30 = day 1..31 */
    uint8_t day_hour, day_minute; /**< reading time on these days */
    uint8_t interval_min;         /**< 1..60 */
    uint8_t clock_minute, clock_hour, clock_day; /**< broadcast clock setting; day 0 = every day */
    uint8_t period_count;
    struct {
        uint16_t start_min, end_min; /**< minutes of the day; end before start: over midnight */
    } periods[F33_PERIODS_MAX];
};
struct param_f36 {
    uint32_t month_bytes; /**< 0 = no limit */
};

int param_f1(const uint8_t *p, size_t n, struct param_f1 *out);
/** F1.timeout, 30 s when 0 (reference part 1, section 11). */
unsigned param_f1_timeout(const struct param_f1 *f);
int param_f3(const uint8_t *p, size_t n, struct param_f3 *out);
int param_f8(const uint8_t *p, size_t n, struct param_f8 *out);
int param_f9(const uint8_t *p, size_t n, struct param_f9 *out);
int param_f33(const uint8_t *p, size_t n, struct param_f33 *out);
int param_f36(const uint8_t *p, size_t n, struct param_f36 *out);

#endif
