/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* targets.c - collects the groups that an action applies to. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/string-builder.h"
#include "tui/action/targets.h"
#include "tui/core/app.h"

/* Their paths and IDs must fit on a command line. */
#define REMOTE_TARGETS_MAX 64

static void target_done(struct target *target)
{
	free(target->path);
	free(target->id_list);
}

void targets_done(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		target_done(&targets->items[i]);
	free(targets->items);
	*targets = (struct targets){0};
}

static int add(struct targets *targets, struct target target)
{
	if (target.path == NULL || target.id_list == NULL ||
	    ARRAY_RESERVE(targets->items, targets->capacity, targets->count + 1) < 0) {
		target_done(&target);
		return -ENOMEM;
	}
	targets->items[targets->count++] = target;
	return 0;
}

static char *format_ids(const struct cgw_topology *topology, uint32_t group)
{
	struct string_builder ids = {0};

	string_builder_add(&ids, "");
	for (uint32_t h = 0; topology->layout != NULL && h < topology->hierarchy_count; h++) {
		const char *label = topology->layout->hierarchies[h].label;

		if (topology->id[h][group] != 0)
			string_builder_printf(&ids, "%s%.*s:%" PRIu64, ids.length > 0 ? "," : "",
					      (int)strcspn(label, ","), label,
					      topology->id[h][group]);
	}
	return string_builder_steal(&ids);
}

static int add_group(struct targets *targets, const struct cgw_topology *topology, uint32_t group)
{
	struct target target = {.path = cgw_topology_path_copy(topology, group),
				.id_list = format_ids(topology, group),
				.below = topology->below[group]};

	for (uint32_t h = 0; h < topology->hierarchy_count && h < CGW_HIERARCHY_MAX; h++)
		target.ids[h] = topology->id[h][group];
	return add(targets, target);
}

/* Splits "/web1/system.slice" if there are several hosts; of one host all of it is the path. */
static const char *split(const struct app_hosts *hosts, char *path)
{
	size_t length = strcspn(path + 1, "/");

	if (hosts->count == 1)
		return hosts->names[0];
	for (size_t i = 0; i < hosts->count; i++)
		if (strlen(hosts->names[i]) == length &&
		    memcmp(hosts->names[i], path + 1, length) == 0) {
			const char *rest = path[1 + length] == '/' ? path + 1 + length : "/";

			memmove(path, rest, strlen(rest) + 1);
			return hosts->names[i];
		}
	return NULL;
}

/* Makes the paths relative to their host. Returns why that host cannot change the groups. */
static const char *find_host(const struct app *app, struct targets *targets)
{
	if (targets->count > REMOTE_TARGETS_MAX)
		return "too many groups marked";
	for (size_t i = 0; i < targets->count; i++) {
		const char *host = split(&app->hosts, targets->items[i].path);

		if (host == NULL)
			return "not a host: select a group of one host";
		if (targets->host != NULL && targets->host != host)
			return "the marked groups are on several hosts: mark groups of one host "
			       "only";
		/* If the group no longer exists, the command would treat its name as a glob. */
		if (strpbrk(targets->items[i].path, "*?[{") != NULL)
			return "the name contains wildcards: run the action on the host itself";
		targets->host = host;
	}
	return NULL;
}

int targets_collect(struct app *app, bool one, struct targets *ret_targets)
{
	CLEANUP(targets_done) struct targets targets = {.ssh = app->hosts.ssh};
	uint32_t group = app_group(app);
	/* In an opened group the list's marks are not visible: act on the opened group only. */
	bool marked =
		!one && app->list.marked > 0 && app->views[app->view_count - 1].kind->group == NULL;
	const char *problem = NULL;
	int r = 0;

	if (group == CGW_NO_GROUP && !marked)
		return -ENOENT;
	if (!marked)
		r = add_group(&targets, app_topology(app), group);
	for (uint32_t i = 0; marked && i < app->list.count && r == 0; i++)
		if (app->list.states[i].flags & GROUP_MARKED)
			r = add_group(&targets, app_topology(app), i);
	if (r == 0 && app->source_flags & SOURCE_REMOTE)
		problem = find_host(app, &targets);
	if (problem != NULL) {
		app_show_message(app, ROLE_WARM, "%s", problem);
		return -EINVAL;
	}
	if (r == 0) {
		*ret_targets = targets;
		targets = (struct targets){0};
	}
	return r;
}

int targets_of_group(struct app *app, uint32_t group, struct targets *ret_targets)
{
	struct targets targets = {.ssh = app->hosts.ssh};
	int r = add_group(&targets, app_topology(app), group);

	if (r == 0)
		*ret_targets = targets;
	else
		targets_done(&targets);
	return r;
}

int targets_copy(const struct targets *targets, struct targets *ret_copy)
{
	struct targets copy = {.host = targets->host, .ssh = targets->ssh};

	for (size_t i = 0; i < targets->count; i++) {
		struct target target = targets->items[i];

		target.path = strdup(target.path);
		target.id_list = strdup(target.id_list);
		if (add(&copy, target) < 0) {
			targets_done(&copy);
			return -ENOMEM;
		}
	}
	*ret_copy = copy;
	return 0;
}

void targets_format(const struct targets *targets, char *buffer, size_t size)
{
	if (targets->count == 1)
		cgw_escape(buffer, size, targets->items[0].path, strlen(targets->items[0].path));
	else
		snprintf(buffer, size, "%zu groups", targets->count);
}

bool targets_have_children(const struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		if (targets->items[i].below > 0)
			return true;
	return false;
}

/* Depends on the paths and IDs of the groups. */
static uint64_t fingerprint(struct app *app, bool one)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	CLEANUP(targets_done) struct targets targets = {0};

	if (targets_collect(app, one, &targets) < 0)
		return 0;
	for (size_t i = 0; i < targets.count; i++) {
		for (const char *at = targets.items[i].path; *at != '\0'; at++)
			hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
		for (size_t h = 0; h < CGW_HIERARCHY_MAX; h++)
			hash = (hash ^ targets.items[i].ids[h]) * UINT64_C(1099511628211);
	}
	return hash;
}

void targets_remember(struct app *app, bool one)
{
	app->prompt_targets = fingerprint(app, one);
}

bool targets_have_changed(struct app *app, bool one)
{
	if (fingerprint(app, one) == app->prompt_targets)
		return false;
	app_show_message(app, ROLE_WARM,
			 "the group was removed or replaced meanwhile: select it again");
	return true;
}
