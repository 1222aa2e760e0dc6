/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-actions.c - freezing, killing, making, moving, removing: each asks, then becomes a job. */
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

static unsigned no_memory(struct app *app)
{
	return app_show_message(app, ROLE_BAD, "out of memory");
}

/* A confirmation over what one change would do to the groups at hand. */
struct question {
	const char *title, *name; /* of the window, of the job */
	const char *before;       /* "Freeze" */
	struct act_change change;
	bool surveyed, guarded;
	const char *hint; /* what else is to be known; NULL: nothing */
};

static unsigned ask(struct app *app, const struct question *question)
{
	struct targets targets;
	struct confirm *confirm;
	struct act *act;
	struct job *look;
	char text[512], line[640];
	int r = targets_collect(app, &targets);

	if (r < 0)
		return REACTION_BEEP;
	r = act_new(question->name, &targets, &act);
	if (r == 0 && act_add(act, &question->change) < 0) {
		act_as_job(act)->free(act_as_job(act));
		r = -ENOMEM;
	}
	if (r < 0) {
		targets_done(&targets);
		return no_memory(app);
	}
	confirm = confirm_new(question->title, act_as_job(act));
	targets_format(&targets, text, sizeof(text));
	(void)snprintf(line, sizeof(line), "%s %s", question->before, text);
	confirm_add(confirm, ROLE_TEXT, line);
	for (size_t i = 0; targets.count > 1 && i < targets.count && i < 8; i++) {
		(void)cgw_escape(text, sizeof(text), targets.items[i].path,
				 strlen(targets.items[i].path));
		confirm_add(confirm, ROLE_STRONG, text);
	}
	if (question->hint != NULL)
		confirm_add(confirm, ROLE_DIM, question->hint);
	look = question->surveyed ? action_preview_job(app, &targets, question->guarded) : NULL;
	if (look != NULL)
		confirm_preview(confirm, look, action_preview_format);
	targets_done(&targets);
	return open_confirm(app, confirm);
}

/* Without a question: nothing is lost by it. */
static unsigned do_now(struct app *app, const char *name, const struct act_change *change)
{
	struct targets targets;
	struct act *act;

	if (targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	if (act_new(name, &targets, &act) < 0) {
		targets_done(&targets);
		return no_memory(app);
	}
	targets_done(&targets);
	if (act_add(act, change) < 0) {
		act_as_job(act)->free(act_as_job(act));
		return no_memory(app);
	}
	return app_post_job(app, NULL, act_as_job(act));
}

static unsigned freeze(struct app *app)
{
	const struct question question = {
		.title = "Freeze",
		.name = "Freezing",
		.before = "All processes stop where they are:",
		.change = {.kind = CGW_STEP_FREEZE},
		.surveyed = true,
		.guarded = true,
		.hint = "They keep their memory and their locks; thawing lets them go on.",
	};

	return ask(app, &question);
}

static unsigned thaw(struct app *app)
{
	const struct act_change change = {.kind = CGW_STEP_THAW};

	return do_now(app, "Thawing", &change);
}

static const struct {
	int number;
	const char *name, *help;
} signals[] = {
	{SIGTERM, "TERM", "asks to end; most programs clean up first"},
	{SIGKILL, "KILL", "ends at once; nothing is cleaned up"},
	{SIGINT, "INT", "as Ctrl-C does"},
	{SIGHUP, "HUP", "many daemons read their configuration again"},
	{SIGQUIT, "QUIT", "ends with a core dump"},
	{SIGUSR1, "USR1", "what the program makes of it"},
	{SIGUSR2, "USR2", "what the program makes of it"},
	{SIGSTOP, "STOP", "stops each process; freezing stops all at once"},
	{SIGCONT, "CONT", "goes on after STOP"},
	{SIGABRT, "ABRT", "ends as on a failed assertion"},
};

static unsigned kill_accept(struct app *app, int value)
{
	char before[64];
	struct question question = {
		.title = "Kill",
		.name = "Killing",
		.before = before,
		.change = {.kind = CGW_STEP_KILL, .signal = value},
		.surveyed = true,
		.guarded = true,
		.hint = "This cannot be taken back.",
	};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (signals[i].number == value)
			(void)snprintf(before, sizeof(before), "Send %s (%d) to all processes of",
				       signals[i].name, value);
	return ask(app, &question);
}

unsigned open_signals(struct app *app, unsigned (*accept)(struct app *app, int signal))
{
	struct menu menu = {.title = "Kill: which signal?", .accept = accept};

	menu.items = calloc(ARRAY_SIZE(signals), sizeof(*menu.items));
	if (menu.items == NULL)
		return no_memory(app);
	for (; menu.count < ARRAY_SIZE(signals); menu.count++) {
		struct menu_item *item = &menu.items[menu.count];

		(void)snprintf(item->text, sizeof(item->text), "%2d %s", signals[menu.count].number,
			       signals[menu.count].name);
		(void)snprintf(item->help, sizeof(item->help), "%s", signals[menu.count].help);
		item->value = signals[menu.count].number;
	}
	return open_menu(app, &menu);
}

/* A target of one path, whoever will stand there. */
static unsigned do_at(struct app *app, const char *name, char *path,
		      const struct act_change *change, uint64_t id, size_t hierarchy)
{
	struct target target = {.path = path, .id = id, .hierarchy = hierarchy};
	const struct targets targets = {&target, 1};
	struct act *act;

	if (act_new(name, &targets, &act) < 0)
		return no_memory(app);
	if (act_add(act, change) < 0) {
		act_as_job(act)->free(act_as_job(act));
		return no_memory(app);
	}
	return app_post_job(app, NULL, act_as_job(act));
}

static bool new_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	const struct act_change change = {.kind = CGW_STEP_CREATE};
	uint32_t group = app_group(app);
	CLEANUP(cleanup_free) char *path = NULL;
	char above[4096];

	if (group == CGW_NO_GROUP || text[0] == '\0') {
		*ret_reactions = REACTION_BEEP;
		return text[0] != '\0';
	}
	if (strchr(text, '/') != NULL || strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
		*ret_reactions =
			app_show_message(app, ROLE_WARM, "a name without \"/\"") | REACTION_BEEP;
		return false;
	}
	(void)cgw_topology_path(app_topology(app), group, above, sizeof(above));
	if (asprintf(&path, "%s/%s", group == 0 ? "" : above, text) < 0) {
		path = NULL;
		*ret_reactions = no_memory(app);
		return true;
	}
	*ret_reactions = do_at(app, "Making", path, &change, 0, 0);
	return true;
}

static unsigned open_new(struct app *app)
{
	static const struct prompt prompt = {.title = "New group", .accept = new_accept};

	return app_group(app) == CGW_NO_GROUP ? REACTION_BEEP : open_prompt(app, &prompt, "");
}

static bool move_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	struct act_change change = {.kind = CGW_STEP_MOVE};
	char *end;
	long pid = strtol(text, &end, 10);

	if (text[0] == '\0' || *end != '\0' || pid <= 0 || pid > INT32_MAX) {
		*ret_reactions =
			app_show_message(app, ROLE_WARM, "the number of a process") | REACTION_BEEP;
		return false;
	}
	change.pid = (pid_t)pid;
	*ret_reactions = do_now(app, "Moving", &change);
	return true;
}

static unsigned open_move(struct app *app)
{
	static const struct prompt prompt = {.title = "Move here process", .accept = move_accept};

	return app_group(app) == CGW_NO_GROUP ? REACTION_BEEP : open_prompt(app, &prompt, "");
}

static unsigned delete_groups(struct app *app)
{
	struct targets targets;
	struct question question = {
		.title = "Delete",
		.name = "Removing",
		.before = "Remove",
		.change = {.kind = CGW_STEP_DELETE},
		.surveyed = true,
		.hint = "Only groups without processes can be removed.",
	};

	if (targets_collect(app, &targets) < 0)
		return REACTION_BEEP;
	for (size_t i = 0; i < targets.count; i++)
		question.change.recursive = question.change.recursive || targets.items[i].below > 0;
	targets_done(&targets);
	if (question.change.recursive)
		question.hint = "With all groups beneath. Only groups without processes can be "
				"removed.";
	return ask(app, &question);
}

/* What was changed: read in the looking thread, then shown. */
struct journal {
	struct job job;
	struct menu_item *items;
	size_t count, size;
	bool undo; /* only the last that can be taken back is asked about */
	int error;
	struct cgw_diag diag;
	uint64_t *ids;
};

static void free_journal(struct job *job)
{
	struct journal *journal = (struct journal *)job;

	free(journal->items);
	free(journal->ids);
	free(journal);
}

static const char *key_of(const struct cgw_change *change)
{
	return change->key[0] != '\0' ? change->key : cgw_step_kind_name(change->kind);
}

static int take_change(void *context, const struct cgw_change *change)
{
	struct journal *journal = context;
	struct menu_item *item;
	char path[256], old[33], new[33], time[40];

	if (journal->count == journal->size) {
		size_t size = journal->size > 0 ? 2 * journal->size : 64;
		struct menu_item *items =
			reallocarray(journal->items, size, sizeof(*journal->items));
		uint64_t *ids;

		if (items == NULL)
			return -ENOMEM;
		journal->items = items;
		ids = reallocarray(journal->ids, size, sizeof(*ids));
		if (ids == NULL)
			return -ENOMEM;
		journal->ids = ids;
		journal->size = size;
	}
	item = &journal->items[journal->count];
	(void)cgw_escape(path, sizeof(path), change->path, strlen(change->path));
	(void)cgw_escape(old, sizeof(old), change->old_value, strlen(change->old_value));
	(void)cgw_escape(new, sizeof(new), change->new_value, strlen(change->new_value));
	(void)cgw_format_time(change->realtime_ns, time, sizeof(time));
	time[19] = '\0'; /* "2026-11-24T21:03:44" */
	(void)snprintf(item->text, sizeof(item->text), "%.14s  %.70s", time + 5, path);
	(void)snprintf(item->help, sizeof(item->help), "%s%.24s %.24s → %.24s  %.20s",
		       change->undone        ? "(taken back) "
		       : change->undoes != 0 ? "(an undo) "
					     : "",
		       key_of(change), old[0] != '\0' ? old : "-", new[0] != '\0' ? new : "-",
		       change->who);
	item->value = (int)journal->count;
	journal->ids[journal->count++] = cgw_change_reversible(change) ? change->id : 0;
	return 0;
}

static void run_journal(struct job *job)
{
	struct journal *journal = (struct journal *)job;

	journal->error = cgw_journal_read(NULL, take_change, journal, &journal->diag);
}

static unsigned confirm_undo(struct app *app, const struct menu_item *item, uint64_t id)
{
	struct job *job = undo_job(id);
	struct confirm *confirm;

	if (job == NULL)
		return no_memory(app);
	confirm = confirm_new("Take back", job);
	confirm_add(confirm, ROLE_STRONG, item->text);
	confirm_add(confirm, ROLE_TEXT, item->help);
	return open_confirm(app, confirm);
}

static unsigned undo_accept(struct app *app, int value)
{
	/* The menu is gone by now: its row is the change's number, or 0. */
	struct menu_item item = {.text = "The change of the journal"};

	if (value <= 0)
		return app_show_message(app, ROLE_WARM,
					"that one is taken back already, or has no way back");
	(void)snprintf(item.help, sizeof(item.help), "number %d", value);
	return confirm_undo(app, &item, (uint64_t)value);
}

static unsigned journal_done(struct app *app, struct job *job)
{
	struct journal *journal = (struct journal *)job;
	struct menu menu = {.title = "Journal: Enter takes back", .accept = undo_accept};

	if (journal->error < 0 && journal->error != -ENOENT)
		return REACTION_BEEP |
		       app_show_message(app, ROLE_BAD, "%s",
					journal->diag.text[0] != '\0' ? journal->diag.text
								      : strerror(-journal->error));
	for (size_t i = 0; journal->undo && i < journal->count; i++)
		if (journal->ids[i] != 0)
			return confirm_undo(app, &journal->items[i], journal->ids[i]);
	if (journal->undo || journal->count == 0)
		return app_show_message(app, ROLE_TEXT,
					"nothing was changed that could be taken back");
	for (size_t i = 0; i < journal->count; i++)
		journal->items[i].value = (int)journal->ids[i];
	menu.items = journal->items;
	menu.count = journal->count;
	journal->items = NULL;
	return open_menu(app, &menu);
}

static unsigned read_journal(struct app *app, bool undo)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL)
		return no_memory(app);
	journal->undo = undo;
	journal->job = (struct job){.run = run_journal,
				    .done = journal_done,
				    .free = free_journal,
				    .name = "Reading the journal"};
	return app_post_job(app, NULL, &journal->job);
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
		return read_journal(app, true);
	case ACTION_JOURNAL:
		return read_journal(app, false);
	default:
		return REACTION_NONE;
	}
}
