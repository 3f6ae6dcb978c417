#include "bsp/serial.h"

/* termios2 lives in the kernel's header, which cannot stand beside <termios.h>: no libc termios call here. */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <linux/serial.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Escape states of serial_read: PARMRK sends FF 00 X for a bad byte X and FF FF for a good FF. */
enum { ESC_NONE = 0, ESC_FF = 1, ESC_FF_00 = 2 };

/* What a driver answers to a request it does not know. */
static int unknown_request(int err)
{
    return err == ENOTTY || err == EINVAL || err == ENOSYS || err == EOPNOTSUPP;
}

static int is_pty(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode))
        return 0;
    return major(st.st_rdev) >= UNIX98_PTY_SLAVE_MAJOR &&
           major(st.st_rdev) < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT;
}

static int make_exclusive(int fd)
{
    /* the lock keeps our own programs apart and ends with the process, whatever happens to it */
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return -EBUSY;
    /* A pty that its other end holds open would keep TIOCEXCL after our death and lock out our successor. */
    if (!is_pty(fd) && ioctl(fd, TIOCEXCL) < 0 && !unknown_request(errno))
        return -errno;
    return 0;
}

static void set_raw(struct termios2 *t)
{
    t->c_iflag = INPCK | PARMRK;
    t->c_oflag = 0;
    t->c_lflag = 0;
    t->c_cflag = CREAD | CLOCAL | CS8;
    /* with VMIN 1 an empty port says EAGAIN, so that a read of 0 bytes means that the port is gone */
    t->c_cc[VMIN] = 1;
    t->c_cc[VTIME] = 0;
}

int serial_open(const char *device)
{
    struct termios2 t;
    int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    int err = make_exclusive(fd);
    if (err == 0 && ioctl(fd, TCGETS2, &t) < 0)
        err = -errno;
    if (err == 0) {
        set_raw(&t);
        t.c_cflag |= B9600;
        if (ioctl(fd, TCSETS2, &t) < 0)
            err = -errno;
    }
    if (err < 0) {
        close(fd);
        return err;
    }
    return fd;
}

static int cflags_of(const struct serial_settings *s, tcflag_t *flags)
{
    static const tcflag_t sizes[] = {CS5, CS6, CS7, CS8};

    if (s->baud < 50 || s->baud > 4000000 || s->data_bits < 5 || s->data_bits > 8 || s->stop_bits < 1 ||
        s->stop_bits > 2)
        return -EINVAL;
    if (s->parity != 'N' && s->parity != 'E' && s->parity != 'O')
        return -EINVAL;
    /* BOTHER takes any rate as a number, 7200 like 2400 */
    *flags = CREAD | CLOCAL | BOTHER | sizes[s->data_bits - 5];
    if (s->parity != 'N')
        *flags |= PARENB;
    if (s->parity == 'O')
        *flags |= PARODD;
    if (s->stop_bits == 2)
        *flags |= CSTOPB;
    return 0;
}

int serial_configure(int fd, const struct serial_settings *s)
{
    struct termios2 t;
    tcflag_t flags;
    int err = cflags_of(s, &flags);

    if (err < 0)
        return err;
    if (ioctl(fd, TCGETS2, &t) < 0)
        return -errno;
    set_raw(&t);
    t.c_cflag = flags;
    t.c_ispeed = s->baud;
    t.c_ospeed = s->baud;
    if (ioctl(fd, TCSETS2, &t) < 0)
        return -errno;
    /* The driver rounds to what its divisor can do; 3 % is what a byte of 11 bits bears. Parity is not
     * compared: a pty drops PARENB in silence. */
    if (ioctl(fd, TCGETS2, &t) < 0)
        return -errno;
    uint32_t real = t.c_ospeed;
    uint32_t error = real > s->baud ? real - s->baud : s->baud - real;
    return error * 100 > s->baud * 3 ? -EINVAL : 0;
}

int serial_rs485(int fd)
{
    struct serial_rs485 rs;

    memset(&rs, 0, sizeof rs);
    if (ioctl(fd, TIOCGRS485, &rs) < 0)
        return unknown_request(errno) ? 0 : -errno;
    /* what the device tree set up knows the polarity of the board */
    if (rs.flags & SER_RS485_ENABLED)
        return 1;
    rs.flags |= SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
    rs.flags &= ~(uint32_t)(SER_RS485_RTS_AFTER_SEND | SER_RS485_RX_DURING_TX);
    rs.delay_rts_before_send = 0;
    rs.delay_rts_after_send = 0;
    if (ioctl(fd, TIOCSRS485, &rs) < 0)
        return unknown_request(errno) ? 0 : -errno;
    return 1;
}

int serial_flush(int fd)
{
    if (ioctl(fd, TCFLSH, TCIFLUSH) < 0 && errno != ENOTTY)
        return -errno;
    return 0;
}

/* Undo PARMRK in place; the result is never longer. */
static size_t unescape(uint8_t *buf, size_t n, uint8_t *state, unsigned *bad)
{
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t b = buf[i];
        switch (*state) {
        case ESC_FF:
            if (b == 0) {
                *state = ESC_FF_00;
            } else {
                buf[out++] = b; /* FF FF; nothing else follows an FF */
                *state = ESC_NONE;
            }
            break;
        case ESC_FF_00:
            buf[out++] = 0;
            ++*bad;
            *state = ESC_NONE;
            break;
        default:
            if (b == 0xFF)
                *state = ESC_FF;
            else
                buf[out++] = b;
            break;
        }
    }
    return out;
}

int serial_read(int fd, uint8_t *buf, size_t cap, uint8_t *state, unsigned *bad)
{
    for (;;) {
        ssize_t n = read(fd, buf, cap);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        if (n == 0)
            return -EIO;
        size_t got = unescape(buf, (size_t)n, state, bad);
        if (got > 0)
            return (int)got;
        /* only the start of an escape came: its rest may be there already */
    }
}

int serial_write(int fd, const uint8_t *buf, size_t n)
{
    for (;;) {
        ssize_t done = write(fd, buf, n);
        if (done >= 0)
            return (int)done;
        if (errno == EAGAIN)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}
