/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-command.c - `cgward undo [ID...]`. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change-entry.h"
#include "cmd/change/change-report.h"
#include "lib/base/cleanup.h"

static const struct cli_option options[] = {
	CHANGE_OPTIONS,
	CHANGE_SET_OPTIONS,
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward undo [OPTION...] [ID...]",
	.text = "Undo the last change, or the changes with the given IDs (see 'cgward log'). If "
		"the value\n"
		"was changed again since then, undo it only with --force.",
	.options = options,
};

/* A change copied from the journal. */
struct found_change {
	uint64_t id; /* ID to find */
	char *path;  /* NULL: not found */
	char *value; /* value that undo restores */
	char key[64];
	enum cgw_step_kind kind;
};

static void cleanup_found(struct found_change *found)
{
	free(found->path);
	free(found->value);
}

static int find_change(void *context, const struct cgw_change *change)
{
	struct found_change *found = context;

	if (found->path != NULL || change->id != found->id)
		return 0;
	found->kind = change->kind;
	(void)snprintf(found->key, sizeof(found->key), "%s", change->key);
	found->value = strdup(change->undoes != 0 ? change->new_value : change->old_value);
	found->path = strdup(change->path);
	return found->path == NULL || found->value == NULL ? -ENOMEM : 0;
}

/* The kind of step that undoes a step. */
static enum cgw_step_kind inverse_kind(enum cgw_step_kind kind)
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

static int on_reversible_change(void *context, const struct cgw_change *change)
{
	uint64_t *id = context;

	if (!cgw_change_reversible(change))
		return 0;
	*id = change->id;
	return 1; /* stop */
}

/* Finds the last change that can be undone; its ID is needed to report it. */
static int find_last(const struct change_command *command, uint64_t *ret_id, struct cgw_diag *diag)
{
	int r = cgw_journal_read(command->options.journal, on_reversible_change, ret_id, diag);

	if (r == 0)
		return cgw_diag_set(diag, -ENOENT,
				    "the journal contains no change that can be undone");
	return r < 0 ? r : 0;
}

static enum cli_exit print_failure(const struct change_command *command, int error,
				   struct cgw_diag *diag)
{
	if (diag->text[0] == '\0')
		(void)cgw_diag_set(diag, error, "%s", strerror(-error));
	cli_diag(command->context, diag);
	return error == -ENOENT ? CLI_FAILED : cli_exit_from_error(error);
}

/* Finds the change that undo has recorded, or derives it from the change to undo. */
static int find_result(const struct change_command *command, uint64_t id,
		       const struct cgw_result *result, struct found_change *found)
{
	struct cgw_diag diag = {0};
	int r;

	if (result->change_id != 0) {
		found->id = result->change_id;
		r = cgw_journal_read(command->options.journal, find_change, found, &diag);
		if (r < 0 || found->path != NULL)
			return r;
	}
	found->id = id;
	r = cgw_journal_read(command->options.journal, find_change, found, &diag);
	found->kind = inverse_kind(found->kind);
	return r;
}

static enum cli_exit undo_one(struct change_command *command, uint64_t id)
{
	CLEANUP(cleanup_found) struct found_change found = {0};
	struct cgw_result result = {0};
	struct cgw_step step = {0};
	struct cgw_diag diag = {0};
	int control, r = 0;

	if (id == 0)
		r = find_last(command, &id, &diag);
	if (r < 0)
		return print_failure(command, r, &diag);
	r = cgw_journal_undo(command->layout, &command->options, id, &result);
	if (find_result(command, id, &result, &found) < 0 || found.path == NULL)
		return print_failure(command, r < 0 ? r : -ENOENT, &result.diag);
	step.kind = found.kind;
	step.path = found.path;
	step.value = found.value;
	/* "1234 in /a" */
	step.pid = (pid_t)strtol(found.value, NULL, 10);
	control = cgw_control_find(found.key, NULL);
	step.control = control < 0 ? (enum cgw_control)0 : (enum cgw_control)control;
	return report_steps(command, &step, &result, 1);
}

static enum cli_exit parse_id(const struct change_command *command, const char *text,
			      uint64_t *ret_id)
{
	char *end;

	errno = 0;
	*ret_id = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || *ret_id == 0)
		return cli_usage_error(
			command->context,
			"invalid change ID '%.64s' (expected a number from 'cgward log')", text);
	return CLI_OK;
}

int undo_command(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(change_cleanup) struct change_command command;
	enum cli_exit status;
	bool ended;

	change_init(&command, context);
	status = change_parse_options(&command, &help, argc, argv, NULL, NULL, &ended);
	if (ended || status != CLI_OK)
		return (int)status;
	for (int i = optind; i < argc && status == CLI_OK; i++) {
		uint64_t id;

		status = parse_id(&command, argv[i], &id);
	}
	if (status == CLI_OK)
		status = change_open(&command);
	if (status == CLI_OK && optind == argc)
		status = undo_one(&command, 0);
	for (int i = optind; i < argc && (status == CLI_OK || status == CLI_WOULD_CHANGE); i++) {
		uint64_t id = 0;

		(void)parse_id(&command, argv[i], &id);
		status = undo_one(&command, id);
	}
	return (int)status;
}
