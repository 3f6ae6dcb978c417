#include "northbound/mqtt/settings.h"

#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"

enum { FILE_MAX = 16384, PORT_PLAIN = 1883, PORT_TLS = 8883, SEGMENT_MAX = 32 };

/* inih tells no line numbers of keys: our reader hands it the lines and counts. */
struct parser {
    struct mqtt_settings *s;
    const char *path;
    const char *next, *end; /* of the text not read yet */
    unsigned line;
    unsigned section_line; /* 0 = [mqtt] was not met */
    unsigned uri_line, user_line, tls_line;
    uint32_t seen; /* keys, by row */
    char *error;   /* CONFIG_ERROR bytes, "" until the first error */
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

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

/* ---- values ---- */

enum kind { SWITCH, NUMBER16, NUMBER32, TEXT, WORD, TOPIC, URI, VERSION };

struct key {
    const char *name;
    enum kind kind;
    size_t offset, size; /* in struct mqtt_settings */
    uint32_t min, max;
    const char *allowed; /* completes "is not ..." */
};

#define AT(member)                                                                                           \
    .offset = offsetof(struct mqtt_settings, member), .size = sizeof(((struct mqtt_settings *)0)->member)
#define A_SWITCH .kind = SWITCH, .allowed = "on or off"
#define A_TEXT   .kind = TEXT, .allowed = "a text of 1..127 characters"
#define A_TOPIC                                                                                              \
    .kind = TOPIC,                                                                                           \
    .allowed = "made of segments [A-Za-z0-9_-]{1,32} with / between them, 96 characters at most"

static const struct key keys[] = {
    {.name = "enable", A_SWITCH, AT(enable)},
    {.name = "uri", .kind = URI, AT(host), .allowed = "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"},
    {.name = "client_id", .kind = WORD, AT(client_id), .allowed = "of the form [A-Za-z0-9_-]{1,23}"},
    {.name = "user", A_TEXT, AT(user)},
    {.name = "password_file", A_TEXT, AT(password_file)},
    {.name = "version", .kind = VERSION, AT(version), .allowed = "3.1.1 or 5"},
    {.name = "keepalive",
     .kind = NUMBER16,
     AT(keepalive_s),
     .min = 10,
     .max = 3600,
     .allowed = "10..3600 seconds"},
    {.name = "prefix", A_TOPIC, AT(prefix)},
    {.name = "window", .kind = NUMBER16, AT(window), .min = 1, .max = MQTT_WINDOW_MAX, .allowed = "1..64"},
    {.name = "max_payload",
     .kind = NUMBER32,
     AT(max_payload),
     .min = 1024,
     .max = 65536,
     .allowed = "1024..65536 bytes"},
    {.name = "replay_rps", .kind = NUMBER32, AT(replay_rps), .max = 10000, .allowed = "0..10000"},
    {.name = "state_s", .kind = NUMBER32, AT(state_s), .max = 86400, .allowed = "0..86400 seconds"},
    {.name = "offline_s",
     .kind = NUMBER32,
     AT(offline_s),
     .min = 60,
     .max = 604800,
     .allowed = "60..604800 seconds"},
    {.name = "tls_ca", A_TEXT, AT(tls_ca)},
    {.name = "tls_cert", A_TEXT, AT(tls_cert)},
    {.name = "tls_key", A_TEXT, AT(tls_key)},
    {.name = "ha_discovery", A_SWITCH, AT(ha_discovery)},
    {.name = "ha_prefix", A_TOPIC, AT(ha_prefix)},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

static bool set_text(char *to, size_t cap, const char *text)
{
    size_t n = strlen(text);

    if (n == 0 || n >= cap)
        return false;
    memcpy(to, text, n + 1);
    return true;
}

static bool set_topic(char *to, size_t cap, const char *text)
{
    size_t segment = 0;

    for (const char *c = text;; c++) {
        if (*c == '/' || !*c) {
            if (segment == 0 || segment > SEGMENT_MAX)
                return false;
            segment = 0;
            if (!*c)
                break;
        } else if (is_word(*c)) {
            segment++;
        } else {
            return false;
        }
    }
    return set_text(to, cap, text);
}

static bool set_uri(struct mqtt_settings *s, const char *text)
{
    static const struct {
        const char *text;
        bool tls;
    } schemes[] = {{"mqtt://", false}, {"tcp://", false}, {"mqtts://", true}, {"ssl://", true}};
    uint32_t port;

    for (unsigned i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t n = strlen(schemes[i].text);
        if (strncmp(text, schemes[i].text, n) != 0)
            continue;
        const char *host = text + n;
        size_t len = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
        if (len == 0 || len >= sizeof s->host || (host[len] && host[len] != ':'))
            return false;
        port = schemes[i].tls ? PORT_TLS : PORT_PLAIN;
        if (host[len] == ':' && (!parse_number(host + len + 1, &port) || port < 1 || port > 65535))
            return false;
        memcpy(s->host, host, len);
        s->host[len] = '\0';
        s->port = (uint16_t)port;
        s->tls = schemes[i].tls;
        return true;
    }
    return false;
}

static bool set_number(const struct key *k, void *to, const char *text)
{
    uint32_t x;

    if (!parse_number(text, &x) || x < k->min || x > k->max)
        return false;
    if (k->kind == NUMBER16)
        *(uint16_t *)to = (uint16_t)x;
    else
        *(uint32_t *)to = x;
    return true;
}

static bool set_value(struct mqtt_settings *s, const struct key *k, const char *text)
{
    void *to = (char *)s + k->offset;

    switch (k->kind) {
    case SWITCH:
        *(bool *)to = strcmp(text, "on") == 0;
        return *(bool *)to || strcmp(text, "off") == 0;
    case NUMBER16:
    case NUMBER32:
        return set_number(k, to, text);
    case WORD:
        return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
                   strlen(text) &&
               set_text(to, k->size, text);
    case TOPIC:
        return set_topic(to, k->size, text);
    case URI:
        return set_uri(s, text);
    case VERSION:
        *(uint8_t *)to = strcmp(text, "5") == 0 ? 5 : 4;
        return *(uint8_t *)to == 5 || strcmp(text, "3.1.1") == 0;
    default:
        return set_text(to, k->size, text);
    }
}

/* ---- lines ---- */

static void fail(struct parser *p, unsigned line, const char *reason, const char *what)
{
    if (!p->error[0])
        snprintf(p->error, CONFIG_ERROR, "%.100s:%u: %s%.40s", p->path, line, reason, what);
}

static char *next_line(char *out, int size, void *stream)
{
    struct parser *p = stream;
    const char *from = p->next;

    if (from == p->end || p->error[0])
        return NULL;
    const char *nl = memchr(from, '\n', (size_t)(p->end - from));
    const char *stop = nl ? nl : p->end;
    p->next = nl ? nl + 1 : p->end;
    p->line++;
    /* a blank in front would make it the continuation of the line before */
    while (from < stop && (*from == ' ' || *from == '\t'))
        from++;
    size_t n = (size_t)(stop - from);
    if (n + 1 > (size_t)size || memchr(from, '\0', n)) {
        fail(p, p->line, "the line is too long or no text", "");
        n = 0;
    }
    memcpy(out, from, n);
    out[n] = '\0';
    if (strncmp(out, "[mqtt]", 6) == 0)
        p->section_line = p->line;
    return out;
}

static int take_key(void *user, const char *section, const char *name, const char *value)
{
    struct parser *p = user;

    if (strcmp(section, "mqtt") != 0 || p->error[0])
        return 1;
    for (unsigned i = 0; i < KEYS; i++) {
        const struct key *k = &keys[i];
        if (strcmp(name, k->name) != 0)
            continue;
        if (p->seen >> i & 1) {
            fail(p, p->line, "the key is there already: ", name);
        } else if (!set_value(p->s, k, value)) {
            char what[64];
            snprintf(what, sizeof what, "%s = %.40s is not ", name, value);
            snprintf(p->error, CONFIG_ERROR, "%.100s:%u: %s%s", p->path, p->line, what, k->allowed);
        }
        p->seen |= (uint32_t)1 << i;
        if (k->kind == URI)
            p->uri_line = p->line;
        if (strncmp(name, "tls_", 4) == 0 && !p->tls_line)
            p->tls_line = p->line;
        if (strcmp(name, "password_file") == 0)
            p->user_line = p->line;
        return 1;
    }
    fail(p, p->line, "unknown key ", name);
    return 1;
}

static void check_whole(struct parser *p)
{
    const struct mqtt_settings *s = p->s;

    if (!p->section_line)
        fail(p, p->line, "the section is missing: ", "[mqtt]");
    if (s->enable && !s->host[0])
        fail(p, p->section_line, "[mqtt] needs the key ", "uri");
    if (s->tls && !s->tls_ca[0])
        fail(p, p->uri_line, "a broker over TLS needs the key ", "tls_ca");
    if (!s->tls && p->tls_line && s->host[0])
        fail(p, p->tls_line, "tls_ keys without a broker over TLS in ", "uri");
    if (!s->tls_cert[0] != !s->tls_key[0])
        fail(p, p->tls_line, "both or none are needed of ", "tls_cert and tls_key");
    if (s->password_file[0] && !s->user[0])
        fail(p, p->user_line, "password_file without the key ", "user");
}

int mqtt_settings_parse(const char *path, const char *text, size_t len, struct mqtt_settings *out,
                        char error[CONFIG_ERROR])
{
    struct parser p = {.s = out, .path = path, .next = text, .end = text + len, .error = error};

    *out = (struct mqtt_settings){.enable = true,
                                  .version = 4,
                                  .keepalive_s = 60,
                                  .prefix = "ecc/v1",
                                  .window = 20,
                                  .max_payload = 8192,
                                  .replay_rps = 20,
                                  .offline_s = 2700,
                                  .ha_prefix = "homeassistant"};
    error[0] = '\0';
    int line = ini_parse_stream(next_line, &p, take_key, &p);
    if (line != 0 && !error[0])
        fail(&p, line > 0 ? (unsigned)line : p.line, "not a section and not key = value", "");
    if (!error[0])
        check_whole(&p);
    return error[0] ? CN_E_CONFIG : 0;
}

int mqtt_settings_load(const char *path, struct mqtt_settings *out, char error[CONFIG_ERROR])
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
    return mqtt_settings_parse(path, text, n, out, error);
}
