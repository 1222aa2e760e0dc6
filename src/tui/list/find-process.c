/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* find-process.c - finds a process by PID or command in a worker thread, and goes to its group. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/core/views.h"
#include "tui/detail/detail.h"

#define FOUND_MAX 200

struct found_process {
	pid_t pid;
	char command[160]; /* escaped */
	char *path;        /* raw; NULL: not in our view */
};

struct find_job {
	struct job job;
	char text[LINE_MAX_BYTES];
	pid_t pid; /* 0: any */
	struct found_process found[FOUND_MAX];
	size_t count, total;
};

static void free_find(struct job *job)
{
	struct find_job *find = (struct find_job *)job;

	for (size_t i = 0; i < find->count; i++)
		free(find->found[i].path);
	free(find);
}

static int try_process(void *context, pid_t pid)
{
	struct find_job *find = context;
	struct cgw_membership membership;
	struct found_process *found;
	char command[160];
	const char *path;

	if (find->pid != 0 ? pid != find->pid
			   : process_command_read(find->job.layout, pid, NULL, command,
						  sizeof(command)) < 0 ||
				     find_part(command, find->text) == NULL)
		return 0;
	if (find->total++ >= FOUND_MAX ||
	    cgw_membership_read(find->job.layout, pid, &membership) < 0)
		return 0;
	found = &find->found[find->count++];
	found->pid = pid;
	if (process_command_read(find->job.layout, pid, NULL, found->command,
				 sizeof(found->command)) < 0)
		snprintf(found->command, sizeof(found->command), "-");
	path = cgw_membership_main_path(find->job.layout, &membership);
	found->path = path != NULL ? strdup(path) : NULL;
	cgw_membership_done(&membership);
	return 0;
}

static void run_find(struct job *job)
{
	(void)cgw_proc_each(job->layout, ".", try_process, job);
}

static unsigned go_to_process(struct app *app, const struct found_process *found)
{
	uint32_t group = found->path != NULL ? cgw_topology_find(app_topology(app), found->path)
					     : CGW_NO_GROUP;
	char shown[256];

	if (group == CGW_NO_GROUP) {
		cgw_escape(shown, sizeof(shown), found->path != NULL ? found->path : "-",
			   found->path != NULL ? strlen(found->path) : 1);
		return app_show_message(app, ROLE_WARM, "process %d is in %s, which is not shown",
					(int)found->pid, shown);
	}
	list_go(&app->list, app->frame, group);
	if (!list_matches(&app->list, app->frame, group))
		return app_show_message(app, ROLE_WARM,
					"the group of process %d does not match the filter",
					(int)found->pid);
	return REACTION_ARRANGE |
	       app_show_message(app, ROLE_TEXT, "%d %s", (int)found->pid, found->command);
}

static unsigned start(struct app *app, const char *text, pid_t pid);

static unsigned accept_process(struct app *app, int value)
{
	return start(app, "", value);
}

static unsigned find_done(struct app *app, struct job *job)
{
	const struct find_job *find = (const struct find_job *)job;
	struct menu menu = {.title = "Processes found", .accept = accept_process};

	if (find->count == 1)
		return go_to_process(app, &find->found[0]);
	if (find->count == 0)
		return app_show_message(app, ROLE_WARM, "no process matches '%s'",
					ESCAPED(128, find->text)) |
		       REACTION_BEEP;
	menu.items = calloc(find->count, sizeof(*menu.items));
	if (menu.items == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	for (; menu.count < find->count; menu.count++) {
		const struct found_process *found = &find->found[menu.count];
		struct menu_item *item = &menu.items[menu.count];
		const char *path = found->path != NULL ? found->path : "-";

		snprintf(item->text, sizeof(item->text), "%7d %.100s", (int)found->pid,
			 found->command);
		cgw_escape(item->help, sizeof(item->help), path, strlen(path));
		item->value = (int)found->pid;
	}
	if (find->total > find->count)
		app_show_message(app, ROLE_WARM, "%zu of %zu processes are listed", find->count,
				 find->total);
	return open_menu(app, &menu);
}

static unsigned start(struct app *app, const char *text, pid_t pid)
{
	struct find_job *find = calloc(1, sizeof(*find));

	if (find == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	snprintf(find->text, sizeof(find->text), "%s", text);
	find->pid = pid;
	find->job = (struct job){
		.run = run_find, .done = find_done, .free = free_find, .name = "Searching"};
	return app_post_job(app, NULL, &find->job);
}

static bool find_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	char *end;
	long pid = strtol(text, &end, 10);

	*ret_reactions = REACTION_DRAW;
	if (text[0] == '\0')
		return true;
	*ret_reactions =
		start(app, text, *end == '\0' && pid > 0 && pid <= INT32_MAX ? (pid_t)pid : 0);
	return true;
}

unsigned open_find_process(struct app *app)
{
	static const struct prompt prompt = {.title = "Find a process (PID or part of its command)",
					     .accept = find_accept};

	if (!(app->source_flags & SOURCE_CAN_ACT))
		return app_show_message(app, ROLE_WARM, "a %s has no list of processes",
					app->source_name) |
		       REACTION_BEEP;
	return open_prompt(app, &prompt, "");
}
