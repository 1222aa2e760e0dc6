/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * detail.h - one group whole: what its pages share.
 *
 * All metrics of one group are not wanted of all groups: an opened group has a sampler of its own,
 * for it and its ancestors alone, which the looking thread uses at each sample.
 */
#ifndef CGWARD_TUI_DETAIL_DETAIL_H
#define CGWARD_TUI_DETAIL_DETAIL_H

#include "tui/core/views.h"
#include "tui/detail/inspect-job.h"

enum detail_page {
	PAGE_GRAPHS,
	PAGE_METRICS,
	PAGE_LIMITS,
	PAGE_PROCESSES,
	PAGE_EVENTS,
	PAGE_EXPLAIN,
	PAGE_INSPECT,
	PAGE_COUNT
};

struct process {
	pid_t pid;
	uint32_t user;
	char state;
	unsigned threads;
	uint64_t memory_bytes, cpu_ns;
	double cpu_percent; /* NAN: not yet known */
	char command[160];  /* escaped */
};

/* What the looking thread found out; whole when it is handed over. */
struct group_job_result {
	struct cgw_snapshot *snapshot;
	int error;
	struct process *processes; /* by CPU, then memory */
	size_t process_count, process_total;
	uint64_t monotonic_ns;
	bool has_owner;
	char owner[320]; /* escaped: "systemd: nginx.service" */
};

struct group_job;
int group_job_new(const char *path, struct group_job **ret_job);
struct job *group_job_as_job(struct group_job *job);
struct group_job *group_job_from(struct job *job);
/* Before it is asked again: whether processes are wanted. */
void group_job_set_request(struct group_job *job, bool processes);
struct group_job_result *group_job_result(struct group_job *job);
void group_job_free(struct group_job *job);

struct detail_row {
	enum role role; /* of the value */
	bool heading;
	char left[96], value[192], more[192], help[160];
	const char *line; /* a line of text instead, of the look's; not terminated */
	size_t line_length;
};

struct detail {
	char *path; /* raw */
	uint64_t id;
	uint32_t group; /* in the list's frame; CGW_NO_GROUP: it went */
	enum detail_page page;
	struct cgw_frame *own_frame; /* of the probe's snapshots: it and its ancestors */
	/* That one, or the list's: nobody can be asked about a group that is elsewhere. */
	const struct cgw_frame *frame;
	struct group_job *probe; /* NULL while it is out */
	struct process *processes;
	size_t process_count, process_total;
	uint64_t processes_ns;
	char owner[320];
	struct look *look; /* NULL while it is out, and where it is not wanted */
	char *text;        /* what it printed last */
	int look_error;
	unsigned inspect_job_count;
	uint64_t looked_ns;
	bool looking;
	int column;             /* cells of the text that are scrolled away to the left */
	uint64_t *first_counts; /* by metric: as they were when the group was opened */
	bool has_first_counts;
	struct detail_row *rows;
	size_t row_count, row_capacity;
	uint32_t selected, first, page_rows;
	unsigned zoom; /* seconds a graph's sample */
};

/* A row more, or NULL. */
struct detail_row *detail_add(struct detail *detail, enum role role, const char *left);
/* The group in the probe's frame, or CGW_NO_GROUP before its first answer. */
uint32_t detail_at(const struct detail *detail);

void detail_fill_metrics(struct app *app, struct detail *detail);
void detail_fill_limits(struct app *app, struct detail *detail);
void detail_fill_processes(struct app *app, struct detail *detail);
void detail_fill_events(struct app *app, struct detail *detail);
void detail_fill_explain(struct app *app, struct detail *detail);
void detail_fill_inspect(struct app *app, struct detail *detail);
/* Looks again where the page is shown and what it says is old. */
void detail_request_inspection(struct app *app, struct detail *detail);
/* True where the job is the look of this group. */
bool detail_collect_inspection(struct detail *detail, struct job *job);
void detail_draw_line(const struct detail *detail, const struct detail_row *row,
		      struct canvas *canvas, struct rect area);
void detail_draw_graphs(struct app *app, struct detail *detail, struct canvas *canvas,
			struct rect area);

#endif
