/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-command.c - `cgward undo [CHANGE...]`. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change-report.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"

struct undo {
	struct change_command command;
	enum cgw_undo_scope scope;
};

static const struct cli_option options[] = {
	{0, "transaction", NULL, "undo all changes of the action that each CHANGE belongs to",
	 CLI_ENUM(struct undo, scope, CGW_UNDO_TRANSACTION)},
	CHANGE_OPTIONS,
	CHANGE_SET_OPTIONS,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Undo the last action", "cgward undo"},
	{"Show what that would be", "cgward undo --dry-run"},
	{"Undo change 12", "cgward undo 12"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward undo [OPTION...] [CHANGE...]",
	.text = "Undo the last action with all of its changes, or the changes with the given IDs, "
		"as\n"
		"printed by 'cgward log'. Later actions that cannot be undone are skipped and\n"
		"reported. What others have changed again since is undone only with --force.",
	.options = options,
	.examples = examples,
};

static void print_skipped(void *context, const struct cgw_change *change, const char *reason)
{
	const struct change_command *command = context;

	cli_error(command->context, "skipped change %llu (%s of %s): %s",
		  (unsigned long long)change->id,
		  change->key[0] != '\0' ? change->key : cgw_step_kind_name(change->kind),
		  ESCAPED(1024, change->path), reason);
}

/* With ID 0 the last action that can be undone. */
static enum cli_exit undo_one(struct change_command *command, uint64_t id,
			      enum cgw_undo_scope scope)
{
	struct cgw_diag diag = {0};
	int r;

	command->plan = cgw_plan_free(command->plan);
	r = cgw_plan_new(command->layout, &command->options, &command->plan);
	if (r == 0)
		r = cgw_plan_add_undo(command->plan, id, scope, print_skipped, command, &diag);
	return r < 0 ? cli_fail(command->context, r, &diag) : change_apply(command);
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
			"invalid change ID '%.64s' (expected a number from `cgward log`)", text);
	return CLI_OK;
}

int undo_command(struct cli_context *context, int argc, char **argv)
{
	struct undo undo = {.scope = CGW_UNDO_CHANGE};
	CLEANUP(change_cleanup_pointer) struct change_command *command = &undo.command;
	enum cli_exit status;

	change_init(command, context);
	if (!change_parse_options(command, &help, &argc, &argv, &status))
		return (int)status;
	for (int i = 0; i < argc && status == CLI_OK; i++) {
		uint64_t id;

		status = parse_id(command, argv[i], &id);
	}
	if (status == CLI_OK)
		status = change_open(command);
	if (status == CLI_OK && argc == 0)
		status = undo_one(command, 0, CGW_UNDO_TRANSACTION);
	for (int i = 0; i < argc && (status == CLI_OK || status == CLI_WOULD_CHANGE); i++) {
		uint64_t id = 0;

		(void)parse_id(command, argv[i], &id);
		status = undo_one(command, id, undo.scope);
	}
	return (int)status;
}
