/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* top-command.c - `cgward top`: options, settings, then the dashboard or --batch. */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "shared/cli/options.h"
#include "tui/core/batch.h"
#include "tui/core/screen.h"
#include "tui/core/top-command.h"

enum {
	OPTION_SORT = CLI_OPTION_LONG,
	OPTION_FLAT,
	OPTION_BELOW,
	OPTION_DEPTH,
	OPTION_COLLECTOR,
	OPTION_READ_ONLY,
	OPTION_THEME,
	OPTION_GRAPHS,
	OPTION_HOST,
	OPTION_SSH,
	OPTION_POLICY,
	OPTION_STATE,
	OPTION_REPLAY,
	OPTION_AT,
};

/*
 * An idle group is read in full only every 8th sample, which delays the display of changes made
 * by other processes. An opened group, or one that was just acted on, is always read in full.
 */
#define IDLE_INTERVAL 8

static const struct cli_option options[] = {
	{'b', "batch", NULL, false, "print rows as text instead of showing the dashboard"},
	{'n', "iterations", "N", false, "stop after N rounds (with --batch)"},
	{'d', "delay", "TIME", false, "time between samples (500ms, 2s, 1m)"},
	{'o', "columns", "KEY,...", false,
	 "columns: KEY, KEY:bar, KEY:graph; +KEY,... adds to the configured ones"},
	{OPTION_SORT, "sort", "KEY", false, "sort by KEY, largest first"},
	{'T', "tree", NULL, false, "show groups as a tree"},
	{OPTION_FLAT, "flat", NULL, false, "show groups as a flat list"},
	{'f', "filter", "FILTER", false,
	 "show only groups that match a glob, part of a path or a condition"},
	{OPTION_BELOW, "below", "GROUP", false, "show only GROUP and its descendants"},
	{OPTION_DEPTH, "depth", "N", false, "show only groups up to N levels below the root"},
	{OPTION_COLLECTOR, "collector", "HOW", false, "how to read the kernel: auto, files or bpf"},
	{OPTION_READ_ONLY, "read-only", NULL, false, "disable all keys that change the system"},
	{OPTION_THEME, "theme", "NAME", false, "colour theme: auto, dark, light or plain"},
	{OPTION_GRAPHS, "graphs", "NAME", false, "graph characters: braille, blocks or ascii"},
	{OPTION_HOST, "host", "HOST", false,
	 "show HOST over ssh instead of this machine; repeat for several hosts"},
	{OPTION_SSH, "ssh", "COMMAND", false,
	 "ssh command for --host (for example \"ssh -p 2222\")"},
	{OPTION_POLICY, "policy", "FILE", false, "preview the rules of FILE without applying them"},
	{OPTION_STATE, "state", "DIR", false,
	 "state directory of the enforcement to show (default: /run/cgward)"},
	{OPTION_REPLAY, "replay", "PATH", false,
	 "show a recording (file or directory) instead of this machine"},
	{OPTION_AT, "at", "TIME", false, "start the recording at TIME (03:12, -10m)"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward top [OPTION...]",
	.text = "Shows all control groups live, and acts on them. Press '?' for help on the "
		"keys;\n~/.config/cgward/config contains columns, colours and keys.",
	.options = options,
};

struct top {
	struct cli_context *context;
	struct app *app;
	struct source *source;
	struct batch batch;
	bool is_batch;
	const char *below, *filter, *replay, *at, *policy;
	uint32_t depth_max;
	enum cgw_collector_choice collector;
	const char *hosts[REMOTE_HOSTS_MAX];
	size_t host_count;
	const char *ssh;
};

static enum cli_exit parse_number(struct top *top, const char *option, const char *value,
				  uint64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || *ret_number == 0 ||
	    *ret_number > UINT32_MAX)
		return cli_usage_error(top->context,
				       "invalid --%s '%.64s' (expected a number above zero)",
				       option, value);
	return CLI_OK;
}

/* Applies one setting, with the same names and values as in the configuration. */
static enum cli_exit apply_setting(struct top *top, const char *section, const char *name,
				   const char *value)
{
	struct cgw_diag diag = {.text = ""};

	if (settings_set(&top->app->settings, section, name, value, &diag) < 0)
		return cli_usage_error(top->context, "%s", diag.text);
	return CLI_OK;
}

static enum cli_exit parse_columns(struct top *top, const char *value)
{
	CLEANUP(cleanup_free) char *copy = strdup(value + (value[0] == '+'));
	char *rest, *key;
	enum cli_exit status = CLI_OK;

	if (copy == NULL)
		return CLI_FAILED;
	if (value[0] != '+')
		top->app->settings.column_count = 0;
	for (key = strtok_r(copy, ", ", &rest); key != NULL && status == CLI_OK;
	     key = strtok_r(NULL, ", ", &rest))
		status = apply_setting(top, "groups", "column", key);
	if (status == CLI_OK && top->app->settings.column_count == 0)
		return cli_usage_error(top->context, "--columns requires at least one column key");
	return status;
}

static void report_problem(void *context, const struct cgw_policy_problem *problem)
{
	struct top *top = context;

	if (!problem->warning)
		cli_diag(top->context, &problem->diag);
}

static int load_policy(struct top *top, struct cgw_policy **ret_policy)
{
	const struct cgw_policy_reporter reporter = {report_problem, top};

	return cgw_policy_load(top->policy, NULL, &reporter, ret_policy);
}

static enum cli_exit preview_policy(struct top *top, const char *file)
{
	struct cgw_policy *policy;

	top->policy = file;
	if (load_policy(top, &policy) < 0)
		return CLI_POLICY_INVALID;
	top->app->rules = rules_free(top->app->rules);
	return rules_new(policy, &top->app->rules) < 0 ? CLI_FAILED : CLI_OK;
}

static enum cli_exit parse_collector(struct top *top, const char *value)
{
	static const char *const names[] = {[CGW_COLLECTOR_AUTO] = "auto",
					    [CGW_COLLECTOR_FILES] = "files",
					    [CGW_COLLECTOR_BPF] = "bpf"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(value, names[i]) == 0) {
			top->collector = (enum cgw_collector_choice)i;
			return CLI_OK;
		}
	return cli_usage_error(top->context,
			       "invalid --collector '%.64s' (expected auto, files or bpf)", value);
}

static enum cli_exit apply_option(struct top *top, int code, const char *value)
{
	enum cli_exit status;
	uint64_t number = 0;

	switch (code) {
	case 'b':
		top->is_batch = true;
		return CLI_OK;
	case 'n':
		return parse_number(top, "iterations", value, &top->batch.count);
	case 'd':
		return apply_setting(top, "screen", "interval", value);
	case 'o':
		return parse_columns(top, value);
	case OPTION_SORT:
		return apply_setting(top, "groups", "sort", value);
	case 'T':
		return apply_setting(top, "groups", "tree", "yes");
	case OPTION_FLAT:
		return apply_setting(top, "groups", "tree", "no");
	case 'f':
		top->filter = value;
		return CLI_OK;
	case OPTION_BELOW:
		top->below = value;
		return CLI_OK;
	case OPTION_DEPTH:
		status = parse_number(top, "depth", value, &number);
		top->depth_max = (uint32_t)number;
		return status;
	case OPTION_COLLECTOR:
		return parse_collector(top, value);
	case OPTION_READ_ONLY:
		top->app->read_only = true;
		return CLI_OK;
	case OPTION_THEME:
		return apply_setting(top, "screen", "theme", value);
	case OPTION_GRAPHS:
		return apply_setting(top, "screen", "graphs", value);
	case OPTION_HOST:
		if (top->host_count == REMOTE_HOSTS_MAX)
			return cli_usage_error(top->context, "too many --host options (at most %d)",
					       REMOTE_HOSTS_MAX);
		top->hosts[top->host_count++] = value;
		return CLI_OK;
	case OPTION_SSH:
		top->ssh = value;
		return CLI_OK;
	case OPTION_POLICY:
		return preview_policy(top, value);
	case OPTION_STATE:
		snprintf(top->app->state_path, sizeof(top->app->state_path), "%s", value);
		return CLI_OK;
	case OPTION_REPLAY:
		top->replay = value;
		return CLI_OK;
	case OPTION_AT:
		top->at = value;
		return CLI_OK;
	default:
		return CLI_USAGE;
	}
}

/* An invalid setting is reported, but does not keep the dashboard from starting. */
static void report_setting(void *context, const struct cgw_diag *diag)
{
	struct top *top = context;
	struct cgw_diag with_file = *diag;

	cgw_escape(with_file.file, sizeof(with_file.file), top->app->config_path,
		   strlen(top->app->config_path));
	cli_diag(top->context, &with_file);
	app_show_message(top->app, ROLE_WARM, "configuration line %u: %s", diag->line, diag->text);
}

static void load_settings(struct top *top)
{
	struct app *app = top->app;
	struct cgw_diag diag = {.text = "out of memory"};
	struct config config;

	if (config_path(app->config_path, sizeof(app->config_path)) < 0) {
		app->config_path[0] = '\0';
		return;
	}
	if (config_load(app->config_path, &config, &diag) == 0)
		settings_read(&app->settings, &config, report_setting, top);
	else
		report_setting(top, &diag);
	config_done(&config);
}

static enum cli_exit print_rows(struct top *top, struct cgw_sampler *sampler)
{
	const char *columns = getenv("COLUMNS");
	int r, width = columns != NULL ? (int)strtol(columns, NULL, 10) : 0;

	top->batch.out = stdout;
	top->batch.columns = width >= 20 && width <= 1000 ? width : 0;
	top->batch.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	r = batch_run(top->app, sampler, &top->batch);
	cgw_sampler_free(sampler);
	if (r < 0)
		cli_error(top->context, "sampling failed: %s", strerror(-r));
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static enum cli_exit show_screen(struct top *top, struct source *source)
{
	struct cgw_diag diag = {.text = ""};
	int r;

	top->app->source_flags = source->kind->flags;
	top->app->source_name = source->kind->name;
	r = screen_run(top->app, source, &diag);

	if (r < 0) {
		cli_error(top->context, "%s", diag.text[0] != '\0' ? diag.text : strerror(-r));
		return r == -ENOTTY || r == -ENOENT ? CLI_USAGE : CLI_FAILED;
	}
	if (top->app->settings_changed)
		app_save(top->app);
	if (r > 0) {
		/* Report the signal to the shell in the exit status. */
		(void)signal(r, SIG_DFL);
		(void)raise(r);
	}
	return CLI_OK;
}

/*
 * Frees the app, whose frames refer to the layout of the source, then the source. A thread that
 * hangs in the kernel still uses the source, the layout and its job: the process then exits.
 */
static void stop(struct top *top, enum cli_exit status)
{
	bool thread_hangs = top->app->thread_hangs;

	top->app = app_free(top->app);
	if (!source_stop(top->source) || thread_hangs) {
		(void)fflush(NULL);
		_exit((int)status);
	}
	top->source = NULL;
}

static enum cli_exit run_with_layout(struct top *top, const struct cgw_layout *layout)
{
	struct cgw_sampler_options sampler_options = {.depth_max = top->depth_max,
						      .collector = top->collector,
						      .idle_interval = IDLE_INTERVAL};
	CLEANUP(cleanup_free) char *below = NULL;
	struct cgw_diag diag = {.text = ""};
	struct cgw_sampler *sampler;
	int r;

	if (top->filter != NULL && list_filter(&top->app->list, top->filter, &diag) < 0)
		return cli_usage_error(top->context, "--filter: %s", diag.text);
	if (top->below != NULL) {
		r = cgw_group_find(layout, top->below, &below, &diag);
		if (r < 0) {
			cli_diag(top->context, &diag);
			return cli_exit_from_error(r);
		}
		sampler_options.below = below;
	}
	top->app->layout = layout;
	(void)gethostname(top->app->host, sizeof(top->app->host) - 1);
	(void)cgw_sampler_raise_descriptors();
	r = cgw_sampler_new(layout, &sampler_options, &sampler, &diag);
	if (r < 0) {
		cli_error(top->context, "%s", diag.text[0] != '\0' ? diag.text : strerror(-r));
		return CLI_FAILED;
	}
	if (top->is_batch)
		return print_rows(top, sampler);
	r = source_live(sampler, top->app->settings.interval_ns, &top->source);
	if (r < 0) {
		cli_error(top->context, "%s", strerror(-r));
		return CLI_FAILED;
	}
	return show_screen(top, top->source);
}

/* Start of the recording: --at, or the second sample, which is the first with rates. */
static enum cli_exit parse_start(struct top *top, const struct cgw_replay *replay,
				 struct seek *ret_start)
{
	struct cgw_recording_info info;

	cgw_replay_info(replay, &info);
	*ret_start = (struct seek){.kind = SEEK_STEPS, .by = 1};
	if (top->at == NULL)
		return CLI_OK;
	ret_start->kind = SEEK_TO_TIME;
	if (cli_parse_time(top->at, info.last_ns, &ret_start->to_ns) == 0)
		return CLI_OK;
	return cli_usage_error(top->context, CLI_INVALID_TIME, "at", top->at);
}

/* Runs the rules over the whole recording, to mark their actions on the timeline. */
static enum cli_exit rehearse(struct top *top)
{
	struct cgw_diag diag = {.text = ""};
	struct cgw_policy *policy;
	int r;

	if (load_policy(top, &policy) < 0)
		return CLI_POLICY_INVALID;
	r = source_recording_rehearse(top->source, top->replay, policy, &diag);
	if (r < 0) {
		cli_error(top->context, "cannot run the policy over the recording: %s",
			  diag.text[0] != '\0' ? diag.text : strerror(-r));
		return CLI_FAILED;
	}
	return CLI_OK;
}

static enum cli_exit open_replay(struct top *top)
{
	struct cgw_diag diag = {.text = ""};
	struct cgw_replay *replay;
	struct seek start;
	enum cli_exit status;
	int r = cgw_replay_open(top->replay, &replay, &diag);

	if (r < 0) {
		cli_diag(top->context, &diag);
		return CLI_FAILED;
	}
	status = parse_start(top, replay, &start);
	if (status != CLI_OK) {
		cgw_replay_free(replay);
		return status;
	}
	r = source_recording(replay, &start, &top->source);
	if (r < 0) {
		cli_error(top->context, "cannot read the recording: %s", strerror(-r));
		return CLI_FAILED;
	}
	return top->policy != NULL ? rehearse(top) : CLI_OK;
}

static enum cli_exit run_replay(struct top *top)
{
	struct cgw_diag diag = {.text = ""};
	enum cli_exit status;

	if (top->is_batch)
		return cli_usage_error(top->context,
				       "--batch and --replay are mutually exclusive; use "
				       "'cgward dump --replay' to print rows");
	if (top->below != NULL || top->depth_max > 0)
		return cli_usage_error(top->context,
				       "--below and --depth cannot be used with --replay; use "
				       "--filter");
	if (top->filter != NULL && list_filter(&top->app->list, top->filter, &diag) < 0)
		return cli_usage_error(top->context, "--filter: %s", diag.text);
	status = open_replay(top);
	if (status == CLI_OK) {
		top->app->paused = true;
		status = show_screen(top, top->source);
	}
	stop(top, status);
	return status;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum cli_exit run_remote(struct top *top)
{
	const char *ssh[REMOTE_SSH_ARGUMENTS_MAX + 1];
	CLEANUP(cleanup_free) char *words = NULL;
	const struct remote_hosts_options hosts_options = {
		.hosts = top->hosts,
		.count = top->host_count,
		.ssh = ssh,
		.interval_ns = top->app->settings.interval_ns,
	};
	struct remote_hosts *hosts = NULL;
	struct cgw_diag diag = {.text = ""};
	enum cli_exit status;
	int r;

	if (top->is_batch || top->replay != NULL || top->below != NULL || top->depth_max > 0)
		return cli_usage_error(top->context,
				       "--host cannot be used with --batch, --replay, --below or "
				       "--depth; use --filter to select groups, or 'cgward dump "
				       "--host' to print rows");
	if (top->filter != NULL && list_filter(&top->app->list, top->filter, &diag) < 0)
		return cli_usage_error(top->context, "--filter: %s", diag.text);
	qsort(top->hosts, top->host_count, sizeof(top->hosts[0]), by_name);
	r = remote_ssh_parse_command(top->ssh, &words, ssh, &diag);
	if (r == 0)
		r = remote_hosts_new(&hosts_options, &hosts, &diag);
	if (r < 0)
		return cli_usage_error(top->context, "--host: %s",
				       diag.text[0] != '\0' ? diag.text : strerror(-r));
	r = source_remote(hosts, top->app->settings.interval_ns, &top->source);
	if (r < 0) {
		cli_error(top->context, "%s", strerror(-r));
		return CLI_FAILED;
	}
	top->app->hosts =
		(struct app_hosts){.ssh = top->ssh, .names = top->hosts, .count = top->host_count};
	if (top->host_count == 1)
		snprintf(top->app->host, sizeof(top->app->host), "%s", top->hosts[0]);
	else
		snprintf(top->app->host, sizeof(top->app->host), "%zu hosts", top->host_count);
	status = show_screen(top, top->source);
	stop(top, status);
	return status;
}

static enum cli_exit run(struct top *top, int argc, char **argv)
{
	enum cli_exit status = CLI_OK;
	struct cgw_layout *layout;
	const char *value;
	int code;

	while ((code = cli_next_option(top->context, &help, argc, argv, &value, &status)) > 0) {
		status = apply_option(top, code, value);
		if (status != CLI_OK)
			return status;
	}
	if (code < 0)
		return status;
	if (optind < argc)
		return cli_usage_error(top->context,
				       "unexpected argument '%.64s'; use --filter or --below to "
				       "select groups",
				       argv[optind]);
	if (top->batch.count > 0 && !top->is_batch)
		return cli_usage_error(top->context, "--iterations requires --batch");
	if (top->at != NULL && top->replay == NULL)
		return cli_usage_error(top->context, "--at requires --replay");
	if (top->ssh != NULL && top->host_count == 0)
		return cli_usage_error(top->context, "--ssh requires --host");
	if (top->host_count > 0)
		return run_remote(top);
	if (top->replay != NULL)
		return run_replay(top);
	layout = cli_layout(top->context, &status);
	if (layout == NULL)
		return status;
	status = run_with_layout(top, layout);
	stop(top, status);
	cgw_layout_free(layout);
	return status;
}

static int top_run(struct cli_context *context, int argc, char **argv)
{
	struct top top = {.context = context};
	enum cli_exit status;

	if (app_new(&top.app) < 0) {
		cli_error(context, "out of memory");
		return (int)CLI_FAILED;
	}
	load_settings(&top);
	status = run(&top, argc, argv);
	app_free(top.app);
	return (int)status;
}

const struct cli_command tui_commands[] = {
	{"top", "show all groups live, and act on them", top_run},
	{NULL, NULL, NULL},
};
