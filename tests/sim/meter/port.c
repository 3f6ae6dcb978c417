/* termios2 tells the rate as a number; its header cannot live beside <termios.h>. */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/sim/meter/port.h"

static int make_raw(int fd, uint32_t baud)
{
    struct termios2 t;

    if (ioctl(fd, TCGETS2, &t) < 0)
        return -errno;
    t.c_iflag = 0;
    t.c_oflag = 0;
    t.c_lflag = 0;
    t.c_cflag = CS8 | CREAD | CLOCAL | BOTHER;
    t.c_ispeed = t.c_ospeed = baud;
    return ioctl(fd, TCSETS2, &t) < 0 ? -errno : 0;
}

int sm_port_open(struct sm_port *p, uint32_t baud)
{
    int err;

    p->slave = -1;
    p->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (p->master < 0)
        return -errno;
    if (grantpt(p->master) < 0 || unlockpt(p->master) < 0 ||
        ptsname_r(p->master, p->device, sizeof p->device) != 0) {
        err = -errno;
        close(p->master);
        return err;
    }
    p->slave = open(p->device, O_RDWR | O_NOCTTY | O_CLOEXEC);
    err = p->slave < 0 ? -errno : make_raw(p->slave, baud);
    if (err < 0) {
        close(p->master);
        if (p->slave >= 0)
            close(p->slave);
    }
    return err;
}

uint32_t sm_port_baud(const struct sm_port *p)
{
    struct termios2 t;

    return ioctl(p->master, TCGETS2, &t) < 0 ? 0 : t.c_ospeed;
}

void sm_port_release(const struct sm_port *p)
{
    ioctl(p->slave, TIOCNXCL);
}
