#ifndef HMI_LCD_PICTURE_H
#define HMI_LCD_PICTURE_H

#include "hmi/lcd/canvas.h"
#include "hmi/lcd/collect.h"
#include "hmi/lcd/control.h"
#include "hmi/lcd/settings.h"

/** Everything that a picture is made of. */
struct lcd_sources {
    const struct config *config;
    const struct hmi_settings *settings;
    struct lcd_control control;
    struct view *view;
    struct lcd_collect *collect;
};

/** @param config, settings  must outlive it. @return 0, CN_E_NOMEM. Nothing is connected yet. */
int lcd_sources_open(struct lcd_sources *s, const struct config *config, const struct hmi_settings *settings);
void lcd_sources_close(struct lcd_sources *s);

/**
 * The picture of this moment. Which page is in sight follows from the box's clock alone, so every program
 * that draws at the same time draws the same page.
 * @param system_ms  system clock, UTC; the offset of the box's clock is added here
 */
void lcd_picture(struct lcd_sources *s, int64_t system_ms, int64_t mono_ms, struct canvas *out);

#endif
