/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * list.c - print the memory of every group, or the reason why it is not known.
 *
 *   cc list.c $(pkg-config --cflags --libs cgward) -o list && ./list
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cgward/sample.h>

int main(void)
{
	const enum cgw_metric metric = CGW_M_MEMORY_CURRENT;
	struct cgw_metric_set metrics = {0};
	struct cgw_diag diag = {0};
	struct cgw_layout *layout;
	struct cgw_snapshot *snapshot;

	cgw_metric_set_add(&metrics, metric);
	if (cgw_layout_open(NULL, &layout, &diag) < 0 ||
	    cgw_sample_once(layout, &metrics, &snapshot, &diag) < 0) {
		fprintf(stderr, "list: %s\n", diag.text);
		return 1;
	}
	for (uint32_t group = 0; group < cgw_snapshot_topology(snapshot)->count; group++) {
		struct cgw_number memory = cgw_snapshot_number(snapshot, metric, group);
		char path[4096], shown[4096];

		(void)cgw_topology_path(cgw_snapshot_topology(snapshot), group, path, sizeof(path));
		/* Group names are untrusted: escape them before printing. */
		(void)cgw_escape(shown, sizeof(shown), path, strlen(path));
		if (memory.state == CGW_OK)
			printf("%s %" PRIu64 "\n", shown, memory.value);
		else
			printf("%s %s\n", shown, cgw_state_name(memory.state));
	}
	cgw_snapshot_unref(snapshot);
	cgw_layout_free(layout);
	return 0;
}
