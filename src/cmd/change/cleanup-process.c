/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cleanup-process.c - a process that cleans up if this one is killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/change/cleanup-process.h"

static void run_cleanup_process(int alive_fd, void (*clean)(void *context), void *context)
{
	int null_fd = open("/dev/null", O_RDWR);
	sigset_t all;
	char byte;
	ssize_t got;

	/* Leave the job of the parent, and do not keep its output open. */
	(void)setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int fd = 0; fd <= 2 && null_fd >= 0; fd++)
		(void)dup2(null_fd, fd);
	do
		got = read(alive_fd, &byte, 1);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		clean(context);
	_exit(0);
}

int cleanup_process_start(struct cleanup_process *cleanup, int other_fd,
			  void (*clean)(void *context), void *context)
{
	int ends[2], error;

	*cleanup = (struct cleanup_process){.pid = -1, .alive = -1};
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	cleanup->pid = fork();
	if (cleanup->pid < 0) {
		error = -errno;
		close(ends[0]);
		close(ends[1]);
		return error;
	}
	if (cleanup->pid == 0) {
		close(ends[1]);
		if (other_fd >= 0)
			close(other_fd);
		run_cleanup_process(ends[0], clean, context);
	}
	close(ends[0]);
	cleanup->alive = ends[1];
	return 0;
}

void cleanup_process_stop(struct cleanup_process *cleanup)
{
	if (cleanup->pid < 0)
		return;
	if (write(cleanup->alive, "d", 1) != 1)
		(void)kill(cleanup->pid, SIGKILL);
	close(cleanup->alive);
	while (waitpid(cleanup->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	cleanup->pid = -1;
}
