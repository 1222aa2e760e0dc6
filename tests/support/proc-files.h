/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proc-files.h - the files of a process in a simulated /proc. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "tree.h"

struct proc_process {
	int pid;
	const char *name;
	const char *groups;    /* the lines of /proc/PID/cgroup */
	uint64_t capabilities; /* effective and permitted */
	char state;            /* 0: 'S' */
};

static inline void proc_file(struct tree_dir *dir, int pid, const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%d/%s", pid, file);
	tree_file(dir, path, text);
}

static inline void proc_add(struct tree_dir *dir, const struct proc_process *process)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%d (%s) %c 1 1 1 0 -1 0 0 0 0 0 30 20 0 0 20 0 2 0 500 4096 10 0\n", process->pid,
		 process->name, process->state != 0 ? process->state : 'S');
	proc_file(dir, process->pid, "stat", text);
	snprintf(text, sizeof(text),
		 "Name:\t%s\nTgid:\t%d\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nNSpid:\t%d\n"
		 "CapPrm:\t%016llx\nCapEff:\t%016llx\nSeccomp:\t0\n",
		 process->name, process->pid, process->pid,
		 (unsigned long long)process->capabilities,
		 (unsigned long long)process->capabilities);
	proc_file(dir, process->pid, "status", text);
	proc_file(dir, process->pid, "cgroup", process->groups);
	proc_file(dir, process->pid, "cmdline", "");
}
