#ifndef TESTS_UNIT_NORTHBOUND_GDW3761_VECTORS_H
#define TESTS_UNIT_NORTHBOUND_GDW3761_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"

/** Rows of tests/vectors/376.1-*.tsv: id, hex, direction, afn, items, meaning, source. */
struct vector {
    char line[8192];
    char *id, *hex, *direction, *afn, *items, *meaning;
    uint8_t raw[2048];
    size_t len;
};

struct vector_file {
    FILE *f;
    unsigned rows;
};

static inline void vectors_open(struct vector_file *v, const char *name)
{
    char path[512], head[512];

    snprintf(path, sizeof path, "%s/tests/vectors/%s", CN_SOURCE_DIR, name);
    v->f = fopen(path, "r");
    v->rows = 0;
    if (!v->f)
        fail_msg("cannot open %s", path);
    assert_non_null(fgets(head, sizeof head, v->f));
}

static inline bool vectors_next(struct vector_file *v, struct vector *out)
{
    if (!fgets(out->line, sizeof out->line, v->f)) {
        fclose(v->f);
        return false;
    }
    out->line[strcspn(out->line, "\r\n")] = '\0';
    char *rest = out->line;
    out->id = strsep(&rest, "\t");
    out->hex = strsep(&rest, "\t");
    out->direction = strsep(&rest, "\t");
    out->afn = strsep(&rest, "\t");
    out->items = strsep(&rest, "\t");
    out->meaning = strsep(&rest, "\t");
    assert_non_null(out->meaning);
    int n = hex_parse(out->hex, out->raw, sizeof out->raw);
    if (n <= 0)
        fail_msg("%s: bad hex", out->id);
    out->len = (size_t)n;
    v->rows++;
    return true;
}

/** Load one row by id. */
static inline void vector_load(const char *file, const char *id, struct vector *out)
{
    struct vector_file v;
    bool found = false;

    vectors_open(&v, file);
    while (vectors_next(&v, out)) {
        if (strcmp(out->id, id) == 0) {
            found = true;
            fclose(v.f);
            break;
        }
    }
    if (!found)
        fail_msg("no vector %s", id);
}

#endif
