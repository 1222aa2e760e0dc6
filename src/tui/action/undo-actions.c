/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-actions.c - the journal of changes, and undo of actions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/render.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/action/change-job.h"
#include "tui/action/group-actions.h"
#include "tui/core/app.h"
#include "tui/list/name-cut.h"

/* Lines of a confirmation. */
#define LINES_MAX 12
/* Cells of a path in the journal. */
#define JOURNAL_PATH_WIDTH 20

/* The journal of changes, read in a worker thread. */
struct journal {
	struct job job;
	struct menu_item *items;
	size_t count, capacity;
	int error;
	struct cgw_diag diag;
};

static void free_journal(struct job *job)
{
	struct journal *journal = (struct journal *)job;

	free(journal->items);
	free(journal);
}

static const char *key_of(const struct cgw_change *change)
{
	return change->key[0] != '\0' ? change->key : cgw_step_kind_name(change->kind);
}

static int add_journal_entry(void *context, const struct cgw_change *change)
{
	struct journal *journal = context;
	struct menu_item *item;
	const char *old = ESCAPED(64, change->old_value);
	const char *new = ESCAPED(64, change->new_value);
	char time[40], name[96];

	if (ARRAY_RESERVE(journal->items, journal->capacity, journal->count + 1) < 0)
		return -ENOMEM;
	item = &journal->items[journal->count++];
	cgw_format_time(change->realtime_ns, time, sizeof(time));
	time[10] = ' '; /* "2026-11-24T21:03:44": without the year */
	time[19] = '\0';
	name_cut(ESCAPED(256, change->path), NAME_CUT_START, NULL, JOURNAL_PATH_WIDTH, name,
		 sizeof(name));
	text_append(item->text, sizeof(item->text), 0, "%s  %s", time + 5, name);
	text_append(item->help, sizeof(item->help), 0, "%s%s %s → %s  %s",
		    change->undone        ? "(undone) "
		    : change->undoes != 0 ? "(undo) "
					  : "",
		    key_of(change), old[0] != '\0' ? old : "-", new[0] != '\0' ? new : "-",
		    change->who);
	/* Zero: Enter cannot undo it. */
	item->value = cgw_change_reversible(change) ? (int)change->id : 0;
	return 0;
}

static void run_journal(struct job *job)
{
	struct journal *journal = (struct journal *)job;

	journal->error = cgw_journal_read(NULL, add_journal_entry, journal, &journal->diag);
}

/* Asks before undoing what the dry run has found. */
static unsigned confirm_undo(struct app *app, struct change_job *preview)
{
	struct change_job *action;
	/* Others have changed it since. */
	bool conflict = preview->error == -EBUSY && preview->outcome_count > 0;
	struct window *window;
	char text[512];

	preview->undo[0] = preview->undone;
	preview->undo_count = 1;
	action = change_job_copy(preview, "Undoing");
	if (action == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	action->force = conflict;
	window = window_ask(conflict ? "Undo a change (Enter: undo anyway)" : "Undo a change",
			    &action->job);
	for (size_t i = 0; i < preview->outcome_count && i < LINES_MAX; i++) {
		change_outcome_preview(&preview->outcomes[i], text, sizeof(text));
		window_add(window, ROLE_TEXT, text);
	}
	if (preview->outcome_count > LINES_MAX) {
		snprintf(text, sizeof(text), "and %zu more", preview->outcome_count - LINES_MAX);
		window_add(window, ROLE_DIM, text);
	}
	if (preview->error < 0)
		window_add(window, ROLE_BAD, preview->diag.text);
	if (preview->error < 0 && !conflict)
		window_refuse(window);
	return window_open(app, window);
}

/* Of these changes on the host of the targets, as in struct change_job. Takes the targets over. */
static unsigned start_undo(struct app *app, struct targets *targets, const uint64_t *changes,
			   size_t count)
{
	bool is_remote = targets->host != NULL;
	struct change_job *change = change_job_new("Undoing", targets);

	if (change == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	change_job_add_undo(change, changes, count);
	if (is_remote)
		return change_job_ask(app, change, "Undo the last change");
	change_job_set_dry_run(change);
	change->on_dry_run = confirm_undo;
	return app_post_job(app, NULL, &change->job);
}

unsigned undo_last_change(struct app *app)
{
	CLEANUP(targets_done) struct targets targets = {0};
	CLEANUP(cleanup_free)
	uint64_t *changes = calloc(app->change_count + 1, sizeof(*changes));
	const char *host = "";
	char key[16];
	size_t count = 0;

	if (changes == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	if (app->source_flags & SOURCE_REMOTE) {
		if (targets_collect(app, false, &targets) < 0)
			return REACTION_BEEP;
		host = targets.host;
	}
	/* Not those of another user, or of another host. */
	for (size_t i = app->change_count; i-- > 0;)
		if (strcmp(app->changes[i].host, host) == 0)
			changes[count++] = app->changes[i].transaction;
	if (count > 0)
		return start_undo(app, &targets, changes, count);
	if (host[0] != '\0')
		return app_show_message(app, ROLE_TEXT, "%s: nothing to undo in this session",
					ESCAPED(128, host));
	app_key_name(app, ACTION_JOURNAL, key, sizeof(key));
	return app_show_message(app, ROLE_TEXT,
				"nothing to undo in this session; %s: journal of all changes", key);
}

static unsigned undo_accept(struct app *app, int value)
{
	const uint64_t id = (uint64_t)value;
	struct targets none = {0};

	if (value <= 0)
		return app_show_message(app, ROLE_WARM,
					"cannot undo: already undone, or not reversible");
	return start_undo(app, &none, &id, 1);
}

static unsigned journal_done(struct app *app, struct job *job)
{
	struct journal *journal = (struct journal *)job;
	struct menu menu = {.title = "Journal (Enter: undo)", .accept = undo_accept};

	if (journal->error < 0 && journal->error != -ENOENT)
		return REACTION_BEEP |
		       app_show_message(app, ROLE_BAD, "%s",
					journal->diag.text[0] != '\0' ? journal->diag.text
								      : strerror(-journal->error));
	if (journal->count == 0)
		return app_show_message(app, ROLE_TEXT, "the journal is empty");
	menu.items = steal_pointer(&journal->items);
	menu.count = journal->count;
	return open_menu(app, &menu);
}

unsigned open_journal(struct app *app)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	journal->job = (struct job){.run = run_journal,
				    .done = journal_done,
				    .free = free_journal,
				    .name = "Reading the journal"};
	return app_post_job(app, NULL, &journal->job);
}

static unsigned remote_journal_done(struct app *app, struct job *job)
{
	const struct change_job *change = change_job_from(job);
	struct window *window;
	char text[512];

	if (change->error < 0)
		return change_job_report(app, change_job_from(job));
	window = window_new("Journal of a remote host");
	cgw_escape(text, sizeof(text), change->targets.host, strlen(change->targets.host));
	window_add(window, ROLE_STRONG, text);
	for (const char *at = change->answer.text; *at != '\0';) {
		size_t length = strcspn(at, "\n");

		cgw_escape(text, sizeof(text), at, length);
		window_add(window, ROLE_TEXT, text);
		at += length + (at[length] == '\n');
	}
	return window_open(app, window);
}

unsigned open_remote_journal(struct app *app)
{
	static const char *const words[] = {"log", "--count", "100"};
	struct change_job *change;
	struct targets targets;

	if (targets_collect(app, false, &targets) < 0)
		return REACTION_BEEP;
	change = change_job_new("Reading the journal", &targets);
	for (size_t i = 0; change != NULL && i < ARRAY_SIZE(words); i++)
		if (string_list_add(&change->arguments, words[i]) < 0)
			change->error = -ENOMEM;
	if (change == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	change->job.acts = false;
	change->job.done = remote_journal_done;
	return app_post_job(app, NULL, &change->job);
}
