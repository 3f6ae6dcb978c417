#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/core/busproc.h"
#include "tests/unit/gateway/core/fake_bus.h"

enum { LIMIT_MS = 10000 };

struct bench {
    uv_loop_t loop;
    struct busproc bus;
    struct config_port port;
    unsigned ready, values, bytes, frames, done;
    struct bus_done last;
    struct bus_bytes last_bytes;
};

static void on_ready(void *ctx)
{
    ((struct bench *)ctx)->ready++;
}

static void on_values(void *ctx, const struct bus_values *v)
{
    struct bench *b = ctx;

    assert_int_equal(v->r[0].value.mantissa, FAKE_ENERGY);
    b->values++;
}

static void on_bytes(void *ctx, const struct bus_bytes *bytes)
{
    struct bench *b = ctx;

    b->bytes++;
    b->last_bytes = *bytes;
}

static void on_frame(void *ctx, const struct bus_frame *f)
{
    (void)f;
    ((struct bench *)ctx)->frames++;
}

static void on_done(void *ctx, const struct bus_done *d)
{
    struct bench *b = ctx;

    b->done++;
    b->last = *d;
}

/* Run the loop until a counter reaches a number. */
static void until(struct bench *b, const unsigned *counter, unsigned n)
{
    int64_t end = clock_mono_ms() + LIMIT_MS;

    while (*counter < n) {
        assert_true(clock_mono_ms() < end);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    b->port = (struct config_port){.number = 2, .device = "/dev/null"};
    uv_loop_init(&b->loop);
    struct busproc_hooks hooks = {.ctx = b,
                                  .ready = on_ready,
                                  .values = on_values,
                                  .bytes = on_bytes,
                                  .frame = on_frame,
                                  .done = on_done};
    assert_int_equal(busproc_start(&b->bus, &b->loop, NULL, &b->port, "profiles", hooks), 0);
    until(b, &b->ready, 1);
    assert_true(busproc_ready(&b->bus));
    *state = b;
    return 0;
}

static void close_handle(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

static int teardown(void **state)
{
    struct bench *b = *state;
    int64_t end = clock_mono_ms() + LIMIT_MS;

    busproc_stop(&b->bus);
    while (!busproc_stopped(&b->bus)) {
        assert_true(clock_mono_ms() < end);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
    uv_walk(&b->loop, close_handle, NULL);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
    unlink("died");
    unlink("hung");
    unlink("nonsense");
    free(b);
    return 0;
}

static struct bus_job job_for(uint8_t mode)
{
    return (struct bus_job){.kind = JOB_READ,
                            .point = 5,
                            .line = {.baud = 2400, .data_bits = 8, .parity = 'E', .stop_bits = 1},
                            .address = {mode},
                            .want_count = 1,
                            .wants = {{.quantity = Q_EP_IMP}}};
}

static void a_job_is_answered(void **state)
{
    struct bench *b = *state;
    struct bus_job j = job_for(0);

    busproc_send(&b->bus, &j);
    assert_false(busproc_ready(&b->bus));
    until(b, &b->done, 1);
    assert_true(busproc_ready(&b->bus));
    assert_int_equal(b->values, 1);
    assert_int_equal(b->frames, 2);
    assert_int_equal(b->last.status, 0);
    assert_int_equal(b->last.id, b->bus.job.id);
    j = job_for(0);
    j.kind = JOB_FORWARD;
    j.want_count = 0;
    j.length = 3;
    memcpy(j.bytes, "\1\2\3", 3);
    busproc_send(&b->bus, &j);
    until(b, &b->done, 2);
    assert_int_equal(b->bytes, 1);
    assert_memory_equal(b->last_bytes.bytes, "\1\2\3", 3);
}

/* issue: a killed bus process is back within a second or two and its job is not lost */
static void a_killed_process_comes_back_with_its_job(void **state)
{
    struct bench *b = *state;
    struct bus_job j = job_for(FAKE_DIE_ONCE);
    int64_t start = clock_mono_ms();

    busproc_send(&b->bus, &j);
    until(b, &b->done, 1);
    assert_true(clock_mono_ms() - start < 2000);
    assert_int_equal(b->last.status, 0);
    assert_int_equal(b->values, 1);
    assert_int_equal(b->bus.proc.restarts, 1);
    assert_int_equal(b->bus.given_up, 0);
    /* also when somebody else kills it, without a job */
    int pid = proc_pid(&b->bus.proc);
    assert_int_equal(kill(pid, SIGKILL), 0);
    until(b, &b->ready, 2);
    assert_int_not_equal(proc_pid(&b->bus.proc), pid);
}

static void a_hung_process_is_replaced(void **state)
{
    struct bench *b = *state;
    struct bus_job j = job_for(FAKE_HANG_ONCE);
    int64_t start = clock_mono_ms();

    busproc_send(&b->bus, &j);
    until(b, &b->done, 1);
    assert_in_range(clock_mono_ms() - start, BUSPROC_SILENT_MS, 2500);
    assert_int_equal(b->last.status, 0);
    assert_int_equal(b->bus.hung, 1);
    /* stopped from outside while it has nothing to do */
    assert_int_equal(kill(proc_pid(&b->bus.proc), SIGSTOP), 0);
    until(b, &b->ready, 2);
    assert_int_equal(b->bus.hung, 2);
}

static void a_deadly_job_is_given_up(void **state)
{
    struct bench *b = *state;
    struct bus_job j = job_for(FAKE_DIE);

    busproc_send(&b->bus, &j);
    until(b, &b->done, 1);
    assert_int_equal(b->last.status, CN_E_GONE);
    assert_int_equal(b->bus.proc.restarts, BUSPROC_CRASHES);
    assert_int_equal(b->bus.given_up, 1);
    until(b, &b->ready, 2);
    j = job_for(0);
    busproc_send(&b->bus, &j);
    until(b, &b->done, 2);
    assert_int_equal(b->last.status, 0);
}

static void nonsense_ends_the_process(void **state)
{
    struct bench *b = *state;
    struct bus_job j = job_for(FAKE_NONSENSE);

    busproc_send(&b->bus, &j);
    until(b, &b->done, 1);
    until(b, &b->bus.proc.restarts, 1);
}

int main(int argc, char **argv)
{
    fake_bus_begin(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_job_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_killed_process_comes_back_with_its_job, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hung_process_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deadly_job_is_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(nonsense_ends_the_process, setup, teardown),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_bus_end();
    return failed;
}
