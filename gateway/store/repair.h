#ifndef GATEWAY_STORE_REPAIR_H
#define GATEWAY_STORE_REPAIR_H

#include "gateway/store/db.h"

enum { STORE_PATH = 256 };

/** "dir/name" into out. @return 0, CN_E_NOSPACE. */
int store_path(char out[STORE_PATH], const char *dir, const char *name);

/**
 * Open state_dir/store.db for writing: create it, finish what a power cut interrupted, check it when
 * repair_suspect asked for it, replace it when it is damaged. The caller holds store.lock.
 * @param damaged the caller knows that it is damaged
 * @return 0 or an error of schema_open other than CN_E_CORRUPT
 */
int repair_open(const char *dir, bool damaged, struct db *d, struct store_opened *report);

/** Leave a mark that the next repair_open checks the whole database. */
void repair_suspect(const char *dir);

#endif
