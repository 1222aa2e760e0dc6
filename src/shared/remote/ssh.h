/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ssh.h - one command on another host over ssh: its process, output and error messages. */
#pragma once

#include <sys/types.h>

#include <cgward/base.h>

#define REMOTE_SSH_ARGUMENTS_MAX 32
/*
 * Splits an ssh command ("ssh -p 2222") at spaces; NULL means "ssh". `words` points into
 * `ret_words`, which the caller frees.
 */
int remote_ssh_parse_command(const char *command, char **ret_words,
			     const char *words[REMOTE_SSH_ARGUMENTS_MAX + 1],
			     struct cgw_diag *diag);

/* -EINVAL: empty, contains white space, or ssh would parse it as an option. */
int remote_host_check(const char *host, struct cgw_diag *diag);

struct remote_ssh {
	pid_t pid;                /* 0: exited */
	int output, error_output; /* non-blocking; -1: closed */
	char message[512];        /* the last bytes of standard error */
	size_t message_used;
};

/* `command` is run by the shell of the host. Call remote_ssh_close() also after a failure. */
int remote_ssh_start(const char *const *ssh, const char *host, const char *command,
		     struct remote_ssh *ret_ssh);
/* Reads a bounded amount of standard error; returns the number of bytes. */
size_t remote_ssh_read_stderr(struct remote_ssh *ssh);
/* The last non-empty line of standard error, escaped. */
void remote_ssh_last_message(const struct remote_ssh *ssh, char *buffer, size_t size);
/* The exit status; kills ssh and returns -1 if it does not exit (`wait`: within half a second). */
int remote_ssh_end(struct remote_ssh *ssh, bool wait);
void remote_ssh_close(struct remote_ssh *ssh);
