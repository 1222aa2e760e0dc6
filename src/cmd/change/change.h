/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change.h - options, groups and plan, shared by all commands that change groups.
 *
 * A command parses its options with one table, adds steps to a plan, and calls change_apply(),
 * which prints one line per step (or one JSON document) and returns the exit status.
 */
#ifndef CGWARD_CMD_CHANGE_CHANGE_H
#define CGWARD_CMD_CHANGE_CHANGE_H

#include <cgward/limit.h>

#include "shared/cli/options.h"

#define CHANGE_IDS_MAX 256

struct cgw_protection;

struct change_command {
	struct cli_context *context;
	struct cgw_layout *layout;
	struct cgw_limit_options options;
	struct cgw_plan *plan;
	struct cgw_protection *protection;
	const char *policy; /* NULL: /etc/cgward */
	uint64_t timeout_ns;
	uint64_t ids[CHANGE_IDS_MAX]; /* of --if-id */
	size_t id_count;
	bool json;
	bool quiet; /* print only failures */
	char who[64];
};

enum {
	CHANGE_OPTION_FORCE = CLI_OPTION_LONG + 100,
	CHANGE_OPTION_YES_REALLY,
	CHANGE_OPTION_DIRECT,
	CHANGE_OPTION_WHY,
	CHANGE_OPTION_JOURNAL,
	CHANGE_OPTION_POLICY,
	CHANGE_OPTION_RECLAIM,
	CHANGE_OPTION_PERSIST,
	CHANGE_OPTION_ENABLE,
	CHANGE_OPTION_TIMEOUT,
	CHANGE_OPTION_IF_ID,
};

/* clang-format off */
/* Rows of every command's table. */
#define CHANGE_OPTIONS                                                                             \
	{ 'n', "dry-run", NULL, false,                                                             \
	  "only print which files would be written or which calls made" },                         \
	{ 'J', "json", NULL, false, "print one JSON document" },                                   \
	{ CHANGE_OPTION_FORCE, "force", NULL, false,                                               \
	  "allow limits below current use; overwrite newer changes made by others" },              \
	{ CHANGE_OPTION_YES_REALLY, "yes-really", NULL, false,                                     \
	  "act on protected groups too (never on those the machine needs)" },                      \
	{ CHANGE_OPTION_DIRECT, "direct", NULL, false,                                             \
	  "write kernel files even if systemd manages the group" },                                \
	{ CHANGE_OPTION_WHY, "why", "TEXT", false, "reason to record in the journal" },            \
	{ CHANGE_OPTION_JOURNAL, "journal", "DIR", false, "directory of the journal of changes" },\
	{ CHANGE_OPTION_POLICY, "policy", "FILE", false,                                           \
	  "use the [protect] sections of FILE instead of those in /etc/cgward" }
/* Additional rows of commands that set values. */
#define CHANGE_SET_OPTIONS                                                                         \
	{ CHANGE_OPTION_RECLAIM, "reclaim", NULL, false,                                           \
	  "reclaim memory first if the limit is below current use" },                              \
	{ CHANGE_OPTION_ENABLE, "enable", NULL, false,                                             \
	  "cgroup v2: enable the controller from the root down to the group" },                    \
	{ CHANGE_OPTION_PERSIST, "persist", NULL, false,                                           \
	  "keep the value across reboots (only groups managed by systemd)" }
/* Additional row of commands that act on existing groups. */
#define CHANGE_IF_ID_OPTION                                                                        \
	{ CHANGE_OPTION_IF_ID, "if-id", "ID[,ID...]", false,                                       \
	  "act only on groups with these IDs, as printed by 'cgward dump -o id'" }
/* Additional row of commands that wait. */
#define CHANGE_TIMEOUT_OPTION                                                                      \
	{ CHANGE_OPTION_TIMEOUT, "timeout", "TIME", false, "give up after TIME (default: 10s)" }
/* clang-format on */

void change_init(struct change_command *command, struct cli_context *context);
void change_done(struct change_command *command);

/*
 * Parses all options; `optind` is then the index of the first argument. `parse` (may be NULL) is
 * called first for each option, and returns CLI_WOULD_CHANGE for an option that it does not know.
 * The command must exit if the result is not CLI_OK, or `ret_ended` is set.
 */
enum cli_exit change_parse_options(struct change_command *command,
				   const struct cli_command_help *help, int argc, char **argv,
				   enum cli_exit (*parse)(void *context, int code,
							  const char *value),
				   void *context, bool *ret_ended);

/* Opens the layout and an empty plan, or prints the reason of the failure. */
enum cli_exit change_open(struct change_command *command);

/* Adds a step to the plan, for a group with one of the IDs of --if-id if given. Prints errors. */
enum cli_exit change_add_step(struct change_command *command, const struct cgw_step *step);

/* Applies the plan with signals blocked, and reports the results. */
enum cli_exit change_apply(struct change_command *command);

static inline void change_cleanup(struct change_command *command)
{
	change_done(command);
}

#endif
