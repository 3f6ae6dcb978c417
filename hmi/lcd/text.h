#ifndef HMI_LCD_TEXT_H
#define HMI_LCD_TEXT_H

#include <stdint.h>

#include "hmi/lcd/model.h"

/** Every word that the LCD shows, in both languages. The font holds ASCII and the characters of text.c. */
enum lcd_word {
    WORD_NO_DATA,
    WORD_NO_EVENTS,
    WORD_ADDRESS,
    WORD_MASTER,
    WORD_METERS,
    WORD_FAILED,
    WORD_NONE_FAILED,
    WORD_NEVER,
    WORD_OVER,
    WORD_SECONDS,
    WORD_MINUTES,
    WORD_HOURS,
    WORD_DAYS,
    WORD_COUNT,
};

const char *lcd_word(enum lcd_word word, enum lcd_language language);

enum { LCD_EVENT_WIDTH = 156 /**< points of an event's line */ };

/** Name of an event record (reference part 6, 5) that fits its line; NULL: this ERC is unknown. */
const char *lcd_event_name(unsigned erc, enum lcd_language language);

#endif
