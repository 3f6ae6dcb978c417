#ifndef GATEWAY_BASE_BUF_H
#define GATEWAY_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Bounded byte cursors. Every codec reads through struct rbuf and writes through struct wbuf; neither
 * allocates, neither can pass its end. Errors stick: after the first failure reads give 0 and writes are
 * dropped, so a codec reads straight down and looks at `err` once, at the end.
 */
struct rbuf {
    const uint8_t *p; /**< not owned; must outlive the cursor */
    size_t len;
    size_t pos;
    int err; /**< 0 or CN_E_SHORT, the first failure */
};

struct wbuf {
    uint8_t *p; /**< not owned */
    size_t cap;
    size_t len;
    int err; /**< 0 or CN_E_NOSPACE, the first failure */
};

struct rbuf rbuf_of(const void *p, size_t len);
size_t rbuf_left(const struct rbuf *r);
/** Little-endian unsigned integers: every protocol of this product sends the low byte first. */
uint8_t rbuf_u8(struct rbuf *r);
uint16_t rbuf_u16(struct rbuf *r);
uint32_t rbuf_u32(struct rbuf *r);
uint64_t rbuf_u64(struct rbuf *r);
int64_t rbuf_i64(struct rbuf *r);
/** Copy n bytes; on failure dst is zeroed and err set. */
void rbuf_bytes(struct rbuf *r, void *dst, size_t n);
/** @return pointer to n bytes inside the buffer, advanced past them; NULL and err set when fewer are left. */
const uint8_t *rbuf_take(struct rbuf *r, size_t n);
/** A sub-cursor over the next n bytes, advanced past them; an empty one with err set when fewer are left. */
struct rbuf rbuf_sub(struct rbuf *r, size_t n);

struct wbuf wbuf_of(void *p, size_t cap);
size_t wbuf_left(const struct wbuf *w);
void wbuf_u8(struct wbuf *w, uint8_t v);
void wbuf_u16(struct wbuf *w, uint16_t v);
void wbuf_u32(struct wbuf *w, uint32_t v);
void wbuf_u64(struct wbuf *w, uint64_t v);
void wbuf_i64(struct wbuf *w, int64_t v);
void wbuf_bytes(struct wbuf *w, const void *src, size_t n);
void wbuf_fill(struct wbuf *w, uint8_t v, size_t n);
/** Strings in messages: length byte, then at most 255 bytes; longer text is cut. */
void wbuf_str(struct wbuf *w, const char *s);
/** Read a string of wbuf_str into dst (always terminated, cut to cap). */
void rbuf_str(struct rbuf *r, char *dst, size_t cap);

/** Hex text ("68 32 00" or "683200", case-insensitive, blanks skipped). @return byte count, CN_E_FORMAT, CN_E_NOSPACE. */
int hex_parse(const char *text, uint8_t *out, size_t cap);
/** Upper-case hex without blanks; out needs 2*n+1 bytes, is cut to what fits and always terminated. @return out. */
char *hex_print(const uint8_t *p, size_t n, char *out, size_t cap);

#endif
