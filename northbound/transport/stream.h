#ifndef NORTHBOUND_TRANSPORT_STREAM_H
#define NORTHBOUND_TRANSPORT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

/**
 * A byte channel on the event loop: a TCP connection to the master, or an accepted connection of a unix
 * socket. Thin: bytes in, bytes out, one write at a time; no protocol. The struct is the owner's and must
 * live until `closed`.
 */
struct stream_handler {
    /** Bytes arrived. */
    void (*data)(void *ctx, const uint8_t *p, size_t n);
    /** The connection is up (tcp_connect), or the last write is through: stream_send may be called. */
    void (*ready)(void *ctx);
    /** The channel is gone and the struct free for the next; status is why (CN_E_...), 0 = closed by us. Once
     * per use. */
    void (*closed)(void *ctx, int status);
};

enum { STREAM_RX = 2048, STREAM_TX = 16400 };

struct stream {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    uv_connect_t connecting;
    uv_write_t writing;
    uv_timer_t timer; /**< connect time-out */
    const struct stream_handler *handler;
    void *ctx;
    bool in_use; /**< from start to `closed` */
    bool up;     /**< connected */
    bool busy;   /**< a write is on its way */
    bool closing;
    uint8_t handles; /**< open uv handles: `closed` follows the last */
    int status;
    uint8_t rx[STREAM_RX];
    uint8_t tx[STREAM_TX]; /**< what the kernel did not take at once */
};

/** @param h, ctx live as long as the stream */
void stream_init(struct stream *s, const struct stream_handler *h, void *ctx);

/**
 * Connect to an IPv4 address. `ready` or `closed` follows, also after an immediate failure.
 * @param timeout_ms for the connection attempt
 * @param keepalive_s idle time before the first keep-alive probe; 0 = none. Unacknowledged bytes end the
 *        connection after three times that long.
 * @return 0, CN_E_STATE (in use)
 */
int tcp_connect(struct stream *s, uv_loop_t *loop, const uint8_t ip[4], uint16_t port, unsigned timeout_ms,
                unsigned keepalive_s);

/** Accept one connection of a listening pipe. @return 0, CN_E_STATE (in use), CN_E_IO */
int local_accept(struct stream *s, uv_loop_t *loop, uv_stream_t *listener);
/**
 * Listen on a unix stream socket, mode 0660; a socket left behind by a dead process is replaced.
 * @return 0, CN_E_EXISTS (another process listens there), CN_E_IO, CN_E_NOSPACE (path too long)
 */
int local_listen(uv_pipe_t *p, uv_loop_t *loop, const char *path, uv_connection_cb cb);

/** True when stream_send may be called. */
bool stream_writable(const struct stream *s);
/** Send n <= STREAM_TX bytes; copied. @return 0, CN_E_BUSY (not writable), CN_E_NOSPACE. A broken channel
 * shows by `closed`. */
int stream_send(struct stream *s, const uint8_t *p, size_t n);
/** Close; `closed` follows. */
void stream_close(struct stream *s);

#endif
