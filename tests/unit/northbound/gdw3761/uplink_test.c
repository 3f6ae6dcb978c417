#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/model/ctl.h"
#include "gateway/store/store.h"
#include "northbound/gdw3761/frame.h"
#include "tests/unit/northbound/gdw3761/vectors.h"

/*
 * The program itself: this test is the master station on TCP, concentratord on the control socket, and a
 * program on the maintenance socket. Every wait is bounded.
 */
enum { WAIT_MS = 8000 };

struct place {
    char dir[64];
    struct store *store;
    uint16_t port;
    int master_listener, control_listener;
    int master, control;
    pid_t pid;
    uint8_t rx_buf[GDW_FRAME_MAX];
    struct gdw_rx rx;
    uint8_t frame[GDW_FRAME_MAX];
    struct gdw_frame f;
};

static struct place at;

static int bounded_accept(int listener)
{
    struct pollfd p = {.fd = listener, .events = POLLIN};

    assert_int_equal(poll(&p, 1, WAIT_MS), 1);
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

static void listen_control(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    snprintf(a.sun_path, sizeof a.sun_path, "%s/control.sock", at.dir);
    unlink(a.sun_path);
    at.control_listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(at.control_listener, (const struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(at.control_listener, 4), 0);
}

static void write_config(const char *uplink)
{
    char path[128];

    snprintf(path, sizeof path, "%s/c.ini", at.dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(
        f,
        "[terminal]\nregion = 4403\naddress = 1\nboard = sim\nstate_dir = %s\nrun_dir = %s\n[uplink]\n%s\n",
        at.dir, at.dir, uplink);
    fclose(f);
}

static void start(int error_fd)
{
    char config[128];

    snprintf(config, sizeof config, "%s/c.ini", at.dir);
    at.pid = fork();
    assert_true(at.pid >= 0);
    if (at.pid == 0) {
        if (error_fd >= 0)
            dup2(error_fd, STDERR_FILENO);
        execl(CN_BINARY_DIR "/bin/concentrator-uplink", "concentrator-uplink", "--config", config,
              (char *)NULL);
        _exit(127);
    }
}

static int begin(void **state)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;

    (void)state;
    memset(&at, 0, sizeof at);
    at.master = at.control = -1;
    snprintf(at.dir, sizeof at.dir, "/tmp/gdw_uplink_test.XXXXXX");
    assert_non_null(mkdtemp(at.dir));
    assert_int_equal(store_open(at.dir, &at.store), 0);
    at.master_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(at.master_listener, (const struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(at.master_listener, 4), 0);
    assert_int_equal(getsockname(at.master_listener, (struct sockaddr *)&a, &len), 0);
    at.port = ntohs(a.sin_port);
    listen_control();
    gdw_rx_init(&at.rx, at.rx_buf, sizeof at.rx_buf);
    return 0;
}

/* @return the exit code; fails when the program does not end in time. */
static int ended(void)
{
    for (int i = 0; i < WAIT_MS / 20; i++) {
        int status;
        if (waitpid(at.pid, &status, WNOHANG) == at.pid) {
            at.pid = 0;
            assert_true(WIFEXITED(status));
            return WEXITSTATUS(status);
        }
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    fail_msg("the uplink does not end");
    return -1;
}

static int finish(void **state)
{
    char command[128];

    (void)state;
    if (at.pid > 0) {
        kill(at.pid, SIGKILL);
        waitpid(at.pid, NULL, 0);
    }
    store_close(at.store);
    close(at.master_listener);
    close(at.control_listener);
    if (at.master >= 0)
        close(at.master);
    if (at.control >= 0)
        close(at.control);
    snprintf(command, sizeof command, "rm -rf %s", at.dir);
    return system(command);
}

/* ---- as master ---- */

static void master_gets(int fd, struct gdw_rx *rx)
{
    const uint8_t *p;
    int n;

    while ((n = gdw_rx_next(rx, 1, &p)) == 0) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        uint8_t bytes[512];
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        assert_true(got > 0);
        gdw_rx_put(rx, bytes, (size_t)got);
    }
    memcpy(at.frame, p, (size_t)n);
    assert_int_equal(gdw_frame_decode(at.frame, (size_t)n, &at.f), 0);
}

/* @return false when the other side has closed */
static bool says(int fd, bool prm, unsigned afn, unsigned seq, const char *hex)
{
    static const uint8_t pw[GDW_PW_LEN];
    uint8_t data[256], raw[512];
    int n = hex_parse(hex, data, sizeof data);
    struct wbuf w = wbuf_of(raw, sizeof raw);
    const struct gdw_frame f = {
        .prm = prm,
        .fc = GDW_FC_CLASS2,
        .a1 = 0x4403,
        .a2 = 1,
        .msa = prm ? 1 : 0,
        .afn = (uint8_t)afn,
        .fir = true,
        .fin = true,
        .seq = (uint8_t)seq,
        .pw = pw,
        .data = data,
        .data_len = (uint16_t)n,
    };
    int len = gdw_frame_encode(&w, &f);
    assert_true(len > 0);
    return send(fd, raw, (size_t)len, MSG_NOSIGNAL) == len;
}

static void master_says(int fd, bool prm, unsigned afn, unsigned seq, const char *hex)
{
    assert_true(says(fd, prm, afn, seq, hex));
}

static void expect(unsigned afn, const char *hex)
{
    char is[512], want[512];
    uint8_t data[256];
    int n = hex_parse(hex, data, sizeof data);

    assert_int_equal(at.f.afn, afn);
    assert_string_equal(hex_print(at.f.data, at.f.data_len, is, sizeof is),
                        hex_print(data, (size_t)n, want, sizeof want));
}

static void log_in(void)
{
    at.master = bounded_accept(at.master_listener);
    gdw_rx_reset(&at.rx);
    master_gets(at.master, &at.rx);
    expect(GDW_AFN_LINK, "00000100");
    master_says(at.master, false, GDW_AFN_CONFIRM, at.f.seq, "00000100");
}

/* ---- as concentratord ---- */

static struct rbuf control_gets(unsigned type, uint32_t *seq)
{
    static uint8_t message[CTL_MSG_MAX];
    struct ctl_head h = {0};
    struct rbuf r = {0};

    while (h.type != type) {
        struct pollfd wait = {.fd = at.control, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        ssize_t n = recv(at.control, message, sizeof message, 0);
        assert_true(n > 0);
        r = rbuf_of(message, (size_t)n);
        assert_int_equal(ctl_get_head(&r, &h), 0);
    }
    *seq = h.seq;
    return r;
}

static void control_says(const struct wbuf *w)
{
    assert_int_equal(send(at.control, w->p, w->len, 0), (ssize_t)w->len);
}

static void confirm_set(uint32_t seq)
{
    uint8_t message[256];
    struct wbuf w = wbuf_of(message, sizeof message);
    const struct ctl_results r = {.count = 1};

    ctl_begin(&w, CTL_R_RESULTS, seq);
    ctl_put_results(&w, &r);
    control_says(&w);
}

static void start_client(void)
{
    char uplink[64];

    snprintf(uplink, sizeof uplink, "master = 127.0.0.1:%u", at.port);
    write_config(uplink);
    start(-1);
    at.control = bounded_accept(at.control_listener);
    log_in();
}

/* ---- tests ---- */

static void what_is_not_built_is_refused(void **state)
{
    static const struct {
        const char *uplink, *line;
    } rows[] = {
        {"transport = udp\nmaster = 127.0.0.1:9", "uplink: transport udp is not built yet\n"},
        {"transport = sms\nmodem = /dev/null\nmaster = 127.0.0.1:9",
         "uplink: transport sms is not built yet\n"},
        {"role = server\nlisten = 127.0.0.1:9", "uplink: role server is not built yet\n"},
        {"role = mixed\nlisten = 127.0.0.1:9\nmaster = 127.0.0.1:9", "uplink: role mixed is not built yet\n"},
        {"tls = on\nca = /dev/null\nmaster = 127.0.0.1:9", "uplink: tls is not built yet\n"},
        {"speed = 9", NULL /* config's own words */},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int fds[2];
        char line[256] = "";
        assert_int_equal(pipe(fds), 0);
        write_config(rows[i].uplink);
        start(fds[1]);
        close(fds[1]);
        assert_int_equal(ended(), 2);
        ssize_t n = read(fds[0], line, sizeof line - 1);
        assert_true(n > 0);
        line[n] = '\0';
        if (rows[i].line)
            assert_string_equal(line, rows[i].line);
        else
            assert_non_null(strstr(line, "c.ini:"));
        close(fds[0]);
    }
}

static void it_logs_in_answers_and_logs_out(void **state)
{
    uint32_t seq;
    struct ctl_params m;

    (void)state;
    start_client();
    master_says(at.master, true, GDW_AFN_QUERY, 5, "00000804");
    master_gets(at.master, &at.rx);
    expect(GDW_AFN_QUERY, "00000804 00000000");
    assert_int_equal(at.f.seq, 5);
    /* a set goes through concentratord, and its confirmation waits for it */
    master_says(at.master, true, GDW_AFN_SET, 6, "00000804 00100000");
    struct rbuf r = control_gets(CTL_PARAM_SET, &seq);
    assert_int_equal(ctl_get_params(&r, &m), 0);
    assert_int_equal(m.source, SOURCE_MASTER);
    assert_int_equal(m.units[0].fn, 36);
    struct pollfd quiet = {.fd = at.master, .events = POLLIN};
    assert_int_equal(poll(&quiet, 1, 200), 0);
    confirm_set(seq);
    master_gets(at.master, &at.rx);
    expect(GDW_AFN_CONFIRM, "00000100");
    kill(at.pid, SIGTERM);
    master_gets(at.master, &at.rx);
    expect(GDW_AFN_LINK, "00000200");
    master_says(at.master, false, GDW_AFN_CONFIRM, at.f.seq, "00000100");
    assert_int_equal(ended(), 0);
}

/* concentratord is gone and comes back: the set in flight is asked again. */
static void a_set_survives_a_restart_of_concentratord(void **state)
{
    uint32_t seq;

    (void)state;
    start_client();
    master_says(at.master, true, GDW_AFN_SET, 6, "00000804 00100000");
    control_gets(CTL_PARAM_SET, &seq);
    close(at.control);
    at.control = bounded_accept(at.control_listener);
    control_gets(CTL_SUBSCRIBE, &seq);
    control_gets(CTL_PARAM_SET, &seq);
    confirm_set(seq);
    master_gets(at.master, &at.rx);
    expect(GDW_AFN_CONFIRM, "00000100");
    /* what the box has is answered without it too */
    close(at.control);
    at.control = -1;
    close(at.control_listener);
    master_says(at.master, true, GDW_AFN_QUERY, 7, "00000804");
    master_gets(at.master, &at.rx);
    expect(GDW_AFN_QUERY, "00000804 00000000");
}

static void a_broken_connection_is_back_soon(void **state)
{
    (void)state;
    start_client();
    close(at.master);
    log_in();
    master_says(at.master, true, GDW_AFN_QUERY, 7, "00000804");
    master_gets(at.master, &at.rx);
    expect(GDW_AFN_QUERY, "00000804 00000000");
}

/* Another F3: logout and login at the new place, five seconds after it was accepted. */
static void another_master_is_called_after_five_seconds(void **state)
{
    uint8_t f3[28] = {127, 0, 0, 1}, message[64];
    struct wbuf w = wbuf_of(message, sizeof message);
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;
    struct timespec from, to;

    (void)state;
    start_client();
    int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(other, (const struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(other, 1), 0);
    assert_int_equal(getsockname(other, (struct sockaddr *)&a, &len), 0);
    f3[4] = (uint8_t)ntohs(a.sin_port);
    f3[5] = (uint8_t)(ntohs(a.sin_port) >> 8);
    const struct param_write p = {.fn = 3, .data = f3, .length = sizeof f3};
    assert_int_equal(store_params_write(at.store, &p, 1, 1), 0);
    ctl_begin(&w, CTL_N_PARAM, 0);
    ctl_put_n_param(&w, &(struct ctl_n_param){.fn = 3});
    clock_gettime(CLOCK_MONOTONIC, &from);
    control_says(&w);
    master_gets(at.master, &at.rx);
    expect(GDW_AFN_LINK, "00000200");
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_true((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 >= 4900);
    master_says(at.master, false, GDW_AFN_CONFIRM, at.f.seq, "00000100");
    close(at.master);
    close(at.master_listener);
    at.master_listener = other;
    log_in();
}

/* Programs on the box: the same frames, no login, their own source. */
static void the_maintenance_socket(void **state)
{
    static uint8_t buf[GDW_FRAME_MAX];
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct gdw_rx rx;
    struct ctl_params m;
    uint32_t seq;
    int fd[6];

    (void)state;
    start_client();
    snprintf(a.sun_path, sizeof a.sun_path, "%s/maintenance.sock", at.dir);
    for (unsigned i = 0; i < 6; i++) {
        fd[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(fd[i], (const struct sockaddr *)&a, sizeof a), 0);
    }
    gdw_rx_init(&rx, buf, sizeof buf);
    master_says(fd[0], true, GDW_AFN_QUERY, 5, "00000804");
    master_gets(fd[0], &rx);
    expect(GDW_AFN_QUERY, "00000804 00000000");
    master_says(fd[1], true, GDW_AFN_SET, 6, "00000804 00100000");
    struct rbuf r = control_gets(CTL_PARAM_SET, &seq);
    assert_int_equal(ctl_get_params(&r, &m), 0);
    assert_int_equal(m.source, SOURCE_MAINTENANCE);
    confirm_set(seq);
    gdw_rx_reset(&rx);
    master_gets(fd[1], &rx);
    expect(GDW_AFN_CONFIRM, "00000100");
    /* more programs than places: the last ones are turned away */
    uint8_t byte;
    struct pollfd gone = {.fd = fd[5], .events = POLLIN};
    assert_int_equal(poll(&gone, 1, WAIT_MS), 1);
    assert_int_equal(recv(fd[5], &byte, 1, 0), 0);
    /* and a place that becomes free is given again */
    close(fd[0]);
    close(fd[5]);
    bool answered = false;
    for (unsigned i = 0; i < 200 && !answered; i++) {
        fd[5] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(fd[5], (const struct sockaddr *)&a, sizeof a), 0);
        struct pollfd reply = {.fd = fd[5], .events = POLLIN};
        /* turned away: end of file; taken: an answer */
        answered = says(fd[5], true, GDW_AFN_QUERY, 5, "00000804") && poll(&reply, 1, WAIT_MS) == 1 &&
                   recv(fd[5], &byte, 1, MSG_PEEK) == 1;
        if (!answered)
            close(fd[5]);
    }
    assert_true(answered);
    gdw_rx_reset(&rx);
    master_gets(fd[5], &rx);
    expect(GDW_AFN_QUERY, "00000804 00000000");
    for (unsigned i = 1; i < 6; i++)
        close(fd[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_built_is_refused, begin, finish),
        cmocka_unit_test_setup_teardown(it_logs_in_answers_and_logs_out, begin, finish),
        cmocka_unit_test_setup_teardown(a_set_survives_a_restart_of_concentratord, begin, finish),
        cmocka_unit_test_setup_teardown(a_broken_connection_is_back_soon, begin, finish),
        cmocka_unit_test_setup_teardown(another_master_is_called_after_five_seconds, begin, finish),
        cmocka_unit_test_setup_teardown(the_maintenance_socket, begin, finish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
