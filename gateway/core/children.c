#include "gateway/core/children.h"

#include <stdio.h>
#include <string.h>

static bool wants_uplink(const struct config *c)
{
    return c->uplink.present || c->maintenance.present;
}

static bool wants_mqtt(const struct config *c)
{
    return c->mqtt_present;
}

static bool wants_hmi(const struct config *c)
{
    return c->hmi_present;
}

static const struct program {
    const char *name;
    bool (*wanted)(const struct config *c);
} programs[CHILDREN_MAX] = {
    {"concentrator-uplink", wants_uplink},
    {"concentrator-mqtt", wants_mqtt},
    {"concentrator-hmi", wants_hmi},
};

void children_start(struct children *c, uv_loop_t *loop, const struct log *log, const struct config *config)
{
    memset(c, 0, sizeof *c);
    for (unsigned i = 0; i < CHILDREN_MAX; i++) {
        struct child *child = &c->list[i];
        struct proc *p = &child->proc;
        p->name = programs[i].name;
        if (!programs[i].wanted(config))
            continue;
        if (proc_find(p->name, p->path) < 0) {
            log_warning(log, "%s is configured but not installed", p->name);
            continue;
        }
        p->loop = loop;
        p->log = log;
        snprintf(p->label, sizeof p->label, "%s", p->name);
        p->args[1] = "--config";
        p->args[2] = config->path;
        child->used = true;
        proc_start(p);
    }
}

void children_stop(struct children *c)
{
    for (unsigned i = 0; i < CHILDREN_MAX; i++) {
        if (c->list[i].used)
            proc_stop(&c->list[i].proc);
    }
}

bool children_stopped(const struct children *c)
{
    for (unsigned i = 0; i < CHILDREN_MAX; i++) {
        if (c->list[i].used && !proc_stopped(&c->list[i].proc))
            return false;
    }
    return true;
}
