#ifndef BSP_BOARD_PARTS_H
#define BSP_BOARD_PARTS_H

#include "bsp/board.h"
#include "bsp/gpio.h"

/** Private to board.c, board_file.c and sim/board_sim.c. */
enum { BOARD_PORTS = 31, BOARD_LEDS = 3 + 2 * BOARD_PORTS, BOARD_CHIP = 64 };

/** One LED as the board file describes it. */
struct board_line {
    bool given;
    bool active_low;
    int line; /**< -1 = not given */
    char chip[BOARD_CHIP];
};

struct board_sim;

/** LEDs are numbered: power, alarm, net, then TX and RX of port 1, of port 2 ... */
int board_led_number(enum board_led led, unsigned port);
/** Name of a LED number: "power", "port.2.tx". */
char *board_led_name(int number, char *out, size_t cap);

/** Read a board file. @return 0, -ENOENT, -EINVAL (error says "file:line: reason") */
int board_file_read(const char *path, struct board_line lines[BOARD_LEDS], char *error, size_t error_cap);

/** The board without hardware. @param run_dir "" = keep no file @return 0, -errno */
int board_sim_open(const char *run_dir, struct board_sim **out);
void board_sim_close(struct board_sim *s);
void board_sim_led(struct board_sim *s, int number, bool on);

#endif
