/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* serve-command.c - `cgward serve`: serve metrics to Prometheus, one sample per scrape. */
#include <cgward/inspect.h>
#include <errno.h>
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
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "lib/model/sampling.h"
#include "shared/cli/options.h"
#include "shared/cli/select-groups.h"

#define GROUPS_MAX 10000

struct serve {
	struct cli_context *context;
	struct cgw_layout *layout;
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	struct endpoint *endpoint;
	struct field_list fields;
	struct group_selection selection;
	struct cli_list globs;
	const char *listen, *columns, *below, *state_root;
	struct container_labels *labels;
	uint64_t groups_max, fresh_ns;
	uint64_t sampled_ns; /* monotonic; 0: never */
	struct health health;
};

#define TEXT(member) CLI_TEXT(struct serve, member)

static const struct cli_option options[] = {
	{0, "listen", "ADDRESS",
	 "HOST:PORT, unix:/PATH or systemd (default: systemd, else " ADDRESS_DEFAULT ")",
	 TEXT(listen)},
	{'o', "columns", "KEY,...",
	 "metrics to expose; +KEY,... adds to the default, 'all' selects all", TEXT(columns)},
	{0, "match", "GLOB", "only groups whose path matches; may be repeated",
	 CLI_GLOBS(struct serve, globs)},
	{0, "depth", "N", "only groups up to N levels below the root",
	 CLI_COUNT32(struct serve, selection.depth_max)},
	{0, "below", "GROUP", "only this group and its descendants", TEXT(below)},
	{0, "groups-max", "N", "expose at most N groups, omit the deepest (default: 10000)",
	 CLI_COUNT(struct serve, groups_max)},
	{0, "fresh", "TIME", "reuse the last sample up to this age (default: 1s)",
	 CLI_TIME_OR_0(struct serve, fresh_ns)},
	{0, "state-root", "DIR", "look up container and pod names below DIR instead of /",
	 TEXT(state_root)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Serve on 127.0.0.1:9753", "cgward serve"},
	{"Serve only two levels of groups, on a Unix socket",
	 "cgward serve --depth 2 --listen unix:/run/cgward-metrics"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward serve [OPTION...]",
	.text = "Serves metrics to Prometheus over HTTP until SIGTERM or SIGINT.",
	.options = options,
	.examples = examples,
};

/* Samples unless the last sample is fresh enough. */
static int sample(struct serve *serve)
{
	int r;

	if (serve->sampled_ns != 0 && clock_now_ns() - serve->sampled_ns <= serve->fresh_ns)
		return 0;
	r = sample_into_frame(serve->sampler, serve->frame);
	health_count(&serve->health, r == 0 ? cgw_frame_now(serve->frame) : NULL);
	if (r == 0)
		serve->sampled_ns = clock_now_ns();
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
	container_labels_begin(serve->labels, clock_now_ns());
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
		int r = cgw_names_find(serve->layout, serve->below, UINT32_MAX, NULL, &below,
				       &diag);

		if (r < 0)
			return cli_fail(serve->context, r, &diag);
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
		.fresh_ns = NS_PER_S,
		.health.started_ns = clock_ns(CLOCK_REALTIME),
	};
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &serve, &status))
		return (int)status;
	if (argc > 0)
		return (int)cli_usage_error(
			context, "unexpected argument '%s' (select groups with --match)", argv[0]);
	serve.selection.globs = serve.globs.items;
	serve.selection.glob_count = serve.globs.count;
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
