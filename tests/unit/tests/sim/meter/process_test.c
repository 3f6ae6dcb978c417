#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* The program itself: ptys, control socket, log, signals. */

static const char program[] = CN_BINARY_DIR "/bin/meter-sim";
static char dir[] = "/tmp/meter_sim_test_XXXXXX";
static pid_t sim;
static int sim_out;

static pid_t start(const char *const *args, int *out)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        execv(program, (char *const *)(uintptr_t)args);
        _exit(127);
    }
    close(fds[1]);
    *out = fds[0];
    return pid;
}

/* Read until this text has come. */
static void read_until(int fd, const char *wanted, char *text, size_t cap)
{
    size_t n = 0;

    text[0] = '\0';
    while (!strstr(text, wanted)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, 10000), 1);
        ssize_t got = read(fd, text + n, cap - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
        text[n] = '\0';
    }
}

static int send_line(const char *line, char *text, size_t cap)
{
    const char *args[] = {program, "--dir", dir, "--send", line, NULL};
    int fd, status;
    pid_t pid = start(args, &fd);
    size_t n = 0;
    ssize_t got;

    while (n < cap - 1 && (got = read(fd, text + n, cap - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static int setup(void **state)
{
    char text[1000], log[100];

    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(log, sizeof log, "%s/log.csv", dir);
    const char *args[] = {program,
                          "--dir",
                          dir,
                          "--ports",
                          "2",
                          "--meters",
                          "3",
                          "--baud",
                          "9600",
                          "--time",
                          "2026-11-22 10:30:00",
                          "--time-scale",
                          "0",
                          "--delay-ms",
                          "30",
                          "--fe",
                          "0",
                          "--log",
                          log,
                          NULL};
    sim = start(args, &sim_out);
    read_until(sim_out, "ready", text, sizeof text);
    return 0;
}

static int teardown(void **state)
{
    char command[100], text[4000];
    int status;

    (void)state;
    kill(sim, SIGTERM);
    read_until(sim_out, "port 2: ", text, sizeof text); /* the statistics */
    waitpid(sim, &status, 0);
    close(sim_out);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int open_port(unsigned number)
{
    char path[100];
    struct termios t;

    snprintf(path, sizeof path, "%s/port%u", dir, number);
    int fd = open(path, O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    assert_int_equal(tcgetattr(fd, &t), 0);
    cfmakeraw(&t);
    cfsetspeed(&t, B9600);
    assert_int_equal(tcsetattr(fd, TCSANOW, &t), 0);
    return fd;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Forward total of the meter with address 100000000004 (point 4, port 2). */
static const uint8_t question[] = {0x68, 0x04, 0x00, 0x00, 0x00, 0x00, 0x10, 0x68,
                                   0x11, 0x04, 0x33, 0x33, 0x34, 0x33, 0xC6, 0x16};

static size_t ask(int fd, uint8_t *out, size_t cap)
{
    size_t n = 0;

    assert_int_equal(write(fd, question, sizeof question), sizeof question);
    while (n < 20 && n < cap) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 2000) != 1)
            break;
        ssize_t got = read(fd, out + n, cap - n);
        assert_true(got > 0);
        n += (size_t)got;
    }
    return n;
}

/* What comes over the line is what the control socket tells, and it takes as long as the wire. */
static void test_exchange(void **state)
{
    char text[4000], digits[32];
    uint8_t answer[100];
    int fd = open_port(2);
    int64_t began = now_ms();

    (void)state;
    assert_int_equal(ask(fd, answer, sizeof answer), 20);
    /* 36 bytes at 9600 baud are 41.25 ms, and 30 ms delay */
    assert_true(now_ms() - began >= 71);
    assert_int_equal(send_line("item 4 00010000", text, sizeof text), 0);
    snprintf(digits, sizeof digits, "00010000 %02X%02X%02X%02X ", (uint8_t)(answer[14] - 0x33),
             (uint8_t)(answer[15] - 0x33), (uint8_t)(answer[16] - 0x33), (uint8_t)(answer[17] - 0x33));
    assert_memory_equal(text, digits, strlen(digits));
    close(fd);
}

static void test_fault_and_port_survive(void **state)
{
    char text[4000];
    uint8_t answer[100];
    int fd = open_port(2);

    (void)state;
    assert_int_equal(send_line("point=4 silent", text, sizeof text), 0);
    assert_string_equal(text, "ok 1\n");
    assert_int_equal(ask(fd, answer, sizeof answer), 0);
    assert_int_equal(send_line("point=4 ok", text, sizeof text), 0);
    assert_int_equal(send_line("point=4 whistle", text, sizeof text), 1);
    close(fd);
    fd = open_port(2);
    assert_int_equal(ask(fd, answer, sizeof answer), 20);
    close(fd);
}

/* "Exclusive" of a user that died is forgotten, as on a real port whose last user closed it. */
static void test_exclusive(void **state)
{
    int fd = open_port(1);

    (void)state;
    assert_int_equal(ioctl(fd, TIOCEXCL), 0);
    close(fd);
    int64_t until = now_ms() + 3000;
    int exclusive = 1;
    fd = open_port(1);
    while (exclusive && now_ms() < until) {
        assert_int_equal(ioctl(fd, TIOCGEXCL, &exclusive), 0);
        poll(NULL, 0, 20);
    }
    assert_int_equal(exclusive, 0);
    close(fd);
}

static void test_files(void **state)
{
    char path[100], line[300];

    (void)state;
    snprintf(path, sizeof path, "%s/meters.csv", dir);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_string_equal(line, "index,point,port,baud,protocol,address,password,tariffs,int_digits,dec_digits,"
                              "collector,class,subclass\n");
    for (int i = 0; i < 4; i++)
        assert_non_null(fgets(line, sizeof line, f));
    assert_memory_equal(line, "4,4,2,9600,30,100000000004,000000000000,4,6,2,", 46);
    fclose(f);
    snprintf(path, sizeof path, "%s/log.csv", dir);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_non_null(fgets(line, sizeof line, f));
    unsigned port, point, in, out, delay;
    long long asked, answered;
    char di[9], fn[3], result[20];
    assert_int_equal(sscanf(line, "%u,%u,%8[^,],%lld,%lld,%u,%u,%u,%2[^,],%19s", &port, &point, di, &asked,
                            &answered, &in, &out, &delay, fn, result),
                     10);
    assert_int_equal(port, 2);
    assert_int_equal(point, 4);
    assert_int_equal(in, 16);
    assert_int_equal(out, 20);
    assert_int_equal(delay, 30000);
    assert_string_equal(result, "ok");
    assert_true(answered - asked >= 71250);
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_fault_and_port_survive),
        cmocka_unit_test(test_exclusive),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
