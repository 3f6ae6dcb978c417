#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/model/event.h"
#include "hmi/lcd/canvas.h"
#include "hmi/lcd/font.h"
#include "hmi/lcd/text.h"

/** Every character is in the font: a missing one would be as wide as a letter and look like a box. */
static void expect_drawable(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p) {
        uint32_t code =
            *p < 0x80 ? p[0] : (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
        if (!font_has(code))
            fail_msg("U+%04X of \"%s\" is not in the font", (unsigned)code, text);
        p += *p < 0x80 ? 1 : 3;
    }
}

static void words(void **state)
{
    (void)state;
    for (int w = 0; w < WORD_COUNT; w++) {
        expect_drawable(lcd_word((enum lcd_word)w, LCD_EN));
        expect_drawable(lcd_word((enum lcd_word)w, LCD_ZH));
    }
    assert_string_equal(lcd_word(WORD_METERS, LCD_EN), "Meters");
    assert_string_equal(lcd_word(WORD_METERS, LCD_ZH), "电表");
}

static void every_event_has_a_name_that_fits(void **state)
{
    (void)state;
    size_t count;
    const struct event_def *all = event_all(&count);
    for (size_t i = 0; i < count; i++) {
        for (int language = LCD_EN; language <= LCD_ZH; language++) {
            const char *name = lcd_event_name(all[i].erc, (enum lcd_language)language);
            assert_non_null(name);
            expect_drawable(name);
            assert_in_range(canvas_text_width(name), 1, LCD_EVENT_WIDTH);
        }
    }
}

static void names_are_the_standards(void **state)
{
    (void)state;
    assert_string_equal(lcd_event_name(31, LCD_ZH), "抄表失败");
    assert_string_equal(lcd_event_name(33, LCD_ZH), "电能表状态字变位");
    assert_string_equal(lcd_event_name(31, LCD_EN), "reading failure");
    assert_string_equal(lcd_event_name(31, LCD_EN), event_find(31)->name);
    assert_null(lcd_event_name(0, LCD_EN));
    assert_null(lcd_event_name(36, LCD_ZH));
    assert_null(lcd_event_name(1000, LCD_EN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(every_event_has_a_name_that_fits),
        cmocka_unit_test(names_are_the_standards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
