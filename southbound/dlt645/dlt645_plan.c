#include "southbound/dlt645/dlt645_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "southbound/dlt645/dlt645_data.h"

enum { DI_PLACES = 8, WORD = 40, SEPARATOR = 0xAA };

static bool parse_pattern(const char *text, struct dlt645_pattern *p)
{
    struct dlt645_pattern out = {.set = true, .element_shift = -1, .index_shift = -1};

    if (strlen(text) != DI_PLACES)
        return false;
    for (int i = 0; i < DI_PLACES; i += 2) {
        int8_t shift = (int8_t)(4 * (DI_PLACES - 2 - i));
        uint8_t byte;
        char pair[3] = {text[i], text[i + 1], '\0'};
        if (strcmp(pair, "tt") == 0 && out.element_shift < 0) {
            out.element_shift = shift;
        } else if (strcmp(pair, "nn") == 0 && out.index_shift < 0) {
            out.index_shift = shift;
        } else {
            if (hex_parse(pair, &byte, 1) != 1)
                return false;
            out.base |= (uint32_t)byte << shift;
        }
    }
    *p = out;
    return true;
}

/* The words of a line, one after another. */
struct words {
    const char *at;
    char word[WORD];
};

static bool next_word(struct words *w)
{
    w->at += strspn(w->at, " \t");
    size_t n = strcspn(w->at, " \t");
    if (n == 0)
        return false;
    /* a word that is too long is no word of this language: cut, it will not be understood */
    snprintf(w->word, sizeof w->word, "%.*s", (int)n, w->at);
    w->at += n;
    return true;
}

static bool next_number(struct words *w, uint8_t *out)
{
    char *end;

    if (!next_word(w) || strspn(w->word, "0123456789") != strlen(w->word))
        return false;
    unsigned long v = strtoul(w->word, &end, 10);
    *out = (uint8_t)v;
    return v <= 255;
}

static bool next_pattern(struct words *w, struct dlt645_pattern *p)
{
    return next_word(w) && parse_pattern(w->word, p);
}

static bool next_format(struct words *w, struct dlt645_format *f)
{
    return next_word(w) && dlt645_format_parse(w->word, f) == 0 &&
           (f->type == DLT645_NUMBER || f->type == DLT645_TIME || f->type == DLT645_BITS);
}

static bool parse_option(struct words *w, struct dlt645_spec *s)
{
    if (strcmp(w->word, "skip") == 0)
        return next_number(w, &s->skip);
    if (strcmp(w->word, "of") == 0)
        return next_number(w, &s->stride);
    if (strcmp(w->word, "at") == 0)
        return s->block.set && next_number(w, &s->at);
    if (strcmp(w->word, "block") == 0)
        return !s->block.set && next_pattern(w, &s->block);
    if (strcmp(w->word, "then") == 0)
        return !s->then.set && next_pattern(w, &s->then) && next_format(w, &s->then_format);
    if (s->list == DLT645_LIST_NONE && strcmp(w->word, "tariffs") == 0) {
        s->list = DLT645_LIST_TARIFFS;
        return true;
    }
    if (s->list == DLT645_LIST_NONE && strcmp(w->word, "numbers") == 0) {
        s->list = DLT645_LIST_NUMBERS;
        return next_number(w, &s->numbers) && s->numbers > 0 && s->numbers < READINGS_MAX;
    }
    return false;
}

int dlt645_spec_parse(const char *text, struct dlt645_spec *s, char *why, size_t cap)
{
    struct words w = {.at = text};
    struct dlt645_spec out = {.list = DLT645_LIST_NONE};

    if (!next_pattern(&w, &out.single)) {
        snprintf(why, cap, "\"%s\" is no identifier of 8 hex digits, tt or nn", w.word);
        return CN_E_FORMAT;
    }
    if (!next_format(&w, &out.format)) {
        snprintf(why, cap, "\"%s\" is no number, time or bits format", w.word);
        return CN_E_FORMAT;
    }
    while (next_word(&w)) {
        char option[WORD];
        memcpy(option, w.word, sizeof option);
        if (!parse_option(&w, &out)) {
            snprintf(why, cap, "\"%s\" is not understood here or has a bad argument", option);
            return CN_E_FORMAT;
        }
    }
    if (out.stride == 0)
        out.stride = (uint8_t)(out.skip + out.format.len);
    const char *wrong = NULL;
    if (out.skip + out.format.len > out.stride)
        wrong = "the value does not fit into its element";
    else if (out.single.element_shift >= 0 && out.list == DLT645_LIST_NONE)
        wrong = "tt needs \"tariffs\" or \"numbers\"";
    else if (out.block.set && out.block.element_shift >= 0)
        wrong = "a block has no tt";
    else if (out.block.set && out.block.index_shift != out.single.index_shift)
        wrong = "nn must stand at the same place in the item and its block";
    else if (out.then.set && (out.block.set || out.list != DLT645_LIST_NONE || out.single.index_shift >= 0))
        wrong = "\"then\" joins two plain items only";
    else if (out.list == DLT645_LIST_NUMBERS && out.single.element_shift < 0 && !out.block.set)
        wrong = "\"numbers\" needs tt or a block";
    if (wrong) {
        snprintf(why, cap, "%s", wrong);
        return CN_E_FORMAT;
    }
    *s = out;
    return 0;
}

uint32_t dlt645_pattern_di(const struct dlt645_pattern *p, unsigned element, unsigned index)
{
    uint32_t di = p->base;

    if (p->element_shift >= 0)
        di |= (element & 0xFFu) << p->element_shift;
    if (p->index_shift >= 0)
        di |= (index & 0xFFu) << p->index_shift;
    return di;
}

bool dlt645_pattern_same(const struct dlt645_pattern *a, const struct dlt645_pattern *b)
{
    return a->set && b->set && a->base == b->base && a->element_shift == b->element_shift &&
           a->index_shift == b->index_shift;
}

static struct reading reading_of(const struct dlt645_spec *s, unsigned quantity, unsigned tariff,
                                 const uint8_t *element)
{
    return (struct reading){.quantity = (uint16_t)quantity,
                            .tariff = (uint8_t)tariff,
                            .value = dlt645_value_get(&s->format, element + s->skip)};
}

static int list_readings(const struct dlt645_spec *s, unsigned quantity, const uint8_t *data, size_t n,
                         struct reading *r)
{
    int count = dlt645_elements(s->stride, data, n);
    unsigned first = s->list == DLT645_LIST_NUMBERS;

    if (count < 0)
        return count;
    if (count > READINGS_MAX || (s->list == DLT645_LIST_NUMBERS && count > s->numbers))
        return CN_E_FORMAT;
    for (int i = 0; i < count; i++)
        r[i] = reading_of(s, quantity, first + (unsigned)i, data + (size_t)i * s->stride);
    return count;
}

int dlt645_spec_block(const struct dlt645_spec *s, unsigned quantity, const uint8_t *data, size_t n,
                      struct reading *r)
{
    if (s->list != DLT645_LIST_NONE)
        return list_readings(s, quantity, data, n, r);
    bool closed = n == s->block_size + 1u && data[n - 1] == SEPARATOR;
    if (!closed && n != s->block_size)
        return CN_E_FORMAT;
    if ((size_t)s->at + s->stride > n)
        return CN_E_FORMAT;
    r[0] = reading_of(s, quantity, 0, data + s->at);
    return 1;
}

int dlt645_spec_single(const struct dlt645_spec *s, unsigned quantity, const uint8_t *data, size_t n,
                       struct reading *r)
{
    if (s->list != DLT645_LIST_NONE)
        return list_readings(s, quantity, data, n, r);
    if (n != s->stride)
        return CN_E_FORMAT;
    r[0] = reading_of(s, quantity, 0, data);
    return 1;
}

int dlt645_spec_joined(const struct dlt645_spec *s, const uint8_t *first, size_t n_first,
                       const uint8_t *second, size_t n_second, struct value *v)
{
    if (n_first != s->format.len || n_second != s->then_format.len)
        return CN_E_FORMAT;
    struct value a = dlt645_value_get(&s->format, first);
    struct value b = dlt645_value_get(&s->then_format, second);
    bool none = a.quality == VALUE_NONE || b.quality == VALUE_NONE;
    *v = none ? value_none() : value_of(a.mantissa + b.mantissa, a.exp10);
    return 0;
}
