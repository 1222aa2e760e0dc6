/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-delay-values.h - values of cpu.run_delay, from BPF programs that are attached meanwhile. */
#ifndef CGWARD_LIB_SAMPLE_RUN_DELAY_VALUES_H
#define CGWARD_LIB_SAMPLE_RUN_DELAY_VALUES_H

#include "lib/sample/bpf/run-delay.h"
#include "lib/sample/read-plan.h"

struct run_delay_values {
	struct run_delay *run_delay; /* NULL: the programs are not attached */
	uint32_t hierarchy;          /* whose groups are counted */
	enum cgw_state state;        /* of values that the programs cannot provide */
	struct cgw_diag reason;      /* why not */
};

/* Attaches the programs if the plan needs them, otherwise detaches them. */
void run_delay_values_set_plan(struct run_delay_values *values, const struct plan *plan);
void run_delay_values_close(struct run_delay_values *values);

/* Takes the values of all groups for this sample. */
void run_delay_values_read(struct run_delay_values *values);
/* Fills the slots of the requests by their keys: "time", "p50", ..., and of the root "lost". */
void run_delay_values_fill(const struct run_delay_values *values, const struct tree_group *group,
			   uint32_t hierarchy, const struct decode_request *requests,
			   size_t request_count, struct cgw_number *out);

#endif
