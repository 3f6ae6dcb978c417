#include "northbound/mqtt/cursor.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "northbound/mqtt/sealed.h"
#include "tests/unit/northbound/mqtt/doc.h"

static bool same(const struct cursor *a, const struct cursor *b)
{
    return a->backlog == b->backlog && a->backlog_end == b->backlog_end && a->live == b->live;
}

static void there_and_back(void **state)
{
    static const struct cursor rows[] = {
        {0, 0, 0}, {5, 5, 5}, {1, 100, 200}, {UINT64_MAX, UINT64_MAX, UINT64_MAX}, {7, 7, 9}};
    char text[CURSOR_BYTES];
    struct cursor c;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wbuf w = wbuf_of(text, sizeof text);
        cursor_put(&w, &rows[i]);
        assert_int_equal(w.err, 0);
        assert_int_equal(cursor_get(text, w.len, &c), 0);
        assert_true(same(&c, &rows[i]));
    }
}

/* Every byte matters, and so does the length. */
static void damage_is_found(void **state)
{
    const struct cursor c = {12, 34, 56};
    struct cursor got;
    char text[CURSOR_BYTES], bad[CURSOR_BYTES];
    struct wbuf w = wbuf_of(text, sizeof text);

    (void)state;
    cursor_put(&w, &c);
    for (size_t i = 0; i < w.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(bad, text, w.len);
            bad[i] = (char)(bad[i] ^ 1 << bit);
            assert_int_equal(cursor_get(bad, w.len, &got), CN_E_CORRUPT);
        }
        assert_int_equal(cursor_get(text, i, &got), CN_E_CORRUPT);
    }
    memcpy(bad, text, w.len);
    bad[w.len] = '\n';
    assert_int_equal(cursor_get(bad, w.len + 1, &got), CN_E_CORRUPT);
}

/* Sealed well, but not something we write. */
static void nonsense_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "concentrator-mqtt cursor 2\nbacklog 1 1\nlive 1\n",
        "concentrator-mqtt cursor 1\nbacklog 2 1\nlive 3\n",
        "concentrator-mqtt cursor 1\nbacklog 1 3\nlive 2\n",
        "concentrator-mqtt cursor 1\nbacklog -1 1\nlive 3\n",
        "concentrator-mqtt cursor 1\nbacklog 1 1\nlive 01\n",
        "concentrator-mqtt cursor 1\nbacklog 1 1\nlive 1\nlive 2\n",
    };
    struct cursor c;
    char text[CURSOR_BYTES];

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wbuf w = wbuf_of(text, sizeof text);
        wbuf_bytes(&w, rows[i], strlen(rows[i]));
        sealed_close(&w);
        assert_int_equal(cursor_get(text, w.len, &c), CN_E_CORRUPT);
    }
}

static void files(void **state)
{
    char dir[] = "/tmp/cn-cursor-XXXXXX", path[64], beside[64];
    struct cursor c = {1, 2, 3}, got;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/cursor", dir);
    snprintf(beside, sizeof beside, "%s/cursor.new", dir);
    assert_int_equal(cursor_load(path, &got), CN_E_NOTFOUND);
    assert_int_equal(cursor_save(path, &c), 0);
    assert_int_equal(cursor_load(path, &got), 0);
    assert_true(same(&c, &got));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(access(beside, F_OK), -1);
    /* the new one cannot be written: the old one stays whole */
    c.live = 99;
    assert_int_equal(mkdir(beside, 0700), 0);
    assert_int_equal(cursor_save(path, &c), CN_E_IO);
    rmdir(beside);
    assert_int_equal(cursor_load(path, &got), 0);
    assert_int_equal(got.live, 3);
    /* larger than any cursor */
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (unsigned i = 0; i < 1000; i++)
        fputc('x', f);
    fclose(f);
    assert_int_equal(cursor_load(path, &got), CN_E_CORRUPT);
    unlink(path);
    rmdir(dir);
    assert_int_equal(cursor_save(path, &c), CN_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
