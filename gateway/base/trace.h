#ifndef GATEWAY_BASE_TRACE_H
#define GATEWAY_BASE_TRACE_H

#include <stddef.h>
#include <stdint.h>

/**
 * The last frames of a line, for "why did meter 37 fail?". Fixed memory, oldest overwritten; entries are numbered
 * so that a reader sees what it missed.
 */
enum { TRACE_BYTES = 240 };

enum trace_dir { TRACE_TX = 0, TRACE_RX = 1, TRACE_NOTE = 2 /**< bytes are a text: time-out, checksum, echo */ };

struct trace_entry {
    uint64_t seq;     /**< 1, 2, ... for ever */
    int64_t at_ms;    /**< UTC ms */
    uint16_t point;   /**< measuring point the exchange was for, 0 = none */
    uint8_t dir;      /**< enum trace_dir */
    uint8_t len;      /**< bytes kept, <= TRACE_BYTES */
    uint16_t full;    /**< bytes on the line */
    uint8_t bytes[TRACE_BYTES];
};

struct trace_ring {
    struct trace_entry *slots; /**< caller's array */
    size_t count;
    uint64_t next_seq; /**< starts at 1 */
};

void trace_init(struct trace_ring *t, struct trace_entry *slots, size_t count);
/** Append; bytes beyond TRACE_BYTES are cut, `full` tells. @return the new entry, valid until overwritten. */
const struct trace_entry *trace_add(struct trace_ring *t, int64_t at_ms, uint8_t dir, uint16_t point, const uint8_t *bytes, size_t n);
/** The entry with the smallest number >= seq that is still kept; NULL when there is none yet. */
const struct trace_entry *trace_from(const struct trace_ring *t, uint64_t seq);

#endif
