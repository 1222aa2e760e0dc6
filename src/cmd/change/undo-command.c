/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-command.c - `cgward undo [ID...]`: a change taken back. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change-entry.h"
#include "cmd/change/change-report.h"
#include "lib/base/cleanup.h"

static const struct cli_option options[] = {
	VERB_OPTIONS,
	VERB_SET_OPTIONS,
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward undo [OPTION...] [ID...]",
	.text = "Gives back what a change took: the last one, or those with the numbers that\n"
		"`cgward log` shows. Where another has changed the value since, nothing is done\n"
		"without --force.",
	.options = options,
};

/* A change of the journal, copied out of it. */
struct found {
	uint64_t id; /* the one that is looked for */
	char *path;  /* NULL: it is not there */
	char *value; /* what taking it back sets */
	char key[64];
	enum cgw_step_kind kind;
};

static void cleanup_found(struct found *found)
{
	free(found->path);
	free(found->value);
}

static int find_change(void *context, const struct cgw_change *change)
{
	struct found *found = context;

	if (found->path != NULL || change->id != found->id)
		return 0;
	found->kind = change->kind;
	(void)snprintf(found->key, sizeof(found->key), "%s", change->key);
	found->value = strdup(change->undoes != 0 ? change->new_value : change->old_value);
	found->path = strdup(change->path);
	return found->path == NULL || found->value == NULL ? -ENOMEM : 0;
}

/* What undoes a freeze is a thaw, and so on. */
static enum cgw_step_kind inverse_of(enum cgw_step_kind kind)
{
	switch (kind) {
	case CGW_STEP_FREEZE:
		return CGW_STEP_THAW;
	case CGW_STEP_THAW:
		return CGW_STEP_FREEZE;
	case CGW_STEP_CREATE:
		return CGW_STEP_DELETE;
	case CGW_STEP_DELETE:
		return CGW_STEP_CREATE;
	default:
		return kind;
	}
}

static int take_reversible(void *context, const struct cgw_change *change)
{
	uint64_t *id = context;

	if (!cgw_change_reversible(change))
		return 0;
	*id = change->id;
	return 1; /* enough */
}

/* The last change that has a way back: which one it is must be known to be said. */
static int find_last(const struct verb *verb, uint64_t *ret_id, struct cgw_diag *diag)
{
	int r = cgw_journal_read(verb->options.journal, take_reversible, ret_id, diag);

	if (r == 0)
		return cgw_diag_set(diag, -ENOENT,
				    "the journal holds no change that can be taken back");
	return r < 0 ? r : 0;
}

static enum cli_exit say_failure(const struct verb *verb, int error, struct cgw_diag *diag)
{
	if (diag->text[0] == '\0')
		(void)cgw_diag_set(diag, error, "%s", strerror(-error));
	cli_diag(verb->context, diag);
	return error == -ENOENT ? CLI_FAILED : cli_exit_from_error(error);
}

/* How the journal names what was just done, or would be, from the change that is taken back. */
static int describe(const struct verb *verb, uint64_t id, const struct cgw_result *result,
		    struct found *found)
{
	struct cgw_diag diag = {0};
	int r;

	if (result->change_id != 0) {
		found->id = result->change_id;
		r = cgw_journal_read(verb->options.journal, find_change, found, &diag);
		if (r < 0 || found->path != NULL)
			return r;
	}
	found->id = id;
	r = cgw_journal_read(verb->options.journal, find_change, found, &diag);
	found->kind = inverse_of(found->kind);
	return r;
}

static enum cli_exit undo_one(struct verb *verb, uint64_t id)
{
	CLEANUP(cleanup_found) struct found found = {0};
	struct cgw_result result = {0};
	struct cgw_step step = {0};
	struct cgw_diag diag = {0};
	int control, r = 0;

	if (id == 0)
		r = find_last(verb, &id, &diag);
	if (r < 0)
		return say_failure(verb, r, &diag);
	r = cgw_journal_undo(verb->layout, &verb->options, id, &result);
	if (describe(verb, id, &result, &found) < 0 || found.path == NULL)
		return say_failure(verb, r < 0 ? r : -ENOENT, &result.diag);
	step.kind = found.kind;
	step.path = found.path;
	step.value = found.value;
	/* "1234 in /a" */
	step.pid = (pid_t)strtol(found.value, NULL, 10);
	control = cgw_control_find(found.key, NULL);
	step.control = control < 0 ? (enum cgw_control)0 : (enum cgw_control)control;
	return report_steps(verb, &step, &result, 1);
}

static enum cli_exit parse_id(const struct verb *verb, const char *text, uint64_t *ret_id)
{
	char *end;

	errno = 0;
	*ret_id = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || *ret_id == 0)
		return cli_usage_error(verb->context,
				       "a change's number is wanted, as `cgward log` shows it, not "
				       "\"%.64s\"",
				       text);
	return CLI_OK;
}

int verb_undo(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(verb_cleanup) struct verb verb;
	enum cli_exit status;
	bool ended;

	verb_init(&verb, context);
	status = verb_options(&verb, &help, argc, argv, NULL, NULL, &ended);
	if (ended || status != CLI_OK)
		return (int)status;
	for (int i = optind; i < argc && status == CLI_OK; i++) {
		uint64_t id;

		status = parse_id(&verb, argv[i], &id);
	}
	if (status == CLI_OK)
		status = verb_open(&verb);
	if (status == CLI_OK && optind == argc)
		status = undo_one(&verb, 0);
	for (int i = optind; i < argc && (status == CLI_OK || status == CLI_WOULD_CHANGE); i++) {
		uint64_t id = 0;

		(void)parse_id(&verb, argv[i], &id);
		status = undo_one(&verb, id);
	}
	return (int)status;
}
