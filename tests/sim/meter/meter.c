#include "tests/sim/meter/meter.h"

#include <string.h>

#include "gateway/base/bcd.h"
#include "gateway/base/err.h"
#include "tests/sim/meter/items.h"

enum {
    FROM_METER = 0x80,
    REFUSED = 0x40,
    MORE = 0x20,
    FIRST_PART = SM_DATA_MAX - 4,
    NEXT_PART = SM_DATA_MAX - 5,
    WILDCARD = 0xAA,
    BROADCAST = 0x99,
    CALIBRATION_LIMIT_S = 300,
};

/* Error word bits. */
enum { ERR_OTHER = 1, ERR_NO_DATA = 2, ERR_PASSWORD = 4, ERR_BAUD = 8 };

enum {
    FN_SECURITY = 0x03,
    FN_TIME = 0x08,
    FN_READ = 0x11,
    FN_NEXT = 0x12,
    FN_READ_ADDRESS = 0x13,
    FN_WRITE = 0x14,
    FN_WRITE_ADDRESS = 0x15,
    FN_FREEZE = 0x16,
    FN_BAUD = 0x17,
    FN_PASSWORD = 0x18,
    FN_CLEAR_DEMAND = 0x19,
    FN_CLEAR_METER = 0x1A,
    FN_CLEAR_EVENTS = 0x1B,
    FN_CONTROL = 0x1C,
};

struct service {
    struct sm_site *site;
    struct sm_meter *m;
    const struct sm_frame *req;
    int64_t now;
    struct wbuf out; /* DATA of the answer */
    uint8_t flags;   /* MORE */
};

/* A service returns an error word (0 = normal answer) or SILENT. */
enum { SILENT = -1 };

int sm_override_put(struct sm_overrides *o, struct sm_meter *m, uint32_t di, const uint8_t *data, size_t n)
{
    struct sm_override *row = NULL;

    if (n > SM_OVERRIDE_LEN)
        return CN_E_RANGE;
    for (unsigned i = 0; i < o->count && !row; i++) {
        if (o->row[i].point == m->point && o->row[i].di == di)
            row = &o->row[i];
    }
    if (!row && o->count == SM_OVERRIDES)
        return CN_E_FULL;
    if (!row)
        row = &o->row[o->count++];
    row->point = m->point;
    row->di = di;
    row->len = (uint8_t)n;
    memcpy(row->data, data, n);
    m->overridden = true;
    return 0;
}

const struct sm_override *sm_override_find(const struct sm_overrides *o, const struct sm_meter *m,
                                           uint32_t di)
{
    for (unsigned i = 0; m->overridden && i < o->count; i++) {
        if (o->row[i].point == m->point && o->row[i].di == di)
            return &o->row[i];
    }
    return NULL;
}

void sm_meter_init(const struct sm_site *s, struct sm_meter *m, unsigned point, unsigned port,
                   const uint8_t address[6])
{
    uint64_t id = sm_mix(s->world.seed, point);

    *m = (struct sm_meter){
        .point = point, .port = (uint8_t)port, .wakeup = -1, .delay_min_ms = -1, .delay_max_ms = -1};
    memcpy(m->address, address, sizeof m->address);
    m->load = (struct sm_load){.id = id, .watts = 400, .tariffs = 4, .three_phase = true};
    m->load.factor = (uint16_t)(930 + id % 60);
    m->load.reverse = id >> 8 & 3 ? 0 : 25;
    m->obeyed_day = INT64_MIN;
    sm_clock_init(&m->clock, s->world.start_s, 0, 0);
}

static bool all(const uint8_t *a, uint8_t v)
{
    for (size_t i = 0; i < 6; i++) {
        if (a[i] != v)
            return false;
    }
    return true;
}

static bool own(const struct sm_meter *m, const struct sm_frame *req)
{
    return memcmp(req->addr, m->address, sizeof m->address) == 0;
}

bool sm_meter_addressed(const struct sm_meter *m, const struct sm_frame *req)
{
    if (req->c & FROM_METER)
        return false;
    if (own(m, req) || all(req->addr, BROADCAST))
        return true;
    for (size_t i = 0; i < 6; i++) {
        if (req->addr[i] != m->address[i] && req->addr[i] != WILDCARD)
            return false;
    }
    return true;
}

static uint32_t di_of(const struct sm_frame *f)
{
    struct rbuf r = rbuf_of(f->data, f->len);

    return rbuf_u32(&r);
}

/* ---- reading ---- */

static int read_part(struct service *s, uint32_t di, int64_t at, size_t from, size_t most)
{
    uint8_t data[SM_ITEM_MAX];
    struct wbuf w = wbuf_of(data, sizeof data);
    int n = sm_item_get(s->site, s->m, di, at, &w);

    if (n < 0 || from > (size_t)n)
        return ERR_NO_DATA;
    size_t part = (size_t)n - from;
    if (part > most) {
        part = most;
        s->flags = MORE;
    }
    wbuf_u32(&s->out, di);
    wbuf_bytes(&s->out, data + from, part);
    return 0;
}

static int serve_read(struct service *s)
{
    if (s->req->len < 4)
        return SILENT;
    uint32_t di = di_of(s->req);
    int err = s->req->len == 4 ? read_part(s, di, s->now, 0, FIRST_PART) : ERR_NO_DATA;
    if (err == ERR_NO_DATA && s->m->unknown_silent)
        return SILENT;
    s->m->follow_di = s->flags & MORE ? di : 0;
    s->m->follow_at = s->now;
    return err;
}

static int serve_next(struct service *s)
{
    if (s->req->len < 5)
        return SILENT;
    uint32_t di = di_of(s->req);
    unsigned seq = s->req->data[4];
    if (seq == 0 || di == 0 || di != s->m->follow_di)
        return ERR_NO_DATA;
    int err = read_part(s, di, s->m->follow_at, FIRST_PART + (seq - 1u) * (size_t)NEXT_PART, NEXT_PART);
    if (err == 0)
        wbuf_u8(&s->out, (uint8_t)seq);
    return err;
}

static int serve_read_address(struct service *s)
{
    wbuf_bytes(&s->out, s->m->address, sizeof s->m->address);
    return 0;
}

/* ---- clock ---- */

static bool civil_from_bcd(const uint8_t *p, size_t from, size_t count, struct civil *c)
{
    uint8_t *fields[] = {&c->second, &c->minute, &c->hour, &c->day, &c->month};

    for (size_t i = 0; i < count; i++) {
        int v = bcd_byte(p[i]);
        if (v < 0)
            return false;
        if (from + i < 5)
            *fields[from + i] = (uint8_t)v;
        else
            c->year = (int16_t)(2000 + v);
    }
    return civil_valid(c);
}

static void set_clock(struct service *s, const struct civil *local, const uint8_t *operator_code)
{
    int64_t before = sm_clock_at(&s->m->clock, s->now);
    int64_t after = zone_to_utc(s->site->world.zone, local);

    sm_clock_set(&s->m->clock, s->now, after);
    s->m->calibrations++;
    s->m->calibrated = (struct sm_event){.at = after, .before = before, .after = after};
    if (operator_code)
        memcpy(s->m->calibrated.operator_code, operator_code, 4);
}

/* Broadcast time: at most five minutes off, once a day (645 reference part 1, 7.6). */
static int serve_time(struct service *s)
{
    struct zone z = s->site->world.zone;
    int64_t shown = sm_clock_at(&s->m->clock, s->now);
    struct civil c = {0};

    if (s->req->len != 6 || !civil_from_bcd(s->req->data, 0, 6, &c))
        return SILENT;
    int64_t off = zone_to_utc(z, &c) - shown;
    if (off > CALIBRATION_LIMIT_S || off < -CALIBRATION_LIMIT_S || s->m->obeyed_day == slot_day(z, shown))
        return SILENT;
    s->m->obeyed_day = slot_day(z, shown);
    set_clock(s, &c, NULL);
    return SILENT;
}

/* ---- writing ---- */

static bool password_ok(const struct sm_meter *m, const uint8_t *p, unsigned level)
{
    return p[0] <= level && memcmp(p + 1, m->password, sizeof m->password) == 0;
}

/* The three clock items; others give false. */
static bool write_clock(struct service *s, uint32_t di, const uint8_t *data, size_t n, int *err)
{
    struct civil c = zone_to_local(s->site->world.zone, sm_clock_at(&s->m->clock, s->now));
    bool ok = false;

    if (di == 0x04000101)
        ok = n == 4 && civil_from_bcd(data + 1, 3, 3, &c);
    else if (di == 0x04000102)
        ok = n == 3 && civil_from_bcd(data, 0, 3, &c);
    else if (di == 0x0400010C)
        ok = n == 7 && civil_from_bcd(data + 4, 3, 3, &c) && civil_from_bcd(data, 0, 3, &c);
    else
        return false;
    *err = ok ? 0 : ERR_OTHER;
    if (ok)
        set_clock(s, &c, s->req->data + 8);
    return true;
}

static int serve_write(struct service *s)
{
    const uint8_t *p = s->req->data;
    int err = 0;

    if (s->req->len < 12)
        return SILENT;
    uint32_t di = di_of(s->req);
    size_t n = s->req->len - 12u;
    if (!password_ok(s->m, p + 4, 4))
        return ERR_PASSWORD;
    if (write_clock(s, di, p + 12, n, &err)) {
        if (err)
            return err;
    } else if (di == 0x04000401 && n == 6) {
        memcpy(s->m->address, p + 12, 6);
    } else {
        int size = sm_item_writable(di);
        if (size < 0)
            return ERR_NO_DATA;
        if ((size_t)size != n || sm_override_put(&s->site->overrides, s->m, di, p + 12, n) < 0)
            return ERR_OTHER;
    }
    s->m->programmings++;
    s->m->programmed = (struct sm_event){.at = sm_clock_at(&s->m->clock, s->now), .di = di};
    memcpy(s->m->programmed.operator_code, p + 8, 4);
    return 0;
}

static int serve_write_address(struct service *s)
{
    if (s->req->len != 6)
        return SILENT;
    memcpy(s->m->address, s->req->data, 6);
    return 0;
}

static int serve_freeze(struct service *s)
{
    if (s->req->len != 4)
        return SILENT;
    if (di_of(s->req) == 0x99999999u) {
        s->m->frozen[2] = s->m->frozen[1];
        s->m->frozen[1] = s->m->frozen[0];
        s->m->frozen[0] = s->now;
    }
    return 0;
}

/* The line is shared: one meter must not leave its rate. */
static int serve_baud(struct service *s)
{
    return s->req->len == 1 ? ERR_BAUD : SILENT;
}

static int serve_password(struct service *s)
{
    const uint8_t *p = s->req->data;

    if (s->req->len != 12)
        return SILENT;
    if (!password_ok(s->m, p + 4, 4))
        return ERR_PASSWORD;
    memcpy(s->m->password, p + 9, sizeof s->m->password);
    wbuf_bytes(&s->out, p + 8, 4);
    return 0;
}

/* Clearing needs the sealed programming key, which nobody presses here. */
static int serve_clear(struct service *s)
{
    return s->req->len >= 8 ? ERR_PASSWORD : SILENT;
}

static int serve_control(struct service *s)
{
    const uint8_t *p = s->req->data;
    struct sm_meter *m = s->m;
    struct civil until = {0};

    if (s->req->len != 16)
        return SILENT;
    if (!password_ok(m, p, 2))
        return ERR_PASSWORD;
    if (!all(p + 10, 0) && (!civil_from_bcd(p + 10, 0, 6, &until) ||
                            zone_to_utc(s->site->world.zone, &until) < sm_clock_at(&m->clock, s->now)))
        return ERR_PASSWORD;
    switch (p[8]) {
    case 0x1A:
        if (m->keep_power)
            return ERR_PASSWORD;
        m->trips += !m->relay_open;
        m->relay_open = true;
        return 0;
    case 0x1B:
    case 0x1C:
    case 0x3A:
        m->closes += m->relay_open;
        m->relay_open = false;
        m->keep_power = m->keep_power || p[8] == 0x3A;
        return 0;
    case 0x2A:
    case 0x2B:
        m->alarm = p[8] == 0x2A;
        return 0;
    case 0x3B:
        m->keep_power = false;
        return 0;
    default:
        return ERR_PASSWORD;
    }
}

/* Who may be meant: exactly me; or with wildcards; or everybody by broadcast (then nobody answers). */
enum { EXACT = 1, WILD = 2, TO_ALL = 4 };

static const struct {
    uint8_t fn, to;
    int (*serve)(struct service *s);
} services[] = {
    {FN_TIME, EXACT | TO_ALL, serve_time},
    {FN_READ, EXACT | WILD, serve_read},
    {FN_NEXT, EXACT | WILD, serve_next},
    {FN_READ_ADDRESS, EXACT | WILD, serve_read_address},
    {FN_WRITE, EXACT, serve_write},
    {FN_WRITE_ADDRESS, EXACT | WILD, serve_write_address},
    {FN_FREEZE, EXACT | TO_ALL, serve_freeze},
    {FN_BAUD, EXACT, serve_baud},
    {FN_PASSWORD, EXACT, serve_password},
    {FN_CLEAR_DEMAND, EXACT, serve_clear},
    {FN_CLEAR_METER, EXACT, serve_clear},
    {FN_CLEAR_EVENTS, EXACT, serve_clear},
    {FN_CONTROL, EXACT, serve_control},
};

static unsigned address_form(const struct sm_meter *m, const struct sm_frame *req)
{
    if (own(m, req))
        return EXACT;
    return all(req->addr, BROADCAST) ? TO_ALL : WILD;
}

void sm_meter_damage(const struct sm_meter *m, struct sm_frame *answer)
{
    const struct sm_faults *f = &m->faults;
    unsigned fn = answer->c & 0x1Fu;

    if (f->error) {
        answer->c = (uint8_t)(FROM_METER | REFUSED | fn);
        answer->len = 1;
        answer->data[0] = f->error;
    }
    if (f->wrong_di && (fn == FN_READ || fn == FN_NEXT) && answer->len > 4)
        answer->data[2] ^= 1;
    if (f->wrong_address)
        answer->addr[0] ^= 1;
    if (f->no_seq && fn == FN_NEXT && answer->len > 4)
        answer->len--;
}

int sm_meter_serve(struct sm_site *site, struct sm_meter *m, const struct sm_frame *req, int64_t now,
                   struct sm_frame *answer)
{
    struct service s = {.site = site, .m = m, .req = req, .now = now};
    unsigned form = address_form(m, req);

    *answer = (struct sm_frame){.c = (uint8_t)(FROM_METER | (req->c & 0x1F))};
    s.out = wbuf_of(answer->data, sizeof answer->data);
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (services[i].fn != req->c)
            continue;
        int err = services[i].to & form ? services[i].serve(&s) : SILENT;
        if (err == SILENT || form == TO_ALL)
            return 0;
        answer->len = (uint8_t)s.out.len;
        answer->c |= s.flags;
        if (err > 0) {
            answer->c = (uint8_t)(FROM_METER | REFUSED | req->c);
            answer->len = 1;
            answer->data[0] = (uint8_t)err;
        }
        /* after a change of address the answer carries the new one */
        memcpy(answer->addr, m->address, sizeof answer->addr);
        return 1;
    }
    return 0;
}
