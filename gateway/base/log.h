#ifndef GATEWAY_BASE_LOG_H
#define GATEWAY_BASE_LOG_H

/**
 * One line a message to stderr: "concentratord: warning: port 2: no meter answers". The service manager adds the
 * time. The struct is owned by main and handed down; there is no global logger.
 */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log {
    const char *program; /**< printed first; not copied */
    enum log_level level; /**< lines above it are dropped */
};

void log_line(const struct log *l, enum log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_error(l, ...)   log_line((l), LOG_ERROR, __VA_ARGS__)
#define log_warning(l, ...) log_line((l), LOG_WARNING, __VA_ARGS__)
#define log_info(l, ...)    log_line((l), LOG_INFO, __VA_ARGS__)
#define log_debug(l, ...)   log_line((l), LOG_DEBUG, __VA_ARGS__)

#endif
