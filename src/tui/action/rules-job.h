/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rules-job.h - previews a policy: the state of its rules per group, and the actions that
 * enforcement would take.
 *
 * The engine runs in a worker thread, since owners and commands of processes are read from /proc,
 * which may block. The main thread shows copies of its results.
 */
#pragma once

#include <cgward/policy.h>

#include "tui/core/job.h"

#define RULES_ACTIONS_MAX   64
#define RULES_INSTANCES_MAX 512
#define RULES_WAITING       16

/* An action that enforcement would have taken. */
struct rules_action {
	uint64_t realtime_ns;
	char path[256]; /* escaped, as all texts here */
	char text[256]; /* "limit cpu.max 50%  cpu > 300% (now 312%)" */
	char rule[64];
};

/* The state of a rule on a group. */
struct rules_instance {
	enum cgw_phase phase;
	uint32_t step;
	uint64_t since_ns, until_ns; /* boottime; until_ns 0: no end */
	char path[256], rule[64], why[192];
};

/* Results up to the last sample that the engine processed. */
struct rules_answer {
	uint64_t boottime_ns;
	struct rules_instance instances[RULES_INSTANCES_MAX];
	size_t instance_count, instance_total; /* listed, existing */
	struct rules_action actions[RULES_ACTIONS_MAX];
	size_t action_count, action_next;
	int error;
	uint32_t selected[]; /* number of groups selected, by section */
};

struct rules {
	const struct cgw_policy *policy; /* owned by the job; immutable, so safe to share */
	struct job *job;                 /* NULL while posted */
	struct rules_answer *answer;     /* a copy of the job's; NULL before the first one */
	size_t answer_size;
	/* Samples not yet passed to the job. */
	struct cgw_snapshot *waiting[RULES_WAITING];
	bool jumps[RULES_WAITING]; /* does not follow the previous sample */
	size_t count;
};

/* Takes ownership of the policy, also on failure. */
int rules_new(struct cgw_policy *policy, struct rules **ret_rules);
struct rules *rules_free(struct rules *rules);
/* Queues a sample. */
void rules_on_sample(struct rules *rules, struct cgw_snapshot *snapshot, bool jump);
/*
 * The job that evaluates all queued samples; return it to rules_collect(). NULL if no sample is
 * queued, or the job is posted already.
 */
struct job *rules_evaluate(struct rules *rules);
/* True if it is the job of these rules; `answer` is then updated. */
bool rules_collect(struct rules *rules, struct job *job);
/* The i-th newest action, or NULL. */
const struct rules_action *rules_nth(const struct rules *rules, size_t i);
