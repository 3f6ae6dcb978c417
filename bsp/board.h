#ifndef BSP_BOARD_H
#define BSP_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The board: what GPIO lines, LEDs and buttons a box has, from bsp/boards/NAME.board (INI). Board "sim" needs no
 * hardware: it keeps the states and, when a folder is given, writes them to FOLDER/board.state for people and tests.
 */
enum board_led { LED_POWER, LED_ALARM, LED_NET, LED_PORT_TX, LED_PORT_RX /**< per port */ };

struct board;

/**
 * @param name  board name; "sim" is built in
 * @param dir   folder of .board files
 * @param run_dir  for the sim board's state file; "" = none
 * @return 0, -ENOENT (no such board), -EINVAL (bad board file; error tells), -errno
 */
int board_open(const char *name, const char *dir, const char *run_dir, struct board **out, char *error, size_t error_cap);
void board_close(struct board *b);
/** @param port 1..31 for the port LEDs, 0 else. LEDs the board does not have are passed over. */
void board_led(struct board *b, enum board_led led, unsigned port, bool on);
bool board_led_get(const struct board *b, enum board_led led, unsigned port);

#endif
