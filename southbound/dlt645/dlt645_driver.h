#ifndef SOUTHBOUND_DLT645_DLT645_DRIVER_H
#define SOUTHBOUND_DLT645_DLT645_DRIVER_H

#include "southbound/driver.h"

/**
 * DL/T 645-2007 (F10 protocol code 30). Items that share a block are read with one request; a block that the
 * meter refuses, answers with a bad length or leaves unanswered while it answers single items is remembered
 * and read singly from then on. Answers are accepted only from the asked address, with the asked function and
 * identifier (DL/T 645 reference part 1, 7.1); others are counted as foreign and do not end the wait. After a
 * failed try the line is drained; abnormal answers are not repeated.
 */
extern const struct meter_driver dlt645_2007_driver;

#endif
