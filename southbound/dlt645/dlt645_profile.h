#ifndef SOUTHBOUND_DLT645_DLT645_PROFILE_H
#define SOUTHBOUND_DLT645_DLT645_PROFILE_H

#include "southbound/profile.h"

/** The DL/T 645-2007 side of profiles: the functions of struct meter_driver with these names. Pure. */
int dlt645_profile_item(const char *text, struct profile_item *item, char *why, size_t cap);
int dlt645_profile_finish(struct profile *p, char *why, size_t cap);
int dlt645_profile_replay(const struct profile_item *item, const uint8_t *answer, size_t n,
                          const uint8_t *then, size_t n_then, unsigned *index, struct reading *r);

#endif
