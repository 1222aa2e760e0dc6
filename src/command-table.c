/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* command-table.c - all commands of this build, by topic. */
#include <string.h>

#include "command-table.h"
#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"

static const struct cli_command program_commands[] = {
	{"help", "show help on cgward or on one command", help_command},
	{"version", "show the version and the features of this build", version_command},
	{NULL, NULL, NULL},
};

const struct command_topic command_topics[] = {
#ifdef HAVE_TUI
	{"Dashboard", tui_commands},
#endif
#ifdef HAVE_CMD_DUMP
	{"Print metrics", dump_commands},
#endif
#ifdef HAVE_CMD_INSPECT
	{"Examine a group", inspect_commands},
#endif
#ifdef HAVE_CMD_RECORD
	{"Recordings", record_commands},
#endif
#ifdef HAVE_CMD_ADVISE
	{"Limits from recordings", advise_commands},
#endif
#ifdef HAVE_CMD_CHANGE
	{"Change groups", change_commands},
#endif
#ifdef HAVE_CMD_SERVE
	{"Prometheus", serve_commands},
#endif
#ifdef HAVE_CMD_ENFORCE
	{"Policy", enforce_commands},
#endif
#ifdef HAVE_CMD_DOCTOR
	{"This machine", doctor_commands},
#endif
	{"This program", program_commands},
};

const size_t command_topic_count = ARRAY_SIZE(command_topics);

const struct cli_command *command_nth(size_t n)
{
	for (size_t i = 0; i < command_topic_count; i++)
		for (const struct cli_command *command = command_topics[i].commands;
		     command->name != NULL; command++)
			if (n-- == 0)
				return command;
	return NULL;
}

const struct cli_command *command_find(const char *name)
{
	const struct cli_command *command;

	for (size_t i = 0; (command = command_nth(i)) != NULL; i++)
		if (strcmp(command->name, name) == 0)
			break;
	return command;
}

enum cli_exit command_unknown(const struct cli_context *context, const char *name)
{
	struct suggestion nearest = {.input = name};
	char shown[128];

	for (size_t i = 0; command_nth(i) != NULL; i++)
		suggestion_offer(&nearest, command_nth(i)->name);
	cgw_escape(shown, sizeof(shown), name, strlen(name));
	if (suggestion_word(&nearest) != NULL)
		return cli_usage_error(context, "unknown command '%s'; did you mean '%s'?", shown,
				       suggestion_word(&nearest));
	return cli_usage_error(context, "unknown command '%s'", shown);
}
