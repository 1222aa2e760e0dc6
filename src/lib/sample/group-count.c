/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-count.c - estimate of the number of groups. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/sample/group-count.h"

uint32_t group_count_estimate(const struct cgw_layout *layout)
{
	CLEANUP(cleanup_free) char *cgroups = NULL;
	CLEANUP(cleanup_free) char *stat = NULL;
	int v2 = cgw_layout_find_v2(layout), root;
	unsigned long long most = 0, count;
	char *line, *rest;
	size_t length;

	/* "#subsys_name hierarchy num_cgroups enabled" */
	if (cgw_proc_read(layout, "cgroups", &cgroups, &length) == 0)
		for (line = strtok_r(cgroups, "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest))
			/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
			if (sscanf(line, "%*s %*u %llu", &count) == 1 && count > most)
				most = count;
	if (v2 >= 0 && cgw_group_open(layout, (size_t)v2, "/", &root, NULL) == 0) {
		if (cgw_file_read(layout, root, "cgroup.stat", &stat, &length) < 0)
			stat = NULL;
		/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
		if (stat != NULL && sscanf(stat, "nr_descendants %llu", &count) == 1 &&
		    count > most)
			most = count;
		layout->ops->close(root);
	}
	return most < UINT32_MAX / 4 ? (uint32_t)most : UINT32_MAX / 4;
}
