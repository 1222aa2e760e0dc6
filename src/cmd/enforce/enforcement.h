/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforcement.h - the policy in effect, and what it is applied to. */
#pragma once

#include <limits.h>
#include <sys/resource.h>

#include "cmd/enforce/apply-actions.h"
#include "cmd/enforce/wakeup.h"
#include "shared/cli/group-facts.h"
#include <cgward/policy.h>

/* What the parts of the daemon share: none of them knows the daemon itself. */
struct enforcement {
	struct cgw_layout *layout;
	struct cgw_policy *policy;
	struct cgw_engine *engine;
	struct cgw_frame *frame;
	struct facts facts_state;
	struct cgw_facts facts;
	struct undo_store *store; /* NULL: dry run */
	struct applier applier;
	sd_event *event; /* NULL: without an event loop */
	struct wakeup wakeup;
	struct group_watch *watch;
	struct places *places;
	struct metrics_endpoint *metrics_endpoint;
};

/* Descriptor limit per sampler (policy, recording, post-mortem, metrics); a fifth stays free. */
static inline unsigned sampler_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	return limit.rlim_cur / 5 > UINT_MAX ? UINT_MAX : (unsigned)(limit.rlim_cur / 5);
}

/* A policy cannot be enforced: as in a container, all hierarchies are mounted read-only. */
static inline bool nothing_is_writable(const struct cgw_layout *layout)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		if (!layout->hierarchies[i].read_only)
			return false;
	return true;
}
