#include "hmi/ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"

static bool may_not_connect(const char *dir)
{
    char path[CONFIG_TEXT + 16];
    snprintf(path, sizeof(path), "%s/control.sock", dir);
    return access(path, R_OK | W_OK) < 0 && errno == EACCES;
}

int client_open(struct client *c, struct app *app)
{
    c->seq = 0;
    c->fd = -1;
    const char *dir = app_run_dir(app);
    if (!dir)
        return EXIT_FAILED;
    int fd = ctl_connect(dir);
    if (fd == CN_E_NOSPACE)
        return app_fail(app, "the path %s/control.sock is too long for a socket", dir);
    if (fd < 0 && may_not_connect(dir))
        return app_fail(app, "this user may not open %s/control.sock", dir);
    if (fd < 0)
        return app_fail(app, "concentratord does not answer on %s/control.sock; is it running?", dir);
    c->fd = fd;
    return EXIT_OK;
}

bool client_try(struct client *c, struct app *app)
{
    const struct config *config = app->run_dir ? NULL : app_config(app);
    const char *dir = app->run_dir ? app->run_dir : config ? config->terminal.run_dir : NULL;
    c->seq = 0;
    c->fd = dir ? ctl_connect(dir) : -1;
    return c->fd >= 0;
}

void client_close(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

struct wbuf client_begin(struct client *c, enum ctl_type type)
{
    struct wbuf w = wbuf_of(c->msg, sizeof(c->msg));
    ctl_begin(&w, type, ++c->seq);
    return w;
}

int client_send(struct client *c, const struct wbuf *w)
{
    if (w->err < 0)
        return w->err;
    ssize_t n;
    do {
        n = send(c->fd, w->p, w->len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)w->len ? 0 : CN_E_GONE;
}

/** @return bytes of the next datagram in c->msg, CN_E_TIMEOUT, CN_E_GONE. */
static int receive(struct client *c, int64_t deadline_ms)
{
    for (;;) {
        int wait = -1;
        if (deadline_ms >= 0) {
            int64_t left = deadline_ms - clock_mono_ms();
            wait = left > 0 ? (int)left : 0;
        }
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        int ready = poll(&p, 1, wait);
        if (ready == 0)
            return CN_E_TIMEOUT;
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t n = ready < 0 ? -1 : recv(c->fd, c->msg, sizeof(c->msg), MSG_DONTWAIT);
        if (n > 0)
            return (int)n;
        if (n == 0 || (errno != EINTR && errno != EAGAIN))
            return CN_E_GONE;
    }
}

int client_next(struct client *c, int timeout_ms, struct rbuf *r)
{
    int64_t deadline = timeout_ms == CLIENT_FOREVER ? -1 : clock_mono_ms() + timeout_ms;
    for (;;) {
        int n = receive(c, deadline);
        if (n < 0)
            return n;
        struct ctl_head head;
        *r = rbuf_of(c->msg, (size_t)n);
        if (ctl_get_head(r, &head) < 0)
            return CN_E_FRAME;
        if (head.seq == c->seq && head.type < CTL_N_CLOCK)
            return head.type;
    }
}

int client_status(struct client *c, client_kv_fn fn, void *ctx)
{
    struct wbuf w = client_begin(c, CTL_STATUS);
    int rc = client_send(c, &w);
    while (rc >= 0) {
        struct rbuf r;
        char key[64], value[192];
        int status = 0, type = client_next(c, CLIENT_TIMEOUT_MS, &r);
        if (type < 0)
            return type;
        if (type == CTL_R_DONE)
            return ctl_get_done(&r, &status) < 0 ? CN_E_FRAME : status;
        while (type == CTL_R_KV && (rc = ctl_get_kv(&r, key, value)) > 0)
            fn(ctx, key, value);
    }
    return rc;
}

int client_error(struct app *app, int err)
{
    if (err == CN_E_TIMEOUT)
        return app_fail(app, "concentratord accepted the request but gave no answer in time");
    if (err == CN_E_GONE)
        return app_fail(app, "concentratord went away during the request");
    if (err == CN_E_FRAME)
        return app_fail(app, "concentratord answered in another version of the control protocol; "
                             "is concentratorctl of the same release?");
    return app_fail(app, "the request failed: %s", cn_err_text(err));
}
