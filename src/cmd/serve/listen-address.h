/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* listen-address.h - where an endpoint listens. */
#ifndef CGWARD_CMD_SERVE_LISTEN_ADDRESS_H
#define CGWARD_CMD_SERVE_LISTEN_ADDRESS_H

#include <cgward/base.h>

/* Loopback alone, unless somebody says otherwise. */
#define ADDRESS_DEFAULT "127.0.0.1:9753"

struct address {
	int fd;          /* listening, non-blocking */
	char path[108];  /* of our own unix socket, to be removed at the end; or "" */
	char shown[160]; /* for people, escaped */
};

/*
 * "ADDRESS:PORT" and "[ADDRESS]:PORT" in numbers (no name is looked up; port 0 takes a free one),
 * "unix:/PATH", or "systemd" for the socket that systemd passed. -EINVAL for what is none of these,
 * else the system call's error, each with its reason.
 */
int address_open(const char *text, struct address *ret_address, struct cgw_diag *diag);
/* Where nobody says so: the socket that systemd passed to this process, else the loopback. */
const char *address_usual(void);
void address_close(struct address *address);

#endif
