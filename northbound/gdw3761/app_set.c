#include <string.h>

#include "gateway/base/err.h"
#include "northbound/gdw3761/app_parts.h"

/* AFN 04 and AFN 05: what changes the box. Each item is checked here, and by concentratord again. */

enum { ROLE_CLIENT_F8 = 1, ONLINE_ALWAYS = 1 };

bool gdw_f8_supported(const struct param_f8 *f)
{
    return !f->udp && f->role == ROLE_CLIENT_F8 && f->online == ONLINE_ALWAYS;
}

static void add_result(struct gdw_job *j, const struct gdw_cursor *c, const struct gdw_unit *u)
{
    struct gdw_result *r = &j->results[j->result_count];

    /* a DADT that names nothing is listed as it stood */
    r->dadt = u->fn ? gdw_dadt_of(u->pn, u->fn) : c->dadt;
    r->err = 1;
    j->set_index[j->result_count++] = -1;
}

static bool acceptable(const struct gdw_unit *u)
{
    struct rbuf r = rbuf_of(u->data, u->len);

    if (u->err || !u->known || !u->item.param || !gdw_pn_fits(u->item.pn_kind, u->pn))
        return false;
    if (param_check(u->item.param, &r) < 0)
        return false;
    if (u->fn == 8) {
        struct param_f8 f8;
        return param_f8(u->data, u->len, &f8) == 0 && gdw_f8_supported(&f8);
    }
    return true;
}

/*
 * All units of the frame at once: one transaction and one ERC3 for the frame. More units than one message
 * takes are left unlisted behind a refused one, as after a parse error.
 */
static void collect(struct gdw_job *j, struct ctl_params *m)
{
    struct gdw_cursor c;
    struct gdw_unit u;

    m->source = j->source;
    m->msa = j->f.msa;
    m->count = 0;
    j->result_count = 0;
    if (gdw_cursor_init(&c, &j->f, NULL, NULL) < 0)
        return;
    while (j->result_count <= CTL_UNITS_MAX && gdw_cursor_next(&c, &u) == 1) {
        add_result(j, &c, &u);
        if (j->result_count > CTL_UNITS_MAX || !acceptable(&u))
            continue;
        j->set_index[j->result_count - 1] = (int8_t)m->count;
        m->units[m->count++] = (struct ctl_unit){.fn = u.fn, .pn = u.pn, .length = u.len, .data = u.data};
    }
}

bool gdw_set_step(struct gdw_job *j, struct gdw_now now)
{
    const struct gdw_seam *s = j->app->seam;

    if (!j->op || (!j->op_sent && !j->op_done)) {
        struct ctl_params m;
        collect(j, &m);
        if (m.count == 0)
            return true;
        gdw_op_start(j, GDW_OP_PARAMS, s->set_params(s->ctx, &m, &j->op_seq), now, GDW_CONFIRM_MS);
    }
    /* what concentratord did not confirm stays refused: the confirmation means "on flash" */
    return j->op_done;
}

static bool clock_of(const struct gdw_unit *u, struct civil *local)
{
    struct lay_val v;

    if (fmt_decode(1, u->data, &v) < 0 || v.kind != LAYV_TIME)
        return false;
    *local = v.time;
    return civil_valid(local);
}

/* @return false while the clock is being set. */
static bool control_unit(struct gdw_job *j, struct gdw_now now)
{
    const struct gdw_seam *s = j->app->seam;
    const struct gdw_unit *u = &j->unit;
    struct ctl_clock m = {.source = j->source, .msa = j->f.msa};

    if (u->err || !u->known || u->item.answer != GDW_SET_CLOCK || u->pn != 0 || !clock_of(u, &m.local))
        return true;
    if (!j->op) {
        int sent = s->set_clock(s->ctx, &m, &j->op_seq);
        /* a time that waited is a wrong time: without concentratord the command is refused at once */
        gdw_op_start(j, GDW_OP_CLOCK, sent == CN_E_BUSY || sent == CN_E_GONE ? CN_E_STATE : sent, now,
                     GDW_CONFIRM_MS);
    }
    if (!j->op_done)
        return false;
    j->results[j->result_count - 1].err = j->op_status < 0;
    j->op = GDW_OP_NONE;
    return true;
}

bool gdw_control_step(struct gdw_job *j, struct gdw_now now)
{
    for (;;) {
        if (!j->have_unit) {
            if (j->result_count > CTL_UNITS_MAX || gdw_cursor_next(&j->cursor, &j->unit) != 1)
                return true;
            j->have_unit = true;
            add_result(j, &j->cursor, &j->unit);
        }
        if (!control_unit(j, now))
            return false;
        j->have_unit = false;
    }
}
