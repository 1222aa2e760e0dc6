/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detail-advice.c - page 8 of an opened group: limits from its use, with the reasons. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "shared/report/advice-text.h"
#include "tui/core/app.h"
#include "tui/detail/detail.h"

/* At least as wide as the longest control with a margin. */
#define ADVICE_LEFT_WIDTH 14

static void add_advice(const struct app *app, struct detail *detail,
		       const struct cgw_advice *advice, bool is_tried)
{
	CLEANUP(string_builder_free) struct string_builder reason = {0};
	struct detail_row *row =
		detail_add(detail, ROLE_DIM, cgw_control_info(advice->control)->key);
	char now[32];

	advice_format_now(advice, now, sizeof(now));
	advice_add_reason(&reason, advice, is_tried ? &advice->trial : NULL);
	snprintf(row->more, sizeof(row->more), "now %s", now);
	snprintf(row->value, sizeof(row->value), "-");
	if (advice_has_value(advice)) {
		row->role = advice->kind == CGW_ADVICE_LIMITED ? ROLE_WARM : ROLE_LIMIT;
		(void)cgw_advice_format(advice, row->value, sizeof(row->value));
		row->has_advice = true;
	}
	detail_add_wrapped(app, detail, ROLE_DIM, "", ADVICE_LEFT_WIDTH,
			   string_builder_text(&reason));
}

void detail_fill_advice(struct app *app, struct detail *detail)
{
	struct advice *advice = &app->advice;
	const struct cgw_advice *items;
	size_t count;

	if (app->source_flags & SOURCE_REMOTE) {
		detail_add_heading(detail, "Limits are computed on each host, from a recording");
		return;
	}
	if (advice->error < 0) {
		detail_add_value(detail, ROLE_BAD, "error", "%s", strerror(-advice->error));
		return;
	}
	if (advice->reading) {
		detail_add_heading(detail, "Reading the recording…");
		return;
	}
	items = advice_of_group(advice, detail->path, &count);
	detail_add_heading(detail, FORMATTED(96, "Limits from %llu sample%s %s",
					     (unsigned long long)advice->samples,
					     advice->samples == 1 ? "" : "s",
					     advice->is_recording ? "of the whole recording"
								  : "since they were first shown"));
	for (size_t i = 0; i < count; i++)
		add_advice(app, detail, &items[i], advice->is_recording);
	if (count == 0)
		detail_add_heading(detail, "No limit can be computed for this group yet");
}
