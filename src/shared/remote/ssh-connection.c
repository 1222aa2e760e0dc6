/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ssh-connection.c - ssh connection to `cgward dump --stream` on a host. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/string-builder.h"
#include "shared/remote/ssh-connection.h"

/* Read per call, so that a host that never stops sending does not delay the others. */
#define READ_MAX_BYTES  (4 << 20)
#define READ_ONCE_BYTES 65536
/* Cost of a sample in addition to its bytes: many small samples are more expensive than one. */
#define SAMPLE_COST_BYTES 4096

struct remote_connection {
	struct remote_ssh ssh;
	struct remote_stream *stream;
	char *buffer;
	size_t used, size;
	uint64_t count, samples, cost_bytes;
};

/* "cgward dump ... -o group,id,KEY,...": nothing in it needs quoting in any shell. */
static char *command_for(const struct remote_target *target)
{
	struct string_builder command = {0};

	string_builder_printf(&command, "cgward dump --stream %d --interval %lluus", REMOTE_SCHEMA,
			      (unsigned long long)(target->interval_ns / NS_PER_US));
	if (target->count > 0)
		string_builder_printf(&command, " --count %llu", (unsigned long long)target->count);
	string_builder_add(&command, " -o group,id");
	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++)
		if (cgw_metric_set_has(target->metrics, metric))
			string_builder_printf(&command, ",%s", cgw_metric_info(metric)->key);
	return string_builder_steal(&command);
}

int remote_connection_open(const struct remote_target *target,
			   struct remote_connection **ret_connection, struct cgw_diag *diag)
{
	struct remote_connection *connection;
	CLEANUP(cleanup_free) char *command = NULL;
	int r = remote_host_check(target->host, diag);

	if (r < 0)
		return r;
	connection = calloc(1, sizeof(*connection));
	command = command_for(target);
	if (connection == NULL || command == NULL) {
		free(connection);
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	}
	connection->ssh.output = connection->ssh.error_output = -1;
	connection->count = target->count;
	r = remote_stream_new(target->layouts, &connection->stream);
	if (r == 0)
		r = remote_ssh_start(target->ssh, target->host, command, &connection->ssh);
	if (r < 0) {
		remote_connection_close(connection);
		return cgw_diag_set(diag, r, "cannot start '%.64s': %s", target->ssh[0],
				    strerror(-r));
	}
	*ret_connection = connection;
	return 0;
}

struct remote_connection *remote_connection_close(struct remote_connection *connection)
{
	if (connection == NULL)
		return NULL;
	remote_ssh_close(&connection->ssh);
	remote_stream_free(connection->stream);
	free(connection->buffer);
	free(connection);
	return NULL;
}

uint64_t remote_connection_omitted(const struct remote_connection *connection)
{
	return remote_stream_omitted(connection->stream);
}

void remote_connection_fds(const struct remote_connection *connection, int ret_fds[2])
{
	ret_fds[0] = connection->ssh.output;
	ret_fds[1] = connection->ssh.error_output;
}

static int set_end_reason(struct remote_connection *connection, struct cgw_diag *diag)
{
	char message[384];
	int status;

	status = remote_ssh_end(&connection->ssh, true);
	remote_ssh_read_stderr(&connection->ssh);
	remote_ssh_last_message(&connection->ssh, message, sizeof(message));
	if (status == 0 && connection->count > 0 && connection->samples >= connection->count)
		return -ENODATA;
	if (status == 127)
		return cgw_diag_set(
			diag, -ENOENT,
			"cgward not found on the host: %s; install it, or add it to PATH there",
			message);
	if (status == 2 && connection->samples == 0)
		return cgw_diag_set(
			diag, -EPROTONOSUPPORT,
			"incompatible cgward on the host: %s; update the older of the two",
			message);
	if (status == 255 && connection->samples == 0 && message[0] != '\0')
		return cgw_diag_set(diag, -ECONNRESET,
				    "ssh failed: %s; check that ssh to this host works without a "
				    "password",
				    message);
	if (status > 0 && status != 255)
		return cgw_diag_set(diag, -ECONNRESET,
				    "cgward on the host exited with status %d%s%s", status,
				    message[0] != '\0' ? ": " : "", message);
	return cgw_diag_set(diag, -ECONNRESET, "connection ended%s%s",
			    message[0] != '\0' ? ": " : "", message);
}

/* Parses the complete samples in the buffer; returns 1 with the newest snapshot. */
static int parse_buffer(struct remote_connection *connection, struct cgw_snapshot **ret_snapshot,
			struct cgw_diag *diag)
{
	struct remote_parsed parsed;
	size_t at = 0;
	int found = 0;

	do {
		int r = remote_stream_parse(connection->stream, connection->buffer + at,
					    connection->used - at, &parsed, diag);

		if (r < 0)
			return r;
		at += parsed.used;
		connection->cost_bytes += parsed.cost;
		if (parsed.snapshot == NULL)
			continue;
		cgw_snapshot_unref(*ret_snapshot);
		*ret_snapshot = parsed.snapshot;
		connection->samples++;
		connection->cost_bytes += SAMPLE_COST_BYTES;
		found = 1;
	} while (parsed.used > 0);
	memmove(connection->buffer, connection->buffer + at, connection->used - at);
	connection->used -= at;
	return found;
}

int remote_connection_read(struct remote_connection *connection, struct cgw_snapshot **ret_snapshot,
			   struct cgw_diag *diag)
{
	struct cgw_snapshot *snapshot = NULL;
	size_t read_bytes = 0;
	int r = 0, found = 0;

	connection->cost_bytes += remote_ssh_read_stderr(&connection->ssh);
	while (read_bytes < READ_MAX_BYTES && r >= 0) {
		ssize_t got;

		r = ARRAY_RESERVE(connection->buffer, connection->size,
				  connection->used + READ_ONCE_BYTES);
		if (r < 0)
			break;
		got = read(connection->ssh.output, connection->buffer + connection->used,
			   connection->size - connection->used);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got <= 0) {
			/* Return the last sample first; the next call reads the end again. */
			r = found ? 0 : set_end_reason(connection, diag);
			break;
		}
		connection->used += (size_t)got;
		read_bytes += (size_t)got;
		connection->cost_bytes += (uint64_t)got;
		r = parse_buffer(connection, &snapshot, diag);
		found = found || r > 0;
	}
	if (r < 0) {
		cgw_snapshot_unref(snapshot);
		return r;
	}
	if (found)
		*ret_snapshot = snapshot;
	return found;
}

uint64_t remote_connection_pop_cost(struct remote_connection *connection)
{
	uint64_t cost_bytes = connection->cost_bytes;

	connection->cost_bytes = 0;
	return cost_bytes;
}
