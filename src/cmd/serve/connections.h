/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * connections.h - the open connections of an endpoint, and which of them to end.
 *
 * A client that keeps many connections open, or sends and reads slowly, must not delay others: if
 * there are too many, the peer with the most loses its oldest one, and each has a deadline.
 */
#pragma once

#include <sys/socket.h>

#include "lib/base/cleanup.h"

struct connection {
	struct connection *next; /* newer */
	int fd;                  /* of the library, which closes it */
	bool ended;              /* shut down, to be closed by the library */
	uint64_t since_ns;       /* monotonic; the start, or the end of its last request */
	uint8_t peer[16];        /* IPv4 addresses in the first 4 bytes; zero for others */
};

struct connections {
	struct connection *oldest;
	size_t count, count_max; /* open ones */
	uint64_t deadline_ns;    /* for a request */
};

/* Adds a connection; NULL if out of memory. Ends another one if there are too many. */
struct connection *connections_add(struct connections *connections, int fd,
				   const struct sockaddr *peer);
void connections_remove(struct connections *connections, struct connection *connection);
/* Ends those that are past their deadline. */
void connections_end_late(struct connections *connections);
