/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* edit-read.c - reads the values that the limits form shows, in a worker thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/action/edit-read.h"

static void free_read(struct job *job)
{
	struct edit_read *read = (struct edit_read *)job;

	string_list_free(&read->paths);
	free(read->rows);
	free(read);
}

/* The distinct values and the number of groups that have each. */
struct tally {
	char values[EDIT_GROUPS_MAX][EDIT_CURRENT_MAX];
	unsigned counts[EDIT_GROUPS_MAX];
	size_t count;
};

static void tally_add(struct tally *tally, const char *value)
{
	size_t i = 0;

	while (i < tally->count && strcmp(tally->values[i], value) != 0)
		i++;
	if (i == tally->count) {
		snprintf(tally->values[i], EDIT_CURRENT_MAX, "%s", value);
		tally->counts[tally->count++] = 0;
	}
	tally->counts[i]++;
	/* Keep the most frequent value first. */
	for (; i > 0 && tally->counts[i - 1] < tally->counts[i]; i--) {
		char swap[EDIT_CURRENT_MAX];
		unsigned swapped = tally->counts[i];

		memcpy(swap, tally->values[i], EDIT_CURRENT_MAX);
		memcpy(tally->values[i], tally->values[i - 1], EDIT_CURRENT_MAX);
		memcpy(tally->values[i - 1], swap, EDIT_CURRENT_MAX);
		tally->counts[i] = tally->counts[i - 1];
		tally->counts[i - 1] = swapped;
	}
}

static void tally_format(const struct tally *tally, struct edit_row *row)
{
	size_t used = 0;

	memcpy(row->current, tally->values[0], EDIT_CURRENT_MAX);
	for (size_t i = 0; tally->count > 1 && i < tally->count; i++)
		used = text_append(
			row->others, sizeof(row->others), used, "%s%.40s (%u)", i > 0 ? ", " : "",
			tally->values[i][0] != '\0' ? tally->values[i] : "-", tally->counts[i]);
}

/* False if no group has the control. */
static bool read_control(const struct edit_read *read, enum cgw_control control,
			 struct tally *tally)
{
	const uint32_t hierarchies = cgw_control_hierarchies(read->job.layout, control);
	bool some = false;

	tally->count = 0;
	for (size_t i = 0; i < read->paths.count; i++) {
		char raw[EDIT_CURRENT_MAX], value[EDIT_CURRENT_MAX] = "";
		bool applies = (read->present[i] & hierarchies) != 0;

		some = some || applies;
		if (applies && cgw_control_read(read->job.layout, read->paths.items[i], control,
						NULL, raw, sizeof(raw), NULL) == 0)
			cgw_escape(value, sizeof(value), raw, strlen(raw));
		tally_add(tally, value);
	}
	return some;
}

static void run_read(struct job *job)
{
	struct edit_read *read = (struct edit_read *)job;
	CLEANUP(cleanup_free) struct tally *tally = calloc(1, sizeof(*tally));

	read->rows = calloc(CGW_CONTROL_COUNT, sizeof(*read->rows));
	if (tally == NULL || read->rows == NULL)
		return;
	for (size_t i = 0; i < CGW_CONTROL_COUNT; i++) {
		enum cgw_control control = (enum cgw_control)cgw_control_nth(i);
		struct edit_row *row = &read->rows[read->count];

		if (cgw_control_info(control)->action ||
		    cgw_control_available(job->layout, control, NULL) < 0 ||
		    !read_control(read, control, tally))
			continue;
		row->control = control;
		tally_format(tally, row);
		read->count++;
	}
}

struct edit_read *edit_read_new(const struct cgw_topology *topology, const struct targets *targets)
{
	struct edit_read *read = calloc(1, sizeof(*read));

	if (read == NULL)
		return NULL;
	read->job = (struct job){.run = run_read, .free = free_read, .name = "Reading"};
	for (size_t i = 0; i < targets->count && i < EDIT_GROUPS_MAX; i++) {
		const char *path = targets->items[i].path;
		uint32_t group = cgw_topology_find(topology, path);

		read->present[i] = group != CGW_NO_GROUP ? topology->present[group] : 0;
		if (string_list_add(&read->paths, path) < 0) {
			free_read(&read->job);
			return NULL;
		}
	}
	return read;
}
