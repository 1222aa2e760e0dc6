/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-command.c - `cgward export`: the present limits as [limit] sections, to be put into a policy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/enforce/enforce-commands.h"
#include "cmd/enforce/policy-trial.h"
#include "lib/base/cleanup.h"
#include "lib/policy/export-limits.h"
#include "shared/cli/options.h"

static const struct cli_option options[] = {CLI_COMMON_OPTIONS};

static const struct cli_command_help help = {
	.usage = "cgward export [OPTION...] [GLOB...]",
	.text = "Writes what is set on groups now as [limit] sections: all that is not the "
		"kernel's\n"
		"default. With globs, of groups whose path matches one.",
	.options = options,
};

static bool is_wanted(const char *path, char **globs)
{
	for (char **glob = globs; *glob != NULL; glob++)
		if (cgw_glob_match(*glob, path))
			return true;
	return globs[0] == NULL;
}

static void export_group(const struct view *view, const char *path, bool *some)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char shown[4096];
	int r = export_section(view->layout, path, &text);

	/* A path that cannot stand in the file as it is, is named and left out. */
	if (r == -EINVAL) {
		(void)cgw_escape(shown, sizeof(shown), path, strlen(path));
		printf("# left out: %s\n", shown);
	}
	if (r < 0)
		return;
	printf("%s%s", *some ? "\n" : "", text);
	*some = true;
}

int export_run(struct cli_context *context, int argc, char **argv)
{
	struct view view = {0};
	const struct cgw_topology *topology;
	enum cli_exit status;
	const char *value;
	bool some = false;
	int code;

	while ((code = cli_next_option(context, &help, argc, argv, &value, &status)) > 0)
		;
	if (code < 0)
		return (int)status;
	status = view_open(context, NULL, NULL, 0, &view);
	topology = status == CLI_OK ? cgw_snapshot_topology(cgw_frame_now(view.frame)) : NULL;
	for (uint32_t group = 1; topology != NULL && group < topology->count; group++) {
		char path[4096];

		(void)cgw_topology_path(topology, group, path, sizeof(path));
		if (is_wanted(path, argv + optind))
			export_group(&view, path, &some);
	}
	view_close(&view);
	return (int)status;
}
