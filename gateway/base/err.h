#ifndef GATEWAY_BASE_ERR_H
#define GATEWAY_BASE_ERR_H

/**
 * The one error idiom: functions return >= 0 (often a count) or a negative CN_E_... code.
 * "Need more bytes" (CN_E_SHORT), "bad bytes" (CN_E_FRAME, CN_E_CHECKSUM, CN_E_FORMAT) and "the peer said
 * no" (CN_E_DENIED) are different things. An error is logged once, by the layer that decides what to do.
 */
enum cn_err {
#define CN_ERR(sym, num, text) CN_E_##sym = -(num),
#include "gateway/base/err.def"
#undef CN_ERR
};

/** @return the symbol without prefix ("CHECKSUM") of a code given as negative or positive; "UNKNOWN" else. */
const char *cn_err_name(int err);

/** @return the sentence of a code, without a full stop; never NULL. */
const char *cn_err_text(int err);

#endif
