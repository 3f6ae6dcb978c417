#ifndef GATEWAY_STORE_SCHEMA_H
#define GATEWAY_STORE_SCHEMA_H

#include "gateway/store/db.h"

/** Number of the present layout (PRAGMA user_version). */
enum { SCHEMA_VERSION = 2, SCHEMA_PAGE = 2048 };

/**
 * Open a database file for writing and bring it to a layout: WAL, synchronous=FULL, the settings of the
 * product.
 * @return 0, CN_E_UNSUPPORTED (written by newer software), CN_E_CORRUPT (not ours, damaged), CN_E_IO,
 * CN_E_FULL, CN_E_BUSY
 */
int schema_open(const char *path, struct db *d);

/**
 * Run the steps that are still missing: step i takes version i to i + 1, each in one transaction with its new
 * version number, so a power cut leaves the old or the new version.
 * @return 0, CN_E_UNSUPPORTED (version above n), or the error of the step that failed
 */
int schema_migrate(struct db *d, const char *const *steps, unsigned n);

#endif
