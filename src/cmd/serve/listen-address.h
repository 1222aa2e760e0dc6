/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* listen-address.h - open the listening socket of an endpoint. */
#pragma once

#include <cgward/base.h>

/* Loopback only. */
#define ADDRESS_DEFAULT "127.0.0.1:9753"

struct address {
	int fd;           /* listening, non-blocking */
	bool is_loopback; /* only this machine can connect */
	char path[108];   /* of a Unix socket to remove on close, or "" */
	char shown[160];  /* for display, escaped */
};

/*
 * Accepts numeric "ADDRESS:PORT" and "[ADDRESS]:PORT" (port 0 chooses a free one), "unix:/PATH",
 * and "systemd" for the socket that systemd passed. Returns -EINVAL for invalid syntax, else the
 * error of the system call; sets `diag` in both cases.
 */
int address_open(const char *text, struct address *ret_address, struct cgw_diag *diag);
/* The socket that systemd passed to this process, else ADDRESS_DEFAULT. */
const char *address_default(void);
void address_close(struct address *address);
