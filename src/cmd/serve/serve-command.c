/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* serve-command.c - `cgward serve`: this machine's groups for Prometheus, a sample a scrape. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#include "cmd/serve/container-labels.h"
#include "cmd/serve/endpoint.h"
#include "cmd/serve/listen-address.h"
#include "cmd/serve/self-metrics.h"
#include "cmd/serve/serve-command.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "shared/cli/options.h"
#include "shared/cli/select-groups.h"

#define GLOB_MAX   64
#define GROUPS_MAX 10000

enum {
	OPTION_LISTEN = CLI_OPTION_LONG,
	OPTION_MATCH,
	OPTION_DEPTH,
	OPTION_BELOW,
	OPTION_GROUPS_MAX,
	OPTION_FRESH,
	OPTION_STATE_ROOT,
};

static const struct cli_option options[] = {
	{OPTION_LISTEN, "listen", "WHERE", false,
	 "ADDRESS:PORT in numbers, unix:/PATH, or systemd (systemd's socket where one is passed, "
	 "else " ADDRESS_DEFAULT ")"},
	{'o', "columns", "KEY,...", false,
	 "metrics to expose; +KEY,... adds to the usual ones, \"all\" is every one"},
	{OPTION_MATCH, "match", "GLOB", false,
	 "only groups whose path matches; may be given again"},
	{OPTION_DEPTH, "depth", "N", false, "only groups up to N levels below the root"},
	{OPTION_BELOW, "below", "GROUP", false, "only this group and what is beneath it"},
	{OPTION_GROUPS_MAX, "groups-max", "N", false,
	 "expose at most N groups (10000), the deepest are left out"},
	{OPTION_FRESH, "fresh", "TIME", false,
	 "answer from the last sample while it is no older (1s)"},
	{OPTION_STATE_ROOT, "state-root", "DIR", false,
	 "look for the names of containers and pods as if / were there"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward serve [OPTION...]",
	.text = "Answers Prometheus' scrapes over HTTP until it is told to end (SIGTERM, SIGINT).",
	.options = options,
};

struct serve {
	struct cli_context *context;
	struct cgw_layout *layout;
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	struct endpoint *endpoint;
	struct field_list fields;
	struct group_selection selection;
	const char *globs[GLOB_MAX];
	const char *listen, *columns, *below, *state_root;
	struct names *names;
	uint64_t groups_max, fresh_ns;
	uint64_t sampled_ns; /* monotonic; 0: never */
	struct health health;
};

/* A sample no older than asked for: both dialects asked at once see the same one. */
static int sample(struct serve *serve)
{
	struct cgw_snapshot *snapshot;
	int r;

	if (serve->sampled_ns != 0 &&
	    clock_ns(CLOCK_MONOTONIC) - serve->sampled_ns <= serve->fresh_ns)
		return 0;
	r = cgw_sampler_sample(serve->sampler, &snapshot);
	if (r < 0) {
		health_count(&serve->health, NULL);
		return r;
	}
	r = cgw_frame_update(serve->frame, snapshot);
	if (r == 0)
		health_count(&serve->health, snapshot);
	cgw_snapshot_unref(snapshot); /* the frame holds it */
	if (r == 0)
		serve->sampled_ns = clock_ns(CLOCK_MONOTONIC);
	return r;
}

static int metrics(void *context, enum cgw_exposition_dialect dialect, cgw_exposition_sink *sink,
		   void *sink_context)
{
	struct serve *serve = context;
	CLEANUP(cleanup_free) uint32_t *groups = NULL;
	struct cgw_exposition *exposition;
	struct cgw_exposition_group_filter exposed = {
		.frame = serve->frame,
		.fields = serve->fields.items,
		.field_count = serve->fields.count,
		.groups_max = size_from_u64(serve->groups_max),
		.more_labels = names_labels,
		.context = serve->names,
	};
	int r = sample(serve);

	if (r < 0)
		return r;
	groups = calloc(cgw_snapshot_topology(cgw_frame_now(serve->frame))->count, sizeof(*groups));
	if (groups == NULL)
		return -ENOMEM;
	r = group_select(serve->frame, &serve->selection, groups, &exposed.group_count);
	if (r == 0)
		r = cgw_exposition_new(dialect, sink, sink_context, &exposition);
	if (r < 0)
		return r;
	exposed.groups = groups;
	names_begin(serve->names, clock_ns(CLOCK_MONOTONIC));
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): set where r is 0 */
	cgw_exposition_groups(exposition, &exposed);
	health_expose(&serve->health, exposition);
	endpoint_expose(serve->endpoint, exposition);
	return cgw_exposition_end(exposition);
}

static int health(void *context)
{
	return sample(context);
}

static enum cli_exit take_number(const struct serve *serve, const char *option, const char *value,
				 uint64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || *ret_number == 0 ||
	    *ret_number > UINT32_MAX)
		return cli_usage_error(serve->context,
				       "--%s wants a number above zero, not \"%.64s\"", option,
				       value);
	return CLI_OK;
}

static enum cli_exit take_glob(struct serve *serve, const char *glob)
{
	struct cgw_diag diag = {0};

	if (cgw_glob_check(glob, &diag) < 0)
		return cli_usage_error(serve->context, "--match: %s", diag.text);
	if (serve->selection.glob_count == GLOB_MAX)
		return cli_usage_error(serve->context, "--match can be given %d times", GLOB_MAX);
	serve->globs[serve->selection.glob_count++] = glob;
	return CLI_OK;
}

static enum cli_exit take_option(struct serve *serve, int code, const char *value)
{
	uint64_t number = 0;
	enum cli_exit status;

	switch (code) {
	case OPTION_LISTEN:
		serve->listen = value;
		return CLI_OK;
	case 'o':
		serve->columns = value;
		return CLI_OK;
	case OPTION_MATCH:
		return take_glob(serve, value);
	case OPTION_DEPTH:
		status = take_number(serve, "depth", value, &number);
		serve->selection.depth_max = (uint32_t)number;
		return status;
	case OPTION_BELOW:
		serve->below = value;
		return CLI_OK;
	case OPTION_GROUPS_MAX:
		return take_number(serve, "groups-max", value, &serve->groups_max);
	case OPTION_STATE_ROOT:
		serve->state_root = value;
		return CLI_OK;
	case OPTION_FRESH:
		if (cli_parse_duration(value, &serve->fresh_ns) < 0)
			return cli_usage_error(serve->context,
					       "--fresh wants a time such as 0, 500ms or 2s, not "
					       "\"%.64s\"",
					       value);
		return CLI_OK;
	default:
		return CLI_USAGE;
	}
}

static enum cli_exit parse_fields(struct serve *serve)
{
	struct cgw_diag diag = {0};
	int r = field_list_parse(&serve->fields, cgw_exposition_default_fields(), &diag);

	if (r == 0 && serve->columns != NULL)
		r = field_list_parse(&serve->fields, serve->columns, &diag);
	if (r < 0)
		return cli_usage_error(serve->context, "%s",
				       r == -ENOMEM ? "out of memory" : diag.text);
	return CLI_OK;
}

static int start_sampler(struct serve *serve, struct cgw_diag *diag)
{
	const struct cgw_sampler_options sampler_options = {
		.below = serve->selection.below,
		.depth_max = serve->selection.depth_max,
	};
	struct cgw_metric_set wanted = {0};
	int r = cgw_sampler_new(serve->layout, &sampler_options, &serve->sampler, diag);

	for (size_t i = 0; i < serve->fields.count; i++)
		if (cgw_exposition_accepts(serve->fields.items[i]))
			cgw_field_metrics(serve->fields.items[i], &wanted);
	if (r == 0)
		r = cgw_sampler_set_metrics(serve->sampler, &wanted);
	if (r == 0)
		r = cgw_frame_new(&serve->frame);
	if (r == 0)
		r = names_new(serve->state_root, &serve->names);
	return r == 0 ? sample(serve) : r;
}

/* Until a signal asks for the end. */
static int loop(struct serve *serve, int signals)
{
	struct pollfd waits[] = {
		{.fd = endpoint_fd(serve->endpoint), .events = POLLIN},
		{.fd = signals, .events = POLLIN},
	};

	for (;;) {
		int r = poll(waits, ARRAY_SIZE(waits), endpoint_timeout_ms(serve->endpoint));

		if (r < 0 && errno != EINTR)
			return -errno;
		if (waits[1].revents != 0)
			return 0;
		r = endpoint_run(serve->endpoint);
		if (r < 0)
			return r;
	}
}

static enum cli_exit run_endpoint(struct serve *serve)
{
	const struct endpoint_options endpoint_options = {
		.listen = serve->listen,
		.fresh_ns = serve->fresh_ns,
		.metrics = metrics,
		.health = health,
		.context = serve,
	};
	CLEANUP(cleanup_close) int signals = -1;
	struct cgw_diag diag = {0};
	sigset_t ends;
	int r = start_sampler(serve, &diag);

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	if (r == 0 && (sigprocmask(SIG_BLOCK, &ends, NULL) < 0 ||
		       (signals = signalfd(-1, &ends, SFD_CLOEXEC)) < 0))
		r = -errno;
	if (r == 0)
		r = endpoint_open(&endpoint_options, &serve->endpoint, &diag);
	if (r == 0) {
		printf("%s\n", endpoint_where(serve->endpoint));
		(void)fflush(stdout); /* said before the first scrape; who starts us reads it */
		r = loop(serve, signals);
	}
	endpoint_close(serve->endpoint);
	if (r == 0)
		return CLI_OK;
	cli_error(serve->context, "%s", diag.text[0] != '\0' ? diag.text : strerror(-r));
	return r == -EINVAL ? CLI_USAGE : r == -EACCES ? CLI_NO_PRIVILEGE : CLI_FAILED;
}

static enum cli_exit run_serve(struct serve *serve)
{
	CLEANUP(cleanup_free) char *below = NULL;
	struct cgw_diag diag = {0};
	enum cli_exit status = parse_fields(serve);

	if (status == CLI_OK)
		serve->layout = cli_layout(serve->context, &status);
	if (serve->layout == NULL)
		return status;
	serve->health.layout = serve->layout;
	if (serve->below != NULL) {
		int r = cgw_group_find(serve->layout, serve->below, &below, &diag);

		if (r < 0) {
			cli_diag(serve->context, &diag);
			return cli_exit_from_error(r);
		}
		serve->selection.below = below;
	}
	(void)cgw_sampler_raise_descriptors();
	return run_endpoint(serve);
}

static int serve_run(struct cli_context *context, int argc, char **argv)
{
	struct serve serve = {
		.context = context,
		.groups_max = GROUPS_MAX,
		.fresh_ns = 1000000000,
		.health.started_ns = clock_ns(CLOCK_REALTIME),
	};
	enum cli_exit status = CLI_OK;
	const char *value;
	int code;

	while ((code = cli_next_option(context, &help, argc, argv, &value, &status)) > 0) {
		status = take_option(&serve, code, value);
		if (status != CLI_OK)
			return (int)status;
	}
	if (code < 0)
		return (int)status;
	if (optind < argc)
		return (int)cli_usage_error(context,
					    "serve takes no operand; --match picks groups");
	serve.selection.globs = serve.globs;
	status = run_serve(&serve);
	names_free(serve.names);
	cgw_frame_free(serve.frame);
	cgw_sampler_free(serve.sampler);
	cgw_layout_free(serve.layout);
	field_list_done(&serve.fields);
	return (int)status;
}

const struct cli_command serve_commands[] = {
	{"serve", "answer Prometheus' scrapes over HTTP", serve_run},
	{NULL, NULL, NULL},
};
