#include "northbound/gdw3761/app.h"

#include "gateway/model/quantity.h"
#include "tests/unit/northbound/gdw3761/rig.h"

static struct rig rig; /* large; every test starts it anew */

/* ---- golden answers: the vectors' values are put into the box, the vectors' requests asked ---- */

struct loader {
    struct rig *r;
    struct reading_set set;
    unsigned tariffs;
    struct civil t;
    bool has_t;
    bool event;
};

/* What a field of an answer says about the meter. */
static int load_field(void *ctx, const struct gdw_unit *u, const struct lay *f, const struct lay_at *at,
                      const struct lay_val *v)
{
    struct loader *l = ctx;

    if (u->item.answer == GDW_EVENT_COUNTERS || u->item.answer == GDW_EVENT_RECORDS) {
        if (strcmp(f->name, "EC1") == 0)
            l->r->box.state.ec1 = (uint8_t)v->number;
        else if (strcmp(f->name, "EC2") == 0)
            l->r->box.state.ec2 = (uint8_t)v->number;
        return 0;
    }
    if (strcmp(f->name, "clock") == 0)
        l->r->now.utc_s = zone_to_utc(l->r->app.zone, &v->time);
    if (strcmp(f->name, "M") == 0)
        l->tariffs = (unsigned)v->number;
    if (strcmp(f->name, "T") == 0 && v->kind == LAYV_TIME) {
        l->t = v->time;
        l->has_t = true;
    }
    if (f->quantity && v->kind == LAYV_DEC) {
        struct value x = v->dec;
        if (f->unit && f->unit[0] == '%')
            x.exp10 = (int8_t)(x.exp10 - 2); /* the meter gives a factor, the item per cent */
        reading_put(&l->set, f->quantity, at->depth ? at->run[at->depth - 1] : 0, x);
    }
    return 0;
}

static void add_day(struct loader *l, unsigned point, int64_t slot, const struct reading_set *set,
                    uint8_t flags)
{
    struct freeze *f = &l->r->box.freezes[l->r->box.freeze_count++];

    *f = (struct freeze){
        .kind = FREEZE_DAY, .flags = flags, .point = (uint16_t)point, .slot = slot, .set = *set};
    f->frozen_at = slot_day_end(l->r->app.zone, slot);
}

static void load_unit(struct loader *l, const struct gdw_unit *u)
{
    struct fake_box *b = &l->r->box;
    struct lay_val day;

    if (u->item.pn_kind == PN_POINT)
        fake_add_meter(b, u->pn, l->tariffs);
    l->set.at = l->has_t ? zone_to_utc(l->r->app.zone, &l->t) : 0;
    switch (u->item.answer) {
    case GDW_LATEST:
        b->latest[b->latest_count].point = u->pn;
        b->latest[b->latest_count++].set = l->set;
        /* what the answer shows as EE the meter has refused before */
        memset(l->r->app.denied[u->pn], 0xFF, sizeof l->r->app.denied[u->pn]);
        l->r->app.denied_day = slot_day(l->r->app.zone, l->r->now.utc_s);
        break;
    case GDW_DAY_FREEZE:
    case GDW_DAY_DIFFERENCE:
        assert_int_equal(fmt_decode(20, u->data, &day), 0);
        struct civil c = {.year = day.time.year, .month = day.time.month, .day = day.time.day};
        int64_t slot = civil_to_s(&c) / 86400;
        l->set.at =
            slot_day_end(l->r->app.zone, slot) + 7 * 60; /* the meter's own freeze, fetched at 00:07 */
        add_day(l, u->pn, slot, &l->set, FREEZE_METER);
        if (u->item.answer == GDW_DAY_DIFFERENCE) {
            for (unsigned i = 0; i < l->set.count; i++)
                l->set.r[i].value = value_of(0, -2);
            add_day(l, u->pn, slot - 1, &l->set, FREEZE_METER);
        }
        break;
    case GDW_EVENT_RECORDS: {
        struct rbuf r = rbuf_of(u->data + 4, u->len - 4U);
        for (uint8_t i = u->data[2]; i != u->data[3]; i++) {
            const uint8_t *head = r.p + r.pos;
            const uint8_t *record = rbuf_take(&r, 2U + head[1]);
            assert_non_null(record);
            b->ring[u->fn - 1][i].len = (uint8_t)(2U + head[1]);
            memcpy(b->ring[u->fn - 1][i].bytes, record, 2U + head[1]);
        }
        break;
    }
    default:
        break;
    }
}

static void load_answer(struct rig *r, const struct vector *v)
{
    static const struct gdw_visitor visitor = {.field = load_field};
    struct gdw_frame f;
    struct gdw_cursor c;
    struct gdw_unit u;

    assert_int_equal(gdw_frame_decode(v->raw, v->len, &f), 0);
    r->app.a1 = f.a1;
    r->app.a2 = f.a2;
    r->box.state.acd = f.acd;
    if (f.has_ec) {
        r->box.state.ec1 = f.ec1;
        r->box.state.ec2 = f.ec2;
    }
    assert_int_equal(gdw_cursor_init(&c, &f, NULL, NULL), 0);
    while (gdw_cursor_next(&c, &u) == 1) {
        struct loader l = {.r = r};
        assert_int_equal(gdw_walk_unit(&u, &visitor, &l), 0);
        load_unit(&l, &u);
    }
}

/* clause: reference part 4, 5 and 6: answers byte for byte */
static void answers_equal_the_vectors(void **state)
{
    static const struct {
        const char *request, *answers[3];
        unsigned frame_max;
    } rows[] = {
        {"c0C-F2-req", {"c0C-F2-ans"}, 0},
        {"c0C-F25-1ph-req", {"c0C-F25-1ph-ans"}, 0},
        {"c0C-F25-3ph-req", {"c0C-F25-3ph-ans"}, 0},
        {"c0C-F33-req", {"c0C-F33-ans"}, 0},
        {"c0C-F33-M1-req", {"c0C-F33-M1-ans"}, 0},
        {"c0C-F129-p192-req", {"c0C-F129-p192-ans"}, 0},
        {"c0C-F129-8pts-req", {"c0C-F129-8pts-ans"}, 0},
        {"c0C-multi-req", {"c0C-multi-ans1", "c0C-multi-ans2"}, 220},
        {"c0C-EC-Tp-req", {"c0C-EC-Tp-ans"}, 0},
        {"real-qafn12f129", {"real-rafn12f129"}, 0},
        {"real-qafn12f25", {"real-rafn12f25"}, 0},
        {"real-qafn12f33", {"real-rafn12f33"}, 0},
        {"real-qafn13f1", {"real-rafn13f1"}, 0},
        {"c0D-F1-req", {"c0D-F1-ans"}, 0},
        {"c0D-F5-req", {"c0D-F5-ans"}, 0},
        {"c0D-F161-req", {"c0D-F161-ans"}, 0},
        {"c0D-F161-2pts-req", {"c0D-F161-2pts-ans"}, 0},
        {"c0E-F1-ERC31-req", {"c0E-F1-ERC31-ans"}, 0},
        {"c0E-F2-mixed-req", {"c0E-F2-mixed-ans"}, 0},
        {"c0E-F1-wrap-req", {"c0E-F1-wrap-ans"}, 0},
        {"c0E-F1-ERC35-req", {"c0E-F1-ERC35-ans"}, 0},
        {"c0E-F1-meters-req", {"c0E-F1-meters-ans"}, 0},
        {"c0E-F1-lost-req", {"c0E-F1-lost-ans"}, 0},
        {"c0E-F2-none-req", {"c0E-F2-none-ans"}, 0},
        {"c0C-none-req", {"c0C-none-ans"}, 0},
        {"c0D-none-req", {"c0D-none-ans"}, 0},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vector v;
        rig_init(&rig);
        if (rows[i].frame_max)
            rig.app.frame_max = (uint16_t)rows[i].frame_max;
        if (strncmp(rows[i].request, "real-", 5) == 0) {
            rig.now.utc_s = utc_of(&rig, 2018, 8, 28, 16, 50, 0);
            rig.app.fresh_s = UINT16_MAX; /* their values were read hours before */
        }
        unsigned answers = 0;
        while (answers < 3 && rows[i].answers[answers]) {
            vector_load("376.1-data.tsv", rows[i].answers[answers++], &v);
            load_answer(&rig, &v);
        }
        vector_load("376.1-data.tsv", rows[i].request, &v);
        if (rig_feed(&rig, v.raw, v.len) != answers)
            fail_msg("%s: %u frames, waiting %d", rows[i].request, rig.frames, rig.link.serving);
        for (unsigned k = 0; k < answers; k++) {
            char is[1200], want[1200];
            vector_load("376.1-data.tsv", rows[i].answers[k], &v);
            /* two devices leave FIR out of single frames, section 14: ours has it */
            if (strncmp(v.id, "real-r", 6) == 0) {
                struct gdw_frame f;
                struct wbuf w = wbuf_of(v.raw, sizeof v.raw);
                uint8_t copy[512];
                memcpy(copy, v.raw, v.len);
                assert_int_equal(gdw_frame_decode(copy, v.len, &f), 0);
                f.fir = true;
                gdw_frame_encode(&w, &f);
            }
            hex_print(rig.frame[k], rig.len[k], is, sizeof is);
            hex_print(v.raw, v.len, want, sizeof want);
            if (strcmp(is, want) != 0)
                fail_msg("%s:\n is       %s\n expected %s", rows[i].answers[k], is, want);
        }
    }
}

/* c0C-F7F8: F8 is not served, so the answer is the first unit alone. */
static void a_part_that_is_not_there_is_left_out(void **state)
{
    struct vector v;

    (void)state;
    rig_init(&rig);
    vector_load("376.1-data.tsv", "c0C-F7F8-req", &v);
    rig.app.a1 = 0x1100;
    rig.box.state.ec1 = 3;
    rig.box.state.ec2 = 7;
    rig_feed(&rig, v.raw, v.len);
    assert_int_equal(rig.frames, 1);
    expect_frame(&rig, 0, GDW_AFN_CLASS1, "00004000 0307");
}

/* clause: reference part 1, 13, AFN 09 F1; vector G33 */
static void version(void **state)
{
    struct vector v;

    (void)state;
    rig_init(&rig);
    vector_load("376.1-frames.tsv", "G32", &v);
    rig.app.a1 = 0x3301;
    rig.app.a2 = 4660;
    rig.app.ident = (struct gdw_ident){
        .vendor = "TEST",
        .device = "00000001",
        .software = "1.00",
        .capacity = "",
        .protocol = "3761",
        .hardware = "A001",
        .software_date = {.year = 2010, .month = 3, .day = 10},
        .hardware_date = {.year = 2009, .month = 2, .day = 1},
    };
    struct vector answer;
    vector_load("376.1-frames.tsv", "G33", &answer);
    /* the capacity text is the vector's own */
    char capacity[12] = "";
    memcpy(capacity, answer.raw + GDW_HEAD + GDW_DADT_LEN + 19, 11);
    rig.app.ident.capacity = capacity;
    assert_int_equal(rig_feed(&rig, v.raw, v.len), 1);
    assert_int_equal(rig.len[0], answer.len);
    assert_memory_equal(rig.frame[0], answer.raw, answer.len);
    /* unknown dates are EE, missing texts 00 */
    rig.app.ident = (struct gdw_ident){.vendor = "AB"};
    rig_later(&rig, 100000);
    assert_int_equal(rig_feed(&rig, v.raw, v.len), 1);
    expect_frame(
        &rig, 0, GDW_AFN_TERMINAL,
        "00000100 41420000 0000000000000000 00000000 EEEEEE 0000000000000000000000 00000000 00000000 EEEEEE");
}

/* ---- AFN 04 ---- */

static void give_results(struct rig *r, unsigned count, const int16_t *status)
{
    struct ctl_results m = {.count = (uint8_t)count};

    memcpy(m.status, status, count * sizeof *status);
    gdw_job_results(&r->link.job, r->box.seq, &m);
    rig_run(r);
}

static const int16_t good[CTL_UNITS_MAX];

/* clause: reference part 1, section 10: confirmed only when concentratord says that it is on flash */
static void set_is_confirmed_after_it_is_on_flash(void **state)
{
    struct vector v;

    (void)state;
    rig_init(&rig);
    rig.app.a1 = 0x3301;
    rig.app.a2 = 4660;
    vector_load("376.1-frames.tsv", "G19", &v); /* F1 and F3 */
    assert_int_equal(rig_feed(&rig, v.raw, v.len), 0);
    assert_int_equal(rig.box.sets, 1);
    assert_int_equal(rig.box.set.source, SOURCE_MASTER);
    assert_int_equal(rig.box.set.msa, 2);
    assert_int_equal(rig.box.set.count, 2);
    assert_int_equal(rig.box.set.units[0].fn, 1);
    assert_int_equal(rig.box.set.units[0].length, 6);
    assert_int_equal(rig.box.set.units[1].fn, 3);
    assert_int_equal(rig.box.set.units[1].length, 28);
    assert_memory_equal(rig.box.set.units[1].data, "\x0A\x00\x00\x01", 4);
    rig_later(&rig, 1000);
    assert_int_equal(rig_run(&rig), 0);
    give_results(&rig, 2, good);
    expect_confirmed(&rig);
    assert_int_equal(rig.f[0].seq, 12);
    assert_int_equal(rig.f[0].msa, 2);
    assert_false(gdw_link_busy(&rig.link));
}

/* clause: reference part 1, section 10, F3; vector G03 */
static void mixed_results_are_listed_in_order(void **state)
{
    const int16_t mixed[] = {0, CN_E_IO};

    (void)state;
    rig_init(&rig);
    /* F1 fine, F78 reserved would end it, F12 only explained, F8 fine, F36 refused by concentratord */
    rig_ask(&rig, GDW_AFN_SET, "00000100 0A141E30070F 00000801 0F03 00000804 00000000");
    assert_int_equal(rig.box.set.count, 2);
    give_results(&rig, 2, mixed);
    assert_int_equal(rig.frames, 1);
    assert_int_equal(rig.f[0].fc, GDW_FC_ACK);
    expect_frame(&rig, 0, GDW_AFN_CONFIRM, "00000400 04 00000100 00 00000801 01 00000804 01");
    rig_later(&rig, 100000);
    /* all refused */
    const int16_t bad[] = {CN_E_RANGE};
    rig_ask(&rig, GDW_AFN_SET, "00000100 0A141E30070F");
    give_results(&rig, 1, bad);
    expect_denied(&rig);
}

static void items_that_are_not_ours_are_refused_without_asking(void **state)
{
    (void)state;
    rig_init(&rig);
    rig_ask(&rig, GDW_AFN_SET, "00000801 0F03"); /* F12 */
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_SET, "00002009 0102"); /* F78, reserved */
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_SET, "01010100 0A141E30070F"); /* F1 of a measuring point */
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_SET, "FF000100 0A141E30070F"); /* all points */
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_SET, "00000100 0A141E300700"); /* heartbeat 0 */
    expect_denied(&rig);
    assert_int_equal(rig.box.sets, 0);
    assert_int_equal(rig.box.raises, 0);
}

/* F8: what the terminal cannot do is refused, so that a master cannot lock itself out. */
static void a_work_mode_that_is_not_built_is_refused(void **state)
{
    static const struct {
        const char *hex;
        bool accepted;
    } rows[] = {
        {"00008000 11 3C00 05 1E FFFFFF", true},  /* TCP client, always */
        {"00008000 91 3C00 05 1E FFFFFF", false}, /* UDP */
        {"00008000 21 3C00 05 1E FFFFFF", false}, /* server */
        {"00008000 01 3C00 05 1E FFFFFF", false}, /* mixed */
        {"00008000 12 3C00 05 1E FFFFFF", false}, /* passive */
        {"00008000 13 3C00 05 1E FFFFFF", false}, /* by period */
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rig_init(&rig);
        rig_ask(&rig, GDW_AFN_SET, rows[i].hex);
        assert_int_equal(rig.box.sets, rows[i].accepted);
        if (!rows[i].accepted)
            expect_denied(&rig);
    }
}

/* clause: reference part 1, section 10: items before a parse error stay executed, later ones are not listed
 */
static void a_parse_error_ends_the_list(void **state)
{
    (void)state;
    rig_init(&rig);
    rig_ask(&rig, GDW_AFN_SET, "00000100 0A141E30070F 00000400 0A000001 2823 0A00");
    assert_int_equal(rig.box.set.count, 1);
    give_results(&rig, 1, good);
    expect_frame(&rig, 0, GDW_AFN_CONFIRM, "00000400 04 00000100 00 00000400 01");
    rig_later(&rig, 100000);
    /* unknown length: F78, then a good F1 that nobody can find */
    rig_ask(&rig, GDW_AFN_SET, "00000804 00000000 00002009 0102 00000100 0A141E30070F");
    assert_int_equal(rig.box.set.count, 1);
    give_results(&rig, 1, good);
    expect_frame(&rig, 0, GDW_AFN_CONFIRM, "00000400 04 00000804 00 00002009 01");
}

static void more_units_than_one_message_takes(void **state)
{
    char hex[70 * 16 + 1] = "";

    (void)state;
    rig_init(&rig);
    for (unsigned i = 0; i < 70; i++)
        strcat(hex, "0000080400000000");
    rig_ask(&rig, GDW_AFN_SET, hex);
    assert_int_equal(rig.box.set.count, CTL_UNITS_MAX);
    give_results(&rig, CTL_UNITS_MAX, good);
    assert_int_equal(rig.frames, 1);
    assert_int_equal(rig.f[0].data_len, 4 + 1 + (CTL_UNITS_MAX + 1) * 5);
    assert_int_equal(rig.f[0].data[rig.f[0].data_len - 1], 1);
    assert_int_equal(rig.f[0].data[rig.f[0].data_len - 6], 0);
}

/* clause: reference part 1, section 9 */
static void password_must_be_there_and_right(void **state)
{
    uint8_t data[] = {0x00, 0x00, 0x01, 0x00, 0x0A, 0x14, 0x1E, 0x30, 0x07, 0x0F};
    struct gdw_frame f;

    (void)state;
    rig_init(&rig);
    rig.box.pw_wrong = true;
    static const uint8_t pw[GDW_PW_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    f = rig_request(&rig, GDW_AFN_SET);
    f.pw = pw;
    f.msa = 5;
    rig_send(&rig, &f, data, sizeof data);
    expect_denied(&rig);
    assert_int_equal(rig.box.sets, 0);
    assert_int_equal(rig.box.raises, 1);
    assert_int_equal(rig.box.raised.erc, 20);
    assert_int_equal(rig.box.raised.length, 17);
    assert_memory_equal(rig.box.raised.content, pw, sizeof pw);
    assert_int_equal(rig.box.raised.content[16], 5);
    /* too short for a PW at all: a format error, no event */
    rig.box.pw_wrong = false;
    f.pw = NULL;
    rig_send(&rig, &f, data, sizeof data);
    expect_denied(&rig);
    assert_int_equal(rig.box.raises, 1);
    /* scheme 0: any content */
    f.pw = pw;
    rig.box.seam.check_pw = NULL;
    rig_send(&rig, &f, data, sizeof data);
    assert_int_equal(rig.box.sets, 1);
    give_results(&rig, 1, good);
    expect_confirmed(&rig);
}

/* 192 meters in one frame arrive byte for byte, and are queried back byte for byte in several frames. */
static void archive_of_192_meters(void **state)
{
    static uint8_t data[GDW_L1_MAX], joined[192 * F10_ENTRY];
    struct wbuf w = wbuf_of(data, sizeof data);
    struct gdw_dadt f10 = gdw_dadt_of(0, 10);
    struct gdw_frame f;

    (void)state;
    rig_init(&rig);
    gdw_dadt_put(&w, &f10);
    wbuf_u16(&w, 192);
    for (unsigned p = 1; p <= 192; p++) {
        uint8_t raw[F10_ENTRY];
        fake_add_meter(&rig.box, p, p % 5);
        rig.box.meters[p].port = (uint8_t)(1 + p % 3);
        meter_encode(&rig.box.meters[p], raw);
        wbuf_bytes(&w, raw, sizeof raw);
    }
    f = rig_request(&rig, GDW_AFN_SET);
    rig_send(&rig, &f, data, w.len);
    assert_int_equal(rig.box.set.count, 1);
    assert_int_equal(rig.box.set.units[0].length, 2 + 192 * F10_ENTRY);
    assert_memory_equal(rig.box.set.units[0].data, data + 4, 2 + 192 * F10_ENTRY);
    give_results(&rig, 1, good);
    expect_confirmed(&rig);

    static uint8_t ask[4 + 2 + 2 * 192];
    w = wbuf_of(ask, sizeof ask);
    gdw_dadt_put(&w, &f10);
    wbuf_u16(&w, 192);
    for (unsigned p = 1; p <= 192; p++)
        wbuf_u16(&w, (uint16_t)p);
    f = rig_request(&rig, GDW_AFN_QUERY);
    f.seq = 14;
    rig_send(&rig, &f, ask, w.len);
    /* 1024 - 8 - EC 2 - DADT 4 - count 2 = 1008: 37 entries a frame */
    assert_int_equal(rig.frames, 6);
    size_t got = 0;
    for (unsigned i = 0; i < rig.frames; i++) {
        unsigned n = i < 5 ? 37 : 7;
        assert_int_equal(rig.f[i].afn, GDW_AFN_QUERY);
        assert_int_equal(rig.f[i].fir, i == 0);
        assert_int_equal(rig.f[i].fin, i == 5);
        assert_int_equal(rig.f[i].seq, (14 + i) & 15);
        assert_int_equal(rig.f[i].data_len, 6 + n * F10_ENTRY);
        assert_memory_equal(rig.f[i].data, ask, 4);
        assert_int_equal(rig.f[i].data[4] | rig.f[i].data[5] << 8, n);
        assert_true(rig.len[i] <= 1024 + GDW_AROUND);
        memcpy(joined + got, rig.f[i].data + 6, n * F10_ENTRY);
        got += n * F10_ENTRY;
    }
    assert_memory_equal(joined, data + 6, sizeof joined);
}

/* clause: reference part 3, section 2 */
static void list_queries(void **state)
{
    struct vector v;

    (void)state;
    rig_init(&rig);
    /* vectors G26, G27: only index 1 of 1 and 7 is there */
    rig.app.a1 = 0x3301;
    rig.app.a2 = 4660;
    rig.box.meters[1] = (struct meter){.index = 1,
                                       .point = 1,
                                       .port = 2,
                                       .baud_code = 3,
                                       .protocol = 2,
                                       .address = {1},
                                       .tariffs = 4,
                                       .int_digits = 5,
                                       .dec_digits = 2};
    vector_load("376.1-frames.tsv", "G26", &v);
    assert_int_equal(rig_feed(&rig, v.raw, v.len), 1);
    vector_load("376.1-frames.tsv", "G27", &v);
    assert_int_equal(rig.len[0], v.len);
    assert_memory_equal(rig.frame[0], v.raw, v.len);
    /* an entry asked twice comes once; none, or nothing asked: not available */
    rig_ask(&rig, GDW_AFN_QUERY, "00000201 0300 0100 0900 0100");
    assert_int_equal(rig.frames, 1);
    assert_int_equal(rig.f[0].data_len, 6 + F10_ENTRY);
    rig_ask(&rig, GDW_AFN_QUERY, "00000201 0100 0900");
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_QUERY, "00000201 0000");
    expect_denied(&rig);
    /* the request is cut short: what stands in front of it is answered */
    fake_add_param(&rig.box, 36, "\x10\x20\x30\x40", 4);
    rig_ask(&rig, GDW_AFN_QUERY, "00000804 00000201 0200 0100");
    expect_frame(&rig, 0, GDW_AFN_QUERY, "00000804 10203040");
    /* F33: blocks by port */
    static const uint8_t block[] = {31, 0x08, 0, 1, 0, 0, 0, 5, 0, 60, 0x30, 1, 0, 0};
    fake_add_param(&rig.box, 33, block, sizeof block);
    rig_ask(&rig, GDW_AFN_QUERY, "00000104 02 05 1F");
    expect_frame(&rig, 0, GDW_AFN_QUERY, "00000104 01 1F0800010000000500 3C 300100 00");
}

static void plain_queries(void **state)
{
    struct vector v;

    (void)state;
    rig_init(&rig);
    rig.app.a1 = 0x3301;
    rig.app.a2 = 4660;
    fake_add_param(&rig.box, 1, "\x0A\x14\x1E\x30\x07\x0F", 6);
    fake_add_param(&rig.box, 8, "\x11\x3C\x00\x05\x1E\xFF\xFF\xFF", 8);
    vector_load("376.1-frames.tsv", "G28", &v);
    assert_int_equal(rig_feed(&rig, v.raw, v.len), 1);
    vector_load("376.1-frames.tsv", "G29", &v);
    assert_int_equal(rig.len[0], v.len);
    assert_memory_equal(rig.frame[0], v.raw, v.len);
    /* F3 has no value here: left out; several Fn in one DADT */
    rig_ask(&rig, GDW_AFN_QUERY, "00000500");
    expect_frame(&rig, 0, GDW_AFN_QUERY, "00000100 0A141E30070F");
    rig_ask(&rig, GDW_AFN_QUERY, "00000400");
    expect_denied(&rig);
    rig.box.store_gone = true;
    rig_ask(&rig, GDW_AFN_QUERY, "00000100");
    expect_denied(&rig);
}

/* ---- AFN 05 ---- */

/* clause: reference part 1, 13, AFN 05 F31 */
static void the_clock_is_set_before_the_answer(void **state)
{
    struct vector v;

    (void)state;
    rig_init(&rig);
    rig.app.a1 = 0x3301;
    rig.app.a2 = 4660;
    vector_load("376.1-frames.tsv", "G20", &v);
    assert_int_equal(rig_feed(&rig, v.raw, v.len), 0);
    assert_int_equal(rig.box.clocks, 1);
    assert_int_equal(rig.box.clock.local.year, 2010);
    assert_int_equal(rig.box.clock.local.month, 3);
    assert_int_equal(rig.box.clock.local.day, 10);
    assert_int_equal(rig.box.clock.local.hour, 11);
    assert_int_equal(rig.box.clock.local.minute, 39);
    assert_int_equal(rig.box.clock.local.second, 37);
    gdw_job_op_done(&rig.link.job, rig.box.seq + 1, 0); /* somebody else's answer */
    assert_int_equal(rig_run(&rig), 0);
    gdw_job_op_done(&rig.link.job, rig.box.seq, 0);
    rig_run(&rig);
    expect_confirmed(&rig);
    /* refused by concentratord */
    rig_ask(&rig, GDW_AFN_CONTROL, "00004003 373911106310");
    gdw_job_op_done(&rig.link.job, rig.box.seq, CN_E_RANGE);
    rig_run(&rig);
    expect_denied(&rig);
    /* no valid date; not of p0; without concentratord */
    rig_ask(&rig, GDW_AFN_CONTROL, "00004003 373911326310");
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_CONTROL, "00004003 EEEEEEEEEEEE");
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_CONTROL, "01014003 373911106310");
    expect_denied(&rig);
    rig.box.ctl = CN_E_GONE;
    rig_ask(&rig, GDW_AFN_CONTROL, "00004003 373911106310");
    expect_denied(&rig);
    assert_int_equal(rig.box.clocks, 2);
}

static void other_controls_are_refused_one_by_one(void **state)
{
    (void)state;
    rig_init(&rig);
    /* protection on (1 byte), clock, allow reports (no data) */
    rig_ask(&rig, GDW_AFN_CONTROL, "00000103 04 00004003 373911106310 00001003");
    gdw_job_op_done(&rig.link.job, rig.box.seq, 0);
    rig_run(&rig);
    expect_frame(&rig, 0, GDW_AFN_CONFIRM, "00000400 05 00000103 01 00004003 00 00001003 01");
    rig_ask(&rig, GDW_AFN_CONTROL, "00002003 AABB"); /* F30, reserved */
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_CONTROL, "00004003 3739"); /* too short */
    expect_denied(&rig);
}

/* ---- class 1 from the meter ---- */

static void give_value(struct rig *r, unsigned quantity, int status, int64_t at, unsigned count,
                       const int64_t *mantissa)
{
    struct ctl_values v = {.status = (int16_t)status,
                           .want = {.quantity = (uint16_t)quantity},
                           .at = at,
                           .count = (uint16_t)count};

    for (unsigned i = 0; i < count; i++)
        v.r[i] = (struct reading){
            .quantity = (uint16_t)quantity, .tariff = (uint8_t)i, .value = value_of(mantissa[i], -2)};
    gdw_job_values(&r->link.job, r->box.seq, &v);
}

static void give_done(struct rig *r, int status)
{
    gdw_job_op_done(&r->link.job, r->box.seq, status);
    rig_run(r);
}

/* clause: reference part 4, 1.2 */
static void an_old_reading_is_read_again(void **state)
{
    const int64_t old[] = {100, 40, 60, 0, 0}, fresh[] = {12345, 345, 12000, 0, 0};

    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 5, 4);
    rig.box.latest[0].point = 5;
    rig.box.latest[0].set.at = rig.now.utc_s - 301;
    for (unsigned i = 0; i < 5; i++)
        reading_put(&rig.box.latest[0].set, Q_EP_IMP, i, value_of(old[i], -2));
    rig.box.latest_count = 1;
    assert_int_equal(rig_ask(&rig, GDW_AFN_CLASS1, "10010110"), 0);
    assert_int_equal(rig.box.reads, 1);
    assert_int_equal(rig.box.read.point, 5);
    assert_int_equal(rig.box.read.want_count, 1);
    assert_int_equal(rig.box.read.wants[0].quantity, Q_EP_IMP);
    assert_int_equal(rig.box.read.max_age_s, 300);
    rig_later(&rig, 3000);
    give_value(&rig, Q_EP_IMP, 0, rig.now.utc_s, 5, fresh);
    assert_int_equal(rig_run(&rig), 0); /* not before the request is through */
    give_done(&rig, 0);
    expect_frame(&rig, 0, GDW_AFN_CLASS1,
                 "10010110 3010221126 04 0045230100 0045030000 0000200100 0000000000 0000000000");
    /* fresh enough: from the store */
    rig.box.latest[0].set.at = rig.now.utc_s - 300;
    assert_int_equal(rig_ask(&rig, GDW_AFN_CLASS1, "10010110"), 1);
    assert_int_equal(rig.box.reads, 1);
}

/* The meter is silent: the last success counts, however old; else the attempt; else nothing. */
static void a_meter_that_cannot_be_read(void **state)
{
    const int64_t old[] = {100};

    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 5, 1);
    rig_ask(&rig, GDW_AFN_CLASS1, "10010110");
    rig_later(&rig, 2000);
    give_value(&rig, Q_EP_IMP, CN_E_TIMEOUT, 0, 0, NULL);
    give_done(&rig, CN_E_TIMEOUT);
    expect_frame(&rig, 0, GDW_AFN_CLASS1, "10010110 3010221126 01 EEEEEEEEEE EEEEEEEEEE");
    /* not attempted: no such port, say */
    rig_ask(&rig, GDW_AFN_CLASS1, "10010110");
    give_done(&rig, CN_E_NOTFOUND);
    expect_frame(&rig, 0, GDW_AFN_CLASS1, "10010110 EEEEEEEEEE 01 EEEEEEEEEE EEEEEEEEEE");
    /* an old success */
    rig.box.latest[0].point = 5;
    rig.box.latest[0].set.at = utc_of(&rig, 2026, 11, 20, 8, 15, 0);
    reading_put(&rig.box.latest[0].set, Q_EP_IMP, 0, value_of(old[0], -2));
    rig.box.latest_count = 1;
    rig_ask(&rig, GDW_AFN_CLASS1, "10010110");
    give_done(&rig, CN_E_TIMEOUT);
    expect_frame(&rig, 0, GDW_AFN_CLASS1, "10010110 1508201126 01 0000010000 EEEEEEEEEE");
    /* concentratord says nothing at all */
    rig_ask(&rig, GDW_AFN_CLASS1, "10010110");
    assert_int_equal(gdw_link_deadline(&rig.link), rig.now.mono_ms + GDW_READ_MS);
    rig_later(&rig, GDW_READ_MS - 1);
    assert_int_equal(rig_run(&rig), 0);
    rig_later(&rig, 1);
    assert_int_equal(rig_run(&rig), 1);
    expect_frame(&rig, 0, GDW_AFN_CLASS1, "10010110 1508201126 01 0000010000 EEEEEEEEEE");
}

/* A quantity the meter does not have is asked for once a day, not at each request. */
static void what_a_meter_lacks_is_remembered(void **state)
{
    const int64_t energy[] = {5000, 5000};

    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 5, 1);
    rig_ask(&rig, GDW_AFN_CLASS1, "10010104"); /* F33 */
    assert_int_equal(rig.box.read.want_count, 4);
    give_value(&rig, Q_EP_IMP, 0, rig.now.utc_s, 2, energy);
    give_value(&rig, Q_EQ_COMB1, CN_E_DENIED, 0, 0, NULL);
    give_value(&rig, Q_EQ_Q1, CN_E_DENIED, 0, 0, NULL);
    give_value(&rig, Q_EQ_Q4, CN_E_DENIED, 0, 0, NULL);
    give_done(&rig, 0);
    const char *answer =
        "10010104 3010221126 01 0000500000 0000500000 EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE";
    expect_frame(&rig, 0, GDW_AFN_CLASS1, answer);
    rig.box.latest[0].point = 5;
    rig.box.latest[0].set.at = rig.now.utc_s;
    reading_put(&rig.box.latest[0].set, Q_EP_IMP, 0, value_of(5000, -2));
    reading_put(&rig.box.latest[0].set, Q_EP_IMP, 1, value_of(5000, -2));
    rig.box.latest_count = 1;
    rig_ask(&rig, GDW_AFN_CLASS1, "10010104");
    expect_frame(&rig, 0, GDW_AFN_CLASS1, answer);
    assert_int_equal(rig.box.reads, 1);
    /* the archive was changed: ask again */
    gdw_app_meters_changed(&rig.app);
    assert_int_equal(rig_ask(&rig, GDW_AFN_CLASS1, "10010104"), 0);
    assert_int_equal(rig.box.reads, 2);
    give_done(&rig, CN_E_TIMEOUT);
    /* the next day too */
    rig.box.latest[0].set.at = rig.now.utc_s + 86400;
    memset(rig.app.denied[5], 0xFF, sizeof rig.app.denied[5]);
    rig_later(&rig, 86400000);
    assert_int_equal(rig_ask(&rig, GDW_AFN_CLASS1, "10010104"), 0);
    assert_int_equal(rig.box.reads, 3);
}

/* A refusal of what the meter has given before is not remembered: the next request reads again. */
static void one_refusal_does_not_stop_reading(void **state)
{
    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 5, 1);
    rig.box.latest[0].point = 5;
    rig.box.latest[0].set.at = rig.now.utc_s - 3600;
    reading_put(&rig.box.latest[0].set, Q_EP_IMP, 0, value_of(5000, -2));
    reading_put(&rig.box.latest[0].set, Q_EP_IMP, 1, value_of(5000, -2));
    rig.box.latest_count = 1;
    for (unsigned i = 1; i <= 2; i++) {
        assert_int_equal(rig_ask(&rig, GDW_AFN_CLASS1, "10010110"), 0); /* F129 */
        assert_int_equal(rig.box.reads, i);
        give_value(&rig, Q_EP_IMP, CN_E_DENIED, 0, 0, NULL);
        give_done(&rig, 0);
        expect_frame(&rig, 0, GDW_AFN_CLASS1, "10010110 3009221126 01 0000500000 0000500000");
    }
}

/* Values of another reading do not belong under the T of this one. */
static void one_t_for_all_values(void **state)
{
    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 5, 1);
    rig.box.latest[0].point = rig.box.latest[1].point = 5;
    rig.box.latest[0].set.at = rig.now.utc_s - 10;
    reading_put(&rig.box.latest[0].set, Q_EP_IMP, 0, value_of(5000, -2));
    rig.box.latest[1].set.at = rig.now.utc_s - 86400;
    reading_put(&rig.box.latest[1].set, Q_EQ_COMB1, 0, value_of(-7, -2));
    reading_put(&rig.box.latest[1].set, Q_EQ_Q1, 0, value_of(7, -2));
    rig.box.latest_count = 2;
    rig_ask(&rig, GDW_AFN_CLASS1, "10010104");
    assert_int_equal(rig.box.reads, 1);
    give_done(&rig, CN_E_TIMEOUT);
    expect_frame(
        &rig, 0, GDW_AFN_CLASS1,
        "10010104 3010221126 01 0000500000 EEEEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE");
    /* a combined reactive reading with a sign loses it: A.11 has none (part 7, 1) */
    rig.box.latest[1].set.at = rig.now.utc_s - 20;
    rig_ask(&rig, GDW_AFN_CLASS1, "10010104");
    give_done(&rig, CN_E_TIMEOUT);
    expect_frame(
        &rig, 0, GDW_AFN_CLASS1,
        "10010104 3010221126 01 0000500000 EEEEEEEEEE 07000000 EEEEEEEE 07000000 EEEEEEEE EEEEEEEE EEEEEEEE");
}

/* concentratord restarts: reads and sets are asked again, the others fail. */
static void requests_in_flight_survive_a_restart(void **state)
{
    const int64_t energy[] = {5000, 5000};

    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 5, 1);
    rig_ask(&rig, GDW_AFN_CLASS1, "10010110");
    uint32_t first = rig.box.seq;
    rig.box.ctl = CN_E_GONE;
    gdw_job_ctl_lost(&rig.link.job, rig.now);
    rig_later(&rig, 500);
    assert_int_equal(rig_run(&rig), 0);
    rig.box.ctl = 0;
    rig_later(&rig, 500);
    assert_int_equal(rig_run(&rig), 0);
    assert_int_equal(rig.box.reads, 2);
    assert_int_not_equal(rig.box.seq, first);
    give_value(&rig, Q_EP_IMP, 0, rig.now.utc_s, 2, energy);
    give_done(&rig, 0);
    expect_frame(&rig, 0, GDW_AFN_CLASS1, "10010110 3010221126 01 0000500000 0000500000");

    rig_ask(&rig, GDW_AFN_SET, "00000804 00000000");
    gdw_job_ctl_lost(&rig.link.job, rig.now);
    assert_int_equal(rig_run(&rig), 0);
    assert_int_equal(rig.box.sets, 2);
    give_results(&rig, 1, good);
    expect_confirmed(&rig);

    rig_later(&rig, 100000);
    rig_ask(&rig, GDW_AFN_CONTROL, "00004003 373911106310");
    gdw_job_ctl_lost(&rig.link.job, rig.now);
    rig_run(&rig);
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_FORWARD, "00000100 01 6B 85 0A 0200 6816");
    gdw_job_ctl_lost(&rig.link.job, rig.now);
    rig_run(&rig);
    expect_denied(&rig);
}

static void without_concentratord_there_is_an_answer_too(void **state)
{
    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 5, 1);
    rig.box.ctl = CN_E_GONE;
    rig_ask(&rig, GDW_AFN_CLASS1, "10010110");
    for (int i = 0; i < 99 && rig.frames == 0; i++) {
        assert_true(gdw_link_deadline(&rig.link) <= rig.now.mono_ms + 100);
        rig_later(&rig, 100);
        rig_run(&rig);
    }
    assert_int_equal(rig.frames, 0);
    rig_later(&rig, 100);
    rig_run(&rig);
    expect_frame(&rig, 0, GDW_AFN_CLASS1, "10010110 EEEEEEEEEE 01 EEEEEEEEEE EEEEEEEEEE");
    rig_ask(&rig, GDW_AFN_SET, "00000804 00000000");
    rig_later(&rig, GDW_CTL_BACK_MS);
    rig_run(&rig);
    expect_denied(&rig);
    /* a full socket buffer is tried again */
    rig.box.ctl = CN_E_BUSY;
    rig_ask(&rig, GDW_AFN_SET, "00000804 00000001");
    assert_int_equal(rig.frames, 0);
    rig.box.ctl = 0;
    rig_later(&rig, 100);
    rig_run(&rig);
    assert_int_equal(rig.box.sets, 1);
    give_results(&rig, 1, good);
    expect_confirmed(&rig);
}

/* Many meters to read: a frame that has data does not wait for all of them. */
static void a_long_answer_is_sent_piece_by_piece(void **state)
{
    const int64_t energy[] = {5000, 5000};

    (void)state;
    rig_init(&rig);
    for (unsigned p = 1; p <= 4; p++)
        fake_add_meter(&rig.box, p, 1);
    rig_ask(&rig, GDW_AFN_CLASS1, "FF000110");
    for (unsigned p = 1; p <= 3; p++) {
        assert_int_equal(rig.box.read.point, p);
        rig_later(&rig, 5000);
        give_value(&rig, Q_EP_IMP, 0, rig.now.utc_s, 2, energy);
        give_done(&rig, 0);
    }
    /* 15 s are over while the fourth is read */
    assert_int_equal(rig.frames, 1);
    assert_true(rig.f[0].fir && !rig.f[0].fin);
    assert_int_equal(rig.f[0].data_len, 3 * (4 + 16));
    rig_later(&rig, 5000);
    assert_int_equal(rig_run(&rig), 0);
    give_done(&rig, CN_E_TIMEOUT);
    assert_int_equal(rig.frames, 1);
    assert_true(!rig.f[0].fir && rig.f[0].fin);
    assert_int_equal(rig.f[0].seq, 4);
    assert_int_equal(rig.f[0].data_len, 4 + 16);
    assert_false(gdw_link_busy(&rig.link));
}

/* A unit that is never cut may be larger than the frames we like to send. */
static void a_large_unit_gets_a_large_frame(void **state)
{
    (void)state;
    rig_init(&rig);
    rig.app.frame_max = 220;
    fake_add_meter(&rig.box, 1, 12);
    fake_add_meter(&rig.box, 2, 12);
    rig.box.store_gone = false;
    rig_ask(&rig, GDW_AFN_CLASS1, "03010104");
    for (unsigned i = 0; i < 2; i++)
        give_done(&rig, CN_E_TIMEOUT);
    assert_int_equal(rig.frames, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(rig.f[i].fin, i == 1);
        assert_int_equal(rig.f[i].data_len, 4 + 6 + 17 * 13);
    }
}

/* ---- class 2 ---- */

static struct freeze *add_freeze(struct rig *r, unsigned point, int64_t slot, int64_t value, uint8_t flags,
                                 int64_t at)
{
    struct freeze *f = &r->box.freezes[r->box.freeze_count++];

    *f = (struct freeze){.kind = FREEZE_DAY, .flags = flags, .point = (uint16_t)point, .slot = slot};
    f->set.at = at;
    if (!(flags & FREEZE_MISSING))
        reading_put(&f->set, Q_EP_IMP, 0, value_of(value, -2));
    return f;
}

/* clause: reference part 5, section 2 */
static void when_a_frozen_item_is_there(void **state)
{
    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 2, 1);
    int64_t day = slot_day(rig.app.zone, rig.now.utc_s) - 1; /* 2026-11-21 */
    int64_t end = slot_day_end(rig.app.zone, day);
    static const char *const left_out[] = {
        "02010114 221126",
        /* today */ "02010114 231126",
        /* tomorrow */ "02010114 311126", /* no such day */
        "02010114 EEEEEE",
        "02010114 191126",
        /* not stored */ "04010114 211126", /* no such point */
        "00000114 211126",                  /* p0 */
    };
    add_freeze(&rig, 2, day, 1234, FREEZE_METER, end + 500);
    add_freeze(&rig, 2, day + 1, 9999, FREEZE_METER, end + 500);
    for (unsigned i = 0; i < sizeof left_out / sizeof left_out[0]; i++) {
        rig_ask(&rig, GDW_AFN_CLASS2, left_out[i]);
        expect_denied(&rig);
    }
    /* the meter's own freeze, whenever it was fetched */
    rig_ask(&rig, GDW_AFN_CLASS2, "02010114 211126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02010114 211126 5923211126 01 0034120000 EEEEEEEEEE");
    /* read at 24:00 sharp, and at 00:07 */
    rig.box.freezes[0].flags = 0;
    rig.box.freezes[0].set.at = end;
    rig_ask(&rig, GDW_AFN_CLASS2, "02010114 211126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02010114 211126 5923211126 01 0034120000 EEEEEEEEEE");
    rig.box.freezes[0].set.at = end + 7 * 60;
    rig_ask(&rig, GDW_AFN_CLASS2, "02010114 211126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02010114 211126 0700221126 01 0034120000 EEEEEEEEEE");
    /* attempt finished without a value: EE under the time of the attempt; or it cannot be recovered at all */
    add_freeze(&rig, 2, day - 1, 0, FREEZE_MISSING, end - 80000);
    rig_ask(&rig, GDW_AFN_CLASS2, "02010114 201126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02010114 201126 4601211126 01 EEEEEEEEEE EEEEEEEEEE");
    rig.box.freezes[2].set.at = 0;
    rig_ask(&rig, GDW_AFN_CLASS2, "02010114 201126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02010114 201126 EEEEEEEEEE 01 EEEEEEEEEE EEEEEEEEEE");
    /* F1: reactive arrays are EE when the meter has none */
    rig_ask(&rig, GDW_AFN_CLASS2, "02010100 211126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2,
                 "02010100 211126 0700221126 01 0034120000 EEEEEEEEEE"
                 "EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE");
}

/* clause: reference part 5, 4.3 */
static void a_day_quantity_is_the_difference_of_two_freezes(void **state)
{
    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 2, 1);
    int64_t day = slot_day(rig.app.zone, rig.now.utc_s) - 1;
    add_freeze(&rig, 2, day, 1234, FREEZE_METER, 1);
    /* no start reading: EE */
    rig_ask(&rig, GDW_AFN_CLASS2, "02011000 211126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02011000 211126 01 EEEEEEEE EEEEEEEE");
    add_freeze(&rig, 2, day - 1, 1000, FREEZE_METER, 1);
    rig_ask(&rig, GDW_AFN_CLASS2, "02011000 211126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02011000 211126 01 00340200 EEEEEEEE");
    /* no end reading: EE while the attempt is finished, left out before */
    rig_ask(&rig, GDW_AFN_CLASS2, "02011000 191126");
    expect_denied(&rig);
    add_freeze(&rig, 2, day - 2, 0, FREEZE_MISSING, 1);
    rig_ask(&rig, GDW_AFN_CLASS2, "02011000 191126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02011000 191126 01 EEEEEEEE EEEEEEEE");
    /* the register rolled over: 999999.00 -> 000012.34 with six digits */
    rig.box.freezes[1].set.r[0].value = value_of(99999900, -2);
    rig_ask(&rig, GDW_AFN_CLASS2, "02011000 211126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02011000 211126 01 00341300 EEEEEEEE");
    /* it fell, but did not roll over: nobody knows */
    rig.box.freezes[1].set.r[0].value = value_of(5000, -2);
    rig_ask(&rig, GDW_AFN_CLASS2, "02011000 211126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02011000 211126 01 EEEEEEEE EEEEEEEE");
    /* a meter with more decimals than the item */
    rig.box.freezes[1].set.r[0].value = value_of(1000000, -5);
    rig_ask(&rig, GDW_AFN_CLASS2, "02011000 211126");
    expect_frame(&rig, 0, GDW_AFN_CLASS2, "02011000 211126 01 00340200 EEEEEEEE");
}

static void all_points_are_expanded(void **state)
{
    (void)state;
    rig_init(&rig);
    int64_t day = slot_day(rig.app.zone, rig.now.utc_s) - 1;
    for (unsigned p = 3; p <= 12; p += 3) {
        fake_add_meter(&rig.box, p, 1);
        add_freeze(&rig, p, day, p * 100, FREEZE_METER, 1);
    }
    rig_ask(&rig, GDW_AFN_CLASS2, "FF000114 211126");
    assert_int_equal(rig.frames, 1);
    expect_frame(&rig, 0, GDW_AFN_CLASS2,
                 "04010114 211126 5923211126 01 0000030000 EEEEEEEEEE"
                 "20010114 211126 5923211126 01 0000060000 EEEEEEEEEE"
                 "01020114 211126 5923211126 01 0000090000 EEEEEEEEEE"
                 "08020114 211126 5923211126 01 0000120000 EEEEEEEEEE");
}

/* ---- events ---- */

static void add_record(struct rig *r, unsigned ring, uint8_t erc, unsigned le)
{
    uint8_t record[EVENT_MAX] = {erc, (uint8_t)le, 0x30, 0x10, 0x21, 0x11, 0x26};

    fake_add_event(&r->box, ring, record, le + 2);
}

/* clause: reference part 6, sections 1.4, 2, 3; part 1, section 2 (ACD) */
static void events_are_read_and_acd_goes(void **state)
{
    (void)state;
    rig_init(&rig);
    for (unsigned i = 0; i < 3; i++)
        add_record(&rig, RING_IMPORTANT, 21, 6);
    /* ACD and EC in any answer while something important is unread */
    rig_ask(&rig, GDW_AFN_CLASS1, "00000200");
    assert_true(rig.f[0].acd);
    assert_int_equal(rig.f[0].ec1, 3);
    rig_ask(&rig, GDW_AFN_EVENTS, "00000200 00 00"); /* the other ring does not touch it */
    assert_true(rig.f[0].acd);
    expect_frame(&rig, 0, GDW_AFN_EVENTS, "00000200 03 00 00 00");
    assert_int_equal(rig.box.seen.ring, RING_GENERAL);
    assert_false(rig.box.seen.clear_acd);
    rig_ask(&rig, GDW_AFN_EVENTS, "00000100 01 03");
    assert_false(rig.f[0].acd);
    expect_frame(&rig, 0, GDW_AFN_EVENTS, "00000100 03 00 01 03 1506 3010211126 00 1506 3010211126 00");
    assert_int_equal(rig.box.seen.ring, RING_IMPORTANT);
    assert_int_equal(rig.box.seen.upto, 3);
    assert_true(rig.box.seen.clear_acd);
    /* the store has not done it yet, but the flag is down */
    rig_ask(&rig, GDW_AFN_CLASS1, "00000200");
    assert_false(rig.f[0].acd);
    /* a newer event puts it up again */
    add_record(&rig, RING_IMPORTANT, 21, 6);
    rig_ask(&rig, GDW_AFN_CLASS1, "00000200");
    assert_true(rig.f[0].acd);
}

/* An important event between the frames of an AFN 0E F1 answer is not in it: its ACD stays up. */
static void an_event_during_the_answer_keeps_acd(void **state)
{
    const uint8_t request[] = {0x00, 0x00, 0x01, 0x00, 0x00, 0x1E};
    struct gdw_frame f;
    uint8_t raw[64];
    const uint8_t *p;

    (void)state;
    rig_init(&rig);
    for (unsigned i = 0; i < 30; i++)
        add_record(&rig, RING_IMPORTANT, 33, 35);
    f = rig_request(&rig, GDW_AFN_EVENTS);
    f.data = request;
    f.data_len = sizeof request;
    struct wbuf w = wbuf_of(raw, sizeof raw);
    int n = gdw_frame_encode(&w, &f);
    assert_true(n > 0);
    gdw_link_input(&rig.link, raw, (size_t)n, rig.now);
    assert_true(gdw_link_output(&rig.link, rig.now, &p) > 0);
    add_record(&rig, RING_IMPORTANT, 33, 35);
    assert_int_equal(rig_run(&rig), 1);
    assert_true(rig.f[0].acd);
    assert_int_equal(rig.box.seen.upto, 30);
    assert_false(rig.box.seen.clear_acd);
}

/* clause: reference part 1, section 2: the AFN 00 of a command does not show the ERC3 it caused */
static void own_erc3_shows_in_the_next_frame(void **state)
{
    struct ctl_results done = {.count = 1};

    (void)state;
    rig_init(&rig);
    for (unsigned i = 1; i <= 2; i++) { /* with the flag down, then with it up already */
        rig.box.state.acd = i == 2;
        assert_int_equal(rig_ask(&rig, GDW_AFN_SET, i == 1 ? "00000804 01000000" : "00000804 02000000"), 0);
        add_record(&rig, RING_IMPORTANT, 3, 10);
        gdw_job_results(&rig.link.job, rig.box.seq, &done);
        assert_int_equal(rig_run(&rig), 1);
        expect_frame(&rig, 0, GDW_AFN_CONFIRM, "00000100");
        assert_int_equal(rig.f[0].acd, i == 2);
        assert_int_equal(rig.f[0].ec1, i == 2 ? 1 : 0);
        rig_ask(&rig, GDW_AFN_CLASS1, "00000200");
        assert_true(rig.f[0].acd);
        assert_int_equal(rig.f[0].ec1, i);
    }
}

/* Records that do not exist are left out at both ends; nothing there: the header alone. */
static void ranges_are_adjusted(void **state)
{
    (void)state;
    rig_init(&rig);
    rig.box.state.ec2 = 254;
    for (unsigned i = 0; i < 4; i++)
        add_record(&rig, RING_GENERAL, 21, 6); /* 254, 255, 0, 1 */
    rig_ask(&rig, GDW_AFN_EVENTS, "00000200 FA 05");
    assert_int_equal(rig.f[0].data_len, 4 + 4 + 4 * 8);
    assert_memory_equal(rig.f[0].data + 4, "\x00\x02\xFE\x02", 4);
    rig_ask(&rig, GDW_AFN_EVENTS, "00000200 FF 01");
    assert_memory_equal(rig.f[0].data + 4, "\x00\x02\xFF\x01", 4);
    assert_int_equal(rig.f[0].data_len, 4 + 4 + 2 * 8);
    rig_ask(&rig, GDW_AFN_EVENTS, "00000200 10 20");
    expect_frame(&rig, 0, GDW_AFN_EVENTS, "00000200 00 02 20 20");
    rig_ask(&rig, GDW_AFN_EVENTS, "00000200 01 01");
    expect_frame(&rig, 0, GDW_AFN_EVENTS, "00000200 00 02 01 01");
    rig_ask(&rig, GDW_AFN_EVENTS, "00000400 01 02"); /* F3 */
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_EVENTS, "00000200 01"); /* cut short */
    expect_denied(&rig);
    rig.box.store_gone = true;
    rig_ask(&rig, GDW_AFN_EVENTS, "00000200 FF 01");
    expect_denied(&rig);
}

/* clause: reference part 1, section 7: cut between records, each part with its own Pm, Pn */
static void a_full_ring_in_many_frames(void **state)
{
    unsigned records = 0;
    uint8_t expect = 0;

    (void)state;
    rig_init(&rig);
    for (unsigned i = 0; i < 256; i++)
        add_record(&rig, RING_IMPORTANT, 33, 35);
    rig_ask(&rig, GDW_AFN_EVENTS, "00000100 00 FF");
    assert_true(rig.frames > 5);
    for (unsigned i = 0; i < rig.frames; i++) {
        const uint8_t *d = rig.f[i].data;
        unsigned n = (uint8_t)(d[7] - d[6]);
        assert_int_equal(rig.f[i].fir, i == 0);
        assert_int_equal(rig.f[i].fin, i == rig.frames - 1);
        assert_int_equal(d[6], expect);
        assert_int_equal(rig.f[i].data_len, 8 + n * 37);
        assert_true(rig.len[i] <= 1024 + GDW_AROUND);
        assert_false(rig.f[i].acd);
        records += n;
        expect = d[7];
    }
    assert_int_equal(records, 255);
    assert_int_equal(rig.box.seen.upto, 255);
    /* a list that would fit a frame of its own is not cut: clock first, then events in the second frame */
    rig.app.frame_max = 220;
    rig_init(&rig);
    rig.app.frame_max = 220;
    for (unsigned i = 0; i < 13; i++)
        add_record(&rig, RING_GENERAL, 21, 6);
    rig_ask(&rig, GDW_AFN_EVENTS, "00000200 00 0D 00000200 00 0D");
    assert_int_equal(rig.frames, 2);
    assert_int_equal(rig.f[0].data_len, 8 + 13 * 8);
    assert_int_equal(rig.f[1].data_len, 8 + 13 * 8);
    /* one record larger than the frame we like to send */
    add_record(&rig, RING_GENERAL, 3, 250);
    rig_ask(&rig, GDW_AFN_EVENTS, "00000200 0D 0E");
    assert_int_equal(rig.frames, 1);
    assert_int_equal(rig.f[0].data_len, 8 + 252);
}

/* ---- AFN 10 ---- */

/* clause: reference part 1, 13, AFN 10 F1; vector G40 */
static void bytes_are_forwarded_as_they_are(void **state)
{
    struct vector v;
    static const uint8_t back[] = {0x68, 0x01, 0x02, 0x16};

    (void)state;
    rig_init(&rig);
    rig.app.a1 = 0x3301;
    rig.app.a2 = 4660;
    vector_load("376.1-frames.tsv", "G40", &v);
    assert_int_equal(rig_feed(&rig, v.raw, v.len), 0);
    assert_int_equal(rig.box.forward.port, 2);
    assert_int_equal(rig.box.forward.line.baud, 2400);
    assert_int_equal(rig.box.forward.line.data_bits, 8);
    assert_int_equal(rig.box.forward.line.parity, 'E');
    assert_int_equal(rig.box.forward.line.stop_bits, 1);
    assert_int_equal(rig.box.forward.response_ms, 5000);
    assert_int_equal(rig.box.forward.byte_ms, 100);
    assert_int_equal(rig.box.forward.length, 16);
    assert_memory_equal(rig.box.forward.bytes, v.raw + GDW_HEAD + 4 + 6, 16);
    gdw_job_bytes(&rig.link.job, rig.box.seq, back, sizeof back);
    assert_int_equal(rig_run(&rig), 0);
    give_done(&rig, 0);
    expect_frame(&rig, 0, GDW_AFN_FORWARD, "00000100 02 0400 68010216");
    assert_int_equal(rig.f[0].fc, GDW_FC_DATA);
}

static void line_settings_of_the_control_byte(void **state)
{
    static const struct {
        const char *control;
        unsigned baud, bits;
        char parity;
        unsigned stop;
    } rows[] = {
        {"4B", 1200, 8, 'E', 1}, {"63", 2400, 8, 'N', 1},  {"CB", 9600, 8, 'E', 1},
        {"0E", 300, 7, 'O', 1},  {"F0", 19200, 5, 'N', 2},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char hex[64];
        rig_init(&rig);
        snprintf(hex, sizeof hex, "00000100 01 %s FF 00 0100 AA", rows[i].control);
        rig_ask(&rig, GDW_AFN_FORWARD, hex);
        assert_int_equal(rig.box.forward.line.baud, rows[i].baud);
        assert_int_equal(rig.box.forward.line.data_bits, rows[i].bits);
        assert_int_equal(rig.box.forward.line.parity, rows[i].parity);
        assert_int_equal(rig.box.forward.line.stop_bits, rows[i].stop);
        assert_int_equal(rig.box.forward.response_ms, 30000); /* 127 s: more than concentratord takes */
    }
}

static void a_forward_without_reply_is_denied(void **state)
{
    (void)state;
    rig_init(&rig);
    rig_ask(&rig, GDW_AFN_FORWARD, "00000100 01 6B 85 0A 0200 6816");
    give_done(&rig, CN_E_TIMEOUT);
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_FORWARD, "00000100 01 6B 85 0A 0000");
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_FORWARD, "00000100 01 6B 85 0A 0500 6816"); /* shorter than it says */
    expect_denied(&rig);
    rig_ask(&rig, GDW_AFN_FORWARD, "00000101 1F 00 123456789012 01 00000100"); /* F9 */
    expect_denied(&rig);
    assert_int_equal(rig.box.forwards, 1);
    /* the largest reply goes into one frame */
    static uint8_t big[BUS_BYTES_MAX];
    rig_ask(&rig, GDW_AFN_FORWARD, "00000100 01 6B 85 0A 0200 6817");
    gdw_job_bytes(&rig.link.job, rig.box.seq, big, sizeof big);
    give_done(&rig, 0);
    assert_int_equal(rig.frames, 1);
    assert_int_equal(rig.f[0].data_len, 4 + 3 + BUS_BYTES_MAX);
}

/* ---- everything else ---- */

static void settle(struct rig *r)
{
    /* whatever was asked of concentratord is never answered */
    for (int i = 0; i < 4 && r->frames == 0 && gdw_link_busy(&r->link); i++) {
        rig_later(r, 61000);
        rig_run(r);
    }
}

/* Fault 51: every AFN and Fn, with and without data, gets exactly one answer within its time, and never
 * silence. */
static void every_item_is_answered_or_denied(void **state)
{
    static const uint16_t points[] = {0, 1, 8, 2033, 2040};

    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 1, 4);
    for (unsigned afn = 1; afn < 256; afn += afn < 0x12 ? 1 : 13) {
        for (unsigned fn = 1; fn <= GDW_FN_MAX; fn++) {
            for (unsigned i = 0; i < sizeof points / sizeof points[0]; i++) {
                uint8_t data[32] = {0};
                struct gdw_dadt d = gdw_dadt_of(points[i], fn);
                struct wbuf w = wbuf_of(data, sizeof data);
                struct gdw_frame f = rig_request(&rig, afn);
                gdw_dadt_put(&w, &d);
                rig_send(&rig, &f, data, fn & 1 ? 4 : 32);
                settle(&rig);
                if (rig.frames == 0 || gdw_link_busy(&rig.link))
                    fail_msg("no answer to %02X F%u P%u", afn, fn, points[i]);
                assert_true(rig.f[0].afn == afn || rig.f[0].afn == GDW_AFN_CONFIRM);
                rig_later(&rig, 61000); /* not a repetition of the last one */
            }
        }
    }
}

/* All-ones and odd masks in DA and DT. */
static void odd_masks_are_answered_or_denied(void **state)
{
    static const uint8_t masks[] = {0x00, 0x01, 0x80, 0xA5, 0xFF};
    static const uint8_t groups[] = {0, 1, 30, 31, 254, 255};

    (void)state;
    rig_init(&rig);
    fake_add_meter(&rig.box, 1, 4);
    fake_add_meter(&rig.box, 9, 4);
    for (unsigned afn = 1; afn <= 0x10; afn++) {
        for (unsigned k = 0; k < 5 * 6 * 5 * 6; k++) {
            uint8_t data[64] = {masks[k % 5], groups[k / 5 % 6], masks[k / 30 % 5], groups[k / 150 % 6]};
            struct gdw_frame f = rig_request(&rig, afn);
            rig.box.ctl = CN_E_GONE;
            unsigned frames = rig_send(&rig, &f, data, k & 1 ? 4 : sizeof data);
            for (int i = 0; i < 300 && gdw_link_busy(&rig.link); i++) {
                rig_later(&rig, 11000);
                frames += rig_run(&rig);
            }
            if (frames == 0 || gdw_link_busy(&rig.link))
                fail_msg("no answer to %02X %02X%02X%02X%02X", afn, data[0], data[1], data[2], data[3]);
            rig_later(&rig, 61000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_equal_the_vectors),
        cmocka_unit_test(a_part_that_is_not_there_is_left_out),
        cmocka_unit_test(version),
        cmocka_unit_test(set_is_confirmed_after_it_is_on_flash),
        cmocka_unit_test(mixed_results_are_listed_in_order),
        cmocka_unit_test(items_that_are_not_ours_are_refused_without_asking),
        cmocka_unit_test(a_work_mode_that_is_not_built_is_refused),
        cmocka_unit_test(a_parse_error_ends_the_list),
        cmocka_unit_test(more_units_than_one_message_takes),
        cmocka_unit_test(password_must_be_there_and_right),
        cmocka_unit_test(archive_of_192_meters),
        cmocka_unit_test(list_queries),
        cmocka_unit_test(plain_queries),
        cmocka_unit_test(the_clock_is_set_before_the_answer),
        cmocka_unit_test(other_controls_are_refused_one_by_one),
        cmocka_unit_test(an_old_reading_is_read_again),
        cmocka_unit_test(a_meter_that_cannot_be_read),
        cmocka_unit_test(what_a_meter_lacks_is_remembered),
        cmocka_unit_test(one_refusal_does_not_stop_reading),
        cmocka_unit_test(one_t_for_all_values),
        cmocka_unit_test(requests_in_flight_survive_a_restart),
        cmocka_unit_test(without_concentratord_there_is_an_answer_too),
        cmocka_unit_test(a_long_answer_is_sent_piece_by_piece),
        cmocka_unit_test(a_large_unit_gets_a_large_frame),
        cmocka_unit_test(when_a_frozen_item_is_there),
        cmocka_unit_test(a_day_quantity_is_the_difference_of_two_freezes),
        cmocka_unit_test(all_points_are_expanded),
        cmocka_unit_test(events_are_read_and_acd_goes),
        cmocka_unit_test(an_event_during_the_answer_keeps_acd),
        cmocka_unit_test(own_erc3_shows_in_the_next_frame),
        cmocka_unit_test(ranges_are_adjusted),
        cmocka_unit_test(a_full_ring_in_many_frames),
        cmocka_unit_test(bytes_are_forwarded_as_they_are),
        cmocka_unit_test(line_settings_of_the_control_byte),
        cmocka_unit_test(a_forward_without_reply_is_denied),
        cmocka_unit_test(every_item_is_answered_or_denied),
        cmocka_unit_test(odd_masks_are_answered_or_denied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
