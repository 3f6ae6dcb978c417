#include "northbound/mqtt/roster.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "northbound/mqtt/sealed.h"

#define HEAD "concentrator-mqtt meters 1\n"

enum { LINE = 96, ID_CHARS = MQTT_METER_ID - 1 };

struct roster_meter *roster_at(const struct roster *r, unsigned point)
{
    return point >= 1 && point <= POINT_MAX ? &r->at[point] : NULL;
}

static bool id_used(const struct roster *r, const char *id, unsigned but)
{
    for (unsigned p = 1; p <= POINT_MAX; p++) {
        if (p != but && strcmp(r->at[p].id, id) == 0)
            return true;
    }
    return false;
}

static void make_id(const struct roster *r, const struct meter *m, char id[MQTT_METER_ID])
{
    char address[ADDR_TEXT];

    snprintf(id, MQTT_METER_ID, "%s", addr_print(m->address, address));
    if (id_used(r, id, m->point))
        snprintf(id, MQTT_METER_ID, "%s-%u", address, m->point);
}

void roster_forget(struct roster *r, const char *id)
{
    for (unsigned i = 0; i < r->gone_count; i++) {
        if (strcmp(r->gone[i], id) != 0)
            continue;
        memmove(r->gone[i], r->gone[i + 1], (size_t)(r->gone_count - i - 1U) * MQTT_METER_ID);
        r->gone_count--;
        r->changed = true;
        return;
    }
}

/* When the list is full the oldest topic stays behind: a broker then shows a meter that is no more. */
static void add_gone(struct roster *r, const char *id)
{
    if (!id[0])
        return;
    roster_forget(r, id);
    if (r->gone_count == ROSTER_GONE)
        roster_forget(r, r->gone[0]);
    snprintf(r->gone[r->gone_count++], MQTT_METER_ID, "%s", id);
    r->changed = true;
}

void roster_begin(struct roster *r)
{
    for (unsigned p = 1; p <= POINT_MAX; p++)
        r->at[p].seen = false;
}

static void leave(struct roster *r, struct roster_meter *x, uint64_t rec)
{
    add_gone(r, x->id);
    memcpy(x->before, x->id, sizeof x->before);
    x->id[0] = '\0';
    x->since = rec;
    x->m = (struct meter){0};
    x->last_at = 0;
    x->last_rec = 0;
    x->online = false;
    x->due = 0;
    x->keys = 0;
    r->changed = true;
}

static void enter(struct roster *r, struct roster_meter *x, uint64_t rec)
{
    make_id(r, &x->m, x->id);
    x->since = rec;
    x->due = DUE_STATUS | DUE_STATE | DUE_INFO | DUE_CONFIG;
    r->changed = true;
}

/* The address is what stands in front of a possible "-POINT". */
static bool same_address(const char *id, const struct meter *m)
{
    char address[ADDR_TEXT];

    return strncmp(id, addr_print(m->address, address), ADDR_TEXT - 1) == 0;
}

void roster_take(struct roster *r, const struct meter *m, uint64_t rec)
{
    struct roster_meter *x = roster_at(r, m->point);

    if (!x)
        return;
    x->seen = true;
    if (x->id[0] && !same_address(x->id, m))
        leave(r, x, rec);
    if (x->id[0] && memcmp(&x->m, m, sizeof *m) != 0)
        x->due |= DUE_INFO | DUE_CONFIG;
    x->m = *m;
}

void roster_end(struct roster *r, uint64_t rec)
{
    r->count = 0;
    for (unsigned p = 1; p <= POINT_MAX; p++) {
        struct roster_meter *x = &r->at[p];
        if (x->id[0] && !x->seen)
            leave(r, x, rec);
    }
    /* ids only now: a meter that moved has left its old point */
    for (unsigned p = 1; p <= POINT_MAX; p++) {
        struct roster_meter *x = &r->at[p];
        if (x->seen && !x->id[0])
            enter(r, x, rec);
        r->count = (uint16_t)(r->count + (x->id[0] != '\0'));
    }
    /* a meter that moved to another point is still there */
    for (unsigned i = r->gone_count; i-- > 0;) {
        if (id_used(r, r->gone[i], 0))
            roster_forget(r, r->gone[i]);
    }
}

const char *roster_id(const struct roster *r, unsigned point, uint64_t rec)
{
    const struct roster_meter *x = roster_at(r, point);

    if (!x)
        return NULL;
    const char *id = rec >= x->since ? x->id : x->before;
    /* records older than the first sight of the archive belong to the first meter seen */
    if (!id[0] && rec < x->since)
        id = x->id;
    return id[0] ? id : NULL;
}

void roster_refresh(struct roster *r, unsigned due)
{
    for (unsigned p = 1; p <= POINT_MAX; p++) {
        if (r->at[p].id[0])
            r->at[p].due |= (uint8_t)due;
    }
}

/* ---- saved form ---- */

static void put_line(struct wbuf *w, const char *line)
{
    wbuf_bytes(w, line, strlen(line));
}

void roster_put(struct wbuf *w, const struct roster *r)
{
    char line[LINE];

    put_line(w, HEAD);
    for (unsigned p = 1; p <= POINT_MAX; p++) {
        const struct roster_meter *x = &r->at[p];
        if (!x->id[0] && !x->before[0])
            continue;
        snprintf(line, sizeof line, "m %u %s %s %" PRIu64 "\n", p, x->id[0] ? x->id : "-",
                 x->before[0] ? x->before : "-", x->since);
        put_line(w, line);
    }
    for (unsigned i = 0; i < r->gone_count; i++) {
        snprintf(line, sizeof line, "g %s\n", r->gone[i]);
        put_line(w, line);
    }
    sealed_close(w);
}

static bool set_id(char to[MQTT_METER_ID], const char *text)
{
    static const char allowed[] = "0123456789ABCDEF-";

    if (strcmp(text, "-") == 0)
        return true;
    if (strspn(text, allowed) != strlen(text))
        return false;
    snprintf(to, MQTT_METER_ID, "%s", text);
    return true;
}

static bool get_line(struct roster *r, const char *line)
{
    char id[ID_CHARS + 1], before[ID_CHARS + 1];
    unsigned point;
    uint64_t since;

    if (sscanf(line, "m %u %23s %23s %" SCNu64, &point, id, before, &since) == 4) {
        struct roster_meter *x = roster_at(r, point);
        if (!x || x->id[0] || !set_id(x->id, id) || !set_id(x->before, before))
            return false;
        x->since = since;
        x->due = DUE_STATUS | DUE_STATE | DUE_INFO | DUE_CONFIG;
        return true;
    }
    return sscanf(line, "g %23s", id) == 1 && r->gone_count < ROSTER_GONE &&
           set_id(r->gone[r->gone_count++], id);
}

int roster_get(struct roster *r, const char *text, size_t len)
{
    int n = sealed_open(text, len);
    bool good = n >= (int)strlen(HEAD) && memcmp(text, HEAD, strlen(HEAD)) == 0;

    for (const char *p = text + strlen(HEAD), *end = text + n; good && p < end;) {
        char line[LINE];
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t size = nl ? (size_t)(nl - p) : sizeof line;
        good = size < sizeof line;
        if (good) {
            memcpy(line, p, size);
            line[size] = '\0';
            good = get_line(r, line);
            p = nl + 1;
        }
    }
    if (good)
        return 0;
    memset(r->at, 0, sizeof *r->at * (POINT_MAX + 1));
    r->gone_count = 0;
    return CN_E_CORRUPT;
}
