/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remote-command.h - running a cgward command on another host over ssh.
 *
 * Blocks until the command ends or times out, so call it on a thread that may wait.
 */
#pragma once

#include "shared/remote/ssh.h"

#define REMOTE_COMMAND_ARGUMENTS_MAX 256
#define REMOTE_COMMAND_OUTPUT_MAX    65536

struct remote_command_request {
	const char *host;
	const char *const *ssh;       /* command and options, NULL-terminated */
	const char *const *arguments; /* "freeze", "--", "/a b": unquoted, NULL-terminated */
	uint64_t timeout_ns;
};

struct remote_command_result {
	int status;        /* exit status: enum cli_exit of the remote cgward */
	char *text;        /* its output, unescaped, NUL-terminated; freed by the caller */
	char message[384]; /* last line of standard error, escaped; or "" */
};

/*
 * Quotes a word for any shell (sh, csh, fish): escapes all special characters with a backslash.
 * -EINVAL: empty, or with control characters, which cannot be escaped; -ENOSPC: buffer too small.
 */
int remote_quote(const char *word, char *buffer, size_t size);

/*
 * Returns 0 if the command ran to its end, with any exit status; otherwise a negative error with an
 * escaped reason. After -ETIMEDOUT, -ECONNRESET and -EMSGSIZE it is unknown whether it ran.
 */
int remote_command_run(const struct remote_command_request *request,
		       struct remote_command_result *ret_result, struct cgw_diag *diag);
