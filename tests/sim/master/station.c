#include "tests/sim/master/station.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "hmi/ctl/explain_text.h"
#include "tests/sim/master/commands.h"

enum { HEX = 2 * GDW_FRAME_MAX + 1, WORDS = 600 };

int ms_station_init(struct ms_station *st)
{
    int err = ms_answers_init(&st->answers);

    st->opt = (struct ms_options){.msa = 1, .timeout_ms = 30000, .repeats = 2, .max_l1 = 1024};
    st->zone = (struct zone){8 * 3600};
    st->run.st = st;
    if (err == 0)
        err = ms_answers_init(&st->spare);
    return err;
}

static void run_clear(struct ms_run *run)
{
    if (run->out)
        fclose(run->out);
    free(run->buffer);
    *run = (struct ms_run){.st = run->st};
}

void ms_station_free(struct ms_station *st)
{
    run_clear(&st->run);
    for (unsigned i = 0; i < st->job_count; i++)
        free(st->job[(st->job_head + i) % MS_JOBS].line);
    while (st->late) {
        struct ms_late *l = st->late;
        st->late = l->next;
        free(l);
    }
    ms_answers_free(&st->answers);
    ms_answers_free(&st->spare);
}

static void note(struct ms_station *st, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct ms_station *st, const char *fmt, ...)
{
    char text[WORDS];
    va_list ap;

    if (st->quiet || !st->net.note)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    st->net.note(st->net.ctx, text);
}

struct civil ms_station_local(const struct ms_station *st)
{
    return zone_to_local(st->zone, st->utc_ms / 1000);
}

static void log_frame(struct ms_station *st, const char *arrow, const uint8_t *p, size_t n)
{
    char hex[HEX], words[WORDS];
    struct civil c = ms_station_local(st);

    if (!st->frames)
        return;
    fprintf(st->frames, "%02u:%02u:%02u.%03d %s %s\n", c.hour, c.minute, c.second, (int)(st->utc_ms % 1000),
            arrow, hex_print(p, n, hex, sizeof hex));
    fprintf(st->frames, "    %s\n", explain_line(p, n, words, sizeof words));
    fflush(st->frames);
}

/* ---- sending ---- */

static void put(struct ms_station *st, struct ms_link *link, const uint8_t *p, size_t n)
{
    log_frame(st, "<-", p, n);
    if (st->net.now_us)
        st->sent_us = st->net.now_us(st->net.ctx);
    st->net.send(st->net.ctx, link, p, n);
}

void ms_station_send(struct ms_station *st, struct ms_link *link, const uint8_t *p, size_t n)
{
    struct ms_late *l = st->faults.delay_ms ? malloc(sizeof *l + n) : NULL;
    struct ms_late **at = &st->late;

    if (!l) {
        put(st, link, p, n);
        return;
    }
    *l = (struct ms_late){.link = link, .due = st->now + st->faults.delay_ms, .n = n};
    memcpy(l->bytes, p, n);
    while (*at && (*at)->due <= l->due)
        at = &(*at)->next;
    l->next = *at;
    *at = l;
}

static void send_late(struct ms_station *st)
{
    while (st->late && st->late->due <= st->now) {
        struct ms_late *l = st->late;
        st->late = l->next;
        put(st, l->link, l->bytes, l->n);
        free(l);
    }
}

/* A frame that the terminal started is confirmed: PSEQ back, MSA 0, Tp echoed (reference part 1, 6). */
static void confirm(struct ms_station *st, struct ms_link *link, const struct gdw_frame *to, bool deny)
{
    uint8_t raw[64], data[16];
    struct wbuf d = wbuf_of(data, sizeof data), w = wbuf_of(raw, sizeof raw);
    bool link_test = to->afn == GDW_AFN_LINK;
    unsigned fn = link_test && st->faults.confirm_by_f3 && !deny ? 3 : deny ? 2 : 1;
    struct gdw_dadt dadt = gdw_dadt_of(0, fn);

    gdw_dadt_put(&d, &dadt);
    if (fn == 3) {
        wbuf_u8(&d, to->afn);
        wbuf_bytes(&d, to->data, GDW_DADT_LEN);
        wbuf_u8(&d, 0);
    }
    struct gdw_frame f = {.fc = link_test ? GDW_FC_CLASS2 : GDW_FC_ACK,
                          .a1 = to->a1,
                          .a2 = to->a2,
                          .afn = GDW_AFN_CONFIRM,
                          .fir = true,
                          .fin = true,
                          .seq = to->seq,
                          .tpv = to->tpv,
                          .tp = to->tp,
                          .data = data,
                          .data_len = (uint16_t)d.len};
    int n = gdw_frame_encode(&w, &f);
    if (n > 0)
        ms_station_send(st, link, raw, (size_t)n);
}

/* ---- terminals ---- */

static struct ms_terminal *terminal_of(struct ms_station *st, uint16_t a1, uint16_t a2)
{
    for (unsigned i = 0; i < st->terminals; i++) {
        if (st->terminal[i].a1 == a1 && st->terminal[i].a2 == a2)
            return &st->terminal[i];
    }
    if (st->terminals == MS_TERMINALS)
        return NULL;
    st->terminal[st->terminals] = (struct ms_terminal){.a1 = a1, .a2 = a2};
    return &st->terminal[st->terminals++];
}

struct ms_terminal *ms_station_partner(struct ms_station *st)
{
    if (st->current)
        return st->current->link ? st->current : NULL;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < st->terminals; i++) {
            if (st->terminal[i].link && (st->terminal[i].logged_in || pass))
                return &st->terminal[i];
        }
    }
    return NULL;
}

static bool attach(struct ms_station *st, struct ms_link *link, const struct gdw_frame *f)
{
    struct ms_terminal *t = terminal_of(st, f->a1, f->a2);

    if (!t)
        return false;
    if (t->link && t->link != link) {
        /* a new connection of a terminal ends the old one */
        struct ms_link *old = t->link;
        t->link = link;
        old->terminal = NULL;
        st->net.close(st->net.ctx, old);
    }
    t->link = link;
    link->terminal = t;
    return true;
}

/* ---- what terminals start ---- */

static void link_service(struct ms_station *st, struct ms_link *link, const struct gdw_frame *f)
{
    struct ms_terminal *t = link->terminal;
    struct rbuf r = rbuf_of(f->data, f->data_len);
    struct gdw_dadt d = {0};
    unsigned fn = gdw_dadt_get(&r, &d) == 0 ? d.dt1 : 0;

    if (fn == 1) {
        note(st, "login %04X-%u", t->a1, t->a2);
        st->logins++;
        t->logins++;
        if (st->faults.no_login_confirm) {
            st->faults.no_login_confirm--;
            return;
        }
        t->logged_in = !st->faults.deny_login && !st->faults.never_confirm;
    } else if (fn == 2) {
        note(st, "logout %04X-%u", t->a1, t->a2);
        st->logouts++;
        t->logouts++;
        t->logged_in = false;
    } else if (fn == 4) {
        st->heartbeats++;
        t->heartbeats++;
    }
    if (!st->faults.never_confirm)
        confirm(st, link, f, fn == 1 && st->faults.deny_login);
}

static uint64_t hash(const uint8_t *p, size_t n)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001B3u;
    return h;
}

static void keep_report(struct ms_station *st, uint8_t afn, uint8_t erc)
{
    unsigned i = st->report_count++ % MS_REPORTS;

    st->report[i].afn = afn;
    st->report[i].erc = erc;
    st->report[i].taken = false;
}

static int take_erc(void *ctx, const struct gdw_unit *u, const struct lay *field, const struct lay_at *at,
                    const struct lay_val *v)
{
    (void)at;
    if (field->name && strcmp(field->name, "ERC") == 0 && v->kind == LAYV_INT)
        keep_report(ctx, u->afn, (uint8_t)v->number);
    return 0;
}

static void note_answers(struct ms_station *st, const char *head, const struct ms_answers *a)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = st->quiet || !st->net.note ? NULL : open_memstream(&text, &size);

    if (!f)
        return;
    if (st->json) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "report", head);
        cJSON_AddItemToObject(o, "units", ms_answers_json(a));
        char *printed = cJSON_PrintUnformatted(o);
        fputs(printed ? printed : "{}", f);
        free(printed);
        cJSON_Delete(o);
    } else {
        fprintf(f, "%s\n", head);
        ms_answers_print(a, f);
    }
    fclose(f);
    while (size && text[size - 1] == '\n')
        text[--size] = '\0';
    st->net.note(st->net.ctx, text);
    free(text);
}

static void report(struct ms_station *st, struct ms_link *link, const struct gdw_frame *f)
{
    static const struct gdw_visitor visitor = {.field = take_erc};
    struct ms_terminal *t = link->terminal;
    uint64_t h = hash(f->data, f->data_len);
    bool repeat = t->reports && t->report_seq == f->seq && t->report_hash == h;
    char head[80];

    if (repeat) {
        st->repeats++;
    } else {
        st->reports++;
        t->reports++;
        t->report_seq = f->seq;
        t->report_hash = h;
        ms_answers_clear(&st->spare);
        ms_answers_add(&st->spare, f);
        if (f->afn == GDW_AFN_EVENTS)
            gdw_walk(f, &visitor, st);
        else
            keep_report(st, f->afn, 0);
    }
    snprintf(head, sizeof head, "report %04X-%u AFN %02X %s%s", t->a1, t->a2, f->afn, gdw_afn_name(f->afn),
             repeat ? " (repeated)" : "");
    note_answers(st, head, &st->spare);
    if (!f->con || st->faults.never_confirm)
        return;
    if (st->faults.no_report_confirm)
        st->faults.no_report_confirm--;
    else
        confirm(st, link, f, false);
}

/* ---- commands ---- */

/* What failed as it was wanted is no error to those who look for "error:". */
static void soften(char *text)
{
    for (char *p = text; (p = strstr(p, "error: ")) != NULL; p++) {
        if (p == text || p[-1] == '\n')
            memcpy(p, "fails", 5);
    }
}

static void answer_run(struct ms_station *st, int result)
{
    struct ms_run *run = &st->run;
    bool ok = (result == 0) != run->negate;
    char *text = NULL;
    size_t size = 0;

    fclose(run->out);
    run->out = NULL;
    FILE *f = open_memstream(&text, &size);
    if (f && st->json) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "command", run->line);
        cJSON_AddBoolToObject(o, "ok", ok);
        cJSON_AddStringToObject(o, "text", run->buffer);
        if (run->exchanging) {
            cJSON_AddStringToObject(o, "result", ms_result_name(st->exchange.result));
            cJSON_AddNumberToObject(o, "frames", st->exchange.frames);
            cJSON_AddNumberToObject(o, "repeats", st->exchange.repeats);
            cJSON_AddNumberToObject(o, "answer_us", (double)(st->answered_us - st->sent_us));
            cJSON_AddItemToObject(o, "units", ms_answers_json(&st->answers));
        }
        char *printed = cJSON_PrintUnformatted(o);
        fprintf(f, "%s\n", printed ? printed : "{}");
        free(printed);
        cJSON_Delete(o);
    } else if (f) {
        if (ok)
            soften(run->buffer);
        fputs(run->buffer, f);
        if (run->negate)
            fprintf(f, ok ? "ok (it failed, as wanted)\n" : "error: it did not fail\n");
    }
    if (f)
        fclose(f);
    if (st->net.answer)
        st->net.answer(st->net.ctx, run->source, ok, text ? text : "");
    free(text);
    run_clear(run);
}

/* One pass of a command is over: its start, its finish after an exchange, or its check. */
static void settle(struct ms_station *st, int result)
{
    while (result != MS_WAIT) {
        if (!st->run.inner[0]) {
            answer_run(st, result);
            return;
        }
        result = ms_loop_round(&st->run, result);
    }
}

static void next_job(struct ms_station *st)
{
    struct ms_run *run = &st->run;

    while (!run->out && st->job_count && !st->quit) {
        struct ms_job job = st->job[st->job_head];
        st->job_head = (st->job_head + 1) % MS_JOBS;
        st->job_count--;
        *run = (struct ms_run){.st = st, .source = job.source, .deadline = INT64_MAX};
        run->out = open_memstream(&run->buffer, &run->size);
        snprintf(run->line, sizeof run->line, "%s", job.line);
        free(job.line);
        if (!run->out) {
            if (st->net.answer)
                st->net.answer(st->net.ctx, run->source, false, "error: out of memory\n");
            continue;
        }
        memcpy(run->text, run->line, sizeof run->text);
        ms_split(run);
        settle(st, ms_command_start(run));
    }
}

static void drive_exchange(struct ms_station *st)
{
    struct ms_exchange *x = &st->exchange;
    uint8_t raw[GDW_FRAME_MAX];

    while (st->run.out && st->run.exchanging && st->run.finish) {
        ms_exchange_expire(x, st->now);
        if (x->result == MS_RUNNING && !st->partner->link)
            x->result = MS_GONE;
        if (x->result == MS_RUNNING && x->want_send) {
            struct wbuf w = wbuf_of(raw, sizeof raw);
            struct civil local = ms_station_local(st);
            int n = ms_exchange_frame(x, &st->partner->pfc, st->now, &local, &w);
            if (n > 0)
                ms_station_send(st, st->partner->link, raw, (size_t)n);
            else
                x->result = MS_TIMEOUT;
            continue;
        }
        if (x->result == MS_RUNNING)
            return;
        int (*finish)(struct ms_run * run) = st->run.finish;
        st->run.finish = NULL;
        settle(st, finish(&st->run));
    }
}

/* Everything that may follow from what just happened. */
static void go_on(struct ms_station *st)
{
    const struct ms_run *run = &st->run;

    send_late(st);
    for (;;) {
        next_job(st);
        /* a check may begin an exchange (loop) */
        if (run->out && run->check)
            settle(st, run->check(&st->run));
        drive_exchange(st);
        bool stands = run->out && ((run->exchanging && run->finish) || run->check);
        if (stands || st->job_count == 0 || st->quit)
            return;
    }
}

/* ---- what comes in ---- */

static void frame_in(struct ms_station *st, struct ms_link *link, const uint8_t *p, size_t n)
{
    struct gdw_frame f;

    int64_t came_us = st->net.now_us ? st->net.now_us(st->net.ctx) : 0;
    log_frame(st, "->", p, n);
    if (gdw_frame_decode(p, n, &f) < 0 || !f.up || !attach(st, link, &f)) {
        st->stray++;
        return;
    }
    struct ms_terminal *t = link->terminal;
    t->acd = f.acd;
    if (f.has_ec) {
        t->ec1 = f.ec1;
        t->ec2 = f.ec2;
    }
    if (f.prm && f.afn == GDW_AFN_LINK)
        link_service(st, link, &f);
    else if (f.prm)
        report(st, link, &f);
    else if (!st->run.exchanging || t != st->partner || !ms_exchange_take(&st->exchange, &f, st->now))
        st->stray++;
    else
        st->answered_us = came_us;
}

static void at(struct ms_station *st, int64_t now_ms, int64_t utc_ms)
{
    st->now = now_ms;
    st->utc_ms = utc_ms;
}

void ms_station_connected(struct ms_station *st, struct ms_link *link, int64_t now_ms, int64_t utc_ms)
{
    at(st, now_ms, utc_ms);
    gdw_rx_init(&link->rx, link->buf, sizeof link->buf);
    link->terminal = NULL;
    st->connections++;
    go_on(st);
}

void ms_station_received(struct ms_station *st, struct ms_link *link, const uint8_t *p, size_t n,
                         int64_t now_ms, int64_t utc_ms)
{
    at(st, now_ms, utc_ms);
    while (n) {
        const uint8_t *frame;
        uint32_t skipped = link->rx.skipped;
        size_t taken = gdw_rx_put(&link->rx, p, n);
        p += taken;
        n -= taken;
        int len = gdw_rx_next(&link->rx, now_ms, &frame);
        for (; len > 0; len = gdw_rx_next(&link->rx, now_ms, &frame))
            frame_in(st, link, frame, (size_t)len);
        st->bad_bytes += link->rx.skipped - skipped;
    }
    go_on(st);
}

void ms_station_closed(struct ms_station *st, struct ms_link *link, int64_t now_ms, int64_t utc_ms)
{
    struct ms_late **p = &st->late;

    at(st, now_ms, utc_ms);
    st->disconnections++;
    while (*p) {
        struct ms_late *l = *p;
        if (l->link != link) {
            p = &l->next;
            continue;
        }
        *p = l->next;
        free(l);
    }
    for (unsigned i = 0; i < st->terminals; i++) {
        struct ms_terminal *t = &st->terminal[i];
        if (t->link != link)
            continue;
        note(st, "disconnected %04X-%u", t->a1, t->a2);
        t->link = NULL;
        t->logged_in = false;
    }
    go_on(st);
}

void ms_station_tick(struct ms_station *st, int64_t now_ms, int64_t utc_ms)
{
    at(st, now_ms, utc_ms);
    go_on(st);
}

int64_t ms_station_deadline(const struct ms_station *st)
{
    const struct ms_run *run = &st->run;
    int64_t next = st->late ? st->late->due : INT64_MAX;

    if (run->out && run->exchanging && run->finish && st->exchange.deadline < next)
        next = st->exchange.deadline;
    if (run->out && run->check && run->deadline < next)
        next = run->deadline;
    return next;
}

int ms_station_submit(struct ms_station *st, const char *line, void *source, int64_t now_ms, int64_t utc_ms)
{
    char *copy = st->job_count < MS_JOBS ? strndup(line, strcspn(line, "\r\n")) : NULL;

    at(st, now_ms, utc_ms);
    if (!copy)
        return st->job_count < MS_JOBS ? CN_E_NOMEM : CN_E_FULL;
    st->job[(st->job_head + st->job_count++) % MS_JOBS] = (struct ms_job){copy, source};
    go_on(st);
    return 0;
}

bool ms_station_idle(const struct ms_station *st)
{
    return !st->run.out && st->job_count == 0;
}

void ms_station_forget(struct ms_station *st, const void *source)
{
    if (st->run.source == source)
        st->run.source = NULL;
    for (unsigned i = 0; i < st->job_count; i++) {
        struct ms_job *j = &st->job[(st->job_head + i) % MS_JOBS];
        if (j->source == source)
            j->source = NULL;
    }
}
