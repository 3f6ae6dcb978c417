/*
 * concentrator-bus: the process of one RS485 port. It takes jobs from concentratord over the socket BUS_FD,
 * works through one after another and ends when the socket does.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"
#include "gateway/base/log.h"
#include "gateway/base/parent.h"
#include "gateway/model/bus.h"
#include "southbound/driver.h"

enum {
    PROFILES_MAX = 64,
    PATH_BYTES = 512,
    PENDING_MAX = 4, /* traces kept back while the wire waits for us */
    SERVICE_MS = 1000,
    ALIVE_MS = LINK_IDLE_MS,
    ALIVE_MIN_MS = 50, /* LINK_IDLE_MS and this together stay below BUS_ALIVE_MS */
    EXIT_USAGE = 2,
};

static volatile sig_atomic_t stop_signal;

struct bus {
    struct log log;
    const char *device, *profile_dir;
    unsigned port, turnaround_ms, same_meter_ms;
    struct link link;
    struct meter_memories memories;
    struct profile *profiles[PROFILES_MAX];
    unsigned profile_count;
    struct bus_job job;
    bool quit;           /* QUIT came, the socket ended, or a signal */
    bool device_missing; /* told once */
    int64_t alive_ms;    /* last message of any kind */
    struct bus_frame pending[PENDING_MAX];
    unsigned pending_count;
    uint8_t out[BUS_MSG_MAX];
};

static void on_signal(int number)
{
    (void)number;
    stop_signal = 1;
}

/* --- the socket --- */

/*
 * Answers wait for the socket; life signs and traces do not: a slow concentratord shall not hold up the
 * wire.
 */
static void send_message(struct bus *b, const struct wbuf *w, int encoded, bool droppable)
{
    if (encoded < 0) {
        log_error(&b->log, "port %u: message not sent: %s", b->port, cn_err_text(encoded));
        return;
    }
    ssize_t n;
    do
        n = send(BUS_FD, w->p, w->len, MSG_NOSIGNAL | (droppable ? MSG_DONTWAIT : 0));
    while (n < 0 && errno == EINTR && !stop_signal);
    if (n >= 0)
        b->alive_ms = clock_mono_ms();
    else if (errno != EAGAIN && errno != EWOULDBLOCK)
        b->quit = true;
}

static void send_plain(struct bus *b, enum bus_type type)
{
    struct wbuf w = wbuf_of(b->out, sizeof b->out);

    send_message(b, &w, bus_put_plain(&w, type), type == BUS_ALIVE);
}

static void send_values(void *ctx, const struct bus_values *v)
{
    struct bus *b = ctx;
    struct wbuf w = wbuf_of(b->out, sizeof b->out);

    send_message(b, &w, bus_put_values(&w, v), false);
}

static void send_bytes(void *ctx, const struct bus_bytes *bytes)
{
    struct bus *b = ctx;
    struct wbuf w = wbuf_of(b->out, sizeof b->out);

    send_message(b, &w, bus_put_bytes(&w, bytes), false);
}

/* Is there a QUIT or an end of file? A job cannot be there: one is in flight. */
static bool asked_to_end(void)
{
    uint8_t first;
    ssize_t n = recv(BUS_FD, &first, 1, MSG_PEEK | MSG_DONTWAIT);

    if (n < 0)
        return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
    return n == 0 || first == BUS_QUIT;
}

static bool on_idle(void *ctx)
{
    struct bus *b = ctx;

    if (clock_mono_ms() - b->alive_ms >= ALIVE_MIN_MS)
        send_plain(b, BUS_ALIVE);
    if (stop_signal || asked_to_end())
        b->quit = true;
    return b->quit;
}

/* --- traces --- */

static void flush_traces(struct bus *b)
{
    for (unsigned i = 0; i < b->pending_count; i++) {
        struct wbuf w = wbuf_of(b->out, sizeof b->out);
        send_message(b, &w, bus_put_frame(&w, &b->pending[i]), true);
    }
    b->pending_count = 0;
}

/*
 * What was received is told when the next request is on its way or the job is done: the answer itself and the
 * next request come first, since the wire is idle until then.
 */
static void on_trace(void *ctx, enum trace_dir dir, const uint8_t *bytes, size_t n)
{
    struct bus *b = ctx;

    if (b->pending_count == PENDING_MAX)
        flush_traces(b);
    struct bus_frame *f = &b->pending[b->pending_count++];
    f->mono_ms = clock_mono_ms();
    f->dir = (uint8_t)dir;
    f->point = b->job.point;
    f->length = (uint16_t)(n < sizeof f->bytes ? n : sizeof f->bytes);
    memcpy(f->bytes, bytes, f->length);
    if (dir == TRACE_TX)
        flush_traces(b);
}

/* --- profiles --- */

static bool is_profile(const char *name)
{
    size_t n = strlen(name);

    return n > 8 && strcmp(name + n - 8, ".profile") == 0 && n - 8 < BUS_PROFILE_LEN;
}

/* A broken profile is told and left out: the other models go on. */
static int load_profiles(struct bus *b)
{
    char path[PATH_BYTES], error[PROFILE_ERROR];
    DIR *dir = opendir(b->profile_dir);
    const struct dirent *e;

    if (!dir) {
        log_error(&b->log, "port %u: %s: %s", b->port, b->profile_dir, strerror(errno));
        return CN_E_IO;
    }
    while ((e = readdir(dir)) && b->profile_count < PROFILES_MAX) {
        if (!is_profile(e->d_name))
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", b->profile_dir, e->d_name);
        struct profile *p = n > 0 && (size_t)n < sizeof path ? malloc(sizeof *p) : NULL;
        if (p && profile_load(path, p, error) == 0) {
            b->profiles[b->profile_count++] = p;
            continue;
        }
        log_error(&b->log, "port %u: %s", b->port, p ? error : path);
        free(p);
    }
    closedir(dir);
    return 0;
}

static const struct profile *find_profile(const struct bus *b, const char *name)
{
    for (unsigned i = 0; i < b->profile_count; i++) {
        if (strcmp(b->profiles[i]->name, name) == 0)
            return b->profiles[i];
    }
    return NULL;
}

/* --- jobs --- */

static int run_driver(struct bus *b, const struct profile *p, int64_t job_ms, uint8_t address[ADDR_LEN])
{
    const struct bus_job *job = &b->job;
    struct driver_port port = {
        .link = &b->link,
        .profile = p,
        .memories = &b->memories,
        .job_ms = job_ms,
        .values = send_values,
        .bytes = send_bytes,
        .ctx = b,
    };

    switch (job->kind) {
    case JOB_READ:
        return p->driver->read(&port, job);
    case JOB_FORWARD:
        return p->driver->forward(&port, job);
    case JOB_SET_TIME:
        return p->driver->set_time(&port, job);
    case JOB_FIND:
        return p->driver->find(&port, job, address);
    default:
        return CN_E_UNSUPPORTED;
    }
}

static int run_job(struct bus *b, int64_t job_ms, uint8_t address[ADDR_LEN])
{
    const struct bus_job *job = &b->job;
    const struct meter_driver *d = driver_by_protocol(job->protocol);

    if (!d && !job->profile[0])
        return CN_E_UNSUPPORTED;
    const struct profile *p = find_profile(b, job->profile[0] ? job->profile : d->profile);
    if (!p)
        return CN_E_NOTFOUND;
    int rc = link_line(&b->link, &job->line);
    if (rc == 0)
        rc = run_driver(b, p, job_ms, address);
    return rc;
}

static void do_job(struct bus *b, struct rbuf *in, int64_t job_ms)
{
    struct bus_done done = {.status = 0};
    int rc = bus_get_job(in, &b->job);

    b->link.stats = (struct bus_stats){.requests = 0};
    if (rc < 0)
        log_error(&b->log, "port %u: job not understood: %s", b->port, cn_err_text(rc));
    else
        rc = run_job(b, job_ms, done.address);
    done.id = b->job.id;
    done.status = (int16_t)(rc < 0 ? rc : 0);
    done.stats = b->link.stats;
    struct wbuf w = wbuf_of(b->out, sizeof b->out);
    send_message(b, &w, bus_put_done(&w, &done), false);
    flush_traces(b);
    b->job.point = 0;
}

/* --- the loop --- */

static void look_after_port(struct bus *b)
{
    link_service(&b->link);
    bool missing = b->link.fd < 0;
    if (missing && !b->device_missing)
        log_error(&b->log, "port %u: %s: %s", b->port, b->device,
                  strerror(b->link.open_error ? b->link.open_error : EIO));
    if (!missing && b->device_missing)
        log_info(&b->log, "port %u: %s is back", b->port, b->device);
    b->device_missing = missing;
    flush_traces(b);
}

static void handle_message(struct bus *b)
{
    uint8_t bytes[BUS_MSG_MAX];
    ssize_t n = recv(BUS_FD, bytes, sizeof bytes, 0);
    struct rbuf in = rbuf_of(bytes, n > 0 ? (size_t)n : 0);

    if (n < 0 && errno == EINTR)
        return;
    if (n <= 0) {
        b->quit = true;
        return;
    }
    int type = bus_get_type(&in);
    if (type == BUS_JOB)
        do_job(b, &in, clock_mono_ms());
    else if (type == BUS_QUIT)
        b->quit = true;
    else
        log_warning(&b->log, "port %u: message of type %d is not for a bus", b->port, type);
}

static int run(struct bus *b)
{
    int64_t next_service_ms = 0;

    send_plain(b, BUS_HELLO);
    while (!b->quit && !stop_signal) {
        int64_t now = clock_mono_ms();
        if (now >= next_service_ms) {
            look_after_port(b);
            next_service_ms = now + SERVICE_MS;
        }
        if (now - b->alive_ms >= ALIVE_MS)
            send_plain(b, BUS_ALIVE);
        int64_t wait = b->alive_ms + ALIVE_MS - now;
        struct pollfd p = {.fd = BUS_FD, .events = POLLIN};
        if (poll(&p, 1, wait > 0 ? (int)wait : 0) > 0)
            handle_message(b);
    }
    link_close(&b->link);
    return 0;
}

static int usage(const char *why, const char *what)
{
    fprintf(stderr,
            "concentrator-bus: %s%s\n"
            "usage: concentrator-bus --port N --device PATH --profiles DIR [--turnaround-ms N] "
            "[--same-meter-ms N]\n"
            "It is started by concentratord with a socket on descriptor %d.\n",
            why, what, BUS_FD);
    return EXIT_USAGE;
}

static bool number(const char *text, unsigned low, unsigned high, unsigned *out)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || v < low || v > high)
        return false;
    *out = (unsigned)v;
    return true;
}

static int parse_arguments(int argc, char **argv, struct bus *b)
{
    for (int i = 1; i < argc; i += 2) {
        const char *key = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        bool ok = *value != '\0';
        if (strcmp(key, "--port") == 0)
            ok = number(value, 1, 31, &b->port);
        else if (strcmp(key, "--device") == 0)
            b->device = value;
        else if (strcmp(key, "--profiles") == 0)
            b->profile_dir = value;
        else if (strcmp(key, "--turnaround-ms") == 0)
            ok = number(value, 0, 1000, &b->turnaround_ms);
        else if (strcmp(key, "--same-meter-ms") == 0)
            ok = number(value, 0, 1000, &b->same_meter_ms);
        else
            return usage("unknown argument ", key);
        if (!ok)
            return usage("bad value for ", key);
    }
    if (!b->port || !b->device || !b->profile_dir)
        return usage("--port, --device and --profiles are needed", "");
    return 0;
}

int main(int argc, char **argv)
{
    struct bus *b = calloc(1, sizeof *b);
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    if (!b || parent_guard(SIGKILL) < 0)
        return EXIT_FAILURE;
    b->log = (struct log){.program = "concentrator-bus", .level = LOG_INFO};
    b->same_meter_ms = 20;
    int rc = parse_arguments(argc, argv, b);
    if (rc == 0 && load_profiles(b) < 0)
        rc = EXIT_FAILURE;
    if (rc == 0) {
        sigaction(SIGTERM, &action, NULL);
        /* Ctrl-C goes to the whole foreground group; concentratord ends its children in order */
        sigaction(SIGINT, &ignore, NULL);
        /* the default lets every timed wait end 50 us late: three or four a request would be felt at 9600
         * bit/s */
        prctl(PR_SET_TIMERSLACK, 1000UL);
        struct link_config config = {
            .device = b->device,
            .turnaround_ms = (uint16_t)b->turnaround_ms,
            .same_meter_ms = (uint16_t)b->same_meter_ms,
            .idle = on_idle,
            .trace = on_trace,
            .ctx = b,
        };
        link_init(&b->link, &config);
        rc = run(b);
    }
    for (unsigned i = 0; i < b->profile_count; i++)
        free(b->profiles[i]);
    free(b);
    return rc;
}
