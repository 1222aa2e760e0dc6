/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detail-processes.c - page 4 of an opened group: its processes, and keys that act on one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/action/group-actions.h"
#include "tui/core/app.h"
#include "tui/detail/detail.h"
#include "tui/list/name-cut.h"

#define USER_WIDTH 8

static int by_pid(const struct process *a, const struct process *b)
{
	return (a->pid > b->pid) - (a->pid < b->pid);
}

static int by_memory(const struct process *a, const struct process *b)
{
	return (a->memory_bytes < b->memory_bytes) - (a->memory_bytes > b->memory_bytes);
}

static int by_cpu(const struct process *a, const struct process *b)
{
	double first = isnan(a->cpu_percent) ? 0 : a->cpu_percent;
	double second = isnan(b->cpu_percent) ? 0 : b->cpu_percent;

	return first != second ? (first < second ? 1 : -1) : by_memory(a, b);
}

static int by_time(const struct process *a, const struct process *b)
{
	return (a->cpu_ns < b->cpu_ns) - (a->cpu_ns > b->cpu_ns);
}

static int by_command(const struct process *a, const struct process *b)
{
	return strcmp(a->command, b->command);
}

/* Orders with a use show it, even if it is not read otherwise. */
static const struct {
	const char *name;
	int (*compare)(const struct process *a, const struct process *b); /* NULL: by use */
	enum cgw_process_use use;
} orders[PROCESS_ORDER_COUNT] = {
	[PROCESSES_BY_CPU] = {"CPU use", by_cpu, 0},
	[PROCESSES_BY_MEMORY] = {"memory", by_memory, 0},
	[PROCESSES_BY_TIME] = {"CPU time", by_time, 0},
	[PROCESSES_BY_DELAY] = {"time waiting for a CPU", NULL, CGW_PROCESS_RUN_DELAY},
	[PROCESSES_BY_READ] = {"bytes read", NULL, CGW_PROCESS_READ},
	[PROCESSES_BY_WRITTEN] = {"bytes written", NULL, CGW_PROCESS_WRITTEN},
	[PROCESSES_BY_PSS] = {"proportional set size", NULL, CGW_PROCESS_PSS},
	[PROCESSES_BY_PID] = {"PID", by_pid, 0},
	[PROCESSES_BY_COMMAND] = {"command", by_command, 0},
};

/* In the order of the columns; the rest of the row is for the command. */
static const struct {
	enum cgw_process_use use;
	int columns_min; /* of a screen that has space for it; 0: only if it is the order */
} use_columns[] = {
	{CGW_PROCESS_RUN_DELAY, 100},
	{CGW_PROCESS_READ, 90},
	{CGW_PROCESS_WRITTEN, 90},
	{CGW_PROCESS_PSS, 0},
};

const char *process_order_name(enum process_order order)
{
	return orders[order].name;
}

unsigned process_order_uses(enum process_order order)
{
	unsigned uses = orders[order].compare == NULL ? 1U << orders[order].use : 0;

	for (size_t i = 0; i < ARRAY_SIZE(use_columns); i++)
		if (use_columns[i].columns_min > 0)
			uses |= 1U << use_columns[i].use;
	return uses;
}

static double shown_use(const struct process *process, enum cgw_process_use use)
{
	return process->rates[use].state == CGW_OK ? process->rates[use].real : -1;
}

static int compare(const void *a, const void *b, void *order_pointer)
{
	const enum process_order order = *(const enum process_order *)order_pointer;
	int r;

	if (orders[order].compare != NULL) {
		r = orders[order].compare(a, b);
	} else {
		double first = shown_use(a, orders[order].use);
		double second = shown_use(b, orders[order].use);

		r = (first < second) - (first > second);
	}
	return r != 0 ? r : by_pid(a, b);
}

void processes_sort(struct process *processes, size_t count, enum process_order order)
{
	if (count > 0)
		qsort_r(processes, count, sizeof(*processes), compare, &order);
}

static bool use_is_shown(const struct app *app, const struct detail *detail, size_t column)
{
	enum process_order order = detail->process_order;

	return (orders[order].compare == NULL && orders[order].use == use_columns[column].use) ||
	       (use_columns[column].columns_min > 0 &&
		app->columns >= use_columns[column].columns_min);
}

static void add_process(const struct app *app, struct detail *detail, size_t i)
{
	const struct process *process = &detail->processes[i];
	char memory[16], time[24], cpu[16] = "…", value[24], user[33], text[96];
	size_t used;

	cgw_format_bytes((double)process->memory_bytes, memory, sizeof(memory));
	cgw_format_duration((double)process->cpu_ns, time, sizeof(time));
	if (!isnan(process->cpu_percent))
		snprintf(cpu, sizeof(cpu), "%.1f%%", process->cpu_percent);
	name_cut(process->user, NAME_CUT_MIDDLE, NULL, USER_WIDTH, user, sizeof(user));
	used = text_append(text, sizeof(text), 0, "%7d %s%*s %c %5u %6s %7s %6s ",
			   (int)process->pid, user, USER_WIDTH - canvas_width(user), "",
			   process->state, process->threads, memory, cpu, time);
	for (size_t column = 0; column < ARRAY_SIZE(use_columns); column++) {
		enum cgw_process_use use = use_columns[column].use;

		if (!use_is_shown(app, detail, column))
			continue;
		cgw_format_value(process->rates[use], cgw_process_use_info(use)->unit,
				 CGW_STYLE_HUMAN, value, sizeof(value));
		used = text_append(text, sizeof(text), used, "%7s ", value);
	}
	text_append(text, sizeof(text), used, " ");
	detail_add_value(detail, process->state == 'D' ? ROLE_FROZEN : ROLE_TEXT, text, "%s%s%s",
			 process->group, process->group[0] != '\0' ? "  " : "", process->command);
	detail->rows[detail->row_count - 1].process = (uint16_t)(i + 1);
}

/* Selects the row of the process that was selected before, else the first process. */
static void keep_selection(struct detail *detail)
{
	for (size_t i = 0; i < detail->process_count && detail->selected_pid > 0; i++)
		if (detail->processes[i].pid == detail->selected_pid)
			detail->scroll.selected = (uint32_t)i + 1;
	if (detail->scroll.selected == 0 && detail->process_count > 0)
		detail->scroll.selected = 1;
}

void detail_fill_processes(struct app *app, struct detail *detail)
{
	char text[96];
	bool is_parent;
	size_t used;

	if (!(app->source_flags & SOURCE_CAN_ACT)) {
		snprintf(text, sizeof(text), "a %s has no list of processes", app->source_name);
		detail_add(detail, ROLE_DIM, text);
		return;
	}
	if (detail->processes == NULL)
		return;
	used = text_append(text, sizeof(text), 0, "%7s %-*s S %5s %6s %7s %6s ", "PID", USER_WIDTH,
			   "USER", "THR", "MEMORY", "CPU", "TIME");
	for (size_t column = 0; column < ARRAY_SIZE(use_columns); column++)
		if (use_is_shown(app, detail, column))
			used = text_append(text, sizeof(text), used, "%7s ",
					   cgw_process_use_info(use_columns[column].use)->title);
	text_append(text, sizeof(text), used, " %s",
		    detail->with_below ? "GROUP AND COMMAND" : "COMMAND");
	detail_add_heading(detail, text);
	processes_sort(detail->processes, detail->process_count, detail->process_order);
	for (size_t i = 0; i < detail->process_count; i++)
		add_process(app, detail, i);
	keep_selection(detail);
	if (detail->process_count > 0)
		return;
	app_key_name(app, ACTION_BELOW, text, sizeof(text));
	is_parent = detail->group != CGW_NO_GROUP && app_topology(app)->below[detail->group] > 0;
	detail_add_value(detail, ROLE_DIM,
			 detail->process_total > 0 ? "no visible processes" : "no processes",
			 "%s%s", is_parent && !detail->with_below ? text : "",
			 is_parent && !detail->with_below ? ": show those of the groups below"
							  : "");
}

const struct process *detail_process(const struct detail *detail)
{
	const struct detail_row *row;

	if (detail->page != PAGE_PROCESSES || detail->scroll.selected >= detail->row_count)
		return NULL;
	row = &detail->rows[detail->scroll.selected];
	return row->process > 0 && row->process <= detail->process_count
		       ? &detail->processes[row->process - 1]
		       : NULL;
}

bool detail_process_act(struct app *app, struct detail *detail, enum action action,
			unsigned *ret_reactions)
{
	const struct process *process = detail_process(detail);
	struct process_target target = {0};

	if (process == NULL)
		return false;
	target.pid = process->pid;
	target.start_ticks = process->start_ticks;
	snprintf(target.command, sizeof(target.command), "%s", process->command);
	if (action == ACTION_KILL)
		*ret_reactions = process_kill(app, &target, detail->path);
	else if (action == ACTION_MOVE)
		*ret_reactions = process_move(app, &target, detail->path);
	else
		return false;
	return true;
}
