/*
 * Whatever the bridge reads from outside itself: the section [mqtt], its own two files after damage, event
 * records and messages of the control socket. First byte = which of them.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "northbound/mqtt/control.h"
#include "northbound/mqtt/cursor.h"
#include "northbound/mqtt/payload.h"
#include "northbound/mqtt/roster.h"
#include "northbound/mqtt/sealed.h"
#include "northbound/mqtt/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool ok)
{
    if (!ok)
        abort();
}

static void settings(const uint8_t *p, size_t n)
{
    struct mqtt_settings s;
    char error[CONFIG_ERROR];
    int ret = mqtt_settings_parse("fuzz", (const char *)p, n, &s, error);

    expect(ret == 0 || (ret == CN_E_CONFIG && strncmp(error, "fuzz:", 5) == 0));
    expect(ret < 0 || (s.window >= 1 && s.window <= MQTT_WINDOW_MAX && s.max_payload >= 1024 && s.prefix[0]));
    expect(ret < 0 || !s.enable || (s.host[0] && s.port > 0));
}

/* The bytes under a right checksum: otherwise nothing would come past it. */
static size_t sealed(const uint8_t *p, size_t n, char *out, size_t cap)
{
    struct wbuf w = wbuf_of(out, cap);

    wbuf_bytes(&w, p, n);
    sealed_close(&w);
    return w.err ? 0 : w.len;
}

static void cursor(const uint8_t *p, size_t n)
{
    char text[512], again[512];
    struct wbuf w = wbuf_of(again, sizeof again);
    size_t len = sealed(p, n, text, sizeof text);
    struct cursor c;

    if (cursor_get(text, len, &c) < 0)
        return;
    expect(c.backlog <= c.backlog_end && c.backlog_end <= c.live);
    cursor_put(&w, &c);
    expect(w.len == len && memcmp(again, text, len) == 0);
}

static void roster(const uint8_t *p, size_t n)
{
    static struct roster_meter table[POINT_MAX + 1];
    static struct roster r;
    static char text[4096];
    size_t len = sealed(p, n, text, sizeof text);

    memset(table, 0, sizeof table);
    r = (struct roster){.at = table};
    int ret = roster_get(&r, text, len);
    expect(ret == 0 || ret == CN_E_CORRUPT);
    for (unsigned i = 1; i <= POINT_MAX; i++)
        expect(memchr(table[i].id, 0, sizeof table[i].id) && (ret == 0 || !table[i].id[0]));
    roster_begin(&r);
    roster_end(&r, 5);
    expect(r.count == 0 && r.gone_count <= ROSTER_GONE);
}

static void event(const uint8_t *p, size_t n)
{
    static char out[65536];
    struct payload_event e = {.d = "d", .record = p, .length = n};
    int len = payload_event(out, n % 2 ? sizeof out : 512, &e, NULL);

    expect(len == CN_E_NOSPACE || (len > 2 && out[0] == '{' && out[len - 1] == '}'));
    expect(payload_event_point(p, n) <= 0x0FFF);
}

static void message(const uint8_t *p, size_t n)
{
    struct control c;
    struct rbuf r = rbuf_of(p, n);

    control_init(&c);
    (void)control_take(&c, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const targets[])(const uint8_t *, size_t) = {settings, cursor, roster, event, message};

    if (size)
        targets[data[0] % 5](data + 1, size - 1);
    return 0;
}
