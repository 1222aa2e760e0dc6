/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-actions.c - the journal of changes, and undo of actions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/render.h>

#include "lib/base/cleanup.h"
#include "tui/action/change-job.h"
#include "tui/action/confirm.h"
#include "tui/action/undo-actions.h"

/* Lines of a confirmation. */
#define LINES_MAX 12

/* The journal of changes, read in a worker thread. */
struct journal {
	struct job job;
	struct menu_item *items;
	size_t count, size;
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

static int add_journal_entry(void *context, const struct cgw_change *change)
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
	cgw_escape(path, sizeof(path), change->path, strlen(change->path));
	cgw_escape(old, sizeof(old), change->old_value, strlen(change->old_value));
	cgw_escape(new, sizeof(new), change->new_value, strlen(change->new_value));
	cgw_format_time(change->realtime_ns, time, sizeof(time));
	time[19] = '\0'; /* "2026-11-24T21:03:44" */
	snprintf(item->text, sizeof(item->text), "%.14s  %.70s", time + 5, path);
	snprintf(item->help, sizeof(item->help), "%s%.24s %.24s → %.24s  %.20s",
		 change->undone        ? "(undone) "
		 : change->undoes != 0 ? "(undo) "
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

	journal->error = cgw_journal_read(NULL, add_journal_entry, journal, &journal->diag);
}

static unsigned undone(struct app *app, struct job *job)
{
	return change_job_report(app, change_job_from(job));
}

/* Asks before undoing what the dry run has found. */
static unsigned confirm_undo(struct app *app, struct job *job)
{
	const struct change_job *preview = change_job_from(job);
	const uint64_t id = change_job_undone(preview);
	struct change_job *action;
	struct confirm *confirm;
	struct cgw_diag diag;
	char text[512];
	int error = change_job_error(preview, &diag);
	/* Others have changed it since. */
	bool conflict = error == -EBUSY && change_job_outcome_count(preview) > 0;

	if (undo_job_new(&id, 1, &action) < 0)
		return app_show_message(app, ROLE_BAD, "out of memory");
	change_job_set_done(action, undone);
	if (conflict)
		change_job_set_force(action);
	confirm = confirm_new(conflict ? "Undo a change (Enter: undo anyway)" : "Undo a change",
			      change_job_as_job(action));
	for (size_t i = 0; i < change_job_outcome_count(preview) && i < LINES_MAX; i++) {
		change_outcome_preview(change_job_outcome(preview, i), text, sizeof(text));
		confirm_add(confirm, ROLE_TEXT, text);
	}
	if (change_job_outcome_count(preview) > LINES_MAX) {
		snprintf(text, sizeof(text), "and %zu more",
			 change_job_outcome_count(preview) - LINES_MAX);
		confirm_add(confirm, ROLE_DIM, text);
	}
	if (error < 0)
		confirm_add(confirm, ROLE_BAD, diag.text);
	if (error < 0 && !conflict)
		confirm_refuse(confirm);
	return open_confirm(app, confirm);
}

static unsigned post_undo(struct app *app, const uint64_t *changes, size_t count)
{
	struct change_job *preview;

	if (undo_job_new(changes, count, &preview) < 0)
		return app_show_message(app, ROLE_BAD, "out of memory");
	change_job_set_dry_run(preview);
	change_job_set_done(preview, confirm_undo);
	return app_post_job(app, NULL, change_job_as_job(preview));
}

unsigned undo_last_change(struct app *app)
{
	CLEANUP(cleanup_free)
	uint64_t *changes = calloc(app->change_count + 1, sizeof(*changes));
	char key[16];
	size_t count = 0;

	if (changes == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	for (size_t i = app->change_count; i-- > 0;)
		if (app->changes[i].host[0] == '\0')
			changes[count++] = app->changes[i].transaction;
	if (count > 0)
		return post_undo(app, changes, count);
	app_key_name(app, ACTION_JOURNAL, key, sizeof(key));
	return app_show_message(app, ROLE_TEXT,
				"nothing to undo in this session; %s: journal of all changes", key);
}

static unsigned undo_accept(struct app *app, int value)
{
	const uint64_t id = (uint64_t)value;

	if (value <= 0)
		return app_show_message(app, ROLE_WARM,
					"cannot undo: already undone, or not reversible");
	return post_undo(app, &id, 1);
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
	for (size_t i = 0; i < journal->count; i++)
		journal->items[i].value = (int)journal->ids[i];
	menu.items = journal->items;
	menu.count = journal->count;
	journal->items = NULL;
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
