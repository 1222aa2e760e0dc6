/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* target.c - reading and writing the files of a group in one hierarchy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/debug-message.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/limit/kernel-text.h"
#include "lib/limit/target.h"
#include "lib/metric/decode.h"

int target_open(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		struct target *ret_target)
{
	struct target target = {.layout = layout, .path = path, .hierarchy = hierarchy};
	int r = cgw_group_open(layout, hierarchy, path, &target.directory, &target.id);

	if (r == 0)
		*ret_target = target;
	return r;
}

void target_close(struct target *target)
{
	if (target->directory >= 0)
		target->layout->ops->close(target->directory);
	target->directory = -1;
}

static int write_text(const struct target *target, const char *file, const char *text, int flags)
{
	const struct kernel_ops *ops = target->layout->ops;
	size_t length = strlen(text);
	ssize_t written;
	int fd;

	/* A recorded machine consists of regular files, to which writes have no meaning. */
	if (target->layout->recorded && ops == &kernel_ops_real)
		return -EROFS;
	fd = ops->open_at(target->directory, file, O_WRONLY | O_CLOEXEC | flags);
	if (fd < 0) {
		DEBUG(CGW_DEBUG_LIMIT, "%s: cannot open %s for '%s': %s", target->path, file, text,
		      strerror(-fd));
		return fd;
	}
	written = ops->write(fd, text, length);
	ops->close(fd);
	DEBUG(CGW_DEBUG_LIMIT, "%s: wrote '%s' to %s: %s", target->path, text, file,
	      written < 0 ? strerror((int)-written) : "accepted");
	if (written < 0)
		return (int)written;
	return (size_t)written == length ? 0 : -EIO;
}

int target_write(const struct target *target, const char *file, const char *text)
{
	return write_text(target, file, text, 0);
}

int target_write_nonblock(const struct target *target, const char *file, const char *text)
{
	return write_text(target, file, text, O_NONBLOCK);
}

int target_may_write(const struct target *target, const char *file)
{
	const struct kernel_ops *ops = target->layout->ops;
	int r;

	/* Dry runs of a recorded machine show what would be done there. */
	if (target->layout->recorded && ops == &kernel_ops_real)
		return 0;
	r = ops->may_write(target->directory, file);
	return cgw_error_is_gone(r) ? 0 : r;
}

int target_read_word(const struct target *target, const char *file, char *buffer, size_t size)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = cgw_file_read(target->layout, target->directory, file, &text, &length);

	if (r < 0)
		return r;
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
		text[--length] = '\0';
	if (length >= size)
		return -ERANGE;
	memcpy(buffer, text, length + 1);
	return 0;
}

bool target_has(const struct target *target, const char *file)
{
	struct stat stat;

	return target->layout->ops->stat_at(target->directory, file, &stat) == 0;
}

static const struct cgw_source *source_of_version(enum cgw_metric metric, unsigned version)
{
	const struct cgw_metric_info *info = cgw_metric_info(metric);

	for (size_t i = 0; i < info->source_count; i++)
		if (info->sources[i].version == version)
			return &info->sources[i];
	return NULL;
}

static int read_number(const struct target *target, const struct cgw_source *source,
		       struct cgw_number *ret_number)
{
	const struct decode_request request = {
		.key = source->key,
		.key_length = source->key != NULL ? (uint32_t)strlen(source->key) : 0,
		.scale = source->scale,
		.conversion = source->conversion,
	};
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = cgw_file_read(target->layout, target->directory, source->file, &text, &length);

	if (r == 0)
		r = decode((enum cgw_format)source->format, text, length, &request, 1, ret_number,
			   NULL);
	return r;
}

int target_number(const struct target *target, enum cgw_metric metric, uint64_t *ret_number)
{
	unsigned version = target->layout->hierarchies[target->hierarchy].version;
	const struct cgw_source *source = source_of_version(metric, version);
	struct cgw_number number = {0};
	int r = source == NULL ? -EOPNOTSUPP : read_number(target, source, &number);

	if (r < 0)
		return r;
	if (number.state != CGW_OK)
		return number.state == CGW_BAD ? -EBADMSG : -ENOENT;
	*ret_number = number.value;
	return 0;
}

int target_get(const struct target *target, const struct control_row *row,
	       const struct cgw_source *source, struct setting *setting)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char file[INSTANCE_MAX + 64];
	size_t length;
	int r;

	if (row->info.action)
		return -EOPNOTSUPP;
	r = kernel_file_name(source, setting->instance, file, sizeof(file));
	if (r == 0)
		r = cgw_file_read(target->layout, target->directory, file, &text, &length);
	if (r == 0)
		r = kernel_text_decode(row, source, text, length, setting);
	if (r == 0 && source->per >= 0)
		r = target_number(target, (enum cgw_metric)source->per, &setting->period_ns);
	return r;
}
