#ifndef HMI_LCD_COLLECT_H
#define HMI_LCD_COLLECT_H

#include "gateway/model/config.h"
#include "gateway/store/view.h"
#include "hmi/lcd/model.h"

/**
 * What the LCD shows of the store. Lists (meters, failures, events, parameters) are read again every minute
 * or when something changed; of the meters' values only those in sight are read.
 *
 * A meter is failed when its reading-failure event (ERC31) is open, when it was never read, or when its last
 * reading is older than a day: every meter is read at least once a day.
 */
struct lcd_collect;

enum {
    COLLECT_PERIOD_MS = 60000,
    COLLECT_PAUSE_MS = 5000 /**< between two readings of the lists, whatever changes */,
    COLLECT_STALE_S = 86400
};

/** @param view, config  must outlive it. @return NULL: out of memory. */
struct lcd_collect *lcd_collect_new(struct view *view, const struct config *config);
void lcd_collect_free(struct lcd_collect *c);
/** Something in the store changed: read the lists again soon. */
void lcd_collect_changed(struct lcd_collect *c);

/**
 * Fill what the model shows of the store and the configuration: everything but language, clock, version,
 * running and what lcd_status_show sets; m->alarm is only ever raised. Without a readable store m->store is
 * false.
 * @param now    UTC second of the box
 * @param now_ms monotonic
 * @param step   as lcd_screen_at
 */
void lcd_collect_fill(struct lcd_collect *c, int64_t now, int64_t now_ms, uint64_t step, struct lcd_model *m);

/** The clock offset that concentratord keeps in the store (clock = offset). @return 0, an error of view_fact. */
int lcd_collect_clock(struct view *view, int64_t *offset_ms);

#endif
