/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-waits.c - what the tasks of all groups wait for while one group is observed. */
#include <errno.h>
#include <string.h>

#include "cmd/inspect/trace-waits.h"
#include "lib/model/sampling.h"
#include <cgward/inspect.h>

static void fail(struct wait_tracer *tracer, int error)
{
	if (tracer->not_traced.text[0] == '\0')
		(void)cgw_diag_set(&tracer->not_traced, error, "%s", strerror(-error));
	cgw_frame_free(tracer->frame);
	tracer->frame = NULL;
}

void wait_tracer_start(struct wait_tracer *tracer, const struct cgw_layout *layout)
{
	const struct cgw_sampler_options all_groups = {.once = true};
	struct cgw_diag *diag = &tracer->not_traced;
	struct cgw_metric_set metrics = {0};
	int r = cgw_sampler_new(layout, &all_groups, &tracer->sampler, diag);

	cgw_explain_trace_metrics(&metrics);
	cgw_metric_set_add(&metrics, CGW_M_IO_IOWAIT_REFAULT);
	if (r == 0)
		r = cgw_sampler_set_metrics(tracer->sampler, &metrics);
	if (r == 0)
		r = cgw_frame_new(&tracer->frame);
	if (r == 0)
		r = sample_into_frame(tracer->sampler, tracer->frame);
	if (r == 0 && cgw_sampler_trace_reason(tracer->sampler, CGW_M_CPU_RUN_DELAY)[0] != '\0')
		r = cgw_diag_set(diag, -EOPNOTSUPP, "%s",
				 cgw_sampler_trace_reason(tracer->sampler, CGW_M_CPU_RUN_DELAY));
	if (r < 0)
		fail(tracer, r);
}

void wait_tracer_stop(struct wait_tracer *tracer)
{
	int r = tracer->frame != NULL ? sample_into_frame(tracer->sampler, tracer->frame) : 0;

	if (r < 0)
		fail(tracer, r);
	tracer->sampler = cgw_sampler_free(tracer->sampler);
}

void wait_tracer_done(struct wait_tracer *tracer)
{
	cgw_frame_free(tracer->frame);
	cgw_sampler_free(tracer->sampler);
}
