#ifndef BSP_SERIAL_H
#define BSP_SERIAL_H

#include <stddef.h>
#include <stdint.h>

/**
 * A serial port, RS485 or RS232. Errors are -errno values of the system call that failed; 0 or more is success.
 * A pty has no parity, no RS485 ioctls and no modem lines: what the driver does not know (ENOTTY) is passed over.
 */
struct serial_settings {
    uint32_t baud; /**< 300, 600, 1200, 2400, 4800, 7200 (custom divisor), 9600, 19200 ... 115200 */
    uint8_t data_bits; /**< 5..8 */
    char parity;       /**< 'N', 'E', 'O'; with parity INPCK and PARMRK are set, so that errors are really seen */
    uint8_t stop_bits; /**< 1, 2 */
};

/** Open non-blocking, exclusive, raw. @return descriptor or -errno. */
int serial_open(const char *device);
/** @return 0, -errno; -EINVAL for a rate the hardware does not do. */
int serial_configure(int fd, const struct serial_settings *s);
/** RS485 direction by the kernel driver where it can (TIOCSRS485). @return 1 on, 0 the driver has none, -errno. */
int serial_rs485(int fd);
/** Throw away what was received and not read. */
int serial_flush(int fd);
/**
 * Read what is there and undo PARMRK: bad bytes are given as 0 and counted.
 * @param state one byte of memory per port for escapes cut by the end of a read; 0 at start
 * @return bytes in buf, 0 nothing there, -EIO when the port is gone (end of file), -errno
 */
int serial_read(int fd, uint8_t *buf, size_t cap, uint8_t *state, unsigned *bad);
/** @return bytes taken, 0 would block, -errno. */
int serial_write(int fd, const uint8_t *buf, size_t n);

#endif
