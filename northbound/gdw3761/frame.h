#ifndef NORTHBOUND_GDW3761_FRAME_H
#define NORTHBOUND_GDW3761_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"

/**
 * The Q/GDW 376.1-2009 frame (reference part 1, sections 1 to 4, 6, 8, 9): pure codec, both directions, so
 * that the terminal, the simulated master and `concentratorctl decode` share it. Nothing here allocates or
 * reads a clock.
 */
enum {
    GDW_L1_MIN = 12,    /**< C .. DADT without data */
    GDW_L1_MAX = 16383, /**< 14 bits of L */
    GDW_AROUND = 8,     /**< bytes of a frame outside L1: 68 L L 68 .. CS 16 */
    GDW_FRAME_MIN = GDW_L1_MIN + GDW_AROUND,
    GDW_FRAME_MAX = GDW_L1_MAX + GDW_AROUND,
    GDW_HEAD = 14, /**< 68 .. SEQ: offset of the first data unit */
    GDW_PW_LEN = 16,
    GDW_EC_LEN = 2,
    GDW_TP_LEN = 6,
    GDW_DADT_LEN = 4,
    GDW_PN_MAX = 2040,
    GDW_FN_MAX = 248,
    GDW_BROADCAST = 0xFFFF, /**< A2 of the system broadcast */
    GDW_PARTIAL_MS = 10000, /**< a started frame must be complete after this time */
};

/** Function codes of C (reference part 1, section 2). */
enum gdw_fc {
    GDW_FC_RESET = 1,
    GDW_FC_SEND = 4, /**< send / no reply: spontaneous data */
    GDW_FC_LINK = 9, /**< link test: login, heartbeat, logout */
    GDW_FC_CLASS1 = 10,
    GDW_FC_CLASS2 = 11,
    GDW_FC_ACK = 0,  /**< PRM = 0: acknowledge */
    GDW_FC_DATA = 8, /**< PRM = 0: user data */
    GDW_FC_NONE = 9, /**< PRM = 0: asked data not available */
};

/** Application functions (section 5). */
enum gdw_afn {
    GDW_AFN_CONFIRM = 0x00,
    GDW_AFN_RESET = 0x01,
    GDW_AFN_LINK = 0x02,
    GDW_AFN_RELAY = 0x03,
    GDW_AFN_SET = 0x04,
    GDW_AFN_CONTROL = 0x05,
    GDW_AFN_AUTH = 0x06,
    GDW_AFN_CASCADE = 0x08,
    GDW_AFN_TERMINAL = 0x09,
    GDW_AFN_QUERY = 0x0A,
    GDW_AFN_TASK = 0x0B,
    GDW_AFN_CLASS1 = 0x0C,
    GDW_AFN_CLASS2 = 0x0D,
    GDW_AFN_EVENTS = 0x0E,
    GDW_AFN_FILE = 0x0F,
    GDW_AFN_FORWARD = 0x10,
    GDW_AFN_COUNT = 0x11,
};

struct gdw_tp {
    uint8_t pfc;
    uint8_t time[4];   /**< A.16: second, minute, hour, day in BCD, as on the wire */
    uint8_t delay_min; /**< 0 = no check */
};

struct gdw_frame {
    bool up;  /**< DIR: terminal -> master */
    bool prm; /**< starts an exchange */
    bool acd; /**< D5: ACD uplink, FCB downlink */
    bool fcv; /**< D4: FCV downlink, reserved uplink (some devices set it) */
    uint8_t fc;
    uint16_t a1; /**< region as four BCD digits: 4403 = 0x4403 */
    uint16_t a2;
    uint8_t msa; /**< 0..127 */
    bool group;  /**< A3.D0: A2 is a group address or the broadcast */
    uint8_t afn;
    bool tpv, fir, fin, con;
    uint8_t seq;         /**< PSEQ of a start frame, RSEQ of an answer, 0..15 */
    const uint8_t *data; /**< data units; points into the frame */
    uint16_t data_len;
    const uint8_t *pw; /**< 16 bytes, NULL when there is none */
    bool has_ec;
    uint8_t ec1, ec2;
    struct gdw_tp tp; /**< meaningful when tpv */
    bool
        aux_bad; /**< PW, EC or Tp do not fit into L1: the data area is malformed, data_len is what is left */
};

/** C as one byte. */
uint8_t gdw_frame_c(const struct gdw_frame *f);
/** SEQ as one byte. */
uint8_t gdw_frame_seq(const struct gdw_frame *f);

/** Downlink frames of these AFN carry PW (section 5): 01, 04, 05, 06, 10; 0F decides by its length. */
bool gdw_afn_has_pw(unsigned afn);

/**
 * Decode one whole frame; len must be its exact length.
 * @return 0; CN_E_SHORT (less than the length field says); CN_E_FRAME (68/16, lengths, protocol id, L1 range,
 * bytes behind); CN_E_CHECKSUM. Keeps pointers into p. A frame whose AUX does not fit is decoded with aux_bad
 * set.
 */
int gdw_frame_decode(const uint8_t *p, size_t len, struct gdw_frame *f);

/**
 * Build a frame around data units that the caller writes itself: open, append units to w, close. open
 * reserves the header at the present end of w. close appends PW (downlink AFN of the PW set when f->pw), EC
 * (f->has_ec) and Tp (f->tpv), fills in the header from f, adds CS and 16H. The fields of f may change
 * between the two calls.
 * @return open: offset to hand to close, CN_E_NOSPACE. close: frame length, CN_E_NOSPACE (w->len is then back
 * at the start), CN_E_RANGE (L1 above 16383 or below 12).
 */
int gdw_frame_open(struct wbuf *w);
int gdw_frame_close(struct wbuf *w, int start, const struct gdw_frame *f);
/** Bytes that close will append before CS and 16H: PW, EC, Tp. */
size_t gdw_frame_aux_len(const struct gdw_frame *f);
/** The two at once for f->data, f->data_len. @return frame length or as gdw_frame_close. */
int gdw_frame_encode(struct wbuf *w, const struct gdw_frame *f);

/** Put another Tp into a finished frame that has one (re-sent answers, section 6). p[0..len) is a valid
 * frame. */
void gdw_frame_set_tp(uint8_t *p, size_t len, const struct gdw_tp *tp);

/* ---- receiver (section 4) ---- */

/**
 * Finds frames in a stream: on any failure the first byte is dropped and the search starts again, so no valid
 * frame behind noise is lost; a partial frame is given up after GDW_PARTIAL_MS. Fixed memory, owned by the
 * caller.
 */
struct gdw_rx {
    uint8_t *buf;
    size_t cap;       /**< at least GDW_FRAME_MAX */
    size_t head, len; /**< bytes [head, len) wait */
    int64_t since_ms; /**< monotonic time the byte at head became the start of a partial frame; 0 = none */
    uint32_t frames, skipped; /**< counters: good frames, bytes dropped */
};

void gdw_rx_init(struct gdw_rx *rx, uint8_t *buf, size_t cap);
/** Room for received bytes; after writing n of them call gdw_rx_added. Never 0 once gdw_rx_next has returned
 * 0. */
uint8_t *gdw_rx_room(struct gdw_rx *rx, size_t *room);
void gdw_rx_added(struct gdw_rx *rx, size_t n);
/** Copy in as many as fit. @return number taken. */
size_t gdw_rx_put(struct gdw_rx *rx, const uint8_t *p, size_t n);
/**
 * Next good frame (checksum included).
 * @return its length with *frame pointing into the buffer (valid until the next call on rx); 0 = none yet.
 */
int gdw_rx_next(struct gdw_rx *rx, int64_t now_ms, const uint8_t **frame);
/** Monotonic ms at which a waiting partial frame is given up (call gdw_rx_next then); INT64_MAX = none waits.
 */
int64_t gdw_rx_deadline(const struct gdw_rx *rx);
/** Forget what waits (new connection). */
void gdw_rx_reset(struct gdw_rx *rx);

/* ---- data unit identifier DA1 DA2 DT1 DT2 (section 8) ---- */

struct gdw_dadt {
    uint8_t da1, da2, dt1, dt2;
};

enum gdw_da_kind {
    GDW_DA_ZERO, /**< 00 00: p0 */
    GDW_DA_SET,  /**< the points of one group of eight */
    GDW_DA_ALL,  /**< FF 00, 00 FF: every configured point */
    GDW_DA_NONE, /**< names nothing */
};

int gdw_dadt_get(struct rbuf *r, struct gdw_dadt *d); /**< @return 0, CN_E_SHORT */
void gdw_dadt_put(struct wbuf *w, const struct gdw_dadt *d);
/** The DADT of one item: pn 0..2040, fn 1..248. */
struct gdw_dadt gdw_dadt_of(unsigned pn, unsigned fn);
/** The DADT of all points of one Fn, sent as FF 00. */
struct gdw_dadt gdw_dadt_all(unsigned fn);
/** FF FF is GDW_DA_SET (p2033..p2040) here; the application knows whether such points exist. */
enum gdw_da_kind gdw_dadt_kind(const struct gdw_dadt *d);
/** False when DT1 = 0 or DT2 > 30: no Fn is named. */
bool gdw_dadt_has_fn(const struct gdw_dadt *d);
/** k-th (0..7) point / Fn that is set in its byte. @return number, 0 when bit k is clear. GDW_DA_SET only for
 * pn. */
unsigned gdw_dadt_pn(const struct gdw_dadt *d, unsigned k);
unsigned gdw_dadt_fn(const struct gdw_dadt *d, unsigned k);

/* ---- AFN 00 ---- */

/**
 * What a confirmation says, read leniently as section 14 advises: stray bytes behind F1 and F2, F3 with DT1 =
 * 03H, F3 lists of 5k or 1 + 5k bytes.
 * @return 1 confirmed, 0 denied, CN_E_FRAME (not an AFN 00 F1..F3)
 */
int gdw_confirm_read(const struct gdw_frame *f);

#endif
