#include "hmi/lcd/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/err.h"

enum { MESSAGES_AT_ONCE = 64 };

void lcd_control_init(struct lcd_control *c)
{
    *c = (struct lcd_control){.fd = -1, .answered_ms = INT64_MIN};
    lcd_status_init(&c->now);
    lcd_status_init(&c->before);
}

void lcd_control_close(struct lcd_control *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->asked = 0;
    c->answered_ms = INT64_MIN;
}

/** @return 0; CN_E_BUSY when the socket takes nothing now; CN_E_GONE. */
static int request(struct lcd_control *c, enum ctl_type type, uint32_t seq)
{
    uint8_t msg[16];
    struct wbuf w = wbuf_of(msg, sizeof msg);

    ctl_begin(&w, type, seq);
    if (send(c->fd, w.p, w.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)w.len)
        return 0;
    return errno == EAGAIN || errno == EINTR ? CN_E_BUSY : CN_E_GONE;
}

int lcd_control_open(struct lcd_control *c, const char *run_dir)
{
    int fd = ctl_connect(run_dir);
    if (fd < 0)
        return fd;
    c->fd = fd;
    if (request(c, CTL_SUBSCRIBE, ++c->seq) < 0) {
        lcd_control_close(c);
        return CN_E_GONE;
    }
    return 0;
}

int lcd_control_ask(struct lcd_control *c)
{
    if (c->asked)
        return 0;
    uint32_t seq = ++c->seq ? c->seq : ++c->seq; /* 0 means none */
    int rc = request(c, CTL_STATUS, seq);
    if (rc == 0) {
        c->asked = seq;
        lcd_status_init(&c->coming);
    } else if (rc == CN_E_GONE) {
        lcd_control_close(c);
        return CN_E_GONE;
    }
    return 0;
}

static int take_page(struct lcd_control *c, struct rbuf *r)
{
    char key[64], value[192];
    int rc;

    while ((rc = ctl_get_kv(r, key, value)) > 0)
        lcd_status_take(&c->coming, key, value);
    return rc;
}

static int take_done(struct lcd_control *c, struct rbuf *r, int64_t now_ms)
{
    int status;
    int rc = ctl_get_done(r, &status);

    c->asked = 0;
    if (rc < 0)
        return rc;
    if (status < 0)
        return 0;
    c->before = c->answered_ms == INT64_MIN ? c->coming : c->now;
    c->now = c->coming;
    c->answered_ms = now_ms;
    return 0;
}

int lcd_control_take(struct lcd_control *c, struct rbuf *r, int64_t now_ms)
{
    struct ctl_head head;
    struct ctl_n_clock clock;
    int rc = ctl_get_head(r, &head);

    if (rc < 0)
        return rc;
    switch (head.type) {
    case CTL_R_KV:
        return head.seq == c->asked && c->asked ? take_page(c, r) : 0;
    case CTL_R_DONE:
        return head.seq == c->asked && c->asked ? take_done(c, r, now_ms) : 0;
    case CTL_N_CLOCK:
        rc = ctl_get_n_clock(r, &clock);
        if (rc < 0)
            return rc;
        c->clock.offset_ms = clock.offset_ms;
        c->clock_known = true;
        return 0;
    case CTL_N_PARAM:
    case CTL_N_EVENT:
        c->changed = true;
        return 0;
    default:
        return 0;
    }
}

int lcd_control_read(struct lcd_control *c, int64_t now_ms)
{
    int rc = 0;

    for (int i = 0; i < MESSAGES_AT_ONCE && rc == 0; i++) {
        ssize_t n = recv(c->fd, c->msg, sizeof c->msg, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n > 0) {
            struct rbuf r = rbuf_of(c->msg, (size_t)n);
            rc = lcd_control_take(c, &r, now_ms);
        } else {
            rc = CN_E_GONE;
        }
    }
    if (rc < 0)
        lcd_control_close(c);
    return rc;
}

bool lcd_control_running(const struct lcd_control *c, int64_t now_ms)
{
    return c->fd >= 0 && c->answered_ms != INT64_MIN && now_ms - c->answered_ms < CONTROL_STALE_MS;
}
