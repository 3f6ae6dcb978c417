#include "gateway/model/quantity.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct quantity_info rows[] = {
#define QUANTITY(num, sym, name, obis, unit, exp, flags) {num, name, obis, unit, exp, flags},
#include "gateway/model/quantity.def"
#undef QUANTITY
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const struct quantity_info *quantity_all(size_t *count)
{
    *count = ROWS;
    return rows;
}

const struct quantity_info *quantity_find(unsigned number)
{
    size_t low = 0, high = ROWS;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (rows[mid].number == number)
            return &rows[mid];
        if (rows[mid].number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* "1-0:1.8.0" names the row "1-0:1.8.e": only the tariff group may differ, by digits. */
static int obis_matches(const char *row, const char *name)
{
    while (*row && *row == *name) {
        row++;
        name++;
    }
    if (*row == *name)
        return 1;
    if (*row != 'e' || !isdigit((unsigned char)*name))
        return 0;
    while (isdigit((unsigned char)*name))
        name++;
    return strcmp(row + 1, name) == 0;
}

const struct quantity_info *quantity_by_name(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0 || obis_matches(rows[i].obis, name))
            return &rows[i];
    }
    return NULL;
}

const char *unit_name(enum unit u)
{
    static const char *const names[] = {
        [UNIT_NONE] = "", [UNIT_KWH] = "kWh", [UNIT_KVARH] = "kvarh", [UNIT_KVAH] = "kVAh",
        [UNIT_KW] = "kW", [UNIT_KVAR] = "kvar", [UNIT_KVA] = "kVA", [UNIT_V] = "V",
        [UNIT_A] = "A", [UNIT_HZ] = "Hz", [UNIT_DATETIME] = "", [UNIT_BITS] = "",
    };

    return (size_t)u < sizeof names / sizeof names[0] ? names[u] : "";
}

char *quantity_obis(const struct quantity_info *q, unsigned tariff, char *out, size_t cap)
{
    const char *e = q->flags & Q_TARIFFS ? strchr(q->obis, 'e') : NULL;

    if (e)
        snprintf(out, cap, "%.*s%u%s", (int)(e - q->obis), q->obis, tariff, e + 1);
    else
        snprintf(out, cap, "%s", q->obis);
    return out;
}
