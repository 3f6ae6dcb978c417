#include "northbound/gdw3761/app.h"

#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "northbound/gdw3761/app_parts.h"

enum { OP_RETRY_MS = 100, L1_FIXED = 8 /* C, A, AFN, SEQ */, PAST_AUX = 2 /* CS, 16H */ };

void gdw_app_init(struct gdw_app *a, const struct gdw_seam *seam)
{
    memset(a, 0, sizeof *a);
    a->seam = seam;
    a->fresh_s = 300;
    a->frame_max = 1024;
    a->acd_cleared_at = -1;
}

void gdw_app_meters_changed(struct gdw_app *a)
{
    memset(a->denied, 0, sizeof a->denied);
}

void gdw_app_events(struct gdw_app *a, struct event_state *out)
{
    if (a->seam->event_state(a->seam->ctx, out) < 0)
        memset(out, 0, sizeof *out);
    /* the store learns of an executed AFN 0E F1 a little later than the master */
    if (out->acd && a->acd_cleared_at == out->ec1)
        out->acd = false;
    else if (!out->acd)
        a->acd_cleared_at = -1;
}

/* ---- frames ---- */

/* Header of an answer; ACD and EC are those of this moment. */
static struct gdw_frame answer_head(struct gdw_job *j, unsigned afn, unsigned fc)
{
    struct event_state events;

    gdw_app_events(j->app, &events);
    return (struct gdw_frame){
        .up = true,
        .fc = (uint8_t)fc,
        .acd = events.acd,
        .ec1 = events.ec1,
        .ec2 = events.ec2,
        .a1 = j->app->a1,
        .a2 = j->app->a2,
        .msa = j->f.msa,
        .afn = (uint8_t)afn,
        .tpv = j->f.tpv,
        .tp = j->f.tp,
        .fir = true,
        .fin = true,
        .seq = j->f.seq,
    };
}

static size_t aux_room(const struct gdw_job *j)
{
    return (size_t)GDW_EC_LEN + (j->f.tpv ? (size_t)GDW_TP_LEN : 0);
}

/* Where a frame of the size we like to send ends; one that is larger already takes nothing more. */
static void limit_frame(struct gdw_job *j)
{
    size_t limit = (size_t)GDW_HEAD - L1_FIXED + j->app->frame_max - aux_room(j);

    j->w.cap = j->w.len > limit ? j->w.len : limit;
}

static void open_frame(struct gdw_job *j)
{
    j->w = wbuf_of(j->out, j->out_cap);
    gdw_frame_open(&j->w);
    limit_frame(j);
    j->open = true;
    j->has_units = false;
}

/* A unit that is never cut may be larger than the frames we like to send: then this one frame is larger. */
static void widen_frame(struct gdw_job *j)
{
    j->w.cap = j->out_cap - aux_room(j) - PAST_AUX;
}

static enum gdw_job_state give(struct gdw_job *j, const struct gdw_frame *head, struct gdw_now now,
                               const uint8_t **frame, size_t *len)
{
    j->w.cap = j->out_cap;
    int n = gdw_frame_close(&j->w, 0, head);

    j->open = j->has_units = false;
    j->frame_since = now.mono_ms;
    if (n < 0) /* cannot happen: the room for AUX was kept */
        return GDW_JOB_DONE;
    j->frames++;
    j->answered = true;
    *frame = j->out;
    *len = (size_t)n;
    return GDW_JOB_FRAME;
}

/* The frame in work goes out; `last` ends the answer (reference part 1, section 7). */
static enum gdw_job_state give_data(struct gdw_job *j, bool last, struct gdw_now now, const uint8_t **frame,
                                    size_t *len)
{
    struct gdw_frame head = answer_head(j, j->f.afn, GDW_FC_DATA);

    head.fir = j->frames == 0 && !j->answered;
    head.fin = last;
    head.seq = (uint8_t)((j->f.seq + j->frames) & 0x0F);
    j->finished = last;
    return give(j, &head, now, frame, len);
}

static enum gdw_job_state give_confirm(struct gdw_job *j, unsigned fn, struct gdw_now now,
                                       const uint8_t **frame, size_t *len)
{
    struct gdw_frame head = answer_head(j, GDW_AFN_CONFIRM, fn == 2 ? GDW_FC_NONE : GDW_FC_ACK);
    struct gdw_dadt d = gdw_dadt_of(0, fn);

    /* ERC3 and ERC20 of this very command show in the next frame (reference part 1, section 2) */
    if (gdw_afn_has_pw(j->f.afn)) {
        head.acd = head.acd && j->before.acd;
        head.ec1 = j->before.ec1;
        head.ec2 = j->before.ec2;
    }
    j->finished = true;
    if (j->silent)
        return GDW_JOB_DONE;
    open_frame(j);
    widen_frame(j);
    gdw_dadt_put(&j->w, &d);
    if (fn == 3) {
        wbuf_u8(&j->w, j->f.afn);
        for (unsigned i = 0; i < j->result_count; i++) {
            gdw_dadt_put(&j->w, &j->results[i].dadt);
            wbuf_u8(&j->w, j->results[i].err);
        }
    }
    return give(j, &head, now, frame, len);
}

/* ---- reading requests: unit by unit ---- */

static gdw_make_fn maker(unsigned answer)
{
    static const gdw_make_fn makers[] = {
        [GDW_PARAM] = gdw_make_param,
        [GDW_VERSION] = gdw_make_version,
        [GDW_CLOCK] = gdw_make_clock,
        [GDW_EVENT_COUNTERS] = gdw_make_counters,
        [GDW_LATEST] = gdw_make_latest,
        [GDW_DAY_FREEZE] = gdw_make_day,
        [GDW_DAY_DIFFERENCE] = gdw_make_difference,
        [GDW_EVENT_RECORDS] = gdw_make_events,
        [GDW_TRANSPARENT] = gdw_make_forward,
    };

    return answer < sizeof makers / sizeof makers[0] ? makers[answer] : NULL;
}

/* The next unit this terminal can answer at all. */
static bool next_unit(struct gdw_job *j)
{
    while (!j->have_unit && gdw_cursor_next(&j->cursor, &j->unit) == 1) {
        const struct gdw_unit *u = &j->unit;
        j->have_unit = !u->err && u->known && gdw_pn_fits(u->item.pn_kind, u->pn) && maker(u->item.answer);
        j->at = 0;
        j->cut = false;
    }
    return j->have_unit;
}

/* A frame with data does not wait for ever longer: further meters go into the next one. */
static bool flush(const struct gdw_job *j, struct gdw_now now)
{
    return j->has_units && j->unit.item.answer == GDW_LATEST && now.mono_ms - j->frame_since >= GDW_FLUSH_MS;
}

static enum gdw_job_state read_step(struct gdw_job *j, struct gdw_now now, const uint8_t **frame, size_t *len)
{
    while (next_unit(j)) {
        if (!j->open)
            open_frame(j);
        enum gdw_made made = maker(j->unit.item.answer)(j, now);
        if (made == GDW_NO_ROOM && !j->has_units) {
            widen_frame(j);
            made = maker(j->unit.item.answer)(j, now);
        }
        switch (made) {
        case GDW_MADE:
            j->has_units = true;
            j->have_unit = false;
            limit_frame(j);
            break;
        case GDW_MADE_PART:
            j->cut = true;
            return give_data(j, false, now, frame, len);
        case GDW_MUST_WAIT:
            return flush(j, now) ? give_data(j, false, now, frame, len) : GDW_JOB_WAIT;
        case GDW_NO_ROOM:
            if (j->has_units)
                return give_data(j, false, now, frame, len);
            j->have_unit = false;
            break;
        case GDW_MISSING:
            j->have_unit = false;
            break;
        }
    }
    if (j->has_units)
        return give_data(j, true, now, frame, len);
    return j->answered ? GDW_JOB_DONE : give_confirm(j, 2, now, frame, len);
}

/* ---- the job ---- */

void gdw_job_init(struct gdw_job *j, struct gdw_app *a, uint8_t source, uint8_t *request, uint8_t *out,
                  size_t out_cap)
{
    memset(j, 0, sizeof *j);
    j->app = a;
    j->source = source;
    j->request = request;
    j->out = out;
    j->out_cap = out_cap;
}

/*
 * PW stands in all frames of its AFN (section 9); a frame too short for it is malformed. AFN 0F may come
 * without it while scheme 0 is in force: nothing checks it then.
 */
static bool pw_right(struct gdw_job *j)
{
    const struct gdw_seam *s = j->app->seam;

    if (!gdw_afn_has_pw(j->f.afn))
        return true;
    if (!j->f.pw)
        return false;
    if (!s->check_pw || s->check_pw(s->ctx, &j->f))
        return true;
    struct ctl_event e = {.erc = 20};
    struct wbuf w = wbuf_of(e.content, sizeof e.content);
    event_put_erc20(&w, j->f.pw, j->f.msa);
    e.length = (uint8_t)w.len;
    s->raise(s->ctx, &e);
    return false;
}

int gdw_job_start(struct gdw_job *j, const uint8_t *frame, size_t len, bool silent, struct gdw_now now)
{
    if (j->busy)
        return CN_E_BUSY;
    struct gdw_job fresh = {
        .app = j->app,
        .source = j->source,
        .request = j->request,
        .out = j->out,
        .out_cap = j->out_cap,
        .request_len = len,
        .silent = silent,
        .busy = true,
        .frame_since = now.mono_ms,
    };
    *j = fresh;
    memcpy(j->request, frame, len);
    gdw_app_events(j->app, &j->before);
    int ret = gdw_frame_decode(j->request, len, &j->f);
    if (ret == 0 && pw_right(j))
        ret = gdw_cursor_init(&j->cursor, &j->f, j->app->seam->next_pn, j->app->seam->ctx);
    else
        ret = CN_E_AUTH;
    j->refused = ret < 0;
    return 0;
}

static void give_up_late_op(struct gdw_job *j, struct gdw_now now)
{
    if (j->op && !j->op_done && now.mono_ms >= j->op_until) {
        j->op_done = true;
        j->op_status = j->op_sent ? CN_E_TIMEOUT : CN_E_GONE;
    }
}

static enum gdw_job_state end(struct gdw_job *j)
{
    const struct gdw_seam *s = j->app->seam;

    for (unsigned i = 0; i < 2; i++) {
        uint32_t seq;
        struct event_state e;
        if (!j->seen[i].ring)
            continue;
        /* an event that came while the answer went out keeps its flag */
        if (j->seen[i].clear_acd)
            j->seen[i].clear_acd = s->event_state(s->ctx, &e) == 0 && j->app->acd_cleared_at == e.ec1;
        s->seen(s->ctx, &j->seen[i], &seq);
    }
    j->busy = false;
    return GDW_JOB_DONE;
}

/* F1 all done, F2 all refused, F3 mixed (section 10). */
static unsigned confirm_fn(const struct gdw_job *j)
{
    unsigned refused = 0;

    for (unsigned i = 0; i < j->result_count; i++)
        refused += j->results[i].err != 0;
    if (refused == j->result_count)
        return 2;
    return refused ? 3 : 1;
}

enum gdw_job_state gdw_job_step(struct gdw_job *j, struct gdw_now now, const uint8_t **frame, size_t *len)
{
    enum gdw_job_state state;

    if (!j->busy)
        return GDW_JOB_IDLE;
    if (j->finished)
        return end(j);
    give_up_late_op(j, now);
    if (j->refused) {
        state = give_confirm(j, 2, now, frame, len);
    } else if (j->f.afn == GDW_AFN_SET || j->f.afn == GDW_AFN_CONTROL) {
        bool through = j->f.afn == GDW_AFN_SET ? gdw_set_step(j, now) : gdw_control_step(j, now);
        state = through ? give_confirm(j, confirm_fn(j), now, frame, len) : GDW_JOB_WAIT;
    } else {
        state = read_step(j, now, frame, len);
    }
    return state == GDW_JOB_DONE ? end(j) : state;
}

int64_t gdw_job_deadline(const struct gdw_job *j)
{
    if (!j->busy || !j->op || j->op_done)
        return INT64_MAX;
    int64_t at = j->op_until;
    if (!j->op_sent && j->op_retry < at)
        at = j->op_retry;
    if (j->has_units && j->frame_since + GDW_FLUSH_MS < at && j->unit.item.answer == GDW_LATEST)
        at = j->frame_since + GDW_FLUSH_MS;
    return at;
}

void gdw_job_abort(struct gdw_job *j)
{
    j->busy = false;
    j->op = GDW_OP_NONE;
}

/* ---- concentratord's answers ---- */

void gdw_op_start(struct gdw_job *j, enum gdw_op op, int sent, struct gdw_now now, int64_t wait_ms)
{
    bool again = j->op == op && !j->op_sent;

    j->op = (uint8_t)op;
    j->op_done = false;
    j->op_sent = sent >= 0;
    if (sent >= 0) {
        j->op_until = now.mono_ms + wait_ms;
    } else if (sent == CN_E_GONE || sent == CN_E_BUSY) {
        if (!again)
            j->op_until = now.mono_ms + GDW_CTL_BACK_MS;
        j->op_retry = now.mono_ms + OP_RETRY_MS;
    } else {
        j->op_done = true;
        j->op_status = sent;
    }
}

static bool waits_for(const struct gdw_job *j, uint32_t seq, enum gdw_op op)
{
    return j->busy && j->op == op && j->op_sent && !j->op_done && j->op_seq == seq;
}

void gdw_job_bytes(struct gdw_job *j, uint32_t seq, const uint8_t *p, size_t n)
{
    if (!waits_for(j, seq, GDW_OP_FORWARD) || n > sizeof j->bytes.p)
        return;
    memcpy(j->bytes.p, p, n);
    j->bytes.len = (uint16_t)n;
}

void gdw_job_results(struct gdw_job *j, uint32_t seq, const struct ctl_results *r)
{
    if (!waits_for(j, seq, GDW_OP_PARAMS))
        return;
    for (unsigned i = 0; i < j->result_count; i++) {
        int k = j->set_index[i];
        if (k >= 0 && k < r->count)
            j->results[i].err = r->status[k] < 0;
    }
    j->op_done = true;
    j->op_status = 0;
}

void gdw_job_op_done(struct gdw_job *j, uint32_t seq, int status)
{
    if (j->op == GDW_OP_NONE || !waits_for(j, seq, j->op))
        return;
    j->op_done = true;
    j->op_status = status;
}

void gdw_job_ctl_lost(struct gdw_job *j, struct gdw_now now)
{
    if (!j->busy || !j->op || j->op_done || !j->op_sent)
        return;
    if (j->op == GDW_OP_READ || j->op == GDW_OP_PARAMS) {
        /* both may be done twice without harm */
        j->op_sent = false;
        j->op_until = now.mono_ms + GDW_CTL_BACK_MS;
        j->op_retry = now.mono_ms + OP_RETRY_MS;
    } else {
        j->op_done = true;
        j->op_status = CN_E_GONE;
    }
}
