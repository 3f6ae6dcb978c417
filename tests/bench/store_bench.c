/*
 * The store under a day's load of 192 meters: rows a second against a bare loop of prepared statements, bytes
 * written against payload, start time full against empty, time of one read.
 *
 * usage: store_bench [FOLDER]    FOLDER on the disk to measure (default: $TMPDIR or the system's)
 * Prints a table; nothing is asserted, numbers of a shared machine vary.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/model/quantity.h"
#include "gateway/store/blob.h"
#include "gateway/store/schema.h"
#include "gateway/store/view.h"
#include "tests/unit/gateway/store/stop_vfs.h"

enum { METERS = 192, SWEEPS = 96, EVENTS_A_SWEEP = 5, READS = 5000, ROUNDS = 40 };

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(int ret, const char *what)
{
    if (ret >= 0)
        return;
    fprintf(stderr, "store_bench: %s: error %d\n", what, ret);
    exit(1);
}

static void clear(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    char path[512];

    while (d && (e = readdir(d)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

/* Three energies with four tariffs, voltages, currents, powers: what F25 and F33 of a three-phase meter need.
 */
static struct reading_set latest_of(unsigned meter, int64_t at)
{
    static const uint16_t now[] = {Q_U_A, Q_U_B, Q_U_C, Q_I_A, Q_I_B, Q_I_C,
                                   Q_P,   Q_P_A, Q_P_B, Q_P_C, Q_Q,   Q_PF};
    static const uint16_t energy[] = {Q_EP_IMP, Q_EP_EXP, Q_EQ_COMB1};
    struct reading_set s = {.at = at};

    for (unsigned i = 0; i < sizeof now / sizeof now[0]; i++)
        reading_put(&s, now[i], 0, value_of(2300 + (at / 60 + meter * i) % 97, -1));
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned t = 0; t <= 4; t++)
            reading_put(&s, energy[i], t, value_of(1234567 + (int64_t)meter * 100 + at / 900 + t, -2));
    }
    return s;
}

static struct freeze freeze_of(unsigned meter, int64_t slot)
{
    struct freeze f = {.kind = FREEZE_HOUR, .point = (uint16_t)meter, .slot = slot, .frozen_at = slot * 3600};

    f.set.at = f.frozen_at + meter;
    for (unsigned t = 0; t <= 4; t++) {
        reading_put(&f.set, Q_EP_IMP, t, value_of(1234567 + (int64_t)meter * 100 + slot + t, -2));
        reading_put(&f.set, Q_EP_EXP, t, value_of(34567 + (int64_t)meter * 10 + slot + t, -2));
    }
    return f;
}

static void events(struct store *s, int64_t at)
{
    uint8_t record[23] = {31, 21};

    for (unsigned e = 0; e < EVENTS_A_SWEEP; e++)
        must(store_put_event(s, 2, record, sizeof record, at + e, NULL), "event");
}

static void sweep(struct store *s, int64_t at, bool hour, bool with_events)
{
    must(store_sweep_begin(s), "begin");
    if (with_events)
        events(s, at);
    for (unsigned m = 1; m <= METERS; m++) {
        struct reading_set set = latest_of(m, at);
        must(store_put_latest(s, m, &set), "latest");
        if (hour) {
            struct freeze f = freeze_of(m, at / 3600);
            must(store_put_freeze(s, &f), "freeze");
        }
    }
    must(store_sweep_commit(s), "commit");
}

/* The same bytes through two prepared statements in one transaction: what no store can beat with this
 * database. */
static double bare_loop(const char *dir)
{
    struct db d;
    sqlite3_stmt *latest, *freeze;
    uint8_t a[LATEST_BYTES], b[FREEZE_BYTES];
    char path[512];
    double took = 0;

    snprintf(path, sizeof path, "%s/bare.db", dir);
    FILE *f = fopen(path, "wb");
    if (f)
        fclose(f);
    must(schema_open(path, &d), "bare open");
    sqlite3_prepare_v2(d.h, "INSERT OR REPLACE INTO latest VALUES(?1,?2,0)", -1, &latest, NULL);
    sqlite3_prepare_v2(d.h, "INSERT INTO freezes VALUES(3,?1,?2,0,?3,0)", -1, &freeze, NULL);
    for (unsigned k = 0; k < ROUNDS; k++) {
        int64_t at = 1800000000 + (int64_t)k * 3600;
        double began = now_ms();
        must(db_exec(&d, "BEGIN IMMEDIATE"), "bare begin");
        for (unsigned m = 1; m <= METERS; m++) {
            struct reading_set set = latest_of(m, at), scratch[2];
            struct freeze fr = freeze_of(m, at / 3600);
            struct wbuf w = wbuf_of(a, sizeof a), x = wbuf_of(b, sizeof b);
            latest_merge(NULL, 0, &set, scratch, &w);
            freeze_pack(&x, &fr);
            sqlite3_bind_int64(latest, 1, m);
            sqlite3_bind_blob(latest, 2, a, (int)w.len, SQLITE_STATIC);
            must(db_error(sqlite3_step(latest)), "bare latest");
            sqlite3_reset(latest);
            sqlite3_bind_int64(freeze, 1, at / 3600);
            sqlite3_bind_int64(freeze, 2, m);
            sqlite3_bind_blob(freeze, 3, b, (int)x.len, SQLITE_STATIC);
            must(db_error(sqlite3_step(freeze)), "bare freeze");
            sqlite3_reset(freeze);
        }
        must(db_exec(&d, "COMMIT"), "bare commit");
        took += now_ms() - began;
    }
    sqlite3_finalize(latest);
    sqlite3_finalize(freeze);
    db_close(&d);
    return took / ROUNDS;
}

static void speed(const char *dir)
{
    struct store *s;
    struct store_stats st;
    double took = 0;

    must(store_open(dir, &s), "open");
    for (unsigned k = 0; k < ROUNDS; k++) {
        double began = now_ms();
        sweep(s, 1800000000 + (int64_t)k * 3600, true, false);
        took += now_ms() - began;
    }
    store_stats(s, &st);
    store_close(s);
    took /= ROUNDS;
    double bare = bare_loop(dir);
    printf("sweep of %d meters (latest + hour freeze): %.2f ms, %.0f rows/s\n", METERS, took,
           2 * METERS / took * 1e3);
    printf("bare prepared statements, same bytes:      %.2f ms, %.0f rows/s; ratio %.2f\n", bare,
           2 * METERS / bare * 1e3, bare / took);
    clear(dir);
}

/* @param joined events wait for the next sweep; else each is a commit of its own */
static void one_day(const char *dir, bool joined)
{
    struct store *s;
    struct store_stats before, after;
    struct stop io;

    must(store_open(dir, &s), "open");
    sweep(s, 1800000000 - 3600, true, false); /* the tables exist and are warm */
    store_stats(s, &before);
    stop_clear();
    for (unsigned k = 0; k < SWEEPS; k++) {
        int64_t at = 1800000000 + (int64_t)k * 900;
        sweep(s, at, k % 4 == 0, joined);
        if (!joined)
            events(s, at);
    }
    io = stop;
    store_stats(s, &after);
    double payload = (double)(after.bytes - before.bytes);
    printf(
        "one day (%d sweeps, 24 with freezes, %d events %s): payload %.2f MB, written %.2f MB, ratio %.2f\n",
        SWEEPS, SWEEPS * EVENTS_A_SWEEP, joined ? "in the sweeps" : "at once", payload / 1e6,
        (double)io.bytes / 1e6, (double)io.bytes / payload);
    printf("  a sweep: %.1f KB written; %ld file operations a day; -wal %.2f MB, database %.2f MB\n",
           (double)io.bytes / 1e3 / SWEEPS, io.changes, (double)after.wal_bytes / 1e6,
           (double)after.db_bytes / 1e6);
    store_close(s);
    clear(dir);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double open_ms(const char *dir)
{
    struct store *s;
    double times[15];

    for (unsigned i = 0; i < 15; i++) {
        double began = now_ms();
        must(store_open(dir, &s), "open");
        times[i] = now_ms() - began;
        store_close(s);
    }
    qsort(times, 15, sizeof times[0], by_size);
    return times[7];
}

static void full_store(const char *dir)
{
    static double times[READS];
    struct store *s;
    struct view *v;
    struct freeze f;

    double empty = open_ms(dir);
    must(store_open(dir, &s), "open");
    for (unsigned k = 0; k < 300; k++)
        sweep(s, 1800000000 + (int64_t)k * 3600, true, false);
    must(view_open(dir, &v), "view");
    for (unsigned i = 0; i < READS; i++) {
        double began = now_ms();
        must(view_freeze(v, FREEZE_HOUR, 500000 + i % 300, 1 + i % METERS, &f), "read");
        times[i] = now_ms() - began;
    }
    qsort(times, READS, sizeof times[0], by_size);
    view_close(v);
    store_close(s);
    printf("start: empty %.2f ms, with 300 hours of %d meters %.2f ms\n", empty, METERS, open_ms(dir));
    printf("one freeze through the view: median %.1f us, 99 %% %.1f us\n", times[READS / 2] * 1e3,
           times[READS * 99 / 100] * 1e3);
    clear(dir);
}

int main(int argc, char **argv)
{
    const char *tmp = getenv("TMPDIR");
    char root[256], dir[300];

    snprintf(root, sizeof root, "%s/store-bench-XXXXXX", argc > 1 ? argv[1] : tmp && *tmp ? tmp : P_tmpdir);
    if (!mkdtemp(root)) {
        perror(root);
        return 1;
    }
    snprintf(dir, sizeof dir, "%s/state", root);
    stop_install();
    speed(dir);
    one_day(dir, false);
    one_day(dir, true);
    full_store(dir);
    rmdir(root);
    return 0;
}
