#ifndef TESTS_SIM_METER_ITEMS_H
#define TESTS_SIM_METER_ITEMS_H

#include "tests/sim/meter/meter.h"

enum { SM_ITEM_MAX = 2048 };

/**
 * The data of one identifier as the meter would send them, without DI (645 reference part 2).
 * @param now true time, UTC seconds
 * @return bytes appended, CN_E_NOTFOUND (the meter has no such data), CN_E_NOSPACE
 */
int sm_item_get(const struct sm_site *s, const struct sm_meter *m, uint32_t di, int64_t now,
                struct wbuf *out);

/** Bytes of a parameter that can be written and has no effect but to be read back; CN_E_NOTFOUND. */
int sm_item_writable(uint32_t di);

/** ss mm hh DD MM YY of a meter time, and the same without seconds. 0 is written as zeros. */
void sm_put_time6(struct wbuf *w, const struct sm_world *world, int64_t shown);
void sm_put_time5(struct wbuf *w, const struct sm_world *world, int64_t shown);
/** WW DD MM YY / ss mm hh. */
void sm_put_date4(struct wbuf *w, const struct sm_world *world, int64_t shown);
void sm_put_time3(struct wbuf *w, const struct sm_world *world, int64_t shown);

/** How people read an item: "1234.56". */
struct sm_reading {
    uint32_t di;
    uint8_t size; /**< bytes of one value */
    uint8_t decimals;
    const char *name, *unit;
};
/** The registers a test compares, in a fixed order. */
const struct sm_reading *sm_readings(size_t *count);
/** The row that explains a DI (also one of a block); NULL when only hex helps. */
const struct sm_reading *sm_reading_of(uint32_t di);

#endif
