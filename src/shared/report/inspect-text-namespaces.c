/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-text-namespaces.c - namespaces of a group, and the groups that share them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shared/cli/text-table.h"
#include "shared/report/inspect-text-parts.h"

/* Joins the lines of a map or of offsets with ", " and squeezes spaces. */
static void join_lines(const char *text, char *buffer, size_t size)
{
	size_t used = 0;
	bool blank = false, line = false;

	for (; *text != '\0' && used + 4 < size; text++) {
		if (*text == '\n') {
			line = used > 0;
			blank = false;
		} else if (*text == ' ' || *text == '\t') {
			blank = used > 0;
		} else {
			if (line)
				buffer[used++] = ',';
			if (line || blank)
				buffer[used++] = ' ';
			buffer[used++] = *text;
			line = blank = false;
		}
	}
	buffer[used] = '\0';
}

static void detail_cell(const struct cgw_namespace *namespace, struct table *table)
{
	char joined[200], text[256] = "-";

	if (namespace->hostname != NULL) {
		table_name(table, namespace->hostname);
		return;
	}
	if (namespace->uid_map != NULL) {
		join_lines(namespace->uid_map, joined, sizeof(joined));
		snprintf(text, sizeof(text), "uids %s", joined[0] != '\0' ? joined : "none");
	} else if (namespace->offsets != NULL) {
		join_lines(namespace->offsets, joined, sizeof(joined));
		snprintf(text, sizeof(text), "%s", joined);
	}
	table_name(table, text);
}

static const char *host_text(const struct cgw_namespace *namespace)
{
	if (namespace->host.state != CGW_OK)
		return cgw_state_sign(namespace->host.state);
	return namespace->host.value ? "yes" : "no";
}

static void groups_cell(const struct cgw_namespace *namespace, size_t most, struct table *table)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	uint32_t shown = namespace->group_count < CGW_NAMESPACE_GROUPS_MAX
				 ? namespace->group_count
				 : CGW_NAMESPACE_GROUPS_MAX;

	if (out == NULL) {
		table->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < shown && i < most; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "", namespace->groups[i]);
	if (namespace->group_count > most)
		fprintf(out, " and %s%zu more",
			namespace->group_count > CGW_NAMESPACE_GROUPS_MAX ? "at least " : "",
			namespace->group_count - most);
	if (fclose(out) == 0)
		table_name(table, *text != '\0' ? text : "-");
	else
		table->error = -ENOMEM;
	free(text);
}

int text_namespaces(const struct view *view, FILE *out)
{
	const struct cgw_inspection *now = view->now;
	struct table table;

	fprintf(out, "\nNAMESPACES\n");
	table_start(&table, out, "KIND|>INODE|HOST|>PROCESSES|>OTHERS|SHARED WITH|DETAIL",
		    view->width);
	for (size_t i = 0; i < now->namespace_count; i++) {
		const struct cgw_namespace *namespace = &now->namespaces[i];

		table_row(&table);
		table_cell(&table, "%s", cgw_namespace_name(namespace->kind));
		table_cell(&table, "%llu", (unsigned long long)namespace->inode);
		table_cell(&table, "%s", host_text(namespace));
		table_cell(&table, "%u", namespace->processes);
		if (now->shared)
			table_cell(&table, "%u", namespace->other_processes);
		else
			table_cell(&table, "-");
		groups_cell(namespace, 3, &table);
		detail_cell(namespace, &table);
	}
	return table_end(&table);
}

int show_namespaces_text(const struct cgw_namespace *namespaces, size_t count, unsigned width,
			 FILE *out)
{
	struct table table;

	table_start(&table, out, "KIND|>INODE|HOST|>PROCESSES|>PID|GROUPS|DETAIL", width);
	for (size_t i = 0; i < count; i++) {
		table_row(&table);
		table_cell(&table, "%s", cgw_namespace_name(namespaces[i].kind));
		table_cell(&table, "%llu", (unsigned long long)namespaces[i].inode);
		table_cell(&table, "%s", host_text(&namespaces[i]));
		table_cell(&table, "%u", namespaces[i].processes);
		table_cell(&table, "%d", (int)namespaces[i].example_pid);
		groups_cell(&namespaces[i], 4, &table);
		detail_cell(&namespaces[i], &table);
	}
	return table_end(&table);
}
