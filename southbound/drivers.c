#include "southbound/driver.h"

#include <string.h>

#include "southbound/dlt645/dlt645_driver.h"

/* One line a protocol. */
static const struct meter_driver *const drivers[] = {
    &dlt645_2007_driver,
};

enum { DRIVERS = sizeof drivers / sizeof *drivers };

const struct meter_driver *driver_by_framing(const char *name)
{
    for (size_t i = 0; i < DRIVERS; i++) {
        if (strcmp(drivers[i]->framing, name) == 0)
            return drivers[i];
    }
    return NULL;
}

const struct meter_driver *driver_by_protocol(unsigned code)
{
    for (size_t i = 0; i < DRIVERS; i++) {
        if (drivers[i]->protocol == code)
            return drivers[i];
    }
    return NULL;
}

struct meter_memory *meter_memory_of(struct meter_memories *all, const struct profile *p,
                                     const uint8_t address[ADDR_LEN])
{
    struct meter_memory *found = &all->m[0];

    for (size_t i = 0; i < METER_MEMORY_MAX; i++) {
        struct meter_memory *m = &all->m[i];
        if (m->profile == p && memcmp(m->address, address, ADDR_LEN) == 0) {
            found = m;
            break;
        }
        if (m->used < found->used)
            found = m; /* free entries have never been used */
    }
    if (found->profile != p || memcmp(found->address, address, ADDR_LEN) != 0) {
        *found = (struct meter_memory){.profile = p};
        memcpy(found->address, address, ADDR_LEN);
    }
    found->used = ++all->clock;
    /* a block that met noise alone shall not count as unknown for ever */
    if (found->silent && ++found->silent_uses >= METER_SILENT_USES) {
        found->silent = 0;
        found->silent_uses = 0;
    }
    return found;
}
