/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tree.h - a directory tree of a test's own: a machine made of plain files. */
#ifndef CGWARD_TEST_TREE_H
#define CGWARD_TEST_TREE_H

/* One a test: made in tree_new(), gone after tree_free(). Failures end the test at once. */
struct tree_dir {
	char path[256];
};

struct tree_dir *tree_new(void);
void tree_free(struct tree_dir *dir);
/* Writes a file, making the directories above it. */
void tree_file(struct tree_dir *dir, const char *path, const char *content);
void tree_directory(struct tree_dir *dir, const char *path);
/* Removes a file or a whole directory. */
void tree_remove(struct tree_dir *dir, const char *path);
/* The absolute path of something in it; held until the next call. */
const char *tree_at(struct tree_dir *dir, const char *path, char *buffer, unsigned long size);

/* A v2 machine at "cgroup" with its "proc": controllers cpu io memory pids, no groups yet. */
void tree_machine_v2(struct tree_dir *dir);
/* A v1 machine: cpu,cpuacct together, memory, blkio, pids, freezer, name=systemd. */
void tree_machine_v1(struct tree_dir *dir);

#endif
