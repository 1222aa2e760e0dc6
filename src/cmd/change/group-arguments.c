/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-arguments.c - arguments: groups, by name or glob, and assignments of the form KEY=VALUE. */
#include <cgward/inspect.h>
#include <cgward/model.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/group-arguments.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/membership.h"

void groups_done(struct group_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	for (size_t i = 0; i < list->count; i++)
		free(list->processes[i]);
	free(list->paths);
	free(list->processes);
	*list = (struct group_list){0};
}

static bool is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool contains(const struct group_list *list, size_t count, const char *path,
		     const char *process)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list->paths[i], path) == 0 && is_same(list->processes[i], process))
			return true;
	return false;
}

/* Appends a group, of a process if `process` is not NULL. Takes ownership of `path`. */
static int append(struct group_list *list, char *path, const char *process)
{
	CLEANUP(cleanup_free) char *owned = path, *copy = NULL;

	copy = process != NULL ? strdup(process) : NULL;
	if (process != NULL && copy == NULL)
		return -ENOMEM;
	if (ARRAY_RESERVE(list->paths, list->path_capacity, list->count + 1) < 0 ||
	    ARRAY_RESERVE(list->processes, list->process_capacity, list->count + 1) < 0)
		return -ENOMEM;
	list->process_count += process != NULL;
	list->processes[list->count] = steal_pointer(&copy);
	list->paths[list->count++] = steal_pointer(&owned);
	return 0;
}

/* The same, unless the list contains it. */
static int add(struct group_list *list, char *path, const char *process)
{
	if (!contains(list, list->count, path, process))
		return append(list, path, process);
	free(path);
	return 0;
}

int groups_add_path(struct group_list *list, const char *path)
{
	char *copy = strdup(path);

	return copy != NULL ? add(list, copy, NULL) : -ENOMEM;
}

static int add_matching(struct group_list *list, const struct cgw_topology *topology,
			const char *glob)
{
	/* A topology has each path once: only earlier arguments can have named it. */
	size_t before = list->count;

	for (uint32_t i = 1; i < topology->count; i++) {
		char *path = cgw_topology_path_copy(topology, i);

		if (path == NULL)
			return -ENOMEM;
		if (!cgw_glob_match(glob, path) || contains(list, before, path, NULL)) {
			free(path);
			continue;
		}
		if (append(list, path, NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Adds all existing groups that match the glob, except the root. */
static int add_all_matching(const struct change_command *command, struct group_list *list,
			    const char *glob)
{
	const struct cgw_sampler_options options = {.once = true};
	struct cgw_snapshot *snapshot = NULL;
	struct cgw_sampler *sampler = NULL;
	struct cgw_diag diag = {0};
	int r = cgw_sampler_new(command->layout, &options, &sampler, &diag);

	if (r == 0)
		r = cgw_sampler_sample(sampler, &snapshot);
	if (r == 0)
		r = add_matching(list, cgw_snapshot_topology(snapshot), glob);
	cgw_snapshot_unref(snapshot);
	cgw_sampler_free(sampler);
	return r;
}

enum cli_exit groups_add(const struct change_command *command, struct group_list *list,
			 const char *what)
{
	struct cgw_diag diag = {0}, bad_glob = {0};
	size_t before = list->count;
	char *path = NULL;
	int r = cgw_names_find(command->layout, what,
			       list->hierarchies != 0 ? list->hierarchies : UINT32_MAX, NULL, &path,
			       &diag);

	if (r == 0) {
		r = add(list, path, strncmp(what, "pid:", 4) == 0 ? what : NULL);
	} else if (r == -ENOENT && strpbrk(what, "*?[{") != NULL) {
		if (cgw_glob_check(what, &bad_glob) < 0) {
			cli_diag(command->context, &bad_glob);
			return CLI_USAGE;
		}
		diag.text[0] = '\0';
		r = add_all_matching(command, list, what);
		if (r == 0 && list->count == before)
			r = cgw_diag_set(&diag, -ENOENT, "no group matches '%s'",
					 ESCAPED(256, what));
	}
	if (r == 0)
		return CLI_OK;
	return cli_fail(command->context, r, &diag);
}

/* Lists all groups once more: for a process, the one in the hierarchy of the control. */
static enum cli_exit groups_with_control(const struct change_command *command,
					 const struct group_list *groups, enum cgw_control control,
					 struct group_list *list)
{
	uint32_t hierarchies = cgw_control_hierarchies(command->layout, control);

	for (size_t i = 0; i < groups->count && groups->process_count > 0; i++) {
		struct cgw_diag diag = {0};
		char *path = NULL;
		int r = 0;

		if (groups->processes[i] == NULL || hierarchies == 0)
			r = groups_add_path(list, groups->paths[i]);
		else
			r = cgw_group_find_within(command->layout, groups->processes[i],
						  hierarchies, &path, &diag);
		if (r == 0 && path != NULL)
			r = add(list, path, NULL);
		if (r == 0)
			continue;
		return cli_fail(command->context, r, &diag);
	}
	return CLI_OK;
}

/* Skips a leading mount point, as in paths pasted from a shell. */
static const char *skip_mountpoint(const struct cgw_layout *layout, const char *text)
{
	const char *best = text;

	for (size_t i = 0; i < layout->hierarchy_count; i++) {
		const char *mountpoint = layout->hierarchies[i].mountpoint;
		size_t length = strlen(mountpoint);

		if (length > 1 && strncmp(text, mountpoint, length) == 0 && text[length] == '/' &&
		    text + length > best)
			best = text + length;
	}
	return best;
}

int groups_normalise(const struct cgw_layout *layout, const char *text, char **ret_path)
{
	CLEANUP(cleanup_free) char *path = NULL;
	int r = path_normalize(skip_mountpoint(layout, text), &path);

	if (r == 0 && strcmp(path, "/") == 0)
		r = -EINVAL;
	if (r == 0)
		*ret_path = steal_pointer(&path);
	return r;
}

enum cli_exit groups_add_new(const struct change_command *command, struct group_list *list,
			     const char *path)
{
	char *normal = NULL;
	int r = groups_normalise(command->layout, path, &normal);

	if (r == 0)
		r = add(list, normal, NULL);
	if (r == 0)
		return CLI_OK;
	if (r == -ENOMEM)
		return cli_error(command->context, "%s", strerror(-r));
	return cli_usage_error(
		command->context,
		"invalid group '%s' (expected a path from the root, without '.' and '..')",
		ESCAPED(256, path));
}

bool assign_is(const char *argument)
{
	return argument[0] != '/' && strchr(argument, '=') != NULL;
}

enum cli_exit assign_add(struct change_command *command, const struct group_list *groups, int count,
			 char **arguments)
{
	for (int i = 0; i < count; i++) {
		CLEANUP(cleanup_free) char *value = NULL;
		CLEANUP(groups_done) struct group_list with_control = {0};
		const struct group_list *list;
		enum cgw_control control = CGW_CONTROL_NONE;
		struct cgw_diag diag = {0};
		enum cli_exit status;
		int r = cgw_assignment_parse(arguments[i], &control, &value, &diag);

		if (r < 0) {
			cli_diag(command->context, &diag);
			return CLI_USAGE;
		}
		status = groups_with_control(command, groups, control, &with_control);
		list = with_control.count > 0 ? &with_control : groups;
		for (size_t group = 0; group < list->count && status == CLI_OK; group++) {
			const struct cgw_step step = {
				.kind = CGW_STEP_SET,
				.path = list->paths[group],
				.control = control,
				.value = value,
			};

			status = change_add_step(command, &step);
		}
		if (status != CLI_OK)
			return status;
	}
	return CLI_OK;
}
