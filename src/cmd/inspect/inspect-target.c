/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-target.c - finds and samples the group to inspect. */
#include <cgward/inspect.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/inspect/inspect-target.h"
#include "lib/base/clock.h"
#include "lib/model/sampling.h"

static enum cli_exit sample(struct inspect_target *target)
{
	int r = sample_into_frame(target->sampler, target->frame);

	if (r < 0) {
		cli_error(target->context, "cannot read the group: %s", strerror(-r));
		return cli_exit_from_error(r);
	}
	target->group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(target->frame)),
					  target->path);
	if (target->group == CGW_NO_GROUP) {
		cli_error(target->context, "the group was removed");
		return CLI_NO_SUCH_GROUP;
	}
	return CLI_OK;
}

enum cli_exit inspect_target_open(struct inspect_target *target, struct cli_context *context,
				  const char *name, const struct cgw_metric_set *metrics,
				  bool only_group)
{
	struct cgw_sampler_options options = {
		.once = true, .only_group = only_group, .ancestors_alone = true};
	struct cgw_diag diag = {0};
	enum cli_exit status = CLI_OK;
	int r;

	*target = (struct inspect_target){.context = context, .group = CGW_NO_GROUP};
	target->layout = cli_layout(context, &status);
	if (target->layout == NULL)
		return status;
	r = cgw_names_find(target->layout, name, UINT32_MAX, NULL, &target->path, &diag);
	options.below = target->path;
	if (r == 0)
		r = cgw_sampler_new(target->layout, &options, &target->sampler, &diag);
	if (r < 0)
		return cli_fail(context, r, &diag);
	r = cgw_sampler_set_metrics(target->sampler, metrics);
	if (r == 0)
		r = cgw_frame_new(&target->frame);
	if (r < 0)
		return cli_error(context, "%s", strerror(-r));
	return sample(target);
}

enum cli_exit inspect_target_sample_again(struct inspect_target *target, uint64_t after_ns)
{
	struct timespec wait = timespec_from_ns(after_ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, &wait) == EINTR)
		continue;
	return sample(target);
}

void inspect_target_done(struct inspect_target *target)
{
	cgw_frame_free(target->frame);
	cgw_sampler_free(target->sampler);
	free(target->path);
	cgw_layout_free(target->layout);
}
