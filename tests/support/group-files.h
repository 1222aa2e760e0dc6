/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-files.h - every kernel file of a group, with a distinct number in each key of each file.
 *
 * Keys that cgward does not read have numbers as well, so that a mistyped or exchanged key reads a
 * wrong number instead of none. A flag may thus be 100234: it shows where it was read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tree.h"

struct group_number {
	const char *file;     /* "memory.stat"; on v1 "memory/memory.stat", with its hierarchy */
	char key[48];         /* in the file: "anon"; "" where the file has only one value */
	char instance[24];    /* "sda", "2MB", "0"; "" for a value that the file has once */
	uint64_t number;      /* as the kernel counts; hundredths where it writes decimals */
	const char *text;     /* of a file of words, else NULL */
	const char *no_limit; /* what the kernel writes for "no limit"; "": it omits the line */
};

struct group_files;

/*
 * Adds all files of the group "/a" to an empty tree, with the mounts, /proc and /sys that belong to
 * them. The v1 hierarchies have one controller each, so that a file is found below its own only.
 * `unlimited`: every limit is written as the kernel writes "no limit".
 */
struct group_files *group_files_new(struct tree_dir *dir, unsigned version, bool unlimited);
void group_files_free(struct group_files *files);

/* The numbers of one key, one per instance. Returns how many there are: 0 for an unknown key. */
size_t group_files_find(const struct group_files *files, const char *file, const char *key,
			const struct group_number **ret_numbers, size_t size);

/* Writes the files of that name ("memory.max") again as they were at first. */
void group_files_restore(struct group_files *files, const char *name);

/* Removes the file; a list of processes is removed with the whole group in its hierarchy. */
void group_files_remove(struct group_files *files, const char *file);

/* Processes that are in some hierarchies of v1 only: the lists are 100, 101, ... of any length. */
uint64_t group_files_split_processes(const struct group_files *files);
