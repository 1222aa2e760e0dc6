/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* serve-command.c - `cgward serve`: serve metrics to Prometheus, one sample per scrape. */
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
	{OPTION_LISTEN, "listen", "ADDRESS", false,
	 "numeric ADDRESS:PORT, unix:/PATH or systemd (default: systemd's socket, "
	 "else " ADDRESS_DEFAULT ")"},
	{'o', "columns", "KEY,...", false,
	 "metrics to expose; +KEY,... adds to the default, 'all' selects all"},
	{OPTION_MATCH, "match", "GLOB", false, "only groups whose path matches; may be repeated"},
	{OPTION_DEPTH, "depth", "N", false, "only groups up to N levels below the root"},
	{OPTION_BELOW, "below", "GROUP", false, "only this group and its descendants"},
	{OPTION_GROUPS_MAX, "groups-max", "N", false,
	 "expose at most N groups, omit the deepest (default: 10000)"},
	{OPTION_FRESH, "fresh", "TIME", false,
	 "reuse the last sample up to this age (default: 1s)"},
	{OPTION_STATE_ROOT, "state-root", "DIR", false,
	 "look up container and pod names below DIR instead of /"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward serve [OPTION...]",
	.text = "Serves metrics to Prometheus over HTTP until SIGTERM or SIGINT.",
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
	struct container_labels *labels;
	uint64_t groups_max, fresh_ns;
	uint64_t sampled_ns; /* monotonic; 0: never */
	struct health health;
};

/* Samples unless the last sample is fresh enough. */
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
	cgw_snapshot_unref(snapshot); /* the frame holds a reference */
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
		.more_labels = container_labels_get,
		.context = serve->labels,
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
	container_labels_begin(serve->labels, clock_ns(CLOCK_MONOTONIC));
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

static enum cli_exit parse_number(const struct serve *serve, const char *option, const char *value,
				  uint64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoull(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || *ret_number == 0 ||
	    *ret_number > UINT32_MAX)
		return cli_usage_error(serve->context,
				       "invalid --%s '%.64s' (expected a number above 0)", option,
				       value);
	return CLI_OK;
}

static enum cli_exit add_glob(struct serve *serve, const char *glob)
{
	struct cgw_diag diag = {0};

	if (cgw_glob_check(glob, &diag) < 0)
		return cli_usage_error(serve->context, "--match: %s", diag.text);
	if (serve->selection.glob_count == GLOB_MAX)
		return cli_usage_error(serve->context, "--match can be given at most %d times",
				       GLOB_MAX);
	serve->globs[serve->selection.glob_count++] = glob;
	return CLI_OK;
}

static enum cli_exit apply_option(struct serve *serve, int code, const char *value)
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
		return add_glob(serve, value);
	case OPTION_DEPTH:
		status = parse_number(serve, "depth", value, &number);
		serve->selection.depth_max = (uint32_t)number;
		return status;
	case OPTION_BELOW:
		serve->below = value;
		return CLI_OK;
	case OPTION_GROUPS_MAX:
		return parse_number(serve, "groups-max", value, &serve->groups_max);
	case OPTION_STATE_ROOT:
		serve->state_root = value;
		return CLI_OK;
	case OPTION_FRESH:
		if (cli_parse_duration(value, &serve->fresh_ns) < 0)
			return cli_usage_error(
				serve->context,
				"invalid --fresh '%.64s' (expected a time such as 0, "
				"500ms or 2s)",
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
	struct cgw_metric_set metrics_needed = {0};
	int r = cgw_sampler_new(serve->layout, &sampler_options, &serve->sampler, diag);

	for (size_t i = 0; i < serve->fields.count; i++)
		if (cgw_exposition_accepts(serve->fields.items[i]))
			cgw_field_metrics(serve->fields.items[i], &metrics_needed);
	if (r == 0)
		r = cgw_sampler_set_metrics(serve->sampler, &metrics_needed);
	if (r == 0)
		r = cgw_frame_new(&serve->frame);
	if (r == 0)
		r = container_labels_new(serve->state_root, &serve->labels);
	return r == 0 ? sample(serve) : r;
}

/* Runs until SIGTERM or SIGINT. */
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
	sigset_t stop_signals;
	int r = start_sampler(serve, &diag);

	sigemptyset(&stop_signals);
	sigaddset(&stop_signals, SIGTERM);
	sigaddset(&stop_signals, SIGINT);
	if (r == 0 && (sigprocmask(SIG_BLOCK, &stop_signals, NULL) < 0 ||
		       (signals = signalfd(-1, &stop_signals, SFD_CLOEXEC)) < 0))
		r = -errno;
	if (r == 0)
		r = endpoint_open(&endpoint_options, &serve->endpoint, &diag);
	if (r == 0) {
		printf("%s\n", endpoint_address(serve->endpoint));
		(void)fflush(stdout); /* scripts read the address before they scrape */
		r = loop(serve, signals);
	}
	endpoint_close(serve->endpoint);
	if (r == 0)
		return CLI_OK;
	if (diag.text[0] != '\0')
		cli_error(serve->context, "%s", diag.text);
	else
		cli_error(serve->context, "cannot serve metrics: %s", strerror(-r));
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
		status = apply_option(&serve, code, value);
		if (status != CLI_OK)
			return (int)status;
	}
	if (code < 0)
		return (int)status;
	if (optind < argc)
		return (int)cli_usage_error(context,
					    "unexpected argument '%s' (select groups with --match)",
					    argv[optind]);
	serve.selection.globs = serve.globs;
	status = run_serve(&serve);
	container_labels_free(serve.labels);
	cgw_frame_free(serve.frame);
	cgw_sampler_free(serve.sampler);
	cgw_layout_free(serve.layout);
	field_list_done(&serve.fields);
	return (int)status;
}

const struct cli_command serve_commands[] = {
	{"serve", "serve metrics to Prometheus over HTTP", serve_run},
	{NULL, NULL, NULL},
};
