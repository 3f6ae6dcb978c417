#ifndef TESTS_SIM_MASTER_STATION_H
#define TESTS_SIM_MASTER_STATION_H

#include <stdio.h>

#include "tests/sim/master/archive.h"
#include "tests/sim/master/exchange.h"

/**
 * The master station: terminals, their links, and one command after the other. No sockets, no waiting: bytes
 * and the time go in, bytes and texts come out through struct ms_net.
 */
enum { MS_TERMINALS = 4096, MS_JOBS = 8192, MS_REPORTS = 1024, MS_LINE = 1 << 16, MS_WORDS = 2100 };

struct ms_terminal {
    uint16_t a1, a2;      /**< as in the frame: 0x4403 */
    struct ms_link *link; /**< NULL = not connected */
    bool logged_in;
    uint8_t pfc;
    unsigned logins, heartbeats, logouts, reports;
    bool acd;
    uint8_t ec1, ec2;   /**< of the last frame with EC */
    uint8_t report_seq; /**< the last report, to know a repeat */
    uint64_t report_hash;
};

/** One connection. */
struct ms_link {
    void *net;                    /**< the adapter's */
    struct ms_terminal *terminal; /**< NULL until the first frame */
    struct gdw_rx rx;
    uint8_t buf[2 * GDW_FRAME_MAX];
};

struct ms_net {
    void *ctx;
    void (*send)(void *ctx, struct ms_link *link, const uint8_t *p, size_t n);
    /** Close the connection; ms_station_closed follows. */
    void (*close)(void *ctx, struct ms_link *link);
    /** Answer to a command. source is what ms_station_submit got. */
    void (*answer)(void *ctx, void *source, bool ok, const char *text);
    /** Monotonic microseconds, to time answers; NULL = not timed. */
    int64_t (*now_us)(void *ctx);
    /** Something happened that nobody asked for: login, report. */
    void (*note)(void *ctx, const char *text);
};

/** Faults of the master, for the terminal's tests. */
struct ms_faults {
    unsigned no_login_confirm;  /**< so many logins stay unanswered */
    unsigned no_report_confirm; /**< so many reports stay unanswered */
    bool deny_login;
    bool confirm_by_f3; /**< logins and heartbeats are confirmed with F3 instead of F1 */
    bool never_confirm; /**< nothing that the terminal starts is confirmed */
    unsigned delay_ms;  /**< everything is sent so much later */
};

struct ms_command;

/** The command in work. */
struct ms_run {
    const struct ms_command *command; /**< NULL = none */
    void *source;
    char line[MS_LINE]; /**< as given */
    char text[MS_LINE]; /**< split into words */
    char *words[MS_WORDS];
    size_t n;
    bool negate; /**< "not": success when it fails */
    FILE *out;
    char *buffer;
    size_t size;
    bool exchanging;
    int (*finish)(struct ms_run *run); /**< after the exchange; as a command's start */
    int (*check)(struct ms_run *run);  /**< on every change while waiting; as a command's start */
    int64_t deadline;                  /**< of check; INT64_MAX = none */
    struct ms_station *st;
    unsigned target, stage; /**< a command's own */
    /* loop: the command inside, how often still, and what the rounds so far gave */
    char inner[MS_LINE];
    unsigned left, failed, rounds, timed;
    bool round_negate;
    long long round_start; /**< where the output of this round begins */
    int64_t period_ms, next_ms;
    int64_t least_us, most_us, sum_us;
};

/** A delayed frame. */
struct ms_late {
    struct ms_late *next;
    struct ms_link *link;
    int64_t due;
    size_t n;
    uint8_t bytes[];
};

struct ms_job {
    char *line;
    void *source;
};

struct ms_station {
    struct ms_options opt;
    struct ms_faults faults;
    struct ms_net net;
    struct zone zone;
    bool json;
    bool quiet;   /**< no notes */
    FILE *frames; /**< every frame in hex and words; NULL = none */

    struct ms_terminal terminal[MS_TERMINALS];
    unsigned terminals;
    struct ms_terminal *current; /**< of "use"; NULL = the first that is logged in */

    struct ms_plan plan;
    struct ms_answers answers; /**< of the last request */
    struct ms_answers spare;   /**< a report being printed */
    struct ms_exchange exchange;
    struct ms_terminal *partner;  /**< of the exchange */
    int64_t sent_us, answered_us; /**< last request sent, last frame of the answer received */
    struct ms_run run;
    struct ms_job job[MS_JOBS];
    unsigned job_head, job_count;
    struct ms_late *late;
    bool quit;

    /* what was reported and not yet taken by "wait report" */
    struct {
        uint8_t afn, erc;
        bool taken;
    } report[MS_REPORTS];
    unsigned report_count; /**< all reported records ever; the last MS_REPORTS are kept */
    unsigned logins, heartbeats, logouts, reports, repeats, stray, bad_bytes, connections, disconnections;
    int64_t now; /**< monotonic ms of the call in work */
    int64_t utc_ms;
};

int ms_station_init(struct ms_station *st);
void ms_station_free(struct ms_station *st);

/** All of these take the time; afterwards ask ms_station_deadline. */
void ms_station_connected(struct ms_station *st, struct ms_link *link, int64_t now_ms, int64_t utc_ms);
void ms_station_received(struct ms_station *st, struct ms_link *link, const uint8_t *p, size_t n,
                         int64_t now_ms, int64_t utc_ms);
void ms_station_closed(struct ms_station *st, struct ms_link *link, int64_t now_ms, int64_t utc_ms);
void ms_station_tick(struct ms_station *st, int64_t now_ms, int64_t utc_ms);
/** Monotonic ms of the next ms_station_tick; INT64_MAX = none. */
int64_t ms_station_deadline(const struct ms_station *st);
/** Queue a command. @return 0, CN_E_FULL, CN_E_NOMEM */
int ms_station_submit(struct ms_station *st, const char *line, void *source, int64_t now_ms, int64_t utc_ms);
/** Nothing is queued or in work. */
bool ms_station_idle(const struct ms_station *st);
/** Forget the answers a source waits for (it is gone); its commands are carried out. */
void ms_station_forget(struct ms_station *st, const void *source);

/* ---- for the commands ---- */

/** The terminal commands go to; NULL = none is connected. */
struct ms_terminal *ms_station_partner(struct ms_station *st);
/** Send bytes to a terminal (delayed when the fault says so), with a line in the frame log. */
void ms_station_send(struct ms_station *st, struct ms_link *link, const uint8_t *p, size_t n);
/** Local time now. */
struct civil ms_station_local(const struct ms_station *st);

#endif
