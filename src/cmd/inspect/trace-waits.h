/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-waits.h - what the tasks of all groups wait for while one group is observed. */
#ifndef CGWARD_CMD_INSPECT_TRACE_WAITS_H
#define CGWARD_CMD_INSPECT_TRACE_WAITS_H

#include <cgward/model.h>

struct wait_tracer {
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;    /* NULL: not measured */
	struct cgw_diag not_traced; /* why not */
};

/* Attaches the programs and takes the first sample. */
void wait_tracer_start(struct wait_tracer *tracer, const struct cgw_layout *layout);
/* Takes the second sample and detaches them; the frame remains. */
void wait_tracer_stop(struct wait_tracer *tracer);
void wait_tracer_done(struct wait_tracer *tracer);

#endif
