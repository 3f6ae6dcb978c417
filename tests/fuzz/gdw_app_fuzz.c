#include <stdlib.h>
#include <string.h>

#include "gateway/model/quantity.h"
#include "northbound/gdw3761/link.h"
#include "tests/unit/northbound/gdw3761/fake_box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The whole terminal over a box in memory. The input is a script: an operation byte, then what it needs.
 * Frames need no right checksum or address: they are made around the script's data units.
 */
static struct fake_box box;
static struct gdw_app app;
static struct gdw_link link_;
static struct gdw_link_memory memory;
static struct gdw_now now;

static void fill(void)
{
    static const uint8_t record[] = {21, 6, 0x30, 0x10, 0x21, 0x11, 0x26, 4};

    fake_init(&box);
    for (unsigned p = 1; p <= GDW_PN_MAX; p += p < 20 ? 3 : 400)
        fake_add_meter(&box, p, p % 14);
    for (unsigned i = 0; i < 4; i++) {
        box.latest[i].point = (uint16_t)(1 + 3 * i);
        box.latest[i].set.at = 1795314000 + (int64_t)i * 200;
        for (unsigned t = 0; t < 5; t++)
            reading_put(&box.latest[i].set, Q_EP_IMP, t, value_of(1000 * i + t, -2));
    }
    box.latest_count = 4;
    box.freezes[0] = (struct freeze){.kind = FREEZE_DAY, .flags = FREEZE_METER, .point = 1, .slot = 20778};
    box.freezes[1] = (struct freeze){.kind = FREEZE_DAY, .point = 1, .slot = 20777};
    for (unsigned i = 0; i < 2; i++)
        reading_put(&box.freezes[i].set, Q_EP_IMP, 0, value_of(5000 - 10 * i, -2));
    box.freeze_count = 2;
    fake_add_param(&box, 1, "\x0A\x14\x1E\x30\x07\x0F", 6);
    for (unsigned i = 0; i < 300; i++)
        fake_add_event(&box, 1 + i % 2, record, sizeof record);
}

static void drain(void)
{
    const uint8_t *p;
    size_t n;
    struct gdw_frame f;
    unsigned frames = 0;

    while ((n = gdw_link_output(&link_, now, &p)) > 0) {
        /* every answer is a good frame of this terminal that can be explained to its end */
        static const struct gdw_visitor nobody;
        if (gdw_frame_decode(p, n, &f) < 0 || !f.up || f.prm || f.a2 != 1 || gdw_walk(&f, &nobody, NULL) < 0)
            abort();
        if (++frames > 4000)
            abort();
    }
}

static void send(const uint8_t *data, size_t size, uint8_t flags, uint8_t afn)
{
    static uint8_t raw[GDW_FRAME_MAX];
    static const uint8_t pw[GDW_PW_LEN];
    struct wbuf w = wbuf_of(raw, sizeof raw);
    const struct gdw_frame f = {
        .prm = !(flags & 1),
        .fc = 10,
        .a1 = 0x4403,
        .a2 = flags & 2 ? GDW_BROADCAST : 1,
        .group = flags & 2,
        .afn = afn,
        .tpv = flags & 4,
        .tp = {.pfc = flags, .time = {0x15, 0x30, 0x10, 0x22}},
        .fir = true,
        .fin = true,
        .seq = flags >> 4,
        .pw = gdw_afn_has_pw(afn) ? pw : NULL,
        .data = data,
        .data_len = (uint16_t)size,
    };
    int n = gdw_frame_encode(&w, &f);

    if (n > 0)
        gdw_link_input(&link_, raw, (size_t)n, now);
}

static void answer(uint8_t what, uint8_t value)
{
    static struct ctl_values v;
    static struct ctl_results r;

    switch (what % 5) {
    case 0:
        v.status = (int16_t) - (value % 24);
        v.want = box.read.wants[value % BUS_WANTS_MAX];
        v.at = now.utc_s;
        v.count = 14;
        for (unsigned i = 0; i < v.count; i++)
            v.r[i] = (struct reading){v.want.quantity, (uint8_t)i,
                                      value_of((int64_t)value << (i * 4), (int)(value % 19) - 9)};
        gdw_job_values(&link_.job, box.seq, &v);
        break;
    case 1:
        gdw_job_op_done(&link_.job, box.seq, -(value % 24));
        break;
    case 2:
        r.count = value % (CTL_UNITS_MAX + 1);
        r.status[0] = (int16_t)(value & 1 ? CN_E_RANGE : 0);
        gdw_job_results(&link_.job, box.seq, &r);
        break;
    case 3:
        gdw_job_bytes(&link_.job, box.seq, box.set_bytes, value * 4U);
        break;
    default:
        gdw_job_ctl_lost(&link_.job, now);
        box.ctl = value & 1 ? CN_E_GONE : value & 2 ? CN_E_BUSY : 0;
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rbuf r = rbuf_of(data, size);

    fill();
    gdw_app_init(&app, &box.seam);
    app.a1 = 0x4403;
    app.a2 = 1;
    app.zone.offset_s = 8 * 3600;
    app.frame_max = size & 1 ? 220 : 1024;
    gdw_link_init(&link_, &app, SOURCE_MASTER, &memory);
    now = (struct gdw_now){.mono_ms = 1000000, .utc_s = 1795314615};
    while (rbuf_left(&r) > 2) {
        uint8_t op = rbuf_u8(&r), a = rbuf_u8(&r), b = rbuf_u8(&r);
        size_t n = op >> 2;
        if (n > rbuf_left(&r))
            n = rbuf_left(&r);
        const uint8_t *p = rbuf_take(&r, n);
        switch (op & 3) {
        case 0:
            send(p, n, a, b);
            break;
        case 1:
            answer(a, b);
            break;
        case 2:
            now.mono_ms += a * 100 + b;
            break;
        default:
            gdw_link_input(&link_, p, n, now);
            break;
        }
        drain();
    }
    /* nothing waits for ever */
    for (int i = 0; i < 10000 && gdw_link_busy(&link_); i++) {
        now.mono_ms += 30000;
        drain();
    }
    if (gdw_link_busy(&link_))
        abort();
    return 0;
}
