#ifndef TESTS_UNIT_NORTHBOUND_GDW3761_RIG_H
#define TESTS_UNIT_NORTHBOUND_GDW3761_RIG_H

#include "northbound/gdw3761/link.h"
#include "tests/unit/northbound/gdw3761/fake_box.h"
#include "tests/unit/northbound/gdw3761/vectors.h"

/** A link with its application over a fake box, with time in the test's hand. */
enum { RIG_FRAMES = 64 };

struct rig {
    struct fake_box box;
    struct gdw_app app;
    struct gdw_link link;
    struct gdw_link_memory memory;
    struct gdw_now now;
    uint8_t frame[RIG_FRAMES][GDW_FRAME_MAX]; /**< what came out at the last rig_run */
    size_t len[RIG_FRAMES];
    unsigned frames;
    struct gdw_frame f[RIG_FRAMES];
};

static inline int64_t utc_of(const struct rig *r, int year, int month, int day, int hour, int minute,
                             int second)
{
    struct civil c = {.year = (int16_t)year,
                      .month = (uint8_t)month,
                      .day = (uint8_t)day,
                      .hour = (uint8_t)hour,
                      .minute = (uint8_t)minute,
                      .second = (uint8_t)second};

    return zone_to_utc(r->app.zone, &c);
}

/** Terminal 4403-1, zone +08:00, 2026-11-22 10:30:15. */
static inline void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    fake_init(&r->box);
    gdw_app_init(&r->app, &r->box.seam);
    r->app.a1 = 0x4403;
    r->app.a2 = 1;
    r->app.zone.offset_s = 8 * 3600;
    gdw_link_init(&r->link, &r->app, SOURCE_MASTER, &r->memory);
    r->now.mono_ms = 1000000;
    r->now.utc_s = utc_of(r, 2026, 11, 22, 10, 30, 15);
}

static inline void rig_later(struct rig *r, int64_t ms)
{
    r->now.mono_ms += ms;
    r->now.utc_s += ms / 1000;
}

/** Take what the link wants to send now. @return frames */
static inline unsigned rig_run(struct rig *r)
{
    const uint8_t *p;
    size_t n;

    r->frames = 0;
    while (r->frames < RIG_FRAMES && (n = gdw_link_output(&r->link, r->now, &p)) > 0) {
        memcpy(r->frame[r->frames], p, n);
        r->len[r->frames] = n;
        assert_int_equal(gdw_frame_decode(r->frame[r->frames], n, &r->f[r->frames]), 0);
        r->frames++;
    }
    return r->frames;
}

static inline unsigned rig_feed(struct rig *r, const uint8_t *p, size_t n)
{
    gdw_link_input(&r->link, p, n, r->now);
    return rig_run(r);
}

/** A request for this terminal from MSA 1, PSEQ 3; PW of zeros where it belongs. */
static inline struct gdw_frame rig_request(const struct rig *r, unsigned afn)
{
    static const uint8_t pw[GDW_PW_LEN];

    return (struct gdw_frame){
        .prm = true,
        .fc = GDW_FC_CLASS2,
        .a1 = r->app.a1,
        .a2 = r->app.a2,
        .msa = 1,
        .afn = (uint8_t)afn,
        .fir = true,
        .fin = true,
        .seq = 3,
        .pw = gdw_afn_has_pw(afn) ? pw : NULL,
    };
}

static inline unsigned rig_send(struct rig *r, struct gdw_frame *f, const uint8_t *data, size_t n)
{
    static uint8_t raw[GDW_FRAME_MAX];
    struct wbuf w = wbuf_of(raw, sizeof raw);

    f->data = data;
    f->data_len = (uint16_t)n;
    int len = gdw_frame_encode(&w, f);
    assert_true(len > 0);
    return rig_feed(r, raw, (size_t)len);
}

/** Ask with data units in hex. @return frames answered at once */
static inline unsigned rig_ask(struct rig *r, unsigned afn, const char *hex)
{
    static uint8_t data[GDW_L1_MAX];
    struct gdw_frame f = rig_request(r, afn);
    int n = hex_parse(hex, data, sizeof data);

    assert_true(n >= 0);
    return rig_send(r, &f, data, (size_t)n);
}

/** The data of answer i as hex text. */
static inline const char *rig_data(const struct rig *r, unsigned i)
{
    static char text[2 * GDW_FRAME_MAX + 1];

    return hex_print(r->f[i].data, r->f[i].data_len, text, sizeof text);
}

static inline void expect_frame(const struct rig *r, unsigned i, unsigned afn, const char *data)
{
    char want[2 * GDW_FRAME_MAX + 1];
    static uint8_t bytes[GDW_FRAME_MAX];
    int n = hex_parse(data, bytes, sizeof bytes);

    assert_true(i < r->frames);
    assert_true(r->f[i].up && !r->f[i].prm && !r->f[i].con);
    assert_int_equal(r->f[i].a1, r->app.a1);
    assert_int_equal(r->f[i].a2, r->app.a2);
    assert_int_equal(r->f[i].afn, afn);
    assert_string_equal(rig_data(r, i), hex_print(bytes, (size_t)n, want, sizeof want));
}

static inline void expect_denied(const struct rig *r)
{
    assert_int_equal(r->frames, 1);
    assert_int_equal(r->f[0].fc, GDW_FC_NONE);
    expect_frame(r, 0, GDW_AFN_CONFIRM, "00000200");
}

static inline void expect_confirmed(const struct rig *r)
{
    assert_int_equal(r->frames, 1);
    assert_int_equal(r->f[0].fc, GDW_FC_ACK);
    expect_frame(r, 0, GDW_AFN_CONFIRM, "00000100");
}

#endif
