/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-takers.h - what ran on the CPUs that the tasks of each group waited for. */
#pragma once

#include "lib/metric/decode.h"
#include "lib/sample/bpf/trace.h"
#include "lib/sample/group-tree.h"

enum taker_kind {
	TAKER_GROUP,    /* `running`: the sibling of the group or of its ancestor, or an ancestor */
	TAKER_REALTIME, /* the same, its real-time tasks */
	TAKER_OWN,      /* other tasks of the group and its descendants */
	TAKER_IDLE,     /* nothing: the CPU was idle */
};

struct taker {
	const struct tree_group *waiting, *running;
	uint64_t below; /* id of the child of `running` that is meant, if not in the tree */
	enum taker_kind kind;
	uint64_t ns;
};

/* Ordered by waiting group; each taker once. */
struct takers {
	struct taker *items;
	size_t count, size;
	struct taker_id *ids; /* groups of the tree by their id */
	size_t id_count, id_size;
};

/* Finds groups that are not in the tree, which may have only some groups of the hierarchy. */
struct taker_lookup {
	uint64_t (*parent_id)(const void *context, uint64_t id); /* 0: unknown */
	/* The path of the child of `parent` with this id, allocated; -ENOENT: unknown. */
	int (*child_path)(const void *context, const char *parent, uint64_t id, char **ret_path);
	const void *context;
};

/* Finds the groups of the pairs, and adds them up over descendants. */
int takers_set(struct takers *takers, const struct group_tree *tree, uint32_t hierarchy,
	       const struct taker_lookup *lookup, const struct trace_taker *pairs,
	       size_t pair_count);
void takers_done(struct takers *takers);

/*
 * Adds the takers of a group as instances: paths, "realtime:PATH", "own", "idle", "unknown" for
 * what is left of `total_ns`.
 */
int takers_add_instances(const struct takers *takers, const struct taker_lookup *lookup,
			 const struct tree_group *group, uint64_t total_ns, uint32_t slot,
			 const struct decode_sink *sink);
