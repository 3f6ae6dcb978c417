#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/core/children.h"
#include "tests/unit/gateway/core/fake_bus.h"

/* The children of this test are copies of it under other names: see main. */
enum { LIMIT_MS = 15000 };

struct bench {
    uv_loop_t loop;
    struct config config;
    struct children c;
};

/* The uplink writes its arguments and lives; the LCD ends at once; the bridge does not hear SIGTERM. */
static int child_main(const char *name, int argc, char **argv)
{
    FILE *f = fopen("uplink.args", "w");

    if (argc != 3 || !f)
        return 3;
    if (strcmp(name, "concentrator-hmi") == 0)
        return 1;
    if (strcmp(name, "concentrator-mqtt") == 0)
        signal(SIGTERM, SIG_IGN);
    fprintf(f, "%s %s", argv[1], argv[2]);
    fclose(f);
    for (;;)
        pause();
}

static void run_for(struct bench *b, int64_t ms)
{
    int64_t end = clock_mono_ms() + ms;

    while (clock_mono_ms() < end) {
        uv_run(&b->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
}

static void start(struct bench *b)
{
    memset(b, 0, sizeof *b);
    uv_loop_init(&b->loop);
    snprintf(b->config.path, sizeof b->config.path, "%s/box.conf", fake_folder);
    snprintf(b->config.terminal.run_dir, sizeof b->config.terminal.run_dir, "%s", fake_folder);
}

static void close_handle(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

static void stop(struct bench *b)
{
    int64_t end = clock_mono_ms() + LIMIT_MS;

    children_stop(&b->c);
    while (!children_stopped(&b->c)) {
        assert_true(clock_mono_ms() < end);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
    uv_walk(&b->loop, close_handle, NULL);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
}

static bool alive(int pid)
{
    return kill(pid, 0) == 0;
}

static void a_killed_child_is_back_at_once(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    b.config.uplink.present = true;
    children_start(&b.c, &b.loop, NULL, &b.config);
    assert_true(b.c.list[0].used);
    assert_false(b.c.list[1].used || b.c.list[2].used); /* no section, no process */
    run_for(&b, 300);
    int pid = proc_pid(&b.c.list[0].proc);
    assert_true(pid > 0 && alive(pid));
    char text[256] = "", expected[256];
    FILE *f = fopen("uplink.args", "r");
    assert_non_null(f);
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    snprintf(expected, sizeof expected, "--config %s", b.config.path);
    assert_string_equal(text, expected);
    int64_t start_ms = clock_mono_ms();
    assert_int_equal(kill(pid, SIGKILL), 0);
    while (proc_pid(&b.c.list[0].proc) == pid || proc_pid(&b.c.list[0].proc) == 0) {
        assert_true(clock_mono_ms() - start_ms < LIMIT_MS);
        uv_run(&b.loop, UV_RUN_ONCE);
    }
    assert_in_range(clock_mono_ms() - start_ms, 0, 400); /* 100 ms of back-off and the start */
    assert_int_equal(b.c.list[0].proc.restarts, 1);
    pid = proc_pid(&b.c.list[0].proc);
    stop(&b);
    assert_false(alive(pid));
}

static void a_crash_loop_slows_down(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    b.config.hmi_present = true;
    children_start(&b.c, &b.loop, NULL, &b.config);
    run_for(&b, 2000);
    /* at 100, 300, 700, 1500 ms */
    assert_in_range(b.c.list[2].proc.restarts, 3, 5);
    stop(&b);
}

static void who_does_not_hear_is_killed(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    b.config.mqtt_present = true;
    children_start(&b.c, &b.loop, NULL, &b.config);
    run_for(&b, 300);
    int pid = proc_pid(&b.c.list[1].proc);
    int64_t start_ms = clock_mono_ms();
    stop(&b);
    assert_in_range(clock_mono_ms() - start_ms, PROC_KILL_MS - 100, PROC_KILL_MS + 2000);
    assert_false(alive(pid));
}

static void a_program_that_is_not_there_is_no_failure(void **state)
{
    struct bench b;

    (void)state;
    assert_int_equal(unlink("concentrator-hmi"), 0);
    start(&b);
    b.config.hmi_present = true;
    children_start(&b.c, &b.loop, NULL, &b.config);
    assert_false(b.c.list[2].used);
    stop(&b);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"concentrator-uplink", "concentrator-mqtt", "concentrator-hmi"};
    const char *name = strrchr(argv[0], '/');

    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(name + 1, names[i]) == 0)
            return child_main(names[i], argc, argv);
    }
    fake_bus_begin(argc, argv);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (link("the-test", names[i]) < 0)
            return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_child_is_back_at_once),
        cmocka_unit_test(a_crash_loop_slows_down),
        cmocka_unit_test(who_does_not_hear_is_killed),
        cmocka_unit_test(a_program_that_is_not_there_is_no_failure),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_bus_end();
    return failed;
}
