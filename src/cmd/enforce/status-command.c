/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-command.c - `cgward status`: show the state of the running enforcement. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/enforce/enforce-commands.h"
#include "shared/cli/listing.h"
#include "shared/cli/options.h"
#include "shared/report/policy-report.h"

struct status_options {
	const char *directory;
	bool json;
};

static const struct cli_option options[] = {
	{'J', "json", NULL, "print the status as JSON", CLI_TRUE(struct status_options, json)},
	{0, "state", "DIR", "state directory of the enforcement",
	 CLI_TEXT(struct status_options, directory)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Show what the enforcement does now", "cgward status"},
	{"Print it as JSON", "cgward status --json"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward status [OPTION...]",
	.text = "Shows the values that the running 'cgward enforce' holds, and the phase of each "
		"rule\n"
		"and group (pending, active, cooldown, blocked) with the time left.",
	.options = options,
	.examples = examples,
};

static void print_status(const struct daemon_status *status)
{
	printf("enforcing (%s), PID %d, %llu sections\n", status->mode, (int)status->pid,
	       (unsigned long long)status->sections);
	for (size_t i = 0; i < status->instance_count; i++)
		policy_report_print_instance(&status->instances[i], daemon_status_age(status));
	for (size_t i = 0; i < status->held_count; i++) {
		const struct daemon_held *held = &status->held[i];

		printf("%-10s %s %s %s (was %s) by %s\n", "held", held->group, held->key,
		       held->value, held->original, held->section);
	}
}

/* Prints the members of `members`, or of a status without them if it is NULL; releases it. */
static int print_json(json_t *members)
{
	json_t *document = json_pack("{s:i, s:s, s:b}", "schema", CLI_JSON_SCHEMA, "cgward",
				     cgw_version(), "running", members != NULL);

	if (document != NULL && members != NULL)
		(void)json_object_update(document, members);
	json_decref(members);
	return json_print(document, stdout, JSON_INDENT(2));
}

static int print(const char *directory, bool as_json)
{
	struct daemon_status *status;
	int r = daemon_status_read(directory, &status);

	if (r == -ESRCH && as_json)
		(void)print_json(NULL);
	if (r < 0)
		return r;
	if (as_json)
		r = print_json(json_incref(status->json));
	else
		print_status(status);
	daemon_status_free(status);
	return r;
}

int status_run(struct cli_context *context, int argc, char **argv)
{
	struct status_options chosen = {.directory = DAEMON_STATE};
	enum cli_exit status;
	int r;

	if (!cli_parse_options(context, &help, &argc, &argv, &chosen, &status))
		return (int)status;
	if (argc > 0)
		return (int)cli_usage_error(context, "unexpected argument '%.64s'", argv[0]);
	r = print(chosen.directory, chosen.json);
	if (r == 0)
		return CLI_OK;
	if (r == -ESRCH) {
		cli_error(context, "no 'cgward enforce' is running (state directory %s)",
			  chosen.directory);
		return CLI_NOT_RUNNING;
	}
	cli_error(context, "cannot read the status in %s: %s", chosen.directory, strerror(-r));
	return (int)cli_exit_from_error(r);
}
