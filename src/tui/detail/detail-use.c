/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detail-use.c - Enter and copy on a row of an opened group. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/action/group-actions.h"
#include "tui/core/app.h"
#include "tui/detail/detail.h"

static const struct detail_row *selected_row(const struct detail *detail)
{
	return detail->page != PAGE_GRAPHS && detail->scroll.selected < detail->row_count
		       ? &detail->rows[detail->scroll.selected]
		       : NULL;
}

static const struct cgw_cause *cause_of(const struct detail *detail, const struct detail_row *row)
{
	return row->cause > 0 && row->cause <= detail->cause_count ? &detail->causes[row->cause - 1]
								   : NULL;
}

/* Opens the limits form of the group at fault with the proposed value. */
static unsigned use_cause(struct app *app, const struct detail *detail,
			  const struct cgw_cause *cause)
{
	CLEANUP(cleanup_free)
	char *path = cgw_topology_path_copy(cgw_snapshot_topology(cgw_frame_now(detail->frame)),
					    cause->group);
	uint32_t group = path != NULL ? cgw_topology_find(app_topology(app), path) : CGW_NO_GROUP;

	if (cause->key[0] == '\0')
		return app_show_message(app, ROLE_TEXT, "no setting of a group changes this") |
		       REACTION_BEEP;
	if (group == CGW_NO_GROUP || strcmp(cause->key, "thaw") == 0)
		return app_show_message(app, ROLE_TEXT,
					"the remedy is not a limit: thaw the group") |
		       REACTION_BEEP;
	return open_edit_of(app, group,
			    FORMATTED(256, "%s=%s%s%s", cause->key, cause->value,
				      cause->companion[0] != '\0' ? "\n" : "", cause->companion));
}

unsigned detail_use(struct app *app, struct detail *detail, enum detail_page *ret_page)
{
	const struct detail_row *row = selected_row(detail);
	const struct cgw_cause *cause = row != NULL ? cause_of(detail, row) : NULL;

	if (!app_may_act(app) &&
	    (cause != NULL || detail->page == PAGE_LIMITS || (row != NULL && row->has_advice)))
		return app_show_message(app, ROLE_WARM, "cannot edit: read-only") | REACTION_BEEP;
	if (row != NULL && detail->page == PAGE_METRICS && !row->heading) {
		if (metric_history_find(&detail->metrics, row->left) < 0)
			return app_show_message(app, ROLE_TEXT, "no graph: not a number") |
			       REACTION_BEEP;
		snprintf(detail->graphed, sizeof(detail->graphed), "%s", row->left);
		*ret_page = PAGE_GRAPHS;
		return REACTION_NONE;
	}
	if (cause != NULL)
		return use_cause(app, detail, cause);
	if (row != NULL && row->has_advice && detail->group != CGW_NO_GROUP)
		return open_edit_of(app, detail->group,
				    FORMATTED(sizeof(row->left) + sizeof(row->value) + 1, "%s=%s",
					      row->left, row->value));
	if (row != NULL && detail->page == PAGE_LIMITS && detail->group != CGW_NO_GROUP)
		return open_edit_of(app, detail->group, row->left);
	return REACTION_NONE;
}

const char *detail_use_label(const struct app *app, const struct detail *detail)
{
	const struct detail_row *row = selected_row(detail);
	const struct cgw_cause *cause = row != NULL ? cause_of(detail, row) : NULL;

	if (row == NULL || row->heading)
		return NULL;
	if (detail->page == PAGE_METRICS)
		return metric_history_find(&detail->metrics, row->left) >= 0 ? "graph" : NULL;
	if (!app_may_act(app) || detail->group == CGW_NO_GROUP)
		return NULL;
	return (cause != NULL && cause->key[0] != '\0' && strcmp(cause->key, "thaw") != 0) ||
			       row->has_advice || detail->page == PAGE_LIMITS
		       ? "edit limits"
		       : NULL;
}

unsigned detail_copy(struct app *app, const struct detail *detail)
{
	const struct detail_row *row = selected_row(detail);
	const struct process *process = detail_process(detail);
	const struct cgw_cause *cause = row != NULL ? cause_of(detail, row) : NULL;
	char text[1024];

	cgw_escape(text, sizeof(text), detail->path, strlen(detail->path));
	if (process != NULL) {
		snprintf(text, sizeof(text), "%d", (int)process->pid);
	} else if (cause != NULL && cause->key[0] != '\0') {
		CLEANUP(cleanup_free)
		char *path = cgw_topology_path_copy(
			cgw_snapshot_topology(cgw_frame_now(detail->frame)), cause->group);
		CLEANUP(cleanup_free)
		char *line = path != NULL ? cgw_cause_command(cause, path) : NULL;

		if (line != NULL)
			cgw_escape(text, sizeof(text), line, strlen(line));
	} else if (row != NULL && row->line != NULL) {
		snprintf(text, sizeof(text), "%.*s", (int)row->line_length, row->line);
	} else if (row != NULL && !row->heading) {
		snprintf(text, sizeof(text), "%s", row->value);
	}
	return app_copy(app, text);
}
