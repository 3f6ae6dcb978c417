/*
 * concentrator-hmi: the LCD. Holds no rights and disturbs nobody: it reads the store's view, asks
 * concentratord for its status and draws. Everything here happens at the beat of the picture, so a timed wait
 * for signals is its whole loop.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"
#include "gateway/base/log.h"
#include "gateway/base/parent.h"
#include "hmi/lcd/fb.h"
#include "hmi/lcd/picture.h"
#include "hmi/lcd/terminal.h"

enum { NICE = 10, BEAT_MS = 500, CONNECT_RETRY_MS = 3000, ASK_MAX_MS = 5000, FB_RETRY_MS = 30000 };

/** What the log said last of concentratord. */
enum told { TOLD_NOTHING, TOLD_RUNNING, TOLD_GONE };

struct hmi {
    struct log log;
    struct config config;
    struct hmi_settings settings;
    struct lcd_sources sources;
    struct terminal terminal;
    struct fb *fb;
    int64_t connect_ms, ask_ms, picture_ms, fb_ms; /* monotonic: the next try, question, picture */
    int64_t silent_ms;                             /* since when concentratord does not answer */
    enum told told;
    bool told_fb;
    bool shown; /* the output shows `picture` */
    struct canvas picture;
};

static void tell(struct hmi *h, bool running)
{
    enum told now = running ? TOLD_RUNNING : TOLD_GONE;

    if (h->told == now)
        return;
    if (running)
        log_info(&h->log, "concentratord answers");
    else
        log_warning(&h->log, "concentratord does not answer; the picture shows what the store holds");
    h->told = now;
}

static void serve_control(struct hmi *h, int64_t now_ms)
{
    struct lcd_control *c = &h->sources.control;

    if (c->fd < 0 && now_ms >= h->connect_ms) {
        h->connect_ms = now_ms + CONNECT_RETRY_MS;
        h->ask_ms = now_ms;
        (void)lcd_control_open(c, h->config.terminal.run_dir);
    }
    if (c->fd >= 0 && lcd_control_read(c, now_ms) == 0 && now_ms >= h->ask_ms) {
        int64_t period_ms = h->settings.refresh_s * INT64_C(1000) - BEAT_MS / 2;
        h->ask_ms = now_ms + (period_ms < ASK_MAX_MS ? period_ms : ASK_MAX_MS);
        (void)lcd_control_ask(c);
    }
    if (lcd_control_running(c, now_ms)) {
        h->silent_ms = now_ms;
        tell(h, true);
    } else if (now_ms - h->silent_ms > CONTROL_STALE_MS || (c->fd < 0 && h->told == TOLD_RUNNING)) {
        tell(h, false);
    }
}

/* A panel that is not there yet is tried again; the rest of the process lives on. */
static int show_fb(struct hmi *h, const struct canvas *c, int64_t now_ms)
{
    if (!h->fb && now_ms >= h->fb_ms) {
        int rc = fb_open(h->settings.device, &h->fb);
        h->fb_ms = now_ms + FB_RETRY_MS;
        if (rc < 0 && !h->told_fb)
            log_error(&h->log, "%s cannot be used: %s; trying on", h->settings.device, cn_err_text(rc));
        h->told_fb = rc < 0;
    }
    if (!h->fb)
        return CN_E_BUSY;
    fb_show(h->fb, c);
    return 0;
}

static int show(struct hmi *h, const struct canvas *c, int64_t now_ms)
{
    switch (h->settings.output) {
    case HMI_TERMINAL:
        return terminal_show(&h->terminal, c);
    case HMI_FBDEV:
        return show_fb(h, c, now_ms);
    default:
        return 0;
    }
}

/** @return 0, CN_E_GONE (nobody looks any more). */
static int draw(struct hmi *h, int64_t now_ms)
{
    struct canvas c;

    if (now_ms < h->picture_ms)
        return 0;
    h->picture_ms = now_ms + h->settings.refresh_s * INT64_C(1000) - BEAT_MS / 2;
    lcd_picture(&h->sources, clock_system_ms(), now_ms, &c);
    if (h->shown && memcmp(&c, &h->picture, sizeof c) == 0)
        return 0;
    int rc = show(h, &c, now_ms);
    h->shown = rc == 0;
    h->picture = c;
    return rc == CN_E_BUSY ? 0 : rc;
}

static int run(struct hmi *h)
{
    const struct timespec beat = {.tv_nsec = BEAT_MS * 1000000L};
    sigset_t ends;
    int rc = 0;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    h->silent_ms = clock_mono_ms();
    do {
        int64_t now_ms = clock_mono_ms();
        serve_control(h, now_ms);
        rc = draw(h, now_ms);
    } while (rc == 0 && sigtimedwait(&ends, NULL, &beat) < 0);
    return rc == 0 || rc == CN_E_GONE ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int configure(struct hmi *h, const char *path)
{
    char error[CONFIG_ERROR];

    int rc = config_load(path, false, &h->config, error);
    if (rc == 0)
        rc = hmi_settings_load(path, &h->settings, error);
    if (rc < 0)
        fprintf(stderr, "%s\n", error);
    return rc;
}

int main(int argc, char **argv)
{
    struct hmi *h = calloc(1, sizeof *h);

    if (!h || parent_guard(SIGTERM) < 0)
        return EXIT_FAILURE;
    h->log = (struct log){.program = "concentrator-hmi", .level = LOG_INFO};
    if (argc != 3 || strcmp(argv[1], "--config") != 0) {
        fprintf(stderr, "usage: concentrator-hmi --config FILE\n");
        free(h);
        return 2;
    }
    int code = 2;
    if (configure(h, argv[2]) == 0) {
        code = EXIT_FAILURE;
        if (lcd_sources_open(&h->sources, &h->config, &h->settings) == 0) {
            if (h->settings.output == HMI_TERMINAL)
                terminal_open(&h->terminal, STDOUT_FILENO);
            code = run(h);
            if (h->settings.output == HMI_TERMINAL)
                terminal_close(&h->terminal);
            if (h->fb)
                fb_close(h->fb);
            lcd_sources_close(&h->sources);
        }
    }
    free(h);
    return code;
}
