/*
 * Answer time of a stored item over TCP beside a bare echo server that moves the same number of bytes.
 *
 * Plays the master station: accepts one terminal, confirms its login, then asks AFN 0C F129 of one measuring point
 * after the other. Each request is followed by one exchange with the echo server, so both see the same machine.
 * Frames are built here byte by byte: the bench does not stand on the code it measures.
 *
 * usage: latency_bench PORT POINTS COUNT
 * prints: name=value lines (microseconds), the last one ratio_median
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_MAX = 2048, REQUEST_LEN = 20, WAIT_MS = 30000 };

struct peer {
    int fd;
    uint8_t in[FRAME_MAX];
    size_t have;
};

static void die(const char *what)
{
    fprintf(stderr, "latency_bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int listen_on(uint16_t port, uint16_t *bound)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof sa;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(fd, 4) < 0 ||
        getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
        die("listen");
    *bound = ntohs(sa.sin_port);
    return fd;
}

static void read_some(struct peer *p, size_t want)
{
    struct pollfd pfd = {.fd = p->fd, .events = POLLIN};

    while (p->have < want) {
        if (poll(&pfd, 1, WAIT_MS) <= 0) {
            fprintf(stderr, "latency_bench: no bytes within %d s\n", WAIT_MS / 1000);
            exit(1);
        }
        ssize_t n = read(p->fd, p->in + p->have, sizeof p->in - p->have);
        if (n <= 0)
            die("read");
        p->have += (size_t)n;
    }
}

static void send_all(int fd, const uint8_t *p, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t k = write(fd, p + done, n - done);
        if (k <= 0)
            die("write");
        done += (size_t)k;
    }
}

/* Takes one whole frame from the peer into out. */
static size_t read_frame(struct peer *p, uint8_t out[FRAME_MAX])
{
    read_some(p, 8);
    size_t len = (size_t)((p->in[1] | p->in[2] << 8) >> 2) + 8;

    if (p->in[0] != 0x68 || p->in[5] != 0x68 || len > FRAME_MAX) {
        fprintf(stderr, "latency_bench: not a frame\n");
        exit(1);
    }
    read_some(p, len);
    memcpy(out, p->in, len);
    p->have -= len;
    memmove(p->in, p->in + len, p->have);
    return len;
}

static void build(uint8_t f[REQUEST_LEN], uint8_t c, const uint8_t *address, uint8_t a3, uint8_t afn, uint8_t seq, const uint8_t da_dt[4])
{
    const uint8_t head[6] = {0x68, 0x32, 0x00, 0x32, 0x00, 0x68};
    uint8_t sum = 0;

    memcpy(f, head, 6);
    f[6] = c;
    memcpy(f + 7, address, 4);
    f[11] = a3;
    f[12] = afn;
    f[13] = seq;
    memcpy(f + 14, da_dt, 4);
    for (int i = 6; i < 18; i++)
        sum = (uint8_t)(sum + f[i]);
    f[18] = sum;
    f[19] = 0x16;
}

/* Login, heartbeat or report: AFN 00 F1 with the same sequence number. */
static void confirm(int fd, const uint8_t *frame)
{
    static const uint8_t all[4] = {0, 0, 1, 0};
    uint8_t out[REQUEST_LEN];

    build(out, 0x0B, frame + 7, 0, 0x00, (uint8_t)(0x60 | (frame[13] & 15)), all);
    send_all(fd, out, sizeof out);
}

static size_t ask(struct peer *p, const uint8_t *address, unsigned point, unsigned pseq)
{
    const uint8_t da_dt[4] = {(uint8_t)(1u << ((point - 1) % 8)), (uint8_t)((point - 1) / 8 + 1), 1, 16};
    uint8_t out[REQUEST_LEN];
    uint8_t in[FRAME_MAX];

    build(out, 0x4B, address, 0x02, 0x0C, (uint8_t)(0x60 | (pseq & 15)), da_dt);
    send_all(p->fd, out, sizeof out);
    for (;;) {
        size_t n = read_frame(p, in);
        if (in[6] & 0x40) {
            confirm(p->fd, in);
            continue;
        }
        if (in[12] != 0x0C) {
            fprintf(stderr, "latency_bench: point %u is not answered (AFN %02X)\n", point, in[12]);
            exit(1);
        }
        return n;
    }
}

static pid_t start_echo(uint16_t *port, size_t answer)
{
    int listener = listen_on(0, port);
    pid_t pid = fork();

    if (pid < 0)
        die("fork");
    if (pid > 0) {
        close(listener);
        return pid;
    }
    int one = 1;
    uint8_t buf[FRAME_MAX] = {0};
    int fd = accept(listener, NULL, NULL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (size_t have = 0;;) {
        ssize_t n = read(fd, buf, REQUEST_LEN - have);
        if (n <= 0)
            _exit(0);
        have += (size_t)n;
        if (have == REQUEST_LEN) {
            have = 0;
            send_all(fd, buf, answer);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double report(const char *name, double *us, unsigned n)
{
    qsort(us, n, sizeof *us, by_size);
    printf("%s_median_us=%.0f\n%s_p99_us=%.0f\n%s_max_us=%.0f\n", name, us[n / 2], name, us[n * 99 / 100], name, us[n - 1]);
    return us[n / 2];
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: latency_bench PORT POINTS COUNT\n");
        return 2;
    }
    unsigned points = (unsigned)atoi(argv[2]), count = (unsigned)atoi(argv[3]);
    uint16_t port, echo_port;
    uint8_t frame[FRAME_MAX];
    int one = 1;

    if (points == 0 || count == 0)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_on((uint16_t)atoi(argv[1]), &port);
    struct peer terminal = {.fd = accept(listener, NULL, NULL)};
    if (terminal.fd < 0)
        die("accept");
    setsockopt(terminal.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    read_frame(&terminal, frame);
    confirm(terminal.fd, frame);

    size_t answer = ask(&terminal, frame + 7, 1, 0);
    pid_t echo_pid = start_echo(&echo_port, answer);
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(echo_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct peer echo = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    if (connect(echo.fd, (struct sockaddr *)&sa, sizeof sa) < 0)
        die("connect");
    setsockopt(echo.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);

    double *stored = calloc(count, sizeof *stored), *bare = calloc(count, sizeof *bare);
    if (!stored || !bare)
        die("calloc");
    for (unsigned i = 0; i < count; i++) {
        double t = now_us();
        ask(&terminal, frame + 7, i % points + 1, i + 1);
        stored[i] = now_us() - t;

        uint8_t request[REQUEST_LEN] = {0};
        t = now_us();
        send_all(echo.fd, request, sizeof request);
        read_some(&echo, answer);
        echo.have = 0;
        bare[i] = now_us() - t;
        /* requests of a master are not back to back: 2 ms between them keeps the sweep running as it does in the field */
        struct timespec pause = {.tv_nsec = 2000000};
        nanosleep(&pause, NULL);
    }
    printf("request_bytes=%d\nanswer_bytes=%zu\n", REQUEST_LEN, answer);
    double a = report("stored", stored, count);
    double b = report("echo", bare, count);
    printf("ratio_median=%.2f\n", a / b);
    close(echo.fd);
    kill(echo_pid, SIGTERM);
    waitpid(echo_pid, NULL, 0);
    free(stored);
    free(bare);
    return 0;
}
