#include "northbound/gdw3761/frame.h"

#include "tests/unit/northbound/gdw3761/vectors.h"

/* The header part of a `meaning` in 376.1-frames.tsv, made from a decoded frame. */
static void describe(const struct gdw_frame *f, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%s %s FC=%u; ", f->up ? "up" : "down", f->prm ? "start" : "answer", f->fc);

    if (f->up)
        n += snprintf(out + n, cap - (size_t)n, "ACD=%u; ", f->acd);
    else
        n += snprintf(out + n, cap - (size_t)n, "FCV=%u FCB=%u; ", f->fcv, f->acd);
    n += snprintf(out + n, cap - (size_t)n, "A1=%04X A2=%u MSA=%u%s; SEQ TpV=%u FIR=%u FIN=%u CON=%u %s=%u",
                  f->a1, f->a2, f->msa, f->group ? " group" : "", f->tpv, f->fir, f->fin, f->con,
                  f->prm ? "PSEQ" : "RSEQ", f->seq);
    static const uint8_t zeros[GDW_PW_LEN];
    if (f->pw)
        n += snprintf(out + n, cap - (size_t)n, "; PW=%s",
                      memcmp(f->pw, zeros, sizeof zeros) ? "set" : "zeros");
    if (f->has_ec)
        n += snprintf(out + n, cap - (size_t)n, "; EC1=%u EC2=%u", f->ec1, f->ec2);
    if (f->tpv)
        snprintf(out + n, cap - (size_t)n, "; Tp PFC=%u day %02X %02X:%02X:%02X delay %u", f->tp.pfc,
                 f->tp.time[3], f->tp.time[2], f->tp.time[1], f->tp.time[0], f->tp.delay_min);
}

/* clause: reference part 1, sections 1 to 4, 6, 9 */
static void headers_of_all_frame_vectors(void **state)
{
    struct vector_file file;
    struct vector v;

    (void)state;
    vectors_open(&file, "376.1-frames.tsv");
    while (vectors_next(&file, &v)) {
        struct gdw_frame f;
        char text[256];
        assert_int_equal(gdw_frame_decode(v.raw, v.len, &f), 0);
        describe(&f, text, sizeof text);
        size_t n = strlen(text);
        if (strncmp(v.meaning, text, n) != 0 ||
            (v.meaning[n] != '\0' && strncmp(v.meaning + n, " | ", 3) != 0))
            fail_msg("%s:\n is       %s\n expected %s", v.id, text, v.meaning);
        assert_int_equal(f.afn, strtol(v.afn, NULL, 16));
        assert_false(f.aux_bad);
    }
    assert_int_equal(file.rows, 82);
}

/* " EC=3,7" and " Tp=38,day22 10:30:15,delay0" behind the data of 376.1-data.tsv */
static void aux_of_all_data_vectors(void **state)
{
    struct vector_file file;
    struct vector v;

    (void)state;
    vectors_open(&file, "376.1-data.tsv");
    while (vectors_next(&file, &v)) {
        struct gdw_frame f;
        char text[64];
        assert_int_equal(gdw_frame_decode(v.raw, v.len, &f), 0);
        assert_int_equal(f.up, strcmp(v.direction, "uplink") == 0);
        assert_int_equal(f.afn, strtol(v.afn, NULL, 16));
        snprintf(text, sizeof text, " EC=%u,%u", f.ec1, f.ec2);
        assert_int_equal(f.has_ec, strstr(v.meaning, " EC=") != NULL);
        if (f.has_ec && !strstr(v.meaning, text))
            fail_msg("%s: %s", v.id, text);
        snprintf(text, sizeof text, " Tp=%u,day%02X %02X:%02X:%02X,delay%u", f.tp.pfc, f.tp.time[3],
                 f.tp.time[2], f.tp.time[1], f.tp.time[0], f.tp.delay_min);
        if (strncmp(v.meaning, "NON-CONFORMING", 14) == 0)
            continue; /* its text does not list the AUX */
        assert_int_equal(f.tpv, strstr(v.meaning, " Tp=") != NULL);
        if (f.tpv && !strstr(v.meaning, text))
            fail_msg("%s: %s", v.id, text);
    }
    assert_int_equal(file.rows, 190);
}

static void check_round_trip(const char *name)
{
    struct vector_file file;
    struct vector v;

    vectors_open(&file, name);
    while (vectors_next(&file, &v)) {
        struct gdw_frame f;
        uint8_t out[2048];
        struct wbuf w = wbuf_of(out, sizeof out);
        assert_int_equal(gdw_frame_decode(v.raw, v.len, &f), 0);
        assert_int_equal(gdw_frame_encode(&w, &f), v.len);
        assert_memory_equal(out, v.raw, v.len);
        /* and without room for the last byte */
        w = wbuf_of(out, v.len - 1);
        assert_int_equal(gdw_frame_encode(&w, &f), CN_E_NOSPACE);
        assert_int_equal(w.len, 0);
    }
}

static void every_vector_is_rebuilt_byte_for_byte(void **state)
{
    (void)state;
    check_round_trip("376.1-frames.tsv");
    check_round_trip("376.1-data.tsv");
}

/* clause: reference part 1, section 4 */
static void every_damaged_byte_is_refused(void **state)
{
    struct vector v;

    (void)state;
    vector_load("376.1-frames.tsv", "G34", &v);
    struct gdw_frame f;
    for (size_t i = 0; i < v.len; i++) {
        v.raw[i] ^= 0x01;
        int ret = gdw_frame_decode(v.raw, v.len, &f);
        assert_true(ret == CN_E_FRAME || ret == CN_E_CHECKSUM || ret == CN_E_SHORT);
        v.raw[i] ^= 0x01;
    }
    assert_int_equal(gdw_frame_decode(v.raw, v.len, &f), 0);
    assert_int_equal(gdw_frame_decode(v.raw, v.len - 1, &f), CN_E_SHORT);
    assert_int_equal(gdw_frame_decode(v.raw, v.len + 1, &f), CN_E_FRAME);
    assert_int_equal(gdw_frame_decode(v.raw, 0, &f), CN_E_SHORT);
}

static size_t build(uint8_t *out, size_t cap, struct gdw_frame *f)
{
    struct wbuf w = wbuf_of(out, cap);
    int n = gdw_frame_encode(&w, f);

    assert_true(n > 0);
    return (size_t)n;
}

static void refused_lengths_and_protocols(void **state)
{
    static const uint8_t zeros[32];
    uint8_t raw[GDW_FRAME_MAX + 8];
    struct gdw_frame f = {.afn = GDW_AFN_CLASS1, .data = zeros, .data_len = 4}, g;

    (void)state;
    size_t n = build(raw, sizeof raw, &f);
    assert_int_equal(n, GDW_FRAME_MIN);
    for (unsigned id = 0; id < 4; id++) {
        raw[1] = raw[3] = (uint8_t)((12 << 2) | id);
        assert_int_equal(gdw_frame_decode(raw, n, &g), id == 2 ? 0 : CN_E_FRAME);
    }
    raw[1] = raw[3] = (11 << 2) | 2;
    assert_int_equal(gdw_frame_decode(raw, n, &g), CN_E_FRAME);
    struct wbuf w = wbuf_of(raw, sizeof raw);
    f.data_len = 3;
    assert_int_equal(gdw_frame_encode(&w, &f), CN_E_RANGE);
    static uint8_t big[GDW_L1_MAX];
    f.data = big;
    f.data_len = GDW_L1_MAX - 8 + 1;
    assert_int_equal(gdw_frame_encode(&w, &f), CN_E_RANGE);
    assert_int_equal(w.len, 0);
    f.data_len = GDW_L1_MAX - 8;
    n = build(raw, sizeof raw, &f);
    assert_int_equal(n, GDW_FRAME_MAX);
    assert_int_equal(gdw_frame_decode(raw, n, &g), 0);
    assert_int_equal(g.data_len, f.data_len);
}

/* clause: reference part 1, section 9: PW, EC and Tp that do not fit make the data area malformed, not the
 * frame */
static void aux_that_does_not_fit_is_marked(void **state)
{
    static const uint8_t data[32] = {0, 0, 1, 0};
    uint8_t raw[64];
    struct gdw_frame f = {.afn = GDW_AFN_SET, .data = data, .data_len = 19}, g;

    (void)state;
    /* 19 bytes where DADT and PW need 20: the PW is taken, three bytes are left */
    size_t n = build(raw, sizeof raw, &f);
    assert_int_equal(gdw_frame_decode(raw, n, &g), 0);
    assert_false(g.aux_bad);
    assert_int_equal(g.data_len, 3);
    f.data_len = 15;
    n = build(raw, sizeof raw, &f);
    assert_int_equal(gdw_frame_decode(raw, n, &g), 0);
    assert_true(g.aux_bad);
    assert_null(g.pw);
    f.afn = GDW_AFN_CLASS1;
    f.tpv = true;
    f.data_len = 4;
    n = build(raw, sizeof raw, &f);
    assert_int_equal(gdw_frame_decode(raw, n, &g), 0);
    assert_false(g.aux_bad);
    assert_int_equal(g.data_len, 4);
    f.up = f.acd = true;
    f.tpv = false;
    f.ec1 = 3;
    f.ec2 = 200;
    n = build(raw, sizeof raw, &f);
    assert_int_equal(gdw_frame_decode(raw, n, &g), 0);
    assert_true(g.has_ec);
    assert_int_equal(g.ec1, 3);
    assert_int_equal(g.ec2, 200);
}

static void another_tp_can_be_put_in(void **state)
{
    struct vector v;
    struct gdw_frame f;
    const struct gdw_tp tp = {9, {0x01, 0x02, 0x03, 0x04}, 5};

    (void)state;
    vector_load("376.1-frames.tsv", "G04", &v);
    gdw_frame_set_tp(v.raw, v.len, &tp);
    assert_int_equal(gdw_frame_decode(v.raw, v.len, &f), 0);
    assert_memory_equal(&f.tp, &tp, sizeof tp);
    assert_int_equal(f.ec1, 5);
    assert_int_equal(f.ec2, 9);
}

/* ---- receiver ---- */

struct stream {
    uint8_t buf[GDW_FRAME_MAX];
    struct gdw_rx rx;
};

static void stream_start(struct stream *s)
{
    gdw_rx_init(&s->rx, s->buf, sizeof s->buf);
}

/* Feed bytes one by one; count the frames equal to v. */
static unsigned feed(struct stream *s, const uint8_t *p, size_t n, size_t step, int64_t now,
                     const struct vector *v)
{
    unsigned found = 0;

    for (size_t i = 0; i < n; i += step) {
        size_t part = n - i < step ? n - i : step;
        assert_int_equal(gdw_rx_put(&s->rx, p + i, part), part);
        const uint8_t *frame;
        int len;
        while ((len = gdw_rx_next(&s->rx, now, &frame)) > 0) {
            assert_int_equal(len, v->len);
            assert_memory_equal(frame, v->raw, v->len);
            found++;
        }
    }
    return found;
}

static void frames_are_found_at_every_cut(void **state)
{
    struct stream s;
    struct vector v;
    uint8_t twice[512];

    (void)state;
    vector_load("376.1-frames.tsv", "G34", &v);
    memcpy(twice, v.raw, v.len);
    memcpy(twice + v.len, v.raw, v.len);
    for (size_t step = 1; step <= 2 * v.len; step++) {
        stream_start(&s);
        assert_int_equal(feed(&s, twice, 2 * v.len, step, 1, &v), 2);
        assert_int_equal(s.rx.skipped, 0);
    }
}

/* clause: reference part 1, section 4: drop the first byte and search again */
static void noise_costs_no_good_frame(void **state)
{
    struct stream s;
    struct vector v;

    (void)state;
    vector_load("376.1-frames.tsv", "K01", &v);
    /* every prefix of a frame as noise in front of the frame; a header that lies may cost the time-out,
     * nothing else */
    for (size_t cut = 1; cut < v.len; cut++) {
        uint8_t noise[128];
        memcpy(noise, v.raw, cut);
        noise[cut] = 0x55;
        memcpy(noise + cut + 1, v.raw, v.len);
        stream_start(&s);
        unsigned found = feed(&s, noise, cut + 1 + v.len, 1, 1, &v);
        found += feed(&s, (const uint8_t *)"", 0, 1, 1, &v);
        const uint8_t *frame;
        if (!found && gdw_rx_next(&s.rx, 1 + GDW_PARTIAL_MS, &frame) > 0)
            found++;
        assert_int_equal(found, 1);
        assert_int_equal(s.rx.skipped, cut + 1);
    }
    static const uint8_t fill[] = {0x68, 0x68, 0x68, 0xFE, 0xFE, 0x68, 0x32, 0x00, 0x32, 0x00, 0x69, 0x16};
    stream_start(&s);
    assert_int_equal(feed(&s, fill, sizeof fill, 5, 1, &v), 0);
    assert_int_equal(feed(&s, v.raw, v.len, 7, 1, &v), 1);
    /* wrong checksum, then the same frame right */
    uint8_t bad[64];
    memcpy(bad, v.raw, v.len);
    bad[v.len - 2] ^= 1;
    stream_start(&s);
    assert_int_equal(feed(&s, bad, v.len, v.len, 1, &v), 0);
    assert_int_equal(feed(&s, v.raw, v.len, v.len, 1, &v), 1);
}

static void partial_frame_is_given_up_after_its_time(void **state)
{
    struct stream s;
    struct vector v;
    const uint8_t *frame;

    (void)state;
    vector_load("376.1-frames.tsv", "K01", &v);
    stream_start(&s);
    assert_int_equal(gdw_rx_deadline(&s.rx), INT64_MAX);
    /* a header that promises 255 bytes, then a whole frame behind it */
    static const uint8_t promise[] = {0x68, 0xFE, 0x03, 0xFE, 0x03, 0x68};
    assert_int_equal(feed(&s, promise, sizeof promise, 6, 1000, &v), 0);
    assert_int_equal(feed(&s, v.raw, v.len, v.len, 5000, &v), 0);
    assert_int_equal(gdw_rx_deadline(&s.rx), 1000 + GDW_PARTIAL_MS);
    assert_int_equal(gdw_rx_next(&s.rx, 1000 + GDW_PARTIAL_MS - 1, &frame), 0);
    assert_int_equal(gdw_rx_next(&s.rx, 1000 + GDW_PARTIAL_MS, &frame), v.len);
    assert_memory_equal(frame, v.raw, v.len);
    assert_int_equal(gdw_rx_next(&s.rx, 1000 + GDW_PARTIAL_MS, &frame), 0);
    assert_int_equal(gdw_rx_deadline(&s.rx), INT64_MAX);
}

static void the_largest_frame_fits_and_endless_noise_never_fills_the_buffer(void **state)
{
    static struct stream s;
    static uint8_t data[GDW_L1_MAX], raw[GDW_FRAME_MAX];
    struct gdw_frame f = {.afn = GDW_AFN_CLASS1, .data = data, .data_len = GDW_L1_MAX - 8};
    const uint8_t *frame;

    (void)state;
    size_t n = build(raw, sizeof raw, &f);
    stream_start(&s);
    assert_int_equal(gdw_rx_put(&s.rx, raw, n), n);
    assert_int_equal(gdw_rx_next(&s.rx, 1, &frame), n);
    for (unsigned i = 0; i < 3 * sizeof s.buf; i++) {
        size_t room;
        static const uint8_t head[] = {0x68, 0xFE, 0xFF, 0xFE, 0xFF, 0x68};
        gdw_rx_room(&s.rx, &room);
        assert_true(room > 0);
        gdw_rx_put(&s.rx, &head[i % 6], 1);
        assert_int_equal(gdw_rx_next(&s.rx, 1, &frame), 0);
    }
}

/* ---- DADT ---- */

/* clause: reference part 1, section 8, table */
static void dadt_of_the_table(void **state)
{
    static const struct {
        unsigned pn, fn;
        struct gdw_dadt d;
    } rows[] = {
        {0, 1, {0x00, 0x00, 0x01, 0x00}},      {0, 8, {0x00, 0x00, 0x80, 0x00}},
        {0, 10, {0x00, 0x00, 0x02, 0x01}},     {1, 25, {0x01, 0x01, 0x01, 0x03}},
        {0, 3, {0x00, 0x00, 0x04, 0x00}},      {1, 33, {0x01, 0x01, 0x01, 0x04}},
        {1, 129, {0x01, 0x01, 0x01, 0x10}},    {1, 167, {0x01, 0x01, 0x40, 0x14}},
        {8, 34, {0x80, 0x01, 0x02, 0x04}},     {9, 1, {0x01, 0x02, 0x01, 0x00}},
        {0, 65, {0x00, 0x00, 0x01, 0x08}},     {1, 66, {0x01, 0x01, 0x02, 0x08}},
        {2040, 168, {0x80, 0xFF, 0x80, 0x14}},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gdw_dadt d = gdw_dadt_of(rows[i].pn, rows[i].fn);
        assert_memory_equal(&d, &rows[i].d, sizeof d);
    }
}

static void every_point_and_fn_survives(void **state)
{
    (void)state;
    for (unsigned pn = 0; pn <= GDW_PN_MAX; pn++) {
        for (unsigned fn = 1; fn <= GDW_FN_MAX; fn += 7) {
            struct gdw_dadt d = gdw_dadt_of(pn, fn);
            unsigned pns = 0, fns = 0;
            assert_true(gdw_dadt_has_fn(&d));
            assert_int_equal(gdw_dadt_kind(&d), pn ? GDW_DA_SET : GDW_DA_ZERO);
            for (unsigned k = 0; k < 8; k++) {
                pns += pn ? gdw_dadt_pn(&d, k) : 0;
                fns += gdw_dadt_fn(&d, k);
            }
            assert_int_equal(pns, pn);
            assert_int_equal(fns, fn);
        }
    }
}

static void codes_that_name_nothing_or_all(void **state)
{
    (void)state;
    assert_int_equal(gdw_dadt_kind(&(struct gdw_dadt){0xFF, 0, 1, 0}), GDW_DA_ALL);
    assert_int_equal(gdw_dadt_kind(&(struct gdw_dadt){0, 0xFF, 1, 0}), GDW_DA_ALL);
    assert_int_equal(gdw_dadt_kind(&(struct gdw_dadt){0xFF, 0xFF, 1, 0}), GDW_DA_SET);
    assert_int_equal(gdw_dadt_kind(&(struct gdw_dadt){1, 0, 1, 0}), GDW_DA_NONE);
    assert_int_equal(gdw_dadt_kind(&(struct gdw_dadt){0, 1, 1, 0}), GDW_DA_NONE);
    assert_false(gdw_dadt_has_fn(&(struct gdw_dadt){1, 1, 0, 0}));
    assert_false(gdw_dadt_has_fn(&(struct gdw_dadt){1, 1, 1, 31}));
    assert_true(gdw_dadt_has_fn(&(struct gdw_dadt){1, 1, 0x80, 30}));
    struct gdw_dadt all = gdw_dadt_all(129);
    assert_memory_equal(&all, (&(struct gdw_dadt){0xFF, 0, 0x01, 0x10}), sizeof all);
}

/* ---- AFN 00 ---- */

static int confirm(const char *hex)
{
    uint8_t data[64];
    int n = hex_parse(hex, data, sizeof data);
    const struct gdw_frame f = {.afn = GDW_AFN_CONFIRM, .data = data, .data_len = (uint16_t)n};

    return gdw_confirm_read(&f);
}

/* clause: reference part 1, sections 10, 11, 14 */
static void confirmations_are_read_leniently(void **state)
{
    struct vector v;
    struct gdw_frame f;
    static const struct {
        const char *id;
        int says;
    } rows[] = {{"K03", 1}, {"S02", 1}, {"G07", 1}, {"G45", 1},
                {"G02", 0}, {"G03", 0}, {"T01", 1}, {"K01", CN_E_FRAME}};

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vector_load("376.1-frames.tsv", rows[i].id, &v);
        assert_int_equal(gdw_frame_decode(v.raw, v.len, &f), 0);
        assert_int_equal(gdw_confirm_read(&f), rows[i].says);
    }
    assert_int_equal(confirm("00000100 AA"), 1); /* a stray byte */
    assert_int_equal(confirm("00000200"), 0);
    assert_int_equal(confirm("00000400 02 00000100 00"), 1); /* F3 */
    assert_int_equal(confirm("00000400 02 00000100 01"), 0);
    assert_int_equal(confirm("00000400 00000100 00"), 1); /* without the AFN byte */
    assert_int_equal(confirm("00000400 00000100 07"), 0);
    assert_int_equal(confirm("00000300 02 00000100 00"), 1); /* DT1 = 03 with a list of F3 */
    assert_int_equal(confirm("00000300 02 00000400 01"), 0);
    assert_int_equal(confirm("00000400 02 0000"), CN_E_FRAME);
    assert_int_equal(confirm("00000400"), CN_E_FRAME);
    assert_int_equal(confirm("00000800"), CN_E_FRAME);
    assert_int_equal(confirm("00000101"), CN_E_FRAME);
    assert_int_equal(confirm("0000"), CN_E_FRAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_of_all_frame_vectors),
        cmocka_unit_test(aux_of_all_data_vectors),
        cmocka_unit_test(every_vector_is_rebuilt_byte_for_byte),
        cmocka_unit_test(every_damaged_byte_is_refused),
        cmocka_unit_test(refused_lengths_and_protocols),
        cmocka_unit_test(aux_that_does_not_fit_is_marked),
        cmocka_unit_test(another_tp_can_be_put_in),
        cmocka_unit_test(frames_are_found_at_every_cut),
        cmocka_unit_test(noise_costs_no_good_frame),
        cmocka_unit_test(partial_frame_is_given_up_after_its_time),
        cmocka_unit_test(the_largest_frame_fits_and_endless_noise_never_fills_the_buffer),
        cmocka_unit_test(dadt_of_the_table),
        cmocka_unit_test(every_point_and_fn_survives),
        cmocka_unit_test(codes_that_name_nothing_or_all),
        cmocka_unit_test(confirmations_are_read_leniently),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
