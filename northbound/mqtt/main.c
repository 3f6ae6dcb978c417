/*
 * concentrator-mqtt: carries what the store has to an MQTT broker. It holds no rights: it reads the view, and
 * asks concentratord for nothing but the time. Metering goes on whatever happens here.
 */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"
#include "gateway/base/parent.h"
#include "northbound/mqtt/bridge.h"
#include "northbound/mqtt/control.h"
#include "northbound/mqtt/probe.h"

enum {
    EXIT_CONFIG = 2,
    NICE = 10,
    CONTROL_RETRY_MS = 3000,
    CLOCK_STEP_MS = 2000,
    GOODBYE_MS = 1000,
    PASSWORD = 256,
    RSS_MAX_KB = 65536
};

struct program {
    struct log log;
    struct config config;
    struct mqtt_settings settings;
    struct view *view;
    struct bridge bridge;
    struct link link;
    struct control control;
    int signals;
    int64_t control_ms;
    int64_t clock_skew_ms; /* system clock - monotonic clock */
};

/* ---- the bridge's connection ---- */

/* @return 0, or why the file cannot be used (errno; 0 bytes: ENODATA) */
static int read_password(const char *path, char out[PASSWORD])
{
    FILE *f = fopen(path, "r");
    int error = 0;

    if (!f)
        return errno;
    if (!fgets(out, PASSWORD, f))
        error = ENODATA;
    fclose(f);
    out[strcspn(out, "\r\n")] = '\0';
    return error ? error : out[0] ? 0 : ENODATA;
}

static int port_connect(void *ctx)
{
    struct program *p = ctx;
    char password[PASSWORD] = "";
    struct fault f;

    if (p->settings.password_file[0]) {
        int error = read_password(p->settings.password_file, password);
        if (error) {
            fault_set(&f, FAULT_FILES, "password_file = %.80s cannot be used: %s", p->settings.password_file,
                      strerror(error));
            bridge_failed(&p->bridge, &f);
            return 0;
        }
    }
    int ret = link_connect(&p->link, &p->settings, p->bridge.client_id, p->bridge.will_topic,
                           password[0] ? password : NULL);
    explicit_bzero(password, sizeof password);
    return ret;
}

static int port_publish(void *ctx, const struct link_message *m, uint32_t id)
{
    struct program *p = ctx;

    return link_publish(&p->link, m, id);
}

static int port_watch_birth(void *ctx, const char *topic)
{
    struct program *p = ctx;

    return link_watch_birth(&p->link, topic);
}

static void port_drop(void *ctx)
{
    struct program *p = ctx;

    link_drop(&p->link);
}

static void on_failed(struct program *p, int code)
{
    struct fault f;

    if (code > 0) {
        fault_of_connack(&f, p->settings.version, (unsigned)code);
    } else {
        /* the library gives one code for everything below MQTT */
        probe_broker(&p->settings, &f);
        if (f.kind == FAULT_NONE)
            fault_set(&f, FAULT_BROKER, "no answer to the MQTT connect: is it an MQTT %s broker?",
                      p->settings.version == 5 ? "5" : "3.1.1");
    }
    bridge_failed(&p->bridge, &f);
}

static void on_lost(struct program *p, int code)
{
    struct fault f;

    if (code > 0)
        fault_set(&f, FAULT_BROKER, "it ended the connection: %s", fault_reason((unsigned)code));
    else
        fault_set(&f, FAULT_LOST, "the connection broke");
    bridge_lost(&p->bridge, &f);
}

static void serve_link(struct program *p)
{
    struct link_event e;

    while (link_next(&p->link, &e)) {
        switch (e.what) {
        case LINK_UP:
            bridge_up(&p->bridge);
            break;
        case LINK_FAILED:
            on_failed(p, e.code);
            break;
        case LINK_LOST:
            on_lost(p, e.code);
            break;
        case LINK_ACKED:
            bridge_acked(&p->bridge, e.id);
            break;
        case LINK_REFUSED:
            /* smaller codes are the library's own: the connection is gone, and that is told separately */
            if (e.code >= 0x80)
                bridge_refused(&p->bridge, e.id, (unsigned)e.code);
            break;
        case LINK_BIRTH:
            bridge_birth(&p->bridge);
            break;
        default:
            break;
        }
    }
}

/* ---- the box's clock ---- */

static void offset_from_store(struct program *p)
{
    uint8_t raw[8];

    if (p->control.clock_known || view_fact(p->view, "clock_offset_ms", raw, sizeof raw) != (int)sizeof raw)
        return;
    struct rbuf r = rbuf_of(raw, sizeof raw);
    p->bridge.clock.offset_ms = rbuf_i64(&r);
}

static void serve_control(struct program *p, int64_t mono_ms)
{
    struct control *c = &p->control;

    if (c->fd < 0 && mono_ms >= p->control_ms) {
        p->control_ms = mono_ms + CONTROL_RETRY_MS;
        (void)control_open(c, p->config.terminal.run_dir);
        offset_from_store(p);
    }
    if (c->fd >= 0)
        (void)control_read(c);
    if (c->clock_known)
        p->bridge.clock = c->clock;
    if (c->stored)
        bridge_poke(&p->bridge);
    c->stored = false;
}

/* The library waits on the wall clock: when that is set back its timers stand still, until the next
 * connection. */
static void watch_clock(struct program *p, int64_t mono_ms, int64_t system_ms)
{
    int64_t skew = system_ms - mono_ms, step = skew - p->clock_skew_ms;
    struct fault f;

    p->clock_skew_ms = skew;
    if (step > -CLOCK_STEP_MS || p->bridge.state != BRIDGE_UP)
        return;
    fault_set(&f, FAULT_LOST, "the clock was set back by %.1f s: connecting anew", (double)-step / 1000.0);
    link_drop(&p->link);
    bridge_lost(&p->bridge, &f);
}

/* ---- the loop ---- */

static bool told_to_end(struct program *p)
{
    struct signalfd_siginfo s;

    return read(p->signals, &s, sizeof s) == (ssize_t)sizeof s;
}

static int open_signals(void)
{
    sigset_t ends;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    /* before the library starts its threads: they inherit it */
    sigprocmask(SIG_BLOCK, &ends, NULL);
    return signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int wait_for_events(struct program *p, int64_t wait_ms)
{
    struct pollfd fds[] = {
        {.fd = p->signals, .events = POLLIN},
        {.fd = link_fd(&p->link), .events = POLLIN},
        {.fd = p->control.fd, .events = POLLIN},
    };

    return poll(fds, sizeof fds / sizeof fds[0], (int)wait_ms);
}

static void say_goodbye(struct program *p)
{
    struct pollfd w = {.fd = link_fd(&p->link), .events = POLLIN};
    struct link_event e;
    int64_t end = clock_mono_ms() + GOODBYE_MS;

    if (!p->link.handle || link_disconnect(&p->link) < 0)
        return;
    while (clock_mono_ms() < end && poll(&w, 1, GOODBYE_MS / 10) >= 0) {
        while (link_next(&p->link, &e)) {
            if (e.what == LINK_ENDED)
                return;
        }
    }
}

static int run(struct program *p)
{
    while (p->bridge.state != BRIDGE_ENDED) {
        int64_t mono_ms = clock_mono_ms(), system_ms = clock_system_ms();
        watch_clock(p, mono_ms, system_ms);
        serve_control(p, mono_ms);
        int64_t wait_ms = bridge_step(&p->bridge, mono_ms, system_ms);
        /* the supervisor starts us again, and the cursor is on flash */
        if (wait_ms < 0 || p->bridge.rss_kb > RSS_MAX_KB) {
            log_error(&p->log, wait_ms < 0 ? "the MQTT library does not answer any more: starting anew"
                                           : "too much memory is taken: starting anew");
            return EXIT_FAILURE;
        }
        if (p->bridge.state != BRIDGE_ENDED)
            (void)wait_for_events(p, wait_ms);
        if (told_to_end(p))
            bridge_leave(&p->bridge);
        serve_link(p);
    }
    bool up = p->bridge.leave_id != 0;
    if (up)
        say_goodbye(p);
    return EXIT_SUCCESS;
}

static int start(struct program *p)
{
    struct bridge_port port = {.ctx = p,
                               .connect = port_connect,
                               .publish = port_publish,
                               .watch_birth = port_watch_birth,
                               .drop = port_drop};
    uint32_t seed;

    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
        seed = (uint32_t)clock_system_ms();
    control_init(&p->control);
    p->clock_skew_ms = clock_system_ms() - clock_mono_ms();
    int ret = view_open(p->config.terminal.state_dir, &p->view);
    if (ret == 0)
        ret = link_open(&p->link);
    if (ret == 0)
        ret =
            bridge_init(&p->bridge, &p->settings, &p->config, &p->log, p->view, port, seed, clock_mono_ms());
    if (ret < 0) {
        log_error(&p->log, "%s", cn_err_text(ret));
        return EXIT_FAILURE;
    }
    return run(p);
}

/* Configured, but switched off: a process that ended would be started again and again. */
static int sleep_until_end(struct program *p)
{
    struct pollfd w = {.fd = p->signals, .events = POLLIN};

    log_info(&p->log, "switched off by enable = off");
    while (!told_to_end(p))
        (void)poll(&w, 1, -1);
    return EXIT_SUCCESS;
}

/* For people: can the broker be reached, and if not, why? */
static int check(struct program *p)
{
    char uri[MQTT_HOST + 16];
    struct fault f;

    probe_broker(&p->settings, &f);
    printf("%s: %s\n", bridge_uri(&p->settings, uri),
           f.kind == FAULT_NONE ? "connection and certificates are good" : f.text);
    return f.kind == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int configure(struct program *p, const char *path)
{
    char error[CONFIG_ERROR];
    int ret = config_load(path, false, &p->config, error);

    if (ret == 0)
        ret = mqtt_settings_load(path, &p->settings, error);
    if (ret < 0)
        fprintf(stderr, "%s\n", error);
    return ret;
}

int main(int argc, char **argv)
{
    struct program *p = calloc(1, sizeof *p);
    bool checking = argc == 4 && strcmp(argv[3], "--check") == 0;
    int status;

    /* threads of the library would each get an arena of their own */
    mallopt(M_ARENA_MAX, 1);
    if (!p || parent_guard(SIGTERM) < 0)
        return EXIT_FAILURE;
    p->log = (struct log){.program = "concentrator-mqtt", .level = LOG_INFO};
    if ((argc != 3 && !checking) || strcmp(argv[1], "--config") != 0) {
        fprintf(stderr, "usage: concentrator-mqtt --config FILE [--check]\n");
        return EXIT_CONFIG;
    }
    if (configure(p, argv[2]) < 0)
        return EXIT_CONFIG;
    p->signals = open_signals();
    if (p->signals < 0)
        return EXIT_FAILURE;
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    if (checking)
        status = p->settings.host[0] ? check(p) : EXIT_FAILURE;
    else
        status = p->settings.enable ? start(p) : sleep_until_end(p);
    fflush(stdout);
    /* not exit: a thread of the library may be in a name look-up, and its destructors would wait for it */
    _exit(status);
}
