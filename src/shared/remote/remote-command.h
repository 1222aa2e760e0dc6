/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remote-command.h - one of cgward's verbs on another host, over the same ssh as its figures, to its end.
 *
 * It waits, at most as long as it is told: for threads that may.
 */
#ifndef CGWARD_SHARED_REMOTE_REMOTE_COMMAND_H
#define CGWARD_SHARED_REMOTE_REMOTE_COMMAND_H

#include "shared/remote/ssh.h"

#define REMOTE_VERB_WORDS_MAX 256
#define REMOTE_VERB_TEXT_MAX  65536

struct remote_verb {
	const char *host;
	const char *const *ssh;   /* the command and its options, NULL at the end */
	const char *const *words; /* "freeze", "--", "/a b": raw, NULL at the end */
	uint64_t timeout_ns;
};

struct remote_verb_answer {
	int status;        /* the verb's exit status: enum cli_exit of the cgward there */
	char *text;        /* what it printed, raw, with a NUL at its end: the caller frees it */
	char message[384]; /* the last line on its standard error, safe to print; "" */
};

/*
 * A word as any shell reads it back (sh, csh and fish alike): what means something to one of them stands behind
 * a backslash. -EINVAL for control characters, which cannot be said so; -ENOSPC where it does not fit.
 */
int remote_quote(const char *word, char *buffer, size_t size);

/*
 * 0: it ran to its end, whatever its status. Otherwise a negative error with its reason, safe to print;
 * after -ETIMEDOUT, -ECONNRESET and -EMSGSIZE nobody knows here whether it was done.
 */
int remote_verb_run(const struct remote_verb *verb, struct remote_verb_answer *ret_answer,
		    struct cgw_diag *diag);

#endif
