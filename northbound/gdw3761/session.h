#ifndef NORTHBOUND_GDW3761_SESSION_H
#define NORTHBOUND_GDW3761_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/model/config.h"
#include "northbound/gdw3761/link.h"
#include "northbound/gdw3761/report.h"

/**
 * The connection to the master of an always-on TCP client (reference part 1, section 11). Pure: the owner
 * connects and closes as told and passes time in.
 *
 *   state       event                              next        what happens
 *   IDLE        time reached                       CONNECTING  ask for a connection to the host in turn
 *   CONNECTING  connected                          LOGIN       send login
 *   CONNECTING  failed                             IDLE        the other host at once, then redial interval
 *   LOGIN       confirmed                          ONLINE      heartbeats, reports
 *   LOGIN       denied, repeats used up, closed    IDLE        close; as a failed connection
 *   ONLINE      heartbeat unanswered, closed       IDLE        close; first tries soon
 *   ONLINE      stop, other host in F3             LOGOUT      send logout
 *   LOGOUT      confirmed, time, closed            IDLE or END close
 *
 * Requests are answered in every state with a connection, also before the login is confirmed.
 */
enum gdw_state { GDW_IDLE, GDW_CONNECTING, GDW_LOGIN, GDW_ONLINE, GDW_LOGOUT, GDW_END };

enum {
    GDW_LOGOUT_MS = 2000, /**< wait for the confirmation of a logout */
    GDW_SOON_MS = 1000,   /**< first try after a good connection broke */
    GDW_SOON_TRIES = 2,   /**< such rounds, GDW_SOON_MS and three times as long, before the redial interval */
    GDW_GOOD_MS = 30000,  /**< a login that lasted this long was a good connection */
    GDW_RELOAD_MS = 5000, /**< new communication parameters come into force after this time */
    GDW_REDIAL_MIN_S = 5,
    GDW_AUX_MAX = GDW_OUT_MIN, /**< buffer for frames the terminal starts */
};

/** Communication parameters in force: F1, F3, F8, F6. */
struct gdw_comm {
    struct param_f1 f1;
    struct config_host hosts[2]; /**< main, standby */
    uint16_t redial_s;           /**< F8 */
    uint16_t groups[GDW_GROUPS]; /**< F6 */
};

enum gdw_action { GDW_ACT_NONE, GDW_ACT_CONNECT, GDW_ACT_CLOSE };

struct gdw_session {
    struct gdw_link link;
    struct gdw_report report;
    struct gdw_comm comm;
    uint8_t state;     /**< enum gdw_state */
    uint8_t host;      /**< 0 main, 1 standby: in use or next */
    bool ended;        /**< stop was asked: END follows */
    bool close;        /**< the owner must close the connection */
    int64_t next_ms;   /**< IDLE: time of the next try */
    uint8_t soon;      /**< quick rounds left */
    int64_t online_at; /**< monotonic ms of the login's confirmation */
    int64_t heartbeat_at;
    uint8_t pfc; /**< counter of the frames we start */

    uint8_t fn; /**< AFN 02 frame that waits for its confirmation: 1 login, 2 logout, 3 heartbeat; 0 = none */
    uint8_t pseq;
    uint8_t tries; /**< repeats left */
    bool send;     /**< it is to be sent (again) */
    int64_t until; /**< monotonic ms: repeat or give up */
    uint8_t aux[GDW_AUX_MAX];
};

/** The first try is made at once. m: memory of the link. */
void gdw_session_init(struct gdw_session *s, struct gdw_app *a, struct gdw_link_memory *m,
                      const struct gdw_comm *comm, struct gdw_now now);
/** Other parameters are in force from now on: another host in use means logout and a new connection. */
void gdw_session_set_comm(struct gdw_session *s, const struct gdw_comm *comm, struct gdw_now now);

/** What the owner has to do; call after every other call and at the deadline. For CONNECT the host is
 * s->comm.hosts[s->host]. */
enum gdw_action gdw_session_step(struct gdw_session *s, struct gdw_now now);
void gdw_session_connected(struct gdw_session *s, struct gdw_now now);
/** The connection failed, was closed by the master, or by the owner after GDW_ACT_CLOSE. */
void gdw_session_closed(struct gdw_session *s, struct gdw_now now);
void gdw_session_input(struct gdw_session *s, const uint8_t *p, size_t n, struct gdw_now now);
/** As gdw_link_output: answers first, then login, heartbeat, logout, then reports. */
size_t gdw_session_output(struct gdw_session *s, struct gdw_now now, const uint8_t **frame);
/** Log out and end: when the state is GDW_END the owner may go. */
void gdw_session_stop(struct gdw_session *s, struct gdw_now now);
int64_t gdw_session_deadline(const struct gdw_session *s, struct gdw_now now);
/** For CTL_LINK. */
enum ctl_link_state gdw_session_link_state(const struct gdw_session *s);

#endif
