/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-values.h - values of traced metrics, from BPF programs that are attached meanwhile. */
#pragma once

#include "lib/sample/read-plan.h"
#include "lib/sample/trace-takers.h"

struct trace_values {
	struct traced_set {
		struct trace *trace; /* NULL: the programs are not attached */
		const struct cgw_layout *layout;
		uint32_t hierarchy; /* whose groups are counted */
		unsigned details;
		enum cgw_state state;   /* of values that the programs cannot provide */
		struct cgw_diag reason; /* why not */
	} sets[TRACE_SET_COUNT];
	struct takers takers;
};

/* Attaches the sets that the plan needs and detaches the others. */
void trace_values_set_plan(struct trace_values *values, const struct plan *plan);
void trace_values_close(struct trace_values *values);

/* Some set is attached: values are of the last interval and must not be repeated. */
bool trace_values_active(const struct trace_values *values);
/* Takes the values of all groups for this sample. */
int trace_values_read(struct trace_values *values, const struct group_tree *tree);
/* Fills the slots of the requests by their keys, SET.VALUE. */
int trace_values_fill(const struct trace_values *values, const struct tree_group *group,
		      uint32_t hierarchy, const struct decode_request *requests,
		      size_t request_count, struct cgw_number *out, const struct decode_sink *sink);
/* Why a metric has no values; "" if it has, or if it is not traced or not requested. */
const char *trace_values_reason(const struct trace_values *values, enum cgw_metric metric);
