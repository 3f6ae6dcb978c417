#ifndef HMI_LCD_MODEL_H
#define HMI_LCD_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/civil.h"
#include "gateway/base/value.h"
#include "gateway/model/config.h"
#include "gateway/model/ctl.h"

/** What the LCD shows at one moment. render.h draws it, collect.h fills it, tests write it down. */
enum lcd_language { LCD_EN, LCD_ZH };

enum lcd_page { LCD_MAIN, LCD_METERS, LCD_FAILED };

enum {
    LCD_EVENTS = 10,      /**< kept on the main page */
    LCD_EVENTS_SHOWN = 3, /**< of them in sight */
    LCD_ROWS = 7,         /**< meters on one page */
    LCD_PORTS = 8,        /**< port cells in the status bar */
    LCD_STEP_S = 6,       /**< the picture moves on after these seconds */
};

/** Which part of which page is in sight. */
struct lcd_screen {
    uint8_t page;           /**< enum lcd_page */
    uint16_t first;         /**< first event or row, from 0 */
    uint16_t sheet, sheets; /**< this part and the number of parts, from 1 */
};

struct lcd_event {
    uint8_t erc;
    struct civil local;
    uint16_t point; /**< measuring point, 0 = the event has none */
    bool over;      /**< the condition has ended */
};

struct lcd_port {
    uint8_t number;
    bool sending, receiving; /**< since the picture before */
};

/** One line of the meters or failed-meters page. */
struct lcd_row {
    uint16_t point;
    struct value energy; /**< active import, total; kWh */
    int64_t age_s;       /**< of the last reading, -1 = never read */
    struct civil since; /**< failed meters: begin of the failure or last reading, local; unused when never read */
};

struct lcd_model {
    enum lcd_language language;
    bool running; /**< concentratord answers: signal, link and ports are known */
    bool store;   /**< the store can be read: events, meters and parameters are known */
    bool clock;   /**< the box's time is known */
    struct civil now;

    int8_t signal; /**< 0..4 bars, -1 = no modem */
    uint8_t link;  /**< enum ctl_link_state */
    bool channel_known;
    uint8_t channel; /**< enum config_transport */
    bool alarm;      /**< the alarm LED is on: an important event is unread, or a meter failed */
    uint8_t port_count;
    struct lcd_port ports[LCD_PORTS];

    uint16_t region;  /**< A1, four BCD digits */
    uint16_t address; /**< A2 */
    uint8_t master_ip[4];
    uint16_t master_port; /**< 0 = no master set */
    char version[16];

    uint8_t event_count;
    struct lcd_event events[LCD_EVENTS]; /**< newest first */
    uint16_t meters, failed;             /**< in all */
    struct lcd_screen screen;
    uint8_t row_count;
    struct lcd_row rows[LCD_ROWS]; /**< of the page in sight */
};

#endif
