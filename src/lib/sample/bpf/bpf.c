/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf.c - BPF collector. */
#include <errno.h>
#include <stdlib.h>

#include "lib/sample/bpf/bpf.h"

/* Smallest number of groups that the programs are loaded for. */
#define CAPACITY_MIN 1024

static void close_bpf(void *collector)
{
	struct bpf *bpf = collector;

	bpf_programs_free(bpf->programs);
	for (size_t h = 0; h < CGW_HIERARCHY_MAX; h++) {
		free(bpf->state[h].groups);
		free(bpf->state[h].rows);
	}
	topology_unref(bpf->topology);
	free(bpf);
}

static const struct collector_functions bpf_collector = {
	.name = "bpf",
	.update = bpf_update,
	.drop_plan = bpf_drop_plan,
	.set_plan = bpf_set_plan,
	.collect = bpf_collect,
	.close = close_bpf,
};

int bpf_open(const struct discover *discover, struct files *files, uint32_t capacity,
	     struct collector *ret_collector, uint32_t *ret_hierarchies, struct cgw_diag *diag)
{
	struct bpf *bpf;
	int r;

	if (discover->layout->recorded)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "a recorded machine cannot run BPF programs");
	bpf = calloc(1, sizeof(*bpf));
	if (bpf == NULL)
		return cgw_diag_set(diag, -ENOMEM, "out of memory");
	bpf->layout = discover->layout;
	bpf->tree = discover->tree;
	bpf->discover = discover;
	bpf->files = files;
	bpf->stat_file = SIZE_MAX;
	r = bpf_load_programs(bpf, capacity > CAPACITY_MIN ? capacity : CAPACITY_MIN, 1, diag);
	if (r < 0) {
		close_bpf(bpf);
		return r;
	}
	*ret_collector = (struct collector){&bpf_collector, bpf};
	*ret_hierarchies = bpf->hierarchies;
	return 0;
}
