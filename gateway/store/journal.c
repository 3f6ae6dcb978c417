#include "gateway/base/err.h"
#include "gateway/store/writer.h"

/*
 * The journal is a list of what was stored, a row a commit: a row holds as many entries as fit (blob.h), its
 * key is the rec of the first. The last rec follows from the last row, so numbering costs no write of its
 * own.
 */

uint64_t journal_next(const struct store *s)
{
    return s->now.last_rec + 1;
}

static int write_row(struct store *s)
{
    int64_t rec = (int64_t)s->row_first;

    if (s->row.count == 0)
        return 0;
    db_bind(&s->db, ST_JOURNAL_PUT, 1, &rec);
    db_bind_blob(&s->db, ST_JOURNAL_PUT, 2, T_JOURNAL, rec, 0, 0, s->row_bytes, s->row.w.len);
    int ret = db_run(&s->db, ST_JOURNAL_PUT);
    journal_row_begin(&s->row, s->row_bytes, sizeof s->row_bytes);
    return ret;
}

int journal_add(struct store *s, struct journal_entry *e)
{
    e->rec = journal_next(s);
    if (s->row.count == 0)
        s->row_first = e->rec;
    if (journal_row_put(&s->row, e) < 0) {
        int ret = write_row(s);
        if (ret < 0)
            return ret;
        s->row_first = e->rec;
        journal_row_put(&s->row, e);
    }
    s->now.last_rec = e->rec;
    return 0;
}

static int load_oldest(struct store *s)
{
    int ret = db_row(&s->db, ST_JOURNAL_OLDEST);

    s->now.oldest_rec = s->now.last_rec + 1;
    if (ret <= 0)
        return ret;
    if (sqlite3_column_type(s->db.st[ST_JOURNAL_OLDEST], 0) == SQLITE_INTEGER)
        s->now.oldest_rec = (uint64_t)sqlite3_column_int64(s->db.st[ST_JOURNAL_OLDEST], 0);
    db_done(&s->db, ST_JOURNAL_OLDEST);
    return 0;
}

int journal_flush(struct store *s)
{
    uint64_t depth = s->journal_depth;
    int ret = write_row(s);

    /* trimmed in lumps: removing rows at the far end touches another page */
    if (ret < 0 || s->now.last_rec < s->now.oldest_rec + depth + depth / 4)
        return ret;
    int64_t first = (int64_t)(s->now.last_rec - depth + 1);
    db_bind(&s->db, ST_JOURNAL_TRIM, 1, &first);
    ret = db_run(&s->db, ST_JOURNAL_TRIM);
    return ret < 0 ? ret : load_oldest(s);
}

static int load_last(struct store *s)
{
    const uint8_t *p;
    struct journal_row_reader jr;
    struct journal_entry e;
    int ret = db_row(&s->db, ST_JOURNAL_LAST);

    if (ret <= 0)
        return ret;
    uint64_t first = (uint64_t)sqlite3_column_int64(s->db.st[ST_JOURNAL_LAST], 2);
    int n = db_blob(&s->db, ST_JOURNAL_LAST, 0, T_JOURNAL, (int64_t)first, 0, 0, &p);
    uint64_t last = first;
    if (n >= 0) {
        journal_row_open(&jr, p, (size_t)n, first);
        while ((ret = journal_row_get(&jr, &e)) > 0)
            last = e.rec;
    }
    /* damaged: no row holds more entries than bytes, so no number is used twice */
    if (n < 0 || ret < 0)
        last = first + JOURNAL_ROW_BYTES;
    db_done(&s->db, ST_JOURNAL_LAST);
    if (last > s->now.last_rec)
        s->now.last_rec = last;
    return 0;
}

int journal_load(struct store *s)
{
    int ret = db_rec_base(&s->db, &s->now.last_rec);

    if (ret == 0 || ret == CN_E_CORRUPT)
        ret = load_last(s);
    return ret < 0 ? ret : load_oldest(s);
}

int store_set_journal(struct store *s, uint32_t entries)
{
    if (entries == 0)
        return CN_E_RANGE;
    s->journal_depth = entries;
    return 0;
}
