/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * endpoint.h - HTTP endpoint for Prometheus: /metrics, and /healthz for health checks.
 *
 * It runs in the caller's event loop and thread: when endpoint_fd() is readable or
 * endpoint_timeout_ms() has passed, call endpoint_run(), which does not block. Serves only GET
 * and HEAD, limits the number of connections, times each out, and never resolves names. On a
 * loopback address, a request must name this host: a web page whose name is made to resolve to
 * 127.0.0.1 cannot read the metrics through the user's browser.
 */
#pragma once

#include <cgward/render.h>

struct endpoint_options {
	const char *listen;       /* see address_open(); NULL: address_default() */
	unsigned connections_max; /* 0: 32; one more ends the oldest of the peer with the most */
	unsigned timeout_s;       /* for idle connections; 0: 10 */
	unsigned deadline_s;      /* for a request and its response; 0: 60 */
	/* Reuse responses up to this age, so that many scrapers cost as much as one. */
	uint64_t fresh_ns;
	/* Writes the exposition; on a negative error, the status is 500. */
	int (*metrics)(void *context, enum cgw_exposition_dialect dialect,
		       cgw_exposition_sink *sink, void *sink_context);
	/* Returns 0 if healthy; on a negative error, the status is 503. */
	int (*health)(void *context);
	void *context;
};

struct endpoint;

int endpoint_open(const struct endpoint_options *options, struct endpoint **ret_endpoint,
		  struct cgw_diag *diag);
/* Accepts NULL, returns NULL. */
struct endpoint *endpoint_close(struct endpoint *endpoint);
/* "http://127.0.0.1:9753/metrics" */
const char *endpoint_address(const struct endpoint *endpoint);

int endpoint_fd(const struct endpoint *endpoint);
/* Time until endpoint_run() is due without input, at most 1 s. */
int endpoint_timeout_ms(const struct endpoint *endpoint);
int endpoint_run(struct endpoint *endpoint);

/* Appends the endpoint's own families: requests by status, connections. */
void endpoint_expose(const struct endpoint *endpoint, struct cgw_exposition *exposition);
