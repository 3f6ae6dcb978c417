#include "gateway/model/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/bcd.h"
#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "gateway/model/param.h"

/*
 * inih splits lines into section, key and value. It tells neither the line number nor a section without keys,
 * so our reader, which hands it the lines, notes both.
 */
enum {
    FILE_MAX = 16384,
    LINE_MAX_LEN = 199, /* inih's line buffer */
    SECTION_MAX_LEN = 32,
    RUN_DIR_MAX = 90, /* with "/maintenance.sock" it must fit a socket address */
};

enum section { NOWHERE, TERMINAL, RS485, UPLINK, MAINTENANCE, MQTT, HMI, SECTIONS };

struct parser {
    struct config *c;
    const char *path;
    bool check_devices;
    char *error; /* CONFIG_ERROR bytes */
    unsigned failed; /* line of the error + 1, 0 = none */
    const char *next, *end; /* of the text not read yet */
    unsigned line;
    enum section section;
    unsigned section_line[SECTIONS]; /* 0 = not there */
    unsigned port_line[CONFIG_PORTS_MAX + 1];
    struct config_port *port; /* of the section rs485.N being read */
    uint64_t seen;            /* keys of the present section, by row */
};

static void fail_at(struct parser *p, unsigned line, const char *reason, const char *what)
{
    if (p->failed)
        return;
    p->failed = line + 1;
    snprintf(p->error, CONFIG_ERROR, "%.100s:%u: %s%.100s", p->path, line, reason, what);
}

static void fail(struct parser *p, const char *reason, const char *what)
{
    fail_at(p, p->line, reason, what);
}

/* ---- values ---- */

enum value_kind { TEXT, DEVICE, NUMBER16, NUMBER32, WORD, BAUD, HOST, REGION, ZONE, RUN_DIR };

struct word {
    const char *text;
    int value;
};

struct key {
    enum section section;
    const char *name;
    enum value_kind kind;
    size_t offset;           /* in struct config; in struct config_port for rs485.N */
    uint32_t min, max, step; /* numbers */
    const struct word *words;
    size_t word_size; /* of the destination of a WORD */
};

#define AT(member)      offsetof(struct config, member)
#define PORT_AT(member) offsetof(struct config_port, member)
#define SIZE(member)    sizeof(((struct config *)0)->member)

static const struct word clocks[] = {{"system", CLOCK_MODE_SYSTEM}, {"offset", CLOCK_MODE_OFFSET}, {NULL, 0}};
static const struct word transports[] = {
    {"tcp", TRANSPORT_TCP}, {"udp", TRANSPORT_UDP}, {"sms", TRANSPORT_SMS}, {NULL, 0}};
static const struct word roles[] = {
    {"client", ROLE_CLIENT}, {"server", ROLE_SERVER}, {"mixed", ROLE_MIXED}, {NULL, 0}};
static const struct word parities[] = {{"even", 'E'}, {"odd", 'O'}, {"none", 'N'}, {NULL, 0}};
static const struct word switches[] = {{"off", 0}, {"on", 1}, {NULL, 0}};

static const struct key keys[] = {
    {.section = TERMINAL, .name = "region", .kind = REGION, .offset = AT(terminal.region)},
    {.section = TERMINAL,
     .name = "address",
     .kind = NUMBER16,
     .offset = AT(terminal.address),
     .min = 1,
     .max = 65534},
    {.section = TERMINAL, .name = "timezone", .kind = ZONE, .offset = AT(terminal.timezone)},
    {.section = TERMINAL, .name = "state_dir", .kind = TEXT, .offset = AT(terminal.state_dir)},
    {.section = TERMINAL, .name = "run_dir", .kind = RUN_DIR, .offset = AT(terminal.run_dir)},
    {.section = TERMINAL,
     .name = "clock",
     .kind = WORD,
     .offset = AT(terminal.clock),
     .words = clocks,
     .word_size = SIZE(terminal.clock)},
    {.section = TERMINAL, .name = "board", .kind = TEXT, .offset = AT(terminal.board)},
    {.section = TERMINAL, .name = "profile_dir", .kind = TEXT, .offset = AT(terminal.profile_dir)},

    {.section = RS485, .name = "device", .kind = DEVICE, .offset = PORT_AT(device)},
    {.section = RS485, .name = "baud", .kind = BAUD, .offset = PORT_AT(baud)},
    {.section = RS485,
     .name = "parity",
     .kind = WORD,
     .offset = PORT_AT(parity),
     .words = parities,
     .word_size = 1},
    {.section = RS485,
     .name = "turnaround_ms",
     .kind = NUMBER16,
     .offset = PORT_AT(turnaround_ms),
     .max = 10000},
    {.section = RS485,
     .name = "same_meter_ms",
     .kind = NUMBER16,
     .offset = PORT_AT(same_meter_ms),
     .max = 10000},

    {.section = UPLINK,
     .name = "transport",
     .kind = WORD,
     .offset = AT(uplink.transport),
     .words = transports,
     .word_size = SIZE(uplink.transport)},
    {.section = UPLINK,
     .name = "role",
     .kind = WORD,
     .offset = AT(uplink.role),
     .words = roles,
     .word_size = SIZE(uplink.role)},
    {.section = UPLINK, .name = "master", .kind = HOST, .offset = AT(uplink.master)},
    {.section = UPLINK, .name = "standby", .kind = HOST, .offset = AT(uplink.standby)},
    {.section = UPLINK, .name = "listen", .kind = HOST, .offset = AT(uplink.listen)},
    {.section = UPLINK,
     .name = "heartbeat_s",
     .kind = NUMBER32,
     .offset = AT(uplink.heartbeat_s),
     .min = 60,
     .max = 15300,
     .step = 60},
    {.section = UPLINK, .name = "fresh_s", .kind = NUMBER16, .offset = AT(uplink.fresh_s), .max = 65535},
    {.section = UPLINK,
     .name = "frame_max",
     .kind = NUMBER32,
     .offset = AT(uplink.frame_max),
     .min = 220,
     .max = 16383},
    {.section = UPLINK, .name = "modem", .kind = DEVICE, .offset = AT(uplink.modem)},
    {.section = UPLINK,
     .name = "tls",
     .kind = WORD,
     .offset = AT(uplink.tls),
     .words = switches,
     .word_size = SIZE(uplink.tls)},
    {.section = UPLINK, .name = "ca", .kind = TEXT, .offset = AT(uplink.ca)},
    {.section = UPLINK, .name = "cert", .kind = TEXT, .offset = AT(uplink.cert)},
    {.section = UPLINK, .name = "key", .kind = TEXT, .offset = AT(uplink.key)},

    {.section = MAINTENANCE, .name = "device", .kind = DEVICE, .offset = AT(maintenance.device)},
};

static bool parse_number(const char *text, uint32_t *out)
{
    uint64_t x = 0;
    size_t n = 0;

    for (; text[n]; n++) {
        if (text[n] < '0' || text[n] > '9' || n == 10)
            return false;
        x = x * 10 + (uint64_t)(text[n] - '0');
    }
    *out = (uint32_t)x;
    return n > 0 && x <= UINT32_MAX;
}

static const char *set_text(char *to, const char *text, size_t cap)
{
    size_t n = strlen(text);

    if (n == 0)
        return "is empty";
    if (n >= cap)
        return "is too long";
    memcpy(to, text, n + 1);
    return NULL;
}

static const char *set_device(const struct parser *p, char *to, const char *text)
{
    const char *bad = set_text(to, text, CONFIG_TEXT);

    if (!bad && p->check_devices && access(text, F_OK) != 0)
        return "is a device that does not exist";
    return bad;
}

static const char *set_number(const struct key *k, void *to, const char *text)
{
    uint32_t x;

    if (!parse_number(text, &x) || x < k->min || x > k->max)
        return "is out of range";
    if (k->step && x % k->step)
        return "is not in whole minutes";
    if (k->kind == NUMBER16)
        *(uint16_t *)to = (uint16_t)x;
    else
        *(uint32_t *)to = x;
    return NULL;
}

static const char *set_word(const struct key *k, void *to, const char *text)
{
    for (const struct word *w = k->words; w->text; w++) {
        if (strcmp(w->text, text) != 0)
            continue;
        if (k->word_size == 1)
            *(char *)to = (char)w->value;
        else
            *(int *)to = w->value;
        return NULL;
    }
    return "is not one of the values allowed";
}

static const char *set_baud(uint32_t *to, const char *text)
{
    static const uint32_t bauds[] = {300, 600, 1200, 2400, 4800, 7200, 9600, 19200, 38400, 57600, 115200};
    uint32_t x;

    if (!parse_number(text, &x))
        return "is not a number";
    for (size_t i = 0; i < sizeof bauds / sizeof bauds[0]; i++) {
        if (bauds[i] == x) {
            *to = x;
            return NULL;
        }
    }
    return "is not a standard bit rate";
}

static const char *set_host(struct config_host *to, const char *text)
{
    const char *colon = strrchr(text, ':');
    char ip[16];
    uint32_t port;

    if (!colon || (size_t)(colon - text) >= sizeof ip)
        return "is not of the form a.b.c.d:port";
    memcpy(ip, text, (size_t)(colon - text));
    ip[colon - text] = '\0';
    if (inet_pton(AF_INET, ip, to->ip) != 1 || !parse_number(colon + 1, &port) || port < 1 || port > 65535)
        return "is not of the form a.b.c.d:port";
    to->port = (uint16_t)port;
    to->set = true;
    return NULL;
}

static const char *set_region(uint16_t *to, const char *text)
{
    uint32_t x;

    if (strlen(text) != 4 || !parse_number(text, &x) || x == 0)
        return "is not an administrative code of four decimal digits";
    *to = (uint16_t)(bcd_of(x / 100) << 8 | bcd_of(x % 100));
    return NULL;
}

static const char *set_zone(struct config *c, const char *text)
{
    const char *bad = set_text(c->terminal.timezone, text, sizeof c->terminal.timezone);
    int ret = bad ? 0 : zone_by_name(text, &c->terminal.zone);

    if (ret == CN_E_UNSUPPORTED)
        return "has daylight saving, which a concentrator cannot use";
    return ret < 0 ? "is not a known time zone" : bad;
}

/* @return NULL or what is wrong with the value. */
static const char *set_value(const struct parser *p, const struct key *k, const char *text)
{
    char *to = (char *)(k->section == RS485 ? (void *)p->port : (void *)p->c) + k->offset;
    void *at = to;

    switch (k->kind) {
    case TEXT:
        return set_text(to, text, CONFIG_TEXT);
    case RUN_DIR:
        return set_text(to, text, RUN_DIR_MAX);
    case DEVICE:
        return set_device(p, to, text);
    case WORD:
        return set_word(k, at, text);
    case BAUD:
        return set_baud(at, text);
    case HOST:
        return set_host(at, text);
    case REGION:
        return set_region(at, text);
    case ZONE:
        return set_zone(p->c, text);
    default:
        return set_number(k, at, text);
    }
}

/* ---- sections and lines ---- */

static struct config_port *add_port(struct config *c, unsigned number)
{
    unsigned at = c->port_count++;

    for (; at > 0 && c->ports[at - 1].number > number; at--)
        c->ports[at] = c->ports[at - 1];
    c->ports[at] =
        (struct config_port){.number = (uint8_t)number, .baud = 2400, .parity = 'E', .same_meter_ms = 20};
    return &c->ports[at];
}

static void begin_port(struct parser *p, const char *number)
{
    uint32_t n;

    if (!parse_number(number, &n) || n < 1 || n > CONFIG_PORTS_MAX || number[0] == '0') {
        fail(p, "a port number is 1..31, not ", number);
        return;
    }
    if (p->port_line[n]) {
        fail(p, "this section is there already: rs485.", number);
        return;
    }
    p->port_line[n] = p->line;
    p->section = RS485;
    p->port = add_port(p->c, n);
}

static void begin_section(struct parser *p, const char *name)
{
    static const char *const names[SECTIONS] = {[TERMINAL] = "terminal",
                                                [UPLINK] = "uplink",
                                                [MAINTENANCE] = "maintenance",
                                                [MQTT] = "mqtt",
                                                [HMI] = "hmi"};

    p->seen = 0;
    p->section = NOWHERE;
    if (strncmp(name, "rs485.", 6) == 0) {
        begin_port(p, name + 6);
        return;
    }
    for (unsigned i = 0; i < SECTIONS; i++) {
        if (names[i] && strcmp(names[i], name) == 0)
            p->section = (enum section)i;
    }
    if (p->section == NOWHERE)
        fail(p, "unknown section ", name);
    else if (p->section_line[p->section])
        fail(p, "this section is there already: ", name);
    else
        p->section_line[p->section] = p->line;
}

static void note_section(struct parser *p, const char *line)
{
    char name[SECTION_MAX_LEN + 1];
    const char *close = strchr(line, ']');
    size_t n = close ? (size_t)(close - line) - 1 : 0;

    if (!close || n == 0 || n > SECTION_MAX_LEN) {
        fail(p, "not a section: ", line);
        return;
    }
    memcpy(name, line + 1, n);
    name[n] = '\0';
    begin_section(p, name);
}

/*
 * inih's reader: the next line without the blanks in front (they would make it the continuation of the line
 * before). After the first error the text is at its end.
 */
static char *next_line(char *out, int size, void *stream)
{
    struct parser *p = stream;
    size_t cap = (size_t)size;

    if (p->failed || p->next == p->end)
        return NULL;
    const char *nl = memchr(p->next, '\n', (size_t)(p->end - p->next));
    const char *stop = nl ? nl : p->end;
    const char *from = p->next;
    p->next = nl ? nl + 1 : p->end;
    p->line++;
    if (p->line == 1 && stop - from >= 3 && memcmp(from, "\xEF\xBB\xBF", 3) == 0)
        from += 3;
    while (from < stop && (*from == ' ' || *from == '\t'))
        from++;
    while (stop > from && (stop[-1] == '\r' || stop[-1] == ' ' || stop[-1] == '\t'))
        stop--;
    size_t n = (size_t)(stop - from);
    if (n > LINE_MAX_LEN - 1 || n + 1 > cap || memchr(from, '\0', n)) {
        fail(p, "the line is too long or no text", "");
        n = 0;
    }
    memcpy(out, from, n);
    out[n] = '\0';
    if (out[0] == '[')
        note_section(p, out);
    return out;
}

static int take_key(void *user, const char *section, const char *name, const char *value)
{
    struct parser *p = user;

    (void)section; /* note_section has seen it, with its line */
    if (p->failed)
        return 0;
    if (p->section == NOWHERE)
        fail(p, "a key before the first section: ", name);
    if (p->section == NOWHERE || p->section == MQTT || p->section == HMI)
        return 1;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].section != p->section || strcmp(keys[i].name, name) != 0)
            continue;
        if (p->seen >> i & 1) {
            fail(p, "the key is there already: ", name);
            return 0;
        }
        p->seen |= (uint64_t)1 << i;
        const char *bad = set_value(p, &keys[i], value);
        char what[64];
        snprintf(what, sizeof what, "%s = %.40s ", name, value);
        if (bad)
            fail(p, what, bad);
        return bad == NULL;
    }
    fail(p, "unknown key ", name);
    return 0;
}

/* ---- the whole ---- */

static void check_uplink(struct parser *p)
{
    const struct config *c = p->c;
    unsigned line = p->section_line[UPLINK];
    bool net = c->uplink.transport != TRANSPORT_SMS;

    if (!c->uplink.present)
        return;
    if (net && c->uplink.role != ROLE_SERVER && !c->uplink.master.set)
        fail_at(p, line, "[uplink] needs the key ", "master");
    if (net && c->uplink.role != ROLE_CLIENT && !c->uplink.listen.set)
        fail_at(p, line, "[uplink] needs the key ", "listen");
    if (!net && !c->uplink.modem[0])
        fail_at(p, line, "[uplink] needs the key ", "modem");
    if (c->uplink.tls && !c->uplink.ca[0])
        fail_at(p, line, "[uplink] with tls = on needs the key ", "ca");
    if (!c->uplink.cert[0] != !c->uplink.key[0])
        fail_at(p, line, "[uplink] needs both or none of ", "cert and key");
}

static void check_whole(struct parser *p)
{
    struct config *c = p->c;
    unsigned line = p->section_line[TERMINAL];

    if (!line)
        fail_at(p, p->line, "the section is missing: ", "[terminal]");
    if (!c->terminal.region)
        fail_at(p, line, "[terminal] needs the key ", "region");
    if (!c->terminal.address)
        fail_at(p, line, "[terminal] needs the key ", "address");
    if (!c->terminal.board[0])
        fail_at(p, line, "[terminal] needs the key ", "board");
    for (unsigned i = 0; i < c->port_count; i++) {
        if (!c->ports[i].device[0])
            fail_at(p, p->port_line[c->ports[i].number], "[rs485] needs the key ", "device");
        for (unsigned k = 0; k < i; k++) {
            if (strcmp(c->ports[k].device, c->ports[i].device) == 0)
                fail_at(p, p->port_line[c->ports[i].number], "two ports share the device ",
                        c->ports[i].device);
        }
    }
    c->uplink.present = p->section_line[UPLINK] != 0;
    c->maintenance.present = p->section_line[MAINTENANCE] != 0;
    c->mqtt_present = p->section_line[MQTT] != 0;
    c->hmi_present = p->section_line[HMI] != 0;
    check_uplink(p);
    if (c->maintenance.present && !c->maintenance.device[0])
        fail_at(p, p->section_line[MAINTENANCE], "[maintenance] needs the key ", "device");
}

static const struct config defaults = {
    .terminal = {.timezone = "Asia/Shanghai",
                 .zone = {.offset_s = 8 * 3600},
                 .state_dir = "/var/lib/concentrator",
                 .run_dir = "/run/concentrator"},
    .uplink = {.role = ROLE_CLIENT, .heartbeat_s = 300, .fresh_s = 300, .frame_max = 1024},
};

int config_parse(const char *path, const char *text, size_t len, bool check_devices, struct config *out,
                 char error[CONFIG_ERROR])
{
    struct parser p = {.c = out,
                       .path = path,
                       .check_devices = check_devices,
                       .error = error,
                       .next = text,
                       .end = text + len};

    *out = defaults;
    error[0] = '\0';
    if (set_text(out->path, path, sizeof out->path))
        fail_at(&p, 0, "the path is empty or too long", "");
    int line = ini_parse_stream(next_line, &p, take_key, &p);
    /* inih goes on behind a line it does not understand: the first error counts */
    if (line > 0 && (!p.failed || (unsigned)line + 1 < p.failed)) {
        p.failed = 0;
        fail_at(&p, (unsigned)line, "not a section and not key = value", "");
    } else if (line < 0) {
        fail(&p, "cannot be parsed", "");
    }
    if (!p.failed)
        check_whole(&p);
    return p.failed ? CN_E_CONFIG : 0;
}

int config_load(const char *path, bool check_devices, struct config *out, char error[CONFIG_ERROR])
{
    char text[FILE_MAX];
    FILE *f = fopen(path, "rb");

    if (!f) {
        snprintf(error, CONFIG_ERROR, "%.100s:0: cannot be opened: %s", path, strerror(errno));
        return CN_E_CONFIG;
    }
    size_t n = fread(text, 1, sizeof text, f);
    bool bad = ferror(f) || n == sizeof text;
    fclose(f);
    if (bad) {
        snprintf(error, CONFIG_ERROR, "%.100s:0: cannot be read or is larger than %d bytes", path,
                 FILE_MAX - 1);
        return CN_E_CONFIG;
    }
    return config_parse(path, text, n, check_devices, out, error);
}

/* ---- first-start parameters ---- */

/* The site changes some bytes of the factory unit that stands in out. */
static void site_f1(const struct config *c, uint8_t *out)
{
    out[5] = (uint8_t)(c->uplink.heartbeat_s / 60);
}

static void put_host(const struct config_host *h, struct wbuf *w)
{
    wbuf_bytes(w, h->ip, sizeof h->ip);
    wbuf_u16(w, h->port);
}

static void site_f3(const struct config *c, uint8_t *out)
{
    struct wbuf w = wbuf_of(out, 12);

    put_host(&c->uplink.master, &w);
    put_host(&c->uplink.standby, &w);
}

static void site_f8(const struct config *c, uint8_t *out)
{
    unsigned udp = c->uplink.transport == TRANSPORT_UDP ? 0x80 : 0;

    out[0] = (uint8_t)(udp | (unsigned)c->uplink.role << 4 | 1); /* always on line */
}

int config_param(const struct config *c, unsigned fn, uint8_t *out, size_t cap)
{
    static const struct {
        unsigned fn;
        void (*change)(const struct config *c, uint8_t *out);
    } site[] = {{1, site_f1}, {3, site_f3}, {8, site_f8}};
    const struct param_def *d = param_find(fn);
    int n = d && d->factory ? hex_parse(d->factory, out, cap) : CN_E_NOTFOUND;

    for (size_t i = 0; n >= 0 && c->uplink.present && i < sizeof site / sizeof site[0]; i++) {
        if (site[i].fn == fn)
            site[i].change(c, out);
    }
    return n;
}
