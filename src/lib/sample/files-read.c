/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files-read.c - files collector: descriptors and reads. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/sample/files.h"
#include "lib/sample/network-traffic.h"
#include "lib/sample/split-processes.h"

/* Values of tree_group.files that are not descriptors. */
enum { FILE_UNKNOWN = -1, FILE_ABSENT = -2, FILE_DENIED = -3 };

/*
 * A read that returns less than this was the whole file: kernfs returns a file's text in one
 * piece, and lists of processes in pieces that end less than one line before a page boundary.
 */
#define WHOLE_BELOW 3072

static void close_slot(struct files *files, int *slot)
{
	if (*slot >= 0) {
		files->layout->ops->close(*slot);
		files->open_count--;
	}
	*slot = FILE_UNKNOWN;
}

void files_forget(struct files *files, struct tree_group *group, uint32_t hierarchies)
{
	if (group->files == NULL)
		return;
	for (size_t i = 0; i < files->plan->file_count; i++)
		if (hierarchies & UINT32_C(1) << files->plan->files[i].hierarchy)
			close_slot(files, &group->files[i]);
}

void files_retry_absent(struct files *files)
{
	device_names_clear(&files->device_names);
	files->device_stack_known = false;
	for (struct tree_group *group = files->tree->root; group != NULL;
	     group = group_tree_next(group))
		for (size_t i = 0; group->files != NULL && i < files->plan->file_count; i++)
			if (group->files[i] < FILE_UNKNOWN)
				group->files[i] = FILE_UNKNOWN;
}

/*
 * The read returned the whole file: less than kernels return at once, and a complete last line.
 * Saves a second read at the end of the file.
 */
static bool is_whole(const struct files *files, size_t length)
{
	return length == 0 || (length < WHOLE_BELOW && files->buffer[length - 1] == '\n');
}

/* Reads the whole file into the buffer, terminated; its length, or a negative error. */
static ssize_t read_whole(struct files *files, int fd)
{
	size_t used = 0;

	for (;;) {
		ssize_t length = files->layout->ops->read_at(
			fd, files->buffer + used, files->buffer_size - used - 1, (off_t)used);

		if (length < 0)
			return length;
		used += (size_t)length;
		if (length == 0 || (used == (size_t)length && is_whole(files, used)))
			break;
		if (ARRAY_RESERVE(files->buffer, files->buffer_size, used + 4096) < 0)
			return -ENOMEM;
	}
	files->buffer[used] = '\0';
	return (ssize_t)used;
}

void files_directory_close(struct files *files, struct files_directory *directory)
{
	if (directory->fd >= 0)
		files->layout->ops->close(directory->fd);
	*directory = (struct files_directory){.fd = -1};
}

static int directory_open(struct files *files, const struct tree_group *group, uint32_t hierarchy,
			  struct files_directory *directory)
{
	CLEANUP(cleanup_free) char *path = NULL;
	uint64_t id;
	int r;

	if ((directory->fd >= 0 || directory->error < 0) && directory->hierarchy == hierarchy)
		return directory->error;
	files_directory_close(files, directory);
	directory->hierarchy = hierarchy;
	path = group_tree_path(group);
	if (path == NULL)
		return -ENOMEM;
	r = cgw_group_open(files->layout, hierarchy, path, &directory->fd, &id);
	if (r == 0 && id != group->id[hierarchy]) {
		/* Recreated since it was discovered: its values belong to the next sample. */
		files_directory_close(files, directory);
		directory->hierarchy = hierarchy;
		r = -ENODEV;
	}
	directory->error = r == -ENOENT ? -ENODEV : r;
	return directory->error;
}

/*
 * Opens a file in one call: opening the directory first pays off only for several files. If the
 * file will not stay open, the group's identity is not checked; discovery notices a recreated group
 * at the next sample.
 */
static int open_by_path(struct files *files, const struct tree_group *group,
			const struct plan_file *file)
{
	CLEANUP(cleanup_free) char *path = group_tree_path(group);
	const struct kernel_ops *ops = files->layout->ops;
	int top = files->layout->hierarchies[file->hierarchy].fd, fd;
	struct stat stat;
	char full[1024];

	if (path == NULL)
		return -ENOMEM;
	if ((size_t)snprintf(full, sizeof(full), "%s/%s", path + 1, file->name) >= sizeof(full))
		return -ENAMETOOLONG;
	fd = ops->open_beneath(top, full + (full[0] == '/'), O_RDONLY);
	if (fd < 0 || files->open_count >= files->open_max ||
	    (ops->stat_at(top, path + 1, &stat) == 0 && stat.st_ino == group->id[file->hierarchy]))
		return fd;
	ops->close(fd);
	return -ENODEV;
}

static int open_file(struct files *files, const struct tree_group *group,
		     const struct plan_file *file, struct files_directory *directory)
{
	int fd = -ENAMETOOLONG;

	if (file->only_file)
		fd = open_by_path(files, group, file);
	/* Without the file, open the directory: the group may have been removed. */
	if (fd == -ENAMETOOLONG || fd == -ENOENT)
		fd = directory_open(files, group, file->hierarchy, directory);
	else
		return fd;
	return fd < 0 ? fd : files->layout->ops->open_at(directory->fd, file->name, O_RDONLY);
}

/* Reads one file of a group, opening it if necessary. */
static ssize_t read_file(struct files *files, struct tree_group *group, size_t index,
			 struct files_directory *directory)
{
	const struct plan_file *file = &files->plan->files[index];
	int *slot = &group->files[index];
	ssize_t length;
	int fd = *slot;

	if (fd == FILE_ABSENT)
		return -ENOENT;
	if (fd == FILE_DENIED)
		return -EACCES;
	if (fd == FILE_UNKNOWN) {
		fd = open_file(files, group, file, directory);
		if (fd == -ENOENT)
			*slot = FILE_ABSENT;
		else if (fd == -EACCES || fd == -EPERM)
			*slot = FILE_DENIED;
		if (fd < 0)
			return fd;
	}
	length = read_whole(files, fd);
	if (length == -ENODEV || (*slot == FILE_UNKNOWN && files->open_count >= files->open_max)) {
		if (*slot >= 0)
			files->open_count--;
		*slot = FILE_UNKNOWN;
		files->layout->ops->close(fd);
	} else if (*slot == FILE_UNKNOWN) {
		*slot = fd;
		files->open_count++;
	}
	return length;
}

/* Replaces a device number by its name: "259:0" by "nvme0n1", "259:0 key" by "nvme0n1 key". */
static int add_instance(void *context, uint32_t slot, const char *name, size_t name_length,
			struct cgw_number number)
{
	struct files *files = context;
	const char *at = name, *end = name + name_length;
	uint64_t major, minor;
	char full[256];

	if (decode_u64(&at, end, &major) == 0 && at < end && *at++ == ':' &&
	    decode_u64(&at, end, &minor) == 0 && (at == end || *at == ' ')) {
		name = device_names_get(&files->device_names, files->layout, (unsigned)major,
					(unsigned)minor);
		name_length = strlen(name);
		if (at < end) {
			name_length = (size_t)snprintf(full, sizeof(full), "%s%.*s", name,
						       (int)(end - at), at);
			if (name_length >= sizeof(full))
				return 0;
			name = full;
		}
	}
	return snapshot_add_instance(files->snapshot, (int)slot, files->group, name, name_length,
				     number);
}

static int add_text(void *context, uint32_t slot, const char *text, size_t length)
{
	struct files *files = context;

	return snapshot_add_text(files->snapshot, (int)slot, files->group, text, length);
}

/* The receiver of the instances of one of several files. */
struct starred {
	struct files *files;
	const char *instance;
	int column;
};

/* A file with instances of its own is one of several: "2MB.N0" is node N0 of page size 2MB. */
static int add_starred_instance(void *context, uint32_t slot, const char *name, size_t name_length,
				struct cgw_number number)
{
	const struct starred *starred = context;
	char full[128];
	int length =
		snprintf(full, sizeof(full), "%s.%.*s", starred->instance, (int)name_length, name);

	if ((size_t)length >= sizeof(full))
		return 0;
	return snapshot_add_instance(starred->files->snapshot, starred->column,
				     starred->files->group, full, (size_t)length, number);
}

/* One of several files of a metric: each value is an instance, the metric is their sum. */
static int decode_starred(struct files *files, const struct plan_file *file,
			  const struct decode_request *requests, size_t count, size_t length)
{
	bool has_instances = file->format == CGW_FORMAT_NUMA;

	for (size_t i = 0; i < count; i++) {
		struct starred starred = {files, file->instance, (int)requests[i].slot};
		struct decode_sink sink = {add_starred_instance, NULL, &starred};
		struct decode_request request = requests[i];
		struct cgw_number number, *sum = &files->row[request.slot];
		int r;

		request.slot = 0;
		r = decode(file->format, files->buffer, length, &request, 1, &number,
			   has_instances ? &sink : NULL);
		if (r == 0 && !has_instances)
			r = snapshot_add_instance(files->snapshot, (int)requests[i].slot,
						  files->group, file->instance,
						  strlen(file->instance), number);
		if (r < 0)
			return r;
		if (sum->state == CGW_ABSENT)
			*sum = number;
		else if (sum->state == CGW_OK && number.state == CGW_OK)
			sum->value += number.value;
	}
	return 0;
}

/* Allocates the states of a group's files. */
static int allocate_slots(const struct files *files, struct tree_group *group)
{
	if (group->files != NULL)
		return 0;
	group->files = malloc((files->plan->file_count + 1) * sizeof(int));
	if (group->files == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < files->plan->file_count; i++)
		group->files[i] = FILE_UNKNOWN;
	return 0;
}

int files_read_group(struct files *files, struct tree_group *group, size_t index,
		     const struct decode_request *requests, size_t count,
		     struct files_directory *directory)
{
	const struct decode_sink sink = {add_instance, add_text, files};
	const struct plan_file *file = &files->plan->files[index];
	ssize_t length;
	int r = allocate_slots(files, group);

	if (r < 0)
		return r;
	if (file->format == CGW_FORMAT_SPLIT_PROCESSES) {
		for (size_t i = 0; i < count; i++)
			files->row[requests[i].slot] = split_processes_count(files->layout, group);
		return 0;
	}
	if (file->format == CGW_FORMAT_NETWORK) {
		network_traffic_count(files->layout, group, file->hierarchy, requests, count,
				      files->row);
		return 0;
	}
	if (file->format == CGW_FORMAT_TRACE)
		return trace_values_fill(&files->traces, group, file->hierarchy, requests, count,
					 files->row, &sink);
	length = read_file(files, group, index, directory);
	if (length == -ENOMEM)
		return -ENOMEM;
	if (length < 0) {
		enum cgw_state state = cgw_state_from_error((int)length);

		for (size_t i = 0; i < count; i++)
			files->row[requests[i].slot].state = state;
		files->group_gone = files->group_gone || length == -ENODEV;
		return 0;
	}
	if (file->instance != NULL)
		return decode_starred(files, file, requests, count, (size_t)length);
	return decode(file->format, files->buffer, (size_t)length, requests, count, files->row,
		      &sink);
}

int files_peek(struct files *files, struct tree_group *group, size_t file, struct cgw_number *row)
{
	const struct plan_file *from = &files->plan->files[file];
	struct files_directory directory = {.fd = -1};
	ssize_t length;
	int r = allocate_slots(files, group);

	if (r < 0)
		return r;
	length = read_file(files, group, file, &directory);
	files_directory_close(files, &directory);
	if (length < 0)
		return (int)length;
	return decode(from->format, files->buffer, (size_t)length, from->requests,
		      from->request_count, row, NULL);
}
