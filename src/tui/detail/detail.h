/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * detail.h - an opened group: data shared by its pages.
 *
 * It shows all metrics, which the list does not sample for all groups. So an opened group has a
 * separate sampler for itself and its ancestors, which a worker thread runs at each sample.
 */
#pragma once

#include <cgward/inspect.h>

#include "lib/base/string-list.h"
#include "shared/report/inspect-view.h"
#include "tui/core/scroll.h"
#include "tui/core/views.h"
#include "tui/detail/metric-history.h"
#include <cgward/kernel.h>

enum detail_page {
	PAGE_GRAPHS,
	PAGE_METRICS,
	PAGE_LIMITS,
	PAGE_PROCESSES,
	PAGE_EVENTS,
	PAGE_EXPLAIN,
	PAGE_INSPECT,
	PAGE_ADVICE,
	PAGE_COUNT
};

struct process {
	pid_t pid;
	char user[33]; /* name, else UID; escaped; "-": unknown */
	char state;
	unsigned threads;
	uint64_t memory_bytes, cpu_ns;
	double cpu_percent; /* NAN: unknown before the second reading */
	struct cgw_number use[CGW_PROCESS_USE_COUNT];
	struct cgw_value rates[CGW_PROCESS_USE_COUNT]; /* of `use`; see cgw_process_use_value() */
	uint64_t start_ticks;
	char group[96];    /* below the opened one, escaped; "": the opened one */
	char command[160]; /* escaped */
};

enum process_order {
	PROCESSES_BY_CPU,
	PROCESSES_BY_MEMORY,
	PROCESSES_BY_TIME,
	PROCESSES_BY_DELAY,
	PROCESSES_BY_READ,
	PROCESSES_BY_WRITTEN,
	PROCESSES_BY_PSS,
	PROCESSES_BY_PID,
	PROCESSES_BY_COMMAND,
	PROCESS_ORDER_COUNT,
};
/* What is read of each process: a bit mask of enum cgw_process_use. */
unsigned process_order_uses(enum process_order order) CGW_PURE;
const char *process_order_name(enum process_order order) CGW_PURE;
void processes_sort(struct process *processes, size_t count, enum process_order order);

/* Reads all metrics, the processes and the owner of a group; repeatable. */
struct group_job {
	struct job job;
	char *path;
	struct cgw_sampler *sampler;
	/* Of the previous run, to compute the CPU use of each process; by PID. */
	struct process *before;
	size_t before_count;
	uint64_t before_ns;

	bool need_processes; /* whether to read them */
	struct user_name {
		uint32_t uid;
		char name[33];
	} users[16];              /* looked up already, by UID modulo their number; "": free */
	unsigned uses;            /* bit mask of enum cgw_process_use to read */
	struct string_list below; /* paths of the groups whose processes are read as well */

	struct cgw_snapshot *snapshot;
	struct process *processes;
	size_t process_count, process_total;
	bool has_owner;
	char owner[320]; /* escaped: "systemd (nginx.service)" */
};
struct group_job *group_job_new(const char *path);
/* NULL: another job. */
struct group_job *group_job_from(struct job *job);
/* Call it before posting the job again. */
void group_job_drop_result(struct group_job *job);

/* The output of `cgward inspect`; repeatable: rates are those since the previous run. */
struct inspect_job {
	struct job job;
	char *path;
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	struct cgw_inspection *before;
	struct view before_view; /* networks only */
	uint64_t before_ns;

	unsigned count; /* runs so far */
	char *text;
	int error; /* of the last run */
};
struct inspect_job *inspect_job_new(const char *path);
struct inspect_job *inspect_job_from(struct job *job);

struct detail_row {
	enum role role; /* of the value */
	bool heading;
	char left[96], value[320], more[192], help[160];
	bool has_advice;         /* `left` and `value` are a control and its value */
	uint16_t process, cause; /* its index in `detail` + 1; 0: another row */
	const char *line;        /* a line of `detail->text` instead; not NUL-terminated */
	size_t line_length;
};

/* What a row is about: its cause, or the text at its left, or that of the row it continues. */
struct row_subject {
	int cause; /* -1: none */
	char left[sizeof(((struct detail_row *)NULL)->left)];
	uint32_t offset; /* from the first row of the subject */
};

struct detail {
	char *path; /* raw */
	uint64_t id;
	uint32_t group; /* in the list's frame; CGW_NO_GROUP: removed */
	enum detail_page page;
	struct cgw_frame *own_frame; /* of group_job's snapshots: the group and its ancestors */
	/* own_frame; the list's frame for recordings and remote hosts. */
	const struct cgw_frame *frame;
	struct group_job *group_job; /* NULL while posted */
	struct process *processes;
	size_t process_count, process_total;
	enum process_order process_order;
	pid_t selected_pid; /* the row follows it when the order changes; 0: none */
	bool with_below;    /* also processes of the groups below */
	struct cgw_cause causes[CGW_CAUSE_MAX];
	size_t cause_count;
	char owner[320];
	struct inspect_job *inspect_job; /* NULL while posted, and before its first use */
	char *text;                      /* its last output */
	int inspect_error;
	unsigned inspect_count;
	uint64_t inspected_ns;
	bool inspecting;
	int column;             /* cells of the text scrolled out on the left */
	uint64_t *first_counts; /* values when the group was opened, by metric */
	bool has_first_counts;
	struct detail_row *rows;
	size_t row_count, row_capacity;
	struct detail_row lost_row; /* not shown: without memory for another row */
	struct scroll scroll;
	unsigned zoom; /* seconds per sample of a graph */
	size_t cursor; /* samples before the newest one */
	bool has_cursor;
	struct metric_history metrics;
	char graphed[96]; /* key of the metric shown beside the graphs, "": none */
};

/* Appends a row. Never NULL. */
struct detail_row *detail_add(struct detail *detail, enum role role, const char *left);
/* The same with a value, cut to the size of the row. */
void detail_add_value(struct detail *detail, enum role role, const char *left, const char *format,
		      ...) CGW_PRINTF(4, 5);
/* Rows of a text that is wrapped to the screen beside a left column of that width. */
void detail_add_wrapped(const struct app *app, struct detail *detail, enum role role,
			const char *left, int left_width, const char *text);
void detail_add_heading(struct detail *detail, const char *text);
/* The group in `detail->frame`; CGW_NO_GROUP before the first sample. */
uint32_t detail_find_group(const struct detail *detail);

/* The process of the selected row, or NULL. */
const struct process *detail_process(const struct detail *detail);
/* Enter on the selected row. Sets the page to turn to, if any. */
unsigned detail_use(struct app *app, struct detail *detail, enum detail_page *ret_page);
/* What that does, in two words; NULL: nothing. */
const char *detail_use_label(const struct app *app, const struct detail *detail);
/* Copies the process, command or value of the selected row, else the path. */
unsigned detail_copy(struct app *app, const struct detail *detail);
/* The keys that act on the selected process; false: another action, or none is selected. */
bool detail_process_act(struct app *app, struct detail *detail, enum action action,
			unsigned *ret_reactions);
/* Keys act on the selected row, so it remains the same when a page is filled again. */
struct row_subject detail_selected_subject(const struct detail *detail);
void detail_select_subject(struct detail *detail, const struct row_subject *subject);

void detail_fill_metrics(struct app *app, struct detail *detail);
void detail_fill_limits(struct app *app, struct detail *detail);
void detail_fill_processes(struct app *app, struct detail *detail);
void detail_fill_events(struct app *app, struct detail *detail);
void detail_fill_explain(struct app *app, struct detail *detail);
void detail_fill_inspect(struct app *app, struct detail *detail);
void detail_fill_advice(struct app *app, struct detail *detail);
/* Posts the inspection if its page is shown and its data are outdated. */
void detail_request_inspection(struct app *app, struct detail *detail);
/* True if the job is the inspection of this group. */
bool detail_collect_inspection(struct detail *detail, struct job *job);
void detail_draw_tabs(const struct detail *detail, struct canvas *canvas, struct rect area);
/* The page of the tab at that column, or -1. */
int detail_tab_at(const struct detail *detail, struct rect area, int column);
void detail_draw_line(const struct detail *detail, const struct detail_row *row,
		      struct canvas *canvas, struct rect area);
/* Below the rows, the course of the selected cause; nothing if this group has no value of it. */
void detail_draw_cause(struct app *app, struct detail *detail, struct canvas *canvas,
		       struct rect area);
void detail_draw_graphs(struct app *app, struct detail *detail, struct canvas *canvas,
			struct rect area);

/* Reads the list of processes of one group. */
/* The text of cgroup.procs in the first hierarchy that contains the group. The caller frees it. */
int process_list_read(const struct cgw_layout *layout, const char *path, char **ret_text);
/*
 * The command line of a process, escaped, or its name in brackets if that is empty (kernel threads,
 * zombies). `name`: if it is known, else NULL. The error of a system call if the process exited.
 */
int process_command_read(const struct cgw_layout *layout, pid_t pid, const char *name, char *buffer,
			 size_t size);
