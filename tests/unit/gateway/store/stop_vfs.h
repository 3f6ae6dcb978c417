#ifndef TESTS_UNIT_GATEWAY_STORE_STOP_VFS_H
#define TESTS_UNIT_GATEWAY_STORE_STOP_VFS_H

/*
 * An SQLite VFS over the real one that counts every change of a file (write, truncate, sync, delete) and
 * stops at a chosen one: that change fails, or it and all later ones do. A stopped write may first put half
 * of its bytes down.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <sqlite3.h>

struct stop {
    bool armed;
    long at;        /* the change that fails, counted from 1 */
    int code;       /* what SQLite is told */
    bool once;      /* only that one; else everything from there on: the power is gone */
    bool torn;      /* half of the stopped write reaches the file */
    bool only_sync; /* only syncs fail */
    long changes;   /* so far */
    long stopped;   /* how many failed */
    uint64_t bytes; /* written */
};

static struct stop stop;
static sqlite3_vfs stop_vfs;

struct stop_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static int stop_here(bool is_sync)
{
    stop.changes++;
    if (!stop.armed || stop.changes < stop.at || (stop.only_sync && !is_sync) ||
        (stop.once && stop.stopped > 0))
        return SQLITE_OK;
    stop.stopped++;
    return stop.code;
}

static sqlite3_file *stop_real(sqlite3_file *f)
{
    return ((struct stop_file *)f)->real;
}

static int stop_close(sqlite3_file *f)
{
    sqlite3_file *r = stop_real(f);

    return r->pMethods ? r->pMethods->xClose(r) : SQLITE_OK;
}

static int stop_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return stop_real(f)->pMethods->xRead(stop_real(f), p, n, at);
}

static int stop_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    int rc = stop_here(false);

    if (rc == SQLITE_OK) {
        stop.bytes += (uint64_t)n;
        return stop_real(f)->pMethods->xWrite(stop_real(f), p, n, at);
    }
    if (stop.torn && stop.stopped == 1)
        stop_real(f)->pMethods->xWrite(stop_real(f), p, n / 2, at);
    return rc == SQLITE_IOERR ? SQLITE_IOERR_WRITE : rc;
}

static int stop_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = stop_here(false);

    return rc ? (rc == SQLITE_IOERR ? SQLITE_IOERR_TRUNCATE : rc)
              : stop_real(f)->pMethods->xTruncate(stop_real(f), size);
}

static int stop_sync(sqlite3_file *f, int flags)
{
    int rc = stop_here(true);

    return rc ? (rc == SQLITE_IOERR ? SQLITE_IOERR_FSYNC : rc)
              : stop_real(f)->pMethods->xSync(stop_real(f), flags);
}

static int stop_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return stop_real(f)->pMethods->xFileSize(stop_real(f), size);
}

static int stop_lock(sqlite3_file *f, int level)
{
    return stop_real(f)->pMethods->xLock(stop_real(f), level);
}

static int stop_unlock(sqlite3_file *f, int level)
{
    return stop_real(f)->pMethods->xUnlock(stop_real(f), level);
}

static int stop_check(sqlite3_file *f, int *out)
{
    return stop_real(f)->pMethods->xCheckReservedLock(stop_real(f), out);
}

static int stop_control(sqlite3_file *f, int op, void *arg)
{
    return stop_real(f)->pMethods->xFileControl(stop_real(f), op, arg);
}

static int stop_sector(sqlite3_file *f)
{
    return stop_real(f)->pMethods->xSectorSize(stop_real(f));
}

static int stop_device(sqlite3_file *f)
{
    return stop_real(f)->pMethods->xDeviceCharacteristics(stop_real(f));
}

static int stop_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return stop_real(f)->pMethods->xShmMap(stop_real(f), page, size, extend, out);
}

static int stop_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return stop_real(f)->pMethods->xShmLock(stop_real(f), offset, n, flags);
}

static void stop_shm_barrier(sqlite3_file *f)
{
    stop_real(f)->pMethods->xShmBarrier(stop_real(f));
}

static int stop_shm_unmap(sqlite3_file *f, int del)
{
    return stop_real(f)->pMethods->xShmUnmap(stop_real(f), del);
}

static const sqlite3_io_methods stop_methods = {
    2,
    stop_close,
    stop_read,
    stop_write,
    stop_truncate,
    stop_sync,
    stop_file_size,
    stop_lock,
    stop_unlock,
    stop_check,
    stop_control,
    stop_sector,
    stop_device,
    stop_shm_map,
    stop_shm_lock,
    stop_shm_barrier,
    stop_shm_unmap,
    NULL,
    NULL,
};

static int stop_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    sqlite3_vfs *real = vfs->pAppData;
    struct stop_file *s = (struct stop_file *)f;

    s->real = (sqlite3_file *)(s + 1);
    int rc = real->xOpen(real, name, s->real, flags, out);
    s->base.pMethods = s->real->pMethods ? &stop_methods : NULL;
    return rc;
}

static int stop_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    sqlite3_vfs *real = vfs->pAppData;
    int rc = stop_here(false);

    return rc ? (rc == SQLITE_IOERR ? SQLITE_IOERR_DELETE : rc) : real->xDelete(real, name, sync_dir);
}

/* From here on every connection of this program goes through it. */
static inline void stop_install(void)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    if (real == &stop_vfs)
        return;
    stop_vfs = *real;
    stop_vfs.pNext = NULL;
    stop_vfs.zName = "stop";
    stop_vfs.pAppData = real;
    stop_vfs.szOsFile = (int)sizeof(struct stop_file) + real->szOsFile;
    stop_vfs.xOpen = stop_open;
    stop_vfs.xDelete = stop_delete;
    sqlite3_vfs_register(&stop_vfs, 1);
}

static inline void stop_clear(void)
{
    stop = (struct stop){0};
}

#endif
