#ifndef TESTS_SIM_METER_PARAMS_H
#define TESTS_SIM_METER_PARAMS_H

#include <stdint.h>

#include "gateway/base/buf.h"

/** Items with a fixed factory value: parameters, name plate, prepayment. @return bytes appended,
 * CN_E_NOTFOUND. */
int sm_param_put(uint32_t di, struct wbuf *out);
/** @return size of an item that may be written, CN_E_NOTFOUND for the others. */
int sm_param_writable(uint32_t di);

#endif
