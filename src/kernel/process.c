/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process.c - processes, threads and the namespaces that they are in. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/walk.h"

static const struct {
	const char *name;
	int flag;
} kinds[CGW_NAMESPACE_COUNT] = {
	[CGW_NAMESPACE_MOUNT] = {"mnt", CLONE_NEWNS},
	[CGW_NAMESPACE_PID] = {"pid", CLONE_NEWPID},
	[CGW_NAMESPACE_NETWORK] = {"net", CLONE_NEWNET},
	[CGW_NAMESPACE_IPC] = {"ipc", CLONE_NEWIPC},
	[CGW_NAMESPACE_UTS] = {"uts", CLONE_NEWUTS},
	[CGW_NAMESPACE_USER] = {"user", CLONE_NEWUSER},
	[CGW_NAMESPACE_CGROUP] = {"cgroup", CLONE_NEWCGROUP},
	[CGW_NAMESPACE_TIME] = {"time", CLONE_NEWTIME},
};

const char *cgw_namespace_name(enum cgw_namespace_kind kind)
{
	return (unsigned)kind < CGW_NAMESPACE_COUNT ? kinds[kind].name : "invalid";
}

int cgw_proc_link(const struct cgw_layout *layout, const char *file, char *buffer, size_t size)
{
	ssize_t length;

	if (size == 0)
		return -EINVAL;
	length = layout->ops->read_link(layout->proc_fd, file, buffer, size - 1);
	if (length < 0)
		return (int)length;
	buffer[length] = '\0';
	return (int)length;
}

struct numbers {
	int (*each)(void *context, pid_t id);
	void *context;
};

static int visit_number(void *context, int fd, const char *name, uint8_t type, uint64_t inode)
{
	const struct numbers *numbers = context;
	char *end;
	long id;

	(void)fd;
	(void)type;
	(void)inode;
	if (*name < '1' || *name > '9')
		return 0;
	errno = 0;
	id = strtol(name, &end, 10);
	if (*end != '\0' || errno != 0 || id > INT_MAX)
		return 0;
	return numbers->each(numbers->context, (pid_t)id);
}

int cgw_proc_each(const struct cgw_layout *layout, const char *directory,
		  int (*each)(void *context, pid_t id), void *context)
{
	struct numbers numbers = {each, context};
	int fd = layout->ops->open_at(layout->proc_fd, directory, O_PATH | O_DIRECTORY);
	int r;

	if (fd < 0)
		return fd;
	r = walk_names(layout->ops, fd, visit_number, &numbers);
	layout->ops->close(fd);
	return r;
}

int cgw_namespace_of(const struct cgw_layout *layout, pid_t pid, enum cgw_namespace_kind kind,
		     uint64_t *ret_inode)
{
	char file[48], target[64], *end;
	const char *digits;
	unsigned long long inode;
	int r;

	if ((unsigned)kind >= CGW_NAMESPACE_COUNT)
		return -EINVAL;
	(void)snprintf(file, sizeof(file), "%d/ns/%s", (int)pid, kinds[kind].name);
	r = cgw_proc_link(layout, file, target, sizeof(target));
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
