/* A child that is guarded ends when its parent is killed; one that comes too late notices. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "gateway/base/parent.h"

/* parent -> child; the child holds `fd` open as long as it lives and says 'g' when it is guarded */
static pid_t start_pair(int fd, int signal)
{
    pid_t parent = fork();

    assert_true(parent >= 0);
    if (parent == 0) {
        parent_announce();
        if (fork() == 0) {
            char said = parent_guard(signal) == 0 ? 'g' : 'x';
            alarm(20);
            if (write(fd, &said, 1) != 1)
                _exit(1);
            for (;;)
                pause();
        }
        close(fd);
        for (;;)
            pause();
    }
    return parent;
}

static void ends_with_its_parent(int signal)
{
    int pipefd[2];
    char said = 0;

    assert_int_equal(pipe(pipefd), 0);
    pid_t parent = start_pair(pipefd[1], signal);
    close(pipefd[1]);
    assert_int_equal(read(pipefd[0], &said, 1), 1);
    assert_int_equal(said, 'g');
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    /* end of file: the child is gone too */
    struct pollfd pfd = {.fd = pipefd[0], .events = POLLIN};
    assert_int_equal(poll(&pfd, 1, 10000), 1);
    assert_int_equal(read(pipefd[0], &said, 1), 0);
    close(pipefd[0]);
}

static void test_ends_with_its_parent(void **state)
{
    (void)state;
    ends_with_its_parent(SIGTERM);
    ends_with_its_parent(SIGKILL);
}

static void test_without_a_name_nothing_happens(void **state)
{
    (void)state;
    unsetenv("CONCENTRATORD_PID");
    assert_int_equal(parent_guard(SIGTERM), 0);
}

static void test_too_late(void **state)
{
    (void)state;
    setenv("CONCENTRATORD_PID", "1234567", 1); /* not this process's parent */
    assert_int_equal(parent_guard(SIGTERM), CN_E_GONE);
    unsetenv("CONCENTRATORD_PID");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_with_its_parent),
        cmocka_unit_test(test_without_a_name_nothing_happens),
        cmocka_unit_test(test_too_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
