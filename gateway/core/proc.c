#include "gateway/core/proc.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"

#ifndef CN_INSTALL_BIN
#define CN_INSTALL_BIN "/usr/bin"
#endif

int proc_self_dir(char dir[PROC_PATH])
{
    ssize_t n = readlink("/proc/self/exe", dir, PROC_PATH - 1);

    if (n <= 0)
        return CN_E_IO;
    dir[n] = '\0';
    char *slash = strrchr(dir, '/');
    if (!slash)
        return CN_E_IO;
    *slash = '\0';
    return 0;
}

int proc_find(const char *name, char path[PROC_PATH])
{
    char dir[PROC_PATH];

    if (proc_self_dir(dir) == 0 && snprintf(path, PROC_PATH, "%s/%s", dir, name) < PROC_PATH &&
        access(path, X_OK) == 0)
        return 0;
    if (snprintf(path, PROC_PATH, "%s/%s", CN_INSTALL_BIN, name) < PROC_PATH && access(path, X_OK) == 0)
        return 0;
    return CN_E_NOTFOUND;
}

static void start_now(struct proc *p);

static void on_timer(uv_timer_t *t)
{
    struct proc *p = t->data;

    if (p->state == PROC_WAITING)
        start_now(p);
    else if (p->state == PROC_STOPPING && p->handle_open)
        uv_process_kill(&p->process, SIGKILL);
}

static void wait_before_start(struct proc *p, int64_t ran_ms)
{
    uint32_t ms = backoff_next(&p->backoff, ran_ms);

    p->state = PROC_WAITING;
    uv_timer_start(&p->timer, on_timer, ms, 0);
}

static void on_closed(uv_handle_t *h)
{
    struct proc *p = h->data;

    p->handle_open = false;
    if (p->state == PROC_STOPPING)
        p->state = PROC_STOPPED;
    else
        wait_before_start(p, clock_mono_ms() - p->started_ms);
    if (p->hooks.ended)
        p->hooks.ended(p->hooks.ctx);
}

static void on_exit(uv_process_t *process, int64_t status, int signal)
{
    struct proc *p = process->data;

    if (p->state == PROC_STOPPING)
        uv_timer_stop(&p->timer);
    else
        p->restarts++;
    if (p->state == PROC_STOPPING)
        log_debug(p->log, "%s stopped", p->label);
    else if (signal)
        log_warning(p->log, "%s ended by signal %d", p->label, signal);
    else
        log_warning(p->log, "%s ended with status %d", p->label, (int)status);
    uv_close((uv_handle_t *)process, on_closed);
}

static int spawn(struct proc *p, int fd)
{
    uv_stdio_container_t stdio[8] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    uv_process_options_t o = {
        .exit_cb = on_exit, .file = p->path, .args = (char **)p->args, .stdio = stdio, .stdio_count = 3};
    struct passwd *user = getuid() == 0 ? getpwnam(p->name) : NULL;

    if (fd >= 0) {
        for (int i = 3; i < p->fd_as; i++)
            stdio[i].flags = UV_IGNORE;
        stdio[p->fd_as].flags = UV_INHERIT_FD;
        stdio[p->fd_as].data.fd = fd;
        o.stdio_count = p->fd_as + 1;
    }
    if (user) {
        o.flags |= UV_PROCESS_SETUID | UV_PROCESS_SETGID;
        o.uid = user->pw_uid;
        o.gid = user->pw_gid;
    }
    p->process.data = p;
    p->handle_open = true;
    return uv_spawn(p->loop, &p->process, &o);
}

static void start_now(struct proc *p)
{
    int fd = p->hooks.prepare ? p->hooks.prepare(p->hooks.ctx) : -1;

    if (fd < -1) {
        wait_before_start(p, 0);
        return;
    }
    int err = spawn(p, fd);
    p->started_ms = clock_mono_ms();
    if (p->hooks.started)
        p->hooks.started(p->hooks.ctx, err == 0);
    if (err < 0) {
        log_error(p->log, "%s cannot be started: %s", p->label, uv_strerror(err));
        /* libuv has set the handle up and wants it closed; on_closed waits and tries again */
        uv_close((uv_handle_t *)&p->process, on_closed);
        return;
    }
    p->state = PROC_RUNNING;
    log_info(p->log, "%s started, pid %d", p->label, p->process.pid);
}

void proc_start(struct proc *p)
{
    p->args[0] = p->path;
    p->state = PROC_WAITING;
    p->handle_open = false;
    uv_timer_init(p->loop, &p->timer);
    p->timer.data = p;
    start_now(p);
}

void proc_kill(struct proc *p)
{
    if (p->state == PROC_RUNNING && p->handle_open)
        uv_process_kill(&p->process, SIGKILL);
}

void proc_stop(struct proc *p)
{
    if (p->state == PROC_RUNNING) {
        p->state = PROC_STOPPING;
        uv_process_kill(&p->process, SIGTERM);
        uv_timer_start(&p->timer, on_timer, PROC_KILL_MS, 0);
    } else if (p->state == PROC_WAITING) {
        uv_timer_stop(&p->timer);
        p->state = p->handle_open ? PROC_STOPPING : PROC_STOPPED;
    }
}

bool proc_stopped(const struct proc *p)
{
    return p->state == PROC_STOPPED;
}

int proc_pid(const struct proc *p)
{
    return p->state == PROC_RUNNING || p->state == PROC_STOPPING ? p->process.pid : 0;
}

const char *proc_state_name(const struct proc *p)
{
    static const char *const names[] = {"waiting", "running", "stopping", "stopped"};

    return names[p->state];
}
