#include "gateway/store/repair.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/buf.h"
#include "gateway/base/err.h"
#include "gateway/store/crc32.h"
#include "gateway/store/schema.h"

#define DB_NAME      "store.db"
#define NEW_NAME     "store.db.new" /* complete, or store.db is still there */
#define SUSPECT_NAME "store.db.suspect"
#define DAMAGED_NAME "store.db.damaged."

enum {
    DAMAGED_KEPT = 2,
    SALVAGE_ROWS = 4000000, /* of one table; only a tree with a loop in it has more */
    REC_SHIFT = 40,         /* room for records between two replacements: no number is used twice */
};

int store_path(char out[STORE_PATH], const char *dir, const char *name)
{
    int n = snprintf(out, STORE_PATH, "%s/%s", dir, name);

    return n < 0 || n >= STORE_PATH ? CN_E_NOSPACE : 0;
}

static int errno_error(void)
{
    return errno == ENOSPC || errno == EDQUOT ? CN_E_FULL : CN_E_IO;
}

/* Size of a file; -1 when there is none. */
static int64_t size_of(const char *path, const char *suffix)
{
    char name[STORE_PATH + 8];
    struct stat st;

    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &st) == 0 ? st.st_size : -1;
}

static bool exists(const char *path)
{
    return size_of(path, "") >= 0;
}

static int sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int ret = fd >= 0 && fsync(fd) == 0 ? 0 : errno_error();

    if (fd >= 0)
        close(fd);
    return ret;
}

/* SQLite gives -wal and -shm the mode of the database, so this is the one place that decides it. */
static int create_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

    if (fd < 0)
        return errno_error();
    int ret = fchmod(fd, 0640) == 0 ? 0 : errno_error();
    close(fd);
    return ret;
}

static void remove_with(const char *path, const char *suffix)
{
    char name[STORE_PATH + 8];

    snprintf(name, sizeof name, "%s%s", path, suffix);
    unlink(name);
}

static void remove_db(const char *path)
{
    remove_with(path, "-wal");
    remove_with(path, "-shm");
    remove_with(path, "-journal");
    remove_with(path, "");
}

void repair_suspect(const char *dir)
{
    char path[STORE_PATH];

    if (store_path(path, dir, SUSPECT_NAME) == 0)
        create_file(path);
}

static int whole_check(struct db *d)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(d->h, "PRAGMA integrity_check(1)", -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    int ret = db_error(rc);
    if (ret == 0 && (rc != SQLITE_ROW || strcmp((const char *)sqlite3_column_text(st, 0), "ok") != 0))
        ret = CN_E_CORRUPT;
    sqlite3_finalize(st);
    return ret;
}

/* The row of `SELECT *` under its checksum: a damaged one must not take the place of a good one. */
static bool row_good(char table, sqlite3_stmt *st)
{
    int last = sqlite3_column_count(st) - 1;
    const void *data = sqlite3_column_blob(st, last - 1);
    size_t n = (size_t)sqlite3_column_bytes(st, last - 1);
    int64_t k[4] = {0};

    for (int i = 0; i < last - 1 && i < 4; i++)
        k[i] = sqlite3_column_int64(st, i);
    if (table == T_FACT) {
        const char *key = (const char *)sqlite3_column_text(st, 0);
        k[0] = key ? db_fact_key(key) : 0;
    } else if (table == T_EVENT) {
        k[0] = db_event_key((unsigned)k[0], (unsigned)k[1]);
        k[1] = k[2];
        k[2] = k[3];
    } else if (table == T_FREEZE) {
        k[0] = db_freeze_key((unsigned)k[0], (unsigned)k[3]);
    }
    return crc32_record(table, k[0], k[1], k[2], data, n) == (uint32_t)sqlite3_column_int64(st, last);
}

/* One scan of a table in one direction until its end or its damage. @return rows that were new, or an error
 * of `to`. */
static int copy_rows(struct db *from, struct db *to, char table, const char *select, const char *insert,
                     bool *whole)
{
    sqlite3_stmt *in = NULL, *out = NULL;
    int rows = 0, seen = 0, rc = SQLITE_ERROR;
    int ret = db_error(sqlite3_prepare_v2(to->h, insert, -1, &out, NULL));

    if (ret == 0)
        rc = sqlite3_prepare_v2(from->h, select, -1, &in, NULL);
    while (ret == 0 && seen++ < SALVAGE_ROWS && in && (rc = sqlite3_step(in)) == SQLITE_ROW) {
        if (!row_good(table, in))
            continue;
        for (int i = 0; i < sqlite3_column_count(in); i++)
            sqlite3_bind_value(out, i + 1, sqlite3_column_value(in, i));
        ret = db_error(sqlite3_step(out));
        rows += sqlite3_changes(to->h);
        sqlite3_reset(out);
    }
    *whole = rc == SQLITE_DONE;
    sqlite3_finalize(in);
    sqlite3_finalize(out);
    return ret < 0 ? ret : rows;
}

/* From both ends, so that a damaged page costs only what lies behind it on both ways. */
static int salvage(struct db *from, struct db *to, unsigned *kept)
{
    static const struct {
        char table;
        const char *name, *up, *down, *values;
    } tables[] = {
        {T_PARAM, "params", "fn, pn, sub", "fn DESC, pn DESC, sub DESC", "?1,?2,?3,?4,?5"},
        {T_FACT, "facts", "key", "key DESC", "?1,?2,?3"},
        {T_EVENT, "events", "ring, idx", "ring DESC, idx DESC", "?1,?2,?3,?4,?5,?6"},
        {T_LATEST, "latest", "point", "point DESC", "?1,?2,?3"},
        {T_CURVE, "curves", "id", "id DESC", "?1,?2,?3"},
        {T_FREEZE, "freezes", "kind, slot, point", "kind DESC, slot DESC, point DESC", "?1,?2,?3,?4,?5,?6"},
    };
    int ret = 0;

    for (unsigned i = 0; i < sizeof tables / sizeof tables[0] && ret >= 0; i++) {
        char insert[128], up[128], down[128];
        bool whole = false;
        snprintf(insert, sizeof insert, "INSERT OR IGNORE INTO %s VALUES(%s)", tables[i].name,
                 tables[i].values);
        snprintf(up, sizeof up, "SELECT * FROM %s ORDER BY %s", tables[i].name, tables[i].up);
        snprintf(down, sizeof down, "SELECT * FROM %s ORDER BY %s", tables[i].name, tables[i].down);
        ret = db_exec(to, "BEGIN IMMEDIATE");
        if (ret == 0)
            ret = copy_rows(from, to, tables[i].table, up, insert, &whole);
        int more = ret >= 0 && !whole ? copy_rows(from, to, tables[i].table, down, insert, &whole) : 0;
        if (more < 0)
            ret = more;
        int end = sqlite3_get_autocommit(to->h) ? 0 : db_exec(to, ret < 0 ? "ROLLBACK" : "COMMIT");
        if (ret >= 0 && end < 0)
            ret = end;
        if (ret >= 0)
            *kept += (unsigned)(ret + more);
    }
    return ret < 0 ? ret : 0;
}

static int put_rec_base(struct db *d, uint64_t base)
{
    uint8_t bytes[8];
    struct wbuf w = wbuf_of(bytes, sizeof bytes);
    uint64_t before;

    if (db_rec_base(d, &before) == 0 && before > base)
        base = before;
    wbuf_u64(&w, base);
    sqlite3_bind_text(d->st[ST_FACT_PUT], 1, FACT_REC_BASE, -1, SQLITE_STATIC);
    db_bind_blob(d, ST_FACT_PUT, 2, T_FACT, db_fact_key(FACT_REC_BASE), 0, 0, bytes, sizeof bytes);
    return db_run(d, ST_FACT_PUT);
}

static unsigned last_damaged(const char *dir)
{
    DIR *list = opendir(dir);
    struct dirent *e;
    unsigned last = 0;

    while (list && (e = readdir(list)) != NULL) {
        if (strncmp(e->d_name, DAMAGED_NAME, strlen(DAMAGED_NAME)) != 0)
            continue;
        unsigned long n = strtoul(e->d_name + strlen(DAMAGED_NAME), NULL, 10);
        if (n > last && n < 1u << 23)
            last = (unsigned)n;
    }
    if (list)
        closedir(list);
    return last;
}

/* The new database is complete and on flash before the old one is touched. */
static int build_new(const char *old_path, const char *new_path, unsigned number, unsigned *kept)
{
    struct db from = {0}, to;
    int64_t busy = 1;

    remove_db(new_path);
    int ret = create_file(new_path);
    if (ret == 0)
        ret = schema_open(new_path, &to);
    if (ret < 0)
        return ret;
    if (sqlite3_open_v2(old_path, &from.h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
        ret = salvage(&from, &to, kept);
    db_close(&from);
    if (ret == 0)
        ret = put_rec_base(&to, (uint64_t)number << REC_SHIFT);
    if (ret == 0)
        ret = db_pragma(&to, "PRAGMA wal_checkpoint(TRUNCATE)", &busy);
    db_close(&to);
    if (ret == 0 && busy)
        ret = CN_E_BUSY;
    remove_with(new_path, "-wal");
    remove_with(new_path, "-shm");
    return ret;
}

static int replace(const char *dir, const char *path, const char *new_path, struct store_opened *report)
{
    char aside[STORE_PATH], name[40], from[STORE_PATH + 8], to[STORE_PATH + 8];
    unsigned number = last_damaged(dir) + 1;

    for (unsigned n = number > DAMAGED_KEPT ? number - DAMAGED_KEPT : 0; n > 0; n--) {
        snprintf(name, sizeof name, DAMAGED_NAME "%u", n);
        if (store_path(aside, dir, name) < 0 || !exists(aside))
            break;
        remove_db(aside);
    }
    snprintf(name, sizeof name, DAMAGED_NAME "%u", number);
    int ret = store_path(aside, dir, name);
    if (ret == 0)
        ret = build_new(path, new_path, number, &report->rows_kept);
    if (ret < 0)
        return ret;
    /* the database first: from here on the new one counts, whenever the power fails */
    if (rename(path, aside) < 0)
        return errno_error();
    snprintf(from, sizeof from, "%s-wal", path);
    snprintf(to, sizeof to, "%s-wal", aside);
    rename(from, to);
    remove_with(path, "-shm");
    if (rename(new_path, path) < 0)
        return errno_error();
    report->damaged = number;
    report->created = false;
    return sync_dir(dir);
}

/* Make sure that there is a file to open. */
static int provide(const char *dir, const char *path, const char *fresh, struct store_opened *report)
{
    int ret = 0;

    if (exists(path))
        return 0;
    /* a -wal without its database belongs to one that is gone */
    remove_with(path, "-wal");
    remove_with(path, "-shm");
    if (!exists(fresh)) {
        ret = create_file(path);
    } else if (rename(fresh, path) < 0) {
        ret = errno_error();
    } else {
        report->damaged = last_damaged(dir); /* the power failed inside replace() */
    }
    return ret < 0 ? ret : sync_dir(dir);
}

/*
 * The page count in the header against the size of the file. Only without a -wal: a checkpoint that was cut
 * short leaves a file that the -wal completes.
 */
static bool truncated(const char *path)
{
    uint8_t head[32];
    int64_t size = size_of(path, "");
    FILE *f = size_of(path, "-wal") <= 32 ? fopen(path, "rb") : NULL;
    bool read = f && fread(head, sizeof head, 1, f) == 1;

    if (f)
        fclose(f);
    if (!read)
        return f && size > 0 && size < (int64_t)sizeof head;
    int64_t page = head[16] << 8 | head[17];
    int64_t count = (int64_t)head[28] << 24 | head[29] << 16 | head[30] << 8 | head[31];
    return size < page * count;
}

int repair_open(const char *dir, bool damaged, struct db *d, struct store_opened *report)
{
    char path[STORE_PATH], fresh[STORE_PATH], suspect[STORE_PATH];
    int ret = store_path(path, dir, DB_NAME);

    if (ret == 0)
        ret = store_path(fresh, dir, NEW_NAME);
    if (ret == 0)
        ret = store_path(suspect, dir, SUSPECT_NAME);
    if (ret < 0)
        return ret;
    ret = provide(dir, path, fresh, report);
    if (ret < 0)
        return ret;
    /* a -journal exists only until the first start has switched to WAL */
    report->created = size_of(path, "") == 0 || size_of(path, "-journal") > 0;
    /* SQLite would take it for a new database; but a -wal is only written after the first page */
    if (size_of(path, "") == 0 && size_of(path, "-wal") > 0)
        damaged = true;
    ret = damaged || (!report->created && truncated(path)) ? CN_E_CORRUPT : schema_open(path, d);
    if (ret == 0 && exists(suspect)) {
        ret = whole_check(d);
        if (ret < 0)
            db_close(d);
    }
    if (ret == CN_E_CORRUPT) {
        ret = replace(dir, path, fresh, report);
        if (ret == 0)
            ret = schema_open(path, d);
    }
    if (ret == 0) {
        unlink(suspect);
        remove_db(fresh); /* left by a replacement that was cut short */
    }
    return ret;
}
