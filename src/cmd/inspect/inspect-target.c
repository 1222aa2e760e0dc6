/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-target.c - the group that is looked into: found, and sampled. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/inspect/inspect-target.h"

static enum cli_exit take_sample(struct subject *subject)
{
	struct cgw_snapshot *snapshot;
	int r = cgw_sampler_sample(subject->sampler, &snapshot);

	if (r == 0) {
		r = cgw_frame_update(subject->frame, snapshot);
		cgw_snapshot_unref(snapshot);
	}
	if (r < 0) {
		cli_error(subject->context, "cannot read the group: %s", strerror(-r));
		return cli_exit_from_error(r);
	}
	subject->group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(subject->frame)),
					   subject->path);
	if (subject->group == CGW_NO_GROUP) {
		cli_error(subject->context, "the group went away");
		return CLI_NO_SUCH_GROUP;
	}
	return CLI_OK;
}

enum cli_exit subject_open(struct subject *subject, struct cli_context *context, const char *what,
			   const struct cgw_metric_set *wanted)
{
	struct cgw_sampler_options options = {0};
	struct cgw_diag diag = {0};
	enum cli_exit status = CLI_OK;
	int r;

	*subject = (struct subject){.context = context, .group = CGW_NO_GROUP};
	subject->layout = cli_layout(context, &status);
	if (subject->layout == NULL)
		return status;
	r = cgw_group_find(subject->layout, what, &subject->path, &diag);
	options.below = subject->path;
	if (r == 0)
		r = cgw_sampler_new(subject->layout, &options, &subject->sampler, &diag);
	if (r < 0) {
		cli_diag(context, &diag);
		return cli_exit_from_error(r);
	}
	r = cgw_sampler_set_metrics(subject->sampler, wanted);
	if (r == 0)
		r = cgw_frame_new(&subject->frame);
	if (r < 0) {
		cli_error(context, "%s", strerror(-r));
		return CLI_FAILED;
	}
	return take_sample(subject);
}

enum cli_exit subject_sample_again(struct subject *subject, uint64_t after_ns)
{
	struct timespec wait = {.tv_sec = (time_t)(after_ns / 1000000000),
				.tv_nsec = (long)(after_ns % 1000000000)};

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, &wait) == EINTR)
		continue;
	return take_sample(subject);
}

void subject_done(struct subject *subject)
{
	cgw_frame_free(subject->frame);
	cgw_sampler_free(subject->sampler);
	free(subject->path);
	cgw_layout_free(subject->layout);
}
