/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ssh-connection.c - ssh to a host, and the lines that come from there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "shared/remote/ssh-connection.h"

/* Taken at one go: who sends without end gets its turn again after the others. */
#define READ_AT_ONCE_BYTES (4 << 20)
/* What a sample costs beside its lines, in bytes of lines: many small ones are the dearest. */
#define SAMPLE_BYTES 4096

struct remote_connection {
	struct remote_ssh ssh;
	struct remote_stream *stream;
	char *buffer;
	size_t used, size;
	uint64_t count, samples, taken;
};

/* "cgward dump ... -o group,id,KEY,...": words that no shell reads otherwise. */
static char *command_for(const struct remote_target *target)
{
	char *command = NULL;
	size_t size;
	FILE *stream = open_memstream(&command, &size);

	if (stream == NULL)
		return NULL;
	fprintf(stream, "cgward dump --ndjson --stream %d --interval %lluus", REMOTE_SCHEMA,
		(unsigned long long)(target->interval_ns / 1000));
	if (target->count > 0)
		fprintf(stream, " --count %llu", (unsigned long long)target->count);
	fputs(" -o group,id", stream);
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++)
		if (cgw_metric_set_has(target->wanted, metric))
			fprintf(stream, ",%s", cgw_metric_info(metric)->key);
	if (fclose(stream) != 0) {
		free(command);
		return NULL;
	}
	return command;
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
	connection->ssh.output = connection->ssh.messages = -1;
	connection->count = target->count;
	r = remote_stream_new(target->wanted, target->layouts, &connection->stream);
	if (r == 0)
		r = remote_ssh_start(target->ssh, target->host, command, &connection->ssh);
	if (r < 0) {
		remote_connection_close(connection);
		return cgw_diag_set(diag, r, "cannot start %.64s: %s", target->ssh[0],
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

void remote_connection_fds(const struct remote_connection *connection, int ret_fds[2])
{
	ret_fds[0] = connection->ssh.output;
	ret_fds[1] = connection->ssh.messages;
}

static int say_end(struct remote_connection *connection, struct cgw_diag *diag)
{
	char message[384];
	int status;

	status = remote_ssh_end(&connection->ssh, true);
	(void)remote_ssh_hear(&connection->ssh);
	remote_ssh_last_message(&connection->ssh, message, sizeof(message));
	if (status == 0 && connection->count > 0 && connection->samples >= connection->count)
		return -ENODATA;
	if (status == 127)
		return cgw_diag_set(diag, -ENOENT, "there is no cgward: %s", message);
	if (status == 2 && connection->samples == 0)
		return cgw_diag_set(diag, -EPROTONOSUPPORT,
				    "the cgward there is too old for this one: %s", message);
	return cgw_diag_set(diag, -ECONNRESET, "the connection ended%s%s",
			    message[0] != '\0' ? ": " : "", message);
}

/* Hands the whole lines of the buffer over; 1 with the newest snapshot. */
static int take_lines(struct remote_connection *connection, struct cgw_snapshot **ret_snapshot,
		      struct cgw_diag *diag)
{
	char *line = connection->buffer, *newline;
	size_t left = connection->used;
	int found = 0;

	while ((newline = memchr(line, '\n', left)) != NULL) {
		struct cgw_snapshot *snapshot = NULL;
		size_t length = (size_t)(newline - line);
		int r = remote_stream_line(connection->stream, line, length, &snapshot, diag);

		if (r < 0)
			return r;
		if (r > 0) {
			cgw_snapshot_unref(*ret_snapshot);
			*ret_snapshot = snapshot;
			connection->samples++;
			connection->taken += SAMPLE_BYTES;
			found = 1;
		}
		line = newline + 1;
		left -= length + 1;
	}
	memmove(connection->buffer, line, left);
	connection->used = left;
	if (left > REMOTE_LINE_MAX)
		return cgw_diag_set(diag, -EBADMSG, "a line of more than %d bytes",
				    REMOTE_LINE_MAX);
	return found;
}

static int reserve(struct remote_connection *connection)
{
	size_t size = connection->size == 0 ? 65536 : 2 * connection->size;
	char *larger;

	if (connection->size - connection->used >= 4096)
		return 0;
	larger = realloc(connection->buffer, size);
	if (larger == NULL)
		return -ENOMEM;
	connection->buffer = larger;
	connection->size = size;
	return 0;
}

int remote_connection_read(struct remote_connection *connection, struct cgw_snapshot **ret_snapshot,
			   struct cgw_diag *diag)
{
	struct cgw_snapshot *snapshot = NULL;
	size_t taken = 0;
	int r = 0, found = 0;

	connection->taken += remote_ssh_hear(&connection->ssh);
	while (taken < READ_AT_ONCE_BYTES && r >= 0) {
		ssize_t got;

		r = reserve(connection);
		if (r < 0)
			break;
		got = read(connection->ssh.output, connection->buffer + connection->used,
			   connection->size - connection->used);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got <= 0) {
			/* What came before the end is told first; the end is there again then. */
			r = found ? 0 : say_end(connection, diag);
			break;
		}
		connection->used += (size_t)got;
		taken += (size_t)got;
		connection->taken += (uint64_t)got;
		r = take_lines(connection, &snapshot, diag);
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

uint64_t ssh_connection_collected(struct remote_connection *connection)
{
	uint64_t taken = connection->taken;

	connection->taken = 0;
	return taken;
}
