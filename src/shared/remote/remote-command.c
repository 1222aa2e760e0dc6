/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-command.c - running a cgward command on another host: quoting, output, errors. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "shared/remote/remote-command.h"

#define COMMAND_MAX 65536
/* Exit status of ssh if ssh itself fails, and of a shell that does not find the program. */
#define STATUS_SSH     255
#define STATUS_MISSING 127

static bool is_plain(unsigned char c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || strchr("/._-+:@,%", c) != NULL;
}

int remote_quote(const char *word, char *buffer, size_t size)
{
	size_t used = 0;

	for (; *word != '\0'; word++) {
		unsigned char c = (unsigned char)*word;

		if (c < 0x20 || c == 0x7f)
			return -EINVAL;
		if (used + 2 + !is_plain(c) > size)
			return -ENOSPC;
		if (!is_plain(c))
			buffer[used++] = '\\';
		buffer[used++] = *word;
	}
	if (used == 0)
		return -EINVAL;
	buffer[used] = '\0';
	return 0;
}

/* "cgward freeze -- /a\ b" */
static int format_command(const struct remote_command_request *request, char *command,
			  struct cgw_diag *diag)
{
	size_t used = (size_t)snprintf(command, COMMAND_MAX, "cgward");

	for (size_t i = 0; request->arguments[i] != NULL; i++) {
		int r = i < REMOTE_COMMAND_ARGUMENTS_MAX && used + 2 < COMMAND_MAX ? 0 : -ENOSPC;

		if (r == 0) {
			command[used++] = ' ';
			r = remote_quote(request->arguments[i], command + used, COMMAND_MAX - used);
		}
		if (r == -ENOSPC)
			return cgw_diag_set(diag, -E2BIG,
					    "the command is too long; select fewer groups");
		if (r < 0)
			return cgw_diag_set(
				diag, r,
				"an empty name, or one with control characters, cannot be "
				"sent through ssh; run the command on the host itself");
		used += strlen(command + used);
	}
	return 0;
}

/* Reads the available output; false at its end. */
static bool read_output(struct remote_ssh *ssh, char *text, size_t *used)
{
	ssize_t got = read(ssh->output, text + *used, REMOTE_COMMAND_OUTPUT_MAX - *used);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	*used += (size_t)got;
	return got > 0;
}

static int read_all(struct remote_ssh *ssh, char *text, uint64_t until_ns, struct cgw_diag *diag)
{
	size_t used = 0;
	bool more = true;

	while (more) {
		struct pollfd polled[] = {{.fd = ssh->output, .events = POLLIN},
					  {.fd = ssh->error_output, .events = POLLIN}};
		uint64_t now_ns = clock_now_ns();
		int timeout_ms = until_ns > now_ns ? (int)((until_ns - now_ns) / 1000000) + 1 : 0;

		if (timeout_ms == 0)
			return cgw_diag_set(
				diag, -ETIMEDOUT,
				"no answer in time; the command may or may not have run");
		if (poll(polled, ARRAY_SIZE(polled), timeout_ms) < 0 && errno != EINTR)
			return -errno;
		remote_ssh_read_stderr(ssh);
		more = read_output(ssh, text, &used);
		if (used == REMOTE_COMMAND_OUTPUT_MAX)
			return cgw_diag_set(
				diag, -EMSGSIZE,
				"more than %d bytes of output; the command may or may not "
				"have run",
				REMOTE_COMMAND_OUTPUT_MAX);
	}
	text[used] = '\0';
	return 0;
}

static int run(const struct remote_command_request *request, struct remote_ssh *ssh,
	       struct remote_command_result *result, struct cgw_diag *diag)
{
	int r = read_all(ssh, result->text, clock_now_ns() + request->timeout_ns, diag);

	if (r < 0)
		return r;
	result->status = remote_ssh_end(ssh, true);
	remote_ssh_read_stderr(ssh);
	remote_ssh_last_message(ssh, result->message, sizeof(result->message));
	if (result->status == STATUS_MISSING)
		return cgw_diag_set(diag, -ENOENT,
				    "cgward not found on the host: %s; install it, or add it to "
				    "PATH there",
				    result->message);
	if (result->status < 0 || result->status == STATUS_SSH)
		return cgw_diag_set(diag, -ECONNRESET,
				    "connection ended%s%s; the command may or may not have run",
				    result->message[0] != '\0' ? ": " : "", result->message);
	return 0;
}

int remote_command_run(const struct remote_command_request *request,
		       struct remote_command_result *ret_result, struct cgw_diag *diag)
{
	struct remote_command_result result = {.text = malloc(REMOTE_COMMAND_OUTPUT_MAX + 1)};
	CLEANUP(cleanup_free) char *command = malloc(COMMAND_MAX);
	struct remote_ssh ssh = {.output = -1, .error_output = -1};
	int r = remote_host_check(request->host, diag);

	if (r == 0 && (result.text == NULL || command == NULL))
		r = -ENOMEM;
	if (r == 0)
		r = format_command(request, command, diag);
	if (r == 0) {
		r = remote_ssh_start(request->ssh, request->host, command, &ssh);
		if (r < 0)
			cgw_diag_set(diag, r, "cannot start '%.64s': %s", request->ssh[0],
				     strerror(-r));
		else
			r = run(request, &ssh, &result, diag);
		remote_ssh_close(&ssh);
	}
	if (r < 0) {
		free(result.text);
		if (diag->text[0] == '\0')
			cgw_diag_set(diag, r, "%s", strerror(-r));
		return r;
	}
	*ret_result = result;
	return 0;
}
