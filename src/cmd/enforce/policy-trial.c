/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-trial.c - one look at the machine through a policy. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/enforce/policy-trial.h"
#include "lib/base/cleanup.h"
#include "shared/cli/daemon-status.h"
#include "shared/report/policy-report.h"

static void report(void *context, const struct cgw_policy_problem *problem)
{
	(void)context;
	/* FILE:LINE first, as compilers do: editors jump there. */
	fprintf(stderr, "%s:%u: %s%s\n", problem->diag.file, problem->diag.line,
		problem->warning ? "warning: " : "", problem->diag.text);
}

static const struct cgw_policy_reporter reporter = {report, NULL};

enum cli_exit view_policy(const char *file, const char *directory, struct cgw_policy **ret_policy)
{
	struct cgw_policy *policy = NULL;

	if (cgw_policy_load(file, directory, &reporter, &policy) < 0)
		return CLI_POLICY_INVALID;
	if (ret_policy != NULL)
		*ret_policy = policy;
	else
		cgw_policy_free(policy);
	return CLI_OK;
}

static int sample(struct view *view)
{
	struct cgw_snapshot *snapshot;
	int r = cgw_sampler_sample(view->sampler, &snapshot);

	if (r < 0)
		return r;
	r = cgw_frame_update(view->frame, snapshot);
	cgw_snapshot_unref(snapshot);
	return r;
}

static int look(struct view *view, uint64_t interval_ns, struct cgw_diag *diag)
{
	const struct cgw_sampler_options sampling = {.once = interval_ns == 0};
	struct cgw_metric_set wanted = {0};
	int r = cgw_sampler_new(view->layout, &sampling, &view->sampler, diag);

	if (r < 0)
		return r;
	if (view->policy != NULL)
		cgw_policy_metrics_used(view->policy, &wanted);
	else
		for (int i = 0; i < CGW_CONTROL_COUNT; i++)
			if (cgw_control_info((enum cgw_control)i)->metric >= 0)
				cgw_metric_set_add(&wanted, (enum cgw_metric)cgw_control_info(
								    (enum cgw_control)i)
								    ->metric);
	r = cgw_sampler_set_metrics(view->sampler, &wanted);
	if (r == 0)
		r = cgw_frame_new(&view->frame);
	if (r == 0)
		r = sample(view);
	if (r == 0 && interval_ns > 0) {
		(void)usleep((useconds_t)(interval_ns / 1000));
		r = sample(view);
	}
	return r;
}

enum cli_exit view_open(const struct cli_context *context, const char *file, const char *directory,
			uint64_t interval_ns, struct view *view)
{
	struct cgw_diag diag = {0};
	enum cli_exit status = CLI_OK;
	int r;

	if ((file != NULL || directory != NULL) &&
	    cgw_policy_load(file, directory, &reporter, &view->policy) < 0)
		return CLI_POLICY_INVALID;
	view->layout = cli_layout(context, &status);
	if (view->layout == NULL)
		return status;
	r = look(view, interval_ns, &diag);
	if (r < 0) {
		cli_error(context, "cannot read the groups: %s",
			  diag.text[0] != '\0' ? diag.text : strerror(-r));
		return cli_exit_from_error(r);
	}
	view->facts = facts_of(&view->facts_state, view->layout);
	return CLI_OK;
}

void view_close(struct view *view)
{
	cgw_frame_free(view->frame);
	cgw_sampler_free(view->sampler);
	cgw_policy_free(view->policy);
	facts_done(&view->facts_state);
	cgw_layout_free(view->layout);
}

enum cli_exit view_explain(const struct cli_context *context, const struct view *view,
			   const char *what)
{
	CLEANUP(cleanup_free) char *path = NULL;
	const char *state = cgw_policy_settings(view->policy)->state;
	struct policy_report standing = {
		.layout = view->layout,
		.policy = view->policy,
		.frame = view->frame,
		.facts = &view->facts,
	};
	struct cgw_diag diag = {0};
	char shown[4 * 4096];
	json_t *status;
	int r = cgw_group_find(view->layout, what, &path, &diag);

	if (r < 0) {
		cli_diag(context, &diag);
		return cli_exit_from_error(r);
	}
	standing.path = path;
	standing.group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(view->frame)), path);
	if (standing.group == CGW_NO_GROUP) {
		cli_error(context, "the group went away");
		return CLI_NO_SUCH_GROUP;
	}
	printf("%s\n", view_path(view, standing.group, shown, sizeof(shown)));
	status = policy_report_status(state != NULL ? state : DAEMON_STATE);
	standing.status = status;
	policy_report_print(&standing);
	json_decref(status);
	return CLI_OK;
}

const char *view_path(const struct view *view, uint32_t group, char *buffer, size_t size)
{
	char path[4096];

	(void)cgw_topology_path(cgw_snapshot_topology(cgw_frame_now(view->frame)), group, path,
				sizeof(path));
	cgw_escape(buffer, size, path, strlen(path));
	return buffer;
}
