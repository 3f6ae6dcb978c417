#!/bin/sh
# The ARM programs outlive 2038: none of them calls the C library with a 32-bit time, and none hands a time structure
# to a library that was built with 32-bit time (Debian 12's libgpiod: event times and wait timeouts; OpenSSL: time_t).
# usage: check_time64.sh PROGRAM...
set -eu
nm=${NM:-arm-linux-gnueabihf-nm}
bad=0
for program in "$@"; do
    [ -f "$program" ] || continue
    calls=$("$nm" -D --undefined-only "$program" | sed 's/.* U //; s/@.*//')
    [ -n "$calls" ] || { echo "check_time64: $program has no dynamic symbols" >&2; exit 1; }
    for call in $calls; do
        case $call in
        time | clock_gettime | clock_settime | clock_nanosleep | nanosleep | gettimeofday | settimeofday | stat | fstat | \
            lstat | select | pselect | ppoll | sigtimedwait | mktime | timegm | gmtime | gmtime_r | localtime | localtime_r | \
            timerfd_settime | timer_settime | utimensat | recvmmsg | sem_timedwait | pthread_cond_timedwait) ;;
        gpiod_*event_wait* | gpiod_*event_read* | gpiod_ctxless_event_*) ;;
        ASN1_TIME_set | ASN1_TIME_adj | ASN1_TIME_cmp_time_t | X509_cmp_time | X509_time_adj | X509_time_adj_ex | \
            X509_gmtime_adj | X509_VERIFY_PARAM_set_time | X509_STORE_CTX_set_time | OPENSSL_gmtime | OPENSSL_gmtime_adj) ;;
        *) continue ;;
        esac
        echo "$program: $call carries a 32-bit time"
        bad=1
    done
done
[ "$bad" -eq 0 ] && echo "64-bit time in all programs"
exit "$bad"
