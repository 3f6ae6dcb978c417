#include "hmi/ctl/show.h"

#include <inttypes.h>

#include "gateway/model/quantity.h"

enum { NAME_WIDTH = 30, OBIS_WIDTH = 18 };

static char *date_print(int64_t digits, char out[READING_TEXT])
{
    /* a meter may show an impossible date; it is printed as the digits it gave */
    unsigned long long d = digits < 0 ? 0 : (unsigned long long)digits;
    snprintf(out, READING_TEXT, "%04llu-%02llu-%02llu %02llu:%02llu:%02llu", d / 10000000000ULL,
             d / 100000000ULL % 100, d / 1000000ULL % 100, d / 10000ULL % 100, d / 100ULL % 100, d % 100);
    return out;
}

char *reading_print(const struct reading *r, char out[READING_TEXT])
{
    const struct quantity_info *q = quantity_find(r->quantity);
    enum unit unit = q ? q->unit : UNIT_NONE;
    if (r->value.quality == VALUE_NONE || (unit != UNIT_DATETIME && unit != UNIT_BITS))
        return value_print(r->value, out, READING_TEXT);
    if (unit == UNIT_DATETIME)
        return date_print(r->value.mantissa, out);
    snprintf(out, READING_TEXT, "%04" PRIX64 "H", (uint64_t)r->value.mantissa);
    return out;
}

static const char *reading_unit(const struct reading *r)
{
    const struct quantity_info *q = quantity_find(r->quantity);
    return q ? unit_name(q->unit) : "";
}

static const char *reading_name(const struct reading *r)
{
    const struct quantity_info *q = quantity_find(r->quantity);
    return q ? q->name : "unknown quantity";
}

static const char *reading_obis(const struct reading *r, char *out, size_t cap)
{
    const struct quantity_info *q = quantity_find(r->quantity);
    return q ? quantity_obis(q, r->tariff, out, cap) : "-";
}

void show_reading(FILE *out, const struct reading *r)
{
    char obis[40], text[READING_TEXT];
    const char *unit = r->value.quality == VALUE_NONE ? "" : reading_unit(r);
    reading_print(r, text);
    fprintf(out, "  %-*s %-*s %s%s%s%s\n", NAME_WIDTH, reading_name(r), OBIS_WIDTH,
            reading_obis(r, obis, sizeof(obis)), text, unit[0] ? " " : "", unit,
            r->value.quality == VALUE_DOUBTFUL ? " (doubtful)" : "");
}

cJSON *reading_json(const struct reading *r)
{
    char obis[40], text[READING_TEXT];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "quantity", reading_name(r));
    cJSON_AddStringToObject(o, "obis", reading_obis(r, obis, sizeof(obis)));
    if (r->value.quality == VALUE_NONE)
        cJSON_AddNullToObject(o, "value");
    else
        cJSON_AddStringToObject(o, "value", reading_print(r, text));
    if (reading_unit(r)[0])
        cJSON_AddStringToObject(o, "unit", reading_unit(r));
    if (r->value.quality == VALUE_DOUBTFUL)
        cJSON_AddStringToObject(o, "quality", "doubtful");
    return o;
}

char *age_print(int64_t seconds, char *out, size_t cap)
{
    static const struct {
        int64_t until, divide;
        const char *unit;
    } steps[] = {
        {120,       1,     "s"  },
        {7200,      60,    "min"},
        {172800,    3600,  "h"  },
        {INT64_MAX, 86400, "d"  }
    };
    unsigned i = 0;
    while (seconds >= steps[i].until && steps[i].until != INT64_MAX)
        i++;
    snprintf(out, cap, "%" PRId64 " %s", seconds / steps[i].divide, steps[i].unit);
    return out;
}
