#include "northbound/gdw3761/session.h"

#include <string.h>

#include "gateway/base/err.h"

enum { FN_LOGIN = 1, FN_LOGOUT = 2, FN_HEARTBEAT = 3, CON_EVENTS = 0x04, MINUTE_MS = 60000, JITTER_PART = 8 };

static bool confirmed(void *ctx, const struct gdw_frame *f, struct gdw_now now);

static int64_t timeout_ms(const struct gdw_session *s)
{
    return (int64_t)param_f1_timeout(&s->comm.f1) * 1000;
}

static int64_t heartbeat_ms(const struct gdw_session *s)
{
    return (int64_t)(s->comm.f1.heartbeat_min ? s->comm.f1.heartbeat_min : 1) * MINUTE_MS;
}

void gdw_session_init(struct gdw_session *s, struct gdw_app *a, struct gdw_link_memory *m,
                      const struct gdw_comm *comm, struct gdw_now now)
{
    memset(s, 0, sizeof *s);
    gdw_link_init(&s->link, a, SOURCE_MASTER, m);
    s->link.confirmed = confirmed;
    s->link.confirmed_ctx = s;
    gdw_report_init(&s->report, a);
    s->comm = *comm;
    memcpy(s->link.groups, comm->groups, sizeof s->link.groups);
    s->state = GDW_IDLE;
    s->next_ms = now.mono_ms;
    s->soon = GDW_SOON_TRIES;
}

/* ---- frames the terminal starts (AFN 02) ---- */

static void start_frame(struct gdw_session *s, uint8_t fn, struct gdw_now now)
{
    s->fn = fn;
    s->pseq = s->pfc++ & 0x0F;
    s->tries = fn == FN_LOGOUT ? 0 : s->comm.f1.repeats;
    s->send = true;
    s->until = now.mono_ms + timeout_ms(s);
    s->heartbeat_at = now.mono_ms + heartbeat_ms(s);
}

/* AFN 02 never carries ACD, EC or Tp (section 2). */
static size_t link_frame(struct gdw_session *s, const uint8_t **frame)
{
    const struct gdw_app *a = s->link.app;
    struct gdw_dadt d = gdw_dadt_of(0, s->fn);
    const uint8_t data[GDW_DADT_LEN] = {d.da1, d.da2, d.dt1, d.dt2};
    const struct gdw_frame f = {
        .up = true,
        .prm = true,
        .fc = GDW_FC_LINK,
        .a1 = a->a1,
        .a2 = a->a2,
        .afn = GDW_AFN_LINK,
        .fir = true,
        .fin = true,
        .con = true,
        .seq = s->pseq,
        .data = data,
        .data_len = sizeof data,
    };
    struct wbuf w = wbuf_of(s->aux, sizeof s->aux);
    int n = gdw_frame_encode(&w, &f);

    *frame = s->aux;
    return n > 0 ? (size_t)n : 0;
}

/* ---- states ---- */

static int64_t redial_ms(const struct gdw_session *s)
{
    int64_t ms = (int64_t)(s->comm.redial_s > GDW_REDIAL_MIN_S ? s->comm.redial_s : GDW_REDIAL_MIN_S) * 1000;

    /* terminals of one town do not come back in the same second: spread by address */
    return ms + ms / JITTER_PART * (s->link.app->a2 % 16) / 16;
}

/* After the last host of a round. */
static void wait_round(struct gdw_session *s, struct gdw_now now)
{
    if (s->soon) {
        s->next_ms = now.mono_ms + (s->soon == GDW_SOON_TRIES ? GDW_SOON_MS : 3 * GDW_SOON_MS);
        s->soon--;
    } else {
        s->next_ms = now.mono_ms + redial_ms(s);
    }
    s->host = 0;
}

static void closing(struct gdw_session *s)
{
    s->close = true;
    s->fn = 0;
    s->send = false;
}

static bool confirmed(void *ctx, const struct gdw_frame *f, struct gdw_now now)
{
    struct gdw_session *s = ctx;
    int says = gdw_confirm_read(f);

    if (says < 0)
        return false;
    if (gdw_report_confirmed(&s->report, f, now))
        return true;
    if (!s->fn || f->seq != s->pseq)
        return false;
    uint8_t fn = s->fn;
    s->fn = 0;
    s->send = false;
    if (fn == FN_LOGOUT || !says) {
        closing(s);
        return true;
    }
    if (fn == FN_LOGIN) {
        s->state = GDW_ONLINE;
        s->online_at = now.mono_ms;
        gdw_report_wake(&s->report);
    }
    return true;
}

void gdw_session_connected(struct gdw_session *s, struct gdw_now now)
{
    gdw_link_reset(&s->link);
    s->close = false;
    s->state = GDW_LOGIN;
    start_frame(s, FN_LOGIN, now);
}

void gdw_session_closed(struct gdw_session *s, struct gdw_now now)
{
    uint8_t was = s->state;

    gdw_link_reset(&s->link);
    gdw_report_link_lost(&s->report);
    s->close = false;
    s->fn = 0;
    s->send = false;
    s->state = s->ended ? GDW_END : GDW_IDLE;
    if (was == GDW_ONLINE && now.mono_ms - s->online_at >= GDW_GOOD_MS)
        s->soon = GDW_SOON_TRIES;
    if (was == GDW_LOGOUT) {
        s->host = 0;
        s->next_ms = now.mono_ms + GDW_SOON_MS;
    } else if (was != GDW_ONLINE && s->host == 0 && s->comm.hosts[1].set) {
        s->host = 1;
        s->next_ms = now.mono_ms;
    } else {
        wait_round(s, now);
    }
}

static bool same_host(const struct config_host *a, const struct config_host *b)
{
    return a->set == b->set && memcmp(a->ip, b->ip, sizeof a->ip) == 0 && a->port == b->port;
}

static void log_out(struct gdw_session *s, struct gdw_now now)
{
    s->state = GDW_LOGOUT;
    start_frame(s, FN_LOGOUT, now);
    s->until = now.mono_ms + GDW_LOGOUT_MS;
}

void gdw_session_set_comm(struct gdw_session *s, const struct gdw_comm *comm, struct gdw_now now)
{
    bool moved = !same_host(&s->comm.hosts[s->host], &comm->hosts[s->host]);

    s->comm = *comm;
    memcpy(s->link.groups, comm->groups, sizeof s->link.groups);
    if (s->state == GDW_ONLINE) {
        int64_t next = now.mono_ms + heartbeat_ms(s);
        if (next < s->heartbeat_at)
            s->heartbeat_at = next;
    }
    if (!moved)
        return;
    if (s->state == GDW_ONLINE) {
        log_out(s, now);
    } else if (s->state == GDW_LOGIN || s->state == GDW_CONNECTING) {
        closing(s);
    } else if (s->state == GDW_IDLE) {
        s->host = 0;
        s->next_ms = now.mono_ms;
    }
}

void gdw_session_stop(struct gdw_session *s, struct gdw_now now)
{
    if (s->ended)
        return;
    s->ended = true;
    if (s->state == GDW_ONLINE)
        log_out(s, now);
    else if (s->state == GDW_IDLE)
        s->state = GDW_END;
    else if (s->state != GDW_END)
        closing(s);
}

/*
 * The frame that waits for its confirmation: repeat it or give the connection up. The time also runs when the
 * frame could not be sent yet: a master that takes no bytes is as gone as one that does not answer.
 */
static void check_waiting(struct gdw_session *s, struct gdw_now now)
{
    if (!s->fn || now.mono_ms < s->until)
        return;
    if (s->tries == 0) {
        closing(s);
        return;
    }
    s->tries--;
    s->send = true;
    s->until = now.mono_ms + timeout_ms(s);
}

enum gdw_action gdw_session_step(struct gdw_session *s, struct gdw_now now)
{
    check_waiting(s, now);
    if (s->close && s->state != GDW_IDLE && s->state != GDW_END)
        return GDW_ACT_CLOSE;
    if (s->state == GDW_ONLINE && !s->fn && now.mono_ms >= s->heartbeat_at)
        start_frame(s, FN_HEARTBEAT, now);
    if (s->state == GDW_IDLE && now.mono_ms >= s->next_ms) {
        if (!s->comm.hosts[s->host].set)
            s->host ^= 1;
        if (!s->comm.hosts[s->host].set) {
            wait_round(s, now); /* F3 names no master: look again when it does */
            return GDW_ACT_NONE;
        }
        s->state = GDW_CONNECTING;
        return GDW_ACT_CONNECT;
    }
    return GDW_ACT_NONE;
}

void gdw_session_input(struct gdw_session *s, const uint8_t *p, size_t n, struct gdw_now now)
{
    gdw_link_input(&s->link, p, n, now);
}

static bool may_report(const struct gdw_session *s, struct gdw_now now)
{
    return s->state == GDW_ONLINE && !gdw_link_busy(&s->link) && now.mono_ms >= s->link.quiet_until;
}

size_t gdw_session_output(struct gdw_session *s, struct gdw_now now, const uint8_t **frame)
{
    const struct gdw_report_rules rules = {
        .timeout_ms = timeout_ms(s),
        .retry_ms = heartbeat_ms(s),
        .repeats = s->comm.f1.repeats,
        .con = s->comm.f1.confirm & CON_EVENTS,
    };

    if (s->close || (s->state != GDW_LOGIN && s->state != GDW_ONLINE && s->state != GDW_LOGOUT))
        return 0;
    size_t n = gdw_link_output(&s->link, now, frame);
    if (n)
        return n;
    if (s->send) {
        s->send = false;
        n = link_frame(s, frame);
    } else if (may_report(s, now)) {
        n = gdw_report_output(&s->report, &rules, &s->pfc, now, frame);
    }
    s->link.count.frames_out += n ? 1 : 0;
    return n;
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t gdw_session_deadline(const struct gdw_session *s, struct gdw_now now)
{
    int64_t at = INT64_MAX;

    if (s->state == GDW_END)
        return at;
    if (s->state == GDW_IDLE)
        return s->next_ms;
    at = gdw_link_deadline(&s->link);
    if (s->fn)
        at = earliest(at, s->until);
    if (s->state == GDW_ONLINE) {
        if (!s->fn)
            at = earliest(at, s->heartbeat_at);
        int64_t report = gdw_report_deadline(&s->report, now);
        if (report < s->link.quiet_until)
            report = s->link.quiet_until;
        if (!gdw_link_busy(&s->link))
            at = earliest(at, report);
    }
    return at;
}

enum ctl_link_state gdw_session_link_state(const struct gdw_session *s)
{
    switch (s->state) {
    case GDW_CONNECTING:
        return LINK_CONNECTING;
    case GDW_LOGIN:
    case GDW_LOGOUT:
        return LINK_CONNECTED;
    case GDW_ONLINE:
        return LINK_LOGGED_IN;
    default:
        return LINK_OFF;
    }
}
