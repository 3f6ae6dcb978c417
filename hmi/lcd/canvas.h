#ifndef HMI_LCD_CANVAS_H
#define HMI_LCD_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * A picture of 160x160 points, one bit each, and what is drawn on it. Pure: nothing here allocates, fails or
 * looks outside the canvas; whatever lies over the edge is cut. x grows to the right, y down, both from 0.
 */
enum { LCD_W = 160, LCD_H = 160, LCD_STRIDE = LCD_W / 8, LCD_LINE = 16 /**< height of a line of text */ };

struct canvas {
    uint8_t bits[LCD_H * LCD_STRIDE]; /**< rows from the top, most significant bit left, 1 = ink */
};

void canvas_clear(struct canvas *c);
/** False outside the canvas. */
bool canvas_get(const struct canvas *c, int x, int y);
void canvas_set(struct canvas *c, int x, int y, bool ink);
void canvas_fill(struct canvas *c, int x, int y, int w, int h, bool ink);
/** Swap ink and paper. */
void canvas_invert(struct canvas *c, int x, int y, int w, int h);
/** Add the ink of a small picture, at most 16 points wide: one word a row, the leftmost point in bit w-1. */
void canvas_icon(struct canvas *c, int x, int y, int w, int h, const uint16_t *rows);

/**
 * Write one line of UTF-8 text, its upper left corner at x, y. Only ink is set. A broken byte or a character
 * the font lacks shows as an empty box.
 * @param limit  first x that stays free: a character that would reach it, and all behind it, are left out
 * @return x behind the last character written
 */
int canvas_text(struct canvas *c, int x, int y, int limit, const char *text);
/** The same, ending at `right` (exclusive). */
void canvas_text_right(struct canvas *c, int right, int y, const char *text);
/** Points that a text takes: 8 a Latin character (4 for '.' and ':'), 16 a Chinese one. */
int canvas_text_width(const char *text);

#endif
