#include "northbound/gdw3761/report.h"

#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"

void gdw_report_init(struct gdw_report *r, struct gdw_app *a)
{
    memset(r, 0, sizeof *r);
    r->app = a;
}

void gdw_report_wake(struct gdw_report *r)
{
    r->look = true;
}

void gdw_report_link_lost(struct gdw_report *r)
{
    if (r->state == GDW_REPORT_CONFIRM) {
        r->state = GDW_REPORT_REST;
        r->send = false;
    }
    r->until = r->state == GDW_REPORT_SEEN ? r->until : 0;
}

/* RD moves only now that the master has the records; asked again until the store has done it. */
static void mark_seen(struct gdw_report *r, struct gdw_now now)
{
    const struct gdw_seam *s = r->app->seam;
    struct event_state e;
    const struct ctl_seen m = {
        .ring = RING_IMPORTANT,
        .upto = r->upto,
        .clear_acd = s->event_state(s->ctx, &e) == 0 && e.ec1 == r->upto,
    };

    r->state = GDW_REPORT_SEEN;
    r->seen_sent = s->seen(s->ctx, &m, &r->seen_seq) == 0;
    r->until = now.mono_ms + (r->seen_sent ? (int64_t)GDW_SEEN_MS : 1000);
}

static bool build(struct gdw_report *r, const struct gdw_report_rules *rules, uint8_t *pfc)
{
    struct wbuf w = wbuf_of(r->frame, sizeof r->frame);
    uint8_t pseq = *pfc & 0x0F;
    int n = gdw_app_report(r->app, rules->con, pseq, &w, &r->upto);

    if (n <= 0)
        return false;
    r->len = (size_t)n;
    r->pseq = pseq;
    (*pfc)++;
    r->tries = rules->repeats;
    r->sent++;
    return true;
}

static void step(struct gdw_report *r, const struct gdw_report_rules *rules, uint8_t *pfc, struct gdw_now now)
{
    bool due = r->until && now.mono_ms >= r->until;

    switch (r->state) {
    case GDW_REPORT_REST:
        if (!r->look && !due)
            return;
        r->look = false;
        r->until = 0;
        r->send = build(r, rules, pfc);
        return;
    case GDW_REPORT_CONFIRM:
        if (!due)
            return;
        if (r->tries) {
            r->tries--;
            r->send = true;
            return;
        }
        r->given_up++;
        r->state = GDW_REPORT_REST;
        r->until = now.mono_ms + rules->retry_ms;
        return;
    case GDW_REPORT_SEEN:
        if (due)
            mark_seen(r, now);
        return;
    }
}

size_t gdw_report_output(struct gdw_report *r, const struct gdw_report_rules *rules, uint8_t *pfc,
                         struct gdw_now now, const uint8_t **frame)
{
    step(r, rules, pfc, now);
    if (!r->send)
        return 0;
    r->send = false;
    if (rules->con) {
        r->state = GDW_REPORT_CONFIRM;
        r->until = now.mono_ms + rules->timeout_ms;
    } else {
        mark_seen(r, now);
    }
    *frame = r->frame;
    return r->len;
}

bool gdw_report_confirmed(struct gdw_report *r, const struct gdw_frame *f, struct gdw_now now)
{
    if (r->state != GDW_REPORT_CONFIRM || f->seq != r->pseq || gdw_confirm_read(f) < 0)
        return false;
    /* a refusal counts as delivered: the master has the frame (section 12) */
    r->send = false;
    r->confirmed++;
    mark_seen(r, now);
    return true;
}

void gdw_report_done(struct gdw_report *r, uint32_t seq, int status)
{
    if (r->state != GDW_REPORT_SEEN || !r->seen_sent || r->seen_seq != seq || status < 0)
        return;
    r->state = GDW_REPORT_REST;
    r->until = 0;
    r->look = true;
}

void gdw_report_ctl_lost(struct gdw_report *r)
{
    r->seen_sent = false;
    if (r->state == GDW_REPORT_SEEN)
        r->until = 1; /* at the next step */
}

int64_t gdw_report_deadline(const struct gdw_report *r, struct gdw_now now)
{
    if (r->state == GDW_REPORT_REST && r->look)
        return now.mono_ms;
    return r->until ? r->until : INT64_MAX;
}
