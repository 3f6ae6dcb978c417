#include "gateway/core/jobs.h"

#include <string.h>

#include "gateway/base/err.h"

void jobs_init(struct jobs *j, struct job pool[JOBS_POOL])
{
    *j = (struct jobs){.pool = pool, .next_serial = 1};
    memset(pool, 0, sizeof *pool * JOBS_POOL);
}

struct job *jobs_add(struct jobs *j, enum job_class class, unsigned port)
{
    unsigned places = class == CLASS_FORWARD ? JOBS_POOL : JOBS_POOL - JOBS_FORWARD_PLACES;

    for (unsigned i = 0; i < places; i++) {
        struct job *job = &j->pool[i];
        if (job->used)
            continue;
        *job = (struct job){
            .used = true, .class = (uint8_t) class, .port = (uint8_t)port, .serial = j->next_serial++};
        j->taken[class]++;
        if (++j->used > j->peak)
            j->peak = j->used;
        return job;
    }
    j->refused[class]++;
    return NULL;
}

void jobs_free(struct jobs *j, struct job *job)
{
    if (!job->used)
        return;
    job->used = false;
    j->used--;
}

static bool before(const struct job *a, const struct job *b)
{
    /* the difference, so that the number may wrap */
    return a->class != b->class ? a->class < b->class : (int32_t)(a->serial - b->serial) < 0;
}

struct job *jobs_next(struct jobs *j, unsigned port)
{
    struct job *best = NULL;

    for (unsigned i = 0; i < JOBS_POOL; i++) {
        struct job *job = &j->pool[i];
        if (job->used && !job->flying && job->port == port && (!best || before(job, best)))
            best = job;
    }
    return best;
}

static bool same_wants(const struct bus_job *b, const struct want *wants, unsigned count)
{
    if (b->want_count != count)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (b->wants[i].quantity != wants[i].quantity || b->wants[i].period != wants[i].period ||
            b->wants[i].index != wants[i].index)
            return false;
    }
    return true;
}

struct job *jobs_same(struct jobs *j, unsigned port, unsigned index, unsigned generation,
                      const struct want *wants, unsigned count)
{
    for (unsigned i = 0; i < JOBS_POOL; i++) {
        struct job *job = &j->pool[i];
        if (job->used && !job->flying && job->class == CLASS_DEMAND && job->port == port &&
            job->index == index && job->generation == generation && !job->waiters[JOB_WAITERS - 1].client &&
            same_wants(&job->bus, wants, count))
            return job;
    }
    return NULL;
}

int job_add_waiter(struct job *job, uint32_t client, uint32_t seq)
{
    for (unsigned i = 0; i < JOB_WAITERS; i++) {
        if (!job->waiters[i].client) {
            job->waiters[i] = (struct job_waiter){.client = client, .seq = seq};
            return 0;
        }
    }
    return CN_E_FULL;
}

void jobs_forget_client(struct jobs *j, uint32_t client)
{
    for (unsigned i = 0; i < JOBS_POOL; i++) {
        struct job *job = &j->pool[i];
        unsigned left = 0;
        bool was = false;
        if (!job->used)
            continue;
        for (unsigned w = 0; w < JOB_WAITERS; w++) {
            if (job->waiters[w].client == client) {
                was = true;
                continue;
            }
            if (job->waiters[w].client)
                job->waiters[left++] = job->waiters[w];
        }
        for (unsigned w = left; w < JOB_WAITERS; w++)
            job->waiters[w] = (struct job_waiter){0};
        if (was && left == 0 && !job->flying)
            jobs_free(j, job);
    }
}

struct job *jobs_overdue(struct jobs *j, int64_t now_ms)
{
    for (unsigned i = 0; i < JOBS_POOL; i++) {
        struct job *job = &j->pool[i];
        if (job->used && !job->flying && job->deadline_ms && job->deadline_ms <= now_ms)
            return job;
    }
    return NULL;
}

unsigned jobs_waiting(const struct jobs *j, unsigned port)
{
    unsigned n = 0;

    for (unsigned i = 0; i < JOBS_POOL; i++)
        n += j->pool[i].used && !j->pool[i].flying && j->pool[i].port == port;
    return n;
}
