/* The serial layer on a pty: what a pty can show. Parity itself needs a UART; the marks it leaves are fed in
 * here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bsp/serial.h"

struct pair {
    int master, fd;
    char name[64];
};

static void open_pair(struct pair *p)
{
    int slave;

    assert_int_equal(openpty(&p->master, &slave, p->name, NULL, NULL), 0);
    p->fd = serial_open(p->name);
    close(slave);
    assert_true(p->fd >= 0);
}

static void close_pair(struct pair *p)
{
    close(p->fd);
    close(p->master);
}

static int read_wait(int fd, uint8_t *buf, size_t cap, uint8_t *state, unsigned *bad)
{
    struct pollfd f = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&f, 1, 2000), 1);
    return serial_read(fd, buf, cap, state, bad);
}

/* every byte value passes in both directions: no echo, no line editing, no flow control, FF not doubled */
static void test_all_bytes(void **state)
{
    (void)state;
    struct pair p;
    uint8_t out[256], in[256], esc = 0;
    unsigned bad = 0;
    size_t n = 0;

    open_pair(&p);
    for (unsigned i = 0; i < 256; i++)
        out[i] = (uint8_t)i;
    assert_int_equal(serial_read(p.fd, in, sizeof in, &esc, &bad), 0);
    assert_int_equal(write(p.master, out, sizeof out), 256);
    while (n < sizeof in) {
        int rc = read_wait(p.fd, in + n, sizeof in - n, &esc, &bad);
        assert_true(rc > 0);
        n += (size_t)rc;
    }
    assert_memory_equal(in, out, sizeof out);
    assert_int_equal(bad, 0);
    assert_int_equal(serial_write(p.fd, out, sizeof out), 256);
    for (n = 0; n < sizeof in;) {
        ssize_t rc = read(p.master, in + n, sizeof in - n);
        assert_true(rc > 0);
        n += (size_t)rc;
    }
    assert_memory_equal(in, out, sizeof out);
    close_pair(&p);
}

static void test_rates(void **state)
{
    (void)state;
    static const uint32_t rates[] = {300, 600, 1200, 2400, 4800, 7200, 9600, 19200, 38400, 57600, 115200};
    struct pair p;

    open_pair(&p);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct serial_settings s = {.baud = rates[i], .data_bits = 8, .parity = 'E', .stop_bits = 1};
        assert_int_equal(serial_configure(p.fd, &s), 0);
    }
    struct serial_settings bad = {.baud = 2400, .data_bits = 9, .parity = 'E', .stop_bits = 1};
    assert_int_equal(serial_configure(p.fd, &bad), -EINVAL);
    bad = (struct serial_settings){.baud = 2400, .data_bits = 8, .parity = 'X', .stop_bits = 1};
    assert_int_equal(serial_configure(p.fd, &bad), -EINVAL);
    bad = (struct serial_settings){.baud = 0, .data_bits = 8, .parity = 'N', .stop_bits = 1};
    assert_int_equal(serial_configure(p.fd, &bad), -EINVAL);
    /* no direction control on a pty: passed over */
    assert_int_equal(serial_rs485(p.fd), 0);
    close_pair(&p);
}

/* what a driver puts into the stream for a byte with a parity error, cut at every place by the end of a read
 */
static void test_marks(void **state)
{
    (void)state;
    static const uint8_t marked[] = {0x68, 0xFF, 0x00, 0x41, 0xFF, 0xFF, 0x16};
    static const uint8_t plain[] = {0x68, 0x00, 0xFF, 0x16};
    int pipes[2];

    for (size_t cut = 0; cut <= sizeof marked; cut++) {
        uint8_t in[16], esc = 0;
        unsigned bad = 0;
        size_t n = 0;
        assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
        for (int half = 0; half < 2; half++) {
            const uint8_t *from = half ? marked + cut : marked;
            size_t len = half ? sizeof marked - cut : cut;
            if (len == 0)
                continue;
            assert_int_equal(write(pipes[1], from, len), (int)len);
            int rc;
            while ((rc = serial_read(pipes[0], in + n, sizeof in - n, &esc, &bad)) > 0)
                n += (size_t)rc;
            assert_int_equal(rc, 0);
        }
        assert_int_equal(n, sizeof plain);
        assert_memory_equal(in, plain, sizeof plain);
        assert_int_equal(bad, 1);
        assert_int_equal(esc, 0);
        close(pipes[0]);
        close(pipes[1]);
    }
}

static void test_exclusive(void **state)
{
    (void)state;
    struct pair p;

    open_pair(&p);
    assert_int_equal(serial_open(p.name), -EBUSY);
    /* a process that is killed leaves the port free, although the other end holds the pty open */
    close(p.fd);
    int keeper = open(p.name, O_RDWR | O_NOCTTY);
    assert_true(keeper >= 0);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = serial_open(p.name);
        char ok = fd >= 0 ? 'y' : 'n';
        _exit(write(ready[1], &ok, 1) == 1 && pause() == 0);
    }
    char ok = 0;
    assert_int_equal(read(ready[0], &ok, 1), 1);
    assert_int_equal(ok, 'y');
    assert_int_equal(serial_open(p.name), -EBUSY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    p.fd = serial_open(p.name);
    assert_true(p.fd >= 0);
    close(keeper);
    close(ready[0]);
    close(ready[1]);
    close_pair(&p);
}

static void test_gone(void **state)
{
    (void)state;
    struct pair p;
    uint8_t buf[8] = {0}, esc = 0;
    unsigned bad = 0;

    assert_int_equal(serial_open("/nonexistent/tty"), -ENOENT);
    assert_int_equal(serial_open("/dev/null"), -ENOTTY);
    open_pair(&p);
    close(p.master);
    assert_int_equal(serial_read(p.fd, buf, sizeof buf, &esc, &bad), -EIO);
    assert_int_equal(serial_write(p.fd, buf, sizeof buf), -EIO);
    close(p.fd);
}

static void test_flush(void **state)
{
    (void)state;
    struct pair p;
    uint8_t buf[8], esc = 0;
    unsigned bad = 0;

    open_pair(&p);
    assert_int_equal(write(p.master, "old", 3), 3);
    struct pollfd f = {.fd = p.fd, .events = POLLIN};
    assert_int_equal(poll(&f, 1, 2000), 1);
    assert_int_equal(serial_flush(p.fd), 0);
    assert_int_equal(serial_read(p.fd, buf, sizeof buf, &esc, &bad), 0);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_bytes), cmocka_unit_test(test_rates), cmocka_unit_test(test_marks),
        cmocka_unit_test(test_exclusive), cmocka_unit_test(test_gone),  cmocka_unit_test(test_flush),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
