/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * endpoint.h - an HTTP endpoint for Prometheus: /metrics, and /healthz for who watches the watcher.
 *
 * It runs in its caller's loop and thread: endpoint_fd() becomes readable, or endpoint_timeout_ms()
 * passes, and endpoint_run() does what there is to do without waiting. GET and HEAD of its own paths
 * only, a bounded number of connections, each with a timeout; no name is looked up.
 */
#ifndef CGWARD_CMD_SERVE_ENDPOINT_H
#define CGWARD_CMD_SERVE_ENDPOINT_H

#include <cgward/render.h>

struct endpoint_options {
	const char *listen;       /* as address_open() takes it; NULL: address_usual() */
	unsigned connections_max; /* 0: 32 */
	unsigned timeout_s;       /* in which nothing moves on a connection; 0: 10 */
	/* An answer that is no older is given again: many readers cost as much as one. */
	uint64_t fresh_ns;
	/* Writes the exposition; a negative error is status 500. */
	int (*metrics)(void *context, enum cgw_exposition_dialect dialect,
		       cgw_exposition_sink *sink, void *sink_context);
	/* 0: all is well; a negative error is status 503. */
	int (*health)(void *context);
	void *context;
};

struct endpoint;

int endpoint_open(const struct endpoint_options *options, struct endpoint **ret_endpoint,
		  struct cgw_diag *diag);
/* Accepts NULL, returns NULL. */
struct endpoint *endpoint_close(struct endpoint *endpoint);
/* "http://127.0.0.1:9753/metrics" */
const char *endpoint_where(const struct endpoint *endpoint);

int endpoint_fd(const struct endpoint *endpoint);
/* Until endpoint_run() is due although nothing came: a second at most. */
int endpoint_timeout_ms(const struct endpoint *endpoint);
int endpoint_run(struct endpoint *endpoint);

/* Its own families: requests by status, connections. */
void endpoint_expose(const struct endpoint *endpoint, struct cgw_exposition *exposition);

#endif
