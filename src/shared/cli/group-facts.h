/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-facts.h - properties of groups beyond metrics, read from /proc and cgroup directories. */
#pragma once

#include <cgward/expression.h>

struct facts {
	const struct cgw_layout *layout;
	/* Cached processes of the last group, since several subjects of it are matched in turn. */
	uint64_t read_ns;
	uint32_t group;
	int error;
	char *processes; /* cgroup.procs */
};

/* Both arguments must outlive the returned facts. Not thread-safe. */
struct cgw_facts facts_of(struct facts *facts, const struct cgw_layout *layout);
void facts_done(struct facts *facts);

/* Matches one process against a subject of a [place] section. */
enum cgw_truth facts_process(const struct cgw_layout *layout, pid_t pid, enum cgw_subject subject,
			     const char *pattern);
