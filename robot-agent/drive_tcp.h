/* drive_tcp - the connection to a vehicle's motion program (drive_remote.h): made, kept, made again. Never blocks. */
#ifndef AGENT_DRIVE_TCP_H
#define AGENT_DRIVE_TCP_H

#include "drive_remote.h"

struct drive_tcp;
/* at: "127.0.0.1:5600", an address and a port. ORD_EUSAGE: it is none. */
int drive_tcp_open(struct drive_tcp **out, const char *at, struct drive_remote *drive);
int drive_tcp_fd(const struct drive_tcp *t);          /* to be polled for reading; -1: none now */
bool drive_tcp_step(struct drive_tcp *t, ms_t now_ms); /* connects, reads, writes; true: the vehicle said something */
void drive_tcp_close(struct drive_tcp *t);

#endif
