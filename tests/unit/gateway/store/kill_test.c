/*
 * A process that stores without pause is killed at random moments. It reports each confirmed thing through a
 * pipe; after every kill nothing it confirmed may be missing and no sweep may be half there. CN_KILLS sets
 * the number of rounds.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/gateway/store/fixture.h"

enum { POINTS = 16, FIRST_SLOT = 1000 };

/* What is confirmed so far; each message of the child is the whole of it. */
struct confirmed {
    int64_t sweeps;  /* slots FIRST_SLOT .. FIRST_SLOT + sweeps - 1 */
    uint32_t params; /* value of F1 and F2, written together */
    uint32_t events;
    uint32_t facts;
    uint64_t rec;
};

static int sweep(struct store *s, int64_t slot)
{
    int ret = store_sweep_begin(s);

    for (unsigned p = 1; p <= POINTS && ret == 0; p++) {
        struct freeze f = fix_freeze(FREEZE_HOUR, slot, p, slot * 100 + p);
        struct reading_set set = fix_energy(Q_EP_IMP, slot, slot * 100 + p);
        ret = store_put_freeze(s, &f);
        if (ret == 0)
            ret = store_put_latest(s, p, &set);
    }
    return ret < 0 ? ret : store_sweep_commit(s);
}

static int params(struct store *s, uint32_t value)
{
    struct param_write w[2] = {
        {.fn = 1, .data = (const uint8_t *)&value, .length = sizeof value},
        {.fn = 2, .data = (const uint8_t *)&value, .length = sizeof value},
    };

    return store_params_write(s, w, 2, 1);
}

static void say(int fd, const struct confirmed *c)
{
    if (write(fd, c, sizeof *c) != sizeof *c)
        _exit(3);
}

static void child(const struct fix *f, int fd, struct confirmed c)
{
    struct store *s;

    if (store_open(f->dir, &s) < 0 || store_set_depth(s, (struct store_depth){1, 1, 65535, 1}) < 0)
        _exit(1);
    for (;;) {
        uint32_t n = c.events + 1, k = c.facts + 1;
        if (sweep(s, FIRST_SLOT + c.sweeps) < 0)
            _exit(2);
        c.sweeps++;
        c.rec = store_last_rec(s);
        say(fd, &c);
        if (params(s, c.params + 1) < 0)
            _exit(2);
        c.params++;
        say(fd, &c);
        if (store_put_event(s, RING_IMPORTANT, (const uint8_t *)&n, sizeof n, n, NULL) < 0)
            _exit(2);
        c.events++;
        say(fd, &c);
        if (store_fact_put(s, "k", (const uint8_t *)&k, sizeof k) < 0)
            _exit(2);
        c.facts++;
        c.rec = store_last_rec(s);
        say(fd, &c);
    }
}

static unsigned count_slot(struct view *v, int64_t slot)
{
    unsigned n = 0;

    for (unsigned p = 1; p <= POINTS; p++)
        n += fix_has(v, FREEZE_HOUR, slot, p, slot * 100 + p);
    return n;
}

/* Check what is there against what was confirmed; c becomes what is there. */
static void check(const struct fix *f, int64_t from, struct confirmed *c)
{
    struct store *s = fix_open(f);
    struct view *v = fix_view(f);
    struct store_opened o;
    struct event_state e;
    uint32_t a = 0, b = 0, n = 0, k = 0;
    int64_t at;

    store_opened(s, &o);
    assert_int_equal(o.damaged, 0);
    for (int64_t slot = from; slot < FIRST_SLOT + c->sweeps; slot++)
        assert_int_equal(count_slot(v, slot), POINTS);
    unsigned next = count_slot(v, FIRST_SLOT + c->sweeps);
    assert_true(next == 0 || next == POINTS);
    c->sweeps += next == POINTS;
    assert_int_equal(count_slot(v, FIRST_SLOT + c->sweeps), 0);
    for (unsigned p = 1; p <= POINTS && c->sweeps; p++) {
        struct reading_set set,
            want = fix_energy(Q_EP_IMP, FIRST_SLOT + c->sweeps - 1, (FIRST_SLOT + c->sweeps - 1) * 100 + p);
        assert_int_equal(view_latest(v, p, Q_EP_IMP, &set), 0);
        fix_set_equal(&set, &want);
    }
    int ra = view_param(v, 1, 0, 0, (uint8_t *)&a, sizeof a),
        rb = view_param(v, 2, 0, 0, (uint8_t *)&b, sizeof b);
    assert_int_equal(ra, rb);
    assert_int_equal(a, b);
    assert_in_range(a, c->params, c->params + 1);
    c->params = a;
    assert_int_equal(view_event_state(v, &e), 0);
    uint8_t more = (uint8_t)(e.ec1 - c->events);
    assert_true(more <= 1);
    c->events += more;
    if (c->events) {
        assert_int_equal(view_event(v, RING_IMPORTANT, (uint8_t)(e.ec1 - 1), (uint8_t *)&n, sizeof n, &at),
                         sizeof n);
        assert_int_equal(n, c->events);
    }
    if (view_fact(v, "k", (uint8_t *)&k, sizeof k) < 0)
        k = 0;
    assert_in_range(k, c->facts, c->facts + 1);
    c->facts = k;
    assert_true(store_last_rec(s) >= c->rec);
    c->rec = store_last_rec(s);
    view_close(v);
    store_close(s);
}

/* @param after_first count the time from the first confirmation, so that slow disks are hit while they store
 * too */
static void round_of(const struct fix *f, unsigned wait_us, bool after_first, struct confirmed *c)
{
    struct confirmed start = *c, got;
    int fds[2], status;

    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        child(f, fds[1], *c);
    }
    close(fds[1]);
    if (after_first)
        assert_int_equal(poll(&(struct pollfd){.fd = fds[0], .events = POLLIN}, 1, 10000), 1);
    nanosleep(&(struct timespec){.tv_nsec = (long)wait_us * 1000}, NULL);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL); /* it did not end by an error */
    while (read(fds[0], &got, sizeof got) == sizeof got)
        *c = got;
    close(fds[0]);
    check(f, FIRST_SLOT + start.sweeps, c);
}

static void killed_at_random_moments(void **state)
{
    const struct fix *f = *state;
    const char *text = getenv("CN_KILLS");
    unsigned rounds = text ? (unsigned)strtoul(text, NULL, 10) : 100;
    struct confirmed c = {0};
    uint32_t seed = (uint32_t)getpid();

    print_message("seed %u\n", seed);
    for (unsigned i = 0; i < rounds; i++) {
        seed = seed * 1664525 + 1013904223;
        round_of(f, (seed >> 8) % 12000, i % 2, &c);
        if (c.sweeps > 2000 && i + 1 < rounds) { /* begin anew, first start included */
            check(f, FIRST_SLOT, &c);
            fix_clear(f->dir);
            c = (struct confirmed){0};
        }
    }
    check(f, FIRST_SLOT, &c);
    print_message("%u kills: at the end %lld sweeps, %u parameters, %u events, 0 lost\n", rounds,
                  (long long)c.sweeps, c.params, c.events);
    assert_true(rounds < 2 || c.sweeps > 0); /* it did store something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_at_random_moments, fix_setup, fix_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
