/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rules-job.h - a policy watched, not enforced: where each of its rules stands on each group, and what
 * enforcement would do.
 *
 * Who owns a group's processes and what they run is read from /proc, which may take its time: the
 * engine runs in the looking thread, sample by sample, and what is shown are copies of its answers.
 */
#ifndef CGWARD_TUI_ACTION_RULES_JOB_H
#define CGWARD_TUI_ACTION_RULES_JOB_H

#include <cgward/policy.h>

#include "tui/core/job.h"

#define RULES_KEPT    64
#define RULES_WAITING 16

/* One thing that would have been done. */
struct rules_action {
	uint64_t realtime_ns;
	char path[256]; /* escaped, as all texts here */
	char text[256]; /* "limit cpu.max 50%: cpu 312% > 300%" */
	char rule[64];
};

/* Where a rule stands on a group. */
struct rules_instance {
	enum cgw_phase phase;
	uint32_t step;
	uint64_t since_ns, until_ns; /* boottime; 0: open */
	char path[256], rule[64], why[192];
};

/* What the engine said of the last sample that it has seen. */
struct rules_answer {
	uint64_t boottime_ns;
	struct rules_instance *instances; /* those that are listed */
	size_t instance_count, instance_total;
	uint32_t *selected; /* by section: how many groups it selects */
	struct rules_action actions[RULES_KEPT];
	size_t action_count, action_next;
	int error;
};

struct rules {
	const struct cgw_policy *policy; /* the job's: constant, so that both may read it */
	struct job *job;                 /* NULL while it is out */
	struct rules_answer *answer;     /* NULL before the first one */
	/* Samples that the engine has not seen yet. */
	struct cgw_snapshot *waiting[RULES_WAITING];
	bool jumps[RULES_WAITING]; /* it does not follow the one before */
	size_t count;
};

/* Takes the policy over. */
int rules_new(struct cgw_policy *policy, struct rules **ret_rules);
struct rules *rules_free(struct rules *rules);
/* A sample came. */
void rules_on_sample(struct rules *rules, struct cgw_snapshot *snapshot, bool jump);
/* The job that looks at all that wait; NULL: none do, or it is out. rules_collect() gets it back. */
struct job *rules_evaluate(struct rules *rules);
/* True where the job is the rules'; then the answer is another one. */
bool rules_collect(struct rules *rules, struct job *job);
/* The i-th newest, or NULL. */
const struct rules_action *rules_nth(const struct rules *rules, size_t i);

#endif
