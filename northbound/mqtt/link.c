#include "northbound/mqtt/link.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <MQTTAsync.h>

#include "gateway/base/err.h"

enum { WILL_DELAY_S = 10, DISCONNECT_MS = 500, URI = MQTT_HOST + 24 };

/* AEAD with forward secrecy; TLS 1.3 suites are always allowed. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
static const char will_text[] = "offline";

/* ---- callbacks, in the library's threads: a write of this size to a pipe is atomic and never waits ---- */

static void tell(const struct link_slot *s, enum link_what what, int code)
{
    struct link_event e = {
        .what = (uint8_t)what, .slot = s->number, .generation = s->generation, .id = s->id, .code = code};

    /* a full pipe holds a thousand events, the window 64: then nobody reads, and the time-out of the messages
     * ends it */
    if (write(s->link->pipe[1], &e, sizeof e) < 0)
        return;
}

static void on_up(void *context, MQTTAsync_successData *data)
{
    (void)data;
    tell(context, LINK_UP, 0);
}

static void on_up5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    tell(context, LINK_UP, 0);
}

static void on_failed(void *context, MQTTAsync_failureData *data)
{
    tell(context, LINK_FAILED, data ? data->code : -1);
}

static void on_failed5(void *context, MQTTAsync_failureData5 *data)
{
    int code = -1;

    if (data)
        code = (int)data->reasonCode >= 0x80 ? (int)data->reasonCode : data->code;
    tell(context, LINK_FAILED, code);
}

static void on_lost(void *context, char *cause)
{
    (void)cause;
    tell(context, LINK_LOST, 0);
}

static void on_broker_disconnect(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
    (void)properties;
    tell(context, LINK_LOST, (int)reason);
}

static void on_acked(void *context, MQTTAsync_successData *data)
{
    (void)data;
    tell(context, LINK_ACKED, 0);
}

static void on_acked5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    tell(context, LINK_ACKED, 0);
}

static void on_refused(void *context, MQTTAsync_failureData *data)
{
    tell(context, LINK_REFUSED, data ? data->code : 0);
}

static void on_refused5(void *context, MQTTAsync_failureData5 *data)
{
    tell(context, LINK_REFUSED, data ? (int)data->reasonCode : 0);
}

static void on_ended(void *context, MQTTAsync_successData *data)
{
    (void)data;
    tell(context, LINK_ENDED, 0);
}

static void on_ended5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    tell(context, LINK_ENDED, 0);
}

static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *m)
{
    (void)topic_len;
    /* the only subscription is Home Assistant's status */
    if (m->payloadlen == 6 && memcmp(m->payload, "online", 6) == 0)
        tell(context, LINK_BIRTH, 0);
    MQTTAsync_freeMessage(&m);
    MQTTAsync_free(topic);
    return 1;
}

/* ---- the caller's side ---- */

int link_open(struct link *l)
{
    MQTTAsync_init_options init = MQTTAsync_init_options_initializer;

    *l = (struct link){.connection.link = l};
    for (unsigned i = 0; i < LINK_SLOTS; i++)
        l->slots[i] = (struct link_slot){.link = l, .number = (uint8_t)i};
    if (pipe2(l->pipe, O_NONBLOCK | O_CLOEXEC) < 0)
        return CN_E_IO;
    init.do_openssl_init = 1;
    MQTTAsync_global_init(&init);
    return 0;
}

int link_fd(const struct link *l)
{
    return l->pipe[0];
}

bool link_next(struct link *l, struct link_event *e)
{
    while (read(l->pipe[0], e, sizeof *e) == (ssize_t)sizeof *e) {
        if (e->generation != l->generation)
            continue;
        if (e->what == LINK_ACKED || e->what == LINK_REFUSED)
            l->slots[e->slot].used = false;
        return true;
    }
    return false;
}

static int create(const struct mqtt_settings *s, const char *client_id, MQTTAsync *out)
{
    MQTTAsync_createOptions o = MQTTAsync_createOptions_initializer;
    char uri[URI];

    snprintf(uri, sizeof uri, "%s://%s:%u", s->tls ? "ssl" : "tcp", s->host, s->port);
    /* never the default version: it would try an older one behind our back */
    o.struct_version = 1;
    o.MQTTVersion = s->version;
    o.maxBufferedMessages = LINK_SLOTS;
    return MQTTAsync_createWithOptions(out, uri, client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &o) ==
                   MQTTASYNC_SUCCESS
               ? 0
               : CN_E_IO;
}

static void set_tls(const struct mqtt_settings *s, MQTTAsync_SSLOptions *o)
{
    o->trustStore = s->tls_ca;
    o->keyStore = s->tls_cert[0] ? s->tls_cert : NULL;
    o->privateKey = s->tls_key[0] ? s->tls_key : NULL;
    o->enabledCipherSuites = ciphers;
    o->enableServerCertAuth = 1;
    o->verify = 1; /* the host name; off by default */
    o->disableDefaultTrustStore = 1;
}

static int connect_with(struct link *l, const struct mqtt_settings *s, const char *will_topic,
                        const char *password)
{
    MQTTAsync_connectOptions v4 = MQTTAsync_connectOptions_initializer;
    MQTTAsync_connectOptions v5 = MQTTAsync_connectOptions_initializer5;
    MQTTAsync_connectOptions o = s->version == 5 ? v5 : v4;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
    MQTTProperties will_properties = MQTTProperties_initializer;
    MQTTProperty delay = {.identifier = MQTTPROPERTY_CODE_WILL_DELAY_INTERVAL,
                          .value.integer4 = WILL_DELAY_S};

    will.topicName = will_topic;
    will.message = will_text;
    will.qos = 1;
    will.retained = 1;
    o.will = &will;
    o.keepAliveInterval = s->keepalive_s;
    o.connectTimeout = LINK_CONNECT_S;
    o.maxInflight = LINK_SLOTS;
    o.username = s->user[0] ? s->user : NULL;
    o.password = password;
    o.MQTTVersion = s->version;
    o.context = &l->connection;
    if (s->version == 5) {
        o.cleanstart = 1;
        o.onSuccess5 = on_up5;
        o.onFailure5 = on_failed5;
        /* a short break does not make every meter unavailable */
        MQTTProperties_add(&will_properties, &delay);
        o.willProperties = &will_properties;
    } else {
        o.cleansession = 1;
        o.onSuccess = on_up;
        o.onFailure = on_failed;
    }
    if (s->tls) {
        set_tls(s, &tls);
        o.ssl = &tls;
    }
    int rc = MQTTAsync_connect(l->handle, &o);
    MQTTProperties_free(&will_properties);
    return rc == MQTTASYNC_SUCCESS ? 0 : CN_E_IO;
}

int link_connect(struct link *l, const struct mqtt_settings *s, const char *client_id, const char *will_topic,
                 const char *password)
{
    MQTTAsync fresh = NULL, old = l->handle;

    if (create(s, client_id, &fresh) < 0)
        return CN_E_IO;
    l->generation++;
    l->handle = fresh;
    /* only now: while one handle lives the library keeps its threads */
    if (old)
        MQTTAsync_destroy(&old);
    for (unsigned i = 0; i < LINK_SLOTS; i++)
        l->slots[i].used = false;
    l->version = s->version;
    l->connection.generation = l->generation;
    MQTTAsync_setCallbacks(fresh, &l->connection, on_lost, on_message, NULL);
    if (s->version == 5)
        MQTTAsync_setDisconnected(fresh, &l->connection, on_broker_disconnect);
    return connect_with(l, s, will_topic, password);
}

int link_watch_birth(struct link *l, const char *topic)
{
    MQTTAsync_responseOptions o = MQTTAsync_responseOptions_initializer;

    return MQTTAsync_subscribe(l->handle, topic, 1, &o) == MQTTASYNC_SUCCESS ? 0 : CN_E_GONE;
}

static struct link_slot *free_slot(struct link *l)
{
    for (unsigned i = 0; i < LINK_SLOTS; i++) {
        if (!l->slots[i].used)
            return &l->slots[i];
    }
    return NULL;
}

static void add_properties(const struct link_message *m, MQTTProperties *p)
{
    static char type[] = "application/json";
    MQTTProperty content = {.identifier = MQTTPROPERTY_CODE_CONTENT_TYPE,
                            .value.data = {.len = sizeof type - 1, .data = type}};
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL,
                           .value.integer4 = m->expiry_s};

    if (m->json)
        MQTTProperties_add(p, &content);
    if (m->expiry_s)
        MQTTProperties_add(p, &expiry);
}

int link_publish(struct link *l, const struct link_message *m, uint32_t id)
{
    MQTTAsync_responseOptions o = MQTTAsync_responseOptions_initializer;
    struct link_slot *s = m->qos ? free_slot(l) : NULL;

    if (m->qos && !s)
        return CN_E_FULL;
    if (s) {
        s->used = true;
        s->generation = l->generation;
        s->id = id;
        o.context = s;
        if (l->version == 5) {
            o.onSuccess5 = on_acked5;
            o.onFailure5 = on_refused5;
        } else {
            o.onSuccess = on_acked;
            o.onFailure = on_refused;
        }
    }
    if (l->version == 5)
        add_properties(m, &o.properties);
    int rc = MQTTAsync_send(l->handle, m->topic, (int)m->length, m->payload, m->qos, m->retained, &o);
    MQTTProperties_free(&o.properties);
    if (rc == MQTTASYNC_SUCCESS)
        return 0;
    if (s)
        s->used = false;
    return rc == MQTTASYNC_MAX_BUFFERED_MESSAGES || rc == MQTTASYNC_NO_MORE_MSGIDS ? CN_E_FULL : CN_E_GONE;
}

int link_disconnect(struct link *l)
{
    MQTTAsync_disconnectOptions v4 = MQTTAsync_disconnectOptions_initializer;
    MQTTAsync_disconnectOptions v5 = MQTTAsync_disconnectOptions_initializer5;
    MQTTAsync_disconnectOptions o = l->version == 5 ? v5 : v4;

    o.timeout = DISCONNECT_MS;
    o.context = &l->connection;
    if (l->version == 5)
        o.onSuccess5 = on_ended5;
    else
        o.onSuccess = on_ended;
    return MQTTAsync_disconnect(l->handle, &o) == MQTTASYNC_SUCCESS ? 0 : CN_E_GONE;
}

void link_drop(struct link *l)
{
    MQTTAsync_disconnectOptions o = MQTTAsync_disconnectOptions_initializer;

    l->generation++;
    /* the handle itself goes with the next attempt */
    (void)MQTTAsync_disconnect(l->handle, &o);
}
