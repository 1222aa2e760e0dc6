/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace.c - the namespaces that processes are in, and which of them are the machine's own. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"

/*
 * The first namespace of a kind, the machine's own, has a number of its own on every Linux: those of the
 * kernel's linux/nsfs.h, below all that are given out later. Mount and network have theirs since 6.18;
 * before, they are numbered anew at each boot.
 */
static const struct {
	const char *name;
	int flag;
	uint64_t initial;
	bool late; /* since 6.18 */
} kinds[CGW_NAMESPACE_COUNT] = {
	[CGW_NAMESPACE_MOUNT] = {"mnt", CLONE_NEWNS, 0xeffffff8, true},
	[CGW_NAMESPACE_PID] = {"pid", CLONE_NEWPID, 0xeffffffc, false},
	[CGW_NAMESPACE_NETWORK] = {"net", CLONE_NEWNET, 0xeffffff9, true},
	[CGW_NAMESPACE_IPC] = {"ipc", CLONE_NEWIPC, 0xefffffff, false},
	[CGW_NAMESPACE_UTS] = {"uts", CLONE_NEWUTS, 0xeffffffe, false},
	[CGW_NAMESPACE_USER] = {"user", CLONE_NEWUSER, 0xeffffffd, false},
	[CGW_NAMESPACE_CGROUP] = {"cgroup", CLONE_NEWCGROUP, 0xeffffffb, false},
	[CGW_NAMESPACE_TIME] = {"time", CLONE_NEWTIME, 0xeffffffa, false},
};

const char *cgw_namespace_name(enum cgw_namespace_kind kind)
{
	return (unsigned)kind < CGW_NAMESPACE_COUNT ? kinds[kind].name : "invalid";
}

static int read_inode(const struct cgw_layout *layout, const char *file, uint64_t *ret_inode)
{
	char target[64], *end;
	const char *digits;
	unsigned long long inode;
	int r = cgw_proc_link(layout, file, target, sizeof(target));

	if (r < 0)
		return r;
	/* "net:[4026531833]" */
	digits = strchr(target, '[');
	if (digits == NULL || digits[1] < '0' || digits[1] > '9')
		return -EBADMSG;
	errno = 0;
	inode = strtoull(digits + 1, &end, 10);
	if (errno != 0 || strcmp(end, "]") != 0)
		return -EBADMSG;
	*ret_inode = inode;
	return 0;
}

int cgw_namespace_of(const struct cgw_layout *layout, pid_t pid, enum cgw_namespace_kind kind,
		     uint64_t *ret_inode)
{
	char file[48];

	if ((unsigned)kind >= CGW_NAMESPACE_COUNT)
		return -EINVAL;
	(void)snprintf(file, sizeof(file), "%d/ns/%s", (int)pid, kinds[kind].name);
	return read_inode(layout, file, ret_inode);
}

/* The kernel's own threads are in sight in the first PID namespace alone; nobody else is called so as number 2. */
static bool kernel_threads_in_sight(const struct cgw_layout *layout)
{
	static const char name[] = "2 (kthreadd) ";
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;

	return cgw_proc_read(layout, "2/stat", &text, &length) == 0 &&
	       strncmp(text, name, strlen(name)) == 0;
}

int cgw_namespace_of_pid1(const struct cgw_layout *layout, enum cgw_namespace_kind kind,
			  uint64_t *ret_inode)
{
	int r = cgw_namespace_of(layout, 1, kind, ret_inode);

	/* A guarded PID 1 does not show its namespaces even to root; the kernel's threads share them. */
	return r < 0 && kernel_threads_in_sight(layout)
		       ? cgw_namespace_of(layout, 2, kind, ret_inode)
		       : r;
}

bool cgw_in_host_pid_namespace(const struct cgw_layout *layout)
{
	uint64_t inode;

	if (kernel_threads_in_sight(layout))
		return true;
	if (cgw_namespace_of(layout, 1, CGW_NAMESPACE_PID, &inode) < 0 &&
	    read_inode(layout, "self/ns/pid", &inode) < 0)
		return false;
	return inode == kinds[CGW_NAMESPACE_PID].initial;
}

/* Whether this kernel has numbers of their own for the first mount and network namespace. */
static bool numbers_all(const struct cgw_layout *layout)
{
	CLEANUP(cleanup_free) char *text = NULL;
	unsigned long major, minor;
	size_t length;
	char *end;

	if (cgw_proc_read(layout, "sys/kernel/osrelease", &text, &length) < 0)
		return false;
	major = strtoul(text, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return major > 6 || (major == 6 && minor >= 18);
}

int cgw_namespace_of_host(const struct cgw_layout *layout, enum cgw_namespace_kind kind,
			  uint64_t *ret_inode)
{
	int r = -EOPNOTSUPP;

	if ((unsigned)kind >= CGW_NAMESPACE_COUNT)
		return -EINVAL;
	if (cgw_in_host_pid_namespace(layout))
		r = cgw_namespace_of_pid1(layout, kind, ret_inode);
	if (r == 0 || (kinds[kind].late && !numbers_all(layout)))
		return r;
	*ret_inode = kinds[kind].initial;
	return 0;
}

/* What the thread that joins is told, and what it answers. */
struct visit {
	int namespace_fd, flag;
	int (*work)(void *context);
	void *context;
	int result;
};

static void *join_and_work(void *argument)
{
	struct visit *visit = argument;

	visit->result =
		setns(visit->namespace_fd, visit->flag) < 0 ? -errno : visit->work(visit->context);
	return NULL;
}

int cgw_namespace_run(const struct cgw_layout *layout, pid_t pid, enum cgw_namespace_kind kind,
		      int (*work)(void *context), void *context)
{
	struct visit visit = {.work = work, .context = context};
	sigset_t all, before;
	pthread_t thread;
	char file[48];
	int r;

	if (kind != CGW_NAMESPACE_UTS && kind != CGW_NAMESPACE_NETWORK && kind != CGW_NAMESPACE_IPC)
		return -EINVAL; /* the others a thread cannot join alone */
	if (layout->recorded)
		return -EOPNOTSUPP;
	(void)snprintf(file, sizeof(file), "%d/ns/%s", (int)pid, kinds[kind].name);
	visit.namespace_fd = layout->ops->open_at(layout->proc_fd, file, O_RDONLY);
	if (visit.namespace_fd < 0)
		return visit.namespace_fd;
	visit.flag = kinds[kind].flag;
	/* The caller's signals are not for a thread that it does not know of. */
	(void)sigfillset(&all);
	r = -pthread_sigmask(SIG_SETMASK, &all, &before);
	if (r == 0) {
		r = -pthread_create(&thread, NULL, join_and_work, &visit);
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (r == 0) {
		(void)pthread_join(thread, NULL);
		r = visit.result;
	}
	layout->ops->close(visit.namespace_fd);
	return r;
}
