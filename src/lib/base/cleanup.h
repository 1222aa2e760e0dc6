/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cleanup.h - release resources when a variable goes out of scope. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cgward/base.h>

#define CLEANUP(function) __attribute__((cleanup(function)))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Defines a function for CLEANUP() that calls `release` with the variable. */
#define DEFINE_CLEANUP(name, type, release)     \
	static inline void name(type *variable) \
	{                                       \
		(void)release(*variable);       \
	}

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file(FILE **file)
{
	if (*file != NULL)
		fclose(*file);
}

static inline void cleanup_directory(DIR **directory)
{
	if (*directory != NULL)
		closedir(*directory);
}

/* Returns the descriptor and sets the variable to -1: the caller becomes the owner. */
static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

/* Returns the pointer and sets the variable to NULL: the caller becomes the owner. */
static inline void *steal_pointer(void *variable)
{
	void **pointer = variable;
	void *stolen = *pointer;

	*pointer = NULL;
	return stolen;
}
