/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-actions.c - what the keys that change groups ask for: signals, names, processes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/action/change-job.h"
#include "tui/action/group-actions.h"
#include "tui/core/source.h"

/* Applies the step to the selected groups. */
static unsigned start(struct app *app, const struct change_step *step)
{
	struct targets targets;
	struct change_job *change;

	if (targets_collect(app, false, &targets) < 0)
		return REACTION_BEEP;
	change = change_job_new(change_kind(step->kind)->name, &targets);
	if (change != NULL)
		change_job_add(change, step);
	return change_job_start(app, change);
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

static unsigned kill_accept(struct app *app, int number)
{
	if (targets_have_changed(app, false))
		return REACTION_BEEP | REACTION_DRAW;
	return start(app, &(struct change_step){.kind = CGW_STEP_KILL, .signal = number});
}

unsigned open_signal_menu(struct app *app, const char *title,
			  unsigned (*accept)(struct app *app, int number))
{
	struct menu menu = {.accept = accept};

	snprintf(menu.title, sizeof(menu.title), "%s", title);
	menu.items = calloc(ARRAY_SIZE(signals), sizeof(*menu.items));
	if (menu.items == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	for (; menu.count < ARRAY_SIZE(signals); menu.count++) {
		struct menu_item *item = &menu.items[menu.count];

		snprintf(item->text, sizeof(item->text), "%2d %s", signals[menu.count].number,
			 signals[menu.count].name);
		snprintf(item->help, sizeof(item->help), "%s", signals[menu.count].help);
		item->value = signals[menu.count].number;
	}
	return open_menu(app, &menu);
}

static unsigned open_signals(struct app *app)
{
	struct targets targets;
	char names[120], title[200];

	if (targets_collect(app, false, &targets) < 0)
		return REACTION_BEEP;
	targets_format(&targets, names, sizeof(names));
	targets_done(&targets);
	snprintf(title, sizeof(title), "Kill %s: choose a signal", names);
	targets_remember(app, false);
	return open_signal_menu(app, title, kill_accept);
}

/* For accept() of prompts: shows what is expected. The line remains open. */
static bool reject(struct app *app, const char *message, unsigned *ret_reactions)
{
	*ret_reactions = app_show_message(app, ROLE_WARM, "%s", message) | REACTION_BEEP;
	return false;
}

static bool new_accept(struct app *app, const char *name, unsigned *ret_reactions)
{
	CLEANUP(targets_done) struct targets targets = {0};
	const char *parent;
	struct change_job *change;
	char *path;

	if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return reject(app, "expected a name without '/'", ret_reactions);
	*ret_reactions = REACTION_BEEP;
	if (targets_have_changed(app, true) || targets_collect(app, true, &targets) < 0)
		return true;
	parent = targets.items[0].path;
	if (asprintf(&path, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name) < 0) {
		*ret_reactions = app_show_message(app, ROLE_BAD, "out of memory");
		return true;
	}
	free(targets.items[0].path);
	targets.items[0].path = path;
	/* Without IDs: it does not exist yet. */
	memset(targets.items[0].ids, 0, sizeof(targets.items[0].ids));
	targets.items[0].id_list[0] = '\0';
	targets.items[0].below = 0;
	change = change_job_new(change_kind(CGW_STEP_CREATE)->name, &targets);
	if (change != NULL)
		change_job_add(change, &(struct change_step){.kind = CGW_STEP_CREATE});
	*ret_reactions = change_job_start(app, change);
	return true;
}

static bool move_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	char *end;
	long pid = strtol(text, &end, 10);

	if (text[0] == '\0' || *end != '\0' || pid <= 0 || pid > INT32_MAX)
		return reject(app, "invalid PID", ret_reactions);
	*ret_reactions = REACTION_BEEP;
	if (!targets_have_changed(app, false))
		*ret_reactions =
			start(app, &(struct change_step){.kind = CGW_STEP_MOVE, .pid = (pid_t)pid});
	return true;
}

/* Splits "memory.max=2G io.max.rbps=\"8:0 10M\""; false if a word is not an assignment. */
static bool add_assignments(struct change_job *change, const char *text)
{
	char word[512];

	while (*(text += strspn(text, " ")) != '\0') {
		bool quoted = false;
		size_t used = 0;

		for (; *text != '\0' && (quoted || *text != ' '); text++) {
			if (*text == '"')
				quoted = !quoted;
			else if (used + 1 < sizeof(word))
				word[used++] = *text;
		}
		word[used] = '\0';
		if (quoted || word[0] == '/' || strchr(word, '=') == NULL)
			return false;
		change_job_add(change, &(struct change_step){.kind = CGW_STEP_SET, .value = word});
	}
	return change->step_count > 0;
}

static bool set_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	struct targets targets;
	struct change_job *change;

	*ret_reactions = REACTION_BEEP;
	if (targets_have_changed(app, false) || targets_collect(app, false, &targets) < 0)
		return true;
	change = change_job_new(change_kind(CGW_STEP_SET)->name, &targets);
	if (change != NULL && !add_assignments(change, text)) {
		change->job.free(&change->job);
		return reject(app, "e.g. memory.max=2G pids.max=100", ret_reactions);
	}
	*ret_reactions = change_job_start(app, change);
	return true;
}

static unsigned ask_text(struct app *app, const struct prompt *prompt, bool one)
{
	struct targets targets;

	/* Reports an unsuitable target before the user types anything. */
	if (targets_collect(app, one, &targets) < 0)
		return REACTION_BEEP;
	targets_done(&targets);
	targets_remember(app, one);
	return open_prompt(app, prompt, "");
}

static unsigned open_move(struct app *app)
{
	struct prompt prompt = {.title = "Move a process (PID) into this group",
				.accept = move_accept};

	struct targets targets;
	bool several;

	if (targets_collect(app, false, &targets) < 0)
		return REACTION_BEEP;
	several = targets.count > 1;
	targets_done(&targets);
	if (several)
		return app_show_message(app, ROLE_WARM,
					"cannot move a process into several groups") |
		       REACTION_BEEP;
	return ask_text(app, &prompt, false);
}

static unsigned delete_groups(struct app *app)
{
	struct change_step step = {.kind = CGW_STEP_DELETE};
	struct targets targets;

	if (targets_collect(app, false, &targets) < 0)
		return REACTION_BEEP;
	step.recursive = targets_have_children(&targets);
	targets_done(&targets);
	return start(app, &step);
}

static unsigned start_reclaim(struct app *app, struct targets *targets, enum cgw_control control,
			      const char *value)
{
	struct change_job *change = change_job_new("Reclaiming", targets);
	char text[64];

	snprintf(text, sizeof(text), "%s", value);
	if (change == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	change_job_add(change, &(struct change_step){
				       .kind = CGW_STEP_SET, .control = control, .value = text});
	return change_job_ask(app, change, "Reclaim memory of");
}

static bool reclaim_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	struct targets targets;
	struct cgw_diag diag = {.text = ""};

	if (cgw_value_check(CGW_C_MEMORY_RECLAIM, text, &diag) < 0)
		return reject(app, diag.text, ret_reactions);
	*ret_reactions = REACTION_BEEP;
	if (!targets_have_changed(app, false) && targets_collect(app, false, &targets) == 0)
		*ret_reactions = start_reclaim(app, &targets, CGW_C_MEMORY_RECLAIM, text);
	return true;
}

/* On cgroup v1 the kernel can only be asked to reclaim all that it can. */
static unsigned open_reclaim(struct app *app)
{
	static const struct prompt prompt = {.title = "Reclaim memory (64M, 10%)",
					     .accept = reclaim_accept};
	struct targets targets;

	if (app_layout(app) == NULL ||
	    cgw_control_available(app_layout(app), CGW_C_MEMORY_RECLAIM, NULL) == 0)
		return ask_text(app, &prompt, false);
	if (cgw_control_available(app_layout(app), CGW_C_MEMORY_FORCE_EMPTY, NULL) < 0)
		return app_show_message(app, ROLE_WARM,
					"this kernel cannot reclaim memory on request") |
		       REACTION_BEEP;
	if (targets_collect(app, false, &targets) < 0)
		return REACTION_BEEP;
	return start_reclaim(app, &targets, CGW_C_MEMORY_FORCE_EMPTY, "0");
}

unsigned change_groups(struct app *app, enum action action)
{
	static const struct prompt create = {.title = "New group", .accept = new_accept};
	static const struct prompt set = {.title = "Set KEY=VALUE…", .accept = set_accept};
	bool is_remote = app_source_flags(app) & SOURCE_REMOTE;

	switch (action) {
	case ACTION_FREEZE:
		return start(app, &(struct change_step){.kind = CGW_STEP_FREEZE});
	case ACTION_THAW:
		return start(app, &(struct change_step){.kind = CGW_STEP_THAW});
	case ACTION_EDIT:
		return is_remote ? ask_text(app, &set, false) : open_edit(app);
	case ACTION_RECLAIM:
		return is_remote ? ask_text(app, &set, false) : open_reclaim(app);
	case ACTION_KILL:
		return open_signals(app);
	case ACTION_NEW:
		return ask_text(app, &create, true);
	case ACTION_MOVE:
		return open_move(app);
	case ACTION_DELETE:
		return delete_groups(app);
	case ACTION_UNDO:
		return undo_last_change(app);
	case ACTION_JOURNAL:
		return is_remote ? open_remote_journal(app) : open_journal(app);
	case ACTION_EXPORT:
		if (!is_remote)
			return open_export(app);
		return app_show_message(app, ROLE_WARM,
					"not available for remote groups: run it on the host") |
		       REACTION_BEEP;
	default:
		return REACTION_NONE;
	}
}
