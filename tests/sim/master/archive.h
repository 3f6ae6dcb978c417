#ifndef TESTS_SIM_MASTER_ARCHIVE_H
#define TESTS_SIM_MASTER_ARCHIVE_H

#include <stdio.h>

#include "gateway/model/meter.h"

/**
 * The meter archive as CSV. The first line names the columns, in any order: index, point, port, baud,
 * protocol, address, password, tariffs, int_digits, dec_digits, collector, class, subclass; index and address
 * are needed, the others have defaults (point = index, port 1, baud 2400, protocol 30, zeros). Lines that
 * begin with # are skipped.
 */
struct ms_archive {
    unsigned count;
    uint8_t entry[METER_INDEX_MAX][F10_ENTRY]; /**< as sent in F10 */
    uint16_t index[METER_INDEX_MAX];
};

/** @param why receives a sentence with the line number on error @return entries, CN_E_IO, CN_E_FORMAT,
 * CN_E_RANGE, CN_E_FULL */
int ms_archive_read(FILE *f, struct ms_archive *out, char *why, size_t cap);
/** Entry of an index, NULL = none. */
const uint8_t *ms_archive_find(const struct ms_archive *a, unsigned index);

#endif
