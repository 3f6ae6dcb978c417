/*
 * Whole pictures against tests/vectors/lcd/NAME.txt: 160 lines of '#' (ink) and '.'. They were drawn by the
 * program and judged by eye; to look at them or to renew them after a wanted change: LCD_WRITE=FOLDER
 * build/tests/hmi.lcd.render_test      writes NAME.txt and NAME.png there
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hmi/lcd/png.h"
#include "hmi/lcd/render.h"
#include "hmi/lcd/text.h"

static struct lcd_model sample(enum lcd_language language)
{
    static const struct lcd_event events[LCD_EVENTS] = {
        {.erc = 31, .local = {2026, 11, 22, 10, 30, 0, 7}, .point = 37},
        {.erc = 14, .local = {2026, 11, 22, 9, 5, 0, 7}, .over = true},
        {.erc = 31, .local = {2026, 11, 22, 8, 45, 0, 7}, .point = 2040, .over = true},
        {.erc = 3, .local = {2026, 11, 21, 17, 0, 0, 6}},
        {.erc = 33, .local = {2026, 11, 21, 16, 59, 0, 6}, .point = 5},
        {.erc = 1, .local = {2026, 11, 21, 8, 0, 0, 6}},
        {.erc = 20, .local = {2026, 11, 20, 23, 59, 0, 5}},
        {.erc = 36, .local = {2026, 11, 20, 12, 0, 0, 5}},
        {.erc = 8, .local = {2026, 11, 19, 12, 0, 0, 4}, .point = 12},
        {.erc = 32, .local = {2026, 11, 18, 12, 0, 0, 3}},
    };
    struct lcd_model m = {
        .language = language,
        .running = true,
        .store = true,
        .clock = true,
        .now = {2026, 11, 22, 10, 31, 7, 7},
        .signal = 3,
        .link = LINK_LOGGED_IN,
        .channel_known = true,
        .channel = TRANSPORT_TCP,
        .alarm = true,
        .port_count = 3,
        .ports = {{1, true, true}, {2, true, false}, {3, false, false}},
        .region = 0x4403,
        .address = 1,
        .master_ip = {127, 0, 0, 1},
        .master_port = 9001,
        .version = "0.1.0",
        .event_count = LCD_EVENTS,
        .meters = 192,
        .failed = 9,
    };
    memcpy(m.events, events, sizeof events);
    m.screen = lcd_screen_at(0, m.event_count, m.meters, m.failed);
    return m;
}

static struct lcd_model sample_meters(enum lcd_language language)
{
    static const struct lcd_row rows[LCD_ROWS] = {
        {.point = 1, .energy = {123456, -2, VALUE_GOOD}, .age_s = 0},
        {.point = 2, .energy = {0, -2, VALUE_GOOD}, .age_s = 99},
        {.point = 37, .energy = {0, 0, VALUE_NONE}, .age_s = -1},
        {.point = 192, .energy = {99999999, -2, VALUE_GOOD}, .age_s = 100},
        {.point = 1000, .energy = {1234567891, -4, VALUE_GOOD}, .age_s = 6000},
        {.point = 2039, .energy = {123456789123, -4, VALUE_GOOD}, .age_s = 359999},
        {.point = 2040, .energy = {-238, -3, VALUE_GOOD}, .age_s = 864000000},
    };
    struct lcd_model m = sample(language);
    m.screen = lcd_screen_at(3, m.event_count, m.meters, m.failed);
    m.row_count = LCD_ROWS;
    memcpy(m.rows, rows, sizeof rows);
    return m;
}

static struct lcd_model sample_failed(enum lcd_language language)
{
    static const struct lcd_row rows[] = {
        {.point = 37, .age_s = 86, .since = {2026, 11, 22, 10, 30, 0, 7}},
        {.point = 190, .age_s = -1},
        {.point = 2040, .age_s = 90000, .since = {2026, 11, 21, 9, 0, 0, 6}},
    };
    struct lcd_model m = sample(language);
    m.screen = (struct lcd_screen){.page = LCD_FAILED, .first = 7, .sheet = 2, .sheets = 2};
    m.row_count = sizeof rows / sizeof rows[0];
    m.failed = 10;
    memcpy(m.rows, rows, sizeof rows);
    return m;
}

static void write_picture(const char *folder, const char *name, const struct canvas *c)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.txt", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int y = 0; y < LCD_H; y++) {
        for (int x = 0; x < LCD_W; x++)
            fputc(canvas_get(c, x, y) ? '#' : '.', f);
        fputc('\n', f);
    }
    fclose(f);
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(lcd_png_write(f, c, 3), 0);
    fclose(f);
}

static void expect_picture(const char *name, const struct lcd_model *m)
{
    char path[512];
    struct canvas c;
    const char *folder = getenv("LCD_WRITE");

    memset(&c, 0xA5, sizeof c); /* what was there before must not shine through */
    lcd_render(m, &c);
    if (folder) {
        write_picture(folder, name, &c);
        return;
    }
    snprintf(path, sizeof path, CN_SOURCE_DIR "/tests/vectors/lcd/%s.txt", name);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s cannot be opened", path);
    for (int y = 0; y < LCD_H; y++) {
        char line[LCD_W + 8] = "";
        if (!fgets(line, sizeof line, f) || strlen(line) != LCD_W + 1)
            fail_msg("%s: line %d is not one of %d points", path, y + 1, LCD_W);
        for (int x = 0; x < LCD_W; x++) {
            if ((line[x] == '#') != canvas_get(&c, x, y))
                fail_msg("%s: the point at column %d, line %d differs", path, x + 1, y + 1);
        }
    }
    assert_int_equal(fgetc(f), EOF);
    fclose(f);
}

static void main_page(void **state)
{
    (void)state;
    struct lcd_model m = sample(LCD_EN);
    expect_picture("main-en", &m);
    m = sample(LCD_ZH);
    expect_picture("main-zh", &m);
}

static void main_page_scrolled(void **state)
{
    (void)state;
    struct lcd_model m = sample(LCD_ZH);
    m.screen.first = 7;
    m.link = LINK_CONNECTING;
    m.channel = TRANSPORT_SMS;
    m.signal = 0;
    m.alarm = false;
    m.port_count = LCD_PORTS;
    for (int i = 0; i < LCD_PORTS; i++)
        m.ports[i] = (struct lcd_port){(uint8_t)(i + 1), i % 2 != 0, i % 3 == 0};
    m.region = 0x9999;
    m.address = 0xFFFE;
    memcpy(m.master_ip, "\xFF\xFF\xFF\xFF", 4);
    m.master_port = 65535;
    strcpy(m.version, "10.20.30");
    expect_picture("main-wide-zh", &m);
}

static void no_data(void **state)
{
    (void)state;
    struct lcd_model m = {
        .language = LCD_EN, .signal = -1, .region = 0x4403, .address = 1, .version = "0.1.0"};
    expect_picture("no-data-en", &m);
    m.language = LCD_ZH;
    m.screen.page = LCD_METERS;
    m.screen.sheet = m.screen.sheets = 1;
    expect_picture("no-data-meters-zh", &m);
}

static void no_events(void **state)
{
    (void)state;
    struct lcd_model m = sample(LCD_ZH);
    m.event_count = 0;
    m.link = LINK_OFF;
    m.signal = -1;
    expect_picture("no-events-zh", &m);
}

static void meters_page(void **state)
{
    (void)state;
    struct lcd_model m = sample_meters(LCD_EN);
    expect_picture("meters-en", &m);
    m = sample_meters(LCD_ZH);
    m.meters = 2040;
    m.screen.sheet = m.screen.sheets = 292;
    expect_picture("meters-zh", &m);
}

static void failed_page(void **state)
{
    (void)state;
    struct lcd_model m = sample_failed(LCD_EN);
    expect_picture("failed-en", &m);
    m = sample_failed(LCD_ZH);
    expect_picture("failed-zh", &m);
    m.failed = m.row_count = 0;
    m.screen = lcd_screen_at(6, m.event_count, m.meters, m.failed);
    expect_picture("none-failed-zh", &m);
}

/** A number too long for its column loses decimals, never leading digits: equal to the picture of the cut
 * number. */
static void long_numbers_lose_decimals(void **state)
{
    (void)state;
    struct canvas a, b;
    struct lcd_model m = sample_meters(LCD_EN);
    m.row_count = 1;
    m.rows[0].energy = value_of(INT64_C(123456789129999), -6);
    lcd_render(&m, &a);
    m.rows[0].energy = value_of(INT64_C(12345678912), -2);
    lcd_render(&m, &b);
    assert_memory_equal(&a, &b, sizeof a);
    m.rows[0].energy = value_of(INT64_C(12345678812), -2);
    lcd_render(&m, &b);
    assert_memory_not_equal(&a, &b, sizeof a);
}

static void pages_go_round(void **state)
{
    (void)state;
    static const uint8_t pages[] = {LCD_MAIN,   LCD_MAIN,   LCD_MAIN,   LCD_METERS,
                                    LCD_METERS, LCD_METERS, LCD_FAILED, LCD_MAIN};
    for (uint64_t step = 0; step < sizeof pages; step++)
        assert_int_equal(lcd_screen_at(step, 10, 192, 3).page, pages[step]);
}

/** Every event place and every sheet comes to sight within as many turns of its page. */
static void every_row_comes_to_sight(void **state)
{
    (void)state;
    static const unsigned counts[] = {0, 1, 3, 4, 7, 8, 10, 192, 2040};
    for (unsigned k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        unsigned n = counts[k], events = n < LCD_EVENTS ? n : LCD_EVENTS;
        static bool seen[3][2041];
        memset(seen, 0, sizeof seen);
        for (uint64_t step = 1000000; step < 1000000 + 7 * 300; step++) {
            struct lcd_screen s = lcd_screen_at(step, events, n, n);
            unsigned shown = s.page == LCD_MAIN ? LCD_EVENTS_SHOWN : LCD_ROWS;
            assert_in_range(s.sheet, 1, s.sheets);
            for (unsigned i = s.first; i < s.first + shown && i < n; i++)
                seen[s.page][i] = true;
            assert_true(s.first == 0 || s.first < n);
        }
        for (unsigned i = 0; i < n; i++) {
            assert_true(seen[LCD_METERS][i] && seen[LCD_FAILED][i]);
            assert_true(i >= events || seen[LCD_MAIN][i]);
        }
    }
}

/** Nothing in a model, however wrong, draws outside or reads outside. */
static void wild_models(void **state)
{
    (void)state;
    unsigned long long x = 88172645463325252ULL;
    for (int round = 0; round < 2000; round++) {
        struct lcd_model m;
        struct canvas c;
        unsigned char *p = (unsigned char *)&m;
        for (size_t i = 0; i < sizeof m; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            p[i] = (unsigned char)x;
        }
        m.language = round % 2 ? LCD_ZH : LCD_EN;
        m.running = m.store = m.clock = m.channel_known = true;
        m.alarm = round % 3;
        m.version[sizeof m.version - 1] = '\0';
        for (int i = 0; i < LCD_PORTS; i++)
            m.ports[i].sending = m.ports[i].receiving = i % 2;
        for (int i = 0; i < LCD_EVENTS; i++)
            m.events[i].over = i % 2;
        for (int i = 0; i < LCD_ROWS; i++)
            m.rows[i].energy.exp10 = (int8_t)(m.rows[i].energy.exp10 % 10);
        m.screen.page %= 3;
        lcd_render(&m, &c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(main_page),
        cmocka_unit_test(main_page_scrolled),
        cmocka_unit_test(no_data),
        cmocka_unit_test(no_events),
        cmocka_unit_test(meters_page),
        cmocka_unit_test(failed_page),
        cmocka_unit_test(long_numbers_lose_decimals),
        cmocka_unit_test(pages_go_round),
        cmocka_unit_test(every_row_comes_to_sight),
        cmocka_unit_test(wild_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
