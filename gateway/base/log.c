#include "gateway/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void log_line(const struct log *l, enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"error: ", "warning: ", "", "debug: "};
    char line[512];
    va_list ap;

    if (!l || level > l->level)
        return;
    int n = snprintf(line, sizeof line, "%s: %s", l->program, names[level]);
    va_start(ap, fmt);
    vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, ap);
    va_end(ap);
    size_t len = strlen(line);
    line[len++] = '\n';
    /* one write a line, so that the lines of several processes do not mix; a full log must not stop the box */
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}
