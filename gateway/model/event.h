#ifndef GATEWAY_MODEL_EVENT_H
#define GATEWAY_MODEL_EVENT_H

#include <stdint.h>

#include "gateway/model/layout.h"

/**
 * Event records of AFN 0EH (Q/GDW 376.1-2009, reference part 6): ERC (1), Le (1), time A.15 (5), content.
 * One row per ERC: name and layout of the content behind Le. Records are kept and sent as these bytes.
 */
enum { EVENT_MAX = 257, EVENT_RING = 256, EVENT_ERC3_ITEMS = 62 /**< DADTs of one ERC3 record */ };

enum event_ring { RING_IMPORTANT = 1, RING_GENERAL = 2 };

struct event_def {
    uint8_t erc;
    const char *name;         /**< "reading failure" */
    const char *clause;
    const struct lay *layout; /**< behind Le, time included; never NULL */
    bool raised;              /**< this concentrator can raise it (AFN 09 F8) */
};

/** All rows in ERC order. */
const struct event_def *event_all(size_t *count);
/** @return the row of an ERC, NULL for ERC 0 and those above 35 (skip them by Le). */
const struct event_def *event_find(unsigned erc);

/**
 * Build a record from the content behind the time.
 * @param local the time of the event, local
 * @return record length, CN_E_NOSPACE, CN_E_RANGE (content over 250 bytes)
 */
int event_build(uint8_t erc, const struct civil *local, const uint8_t *content, size_t n, struct wbuf *out);

/* Contents of the events this concentrator raises. Each appends to w; look at w->err. */
/** ERC3: MSA and the DADTs of the accepted units. EVENT_ERC3_ITEMS fit; more need several records. */
void event_put_erc3(struct wbuf *w, uint8_t msa, const uint8_t (*dadts)[4], unsigned n);
/** ERC14: the off time is the event's own time; on = NULL writes EE. */
void event_put_erc14(struct wbuf *w, const struct civil *on);
/** ERC20: wrong password. */
void event_put_erc20(struct wbuf *w, const uint8_t pw[16], uint8_t msa);
/** ERC21: terminal fault code 1..6. */
void event_put_erc21(struct wbuf *w, uint8_t code);
/** ERC31: reading failure; last may be NULL (never read), values may be VALUE_NONE. */
void event_put_erc31(struct wbuf *w, unsigned point, bool start, const struct civil *last,
                     struct value forward_active, struct value forward_reactive);

#endif
