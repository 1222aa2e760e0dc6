/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace.c - the namespaces of processes, and the initial namespaces of the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/kernel/process-namespaces.h"

/*
 * The initial namespace of each kind has a constant inode, defined in linux/nsfs.h. Those of mount
 * and network namespaces are constant since Linux 6.18 and differ between boots before.
 */
static const struct {
	const char *name;
	int flag;
	uint64_t initial;
	bool since_6_18;
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

static int read_inode(const struct cgw_layout *layout, int directory, const char *file,
		      uint64_t *ret_inode)
{
	char target[64], *end;
	const char *digits;
	unsigned long long inode;
	ssize_t length = layout->ops->read_link(directory, file, target, sizeof(target) - 1);

	if (length < 0)
		return (int)length;
	target[length] = '\0';
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
	if ((unsigned)kind >= CGW_NAMESPACE_COUNT)
		return -EINVAL;
	return read_inode(layout, layout->proc_fd,
			  FORMATTED(48, "%d/ns/%s", (int)pid, kinds[kind].name), ret_inode);
}

void process_namespaces_read(const struct cgw_layout *layout, pid_t pid,
			     struct process_namespaces *ret_namespaces)
{
	int fd;

	*ret_namespaces = (struct process_namespaces){0};
	fd = layout->ops->open_at(layout->proc_fd, FORMATTED(32, "%d/ns", (int)pid),
				  O_PATH | O_DIRECTORY);
	for (enum cgw_namespace_kind i = 0; i < CGW_NAMESPACE_COUNT; i++)
		ret_namespaces->error[i] =
			fd < 0 ? fd
			       : read_inode(layout, fd, kinds[i].name, &ret_namespaces->inode[i]);
	if (fd >= 0)
		layout->ops->close(fd);
}

/* Kernel threads are visible only in the initial PID namespace, where kthreadd is PID 2. */
static bool kernel_threads_visible(const struct cgw_layout *layout)
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

	/* PID 1 may be unreadable even for root; kernel threads are in the same namespaces. */
	return r < 0 && kernel_threads_visible(layout)
		       ? cgw_namespace_of(layout, 2, kind, ret_inode)
		       : r;
}

bool cgw_in_host_pid_namespace(const struct cgw_layout *layout)
{
	uint64_t inode;

	if (kernel_threads_visible(layout))
		return true;
	if (cgw_namespace_of(layout, 1, CGW_NAMESPACE_PID, &inode) < 0 &&
	    read_inode(layout, layout->proc_fd, "self/ns/pid", &inode) < 0)
		return false;
	return inode == kinds[CGW_NAMESPACE_PID].initial;
}

/* True since Linux 6.18: the initial mount and network namespaces have constant inodes. */
static bool all_initial_inodes_constant(const struct cgw_layout *layout)
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
	if (r == 0 || (kinds[kind].since_6_18 && !all_initial_inodes_constant(layout)))
		return r;
	*ret_inode = kinds[kind].initial;
	return 0;
}

/* The arguments and the result of the thread that joins a namespace. */
struct join_request {
	int namespace_fd, flag;
	int (*work)(void *context);
	void *context;
	int result;
};

static void *join_and_work(void *argument)
{
	struct join_request *request = argument;

	request->result = setns(request->namespace_fd, request->flag) < 0
				  ? -errno
				  : request->work(request->context);
	return NULL;
}

int cgw_namespace_run(const struct cgw_layout *layout, pid_t pid, enum cgw_namespace_kind kind,
		      int (*work)(void *context), void *context)
{
	struct join_request request = {.work = work, .context = context};
	sigset_t all, before;
	pthread_t thread;
	int r;

	if (kind != CGW_NAMESPACE_UTS && kind != CGW_NAMESPACE_NETWORK && kind != CGW_NAMESPACE_IPC)
		return -EINVAL; /* a single thread cannot join the other kinds */
	if (layout->recorded)
		return -EOPNOTSUPP;
	request.namespace_fd = layout->ops->open_at(
		layout->proc_fd, FORMATTED(48, "%d/ns/%s", (int)pid, kinds[kind].name), O_RDONLY);
	if (request.namespace_fd < 0)
		return request.namespace_fd;
	request.flag = kinds[kind].flag;
	/* Signals of the caller must not be delivered to this internal thread. */
	sigfillset(&all);
	r = -pthread_sigmask(SIG_SETMASK, &all, &before);
	if (r == 0) {
		r = -pthread_create(&thread, NULL, join_and_work, &request);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (r == 0) {
		(void)pthread_join(thread, NULL);
		r = request.result;
	}
	layout->ops->close(request.namespace_fd);
	return r;
}
