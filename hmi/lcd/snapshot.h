#ifndef HMI_LCD_SNAPSHOT_H
#define HMI_LCD_SNAPSHOT_H

#include "hmi/lcd/picture.h"

/**
 * What the LCD shows now, for programs that have no LCD process at hand: reads the store and asks
 * concentratord twice, SNAPSHOT_PAUSE_MS apart, because port activity is a difference. Neither has to be
 * there. Takes at most 2 * SNAPSHOT_WAIT_MS + SNAPSHOT_PAUSE_MS.
 * @return 0, CN_E_NOMEM
 */
enum { SNAPSHOT_WAIT_MS = 2000, SNAPSHOT_PAUSE_MS = 300 };
int lcd_snapshot(const struct config *config, const struct hmi_settings *settings, struct canvas *out);

#endif
