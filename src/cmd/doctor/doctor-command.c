/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doctor-command.c - `cgward doctor`: diagnose cgroup support of this machine. */
#include <stdio.h>

#include "cmd/doctor/doctor-checks.h"
#include "lib/base/cleanup.h"
#include "shared/cli/listing.h"
#include "shared/cli/options.h"

struct doctor {
	bool json;
};

static const struct cli_option options[] = {
	{'J', "json", NULL, "print one JSON document", CLI_TRUE(struct doctor, json)},
	CLI_WIDE_OPTION,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Check this machine", "cgward doctor"},
	{"Print the checks as JSON", "cgward doctor --json"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward doctor [OPTION...]",
	.text = "Checks what works on this machine, what does not and why, and suggests fixes.",
	.options = options,
	.examples = examples,
};

static const char *const verdicts[] = {
	[VERDICT_WORKS] = "works",
	[VERDICT_LIMITED] = "limited",
	[VERDICT_FAILS] = "fails",
};

static void print_json(const struct finding *findings)
{
	json_t *list = json_array();

	for (size_t i = 0; checks[i].name != NULL; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s}", "check", checks[i].name,
						"verdict", verdicts[findings[i].verdict], "what",
						findings[i].state, "todo", findings[i].hint));
	list = json_pack("{s:i, s:s, s:o}", "schema", CLI_JSON_SCHEMA, "cgward", cgw_version(),
			 "checks", list);
	(void)json_print(list, stdout, JSON_INDENT(1));
}

static void print_text(const struct finding *findings, unsigned width)
{
	for (size_t i = 0; checks[i].name != NULL; i++) {
		printf("%-11s %-8s ", checks[i].name, verdicts[findings[i].verdict]);
		text_wrap(stdout, findings[i].state, 21, width);
		if (findings[i].hint[0] == '\0')
			continue;
		printf("%-11s %-8s -> ", "", "");
		text_wrap(stdout, findings[i].hint, 24, width);
	}
}

static int doctor_run(struct cli_context *context, int argc, char **argv)
{
	struct finding findings[32] = {0};
	struct cgw_diag diag = {0};
	struct doctor doctor = {0};
	struct cgw_layout *layout;
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &doctor, &status))
		return (int)status;
	if (argc > 0)
		return (int)cli_usage_error(context, "unexpected argument '%s'", argv[0]);
	/* Not cli_layout(): here, a missing hierarchy is a finding. */
	if (cgw_layout_open(&context->roots, &layout, &diag) < 0) {
		cli_diag(context, &diag);
		return CLI_NO_CGROUP;
	}
	for (size_t i = 0; checks[i].name != NULL && i < ARRAY_SIZE(findings); i++) {
		if (layout->kind == CGW_LAYOUT_NONE && !checks[i].without_hierarchy) {
			findings[i].verdict = VERDICT_FAILS;
			snprintf(findings[i].state, sizeof(findings[i].state),
				 "requires a cgroup hierarchy");
			continue;
		}
		checks[i].run(layout, &findings[i]);
	}
	if (doctor.json)
		print_json(findings);
	else
		print_text(findings, table_width(context, stdout));
	status = layout->kind == CGW_LAYOUT_NONE ? CLI_NO_CGROUP : CLI_OK;
	cgw_layout_free(layout);
	return (int)status;
}

const struct cli_command doctor_commands[] = {
	{"doctor", "check what works on this machine and suggest fixes", doctor_run},
	{NULL, NULL, NULL},
};
