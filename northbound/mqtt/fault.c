#include "northbound/mqtt/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "gateway/base/civil.h"

/* This software is younger: 2026-01-01 00:00:00 UTC. */
static const int64_t software_s = 1767225600;

enum { BACKWARDS_S = 24 * 3600 /* set back by a day is still no reason to stop */ };

void fault_set(struct fault *f, enum fault_kind kind, const char *fmt, ...)
{
    va_list ap;

    f->kind = (uint8_t)kind;
    va_start(ap, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, ap);
    va_end(ap);
}

struct row {
    uint8_t code, kind;
    const char *text;
};

static const struct row connack[] = {
    {1, FAULT_BROKER, "it does not speak MQTT 3.1.1"}, {2, FAULT_BROKER, "it does not accept the client id"},
    {3, FAULT_BROKER, "its service is not available"}, {4, FAULT_REFUSED, "user or password is wrong"},
    {5, FAULT_REFUSED, "we are not authorised"},
};

static const struct row reasons[] = {
    {0x80, FAULT_BROKER, "unspecified error"},
    {0x81, FAULT_BROKER, "malformed packet"},
    {0x82, FAULT_BROKER, "protocol error"},
    {0x83, FAULT_BROKER, "implementation specific error"},
    {0x84, FAULT_BROKER, "it does not speak MQTT 5"},
    {0x85, FAULT_BROKER, "it does not accept the client id"},
    {0x86, FAULT_REFUSED, "user or password is wrong"},
    {0x87, FAULT_REFUSED, "we are not authorised"},
    {0x88, FAULT_BROKER, "its service is not available"},
    {0x89, FAULT_BROKER, "it is busy"},
    {0x8A, FAULT_REFUSED, "we are banned"},
    {0x8B, FAULT_BROKER, "it is shutting down"},
    {0x8C, FAULT_REFUSED, "bad authentication method"},
    {0x8D, FAULT_BROKER, "keep-alive time-out"},
    {0x8E, FAULT_BROKER, "another client took over our session: is the client id used twice?"},
    {0x90, FAULT_BROKER, "topic name invalid"},
    {0x93, FAULT_BROKER, "receive maximum exceeded"},
    {0x95, FAULT_BROKER, "packet too large"},
    {0x96, FAULT_BROKER, "message rate too high"},
    {0x97, FAULT_BROKER, "quota exceeded"},
    {0x98, FAULT_BROKER, "administrative action"},
    {0x99, FAULT_BROKER, "payload format invalid"},
    {0x9A, FAULT_BROKER, "it does not support retained messages"},
    {0x9B, FAULT_BROKER, "it does not support QoS 1"},
    {0x9C, FAULT_BROKER, "use another server"},
    {0x9D, FAULT_BROKER, "server moved"},
    {0x9F, FAULT_BROKER, "connection rate exceeded"},
};

static const struct row *find(const struct row *rows, unsigned count, unsigned code)
{
    for (unsigned i = 0; i < count; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

void fault_of_connack(struct fault *f, unsigned version, unsigned code)
{
    const struct row *r = version == 5 ? find(reasons, sizeof reasons / sizeof reasons[0], code)
                                       : find(connack, sizeof connack / sizeof connack[0], code);

    if (r)
        fault_set(f, (enum fault_kind)r->kind, "it refuses the connection: %s", r->text);
    else
        fault_set(f, FAULT_BROKER, "it refuses the connection with code %u", code);
}

const char *fault_reason(unsigned code)
{
    const struct row *r = find(reasons, sizeof reasons / sizeof reasons[0], code);

    return r ? r->text : "unknown reason";
}

bool fault_clock_ok(struct fault *f, int64_t now_s, int64_t known_s)
{
    char now[24], known[24];
    int64_t floor_s = known_s - BACKWARDS_S > software_s ? known_s - BACKWARDS_S : software_s;

    if (now_s >= floor_s)
        return true;
    struct civil a = civil_from_s(now_s), b = civil_from_s(known_s > software_s ? known_s : software_s);
    fault_set(f, FAULT_CLOCK, "TLS waits for the clock: it says %s UTC, but it was later than %s already",
              civil_print(&a, now, sizeof now), civil_print(&b, known, sizeof known));
    return false;
}
