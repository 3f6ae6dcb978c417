#include "tests/sim/master/archive.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"

enum column {
    COL_INDEX,
    COL_POINT,
    COL_PORT,
    COL_BAUD,
    COL_PROTOCOL,
    COL_ADDRESS,
    COL_PASSWORD,
    COL_TARIFFS,
    COL_INT_DIGITS,
    COL_DEC_DIGITS,
    COL_COLLECTOR,
    COL_CLASS,
    COL_SUBCLASS,
    COLUMNS,
};
static const struct {
    const char *name, *preset; /* preset NULL: must be there; "" point: the index */
} columns[COLUMNS] = {
    {"index", NULL},    {"point", ""},     {"port", "1"},     {"baud", "2400"},    {"protocol", "30"},
    {"address", NULL},  {"password", "0"}, {"tariffs", "4"},  {"int_digits", "6"}, {"dec_digits", "2"},
    {"collector", "0"}, {"class", "0"},    {"subclass", "0"},
};

/* Split at commas, in place; blanks around fields go. */
static size_t split(char *line, char **fields, size_t cap)
{
    size_t n = 0;

    line[strcspn(line, "\r\n")] = '\0';
    while (n < cap) {
        char *comma = strchr(line, ',');
        if (comma)
            *comma = '\0';
        line += strspn(line, " \t");
        size_t len = strlen(line);
        while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
            line[--len] = '\0';
        fields[n++] = line;
        if (!comma)
            break;
        line = comma + 1;
    }
    return n;
}

static int read_head(char *line, int where[COLUMNS], char *why, size_t cap)
{
    char *fields[2 * COLUMNS];
    size_t n = split(line, fields, 2 * COLUMNS);

    for (size_t c = 0; c < COLUMNS; c++)
        where[c] = -1;
    for (size_t i = 0; i < n; i++) {
        size_t c = 0;
        while (c < COLUMNS && strcmp(columns[c].name, fields[i]) != 0)
            c++;
        if (c == COLUMNS) {
            snprintf(why, cap, "line 1: there is no column \"%s\"", fields[i]);
            return CN_E_FORMAT;
        }
        where[c] = (int)i;
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        if (where[c] < 0 && !columns[c].preset) {
            snprintf(why, cap, "line 1: the column \"%s\" is missing", columns[c].name);
            return CN_E_FORMAT;
        }
    }
    return 0;
}

static bool number(const char *text, unsigned long max, unsigned long *out)
{
    char *end;

    *out = strtoul(text, &end, 10);
    return end != text && *end == '\0' && *out <= max;
}

static int build(const char *const v[COLUMNS], struct meter *m)
{
    unsigned long n[COLUMNS] = {0};
    static const unsigned long max[COLUMNS] = {
        [COL_INDEX] = METER_INDEX_MAX, [COL_POINT] = POINT_MAX, [COL_PORT] = 31,
        [COL_BAUD] = 115200,           [COL_PROTOCOL] = 255,    [COL_TARIFFS] = 63,
        [COL_INT_DIGITS] = 7,          [COL_DEC_DIGITS] = 4,    [COL_CLASS] = 15,
        [COL_SUBCLASS] = 15,
    };

    for (int c = 0; c < COLUMNS; c++) {
        if (max[c] && !number(v[c][0] || c != COL_POINT ? v[c] : v[COL_INDEX], max[c], &n[c]))
            return c;
    }
    int code = n[COL_BAUD] ? meter_baud_code((unsigned)n[COL_BAUD]) : 0;
    if (code < 0)
        return COL_BAUD;
    *m = (struct meter){
        .index = (uint16_t)n[COL_INDEX],
        .point = (uint16_t)n[COL_POINT],
        .port = (uint8_t)n[COL_PORT],
        .baud_code = (uint8_t)code,
        .protocol = (uint8_t)n[COL_PROTOCOL],
        .tariffs = (uint8_t)n[COL_TARIFFS],
        .int_digits = (uint8_t)n[COL_INT_DIGITS],
        .dec_digits = (uint8_t)n[COL_DEC_DIGITS],
        .user_class = (uint8_t)n[COL_CLASS],
        .user_subclass = (uint8_t)n[COL_SUBCLASS],
    };
    if (m->int_digits < 4)
        return COL_INT_DIGITS;
    if (m->dec_digits < 1)
        return COL_DEC_DIGITS;
    if (addr_parse(v[COL_ADDRESS], m->address) < 0)
        return COL_ADDRESS;
    if (addr_parse(v[COL_COLLECTOR], m->collector) < 0)
        return COL_COLLECTOR;
    return addr_parse(v[COL_PASSWORD], m->password) < 0 ? (int)COL_PASSWORD : (int)COLUMNS;
}

int ms_archive_read(FILE *f, struct ms_archive *out, char *why, size_t cap)
{
    char line[1024];
    int where[COLUMNS];
    unsigned row = 0;

    out->count = 0;
    while (fgets(line, sizeof line, f)) {
        char *fields[2 * COLUMNS];
        const char *v[COLUMNS];
        struct meter m;
        row++;
        if (row == 1) {
            int err = read_head(line, where, why, cap);
            if (err < 0)
                return err;
            continue;
        }
        if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
            continue;
        size_t n = split(line, fields, 2 * COLUMNS);
        for (size_t c = 0; c < COLUMNS; c++)
            v[c] = where[c] >= 0 && (size_t)where[c] < n ? fields[where[c]]
                   : columns[c].preset                   ? columns[c].preset
                                                         : "";
        int bad = build(v, &m);
        if (bad < COLUMNS) {
            snprintf(why, cap, "line %u: %s \"%s\" is not possible", row, columns[bad].name, v[bad]);
            return CN_E_RANGE;
        }
        if (out->count == METER_INDEX_MAX) {
            snprintf(why, cap, "line %u: more than %d meters", row, METER_INDEX_MAX);
            return CN_E_FULL;
        }
        out->index[out->count] = m.index;
        meter_encode(&m, out->entry[out->count++]);
    }
    if (row == 0) {
        snprintf(why, cap, "the file is empty");
        return CN_E_FORMAT;
    }
    return (int)out->count;
}

const uint8_t *ms_archive_find(const struct ms_archive *a, unsigned index)
{
    for (unsigned i = 0; i < a->count; i++) {
        if (a->index[i] == index)
            return a->entry[i];
    }
    return NULL;
}
