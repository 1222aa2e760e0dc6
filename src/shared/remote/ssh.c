/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ssh.c - starting a command on another host over ssh, and reading its standard error. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"
#include "lib/base/local-text.h"
#include "shared/remote/ssh.h"

#define END_TRIES 50 /* of 10 ms: how long ssh may take to exit after its output ended */

int remote_ssh_parse_command(const char *command, char **ret_words,
			     const char *words[REMOTE_SSH_ARGUMENTS_MAX + 1], struct cgw_diag *diag)
{
	char *copy = strdup(command != NULL ? command : "ssh"), *rest, *word;
	size_t count = 0;

	if (copy == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	for (word = strtok_r(copy, " ", &rest); word != NULL && count <= REMOTE_SSH_ARGUMENTS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	if (count == 0 || count > REMOTE_SSH_ARGUMENTS_MAX) {
		free(copy);
		return cgw_diag_set(diag, -EINVAL, "invalid ssh command (expected 1 to %d words)",
				    REMOTE_SSH_ARGUMENTS_MAX);
	}
	words[count] = NULL;
	*ret_words = copy;
	return 0;
}

int remote_host_check(const char *host, struct cgw_diag *diag)
{
	if (host[0] != '\0' && host[0] != '-' && strpbrk(host, " \t\r\n") == NULL)
		return 0;
	return cgw_diag_set(diag, -EINVAL, "invalid host '%s' (expected NAME or USER@NAME)",
			    ESCAPED(128, host));
}

/* In the child, after fork() in a process with threads: async-signal-safe functions only. */
static void exec_ssh(const char *const *words, pid_t parent, int output, int messages, int error)
{
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	/* A separate process group, so that Ctrl-C on the terminal does not signal ssh. */
	if (input >= 0 && setpgid(0, 0) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
	    /* Ends ssh if this process is killed: a host that sends nothing would keep it. */
	    prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent && dup2(input, 0) >= 0 &&
	    dup2(output, 1) >= 0 && dup2(messages, 2) >= 0)
		(void)execvp(words[0], (char *const *)(uintptr_t)words);
	(void)!write(error, &errno, sizeof(errno));
	_exit(127);
}

/* The calling thread must live as long as ssh. */
static int spawn(const char *const *words, int output, int messages, pid_t *ret_pid)
{
	CLEANUP(cleanup_close) int reader = -1;
	pid_t parent = getpid(), pid;
	int pipes[2], error = 0;
	ssize_t got;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	reader = pipes[0];
	pid = fork();
	if (pid == 0)
		exec_ssh(words, parent, output, messages, pipes[1]);
	if (pid < 0)
		error = errno;
	close(pipes[1]);
	if (pid < 0)
		return -error;
	/* The end of the pipe is that of the child before exec(). */
	do
		got = read(reader, &error, sizeof(error));
	while (got < 0 && errno == EINTR);
	if (got == 0) {
		*ret_pid = pid;
		return 0;
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return got == sizeof(error) ? -error : -EIO;
}

int remote_ssh_start(const char *const *ssh, const char *host, const char *command,
		     struct remote_ssh *ret_ssh)
{
	static const char *const options[] = {
		"-T", "-oBatchMode=yes",         "-oConnectTimeout=10",
		"-x", "-oServerAliveInterval=5", "-oServerAliveCountMax=2",
	};
	const char *words[REMOTE_SSH_ARGUMENTS_MAX + ARRAY_SIZE(options) + 4];
	CLEANUP(cleanup_close) int output = -1, messages = -1;
	size_t count = 0;
	int pipes[2];

	for (; ssh[count] != NULL && count < REMOTE_SSH_ARGUMENTS_MAX; count++)
		words[count] = ssh[count];
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		words[count++] = options[i];
	words[count++] = "--";
	words[count++] = host;
	words[count++] = command;
	words[count] = NULL;
	*ret_ssh = (struct remote_ssh){.output = -1, .error_output = -1};
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	ret_ssh->output = pipes[0];
	output = pipes[1];
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	ret_ssh->error_output = pipes[0];
	messages = pipes[1];
	if (fcntl(ret_ssh->output, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ret_ssh->error_output, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	DEBUG(CGW_DEBUG_REMOTE, "%s %s: %s", words[0], host, command);
	return spawn(words, output, messages, &ret_ssh->pid);
}

int remote_ssh_end(struct remote_ssh *ssh, bool wait)
{
	const struct timespec delay = {.tv_nsec = 10000000};
	int status;

	if (ssh->pid <= 0)
		return -1;
	for (int i = 0; i < (wait ? END_TRIES : 1); i++) {
		if (waitpid(ssh->pid, &status, WNOHANG) == ssh->pid) {
			ssh->pid = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		}
		if (wait)
			nanosleep(&delay, NULL);
	}
	/* With the processes that a script in its place has started. */
	(void)kill(-ssh->pid, SIGKILL);
	while (waitpid(ssh->pid, &status, 0) < 0 && errno == EINTR)
		;
	ssh->pid = 0;
	return -1;
}

/* Retains the last bytes: the final message is the reason why it ended. */
size_t remote_ssh_read_stderr(struct remote_ssh *ssh)
{
	char bytes[sizeof(ssh->message)];
	size_t size = sizeof(ssh->message);
	size_t read_bytes = 0;
	ssize_t got;

	/* Bounded, so that a host that never stops sending does not delay the others. */
	for (int i = 0; i < 64 && ssh->error_output >= 0; i++) {
		size_t length;

		got = read(ssh->error_output, bytes, sizeof(bytes));
		if (got == 0) {
			close(ssh->error_output);
			ssh->error_output = -1;
		}
		if (got <= 0)
			break;
		length = (size_t)got;
		read_bytes += length;
		if (ssh->message_used + length > size) {
			size_t retained = size - length < ssh->message_used ? size - length
									    : ssh->message_used;

			memmove(ssh->message, ssh->message + ssh->message_used - retained,
				retained);
			ssh->message_used = retained;
		}
		memcpy(ssh->message + ssh->message_used, bytes, length);
		ssh->message_used += length;
	}
	return read_bytes;
}

void remote_ssh_last_message(const struct remote_ssh *ssh, char *buffer, size_t size)
{
	const char *text = ssh->message;
	size_t end_at = ssh->message_used, begin;

	while (end_at > 0 && (text[end_at - 1] == '\n' || text[end_at - 1] == '\r'))
		end_at--;
	for (begin = end_at; begin > 0 && text[begin - 1] != '\n';)
		begin--;
	cgw_escape(buffer, size, text + begin, end_at - begin);
}

void remote_ssh_close(struct remote_ssh *ssh)
{
	(void)remote_ssh_end(ssh, false);
	if (ssh->output >= 0)
		close(ssh->output);
	if (ssh->error_output >= 0)
		close(ssh->error_output);
	ssh->output = ssh->error_output = -1;
}
