#ifndef GATEWAY_CORE_CHILDREN_H
#define GATEWAY_CORE_CHILDREN_H

#include <stdbool.h>
#include <uv.h>

#include "gateway/core/proc.h"
#include "gateway/model/config.h"

/**
 * The programs that stand beside concentratord: the uplink ([uplink] or [maintenance]), the MQTT bridge
 * ([mqtt]) and the LCD ([hmi]). Each gets --config FILE. A program that is configured but not installed costs
 * one log line. They end with this process, also when it is killed (gateway/base/parent.h).
 */
enum { CHILDREN_MAX = 3 };

struct child {
    bool used; /**< started */
    struct proc proc;
};

struct children {
    struct child list[CHILDREN_MAX];
};

/** @param config must outlive the children */
void children_start(struct children *c, uv_loop_t *loop, const struct log *log, const struct config *config);
void children_stop(struct children *c);
bool children_stopped(const struct children *c);

#endif
