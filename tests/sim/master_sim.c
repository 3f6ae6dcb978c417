/* master-sim: a Q/GDW 376.1 master station on TCP. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/err.h"
#include "tests/sim/client.h"
#include "tests/sim/master/commands.h"
#include "tests/sim/master/net.h"

enum { SENDS = 64, HOST = 80 };

static const char usage[] =
    "master-sim: a Q/GDW 376.1 master station for terminals that connect by TCP\n"
    "\n"
    "  master-sim [options] [\"COMMAND\"...]     carry out the commands, then end\n"
    "  master-sim [options]                    commands from standard input, with a prompt on a terminal\n"
    "  master-sim --control PATH --send LINE   give a running one a command, print its answer\n"
    "\n"
    "The exit code is 0 when every command was good, else 1; the first one that fails is the last one "
    "carried out.\n"
    "Logins, heartbeats and reports are confirmed and printed as they come.\n"
    "\n"
    "  --listen HOST:PORT  default 127.0.0.1:9001; port 0 takes a free one; the first line tells it\n"
    "  --script FILE       commands, one a line, # for comments\n"
    "  --stdin             take commands from standard input after those of the script or the arguments\n"
    "  --stay              run on when there are no more commands (until SIGTERM, SIGINT or quit)\n"
    "  --keep-going        do not stop at a command that failed\n"
    "  --control PATH      also take commands on this unix socket: a line each, the answer ends with an "
    "empty line\n"
    "  --send LINE         be the client of that socket; repeatable     --wait S  wait so long for it "
    "(default 5)\n"
    "  --json              each answer is one line of JSON: command, ok, result, units with their fields\n"
    "  --frames[=FILE]     log every frame in hex and words to standard error or a file\n"
    "  --quiet             do not print logins and reports\n"
    "  --timeout S         for an answer (default 30)      --repeats N  after a time-out (default 2)\n"
    "  --msa N             master address 1..127 (default 1)\n"
    "  --tp MIN            requests carry a time mark with this allowed delay\n"
    "  --max-l1 N          longest frame sent (default 1024)\n"
    "  --zone Z            time zone of the terminals (default Asia/Shanghai)\n"
    "  --no-login-confirm N, --delay MS, --never-confirm, --confirm-f3  faults from the start, see "
    "\"fault\"\n"
    "\n"
    "Commands (words in \"\" may hold blanks):\n";

struct setup {
    struct ms_app app;
    char host[HOST];
    const char *script, *frames;
    char *send[SENDS];
    size_t sends;
    unsigned wait_s;
    bool use_stdin, log_frames;
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "master-sim: %s: %s\n", what, why);
    return 2;
}

static const struct option longs[] = {
    {"listen", 1, 0, 'l'},
    {"script", 1, 0, 's'},
    {"stdin", 0, 0, 'i'},
    {"stay", 0, 0, 'S'},
    {"keep-going", 0, 0, 'k'},
    {"control", 1, 0, 'c'},
    {"send", 1, 0, 'x'},
    {"wait", 1, 0, 'w'},
    {"json", 0, 0, 'j'},
    {"frames", 2, 0, 'f'},
    {"quiet", 0, 0, 'q'},
    {"timeout", 1, 0, 't'},
    {"repeats", 1, 0, 'r'},
    {"msa", 1, 0, 'm'},
    {"tp", 1, 0, 'T'},
    {"max-l1", 1, 0, 'L'},
    {"zone", 1, 0, 'z'},
    {"no-login-confirm", 1, 0, 'n'},
    {"delay", 1, 0, 'd'},
    {"never-confirm", 0, 0, 'N'},
    {"confirm-f3", 0, 0, '3'},
    {"help", 0, 0, 'h'},
    {0, 0, 0, 0},
};

static int number(const char *text, unsigned long max, unsigned *out)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);

    if (end == text || *end || v > max)
        return -1;
    *out = (unsigned)v;
    return 0;
}

static int set_listen(struct setup *s, const char *text)
{
    const char *colon = strrchr(text, ':');
    unsigned port;

    if (!colon || (size_t)(colon - text) >= sizeof s->host || number(colon + 1, 65535, &port) < 0)
        return -1;
    memcpy(s->host, text, (size_t)(colon - text));
    s->host[colon - text] = '\0';
    s->app.port = (int)port;
    return 0;
}

static int parse_option(struct setup *s, int c, char *arg)
{
    struct ms_station *st = s->app.station;
    unsigned n = 0;
    int err = 0;

    switch (c) {
    case 'l':
        return set_listen(s, arg);
    case 's':
        s->script = arg;
        return 0;
    case 'i':
        s->use_stdin = true;
        return 0;
    case 'S':
        s->app.stay = true;
        return 0;
    case 'k':
        s->app.keep_going = true;
        return 0;
    case 'c':
        s->app.control = arg;
        return 0;
    case 'x':
        s->send[s->sends] = arg;
        return ++s->sends < SENDS ? 0 : -1;
    case 'w':
        return number(arg, 3600, &s->wait_s);
    case 'j':
        st->json = true;
        return 0;
    case 'f':
        s->log_frames = true;
        s->frames = arg;
        return 0;
    case 'q':
        st->quiet = true;
        return 0;
    case 't':
        err = number(arg, 86400, &n);
        st->opt.timeout_ms = n * 1000;
        return err;
    case 'r':
        return number(arg, 9, &st->opt.repeats);
    case 'm':
        err = number(arg, 127, &n);
        st->opt.msa = (uint8_t)n;
        return err;
    case 'T':
        err = number(arg, 255, &n);
        st->opt.tp = true;
        st->opt.tp_delay_min = (uint8_t)n;
        return err;
    case 'L':
        err = number(arg, GDW_L1_MAX, &n);
        st->opt.max_l1 = n;
        return n < 100 ? -1 : err;
    case 'z':
        return zone_by_name(arg, &st->zone);
    case 'n':
        return number(arg, 1000000, &st->faults.no_login_confirm);
    case 'd':
        return number(arg, 600000, &st->faults.delay_ms);
    case 'N':
        st->faults.never_confirm = true;
        return 0;
    case '3':
        st->faults.confirm_by_f3 = true;
        return 0;
    default:
        return -1;
    }
}

/* Lines of the script, kept until the end. @return lines, -errno */
static int read_script(const char *path, char ***lines)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    int n = 0;

    if (!f)
        return -errno;
    while (getline(&line, &cap, f) > 0) {
        char **more = realloc(*lines, ((size_t)n + 1) * sizeof **lines);
        if (!more)
            break;
        *lines = more;
        more[n++] = line;
        line = NULL;
        cap = 0;
    }
    free(line);
    if (f != stdin)
        fclose(f);
    return n;
}

static int run(struct setup *s)
{
    struct ms_station *st = s->app.station;
    const char *what;

    if (s->log_frames) {
        st->frames = s->frames ? fopen(s->frames, "w") : stderr;
        if (!st->frames)
            return fail(s->frames, strerror(errno));
    }
    int err = ms_app_open(&s->app, &what);
    if (err < 0)
        return fail(what, uv_strerror(err));
    if (!st->json) {
        printf("listening on %s:%d\n", s->app.host, s->app.port);
        fflush(stdout);
    } else {
        printf("{\"listening\":\"%s:%d\"}\n", s->app.host, s->app.port);
        fflush(stdout);
    }
    return ms_app_run(&s->app);
}

/* @return exit code, -1 to go on */
static int parse_options(struct setup *s, int argc, char **argv)
{
    int c;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (c == 'h') {
            fputs(usage, stdout);
            ms_command_help(stdout);
            return 0;
        }
        if (c == '?')
            return 2;
        if (parse_option(s, c, optarg) < 0)
            return fail(argv[optind - 1], "bad value, see --help");
    }
    if (s->sends)
        return s->app.control ? sim_client_send("master-sim", s->app.control, s->send, s->sends, s->wait_s)
                              : fail("--send", "needs --control PATH");
    return -1;
}

static int serve(struct setup *s, char **commands, int count)
{
    struct ms_station *st = s->app.station;
    char **lines = NULL;
    int n = 0, code = 0;

    if (s->script && (n = read_script(s->script, &lines)) < 0)
        return fail(s->script, strerror(-n));
    for (int i = 0; i < count && code == 0; i++) {
        char **more = realloc(lines, ((size_t)n + 1) * sizeof *lines);
        lines = more ? more : lines;
        if (more)
            lines[n] = strdup(commands[i]);
        if (more && lines[n])
            n++;
        else
            code = fail("start", cn_err_text(CN_E_NOMEM));
    }
    s->app.host = s->host;
    s->app.commands = lines;
    s->app.command_count = (size_t)n;
    s->app.read_stdin = s->use_stdin || (n == 0 && !s->app.stay);
    s->app.prompt = s->app.read_stdin && isatty(STDIN_FILENO) && !st->json;
    if (code == 0)
        code = run(s);
    for (int i = 0; i < n; i++)
        free(lines[i]);
    free(lines);
    if (st->frames && st->frames != stderr)
        fclose(st->frames);
    return code;
}

int main(int argc, char **argv)
{
    struct setup *s = calloc(1, sizeof *s);
    struct ms_station *st = calloc(1, sizeof *st);
    int code;

    if (s && st && ms_station_init(st) == 0) {
        s->app.station = st;
        s->app.port = 9001;
        s->wait_s = 5;
        strcpy(s->host, "127.0.0.1");
        code = parse_options(s, argc, argv);
        if (code < 0)
            code = serve(s, argv + optind, argc - optind);
        ms_station_free(st);
    } else {
        code = fail("start", cn_err_text(CN_E_NOMEM));
    }
    free(st);
    free(s);
    return code;
}
