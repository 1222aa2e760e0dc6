/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-text.h - the reasons of an advice in words, for tables and the dashboard. */
#pragma once

#include <cgward/advise.h>
#include <cgward/recording.h>

#include "lib/base/string-builder.h"

/* Whether a value is advised. */
bool advice_has_value(const struct cgw_advice *advice);
/* What was recorded, and what the limit would have done; `trial` NULL: it was not tried. */
void advice_add_reason(struct string_builder *text, const struct cgw_advice *advice,
		       const struct cgw_trial *trial);
/* "; WHERE: throttled in 3 of 40 samples (6.00s)" */
void advice_add_trial(struct string_builder *text, const struct cgw_advice *advice,
		      const struct cgw_trial *trial, const char *where);
/* The present value. */
void advice_format_now(const struct cgw_advice *advice, char *buffer, size_t size);

/* Calls `each` for all frames of a recording. */
int advice_replay(struct cgw_replay *replay, struct cgw_advisor *advisor,
		  int (*each)(struct cgw_advisor *advisor, const struct cgw_frame *frame));
/* Sets what the options of an advisor take from a recording, at its first sample. */
void advice_describe_recording(const struct cgw_replay *replay,
			       struct cgw_advisor_options *options);
