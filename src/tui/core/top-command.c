/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* top-command.c - `cgward top`: options, settings, then the dashboard or --batch. */
#include <cgward/inspect.h>
#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "shared/cli/options.h"
#include "shared/cli/text-table.h"
#include "tui/core/batch.h"
#include "tui/core/dashboard.h"
#include "tui/core/saved-views.h"
#include "tui/core/theme-file.h"
#include "tui/core/views.h"

/*
 * An idle group is read in full only every 8th sample, which delays the display of changes made
 * by other processes. An opened group, or one that was just acted on, is always read in full.
 */
#define IDLE_INTERVAL 8

struct top {
	struct cli_context *context;
	struct app *app;
	struct source *source;
	struct batch batch;
	bool is_batch, read_only, lists_views;
	const char *save_view, *delete_view;
	const char *below, *filter, *replay, *at, *policy, *state;
	uint32_t depth_max;
	enum cgw_collector_choice collector;
	struct cli_list hosts;
	const char *ssh;
};

/* Options with the same names and values as settings of the configuration. */
enum setting { DELAY, SORT, TREE, FLAT, THEME, GRAPHS };

static const struct {
	const char *section, *name, *value; /* NULL: the argument */
} option_settings[] = {
	[DELAY] = {"screen", "interval", NULL}, [SORT] = {"groups", "sort", NULL},
	[TREE] = {"groups", "tree", "yes"},     [FLAT] = {"groups", "tree", "no"},
	[THEME] = {"screen", "theme", NULL},    [GRAPHS] = {"screen", "graphs", NULL},
};

static enum cli_exit apply_setting(struct top *top, const char *section, const char *name,
				   const char *value)
{
	struct cgw_diag diag = {.text = ""};

	if (settings_set(&top->app->settings, section, name, value, &diag) < 0)
		return cli_usage_error(top->context, "%s", diag.text);
	return CLI_OK;
}

static enum cli_exit parse_setting(void *target, struct cli_context *context,
				   const struct cli_option *option, const char *argument)
{
	const char *value = option_settings[option->value].value;

	return apply_setting(target, option_settings[option->value].section,
			     option_settings[option->value].name, value != NULL ? value : argument);
}

static enum cli_exit parse_columns(void *target, struct cli_context *context,
				   const struct cli_option *option, const char *argument)
{
	struct top *top = target;
	CLEANUP(cleanup_free) char *copy = strdup(argument + (argument[0] == '+'));
	char *rest, *key;
	enum cli_exit status = CLI_OK;

	if (copy == NULL)
		return CLI_FAILED;
	if (argument[0] != '+')
		top->app->settings.column_count = 0;
	for (key = strtok_r(copy, ", ", &rest); key != NULL && status == CLI_OK;
	     key = strtok_r(NULL, ", ", &rest))
		status = apply_setting(top, "groups", "column", key);
	if (status == CLI_OK && top->app->settings.column_count == 0)
		return cli_usage_error(context, "--%s requires at least one column key",
				       option->name);
	return status;
}

/* Options after it override what the view has. */
static enum cli_exit parse_view(void *target, struct cli_context *context,
				const struct cli_option *option, const char *argument)
{
	struct top *top = target;
	struct saved_view view = {.settings = top->app->settings};
	struct cgw_diag diag = {.text = "out of memory"};

	if (saved_view_load(top->app->config_path, argument, &view, &diag) < 0) {
		cli_diag(context, &diag);
		return CLI_USAGE;
	}
	app_apply_view(top->app, argument, &view.settings);
	top->filter = NULL;
	return list_filter(&top->app->list, view.filter, NULL) < 0 ? CLI_FAILED : CLI_OK;
}

static const char *const collectors[] = {[CGW_COLLECTOR_AUTO] = "auto",
					 [CGW_COLLECTOR_FILES] = "files",
					 [CGW_COLLECTOR_BPF] = "bpf",
					 NULL};

/* Only for completions: the settings reject others. */
static const char *const themes[] = {"auto", "dark", "light", "plain", NULL};
static const char *const graphs[] = {"braille", "blocks", "ascii", NULL};

static void add_views(struct string_list *values)
{
	char path[512];

	if (config_path(path, sizeof(path)) == 0)
		(void)saved_views_list(path, values, NULL);
}

#define TRUE(member) CLI_TRUE(struct top, member)
#define TEXT(member) CLI_TEXT(struct top, member)
#define SETTING(id)  CLI_CALL(parse_setting), .value = (id)

static const struct cli_option options[] = {
	{0, "batch", NULL, "print rows as text instead of showing the dashboard", TRUE(is_batch),
	 .heading = "Sampling"},
	CLI_WIDE_OPTION,
	{'n', "count", "N", "stop after N rounds (with --batch)",
	 CLI_COUNT(struct top, batch.count)},
	{'d', "delay", "TIME", "time between samples (500ms, 2s, 1m)", SETTING(DELAY)},
	{'o', "columns", "KEY,...",
	 "KEY, or KEY:bar, :graph, :limit, :advice or :stack; +KEY,... adds to them",
	 CLI_CALL(parse_columns), .heading = "List"},
	{0, "sort", "KEY", "sort by KEY, largest first", SETTING(SORT)},
	{'T', "tree", NULL, "show groups as a tree", SETTING(TREE)},
	{0, "flat", NULL, "show groups as a flat list", SETTING(FLAT)},
	{0, "view", "NAME", "apply the saved view NAME; options after it override it",
	 CLI_CALL(parse_view), .add_values = add_views},
	{0, "save-view", "NAME", "save the view that the other options describe as NAME, and exit",
	 TEXT(save_view), .add_values = add_views},
	{0, "delete-view", "NAME", "delete the saved view NAME, and exit", TEXT(delete_view),
	 .add_values = add_views},
	{0, "list-views", NULL, "list the names of the saved views, and exit", TRUE(lists_views)},
	{'f', "filter", "FILTER",
	 "show only groups that match a glob, part of a path or a condition", TEXT(filter),
	 .heading = "Selection"},
	{0, "below", "GROUP", "show only GROUP and its descendants", TEXT(below)},
	{0, "depth", "N", "show only groups up to N levels below the root",
	 CLI_COUNT32(struct top, depth_max)},
	{0, "collector", "HOW", "how to read the kernel: auto, files or bpf",
	 CLI_CHOICE(struct top, collector, collectors)},
	{0, "read-only", NULL, "disable all keys that change the system", TRUE(read_only)},
	{0, "theme", "NAME", "colour theme: auto, dark, light, plain or that of a file",
	 SETTING(THEME), .choices = themes, .add_values = themes_list, .heading = "Screen"},
	{0, "graphs", "NAME", "graph characters: braille, blocks or ascii", SETTING(GRAPHS),
	 .choices = graphs},
	{0, "host", "HOST", "show HOST over ssh instead of this machine; repeat for several hosts",
	 CLI_LIST(struct top, hosts), .heading = "Source"},
	{0, "ssh", "COMMAND", "ssh command for --host (for example \"ssh -p 2222\")", TEXT(ssh)},
	{0, "policy", "FILE", "preview the rules of FILE without applying them", TEXT(policy)},
	{0, "state", "DIR", "state directory of the enforcement to show (default: /run/cgward)",
	 TEXT(state)},
	{0, "replay", "PATH", "show a recording (file or directory) instead of this machine",
	 TEXT(replay)},
	{0, "at", "TIME", "start the recording at TIME (03:12, -10m)", TEXT(at)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Show the groups that use most memory first", "cgward top --sort memory.working_set"},
	{"Show only groups that use more than half a CPU", "cgward top --filter 'cpu > 50%'"},
	{"Save what the options show as a view, and show it again",
	 "cgward top --flat --sort io --save-view disks && cgward top --view disks"},
	{"Print three samples as text", "cgward top --batch --count 3"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward top [OPTION...]",
	.text = "Shows all control groups live, and acts on them. Press '?' for help on the "
		"keys;\n~/.config/cgward/config contains columns, colours and keys.",
	.options = options,
	.examples = examples,
};

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

static enum cli_exit preview_policy(struct top *top)
{
	struct cgw_policy *policy;

	if (load_policy(top, &policy) < 0)
		return CLI_POLICY_INVALID;
	top->app->rules = rules_free(top->app->rules);
	return rules_new(policy, &top->app->rules) < 0 ? CLI_FAILED : CLI_OK;
}

/* An invalid setting is reported, but does not keep the dashboard from starting. */
static void report_setting(void *context, const struct cgw_diag *diag)
{
	struct top *top = context;
	struct cgw_diag with_file = *diag;

	cgw_escape(with_file.file, sizeof(with_file.file), top->app->config_path,
		   strlen(top->app->config_path));
	cli_diag(top->context, &with_file);
	app_report_configuration(top->app, &with_file);
}

static void check_configuration(struct top *top, const struct config *config)
{
	settings_read(&top->app->settings, config, report_setting, top);
	saved_views_check(config, report_setting, top);
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
		check_configuration(top, &config);
	else
		report_setting(top, &diag);
	config_done(&config);
}

static enum cli_exit print_rows(struct top *top, struct cgw_sampler *sampler)
{
	const char *columns = getenv("COLUMNS");
	int r, width = (int)table_width(top->context, stdout);

	if (columns != NULL && !top->context->wide)
		width = (int)strtol(columns, NULL, 10);
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
	if (!source_stop(top->source, THREAD_STOP_NS) || thread_hangs) {
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

	if (top->below != NULL) {
		r = cgw_names_find(layout, top->below, UINT32_MAX, NULL, &below, &diag);
		if (r < 0)
			return cli_fail(top->context, r, &diag);
		sampler_options.below = below;
	}
	top->app->layout = layout;
	(void)gethostname(top->app->host, sizeof(top->app->host) - 1);
	(void)cgw_sampler_raise_descriptors();
	r = cgw_sampler_new(layout, &sampler_options, &sampler, &diag);
	if (r < 0)
		return cli_error(top->context, "%s",
				 diag.text[0] != '\0' ? diag.text : strerror(-r));
	if (top->is_batch)
		return print_rows(top, sampler);
	r = source_live(sampler, top->app->settings.interval_ns, &top->source);
	if (r < 0)
		return cli_error(top->context, "%s", strerror(-r));
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
	if (r < 0)
		return cli_error(top->context, "cannot run the policy over the recording: %s",
				 diag.text[0] != '\0' ? diag.text : strerror(-r));
	return CLI_OK;
}

static enum cli_exit open_replay(struct top *top)
{
	struct cgw_diag diag = {.text = ""};
	struct cgw_replay *replay;
	struct seek start;
	enum cli_exit status;
	int r = cgw_replay_open(top->replay, &replay, &diag);

	if (r < 0)
		return cli_diag(top->context, &diag);
	status = parse_start(top, replay, &start);
	if (status != CLI_OK) {
		cgw_replay_free(replay);
		return status;
	}
	r = source_recording(replay, &start, SOURCE_HISTORY_NS, &top->source);
	if (r < 0)
		return cli_error(top->context, "cannot read the recording: %s", strerror(-r));
	top->app->recording_path = top->replay;
	return top->policy != NULL ? rehearse(top) : CLI_OK;
}

static enum cli_exit run_replay(struct top *top)
{
	enum cli_exit status;

	if (top->is_batch)
		return cli_usage_error(top->context,
				       "--batch and --replay are mutually exclusive; use "
				       "`cgward dump --replay '%s'` to print rows",
				       top->replay);
	if (top->below != NULL || top->depth_max > 0)
		return cli_usage_error(top->context,
				       "--below and --depth cannot be used with --replay; use "
				       "--filter");
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
		.hosts = top->hosts.items,
		.count = top->hosts.count,
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
				       "--depth; use --filter to select groups, or `cgward dump "
				       "--host '%s'` to print rows",
				       top->hosts.items[0]);
	qsort(top->hosts.items, top->hosts.count, sizeof(top->hosts.items[0]), by_name);
	r = remote_ssh_parse_command(top->ssh, &words, ssh, &diag);
	if (r == 0)
		r = remote_hosts_new(&hosts_options, &hosts, &diag);
	if (r < 0)
		return cli_usage_error(top->context, "--host: %s",
				       diag.text[0] != '\0' ? diag.text : strerror(-r));
	r = source_remote(hosts, top->app->settings.interval_ns, &top->source);
	if (r < 0)
		return cli_error(top->context, "%s", strerror(-r));
	top->app->hosts = (struct app_hosts){
		.ssh = top->ssh, .names = top->hosts.items, .count = top->hosts.count};
	if (top->hosts.count == 1)
		snprintf(top->app->host, sizeof(top->app->host), "%s", top->hosts.items[0]);
	else
		snprintf(top->app->host, sizeof(top->app->host), "%zu hosts", top->hosts.count);
	status = show_screen(top, top->source);
	stop(top, status);
	return status;
}

/* --list-views, --save-view and --delete-view. */
static enum cli_exit change_views(struct top *top)
{
	const struct app *app = top->app;
	CLEANUP(string_list_free) struct string_list names = {0};
	struct cgw_diag diag = {.text = "out of memory"};
	bool replaced;
	int r = 0;

	if (top->delete_view != NULL)
		r = saved_view_delete(app->config_path, top->delete_view, &diag);
	if (r == 0 && top->save_view != NULL)
		r = saved_view_store(app->config_path, top->save_view, &app->settings,
				     app->list.filter.text, &replaced, &diag);
	if (r == 0 && top->lists_views)
		r = saved_views_list(app->config_path, &names, &diag);
	if (r < 0) {
		cli_diag(top->context, &diag);
		return r == -ENOENT || r == -EINVAL ? CLI_USAGE : CLI_FAILED;
	}
	for (size_t i = 0; i < names.count; i++)
		printf("%s\n", names.items[i]);
	return CLI_OK;
}

static enum cli_exit run(struct top *top, int argc, char **argv)
{
	enum cli_exit status;
	struct cgw_diag diag = {.text = ""};
	struct cgw_layout *layout;

	if (!cli_parse_options(top->context, &help, &argc, &argv, top, &status))
		return status;
	top->app->kept = top->app->settings;
	top->app->read_only = top->read_only;
	if (top->is_batch) /* the order of rows for programs is that of --sort */
		top->app->settings.pins.count = 0;
	if (top->state != NULL)
		top->app->state_path = top->state;
	status = top->policy != NULL ? preview_policy(top) : CLI_OK;
	if (status != CLI_OK)
		return status;
	if (argc > 0)
		return cli_usage_error(top->context,
				       "unexpected argument '%.64s'; use --filter or --below to "
				       "select groups",
				       argv[0]);
	if (top->batch.count > 0 && !top->is_batch)
		return cli_usage_error(top->context, "--count requires --batch");
	if (top->at != NULL && top->replay == NULL)
		return cli_usage_error(top->context, "--at requires --replay");
	if (top->ssh != NULL && top->hosts.count == 0)
		return cli_usage_error(top->context, "--ssh requires --host");
	if (top->filter != NULL && list_filter(&top->app->list, top->filter, &diag) < 0)
		return cli_usage_error(top->context, "--filter: %s", diag.text);
	if (top->save_view != NULL || top->delete_view != NULL || top->lists_views)
		return change_views(top);
	if (top->hosts.count > 0)
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

	if (app_new(&top.app) < 0)
		return (int)cli_error(context, "out of memory");
	load_settings(&top);
	status = run(&top, argc, argv);
	app_free(top.app);
	return (int)status;
}

const struct cli_command tui_commands[] = {
	{"top", "show all groups live, and act on them", top_run},
	{NULL, NULL, NULL},
};
