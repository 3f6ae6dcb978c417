/* The supervisor of the box: options, configuration, lock, loop. What it does is in gateway/core. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "gateway/base/parent.h"
#include "gateway/core/box.h"

enum { EXIT_CONFIG = 2, LOCK_TRIES = 10, LOCK_PAUSE_MS = 100 };

struct program {
    struct log log;
    struct config config;
    uv_loop_t loop;
    uv_signal_t term, interrupt;
    struct box *box;
};

static int usage(void)
{
    fprintf(stderr, "usage: concentratord --config FILE\n");
    return EXIT_CONFIG;
}

/* A run that was killed a moment ago may still hold the lock while the kernel clears it away. */
static bool take_lock(int fd)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};

    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* @return descriptor that holds the lock while the program runs, -1 with a log line */
static int lock_run_dir(const struct log *log, const char *run_dir)
{
    char path[CONFIG_TEXT + 32], pid[32] = "";

    if (mkdir(run_dir, 0755) < 0 && errno != EEXIST) {
        log_error(log, "%s: %s", run_dir, strerror(errno));
        return -1;
    }
    snprintf(path, sizeof path, "%s/concentratord.lock", run_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        log_error(log, "%s: %s", path, strerror(errno));
        return -1;
    }
    if (!take_lock(fd)) {
        if (read(fd, pid, sizeof pid - 1) <= 0)
            strcpy(pid, "unknown");
        pid[strcspn(pid, "\n")] = '\0';
        log_error(log, "another concentratord (pid %s) already runs with %s", pid, run_dir);
        close(fd);
        return -1;
    }
    int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || write(fd, pid, (size_t)n) < 0)
        log_warning(log, "%s cannot be written", path);
    return fd;
}

static void on_stopped(void *ctx)
{
    struct program *p = ctx;

    uv_stop(&p->loop);
}

static void on_signal(uv_signal_t *s, int number)
{
    struct program *p = s->data;

    log_info(&p->log, "%s: ending", number == SIGTERM ? "SIGTERM" : "SIGINT");
    box_stop(p->box, on_stopped, p);
}

static void close_handle(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

static int run(struct program *p)
{
    char error[CONFIG_ERROR];

    uv_loop_init(&p->loop);
    uv_signal_init(&p->loop, &p->term);
    uv_signal_init(&p->loop, &p->interrupt);
    p->term.data = p->interrupt.data = p;
    /* before anybody can see that the box is up; they are handled when the loop runs */
    uv_signal_start(&p->term, on_signal, SIGTERM);
    uv_signal_start(&p->interrupt, on_signal, SIGINT);
    if (box_start(&p->config, &p->log, &p->loop, &p->box, error) < 0) {
        log_error(&p->log, "%s", error);
        return EXIT_FAILURE;
    }
    uv_run(&p->loop, UV_RUN_DEFAULT);
    uv_walk(&p->loop, close_handle, NULL);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    box_free(p->box);
    uv_loop_close(&p->loop);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct program p = {.log = {.program = "concentratord", .level = LOG_INFO}};
    char error[CONFIG_ERROR];

    if (argc != 3 || strcmp(argv[1], "--config") != 0)
        return usage();
    signal(SIGPIPE, SIG_IGN);
    if (config_load(argv[2], true, &p.config, error) < 0) {
        fprintf(stderr, "%s\n", error);
        return EXIT_CONFIG;
    }
    int lock = lock_run_dir(&p.log, p.config.terminal.run_dir);
    if (lock < 0)
        return EXIT_FAILURE;
    parent_announce();
    int status = run(&p);
    close(lock);
    return status;
}
