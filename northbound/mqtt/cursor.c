#include "northbound/mqtt/cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "northbound/mqtt/sealed.h"

static const char form[] = "concentrator-mqtt cursor 1\nbacklog %" PRIu64 " %" PRIu64 "\nlive %" PRIu64 "\n";

void cursor_put(struct wbuf *w, const struct cursor *c)
{
    char text[CURSOR_BYTES];
    int n = snprintf(text, sizeof text, form, c->backlog, c->backlog_end, c->live);

    wbuf_bytes(w, text, (size_t)n);
    sealed_close(w);
}

int cursor_get(const char *text, size_t len, struct cursor *c)
{
    char copy[CURSOR_BYTES], again[CURSOR_BYTES];
    struct cursor x;
    int n = sealed_open(text, len);

    if (n < 0 || (size_t)n >= sizeof copy)
        return CN_E_CORRUPT;
    memcpy(copy, text, (size_t)n);
    copy[n] = '\0';
    if (sscanf(copy, "concentrator-mqtt cursor 1 backlog %" SCNu64 " %" SCNu64 " live %" SCNu64, &x.backlog,
               &x.backlog_end, &x.live) != 3)
        return CN_E_CORRUPT;
    /* sscanf is generous; what prints back to the same text was written by us */
    snprintf(again, sizeof again, form, x.backlog, x.backlog_end, x.live);
    if (strcmp(copy, again) != 0 || x.backlog > x.backlog_end || x.backlog_end > x.live)
        return CN_E_CORRUPT;
    *c = x;
    return 0;
}

int cursor_load(const char *path, struct cursor *c)
{
    char text[CURSOR_BYTES];
    int n = sealed_read(path, text, sizeof text);

    if (n < 0)
        return n == CN_E_NOSPACE ? CN_E_CORRUPT : n;
    return cursor_get(text, (size_t)n, c);
}

int cursor_save(const char *path, const struct cursor *c)
{
    char text[CURSOR_BYTES];
    struct wbuf w = wbuf_of(text, sizeof text);

    cursor_put(&w, c);
    return w.err ? w.err : sealed_write(path, text, w.len);
}
