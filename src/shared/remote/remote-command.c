/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-command.c - a verb on another host: its words through a shell that nobody knows, its answer bounded. */
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
/* What ssh itself ends with when it does not reach the other side, and a shell that finds no such program. */
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
static int command_of(const struct remote_verb *verb, char *command, struct cgw_diag *diag)
{
	size_t used = (size_t)snprintf(command, COMMAND_MAX, "cgward");

	for (size_t i = 0; verb->words[i] != NULL; i++) {
		int r = i < REMOTE_VERB_WORDS_MAX && used + 2 < COMMAND_MAX ? 0 : -ENOSPC;

		if (r == 0) {
			command[used++] = ' ';
			r = remote_quote(verb->words[i], command + used, COMMAND_MAX - used);
		}
		if (r == -ENOSPC)
			return cgw_diag_set(diag, -E2BIG, "too much at once: take fewer groups");
		if (r < 0)
			return cgw_diag_set(diag, r,
					    "a name with control characters in it: no shell there "
					    "would read it back; act on it on the host itself");
		used += strlen(command + used);
	}
	return 0;
}

/* Takes what is there; false at its end. */
static bool take_output(struct remote_ssh *ssh, char *text, size_t *used)
{
	ssize_t got = read(ssh->output, text + *used, REMOTE_VERB_TEXT_MAX - *used);

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
					  {.fd = ssh->messages, .events = POLLIN}};
		uint64_t now_ns = clock_now_ns();
		int timeout_ms = until_ns > now_ns ? (int)((until_ns - now_ns) / 1000000) + 1 : 0;

		if (timeout_ms == 0)
			return cgw_diag_set(diag, -ETIMEDOUT,
					    "no answer in time; whether it was done is not known");
		if (poll(polled, ARRAY_SIZE(polled), timeout_ms) < 0 && errno != EINTR)
			return -errno;
		(void)remote_ssh_hear(ssh);
		more = take_output(ssh, text, &used);
		if (used == REMOTE_VERB_TEXT_MAX)
			return cgw_diag_set(diag, -EMSGSIZE,
					    "it says more than %d bytes; whether it was done is "
					    "not known",
					    REMOTE_VERB_TEXT_MAX);
	}
	text[used] = '\0';
	return 0;
}

static int run(const struct remote_verb *verb, struct remote_ssh *ssh,
	       struct remote_verb_answer *answer, struct cgw_diag *diag)
{
	int r = read_all(ssh, answer->text, clock_now_ns() + verb->timeout_ns, diag);

	if (r < 0)
		return r;
	answer->status = remote_ssh_end(ssh, true);
	(void)remote_ssh_hear(ssh);
	remote_ssh_last_message(ssh, answer->message, sizeof(answer->message));
	if (answer->status == STATUS_MISSING)
		return cgw_diag_set(diag, -ENOENT, "there is no cgward: %s", answer->message);
	if (answer->status < 0 || answer->status == STATUS_SSH)
		return cgw_diag_set(diag, -ECONNRESET, "the connection ended%s%s",
				    answer->message[0] != '\0' ? ": " : "", answer->message);
	return 0;
}

int remote_verb_run(const struct remote_verb *verb, struct remote_verb_answer *ret_answer,
		    struct cgw_diag *diag)
{
	struct remote_verb_answer answer = {.text = malloc(REMOTE_VERB_TEXT_MAX + 1)};
	CLEANUP(cleanup_free) char *command = malloc(COMMAND_MAX);
	struct remote_ssh ssh = {.output = -1, .messages = -1};
	int r = remote_host_check(verb->host, diag);

	if (r == 0 && (answer.text == NULL || command == NULL))
		r = -ENOMEM;
	if (r == 0)
		r = command_of(verb, command, diag);
	if (r == 0) {
		r = remote_ssh_start(verb->ssh, verb->host, command, &ssh);
		r = r < 0 ? r : run(verb, &ssh, &answer, diag);
		remote_ssh_close(&ssh);
	}
	if (r < 0) {
		free(answer.text);
		if (diag->text[0] == '\0')
			(void)cgw_diag_set(diag, r, "%s", strerror(-r));
		return r;
	}
	*ret_answer = answer;
	return 0;
}
