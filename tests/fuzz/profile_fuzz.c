/* Any text as a meter profile: refused with one line that names file and line, or taken with at least one
 * test. */
#include <stdlib.h>
#include <string.h>

#include "southbound/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct profile p;
    char error[PROFILE_ERROR];

    if (size > 16384)
        return 0;
    if (profile_parse("f.profile", (const char *)data, size, &p, error) < 0) {
        if (strncmp(error, "f.profile:", 10) != 0 || strchr(error, '\n') || strlen(error) >= sizeof error)
            abort();
        return 0;
    }
    if (error[0] || !p.driver || p.item_count == 0 || p.test_count == 0 || strcmp(p.name, "f") != 0)
        abort();
    return 0;
}
