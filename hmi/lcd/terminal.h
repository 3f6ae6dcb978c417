#ifndef HMI_LCD_TERMINAL_H
#define HMI_LCD_TERMINAL_H

#include "hmi/lcd/braille.h"

/**
 * Show pictures on a terminal of 80 x 40 characters, in place; into a file or a pipe, one below the other.
 * Never waits for a slow reader: while it has not taken a picture, newer ones are passed over.
 */
struct terminal {
    int fd;
    bool own; /**< fd was opened here */
    bool tty;
    size_t len, sent;
    uint8_t text[BRAILLE_MAX + 64];
};

/** @param fd  the descriptor to write to; stays the caller's and keeps its flags. */
void terminal_open(struct terminal *t, int fd);
/** @return 0; CN_E_BUSY (passed over, try again with the next picture); CN_E_GONE (the reader is gone). */
int terminal_show(struct terminal *t, const struct canvas *c);
/** Give the cursor back. */
void terminal_close(struct terminal *t);

#endif
