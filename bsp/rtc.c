#include "bsp/rtc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtc.h>
#include <sys/ioctl.h>
#include <unistd.h>

int rtc_set(time_t utc)
{
    struct tm tm;
    int fd = open("/dev/rtc0", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (!gmtime_r(&utc, &tm)) {
        close(fd);
        return -EINVAL;
    }
    struct rtc_time rtc = {
        .tm_sec = tm.tm_sec,
        .tm_min = tm.tm_min,
        .tm_hour = tm.tm_hour,
        .tm_mday = tm.tm_mday,
        .tm_mon = tm.tm_mon,
        .tm_year = tm.tm_year,
    };
    int err = ioctl(fd, RTC_SET_TIME, &rtc) < 0 ? -errno : 0;
    close(fd);
    return err;
}
