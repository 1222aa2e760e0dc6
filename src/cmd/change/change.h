/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change.h - options, groups and plan, shared by all commands that change groups.
 *
 * A command parses its options with one table, adds steps to a plan, and calls change_apply(),
 * which prints one line per step (or one JSON document) and returns the exit status.
 */
#pragma once

#include <cgward/limit.h>

#include "shared/cli/options.h"

#define CHANGE_IDS_MAX 1024

struct cgw_protection;

/* "42", of the first hierarchy with the group, or "pids:42". */
struct change_id {
	const char *hierarchy; /* in the argument; NULL: the first one */
	size_t length;
	uint64_t id;
};

struct change_command {
	struct cli_context *context;
	struct cgw_layout *layout;
	struct cgw_limit_options options;
	struct cgw_plan *plan;
	struct cgw_protection *protection;
	const char *policy; /* NULL: /etc/cgward */
	uint64_t timeout_ns;
	struct change_id ids[CHANGE_IDS_MAX]; /* of --if-id */
	size_t id_count;
	bool json;
	bool quiet; /* print only failures */
	char who[64];
};

enum cli_exit change_parse_ids(void *command, struct cli_context *context,
			       const struct cli_option *option, const char *argument);

/* Rows of every command's table; its struct is a struct change_command or begins with one. */
/* clang-format off */
#define CHANGE_OPTIONS                                                                             \
	{ 0, "dry-run", NULL, "only print which files would be written or which calls made",       \
	  CLI_TRUE(struct change_command, options.dry_run), .heading = "Output" },                 \
	{ 'J', "json", NULL, "print one JSON document", CLI_TRUE(struct change_command, json) },   \
	{ 0, "force", NULL,                                                                        \
	  "allow limits below current use; overwrite newer changes made by others",                \
	  CLI_TRUE(struct change_command, options.force), .heading = "Protection" },               \
	{ 0, "yes-really", NULL, "act on protected groups too (never on those the machine needs)", \
	  CLI_TRUE(struct change_command, options.yes_really) },                                   \
	{ 0, "policy", "FILE",                                                                     \
	  "use the [protect] sections of FILE instead of those in /etc/cgward",                    \
	  CLI_TEXT(struct change_command, policy) },                                               \
	{ 0, "direct", NULL, "write kernel files even if systemd manages the group",               \
	  CLI_ENUM(struct change_command, options.backend, CGW_BACKEND_DIRECT) },                  \
	{ 0, "why", "TEXT", "reason to record in the journal",                                     \
	  CLI_TEXT(struct change_command, options.why), .heading = "Journal" },                    \
	{ 0, "journal", "DIR", "directory of the journal of changes",                              \
	  CLI_TEXT(struct change_command, options.journal) }
/* Additional rows of commands that set values. */
#define CHANGE_SET_OPTIONS                                                                         \
	{ 0, "reclaim", NULL, "reclaim memory first if the limit is below current use",            \
	  CLI_TRUE(struct change_command, options.reclaim), .heading = "Value" },                  \
	{ 0, "enable", NULL, "cgroup v2: enable the controller from the root down to the group",   \
	  CLI_TRUE(struct change_command, options.enable) },                                       \
	{ 0, "persist", NULL, "keep the value across reboots (only groups managed by systemd)",    \
	  CLI_TRUE(struct change_command, options.persist) }
/* Additional row of commands that act on existing groups. */
#define CHANGE_IF_ID_OPTION                                                                        \
	{ 0, "if-id", "ID[,ID...]",                                                                \
	  "act only on groups with these IDs, as printed by 'cgward dump -o ids'",                 \
	  CLI_CALL(change_parse_ids), .heading = "Group" }
/* Additional row of commands that wait. */
#define CHANGE_TIMEOUT_OPTION                                                                      \
	{ 0, "timeout", "TIME", "give up after TIME (default: 10s)",                               \
	  CLI_TIME(struct change_command, timeout_ns) }
/* clang-format on */

void change_init(struct change_command *command, struct cli_context *context);
void change_done(struct change_command *command);

/* cli_parse_options() into `command` or the struct that begins with it. */
bool change_parse_options(struct change_command *command, const struct cli_command_help *help,
			  int *argc, char ***argv, enum cli_exit *ret_exit);

/* Opens the layout and an empty plan, or prints the reason of the failure. */
enum cli_exit change_open(struct change_command *command);

/* Adds a step to the plan, for a group with one of the IDs of --if-id if given. Prints errors. */
enum cli_exit change_add_step(struct change_command *command, const struct cgw_step *step);

/* Opens the layout, and prints each control with its file on this machine: list-controls.c. */
enum cli_exit controls_list(struct change_command *command);

static inline void change_cleanup(struct change_command *command)
{
	change_done(command);
}

/* The same for a command that is the beginning of a larger struct. */
static inline void change_cleanup_pointer(struct change_command **command)
{
	change_done(*command);
}

/* The commands; each returns enum cli_exit. */
int set_command(struct cli_context *context, int argc, char **argv);
int freeze_command(struct cli_context *context, int argc, char **argv);
int thaw_command(struct cli_context *context, int argc, char **argv);
int kill_command(struct cli_context *context, int argc, char **argv);
int create_command(struct cli_context *context, int argc, char **argv);
int move_command(struct cli_context *context, int argc, char **argv);
int delete_command(struct cli_context *context, int argc, char **argv);
int run_command(struct cli_context *context, int argc, char **argv);
int probe_command(struct cli_context *context, int argc, char **argv);
int undo_command(struct cli_context *context, int argc, char **argv);
int log_command(struct cli_context *context, int argc, char **argv);
