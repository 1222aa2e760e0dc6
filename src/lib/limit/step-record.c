/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-record.c - what a step creates on the way and what it writes, for rollback and reports. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/limit/plan.h"

int step_add_created(struct step *step, size_t hierarchy, const char *path, const char *text)
{
	struct created_step *created;

	if (ARRAY_RESERVE(step->created, step->created_capacity, step->created_count + 1) < 0)
		return -ENOMEM;
	created = &step->created[step->created_count];
	*created = (struct created_step){.hierarchy = hierarchy, .path = strdup(path)};
	if (created->path == NULL)
		return -ENOMEM;
	snprintf(created->text, sizeof(created->text), "%s", text);
	step->created_count++;
	return 0;
}

void step_describe_write(struct step *step, const struct cgw_layout *layout, size_t hierarchy,
			 const char *path, const char *file, const char *text)
{
	const struct cgw_hierarchy *where = &layout->hierarchies[hierarchy];
	char *how = step->result.how, escaped[256], shown[VALUE_MAX];
	size_t used = strlen(how);

	cgw_escape(escaped, sizeof(escaped), path, strlen(path));
	cgw_escape(shown, sizeof(shown), text, strlen(text));
	snprintf(how + used, sizeof(step->result.how) - used, "%swrite '%s' to %s%s/%s",
		 used > 0 ? "; " : "", shown, where->mountpoint,
		 strcmp(path, "/") == 0 ? "" : escaped, file);
}

size_t created_places(const struct cgw_plan *plan, const struct step *step, const char *path,
		      struct cgw_place *places)
{
	size_t count = 0;

	for (size_t i = 0; i < step->created_count; i++) {
		const struct created_step *created = &step->created[i];

		if (!created->done || strcmp(created->path, path) != 0)
			continue;
		places[count].path = created->path;
		places[count].group_id = created->id;
		snprintf(places[count].hierarchy, sizeof(places[count].hierarchy), "%s",
			 plan->layout->hierarchies[created->hierarchy].label);
		count++;
	}
	return count;
}
