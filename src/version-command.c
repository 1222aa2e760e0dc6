/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* version-command.c - `cgward version`: version and features of this build. */
#include <stdio.h>

#include "command-table.h"
#include "shared/cli/build-features.h"

struct version {
	bool json;
};

static const struct cli_option options[] = {
	{'J', "json", NULL, "print version, features and commands as one JSON object",
	 CLI_TRUE(struct version, json), .heading = "Output"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Show the version", "cgward version"},
	{"List the features of this build for a program", "cgward version --json"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward version [OPTION...]",
	.text = "Show the version of cgward.",
	.options = options,
	.examples = examples,
};

enum cli_exit print_version_json(void)
{
	printf("{\"schema\": %d, \"cgward\": \"%s\", \"features\": {", CLI_JSON_SCHEMA,
	       cgw_version());
	for (size_t i = 0; build_features[i].name != NULL; i++)
		printf("%s\"%s\": %s", i > 0 ? ", " : "", build_features[i].name,
		       build_features[i].left_out == NULL ? "true" : "false");
	printf("}, \"commands\": [");
	for (size_t i = 0; command_nth(i) != NULL; i++)
		printf("%s\"%s\"", i > 0 ? ", " : "", command_nth(i)->name);
	puts("]}");
	return CLI_OK;
}

int version_command(struct cli_context *context, int argc, char **argv)
{
	struct version version = {0};
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &version, &status))
		return (int)status;
	if (argc > 0)
		return (int)cli_usage_error(context, "unexpected argument '%.64s'", argv[0]);
	if (version.json)
		return (int)print_version_json();
	cli_print_version(context);
	return CLI_OK;
}
