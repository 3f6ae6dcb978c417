#ifndef TESTS_UNIT_GATEWAY_CORE_FAKE_BUS_H
#define TESTS_UNIT_GATEWAY_CORE_FAKE_BUS_H

/*
 * A test program that is its own bus process. It copies itself into a folder of its own, where the copy also
 * has the name concentrator-bus, and runs from there, since concentratord looks for its children beside
 * itself. What the bus does with a job is told by the first byte of the meter's address.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"
#include "gateway/model/bus.h"
#include "gateway/model/quantity.h"

enum fake_mode {
    FAKE_DIE_ONCE = 0xD1,  /* the first process that gets the job ends */
    FAKE_DIE = 0xD2,       /* every one */
    FAKE_HANG_ONCE = 0xD3, /* the first one says nothing any more */
    FAKE_SILENT = 0xD4,    /* the meter does not answer */
    FAKE_NONSENSE = 0xD5,  /* the first one sends an unknown message */
};

enum { FAKE_ENERGY = 123456 };

static bool fake_once(const char *what)
{
    int fd = open(what, O_CREAT | O_EXCL | O_WRONLY, 0600);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void fake_send(const struct wbuf *w)
{
    if (send(BUS_FD, w->p, w->len, MSG_NOSIGNAL) < 0)
        _exit(0);
}

static void fake_plain(enum bus_type type)
{
    uint8_t raw[16];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    bus_put_plain(&w, type);
    fake_send(&w);
}

static void fake_values(const struct bus_job *j)
{
    static uint8_t raw[BUS_MSG_MAX];
    static struct bus_values v;

    for (unsigned i = 0; i < j->want_count; i++) {
        struct wbuf w = wbuf_of(raw, sizeof raw);
        v = (struct bus_values){.id = j->id, .want = j->wants[i], .mono_ms = clock_mono_ms()};
        if (j->address[0] == FAKE_SILENT)
            v.status = CN_E_TIMEOUT;
        else if (j->wants[i].period != PERIOD_NOW)
            v.status = CN_E_DENIED;
        else
            v.r[v.count++] =
                (struct reading){.quantity = j->wants[i].quantity, .value = value_of(FAKE_ENERGY, -2)};
        bus_put_values(&w, &v);
        fake_send(&w);
    }
}

static void fake_frame(const struct bus_job *j, uint8_t dir)
{
    static uint8_t raw[BUS_MSG_MAX];
    static struct bus_frame f;
    struct wbuf w = wbuf_of(raw, sizeof raw);

    f = (struct bus_frame){
        .mono_ms = clock_mono_ms(), .dir = dir, .point = j->point, .length = 3, .bytes = {0x68, dir, 0x16}};
    bus_put_frame(&w, &f);
    fake_send(&w);
}

static void fake_job(const struct bus_job *j)
{
    static uint8_t raw[BUS_MSG_MAX];
    static struct bus_bytes b;
    struct bus_done d = {.id = j->id};
    struct wbuf w = wbuf_of(raw, sizeof raw);
    uint8_t mode = j->kind == JOB_READ ? j->address[0] : 0;

    if (mode == FAKE_DIE || (mode == FAKE_DIE_ONCE && fake_once("died")))
        _exit(7);
    if (mode == FAKE_HANG_ONCE && fake_once("hung")) {
        for (;;)
            pause();
    }
    if (mode == FAKE_NONSENSE && fake_once("nonsense")) {
        wbuf_u8(&w, 200);
        fake_send(&w);
    }
    fake_frame(j, 0);
    usleep(2000);
    if (j->kind == JOB_READ) {
        fake_values(j);
    } else if (j->kind == JOB_FORWARD) {
        b = (struct bus_bytes){.id = j->id, .length = j->length};
        memcpy(b.bytes, j->bytes, j->length);
        bus_put_bytes(&w, &b);
        fake_send(&w);
    }
    fake_frame(j, 1);
    d.status = mode == FAKE_SILENT ? CN_E_TIMEOUT : 0;
    d.stats.requests = 1;
    d.stats.answers = mode != FAKE_SILENT;
    w = wbuf_of(raw, sizeof raw);
    bus_put_done(&w, &d);
    fake_send(&w);
}

static int fake_bus_main(void)
{
    static struct bus_job job;
    uint8_t raw[BUS_MSG_MAX];
    struct pollfd p = {.fd = BUS_FD, .events = POLLIN};

    fake_plain(BUS_HELLO);
    for (;;) {
        if (poll(&p, 1, 100) == 0) {
            fake_plain(BUS_ALIVE);
            continue;
        }
        ssize_t n = recv(BUS_FD, raw, sizeof raw, 0);
        struct rbuf r = rbuf_of(raw, n > 0 ? (size_t)n : 0);
        if (n <= 0)
            return 0;
        switch (bus_get_type(&r)) {
        case BUS_JOB:
            if (bus_get_job(&r, &job) < 0)
                return 8;
            fake_job(&job);
            break;
        case BUS_QUIT:
            return 0;
        default:
            return 9;
        }
    }
}

static char fake_folder[64];

static void fake_copy(const char *from, const char *to)
{
    char buf[65536];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    ssize_t n;

    while ((n = read(in, buf, sizeof buf)) > 0) {
        if (write(out, buf, (size_t)n) != n)
            abort();
    }
    close(in);
    close(out);
}

/* Call first in main. Returns in the copy that is the test. */
static void fake_bus_begin(int argc, char **argv)
{
    char path[128], bus[128];
    const char *name = strrchr(argv[0], '/');

    (void)argc;
    name = name ? name + 1 : argv[0];
    if (strcmp(name, "concentrator-bus") == 0)
        exit(fake_bus_main());
    if (strcmp(name, "the-test") != 0) {
        char dir[] = "/tmp/core_test.XXXXXX";
        if (!mkdtemp(dir))
            exit(1);
        snprintf(path, sizeof path, "%s/the-test", dir);
        snprintf(bus, sizeof bus, "%s/concentrator-bus", dir);
        fake_copy("/proc/self/exe", path);
        if (link(path, bus) < 0 || chdir(dir) < 0)
            exit(1);
        execl(path, path, (char *)NULL);
        /* an emulator that cannot start foreign programs, or /tmp is mounted noexec */
        perror(path);
        unlink(path);
        unlink(bus);
        rmdir(dir);
        exit(1);
    }
    if (!getcwd(fake_folder, sizeof fake_folder))
        exit(1);
}

/* Call last. */
static void fake_bus_end(void)
{
    char command[128];

    if (chdir("/") < 0)
        return;
    snprintf(command, sizeof command, "rm -rf '%s'", fake_folder);
    if (system(command) != 0)
        fprintf(stderr, "%s was left behind\n", fake_folder);
}

#endif
