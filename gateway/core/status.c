#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/core/box.h"

/* Sections in this order; after the ports come the meters that do not answer, METERS_A_PAGE indexes a
 * section. */
enum { SECTION_BOX, SECTION_EVENTS, SECTION_STORE, SECTION_CHILDREN, SECTION_PORTS, METERS_A_PAGE = 128 };

static void put(struct wbuf *w, const char *prefix, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void put(struct wbuf *w, const char *prefix, const char *key, const char *fmt, ...)
{
    char name[64], value[192];
    va_list ap;

    snprintf(name, sizeof name, "%s%s", prefix, key);
    va_start(ap, fmt);
    vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    ctl_put_kv(w, name, value);
}

static void put_time(const struct box *b, struct wbuf *w, const char *prefix, const char *key, int64_t at)
{
    char text[24];
    struct civil local = zone_to_local(b->config->terminal.zone, at);

    put(w, prefix, key, "%s", at ? civil_print(&local, text, sizeof text) : "-");
}

static const char *link_name(unsigned state)
{
    static const char *const names[] = {[LINK_OFF] = "off",
                                        [LINK_CONNECTING] = "connecting",
                                        [LINK_CONNECTED] = "connected",
                                        [LINK_LOGGED_IN] = "logged in"};

    return state < sizeof names / sizeof *names ? names[state] : "?";
}

static void box_section(struct box *b, struct wbuf *w)
{
    put(w, "", "version", "%s", CN_VERSION);
    put(w, "", "terminal", "%04x-%u", b->config->terminal.region, b->config->terminal.address);
    put(w, "", "uptime_s", "%" PRId64, (clock_mono_ms() - b->start_ms) / 1000);
    put_time(b, w, "", "clock", box_now(b));
    put(w, "", "clock_offset_ms", "%" PRId64, b->clock.offset_ms);
    put(w, "", "meters", "%u", b->meters.count);
    put(w, "", "alarm", "%s", events_alarm(&b->events) ? "on" : "off");
    put(w, "uplink.", "state", "%s", link_name(b->link.state));
    put(w, "uplink.", "peer", "%s", b->link.peer[0] ? b->link.peer : "-");
    put(w, "uplink.", "last_request", "%s", b->link.last_request[0] ? b->link.last_request : "-");
    put(w, "uplink.", "frames_in", "%u", b->link.frames_in);
    put(w, "uplink.", "frames_out", "%u", b->link.frames_out);
}

static void events_section(struct box *b, struct wbuf *w)
{
    const struct events *e = &b->events;
    char key[32], text[24];

    put(w, "events.", "ec1", "%u", e->state.ec1);
    put(w, "events.", "ec2", "%u", e->state.ec2);
    put(w, "events.", "acd", "%u", e->state.acd);
    put(w, "events.", "stored", "%u", e->stored);
    put(w, "events.", "waiting", "%u", e->queued);
    put(w, "events.", "dropped", "%u", e->dropped);
    put(w, "events.", "refused", "%u", e->refused);
    for (unsigned i = 0; i < EVENTS_RECENT; i++) {
        unsigned n = (e->recent_next + EVENTS_RECENT - 1u - i) % EVENTS_RECENT;
        struct civil local = zone_to_local(e->zone, e->recent[n].at);
        if (!e->recent[n].text[0])
            continue;
        snprintf(key, sizeof key, "last.%u", i + 1);
        put(w, "events.", key, "%s %s", civil_print(&local, text, sizeof text), e->recent[n].text);
    }
}

static void store_section(struct box *b, struct wbuf *w)
{
    struct store_stats s = {0};
    const struct ingest *in = &b->ingest;

    if (b->store)
        store_stats(b->store, &s);
    put(w, "store.", "state", "%s", b->store_error ? cn_err_text(b->store_error) : "ok");
    put(w, "store.", "commits", "%" PRIu64, s.commits);
    put(w, "store.", "rows", "%" PRIu64, s.rows);
    put(w, "store.", "bytes", "%" PRIu64, s.bytes);
    put(w, "store.", "db_bytes", "%" PRIu64, s.db_bytes);
    put(w, "store.", "wal_bytes", "%" PRIu64, s.wal_bytes);
    put(w, "ingest.", "pending_rows", "%u", in->pending);
    put(w, "ingest.", "pending_bytes", "%u", ingest_pending_bytes(in));
    put(w, "ingest.", "size_bytes", "%u", (unsigned)INGEST_BYTES);
    put(w, "ingest.", "committed", "%" PRIu64, in->committed);
    put(w, "ingest.", "dropped", "%" PRIu64, in->dropped);
    put(w, "ingest.", "commits", "%" PRIu64, in->commits);
    put(w, "ingest.", "errors", "%" PRIu64, in->errors);
    put(w, "ingest.", "last_commit_ms", "%u", in->last_commit_ms);
}

static void children_section(struct box *b, struct wbuf *w)
{
    static const char *const classes[] = {"forward", "demand", "control"};
    char prefix[48];

    for (unsigned i = 0; i < CHILDREN_MAX; i++) {
        const struct child *c = &b->children.list[i];
        if (!c->used)
            continue;
        snprintf(prefix, sizeof prefix, "child.%s.", c->proc.name);
        put(w, prefix, "state", "%s", proc_state_name(&c->proc));
        put(w, prefix, "pid", "%d", proc_pid(&c->proc));
        put(w, prefix, "restarts", "%u", c->proc.restarts);
    }
    put(w, "jobs.", "used", "%u", b->jobs.used);
    put(w, "jobs.", "peak", "%u", b->jobs.peak);
    put(w, "jobs.", "size", "%u", (unsigned)JOBS_POOL);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(prefix, sizeof prefix, "jobs.%s.", classes[i]);
        put(w, prefix, "taken", "%u", b->jobs.taken[i]);
        put(w, prefix, "refused", "%u", b->jobs.refused[i]);
    }
    put(w, "control.", "clients", "%u", ctlserver_count(&b->ctl));
    put(w, "control.", "size", "%u", (unsigned)CTL_CLIENTS);
    put(w, "control.", "accepted", "%u", b->ctl.accepted);
    put(w, "control.", "turned_away", "%u", b->ctl.turned_away);
    put(w, "control.", "dropped", "%u", b->ctl.dropped);
}

static const char *port_state(const struct box_port *p)
{
    if (p->bus.proc.state != PROC_RUNNING || !p->bus.hello)
        return "bus process is starting";
    if (p->sched.fault_since_ms)
        return "device error";
    if (p->sched.dead)
        return "no meter answers";
    return p->bus.busy ? "busy" : "idle";
}

static const char *sweep_state(const struct box *b, const struct sched *s)
{
    if (!cal_allowed(&s->rule, s->zone, box_now(b)))
        return "not allowed now";
    return s->sweep.active ? "running" : "waiting";
}

static void port_section(struct box *b, const struct box_port *p, struct wbuf *w)
{
    const struct sched *s = &p->sched;
    char at[40];

    snprintf(at, sizeof at, "port.%u.", p->config->number);
    put(w, at, "device", "%s", p->config->device);
    put(w, at, "state", "%s", port_state(p));
    put(w, at, "pid", "%d", proc_pid(&p->bus.proc));
    put(w, at, "restarts", "%u", p->bus.proc.restarts);
    put(w, at, "hung", "%u", p->bus.hung);
    put(w, at, "given_up", "%u", p->bus.given_up);
    put(w, at, "meters", "%u", s->count);
    put(w, at, "dead", "%u", sched_dead_count(s));
    put(w, at, "queue", "%u", jobs_waiting(&b->jobs, p->config->number));
    put(w, at, "jobs", "%u", s->sum.jobs);
    put(w, at, "requests", "%u", s->sum.requests);
    put(w, at, "answers", "%u", s->sum.answers);
    put(w, at, "timeouts", "%u", s->sum.timeouts);
    put(w, at, "checksum", "%u", s->sum.checksum);
    put(w, at, "parity", "%u", s->sum.parity);
    put(w, at, "foreign", "%u", s->sum.foreign);
    put(w, at, "echo", "%u", s->sum.echo);
    put(w, at, "tx_bytes", "%" PRIu64, s->sum.tx_bytes);
    put(w, at, "rx_bytes", "%" PRIu64, s->sum.rx_bytes);
    put(w, at, "day_freezes_missing", "%u", sched_freezes_missing(s, PERIOD_DAY));
    put(w, at, "hour_freezes_missing", "%u", sched_freezes_missing(s, PERIOD_HOUR));
    strcat(at, "sweep.");
    put(w, at, "state", "%s", sweep_state(b, s));
    put(w, at, "count", "%u", s->sweep.count);
    put(w, at, "done", "%u", s->sweep.done);
    put(w, at, "total", "%u", s->sweep.total);
    put_time(b, w, at, "start", s->sweep.last_start);
    put_time(b, w, at, "end", s->sweep.last_end);
    put(w, at, "ok", "%u", s->sweep.last_ok);
    put(w, at, "failed", "%u", s->sweep.last_failed);
    put(w, at, "duration_ms", "%u", s->sweep.last_duration_ms);
}

static void meters_section(struct box *b, unsigned first, struct wbuf *w)
{
    static const char *const names[] = {"ok", "in doubt", "in doubt", "dead"};
    char prefix[32];

    for (unsigned i = first; i < first + METERS_A_PAGE; i++) {
        const struct mstate *m = meters_by_index(&b->meters, i);
        if (!m || m->state == METER_OK)
            continue;
        snprintf(prefix, sizeof prefix, "meter.%u.", m->m.point);
        put(w, prefix, "state", "%s", names[m->state]);
        put(w, prefix, "port", "%u", m->m.port);
        put(w, prefix, "error", "%s", m->last_error ? cn_err_text(m->last_error) : "-");
        put_time(b, w, prefix, "last_ok", m->last_ok);
        put(w, prefix, "reads", "%u", m->reads);
        put(w, prefix, "fails", "%u", m->fails);
    }
}

int status_section(struct box *b, int section, struct wbuf *w)
{
    static void (*const fixed[])(struct box * b, struct wbuf * w) = {box_section, events_section,
                                                                     store_section, children_section};
    int meters = SECTION_PORTS + (int)b->port_count;

    if (section < SECTION_PORTS) {
        fixed[section](b, w);
    } else if (section < meters) {
        port_section(b, &b->ports[section - SECTION_PORTS], w);
    } else {
        unsigned first = 1 + (unsigned)(section - meters) * METERS_A_PAGE;
        if (first > b->meters.top)
            return -1;
        meters_section(b, first, w);
    }
    return section + 1;
}
