#ifndef TESTS_UNIT_HMI_LCD_SITE_H
#define TESTS_UNIT_HMI_LCD_SITE_H

/* A concentrator's folders with a real store, for the tests of what reads it. Included behind cmocka.h. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/model/config.h"
#include "gateway/model/event.h"
#include "gateway/model/quantity.h"
#include "gateway/store/store.h"
#include "gateway/store/view.h"

#define SITE static inline __attribute__((unused))

struct site {
    char dir[64], state[96];
    struct config config;
    struct store *store;
};

SITE void site_make(struct site *s)
{
    static const char text[] = "[terminal]\nregion = 4403\naddress = 1\nboard = sim\n"
                               "[uplink]\ntransport = tcp\nmaster = 10.1.2.3:9001\n";
    char error[CONFIG_ERROR];
    memset(s, 0, sizeof *s);
    strcpy(s->dir, "/tmp/lcd.XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->state, sizeof s->state, "%s/state", s->dir);
    assert_int_equal(config_parse("x", text, strlen(text), false, &s->config, error), 0);
    strcpy(s->config.terminal.state_dir, s->state);
    strcpy(s->config.terminal.run_dir, s->dir);
}

SITE void site_open(struct site *s)
{
    assert_int_equal(store_open(s->state, &s->store), 0);
}

SITE void site_close(struct site *s)
{
    if (s->store)
        store_close(s->store);
    s->store = NULL;
}

SITE void site_empty(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

SITE void site_remove(struct site *s)
{
    site_close(s);
    site_empty(s->state);
    site_empty(s->dir);
}

SITE void site_meter(struct site *s, unsigned index, unsigned point, unsigned protocol)
{
    const struct meter m = {.index = (uint16_t)index,
                            .point = (uint16_t)point,
                            .port = 1,
                            .protocol = (uint8_t)protocol,
                            .address = {(uint8_t)point},
                            .int_digits = 6,
                            .dec_digits = 2};
    uint8_t raw[F10_ENTRY];
    meter_encode(&m, raw);
    const struct param_write w = {.fn = 10, .sub = (uint16_t)index, .data = raw, .length = sizeof raw};
    assert_int_equal(store_params_write(s->store, &w, 1, 1), 0);
}

SITE void site_energy(struct site *s, unsigned point, int64_t at, int64_t mantissa)
{
    struct reading_set set = {.at = at};
    assert_int_equal(reading_put(&set, Q_EP_IMP, 0, value_of(mantissa, -2)), 0);
    assert_int_equal(reading_put(&set, Q_EP_IMP, 1, value_of(7, -2)), 0);
    assert_int_equal(store_sweep_begin(s->store), 0);
    assert_int_equal(store_put_latest(s->store, point, &set), 0);
    assert_int_equal(store_sweep_commit(s->store), 0);
}

SITE void site_event(struct site *s, unsigned ring, uint8_t erc, int64_t at, unsigned point, bool start)
{
    uint8_t content[64], record[EVENT_MAX];
    struct wbuf c = wbuf_of(content, sizeof content), w = wbuf_of(record, sizeof record);
    struct civil local = zone_to_local(s->config.terminal.zone, at);
    if (erc == 31)
        event_put_erc31(&c, point, start, NULL, value_none(), value_none());
    else
        event_put_erc21(&c, 4);
    assert_true(event_build(erc, &local, content, c.len, &w) > 0);
    assert_int_equal(store_put_event(s->store, ring, record, w.len, at, NULL), 0);
}

#endif
