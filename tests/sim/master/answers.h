#ifndef TESTS_SIM_MASTER_ANSWERS_H
#define TESTS_SIM_MASTER_ANSWERS_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "northbound/gdw3761/items.h"

/** The data units that answered one command, of all its frames. Memory is allocated once. */
enum { MS_UNITS = 16384, MS_ANSWER_BYTES = 1 << 21 };

struct ms_answers {
    struct gdw_unit *unit; /**< data point into bytes */
    size_t count;
    uint8_t *bytes;
    size_t len;
    bool overflow; /**< more than fits was received */
    int err;       /**< CN_E_... of the first unit that could not be parsed to its end, 0 = none */
};

/** @return 0, CN_E_NOMEM */
int ms_answers_init(struct ms_answers *a);
void ms_answers_free(struct ms_answers *a);
void ms_answers_clear(struct ms_answers *a);

/** Keep the units of a decoded frame; a unit that came before (repeated answer) replaces it, list parts are
 * added. @return units. */
int ms_answers_add(struct ms_answers *a, const struct gdw_frame *f);

/** First unit of this item, NULL = not there. */
const struct gdw_unit *ms_answers_find(const struct ms_answers *a, unsigned fn, unsigned pn);

/**
 * A field as people read it.
 * @param pn, fn -1 = any; name "fwd_active" or "fwd_active[2]"
 * @return 0, CN_E_NOTFOUND
 */
int ms_answers_field(const struct ms_answers *a, int pn, int fn, const char *name, char *out, size_t cap);

/** In words, each unit with its fields. */
void ms_answers_print(const struct ms_answers *a, FILE *out);
/** The same as a JSON array; the caller owns it. */
cJSON *ms_answers_json(const struct ms_answers *a);

/**
 * Entries of the list parameter fn in the answers, in order.
 * @return entries, or what cb returned when negative; CN_E_NOTFOUND when fn is no list
 */
int ms_answers_entries(const struct ms_answers *a, unsigned fn, param_entry_fn cb, void *ctx);

#endif
