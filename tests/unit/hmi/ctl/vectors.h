#ifndef TESTS_UNIT_HMI_CTL_VECTORS_H
#define TESTS_UNIT_HMI_CTL_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** Rows of tests/vectors/NAME.tsv by the names in its first line. */
enum { VECTOR_COLUMNS = 8 };

struct vector_row {
    const char *id, *standard, *hex, *direction, *afn, *items,
        *meaning; /**< "" when the file has no such column */
};

struct vector_file {
    FILE *f;
    char *line, *head;
    size_t cap;
    const char *names[VECTOR_COLUMNS];
    unsigned columns;
};

/** Cut a line at its tabs. @return the number of columns. */
static inline unsigned vector_split(char *line, const char *out[VECTOR_COLUMNS])
{
    unsigned n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    while (n < VECTOR_COLUMNS) {
        out[n++] = line;
        line = strchr(line, '\t');
        if (!line)
            break;
        *line++ = '\0';
    }
    return n;
}

static inline void vectors_open(struct vector_file *v, const char *name)
{
    char path[512];
    size_t cap = 0;
    memset(v, 0, sizeof(*v));
    snprintf(path, sizeof(path), "%s/tests/vectors/%s", CN_SOURCE_DIR, name);
    v->f = fopen(path, "r");
    assert_non_null(v->f);
    assert_true(getline(&v->head, &cap, v->f) > 0);
    v->columns = vector_split(v->head, v->names);
}

static inline const char *vector_column(const struct vector_file *v, const char *cells[VECTOR_COLUMNS],
                                        const char *name)
{
    for (unsigned i = 0; i < v->columns; i++) {
        if (strncmp(v->names[i], name, strlen(name)) == 0)
            return cells[i];
    }
    return "";
}

static inline bool vectors_next(struct vector_file *v, struct vector_row *row)
{
    const char *cells[VECTOR_COLUMNS];
    if (getline(&v->line, &v->cap, v->f) <= 0)
        return false;
    assert_int_equal(vector_split(v->line, cells), v->columns);
    row->id = vector_column(v, cells, "id");
    row->standard = vector_column(v, cells, "standard");
    row->hex = vector_column(v, cells, "hex");
    row->direction = vector_column(v, cells, "direction");
    row->afn = vector_column(v, cells, "afn");
    row->items = vector_column(v, cells, "items");
    row->meaning = vector_column(v, cells, v->columns == 6 ? "decoded meaning" : "meaning");
    return true;
}

static inline void vectors_close(struct vector_file *v)
{
    fclose(v->f);
    free(v->line);
    free(v->head);
}

#endif
