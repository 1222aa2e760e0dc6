/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cleanup.h - resources that end with their scope. */
#ifndef CGWARD_LIB_BASE_CLEANUP_H
#define CGWARD_LIB_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cgward/base.h>

#define CLEANUP(function) __attribute__((cleanup(function)))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

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

/* Hands over a descriptor: the variable no longer owns it. */
static inline int steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Hands over a pointer: the variable no longer owns it. */
static inline void *steal_pointer(void *variable)
{
	void **pointer = variable;
	void *taken = *pointer;

	*pointer = NULL;
	return taken;
}

#endif
