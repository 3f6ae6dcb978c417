#ifndef GATEWAY_BASE_PARENT_H
#define GATEWAY_BASE_PARENT_H

/**
 * Children of concentratord end with it, also when it is killed with -9: otherwise the next concentratord would start a
 * second uplink beside the orphan, and two of them would log in to the master; and a bus process that hangs would
 * keep its port.
 *
 * concentratord calls parent_announce before it starts children; it puts its pid into the environment. A child calls
 * parent_guard first thing in main: when the environment names a parent, the kernel sends it `signal` at that
 * parent's end: SIGTERM to one that has a farewell to say, SIGKILL to one that must go even if it hangs. Started by hand, without the variable, nothing happens.
 */
void parent_announce(void);
/** @return 0, CN_E_GONE when the parent has already ended. */
int parent_guard(int signal);

#endif
