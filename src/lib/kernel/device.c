/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device.c - find block devices by name and by number. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/device-name.h"
#include "lib/kernel/device.h"
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
	snprintf(buffer, size, "%.*s", (int)strcspn(name, "\n"), name);
	return true;
}

void cgw_device_name(const struct cgw_layout *layout, unsigned major, unsigned minor, char *buffer,
		     size_t size)
{
	snprintf(buffer, size, "%u:%u", major, minor);
	(void)device_name_read(layout, FORMATTED(64, "dev/block/%u:%u/uevent", major, minor),
			       buffer, size);
}

static int device_error(struct cgw_diag *diag, int error, const char *name)
{
	const char *shown = ESCAPED(128, name);

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
	char rest;
	struct stat stat_of;

	/* NOLINTNEXTLINE(cert-err34-c): the caller checks that the device exists */
	if (sscanf(what, "%u:%u%c", ret_major, ret_minor, &rest) == 2)
		return 0;
	if (strchr(what, '/') == NULL)
		return read_device_number(layout, FORMATTED(PATH_MAX, "class/block/%s/dev", what),
					  ret_major, ret_minor);
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

/* Devices are stacked less deeply than this; protects against a loop. */
#define STACK_MAX 8

/* The disks at the bottom of a stacked device. */
struct disks {
	const struct cgw_layout *layout;
	char *names;
	size_t size;
	unsigned depth;
};

static int find_bottom(struct disks *disks, unsigned device, unsigned unit, bool top);

/* The whole disk of a partition; another device is returned as it is. */
static int find_whole_disk(const struct cgw_layout *layout, unsigned *device, unsigned *unit)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "dev/block/%u:%u/partition", *device, *unit);
	if (layout->sys_fd < 0 || layout->ops->stat_at(layout->sys_fd, path, &status) < 0)
		return 0;
	snprintf(path, sizeof(path), "dev/block/%u:%u/../dev", *device, *unit);
	return read_device_number(layout, path, device, unit);
}

static int add_part(void *context, int fd, const char *name, uint8_t type, uint64_t inode)
{
	struct disks *disks = context;
	unsigned device, unit;

	if (name[0] == '.')
		return 0;
	if (read_device_number(disks->layout, FORMATTED(PATH_MAX, "class/block/%s/dev", name),
			       &device, &unit) < 0 ||
	    find_whole_disk(disks->layout, &device, &unit) < 0)
		return 0;
	return find_bottom(disks, device, unit, false);
}

static void add_name(struct disks *disks, const char *name)
{
	const char *at = strstr(disks->names, name);
	size_t used = strlen(disks->names), length = strlen(name);

	if (at != NULL && (at == disks->names || at[-1] == ' ') &&
	    (at[length] == ',' || at[length] == '\0'))
		return;
	snprintf(disks->names + used, disks->size - used, "%s%s", used > 0 ? ", " : "", name);
}

static int find_bottom(struct disks *disks, unsigned device, unsigned unit, bool top)
{
	const struct cgw_layout *layout = disks->layout;
	size_t before = strlen(disks->names);
	char name[64];
	int fd, r = 0;

	fd = disks->depth < STACK_MAX
		     ? layout->ops->open_at(layout->sys_fd,
					    FORMATTED(64, "dev/block/%u:%u/slaves", device, unit),
					    O_RDONLY | O_DIRECTORY)
		     : -ELOOP;
	if (fd >= 0) {
		disks->depth++;
		r = walk_names(layout->ops, fd, add_part, disks);
		disks->depth--;
		layout->ops->close(fd);
	}
	if (top || strlen(disks->names) > before)
		return r;
	cgw_device_name(layout, device, unit, name, sizeof(name));
	add_name(disks, name);
	return r;
}

int device_resolve(const struct cgw_layout *layout, const char *what, unsigned *ret_major,
		   unsigned *ret_minor, char *disks, size_t size, struct cgw_diag *diag)
{
	struct disks bottom = {.layout = layout, .names = disks, .size = size};
	unsigned device, unit;
	struct stat stat_of;
	int r = find_device(layout, what, &device, &unit);

	disks[0] = '\0';
	if (r < 0)
		return device_error(diag, r == -ENOENT || r == -ENOTDIR ? -ENODEV : r, what);
	/* Without /sys the device number cannot be checked. */
	if (layout->sys_fd >= 0 &&
	    fstatat(layout->sys_fd, FORMATTED(64, "dev/block/%u:%u", device, unit), &stat_of, 0) <
		    0)
		return device_error(diag, -ENODEV, what);
	r = find_whole_disk(layout, &device, &unit);
	if (r < 0)
		return device_error(diag, r, what);
	if (layout->sys_fd >= 0)
		(void)find_bottom(&bottom, device, unit, true);
	*ret_major = device;
	*ret_minor = unit;
	return 0;
}

int cgw_device_find(const struct cgw_layout *layout, const char *what, unsigned *ret_major,
		    unsigned *ret_minor, struct cgw_diag *diag)
{
	char disks[256], name[64];
	unsigned device = 0, unit = 0;
	int r = device_resolve(layout, what, &device, &unit, disks, sizeof(disks), diag);

	if (r < 0)
		return r;
	if (disks[0] != '\0') {
		cgw_device_name(layout, device, unit, name, sizeof(name));
		return cgw_diag_set(diag, -ENOTUNIQ,
				    "%s is built from %s; the kernel applies IO limits to these "
				    "disks",
				    name, disks);
	}
	*ret_major = device;
	*ret_minor = unit;
	return 0;
}
