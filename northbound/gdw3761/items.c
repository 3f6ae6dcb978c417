#include "northbound/gdw3761/items.h"

#include <string.h>

#include "gateway/base/err.h"
#include "northbound/gdw3761/items_tables.h"

static const struct gdw_table *const tables[GDW_AFN_COUNT] = {
    [GDW_AFN_CONFIRM] = &gdw_table_00,  [GDW_AFN_RESET] = &gdw_table_01,   [GDW_AFN_LINK] = &gdw_table_02,
    [GDW_AFN_SET] = &gdw_table_04,      [GDW_AFN_CONTROL] = &gdw_table_05, [GDW_AFN_CASCADE] = &gdw_table_08,
    [GDW_AFN_TERMINAL] = &gdw_table_09, [GDW_AFN_QUERY] = &gdw_table_0a,   [GDW_AFN_TASK] = &gdw_table_0b,
    [GDW_AFN_CLASS1] = &gdw_table_0c,   [GDW_AFN_CLASS2] = &gdw_table_0d,  [GDW_AFN_EVENTS] = &gdw_table_0e,
    [GDW_AFN_FILE] = &gdw_table_0f,     [GDW_AFN_FORWARD] = &gdw_table_10,
};

const char *gdw_afn_name(unsigned afn)
{
    if (afn < GDW_AFN_COUNT && tables[afn])
        return tables[afn]->name;
    if (afn == GDW_AFN_RELAY)
        return "relay station command";
    return afn == GDW_AFN_AUTH ? "authentication" : "reserved";
}

const char *gdw_pn_kind_name(unsigned pn_kind)
{
    static const char *const names[] = {
        [PN_ZERO] = "p0",     [PN_POINT] = "measuring point",
        [PN_GROUP] = "group", [PN_ROUND] = "control round",
        [PN_TASK] = "task",   [PN_DC] = "DC port",
    };

    return pn_kind < sizeof names / sizeof names[0] ? names[pn_kind] : "unknown";
}

bool gdw_pn_fits(unsigned pn_kind, unsigned pn)
{
    const struct param_def any = {.pn_kind = (uint8_t)pn_kind};

    return param_pn_ok(&any, pn);
}

static const struct gdw_row *row_find(const struct gdw_table *t, unsigned fn)
{
    unsigned low = 0, high = t->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (t->rows[middle].fn < fn)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->count && t->rows[low].fn == fn ? &t->rows[low] : NULL;
}

static void item_of_row(unsigned afn, const struct gdw_row *row, struct gdw_item *out)
{
    *out = (struct gdw_item){
        .afn = (uint8_t)afn,
        .fn = row->fn,
        .pn_kind = row->pn_kind,
        .mark = row->mark,
        .answer = row->answer,
        .name = row->name,
        .clause = row->clause,
        .down = row->down,
        .up = row->up,
        .alone = row->alone,
        .alone_len = row->alone_len,
    };
}

/* ---- parameters: AFN 04 and 0A from one row ---- */

/* Requests of AFN 0A for list entries, by the bytes of count and key (reference part 3, 2). */
static const struct lay keys_1_2[] = {LF_COUNT(1, "n", 0, 255), LF_REPEAT, LF_NUM(2, "key", NULL, 0, 0),
                                      LF_NEXT, LF_END};
static const struct lay keys_2_2[] = {LF_COUNT(2, "n", 0, GDW_PN_MAX), LF_REPEAT,
                                      LF_NUM(2, "key", NULL, 0, 0), LF_NEXT, LF_END};

static const struct lay *keys_layout(const struct param_list *list)
{
    if (list->count_len == 2)
        return keys_2_2;
    return list->key_len == 2 ? keys_1_2 : gdw_lay_keys;
}

static void item_of_param(unsigned afn, const struct param_def *d, struct gdw_item *out)
{
    *out = (struct gdw_item){
        .afn = (uint8_t)afn,
        .fn = d->fn,
        .pn_kind = d->pn_kind,
        .answer = GDW_PARAM,
        .name = d->name,
        .clause = d->clause,
        .down = d->layout,
        .param = d,
    };
    if (afn == GDW_AFN_QUERY) {
        out->up = d->layout;
        out->down = d->list ? keys_layout(d->list) : gdw_lay_none;
    }
}

/* A parameter that is only explained: AFN 0A answers with the layout that AFN 04 sets. */
static void item_of_foreign_param(unsigned afn, const struct gdw_row *row, struct gdw_item *out)
{
    item_of_row(afn, row, out);
    if (afn == GDW_AFN_QUERY) {
        const struct gdw_row *query = row_find(&gdw_table_0a, row->fn);
        out->up = row->down;
        out->down = query ? query->down : gdw_lay_none;
        out->alone = NULL;
    }
}

int gdw_item_find(unsigned afn, unsigned fn, struct gdw_item *out)
{
    bool parameter = afn == GDW_AFN_SET || afn == GDW_AFN_QUERY;
    const struct param_def *d = parameter ? param_find(fn) : NULL;

    if (d) {
        item_of_param(afn, d, out);
        return 0;
    }
    if (afn >= GDW_AFN_COUNT || !tables[afn])
        return CN_E_NOTFOUND;
    const struct gdw_row *row = row_find(parameter ? &gdw_table_04 : tables[afn], fn);
    if (!row)
        return CN_E_NOTFOUND;
    if (parameter)
        item_of_foreign_param(afn, row, out);
    else
        item_of_row(afn, row, out);
    return 0;
}

bool gdw_item_answered(const struct gdw_item *item)
{
    return item->answer != GDW_EXPLAIN;
}

int gdw_items_each(gdw_item_fn cb, void *ctx)
{
    int count = 0;

    for (unsigned afn = 0; afn < GDW_AFN_COUNT; afn++) {
        for (unsigned fn = 1; fn <= GDW_FN_MAX; fn++) {
            struct gdw_item item;
            if (gdw_item_find(afn, fn, &item) < 0)
                continue;
            int ret = cb(ctx, &item);
            if (ret < 0)
                return ret;
            count++;
        }
    }
    return count;
}
