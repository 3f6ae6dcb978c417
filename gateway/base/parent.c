#include "gateway/base/parent.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "gateway/base/err.h"

#define VARIABLE "CONCENTRATORD_PID"

void parent_announce(void)
{
    char pid[24];

    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    setenv(VARIABLE, pid, 1);
}

int parent_guard(int signal)
{
    const char *pid = getenv(VARIABLE);

    if (!pid)
        return 0;
    prctl(PR_SET_PDEATHSIG, signal);
    /* it may have ended between its fork and the line above */
    return getppid() == (pid_t)atol(pid) ? 0 : CN_E_GONE;
}
