#include "northbound/mqtt/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "gateway/base/civil.h"
#include "gateway/base/clock.h"

enum {
    ALERT_MS = 1000 /* a broker that refuses our certificate says so within this after a TLS 1.3 handshake */
};

struct probe {
    const struct mqtt_settings *s;
    struct fault *f;
    int64_t end_ms;
    int fd;
    int verify_error, verify_depth; /* of the certificate check */
    char valid[40];                 /* the date that matters */
};

static int left_ms(const struct probe *p)
{
    int64_t left = p->end_ms - clock_mono_ms();

    return left > 0 ? (int)left : 0;
}

/* ---- TCP ---- */

static int connect_one(struct probe *p, const struct addrinfo *a)
{
    int error = 0;
    socklen_t size = sizeof error;

    p->fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
    if (p->fd < 0)
        return errno;
    if (connect(p->fd, a->ai_addr, a->ai_addrlen) < 0) {
        error = errno;
        struct pollfd w = {.fd = p->fd, .events = POLLOUT};
        if (error == EINPROGRESS)
            error = poll(&w, 1, left_ms(p)) > 0 ? 0 : ETIMEDOUT;
        if (error == 0 && getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
            error = errno;
    }
    if (error) {
        close(p->fd);
        p->fd = -1;
    }
    return error;
}

static bool connect_tcp(struct probe *p)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list;
    char port[8];
    int error = EHOSTUNREACH;

    snprintf(port, sizeof port, "%u", p->s->port);
    int rc = getaddrinfo(p->s->host, port, &hints, &list);
    if (rc != 0) {
        fault_set(p->f, FAULT_NAME, "its name cannot be resolved: %s", gai_strerror(rc));
        return false;
    }
    for (const struct addrinfo *a = list; a && p->fd < 0; a = a->ai_next)
        error = connect_one(p, a);
    freeaddrinfo(list);
    if (p->fd < 0)
        fault_set(p->f, FAULT_REACH, "no TCP connection: %s", strerror(error));
    return p->fd >= 0;
}

/* ---- TLS ---- */

static void print_date(const ASN1_TIME *t, char *out, size_t cap)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(t, &tm) == 1)
        snprintf(out, cap, "%04d-%02d-%02d %02d:%02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                 tm.tm_hour, tm.tm_min, tm.tm_sec);
    else
        snprintf(out, cap, "an unreadable date");
}

/* OpenSSL's own check, with its first finding kept. */
static int check_chain(X509_STORE_CTX *c, void *arg)
{
    struct probe *p = arg;
    int ok = X509_verify_cert(c);

    p->verify_error = ok > 0 ? X509_V_OK : X509_STORE_CTX_get_error(c);
    p->verify_depth = X509_STORE_CTX_get_error_depth(c);
    const X509 *cert = X509_STORE_CTX_get_current_cert(c);
    if (cert && p->verify_error == X509_V_ERR_CERT_HAS_EXPIRED)
        print_date(X509_get0_notAfter(cert), p->valid, sizeof p->valid);
    else if (cert && p->verify_error == X509_V_ERR_CERT_NOT_YET_VALID)
        print_date(X509_get0_notBefore(cert), p->valid, sizeof p->valid);
    return ok;
}

static void name_verify_error(struct probe *p)
{
    const char *whose = p->verify_depth == 0 ? "its certificate" : "a certificate of its CA";
    char text[24];
    struct civil now = civil_from_s(clock_system_ms() / 1000);

    civil_print(&now, text, sizeof text);
    switch (p->verify_error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        fault_set(p->f, FAULT_EXPIRED, "TLS: %s has expired: valid until %s, the clock says %s UTC", whose,
                  p->valid, text);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        fault_set(p->f, FAULT_NOT_YET, "TLS: %s is not yet valid: valid from %s, the clock says %s UTC",
                  whose, p->valid, text);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        fault_set(p->f, FAULT_HOST, "TLS: its certificate is for another host, not for %s", p->s->host);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        fault_set(p->f, FAULT_CA, "TLS: its certificate is of an unknown CA, not of one in %.80s",
                  p->s->tls_ca);
        break;
    default:
        fault_set(p->f, FAULT_TLS, "TLS: %s is refused: %s", whose,
                  X509_verify_cert_error_string(p->verify_error));
    }
}

static const char *last_reason(void)
{
    unsigned long e = ERR_peek_last_error();
    const char *text = e ? ERR_reason_error_string(e) : NULL;

    return text ? text : "the connection was closed";
}

static bool bad_file(struct probe *p, const char *key, const char *path)
{
    const char *why = access(path, R_OK) < 0 ? strerror(errno) : last_reason();

    fault_set(p->f, FAULT_FILES, "TLS: %s = %.80s cannot be used: %s", key, path, why);
    return false;
}

static bool load_files(struct probe *p, SSL_CTX *c)
{
    const struct mqtt_settings *s = p->s;

    ERR_clear_error();
    if (SSL_CTX_load_verify_locations(c, s->tls_ca, NULL) != 1)
        return bad_file(p, "tls_ca", s->tls_ca);
    if (!s->tls_cert[0])
        return true;
    if (SSL_CTX_use_certificate_chain_file(c, s->tls_cert) != 1)
        return bad_file(p, "tls_cert", s->tls_cert);
    if (SSL_CTX_use_PrivateKey_file(c, s->tls_key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(c) != 1)
        return bad_file(p, "tls_key", s->tls_key);
    return true;
}

/* Wait for what OpenSSL wants. @return false: time is over, or it does not want to wait */
static bool wait_ssl(const SSL *ssl, int fd, int rc, int timeout_ms)
{
    int want = SSL_get_error(ssl, rc);
    struct pollfd w = {.fd = fd, .events = want == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN};

    return (want == SSL_ERROR_WANT_READ || want == SSL_ERROR_WANT_WRITE) && poll(&w, 1, timeout_ms) > 0;
}

/* The broker speaks first only when it refuses us. */
static void listen_for_alert(struct probe *p, SSL *ssl)
{
    char byte;
    int rc;

    do {
        ERR_clear_error();
        rc = SSL_read(ssl, &byte, 1);
    } while (rc <= 0 && wait_ssl(ssl, p->fd, rc, ALERT_MS));
    if (rc <= 0 && SSL_get_error(ssl, rc) == SSL_ERROR_SSL)
        fault_set(p->f, FAULT_OUR_CERT, "TLS: it refuses our certificate: %s", last_reason());
}

static void shake_hands(struct probe *p, SSL *ssl)
{
    struct in_addr ip;
    int rc;

    if (inet_pton(AF_INET, p->s->host, &ip) == 1)
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), p->s->host);
    else
        SSL_set1_host(ssl, p->s->host);
    SSL_set_tlsext_host_name(ssl, p->s->host);
    SSL_set_fd(ssl, p->fd);
    do {
        ERR_clear_error();
        rc = SSL_connect(ssl);
    } while (rc != 1 && wait_ssl(ssl, p->fd, rc, left_ms(p)));
    if (rc == 1) {
        listen_for_alert(p, ssl);
    } else if (p->verify_error != X509_V_OK) {
        name_verify_error(p);
    } else {
        int error = SSL_get_error(ssl, rc);
        bool alert = error == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_last_error()) >= SSL_AD_REASON_OFFSET;
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
            fault_set(p->f, FAULT_TLS, "TLS: no answer to the handshake: is it a TLS port?");
        else
            fault_set(p->f, alert ? FAULT_OUR_CERT : FAULT_TLS, "TLS: the handshake failed: %s",
                      last_reason());
    }
}

static void try_tls(struct probe *p)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    SSL *ssl = NULL;

    if (!c) {
        fault_set(p->f, FAULT_TLS, "TLS: %s", last_reason());
        return;
    }
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(c, check_chain, p);
    if (load_files(p, c) && (ssl = SSL_new(c)) != NULL)
        shake_hands(p, ssl);
    SSL_free(ssl);
    SSL_CTX_free(c);
}

void probe_broker(const struct mqtt_settings *s, struct fault *f)
{
    struct probe p = {
        .s = s, .f = f, .end_ms = clock_mono_ms() + PROBE_MS, .fd = -1, .verify_error = X509_V_OK};

    *f = (struct fault){.kind = FAULT_NONE};
    if (!connect_tcp(&p))
        return;
    if (s->tls)
        try_tls(&p);
    close(p.fd);
}
