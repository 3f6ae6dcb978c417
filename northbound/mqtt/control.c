#include "northbound/mqtt/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/err.h"

enum { MESSAGES_AT_ONCE = 64 };

void control_init(struct control *c)
{
    *c = (struct control){.fd = -1};
}

void control_close(struct control *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

int control_open(struct control *c, const char *run_dir)
{
    uint8_t msg[16];
    struct wbuf w = wbuf_of(msg, sizeof msg);
    int fd = ctl_connect(run_dir);

    if (fd < 0)
        return fd;
    c->fd = fd;
    ctl_begin(&w, CTL_SUBSCRIBE, 1);
    if (send(fd, msg, w.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)w.len)
        return 0;
    control_close(c);
    return CN_E_GONE;
}

int control_take(struct control *c, struct rbuf *r)
{
    struct ctl_head head;
    struct ctl_n_clock clock;
    int rc = ctl_get_head(r, &head);

    if (rc < 0)
        return rc;
    if (head.type == CTL_N_CLOCK) {
        rc = ctl_get_n_clock(r, &clock);
        if (rc < 0)
            return rc;
        c->clock.offset_ms = clock.offset_ms;
        c->clock_known = true;
    } else if (head.type == CTL_N_EVENT || head.type == CTL_N_PARAM) {
        c->stored = true;
    }
    return 0;
}

int control_read(struct control *c)
{
    int rc = 0;

    for (int i = 0; i < MESSAGES_AT_ONCE && rc == 0; i++) {
        ssize_t n = recv(c->fd, c->msg, sizeof c->msg, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n > 0) {
            struct rbuf r = rbuf_of(c->msg, (size_t)n);
            rc = control_take(c, &r);
        } else {
            rc = CN_E_GONE;
        }
    }
    if (rc < 0)
        control_close(c);
    return rc;
}
