/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-assignment.c - arguments of the form KEY=VALUE. */
#include <stdlib.h>
#include <string.h>

#include "cmd/change/parse-assignment.h"
#include "lib/base/cleanup.h"

bool assign_is(const char *argument)
{
	return argument[0] != '/' && strchr(argument, '=') != NULL;
}

enum cli_exit assign_add(struct change_command *command, const struct group_list *groups, int count,
			 char **arguments)
{
	for (int i = 0; i < count; i++) {
		CLEANUP(cleanup_free) char *value = NULL;
		CLEANUP(groups_done) struct group_list with_control = {0};
		const struct group_list *list;
		enum cgw_control control = CGW_CONTROL_COUNT;
		struct cgw_diag diag = {0};
		enum cli_exit status;
		int r = cgw_assignment_parse(arguments[i], &control, &value, &diag);

		if (r < 0) {
			cli_diag(command->context, &diag);
			return CLI_USAGE;
		}
		status = groups_with_control(command, groups, control, &with_control);
		list = with_control.count > 0 ? &with_control : groups;
		for (size_t group = 0; group < list->count && status == CLI_OK; group++) {
			const struct cgw_step step = {
				.kind = CGW_STEP_SET,
				.path = list->paths[group],
				.control = control,
				.value = value,
			};

			status = change_add_step(command, &step);
		}
		if (status != CLI_OK)
			return status;
	}
	return CLI_OK;
}
