/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* members.c - processes of a group. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/limit/members.h"

int members_push(struct members *members, pid_t pid)
{
	if (ARRAY_RESERVE(members->pids, members->size, members->count + 1) < 0)
		return -ENOMEM;
	members->pids[members->count++] = pid;
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	pid_t first = *(const pid_t *)a, second = *(const pid_t *)b;

	return (first > second) - (first < second);
}

bool members_contain(const struct members *members, pid_t pid)
{
	return members->count > 0 &&
	       bsearch(&pid, members->pids, members->count, sizeof(pid), compare_pids) != NULL;
}

/* The kernel's list is unsorted and may contain duplicates; v1 has a list in each hierarchy. */
static void sort_once(struct members *members)
{
	size_t kept = 0;

	if (members->count > 1)
		qsort(members->pids, members->count, sizeof(members->pids[0]), compare_pids);
	for (size_t i = 0; i < members->count; i++)
		if (kept == 0 || members->pids[kept - 1] != members->pids[i])
			members->pids[kept++] = members->pids[i];
	members->count = kept;
}

void members_done(struct members *members)
{
	free(members->pids);
	*members = (struct members){0};
}

int members_parse(struct members *members, const char *text)
{
	for (const char *line = text; *line != '\0';) {
		char *end;
		long pid = strtol(line, &end, 10);

		if (end == line)
			break;
		/* 0 is a process of another PID namespace; kill(0) would signal our own group. */
		if (pid <= 0)
			members->out_of_view++;
		else if (members_push(members, (pid_t)pid) < 0)
			return -ENOMEM;
		line = end + (*end == '\n');
	}
	return 0;
}

int members_read(const struct target *group, char **ret_text)
{
	size_t length;
	int r = cgw_file_read(group->layout, group->directory, "cgroup.procs", ret_text, &length);

	if (r == -EOPNOTSUPP) /* a threaded group of v2 */
		r = cgw_file_read(group->layout, group->directory, "cgroup.threads", ret_text,
				  &length);
	return r;
}

int members_add(struct members *members, const struct target *group)
{
	CLEANUP(cleanup_free) char *text = NULL;
	int r = members_read(group, &text);

	r = r < 0 ? r : members_parse(members, text);
	if (r == 0)
		sort_once(members);
	return r;
}

static int add_group(void *context, const struct target *group)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct members *members = context;
	int r = members_read(group, &text);

	members->groups++;
	if (r < 0 && members->error == 0 && !cgw_error_is_gone(r))
		members->error = r;
	return r < 0 ? 0 : members_parse(members, text);
}

int members_add_in(struct members *members, const struct cgw_layout *layout, const char *path,
		   uint32_t hierarchies)
{
	const struct subtree_visitor visitor = {.enter = add_group, .context = members};

	for (size_t h = 0; h < layout->hierarchy_count; h++) {
		int r = hierarchies & UINT32_C(1) << h ? subtree_walk(layout, h, path, &visitor)
						       : 0;

		if (r == -ENOMEM)
			return r;
		if (r < 0 && members->error == 0 && !cgw_error_is_gone(r))
			members->error = r;
	}
	sort_once(members);
	if (members->groups > 0)
		return 0;
	return members->error < 0 ? members->error : -ENOENT;
}

int members_add_all(struct members *members, const struct cgw_layout *layout, const char *path)
{
	return members_add_in(members, layout, path, UINT32_MAX);
}

/* Reads /proc/PID/stat. Fields follow the last bracket, since the name may contain any byte. */
static int read_stat(const struct cgw_layout *layout, pid_t pid, char **ret_text,
		     const char **ret_close)
{
	size_t length;
	int r;

	r = cgw_proc_read(layout, FORMATTED(32, "%d/stat", (int)pid), ret_text, &length);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	*ret_close = strrchr(*ret_text, ')');
	return *ret_close == NULL || strchr(*ret_text, '(') == NULL ? -EBADMSG : 0;
}

int process_state(const struct cgw_layout *layout, pid_t pid, char *ret_state, bool *ret_kernel,
		  char *name, size_t size)
{
	CLEANUP(cleanup_free) char *text = NULL;
	const char *open, *close;
	unsigned long flags;
	int r = read_stat(layout, pid, &text, &close);

	if (r < 0)
		return r;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	if (sscanf(close, ") %c %*d %*d %*d %*d %*d %lu", ret_state, &flags) != 2)
		return -EBADMSG;
	*ret_kernel = (flags & 0x00200000) != 0; /* PF_KTHREAD */
	open = strchr(text, '(');
	if (size > 0)
		cgw_escape(name, size, open + 1, (size_t)(close - open - 1));
	return 0;
}

int process_start(const struct cgw_layout *layout, pid_t pid, uint64_t *ret_ticks)
{
	CLEANUP(cleanup_free) char *text = NULL;
	const char *at;
	unsigned long long ticks;
	int r = read_stat(layout, pid, &text, &at);

	if (r < 0)
		return r;
	/* Field 22; the bracket ends field 2. */
	for (int field = 2; field < 22 && at != NULL; field++)
		at = strchr(at + 1, ' ');
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	if (at == NULL || sscanf(at, "%llu", &ticks) != 1)
		return -EBADMSG;
	*ret_ticks = ticks;
	return 0;
}

int process_open(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

int process_signal(int fd, pid_t pid, int signal)
{
	long r = fd >= 0 ? syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) : kill(pid, signal);

	return r < 0 ? -errno : 0;
}

pid_t process_of_thread(const struct cgw_layout *layout, pid_t tid)
{
	CLEANUP(cleanup_free) char *text = NULL;
	const char *line;
	size_t length;
	int pid;

	if (cgw_proc_read(layout, FORMATTED(32, "%d/status", (int)tid), &text, &length) < 0)
		return tid;
	line = strstr(text, "\nTgid:");
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
	return line != NULL && sscanf(line, "\nTgid: %d", &pid) == 1 ? (pid_t)pid : tid;
}

void members_format(const struct members *members, const struct cgw_layout *layout, char *buffer,
		    size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < members->count; i++) {
		char name[64] = "?", state;
		bool kernel;

		if (used + 96 > size) {
			text_append(buffer, size, used, ", ...");
			return;
		}
		(void)process_state(layout, members->pids[i], &state, &kernel, name, sizeof(name));
		used = text_append(buffer, size, used, "%s%d (%s)", i > 0 ? ", " : "",
				   (int)members->pids[i], name);
	}
}

bool hierarchy_tracks_members(const struct cgw_layout *layout, size_t hierarchy)
{
	const struct cgw_hierarchy *of = &layout->hierarchies[hierarchy];

	return of->controllers == 0 && (of->version == 1 || layout->kind == CGW_LAYOUT_HYBRID);
}
