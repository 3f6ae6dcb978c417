#ifndef GATEWAY_BASE_CIVIL_H
#define GATEWAY_BASE_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Civil time and its arithmetic, pure: no clock is read here. Stored time is UTC seconds since 1970 (int64_t);
 * local time exists only in codecs and on the LCD. A concentrator's zone has no daylight saving: a day freeze
 * needs 24 hours in every day.
 */
struct zone {
    int32_t offset_s; /**< local = UTC + offset; -14 h .. +14 h */
};

struct civil {
    int16_t year;  /**< 1970..2199 */
    uint8_t month; /**< 1..12 */
    uint8_t day;   /**< 1..31 */
    uint8_t hour, minute, second;
    uint8_t weekday; /**< 1..7 = Monday..Sunday; 0 = not given */
};

bool civil_valid(const struct civil *c);
int civil_days_in_month(int year, int month);
/** Seconds of a civil time read as UTC; fields must be valid. weekday is ignored. */
int64_t civil_to_s(const struct civil *c);
/** Civil time of seconds read as UTC, weekday filled. */
struct civil civil_from_s(int64_t s);
int64_t zone_to_utc(struct zone z, const struct civil *local);
struct civil zone_to_local(struct zone z, int64_t utc);

/**
 * Slots: a freeze is named by the local day, month or hour whose end it belongs to.
 * Day slot: days since 1970-01-01 local. Month slot: (year - 1970) * 12 + month - 1. Hour slot: hours since
 * 1970-01-01 00:00 local; hour slot h is frozen at the end of that hour.
 */
int64_t slot_day(struct zone z, int64_t utc);
int64_t slot_month(struct zone z, int64_t utc);
int64_t slot_hour(struct zone z, int64_t utc);
/** UTC second at which the slot ends (= the next one begins). */
int64_t slot_day_end(struct zone z, int64_t day);
int64_t slot_month_end(struct zone z, int64_t month);
int64_t slot_hour_end(struct zone z, int64_t hour);

/** "2026-11-22 10:30:15"; out needs 20 bytes. @return out. */
char *civil_print(const struct civil *c, char *out, size_t cap);

/**
 * A zone by name: "+08:00"-style offsets, "UTC", and tz database names that have no daylight saving
 * ("Asia/Shanghai" is built in, others need the database on the box).
 * @return 0, CN_E_NOTFOUND (unknown name), CN_E_UNSUPPORTED (the zone changes its offset during the year).
 */
int zone_by_name(const char *name, struct zone *z);

#endif
