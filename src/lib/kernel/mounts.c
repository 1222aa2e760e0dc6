/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mounts.c - parse mountinfo with libmount, which handles its escapes and optional fields. */
#include <errno.h>
#include <libmount.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/kernel/mounts.h"

static void cleanup_table(struct libmnt_table **table)
{
	mnt_unref_table(*table);
}

static void cleanup_iterator(struct libmnt_iter **iterator)
{
	mnt_free_iter(*iterator);
}

static bool has_option(const char *options, const char *word)
{
	char *value;
	size_t size;

	return options != NULL && mnt_optstr_get_option(options, word, &value, &size) == 0;
}

/* The controllers of a v1 hierarchy are superblock options: "rw,cpu,cpuacct", "rw,name=systemd". */
static int read_super_options(struct cgroup_mount *mount, const char *options)
{
	char *name, *value;
	char *rest = (char *)(uintptr_t)options; /* libmount moves the pointer only */
	size_t name_size, value_size;

	while (rest != NULL &&
	       mnt_optstr_next_option(&rest, &name, &name_size, &value, &value_size) == 0) {
		char word[64];
		int controller;

		if (name_size >= sizeof(word))
			continue;
		memcpy(word, name, name_size);
		word[name_size] = '\0';
		if (strcmp(word, "name") == 0 && value != NULL) {
			free(mount->name);
			mount->name = strndup(value, value_size);
			if (mount->name == NULL)
				return -ENOMEM;
			continue;
		}
		controller = cgw_controller_find(word);
		if (controller >= 0)
			mount->controllers |= CGW_CONTROLLER_BIT(controller);
	}
	return 0;
}

static void mount_done(struct cgroup_mount *mount)
{
	free(mount->name);
	free(mount->target);
	free(mount->root);
}

static int add_mount(struct cgroup_mounts *mounts, struct libmnt_fs *fs, unsigned version)
{
	const char *root = mnt_fs_get_root(fs), *target = mnt_fs_get_target(fs);
	const char *super = mnt_fs_get_fs_options(fs), *vfs = mnt_fs_get_vfs_options(fs);
	struct cgroup_mount mount = {.version = version, .device = mnt_fs_get_devno(fs)};
	int r = 0;

	if (target == NULL)
		return -EBADMSG;
	mount.target = strdup(target);
	mount.root = strdup(root != NULL ? root : "/");
	mount.read_only = has_option(super, "ro") || has_option(vfs, "ro");
	if (mount.target == NULL || mount.root == NULL)
		r = -ENOMEM;
	if (r == 0 && version == 1)
		r = read_super_options(&mount, super);
	if (r >= 0)
		r = ARRAY_RESERVE(mounts->items, mounts->capacity, mounts->count + 1);
	if (r < 0) {
		mount_done(&mount);
		return r;
	}
	mounts->items[mounts->count++] = mount;
	return 0;
}

void mounts_done(struct cgroup_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++)
		mount_done(&mounts->items[i]);
	free(mounts->items);
	*mounts = (struct cgroup_mounts){0};
}

/* libmount skips an invalid line by default; here the whole text is rejected. */
static int reject_line(struct libmnt_table *table, const char *file, int line)
{
	return -EBADMSG;
}

int mounts_parse(FILE *stream, struct cgroup_mounts *ret_mounts)
{
	CLEANUP(cleanup_table) struct libmnt_table *table = mnt_new_table();
	CLEANUP(cleanup_iterator) struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	CLEANUP(mounts_done) struct cgroup_mounts mounts = {0};
	struct libmnt_fs *fs;
	int r;

	if (table == NULL || iterator == NULL)
		return -ENOMEM;
	mnt_table_set_parser_errcb(table, reject_line);
	r = mnt_table_parse_stream(table, stream, "mountinfo");
	if (r != 0)
		return r == -ENOMEM ? -ENOMEM : -EBADMSG;
	while (mnt_table_next_fs(table, iterator, &fs) == 0) {
		const char *type = mnt_fs_get_fstype(fs);

		/* libmount also accepts the format of fstab, whose lines have no ID. */
		if (type == NULL || mnt_fs_get_id(fs) <= 0)
			return -EBADMSG;
		if (strcmp(type, "cgroup") != 0 && strcmp(type, "cgroup2") != 0)
			continue;
		r = add_mount(&mounts, fs, strcmp(type, "cgroup2") == 0 ? 2 : 1);
		if (r < 0)
			return r;
	}
	*ret_mounts = mounts;
	mounts = (struct cgroup_mounts){0};
	return 0;
}
