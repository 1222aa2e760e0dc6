/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * churn.c - creates, fills, renames, kills and removes groups at a given rate from several threads.
 *
 *	churn SECONDS GROUPS_PER_SECOND THREADS DIRECTORY...
 *
 * Each DIRECTORY is the same group in one hierarchy. A child is called "c7" or, once renamed, "r7";
 * its limits, where its hierarchies have them, are 7 * 1000 + n processes and as many pages. A
 * reader that sees a limit of another thousand under that name has mistaken one group for another.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DIRECTORY_MAX    16
#define SLOTS_PER_THREAD 50

static int bases[DIRECTORY_MAX];
static int base_count;
static uint64_t interval_ns, end_ns;
static atomic_ulong created, filled, renamed, killed, failed;

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t time_ns)
{
	struct timespec at = {(time_t)(time_ns / UINT64_C(1000000000)),
			      (long)(time_ns % UINT64_C(1000000000))};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* A missing file is no error: each hierarchy has only some of the limits. */
static void write_file(int base, const char *group, const char *file, uint64_t value)
{
	char path[128], text[32];
	int length = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	int fd;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	fd = openat(base, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, text, (size_t)length) < 0)
		atomic_fetch_add(&failed, 1);
	(void)close(fd);
}

static void create(const char *group, uint64_t number)
{
	for (int i = 0; i < base_count; i++) {
		if (mkdirat(bases[i], group, 0755) < 0)
			atomic_fetch_add(&failed, 1);
		write_file(bases[i], group, "pids.max", number);
		write_file(bases[i], group, "memory.max", number * 4096);
		write_file(bases[i], group, "memory.limit_in_bytes", number * 4096);
	}
	atomic_fetch_add(&created, 1);
}

/* Runs and kills a process in the group. */
static void fill_and_kill(const char *group)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	if (pid < 0)
		return;
	for (int i = 0; i < base_count; i++)
		write_file(bases[i], group, "cgroup.procs", (uint64_t)pid);
	atomic_fetch_add(&filled, 1);
	for (int i = 0; i < base_count; i++)
		write_file(bases[i], group, "cgroup.kill", 1);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	atomic_fetch_add(&killed, 1);
}

/* v2 cannot rename groups: if one hierarchy refuses, undo the renames in the others. */
static bool rename_all(const char *from, const char *to)
{
	for (int i = 0; i < base_count; i++) {
		if (renameat(bases[i], from, bases[i], to) == 0)
			continue;
		while (i-- > 0)
			(void)renameat(bases[i], to, bases[i], from);
		return false;
	}
	atomic_fetch_add(&renamed, 1);
	return true;
}

/* A group returns EBUSY for a short time after its last process has exited. */
static void remove_all(const char *group)
{
	for (int i = 0; i < base_count; i++) {
		int tries = 0;

		while (unlinkat(bases[i], group, AT_REMOVEDIR) < 0 && errno == EBUSY &&
		       tries++ < 1000)
			(void)usleep(1000);
	}
}

static void *run(void *argument)
{
	uint64_t first = (uint64_t)(uintptr_t)argument * SLOTS_PER_THREAD, next_ns = now_ns();

	for (uint64_t round = 0; now_ns() < end_ns; round++) {
		uint64_t slot = first + round % SLOTS_PER_THREAD;
		char name[32], other[32];

		snprintf(name, sizeof(name), "c%llu", (unsigned long long)slot);
		snprintf(other, sizeof(other), "r%llu", (unsigned long long)slot);
		/* The previous group of this slot existed for one round over all slots. */
		remove_all(name);
		remove_all(other);
		create(name, slot * 1000 + round % 1000);
		if (round % 64 == 5)
			fill_and_kill(name);
		if (round % 16 == 3)
			(void)rename_all(name, other);
		next_ns += interval_ns;
		if (next_ns > now_ns())
			sleep_until(next_ns);
		else
			next_ns = now_ns(); /* the machine is too slow: do not catch up */
	}
	for (uint64_t slot = first; slot < first + SLOTS_PER_THREAD; slot++) {
		char name[32];

		snprintf(name, sizeof(name), "c%llu", (unsigned long long)slot);
		remove_all(name);
		name[0] = 'r';
		remove_all(name);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t seconds, rate, started_ns = now_ns();
	unsigned long threads;
	pthread_t ids[64];

	if (argc < 5 || argc - 4 > DIRECTORY_MAX)
		return 2;
	seconds = strtoull(argv[1], NULL, 10);
	rate = strtoull(argv[2], NULL, 10);
	threads = strtoul(argv[3], NULL, 10);
	if (seconds == 0 || rate == 0 || threads == 0 || threads > 64)
		return 2;
	for (int i = 4; i < argc; i++) {
		bases[base_count] = open(argv[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (bases[base_count++] < 0) {
			perror(argv[i]);
			return 1;
		}
	}
	interval_ns = UINT64_C(1000000000) * threads / rate;
	end_ns = started_ns + seconds * UINT64_C(1000000000);
	for (unsigned long i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, run, (void *)(uintptr_t)(i + 1)) != 0)
			return 1;
	for (unsigned long i = 0; i < threads; i++)
		(void)pthread_join(ids[i], NULL);
	printf("%lu groups created and removed (%.0f/s), %lu filled, %lu killed, %lu renamed, "
	       "%lu calls failed\n",
	       created, (double)created / ((double)(now_ns() - started_ns) / 1e9), filled, killed,
	       renamed, failed);
	return failed > 0;
}
