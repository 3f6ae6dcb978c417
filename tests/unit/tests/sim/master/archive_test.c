#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/err.h"
#include "tests/sim/master/archive.h"

static struct ms_archive archive;
static char why[200];

static int read_text(const char *text)
{
    FILE *f = tmpfile();

    assert_non_null(f);
    fputs(text, f);
    rewind(f);
    why[0] = '\0';
    int n = ms_archive_read(f, &archive, why, sizeof why);
    fclose(f);
    return n;
}

/* The first entry of vector G10: index 1, point 1, 62H = 2400 on port 2, AC sampling. */
static void test_entry(void **state)
{
    static const uint8_t g10[F10_ENTRY] = {1, 0, 1, 0, 0x62, 0x02, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5};

    (void)state;
    assert_int_equal(
        read_text("point,index,address,port,protocol,int_digits\n\n# a comment\n1,1,000000000001,2,2,5\n"),
        1);
    assert_memory_equal(archive.entry[0], g10, F10_ENTRY);
    assert_non_null(ms_archive_find(&archive, 1));
    assert_null(ms_archive_find(&archive, 2));
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(read_text("index,address\r\n37, 100000000037 \r\n"), 1);
    const uint8_t *e = archive.entry[0];
    assert_int_equal(e[0], 37);
    assert_int_equal(e[2], 37); /* point = index */
    assert_int_equal(e[4], 3 << 5 | 1);
    assert_int_equal(e[5], 30);
    assert_int_equal(e[6], 0x37);
    assert_int_equal(e[11], 0x10);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "empty"},
        {"index\n1\n", "\"address\" is missing"},
        {"index,address,colour\n", "no column \"colour\""},
        {"index,address\nx,1\n", "line 2: index"},
        {"index,address\n2041,1\n", "line 2: index"},
        {"index,address\n1,12x\n", "line 2: address"},
        {"index,address,baud\n1,1,1234\n", "line 2: baud"},
        {"index,address,port\n1,1,1\n2,2,32\n", "line 3: port"},
        {"index,address,int_digits\n1,1,3\n", "line 2: int_digits"},
        {"index,address,tariffs\n1,1,64\n", "line 2: tariffs"},
        {"index,address,collector\n1,1,?\n", "line 2: collector"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (read_text(rows[i].text) >= 0 || !strstr(why, rows[i].why))
            fail_msg("row %zu: %s", i, why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entry),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
