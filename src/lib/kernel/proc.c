/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proc.c - read links, processes and threads in /proc. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "lib/kernel/list-children.h"

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
