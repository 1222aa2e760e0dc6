/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-list.h - the processes of one group. */
#ifndef CGWARD_TUI_DETAIL_PROCESS_LIST_H
#define CGWARD_TUI_DETAIL_PROCESS_LIST_H

#include <cgward/kernel.h>

/* The list of cgroup.procs, from the first hierarchy that has the group. The caller frees it. */
int members_read(const struct cgw_layout *layout, const char *path, char **ret_text);

#endif
