/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ssh-connection.h - ssh connection to a host that runs `cgward dump` and nothing else.
 *
 * Nothing blocks: poll remote_connection_fds(), then call remote_connection_read().
 */
#pragma once

#include "shared/remote/ssh.h"
#include "shared/remote/stream.h"

struct remote_target {
	const char *host;                     /* as passed to ssh: "web1", "user@web1" */
	const char *const *ssh;               /* command and options, NULL-terminated */
	uint64_t interval_ns;                 /* between samples */
	uint64_t count;                       /* of samples; 0: no limit */
	const struct cgw_metric_set *metrics; /* not retained */
	struct layout_list *layouts;          /* outlives all snapshots */
};

struct remote_connection;
int remote_connection_open(const struct remote_target *target,
			   struct remote_connection **ret_connection, struct cgw_diag *diag);
/* Terminates ssh. Accepts NULL, returns NULL. */
struct remote_connection *remote_connection_close(struct remote_connection *connection);

/* Standard output and standard error, to be polled for reading; -1: closed. */
void remote_connection_fds(const struct remote_connection *connection, int ret_fds[2]);
/*
 * 1: the newest snapshot received; 0: none complete yet; -ENODATA: ended after all requested
 * samples; other errors: the connection failed, with the escaped reason in `diag`.
 */
int remote_connection_read(struct remote_connection *connection, struct cgw_snapshot **ret_snapshot,
			   struct cgw_diag *diag);
/* The cost of what was read since the last call, in bytes. */
uint64_t remote_connection_pop_cost(struct remote_connection *connection);

/* The number of groups that the newest sample omits. */
uint64_t remote_connection_omitted(const struct remote_connection *connection) CGW_PURE;
