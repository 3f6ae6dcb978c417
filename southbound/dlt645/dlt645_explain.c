#include "southbound/dlt645/dlt645_explain.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/quantity.h"

struct walk {
    struct dlt645_view *view;
    dlt645_visit visit;
    void *ctx;
    struct rbuf in; /* DATA not explained yet */
    int items;
};

static void emit(struct walk *w, struct dlt645_item *item)
{
    if (w->visit)
        w->visit(w->ctx, item);
    w->items++;
}

static struct dlt645_item field_item(const char *name, const uint8_t *raw, size_t n)
{
    return (struct dlt645_item){.role = DLT645_FIELD,
                                .name = name,
                                .part = "",
                                .unit = "",
                                .raw = raw,
                                .raw_len = n,
                                .value = value_none()};
}

static void opaque(struct walk *w, const char *name, const uint8_t *raw, size_t n)
{
    struct dlt645_item item = field_item(name, raw, n);

    if (n == 0)
        return;
    item.role = DLT645_OPAQUE;
    hex_print(raw, n, item.text, sizeof item.text);
    emit(w, &item);
}

static void rest_opaque(struct walk *w, const char *name)
{
    size_t n = rbuf_left(&w->in);

    opaque(w, name, rbuf_take(&w->in, n), n);
}

/* One field of a service in a plain format. False when DATA end before it. */
static bool field(struct walk *w, const char *name, const char *format)
{
    struct dlt645_format f;

    if (dlt645_format_parse(format, &f) < 0 || rbuf_left(&w->in) < f.len)
        return false;
    const uint8_t *p = rbuf_take(&w->in, f.len);
    struct dlt645_item item = field_item(name, p, f.len);
    item.value = dlt645_value_get(&f, p);
    dlt645_value_text(&f, p, item.text, sizeof item.text);
    emit(w, &item);
    return true;
}

/* --- data of an identifier --- */

struct element {
    struct walk *w;
    const struct dlt645_row *row;
    uint16_t quantities[3];
    struct dlt645_item item;
};

static void emit_part(void *ctx, unsigned number, const char *part, const struct dlt645_format *f,
                      const char *unit, const uint8_t *p)
{
    struct element *e = ctx;
    struct dlt645_item *item = &e->item;

    item->part = part;
    item->unit = unit;
    item->raw = p;
    item->raw_len = f->len;
    item->quantity = number < 3 ? e->quantities[number] : Q_NONE;
    item->value = dlt645_value_get(f, p);
    dlt645_value_text(f, p, item->text, sizeof item->text);
    emit(e->w, item);
}

static void emit_element(struct walk *w, uint32_t di, unsigned index, bool list, const uint8_t *p, size_t n)
{
    struct dlt645_match m;
    char name[DLT645_NAME];
    enum dlt645_edition edition = w->view->edition;

    if (dlt645_match(edition, di, &m) < 0)
        return; /* cannot be: the identifier was found before */
    bool known = m.quantity != Q_NONE;
    struct element e = {
        .w = w,
        .row = m.row,
        .quantities = {m.quantity, known ? m.row->quantity2 : Q_NONE, known ? m.row->quantity3 : Q_NONE},
        .item = {.role = DLT645_VALUE,
                 .di = di,
                 .name = dlt645_di_name(edition, di, name),
                 .index = index,
                 .tariff = m.row->flags & DLT645_ROW_TARIFFS ? (uint8_t)index : m.tariff,
                 .period = m.period,
                 .period_index = m.period_index},
    };
    if (list) {
        size_t used = strlen(name);
        if (m.row->flags & DLT645_ROW_TARIFFS)
            snprintf(name + used, sizeof name - used, index ? ", tariff %u" : ", total", index);
        else
            snprintf(name + used, sizeof name - used, ", entry %u", index + 1);
    }
    (void)dlt645_walk(m.row, p, n, emit_part, &e);
}

/* A load record, part 1 section 8: A0 A0 LEN time, six classes each closed by AA, CS E5. */
static const struct dlt645_row load_classes[] = {
    {.name = "load record voltages, currents, frequency"},
    {.name = "load record powers"},
    {.name = "load record power factors"},
    {.name = "load record energies"},
    {.name = "load record quadrant energies"},
    {.name = "load record demands"},
};
static const struct {
    uint8_t class_index, count;
    const char *format, *unit, *part;
} load_parts[] = {
    {0, 3, "XXX.X", "V", "voltage"},
    {0, 3, "SXXX.XXX", "A", "current"},
    {0, 1, "XX.XX", "Hz", "frequency"},
    {1, 4, "SXX.XXXX", "kW", "active power"},
    {1, 4, "SXX.XXXX", "kvar", "reactive power"},
    {2, 4, "SX.XXX", "", "power factor"},
    {3, 2, "XXXXXX.XX", "kWh", "active energy"},
    {3, 2, "SXXXXXX.XX", "kvarh", "combined reactive energy"},
    {4, 4, "XXXXXX.XX", "kvarh", "quadrant energy"},
    {5, 2, "SXX.XXXX", "kW/kvar", "demand"},
};
enum { LOAD_CLASSES = 6, LOAD_MARK = 0xA0, LOAD_INVALID = 0xE0, LOAD_SEPARATOR = 0xAA, LOAD_END = 0xE5 };

static size_t load_class_size(unsigned class_index)
{
    struct dlt645_format f;
    size_t n = 0;

    for (size_t i = 0; i < sizeof load_parts / sizeof *load_parts; i++) {
        if (load_parts[i].class_index == class_index && dlt645_format_parse(load_parts[i].format, &f) == 0)
            n += (size_t)f.len * load_parts[i].count;
    }
    return n;
}

static void load_class(struct walk *w, uint32_t di, unsigned class_index, unsigned record, const uint8_t *p)
{
    struct element e = {
        .w = w,
        .item = {.role = DLT645_VALUE, .di = di, .name = load_classes[class_index].name, .index = record}};
    struct dlt645_format f;

    for (size_t i = 0; i < sizeof load_parts / sizeof *load_parts; i++) {
        if (load_parts[i].class_index != class_index || dlt645_format_parse(load_parts[i].format, &f) < 0)
            continue;
        for (unsigned k = 0; k < load_parts[i].count; k++, p += f.len) {
            char part[40];
            snprintf(part, sizeof part, "%s %u", load_parts[i].part, k + 1);
            emit_part(&e, 0, part, &f, load_parts[i].unit, p);
        }
    }
}

/* One record at the cursor; false when it does not have the structure (nothing is consumed then). */
static bool load_record(struct walk *w, uint32_t di, unsigned record)
{
    enum { HEAD = 3, TIME = 5, TAIL = 2 };
    const uint8_t *p = w->in.p + w->in.pos;
    size_t left = rbuf_left(&w->in), at = HEAD + TIME;

    if (left < HEAD + TIME + TAIL || p[0] != p[1] || (p[0] != LOAD_MARK && p[0] != LOAD_INVALID))
        return false;
    size_t end = HEAD + (size_t)p[2]; /* LEN spans from the time to the last AA */
    uint8_t sum = 0;
    if (p[2] < TIME || left < end + TAIL || p[end + 1] != LOAD_END)
        return false;
    for (size_t i = 0; i < end; i++)
        sum = (uint8_t)(sum + p[i]);
    if (sum != p[end])
        return false;

    struct element e = {.w = w,
                        .item = {.role = DLT645_VALUE, .di = di, .name = "load record", .index = record}};
    struct dlt645_format time;
    (void)dlt645_format_parse("YYMMDDhhmm", &time);
    emit_part(&e, 0, p[0] == LOAD_MARK ? "time" : "time, record not valid", &time, "", p + HEAD);
    for (unsigned c = 0; c < LOAD_CLASSES && at < end; c++) {
        size_t size = load_class_size(c);
        if (p[at] != LOAD_SEPARATOR && at + size < end && p[at + size] == LOAD_SEPARATOR) {
            load_class(w, di, c, record, p + at);
            at += size;
        }
        if (p[at] != LOAD_SEPARATOR)
            break;
        at++;
    }
    if (at < end)
        opaque(w, "load record rest", p + at, end - at);
    (void)rbuf_take(&w->in, end + TAIL);
    return true;
}

static void load_records(struct walk *w, uint32_t di)
{
    for (unsigned i = 0; rbuf_left(&w->in) > 0 && load_record(w, di, i); i++)
        ;
}

/* DATA of an identifier up to the end of the cursor. */
static void explain_data(struct walk *w)
{
    const struct dlt645_view *v = w->view;
    struct dlt645_match m;
    size_t n = rbuf_left(&w->in);
    const uint8_t *p = w->in.p + w->in.pos;

    if (!v->known_di || dlt645_match(v->edition, v->di, &m) < 0) {
        rest_opaque(w, "data");
        return;
    }
    if (v->edition == DLT645_2007 && v->di >> 16 >= 0x0600 && v->di >> 16 <= 0x0606) {
        load_records(w, v->di);
        rest_opaque(w, "data");
        return;
    }
    size_t size = dlt645_row_size(m.row);
    bool list = m.row->flags & (DLT645_ROW_TARIFFS | DLT645_ROW_LIST);
    if (m.block || list) {
        int count = dlt645_elements(size, p, n);
        if (count < 0 || (m.block && count > m.block_max)) {
            rest_opaque(w, "data");
            return;
        }
        for (unsigned i = 0; i < (unsigned)count; i++)
            emit_element(w, m.block ? m.first + i * m.block_step : v->di, i, list, rbuf_take(&w->in, size),
                         size);
        if (rbuf_left(&w->in))
            rest_opaque(w, "separator");
        return;
    }
    if (n == 0 || (size && n != size)) {
        rest_opaque(w, "data");
        return;
    }
    emit_element(w, v->di, 0, false, rbuf_take(&w->in, n), n);
}

/* --- fields of services --- */

static bool identifier(struct walk *w)
{
    struct dlt645_view *v = w->view;
    size_t n = v->edition == DLT645_1997 ? 2 : 4;
    struct dlt645_match m;
    const uint8_t *p = rbuf_left(&w->in) < n ? NULL : rbuf_take(&w->in, n);

    if (!p)
        return false;
    v->has_di = true;
    v->di = n == 4 ? dlt645_di_get(p) : (uint32_t)p[1] << 8 | p[0];
    v->known_di = dlt645_match(v->edition, v->di, &m) == 0;
    v->ext_di = v->known_di && m.ext;
    if (v->known_di)
        dlt645_di_name(v->edition, v->di, v->di_name);
    else
        snprintf(v->di_name, sizeof v->di_name, "private or unknown identifier");
    return true;
}

static bool rate(struct walk *w)
{
    if (rbuf_left(&w->in) < 1)
        return false;
    const uint8_t *p = rbuf_take(&w->in, 1);
    struct dlt645_item item = field_item("Z", p, 1);
    unsigned baud = w->view->edition == DLT645_2007 ? dlt645_z_baud(*p) : 0;
    /* the 1997 bits are not settled: only the byte is shown */
    if (baud) {
        item.value = value_of(baud, 0);
        item.unit = "bit/s";
        snprintf(item.text, sizeof item.text, "%u", baud);
    } else if (w->view->edition == DLT645_2007) {
        snprintf(item.text, sizeof item.text, "invalid (not exactly one rate bit)");
    } else {
        snprintf(item.text, sizeof item.text, "%02X", *p);
    }
    emit(w, &item);
    return true;
}

static bool command(struct walk *w)
{
    static const struct {
        uint8_t n1;
        const char *text;
    } commands[] = {
        {0x1A, "trip"},           {0x1B, "close permitted"},    {0x1C, "direct close"},
        {0x2A, "alarm"},          {0x2B, "alarm off"},          {0x3A, "keep power"},
        {0x3B, "keep power off"}, {0x1D, "trip with re-close"}, {0x1E, "close (1EH)"},
        {0x1F, "close (1FH)"},
    };
    if (rbuf_left(&w->in) < 1)
        return false;
    const uint8_t *p = rbuf_take(&w->in, 1);
    struct dlt645_item item = field_item("N1", p, 1);
    snprintf(item.text, sizeof item.text, "unknown");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (commands[i].n1 == *p)
            snprintf(item.text, sizeof item.text, "%s", commands[i].text);
    }
    emit(w, &item);
    return true;
}

/* A follow-on answer: a part of the data that may start and end inside an item; SEQ is the last byte. */
static bool next_part(struct walk *w)
{
    size_t n = rbuf_left(&w->in);

    if (n < 1)
        return false;
    opaque(w, "data part", rbuf_take(&w->in, n - 1), n - 1);
    return field(w, "SEQ", "bits8");
}

/*
 * What DATA of a service hold, as a small language: one letter a field.
 *   D identifier   V its data to the end   W its data, not decoded (they are written)   P level, password   O
 * operator T full time    A address   F freeze pattern   Z rate   S SEQ   Q last part of a follow-on answer
 *   N count of records, optional   t time of records, optional   C command   X output terminal   R anything
 */
static bool step(struct walk *w, char letter)
{
    switch (letter) {
    case 'D':
        return identifier(w);
    case 'V':
        explain_data(w);
        return true;
    case 'W':
    case 'R':
        rest_opaque(w, "data");
        return true;
    case 'P':
        return field(w, "PA", "bits8") && field(w, "password", "raw3");
    case 'O':
        return field(w, "operator", "raw4");
    case 'T':
        return field(w, "time", "YYMMDDhhmmss");
    case 'A':
        return field(w, "address", "digits6");
    case 'F':
        return field(w, "moment", "digits4");
    case 'Z':
        return rate(w);
    case 'S':
        return field(w, "SEQ", "bits8");
    case 'Q':
        return next_part(w);
    case 'N':
        return rbuf_left(&w->in) == 0 || field(w, "records", "digits1");
    case 't':
        return rbuf_left(&w->in) == 0 || field(w, "from", "YYMMDDhhmm");
    case 'C':
        return command(w) && field(w, "N2", "bits8") && field(w, "valid until", "digits6");
    case 'X':
        return field(w, "terminal", "bits8");
    default:
        return false;
    }
}

static const struct service {
    uint8_t fn, edition;
    const char *name;
    const char *request, *answer;
    const char *reason; /* why DATA are malformed when they do not follow `request` */
} services[] = {
    {DLT645_FN_TIME, DLT645_2007, "broadcast time", "T", "", "needs six time bytes"},
    {DLT645_FN_READ, DLT645_2007, "read", "DNt", "DV",
     "needs 4 DI bytes, then a count and a time for load records"},
    {DLT645_FN_NEXT, DLT645_2007, "read follow-on", "DS", "DQ", "needs DI + SEQ, L=5"},
    {DLT645_FN_READ_ADDRESS, DLT645_2007, "read communication address", "", "A", "carries no data"},
    {DLT645_FN_WRITE, DLT645_2007, "write", "DPOW", "", "needs DI, password and operator"},
    {DLT645_FN_WRITE_ADDRESS, DLT645_2007, "write communication address", "A", "", "needs six address bytes"},
    {DLT645_FN_FREEZE, DLT645_2007, "freeze", "F", "", "needs MMDDhhmm"},
    {DLT645_FN_BAUD, DLT645_2007, "change baud rate", "Z", "Z", "needs one rate byte"},
    {DLT645_FN_PASSWORD, DLT645_2007, "change password", "DPP", "P", "needs DI, old and new password"},
    {DLT645_FN_CLEAR_DEMAND, DLT645_2007, "clear maximum demand", "PO", "", "needs password and operator"},
    {DLT645_FN_CLEAR_METER, DLT645_2007, "clear meter", "PO", "", "needs password and operator"},
    {DLT645_FN_CLEAR_EVENTS, DLT645_2007, "clear events", "POD", "", "needs password, operator and DI"},
    {DLT645_FN_CONTROL, DLT645_2007, "remote control", "POC", "", "needs password, operator and command"},
    {DLT645_FN_OUTPUT, DLT645_2007, "multi-function output terminal", "X", "X", "needs one byte"},
    {DLT645_FN_SECURITY, DLT645_2007, "security authentication", "DOR", "DR", "needs DI and operator"},
    {DLT645_FN_REPORT_ACK, DLT645_2007, "acknowledge active report", "R", "R", ""},
    {DLT645_FN97_READ, DLT645_1997, "read", "D", "DV", "1997 reads carry exactly 2 DI bytes"},
    {DLT645_FN97_NEXT, DLT645_1997, "read follow-on", "D", "DR", "1997 reads carry exactly 2 DI bytes"},
    {DLT645_FN97_REREAD, DLT645_1997, "re-read", "", "DV", "carries no data"},
    {DLT645_FN97_WRITE, DLT645_1997, "write", "DPW", "", "needs DI and password"},
    {DLT645_FN_TIME, DLT645_1997, "broadcast time", "T", "", "needs six time bytes"},
    {DLT645_FN97_WRITE_ADDRESS, DLT645_1997, "write communication address", "A", "",
     "needs six address bytes"},
    {DLT645_FN97_BAUD, DLT645_1997, "change baud rate", "Z", "Z", "needs one rate byte"},
    {DLT645_FN97_PASSWORD, DLT645_1997, "change password", "PP", "P", "needs old and new password"},
    {DLT645_FN97_CLEAR_DEMAND, DLT645_1997, "clear maximum demand", "P", "", "needs the password"},
};

enum dlt645_edition dlt645_edition_of(const struct dlt645_frame *f)
{
    uint8_t fn = f->control & DLT645_C_FN;

    if (fn == DLT645_FN_TIME)
        return DLT645_EDITION_UNKNOWN;
    if (fn == DLT645_FN_SECURITY) {
        /* 1997 re-read: an empty request, an answer that repeats 2 DI bytes; 2007 security: DI 07...... */
        bool security =
            (f->length >= 4 && f->data[3] == 0x07) || (f->control & DLT645_C_ABNORMAL && f->length == 2);
        return security ? DLT645_2007 : DLT645_1997;
    }
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (services[i].fn == fn)
            return services[i].edition;
    }
    return DLT645_EDITION_UNKNOWN;
}

static const char *const errors_2007[8] = {"other error",
                                           "no such data",
                                           "password wrong/not authorised",
                                           "baud rate cannot be changed",
                                           "too many year zones",
                                           "too many day periods",
                                           "too many tariffs",
                                           "reserved"};
static const char *const errors_1997[8] = {
    "illegal data",        "data identifier wrong", "password wrong",   "reserved",
    "too many year zones", "too many day periods",  "too many tariffs", "reserved"};
static const char *const errors_security[8] = {"other error",
                                               "recharge repeated",
                                               "ESAM verification failed",
                                               "identity authentication failed",
                                               "customer number differs",
                                               "recharge count wrong",
                                               "purchase over the hoarding limit",
                                               "reserved"};

static void explain_error(struct walk *w)
{
    struct dlt645_view *v = w->view;
    bool security = v->edition == DLT645_2007 && v->fn == DLT645_FN_SECURITY;
    const char *const *names = v->edition == DLT645_1997 ? errors_1997
                               : security                ? errors_security
                                                         : errors_2007;
    size_t n = rbuf_left(&w->in);

    if (n == 0) {
        v->error_word = DLT645_ERR_OTHER;
        snprintf(v->error_text, sizeof v->error_text, "%s", names[0]);
        return;
    }
    const uint8_t *p = rbuf_take(&w->in, security && n >= 2 ? 2 : 1);
    v->error_word = (uint16_t)(p[0] | (security && n >= 2 ? p[1] << 8 : 0));
    for (unsigned bit = 0; bit < 8; bit++) {
        size_t used = strlen(v->error_text);
        if (v->error_word >> bit & 1)
            snprintf(v->error_text + used, sizeof v->error_text - used, "%s%s", used ? ", " : "", names[bit]);
    }
    if (!v->error_text[0])
        snprintf(v->error_text, sizeof v->error_text, "%s", names[0]);
    struct dlt645_item item = field_item("ERR", p, (size_t)(w->in.p + w->in.pos - p));
    item.value = value_of(v->error_word, 0);
    snprintf(item.text, sizeof item.text, "%s", v->error_text);
    emit(w, &item);
    rest_opaque(w, "rest");
}

/* Secured control: cipher text and MAC, nothing to read in it (part 1, 7.12). */
static bool secured(const struct dlt645_frame *f)
{
    return f->length >= 8 && f->data[0] >= 0x96 && f->data[0] <= 0x98;
}

static bool follow_layout(struct walk *w, const char *layout)
{
    for (; *layout; layout++) {
        if (!step(w, *layout))
            return false;
    }
    return rbuf_left(&w->in) == 0;
}

static const struct service *service_of(enum dlt645_edition edition, uint8_t fn)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (services[i].fn == fn && services[i].edition == edition)
            return &services[i];
    }
    return NULL;
}

int dlt645_explain(const struct dlt645_frame *f, enum dlt645_edition edition, struct dlt645_view *view,
                   dlt645_visit visit, void *ctx)
{
    struct walk w = {.view = view, .visit = visit, .ctx = ctx, .in = rbuf_of(f->data, f->length)};
    enum dlt645_edition found = dlt645_edition_of(f);

    *view = (struct dlt645_view){
        .edition = edition ? edition
                   : found ? found
                           : DLT645_2007,
        .from_meter = f->control & DLT645_C_SLAVE,
        .abnormal = (f->control & DLT645_C_SLAVE) && (f->control & DLT645_C_ABNORMAL),
        .more = f->control & DLT645_C_MORE,
        .fn = f->control & DLT645_C_FN,
        .service = "private service",
    };
    view->both = view->fn == DLT645_FN_TIME;
    const struct service *s = service_of(view->edition, view->fn);
    if (!s) {
        rest_opaque(&w, "data");
        return CN_E_UNSUPPORTED;
    }
    view->service = s->name;
    if (view->abnormal) {
        explain_error(&w);
        return w.items;
    }
    const char *layout = view->from_meter ? s->answer : s->request;
    if (!view->from_meter && s->fn == DLT645_FN_CONTROL && secured(f))
        layout = "POR";

    /*
     * First without the visitor: a frame that does not fit is given as raw bytes only, not as half a
     * meaning.
     */
    struct walk trial = {.view = view, .in = w.in};
    if (!follow_layout(&trial, layout)) {
        snprintf(view->malformed, sizeof view->malformed, "%s",
                 view->from_meter ? "the data do not fit the answer" : s->reason);
        view->has_di = view->known_di = view->ext_di = false;
        view->di = 0;
        view->di_name[0] = '\0';
        rest_opaque(&w, "data");
        return CN_E_FORMAT;
    }
    (void)follow_layout(&w, layout);
    return w.items;
}
