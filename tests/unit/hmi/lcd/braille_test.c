#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hmi/lcd/braille.h"

static void dots(void **state)
{
    (void)state;
    /* dots 1..8 of the Unicode block U+2800: value of the point at column x, row y of a cell */
    static const struct {
        int x, y;
        const char *cell;
    } rows[] = {{0, 0, "⠁"}, {0, 1, "⠂"}, {0, 2, "⠄"}, {1, 0, "⠈"},
                {1, 1, "⠐"}, {1, 2, "⠠"}, {0, 3, "⡀"}, {1, 3, "⢀"}};
    static uint8_t text[BRAILLE_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct canvas c;
        canvas_clear(&c);
        canvas_set(&c, 2 * 3 + rows[i].x, 4 * 2 + rows[i].y, true);
        struct wbuf w = wbuf_of(text, sizeof text);
        lcd_braille(&c, "\n", &w);
        assert_int_equal(w.err, 0);
        assert_int_equal(w.len, BRAILLE_LINES * (BRAILLE_COLUMNS * 3 + 1) - 1);
        for (int y = 0; y < BRAILLE_LINES; y++) {
            const uint8_t *line = text + y * (BRAILLE_COLUMNS * 3 + 1);
            for (int x = 0; x < BRAILLE_COLUMNS; x++)
                assert_memory_equal(line + 3 * x, x == 3 && y == 2 ? rows[i].cell : "⠀", 3);
            assert_true(y == BRAILLE_LINES - 1 || line[BRAILLE_COLUMNS * 3] == '\n');
        }
    }
}

static void full_and_limits(void **state)
{
    (void)state;
    static uint8_t text[BRAILLE_MAX];
    struct canvas c;
    canvas_clear(&c);
    canvas_fill(&c, 0, 0, LCD_W, LCD_H, true);
    struct wbuf w = wbuf_of(text, sizeof text);
    lcd_braille(&c, "12345678", &w);
    assert_int_equal(w.err, 0);
    assert_memory_equal(text, "⣿⣿", 6);
    w = wbuf_of(text, 100);
    lcd_braille(&c, "\n", &w);
    assert_true(w.err < 0 && w.len <= 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dots), cmocka_unit_test(full_and_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
