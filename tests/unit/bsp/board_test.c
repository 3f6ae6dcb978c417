#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bsp/board.h"
#include "bsp/board_parts.h"

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void names_and_numbers_agree(void **state)
{
    char name[32];

    (void)state;
    assert_int_equal(board_led_number(LED_POWER, 0), 0);
    assert_int_equal(board_led_number(LED_PORT_TX, 1), 3);
    assert_int_equal(board_led_number(LED_PORT_RX, 31), BOARD_LEDS - 1);
    assert_int_equal(board_led_number(LED_PORT_RX, 32), -1);
    assert_int_equal(board_led_number(LED_PORT_TX, 0), -1);
    assert_string_equal(board_led_name(2, name, sizeof name), "net");
    assert_string_equal(board_led_name(board_led_number(LED_PORT_RX, 31), name, sizeof name), "port.31.rx");
}

static void the_simulated_board_writes_its_leds(void **state)
{
    char dir[64] = "/tmp/board_test.XXXXXX", path[128], error[128], text[4096] = "";
    struct board *b;

    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(board_open("sim", "/nowhere", dir, &b, error, sizeof error), 0);
    board_led(b, LED_ALARM, 0, true);
    board_led(b, LED_PORT_RX, 2, true);
    board_led(b, LED_ALARM, 0, false);
    board_led(b, LED_POWER, 0, true);
    board_led(b, LED_PORT_TX, 99, true); /* passed over */
    assert_true(board_led_get(b, LED_PORT_RX, 2));
    assert_false(board_led_get(b, LED_ALARM, 0));
    assert_false(board_led_get(b, LED_PORT_TX, 99));
    snprintf(path, sizeof path, "%s/board.state", dir);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(text, "power         1\nalarm         0\nnet           0\nport.1.tx     0\n"
                              "port.1.rx     0\nport.2.tx     0\nport.2.rx     1\n");
    board_close(b);
    unlink(path);
    rmdir(dir);
}

static void our_board_file_is_good(void **state)
{
    struct board_line lines[BOARD_LEDS];
    char error[256] = "";

    (void)state;
    assert_int_equal(board_file_read(CN_SOURCE_DIR "/bsp/boards/hx1088.board", lines, error, sizeof error),
                     0);
    assert_string_equal(error, "");
    assert_true(lines[board_led_number(LED_ALARM, 0)].given);
    assert_int_equal(lines[board_led_number(LED_PORT_RX, 3)].line, 5);
    assert_string_equal(lines[board_led_number(LED_PORT_RX, 3)].chip, "gpiochip1");
    assert_true(lines[board_led_number(LED_PORT_RX, 3)].active_low);
    assert_false(lines[board_led_number(LED_PORT_RX, 4)].given);
}

static void bad_board_files_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"[led.power]\nchip = gpiochip0\nline = x\n", ":3: bad line number \"x\""},
        {"[led.power]\nchip = gpiochip0\nline = -1\n", ":3: bad line number \"-1\""},
        {"[led.port.32.tx]\nchip = gpiochip0\n", ":2: unknown section \"led.port.32.tx\""},
        {"[led.power]\ncolour = red\n", ":2: unknown key \"colour\""},
        {"[led.power]\nactive = maybe\n", ":2: active is high or low, not \"maybe\""},
        {"[board]\nkind = x\n", ":2: unknown key \"kind\""},
        {"[led.net]\nchip = gpiochip0\n", ": led.net needs chip and line"},
        {"nonsense\n", ":1: not understood"},
    };
    char dir[64] = "/tmp/board_test.XXXXXX", path[128], error[256];
    struct board *b;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/x.board", dir);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(path, bad[i].text);
        assert_int_equal(board_open("x", dir, "", &b, error, sizeof error), -EINVAL);
        assert_null(b);
        assert_string_equal(error + strlen(path), bad[i].reason);
    }
    /* a good file whose chip this machine does not have */
    write_file(path, "[led.power]\nchip = no-such-chip\nline = 1\n");
    assert_true(board_open("x", dir, "", &b, error, sizeof error) < 0);
    assert_non_null(strstr(error, "led.power: line 1 of no-such-chip"));
    unlink(path);
    assert_int_equal(board_open("x", dir, "", &b, error, sizeof error), -ENOENT);
    assert_int_equal(board_open("../x", dir, "", &b, error, sizeof error), -ENOENT);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_numbers_agree),
        cmocka_unit_test(the_simulated_board_writes_its_leds),
        cmocka_unit_test(our_board_file_is_good),
        cmocka_unit_test(bad_board_files_are_refused_with_their_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
