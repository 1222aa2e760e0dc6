/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log-command.c - `cgward log`: the journal of changes, newest first. */
#include <cgward/model.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/change/change.h"
#include "cmd/change/log-systemd-journal.h"
#include "lib/render/value-text.h"
#include "shared/cli/listing.h"
#include "shared/cli/options.h"

struct log {
	struct cli_context *context;
	const char *journal;
	uint64_t count; /* 0: all */
	bool json;
	char **globs;
	int glob_count;

	struct listing listing;
	uint64_t shown;
};

static const struct cli_option options[] = {
	{'n', "count", "N", "show only the last N changes", CLI_COUNT(struct log, count)},
	{'J', "json", NULL, "print one JSON document", CLI_TRUE(struct log, json)},
	{0, "journal", "DIR",
	 "read the journal in DIR, or with systemd[:PATH] the systemd journals",
	 CLI_TEXT(struct log, journal)},
	CLI_WIDE_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Show the last five changes", "cgward log -n 5"},
	{"Show the changes of a service", "cgward log '/**/nginx.service'"},
	{"Print all changes as JSON", "cgward log --json"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward log [OPTION...] [GROUP...]",
	.text = "Show the changes that cgward has made since boot, newest first. ACTION is the ID "
		"of\n"
		"the first change of the same action; they are undone together. GROUP is a path or "
		"a\n"
		"glob over paths, also of groups that no longer exist.",
	.options = options,
	.examples = examples,
};

static bool is_selected(const struct log *log, const char *path)
{
	for (int i = 0; i < log->glob_count; i++)
		if (strcmp(log->globs[i], path) == 0 || cgw_glob_match(log->globs[i], path))
			return true;
	return log->glob_count == 0;
}

static const struct listing_column columns[] = {
	{"ID", "id", LISTING_NUMBER},    {"ACTION", "transaction", LISTING_MINOR_NUMBER},
	{"TIME", "time", LISTING_FIXED}, {"GROUP", "group", LISTING_NAME},
	{"WHAT", NULL, LISTING_FIXED},   {NULL, "action", LISTING_NAME},
	{NULL, "key", LISTING_NAME},     {"OLD", "old", LISTING_NAME},
	{"NEW", "new", LISTING_NAME},    {"WHO", "who", LISTING_MINOR},
	{"STATE", NULL, LISTING_FIXED},  {"WHY", "why", LISTING_MINOR_PROSE},
	{NULL, "pid", LISTING_NAME},     {NULL, "uid", LISTING_NAME},
	{NULL, "undoes", LISTING_NAME},  {NULL, "undone", LISTING_NAME},
	{NULL, "signal", LISTING_NAME},  {NULL, "process", LISTING_NAME},
	{NULL, NULL, LISTING_NAME},
};

static int on_change(void *context, const struct cgw_change *change)
{
	struct log *log = context;
	struct listing *listing = &log->listing;
	const char *kind = cgw_step_kind_name(change->kind);
	char state[40];

	if (!is_selected(log, change->path) || (log->count > 0 && log->shown >= log->count))
		return 0;
	log->shown++;
	snprintf(state, sizeof(state), "%s", change->undone ? "undone" : "");
	if (change->undoes != 0)
		snprintf(state, sizeof(state), "undoes %" PRIu64, change->undoes);
	listing_record(listing);
	listing_number(listing, change->id);
	listing_number(listing, change->transaction);
	listing_time(listing, TIME_TEXT(change->realtime_ns));
	listing_name(listing, change->path);
	listing_text(listing, change->kind == CGW_STEP_SET ? change->key : kind);
	listing_text(listing, kind);
	listing_text(listing, change->key);
	listing_name(listing, change->old_value);
	listing_name(listing, change->new_value);
	listing_name(listing, change->who);
	listing_text(listing, state);
	listing_name(listing, change->why);
	listing_number(listing, (uint64_t)change->pid);
	listing_number(listing, change->uid);
	listing_number(listing, change->undoes);
	listing_flag(listing, change->undone);
	listing_number(listing, (uint64_t)change->signal);
	listing_number(listing, (uint64_t)change->process);
	return listing->error;
}

static int print_log(struct log *log, struct cgw_diag *diag)
{
	int r, printed;

	listing_start(&log->listing, stdout, log->json, columns, table_width(log->context, stdout));
	log->listing.json_key = "changes";
	r = cgw_journal_read(log->journal, on_change, log, diag);
	if (r < 0 && log->listing.error == 0)
		log->listing.error = r;
	printed = listing_end(&log->listing);
	return r < 0 ? r : printed;
}

/* Is it "systemd" or "systemd:PATH"? Then sets `ret_where` to PATH or "". */
static bool is_systemd_journal(const char *text, const char **ret_where)
{
	if (strcmp(text, "systemd") == 0)
		*ret_where = "";
	else if (strncmp(text, "systemd:", 8) == 0)
		*ret_where = text + 8;
	else
		return false;
	return true;
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
	if (log.journal != NULL && is_systemd_journal(log.journal, &journals.where)) {
		journals.count = log.count;
		journals.json = log.json;
		journals.globs = log.globs;
		journals.glob_count = log.glob_count;
		return (int)log_journal_print(&journals);
	}
	r = print_log(&log, &diag);
	if (r == 0)
		return CLI_OK;
	status = cli_fail(context, r, &diag);
	/* -ENOENT refers to the journal here, not to a group. */
	return r == -ENOENT ? CLI_FAILED : (int)status;
}
