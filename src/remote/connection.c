/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* connection.c - ssh to a host, and the lines that come from there. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "remote/connection.h"

/* Taken at one go: who sends without end gets its turn again after the others. */
#define READ_AT_ONCE_BYTES (4 << 20)
#define END_TRIES          50 /* of 10 ms, for ssh to end once its output has */
#define MESSAGE_BYTES      512

struct remote_connection {
	pid_t pid;
	int output, messages;
	struct remote_stream *stream;
	char *buffer;
	size_t used, size;
	char message[MESSAGE_BYTES]; /* the last of what it said on standard error */
	size_t message_used;
	uint64_t count, samples;
};

int remote_ssh_words(const char *command, char **ret_words,
		     const char *words[REMOTE_SSH_WORDS_MAX + 1], struct cgw_diag *diag)
{
	char *copy = strdup(command != NULL ? command : "ssh"), *rest, *word;
	size_t count = 0;

	if (copy == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	for (word = strtok_r(copy, " ", &rest); word != NULL && count <= REMOTE_SSH_WORDS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	if (count == 0 || count > REMOTE_SSH_WORDS_MAX) {
		free(copy);
		return cgw_diag_set(diag, -EINVAL, "the command of ssh is 1 to %d words",
				    REMOTE_SSH_WORDS_MAX);
	}
	words[count] = NULL;
	*ret_words = copy;
	return 0;
}

int remote_host_check(const char *host, struct cgw_diag *diag)
{
	char shown[128];

	if (host[0] != '\0' && host[0] != '-' && strpbrk(host, " \t\r\n") == NULL)
		return 0;
	(void)cgw_escape(shown, sizeof(shown), host, strlen(host));
	return cgw_diag_set(diag, -EINVAL, "\"%s\" is no host: NAME or USER@NAME is wanted", shown);
}

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

static int spawn(const char *const *words, int output, int messages, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	(void)sigemptyset(&none);
	/* A group of its own: keys of our terminal are none of its. */
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, messages, 2);
	if (r == 0)
		r = posix_spawnp(ret_pid, words[0], &actions, &attributes,
				 (char *const *)(uintptr_t)words, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int start(struct remote_connection *connection, const struct remote_target *target,
		 const char *command)
{
	static const char *const options[] = {
		"-T", "-oBatchMode=yes",         "-oConnectTimeout=10",
		"-x", "-oServerAliveInterval=5", "-oServerAliveCountMax=2",
	};
	const char *words[REMOTE_SSH_WORDS_MAX + ARRAY_SIZE(options) + 4];
	CLEANUP(cleanup_close) int output = -1, messages = -1;
	size_t count = 0;
	int pipes[2];

	for (; target->ssh[count] != NULL && count < REMOTE_SSH_WORDS_MAX; count++)
		words[count] = target->ssh[count];
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		words[count++] = options[i];
	words[count++] = "--";
	words[count++] = target->host;
	words[count++] = command;
	words[count] = NULL;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	connection->output = pipes[0];
	output = pipes[1];
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	connection->messages = pipes[0];
	messages = pipes[1];
	if (fcntl(connection->output, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(connection->messages, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return spawn(words, output, messages, &connection->pid);
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
	connection->output = connection->messages = -1;
	connection->count = target->count;
	r = remote_stream_new(target->wanted, target->layouts, &connection->stream);
	if (r == 0)
		r = start(connection, target, command);
	if (r < 0) {
		remote_connection_close(connection);
		return cgw_diag_set(diag, r, "cannot start %.64s: %s", target->ssh[0],
				    strerror(-r));
	}
	*ret_connection = connection;
	return 0;
}

/* Its exit status, or -1 where it did not end by itself in time. */
static int end(struct remote_connection *connection, bool wait)
{
	const struct timespec moment = {.tv_nsec = 10000000};
	int status;

	if (connection->pid <= 0)
		return -1;
	for (int i = 0; i < (wait ? END_TRIES : 1); i++) {
		if (waitpid(connection->pid, &status, WNOHANG) == connection->pid) {
			connection->pid = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		}
		if (wait)
			(void)nanosleep(&moment, NULL);
	}
	(void)kill(connection->pid, SIGKILL);
	while (waitpid(connection->pid, &status, 0) < 0 && errno == EINTR)
		;
	connection->pid = 0;
	return -1;
}

struct remote_connection *remote_connection_close(struct remote_connection *connection)
{
	if (connection == NULL)
		return NULL;
	(void)end(connection, false);
	if (connection->output >= 0)
		close(connection->output);
	if (connection->messages >= 0)
		close(connection->messages);
	remote_stream_free(connection->stream);
	free(connection->buffer);
	free(connection);
	return NULL;
}

void remote_connection_fds(const struct remote_connection *connection, int ret_fds[2])
{
	ret_fds[0] = connection->output;
	ret_fds[1] = connection->messages;
}

/* The last bytes are kept: what is said at the end is why it ended. */
static void read_messages(struct remote_connection *connection)
{
	char bytes[MESSAGE_BYTES];
	size_t room = sizeof(connection->message);
	ssize_t got;

	/* A host that never stops talking is heard as little as any other. */
	for (int i = 0; i < 64 && connection->messages >= 0; i++) {
		size_t length;

		got = read(connection->messages, bytes, sizeof(bytes));
		if (got == 0) {
			close(connection->messages);
			connection->messages = -1;
		}
		if (got <= 0)
			return;
		length = (size_t)got;
		if (connection->message_used + length > room) {
			size_t kept = room - length < connection->message_used
					      ? room - length
					      : connection->message_used;

			memmove(connection->message,
				connection->message + connection->message_used - kept, kept);
			connection->message_used = kept;
		}
		memcpy(connection->message + connection->message_used, bytes, length);
		connection->message_used += length;
	}
}

/* The last line that says something, escaped. */
static void last_message(const struct remote_connection *connection, char *buffer, size_t size)
{
	const char *text = connection->message;
	size_t end_at = connection->message_used, begin;

	while (end_at > 0 && (text[end_at - 1] == '\n' || text[end_at - 1] == '\r'))
		end_at--;
	for (begin = end_at; begin > 0 && text[begin - 1] != '\n';)
		begin--;
	(void)cgw_escape(buffer, size, text + begin, end_at - begin);
}

static int say_end(struct remote_connection *connection, struct cgw_diag *diag)
{
	char message[384];
	int status;

	status = end(connection, true);
	read_messages(connection);
	last_message(connection, message, sizeof(message));
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

	read_messages(connection);
	while (taken < READ_AT_ONCE_BYTES && r >= 0) {
		ssize_t got;

		r = reserve(connection);
		if (r < 0)
			break;
		got = read(connection->output, connection->buffer + connection->used,
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
