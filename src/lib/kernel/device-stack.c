/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-stack.c - block devices that are built on others: LVM, LUKS, md, bcache. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/kernel/device-name.h"
#include "lib/kernel/device-stack.h"
#include "lib/kernel/list-children.h"

/* More levels than the kernel stacks. */
#define DEPTH_MAX 16

struct scan {
	const struct cgw_layout *layout;
	struct device_stack *stack;
	const char *upper; /* the directory being read */
};

void device_stack_done(struct device_stack *stack)
{
	free(stack->pairs);
	*stack = (struct device_stack){0};
}

static int add_pair(struct device_stack *stack, const struct device_pair *pair)
{
	if (ARRAY_RESERVE(stack->pairs, stack->size, stack->count + 1) < 0)
		return -ENOMEM;
	stack->pairs[stack->count++] = *pair;
	return 0;
}

/* The kernel counts IO per disk, so a partition below a device counts as its disk. */
static int add_lower(void *context, int fd, const char *name, uint8_t type, uint64_t inode)
{
	const struct scan *scan = context;
	const struct cgw_layout *layout = scan->layout;
	struct device_pair pair;
	struct stat partition;
	char path[256];

	if (name[0] == '.')
		return 0;
	snprintf(path, sizeof(path), "block/%s/uevent", scan->upper);
	if (!device_name_read(layout, path, pair.upper, sizeof(pair.upper)))
		return 0;
	snprintf(path, sizeof(path), "block/%s/slaves/%s/partition", scan->upper, name);
	snprintf(path, sizeof(path), "block/%s/slaves/%s%s/uevent", scan->upper, name,
		 layout->ops->stat_at(layout->sys_fd, path, &partition) == 0 ? "/.." : "");
	if (!device_name_read(layout, path, pair.lower, sizeof(pair.lower)))
		return 0;
	return add_pair(scan->stack, &pair);
}

static int scan_device(void *context, int fd, const char *name, uint8_t type, uint64_t inode)
{
	struct scan *scan = context;
	char path[256];
	int slaves, r;

	if (name[0] == '.' ||
	    (size_t)snprintf(path, sizeof(path), "block/%s/slaves", name) >= sizeof(path))
		return 0;
	slaves = scan->layout->ops->open_at(scan->layout->sys_fd, path, O_RDONLY | O_DIRECTORY);
	if (slaves < 0)
		return 0;
	scan->upper = name;
	r = walk_names(scan->layout->ops, slaves, add_lower, scan);
	scan->layout->ops->close(slaves);
	return r == -ENOMEM ? r : 0;
}

int device_stack_read(const struct cgw_layout *layout, struct device_stack *ret_stack)
{
	struct device_stack stack = {0};
	struct scan scan = {.layout = layout, .stack = &stack};
	int block = -ENOENT, r = 0;

	if (layout->sys_fd >= 0)
		block = layout->ops->open_at(layout->sys_fd, "block", O_RDONLY | O_DIRECTORY);
	if (block >= 0) {
		r = walk_names(layout->ops, block, scan_device, &scan);
		layout->ops->close(block);
	}
	if (r == -ENOMEM) {
		device_stack_done(&stack);
		return r;
	}
	*ret_stack = stack;
	return 0;
}

static bool is_above(const struct device_stack *stack, const char *upper, const char *lower,
		     unsigned depth)
{
	for (size_t i = 0; i < stack->count && depth < DEPTH_MAX; i++)
		if (strcmp(stack->pairs[i].upper, upper) == 0 &&
		    (strcmp(stack->pairs[i].lower, lower) == 0 ||
		     is_above(stack, stack->pairs[i].lower, lower, depth + 1)))
			return true;
	return false;
}

bool device_stack_has(const struct device_stack *stack, const char *upper, const char *lower)
{
	return is_above(stack, upper, lower, 0);
}
