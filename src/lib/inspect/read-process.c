/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* read-process.c - details of one process or thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/inspect/parse-proc.h"
#include "lib/inspect/process-use.h"
#include "lib/inspect/read-process.h"
#include "lib/kernel/process-namespaces.h"

/* PF_KTHREAD of the kernel's sched.h, in the flags of /proc/PID/stat since Linux 2.6. */
#define KERNEL_THREAD_FLAG 0x00200000U
/* Longer command lines are truncated: a process can make its own arbitrarily long. */
#define COMMAND_LIMIT 4096

static int read_file(const struct process_context *context, pid_t pid, const char *name,
		     char **ret_text, size_t *ret_length)
{
	return cgw_proc_read(context->layout, FORMATTED(64, "%d/%s", (int)pid, name), ret_text,
			     ret_length);
}

static int read_stat(const struct process_context *context, pid_t pid, pid_t leader,
		     struct process_stat *ret_stat)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	char file[64];
	int r;

	if (leader > 0)
		snprintf(file, sizeof(file), "%d/task/%d/stat", (int)leader, (int)pid);
	else
		snprintf(file, sizeof(file), "%d/stat", (int)pid);
	r = cgw_proc_read(context->layout, file, &text, &length);
	return r < 0 ? r : parse_stat(text, ret_stat);
}

static void read_host(struct process_context *context)
{
	for (enum cgw_namespace_kind i = 0; i < CGW_NAMESPACE_COUNT; i++) {
		int r = cgw_namespace_of_host(context->layout, i, &context->host[i]);

		context->host_state[i] = r < 0 ? cgw_state_from_error(r) : CGW_OK;
	}
}

/* The bounding set of the host's PID 1; inside a container, all capabilities of the kernel. */
static void read_all_capabilities(struct process_context *context)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct process_status first;
	uint64_t last;
	size_t length;

	if (cgw_in_host_pid_namespace(context->layout)) {
		if (cgw_proc_read(context->layout, "1/status", &text, &length) == 0 &&
		    parse_status(text, &first) == 0)
			context->all_capabilities = first.capabilities[CGW_CAPABILITIES_BOUNDING];
	} else if (cgw_proc_read(context->layout, "sys/kernel/cap_last_cap", &text, &length) == 0 &&
		   (last = strtoull(text, NULL, 10)) > 0 && last < 63) {
		context->all_capabilities = (UINT64_C(1) << (last + 1)) - 1;
	}
}

void process_context_read(const struct cgw_layout *layout, struct process_context *ret_context)
{
	long ticks = sysconf(_SC_CLK_TCK), page = sysconf(_SC_PAGESIZE);
	struct process_context context = {
		.layout = layout,
		.ticks_per_s = ticks > 0 ? (uint64_t)ticks : 100,
		.page_bytes = page > 0 ? (uint64_t)page : 4096,
	};
	char target[64];

	read_host(&context);
	read_all_capabilities(&context);
	if (cgw_proc_link(layout, "self/ns/user", target, sizeof(target)) > 0 &&
	    strncmp(target, "user:[", 6) == 0)
		context.own_user_namespace = strtoull(target + 6, NULL, 10);
	*ret_context = context;
}

static void read_namespaces(const struct process_context *context, struct cgw_process *process)
{
	struct process_namespaces namespaces;

	process_namespaces_read(context->layout, process->pid, &namespaces);
	memcpy(process->namespaces, namespaces.inode, sizeof(process->namespaces));
	for (enum cgw_namespace_kind i = 0; i < CGW_NAMESPACE_COUNT; i++) {
		int r = namespaces.error[i];

		/* Older kernels have fewer kinds of namespaces: a missing one is not hidden. */
		if (r == -EACCES || r == -EPERM)
			process->hidden |= CGW_HIDDEN_NAMESPACES;
	}
}

static void read_inner_ids(const struct process_context *context, struct cgw_process *process)
{
	static const char *const files[2] = {"uid_map", "gid_map"};
	uint32_t outer[2] = {process->uid, process->gid}, inner[2] = {CGW_NO_ID, CGW_NO_ID};
	uint64_t namespace = process->namespaces[CGW_NAMESPACE_USER];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(cleanup_free) char *text = NULL;
		size_t length;

		/* To a reader in the same namespace, /proc shows inner IDs already. */
		if (namespace != 0 && namespace == context->own_user_namespace)
			inner[i] = outer[i];
		else if (read_file(context, process->pid, files[i], &text, &length) == 0)
			inner[i] = parse_map(text, outer[i]);
	}
	process->inner_uid = inner[0];
	process->inner_gid = inner[1];
}

static void read_root(const struct process_context *context, struct cgw_process *process)
{
	struct cgw_confinement *confinement = &process->confinement;
	uint64_t mounts = process->namespaces[CGW_NAMESPACE_MOUNT];
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r;

	r = cgw_proc_link(context->layout, FORMATTED(64, "%d/root", (int)process->pid),
			  confinement->root, sizeof(confinement->root));
	if (r == -EACCES || r == -EPERM)
		process->hidden |= CGW_HIDDEN_ROOT;
	if (r < 0)
		confinement->root[0] = '\0';
	if (mounts != 0 && context->host_state[CGW_NAMESPACE_MOUNT] != CGW_DENIED &&
	    mounts != context->host[CGW_NAMESPACE_MOUNT] &&
	    read_file(context, process->pid, "mountinfo", &text, &length) == 0)
		parse_root_type(text, confinement->root_type, sizeof(confinement->root_type));
}

static void read_label(const struct process_context *context, struct cgw_process *process)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = read_file(context, process->pid, "attr/current", &text, &length);

	/* EINVAL: no security module with labels. */
	if (r == -EACCES || r == -EPERM)
		process->hidden |= CGW_HIDDEN_LABEL;
	if (r == 0)
		snprintf(process->confinement.label, sizeof(process->confinement.label), "%.*s",
			 (int)strcspn(text, "\n"), text);
}

static void read_confinement(const struct process_context *context,
			     const struct process_status *status, struct cgw_process *process)
{
	struct cgw_confinement *confinement = &process->confinement;
	CLEANUP(cleanup_free) char *limits = NULL;
	CLEANUP(cleanup_free) char *score = NULL;
	size_t length;
	int r;

	memcpy(confinement->capabilities, status->capabilities, sizeof(status->capabilities));
	confinement->seccomp = status->seccomp;
	confinement->seccomp_filters = status->seccomp_filters;
	confinement->no_new_privileges = status->no_new_privileges;
	r = read_file(context, process->pid, "limits", &limits, &length);
	if (r == -EACCES || r == -EPERM)
		process->hidden |= CGW_HIDDEN_LIMITS;
	if (r == 0)
		parse_limits(limits, confinement->limits);
	if (read_file(context, process->pid, "oom_score_adj", &score, &length) == 0)
		confinement->oom_score_adjust = (int)strtol(score, NULL, 10);
	read_root(context, process);
	read_label(context, process);
}

static void read_command(const struct process_context *context, struct cgw_process *process)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = read_file(context, process->pid, "cmdline", &text, &length);

	if (r == -EACCES || r == -EPERM)
		process->hidden |= CGW_HIDDEN_COMMAND;
	if (r == 0)
		process->command = parse_command(text, length, COMMAND_LIMIT);
}

static void apply_stat(const struct process_context *context, const struct process_stat *stat,
		       struct cgw_process *process)
{
	memcpy(process->name, stat->name, sizeof(process->name));
	process->state = stat->state;
	process->parent = stat->parent;
	process->threads = stat->threads;
	process->start_ticks = stat->start_ticks;
	process->cpu_ns =
		(stat->user_ticks + stat->system_ticks) * (NS_PER_S / context->ticks_per_s);
	process->resident_bytes = stat->resident_pages * context->page_bytes;
	process->kernel_thread = (stat->flags & KERNEL_THREAD_FLAG) != 0;
}

static int read_all(const struct process_context *context, bool thread, struct cgw_process *process)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct process_status status = {0};
	struct process_stat stat;
	size_t length;
	int r = read_file(context, process->pid, "status", &text, &length);

	if (r == 0)
		r = parse_status(text, &status);
	if (r < 0)
		return r;
	process->leader = status.leader;
	process->uid = status.uid;
	process->gid = status.gid;
	process->inner_pid = status.inner_pid;
	process->init = status.inner_pid == 1;
	r = read_stat(context, process->pid, thread ? process->leader : 0, &stat);
	if (r < 0)
		return r;
	apply_stat(context, &stat, process);
	read_namespaces(context, process);
	read_inner_ids(context, process);
	read_command(context, process);
	read_confinement(context, &status, process);
	process_use_read(context->layout, process->pid, thread ? process->leader : 0, context->uses,
			 process->use);
	r = cgw_membership_read(context->layout, process->pid, &process->membership);
	return r == -EACCES || r == -EPERM ? 0 : r;
}

int process_read(const struct process_context *context, pid_t pid, bool thread,
		 struct cgw_process *ret_process)
{
	struct cgw_process process = {.pid = pid};
	struct process_stat stat;
	int r = read_all(context, thread, &process);

	/* An unchanged start time proves that the PID was not reused while it was read. */
	if (r == 0)
		r = read_stat(context, pid, thread ? process.leader : 0, &stat);
	if (r == 0 && stat.start_ticks != process.start_ticks)
		r = -ESRCH;
	if (r < 0) {
		process_done(&process);
		return r == -ENOENT ? -ESRCH : r;
	}
	*ret_process = process;
	return 0;
}

pid_t process_dead_parent(const struct process_context *context, pid_t pid)
{
	struct process_stat stat;

	return read_stat(context, pid, 0, &stat) == 0 && stat.state == 'Z' ? stat.parent : 0;
}

void process_done(struct cgw_process *process)
{
	free(process->command);
	cgw_membership_done(&process->membership);
}
