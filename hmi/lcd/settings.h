#ifndef HMI_LCD_SETTINGS_H
#define HMI_LCD_SETTINGS_H

#include <stdint.h>

#include "gateway/model/config.h"
#include "hmi/lcd/model.h"

enum hmi_output { HMI_NONE, HMI_TERMINAL, HMI_FBDEV };

/** The section [hmi] of the configuration. */
struct hmi_settings {
    enum hmi_output output;     /**< key "output": none | terminal | fbdev:DEVICE, default none */
    char device[CONFIG_TEXT];   /**< "/dev/fb0" */
    enum lcd_language language; /**< key "language": en | zh, default zh */
    uint8_t refresh_s;          /**< key "refresh": seconds between two pictures, 1..60, default 1 */
};

/**
 * Read the section; the rest of the file is left to config_load. A file without the section gives the
 * defaults.
 * @param error one line "file:line: reason" on failure
 * @return 0, CN_E_CONFIG (unknown or double key, bad value, unreadable file)
 */
int hmi_settings_load(const char *path, struct hmi_settings *out, char error[CONFIG_ERROR]);

#endif
