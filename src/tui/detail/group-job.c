/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-job.c - reads all metrics, the processes and the owner of one group in a worker thread. */
#include <errno.h>
#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cgward/limit.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/inspect/parse-proc.h"
#include "lib/inspect/process-use.h"
#include "tui/detail/detail.h"

/* Number of processes listed; all are counted. */
#define PROCESSES_MAX 2000

void group_job_drop_result(struct group_job *job)
{
	cgw_snapshot_unref(job->snapshot);
	job->snapshot = NULL;
	free(job->processes);
	job->processes = NULL;
	job->has_owner = false;
}

static void free_job(struct job *base)
{
	struct group_job *job = (struct group_job *)base;

	group_job_drop_result(job);
	free(job->before);
	string_list_free(&job->below);
	cgw_sampler_free(job->sampler);
	free(job->path);
	free(job);
}

static int read_snapshot(struct group_job *job)
{
	/* The group and its ancestors, for effective limits and what slows the group down. */
	const struct cgw_sampler_options options = {
		.below = job->path, .only_group = true, .ancestors_alone = true};
	struct cgw_metric_set all = {0};
	int r;

	if (job->sampler == NULL) {
		r = cgw_sampler_new(job->job.layout, &options, &job->sampler, NULL);
		if (r < 0)
			return r;
		for (int i = 0; i < CGW_METRIC_COUNT; i++)
			if (cgw_metric_info((enum cgw_metric)i)->cost != CGW_TRACE)
				cgw_metric_set_add(&all, (enum cgw_metric)i);
		r = cgw_sampler_set_metrics(job->sampler, &all);
		if (r < 0)
			return r;
	}
	return cgw_sampler_sample(job->sampler, &job->snapshot);
}

int process_command_read(const struct cgw_layout *layout, pid_t pid, const char *name, char *buffer,
			 size_t size)
{
	CLEANUP(cleanup_free) char *text = NULL, *command = NULL, *comm = NULL;
	char file[64], escaped[96];
	size_t length = 0;
	int r;

	snprintf(file, sizeof(file), "%d/cmdline", (int)pid);
	if (cgw_proc_read(layout, file, &text, &length) == 0 && length > 0)
		command = parse_command(text, length, size);
	if (command != NULL) {
		cgw_escape(buffer, size, command, strlen(command));
		return 0;
	}
	snprintf(file, sizeof(file), "%d/comm", (int)pid);
	r = name != NULL ? 0 : cgw_proc_read(layout, file, &comm, &length);
	if (r < 0)
		return r;
	name = name != NULL ? name : comm;
	cgw_escape(escaped, sizeof(escaped), name, strcspn(name, "\n"));
	snprintf(buffer, size, "[%s]", escaped);
	return 0;
}

/* The user database may be on another machine, so each user is looked up once. */
static const char *user_name(struct group_job *job, uint32_t uid)
{
	struct user_name *user = &job->users[uid % ARRAY_SIZE(job->users)];
	struct passwd entry, *found = NULL;
	char strings[4096];

	if (user->name[0] != '\0' && user->uid == uid)
		return user->name;
	(void)getpwuid_r(uid, &entry, strings, sizeof(strings), &found);
	user->uid = uid;
	if (found != NULL && found->pw_name[0] != '\0')
		cgw_escape(user->name, sizeof(user->name), found->pw_name, strlen(found->pw_name));
	else
		snprintf(user->name, sizeof(user->name), "%u", uid);
	return user->name;
}

static int read_process(struct group_job *job, pid_t pid, struct process *process)
{
	const struct cgw_layout *layout = job->job.layout;
	const uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	CLEANUP(cleanup_free) char *stat_text = NULL, *status_text = NULL;
	struct process_stat stat;
	struct process_status status;
	char file[64];
	size_t length;
	int r;

	snprintf(file, sizeof(file), "%d/stat", (int)pid);
	r = cgw_proc_read(layout, file, &stat_text, &length);
	if (r >= 0)
		r = parse_stat(stat_text, &stat);
	if (r < 0)
		return r;
	*process = (struct process){
		.pid = pid,
		.user = "-",
		.state = stat.state,
		.threads = stat.threads,
		.memory_bytes = stat.resident_pages * (uint64_t)sysconf(_SC_PAGESIZE),
		.cpu_ns = (stat.user_ticks + stat.system_ticks) * tick_ns,
		.cpu_percent = NAN,
		.start_ticks = stat.start_ticks,
	};
	process_use_read(layout, pid, 0, job->uses, process->use);
	snprintf(file, sizeof(file), "%d/status", (int)pid);
	if (cgw_proc_read(layout, file, &status_text, &length) == 0 &&
	    parse_status(status_text, &status) == 0)
		snprintf(process->user, sizeof(process->user), "%s", user_name(job, status.uid));
	return process_command_read(layout, pid, stat.name, process->command,
				    sizeof(process->command));
}

static int by_pid(const void *a, const void *b)
{
	const struct process *first = a, *second = b;

	return (first->pid > second->pid) - (first->pid < second->pid);
}

/* Computes the rates since the previous run. */
static void compare(struct group_job *job, struct process *processes, size_t count, uint64_t now_ns)
{
	struct process *kept = malloc((count + 1) * sizeof(*kept));

	for (size_t i = 0; i < count; i++) {
		const struct process *before =
			job->before_count > 0 ? bsearch(&processes[i], job->before,
							job->before_count, sizeof(*before), by_pid)
					      : NULL;

		/* Another process may have the same PID by now. */
		if (before != NULL && before->start_ticks != processes[i].start_ticks)
			before = NULL;
		for (enum cgw_process_use use = 0; use < CGW_PROCESS_USE_COUNT; use++)
			processes[i].rates[use] = cgw_process_use_value(
				use, before != NULL ? &before->use[use] : NULL,
				&processes[i].use[use],
				(double)(now_ns - job->before_ns) / (double)NS_PER_S);
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

/* Adds the processes of one group; `below`: its path below the opened one. */
static int add_processes(struct group_job *job, const char *path, const char *below,
			 struct process *processes)
{
	CLEANUP(cleanup_free) char *text = NULL;
	int r = process_list_read(job->job.layout, path, &text);

	if (r < 0)
		return r;
	for (char *at = text, *end; *at != '\0'; at = end + (*end == '\n')) {
		struct process *process = &processes[job->process_count];
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		job->process_total++;
		/* 0: a process outside our PID namespace. */
		if (job->process_count == PROCESSES_MAX || pid <= 0 ||
		    read_process(job, (pid_t)pid, process) < 0)
			continue;
		cgw_escape(process->group, sizeof(process->group), below, strlen(below));
		job->process_count++;
	}
	return 0;
}

static int read_processes(struct group_job *job)
{
	size_t length = strcmp(job->path, "/") == 0 ? 0 : strlen(job->path);
	uint64_t now_ns = clock_now_ns();
	struct process *processes = calloc(PROCESSES_MAX + 1, sizeof(*processes));
	int r;

	if (processes == NULL)
		return -ENOMEM;
	job->process_count = job->process_total = 0;
	r = add_processes(job, job->path, "", processes);
	/* A group that was removed meanwhile has no processes. */
	for (size_t i = 0; i < job->below.count; i++)
		(void)add_processes(job, job->below.items[i], job->below.items[i] + length + 1,
				    processes);
	if (r < 0 && job->below.count == 0) {
		free(processes);
		return r;
	}
	compare(job, processes, job->process_count, now_ns);
	job->processes = processes;
	return 0;
}

static void find_owner(struct group_job *job)
{
	const size_t size = sizeof(job->owner);
	struct cgw_owner owner;
	char unit[160];

	if (cgw_owner_find(job->job.layout, job->path, &owner) < 0)
		return;
	job->has_owner = true;
	cgw_escape(unit, sizeof(unit), owner.unit, strlen(owner.unit));
	switch (owner.kind) {
	case CGW_OWNER_NONE:
		snprintf(job->owner, size, "none (cgroup files are written directly)");
		return;
	case CGW_OWNER_SYSTEMD:
		snprintf(job->owner, size, "systemd (%s)", unit);
		return;
	case CGW_OWNER_SYSTEMD_USER:
		snprintf(job->owner, size, "systemd of user %u (%s)", (unsigned)owner.uid, unit);
		return;
	case CGW_OWNER_DELEGATED:
		snprintf(job->owner, size, "%s (delegated by %s)",
			 owner.engine[0] != '\0' ? owner.engine : "unknown", unit);
		return;
	case CGW_OWNER_ENGINE:
		snprintf(job->owner, size, "%s", owner.engine);
		return;
	}
}

static void run(struct job *base)
{
	struct group_job *job = (struct group_job *)base;

	(void)read_snapshot(job); /* without one, the page shows the previous one */
	find_owner(job);
	if (job->need_processes)
		(void)read_processes(job);
}

struct group_job *group_job_new(const char *path)
{
	struct group_job *job = calloc(1, sizeof(*job));

	if (job != NULL)
		job->path = strdup(path);
	if (job == NULL || job->path == NULL) {
		free(job);
		return NULL;
	}
	job->job = (struct job){.run = run, .free = free_job, .name = "Reading the group"};
	return job;
}

struct group_job *group_job_from(struct job *job)
{
	return job->run == run ? (struct group_job *)job : NULL;
}
