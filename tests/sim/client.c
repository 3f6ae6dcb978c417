#include "tests/sim/client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int connect_to(const char *path, unsigned timeout_s)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int64_t until = now_ms() + (int64_t)timeout_s * 1000;

    if (strlen(path) >= sizeof sa.sun_path)
        return -ENAMETOOLONG;
    strcpy(sa.sun_path, path);
    for (;;) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return -errno;
        if (connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0)
            return fd;
        int err = -errno;
        close(fd);
        if ((err != -ENOENT && err != -ECONNREFUSED) || now_ms() >= until)
            return err;
        const struct timespec pause = {.tv_nsec = 20000000};
        nanosleep(&pause, NULL);
    }
}

int sim_client_send(const char *program, const char *socket_path, char *const *lines, size_t n,
                    unsigned timeout_s)
{
    int fd = connect_to(socket_path, timeout_s);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    bool failed = !in;
    char *line = NULL;
    size_t cap = 0;

    if (!in) {
        fprintf(stderr, "%s: %s: %s\n", program, socket_path, strerror(fd < 0 ? -fd : errno));
        if (fd >= 0)
            close(fd);
        return 1;
    }
    for (size_t i = 0; i < n; i++)
        dprintf(fd, "%s\n", lines[i]);
    shutdown(fd, SHUT_WR);
    while (getline(&line, &cap, in) > 0) {
        failed = failed || strncmp(line, "error:", 6) == 0;
        if (strcmp(line, "\n") != 0)
            fputs(line, stdout);
    }
    free(line);
    fclose(in);
    return failed ? 1 : 0;
}
