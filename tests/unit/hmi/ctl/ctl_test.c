#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"
#include "gateway/base/trace.h"
#include "gateway/model/ctl.h"
#include "gateway/model/event.h"
#include "gateway/model/quantity.h"
#include "gateway/store/store.h"
#include "hmi/ctl/app.h"
#include "hmi/ctl/show.h"

/* The commands of concentratorctl against a store made here and a control socket served by a forked child. */

enum { ARGS_MAX = 12, SERVER_WAIT_MS = 10000, OFFSET_MS = 86400000 };

struct place {
    char dir[64];
    int64_t now; /**< box time when the store was made */
};

struct result {
    int code;
    char *out, *err;
    size_t out_len, err_len;
};

static void result_free(struct result *r)
{
    free(r->out);
    free(r->err);
}

/** Run the program on the place's folders with the given words (a NULL ends them). */
static struct result run_with(const struct place *p, const char *input, const char *const *words)
{
    char *argv[ARGS_MAX + 6];
    char copies[ARGS_MAX][256];
    int argc = 0;
    argv[argc++] = "concentratorctl";
    if (p) {
        argv[argc++] = "--run-dir";
        argv[argc++] = (char *)(uintptr_t)p->dir;
        argv[argc++] = "--state-dir";
        argv[argc++] = (char *)(uintptr_t)p->dir;
    }
    for (int i = 0; words[i]; i++) {
        assert_true(i < ARGS_MAX);
        snprintf(copies[i], sizeof(copies[i]), "%s", words[i]);
        argv[argc++] = copies[i];
    }
    argv[argc] = NULL;
    struct result r = {0};
    FILE *out = open_memstream(&r.out, &r.out_len), *err = open_memstream(&r.err, &r.err_len);
    FILE *in = fmemopen((void *)(uintptr_t)(input[0] ? input : "\n"), input[0] ? strlen(input) : 1, "r");
    assert_non_null(in);
    r.code = concentratorctl(argc, argv, in, out, err);
    fclose(in);
    fclose(out);
    fclose(err);
    return r;
}

#define RUN(place, ...) run_with((place), "", (const char *const[]){__VA_ARGS__, NULL})

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

/** No line for people is wider than a terminal. */
static void assert_80_columns(const char *text)
{
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > 80)
            fail_msg("%zu columns: %.*s", n, (int)n, line);
        line += n + (line[n] == '\n');
    }
}

/* ---- a store ---- */

static void put_meter(struct store *s, unsigned index, unsigned point, const char *address, int64_t now)
{
    struct meter m = {.index = (uint16_t)index,
                      .point = (uint16_t)point,
                      .port = 1,
                      .protocol = point == 9 ? PROTO_AC_SAMPLING : PROTO_DLT645_2007,
                      .tariffs = 4,
                      .int_digits = 6,
                      .dec_digits = 2};
    uint8_t raw[F10_ENTRY];
    assert_int_equal(addr_parse(address, m.address), 0);
    meter_encode(&m, raw);
    const struct param_write w = {.fn = 10, .sub = (uint16_t)index, .data = raw, .length = sizeof(raw)};
    assert_int_equal(store_params_write(s, &w, 1, now), 0);
}

static void put_values(struct store *s, int64_t now)
{
    struct reading_set set = {.at = now - 100};
    assert_int_equal(store_sweep_begin(s), 0);
    assert_int_equal(reading_put(&set, Q_EP_IMP, 0, value_of(123456, -2)), 0);
    assert_int_equal(reading_put(&set, Q_EP_IMP, 1, value_of(100, -2)), 0);
    assert_int_equal(reading_put(&set, Q_U_A, 0, value_of(2305, -1)), 0);
    assert_int_equal(reading_put(&set, Q_U_B, 0, value_none()), 0);
    assert_int_equal(store_put_latest(s, 37, &set), 0);
    set = (struct reading_set){.at = now - 9 * 3600};
    assert_int_equal(reading_put(&set, Q_EP_IMP, 0, value_of(7, -2)), 0);
    assert_int_equal(store_put_latest(s, 38, &set), 0);

    struct zone z = {8 * 3600};
    int64_t day = slot_day(z, now) - 1;
    struct freeze f = {.kind = FREEZE_DAY, .flags = FREEZE_METER, .point = 37, .slot = day};
    f.frozen_at = slot_day_end(z, day);
    f.set.at = f.frozen_at + 300;
    assert_int_equal(reading_put(&f.set, Q_EP_IMP, 0, value_of(120000, -2)), 0);
    assert_int_equal(store_put_freeze(s, &f), 0);
    f = (struct freeze){.kind = FREEZE_DAY, .flags = FREEZE_MISSING, .point = 37, .slot = day - 1};
    f.set.at = f.frozen_at = slot_day_end(z, day - 1);
    assert_int_equal(store_put_freeze(s, &f), 0);
    assert_int_equal(store_sweep_commit(s), 0);
}

static void put_events(struct store *s, int64_t now)
{
    uint8_t record[EVENT_MAX], content[250], index;
    const struct civil local = {.year = 2026, .month = 11, .day = 21, .hour = 10, .minute = 30};
    const struct civil last = {.year = 2026, .month = 11, .day = 20, .hour = 10};
    struct wbuf w = wbuf_of(content, sizeof(content));
    event_put_erc31(&w, 5, true, &last, value_of(123456, -4), value_none());
    assert_int_equal(w.err, 0);
    struct wbuf r = wbuf_of(record, sizeof(record));
    assert_true(event_build(31, &local, content, w.len, &r) > 0);
    assert_int_equal(store_put_event(s, RING_IMPORTANT, record, r.len, now, &index), 0);
    w = wbuf_of(content, sizeof(content));
    event_put_erc21(&w, 4);
    r = wbuf_of(record, sizeof(record));
    assert_true(event_build(21, &local, content, w.len, &r) > 0);
    assert_int_equal(store_put_event(s, RING_GENERAL, record, r.len, now, &index), 0);
    assert_int_equal(store_events_seen(s, RING_GENERAL, 1, false), 0);
}

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    snprintf(p->dir, sizeof(p->dir), "/tmp/ctl_test.XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    struct store *s;
    assert_int_equal(store_open(p->dir, &s), 0);
    uint8_t raw[8];
    struct wbuf w = wbuf_of(raw, sizeof(raw));
    wbuf_i64(&w, OFFSET_MS);
    assert_int_equal(store_fact_put(s, "clock_offset_ms", raw, sizeof(raw)), 0);
    struct box_clock clock = {.offset_ms = OFFSET_MS};
    p->now = box_clock_s(&clock);
    put_meter(s, 3, 37, "000000000037", p->now);
    put_meter(s, 4, 38, "000000000038", p->now);
    put_meter(s, 5, 39, "3A2107000481", p->now);
    put_meter(s, 6, 9, "000000000038", p->now);
    put_values(s, p->now);
    put_events(s, p->now);
    store_close(s);
    *state = p;
    return 0;
}

static int remove_place(void **state)
{
    static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm", "store.lock",
                                        "control.sock"};
    struct place *p = *state;
    char path[128];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", p->dir, names[i]);
        unlink(path);
    }
    rmdir(p->dir);
    free(p);
    return 0;
}

/* ---- a control socket ---- */

struct server {
    pid_t pid;
    char path[128];
};

/** Serves one connection; exits 0 when all it checked was right. */
typedef bool (*serve_fn)(int fd, struct ctl_head *head, struct rbuf *request);

static void server_child(int listener, serve_fn serve)
{
    uint8_t msg[CTL_MSG_MAX];
    struct pollfd p = {.fd = listener, .events = POLLIN};
    if (poll(&p, 1, SERVER_WAIT_MS) != 1)
        _exit(10);
    int fd = accept(listener, NULL, NULL);
    ssize_t n = fd < 0 ? -1 : recv(fd, msg, sizeof(msg), 0);
    if (n <= 0)
        _exit(11);
    struct rbuf r = rbuf_of(msg, (size_t)n);
    struct ctl_head head;
    if (ctl_get_head(&r, &head) < 0)
        _exit(12);
    _exit(serve(fd, &head, &r) ? 0 : 13);
}

static struct server server_start(const struct place *p, serve_fn serve)
{
    struct server s;
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/control.sock", p->dir);
    snprintf(s.path, sizeof(s.path), "%s", sa.sun_path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
    assert_int_equal(listen(fd, 1), 0);
    s.pid = fork();
    assert_true(s.pid >= 0);
    if (s.pid == 0)
        server_child(fd, serve);
    close(fd);
    return s;
}

static void server_end(const struct server *s)
{
    int status = 0;
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    unlink(s->path);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool send_msg(int fd, const struct wbuf *w)
{
    return w->err == 0 && send(fd, w->p, w->len, MSG_NOSIGNAL) == (ssize_t)w->len;
}

static bool send_done(int fd, uint32_t seq, int status)
{
    uint8_t msg[64];
    struct wbuf w = wbuf_of(msg, sizeof(msg));
    ctl_begin(&w, CTL_R_DONE, seq);
    ctl_put_done(&w, status);
    return send_msg(fd, &w);
}

/* ---- status ---- */

static bool serve_status(int fd, struct ctl_head *head, struct rbuf *request)
{
    static const char *const pages[2][2][2] = {
        {{"version", "0.1.0"}, {"terminal.address", "0001"}},
        {{"port.1.meters", "64"}, {"port.1.device", "/dev/ttyS1"}},
    };
    uint8_t msg[512];
    if (head->type != CTL_STATUS || rbuf_left(request) != 0)
        return false;
    /* what belongs to no request of the client is passed over */
    struct wbuf w = wbuf_of(msg, sizeof(msg));
    ctl_begin(&w, CTL_N_CLOCK, 0);
    ctl_put_n_clock(&w, &(struct ctl_n_clock){.offset_ms = 5});
    bool ok = send_msg(fd, &w) && send_done(fd, head->seq + 1, CN_E_BUSY);
    for (unsigned page = 0; page < 2; page++) {
        w = wbuf_of(msg, sizeof(msg));
        ctl_begin(&w, CTL_R_KV, head->seq);
        for (unsigned i = 0; i < 2; i++)
            ctl_put_kv(&w, pages[page][i][0], pages[page][i][1]);
        ok = ok && send_msg(fd, &w);
    }
    return ok && send_done(fd, head->seq, 0);
}

static void status_shows_all_pages(void **state)
{
    struct server s = server_start(*state, serve_status);
    struct result r = RUN(*state, "status");
    server_end(&s);
    assert_int_equal(r.code, 0);
    assert_string_equal(r.err, "");
    assert_has(r.out, "version                      0.1.0\n");
    assert_has(r.out,
               "port 1\n  meters                       64\n  device                       /dev/ttyS1\n");
    result_free(&r);

    s = server_start(*state, serve_status);
    r = RUN(*state, "--json", "status");
    server_end(&s);
    cJSON *doc = cJSON_Parse(r.out);
    assert_non_null(doc);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(doc, "running")));
    assert_int_equal(cJSON_GetObjectItem(doc, "port.1.meters")->valueint, 64);
    assert_string_equal(cJSON_GetObjectItem(doc, "terminal.address")->valuestring, "0001");
    cJSON_Delete(doc);
    result_free(&r);
}

static void status_without_the_daemon_shows_the_store(void **state)
{
    struct result r = RUN(*state, "status");
    assert_int_equal(r.code, 1);
    assert_has(r.err, "concentratord does not answer on ");
    assert_has(r.err, "is it running?\n");
    assert_has(r.out, "  meters                       4\n  meters_read                  2\n");
    assert_has(r.out, "  ec1                          1\n");
    result_free(&r);
    r = RUN(*state, "status", "--json");
    cJSON *doc = cJSON_Parse(r.out);
    assert_non_null(doc);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(doc, "running")));
    assert_int_equal(cJSON_GetObjectItem(doc, "store.meters")->valueint, 4);
    cJSON_Delete(doc);
    result_free(&r);
}

static bool serve_nothing(int fd, struct ctl_head *head, struct rbuf *request)
{
    (void)request;
    close(fd);
    return head->type == CTL_STATUS;
}

static void a_daemon_that_goes_away_is_told(void **state)
{
    struct server s = server_start(*state, serve_nothing);
    struct result r = RUN(*state, "status");
    server_end(&s);
    assert_int_equal(r.code, 1);
    assert_string_equal(r.err, "concentratorctl: concentratord went away during the request\n");
    result_free(&r);
}

static bool serve_other_version(int fd, struct ctl_head *head, struct rbuf *request)
{
    uint8_t msg[64];
    struct wbuf w = wbuf_of(msg, sizeof(msg));
    (void)request;
    ctl_begin(&w, CTL_R_DONE, head->seq);
    ctl_put_done(&w, 0);
    msg[1] = CTL_VERSION + 1;
    return send_msg(fd, &w);
}

static void another_control_version_is_told(void **state)
{
    struct server s = server_start(*state, serve_other_version);
    struct result r = RUN(*state, "status");
    server_end(&s);
    assert_int_equal(r.code, 1);
    assert_has(r.err, "another version of the control protocol");
    result_free(&r);
}

/* ---- read ---- */

static bool serve_read(int fd, struct ctl_head *head, struct rbuf *request)
{
    struct ctl_read want;
    static uint8_t msg[CTL_MSG_MAX];
    static struct ctl_values v;
    if (head->type != CTL_READ || ctl_get_read(request, &want) < 0)
        return false;
    if (want.point != 37 || want.max_age_s != 30 || want.want_count != 2 ||
        want.wants[0].quantity != Q_EP_IMP || want.wants[1].quantity != Q_U_B ||
        want.wants[0].period != PERIOD_NOW)
        return false;
    v = (struct ctl_values){.want = want.wants[0], .at = 1789000000, .count = 2};
    v.r[0] = (struct reading){Q_EP_IMP, 0, value_of(123450, -2)};
    v.r[1] = (struct reading){Q_EP_IMP, 1, value_of(-5, -2)};
    v.r[1].value.quality = VALUE_DOUBTFUL;
    struct wbuf w = wbuf_of(msg, sizeof(msg));
    ctl_begin(&w, CTL_R_VALUES, head->seq);
    ctl_put_values(&w, &v);
    bool ok = send_msg(fd, &w);
    v = (struct ctl_values){.status = CN_E_DENIED, .want = want.wants[1]};
    w = wbuf_of(msg, sizeof(msg));
    ctl_begin(&w, CTL_R_VALUES, head->seq);
    ctl_put_values(&w, &v);
    return ok && send_msg(fd, &w) && send_done(fd, head->seq, 0);
}

static void read_shows_values_and_refusals(void **state)
{
    struct server s = server_start(*state, serve_read);
    struct result r = RUN(*state, "read", "p37", "1-0:1.8.0", "voltage.b", "--max-age", "30");
    server_end(&s);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, 0);
    assert_has(r.out, "meter p37, address 000000000037, port 1\n");
    assert_has(r.out, "  energy.active.import           1-0:1.8.0          1234.50 kWh\n");
    assert_has(r.out, "  energy.active.import           1-0:1.8.1          -0.05 kWh (doubtful)\n");
    assert_has(r.out, "read at 2026-09-10 08:26:40\n");
    assert_has(r.out, "  voltage.b                      the other side refused the request\n");
    result_free(&r);

    s = server_start(*state, serve_read);
    r = RUN(*state, "--json", "read", "000000000037", "energy.active.import", "voltage.b", "--max-age=30");
    server_end(&s);
    cJSON *doc = cJSON_Parse(r.out);
    assert_non_null(doc);
    const cJSON *items = cJSON_GetObjectItem(doc, "items");
    assert_int_equal(cJSON_GetArraySize(items), 2);
    const cJSON *values = cJSON_GetObjectItem(cJSON_GetArrayItem(items, 0), "values");
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(values, 0), "value")->valuestring, "1234.50");
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(values, 1), "obis")->valuestring, "1-0:1.8.1");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetArrayItem(items, 1), "ok")));
    cJSON_Delete(doc);
    result_free(&r);
}

static bool serve_silent_meter(int fd, struct ctl_head *head, struct rbuf *request)
{
    struct ctl_read want;
    return ctl_get_read(request, &want) == 0 && want.want_count == 1 && want.wants[0].quantity == Q_EP_IMP &&
           want.max_age_s == 0 && send_done(fd, head->seq, CN_E_TIMEOUT);
}

static void a_silent_meter_fails_the_read(void **state)
{
    struct server s = server_start(*state, serve_silent_meter);
    struct result r = RUN(*state, "read", "#3");
    server_end(&s);
    assert_int_equal(r.code, 1);
    assert_string_equal(r.err,
                        "concentratorctl: meter p37 could not be read: no answer within the time allowed\n");
    result_free(&r);
}

static void read_refuses_what_names_no_meter_or_item(void **state)
{
    static const struct {
        const char *meter, *item, *error;
        int code;
    } rows[] = {
        {"40", "voltage.a", "no meter with point 40; `concentratorctl meters` lists them", 1},
        {"#99", "voltage.a", "no meter with index 99; `concentratorctl meters` lists them", 1},
        {"000000000099", "voltage.a",
         "no meter with address 000000000099; `concentratorctl meters` lists them", 1},
        {"000000000038", "voltage.a", "2 meters have the address 000000000038; name the measuring point", 1},
        {"9", "voltage.a", "meter p9 has protocol code 2, which this concentrator does not read", 1},
        {"kitchen", "voltage.a", "\"kitchen\" names no meter", 2},
        {"0", "voltage.a", "\"0\" names no meter", 2},
        {"2041", "voltage.a", "\"2041\" names no meter", 2},
        {"37", "nonsense", "there is no item \"nonsense\"; `concentratorctl help read` tells more", 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct result r = RUN(*state, "read", rows[i].meter, rows[i].item);
        assert_has(r.err, rows[i].error);
        assert_int_equal(r.code, rows[i].code);
        assert_string_equal(r.out, "");
        result_free(&r);
    }
    struct result r = RUN(*state, "read", "37");
    assert_int_equal(r.code, 1);
    assert_has(r.err, "concentratord does not answer");
    result_free(&r);
}

/* ---- trace ---- */

static bool send_entry(int fd, uint32_t seq, uint64_t number, uint8_t dir, const char *hex, unsigned more)
{
    uint8_t msg[1024];
    struct ctl_trace_entry t = {.port = 2, .seq = number, .at_ms = 1789000000123, .point = 37, .dir = dir};
    int n = dir == TRACE_NOTE ? (int)strlen(hex) : hex_parse(hex, t.bytes, sizeof(t.bytes));
    if (n < 0)
        return false;
    if (dir == TRACE_NOTE)
        memcpy(t.bytes, hex, (size_t)n);
    t.length = (uint8_t)n;
    t.full = (uint16_t)((unsigned)n + more);
    struct wbuf w = wbuf_of(msg, sizeof(msg));
    ctl_begin(&w, CTL_R_TRACE, seq);
    ctl_put_trace_entry(&w, &t);
    return send_msg(fd, &w);
}

static bool serve_trace(int fd, struct ctl_head *head, struct rbuf *request)
{
    struct ctl_trace t;
    if (head->type != CTL_TRACE || ctl_get_trace(request, &t) < 0 || t.port != 2 || t.from_seq != 1)
        return false;
    return send_entry(fd, head->seq, 7, TRACE_TX, "FEFEFEFE68943521908855681104333334330916", 0) &&
           send_entry(fd, head->seq, 8, TRACE_RX, "FEFEFEFE6894352190885568910833333433593533338116", 0) &&
           send_entry(fd, head->seq, 11, TRACE_NOTE, "no answer in 1500 ms", 0) &&
           send_entry(fd, head->seq, 12, TRACE_RX, "6894352190885568910833333433593533338216", 0) &&
           send_entry(fd, head->seq, 13, TRACE_RX, "6894352190", 100);
}

static void trace_explains_each_frame(void **state)
{
    struct server s = server_start(*state, serve_trace);
    struct result r = RUN(*state, "trace", "2", "--all", "--count", "5");
    server_end(&s);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, 0);
    assert_has(r.out, "08:26:40.123 p37   -> 558890213594: read 00010000\n");
    assert_has(r.out, "08:26:40.123 p37   <- 558890213594: answer to read 00010000 000002.26 kWh\n");
    assert_has(r.out, "(2 entries were missed)\n");
    assert_has(r.out, "no answer in 1500 ms\n");
    assert_has(r.out, "<- invalid: checksum: expected 81H, got 82H\n");
    assert_has(r.out, "<- 105 bytes, 5 kept\n");
    result_free(&r);
}

static void trace_as_json_is_one_document_a_line(void **state)
{
    struct server s = server_start(*state, serve_trace);
    struct result r = RUN(*state, "trace", "2", "--all", "--count=5", "--json");
    server_end(&s);
    assert_int_equal(r.code, 0);
    unsigned lines = 0;
    for (char *save, *line = strtok_r(r.out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        cJSON *doc = cJSON_Parse(line);
        assert_non_null(doc);
        const cJSON *frame = cJSON_GetObjectItem(doc, "frame");
        if (lines == 1) {
            assert_string_equal(cJSON_GetObjectItem(doc, "dir")->valuestring, "rx");
            assert_true(cJSON_IsTrue(cJSON_GetObjectItem(frame, "valid")));
            assert_string_equal(cJSON_GetObjectItem(frame, "protocol")->valuestring, "DL/T 645-2007");
        }
        assert_int_equal(frame == NULL, lines == 2 || lines == 4);
        lines++;
        cJSON_Delete(doc);
    }
    assert_int_equal(lines, 5);
    result_free(&r);
}

static bool serve_no_port(int fd, struct ctl_head *head, struct rbuf *request)
{
    (void)request;
    return send_done(fd, head->seq, CN_E_NOTFOUND);
}

static void trace_of_an_unknown_port_fails(void **state)
{
    struct server s = server_start(*state, serve_no_port);
    struct result r = RUN(*state, "trace", "9");
    server_end(&s);
    assert_int_equal(r.code, 1);
    assert_string_equal(r.err, "concentratorctl: there is no port 9 in the configuration\n");
    result_free(&r);
    r = RUN(*state, "trace", "32");
    assert_int_equal(r.code, 2);
    result_free(&r);
}

/* ---- what comes from the store ---- */

static void meters_lists_the_archive(void **state)
{
    struct result r = RUN(*state, "meters");
    assert_int_equal(r.code, 0);
    assert_has(r.out, "index point port  address       protocol  last reading         age     state\n");
    assert_has(r.out, "    3    37    1  000000000037  645-2007  ");
    assert_has(r.out, "    4    38    1  000000000038  645-2007  ");
    assert_has(r.out, "9 h     late\n");
    assert_has(r.out, "    5    39    1  3A2107000481  645-2007  -                    -       never\n");
    assert_has(r.out, "    6     9    1  000000000038  code 2    -                    -       not read\n");
    assert_80_columns(r.out);
    result_free(&r);

    r = RUN(*state, "meters", "--json");
    cJSON *doc = cJSON_Parse(r.out);
    assert_int_equal(cJSON_GetArraySize(doc), 4);
    const cJSON *first = cJSON_GetArrayItem(doc, 0);
    assert_int_equal(cJSON_GetObjectItem(first, "point")->valueint, 37);
    assert_string_equal(cJSON_GetObjectItem(first, "state")->valuestring, "ok");
    /* the box's clock is a day ahead of the system's: the age is right only with the stored offset */
    assert_in_range(cJSON_GetObjectItem(first, "age_s")->valueint, 100, 160);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetArrayItem(doc, 2), "last_reading")));
    cJSON_Delete(doc);
    result_free(&r);
}

static bool serve_meter_states(int fd, struct ctl_head *head, struct rbuf *request)
{
    uint8_t msg[512];
    struct wbuf w = wbuf_of(msg, sizeof(msg));
    (void)request;
    ctl_begin(&w, CTL_R_KV, head->seq);
    ctl_put_kv(&w, "meter.37.state", "in doubt");
    ctl_put_kv(&w, "meter.37.port", "1");
    ctl_put_kv(&w, "meter.38.state", "dead");
    ctl_put_kv(&w, "meter.99999.state", "dead");
    return head->type == CTL_STATUS && send_msg(fd, &w) && send_done(fd, head->seq, 0);
}

static void meters_tells_what_the_daemon_thinks(void **state)
{
    struct server s = server_start(*state, serve_meter_states);
    struct result r = RUN(*state, "meters", "--json");
    server_end(&s);
    assert_int_equal(r.code, 0);
    static const char *const states[] = {"in doubt", "dead", "never", "not read"};
    cJSON *doc = cJSON_Parse(r.out);
    for (int i = 0; i < 4; i++)
        assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(doc, i), "state")->valuestring, states[i]);
    cJSON_Delete(doc);
    result_free(&r);
}

static void values_shows_the_latest(void **state)
{
    struct result r = RUN(*state, "values", "37");
    assert_int_equal(r.code, 0);
    assert_has(r.out, "  energy.active.import           1-0:1.8.0          1234.56 kWh\n");
    assert_has(r.out, "  energy.active.import           1-0:1.8.1          1.00 kWh\n");
    assert_has(r.out, "  voltage.a                      1-0:32.7.0         230.5 V\n");
    assert_has(r.out, "  voltage.b                      1-0:52.7.0         -\n");
    assert_80_columns(r.out);
    result_free(&r);
    r = RUN(*state, "values", "39");
    assert_int_equal(r.code, 0);
    assert_has(r.out, "it was not read yet");
    result_free(&r);
}

static void freezes_shows_days(void **state)
{
    struct result r = RUN(*state, "freezes", "37", "day", "3");
    assert_int_equal(r.code, 0);
    assert_has(r.out,
               "the meter's own freeze\n  energy.active.import           1-0:1.8.0          1200.00 kWh\n");
    assert_has(r.out, "missing, last tried ");
    assert_has(r.out, "nothing stored\n");
    assert_80_columns(r.out);
    result_free(&r);
    r = RUN(*state, "--json", "freezes", "37", "day");
    cJSON *doc = cJSON_Parse(r.out);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(doc, "freezes")), 7);
    cJSON_Delete(doc);
    result_free(&r);
    r = RUN(*state, "freezes", "37", "week");
    assert_int_equal(r.code, 2);
    result_free(&r);
}

static void events_are_told_in_words(void **state)
{
    struct result r = RUN(*state, "events");
    assert_int_equal(r.code, 0);
    assert_has(r.out, "important #0  ERC31 ");
    assert_has(r.out, "the master has not fetched it");
    assert_has(r.out, "2026-11-20 10:00");
    assert_has(r.out, "12.3456 kWh");
    assert_has(r.out, "general #0  ERC21 ");
    result_free(&r);
    r = RUN(*state, "events", "general", "--json", "--last", "5");
    cJSON *doc = cJSON_Parse(r.out);
    assert_int_equal(cJSON_GetArraySize(doc), 1);
    const cJSON *event = cJSON_GetArrayItem(doc, 0);
    assert_int_equal(cJSON_GetObjectItem(event, "erc")->valueint, 21);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(event, "fetched")));
    cJSON_Delete(doc);
    result_free(&r);
    r = RUN(*state, "events", "all");
    assert_int_equal(r.code, 2);
    result_free(&r);
}

static void params_are_decoded_by_the_dictionary(void **state)
{
    struct result r = RUN(*state, "params");
    assert_int_equal(r.code, 0);
    assert_has(r.out, "4 entries\n");
    assert_has(r.out, "default\n");
    assert_80_columns(r.out);
    result_free(&r);
    r = RUN(*state, "params", "F10");
    assert_int_equal(r.code, 0);
    assert_has(r.out, "000000000037");
    assert_has(r.out, "  P0 entry 6\n");
    result_free(&r);
    r = RUN(*state, "--json", "params", "f9");
    cJSON *doc = cJSON_Parse(r.out);
    const cJSON *units = cJSON_GetObjectItem(cJSON_GetArrayItem(doc, 0), "units");
    assert_int_equal(cJSON_GetArraySize(units), 1);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetArrayItem(units, 0), "set")));
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(units, 0), "hex")->valuestring,
                        "FFFFFFFFFFFFFFFF0000000000000000");
    cJSON_Delete(doc);
    result_free(&r);
    r = RUN(*state, "params", "F247");
    assert_int_equal(r.code, 1);
    result_free(&r);
}

static void a_missing_store_is_told(void **state)
{
    static const char *const commands[][4] = {{"meters"}, {"events"}, {"params"}, {"values", "37"}};
    (void)state;
    struct place none = {.dir = "/nonexistent"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct result r = run_with(&none, "", commands[i]);
        assert_int_equal(r.code, 1);
        assert_has(r.err, "concentratorctl: there is no readable store in /nonexistent");
        assert_string_equal(r.out, "");
        result_free(&r);
    }
}

/* ---- the rest ---- */

static void items_come_from_the_tables(void **state)
{
    (void)state;
    struct result r = RUN(NULL, "items", "--json");
    assert_int_equal(r.code, 0);
    cJSON *doc = cJSON_Parse(r.out);
    unsigned found = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, doc)
    {
        const char *afn = cJSON_GetObjectItem(item, "afn")->valuestring;
        int fn = cJSON_GetObjectItem(item, "fn")->valueint;
        assert_string_equal(cJSON_GetObjectItem(item, "state")->valuestring, "answered");
        assert_true(cJSON_GetObjectItem(item, "clause")->valuestring[0] != '\0');
        found += (strcmp(afn, "0CH") == 0 && (fn == 2 || fn == 7 || fn == 25 || fn == 33 || fn == 129)) ||
                 (strcmp(afn, "04H") == 0 && fn == 10) || (strcmp(afn, "0AH") == 0 && fn == 10) ||
                 (strcmp(afn, "0DH") == 0 && fn == 161) || (strcmp(afn, "10H") == 0 && fn == 1);
    }
    assert_int_equal(found, 9);
    cJSON_Delete(doc);
    result_free(&r);
    r = RUN(NULL, "items");
    assert_has(r.out, "AFN 0CH ");
    assert_80_columns(r.out);
    result_free(&r);
}

static void help_fits_a_terminal(void **state)
{
    static const char *const names[] = {"status", "meters", "read",   "values", "freezes",
                                        "events", "trace",  "params", "items",  "decode"};
    (void)state;
    struct result r = RUN(NULL, "--help");
    assert_int_equal(r.code, 0);
    assert_80_columns(r.out);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_has(r.out, names[i]);
        struct result one = RUN(NULL, "help", names[i]);
        assert_int_equal(one.code, 0);
        assert_has(one.out, names[i]);
        assert_80_columns(one.out);
        struct result same = RUN(NULL, names[i], "--help");
        assert_string_equal(same.out, one.out);
        result_free(&one);
        result_free(&same);
    }
    result_free(&r);
    r = RUN(NULL, "help", "read");
    assert_has(r.out, "energy.active.import           1-0:1.8.e          kWh\n");
    result_free(&r);
}

static void wrong_usage_exits_2(void **state)
{
    static const char *const rows[][4] = {
        {"nonsense"},
        {"--nonsense"},
        {"help", "nonsense"},
        {"status", "--nonsense"},
        {"status", "--run-dir"},
        {"meters", "more"},
        {"read"},
        {"values"},
        {"freezes", "37"},
        {"trace"},
        {"events", "--last", "0"},
        {"params", "Fx"},
        {"decode"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct result r = run_with(*state, "", rows[i]);
        assert_int_equal(r.code, 2);
        assert_string_equal(r.out, "");
        assert_has(r.err, "concentratorctl: ");
        assert_has(r.err, " tells more\n");
        result_free(&r);
    }
    struct result r = run_with(NULL, "", (const char *const[]){NULL});
    assert_int_equal(r.code, 2);
    result_free(&r);
}

static void a_bad_configuration_is_told(void **state)
{
    (void)state;
    struct result r = RUN(NULL, "--config", "/nonexistent/file.conf", "meters");
    assert_int_equal(r.code, 1);
    assert_has(r.err, "/nonexistent/file.conf");
    result_free(&r);
}

static void dates_and_bits_are_printed_as_such(void **state)
{
    char text[READING_TEXT];
    (void)state;
    struct reading r = {Q_CLOCK, 0, value_of(20261122103015, 0)};
    assert_string_equal(reading_print(&r, text), "2026-11-22 10:30:15");
    r = (struct reading){Q_STATUS_WORDS, 3, value_of(0x10, 0)};
    assert_string_equal(reading_print(&r, text), "0010H");
    r = (struct reading){Q_STATUS_WORDS, 3, value_none()};
    assert_string_equal(reading_print(&r, text), "-");
    assert_string_equal(age_print(119, text, sizeof(text)), "119 s");
    assert_string_equal(age_print(120, text, sizeof(text)), "2 min");
    assert_string_equal(age_print(7200, text, sizeof(text)), "2 h");
    assert_string_equal(age_print(172800, text, sizeof(text)), "2 d");
    assert_string_equal(age_print(INT64_MAX, text, sizeof(text)), "106751991167300 d");
}

int main(void)
{
#define WITH_PLACE(fn) cmocka_unit_test_setup_teardown(fn, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        WITH_PLACE(status_shows_all_pages),
        WITH_PLACE(status_without_the_daemon_shows_the_store),
        WITH_PLACE(a_daemon_that_goes_away_is_told),
        WITH_PLACE(another_control_version_is_told),
        WITH_PLACE(read_shows_values_and_refusals),
        WITH_PLACE(a_silent_meter_fails_the_read),
        WITH_PLACE(read_refuses_what_names_no_meter_or_item),
        WITH_PLACE(trace_explains_each_frame),
        WITH_PLACE(trace_as_json_is_one_document_a_line),
        WITH_PLACE(trace_of_an_unknown_port_fails),
        WITH_PLACE(meters_lists_the_archive),
        WITH_PLACE(meters_tells_what_the_daemon_thinks),
        WITH_PLACE(values_shows_the_latest),
        WITH_PLACE(freezes_shows_days),
        WITH_PLACE(events_are_told_in_words),
        WITH_PLACE(params_are_decoded_by_the_dictionary),
        WITH_PLACE(wrong_usage_exits_2),
        cmocka_unit_test(a_missing_store_is_told),
        cmocka_unit_test(items_come_from_the_tables),
        cmocka_unit_test(help_fits_a_terminal),
        cmocka_unit_test(a_bad_configuration_is_told),
        cmocka_unit_test(dates_and_bits_are_printed_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
