/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rules.h - a policy watched, not enforced: where each of its rules stands on each group, and what
 * enforcement would do. Pure but for the loading.
 */
#ifndef CGWARD_TUI_RULES_H
#define CGWARD_TUI_RULES_H

#include <cgward/policy.h>

#define RULES_KEPT 64

/* One thing that would have been done. */
struct rules_action {
	uint64_t realtime_ns;
	char *path;     /* raw */
	char text[256]; /* escaped: "limit cpu.max 50%: cpu 312% > 300%" */
	char rule[64];
};

struct rules {
	struct cgw_policy *policy;
	struct cgw_engine *engine;
	struct rules_action actions[RULES_KEPT];
	size_t count, next;
	uint32_t *selected; /* by section: how many groups it selects */
	char problem[256];  /* of a policy that could not be used; "": none */
};

/* Takes the policy over. */
int rules_new(struct cgw_policy *policy, struct rules **ret_rules);
struct rules *rules_free(struct rules *rules);
/* After a jump in time: what stood, stood then. */
int rules_restart(struct rules *rules);
/* After each cgw_frame_update(): one tick, in which nothing is done. */
int rules_update(struct rules *rules, const struct cgw_frame *frame);
/* The i-th newest, or NULL. */
const struct rules_action *rules_nth(const struct rules *rules, size_t i);

#endif
