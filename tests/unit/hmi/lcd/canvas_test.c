#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hmi/lcd/canvas.h"
#include "hmi/lcd/font.h"

static unsigned ink_in(const struct canvas *c, int x, int y, int w, int h)
{
    unsigned n = 0;
    for (int j = y; j < y + h; j++) {
        for (int i = x; i < x + w; i++)
            n += canvas_get(c, i, j);
    }
    return n;
}

static unsigned ink(const struct canvas *c)
{
    return ink_in(c, 0, 0, LCD_W, LCD_H);
}

static void points(void **state)
{
    (void)state;
    struct canvas c;
    canvas_clear(&c);
    canvas_set(&c, 0, 0, true);
    canvas_set(&c, 9, 1, true);
    canvas_set(&c, 159, 159, true);
    assert_int_equal(c.bits[0], 0x80);
    assert_int_equal(c.bits[LCD_STRIDE + 1], 0x40);
    assert_int_equal(c.bits[LCD_H * LCD_STRIDE - 1], 0x01);
    assert_int_equal(ink(&c), 3);
    canvas_set(&c, 9, 1, false);
    assert_false(canvas_get(&c, 9, 1));
    canvas_set(&c, -1, 0, true);
    canvas_set(&c, 0, -1, true);
    canvas_set(&c, LCD_W, 0, true);
    canvas_set(&c, 0, LCD_H, true);
    assert_int_equal(ink(&c), 2);
    assert_false(canvas_get(&c, LCD_W, 0));
}

static void areas_are_cut_at_the_edge(void **state)
{
    (void)state;
    struct canvas c;
    canvas_clear(&c);
    canvas_fill(&c, 150, 155, 100, 100, true);
    assert_int_equal(ink(&c), 10 * 5);
    canvas_invert(&c, -5, -5, 10, 10);
    assert_int_equal(ink(&c), 10 * 5 + 5 * 5);
    canvas_invert(&c, 0, 0, LCD_W, LCD_H);
    assert_int_equal(ink(&c), LCD_W * LCD_H - 75);
    canvas_fill(&c, -10, -10, 1000, 1000, false);
    assert_int_equal(ink(&c), 0);
}

static void icons(void **state)
{
    (void)state;
    static const uint16_t rows[] = {0x5, 0x2};
    struct canvas c;
    canvas_clear(&c);
    canvas_icon(&c, 10, 20, 3, 2, rows);
    assert_true(canvas_get(&c, 10, 20) && canvas_get(&c, 12, 20) && canvas_get(&c, 11, 21));
    assert_int_equal(ink(&c), 3);
}

/** The letter A and the character for electricity as unifont.hex gives them (read there, not made by our
 * generator). */
static void glyphs_are_unifonts(void **state)
{
    (void)state;
    static const uint16_t a[16] = {0,    0,    0,    0,    0x18, 0x24, 0x24, 0x42,
                                   0x42, 0x7E, 0x42, 0x42, 0x42, 0x42, 0,    0};
    static const uint16_t dian[16] = {0x0100, 0x0100, 0x0100, 0x3FF8, 0x2108, 0x2108, 0x2108, 0x3FF8,
                                      0x2108, 0x2108, 0x2108, 0x3FF8, 0x210A, 0x0102, 0x0102, 0x00FE};
    assert_int_equal(font_glyph('A')->width, 8);
    assert_memory_equal(font_glyph('A')->rows, a, sizeof a);
    assert_int_equal(font_glyph(0x7535)->width, 16);
    assert_memory_equal(font_glyph(0x7535)->rows, dian, sizeof dian);
    assert_false(font_has(0x4E02)); /* a rare one that no text uses */
    assert_int_equal(font_glyph(0x4E02)->width, 8);
    for (uint32_t code = 0x20; code < 0x7F; code++)
        assert_true(font_has(code));
    for (size_t i = 1; i < font_count; i++)
        assert_true(font_table[i - 1].code < font_table[i].code);
}

static void text_lands_where_it_should(void **state)
{
    (void)state;
    struct canvas c;
    canvas_clear(&c);
    assert_int_equal(canvas_text(&c, 3, 5, LCD_W, "A电"), 3 + 8 + 16);
    for (int y = 0; y < GLYPH_HEIGHT; y++) {
        for (int x = 0; x < 8; x++)
            assert_int_equal(canvas_get(&c, 3 + x, 5 + y), font_glyph('A')->rows[y] >> (7 - x) & 1);
        for (int x = 0; x < 16; x++)
            assert_int_equal(canvas_get(&c, 11 + x, 5 + y), font_glyph(0x7535)->rows[y] >> (15 - x) & 1);
    }
    struct canvas right;
    canvas_clear(&right);
    canvas_text_right(&right, 27, 5, "A电");
    assert_memory_equal(&c, &right, sizeof c);
}

static void width_of_text(void **state)
{
    (void)state;
    assert_int_equal(canvas_text_width(""), 0);
    assert_int_equal(canvas_text_width("kWh"), 24);
    assert_int_equal(canvas_text_width("电表 7"), 48);
    assert_int_equal(canvas_text_width("255.255.255.255:65535"), 17 * 8 + 4 * 4);
    /* nothing of a narrow character is lost */
    struct canvas c;
    canvas_clear(&c);
    canvas_text(&c, 0, 0, LCD_W, ":");
    unsigned all = 0;
    for (int y = 0; y < GLYPH_HEIGHT; y++)
        all += (unsigned)__builtin_popcount(font_glyph(':')->rows[y]);
    assert_int_equal(ink(&c), all);
    assert_int_equal(ink_in(&c, 0, 0, 4, 16), all);
}

static void text_stops_at_its_limit(void **state)
{
    (void)state;
    struct canvas c;
    canvas_clear(&c);
    assert_int_equal(canvas_text(&c, 0, 0, 40, "AAAAAAAA"), 40);
    assert_int_equal(canvas_text(&c, 0, 20, 39, "AAAAAAAA"), 32);
    assert_int_equal(canvas_text(&c, 0, 40, 39, "AAA电"), 24); /* a half character is none */
    assert_int_equal(ink_in(&c, 40, 0, LCD_W - 40, LCD_H), 0);
}

/** Bytes that are no UTF-8 show as boxes, one a broken piece, and never run over the end of the text. */
static void broken_text(void **state)
{
    (void)state;
    assert_int_equal(canvas_text_width("\xFF"), 8);
    assert_int_equal(canvas_text_width("\xC0\x80"), 16);
    assert_int_equal(canvas_text_width("\xE7\x94"), 8);
    assert_int_equal(canvas_text_width("\xE7"), 8);
    assert_int_equal(canvas_text_width("\xE7"
                                       "A"),
                     16);
    assert_int_equal(canvas_text_width("\x80"
                                       "A"),
                     16);
    assert_int_equal(canvas_text_width("\xF0\x9F\x98\x80"), 8); /* good, but not in the font */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points),
        cmocka_unit_test(areas_are_cut_at_the_edge),
        cmocka_unit_test(icons),
        cmocka_unit_test(glyphs_are_unifonts),
        cmocka_unit_test(text_lands_where_it_should),
        cmocka_unit_test(width_of_text),
        cmocka_unit_test(text_stops_at_its_limit),
        cmocka_unit_test(broken_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
