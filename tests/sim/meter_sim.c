/* meter-sim: DL/T 645-2007 meters on ptys. */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"
#include "tests/sim/client.h"
#include "tests/sim/meter/server.h"

enum { SENDS = 64, PATH_LEN = 512 };

struct options {
    unsigned ports, meters, wakeup, delay_min, delay_max, tariffs, fifo, timeout_s;
    uint32_t baud[SM_LINES_MAX];
    unsigned bauds;
    const char *dir, *time, *phases, *log, *stats_json;
    struct zone zone;
    uint64_t seed, address;
    double scale;
    long drift, watts;
    bool ignore_baud, realtime;
    char *fault[SENDS], *send[SENDS];
    size_t faults, sends;
};

static const char usage[] =
    "meter-sim: DL/T 645-2007 meters on pseudo terminals, at the speed of a real RS485 line\n"
    "\n"
    "  meter-sim --dir DIR [options]           run until SIGTERM, SIGINT or \"quit\"\n"
    "  meter-sim --dir DIR --send LINE...      tell a running one something; exit code 1 on \"error:\"\n"
    "\n"
    "In DIR it makes port1, port2 ... (links to the terminals), meters.csv (the archive, ready for "
    "master-sim) and\n"
    "control.sock. It prints \"ready\" when everything is there, and statistics at the end.\n"
    "\n"
    "  --ports N           RS485 ports, 1..32 (default 3)\n"
    "  --meters N          meters on each port (default 64); points are numbered 1, 2 ... port after port "
    "(F10 holds 2040)\n"
    "  --baud N[,N...]     rate of all ports, or of each (default 2400)\n"
    "  --delay-ms A..B     answer delay, evenly spread (default 20..60)\n"
    "  --fe N              wake-up bytes in front of answers (default 4)\n"
    "  --fifo N            hand bytes over in groups of N, as a UART with a FIFO does (default 1)\n"
    "  --seed N            same seed, same meters, same dice (default 1)\n"
    "  --time \"YYYY-MM-DD hh:mm:ss\"  local time at the start (default: the system clock, also a faked "
    "one)\n"
    "  --time-scale N      speed of that time; 0 = stands still (default 1)\n"
    "  --zone Z            time zone of the meters (default Asia/Shanghai)\n"
    "  --drift PPM         each clock runs wrong by -PPM..PPM (default 0)\n"
    "  --load-w W          mean power; each meter takes half to one and a half of it (default 400)\n"
    "  --tariffs N         tariffs, 1..12 (default 4)\n"
    "  --phases 1|3|mixed  mixed: every fourth meter has three phases (default 3)\n"
    "  --address BASE      address of point n is BASE + n (default 100000000000)\n"
    "  --fault \"LINE\"      a control line at the start, see below; repeatable\n"
    "  --log FILE          one CSV line an exchange: "
    "port,point,di,t_request_first_byte_us,t_answer_last_byte_us,\n"
    "                      bytes_in,bytes_out,delay_us,fn,result (times: CLOCK_MONOTONIC; 0 = no answer)\n"
    "  --stats-json FILE   statistics at the end as JSON\n"
    "  --ignore-baud       do not care which rate the other program has set\n"
    "  --realtime          run before other processes (SCHED_RR, needs the right to): exact bytes on a busy "
    "machine\n"
    "  --send LINE         see above; repeatable      --timeout S  wait so long for the simulator (default "
    "5)\n"
    "\n"
    "Statistics: the wire limit of an exchange is 11 * (bytes in + bytes out) / baud + answer delay; "
    "utilisation is the\n"
    "sum of the wire limits over the time from the first request to the last answer (since \"stats reset\"). "
    "A round ends\n"
    "when a meter is asked again after another one was asked; for exact rounds use the log.\n"
    "\n"
    "Control lines:\n";

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "meter-sim: %s: %s\n", what, why);
    return 2;
}

static int parse_bauds(struct options *o, const char *text)
{
    for (o->bauds = 0; *text && o->bauds < SM_LINES_MAX; o->bauds++) {
        char *end;
        unsigned long v = strtoul(text, &end, 10);
        if (end == text || v < 300 || v > 115200 || (*end && *end != ','))
            return -1;
        o->baud[o->bauds] = (uint32_t)v;
        text = *end ? end + 1 : end;
    }
    return *text || o->bauds == 0 ? -1 : 0;
}

static int number(const char *text, long min, long max, unsigned *out)
{
    char *end;
    long v = strtol(text, &end, 10);

    if (end == text || *end || v < min || v > max)
        return -1;
    *out = (unsigned)v;
    return 0;
}

static int parse_delay(struct options *o, const char *text)
{
    int n = 0;

    if (sscanf(text, "%u..%u%n", &o->delay_min, &o->delay_max, &n) == 2 && text[n] == '\0')
        return o->delay_min <= o->delay_max && o->delay_max <= 600000 ? 0 : -1;
    o->delay_max = 0;
    if (number(text, 0, 600000, &o->delay_min) < 0)
        return -1;
    o->delay_max = o->delay_min;
    return 0;
}

static const struct option longs[] = {
    {"ports", 1, 0, 'p'},
    {"meters", 1, 0, 'm'},
    {"baud", 1, 0, 'b'},
    {"delay-ms", 1, 0, 'd'},
    {"fe", 1, 0, 'f'},
    {"fifo", 1, 0, 'F'},
    {"seed", 1, 0, 's'},
    {"time", 1, 0, 't'},
    {"time-scale", 1, 0, 'x'},
    {"zone", 1, 0, 'z'},
    {"drift", 1, 0, 'D'},
    {"load-w", 1, 0, 'w'},
    {"tariffs", 1, 0, 'T'},
    {"phases", 1, 0, 'P'},
    {"address", 1, 0, 'a'},
    {"fault", 1, 0, 'X'},
    {"log", 1, 0, 'l'},
    {"stats-json", 1, 0, 'j'},
    {"ignore-baud", 0, 0, 'i'},
    {"realtime", 0, 0, 'R'},
    {"dir", 1, 0, 'C'},
    {"send", 1, 0, 'S'},
    {"timeout", 1, 0, 'W'},
    {"help", 0, 0, 'h'},
    {0, 0, 0, 0},
};

static int keep(char **list, size_t *n, char *text)
{
    if (*n == SENDS)
        return -1;
    list[(*n)++] = text;
    return 0;
}

static int parse_option(struct options *o, int c, char *arg)
{
    char *end = arg;

    switch (c) {
    case 'p':
        return number(arg, 1, SM_LINES_MAX, &o->ports);
    case 'm':
        return number(arg, 1, 100000, &o->meters);
    case 'b':
        return parse_bauds(o, arg);
    case 'd':
        return parse_delay(o, arg);
    case 'f':
        return number(arg, 0, 100, &o->wakeup);
    case 'F':
        return number(arg, 1, 64, &o->fifo);
    case 's':
        o->seed = strtoull(arg, &end, 10);
        return *end ? -1 : 0;
    case 't':
        o->time = arg;
        return 0;
    case 'x':
        o->scale = strtod(arg, &end);
        return *end || !(o->scale >= 0 && o->scale <= 100000) ? -1 : 0;
    case 'z':
        return zone_by_name(arg, &o->zone);
    case 'D':
        o->drift = strtol(arg, &end, 10);
        return *end || o->drift < 0 || o->drift > 500000 ? -1 : 0;
    case 'w':
        o->watts = strtol(arg, &end, 10);
        return *end || o->watts < 0 || o->watts > 26000 ? -1 : 0;
    case 'T':
        return number(arg, 1, SM_TARIFFS_MAX, &o->tariffs);
    case 'P':
        o->phases = arg;
        return strcmp(arg, "1") && strcmp(arg, "3") && strcmp(arg, "mixed") ? -1 : 0;
    case 'a':
        o->address = strtoull(arg, &end, 10);
        return *end || o->address > 999999000000 ? -1 : 0;
    case 'X':
        return keep(o->fault, &o->faults, arg);
    case 'l':
        o->log = arg;
        return 0;
    case 'j':
        o->stats_json = arg;
        return 0;
    case 'i':
        o->ignore_baud = true;
        return 0;
    case 'R':
        o->realtime = true;
        return 0;
    case 'C':
        o->dir = arg;
        return 0;
    case 'S':
        return keep(o->send, &o->sends, arg);
    case 'W':
        return number(arg, 0, 3600, &o->timeout_s);
    default:
        return -1;
    }
}

static int build_world(struct sm_sim *sim, const struct options *o)
{
    const struct civil install = {.year = 2024, .month = 1, .day = 1};
    struct sm_world *w = &sim->site.world;
    int64_t now_ms = sm_now_world_ms(&(struct sm_sim){.time = {.scale_milli = 1000}});
    int64_t scale = (int64_t)(o->scale * 1000);

    w->seed = o->seed;
    w->zone = o->zone;
    sim->time = (struct sm_clock_source){.base_ms = now_ms, .anchor_ms = now_ms, .scale_milli = scale};
    if (o->time) {
        struct civil c = {0};
        int y, mo, d, h = 0, mi = 0, se = 0;
        if (sscanf(o->time, "%4d-%2d-%2d %2d:%2d:%2d", &y, &mo, &d, &h, &mi, &se) < 3)
            return CN_E_FORMAT;
        c = (struct civil){.year = (int16_t)y,
                           .month = (uint8_t)mo,
                           .day = (uint8_t)d,
                           .hour = (uint8_t)h,
                           .minute = (uint8_t)mi,
                           .second = (uint8_t)se};
        if (!civil_valid(&c))
            return CN_E_RANGE;
        now_ms = zone_to_utc(w->zone, &c) * 1000;
        sm_time_set(&sim->time, sm_now_ns() / 1000000, now_ms, scale);
    }
    w->start_s = now_ms / 1000;
    w->install_s = zone_to_utc(w->zone, &install);
    return 0;
}

static int build_meter(struct sm_sim *sim, const struct options *o, struct sm_meter *m, unsigned point,
                       unsigned port)
{
    uint8_t address[ADDR_LEN];
    int err = bcd_put(address, sizeof address, o->address + point);

    if (err < 0)
        return err;
    sm_meter_init(&sim->site, m, point, port, address);
    m->load.watts = (uint32_t)((uint64_t)o->watts * (50 + sm_mix(m->load.id, 1) % 101) / 100);
    m->load.tariffs = (uint8_t)o->tariffs;
    m->load.three_phase = strcmp(o->phases, "3") == 0 || (strcmp(o->phases, "mixed") == 0 && point % 4 == 0);
    if (o->drift)
        m->clock.drift_ppm =
            (int32_t)((long)(sm_mix(m->load.id, 2) % (uint64_t)(2 * o->drift + 1)) - o->drift);
    return 0;
}

static int build(struct sm_sim *sim, const struct options *o)
{
    int err = build_world(sim, o);

    sim->line_count = o->ports;
    sim->meter_count = (size_t)o->ports * o->meters;
    sim->lines = calloc(sim->line_count, sizeof *sim->lines);
    sim->meters = calloc(sim->meter_count, sizeof *sim->meters);
    uint32_t *asked_in = calloc(sim->meter_count, sizeof *asked_in);
    if (err == 0 && (!sim->lines || !sim->meters || !asked_in))
        err = CN_E_NOMEM;
    if (err < 0) {
        free(asked_in);
        return err;
    }
    for (unsigned i = 0; i < o->ports; i++) {
        struct sm_line *l = &sim->lines[i];
        sm_line_init(l, i + 1, &sim->site, o->seed);
        l->baud = o->baud[i < o->bauds ? i : o->bauds - 1];
        l->wakeup = (uint8_t)o->wakeup;
        l->delay_min_ms = o->delay_min;
        l->delay_max_ms = o->delay_max;
        l->fifo = o->fifo;
        l->meters = sim->meters + (size_t)i * o->meters;
        l->meter_count = o->meters;
        l->asked_in = asked_in + (size_t)i * o->meters;
        for (unsigned k = 0; k < o->meters && err == 0; k++)
            err = build_meter(sim, o, &l->meters[k], i * o->meters + k + 1, i + 1);
    }
    return err;
}

static int open_ports(struct sm_server *s, const struct options *o)
{
    char path[PATH_LEN];

    for (unsigned i = 0; i < o->ports; i++) {
        int err = sm_port_open(&s->port[i], s->sim->lines[i].baud);
        snprintf(path, sizeof path, "%s/port%u", o->dir, i + 1);
        if (err < 0)
            return fail(path, strerror(-err));
        unlink(path);
        if (symlink(s->port[i].device, path) < 0)
            return fail(path, strerror(errno));
        strcpy(s->sim->device[i], s->port[i].device);
        printf("port %u: %s -> %s, %u baud, points %zu..%zu\n", i + 1, path, s->port[i].device,
               s->sim->lines[i].baud, (size_t)i * o->meters + 1, (size_t)(i + 1) * o->meters);
    }
    return 0;
}

static int write_file(const char *path, const struct sm_sim *sim,
                      void (*print)(const struct sm_sim *s, FILE *out))
{
    FILE *f = fopen(path, "w");

    if (!f)
        return fail(path, strerror(errno));
    print(sim, f);
    return fclose(f) == 0 ? 0 : fail(path, strerror(errno));
}

static int run(struct sm_server *s, const struct options *o)
{
    char path[PATH_LEN];

    mkdir(o->dir, 0777);
    for (size_t i = 0; i < o->faults; i++) {
        char why[200] = "";
        FILE *f = fmemopen(why, sizeof why, "w");
        int refused =
            f ? sm_command(s->sim, o->fault[i], sm_now_ns(), s->sim->site.world.start_s, f) : CN_E_NOMEM;
        if (f)
            fclose(f);
        if (refused < 0)
            return fail(o->fault[i], why);
    }
    int err = open_ports(s, o);
    if (err)
        return err;
    snprintf(path, sizeof path, "%s/meters.csv", o->dir);
    err = write_file(path, s->sim, sm_print_archive);
    if (err)
        return err;
    if (o->log) {
        s->log = fopen(o->log, "w");
        if (!s->log)
            return fail(o->log, strerror(errno));
        setvbuf(s->log, NULL, _IOLBF, 0);
        fprintf(s->log, "port,point,di,t_request_first_byte_us,t_answer_last_byte_us,bytes_in,bytes_out,"
                        "delay_us,fn,result\n");
    }
    const struct sched_param priority = {.sched_priority = 10};
    if (o->realtime && sched_setscheduler(0, SCHED_RR, &priority) < 0)
        fprintf(stderr, "meter-sim: no real-time priority: %s\n", strerror(errno));
    err = sm_server_run(s);
    if (err < 0)
        return fail(s->socket_path, strerror(-err));
    sm_print_stats(s->sim, stdout);
    return o->stats_json ? write_file(o->stats_json, s->sim, sm_print_stats_json) : 0;
}

int main(int argc, char **argv)
{
    struct options o = {.ports = 3,
                        .meters = 64,
                        .wakeup = 4,
                        .delay_min = 20,
                        .delay_max = 60,
                        .tariffs = 4,
                        .fifo = 1,
                        .timeout_s = 5,
                        .baud = {2400},
                        .bauds = 1,
                        .phases = "3",
                        .seed = 1,
                        .scale = 1,
                        .watts = 400,
                        .address = 100000000000,
                        .zone = {8 * 3600}};
    char socket_path[PATH_LEN], link[PATH_LEN];
    int c;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (c == 'h') {
            fputs(usage, stdout);
            sm_command_help(stdout);
            return 0;
        }
        if (c == '?')
            return 2;
        if (parse_option(&o, c, optarg) < 0)
            return fail(argv[optind - 1], "bad value, see --help");
    }
    if (!o.dir || optind != argc)
        return fail("usage", o.dir ? "unexpected argument, see --help" : "--dir is missing, see --help");
    snprintf(socket_path, sizeof socket_path, "%s/control.sock", o.dir);
    if (o.sends)
        return sim_client_send("meter-sim", socket_path, o.send, o.sends, o.timeout_s);

    struct sm_server *s = calloc(1, sizeof *s);
    struct sm_sim *sim = calloc(1, sizeof *sim);
    int err = s && sim ? build(sim, &o) : CN_E_NOMEM;
    if (err < 0)
        return fail("set-up", cn_err_text(err));
    s->sim = sim;
    s->socket_path = socket_path;
    s->ignore_baud = o.ignore_baud;
    err = run(s, &o);
    for (unsigned i = 0; i < o.ports; i++) {
        snprintf(link, sizeof link, "%s/port%u", o.dir, i + 1);
        unlink(link);
    }
    if (s->log)
        fclose(s->log);
    free(sim->lines->asked_in);
    free(sim->lines);
    free(sim->meters);
    free(sim);
    free(s);
    return err;
}
