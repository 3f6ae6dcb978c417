#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/model/config.h"
#include "gateway/model/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any text as a configuration: refused with one line that names the file, or whole and within its ranges. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned fns[] = {1, 3, 8};
    static struct config c;
    char error[CONFIG_ERROR];
    uint8_t unit[64];

    memset(error, 'x', sizeof error);
    int ret = config_parse("f.ini", (const char *)data, size, false, &c, error);
    if (!memchr(error, 0, sizeof error))
        abort();
    if (ret < 0) {
        if (ret != CN_E_CONFIG || strncmp(error, "f.ini:", 6) != 0 || strchr(error, '\n'))
            abort();
        return 0;
    }
    if (c.port_count > CONFIG_PORTS_MAX || c.terminal.address == 0 || c.terminal.region == 0 || error[0])
        abort();
    for (unsigned i = 0; i < c.port_count; i++) {
        if (c.ports[i].number < 1 || c.ports[i].number > 31 || !c.ports[i].device[0] ||
            (i > 0 && c.ports[i].number <= c.ports[i - 1].number))
            abort();
    }
    for (unsigned i = 0; i < 3; i++) {
        int n = config_param(&c, fns[i], unit, sizeof unit);
        struct rbuf r = rbuf_of(unit, n > 0 ? (size_t)n : 0);
        if (n <= 0 || param_check(param_find(fns[i]), &r) != n)
            abort();
    }
    return 0;
}
