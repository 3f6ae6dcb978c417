#include "gateway/base/civil.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/base/err.h"

enum { DAY_S = 86400, HOUR_S = 3600 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_days_in_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month < 1 || month > 12)
        return 0;
    return days[month - 1] + (month == 2 && leap(year));
}

bool civil_valid(const struct civil *c)
{
    return c->year >= 1970 && c->year <= 2199 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= civil_days_in_month(c->year, c->month) && c->hour < 24 && c->minute < 60 && c->second < 60 &&
           c->weekday <= 7;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, counted in 400-year eras from 1 March. */
static int64_t days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = floor_div(y, 400);
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

int64_t civil_to_s(const struct civil *c)
{
    return days_from_civil(c->year, c->month, c->day) * DAY_S + c->hour * HOUR_S + c->minute * 60 + c->second;
}

struct civil civil_from_s(int64_t s)
{
    int64_t days = floor_div(s, DAY_S);
    int64_t rest = s - days * DAY_S;
    int64_t z = days + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;

    return (struct civil){
        .year = (int16_t)(yoe + era * 400 + (month <= 2)),
        .month = (uint8_t)month,
        .day = (uint8_t)(doy - (153 * mp + 2) / 5 + 1),
        .hour = (uint8_t)(rest / HOUR_S),
        .minute = (uint8_t)(rest % HOUR_S / 60),
        .second = (uint8_t)(rest % 60),
        .weekday = (uint8_t)(days + 3 - floor_div(days + 3, 7) * 7 + 1), /* 1970-01-01 was a Thursday */
    };
}

int64_t zone_to_utc(struct zone z, const struct civil *local)
{
    return civil_to_s(local) - z.offset_s;
}

struct civil zone_to_local(struct zone z, int64_t utc)
{
    return civil_from_s(utc + z.offset_s);
}

int64_t slot_day(struct zone z, int64_t utc)
{
    return floor_div(utc + z.offset_s, DAY_S);
}

int64_t slot_hour(struct zone z, int64_t utc)
{
    return floor_div(utc + z.offset_s, HOUR_S);
}

int64_t slot_month(struct zone z, int64_t utc)
{
    struct civil c = zone_to_local(z, utc);

    return (int64_t)(c.year - 1970) * 12 + c.month - 1;
}

int64_t slot_day_end(struct zone z, int64_t day)
{
    return (day + 1) * DAY_S - z.offset_s;
}

int64_t slot_hour_end(struct zone z, int64_t hour)
{
    return (hour + 1) * HOUR_S - z.offset_s;
}

int64_t slot_month_end(struct zone z, int64_t month)
{
    int64_t next = month + 1;
    int64_t years = floor_div(next, 12);

    return days_from_civil(1970 + years, (int)(next - years * 12) + 1, 1) * DAY_S - z.offset_s;
}

char *civil_print(const struct civil *c, char *out, size_t cap)
{
    snprintf(out, cap, "%04d-%02u-%02u %02u:%02u:%02u", c->year, c->month, c->day, c->hour, c->minute, c->second);
    return out;
}

static int parse_offset(const char *name, struct zone *z)
{
    int h, m, used = 0;

    if (sscanf(name + 1, "%2d:%2d%n", &h, &m, &used) != 2 || name[1 + used] || h > 14 || m > 59 || h < 0 || m < 0)
        return CN_E_NOTFOUND;
    z->offset_s = (name[0] == '-' ? -1 : 1) * (h * HOUR_S + m * 60);
    return 0;
}

/* The tz database through libc: libc itself turns an unknown name into UTC, so the file is looked for first. */
static int parse_tzdb(const char *name, struct zone *z)
{
    char path[128];
    const char *before = getenv("TZ");
    char *saved = before ? strdup(before) : NULL;
    long first = 0;
    int ret = 0;

    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *f = strstr(name, "..") || name[0] == '/' ? NULL : fopen(path, "rb");
    char magic[4] = {0};
    /* a folder ("Asia") can be opened too, but it is no zone */
    bool zone = f && fread(magic, 1, sizeof magic, f) == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
    if (f)
        fclose(f);
    if (!zone) {
        free(saved);
        return CN_E_NOTFOUND;
    }
    setenv("TZ", name, 1);
    tzset();
    time_t now = time(NULL);
    for (int week = 0; week < 53; week++) {
        time_t t = now + (time_t)week * 7 * DAY_S;
        struct tm tm;
        localtime_r(&t, &tm);
        if (week == 0)
            first = tm.tm_gmtoff;
        else if (tm.tm_gmtoff != first)
            ret = CN_E_UNSUPPORTED;
    }
    if (saved)
        setenv("TZ", saved, 1);
    else
        unsetenv("TZ");
    tzset();
    free(saved);
    if (ret == 0)
        z->offset_s = (int32_t)first;
    return ret;
}

int zone_by_name(const char *name, struct zone *z)
{
    if (name[0] == '+' || name[0] == '-')
        return parse_offset(name, z);
    if (strcmp(name, "Asia/Shanghai") == 0) {
        z->offset_s = 8 * HOUR_S;
        return 0;
    }
    if (strcmp(name, "UTC") == 0) {
        z->offset_s = 0;
        return 0;
    }
    return name[0] ? parse_tzdb(name, z) : CN_E_NOTFOUND;
}
