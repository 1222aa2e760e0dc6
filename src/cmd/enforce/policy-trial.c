/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-trial.c - evaluate a policy on this machine without applying it. */
#include <cgward/inspect.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/enforce/policy-trial.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/model/sampling.h"
#include "shared/cli/daemon-status.h"
#include "shared/report/policy-report.h"

static int sample_groups(struct policy_trial *trial, uint64_t interval_ns, struct cgw_diag *diag)
{
	const struct cgw_sampler_options sampling = {.once = interval_ns == 0};
	struct cgw_metric_set metrics = {0};
	int r = cgw_sampler_new(trial->layout, &sampling, &trial->sampler, diag);

	if (r < 0)
		return r;
	if (trial->policy != NULL)
		cgw_policy_metrics_used(trial->policy, &metrics);
	else
		for (enum cgw_control i = 0; i < CGW_CONTROL_COUNT; i++)
			if (cgw_control_info(i)->metric >= 0)
				cgw_metric_set_add(&metrics,
						   (enum cgw_metric)cgw_control_info(i)->metric);
	r = cgw_sampler_set_metrics(trial->sampler, &metrics);
	if (r == 0)
		r = cgw_frame_new(&trial->frame);
	if (r == 0)
		r = sample_into_frame(trial->sampler, trial->frame);
	if (r == 0 && interval_ns > 0) {
		usleep((useconds_t)(interval_ns / 1000));
		r = sample_into_frame(trial->sampler, trial->frame);
	}
	return r;
}

enum cli_exit trial_open(const struct cli_context *context, const char *file, const char *directory,
			 uint64_t interval_ns, struct policy_trial *trial)
{
	struct cgw_diag diag = {0};
	enum cli_exit status = CLI_OK;
	int r;

	if (file != NULL || directory != NULL)
		status = policy_report_load(file, directory, &trial->policy);
	if (status != CLI_OK)
		return status;
	trial->layout = cli_layout(context, &status);
	if (trial->layout == NULL)
		return status;
	r = sample_groups(trial, interval_ns, &diag);
	if (r < 0) {
		cli_error(context, "cannot sample the groups: %s",
			  diag.text[0] != '\0' ? diag.text : strerror(-r));
		return cli_exit_from_error(r);
	}
	trial->facts = facts_of(&trial->facts_state, trial->layout);
	return CLI_OK;
}

void trial_close(struct policy_trial *trial)
{
	cgw_frame_free(trial->frame);
	cgw_sampler_free(trial->sampler);
	cgw_policy_free(trial->policy);
	facts_done(&trial->facts_state);
	cgw_layout_free(trial->layout);
}

enum cli_exit trial_explain(const struct cli_context *context, const struct policy_trial *trial,
			    const char *name)
{
	CLEANUP(cleanup_free) char *path = NULL;
	struct policy_report report = {
		.layout = trial->layout,
		.policy = trial->policy,
		.frame = trial->frame,
		.facts = &trial->facts,
	};
	struct cgw_diag diag = {0};
	CLEANUP(cleanup_free) char *shown = NULL;
	struct daemon_status *status;
	int r = cgw_names_find(trial->layout, name, UINT32_MAX, NULL, &path, &diag);

	if (r < 0)
		return cli_fail(context, r, &diag);
	report.path = path;
	report.group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(trial->frame)), path);
	if (report.group == CGW_NO_GROUP) {
		cli_error(context, "'%s': the group was removed", name);
		return CLI_NO_SUCH_GROUP;
	}
	shown = escape_copy(path);
	printf("%s\n", shown != NULL ? shown : "");
	status = policy_report_status(trial->policy, NULL);
	report.status = status;
	policy_report_print(&report);
	daemon_status_free(status);
	return CLI_OK;
}

char *trial_group_path(const struct policy_trial *trial, uint32_t group)
{
	CLEANUP(cleanup_free)
	char *path =
		cgw_topology_path_copy(cgw_snapshot_topology(cgw_frame_now(trial->frame)), group);

	return path != NULL ? escape_copy(path) : NULL;
}
