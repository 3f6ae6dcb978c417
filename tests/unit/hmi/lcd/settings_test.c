#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "gateway/base/err.h"
#include "hmi/lcd/settings.h"

static char path[64];
static char error[CONFIG_ERROR];

static int load(const char *text, struct hmi_settings *s)
{
    strcpy(path, "/tmp/lcd.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int rc = hmi_settings_load(path, s, error);
    unlink(path);
    return rc;
}

static void defaults(void **state)
{
    (void)state;
    struct hmi_settings s;
    assert_int_equal(load("[terminal]\nregion = 4403\nlanguage = xx\n", &s), 0);
    assert_int_equal(s.output, HMI_NONE);
    assert_int_equal(s.language, LCD_ZH);
    assert_int_equal(s.refresh_s, 1);
    assert_int_equal(load("[hmi]\n", &s), 0);
    assert_int_equal(s.output, HMI_NONE);
}

static void all_keys(void **state)
{
    (void)state;
    struct hmi_settings s;
    assert_int_equal(load("[hmi]\noutput = terminal ; here\n  language = en\nrefresh = 60\n", &s), 0);
    assert_int_equal(s.output, HMI_TERMINAL);
    assert_int_equal(s.language, LCD_EN);
    assert_int_equal(s.refresh_s, 60);
    assert_int_equal(load("[hmi]\noutput = fbdev:/dev/fb0\nlanguage = zh\n", &s), 0);
    assert_int_equal(s.output, HMI_FBDEV);
    assert_string_equal(s.device, "/dev/fb0");
    assert_int_equal(s.language, LCD_ZH);
    assert_int_equal(load("[hmi]\noutput = none\n", &s), 0);
    assert_int_equal(s.output, HMI_NONE);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason; /* behind "PATH:" */
    } rows[] = {
        {"[terminal]\nregion = 4403\n[hmi]\n\ncolour = red\n", "5: unknown key colour"},
        {"[hmi]\nlanguage = fr\n", "2: language = fr is not en or zh"},
        {"[hmi]\nrefresh = 0\n", "2: refresh = 0 is not 1..60 seconds"},
        {"[hmi]\nrefresh = 61\n", "2: refresh = 61 is not 1..60 seconds"},
        {"[hmi]\nrefresh = 1s\n", "2: refresh = 1s is not 1..60 seconds"},
        {"[hmi]\nrefresh =\n", "2: refresh =  is not 1..60 seconds"},
        {"[hmi]\nrefresh = -1\n", "2: refresh = -1 is not 1..60 seconds"},
        {"; x\n[hmi]\noutput = lcd\n", "3: output = lcd is not none, terminal or fbdev:DEVICE"},
        {"[hmi]\noutput = fbdev:\n", "2: output = fbdev: is not none, terminal or fbdev:DEVICE"},
        {"[hmi]\noutput = fbdev:fb0\n", "2: output = fbdev:fb0 is not none, terminal or fbdev:DEVICE"},
        {"[hmi]\nrefresh = 1\nrefresh = 2\n", "3: the key is there already: refresh"},
        {"[hmi]\ncolour = red\nlanguage = fr\n", "2: unknown key colour"},
        {"[hmi]\nnonsense\n", "2: not a section and not key = value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hmi_settings s;
        char want[CONFIG_ERROR];
        assert_int_equal(load(rows[i].text, &s), CN_E_CONFIG);
        snprintf(want, sizeof want, "%s:%s", path, rows[i].reason);
        assert_string_equal(error, want);
    }
}

static void no_file(void **state)
{
    (void)state;
    struct hmi_settings s;
    assert_int_equal(hmi_settings_load("/nonexistent/x.conf", &s, error), CN_E_CONFIG);
    assert_string_equal(error, "/nonexistent/x.conf:0: cannot be opened: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(all_keys),
        cmocka_unit_test(refused),
        cmocka_unit_test(no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
