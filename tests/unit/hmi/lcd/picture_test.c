#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "gateway/base/clock.h"
#include "hmi/lcd/render.h"
#include "hmi/lcd/snapshot.h"
#include "tests/unit/hmi/lcd/site.h"

static const struct hmi_settings settings = {.language = LCD_EN, .refresh_s = 1};

/** 2026-11-22 10:30:00 local, at the begin of a round of the pages: UTC seconds that are a multiple of 7
 * steps. */
static const int64_t at_main = 1795314600 - 1795314600 % (7 * LCD_STEP_S);

static int setup(void **state)
{
    struct site *s = calloc(1, sizeof *s);
    site_make(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    site_remove(*state);
    free(*state);
    return 0;
}

static struct canvas picture_at(struct site *s, int64_t utc, const struct lcd_control *control)
{
    struct lcd_sources sources;
    struct canvas c;
    assert_int_equal(lcd_sources_open(&sources, &s->config, &settings), 0);
    if (control)
        sources.control = *control;
    lcd_picture(&sources, utc * 1000, 5000, &c);
    lcd_sources_close(&sources);
    return c;
}

/** The picture is the drawing of the model that the sources should give. */
static void from_the_store(void **state)
{
    struct site *s = *state;
    site_open(s);
    site_meter(s, 1, 37, PROTO_DLT645_2007);
    site_energy(s, 37, at_main + 3 * LCD_STEP_S - 10, 123456);

    struct lcd_model m = {
        .language = LCD_EN,
        .store = true,
        .clock = true,
        .signal = -1,
        .channel_known = true,
        .channel = TRANSPORT_TCP,
        .now = zone_to_local(s->config.terminal.zone, at_main),
        .region = 0x4403,
        .address = 1,
        .master_ip = {10, 1, 2, 3},
        .master_port = 9001,
        .version = CN_VERSION,
        .meters = 1,
        .screen = lcd_screen_at(0, 0, 1, 0),
    };
    struct canvas want, got = picture_at(s, at_main, NULL);
    lcd_render(&m, &want);
    assert_memory_equal(&got, &want, sizeof want);

    got = picture_at(s, at_main + 3 * LCD_STEP_S, NULL);
    m.now = zone_to_local(s->config.terminal.zone, at_main + 3 * LCD_STEP_S);
    m.screen = lcd_screen_at(3, 0, 1, 0);
    m.row_count = 1;
    m.rows[0] = (struct lcd_row){.point = 37, .energy = value_of(123456, -2), .age_s = 10};
    lcd_render(&m, &want);
    assert_memory_equal(&got, &want, sizeof want);
}

/** clock = offset: unknown until concentratord tells it or the store has it, then added. */
static void box_clock(void **state)
{
    struct site *s = *state;
    s->config.terminal.clock = CLOCK_MODE_OFFSET;
    struct lcd_model m = {
        .language = LCD_EN, .signal = -1, .region = 0x4403, .address = 1, .version = CN_VERSION};
    m.screen = lcd_screen_at(0, 0, 0, 0);
    struct canvas want, got = picture_at(s, at_main, NULL);
    lcd_render(&m, &want);
    assert_memory_equal(&got, &want, sizeof want);

    static struct lcd_control control;
    lcd_control_init(&control);
    control.clock_known = true;
    control.clock.offset_ms = 7 * LCD_STEP_S * 1000 * 100;
    got = picture_at(s, at_main, &control);
    m.clock = true;
    m.now = zone_to_local(s->config.terminal.zone, at_main + 7 * LCD_STEP_S * 100);
    lcd_render(&m, &want);
    assert_memory_equal(&got, &want, sizeof want);
}

static void snapshot_of_nothing(void **state)
{
    struct site *s = *state;
    struct canvas c;
    int64_t began = clock_mono_ms();
    memset(&c, 0xFF, sizeof c);
    assert_int_equal(lcd_snapshot(&s->config, &settings, &c), 0);
    assert_true(clock_mono_ms() - began < SNAPSHOT_WAIT_MS);
    assert_true(canvas_get(&c, 0, 16) && !canvas_get(&c, 0, 15)); /* drawn: the line under the status bar */
}

/** The child of a test: answers each status request with more bytes on port 1, or never. */
static void serve(int listener, bool silent)
{
    static uint8_t in[CTL_MSG_MAX], out[CTL_MSG_MAX];
    int fd = accept(listener, NULL, NULL);
    unsigned long bytes = 10;
    for (ssize_t n; (n = recv(fd, in, sizeof in, 0)) > 0;) {
        struct rbuf r = rbuf_of(in, (size_t)n);
        struct ctl_head head;
        char text[32];
        if (ctl_get_head(&r, &head) < 0 || head.type != CTL_STATUS || silent)
            continue;
        struct wbuf w = wbuf_of(out, sizeof out);
        snprintf(text, sizeof text, "%lu", bytes++);
        ctl_begin(&w, CTL_R_KV, head.seq);
        ctl_put_kv(&w, "port.1.tx_bytes", text);
        ctl_put_kv(&w, "uplink.state", "connected");
        if (send(fd, out, w.len, 0) < 0)
            break;
        w = wbuf_of(out, sizeof out);
        ctl_begin(&w, CTL_R_DONE, head.seq);
        ctl_put_done(&w, 0);
        if (send(fd, out, w.len, 0) < 0)
            break;
    }
    _exit(0);
}

static struct canvas snapshot_with(struct site *s, bool silent, int64_t *took_ms)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct canvas c;
    snprintf(a.sun_path, sizeof a.sun_path, "%s/control.sock", s->dir);
    unlink(a.sun_path);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(listener, 4), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        serve(listener, silent);
    close(listener);
    int64_t began = clock_mono_ms();
    assert_int_equal(lcd_snapshot(&s->config, &settings, &c), 0);
    *took_ms = clock_mono_ms() - began;
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return c;
}

static void snapshot_of_a_running_box(void **state)
{
    struct site *s = *state;
    int64_t took;
    struct canvas c = snapshot_with(s, false, &took);
    assert_true(took < 2 * SNAPSHOT_WAIT_MS + SNAPSHOT_PAUSE_MS);
    assert_true(canvas_get(&c, 75, 3));                            /* port 1 sends: the triangle points up */
    assert_false(canvas_get(&c, 75, 11));                          /* and receives nothing */
    assert_true(canvas_get(&c, 20, 4) && !canvas_get(&c, 20, 11)); /* connected, not logged in */
}

static void snapshot_of_a_box_that_stands_still(void **state)
{
    struct site *s = *state;
    int64_t took;
    struct canvas c = snapshot_with(s, true, &took);
    assert_true(took >= SNAPSHOT_WAIT_MS && took < 2 * SNAPSHOT_WAIT_MS + SNAPSHOT_PAUSE_MS);
    assert_false(canvas_get(&c, 75, 7));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(from_the_store),
        TEST(box_clock),
        TEST(snapshot_of_nothing),
        TEST(snapshot_of_a_running_box),
        TEST(snapshot_of_a_box_that_stands_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
