/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* members.c - processes and descendants of a group. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/list-children.h"
#include "lib/limit/members.h"

void subtree_done(struct subtree *subtree)
{
	for (size_t i = 0; i < subtree->count; i++)
		free(subtree->paths[i]);
	free(subtree->paths);
	*subtree = (struct subtree){0};
}

static int add_path(struct subtree *subtree, const char *parent, const char *name)
{
	char *path;

	if (subtree->count == subtree->size) {
		size_t size = subtree->size == 0 ? 16 : 2 * subtree->size;
		char **larger = reallocarray(subtree->paths, size, sizeof(*larger));

		if (larger == NULL)
			return -ENOMEM;
		subtree->paths = larger;
		subtree->size = size;
	}
	if (asprintf(&path, "%s%s%s", parent,
		     name[0] != '\0' && strcmp(parent, "/") != 0 ? "/" : "", name) < 0)
		return -ENOMEM;
	subtree->paths[subtree->count++] = path;
	return 0;
}

struct listing {
	struct subtree *subtree;
	size_t parent;
};

static int add_child(void *context, const struct walk_entry *entry)
{
	struct listing *listing = context;

	return add_path(listing->subtree, listing->subtree->paths[listing->parent], entry->name);
}

int subtree_list(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		 struct subtree *ret_subtree)
{
	CLEANUP(subtree_done) struct subtree subtree = {0};
	int r = add_path(&subtree, path, "");

	/* The list is also the queue of groups whose children are still to be read. */
	for (size_t i = 0; r == 0 && i < subtree.count; i++) {
		CLEANUP(target_close) struct target target = TARGET_NONE;
		struct listing listing = {&subtree, i};

		r = target_open(layout, hierarchy, subtree.paths[i], &target);
		r = r < 0 ? r
			  : walk_children(layout->ops, target.directory, false, add_child,
					  &listing);
		if (cgw_error_is_gone(r) && i > 0)
			r = 0;
	}
	if (r < 0)
		return r;
	*ret_subtree = subtree;
	subtree = (struct subtree){0};
	return 0;
}

static int add_pid(struct members *members, pid_t pid)
{
	if (members->count == members->size) {
		size_t size = members->size == 0 ? 64 : 2 * members->size;
		pid_t *larger = reallocarray(members->pids, size, sizeof(*larger));

		if (larger == NULL)
			return -ENOMEM;
		members->pids = larger;
		members->size = size;
	}
	members->pids[members->count++] = pid;
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	pid_t first = *(const pid_t *)a, second = *(const pid_t *)b;

	return (first > second) - (first < second);
}

/* The kernel's list is unsorted and may contain duplicates; v1 has a list in each hierarchy. */
static void sort_once(struct members *members)
{
	size_t kept = 0;

	if (members->count > 1)
		qsort(members->pids, members->count, sizeof(members->pids[0]), compare_pids);
	for (size_t i = 0; i < members->count; i++)
		if (kept == 0 || members->pids[kept - 1] != members->pids[i])
			members->pids[kept++] = members->pids[i];
	members->count = kept;
}

void members_done(struct members *members)
{
	free(members->pids);
	*members = (struct members){0};
}

int members_add(struct members *members, const struct cgw_layout *layout, size_t hierarchy,
		const char *path)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = target_open(layout, hierarchy, path, &target);

	r = r < 0 ? r : cgw_file_read(layout, target.directory, "cgroup.procs", &text, &length);
	if (r == -EOPNOTSUPP) /* a threaded group of v2 */
		r = cgw_file_read(layout, target.directory, "cgroup.threads", &text, &length);
	if (r < 0)
		return r;
	for (char *line = text; *line != '\0';) {
		char *end;
		long pid = strtol(line, &end, 10);

		/* 0 is a process of another PID namespace; kill(0) would signal our own group. */
		if (end == line)
			break;
		if (pid > 0) {
			r = add_pid(members, (pid_t)pid);
			if (r < 0)
				return r;
		}
		line = end + (*end == '\n');
	}
	sort_once(members);
	return 0;
}

int members_add_all(struct members *members, const struct cgw_layout *layout, const char *path)
{
	bool found = false;

	for (size_t h = 0; h < layout->hierarchy_count; h++) {
		CLEANUP(subtree_done) struct subtree subtree = {0};
		int r = subtree_list(layout, h, path, &subtree);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			continue;
		found = true;
		for (size_t i = 0; i < subtree.count; i++)
			if (members_add(members, layout, h, subtree.paths[i]) == -ENOMEM)
				return -ENOMEM;
	}
	return found ? 0 : -ENOENT;
}

int process_state(const struct cgw_layout *layout, pid_t pid, char *ret_state, bool *ret_kernel,
		  char *name, size_t size)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char file[32];
	const char *open, *close;
	unsigned long flags;
	size_t length;
	int r;

	(void)snprintf(file, sizeof(file), "%d/stat", (int)pid);
	r = cgw_proc_read(layout, file, &text, &length);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (open == NULL || close == NULL)
		return -EBADMSG;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	if (sscanf(close, ") %c %*d %*d %*d %*d %*d %lu", ret_state, &flags) != 2)
		return -EBADMSG;
	*ret_kernel = (flags & 0x00200000) != 0; /* PF_KTHREAD */
	if (size > 0)
		cgw_escape(name, size, open + 1, (size_t)(close - open - 1));
	return 0;
}

void members_format(const struct members *members, const struct cgw_layout *layout, char *buffer,
		    size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < members->count; i++) {
		char name[64] = "?", state;
		bool kernel;

		if (used + 96 > size) {
			(void)snprintf(buffer + used, size - used, ", ...");
			return;
		}
		(void)process_state(layout, members->pids[i], &state, &kernel, name, sizeof(name));
		used += (size_t)snprintf(buffer + used, size - used, "%s%d (%s)", i > 0 ? ", " : "",
					 (int)members->pids[i], name);
	}
}

bool hierarchy_tracks_members(const struct cgw_layout *layout, size_t hierarchy)
{
	const struct cgw_hierarchy *of = &layout->hierarchies[hierarchy];

	return of->controllers == 0 && (of->version == 1 || layout->kind == CGW_LAYOUT_HYBRID);
}
