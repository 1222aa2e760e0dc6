/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-record.c - what a step creates on the way and what it writes, for rollback and reports. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	static const char more[] = "; ...";
	char *how = step->result.how, escaped[256], shown[VALUE_MAX];
	size_t used = strlen(how), room = sizeof(step->result.how) - sizeof(more);
	int length;

	if (used >= room || (used > 3 && strcmp(how + used - 3, "...") == 0))
		return;
	cgw_escape(escaped, sizeof(escaped), path, strlen(path));
	cgw_escape(shown, sizeof(shown), text, strlen(text));
	length = snprintf(how + used, room - used, "%swrite '%s' to %s%s/%s", used > 0 ? "; " : "",
			  shown, where->mountpoint, strcmp(path, "/") == 0 ? "" : escaped, file);
	/* Half of a path would be another file. */
	if (length < 0 || (size_t)length >= room - used)
		memcpy(how + used, more, sizeof(more));
}

void step_note_authorization(const struct cgw_plan *plan, struct step *step)
{
	if (plan->options.dry_run && geteuid() != 0 && step->owner.kind == CGW_OWNER_SYSTEMD &&
	    step->result.diag.text[0] == '\0')
		(void)cgw_diag_set(&step->result.diag, 0,
				   "systemd asks polkit whether user %u may do this",
				   (unsigned)geteuid());
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
