/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* membership.c - find the groups of a process in each hierarchy. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/membership.h"

/* The kernel's mark of a removed group, which may also be the end of a name. */
static const char removed_mark[] = " (deleted)";

void cgw_membership_done(struct cgw_membership *membership)
{
	for (size_t i = 0; i < membership->count; i++)
		free(membership->paths[i]);
	*membership = (struct cgw_membership){0};
}

/* Finds a hierarchy by the controller list of a line: "cpu,cpuacct", "name=systemd", "". */
static int find_hierarchy(const struct cgw_layout *layout, const char *list)
{
	char word[64];
	size_t length = strcspn(list, ",:");
	int controller;

	if (length == 0)
		return cgw_layout_find_v2(layout);
	if (length >= sizeof(word))
		return -ENOENT;
	memcpy(word, list, length);
	word[length] = '\0';
	if (strncmp(word, "name=", 5) == 0) {
		for (size_t i = 0; i < layout->hierarchy_count; i++)
			if (layout->hierarchies[i].name != NULL &&
			    strcmp(layout->hierarchies[i].name, word + 5) == 0)
				return (int)i;
		return -ENOENT;
	}
	controller = cgw_controller_find(word);
	for (size_t i = 0; controller >= 0 && i < layout->hierarchy_count; i++)
		if (layout->hierarchies[i].version == 1 &&
		    layout->hierarchies[i].controllers & CGW_CONTROLLER_BIT(controller))
			return (int)i;
	return -ENOENT;
}

unsigned path_skip_parents(const char **path)
{
	unsigned count = 0;

	for (; strncmp(*path, "/..", 3) == 0 && ((*path)[3] == '/' || (*path)[3] == '\0');
	     *path += 3)
		count++;
	return count;
}

static bool is_in_view(const char *path)
{
	return path != NULL && path_skip_parents(&path) == 0;
}

/* The first `count` components of a path, with the rest of another one after them. */
static char *join_components(const char *path, unsigned count, const char *rest)
{
	const char *end = path;
	char *joined;

	for (; count > 0; count--)
		end += 1 + strcspn(end + 1, "/");
	if (strcmp(rest, "/") == 0)
		rest = "";
	if (asprintf(&joined, "%.*s%s", (int)(end - path), path, rest) < 0)
		return NULL;
	return joined;
}

/*
 * The kernel reports paths relative to the root of the reader's cgroup namespace, with "/.." for
 * each level above it. A mount may show only a subtree, or a tree above the namespace: its root is
 * reported in the same way. If "/docker/abc" is mounted, "/docker/abc/x" becomes "/x"; if "/.." is
 * mounted, "/../x" becomes "/x", and "/x" becomes the path of the namespace's root and "/x".
 */
static char *path_in_view(const struct cgw_hierarchy *hierarchy, const char *path,
			  bool *ret_unknown)
{
	const char *below = path, *top = hierarchy->root;
	unsigned levels = path_skip_parents(&below), top_levels = path_skip_parents(&top);
	size_t length = strcmp(top, "/") == 0 ? 0 : strlen(top);
	char *outside;

	if (levels == top_levels && strncmp(below, top, length) == 0 &&
	    (below[length] == '/' || below[length] == '\0'))
		return strdup(below[length] == '\0' ? "/" : below + length);
	if (levels < top_levels && length == 0) {
		if (hierarchy->namespace_root != NULL)
			return join_components(hierarchy->namespace_root, top_levels - levels,
					       below);
		*ret_unknown = true;
	}
	/* Outside of the mounted subtree: use the kernel's notation for other namespaces. */
	if (asprintf(&outside, "%s%s", top_levels == 0 && length == 0 ? "" : "/..", path) < 0)
		return NULL;
	return outside;
}

static int parse_line(const struct cgw_layout *layout, char *line,
		      struct cgw_membership *membership)
{
	char *list = strchr(line, ':');
	char *path = list != NULL ? strchr(list + 1, ':') : NULL;
	int hierarchy;

	/* The name of a v1 hierarchy may contain colons, but a path starts with a slash. */
	while (path != NULL && path[1] != '/')
		path = strchr(path + 1, ':');
	if (path == NULL)
		return -EBADMSG;
	hierarchy = find_hierarchy(layout, list + 1);
	if (hierarchy < 0 || membership->paths[hierarchy] != NULL)
		return 0;
	membership->paths[hierarchy] = strdup(path + 1);
	return membership->paths[hierarchy] == NULL ? -ENOMEM : 0;
}

int membership_parse_raw(const struct cgw_layout *layout, const char *text, size_t length,
			 struct cgw_membership *ret_membership)
{
	CLEANUP(cgw_membership_done)
	struct cgw_membership membership = {.count = layout->hierarchy_count};
	CLEANUP(cleanup_free) char *copy = strndup(text, length);
	char *line, *rest;

	if (copy == NULL)
		return -ENOMEM;
	for (line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		int r = parse_line(layout, line, &membership);

		if (r < 0)
			return r;
	}
	*ret_membership = membership;
	membership = (struct cgw_membership){0};
	return 0;
}

static bool is_split(const struct cgw_membership *membership)
{
	const char *first = NULL;

	for (size_t i = 0; i < membership->count; i++) {
		if (membership->paths[i] == NULL)
			continue;
		if (first != NULL && strcmp(first, membership->paths[i]) != 0)
			return true;
		first = membership->paths[i];
	}
	return false;
}

int membership_parse(const struct cgw_layout *layout, const char *text, size_t length,
		     struct cgw_membership *ret_membership)
{
	CLEANUP(cgw_membership_done) struct cgw_membership membership = {0};
	int r = membership_parse_raw(layout, text, length, &membership);

	for (size_t i = 0; r == 0 && i < membership.count; i++) {
		bool unknown = false;
		char *path;

		if (membership.paths[i] == NULL)
			continue;
		path = path_in_view(&layout->hierarchies[i], membership.paths[i], &unknown);
		if (path == NULL)
			return -ENOMEM;
		free(membership.paths[i]);
		membership.paths[i] = path;
		if (unknown)
			membership.unknown |= UINT32_C(1) << i;
	}
	if (r < 0)
		return r;
	membership.split = is_split(&membership);
	*ret_membership = membership;
	membership = (struct cgw_membership){0};
	return 0;
}

static bool lists_pid(const struct cgw_layout *layout, int directory, const char *file, pid_t pid)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;

	if (cgw_file_read(layout, directory, file, &text, &length) < 0)
		return false;
	for (char *at = text, *end; *at != '\0'; at = end + (*end == '\n')) {
		long number = strtol(at, &end, 10);

		if (end == at)
			return false;
		if (number == pid)
			return true;
	}
	return false;
}

bool group_lists_process(const struct cgw_layout *layout, size_t hierarchy, const char *path,
			 pid_t pid)
{
	unsigned version = layout->hierarchies[hierarchy].version;
	CLEANUP(cleanup_close) int directory = -1;

	return cgw_group_open(layout, hierarchy, path, &directory, NULL) == 0 &&
	       (lists_pid(layout, directory, "cgroup.procs", pid) ||
		lists_pid(layout, directory, version == 1 ? "tasks" : "cgroup.threads", pid));
}

/* A process of a removed group is in no group: another one may have its path now. */
static void drop_removed(const struct cgw_layout *layout, pid_t pid,
			 struct cgw_membership *membership)
{
	for (size_t i = 0; i < membership->count; i++) {
		const char *path = membership->paths[i];
		size_t length = path != NULL ? strlen(path) : 0, mark = strlen(removed_mark);

		if (path == NULL || length < mark ||
		    strcmp(path + length - mark, removed_mark) != 0)
			continue;
		if (is_in_view(path) && group_lists_process(layout, i, path, pid))
			continue;
		free(membership->paths[i]);
		membership->paths[i] = NULL;
	}
	membership->split = is_split(membership);
}

int cgw_membership_read(const struct cgw_layout *layout, pid_t pid,
			struct cgw_membership *ret_membership)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r;

	r = cgw_proc_read(layout, FORMATTED(32, "%d/cgroup", (int)pid), &text, &length);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	r = membership_parse(layout, text, length, ret_membership);
	if (r < 0)
		return r;
	ret_membership->pid = pid;
	drop_removed(layout, pid, ret_membership);
	return 0;
}

static size_t path_depth(const char *path)
{
	size_t depth = 0;

	for (; *path != '\0'; path++)
		depth += *path == '/' && path[1] != '\0';
	return depth;
}

const char *membership_path_within(const struct cgw_layout *layout,
				   const struct cgw_membership *membership, uint32_t hierarchies)
{
	/* Controllers with limits identify a group better than name=systemd or devices. */
	static const enum cgw_controller limiting[] = {CGW_MEMORY, CGW_CPU, CGW_PIDS, CGW_IO};
	const char *deepest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(limiting); i++) {
		int hierarchy = cgw_layout_find(layout, limiting[i]);
		const char *path = hierarchy < 0 ? NULL : membership->paths[hierarchy];

		if (path != NULL && hierarchies & UINT32_C(1) << hierarchy && is_in_view(path) &&
		    path_depth(path) > 0)
			return path;
	}
	for (size_t i = 0; i < membership->count; i++)
		if (hierarchies & UINT32_C(1) << i && is_in_view(membership->paths[i]) &&
		    (deepest == NULL || path_depth(membership->paths[i]) > path_depth(deepest)))
			deepest = membership->paths[i];
	return deepest;
}

const char *cgw_membership_main_path(const struct cgw_layout *layout,
				     const struct cgw_membership *membership)
{
	return membership_path_within(layout, membership, UINT32_MAX);
}

int path_normalize(const char *text, char **ret_path)
{
	CLEANUP(cleanup_free) char *path = malloc(strlen(text) + 2);
	size_t used = 0;

	if (path == NULL)
		return -ENOMEM;
	while (*text != '\0') {
		size_t length = strcspn(text, "/");

		if (length > 0) {
			if ((length == 1 && text[0] == '.') ||
			    (length == 2 && text[0] == '.' && text[1] == '.'))
				return -EINVAL;
			path[used++] = '/';
			memcpy(path + used, text, length);
			used += length;
		}
		text += length + (text[length] == '/');
	}
	if (used == 0)
		path[used++] = '/';
	path[used] = '\0';
	*ret_path = steal_pointer(&path);
	return 0;
}
