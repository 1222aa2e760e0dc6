/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-facts.h - what groups are beyond their figures, answered from /proc and the groups' directories. */
#ifndef CGWARD_SHARED_CLI_GROUP_FACTS_H
#define CGWARD_SHARED_CLI_GROUP_FACTS_H

#include <cgward/expression.h>

struct facts {
	const struct cgw_layout *layout;
	/* The processes of the group that was asked about last, since several questions follow. */
	uint64_t read_ns;
	uint32_t group;
	int error;
	char *processes; /* cgroup.procs */
};

/* Both must outlive what is returned. One thread at a time may ask. */
struct cgw_facts facts_of(struct facts *facts, const struct cgw_layout *layout);
void facts_done(struct facts *facts);

/* What [place] asks about one process. */
enum cgw_truth facts_process(const struct cgw_layout *layout, pid_t pid, enum cgw_subject subject,
			     const char *pattern);

#endif
