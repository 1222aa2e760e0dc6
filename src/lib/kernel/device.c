/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.c - find block devices by name and by number. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/device-name.h"
#include "lib/kernel/kernel-file.h"
#include "lib/kernel/list-children.h"

bool device_name_read(const struct cgw_layout *layout, const char *path, char *buffer, size_t size)
{
	static const char word[] = "DEVNAME=";
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	const char *name;

	if (layout->sys_fd < 0 ||
	    file_read_at(layout->ops, layout->sys_fd, path, &text, &length) < 0)
		return false;
	name = strstr(text, word);
	if (name == NULL || (name != text && name[-1] != '\n'))
		return false;
	name += strlen(word);
	if (strcspn(name, "\n") == 0)
		return false;
	(void)snprintf(buffer, size, "%.*s", (int)strcspn(name, "\n"), name);
	return true;
}

void cgw_device_name(const struct cgw_layout *layout, unsigned major, unsigned minor, char *buffer,
		     size_t size)
{
	char path[64];

	(void)snprintf(buffer, size, "%u:%u", major, minor);
	(void)snprintf(path, sizeof(path), "dev/block/%u:%u/uevent", major, minor);
	(void)device_name_read(layout, path, buffer, size);
}

static int device_error(struct cgw_diag *diag, int error, const char *name)
{
	char shown[128];

	cgw_escape(shown, sizeof(shown), name, strlen(name));
	if (error == -ENOTBLK)
		return cgw_diag_set(
			diag, error,
			"'%s' has no block device (overlay, tmpfs or network file system); specify "
			"a disk",
			shown);
	return cgw_diag_set(diag, error,
			    "no such block device '%s' (expected a name such as sda, a path, a "
			    "mount point or MAJ:MIN)",
			    shown);
}

/* Reads "8:0\n" from a file below /sys. */
static int read_device_number(const struct cgw_layout *layout, const char *path,
			      unsigned *ret_major, unsigned *ret_minor)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = layout->sys_fd < 0
			? -ENOENT
			: file_read_at(layout->ops, layout->sys_fd, path, &text, &length);

	if (r < 0)
		return r;
	/* NOLINTNEXTLINE(cert-err34-c): numbers from the kernel fit */
	return sscanf(text, "%u:%u", ret_major, ret_minor) == 2 ? 0 : -EBADMSG;
}

/* Finds a disk or partition by the name that the user typed. */
static int find_device(const struct cgw_layout *layout, const char *what, unsigned *ret_major,
		       unsigned *ret_minor)
{
	char path[PATH_MAX], rest;
	struct stat stat_of;

	/* NOLINTNEXTLINE(cert-err34-c): the caller checks that the device exists */
	if (sscanf(what, "%u:%u%c", ret_major, ret_minor, &rest) == 2)
		return 0;
	if (strchr(what, '/') == NULL) {
		(void)snprintf(path, sizeof(path), "class/block/%s/dev", what);
		return read_device_number(layout, path, ret_major, ret_minor);
	}
	if (stat(what, &stat_of) < 0)
		return -errno;
	if (S_ISBLK(stat_of.st_mode)) {
		*ret_major = major(stat_of.st_rdev);
		*ret_minor = minor(stat_of.st_rdev);
		return 0;
	}
	*ret_major = major(stat_of.st_dev);
	*ret_minor = minor(stat_of.st_dev);
	return *ret_major == 0 ? -ENOTBLK : 0;
}

struct parts {
	char names[128];
	size_t used;
};

static int add_part(void *context, int fd, const char *name, uint8_t type, uint64_t inode)
{
	struct parts *parts = context;

	(void)fd;
	(void)type;
	(void)inode;
	if (name[0] == '.')
		return 0;
	parts->used +=
		(size_t)snprintf(parts->names + parts->used, sizeof(parts->names) - parts->used,
				 "%s%s", parts->used > 0 ? ", " : "", name);
	return parts->used >= sizeof(parts->names) ? -ENOBUFS : 0;
}

/* The kernel accepts IO limits for a stacked device, but enforces only those of its disks. */
static int reject_stacked_device(const struct cgw_layout *layout, unsigned disk, unsigned unit,
				 struct cgw_diag *diag)
{
	struct parts parts = {.names = ""};
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "dev/block/%u:%u/slaves", disk, unit);
	fd = layout->ops->open_at(layout->sys_fd, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return 0;
	(void)walk_names(layout->ops, fd, add_part, &parts);
	layout->ops->close(fd);
	if (parts.used == 0)
		return 0;
	return cgw_diag_set(
		diag, -ENOTUNIQ,
		"%u:%u is built from %s; IO limits apply only to these disks, specify each of them",
		disk, unit, parts.names);
}

int cgw_device_find(const struct cgw_layout *layout, const char *what, unsigned *ret_major,
		    unsigned *ret_minor, struct cgw_diag *diag)
{
	unsigned disk, unit;
	char path[64];
	struct stat stat_of;
	int r = find_device(layout, what, &disk, &unit);

	if (r < 0)
		return device_error(diag, r == -ENOENT || r == -ENOTDIR ? -ENODEV : r, what);
	/* Without /sys the device number cannot be checked. */
	(void)snprintf(path, sizeof(path), "dev/block/%u:%u", disk, unit);
	if (layout->sys_fd >= 0 && fstatat(layout->sys_fd, path, &stat_of, 0) < 0)
		return device_error(diag, -ENODEV, what);
	(void)snprintf(path, sizeof(path), "dev/block/%u:%u/partition", disk, unit);
	if (layout->sys_fd >= 0 && layout->ops->stat_at(layout->sys_fd, path, &stat_of) == 0) {
		(void)snprintf(path, sizeof(path), "dev/block/%u:%u/../dev", disk, unit);
		r = read_device_number(layout, path, &disk, &unit);
		if (r < 0)
			return device_error(diag, r, what);
	}
	r = layout->sys_fd >= 0 ? reject_stacked_device(layout, disk, unit, diag) : 0;
	if (r < 0)
		return r;
	*ret_major = disk;
	*ret_minor = unit;
	return 0;
}
