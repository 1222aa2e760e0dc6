/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* membership.c - find the groups of a process in each hierarchy. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/membership.h"

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

/*
 * The kernel reports paths relative to the root of the reader's cgroup namespace, but a mount may
 * show only a subtree: if "/docker/abc" is mounted, "/docker/abc/x" becomes "/x".
 */
static char *path_in_view(const struct cgw_hierarchy *hierarchy, const char *path)
{
	size_t root = strlen(hierarchy->root);
	char *outside;

	if (root <= 1 || strncmp(hierarchy->root, "/..", 3) == 0)
		return strdup(path);
	if (strncmp(path, hierarchy->root, root) == 0 && (path[root] == '/' || path[root] == '\0'))
		return strdup(path[root] == '\0' ? "/" : path + root);
	/* Outside of the mounted subtree: use the kernel's notation for other namespaces. */
	if (asprintf(&outside, "/..%s", path) < 0)
		return NULL;
	return outside;
}

static int parse_line(const struct cgw_layout *layout, char *line,
		      struct cgw_membership *membership)
{
	static const char deleted[] = " (deleted)";
	char *list = strchr(line, ':');
	char *path = list != NULL ? strchr(list + 1, ':') : NULL;
	size_t length;
	int hierarchy;

	/* The name of a v1 hierarchy may contain colons, but a path starts with a slash. */
	while (path != NULL && path[1] != '/')
		path = strchr(path + 1, ':');
	if (path == NULL)
		return -EBADMSG;
	hierarchy = find_hierarchy(layout, list + 1);
	if (hierarchy < 0 || membership->paths[hierarchy] != NULL)
		return 0;
	path++;
	length = strlen(path);
	if (length >= strlen(deleted) && strcmp(path + length - strlen(deleted), deleted) == 0)
		path[length - strlen(deleted)] = '\0';
	membership->paths[hierarchy] = path_in_view(&layout->hierarchies[hierarchy], path);
	return membership->paths[hierarchy] == NULL ? -ENOMEM : 0;
}

int membership_parse(const struct cgw_layout *layout, const char *text, size_t length,
		     struct cgw_membership *ret_membership)
{
	CLEANUP(cgw_membership_done)
	struct cgw_membership membership = {.count = layout->hierarchy_count};
	CLEANUP(cleanup_free) char *copy = strndup(text, length);
	char *line, *rest;
	const char *first = NULL;
	int r;

	if (copy == NULL)
		return -ENOMEM;
	for (line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		r = parse_line(layout, line, &membership);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < membership.count; i++) {
		if (membership.paths[i] == NULL)
			continue;
		if (first == NULL)
			first = membership.paths[i];
		else if (strcmp(first, membership.paths[i]) != 0)
			membership.split = true;
	}
	*ret_membership = membership;
	membership = (struct cgw_membership){0};
	return 0;
}

int cgw_membership_read(const struct cgw_layout *layout, pid_t pid,
			struct cgw_membership *ret_membership)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char file[32];
	size_t length;
	int r;

	(void)snprintf(file, sizeof(file), "%d/cgroup", (int)pid);
	r = cgw_proc_read(layout, file, &text, &length);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	r = membership_parse(layout, text, length, ret_membership);
	if (r == 0)
		ret_membership->pid = pid;
	return r;
}

static bool is_in_view(const char *path)
{
	return path != NULL && strncmp(path, "/..", 3) != 0;
}

static size_t path_depth(const char *path)
{
	size_t depth = 0;

	for (; *path != '\0'; path++)
		depth += *path == '/' && path[1] != '\0';
	return depth;
}

const char *cgw_membership_main_path(const struct cgw_layout *layout,
				     const struct cgw_membership *membership)
{
	/* Controllers with limits identify a group better than name=systemd or devices. */
	static const enum cgw_controller limiting[] = {CGW_MEMORY, CGW_CPU, CGW_PIDS, CGW_IO};
	const char *deepest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(limiting); i++) {
		int hierarchy = cgw_layout_find(layout, limiting[i]);
		const char *path = hierarchy < 0 ? NULL : membership->paths[hierarchy];

		if (is_in_view(path) && path_depth(path) > 0)
			return path;
	}
	for (size_t i = 0; i < membership->count; i++)
		if (is_in_view(membership->paths[i]) &&
		    (deepest == NULL || path_depth(membership->paths[i]) > path_depth(deepest)))
			deepest = membership->paths[i];
	return deepest;
}
