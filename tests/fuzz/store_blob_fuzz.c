/*
 * The bytes of stored records as a damaged disk may give them: first byte = which decoder. Whatever decodes
 * is encoded again and must decode to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/base/err.h"
#include "gateway/store/blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool ok)
{
    if (!ok)
        abort();
}

static bool same_set(const struct reading_set *a, const struct reading_set *b)
{
    if (a->at != b->at || a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++) {
        const struct reading *x = &a->r[i], *y = &b->r[i];
        if (x->quantity != y->quantity || x->tariff != y->tariff || x->value.mantissa != y->value.mantissa ||
            x->value.exp10 != y->value.exp10 || x->value.quality != y->value.quality)
            return false;
    }
    return true;
}

static void freeze(const uint8_t *p, size_t n)
{
    struct freeze f = {0}, g = {0};
    uint8_t bytes[FREEZE_BYTES];
    struct wbuf w = wbuf_of(bytes, sizeof bytes);

    if (freeze_unpack(p, n, &f) < 0)
        return;
    expect(f.set.count <= READINGS_MAX && readings_storable(f.set.r, f.set.count));
    expect(freeze_pack(&w, &f) > 0);
    expect(freeze_unpack(bytes, w.len, &g) == 0);
    expect(g.frozen_at == f.frozen_at && g.rec == f.rec && same_set(&f.set, &g.set));
}

/* A set is merged into anything; it is found again, and the result is well formed. */
static void latest(const uint8_t *p, size_t n)
{
    struct reading_set add = {.at = 5, .count = 1, .r = {{.quantity = 2, .value = {77, -2, VALUE_GOOD}}}};
    struct reading_set scratch[2], got;
    uint8_t bytes[LATEST_BYTES];
    struct wbuf w = wbuf_of(bytes, sizeof bytes);
    struct latest_iter it;
    int ret;

    latest_find(p, n, 2, &got);
    expect(latest_merge(p, n, &add, scratch, &w) == 0);
    expect(latest_find(bytes, w.len, 2, &got) == 0 && same_set(&got, &add));
    latest_begin(&it, bytes, w.len);
    while ((ret = latest_next(&it, &got)) > 0)
        expect(got.count > 0 && got.count <= READINGS_MAX);
    expect(ret == 0);
}

static void journal(const uint8_t *p, size_t n)
{
    struct journal_row_reader in, out;
    struct journal_row_writer jw;
    struct journal_entry e, f;
    static uint8_t bytes[1 << 20];

    journal_row_begin(&jw, bytes, sizeof bytes);
    journal_row_open(&in, p, n, 100);
    while (journal_row_get(&in, &e) > 0 && journal_row_put(&jw, &e) == 0)
        ;
    journal_row_open(&in, p, n, 100);
    journal_row_open(&out, bytes, jw.w.len, 100);
    for (unsigned i = 0; i < jw.count; i++) {
        expect(journal_row_get(&in, &e) == 1 && journal_row_get(&out, &f) == 1);
        expect(e.rec == 100 + i && f.rec == e.rec && f.kind == e.kind && f.sub == e.sub &&
               f.point == e.point && f.slot == e.slot && f.at == e.at);
    }
    expect(journal_row_get(&out, &f) == 0);
}

static void event_state(const uint8_t *p, size_t n)
{
    struct event_state s;
    uint8_t bytes[EVENT_STATE_BYTES];

    if (event_state_unpack(p, n, &s) < 0)
        return;
    event_state_pack(&s, bytes);
    expect(n == sizeof bytes && memcmp(p, bytes, n) == 0);
}

/* The same bytes as latest values to be packed, and as a packed curve point. */
static void curve(const uint8_t *p, size_t n)
{
    struct reading_set set, got;
    uint8_t bytes[CURVE_BYTES];
    struct wbuf w = wbuf_of(bytes, sizeof bytes);
    struct latest_iter it;
    uint64_t rec;
    int ret, sets = curve_pack(p, n, 0, 77, &set, &w);

    if (sets >= 0) {
        int count = 0;
        curve_begin(&it, bytes, w.len, &rec);
        while ((ret = latest_next(&it, &got)) > 0)
            count += got.at >= 0;
        expect(ret == 0 && count == sets && rec == 77);
    }
    curve_begin(&it, p, n, &rec);
    while (latest_next(&it, &got) > 0)
        expect(got.count <= READINGS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const targets[])(const uint8_t *, size_t) = {freeze, latest, journal, event_state, curve};

    if (size)
        targets[data[0] % 5](data + 1, size - 1);
    return 0;
}
