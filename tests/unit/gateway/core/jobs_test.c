#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "gateway/core/jobs.h"
#include "gateway/model/quantity.h"

static struct job pool[JOBS_POOL];

static void best_class_first_then_oldest(void **state)
{
    struct jobs j;

    (void)state;
    jobs_init(&j, pool);
    j.next_serial = UINT32_MAX; /* numbers wrap between the jobs */
    struct job *demand1 = jobs_add(&j, CLASS_DEMAND, 1);
    struct job *demand2 = jobs_add(&j, CLASS_DEMAND, 1);
    struct job *other = jobs_add(&j, CLASS_FORWARD, 2);
    struct job *forward = jobs_add(&j, CLASS_FORWARD, 1);
    assert_int_equal(jobs_waiting(&j, 1), 3);
    assert_ptr_equal(jobs_next(&j, 1), forward);
    forward->flying = true;
    assert_ptr_equal(jobs_next(&j, 1), demand1);
    jobs_free(&j, demand1);
    assert_ptr_equal(jobs_next(&j, 1), demand2);
    jobs_free(&j, demand2);
    assert_null(jobs_next(&j, 1));
    assert_ptr_equal(jobs_next(&j, 2), other);
    assert_int_equal(j.used, 2);
    assert_int_equal(j.peak, 4);
}

static void a_full_pool_refuses_and_counts(void **state)
{
    struct jobs j;

    (void)state;
    jobs_init(&j, pool);
    for (int i = 0; i < JOBS_POOL - JOBS_FORWARD_PLACES; i++)
        assert_non_null(jobs_add(&j, CLASS_DEMAND, 1));
    assert_null(jobs_add(&j, CLASS_DEMAND, 1));
    assert_non_null(jobs_add(&j, CLASS_FORWARD, 1));
    assert_non_null(jobs_add(&j, CLASS_FORWARD, 1));
    assert_null(jobs_add(&j, CLASS_FORWARD, 1));
    assert_int_equal(j.refused[CLASS_DEMAND], 1);
    assert_int_equal(j.refused[CLASS_FORWARD], 1);
    assert_int_equal(j.used, JOBS_POOL);
}

static void identical_reads_are_joined(void **state)
{
    struct jobs j;
    struct want wants[] = {{.quantity = Q_EP_IMP}, {.quantity = Q_U_A}};

    (void)state;
    jobs_init(&j, pool);
    struct job *job = jobs_add(&j, CLASS_DEMAND, 1);
    job->index = 5;
    job->bus.want_count = 2;
    job->bus.wants[0] = wants[0];
    job->bus.wants[1] = wants[1];
    assert_ptr_equal(jobs_same(&j, 1, 5, 0, wants, 2), job);
    assert_null(jobs_same(&j, 1, 6, 0, wants, 2));
    assert_null(jobs_same(&j, 1, 5, 1, wants, 2)); /* another meter in its place */
    assert_null(jobs_same(&j, 1, 5, 0, wants, 1));
    for (uint32_t c = 1; c <= JOB_WAITERS; c++)
        assert_int_equal(job_add_waiter(job, c, 10 + c), 0);
    assert_int_equal(job_add_waiter(job, 9, 9), CN_E_FULL);
    assert_null(jobs_same(&j, 1, 5, 0, wants, 2)); /* no place for one more */
    jobs_forget_client(&j, 1);
    assert_ptr_equal(jobs_same(&j, 1, 5, 0, wants, 2), job);
    job->flying = true;
    assert_null(jobs_same(&j, 1, 5, 0, wants, 2)); /* part of its answers may be gone */
}

static void a_client_that_left_leaves_no_work(void **state)
{
    struct jobs j;

    (void)state;
    jobs_init(&j, pool);
    struct job *mine = jobs_add(&j, CLASS_DEMAND, 1);
    struct job *shared = jobs_add(&j, CLASS_DEMAND, 1);
    struct job *flying = jobs_add(&j, CLASS_FORWARD, 1);
    job_add_waiter(mine, 7, 1);
    job_add_waiter(shared, 7, 2);
    job_add_waiter(shared, 8, 3);
    job_add_waiter(flying, 7, 4);
    flying->flying = true;
    jobs_forget_client(&j, 7);
    assert_false(mine->used);
    assert_true(shared->used);
    assert_int_equal(shared->waiters[0].client, 8);
    assert_int_equal(shared->waiters[1].client, 0);
    assert_true(flying->used); /* the bus has it */
    assert_int_equal(flying->waiters[0].client, 0);
}

static void overdue_jobs_are_found(void **state)
{
    struct jobs j;

    (void)state;
    jobs_init(&j, pool);
    struct job *job = jobs_add(&j, CLASS_DEMAND, 1);
    job->deadline_ms = 1000;
    assert_null(jobs_overdue(&j, 999));
    assert_ptr_equal(jobs_overdue(&j, 1000), job);
    job->flying = true;
    assert_null(jobs_overdue(&j, 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_class_first_then_oldest), cmocka_unit_test(a_full_pool_refuses_and_counts),
        cmocka_unit_test(identical_reads_are_joined),   cmocka_unit_test(a_client_that_left_leaves_no_work),
        cmocka_unit_test(overdue_jobs_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
