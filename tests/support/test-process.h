/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-process.h - a child process that reports whether it was signalled. Functions in a header. */
#pragma once

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "tree.h"

struct test_process {
	pid_t pid;
	int pipe; /* closing it ends the child */
};

static inline struct test_process test_process_start(void)
{
	struct test_process process;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	process.pid = fork();
	assert_true(process.pid >= 0);
	if (process.pid == 0) {
		char byte;

		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(ends[0]);
	process.pipe = ends[1];
	return process;
}

/* Ends the child; returns the signal that had killed it, or 0. */
static inline int test_process_end(struct test_process *process)
{
	int status = -1;

	close(process->pipe);
	assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Lists it in /proc: with these lines in /proc/PID/cgroup, and optionally as a kernel thread. */
static inline void test_process_list(struct tree_dir *dir, pid_t pid, const char *groups,
				     bool is_kernel_thread)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "proc/%d/stat", (int)pid);
	snprintf(text, sizeof(text),
		 "%d (test) S 1 1 1 0 -1 %u 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n", (int)pid,
		 is_kernel_thread ? 0x00200000U : 0U);
	tree_file(dir, path, text);
	snprintf(path, sizeof(path), "proc/%d/cgroup", (int)pid);
	tree_file(dir, path, groups);
}
