#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/base/buf.h"

/* The program itself: sockets, standard input, control socket, exit code. */

static const char program[] = CN_BINARY_DIR "/bin/master-sim";

struct child {
    pid_t pid;
    int in, out;
    char text[8000];
    size_t n;
};

static void start(struct child *c, const char *const *args)
{
    int in[2], out[2];

    memset(c, 0, sizeof *c);
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]), close(in[1]), close(out[0]), close(out[1]);
        execv(program, (char *const *)(uintptr_t)args);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    c->in = in[1];
    c->out = out[0];
}

static void read_until(struct child *c, const char *wanted)
{
    while (!strstr(c->text, wanted)) {
        struct pollfd p = {.fd = c->out, .events = POLLIN};
        if (poll(&p, 1, 10000) != 1)
            fail_msg("no \"%s\" in: %s", wanted, c->text);
        ssize_t got = read(c->out, c->text + c->n, sizeof c->text - 1 - c->n);
        if (got <= 0)
            fail_msg("ended without \"%s\": %s", wanted, c->text);
        c->n += (size_t)got;
    }
}

static int end(struct child *c)
{
    int status;
    ssize_t got;

    close(c->in);
    while ((got = read(c->out, c->text + c->n, sizeof c->text - 1 - c->n)) > 0)
        c->n += (size_t)got;
    close(c->out);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int connect_terminal(struct child *c)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    read_until(c, "listening on 127.0.0.1:");
    sa.sin_port = htons((uint16_t)atoi(strstr(c->text, "listening on 127.0.0.1:") + 23));
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    return fd;
}

static void say(int fd, const char *hex)
{
    uint8_t raw[300];
    int n = hex_parse(hex, raw, sizeof raw);

    assert_int_equal(write(fd, raw, (size_t)n), n);
}

static void hear(int fd, const char *hex)
{
    uint8_t wanted[300], raw[300];
    int n = hex_parse(hex, wanted, sizeof wanted);

    for (int got = 0; got < n;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, 10000), 1);
        ssize_t k = read(fd, raw + got, (size_t)(n - got));
        assert_true(k > 0);
        got += (int)k;
    }
    assert_memory_equal(raw, wanted, (size_t)n);
}

/* Vectors S01 and S02, then a request and its denial. */
static const char login[] = "683200320068C903440400000271000001008816";
static const char confirm[] = "6832003200680B0344040000006100000100B816";
static const char ask_f7[] = "6832003200684B03440400020C60000040004416";
static const char denial[] = "6832003200688903440400020060000002003816";

static void test_script(void **state)
{
    const char *args[] = {program,     "--listen",   "127.0.0.1:0", "wait login 10",
                          "get 0C F7", "echo never", NULL};
    struct child c;

    (void)state;
    start(&c, args);
    int fd = connect_terminal(&c);
    say(fd, login);
    hear(fd, confirm);
    hear(fd, ask_f7);
    say(fd, denial);
    assert_int_equal(end(&c), 1);
    assert_non_null(strstr(c.text, "login 4403-4"));
    assert_non_null(strstr(c.text, "error: the terminal denied"));
    assert_null(strstr(c.text, "never"));
    close(fd);
}

static void test_standard_input(void **state)
{
    const char *args[] = {program, "--listen", "127.0.0.1:0", NULL};
    struct child c;

    (void)state;
    start(&c, args);
    int fd = connect_terminal(&c);
    say(fd, login);
    hear(fd, confirm);
    dprintf(c.in, "wait login 10\nnot get 0C F7\n");
    hear(fd, ask_f7);
    say(fd, denial);
    read_until(&c, "it failed, as wanted");
    dprintf(c.in, "echo done");
    assert_int_equal(end(&c), 0);
    assert_non_null(strstr(c.text, "done\n"));
    close(fd);
}

static void test_control_socket(void **state)
{
    char path[] = "/tmp/master_sim_test_XXXXXX";
    int tmp = mkstemp(path);
    const char *args[] = {program, "--listen", "127.0.0.1:0", "--stay", "--control", path, NULL};
    const char *good[] = {program, "--control", path, "--send", "wait login 10", "--send", "terminals", NULL};
    const char *bad[] = {program, "--control", path, "--send", "nonsense", NULL};
    struct child c, client;

    (void)state;
    assert_true(tmp >= 0);
    close(tmp);
    unlink(path);
    start(&c, args);
    int fd = connect_terminal(&c);
    start(&client, good);
    say(fd, login);
    assert_int_equal(end(&client), 0);
    assert_non_null(strstr(client.text, "4403-4 logged in"));
    start(&client, bad);
    assert_int_equal(end(&client), 1);
    /* the terminal goes; the master stays until it is told */
    close(fd);
    read_until(&c, "disconnected 4403-4");
    kill(c.pid, SIGTERM);
    assert_int_equal(end(&c), 0);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_script),
        cmocka_unit_test(test_standard_input),
        cmocka_unit_test(test_control_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
