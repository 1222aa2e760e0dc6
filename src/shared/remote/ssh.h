/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ssh.h - one command on another host, over ssh: its process, its output, what it says on standard error. */
#ifndef CGWARD_SHARED_REMOTE_SSH_H
#define CGWARD_SHARED_REMOTE_SSH_H

#include <sys/types.h>

#include <cgward/base.h>

#define REMOTE_SSH_WORDS_MAX 32
/*
 * "ssh -p 2222" apart, at blanks; NULL: ssh alone. `ret_words` (the caller frees it) is what `words`
 * points into.
 */
int remote_ssh_words(const char *command, char **ret_words,
		     const char *words[REMOTE_SSH_WORDS_MAX + 1], struct cgw_diag *diag);

/* -EINVAL for a host that ssh would take for an option. */
int remote_host_check(const char *host, struct cgw_diag *diag);

struct remote_ssh {
	pid_t pid;            /* 0: it has ended */
	int output, messages; /* not blocking; -1: at their end */
	char message[512];    /* the last of what it said on standard error */
	size_t message_used;
};

/* `command` is one word, for a shell there. What was opened is closed by remote_ssh_close(), also on failure. */
int remote_ssh_start(const char *const *ssh, const char *host, const char *command,
		     struct remote_ssh *ret_ssh);
/* Takes what stands on standard error; so many bytes. Bounded: who never stops is heard like others. */
size_t remote_ssh_hear(struct remote_ssh *ssh);
/* The last line that says something, escaped. */
void remote_ssh_last_message(const struct remote_ssh *ssh, char *buffer, size_t size);
/* Its exit status; -1 where it did not end by itself, with `wait` within half a second. */
int remote_ssh_end(struct remote_ssh *ssh, bool wait);
void remote_ssh_close(struct remote_ssh *ssh);

#endif
