/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-command.c - `cgward inspect`: contents, isolation and limits of a group. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/inspect/inspect-entry.h"
#include "cmd/inspect/inspect-json.h"
#include "cmd/inspect/inspect-target.h"
#include "lib/base/cleanup.h"
#include "shared/cli/options.h"

enum {
	OPTION_PROCESSES = CLI_OPTION_LONG,
	OPTION_THREADS,
	OPTION_NAMESPACES,
	OPTION_CONFINEMENT,
	OPTION_LIMITS,
	OPTION_NETWORK,
	OPTION_OWN,
	OPTION_NO_RESOLVE,
	OPTION_RATES,
};

static const struct cli_option options[] = {
	{'J', "json", NULL, false, "print one JSON object"},
	{'b', "bytes", NULL, false, "print exact bytes and times"},
	{OPTION_PROCESSES, "processes", NULL, false, "show processes"},
	{OPTION_THREADS, "threads", NULL, false, "show threads, one per line"},
	{OPTION_NAMESPACES, "namespaces", NULL, false,
	 "show namespaces (without GROUP: of the machine)"},
	{OPTION_CONFINEMENT, "confinement", NULL, false, "show capabilities, seccomp and rlimits"},
	{OPTION_LIMITS, "limits", NULL, false,
	 "show effective limits and the groups that set them"},
	{OPTION_NETWORK, "network", NULL, false, "show network interfaces"},
	{OPTION_OWN, "own", NULL, false, "leave out descendants"},
	{OPTION_NO_RESOLVE, "no-resolve", NULL, false, "do not look up names"},
	{OPTION_RATES, "rates", "TIME", false,
	 "compute rates over TIME (default: 500ms; 0: no rates)"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward inspect [OPTION...] GROUP\n       cgward inspect --namespaces [-J]",
	.text = "Show the processes of a group and its descendants, their isolation and their "
		"limits.\n"
		"GROUP is a path, a systemd unit, a container ID or its first characters, or "
		"pid:N.\n"
		"Options that select a section show only the selected sections.",
	.options = options,
};

struct inspect {
	struct cli_context *context;
	unsigned sections; /* enum section; 0: all */
	struct cgw_inspect_options options;
	bool json, exact, resolve;
	uint64_t rates_ns;
};

static enum cli_exit machine_namespaces(const struct inspect *inspect)
{
	struct cgw_namespace *namespaces;
	enum cli_exit status = CLI_OK;
	struct cgw_layout *layout = cli_layout(inspect->context, &status);
	size_t count;
	int r;

	if (layout == NULL)
		return status;
	r = cgw_namespaces_read(layout, &namespaces, &count);
	if (r == 0) {
		r = inspect->json ? show_namespaces_json(namespaces, count, stdout)
				  : show_namespaces_text(namespaces, count, stdout);
		cgw_namespaces_free(namespaces, count);
	}
	cgw_layout_free(layout);
	if (r == 0)
		return CLI_OK;
	cli_error(inspect->context, "cannot read the namespaces: %s", strerror(-r));
	return cli_exit_from_error(r);
}

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int inspect_once(const struct inspect *inspect, const struct inspect_target *target,
			bool last, struct cgw_inspection **ret_inspection, struct cgw_diag *diag)
{
	struct cgw_inspect_options adjusted = inspect->options;

	/* Finding zombies, and users of the namespaces, reads all of /proc: only do it once. */
	adjusted.zombies = last;
	adjusted.shared = last && inspect->sections & (SECTION_NAMESPACES | SECTION_NETWORK);
	return cgw_inspect(target->layout, target->frame, target->group, &adjusted, ret_inspection,
			   diag);
}

static int show(const struct inspect *inspect, struct view *view)
{
	return inspect->json ? show_json(view, stdout) : show_text(view, stdout);
}

static enum cli_exit inspect_and_show(const struct inspect *inspect, struct inspect_target *target)
{
	struct cgw_inspection *before = NULL, *now = NULL;
	struct view view = {.layout = target->layout,
			    .sections = inspect->sections,
			    .exact = inspect->exact,
			    .threads = inspect->options.threads,
			    .names = inspect->resolve};
	struct view first = {.layout = target->layout};
	struct cgw_names_options names = {0};
	struct cgw_diag diag = {0};
	double start = now_s();
	int r = 0;

	if (inspect->rates_ns > 0) {
		r = inspect_once(inspect, target, false, &before, &diag);
		if (r == 0 && inspect->sections & SECTION_NETWORK)
			r = view_read_networks(&first, before);
		if (r == 0 && inspect_target_sample_again(target, inspect->rates_ns) != CLI_OK)
			r = -ENODEV;
	}
	if (r == 0)
		r = inspect_once(inspect, target, true, &now, &diag);
	if (r == 0) {
		view.before = before;
		view.now = now;
		view.seconds = now_s() - start;
		view.frame = target->frame;
		view.group = target->group;
		if (inspect->sections & SECTION_NETWORK)
			r = view_read_networks_again(&view, &first);
		if (inspect->resolve)
			cgw_names_resolve(&now->identity, &names, &view.resolved);
	}
	if (r == 0)
		r = show(inspect, &view);
	view_networks_done(&view);
	view_networks_done(&first);
	cgw_inspection_free(before);
	cgw_inspection_free(now);
	if (r == 0)
		return CLI_OK;
	if (diag.text[0] != '\0')
		cli_diag(inspect->context, &diag);
	else if (r != -ENODEV)
		cli_error(inspect->context, "%s", strerror(-r));
	return cli_exit_from_error(r);
}

static enum cli_exit inspect_group(const struct inspect *inspect, const char *name)
{
	struct cgw_metric_set metrics = {0};
	struct inspect_target target;
	enum cli_exit status;

	cgw_bounds_metrics(&metrics);
	cgw_metric_set_add(&metrics, CGW_M_NET_CLS_CLASSID);
	cgw_metric_set_add(&metrics, CGW_M_NET_PRIO_IFPRIOMAP);
	status = inspect_target_open(&target, inspect->context, name, &metrics);
	if (status == CLI_OK)
		status = inspect_and_show(inspect, &target);
	inspect_target_done(&target);
	return status;
}

static void parse_option(struct inspect *inspect, int code)
{
	static const struct {
		int code;
		unsigned section;
	} sections[] = {
		{OPTION_PROCESSES, SECTION_PROCESSES},   {OPTION_THREADS, SECTION_PROCESSES},
		{OPTION_NAMESPACES, SECTION_NAMESPACES}, {OPTION_CONFINEMENT, SECTION_CONFINEMENT},
		{OPTION_LIMITS, SECTION_LIMITS},         {OPTION_NETWORK, SECTION_NETWORK},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (sections[i].code == code)
			inspect->sections |= sections[i].section;
	if (code == 'J')
		inspect->json = true;
	else if (code == 'b')
		inspect->exact = true;
	else if (code == OPTION_THREADS)
		inspect->options.threads = true;
	else if (code == OPTION_OWN)
		inspect->options.own_only = true;
	else if (code == OPTION_NO_RESOLVE)
		inspect->resolve = false;
}

int inspect_run(struct cli_context *context, int argc, char **argv)
{
	struct inspect inspect = {.context = context, .resolve = true, .rates_ns = 500000000};
	enum cli_exit status = CLI_OK;
	const char *value;
	int code;

	while ((code = cli_next_option(context, &help, argc, argv, &value, &status)) > 0) {
		parse_option(&inspect, code);
		if (code == OPTION_RATES && cli_parse_duration(value, &inspect.rates_ns) < 0)
			return (int)cli_usage_error(
				context, "invalid --rates '%.64s' (expected a time such as 500ms)",
				value);
	}
	if (code < 0)
		return (int)status;
	if (argc == optind && inspect.sections == SECTION_NAMESPACES)
		return (int)machine_namespaces(&inspect);
	if (argc - optind != 1)
		return (int)cli_usage_error(context, "expected exactly one GROUP");
	if (inspect.sections == 0)
		inspect.sections = SECTION_ALL;
	return (int)inspect_group(&inspect, argv[optind]);
}
