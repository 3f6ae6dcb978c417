#include "southbound/dlt645/dlt645_driver.h"

#include <string.h>

#include "gateway/base/clock.h"
#include "gateway/base/err.h"
#include "gateway/model/meter.h"
#include "southbound/dlt645/dlt645_frame.h"
#include "southbound/dlt645/dlt645_profile.h"

enum {
    DI_LEN = 4,
    DATA_JOINED_MAX = 2048, /* longest record of the tables is 1026 bytes */
    SLOW_BAUD = 1200,
    BROADCAST_PAUSE_MS = 500, /* reference part 1, section 3 */
    NEAR_MIDNIGHT = 500,      /* hhmmss: a date read just before may be yesterday's */
    SILENT_IN_A_ROW = 2,
};

/* --- one exchange --- */

struct exchange {
    struct driver_port *port;
    struct link_times times;
    unsigned attempts;
    uint8_t address[ADDR_LEN];
    bool heard;       /* the meter said something in this job */
    int64_t heard_ms; /* clock_mono_ms of the last good answer */
};

static int scan(const uint8_t *p, size_t n, bool gap, struct link_span *span)
{
    struct dlt645_span s;
    int found = dlt645_scan(p, n, gap, &s);

    *span = (struct link_span){.start = s.start, .length = s.length, .bad = s.bad, .torn = s.cut > 0};
    return found;
}

static const struct link_framing framing = {
    .scan = scan, .frame_max = DLT645_FRAME_MAX + DLT645_WAKE_MAX, .echo = true};

static struct exchange exchange_of(struct driver_port *port, const struct bus_job *job)
{
    const struct profile *p = port->profile;
    uint16_t response = port->link->line.baud > SLOW_BAUD ? p->response_ms : p->slow_response_ms;
    struct exchange x = {
        .port = port,
        .times = {.response_ms = job->response_ms ? job->response_ms : response,
                  .byte_ms = job->byte_ms ? job->byte_ms : p->byte_ms},
        .attempts = job->attempts ? job->attempts : p->attempts,
    };

    memcpy(x.address, job->address, ADDR_LEN);
    return x;
}

static uint64_t peer_of(const uint8_t address[ADDR_LEN])
{
    uint64_t peer = 0;

    for (size_t i = 0; i < ADDR_LEN; i++)
        peer = peer << 8 | address[i];
    return peer + 1; /* 0 is nobody */
}

/* After these the port is of no use now; trying again is not this driver's business. */
static bool fatal(int rc)
{
    return rc == CN_E_IO || rc == CN_E_BUSY || rc == CN_E_CANCELLED;
}

static void count(uint16_t *counter)
{
    if (*counter < UINT16_MAX)
        ++*counter;
}

static int send_frame(struct exchange *x, const struct dlt645_frame *request)
{
    uint8_t bytes[DLT645_FRAME_MAX + DLT645_WAKE_MAX];
    struct wbuf out = wbuf_of(bytes, sizeof bytes);
    int n = dlt645_frame_encode(&out, x->port->profile->wake_bytes, request);

    return n < 0 ? n : link_send(x->port->link, peer_of(x->address), bytes, (size_t)n);
}

/* Does a good frame answer the request? @return 0, CN_E_FOREIGN, CN_E_DENIED, CN_E_AUTH. */
static int match(struct exchange *x, const struct dlt645_frame *request, const struct dlt645_frame *f,
                 size_t di_len)
{
    struct bus_stats *stats = &x->port->link->stats;

    if (!(f->control & DLT645_C_SLAVE)) {
        /* our own words in a form that the link could not see as an echo, or another master on the line */
        bool own = f->control == request->control && memcmp(f->address, request->address, ADDR_LEN) == 0;
        count(own ? &stats->echo : &stats->foreign);
        return CN_E_FOREIGN;
    }
    bool wrong =
        !dlt645_addr_covers(x->address, f->address) || ((f->control ^ request->control) & DLT645_C_FN) != 0;
    bool abnormal = f->control & DLT645_C_ABNORMAL;
    if (!wrong && !abnormal)
        wrong = f->length < di_len || memcmp(f->data, request->data, di_len) != 0;
    /* the repeated part of a follow-on answer that came late */
    if (!wrong && !abnormal && (f->control & DLT645_C_FN) == DLT645_FN_NEXT)
        wrong = f->length <= di_len || f->data[f->length - 1] != request->data[di_len];
    if (wrong) {
        count(&stats->foreign);
        link_note(x->port->link, "answer to another request");
        return CN_E_FOREIGN;
    }
    count(&stats->answers);
    x->heard = true;
    x->heard_ms = clock_mono_ms();
    return abnormal ? dlt645_error_code(dlt645_error_word(f)) : 0;
}

/* A meter with a pending active report answers 12H with its report state word: no more data follow (7.2). */
static bool other_data_follow(const struct exchange *x, const struct dlt645_frame *request,
                              const struct dlt645_frame *f)
{
    return f->control & DLT645_C_SLAVE && (f->control & DLT645_C_FN) == DLT645_FN_NEXT &&
           dlt645_addr_covers(x->address, f->address) && f->length >= DI_LEN &&
           memcmp(f->data, request->data, DI_LEN) != 0;
}

/*
 * One request up to its answer, with retries.
 * @param di_len  bytes at the start of DATA that the answer must repeat
 * @return 0, CN_E_DENIED, CN_E_AUTH, or the failure of the last try
 */
static int transact(struct exchange *x, const struct dlt645_frame *request, size_t di_len,
                    struct dlt645_frame *answer)
{
    int rc = CN_E_TIMEOUT;

    for (unsigned i = 0; i < x->attempts; i++) {
        bool foreign = false;
        rc = send_frame(x, request);
        while (rc >= 0) {
            const uint8_t *bytes;
            rc = link_receive(x->port->link, &framing, &x->times, &bytes);
            if (rc < 0)
                break;
            if (dlt645_frame_decode(bytes, (size_t)rc, answer) < 0)
                continue; /* cannot be: the scan checked it */
            rc = match(x, request, answer, di_len);
            if (rc != CN_E_FOREIGN || other_data_follow(x, request, answer))
                return rc;
            foreign = true;
            rc = 0;
        }
        if (fatal(rc))
            return rc;
        if (rc == CN_E_TIMEOUT && foreign)
            rc = CN_E_FOREIGN;
        int drained = link_drain(x->port->link);
        if (drained < 0)
            return drained;
    }
    return rc;
}

/* --- reading identifiers --- */

struct data {
    uint8_t bytes[DATA_JOINED_MAX];
    size_t n;
};

/*
 * Follow-on frames (reference part 1, 7.2): DI, part, SEQ. An answer without SEQ, reported once, is not
 * accepted: the last data byte would pass for it.
 * @return 0; CN_E_DENIED and CN_E_FOREIGN leave what is there
 */
static int read_rest(struct exchange *x, uint32_t di, struct data *d)
{
    struct dlt645_frame request = {.control = DLT645_FN_NEXT, .length = DI_LEN + 1};
    struct dlt645_frame answer = {.control = DLT645_C_MORE};

    memcpy(request.address, x->address, ADDR_LEN);
    dlt645_di_put(request.data, di);
    for (unsigned seq = 1; answer.control & DLT645_C_MORE; seq++) {
        if (seq > 0xFF)
            return CN_E_FORMAT;
        request.data[DI_LEN] = (uint8_t)seq;
        int rc = transact(x, &request, DI_LEN, &answer);
        if (rc < 0)
            return rc;
        size_t part = answer.length - DI_LEN - 1u;
        if (d->n + part > sizeof d->bytes)
            return CN_E_NOSPACE;
        memcpy(d->bytes + d->n, answer.data + DI_LEN, part);
        d->n += part;
    }
    return 0;
}

/* Append the data of one identifier. On failure d is as before. @return 0 or as transact. */
static int read_di(struct exchange *x, uint32_t di, struct data *d)
{
    struct dlt645_frame request = {.control = DLT645_FN_READ, .length = DI_LEN}, answer;
    size_t before = d->n;
    int rc = CN_E_TIMEOUT;

    memcpy(request.address, x->address, ADDR_LEN);
    dlt645_di_put(request.data, di);
    /* when a part stays away the whole is read again, once */
    for (int again = 0; again < 2; again++) {
        rc = transact(x, &request, DI_LEN, &answer);
        if (rc < 0)
            return rc;
        size_t n = answer.length - (size_t)DI_LEN;
        if (before + n > sizeof d->bytes)
            return CN_E_NOSPACE;
        memcpy(d->bytes + before, answer.data + DI_LEN, n);
        d->n = before + n;
        if (!(answer.control & DLT645_C_MORE))
            return 0;
        rc = read_rest(x, di, d);
        /*
         * bit 5 without more data, or with a pending active report: the first part counts, if its length
         * fits
         */
        if (rc >= 0 || rc == CN_E_DENIED || rc == CN_E_AUTH || rc == CN_E_FOREIGN)
            return 0;
        d->n = before;
        if (fatal(rc))
            return rc;
    }
    return rc;
}

/* --- answering wants --- */

struct reader {
    struct exchange x;
    const struct bus_job *job;
    struct meter_memory *memory;
    const struct profile_item *items[BUS_WANTS_MAX]; /* NULL: the model has no such thing */
    bool done[BUS_WANTS_MAX];
    unsigned failures_in_a_row;
    int status;
    struct data data;
    struct bus_values values;
};

static void answer_want(struct reader *r, unsigned i, int status, unsigned count_of)
{
    r->values.id = r->job->id;
    r->values.want = r->job->wants[i];
    r->values.status = (int16_t)(status < 0 ? status : 0);
    r->values.count = (uint16_t)count_of;
    r->values.mono_ms = r->x.heard_ms ? r->x.heard_ms : clock_mono_ms();
    r->done[i] = true;
    r->x.port->values(r->x.port->ctx, &r->values);
}

static bool same_source(const struct reader *r, unsigned i, unsigned j, bool block)
{
    const struct profile_item *a = r->items[i], *b = r->items[j];

    if (i == j)
        return true;
    if (r->done[j] || !b || r->job->wants[i].index != r->job->wants[j].index || b->dlt645.then.set)
        return false;
    if (block)
        return dlt645_pattern_same(&a->dlt645.block, &b->dlt645.block);
    return dlt645_pattern_same(&a->dlt645.single, &b->dlt645.single) && a->dlt645.list == b->dlt645.list;
}

/* Answer want i and all others that the same data hold. @return how many did not fit. */
static unsigned answer_from_data(struct reader *r, unsigned i, bool block)
{
    unsigned misfits = 0;

    for (unsigned j = i; j < r->job->want_count; j++) {
        if (!same_source(r, i, j, block))
            continue;
        const struct profile_item *item = r->items[j];
        int n =
            block ? dlt645_spec_block(&item->dlt645, item->quantity, r->data.bytes, r->data.n, r->values.r)
                  : dlt645_spec_single(&item->dlt645, item->quantity, r->data.bytes, r->data.n, r->values.r);
        if (n < 0 && block) {
            misfits++; /* read singly instead */
            continue;
        }
        answer_want(r, j, n, n < 0 ? 0 : (unsigned)n);
    }
    return misfits;
}

static void answer_failure(struct reader *r, unsigned i, bool block, int rc)
{
    for (unsigned j = i; j < r->job->want_count; j++) {
        if (same_source(r, i, j, block))
            answer_want(r, j, rc, 0);
    }
}

/* Single items of a list are put behind one another, as its block would have them. */
static int read_singly(struct reader *r, unsigned i)
{
    const struct dlt645_spec *s = &r->items[i]->dlt645;
    unsigned index = r->job->wants[i].index;

    r->data.n = 0;
    if (s->single.element_shift < 0)
        return read_di(&r->x, dlt645_pattern_di(&s->single, 0, index), &r->data);
    unsigned first = s->list == DLT645_LIST_NUMBERS;
    unsigned last = first ? s->numbers : r->job->tariffs;
    for (unsigned e = first; e <= last; e++) {
        size_t before = r->data.n;
        int rc = read_di(&r->x, dlt645_pattern_di(&s->single, e, index), &r->data);
        bool refused = rc == CN_E_DENIED || rc == CN_E_AUTH;
        if (refused && e > first)
            return 0; /* the meter has no further tariffs */
        if (rc < 0)
            return rc;
        if (r->data.n - before != s->stride)
            return CN_E_FORMAT;
    }
    return 0;
}

static void want_singly(struct reader *r, unsigned i)
{
    int rc = read_singly(r, i);

    if (rc >= 0) {
        answer_from_data(r, i, false);
        r->failures_in_a_row = 0;
        return;
    }
    if (rc == CN_E_DENIED || rc == CN_E_AUTH || rc == CN_E_FORMAT)
        r->failures_in_a_row = 0;
    else {
        r->status = rc;
        r->failures_in_a_row++;
    }
    answer_failure(r, i, false, rc);
}

/*
 * "No answer to this identifier" and "no answer at all" are told apart by a single item, asked once
 * (reference part 1, section 4). A meter that has answered this block before is just silent now.
 */
static bool silent_on_block_only(struct reader *r, unsigned i, uint64_t bit)
{
    if (r->memory->works & bit)
        return false;
    unsigned attempts = r->x.attempts;
    r->x.attempts = 1;
    const struct dlt645_spec *s = &r->items[i]->dlt645;
    unsigned element = s->list == DLT645_LIST_NUMBERS;
    r->data.n = 0;
    int rc = read_di(&r->x, dlt645_pattern_di(&s->single, element, r->job->wants[i].index), &r->data);
    r->x.attempts = attempts;
    return rc >= 0 || rc == CN_E_DENIED || rc == CN_E_AUTH;
}

static void want_by_block(struct reader *r, unsigned i)
{
    const struct dlt645_spec *s = &r->items[i]->dlt645;
    uint64_t bit = UINT64_C(1) << s->block_no;

    r->data.n = 0;
    int rc = read_di(&r->x, dlt645_pattern_di(&s->block, 0, r->job->wants[i].index), &r->data);
    if (rc >= 0) {
        r->failures_in_a_row = 0;
        if (answer_from_data(r, i, true) == 0) {
            r->memory->works |= bit;
            return;
        }
        link_note(r->x.port->link, "block of a bad size: reading singly");
        r->memory->refused |= bit;
    } else if (rc == CN_E_DENIED || rc == CN_E_AUTH) {
        link_note(r->x.port->link, "block refused: reading singly");
        r->memory->refused |= bit;
    } else if (rc == CN_E_TIMEOUT && silent_on_block_only(r, i, bit)) {
        link_note(r->x.port->link, "block not answered: reading singly");
        r->memory->silent |= bit;
    } else {
        r->status = rc;
        r->failures_in_a_row++;
        answer_failure(r, i, true, rc);
    }
}

/* Date, then time; just after midnight the date is read again, since the first one may be yesterday's. */
static void want_joined(struct reader *r, unsigned i)
{
    const struct profile_item *item = r->items[i];
    const struct dlt645_spec *s = &item->dlt645;
    uint32_t first = dlt645_pattern_di(&s->single, 0, 0), second = dlt645_pattern_di(&s->then, 0, 0);
    struct value v;

    r->data.n = 0;
    int rc = read_di(&r->x, first, &r->data);
    size_t n_first = r->data.n;
    if (rc >= 0)
        rc = read_di(&r->x, second, &r->data);
    int64_t at = r->x.heard_ms;
    size_t n_second = r->data.n - n_first;
    if (rc >= 0 && n_second == s->then_format.len && s->then_format.type == DLT645_TIME) {
        struct value t = dlt645_value_get(&s->then_format, r->data.bytes + n_first);
        if (t.quality == VALUE_GOOD && t.mantissa < NEAR_MIDNIGHT) {
            struct data again = {.n = 0};
            rc = read_di(&r->x, first, &again);
            if (rc >= 0 && again.n != n_first)
                rc = CN_E_FORMAT;
            if (rc >= 0)
                memcpy(r->data.bytes, again.bytes, n_first);
        }
    }
    if (rc >= 0)
        rc = dlt645_spec_joined(s, r->data.bytes, n_first, r->data.bytes + n_first, n_second, &v);
    if (rc >= 0) {
        r->values.r[0] = (struct reading){.quantity = item->quantity, .value = v};
        r->x.heard_ms = at; /* the values hold at the moment of the time, not of the second date */
    } else if (rc != CN_E_DENIED && rc != CN_E_AUTH && rc != CN_E_FORMAT) {
        r->status = rc;
        r->failures_in_a_row++;
    }
    answer_want(r, i, rc, rc < 0 ? 0 : 1);
}

static int dlt645_read(struct driver_port *port, const struct bus_job *job)
{
    struct reader r = {.x = exchange_of(port, job), .job = job};

    r.memory = meter_memory_of(port->memories, port->profile, job->address);
    for (unsigned i = 0; i < job->want_count; i++)
        r.items[i] = profile_item(port->profile, job->wants[i].quantity, job->wants[i].period);
    for (unsigned i = 0; i < job->want_count;) {
        const struct profile_item *item = r.items[i];
        bool gone = fatal(r.status) || (r.failures_in_a_row > 0 && !r.x.heard) ||
                    r.failures_in_a_row >= SILENT_IN_A_ROW;
        if (r.done[i])
            i++;
        else if (!item)
            answer_want(&r, i, CN_E_UNSUPPORTED, 0);
        else if (gone)
            answer_want(&r, i, r.status, 0);
        else if (item->dlt645.then.set)
            want_joined(&r, i);
        else if (item->dlt645.block.set &&
                 !((r.memory->refused | r.memory->silent) >> item->dlt645.block_no & 1))
            want_by_block(&r, i);
        else
            want_singly(&r, i);
    }
    return r.status;
}

/* --- the other jobs --- */

static int dlt645_set_time(struct driver_port *port, const struct bus_job *job)
{
    struct exchange x = exchange_of(port, job);
    struct dlt645_frame request = {.control = DLT645_FN_TIME, .length = 6}, answer;
    struct civil c = job->local_time;
    bool broadcast = dlt645_addr_broadcast(job->address);

    if (!civil_valid(&c) || c.year < 2000 || c.year > 2099)
        return CN_E_RANGE;
    /*
     * The meter takes over the time when the frame has arrived: add what has passed and what sending
     * takes.
     */
    size_t wire = port->profile->wake_bytes + DLT645_OVERHEAD + 6u;
    int64_t late_ms = clock_mono_ms() - port->job_ms + link_wire_us(port->link, wire) / 1000;
    c = civil_from_s(civil_to_s(&c) + (late_ms + 500) / 1000);
    const uint8_t digits[] = {bcd_of(c.second), bcd_of(c.minute), bcd_of(c.hour),
                              bcd_of(c.day),    bcd_of(c.month),  bcd_of((unsigned)c.year % 100)};
    memcpy(request.data, digits, sizeof digits);
    memcpy(request.address, job->address, ADDR_LEN);

    if (broadcast) {
        int rc = send_frame(&x, &request);
        link_pause(port->link, BROADCAST_PAUSE_MS);
        return rc;
    }
    /* To one address the service has no answer either (reference part 1, 7.6); some meters give one, so it is
     * listened to. Silence is no failure; whether the clock is right a later reading tells. */
    x.attempts = 1;
    int rc = transact(&x, &request, 0, &answer);
    return rc == CN_E_TIMEOUT ? 0 : rc;
}

static int dlt645_forward(struct driver_port *port, const struct bus_job *job)
{
    struct exchange x = exchange_of(port, job);
    struct bus_bytes back = {.id = job->id};
    int rc = link_send(port->link, 0, job->bytes, job->length);

    if (rc >= 0)
        rc = link_collect(port->link, &framing, &x.times, back.bytes, sizeof back.bytes);
    if (rc < 0)
        return rc;
    back.length = (uint16_t)rc;
    port->bytes(port->ctx, &back);
    return 0;
}

static int dlt645_find(struct driver_port *port, const struct bus_job *job, uint8_t address[ADDR_LEN])
{
    struct exchange x = exchange_of(port, job);
    struct dlt645_frame request = {.control = DLT645_FN_READ_ADDRESS}, answer;

    memset(x.address, 0xAA, ADDR_LEN);
    memset(request.address, 0xAA, ADDR_LEN);
    int rc = transact(&x, &request, 0, &answer);
    if (rc == CN_E_TIMEOUT) {
        /* meters that ignore 13H answer a plain reading (reference part 1, section 11) */
        request.control = DLT645_FN_READ;
        request.length = DI_LEN;
        dlt645_di_put(request.data, 0x00010000);
        rc = transact(&x, &request, DI_LEN, &answer);
        if (rc == CN_E_DENIED || rc == CN_E_AUTH)
            rc = 0; /* the refusal carries the address as well */
    }
    /* several meters at once garble each other's frames */
    if (rc == CN_E_CHECKSUM || rc == CN_E_PARITY || rc == CN_E_FRAME)
        return CN_E_CONFLICT;
    if (rc < 0)
        return rc;
    memcpy(address, answer.address, ADDR_LEN);
    if (dlt645_addr_wildcard(address) && answer.length == ADDR_LEN)
        memcpy(address, answer.data, ADDR_LEN);
    return 0;
}

const struct meter_driver dlt645_2007_driver = {
    .framing = "dlt645-2007",
    .protocol = PROTO_DLT645_2007,
    .profile = "dlt645-2007",
    .read = dlt645_read,
    .set_time = dlt645_set_time,
    .forward = dlt645_forward,
    .find = dlt645_find,
    .parse_item = dlt645_profile_item,
    .finish = dlt645_profile_finish,
    .replay = dlt645_profile_replay,
};
