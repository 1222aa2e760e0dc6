/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set-command.c - `cgward set GROUP... KEY=VALUE...`. */
#include <getopt.h>

#include "cmd/change/change-entry.h"
#include "cmd/change/list-controls.h"
#include "cmd/change/parse-assignment.h"
#include "lib/base/cleanup.h"

enum { OPTION_LIST = CLI_OPTION_LONG };

static const struct cli_option options[] = {
	VERB_OPTIONS,
	VERB_SET_OPTIONS,
	VERB_IF_ID_OPTION,
	{OPTION_LIST, "list-controls", NULL, false,
	 "list what can be set, with unit, range, risk and file on this machine"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward set [OPTION...] GROUP... KEY=VALUE...",
	.text = "Sets limits, weights and other controls, all of them or none. GROUP is a path, a\n"
		"systemd unit, a container's id, pid:N, or a glob over paths. VALUE is as people\n"
		"write it: 2G, 50%, +20%, max, 150%, 50ms/100ms, \"nvme0n1 10M\".",
	.options = options,
};

static enum cli_exit take(void *context, int code, const char *value)
{
	bool *list = context;

	(void)value;
	if (code != OPTION_LIST)
		return CLI_WOULD_CHANGE;
	*list = true;
	return CLI_OK;
}

static enum cli_exit set(struct verb *verb, int count, char **operands)
{
	CLEANUP(groups_done) struct group_list groups = {0};
	enum cli_exit status = CLI_OK;
	int first = 0;

	while (first < count && !assign_is(operands[first]))
		first++;
	for (int i = first; i < count; i++)
		if (!assign_is(operands[i]))
			return cli_usage_error(verb->context,
					       "groups come first, then KEY=VALUE: \"%.64s\" is "
					       "neither here",
					       operands[i]);
	if (first == 0 || first == count)
		return cli_usage_error(verb->context, "a GROUP and at least one KEY=VALUE are "
						      "wanted");
	status = verb_open(verb);
	for (int i = 0; i < first && status == CLI_OK; i++)
		status = groups_add(verb, &groups, operands[i]);
	if (status == CLI_OK)
		status = assign_add(verb, &groups, count - first, operands + first);
	return status == CLI_OK ? verb_apply(verb) : status;
}

int verb_set(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(verb_cleanup) struct verb verb;
	bool list = false, ended;
	enum cli_exit status;

	verb_init(&verb, context);
	status = verb_options(&verb, &help, argc, argv, take, &list, &ended);
	if (ended || status != CLI_OK)
		return (int)status;
	if (list)
		return (int)controls_list(&verb);
	return (int)set(&verb, argc - optind, argv + optind);
}
