#ifndef TESTS_UNIT_GATEWAY_STORE_FIXTURE_H
#define TESTS_UNIT_GATEWAY_STORE_FIXTURE_H

/* What the tests of the store share: a folder of their own, values to store, and the check that they came
 * back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "gateway/model/quantity.h"
#include "gateway/store/store.h"
#include "gateway/store/view.h"

#define FIX static inline __attribute__((unused))

struct fix {
    char root[128]; /* 0755, ours */
    char dir[160];  /* root/state, made by the store */
};

FIX void fix_clear(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    char path[512];

    while (d && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

FIX void fix_make(struct fix *f)
{
    const char *tmp = getenv("TMPDIR");

    /* none of these tests cuts the power: memory does as well as a disk, and does not wait for it */
    if (!tmp || !*tmp)
        tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : P_tmpdir;
    snprintf(f->root, sizeof f->root, "%s/cn-store-XXXXXX", tmp);
    assert_non_null(mkdtemp(f->root));
    assert_int_equal(chmod(f->root, 0755), 0);
    snprintf(f->dir, sizeof f->dir, "%s/state", f->root);
}

FIX void fix_remove(struct fix *f)
{
    fix_clear(f->dir);
    fix_clear(f->root);
}

FIX int fix_setup(void **state)
{
    struct fix *f = calloc(1, sizeof *f);

    fix_make(f);
    *state = f;
    return 0;
}

FIX int fix_teardown(void **state)
{
    fix_remove(*state);
    free(*state);
    return 0;
}

FIX char *fix_path(const struct fix *f, const char *name, char out[256])
{
    snprintf(out, 256, "%s/%s", f->dir, name);
    return out;
}

FIX bool fix_exists(const struct fix *f, const char *name)
{
    char path[256];

    return access(fix_path(f, name, path), F_OK) == 0;
}

FIX int64_t fix_size(const struct fix *f, const char *name)
{
    char path[256];
    struct stat st;

    return stat(fix_path(f, name, path), &st) == 0 ? st.st_size : -1;
}

/* Copy every file of a folder into a new one. */
FIX void fix_copy_dir(const char *from, const char *to)
{
    DIR *d = opendir(from);
    struct dirent *e;

    assert_non_null(d);
    mkdir(to, 0750);
    while ((e = readdir(d)) != NULL) {
        char a[512], b[512], buf[65536];
        ssize_t n;
        if (e->d_name[0] == '.')
            continue;
        snprintf(a, sizeof a, "%s/%s", from, e->d_name);
        snprintf(b, sizeof b, "%s/%s", to, e->d_name);
        int in = open(a, O_RDONLY), out = open(b, O_WRONLY | O_CREAT | O_TRUNC, 0640);
        assert_true(in >= 0 && out >= 0);
        while ((n = read(in, buf, sizeof buf)) > 0)
            assert_int_equal(write(out, buf, (size_t)n), n);
        close(in);
        close(out);
    }
    closedir(d);
}

FIX struct store *fix_open(const struct fix *f)
{
    struct store *s = NULL;

    assert_int_equal(store_open(f->dir, &s), 0);
    assert_non_null(s);
    return s;
}

FIX struct view *fix_view(const struct fix *f)
{
    struct view *v = NULL;

    assert_int_equal(view_open(f->dir, &v), 0);
    return v;
}

/* Total and four tariffs of an energy, all following from `seed`. */
FIX struct reading_set fix_energy(unsigned quantity, int64_t at, int64_t seed)
{
    struct reading_set s = {.at = at};

    for (unsigned t = 0; t <= 4; t++)
        assert_int_equal(reading_put(&s, quantity, t, value_of(seed * 10 + t, -2)), 0);
    return s;
}

FIX struct freeze fix_freeze(unsigned kind, int64_t slot, unsigned point, int64_t seed)
{
    int64_t base = slot < INT64_MAX / 2 ? slot : 0;

    return (struct freeze){
        .kind = (uint8_t)kind,
        .point = (uint16_t)point,
        .slot = slot,
        .frozen_at = 1700000000 + base,
        .set = fix_energy(Q_EP_IMP, 1700000100 + base, seed),
    };
}

FIX struct freeze fix_missing(unsigned kind, int64_t slot, unsigned point, int64_t at)
{
    return (struct freeze){
        .kind = (uint8_t)kind, .flags = FREEZE_MISSING, .point = (uint16_t)point, .slot = slot, .set.at = at};
}

FIX void fix_put(struct store *s, struct freeze f)
{
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_freeze(s, &f), 0);
    assert_int_equal(store_sweep_commit(s), 0);
}

FIX void fix_put_latest(struct store *s, unsigned point, struct reading_set set)
{
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(store_put_latest(s, point, &set), 0);
    assert_int_equal(store_sweep_commit(s), 0);
}

FIX void fix_set_equal(const struct reading_set *a, const struct reading_set *b)
{
    assert_int_equal(a->at, b->at);
    assert_int_equal(a->count, b->count);
    for (unsigned i = 0; i < a->count; i++) {
        assert_int_equal(a->r[i].quantity, b->r[i].quantity);
        assert_int_equal(a->r[i].tariff, b->r[i].tariff);
        assert_int_equal(a->r[i].value.mantissa, b->r[i].value.mantissa);
        assert_int_equal(a->r[i].value.exp10, b->r[i].value.exp10);
        assert_int_equal(a->r[i].value.quality, b->r[i].value.quality);
    }
}

/* The freeze of fix_freeze with this seed is stored, whole and unchanged. */
FIX bool fix_has(struct view *v, unsigned kind, int64_t slot, unsigned point, int64_t seed)
{
    struct freeze got, want = fix_freeze(kind, slot, point, seed);
    int ret = view_freeze(v, kind, slot, point, &got);

    if (ret == CN_E_NOTFOUND)
        return false;
    assert_int_equal(ret, 0);
    assert_int_equal(got.frozen_at, want.frozen_at);
    fix_set_equal(&got.set, &want.set);
    return true;
}

FIX int fix_param(struct store *s, unsigned fn, unsigned pn, unsigned sub, const void *data, size_t len)
{
    struct param_write w = {
        .fn = (uint8_t)fn, .pn = (uint16_t)pn, .sub = (uint16_t)sub, .data = data, .length = (uint16_t)len};

    return store_params_write(s, &w, 1, 1700000000);
}

#endif
