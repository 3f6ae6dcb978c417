#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "gateway/model/reading.h"
#include "hmi/ctl/explain.h"
#include "southbound/dlt645/dlt645_explain.h"

enum { OFF_START2 = 7, OFF_L = 9, HEAD = 10 };

static uint8_t checksum(const uint8_t *p, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    return (uint8_t)sum;
}

/** Length that the frame claims; 0 when the byte L is missing. */
static size_t claimed_length(const uint8_t *p, size_t n)
{
    return n < HEAD ? 0 : (size_t)p[OFF_L] + DLT645_OVERHEAD;
}

static int probe(const uint8_t *p, size_t n)
{
    if (n == 0 || p[0] != DLT645_START)
        return 0;
    size_t total = claimed_length(p, n);
    int marks = 1;
    if (n > OFF_START2 && p[OFF_START2] == DLT645_START)
        marks += 4;
    if (total > 0 && total <= n && p[total - 1] == DLT645_END)
        marks += 2;
    if (marks < 3 && n > OFF_START2)
        return 0;
    if (marks == 7 && p[total - 2] == checksum(p, total - 2))
        return EXPLAIN_SURE;
    return marks;
}

/** Which check fails, as a sentence. @return false when none does. */
static bool refuse(const uint8_t *p, size_t n, struct explanation *e)
{
    size_t total = claimed_length(p, n);
    if (n > OFF_START2 && p[OFF_START2] != DLT645_START) {
        snprintf(e->error, sizeof(e->error), "second start byte: expected 68H behind the address, got %02XH",
                 p[OFF_START2]);
    } else if (total == 0) {
        snprintf(e->error, sizeof(e->error), "length: %zu bytes are there, a frame has at least %d", n,
                 DLT645_OVERHEAD);
    } else if (total > n) {
        snprintf(e->error, sizeof(e->error), "length: L = %02XH makes a frame of %zu bytes, %zu are there",
                 p[OFF_L], total, n);
    } else {
        uint8_t expected = checksum(p, total - 2);
        bool sum_ok = p[total - 2] == expected, end_ok = p[total - 1] == DLT645_END;
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
    return true;
}

/** The edition by the control byte and the identifier, also of a frame that is damaged elsewhere. */
static const char *protocol_of(const uint8_t *p, size_t n)
{
    struct dlt645_frame f = {0};
    if (n <= OFF_L)
        return "DL/T 645";
    f.control = p[OFF_START2 + 1];
    f.length = p[OFF_L];
    for (size_t i = 0; i < f.length && HEAD + i < n; i++)
        f.data[i] = (uint8_t)(p[HEAD + i] - 0x33);
    return dlt645_edition_of(&f) == DLT645_1997 ? "DL/T 645-1997" : "DL/T 645-2007";
}

struct walk {
    const struct explain_sink *sink;
    const struct dlt645_view *view;
    unsigned units; /**< data units told so far */
};

static const char *di_print(const struct dlt645_view *view, uint32_t di, char *out, size_t cap)
{
    snprintf(out, cap, "%0*X", view->edition == DLT645_1997 ? 4 : 8, (unsigned)di);
    return out;
}

static const char *item_obis(const struct dlt645_item *item, char *out, size_t cap)
{
    const struct quantity_info *q = item->quantity ? quantity_find(item->quantity) : NULL;
    return q ? quantity_obis(q, item->tariff, out, cap) : "";
}

static const char *item_period(const struct dlt645_item *item, char *out, size_t cap)
{
    static const char *const names[] = {
        [PERIOD_DAY] = "day", [PERIOD_HOUR] = "hour", [PERIOD_MONTH] = "month"};
    out[0] = '\0';
    if (item->period > PERIOD_NOW && item->period <= PERIOD_MONTH)
        snprintf(out, cap, "%s -%u", names[item->period], item->period_index);
    return out;
}

/** A field of the service; one byte in words is told with the byte itself: "1CH direct close". */
static void tell_field(const struct explain_sink *sink, const struct dlt645_item *item)
{
    static const struct {
        const char *name, *as;
    } renamed[] = {
        {"ERR",     "ERR_meaning" },
        {"address", "DATA_address"}
    };
    char text[DLT645_TEXT + 8], hex[4] = "";
    const char *name = item->name;
    for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++) {
        if (strcmp(name, renamed[i].name) == 0)
            name = renamed[i].as;
    }
    if (item->raw_len == 1)
        snprintf(hex, sizeof(hex), "%02X", item->raw[0]);
    bool words = hex[0] && strcmp(hex, item->text) != 0 && strcmp(item->name, "ERR") != 0;
    snprintf(text, sizeof(text), "%s%s%s%s%s", words ? hex : "", words ? "H " : "", item->text,
             item->unit[0] ? " " : "", item->unit);
    sink->field(sink->ctx, name, text, false);
}

static void visit(void *ctx, const struct dlt645_item *item)
{
    struct walk *w = ctx;
    if (item->role == DLT645_FIELD) {
        tell_field(w->sink, item);
        return;
    }
    char di[12] = "", name[DLT645_NAME + 64], obis[40], period[16];
    if (item->di || w->view->has_di)
        di_print(w->view, item->di ? item->di : w->view->di, di, sizeof(di));
    snprintf(name, sizeof(name), "%s%s%s", item->name, item->part[0] && item->name[0] ? ", " : "",
             item->part);
    struct explain_unit unit = {.kind = UNIT_DI, .di = di, .name = name, .note = ""};
    bool opaque = item->role == DLT645_OPAQUE;
    if (opaque) {
        unit.note = "not decoded, bytes low byte first";
        unit.name = w->view->has_di ? w->view->di_name : "";
    }
    struct explain_value value = {
        .name = unit.name,
        .obis = opaque ? "" : item_obis(item, obis, sizeof(obis)),
        .text = strcmp(item->text, "-") == 0 ? NULL : item->text,
        .unit = item->unit,
        .period = item_period(item, period, sizeof(period)),
    };
    w->sink->unit(w->sink->ctx, &unit);
    w->sink->value(w->sink->ctx, &value);
    w->units++;
}

static void tell_header(const uint8_t *p, size_t total, const struct dlt645_frame *f,
                        const struct dlt645_view *view, const struct explain_sink *sink)
{
    char text[DLT645_NAME + 200];
    char addr[ADDR_TEXT];
    sink->field(sink->ctx, "address", addr_print(f->address, addr), false);
    if (dlt645_addr_broadcast(f->address) || dlt645_addr_wildcard(f->address))
        sink->field(sink->ctx, "address_kind", dlt645_addr_broadcast(f->address) ? "broadcast" : "wildcard",
                    false);
    snprintf(text, sizeof(text), "%02XH", f->control);
    sink->field(sink->ctx, "C", text, false);
    snprintf(text, sizeof(text), "%u", f->length);
    sink->field(sink->ctx, "L", text, true);
    snprintf(text, sizeof(text), "%02XH %s", view->fn, view->service);
    sink->field(sink->ctx, "function", text, false);
    if (view->from_meter) {
        sink->field(sink->ctx, "answer", view->abnormal ? "abnormal" : "normal", false);
        sink->field(sink->ctx, "follow_on", view->more ? "yes" : "no", false);
    }
    if (view->has_di)
        sink->field(sink->ctx, "DI", di_print(view, view->di, text, sizeof(text)), false);
    if (view->abnormal) {
        snprintf(text, sizeof(text), "%02XH", view->error_word);
        sink->field(sink->ctx, "ERR", text, false);
    }
    snprintf(text, sizeof(text), "%02XH", p[total - 2]);
    sink->field(sink->ctx, "CS", text, false);
}

static void summarize(const struct dlt645_view *view, const struct dlt645_frame *f, struct explanation *e)
{
    char addr[ADDR_TEXT];
    addr_print(f->address, addr);
    if (!view->from_meter)
        snprintf(e->summary, sizeof(e->summary), "%s: %s", addr, view->service);
    else if (view->abnormal)
        snprintf(e->summary, sizeof(e->summary), "%s: refused %s, %s", addr, view->service, view->error_text);
    else
        snprintf(e->summary, sizeof(e->summary), "%s: answer to %s%s", addr, view->service,
                 view->more ? ", more follows" : "");
}

static void remark(const struct dlt645_view *view, int rc, struct explanation *e)
{
    if (view->malformed[0])
        snprintf(e->note, sizeof(e->note), "the frame is good, but its data do not fit the service: %s",
                 view->malformed);
    else if (rc == CN_E_UNSUPPORTED)
        snprintf(e->note, sizeof(e->note), "function %02XH is in no table of either edition", view->fn);
    else if (view->both)
        snprintf(e->note, sizeof(e->note), "the frame is the same in DL/T 645-1997 and DL/T 645-2007");
    else if (view->has_di && view->ext_di)
        snprintf(e->note, sizeof(e->note), "the identifier is a later addition to the base standard");
}

static void explain(const uint8_t *p, size_t n, const struct explain_sink *sink, struct explanation *e)
{
    struct dlt645_frame f;
    struct dlt645_view view;
    if (n > OFF_START2 + 1)
        e->direction = p[OFF_START2 + 1] & DLT645_C_SLAVE ? "meter->master" : "master->meter";
    bool bad = refuse(p, n, e);
    size_t total = claimed_length(p, n);
    if (!bad && dlt645_frame_decode(p, total, &f) < 0) {
        snprintf(e->error, sizeof(e->error), "the frame is malformed");
        bad = true;
    }
    e->protocol = protocol_of(p, n);
    if (bad) {
        sink->begin(sink->ctx, e);
        sink->end(sink->ctx, e);
        return;
    }
    int rc = dlt645_explain(&f, DLT645_EDITION_UNKNOWN, &view, NULL, NULL);
    e->valid = true;
    e->length = total;
    summarize(&view, &f, e);
    remark(&view, rc, e);
    sink->begin(sink->ctx, e);
    tell_header(p, total, &f, &view, sink);
    struct walk w = {.sink = sink, .view = &view};
    struct dlt645_view again;
    dlt645_explain(&f, DLT645_EDITION_UNKNOWN, &again, visit, &w);
    if (w.units == 0 && view.has_di) {
        char di[12];
        struct explain_unit unit = {.kind = UNIT_DI,
                                    .di = di_print(&view, view.di, di, sizeof(di)),
                                    .name = view.di_name,
                                    .note = ""};
        sink->unit(sink->ctx, &unit);
    }
    sink->end(sink->ctx, e);
}

const struct explainer explain_dlt645 = {.name = "DL/T 645", .probe = probe, .explain = explain};
