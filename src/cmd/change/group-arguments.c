/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-arguments.c - groups given as arguments, by name or glob. */
#include <cgward/model.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/group-arguments.h"
#include "lib/base/cleanup.h"

void groups_done(struct group_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	*list = (struct group_list){0};
}

/* Takes ownership of `path`. */
static int add(struct group_list *list, char *path)
{
	char **larger;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->paths[i], path) == 0) {
			free(path);
			return 0;
		}
	larger = reallocarray(list->paths, list->count + 1, sizeof(*larger));
	if (larger == NULL) {
		free(path);
		return -ENOMEM;
	}
	list->paths = larger;
	larger[list->count++] = path;
	return 0;
}

static int add_matching(struct group_list *list, const struct cgw_topology *topology,
			const char *glob)
{
	for (uint32_t i = 1; i < topology->count; i++) {
		char *path = cgw_topology_path_copy(topology, i);

		if (path == NULL)
			return -ENOMEM;
		if (!cgw_glob_match(glob, path)) {
			free(path);
			continue;
		}
		if (add(list, path) < 0)
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
	int r = cgw_group_find(command->layout, what, &path, &diag);

	if (r == 0) {
		r = add(list, path);
	} else if (r == -ENOENT && strpbrk(what, "*?[{") != NULL) {
		if (cgw_glob_check(what, &bad_glob) < 0) {
			cli_diag(command->context, &bad_glob);
			return CLI_USAGE;
		}
		diag.text[0] = '\0';
		r = add_all_matching(command, list, what);
		if (r == 0 && list->count == before) {
			char shown[256];

			cgw_escape(shown, sizeof(shown), what, strlen(what));
			r = cgw_diag_set(&diag, -ENOENT, "no group matches '%s'", shown);
		}
	}
	if (r == 0)
		return CLI_OK;
	if (diag.text[0] == '\0')
		(void)cgw_diag_set(&diag, r, "%s", strerror(-r));
	cli_diag(command->context, &diag);
	return cli_exit_from_error(r);
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
	CLEANUP(cleanup_free) char *path = malloc(strlen(text) + 2);
	size_t used = 0;

	if (path == NULL)
		return -ENOMEM;
	text = skip_mountpoint(layout, text);
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
		return -EINVAL;
	path[used] = '\0';
	*ret_path = steal_pointer(&path);
	return 0;
}

enum cli_exit groups_add_new(const struct change_command *command, struct group_list *list,
			     const char *path)
{
	char *normal = NULL;
	int r = groups_normalise(command->layout, path, &normal);
	char shown[256];

	if (r == 0)
		r = add(list, normal);
	if (r == 0)
		return CLI_OK;
	if (r == -ENOMEM) {
		cli_error(command->context, "%s", strerror(-r));
		return CLI_FAILED;
	}
	cgw_escape(shown, sizeof(shown), path, strlen(path));
	return cli_usage_error(
		command->context,
		"invalid group '%s' (expected a path from the root, without '.' and '..')", shown);
}
