/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-job.c - reads all metrics, the processes and the owner of one group in a worker thread. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cgward/limit.h>

#include "lib/base/cleanup.h"
#include "tui/core/thread.h"
#include "tui/detail/detail.h"
#include "tui/detail/process-list.h"

/* Number of processes listed; all are counted. */
#define PROCESSES_MAX 2000

struct group_job {
	struct job job;
	char *path;
	bool need_processes;
	struct cgw_sampler *sampler;
	/* Of the previous run, to compute the CPU use of each process. */
	struct process *before;
	size_t before_count;
	uint64_t before_ns;
	struct group_job_result answer;
};

static void drop_answer(struct group_job_result *answer)
{
	cgw_snapshot_unref(answer->snapshot);
	free(answer->processes);
	*answer = (struct group_job_result){0};
}

void group_job_free(struct group_job *job)
{
	if (job == NULL)
		return;
	drop_answer(&job->answer);
	free(job->before);
	cgw_sampler_free(job->sampler);
	free(job->path);
	free(job);
}

static void free_job(struct job *job)
{
	group_job_free((struct group_job *)job);
}

static unsigned depth_of(const char *path)
{
	unsigned depth = 0;

	for (const char *at = path; *at != '\0'; at++)
		depth += at[0] == '/' && at[1] != '\0';
	return depth;
}

static int read_snapshot(struct group_job *job)
{
	/* The group and its ancestors, for effective limits. The root needs another filter. */
	struct cgw_sampler_options options = {.below = job->path, .depth_max = depth_of(job->path)};
	struct cgw_metric_set all = {0};
	int r;

	if (options.depth_max == 0) {
		options.below = NULL;
		options.depth_max = 1;
	}
	if (job->sampler == NULL) {
		r = cgw_sampler_new(job->job.layout, &options, &job->sampler, NULL);
		if (r < 0)
			return r;
		for (int i = 0; i < CGW_METRIC_COUNT; i++)
			cgw_metric_set_add(&all, (enum cgw_metric)i);
		r = cgw_sampler_set_metrics(job->sampler, &all);
		if (r < 0)
			return r;
	}
	return cgw_sampler_sample(job->sampler, &job->answer.snapshot);
}

/* "PID (name) S ppid ...": the name may contain blanks and ')', so search the last one. */
static int parse_stat(const char *text, struct process *process)
{
	const char *end = strrchr(text, ')');
	unsigned long long user_ticks, system_ticks, start;
	unsigned long long ticks_per_s = (unsigned long long)sysconf(_SC_CLK_TCK);
	long threads, pages;

	if (end == NULL)
		return -EBADMSG;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	if (sscanf(end + 1,
		   " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %ld %*d "
		   "%llu %*u %ld",
		   &process->state, &user_ticks, &system_ticks, &threads, &start, &pages) != 6)
		return -EBADMSG;
	process->threads = threads > 0 ? (unsigned)threads : 0;
	process->cpu_ns = (user_ticks + system_ticks) * (1000000000 / ticks_per_s);
	process->memory_bytes = pages > 0 ? (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
	return 0;
}

/* The command line, or the name in brackets if it is empty (kernel threads, zombies). */
static void read_command(const struct cgw_layout *layout, const char *stat, struct process *process)
{
	CLEANUP(cleanup_free) char *text = NULL;
	const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
	char file[64], name[64];
	size_t length = 0;

	snprintf(file, sizeof(file), "%d/cmdline", (int)process->pid);
	if (cgw_proc_read(layout, file, &text, &length) == 0 && length > 0) {
		for (size_t i = 0; i + 1 < length; i++)
			if (text[i] == '\0')
				text[i] = ' ';
		if (length > 400)
			length = 400;
		while (length > 0 && text[length - 1] == '\0')
			length--;
		cgw_escape(process->command, sizeof(process->command), text, length);
		return;
	}
	if (open == NULL || close == NULL || close <= open)
		return;
	cgw_escape(name, sizeof(name), open + 1, (size_t)(close - open - 1));
	snprintf(process->command, sizeof(process->command), "[%s]", name);
}

static int read_process(const struct cgw_layout *layout, pid_t pid, struct process *process)
{
	CLEANUP(cleanup_free) char *stat = NULL, *status = NULL;
	char file[64];
	const char *at;
	size_t length;
	int r;

	*process = (struct process){.pid = pid, .cpu_percent = NAN, .user = UINT32_MAX};
	snprintf(file, sizeof(file), "%d/stat", (int)pid);
	r = cgw_proc_read(layout, file, &stat, &length);
	if (r == 0)
		r = parse_stat(stat, process);
	if (r < 0)
		return r;
	snprintf(file, sizeof(file), "%d/status", (int)pid);
	if (cgw_proc_read(layout, file, &status, &length) == 0 &&
	    (at = strstr(status, "\nUid:")) != NULL)
		process->user = (uint32_t)strtoul(at + 5, NULL, 10);
	read_command(layout, stat, process);
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct process *first = a, *second = b;

	return (first->pid > second->pid) - (first->pid < second->pid);
}

static int by_use(const void *a, const void *b)
{
	const struct process *first = a, *second = b;
	double one = isnan(first->cpu_percent) ? 0 : first->cpu_percent;
	double two = isnan(second->cpu_percent) ? 0 : second->cpu_percent;

	if (one != two)
		return one < two ? 1 : -1;
	if (first->memory_bytes != second->memory_bytes)
		return first->memory_bytes < second->memory_bytes ? 1 : -1;
	return by_pid(a, b);
}

/* Computes the CPU use since the previous run. */
static void compare(struct group_job *job, struct process *processes, size_t count, uint64_t now_ns)
{
	struct process *kept = malloc((count + 1) * sizeof(*kept));

	for (size_t i = 0; i < count; i++) {
		const struct process *before =
			job->before_count > 0 ? bsearch(&processes[i], job->before,
							job->before_count, sizeof(*before), by_pid)
					      : NULL;

		if (before != NULL && processes[i].cpu_ns >= before->cpu_ns &&
		    now_ns > job->before_ns)
			processes[i].cpu_percent = (double)(processes[i].cpu_ns - before->cpu_ns) *
						   100 / (double)(now_ns - job->before_ns);
	}
	free(job->before);
	job->before = kept;
	job->before_count = 0;
	job->before_ns = now_ns;
	if (kept == NULL)
		return;
	memcpy(kept, processes, count * sizeof(*kept));
	qsort(kept, count, sizeof(*kept), by_pid);
	job->before_count = count;
}

int process_list_read(const struct cgw_layout *layout, const char *path, char **ret_text)
{
	int r = -ENOENT;

	for (size_t h = 0; h < layout->hierarchy_count && r < 0; h++) {
		int directory;
		size_t length;

		r = cgw_group_open(layout, h, path, &directory, NULL);
		if (r < 0)
			continue;
		r = cgw_file_read(layout, directory, "cgroup.procs", ret_text, &length);
		close(directory);
	}
	return r;
}

static int read_processes(struct group_job *job)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct process *processes;
	size_t count = 0, total = 0;
	uint64_t now_ns = thread_now_ns();
	int r = process_list_read(job->job.layout, job->path, &text);

	if (r < 0)
		return r;
	processes = calloc(PROCESSES_MAX, sizeof(*processes));
	if (processes == NULL)
		return -ENOMEM;
	for (char *at = text, *end; *at != '\0'; at = end + (*end == '\n')) {
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		total++;
		/* 0: a process outside our PID namespace. */
		if (count < PROCESSES_MAX && pid > 0 &&
		    read_process(job->job.layout, (pid_t)pid, &processes[count]) == 0)
			count++;
	}
	compare(job, processes, count, now_ns);
	qsort(processes, count, sizeof(*processes), by_use);
	job->answer.processes = processes;
	job->answer.process_count = count;
	job->answer.process_total = total;
	return 0;
}

static void find_owner(struct group_job *job)
{
	struct group_job_result *answer = &job->answer;
	struct cgw_owner owner;
	char unit[160];

	if (cgw_owner_find(job->job.layout, job->path, &owner) < 0)
		return;
	answer->has_owner = true;
	cgw_escape(unit, sizeof(unit), owner.unit, strlen(owner.unit));
	switch (owner.kind) {
	case CGW_OWNER_NONE:
		snprintf(answer->owner, sizeof(answer->owner),
			 "none (cgroup files are written directly)");
		return;
	case CGW_OWNER_SYSTEMD:
		snprintf(answer->owner, sizeof(answer->owner), "systemd (%s)", unit);
		return;
	case CGW_OWNER_SYSTEMD_USER:
		snprintf(answer->owner, sizeof(answer->owner), "systemd of user %u (%s)",
			 (unsigned)owner.uid, unit);
		return;
	case CGW_OWNER_DELEGATED:
		snprintf(answer->owner, sizeof(answer->owner), "%s (delegated by %s)",
			 owner.engine[0] != '\0' ? owner.engine : "unknown", unit);
		return;
	case CGW_OWNER_ENGINE:
		snprintf(answer->owner, sizeof(answer->owner), "%s", owner.engine);
		return;
	}
}

static void run(struct job *base)
{
	struct group_job *job = (struct group_job *)base;

	job->answer.error = read_snapshot(job);
	find_owner(job);
	if (job->need_processes)
		read_processes(job);
	job->answer.monotonic_ns = thread_now_ns();
}

int group_job_new(const char *path, struct group_job **ret_job)
{
	struct group_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return -ENOMEM;
	job->path = strdup(path);
	if (job->path == NULL) {
		free(job);
		return -ENOMEM;
	}
	job->job = (struct job){.run = run, .free = free_job, .name = "Reading the group"};
	*ret_job = job;
	return 0;
}

struct job *group_job_as_job(struct group_job *job)
{
	return &job->job;
}

struct group_job *group_job_from(struct job *job)
{
	return job->run == run ? (struct group_job *)job : NULL;
}

void group_job_set_request(struct group_job *job, bool processes)
{
	drop_answer(&job->answer);
	job->need_processes = processes;
}

struct group_job_result *group_job_result(struct group_job *job)
{
	return &job->answer;
}
