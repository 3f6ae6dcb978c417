#include "northbound/mqtt/payload.h"

#include "gateway/base/err.h"
#include "gateway/model/event.h"
#include "tests/unit/northbound/mqtt/doc.h"

/* The golden state, data and freeze are the examples of the profile's description; theirs is not our encoder.
 */

enum { T = 1763805600 /* 2025-11-22 18:00:00 +08:00 */ };

static const struct zone zone = {8 * 3600};

static void add(struct payload_values *p, int64_t at, unsigned quantity, unsigned tariff, int64_t mantissa,
                int exp10)
{
    struct reading_set set = {.at = at, .count = 1};

    set.r[0] = (struct reading){
        .quantity = (uint16_t)quantity, .tariff = (uint8_t)tariff, .value = value_of(mantissa, exp10)};
    assert_int_equal(payload_add(p, &set, zone), 0);
}

static void add_none(struct payload_values *p, int64_t at, unsigned quantity)
{
    struct reading_set set = {
        .at = at, .count = 1, .r = {{.quantity = (uint16_t)quantity, .value.quality = VALUE_NONE}}};

    assert_int_equal(payload_add(p, &set, zone), 0);
}

static struct payload_record head(uint64_t rec)
{
    return (struct payload_record){.d = "44010123",
                                   .m = "000012345678",
                                   .rec = rec,
                                   .ts_ms = T * 1000LL,
                                   .rx_ms = (T + 1) * 1000LL,
                                   .q = "good"};
}

static void the_newest_state(void **state)
{
    struct payload_values p = {0};
    char buf[1024];

    (void)state;
    add(&p, T, Q_FREQUENCY, 0, 4998, -2);
    add(&p, T, Q_PF, 0, 998, -3);
    add(&p, T, Q_P, 0, 2831, -4);
    add(&p, T, Q_I_A, 0, 1234, -3);
    add(&p, T, Q_U_A, 0, 2301, -1);
    add(&p, T, Q_EP_IMP, 1, 200010, -2);
    add(&p, T, Q_EP_IMP, 0, 1234567, -2);
    payload_sort(&p);
    int n = payload_state(buf, sizeof buf, 184467, "good", &p);
    doc_equals(buf, n, "state");
    /* digits, not numbers: the order and every zero */
    static const char vals[] = "\"vals\":{\"ep_imp\":12345.67,\"ep_imp_t1\":2000.10,\"u_a\":230.1,";
    buf[n] = '\0';
    assert_non_null(strstr(buf, vals));
}

static void a_record_with_a_missing_value(void **state)
{
    struct payload_values p = {0};
    struct payload_record h = head(184467);
    char buf[1024];
    unsigned parts;

    (void)state;
    add(&p, T, Q_EP_IMP, 0, 1234567, -2);
    add_none(&p, T, Q_U_B);
    doc_equals(buf, payload_part(buf, sizeof buf, &h, &p, 0, &parts), "data");
    assert_int_equal(parts, 1);
}

static void a_freeze(void **state)
{
    static const int64_t mantissas[] = {1234011, 199900, 410050, 324061, 300000};
    struct payload_values p = {0};
    struct payload_record h = head(184470);
    char buf[1024];
    unsigned parts;

    (void)state;
    h.ts_ms = 1763740800000;
    h.rx_ms = 1763741000000;
    h.kind = "day";
    snprintf(h.at, sizeof h.at, "2025-11-22");
    snprintf(h.of, sizeof h.of, "2025-11-21");
    payload_zone(zone, h.tz);
    for (unsigned t = 0; t < 5; t++)
        add(&p, T, Q_EP_IMP, t, mantissas[t], -2);
    int n = payload_part(buf, sizeof buf, &h, &p, 0, &parts);
    doc_equals(buf, n, "freeze");
    assert_null(strstr(buf, "dt_s"));
}

static void zones(void **state)
{
    char text[8];

    (void)state;
    assert_string_equal(payload_zone((struct zone){0}, text), "+00:00");
    assert_string_equal(payload_zone((struct zone){-12600}, text), "-03:30");
    assert_string_equal(payload_zone((struct zone){14 * 3600}, text), "+14:00");
}

static void every_value_has_its_time(void **state)
{
    struct payload_values p = {0};
    struct payload_record h = head(5);
    char buf[1024];
    unsigned parts;

    (void)state;
    add(&p, T + 90, Q_U_A, 0, 2301, -1);
    for (unsigned t = 0; t < 3; t++)
        add(&p, T, Q_EP_IMP, t, 100 + t, -2);
    for (unsigned t = 0; t < 3; t++)
        add(&p, T + 20, Q_EP_EXP, t, 7, -2);
    add(&p, T + 91, Q_STATUS_WORDS, 1, 0, 0);
    add(&p, T + 91, Q_STATUS_WORDS, 3, 0x10, 0);
    payload_sort(&p);
    assert_true(p.first_at == T && p.last_at == T + 91);
    cJSON *j = doc_parse(buf, payload_part(buf, sizeof buf, &h, &p, 0, &parts));
    const cJSON *dt = doc_at(j, "dt_s");
    /* tariffs share the time of their total; what was read at ts is not listed */
    assert_int_equal(cJSON_GetArraySize(dt), 3);
    assert_true(doc_number(dt, "ep_exp") == 20 && doc_number(dt, "u_a") == 90 && doc_number(dt, "sw") == 91);
    const cJSON *vals = doc_at(j, "vals");
    assert_true(doc_number(vals, "sw_1") == 0 && doc_number(vals, "sw_3") == 16 &&
                doc_number(vals, "relay") == 0);
    assert_null(doc_at(vals, "sw_2"));
    cJSON_Delete(j);
    p.e[p.count - 1].v.mantissa = 0;
    j = doc_parse(buf, payload_part(buf, sizeof buf, &h, &p, 0, &parts));
    assert_true(doc_number(doc_at(j, "vals"), "relay") == 1);
    cJSON_Delete(j);
}

static void doubt_is_told(void **state)
{
    struct payload_values p = {0};
    struct reading_set set = {
        .at = T, .count = 1, .r = {{.quantity = Q_EP_IMP, .value = {123, -2, VALUE_DOUBTFUL}}}};
    struct payload_record h = head(5);
    char buf[1024];
    unsigned parts;

    (void)state;
    assert_int_equal(payload_add(&p, &set, zone), 0);
    assert_true(p.doubt);
    cJSON *j = doc_parse(buf, payload_part(buf, sizeof buf, &h, &p, 0, &parts));
    assert_string_equal(doc_text(doc_at(j, "err"), "ep_imp"), "doubtful");
    assert_true(doc_number(doc_at(j, "vals"), "ep_imp") == 1.23);
    cJSON_Delete(j);
    add(&p, T + 100, Q_U_A, 0, 1, 0);
    payload_drop_old(&p, T + 1);
    assert_true(p.count == 1 && !p.doubt && p.first_at == T + 100);
    payload_drop_old(&p, T + 101);
    assert_true(p.count == 0 && p.first_at == 0 && p.last_at == 0);
}

/* All parts together hold every value once; each is a document of its own. */
static void long_records_are_split_by_keys(void **state)
{
    static struct payload_values p;
    struct payload_record h = head(77);
    char buf[8192];

    (void)state;
    payload_clear(&p);
    for (unsigned q = Q_EP_IMP; q <= Q_EQ_Q4; q++) {
        for (unsigned t = 0; t <= TARIFFS_MAX; t++)
            add(&p, T + q, q, t, 123456789, -2);
    }
    for (size_t cap = 300; cap < 5000; cap += 97) {
        unsigned parts, seen = 0;
        int n = payload_part(buf, cap, &h, &p, 0, &parts);
        assert_true(n > 0 && (size_t)n <= cap && parts <= PAYLOAD_PARTS);
        for (unsigned part = 0; part < parts; part++) {
            unsigned again;
            memset(buf, '#', sizeof buf);
            n = payload_part(buf, cap, &h, &p, part, &again);
            assert_true(n > 0 && again == parts && buf[cap] == '#');
            cJSON *j = doc_parse(buf, n);
            assert_true(doc_number(j, "rec") == 77);
            if (parts > 1)
                assert_true(doc_number(j, "part") == part + 1 && doc_number(j, "parts") == parts);
            else
                assert_null(doc_at(j, "part"));
            for (const cJSON *v = doc_at(j, "vals")->child; v; v = v->next) {
                char key[MQTT_KEY_MAX];
                assert_string_equal(v->string,
                                    key_print(key_find(p.e[seen].quantity), p.e[seen].tariff, key));
                seen++;
            }
            cJSON_Delete(j);
        }
        assert_int_equal(seen, p.count);
    }
    unsigned parts;
    assert_int_equal(payload_part(buf, 100, &h, &p, 0, &parts), CN_E_NOSPACE);
    /* a state is one document: what does not fit is left out, registers stay */
    int n = payload_state(buf, 512, 1, "good", &p);
    assert_true(n > 0 && n <= 512);
    cJSON *j = doc_parse(buf, n);
    assert_string_equal(doc_at(j, "vals")->child->string, "ep_imp");
    cJSON_Delete(j);
}

static void the_list_is_bounded(void **state)
{
    static struct payload_values p;
    struct reading_set set = {.at = T, .count = READINGS_MAX};

    (void)state;
    payload_clear(&p);
    for (unsigned i = 0; i < READINGS_MAX; i++)
        set.r[i] = (struct reading){.quantity = Q_EP_IMP, .tariff = (uint8_t)i, .value = value_of(1, 0)};
    for (unsigned i = 0; i < PAYLOAD_VALUES / READINGS_MAX; i++)
        assert_int_equal(payload_add(&p, &set, zone), 0);
    assert_int_equal(payload_add(&p, &set, zone), CN_E_FULL);
    assert_int_equal(p.count, PAYLOAD_VALUES);
    /* what has no key is no value */
    payload_clear(&p);
    set.r[0].quantity = 999;
    set.count = 1;
    assert_int_equal(payload_add(&p, &set, zone), 0);
    assert_int_equal(p.count, 0);
}

static void what_there_is(void **state)
{
    struct payload_box b = {.d = "44010123",
                            .region = 0x4401,
                            .address = 123,
                            .zone = zone,
                            .meters = 3,
                            .port_count = 2,
                            .ports = {{1, 2}, {2, 1}}};
    struct meter m = {
        .point = 7, .port = 2, .protocol = PROTO_DLT645_2007, .address = {0x78, 0x56, 0x34, 0x12}};
    struct payload_values p = {0};
    char buf[2048];

    (void)state;
    doc_equals(buf, payload_box_info(buf, sizeof buf, &b), "box-info");
    add(&p, T, Q_EP_IMP, 0, 1, -2);
    add(&p, T, Q_EP_IMP, 1, 1, -2);
    add(&p, T, Q_U_A, 0, 1, -1);
    add(&p, T, Q_MD_IMP_TIME, 0, INT64_C(20251122180000), 0);
    add(&p, T, Q_CLOCK, 0, INT64_C(20251122180000), 0);
    add(&p, T, Q_STATUS_WORDS, 3, 0, 0);
    doc_equals(buf, payload_meter_info(buf, sizeof buf, "44010123", "000012345678", &m, &p), "meter-info");
    /* little room: first without tariffs, then without the dictionary */
    int n = payload_meter_info(buf, 400, "44010123", "000012345678", &m, &p);
    cJSON *j = doc_parse(buf, n);
    assert_non_null(doc_at(doc_at(j, "keys"), "u_a"));
    assert_null(doc_at(doc_at(j, "keys"), "ep_imp_t1"));
    cJSON_Delete(j);
    n = payload_meter_info(buf, 160, "44010123", "000012345678", &m, &p);
    j = doc_parse(buf, n);
    assert_null(doc_at(j, "keys"));
    cJSON_Delete(j);
}

static size_t make_failure(uint8_t record[EVENT_MAX])
{
    struct civil now = zone_to_local(zone, T), last = zone_to_local(zone, T - 900);
    uint8_t content[64];
    struct wbuf c = wbuf_of(content, sizeof content), w = wbuf_of(record, EVENT_MAX);

    event_put_erc31(&c, 7, true, &last, value_of(1234567, -2), value_none());
    assert_true(event_build(31, &now, content, c.len, &w) > 0);
    return w.len;
}

static void events_in_words(void **state)
{
    uint8_t record[EVENT_MAX], content[17] = {1, 2, 3};
    struct payload_event e = {.d = "44010123",
                              .rec = 99,
                              .ts_ms = T * 1000LL,
                              .hist = true,
                              .ring = RING_IMPORTANT,
                              .record = record,
                              .length = make_failure(record)};
    char buf[2048];

    (void)state;
    assert_int_equal(payload_event_point(record, e.length), 7);
    doc_equals(buf, payload_event(buf, sizeof buf, &e, "000012345678"), "event");
    /* a wrong password is not told to the world */
    struct civil now = zone_to_local(zone, T);
    struct wbuf w = wbuf_of(record, sizeof record);
    event_build(20, &now, content, sizeof content, &w);
    e.length = w.len;
    cJSON *j = doc_parse(buf, payload_event(buf, sizeof buf, &e, NULL));
    assert_null(doc_at(doc_at(j, "fields"), "PW"));
    assert_non_null(doc_at(doc_at(j, "fields"), "MSA"));
    assert_null(doc_at(j, "start"));
    assert_null(doc_at(j, "m"));
    cJSON_Delete(j);
    assert_int_equal(payload_event_point(record, e.length), 0);
}

/* Every ERC with every content length gives a document, however cut short or strange its bytes are. */
static void strange_events(void **state)
{
    uint8_t record[EVENT_MAX];
    char buf[16384];

    (void)state;
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = (size_t)rand() % sizeof record;
        for (size_t i = 0; i < n; i++)
            record[i] = (uint8_t)rand();
        if (n > 1 && round % 2) {
            record[0] = (uint8_t)(rand() % 40);
            record[1] = (uint8_t)(n - 2);
        }
        struct payload_event e = {.d = "1", .ring = 1, .record = record, .length = n};
        int len = payload_event(buf, sizeof buf, &e, NULL);
        if (len != CN_E_NOSPACE)
            cJSON_Delete(doc_parse(buf, len));
        (void)payload_event_point(record, n);
    }
}

static void the_bridge_itself(void **state)
{
    struct payload_gap g = {.d = "44010123",
                            .from = 100,
                            .to = 120,
                            .ts_ms = T * 1000LL,
                            .reason = "overwritten before they could be sent"};
    struct payload_health h = {.ts_ms = T * 1000LL,
                               .uptime_s = 3600,
                               .rss_kb = 7000,
                               .clock = "ok",
                               .depth = 12,
                               .oldest_ms = 1763805000000,
                               .sent = 100,
                               .acked = 90,
                               .connects = 1,
                               .fails = 2,
                               .last_fault = "no TCP connection: Connection refused",
                               .meters = 192,
                               .online = 190};
    char buf[1024];

    (void)state;
    doc_equals(buf, payload_gap(buf, sizeof buf, &g), "gap");
    doc_equals(buf, payload_health(buf, sizeof buf, &h), "health");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_state),
        cmocka_unit_test(a_record_with_a_missing_value),
        cmocka_unit_test(a_freeze),
        cmocka_unit_test(zones),
        cmocka_unit_test(every_value_has_its_time),
        cmocka_unit_test(doubt_is_told),
        cmocka_unit_test(long_records_are_split_by_keys),
        cmocka_unit_test(the_list_is_bounded),
        cmocka_unit_test(what_there_is),
        cmocka_unit_test(events_in_words),
        cmocka_unit_test(strange_events),
        cmocka_unit_test(the_bridge_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
