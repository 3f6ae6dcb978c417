#include "tests/sim/master/plan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"

enum { UNIT_MAX = 4096, C_A_AFN_SEQ = 8, NAME_MAX_LEN = 64 };

void ms_plan_init(struct ms_plan *p, size_t max_l1)
{
    p->count = 0;
    p->len = 0;
    p->closed = false;
    p->max_data = max_l1 - C_A_AFN_SEQ - GDW_PW_LEN - GDW_TP_LEN;
}

static struct ms_step *open_step(struct ms_plan *p, unsigned afn)
{
    if (p->count == MS_STEPS)
        return NULL;
    p->closed = false;
    p->step[p->count] =
        (struct ms_step){.afn = (uint8_t)afn, .fir = true, .fin = true, .at = (uint32_t)p->len};
    return &p->step[p->count++];
}

int ms_plan_unit(struct ms_plan *p, unsigned afn, struct gdw_dadt dadt, const uint8_t *data, size_t n)
{
    struct ms_step *s = p->count ? &p->step[p->count - 1] : NULL;
    struct wbuf w = wbuf_of(p->bytes + p->len, sizeof p->bytes - p->len);

    if (GDW_DADT_LEN + n > p->max_data)
        return CN_E_NOSPACE;
    if (!s || p->closed || s->afn != afn || s->len + GDW_DADT_LEN + n > p->max_data)
        s = open_step(p, afn);
    gdw_dadt_put(&w, &dadt);
    if (n)
        wbuf_bytes(&w, data, n);
    if (!s || w.err)
        return CN_E_NOSPACE;
    s->len += (uint32_t)w.len;
    p->len += w.len;
    return 0;
}

void ms_plan_close(struct ms_plan *p)
{
    p->closed = true;
}

int ms_plan_raw(struct ms_plan *p, unsigned afn, const uint8_t *data, size_t n)
{
    struct ms_step *s = n <= sizeof p->bytes - p->len ? open_step(p, afn) : NULL;

    if (!s)
        return CN_E_NOSPACE;
    memcpy(p->bytes + p->len, data, n);
    s->len = (uint32_t)n;
    p->len += n;
    return 0;
}

/* ---- numbers and times ---- */

static const char *one_number(const char *text, char letter, unsigned long *out)
{
    char *end;

    if (letter && tolower((unsigned char)*text) == tolower((unsigned char)letter))
        text++;
    if (!isdigit((unsigned char)*text))
        return NULL;
    *out = strtoul(text, &end, 10);
    return end;
}

int ms_numbers_parse(const char *text, char letter, struct ms_numbers *out)
{
    while (text && *text) {
        unsigned long a, b;
        text = one_number(text, letter, &a);
        if (!text)
            return CN_E_FORMAT;
        b = a;
        if (strncmp(text, "..", 2) == 0)
            text = one_number(text + 2, letter, &b);
        if (!text || b < a || b > UINT16_MAX)
            return CN_E_FORMAT;
        for (unsigned long v = a; v <= b; v++) {
            if (out->count == MS_NUMBERS)
                return CN_E_FULL;
            out->n[out->count++] = (uint16_t)v;
        }
        if (*text == ',' && text[1])
            text++;
        else if (*text)
            return CN_E_FORMAT;
    }
    return text && out->count ? (int)out->count : CN_E_FORMAT;
}

int ms_time_parse(char *const *words, size_t n, struct civil *out)
{
    int y, mo, d = 1, h = 0, mi = 0, s = 0, end = 0;
    int used = 1;

    if (n == 0 || sscanf(words[0], "%4d-%2d%n", &y, &mo, &end) != 2)
        return CN_E_FORMAT;
    if (words[0][end]) {
        int more = 0;
        if (sscanf(words[0] + end, "-%2d%n", &d, &more) != 1 || words[0][end + more])
            return CN_E_FORMAT;
    }
    if (n > 1 && isdigit((unsigned char)words[1][0]) && strchr(words[1], ':')) {
        if (sscanf(words[1], "%2d:%2d:%2d", &h, &mi, &s) < 2)
            return CN_E_FORMAT;
        used = 2;
    }
    *out = (struct civil){.year = (int16_t)y,
                          .month = (uint8_t)mo,
                          .day = (uint8_t)d,
                          .hour = (uint8_t)h,
                          .minute = (uint8_t)mi,
                          .second = (uint8_t)s};
    return civil_valid(out) ? used : CN_E_FORMAT;
}

/* ---- reading ---- */

static int put_mark(const struct ms_mark *m, struct wbuf *w)
{
    static const uint8_t formats[] = {[GDW_MARK_DAY] = 20, [GDW_MARK_MONTH] = 21, [GDW_MARK_CURVE] = 15};
    struct lay_val v = {.kind = LAYV_TIME, .time = m->time};
    uint8_t raw[8];
    unsigned format = formats[m->kind];

    if (fmt_encode(format, &v, raw) < 0)
        return CN_E_FORMAT;
    wbuf_bytes(w, raw, (size_t)fmt_size(format));
    if (m->kind == GDW_MARK_CURVE) {
        wbuf_u8(w, m->density);
        wbuf_u8(w, m->points);
    }
    return 0;
}

static struct gdw_dadt dadt_of_set(const uint16_t *pns, unsigned n, unsigned fn)
{
    struct gdw_dadt d = gdw_dadt_of(pns[0], fn);

    for (unsigned i = 1; i < n; i++)
        d.da1 |= gdw_dadt_of(pns[i], fn).da1;
    return d;
}

/* How many of the points from i on share one group of eight and ascend. */
static unsigned same_group(const struct ms_numbers *pns, unsigned i)
{
    unsigned n = 1;

    while (pns->n[i] && i + n < pns->count && pns->n[i + n] > pns->n[i + n - 1] &&
           (pns->n[i + n] - 1) / 8 == (pns->n[i] - 1) / 8)
        n++;
    return n;
}

int ms_compose_read(struct ms_plan *p, unsigned afn, const struct ms_numbers *fns,
                    const struct ms_numbers *pns, const struct ms_mark *mark)
{
    uint8_t raw[16];
    struct wbuf w = wbuf_of(raw, sizeof raw);
    int err = 0;

    if (mark->kind != GDW_MARK_NONE && put_mark(mark, &w) < 0)
        return CN_E_FORMAT;
    for (unsigned f = 0; f < fns->count && err == 0; f++) {
        struct gdw_item item;
        if (gdw_item_find(afn, fns->n[f], &item) == 0 && item.mark != mark->kind)
            return CN_E_FORMAT;
        /* class 2: one DADT and one Td for each point and item (reference part 5, 2) */
        for (unsigned i = 0; i < pns->count && err == 0;) {
            unsigned n = w.len ? 1 : same_group(pns, i);
            err = ms_plan_unit(p, afn, dadt_of_set(&pns->n[i], n, fns->n[f]), raw, w.len);
            i += n;
        }
    }
    return err;
}

/* ---- lists ---- */

static int key_source(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v)
{
    const struct ms_numbers *keys = ctx;

    v->kind = LAYV_INT;
    v->number = field->flags & LAYF_COUNT ? keys->count : keys->n[at->run[0]];
    return 0;
}

int ms_compose_keys(struct ms_plan *p, unsigned fn, const struct ms_numbers *keys)
{
    struct gdw_item item;
    uint8_t raw[UNIT_MAX];
    int err = gdw_item_find(GDW_AFN_QUERY, fn, &item);

    if (err < 0)
        return err;
    if (!item.down || item.down[0].op == LAY_END)
        return CN_E_FORMAT;
    for (unsigned from = 0; from < keys->count && err == 0;) {
        static const unsigned most = 400; /* keys of two bytes that fit a frame of usual size */
        struct ms_numbers part = {.count = keys->count - from < most ? keys->count - from : most};
        memcpy(part.n, keys->n + from, part.count * sizeof part.n[0]);
        struct wbuf w = wbuf_of(raw, sizeof raw);
        err = lay_encode(item.down, &w, key_source, &part);
        if (err >= 0)
            err = ms_plan_unit(p, GDW_AFN_QUERY, gdw_dadt_of(0, fn), raw, w.len);
        from += part.count;
    }
    return err;
}

int ms_compose_archive(struct ms_plan *p, const uint8_t *entries, size_t count)
{
    size_t per_frame = (p->max_data - GDW_DADT_LEN - 2) / F10_ENTRY;
    unsigned first = p->count;

    for (size_t from = 0; from < count; from += per_frame) {
        uint8_t raw[GDW_L1_MAX];
        struct wbuf w = wbuf_of(raw, sizeof raw);
        size_t n = count - from < per_frame ? count - from : per_frame;
        wbuf_u16(&w, (uint16_t)n);
        wbuf_bytes(&w, entries + from * F10_ENTRY, n * F10_ENTRY);
        if (w.err || ms_plan_unit(p, GDW_AFN_SET, gdw_dadt_of(0, 10), raw, w.len) < 0)
            return CN_E_NOSPACE;
    }
    for (unsigned i = first; i < p->count; i++) {
        p->step[i].fir = i == first;
        p->step[i].fin = i + 1 == p->count;
    }
    return 0;
}

/* ---- fields by name ---- */

struct fields {
    char *const *words;
    size_t n;
    const char *failed;
    uint8_t bytes[1024]; /* of the value in work */
};

/* The text behind "name=" or "name[2]=". */
static const char *text_of(const struct fields *f, const struct lay *field, const struct lay_at *at)
{
    char name[NAME_MAX_LEN];
    size_t len = (size_t)snprintf(name, sizeof name, "%s", field->name ? field->name : "");

    for (unsigned i = 0; i < at->depth && len < sizeof name; i++)
        len += (size_t)snprintf(name + len, sizeof name - len, "[%u]", at->run[i]);
    for (size_t i = 0; i < f->n; i++) {
        if (strncmp(f->words[i], name, len) == 0 && f->words[i][len] == '=')
            return f->words[i] + len + 1;
    }
    return NULL;
}

static int parse_time_field(const char *text, const char *parts, struct civil *out)
{
    int values[8];
    size_t n = 0;

    for (const char *p = text; *p && n < 8;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        char *end;
        values[n++] = (int)strtol(p, &end, 10);
        p = end;
    }
    /* people write the large part first, the standard the small one; weekdays come by themselves */
    *out = (struct civil){.year = 2000, .month = 1, .day = 1};
    size_t at = n;
    for (size_t i = 0; parts[i]; i++) {
        if (parts[i] == 'w')
            continue;
        if (at == 0)
            return CN_E_FORMAT;
        int v = values[--at];
        switch (parts[i]) {
        case 's':
            out->second = (uint8_t)v;
            break;
        case 'm':
            out->minute = (uint8_t)v;
            break;
        case 'h':
            out->hour = (uint8_t)v;
            break;
        case 'd':
            out->day = (uint8_t)v;
            break;
        case 'o':
            out->month = (uint8_t)v;
            break;
        default:
            out->year = (int16_t)(v < 100 ? 2000 + v : v);
            break;
        }
    }
    return at == 0 ? 0 : CN_E_FORMAT;
}

static int bytes_value(struct fields *f, struct lay_val *v, int n)
{
    if (n < 0)
        return CN_E_FORMAT;
    v->kind = LAYV_BYTES;
    v->bytes.p = f->bytes;
    v->bytes.len = (uint16_t)n;
    return 0;
}

static int ip_value(struct fields *f, const char *text, struct lay_val *v)
{
    unsigned a[4];
    int end = 0;

    if (sscanf(text, "%3u.%3u.%3u.%3u%n", &a[0], &a[1], &a[2], &a[3], &end) != 4 || text[end])
        return CN_E_FORMAT;
    for (size_t i = 0; i < 4; i++) {
        if (a[i] > 255)
            return CN_E_FORMAT;
        f->bytes[i] = (uint8_t)a[i];
    }
    return bytes_value(f, v, 4);
}

static int text_value(struct fields *f, const char *text, struct lay_val *v)
{
    size_t n = strlen(text);

    if (n > sizeof f->bytes)
        return CN_E_NOSPACE;
    memcpy(f->bytes, text, n);
    return bytes_value(f, v, (int)n);
}

/* Digits to nibbles, padded with F. */
static int phone_value(struct fields *f, const char *text, struct lay_val *v)
{
    size_t n = strlen(text);

    if (n > 2 * sizeof f->bytes || text[strspn(text, "0123456789")])
        return CN_E_FORMAT;
    for (size_t i = 0; i < (n + 1) / 2; i++)
        f->bytes[i] = (uint8_t)((text[2 * i] - '0') << 4 | (2 * i + 1 < n ? text[2 * i + 1] - '0' : 15));
    return bytes_value(f, v, (int)((n + 1) / 2));
}

static int number_value(const char *text, struct lay_val *v)
{
    char *end;

    v->kind = LAYV_INT;
    v->number = strtoull(text, &end, 0);
    return end == text || *end ? CN_E_FORMAT : 0;
}

static int parse_value(struct fields *f, const struct lay *field, const char *text, struct lay_val *v)
{
    const char *parts = field->op <= 27 ? fmt_time_parts(field->op) : NULL;

    if (strcmp(text, "-") == 0)
        return 0; /* no value: EE */
    if (parts) {
        v->kind = LAYV_TIME;
        return parse_time_field(text, parts, &v->time);
    }
    switch (field->op) {
    case LAY_BIN:
    case LAY_BS:
    case LAY_BCD:
    case LAY_EDGE:
        return field->len > 8 ? bytes_value(f, v, hex_parse(text, f->bytes, sizeof f->bytes))
                              : number_value(text, v);
    case LAY_ASCII:
        return text_value(f, text, v);
    case LAY_IP4:
        return ip_value(f, text, v);
    case LAY_PHONE:
        return phone_value(f, text, v);
    case LAY_BYTES:
    case LAY_DADT:
        return bytes_value(f, v, hex_parse(text, f->bytes, sizeof f->bytes));
    case 12:
        return addr_parse(text, f->bytes) < 0 ? CN_E_FORMAT : bytes_value(f, v, ADDR_LEN);
    default:
        v->kind = LAYV_DEC;
        return value_parse(text, &v->dec);
    }
}

static int field_source(void *ctx, const struct lay *field, const struct lay_at *at, struct lay_val *v)
{
    struct fields *f = ctx;
    const char *text = text_of(f, field, at);
    int err = text ? parse_value(f, field, text, v) : CN_E_STATE;

    f->failed = field->name;
    return err;
}

int ms_compose_fields(unsigned afn, unsigned fn, char *const *words, size_t n, struct wbuf *out,
                      const char **failed)
{
    struct fields f = {.words = words, .n = n};
    struct gdw_item item;
    int err = gdw_item_find(afn, fn, &item);

    *failed = NULL;
    if (err < 0 || !item.down)
        return CN_E_NOTFOUND;
    err = lay_encode(item.down, out, field_source, &f);
    *failed = err < 0 ? f.failed : NULL;
    return err;
}
