/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-list.h - reads the list of processes of one group. */
#ifndef CGWARD_TUI_DETAIL_PROCESS_LIST_H
#define CGWARD_TUI_DETAIL_PROCESS_LIST_H

#include <cgward/kernel.h>

/* The text of cgroup.procs in the first hierarchy that contains the group. The caller frees it. */
int process_list_read(const struct cgw_layout *layout, const char *path, char **ret_text);
/*
 * The command line of a process, escaped, or its name in brackets if that is empty (kernel threads,
 * zombies). `name`: if it is known, else NULL. The error of a system call if the process exited.
 */
int process_command_read(const struct cgw_layout *layout, pid_t pid, const char *name, char *buffer,
			 size_t size);

#endif
