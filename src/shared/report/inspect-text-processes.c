/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-text-processes.c - the table of processes or threads of an inspected group. */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "shared/cli/text-table.h"
#include "shared/report/inspect-text-parts.h"

const char *text_number(const struct view *view, struct cgw_number number, enum cgw_unit unit,
			struct text_cell *cell)
{
	struct cgw_value value = {number.state, true, number.value, (double)number.value};

	return text_value(view, value, unit, cell);
}

const char *text_value(const struct view *view, struct cgw_value value, enum cgw_unit unit,
		       struct text_cell *cell)
{
	cgw_format_value(value, unit, view->exact ? CGW_STYLE_EXACT : CGW_STYLE_HUMAN, cell->text,
			 sizeof(cell->text));
	return cell->text;
}

struct process_column {
	const char *title; /* NULL: that of the use */
	void (*print)(const struct view *view, const struct cgw_process *process,
		      const struct process_column *column, struct table *table);
	/* Whether it is worth its space. NULL: always. */
	bool (*is_shown)(const struct view *view, const struct process_column *column);
	enum cgw_process_use use;
};

#define CELL(name)                                                                   \
	static void name(const struct view *view, const struct cgw_process *process, \
			 const struct process_column *column, struct table *table)

CELL(print_pid)
{
	table_cell(table, "%d", (int)process->pid);
}

CELL(print_inner_pid)
{
	if (process->inner_pid > 0)
		table_cell(table, "%d", (int)process->inner_pid);
	else
		table_cell(table, "-");
}

CELL(print_parent)
{
	table_cell(table, "%d", (int)process->parent);
}

CELL(print_user)
{
	struct text_cell user;

	table_cell(table, "%s", view_user(view, process->uid, user.text, sizeof(user.text)));
}

CELL(print_inner_uid)
{
	if (process->inner_uid == CGW_NO_ID)
		table_cell(table, "-");
	else
		table_cell(table, "%u", process->inner_uid);
}

CELL(print_state)
{
	table_cell(table, "%c", process->state);
}

CELL(print_threads)
{
	table_cell(table, "%u", process->threads);
}

CELL(print_cpu)
{
	struct text_cell cell;

	table_cell(table, "%s", text_value(view, view_cpu(view, process), CGW_UNIT_PERCENT, &cell));
}

CELL(print_cpu_time)
{
	struct cgw_number time = {process->cpu_ns, CGW_OK};
	struct text_cell cell;

	table_cell(table, "%s", text_number(view, time, CGW_UNIT_NS, &cell));
}

CELL(print_resident)
{
	struct cgw_number resident = {process->resident_bytes, CGW_OK};
	struct text_cell cell;

	table_cell(table, "%s", text_number(view, resident, CGW_UNIT_BYTES, &cell));
}

CELL(print_use)
{
	struct text_cell cell;

	table_cell(table, "%s",
		   text_value(view, view_use(view, process, column->use),
			      cgw_process_use_info(column->use)->unit, &cell));
}

/* Path relative to the inspected group; "." for that group. */
CELL(print_group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(view->frame));
	CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, process->group);
	const char *below;

	if (path == NULL) {
		table->error = -1;
		return;
	}
	below = path + strlen(view->now->path);
	if (process->group == view->group)
		below = ".";
	else
		below += *below == '/';
	table_name(table, strcmp(view->now->path, "/") == 0 && process->group != view->group
				  ? path
				  : below);
}

CELL(print_other_groups)
{
	CLEANUP(cleanup_free) char *others = NULL;

	if (view_other_groups(view, process, &others) == 0)
		table_name(table, *others != '\0' ? others : "-");
}

/* Kernel threads and zombies have no command line: print the name in brackets, like ps. */
CELL(print_command)
{
	if (process->command != NULL && !view->threads) {
		table_name(table, process->command);
		return;
	}
	table_name(table, FORMATTED(70, view->threads ? "%s" : "[%s]", process->name));
}

/* At a terminal, IDs are not repeated if they are the same in all namespaces. */
static bool has_inner_pids(const struct view *view, const struct process_column *column)
{
	for (size_t i = 0; i < view->now->process_count; i++)
		if (view->now->processes[i].inner_pid != view->now->processes[i].pid &&
		    view->now->processes[i].inner_pid != 0)
			return true;
	return view->width == 0;
}

static bool has_inner_uids(const struct view *view, const struct process_column *column)
{
	for (size_t i = 0; i < view->now->process_count; i++)
		if (view->now->processes[i].inner_uid != view->now->processes[i].uid &&
		    view->now->processes[i].inner_uid != CGW_NO_ID)
			return true;
	return view->width == 0;
}

/* At a terminal, columns of zeros give way. */
static bool has_use(const struct view *view, const struct process_column *column)
{
	if ((view->uses >> column->use & 1U) == 0)
		return false;
	for (size_t i = 0; i < view->now->process_count; i++) {
		struct cgw_value value = view_use(view, &view->now->processes[i], column->use);

		if (value.state == CGW_OK && value.real > 0)
			return true;
	}
	return view->width == 0;
}

/* In a narrow terminal, names have the space of what is least needed. */
static bool has_space(const struct view *view, const struct process_column *column)
{
	return view->width == 0 || view->width >= 100;
}

static bool has_other_groups(const struct view *view, const struct process_column *column)
{
	bool has_others = false;

	for (size_t i = 0; i < view->now->process_count && !has_others; i++) {
		CLEANUP(cleanup_free) char *others = NULL;

		has_others = view_other_groups(view, &view->now->processes[i], &others) == 0 &&
			     *others != '\0';
	}
	return has_others;
}

static const struct process_column columns[] = {
	{">PID", print_pid, NULL, 0},
	{">INNER", print_inner_pid, has_inner_pids, 0},
	{">PARENT", print_parent, has_space, 0},
	{"USER", print_user, NULL, 0},
	{">INNER UID", print_inner_uid, has_inner_uids, 0},
	{"S", print_state, NULL, 0},
	{">THREADS", print_threads, has_space, 0},
	{">CPU", print_cpu, NULL, 0},
	{">CPU TIME", print_cpu_time, NULL, 0},
	{NULL, print_use, has_use, CGW_PROCESS_RUN_DELAY},
	{">RSS", print_resident, NULL, 0},
	{NULL, print_use, has_use, CGW_PROCESS_PSS},
	{NULL, print_use, has_use, CGW_PROCESS_READ},
	{NULL, print_use, has_use, CGW_PROCESS_WRITTEN},
	{"GROUP", print_group, NULL, 0},
	{"OTHER GROUPS", print_other_groups, has_other_groups, 0},
	{"<COMMAND", print_command, NULL, 0},
};

int text_processes(const struct view *view, FILE *out)
{
	CLEANUP(string_builder_free) struct string_builder titles = {0};
	bool shown[ARRAY_SIZE(columns)];
	struct table table;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const struct process_column *column = &columns[i];

		shown[i] = column->is_shown == NULL || column->is_shown(view, column);
		if (shown[i])
			string_builder_printf(&titles, "%s%s%s", i > 0 ? "|" : "",
					      column->title != NULL ? "" : ">",
					      column->title != NULL
						      ? column->title
						      : cgw_process_use_info(column->use)->title);
	}
	fprintf(out, "\n%s\n", view->threads ? "THREADS" : "PROCESSES");
	table_start(&table, out, string_builder_text(&titles), view->width);
	for (size_t i = 0; i < view->now->process_count; i++) {
		table_row(&table);
		for (size_t j = 0; j < ARRAY_SIZE(columns); j++)
			if (shown[j])
				columns[j].print(view, &view->now->processes[i], &columns[j],
						 &table);
	}
	return table_end(&table);
}
