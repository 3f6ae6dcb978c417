#ifndef SOUTHBOUND_PROFILE_H
#define SOUTHBOUND_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/model/bus.h"
#include "gateway/model/reading.h"
#include "southbound/dlt645/dlt645_plan.h"

struct meter_driver;

/**
 * A meter model as text (INI, one file a model, southbound/profiles/NAME.profile). Unknown sections and keys,
 * bad values and doubles are errors, told as "file:line: reason".
 *
 *   [profile]  title, framing (a name of southbound/drivers.c)
 *   [line]     baud, data_bits, parity (even, odd, none), stop_bits: as delivered, for people and tools that
 * search for meters; a job always names its line [timing]   response_ms, slow_response_ms (1200 bit/s and
 * less), byte_ms, attempts [framing]  wake_bytes [items]    QUANTITY PERIOD = where it is; the right side is
 * the framing's language (dlt645_plan.h) PERIOD: now, day, hour, month [test ...] a captured exchange:
 * "answer = hex", "then = hex" for the second of a joined pair, and what it must give: "QUANTITY PERIOD [N]
 * [tT] = value" with the N-th last period and tariff T (left out: 0). An indented line continues an answer.
 *
 * Every test is replayed when a profile is loaded; one that does not decode to its values refuses the whole
 * profile, and a profile must have at least one test.
 */
enum { PROFILE_ITEMS_MAX = 128, PROFILE_BLOCKS_MAX = 64, PROFILE_ERROR = 512, PROFILE_TITLE = 64 };

struct profile_item {
    uint16_t quantity;
    uint8_t period;            /**< enum period */
    struct dlt645_spec dlt645; /**< a union when the next framing comes */
};

struct profile {
    char name[BUS_PROFILE_LEN]; /**< file name without ".profile" */
    char title[PROFILE_TITLE];
    const struct meter_driver *driver;
    struct line_settings line;
    uint16_t response_ms; /**< DL/T 645 reference part 1, section 3: 500..10000 */
    uint16_t slow_response_ms;
    uint16_t byte_ms;   /**< 50..2000 */
    uint8_t attempts;   /**< 1..5 */
    uint8_t wake_bytes; /**< 0..16 */
    uint8_t block_count;
    uint16_t item_count;
    uint16_t test_count;
    struct profile_item items[PROFILE_ITEMS_MAX];
};

/**
 * Parse and check text.
 * @param path  for messages; its last part without ".profile" becomes the name
 * @param text  need not be terminated
 * @param error "path:line: reason" on failure
 * @return 0, CN_E_CONFIG
 */
int profile_parse(const char *path, const char *text, size_t len, struct profile *out,
                  char error[PROFILE_ERROR]);

/** Read a file of at most 64 KiB and parse it. @return 0, CN_E_CONFIG, CN_E_IO (cannot be read). */
int profile_load(const char *path, struct profile *out, char error[PROFILE_ERROR]);

/** @return the item, NULL when the model has no such thing. */
const struct profile_item *profile_item(const struct profile *p, unsigned quantity, unsigned period);

#endif
