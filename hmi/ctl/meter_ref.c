#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "hmi/ctl/app.h"

enum ref_kind { REF_POINT, REF_INDEX, REF_ADDRESS };

struct meter_ref {
    enum ref_kind kind;
    long number;
    uint8_t address[ADDR_LEN];
    struct meter *out;
    unsigned seen; /**< meters in the archive */
    unsigned found;
};

static int match_meter(void *ctx, const struct meter *m)
{
    struct meter_ref *ref = ctx;
    bool hit = false;
    if (ref->kind == REF_POINT)
        hit = m->point == ref->number;
    else if (ref->kind == REF_INDEX)
        hit = m->index == ref->number;
    else
        hit = memcmp(m->address, ref->address, ADDR_LEN) == 0;
    ref->seen++;
    if (!hit)
        return 0;
    if (ref->found++ == 0)
        *ref->out = *m;
    return 0;
}

static bool parse_ref(const char *text, struct meter_ref *ref)
{
    if (text[0] == '#') {
        ref->kind = REF_INDEX;
        return parse_number(text + 1, 1, METER_INDEX_MAX, &ref->number);
    }
    /* before the point: an address may begin with zeros */
    ref->kind = REF_ADDRESS;
    if (strlen(text) == 2 * ADDR_LEN)
        return addr_parse(text, ref->address) == 0;
    ref->kind = REF_POINT;
    return parse_number(tolower((unsigned char)text[0]) == 'p' ? text + 1 : text, 1, POINT_MAX, &ref->number);
}

int app_find_meter(struct app *app, const char *text, struct meter *out)
{
    struct meter_ref ref = {.out = out};
    if (!parse_ref(text, &ref))
        return app_usage(
            app,
            "\"%s\" names no meter: give a measuring point (37), an index (#37) or an address of "
            "12 digits",
            text);
    struct view *view = app_view(app);
    if (!view)
        return EXIT_FAILED;
    int rc = view_meters(view, match_meter, &ref);
    if (rc < 0)
        return app_view_error(app, rc);
    if (ref.found == 1)
        return EXIT_OK;
    if (ref.seen == 0)
        return app_fail(app, "there are no meters yet: no master station has set parameter F10");
    if (ref.found > 1)
        return app_fail(app, "%u meters have the address %s; name the measuring point", ref.found, text);
    if (ref.kind == REF_ADDRESS)
        return app_fail(app, "no meter with address %s; `concentratorctl meters` lists them", text);
    return app_fail(app, "no meter with %s %ld; `concentratorctl meters` lists them",
                    ref.kind == REF_INDEX ? "index" : "point", ref.number);
}
