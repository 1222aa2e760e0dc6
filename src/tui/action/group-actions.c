/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-actions.c - dialogs for actions on local groups: freeze, kill, create, remove. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/action/change-job.h"
#include "tui/action/confirm.h"
#include "tui/action/group-actions.h"
#include "tui/action/preview.h"
#include "tui/action/targets.h"
#include "tui/action/undo-actions.h"

static unsigned report_no_memory(struct app *app)
{
	return app_show_message(app, ROLE_BAD, "out of memory");
}

/* A confirmation dialog for one change to the selected groups. */
struct dialog {
	const char *title, *name; /* of the window and of the job */
	const char *intro;        /* the effect, shown before the groups: "Remove" */
	struct change_step step;
	bool preview, check_protection;
	const char *hint; /* may be NULL */
};

static unsigned ask(struct app *app, const struct dialog *dialog)
{
	struct targets targets;
	struct confirm *confirm;
	struct change_job *change;
	struct job *job;
	char text[512], line[640];
	int r = targets_collect(app, &targets);

	if (r < 0)
		return REACTION_BEEP;
	r = change_job_new(dialog->name, &targets, &change);
	if (r == 0 && change_job_add(change, &dialog->step) < 0) {
		change_job_as_job(change)->free(change_job_as_job(change));
		r = -ENOMEM;
	}
	if (r < 0) {
		targets_done(&targets);
		return report_no_memory(app);
	}
	confirm = confirm_new(dialog->title, change_job_as_job(change));
	targets_format(&targets, text, sizeof(text));
	snprintf(line, sizeof(line), "%s %s", dialog->intro, text);
	confirm_add(confirm, ROLE_TEXT, line);
	for (size_t i = 0; targets.count > 1 && i < targets.count && i < 8; i++) {
		cgw_escape(text, sizeof(text), targets.items[i].path,
			   strlen(targets.items[i].path));
		confirm_add(confirm, ROLE_STRONG, text);
	}
	if (dialog->hint != NULL)
		confirm_add(confirm, ROLE_DIM, dialog->hint);
	job = dialog->preview ? action_preview_job(app, &targets, dialog->check_protection) : NULL;
	if (job != NULL)
		confirm_preview(confirm, job, action_preview_format);
	targets_done(&targets);
	return open_confirm(app, confirm);
}

/* Without confirmation, for actions that lose nothing. */
static unsigned apply_to_targets(struct app *app, const char *name, const struct change_step *step)
{
	struct targets targets;
	struct change_job *change;

	if (targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	if (change_job_new(name, &targets, &change) < 0) {
		targets_done(&targets);
		return report_no_memory(app);
	}
	targets_done(&targets);
	if (change_job_add(change, step) < 0) {
		change_job_as_job(change)->free(change_job_as_job(change));
		return report_no_memory(app);
	}
	return app_post_job(app, NULL, change_job_as_job(change));
}

static unsigned freeze(struct app *app)
{
	const struct dialog dialog = {
		.title = "Freeze",
		.name = "Freezing",
		.intro = "Freeze (suspend) all processes of",
		.step = {.kind = CGW_STEP_FREEZE},
		.preview = true,
		.check_protection = true,
		.hint = "They keep their memory and locks until the group is thawed.",
	};

	return ask(app, &dialog);
}

static unsigned thaw(struct app *app)
{
	const struct change_step step = {.kind = CGW_STEP_THAW};

	return apply_to_targets(app, "Thawing", &step);
}

static const struct {
	int number;
	const char *name, *help;
} signals[] = {
	{SIGTERM, "TERM", "terminate; most programs clean up first"},
	{SIGKILL, "KILL", "kill immediately, without cleanup"},
	{SIGINT, "INT", "interrupt, like Ctrl-C"},
	{SIGHUP, "HUP", "hang up; many daemons reload their configuration"},
	{SIGQUIT, "QUIT", "quit with a core dump"},
	{SIGUSR1, "USR1", "defined by the program"},
	{SIGUSR2, "USR2", "defined by the program"},
	{SIGSTOP, "STOP", "stop one by one (freezing stops all at once)"},
	{SIGCONT, "CONT", "continue after STOP"},
	{SIGABRT, "ABRT", "abort, as on a failed assertion"},
};

static unsigned kill_accept(struct app *app, int value)
{
	char intro[64];
	struct dialog dialog = {
		.title = "Kill",
		.name = "Killing",
		.intro = intro,
		.step = {.kind = CGW_STEP_KILL, .signal = value},
		.preview = true,
		.check_protection = true,
		.hint = "This cannot be undone.",
	};

	if (targets_have_changed(app))
		return REACTION_BEEP | REACTION_DRAW;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (signals[i].number == value)
			snprintf(intro, sizeof(intro), "Send %s (%d) to all processes of",
				 signals[i].name, value);
	return ask(app, &dialog);
}

unsigned open_signals(struct app *app, unsigned (*accept)(struct app *app, int signal))
{
	struct menu menu = {.title = "Kill: choose a signal", .accept = accept};

	menu.items = calloc(ARRAY_SIZE(signals), sizeof(*menu.items));
	if (menu.items == NULL)
		return report_no_memory(app);
	for (; menu.count < ARRAY_SIZE(signals); menu.count++) {
		struct menu_item *item = &menu.items[menu.count];

		snprintf(item->text, sizeof(item->text), "%2d %s", signals[menu.count].number,
			 signals[menu.count].name);
		snprintf(item->help, sizeof(item->help), "%s", signals[menu.count].help);
		item->value = signals[menu.count].number;
	}
	targets_remember(app);
	return open_menu(app, &menu);
}

/* The target is a path; `id` 0: the group does not exist yet. */
static unsigned apply_to_path(struct app *app, const char *name, char *path,
			      const struct change_step *step, uint64_t id, size_t hierarchy)
{
	struct target target = {.path = path, .id = id, .hierarchy = hierarchy};
	const struct targets targets = {&target, 1};
	struct change_job *change;

	if (change_job_new(name, &targets, &change) < 0)
		return report_no_memory(app);
	if (change_job_add(change, step) < 0) {
		change_job_as_job(change)->free(change_job_as_job(change));
		return report_no_memory(app);
	}
	return app_post_job(app, NULL, change_job_as_job(change));
}

static bool new_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	const struct change_step step = {.kind = CGW_STEP_CREATE};
	uint32_t group = app_group(app);
	CLEANUP(cleanup_free) char *path = NULL;
	char above[4096];

	if (group == CGW_NO_GROUP || text[0] == '\0') {
		*ret_reactions = REACTION_BEEP;
		return text[0] != '\0';
	}
	if (targets_have_changed(app)) {
		*ret_reactions = REACTION_BEEP;
		return true;
	}
	if (strchr(text, '/') != NULL || strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
		*ret_reactions = app_show_message(app, ROLE_WARM, "expected a name without '/'") |
				 REACTION_BEEP;
		return false;
	}
	cgw_topology_path(app_topology(app), group, above, sizeof(above));
	if (asprintf(&path, "%s/%s", group == 0 ? "" : above, text) < 0) {
		path = NULL;
		*ret_reactions = report_no_memory(app);
		return true;
	}
	*ret_reactions = apply_to_path(app, "Creating", path, &step, 0, 0);
	return true;
}

static unsigned open_new(struct app *app)
{
	static const struct prompt prompt = {.title = "New group", .accept = new_accept};

	targets_remember(app);
	return app_group(app) == CGW_NO_GROUP ? REACTION_BEEP : open_prompt(app, &prompt, "");
}

static bool move_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	struct change_step step = {.kind = CGW_STEP_MOVE};
	char *end;
	long pid = strtol(text, &end, 10);

	if (text[0] == '\0' || *end != '\0' || pid <= 0 || pid > INT32_MAX) {
		*ret_reactions = app_show_message(app, ROLE_WARM, "invalid PID") | REACTION_BEEP;
		return false;
	}
	if (targets_have_changed(app)) {
		*ret_reactions = REACTION_BEEP;
		return true;
	}
	step.pid = (pid_t)pid;
	*ret_reactions = apply_to_targets(app, "Moving", &step);
	return true;
}

static unsigned open_move(struct app *app)
{
	static const struct prompt prompt = {.title = "Move a process (PID) into this group",
					     .accept = move_accept};

	targets_remember(app);
	return app_group(app) == CGW_NO_GROUP ? REACTION_BEEP : open_prompt(app, &prompt, "");
}

static unsigned delete_groups(struct app *app)
{
	struct targets targets;
	struct dialog dialog = {
		.title = "Remove",
		.name = "Removing",
		.intro = "Remove",
		.step = {.kind = CGW_STEP_DELETE},
		.preview = true,
		.hint = "Only groups without processes can be removed.",
	};

	if (targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	for (size_t i = 0; i < targets.count; i++)
		dialog.step.recursive = dialog.step.recursive || targets.items[i].below > 0;
	targets_done(&targets);
	if (dialog.step.recursive)
		dialog.hint = "Includes all groups below. Only groups without processes can be "
			      "removed.";
	return ask(app, &dialog);
}

unsigned change_groups(struct app *app, enum action action)
{
	switch (action) {
	case ACTION_FREEZE:
		return freeze(app);
	case ACTION_THAW:
		return thaw(app);
	case ACTION_EDIT:
		return open_edit(app);
	case ACTION_KILL:
		return app_group(app) == CGW_NO_GROUP ? REACTION_BEEP
						      : open_signals(app, kill_accept);
	case ACTION_NEW:
		return open_new(app);
	case ACTION_MOVE:
		return open_move(app);
	case ACTION_DELETE:
		return delete_groups(app);
	case ACTION_EXPORT:
		return open_export(app);
	case ACTION_UNDO:
		return undo_last_change(app);
	case ACTION_JOURNAL:
		return open_journal(app);
	default:
		return REACTION_NONE;
	}
}
