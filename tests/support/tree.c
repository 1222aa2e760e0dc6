/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tree.c - a temporary directory tree. */
#define _XOPEN_SOURCE 700
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

static void check(int condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	abort();
}

struct tree_dir *tree_new(void)
{
	struct tree_dir *dir = calloc(1, sizeof(*dir));

	check(dir != NULL, "calloc");
	snprintf(dir->path, sizeof(dir->path), "/tmp/cgward-unit-XXXXXX");
	check(mkdtemp(dir->path) != NULL, "mkdtemp");
	return dir;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	return remove(path);
}

void tree_remove(struct tree_dir *dir, const char *path)
{
	char full[4096];

	(void)nftw(tree_at(dir, path, full, sizeof(full)), remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void tree_move(struct tree_dir *dir, const char *from, const char *to)
{
	char old_path[4096], new_path[4096];

	check(rename(tree_at(dir, from, old_path, sizeof(old_path)),
		     tree_at(dir, to, new_path, sizeof(new_path))) == 0,
	      from);
}

void tree_free(struct tree_dir *dir)
{
	(void)nftw(dir->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

const char *tree_at(struct tree_dir *dir, const char *path, char *buffer, unsigned long size)
{
	snprintf(buffer, size, "%s/%s", dir->path, path);
	return buffer;
}

void tree_directory(struct tree_dir *dir, const char *path)
{
	char full[4096];

	(void)tree_at(dir, path, full, sizeof(full));
	for (char *at = full + strlen(dir->path) + 1; *at != '\0'; at++)
		if (*at == '/') {
			*at = '\0';
			(void)mkdir(full, 0755);
			*at = '/';
		}
	(void)mkdir(full, 0755);
}

void tree_file(struct tree_dir *dir, const char *path, const char *content)
{
	char parent[2048], full[4096];
	char *slash;
	FILE *file;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash != NULL) {
		*slash = '\0';
		tree_directory(dir, parent);
	}
	file = fopen(tree_at(dir, path, full, sizeof(full)), "w");
	check(file != NULL, full);
	check(fputs(content, file) >= 0 && fclose(file) == 0, full);
}

static void machine_files(struct tree_dir *dir)
{
	tree_file(dir, "proc/stat",
		  "cpu  100 0 50 1000 7 0 0 0 0 0\ncpu0 100 0 50 1000 7 0 0 0 0 0\n");
	tree_file(dir, "proc/meminfo",
		  "MemTotal:        1000 kB\nMemFree:          400 kB\nMemAvailable:     600 kB\n"
		  "SwapTotal:        100 kB\nSwapFree:          90 kB\n");
	tree_file(dir, "proc/loadavg", "0.50 0.25 0.10 1/234 5678\n");
	tree_directory(dir, "sys");
}

void tree_machine_v2(struct tree_dir *dir)
{
	machine_files(dir);
	tree_file(
		dir, "proc/self/mountinfo",
		"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
	tree_file(dir, "cgroup/cgroup.controllers", "cpu io memory pids\n");
	tree_file(dir, "cgroup/cpu.stat",
		  "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\n");
}

void tree_machine_v1(struct tree_dir *dir)
{
	machine_files(dir);
	tree_file(dir, "proc/self/mountinfo",
		  "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		  "25 22 0:20 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
		  "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		  "31 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		  "32 25 0:28 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"
		  "33 25 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
		  "34 25 0:30 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n"
		  "35 25 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n");
	for (const char *name = "cpu,cpuacct\0memory\0blkio\0pids\0freezer\0systemd\0";
	     *name != '\0'; name += strlen(name) + 1) {
		char path[64];

		snprintf(path, sizeof(path), "cgroup/%s/cgroup.procs", name);
		tree_file(dir, path, "");
	}
}
