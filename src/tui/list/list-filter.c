/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-filter.c - which groups of the list are shown: part of a name, or a condition. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/list/group-list.h"

const char *find_part(const char *text, const char *part)
{
	size_t length = strlen(part);

	for (; *text != '\0'; text++)
		if (strncasecmp(text, part, length) == 0)
			return text;
	return length == 0 ? text : NULL;
}

bool list_name_contains(const struct list *list, const struct cgw_topology *topology,
			uint32_t group, const char *text)
{
	char label[1024];

	if (list->names == NULL || list->names->count == 0)
		return false;
	group_label(topology, list->names, NAMES_RESOLVED, group, true, label, sizeof(label));
	return find_part(label, text) != NULL;
}

static enum filter_kind kind_of(const char *text)
{
	if (text[0] == '\0')
		return FILTER_NONE;
	/* Names may contain "=", but users hardly filter by it. */
	if (strpbrk(text, "<>=") != NULL)
		return FILTER_EXPRESSION;
	return strpbrk(text, "*?[{") != NULL ? FILTER_GLOB : FILTER_WORD;
}

static int parse(struct list_filter *filter, const char *text, struct cgw_diag *diag)
{
	int r = 0;

	filter->kind = kind_of(text);
	if (filter->kind == FILTER_GLOB)
		r = cgw_glob_check(text, diag);
	if (filter->kind != FILTER_EXPRESSION)
		return r;
	r = cgw_expression_parse(text, &filter->expression, diag);
	if (r < 0)
		return r;
	r = cgw_averages_new(filter->expression, &filter->averages);
	if (r < 0)
		filter->expression = cgw_expression_free(filter->expression);
	return r;
}

int list_filter(struct list *list, const char *text, struct cgw_diag *diag)
{
	struct list_filter filter = {.kind = FILTER_NONE};
	size_t length = strlen(text);
	int r;

	if (length >= sizeof(filter.text))
		return cgw_diag_set(diag, -EINVAL, "filter too long (at most %zu bytes)",
				    sizeof(filter.text) - 1);
	r = parse(&filter, text, diag);
	if (r < 0)
		return r;
	memcpy(filter.text, text, length + 1);
	cgw_averages_free(list->filter.averages);
	cgw_expression_free(list->filter.expression);
	list->filter = filter;
	return 0;
}

void list_filter_metrics(const struct list *list, struct cgw_metric_set *set)
{
	if (list->filter.expression != NULL)
		cgw_expression_metrics(list->filter.expression, set);
}

bool list_matches(const struct list *list, const struct cgw_frame *frame, uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	const struct list_filter *filter = &list->filter;
	const struct cgw_scope scope = {
		.frame = frame, .group = group, .averages = filter->averages};
	CLEANUP(cleanup_free) char *path = NULL;

	if (filter->kind == FILTER_NONE)
		return true;
	/* Unknown does not match: the list has only groups for which the condition holds. */
	if (filter->kind == FILTER_EXPRESSION)
		return cgw_expression_evaluate(filter->expression, &scope) == CGW_TRUE;
	path = cgw_topology_path_copy(topology, group);
	if (path == NULL)
		return false;
	if (filter->kind == FILTER_GLOB)
		return cgw_glob_match(filter->text, path);
	return find_part(path, filter->text) != NULL ||
	       list_name_contains(list, topology, group, filter->text);
}
