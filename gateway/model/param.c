#include "gateway/model/param.h"

#include <string.h>

#include "gateway/base/err.h"

enum { GROUPS_MAX = 8, ROUNDS_MAX = 8, TASKS_MAX = 64, DC_PORTS_MAX = 64 };

const struct param_def *param_find(unsigned fn)
{
    size_t count;
    const struct param_def *d = param_all(&count);

    for (size_t i = 0; i < count; i++) {
        if (d[i].fn == fn)
            return &d[i];
    }
    return NULL;
}

bool param_pn_ok(const struct param_def *d, unsigned pn)
{
    static const uint16_t most[] = {
        [PN_POINT] = POINT_MAX, [PN_GROUP] = GROUPS_MAX, [PN_ROUND] = ROUNDS_MAX,
        [PN_TASK] = TASKS_MAX,  [PN_DC] = DC_PORTS_MAX,
    };

    return d->pn_kind == PN_ZERO ? pn == 0 : pn >= 1 && pn <= most[d->pn_kind];
}

static unsigned load(const uint8_t *p, size_t n)
{
    return n == 2 ? p[0] | (unsigned)p[1] << 8 : p[0];
}

int param_entries(const struct param_def *d, const uint8_t *data, size_t len, param_entry_fn fn, void *ctx)
{
    const struct param_list *list = d->list;
    struct rbuf r = rbuf_of(data, len);
    const uint8_t *head = rbuf_take(&r, list->count_len);
    unsigned count = head ? load(head, list->count_len) : 0;

    if (!head)
        return CN_E_SHORT;
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *entry = r.p + r.pos;
        int n = lay_decode(list->entry, &r, LAY_TOLERANT, NULL, NULL);
        if (n < 0)
            return n;
        int ret = fn(ctx, load(entry, list->key_len), entry, (size_t)n);
        if (ret < 0)
            return ret;
    }
    return (int)count;
}

static int check_entry(void *ctx, unsigned key, const uint8_t *entry, size_t len)
{
    const struct param_def *const *d = ctx;

    (void)key;
    return (*d)->check(entry, len);
}

int param_check(const struct param_def *d, struct rbuf *r)
{
    size_t start = r->pos;
    int n = lay_decode(d->layout, r, LAY_STRICT, NULL, NULL);
    int ret = 0;

    if (n < 0 || !d->check)
        return n;
    if (d->list)
        ret = param_entries(d, r->p + start, (size_t)n, check_entry, &d);
    else
        ret = d->check(r->p + start, (size_t)n);
    return ret < 0 ? ret : n;
}

/* A cursor over exactly one valid unit (or list entry) of a parameter. @return 0, CN_E_SHORT/RANGE/FORMAT. */
static int open_unit(unsigned fn, const uint8_t *p, size_t n, struct rbuf *out)
{
    const struct param_def *d = param_find(fn);
    struct rbuf r = rbuf_of(p, n);
    int ret;

    if (d->list)
        ret = lay_decode(d->list->entry, &r, LAY_STRICT, NULL, NULL);
    else
        ret = param_check(d, &r);
    *out = rbuf_of(p, n);
    if (ret < 0)
        return ret;
    return rbuf_left(&r) ? CN_E_FORMAT : 0;
}

int param_f1(const uint8_t *p, size_t n, struct param_f1 *out)
{
    struct rbuf r;
    int ret = open_unit(1, p, n, &r);

    if (ret < 0)
        return ret;
    out->rts_20ms = rbuf_u8(&r);
    out->delay_min = rbuf_u8(&r);
    uint16_t wait = rbuf_u16(&r);
    out->timeout_s = wait & 0x0FFF;
    out->repeats = wait >> 12 & 3;
    out->confirm = rbuf_u8(&r);
    out->heartbeat_min = rbuf_u8(&r);
    return 0;
}

unsigned param_f1_timeout(const struct param_f1 *f)
{
    return f->timeout_s ? f->timeout_s : 30;
}

int param_f3(const uint8_t *p, size_t n, struct param_f3 *out)
{
    struct rbuf r;
    int ret = open_unit(3, p, n, &r);

    if (ret < 0)
        return ret;
    rbuf_bytes(&r, out->main_ip, sizeof out->main_ip);
    out->main_port = rbuf_u16(&r);
    rbuf_bytes(&r, out->standby_ip, sizeof out->standby_ip);
    out->standby_port = rbuf_u16(&r);
    rbuf_bytes(&r, out->apn, sizeof out->apn - 1);
    out->apn[sizeof out->apn - 1] = '\0';
    return 0;
}

int param_f8(const uint8_t *p, size_t n, struct param_f8 *out)
{
    struct rbuf r;
    int ret = open_unit(8, p, n, &r);

    if (ret < 0)
        return ret;
    out->mode = rbuf_u8(&r);
    out->udp = out->mode >> 7;
    out->role = out->mode >> 4 & 3;
    out->online = out->mode & 3;
    out->redial_s = rbuf_u16(&r);
    out->redial_count = rbuf_u8(&r);
    out->idle_min = rbuf_u8(&r);
    out->hours = rbuf_u16(&r);
    out->hours |= (uint32_t)rbuf_u8(&r) << 16;
    return 0;
}

int param_f9(const uint8_t *p, size_t n, struct param_f9 *out)
{
    struct rbuf r;
    int ret = open_unit(9, p, n, &r);

    if (ret < 0)
        return ret;
    out->record = rbuf_u64(&r);
    out->important = rbuf_u64(&r);
    return 0;
}

/* open_unit has checked the digits. */
static unsigned get_bcd(struct rbuf *r)
{
    uint8_t b = rbuf_u8(r);

    return (b >> 4) * 10U + (b & 15U);
}

static uint16_t get_minutes(struct rbuf *r)
{
    unsigned minute = get_bcd(r);

    return (uint16_t)(get_bcd(r) * 60 + minute);
}

int param_f33(const uint8_t *p, size_t n, struct param_f33 *out)
{
    struct rbuf r;
    int ret = open_unit(33, p, n, &r);

    if (ret < 0)
        return ret;
    memset(out, 0, sizeof *out);
    out->port = rbuf_u8(&r);
    out->control = rbuf_u16(&r);
    out->days = rbuf_u32(&r);
    out->day_minute = (uint8_t)get_bcd(&r);
    out->day_hour = (uint8_t)get_bcd(&r);
    out->interval_min = rbuf_u8(&r);
    out->clock_minute = (uint8_t)get_bcd(&r);
    out->clock_hour = (uint8_t)get_bcd(&r);
    out->clock_day = (uint8_t)get_bcd(&r);
    out->period_count = rbuf_u8(&r);
    for (unsigned i = 0; i < out->period_count; i++) {
        out->periods[i].start_min = get_minutes(&r);
        out->periods[i].end_min = get_minutes(&r);
    }
    return 0;
}

int param_f36(const uint8_t *p, size_t n, struct param_f36 *out)
{
    struct rbuf r;
    int ret = open_unit(36, p, n, &r);

    if (ret < 0)
        return ret;
    out->month_bytes = rbuf_u32(&r);
    return 0;
}
