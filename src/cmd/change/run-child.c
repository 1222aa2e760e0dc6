/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-child.c - child process of `cgward run`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/change/run-child.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"

static void get_forwarded_signals(sigset_t *set)
{
	static const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,  SIGUSR2,
				      SIGALRM, SIGCONT, SIGTSTP, SIGCHLD, SIGWINCH, SIGPIPE};

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(set, signals[i]);
}

static void run_child(const struct child *child, const struct cli_context *context, int go,
		      char **command)
{
	char byte;
	ssize_t got;
	int error;

	do
		got = read(go, &byte, 1);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		_exit(CHILD_NOT_STARTED); /* the runner has reported an error, or has exited */
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &child->before, NULL);
	execvp(command[0], command);
	error = errno;
	cli_error(context, "cannot run '%s': %s", ESCAPED(256, command[0]), strerror(error));
	fflush(stderr);
	_exit(error == ENOENT ? CHILD_NOT_FOUND : CHILD_NOT_EXECUTABLE);
}

int child_start(struct child *child, const struct cli_context *context, char **command)
{
	int ends[2], error;
	sigset_t set;

	*child = (struct child){.pid = -1, .go = -1};
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	get_forwarded_signals(&set);
	sigprocmask(SIG_BLOCK, &set, &child->before);
	/* Both processes would write buffered output. */
	fflush(stdout);
	child->pid = fork();
	if (child->pid < 0) {
		error = -errno;
		close(ends[0]);
		close(ends[1]);
		sigprocmask(SIG_SETMASK, &child->before, NULL);
		return error;
	}
	if (child->pid == 0) {
		close(ends[1]);
		run_child(child, context, ends[0], command);
	}
	close(ends[0]);
	child->go = ends[1];
	return 0;
}

int child_go(struct child *child)
{
	ssize_t written = write(child->go, "g", 1);

	close(child->go);
	child->go = -1;
	return written == 1 ? 0 : -EPIPE;
}

/* Stops the runner with its child: the shell sees the whole job stop, and its `fg` resumes both. */
static bool has_ended(pid_t pid, int *ret_status)
{
	int status;
	pid_t got = waitpid(pid, &status, WNOHANG | WUNTRACED);

	if (got != pid)
		return got < 0 && errno == ECHILD;
	if (WIFSTOPPED(status)) {
		raise(SIGSTOP);
		return false;
	}
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

int child_wait(struct child *child)
{
	int status = CHILD_NOT_STARTED;
	sigset_t set;

	get_forwarded_signals(&set);
	while (!has_ended(child->pid, &status)) {
		siginfo_t info;
		int signal = sigwaitinfo(&set, &info);

		if (signal < 0 || signal == SIGCHLD || signal == SIGPIPE)
			continue;
		/*
		 * The terminal signals the whole process group, so the command already has such a
		 * signal. It also has any signal that it sent to its own process group.
		 */
		if (info.si_code == SI_KERNEL ||
		    (info.si_code == SI_USER && info.si_pid == child->pid))
			continue;
		(void)kill(child->pid, signal);
	}
	child->pid = -1;
	return status;
}

void child_done(struct child *child)
{
	if (child->go >= 0)
		close(child->go);
	child->go = -1;
	if (child->pid > 0) {
		(void)waitpid(child->pid, NULL, 0);
		sigprocmask(SIG_SETMASK, &child->before, NULL);
	}
	child->pid = -1;
}
