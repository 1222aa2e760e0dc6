/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* preview.c - looks through groups before they are frozen or killed. Runs in the looking thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/limit.h>

#include "lib/base/cleanup.h"
#include "tui/action/preview.h"
#include "tui/detail/process-list.h"

/* Names that are listed; all are counted. */
#define NAMES_MAX 12
/* Groups beneath that are looked into. */
#define GROUPS_MAX 5000

struct action_preview {
	struct job job;
	char **paths; /* the targets and all beneath them */
	size_t path_count, group_count;
	char **tops; /* the targets alone */
	size_t top_count;
	bool guarded;
	size_t process_count, name_count;
	char names[NAMES_MAX][96]; /* escaped: "1234 nginx" */
	char refusal[512];
};

static void free_survey(struct job *job)
{
	struct action_preview *survey = (struct action_preview *)job;

	for (size_t i = 0; survey->paths != NULL && i < survey->path_count; i++)
		free(survey->paths[i]);
	for (size_t i = 0; survey->tops != NULL && i < survey->top_count; i++)
		free(survey->tops[i]);
	free(survey->paths);
	free(survey->tops);
	free(survey);
}

static void take_name(struct action_preview *survey, pid_t pid)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char file[64], name[64] = "?";
	size_t length;

	survey->process_count++;
	if (survey->name_count == NAMES_MAX)
		return;
	(void)snprintf(file, sizeof(file), "%d/comm", (int)pid);
	if (cgw_proc_read(survey->job.layout, file, &text, &length) == 0 && length > 0)
		(void)cgw_escape(name, sizeof(name), text, length - 1);
	(void)snprintf(survey->names[survey->name_count++], sizeof(survey->names[0]), "%d %s",
		       (int)pid, name);
}

static void run(struct job *job)
{
	struct action_preview *survey = (struct action_preview *)job;
	struct cgw_diag diag = {.text = ""};

	for (size_t i = 0; i < survey->path_count; i++) {
		CLEANUP(cleanup_free) char *text = NULL;

		if (members_read(job->layout, survey->paths[i], &text) < 0)
			continue;
		for (char *at = text, *end; *at != '\0'; at = end + (*end == '\n')) {
			long pid = strtol(at, &end, 10);

			if (end == at)
				break;
			take_name(survey, (pid_t)pid);
		}
	}
	for (size_t i = 0; survey->guarded && i < survey->top_count; i++)
		if (cgw_protect_check(job->layout, survey->tops[i], &diag) < 0) {
			(void)snprintf(survey->refusal, sizeof(survey->refusal), "%s", diag.text);
			return;
		}
}

static void add_subtree(struct action_preview *survey, const struct cgw_topology *topology,
			const char *path)
{
	uint32_t top = cgw_topology_find(topology, path), end;

	if (top == CGW_NO_GROUP)
		return;
	end = top + topology->below[top] + 1;
	survey->group_count += end - top;
	for (uint32_t i = top; i < end && survey->path_count < GROUPS_MAX; i++) {
		survey->paths[survey->path_count] = cgw_topology_path_copy(topology, i);
		survey->path_count += survey->paths[survey->path_count] != NULL;
	}
}

struct job *action_preview_job(const struct app *app, const struct targets *targets, bool guarded)
{
	struct action_preview *survey = calloc(1, sizeof(*survey));

	if (survey == NULL)
		return NULL;
	survey->job = (struct job){.run = run, .free = free_survey, .name = "Looking"};
	survey->guarded = guarded;
	survey->paths = calloc(GROUPS_MAX, sizeof(*survey->paths));
	survey->tops = calloc(targets->count + 1, sizeof(*survey->tops));
	if (survey->paths == NULL || survey->tops == NULL) {
		free_survey(&survey->job);
		return NULL;
	}
	for (size_t i = 0; i < targets->count; i++) {
		add_subtree(survey, app_topology(app), targets->items[i].path);
		survey->tops[survey->top_count] = strdup(targets->items[i].path);
		survey->top_count += survey->tops[survey->top_count] != NULL;
	}
	return &survey->job;
}

void action_preview_format(struct confirm *confirm, struct job *job)
{
	const struct action_preview *survey = (const struct action_preview *)job;
	char line[1024];
	size_t used = 0;

	(void)snprintf(line, sizeof(line), "%zu process%s in %zu group%s", survey->process_count,
		       survey->process_count == 1 ? "" : "es", survey->group_count,
		       survey->group_count == 1 ? "" : "s");
	confirm_add(confirm, ROLE_STRONG, line);
	line[0] = '\0';
	for (size_t i = 0; i < survey->name_count; i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s",
					 i > 0 ? ", " : "", survey->names[i]);
	if (survey->process_count > survey->name_count && used < sizeof(line))
		(void)snprintf(line + used, sizeof(line) - used, " and %zu more",
			       survey->process_count - survey->name_count);
	if (survey->name_count > 0)
		confirm_add(confirm, ROLE_TEXT, line);
	if (survey->refusal[0] == '\0')
		return;
	confirm_add(confirm, ROLE_BAD, survey->refusal);
	confirm_refuse(confirm);
}
