#include "southbound/dlt645/dlt645_data.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/quantity.h"
#include "gateway/model/reading.h"
#include "southbound/dlt645/dlt645_tables.h"

/* Kinds of freeze (part 2, section 6): the digit at z. */
static const struct {
    const char *name;
    uint8_t period;
    bool ext;
} freezes[] = {
    {"timed freeze", PERIOD_NOW, false},
    {"instant freeze", PERIOD_NOW, false},
    {"zone table switch freeze", PERIOD_NOW, false},
    {"period table switch freeze", PERIOD_NOW, false},
    {"hourly freeze", PERIOD_HOUR, true},
    {"price set switch freeze", PERIOD_NOW, true},
    {"daily freeze", PERIOD_DAY, true},
    {"step price switch freeze", PERIOD_NOW, true},
};

/* Kinds of event whose items have identifiers of their own (part 2, section 9); end 0 = not known. */
static const struct {
    uint8_t kind, end;
    const char *name;
} events[] = {
    {0x10, 0x25, "loss of voltage"},
    {0x11, 0x25, "under-voltage"},
    {0x12, 0x25, "over-voltage"},
    {0x13, 0x25, "phase failure"},
    {0x14, 0x12, "reverse voltage sequence"},
    {0x15, 0x12, "reverse current sequence"},
    {0x16, 0x13, "voltage unbalance"},
    {0x17, 0x13, "current unbalance"},
    {0x18, 0x21, "loss of current"},
    {0x19, 0x21, "over-current"},
    {0x1A, 0x21, "current break"},
    {0x1B, 0x12, "flow reversal"},
    {0x1C, 0x12, "overload"},
    {0x1F, 0x00, "power factor low"},
    {0x20, 0x13, "severe current unbalance"},
    {0x22, 0x00, "battery low"},
};

enum { FREEZE_CLASS = 0x05, PHASE_STEP = 0x14, MATCH_FAILS = -1 };

static int event_at(unsigned kind)
{
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i].kind == kind)
            return (int)i;
    }
    return MATCH_FAILS;
}

/* What a letter of a pattern stands for; see struct dlt645_row. */
enum meaning { TARIFF, SETTLEMENT, PHASE, TOTAL_PHASE, NUMBER, PERIOD97, FREEZE_KIND, EVENT_KIND, EVENT_END };

static const struct variable {
    char letter;
    uint8_t places, low, high;
    uint8_t block; /* enum dlt645_block: what F or FF stands for; 0 = no block */
    uint8_t meaning;
} variables[] = {
    {'f', 2, 0x00, 0x3F, DLT645_BLOCK_TARIFFS, TARIFF},
    {'t', 1, 0x0, 0xE, DLT645_BLOCK_TARIFFS, TARIFF},
    {'s', 2, 0x00, 0x0C, DLT645_BLOCK_SETTLEMENTS, SETTLEMENT},
    {'q', 2, 0x01, 0x03, DLT645_BLOCK_PHASES, PHASE},
    {'q', 1, 0x1, 0x3, DLT645_BLOCK_PHASES, PHASE},
    {'r', 2, 0x00, 0x03, DLT645_BLOCK_PHASES, TOTAL_PHASE},
    {'r', 1, 0x0, 0x3, DLT645_BLOCK_PHASES, TOTAL_PHASE},
    {'p', 1, 0x1, 0x3, 0, PHASE},
    {'h', 2, 0x01, 0x15, DLT645_BLOCK_NUMBERS, NUMBER},
    {'w', 2, 0x01, 0x07, DLT645_BLOCK_NUMBERS, NUMBER},
    {'i', 2, 0x01, 0x3F, DLT645_BLOCK_NUMBERS, NUMBER},
    {'n', 2, 0x01, 0xFE, 0, NUMBER},
    {'k', 2, 0x01, 0xFE, 0, NUMBER},
    {'k', 1, 0x1, 0xE, 0, NUMBER},
    {'l', 1, 0x1, 0xE, 0, NUMBER},
    {'a', 1, 0x0, 0x8, 0, PERIOD97},
    {'b', 1, 0x1, 0x9, 0, PERIOD97},
    {'z', 1, 0x0, 0x7, 0, FREEZE_KIND},
    {'c', 2, 0x10, 0x22, 0, EVENT_KIND},
    {'e', 2, 0x01, 0xFF, 0, EVENT_END},
};

static const struct variable *variable_find(char letter, unsigned places)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (variables[i].letter == letter && variables[i].places == places)
            return &variables[i];
    }
    return NULL;
}

static bool take_variable(const struct variable *v, unsigned value, unsigned shift, struct dlt645_match *m)
{
    uint8_t value8 = (uint8_t)value;

    m->has_tariff |= v->meaning == TARIFF;
    m->has_settlement |= v->meaning == SETTLEMENT || v->meaning == PERIOD97;
    m->has_phase |= v->meaning == PHASE || v->meaning == TOTAL_PHASE;
    m->has_number |= v->meaning == NUMBER;
    m->has_kind |= v->meaning == FREEZE_KIND || v->meaning == EVENT_KIND;
    if (v->block && value == (v->places == 2 ? 0xFFu : 0xFu)) {
        if (m->block)
            return false; /* only one place may ask for everything (part 2, section 1) */
        m->block = v->block;
        m->block_max = (uint8_t)(v->high - v->low + 1);
        m->block_step = 1u << shift;
        m->first -= (value - v->low) << shift;
        return true;
    }
    if (value < v->low || value > v->high)
        return false;
    switch ((enum meaning)v->meaning) {
    case TARIFF:
        m->tariff = value8;
        return true;
    case SETTLEMENT:
        m->settlement = value8;
        return true;
    case PHASE:
    case TOTAL_PHASE:
        m->phase = value8;
        return true;
    case NUMBER:
        m->number = value8;
        return true;
    case PERIOD97:
        m->settlement = value8 / 4;
        return (value - v->low) % 4 == 0;
    case FREEZE_KIND:
        m->kind = value8;
        m->ext |= freezes[value].ext;
        return true;
    case EVENT_KIND:
        m->kind = value8;
        return event_at(value) >= 0;
    case EVENT_END:
        return value == events[event_at(m->kind)].end;
    }
    return false;
}

static bool match_pattern(const struct dlt645_row *row, uint32_t di, struct dlt645_match *m)
{
    unsigned places = (unsigned)strlen(row->pattern);

    *m = (struct dlt645_match){.row = row, .first = di, .ext = row->flags & DLT645_ROW_EXT};
    for (unsigned i = 0; i < places;) {
        char c = row->pattern[i];
        unsigned width = 1;
        bool variable = c >= 'a' && c <= 'z';
        if (variable && i % 2 == 0 && row->pattern[i + 1] == c)
            width = 2;
        unsigned shift = 4 * (places - i - width);
        unsigned value = di >> shift & (width == 2 ? 0xFF : 0xF);
        if (variable) {
            const struct variable *v = variable_find(c, width);
            if (!v || !take_variable(v, value, shift, m))
                return false;
        } else if ((unsigned)(c <= '9' ? c - '0' : c - 'A' + 10) != value) {
            return false;
        }
        i += width;
    }
    return true;
}

/* Phase registers sit at DI2 + 14H, 28H, 3CH of the total's identifier and have no tariffs. */
static bool match_phases(const struct dlt645_row *row, uint32_t di, struct dlt645_match *m)
{
    for (unsigned phase = 1; phase <= 3; phase++) {
        uint32_t offset = phase * PHASE_STEP << 16;
        if ((di >> 8 & 0xFF) != 0 || (di >> 16 & 0xFF) < phase * PHASE_STEP)
            return false;
        if (match_pattern(row, di - offset, m)) {
            m->first += offset;
            m->phase = (uint8_t)phase;
            m->has_phase = true;
            m->has_tariff = false;
            return true;
        }
    }
    return false;
}

/* Which quantity of the vocabulary, and of which period, the first part of the element is. */
static void set_meaning(enum dlt645_edition edition, uint32_t di, bool phase_register, struct dlt645_match *m)
{
    bool freeze = edition == DLT645_2007 && di >> 24 == FREEZE_CLASS;
    bool listed_phase = m->has_phase && !phase_register;
    const char *p = m->row->pattern;

    if (m->row->quantity && !phase_register) {
        unsigned base = strchr(p, 'q') ? 1 : 0;
        m->quantity = (uint16_t)(m->row->quantity + (listed_phase && !m->block ? m->phase - base : 0));
    }
    if (freeze) {
        m->period = freezes[di >> 16 & 0x7].period;
        m->period_index = m->number;
        if (m->period == PERIOD_NOW) { /* the vocabulary has no such period */
            m->quantity = Q_NONE;
            m->period_index = 0;
        }
    } else if (m->settlement) {
        m->period = PERIOD_MONTH;
        m->period_index = m->settlement;
    }
    if (m->row->quantity == Q_STATUS_WORDS)
        m->tariff = m->number;
}

int dlt645_match(enum dlt645_edition edition, uint32_t di, struct dlt645_match *m)
{
    const struct dlt645_row *rows = dlt645_rows(edition, NULL);

    if (edition == DLT645_1997 && di > 0xFFFF)
        return CN_E_NOTFOUND;
    for (const struct dlt645_row *row = rows; row->pattern; row++) {
        bool plain = match_pattern(row, di, m);
        if (plain || (row->flags & DLT645_ROW_PHASES && match_phases(row, di, m))) {
            set_meaning(edition, di, !plain, m);
            return 0;
        }
    }
    return CN_E_NOTFOUND;
}

const struct dlt645_row *dlt645_rows(enum dlt645_edition edition, size_t *count)
{
    const struct dlt645_row *rows = edition == DLT645_1997 ? dlt645_rows_1997 : dlt645_rows_2007;

    if (count) {
        *count = 0;
        while (rows[*count].pattern)
            ++*count;
    }
    return rows;
}

/* "raw" without a number takes what is there. */
static struct dlt645_format format_of(const char *text)
{
    struct dlt645_format f = {.type = DLT645_RAW};

    (void)dlt645_format_parse(text, &f); /* the table's own texts: checked by its test */
    return f;
}

static size_t parts_size(const struct dlt645_part *parts, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        size_t one =
            parts[i].format ? format_of(parts[i].format).len : parts_size(parts[i].group, parts[i].group_len);
        n += one * parts[i].count;
    }
    return n;
}

size_t dlt645_row_size(const struct dlt645_row *row)
{
    return row->format ? format_of(row->format).len : parts_size(row->parts, row->part_count);
}

struct walk {
    dlt645_part_fn fn;
    void *ctx;
    const uint8_t *p;
    unsigned number;
};

enum { PART_TEXT = 96 };

static void walk_parts(struct walk *w, const char *prefix, const struct dlt645_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct dlt645_part *part = &parts[i];
        for (unsigned k = 0; k < part->count; k++) {
            char repeat[24] = "", name[PART_TEXT];
            if (part->labels)
                snprintf(repeat, sizeof repeat, "%s", part->labels[k]);
            else if (part->count > 1)
                snprintf(repeat, sizeof repeat, "%u", k + 1);
            /* labels stand before the name ("A voltage"), numbers behind it ("table 3") */
            const char *first = part->labels ? repeat : part->name;
            const char *second = part->labels ? part->name : repeat;
            snprintf(name, sizeof name, "%s%s%s%s%s", prefix, *prefix && (*first || *second) ? " " : "",
                     first, *first && *second ? " " : "", second);
            if (!part->format) {
                walk_parts(w, name, part->group, part->group_len);
                continue;
            }
            struct dlt645_format f = format_of(part->format);
            if (w->fn)
                w->fn(w->ctx, w->number, name, &f, part->unit, w->p);
            w->number++;
            w->p += f.len;
        }
    }
}

int dlt645_walk(const struct dlt645_row *row, const uint8_t *p, size_t n, dlt645_part_fn fn, void *ctx)
{
    struct walk w = {.fn = fn, .ctx = ctx, .p = p};
    size_t size = dlt645_row_size(row);

    if (size && n != size)
        return CN_E_FORMAT;
    if (!row->format) {
        walk_parts(&w, "", row->parts, row->part_count);
        return (int)w.number;
    }
    struct dlt645_format f = format_of(row->format);
    if (f.len == 0)
        f.len = (uint8_t)(n < 255 ? n : 255);
    if (fn)
        fn(ctx, 0, "", &f, row->unit ? row->unit : "", p);
    return 1;
}

int dlt645_elements(size_t size, const uint8_t *data, size_t m)
{
    if (size == 0 || m < size)
        return CN_E_FORMAT;
    if (m % size == 1 && data[m - 1] == 0xAA)
        m--;
    return m % size == 0 ? (int)(m / size) : CN_E_FORMAT;
}

/* The parts of a name are built one by one; "" when the identifier has no such place. */
struct names {
    char phase[16], tariff[32], number[32], settlement[40];
};

static void name_parts(enum dlt645_edition edition, uint32_t di, const struct dlt645_match *m,
                       struct names *n)
{
    const char *p = m->row->pattern;
    const char *joint = edition == DLT645_1997 ? "" : ",";

    *n = (struct names){.phase = ""};
    if (m->block == DLT645_BLOCK_PHASES)
        snprintf(n->phase, sizeof n->phase, " block");
    else if (m->has_phase && m->phase)
        snprintf(n->phase, sizeof n->phase, " phase %c", 'A' + m->phase - 1);
    else if (m->has_phase)
        snprintf(n->phase, sizeof n->phase, " total");

    if (m->block == DLT645_BLOCK_TARIFFS)
        snprintf(n->tariff, sizeof n->tariff, "%s block total+tariffs", joint);
    else if (m->has_tariff && m->tariff == 0)
        snprintf(n->tariff, sizeof n->tariff, "%s total", joint);
    else if (m->has_tariff)
        snprintf(n->tariff, sizeof n->tariff, "%s tariff %u", joint, m->tariff);

    if (m->block == DLT645_BLOCK_NUMBERS)
        snprintf(n->number, sizeof n->number, " block");
    else if (m->has_number && strstr(p, "nn") && di >> 24 == FREEZE_CLASS)
        snprintf(n->number, sizeof n->number, ", %u freeze(s) ago", m->number);
    else if (m->has_number)
        snprintf(n->number, sizeof n->number, strstr(p, "nn") ? ", record %u" : " %u", m->number);

    if (m->block == DLT645_BLOCK_SETTLEMENTS)
        snprintf(n->settlement, sizeof n->settlement, ", block current+settlements");
    else if (m->has_settlement && m->settlement == 0)
        snprintf(n->settlement, sizeof n->settlement, ", current");
    else if (m->has_settlement)
        snprintf(n->settlement, sizeof n->settlement, ", %u settlement(s) ago", m->settlement);
}

char *dlt645_di_name(enum dlt645_edition edition, uint32_t di, char out[DLT645_NAME])
{
    struct dlt645_match m;
    struct names n;
    const char *kind = "";

    out[0] = '\0';
    if (dlt645_match(edition, di, &m) < 0)
        return out;
    if (m.has_kind)
        kind = strchr(m.row->pattern, 'z') ? freezes[m.kind].name : events[event_at(m.kind)].name;
    name_parts(edition, di, &m, &n);
    snprintf(out, DLT645_NAME, "%s%s%s%s%s%s%s", kind, *kind ? " " : "", m.row->name, n.phase, n.tariff,
             n.number, n.settlement);
    return out;
}
