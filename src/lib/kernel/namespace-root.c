/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespace-root.c - the root of our cgroup namespace, in a mount of the tree above it.
 *
 * mountinfo reports such a mount as "/..", once for each level above the namespace, and no file
 * contains the names of these levels. They are those of the group that many levels down in which
 * the kernel lists a process that it reports inside the namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/kernel-file.h"
#include "lib/kernel/list-children.h"
#include "lib/kernel/membership.h"
#include "lib/kernel/namespace-root.h"

/* Each level takes a buffer on the stack; namespaces of containers are a few levels deep. */
#define LEVELS_MAX 16
/* Ends a walk whose result was found. */
#define FOUND (-EALREADY)

struct search {
	struct cgw_layout *layout;
	size_t hierarchy;
	pid_t pid;
	const char *path; /* of the process, in the namespace */
	const char *top;  /* the group whose children are being listed */
	unsigned levels;  /* between `top` and the root of the namespace */
};

static int search_children(struct search *search);

/* The number of levels to search for the namespace's root; 0 if that is not required. */
static unsigned levels_above(const struct cgw_hierarchy *hierarchy)
{
	const char *top = hierarchy->root;
	unsigned levels = path_skip_parents(&top);

	return *top == '\0' && levels <= LEVELS_MAX && hierarchy->namespace_root == NULL ? levels
											 : 0;
}

static bool is_complete(const struct cgw_layout *layout)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		if (levels_above(&layout->hierarchies[i]) > 0)
			return false;
	return true;
}

static int visit(void *context, const struct walk_entry *entry)
{
	struct search *search = context, below = *search;
	CLEANUP(cleanup_free) char *child = NULL, *candidate = NULL;

	if (asprintf(&child, "%s/%s", search->top, entry->name) < 0)
		return -ENOMEM;
	below.top = child;
	below.levels = search->levels - 1;
	if (below.levels > 0)
		return search_children(&below);
	if (asprintf(&candidate, "%s%s", child, search->path) < 0)
		return -ENOMEM;
	if (!group_lists_process(search->layout, search->hierarchy, candidate, search->pid))
		return 0;
	search->layout->hierarchies[search->hierarchy].namespace_root = steal_pointer(&child);
	return FOUND;
}

static int search_children(struct search *search)
{
	const char *top = search->top[0] != '\0' ? search->top : "/";
	CLEANUP(cleanup_close) int directory = -1;
	int r;

	if (cgw_group_open(search->layout, search->hierarchy, top, &directory, NULL) < 0)
		return 0;
	r = walk_children(search->layout->ops, directory, true, visit, search);
	return r == FOUND || r == -ENOMEM ? r : 0;
}

/* Searches the hierarchies for a process. Returns FOUND if no other process is required. */
static int search_by_process(struct cgw_layout *layout, pid_t pid, const char *text, size_t length)
{
	CLEANUP(cgw_membership_done) struct cgw_membership raw = {0};
	int r = membership_parse_raw(layout, text, length, &raw);

	for (size_t i = 0; i < raw.count && r != -ENOMEM; i++) {
		unsigned levels = levels_above(&layout->hierarchies[i]);
		const char *path = raw.paths[i];

		if (levels > 0 && path != NULL && path_skip_parents(&path) == 0)
			r = search_children(&(struct search){layout, i, pid, path, "", levels});
	}
	return r == -ENOMEM ? r : is_complete(layout) ? FOUND : 0;
}

static int search_by_pid(void *context, pid_t pid)
{
	struct cgw_layout *layout = context;
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;

	if (cgw_proc_read(layout, FORMATTED(32, "%d/cgroup", (int)pid), &text, &length) < 0)
		return 0;
	return search_by_process(layout, pid, text, length);
}

int namespace_roots_find(struct cgw_layout *layout)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = 0;

	if (is_complete(layout))
		return 0;
	/* This process is not in a copied tree: search for any other. */
	if (layout->recorded)
		r = cgw_proc_each(layout, ".", search_by_pid, layout);
	else if (file_read_at(layout->ops, AT_FDCWD, "/proc/self/cgroup", &text, &length) == 0)
		r = search_by_process(layout, getpid(), text, length);
	return r == -ENOMEM ? r : 0;
}

bool root_is_of_machine(const struct cgw_layout *layout)
{
	for (size_t i = 0; !layout->recorded && i < layout->hierarchy_count; i++)
		if (layout->hierarchies[i].root_id != 1)
			return false;
	return true;
}
