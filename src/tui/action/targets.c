/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* targets.c - collects the groups that an action applies to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/action/targets.h"

void targets_done(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		free(targets->items[i].path);
	free(targets->items);
	*targets = (struct targets){0};
}

static int add(struct targets *targets, const struct cgw_topology *topology, uint32_t group)
{
	struct target target = {.path = cgw_topology_path_copy(topology, group),
				.below = topology->below[group]};
	struct target *items =
		reallocarray(targets->items, targets->count + 1, sizeof(*targets->items));

	if (items != NULL)
		targets->items = items;
	if (items == NULL || target.path == NULL) {
		free(target.path);
		return -ENOMEM;
	}
	for (uint32_t h = 0; h < topology->hierarchy_count && target.id == 0; h++) {
		target.id = topology->id[h][group];
		target.hierarchy = h;
	}
	targets->items[targets->count++] = target;
	return 0;
}

int targets_collect(const struct app *app, struct targets *ret_targets)
{
	struct targets targets = {0};
	uint32_t group = app_group(app);
	/* In an opened group the list's marks are not visible: act on the opened group only. */
	bool marked = app->list.marked > 0 && app->views[app->view_count - 1].kind->group == NULL;
	int r = 0;

	if (group == CGW_NO_GROUP && !marked)
		return -ENOENT;
	if (!marked)
		r = add(&targets, app_topology(app), group);
	for (uint32_t i = 0; marked && i < app->list.count && r == 0; i++)
		if (app->list.states[i].flags & GROUP_MARKED)
			r = add(&targets, app_topology(app), i);
	if (r < 0) {
		targets_done(&targets);
		return r;
	}
	*ret_targets = targets;
	return 0;
}

int targets_copy(const struct targets *targets, struct targets *ret_copy)
{
	struct targets copy = {.items = calloc(targets->count, sizeof(*copy.items))};

	if (copy.items == NULL)
		return -ENOMEM;
	for (; copy.count < targets->count; copy.count++) {
		copy.items[copy.count] = targets->items[copy.count];
		copy.items[copy.count].path = strdup(targets->items[copy.count].path);
		if (copy.items[copy.count].path == NULL) {
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

/* Depends on the paths and IDs of the groups. */
static uint64_t fingerprint(const struct app *app)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	struct targets targets;

	if (targets_collect(app, &targets) < 0)
		return 0;
	for (size_t i = 0; i < targets.count; i++) {
		for (const char *at = targets.items[i].path; *at != '\0'; at++)
			hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
		hash = (hash ^ targets.items[i].id) * UINT64_C(1099511628211);
	}
	targets_done(&targets);
	return hash;
}

void targets_remember(struct app *app)
{
	app->prompt_targets = fingerprint(app);
}

bool targets_have_changed(struct app *app)
{
	if (fingerprint(app) == app->prompt_targets)
		return false;
	app_show_message(app, ROLE_WARM,
			 "the group was removed or replaced meanwhile: select it again");
	return true;
}
