#ifndef TESTS_SIM_METER_PORT_H
#define TESTS_SIM_METER_PORT_H

#include <stddef.h>
#include <stdint.h>

/** A pty that stands for one RS485 port. The slave stays open here, so the port outlives the program that
 * uses it. */
struct sm_port {
    int master, slave;
    char device[64]; /**< name of the slave */
};

/** @return 0, -errno */
int sm_port_open(struct sm_port *p, uint32_t baud);
/** The rate the other program has set; 0 when it cannot be told. */
uint32_t sm_port_baud(const struct sm_port *p);
/**
 * A serial port forgets "exclusive" when its user dies. Here the slave never closes, so it has to be
 * forgotten for it, or a restarted user without root rights would find the port busy.
 */
void sm_port_release(const struct sm_port *p);

#endif
