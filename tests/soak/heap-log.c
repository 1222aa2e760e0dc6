/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* heap-log.c - preloaded by tests/soak/run: logs the bytes in use of malloc(). */

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INTERVAL_SECONDS = 10 };

/* Bytes in use, free but kept, and mapped for large blocks. Allocates nothing. */
static void write_usage(const char *path)
{
	struct mallinfo2 usage = mallinfo2();
	char line[128];
	int length = snprintf(line, sizeof(line), "%zu %zu %zu\n", usage.uordblks, usage.fordblks,
			      usage.hblkhd);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return;
	(void)!write(fd, line, (size_t)length);
	close(fd);
}

static void *log_usage(void *argument)
{
	const char *directory = argument;
	char path[4096];

	snprintf(path, sizeof(path), "%s/heap.%d", directory, (int)getpid());
	for (;;) {
		write_usage(path);
		sleep(INTERVAL_SECONDS);
	}
	return NULL;
}

__attribute__((constructor)) static void start_log(void)
{
	char *directory = getenv("CGWARD_HEAP_LOG");
	sigset_t all;
	sigset_t before;
	pthread_t thread;

	if (!directory || strcmp(program_invocation_short_name, "cgward") != 0)
		return;
	/* The signals of the program must reach its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, log_usage, directory) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
