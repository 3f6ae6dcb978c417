/*
 * The records of a store that a reader of the journal has to carry away: one line each, "REC
 * data|freeze|event POINT". It looks at the store only, so that it can count what came out at the other end.
 *
 * usage: journal-list STATE_DIR [AFTER]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/err.h"
#include "gateway/store/view.h"

static int on_set(void *ctx, unsigned point, const struct reading_set *set)
{
    (void)ctx;
    (void)point;
    (void)set;
    return 0;
}

/* @return what to call it; NULL: nothing to be carried, or another record stands in its place */
static const char *name_of(struct view *v, const struct journal_entry *e)
{
    uint64_t rec = 0;
    struct freeze f;

    if (e->kind == JOURNAL_EVENT)
        return "event";
    if (e->kind != JOURNAL_FREEZE)
        return NULL;
    if (e->sub == FREEZE_CURVE)
        return view_curve(v, e->slot, e->point, &rec, on_set, NULL) > 0 && rec == e->rec ? "data" : NULL;
    return view_freeze(v, e->sub, e->slot, e->point, &f) == 0 && f.rec == e->rec ? "freeze" : NULL;
}

int main(int argc, char **argv)
{
    struct journal_entry e[64];
    struct view *v;
    uint64_t oldest;
    int n;

    if (argc < 2 || view_open(argv[1], &v) < 0)
        return 2;
    uint64_t after = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    while ((n = view_journal(v, after, e, 64, &oldest)) > 0) {
        for (int i = 0; i < n; i++) {
            const char *name = name_of(v, &e[i]);
            if (name)
                printf("%" PRIu64 " %s %u\n", e[i].rec, name, e[i].point);
            after = e[i].rec;
        }
    }
    if (n < 0)
        fprintf(stderr, "journal-list: %s\n", cn_err_text(n));
    view_close(v);
    return n < 0;
}
