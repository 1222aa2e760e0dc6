/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names-search.c - looks up the names of containers and pods in a worker thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/frame.h"
#include "tui/list/names-search.h"

/* Identifiers looked up by one job, so that an engine that does not answer delays it little. */
#define SEARCH_MAX 16
#define NAMES_MAX  20000

struct names_job {
	struct job job;
	struct cgw_identity identities[SEARCH_MAX];
	char found[SEARCH_MAX][256];
	size_t count;
};

static struct frame_names find_names(void *context, const struct cgw_identity *identity)
{
	const struct app *app = context;
	const char *container = "", *pod = NULL;

	if (identity->kind != CGW_IDENTITY_POD)
		container = group_names_find(&app->names, group_names_part(identity));
	if (identity->text[CGW_PART_POD][0] != '\0')
		pod = group_names_find(&app->names, identity->text[CGW_PART_POD]);
	return (struct frame_names){container != NULL ? container : "", pod != NULL ? pod : ""};
}

static void run_search(struct job *job)
{
	struct names_job *search = (struct names_job *)job;
	const struct cgw_names_options options = {0};
	struct cgw_names names;

	for (size_t i = 0; i < search->count; i++) {
		const struct cgw_identity *identity = &search->identities[i];
		const char *name = names.name;

		memset(&names, 0, sizeof(names));
		cgw_names_resolve(identity, &options, &names);
		if (identity->kind == CGW_IDENTITY_POD)
			name = names.pod;
		if (identity->kind == CGW_IDENTITY_CONTAINER && names.pod[0] != '\0' &&
		    names.role[0] != '\0')
			name = names.role;
		snprintf(search->found[i], sizeof(search->found[i]), "%s", name);
	}
}

static unsigned search_done(struct app *app, struct job *job)
{
	const struct names_job *search = (const struct names_job *)job;

	app->names.searching = false;
	for (size_t i = 0; i < search->count; i++)
		(void)group_names_add(&app->names, group_names_part(&search->identities[i]),
				      search->found[i]);
	return REACTION_DRAW;
}

static void free_search(struct job *job)
{
	free(job);
}

void group_names_search(struct app *app, const uint32_t *groups, size_t count)
{
	struct names_job *search;
	size_t known = 0;

	if (app->layout != NULL)
		frame_set_names(app->frame, find_names, app);
	if (app->names.searching || app->names.count >= NAMES_MAX || app->layout == NULL ||
	    !(app->source_flags & SOURCE_CAN_ACT))
		return;
	while (known < count && app->list.states[groups[known]].flags & GROUP_NAMED)
		known++;
	if (known == count)
		return;
	search = calloc(1, sizeof(*search));
	for (size_t i = known; search != NULL && i < count && search->count < SEARCH_MAX; i++) {
		struct cgw_identity *identity = &search->identities[search->count];
		uint8_t *flags = &app->list.states[groups[i]].flags;
		char path[4096];
		const char *part;

		if (*flags & GROUP_NAMED || cgw_topology_path(app_topology(app), groups[i], path,
							      sizeof(path)) >= sizeof(path))
			continue;
		cgw_identity_from_path(path, identity);
		part = group_names_part(identity);
		if (part[0] == '\0' || group_names_find(&app->names, part) != NULL)
			*flags |= GROUP_NAMED;
		else
			search->count++;
	}
	if (search == NULL || search->count == 0) {
		free(search);
		return;
	}
	app->names.searching = true;
	search->job = (struct job){.run = run_search,
				   .done = search_done,
				   .free = free_search,
				   .name = "Searching names"};
	app_post_job(app, NULL, &search->job);
}
