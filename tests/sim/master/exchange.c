#include "tests/sim/master/exchange.h"

#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"

enum { ROUNDS = 2 /* how often gaps are asked again */ };

const char *ms_result_name(enum ms_result r)
{
    static const char *const names[] = {
        [MS_RUNNING] = "running", [MS_DATA] = "data",     [MS_CONFIRMED] = "confirmed",
        [MS_DENIED] = "denied",   [MS_PARTLY] = "partly", [MS_TIMEOUT] = "timeout",
        [MS_GONE] = "gone",
    };
    return names[r];
}

void ms_exchange_start(struct ms_exchange *x, struct ms_plan *p, struct ms_answers *a,
                       const struct ms_options *opt, uint16_t a1, uint16_t a2)
{
    *x = (struct ms_exchange){.plan = p, .answers = a, .opt = opt, .a1 = a1, .a2 = a2, .planned = p->count};
    ms_answers_clear(a);
    x->want_send = p->count > 0;
    if (!x->want_send)
        x->result = MS_DATA;
}

static uint8_t function_code(unsigned afn)
{
    switch (afn) {
    case GDW_AFN_RESET:
        return GDW_FC_RESET;
    case GDW_AFN_SET:
    case GDW_AFN_CONTROL:
    case GDW_AFN_FILE:
        return GDW_FC_CLASS1;
    default:
        return GDW_FC_CLASS2;
    }
}

static bool wants_confirmation(unsigned afn)
{
    return afn == GDW_AFN_RESET || afn == GDW_AFN_SET || afn == GDW_AFN_CONTROL || afn == GDW_AFN_FILE;
}

int ms_exchange_frame(struct ms_exchange *x, uint8_t *pfc, int64_t now_ms, const struct civil *local,
                      struct wbuf *out)
{
    const struct ms_step *s = &x->plan->step[x->step];
    bool has_pw = (gdw_afn_has_pw(s->afn) || s->afn == GDW_AFN_FILE) && !x->opt->no_pw;

    if (x->tries++ == 0) {
        x->pfc = (*pfc)++;
        x->tp = (struct gdw_tp){.pfc = x->pfc, .delay_min = x->opt->tp_delay_min};
        x->tp.time[0] = bcd_of(local->second);
        x->tp.time[1] = bcd_of(local->minute);
        x->tp.time[2] = bcd_of(local->hour);
        x->tp.time[3] = bcd_of(local->day);
    } else {
        x->repeats++;
    }
    x->next = x->pfc & 15;
    x->open = false;
    x->want_send = false;
    x->deadline = now_ms + x->opt->timeout_ms + x->more_ms;
    struct gdw_frame f = {
        .prm = true,
        .fc = function_code(s->afn),
        .a1 = x->a1,
        .a2 = x->a2,
        .msa = x->opt->msa,
        .afn = s->afn,
        .tpv = x->opt->tp,
        .fir = s->fir,
        .fin = s->fin,
        .con = wants_confirmation(s->afn),
        .seq = x->pfc & 15,
        .data = x->plan->bytes + s->at,
        .data_len = (uint16_t)s->len,
        .pw = has_pw ? x->opt->pw : NULL,
        .tp = x->tp,
    };
    return gdw_frame_encode(out, &f);
}

/* ---- what a gap has cost ---- */

static bool answered(const struct ms_answers *a, const struct gdw_unit *asked)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct gdw_unit *u = &a->unit[i];
        if (u->fn == asked->fn && u->pn == asked->pn && u->len >= asked->len &&
            memcmp(u->data, asked->data, asked->len) == 0)
            return true;
    }
    return false;
}

static int mark_key(void *ctx, unsigned key, const uint8_t *entry, size_t len)
{
    uint8_t *seen = ctx;

    (void)entry;
    (void)len;
    seen[key / 8] |= (uint8_t)(1u << key % 8);
    return 0;
}

static void ask_missing_keys(struct ms_exchange *x, const struct gdw_unit *asked)
{
    const struct param_list *list = asked->item.param->list;
    struct rbuf r = rbuf_of(asked->data, asked->len);
    uint8_t seen[8192] = {0};
    struct ms_numbers keys = {0};

    ms_answers_entries(x->answers, asked->fn, mark_key, seen);
    rbuf_take(&r, list->count_len);
    while (rbuf_left(&r) >= list->key_len && keys.count < MS_NUMBERS) {
        uint16_t key = list->key_len == 2 ? rbuf_u16(&r) : rbuf_u8(&r);
        if (!(seen[key / 8] >> key % 8 & 1))
            keys.n[keys.count++] = key;
    }
    if (keys.count)
        ms_compose_keys(x->plan, asked->fn, &keys);
}

static void ask_missing(struct ms_exchange *x)
{
    unsigned steps = x->planned;

    ms_plan_close(x->plan);
    for (unsigned i = 0; i < steps; i++) {
        const struct ms_step *s = &x->plan->step[i];
        struct gdw_frame f = {
            .prm = true, .afn = s->afn, .data = x->plan->bytes + s->at, .data_len = (uint16_t)s->len};
        struct gdw_cursor c;
        struct gdw_unit u;
        bool whole = s->afn != GDW_AFN_TERMINAL && s->afn != GDW_AFN_QUERY && s->afn != GDW_AFN_CLASS1 &&
                     s->afn != GDW_AFN_CLASS2;
        if (whole || gdw_cursor_init(&c, &f, NULL, NULL) < 0) {
            /* parts of events and the like cannot be told apart: the whole again */
            ms_answers_clear(x->answers);
            ms_plan_raw(x->plan, s->afn, f.data, f.data_len);
            continue;
        }
        while (gdw_cursor_next(&c, &u) == 1 && !u.err) {
            bool list = s->afn == GDW_AFN_QUERY && u.item.param && u.item.param->list;
            if (list)
                ask_missing_keys(x, &u);
            else if (!answered(x->answers, &u))
                ms_plan_unit(x->plan, s->afn, gdw_dadt_of(u.pn, u.fn), u.data, u.len);
        }
    }
}

/* ---- going on ---- */

static void conclude(struct ms_exchange *x)
{
    if (x->data)
        x->result = MS_DATA;
    else if (x->confirmed && !x->denied)
        x->result = MS_CONFIRMED;
    else
        x->result = x->confirmed ? MS_PARTLY : MS_DENIED;
}

static void next_step(struct ms_exchange *x)
{
    x->tries = 0;
    x->step++;
    if (x->step == x->plan->count && x->gap && x->rounds < ROUNDS) {
        unsigned before = x->plan->count;
        x->gap = false;
        x->rounds++;
        ask_missing(x);
        x->step = before;
    }
    x->want_send = x->step < x->plan->count;
    if (!x->want_send)
        conclude(x);
}

/* Single answers of some devices have FIR = 0 (reference part 1, 14): outside a multi-frame answer RSEQ must
 * fit. */
static bool fits(const struct ms_exchange *x, const struct gdw_frame *f)
{
    const struct ms_step *s = &x->plan->step[x->step];
    bool afn_ok = f->afn == s->afn || f->afn == GDW_AFN_CONFIRM ||
                  (s->afn == GDW_AFN_TASK && (f->afn == GDW_AFN_CLASS1 || f->afn == GDW_AFN_CLASS2));

    if (x->result != MS_RUNNING || x->want_send || !f->up || f->prm || f->a1 != x->a1 || f->a2 != x->a2 ||
        !afn_ok)
        return false;
    return f->seq == (x->pfc & 15) || (x->open && !f->fir);
}

bool ms_exchange_take(struct ms_exchange *x, const struct gdw_frame *f, int64_t now_ms)
{
    if (!fits(x, f))
        return false;
    if (x->open && f->seq == ((x->next - 1) & 15))
        return true; /* the same RSEQ twice: the second one is ignored */
    x->frames++;
    x->deadline = now_ms + x->opt->timeout_ms + x->more_ms;
    if (x->opt->tp && (!f->tpv || memcmp(&f->tp, &x->tp, sizeof x->tp) != 0))
        x->tp_wrong++;
    if (f->afn == GDW_AFN_CONFIRM) {
        int said = gdw_confirm_read(f);
        ms_answers_add(x->answers, f);
        x->confirmed += said == 1;
        x->denied += said != 1;
        next_step(x);
        return true;
    }
    if (f->seq != x->next) {
        x->gap = true;
        x->gaps++;
    }
    x->next = (f->seq + 1) & 15;
    x->data++;
    ms_answers_add(x->answers, f);
    /* FIR = FIN = 0 outside a multi-frame answer is a single frame */
    x->open = f->fir && !f->fin ? true : x->open && !f->fin;
    if (!x->open)
        next_step(x);
    return true;
}

void ms_exchange_expire(struct ms_exchange *x, int64_t now_ms)
{
    if (x->result != MS_RUNNING || x->want_send || now_ms < x->deadline)
        return;
    if (x->open) {
        /* the end of the answer is missing: that is a gap */
        x->open = false;
        x->gap = true;
        x->gaps++;
        next_step(x);
        if (x->result == MS_DATA && x->gap)
            x->result = MS_TIMEOUT;
        return;
    }
    if (x->tries > x->opt->repeats)
        x->result = MS_TIMEOUT;
    else
        x->want_send = true;
}
