#ifndef SOUTHBOUND_DLT645_DLT645_TABLES_H
#define SOUTHBOUND_DLT645_DLT645_TABLES_H

#include "southbound/dlt645/dlt645_data.h"

/** The rows themselves, one file an edition; ended by a row without pattern. Use dlt645_match and
 * dlt645_rows. */
extern const struct dlt645_row dlt645_rows_2007[];
extern const struct dlt645_row dlt645_rows_1997[];

/* A row or part with its usual fields; more follow the unit as designated initialisers. */
#define ROW(pattern_, name_, format_, ...)                                                                   \
    {                                                                                                        \
        .pattern = pattern_, .name = name_, .format = format_, .unit = __VA_ARGS__                           \
    }
#define PART(format_, unit_, name_, count_)                                                                  \
    {                                                                                                        \
        .format = format_, .unit = unit_, .name = name_, .count = count_                                     \
    }
#define GROUP(array_, name_, count_, labels_)                                                                \
    {                                                                                                        \
        .unit = "", .name = name_, .count = count_, .group_len = sizeof(array_) / sizeof *(array_),          \
        .group = array_, .labels = labels_                                                                   \
    }
#define PARTS(array_) .parts = array_, .part_count = sizeof(array_) / sizeof *(array_)

#endif
