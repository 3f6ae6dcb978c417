#ifndef GATEWAY_STORE_CRC32_H
#define GATEWAY_STORE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/** CRC-32 of IEEE 802.3 (polynomial 04C11DB7 reflected); "123456789" gives CBF43926. Chain by passing the
 * last result. */
uint32_t crc32_add(uint32_t crc, const void *p, size_t n);

/**
 * Checksum of one stored record: over the kind of its table, its key columns and its bytes, so that a record
 * which turns up under another key, or a column which changed beside the bytes, is found too.
 */
uint32_t crc32_record(char kind, int64_t k1, int64_t k2, int64_t k3, const void *p, size_t n);

#endif
