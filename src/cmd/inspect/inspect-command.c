/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-command.c - `cgward inspect GROUP`: what is in there, and what isolates it. */
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
	{'J', "json", NULL, false, "one JSON object"},
	{'b', "bytes", NULL, false, "bytes and times in full"},
	{OPTION_PROCESSES, "processes", NULL, false, "show the processes"},
	{OPTION_THREADS, "threads", NULL, false, "show the threads, one a line"},
	{OPTION_NAMESPACES, "namespaces", NULL, false,
	 "show the namespaces; without GROUP those of the machine"},
	{OPTION_CONFINEMENT, "confinement", NULL, false, "show capabilities, seccomp, rlimits"},
	{OPTION_LIMITS, "limits", NULL, false, "show what is bounded, and by which group"},
	{OPTION_NETWORK, "network", NULL, false, "show the interfaces of its network"},
	{OPTION_OWN, "own", NULL, false, "leave out the groups beneath"},
	{OPTION_NO_RESOLVE, "no-resolve", NULL, false, "ask nobody for names"},
	{OPTION_RATES, "rates", "TIME", false, "take rates over TIME (500ms); 0: none"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward inspect [OPTION...] GROUP\n       cgward inspect --namespaces [-J]",
	.text = "Shows what is in a group and all beneath it, what isolates it and what bounds "
		"it.\n"
		"GROUP is a path, a systemd unit, a container's id or its first characters, or\n"
		"pid:N. Options that show something show that alone.",
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

static int take_look(const struct inspect *inspect, const struct subject *subject, bool last,
		     struct cgw_inspection **ret_inspection, struct cgw_diag *diag)
{
	struct cgw_inspect_options look = inspect->options;

	/* Who else is in the namespaces costs a walk over the machine: once is enough. */
	look.zombies = last;
	look.shared = last && inspect->sections & (SECTION_NAMESPACES | SECTION_NETWORK);
	return cgw_inspect(subject->layout, subject->frame, subject->group, &look, ret_inspection,
			   diag);
}

static int show(const struct inspect *inspect, struct view *view)
{
	return inspect->json ? show_json(view, stdout) : show_text(view, stdout);
}

static enum cli_exit look_and_show(const struct inspect *inspect, struct subject *subject)
{
	struct cgw_inspection *before = NULL, *now = NULL;
	struct view view = {.layout = subject->layout,
			    .sections = inspect->sections,
			    .exact = inspect->exact,
			    .threads = inspect->options.threads,
			    .names = inspect->resolve};
	struct view first = {.layout = subject->layout};
	struct cgw_names_options names = {0};
	struct cgw_diag diag = {0};
	double start = now_s();
	int r = 0;

	if (inspect->rates_ns > 0) {
		r = take_look(inspect, subject, false, &before, &diag);
		if (r == 0 && inspect->sections & SECTION_NETWORK)
			r = view_read_networks(&first, before);
		if (r == 0 && subject_sample_again(subject, inspect->rates_ns) != CLI_OK)
			r = -ENODEV;
	}
	if (r == 0)
		r = take_look(inspect, subject, true, &now, &diag);
	if (r == 0) {
		view.before = before;
		view.now = now;
		view.seconds = now_s() - start;
		view.frame = subject->frame;
		view.group = subject->group;
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

static enum cli_exit inspect_group(const struct inspect *inspect, const char *what)
{
	struct cgw_metric_set wanted = {0};
	struct subject subject;
	enum cli_exit status;

	cgw_bounds_metrics(&wanted);
	cgw_metric_set_add(&wanted, CGW_M_NET_CLS_CLASSID);
	cgw_metric_set_add(&wanted, CGW_M_NET_PRIO_IFPRIOMAP);
	status = subject_open(&subject, inspect->context, what, &wanted);
	if (status == CLI_OK)
		status = look_and_show(inspect, &subject);
	subject_done(&subject);
	return status;
}

static void take_option(struct inspect *inspect, int code)
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
		take_option(&inspect, code);
		if (code == OPTION_RATES && cli_parse_duration(value, &inspect.rates_ns) < 0)
			return (int)cli_usage_error(
				context, "--rates wants a time such as 500ms, not \"%.64s\"",
				value);
	}
	if (code < 0)
		return (int)status;
	if (argc == optind && inspect.sections == SECTION_NAMESPACES)
		return (int)machine_namespaces(&inspect);
	if (argc - optind != 1)
		return (int)cli_usage_error(context, "one GROUP is wanted");
	if (inspect.sections == 0)
		inspect.sections = SECTION_ALL;
	return (int)inspect_group(&inspect, argv[optind]);
}
