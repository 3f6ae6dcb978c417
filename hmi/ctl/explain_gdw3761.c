#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "hmi/ctl/explain.h"
#include "hmi/ctl/explain_text.h"
#include "northbound/gdw3761/frame.h"
#include "northbound/gdw3761/items.h"

enum { START = 0x68, END = 0x16, WAKEUP = 0xFE, PROTOCOL_ID = 2, OFF_START2 = 5, OFF_C = 6 };

static unsigned word_at(const uint8_t *p)
{
    return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static size_t claimed_length(const uint8_t *p)
{
    return (size_t)(word_at(p + 1) >> 2) + GDW_AROUND;
}

static uint8_t checksum(const uint8_t *p, size_t total)
{
    unsigned sum = 0;
    for (size_t i = OFF_C; i < total - 2; i++)
        sum += p[i];
    return (uint8_t)sum;
}

static int probe(const uint8_t *p, size_t n)
{
    if (n == 0 || p[0] != START)
        return 0;
    int marks = 1;
    bool start2 = n > OFF_START2 && p[OFF_START2] == START;
    bool same = n >= OFF_START2 && word_at(p + 1) == word_at(p + 3);
    if (n > OFF_START2 && !start2 && !same)
        return 0;
    marks += start2 ? 4 : 0;
    marks += same ? 2 : 0;
    if (!start2 || !same)
        return marks;
    size_t total = claimed_length(p);
    marks += (word_at(p + 1) & 3) == PROTOCOL_ID;
    if (total >= GDW_FRAME_MIN && total <= n && p[total - 1] == END) {
        marks += 2;
        if ((word_at(p + 1) & 3) == PROTOCOL_ID && p[total - 2] == checksum(p, total))
            return EXPLAIN_SURE;
    }
    return marks;
}

/** Checks of the last two bytes. @return false when both pass. */
static bool refuse_tail(const uint8_t *p, size_t total, struct explanation *e)
{
    uint8_t expected = checksum(p, total);
    bool sum_ok = p[total - 2] == expected, end_ok = p[total - 1] == END;
    int used = 0;
    if (!sum_ok)
        used = snprintf(e->error, sizeof(e->error), "checksum: expected %02XH, got %02XH", expected,
                        p[total - 2]);
    if (!end_ok)
        snprintf(e->error + used, sizeof(e->error) - (size_t)used, "%send byte: expected 16H, got %02XH",
                 used ? "; " : "", p[total - 1]);
    if (end_ok)
        e->length = total;
    return !sum_ok || !end_ok;
}

/** Which check fails, as a sentence. @return false when none does. */
static bool refuse(const uint8_t *p, size_t n, struct explanation *e)
{
    size_t cap = sizeof(e->error);
    if (n <= OFF_START2)
        snprintf(e->error, cap, "length: %zu bytes are there, a frame has at least %d", n, GDW_FRAME_MIN);
    else if (p[OFF_START2] != START)
        snprintf(e->error, cap, "second start byte: expected 68H behind the two lengths, got %02XH",
                 p[OFF_START2]);
    else if (word_at(p + 1) != word_at(p + 3))
        snprintf(e->error, cap, "length: the two length fields differ, %04XH and %04XH", word_at(p + 1),
                 word_at(p + 3));
    else if ((word_at(p + 1) & 3) != PROTOCOL_ID)
        snprintf(e->error, cap, "protocol identifier: D1..D0 of the length are %u, 376.1-2009 has 2%s",
                 word_at(p + 1) & 3, (word_at(p + 1) & 3) == 1 ? " (1 is Q/GDW 130-2005)" : "");
    else if (claimed_length(p) < GDW_FRAME_MIN)
        snprintf(e->error, cap, "length: L1 is %zu, the smallest frame has %d",
                 claimed_length(p) - GDW_AROUND, GDW_L1_MIN);
    else if (claimed_length(p) > n)
        snprintf(e->error, cap, "length: L1 = %zu makes a frame of %zu bytes, %zu are there",
                 claimed_length(p) - GDW_AROUND, claimed_length(p), n);
    else
        return refuse_tail(p, claimed_length(p), e);
    return true;
}

static void tell_number(const struct explain_sink *sink, const char *name, unsigned v)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", v);
    sink->field(sink->ctx, name, text, true);
}

static void tell_hex(const struct explain_sink *sink, const char *name, unsigned v, int digits)
{
    char text[16];
    snprintf(text, sizeof(text), "%0*XH", digits, v);
    sink->field(sink->ctx, name, text, false);
}

static void tell_header(const struct explain_sink *sink, const struct gdw_frame *f, size_t total)
{
    char text[64];
    tell_number(sink, "L1", (unsigned)(total - GDW_AROUND));
    tell_hex(sink, "C", gdw_frame_c(f), 2);
    tell_number(sink, "DIR", f->up);
    tell_number(sink, "PRM", f->prm);
    tell_number(sink, f->up ? "ACD" : "FCB", f->acd);
    tell_number(sink, f->up ? "D4" : "FCV", f->fcv);
    tell_number(sink, "FC", f->fc);
    snprintf(text, sizeof(text), "%04X", f->a1);
    sink->field(sink->ctx, "A1", text, false);
    tell_number(sink, "A2", f->a2);
    tell_number(sink, "MSA", f->msa);
    tell_number(sink, "group", f->group);
    tell_hex(sink, "AFN", f->afn, 2);
    sink->field(sink->ctx, "AFN_name", gdw_afn_name(f->afn), false);
    tell_hex(sink, "SEQ", gdw_frame_seq(f), 2);
    tell_number(sink, "TpV", f->tpv);
    tell_number(sink, "FIR", f->fir);
    tell_number(sink, "FIN", f->fin);
    tell_number(sink, "CON", f->con);
    tell_number(sink, f->prm ? "PSEQ" : "RSEQ", f->seq);
}

static void tell_aux(const struct explain_sink *sink, const struct gdw_frame *f, uint8_t cs)
{
    char text[2 * GDW_PW_LEN + 1];
    if (f->pw)
        sink->field(sink->ctx, "PW", hex_print(f->pw, GDW_PW_LEN, text, sizeof(text)), false);
    if (f->has_ec) {
        tell_number(sink, "EC1", f->ec1);
        tell_number(sink, "EC2", f->ec2);
    }
    if (f->tpv && !f->aux_bad) {
        tell_number(sink, "Tp_PFC", f->tp.pfc);
        snprintf(text, sizeof(text), "day %02X %02X:%02X:%02X", f->tp.time[3], f->tp.time[2], f->tp.time[1],
                 f->tp.time[0]);
        sink->field(sink->ctx, "Tp_time", text, false);
        tell_number(sink, "Tp_delay", f->tp.delay_min);
    }
    tell_hex(sink, "CS", cs, 2);
}

struct walk {
    const struct explain_sink *sink;
    struct explanation *e;
};

static const char *unit_note(const struct gdw_unit *u)
{
    if (u->err == CN_E_SHORT)
        return "the data end inside this unit";
    if (u->err == CN_E_RANGE)
        return "a count in this unit is impossible";
    if (u->err == CN_E_UNSUPPORTED)
        return u->len ? "its data are unknown, and so is what follows" : "";
    return u->err ? cn_err_text(u->err) : "";
}

static int visit_unit(void *ctx, const struct gdw_unit *u)
{
    struct walk *w = ctx;
    const struct explain_unit unit = {
        .kind = UNIT_FN,
        .afn = u->afn,
        .fn = u->fn,
        .pn = u->pn,
        .name = u->known ? u->item.name : "reserved or unknown item",
        .note = unit_note(u),
    };
    w->sink->unit(w->sink->ctx, &unit);
    if (u->err && unit.note[0])
        snprintf(w->e->note, sizeof(w->e->note), "P%uF%u: %s", u->pn, u->fn, unit.note);
    return 0;
}

/** A forwarded meter frame is told in one line below its bytes. */
static void tell_forwarded(const struct explain_sink *sink, const struct lay_val *v)
{
    const uint8_t *p = v->bytes.p;
    size_t n = v->bytes.len;
    while (n > 0 && *p == WAKEUP) {
        p++;
        n--;
    }
    if (explain_dlt645.probe(p, n) != EXPLAIN_SURE)
        return;
    char text[EXPLAIN_VALUE];
    struct explain_line line;
    struct explain_sink one_line = explain_line_sink(&line, text, sizeof(text));
    struct explanation inner = {.bytes = p, .length = n};
    explain_dlt645.explain(p, n, &one_line, &inner);
    const struct explain_value value = {.name = "explained", .obis = "", .unit = "", .text = text};
    sink->value(sink->ctx, &value);
}

static int visit_field(void *ctx, const struct gdw_unit *u, const struct lay *field, const struct lay_at *at,
                       const struct lay_val *v)
{
    struct walk *w = ctx;
    explain_layout_value(w->sink, field, at, v);
    if (u->afn == GDW_AFN_FORWARD && field->op == LAY_BYTES && v->kind == LAYV_BYTES)
        tell_forwarded(w->sink, v);
    if (u->afn != GDW_AFN_EVENTS || v->kind != LAYV_INT || !field->name || strcmp(field->name, "ERC") != 0)
        return 0;
    const struct event_def *def = event_find((unsigned)v->number);
    struct explain_value name = {.name = "event",
                                 .obis = "",
                                 .unit = "",
                                 .text = def ? def->name : "unknown event",
                                 .depth = at->depth};
    memcpy(name.run, at->run, sizeof(name.run));
    w->sink->value(w->sink->ctx, &name);
    return 0;
}

static void summarize(const struct gdw_frame *f, struct explanation *e)
{
    const char *part = f->fir && f->fin ? ""
                       : f->fir         ? ", first part"
                       : f->fin         ? ", last part"
                                        : ", middle part";
    snprintf(e->summary, sizeof(e->summary), "%04X-%u: %s%s%s", f->a1, f->a2, gdw_afn_name(f->afn),
             f->prm ? "" : ", answer", part);
}

static void explain(const uint8_t *p, size_t n, const struct explain_sink *sink, struct explanation *e)
{
    struct gdw_frame f;
    e->protocol = "Q/GDW 376.1-2009";
    if (n > OFF_C)
        e->direction = p[OFF_C] & 0x80 ? "terminal->master" : "master->terminal";
    bool bad = refuse(p, n, e);
    size_t total = bad ? 0 : claimed_length(p);
    if (!bad && gdw_frame_decode(p, total, &f) < 0) {
        snprintf(e->error, sizeof(e->error), "the frame is malformed");
        bad = true;
    }
    if (bad) {
        sink->begin(sink->ctx, e);
        sink->end(sink->ctx, e);
        return;
    }
    e->valid = true;
    e->length = total;
    summarize(&f, e);
    sink->begin(sink->ctx, e);
    tell_header(sink, &f, total);
    tell_aux(sink, &f, p[total - 2]);
    if (f.aux_bad)
        snprintf(e->note, sizeof(e->note), "the frame is good, but PW, EC or Tp do not fit into its length");
    static const struct gdw_visitor visitor = {.unit = visit_unit, .field = visit_field};
    struct walk w = {.sink = sink, .e = e};
    int rc = gdw_walk(&f, &visitor, &w);
    if (rc < 0 && !e->note[0])
        snprintf(e->note, sizeof(e->note), "the frame is good, but its data units do not fit its length");
    sink->end(sink->ctx, e);
}

const struct explainer explain_gdw3761 = {.name = "Q/GDW 376.1-2009", .probe = probe, .explain = explain};
