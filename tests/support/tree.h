/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tree.h - a temporary directory tree that imitates /proc, /sys and cgroupfs. */
#pragma once

/* Created by tree_new(), removed by tree_free(). Errors abort the test. */
struct tree_dir {
	char path[256];
};

struct tree_dir *tree_new(void);
void tree_free(struct tree_dir *dir);
/* Writes a file and creates its parent directories. */
void tree_file(struct tree_dir *dir, const char *path, const char *content);
void tree_directory(struct tree_dir *dir, const char *path);
/* Removes a file or a whole directory. */
void tree_remove(struct tree_dir *dir, const char *path);
/* Renames a file or a directory. */
void tree_move(struct tree_dir *dir, const char *from, const char *to);
/* Writes the absolute path of a file in the tree to `buffer` and returns it. */
const char *tree_at(struct tree_dir *dir, const char *path, char *buffer, unsigned long size);

/* Creates a v2 machine ("cgroup", "proc", "sys") with controllers cpu, io, memory and pids. */
void tree_machine_v2(struct tree_dir *dir);
/* Creates a v1 machine: cpu,cpuacct; memory; blkio; pids; freezer; name=systemd. */
void tree_machine_v1(struct tree_dir *dir);
