/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export.c - `cgward export`: the present limits as [limit] sections, to be put into a policy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/options.h"
#include "enforce/enforce.h"
#include "enforce/view.h"

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

/* The group's name as a section's name: what may not stand there becomes "_". */
static void section_name(const char *path, char *buffer, size_t size)
{
	size_t length = strlen(path), skip = length + 1 > size ? length + 1 - size : 1;

	(void)snprintf(buffer, size, "%s", path + (length > 1 ? skip : 0));
	for (char *at = buffer; *at != '\0'; at++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-",
			   *at) == NULL)
			*at = '_';
}

/* Of the control: its value now, where that is one and not the default. */
static bool read_set(const struct view *view, const char *path, enum cgw_control control,
		     char *value, size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(control);

	/* Values by device have no default line; aliases of others would be said twice. */
	if (info->action || info->instances || info->default_value == NULL || info->metric < 0)
		return false;
	if (cgw_control_read(view->layout, path, control, NULL, value, size, NULL) < 0)
		return false;
	/* "0s" and "0" are the same. */
	if (value[0] == '0' && strtod(value, NULL) == 0 && strtod(info->default_value, NULL) == 0)
		return false;
	return strcmp(value, info->default_value) != 0;
}

static void export_group(const struct view *view, const char *path, bool *some)
{
	char name[40], value[256];
	bool begun = false;

	for (int i = 0; i < CGW_CONTROL_COUNT; i++) {
		if (!read_set(view, path, (enum cgw_control)i, value, sizeof(value)))
			continue;
		if (!begun) {
			section_name(path, name, sizeof(name));
			printf("%s[limit %s]\nmatch = %s\n", *some ? "\n" : "", name, path);
			begun = *some = true;
		}
		printf("%s = %s\n", cgw_control_info((enum cgw_control)i)->key, value);
	}
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
		char path[4096], shown[4096];

		(void)cgw_topology_path(topology, group, path, sizeof(path));
		cgw_escape(shown, sizeof(shown), path, strlen(path));
		if (!is_wanted(path, argv + optind))
			continue;
		/* A path that cannot stand in the file as it is, is named and left out. */
		if (strcmp(path, shown) != 0 || strpbrk(path, "*?[{;#") != NULL ||
		    strlen(path) > 180)
			printf("# left out: %s\n", shown);
		else
			export_group(&view, path, &some);
	}
	view_close(&view);
	return (int)status;
}
