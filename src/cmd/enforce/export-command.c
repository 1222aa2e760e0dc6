/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-command.c - `cgward export`: print the current limits as [limit] sections. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/enforce/enforce-commands.h"
#include "cmd/enforce/policy-trial.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/policy/export-limits.h"
#include "shared/cli/listing.h"
#include "shared/cli/options.h"

static const struct cli_option options[] = {CLI_COMMON_OPTIONS};

static const struct cli_example examples[] = {
	{"Print the limits of all groups", "cgward export"},
	{"Save those of a service as a policy", "cgward export '/**/nginx.service' >nginx.conf"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward export [OPTION...] [GLOB...]",
	.text = "Prints the limits of groups as [limit] sections, without values that are the "
		"kernel's\n"
		"default. With globs, only groups whose path matches one of them.",
	.options = options,
	.examples = examples,
};

/* A glob that matches becomes known as `used`. */
static bool is_selected(const char *path, char **globs, bool *used)
{
	bool selected = globs[0] == NULL;

	for (size_t i = 0; globs[i] != NULL; i++)
		if (cgw_glob_match(globs[i], path))
			selected = used[i] = true;
	return selected;
}

static void export_group(const struct policy_trial *trial, const char *path, bool *any_printed)
{
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *shown = NULL;
	int r = export_section(trial->layout, path, &text);

	/* A policy file cannot express this path. */
	if (r == -EINVAL) {
		shown = escape_copy(path);
		printf("# skipped, path cannot be written in a policy: %s\n",
		       shown != NULL ? shown : "");
	}
	if (r < 0)
		return;
	printf("%s%s", *any_printed ? "\n" : "", text);
	*any_printed = true;
}

int export_run(struct cli_context *context, int argc, char **argv)
{
	struct policy_trial trial = {0};
	const struct cgw_topology *topology;
	enum cli_exit status;
	CLEANUP(cleanup_free) bool *used = NULL;
	bool any_printed = false;

	if (!cli_parse_options(context, &help, &argc, &argv, NULL, &status))
		return (int)status;
	used = calloc((size_t)argc + 1, sizeof(*used));
	if (used == NULL)
		return CLI_FAILED;
	status = trial_open(context, NULL, NULL, 0, &trial);
	topology = status == CLI_OK ? cgw_snapshot_topology(cgw_frame_now(trial.frame)) : NULL;
	for (uint32_t group = 1; topology != NULL && group < topology->count; group++) {
		CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, group);

		if (path != NULL && is_selected(path, argv, used))
			export_group(&trial, path, &any_printed);
	}
	for (int i = 0; status == CLI_OK && i < argc; i++)
		if (!used[i]) {
			cli_error(context, "no group matches '%.64s'", argv[i]);
			status = CLI_NO_SUCH_GROUP;
		}
	if (status == CLI_OK && !any_printed)
		listing_note_empty();
	trial_close(&trial);
	return (int)status;
}
