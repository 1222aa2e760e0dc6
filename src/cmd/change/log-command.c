/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log-command.c - `cgward log`: the journal of changes, newest first. */
#include <cgward/model.h>
#include <cgward/render.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change-entry.h"
#include "cmd/change/change-report.h"
#include "cmd/change/log-systemd-journal.h"
#include "lib/base/cleanup.h"
#include "shared/cli/options.h"
#include "shared/cli/text-table.h"

struct log {
	struct cli_context *context;
	const char *journal;
	uint64_t count; /* 0: all */
	bool json;
	char **globs;
	int glob_count;

	struct libscols_table *table;
	json_t *list;
	uint64_t shown;
};

static const struct cli_option options[] = {
	{'n', "count", "N", "show only the last N changes", CLI_COUNT(struct log, count)},
	{'J', "json", NULL, "print one JSON document", CLI_TRUE(struct log, json)},
	{0, "journal", "DIR",
	 "read the journal in DIR, or with systemd[:PATH] the systemd journals",
	 CLI_TEXT(struct log, journal)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward log [OPTION...] [GROUP...]",
	.text = "Show the changes that cgward has made since boot, newest first. ACTION is the ID "
		"of\n"
		"the first change of the same action; they are undone together. GROUP is a path or "
		"a\n"
		"glob over paths, also of groups that no longer exist.",
	.options = options,
};

static bool is_selected(const struct log *log, const char *path)
{
	for (int i = 0; i < log->glob_count; i++)
		if (strcmp(log->globs[i], path) == 0 || cgw_glob_match(log->globs[i], path))
			return true;
	return log->glob_count == 0;
}

static const char *format_state(const struct cgw_change *change, char *buffer, size_t size)
{
	if (change->undoes != 0)
		(void)snprintf(buffer, size, "undoes %" PRIu64, change->undoes);
	else
		(void)snprintf(buffer, size, "%s", change->undone ? "undone" : "");
	return buffer;
}

static const char *escaped(const char *text, char *buffer, size_t size)
{
	cgw_escape(buffer, size, text, strlen(text));
	return buffer;
}

static int add_line(struct log *log, const struct cgw_change *change)
{
	char id[24], action[24], time[40], path[4 * 4096], old[600], new[600], who[200], why[400],
		state[40];
	struct libscols_line *line = scols_table_new_line(log->table, NULL);
	const char *cells[10];
	int r = line == NULL ? -ENOMEM : 0;

	(void)snprintf(id, sizeof(id), "%" PRIu64, change->id);
	(void)cgw_format_time(change->realtime_ns, time, sizeof(time));
	cells[0] = id;
	(void)snprintf(action, sizeof(action), "%" PRIu64, change->transaction);
	cells[1] = action;
	cells[2] = time;
	cells[3] = escaped(change->path, path, sizeof(path));
	cells[4] = change->kind == CGW_STEP_SET ? change->key : cgw_step_kind_name(change->kind);
	cells[5] = escaped(change->old_value, old, sizeof(old));
	cells[6] = escaped(change->new_value, new, sizeof(new));
	cells[7] = escaped(change->who, who, sizeof(who));
	cells[8] = format_state(change, state, sizeof(state));
	cells[9] = escaped(change->why, why, sizeof(why));
	for (size_t i = 0; i < ARRAY_SIZE(cells) && r == 0; i++)
		r = scols_line_set_data(line, i, cells[i]);
	return r;
}

static int add_object(struct log *log, const struct cgw_change *change)
{
	char time[40], path[4 * 4096], old[1024], new[1024], who[256], why[800];
	json_t *object;

	(void)cgw_format_time(change->realtime_ns, time, sizeof(time));
	object = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:I}",
			   "id", (json_int_t)change->id, "time", time, "group",
			   escaped(change->path, path, sizeof(path)), "action",
			   cgw_step_kind_name(change->kind), "key", change->key, "old",
			   escaped(change->old_value, old, sizeof(old)), "new",
			   escaped(change->new_value, new, sizeof(new)), "who",
			   escaped(change->who, who, sizeof(who)), "why",
			   escaped(change->why, why, sizeof(why)), "pid", (json_int_t)change->pid,
			   "uid", (json_int_t)change->uid, "undoes", (json_int_t)change->undoes,
			   "undone", (int)change->undone, "transaction",
			   (json_int_t)change->transaction);
	return object == NULL ? -ENOMEM : json_array_append_new(log->list, object);
}

static int on_change(void *context, const struct cgw_change *change)
{
	struct log *log = context;

	if (!is_selected(log, change->path) || (log->count > 0 && log->shown >= log->count))
		return 0;
	log->shown++;
	return log->json ? add_object(log, change) : add_line(log, change);
}

static int print_log(struct log *log, struct cgw_diag *diag)
{
	static const char *const titles[] = {"ID",  "ACTION", "TIME", "GROUP", "WHAT",
					     "OLD", "NEW",    "WHO",  "STATE", "WHY"};
	int r;

	if (log->json) {
		log->list = json_array();
		r = log->list == NULL ? -ENOMEM
				      : cgw_journal_read(log->journal, on_change, log, diag);
		if (r == 0)
			(void)json_dumpf(log->list, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
		if (r == 0)
			putchar('\n');
		json_decref(log->list);
		return r;
	}
	log->table = table_new(stdout);
	r = log->table == NULL ? -ENOMEM : 0;
	for (size_t i = 0; i < ARRAY_SIZE(titles) && r == 0; i++)
		if (table_add_column(log->table, titles[i], i < 2 ? SCOLS_FL_RIGHT : 0) < 0)
			r = -ENOMEM;
	if (r == 0)
		r = cgw_journal_read(log->journal, on_change, log, diag);
	if (r == 0 && log->shown > 0)
		r = scols_print_table(log->table);
	scols_unref_table(log->table);
	return r;
}

int log_command(struct cli_context *context, int argc, char **argv)
{
	struct log_journal journals = {.context = context};
	struct log log = {.context = context};
	enum cli_exit status;
	struct cgw_diag diag = {0};
	int r;

	if (!cli_parse_options(context, &help, &argc, &argv, &log, &status))
		return (int)status;
	log.globs = argv;
	log.glob_count = argc;
	for (int i = 0; i < log.glob_count; i++)
		if (cgw_glob_check(log.globs[i], &diag) < 0)
			return (int)cli_usage_error(context, "%s", diag.text);
	if (log.journal != NULL && log_journal_is(log.journal, &journals.where)) {
		journals.count = log.count;
		journals.json = log.json;
		journals.globs = log.globs;
		journals.glob_count = log.glob_count;
		return (int)log_journal_print(&journals);
	}
	r = print_log(&log, &diag);
	if (r == 0)
		return CLI_OK;
	if (diag.text[0] == '\0')
		(void)cgw_diag_set(&diag, r, "%s", strerror(-r));
	cli_diag(context, &diag);
	/* -ENOENT refers to the journal here, not to a group. */
	return r == -ENOENT ? CLI_FAILED : (int)cli_exit_from_error(r);
}
