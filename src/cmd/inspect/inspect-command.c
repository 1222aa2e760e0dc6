/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-command.c - `cgward inspect`: contents, isolation and limits of a group. */
#include <errno.h>
#include <string.h>

#include "cmd/inspect/inspect-json.h"
#include "cmd/inspect/inspect-target.h"
#include "cmd/inspect/postmortem-command.h"
#include "lib/base/clock.h"
#include "shared/cli/text-table.h"

struct inspect {
	struct cli_context *context;
	unsigned sections; /* enum section; 0: all */
	struct cgw_inspect_options options;
	bool json, exact, resolve, pss;
	uint64_t rates_ns;
};

#define TRUE(member)  CLI_TRUE(struct inspect, member)
#define SHOW(section) CLI_BITS(struct inspect, sections, section)

static const struct cli_option options[] = {
	{'J', "json", NULL, "print one JSON object", TRUE(json)},
	{'b', "bytes", NULL, "print exact bytes and times", TRUE(exact)},
	CLI_WIDE_OPTION,
	{0, "processes", NULL, "show processes", SHOW(SECTION_PROCESSES)},
	{0, "pss", NULL, "also show the proportional set size of processes, which is slow to read",
	 TRUE(pss)},
	{0, "threads", NULL, "show threads, one per line", TRUE(options.threads)},
	{0, "namespaces", NULL, "show namespaces (without GROUP: of the machine)",
	 SHOW(SECTION_NAMESPACES)},
	{0, "confinement", NULL, "show capabilities, seccomp and rlimits",
	 SHOW(SECTION_CONFINEMENT)},
	{0, "limits", NULL, "show effective limits and the groups that set them",
	 SHOW(SECTION_LIMITS)},
	{0, "network", NULL, "show network interfaces", SHOW(SECTION_NETWORK)},
	{0, "waits", NULL, "measure what tasks wait for, and which groups took the CPU",
	 SHOW(SECTION_WAITS)},
	{0, "own", NULL, "leave out descendants", TRUE(options.own_only)},
	{0, "no-resolve", NULL, "do not look up names", CLI_FALSE(struct inspect, resolve)},
	{0, "rates", "TIME", "compute rates over TIME (default: 500ms; 0: no rates)",
	 CLI_TIME_OR_0(struct inspect, rates_ns)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Show the processes, isolation and limits of a service", "cgward inspect nginx.service"},
	{"Show what isolates a container",
	 "cgward inspect --namespaces --confinement 4f2f0c3b6a5d"},
	{"Print the limits of a process's group as JSON",
	 "cgward inspect --limits --json pid:1234"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward inspect [OPTION...] GROUP\n       cgward inspect --namespaces [-J]",
	.text = "Show the processes of a group and its descendants, their isolation and their "
		"limits.\n"
		"GROUP is a path, a systemd unit, the name or ID of a container, or pid:N.\n"
		"Options that select a section show only the selected sections.",
	.options = options,
	.examples = examples,
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
		r = inspect->json
			    ? show_namespaces_json(namespaces, count, stdout)
			    : show_namespaces_text(namespaces, count,
						   table_width(inspect->context, stdout), stdout);
		cgw_namespaces_free(namespaces, count);
	}
	cgw_layout_free(layout);
	if (r == 0)
		return CLI_OK;
	cli_error(inspect->context, "cannot read the namespaces: %s", strerror(-r));
	return cli_exit_from_error(r);
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
			    .width = table_width(inspect->context, stdout),
			    .uses = inspect->options.uses,
			    .exact = inspect->exact,
			    .threads = inspect->options.threads,
			    .names = inspect->resolve};
	struct view first = {.layout = target->layout};
	struct cgw_names_options names = {0};
	struct cgw_diag diag = {0};
	uint64_t start_ns = clock_now_ns();
	int r = 0;

	if (inspect->rates_ns > 0) {
		r = inspect_once(inspect, target, false, &before, &diag);
		if (r == 0 && inspect->sections & SECTION_NETWORK)
			r = view_read_networks(&first, before);
		if (r == 0 && inspect_target_sample_again(target, inspect->rates_ns) != CLI_OK)
			r = -ENODEV;
	}
	view.not_traced = cgw_sampler_trace_reason(target->sampler, CGW_M_CPU_RUN_DELAY);
	if (r == 0)
		r = inspect_once(inspect, target, true, &now, &diag);
	if (r == 0) {
		view.before = before;
		view.now = now;
		view.seconds = (double)(clock_now_ns() - start_ns) / (double)NS_PER_S;
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
	if (inspect->sections & SECTION_WAITS) {
		cgw_explain_trace_metrics(&metrics);
		cgw_metric_set_add(&metrics, CGW_M_IO_IOWAIT_REFAULT);
	}
	status = inspect_target_open(&target, inspect->context, name, &metrics,
				     inspect->options.own_only);
	if (status == CLI_OK)
		status = inspect_and_show(inspect, &target);
	inspect_target_done(&target);
	return status;
}

static int inspect_run(struct cli_context *context, int argc, char **argv)
{
	struct inspect inspect = {.context = context, .resolve = true, .rates_ns = 500 * NS_PER_MS};
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &inspect, &status))
		return (int)status;
	if (inspect.options.threads || inspect.pss)
		inspect.sections |= SECTION_PROCESSES;
	if (argc == 0 && inspect.sections == SECTION_NAMESPACES)
		return (int)machine_namespaces(&inspect);
	if (argc != 1)
		return (int)cli_usage_error(context, "expected exactly one GROUP");
	if (inspect.sections & SECTION_WAITS && inspect.rates_ns == 0)
		return (int)cli_usage_error(context, "--waits requires --rates above 0");
	if (inspect.sections == 0)
		inspect.sections = SECTION_ALL;
	if (inspect.sections & SECTION_PROCESSES)
		inspect.options.uses = 1U << CGW_PROCESS_READ | 1U << CGW_PROCESS_WRITTEN |
				       1U << CGW_PROCESS_RUN_DELAY |
				       (unsigned)inspect.pss << CGW_PROCESS_PSS;
	return (int)inspect_group(&inspect, argv[0]);
}

const struct cli_command inspect_commands[] = {
	{"inspect", "show processes, isolation and limits of a group", inspect_run},
	{"explain", "show what slows a group down, worst first", explain_run},
	{"postmortem", "show what OOM kills and refused forks left behind", postmortem_run},
	{NULL, NULL, NULL},
};
