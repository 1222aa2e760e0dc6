/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-steps.c - what a change consists of, and its outcomes, whatever carries it out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/local-text.h"
#include "tui/action/change-job.h"

static const struct change_kind kinds[] = {
	[CGW_STEP_SET] = {.title = "Limits",
			  .name = "Setting",
			  .done = "set",
			  .unchanged = "unchanged",
			  .preview = "set"},
	[CGW_STEP_FREEZE] = {.title = "Freeze",
			     .name = "Freezing",
			     .intro = "Freeze (suspend) all processes of",
			     .hint = "They keep their memory and locks until the group is thawed.",
			     .done = "frozen",
			     .unchanged = "already frozen",
			     .preview = "freeze",
			     .ask = true,
			     .check_protection = true},
	[CGW_STEP_THAW] =
		{.title = "Thaw",
		 .name = "Thawing",
		 .intro = "Thaw (resume) all processes of",
		 .hint = "Groups below a frozen one stay frozen until that one is thawed.",
		 .done = "thawed",
		 .unchanged = "not frozen",
		 .preview = "thaw",
		 .ask = true},
	[CGW_STEP_KILL] = {.title = "Kill",
			   .name = "Killing",
			   .intro = "all processes of", /* after the signal */
			   .hint = "This cannot be undone.",
			   .done = "signalled",
			   .unchanged = "no processes",
			   .preview = "signal",
			   .ask = true,
			   .check_protection = true},
	[CGW_STEP_CREATE] = {.title = "New group",
			     .name = "Creating",
			     .done = "created",
			     .unchanged = "already exists",
			     .preview = "create"},
	[CGW_STEP_DELETE] = {.title = "Remove",
			     .name = "Removing",
			     .intro = "Remove",
			     .hint = "Only groups without processes can be removed.",
			     .done = "removed",
			     .unchanged = "does not exist",
			     .preview = "remove",
			     .ask = true},
	[CGW_STEP_MOVE] = {.title = "Move",
			   .name = "Moving",
			   .done = "moved into",
			   .unchanged = "already contains the process",
			   .preview = "move"},
};

const struct change_kind *change_kind(enum cgw_step_kind kind)
{
	return &kinds[kind];
}

void change_job_add(struct change_job *change, const struct change_step *step)
{
	struct change_step copy = *step;

	if ((step->value != NULL && (copy.value = strdup(step->value)) == NULL) ||
	    ARRAY_RESERVE(change->steps, change->step_capacity, change->step_count + 1) < 0)
		change->error = -ENOMEM;
	if (change->error < 0)
		free(copy.value);
	else
		change->steps[change->step_count++] = copy;
}

void change_job_add_undo(struct change_job *change, const uint64_t *changes, size_t count)
{
	change->undo = calloc(count + 1, sizeof(*change->undo));
	if (change->undo == NULL) {
		change->error = -ENOMEM;
		return;
	}
	memcpy(change->undo, changes, count * sizeof(*changes));
	change->undo_count = count;
}

struct change_job *change_job_copy(const struct change_job *change, const char *name)
{
	struct change_job *copy = calloc(1, sizeof(*copy));

	if (copy == NULL)
		return NULL;
	*copy = (struct change_job){
		.job = {.run = change->job.run,
			.done = change->job.done,
			.free = change->job.free,
			.name = name,
			.acts = true},
		.backend = change->backend,
		.force = change->force,
	};
	if (targets_copy(&change->targets, &copy->targets) < 0)
		copy->error = -ENOMEM;
	for (size_t i = 0; i < change->step_count; i++)
		change_job_add(copy, &change->steps[i]);
	if (change->undo != NULL)
		change_job_add_undo(copy, change->undo, change->undo_count);
	return copy;
}

void change_job_set_dry_run(struct change_job *change)
{
	change->dry_run = true;
	change->job.acts = false;
}

void change_outcome_format(const struct change_outcome *outcome, char *buffer, size_t size)
{
	const struct cgw_result *result = &outcome->result;
	const char *path = ESCAPED(256, outcome->path);

	if (outcome->kind == CGW_STEP_SET && result->outcome == CGW_OUTCOME_UNCHANGED)
		snprintf(buffer, size, "%s of %s: unchanged (%s)",
			 cgw_control_info(outcome->control)->key, path,
			 result->old_value[0] != '\0' ? result->old_value : "-");
	else if (outcome->kind == CGW_STEP_SET)
		snprintf(buffer, size, "%s of %s: %s → %s", cgw_control_info(outcome->control)->key,
			 path, result->old_value, result->new_value);
	else if (result->outcome == CGW_OUTCOME_UNCHANGED)
		snprintf(buffer, size, "%s: %s", path, kinds[outcome->kind].unchanged);
	else if (outcome->kind == CGW_STEP_KILL && outcome->pid != 0)
		snprintf(buffer, size, "sent %s to %s", sigabbrev_np(outcome->signal),
			 result->old_value);
	else
		snprintf(buffer, size, "%s %s", kinds[outcome->kind].done, path);
}

void change_outcome_preview(const struct change_outcome *outcome, char *buffer, size_t size)
{
	char path[256];

	if (outcome->kind == CGW_STEP_SET || outcome->result.outcome == CGW_OUTCOME_UNCHANGED) {
		change_outcome_format(outcome, buffer, size);
		return;
	}
	cgw_escape(path, sizeof(path), outcome->path, strlen(outcome->path));
	if (outcome->kind == CGW_STEP_MOVE)
		snprintf(buffer, size, "move process %d into %s", (int)outcome->pid, path);
	else
		snprintf(buffer, size, "%s %s", kinds[outcome->kind].preview, path);
}
