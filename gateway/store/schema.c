#include "gateway/store/schema.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/err.h"

/* "CNST": a database of another program is damage, not data. */
enum { APPLICATION_ID = 0x434E5354 };

/*
 * Version 1. Frozen data are keyed time-major: a sweep appends to one place of the file, where meter-major
 * keys would rewrite a page per meter. The index finds the meter of a measuring point inside the F10 entries
 * (bytes 2 and 3), so the archive exists once.
 */
static const char *const steps[SCHEMA_VERSION] = {
    "PRAGMA application_id = 1129206612;" /* APPLICATION_ID */

    "CREATE TABLE params(fn INTEGER NOT NULL, pn INTEGER NOT NULL, sub INTEGER NOT NULL,"
    " data BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY(fn, pn, sub)) WITHOUT ROWID;"
    "CREATE INDEX params_point ON params(substr(data,3,2)) WHERE fn=10;"

    "CREATE TABLE latest(point INTEGER PRIMARY KEY,"
    " data BLOB NOT NULL, crc INTEGER NOT NULL);"

    "CREATE TABLE freezes(kind INTEGER NOT NULL, slot INTEGER NOT NULL, point INTEGER NOT NULL,"
    " flags INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL,"
    " PRIMARY KEY(kind, slot, point)) WITHOUT ROWID;"

    "CREATE TABLE events(ring INTEGER NOT NULL, idx INTEGER NOT NULL, at INTEGER NOT NULL,"
    " rec INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL,"
    " PRIMARY KEY(ring, idx)) WITHOUT ROWID;"

    "CREATE TABLE facts(key TEXT NOT NULL PRIMARY KEY,"
    " data BLOB NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE journal(rec INTEGER PRIMARY KEY,"
    " data BLOB NOT NULL, crc INTEGER NOT NULL);",

    /* Version 2: id = slot, point. A row of the freezes holds 480 bytes, beyond that it takes a page more. */
    "CREATE TABLE curves(id INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL);",
};

/*
 * page_size: 2 KiB holds every freeze in its own page (a key of 1 KiB pages overflows above 231 bytes) and
 * writes less than 4 KiB pages, measured over a simulated day of 192 meters. secure_delete is on in some
 * builds of SQLite and writes every freed page. locking_mode stays normal: the readers need the shared -shm.
 */
static const char settings[] =
    "PRAGMA page_size = 2048;" /* SCHEMA_PAGE */
    "PRAGMA auto_vacuum = none;"
    "PRAGMA journal_mode = wal;"
    "PRAGMA synchronous = full;"
    "PRAGMA wal_autocheckpoint = 1000;"    /* some 2 MB: hot pages are written back once for many sweeps */
    "PRAGMA journal_size_limit = 4194304;" /* bytes of -wal kept after a checkpoint */
    "PRAGMA cache_size = -512;"            /* KiB */
    "PRAGMA mmap_size = 0;"                /* an I/O error stays an error instead of a signal */
    "PRAGMA temp_store = memory;"
    "PRAGMA secure_delete = off;"
    "PRAGMA cell_size_check = on;"
    "PRAGMA trusted_schema = off;";

int schema_migrate(struct db *d, const char *const *list, unsigned n)
{
    int64_t version, tables;
    int ret = db_pragma(d, "PRAGMA user_version", &version);

    if (ret == 0)
        ret = db_pragma(d, "SELECT count(*) FROM sqlite_schema", &tables);
    if (ret < 0)
        return ret;
    if (version > (int64_t)n)
        return CN_E_UNSUPPORTED;
    if (version < 0 || (version == 0 && tables != 0))
        return CN_E_CORRUPT;
    for (unsigned i = (unsigned)version; i < n && ret == 0; i++) {
        char stamp[48];
        snprintf(stamp, sizeof stamp, "PRAGMA user_version = %u; COMMIT", i + 1);
        ret = db_exec(d, "BEGIN IMMEDIATE");
        if (ret == 0)
            ret = db_exec(d, list[i]);
        if (ret == 0)
            ret = db_exec(d, stamp);
        if (ret < 0 && !sqlite3_get_autocommit(d->h))
            db_exec(d, "ROLLBACK");
    }
    return ret;
}

/* SQLite answers with the old mode instead of an error when it cannot switch. */
static int check_wal(struct db *d)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(d->h, "PRAGMA journal_mode", -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    int ret = db_error(rc);
    if (ret == 0 && (rc != SQLITE_ROW || strcmp((const char *)sqlite3_column_text(st, 0), "wal") != 0))
        ret = CN_E_IO;
    sqlite3_finalize(st);
    return ret;
}

int schema_open(const char *path, struct db *d)
{
    int64_t id = 0;
    int persist = 1;

    *d = (struct db){0};
    int ret = db_error(sqlite3_open_v2(path, &d->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    if (ret == 0) {
        sqlite3_extended_result_codes(d->h, 1);
        /* a reader never blocks a commit; this waits for a person with a shell */
        sqlite3_busy_timeout(d->h, 1000);
        /* readers without write permission need -wal and -shm to exist, also while the writer restarts */
        sqlite3_file_control(d->h, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
        ret = sqlite3_db_readonly(d->h, "main") ? CN_E_IO : db_exec(d, settings);
    }
    if (ret == 0)
        ret = check_wal(d);
    if (ret == 0)
        ret = db_pragma(d, "PRAGMA application_id", &id);
    if (ret == 0 && id != 0 && id != APPLICATION_ID)
        ret = CN_E_CORRUPT;
    if (ret == 0)
        ret = schema_migrate(d, steps, SCHEMA_VERSION);
    if (ret == 0)
        ret = db_prepare(d, ST_COUNT);
    if (ret < 0)
        db_close(d);
    return ret;
}
