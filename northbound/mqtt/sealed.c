#include "northbound/mqtt/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/err.h"

enum { PATH = 256, SEAL = 23 /* "check 0123456789abcdef\n" */ };

/* FNV-1a, 64 bits: it shall find damage, not malice. */
static uint64_t checksum(const void *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325U;

    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)p)[i]) * 0x100000001b3U;
    return h;
}

void sealed_close(struct wbuf *w)
{
    char line[SEAL + 1];

    snprintf(line, sizeof line, "check %016" PRIx64 "\n", checksum(w->p, w->len));
    wbuf_bytes(w, line, SEAL);
}

int sealed_open(const char *text, size_t len)
{
    char line[SEAL + 1];

    if (len < SEAL)
        return CN_E_CORRUPT;
    snprintf(line, sizeof line, "check %016" PRIx64 "\n", checksum(text, len - SEAL));
    return memcmp(text + len - SEAL, line, SEAL) == 0 ? (int)(len - SEAL) : CN_E_CORRUPT;
}

int sealed_read(const char *path, void *buf, size_t cap)
{
    size_t have = 0;
    ssize_t n = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? CN_E_NOTFOUND : CN_E_IO;
    while (n > 0 && have < cap) {
        n = read(fd, (char *)buf + have, cap - have);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            have += (size_t)n;
    }
    close(fd);
    if (n < 0)
        return CN_E_IO;
    return have == cap ? CN_E_NOSPACE : (int)have;
}

static int write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return errno == ENOSPC || errno == EDQUOT ? CN_E_FULL : CN_E_IO;
        p += n;
        len -= (size_t)n;
    }
    return fsync(fd) == 0 ? 0 : CN_E_IO;
}

static int sync_folder(const char *path)
{
    char copy[PATH];

    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int ret = fd >= 0 && fsync(fd) == 0 ? 0 : CN_E_IO;
    if (fd >= 0)
        close(fd);
    return ret;
}

int sealed_write(const char *path, const void *text, size_t len)
{
    char beside[PATH];

    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
        return CN_E_NOSPACE;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return errno == ENOSPC || errno == EDQUOT ? CN_E_FULL : CN_E_IO;
    int ret = write_all(fd, text, len);
    close(fd);
    if (ret == 0 && rename(beside, path) < 0)
        ret = CN_E_IO;
    if (ret < 0) {
        unlink(beside);
        return ret;
    }
    return sync_folder(path);
}
