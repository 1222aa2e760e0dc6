/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* preview.c - counts the processes that an action would affect. Runs in a worker thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/limit.h>

#include "lib/base/cleanup.h"
#include "tui/action/preview.h"
#include "tui/detail/process-list.h"

/* Number of processes listed by name; all are counted. */
#define NAMES_MAX 12
/* Number of groups inspected. */
#define GROUPS_MAX 5000

struct action_preview {
	struct job job;
	char **paths; /* the targets and their descendants */
	size_t path_count, group_count;
	char **targets; /* the targets only */
	size_t target_count;
	bool check_protection;
	size_t process_count, name_count;
	char names[NAMES_MAX][96]; /* escaped: "1234 nginx" */
	char refusal[512];
};

static void free_preview(struct job *job)
{
	struct action_preview *preview = (struct action_preview *)job;

	for (size_t i = 0; preview->paths != NULL && i < preview->path_count; i++)
		free(preview->paths[i]);
	for (size_t i = 0; preview->targets != NULL && i < preview->target_count; i++)
		free(preview->targets[i]);
	free(preview->paths);
	free(preview->targets);
	free(preview);
}

static void add_process(struct action_preview *preview, pid_t pid)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char file[64], name[64] = "?";
	size_t length;

	preview->process_count++;
	if (preview->name_count == NAMES_MAX)
		return;
	snprintf(file, sizeof(file), "%d/comm", (int)pid);
	if (cgw_proc_read(preview->job.layout, file, &text, &length) == 0 && length > 0)
		cgw_escape(name, sizeof(name), text, length - 1);
	snprintf(preview->names[preview->name_count++], sizeof(preview->names[0]), "%d %s",
		 (int)pid, name);
}

static void run(struct job *job)
{
	struct action_preview *preview = (struct action_preview *)job;
	struct cgw_diag diag = {.text = ""};

	for (size_t i = 0; i < preview->path_count; i++) {
		CLEANUP(cleanup_free) char *text = NULL;

		if (process_list_read(job->layout, preview->paths[i], &text) < 0)
			continue;
		for (char *at = text, *end; *at != '\0'; at = end + (*end == '\n')) {
			long pid = strtol(at, &end, 10);

			if (end == at)
				break;
			add_process(preview, (pid_t)pid);
		}
	}
	for (size_t i = 0; preview->check_protection && i < preview->target_count; i++)
		if (cgw_protect_check(job->layout, preview->targets[i], &diag) < 0) {
			snprintf(preview->refusal, sizeof(preview->refusal), "%s", diag.text);
			return;
		}
}

static void add_subtree(struct action_preview *preview, const struct cgw_topology *topology,
			const char *path)
{
	uint32_t top = cgw_topology_find(topology, path), end;

	if (top == CGW_NO_GROUP)
		return;
	end = top + topology->below[top] + 1;
	preview->group_count += end - top;
	for (uint32_t i = top; i < end && preview->path_count < GROUPS_MAX; i++) {
		preview->paths[preview->path_count] = cgw_topology_path_copy(topology, i);
		preview->path_count += preview->paths[preview->path_count] != NULL;
	}
}

struct job *action_preview_job(const struct app *app, const struct targets *targets,
			       bool check_protection)
{
	struct action_preview *preview = calloc(1, sizeof(*preview));

	if (preview == NULL)
		return NULL;
	preview->job = (struct job){.run = run, .free = free_preview, .name = "Inspecting"};
	preview->check_protection = check_protection;
	preview->paths = calloc(GROUPS_MAX, sizeof(*preview->paths));
	preview->targets = calloc(targets->count + 1, sizeof(*preview->targets));
	if (preview->paths == NULL || preview->targets == NULL) {
		free_preview(&preview->job);
		return NULL;
	}
	for (size_t i = 0; i < targets->count; i++) {
		add_subtree(preview, app_topology(app), targets->items[i].path);
		preview->targets[preview->target_count] = strdup(targets->items[i].path);
		preview->target_count += preview->targets[preview->target_count] != NULL;
	}
	return &preview->job;
}

void action_preview_format(struct confirm *confirm, struct job *job)
{
	const struct action_preview *preview = (const struct action_preview *)job;
	char line[1024];
	size_t used = 0;

	snprintf(line, sizeof(line), "%zu process%s in %zu group%s", preview->process_count,
		 preview->process_count == 1 ? "" : "es", preview->group_count,
		 preview->group_count == 1 ? "" : "s");
	confirm_add(confirm, ROLE_STRONG, line);
	line[0] = '\0';
	for (size_t i = 0; i < preview->name_count; i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s",
					 i > 0 ? ", " : "", preview->names[i]);
	if (preview->process_count > preview->name_count && used < sizeof(line))
		snprintf(line + used, sizeof(line) - used, " and %zu more",
			 preview->process_count - preview->name_count);
	if (preview->name_count > 0)
		confirm_add(confirm, ROLE_TEXT, line);
	if (preview->refusal[0] == '\0')
		return;
	confirm_add(confirm, ROLE_BAD, preview->refusal);
	confirm_refuse(confirm);
}
