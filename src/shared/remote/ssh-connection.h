/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ssh-connection.h - ssh to a host, on which `cgward dump` runs and nothing else.
 *
 * Nothing here waits: remote_connection_fds() become readable, and remote_connection_read() takes what
 * there is.
 */
#ifndef CGWARD_SHARED_REMOTE_SSH_CONNECTION_H
#define CGWARD_SHARED_REMOTE_SSH_CONNECTION_H

#include "shared/remote/ssh.h"
#include "shared/remote/stream.h"

struct remote_target {
	const char *host;                    /* as ssh takes it: "web1", "user@web1" */
	const char *const *ssh;              /* the command and its options, NULL at the end */
	uint64_t interval_ns;                /* between samples */
	uint64_t count;                      /* of samples; 0: without end */
	const struct cgw_metric_set *wanted; /* not kept */
	struct remote_layouts *layouts;
};

struct remote_connection;
int remote_connection_open(const struct remote_target *target,
			   struct remote_connection **ret_connection, struct cgw_diag *diag);
/* Ends ssh. Accepts NULL, returns NULL. */
struct remote_connection *remote_connection_close(struct remote_connection *connection);

/* Its output and its messages, to be polled for reading; -1: at its end. */
void remote_connection_fds(const struct remote_connection *connection, int ret_fds[2]);
/*
 * 1: a snapshot, the newest of what had come; 0: nothing whole yet; -ENODATA: it ended by itself after
 * all samples; another error: it is over, and why in `diag`, safe to print.
 */
int remote_connection_read(struct remote_connection *connection, struct cgw_snapshot **ret_snapshot,
			   struct cgw_diag *diag);
/* Bytes that were read since the last call; a sample counts for more than its lines. */
uint64_t ssh_connection_collected(struct remote_connection *connection);

#endif
