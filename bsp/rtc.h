#ifndef BSP_RTC_H
#define BSP_RTC_H

#include <time.h>

/** Set the clock chip (/dev/rtc0) to a UTC time. @return 0, -errno (-ENOENT: there is none) */
int rtc_set(time_t utc);

#endif
