#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/base/clock.h"
#include "gateway/model/ctl.h"

/* The program itself: options, exit codes, lock, signals. */
enum { LIMIT_MS = 15000 };

static const char program[] = CN_BINARY_DIR "/bin/concentratord";

struct box {
    char dir[64], config[96], log[96], run[96];
};

static void write_config(const struct box *b, const char *more)
{
    FILE *f = fopen(b->config, "w");

    assert_non_null(f);
    fprintf(f,
            "[terminal]\nregion = 4403\naddress = 1\nstate_dir = %s/state\nrun_dir = %s\nclock = "
            "offset\nboard = sim\n%s",
            b->dir, b->run, more);
    fclose(f);
}

static int setup(void **state)
{
    struct box *b = calloc(1, sizeof *b);

    strcpy(b->dir, "/tmp/concentratord_test.XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    snprintf(b->config, sizeof b->config, "%s/box.conf", b->dir);
    snprintf(b->log, sizeof b->log, "%s/log", b->dir);
    snprintf(b->run, sizeof b->run, "%s/run", b->dir);
    write_config(b, "[rs485.1]\ndevice = /dev/null\n");
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct box *b = *state;
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", b->dir);
    free(b);
    return system(command);
}

static pid_t launch(const struct box *b, const char *config)
{
    if (access(program, X_OK) < 0)
        skip(); /* this test alone was built */
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(b->log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        dup2(fd, STDERR_FILENO);
        execl(program, program, "--config", config, (char *)NULL);
        _exit(99);
    }
    return pid;
}

/* Exit code of a program that is about to end. */
static int exit_code(pid_t pid)
{
    int64_t end = clock_mono_ms() + LIMIT_MS;
    int status;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (clock_mono_ms() > end) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            fail_msg("it did not end");
        }
        usleep(5000);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void read_log(const struct box *b, char text[4096])
{
    FILE *f = fopen(b->log, "r");

    assert_non_null(f);
    text[fread(text, 1, 4095, f)] = '\0';
    fclose(f);
}

/* Wait until it answers over its socket. */
static void wait_for(const struct box *b)
{
    int64_t end = clock_mono_ms() + LIMIT_MS;
    int fd;

    while ((fd = ctl_connect(b->run)) < 0) {
        assert_true(clock_mono_ms() < end);
        usleep(5000);
    }
    close(fd);
}

static void a_bad_configuration_is_one_line(void **state)
{
    static const struct {
        const char *more, *line;
    } bad[] = {
        {"[rs485.1]\ndevice = /dev/null\nspeed = 1\n", ":10: "},
        {"[rs485.1]\ndevice = /dev/no-such-device\n", ":9: "},
        {"[cellar]\nwine = red\n", ":8: "},
        {"address = 0\n", ":8: "},
    };
    struct box *b = *state;
    char text[4096];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_config(b, bad[i].more);
        assert_int_equal(exit_code(launch(b, b->config)), 2);
        read_log(b, text);
        assert_memory_equal(text, b->config, strlen(b->config));
        assert_memory_equal(text + strlen(b->config), bad[i].line, strlen(bad[i].line));
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    }
    assert_int_equal(exit_code(launch(b, "/no/such/file")), 2);
}

static void sigterm_ends_it_cleanly(void **state)
{
    struct box *b = *state;
    char path[128];

    pid_t pid = launch(b, b->config);
    wait_for(b);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(exit_code(pid), 0);
    snprintf(path, sizeof path, "%s/control.sock", b->run);
    assert_int_not_equal(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%s/state/store.db", b->dir);
    assert_int_equal(access(path, F_OK), 0);
}

/* faults 14: the second instance exits with a clear message, the first notices nothing */
static void a_second_instance_goes_away(void **state)
{
    struct box *b = *state;
    struct box second = *b;
    char text[4096], pid_text[32];

    pid_t pid = launch(b, b->config);
    wait_for(b);
    snprintf(second.log, sizeof second.log, "%s/log2", b->dir);
    assert_int_equal(exit_code(launch(&second, b->config)), 1);
    read_log(&second, text);
    snprintf(pid_text, sizeof pid_text, "(pid %d)", (int)pid);
    assert_non_null(strstr(text, "another concentratord"));
    assert_non_null(strstr(text, pid_text));
    wait_for(b);
    assert_int_equal(kill(pid, SIGINT), 0);
    assert_int_equal(exit_code(pid), 0);
}

/* What a killed run leaves does not keep the next one from starting at once. */
static void it_starts_again_after_a_kill(void **state)
{
    struct box *b = *state;

    for (int i = 0; i < 5; i++) {
        pid_t pid = launch(b, b->config);
        wait_for(b);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(exit_code(pid), 128 + SIGKILL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_bad_configuration_is_one_line, setup, teardown),
        cmocka_unit_test_setup_teardown(sigterm_ends_it_cleanly, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_instance_goes_away, setup, teardown),
        cmocka_unit_test_setup_teardown(it_starts_again_after_a_kill, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
