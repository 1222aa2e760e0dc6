/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * change.h - what all verbs share: their options, their groups, their plan and what is said of it.
 *
 * A verb parses its options by one table, fills a plan with steps, and hands it to verb_apply(), which
 * prints a line a step (or one JSON document) and knows the exit status.
 */
#ifndef CGWARD_CMD_CHANGE_CHANGE_H
#define CGWARD_CMD_CHANGE_CHANGE_H

#include <cgward/limit.h>

#include "shared/cli/options.h"

#define VERB_IDS_MAX 256

struct cgw_protection;

struct verb {
	struct cli_context *context;
	struct cgw_layout *layout;
	struct cgw_limit_options options;
	struct cgw_plan *plan;
	struct cgw_protection *protection;
	const char *policy; /* NULL: the machine's own */
	uint64_t timeout_ns;
	uint64_t ids[VERB_IDS_MAX]; /* of --if-id: groups that are meant, whatever their names */
	size_t id_count;
	bool json;
	bool quiet; /* only what went wrong is said */
	char who[64];
};

enum {
	VERB_OPTION_FORCE = CLI_OPTION_LONG + 100,
	VERB_OPTION_YES_REALLY,
	VERB_OPTION_DIRECT,
	VERB_OPTION_WHY,
	VERB_OPTION_JOURNAL,
	VERB_OPTION_POLICY,
	VERB_OPTION_RECLAIM,
	VERB_OPTION_PERSIST,
	VERB_OPTION_ENABLE,
	VERB_OPTION_TIMEOUT,
	VERB_OPTION_IF_ID,
};

/* clang-format off */
/* Rows of every verb's table. */
#define VERB_OPTIONS                                                                               \
	{ 'n', "dry-run", NULL, false,                                                             \
	  "only say what would be written where, or which call would be made" },                   \
	{ 'J', "json", NULL, false, "one JSON document" },                                         \
	{ VERB_OPTION_FORCE, "force", NULL, false,                                                 \
	  "below what is in use; over what another has changed since" },                           \
	{ VERB_OPTION_YES_REALLY, "yes-really", NULL, false,                                       \
	  "also on protected groups that the machine could survive" },                             \
	{ VERB_OPTION_DIRECT, "direct", NULL, false,                                               \
	  "write kernel files even where systemd manages the group" },                             \
	{ VERB_OPTION_WHY, "why", "TEXT", false, "the reason, for the journal" },                  \
	{ VERB_OPTION_JOURNAL, "journal", "DIR", false, "keep the journal of changes in DIR" },    \
	{ VERB_OPTION_POLICY, "policy", "FILE", false,                                             \
	  "honour the [protect] sections of FILE, not those of /etc/cgward" }
/* Of those that set something. */
#define VERB_SET_OPTIONS                                                                           \
	{ VERB_OPTION_RECLAIM, "reclaim", NULL, false,                                             \
	  "make room first where a limit falls below what is in use" },                            \
	{ VERB_OPTION_ENABLE, "enable", NULL, false,                                               \
	  "v2: switch the controller on, from the root down to the group" },                       \
	{ VERB_OPTION_PERSIST, "persist", NULL, false,                                             \
	  "keep it over a reboot, where systemd manages the group" }
/* Of those that are about groups that are there. */
#define VERB_IF_ID_OPTION                                                                          \
	{ VERB_OPTION_IF_ID, "if-id", "ID[,ID...]", false,                                         \
	  "only on groups with one of these ids (dump -o id): a name may be another's by now" }
/* Of those that wait. */
#define VERB_TIMEOUT_OPTION                                                                        \
	{ VERB_OPTION_TIMEOUT, "timeout", "TIME", false, "give up after TIME (10s), undoing it" }
/* clang-format on */

void verb_init(struct verb *verb, struct cli_context *context);
void verb_done(struct verb *verb);

/*
 * Reads options up to the operands, at `optind`. `take` (may be NULL) is asked first about each; it
 * answers CLI_WOULD_CHANGE for what is not its own. Anything but CLI_OK, or `ret_ended` set: end now.
 */
enum cli_exit verb_options(struct verb *verb, const struct cli_command_help *help, int argc,
			   char **argv,
			   enum cli_exit (*take)(void *context, int code, const char *value),
			   void *context, bool *ret_ended);

/* Opens the layout and an empty plan, or says why not. */
enum cli_exit verb_open(struct verb *verb);

/* One more step, of a group with one of the ids where some were given; a mistake in it is said. */
enum cli_exit verb_add(struct verb *verb, const struct cgw_step *step);

/* Does the plan with signals held back, and says what came of it. */
enum cli_exit verb_apply(struct verb *verb);

static inline void verb_cleanup(struct verb *verb)
{
	verb_done(verb);
}

#endif
