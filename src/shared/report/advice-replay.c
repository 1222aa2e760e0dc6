/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-replay.c - pass a recording to an advisor. */
#include "shared/report/advice-text.h"

int advice_replay(struct cgw_replay *replay, struct cgw_advisor *advisor,
		  int (*each)(struct cgw_advisor *advisor, const struct cgw_frame *frame))
{
	int r = cgw_replay_first(replay);

	while (r > 0) {
		r = each(advisor, cgw_replay_frame(replay));
		if (r == 0)
			r = cgw_replay_next(replay);
	}
	return r;
}

void advice_describe_recording(const struct cgw_replay *replay, struct cgw_advisor_options *options)
{
	struct cgw_recording_info info;

	cgw_replay_info(replay, &info);
	options->begin_ns = info.first_ns;
	options->end_ns = info.last_ns;
	options->memory_high =
		cgw_control_available(cgw_replay_layout(replay), CGW_C_MEMORY_HIGH, NULL) == 0;
}
